// Text on its way in and out: A functions take UTF-8, W functions UTF-16, and the latter become the former here.
//
// Nothing is lost on the way: a surrogate without its partner becomes the three bytes that it would have if it were a
// character, and those become it again. The engine refuses such names as it refuses all malformed UTF-8. Bytes that are
// nothing at all become U+FFFD.
#pragma once

#include <string>
#include <string_view>

#include "pipes/win32.h"

namespace pipes::win32 {

// WCHAR inside the library.
static_assert(sizeof(WCHAR) == sizeof(char16_t));

[[nodiscard]] std::string utf8_of(std::u16string_view text);
[[nodiscard]] std::u16string utf16_of(std::string_view text);

// Utf8 is the argument of an A function, made from that of a W function. A null pointer stays one.
class Utf8 {
 public:
  explicit Utf8(LPCWSTR text) : is_null_(text == nullptr) {
    if (!is_null_) bytes_ = utf8_of(text);
  }
  operator LPCSTR() const { return is_null_ ? nullptr : bytes_.c_str(); }  // NOLINT: implicit, as an argument is
  // For the few calls whose argument is not const.
  [[nodiscard]] LPSTR writable() { return is_null_ ? nullptr : bytes_.data(); }

 private:
  std::string bytes_;
  bool is_null_;
};

// view of a string of units that a caller gave, of `length` or, if that is negative, up to its end.
template <class Char>
std::basic_string_view<Char> view_of(const Char* text, int length) {
  return length < 0 ? std::basic_string_view<Char>(text)
                    : std::basic_string_view<Char>(text, static_cast<std::size_t>(length));
}

// text_of converts between the two, or copies: what a template of both kinds of functions needs.
template <class To, class From>
std::basic_string<To> text_of(std::basic_string_view<From> text) {
  if constexpr (sizeof(To) == sizeof(From)) {
    return std::basic_string<To>(text.begin(), text.end());
  } else if constexpr (sizeof(To) == 1) {
    return utf8_of(text);
  } else {
    return utf16_of(text);
  }
}

// copy_out puts `text` and a terminator into a buffer of `size` units. False if it does not fit.
template <class Char>
bool copy_out(std::basic_string_view<Char> text, Char* buffer, std::size_t size) {
  if (buffer == nullptr || text.size() >= size) return false;
  text.copy(buffer, text.size());
  buffer[text.size()] = 0;
  return true;
}

}  // namespace pipes::win32
