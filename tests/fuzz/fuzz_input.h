// What the two fuzzers of the rings share: FuzzInput hands out a fuzzer's bytes as numbers, zeros when they run out;
// and blocks of memory that stand for mappings.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "wire/layout.h"

namespace pipes::fuzz {

class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : left_(data, size) {}

  [[nodiscard]] bool empty() const { return left_.empty(); }

  template <class T>
  T next() {
    T value{};
    const size_t bytes = left_.size() < sizeof value ? left_.size() : sizeof value;
    std::memcpy(&value, left_.data(), bytes);
    left_ = left_.subspan(bytes);
    return value;
  }

  // A number below `end`, as often of few bits as of many: what matters is mostly small.
  uint64_t next_size(uint64_t end) {
    if (end <= 1) return 0;
    const auto bits = next<uint8_t>() % static_cast<unsigned>(std::bit_width(end - 1) + 1);
    const uint64_t mask = bits == 0 ? 0 : UINT64_MAX >> (64 - bits);
    return (next<uint32_t>() & mask) % end;
  }

 private:
  std::span<const uint8_t> left_;
};

struct BlockFree {
  void operator()(std::byte* block) const { std::free(block); }
};
using Block = std::unique_ptr<std::byte, BlockFree>;

// A block on the heap, aligned as a mapping is, with nothing readable behind it.
inline Block block_of(uint64_t bytes) { return Block(static_cast<std::byte*>(std::aligned_alloc(wire::kPage, bytes))); }

inline void check(bool holds, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: this does not hold\n", file, line);
  std::abort();
}

}  // namespace pipes::fuzz
