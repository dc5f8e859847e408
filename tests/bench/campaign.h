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
};

// By implementation, each text with the first place where it was seen.
using Settings = std::map<std::string, std::map<std::string, std::string>>;

class Campaign {
 public:
  Campaign(const Options& options, Workplace& workplace, double ns_per_tick);

  // Runs the blocks round by round: so what else the machine does in the meantime falls on all of them.
  std::vector<BlockResult> run(const std::vector<Block>& blocks);

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] Counting counting() const { return counting_; }

  // One round trip of a cache line, in ns, at the beginning of each round; empty where there are not two cores.
  [[nodiscard]] const std::vector<double>& floors() const { return floors_; }

 private:
  struct Series;
  struct Course;

  Course prepare(const Block& block) const;
  static BlockResult result_of(const Course& course);
  void measure_floor();
  [[nodiscard]] uint32_t quota_for(const Block& block) const;
  Task task_for(const Block& block, std::string_view implementation) const;
  void measure_round(Course& course);
  void count_calls(Course& course);
  void note_settings(const Block& block, const Series& series, const std::string& settings);

  const Options& options_;
  Workplace& workplace_;
  double ns_per_tick_;
  std::array<int, 2> cores_;
  Counting counting_;
  Settings settings_;
  std::vector<double> floors_;
};

}  // namespace pipes::bench
