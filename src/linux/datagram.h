// Datagrams of a Unix socket, with the descriptors that come along. Nothing here waits.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <span>

#include "support/unique_fd.h"

namespace pipes {

// As many descriptors as any of our datagrams carries, and one, so that one too many is noticed.
inline constexpr size_t kDatagramDescriptorsMax = 4;

struct Datagram {
  ssize_t bytes = -1;  // 0: the other side has hung up; below: errno tells why there is none
  int flags = 0;       // MSG_TRUNC, MSG_CTRUNC
  size_t descriptor_count = 0;
  std::array<UniqueFd, kDatagramDescriptorsMax> descriptors;
};

enum class Attached { kTaken, kDropped };

// receive_datagram takes the next datagram, if one is there, or with MSG_PEEK looks at it. The kernel drops what
// descriptors there is no room for.
[[nodiscard]] Datagram receive_datagram(int socket, std::span<std::byte> room, int flags = 0,
                                        Attached attached = Attached::kTaken) noexcept;

// send_datagram sends all of it or, with errno set, nothing; of the descriptors, the receiver gets copies.
[[nodiscard]] bool send_datagram(int socket, std::span<const std::byte> bytes,
                                 std::span<const int> descriptors = {}) noexcept;

}  // namespace pipes
