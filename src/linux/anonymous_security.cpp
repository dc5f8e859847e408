#include "linux/anonymous_security.h"

#include "linux/client_identity.h"
#include "security/default_descriptor.h"
#include "security/security_information.h"

namespace pipes {

Result<SecurityDescriptor> AnonymousSecurity::get() {
  const auto token = token_of_thread();
  if (!token) return token.status();
  MutexLock lock(mutex_);
  if (!descriptor_) descriptor_ = default_descriptor(*token);
  return *descriptor_;
}

Status AnonymousSecurity::set(std::uint32_t information, const SecurityDescriptor& replacement) {
  const auto token = token_of_thread();
  if (!token) return token.status();
  MutexLock lock(mutex_);
  if (!descriptor_) descriptor_ = default_descriptor(*token);
  auto merged = merge_parts(*token, *descriptor_, replacement, information);
  if (!merged) return merged.status();
  descriptor_ = std::move(*merged);
  return PIPES_OK;
}

}  // namespace pipes
