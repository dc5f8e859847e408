// The thread behind Background.
#include "support/background.h"

namespace pipes::test {
namespace {

// Looks at a sleeping thread before it counts as blocked. They are let_others_run() apart.
constexpr int kLooksAsleep = 6;

}  // namespace

BackgroundThread::BackgroundThread(std::function<void()> body)
    : thread_([this, body = std::move(body)] {
        thread_name_.store(pipes_current_thread(), std::memory_order_release);
        system_thread_.store(platform::current_thread(), std::memory_order_release);
        body();
        finished_.store(true, std::memory_order_release);
      }) {}

BackgroundThread::~BackgroundThread() {
  while (thread_.joinable() && !finished()) {
    (void)cancel();
    platform::let_others_run();
  }
  join();
}

bool BackgroundThread::blocked() const {
  const uint64_t thread = system_thread_.load(std::memory_order_acquire);
  if (thread == 0) return false;
  const platform::ThreadRest first = platform::thread_rest(thread);
  if (!first.asleep) return false;
  for (int look = 1; look < kLooksAsleep; ++look) {
    platform::let_others_run();
    const platform::ThreadRest now = platform::thread_rest(thread);
    if (finished() || !now.asleep || now.awakenings != first.awakenings) return false;
  }
  return true;
}

Code BackgroundThread::cancel() const { return pipes_cancel_synchronous(thread()); }

void BackgroundThread::join() {
  if (thread_.joinable()) thread_.join();
}

bool wait_until_blocked(const BackgroundThread& call) {
  while (!call.finished()) {
    if (call.blocked()) return true;
    platform::let_others_run();
  }
  return false;
}

}  // namespace pipes::test
