#include "linux/datagram.h"

#include <errno.h>
#include <sys/socket.h>

#include <cstring>
#include <gsl/gsl>

namespace pipes {
namespace {

union ControlRoom {
  cmsghdr header;
  char bytes[CMSG_SPACE(kDatagramDescriptorsMax * sizeof(int))];
};

}  // namespace

Datagram receive_datagram(int socket, std::span<std::byte> room, int flags, Attached attached) noexcept {
  ControlRoom control{};
  iovec piece{room.data(), room.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (attached == Attached::kTaken) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
  }
  Datagram received;
  do {
    received.bytes = ::recvmsg(socket, &message, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (received.bytes < 0 && errno == EINTR);
  if (received.bytes < 0) return received;
  received.flags = message.msg_flags;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      UniqueFd owned(fd);
      if (received.descriptor_count < received.descriptors.size()) {
        received.descriptors.at(received.descriptor_count) = std::move(owned);
      }
      ++received.descriptor_count;
    }
  }
  return received;
}

bool send_datagram(int socket, std::span<const std::byte> bytes, std::span<const int> descriptors) noexcept {
  Expects(descriptors.size() <= kDatagramDescriptorsMax);
  ControlRoom control{};
  iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

}  // namespace pipes
