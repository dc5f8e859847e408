// The handles of this process: opaque numbers, each naming a slot and the slot's generation, so that a stale, closed or
// foreign value finds nothing. Looking one up takes two atomic operations and no lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "linux/anonymous_pipe.h"
#include "linux/named_end.h"
#include "support/status.h"

namespace pipes {

// HandleTarget is what a handle refers to: one of the two.
struct SharedAnonymousEnd {
  std::shared_ptr<AnonymousEnd> end;
  std::atomic<uint32_t> handles{0};
};

struct HandleTarget {
  std::shared_ptr<NamedEnd> named;
  std::shared_ptr<SharedAnonymousEnd> anonymous;
  uint32_t access = 0;  // the rights of this handle
  uint32_t open_flags = 0;
};

class HandleTable {
 public:
  static HandleTable& instance();

  struct Slot {
    // Bits 63-32 generation, 31 open, 30 closed but still in use, 29-0 calls in progress. One word, so that a call can
    // hold the slot and learn of its closing in the same operation.
    std::atomic<uint64_t> control{0};
    HandleTarget target;  // written before `open` is set, destroyed after the last call has left
    std::atomic<uint32_t> flags{0};
    uint32_t next_free = 0;
  };

  // Pin keeps a slot from being reused while a call goes on. Empty if the handle names nothing.
  class Pin {
   public:
    Pin(HandleTable& table, pipes_handle handle) : table_(table), slot_(table.enter(handle)) {}
    ~Pin() {
      if (slot_ != nullptr) table_.leave(slot_);
    }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;
    explicit operator bool() const { return slot_ != nullptr; }
    HandleTarget* operator->() const { return &slot_->target; }
    [[nodiscard]] Slot* slot() const { return slot_; }

   private:
    HandleTable& table_;
    Slot* slot_;
  };

  // Adds a handle. Null if there is no memory or the table is full.
  pipes_handle add(HandleTarget target, uint32_t flags);
  // Closes `handle`; PIPES_ERROR_INVALID_HANDLE if it names nothing or is protected.
  Status close(pipes_handle handle);

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
  [[nodiscard]] static uint32_t index_of(pipes_handle handle) {
    return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(handle) >> 2 & 0x3FFFFFFF) - 1;
  }
  Slot* enter(pipes_handle handle) {
    const auto value = reinterpret_cast<uintptr_t>(handle);
    if ((value & 3) != 0) return nullptr;
    Slot* slot = slot_at(index_of(handle));
    if (slot == nullptr) return nullptr;
    // Acquire: the target was written before the slot was opened.
    const uint64_t before = slot->control.fetch_add(1, std::memory_order_acquire);
    if ((before & kOpen) != 0 && before >> 32 == value >> 32) return slot;
    leave(slot);
    return nullptr;
  }
  void leave(Slot* slot) {
    const uint64_t before = slot->control.fetch_sub(1, std::memory_order_acq_rel);
    if ((before & kClosed) != 0 && (before & kCalls) == 1) release(slot);
  }
  void release(Slot* slot);
  bool grow();

  Mutex mutex_;
  uint32_t first_free_ = 0;   // mutex_: index plus one
  uint32_t chunk_count_ = 0;  // mutex_
  std::atomic<Slot*> chunks_[kChunksMax] = {};
};

}  // namespace pipes
