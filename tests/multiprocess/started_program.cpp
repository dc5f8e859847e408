#include "multiprocess/started_program.h"

#include <array>

#include "pipes/win32.h"

namespace pipes::test {

std::string user_of_a_started_program() {
  HANDLE reading = nullptr;
  HANDLE writing = nullptr;
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, nullptr, TRUE};
  if (!CreatePipe(&reading, &writing, &inherited, 0)) return {};
  STARTUPINFOA info{};
  info.cb = sizeof info;
  info.dwFlags = STARTF_USESTDHANDLES;
  info.hStdOutput = writing;
  PROCESS_INFORMATION made{};
  std::string line = "id -u";
  std::string told;
  const BOOL started = CreateProcessA(nullptr, line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &info, &made);
  CloseHandle(writing);
  if (started) {
    std::array<char, 64> text{};
    DWORD read = 0;
    while (ReadFile(reading, text.data(), text.size(), &read, nullptr)) told.append(text.data(), read);
    WaitForSingleObject(made.hProcess, INFINITE);
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
  }
  CloseHandle(reading);
  return told.substr(0, told.find('\n'));
}

}  // namespace pipes::test
