// The order inside each decision is the one a caller can observe: undefined bits, privilege, descriptor, direction.
#include "security/access.h"

namespace pipes {

Result<GrantedAccess> check_rights(const Caller& caller, std::uint32_t allowed, std::uint32_t desired) {
  Expects((desired & kGenericBits) == 0);
  if ((desired & PIPES_ACCESS_SYSTEM_SECURITY) && !is_privileged(caller)) return PIPES_ERROR_PRIVILEGE_NOT_HELD;
  const std::uint32_t needed = desired & ~(PIPES_MAXIMUM_ALLOWED | PIPES_ACCESS_SYSTEM_SECURITY);
  if (!has_rights(allowed, needed)) return PIPES_ERROR_ACCESS_DENIED;
  const std::uint32_t privileged = desired & PIPES_ACCESS_SYSTEM_SECURITY;
  if ((desired & PIPES_MAXIMUM_ALLOWED) == 0) return GrantedAccess{needed | privileged};
  if (allowed == 0) return PIPES_ERROR_ACCESS_DENIED;
  return GrantedAccess{allowed | privileged};
}

Result<GrantedAccess> check_open(const Caller& caller, std::uint32_t owner_uid, std::uint32_t desired_access,
                                 AccessMode pipe_access) {
  if (desired_access & kUndefinedAccessBits) return PIPES_ERROR_ACCESS_DENIED;  // CLI-19
  const std::uint32_t desired = map_generic_rights(desired_access) | kImplicitClientRights;
  const std::uint32_t unchecked = desired & PIPES_FILE_CREATE_PIPE_INSTANCE;  // CLI-6

  const std::uint32_t allowed = rights_by_default_descriptor(caller, owner_uid);
  Result<GrantedAccess> granted = check_rights(caller, allowed, desired & ~PIPES_FILE_CREATE_PIPE_INSTANCE);
  if (!granted) return granted;
  granted->mask |= unchecked;
  if (!client_direction_allowed(granted->mask, pipe_access)) return PIPES_ERROR_ACCESS_DENIED;
  return granted;
}

Status check_create_pipe(const Caller& caller, std::uint32_t open_mode) {
  const bool needs_privilege = (open_mode & PIPES_ACCESS_SYSTEM_SECURITY) != 0;
  return needs_privilege && !is_privileged(caller) ? PIPES_ERROR_PRIVILEGE_NOT_HELD : PIPES_OK;
}

Status check_add_instance(const Caller& caller, std::uint32_t owner_uid, std::uint32_t open_mode) {
  const std::uint32_t desired = server_rights(open_mode) | PIPES_FILE_CREATE_PIPE_INSTANCE;
  return check_rights(caller, rights_by_default_descriptor(caller, owner_uid), desired).status();
}

bool may_serve(const Caller& server, std::uint32_t owner_uid) {
  return has_rights(rights_by_default_descriptor(server, owner_uid), PIPES_FILE_CREATE_PIPE_INSTANCE);
}

}  // namespace pipes
