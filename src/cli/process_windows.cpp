// CreateProcess, with a list of the handles that the child inherits: conversations start their commands at the same
// time, and a command that had the end of another's pipe would keep that one waiting for ever (CHILD-3, CHILD-4).
#include <windows.h>

#include <array>
#include <vector>

#include "cli/process.h"
#include "cli/text_windows.h"

namespace pipes::cli {
namespace {

class KernelHandle {
 public:
  KernelHandle() = default;
  explicit KernelHandle(HANDLE handle) : handle_(handle) {}
  ~KernelHandle() {
    if (handle_ != nullptr) ::CloseHandle(handle_);
  }
  KernelHandle(const KernelHandle&) = delete;
  KernelHandle& operator=(const KernelHandle&) = delete;
  [[nodiscard]] HANDLE get() const { return handle_; }
  [[nodiscard]] HANDLE* put() { return &handle_; }

 private:
  HANDLE handle_ = nullptr;
};

// Makes `copy` an inheritable copy of `handle`. Without a handle there is none.
bool copy_for_child(HANDLE handle, KernelHandle& copy) {
  if (handle == nullptr || handle == INVALID_HANDLE_VALUE) return true;
  const HANDLE process = ::GetCurrentProcess();
  return ::DuplicateHandle(process, handle, process, copy.put(), 0, TRUE, DUPLICATE_SAME_ACCESS) != FALSE;
}

// Owns the list of handles that CreateProcess is told.
class InheritedHandles {
 public:
  explicit InheritedHandles(std::vector<HANDLE> handles) : handles_(std::move(handles)) {
    SIZE_T size = 0;
    ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    memory_.resize(size);
    made_ = ::InitializeProcThreadAttributeList(get(), 1, 0, &size) != FALSE;
    told_ = made_ && ::UpdateProcThreadAttribute(get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles_.data(),
                                                 handles_.size() * sizeof(HANDLE), nullptr, nullptr) != FALSE;
  }
  ~InheritedHandles() {
    if (made_) ::DeleteProcThreadAttributeList(get());
  }
  InheritedHandles(const InheritedHandles&) = delete;
  InheritedHandles& operator=(const InheritedHandles&) = delete;
  [[nodiscard]] LPPROC_THREAD_ATTRIBUTE_LIST get() {
    return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
  }
  [[nodiscard]] bool valid() const { return told_; }

 private:
  std::vector<HANDLE> handles_;
  std::vector<char> memory_;
  bool made_ = false;
  bool told_ = false;
};

// `word` as CommandLineToArgvW and the C run-time library read it: a backslash is one, unless a quote follows it.
std::wstring quoted(const std::wstring& word) {
  if (!word.empty() && word.find_first_of(L" \t\n\v\"") == std::wstring::npos) return word;
  std::wstring result = L"\"";
  std::size_t backslashes = 0;
  for (const wchar_t unit : word) {
    if (unit == L'"') result.append(backslashes + 1, L'\\');
    backslashes = unit == L'\\' ? backslashes + 1 : 0;
    result += unit;
  }
  result.append(backslashes, L'\\');
  return result + L'"';
}

// The first word is the program, which is read by a simpler rule: quotes, if any, and no escapes.
std::wstring command_line_of(const std::vector<std::string>& command) {
  std::wstring line = L'"' + utf16(command.front()) + L'"';
  for (std::size_t i = 1; i < command.size(); ++i) line += L' ' + quoted(utf16(command[i]));
  return line;
}

bool is_file(const std::wstring& path) {
  const DWORD attributes = ::GetFileAttributesW(path.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) return false;
  if ((attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) return true;
  ::SetLastError(ERROR_ACCESS_DENIED);
  return false;
}

// Calls `find(buffer, size)` with room enough for what it returns the length of; empty if that is 0.
template <class Find>
std::wstring long_enough(Find find) {
  std::wstring path(MAX_PATH, L'\0');
  for (;;) {
    const DWORD size = find(path.data(), static_cast<DWORD>(path.size()));
    const bool fits = size < path.size();
    path.resize(size);
    if (fits) return path;
  }
}

// The file that CreateProcess would run, `.exe` put behind a name without a dot. Empty, and GetLastError, if there is
// none.
std::wstring file_of(const std::wstring& program) {
  if (program.find_first_of(L"\\/:") == std::wstring::npos) {
    const std::wstring found = long_enough([&](wchar_t* buffer, DWORD size) {
      return ::SearchPathW(nullptr, program.c_str(), L".exe", size, buffer, nullptr);
    });
    return found.empty() || is_file(found) ? found : std::wstring();
  }
  std::wstring path = long_enough(
      [&](wchar_t* buffer, DWORD size) { return ::GetFullPathNameW(program.c_str(), size, buffer, nullptr); });
  if (path.empty()) return path;
  const bool has_dot = path.find(L'.', path.find_last_of(L'\\') + 1) != std::wstring::npos;
  if (!has_dot && is_file(path + L".exe")) return path + L".exe";
  return is_file(path) ? path : std::wstring();
}

// For a batch file CreateProcess would start the shell, which reads its words by other rules: what a client is served
// with would be open to them.
bool is_batch_file(const std::wstring& path) {
  const auto ends_with = [&](const wchar_t* extension) {
    return path.size() >= 4 &&
           ::CompareStringOrdinal(path.c_str() + path.size() - 4, 4, extension, 4, TRUE) == CSTR_EQUAL;
  };
  return ends_with(L".bat") || ends_with(L".cmd");
}

// The same, but for what is not run.
std::wstring program_file(const std::string& program) {
  std::wstring path = program.empty() ? std::wstring() : file_of(utf16(program));
  if (program.empty()) ::SetLastError(ERROR_FILE_NOT_FOUND);
  if (!is_batch_file(path)) return path;
  ::SetLastError(ERROR_BAD_EXE_FORMAT);
  return {};
}

}  // namespace

std::optional<SystemError> why_not(const std::string& program) {
  // Whether the file is a program only running it shows.
  return program_file(program).empty() ? std::optional(last_system_error()) : std::nullopt;
}

std::optional<Process> start_process(const std::vector<std::string>& command, std::intptr_t input, std::intptr_t output,
                                     SystemError& error) {
  const auto failed = [&error] {
    error = last_system_error();
    return std::nullopt;
  };
  const std::wstring path = program_file(command.front());
  if (path.empty()) return failed();
  KernelHandle childs_input;
  KernelHandle childs_output;
  KernelHandle childs_error;
  if (!copy_for_child(reinterpret_cast<HANDLE>(input), childs_input) ||
      !copy_for_child(reinterpret_cast<HANDLE>(output), childs_output) ||
      !copy_for_child(::GetStdHandle(STD_ERROR_HANDLE), childs_error)) {
    return failed();
  }
  std::vector<HANDLE> handles{childs_input.get(), childs_output.get()};
  if (childs_error.get() != nullptr) handles.push_back(childs_error.get());
  InheritedHandles inherited(handles);
  if (!inherited.valid()) return failed();

  STARTUPINFOEXW start{};
  start.StartupInfo.cb = sizeof start;
  start.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  start.StartupInfo.hStdInput = childs_input.get();
  start.StartupInfo.hStdOutput = childs_output.get();
  start.StartupInfo.hStdError = childs_error.get();
  start.lpAttributeList = inherited.get();
  PROCESS_INFORMATION made{};
  std::wstring line = command_line_of(command);
  if (::CreateProcessW(path.c_str(), line.data(), nullptr, nullptr, TRUE, EXTENDED_STARTUPINFO_PRESENT, nullptr,
                       nullptr, &start.StartupInfo, &made) == FALSE) {
    return failed();
  }
  ::CloseHandle(made.hThread);
  return Process{.id = made.dwProcessId, .handle = reinterpret_cast<std::intptr_t>(made.hProcess)};
}

std::uint32_t wait_for_end(const Process& process) {
  const KernelHandle handle(reinterpret_cast<HANDLE>(process.handle));
  DWORD code = 128;
  ::WaitForSingleObject(handle.get(), INFINITE);
  ::GetExitCodeProcess(handle.get(), &code);
  return code;
}

}  // namespace pipes::cli
