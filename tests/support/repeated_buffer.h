// A very long buffer that costs little memory: a pattern of some megabytes, mapped again and again one after the other.
//
// For messages whose length is the point. The pattern's length is a prime number of parts, so that no exchange of parts
// at round distances goes unseen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pipes::test {

// Where mappings begin is a matter of 64 KiB on Windows, so the prime number counts those.
inline constexpr size_t kPatternPeriod = 131 * size_t{65536};

class RepeatedBuffer {
 public:
  // At least `size` bytes, to be read only. Failure fails the test, and the buffer is then empty.
  explicit RepeatedBuffer(size_t size);
  ~RepeatedBuffer();
  RepeatedBuffer(const RepeatedBuffer&) = delete;
  RepeatedBuffer& operator=(const RepeatedBuffer&) = delete;

  [[nodiscard]] const char* data() const { return data_; }

 private:
  char* data_ = nullptr;
  size_t mapped_ = 0;
};

// RepeatedPattern checks a stream against what a RepeatedBuffer holds, piece by piece, and keeps one period of it.
class RepeatedPattern {
 public:
  RepeatedPattern();
  // Whether `piece` is what comes next.
  [[nodiscard]] bool continues_with(std::string_view piece);
  [[nodiscard]] uint64_t checked() const { return position_; }

 private:
  std::string period_;
  uint64_t position_ = 0;
};

}  // namespace pipes::test
