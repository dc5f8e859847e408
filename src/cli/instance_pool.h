// InstancePool counts the conversations of `serve` and gives instances of those that ended back to the accepting loop.
//
// An instance that has served is normally closed, which its client sees as the end of the data. When the maximum is
// reached the loop has no instance left; then one is reused, or the name would vanish with the last conversation for a
// moment and clients would be told that there is no such pipe instead of that it is busy.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "pipes/pipes.hpp"

namespace pipes::cli {

class InstancePool {
 public:
  using Create = std::function<Expected<ServerEnd>()>;

  // begin is called by the loop before a conversation starts. `want_instance` tells that the loop has no further
  // instance and will call wait_for_instance.
  void begin(bool want_instance);

  // end_conversation closes `end`, or disconnects it after everything in it was read, if the loop wants it back. A
  // client that never reads thus keeps its instance.
  void end_conversation(ServerEnd& end);

  // finish is called last by a conversation, when no thread of it uses `end` any more. Takes it over unless closed.
  void finish(ServerEnd end);

  // wait_for_instance returns an instance that a conversation gave back, or a new one by `create`, tried again whenever
  // one has ended. Fails with the status of `create` if that is not PIPES_ERROR_PIPE_BUSY, or if nothing is running
  // here that could end.
  Expected<ServerEnd> wait_for_instance(const Create& create);

  // wait_for_all returns when every conversation has finished.
  void wait_for_all();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;

  // Guarded by mutex_.
  int running_ = 0;
  std::uint64_t finished_ = 0;
  bool wanted_ = false;  // the loop waits, and nothing was promised to it yet
  std::optional<ServerEnd> returned_;
};

}  // namespace pipes::cli
