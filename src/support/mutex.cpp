// The slow half of Mutex: sleeping and waking. Linux only; the Windows build has no use for it.
#include "support/mutex.h"

#include "support/futex.h"

namespace pipes {
namespace {

// How long a sleeper sleeps that unlocking threads may not see.
constexpr uint64_t kUnseenNs = 1'000'000;

}  // namespace

void Mutex::lock_slowly() noexcept {
  // A holder is a few dozen instructions from done, unless it copies a large message: look briefly, then sleep.
  for (int look = 0; look < 64; ++look) {
    uint32_t expected = kFree;
    if (word_.load(std::memory_order_relaxed) == kFree &&
        word_.compare_exchange_weak(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed)) {
      return;
    }
    cpu_relax();
  }
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  // SUBTLE: an unlock that this fence finds before its look at the sleepers has freed the word already; any other one
  // sees this sleeper. Without the fence, sleep is short.
  const bool seen = heavy_fence();
  uint32_t expected = kFree;
  while (!word_.compare_exchange_weak(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed)) {
    if (expected != kFree) futex_wait_private(&word_, kHeld, seen ? Deadline::never() : Deadline::after_ns(kUnseenNs));
    expected = kFree;
  }
  sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

void Mutex::wake_one() noexcept { futex_wake_private(&word_, 1); }

}  // namespace pipes
