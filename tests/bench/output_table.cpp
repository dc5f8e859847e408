// The printed part of output.h.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "implementations.h"
#include "machine.h"
#include "output.h"
#include "pipes/pipes.h"
#include "system_calls.h"
#include "targets.h"

namespace pipes::bench {
namespace {

std::string time_text(double ns) {
  if (std::isnan(ns)) return "-";
  if (ns < 1e3) return fmt::format("{:.1f} ns", ns);
  if (ns < 1e6) return fmt::format("{:.2f} us", ns / 1e3);
  return fmt::format("{:.2f} ms", ns / 1e6);
}

std::string bytes_text(double bytes) { return fmt::format("{:.1f} KiB", bytes / 1024); }

std::string value_text(const Row& row) {
  return row.workload == "memory" ? bytes_text(row.median) : time_text(row.median);
}

// What a time per message means as a flow, for workloads where that is the usual way to speak.
std::string rate_text(const Row& row) {
  if (row.workload == "memory" || row.workload == "idle" || row.workload == "idle-roundtrip" || row.median <= 0)
    return "";
  const double per_second = 1e9 / row.median;
  if (row.workload == "stream" && row.size >= 1024) return fmt::format("{:.2f} GB/s", per_second * row.size / 1e9);
  if (per_second >= 1e6) return fmt::format("{:.2f} M/s", per_second / 1e6);
  return fmt::format("{:.1f} k/s", per_second / 1e3);
}

std::string mark_text(const Verdict& verdict) {
  const char* const bound = verdict.is_upper_bound ? "<=" : ">=";
  return fmt::format("{} {:<5g} {}", bound, verdict.target, verdict.is_reached() ? "ok" : "SHORT");
}

std::string ratio_text(const std::vector<Row>& rows, const Row& row) {
  const std::optional<double> ratio = ratio_to_ours(rows, row);
  return ratio ? fmt::format("{:.2f}x", *ratio) : "";
}

void print_row(const std::vector<Row>& rows, const Row& row) {
  const std::optional<Verdict> verdict = verdict_on(rows, row);
  fmt::print("  {:<20} {:>11} {:>11} {:>11} {:>10} {:>9}  {}\n", row.implementation, value_text(row),
             row.p99 ? time_text(*row.p99) : "-", rate_text(row),
             row.calls_per_message ? fmt::format("{:.3f}", *row.calls_per_message) : "-", ratio_text(rows, row),
             verdict ? mark_text(*verdict) : "");
}

std::string verdict_text(const Verdict& verdict) {
  return fmt::format("{}: {:.3g}, target {}", verdict.what, verdict.value, mark_text(verdict));
}

void print_rows_of(const BlockResult& result, std::string_view workload) {
  fmt::print("\n{} {} ({})\n", workload, result.block.size, placement_name(result.block.placement));
  bool has_head = false;
  for (const Row& row : result.rows) {
    if (row.workload != workload) continue;
    if (!has_head) {
      fmt::print("  {:<20} {:>11} {:>11} {:>11} {:>10} {:>9}  {}\n", row.unit, "median", "p99", "rate", "calls/msg",
                 "ratio", "target");
    }
    has_head = true;
    print_row(result.rows, row);
  }
}

void print_settings(const Settings& settings) {
  fmt::print("\nSettings in force\n");
  for (const auto& [implementation, texts] : settings) {
    for (const auto& [text, place] : texts) fmt::print("  {:<20} {} (first at {})\n", implementation, text, place);
  }
}

void print_missing() {
  for (const Implementation& implementation : implementations()) {
    if (implementation.missing.empty()) continue;
    fmt::print("  skipped: {}: {}\n", implementation.name, implementation.missing);
  }
  fmt::print("  skipped: iceoryx-polling: not among the peers of this program\n");
}

void print_omissions(const std::vector<BlockResult>& results) {
  std::set<std::string> seen;
  for (const BlockResult& result : results) {
    for (const Omission& omission : result.omissions) {
      const std::string line = fmt::format("  {}: {} {} {}: {}", omission.is_failure ? "FAILED" : "skipped",
                                           omission.workload, omission.size, omission.implementation, omission.reason);
      if (seen.insert(line).second) fmt::print("{}\n", line);
    }
  }
}

std::vector<Verdict> all_verdicts(const std::vector<BlockResult>& results) {
  std::vector<Verdict> verdicts;
  std::vector<Row> rows;
  for (const BlockResult& result : results) {
    for (const Row& row : result.rows) {
      rows.push_back(row);
      if (const auto verdict = verdict_on(result.rows, row)) verdicts.push_back(*verdict);
      for (const Verdict& verdict : verdicts_on_ours(row)) verdicts.push_back(verdict);
    }
  }
  for (const Verdict& verdict : verdicts_on_all(rows)) verdicts.push_back(verdict);
  return verdicts;
}

// Prints the targets of the blocks that ran, in a placement in which targets are judged, without a verdict. Their
// number.
size_t print_unjudged(const std::vector<BlockResult>& results) {
  size_t count = 0;
  const auto print = [&count](const BlockResult& result, std::string_view workload) {
    const std::vector<std::string_view> peers = peers_without_verdict(result.rows, workload, result.block.size);
    if (peers.empty()) return;
    fmt::print("  {} {}: not measured: {}\n", workload, result.block.size, fmt::join(peers, ", "));
    count += peers.size();
  };
  for (const BlockResult& result : results) {
    if (result.block.placement == Placement::kUnpinned) continue;
    print(result, workload_name(result.block.workload));
    if (result.block.workload == Workload::kIdle) print(result, "idle-roundtrip");
  }
  return count;
}

}  // namespace

void print_head(const Options& options, Counting counting) {
  constexpr double kQuiet = 0.5;
  fmt::print("pipes-bench, library {}.{}.{}\n", pipes_version() >> 16, pipes_version() >> 8 & 0xff,
             pipes_version() & 0xff);
  for (const std::string& line : describe_machine()) fmt::print("  {}\n", line);
  const auto [server, client] = two_cores();
  fmt::print("  pinned means server on core {}, client on core {}\n", server, client);
  fmt::print("  {} rounds of {} ms each, interleaved; medians of rounds\n", options.rounds, options.duration_ms);
  fmt::print("  ratio: how many times better ours is; for {} how many times worse\n", kFloor);
  fmt::print("  system calls per message: {}\n", counting_name(counting));
#ifndef NDEBUG
  fmt::print("  WARNING: not a release build; the figures mean nothing\n");
#endif
  if (load_average() > kQuiet)
    fmt::print("  WARNING: the machine is not quiet; the figures are a smoke test at best\n");
  std::fflush(stdout);
}

void print_block(const BlockResult& result) {
  print_rows_of(result, workload_name(result.block.workload));
  if (result.block.workload == Workload::kIdle) print_rows_of(result, "idle-roundtrip");
  for (const Row& row : result.rows) {
    for (const Verdict& verdict : verdicts_on_ours(row)) fmt::print("  {}\n", verdict_text(verdict));
  }
  for (const Omission& omission : result.omissions) {
    fmt::print("  {:<20} {}: {}\n", omission.implementation, omission.is_failure ? "FAILED" : "skipped",
               omission.reason);
  }
  std::fflush(stdout);
}

size_t print_summary(const std::vector<BlockResult>& results, const Settings& settings,
                     const std::vector<double>& floors) {
  print_settings(settings);
  fmt::print("\nNot measured\n");
  print_missing();
  print_omissions(results);

  const std::vector<Verdict> verdicts = all_verdicts(results);
  size_t missed = 0;
  fmt::print("\nTargets\n");
  for (const Verdict& verdict : verdicts) {
    if (verdict.is_reached()) continue;
    ++missed;
    fmt::print("  {}\n", verdict_text(verdict));
  }
  const size_t unjudged = print_unjudged(results);
  fmt::print("  {} reached, {} missed, {} not measured\n", verdicts.size() - missed, missed, unjudged);
  if (!floors.empty()) {
    const auto [low, high] = std::minmax_element(floors.begin(), floors.end());
    fmt::print("\n{} in the rounds: from {} to {}\n", kFloor, time_text(*low), time_text(*high));
  }
  std::fflush(stdout);
  return missed + unjudged;
}

}  // namespace pipes::bench
