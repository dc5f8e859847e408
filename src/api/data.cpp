// Reading, writing, peeking, transacting, flushing.
#include <span>

#include "api/guard.h"
#include "linux/client.h"

namespace pipes::api {

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

// The frame that reads, writes and transactions share: the count first, then the handle, its rights, its OVERLAPPED.
template <class Named, class Anonymous>
Status transfer(pipes_handle handle, uint32_t rights, uint32_t* transferred, pipes_overlapped* overlapped, Named named,
                Anonymous anonymous) noexcept {
  if (transferred != nullptr) *transferred = 0;
  if (transferred == nullptr && overlapped == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
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
}  // namespace pipes::api

using namespace pipes;
using namespace pipes::api;

pipes_status pipes_read(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred,
                        pipes_overlapped* overlapped) {
  if (buffer == nullptr && size != 0) {
    if (transferred != nullptr) *transferred = 0;
    return PIPES_ERROR_INVALID_PARAMETER;
  }
  return transfer(
      handle, PIPES_FILE_READ_DATA, transferred, overlapped,
      [&](NamedEnd& end, uint32_t* count) {
        return end.read({static_cast<std::byte*>(buffer), size}, count);
      },
      [&](AnonymousEnd& end, uint32_t* count) { return end.read(buffer, size, count); });
}

pipes_status pipes_write(pipes_handle handle, const void* buffer, uint32_t size, uint32_t* transferred,
                         pipes_overlapped* overlapped) {
  if (buffer == nullptr && size != 0) {
    if (transferred != nullptr) *transferred = 0;
    return PIPES_ERROR_INVALID_PARAMETER;
  }
  return transfer(
      handle, PIPES_FILE_WRITE_DATA, transferred, overlapped,
      [&](NamedEnd& end, uint32_t* count) {
        return end.write({static_cast<const std::byte*>(buffer), size}, count);
      },
      [&](AnonymousEnd& end, uint32_t* count) { return end.write(buffer, size, count); });
}

pipes_status pipes_transact(pipes_handle handle, const void* request, uint32_t request_size, void* reply,
                            uint32_t reply_size, uint32_t* transferred, pipes_overlapped* overlapped) {
  if ((request == nullptr && request_size != 0) || (reply == nullptr && reply_size != 0)) {
    if (transferred != nullptr) *transferred = 0;
    return PIPES_ERROR_INVALID_PARAMETER;
  }
  return transfer(
      handle, PIPES_FILE_READ_DATA | PIPES_FILE_WRITE_DATA, transferred, overlapped,
      [&](NamedEnd& end, uint32_t* count) {
        return end.transact({static_cast<const std::byte*>(request), request_size},
                            {static_cast<std::byte*>(reply), reply_size}, count);
      },
      [](AnonymousEnd&, uint32_t*) { return Status{PIPES_ERROR_BAD_PIPE}; });
}

pipes_status pipes_peek(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred, uint32_t* available,
                        uint32_t* left_this_message) {
  const uint32_t room = buffer == nullptr ? 0 : size;
  return with_end(
      handle, PIPES_FILE_READ_DATA,
      [&](NamedEnd& end) {
        return end.peek({static_cast<std::byte*>(buffer), room}, transferred, available, left_this_message);
      },
      [&](AnonymousEnd& end) { return end.peek(buffer, room, transferred, available, left_this_message); });
}

pipes_status pipes_flush(pipes_handle handle) {
  return with_end(
      handle, PIPES_FILE_WRITE_DATA, [](NamedEnd& end) { return end.flush(); },
      [](AnonymousEnd& end) { return end.flush(); });
}

pipes_status pipes_call(const char* name, const void* request, uint32_t request_size, void* reply, uint32_t reply_size,
                        uint32_t* transferred, uint32_t timeout) {
  if (transferred == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  *transferred = 0;
  constexpr uint32_t kAccess = PIPES_GENERIC_READ | PIPES_GENERIC_WRITE;
  pipes_handle handle = nullptr;
  pipes_status status = pipes_open(name, kAccess, 0, nullptr, &handle);
  if (status == PIPES_ERROR_PIPE_BUSY && timeout != PIPES_NMPWAIT_NOWAIT) {
    status = pipes_wait_available(name, timeout);
    if (status == PIPES_OK) status = pipes_open(name, kAccess, 0, nullptr, &handle);
  }
  if (status != PIPES_OK) return status;
  const uint32_t mode = PIPES_READMODE_MESSAGE;
  status = pipes_set_state(handle, &mode, nullptr, nullptr);
  if (status == PIPES_OK) {
    status = pipes_transact(handle, request, request_size, reply, reply_size, transferred, nullptr);
  }
  pipes_close(handle);
  return status;
}
