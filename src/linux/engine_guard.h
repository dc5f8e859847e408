// What every call of the engine begins with: no exception gets out, handles are resolved, rights are checked.
#pragma once

#include <new>

#include "api/engine.h"
#include "linux/fork.h"
#include "linux/handle_table.h"
#include "support/status.h"

namespace pipes::engine {

// guard runs `body` and turns what must not cross the boundary into a status.
template <class Body>
Status guard(Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  } catch (...) {
    return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  }
}

// with_end resolves `handle`, checks `rights`, and calls the body that fits what it refers to.
template <class Named, class Anonymous>
Status with_end(pipes_handle handle, uint32_t rights, Named named, Anonymous anonymous) noexcept {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return PIPES_ERROR_INVALID_HANDLE;
    if (!pin->named && pin->anonymous() == nullptr) return PIPES_ERROR_INVALID_HANDLE;  // not of a pipe
    if ((pin->access & rights) != rights) return PIPES_ERROR_ACCESS_DENIED;
    return pin->named ? named(*pin->named) : anonymous(*pin->anonymous());
  });
}

}  // namespace pipes::engine
