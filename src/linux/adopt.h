// Anonymous pipes that this process did not make but was given: as its standard handles, or as handles that it
// inherited.
#pragma once

#include <vector>

#include "support/status.h"

namespace pipes {

// adopt_anonymous_end makes a handle of an end of a pipe, whose descriptor belongs to the end from then on. The handle
// is inheritable, as what a process was started with is. Fails, and leaves the descriptor alone, where it is no pipe
// that is open one way, or one that this user may not open again.
Status adopt_anonymous_end(int descriptor, pipes_handle* handle) noexcept;

// An inheritable handle of an anonymous end, as a child has to know it.
struct InheritableEnd {
  uint64_t handle;
  int32_t descriptor;
  uint32_t access;
};

// inheritable_ends tells all that this process has now.
[[nodiscard]] std::vector<InheritableEnd> inheritable_ends();

// adopt_inherited_ends makes handles of their old values, in the child. What is not as it was told is left out.
void adopt_inherited_ends(const std::vector<InheritableEnd>& ends);

}  // namespace pipes
