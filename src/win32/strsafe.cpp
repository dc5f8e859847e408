// The StringCch and StringCb functions. Those that count bytes are those that count units, with a smaller number.
#include "pipes/compat/strsafe.h"

#include <algorithm>
#include <string_view>

#include "win32/format.h"
#include "win32/last_error.h"

using namespace pipes::win32;

namespace {

constexpr size_t kAll = STRSAFE_MAX_CCH;

bool is_size(size_t size) { return size != 0 && size <= STRSAFE_MAX_CCH; }

template <class Char>
std::basic_string_view<Char> at_most(const Char* text, size_t count) {
  size_t length = 0;
  while (length < count && text[length] != 0) ++length;
  return {text, length};
}

// Puts what fits of `text` behind the first `from` units.
template <class Target, class Char>
HRESULT put(Target* target, size_t size, size_t from, std::basic_string_view<Char> text) {
  const size_t kept = std::min(text.size(), size - from - 1);
  std::copy_n(text.begin(), kept, target + from);
  target[from + kept] = 0;
  return kept == text.size() ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}

template <class Char>
HRESULT copy(Char* target, size_t size, const Char* source, size_t count) {
  if (target == nullptr || source == nullptr || !is_size(size)) return STRSAFE_E_INVALID_PARAMETER;
  return put(target, size, 0, at_most(source, std::min(count, size)));
}

template <class Char>
HRESULT append(Char* target, size_t size, const Char* source, size_t count) {
  if (target == nullptr || source == nullptr || !is_size(size)) return STRSAFE_E_INVALID_PARAMETER;
  const size_t length = at_most(target, size).size();
  if (length == size) return STRSAFE_E_INVALID_PARAMETER;
  return put(target, size, length, at_most(source, std::min(count, size)));
}

template <class Char>
HRESULT print(Char* target, size_t size, const Char* format, va_list list) {
  if (target == nullptr || format == nullptr || !is_size(size)) return STRSAFE_E_INVALID_PARAMETER;
  return guarded(E_OUTOFMEMORY, [&] {
    VariableArguments arguments(list);
    const auto text = format_text(format, arguments);
    return put(target, size, 0, std::basic_string_view<typename decltype(text)::value_type>(text));
  });
}

template <class Char>
HRESULT measure(const Char* text, size_t size_max, size_t unit, size_t* result) {
  if (result != nullptr) *result = 0;
  if (text == nullptr || size_max > STRSAFE_MAX_CCH) return STRSAFE_E_INVALID_PARAMETER;
  const size_t length = at_most(text, size_max).size();
  if (length == size_max) return STRSAFE_E_INVALID_PARAMETER;
  if (result != nullptr) *result = length * unit;
  return S_OK;
}

}  // namespace

// One set of functions: `Unit` is Cch or Cb, and `bytes` how many of what it counts a unit has.
#define PIPES_WIN32_STRSAFE(Unit, Kind, Letter, bytes)                                                        \
  HRESULT String##Unit##Copy##Letter(Kind* pszDest, size_t size, const Kind* pszSrc) {                        \
    return copy(pszDest, size / (bytes), pszSrc, kAll);                                                       \
  }                                                                                                           \
  HRESULT String##Unit##CopyN##Letter(Kind* pszDest, size_t size, const Kind* pszSrc, size_t toCopy) {        \
    return copy(pszDest, size / (bytes), pszSrc, toCopy / (bytes));                                           \
  }                                                                                                           \
  HRESULT String##Unit##Cat##Letter(Kind* pszDest, size_t size, const Kind* pszSrc) {                         \
    return append(pszDest, size / (bytes), pszSrc, kAll);                                                     \
  }                                                                                                           \
  HRESULT String##Unit##CatN##Letter(Kind* pszDest, size_t size, const Kind* pszSrc, size_t toAppend) {       \
    return append(pszDest, size / (bytes), pszSrc, toAppend / (bytes));                                       \
  }                                                                                                           \
  HRESULT String##Unit##VPrintf##Letter(Kind* pszDest, size_t size, const Kind* pszFormat, va_list argList) { \
    return print(pszDest, size / (bytes), pszFormat, argList);                                                \
  }                                                                                                           \
  HRESULT String##Unit##Printf##Letter(Kind* pszDest, size_t size, const Kind* pszFormat, ...) {              \
    va_list arguments;                                                                                        \
    va_start(arguments, pszFormat);                                                                           \
    const HRESULT result = print(pszDest, size / (bytes), pszFormat, arguments);                              \
    va_end(arguments);                                                                                        \
    return result;                                                                                            \
  }                                                                                                           \
  HRESULT String##Unit##Length##Letter(const Kind* psz, size_t sizeMax, size_t* pLength) {                    \
    return measure(psz, sizeMax / (bytes), bytes, pLength);                                                   \
  }
PIPES_WIN32_STRSAFE(Cch, CHAR, A, size_t{1})
PIPES_WIN32_STRSAFE(Cch, WCHAR, W, size_t{1})
PIPES_WIN32_STRSAFE(Cb, CHAR, A, sizeof(CHAR))
PIPES_WIN32_STRSAFE(Cb, WCHAR, W, sizeof(WCHAR))
