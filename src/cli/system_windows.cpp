// The arguments of main are in the code page of the system, which lacks most characters; the command line has them all.
#include <windows.h>
// windows.h first
#include <shellapi.h>

#include <array>

#include "cli/system.h"
#include "cli/text_windows.h"

namespace pipes::cli {
namespace {

char16_t mapped(char16_t letter, DWORD how) {
  const auto unit = static_cast<wchar_t>(letter);
  wchar_t result = unit;
  return ::LCMapStringEx(LOCALE_NAME_INVARIANT, how, &unit, 1, &result, 1, nullptr, nullptr, 0) == 1
             ? static_cast<char16_t>(result)
             : letter;
}

}  // namespace

SystemError last_system_error() { return {::GetLastError()}; }

std::string text_of(SystemError error) {
  constexpr DWORD kHow = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
  std::array<wchar_t, 512> text{};
  const DWORD size = ::FormatMessageW(kHow, nullptr, error.number, 0, text.data(), text.size(), nullptr);
  std::string message = utf8({text.data(), size});
  while (message.ends_with(' ')) message.pop_back();  // it stands for the line end
  return "error " + std::to_string(error.number) + ": " + message;
}

std::vector<std::string> command_line(int argc, char** argv) {
  int count = 0;
  wchar_t** const words = ::CommandLineToArgvW(::GetCommandLineW(), &count);
  if (words == nullptr) return {argv, argv + argc};
  std::vector<std::string> result;
  for (int i = 0; i < count; ++i) result.push_back(utf8(words[i]));
  ::LocalFree(words);
  return result;
}

std::uint32_t own_process_id() { return ::GetCurrentProcessId(); }

std::optional<UserIds> own_ids() { return std::nullopt; }

std::optional<UserIds> ids_of(std::uint32_t) { return std::nullopt; }

std::optional<std::string> user_name(std::uint32_t) { return std::nullopt; }

std::optional<std::string> program_name(std::uint32_t) { return std::nullopt; }

char16_t upper_case(char16_t letter) { return mapped(letter, LCMAP_UPPERCASE); }

char16_t lower_case(char16_t letter) { return mapped(letter, LCMAP_LOWERCASE); }

}  // namespace pipes::cli
