// The well-formed byte sequences are those of table 3-7 of the Unicode Standard; whatever it does not list is refused.
#include "support/utf.h"

#include <cstdint>
#include <gsl/gsl>

namespace pipes {
namespace {

constexpr char32_t kCodePointMax = 0x10FFFF;

// What a first byte promises: how many bytes there are, its own share of the bits, and the least value that needs so
// many bytes, which shows overlong forms.
struct Lead {
  std::size_t bytes;
  char32_t bits;
  char32_t value_min;
};

std::optional<Lead> lead_of(std::uint8_t byte) {
  if (byte < 0x80) return Lead{1, byte, 0};
  if ((byte & 0xE0) == 0xC0) return Lead{2, byte & 0x1Fu, 0x80};
  if ((byte & 0xF0) == 0xE0) return Lead{3, byte & 0x0Fu, 0x800};
  if ((byte & 0xF8) == 0xF0) return Lead{4, byte & 0x07u, 0x10000};
  return std::nullopt;
}

constexpr bool is_surrogate(char32_t value) { return value >= 0xD800 && value <= 0xDFFF; }
constexpr bool is_high_surrogate(char32_t value) { return value >= 0xD800 && value <= 0xDBFF; }
constexpr bool is_low_surrogate(char32_t value) { return value >= 0xDC00 && value <= 0xDFFF; }

void append_utf8(char32_t value, std::string& text) {
  const auto put = [&text](char32_t byte) { text.push_back(static_cast<char>(static_cast<std::uint8_t>(byte))); };
  const auto put_rest = [&](int shift) { put(0x80u | ((value >> shift) & 0x3Fu)); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xC0u | (value >> 6));
    put_rest(0);
  } else if (value < 0x10000) {
    put(0xE0u | (value >> 12));
    put_rest(6);
    put_rest(0);
  } else {
    put(0xF0u | (value >> 18));
    put_rest(12);
    put_rest(6);
    put_rest(0);
  }
}

}  // namespace

std::optional<CodePoint> first_code_point(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::optional<Lead> lead = lead_of(static_cast<std::uint8_t>(text[0]));
  if (!lead || text.size() < lead->bytes) return std::nullopt;
  char32_t value = lead->bits;
  for (std::size_t i = 1; i < lead->bytes; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte & 0x3Fu);
  }
  if (value < lead->value_min || value > kCodePointMax || is_surrogate(value)) return std::nullopt;
  return CodePoint{value, lead->bytes};
}

void append_utf16(char32_t code_point, std::u16string& text) {
  Expects(code_point <= kCodePointMax && !is_surrogate(code_point));
  if (code_point < 0x10000) {
    text.push_back(static_cast<char16_t>(code_point));
    return;
  }
  const char32_t offset = code_point - 0x10000;
  text.push_back(static_cast<char16_t>(0xD800 + (offset >> 10)));
  text.push_back(static_cast<char16_t>(0xDC00 + (offset & 0x3FF)));
}

std::optional<std::u16string> utf16_from_utf8(std::string_view text) {
  std::u16string units;
  units.reserve(text.size());
  while (!text.empty()) {
    const std::optional<CodePoint> next = first_code_point(text);
    if (!next) return std::nullopt;
    append_utf16(next->value, units);
    text.remove_prefix(next->bytes);
  }
  return units;
}

std::optional<std::string> utf8_from_utf16(std::u16string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t value = text[i];
    if (is_low_surrogate(value)) return std::nullopt;
    if (is_high_surrogate(value)) {
      if (i + 1 == text.size() || !is_low_surrogate(text[i + 1])) return std::nullopt;
      ++i;
      value = 0x10000 + ((value - 0xD800) << 10) + (text[i] - 0xDC00u);
    }
    append_utf8(value, bytes);
  }
  return bytes;
}

}  // namespace pipes
