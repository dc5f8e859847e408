// A pipe's security descriptor as the processes that serve it keep it: once as bytes, as it lies in `meta`, once as a
// value that access is checked with.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "security/descriptor.h"
#include "wire/meta.h"

namespace pipes {

struct StoredDescriptor {
  SecurityDescriptor value;
  std::vector<std::byte> bytes;
  // An entry names a logon session, so that the caller's must be found out before it is checked.
  bool names_sessions = false;
};

// stored_descriptor_of returns the descriptor of a pipe. One that is missing or malformed in a `meta` (of somebody
// else's making: we write none) is taken for the default of the pipe's owner.
[[nodiscard]] std::shared_ptr<const StoredDescriptor> stored_descriptor_of(const wire::PipeMeta& meta);

}  // namespace pipes
