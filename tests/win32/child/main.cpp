// The child of the process tests: what it does is its first argument.
#include <windows.h>

#include <string>

namespace {

HANDLE standard(DWORD which) { return GetStdHandle(which); }

void say(const std::string& text) {
  DWORD written = 0;
  WriteFile(standard(STD_OUTPUT_HANDLE), text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
}

// Copies input to output; the exit code is the error that ended it.
int copy() {
  char buffer[256];
  for (;;) {
    DWORD read = 0;
    if (!ReadFile(standard(STD_INPUT_HANDLE), buffer, sizeof buffer, &read, nullptr)) {
      return static_cast<int>(GetLastError());
    }
    if (read == 0) return 0;
    say(std::string(buffer, read));
  }
}

int tell_types() {
  say(std::to_string(GetFileType(standard(STD_INPUT_HANDLE))) +
      std::to_string(GetFileType(standard(STD_OUTPUT_HANDLE))));
  return 0;
}

// How many bytes wait in the input, without taking them.
int peek() {
  DWORD available = 0;
  while (PeekNamedPipe(standard(STD_INPUT_HANDLE), nullptr, 0, nullptr, &available, nullptr) && available == 0)
    Sleep(1);
  say(std::to_string(available));
  return 0;
}

int tell_arguments(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) say(std::string(argv[i]) + "|");
  return 0;
}

int tell_variable(const char* name) {
  char value[256];
  const DWORD length = GetEnvironmentVariableA(name, value, sizeof value);
  say(length == 0 ? std::string("none") : std::string(value, length));
  return 0;
}

// Writes to a handle whose value it is told.
int write_to(const char* value) {
  const auto handle = reinterpret_cast<HANDLE>(static_cast<ULONG_PTR>(std::stoull(value)));
  DWORD written = 0;
  return WriteFile(handle, "inherited", 9, &written, nullptr) ? 0 : static_cast<int>(GetLastError());
}

// The same, told by the pipe that it opens.
int write_to_told(const char* pipe) {
  HANDLE teller = INVALID_HANDLE_VALUE;
  while (teller == INVALID_HANDLE_VALUE) {
    if (!WaitNamedPipeA(pipe, NMPWAIT_WAIT_FOREVER)) return 98;
    teller = CreateFileA(pipe, GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  }
  char value[64]{};
  DWORD read = 0;
  if (!ReadFile(teller, value, sizeof value - 1, &read, nullptr)) return static_cast<int>(GetLastError());
  return write_to(value);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "copy") return copy();
  if (what == "types") return tell_types();
  if (what == "peek") return peek();
  if (what == "arguments") return tell_arguments(argc, argv);
  if (what == "variable") return tell_variable(argv[2]);
  if (what == "write-to") return write_to(argv[2]);
  if (what == "write-to-told") return write_to_told(argv[2]);
  if (what == "exit") return std::stoi(argv[2]);
  if (what == "sleep") Sleep(INFINITE);
  return 99;
}
