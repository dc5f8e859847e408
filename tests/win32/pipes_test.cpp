// Named and anonymous pipes under Win32's names.
#include "support/oracle.h"
#include "win32/words.h"

namespace pipes::test {
namespace {

TEST(Win32Pipe, WideAndNarrowNamesMeetInOnePipe) {
  const std::string name = unique_name() + "-\xC3\xA4";  // a umlaut
  WideString wide(300, 0);
  ASSERT_NE(MultiByteToWideChar(CP_UTF8, 0, name.c_str(), -1, wide.data(), 300), 0);
  const Owned server(CreateNamedPipeW(wide.c_str(), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 512, 512, 0, nullptr));
  ASSERT_TRUE(server.valid());
  EXPECT_TRUE(WaitNamedPipeW(wide.c_str(), 1000));
  const Owned client(CreateFileW(wide.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr));
  ASSERT_TRUE(client.valid());
#ifndef _WIN32  // where the narrow code page is UTF-8 only if somebody made it so
  EXPECT_EQ(last_error_of(WaitNamedPipeA(name.c_str(), NMPWAIT_NOWAIT)), DWORD{ERROR_SEM_TIMEOUT});
#endif
  EXPECT_TRUE(write_text(client, "over"));
  EXPECT_EQ(read_text(server), "over");
}

#ifndef _WIN32
TEST(Win32Pipe, NAME_18_TextThatIsNotWellFormedIsNoName) {
  const WCHAR lone_surrogate[] = {'\\', '\\', '.', '\\', 'p', 'i', 'p', 'e', '\\', 0xD800, 'x', 0};
  const Owned server(CreateNamedPipeW(lone_surrogate, PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, nullptr));
  EXPECT_FALSE(server.valid());
  EXPECT_EQ(GetLastError(), DWORD{ERROR_INVALID_NAME});
}
#endif

TEST(Win32Pipe, OPEN_28_TheLastErrorSaysWhetherTheNameWasNew) {
  const std::string name = unique_name();
  const auto create = [&] {
    return Owned(CreateNamedPipeA(name.c_str(), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2, 0, 0, 0, nullptr));
  };
  SetLastError(77);
  const Owned first = create();
  EXPECT_EQ(GetLastError(), DWORD{ERROR_SUCCESS});
  const Owned second = create();
  ASSERT_TRUE(second.valid());
#ifndef _WIN32  // D24: one source only
  EXPECT_EQ(GetLastError(), DWORD{ERROR_ALREADY_EXISTS});
#endif
}

TEST(Win32Pipe, CLI_11_WhateverTheDispositionAnExistingPipeIsOpenedAndNoneIsMade) {
  const std::string name = unique_name();
  EXPECT_EQ(CreateFileA(name.c_str(), GENERIC_READ, 0, nullptr, CREATE_ALWAYS, 0, nullptr), INVALID_HANDLE_VALUE);
  EXPECT_EQ(GetLastError(), DWORD{ERROR_FILE_NOT_FOUND});
  const Owned server(CreateNamedPipeA(name.c_str(), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 0, 0, 0, nullptr));
  const Owned client(CreateFileA(name.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                 nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  EXPECT_TRUE(client.valid());
}

TEST(Win32Pipe, FINE_19_AnIdThatNobodyWantsIsABufferTooSmall) {
  const Ends ends = connect_ends();
  PIPES_ORACLE_DIFFERS("table 4: process-id queries with a null pointer");
  EXPECT_EQ(last_error_of(GetNamedPipeClientProcessId(ends.server, nullptr)), DWORD{ERROR_INSUFFICIENT_BUFFER});
  EXPECT_EQ(last_error_of(GetNamedPipeServerProcessId(ends.client, nullptr)), DWORD{ERROR_INSUFFICIENT_BUFFER});
  EXPECT_EQ(last_error_of(GetNamedPipeClientSessionId(ends.server, nullptr)), DWORD{ERROR_INSUFFICIENT_BUFFER});
  EXPECT_EQ(last_error_of(GetNamedPipeServerSessionId(ends.client, nullptr)), DWORD{ERROR_INSUFFICIENT_BUFFER});
}

TEST(Win32Pipe, PEER_1_BothEndsTellTheProcessOfTheOther) {
  const Ends ends = connect_ends();
  ULONG id = 0;
  ASSERT_TRUE(GetNamedPipeClientProcessId(ends.server, &id));
  EXPECT_EQ(id, GetCurrentProcessId());
  id = 0;
  ASSERT_TRUE(GetNamedPipeServerProcessId(ends.client, &id));
  EXPECT_EQ(id, GetCurrentProcessId());
}

TEST(Win32Pipe, FINE_21_TheTypeOfAPipeIsPipe) {
  const Ends ends = connect_ends();
  EXPECT_EQ(GetFileType(ends.server), DWORD{FILE_TYPE_PIPE});
  EXPECT_EQ(GetFileType(ends.client), DWORD{FILE_TYPE_PIPE});
  HANDLE reading = nullptr;
  HANDLE writing = nullptr;
  ASSERT_TRUE(CreatePipe(&reading, &writing, nullptr, 0));
  EXPECT_EQ(GetFileType(reading), DWORD{FILE_TYPE_PIPE});
  EXPECT_TRUE(CloseHandle(reading));
  EXPECT_TRUE(CloseHandle(writing));
  EXPECT_EQ(GetFileType(reading), DWORD{FILE_TYPE_UNKNOWN});
  EXPECT_EQ(GetLastError(), DWORD{ERROR_INVALID_HANDLE});
}

TEST(Win32Pipe, PEEK_6_OfABytePipeNothingLessWhatWasCopiedIsLeft) {
  const Ends ends = connect_ends(PIPE_TYPE_BYTE);
  ASSERT_TRUE(write_text(ends.client, "bytes"));
  char buffer[3];
  DWORD copied = 0;
  DWORD available = 0;
  DWORD left = 0;
  ASSERT_TRUE(PeekNamedPipe(ends.server, buffer, sizeof buffer, &copied, &available, &left));
  EXPECT_EQ(copied, 3U);
  EXPECT_EQ(available, 5U);
  EXPECT_EQ(left, 0U - 3U);
  ASSERT_TRUE(PeekNamedPipe(ends.server, nullptr, 0, nullptr, nullptr, &left));
  EXPECT_EQ(left, 0U);
}

TEST(Win32Pipe, PEEK_10_OfAMessageTheRestIsCounted) {
  const Ends ends = connect_ends();
  ASSERT_TRUE(write_text(ends.client, "message"));
  char buffer[7];
  DWORD left = 9;
  ASSERT_TRUE(PeekNamedPipe(ends.server, buffer, 3, nullptr, nullptr, &left));
  EXPECT_EQ(left, 4U);
  ASSERT_TRUE(PeekNamedPipe(ends.server, buffer, 7, nullptr, nullptr, &left));
  EXPECT_EQ(left, 0U);
}

TEST(Win32Pipe, READ_7_AMessageThatIsTooLongComesInPieces) {
  const Ends ends = connect_ends();
  ASSERT_TRUE(write_text(ends.client, "message"));
  char buffer[4];
  DWORD read = 0;
  EXPECT_EQ(last_error_of(ReadFile(ends.server, buffer, sizeof buffer, &read, nullptr)), DWORD{ERROR_MORE_DATA});
  EXPECT_EQ(read, 4U);
  EXPECT_EQ(read_text(ends.server), "age");
}

TEST(Win32Pipe, USE_6_ACallIsAnsweredByAServerThreadAndEndsWithItsReply) {
  const std::string name = unique_name();
  const Owned server(CreateNamedPipeA(name.c_str(), PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1,
                                      512, 512, 0, nullptr));
  const Owned thread(CreateThread(
      nullptr, 0,
      [](LPVOID end) -> DWORD {
        ConnectNamedPipe(end, nullptr);
        write_text(end, read_text(end) + " world");
        return 0;
      },
      server, 0, nullptr));
  char request[] = "hello";
  char reply[64];
  DWORD read = 0;
  ASSERT_TRUE(CallNamedPipeA(name.c_str(), request, 5, reply, sizeof reply, &read, NMPWAIT_WAIT_FOREVER));
  EXPECT_EQ(std::string(reply, read), "hello world");
  EXPECT_EQ(WaitForSingleObject(thread, INFINITE), DWORD{WAIT_OBJECT_0});
}

TEST(Win32Pipe, TheModesOfAnEndAreToldAndSet) {
  const Ends ends = connect_ends();
  DWORD state = 9;
  DWORD instances = 0;
  ASSERT_TRUE(GetNamedPipeHandleStateA(ends.client, &state, &instances, nullptr, nullptr, nullptr, 0));
  EXPECT_EQ(state, DWORD{PIPE_READMODE_BYTE});
  EXPECT_EQ(instances, 1U);
  state = PIPE_READMODE_MESSAGE;
  EXPECT_TRUE(SetNamedPipeHandleState(ends.client, &state, nullptr, nullptr));
  state = 9;
  ASSERT_TRUE(GetNamedPipeHandleStateW(ends.client, &state, nullptr, nullptr, nullptr, nullptr, 0));
  EXPECT_EQ(state, DWORD{PIPE_READMODE_MESSAGE});
  DWORD flags = 0;
  ASSERT_TRUE(GetNamedPipeInfo(ends.server, &flags, nullptr, nullptr, nullptr));
  EXPECT_EQ(flags, DWORD{PIPE_SERVER_END | PIPE_TYPE_MESSAGE});
}

TEST(Win32Pipe, ERR_6_SuccessLeavesTheLastErrorAloneAndEachThreadHasItsOwn) {
  const Ends ends = connect_ends();
  SetLastError(4711);
  EXPECT_TRUE(write_text(ends.client, "x"));
  EXPECT_EQ(read_text(ends.server), "x");
#ifndef _WIN32  // where success promises nothing
  EXPECT_EQ(GetLastError(), 4711U);
#endif
  SetLastError(4712);
  const Owned thread(CreateThread(
      nullptr, 0,
      [](LPVOID) -> DWORD {
        const DWORD before = GetLastError();
        SetLastError(1);
        return before;
      },
      nullptr, 0, nullptr));
  EXPECT_EQ(WaitForSingleObject(thread, INFINITE), DWORD{WAIT_OBJECT_0});
  DWORD code = 9;
  EXPECT_TRUE(GetExitCodeThread(thread, &code));
  EXPECT_EQ(code, 0U);
}

TEST(Win32Pipe, FunctionsAreFoundByTheirNames) {
  using Query = BOOL(WINAPI*)(HANDLE, PULONG);
  const HMODULE kernel = GetModuleHandleA("kernel32.dll");
  ASSERT_NE(kernel, nullptr);
  const auto query =
      reinterpret_cast<Query>(reinterpret_cast<void*>(GetProcAddress(kernel, "GetNamedPipeClientProcessId")));
  ASSERT_NE(query, nullptr);
  const Ends ends = connect_ends();
  ULONG id = 0;
  EXPECT_TRUE(query(ends.server, &id));
  EXPECT_EQ(id, GetCurrentProcessId());
  EXPECT_EQ(GetProcAddress(kernel, "NoSuchFunction"), nullptr);
  EXPECT_EQ(GetLastError(), DWORD{ERROR_PROC_NOT_FOUND});
}

}  // namespace
}  // namespace pipes::test
