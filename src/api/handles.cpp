// Handles themselves, cancelling, the log, and what needs no handle at all.
#include "api/guard.h"
#include "security/rights.h"
#include "support/log.h"
#include "support/parker.h"

using namespace pipes;
using namespace pipes::api;

namespace {

constexpr uint32_t kHandleFlags = PIPES_HANDLE_FLAG_INHERIT | PIPES_HANDLE_FLAG_PROTECT_FROM_CLOSE;

Status set_flags(pipes_handle handle, uint32_t mask, uint32_t flags) {
  const HandleTable::Pin pin(HandleTable::instance(), handle);
  if (!pin) return PIPES_ERROR_INVALID_HANDLE;
  if (((mask | flags) & ~kHandleFlags) != 0) return PIPES_ERROR_INVALID_PARAMETER;
  if (pin->anonymous && (mask & PIPES_HANDLE_FLAG_INHERIT) != 0) {
    const Status status = pin->anonymous->end->set_inheritable((flags & PIPES_HANDLE_FLAG_INHERIT) != 0);
    if (status != PIPES_OK) return status;
  }
  std::atomic<uint32_t>& word = pin.slot()->flags;
  uint32_t before = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(before, (before & ~mask) | (flags & mask), std::memory_order_relaxed)) {
  }
  return PIPES_OK;
}

}  // namespace

uint32_t pipes_version(void) { return PIPES_VERSION; }

pipes_status pipes_close(pipes_handle handle) {
  return guard([&] { return HandleTable::instance().close(handle); });
}

pipes_status pipes_duplicate(pipes_handle handle, uint32_t desired_access, uint32_t inherit_handle, uint32_t options,
                             pipes_handle* duplicate) {
  constexpr uint32_t kOptions = PIPES_DUPLICATE_CLOSE_SOURCE | PIPES_DUPLICATE_SAME_ACCESS;
  const Status status = guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return PIPES_ERROR_INVALID_HANDLE;
    if (duplicate == nullptr || inherit_handle > 1 || (options & ~kOptions) != 0) return PIPES_ERROR_INVALID_PARAMETER;
    HandleTarget target = *pin.operator->();
    if ((options & PIPES_DUPLICATE_SAME_ACCESS) == 0) {
      const uint32_t wanted = map_generic_rights(desired_access);
      if ((wanted & ~target.access) != 0) return PIPES_ERROR_ACCESS_DENIED;
      target.access = wanted;
    }
    if (target.anonymous && inherit_handle != 0) {
      const Status inherited = target.anonymous->end->set_inheritable(true);
      if (inherited != PIPES_OK) return inherited;
    }
    const pipes_handle made =
        HandleTable::instance().add(std::move(target), inherit_handle != 0 ? PIPES_HANDLE_FLAG_INHERIT : 0);
    if (made == nullptr) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
    *duplicate = made;
    return PIPES_OK;
  });
  if ((options & PIPES_DUPLICATE_CLOSE_SOURCE) != 0) pipes_close(handle);
  return status;
}

pipes_status pipes_set_inheritable(pipes_handle handle, uint32_t inherit_handle) {
  if (inherit_handle > 1) return PIPES_ERROR_INVALID_PARAMETER;
  return guard([&] {
    return set_flags(handle, PIPES_HANDLE_FLAG_INHERIT, inherit_handle != 0 ? PIPES_HANDLE_FLAG_INHERIT : 0);
  });
}

pipes_status pipes_get_handle_flags(pipes_handle handle, uint32_t* flags) {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return PIPES_ERROR_INVALID_HANDLE;
    if (flags == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
    *flags = pin.slot()->flags.load(std::memory_order_relaxed);
    return PIPES_OK;
  });
}

pipes_status pipes_set_handle_flags(pipes_handle handle, uint32_t mask, uint32_t flags) {
  return guard([&] { return set_flags(handle, mask, flags); });
}

pipes_status pipes_get_native_handle(pipes_handle handle, intptr_t* native) {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return PIPES_ERROR_INVALID_HANDLE;
    if (native == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
    if (!pin->anonymous) return PIPES_ERROR_INVALID_FUNCTION;
    const int fd = pin->anonymous->end->native_fd();
    if (fd < 0) return PIPES_ERROR_INVALID_HANDLE;
    *native = fd;
    return PIPES_OK;
  });
}

pipes_thread pipes_current_thread(void) { return Parker::mine().name(); }

pipes_status pipes_cancel_synchronous(pipes_thread thread) {
  Parker* parker = Parker::find(thread);
  if (parker == nullptr) return PIPES_ERROR_INVALID_HANDLE;
  return parker->cancel() ? PIPES_OK : PIPES_ERROR_NOT_FOUND;
}

pipes_status pipes_set_log(pipes_log_callback callback, void* context, uint32_t level) {
  if (level > static_cast<uint32_t>(LogLevel::kDebug)) return PIPES_ERROR_INVALID_PARAMETER;
  set_log(callback, context, level);
  return PIPES_OK;
}
