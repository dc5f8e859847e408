// Handles themselves, cancelling, the log, and what needs no handle at all.
#include <unistd.h>

#include <limits>

#include "io/thread.h"
#include "linux/adopt.h"
#include "linux/engine_guard.h"
#include "linux/inheritance.h"
#include "linux/mailbox.h"
#include "linux/send_handle.h"
#include "security/rights.h"
#include "support/parker.h"

namespace pipes::engine {
namespace {

Status set_flags(pipes_handle handle, uint32_t mask, uint32_t flags) {
  const HandleTable::Pin pin(HandleTable::instance(), handle);
  if (!pin) return PIPES_ERROR_INVALID_HANDLE;
  if ((mask & PIPES_HANDLE_FLAG_INHERIT) != 0) {
    const Status status = inherit_handle(*pin.slot(), handle, (flags & PIPES_HANDLE_FLAG_INHERIT) != 0);
    if (status != PIPES_OK) return status;
    mask &= ~PIPES_HANDLE_FLAG_INHERIT;
  }
  std::atomic<uint32_t>& word = pin.slot()->flags;
  uint32_t before = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(before, (before & ~mask) | (flags & mask), std::memory_order_relaxed)) {
  }
  return PIPES_OK;
}

// What a duplicate is to refer to, with the rights that are asked for.
Result<HandleTarget> narrowed(const HandleTarget& source, uint32_t desired_access, uint32_t options) {
  HandleTarget target = source;
  if ((options & PIPES_DUPLICATE_SAME_ACCESS) != 0) return target;
  const uint32_t wanted = map_generic_rights(desired_access);
  if ((wanted & ~target.access) != 0) return Status{PIPES_ERROR_ACCESS_DENIED};
  target.access = wanted;
  return target;
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
    auto target = narrowed(*pin.operator->(), desired_access, options);
    if (!target) return target.status();
    Status made_status = PIPES_OK;
    const pipes_handle made = add_handle(std::move(*target), inherit, &made_status);
    if (made == nullptr) return made_status;
    *duplicate = made;
    return PIPES_OK;
  });
  if ((options & PIPES_DUPLICATE_CLOSE_SOURCE) != 0) close(handle);
  return status;
}

Status duplicate_into(pipes_handle handle, uint32_t process_id, uint32_t desired_access, bool inherit, uint32_t options,
                      pipes_handle* duplicate) noexcept {
  if (process_id == static_cast<uint32_t>(::getpid())) {
    return engine::duplicate(handle, desired_access, inherit, options, duplicate);
  }
  const Status status = guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return PIPES_ERROR_INVALID_HANDLE;
    const auto target = narrowed(*pin.operator->(), desired_access, options);
    if (!target) return target.status();
    return send_handle(*target, process_id, inherit, duplicate);
  });
  if ((options & PIPES_DUPLICATE_CLOSE_SOURCE) != 0) close(handle);
  return status;
}

Status accept_handles(bool accept) noexcept {
  return guard([&] { return pipes::accept_handles(accept); });
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
