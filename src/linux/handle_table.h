// The handles of this process: opaque numbers, each naming a slot and the slot's generation, so that a stale, closed or
// foreign value finds nothing.
//
// A call holds the slot it works with by naming it in its thread's parker, a plain store; whoever closes the handle
// looks at all parkers, behind a fence that costs only the closer (asymmetric_fence.h). A call within a call, or one on
// a system without such fences, is counted in the slot instead.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "linux/named_end.h"
#include "linux/shared_object.h"
#include "support/asymmetric_fence.h"
#include "support/parker.h"
#include "support/status.h"

namespace pipes {

// HandleTarget is what a handle refers to: an end of a named pipe, or something else.
struct HandleTarget {
  std::shared_ptr<NamedEnd> named;
  std::shared_ptr<SharedObject> other;
  uint32_t access = 0;  // the rights of this handle
  uint32_t open_flags = 0;

  // Null if it is something else than asked for.
  template <class Object>
  [[nodiscard]] std::shared_ptr<Object> as() const {
    if (other == nullptr || other->kind() != Object::kKind) return nullptr;
    return std::static_pointer_cast<Object>(other);
  }
  [[nodiscard]] AnonymousEnd* anonymous() const {
    if (other == nullptr || other->kind() != SharedAnonymousEnd::kKind) return nullptr;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-static-cast-downcast): its kind says so
    return &static_cast<SharedAnonymousEnd*>(other.get())->end();
  }
  // What threads that wait for the handle wait for; null if it cannot be waited for.
  [[nodiscard]] std::shared_ptr<Waitable> waitable() const;
};

// adopt_inherited_handles makes the handles that this process was started with (inheritance.h), the first time it is
// called. True if it may have made some.
bool adopt_inherited_handles() noexcept;

class HandleTable {
 public:
  constexpr HandleTable() = default;
  static HandleTable& instance() { return the_table_; }

  // Calls on one handle do not disturb those on the next.
  struct alignas(64) Slot {
    // Bits 63-32 generation, 31 open, 30 closed but still in use, 29-0 counted calls in progress. One word, so that
    // such a call can hold the slot and learn of its closing in the same operation.
    std::atomic<uint64_t> control{0};
    HandleTarget target;  // written before `open` is set, destroyed after the last call has left
    std::atomic<uint32_t> flags{0};
    uint32_t next_free = 0;
    // What tells a child of the handle, while it is inheritable (inheritance.h); -1 if there is none.
    std::atomic<int32_t> token{-1};
  };

  // Pin keeps a slot from being reused while a call goes on. Empty if the handle names nothing.
  class Pin {
   public:
    Pin(HandleTable& table, pipes_handle handle)
        : table_(table), parker_(Parker::mine()), slot_(table.enter(handle, parker_, &counted_)) {}
    ~Pin() {
      if (slot_ != nullptr) table_.leave(slot_, parker_, counted_);
    }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;
    explicit operator bool() const { return slot_ != nullptr; }
    HandleTarget* operator->() const { return &slot_->target; }
    [[nodiscard]] Slot* slot() const { return slot_; }

   private:
    HandleTable& table_;
    Parker& parker_;
    bool counted_ = false;
    Slot* slot_;
  };

  // Adds a handle. Null if there is no memory or the table is full.
  pipes_handle add(HandleTarget target, uint32_t flags);
  // Adds a handle of a value that another process had, if nothing has its place yet. False if something has.
  bool add_as(pipes_handle handle, HandleTarget target, uint32_t flags);
  // Calls `body(handle, target, flags)` for each handle that there is. Those that come or go meanwhile may be missed.
  template <class Body>
  void for_each(Body body);
  // Whether a handle that was pinned has not been closed since.
  [[nodiscard]] static bool is_open(const Slot* slot) {
    return (slot->control.load(std::memory_order_seq_cst) & kOpen) != 0;
  }
  // Closes `handle`; PIPES_ERROR_INVALID_HANDLE if it names nothing or is protected.
  Status close(pipes_handle handle);

  // Around a fork, so that the child finds the table whole.
  void lock_for_fork() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void unlock_after_fork() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  // In a forked child: handles of named pipes go, those of anonymous pipes stay.
  void reset_in_child() noexcept;

 private:
  static constexpr uint32_t kChunk = 1024;
  static constexpr uint32_t kChunksMax = 16 * 1024;
  static constexpr uint64_t kOpen = 1ull << 31;
  static constexpr uint64_t kClosed = 1ull << 30;
  static constexpr uint64_t kCalls = kClosed - 1;

  [[nodiscard]] Slot* slot_at(uint32_t index) const {
    if (index >= kChunk * kChunksMax) return nullptr;
    Slot* chunk = chunks_[index / kChunk].load(std::memory_order_acquire);
    return chunk == nullptr ? nullptr : &chunk[index % kChunk];
  }
  [[nodiscard]] static pipes_handle value_of(uint64_t generation, uint32_t index) {
    const uintptr_t value = (static_cast<uintptr_t>(generation & 0xFFFFFFFF) << 32) | (uintptr_t{index + 1} << 2);
    return reinterpret_cast<pipes_handle>(value);
  }
  [[nodiscard]] static uint32_t index_of(pipes_handle handle) {
    return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(handle) >> 2 & 0x3FFFFFFF) - 1;
  }
  static bool names(uint64_t control, uintptr_t handle) {
    return (control & kOpen) != 0 && control >> 32 == handle >> 32;
  }

  Slot* enter(pipes_handle handle, Parker& parker, bool* counted) {
    Slot* const slot = find(handle, parker, counted);
    if (slot != nullptr) [[likely]] {
      return slot;
    }
    // It may be one that this process has inherited and not looked for yet.
    return adopt_inherited_handles() ? find(handle, parker, counted) : nullptr;
  }
  Slot* find(pipes_handle handle, Parker& parker, bool* counted) {
    const auto value = reinterpret_cast<uintptr_t>(handle);
    if ((value & 3) != 0) return nullptr;
    Slot* slot = slot_at(index_of(handle));
    if (slot == nullptr) return nullptr;
    uint64_t control = 0;
    *counted = !light_fences_are_free() || parker.guarded.load(std::memory_order_relaxed) != nullptr;
    // Acquire, both: the target was written before the slot was opened.
    if (*counted) {
      control = slot->control.fetch_add(1, std::memory_order_acquire);
    } else {
      parker.guarded.store(slot, std::memory_order_relaxed);
      // SUBTLE: name the slot, fence, look whether it is open; who closes it says so, has the heavy fence of release(),
      // and looks for the name.
      light_fence();
      control = slot->control.load(std::memory_order_acquire);
    }
    if (names(control, value)) return slot;
    leave(slot, parker, *counted);
    return nullptr;
  }
  void leave(Slot* slot, Parker& parker, bool counted) {
    if (counted) {
      const uint64_t before = slot->control.fetch_sub(1, std::memory_order_acq_rel);
      if ((before & kClosed) != 0 && (before & kCalls) == 1) release(slot);
      return;
    }
    // Release: what the call did lies before whatever is done by who misses the name.
    parker.guarded.store(nullptr, std::memory_order_release);
    light_fence();  // SUBTLE: as in enter: the closer misses the name, or this call sees the closing
    if ((slot->control.load(std::memory_order_relaxed) & kClosed) != 0) release(slot);
  }
  void release(Slot* slot);
  void open(Slot* slot, HandleTarget target, uint32_t flags, uint64_t generation);
  bool take_free(uint32_t index) PIPES_REQUIRES(mutex_);
  bool grow();

  // Never destroyed: handles may be used while the process ends.
  static HandleTable the_table_;

  Mutex mutex_;
  uint32_t first_free_ = 0;   // mutex_: index plus one
  uint32_t chunk_count_ = 0;  // mutex_
  std::atomic<Slot*> chunks_[kChunksMax] = {};
};

template <class Body>
void HandleTable::for_each(Body body) {
  for (uint32_t index = 0;; ++index) {
    Slot* const slot = slot_at(index);
    if (slot == nullptr) return;
    const uint64_t control = slot->control.load(std::memory_order_acquire);
    if ((control & kOpen) == 0) continue;
    const pipes_handle handle = value_of(control >> 32, index);
    const Pin pin(*this, handle);
    if (pin) body(handle, slot->target, slot->flags.load(std::memory_order_relaxed));
  }
}

}  // namespace pipes
