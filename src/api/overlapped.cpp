// Completion routines, results and cancelling of overlapped operations, and descriptors for loops of others.
#include "api/engine.h"

using namespace pipes;

namespace {

bool may_begin(const void* buffer, uint32_t size, const pipes_overlapped* overlapped,
               pipes_completion_routine routine) {
  return (buffer != nullptr || size == 0) && overlapped != nullptr && routine != nullptr;
}

}  // namespace

pipes_status pipes_read_ex(pipes_handle handle, void* buffer, uint32_t size, pipes_overlapped* overlapped,
                           pipes_completion_routine routine) {
  if (!may_begin(buffer, size, overlapped, routine)) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::read_ex(handle, buffer, size, overlapped, routine);
}

pipes_status pipes_write_ex(pipes_handle handle, const void* buffer, uint32_t size, pipes_overlapped* overlapped,
                            pipes_completion_routine routine) {
  if (!may_begin(buffer, size, overlapped, routine)) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::write_ex(handle, buffer, size, overlapped, routine);
}

pipes_status pipes_get_overlapped_result(pipes_handle handle, pipes_overlapped* overlapped, uint32_t* transferred,
                                         uint32_t timeout, uint32_t alertable) {
  if (overlapped == nullptr || transferred == nullptr || alertable > 1) return PIPES_ERROR_INVALID_PARAMETER;
  *transferred = 0;
  return engine::get_overlapped_result(handle, overlapped, transferred, timeout, alertable != 0);
}

pipes_status pipes_cancel(pipes_handle handle) { return engine::cancel(handle); }

pipes_status pipes_cancel_ex(pipes_handle handle, const pipes_overlapped* overlapped) {
  return engine::cancel_ex(handle, overlapped);
}

pipes_status pipes_get_event_fd(pipes_handle handle, uint32_t which, int* fd) {
  if (fd == nullptr || (which != PIPES_EVENT_READABLE && which != PIPES_EVENT_WRITABLE)) {
    return PIPES_ERROR_INVALID_PARAMETER;
  }
  return engine::get_event_fd(handle, which, fd);
}
