// The client's side of the rendezvous: opening an instance, and waiting until one listens.
#pragma once

#include <memory>
#include <optional>

#include "linux/named_end.h"
#include "pipe/name.h"
#include "security/sid.h"

namespace pipes {

struct OpenedEnd {
  std::shared_ptr<NamedEnd> end;
  uint32_t granted_access = 0;
};

// pipes_open behind its checks of arguments. With `owner` nothing is said to server processes of another user:
// PIPES_ERROR_INVALID_OWNER if there are no others.
[[nodiscard]] Result<OpenedEnd> open_client(const PipeName& name, uint32_t desired_access, uint32_t flags,
                                            const std::optional<Sid>& owner);

// NAME-14: whether a pipe bears a name that ends before a backslash of `name`. Nothing can then bear `name`.
[[nodiscard]] bool parent_exists(const PipeName& name);

// pipes_wait_available behind its checks of arguments. `timeout` is the caller's.
[[nodiscard]] Status wait_available(const PipeName& name, uint32_t timeout);

// The pipe's own time-out (OPEN-20), or PIPES_ERROR_FILE_NOT_FOUND.
[[nodiscard]] Status default_timeout(const PipeName& name, uint32_t* timeout_ms);

// Instances of a pipe in all live processes, from 1 to 255.
[[nodiscard]] uint32_t instances_of(const PipeName& name);

}  // namespace pipes
