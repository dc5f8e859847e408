// INST: several instances of one pipe, how many there may be, and which one a client gets.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/harness.h"
#include "support/oracle.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

PIPES_BOTH_LAYOUTS(Inst);

// Says `word` through the client and tells whether it arrives at this server, which shows who is connected to whom.
testing::AssertionResult connected_to_each_other(EndActor& client, EndActor& server) {
  const std::string word = unique_name();
  const Sent sent = client.write(word);
  if (!sent.status.ok()) return testing::AssertionFailure() << "the client's write gave " << sent.status;
  const Peeked arrived = server.peek();
  if (arrived.bytes == word) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "the server's peek gave " << arrived.status << " and \"" << arrived.bytes
                                     << '"';
}

TEST_P(Inst, INST_1_EachInstanceHasItsOwnClientAndQueues) {
  const std::string name = unique_name();
  EndActor first = listening_server(name);
  EndActor second = listening_server(name);
  EndActor client_of_first = opened_client(name);
  EndActor client_of_second = opened_client(name);
  ASSERT_STATUS(PIPES_OK, client_of_first.write("for the first").status);
  EXPECT_EQ(0u, second.peek().available);
  ASSERT_STATUS(PIPES_OK, client_of_first.close());
  EXPECT_EQ(PIPES_STATE_CLOSING, first.get_local_info().value.state);
  EXPECT_EQ(PIPES_STATE_CONNECTED, second.get_local_info().value.state);
  EXPECT_EQ("for the first", first.read().bytes);
}

TEST_P(Inst, INST_2_AnotherProcessMayAddInstances) {
  const std::string name = unique_name();
  EndActor here = listening_server(name);
  EndActor there = client_end();
  ASSERT_STATUS(PIPES_OK, there.create_named(name));
  EXPECT_EQ(2u, here.get_state().current_instances);
  EXPECT_EQ(2u, there.get_state().current_instances);

  EndActor first = opened_client(name);
  EndActor second = opened_client(name);
  EXPECT_EQ(PIPES_STATE_CONNECTED, here.get_local_info().value.state);
  EXPECT_EQ(PIPES_STATE_CONNECTED, there.get_local_info().value.state);
}

TEST_P(Inst, INST_4_OneMoreThanTheMaximumIsBusy) {
  const std::string name = unique_name();
  EndActor first = listening_server(name, {.max_instances = 2});
  EndActor second = client_end();
  ASSERT_STATUS(PIPES_OK, second.create_named(name, {.max_instances = 2}));
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, server_end().create_named(name, {.max_instances = 2}));
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, client_end().create_named(name, {.max_instances = 2}));
  ASSERT_STATUS(PIPES_OK, second.close());
  EXPECT_STATUS(PIPES_OK, server_end().create_named(name, {.max_instances = 2}));
}

TEST_P(Inst, INST_5_TheFirstInstancesLimitCounts) {
  PIPES_OUR_ENGINE_ONLY("D3");
  const std::string name = unique_name();
  EndActor first = listening_server(name, {.max_instances = 2});
  EndActor second = server_end();
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, second.create_named(name, {.max_instances = 0}));
  EXPECT_STATUS(PIPES_OK, second.create_named(name, {.max_instances = 1}));
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, server_end().create_named(name, {.max_instances = 255}));
  EXPECT_EQ(2u, second.get_info().max_instances);
}

TEST_P(Inst, INST_6_OnlyTheAccessModeMustBeTheSame) {
  const std::string name = unique_name();
  EndActor first = listening_server(name, {.pipe_mode = PIPES_TYPE_MESSAGE, .max_instances = 9});
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client_end().create_named(name, {.open_mode = PIPES_ACCESS_INBOUND}));
  PIPES_OUR_ENGINE_ONLY("D3");
  EndActor second = client_end();
  EXPECT_STATUS(PIPES_OK,
                second.create_named(name, {.pipe_mode = PIPES_TYPE_BYTE, .max_instances = 3, .default_timeout = 1}));
  EXPECT_EQ(PIPES_SERVER_END | PIPES_TYPE_MESSAGE, second.get_info().flags);
  EXPECT_EQ(9u, second.get_info().max_instances);
}

TEST_P(Inst, INST_7_WhatBelongsToTheInstanceMayDiffer) {
  const std::string name = unique_name();
  EndActor first = listening_server(name);
  EndActor second = server_end();
  EXPECT_STATUS(
      PIPES_OK,
      second.create_named(
          name, {.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_OVERLAPPED | PIPES_FLAG_WRITE_THROUGH | PIPES_WRITE_DAC,
                 .pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | PIPES_NOWAIT | PIPES_REJECT_REMOTE_CLIENTS,
                 .out_buffer = 1,
                 .in_buffer = 100'000}));
}

TEST_P(Inst, INST_9_AClientGetsTheInstanceThatHasListenedLongest) {
  const std::string name = unique_name();
  EndActor first = listening_server(name);
  EndActor second = listening_server(name);
  EndActor third = listening_server(name);
  EndActor one = opened_client(name);
  EXPECT_TRUE(connected_to_each_other(one, first));
  EndActor two = opened_client(name);
  EXPECT_TRUE(connected_to_each_other(two, second));
  EndActor three = opened_client(name);
  EXPECT_TRUE(connected_to_each_other(three, third));
}

TEST_P(Inst, INST_9_AWaitingConnectGivesNoPrecedence) {
  const std::string name = unique_name();
  EndActor first = listening_server(name);
  EndActor second = listening_server(name);
  Pending<Code> connecting = second.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EndActor client = opened_client(name);
  EXPECT_TRUE(connected_to_each_other(client, first));
  EXPECT_FALSE(connecting.finished());
}

TEST_P(Inst, INST_9_ReconnectingPutsAnInstanceAtTheTail) {
  const std::string name = unique_name();
  EndActor first = listening_server(name, {.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_NOWAIT});
  EndActor second = listening_server(name);
  ASSERT_STATUS(PIPES_OK, opened_client(name).close());
  ASSERT_STATUS(PIPES_OK, first.disconnect());
  (void)first.connect();
  EndActor client = opened_client(name);
  EXPECT_TRUE(connected_to_each_other(client, second));
  EndActor next = opened_client(name);
  EXPECT_TRUE(connected_to_each_other(next, first));
}

TEST_P(Inst, INST_10_ADisconnectedInstanceTakesNoClientUntilConnect) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EndActor next = client_end();
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, next.open(pair.name));
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, next.open(pair.name));
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST_P(Inst, INST_11_AnInstanceCountsUntilBothItsEndsAreClosed) {
  const std::string name = unique_name();
  EndActor bystander = listening_server(name, {.max_instances = 2});
  EndActor taken = opened_client(name);
  EndActor server = listening_server(name, {.max_instances = 2});
  EndActor client = opened_client(name);
  ASSERT_STATUS(PIPES_OK, server.close());
  {
    PIPES_ORACLE_DIFFERS("Wine counts server ends; CreateNamedPipe: deleted when the last handle to it is closed");
    EXPECT_EQ(2u, bystander.get_state().current_instances);
    EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, server_end().create_named(name));
  }
  ASSERT_STATUS(PIPES_OK, client.close());
  EXPECT_EQ(1u, bystander.get_state().current_instances);
  EXPECT_STATUS(PIPES_OK, server_end().create_named(name));
}

TEST_P(Inst, INST_12_AnOldClientHandleKeepsASingleInstancePipeBusy) {
  EndPair pair = connected_ends({.max_instances = 1});
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  {
    PIPES_ORACLE_DIFFERS("Wine counts server ends; CreateNamedPipe: deleted when the last handle to it is closed");
    EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, server_end().create_named(pair.name, {.max_instances = 1}));
  }
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_OK, server_end().create_named(pair.name, {.max_instances = 1}));
}

TEST_P(Inst, INST_13_ADisconnectedClientHandleHoldsNothing) {
  EndPair pair = connected_ends({.max_instances = 1});
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client_end().open(pair.name));
  EXPECT_STATUS(PIPES_OK, server_end().create_named(pair.name, {.max_instances = 1}));
}

TEST(InstHere, INST_14_RacingCreatorsNeverExceedTheMaximum) {
  constexpr uint32_t kMaximum = 5;
  constexpr size_t kCreators = 16;
  const std::string name = unique_name();
  std::vector<Handle> servers(kCreators);
  std::vector<std::unique_ptr<Background<std::function<Code()>>>> creators;
  std::atomic<bool> go{false};
  for (Handle& server : servers) {
    creators.push_back(std::make_unique<Background<std::function<Code()>>>([&] {
      go.wait(false);
      Opened opened = try_create_server(name, {.max_instances = kMaximum});
      server = std::move(opened.handle);
      return opened.status;
    }));
  }
  go.store(true);
  go.notify_all();
  uint32_t made = 0;
  for (const auto& creator : creators) {
    const Code status = creator->result();
    if (status.ok()) {
      ++made;
    } else {
      EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, status);
    }
  }
  EXPECT_EQ(kMaximum, made);
}

}  // namespace
}  // namespace pipes::test
