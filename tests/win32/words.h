// The words in which the tests of the Win32 source layer speak. They are Win32's own: the tests compile for Windows,
// too.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/harness.h"
// After the headers of the C++ library, which the layer's printf is nothing to.
#include <windows.h>

// A literal of WCHARs.
#ifdef _WIN32
#define WIDE(literal) L##literal
#else
#define WIDE(literal) u##literal
#endif

namespace pipes::test {

using WideString = std::basic_string<WCHAR>;

// Owned closes a Win32 handle.
class Owned {
 public:
  Owned() = default;
  explicit Owned(HANDLE handle) : handle_(handle == INVALID_HANDLE_VALUE ? nullptr : handle) {}
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    close();
    handle_ = std::exchange(other.handle_, nullptr);
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { close(); }

  operator HANDLE() const { return handle_; }  // NOLINT: implicit, so that tests read like callers
  [[nodiscard]] bool valid() const { return handle_ != nullptr; }
  bool close() {
    const HANDLE handle = std::exchange(handle_, nullptr);
    return handle != nullptr && CloseHandle(handle) != FALSE;
  }

 private:
  HANDLE handle_ = nullptr;
};

// last_error_of gives the last error that a failed call left; 0 if it succeeded.
inline DWORD last_error_of(BOOL result) { return result != FALSE ? 0 : GetLastError(); }

inline Owned new_event(BOOL manual_reset = TRUE) { return Owned(CreateEventA(nullptr, manual_reset, FALSE, nullptr)); }

// The two ends of an instance of a duplex pipe.
struct Ends {
  Owned server;
  Owned client;
};

inline Ends connect_ends(DWORD pipe_mode = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, DWORD flags = 0) {
  const std::string name = unique_name();
  Ends ends;
  ends.server = Owned(CreateNamedPipeA(name.c_str(), PIPE_ACCESS_DUPLEX | flags, pipe_mode, 1, 4096, 4096, 0, nullptr));
  ends.client =
      Owned(CreateFileA(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, flags, nullptr));
  return ends;
}

inline BOOL write_text(HANDLE handle, const std::string& text) {
  DWORD written = 0;
  return WriteFile(handle, text.data(), static_cast<DWORD>(text.size()), &written, nullptr) && written == text.size();
}

// One read of at most `size` bytes; empty if it failed.
inline std::string read_text(HANDLE handle, DWORD size = 4096) {
  std::string text(size, '\0');
  DWORD read = 0;
  if (!ReadFile(handle, text.data(), size, &read, nullptr)) return {};
  text.resize(read);
  return text;
}

// Everything up to the end.
inline std::string read_all(HANDLE handle) {
  std::string all;
  for (std::string piece = read_text(handle); !piece.empty(); piece = read_text(handle)) all += piece;
  return all;
}

}  // namespace pipes::test
