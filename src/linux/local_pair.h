// LocalPair: the two ends of a connection when both live in this process. What one of them causes at the other has then
// happened when its call returns (FINE-1), instead of some time later on the reactor's thread.
//
// The client offers the memory of its connection; the server side knows it again by the kernel's name for it. Only a
// process itself can offer to itself, so no other process is taken for a local end.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "linux/connection.h"
#include "support/mutex.h"

namespace pipes {

class NamedEnd;

class LocalPair {
 public:
  void set(Role role, std::weak_ptr<NamedEnd> end);
  [[nodiscard]] std::shared_ptr<NamedEnd> end(Role role);

  // Whether overlapped operations wait in that half of an end: then its peer lets it look, whatever the shared flag
  // says, even if a thread waits there, too, and would see to them by and by. Set under the lock of the half before it
  // looks a last time; taken down late.
  enum class Half : size_t { kReads, kWrites };
  [[nodiscard]] bool looks(Role role, Half half) const {
    return looks_[index(role, half)].load(std::memory_order_relaxed);
  }
  void set_looks(Role role, Half half, bool looks) {
    std::atomic<bool>& own = looks_[index(role, half)];
    if (own.load(std::memory_order_relaxed) != looks) own.store(looks, std::memory_order_relaxed);
  }

  // The pair that the offered memory belongs to; null if nobody here offers it.
  [[nodiscard]] static std::shared_ptr<LocalPair> find(int memory_fd);
  static void forget_in_child() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS;

 private:
  static size_t index(Role role, Half half) { return 2 * static_cast<size_t>(role) + static_cast<size_t>(half); }

  std::atomic<bool> looks_[4]{};
  Mutex mutex_;
  std::weak_ptr<NamedEnd> ends_[2] PIPES_GUARDED_BY(mutex_);
};

// LocalOffer makes its pair known while a client asks a server process that is its own.
class LocalOffer {
 public:
  explicit LocalOffer(int memory_fd);
  ~LocalOffer();
  LocalOffer(const LocalOffer&) = delete;
  LocalOffer& operator=(const LocalOffer&) = delete;

  [[nodiscard]] const std::shared_ptr<LocalPair>& pair() const { return pair_; }

 private:
  std::shared_ptr<LocalPair> pair_;
};

// Lets a local end look at what was done for it, after all that this thread lets others look at already.
void pump_here(std::shared_ptr<NamedEnd> end);  // NOLINT(readability-redundant-declaration): see effects.h

}  // namespace pipes
