// Parker: the one thing a thread of this library ever blocks on, one per thread.
//
// A blocking call takes the parker's ticket, looks whether it may go on, and sleeps while the ticket is unchanged. Who
// changes something it waits for (the reactor, another thread of the process, a cancel) stores the change first and
// then unparks it. Parkers are never freed, only reused: unparking a thread that has gone on, or has ended, is a
// harmless spurious wake-up. Works on Linux's futexes; an eventfd is made when a wait needs descriptors.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "support/deadline.h"
#include "support/mutex.h"

namespace pipes {

class Parker {
 public:
  // The calling thread's parker.
  static Parker& mine() noexcept {
    Parker* parker = threads_own_;
    return parker != nullptr ? *parker : take_one();
  }
  // The parker that `name` (see name()) belongs to, or null if its thread has ended.
  static Parker* find(uint64_t name) noexcept;
  // Around a fork, so that the child finds the pool whole.
  static void lock_all_for_fork() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;
  static void unlock_all_after_fork() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;
  // In a forked child: drops descriptors shared with the parent. Async-signal-safe.
  static void reset_all_in_child() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;

  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;

  [[nodiscard]] uint64_t name() const noexcept;

  // Take it before looking at what is waited for.
  [[nodiscard]] uint32_t ticket() const noexcept { return word_.load(std::memory_order_acquire); }

  // Wakes the thread if it sleeps; otherwise its next sleep with an older ticket returns at once. Any thread.
  void unpark() noexcept;

  // The same for a thread of which the caller knows that it does not wait by its descriptor, or need not be woken if it
  // does. One system call less.
  void unpark_asleep() noexcept;

  // Sleeps until unparked since `ticket`, until the deadline, or for no reason at all.
  void sleep(uint32_t ticket, Deadline deadline) noexcept;
  // The same, woken also when one of the flags, words that other processes see, is no longer 1, or is woken. The flags
  // are this thread's to take down. False if it woke only to look again, which no peer has caused.
  bool sleep_with(uint32_t ticket, std::span<std::atomic<uint32_t>* const> flags) noexcept;

  // A descriptor that becomes readable when the thread is unparked, for poll; -1 if there is none to be had. Only its
  // own thread asks. drain() makes it unreadable again; call it before taking the ticket.
  [[nodiscard]] int event_fd() noexcept;
  void drain() noexcept;

  // How many blocking calls this thread has begun: whether a call of the library waited shows by it. Only its own
  // thread asks.
  [[nodiscard]] uint32_t blocking_calls() const noexcept { return blocking_calls_; }

  // Whose rights the thread acts with (thread_identity.h): 0 the process's own. Only its own thread asks.
  uint64_t identity = 0;

  // What this thread is using, for whoever may take it away: only its own thread stores. any_guards looks at all
  // threads.
  std::atomic<const void*> guarded{nullptr};
  [[nodiscard]] static bool any_guards(const void* what) noexcept;

  // Cancelling. A blocking call is a BlockingCall; cancel() reaches it once.
  [[nodiscard]] bool cancel() noexcept;  // false: the thread is in no blocking call
  [[nodiscard]] bool cancelled() const noexcept { return call_.load(std::memory_order_acquire) == kCancelled; }

 private:
  friend class BlockingCall;
  friend struct ParkerPool;
  Parker() = default;
  static Parker& take_one() noexcept;
  bool sleep_on_first(uint32_t ticket, std::span<std::atomic<uint32_t>* const> flags) noexcept;
  void wake() noexcept;

  // Initial-exec: one load, no call. It is one word of what the C library keeps for libraries loaded late.
  [[gnu::tls_model("initial-exec")]] static constinit thread_local Parker* threads_own_;

  static constexpr uint32_t kNoCall = 0;
  static constexpr uint32_t kInCall = 1;
  static constexpr uint32_t kCancelled = 2;

  std::atomic<uint32_t> word_{0};  // counts unparks; the futex
  std::atomic<uint32_t> call_{kNoCall};
  std::atomic<int> event_fd_{-1};
  Mutex flag_mutex_;
  // Used where the kernel cannot wait for several words.
  std::atomic<uint32_t>* sleeps_on_ PIPES_GUARDED_BY(flag_mutex_) = nullptr;
  std::atomic<uint32_t> generation_{0};  // odd while a thread owns this parker
  uint32_t index_ = 0;
  uint32_t blocking_calls_ = 0;
  Parker* next_free_ = nullptr;
};

// BlockingCall marks the part of a call that pipes_cancel_synchronous may end.
class BlockingCall {
 public:
  explicit BlockingCall(Parker& parker) noexcept : parker_(parker) {
    ++parker_.blocking_calls_;
    parker_.call_.store(Parker::kInCall, std::memory_order_release);
  }
  ~BlockingCall() { parker_.call_.store(Parker::kNoCall, std::memory_order_release); }
  BlockingCall(const BlockingCall&) = delete;
  BlockingCall& operator=(const BlockingCall&) = delete;

 private:
  Parker& parker_;
};

}  // namespace pipes
