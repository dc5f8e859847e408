#include "win32/text.h"

#include <optional>

#include "support/utf.h"
#include "win32/last_error.h"

namespace pipes::win32 {
namespace {

constexpr char16_t kReplacement = 0xFFFD;

constexpr bool is_high(char32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
constexpr bool is_low(char32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

char byte_of(char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); }

// The three bytes of a surrogate on its own: ED, then A0 to BF, then 80 to BF.
void append_lone_surrogate(char16_t unit, std::string& text) {
  text.push_back(byte_of(0xED));
  text.push_back(byte_of(0x80u | (unit >> 6 & 0x3Fu)));
  text.push_back(byte_of(0x80u | (unit & 0x3Fu)));
}

std::optional<char16_t> lone_surrogate(std::string_view text) {
  if (text.size() < 3 || text[0] != byte_of(0xED)) return std::nullopt;
  const auto second = static_cast<unsigned char>(text[1]);
  const auto third = static_cast<unsigned char>(text[2]);
  if (second < 0xA0 || second > 0xBF || (third & 0xC0u) != 0x80) return std::nullopt;
  return static_cast<char16_t>(0xD000u | (second & 0x3Fu) << 6 | (third & 0x3Fu));
}

}  // namespace

std::string utf8_of(std::u16string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    std::size_t run = 0;  // of units that are whole characters
    while (run < text.size()) {
      if (is_high(text[run]) && run + 1 < text.size() && is_low(text[run + 1])) {
        run += 2;
      } else if (is_high(text[run]) || is_low(text[run])) {
        break;
      } else {
        ++run;
      }
    }
    bytes += utf8_from_utf16(text.substr(0, run)).value_or("");
    text.remove_prefix(run);
    if (!text.empty()) {
      append_lone_surrogate(text[0], bytes);
      text.remove_prefix(1);
    }
  }
  return bytes;
}

std::u16string utf16_of(std::string_view text) {
  std::u16string units;
  units.reserve(text.size());
  while (!text.empty()) {
    std::size_t taken = 1;
    if (const auto point = first_code_point(text)) {
      append_utf16(point->value, units);
      taken = point->bytes;
    } else if (const auto surrogate = lone_surrogate(text)) {
      units.push_back(*surrogate);
      taken = 3;
    } else {
      units.push_back(kReplacement);
    }
    text.remove_prefix(taken);
  }
  return units;
}

}  // namespace pipes::win32

using pipes::win32::copy_out;
using pipes::win32::fail;

namespace {

// What both conversions do with their result: tell how long it is, or store it. A count that was given covers the
// terminator only if the source did.
template <class Char>
int store(const std::basic_string<Char>& text, bool with_terminator, Char* buffer, int size) {
  const std::size_t length = text.size() + (with_terminator ? 1 : 0);
  if (size == 0) return static_cast<int>(length);
  if (size < 0 || buffer == nullptr) return fail(ERROR_INVALID_PARAMETER, 0);
  if (length > static_cast<std::size_t>(size)) return fail(ERROR_INSUFFICIENT_BUFFER, 0);
  text.copy(buffer, text.size());
  if (with_terminator) buffer[text.size()] = 0;
  return static_cast<int>(length);
}

}  // namespace

int MultiByteToWideChar(UINT, DWORD dwFlags, LPCSTR lpMultiByteStr, int cbMultiByte, LPWSTR lpWideCharStr,
                        int cchWideChar) {
  return pipes::win32::guarded(0, [&] {
    if (lpMultiByteStr == nullptr || cbMultiByte == 0) return fail(ERROR_INVALID_PARAMETER, 0);
    const std::string_view text = pipes::win32::view_of(lpMultiByteStr, cbMultiByte);
    if ((dwFlags & MB_ERR_INVALID_CHARS) != 0 && !pipes::utf16_from_utf8(text)) {
      return fail(ERROR_NO_UNICODE_TRANSLATION, 0);
    }
    return store(pipes::win32::utf16_of(text), cbMultiByte < 0, lpWideCharStr, cchWideChar);
  });
}

int WideCharToMultiByte(UINT, DWORD dwFlags, LPCWSTR lpWideCharStr, int cchWideChar, LPSTR lpMultiByteStr,
                        int cbMultiByte, LPCSTR, LPBOOL lpUsedDefaultChar) {
  return pipes::win32::guarded(0, [&] {
    if (lpWideCharStr == nullptr || cchWideChar == 0) return fail(ERROR_INVALID_PARAMETER, 0);
    if (lpUsedDefaultChar != nullptr) *lpUsedDefaultChar = FALSE;
    const std::u16string_view text = pipes::win32::view_of(lpWideCharStr, cchWideChar);
    if ((dwFlags & WC_ERR_INVALID_CHARS) != 0 && !pipes::utf8_from_utf16(text)) {
      return fail(ERROR_NO_UNICODE_TRANSLATION, 0);
    }
    return store(pipes::win32::utf8_of(text), cchWideChar < 0, lpMultiByteStr, cbMultiByte);
  });
}
