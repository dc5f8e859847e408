// See statistics.h.
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pipes::bench {

double measure_ns_per_tick() {
  constexpr uint64_t kSpanNs = 20'000'000;
  const uint64_t ns_begin = monotonic_ns();
  const uint64_t ticks_begin = ticks();
  uint64_t ns_end = ns_begin;
  while (ns_end - ns_begin < kSpanNs) ns_end = monotonic_ns();
  return static_cast<double>(ns_end - ns_begin) / static_cast<double>(ticks() - ticks_begin);
}

double Histogram::mean() const { return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_); }

double Histogram::middle_of(size_t index) {
  if (index < kPerPower) return static_cast<double>(index);
  const size_t shift = index / kPerPower - 1;
  const double lower = std::ldexp(static_cast<double>(kPerPower + index % kPerPower), static_cast<int>(shift));
  return lower + (std::ldexp(1.0, static_cast<int>(shift)) - 1.0) / 2.0;
}

double Histogram::percentile(double share) const {
  if (count_ == 0) return 0.0;
  const uint64_t wanted = std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_))));
  uint64_t seen = 0;
  for (size_t index = 0; index < kBuckets; ++index) {
    seen += buckets_[index];
    if (seen >= wanted) return middle_of(index);
  }
  return 0.0;
}

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2.0;
}

}  // namespace pipes::bench
