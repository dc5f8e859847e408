// The library is never called with the lock held.
#include "cli/instance_pool.h"

#include <utility>

namespace pipes::cli {

void InstancePool::begin(bool want_instance) {
  const std::lock_guard lock(mutex_);
  ++running_;
  wanted_ = want_instance;
}

void InstancePool::end_conversation(ServerEnd& end) {
  const auto wanted = [this] {
    const std::lock_guard lock(mutex_);
    return wanted_;
  };
  if (wanted()) {
    // Disconnecting throws away what the client has not read. The promise is made after this wait, not before:
    // meanwhile another conversation may end sooner.
    static_cast<void>(end.try_flush());
    std::unique_lock lock(mutex_);
    if (std::exchange(wanted_, false)) {
      lock.unlock();
      static_cast<void>(end.try_disconnect());
      return;
    }
  }
  end.close();
}

void InstancePool::finish(ServerEnd end) {
  const std::lock_guard lock(mutex_);
  --running_;
  ++finished_;
  if (end) returned_ = std::move(end);
  changed_.notify_all();
}

Expected<ServerEnd> InstancePool::wait_for_instance(const Create& create) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (returned_) return *std::exchange(returned_, std::nullopt);
    const std::uint64_t seen = finished_;
    const bool may_change = running_ > 0;
    lock.unlock();
    Expected<ServerEnd> created = create();
    lock.lock();
    if (created || created.status() != PIPES_ERROR_PIPE_BUSY || !may_change) {
      // One that is promised already comes back later and is used the next time.
      wanted_ = false;
      return created;
    }
    changed_.wait(lock, [&] { return returned_.has_value() || finished_ != seen; });
  }
}

void InstancePool::wait_for_all() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return running_ == 0; });
}

}  // namespace pipes::cli
