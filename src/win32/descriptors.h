// Security descriptors in a program's memory: absolute ones, whose parts are pointed to, and self-relative ones, whose
// parts lie behind them. The C ABI takes the latter with their size, which Win32 does not tell, and which is therefore
// taken from what the parts say of themselves.
#pragma once

#include <cstddef>
#include <vector>

#include "pipes/win32.h"
#include "security/descriptor.h"
#include "support/status.h"

namespace pipes::win32 {

// DescriptorParts is where the parts of a descriptor lie; null for one that is not there. A list that is not present is
// null, whatever the descriptor points to.
struct DescriptorParts {
  SECURITY_DESCRIPTOR_CONTROL control = 0;
  PSID owner = nullptr;
  PSID group = nullptr;
  PACL sacl = nullptr;
  PACL dacl = nullptr;
};

// parts_of finds the parts, and looks at none of them. ERROR_INVALID_PARAMETER: null. ERROR_UNKNOWN_REVISION.
// ERROR_INVALID_SECURITY_DESCR: an offset that no part can have.
[[nodiscard]] Result<DescriptorParts> parts_of(PSECURITY_DESCRIPTOR descriptor);

// check_parts tells whether all parts are valid, or ERROR_INVALID_SID, ERROR_INVALID_ACL.
[[nodiscard]] Status check_parts(const DescriptorParts& parts);

// self_relative lays valid parts out behind a header: SACL, DACL, owner, group.
[[nodiscard]] std::vector<std::byte> self_relative(const DescriptorParts& parts);

// self_relative_of is what the C ABI takes for a descriptor of either kind, or what is wrong with it.
[[nodiscard]] Result<std::vector<std::byte>> self_relative_of(PSECURITY_DESCRIPTOR descriptor);

// security_descriptor_of is the descriptor as a value, or what is wrong with it.
[[nodiscard]] Result<SecurityDescriptor> security_descriptor_of(PSECURITY_DESCRIPTOR descriptor);

}  // namespace pipes::win32
