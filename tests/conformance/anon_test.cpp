// ANON: anonymous pipes. That children can use them is shown in child_test.cpp, their sizes in fine_test.cpp (FINE-20).
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/expect.h"
#include "support/oracle.h"
#include "support/signals.h"
#include "support/spawn.h"

namespace pipes::test {
namespace {

constexpr uint32_t kLong = (5u << 20) + 13;

// Reads until `count` bytes have come or a read fails; not more at a time than a pipe holds.
std::string read_bytes(pipes_handle end, size_t count) {
  std::string all;
  while (all.size() < count) {
    const Received part = read(end, static_cast<uint32_t>(std::min(count - all.size(), size_t{1} << 20)));
    if (!part.status.ok()) return all;
    all += part.bytes;
  }
  return all;
}

TEST(Anon, ANON_1_OneWayByteStreamWithoutAName) {
  const AnonymousPair pair = anonymous_pair();
  EXPECT_EQ(sent(5), write(pair.write_end, "hello"));
  EXPECT_EQ(received(PIPES_OK, "hel"), read(pair.read_end, 3));
  EXPECT_EQ(received(PIPES_OK, "lo"), read(pair.read_end, 3));
  uint32_t count = 0;
  {
    PIPES_ORACLE_DIFFERS("Wine cannot list pipes: 66; NAME-19");
    EXPECT_STATUS(PIPES_OK, pipes_enumerate(
                                [](const pipes_pipe_info*, void* counted) {
                                  ++*static_cast<uint32_t*>(counted);
                                  return 1;
                                },
                                &count));
  }
  if (kOurEngine) {
    EXPECT_EQ(0u, count) << "nothing is listed";
  }
}

TEST(Anon, ANON_2_ReadHandleIsTheServerEndAndWriteHandleTheClientEnd) {
  const AnonymousPair pair = anonymous_pair();
  EXPECT_EQ(PIPES_SERVER_END | PIPES_TYPE_BYTE, get_info(pair.read_end).flags);
  EXPECT_EQ(PIPES_CLIENT_END | PIPES_TYPE_BYTE, get_info(pair.write_end).flags);
  EXPECT_EQ(1u, get_info(pair.read_end).max_instances);
  EXPECT_EQ(PIPES_STATE_CONNECTED, get_local_info(pair.read_end).value.state);
  EXPECT_EQ(PIPES_STATE_CONNECTED, get_local_info(pair.write_end).value.state);
  EXPECT_EQ(0u, get_state(pair.read_end).mode) << "byte mode, blocking";
  EXPECT_EQ(0u, get_state(pair.write_end).mode);
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, connect(pair.write_end));
  PIPES_ORACLE_DIFFERS("table 4: DisconnectNamedPipe on a client end");
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, disconnect(pair.write_end));
}

TEST(Anon, ANON_3_SizeZeroMeans4096) {
  const AnonymousPair pair = anonymous_pair(0);
  EXPECT_EQ(4096u, get_info(pair.read_end).in_buffer);
  EXPECT_EQ(sent(4096), write(pair.write_end, bytes(4096)));
  EXPECT_EQ(received(PIPES_OK, bytes(4096)), read(pair.read_end, 5000));
}

TEST(Anon, ANON_4_StructureIsFilledAndTheCallRunsSynchronously) {
  const AnonymousPair pair = anonymous_pair();
  pipes_overlapped overlapped{};
  overlapped.internal = 1;
  overlapped.internal_high = kUntouched;
  uint32_t count = kUntouched;
  EXPECT_STATUS(PIPES_OK, pipes_write(pair.write_end, "hello", 5, &count, &overlapped));
  EXPECT_EQ(5u, count);
  EXPECT_EQ(0u, overlapped.internal);
  EXPECT_EQ(5u, overlapped.internal_high);

  char buffer[8] = {};
  overlapped = {};
  overlapped.internal = 1;
  EXPECT_STATUS(PIPES_OK, pipes_read(pair.read_end, buffer, sizeof(buffer), &count, &overlapped));
  EXPECT_EQ(5u, count);
  EXPECT_EQ(0u, overlapped.internal);
  EXPECT_EQ(5u, overlapped.internal_high);
  EXPECT_EQ("hello", std::string(buffer, 5));
}

TEST(Anon, ANON_5_WriteReturnsOnlyWhenEveryByteIsInThePipe) {
  for (const uint32_t size : {4097u, 65536u, 65537u, 1u << 20, kLong}) {
    SCOPED_TRACE(size);
    const AnonymousPair pair = anonymous_pair();
    Background writing([&] { return write(pair.write_end, bytes(size)); });
    ASSERT_TRUE(wait_until_blocked(writing));
    const std::string got = read_bytes(pair.read_end, size);
    EXPECT_EQ(sent(size), writing.result());
    EXPECT_TRUE(got == bytes(size));
  }
}

TEST(Anon, ANON_6_ReadReturnsAsSoonAsAnyBytesAreThere) {
  const AnonymousPair pair = anonymous_pair();
  Background reading([&] { return read(pair.read_end, 4096); });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_EQ(sent(1), write(pair.write_end, "x"));
  EXPECT_EQ(received(PIPES_OK, "x"), reading.result());
  for (const char* part : {"a", "bc", "def"}) EXPECT_STATUS(PIPES_OK, write(pair.write_end, part).status);
  EXPECT_EQ(received(PIPES_OK, "abcdef"), read(pair.read_end, 4096)) << "writes cannot be told apart";
}

TEST(Anon, ANON_7_AllWriteHandlesClosed) {
  AnonymousPair pair = anonymous_pair();
  EXPECT_EQ(sent(9), write(pair.write_end, "remaining"));
  EXPECT_STATUS(PIPES_OK, pair.write_end.close());
  EXPECT_EQ(received(PIPES_OK, "rema"), read(pair.read_end, 4));
  EXPECT_EQ(received(PIPES_OK, "ining"), read(pair.read_end));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(pair.read_end));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(pair.read_end));
}

TEST(Anon, ANON_7_WaitingReadEndsWhenTheLastWriteHandleIsClosed) {
  AnonymousPair pair = anonymous_pair();
  pipes_handle raw = PIPES_INVALID_HANDLE;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(pair.write_end, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &raw));
  Handle duplicate(raw);
  Background reading([&] { return read(pair.read_end); });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_STATUS(PIPES_OK, pair.write_end.close());
  EXPECT_TRUE(wait_until_blocked(reading)) << "one is open still";
  EXPECT_STATUS(PIPES_OK, duplicate.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
}

TEST(Anon, ANON_8_ReadEndClosed) {
  const BrokenPipeSignals signals;
  AnonymousPair pair = anonymous_pair();
  Background writing([&] { return write(pair.write_end, bytes(kLong)); });
  ASSERT_TRUE(wait_until_blocked(writing));
  EXPECT_STATUS(PIPES_OK, pair.read_end.close());
  EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.result()) << "a write in progress";
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(pair.write_end, "x"));
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(pair.write_end, bytes(kLong)));
  EXPECT_EQ(0u, signals.count());
  EXPECT_TRUE(BrokenPipeSignals::would_be_delivered());
}

TEST(Anon, WRITE_19_NoSignalComesOfAnAnonymousPipeWithoutAReader) {
  AnonymousPair pair = anonymous_pair();
  EXPECT_STATUS(PIPES_OK, pair.read_end.close());
  // Without a handler a signal would end this process here.
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(pair.write_end, "x"));
  const BrokenPipeSignals signals;
  for (int again = 0; again < 10; ++again) EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(pair.write_end, "x"));
  EXPECT_EQ(0u, signals.count());
  EXPECT_TRUE(BrokenPipeSignals::would_be_delivered());
}

TEST(Anon, ANON_9_WrongDirection) {
  const AnonymousPair pair = anonymous_pair();
  EXPECT_EQ(not_sent(PIPES_ERROR_ACCESS_DENIED), write(pair.read_end, "x"));
  EXPECT_EQ(received_nothing(PIPES_ERROR_ACCESS_DENIED), read(pair.write_end));
  EXPECT_EQ(not_peeked(PIPES_ERROR_ACCESS_DENIED), peek(pair.write_end));
  PIPES_ORACLE_DIFFERS("table 4: FlushFileBuffers on an inbound server end");
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, flush(pair.read_end));
}

uint32_t handle_flags(pipes_handle handle) {
  uint32_t flags = kUntouched;
  EXPECT_STATUS(PIPES_OK, pipes_get_handle_flags(handle, &flags));
  return flags;
}

TEST(Anon, ANON_10_AttributesApplyToBothHandles) {
  const AnonymousPair inheritable = anonymous_pair(0, true);
  EXPECT_EQ(PIPES_HANDLE_FLAG_INHERIT, handle_flags(inheritable.read_end));
  EXPECT_EQ(PIPES_HANDLE_FLAG_INHERIT, handle_flags(inheritable.write_end));
  EXPECT_TRUE(native_flags(inheritable.read_end).inheritable);
  EXPECT_TRUE(native_flags(inheritable.write_end).inheritable);

  const AnonymousPair not_inheritable = anonymous_pair(0, false);
  EXPECT_EQ(0u, handle_flags(not_inheritable.read_end));
  EXPECT_EQ(0u, handle_flags(not_inheritable.write_end));
}

// A child gets what an end is reached by as long as some handle of the end is inheritable, and no longer.
TEST(Anon, INH_6_WhatIsLeftOfAnInheritableHandleIsNotInherited) {
  AnonymousPair pair = anonymous_pair(0, true);
  for (Handle* const end : {&pair.read_end, &pair.write_end}) {
    pipes_handle made = nullptr;
    ASSERT_STATUS(PIPES_OK, pipes_duplicate(*end, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
    const Handle left(made);
    ASSERT_STATUS(PIPES_OK, end->close());
    EXPECT_EQ(0u, handle_flags(left));
    EXPECT_FALSE(native_flags(left).inheritable);
  }
}

TEST(Anon, INH_6_AnInheritableDuplicateIsInheritedUntilItIsClosed) {
  const AnonymousPair pair = anonymous_pair(0, false);
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(pair.write_end, 0, 1, PIPES_DUPLICATE_SAME_ACCESS, &made));
  Handle duplicate(made);
  EXPECT_TRUE(native_flags(duplicate).inheritable);
  ASSERT_STATUS(PIPES_OK, pipes_set_handle_flags(pair.write_end, PIPES_HANDLE_FLAG_INHERIT, 0));
  EXPECT_TRUE(native_flags(duplicate).inheritable);
  ASSERT_STATUS(PIPES_OK, duplicate.close());
  EXPECT_FALSE(native_flags(pair.write_end).inheritable);
}

TEST(Anon, ANON_10_WithoutAttributesNeitherIsInheritable) {
  pipes_handle read_end = PIPES_INVALID_HANDLE;
  pipes_handle write_end = PIPES_INVALID_HANDLE;
  ASSERT_STATUS(PIPES_OK, pipes_create_anonymous(&read_end, &write_end, nullptr, 0));
  const AnonymousPair pair{Handle(read_end), Handle(write_end)};
  for (const pipes_handle end : {read_end, write_end}) {
    EXPECT_EQ(0u, handle_flags(end));
    EXPECT_TRUE(native_flags(end).known);
    EXPECT_FALSE(native_flags(end).inheritable);
  }
}

TEST(Anon, ANON_11_EachCallMakesADistinctPipe) {
  std::vector<AnonymousPair> pairs;
  for (int i = 0; i < 50; ++i) pairs.push_back(anonymous_pair());
  for (size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_STATUS(PIPES_OK, write(pairs[i].write_end, std::to_string(i)).status);
  }
  for (size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(received(PIPES_OK, std::to_string(i)), read(pairs[i].read_end));
  }
}

TEST(Anon, ANON_12_LivesUntilAllHandlesInAllProcessesAreClosed) {
  AnonymousPair pair = anonymous_pair();
  Program holder = Program::sleeper({.output = pair.write_end});
  EXPECT_EQ(sent(4), write(pair.write_end, "kept"));
  EXPECT_STATUS(PIPES_OK, pair.write_end.close());
  EXPECT_EQ(received(PIPES_OK, "kept"), read(pair.read_end));
  EXPECT_EQ(peeked("", 0, 0), peek(pair.read_end)) << "the other process holds the write end";
  Background reading([&] { return read(pair.read_end); });
  ASSERT_TRUE(wait_until_blocked(reading));
  holder.kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
}

TEST(Anon, ANON_12_ReadEndLivesInAnotherProcess) {
  AnonymousPair pair = anonymous_pair();
  Program holder = Program::sleeper({.input = pair.read_end});
  EXPECT_STATUS(PIPES_OK, pair.read_end.close());
  EXPECT_EQ(sent(4), write(pair.write_end, "room")) << "the other process holds the read end";
  Background writing([&] { return write(pair.write_end, bytes(kLong)); });
  ASSERT_TRUE(wait_until_blocked(writing));
  holder.kill();
  EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.result());
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(pair.write_end, "x"));
}

TEST(Anon, ANON_13_FailureLeavesTheHandlesUntouched) {
  int mark = 0;
  const auto marked = reinterpret_cast<pipes_handle>(&mark);
  pipes_handle read_end = marked;
  pipes_handle write_end = marked;
  pipes_security_attributes attributes{};
  attributes.size = 1;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_create_anonymous(&read_end, &write_end, &attributes, 0));
  EXPECT_EQ(marked, read_end);
  EXPECT_EQ(marked, write_end);
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_create_anonymous(&read_end, nullptr, nullptr, 0));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_create_anonymous(nullptr, &write_end, nullptr, 0));
  EXPECT_EQ(marked, read_end);
  EXPECT_EQ(marked, write_end);
}

TEST(Anon, ANON_14_PeekWorksOnTheReadHandle) {
  AnonymousPair pair = anonymous_pair();
  EXPECT_EQ(peeked("", 0, 0), peek(pair.read_end));
  EXPECT_EQ(sent(4096), write(pair.write_end, bytes(4096)));
  EXPECT_EQ(peeked("", 4096, 0), peek(pair.read_end, 0));
  EXPECT_EQ(peeked(bytes(4096).substr(0, 10), 4096, 0), peek(pair.read_end, 10));
  EXPECT_EQ(peeked(bytes(4096), 4096, 0), peek(pair.read_end, 5000));
  EXPECT_STATUS(PIPES_OK, pair.write_end.close());
  EXPECT_EQ(received(PIPES_OK, bytes(4096)), read(pair.read_end, 4096));
  EXPECT_EQ(not_peeked(PIPES_ERROR_BROKEN_PIPE), peek(pair.read_end));
}

TEST(Anon, ANON_15_BothHandlesCanBeQueriedAndSwitchedToNoWait) {
  AnonymousPair pair = anonymous_pair();
  for (const pipes_handle end : {static_cast<pipes_handle>(pair.read_end), static_cast<pipes_handle>(pair.write_end)}) {
    EXPECT_STATUS(PIPES_OK, get_info(end).status);
    EXPECT_STATUS(PIPES_OK, get_local_info(end).status);
    EXPECT_EQ(1u, get_state(end).current_instances);
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, set_mode(end, PIPES_READMODE_MESSAGE));
    EXPECT_STATUS(PIPES_OK, set_mode(end, PIPES_NOWAIT));
    EXPECT_EQ(PIPES_NOWAIT, get_state(end).mode);
  }
  EXPECT_EQ(received_nothing(PIPES_ERROR_NO_DATA), read(pair.read_end));
  EXPECT_EQ(sent(4096), write(pair.write_end, bytes(4096)));
  const Sent refused = write(pair.write_end, bytes(4096));
  EXPECT_STATUS(PIPES_OK, refused.status);
  EXPECT_LT(refused.transferred, 4096u);
  EXPECT_EQ(received(PIPES_OK, bytes(4096)), read(pair.read_end, 4096));
}

TEST(Anon, ANON_15_WaitModeOfOneEndIsNotThatOfTheOther) {
  const AnonymousPair pair = anonymous_pair();
  ASSERT_STATUS(PIPES_OK, set_mode(pair.read_end, PIPES_NOWAIT));
  EXPECT_EQ(PIPES_WAIT, get_state(pair.write_end).mode);
  Background writing([&] { return write(pair.write_end, bytes(kLong)); });
  EXPECT_TRUE(wait_until_blocked(writing));
}

// ------------------------------------------------------------------------ what other chapters say, on anonymous pipes too

TEST(Anon, BUF_8_WaitingWritesOfSeveralThreadsKeepTheirOrder) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  const AnonymousPair pair = anonymous_pair();
  std::vector<std::unique_ptr<Background<std::function<Sent()>>>> writes;
  std::string expected;
  for (uint32_t i = 0; i < 4; ++i) {
    const std::string data = bytes(20000, i);
    expected += data;
    writes.push_back(
        std::make_unique<Background<std::function<Sent()>>>([&pair, data] { return write(pair.write_end, data); }));
    ASSERT_TRUE(wait_until_blocked(*writes.back()));
  }
  EXPECT_TRUE(read_bytes(pair.read_end, expected.size()) == expected);
  for (const auto& writing : writes) EXPECT_EQ(sent(20000), writing->result());
}

TEST(Anon, READ_17_WaitingReadsAreServedInTheOrderOfTheirStart) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  const AnonymousPair pair = anonymous_pair();
  std::vector<std::unique_ptr<Background<std::function<Received()>>>> reads;
  for (uint32_t i = 0; i < 4; ++i) {
    reads.push_back(
        std::make_unique<Background<std::function<Received()>>>([&pair, i] { return read(pair.read_end, i + 1); }));
    ASSERT_TRUE(wait_until_blocked(*reads.back()));
  }
  EXPECT_EQ(sent(10), write(pair.write_end, "abbcccdddd"));
  EXPECT_EQ(received(PIPES_OK, "a"), reads[0]->result());
  EXPECT_EQ(received(PIPES_OK, "bb"), reads[1]->result());
  EXPECT_EQ(received(PIPES_OK, "ccc"), reads[2]->result());
  EXPECT_EQ(received(PIPES_OK, "dddd"), reads[3]->result());
}

TEST(Anon, FLUSH_1_WaitsUntilTheReaderHasReadEverything) {
  const AnonymousPair pair = anonymous_pair();
  EXPECT_STATUS(PIPES_OK, flush(pair.write_end));
  EXPECT_EQ(sent(5), write(pair.write_end, "hello"));
  Background flushing([&] { return flush(pair.write_end); });
  ASSERT_TRUE(wait_until_blocked(flushing));
  EXPECT_EQ(received(PIPES_OK, "hell"), read(pair.read_end, 4));
  EXPECT_TRUE(wait_until_blocked(flushing)) << "one byte unread";
  EXPECT_EQ(received(PIPES_OK, "o"), read(pair.read_end));
  EXPECT_STATUS(PIPES_OK, flushing.result());
}

TEST(Anon, FLUSH_6_ReaderClosesMeanwhile) {
  AnonymousPair pair = anonymous_pair();
  EXPECT_EQ(sent(5), write(pair.write_end, "hello"));
  Background flushing([&] { return flush(pair.write_end); });
  ASSERT_TRUE(wait_until_blocked(flushing));
  EXPECT_STATUS(PIPES_OK, pair.read_end.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, flushing.result());
}

TEST(Anon, CANCEL_4_WaitingReadWriteAndFlushCanBeCancelled) {
  const AnonymousPair pair = anonymous_pair();
  Background reading([&] { return read(pair.read_end); });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_STATUS(PIPES_OK, reading.cancel());
  EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), reading.result());

  EXPECT_EQ(sent(4), write(pair.write_end, "data"));
  Background flushing([&] { return flush(pair.write_end); });
  ASSERT_TRUE(wait_until_blocked(flushing));
  EXPECT_STATUS(PIPES_OK, flushing.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, flushing.result());
  EXPECT_EQ(received(PIPES_OK, "data"), read(pair.read_end)) << "the data is still there";

  Background writing([&] { return write(pair.write_end, bytes(kLong)); });
  ASSERT_TRUE(wait_until_blocked(writing));
  EXPECT_STATUS(PIPES_OK, writing.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.result().status);
}

// What a process was not given is refused. What it was given is shown in the bindings' tests, across two processes.
TEST(Anon, ANON_12_WhatIsNoEndIsNotAdopted) {
  const pipes_handle nothing = reinterpret_cast<pipes_handle>(uintptr_t{4});
  pipes_handle adopted = nothing;
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_adopt_native_handle(-1, &adopted));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_adopt_native_handle(0x7ffffff0, &adopted));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_adopt_native_handle(INTPTR_MIN, &adopted));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_adopt_native_handle(0, nullptr));
  EXPECT_EQ(nothing, adopted) << "untouched";
}

}  // namespace
}  // namespace pipes::test
