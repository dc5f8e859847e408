// The numbers of pipes_create_named and pipes_set_state, what time-outs mean, and how large a ring gets.
#include "pipe/parameters.h"

#include <gtest/gtest.h>

namespace pipes {
namespace {

// Arguments holds a call that succeeds; a test changes what it is about.
struct Arguments {
  std::uint32_t open_mode = PIPES_ACCESS_DUPLEX;
  std::uint32_t pipe_mode = PIPES_TYPE_BYTE;
  std::uint32_t max_instances = 1;
  std::uint32_t out_buffer = 512;
  std::uint32_t in_buffer = 1024;
  std::uint32_t default_timeout_ms = 0;
};

Result<CreateParameters> check(const Arguments& a) {
  return check_create_parameters(a.open_mode, a.pipe_mode, a.max_instances, a.out_buffer, a.in_buffer,
                                 a.default_timeout_ms);
}

// checked is for arguments that must pass; what a refusal would leave differs from all that the tests expect.
CreateParameters checked(const Arguments& arguments) {
  Result<CreateParameters> parameters = check(arguments);
  EXPECT_TRUE(parameters) << parameters.status();
  return parameters ? *parameters : CreateParameters{};
}

// ----------------------------------------------------------------------------------------------------------- open mode

TEST(Parameters, OPEN_2_AnAccessModeIsRequired) {
  EXPECT_EQ(check({.open_mode = 0}).status(), PIPES_ERROR_INVALID_PARAMETER);
  EXPECT_EQ(check({.open_mode = PIPES_FLAG_OVERLAPPED}).status(), PIPES_ERROR_INVALID_PARAMETER);
}

TEST(Parameters, OPEN_2_EachAccessModeIsTaken) {
  EXPECT_EQ(checked({.open_mode = PIPES_ACCESS_INBOUND}).attributes.access, AccessMode::kInbound);
  EXPECT_EQ(checked({.open_mode = PIPES_ACCESS_OUTBOUND}).attributes.access, AccessMode::kOutbound);
  EXPECT_EQ(checked({.open_mode = PIPES_ACCESS_DUPLEX}).attributes.access, AccessMode::kDuplex);
}

TEST(Parameters, OPEN_3_EveryBitOutsideTheFlagsIsRefused) {
  for (int bit = 2; bit < 32; ++bit) {
    const std::uint32_t mask = 1u << bit;
    const Status expected = (mask & 0xC10C0003u) != 0 ? PIPES_OK : PIPES_ERROR_INVALID_PARAMETER;
    EXPECT_EQ(check({.open_mode = PIPES_ACCESS_DUPLEX | mask}).status(), expected) << std::hex << mask;
  }
}

TEST(Parameters, OPEN_8_OPEN_10_OPEN_11_FlagsAreTakenOneByOne) {
  const CreateParameters none = checked({});
  EXPECT_FALSE(none.first_instance || none.overlapped || none.write_through);
  EXPECT_TRUE(checked({.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE}).first_instance);
  EXPECT_TRUE(checked({.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_OVERLAPPED}).overlapped);
  EXPECT_TRUE(checked({.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_WRITE_THROUGH}).write_through);
}

TEST(Parameters, OPEN_13_WriteOwnerAndFirstInstanceAreOneBit) {
  const CreateParameters asked = checked({.open_mode = PIPES_ACCESS_INBOUND | PIPES_WRITE_OWNER});
  EXPECT_TRUE(asked.first_instance);
  EXPECT_TRUE(asked.server_rights & PIPES_WRITE_OWNER);
}

TEST(Parameters, OPEN_25_ServerRightsFollowTheAccessMode) {
  EXPECT_EQ(checked({.open_mode = PIPES_ACCESS_INBOUND}).server_rights, 0x00120089u);
  EXPECT_EQ(checked({.open_mode = PIPES_ACCESS_OUTBOUND}).server_rights, 0x00120116u);
  EXPECT_EQ(checked({.open_mode = PIPES_ACCESS_DUPLEX}).server_rights, 0x0012019Fu);
}

TEST(Parameters, OPEN_26_OneWayHandlesLackTheOtherAttributeRight) {
  EXPECT_FALSE(checked({.open_mode = PIPES_ACCESS_INBOUND}).server_rights & PIPES_FILE_WRITE_ATTRIBUTES);
  EXPECT_FALSE(checked({.open_mode = PIPES_ACCESS_OUTBOUND}).server_rights & PIPES_FILE_READ_ATTRIBUTES);
}

TEST(Parameters, OPEN_12_SecurityRightsAreAdded) {
  EXPECT_EQ(checked({.open_mode = PIPES_ACCESS_INBOUND | PIPES_WRITE_DAC}).server_rights,
            0x00120089u | PIPES_WRITE_DAC);
  EXPECT_EQ(checked({.open_mode = PIPES_ACCESS_INBOUND | PIPES_ACCESS_SYSTEM_SECURITY}).server_rights,
            0x00120089u | PIPES_ACCESS_SYSTEM_SECURITY);
}

// ----------------------------------------------------------------------------------------------------------- pipe mode

TEST(Parameters, OPEN_15_EveryBitOutsideTheModesIsRefused) {
  for (int bit = 4; bit < 32; ++bit) {
    EXPECT_EQ(check({.pipe_mode = 1u << bit}).status(), PIPES_ERROR_INVALID_PARAMETER) << bit;
  }
}

TEST(Parameters, OPEN_16_OmittedFlagsMeanByteByteWaitAccept) {
  const CreateParameters parameters = checked({.pipe_mode = 0});
  EXPECT_EQ(parameters.attributes.type, PipeType::kByte);
  EXPECT_EQ(parameters.server_modes.read_mode, ReadMode::kByte);
  EXPECT_EQ(parameters.server_modes.wait_mode, WaitMode::kWait);
  EXPECT_EQ(parameters.remote_clients, RemoteClients::kAccept);
}

TEST(Parameters, OPEN_16_AllModesTogether) {
  const CreateParameters parameters =
      checked({.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | PIPES_NOWAIT | PIPES_REJECT_REMOTE_CLIENTS});
  EXPECT_EQ(parameters.attributes.type, PipeType::kMessage);
  EXPECT_EQ(parameters.server_modes.read_mode, ReadMode::kMessage);
  EXPECT_EQ(parameters.server_modes.wait_mode, WaitMode::kNoWait);
  EXPECT_EQ(parameters.remote_clients, RemoteClients::kReject);
}

TEST(Parameters, OPEN_16_AMessagePipeMayBeReadAsBytes) {
  EXPECT_EQ(checked({.pipe_mode = PIPES_TYPE_MESSAGE}).server_modes.read_mode, ReadMode::kByte);
}

TEST(Parameters, OPEN_17_MessagesCannotBeReadFromAByteType) {
  EXPECT_EQ(check({.pipe_mode = PIPES_READMODE_MESSAGE}).status(), PIPES_ERROR_INVALID_PARAMETER);
  EXPECT_EQ(check({.pipe_mode = PIPES_READMODE_MESSAGE | PIPES_NOWAIT}).status(), PIPES_ERROR_INVALID_PARAMETER);
}

// ---------------------------------------------------------------------------------------------------------- the others

TEST(Parameters, OPEN_18_OneTo255Instances) {
  EXPECT_EQ(check({.max_instances = 0}).status(), PIPES_ERROR_INVALID_PARAMETER);
  EXPECT_EQ(checked({.max_instances = 1}).attributes.max_instances, 1u);
  EXPECT_EQ(checked({.max_instances = 254}).attributes.max_instances, 254u);
  EXPECT_EQ(checked({.max_instances = 255}).attributes.max_instances, PIPES_UNLIMITED_INSTANCES);
  EXPECT_EQ(check({.max_instances = 256}).status(), PIPES_ERROR_INVALID_PARAMETER);
  EXPECT_EQ(check({.max_instances = 0xFFFFFFFF}).status(), PIPES_ERROR_INVALID_PARAMETER);
}

TEST(Parameters, OPEN_19_AnyQuotaIsAccepted) {
  const CreateParameters none = checked({.out_buffer = 0, .in_buffer = 0});
  EXPECT_EQ(none.quotas.outbound, 0u);
  EXPECT_EQ(none.quotas.inbound, 0u);
  const CreateParameters vast = checked({.out_buffer = 0xFFFFFFFF, .in_buffer = 0xFFFFFFFE});
  EXPECT_EQ(vast.quotas.outbound, 0xFFFFFFFFu);
  EXPECT_EQ(vast.quotas.inbound, 0xFFFFFFFEu);
}

TEST(Parameters, OPEN_20_NoTimeoutMeansFiftyMilliseconds) {
  EXPECT_EQ(checked({.default_timeout_ms = 0}).attributes.default_timeout_ms, 50u);
  EXPECT_EQ(checked({.default_timeout_ms = 1}).attributes.default_timeout_ms, 1u);
}

// ---------------------------------------------------------------------------------------------------- adding instances

constexpr PipeAttributes kPipeOfTwo{
    .access = AccessMode::kDuplex, .type = PipeType::kByte, .max_instances = 2, .default_timeout_ms = 50};

TEST(Parameters, INST_4_NoMoreInstancesThanTheFirstCallAllowed) {
  EXPECT_EQ(check_added_instance(kPipeOfTwo, 1, checked({})), PIPES_OK);
  EXPECT_EQ(check_added_instance(kPipeOfTwo, 2, checked({})), PIPES_ERROR_PIPE_BUSY);
  EXPECT_EQ(check_added_instance(kPipeOfTwo, 3, checked({})), PIPES_ERROR_PIPE_BUSY);
}

TEST(Parameters, INST_5_TheLimitIsTheFirstInstances) {
  EXPECT_EQ(check_added_instance(kPipeOfTwo, 2, checked({.max_instances = 255})), PIPES_ERROR_PIPE_BUSY);
  EXPECT_EQ(check_added_instance(kPipeOfTwo, 1, checked({.max_instances = 1})), PIPES_OK);
}

TEST(Parameters, OPEN_18_UnlimitedHasNoLimit) {
  PipeAttributes unlimited = kPipeOfTwo;
  unlimited.max_instances = PIPES_UNLIMITED_INSTANCES;
  EXPECT_EQ(check_added_instance(unlimited, 255, checked({})), PIPES_OK);
  EXPECT_EQ(check_added_instance(unlimited, 100'000, checked({})), PIPES_OK);
}

TEST(Parameters, INST_6_OnlyTheAccessModeMustBeTheSame) {
  EXPECT_EQ(check_added_instance(kPipeOfTwo, 1, checked({.pipe_mode = PIPES_TYPE_MESSAGE, .default_timeout_ms = 9})),
            PIPES_OK);
}

TEST(Parameters, OPEN_7_AnotherAccessModeIsDenied) {
  EXPECT_EQ(check_added_instance(kPipeOfTwo, 1, checked({.open_mode = PIPES_ACCESS_INBOUND})),
            PIPES_ERROR_ACCESS_DENIED);
}

TEST(Parameters, OPEN_8_TheFirstInstanceFlagIsDeniedOnAnExistingPipe) {
  EXPECT_EQ(
      check_added_instance(kPipeOfTwo, 1, checked({.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE})),
      PIPES_ERROR_ACCESS_DENIED);
}

TEST(Parameters, OPEN_27_TheLimitComesBeforeFlagAndAccessMode) {
  EXPECT_EQ(check_added_instance(kPipeOfTwo, 2,
                                 checked({.open_mode = PIPES_ACCESS_INBOUND | PIPES_FLAG_FIRST_PIPE_INSTANCE})),
            PIPES_ERROR_PIPE_BUSY);
}

// ------------------------------------------------------------------------------------------------------ changing modes

TEST(Parameters, SETST_1_BothModesAreAlwaysSet) {
  const Result<EndModes> none = check_state_mode(0, PipeType::kMessage);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->read_mode, ReadMode::kByte);
  EXPECT_EQ(none->wait_mode, WaitMode::kWait);
  const Result<EndModes> both = check_state_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT, PipeType::kMessage);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->read_mode, ReadMode::kMessage);
  EXPECT_EQ(both->wait_mode, WaitMode::kNoWait);
}

TEST(Parameters, SETST_2_OtherBitsAreRefused) {
  for (int bit = 2; bit < 32; ++bit) {
    EXPECT_EQ(check_state_mode(1u << bit, PipeType::kMessage).status(), PIPES_ERROR_INVALID_PARAMETER) << bit;
  }
}

TEST(Parameters, SETST_4_MessagesCannotBeReadFromAByteType) {
  EXPECT_EQ(check_state_mode(PIPES_READMODE_MESSAGE, PipeType::kByte).status(), PIPES_ERROR_INVALID_PARAMETER);
  EXPECT_TRUE(check_state_mode(PIPES_NOWAIT, PipeType::kByte));
}

constexpr EndModes kWaiting{ReadMode::kByte, WaitMode::kWait};
constexpr EndModes kNotWaiting{ReadMode::kByte, WaitMode::kNoWait};

TEST(Parameters, SETST_5_FromWaitToNoWaitNeedsAQuietEnd) {
  EXPECT_EQ(check_mode_change(kWaiting, kNotWaiting, {.read_waits = true}), PIPES_ERROR_PIPE_BUSY);
  EXPECT_EQ(check_mode_change(kWaiting, kNotWaiting, {.written_unread = true}), PIPES_ERROR_PIPE_BUSY);
  EXPECT_EQ(check_mode_change(kWaiting, kNotWaiting, {}), PIPES_OK);
}

TEST(Parameters, SETST_5_OtherChangesAreFree) {
  const OwnTraffic busy{.read_waits = true, .written_unread = true};
  EXPECT_EQ(check_mode_change(kNotWaiting, kWaiting, busy), PIPES_OK);
  EXPECT_EQ(check_mode_change(kNotWaiting, kNotWaiting, busy), PIPES_OK);
  EXPECT_EQ(check_mode_change(kWaiting, {ReadMode::kMessage, WaitMode::kWait}, busy), PIPES_OK);
}

TEST(Parameters, INFO_7_StateShowsReadModeAndNoWait) {
  EXPECT_EQ(state_bits(kWaiting), 0u);
  EXPECT_EQ(state_bits(kNotWaiting), 1u);
  EXPECT_EQ(state_bits({ReadMode::kMessage, WaitMode::kWait}), 2u);
  EXPECT_EQ(state_bits({ReadMode::kMessage, WaitMode::kNoWait}), 3u);
}

TEST(Parameters, INFO_1_FlagsShowEndAndType) {
  EXPECT_EQ(info_flags(EndKind::kClient, PipeType::kByte), 0u);
  EXPECT_EQ(info_flags(EndKind::kServer, PipeType::kByte), 1u);
  EXPECT_EQ(info_flags(EndKind::kClient, PipeType::kMessage), 4u);
  EXPECT_EQ(info_flags(EndKind::kServer, PipeType::kMessage), 5u);
}

// ----------------------------------------------------------------------------------------------------------- time-outs

TEST(Parameters, WAIT_4_ZeroIsThePipesOwnTimeout) {
  EXPECT_EQ(wait_limit(PIPES_NMPWAIT_USE_DEFAULT_WAIT, 70), (WaitLimit{.milliseconds = 70}));
}

TEST(Parameters, WAIT_4_AllOnesIsForEver) {
  EXPECT_EQ(wait_limit(PIPES_NMPWAIT_WAIT_FOREVER, 70), (WaitLimit{.forever = true}));
}

TEST(Parameters, WAIT_4_OneIsAMillisecond) {
  EXPECT_EQ(wait_limit(1, 70), (WaitLimit{.milliseconds = 1}));
  EXPECT_EQ(wait_limit(20'000, 70), (WaitLimit{.milliseconds = 20'000}));
}

TEST(Parameters, OPEN_21_APipesLongestTimeoutIsNotForEver) {
  EXPECT_EQ(wait_limit(0, 0xFFFFFFFF), (WaitLimit{.milliseconds = 0xFFFFFFFF}));
  EXPECT_EQ(checked({.default_timeout_ms = 0xFFFFFFFF}).attributes.default_timeout_ms, 0xFFFFFFFFu);
}

TEST(Parameters, CALL_7_OneMeansNotToWait) { EXPECT_EQ(call_limit(PIPES_NMPWAIT_NOWAIT, 70), WaitLimit{}); }

TEST(Parameters, CALL_7_OtherwiseAsInAWait) {
  EXPECT_EQ(call_limit(0, 70), (WaitLimit{.milliseconds = 70}));
  EXPECT_EQ(call_limit(0xFFFFFFFF, 70), (WaitLimit{.forever = true}));
  EXPECT_EQ(call_limit(2, 70), (WaitLimit{.milliseconds = 2}));
}

// ---------------------------------------------------------------------------------------------------------------- ring

constexpr std::uint32_t kMiB = 1u << 20;

TEST(Parameters, RingIsAtLeastFourMebibytes) {
  EXPECT_EQ(ring_capacity({.inbound = 0, .outbound = 0}), 4 * kMiB);
  EXPECT_EQ(ring_capacity({.inbound = kMiB, .outbound = 0}), 4 * kMiB);
}

TEST(Parameters, RingIsFourTimesTheLargerQuotaRoundedUp) {
  EXPECT_EQ(ring_capacity({.inbound = kMiB + 1, .outbound = 0}), 8 * kMiB);
  EXPECT_EQ(ring_capacity({.inbound = 0, .outbound = 3 * kMiB}), 16 * kMiB);
  EXPECT_EQ(ring_capacity({.inbound = 4 * kMiB, .outbound = 4 * kMiB}), 16 * kMiB);
}

TEST(Parameters, RingIsAtMostSixtyFourMebibytes) {
  EXPECT_EQ(ring_capacity({.inbound = 16 * kMiB, .outbound = 0}), 64 * kMiB);
  EXPECT_EQ(ring_capacity({.inbound = 16 * kMiB + 1, .outbound = 0}), 64 * kMiB);
  EXPECT_EQ(ring_capacity({.inbound = 0, .outbound = 0x40000000}), 64 * kMiB);
  EXPECT_EQ(ring_capacity({.inbound = 0, .outbound = 0xFFFFFFFF}), 64 * kMiB);
}

}  // namespace
}  // namespace pipes
