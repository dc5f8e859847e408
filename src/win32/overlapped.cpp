// Overlapped operations and completion ports: the C ABI under Win32's names.
#include "pipes/win32.h"
#include "support/detached_thread.h"
#include "support/mutex.h"
#include "win32/last_error.h"
#include "win32/objects.h"
#include "win32/threads.h"

using namespace pipes::win32;

// What is cast below is laid out alike.
static_assert(sizeof(OVERLAPPED) == sizeof(pipes_overlapped));
static_assert(offsetof(OVERLAPPED, InternalHigh) == offsetof(pipes_overlapped, internal_high));
static_assert(offsetof(OVERLAPPED, Offset) == offsetof(pipes_overlapped, offset));
static_assert(offsetof(OVERLAPPED, hEvent) == offsetof(pipes_overlapped, event));
static_assert(sizeof(OVERLAPPED_ENTRY) == sizeof(pipes_port_entry));
static_assert(offsetof(OVERLAPPED_ENTRY, lpOverlapped) == offsetof(pipes_port_entry, overlapped));
static_assert(offsetof(OVERLAPPED_ENTRY, dwNumberOfBytesTransferred) == offsetof(pipes_port_entry, transferred));

namespace {

pipes_overlapped* overlapped_of(LPOVERLAPPED overlapped) { return reinterpret_cast<pipes_overlapped*>(overlapped); }

pipes_completion_routine routine_of(LPOVERLAPPED_COMPLETION_ROUTINE routine) {
  return reinterpret_cast<pipes_completion_routine>(routine);
}

// answer_started is answer for what reports a started operation as success. APC-10: such a call sets the last error.
BOOL answer_started(pipes::Status status) {
  if (status == PIPES_OK) SetLastError(ERROR_SUCCESS);
  return answer(status);
}

// The port of BindIoCompletionCallback, and the thread that takes from it. The key of a packet is the function.
class CallbackPort {
 public:
  pipes::Status bind(pipes_handle handle, LPOVERLAPPED_COMPLETION_ROUTINE function) {
    if (const pipes::Status status = start(); status != PIPES_OK) return status;
    return pipes_port_associate(port_, handle, reinterpret_cast<uint64_t>(function));
  }

 private:
  pipes::Status start() {
    pipes::MutexLock lock(mutex_);
    if (port_ != nullptr) return PIPES_OK;
    pipes_handle port = nullptr;
    if (const pipes::Status status = pipes_port_create(0, &port); status != PIPES_OK) return status;
    if (!pipes::start_detached_thread("pipes callbacks", &CallbackPort::run, port)) {
      pipes_close(port);
      return PIPES_ERROR_NO_SYSTEM_RESOURCES;
    }
    port_ = port;
    return PIPES_OK;
  }

  static void run(void* port) {
    for (;;) {
      uint32_t transferred = 0;
      uint64_t key = 0;
      pipes_overlapped* overlapped = nullptr;
      const pipes::Status status =
          pipes_port_get(static_cast<pipes_handle>(port), &transferred, &key, &overlapped, PIPES_INFINITE);
      if (overlapped == nullptr) return;
      const auto function = reinterpret_cast<LPOVERLAPPED_COMPLETION_ROUTINE>(key);
      function(status, transferred, reinterpret_cast<LPOVERLAPPED>(overlapped));
    }
  }

  pipes::Mutex mutex_;
  pipes_handle port_ = nullptr;  // set once, under the lock
};

constinit CallbackPort callback_port;

}  // namespace

BOOL ReadFileEx(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPOVERLAPPED lpOverlapped,
                LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
  return answer_started(pipes_read_ex(engine_handle(hFile), lpBuffer, nNumberOfBytesToRead, overlapped_of(lpOverlapped),
                                      routine_of(lpCompletionRoutine)));
}

BOOL WriteFileEx(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPOVERLAPPED lpOverlapped,
                 LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
  return answer_started(pipes_write_ex(engine_handle(hFile), lpBuffer, nNumberOfBytesToWrite,
                                       overlapped_of(lpOverlapped), routine_of(lpCompletionRoutine)));
}

BOOL GetOverlappedResultEx(HANDLE hFile, LPOVERLAPPED lpOverlapped, LPDWORD lpNumberOfBytesTransferred,
                           DWORD dwMilliseconds, BOOL bAlertable) {
  if (lpOverlapped == nullptr || lpNumberOfBytesTransferred == nullptr) return answer(ERROR_INVALID_PARAMETER);
  // An operation on a file was over when it returned.
  if (belongs_to_layer(hFile)) {
    *lpNumberOfBytesTransferred = static_cast<DWORD>(lpOverlapped->InternalHigh);
    return TRUE;
  }
  return answer(pipes_get_overlapped_result(engine_handle(hFile), overlapped_of(lpOverlapped),
                                            lpNumberOfBytesTransferred, dwMilliseconds, bAlertable != FALSE));
}

BOOL GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped, LPDWORD lpNumberOfBytesTransferred, BOOL bWait) {
  return GetOverlappedResultEx(hFile, lpOverlapped, lpNumberOfBytesTransferred, bWait != FALSE ? INFINITE : 0, FALSE);
}

BOOL CancelIo(HANDLE hFile) { return answer(pipes_cancel(engine_handle(hFile))); }

BOOL CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped) {
  return answer(pipes_cancel_ex(engine_handle(hFile), overlapped_of(lpOverlapped)));
}

BOOL CancelSynchronousIo(HANDLE hThread) {
  const auto thread = Thread::behind(hThread);
  return answer(thread == nullptr ? pipes::Status{ERROR_INVALID_HANDLE} : pipes_cancel_synchronous(thread->name()));
}

HANDLE CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey,
                              DWORD NumberOfConcurrentThreads) {
  pipes_handle port = engine_handle(ExistingCompletionPort);
  if (ExistingCompletionPort == nullptr) {
    if (const pipes::Status status = pipes_port_create(NumberOfConcurrentThreads, &port); status != PIPES_OK) {
      return fail(status, HANDLE{nullptr});
    }
  } else if (FileHandle == INVALID_HANDLE_VALUE) {
    return fail(ERROR_INVALID_PARAMETER, HANDLE{nullptr});
  }
  if (FileHandle == INVALID_HANDLE_VALUE) return port;
  const pipes::Status status = pipes_port_associate(port, engine_handle(FileHandle), CompletionKey);
  if (status == PIPES_OK) return port;
  if (ExistingCompletionPort == nullptr) pipes_close(port);
  return fail(status, HANDLE{nullptr});
}

BOOL GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred, PULONG_PTR lpCompletionKey,
                               LPOVERLAPPED* lpOverlapped, DWORD dwMilliseconds) {
  if (lpNumberOfBytesTransferred == nullptr || lpCompletionKey == nullptr || lpOverlapped == nullptr) {
    return answer(ERROR_INVALID_PARAMETER);
  }
  pipes_port_entry entry{};
  entry.transferred = *lpNumberOfBytesTransferred;
  entry.key = *lpCompletionKey;
  const pipes::Status status =
      pipes_port_get(engine_handle(CompletionPort), &entry.transferred, &entry.key, &entry.overlapped, dwMilliseconds);
  *lpNumberOfBytesTransferred = entry.transferred;
  *lpCompletionKey = entry.key;
  *lpOverlapped = reinterpret_cast<LPOVERLAPPED>(entry.overlapped);  // FINE-23
  return answer(status);
}

BOOL GetQueuedCompletionStatusEx(HANDLE CompletionPort, LPOVERLAPPED_ENTRY lpCompletionPortEntries, ULONG ulCount,
                                 PULONG ulNumEntriesRemoved, DWORD dwMilliseconds, BOOL fAlertable) {
  const pipes::Status status =
      pipes_port_get_many(engine_handle(CompletionPort), reinterpret_cast<pipes_port_entry*>(lpCompletionPortEntries),
                          ulCount, ulNumEntriesRemoved, dwMilliseconds, fAlertable != FALSE);
  return answer(status);
}

BOOL PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred, ULONG_PTR dwCompletionKey,
                                LPOVERLAPPED lpOverlapped) {
  return answer(pipes_port_post(engine_handle(CompletionPort), dwNumberOfBytesTransferred, dwCompletionKey,
                                overlapped_of(lpOverlapped)));
}

BOOL SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags) {
  return answer(pipes_set_notification_modes(engine_handle(FileHandle), Flags));
}

BOOL BindIoCompletionCallback(HANDLE FileHandle, LPOVERLAPPED_COMPLETION_ROUTINE Function, ULONG) {
  if (Function == nullptr) return answer(ERROR_INVALID_PARAMETER);
  return answer(callback_port.bind(engine_handle(FileHandle), Function));
}
