// Spinning: how long a waiting thread looks before it sleeps, decided by what spinning has brought lately.
//
// Sleeping and being woken costs a hundred round trips of a running pair, so looking first pays, but only briefly and
// only when the peer runs on another processor. Successes and failures are counted, not waiting times: an average of
// times oscillates when both share a core.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "support/deadline.h"
#include "support/futex.h"
#include "support/lazy.h"

namespace pipes {

// The number of this thread's processor, plus one.
inline uint32_t current_processor() { return static_cast<uint32_t>(sched_getcpu() + 1); }

inline bool single_processor() {
  static constinit Lazy<bool> single;
  return single.get([] { return sysconf(_SC_NPROCESSORS_ONLN) <= 1; });
}

// How long to spin at most, in ns: PIPES_SPIN_US, 50 µs by default; 0 never spins.
inline uint64_t spin_budget_ns() {
  static constinit Lazy<uint64_t> budget_ns;
  return budget_ns.get([] {
    const char* text = secure_getenv("PIPES_SPIN_US");
    const unsigned long us = text == nullptr ? 50 : std::min(std::strtoul(text, nullptr, 10), 10'000ul);
    return static_cast<uint64_t>(us) * 1000;
  });
}

// Spinner belongs to one direction of one end, and is used by the one thread that watches the shared words.
class Spinner {
 public:
  // spin looks until `news` says so or the budget is used up; true if there were news. `pauses` between two looks: 1,
  // or more for a reader that streams, which would else slow the writer down by looking at its lines.
  template <class News>
  bool spin(uint32_t peer_processor, uint32_t pauses, News news) {
    const uint64_t budget_ns = spin_budget_ns();
    if (budget_ns == 0 || single_processor() || peer_processor == current_processor()) return news();
    if (skip_ > 0) {
      --skip_;
      return news();
    }
    const bool found = look(budget_ns, pauses, news);
    failures_ = found ? 0 : std::min(failures_ + 1, 8u);
    skip_ = found ? 0 : (1u << failures_) - 1;
    return found;
  }

 private:
  static constexpr int kLooksWithoutClock = 100;
  static constexpr int kLooksPerClock = 16;

  template <class News>
  static bool look(uint64_t budget_ns, uint32_t pauses, News news) {
    for (int i = 0; i < kLooksWithoutClock; ++i) {
      if (news()) return true;
      for (uint32_t p = 0; p < pauses; ++p) cpu_relax();
    }
    const Deadline deadline = Deadline::after_ns(budget_ns);
    do {
      for (int i = 0; i < kLooksPerClock; ++i) {
        if (news()) return true;
        for (uint32_t p = 0; p < pauses; ++p) cpu_relax();
      }
    } while (!deadline.passed());
    return false;
  }

  uint32_t failures_ = 0;  // in a row
  uint32_t skip_ = 0;      // waits that do not spin
};

}  // namespace pipes
