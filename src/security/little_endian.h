// Numbers as descriptors hold them: little-endian. Reading relies on its caller's check of the length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "support/status.h"

namespace pipes {

[[nodiscard]] inline std::uint16_t read_u16(std::span<const std::byte> bytes, std::size_t at) {
  Expects(at + 2 <= bytes.size());
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) | std::to_integer<unsigned>(bytes[at + 1])
                                                                               << 8);
}

[[nodiscard]] inline std::uint32_t read_u32(std::span<const std::byte> bytes, std::size_t at) {
  return read_u16(bytes, at) | std::uint32_t{read_u16(bytes, at + 2)} << 16;
}

inline void append_u8(std::uint8_t value, std::vector<std::byte>* bytes) { bytes->push_back(std::byte{value}); }

inline void append_u16(std::uint16_t value, std::vector<std::byte>* bytes) {
  append_u8(static_cast<std::uint8_t>(value), bytes);
  append_u8(static_cast<std::uint8_t>(value >> 8), bytes);
}

inline void append_u32(std::uint32_t value, std::vector<std::byte>* bytes) {
  append_u16(static_cast<std::uint16_t>(value), bytes);
  append_u16(static_cast<std::uint16_t>(value >> 16), bytes);
}

}  // namespace pipes
