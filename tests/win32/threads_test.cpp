// Threads: how they begin, what they are called, how they end.
#include <atomic>
#include <vector>

#include "win32/words.h"
// After windows.h.
#include <process.h>

namespace pipes::test {
namespace {

DWORD exit_code_of(HANDLE thread) {
  EXPECT_EQ(WaitForSingleObject(thread, INFINITE), DWORD{WAIT_OBJECT_0});
  DWORD code = STILL_ACTIVE;
  EXPECT_TRUE(GetExitCodeThread(thread, &code));
  return code;
}

TEST(Win32Thread, AThreadKnowsItsOwnIdAndReturnsItsExitCode) {
  DWORD id = 0;
  const Owned thread(CreateThread(
      nullptr, 0, [](LPVOID) -> DWORD { return GetCurrentThreadId(); }, nullptr, 0, &id));
  ASSERT_TRUE(thread.valid());
  EXPECT_NE(id, 0U);
  EXPECT_NE(id, GetCurrentThreadId());
  EXPECT_EQ(GetThreadId(thread), id);
  EXPECT_EQ(exit_code_of(thread), id);
}

TEST(Win32Thread, ExitThreadEndsItAtOnce) {
  const Owned thread(CreateThread(
      nullptr, 0,
      [](LPVOID) -> DWORD {
        ExitThread(77);
        return 1;
      },
      nullptr, 0, nullptr));
  EXPECT_EQ(exit_code_of(thread), 77U);
}

TEST(Win32Thread, ASuspendedThreadBeginsWhenItIsResumed) {
  std::atomic<bool> begun{false};
  const Owned thread(CreateThread(
      nullptr, 0,
      [](LPVOID flag) -> DWORD {
        *static_cast<std::atomic<bool>*>(flag) = true;
        return 3;
      },
      &begun, CREATE_SUSPENDED, nullptr));
  EXPECT_EQ(WaitForSingleObject(thread, 20), DWORD{WAIT_TIMEOUT});
  EXPECT_FALSE(begun);
  DWORD code = 0;
  EXPECT_TRUE(GetExitCodeThread(thread, &code));
  EXPECT_EQ(code, DWORD{STILL_ACTIVE});
  EXPECT_EQ(ResumeThread(thread), 1U);
  EXPECT_EQ(exit_code_of(thread), 3U);
}

TEST(Win32Thread, TheCLibrarysThreadsAreThreads) {
  unsigned id = 0;
  const Owned thread(reinterpret_cast<HANDLE>(_beginthreadex(
      nullptr, 64 * 1024,
      [](void*) -> unsigned {
        _endthreadex(9);
        return 1;
      },
      nullptr, 0, &id)));
  EXPECT_EQ(exit_code_of(thread), 9U);
  EXPECT_NE(id, 0U);
  const Owned event = new_event();
  (void)_beginthread([](void* done) { SetEvent(done); }, 0, event);
  EXPECT_EQ(WaitForSingleObject(event, INFINITE), DWORD{WAIT_OBJECT_0});
}

TEST(Win32Thread, ACriticalSectionIsItsOwnersAlone) {
  struct Shared {
    CRITICAL_SECTION section;
    int count = 0;
  } shared;
  InitializeCriticalSection(&shared.section);
  std::vector<Owned> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back(CreateThread(
        nullptr, 0,
        [](LPVOID argument) -> DWORD {
          auto* const all = static_cast<Shared*>(argument);
          for (int n = 0; n < 1000; ++n) {
            EnterCriticalSection(&all->section);
            EnterCriticalSection(&all->section);
            ++all->count;
            LeaveCriticalSection(&all->section);
            LeaveCriticalSection(&all->section);
          }
          return 0;
        },
        &shared, 0, nullptr));
  }
  for (const Owned& thread : threads) EXPECT_EQ(exit_code_of(thread), 0U);
  EXPECT_EQ(shared.count, 4000);
  EXPECT_TRUE(TryEnterCriticalSection(&shared.section));
  LeaveCriticalSection(&shared.section);
  DeleteCriticalSection(&shared.section);
}

TEST(Win32Thread, InterlockedNumbersChangeWhole) {
  LONG volatile number = 5;
  EXPECT_EQ(InterlockedIncrement(&number), 6);
  EXPECT_EQ(InterlockedDecrement(&number), 5);
  EXPECT_EQ(InterlockedExchangeAdd(&number, 10), 5);
  EXPECT_EQ(InterlockedExchange(&number, 1), 15);
  EXPECT_EQ(InterlockedCompareExchange(&number, 2, 1), 1);
  EXPECT_EQ(InterlockedCompareExchange(&number, 3, 1), 2);
  EXPECT_EQ(number, 2);
}

}  // namespace
}  // namespace pipes::test
