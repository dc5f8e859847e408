// Text: what printf and FormatMessage make of formats, and the strings that know how long they may become.
#include "win32/words.h"
// After windows.h, and in this order. What is safer is not all that is tested.
#define STRSAFE_NO_DEPRECATE
#include <tchar.h>
//
#include <strsafe.h>

namespace pipes::test {
namespace {

// What the format makes, in both kinds of functions.
template <class... Arguments>
std::string narrow(const char* format, Arguments... arguments) {
  char buffer[512];
  const int length = snprintf(buffer, sizeof buffer, format, arguments...);
  EXPECT_GE(length, 0);
  return buffer;
}

template <class... Arguments>
WideString wide(const WCHAR* format, Arguments... arguments) {
  WCHAR buffer[512];
  EXPECT_EQ(StringCchPrintfW(buffer, 512, format, arguments...), S_OK);
  return buffer;
}

TEST(Win32Format, ALongHas32Bits) {
  const LONG number = -1;
  const DWORD large = 0xFFFFFFFF;
  EXPECT_EQ(narrow("%ld %lu %lx %d", number, large, large, 7), "-1 4294967295 ffffffff 7");
  EXPECT_EQ(wide(WIDE("%ld %lu %lX"), number, large, large), WIDE("-1 4294967295 FFFFFFFF"));
  EXPECT_EQ(narrow("%lld %I64d %llu", LONGLONG{-5000000000}, LONGLONG{5000000000}, ULONGLONG{1}),
            "-5000000000 5000000000 1");
  EXPECT_EQ(narrow("%hd %hu %I32d %zu", 65537, 65537, 3, size_t{4}), "1 1 3 4");
}

TEST(Win32Format, FlagsWidthAndPrecisionAreObeyed) {
  EXPECT_EQ(narrow("[%5d][%-5d][%05d][%+d][%#x][%.3d]", 42, 42, 42, 42, 42, 42),
            "[   42][42   ][00042][+42][0x2a][042]");
  EXPECT_EQ(narrow("[%*d][%-*d][%.*s]", 4, 1, 4, 2, 2, "abc"), "[   1][2   ][ab]");
  EXPECT_EQ(narrow("%.2f %e %g 100%%", 3.14159, 1.0, 0.5), "3.14 1.000000e+00 0.5 100%");
  EXPECT_EQ(wide(WIDE("[%6.2f][%8s][%-8s]"), 2.5, WIDE("ab"), WIDE("cd")), WIDE("[  2.50][      ab][cd      ]"));
}

TEST(Win32Format, AStringIsOfTheFunctionsOwnKindUnlessItSaysOtherwise) {
  EXPECT_EQ(narrow("%s %S %hs %ls", "a", WIDE("b"), "c", WIDE("d")), "a b c d");
#ifdef _WIN32  // mingw-w64 has functions of its own, to which %s is what it is to C, and %ws nothing
  EXPECT_EQ(wide(WIDE("%S %hs %ls"), "b", "c", WIDE("d")), WIDE("b c d"));
#else
  EXPECT_EQ(narrow("%ws", WIDE("e")), "e");
  EXPECT_EQ(wide(WIDE("%s %S %hs %ls %ws"), WIDE("a"), "b", "c", WIDE("d"), WIDE("e")), WIDE("a b c d e"));
#endif
  EXPECT_EQ(narrow("%c%C%lc", 'x', 'y', 'z'), "xyz");
}

#ifndef _WIN32
TEST(Win32Format, TextOfTheOtherKindIsConverted) {
  EXPECT_EQ(narrow("%S", u"\u00E4\u20AC\U0001F600"), "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(wide(u"%S", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), u"\u00E4\u20AC\U0001F600");
  EXPECT_EQ(narrow("%s", static_cast<const char*>(nullptr)), "(null)");
}

TEST(Win32Format, APointerHasAllItsDigits) {
  EXPECT_EQ(narrow("%p", reinterpret_cast<void*>(uintptr_t{0xABCDEF})), "0000000000ABCDEF");
}
#endif

TEST(Win32Format, AShortBufferIsToldInEachFamilysOwnWay) {
  char buffer[4] = {'x', 'x', 'x', 'x'};
  EXPECT_EQ(snprintf(buffer, sizeof buffer, "%s", "abcdef"), 6);
  EXPECT_STREQ(buffer, "abc");
  EXPECT_EQ(_snprintf(buffer, sizeof buffer, "%s", "abcdef"), -1);
  EXPECT_EQ(std::string(buffer, 4), "abcd");
  EXPECT_EQ(_snprintf(buffer, sizeof buffer, "%s", "wxyz"), 4);
  EXPECT_EQ(std::string(buffer, 4), "wxyz");
  EXPECT_EQ(StringCchPrintfA(buffer, 4, "%d", 12345), STRSAFE_E_INSUFFICIENT_BUFFER);
  EXPECT_STREQ(buffer, "123");
}

TEST(Win32Format, SafeStringsKeepWithinTheirBuffers) {
  TCHAR buffer[6];
  EXPECT_EQ(StringCchCopy(buffer, 6, TEXT("12345")), S_OK);
  EXPECT_EQ(StringCchCopy(buffer, 6, TEXT("123456")), STRSAFE_E_INSUFFICIENT_BUFFER);
  EXPECT_EQ(_tcscmp(buffer, TEXT("12345")), 0);
  EXPECT_EQ(StringCchCopy(buffer, 0, TEXT("")), STRSAFE_E_INVALID_PARAMETER);
  EXPECT_EQ(StringCchCopy(buffer, 6, TEXT("ab")), S_OK);
  EXPECT_EQ(StringCchCat(buffer, 6, TEXT("cd")), S_OK);
  EXPECT_EQ(StringCchCat(buffer, 6, TEXT("ef")), STRSAFE_E_INSUFFICIENT_BUFFER);
  EXPECT_EQ(_tcscmp(buffer, TEXT("abcde")), 0);
  size_t length = 0;
  EXPECT_EQ(StringCchLength(buffer, 6, &length), S_OK);
  EXPECT_EQ(length, 5U);
  EXPECT_EQ(StringCbLength(buffer, sizeof buffer, &length), S_OK);
  EXPECT_EQ(length, 5 * sizeof(TCHAR));
  EXPECT_EQ(StringCbCopyN(buffer, sizeof buffer, TEXT("xyz"), 2 * sizeof(TCHAR)), S_OK);
  EXPECT_EQ(_tcscmp(buffer, TEXT("xy")), 0);
}

std::string message(DWORD flags, const char* source, DWORD number, va_list* arguments) {
  char* text = nullptr;
  const DWORD length = FormatMessageA(flags | FORMAT_MESSAGE_ALLOCATE_BUFFER, source, number, 0,
                                      reinterpret_cast<LPSTR>(&text), 0, arguments);
  std::string result = length == 0 ? std::string("nothing") : std::string(text, length);
  LocalFree(text);
  return result;
}

TEST(Win32Format, TheSystemHasASentenceForEachErrorOfPipes) {
  for (const auto error : {ERROR_BROKEN_PIPE, ERROR_PIPE_BUSY, ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED, ERROR_MORE_DATA,
                           ERROR_PIPE_CONNECTED, ERROR_FILE_NOT_FOUND}) {
    const auto number = static_cast<DWORD>(error);
    const std::string text =
        message(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, number, nullptr);
    EXPECT_TRUE(text.size() > 4 && text.substr(text.size() - 2) == "\r\n") << number << ": " << text;
  }
  EXPECT_EQ(message(FORMAT_MESSAGE_FROM_SYSTEM, nullptr, 0x2FFFFFFF, nullptr), "nothing");
  EXPECT_EQ(GetLastError(), DWORD{ERROR_MR_MID_NOT_FOUND});
}

TEST(Win32Format, InsertsComeFromAnArray) {
  DWORD_PTR arguments[] = {reinterpret_cast<DWORD_PTR>("pipe"), 42, reinterpret_cast<DWORD_PTR>("end")};
  constexpr DWORD kFlags = FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY;
  EXPECT_EQ(message(kFlags, "%3 of %1 no. %2!04u!%n100%%%0 cut", 0, reinterpret_cast<va_list*>(arguments)),
            "end of pipe no. 0042\r\n100%");
  EXPECT_EQ(message(kFlags | FORMAT_MESSAGE_IGNORE_INSERTS, "%1 stays", 0, nullptr), "%1 stays");
}

std::string message_with(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string result = message(FORMAT_MESSAGE_FROM_STRING, format, 0, &arguments);
  va_end(arguments);
  return result;
}

TEST(Win32Format, InsertsComeFromAList) { EXPECT_EQ(message_with("%2 before %1", "one", "two"), "two before one"); }

TEST(Win32Format, AMessageThatDoesNotFitIsNotStored) {
  char buffer[5];
  EXPECT_EQ(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "12345", 0, 0, buffer, sizeof buffer, nullptr), 0U);
  EXPECT_EQ(GetLastError(), DWORD{ERROR_INSUFFICIENT_BUFFER});
  WCHAR units[6];
  EXPECT_EQ(FormatMessageW(FORMAT_MESSAGE_FROM_STRING, WIDE("12345"), 0, 0, units, 6, nullptr), 5U);
  EXPECT_EQ(WideString(units), WIDE("12345"));
}

}  // namespace
}  // namespace pipes::test
