// What the stress tests share: patterns that two processes agree upon without exchanging them, and threads whose first
// complaint is kept.
//
// Nothing here uses GoogleTest's assertions, since most of it runs on many threads and in child processes: a check that
// fails throws Complaint, and the test, or the role, tells it.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "pipes/pipes.h"

namespace pipes::test {

class Complaint : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class... Parts>
[[noreturn]] void complain(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw Complaint(text.str());
}

// A cheap random sequence that is the same in every process.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x632BE59BD9B4E019u) {}
  uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<uint32_t>(state_ >> 32);
  }
  // A number below `limit`.
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(uint64_t{next()} * limit >> 32); }

 private:
  uint64_t state_;
};

// pattern gives `size` bytes that belong to `seed`: a part of a megabyte of random bytes, so that a byte lost, doubled
// or exchanged between two messages shows. At most kPatternMax bytes.
inline constexpr uint32_t kPatternMax = 70'000;
[[nodiscard]] std::string_view pattern(uint64_t seed, uint32_t size);

// A checksum of a whole conversation, in which the order and the boundaries of the messages count (FNV-1a).
class Checksum {
 public:
  void add(std::string_view message);
  [[nodiscard]] uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xCBF29CE484222325u;
};

// Threads that work together. What the first of them complains of is what `join` returns; empty if none did.
class Crew {
 public:
  Crew() = default;
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew() { (void)join(); }

  void start(std::function<void()> work);
  std::string join();

 private:
  std::mutex mutex_;  // guards complaint_
  std::string complaint_;
  std::vector<std::thread> threads_;
};

// Pins the calling thread, and those it starts later, to the n-th processor it may use. False if there are fewer.
bool pin_to_processor(uint32_t index);

// Lets this process have at least so many descriptors. False if the hard limit forbids it.
bool raise_descriptor_limit(uint64_t needed);
[[nodiscard]] bool descriptor_limit_allows(uint64_t needed);

}  // namespace pipes::test
