// Deadline: a point of the monotonic clock, or never. Time-outs become one as soon as a call begins, so that every
// spurious wake-up goes on with the time that is left.
#pragma once

#include <time.h>

#include <cstdint>
#include <limits>

namespace pipes {

inline uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

class Deadline {
 public:
  static Deadline never() { return Deadline(kNever); }
  static Deadline after_ns(uint64_t span_ns) { return Deadline(monotonic_ns() + span_ns); }
  static Deadline after_ms(uint64_t span_ms) { return after_ns(span_ms * 1'000'000u); }

  [[nodiscard]] bool is_never() const { return at_ns_ == kNever; }
  [[nodiscard]] bool passed() const { return !is_never() && monotonic_ns() >= at_ns_; }
  [[nodiscard]] uint64_t at_ns() const { return at_ns_; }

  // timeout_ms_for_poll is what poll and epoll_wait take: -1 for never, else rounded up so that a wait never ends
  // early.
  [[nodiscard]] int timeout_ms_for_poll() const {
    if (is_never()) return -1;
    const uint64_t now = monotonic_ns();
    if (now >= at_ns_) return 0;
    const uint64_t left_ms = (at_ns_ - now + 999'999u) / 1'000'000u;
    constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int>::max());
    return static_cast<int>(left_ms < kMost ? left_ms : kMost);
  }

  [[nodiscard]] timespec as_timespec() const {
    return {static_cast<time_t>(at_ns_ / 1'000'000'000u), static_cast<long>(at_ns_ % 1'000'000'000u)};
  }

 private:
  static constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();
  explicit Deadline(uint64_t at_ns) : at_ns_(at_ns) {}
  uint64_t at_ns_;
};

}  // namespace pipes
