#include "linux/handle_table.h"

#include <sys/socket.h>

#include <new>

#include "linux/inheritance.h"
#include "linux/known_pipes.h"
#include "linux/reactor.h"
#include "linux/server_pipe.h"

namespace pipes {
namespace {

// The last handle of an end of a named pipe has gone.
void close_end(NamedEnd& end) {
  if (!end.let_go()) return;
  const NamedEnd::Closed closed = end.close();
  if (end.pipe() != nullptr) {
    end.pipe()->end_closed(end, closed);
    return;
  }
  if (closed.connection != nullptr && closed.lingers) {
    ::shutdown(closed.connection->socket.get(), SHUT_WR);  // as a server end does
  } else if (closed.connection != nullptr) {
    if (Reactor* reactor = Reactor::running()) {
      reactor->unwatch(closed.connection->watch, closed.connection->socket.get());
    }
  }
  // The server may be this process: what it still counts for our sake goes before this call returns (FINE-1).
  ServerPipe::sweep_name(end.fixed().name->folded);
}

}  // namespace

constinit HandleTable HandleTable::the_table_;

std::shared_ptr<Waitable> HandleTarget::waitable() const {
  if (named) {
    named->tell_at_once();
    return {named, &named->waitable()};
  }
  if (auto event = as<Event>()) return {event, &event->waitable};
  return nullptr;
}

bool HandleTable::grow() {
  if (chunk_count_ == kChunksMax) return false;
  Slot* chunk = new (std::nothrow) Slot[kChunk];
  if (chunk == nullptr) return false;
  for (uint32_t i = kChunk; i-- > 0;) {
    chunk[i].next_free = first_free_;
    first_free_ = chunk_count_ * kChunk + i + 1;
  }
  chunks_[chunk_count_++].store(chunk, std::memory_order_release);
  return true;
}

pipes_handle HandleTable::add(HandleTarget target, uint32_t flags) {
  (void)adopt_inherited_handles();  // which have their values already
  uint32_t index = 0;
  Slot* slot = nullptr;
  {
    MutexLock lock(mutex_);
    if (first_free_ == 0 && !grow()) return nullptr;
    index = first_free_ - 1;
    slot = slot_at(index);
    first_free_ = slot->next_free;
  }
  const uint64_t generation = (slot->control.load(std::memory_order_relaxed) >> 32) + 1;
  open(slot, std::move(target), flags, generation);
  return value_of(generation, index);
}

bool HandleTable::add_as(pipes_handle handle, HandleTarget target, uint32_t flags) {
  const auto value = reinterpret_cast<uintptr_t>(handle);
  const uint32_t index = index_of(handle);
  if ((value & 3) != 0 || value >> 32 == 0 || index >= kChunk * kChunksMax) return false;
  {
    MutexLock lock(mutex_);
    while (slot_at(index) == nullptr) {
      if (!grow()) return false;
    }
    if (!take_free(index)) return false;
  }
  open(slot_at(index), std::move(target), flags, value >> 32);
  return true;
}

// Takes a slot from the midst of the free ones; false if it is not one of them.
bool HandleTable::take_free(uint32_t index) {
  uint32_t* link = &first_free_;
  while (*link != 0 && *link != index + 1) link = &slot_at(*link - 1)->next_free;
  if (*link == 0) return false;
  *link = slot_at(index)->next_free;
  return true;
}

void HandleTable::open(Slot* slot, HandleTarget target, uint32_t flags, uint64_t generation) {
  if (target.named) target.named->add_handle();
  if (target.other) target.other->add_handle();
  slot->target = std::move(target);
  slot->flags.store(flags, std::memory_order_relaxed);
  // A stray call with an old value may be counted in the word at this moment: only bits are changed. Release: the
  // target is visible to whoever sees the slot open.
  uint64_t word = slot->control.load(std::memory_order_relaxed);
  while (!slot->control.compare_exchange_weak(word, (generation << 32) | kOpen | (word & kCalls),
                                              std::memory_order_release, std::memory_order_relaxed)) {
  }
}

Status HandleTable::close(pipes_handle handle) {
  const Pin pin(*this, handle);
  if (!pin) return PIPES_ERROR_INVALID_HANDLE;
  Slot* slot = pin.slot();
  if ((slot->flags.load(std::memory_order_relaxed) & PIPES_HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0) {
    return PIPES_ERROR_INVALID_HANDLE;
  }
  uint64_t word = slot->control.load(std::memory_order_relaxed);
  do {
    if ((word & kOpen) == 0) return PIPES_ERROR_INVALID_HANDLE;  // somebody else was quicker
  } while (!slot->control.compare_exchange_weak(word, (word & ~kOpen) | kClosed, std::memory_order_acq_rel));
  const HandleTarget& target = slot->target;
  const bool may_have_token = (slot->flags.load(std::memory_order_relaxed) & PIPES_HANDLE_FLAG_INHERIT) != 0 ||
                              slot->token.load(std::memory_order_seq_cst) >= 0;
  if (may_have_token) disinherit(*slot);
  if (target.named && target.named->drop_handle()) close_end(*target.named);
  if (target.other) target.other->drop_handle();
  return PIPES_OK;
}

// A call has left a closed slot, perhaps the last one.
void HandleTable::release(Slot* slot) {
  // Every call that saw the slot open has named it by now, as far as this thread can see. Without the fence nobody can
  // tell, and the slot is lost.
  if (!heavy_fence()) return;
  HandleTarget target;
  uint32_t index = 0;
  {
    MutexLock lock(mutex_);
    uint64_t word = slot->control.load(std::memory_order_relaxed);
    // A stray call may come and go: whoever takes the closed bit away frees the slot.
    do {
      if ((word & kClosed) == 0 || (word & kCalls) != 0 || Parker::any_guards(slot)) return;
    } while (!slot->control.compare_exchange_weak(word, word & ~kClosed, std::memory_order_acq_rel));
    target = std::move(slot->target);
    slot->target = HandleTarget{};
    for (uint32_t chunk = 0; chunk < chunk_count_; ++chunk) {
      Slot* slots = chunks_[chunk].load(std::memory_order_relaxed);
      if (slot >= slots && slot < slots + kChunk) index = chunk * kChunk + static_cast<uint32_t>(slot - slots) + 1;
    }
    slot->next_free = first_free_;
    first_free_ = index;
  }
}

void HandleTable::reset_in_child() noexcept {
  mutex_.reset_in_child();
  for (const auto& chunk : chunks_) {
    Slot* slots = chunk.load(std::memory_order_relaxed);
    if (slots == nullptr) break;
    for (uint32_t i = 0; i < kChunk; ++i) {
      const uint64_t word = slots[i].control.load(std::memory_order_relaxed);
      if ((word & kOpen) == 0) continue;
      // What a named end owns is the parent's. The slot is lost to the child, and so is the object.
      const uint64_t stays = slots[i].target.anonymous() != nullptr ? kOpen : 0;
      slots[i].control.store((word & ~(kOpen | kClosed | kCalls)) | stays, std::memory_order_relaxed);
    }
  }
}

}  // namespace pipes
