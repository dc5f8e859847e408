#include "windows/names.h"

#include <algorithm>
#include <cstring>

#include "support/utf.h"

namespace pipes::engine {
namespace {

constexpr size_t kNameUnitsMax = 256;  // NAME-4

bool is_alike(std::u16string_view text, std::u16string_view lower_case) {
  return std::ranges::equal(text, lower_case, [](char16_t unit, char16_t wanted) {
    return (unit >= u'A' && unit <= u'Z' ? static_cast<char16_t>(unit + (u'a' - u'A')) : unit) == wanted;
  });
}

// Whether `name` reads `\\server\pipe\...`, the server being `.` for this computer; `?` is another way to say so.
struct Prefix {
  bool found = false;
  bool local = false;
  bool bare = false;  // nothing follows it
};

Prefix prefix_of(std::u16string_view name) {
  constexpr std::u16string_view kPipe = u"pipe";
  if (!name.starts_with(u"\\\\")) return {};
  const size_t end_of_server = name.find(u'\\', 2);
  if (end_of_server == std::u16string_view::npos || end_of_server == 2) return {};
  const std::u16string_view server = name.substr(2, end_of_server - 2);
  const std::u16string_view rest = name.substr(end_of_server + 1);
  if (rest.size() < kPipe.size() || !is_alike(rest.substr(0, kPipe.size()), kPipe)) return {};
  if (rest.size() > kPipe.size() && rest[kPipe.size()] != u'\\') return {};
  return {true, server == u"." || server == u"?", rest.size() <= kPipe.size() + 1};
}

}  // namespace

Result<std::wstring> pipe_name(const char* name, NameUse use) {
  const bool waits = use == NameUse::kWait;
  const Status absent = waits ? PIPES_ERROR_BAD_PATHNAME : PIPES_ERROR_PATH_NOT_FOUND;
  if (name == nullptr || *name == '\0') return absent;
  auto units = utf16_from_utf8(name);
  if (!units) return Status{PIPES_ERROR_INVALID_NAME};
  std::ranges::replace(*units, u'/', u'\\');
  const Prefix prefix = prefix_of(*units);
  const Status strange = waits ? PIPES_ERROR_BAD_PATHNAME : PIPES_ERROR_INVALID_NAME;
  if (!prefix.found || prefix.bare || (use == NameUse::kCreate && !prefix.local)) return strange;
  if (units->size() > kNameUnitsMax) return Status{PIPES_ERROR_FILENAME_EXCED_RANGE};
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
