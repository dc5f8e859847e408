// The audit session of a peer's process.
#pragma once

#include <cstdint>

namespace pipes {

// session_of returns the audit session of process `pid`, 0 if it has none. With `socket` the process must be the peer
// of that socket and still be alive, else 0: a number that was reused belongs to somebody else (decision 32).
[[nodiscard]] uint32_t session_of(uint32_t pid, int socket);

}  // namespace pipes
