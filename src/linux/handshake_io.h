// Sending and receiving the handshake's datagrams over a rendezvous socket, with the one descriptor that may come along
// and the sender's credentials from the kernel.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string_view>

#include "linux/connection.h"
#include "support/deadline.h"
#include "support/unique_fd.h"
#include "wire/handshake.h"

namespace pipes {

struct ReceivedRequest {
  // kNoDescriptor: a request whose descriptor this process had no room for. kBad: hung up, or not of our protocol.
  enum class Kind { kRequest, kNothingYet, kNoDescriptor, kBad };
  Kind kind = Kind::kBad;
  wire::Request request;
  UniqueFd memory;  // descriptors beyond the first are closed, and make the request a bad one
};

// A request of this kind to whoever serves the pipe `folded`.
[[nodiscard]] wire::Request request_to(std::u16string_view folded, wire::RequestKind kind);

// Never blocks.
[[nodiscard]] ReceivedRequest receive_request(int socket);
[[nodiscard]] bool send_request(int socket, const wire::Request& request, int memory_fd);
bool send_reply(int socket, Status status);

// Waits for the answer of a server process. Nothing: it hung up, or sent something else, or the time is up.
[[nodiscard]] std::optional<Status> await_reply(int socket, Deadline deadline);

// Who connected to, or listens at, the other end of `socket`.
[[nodiscard]] PeerCredentials credentials_of(int socket);
[[nodiscard]] PeerCredentials credentials_of(const ucred& peer);

}  // namespace pipes
