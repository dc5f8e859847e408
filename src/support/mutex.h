// Mutex: the library's lock, a futex word and a count of sleepers, and the annotations Clang checks it by.
//
// std::mutex would do, but the hot path takes one per call, and this one is inline and a third of the price: unlocking
// is a plain store, since who goes to sleep sees to the order (asymmetric_fence.h). It is private to the process:
// nothing shared with a peer is ever a lock.
#pragma once

#include <atomic>
#include <cstdint>

#include "support/asymmetric_fence.h"

#if defined(__clang__)
#define PIPES_TSA(x) __attribute__((x))
#else
#define PIPES_TSA(x)
#endif
#define PIPES_CAPABILITY(x) PIPES_TSA(capability(x))
#define PIPES_GUARDED_BY(x) PIPES_TSA(guarded_by(x))
#define PIPES_REQUIRES(...) PIPES_TSA(requires_capability(__VA_ARGS__))
#define PIPES_ACQUIRE(...) PIPES_TSA(acquire_capability(__VA_ARGS__))
#define PIPES_RELEASE(...) PIPES_TSA(release_capability(__VA_ARGS__))
#define PIPES_EXCLUDES(...) PIPES_TSA(locks_excluded(__VA_ARGS__))
#define PIPES_SCOPED_CAPABILITY PIPES_TSA(scoped_lockable)
#define PIPES_NO_THREAD_SAFETY_ANALYSIS PIPES_TSA(no_thread_safety_analysis)

namespace pipes {

class PIPES_CAPABILITY("mutex") Mutex {
 public:
  constexpr Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() PIPES_ACQUIRE() {
    uint32_t expected = kFree;
    // Acquire: what the last holder wrote is visible from here on.
    if (!word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed)) {
      lock_slowly();
    }
  }

  [[nodiscard]] bool try_lock() PIPES_TSA(try_acquire_capability(true)) {
    uint32_t expected = kFree;
    return word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed);
  }

  void unlock() PIPES_RELEASE() {
    // Release: pairs with the acquire in lock().
    word_.store(kFree, std::memory_order_release);
    // SUBTLE: the counterpart of the heavy fence in lock_slowly. The mutex is looked at once more after it is free:
    // whoever unlocks it shares in the ownership of what it lies in.
    light_fence();
    if (sleepers_.load(std::memory_order_relaxed) != 0) wake_one();
  }

  // is_wanted says whether somebody waits for the lock: for a holder that can do without it, and lets go then.
  [[nodiscard]] bool is_wanted() const { return sleepers_.load(std::memory_order_relaxed) != 0; }

  // reset_in_child makes the lock free again in a forked child, where its holder does not exist.
  void reset_in_child() noexcept {
    word_.store(kFree, std::memory_order_relaxed);
    sleepers_.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kHeld = 1;

  void lock_slowly() noexcept;
  void wake_one() noexcept;

  std::atomic<uint32_t> word_{kFree};
  std::atomic<uint32_t> sleepers_{0};  // who sleeps, or is about to
};

// ScopedLock holds a Mutex, or what locks like one, for a scope; it may be given up early and taken again.
template <class Lockable>
class PIPES_SCOPED_CAPABILITY ScopedLock {
 public:
  explicit ScopedLock(Lockable& mutex) PIPES_ACQUIRE(mutex) : mutex_(&mutex) { mutex_->lock(); }
  ~ScopedLock() PIPES_RELEASE() {
    if (held_) mutex_->unlock();
  }
  ScopedLock(const ScopedLock&) = delete;
  ScopedLock& operator=(const ScopedLock&) = delete;

  void unlock() PIPES_RELEASE() {
    held_ = false;
    mutex_->unlock();
  }
  void lock() PIPES_ACQUIRE() {
    mutex_->lock();
    held_ = true;
  }

 private:
  Lockable* mutex_;
  bool held_ = true;
};

using MutexLock = ScopedLock<Mutex>;

}  // namespace pipes
