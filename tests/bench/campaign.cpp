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
constexpr uint32_t kQuota = 1024 * 1024;

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
    case Workload::kMany64:
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

// One block: what there is to measure in it, and what has come of it so far.
struct Campaign::Course {
  Block block;
  std::vector<Series> all;
  std::vector<Omission> omissions;
};

// A stream wants to write its next message while this one is read. Round trips gain nothing by it, and long ones lose:
// the ring grows with the quota, and what they use of it leaves the cache.
uint32_t Campaign::quota_for(const Block& block) const {
  if (options_.quota != 0) return options_.quota;
  return block.workload == Workload::kStream ? std::max(2 * block.size, kQuota) : kQuota;
}

Campaign::Campaign(const Options& options, Workplace& workplace, double ns_per_tick)
    : options_(options),
      workplace_(workplace),
      ns_per_tick_(ns_per_tick),
      cores_(two_cores()),
      counting_(options.count_system_calls ? available_counting() : Counting::kOff) {}

Task Campaign::task_for(const Block& block, std::string_view implementation) const {
  Task task;
  task.workload = block.workload;
  task.size = block.size;
  task.duration_ms = options_.duration_ms * duration_factor(block.workload);
  task.ns_per_tick = ns_per_tick_;
  task.quota = quota_for(block);
  std::memcpy(task.implementation.data(), implementation.data(),
              std::min(implementation.size(), task.implementation.size() - 1));
  if (block.placement == Placement::kPinned) task.core = {cores_[0], cores_[1]};
  if (block.placement == Placement::kOneCore) task.core = {cores_[0], cores_[0]};
  return task;
}

void Campaign::measure_floor() {
  if (cores_[0] == cores_[1]) return;
  Task task = task_for({Workload::kRoundtrip, 64, Placement::kPinned}, kFloor);
  task.duration_ms = kFloorDurationMs;
  const Measurement measurement = workplace_.measure(task);
  if (measurement.ending == Ending::kDone) floors_.push_back(measurement.outcome.median_ns);
}

std::vector<BlockResult> Campaign::run(const std::vector<Block>& blocks) {
  std::vector<Course> courses;
  for (const Block& block : blocks) courses.push_back(prepare(block));
  for (uint32_t round = 0; round < options_.rounds; ++round) {
    fmt::print(stderr, "round {} of {}\n", round + 1, options_.rounds);  // a full one takes minutes
    measure_floor();
    for (Course& course : courses) {
      if (course.block.workload != Workload::kMemory || round < kMemoryRounds) measure_round(course);
    }
  }
  std::vector<BlockResult> results;
  for (Course& course : courses) {
    count_calls(course);
    results.push_back(result_of(course));
  }
  return results;
}

Campaign::Course Campaign::prepare(const Block& block) const {
  Course course;
  course.block = block;
  for (const Implementation& implementation : implementations()) {
    if (!is_wanted(options_, block, implementation.name)) continue;
    // On one core, what never sleeps only waits for the end of its time slice.
    const bool has_cores = cores_[0] != cores_[1] || block.placement == Placement::kOneCore;
    const std::string name(implementation.name);
    const std::string workload(workload_name(block.workload));
    if (implementation.lacks(block.workload)) {
      course.omissions.push_back({workload, block.size, name, "not available yet", false});
    } else if (implementation.can(block.workload) && !has_cores && block.placement == Placement::kPinned) {
      course.omissions.push_back({workload, block.size, name, "there are not two cores", false});
    } else if (implementation.can(block.workload)) {
      course.all.emplace_back().implementation = &implementation;
    }
  }
  return course;
}

BlockResult Campaign::result_of(const Course& course) {
  BlockResult result;
  result.block = course.block;
  result.omissions = course.omissions;
  for (const Series& series : course.all) {
    series.add_rows(course.block, result.rows);
    if (series.omission) result.omissions.push_back(*series.omission);
  }
  return result;
}

void Campaign::measure_round(Course& course) {
  for (Series& series : course.all) {
    if (series.omission) continue;
    const Measurement measurement = workplace_.measure(task_for(course.block, series.implementation->name));
    if (measurement.ending == Ending::kDone) {
      series.add(course.block.workload, measurement);
      note_settings(course.block, series, measurement.settings);
      continue;
    }
    const bool is_failure = measurement.ending == Ending::kFailed;
    series.omission = Omission{std::string(workload_name(course.block.workload)), course.block.size,
                               std::string(series.implementation->name), measurement.reason, is_failure};
  }
}

void Campaign::count_calls(Course& course) {
  const bool is_counted = course.block.placement != Placement::kUnpinned;
  if (counting_ == Counting::kOff || !is_counted) return;
  for (Series& series : course.all) {
    if (series.omission) continue;
    Task task = task_for(course.block, series.implementation->name);
    task.duration_ms = std::min(task.duration_ms, kCountingDurationMs * duration_factor(course.block.workload));
    task.counting = counting_;
    const Measurement measurement = workplace_.measure(task);
    if (measurement.ending != Ending::kDone || measurement.outcome.messages == 0) continue;
    const double messages =
        static_cast<double>(measurement.outcome.messages) * messages_per_turn(course.block.workload);
    series.calls_per_message = static_cast<double>(measurement.system_calls) / messages;
  }
}

void Campaign::note_settings(const Block& block, const Series& series, const std::string& settings) {
  if (settings.empty()) return;
  const std::string place = fmt::format("{}:{}", workload_name(block.workload), block.size);
  settings_[std::string(series.implementation->name)].try_emplace(settings, place);
}

}  // namespace pipes::bench
