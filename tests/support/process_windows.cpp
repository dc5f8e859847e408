// A command line names the role and the arguments, each in hexadecimal digits: neither quotes nor code pages matter
// then.
#include "support/process_windows.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <cwctype>
#include <map>

namespace pipes::test {
namespace {

constexpr UINT kCrashed = 3;
constexpr const char* kRoleOption = "--pipes-role=";
constexpr char kDigits[] = "0123456789abcdef";

std::wstring wide(const std::string& text) {
  const int bytes = static_cast<int>(text.size());
  std::wstring units(text.size(), L'\0');
  const int count = ::MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, units.data(), bytes);
  units.resize(static_cast<size_t>(count));
  return units;
}

// One word of a command line: an x, so that an empty argument is a word too, and the digits.
std::string encoded(const std::string& argument) {
  std::string word = "x";
  for (const char byte : argument) {
    const auto value = static_cast<unsigned char>(byte);
    word += kDigits[value >> 4];
    word += kDigits[value & 15];
  }
  return word;
}

char digit_value(char digit) { return static_cast<char>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

std::string decoded(const std::string& word) {
  std::string argument;
  for (size_t at = 1; at + 1 < word.size(); at += 2) {
    argument += static_cast<char>(digit_value(word[at]) << 4 | digit_value(word[at + 1]));
  }
  return argument;
}

std::wstring path_of_this_program() {
  std::array<wchar_t, 32768> path{};
  return {path.data(), ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()))};
}

// Variables by their names, which do not differ by case. A name may begin with `=`.
std::wstring variable_name(const std::wstring& variable) {
  std::wstring name = variable.substr(0, variable.find(L'=', 1));
  for (wchar_t& unit : name) unit = static_cast<wchar_t>(std::towupper(unit));
  return name;
}

std::wstring environment_block(const std::vector<std::string>& changes) {
  std::map<std::wstring, std::wstring> by_name;
  wchar_t* const own = ::GetEnvironmentStringsW();
  for (const wchar_t* at = own; at != nullptr && *at != L'\0'; at += std::wcslen(at) + 1) {
    by_name[variable_name(at)] = at;
  }
  ::FreeEnvironmentStringsW(own);
  for (const std::string& change : changes) by_name[variable_name(wide(change))] = wide(change);
  std::wstring block;
  for (const auto& [name, variable] : by_name) block += variable + L'\0';
  return block + L'\0';
}

// An inheritable handle of the same object, or of the null device.
KernelHandle for_child(HANDLE handle) {
  if (handle == nullptr || handle == INVALID_HANDLE_VALUE) {
    SECURITY_ATTRIBUTES inheritable{sizeof inheritable, nullptr, TRUE};
    return KernelHandle(::CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                      &inheritable, OPEN_EXISTING, 0, nullptr));
  }
  HANDLE made = nullptr;
  const HANDLE process = ::GetCurrentProcess();
  ::DuplicateHandle(process, handle, process, &made, 0, TRUE, DUPLICATE_SAME_ACCESS);
  return KernelHandle(made);
}

// The job whose processes end when its last handle is closed, which this process holds.
HANDLE job_of_children() {
  static const HANDLE job = [] {
    const HANDLE made = ::CreateJobObjectW(nullptr, nullptr);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    ::SetInformationJobObject(made, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    return made;
  }();
  return job;
}

// Of an exit code Wine gives Linux the low byte alone. That of an exception may be 0, which would look like success.
LONG WINAPI end_as_a_failure(EXCEPTION_POINTERS* what) {
  std::fprintf(stderr, "unhandled exception %08lx\n", what->ExceptionRecord->ExceptionCode);
  std::fflush(stderr);
  ::TerminateProcess(::GetCurrentProcess(), kCrashed);
  return EXCEPTION_CONTINUE_SEARCH;
}
[[maybe_unused]] const auto former_filter = ::SetUnhandledExceptionFilter(end_as_a_failure);

}  // namespace

KernelHandle start_this_program(const std::string& role, const std::vector<std::string>& arguments,
                                const StandardHandles& handles, const std::vector<std::string>& environment) {
  const std::wstring path = path_of_this_program();
  std::string words = kRoleOption + role;
  for (const std::string& argument : arguments) words += " " + encoded(argument);
  std::wstring command_line = L'"' + path + L"\" " + wide(words);
  std::wstring block = environment_block(environment);

  const KernelHandle input = for_child(handles.input);
  const KernelHandle output = for_child(handles.output);
  const KernelHandle error = for_child(handles.error);
  STARTUPINFOW start{};
  start.cb = sizeof start;
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = input;
  start.hStdOutput = output;
  start.hStdError = error;
  PROCESS_INFORMATION made{};
  // Suspended until it belongs to the job, so that it cannot outlive this process.
  constexpr DWORD kFlags = CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | DETACHED_PROCESS;
  // Wine's server refuses a new process now and then, and not the next one.
  constexpr int kAttemptsMax = 3;
  for (int attempt = 1;; ++attempt) {
    const bool is_made = ::CreateProcessW(path.c_str(), command_line.data(), nullptr, nullptr, TRUE, kFlags,
                                          block.data(), nullptr, &start, &made) != FALSE;
    if (is_made) break;
    if (::GetLastError() != ERROR_INTERNAL_ERROR || attempt == kAttemptsMax) return {};
  }
  ::AssignProcessToJobObject(job_of_children(), made.hProcess);
  ::ResumeThread(made.hThread);
  ::CloseHandle(made.hThread);
  return KernelHandle(made.hProcess);
}

StartedAs started_as(int argc, char** argv) {
  if (argc < 2 || std::strncmp(argv[1], kRoleOption, std::strlen(kRoleOption)) != 0) return {};
  StartedAs as{.role = argv[1] + std::strlen(kRoleOption), .arguments = {}};
  for (int at = 2; at < argc; ++at) as.arguments.push_back(decoded(argv[at]));
  return as;
}

int exit_code(HANDLE process) {
  DWORD code = kKilled;
  ::WaitForSingleObject(process, INFINITE);
  ::GetExitCodeProcess(process, &code);
  return static_cast<int>(code);
}

std::string last_error_text() { return "error " + std::to_string(::GetLastError()); }

}  // namespace pipes::test
