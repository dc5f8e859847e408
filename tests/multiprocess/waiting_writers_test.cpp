// Several threads whose writes wait at one end: one of them watches the reader for all, and must hear of what changes.
// Which one it is, is a matter of timing, so the test holds a thread where it is by a signal.
//
// Everything here is about Linux.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "support/expect.h"
#include "support/harness.h"
#include "support/platform.h"

namespace pipes::test {
namespace {

std::atomic<bool> is_held{false};
std::atomic<bool> is_released{false};

void hold(int) {
  is_held = true;
  while (!is_released) ::sched_yield();
}

// Holds one thread in a handler, wherever it is, until it is let go.
class HeldThread {
 public:
  explicit HeldThread(uint64_t thread) {
    is_held = is_released = false;
    struct sigaction action {};
    action.sa_handler = hold;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGUSR2, &action, &before_);
    EXPECT_EQ(0, ::syscall(SYS_tgkill, ::getpid(), static_cast<pid_t>(thread), SIGUSR2));
    EXPECT_TRUE(eventually([] { return is_held.load(); }));
  }
  HeldThread(const HeldThread&) = delete;
  HeldThread& operator=(const HeldThread&) = delete;
  ~HeldThread() {
    is_released = true;
    ::sigaction(SIGUSR2, &before_, nullptr);
  }

 private:
  struct sigaction before_ {};
};

TEST(WaitingWriters, CANCEL_9_WhatComesAfterACancelledWriteIsCompletedInTime) {
  const Pair pair = connected_pair({.pipe_mode = PIPES_TYPE_MESSAGE, .out_buffer = 1});
  Background first([&] { return write(pair.server, std::string(10, '1')); });
  ASSERT_TRUE(wait_until_blocked(first));
  std::atomic<uint64_t> threads_name{0};
  Background second([&] {
    threads_name = platform::current_thread();
    return write(pair.server, std::string(100, '2'));
  });
  ASSERT_TRUE(wait_until_blocked(second));
  std::optional<Background<std::function<Sent()>>> third;
  {
    // The second cannot take the first one's place as the watcher, so the third does, and watches for the second.
    const HeldThread held(threads_name);
    ASSERT_STATUS(PIPES_OK, first.cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, first.result().status);
    third.emplace([&] { return write(pair.server, std::string(5, '3')); });
    ASSERT_TRUE(wait_until_blocked(*third));
  }
  ASSERT_TRUE(wait_until_blocked(second));
  ASSERT_STATUS(PIPES_OK, second.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, second.result().status);
  EXPECT_EQ("3333", read(pair.client, 4).bytes);
  // One byte is unread, which is the quota.
  if (!eventually([&] { return third->finished(); })) (void)third->cancel();
  EXPECT_EQ(sent(5), third->result());
  EXPECT_EQ("3", read(pair.client, 4).bytes);
}

}  // namespace
}  // namespace pipes::test
