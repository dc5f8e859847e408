// CONN: pipes_connect: blocking, in PIPES_NOWAIT mode, and overlapped.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_BOTH_LAYOUTS(Conn);

const ServerOptions kNoWaitPipe{.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_NOWAIT};

TEST_P(Conn, CONN_1_ConnectWaitsUntilAClientOpens) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, connecting.result());
  EXPECT_STATUS(PIPES_OK, server.write("welcome").status);
  EXPECT_EQ("welcome", client.read().bytes);
}

TEST_P(Conn, CONN_2_AClientThatCameBeforeTheCallIsConnected) {
  EndPair pair = connected_ends();
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, pair.server.connect());
  EXPECT_STATUS(PIPES_OK, pair.client.write("good connection").status);
  EXPECT_EQ("good connection", pair.server.read().bytes);
}

TEST_P(Conn, CONN_3_AskingAgainWhileConnectedIsConnectedToo) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  Pending<Code> connecting = server.start_connect();
  EndActor client = opened_client(name);
  (void)connecting.result();
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, server.connect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, server.connect());
}

TEST_P(Conn, CONN_4_AClientThatHasGoneIsNoData) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_ERROR_PIPE_CONNECTED, pair.server.connect());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, pair.server.connect());
}

TEST_P(Conn, CONN_4_AClientThatCameAndWentBeforeTheCallLeavesItsData) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.client.write("left behind").status);
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, pair.server.connect());
  EXPECT_EQ("left behind", pair.server.read().bytes);
}

TEST_P(Conn, CONN_5_AfterDisconnectTheCallListensAndReleasesWaiters) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  Pending<Code> waiting = start_wait_available(*client_host(), pair.name);
  ASSERT_TRUE(waiting.wait_until_blocked());

  Pending<Code> connecting = pair.server.start_connect();
  EXPECT_STATUS(PIPES_OK, waiting.result());
  EXPECT_FALSE(connecting.finished());
  EndActor next = opened_client(pair.name);
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST_P(Conn, CONN_5_AnInstanceServesManyClientsOneAfterTheOther) {
  EndPair pair = connected_ends();
  for (int round = 0; round < 20; ++round) {
    const std::string word = "round " + std::to_string(round);
    ASSERT_STATUS(PIPES_OK, pair.client.write(word).status);
    ASSERT_EQ(word, pair.server.read().bytes);
    ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
    Pending<Code> connecting = pair.server.start_connect();
    ASSERT_TRUE(connecting.wait_until_blocked());
    ASSERT_STATUS(PIPES_OK, pair.client.open(pair.name));
    ASSERT_STATUS(PIPES_OK, connecting.result());
  }
}

TEST_P(Conn, CONN_6_AnOverlappedConnectIsPendingOrConnected) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped connecting;
  EXPECT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server)) << "while there is no client";
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, connecting.status());
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, connecting.connect(server)) << "never success at once";
  EXPECT_STATUS(PIPES_OK, disconnect(server));
  EXPECT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server)) << "also after a disconnect";
  EndActor next = opened_client(name);
  EXPECT_STATUS(PIPES_OK, connecting.status());
  EXPECT_EQ(sent(5), next.write("hello"));
  EXPECT_EQ(received(PIPES_OK, "hello"), read(server));
}

TEST(ConnHere, CONN_7_AnErrorAtOnceSignalsNothing) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  const Handle port = new_port();
  ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, server, 1));
  Handle client = open_client(name);
  Overlapped connecting;
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, connecting.connect(server));
  EXPECT_FALSE(is_signalled(connecting.event()));
  EXPECT_STATUS(PIPES_OK, client.close());
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, connecting.connect(server));
  EXPECT_FALSE(is_signalled(connecting.event()));
  EXPECT_EQ(no_packet(PIPES_ERROR_WAIT_TIMEOUT), take_packet(port, 0));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(connecting.event())) << "servers set it themselves";
  EXPECT_TRUE(is_signalled(connecting.event()));
}

TEST_P(Conn, CONN_8_TheCountOfAConnectIsWithoutMeaning) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped connecting;
  connecting.structure().internal_high = kUntouched;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  const EndActor client = opened_client(name);
  const Sent result = connecting.sent();
  EXPECT_STATUS(PIPES_OK, result.status) << "it is told all the same";
  if (kOurEngine) {
    EXPECT_EQ(0u, result.transferred);
    EXPECT_EQ(0u, connecting.structure().internal_high);
  }
}

TEST_P(Conn, CONN_9_SeveralOverlappedConnectsAllSucceed) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  std::vector<Overlapped> connects(3);
  for (Overlapped& connecting : connects) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  const EndActor client = opened_client(name);
  for (Overlapped& connecting : connects) EXPECT_STATUS(PIPES_OK, connecting.status());
}

TEST_P(Conn, CONN_9_SeveralWaitingConnectsAllSucceed) {
  PIPES_OUR_ENGINE_ONLY("D44");  // two calls at once on one synchronous end
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  Pending<Code> first = server.start_connect();
  Pending<Code> second = server.start_connect();
  Pending<Code> third = server.start_connect();
  for (Pending<Code>* const connecting : {&first, &second, &third}) ASSERT_TRUE(connecting->wait_until_blocked());
  EndActor client = opened_client(name);
  for (Pending<Code>* const connecting : {&first, &second, &third}) EXPECT_STATUS(PIPES_OK, connecting->result());
}

TEST_P(Conn, CONN_10_NoWaitConnectAnswersAtOnceInEveryState) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, kNoWaitPipe);
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, server.connect());
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, server.connect());
  ASSERT_STATUS(PIPES_OK, client.close());
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, server.connect());
}

TEST_P(Conn, CONN_10_NoWaitConnectAfterADisconnectMakesTheInstanceListen) {
  EndPair pair = connected_ends(kNoWaitPipe);
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  const Code status = pair.server.connect();
  if (kOurEngine) {
    EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, status);  // D2
  }
  EndActor next = client_end();
  EXPECT_STATUS(PIPES_OK, next.open(pair.name));
}

TEST_P(Conn, CONN_11_ANullOverlappedOnAnOverlappedHandleWaitsProperly) {
  PIPES_OUR_ENGINE_ONLY("D38");
  const std::string name = unique_name();
  EndActor server = listening_server(name, {.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_OVERLAPPED});
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST(ConnHere, CONN_12_AStructureOnASynchronousHandleIsFilledWhenTheWaitIsOver) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  Overlapped waiting;
  waiting.structure().internal_high = 4711;
  EXPECT_STATUS(PIPES_OK, pipes_event_set(waiting.event()));
  Background connecting([&] { return waiting.connect(server); });
  ASSERT_TRUE(wait_until_blocked(connecting));
  EXPECT_FALSE(is_signalled(waiting.event()));
  const Handle client = open_client(name);
  EXPECT_STATUS(PIPES_OK, connecting.result());
  EXPECT_TRUE(is_signalled(waiting.event()));
  EXPECT_EQ(kNtSuccess, waiting.internal());
  if (kOurEngine) {
    EXPECT_EQ(0u, waiting.structure().internal_high) << "elsewhere without meaning";
  }
}

TEST_P(Conn, CONN_13_AWaitingConnectEndsWith233OnDisconnect) {
  PIPES_OUR_ENGINE_ONLY("D4");
  EndActor server = listening_server(unique_name());
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, connecting.result());
}

TEST_P(Conn, CONN_13_AWaitingConnectEndsWith995WhenCancelled) {
  EndActor server = listening_server(unique_name());
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, connecting.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, connecting.result());
}

TEST_P(Conn, CONN_13_AWaitingConnectEndsWhenTheServerHandleCloses) {
  PIPES_OUR_ENGINE_ONLY("D37");
  EndActor server = listening_server(unique_name());
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, server.close());
  EXPECT_TRUE(ended_by_close(connecting.result()));
}

TEST(ConnHere, CONN_13_AnOverlappedConnectEndsWhenTheServerHandleCloses) {
  Handle server = create_server(unique_name(), overlapped(message_pipe()));
  Overlapped connecting;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  EXPECT_STATUS(PIPES_OK, server.close());
  EXPECT_STATUS(PIPES_OK, wait_for(connecting.event()));
  PIPES_ORACLE_DIFFERS("Wine says 676 (STATUS_HANDLES_CLOSED); CONN-13: 109");
  EXPECT_EQ(kNtPipeBroken, connecting.internal());
}

TEST_P(Conn, CONN_14_CancellingAConnectLeavesTheInstanceListening) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, connecting.cancel());
  ASSERT_STATUS(PIPES_ERROR_OPERATION_ABORTED, connecting.result());
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_OK, client.open(name));
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, server.connect());
}

TEST_P(Conn, CONN_15_AServerThatOnlyReadsWorks) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, server.read().status);
  EndActor client = opened_client(name);
  ASSERT_STATUS(PIPES_OK, client.write("no connect was called").status);
  EXPECT_EQ("no connect was called", server.read().bytes);
  EXPECT_STATUS(PIPES_OK, server.write("none at all").status);
  EXPECT_EQ("none at all", client.read().bytes);
}

}  // namespace
}  // namespace pipes::test
