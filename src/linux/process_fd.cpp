// One bit per descriptor number, in static memory: nothing here allocates, so a forked child may walk it.
#include "linux/process_fd.h"

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace pipes {
namespace {

constexpr int kDescriptorsMax = 1 << 20;
constexpr int kBits = 64;
std::array<std::atomic<uint64_t>, kDescriptorsMax / kBits> ours;
std::atomic<int> words_used{0};

}  // namespace

void close_in_child(int fd) noexcept {
  if (fd < 0 || fd >= kDescriptorsMax) return;
  const int word = fd / kBits;
  ours[static_cast<size_t>(word)].fetch_or(1ull << (fd % kBits), std::memory_order_relaxed);
  int used = words_used.load(std::memory_order_relaxed);
  while (used <= word && !words_used.compare_exchange_weak(used, word + 1, std::memory_order_relaxed)) {
  }
}

void keep_in_child(int fd) noexcept {
  if (fd < 0 || fd >= kDescriptorsMax) return;
  ours[static_cast<size_t>(fd / kBits)].fetch_and(~(1ull << (fd % kBits)), std::memory_order_relaxed);
}

void close_process_fds_in_child() noexcept {
  const int words = words_used.load(std::memory_order_relaxed);
  for (int word = 0; word < words; ++word) {
    uint64_t bits = ours[static_cast<size_t>(word)].exchange(0, std::memory_order_relaxed);
    while (bits != 0) {
      ::close(word * kBits + std::countr_zero(bits));
      bits &= bits - 1;
    }
  }
}

}  // namespace pipes
