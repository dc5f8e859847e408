// Writing to a pipe without ever raising SIGPIPE (WRITE-19). Apart from the pipes because it is about signals alone,
// and so that the older of its two ways can be tested on a kernel that has the newer one.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace pipes {

// write_quietly does what write(2) does, except that a missing reader is EPIPE and nothing more. It asks the kernel not
// to raise the signal where the kernel can (found out once), and falls back on write_with_sigpipe_blocked.
[[nodiscard]] ssize_t write_quietly(int fd, const void* bytes, size_t size) noexcept;

// write_with_sigpipe_blocked keeps SIGPIPE from this thread while it writes, takes back the one that its own write
// raised, and leaves alone one that was pending before. The thread's signal mask is as before when it returns. SUBTLE:
// a SIGPIPE that somebody sends to the whole process during this very write may be taken instead of ours; one of the
// two remains.
[[nodiscard]] ssize_t write_with_sigpipe_blocked(int fd, const void* bytes, size_t size) noexcept;

}  // namespace pipes
