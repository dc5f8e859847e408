// SIGPIPE, counted by a handler.
#include <pthread.h>
#include <signal.h>

#include <atomic>

#include "support/signals.h"

namespace pipes::test {
namespace {

std::atomic<uint32_t> signals_seen{0};
struct sigaction action_before {};

}  // namespace

BrokenPipeSignals::BrokenPipeSignals() {
  signals_seen = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { signals_seen.fetch_add(1, std::memory_order_relaxed); };
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGPIPE, &action, &action_before);
}

BrokenPipeSignals::~BrokenPipeSignals() { ::sigaction(SIGPIPE, &action_before, nullptr); }

uint32_t BrokenPipeSignals::count() const {
  sigset_t held_back;
  ::sigpending(&held_back);
  return signals_seen.load(std::memory_order_relaxed) + (::sigismember(&held_back, SIGPIPE) == 1 ? 1 : 0);
}

bool BrokenPipeSignals::would_be_delivered() {
  sigset_t blocked;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  return ::sigismember(&blocked, SIGPIPE) == 0;
}

}  // namespace pipes::test
