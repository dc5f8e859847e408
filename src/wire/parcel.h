// What two processes say to each other when one puts a handle into the other: datagrams of fixed size on a socket that
// serves this one parcel. The receiver begins, so that nothing lies in the socket of a process that does not answer;
// and it keeps the handle only if it hears that the sender knows of it, so that either both know or the handle is gone.
//
//   receiver   greeting   it is there, and whether it takes the parcel
//   sender     parcel     what kind of end, with the descriptors of one
//   receiver   receipt    the handle's value there, or why there is none
//   sender     taken      it has read the receipt
//
// A child finds an invitation in the socket that it was started with, and afterwards descriptors of such sockets, each
// with a knock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace pipes::wire {

inline constexpr uint32_t kParcelVersion = 1;

struct Invitation {
  static constexpr uint32_t kMagic = 0x31484950;  // "PIH1", little-endian
  uint32_t magic = kMagic;
  uint32_t version = kParcelVersion;
};

struct Knock {
  static constexpr uint32_t kMagic = 0x32484950;
  uint32_t magic = kMagic;
  uint32_t version = kParcelVersion;
};

struct Greeting {
  static constexpr uint32_t kMagic = 0x33484950;
  uint32_t magic = kMagic;
  uint32_t version = kParcelVersion;
  uint32_t status = 0;
};

struct Parcel {
  static constexpr uint32_t kMagic = 0x34484950;
  static constexpr uint32_t kAnonymousEnd = 1;  // descriptors: the pipe
  static constexpr uint32_t kNamedEnd = 2;      // descriptors: the page, the box, the stake (linux/shared_end.h)
  uint32_t magic = kMagic;
  uint32_t version = kParcelVersion;
  uint32_t kind = 0;
  uint32_t access = 0;
  uint32_t open_flags = 0;
  uint32_t inherit = 0;
};

struct Receipt {
  static constexpr uint32_t kMagic = 0x35484950;
  uint32_t magic = kMagic;
  uint32_t status = 0;
  uint64_t handle = 0;
};

struct Taken {
  static constexpr uint32_t kMagic = 0x36484950;
  uint32_t magic = kMagic;
};

// How many descriptors come with a parcel.
inline constexpr size_t kParcelDescriptorsMax = 3;
[[nodiscard]] constexpr size_t descriptors_of(const Parcel& parcel) {
  return parcel.kind == Parcel::kNamedEnd ? kParcelDescriptorsMax : 1;
}

// Whether what was said can be meant. Rights that no handle of a pipe has are none.
[[nodiscard]] constexpr bool is_possible(const Invitation& said) { return said.version == kParcelVersion; }
[[nodiscard]] constexpr bool is_possible(const Knock& said) { return said.version == kParcelVersion; }
[[nodiscard]] constexpr bool is_possible(const Greeting& said) { return said.version == kParcelVersion; }
[[nodiscard]] constexpr bool is_possible(const Parcel& said) {
  constexpr uint32_t kRights = 0x011F01FF;  // all of a file's, and that to its system list
  return said.version == kParcelVersion && (said.kind == Parcel::kAnonymousEnd || said.kind == Parcel::kNamedEnd) &&
         (said.access & ~kRights) == 0 && said.inherit <= 1;
}
[[nodiscard]] constexpr bool is_possible(const Receipt& said) { return (said.status == 0) == (said.handle != 0); }
[[nodiscard]] constexpr bool is_possible(const Taken&) { return true; }

// decode_as is what a datagram says; nothing if that is not what was expected.
template <class Datagram>
[[nodiscard]] std::optional<Datagram> decode_as(std::span<const std::byte> bytes) {
  static_assert(std::is_trivially_copyable_v<Datagram> && std::has_unique_object_representations_v<Datagram>);
  Datagram said;
  if (bytes.size() != sizeof said) return std::nullopt;
  std::memcpy(&said, bytes.data(), sizeof said);
  if (said.magic != Datagram::kMagic || !is_possible(said)) return std::nullopt;
  return said;
}

}  // namespace pipes::wire
