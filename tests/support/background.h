// Background runs a blocking call on a thread of its own, and wait_until_blocked waits for the moment in which that
// call has gone to sleep, so that no test needs to guess a duration.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "support/codes.h"
#include "support/platform.h"

namespace pipes::test {

// BackgroundThread is what is common to all Backgrounds: the thread, how it is, and how it is got rid of.
class BackgroundThread {
 public:
  explicit BackgroundThread(std::function<void()> body);
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;
  // Cancels the call as often as needed until it has ended, so that a failed test does not hang here.
  ~BackgroundThread();

  // Whether the call has returned.
  [[nodiscard]] bool finished() const { return finished_.load(std::memory_order_acquire); }

  // Whether the thread sleeps inside the call, and has slept through several looks at it. The looks keep a short sleep
  // on the way (a lock, the other side of a handshake) from being taken for the wait itself.
  [[nodiscard]] bool blocked() const;

  // Asks the call to end. Win32: CancelSynchronousIo.
  Code cancel() const;

  // The library's name of the thread; 0 until it has started.
  [[nodiscard]] pipes_thread thread() const { return thread_name_.load(std::memory_order_acquire); }

  void join();

 private:
  std::atomic<pipes_thread> thread_name_{0};
  std::atomic<uint64_t> system_thread_{0};
  std::atomic<bool> finished_{false};
  std::thread thread_;
};

// wait_until_blocked returns true as soon as the call sleeps, and false if it returned instead. It waits for one of
// these two events, never for a time.
[[nodiscard]] bool wait_until_blocked(const BackgroundThread& call);

// Background is a call running on its own thread, and its result:
//   Background reading([&] { return read(server); });
//   ASSERT_TRUE(wait_until_blocked(reading));
//   EXPECT_STATUS(PIPES_OK, reading.result().status);
template <class Body>
class Background : public BackgroundThread {
 public:
  using Result = std::invoke_result_t<Body&>;

  explicit Background(Body body) : Background(std::move(body), std::make_shared<std::optional<Result>>()) {}

  // Waits for the call to return. May be asked again.
  const Result& result() {
    join();
    return **result_;
  }

 private:
  Background(Body body, std::shared_ptr<std::optional<Result>> result)
      : BackgroundThread([body = std::move(body), result]() mutable { result->emplace(body()); }),
        result_(std::move(result)) {}

  std::shared_ptr<std::optional<Result>> result_;
};

}  // namespace pipes::test
