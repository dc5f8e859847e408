// Carries out the plan: interleaved rounds, the floor before and after each block, a repetition where it moved, and the
// pass that counts system calls.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan.h"
#include "processes.h"

namespace pipes::bench {

// One line of the result. Smaller is better in every unit.
struct Row {
  std::string workload;
  uint32_t size = 0;
  std::string placement;
  std::string implementation;
  double median = 0;          // of the rounds' medians
  std::optional<double> p99;  // the median of the rounds' 99th percentiles, for workloads that time each message
  std::string unit;
  std::optional<double> calls_per_message;
};

// What could not be measured, by name.
struct Omission {
  std::string workload;
  uint32_t size = 0;
  std::string implementation;
  std::string reason;
  bool is_failure = false;
};

struct BlockResult {
  Block block;
  std::vector<Row> rows;  // of `idle` for two workloads
  std::vector<Omission> omissions;
  // One round trip of a cache line; not-a-number where there are not two cores.
  double floor_before_ns = 0;
  double floor_after_ns = 0;
  bool was_repeated = false;
};

// By implementation, each text with the first place where it was seen.
using Settings = std::map<std::string, std::map<std::string, std::string>>;

class Campaign {
 public:
  Campaign(const Options& options, Workplace& workplace, double ns_per_tick);

  // Runs one block, twice at most.
  BlockResult run(const Block& block);

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] Counting counting() const { return counting_; }

  // The floor alone, in ns.
  double measure_floor();

 private:
  struct Series;

  BlockResult run_once(const Block& block);
  Task task_for(const Block& block, std::string_view implementation) const;
  void measure_round(const Block& block, std::vector<Series>& all);
  void count_calls(const Block& block, std::vector<Series>& all);
  void note_settings(const Block& block, const Series& series, const std::string& settings);

  const Options& options_;
  Workplace& workplace_;
  double ns_per_tick_;
  std::array<int, 2> cores_;
  Counting counting_;
  Settings settings_;
  uint64_t begin_ns_;
};

// Beyond it the two looks at the floor do not belong to the same machine, so to speak.
constexpr double kFloorMoved = 1.5;

bool has_floor_moved(const BlockResult& result);

}  // namespace pipes::bench
