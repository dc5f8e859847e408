#include "windows/names.h"

#include <cstring>

#include "support/utf.h"

namespace pipes::engine {
Result<std::wstring> pipe_name(const char* name, NameUse use) {
  auto parsed = parse_pipe_name(name, use);
  if (!parsed) return parsed.status();
  const std::string server = parsed->server.empty() ? "." : parsed->server;
  const auto units = utf16_from_utf8(R"(\\)" + server + R"(\pipe\)" + parsed->display);
  Ensures(units.has_value());  // its parts were well-formed when they were parsed
  return std::wstring(units->begin(), units->end());
}

std::string utf8(std::wstring_view text) {
  std::u16string units(text.begin(), text.end());
  if (auto converted = utf8_from_utf16(units)) return std::move(*converted);
  constexpr char16_t kReplacement = 0xFFFD;
  const auto is_high = [](char16_t unit) { return unit >= 0xD800 && unit < 0xDC00; };
  const auto is_low = [](char16_t unit) { return unit >= 0xDC00 && unit < 0xE000; };
  for (size_t i = 0; i < units.size(); ++i) {
    if (is_high(units[i]) && i + 1 < units.size() && is_low(units[i + 1])) {
      ++i;
    } else if (is_high(units[i]) || is_low(units[i])) {
      units[i] = kReplacement;
    }
  }
  return utf8_from_utf16(units).value_or(std::string());
}

Status copy_text(std::wstring_view text, char* to, uint32_t size) {
  const std::string converted = utf8(text);
  if (converted.size() + 1 > size) return PIPES_ERROR_INSUFFICIENT_BUFFER;
  std::memcpy(to, converted.c_str(), converted.size() + 1);
  return PIPES_OK;
}

}  // namespace pipes::engine
