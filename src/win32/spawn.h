// Starting a program as CreateProcess describes it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "support/status.h"
#include "win32/standard_handles.h"

namespace pipes::win32 {

struct Start {
  std::string application;  // empty: the first word of the command line
  std::string command_line;
  std::string directory;                                // empty: this process's
  std::optional<std::vector<std::string>> environment;  // none: this process's
  // STARTF_USESTDHANDLES; none: this process's standard handles.
  std::optional<std::array<HANDLE, kStandardHandles>> standard_handles;
  bool inherit_handles = false;
  DWORD flags = 0;
};

// environment_of splits a block of strings, each with its terminator and one more at the end. Null gives none.
[[nodiscard]] std::optional<std::vector<std::string>> environment_of(const void* block, bool is_wide);

// spawn starts the program, which is looked for in the folder of this one and then along PATH, under its name and, if
// that ends in .exe, without it.
[[nodiscard]] Status spawn(const Start& start, pid_t* process_id);

}  // namespace pipes::win32
