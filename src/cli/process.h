// Processes of the system: finding a program, starting it, awaiting its end. Apart from Child, which knows what is done
// with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/system.h"

namespace pipes::cli {

// Process is a process that was started and not yet awaited.
struct Process {
  std::uint32_t id = 0;
  std::intptr_t handle = 0;  // Windows' own name for it
};

// why_not tells why `program` cannot be found, along PATH unless it is a path itself, or run. Nothing if it can.
std::optional<SystemError> why_not(const std::string& program);

// start_process runs `command` with `input` and `output`, which stay ours, as its standard input and output, and our
// standard error. It gets nothing else that is open here, whatever is started at the same time. Fills in `error` and
// returns nothing if that fails.
std::optional<Process> start_process(const std::vector<std::string>& command, std::intptr_t input, std::intptr_t output,
                                     SystemError& error);

// wait_for_end waits for the end of `process` and returns its exit code; on Linux 128 and the number of the signal if
// one ended it. Call it once.
std::uint32_t wait_for_end(const Process& process);

}  // namespace pipes::cli
