// Handles themselves, and cancelling: each one call of the kernel's.
#include "windows/win32.h"

namespace pipes::engine {

Status close(pipes_handle handle) noexcept { return status_of(::CloseHandle(kernel(handle))); }

Status duplicate(pipes_handle handle, uint32_t desired_access, bool inherit, uint32_t options,
                 pipes_handle* duplicate) noexcept {
  const HANDLE process = ::GetCurrentProcess();
  HANDLE made = nullptr;
  const Status status = status_of(
      ::DuplicateHandle(process, kernel(handle), process, &made, desired_access, inherit ? TRUE : FALSE, options));
  if (status == PIPES_OK) *duplicate = ours(made);
  return status;
}

Status duplicate_into(pipes_handle handle, uint32_t process_id, uint32_t desired_access, bool inherit, uint32_t options,
                      pipes_handle* duplicate) noexcept {
  const HANDLE process = ::OpenProcess(PROCESS_DUP_HANDLE, FALSE, process_id);
  if (process == nullptr) {
    const Status status = status_of(FALSE);
    if ((options & DUPLICATE_CLOSE_SOURCE) != 0) ::CloseHandle(kernel(handle));
    return status;
  }
  HANDLE made = nullptr;
  const Status status = status_of(::DuplicateHandle(::GetCurrentProcess(), kernel(handle), process, &made,
                                                    desired_access, inherit ? TRUE : FALSE, options));
  ::CloseHandle(process);
  if (status == PIPES_OK) *duplicate = ours(made);
  return status;
}

// Who may open a process with PROCESS_DUP_HANDLE needs no consent.
Status accept_handles(bool) noexcept { return PIPES_OK; }

Status get_handle_flags(pipes_handle handle, uint32_t* flags) noexcept {
  DWORD found = 0;
  const Status status = status_of(::GetHandleInformation(kernel(handle), &found));
  if (status == PIPES_OK) *flags = found;
  return status;
}

Status set_handle_flags(pipes_handle handle, uint32_t mask, uint32_t flags) noexcept {
  return status_of(::SetHandleInformation(kernel(handle), mask, flags));
}

Status get_native_handle(pipes_handle handle, intptr_t* native) noexcept {
  DWORD flags = 0;
  const Status status = status_of(::GetHandleInformation(kernel(handle), &flags));
  if (status == PIPES_OK) *native = reinterpret_cast<intptr_t>(handle);
  return status;
}

Status adopt_native_handle(intptr_t native, pipes_handle* handle) noexcept {
  const auto given = reinterpret_cast<HANDLE>(native);
  if (::GetFileType(given) != FILE_TYPE_PIPE) return PIPES_ERROR_INVALID_HANDLE;
  *handle = ours(given);
  return PIPES_OK;
}

pipes_thread current_thread() noexcept { return ::GetCurrentThreadId(); }

Status cancel_synchronous(pipes_thread thread) noexcept {
  if (thread == 0 || thread > UINT32_MAX) return PIPES_ERROR_INVALID_HANDLE;
  const HANDLE opened = ::OpenThread(THREAD_TERMINATE, FALSE, static_cast<DWORD>(thread));
  if (opened == nullptr) return PIPES_ERROR_INVALID_HANDLE;
  const Status status = status_of(::CancelSynchronousIo(opened));
  ::CloseHandle(opened);
  return status;
}

}  // namespace pipes::engine
