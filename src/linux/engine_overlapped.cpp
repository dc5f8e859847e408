// Overlapped operations: beginning them, routines, results, cancelling.
#include "linux/engine_overlapped.h"

#include "io/nt_status.h"
#include "io/waits.h"

namespace pipes::engine {
namespace {

constexpr uintptr_t kSilent = 1;  // OVL-20

Result<std::shared_ptr<Event>> event_of(uintptr_t value) {
  const HandleTable::Pin pin(HandleTable::instance(), reinterpret_cast<pipes_handle>(value));
  auto event = pin ? pin->as<Event>() : nullptr;
  if (event == nullptr) return Status{PIPES_ERROR_INVALID_HANDLE};
  return event;
}

void mark_pending(pipes_overlapped& overlapped) {
  std::atomic_ref(overlapped.internal).store(PIPES_INTERNAL_PENDING, std::memory_order_relaxed);
}

}  // namespace

Result<Overlapping> Overlapping::begin(const HandleTarget& target, pipes_overlapped* overlapped) {
  Overlapping begun;
  if (overlapped == nullptr) return begun;
  const auto value = reinterpret_cast<uintptr_t>(overlapped->event);
  begun.call_.overlapped = overlapped;
  begun.call_.silent = (value & kSilent) != 0;
  if ((value & ~kSilent) != 0) {
    auto event = event_of(value & ~kSilent);
    if (!event) return event.status();
    begun.call_.event = *std::move(event);
  }
  begun.asynchronous_ = target.named != nullptr && (target.open_flags & PIPES_FLAG_OVERLAPPED) != 0;
  begun.blocking_calls_before_ = Parker::mine().blocking_calls();
  mark_pending(*overlapped);
  if (begun.call_.event != nullptr) begun.call_.event->waitable.clear();
  if (begun.asynchronous_) target.named->waitable().clear();  // else it is clear only while a call blocks (FINE-2)
  return begun;
}

std::unique_ptr<OverlappedOp> Overlapping::operation(const void* buffer, uint32_t size) const {
  auto made = std::make_unique<OverlappedOp>(call_);
  made->buffer = static_cast<std::byte*>(const_cast<void*>(buffer));  // of a write it is only read from
  made->size = size;
  return made;
}

Status Overlapping::finish(Status status, uint32_t transferred) const {
  if (call_.overlapped == nullptr) return status;
  const bool waited = Parker::mine().blocking_calls() != blocking_calls_before_;
  if (status != PIPES_OK && status != PIPES_ERROR_MORE_DATA && !waited) return status;
  Unparks unparks;
  Waitable* const object = call_.event != nullptr ? &call_.event->waitable : nullptr;
  end_operation(call_.overlapped, nt_status_of(status), transferred, object, unparks);
  unparks.perform();
  return status;
}

namespace {

// Reading or writing with a routine: `begin` is given the end and the operation.
template <class Begin>
Status with_routine(pipes_handle handle, uint32_t rights, const void* buffer, uint32_t size,
                    pipes_overlapped* overlapped, pipes_completion_routine routine, Begin begin) {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin || (!pin->named && pin->anonymous() == nullptr)) return PIPES_ERROR_INVALID_HANDLE;
    if ((pin->access & rights) != rights) return PIPES_ERROR_ACCESS_DENIED;
    if (!pin->named || (pin->open_flags & PIPES_FLAG_OVERLAPPED) == 0) return PIPES_ERROR_INVALID_PARAMETER;  // APC-1
    NamedEnd& end = *pin->named;
    if (end.has_port()) return PIPES_ERROR_INVALID_PARAMETER;  // IOCP-13
    mark_pending(*overlapped);
    OverlappedCall call;
    call.overlapped = overlapped;
    call.routine = routine;
    auto operation = std::make_unique<OverlappedOp>(std::move(call));
    operation->buffer = static_cast<std::byte*>(const_cast<void*>(buffer));
    operation->size = size;
    end.waitable().clear();
    uint32_t transferred = 0;
    const Status status = begin(end, std::move(operation), &transferred);
    const bool begun = status == PIPES_ERROR_IO_PENDING || status == PIPES_ERROR_MORE_DATA;
    return begun ? Status{PIPES_OK} : status;
  });
}

}  // namespace

Status read_ex(pipes_handle handle, void* buffer, uint32_t size, pipes_overlapped* overlapped,
               pipes_completion_routine routine) noexcept {
  return with_routine(handle, PIPES_FILE_READ_DATA, buffer, size, overlapped, routine,
                      [](NamedEnd& end, std::unique_ptr<OverlappedOp> operation, uint32_t* transferred) {
                        return end.read(std::move(operation), transferred);
                      });
}

Status write_ex(pipes_handle handle, const void* buffer, uint32_t size, pipes_overlapped* overlapped,
                pipes_completion_routine routine) noexcept {
  return with_routine(handle, PIPES_FILE_WRITE_DATA, buffer, size, overlapped, routine,
                      [](NamedEnd& end, std::unique_ptr<OverlappedOp> operation, uint32_t* transferred) {
                        return end.write(std::move(operation), transferred);
                      });
}

Status get_overlapped_result(pipes_handle handle, pipes_overlapped* overlapped, uint32_t* transferred, uint32_t timeout,
                             bool alertable) noexcept {
  return guard([&]() -> Status {
    if (is_pending(overlapped)) {
      if (timeout == 0) return PIPES_ERROR_IO_INCOMPLETE;  // FINE-24
      {
        const HandleTable::Pin pin(HandleTable::instance(), handle);
        if (pin && pin->named) pin->named->tell_at_once();
      }
      std::shared_ptr<Waitable> object;
      const auto value = reinterpret_cast<uintptr_t>(overlapped->event) & ~kSilent;
      if (value != 0) {
        const HandleTable::Pin pin(HandleTable::instance(), reinterpret_cast<pipes_handle>(value));
        if (pin) object = pin->waitable();
      } else {
        const HandleTable::Pin pin(HandleTable::instance(), handle);
        if (pin) object = pin->waitable();
      }
      if (object == nullptr) return PIPES_ERROR_INVALID_HANDLE;
      const Status waited = wait_for_operation(overlapped, object.get(), deadline_of(timeout), alertable);
      if (waited != PIPES_OK) return waited;
    }
    const Status status = status_of_nt(overlapped->internal);
    const bool delivered = status == PIPES_OK || status == PIPES_ERROR_MORE_DATA;
    if (delivered) *transferred = static_cast<uint32_t>(overlapped->internal_high);
    return status;
  });
}

Status cancel(pipes_handle handle) noexcept {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin || (!pin->named && pin->anonymous() == nullptr)) return PIPES_ERROR_INVALID_HANDLE;
    if (pin->named) pin->named->cancel(Thread::mine().get(), nullptr);
    return PIPES_OK;
  });
}

Status cancel_ex(pipes_handle handle, const pipes_overlapped* overlapped) noexcept {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin || (!pin->named && pin->anonymous() == nullptr)) return PIPES_ERROR_INVALID_HANDLE;
    const bool found = pin->named && pin->named->cancel(nullptr, overlapped);
    return found ? Status{PIPES_OK} : PIPES_ERROR_NOT_FOUND;
  });
}

// The end of an anonymous pipe has a descriptor that says it all by itself.
Status get_event_fd(pipes_handle handle, uint32_t which, int* fd) noexcept {
  const bool readable = which == PIPES_EVENT_READABLE;
  return with_end(
      handle, readable ? PIPES_FILE_READ_DATA : PIPES_FILE_WRITE_DATA,
      [&](NamedEnd& end) {
        return end.open_event_fd(readable ? NamedEnd::Readiness::kReadable : NamedEnd::Readiness::kWritable, fd);
      },
      [&](AnonymousEnd& end) -> Status {
        const int found = end.native_fd();
        if (found < 0) return PIPES_ERROR_INVALID_HANDLE;
        *fd = found;
        return PIPES_OK;
      });
}

}  // namespace pipes::engine
