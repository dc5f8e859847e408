#include "linux/handshake_io.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

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
  std::array<std::byte, sizeof(wire::Request) + 1> datagram{};
  constexpr size_t kDescriptors = 4;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kDescriptors)> control{};
  iovec piece{datagram.data(), datagram.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  // The kernel drops what there is no room for, without asking its file system.
  if (is_discarding() && !takes_descriptors_of(credentials_of(socket).uid)) message.msg_controllen = 0;
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  ReceivedRequest received;
  if (got < 0) {
    const bool later = errno == EAGAIN || errno == EWOULDBLOCK;
    received.kind = later ? ReceivedRequest::Kind::kNothingYet : ReceivedRequest::Kind::kBad;
    return received;
  }
  size_t descriptors = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      UniqueFd owned(fd);
      ++descriptors;
      if (!is_memory(fd)) {
        discard(std::move(owned), credentials_of(socket).uid);
      } else if (!received.memory) {
        received.memory = std::move(owned);
      }
    }
  }
  const auto request = wire::decode_request({datagram.data(), static_cast<size_t>(got)});
  const bool truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  const bool wants_memory = request && wire::carries_memory(*request);
  // The kernel cuts off what it finds no number for: this process's want, not the peer's fault.
  if (wants_memory && truncated && descriptors == 0) received.kind = ReceivedRequest::Kind::kNoDescriptor;
  if (!request || truncated) return received;
  if (PIPES_BREACH("descriptor-count", descriptors != (wants_memory ? 1u : 0u))) return received;
  if (wants_memory && !received.memory) return received;
  received.kind = ReceivedRequest::Kind::kRequest;
  received.request = *request;
  return received;
}

bool send_request(int socket, const wire::Request& request, int memory_fd) {
  wire::Request copy = request;
  iovec piece{&copy, sizeof copy};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (memory_fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(part), &memory_fd, sizeof memory_fd);
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof copy);
}

bool send_reply(int socket, Status status) {
  const wire::Reply reply{wire::Reply::kMagic, status};
  return ::send(socket, &reply, sizeof reply, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof reply);
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
