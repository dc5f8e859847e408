// The targets that the specification sets, and whether a result reaches them.
//
// Ratios are between implementations of one block, so they are judged within a block: in the placement that makes them
// comparable, which is pinned, and the workload's own where it has one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign.h"

namespace pipes::bench {

struct Verdict {
  std::string what;  // as `roundtrip 64: unix-stream`
  double value = 0;
  double target = 0;
  bool is_upper_bound = false;  // else the value must be at least the target
  [[nodiscard]] bool is_reached() const { return is_upper_bound ? value <= target : value >= target; }
};

// How many times better ours is than `peer`, or for the floor how many times worse; nothing without our own row.
std::optional<double> ratio_to_ours(const std::vector<Row>& rows, const Row& peer);

// The verdict on our ratio to `peer`, if there is a target for it.
std::optional<Verdict> verdict_on(const std::vector<Row>& rows, const Row& peer);

// Verdicts on our own row, beside no peer: the 99th percentile, system calls, memory.
std::vector<Verdict> verdicts_on_ours(const Row& ours);

// The peers for which there is a target at this workload and size, and for which the rows give no verdict.
std::vector<std::string_view> peers_without_verdict(const std::vector<Row>& rows, std::string_view workload,
                                                    uint32_t size);

// Verdicts on what only all rows together show: no stream size is slower than the next larger one.
std::vector<Verdict> verdicts_on_all(const std::vector<Row>& rows);

}  // namespace pipes::bench
