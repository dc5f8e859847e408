// What calls that can be overlapped have in common.
#pragma once

#include "linux/engine_guard.h"
#include "linux/overlapped_op.h"

namespace pipes::engine {

// An OVERLAPPED that was passed to a call: begun, its event resolved and reset.
class Overlapping {
 public:
  // PIPES_ERROR_INVALID_HANDLE: its event is none. `overlapped` may be null.
  static Result<Overlapping> begin(const HandleTarget& target, pipes_overlapped* overlapped);

  // Whether the operation is to go on when the call has returned.
  [[nodiscard]] bool is_asynchronous() const { return asynchronous_; }
  [[nodiscard]] std::unique_ptr<OverlappedOp> operation(const void* buffer, uint32_t size) const;

  // For a handle whose calls block: fills the structure when the call is done, and sets the event (OVL-18). A call that
  // was refused at once leaves it pending (FINE-3); one that waited stores its failure too.
  Status finish(Status status, uint32_t transferred) const;

 private:
  OverlappedCall call_;
  bool asynchronous_ = false;
  uint32_t blocking_calls_before_ = 0;
};

}  // namespace pipes::engine
