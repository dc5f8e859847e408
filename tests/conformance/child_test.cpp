// CHILD: programs that know nothing of this library, with ends of anonymous pipes for their standard handles.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "support/expect.h"
#include "support/signals.h"
#include "support/spawn.h"

namespace pipes::test {
namespace {

// Reads to the end of the stream, which must be 109.
std::string read_to_end(pipes_handle end) {
  std::string all;
  Received part;
  while ((part = read(end)).status.ok()) all += part.bytes;
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), part);
  return all;
}

TEST(StandardHandles, CHILD_3_ChildsOutputIsReadByTheParent) {
  AnonymousPair output = anonymous_pair();
  ASSERT_STATUS(PIPES_OK, pipes_set_inheritable(output.write_end, 1));
  EXPECT_FALSE(native_flags(output.read_end).inheritable) << "the parent's end stays with the parent";
  Program child = Program::speaker({.output = output.write_end}, "spoken by the child");
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  EXPECT_EQ("spoken by the child", read_to_end(output.read_end));
  EXPECT_EQ(0, child.wait().code);
}

TEST(StandardHandles, CHILD_4_ChildReadsWhatTheParentWrites) {
  AnonymousPair input = anonymous_pair();
  AnonymousPair output = anonymous_pair();
  Program child = Program::copier({.input = input.read_end, .output = output.write_end});
  EXPECT_STATUS(PIPES_OK, input.read_end.close());
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  for (const std::string line : {"first\n", "second\n"}) {
    EXPECT_EQ(sent(line.size()), write(input.write_end, line));
    EXPECT_EQ(received(PIPES_OK, line), read(output.read_end));
  }
  EXPECT_STATUS(PIPES_OK, input.write_end.close());
  EXPECT_EQ(0, child.wait().code);
}

TEST(StandardHandles, CHILD_4_InheritableWriteHandleKeepsTheInputFromEnding) {
  AnonymousPair input = anonymous_pair();
  ASSERT_STATUS(PIPES_OK, pipes_set_inheritable(input.write_end, 1));
  Program holder = Program::sleeper();
  EXPECT_STATUS(PIPES_OK, input.write_end.close());
  EXPECT_EQ(peeked("", 0, 0), peek(input.read_end)) << "the child's copy is open";
  holder.kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(input.read_end));
}

TEST(StandardHandles, CHILD_5_ParentsCopyOfTheChildsEndKeepsItsReadFromEnding) {
  AnonymousPair output = anonymous_pair();
  Program child = Program::speaker({.output = output.write_end}, "out");
  EXPECT_EQ(0, child.wait().code);
  EXPECT_EQ(received(PIPES_OK, "out"), read(output.read_end));
  Background reading([&] { return read(output.read_end); });
  EXPECT_TRUE(wait_until_blocked(reading)) << "though the child has ended";
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
}

TEST(StandardHandles, CHILD_6_ClosingTheWriteEndEndsTheChildsInput) {
  AnonymousPair input = anonymous_pair();
  AnonymousPair output = anonymous_pair();
  Program child = Program::copier({.input = input.read_end, .output = output.write_end});
  EXPECT_STATUS(PIPES_OK, input.read_end.close());
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  EXPECT_EQ(sent(4), write(input.write_end, "last"));
  EXPECT_STATUS(PIPES_OK, input.write_end.close());
  EXPECT_EQ("last", read_to_end(output.read_end));
  EXPECT_EQ(0, child.wait().code) << "an end of file is no error to it";
}

TEST(StandardHandles, CHILD_7_WhatRemainsIsReadAfterTheChildHasEnded) {
  AnonymousPair output = anonymous_pair();
  Program child = Program::speaker({.output = output.write_end}, std::string(3000, 'r'));
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  EXPECT_EQ(0, child.wait().code);
  EXPECT_EQ(peeked("", 3000, 0), peek(output.read_end, 0));
  EXPECT_EQ(received(PIPES_OK, std::string(3000, 'r')), read(output.read_end));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(output.read_end));
}

TEST(StandardHandles, CHILD_7_KilledChildLooksTheSame) {
  AnonymousPair output = anonymous_pair();
  Program child = Program::sleeper({.output = output.write_end});
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  Background reading([&] { return read(output.read_end); });
  ASSERT_TRUE(wait_until_blocked(reading));
  child.kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
}

TEST(StandardHandles, CHILD_8_OutputAndErrorMayShareOneWriteHandle) {
  AnonymousPair output = anonymous_pair();
  Program child = Program::speaker({.output = output.write_end, .error = output.write_end}, "out,", "err");
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  EXPECT_EQ("out,err", read_to_end(output.read_end));
  EXPECT_EQ(0, child.wait().code);
}

TEST(StandardHandles, CHILD_8_OutputAndErrorMayBeApart) {
  AnonymousPair output = anonymous_pair();
  AnonymousPair error = anonymous_pair();
  Program child = Program::speaker({.output = output.write_end, .error = error.write_end}, "out", "err");
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  EXPECT_STATUS(PIPES_OK, error.write_end.close());
  EXPECT_EQ("out", read_to_end(output.read_end));
  EXPECT_EQ("err", read_to_end(error.read_end));
  EXPECT_EQ(0, child.wait().code);
}

// Sends `data` through a copying child and returns what comes back.
std::string through_a_child(const std::string& data) {
  AnonymousPair input = anonymous_pair();
  AnonymousPair output = anonymous_pair();
  Program child = Program::copier({.input = input.read_end, .output = output.write_end});
  EXPECT_STATUS(PIPES_OK, input.read_end.close());
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  std::thread feeding([&] {
    EXPECT_EQ(sent(data.size()), write(input.write_end, data));
    EXPECT_STATUS(PIPES_OK, input.write_end.close());
  });
  const std::string back = read_to_end(output.read_end);
  feeding.join();
  EXPECT_EQ(0, child.wait().code);
  return back;
}

TEST(StandardHandles, CHILD_9_BytesPassUnchanged) {
  std::string every_byte;
  for (int value = 0; value < 256; ++value) every_byte += static_cast<char>(value);
  EXPECT_EQ(every_byte, through_a_child(every_byte));
  const std::string lines = "unix\nwindows\r\nold\rend of text\x1A\x04 after it\xC3\xA4\xFF";
  EXPECT_EQ(lines, through_a_child(lines));
  const std::string much = bytes((5u << 20) + 13);
  EXPECT_TRUE(through_a_child(much) == much);
}

TEST(StandardHandles, USE_7_AFileIsCopiedThroughAChild) {
  const std::string path = ::testing::TempDir() + unique_name().substr(9) + ".copied";
  const std::string content = bytes(300001);
  std::ofstream(path, std::ios::binary) << content;
  AnonymousPair input = anonymous_pair();
  AnonymousPair output = anonymous_pair();
  Program child = Program::copier({.input = input.read_end, .output = output.write_end});
  EXPECT_STATUS(PIPES_OK, input.read_end.close());
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  std::thread feeding([&] {
    std::ifstream file(path, std::ios::binary);
    std::vector<char> part(4096);
    while (file.read(part.data(), static_cast<std::streamsize>(part.size())), file.gcount() > 0) {
      const auto count = static_cast<size_t>(file.gcount());
      EXPECT_EQ(sent(count), write(input.write_end, {part.data(), count}));
    }
    EXPECT_STATUS(PIPES_OK, input.write_end.close());
  });
  EXPECT_TRUE(read_to_end(output.read_end) == content);
  feeding.join();
  EXPECT_EQ(0, child.wait().code);
  EXPECT_EQ(0, std::remove(path.c_str()));
}

// --------------------------------------------------------------------------------- what the parent's calls leave alone

TEST(StandardHandles, INH_1_HandlesAreNotInheritedUnlessAsked) {
  AnonymousPair anonymous = anonymous_pair();
  Pair named = connected_pair();
  Program bystander = Program::sleeper();
  EXPECT_STATUS(PIPES_OK, anonymous.write_end.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(anonymous.read_end));
  EXPECT_STATUS(PIPES_OK, named.client.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(named.server));
  EXPECT_STATUS(PIPES_OK, named.server.close());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(named.name).status);
}

TEST(StandardHandles, INH_1_InheritanceCanBeTakenBack) {
  AnonymousPair pair = anonymous_pair(0, true);
  ASSERT_STATUS(PIPES_OK, pipes_set_inheritable(pair.write_end, 0));
  Program bystander = Program::sleeper();
  EXPECT_STATUS(PIPES_OK, pair.write_end.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(pair.read_end));
}

TEST(StandardHandles, ANON_15_NoWaitAndWaitingCallsLeaveTheFlagsOfTheChildAlone) {
  PIPES_OUR_ENGINE_ONLY("D35: on NT the mode belongs to the end, in all processes (MODE-7)");
  const AnonymousPair pair = anonymous_pair();
  const auto expect_blocking = [&] {
    EXPECT_TRUE(native_flags(pair.read_end).known);
    EXPECT_FALSE(native_flags(pair.read_end).non_blocking);
    EXPECT_TRUE(native_flags(pair.write_end).known);
    EXPECT_FALSE(native_flags(pair.write_end).non_blocking);
  };
  expect_blocking();
  ASSERT_STATUS(PIPES_OK, set_mode(pair.read_end, PIPES_NOWAIT));
  ASSERT_STATUS(PIPES_OK, set_mode(pair.write_end, PIPES_NOWAIT));
  EXPECT_EQ(received_nothing(PIPES_ERROR_NO_DATA), read(pair.read_end));
  EXPECT_STATUS(PIPES_OK, write(pair.write_end, bytes(100000)).status);
  expect_blocking();
  ASSERT_STATUS(PIPES_OK, set_mode(pair.read_end, PIPES_WAIT));
  while (peek(pair.read_end, 0).available > 0) (void)read(pair.read_end);
  Background reading([&] { return read(pair.read_end); });
  ASSERT_TRUE(wait_until_blocked(reading));
  expect_blocking();
}

TEST(StandardHandles, ANON_15_ChildWaitsForInputThoughTheParentsEndDoesNot) {
  PIPES_OUR_ENGINE_ONLY("D35: on NT the mode belongs to the end, in all processes (MODE-7)");
  AnonymousPair input = anonymous_pair();
  AnonymousPair output = anonymous_pair();
  ASSERT_STATUS(PIPES_OK, set_mode(input.read_end, PIPES_NOWAIT));
  ASSERT_STATUS(PIPES_OK, set_mode(output.write_end, PIPES_NOWAIT));
  EXPECT_EQ(received_nothing(PIPES_ERROR_NO_DATA), read(input.read_end));
  Program child = Program::copier({.input = input.read_end, .output = output.write_end});
  EXPECT_STATUS(PIPES_OK, output.write_end.close());
  EXPECT_EQ(sent(5), write(input.write_end, "hello"));
  EXPECT_EQ(received(PIPES_OK, "hello"), read(output.read_end)) << "a child that does not block would have failed";
  EXPECT_STATUS(PIPES_OK, input.write_end.close());
  EXPECT_EQ(0, child.wait().code);
}

TEST(StandardHandles, WRITE_19_NoSignalComesOfAChildThatEnded) {
  const BrokenPipeSignals signals;
  AnonymousPair input = anonymous_pair();
  Program child = Program::sleeper({.input = input.read_end});
  EXPECT_STATUS(PIPES_OK, input.read_end.close());
  Background writing([&] { return write(input.write_end, bytes(1u << 20)); });
  ASSERT_TRUE(wait_until_blocked(writing));
  child.kill();
  EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.result());
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(input.write_end, "x"));
  EXPECT_EQ(0u, signals.count());
  EXPECT_TRUE(BrokenPipeSignals::would_be_delivered());
}

}  // namespace
}  // namespace pipes::test
