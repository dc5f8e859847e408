// See campaign.h.
#include "campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "implementations.h"
#include "machine.h"
#include "statistics.h"
#include "system_calls.h"

namespace pipes::bench {
namespace {

constexpr uint32_t kFloorDurationMs = 15;
constexpr uint32_t kCountingDurationMs = 40;
constexpr uint32_t kMemoryRounds = 2;

// Latencies with a scheduler or a timer in them need longer for as many samples.
uint32_t duration_factor(Workload workload) {
  if (workload == Workload::kIdle) return 4;
  return workload == Workload::kLoaded ? 6 : 1;
}

// How many messages one count of the outcome stands for. A connection counts as one.
double messages_per_turn(Workload workload) {
  return workload == Workload::kStream || workload == Workload::kConnect ? 1.0 : 2.0;
}

std::string_view unit_of(Workload workload) {
  switch (workload) {
    case Workload::kStream:
      return "ns/message";
    case Workload::kConnect:
      return "ns/connection";
    case Workload::kMany1000:
    case Workload::kMany10:
    case Workload::kMany1:
      return "ns/request";
    case Workload::kIdle:
      return "processor ns/roundtrip";
    case Workload::kMemory:
      return "bytes/connection";
    case Workload::kLoaded:
      return "ns/roundtrip, mean";
    case Workload::kRoundtrip:
    case Workload::kOneCore:
      return "ns/roundtrip";
  }
  return "";
}

bool is_timed_each(Workload workload) {
  return workload != Workload::kStream && workload != Workload::kMemory && workload != Workload::kIdle;
}

}  // namespace

// The rounds of one implementation in one block.
struct Campaign::Series {
  const Implementation* implementation = nullptr;
  std::vector<double> values;
  std::vector<double> p99s;
  // Only of `idle`: its latencies, the second result.
  std::vector<double> idle_medians;
  std::vector<double> idle_p99s;
  std::optional<double> calls_per_message;
  std::optional<Omission> omission;

  void add(Workload workload, const Measurement& measurement) {
    const Outcome& outcome = measurement.outcome;
    if (workload == Workload::kMemory) return values.push_back(static_cast<double>(measurement.memory));
    if (workload == Workload::kIdle) {
      values.push_back(static_cast<double>(measurement.processor_ns) / static_cast<double>(outcome.messages));
      idle_medians.push_back(outcome.median_ns);
      idle_p99s.push_back(outcome.p99_ns);
      return;
    }
    values.push_back(workload == Workload::kLoaded ? outcome.mean_ns : outcome.median_ns);
    if (is_timed_each(workload)) p99s.push_back(outcome.p99_ns);
  }

  void add_rows(const Block& block, std::vector<Row>& rows) const {
    if (values.empty()) return;
    Row row;
    row.workload = workload_name(block.workload);
    row.size = block.size;
    row.placement = placement_name(block.placement);
    row.implementation = implementation->name;
    row.median = median(values);
    if (!p99s.empty()) row.p99 = median(p99s);
    row.unit = unit_of(block.workload);
    row.calls_per_message = calls_per_message;
    rows.push_back(row);
    if (idle_medians.empty()) return;
    row.workload = "idle-roundtrip";
    row.median = median(idle_medians);
    row.p99 = median(idle_p99s);
    row.unit = "ns/roundtrip";
    rows.push_back(row);
  }
};

Campaign::Campaign(const Options& options, Workplace& workplace, double ns_per_tick)
    : options_(options),
      workplace_(workplace),
      ns_per_tick_(ns_per_tick),
      cores_(two_cores()),
      counting_(options.count_system_calls ? available_counting() : Counting::kOff),
      begin_ns_(monotonic_ns()) {}

Task Campaign::task_for(const Block& block, std::string_view implementation) const {
  Task task;
  task.workload = block.workload;
  task.size = block.size;
  task.duration_ms = options_.duration_ms * duration_factor(block.workload);
  task.ns_per_tick = ns_per_tick_;
  task.quota = options_.quota;
  std::memcpy(task.implementation.data(), implementation.data(),
              std::min(implementation.size(), task.implementation.size() - 1));
  if (block.placement == Placement::kPinned) task.core = {cores_[0], cores_[1]};
  if (block.placement == Placement::kOneCore) task.core = {cores_[0], cores_[0]};
  return task;
}

double Campaign::measure_floor() {
  if (cores_[0] == cores_[1]) return std::nan("");
  Task task = task_for({Workload::kRoundtrip, 64, Placement::kPinned}, kFloor);
  task.duration_ms = kFloorDurationMs;
  const Measurement measurement = workplace_.measure(task);
  return measurement.ending == Ending::kDone ? measurement.outcome.median_ns : std::nan("");
}

BlockResult Campaign::run(const Block& block) {
  BlockResult result = run_once(block);
  const bool has_time = monotonic_ns() - begin_ns_ < uint64_t{options_.budget_s} * 1'000'000'000u;
  if (!has_floor_moved(result) || !has_time) return result;
  result = run_once(block);
  result.was_repeated = true;
  return result;
}

BlockResult Campaign::run_once(const Block& block) {
  BlockResult result;
  result.block = block;
  std::vector<Series> all;
  for (const Implementation& implementation : implementations()) {
    if (!is_wanted(options_, block, implementation.name)) continue;
    // On one core, what never sleeps only waits for the end of its time slice.
    const bool has_cores = cores_[0] != cores_[1] || block.placement == Placement::kOneCore;
    const std::string name(implementation.name);
    const std::string workload(workload_name(block.workload));
    if (implementation.lacks(block.workload)) {
      result.omissions.push_back({workload, block.size, name, "not available yet", false});
    } else if (implementation.can(block.workload) && !has_cores && block.placement == Placement::kPinned) {
      result.omissions.push_back({workload, block.size, name, "there are not two cores", false});
    } else if (implementation.can(block.workload)) {
      all.emplace_back().implementation = &implementation;
    }
  }
  result.floor_before_ns = measure_floor();
  const uint32_t rounds = block.workload == Workload::kMemory ? kMemoryRounds : options_.rounds;
  for (uint32_t round = 0; round < rounds; ++round) measure_round(block, all);
  result.floor_after_ns = measure_floor();
  count_calls(block, all);
  for (const Series& series : all) {
    series.add_rows(block, result.rows);
    if (series.omission) result.omissions.push_back(*series.omission);
  }
  return result;
}

void Campaign::measure_round(const Block& block, std::vector<Series>& all) {
  for (Series& series : all) {
    if (series.omission) continue;
    const Measurement measurement = workplace_.measure(task_for(block, series.implementation->name));
    if (measurement.ending == Ending::kDone) {
      series.add(block.workload, measurement);
      note_settings(block, series, measurement.settings);
      continue;
    }
    const bool is_failure = measurement.ending == Ending::kFailed;
    series.omission = Omission{std::string(workload_name(block.workload)), block.size,
                               std::string(series.implementation->name), measurement.reason, is_failure};
  }
}

void Campaign::count_calls(const Block& block, std::vector<Series>& all) {
  const bool is_counted = block.placement != Placement::kUnpinned;
  if (counting_ == Counting::kOff || !is_counted) return;
  for (Series& series : all) {
    if (series.omission) continue;
    Task task = task_for(block, series.implementation->name);
    task.duration_ms = std::min(task.duration_ms, kCountingDurationMs * duration_factor(block.workload));
    task.counting = counting_;
    const Measurement measurement = workplace_.measure(task);
    if (measurement.ending != Ending::kDone || measurement.outcome.messages == 0) continue;
    const double messages = static_cast<double>(measurement.outcome.messages) * messages_per_turn(block.workload);
    series.calls_per_message = static_cast<double>(measurement.system_calls) / messages;
  }
}

void Campaign::note_settings(const Block& block, const Series& series, const std::string& settings) {
  if (settings.empty()) return;
  const std::string place = fmt::format("{}:{}", workload_name(block.workload), block.size);
  settings_[std::string(series.implementation->name)].try_emplace(settings, place);
}

bool has_floor_moved(const BlockResult& result) {
  const double low = std::min(result.floor_before_ns, result.floor_after_ns);
  const double high = std::max(result.floor_before_ns, result.floor_after_ns);
  return high > kFloorMoved * low;
}

}  // namespace pipes::bench
