// PEER: who is at the other end.
#include <gtest/gtest.h>

#include <string>

#include "support/harness.h"
#include "support/heir.h"
#include "support/oracle.h"
#include "support/platform.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

PIPES_BOTH_LAYOUTS(Peer);

TEST_P(Peer, PEER_1_ClientProcessIsTheOneThatOpened) {
  EndPair pair = connected_ends();
  EXPECT_EQ(client_host()->process_id(), pair.server.client_process_id().value);
}

TEST_P(Peer, PEER_1_ClientProcessIsThatOfThePresentConnection) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  const std::shared_ptr<Host> another = Host::in_child();
  EndActor next(another);
  ASSERT_STATUS(PIPES_OK, next.open(pair.name));
  ASSERT_STATUS(PIPES_OK, connecting.result());
  EXPECT_EQ(another->process_id(), pair.server.client_process_id().value);
}

// An heir uses the handle, and in the end has the only one.
TEST(PeerHere, PEER_1_ClientProcessIsTheOneThatOpenedThoughAnotherUsesTheHandle) {
  Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, pipes_set_handle_flags(pair.client, PIPES_HANDLE_FLAG_INHERIT, PIPES_HANDLE_FLAG_INHERIT));
  Heir heir(pair.client);
  ASSERT_EQ(sent(4), heir.write("heir"));
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_EQ(received(PIPES_OK, "heir"), read(pair.server));
  EXPECT_EQ(platform::process_id(), client_process_id(pair.server).value);
  EXPECT_EQ(platform::process_id(), heir.client_process());
}

TEST(PeerHere, PEER_2_ServerProcessIsTheOneThatCreatedTheInstanceThoughAnotherUsesTheHandle) {
  Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, pipes_set_handle_flags(pair.server, PIPES_HANDLE_FLAG_INHERIT, PIPES_HANDLE_FLAG_INHERIT));
  Heir heir(pair.server);
  ASSERT_EQ(sent(4), heir.write("heir"));
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_EQ(platform::process_id(), server_process_id(pair.client).value);
  EXPECT_EQ(platform::process_id(), heir.server_process());
}

TEST_P(Peer, PEER_2_ServerProcessIsTheOneThatCreatedTheInstance) {
  const std::string name = unique_name();
  EndActor here = listening_server(name);
  EndActor first = opened_client(name);
  EndActor there = client_end();
  ASSERT_STATUS(PIPES_OK, there.create_named(name));
  EndActor second = opened_client(name);
  EXPECT_EQ(server_host()->process_id(), first.server_process_id().value);
  EXPECT_EQ(client_host()->process_id(), second.server_process_id().value);
  EXPECT_EQ(client_host()->process_id(), there.server_process_id().value);
}

TEST_P(Peer, PEER_3_SessionsCanBeAskedAndAgree) {
  EndPair pair = connected_ends();
  const Id of_client = pair.server.client_session_id();
  const Id of_server = pair.client.server_session_id();
  EXPECT_STATUS(PIPES_OK, of_client.status);
  EXPECT_STATUS(PIPES_OK, of_server.status);
  EXPECT_EQ(of_server.value, of_client.value) << "both processes belong to the session that runs the tests";
}

TEST_P(Peer, PEER_4_AllFourAcceptAHandleOfEitherEnd) {
  EndPair pair = connected_ends();
  for (EndActor* const end : {&pair.server, &pair.client}) {
    EXPECT_EQ(client_host()->process_id(), end->client_process_id().value);
    EXPECT_EQ(server_host()->process_id(), end->server_process_id().value);
    EXPECT_STATUS(PIPES_OK, end->client_session_id().status);
    EXPECT_STATUS(PIPES_OK, end->server_session_id().status);
  }
}

TEST(PeerHere, PEER_5_TheClientsIdStaysReadableAfterItsProcessEnded) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  const std::shared_ptr<Host> host = Host::in_child();
  EndActor client(host);
  ASSERT_STATUS(PIPES_OK, client.open(name));
  const uint32_t process = host->process_id();
  host->kill();
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(server).status);
  EXPECT_STATUS(PIPES_OK, client_process_id(server).status);
  EXPECT_EQ(process, client_process_id(server).value);
  EXPECT_STATUS(PIPES_OK, client_session_id(server).status);
}

TEST(PeerHere, PEER_5_TheServersIdStaysReadableAfterItsProcessEnded) {
  const std::string name = unique_name();
  const std::shared_ptr<Host> host = Host::in_child();
  EndActor server(host);
  ASSERT_STATUS(PIPES_OK, server.create_named(name));
  const Handle client = open_client(name);
  const uint32_t process = host->process_id();
  host->kill();
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(client).status);
  EXPECT_EQ(process, server_process_id(client).value);
  EXPECT_STATUS(PIPES_OK, server_session_id(client).status);
}

TEST_P(Peer, PEER_6_WithoutAClientThereIsNoId) {
  PIPES_OUR_ENGINE_ONLY("D22");
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, server.client_process_id().status);
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, server.client_session_id().status);
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, server.client_process_id().status);
  ASSERT_STATUS(PIPES_OK, server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, server.client_process_id().status);
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, server.client_session_id().status);
}

TEST(PeerHere, PEER_7_OnAnAnonymousPipeBothAreTheCreator) {
  pipes_handle raw_read = PIPES_INVALID_HANDLE;
  pipes_handle raw_write = PIPES_INVALID_HANDLE;
  ASSERT_STATUS(PIPES_OK, pipes_create_anonymous(&raw_read, &raw_write, nullptr, 0));
  const Handle reader(raw_read);
  const Handle writer(raw_write);
  for (const pipes_handle end : {pipes_handle(reader), pipes_handle(writer)}) {
    EXPECT_EQ(platform::process_id(), client_process_id(end).value);
    EXPECT_EQ(platform::process_id(), server_process_id(end).value);
  }
}

TEST_P(Peer, PEER_8_AClientOfThisComputerIsLocal) {
  PIPES_ORACLE_HANGS("Wine ends the process: unimplemented function KERNEL32.dll.GetNamedPipeClientComputerNameW");
  EndPair pair = connected_ends();
  EXPECT_STATUS(PIPES_ERROR_PIPE_LOCAL, pair.server.client_computer_name());
}

TEST_P(Peer, PEER_8_OnlyTheServerEndCanAsk) {
  PIPES_OUR_ENGINE_ONLY("what a client end answers is our header's word");
  EndPair pair = connected_ends();
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, pair.client.client_computer_name());
}

TEST(PeerHere, FINE_19_ANullOutputIsAnInvalidParameter) {
  const Pair pair = connected_pair();
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_client_process_id(pair.server, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_server_process_id(pair.server, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_client_session_id(pair.server, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_server_session_id(pair.server, nullptr));
}

}  // namespace
}  // namespace pipes::test
