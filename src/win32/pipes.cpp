// Named and anonymous pipes: the C ABI under Win32's names.
#include <string>
#include <utility>
#include <vector>

#include "pipes/win32.h"
#include "win32/descriptors.h"
#include "win32/last_error.h"
#include "win32/objects.h"
#include "win32/text.h"

using namespace pipes::win32;

namespace {

// Attributes are what the C ABI calls them, with a descriptor of either kind as the one that it takes.
class Attributes {
 public:
  explicit Attributes(const SECURITY_ATTRIBUTES* given) : is_null_(given == nullptr) {
    if (given == nullptr) return;
    attributes_.size = sizeof attributes_;
    attributes_.inherit_handle = is_inheritable(given);
    if (given->lpSecurityDescriptor == nullptr) return;
    pipes::Result<std::vector<std::byte>> descriptor = self_relative_of(given->lpSecurityDescriptor);
    if (!descriptor) {
      status_ = descriptor.status();
      return;
    }
    descriptor_ = std::move(*descriptor);
    attributes_.security_descriptor = descriptor_.data();
    attributes_.descriptor_size = static_cast<uint32_t>(descriptor_.size());
  }
  // What is wrong with them.
  [[nodiscard]] pipes::Status status() const { return status_; }
  [[nodiscard]] const pipes_security_attributes* get() const { return is_null_ ? nullptr : &attributes_; }

 private:
  bool is_null_;
  pipes::Status status_ = PIPES_OK;
  std::vector<std::byte> descriptor_;
  pipes_security_attributes attributes_{};
};

pipes_overlapped* overlapped_of(LPOVERLAPPED overlapped) { return reinterpret_cast<pipes_overlapped*>(overlapped); }

BOOL tell_id(pipes_status (*query)(pipes_handle, uint32_t*), HANDLE pipe, PULONG id) {
  if (id == nullptr) return answer(ERROR_INSUFFICIENT_BUFFER);  // FINE-19
  return answer(query(engine_handle(pipe), id));
}

// What a query that writes text wants: the text in bytes, then as the caller's kind of units in his buffer.
template <class Query>
pipes::Status tell_text(LPWSTR buffer, DWORD size, Query query) {
  std::string bytes(static_cast<std::size_t>(size) * 3 + 1, '\0');
  const pipes::Status status = query(bytes.data(), static_cast<uint32_t>(bytes.size()));
  if (status != PIPES_OK) return status;
  const std::u16string text = utf16_of(bytes.c_str());
  return copy_out(std::u16string_view(text), buffer, size) ? PIPES_OK : PIPES_ERROR_INSUFFICIENT_BUFFER;
}

}  // namespace

HANDLE CreateNamedPipeA(LPCSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode, DWORD nMaxInstances, DWORD nOutBufferSize,
                        DWORD nInBufferSize, DWORD nDefaultTimeOut, LPSECURITY_ATTRIBUTES lpSecurityAttributes) {
  return guarded(INVALID_HANDLE_VALUE, [&]() -> HANDLE {
    const Attributes attributes(lpSecurityAttributes);
    if (attributes.status() != PIPES_OK) return fail(attributes.status(), INVALID_HANDLE_VALUE);
    pipes_handle handle = nullptr;
    uint32_t disposition = 0;
    const pipes_status status =
        pipes_create_named(lpName, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize, nInBufferSize,
                           nDefaultTimeOut, attributes.get(), &handle, &disposition);
    if (status != PIPES_OK) return fail(status, INVALID_HANDLE_VALUE);
    SetLastError(disposition);  // OPEN-28
    return handle;
  });
}

HANDLE CreateNamedPipeW(LPCWSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode, DWORD nMaxInstances, DWORD nOutBufferSize,
                        DWORD nInBufferSize, DWORD nDefaultTimeOut, LPSECURITY_ATTRIBUTES lpSecurityAttributes) {
  return guarded(INVALID_HANDLE_VALUE, [&] {
    return CreateNamedPipeA(Utf8(lpName), dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize, nInBufferSize,
                            nDefaultTimeOut, lpSecurityAttributes);
  });
}

BOOL CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe, LPSECURITY_ATTRIBUTES lpPipeAttributes, DWORD nSize) {
  if (hReadPipe == nullptr || hWritePipe == nullptr) return answer(ERROR_INVALID_PARAMETER);
  return guarded(FALSE, [&] {
    const Attributes attributes(lpPipeAttributes);
    if (attributes.status() != PIPES_OK) return answer(attributes.status());
    pipes_handle read_end = nullptr;
    pipes_handle write_end = nullptr;
    const pipes_status status = pipes_create_anonymous(&read_end, &write_end, attributes.get(), nSize);
    if (status != PIPES_OK) return answer(status);
    *hReadPipe = read_end;
    *hWritePipe = write_end;
    return TRUE;
  });
}

BOOL ConnectNamedPipe(HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped) {
  return answer(pipes_connect(engine_handle(hNamedPipe), overlapped_of(lpOverlapped)));
}

BOOL DisconnectNamedPipe(HANDLE hNamedPipe) { return answer(pipes_disconnect(engine_handle(hNamedPipe))); }

BOOL WaitNamedPipeA(LPCSTR lpNamedPipeName, DWORD nTimeOut) {
  return answer(pipes_wait_available(lpNamedPipeName, nTimeOut));
}

BOOL WaitNamedPipeW(LPCWSTR lpNamedPipeName, DWORD nTimeOut) {
  return guarded(FALSE, [&] { return WaitNamedPipeA(Utf8(lpNamedPipeName), nTimeOut); });
}

BOOL CallNamedPipeA(LPCSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                    DWORD nOutBufferSize, LPDWORD lpBytesRead, DWORD nTimeOut) {
  return answer(
      pipes_call(lpNamedPipeName, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead, nTimeOut));
}

BOOL CallNamedPipeW(LPCWSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                    DWORD nOutBufferSize, LPDWORD lpBytesRead, DWORD nTimeOut) {
  return guarded(FALSE, [&] {
    return CallNamedPipeA(Utf8(lpNamedPipeName), lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead,
                          nTimeOut);
  });
}

BOOL TransactNamedPipe(HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                       DWORD nOutBufferSize, LPDWORD lpBytesRead, LPOVERLAPPED lpOverlapped) {
  return answer(pipes_transact(engine_handle(hNamedPipe), lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize,
                               lpBytesRead, overlapped_of(lpOverlapped)));
}

BOOL PeekNamedPipe(HANDLE hNamedPipe, LPVOID lpBuffer, DWORD nBufferSize, LPDWORD lpBytesRead,
                   LPDWORD lpTotalBytesAvail, LPDWORD lpBytesLeftThisMessage) {
  uint32_t copied = 0;
  uint32_t left = 0;
  const pipes_status status =
      pipes_peek(engine_handle(hNamedPipe), lpBuffer, nBufferSize, &copied, lpTotalBytesAvail, &left);
  if (status != PIPES_OK) return answer(status);
  // PEEK-6: of a byte pipe NT says 0 less what it copied. What type it is matters only where the C ABI says 0.
  uint32_t flags = 0;
  const bool all_was_copied = left == 0 && copied != 0;
  if (all_was_copied && pipes_get_info(engine_handle(hNamedPipe), &flags, nullptr, nullptr, nullptr) == PIPES_OK &&
      (flags & PIPES_TYPE_MESSAGE) == 0) {
    left = 0U - copied;
  }
  if (lpBytesRead != nullptr) *lpBytesRead = copied;
  if (lpBytesLeftThisMessage != nullptr) *lpBytesLeftThisMessage = left;
  return TRUE;
}

BOOL GetNamedPipeInfo(HANDLE hNamedPipe, LPDWORD lpFlags, LPDWORD lpOutBufferSize, LPDWORD lpInBufferSize,
                      LPDWORD lpMaxInstances) {
  return answer(pipes_get_info(engine_handle(hNamedPipe), lpFlags, lpOutBufferSize, lpInBufferSize, lpMaxInstances));
}

BOOL GetNamedPipeHandleStateA(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances, LPDWORD lpMaxCollectionCount,
                              LPDWORD lpCollectDataTimeout, LPSTR lpUserName, DWORD nMaxUserNameSize) {
  return answer(pipes_get_state(engine_handle(hNamedPipe), lpState, lpCurInstances, lpMaxCollectionCount,
                                lpCollectDataTimeout, lpUserName, nMaxUserNameSize));
}

BOOL GetNamedPipeHandleStateW(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances, LPDWORD lpMaxCollectionCount,
                              LPDWORD lpCollectDataTimeout, LPWSTR lpUserName, DWORD nMaxUserNameSize) {
  const auto query = [&](LPSTR name, DWORD size) {
    return pipes_get_state(engine_handle(hNamedPipe), lpState, lpCurInstances, lpMaxCollectionCount,
                           lpCollectDataTimeout, name, size);
  };
  if (lpUserName == nullptr) return answer(query(nullptr, 0));
  return guarded(FALSE, [&] { return answer(tell_text(lpUserName, nMaxUserNameSize, query)); });
}

BOOL SetNamedPipeHandleState(HANDLE hNamedPipe, LPDWORD lpMode, LPDWORD lpMaxCollectionCount,
                             LPDWORD lpCollectDataTimeout) {
  return answer(pipes_set_state(engine_handle(hNamedPipe), lpMode, lpMaxCollectionCount, lpCollectDataTimeout));
}

BOOL GetNamedPipeClientProcessId(HANDLE Pipe, PULONG ClientProcessId) {
  return tell_id(pipes_get_client_process_id, Pipe, ClientProcessId);
}

BOOL GetNamedPipeClientSessionId(HANDLE Pipe, PULONG ClientSessionId) {
  return tell_id(pipes_get_client_session_id, Pipe, ClientSessionId);
}

BOOL GetNamedPipeServerProcessId(HANDLE Pipe, PULONG ServerProcessId) {
  return tell_id(pipes_get_server_process_id, Pipe, ServerProcessId);
}

BOOL GetNamedPipeServerSessionId(HANDLE Pipe, PULONG ServerSessionId) {
  return tell_id(pipes_get_server_session_id, Pipe, ServerSessionId);
}

BOOL GetNamedPipeClientComputerNameA(HANDLE Pipe, LPSTR ClientComputerName, ULONG ClientComputerNameLength) {
  return answer(pipes_get_client_computer_name(engine_handle(Pipe), ClientComputerName, ClientComputerNameLength));
}

BOOL GetNamedPipeClientComputerNameW(HANDLE Pipe, LPWSTR ClientComputerName, ULONG ClientComputerNameLength) {
  // The length is one of bytes.
  return guarded(FALSE, [&] {
    return answer(tell_text(
        ClientComputerName, ClientComputerNameLength / static_cast<ULONG>(sizeof(WCHAR)),
        [&](LPSTR name, DWORD size) { return pipes_get_client_computer_name(engine_handle(Pipe), name, size); }));
  });
}
