// Completion routines, results and cancelling of overlapped operations: each one call of the kernel's.
#include "windows/win32.h"

namespace pipes::engine {
namespace {

// A routine of ours is called like one of the kernel's: the same arguments in the same registers.
static_assert(sizeof(void*) == 8);
LPOVERLAPPED_COMPLETION_ROUTINE kernel(pipes_completion_routine routine) {
  return reinterpret_cast<LPOVERLAPPED_COMPLETION_ROUTINE>(reinterpret_cast<void*>(routine));
}

}  // namespace

Status read_ex(pipes_handle handle, void* buffer, uint32_t size, pipes_overlapped* overlapped,
               pipes_completion_routine routine) noexcept {
  return status_of(::ReadFileEx(kernel(handle), buffer, size, kernel(overlapped), kernel(routine)));
}

Status write_ex(pipes_handle handle, const void* buffer, uint32_t size, pipes_overlapped* overlapped,
                pipes_completion_routine routine) noexcept {
  return status_of(::WriteFileEx(kernel(handle), buffer, size, kernel(overlapped), kernel(routine)));
}

Status get_overlapped_result(pipes_handle handle, pipes_overlapped* overlapped, uint32_t* transferred, uint32_t timeout,
                             bool alertable) noexcept {
  DWORD count = 0;
  const Status status =
      status_of(::GetOverlappedResultEx(kernel(handle), kernel(overlapped), &count, timeout, alertable ? TRUE : FALSE));
  if (status == PIPES_OK || status == PIPES_ERROR_MORE_DATA) *transferred = count;
  return status;
}

Status cancel(pipes_handle handle) noexcept { return status_of(::CancelIo(kernel(handle))); }

Status cancel_ex(pipes_handle handle, const pipes_overlapped* overlapped) noexcept {
  return status_of(::CancelIoEx(kernel(handle), kernel(const_cast<pipes_overlapped*>(overlapped))));
}

Status get_event_fd(pipes_handle, uint32_t, int*) noexcept { return PIPES_ERROR_NOT_SUPPORTED; }

}  // namespace pipes::engine
