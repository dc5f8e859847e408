// Access control lists in a program's memory: their bytes, and the entries in them.
#pragma once

#include <cstddef>
#include <span>

#include "pipes/win32.h"
#include "security/acl.h"
#include "support/status.h"

namespace pipes::win32 {

// A list says itself how long it is, which is taken on trust: false for null, an unknown revision, or entries that do
// not fit.
[[nodiscard]] bool is_valid_acl(const void* acl);

// bytes_of_acl is the memory of a valid list, free room behind its entries included.
[[nodiscard]] std::span<const std::byte> bytes_of_acl(const void* acl);

// acl_of returns the list, or ERROR_INVALID_ACL.
[[nodiscard]] Result<Acl> acl_of(const void* acl);

}  // namespace pipes::win32
