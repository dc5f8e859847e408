// Whom a gateway speaks for: a process of root may open a pipe in the name of somebody who has shown to it who he is,
// on another computer for instance. The identity lies at the end of the connection's memory, as many bytes of it as the
// request says, and is read from there once. Nobody but root is believed; that is checked where the kernel tells who
// asks. Here are the bytes, and decoding trusts none of them.
//
// All numbers are little-endian and follow each other without padding:
//
//   bytes  field
//       8  magic "PIPEIDEN"
//       4  version, kIdentityVersion
//       4  flags      kIdentityRemote, kIdentityHasIds
//       4  uid        0 without kIdentityHasIds, like the next one
//       4  gid
//    4+4n  groups     their number, then a gid each; none without kIdentityHasIds
//       4  sids       records, at least one: the user first, then the primary group, then the groups. Each of them:
//          4+n  its bytes, then as many bytes
//     4+n  account    its bytes, then as many bytes of UTF-8: the user's name, for people
//     4+n  computer   the same: where he is, for people
//
// Nothing follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pipes::wire {

inline constexpr uint32_t kIdentityVersion = 1;
inline constexpr uint32_t kIdentityRemote = 1;  // he is on another computer
inline constexpr uint32_t kIdentityHasIds = 2;  // he is a user of this system, too
inline constexpr size_t kIdentitySidsMax = 1024;
inline constexpr size_t kIdentitySidBytesMin = 8;
inline constexpr size_t kIdentitySidBytesMax = 68;
inline constexpr size_t kIdentityGroupsMax = 65536;
inline constexpr size_t kIdentityTextBytesMax = 1024;
// More than any identity takes.
inline constexpr size_t kIdentityBytesMax =
    4096 + 4 * kIdentityGroupsMax + kIdentitySidsMax * (4 + kIdentitySidBytesMax) + 2 * kIdentityTextBytesMax;

struct AssertedIdentity {
  bool remote = false;
  bool has_ids = false;
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::vector<uint32_t> groups;
  std::vector<std::vector<std::byte>> sids;  // of a possible length; what is in them is for src/security to say
  std::string account;
  std::string computer;

  bool operator==(const AssertedIdentity&) const = default;
};

// encode_identity writes `identity`, or nothing if a field is beyond its limit.
[[nodiscard]] std::optional<std::vector<std::byte>> encode_identity(const AssertedIdentity& identity);
// decode_identity reads what encode_identity writes, and refuses everything else.
[[nodiscard]] std::optional<AssertedIdentity> decode_identity(std::span<const std::byte> bytes);

}  // namespace pipes::wire
