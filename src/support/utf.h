// Strict conversion between UTF-8, which crosses the C ABI, and UTF-16, in whose units the rules of names are told.
// Apart from names because the Win32 source layer and security descriptors convert as well. Relies on nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pipes {

// CodePoint is one character taken from the front of a text, and how many of the text's bytes it took up.
struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

// first_code_point decodes the character at the front of `text`, reading at most four bytes. None if `text` is empty
// or begins with anything but well-formed UTF-8: overlong forms, surrogates, values above U+10FFFF, stray or missing
// continuation bytes.
[[nodiscard]] std::optional<CodePoint> first_code_point(std::string_view text);

// append_utf16 appends `code_point`, a Unicode scalar value, as one or two units.
void append_utf16(char32_t code_point, std::u16string& text);

// utf16_from_utf8 converts the whole of `text`, zero bytes included; none if any of it is not well-formed.
[[nodiscard]] std::optional<std::u16string> utf16_from_utf8(std::string_view text);

// utf8_from_utf16 converts the whole of `text`; none if it holds a surrogate without its other half.
[[nodiscard]] std::optional<std::string> utf8_from_utf16(std::u16string_view text);

}  // namespace pipes
