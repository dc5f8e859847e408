// What the log says of a refused access: who asked for what, and what in the descriptor decided.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "linux/stored_descriptor.h"
#include "security/access_check.h"

namespace pipes {

struct RefusedAccess {
  std::shared_ptr<const StoredDescriptor> descriptor;  // null: nothing was refused
  AccessTrace trace;

  // For PIPES_LOG=debug. No lock is held.
  void log(const std::string& pipe, uint32_t uid) const;
};

}  // namespace pipes
