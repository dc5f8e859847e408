#include "win32/format.h"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <string_view>
#include <type_traits>
#include <vector>

#include "win32/text.h"

namespace pipes::win32 {
namespace {

enum class Size : uint8_t { kNone, kChar, kShort, kLong, k64, kLongDouble, kWide };

// Specification is what stands between a percent sign and its letter, and the letter.
struct Specification {
  std::string flags;
  int width = 0;
  int precision = -1;  // none
  Size size = Size::kNone;
  char letter = 0;

  [[nodiscard]] bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

// Reader takes characters of a format. What is not ASCII is no part of a specification.
template <class Char>
class Reader {
 public:
  explicit Reader(const Char* format) : next_(format) {}

  [[nodiscard]] bool at_end() const { return *next_ == 0; }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    for (std::size_t i = 0; i < ahead; ++i) {
      if (next_[i] == 0) return 0;
    }
    const auto unit = static_cast<std::make_unsigned_t<Char>>(next_[ahead]);
    return unit < 0x80 ? static_cast<char>(unit) : '?';
  }
  Char take() { return *next_++; }
  void skip(std::size_t count) { next_ += count; }
  bool take_if(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (peek(i) != text[i]) return false;
    }
    skip(text.size());
    return true;
  }

 private:
  const Char* next_;
};

template <class Char>
int read_number(Reader<Char>& reader) {
  int number = 0;
  while (reader.peek() >= '0' && reader.peek() <= '9') {
    const int digit = reader.peek() - '0';
    number = number > (INT_MAX - digit) / 10 ? INT_MAX : number * 10 + digit;
    reader.skip(1);
  }
  return number;
}

template <class Char>
Size read_size(Reader<Char>& reader) {
  constexpr struct {
    std::string_view text;
    Size size = Size::kNone;
  } kSizes[] = {{"I64", Size::k64}, {"I32", Size::kLong}, {"I", Size::k64},         {"ll", Size::k64},
                {"l", Size::kLong}, {"hh", Size::kChar},  {"h", Size::kShort},      {"z", Size::k64},
                {"j", Size::k64},   {"t", Size::k64},     {"L", Size::kLongDouble}, {"w", Size::kWide}};
  for (const auto& known : kSizes) {
    if (reader.take_if(known.text)) return known.size;
  }
  return Size::kNone;
}

template <class Char>
Specification read_specification(Reader<Char>& reader, Arguments& arguments) {
  Specification specification;
  while (std::string_view("-+ #0").find(reader.peek()) != std::string_view::npos && !reader.at_end()) {
    specification.flags += static_cast<char>(reader.take());
  }
  if (reader.take_if("*")) {
    specification.width = static_cast<int>(arguments.next_32());
    if (specification.width < 0) {
      specification.flags += '-';
      specification.width = specification.width == INT_MIN ? INT_MAX : -specification.width;
    }
  } else {
    specification.width = read_number(reader);
  }
  if (reader.take_if(".")) {
    specification.precision = reader.take_if("*") ? static_cast<int>(arguments.next_32()) : read_number(reader);
  }
  specification.size = read_size(reader);
  if (!reader.at_end()) specification.letter = static_cast<char>(reader.take());
  return specification;
}

// ---------------------------------------------------------------------------------------------------------- numbers

// The C library's own printf does what is left once the size is settled.
template <class Number>
std::string format_number(const Specification& specification, const char* size, Number number) {
  std::string format = "%" + specification.flags + "*";
  if (specification.precision >= 0) format += '.' + std::to_string(specification.precision);
  format += size;
  format += specification.letter;
  const int length = std::snprintf(nullptr, 0, format.c_str(), specification.width, number);  // NOLINT: from parts
  if (length < 0) return {};
  std::vector<char> text(static_cast<std::size_t>(length) + 1);
  (void)std::snprintf(text.data(), text.size(), format.c_str(), specification.width, number);  // NOLINT: as above
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string format_signed(const Specification& specification, Arguments& arguments) {
  if (specification.size == Size::k64) {
    return format_number(specification, "ll", static_cast<long long>(arguments.next_64()));
  }
  const auto number = static_cast<int32_t>(arguments.next_32());
  if (specification.size == Size::kShort) return format_number(specification, "", int{static_cast<int16_t>(number)});
  if (specification.size == Size::kChar) return format_number(specification, "", int{static_cast<int8_t>(number)});
  return format_number(specification, "", number);
}

std::string format_unsigned(const Specification& specification, Arguments& arguments) {
  if (specification.size == Size::k64) {
    return format_number(specification, "ll", static_cast<unsigned long long>(arguments.next_64()));
  }
  const uint32_t number = arguments.next_32();
  if (specification.size == Size::kShort) return format_number(specification, "", number & 0xFFFFu);
  if (specification.size == Size::kChar) return format_number(specification, "", number & 0xFFu);
  return format_number(specification, "", number);
}

std::string format_floating(const Specification& specification, Arguments& arguments) {
  if (specification.size == Size::kLongDouble) {
    return format_number(specification, "L", arguments.next_long_double());
  }
  return format_number(specification, "", arguments.next_double());
}

std::string format_pointer(Specification specification, Arguments& arguments) {
  specification.letter = 'X';
  specification.precision = 2 * sizeof(void*);
  return format_number(specification, "ll", static_cast<unsigned long long>(arguments.next_64()));
}

// ----------------------------------------------------------------------------------------------------------- strings

// is_wide says which kind a %c or %s is: the size says it, or else the letter, a capital meaning the other kind than
// the function's own.
template <class Char>
bool is_wide(const Specification& specification) {
  if (specification.size == Size::kShort) return false;
  if (specification.size == Size::kLong || specification.size == Size::kWide) return true;
  const bool other = specification.letter == 'S' || specification.letter == 'C';
  return (sizeof(Char) == sizeof(WCHAR)) != other;
}

// The string of an argument, up to the precision; it need have no terminator then.
template <class Unit>
std::basic_string_view<Unit> string_argument(const Specification& specification, const Unit* text) {
  if (specification.precision < 0) return text;
  const auto most = static_cast<std::size_t>(specification.precision);
  std::size_t length = 0;
  while (length < most && text[length] != 0) ++length;
  return {text, length};
}

template <class Char>
std::basic_string<Char> format_string(const Specification& specification, Arguments& arguments) {
  const uint64_t address = arguments.next_64();
  if (address == 0) return text_of<Char>(string_argument(specification, "(null)"));
  if (is_wide<Char>(specification)) {
    return text_of<Char>(string_argument(specification, reinterpret_cast<const char16_t*>(address)));
  }
  return text_of<Char>(string_argument(specification, reinterpret_cast<const char*>(address)));
}

template <class Char>
std::basic_string<Char> format_character(const Specification& specification, Arguments& arguments) {
  const uint32_t unit = arguments.next_32();
  if (is_wide<Char>(specification)) {
    const auto wide = static_cast<char16_t>(unit);
    return text_of<Char>(std::u16string_view(&wide, 1));
  }
  const auto narrow = static_cast<char>(unit);
  return text_of<Char>(std::string_view(&narrow, 1));
}

template <class Char>
void append_padded(const Specification& specification, const std::basic_string<Char>& text,
                   std::basic_string<Char>& result) {
  const auto width = static_cast<std::size_t>(specification.width);
  const std::size_t padding = width > text.size() ? width - text.size() : 0;
  if (!specification.has('-')) result.append(padding, Char{' '});
  result += text;
  if (specification.has('-')) result.append(padding, Char{' '});
}

// ------------------------------------------------------------------------------------------------------- all of them

template <class Char>
void append_formatted(const Specification& specification, Arguments& arguments, std::basic_string<Char>& result) {
  const auto append = [&](const std::string& text) { result.append(text.begin(), text.end()); };
  switch (specification.letter) {
    case 'd':
    case 'i':
      return append(format_signed(specification, arguments));
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return append(format_unsigned(specification, arguments));
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      return append(format_floating(specification, arguments));
    case 'p':
      return append(format_pointer(specification, arguments));
    case 's':
    case 'S':
      return append_padded(specification, format_string<Char>(specification, arguments), result);
    case 'c':
    case 'C':
      return append_padded(specification, format_character<Char>(specification, arguments), result);
    case 'n':
      (void)arguments.next_64();
      return;
    default:
      // A percent sign, or a letter that means nothing and stands for itself.
      if (specification.letter != 0) result += static_cast<Char>(specification.letter);
  }
}

template <class Result, class Char>
std::basic_string<Result> format_any(const Char* format, Arguments& arguments) {
  std::basic_string<Result> result;
  Reader<Char> reader(format);
  while (!reader.at_end()) {
    if (reader.take_if("%")) {
      append_formatted(read_specification(reader, arguments), arguments, result);
    } else {
      result += static_cast<Result>(reader.take());
    }
  }
  return result;
}

}  // namespace

std::string format_text(const char* format, Arguments& arguments) { return format_any<char>(format, arguments); }

std::u16string format_text(const WCHAR* format, Arguments& arguments) {
  return format_any<char16_t>(format, arguments);
}

}  // namespace pipes::win32
