// Waiting for handles of all kinds, together; routines of threads; mutexes and semaphores; callbacks.
#include <atomic>
#include <functional>
#include <vector>

#include "win32/words.h"

namespace pipes::test {
namespace {

DWORD WINAPI wait_for_it(LPVOID event) { return WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0 ? 5 : 6; }

TEST(Win32Wait, AThreadAndAnEventAndAPipeAreWaitedForTogether) {
  const Owned go = new_event();
  const Owned thread(CreateThread(nullptr, 0, wait_for_it, go, 0, nullptr));
  const Owned other = new_event();
  const HANDLE handles[] = {other, thread};
  EXPECT_EQ(WaitForMultipleObjects(2, handles, FALSE, 0), DWORD{WAIT_TIMEOUT});
  EXPECT_TRUE(SetEvent(go));
  EXPECT_EQ(WaitForMultipleObjects(2, handles, FALSE, INFINITE), DWORD{WAIT_OBJECT_0 + 1});
  EXPECT_EQ(WaitForMultipleObjects(2, handles, TRUE, 0), DWORD{WAIT_TIMEOUT});
  EXPECT_TRUE(SetEvent(other));
  EXPECT_EQ(WaitForMultipleObjects(2, handles, TRUE, INFINITE), DWORD{WAIT_OBJECT_0});
  DWORD code = 0;
  EXPECT_TRUE(GetExitCodeThread(thread, &code));
  EXPECT_EQ(code, 5U);
}

TEST(Win32Wait, TooManyHandlesOrNoneAreRefused) {
  const HANDLE handles[MAXIMUM_WAIT_OBJECTS + 1] = {};
  EXPECT_EQ(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS + 1, handles, FALSE, 0), DWORD{WAIT_FAILED});
  EXPECT_EQ(GetLastError(), DWORD{ERROR_INVALID_PARAMETER});
  EXPECT_EQ(WaitForMultipleObjects(0, handles, FALSE, 0), DWORD{WAIT_FAILED});
}

TEST(Win32Wait, AnOverlappedReadCompletesIntoItsEvent) {
  const Ends ends = connect_ends(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED);
  const Owned event = new_event();
  OVERLAPPED overlapped{};
  overlapped.hEvent = event;
  char buffer[8];
  DWORD read = 0;
  EXPECT_EQ(last_error_of(ReadFile(ends.server, buffer, sizeof buffer, nullptr, &overlapped)), DWORD{ERROR_IO_PENDING});
  EXPECT_FALSE(HasOverlappedIoCompleted(&overlapped));
  EXPECT_EQ(last_error_of(GetOverlappedResult(ends.server, &overlapped, &read, FALSE)), DWORD{ERROR_IO_INCOMPLETE});
  OVERLAPPED writing{};
  EXPECT_TRUE(WriteFile(ends.client, "abc", 3, nullptr, &writing));
  EXPECT_EQ(WaitForSingleObject(event, INFINITE), DWORD{WAIT_OBJECT_0});
  EXPECT_TRUE(HasOverlappedIoCompleted(&overlapped));
  EXPECT_TRUE(GetOverlappedResult(ends.server, &overlapped, &read, TRUE));
  EXPECT_EQ(std::string(buffer, read), "abc");
}

struct Ran : OVERLAPPED {
  DWORD status = 99;
  DWORD transferred = 0;
};

VOID CALLBACK note(DWORD status, DWORD transferred, LPOVERLAPPED overlapped) {
  auto* const ran = static_cast<Ran*>(overlapped);
  ran->status = status;
  ran->transferred = transferred;
}

TEST(Win32Wait, APC_7_ARoutineRunsInAnAlertableWait) {
  const Ends ends = connect_ends(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED);
  Ran ran{};
  ran.status = 99;
  char buffer[8];
  ASSERT_TRUE(ReadFileEx(ends.server, buffer, sizeof buffer, &ran, note));
  OVERLAPPED writing{};
  EXPECT_TRUE(WriteFile(ends.client, "abcd", 4, nullptr, &writing));
  EXPECT_EQ(ran.status, 99U);
  const Owned event = new_event();
  EXPECT_EQ(WaitForSingleObjectEx(event, INFINITE, TRUE), DWORD{WAIT_IO_COMPLETION});
  EXPECT_EQ(ran.status, 0U);
  EXPECT_EQ(ran.transferred, 4U);
}

VOID CALLBACK add(ULONG_PTR counter) { ++*reinterpret_cast<std::atomic<int>*>(counter); }

// Each wait that can be alertable, on what does not come: for 1 ms, or for ever where routines end it.
TEST(Win32Wait, APC_6_RoutinesRunInAlertableWaitsAndInNoOthers) {
  const Ends ends = connect_ends(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED);
  const Owned event = new_event();
  const Owned other = new_event();
  const Owned signalled = new_event();
  const Owned port(CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0));
  const Owned read_event = new_event();
  OVERLAPPED reading{};
  reading.hEvent = read_event;
  char buffer[8];
  ASSERT_EQ(last_error_of(ReadFile(ends.server, buffer, sizeof buffer, nullptr, &reading)), DWORD{ERROR_IO_PENDING});
  const HANDLE both[] = {event, other};
  const std::function<DWORD(DWORD, BOOL)> waits[] = {
      [](DWORD time, BOOL alertable) { return SleepEx(time, alertable); },
      [&](DWORD time, BOOL alertable) { return WaitForSingleObjectEx(event, time, alertable); },
      [&](DWORD time, BOOL alertable) { return WaitForMultipleObjectsEx(2, both, FALSE, time, alertable); },
      [&](DWORD time, BOOL alertable) { return WaitForMultipleObjectsEx(2, both, TRUE, time, alertable); },
      [&](DWORD time, BOOL alertable) { return SignalObjectAndWait(signalled, event, time, alertable); },
      [&](DWORD time, BOOL alertable) {
        DWORD read = 0;
        return last_error_of(GetOverlappedResultEx(ends.server, &reading, &read, time, alertable));
      },
      [&](DWORD time, BOOL alertable) {
        OVERLAPPED_ENTRY entry;
        ULONG taken = 0;
        return last_error_of(GetQueuedCompletionStatusEx(port, &entry, 1, &taken, time, alertable));
      },
  };
  int number = 0;
  for (const auto& wait : waits) {
    SCOPED_TRACE(number++);
    Ran ran{};
    ran.status = 99;
    char text[] = "x";
    ASSERT_TRUE(WriteFileEx(ends.server, text, 1, &ran, note));
    EXPECT_EQ(wait(1, FALSE), number == 1 ? 0U : DWORD{WAIT_TIMEOUT});
    EXPECT_EQ(ran.status, 99U) << "APC-8";
    EXPECT_EQ(wait(INFINITE, TRUE), DWORD{WAIT_IO_COMPLETION});
    EXPECT_EQ(ran.status, 0U);
    EXPECT_EQ(ran.transferred, 1U);
  }
}

TEST(Win32Wait, ARoutineIsQueuedForAThreadAndRunsBeforeOneThatIsSuspendedBegins) {
  static std::atomic<int> counter;
  counter = 0;
  EXPECT_NE(QueueUserAPC(add, GetCurrentThread(), reinterpret_cast<ULONG_PTR>(&counter)), 0U);
  EXPECT_EQ(SleepEx(0, FALSE), 0U);
  EXPECT_EQ(counter, 0);
  EXPECT_EQ(SleepEx(INFINITE, TRUE), DWORD{WAIT_IO_COMPLETION});
  EXPECT_EQ(counter, 1);
  const Owned thread(CreateThread(
      nullptr, 0, [](LPVOID) -> DWORD { return static_cast<DWORD>(counter.load()); }, nullptr, CREATE_SUSPENDED,
      nullptr));
  EXPECT_NE(QueueUserAPC(add, thread, reinterpret_cast<ULONG_PTR>(&counter)), 0U);
  EXPECT_EQ(ResumeThread(thread), 1U);
  EXPECT_EQ(WaitForSingleObject(thread, INFINITE), DWORD{WAIT_OBJECT_0});
  DWORD code = 0;
  EXPECT_TRUE(GetExitCodeThread(thread, &code));
  EXPECT_EQ(code, 2U);
}

TEST(Win32Wait, ASignalIsGivenBeforeTheWait) {
  const Owned go = new_event();
  const Owned thread(CreateThread(nullptr, 0, wait_for_it, go, 0, nullptr));
  EXPECT_EQ(SignalObjectAndWait(go, thread, INFINITE, FALSE), DWORD{WAIT_OBJECT_0});
}

TEST(Win32Wait, AMutexIsItsOwnersUntilItWasReleasedAsOftenAsTaken) {
  const Owned mutex(CreateMutexA(nullptr, TRUE, nullptr));
  EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), DWORD{WAIT_OBJECT_0});
  const auto other_gets_it = [&] {
    const Owned thread(CreateThread(
        nullptr, 0,
        [](LPVOID lock) -> DWORD {
          const DWORD result = WaitForSingleObject(lock, 0);
          if (result == WAIT_OBJECT_0) ReleaseMutex(lock);
          return result;
        },
        mutex, 0, nullptr));
    EXPECT_EQ(WaitForSingleObject(thread, INFINITE), DWORD{WAIT_OBJECT_0});
    DWORD code = 0;
    EXPECT_TRUE(GetExitCodeThread(thread, &code));
    return code == WAIT_OBJECT_0;
  };
  EXPECT_FALSE(other_gets_it());
  EXPECT_TRUE(ReleaseMutex(mutex));
  EXPECT_FALSE(other_gets_it());
  EXPECT_TRUE(ReleaseMutex(mutex));
  EXPECT_TRUE(other_gets_it());
  EXPECT_EQ(last_error_of(ReleaseMutex(mutex)), DWORD{ERROR_NOT_OWNER});
}

TEST(Win32Wait, ASemaphoreLetsAsManyPassAsItCounts) {
  const Owned semaphore(CreateSemaphoreA(nullptr, 2, 3, nullptr));
  EXPECT_EQ(WaitForSingleObject(semaphore, 0), DWORD{WAIT_OBJECT_0});
  EXPECT_EQ(WaitForSingleObject(semaphore, 0), DWORD{WAIT_OBJECT_0});
  EXPECT_EQ(WaitForSingleObject(semaphore, 0), DWORD{WAIT_TIMEOUT});
  LONG before = 9;
  EXPECT_TRUE(ReleaseSemaphore(semaphore, 3, &before));
  EXPECT_EQ(before, 0);
  EXPECT_EQ(last_error_of(ReleaseSemaphore(semaphore, 1, nullptr)), DWORD{ERROR_TOO_MANY_POSTS});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(WaitForSingleObject(semaphore, 0), DWORD{WAIT_OBJECT_0});
  EXPECT_EQ(WaitForSingleObject(semaphore, 0), DWORD{WAIT_TIMEOUT});
}

TEST(Win32Wait, ASemaphoreIsNeverPassedMoreOftenThanItWasReleased) {
  struct Shared {
    Owned semaphore{CreateSemaphoreA(nullptr, 0, 1'000'000, nullptr)};
    std::atomic<int> passed{0};
  } shared;
  constexpr int kThreads = 4;
  constexpr int kReleases = 2000;
  std::vector<Owned> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back(CreateThread(
        nullptr, 0,
        [](LPVOID argument) -> DWORD {
          auto* const all = static_cast<Shared*>(argument);
          for (int n = 0; n < kReleases / kThreads; ++n) {
            WaitForSingleObject(all->semaphore, INFINITE);
            ++all->passed;
          }
          return 0;
        },
        &shared, 0, nullptr));
  }
  for (int n = 0; n < kReleases; n += 2) EXPECT_TRUE(ReleaseSemaphore(shared.semaphore, 2, nullptr));
  for (const Owned& thread : threads) EXPECT_EQ(WaitForSingleObject(thread, INFINITE), DWORD{WAIT_OBJECT_0});
  EXPECT_EQ(shared.passed, kReleases);
  EXPECT_EQ(WaitForSingleObject(shared.semaphore, 0), DWORD{WAIT_TIMEOUT});
}

TEST(Win32Wait, ACompletionPortGivesWhatCompletedAndWhatWasPosted) {
  const Ends ends = connect_ends(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED);
  const Owned port(CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0));
  ASSERT_TRUE(port.valid());
  EXPECT_EQ(CreateIoCompletionPort(ends.server, port, 42, 0), HANDLE{port});
  OVERLAPPED reading{};
  char buffer[8];
  EXPECT_EQ(last_error_of(ReadFile(ends.server, buffer, sizeof buffer, nullptr, &reading)), DWORD{ERROR_IO_PENDING});
  OVERLAPPED writing{};
  EXPECT_TRUE(WriteFile(ends.client, "ab", 2, nullptr, &writing));
  DWORD transferred = 0;
  ULONG_PTR key = 0;
  LPOVERLAPPED overlapped = nullptr;
  EXPECT_TRUE(GetQueuedCompletionStatus(port, &transferred, &key, &overlapped, INFINITE));
  EXPECT_EQ(transferred, 2U);
  EXPECT_EQ(key, 42U);
  EXPECT_EQ(overlapped, &reading);
  EXPECT_TRUE(PostQueuedCompletionStatus(port, 7, 8, nullptr));
  OVERLAPPED_ENTRY entries[2];
  ULONG taken = 0;
  EXPECT_TRUE(GetQueuedCompletionStatusEx(port, entries, 2, &taken, 0, FALSE));
  ASSERT_EQ(taken, 1U);
  EXPECT_EQ(entries[0].dwNumberOfBytesTransferred, 7U);
  EXPECT_EQ(entries[0].lpCompletionKey, 8U);
  EXPECT_EQ(last_error_of(GetQueuedCompletionStatus(port, &transferred, &key, &overlapped, 0)), DWORD{WAIT_TIMEOUT});
  EXPECT_EQ(overlapped, nullptr);
}

TEST(Win32Wait, IOCP_1_APortIsMadeWithAHandleOrWithoutAndIsNotBoundToNothing) {
  const Ends ends = connect_ends(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, FILE_FLAG_OVERLAPPED);
  const Owned port(CreateIoCompletionPort(ends.server, nullptr, 7, 1));
  ASSERT_TRUE(port.valid());
  SetLastError(0);
  EXPECT_EQ(CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 7, 1), HANDLE{nullptr});
  EXPECT_EQ(GetLastError(), DWORD{ERROR_INVALID_PARAMETER});
  // IOCP-3, IOCP-2: one port for life, and of overlapped handles alone.
  EXPECT_EQ(CreateIoCompletionPort(ends.server, nullptr, 8, 1), HANDLE{nullptr});
  EXPECT_EQ(GetLastError(), DWORD{ERROR_INVALID_PARAMETER});
  const Ends synchronous = connect_ends();
  EXPECT_EQ(CreateIoCompletionPort(synchronous.server, port, 8, 1), HANDLE{nullptr});
  EXPECT_EQ(GetLastError(), DWORD{ERROR_INVALID_PARAMETER});

  // IOCP-7: a failed operation's packet is taken by a call that fails with its error.
  OVERLAPPED reading{};
  char buffer[8];
  ASSERT_EQ(last_error_of(ReadFile(ends.server, buffer, sizeof buffer, nullptr, &reading)), DWORD{ERROR_IO_PENDING});
  EXPECT_TRUE(CancelIo(ends.server));
  DWORD transferred = 9;
  ULONG_PTR key = 0;
  LPOVERLAPPED overlapped = nullptr;
  EXPECT_EQ(last_error_of(GetQueuedCompletionStatus(port, &transferred, &key, &overlapped, INFINITE)),
            DWORD{ERROR_OPERATION_ABORTED});
  EXPECT_EQ(transferred, 0U);
  EXPECT_EQ(key, 7U);
  EXPECT_EQ(overlapped, &reading);

  // IOCP-6: what succeeds at once is not told again, if it was so agreed.
  ASSERT_TRUE(SetFileCompletionNotificationModes(ends.server, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
  OVERLAPPED writing{};
  EXPECT_TRUE(WriteFile(ends.server, "ab", 2, nullptr, &writing));
  EXPECT_EQ(last_error_of(GetQueuedCompletionStatus(port, &transferred, &key, &overlapped, 0)), DWORD{WAIT_TIMEOUT});
}

struct Bound : OVERLAPPED {
  HANDLE done;
  DWORD transferred;
};

TEST(Win32Wait, ABoundCallbackRunsOnAnotherThread) {
  const Ends ends = connect_ends(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED);
  const Owned done = new_event();
  ASSERT_TRUE(BindIoCompletionCallback(
      ends.server,
      [](DWORD, DWORD transferred, LPOVERLAPPED overlapped) {
        auto* const bound = static_cast<Bound*>(overlapped);
        bound->transferred = transferred;
        SetEvent(bound->done);
      },
      0));
  Bound bound{};
  bound.done = done;
  char buffer[8];
  EXPECT_EQ(last_error_of(ReadFile(ends.server, buffer, sizeof buffer, nullptr, &bound)), DWORD{ERROR_IO_PENDING});
  OVERLAPPED writing{};
  EXPECT_TRUE(WriteFile(ends.client, "xyz", 3, nullptr, &writing));
  EXPECT_EQ(WaitForSingleObject(done, INFINITE), DWORD{WAIT_OBJECT_0});
  EXPECT_EQ(bound.transferred, 3U);
}

TEST(Win32Wait, ARegisteredWaitCallsBackOnceOrUntilItIsUnregistered) {
  const Owned event = new_event(FALSE);
  const Owned called = new_event(FALSE);
  const WAITORTIMERCALLBACK callback = [](PVOID done, BOOLEAN timed_out) {
    if (!timed_out) SetEvent(done);
  };
  HANDLE wait = nullptr;
  ASSERT_TRUE(RegisterWaitForSingleObject(&wait, event, callback, called, INFINITE, WT_EXECUTEDEFAULT));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(SetEvent(event));
    EXPECT_EQ(WaitForSingleObject(called, INFINITE), DWORD{WAIT_OBJECT_0});
  }
  EXPECT_TRUE(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
  EXPECT_TRUE(SetEvent(event));
  EXPECT_EQ(WaitForSingleObject(called, 0), DWORD{WAIT_TIMEOUT});
  ASSERT_TRUE(RegisterWaitForSingleObject(&wait, event, callback, called, INFINITE, WT_EXECUTEONLYONCE));
  EXPECT_EQ(WaitForSingleObject(called, INFINITE), DWORD{WAIT_OBJECT_0});
  EXPECT_TRUE(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
}

TEST(Win32Wait, ABlockedReadOfAThreadIsCancelled) {
  const Ends ends = connect_ends();
  const Owned thread(CreateThread(
      nullptr, 0,
      [](LPVOID end) -> DWORD {
        char buffer[8];
        DWORD read = 0;
        return last_error_of(ReadFile(end, buffer, sizeof buffer, &read, nullptr));
      },
      ends.server, 0, nullptr));
  // Until the thread has come as far as the read.
  while (!CancelSynchronousIo(thread)) {
    EXPECT_EQ(GetLastError(), DWORD{ERROR_NOT_FOUND});
    Sleep(1);
  }
  EXPECT_EQ(WaitForSingleObject(thread, INFINITE), DWORD{WAIT_OBJECT_0});
  DWORD code = 0;
  EXPECT_TRUE(GetExitCodeThread(thread, &code));
  EXPECT_EQ(code, DWORD{ERROR_OPERATION_ABORTED});
}

}  // namespace
}  // namespace pipes::test
