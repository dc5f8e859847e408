// Little-endian numbers, counted texts and the like, front to back: how the formats of this folder are read and written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/seeded_mistake.h"

namespace pipes::wire {

// ByteReader hands out the bytes from front to back. take is the only bounds check; once one has failed, all do.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : left_(bytes) {}

  [[nodiscard]] bool take(size_t count, std::span<const std::byte>* taken) {
    if (PIPES_BREACH("meta-beyond-end", failed_ || count > left_.size())) {
      failed_ = true;
      return false;
    }
    *taken = left_.first(count);
    left_ = left_.subspan(count);
    return true;
  }

  template <class T>
  [[nodiscard]] bool number(T* value) {
    static_assert(std::is_unsigned_v<T>);
    std::span<const std::byte> taken;
    if (!take(sizeof(T), &taken)) return false;
    uint64_t sum = 0;
    for (size_t i = sizeof(T); i-- > 0;) sum = sum << 8 | std::to_integer<uint64_t>(taken[i]);
    *value = static_cast<T>(sum);
    return true;
  }

  // counted takes a 32-bit count of items, at most `count_max`, and that many items.
  [[nodiscard]] bool counted(size_t item_bytes, size_t count_max, std::span<const std::byte>* taken) {
    uint32_t count = 0;
    return number(&count) && count <= count_max && take(count * item_bytes, taken);
  }

  [[nodiscard]] bool text(size_t bytes_max, std::string* text) {
    std::span<const std::byte> taken;
    if (!counted(1, bytes_max, &taken)) return false;
    text->resize(taken.size());
    std::transform(taken.begin(), taken.end(), text->begin(), [](std::byte b) { return static_cast<char>(b); });
    return true;
  }

  [[nodiscard]] bool at_end() const { return !failed_ && left_.empty(); }

 private:
  std::span<const std::byte> left_;
  bool failed_ = false;
};

class ByteWriter {
 public:
  template <class T>
  void number(T value) {
    static_assert(std::is_unsigned_v<T>);
    for (size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<std::byte>(static_cast<uint64_t>(value) >> (8 * i) & 0xFF));
    }
  }
  void count(size_t count) { number(static_cast<uint32_t>(count)); }
  void raw(std::string_view text) {
    for (const char c : text) bytes_.push_back(static_cast<std::byte>(c));
  }
  void text(std::string_view text) {
    count(text.size());
    raw(text);
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace pipes::wire
