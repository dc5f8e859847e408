// The sockets in a pipe's folder: making one to listen, connecting to one, and telling whether a server process is
// alive. Apart from linux/folder.h because of what the kernel vouches for here: who listens, and that somebody does.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "support/status.h"
#include "support/unique_fd.h"
#include "wire/meta.h"

namespace pipes {

// ServerSocket is a listening socket and the record that leads to it, with no instance yet.
struct ServerSocket {
  UniqueFd fd;
  wire::ServerRecord record;
};

// listen_in makes a socket in `folder` under a new name, for everybody to connect to. On failure there is none. While
// it works, the caller holds the folder's lock.
[[nodiscard]] Result<ServerSocket> listen_in(int folder);

// listen_as does the same under a name of the caller's, for the caller's user alone to connect to.
[[nodiscard]] Result<UniqueFd> listen_as(int folder, const std::string& socket);

// A server process whose user may not write to the pipe's folder has its socket beside the folder, in the runtime
// directory. is_beside tells whether that of `record` is there.
[[nodiscard]] bool is_beside(uint32_t founder_uid, const wire::ServerRecord& record);
[[nodiscard]] std::string server_socket_name(uint32_t pid, uint64_t ticket);

[[nodiscard]] bool is_server_socket_name(std::string_view file);

// ReachedServer is a socket that is connected to a server process, and whose that is, as the kernel says.
struct ReachedServer {
  UniqueFd fd;
  ucred peer{};
};

// connect_in connects to the server process of `record`, whose uid must be that of the record, and the socket's own:
// who may write to a pipe's folder decides who serves the pipe, but can make nobody serve it who does not.
// Failures: those of connect_server in linux/pipe_folder.h.
[[nodiscard]] Result<ReachedServer> connect_in(int folder, uint32_t founder_uid, const wire::ServerRecord& record);

// connect_at does the same with the folder's path, which costs less than its descriptor does: in time, and in what the
// kernel keeps in memory of each way through /proc. The path may lead elsewhere meanwhile, so what was reached must
// also have been bound under the name in the record, which nobody uses twice. PIPES_ERROR_FILE_NOT_FOUND says only that
// this way does not lead there; connect_in tells the rest.
[[nodiscard]] Result<ReachedServer> connect_at(const std::string& folder, uint32_t founder_uid,
                                               const wire::ServerRecord& record);
// Whether the path of a socket in `folder` is an address for connect_at.
[[nodiscard]] bool is_reachable_at(const std::string& folder, uint32_t founder_uid, const wire::ServerRecord& record);
// The name that the socket at the other end of `fd` was bound under, without its folder; empty if it has none.
[[nodiscard]] std::string bound_name_of_peer(int fd);

// Liveness of a server process. kUnclear: its socket is there, but does not let us tell.
enum class Liveness { kAlive, kDead, kUnclear };

// probe fails only when this process is short of descriptors or memory.
[[nodiscard]] Result<Liveness> probe(int folder, uint32_t founder_uid, const wire::ServerRecord& record);

// sweep_socket removes `file` from a runtime directory if it is a socket, this user's to remove, at which nobody
// listens any more: its process was killed. Of kAny age it may have been bound a moment ago, and be about to listen; a
// name that a socket gets only once it listens is kListened.
enum class SocketAge { kAny, kListened };
void sweep_socket(int directory, const std::string& file, SocketAge age);

}  // namespace pipes
