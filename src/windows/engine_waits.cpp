// Events, waits and completion ports: each one call of the kernel's.
#include <algorithm>
#include <array>

#include "windows/win32.h"

namespace pipes::engine {
namespace {

// What a wait for one of several objects, the first of which is number 0, ended with.
Status status_of_wait(DWORD result, uint32_t count, uint32_t* index) {
  if (result < WAIT_OBJECT_0 + count) {
    if (index != nullptr) *index = result - WAIT_OBJECT_0;
    return PIPES_OK;
  }
  // A mutex whose owner has ended, which no object of ours is, counts as signalled.
  if (result >= WAIT_ABANDONED_0 && result < WAIT_ABANDONED_0 + count) {
    if (index != nullptr) *index = result - WAIT_ABANDONED_0;
    return PIPES_OK;
  }
  return result == WAIT_FAILED ? status_of(FALSE) : result;
}

Status status_of_handle(HANDLE made, pipes_handle* handle) {
  if (made == nullptr) return status_of(FALSE);
  *handle = ours(made);
  return PIPES_OK;
}

static_assert(sizeof(pipes_port_entry) == sizeof(OVERLAPPED_ENTRY));

}  // namespace

Status event_create(bool manual_reset, bool initial_state, pipes_handle* event) noexcept {
  return status_of_handle(::CreateEventW(nullptr, manual_reset ? TRUE : FALSE, initial_state ? TRUE : FALSE, nullptr),
                          event);
}

Status event_set(pipes_handle event) noexcept { return status_of(::SetEvent(kernel(event))); }

Status event_reset(pipes_handle event) noexcept { return status_of(::ResetEvent(kernel(event))); }

Status wait(std::span<const pipes_handle> handles, bool wait_all, uint32_t timeout, bool alertable,
            uint32_t* index) noexcept {
  std::array<HANDLE, MAXIMUM_WAIT_OBJECTS> objects{};
  std::ranges::transform(handles, objects.begin(), [](pipes_handle handle) { return kernel(handle); });
  const auto count = static_cast<DWORD>(handles.size());
  const DWORD result =
      ::WaitForMultipleObjectsEx(count, objects.data(), wait_all ? TRUE : FALSE, timeout, alertable ? TRUE : FALSE);
  return status_of_wait(result, count, index);
}

Status signal_and_wait(pipes_handle signal, pipes_handle object, uint32_t timeout, bool alertable) noexcept {
  const DWORD result = ::SignalObjectAndWait(kernel(signal), kernel(object), timeout, alertable ? TRUE : FALSE);
  return status_of_wait(result, 1, nullptr);
}

Status sleep(uint32_t timeout, bool alertable) noexcept { return ::SleepEx(timeout, alertable ? TRUE : FALSE); }

Status queue_routine(pipes_thread thread, pipes_thread_routine routine, uintptr_t context) noexcept {
  if (thread == 0 || thread > UINT32_MAX) return PIPES_ERROR_INVALID_HANDLE;
  const HANDLE opened = ::OpenThread(THREAD_SET_CONTEXT, FALSE, static_cast<DWORD>(thread));
  if (opened == nullptr) return PIPES_ERROR_INVALID_HANDLE;
  const auto kernels = reinterpret_cast<PAPCFUNC>(reinterpret_cast<void*>(routine));
  const Status status = ::QueueUserAPC(kernels, opened, context) != 0 ? Status{PIPES_OK} : PIPES_ERROR_INVALID_HANDLE;
  ::CloseHandle(opened);
  return status;
}

Status port_create(uint32_t concurrency, pipes_handle* port) noexcept {
  return status_of_handle(::CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, concurrency), port);
}

Status port_associate(pipes_handle port, pipes_handle handle, uint64_t key) noexcept {
  // Without a port the kernel would make one.
  if (kernel(port) == nullptr || kernel(handle) == nullptr) return PIPES_ERROR_INVALID_HANDLE;
  return status_of(::CreateIoCompletionPort(kernel(handle), kernel(port), key, 0) != nullptr);
}

Status port_get(pipes_handle port, uint32_t* transferred, uint64_t* key, pipes_overlapped** overlapped,
                uint32_t timeout) noexcept {
  DWORD count = 0;
  ULONG_PTR found_key = 0;
  OVERLAPPED* found = nullptr;
  const Status status = status_of(::GetQueuedCompletionStatus(kernel(port), &count, &found_key, &found, timeout));
  *overlapped = reinterpret_cast<pipes_overlapped*>(found);
  if (status != PIPES_OK && found == nullptr) return status;
  *transferred = count;
  *key = found_key;
  return status;
}

Status port_get_many(pipes_handle port, std::span<pipes_port_entry> entries, uint32_t* taken, uint32_t timeout,
                     bool alertable) noexcept {
  ULONG count = 0;
  const Status status = status_of(
      ::GetQueuedCompletionStatusEx(kernel(port), reinterpret_cast<OVERLAPPED_ENTRY*>(entries.data()),
                                    static_cast<ULONG>(entries.size()), &count, timeout, alertable ? TRUE : FALSE));
  if (status == PIPES_OK) *taken = count;
  return status;
}

Status port_post(pipes_handle port, uint32_t transferred, uint64_t key, pipes_overlapped* overlapped) noexcept {
  return status_of(::PostQueuedCompletionStatus(kernel(port), transferred, key, kernel(overlapped)));
}

Status set_notification_modes(pipes_handle handle, uint32_t modes) noexcept {
  return status_of(::SetFileCompletionNotificationModes(kernel(handle), static_cast<UCHAR>(modes)));
}

}  // namespace pipes::engine
