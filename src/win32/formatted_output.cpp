// The printf family: where what format.h makes goes.
#include <algorithm>
#include <cstdio>

#include "win32/format.h"
#include "win32/last_error.h"
#include "win32/text.h"

using namespace pipes::win32;

namespace {

constexpr std::size_t kUnlimited = SIZE_MAX;

template <class Char>
auto formatted(const Char* format, va_list list) {
  VariableArguments arguments(list);
  return format_text(format, arguments);
}

int print(std::FILE* stream, const std::string& bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size() ? static_cast<int>(bytes.size()) : -1;
}

int print_formatted(std::FILE* stream, const char* format, va_list list) {
  return guarded(-1, [&] { return print(stream, formatted(format, list)); });
}

// Counts units, as it would on Windows.
int print_formatted(std::FILE* stream, const WCHAR* format, va_list list) {
  return guarded(-1, [&] {
    const std::u16string text = formatted(format, list);
    return print(stream, utf8_of(text)) < 0 ? -1 : static_cast<int>(text.size());
  });
}

// What a function does with text that is longer than its buffer.
enum class TooLong {
  kCutAndCount,   // C: cut it, return the length that it would have
  kCutAndFail,    // cut it, return -1
  kNoTerminator,  // Microsoft's older functions: fill the buffer, terminator or not; -1 if not even the text fits
  kEmptyAndFail,  // Microsoft's safe functions: an empty string, and -1
};

template <class Char>
int store_formatted(Char* buffer, std::size_t size, TooLong too_long, const Char* format, va_list list) {
  return guarded(-1, [&] {
    const auto text = formatted(format, list);
    const auto length = static_cast<int>(text.size());
    if (text.size() < size) {
      text.copy(reinterpret_cast<typename decltype(text)::value_type*>(buffer), text.size());
      buffer[text.size()] = 0;
      return length;
    }
    const bool terminated = too_long != TooLong::kNoTerminator;
    std::size_t kept = too_long == TooLong::kEmptyAndFail ? 0 : std::min(text.size(), size - (terminated ? 1 : 0));
    if (size == 0) kept = 0;
    text.copy(reinterpret_cast<typename decltype(text)::value_type*>(buffer), kept);
    if (terminated && size != 0) buffer[kept] = 0;
    if (too_long == TooLong::kNoTerminator) return text.size() == size ? length : -1;
    return too_long == TooLong::kCutAndCount ? length : -1;
  });
}

}  // namespace

int pipes_win32_vprintf(const char* format, va_list arguments) { return print_formatted(stdout, format, arguments); }

int pipes_win32_vfprintf(FILE* stream, const char* format, va_list arguments) {
  return print_formatted(stream, format, arguments);
}

int pipes_win32_vsprintf(char* buffer, const char* format, va_list arguments) {
  return store_formatted(buffer, kUnlimited, TooLong::kCutAndFail, format, arguments);
}

int pipes_win32_vsnprintf(char* buffer, size_t size, const char* format, va_list arguments) {
  return store_formatted(buffer, size, TooLong::kCutAndCount, format, arguments);
}

int pipes_win32__vsnprintf(char* buffer, size_t size, const char* format, va_list arguments) {
  return store_formatted(buffer, size, TooLong::kNoTerminator, format, arguments);
}

int pipes_win32_vsprintf_s(char* buffer, size_t size, const char* format, va_list arguments) {
  return store_formatted(buffer, size, TooLong::kEmptyAndFail, format, arguments);
}

int pipes_win32_vwprintf(const WCHAR* format, va_list arguments) { return print_formatted(stdout, format, arguments); }

int pipes_win32_vfwprintf(FILE* stream, const WCHAR* format, va_list arguments) {
  return print_formatted(stream, format, arguments);
}

int pipes_win32__vswprintf(WCHAR* buffer, const WCHAR* format, va_list arguments) {
  return store_formatted(buffer, kUnlimited, TooLong::kCutAndFail, format, arguments);
}

int pipes_win32_vswprintf(WCHAR* buffer, size_t size, const WCHAR* format, va_list arguments) {
  return store_formatted(buffer, size, TooLong::kCutAndFail, format, arguments);
}

int pipes_win32__vsnwprintf(WCHAR* buffer, size_t size, const WCHAR* format, va_list arguments) {
  return store_formatted(buffer, size, TooLong::kNoTerminator, format, arguments);
}

int pipes_win32_vswprintf_s(WCHAR* buffer, size_t size, const WCHAR* format, va_list arguments) {
  return store_formatted(buffer, size, TooLong::kEmptyAndFail, format, arguments);
}

int wvsprintfA(LPSTR lpOutput, LPCSTR lpFmt, va_list arglist) { return pipes_win32_vsprintf(lpOutput, lpFmt, arglist); }

int wvsprintfW(LPWSTR lpOutput, LPCWSTR lpFmt, va_list arglist) {
  return pipes_win32__vswprintf(lpOutput, lpFmt, arglist);
}

// The same with an ellipsis, which nothing shorter than a macro can hand on.
#define PIPES_WIN32_WITH_ELLIPSIS(with_list, ...) \
  va_list arguments;                              \
  va_start(arguments, format);                    \
  const int result = with_list(__VA_ARGS__);      \
  va_end(arguments);                              \
  return result

int pipes_win32_printf(const char* format, ...) { PIPES_WIN32_WITH_ELLIPSIS(pipes_win32_vprintf, format, arguments); }

int pipes_win32_fprintf(FILE* stream, const char* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32_vfprintf, stream, format, arguments);
}

int pipes_win32_sprintf(char* buffer, const char* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32_vsprintf, buffer, format, arguments);
}

int pipes_win32_snprintf(char* buffer, size_t size, const char* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32_vsnprintf, buffer, size, format, arguments);
}

int pipes_win32__snprintf(char* buffer, size_t size, const char* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32__vsnprintf, buffer, size, format, arguments);
}

int pipes_win32_sprintf_s(char* buffer, size_t size, const char* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32_vsprintf_s, buffer, size, format, arguments);
}

int pipes_win32_wprintf(const WCHAR* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32_vwprintf, format, arguments);
}

int pipes_win32_fwprintf(FILE* stream, const WCHAR* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32_vfwprintf, stream, format, arguments);
}

int pipes_win32__swprintf(WCHAR* buffer, const WCHAR* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32__vswprintf, buffer, format, arguments);
}

int pipes_win32_swprintf(WCHAR* buffer, size_t size, const WCHAR* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32_vswprintf, buffer, size, format, arguments);
}

int pipes_win32__snwprintf(WCHAR* buffer, size_t size, const WCHAR* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32__vsnwprintf, buffer, size, format, arguments);
}

int pipes_win32_swprintf_s(WCHAR* buffer, size_t size, const WCHAR* format, ...) {
  PIPES_WIN32_WITH_ELLIPSIS(pipes_win32_vswprintf_s, buffer, size, format, arguments);
}

int wsprintfA(LPSTR lpOut, LPCSTR format, ...) { PIPES_WIN32_WITH_ELLIPSIS(wvsprintfA, lpOut, format, arguments); }

int wsprintfW(LPWSTR lpOut, LPCWSTR format, ...) { PIPES_WIN32_WITH_ELLIPSIS(wvsprintfW, lpOut, format, arguments); }
