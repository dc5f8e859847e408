// Strings, conversions, memory, clocks and names.
#include "win32/words.h"
// After windows.h.
#include <lmcons.h>

namespace pipes::test {
namespace {

TEST(Win32String, BytesAndUnitsAreConvertedBothWays) {
  const char bytes[] = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
  WCHAR units[16];
  EXPECT_EQ(MultiByteToWideChar(CP_UTF8, 0, bytes, -1, nullptr, 0), 6);
  ASSERT_EQ(MultiByteToWideChar(CP_UTF8, 0, bytes, -1, units, 16), 6);
  EXPECT_EQ(WideString(units), WIDE("a\u00E4\u20AC\U0001F600"));
  char back[16];
  EXPECT_EQ(WideCharToMultiByte(CP_UTF8, 0, units, -1, nullptr, 0, nullptr, nullptr), 11);
  ASSERT_EQ(WideCharToMultiByte(CP_UTF8, 0, units, -1, back, 16, nullptr, nullptr), 11);
  EXPECT_STREQ(back, bytes);
  EXPECT_EQ(MultiByteToWideChar(CP_UTF8, 0, "abc", 2, units, 16), 2);
  EXPECT_EQ(MultiByteToWideChar(CP_UTF8, 0, "abc", 3, units, 2), 0);
  EXPECT_EQ(GetLastError(), DWORD{ERROR_INSUFFICIENT_BUFFER});
  EXPECT_EQ(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xFF", 1, units, 16), 0);
  EXPECT_EQ(GetLastError(), DWORD{ERROR_NO_UNICODE_TRANSLATION});
}

TEST(Win32String, TheLstrFunctionsWorkOnBothKinds) {
  char bytes[16];
  WCHAR units[16];
  EXPECT_EQ(lstrcpyA(bytes, "pipe"), bytes);
  EXPECT_EQ(lstrcpyW(units, WIDE("pipe")), units);
  EXPECT_EQ(lstrlenA(lstrcatA(bytes, "s")), 5);
  EXPECT_EQ(lstrlenW(lstrcatW(units, WIDE("s"))), 5);
  EXPECT_EQ(lstrlenA(nullptr), 0);
  EXPECT_EQ(lstrcmpiA(bytes, "PIPES"), 0);
  EXPECT_EQ(lstrcmpiW(units, WIDE("PIPES")), 0);
  EXPECT_LT(lstrcmpA("a", "b"), 0);
  EXPECT_NE(lstrcpynA(bytes, "abcdef", 4), nullptr);
  EXPECT_STREQ(bytes, "abc");
}

TEST(Win32String, MemoryIsZeroedOnlyWhenAskedForAndKnowsItsSize) {
  const HANDLE heap = GetProcessHeap();
  auto* block = static_cast<char*>(HeapAlloc(heap, HEAP_ZERO_MEMORY, 10));
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(block[9], 0);
  EXPECT_EQ(HeapSize(heap, 0, block), 10U);
  block = static_cast<char*>(HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, 100));
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(block[99], 0);
  EXPECT_TRUE(HeapFree(heap, 0, block));
  const HLOCAL local = LocalAlloc(LPTR, 24);
  EXPECT_GE(LocalSize(local), 24U);
  EXPECT_EQ(LocalFree(local), nullptr);
  const HGLOBAL global = GlobalAlloc(GPTR, 8);
  EXPECT_EQ(GlobalFree(global), nullptr);
}

TEST(Win32String, ClocksGoOn) {
  LARGE_INTEGER frequency;
  LARGE_INTEGER before;
  LARGE_INTEGER after;
  EXPECT_TRUE(QueryPerformanceFrequency(&frequency));
  EXPECT_TRUE(QueryPerformanceCounter(&before));
  const ULONGLONG ticks = GetTickCount64();
  Sleep(20);
  EXPECT_TRUE(QueryPerformanceCounter(&after));
  EXPECT_GE((after.QuadPart - before.QuadPart) * 1000 / frequency.QuadPart, 15);
  EXPECT_GE(GetTickCount64(), ticks);
}

TEST(Win32String, NamesAreTold) {
  char name[UNLEN + 1];
  DWORD size = MAX_COMPUTERNAME_LENGTH + 1;
  EXPECT_TRUE(GetComputerNameA(name, &size));
  EXPECT_EQ(size, strlen(name));
  size = sizeof name;
  EXPECT_TRUE(GetUserNameA(name, &size));
  EXPECT_EQ(size, strlen(name) + 1);
  size = 1;
  EXPECT_EQ(last_error_of(GetUserNameA(name, &size)), DWORD{ERROR_INSUFFICIENT_BUFFER});
}

TEST(Win32String, ACommandLineBecomesArguments) {
  int count = 0;
  LPWSTR* const arguments = CommandLineToArgvW(WIDE("\"my program\" a\\\\b \"c d\" e\\\"f"), &count);
  ASSERT_NE(arguments, nullptr);
  ASSERT_EQ(count, 4);
  EXPECT_EQ(WideString(arguments[0]), WIDE("my program"));
  EXPECT_EQ(WideString(arguments[1]), WIDE("a\\\\b"));
  EXPECT_EQ(WideString(arguments[2]), WIDE("c d"));
  EXPECT_EQ(WideString(arguments[3]), WIDE("e\"f"));
  LocalFree(arguments);
}

TEST(Win32String, TheProcesssOwnCommandLineBeginsWithItsProgram) {
  int count = 0;
  LPWSTR* const arguments = CommandLineToArgvW(GetCommandLineW(), &count);
  ASSERT_NE(arguments, nullptr);
  ASSERT_GE(count, 1);
  EXPECT_NE(WideString(arguments[0]).find(WIDE("pipes_win32_tests")), WideString::npos);
  LocalFree(arguments);
}

}  // namespace
}  // namespace pipes::test
