#include "cli/text_windows.h"

#include <windows.h>

namespace pipes::cli {

std::wstring utf16(std::string_view text) {
  const int size = static_cast<int>(text.size());
  std::wstring units(text.size(), L'\0');  // no character takes more units than bytes
  if (size == 0) return units;
  units.resize(static_cast<std::size_t>(::MultiByteToWideChar(CP_UTF8, 0, text.data(), size, units.data(), size)));
  return units;
}

std::string utf8(std::wstring_view text) {
  const int size = static_cast<int>(text.size());
  std::string bytes(text.size() * 3, '\0');  // the most that a unit takes
  if (size == 0) return bytes;
  const int room = static_cast<int>(bytes.size());
  bytes.resize(static_cast<std::size_t>(
      ::WideCharToMultiByte(CP_UTF8, 0, text.data(), size, bytes.data(), room, nullptr, nullptr)));
  return bytes;
}

}  // namespace pipes::cli
