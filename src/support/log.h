// The library's log: one line a time to the callback of pipes_set_log, or to standard error if PIPES_LOG asks for it.
// Silent and nearly free otherwise. Never called under a lock.
#pragma once

#include <cstdint>

#include "pipes/pipes.h"

namespace pipes {

enum class LogLevel : uint32_t { kError = 0, kWarning = 1, kInformation = 2, kDebug = 3 };

void set_log(pipes_log_callback callback, void* context, uint32_t level);

// is_logged tells whether a line of that level would go anywhere, for lines that are dear to make.
[[nodiscard]] bool is_logged(LogLevel level);

// printf-like; lines longer than 512 bytes are cut.
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void log_line(LogLevel level, const char* format, ...);

// Around a fork, so that the child finds the log whole and free.
void lock_log_for_fork() noexcept;
void unlock_log_after_fork() noexcept;
void reset_log_in_child() noexcept;

}  // namespace pipes
