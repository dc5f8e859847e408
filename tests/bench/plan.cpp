// See plan.h.
#include "plan.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "implementations.h"

namespace pipes::bench {
namespace {

struct Sizes {
  Workload workload;
  std::vector<uint32_t> sizes;
};

const std::vector<Sizes>& all_sizes() {
  static const std::vector<Sizes> sizes = {
      {Workload::kRoundtrip, {1, 64, 4096, 65536, 1048576}},
      {Workload::kStream, {8, 64, 1024, 4096, 65536, 1048576}},
      {Workload::kConnect, {1}},
      {Workload::kMany1000, {64}},
      {Workload::kMany64, {64}},
      {Workload::kMany10, {64}},
      {Workload::kMany1, {64}},
      {Workload::kIdle, {64}},
      {Workload::kOneCore, {64}},
      {Workload::kLoaded, {64}},
      {Workload::kMemory, {1}},
  };
  return sizes;
}

std::vector<Placement> placements_of(Workload workload, const Options& options) {
  if (workload == Workload::kOneCore) return {Placement::kOneCore};
  if (workload == Workload::kLoaded) return {Placement::kLoaded};
  if (workload == Workload::kMemory) return {Placement::kUnpinned};
  std::vector<Placement> placements;
  if (options.pinned) placements.push_back(Placement::kPinned);
  if (options.unpinned) placements.push_back(Placement::kUnpinned);
  return placements;
}

bool is_all(const std::string& part) { return part.empty() || part == "*"; }

bool matches(const Filter& filter, const Block& block) {
  // One run gives both results.
  const bool is_idle = block.workload == Workload::kIdle && filter.workload == "idle-roundtrip";
  if (!is_all(filter.workload) && filter.workload != workload_name(block.workload) && !is_idle) return false;
  return !filter.size || *filter.size == block.size;
}

bool is_known_workload(const std::string& name) {
  if (is_all(name) || name == "idle-roundtrip") return true;
  const auto& all = all_sizes();
  return std::any_of(all.begin(), all.end(), [&](const Sizes& one) { return workload_name(one.workload) == name; });
}

std::vector<std::string> split_at_colons(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char character : text) {
    if (character == ':') {
      parts.emplace_back();
    } else {
      parts.back().push_back(character);
    }
  }
  return parts;
}

}  // namespace

std::string_view placement_name(Placement placement) {
  switch (placement) {
    case Placement::kPinned:
      return "pinned";
    case Placement::kUnpinned:
      return "unpinned";
    case Placement::kOneCore:
      return "one-core";
    case Placement::kLoaded:
      return "loaded";
  }
  return "unknown";
}

Filter parse_filter(const std::string& text) {
  const std::vector<std::string> parts = split_at_colons(text);
  if (parts.size() > 3) throw std::invalid_argument("more than workload:size:implementation: " + text);
  Filter filter;
  filter.workload = parts[0];
  if (!is_known_workload(filter.workload)) throw std::invalid_argument("no such workload: " + filter.workload);
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    if (is_all(part)) continue;
    uint32_t size = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), size);
    if (i == 1 && error == std::errc() && end == part.data() + part.size()) {
      filter.size = size;
      continue;
    }
    if (find_implementation(part) == nullptr) throw std::invalid_argument("no such implementation: " + part);
    filter.implementation = part;
  }
  return filter;
}

std::vector<Block> plan_blocks(const Options& options) {
  std::vector<Block> blocks;
  for (const auto& [workload, sizes] : all_sizes()) {
    for (const Placement placement : placements_of(workload, options)) {
      for (const uint32_t size : sizes) {
        const Block block{workload, size, placement};
        const auto wanted = [&](const Filter& filter) { return matches(filter, block); };
        if (options.only.empty() || std::any_of(options.only.begin(), options.only.end(), wanted)) {
          blocks.push_back(block);
        }
      }
    }
  }
  return blocks;
}

bool is_wanted(const Options& options, const Block& block, std::string_view implementation) {
  if (options.only.empty()) return true;
  return std::any_of(options.only.begin(), options.only.end(), [&](const Filter& filter) {
    return matches(filter, block) && (filter.implementation.empty() || filter.implementation == implementation);
  });
}

}  // namespace pipes::bench
