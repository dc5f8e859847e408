// STATE: the states of an instance, and what every operation does in each of them. STATE-10 has one case per cell of
// the specification's tables, named Server…In…, Client…In… and Waiting…When…; the rows about security descriptors and
// impersonation are not here (deferred.md).
#include <gtest/gtest.h>

#include <string>

#include "support/expect.h"
#include "support/oracle.h"

namespace pipes::test {
namespace {

class State : public BothLayouts {
 protected:
  // The server end in each of its states. Where the client end still exists, it lives as long as the pair.
  EndPair disconnected(const ServerOptions& options = message_pipe()) {
    EndPair pair = connected_ends(options);
    EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
    return pair;
  }
  EndPair listening(const ServerOptions& options = message_pipe()) {
    const std::string name = unique_name();
    return {.name = name, .server = listening_server(name, options), .client = client_end()};
  }
  EndPair connected(const ServerOptions& options = message_pipe()) { return connected_ends(options); }
  EndPair client_closed(const ServerOptions& options = message_pipe()) {
    EndPair pair = connected_ends(options);
    EXPECT_STATUS(PIPES_OK, pair.client.close());
    return pair;
  }
  // The client end in its other two states.
  EndPair server_closed() {
    EndPair pair = connected_ends(message_pipe());
    EXPECT_STATUS(PIPES_OK, pair.server.close());
    return pair;
  }
  EndPair detached() { return disconnected(); }

  // Expects that the query and mode calls of an end all give `expected`.
  static void expect_queries(Code expected, EndActor& end) {
    EXPECT_STATUS(expected, end.get_state().status);
    EXPECT_STATUS(expected, end.set_mode(PIPES_READMODE_BYTE));
    EXPECT_STATUS(expected, end.get_info().status);
  }
};
PIPES_INSTANTIATE_LAYOUTS(State);

constexpr uint32_t kMessageNoWait = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | PIPES_NOWAIT;
const ServerOptions kNoWaitPipe{.pipe_mode = kMessageNoWait};

uint32_t state_of(const EndActor& end) { return end.get_local_info().value.state; }

// ------------------------------------------------------------------------------------------------ the states themselves

TEST_P(State, STATE_1_FourStatesHaveTheNumbersThatNtReports) {
  EXPECT_EQ(1u, state_of(disconnected().server));
  EXPECT_EQ(2u, state_of(listening().server));
  EXPECT_EQ(3u, state_of(connected().server));
  EXPECT_EQ(4u, state_of(client_closed().server));
}

TEST_P(State, STATE_2_CreateOpenDisconnectAndConnectMoveTheInstance) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EXPECT_EQ(PIPES_STATE_LISTENING, state_of(server));
  EndActor client = opened_client(name);
  EXPECT_EQ(PIPES_STATE_CONNECTED, state_of(server));
  EXPECT_EQ(PIPES_STATE_CONNECTED, state_of(client));
  ASSERT_STATUS(PIPES_OK, server.disconnect());
  EXPECT_EQ(PIPES_STATE_DISCONNECTED, state_of(server));
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EndActor next = client_end();
  EXPECT_STATUS(PIPES_OK, next.open(name)) << "it listens again";
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST_P(State, STATE_2_DisconnectLeadsOutOfClosing) {
  EndPair pair = client_closed();
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_EQ(PIPES_STATE_DISCONNECTED, state_of(pair.server));
}

TEST_P(State, STATE_2_DisconnectLeadsOutOfListening) {
  PIPES_OUR_ENGINE_ONLY("D4");
  EndPair pair = listening();
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_EQ(PIPES_STATE_DISCONNECTED, state_of(pair.server));
}

TEST_P(State, STATE_3_ClosingBeginsWhenTheClientsLastHandleCloses) {
  EndPair pair = connected();
  EndActor duplicate = client_end();
  ASSERT_STATUS(PIPES_OK, duplicate.duplicate_of(pair.client));
  ASSERT_STATUS(PIPES_OK, pair.client.write("last words").status);
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_EQ(PIPES_STATE_CONNECTED, state_of(pair.server));
  ASSERT_STATUS(PIPES_OK, duplicate.close());
  EXPECT_EQ(PIPES_STATE_CLOSING, state_of(pair.server));
  EXPECT_EQ("last words", pair.server.read().bytes);
}

TEST_P(State, STATE_3_ClosingBeginsWhenTheServersLastHandleCloses) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.server.write("last words").status);
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_EQ(PIPES_STATE_CLOSING, state_of(pair.client));
  EXPECT_EQ("last words", pair.client.read().bytes);
}

TEST_P(State, STATE_4_ClosingIsLeftByDisconnectAndThenReusable) {
  EndPair pair = client_closed();
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, pair.server.connect());
  EXPECT_EQ(PIPES_STATE_CLOSING, state_of(pair.server));
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EndActor next = opened_client(pair.name);
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST_P(State, STATE_4_ClosingIsLeftByClosingTheOtherEndToo) {
  EndPair pair = client_closed();
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client_end().open(pair.name));
}

TEST_P(State, STATE_5_ADetachedHandleStaysSoWhileANewClientIsServed) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EndActor next = opened_client(pair.name);
  ASSERT_STATUS(PIPES_OK, connecting.result());

  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.write("x").status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.read().status);
  EXPECT_STATUS(PIPES_OK, next.write("from the new client").status);
  EXPECT_EQ("from the new client", pair.server.read().bytes);
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_EQ(PIPES_STATE_CONNECTED, state_of(pair.server));
}

TEST_P(State, STATE_6_StateIsCheckedBeforeSizes) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, listening().server.write("").status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, listening().server.read(0).status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, disconnected().server.write("").status);
}

TEST_P(State, STATE_6_StateIsCheckedBeforeQuotaAndModes) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, listening(kNoWaitPipe).server.read().status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, listening({.out_buffer = 0}).server.write("too much").status);
}

TEST_P(State, STATE_7_RightsAreCheckedBeforeState) {
  const ServerOptions outbound{.open_mode = PIPES_ACCESS_OUTBOUND};
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, listening(outbound).server.read().status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, disconnected(outbound).server.read().status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, connected(outbound).server.read().status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client_closed(outbound).server.read().status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, disconnected(outbound).client.write("x").status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, listening(outbound).server.peek().status);
}

TEST_P(State, STATE_8_ServerCallsOnAClientEndAreInvalidFunctions) {
  EndPair pair = connected();
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, pair.client.connect());
  PIPES_ORACLE_DIFFERS("table 4: DisconnectNamedPipe on a client end");
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, pair.client.disconnect());
}

TEST(StateHere, STATE_9_WhatIsNoHandleIsAnInvalidHandle) {
  Handle closed = create_server(unique_name());
  const pipes_handle stale = closed;
  ASSERT_STATUS(PIPES_OK, closed.close());
  for (const pipes_handle handle : {stale, PIPES_INVALID_HANDLE, pipes_handle{nullptr}}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, read(handle).status);
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, write(handle, "x").status);
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, peek(handle).status);
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, connect(handle));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, disconnect(handle));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, flush(handle));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, transact(handle, "x").status);
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, get_info(handle).status);
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, get_state(handle).status);
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, set_mode(handle, PIPES_WAIT));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, server_process_id(handle).status);
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_close(handle));
  }
}

// ---------------------------------------------------------------------------------------- STATE-10: the server end's table

TEST_P(State, STATE_10_ServerConnectInDisconnectedListensAndWaits) {
  EndPair pair = disconnected();
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EndActor next = opened_client(pair.name);
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST_P(State, STATE_10_ServerConnectInListeningWaits) {
  EndPair pair = listening();
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, pair.client.open(pair.name));
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST_P(State, STATE_10_ServerConnectInConnectedIs535) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, connected().server.connect());
}

TEST_P(State, STATE_10_ServerConnectInClosingIs232) {
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, client_closed().server.connect());
}

TEST_P(State, STATE_10_ServerNoWaitConnectInDisconnectedListens) {
  EndPair pair = disconnected(kNoWaitPipe);
  const Code status = pair.server.connect();
  if (kOurEngine) {
    EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, status);  // D2
  }
  EndActor next = client_end();
  EXPECT_STATUS(PIPES_OK, next.open(pair.name));
}

TEST_P(State, STATE_10_ServerNoWaitConnectInListeningIs536) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, listening(kNoWaitPipe).server.connect());
}

TEST_P(State, STATE_10_ServerNoWaitConnectInConnectedIs535) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, connected(kNoWaitPipe).server.connect());
}

TEST_P(State, STATE_10_ServerNoWaitConnectInClosingIs232) {
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, client_closed(kNoWaitPipe).server.connect());
}

TEST_P(State, STATE_10_ServerDisconnectInDisconnectedIs233) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, disconnected().server.disconnect());
}

TEST_P(State, STATE_10_ServerDisconnectInListeningDisconnects) {
  PIPES_OUR_ENGINE_ONLY("D4");
  EndPair pair = listening();
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_EQ(PIPES_STATE_DISCONNECTED, state_of(pair.server));
}

TEST_P(State, STATE_10_ServerDisconnectInConnectedDisconnects) {
  EndPair pair = connected();
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_EQ(PIPES_STATE_DISCONNECTED, state_of(pair.server));
}

TEST_P(State, STATE_10_ServerDisconnectInClosingDisconnects) {
  EndPair pair = client_closed();
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_EQ(PIPES_STATE_DISCONNECTED, state_of(pair.server));
}

TEST_P(State, STATE_10_ServerReadInDisconnectedIs233) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, disconnected().server.read().status);
}

TEST_P(State, STATE_10_ServerReadInListeningIs536) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, listening().server.read().status);
}

TEST_P(State, STATE_10_ServerReadInConnectedReads) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.client.write("words").status);
  EXPECT_EQ("words", pair.server.read().bytes);
}

TEST_P(State, STATE_10_ServerReadInClosingGivesDataThen109) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.client.write("words").status);
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  const Received received = pair.server.read();
  EXPECT_STATUS(PIPES_OK, received.status);
  EXPECT_EQ("words", received.bytes);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, pair.server.read().status);
}

TEST_P(State, STATE_10_ServerWriteInDisconnectedIs233) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, disconnected().server.write("x").status);
}

TEST_P(State, STATE_10_ServerWriteInListeningIs536) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, listening().server.write("x").status);
}

TEST_P(State, STATE_10_ServerWriteInConnectedWrites) {
  EndPair pair = connected();
  EXPECT_STATUS(PIPES_OK, pair.server.write("words").status);
  EXPECT_EQ("words", pair.client.read().bytes);
}

TEST_P(State, STATE_10_ServerWriteInClosingIs232) {
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, client_closed().server.write("x").status);
}

TEST_P(State, STATE_10_ServerPeekInDisconnectedIs230) {
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, disconnected().server.peek().status);
}

TEST_P(State, STATE_10_ServerPeekInListeningIs230) {
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, listening().server.peek().status);
}

TEST_P(State, STATE_10_ServerPeekInConnectedPeeks) {
  EndPair pair = connected();
  EXPECT_STATUS(PIPES_OK, pair.server.peek().status);
  ASSERT_STATUS(PIPES_OK, pair.client.write("words").status);
  EXPECT_EQ("words", pair.server.peek().bytes);
}

TEST_P(State, STATE_10_ServerPeekInClosingGivesDataThen109) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.client.write("words").status);
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_EQ("words", pair.server.peek().bytes);
  ASSERT_STATUS(PIPES_OK, pair.server.read().status);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, pair.server.peek().status);
}

TEST_P(State, STATE_10_ServerTransactInDisconnectedIs230) {
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, disconnected().server.transact("x").status);
}

TEST_P(State, STATE_10_ServerTransactInListeningIs230) {
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, listening().server.transact("x").status);
}

TEST_P(State, STATE_10_ServerTransactInConnectedTransacts) {
  EndPair pair = connected();
  Pending<Received> transacting = pair.server.start_transact("request");
  EXPECT_EQ("request", pair.client.read().bytes);
  EXPECT_STATUS(PIPES_OK, pair.client.write("reply").status);
  EXPECT_EQ("reply", transacting.result().bytes);
}

TEST_P(State, STATE_10_ServerTransactInClosingIs230) {
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, client_closed().server.transact("x").status);
}

TEST_P(State, STATE_10_ServerFlushInDisconnectedReturnsAtOnce) {
  EXPECT_STATUS(PIPES_OK, disconnected().server.flush());
}

TEST_P(State, STATE_10_ServerFlushInListeningReturnsAtOnce) { EXPECT_STATUS(PIPES_OK, listening().server.flush()); }

TEST_P(State, STATE_10_ServerFlushInConnectedWaitsForTheReader) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.server.write("words").status);
  Pending<Code> flushing = pair.server.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  EXPECT_EQ("words", pair.client.read().bytes);
  EXPECT_STATUS(PIPES_OK, flushing.result());
}

TEST_P(State, STATE_10_ServerFlushInClosingReturnsAtOnce) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.server.write("never read").status);
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_OK, pair.server.flush());
}

TEST_P(State, STATE_10_ServerQueriesInDisconnectedWork) {
  EndPair pair = disconnected();
  expect_queries(PIPES_OK, pair.server);
}

TEST_P(State, STATE_10_ServerQueriesInListeningWork) {
  EndPair pair = listening();
  expect_queries(PIPES_OK, pair.server);
}

TEST_P(State, STATE_10_ServerQueriesInConnectedWork) {
  EndPair pair = connected();
  expect_queries(PIPES_OK, pair.server);
}

TEST_P(State, STATE_10_ServerQueriesInClosingWork) {
  EndPair pair = client_closed();
  expect_queries(PIPES_OK, pair.server);
}

TEST_P(State, STATE_10_ServerAsksServerProcessInDisconnected) {
  EXPECT_EQ(server_host()->process_id(), disconnected().server.server_process_id().value);
}

TEST_P(State, STATE_10_ServerAsksServerProcessInListening) {
  EXPECT_EQ(server_host()->process_id(), listening().server.server_process_id().value);
}

TEST_P(State, STATE_10_ServerAsksServerProcessInConnected) {
  EXPECT_EQ(server_host()->process_id(), connected().server.server_process_id().value);
}

TEST_P(State, STATE_10_ServerAsksServerProcessInClosing) {
  EXPECT_EQ(server_host()->process_id(), client_closed().server.server_process_id().value);
}

TEST_P(State, STATE_10_ServerAsksClientProcessInDisconnectedIs1168) {
  PIPES_OUR_ENGINE_ONLY("D22");
  EndPair pair = disconnected();
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pair.server.client_process_id().status);
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pair.server.client_session_id().status);
}

TEST_P(State, STATE_10_ServerAsksClientProcessInListeningIs1168) {
  PIPES_OUR_ENGINE_ONLY("D22");
  EndPair pair = listening();
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pair.server.client_process_id().status);
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pair.server.client_session_id().status);
}

TEST_P(State, STATE_10_ServerAsksClientProcessInConnected) {
  EndPair pair = connected();
  EXPECT_EQ(client_host()->process_id(), pair.server.client_process_id().value);
  EXPECT_STATUS(PIPES_OK, pair.server.client_session_id().status);
}

TEST_P(State, STATE_10_ServerAsksClientProcessInClosing) {
  EndPair pair = client_closed();
  EXPECT_EQ(client_host()->process_id(), pair.server.client_process_id().value);
  EXPECT_STATUS(PIPES_OK, pair.server.client_session_id().status);
}

TEST_P(State, STATE_10_ServerCloseInDisconnectedEndsTheInstance) {
  EndPair pair = disconnected();
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client_end().open(pair.name));
}

TEST_P(State, STATE_10_ServerCloseInListeningEndsTheInstance) {
  EndPair pair = listening();
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client_end().open(pair.name));
}

TEST_P(State, STATE_10_ServerCloseInConnectedPutsTheClientInClosing) {
  EndPair pair = connected();
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_EQ(PIPES_STATE_CLOSING, state_of(pair.client));
}

TEST_P(State, STATE_10_ServerCloseInClosingEndsTheInstance) {
  EndPair pair = client_closed({.max_instances = 1});
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_OK, server_end().create_named(pair.name, {.max_instances = 1}));
}

// ---------------------------------------------------------------------------------------- STATE-10: the client end's table

TEST_P(State, STATE_10_ClientReadInConnectedReads) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.server.write("words").status);
  EXPECT_EQ("words", pair.client.read().bytes);
}

TEST_P(State, STATE_10_ClientReadInClosingGivesDataThen109) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.server.write("words").status);
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  const Received received = pair.client.read();
  EXPECT_STATUS(PIPES_OK, received.status);
  EXPECT_EQ("words", received.bytes);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, pair.client.read().status);
}

TEST_P(State, STATE_10_ClientReadInDetachedIs233) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, detached().client.read().status);
}

TEST_P(State, STATE_10_ClientWriteInConnectedWrites) {
  EndPair pair = connected();
  EXPECT_STATUS(PIPES_OK, pair.client.write("words").status);
  EXPECT_EQ("words", pair.server.read().bytes);
}

TEST_P(State, STATE_10_ClientWriteInClosingIs232) {
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, server_closed().client.write("x").status);
}

TEST_P(State, STATE_10_ClientWriteInDetachedIs233) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, detached().client.write("x").status);
}

TEST_P(State, STATE_10_ClientPeekInConnectedPeeks) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.server.write("words").status);
  EXPECT_EQ("words", pair.client.peek().bytes);
}

TEST_P(State, STATE_10_ClientPeekInClosingGivesDataThen109) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.server.write("words").status);
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_EQ("words", pair.client.peek().bytes);
  ASSERT_STATUS(PIPES_OK, pair.client.read().status);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, pair.client.peek().status);
}

TEST_P(State, STATE_10_ClientPeekInDetachedIs233) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, detached().client.peek().status);
}

TEST_P(State, STATE_10_ClientTransactInConnectedTransacts) {
  EndPair pair = connected();
  Pending<Received> transacting = pair.client.start_transact("request");
  EXPECT_EQ("request", pair.server.read().bytes);
  EXPECT_STATUS(PIPES_OK, pair.server.write("reply").status);
  EXPECT_EQ("reply", transacting.result().bytes);
}

TEST_P(State, STATE_10_ClientTransactInClosingIs230) {
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, server_closed().client.transact("x").status);
}

TEST_P(State, STATE_10_ClientTransactInDetachedIs233) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, detached().client.transact("x").status);
}

TEST_P(State, STATE_10_ClientFlushInConnectedWaitsForTheReader) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.client.write("words").status);
  Pending<Code> flushing = pair.client.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  EXPECT_EQ("words", pair.server.read().bytes);
  EXPECT_STATUS(PIPES_OK, flushing.result());
}

TEST_P(State, STATE_10_ClientFlushInClosingReturnsAtOnce) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.client.write("never read").status);
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_OK, pair.client.flush());
}

TEST_P(State, STATE_10_ClientFlushInDetachedIs233) {
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, detached().client.flush());
}

TEST_P(State, STATE_10_ClientQueriesInConnectedWork) {
  EndPair pair = connected();
  expect_queries(PIPES_OK, pair.client);
}

TEST_P(State, STATE_10_ClientQueriesInClosingWork) {
  EndPair pair = server_closed();
  expect_queries(PIPES_OK, pair.client);
}

TEST_P(State, STATE_10_ClientQueriesInDetachedAre233) {
  EndPair pair = detached();
  expect_queries(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client);
}

TEST_P(State, STATE_10_ClientAsksProcessesInConnected) {
  EndPair pair = connected();
  EXPECT_EQ(server_host()->process_id(), pair.client.server_process_id().value);
  EXPECT_EQ(client_host()->process_id(), pair.client.client_process_id().value);
}

TEST_P(State, STATE_10_ClientAsksProcessesInClosing) {
  EndPair pair = server_closed();
  EXPECT_EQ(server_host()->process_id(), pair.client.server_process_id().value);
  EXPECT_EQ(client_host()->process_id(), pair.client.client_process_id().value);
}

TEST_P(State, STATE_10_ClientAsksProcessesInDetachedIs233) {
  EndPair pair = detached();
  PIPES_ORACLE_DIFFERS("table 4: process-id queries after a disconnect");
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.server_process_id().status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.client_process_id().status);
}

TEST_P(State, STATE_10_ClientConnectInConnectedIs1) {
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, connected().client.connect());
}

TEST_P(State, STATE_10_ClientConnectInClosingIs1) {
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, server_closed().client.connect());
}

TEST_P(State, STATE_10_ClientConnectInDetachedIs1) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, detached().client.connect());
}

TEST_P(State, STATE_10_ClientDisconnectInConnectedIs1) {
  PIPES_ORACLE_DIFFERS("table 4: DisconnectNamedPipe on a client end");
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, connected().client.disconnect());
}

TEST_P(State, STATE_10_ClientDisconnectInClosingIs1) {
  PIPES_ORACLE_DIFFERS("table 4: DisconnectNamedPipe on a client end");
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, server_closed().client.disconnect());
}

TEST_P(State, STATE_10_ClientDisconnectInDetachedIs233) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, detached().client.disconnect());
}

TEST_P(State, STATE_10_ClientCloseInConnectedPutsTheServerInClosing) {
  EndPair pair = connected();
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_EQ(PIPES_STATE_CLOSING, state_of(pair.server));
}

TEST_P(State, STATE_10_ClientCloseInClosingEndsTheInstance) {
  EndPair pair = connected({.max_instances = 1});
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_OK, server_end().create_named(pair.name, {.max_instances = 1}));
}

TEST_P(State, STATE_10_ClientCloseInDetachedWorks) {
  EndPair pair = detached();
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_EQ(PIPES_STATE_DISCONNECTED, state_of(pair.server));
}

// ------------------------------------------------------------------- STATE-10: what happens to calls that already block

TEST_P(State, STATE_10_WaitingConnectSucceedsWhenAClientOpens) {
  EndPair pair = listening();
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.open(pair.name));
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST_P(State, STATE_10_WaitingConnectEndsWith233WhenTheServerDisconnects) {
  PIPES_OUR_ENGINE_ONLY("D4");
  EndPair pair = listening();
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, connecting.result());
}

TEST_P(State, STATE_10_WaitingConnectEndsWhenItsOwnHandleCloses) {
  PIPES_OUR_ENGINE_ONLY("D37");
  EndPair pair = listening();
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_TRUE(ended_by_close(connecting.result()));
}

TEST_P(State, STATE_10_WaitingReadSucceedsWhenThePeerWrites) {
  EndPair pair = connected();
  Pending<Received> reading = pair.server.start_read();
  ASSERT_TRUE(reading.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.write("words").status);
  EXPECT_STATUS(PIPES_OK, reading.result().status);
  EXPECT_EQ("words", reading.result().bytes);
}

TEST_P(State, STATE_10_WaitingReadGetsMoreDataWhenThePeerWritesALongerMessage) {
  EndPair pair = connected();
  Pending<Received> reading = pair.client.start_read(3);
  ASSERT_TRUE(reading.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.write("words").status);
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, reading.result().status);
  EXPECT_EQ("wor", reading.result().bytes);
}

TEST_P(State, STATE_10_WaitingReadOfTheClientEndsWith233WhenTheServerDisconnects) {
  EndPair pair = connected();
  Pending<Received> reading = pair.client.start_read();
  ASSERT_TRUE(reading.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, reading.result().status);
}

TEST_P(State, STATE_10_WaitingReadsOfBothEndsEndWith233WhenTheServerDisconnects) {
  PIPES_OUR_ENGINE_ONLY("D44");
  EndPair pair = connected();
  Pending<Received> server_reads = pair.server.start_read();
  Pending<Received> client_reads = pair.client.start_read();
  ASSERT_TRUE(server_reads.wait_until_blocked());
  ASSERT_TRUE(client_reads.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, server_reads.result().status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, client_reads.result().status);
}

TEST_P(State, STATE_10_WaitingReadOfTheServerEndsWith109WhenTheClientCloses) {
  EndPair pair = connected();
  Pending<Received> reading = pair.server.start_read();
  ASSERT_TRUE(reading.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.result().status);
}

TEST_P(State, STATE_10_WaitingReadOfTheClientEndsWith109WhenTheServerCloses) {
  EndPair pair = connected();
  Pending<Received> reading = pair.client.start_read();
  ASSERT_TRUE(reading.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.result().status);
}

TEST_P(State, STATE_10_WaitingReadEndsWhenItsOwnHandleCloses) {
  PIPES_OUR_ENGINE_ONLY("D37");
  EndPair pair = connected();
  Pending<Received> reading = pair.client.start_read();
  ASSERT_TRUE(reading.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_TRUE(ended_by_close(reading.result().status));
}

const ServerOptions kNoQuota{.out_buffer = 0, .in_buffer = 0};

TEST_P(State, STATE_10_WaitingWriteSucceedsInFullLengthWhenThePeerReads) {
  EndPair pair = connected(kNoQuota);
  Pending<Sent> writing = pair.client.start_write("words");
  ASSERT_TRUE(writing.wait_until_blocked());
  EXPECT_EQ("words", pair.server.read().bytes);
  EXPECT_STATUS(PIPES_OK, writing.result().status);
  EXPECT_EQ(5u, writing.result().transferred);
}

TEST_P(State, STATE_10_WaitingWriteOfTheClientEndsWith233WhenTheServerDisconnects) {
  EndPair pair = connected(kNoQuota);
  Pending<Sent> writing = pair.client.start_write("words");
  ASSERT_TRUE(writing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, writing.result().status);
}

TEST_P(State, STATE_10_WaitingWriteOfTheServerEndsWith233WhenTheServerDisconnects) {
  PIPES_OUR_ENGINE_ONLY("D44");
  EndPair pair = connected(kNoQuota);
  Pending<Sent> writing = pair.server.start_write("words");
  ASSERT_TRUE(writing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, writing.result().status);
}

TEST_P(State, STATE_10_WaitingWriteOfTheServerEndsWith109WhenTheClientCloses) {
  EndPair pair = connected(kNoQuota);
  Pending<Sent> writing = pair.server.start_write("words");
  ASSERT_TRUE(writing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, writing.result().status);
}

TEST_P(State, STATE_10_WaitingWriteOfTheClientEndsWith109WhenTheServerCloses) {
  EndPair pair = connected(kNoQuota);
  Pending<Sent> writing = pair.client.start_write("words");
  ASSERT_TRUE(writing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, writing.result().status);
}

TEST_P(State, STATE_10_WaitingWriteEndsWhenItsOwnHandleCloses) {
  PIPES_OUR_ENGINE_ONLY("D37");
  EndPair pair = connected(kNoQuota);
  Pending<Sent> writing = pair.client.start_write("words");
  ASSERT_TRUE(writing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_TRUE(ended_by_close(writing.result().status));
}

TEST_P(State, STATE_10_WaitingTransactSucceedsWhenThePeerReplies) {
  EndPair pair = connected();
  Pending<Received> transacting = pair.client.start_transact("request");
  ASSERT_TRUE(transacting.wait_until_blocked());
  ASSERT_EQ("request", pair.server.read().bytes);
  ASSERT_STATUS(PIPES_OK, pair.server.write("reply").status);
  EXPECT_STATUS(PIPES_OK, transacting.result().status);
  EXPECT_EQ("reply", transacting.result().bytes);
}

TEST_P(State, STATE_10_WaitingTransactGetsMoreDataWhenTheReplyIsLonger) {
  EndPair pair = connected();
  Pending<Received> transacting = pair.client.start_transact("request", 2);
  ASSERT_TRUE(transacting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.write("reply").status);
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, transacting.result().status);
  EXPECT_EQ("re", transacting.result().bytes);
}

TEST_P(State, STATE_10_WaitingTransactEndsWith233WhenTheServerDisconnects) {
  EndPair pair = connected();
  Pending<Received> transacting = pair.client.start_transact("request");
  ASSERT_TRUE(transacting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, transacting.result().status);
}

TEST_P(State, STATE_10_WaitingTransactEndsWith109WhenThePeerCloses) {
  EndPair pair = connected();
  Pending<Received> transacting = pair.client.start_transact("request");
  ASSERT_TRUE(transacting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, transacting.result().status);
}

TEST_P(State, STATE_10_WaitingTransactEndsWhenItsOwnHandleCloses) {
  PIPES_OUR_ENGINE_ONLY("D37");
  EndPair pair = connected();
  Pending<Received> transacting = pair.client.start_transact("request");
  ASSERT_TRUE(transacting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_TRUE(ended_by_close(transacting.result().status));
}

TEST_P(State, STATE_10_WaitingFlushSucceedsWhenThePeerReads) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.client.write("words").status);
  Pending<Code> flushing = pair.client.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  ASSERT_EQ("words", pair.server.read().bytes);
  EXPECT_STATUS(PIPES_OK, flushing.result());
}

TEST_P(State, STATE_10_WaitingFlushOfTheClientEndsWith233WhenTheServerDisconnects) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.client.write("words").status);
  Pending<Code> flushing = pair.client.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, flushing.result());
}

TEST_P(State, STATE_10_WaitingFlushOfTheServerEndsWith233WhenTheServerDisconnects) {
  PIPES_OUR_ENGINE_ONLY("D44");
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.server.write("words").status);
  Pending<Code> flushing = pair.server.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, flushing.result());
}

TEST_P(State, STATE_10_WaitingFlushOfTheServerEndsWith109WhenTheClientCloses) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.server.write("words").status);
  Pending<Code> flushing = pair.server.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, flushing.result());
}

TEST_P(State, STATE_10_WaitingFlushOfTheClientEndsWith109WhenTheServerCloses) {
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.client.write("words").status);
  Pending<Code> flushing = pair.client.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, flushing.result());
}

TEST_P(State, STATE_10_WaitingFlushEndsWhenItsOwnHandleCloses) {
  PIPES_OUR_ENGINE_ONLY("D37");
  EndPair pair = connected();
  ASSERT_STATUS(PIPES_OK, pair.client.write("words").status);
  Pending<Code> flushing = pair.client.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_TRUE(ended_by_close(flushing.result()));
}

TEST_P(State, STATE_10_WaitingForThePipeEndsWith2WhenItVanishes) {
  EndPair pair = connected();
  Pending<Code> waiting = start_wait_available(*client_host(), pair.name);
  ASSERT_TRUE(waiting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  PIPES_ORACLE_DIFFERS("Wine answers 676, STATUS_HANDLES_CLOSED; WAIT-7 [MS-FSCC 2.3.50]");
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, waiting.result());
}

TEST_P(State, STATE_12_OneEventCompletesEveryWaitingOperationItConcerns) {
  PIPES_OUR_ENGINE_ONLY("D44");
  EndPair pair = connected(kNoQuota);
  Pending<Received> reading = pair.client.start_read();
  Pending<Sent> writing = pair.client.start_write("words");
  ASSERT_TRUE(reading.wait_until_blocked());
  ASSERT_TRUE(writing.wait_until_blocked());
  Pending<Code> flushing = pair.client.start_flush();  // now there is something to wait for
  ASSERT_TRUE(flushing.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, reading.result().status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, writing.result().status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, flushing.result());
}

}  // namespace
}  // namespace pipes::test
