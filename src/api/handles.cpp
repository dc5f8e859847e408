// Handles themselves, cancelling, the log, and what needs no handle at all.
#include "api/engine.h"
#include "support/log.h"

using namespace pipes;

namespace {

constexpr uint32_t kHandleFlags = PIPES_HANDLE_FLAG_INHERIT | PIPES_HANDLE_FLAG_PROTECT_FROM_CLOSE;
constexpr uint32_t kDuplicateOptions = PIPES_DUPLICATE_CLOSE_SOURCE | PIPES_DUPLICATE_SAME_ACCESS;

}  // namespace

uint32_t pipes_version(void) { return PIPES_VERSION; }

pipes_status pipes_close(pipes_handle handle) { return engine::close(handle); }

pipes_status pipes_duplicate(pipes_handle handle, uint32_t desired_access, uint32_t inherit_handle, uint32_t options,
                             pipes_handle* duplicate) {
  if (duplicate == nullptr || inherit_handle > 1 || (options & ~kDuplicateOptions) != 0) {
    if ((options & PIPES_DUPLICATE_CLOSE_SOURCE) != 0) pipes_close(handle);
    return PIPES_ERROR_INVALID_PARAMETER;
  }
  return engine::duplicate(handle, desired_access, inherit_handle != 0, options, duplicate);
}

pipes_status pipes_duplicate_into(pipes_handle handle, uint32_t process_id, uint32_t desired_access,
                                  uint32_t inherit_handle, uint32_t options, pipes_handle* duplicate) {
  if (duplicate == nullptr || inherit_handle > 1 || (options & ~kDuplicateOptions) != 0) {
    if ((options & PIPES_DUPLICATE_CLOSE_SOURCE) != 0) pipes_close(handle);
    return PIPES_ERROR_INVALID_PARAMETER;
  }
  return engine::duplicate_into(handle, process_id, desired_access, inherit_handle != 0, options, duplicate);
}

pipes_status pipes_accept_handles(uint32_t accept) {
  return accept > 1 ? Status{PIPES_ERROR_INVALID_PARAMETER} : engine::accept_handles(accept != 0);
}

pipes_status pipes_set_inheritable(pipes_handle handle, uint32_t inherit_handle) {
  if (inherit_handle > 1) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::set_handle_flags(handle, PIPES_HANDLE_FLAG_INHERIT,
                                  inherit_handle != 0 ? PIPES_HANDLE_FLAG_INHERIT : 0);
}

pipes_status pipes_get_handle_flags(pipes_handle handle, uint32_t* flags) {
  return flags == nullptr ? Status{PIPES_ERROR_INVALID_PARAMETER} : engine::get_handle_flags(handle, flags);
}

pipes_status pipes_set_handle_flags(pipes_handle handle, uint32_t mask, uint32_t flags) {
  if (((mask | flags) & ~kHandleFlags) != 0) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::set_handle_flags(handle, mask, flags);
}

pipes_status pipes_get_native_handle(pipes_handle handle, intptr_t* native) {
  return native == nullptr ? Status{PIPES_ERROR_INVALID_PARAMETER} : engine::get_native_handle(handle, native);
}

pipes_status pipes_adopt_native_handle(intptr_t native, pipes_handle* handle) {
  return handle == nullptr ? Status{PIPES_ERROR_INVALID_PARAMETER} : engine::adopt_native_handle(native, handle);
}

pipes_thread pipes_current_thread(void) { return engine::current_thread(); }

pipes_status pipes_cancel_synchronous(pipes_thread thread) { return engine::cancel_synchronous(thread); }

pipes_status pipes_set_log(pipes_log_callback callback, void* context, uint32_t level) {
  if (level > static_cast<uint32_t>(LogLevel::kDebug)) return PIPES_ERROR_INVALID_PARAMETER;
  set_log(callback, context, level);
  return PIPES_OK;
}
