// Starting processes: standard handles, command lines, environments, ends.
#include "win32/security_words.h"

namespace pipes::test {
namespace {

// The child program lies beside this one.
std::string child_program() {
  char path[MAX_PATH * 4];
  const DWORD length = GetModuleFileNameA(nullptr, path, sizeof path);
  const std::string own(path, length);
  return own.substr(0, own.find_last_of("\\/") + 1) + "pipes_win32_child";
}

struct Pipe {
  Owned reading;
  Owned writing;
};

// An anonymous pipe of which one end may be inherited.
enum class Inherit { kReading, kWriting };

Pipe new_pipe(Inherit inherit) {
  SECURITY_ATTRIBUTES attributes{sizeof attributes, nullptr, TRUE};
  HANDLE reading = nullptr;
  HANDLE writing = nullptr;
  EXPECT_TRUE(CreatePipe(&reading, &writing, &attributes, 0));
  const HANDLE kept = inherit == Inherit::kReading ? writing : reading;
  EXPECT_TRUE(SetHandleInformation(kept, HANDLE_FLAG_INHERIT, 0));
  return {Owned(reading), Owned(writing)};
}

struct Child {
  Owned process;
  Owned thread;
  DWORD id = 0;

  [[nodiscard]] DWORD wait() const {
    EXPECT_EQ(WaitForSingleObject(process, INFINITE), DWORD{WAIT_OBJECT_0});
    DWORD code = STILL_ACTIVE;
    EXPECT_TRUE(GetExitCodeProcess(process, &code));
    return code;
  }
};

// What a test says of the child it starts; the rest is usual.
struct How {
  HANDLE input = nullptr;
  HANDLE output = nullptr;
  bool use_standard_handles = true;
  BOOL inherit = TRUE;
  LPVOID environment = nullptr;
  LPCSTR directory = nullptr;
};

Child start(const std::string& arguments, const How& how) {
  std::string line = '"' + child_program() + "\" " + arguments;
  STARTUPINFOA info{};
  info.cb = sizeof info;
  if (how.use_standard_handles) {
    info.dwFlags = STARTF_USESTDHANDLES;
    info.hStdInput = how.input;
    info.hStdOutput = how.output;
    info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  }
  PROCESS_INFORMATION made{};
  const BOOL started = CreateProcessA(nullptr, line.data(), nullptr, nullptr, how.inherit, 0, how.environment,
                                      how.directory, &info, &made);
  EXPECT_TRUE(started) << GetLastError();
  return {Owned(made.hProcess), Owned(made.hThread), made.dwProcessId};
}

// Runs the child and gives what it wrote.
std::string output_of(const std::string& arguments, How how = {}) {
  Pipe output = new_pipe(Inherit::kWriting);
  how.output = output.writing;
  const Child child = start(arguments, how);
  output.writing.close();
  std::string all = read_all(output.reading);
  EXPECT_EQ(child.wait(), 0U);
  return all;
}

TEST(Win32Child, CHILD_7_WhatGoesInComesOutAndThenBothEndsEnd) {
  Pipe input = new_pipe(Inherit::kReading);
  Pipe output = new_pipe(Inherit::kWriting);
  How how;
  how.input = input.reading;
  how.output = output.writing;
  const Child child = start("copy", how);
  input.reading.close();
  output.writing.close();
  const std::string bytes("bytes\r\n\0\x1A\xFF", 10);  // CHILD-9
  EXPECT_TRUE(write_text(input.writing, bytes));
  EXPECT_EQ(read_text(output.reading), bytes);
  input.writing.close();
  EXPECT_EQ(read_all(output.reading), "");
  EXPECT_EQ(GetLastError(), DWORD{ERROR_BROKEN_PIPE});
  EXPECT_EQ(child.wait(), DWORD{ERROR_BROKEN_PIPE});  // CHILD-6
}

// As programs do that know of no SetHandleInformation: both ends are inheritable, and the parent keeps a duplicate that
// is not. Would the child inherit the end that its input is written to, its input would never end.
TEST(Win32Child, INH_6_ADuplicateThatMayNotBeInheritedDoesNotReachTheChild) {
  for (const DWORD options : {DWORD{0}, DWORD{DUPLICATE_CLOSE_SOURCE}}) {
    SECURITY_ATTRIBUTES attributes{sizeof attributes, nullptr, TRUE};
    HANDLE reading = nullptr;
    HANDLE writing = nullptr;
    ASSERT_TRUE(CreatePipe(&reading, &writing, &attributes, 0));
    Owned input(reading);
    HANDLE kept = nullptr;
    ASSERT_TRUE(DuplicateHandle(GetCurrentProcess(), writing, GetCurrentProcess(), &kept, 0, FALSE,
                                DUPLICATE_SAME_ACCESS | options));
    Owned output(kept);
    if (options == 0) {
      ASSERT_TRUE(CloseHandle(writing));
    }
    Pipe copied = new_pipe(Inherit::kWriting);
    How how;
    how.input = input;
    how.output = copied.writing;
    const Child child = start("copy", how);
    input.close();
    copied.writing.close();
    EXPECT_TRUE(write_text(output, "all"));
    output.close();
    EXPECT_EQ(read_all(copied.reading), "all");
    EXPECT_EQ(child.wait(), DWORD{ERROR_BROKEN_PIPE});
  }
}

TEST(Win32Child, CHILD_1_AHandleThatMayNotBeInheritedDoesNotReachTheChild) {
  Pipe output = new_pipe(Inherit::kReading);
  How how;
  how.output = output.writing;
  const Child child = start("arguments x", how);
  (void)child.wait();
  output.writing.close();
  EXPECT_EQ(read_all(output.reading), "");
}

TEST(Win32Child, CHILD_2_StandardHandlesAreReadAndReplaced) {
  const HANDLE before = GetStdHandle(STD_OUTPUT_HANDLE);
  const Pipe pipe = new_pipe(Inherit::kWriting);
  EXPECT_TRUE(SetStdHandle(STD_OUTPUT_HANDLE, pipe.writing));
  EXPECT_EQ(GetStdHandle(STD_OUTPUT_HANDLE), HANDLE{pipe.writing});
  EXPECT_TRUE(write_text(GetStdHandle(STD_OUTPUT_HANDLE), "mine"));
  EXPECT_TRUE(SetStdHandle(STD_OUTPUT_HANDLE, before));
  EXPECT_EQ(GetStdHandle(STD_OUTPUT_HANDLE), before);
  EXPECT_EQ(read_text(pipe.reading), "mine");
  EXPECT_EQ(GetStdHandle(1), INVALID_HANDLE_VALUE);
}

TEST(Win32Child, CHILD_10_AReplacedStandardHandleIsTheChilds) {
  Pipe output = new_pipe(Inherit::kWriting);
  const HANDLE before = GetStdHandle(STD_OUTPUT_HANDLE);
  ASSERT_TRUE(SetStdHandle(STD_OUTPUT_HANDLE, output.writing));
  How how;
  how.use_standard_handles = false;
  const Child child = start("arguments a", how);
  ASSERT_TRUE(SetStdHandle(STD_OUTPUT_HANDLE, before));
  output.writing.close();
  EXPECT_EQ(read_all(output.reading), "arguments|a|");
  EXPECT_EQ(child.wait(), 0U);
}

TEST(Win32Child, TheChildSeesPipesForStandardHandlesAndCanPeekAtThem) {
  Pipe input = new_pipe(Inherit::kReading);
  How how;
  how.input = input.reading;
  EXPECT_EQ(output_of("types", how), "33");
  EXPECT_TRUE(write_text(input.writing, "12345"));
  EXPECT_EQ(output_of("peek", how), "5");
}

TEST(Win32Child, INH_3_AnInheritableHandleReachesTheChildUnderItsValue) {
  Pipe pipe = new_pipe(Inherit::kWriting);
  const auto value = std::to_string(reinterpret_cast<ULONG_PTR>(HANDLE{pipe.writing}));
  How how;
  const Child child = start("write-to " + value, how);
  pipe.writing.close();
  EXPECT_EQ(read_all(pipe.reading), "inherited");
  EXPECT_EQ(child.wait(), 0U);
}

TEST(Win32Child, INH_3_NothingIsInheritedIfNothingIsToBe) {
  Pipe pipe = new_pipe(Inherit::kWriting);
  const auto value = std::to_string(reinterpret_cast<ULONG_PTR>(HANDLE{pipe.writing}));
  How how;
  how.use_standard_handles = false;
  how.inherit = FALSE;
  const Child child = start("write-to " + value, how);
  EXPECT_EQ(child.wait(), DWORD{ERROR_INVALID_HANDLE});
  pipe.writing.close();
  EXPECT_EQ(read_all(pipe.reading), "");
}

// ---------------------------------------------------------------------- handles that are put into a child that runs

// By what a child is told the value of a handle.
class Teller {
 public:
  Teller()
      : name_(unique_name()),
        pipe_(CreateNamedPipeA(name_.c_str(), PIPE_ACCESS_OUTBOUND, PIPE_TYPE_MESSAGE, 1, 0, 0, 0, nullptr)) {}
  [[nodiscard]] const std::string& name() const { return name_; }
  // Until the child has come so far. A handle may be put into it before, but not so long before as it may take to
  // start.
  void await_child() const { EXPECT_TRUE(ConnectNamedPipe(pipe_, nullptr) || GetLastError() == ERROR_PIPE_CONNECTED); }
  void tell(HANDLE handle) const {
    await_child();
    EXPECT_TRUE(write_text(pipe_, std::to_string(reinterpret_cast<ULONG_PTR>(handle))));
  }

 private:
  std::string name_;
  Owned pipe_;
};

class Win32Duplicate : public testing::TestWithParam<BOOL> {};
INSTANTIATE_TEST_SUITE_P(InA, Win32Duplicate, testing::Values(TRUE, FALSE),
                         [](const auto& of) { return of.param != FALSE ? "ChildThatInherits" : "ChildThatDoesNot"; });

TEST_P(Win32Duplicate, INH_11_AnAnonymousHandleGoesIntoAChildThatRuns) {
  const Teller teller;
  How how;
  how.use_standard_handles = false;
  how.inherit = GetParam();
  const Child child = start("write-to-told " + teller.name(), how);
  teller.await_child();
  HANDLE reading = nullptr;
  HANDLE writing = nullptr;
  ASSERT_TRUE(CreatePipe(&reading, &writing, nullptr, 0));
  const Owned pipe(reading);
  HANDLE there = nullptr;
  ASSERT_TRUE(DuplicateHandle(GetCurrentProcess(), writing, child.process, &there, 0, FALSE,
                              DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE))
      << GetLastError();
  EXPECT_EQ(last_error_of(CloseHandle(writing)), DWORD{ERROR_INVALID_HANDLE});
  teller.tell(there);
  EXPECT_EQ(read_all(pipe), "inherited");
  EXPECT_EQ(child.wait(), 0U);
}

TEST_P(Win32Duplicate, INH_6_AHandleOfANamedPipeGoesIntoAChildThatRuns) {
  const Teller teller;
  How how;
  how.use_standard_handles = false;
  how.inherit = GetParam();
  const Child child = start("write-to-told " + teller.name(), how);
  Ends ends = connect_ends();
  HANDLE there = nullptr;
  const Owned by_id(OpenProcess(PROCESS_DUP_HANDLE, FALSE, child.id));
  // Also while it starts, which may take longer than it is waited for.
  const auto duplicate = [&] {
    return DuplicateHandle(GetCurrentProcess(), ends.client, by_id, &there, 0, FALSE, DUPLICATE_SAME_ACCESS);
  };
  BOOL duplicated = duplicate();
  if (!duplicated && GetLastError() == ERROR_SEM_TIMEOUT) {
    teller.await_child();
    duplicated = duplicate();
  }
  ASSERT_TRUE(duplicated) << GetLastError();
  teller.tell(there);
  EXPECT_EQ(child.wait(), 0U);
  EXPECT_EQ(read_text(ends.server), "inherited");
  EXPECT_TRUE(write_text(ends.client, "mine, too"));
  EXPECT_EQ(read_text(ends.server), "mine, too");
}

TEST(Win32DuplicateInto, INH_6_TheDuplicateHasTheRightsThatAreAskedFor) {
  const Teller teller;
  const Child child = start("write-to-told " + teller.name(), How{});
  teller.await_child();
  const Ends ends = connect_ends();
  HANDLE there = nullptr;
  ASSERT_TRUE(DuplicateHandle(GetCurrentProcess(), ends.client, child.process, &there, GENERIC_READ, FALSE, 0));
  teller.tell(there);
  EXPECT_EQ(child.wait(), DWORD{ERROR_ACCESS_DENIED});
}

TEST(Win32DuplicateInto, INH_8_TheSourceIsClosedThoughTheProcessHasEnded) {
  const Child child = start("exit 0", How{});
  EXPECT_EQ(child.wait(), 0U);
  Ends ends = connect_ends();
  HANDLE there = nullptr;
  EXPECT_EQ(last_error_of(DuplicateHandle(GetCurrentProcess(), ends.client, child.process, &there, 0, FALSE,
                                          DUPLICATE_SAME_ACCESS)),
            DWORD{ERROR_ACCESS_DENIED});
  EXPECT_TRUE(write_text(ends.client, "unharmed"));
  EXPECT_EQ(read_text(ends.server), "unharmed");
  EXPECT_EQ(last_error_of(DuplicateHandle(GetCurrentProcess(), ends.client, child.process, &there, 0, FALSE,
                                          DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE)),
            DWORD{ERROR_ACCESS_DENIED});
  EXPECT_FALSE(ends.client.close());
  EXPECT_EQ(read_all(ends.server), "");
}

TEST(Win32DuplicateInto, INH_6_TheProcessMustBeOne) {
  const Ends ends = connect_ends();
  HANDLE there = nullptr;
  for (const HANDLE process : {HANDLE{nullptr}, HANDLE{ends.server}}) {
    EXPECT_EQ(last_error_of(
                  DuplicateHandle(GetCurrentProcess(), ends.client, process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS)),
              DWORD{ERROR_INVALID_HANDLE});
  }
}

#ifndef _WIN32
// What is the shell's is not its child's, which uses this library while the shell does not.
TEST(Win32DuplicateInto, INH_11_AProgramThatDoesNotUseTheLibraryIsWaitedForTwoSeconds) {
  const Teller teller;
  std::string line = "sh -c \"" + child_program() + " write-to-told '" + teller.name() + "'; exit $?\"";
  STARTUPINFOA info{};
  info.cb = sizeof info;
  PROCESS_INFORMATION made{};
  ASSERT_TRUE(CreateProcessA(nullptr, line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &info, &made));
  const Child shell{Owned(made.hProcess), Owned(made.hThread), made.dwProcessId};
  const Ends ends = connect_ends();
  HANDLE there = nullptr;
  EXPECT_EQ(last_error_of(DuplicateHandle(GetCurrentProcess(), ends.client, shell.process, &there, 0, FALSE,
                                          DUPLICATE_SAME_ACCESS)),
            DWORD{ERROR_SEM_TIMEOUT});
  teller.tell(ends.client);
  EXPECT_EQ(shell.wait(), DWORD{ERROR_INVALID_HANDLE});
}

TEST(Win32DuplicateInto, INH_8_OnlyEndsOfPipesGoAndOnlyFromThisProcess) {
  const Child child = start("sleep", How{});
  const Ends ends = connect_ends();
  Owned thread(CreateThread(
      nullptr, 0, [](LPVOID) -> DWORD { return 0; }, nullptr, 0, nullptr));
  HANDLE there = nullptr;
  for (const HANDLE source : {HANDLE{thread}, GetCurrentThread(), GetCurrentProcess()}) {
    EXPECT_EQ(last_error_of(DuplicateHandle(GetCurrentProcess(), source, child.process, &there, 0, FALSE,
                                            DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE)),
              DWORD{ERROR_NOT_SUPPORTED});
  }
  EXPECT_FALSE(thread.close());
  EXPECT_EQ(last_error_of(DuplicateHandle(child.process, ends.client, GetCurrentProcess(), &there, 0, FALSE,
                                          DUPLICATE_SAME_ACCESS)),
            DWORD{ERROR_NOT_SUPPORTED});
  EXPECT_TRUE(TerminateProcess(child.process, 0));
}
#endif

TEST(Win32Child, ACommandLineIsSplitAsCommandLineToArgvWDoes) {
  EXPECT_EQ(output_of(R"(arguments one "two words" "" \"quoted\" a\\b "a\\" a\\\"b)"),
            R"(arguments|one|two words||"quoted"|a\\b|a\|a\"b|)");
}

TEST(Win32Child, AChildHasTheEnvironmentAndTheDirectoryItIsGiven) {
  char environment[] = "COLOUR=blue\0SHAPE=round\0";
  How how;
  how.environment = environment;
  EXPECT_EQ(output_of("variable SHAPE", how), "round");
  EXPECT_TRUE(SetEnvironmentVariableA("COLOUR", "red"));
  EXPECT_EQ(output_of("variable COLOUR"), "red");
  EXPECT_TRUE(SetEnvironmentVariableA("COLOUR", nullptr));
  EXPECT_EQ(output_of("variable COLOUR"), "none");
}

TEST(Win32Child, TheExitCodeIsTold) {
  const Child child = start("exit 42", How{});
  EXPECT_EQ(child.wait(), 42U);
}

TEST(Win32Child, AChildIsWaitedForTogetherWithAnEventAndTerminated) {
  const Child child = start("sleep", How{});
  const Owned event = new_event();
  const HANDLE handles[] = {event, child.process};
  EXPECT_EQ(WaitForMultipleObjects(2, handles, FALSE, 0), DWORD{WAIT_TIMEOUT});
  DWORD code = 0;
  EXPECT_TRUE(GetExitCodeProcess(child.process, &code));
  EXPECT_EQ(code, DWORD{STILL_ACTIVE});
  const Owned other(OpenProcess(PROCESS_ALL_ACCESS, FALSE, child.id));
  EXPECT_TRUE(TerminateProcess(other, 1234567));
  EXPECT_EQ(WaitForMultipleObjects(2, handles, FALSE, INFINITE), DWORD{WAIT_OBJECT_0 + 1});
  EXPECT_EQ(child.wait(), 1234567U);
  EXPECT_EQ(WaitForSingleObject(other, INFINITE), DWORD{WAIT_OBJECT_0});
}

TEST(Win32Child, AProgramThatIsNotThereIsNotFound) {
  char line[] = "no-such-program-at-all.exe";
  STARTUPINFOA info{};
  info.cb = sizeof info;
  PROCESS_INFORMATION made{};
  EXPECT_EQ(last_error_of(CreateProcessA(nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &info, &made)),
            DWORD{ERROR_FILE_NOT_FOUND});
}

TEST(Win32Child, TheWideFormStartsTheSameProgramByItsNameWithItsEnding) {
  WideString line(1024, 0);
  const std::string name = "pipes_win32_child.exe exit 7";
  ASSERT_NE(MultiByteToWideChar(CP_UTF8, 0, name.c_str(), -1, line.data(), 1024), 0);
  STARTUPINFOW info{};
  info.cb = sizeof info;
  PROCESS_INFORMATION made{};
  ASSERT_TRUE(CreateProcessW(nullptr, line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &info, &made));
  const Child child{Owned(made.hProcess), Owned(made.hThread), made.dwProcessId};
  EXPECT_EQ(child.wait(), 7U);
}

TEST(Win32Process, ItHasATokenWhileItLives) {
  Pipe input = new_pipe(Inherit::kReading);
  How how;
  how.input = input.reading;
  const Child child = start("copy", how);
  HANDLE token = nullptr;
  ASSERT_TRUE(OpenProcessToken(child.process, TOKEN_QUERY, &token));
  EXPECT_EQ(user_of(token), user_of(process_token()));
  EXPECT_TRUE(CloseHandle(token));
  input.reading.close();
  input.writing.close();
  EXPECT_EQ(child.wait(), DWORD{ERROR_BROKEN_PIPE});
#ifndef _WIN32
  EXPECT_EQ(last_error_of(OpenProcessToken(child.process, TOKEN_QUERY, &token)), DWORD{ERROR_ACCESS_DENIED});
#endif
}

}  // namespace
}  // namespace pipes::test
