// Reading and replacing parts of a descriptor, as pipes_get_security and pipes_set_security name them: which rights
// that needs (SEC-11, SEC-12) and what comes out (SEC-14, SEC-15). `information` is PIPES_..._SECURITY_INFORMATION
// throughout.
#pragma once

#include <cstdint>

#include "security/descriptor.h"
#include "security/token.h"

namespace pipes {

// Which bits reading and replacing know. Others are the caller's mistake (PIPES_ERROR_INVALID_PARAMETER).
inline constexpr std::uint32_t kReadableInformation =
    PIPES_OWNER_SECURITY_INFORMATION | PIPES_GROUP_SECURITY_INFORMATION | PIPES_DACL_SECURITY_INFORMATION |
    PIPES_SACL_SECURITY_INFORMATION | PIPES_LABEL_SECURITY_INFORMATION | PIPES_ATTRIBUTE_SECURITY_INFORMATION |
    PIPES_SCOPE_SECURITY_INFORMATION | PIPES_BACKUP_SECURITY_INFORMATION;
inline constexpr std::uint32_t kWritableInformation =
    kReadableInformation | PIPES_PROTECTED_DACL_SECURITY_INFORMATION | PIPES_PROTECTED_SACL_SECURITY_INFORMATION |
    PIPES_UNPROTECTED_DACL_SECURITY_INFORMATION | PIPES_UNPROTECTED_SACL_SECURITY_INFORMATION;

// The rights that a handle needs; 0 if `information` names nothing.
[[nodiscard]] std::uint32_t rights_to_get(std::uint32_t information);
[[nodiscard]] std::uint32_t rights_to_set(std::uint32_t information);

// select_parts returns a copy of the parts that `information` names. Of a SACL these are the entries of the kinds
// named: labels, resource attributes and scoped policies each have a bit of their own.
[[nodiscard]] SecurityDescriptor select_parts(const SecurityDescriptor& descriptor, std::uint32_t information);

// merge_parts returns `current` with the parts that `information` names taken from `replacement`; entries are prepared
// as by prepare_descriptor (SEC-6). A DACL or SACL that is present and null is taken as such (SEC-15).
//
// PIPES_ERROR_INVALID_OWNER: `token` may not make that SID an owner. PIPES_ERROR_INVALID_SECURITY_DESCR: a part is
// named that `replacement` does not have, or the result is too long. PIPES_ERROR_INVALID_ACL: a list is too long.
// PIPES_ERROR_INVALID_PARAMETER: protected and unprotected at once.
[[nodiscard]] Result<SecurityDescriptor> merge_parts(const Token& token, const SecurityDescriptor& current,
                                                     const SecurityDescriptor& replacement, std::uint32_t information);

}  // namespace pipes
