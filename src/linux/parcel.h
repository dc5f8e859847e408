// Handles on their way to another process: what is sent of one, and what becomes of it there. A parcel holds the same
// descriptors that a child inherits (inheritance.h); the value of the handle is the receiver's to choose.
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <span>

#include "linux/handle_table.h"
#include "support/deadline.h"
#include "support/unique_fd.h"
#include "wire/parcel.h"

namespace pipes {

struct PackedHandle {
  wire::Parcel parcel;
  std::array<UniqueFd, wire::kParcelDescriptorsMax> descriptors;
};

// pack makes copies of what the end of `target` is reached by; an end of a named pipe becomes one that processes share.
// PIPES_ERROR_NOT_SUPPORTED: it is no end of a pipe. PIPES_ERROR_INVALID_HANDLE: it is being closed.
[[nodiscard]] Result<PackedHandle> pack(const HandleTarget& target, bool inherit);

// unpack makes a handle of what came from a process of `sender`. The descriptors are looked at before they are
// believed: PIPES_ERROR_INVALID_PARAMETER. PIPES_ERROR_ACCESS_DENIED: it is a pipe that this user may not open. May
// wait for the other holders of the end.
[[nodiscard]] Result<pipes_handle> unpack(PackedHandle packed, uid_t sender);

// ------------------------------------------------------------------------------------------------------- datagrams

enum class Heard { kIt, kSomethingElse, kNothingInTime, kHangup };

template <class Datagram>
bool say(int socket, const Datagram& datagram, std::span<const UniqueFd> descriptors = {});

// Waits for a datagram of one kind.
template <class Datagram>
Heard hear(int socket, Deadline deadline, Datagram* said);

// Waits for a parcel with its descriptors. `*cut_off` if this process had no room for them.
Heard hear_parcel(int socket, Deadline deadline, PackedHandle* packed, bool* cut_off);

// The one descriptor of a knock, if one is there: nothing is waited for. kHangup: nobody will knock any more.
Heard hear_knock(int socket, UniqueFd* descriptor);

namespace parcel_internal {
bool send_bytes(int socket, std::span<const std::byte> bytes, std::span<const UniqueFd> descriptors);
Heard receive_bytes(int socket, Deadline deadline, std::span<std::byte> room, size_t* got);
}  // namespace parcel_internal

template <class Datagram>
bool say(int socket, const Datagram& datagram, std::span<const UniqueFd> descriptors) {
  return parcel_internal::send_bytes(socket, std::as_bytes(std::span(&datagram, 1)), descriptors);
}

template <class Datagram>
Heard hear(int socket, Deadline deadline, Datagram* said) {
  std::array<std::byte, sizeof(Datagram) + 1> room{};
  size_t got = 0;
  const Heard heard = parcel_internal::receive_bytes(socket, deadline, room, &got);
  if (heard != Heard::kIt) return heard;
  const auto decoded = wire::decode_as<Datagram>(std::span<const std::byte>(room).first(got));
  if (!decoded) return Heard::kSomethingElse;
  *said = *decoded;
  return Heard::kIt;
}

}  // namespace pipes
