// OverlappedOp: an overlapped read, write, connect or transaction, from the call that begins it until its end has been
// told. One piece of memory: it is the packet or the routine that tells its end, too.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "io/nt_status.h"
#include "io/port.h"
#include "io/thread.h"
#include "linux/pending.h"
#include "linux/shared_object.h"
#include "support/spare_memory.h"

namespace pipes {

// What a caller gives an overlapped operation beside its data.
struct OverlappedCall {
  pipes_overlapped* overlapped = nullptr;
  std::shared_ptr<Event> event;                // null: the handle is signalled
  bool silent = false;                         // no packet, whatever port there is (OVL-20)
  pipes_completion_routine routine = nullptr;  // then neither event nor packet
};

class OverlappedOp final : public PendingOp, public Packet, public Routine {
 public:
  explicit OverlappedOp(OverlappedCall call) : Packet({}), call_(std::move(call)) {
    overlapped = true;
    const std::shared_ptr<Thread>& thread = Thread::mine();
    thread_number_ = thread->number();
    if (call_.routine != nullptr) thread_ = thread;
  }
  static void* operator new(size_t size) { return SpareMemory<OverlappedOp>::take(size); }
  static void operator delete(void* memory) noexcept { SpareMemory<OverlappedOp>::drop(memory, sizeof(OverlappedOp)); }

  [[nodiscard]] const OverlappedCall& call() const { return call_; }
  // The thread that began it: its number, and itself if it is to run the routine.
  [[nodiscard]] uint64_t thread_number() const { return thread_number_; }
  [[nodiscard]] const std::shared_ptr<Thread>& thread() const { return thread_; }

  // A transaction's request that is still being sent when the call has returned: the caller's bytes are his again when
  // the reply is there. The room for it is found before anything is sent: then there is no way back.
  void reserve_bytes() { bytes_.reserve(size); }
  void keep_bytes() {
    bytes_.assign(buffer, buffer + size);
    buffer = bytes_.data();
  }

  void run() override {
    const bool delivered = status == PIPES_OK || status == PIPES_ERROR_MORE_DATA;
    call_.routine(status == PIPES_ERROR_MORE_DATA ? Status{PIPES_OK} : status, delivered ? transferred : 0,
                  call_.overlapped);
  }

 private:
  const OverlappedCall call_;
  uint64_t thread_number_ = 0;
  std::shared_ptr<Thread> thread_;
  std::vector<std::byte> bytes_;
};

}  // namespace pipes
