// Effects: what a decision under a lock wants done once the lock is dropped. Waking is a system call, and no system
// call, wake or callback happens under a lock; so who decides fills one of these, and its owner performs it afterwards.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

#include "linux/wakeup.h"
#include "support/unparks.h"

namespace pipes {

class NamedEnd;
void pump_here(std::shared_ptr<NamedEnd> end);  // NOLINT(readability-redundant-declaration): of local_pair.h

class Effects {
 public:
  Effects() = default;
  Effects(const Effects&) = delete;
  Effects& operator=(const Effects&) = delete;

  void unpark(Parker* parker) { unparks_.add(parker); }
  [[nodiscard]] Unparks& unparks() { return unparks_; }

  // Wakes the peer, if there is something to wake.
  void wake(Wakeup wakeup) {
    if (!wakeup) return;
    for (Wakeup& slot : wakeups_) {
      if (slot && !slot.is_same_as(wakeup)) continue;
      slot = std::move(wakeup);
      return;
    }
  }

  // Has the end's overlapped operations looked after.
  void pump(std::shared_ptr<NamedEnd> end) { pumped_ = std::move(end); }

  void perform() {
    for (Wakeup& wakeup : wakeups_) {
      if (!wakeup) break;
      std::exchange(wakeup, Wakeup()).perform();
    }
    unparks_.perform();
    if (pumped_ != nullptr) pump_here(std::exchange(pumped_, nullptr));
  }

 private:
  Unparks unparks_;
  std::array<Wakeup, 4> wakeups_{};  // a connection has four flags
  std::shared_ptr<NamedEnd> pumped_;
};

}  // namespace pipes
