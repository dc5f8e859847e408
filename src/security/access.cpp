// The order inside each decision is the one a caller can observe: undefined bits, privilege, descriptor, direction.
#include "security/access.h"

#include "security/default_descriptor.h"

namespace pipes {
namespace {

Token token_of(const Caller& caller) {
  Credentials credentials;
  credentials.uid = caller.uid;
  credentials.gid = caller.gid;
  return pipes::token_of(credentials);
}

// A pipe of an unknown owner belongs to the null SID, which nobody has.
SecurityDescriptor default_descriptor_of(std::uint32_t owner_uid) {
  if (owner_uid == kUnknownUid) return default_descriptor(Token(Sid{}, Sid{}, {}, kNoPrivileges));
  return default_descriptor(token_of(Caller{owner_uid, owner_uid}));
}

}  // namespace

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

Result<GrantedAccess> check_open(const Caller& caller, std::uint32_t owner_uid, std::uint32_t desired_access,
                                 AccessMode pipe_access) {
  return check_open(token_of(caller), default_descriptor_of(owner_uid), desired_access, pipe_access);
}

Status check_create_pipe(const Caller& caller, std::uint32_t open_mode) {
  return check_create_pipe(token_of(caller), open_mode);
}

Status check_add_instance(const Caller& caller, std::uint32_t owner_uid, std::uint32_t open_mode) {
  return check_add_instance(token_of(caller), default_descriptor_of(owner_uid), open_mode);
}

bool may_serve(const Caller& server, std::uint32_t owner_uid) {
  return may_serve(token_of(server), default_descriptor_of(owner_uid));
}

}  // namespace pipes
