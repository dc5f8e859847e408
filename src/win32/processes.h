// Processes: children of this one, this one, and others.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>

#include "support/unique_fd.h"
#include "win32/objects.h"

namespace pipes::win32 {

class Process : public Object {
 public:
  Process(pid_t process_id, UniqueFd descriptor)
      : process_id_(process_id), descriptor_(std::move(descriptor)), ended_(true, false) {}

  // The process of that id; null, with the last error set, if there is none. Of one that is known already, the same
  // object, so that what its end told is told to all.
  static std::shared_ptr<Process> open(DWORD process_id);

  [[nodiscard]] pipes_handle event() const override { return ended_.get(); }
  [[nodiscard]] pid_t id() const { return process_id_; }
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  // STILL_ACTIVE until it has ended.
  [[nodiscard]] DWORD exit_code() const { return exit_code_.load(std::memory_order_acquire); }

  // Kills it; its exit code will be `code`.
  Status terminate(DWORD code);
  // What the reaper calls when it has ended: takes a child's exit code from the kernel.
  void collect();

 private:
  [[nodiscard]] DWORD code_from_kernel() const;

  const pid_t process_id_;
  const UniqueFd descriptor_;
  const OwnEvent ended_;
  std::atomic<bool> terminated_{false};
  std::atomic<DWORD> termination_code_{0};
  std::atomic<DWORD> exit_code_{STILL_ACTIVE};
};

}  // namespace pipes::win32
