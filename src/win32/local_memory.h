// Blocks that functions give away, for LocalFree.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "win32/last_error.h"
#include "win32/text.h"

namespace pipes::win32 {

// new_block copies `bytes`; null, with the last error set, without memory.
[[nodiscard]] inline PVOID new_block(std::span<const std::byte> bytes) {
  PVOID const block = LocalAlloc(LMEM_FIXED, bytes.size());
  if (block == nullptr) return fail(ERROR_NOT_ENOUGH_MEMORY, block);
  if (!bytes.empty()) std::memcpy(block, bytes.data(), bytes.size());
  return block;
}

// new_text copies `text` with a terminator; null, with the last error set, without memory.
template <class Char>
[[nodiscard]] Char* new_text(std::string_view text) {
  const std::basic_string<Char> converted = text_of<Char>(text);
  return static_cast<Char*>(new_block(std::as_bytes(std::span(converted.c_str(), converted.size() + 1))));
}

}  // namespace pipes::win32
