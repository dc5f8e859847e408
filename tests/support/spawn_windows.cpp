// Foreign programs on Windows: this test program again, in roles that call nothing but the system and have no channel.
// The programs Windows brings along change what passes through them.
#include <gtest/gtest.h>

#include <array>

#include "support/process_windows.h"
#include "support/spawn.h"

namespace pipes::test {
namespace {

bool write_all(HANDLE to, const char* data, size_t size) {
  while (size > 0) {
    DWORD count = 0;
    if (::WriteFile(to, data, static_cast<DWORD>(size), &count, nullptr) == FALSE) return false;
    data += count;
    size -= count;
  }
  return true;
}

PIPES_CHILD_ROLE(plain_copier) {
  const HANDLE input = ::GetStdHandle(STD_INPUT_HANDLE);
  const HANDLE output = ::GetStdHandle(STD_OUTPUT_HANDLE);
  std::array<char, 65536> buffer{};
  while (true) {
    DWORD count = 0;
    if (::ReadFile(input, buffer.data(), static_cast<DWORD>(buffer.size()), &count, nullptr) == FALSE) {
      return ::GetLastError() == ERROR_BROKEN_PIPE ? 0 : 1;
    }
    if (!write_all(output, buffer.data(), count)) return 1;
  }
}

PIPES_CHILD_ROLE(plain_speaker) {
  const std::string& output = parent.argument(0);
  const std::string& error = parent.argument(1);
  const bool said = write_all(::GetStdHandle(STD_OUTPUT_HANDLE), output.data(), output.size()) &&
                    write_all(::GetStdHandle(STD_ERROR_HANDLE), error.data(), error.size());
  return said ? 0 : 1;
}

PIPES_CHILD_ROLE(plain_sleeper) {
  ::Sleep(INFINITE);
  return 0;
}

// The kernel's handle of an end; without an end, none.
HANDLE native(pipes_handle end) {
  if (end == PIPES_INVALID_HANDLE) return nullptr;
  intptr_t handle = 0;
  const pipes_status status = pipes_get_native_handle(end, &handle);
  if (status != PIPES_OK) ADD_FAILURE() << "no native handle: status " << status;
  return reinterpret_cast<HANDLE>(handle);
}

HANDLE handle_of(intptr_t process) { return reinterpret_cast<HANDLE>(process); }

}  // namespace

Program Program::start(const std::vector<std::string>& words, const StandardStreams& streams) {
  const StandardHandles handles{native(streams.input), native(streams.output), native(streams.error)};
  KernelHandle process = start_this_program(words.at(0), {words.begin() + 1, words.end()}, handles);
  if (!process.valid()) ADD_FAILURE() << "cannot start " << words[0] << ": " << last_error_text();
  return Program(process.valid() ? reinterpret_cast<intptr_t>(process.release()) : -1);
}

Program Program::copier(const StandardStreams& streams) { return start({"plain_copier"}, streams); }

Program Program::speaker(const StandardStreams& streams, const std::string& output, const std::string& error) {
  return start({"plain_speaker", output, error}, streams);
}

Program Program::sleeper(const StandardStreams& streams) { return start({"plain_sleeper"}, streams); }

Program::Program(Program&& other) noexcept : process_(std::exchange(other.process_, -1)) {}
Program::~Program() { kill(); }

void Program::kill() {
  if (process_ == -1) return;
  ::TerminateProcess(handle_of(process_), kKilled);
  (void)wait();
}

Exit Program::wait() {
  if (process_ == -1) return {};
  const KernelHandle process(handle_of(std::exchange(process_, -1)));
  return {.code = exit_code(process)};
}

NativeFlags native_flags(pipes_handle end) {
  DWORD flags = 0;
  DWORD modes = 0;
  const HANDLE handle = native(end);
  if (::GetHandleInformation(handle, &flags) == FALSE) return {};
  if (::GetNamedPipeHandleStateW(handle, &modes, nullptr, nullptr, nullptr, nullptr, 0) == FALSE) return {};
  return {.known = true, .non_blocking = (modes & PIPE_NOWAIT) != 0, .inheritable = (flags & HANDLE_FLAG_INHERIT) != 0};
}

}  // namespace pipes::test
