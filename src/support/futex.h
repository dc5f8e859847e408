// Thin calls for the kernel's futexes. A return says nothing about why: every caller looks again.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "support/deadline.h"

namespace pipes {

inline void cpu_relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

// Waits on a word of this process while it holds `expected`.
void futex_wait_private(const std::atomic<uint32_t>* word, uint32_t expected, Deadline deadline) noexcept;
void futex_wake_private(std::atomic<uint32_t>* word, int count) noexcept;

// Wakes everyone who waits on a word that other processes see.
void futex_wake_shared(std::atomic<uint32_t>* word) noexcept;

// Waits on a word that other processes see while it holds `expected`. True if the deadline passed. SUBTLE: a peer can
// move waiters of such a word elsewhere, so that no wake reaches them.
bool futex_wait_shared(const std::atomic<uint32_t>* word, uint32_t expected, Deadline deadline) noexcept;

// Waits on one or two flags that other processes see, while they are up (1), and on a word of this process, whichever
// changes first: the last is the one that can be relied on. False, without having waited, where the kernel cannot wait
// for several (before 5.16), or a container forbids it.
[[nodiscard]] bool futex_wait_any(std::span<std::atomic<uint32_t>* const> flags, const std::atomic<uint32_t>* own,
                                  uint32_t own_expected, Deadline deadline) noexcept;
// Whether that works, as far as has been tried.
[[nodiscard]] bool futex_waits_for_any() noexcept;

}  // namespace pipes
