// Handles of all kinds: closing, duplicating, their flags, what a stale one finds.
#include "win32/words.h"

namespace pipes::test {
namespace {

TEST(Win32Handle, AHandleThatWasClosedIsNoneOfWhateverKind) {
  const HANDLE event = CreateEventA(nullptr, TRUE, TRUE, nullptr);
  const HANDLE thread = CreateThread(
      nullptr, 0, [](LPVOID) -> DWORD { return 0; }, nullptr, 0, nullptr);
  EXPECT_EQ(WaitForSingleObject(thread, INFINITE), DWORD{WAIT_OBJECT_0});
  for (const HANDLE handle : {event, thread}) {
    EXPECT_TRUE(CloseHandle(handle));
    EXPECT_EQ(WaitForSingleObject(handle, 0), DWORD{WAIT_FAILED});
    EXPECT_EQ(GetLastError(), DWORD{ERROR_INVALID_HANDLE});
    EXPECT_EQ(last_error_of(CloseHandle(handle)), DWORD{ERROR_INVALID_HANDLE});
    DWORD flags = 0;
    EXPECT_EQ(last_error_of(GetHandleInformation(handle, &flags)), DWORD{ERROR_INVALID_HANDLE});
  }
  EXPECT_EQ(last_error_of(CloseHandle(nullptr)), DWORD{ERROR_INVALID_HANDLE});
}

TEST(Win32Handle, INH_2_OnlyFlagsInTheMaskChange) {
  const Ends ends = connect_ends();
  const Owned thread(CreateThread(
      nullptr, 0, [](LPVOID) -> DWORD { return 0; }, nullptr, 0, nullptr));
  for (const HANDLE handle : {HANDLE{ends.server}, HANDLE{thread}}) {
    DWORD flags = 9;
    ASSERT_TRUE(GetHandleInformation(handle, &flags));
    EXPECT_EQ(flags, 0U);
    EXPECT_TRUE(SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    EXPECT_TRUE(SetHandleInformation(handle, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    ASSERT_TRUE(GetHandleInformation(handle, &flags));
    EXPECT_EQ(flags, DWORD{HANDLE_FLAG_INHERIT});
  }
}

TEST(Win32Handle, AProtectedHandleStaysOpen) {
  Owned thread(CreateThread(
      nullptr, 0, [](LPVOID) -> DWORD { return 0; }, nullptr, 0, nullptr));
  ASSERT_TRUE(SetHandleInformation(thread, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE));
  EXPECT_FALSE(CloseHandle(thread));
  ASSERT_TRUE(SetHandleInformation(thread, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
  EXPECT_TRUE(thread.close());
}

TEST(Win32Handle, INH_9_ADuplicateOutlivesItsSource) {
  Ends ends = connect_ends();
  HANDLE made = nullptr;
  ASSERT_TRUE(
      DuplicateHandle(GetCurrentProcess(), ends.client, GetCurrentProcess(), &made, 0, FALSE, DUPLICATE_SAME_ACCESS));
  const Owned duplicate(made);
  EXPECT_TRUE(ends.client.close());
  EXPECT_TRUE(write_text(duplicate, "still here"));
  EXPECT_EQ(read_text(ends.server), "still here");
}

TEST(Win32Handle, TheCurrentThreadBecomesARealHandleByDuplicating) {
  HANDLE made = nullptr;
  ASSERT_TRUE(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &made, 0, FALSE,
                              DUPLICATE_SAME_ACCESS));
  const Owned thread(made);
  EXPECT_EQ(GetThreadId(thread), GetCurrentThreadId());
  EXPECT_EQ(WaitForSingleObject(thread, 0), DWORD{WAIT_TIMEOUT});
}

}  // namespace
}  // namespace pipes::test
