// See targets.h. The table is that of the transport specification, section 7.
#include "targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "implementations.h"

namespace pipes::bench {
namespace {

struct Target {
  std::string_view workload;
  uint32_t size;
  std::string_view peer;
  double ratio;
};

constexpr Target kTargets[] = {
    {"roundtrip", 1, "unix-stream", 100},
    {"roundtrip", 1, "unix-stream-polling", 15},
    {"roundtrip", 64, "unix-stream", 100},
    {"roundtrip", 64, "pipe", 100},
    {"roundtrip", 64, "posix-mq", 100},
    {"roundtrip", 64, "boost-mq", 100},
    {"roundtrip", 64, "zeromq-pair", 250},
    {"roundtrip", 64, "nng-pair", 350},
    {"roundtrip", 64, "unix-stream-polling", 14},
    {"roundtrip", 4096, "unix-stream", 18},
    {"roundtrip", 4096, "unix-stream-polling", 3.5},
    {"roundtrip", 65536, "unix-stream", 7},
    {"roundtrip", 65536, "pipe", 12},
    {"roundtrip", 65536, "boost-mq", 8},
    {"roundtrip", 1048576, "unix-stream", 3},
    {"roundtrip", 1048576, "pipe", 15},
    {"roundtrip", 1048576, "boost-mq", 2.5},
    {"stream", 8, "unix-stream", 30},
    {"stream", 8, "pipe", 9},
    {"stream", 8, "boost-mq", 4},
    {"stream", 8, "zeromq-pair", 3.5},
    {"stream", 64, "unix-stream", 35},
    {"stream", 64, "pipe", 8},
    {"stream", 64, "boost-mq", 5},
    {"stream", 64, "zeromq-pair", 5},
    {"stream", 1024, "unix-stream", 20},
    {"stream", 1024, "pipe", 8},
    {"stream", 1024, "boost-mq", 8},
    {"stream", 1024, "zeromq-pair", 25},
    {"stream", 4096, "unix-stream", 9},
    {"stream", 4096, "pipe", 4},
    {"stream", 4096, "boost-mq", 4},
    {"stream", 4096, "zeromq-pair", 20},
    {"stream", 65536, "unix-stream", 3.5},
    {"stream", 65536, "unix-seqpacket", 3.5},
    {"stream", 65536, "pipe", 14},
    {"stream", 65536, "boost-mq", 2},
    {"stream", 1048576, "unix-stream", 4.5},
    {"stream", 1048576, "unix-seqpacket", 1.5},
    {"stream", 1048576, "pipe", 22},
    {"stream", 1048576, "boost-mq", 2},
    {"connect", 1, "unix-stream", 0.8},
    {"connect", 1, "zeromq-reqrep", 4},
    {"connect", 1, "nng-reqrep", 7},
    {"many-1000", 64, "unix-stream", 15},
    {"many-1000", 64, "zeromq-reqrep", 80},
    {"many-10", 64, "unix-stream", 30},
    {"many-1", 64, "unix-stream", 60},
    {"idle", 64, "unix-stream", 0.9},
    {"idle", 64, "own-polling", 8},
    {"idle-roundtrip", 64, "unix-stream", 1},
    {"one-core", 64, "pipe", 0.8},
    {"one-core", 64, "unix-stream", 1.5},
    {"loaded", 64, "pipe", 10},
    {"loaded", 64, "unix-stream", 15},
};

constexpr uint32_t kFloorSize = 64;
constexpr double kFloorRatioMax = 2.5;
constexpr double kP99RatioMax = 2.5;
constexpr double kMemoryMax = 20.0 * 1024;
// `None`: what remains is a wait now and then, when the scheduler took a side away.
constexpr double kCallsMax = 0.05;

bool is_judged(const Row& row) { return row.placement != placement_name(Placement::kUnpinned); }

bool is_same_block(const Row& one, const Row& other) {
  return one.workload == other.workload && one.size == other.size && one.placement == other.placement;
}

const Row* ours_beside(const std::vector<Row>& rows, const Row& peer) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&peer](const Row& row) {
    return row.implementation == kOurs && is_same_block(row, peer);
  });
  return found == rows.end() ? nullptr : &*found;
}

std::string place_of(const Row& row) { return fmt::format("{} {}", row.workload, row.size); }

}  // namespace

std::optional<double> ratio_to_ours(const std::vector<Row>& rows, const Row& peer) {
  const Row* ours = ours_beside(rows, peer);
  if (ours == nullptr || peer.implementation == kOurs || ours->median <= 0 || peer.median <= 0) return std::nullopt;
  return peer.implementation == kFloor ? ours->median / peer.median : peer.median / ours->median;
}

std::optional<Verdict> verdict_on(const std::vector<Row>& rows, const Row& peer) {
  const std::optional<double> ratio = ratio_to_ours(rows, peer);
  if (!ratio || !is_judged(peer)) return std::nullopt;
  const std::string what = fmt::format("{}: {}", place_of(peer), peer.implementation);
  if (peer.implementation == kFloor) {
    if (peer.size != kFloorSize) return std::nullopt;
    return Verdict{what, *ratio, kFloorRatioMax, true};
  }
  for (const Target& target : kTargets) {
    if (target.workload != peer.workload || target.size != peer.size || target.peer != peer.implementation) continue;
    return Verdict{what, *ratio, target.ratio, false};
  }
  return std::nullopt;
}

std::vector<Verdict> verdicts_on_ours(const Row& ours) {
  std::vector<Verdict> verdicts;
  if (ours.implementation != kOurs) return verdicts;
  if (ours.workload == "memory") {
    verdicts.push_back({place_of(ours) + ": bytes per idle connection", ours.median, kMemoryMax, true});
  }
  if (!is_judged(ours)) return verdicts;
  if (ours.workload == "roundtrip" && ours.p99 && ours.median > 0) {
    verdicts.push_back({place_of(ours) + ": p99 by median", *ours.p99 / ours.median, kP99RatioMax, true});
  }
  const bool may_wait = ours.workload == "idle" || ours.workload == "idle-roundtrip" || ours.workload == "one-core" ||
                        ours.workload == "connect";
  if (ours.calls_per_message && !may_wait) {
    verdicts.push_back({place_of(ours) + ": system calls per message", *ours.calls_per_message, kCallsMax, true});
  }
  return verdicts;
}

std::vector<std::string_view> peers_without_verdict(const std::vector<Row>& rows, std::string_view workload,
                                                    uint32_t size) {
  std::vector<std::string_view> missing;
  for (const Target& target : kTargets) {
    if (target.workload != workload || target.size != size) continue;
    const bool has_verdict = std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
      return row.workload == workload && row.implementation == target.peer && verdict_on(rows, row);
    });
    if (!has_verdict) missing.push_back(target.peer);
  }
  return missing;
}

std::vector<Verdict> verdicts_on_all(const std::vector<Row>& rows) {
  std::vector<Verdict> verdicts;
  const Row* smaller = nullptr;
  for (const Row& row : rows) {
    if (row.workload != "stream" || row.implementation != kOurs || !is_judged(row)) continue;
    if (smaller != nullptr && smaller->median > 0) {
      const std::string what =
          fmt::format("stream {}: messages a second, by those of stream {}", smaller->size, row.size);
      verdicts.push_back({what, row.median / smaller->median, 1.0, false});
    }
    smaller = &row;
  }
  return verdicts;
}

}  // namespace pipes::bench
