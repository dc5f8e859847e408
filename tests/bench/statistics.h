// Time stamps, the distribution of many short times, and medians of rounds.
//
// A histogram and not a list of samples: it stays in the first two caches, so recording does not disturb what is
// recorded.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace pipes::bench {

inline uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

// The cheapest clock there is. The processor's counter where it runs evenly, since one reading of the system's clock is
// a tenth of a round trip.
inline uint64_t ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  uint64_t now;
  asm volatile("mrs %0, cntvct_el0" : "=r"(now));
  return now;
#else
  return monotonic_ns();
#endif
}

// Compares ticks() with the system's clock for some 20 ms.
double measure_ns_per_tick();

// Counts values with a relative error below 1 %.
class Histogram {
 public:
  void add(uint64_t value) {
    ++buckets_[index_of(value)];
    ++count_;
    sum_ += value;
  }

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] double mean() const;
  // The value that `share` of all values do not exceed; 0 of an empty histogram.
  [[nodiscard]] double percentile(double share) const;

 private:
  static constexpr unsigned kPrecisionBits = 7;
  static constexpr size_t kPerPower = size_t{1} << kPrecisionBits;
  static constexpr size_t kBuckets = (64 - kPrecisionBits + 1) * kPerPower;

  static size_t index_of(uint64_t value) {
    if (value < kPerPower) return static_cast<size_t>(value);
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kPrecisionBits - 1;
    return (shift + 1) * kPerPower + (static_cast<size_t>(value >> shift) - kPerPower);
  }
  static double middle_of(size_t index);

  std::array<uint32_t, kBuckets> buckets_ = {};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
};

// Not-a-number for an empty list.
double median(std::vector<double> values);

}  // namespace pipes::bench
