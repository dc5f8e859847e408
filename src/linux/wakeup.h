// Wakeup: what the other side of a connection has to be told, once no lock is held: by a wake of the futex that its
// thread sleeps on, or by its doorbell, where no thread of it waits. A local end with overlapped operations always
// hears the doorbell: it looks at once, and wakes its threads itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "support/futex.h"
#include "wire/layout.h"

namespace pipes {

struct Connection;

class Wakeup {
 public:
  Wakeup() = default;
  // `value` is what was found in `flag`. The connection is kept only for its doorbell: of a flag that is unmapped by
  // the time it is woken the kernel finds nobody, and that is all.
  enum class Local : uint32_t { kDoesNotLook, kLooks };
  Wakeup(uint32_t value, std::atomic<uint32_t>* flag, const std::shared_ptr<Connection>& connection, Local local) {
    if (local == Local::kDoesNotLook && value == wire::WaitFlag::kSleeper) {
      flag_ = flag;
    } else if (local == Local::kLooks || value != wire::WaitFlag::kNobody) {
      rings_ = connection;
    }
  }

  explicit operator bool() const { return flag_ != nullptr || rings_ != nullptr; }
  [[nodiscard]] bool is_same_as(const Wakeup& other) const {
    return flag_ == other.flag_ && (rings_ == nullptr) == (other.rings_ == nullptr);
  }

  void perform() const {
    if (flag_ != nullptr) futex_wake_shared(flag_);
    if (rings_ != nullptr) ring(*rings_);
  }

 private:
  static void ring(Connection& connection);

  std::atomic<uint32_t>* flag_ = nullptr;
  std::shared_ptr<Connection> rings_;
};

}  // namespace pipes
