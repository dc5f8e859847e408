// What an end asks a server process of its pipe beside the connection that it may have with it: over a socket of its
// own, which carries the credentials of the thread that asks (wire/handshake.h).
#pragma once

#include <cstdint>
#include <span>

#include "linux/connection.h"
#include "linux/known_pipes.h"
#include "linux/pipe_folder.h"
#include "support/status.h"

namespace pipes {

// What a process asks of those that serve the pipe as well (AddRequest in linux/pipe_folder.h).
void ask_to_recount(const FoundPipe& found, const ServerRecord& server);
[[nodiscard]] Status ask_for_admission(const FoundPipe& found, const ServerRecord& record, uint32_t open_mode);
[[nodiscard]] UniqueFd report_instances(const FoundPipe& found, const ServerRecord& record);

// announce_identity has the server process of `connection` know the calling thread under `number`. Returns what it
// answers; PIPES_ERROR_FILE_NOT_FOUND: it is not there; PIPES_ERROR_PIPE_BUSY: it did not answer in time.
[[nodiscard]] Status announce_identity(const EndName& name, Connection& connection, uint32_t number);

// request_security has parts of the pipe's descriptor replaced: by the server process of `connection`, by the right of
// that connection's handle; if there is none, or it may not change the pipe's folder, by another that may, by the
// calling thread's own rights. PIPES_ERROR_BROKEN_PIPE: no server process is left. PIPES_ERROR_ACCESS_DENIED also: none
// is left that may change the folder.
[[nodiscard]] Status request_security(const EndName& name, Connection* connection, uint32_t information,
                                      std::span<const std::byte> descriptor);

// present_descriptor returns the pipe's descriptor as it is now; without a server process as `name` has it.
[[nodiscard]] Result<std::vector<std::byte>> present_descriptor(const EndName& name);

}  // namespace pipes
