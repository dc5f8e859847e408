// The slow half of Mutex: sleeping and waking. Linux only; the Windows build has no use for it.
#include "support/mutex.h"

#include "support/futex.h"

namespace pipes {

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
  while (word_.exchange(kContended, std::memory_order_acquire) != kFree) {
    futex_wait_private(&word_, kContended, Deadline::never());
  }
}

void Mutex::wake_one() noexcept { futex_wake_private(&word_, 1); }

}  // namespace pipes
