// Effects: what a decision under a lock wants done once the lock is dropped. Waking is a system call, and no system
// call, wake or callback happens under a lock; so who decides fills one of these, and its owner performs it afterwards.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "linux/wakeup.h"
#include "support/unparks.h"

namespace pipes {

class NamedEnd;
class SharedPort;
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
  // Leaves the connection of that watch to the reactor's thread.
  void poke(uint64_t watch) { poked_ = watch; }
  // Has the reactor watch that somebody comes to the port.
  void watch_over(std::shared_ptr<SharedPort> port) { watched_ = std::move(port); }

  void perform() {
    for (Wakeup& wakeup : wakeups_) {
      if (!wakeup) break;
      std::exchange(wakeup, Wakeup()).perform();
    }
    unparks_.perform();
    if (poked_ != 0 || watched_ != nullptr) [[unlikely]] {
      perform_by_reactor();
    }
    if (pumped_ != nullptr) pump_here(std::exchange(pumped_, nullptr));
  }

 private:
  void perform_by_reactor();

  Unparks unparks_;
  std::array<Wakeup, 4> wakeups_{};  // a connection has four flags
  std::shared_ptr<NamedEnd> pumped_;
  uint64_t poked_ = 0;
  std::shared_ptr<SharedPort> watched_;
};

}  // namespace pipes
