// INFO: pipes_get_info, pipes_get_state and pipes_get_local_info.
#include <gtest/gtest.h>

#include <string>

#include "support/harness.h"
#include "support/oracle.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

PIPES_BOTH_LAYOUTS(Info);

const ServerOptions kDifferentQuotas{.out_buffer = 5000, .in_buffer = 7000};

TEST_P(Info, INFO_1_FlagsTellTheEndAndTheType) {
  EndPair message = connected_ends(message_pipe());
  EXPECT_EQ(PIPES_SERVER_END | PIPES_TYPE_MESSAGE, message.server.get_info().flags);
  EXPECT_EQ(PIPES_CLIENT_END | PIPES_TYPE_MESSAGE, message.client.get_info().flags);
  EndPair byte = connected_ends(byte_pipe());
  EXPECT_EQ(PIPES_SERVER_END | PIPES_TYPE_BYTE, byte.server.get_info().flags);
  EXPECT_EQ(PIPES_CLIENT_END | PIPES_TYPE_BYTE, byte.client.get_info().flags);
}

TEST_P(Info, INFO_2_SizesAreTheSameTwoNumbersOnBothEnds) {
  EndPair pair = connected_ends(kDifferentQuotas);
  const auto of_server = pair.server.get_info();
  const auto of_client = pair.client.get_info();
  EXPECT_EQ(of_server.out_buffer, of_client.out_buffer);
  EXPECT_EQ(of_server.in_buffer, of_client.in_buffer);
  if (!kOurEngine) return;  // D39
  EXPECT_EQ(5000u, of_client.out_buffer);
  EXPECT_EQ(7000u, of_client.in_buffer);
}

TEST_P(Info, INFO_3_MaximumIsTheFirstInstances) {
  EndPair limited = connected_ends({.max_instances = 17});
  EXPECT_EQ(17u, limited.server.get_info().max_instances);
  EXPECT_EQ(17u, limited.client.get_info().max_instances);
  EndPair unlimited = connected_ends({.max_instances = PIPES_UNLIMITED_INSTANCES});
  PIPES_ORACLE_DIFFERS("Wine says 0xFFFFFFFF; GetNamedPipeInfo: PIPE_UNLIMITED_INSTANCES (255)");
  EXPECT_EQ(255u, unlimited.client.get_info().max_instances);
}

// A handle that cannot read attributes can only be had by duplication, since every open asks for that right (CLI-5).
Handle without_attributes(pipes_handle source) {
  pipes_handle duplicate = PIPES_INVALID_HANDLE;
  EXPECT_STATUS(PIPES_OK, pipes_duplicate(source, PIPES_FILE_WRITE_DATA, 0, 0, &duplicate));
  return Handle(duplicate);
}

TEST(InfoHere, INFO_4_InfoNeedsTheRightToReadAttributes) {
  const Pair pair = connected_pair();
  const Handle client = without_attributes(pair.client);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_info(client).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_local_info(client).status);
  EXPECT_STATUS(PIPES_OK, write(client, "but it can write").status);
}

TEST(InfoHere, INFO_5_EveryOutputMayBeNull) {
  const Pair pair = connected_pair({.max_instances = 6});
  EXPECT_STATUS(PIPES_OK, pipes_get_info(pair.server, nullptr, nullptr, nullptr, nullptr));
  uint32_t maximum = kUntouched;
  EXPECT_STATUS(PIPES_OK, pipes_get_info(pair.client, nullptr, nullptr, nullptr, &maximum));
  EXPECT_EQ(6u, maximum);
}

TEST(InfoHere, INFO_6_AnAnonymousPipeIsABytePipeWithOneInstance) {
  pipes_handle raw_read = PIPES_INVALID_HANDLE;
  pipes_handle raw_write = PIPES_INVALID_HANDLE;
  ASSERT_STATUS(PIPES_OK, pipes_create_anonymous(&raw_read, &raw_write, nullptr, 0));
  const Handle reader(raw_read);
  const Handle writer(raw_write);
  EXPECT_EQ(PIPES_SERVER_END | PIPES_TYPE_BYTE, get_info(reader).flags);
  EXPECT_EQ(PIPES_CLIENT_END | PIPES_TYPE_BYTE, get_info(writer).flags);
  EXPECT_EQ(1u, get_info(reader).max_instances);
  EXPECT_EQ(1u, get_info(writer).max_instances);
}

TEST_P(Info, INFO_7_StateTellsTheModesOfThisEnd) {
  EndPair pair = connected_ends(message_pipe());
  for (const uint32_t mode : {PIPES_READMODE_BYTE | PIPES_WAIT, PIPES_READMODE_MESSAGE | PIPES_WAIT,
                              PIPES_READMODE_BYTE | PIPES_NOWAIT, PIPES_READMODE_MESSAGE | PIPES_NOWAIT}) {
    ASSERT_STATUS(PIPES_OK, pair.client.set_mode(mode));
    EXPECT_EQ(mode, pair.client.get_state().mode);
    EXPECT_EQ(PIPES_READMODE_MESSAGE | PIPES_WAIT, pair.server.get_state().mode);
  }
}

TEST_P(Info, INFO_8_InstancesCountInWhateverState) {
  EndPair connected = connected_ends();
  EndActor closing = listening_server(connected.name);
  ASSERT_STATUS(PIPES_OK, opened_client(connected.name).close());
  EndActor disconnected = listening_server(connected.name);
  EndActor detached = opened_client(connected.name);
  ASSERT_STATUS(PIPES_OK, disconnected.disconnect());
  EndActor listening = listening_server(connected.name);
  for (EndActor* const end : {&connected.server, &connected.client, &closing, &disconnected, &listening}) {
    EXPECT_EQ(4u, end->get_state().current_instances);
  }
}

TEST(InfoHere, INFO_9_CollectionParametersAreForRemotePipesOnly) {
  const Pair pair = connected_pair();
  for (const pipes_handle end : {pipes_handle(pair.server), pipes_handle(pair.client)}) {
    uint32_t value = kUntouched;
    PIPES_ORACLE_DIFFERS("table 4: handle-state query of collection count; GetNamedPipeHandleState: on clients too");
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_state(end, nullptr, nullptr, &value, nullptr, nullptr, 0));
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_state(end, nullptr, nullptr, nullptr, &value, nullptr, 0));
    EXPECT_EQ(kUntouched, value);
  }
}

Code ask_user_name(pipes_handle end, std::string* name, uint32_t size) {
  std::string buffer(size + 1, '\0');
  const Code status = pipes_get_state(end, nullptr, nullptr, nullptr, nullptr, buffer.data(), size);
  *name = buffer.c_str();
  return status;
}

TEST(InfoHere, INFO_10_TheUserNameIsToldToTheServerEndOnly) {
  const Pair pair = connected_pair();
  ASSERT_STATUS(PIPES_OK, write(pair.client, "x").status);
  ASSERT_STATUS(PIPES_OK, read(pair.server).status);
  std::string name;
  EXPECT_STATUS(PIPES_OK, ask_user_name(pair.server, &name, 256));
  EXPECT_NE("", name);
  PIPES_ORACLE_DIFFERS(
      "Wine tells both ends; GetNamedPipeHandleState: lpUserName must be NULL if the handle is to the client end");
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, ask_user_name(pair.client, &name, 256));
}

TEST(InfoHere, INFO_11_TheUserNameIsRefusedWhereImpersonationWouldFail) {
  const std::string pipe = unique_name();
  const Handle server = create_server(pipe);
  std::string name;
  const auto expect_refused = [&](const char* when) {
    PIPES_ORACLE_DIFFERS("Wine impersonates nobody and always tells a name; INFO-11, D26");
    EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, ask_user_name(server, &name, 256)) << when;
  };
  expect_refused("no client");
  const Handle client = open_client(pipe);
  expect_refused("nothing read");
  ASSERT_STATUS(PIPES_OK, write(client, "x").status);
  ASSERT_STATUS(PIPES_OK, read(server).status);
  EXPECT_STATUS(PIPES_OK, ask_user_name(server, &name, 256));
  ASSERT_STATUS(PIPES_OK, disconnect(server));
  expect_refused("disconnected");
}

TEST(InfoHere, INFO_12_ABufferTooSmallForTheUserNameIsRefused) {
  const Pair pair = connected_pair();
  ASSERT_STATUS(PIPES_OK, write(pair.client, "x").status);
  ASSERT_STATUS(PIPES_OK, read(pair.server).status);
  std::string name;
  ASSERT_STATUS(PIPES_OK, ask_user_name(pair.server, &name, 256));
  const auto length = static_cast<uint32_t>(name.size());
  EXPECT_STATUS(PIPES_OK, ask_user_name(pair.server, &name, length + 1)) << "the terminator counts";
  EXPECT_STATUS(PIPES_ERROR_INSUFFICIENT_BUFFER, ask_user_name(pair.server, &name, length));
}

TEST(InfoHere, INFO_13_StateNeedsTheRightToReadAttributes) {
  const Pair pair = connected_pair();
  const Handle client = without_attributes(pair.client);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_state(client).status);
}

TEST(InfoHere, INFO_13_StateWithAllOutputsNullSucceeds) {
  const Pair pair = connected_pair();
  EXPECT_STATUS(PIPES_OK, pipes_get_state(pair.server, nullptr, nullptr, nullptr, nullptr, nullptr, 0));
  EXPECT_STATUS(PIPES_OK, pipes_get_state(pair.client, nullptr, nullptr, nullptr, nullptr, nullptr, 0));
}

TEST_P(Info, INFO_14_LocalInfoTellsTheKernelsView) {
  constexpr uint32_t kDuplex = 2;
  ServerOptions options = kDifferentQuotas;
  options.max_instances = 4;
  EndPair pair = connected_ends(options);
  EndActor another = listening_server(pair.name, options);
  for (EndActor* const end : {&pair.server, &pair.client}) {
    const pipes_local_info info = end->get_local_info().value;
    EXPECT_EQ(1u, info.type);
    EXPECT_EQ(kDuplex, info.configuration);
    EXPECT_EQ(4u, info.maximum_instances);
    EXPECT_EQ(2u, info.current_instances);
    EXPECT_EQ(PIPES_STATE_CONNECTED, info.state);
    if (!kOurEngine) continue;  // D39
    EXPECT_EQ(7000u, info.inbound_quota);
    EXPECT_EQ(5000u, info.outbound_quota);
  }
  EXPECT_EQ(PIPES_SERVER_END, pair.server.get_local_info().value.end);
  EXPECT_EQ(PIPES_CLIENT_END, pair.client.get_local_info().value.end);
}

TEST_P(Info, INFO_14_LocalInfoTellsTheDirection) {
  constexpr uint32_t kInbound = 0;
  constexpr uint32_t kOutbound = 1;
  EndPair inbound = connected_ends({.open_mode = PIPES_ACCESS_INBOUND, .pipe_mode = PIPES_TYPE_BYTE});
  EXPECT_EQ(kInbound, inbound.client.get_local_info().value.configuration);
  EXPECT_EQ(kInbound, inbound.server.get_local_info().value.configuration);
  EXPECT_EQ(0u, inbound.client.get_local_info().value.type);
  EndPair outbound = connected_ends({.open_mode = PIPES_ACCESS_OUTBOUND});
  EXPECT_EQ(kOutbound, outbound.client.get_local_info().value.configuration);
}

TEST_P(Info, INFO_14_LocalInfoCountsBytesAndQuotaOfThisEnd) {
  EndPair pair = connected_ends(kDifferentQuotas);
  const auto expect_quota_left = [](uint32_t expected, const EndActor& end) {
    if (!kOurEngine && !is_oracle()) return;  // D39: elsewhere the sizes may be rounded.
    PIPES_ORACLE_DIFFERS("table 4: write quota left (INFO-14)");
    EXPECT_EQ(expected, end.get_local_info().value.write_quota_available);
  };
  ASSERT_STATUS(PIPES_OK, pair.client.write(bytes(1000)).status);
  ASSERT_STATUS(PIPES_OK, pair.client.write(bytes(500)).status);
  ASSERT_STATUS(PIPES_OK, pair.server.write(bytes(300)).status);
  EXPECT_EQ(1500u, pair.server.get_local_info().value.read_data_available);
  EXPECT_EQ(300u, pair.client.get_local_info().value.read_data_available);
  expect_quota_left(4700u, pair.server);
  expect_quota_left(5500u, pair.client);

  ASSERT_STATUS(PIPES_OK, pair.server.read(1200).status);
  EXPECT_EQ(300u, pair.server.get_local_info().value.read_data_available);
  expect_quota_left(6700u, pair.client);
}

TEST(InfoHere, INFO_14_LocalInfoWantsItsOwnSize) {
  const Handle server = create_server(unique_name());
  pipes_local_info info{};
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_local_info(server, &info));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_local_info(server, nullptr));
}

}  // namespace
}  // namespace pipes::test
