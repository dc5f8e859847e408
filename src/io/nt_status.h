// What `internal` of a pipes_overlapped holds is an NT status; what calls return is a Win32 number. Several of the
// first become one of the second (ERR-1), so going there and back keeps the number, not the status.
#pragma once

#include <cstdint>

#include "support/status.h"

namespace pipes {

[[nodiscard]] uint64_t nt_status_of(Status status) noexcept;
[[nodiscard]] Status status_of_nt(uint64_t nt_status) noexcept;

}  // namespace pipes
