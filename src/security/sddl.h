// Security descriptors as text: SDDL (SDDL-1 to SDDL-21).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "security/descriptor.h"

namespace pipes {

// sddl_parse reads a descriptor from all of `text`.
//
// PIPES_ERROR_INVALID_PARAMETER: malformed, too long, or an entry of a type that is unknown, of the other list, or
// conditional (SDDL-5, SDDL-21). PIPES_ERROR_INVALID_ACL: a malformed entry, or a list of more than kAclBytesMax.
// PIPES_ERROR_INVALID_SID: a malformed SID. PIPES_ERROR_NONE_MAPPED: two letters that are no alias, or one of a domain's
// (SDDL-12). PIPES_ERROR_INVALID_SECURITY_DESCR: more than kDescriptorBytesMax in all.
[[nodiscard]] Result<SecurityDescriptor> sddl_parse(std::string_view text);

// sddl_format writes those parts of `descriptor` that are present and that `information`,
// PIPES_..._SECURITY_INFORMATION, selects (SDDL-17). PIPES_ERROR_INVALID_ACL: an entry that SDDL has no words for here:
// unknown, conditional or resource ones.
[[nodiscard]] Result<std::string> sddl_format(const SecurityDescriptor& descriptor, std::uint32_t information);

}  // namespace pipes
