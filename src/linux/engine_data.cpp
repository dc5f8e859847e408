// Reading, writing, peeking, transacting, flushing.
#include <span>

#include "linux/client.h"
#include "linux/engine_guard.h"

namespace pipes::engine {

Status check_overlapped(const HandleTable::Pin& pin, const pipes_overlapped* overlapped) {
  if (overlapped == nullptr) return PIPES_OK;
  // Asynchronous operations are not there yet: better refused than done in another way than asked.
  if ((pin->open_flags & PIPES_FLAG_OVERLAPPED) != 0) return PIPES_ERROR_NOT_SUPPORTED;
  return overlapped->event == nullptr ? PIPES_OK : PIPES_ERROR_INVALID_HANDLE;
}

namespace {

// ERR-1, for what an operation that waited can end with.
uint64_t nt_status(Status status) {
  switch (status) {
    case PIPES_OK:
      return 0;
    case PIPES_ERROR_MORE_DATA:
      return 0x80000005;
    case PIPES_ERROR_OPERATION_ABORTED:
      return 0xC0000120;
    case PIPES_ERROR_BROKEN_PIPE:
      return 0xC000014B;
    case PIPES_ERROR_PIPE_NOT_CONNECTED:
      return 0xC00000B0;
    case PIPES_ERROR_NO_DATA:
      return 0xC00000B1;
    default:
      return 0xC0000001;  // STATUS_UNSUCCESSFUL
  }
}

}  // namespace

Status finish_overlapped(pipes_overlapped* overlapped, Status status, uint32_t transferred, bool waited) {
  if (overlapped == nullptr) return status;
  if (status == PIPES_OK || status == PIPES_ERROR_MORE_DATA || waited) {
    overlapped->internal = nt_status(status);
    overlapped->internal_high = transferred;
  }
  return status;
}

namespace {

// The frame that reads, writes and transactions share: the handle, its rights, its OVERLAPPED.
template <class Named, class Anonymous>
Status transfer(pipes_handle handle, uint32_t rights, uint32_t* transferred, pipes_overlapped* overlapped, Named named,
                Anonymous anonymous) noexcept {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return PIPES_ERROR_INVALID_HANDLE;
    if ((pin->access & rights) != rights) return PIPES_ERROR_ACCESS_DENIED;
    if (overlapped != nullptr) {
      if (const Status refused = check_overlapped(pin, overlapped); refused != PIPES_OK) return refused;
      overlapped->internal = kNtPending;
    }
    uint32_t count = 0;
    if (overlapped == nullptr && pin->named) [[likely]] {
      const Status status = named(*pin->named, &count);
      *transferred = count;
      return status;
    }
    const uint32_t calls_before = overlapped != nullptr ? Parker::mine().blocking_calls() : 0;
    const Status status = pin->named ? named(*pin->named, &count) : anonymous(*pin->anonymous->end, &count);
    // With an OVERLAPPED the count is told only by success (FINE-4).
    if (transferred != nullptr && (overlapped == nullptr || status == PIPES_OK)) *transferred = count;
    const bool waited = overlapped != nullptr && Parker::mine().blocking_calls() != calls_before;
    return finish_overlapped(overlapped, status, count, waited);
  });
}

}  // namespace

Status read(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred,
            pipes_overlapped* overlapped) noexcept {
  return transfer(
      handle, PIPES_FILE_READ_DATA, transferred, overlapped,
      [&](NamedEnd& end, uint32_t* count) {
        return end.read({static_cast<std::byte*>(buffer), size}, count);
      },
      [&](AnonymousEnd& end, uint32_t* count) { return end.read(buffer, size, count); });
}

Status write(pipes_handle handle, const void* buffer, uint32_t size, uint32_t* transferred,
             pipes_overlapped* overlapped) noexcept {
  return transfer(
      handle, PIPES_FILE_WRITE_DATA, transferred, overlapped,
      [&](NamedEnd& end, uint32_t* count) {
        return end.write({static_cast<const std::byte*>(buffer), size}, count);
      },
      [&](AnonymousEnd& end, uint32_t* count) { return end.write(buffer, size, count); });
}

Status transact(pipes_handle handle, const void* request, uint32_t request_size, void* reply, uint32_t reply_size,
                uint32_t* transferred, pipes_overlapped* overlapped) noexcept {
  return transfer(
      handle, PIPES_FILE_READ_DATA | PIPES_FILE_WRITE_DATA, transferred, overlapped,
      [&](NamedEnd& end, uint32_t* count) {
        return end.transact({static_cast<const std::byte*>(request), request_size},
                            {static_cast<std::byte*>(reply), reply_size}, count);
      },
      [](AnonymousEnd&, uint32_t*) { return Status{PIPES_ERROR_BAD_PIPE}; });
}

Status peek(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred, uint32_t* available,
            uint32_t* left_this_message) noexcept {
  return with_end(
      handle, PIPES_FILE_READ_DATA,
      [&](NamedEnd& end) {
        return end.peek({static_cast<std::byte*>(buffer), size}, transferred, available, left_this_message);
      },
      [&](AnonymousEnd& end) { return end.peek(buffer, size, transferred, available, left_this_message); });
}

Status flush(pipes_handle handle) noexcept {
  return with_end(
      handle, PIPES_FILE_WRITE_DATA, [](NamedEnd& end) { return end.flush(); },
      [](AnonymousEnd& end) { return end.flush(); });
}

}  // namespace pipes::engine
