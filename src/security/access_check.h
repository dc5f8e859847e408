// The access check (ACC-1 to ACC-18): what a token may do by a descriptor.
#pragma once

#include <cstdint>

#include "security/descriptor.h"
#include "security/rights.h"
#include "security/token.h"

namespace pipes {

// GrantedAccess is the rights that a handle will carry. A type of its own, since a Result cannot hold a bare number
// beside a status.
struct GrantedAccess {
  std::uint32_t mask;
};

// What settled an access check.
enum class AccessReason : std::uint32_t {
  kNothingWanted = PIPES_DECIDED_BY_NOTHING_WANTED,  // Nothing was asked for (ACC-18).
  kNullDacl = PIPES_DECIDED_BY_NULL_DACL,            // No DACL or a null one: everything is granted (ACC-3).
  kOwner = PIPES_DECIDED_BY_OWNER,                   // What was left came to the caller as the owner (ACC-9).
  kPrivilege = PIPES_DECIDED_BY_PRIVILEGE,           // A privilege granted what was left, or its lack refused (ACC-10).
  kLabel = PIPES_DECIDED_BY_LABEL,                   // The mandatory label refused (ACC-15).
  kEntry = PIPES_DECIDED_BY_ENTRY,            // An entry of the DACL granted the last wanted right, or denied one.
  kEndOfList = PIPES_DECIDED_BY_END_OF_LIST,  // No entry granted what was left; or MAXIMUM_ALLOWED read them all.
};

inline constexpr std::uint32_t kNoEntry = 0xFFFFFFFF;

// AccessTrace tells how a check came out and why, for the log and for whoever explains a descriptor.
struct AccessTrace {
  std::uint32_t desired = 0;
  std::uint32_t granted = 0;  // 0 if it was refused.
  AccessReason reason = AccessReason::kNothingWanted;
  std::uint32_t entry = kNoEntry;  // Index in the DACL of the entry that decided.
  std::uint32_t mask = 0;          // The rights that it was about: last granted, or denied, or missing.
};

// check_access decides whether `token` gets `desired`, free of generic bits, by `descriptor`: all of it or nothing
// (ACC-6); with MAXIMUM_ALLOWED all that it may have, besides (ACC-11). `trace`, if not null, is filled in either way.
//
// Returns the granted rights. PIPES_ERROR_PRIVILEGE_NOT_HELD: ACCESS_SYSTEM_SECURITY without the privilege (ACC-10).
// PIPES_ERROR_ACCESS_DENIED: any right is missing, or MAXIMUM_ALLOWED found none.
//
// Entries are taken in their order, as they stand: generic bits in them count only as themselves (ACC-12). Entries
// whose condition would have to be evaluated, and object entries with a GUID, grant nothing and deny what they deny
// (ACC-14).
[[nodiscard]] Result<GrantedAccess> check_access(const Token& token, const SecurityDescriptor& descriptor,
                                                 std::uint32_t desired, AccessTrace* trace = nullptr);

}  // namespace pipes
