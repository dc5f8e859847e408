// PendingOp: a read, write, flush or connect that waits, and the queues it waits in. A blocking call keeps its own on
// its stack: whoever completes it does so under the end's lock, and the thread leaves only after it has had that lock
// again. An overlapped one (overlapped_op.h) belongs to the queue, and goes when it is completed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <gsl/gsl>

#include "support/parker.h"
#include "support/status.h"
#include "wire/layout.h"

namespace pipes {

struct PendingOp {
  PendingOp* next = nullptr;
  PendingOp* previous = nullptr;
  Parker* parker = nullptr;  // whom to wake; set before the operation is queued

  std::byte* buffer = nullptr;  // read from, for a write
  uint32_t size = 0;
  uint32_t transferred = 0;
  Status status = PIPES_OK;
  bool done = false;
  bool overlapped = false;    // an OverlappedOp; it has no parker
  bool message_mode = false;  // a read that is framed as messages whatever the end's mode: a transaction's reply
  bool no_wait = false;
  bool watched = false;  // a read that has spun in vain, and is to sleep

  // Writes only.
  bool ignores_quota = false;  // a transaction's request
  bool waits = false;          // its frames carry the flag
  bool answers = false;        // the peer's message came since the last write: short frames
  uint32_t identity = 0;       // in whose name it is written, as frames have it
  bool pushed = false;         // the last frame is in the ring
  uint32_t pushed_bytes = 0;
  uint64_t announced_end = 0;  // payload announced up to the end of this write
  uint64_t sequence = 0;

  // Flushes only: the writes up to `sequence` are to be read: all bytes up to `announced_end`, and the empty messages,
  // of which the last ends at `target`, once that is known.
  bool target_known = false;
  uint64_t target = 0;

  void finish(Status result) {
    status = result;
    done = true;
  }
};

// An intrusive list in the order of arrival; removing costs the same anywhere.
class PendingQueue {
 public:
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  [[nodiscard]] PendingOp* front() const { return first_; }
  [[nodiscard]] PendingOp* back() const { return last_; }
  // Whether a thread waits for one of them: of very many overlapped ones none has to be looked at.
  [[nodiscard]] bool anybody_blocks() const { return blocking_ > 0; }

  void push_back(PendingOp* op) {
    op->previous = last_;
    op->next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = op;
    last_ = op;
    blocking_ += op->parker != nullptr ? 1 : 0;
  }
  void remove(PendingOp* op) {
    (op->previous == nullptr ? first_ : op->previous->next) = op->next;
    (op->next == nullptr ? last_ : op->next->previous) = op->previous;
    op->next = op->previous = nullptr;
    blocking_ -= op->parker != nullptr ? 1 : 0;
  }

 private:
  PendingOp* first_ = nullptr;
  PendingOp* last_ = nullptr;
  size_t blocking_ = 0;
};

}  // namespace pipes
