// Objects that threads wait for, and waiting: for one of several, for all at once, for an operation to end, for time to
// pass; alertable or not.
//
// One lock of this file guards the state of all objects, so that a wait for all of several is one decision. It is a
// leaf.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "io/thread.h"
#include "support/deadline.h"
#include "support/status.h"
#include "support/unparks.h"

namespace pipes {

struct WaitLink;

class Waitable {
 public:
  // kAutomatic: whoever is released by it clears it.
  enum class Reset : uint32_t { kManual, kAutomatic };

  Waitable(Reset reset, bool signalled) : reset_(reset), signalled_(signalled) {}
  Waitable(const Waitable&) = delete;
  Waitable& operator=(const Waitable&) = delete;

  void signal(Unparks& unparks);
  void clear();

 private:
  friend class Wait;
  friend void end_operation(pipes_overlapped*, uint64_t, uint32_t, Waitable*, Unparks&);

  const Reset reset_;
  bool signalled_;             // under the lock
  WaitLink* first_ = nullptr;  // who waits, the longest first
  WaitLink* last_ = nullptr;
};

// A deadline as the C ABI tells it: milliseconds, or PIPES_INFINITE.
[[nodiscard]] inline Deadline deadline_of(uint32_t timeout) {
  return timeout == PIPES_INFINITE ? Deadline::never() : Deadline::after_ms(timeout);
}

// Sleeps until `settled` says true, which it must from the moment on that the thread is unparked for it. The other
// answers of a wait: PIPES_ERROR_WAIT_TIMEOUT, and PIPES_WAIT_IO_COMPLETION if there are routines to run, which is
// asked only with a thread: the calling one.
template <class Settled>
Status sleep_until(Parker& parker, Deadline deadline, Thread* alertable, Settled settled) {
  while (true) {
    const uint32_t ticket = parker.ticket();
    if (settled()) return PIPES_OK;
    if (alertable != nullptr && alertable->has_routines()) return PIPES_WAIT_IO_COMPLETION;
    if (deadline.passed()) return PIPES_ERROR_WAIT_TIMEOUT;
    parker.sleep(ticket, deadline);
  }
}

// The waits below return 0, or one of those two; in the case of PIPES_WAIT_IO_COMPLETION all routines of the thread
// have run. With `alertable` what is queued runs before anything else.

// Waits for `objects`, at most PIPES_WAIT_OBJECTS_MAX, kept alive by the caller. `*index` is the first that was
// signalled.
[[nodiscard]] Status wait_for_objects(std::span<Waitable* const> objects, bool all, Deadline deadline, bool alertable,
                                      uint32_t* index);

// Waits until the operation is not pending any more. `object` is what it signals: one that resets itself is reset, as
// if it had been waited for.
[[nodiscard]] Status wait_for_operation(const pipes_overlapped* operation, Waitable* object, Deadline deadline,
                                        bool alertable);

// Waits for nothing but time and routines.
[[nodiscard]] Status wait_for_time(Deadline deadline, bool alertable);

// Whether the operation is pending still. Acquire: what it transferred is visible if it is not.
[[nodiscard]] inline bool is_pending(const pipes_overlapped* operation) {
  auto& internal = const_cast<uint64_t&>(operation->internal);
  return std::atomic_ref(internal).load(std::memory_order_acquire) == PIPES_INTERNAL_PENDING;
}

// An operation has ended: stores how, and what it transferred, signals its object, if there is one, and releases who
// waits for the operation. The structure may be gone as soon as it says so; only its address counts then.
//
// SUBTLE: one step under the lock. Whoever has seen the end, however, and uses structure and object for the next
// operation at once, clears the object before that begins, and so comes after all of this.
void end_operation(pipes_overlapped* operation, uint64_t nt_status, uint32_t transferred, Waitable* object,
                   Unparks& unparks);

// Around a fork, and in its child.
void lock_waits_for_fork() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;
void unlock_waits_after_fork() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;
void reset_waits_in_child() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;

}  // namespace pipes
