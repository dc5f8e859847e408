// The order inside each decision is the one a caller can observe: undefined bits, privilege, descriptor, direction.
#include "security/access.h"

namespace pipes {

Result<GrantedAccess> check_open(const Token& token, const SecurityDescriptor& descriptor, std::uint32_t desired_access,
                                 AccessMode pipe_access, AccessTrace* trace) {
  if (desired_access & kUndefinedAccessBits) return PIPES_ERROR_ACCESS_DENIED;  // CLI-19
  const std::uint32_t desired = map_generic_rights(desired_access) | kImplicitClientRights;
  const std::uint32_t unchecked = desired & PIPES_FILE_CREATE_PIPE_INSTANCE;  // CLI-6

  Result<GrantedAccess> granted = check_access(token, descriptor, desired & ~PIPES_FILE_CREATE_PIPE_INSTANCE, trace);
  if (!granted) return granted;
  granted->mask |= unchecked;
  if (!client_direction_allowed(granted->mask, pipe_access)) return PIPES_ERROR_ACCESS_DENIED;
  return granted;
}

Status check_create_pipe(const Token& token, std::uint32_t open_mode) {
  const bool needs_privilege = (open_mode & PIPES_ACCESS_SYSTEM_SECURITY) != 0;
  return needs_privilege && !token.has_privilege(kSecurityPrivilege) ? PIPES_ERROR_PRIVILEGE_NOT_HELD : PIPES_OK;
}

Status check_add_instance(const Token& token, const SecurityDescriptor& descriptor, std::uint32_t open_mode,
                          AccessTrace* trace) {
  const std::uint32_t desired = server_rights(open_mode) | PIPES_FILE_CREATE_PIPE_INSTANCE;
  return check_access(token, descriptor, desired, trace).status();
}

bool may_serve(const Token& server, const SecurityDescriptor& descriptor) {
  return check_access(server, descriptor, PIPES_FILE_CREATE_PIPE_INSTANCE).status() == PIPES_OK;
}

}  // namespace pipes
