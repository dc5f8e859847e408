// Hints to the processor: lines of memory that will be needed soon are fetched while something else is done. The place
// need not be memory any more.
#pragma once

#include <cstddef>

namespace pipes {

inline constexpr size_t kFetchedLine = 64;

inline void fetch_to_read(const void* place, size_t bytes) {
  for (size_t offset = 0; offset < bytes; offset += kFetchedLine) {
    __builtin_prefetch(static_cast<const std::byte*>(place) + offset);
  }
}

inline void fetch_to_write(const void* place, size_t bytes) {
  for (size_t offset = 0; offset < bytes; offset += kFetchedLine) {
    const std::byte* const line = static_cast<const std::byte*>(place) + offset;
#if defined(__x86_64__)
    asm volatile("prefetchw (%0)" : : "r"(line));  // nothing on processors without it
#else
    __builtin_prefetch(line, 1);
#endif
  }
}

}  // namespace pipes
