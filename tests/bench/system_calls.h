// Counts system calls: by the kernel's own counter where we may use it, else by tracing.
//
// Either way slows system calls down, so they are counted in runs of their own and never while time is measured.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>

#include "support/unique_fd.h"
#include "task.h"

namespace pipes::bench {

// What this system permits: the counter of the tracepoint raw_syscalls:sys_enter, else ptrace.
Counting available_counting();
std::string counting_name(Counting counting);

// The calls of this process and of the threads it starts from now on.
class SystemCallCount {
 public:
  explicit SystemCallCount(bool enabled);
  [[nodiscard]] uint64_t read() const;

 private:
  UniqueFd counter_;
};

// Traces `processes` until all have ended and returns how many system calls they and their threads entered during the
// measured part, which the Control block shows. Kills them at `deadline_ns` of the monotonic clock.
uint64_t trace_system_calls(const Control& control, const std::array<pid_t, 2>& processes, uint64_t deadline_ns);

}  // namespace pipes::bench
