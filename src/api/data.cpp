// Reading, writing, peeking, transacting, flushing.
#include "api/engine.h"

using namespace pipes;

namespace {

// READ-2: the count first, and somebody who is told it.
bool may_begin(uint32_t* transferred, const pipes_overlapped* overlapped) {
  if (transferred == nullptr) return overlapped != nullptr;
  *transferred = 0;
  return true;
}

bool is_there(const void* buffer, uint32_t size) { return buffer != nullptr || size == 0; }

}  // namespace

pipes_status pipes_read(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred,
                        pipes_overlapped* overlapped) {
  if (!may_begin(transferred, overlapped) || !is_there(buffer, size)) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::read(handle, buffer, size, transferred, overlapped);
}

pipes_status pipes_write(pipes_handle handle, const void* buffer, uint32_t size, uint32_t* transferred,
                         pipes_overlapped* overlapped) {
  if (!may_begin(transferred, overlapped) || !is_there(buffer, size)) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::write(handle, buffer, size, transferred, overlapped);
}

pipes_status pipes_transact(pipes_handle handle, const void* request, uint32_t request_size, void* reply,
                            uint32_t reply_size, uint32_t* transferred, pipes_overlapped* overlapped) {
  if (!may_begin(transferred, overlapped)) return PIPES_ERROR_INVALID_PARAMETER;
  if (!is_there(request, request_size) || !is_there(reply, reply_size)) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::transact(handle, request, request_size, reply, reply_size, transferred, overlapped);
}

pipes_status pipes_peek(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred, uint32_t* available,
                        uint32_t* left_this_message) {
  uint32_t copied = 0;
  uint32_t left = 0;
  const pipes_status status = engine::peek(handle, buffer, buffer == nullptr ? 0 : size, &copied, available, &left);
  if (status != PIPES_OK) return status;
  if (transferred != nullptr) *transferred = copied;
  // PEEK-6: in a byte pipe nothing is left of a message. NT says 0 less what it copied, which no message is long enough
  // to be mistaken for.
  if (left_this_message != nullptr) *left_this_message = left == 0U - copied ? 0 : left;
  return PIPES_OK;
}

pipes_status pipes_flush(pipes_handle handle) { return engine::flush(handle); }

pipes_status pipes_call(const char* name, const void* request, uint32_t request_size, void* reply, uint32_t reply_size,
                        uint32_t* transferred, uint32_t timeout) {
  if (transferred == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  *transferred = 0;
  constexpr uint32_t kAccess = PIPES_GENERIC_READ | PIPES_GENERIC_WRITE;
  pipes_handle handle = nullptr;
  pipes_status status = pipes_open(name, kAccess, 0, nullptr, &handle);
  if (status == PIPES_ERROR_PIPE_BUSY && timeout != PIPES_NMPWAIT_NOWAIT) {  // CALL-7
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
