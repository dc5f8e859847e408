// The futex system calls, with absolute time-outs of the monotonic clock throughout.
#include "support/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <gsl/gsl>

#ifndef FUTEX_32
#define FUTEX_32 2
#endif
#ifndef FUTEX_PRIVATE_FLAG
#define FUTEX_PRIVATE_FLAG 128
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

namespace pipes {
namespace {

// Laid out as the kernel's futex_waitv, which older headers lack.
struct WaitvEntry {
  uint64_t expected;
  uint64_t address;
  uint32_t flags;
  uint32_t reserved;
};

std::atomic<bool> has_waitv{true};

}  // namespace

void futex_wait_private(const std::atomic<uint32_t>* word, uint32_t expected, Deadline deadline) noexcept {
  const timespec until = deadline.as_timespec();
  syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline.is_never() ? nullptr : &until, nullptr,
          FUTEX_BITSET_MATCH_ANY);
}

void futex_wake_private(std::atomic<uint32_t>* word, int count) noexcept {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

void futex_wake_shared(std::atomic<uint32_t>* word) noexcept {
  syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

bool futex_wait_shared(const std::atomic<uint32_t>* word, uint32_t expected, Deadline deadline) noexcept {
  const timespec until = deadline.as_timespec();
  const long woken = syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected, deadline.is_never() ? nullptr : &until,
                             nullptr, FUTEX_BITSET_MATCH_ANY);
  return woken < 0 && errno == ETIMEDOUT;
}

bool futex_waits_for_any() noexcept { return has_waitv.load(std::memory_order_seq_cst); }

bool futex_wait_any(std::span<std::atomic<uint32_t>* const> flags, const std::atomic<uint32_t>* own,
                    uint32_t own_expected, Deadline deadline) noexcept {
  if (!futex_waits_for_any()) return false;
  std::array<WaitvEntry, 3> entries{};
  Expects(!flags.empty() && flags.size() < entries.size());
  auto* entry = entries.data();
  for (const std::atomic<uint32_t>* flag : flags) {
    *entry++ = {1, reinterpret_cast<uintptr_t>(flag), FUTEX_32, 0};
  }
  *entry++ = {own_expected, reinterpret_cast<uintptr_t>(own), FUTEX_32 | FUTEX_PRIVATE_FLAG, 0};
  const timespec until = deadline.as_timespec();
  const long woken = syscall(SYS_futex_waitv, entries.data(), entry - entries.data(), 0,
                             deadline.is_never() ? nullptr : &until, CLOCK_MONOTONIC);
  // Some filters of system calls forbid what they do not know, instead of saying that it does not exist.
  if (woken < 0 && (errno == ENOSYS || errno == EPERM)) has_waitv.store(false, std::memory_order_seq_cst);
  return futex_waits_for_any();
}

}  // namespace pipes
