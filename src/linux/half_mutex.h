// HalfMutex: the lock of one half of an end, reading or writing. While processes share the end it is two locks: one for
// the threads of this process, and the kernel's for the processes. Between the two lies what the half knows: it is
// loaded from the page that the processes share when the lock is taken, and stored when it is given back, so that what
// works under the lock need not know of other processes.
#pragma once

#include <cstdint>

#include "support/mutex.h"

namespace pipes {

class NamedEnd;

enum class Half : uint32_t { kReading = 0, kWriting = 1 };

class PIPES_CAPABILITY("mutex") HalfMutex {
 public:
  explicit constexpr HalfMutex(Half half) : half_(half) {}
  HalfMutex(const HalfMutex&) = delete;
  HalfMutex& operator=(const HalfMutex&) = delete;

  void lock() PIPES_ACQUIRE() {
    mutex_.lock();
    if (shared_end_ != nullptr) [[unlikely]] {
      enter();
    }
  }
  [[nodiscard]] bool try_lock() PIPES_TSA(try_acquire_capability(true)) {
    if (!mutex_.try_lock()) return false;
    if (shared_end_ != nullptr) [[unlikely]] {
      enter();
    }
    return true;
  }
  void unlock() PIPES_RELEASE() {
    if (shared_end_ != nullptr) [[unlikely]] {
      leave();
    }
    mutex_.unlock();
  }
  // Whether a thread of this process waits for the lock.
  [[nodiscard]] bool is_wanted() const { return mutex_.is_wanted(); }

  // For the end itself: the lock for this process's threads alone, and which end it is whose half is shared; null if it
  // is not. It changes with both locks held.
  void lock_in_process() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void unlock_in_process() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void share(NamedEnd* end) { shared_end_ = end; }

 private:
  void enter() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;
  void leave() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;

  Mutex mutex_;
  const Half half_;
  NamedEnd* shared_end_ = nullptr;
};

using HalfLock = ScopedLock<HalfMutex>;

}  // namespace pipes
