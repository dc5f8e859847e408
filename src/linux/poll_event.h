// PollEvent: the descriptor by which loops of others hear of an end (decision 31): readable while there may be
// something to do for it. It stays so until a call has found nothing to do; then the peer is asked to ring.
//
// Not thread-safe: each belongs to one half of an end, under that half's lock.
#pragma once

#include "linux/process_fd.h"
#include "support/status.h"

namespace pipes {

class PollEvent {
 public:
  // Makes the descriptor if there is none yet. PIPES_ERROR_NO_SYSTEM_RESOURCES.
  Status open(int* fd);
  void close() { fd_ = ProcessFd(); }

  explicit operator bool() const { return fd_.get() >= 0; }
  // Whether the peer is to be asked to ring.
  [[nodiscard]] bool waits() const { return *this && !raised_; }
  // Neither does anything if it is so already. System calls under the lock, which nothing else makes: a descriptor that
  // was raised after it could be lowered before, and would then be readable for ever.
  void raise();
  void lower();

 private:
  ProcessFd fd_;
  bool raised_ = false;
};

}  // namespace pipes
