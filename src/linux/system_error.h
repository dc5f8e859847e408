// errno becomes a status where the system call was made, by one table.
#pragma once

#include "support/status.h"

namespace pipes {

// status_from_errno maps what the kernel says when it cannot give: descriptors, memory, space, permission.
[[nodiscard]] Status status_from_errno(int error);

}  // namespace pipes
