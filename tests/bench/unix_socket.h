// Unix sockets as the peers unix-stream, unix-stream-polling and unix-seqpacket use them.
#pragma once

#include <string>

#include "support/unique_fd.h"
#include "task.h"

namespace pipes::bench {

// A listening socket in the measurement's directory. `type` is SOCK_STREAM or SOCK_SEQPACKET.
UniqueFd listen_at(const Control& control, int type);

UniqueFd accept_from(const UniqueFd& listener);

UniqueFd connect_to(const Control& control, int type);

// Sets the send buffer as large as the kernel allows and reports its size. Not where it would only cost: a connection
// that carries one byte, or one of a thousand.
void enlarge_buffer(const Control& control, const UniqueFd& socket);

}  // namespace pipes::bench
