#include "io/waits.h"

#include <algorithm>
#include <array>

namespace pipes {
namespace {

constinit Mutex waits_mutex;

}  // namespace

class Wait;

struct WaitLink {
  Wait* wait = nullptr;
  Waitable* object = nullptr;
  WaitLink* next = nullptr;
  WaitLink* previous = nullptr;
};

// A thread that waits for objects, on its stack. All but sleep() is called with the lock held.
class Wait {
 public:
  Wait(std::span<Waitable* const> objects, bool all) : objects_(objects), all_(all), parker_(Parker::mine()) {}

  // Takes the objects if they are signalled as wanted.
  bool try_to_settle() {
    const auto signalled = [](const Waitable* object) { return object->signalled_; };
    if (all_ ? !std::ranges::all_of(objects_, signalled) : !std::ranges::any_of(objects_, signalled)) return false;
    const auto first = all_ ? objects_.begin() : std::ranges::find_if(objects_, signalled);
    index_ = static_cast<uint32_t>(first - objects_.begin());
    for (auto object = first; object != (all_ ? objects_.end() : first + 1); ++object) {
      if ((*object)->reset_ == Waitable::Reset::kAutomatic) (*object)->signalled_ = false;
    }
    // Release: what was done before the signal is visible to who waited for it (OVL-16).
    settled_.store(true, std::memory_order_release);
    return true;
  }

  void link() {
    for (size_t i = 0; i < objects_.size(); ++i) {
      Waitable& object = *objects_[i];
      WaitLink& added = links_[i];
      added = {this, &object, nullptr, object.last_};
      (object.last_ == nullptr ? object.first_ : object.last_->next) = &added;
      object.last_ = &added;
    }
  }
  void unlink() {
    for (size_t i = 0; i < objects_.size(); ++i) {
      Waitable& object = *objects_[i];
      const WaitLink& gone = links_[i];
      (gone.previous == nullptr ? object.first_ : gone.previous->next) = gone.next;
      (gone.next == nullptr ? object.last_ : gone.next->previous) = gone.previous;
    }
  }

  // The object is signalled: settles who waits for it, the longest first, as long as it stays so.
  static void release(Waitable& object, Unparks& unparks) {
    for (WaitLink* link = object.first_; link != nullptr; link = link->next) {
      if (!object.signalled_) return;
      Wait& wait = *link->wait;
      if (!wait.settled() && wait.try_to_settle()) unparks.add(&wait.parker_);
    }
  }

  Status sleep(Deadline deadline, Thread* alertable) {
    return sleep_until(parker_, deadline, alertable, [&] { return settled(); });
  }

  [[nodiscard]] bool settled() const { return settled_.load(std::memory_order_acquire); }
  [[nodiscard]] uint32_t index() const { return index_; }

 private:
  std::span<Waitable* const> objects_;
  const bool all_;
  Parker& parker_;
  std::atomic<bool> settled_{false};
  uint32_t index_ = 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): link() sets those that are used
  std::array<WaitLink, PIPES_WAIT_OBJECTS_MAX> links_;
};

namespace {

// A thread that waits for an operation.
struct OperationWait {
  const pipes_overlapped* operation;
  Waitable* object;
  Parker* parker;
  OperationWait* next = nullptr;
  std::atomic<bool> settled{false};
};

constinit OperationWait* operation_waits PIPES_GUARDED_BY(waits_mutex) = nullptr;

// The routines' thread of an alertable wait; what is queued runs first.
class Alert {
 public:
  explicit Alert(bool alertable) : thread_(alertable ? Thread::mine() : nullptr) {}
  [[nodiscard]] Thread* thread() const { return thread_.get(); }
  [[nodiscard]] bool runs_routines() const { return thread_ != nullptr && thread_->run_routines(); }

 private:
  std::shared_ptr<Thread> thread_;
};

}  // namespace

void Waitable::signal(Unparks& unparks) {
  MutexLock lock(waits_mutex);
  signalled_ = true;
  Wait::release(*this, unparks);
}

void Waitable::clear() {
  MutexLock lock(waits_mutex);
  signalled_ = false;
}

Status wait_for_objects(std::span<Waitable* const> objects, bool all, Deadline deadline, bool alertable,
                        uint32_t* index) {
  const Alert alert(alertable);
  if (alert.runs_routines()) return PIPES_WAIT_IO_COMPLETION;
  Wait wait(objects, all);
  Status status = PIPES_OK;
  MutexLock lock(waits_mutex);
  if (!wait.try_to_settle()) {
    wait.link();
    lock.unlock();
    status = wait.sleep(deadline, alert.thread());
    lock.lock();
    wait.unlink();
    if (wait.settled()) status = PIPES_OK;  // what the object gave is not to be lost
  }
  lock.unlock();
  if (status == PIPES_OK && index != nullptr) *index = wait.index();
  if (status == PIPES_WAIT_IO_COMPLETION) (void)alert.runs_routines();
  return status;
}

Status wait_for_operation(const pipes_overlapped* operation, Waitable* object, Deadline deadline, bool alertable) {
  if (!is_pending(operation)) return PIPES_OK;
  const Alert alert(alertable);
  if (alert.runs_routines()) return is_pending(operation) ? PIPES_WAIT_IO_COMPLETION : PIPES_OK;
  Parker& parker = Parker::mine();
  OperationWait wait{operation, object, &parker};
  {
    MutexLock lock(waits_mutex);
    wait.next = operation_waits;
    operation_waits = &wait;
  }
  // SUBTLE: looked at once more now that the end of the operation would find this wait; the lock orders the two.
  Status status = sleep_until(parker, deadline, alert.thread(),
                              [&] { return wait.settled.load(std::memory_order_acquire) || !is_pending(operation); });
  {
    MutexLock lock(waits_mutex);
    OperationWait** at = &operation_waits;
    while (*at != &wait) at = &(*at)->next;
    *at = wait.next;
  }
  if (status == PIPES_WAIT_IO_COMPLETION) (void)alert.runs_routines();
  return !is_pending(operation) ? Status{PIPES_OK} : status;
}

Status wait_for_time(Deadline deadline, bool alertable) {
  const Alert alert(alertable);
  if (alert.runs_routines()) return PIPES_WAIT_IO_COMPLETION;
  const Status status = sleep_until(Parker::mine(), deadline, alert.thread(), [] { return false; });
  if (status != PIPES_WAIT_IO_COMPLETION) return PIPES_OK;
  (void)alert.runs_routines();
  return status;
}

void end_operation(pipes_overlapped* operation, uint64_t nt_status, uint32_t transferred, Waitable* object,
                   Unparks& unparks) {
  MutexLock lock(waits_mutex);
  operation->internal_high = transferred;
  // Release: the bytes and their count are there for whoever sees that it is over (OVL-16).
  std::atomic_ref(operation->internal).store(nt_status, std::memory_order_release);
  if (object != nullptr) {
    object->signalled_ = true;
    Wait::release(*object, unparks);
  }
  for (OperationWait* wait = operation_waits; wait != nullptr; wait = wait->next) {
    if (wait->operation != operation) continue;
    if (wait->object != nullptr && wait->object == object && object->reset_ == Waitable::Reset::kAutomatic) {
      object->signalled_ = false;
    }
    wait->settled.store(true, std::memory_order_release);
    unparks.add(wait->parker);
  }
}

void lock_waits_for_fork() noexcept { waits_mutex.lock(); }
void unlock_waits_after_fork() noexcept { waits_mutex.unlock(); }
void reset_waits_in_child() noexcept {
  waits_mutex.reset_in_child();
  operation_waits = nullptr;
}

}  // namespace pipes
