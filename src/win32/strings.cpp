// Strings of bytes and of UTF-16 units: the lstr functions, and those of the C library that must not see UTF-16.
#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "pipe/case_table.h"
#include "win32/last_error.h"
#include "win32/text.h"

using namespace pipes::win32;

namespace {

template <class Char>
using View = std::basic_string_view<Char>;

// As many units as the source has, or `count`, and no terminator.
template <class Char>
Char* copy_units(Char* target, View<Char> source) {
  return std::copy(source.begin(), source.end(), target);
}

template <class Char>
View<Char> at_most(const Char* text, size_t count) {
  size_t length = 0;
  while (length < count && text[length] != 0) ++length;
  return {text, length};
}

template <class Char>
Char* copy_all(Char* target, View<Char> source) {
  *copy_units(target, source) = 0;
  return target;
}

template <class Char>
Char* append(Char* target, View<Char> source) {
  copy_all(target + View<Char>(target).size(), source);
  return target;
}

int sign(int difference) { return (difference > 0) - (difference < 0); }

template <class Char>
int compare(View<Char> first, View<Char> second) {
  return sign(first.compare(second));
}

char16_t upper(char16_t unit) { return pipes::upper_cased(unit); }

char upper(char byte) { return byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : byte; }

template <class Char>
int compare_ignoring_case(View<Char> first, View<Char> second) {
  const size_t both = std::min(first.size(), second.size());
  for (size_t i = 0; i < both; ++i) {
    const auto a = upper(first[i]);
    const auto b = upper(second[i]);
    if (a != b) return a < b ? -1 : 1;
  }
  return sign(static_cast<int>(first.size() > both) - static_cast<int>(second.size() > both));
}

// The functions of Windows that would rather return null than let the program end.
template <class Char>
Char* copy_if_there(Char* target, const Char* source) {
  return target == nullptr || source == nullptr ? nullptr : copy_all(target, View<Char>(source));
}

// Text and a terminator into a buffer of `size` units; EINVAL and ERANGE, and an empty string, as Microsoft's have it.
template <class Char>
int copy_safely(Char* target, size_t size, size_t from, View<Char> source) {
  if (target == nullptr || size == 0) return EINVAL;
  if (from >= size || source.size() >= size - from) {
    *target = 0;
    return ERANGE;
  }
  copy_all(target + from, source);
  return 0;
}

template <class Char>
size_t length_within(const Char* text, size_t size) {
  return at_most(text, size).size();
}

// The numbers of UTF-16 text are ASCII; where the number ends there is told by how many bytes it took here.
std::string ascii_of(const WCHAR* text) {
  std::string bytes;
  for (; *text != 0 && *text < 0x80; ++text) bytes += static_cast<char>(*text);
  return bytes;
}

template <class Number>
Number parse_number(const WCHAR* text, WCHAR** end, int base, Number (*parse)(const char*, char**, int)) {
  const std::string bytes = ascii_of(text);
  char* stop = nullptr;
  const Number number = parse(bytes.c_str(), &stop, base);
  if (end != nullptr) *end = const_cast<WCHAR*>(text + (stop - bytes.c_str()));
  return number;
}

}  // namespace

// ------------------------------------------------------------------------------------------------------------- lstr

int lstrlenA(LPCSTR lpString) { return lpString == nullptr ? 0 : static_cast<int>(View<char>(lpString).size()); }

int lstrlenW(LPCWSTR lpString) { return lpString == nullptr ? 0 : static_cast<int>(View<WCHAR>(lpString).size()); }

LPSTR lstrcpyA(LPSTR lpString1, LPCSTR lpString2) { return copy_if_there(lpString1, lpString2); }

LPWSTR lstrcpyW(LPWSTR lpString1, LPCWSTR lpString2) { return copy_if_there(lpString1, lpString2); }

namespace {

template <class Char>
Char* copy_cut(Char* target, const Char* source, int size) {
  if (target == nullptr || source == nullptr || size <= 0) return nullptr;
  return copy_all(target, at_most(source, static_cast<size_t>(size) - 1));
}

}  // namespace

LPSTR lstrcpynA(LPSTR lpString1, LPCSTR lpString2, int iMaxLength) {
  return copy_cut(lpString1, lpString2, iMaxLength);
}

LPWSTR lstrcpynW(LPWSTR lpString1, LPCWSTR lpString2, int iMaxLength) {
  return copy_cut(lpString1, lpString2, iMaxLength);
}

LPSTR lstrcatA(LPSTR lpString1, LPCSTR lpString2) {
  return lpString1 == nullptr || lpString2 == nullptr ? nullptr : append(lpString1, View<char>(lpString2));
}

LPWSTR lstrcatW(LPWSTR lpString1, LPCWSTR lpString2) {
  return lpString1 == nullptr || lpString2 == nullptr ? nullptr : append(lpString1, View<WCHAR>(lpString2));
}

int lstrcmpA(LPCSTR lpString1, LPCSTR lpString2) { return compare(View<char>(lpString1), View<char>(lpString2)); }

int lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2) { return compare(View<WCHAR>(lpString1), View<WCHAR>(lpString2)); }

int lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2) {
  return compare_ignoring_case(View<char>(lpString1), View<char>(lpString2));
}

int lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2) {
  return compare_ignoring_case(View<WCHAR>(lpString1), View<WCHAR>(lpString2));
}

// --------------------------------------------------------------------------------------- the C library's, of UTF-16

size_t pipes_win32_wcslen(const WCHAR* text) { return View<WCHAR>(text).size(); }

size_t pipes_win32_wcsnlen(const WCHAR* text, size_t size) { return length_within(text, size); }

WCHAR* pipes_win32_wcscpy(WCHAR* target, const WCHAR* source) { return copy_all(target, View<WCHAR>(source)); }

WCHAR* pipes_win32_wcsncpy(WCHAR* target, const WCHAR* source, size_t count) {
  WCHAR* const end = copy_units(target, at_most(source, count));
  std::fill(end, target + count, WCHAR{0});
  return target;
}

WCHAR* pipes_win32_wcscat(WCHAR* target, const WCHAR* source) { return append(target, View<WCHAR>(source)); }

WCHAR* pipes_win32_wcsncat(WCHAR* target, const WCHAR* source, size_t count) {
  return append(target, at_most(source, count));
}

int pipes_win32_wcscmp(const WCHAR* first, const WCHAR* second) {
  return compare(View<WCHAR>(first), View<WCHAR>(second));
}

int pipes_win32_wcsncmp(const WCHAR* first, const WCHAR* second, size_t count) {
  return compare(at_most(first, count), at_most(second, count));
}

int pipes_win32__wcsicmp(const WCHAR* first, const WCHAR* second) {
  return compare_ignoring_case(View<WCHAR>(first), View<WCHAR>(second));
}

int pipes_win32__wcsnicmp(const WCHAR* first, const WCHAR* second, size_t count) {
  return compare_ignoring_case(at_most(first, count), at_most(second, count));
}

// The terminator is found, too.
WCHAR* pipes_win32_wcschr(const WCHAR* text, WCHAR unit) {
  const View<WCHAR> whole(text, View<WCHAR>(text).size() + 1);
  const size_t place = whole.find(unit);
  return place == View<WCHAR>::npos ? nullptr : const_cast<WCHAR*>(text + place);
}

WCHAR* pipes_win32_wcsrchr(const WCHAR* text, WCHAR unit) {
  const View<WCHAR> whole(text, View<WCHAR>(text).size() + 1);
  const size_t place = whole.rfind(unit);
  return place == View<WCHAR>::npos ? nullptr : const_cast<WCHAR*>(text + place);
}

WCHAR* pipes_win32_wcsstr(const WCHAR* text, const WCHAR* part) {
  const size_t place = View<WCHAR>(text).find(part);
  return place == View<WCHAR>::npos ? nullptr : const_cast<WCHAR*>(text + place);
}

WCHAR* pipes_win32__wcsdup(const WCHAR* text) {
  const View<WCHAR> whole(text);
  auto* const copy = static_cast<WCHAR*>(std::malloc((whole.size() + 1) * sizeof(WCHAR)));
  return copy == nullptr ? nullptr : copy_all(copy, whole);
}

LONG pipes_win32_wcstol(const WCHAR* text, WCHAR** end, int base) {
  return guarded(LONG{0}, [&] {
    const long long number = parse_number(text, end, base, std::strtoll);
    return static_cast<LONG>(std::clamp<long long>(number, INT32_MIN, INT32_MAX));
  });
}

ULONG pipes_win32_wcstoul(const WCHAR* text, WCHAR** end, int base) {
  return guarded(ULONG{0}, [&] {
    const unsigned long long number = parse_number(text, end, base, std::strtoull);
    return static_cast<ULONG>(std::min<unsigned long long>(number, UINT32_MAX));
  });
}

int pipes_win32__wtoi(const WCHAR* text) { return pipes_win32_wcstol(text, nullptr, 10); }

int pipes_win32_towupper(int unit) { return upper(static_cast<char16_t>(unit)); }

int pipes_win32_towlower(int unit) { return unit >= 'A' && unit <= 'Z' ? unit - 'A' + 'a' : unit; }

int pipes_win32_wcscpy_s(WCHAR* target, size_t size, const WCHAR* source) {
  return source == nullptr ? EINVAL : copy_safely(target, size, 0, View<WCHAR>(source));
}

int pipes_win32_wcscat_s(WCHAR* target, size_t size, const WCHAR* source) {
  if (target == nullptr || source == nullptr) return EINVAL;
  return copy_safely(target, size, length_within(target, size), View<WCHAR>(source));
}

// ---------------------------------------------------------------------------------------- Microsoft's own, of bytes

int _stricmp(const char* first, const char* second) {
  return compare_ignoring_case(View<char>(first), View<char>(second));
}

int _strnicmp(const char* first, const char* second, size_t count) {
  return compare_ignoring_case(at_most(first, count), at_most(second, count));
}

char* _strdup(const char* text) { return strdup(text); }

int strcpy_s(char* target, size_t size, const char* source) {
  return source == nullptr ? EINVAL : copy_safely(target, size, 0, View<char>(source));
}

int strcat_s(char* target, size_t size, const char* source) {
  if (target == nullptr || source == nullptr) return EINVAL;
  return copy_safely(target, size, length_within(target, size), View<char>(source));
}

int strncpy_s(char* target, size_t size, const char* source, size_t count) {
  if (source == nullptr) return EINVAL;
  const size_t most = count == _TRUNCATE && size != 0 ? size - 1 : count;
  return copy_safely(target, size, 0, at_most(source, most));
}
