// The security descriptor of an anonymous pipe, which both its ends have in common within a process (SEC-18). It is
// kept, read and changed; rights are those of the two handles, and nobody opens such a pipe.
#pragma once

#include <cstdint>
#include <optional>

#include "security/descriptor.h"
#include "support/mutex.h"

namespace pipes {

class AnonymousSecurity {
 public:
  AnonymousSecurity() = default;  // the default descriptor, of whoever looks at it first
  explicit AnonymousSecurity(SecurityDescriptor descriptor) : descriptor_(std::move(descriptor)) {}

  [[nodiscard]] Result<SecurityDescriptor> get();
  [[nodiscard]] Status set(std::uint32_t information, const SecurityDescriptor& replacement);

 private:
  Mutex mutex_;
  std::optional<SecurityDescriptor> descriptor_ PIPES_GUARDED_BY(mutex_);
};

}  // namespace pipes
