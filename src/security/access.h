// The access decisions of a pipe: may this caller open a client end with these rights, may it add an instance, may it
// serve the pipe. All of them end in check_access, which is all or nothing (ACC-6).
#pragma once

#include <cstdint>

#include "security/access_check.h"
#include "security/descriptor.h"
#include "security/rights.h"
#include "security/token.h"

namespace pipes {

// check_open decides over a client's open of a pipe with `descriptor`: undefined bits are refused (CLI-19), generic
// ones mapped (CLI-4), attributes and synchronising asked for besides (CLI-5), the right to create instances granted
// unasked to whoever names it, since it opens nothing to a client (CLI-6); then the descriptor, then the direction
// (CLI-2, CLI-3). `trace`, if not null, tells how the descriptor came out, where it was asked.
//
// Returns the rights of the new handle, or PIPES_ERROR_ACCESS_DENIED, or PIPES_ERROR_PRIVILEGE_NOT_HELD (ACC-10).
[[nodiscard]] Result<GrantedAccess> check_open(const Token& token, const SecurityDescriptor& descriptor,
                                               std::uint32_t desired_access, AccessMode pipe_access,
                                               AccessTrace* trace = nullptr);

// check_create_pipe decides over the first instance of a new pipe. Its creator is not checked against the descriptor
// (SEC-4), only for the privilege behind ACCESS_SYSTEM_SECURITY (OPEN-14): 0 or PIPES_ERROR_PRIVILEGE_NOT_HELD.
[[nodiscard]] Status check_create_pipe(const Token& token, std::uint32_t open_mode);

// check_add_instance decides over another instance of a pipe with `descriptor`: every right that `open_mode` implies
// and the right to create instances (INST-3). 0, PIPES_ERROR_ACCESS_DENIED or PIPES_ERROR_PRIVILEGE_NOT_HELD.
[[nodiscard]] Status check_add_instance(const Token& token, const SecurityDescriptor& descriptor,
                                        std::uint32_t open_mode, AccessTrace* trace = nullptr);

// may_serve tells whether `server` may hold instances of a pipe with `descriptor` at all: what a client asks before it
// trusts a server process that it found under the pipe's name.
[[nodiscard]] bool may_serve(const Token& server, const SecurityDescriptor& descriptor);

// The same for a pipe of `owner_uid` with the default descriptor and callers of whom no more is known than their ids.

struct Caller {
  std::uint32_t uid = kUnknownUid;
  std::uint32_t gid = kUnknownUid;
};

[[nodiscard]] Result<GrantedAccess> check_open(const Caller& caller, std::uint32_t owner_uid,
                                               std::uint32_t desired_access, AccessMode pipe_access);
[[nodiscard]] Status check_create_pipe(const Caller& caller, std::uint32_t open_mode);
[[nodiscard]] Status check_add_instance(const Caller& caller, std::uint32_t owner_uid, std::uint32_t open_mode);
[[nodiscard]] bool may_serve(const Caller& server, std::uint32_t owner_uid);

}  // namespace pipes
