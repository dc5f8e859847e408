// Starting this test program again on Windows: what child_windows.cpp and spawn_windows.cpp share.
#pragma once

#define WIN32_LEAN_AND_MEAN
#if !defined(NOMINMAX)  // mingw's libstdc++ defines it
#define NOMINMAX
#endif
#include <windows.h>

#include <string>
#include <utility>
#include <vector>

namespace pipes::test {

// KernelHandle closes what it holds.
class KernelHandle {
 public:
  KernelHandle() = default;
  explicit KernelHandle(HANDLE handle) : handle_(handle != INVALID_HANDLE_VALUE ? handle : nullptr) {}
  KernelHandle(KernelHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  KernelHandle& operator=(KernelHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  KernelHandle(const KernelHandle&) = delete;
  KernelHandle& operator=(const KernelHandle&) = delete;
  ~KernelHandle() { close(); }

  operator HANDLE() const { return handle_; }  // NOLINT: implicit, it stands for the handle
  [[nodiscard]] bool valid() const { return handle_ != nullptr; }
  void close() {
    if (handle_ != nullptr) ::CloseHandle(handle_);
    handle_ = nullptr;
  }
  [[nodiscard]] HANDLE release() { return std::exchange(handle_, nullptr); }

 private:
  HANDLE handle_ = nullptr;
};

// Borrowed handles; what is left out is the null device.
struct StandardHandles {
  HANDLE input = nullptr;
  HANDLE output = nullptr;
  HANDLE error = nullptr;
};

// Starts this program in a role. It inherits what is inheritable, as a program started by a shell would, has no
// console, and is ended by the system when this process is gone. `environment` holds `NAME=value` in place of this
// process's own. Returns the process, or an invalid handle with the last error.
[[nodiscard]] KernelHandle start_this_program(const std::string& role, const std::vector<std::string>& arguments,
                                              const StandardHandles& handles,
                                              const std::vector<std::string>& environment = {});

// The role this process was started in, and its arguments. Empty if it was started in none.
struct StartedAs {
  std::string role;
  std::vector<std::string> arguments;
};
[[nodiscard]] StartedAs started_as(int argc, char** argv);

// The exit code TerminateProcess is given: what Exit::code says of a process that was killed.
inline constexpr UINT kKilled = ~0u;

// Waits for the process to end and returns its exit code.
[[nodiscard]] int exit_code(HANDLE process);

[[nodiscard]] std::string last_error_text();

}  // namespace pipes::test
