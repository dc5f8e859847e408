// The default descriptor of a pipe, reduced to what it grants: full control to the owner, the system and
// administrators, which on Linux are root; reading to everybody else (SEC-1, SEC-2). Stands where a stored descriptor
// and the walk over its entries will stand: access.h asks for nothing but the set of rights that a caller may have.
#pragma once

#include <cstdint>

#include "pipes/pipes.h"

namespace pipes {

// No user: what callers pass for credentials they do not know. It owns nothing and equals nobody, itself neither.
inline constexpr std::uint32_t kUnknownUid = 0xFFFFFFFF;

// Caller is who asks, as the kernel tells it: the effective ids of a process or of a peer.
struct Caller {
  std::uint32_t uid = kUnknownUid;
  std::uint32_t gid = kUnknownUid;
};

// is_privileged tells whether `caller` holds the privileges that rights can be bound to: on Linux, whether it is root.
[[nodiscard]] constexpr bool is_privileged(const Caller& caller) { return caller.uid == 0; }

// rights_by_default_descriptor returns all the rights that the default descriptor of a pipe of `owner_uid` grants.
[[nodiscard]] constexpr std::uint32_t rights_by_default_descriptor(const Caller& caller, std::uint32_t owner_uid) {
  if (caller.uid == 0) return PIPES_FILE_ALL_ACCESS;
  if (caller.uid == owner_uid && caller.uid != kUnknownUid) return PIPES_FILE_ALL_ACCESS;
  return PIPES_FILE_GENERIC_READ;
}

}  // namespace pipes
