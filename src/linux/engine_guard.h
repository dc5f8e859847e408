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
    if ((pin->access & rights) != rights) return PIPES_ERROR_ACCESS_DENIED;
    return pin->named ? named(*pin->named) : anonymous(*pin->anonymous->end);
  });
}

// For an OVERLAPPED on a handle whose calls block: it is filled when the call is done (OVL-18). A call that was refused
// at once leaves it pending (FINE-3); one that `waited` stores its failure too.
Status finish_overlapped(pipes_overlapped* overlapped, Status status, uint32_t transferred, bool waited);
inline constexpr uint64_t kNtPending = 0x103;
// Whether an OVERLAPPED may be used with this handle.
Status check_overlapped(const HandleTable::Pin& pin, const pipes_overlapped* overlapped);

}  // namespace pipes::engine
