// SETST: pipes_set_state.
#include <gtest/gtest.h>

#include <string>

#include "support/harness.h"
#include "support/oracle.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

PIPES_BOTH_LAYOUTS(SetState);

TEST_P(SetState, SETST_1_BothModesAreAlwaysSet) {
  EndPair pair = connected_ends(message_pipe());
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_NOWAIT));
  EXPECT_EQ(PIPES_READMODE_BYTE | PIPES_NOWAIT, pair.client.get_state().mode);
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_READMODE_MESSAGE));
  EXPECT_EQ(PIPES_READMODE_MESSAGE | PIPES_WAIT, pair.client.get_state().mode);
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(0));
  EXPECT_EQ(PIPES_READMODE_BYTE | PIPES_WAIT, pair.client.get_state().mode);
}

TEST(SetStateHere, SETST_1_NullLeavesTheModesAlone) {
  const Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, set_mode(pair.client, PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  EXPECT_STATUS(PIPES_OK, pipes_set_state(pair.client, nullptr, nullptr, nullptr));
  EXPECT_EQ(PIPES_READMODE_MESSAGE | PIPES_NOWAIT, get_state(pair.client).mode);
}

TEST_P(SetState, SETST_2_EveryUnknownBitIsRefusedAndNothingChanges) {
  EndPair pair = connected_ends(message_pipe());
  for (uint32_t bit = 4; bit != 0; bit <<= 1) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pair.client.set_mode(PIPES_NOWAIT | bit)) << std::hex << bit;
  }
  EXPECT_EQ(PIPES_READMODE_MESSAGE | PIPES_WAIT, pair.client.get_state().mode);
}

TEST_P(SetState, SETST_3_ItNeedsTheRightToWriteAttributes) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, {.open_mode = PIPES_ACCESS_OUTBOUND});
  EndActor client = opened_client(name, PIPES_GENERIC_READ);
  PIPES_ORACLE_DIFFERS("Wine asks a client for no right; SetNamedPipeHandleState: FILE_WRITE_ATTRIBUTES access");
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.set_mode(PIPES_READMODE_MESSAGE));
  EXPECT_EQ(PIPES_READMODE_BYTE, client.get_state().mode);
}

TEST_P(SetState, SETST_4_MessageReadModeOnAByteTypePipeIsRefused) {
  EndPair pair = connected_ends(byte_pipe());
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pair.server.set_mode(PIPES_READMODE_MESSAGE));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pair.client.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  EXPECT_EQ(PIPES_READMODE_BYTE | PIPES_WAIT, pair.client.get_state().mode);
}

TEST_P(SetState, SETST_5_NoWaitIsBusyWhileAReadWaits) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  EndPair pair = connected_ends();
  Pending<Received> reading = pair.client.start_read();
  ASSERT_TRUE(reading.wait_until_blocked());
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, pair.client.set_mode(PIPES_NOWAIT));
  EXPECT_EQ(PIPES_WAIT, pair.client.get_state().mode);
  ASSERT_STATUS(PIPES_OK, pair.server.write("x").status);
  ASSERT_STATUS(PIPES_OK, reading.result().status);
  EXPECT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_NOWAIT));
}

TEST_P(SetState, SETST_5_NoWaitIsBusyWhileItsOwnDataIsUnread) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  EndPair pair = connected_ends(message_pipe());
  ASSERT_STATUS(PIPES_OK, pair.client.write("unread").status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, pair.client.set_mode(PIPES_READMODE_BYTE | PIPES_NOWAIT));
  EXPECT_EQ(PIPES_READMODE_MESSAGE | PIPES_WAIT, pair.client.get_state().mode) << "modes unchanged";
  EXPECT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_READMODE_BYTE)) << "the read mode alone may change";
  ASSERT_STATUS(PIPES_OK, pair.server.read().status);
  EXPECT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_NOWAIT));
}

TEST_P(SetState, SETST_6_AWaitingReadIsFramedByTheModeInForceWhenDataArrives) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  EndPair pair = connected_ends(message_pipe());
  Pending<Received> reading = pair.client.start_read(3);
  ASSERT_TRUE(reading.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_READMODE_BYTE));
  EXPECT_FALSE(reading.finished());
  ASSERT_STATUS(PIPES_OK, pair.server.write("words").status);
  EXPECT_STATUS(PIPES_OK, reading.result().status);
  EXPECT_EQ("wor", reading.result().bytes);
}

TEST(SetStateHere, SETST_7_CollectionParametersAreForRemotePipesOnly) {
  const Pair pair = connected_pair(message_pipe());
  const uint32_t mode = PIPES_READMODE_BYTE;
  const uint32_t value = 100;
  for (const pipes_handle end : {pipes_handle(pair.server), pipes_handle(pair.client)}) {
    PIPES_ORACLE_DIFFERS("Wine ignores them; SetNamedPipeHandleState: must be NULL if both are on the same machine");
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_set_state(end, &mode, &value, nullptr));
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_set_state(end, &mode, nullptr, &value));
    EXPECT_EQ(PIPES_READMODE_MESSAGE, get_state(end).mode) << "nothing changed";
  }
}

TEST_P(SetState, SETST_8_TheOtherEndKeepsItsModes) {
  EndPair pair = connected_ends(message_pipe());
  ASSERT_STATUS(PIPES_OK, pair.client.set_mode(PIPES_READMODE_BYTE | PIPES_NOWAIT));
  EXPECT_EQ(PIPES_READMODE_MESSAGE | PIPES_WAIT, pair.server.get_state().mode);
  ASSERT_STATUS(PIPES_OK, pair.server.set_mode(PIPES_READMODE_BYTE));
  EXPECT_EQ(PIPES_READMODE_BYTE | PIPES_NOWAIT, pair.client.get_state().mode);
}

TEST(SetStateHere, SETST_9_NoWaitAppliesToAnonymousPipes) {
  pipes_handle raw_read = PIPES_INVALID_HANDLE;
  pipes_handle raw_write = PIPES_INVALID_HANDLE;
  ASSERT_STATUS(PIPES_OK, pipes_create_anonymous(&raw_read, &raw_write, nullptr, 0));
  const Handle reader(raw_read);
  const Handle writer(raw_write);
  ASSERT_STATUS(PIPES_OK, set_mode(reader, PIPES_NOWAIT));
  ASSERT_STATUS(PIPES_OK, set_mode(writer, PIPES_NOWAIT));
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, read(reader).status);
  const std::string much = bytes(100'000);
  const Sent sent = write(writer, much);
  EXPECT_STATUS(PIPES_OK, sent.status);
  EXPECT_GT(much.size(), sent.transferred);
}

}  // namespace
}  // namespace pipes::test
