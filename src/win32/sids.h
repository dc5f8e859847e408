// Security identifiers in a program's memory, and what the library makes of them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "pipes/win32.h"
#include "security/sid.h"
#include "support/status.h"

namespace pipes::win32 {

// A SID says itself how long it is, which is taken on trust only within its bounds: false for null, another revision or
// too many sub-authorities.
[[nodiscard]] bool is_valid_sid(const void* sid);

// bytes_of_sid is the memory of a valid SID.
[[nodiscard]] std::span<const std::byte> bytes_of_sid(const void* sid);

// sid_of returns the SID, or ERROR_INVALID_SID.
[[nodiscard]] Result<Sid> sid_of(const void* sid);

// copy_sid writes `sid` to `buffer`, which is as long as it.
void copy_sid(const Sid& sid, void* buffer);

// new_sid makes a SID for LocalFree; null, with the last error set, without memory.
[[nodiscard]] PSID new_sid(const Sid& sid);

// Account is what a SID is called.
struct Account {
  Sid sid;
  std::string name;
  std::string domain;
  SID_NAME_USE use = SidTypeUnknown;
};

// ERROR_NONE_MAPPED: nobody has that SID or name. Names are those of well-known SIDs, of users and of groups, with or
// without a domain before a backslash, or behind an @.
[[nodiscard]] Result<Account> account_of(const Sid& sid);
[[nodiscard]] Result<Account> account_of(std::string_view name);

}  // namespace pipes::win32
