// Ends of anonymous pipes that this process did not make but was given, as its standard handles.
#pragma once

#include "linux/anonymous_pipe.h"
#include "support/status.h"

namespace pipes {

// The rights that a handle of the end has.
[[nodiscard]] uint32_t access_of(const AnonymousEnd& end);

// adopt_anonymous_end makes a handle of an end of a pipe, whose descriptor belongs to the end from then on. The handle
// is inheritable, as what a process was started with is. Fails, and leaves the descriptor alone, where it is no pipe
// that is open one way, or one that this user may not open again.
Status adopt_anonymous_end(int descriptor, pipes_handle* handle) noexcept;

}  // namespace pipes
