// Thread: what a thread has to do with overlapped operations: the routines queued for it, which run in its alertable
// waits, and the ends at which it has begun operations, which are cancelled when it ends (OVL-21).
//
// Threads are made when they are first asked for; a Thread outlives its thread as long as somebody keeps it, and takes
// no routines then.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "support/mutex.h"
#include "support/parker.h"
#include "support/unparks.h"

namespace pipes {

// A Routine runs once, or never. It is queued at one thread.
class Routine {
 public:
  virtual ~Routine() = default;
  virtual void run() = 0;

 private:
  friend class Thread;
  std::unique_ptr<Routine> next_;
};

class Thread {
 public:
  // Somebody who has to hear of a thread's end.
  class Host {
   public:
    virtual ~Host() = default;
    // On the thread itself, which starts nothing any more.
    virtual void thread_ends(const Thread& thread) noexcept = 0;
  };

  // The calling thread's. Throws std::bad_alloc.
  [[nodiscard]] static const std::shared_ptr<Thread>& mine();
  // The thread that Parker::name() calls `name`; null if it has ended, or was never asked for itself.
  [[nodiscard]] static std::shared_ptr<Thread> find(uint64_t name);

  // Around a fork, and in its child, which has but one thread.
  static void lock_all_for_fork() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;
  static void unlock_all_after_fork() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;
  static void reset_all_in_child() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;

  explicit Thread(Parker& parker);
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  [[nodiscard]] Parker& parker() const { return parker_; }
  // Never given to another thread.
  [[nodiscard]] uint64_t number() const { return number_; }

  // Queues a routine behind those that are queued already. False if the thread has ended: it is dropped (APC-12).
  bool queue(std::unique_ptr<Routine> routine, Unparks& unparks);

  // The calling thread's own: whether any routine is queued, and running all of them in their order (APC-7).
  [[nodiscard]] bool has_routines();
  bool run_routines();

  // The calling thread's own: `host` hears of its end. Asked twice, it hears once.
  void tell_of_end(const std::shared_ptr<Host>& host);

  // The thread has ended.
  void end();

 private:
  [[nodiscard]] std::unique_ptr<Routine> pop();

  Parker& parker_;
  const uint64_t number_;

  Mutex mutex_;
  std::unique_ptr<Routine> first_ PIPES_GUARDED_BY(mutex_);
  Routine* last_ PIPES_GUARDED_BY(mutex_) = nullptr;
  bool ended_ PIPES_GUARDED_BY(mutex_) = false;

  // The thread's own.
  std::unordered_map<const Host*, std::weak_ptr<Host>> hosts_;
  size_t hosts_to_sweep_ = 64;
};

}  // namespace pipes
