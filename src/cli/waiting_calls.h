// WaitingCalls makes the calls of one thread that may have to wait for another process. Any other thread can end them,
// without closing anything; and while one waits, calls of other threads on the same end go on.
//
// Neither is a matter of course. A handle that is closed under a call that waits may be a new one's by the time the
// call would look at it again; on Windows it is. And there the kernel lets only one call at a time use an end (SYNC-1),
// so that whoever waits for the answer would keep the question from being sent, unless the end was made with
// kSharedEndFlags.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "pipes/pipes.hpp"

namespace pipes::cli {

// What ends of named pipes are made with that two threads use at once.
extern const std::uint32_t kSharedEndFlags;

// Transfers makes the calls themselves, as each system needs it, and keeps what ends them besides cancelling the
// thread.
class Transfers {
 public:
  Transfers();

  Expected<Received> read(const End& end, std::span<std::byte> buffer);
  Expected<void> write(const End& end, std::span<const std::byte> bytes);
  Expected<void> connect(const ServerEnd& end);
  void interrupt() const;

 private:
  struct Interruption;
  std::shared_ptr<Interruption> interruption_;  // Linux: none
};

class WaitingCalls {
 public:
  // The calls of pipes.hpp by these names; write writes everything. They end with PIPES_ERROR_OPERATION_ABORTED after
  // stop(), and later ones do nothing else. One thread at a time.
  Expected<Received> read(const End& end, std::span<std::byte> buffer);
  Expected<void> write(const End& end, std::span<const std::byte> bytes);
  Expected<void> connect(const ServerEnd& end);

  // stop ends the call that waits, and returns when it has ended. Any other thread.
  void stop();

 private:
  template <class Call>
  auto unless_stopped(Call call) -> decltype(call());

  // SUBTLE: both in one order for all threads. A call says that it is there before it looks whether it is to stop, and
  // stop() says so before it looks who is there: one of the two sees the other.
  std::atomic<bool> stopped_ = false;
  std::atomic<pipes_thread> caller_ = 0;  // 0: nobody

  Transfers transfers_;
};

}  // namespace pipes::cli
