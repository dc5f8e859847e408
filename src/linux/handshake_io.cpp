#include "linux/handshake_io.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <span>

#include "linux/datagram.h"
#include "linux/discard.h"
#include "pipe/name.h"
#include "support/seeded_mistake.h"

namespace pipes {

wire::Request request_to(std::u16string_view folded, wire::RequestKind kind) {
  wire::Request request;
  request.kind = static_cast<uint32_t>(kind);
  request.name = name_hash(folded);
  return request;
}

ReceivedRequest receive_request(int socket) {
  std::array<std::byte, sizeof(wire::Request) + 1> room{};
  // The kernel drops what there is no room for, without asking its file system.
  const bool dropped = is_discarding() && !takes_descriptors_of(credentials_of(socket).uid);
  Datagram datagram = receive_datagram(socket, room, 0, dropped ? Attached::kDropped : Attached::kTaken);
  ReceivedRequest received;
  if (datagram.bytes < 0) {
    const bool later = errno == EAGAIN || errno == EWOULDBLOCK;
    received.kind = later ? ReceivedRequest::Kind::kNothingYet : ReceivedRequest::Kind::kBad;
    return received;
  }
  for (UniqueFd& fd : datagram.descriptors) {
    if (!fd) continue;
    if (!is_memory(fd.get())) {
      discard(std::move(fd), credentials_of(socket).uid);
    } else if (!received.memory) {
      received.memory = std::move(fd);
    }
  }
  const auto request = wire::decode_request({room.data(), static_cast<size_t>(datagram.bytes)});
  const bool truncated = (datagram.flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  const bool wants_memory = request && wire::carries_memory(*request);
  // The kernel cuts off what it finds no number for: this process's want, not the peer's fault.
  if (wants_memory && truncated && datagram.descriptor_count == 0) received.kind = ReceivedRequest::Kind::kNoDescriptor;
  if (!request || truncated) return received;
  if (PIPES_BREACH("descriptor-count", datagram.descriptor_count != (wants_memory ? 1u : 0u))) return received;
  if (wants_memory && !received.memory) return received;
  received.kind = ReceivedRequest::Kind::kRequest;
  received.request = *request;
  return received;
}

bool send_request(int socket, const wire::Request& request, int memory_fd) {
  const std::span<const int> descriptors(&memory_fd, memory_fd >= 0 ? 1 : 0);
  return send_datagram(socket, std::as_bytes(std::span(&request, 1)), descriptors);
}

bool send_reply(int socket, Status status) {
  const wire::Reply reply{wire::Reply::kMagic, status};
  return send_datagram(socket, std::as_bytes(std::span(&reply, 1)));
}

std::optional<Status> await_reply(int socket, Deadline deadline) {
  while (true) {
    std::array<std::byte, sizeof(wire::Reply) + 1> datagram{};
    const ssize_t got = ::recv(socket, datagram.data(), datagram.size(), MSG_DONTWAIT);
    if (got > 0) {
      const auto reply = wire::decode_reply({datagram.data(), static_cast<size_t>(got)});
      return reply ? std::optional<Status>(reply->status) : std::nullopt;
    }
    // Reset: it hung up without reading all we said. The kernel tells so once, before the answer that may have come.
    if (got < 0 && errno == ECONNRESET) continue;
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) return std::nullopt;
    if (deadline.passed()) return std::nullopt;
    pollfd waiting{socket, POLLIN, 0};
    ::poll(&waiting, 1, deadline.timeout_ms_for_poll());
  }
}

PeerCredentials credentials_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  return credentials_of(credentials);
}

PeerCredentials credentials_of(const ucred& peer) {
  return {peer.pid > 0 ? static_cast<uint32_t>(peer.pid) : 0, peer.uid, peer.gid};
}

}  // namespace pipes
