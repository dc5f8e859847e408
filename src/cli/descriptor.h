// A security descriptor in the parts that `sddl explain` tells about, read from its self-relative bytes, which MS-DTYP
// 2.4 lays out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipes/pipes.hpp"

namespace pipes::cli {

using Bytes = std::vector<std::byte>;

// Entry is one entry of a list. `sid` is empty where the type has no mask and SID at a known place.
struct Entry {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t mask = 0;
  Bytes sid;
  bool has_guids = false;
};

struct Descriptor {
  Bytes owner;  // SIDs; empty if absent
  Bytes group;
  bool has_dacl = false;
  bool is_null_dacl = false;
  std::vector<Entry> dacl;
  std::vector<Entry> sacl;
};

// descriptor_bytes reads a descriptor's text form. Errors: those of pipes_sd_parse.
Expected<Bytes> descriptor_bytes(const std::string& sddl);

// descriptor_from reads `bytes`, or nothing if they are not laid out as a descriptor is.
std::optional<Descriptor> descriptor_from(std::span<const std::byte> bytes);

// sid_text writes `S-1-...`; an unreadable SID is "?".
std::string sid_text(const Bytes& sid);

}  // namespace pipes::cli
