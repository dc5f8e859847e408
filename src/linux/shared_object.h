// SharedObject: what a handle refers to that is no end of a named pipe, with the number of handles that do so.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "io/port.h"
#include "io/waits.h"
#include "linux/anonymous_pipe.h"

namespace pipes {

class SharedObject {
 public:
  enum class Kind : uint32_t { kAnonymousEnd, kEvent, kPort };

  explicit SharedObject(Kind kind) : kind_(kind) {}
  virtual ~SharedObject() = default;
  SharedObject(const SharedObject&) = delete;
  SharedObject& operator=(const SharedObject&) = delete;

  [[nodiscard]] Kind kind() const { return kind_; }

  void add_handle() { handles_.fetch_add(1, std::memory_order_relaxed); }
  void drop_handle() {
    if (handles_.fetch_sub(1, std::memory_order_acq_rel) == 1) last_handle_closed();
  }

 private:
  virtual void last_handle_closed() {}

  const Kind kind_;
  std::atomic<uint32_t> handles_{0};
};

class SharedAnonymousEnd : public SharedObject {
 public:
  static constexpr Kind kKind = Kind::kAnonymousEnd;
  explicit SharedAnonymousEnd(std::shared_ptr<AnonymousEnd> end) : SharedObject(kKind), end_(std::move(end)) {}
  [[nodiscard]] AnonymousEnd& end() const { return *end_; }

 private:
  void last_handle_closed() override { end_->close(); }
  const std::shared_ptr<AnonymousEnd> end_;
};

// Whoever waits for it, and operations that are to set it, keep it when its last handle is closed.
class Event : public SharedObject {
 public:
  static constexpr Kind kKind = Kind::kEvent;
  Event(Waitable::Reset reset, bool signalled) : SharedObject(kKind), waitable(reset, signalled) {}
  Waitable waitable;
};

class SharedPort : public SharedObject, public std::enable_shared_from_this<SharedPort> {
 public:
  static constexpr Kind kKind = Kind::kPort;
  SharedPort() : SharedObject(kKind) {}
  Port port;

  // Should no thread come any more to look at the port's sources, they are told again after a while.
  void watch_over();

 private:
  void last_handle_closed() override {
    Unparks unparks;
    port.close(unparks);
    unparks.perform();
  }
};

}  // namespace pipes
