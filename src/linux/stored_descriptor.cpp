#include "linux/stored_descriptor.h"

#include <algorithm>

#include "security/default_descriptor.h"
#include "security/token.h"

namespace pipes {
namespace {

bool is_session(const Sid& sid) {
  const auto parts = sid.sub_authorities();
  return sid.authority() == 5 && parts.size() == 3 && parts[0] == 5;
}

bool names_sessions(const SecurityDescriptor& descriptor) {
  return descriptor.dacl &&
         std::ranges::any_of(descriptor.dacl->entries, [](const Ace& entry) { return is_session(entry.sid); });
}

SecurityDescriptor default_of(const wire::PipeMeta& meta) {
  Credentials owner;
  owner.uid = meta.owner_uid;
  owner.gid = meta.owner_gid;
  return default_descriptor(token_of(owner));
}

}  // namespace

std::shared_ptr<const StoredDescriptor> stored_descriptor_of(const wire::PipeMeta& meta) {
  auto stored = std::make_shared<StoredDescriptor>();
  auto read = meta.descriptor.empty() ? Result<SecurityDescriptor>(Status{PIPES_ERROR_INVALID_SECURITY_DESCR})
                                      : descriptor_from_bytes(meta.descriptor);
  stored->value = read ? std::move(*read) : default_of(meta);
  if (read) {
    stored->bytes = meta.descriptor;
  } else if (auto bytes = descriptor_to_bytes(stored->value)) {
    stored->bytes = std::move(*bytes);
  }
  stored->names_sessions = names_sessions(stored->value);
  return stored;
}

}  // namespace pipes
