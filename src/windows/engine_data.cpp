// Reading, writing, peeking, transacting, flushing: each one call of the kernel's.
#include "windows/win32.h"

namespace pipes::engine {
namespace {

// With an OVERLAPPED the count is told only by success (FINE-4). The kernel gets a count of ours: it is written when
// the call returns, and never later.
template <class Call>
Status transfer(uint32_t* transferred, const pipes_overlapped* overlapped, Call call) {
  DWORD count = 0;
  const Status status = status_of(call(&count));
  if (transferred != nullptr && (overlapped == nullptr || status == PIPES_OK)) *transferred = count;
  return status;
}

}  // namespace

Status read(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred,
            pipes_overlapped* overlapped) noexcept {
  return transfer(transferred, overlapped,
                  [&](DWORD* count) { return ::ReadFile(kernel(handle), buffer, size, count, kernel(overlapped)); });
}

Status write(pipes_handle handle, const void* buffer, uint32_t size, uint32_t* transferred,
             pipes_overlapped* overlapped) noexcept {
  return transfer(transferred, overlapped,
                  [&](DWORD* count) { return ::WriteFile(kernel(handle), buffer, size, count, kernel(overlapped)); });
}

Status peek(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred, uint32_t* available,
            uint32_t* left_this_message) noexcept {
  return status_of(
      ::PeekNamedPipe(kernel(handle), buffer, size, kernel(transferred), kernel(available), kernel(left_this_message)));
}

Status transact(pipes_handle handle, const void* request, uint32_t request_size, void* reply, uint32_t reply_size,
                uint32_t* transferred, pipes_overlapped* overlapped) noexcept {
  return transfer(transferred, overlapped, [&](DWORD* count) {
    return ::TransactNamedPipe(kernel(handle), const_cast<void*>(request), request_size, reply, reply_size, count,
                               kernel(overlapped));
  });
}

Status flush(pipes_handle handle) noexcept { return status_of(::FlushFileBuffers(kernel(handle))); }

}  // namespace pipes::engine
