// Handles themselves, cancelling, the log, and what needs no handle at all.
#include <limits>

#include "io/thread.h"
#include "linux/adopt.h"
#include "linux/engine_guard.h"
#include "security/rights.h"
#include "support/parker.h"

namespace pipes::engine {
namespace {

Status set_flags(pipes_handle handle, uint32_t mask, uint32_t flags) {
  const HandleTable::Pin pin(HandleTable::instance(), handle);
  if (!pin) return PIPES_ERROR_INVALID_HANDLE;
  if (pin->anonymous() != nullptr && (mask & PIPES_HANDLE_FLAG_INHERIT) != 0) {
    const Status status = pin->anonymous()->set_inheritable((flags & PIPES_HANDLE_FLAG_INHERIT) != 0);
    if (status != PIPES_OK) return status;
  }
  std::atomic<uint32_t>& word = pin.slot()->flags;
  uint32_t before = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(before, (before & ~mask) | (flags & mask), std::memory_order_relaxed)) {
  }
  return PIPES_OK;
}

}  // namespace

Status close(pipes_handle handle) noexcept {
  return guard([&] { return HandleTable::instance().close(handle); });
}

Status duplicate(pipes_handle handle, uint32_t desired_access, bool inherit, uint32_t options,
                 pipes_handle* duplicate) noexcept {
  const Status status = guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return PIPES_ERROR_INVALID_HANDLE;
    HandleTarget target = *pin.operator->();
    if ((options & PIPES_DUPLICATE_SAME_ACCESS) == 0) {
      const uint32_t wanted = map_generic_rights(desired_access);
      if ((wanted & ~target.access) != 0) return PIPES_ERROR_ACCESS_DENIED;
      target.access = wanted;
    }
    if (target.anonymous() != nullptr && inherit) {
      const Status inherited = target.anonymous()->set_inheritable(true);
      if (inherited != PIPES_OK) return inherited;
    }
    const pipes_handle made = HandleTable::instance().add(std::move(target), inherit ? PIPES_HANDLE_FLAG_INHERIT : 0);
    if (made == nullptr) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
    *duplicate = made;
    return PIPES_OK;
  });
  if ((options & PIPES_DUPLICATE_CLOSE_SOURCE) != 0) close(handle);
  return status;
}

Status get_handle_flags(pipes_handle handle, uint32_t* flags) noexcept {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return PIPES_ERROR_INVALID_HANDLE;
    *flags = pin.slot()->flags.load(std::memory_order_relaxed);
    return PIPES_OK;
  });
}

Status set_handle_flags(pipes_handle handle, uint32_t mask, uint32_t flags) noexcept {
  return guard([&] { return set_flags(handle, mask, flags); });
}

Status get_native_handle(pipes_handle handle, intptr_t* native) noexcept {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return PIPES_ERROR_INVALID_HANDLE;
    if (pin->anonymous() == nullptr) return PIPES_ERROR_INVALID_FUNCTION;
    const int fd = pin->anonymous()->native_fd();
    if (fd < 0) return PIPES_ERROR_INVALID_HANDLE;
    *native = fd;
    return PIPES_OK;
  });
}

Status adopt_native_handle(intptr_t native, pipes_handle* handle) noexcept {
  if (native < 0 || native > std::numeric_limits<int>::max()) return PIPES_ERROR_INVALID_HANDLE;
  return adopt_anonymous_end(static_cast<int>(native), handle);
}

// Routines may be queued for whoever has told his name.
pipes_thread current_thread() noexcept {
  (void)guard([] {
    (void)Thread::mine();
    return PIPES_OK;
  });
  return Parker::mine().name();
}

Status cancel_synchronous(pipes_thread thread) noexcept {
  Parker* parker = Parker::find(thread);
  if (parker == nullptr) return PIPES_ERROR_INVALID_HANDLE;
  return parker->cancel() ? PIPES_OK : PIPES_ERROR_NOT_FOUND;
}

}  // namespace pipes::engine
