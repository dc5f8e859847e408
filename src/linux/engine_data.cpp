// Reading, writing, peeking, transacting, flushing.
#include <span>

#include "linux/client.h"
#include "linux/engine_overlapped.h"

namespace pipes::engine {

namespace {

// The frame that reads, writes and transactions share: the handle, its rights, its OVERLAPPED. `blocking` does it on a
// named end, `begin` begins it there, `anonymous` does it on an anonymous one.
template <class Blocking, class Begin, class Anonymous>
Status transfer(pipes_handle handle, uint32_t rights, uint32_t* transferred, pipes_overlapped* overlapped,
                Blocking blocking, Begin begin, Anonymous anonymous) noexcept {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return PIPES_ERROR_INVALID_HANDLE;
    uint32_t count = 0;
    if (overlapped == nullptr && pin->named) [[likely]] {
      if ((pin->access & rights) != rights) return PIPES_ERROR_ACCESS_DENIED;
      const Status status = blocking(*pin->named, &count);
      *transferred = count;
      return status;
    }
    if (!pin->named && pin->anonymous() == nullptr) return PIPES_ERROR_INVALID_HANDLE;  // not of a pipe
    if ((pin->access & rights) != rights) return PIPES_ERROR_ACCESS_DENIED;
    const auto overlapping = Overlapping::begin(*pin.operator->(), overlapped);
    if (!overlapping) return overlapping.status();
    Status status = PIPES_OK;
    if (overlapping->is_asynchronous()) {
      status = begin(*pin->named, *overlapping, &count);
    } else {
      status = pin->named ? blocking(*pin->named, &count) : anonymous(*pin->anonymous(), &count);
      status = overlapping->finish(status, count);
    }
    // With an OVERLAPPED the count is told only by success (FINE-4).
    if (transferred != nullptr && (overlapped == nullptr || status == PIPES_OK)) *transferred = count;
    return status;
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
      [&](NamedEnd& end, const Overlapping& overlapping, uint32_t* count) {
        return end.read(overlapping.operation(buffer, size), count);
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
      [&](NamedEnd& end, const Overlapping& overlapping, uint32_t* count) {
        return end.write(overlapping.operation(buffer, size), count);
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
      [&](NamedEnd& end, const Overlapping& overlapping, uint32_t*) {
        return end.transact({static_cast<const std::byte*>(request), request_size},
                            overlapping.operation(reply, reply_size));
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
