// MODE: type, read mode and wait mode, and whose they are.
#include <gtest/gtest.h>

#include <string>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_BOTH_LAYOUTS(Mode);
PIPES_OVERLAPPED_ENDS(ModeOverlapped);

TEST_P(Mode, MODE_1_ByteTypeIsOneStreamWithoutBoundaries) {
  EndPair pair = connected_ends(byte_pipe());
  ASSERT_STATUS(PIPES_OK, pair.client.write("ab").status);
  ASSERT_STATUS(PIPES_OK, pair.client.write("cdef").status);
  EXPECT_EQ("abc", pair.server.read(3).bytes);
  EXPECT_EQ("def", pair.server.read().bytes);
  ASSERT_STATUS(PIPES_OK, pair.server.write("gh").status);
  ASSERT_STATUS(PIPES_OK, pair.server.write("i").status);
  EXPECT_EQ("ghi", pair.client.read().bytes);
}

TEST_P(Mode, MODE_2_MessagesStayWholeAndInOrderInBothDirections) {
  EndPair pair = connected_ends(message_pipe());
  for (const auto& [writer, reader] : {std::pair(&pair.client, &pair.server), std::pair(&pair.server, &pair.client)}) {
    for (const char* const message : {"one", "two two", "3"}) ASSERT_STATUS(PIPES_OK, writer->write(message).status);
    for (const char* const message : {"one", "two two", "3"}) {
      const Received received = reader->read();
      EXPECT_STATUS(PIPES_OK, received.status);
      EXPECT_EQ(message, received.bytes);
    }
  }
}

TEST_P(Mode, MODE_3_TypeIsTheSameForAllInstancesAndBothEnds) {
  for (const uint32_t type : {PIPES_TYPE_BYTE, PIPES_TYPE_MESSAGE}) {
    const std::string name = unique_name();
    EndActor first = listening_server(name, {.pipe_mode = type});
    EndActor second = listening_server(name, {.pipe_mode = type});
    EndActor client = opened_client(name);
    for (EndActor* const end : {&first, &second, &client}) {
      EXPECT_EQ(type, end->get_info().flags & PIPES_TYPE_MESSAGE);
    }
  }
}

TEST_P(Mode, MODE_3_TypeCannotChange) {
  EndPair pair = connected_ends(byte_pipe());
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pair.server.set_mode(PIPES_TYPE_MESSAGE));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pair.client.set_mode(PIPES_TYPE_MESSAGE));
  EXPECT_EQ(PIPES_TYPE_BYTE, pair.client.get_info().flags & PIPES_TYPE_MESSAGE);
}

TEST_P(Mode, MODE_4_EndsOfOneInstanceMayDifferInReadMode) {
  EndPair pair = connected_ends(message_pipe());
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_READMODE_BYTE));
  EXPECT_EQ(PIPES_READMODE_MESSAGE, pair.server.get_state().mode);
  for (EndActor* const writer : {&pair.server, &pair.client}) {
    ASSERT_STATUS(PIPES_OK, writer->write("first").status);
    ASSERT_STATUS(PIPES_OK, writer->write("second").status);
  }
  EXPECT_EQ("firstsecond", pair.client.read().bytes);
  EXPECT_EQ("first", pair.server.read().bytes);
}

TEST_P(Mode, MODE_4_ByteTypeHasNoMessageReadMode) {
  EndPair pair = connected_ends(byte_pipe());
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pair.client.set_mode(PIPES_READMODE_MESSAGE));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pair.server.set_mode(PIPES_READMODE_MESSAGE));
}

TEST_P(Mode, MODE_5_AnOpenedHandleStartsInByteReadAndWaitMode) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, {.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | PIPES_NOWAIT});
  EndActor client = opened_client(name);
  EXPECT_EQ(PIPES_READMODE_BYTE | PIPES_WAIT, client.get_state().mode);
}

TEST_P(Mode, MODE_6_AnEndInByteReadModeStillWritesMessages) {
  EndPair pair = connected_ends(message_pipe());
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_READMODE_BYTE));
  ASSERT_STATUS(PIPES_OK, pair.client.write("one").status);
  ASSERT_STATUS(PIPES_OK, pair.client.write("two").status);
  EXPECT_EQ("one", pair.server.read().bytes);
  EXPECT_EQ("two", pair.server.read().bytes);
}

TEST_P(Mode, MODE_7_DuplicatesShareTheModesOfTheirEnd) {
  EndPair pair = connected_ends(message_pipe());
  EndActor duplicate = client_end();
  ASSERT_STATUS(PIPES_OK, duplicate.duplicate_of(pair.client));
  ASSERT_STATUS(PIPES_OK, duplicate.set_mode(PIPES_READMODE_BYTE | PIPES_NOWAIT));
  EXPECT_EQ(PIPES_READMODE_BYTE | PIPES_NOWAIT, pair.client.get_state().mode);
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, pair.client.read().status);
}

TEST_P(Mode, MODE_8_ServerModesSurviveAReconnectAndClientModesDoNot) {
  EndPair pair = connected_ends(message_pipe());
  ASSERT_STATUS(PIPES_OK, pair.server.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  (void)pair.server.connect();  // PIPES_NOWAIT: makes the instance listen (CONN-10)

  EndActor next = opened_client(pair.name);
  EXPECT_EQ(PIPES_READMODE_MESSAGE | PIPES_NOWAIT, pair.server.get_state().mode);
  EXPECT_EQ(PIPES_READMODE_BYTE | PIPES_WAIT, next.get_state().mode);
}

TEST_P(Mode, MODE_9_WaitModeMakesReadWriteAndConnectWait) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, {.out_buffer = 0, .in_buffer = 0});
  Pending<Code> connecting = server.start_connect();
  EXPECT_TRUE(connecting.wait_until_blocked());
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, connecting.result());

  Pending<Received> reading = server.start_read();
  EXPECT_TRUE(reading.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, client.write("for the waiting read").status);
  EXPECT_EQ("for the waiting read", reading.result().bytes);

  Pending<Sent> writing = client.start_write("no quota");
  EXPECT_TRUE(writing.wait_until_blocked());
  EXPECT_EQ("no quota", server.read().bytes);
  EXPECT_STATUS(PIPES_OK, writing.result().status);
}

TEST_P(Mode, MODE_9_NoWaitDoesNotConcernTransactOrFlush) {
  EndPair pair = connected_ends(message_pipe());
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  Pending<Received> transacting = pair.client.start_transact("request");
  EXPECT_TRUE(transacting.wait_until_blocked());
  EXPECT_EQ("request", pair.server.read().bytes);
  EXPECT_STATUS(PIPES_OK, pair.server.write("reply").status);
  EXPECT_EQ("reply", transacting.result().bytes);

  ASSERT_STATUS(PIPES_OK, pair.client.write("to be read").status);
  Pending<Code> flushing = pair.client.start_flush();
  EXPECT_TRUE(flushing.wait_until_blocked());
  EXPECT_EQ("to be read", pair.server.read().bytes);
  EXPECT_STATUS(PIPES_OK, flushing.result());
}

TEST_P(Mode, MODE_10_NoWaitReadWithNothingThereIsNoData) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_NOWAIT));
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, pair.client.read().status);
}

TEST_P(Mode, MODE_10_NoWaitWriteWithoutRoomSucceedsWithZeroBytes) {
  EndPair pair = connected_ends({.in_buffer = 16});
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_NOWAIT));
  ASSERT_EQ(16u, pair.client.write(bytes(16)).transferred);
  const Sent sent = pair.client.write("no room");
  EXPECT_STATUS(PIPES_OK, sent.status);
  EXPECT_EQ(0u, sent.transferred);
  EXPECT_EQ(16u, pair.server.peek().available);
}

TEST_P(Mode, MODE_10_NoWaitConnectWithoutAClientIsListening) {
  EndActor server = listening_server(unique_name(), {.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_NOWAIT});
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, server.connect());
}

TEST_P(ModeOverlapped, MODE_11_NoWaitNeverAnswersPending) {
  at_either_end(with_quota(message_pipe(), 16), [](Handle& end, EndActor& peer) {
    ASSERT_STATUS(PIPES_OK, set_mode(end, PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
    Overlapped operation;
    EXPECT_STATUS(PIPES_ERROR_NO_DATA, operation.read(end));
    EXPECT_STATUS(PIPES_OK, operation.write(end, bytes(16)));
    EXPECT_EQ(16u, operation.count());
    EXPECT_STATUS(PIPES_OK, operation.write(end, "no room"));
    EXPECT_EQ(0u, operation.count());
    EXPECT_EQ(sent(0), operation.sent());
    EXPECT_TRUE(is_signalled(operation.event()));
    EXPECT_EQ(sent(2), peer.write("in"));
    EXPECT_STATUS(PIPES_OK, operation.read(end));
    EXPECT_EQ(received(PIPES_OK, "in"), operation.received());
  });
}

TEST(ModeHere, MODE_11_NoWaitNeverLeavesAConnectPending) {
  ServerOptions options = overlapped(message_pipe());
  options.pipe_mode |= PIPES_NOWAIT;
  const std::string name = unique_name();
  const Handle server = create_server(name, options);
  Overlapped connecting;
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, connecting.connect(server));
  const Handle client = open_client(name);
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, connecting.connect(server));
}

TEST_P(ModeOverlapped, MODE_12_TheOperationWaitsAndNotTheCaller) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped writing;
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "out"));
    EXPECT_TRUE(reading.pending());
    EXPECT_TRUE(writing.pending());
    EXPECT_EQ(received(PIPES_OK, "out"), peer.read());
    EXPECT_EQ(sent(2), peer.write("in"));
    EXPECT_EQ(received(PIPES_OK, "in"), reading.received());
    EXPECT_EQ(sent(3), writing.sent());
  });
}

TEST_P(ModeOverlapped, MODE_12_WhatWaitsAlreadyGoesOnInNoWaitMode) {
  OverlappedPair pair = overlapped_server();
  Overlapped connecting;
  EXPECT_STATUS(PIPES_OK, disconnect(pair.end));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(pair.end));
  ASSERT_STATUS(PIPES_OK, set_mode(pair.end, PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  EXPECT_TRUE(connecting.pending());
  EXPECT_STATUS(PIPES_OK, pair.peer.open(pair.name));
  EXPECT_STATUS(PIPES_OK, connecting.status());
}

TEST_P(Mode, MODE_13_ByteReadModeReadsAcrossMessagesAndNeverSaysMoreData) {
  EndPair pair = connected_ends({.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_BYTE});
  for (const char* const message : {"abc", "def", "ghi"}) ASSERT_STATUS(PIPES_OK, pair.client.write(message).status);
  for (const char* const part : {"ab", "cd", "ef"}) {
    const Received received = pair.server.read(2);
    EXPECT_STATUS(PIPES_OK, received.status);
    EXPECT_EQ(part, received.bytes);
  }
  EXPECT_EQ("ghi", pair.server.read().bytes);
}

TEST_P(Mode, MODE_14_SwitchingReadModeKeepsTheBoundariesOfUnreadMessages) {
  EndPair pair = connected_ends({.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_BYTE});
  for (const char* const message : {"abc", "def", "ghi"}) ASSERT_STATUS(PIPES_OK, pair.client.write(message).status);
  ASSERT_EQ("a", pair.server.read(1).bytes);
  ASSERT_STATUS(PIPES_OK, pair.server.set_mode(PIPES_READMODE_MESSAGE));
  EXPECT_EQ("bc", pair.server.read().bytes);
  EXPECT_EQ("def", pair.server.read().bytes);
  ASSERT_STATUS(PIPES_OK, pair.server.set_mode(PIPES_READMODE_BYTE));
  EXPECT_EQ("ghi", pair.server.read().bytes);
}

}  // namespace
}  // namespace pipes::test
