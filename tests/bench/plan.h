// What is to be measured: blocks, each of which is one workload at one size and placement, for every implementation
// that can do it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "task.h"
#include "transport.h"

namespace pipes::bench {

enum class Placement { kPinned, kUnpinned, kOneCore, kLoaded };

std::string_view placement_name(Placement placement);

// `workload[:size][:implementation]`. An empty part, and `*`, stand for all.
struct Filter {
  std::string workload;
  std::optional<uint32_t> size;
  std::string implementation;
};

// Throws std::invalid_argument with a sentence for the user.
Filter parse_filter(const std::string& text);

struct Options {
  uint32_t rounds = 5;
  uint32_t duration_ms = 100;
  uint32_t quota = 0;  // of our own pipes, in bytes; 0: 1 MiB, and room for two messages of a stream
  bool pinned = true;
  bool unpinned = true;
  bool count_system_calls = true;
  std::vector<Filter> only;
};

struct Block {
  Workload workload = Workload::kRoundtrip;
  uint32_t size = 0;
  Placement placement = Placement::kPinned;
};

std::vector<Block> plan_blocks(const Options& options);

// Whether the filters want `implementation` in this block.
bool is_wanted(const Options& options, const Block& block, std::string_view implementation);

}  // namespace pipes::bench
