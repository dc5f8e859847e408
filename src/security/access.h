// The access decisions of a pipe: may this caller open a client end with these rights, may it add an instance. All of
// them end in check_rights, which is all or nothing (ACC-6). For now every pipe has the default descriptor.
#pragma once

#include <cstdint>

#include "security/default_descriptor.h"
#include "security/rights.h"
#include "support/status.h"

namespace pipes {

// GrantedAccess is the rights that a handle will carry. A type of its own, since a Result cannot hold a bare number
// beside a status.
struct GrantedAccess {
  std::uint32_t mask;
};

// check_rights compares `desired`, free of generic bits, with `allowed`, all that the descriptor grants `caller`.
//
// Returns `desired`, and with MAXIMUM_ALLOWED all of `allowed` (ACC-11). PIPES_ERROR_PRIVILEGE_NOT_HELD:
// ACCESS_SYSTEM_SECURITY, which no descriptor grants, without the privilege (ACC-10). PIPES_ERROR_ACCESS_DENIED: any
// right is missing, or MAXIMUM_ALLOWED found none.
[[nodiscard]] Result<GrantedAccess> check_rights(const Caller& caller, std::uint32_t allowed, std::uint32_t desired);

// check_open decides over a client's open of a pipe of `owner_uid`: undefined bits are refused (CLI-19), generic ones
// mapped (CLI-4), attributes and synchronising asked for besides (CLI-5), the right to create instances granted unasked
// to whoever names it, since it opens nothing to a client (CLI-6); then the descriptor, then the direction (CLI-2,
// CLI-3).
//
// Returns the rights of the new handle, or PIPES_ERROR_ACCESS_DENIED, or PIPES_ERROR_PRIVILEGE_NOT_HELD (ACC-10).
[[nodiscard]] Result<GrantedAccess> check_open(const Caller& caller, std::uint32_t owner_uid,
                                               std::uint32_t desired_access, AccessMode pipe_access);

// check_create_pipe decides over the first instance of a new pipe. Its creator is not checked against the descriptor
// (SEC-4), only for the privilege behind ACCESS_SYSTEM_SECURITY (OPEN-14): 0 or PIPES_ERROR_PRIVILEGE_NOT_HELD.
[[nodiscard]] Status check_create_pipe(const Caller& caller, std::uint32_t open_mode);

// check_add_instance decides over another instance of a pipe of `owner_uid`: every right that `open_mode` implies and
// the right to create instances (INST-3). 0, PIPES_ERROR_ACCESS_DENIED or PIPES_ERROR_PRIVILEGE_NOT_HELD.
[[nodiscard]] Status check_add_instance(const Caller& caller, std::uint32_t owner_uid, std::uint32_t open_mode);

// may_serve tells whether `server` may hold instances of a pipe of `owner_uid` at all: what a client asks before it
// trusts a server process that it found under the pipe's name.
[[nodiscard]] bool may_serve(const Caller& server, std::uint32_t owner_uid);

}  // namespace pipes
