// DISC: pipes_disconnect.
#include <gtest/gtest.h>

#include <string>

#include "support/harness.h"
#include "support/oracle.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

PIPES_BOTH_LAYOUTS(Disc);

TEST_P(Disc, DISC_1_OnlyTheServerEndMayDisconnect) {
  EndPair pair = connected_ends();
  {
    PIPES_ORACLE_DIFFERS("table 4: DisconnectNamedPipe on a client end");
    EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, pair.client.disconnect());
  }
  EXPECT_STATUS(PIPES_OK, pair.client.write("still connected").status);
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_EQ(PIPES_STATE_DISCONNECTED, pair.server.get_local_info().value.state);
}

TEST_P(Disc, DISC_1_TheInstanceIsDisconnectedWhateverTheClientDoes) {
  EndPair pair = connected_ends({.in_buffer = 0});
  Pending<Sent> writing = pair.client.start_write("the client is in the middle of this");
  ASSERT_TRUE(writing.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_EQ(PIPES_STATE_DISCONNECTED, pair.server.get_local_info().value.state);
}

TEST_P(Disc, DISC_2_UnreadDataOfBothDirectionsIsDiscarded) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.client.write("never read by the server").status);
  ASSERT_STATUS(PIPES_OK, pair.server.write("never read by the client").status);
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.server.read().status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.read().status);

  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EndActor next = opened_client(pair.name);
  ASSERT_STATUS(PIPES_OK, connecting.result());
  EXPECT_EQ(0u, pair.server.peek().available);
  EXPECT_EQ(0u, next.peek().available);
}

TEST_P(Disc, DISC_3_TheClientsHandleIsUselessButMustBeClosed) {
  EndPair pair = connected_ends(message_pipe());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.read().status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.write("x").status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.peek().status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.flush());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.transact("x").status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.get_state().status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.get_local_info().status);
  EXPECT_STATUS(PIPES_OK, pair.client.close());
}

TEST_P(Disc, DISC_4_AWaitingReadEnds) {
  EndPair pair = connected_ends();
  Pending<Received> reading = pair.client.start_read();
  ASSERT_TRUE(reading.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, reading.result().status);
  EXPECT_EQ(0u, reading.result().transferred);
}

TEST_P(Disc, DISC_4_AWaitingWriteEnds) {
  EndPair pair = connected_ends({.in_buffer = 100});
  Pending<Sent> writing = pair.client.start_write(bytes(5000));
  ASSERT_TRUE(writing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, writing.result().status);
  EXPECT_EQ(0u, writing.result().transferred);
}

TEST_P(Disc, DISC_4_AWaitingFlushEnds) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.client.write("unread").status);
  Pending<Code> flushing = pair.client.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, flushing.result());
}

TEST_P(Disc, DISC_4_AWaitingTransactionEnds) {
  EndPair pair = connected_ends(message_pipe());
  Pending<Received> transacting = pair.client.start_transact("request");
  ASSERT_TRUE(transacting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, transacting.result().status);
}

TEST_P(Disc, DISC_4_WhatWaitsAtTheServersOwnEndEndsToo) {
  PIPES_OUR_ENGINE_ONLY("D44");
  EndPair pair = connected_ends({.out_buffer = 0});
  Pending<Received> reading = pair.server.start_read();
  Pending<Sent> writing = pair.server.start_write("waits");
  ASSERT_TRUE(reading.wait_until_blocked());
  ASSERT_TRUE(writing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, reading.result().status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, writing.result().status);
}

TEST_P(Disc, DISC_5_DisconnectingTwiceIsNotConnected) {
  EndPair pair = connected_ends();
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.server.disconnect());
}

TEST_P(Disc, DISC_6_AListeningInstanceTakesNoClientsAfterwards) {
  PIPES_OUR_ENGINE_ONLY("D4");
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, connecting.result());
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, client_end().open(name));
}

TEST_P(Disc, DISC_7_WhatAClosedClientLeftIsDiscarded) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.client.write("left behind").status);
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.server.read().status);
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, pair.server.peek().status);
}

TEST_P(Disc, DISC_8_TheClientIsForgotten) {
  PIPES_OUR_ENGINE_ONLY("D22");
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.server.client_process_id().status);
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pair.server.client_process_id().status);
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pair.server.client_session_id().status);
}

TEST_P(Disc, DISC_9_FlushingFirstProtectsTheLastReply) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.server.write("the last reply").status);
  Pending<Code> flushing = pair.server.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  EXPECT_EQ("the last reply", pair.client.read().bytes);
  ASSERT_STATUS(PIPES_OK, flushing.result());
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  Pending<Code> connecting = pair.server.start_connect();
  EXPECT_TRUE(connecting.wait_until_blocked());
}

TEST_P(Disc, DISC_10_ItWaitsNeitherForReadersNorForTheClient) {
  EndPair pair = connected_ends({.out_buffer = 1 << 20});
  ASSERT_STATUS(PIPES_OK, pair.server.write(bytes(1 << 20)).status);
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect()) << "with a mebibyte unread";
}

}  // namespace
}  // namespace pipes::test
