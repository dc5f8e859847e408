// Who gets what from a pipe with the default descriptor: root, the owner, a stranger, each as client and as server.
#include "security/access.h"

#include <gtest/gtest.h>

#include "security/default_descriptor.h"
#include "security/well_known_sids.h"

namespace pipes {
namespace {

constexpr std::uint32_t kOwnerUid = 1000;

Token token_of_ids(std::uint32_t uid, std::uint32_t gid) {
  Credentials credentials;
  credentials.uid = uid;
  credentials.gid = gid;
  return token_of(credentials);
}

const Token kRoot = token_of_ids(0, 0);
const Token kOwner = token_of_ids(kOwnerUid, 1000);
const Token kStranger = token_of_ids(1001, 1000);  // Of the owner's group, which the default descriptor does not name.
const Token kUnknown;
const SecurityDescriptor kDefault = default_descriptor(kOwner);

// open_as answers the granted mask, or 0 if the open is refused; no open grants 0, by CLI-5.
std::uint32_t open_as(const Token& caller, std::uint32_t desired, AccessMode mode = AccessMode::kDuplex) {
  const Result<GrantedAccess> granted = check_open(caller, kDefault, desired, mode);
  return granted ? granted->mask : 0;
}

Status status_of_open(const Token& caller, std::uint32_t desired, AccessMode mode = AccessMode::kDuplex) {
  return check_open(caller, kDefault, desired, mode).status();
}

// A descriptor that grants `mask` to everyone.
SecurityDescriptor granting(std::uint32_t mask) {
  SecurityDescriptor descriptor = kDefault;
  Ace ace;
  ace.mask = mask;
  ace.sid = kEveryone;
  Acl dacl;
  dacl.entries.push_back(ace);
  descriptor.set_dacl(dacl);
  return descriptor;
}

// ----------------------------------------------------------------------------------------------------- generic mapping

TEST(Access, ACC_2_GenericRightsStandForFileRights) {
  EXPECT_EQ(map_generic_rights(PIPES_GENERIC_READ), 0x00120089u);
  EXPECT_EQ(map_generic_rights(PIPES_GENERIC_WRITE), 0x00120116u);
  EXPECT_EQ(map_generic_rights(PIPES_GENERIC_EXECUTE), 0x001200A0u);
  EXPECT_EQ(map_generic_rights(PIPES_GENERIC_ALL), 0x001F01FFu);
}

TEST(Access, ACC_2_GenericRightsAddUpAndOthersStay) {
  EXPECT_EQ(map_generic_rights(PIPES_GENERIC_READ | PIPES_GENERIC_WRITE), 0x0012019Fu);
  EXPECT_EQ(map_generic_rights(PIPES_GENERIC_READ | PIPES_DELETE), 0x00120089u | PIPES_DELETE);
  EXPECT_EQ(map_generic_rights(PIPES_MAXIMUM_ALLOWED), PIPES_MAXIMUM_ALLOWED);
  EXPECT_EQ(map_generic_rights(0), 0u);
}

// ---------------------------------------------------------------------------------------------- the default descriptor

std::uint32_t maximum_of(const Token& token) {
  const Result<GrantedAccess> granted = check_access(token, kDefault, PIPES_MAXIMUM_ALLOWED);
  return granted ? granted->mask : 0;
}

TEST(Access, SEC_1_OwnerAndSystemHaveFullControl) {
  EXPECT_EQ(maximum_of(kOwner), PIPES_FILE_ALL_ACCESS);
  EXPECT_EQ(maximum_of(kRoot), PIPES_FILE_ALL_ACCESS);
}

TEST(Access, SEC_1_EveryoneElseMayRead) {
  EXPECT_EQ(maximum_of(kStranger), PIPES_FILE_GENERIC_READ);
  EXPECT_EQ(maximum_of(kUnknown), PIPES_FILE_GENERIC_READ);
}

TEST(Access, SEC_2_AStrangerMayReadButNotWrite) {
  EXPECT_EQ(open_as(kStranger, PIPES_GENERIC_READ, AccessMode::kDuplex), PIPES_FILE_GENERIC_READ);
  EXPECT_EQ(open_as(kStranger, PIPES_GENERIC_READ, AccessMode::kOutbound), PIPES_FILE_GENERIC_READ);
  EXPECT_EQ(status_of_open(kStranger, PIPES_GENERIC_WRITE), PIPES_ERROR_ACCESS_DENIED);
  EXPECT_EQ(status_of_open(kStranger, PIPES_GENERIC_READ | PIPES_GENERIC_WRITE), PIPES_ERROR_ACCESS_DENIED);
  EXPECT_EQ(status_of_open(kStranger, PIPES_FILE_WRITE_DATA), PIPES_ERROR_ACCESS_DENIED);
  EXPECT_EQ(status_of_open(kStranger, PIPES_WRITE_DAC), PIPES_ERROR_ACCESS_DENIED);
}

TEST(Access, SEC_2_AStrangerMayNotAskForEverything) {
  EXPECT_EQ(status_of_open(kStranger, PIPES_GENERIC_ALL), PIPES_ERROR_ACCESS_DENIED);
}

// ------------------------------------------------------------------------------------------------- opening as a client

TEST(Access, CLI_4_GenericRightsAreMappedBeforeTheCheck) {
  EXPECT_EQ(open_as(kOwner, PIPES_GENERIC_READ | PIPES_GENERIC_WRITE), 0x0012019Fu);
  EXPECT_EQ(open_as(kOwner, PIPES_GENERIC_ALL), PIPES_FILE_ALL_ACCESS);
}

TEST(Access, CLI_4_ExecuteAloneCanNeitherReadNorWrite) {
  const std::uint32_t granted = open_as(kOwner, PIPES_GENERIC_EXECUTE, AccessMode::kInbound);
  EXPECT_NE(granted, 0u);
  EXPECT_EQ(granted & (PIPES_FILE_READ_DATA | PIPES_FILE_WRITE_DATA), 0u);
}

TEST(Access, CLI_5_AttributesAndSynchroniseAreAskedForToo) {
  EXPECT_EQ(open_as(kOwner, PIPES_FILE_WRITE_DATA),
            PIPES_FILE_WRITE_DATA | PIPES_FILE_READ_ATTRIBUTES | PIPES_SYNCHRONIZE);
}

TEST(Access, CLI_5_ADescriptorWithoutTheImplicitRightsRefuses) {
  EXPECT_EQ(check_open(kStranger, granting(PIPES_FILE_WRITE_DATA), PIPES_FILE_WRITE_DATA, AccessMode::kDuplex).status(),
            PIPES_ERROR_ACCESS_DENIED);
}

TEST(Access, CLI_6_TheRightToCreateInstancesIsNotChecked) {
  EXPECT_EQ(open_as(kStranger, PIPES_GENERIC_READ | PIPES_FILE_CREATE_PIPE_INSTANCE),
            PIPES_FILE_GENERIC_READ | PIPES_FILE_CREATE_PIPE_INSTANCE);
}

TEST(Access, CLI_7_NoAccessIsLegal) {
  for (const AccessMode mode : {AccessMode::kInbound, AccessMode::kOutbound, AccessMode::kDuplex}) {
    EXPECT_EQ(open_as(kStranger, 0, mode), PIPES_FILE_READ_ATTRIBUTES | PIPES_SYNCHRONIZE);
  }
}

TEST(Access, CLI_3_NothingCanBeReadFromAnInboundPipe) {
  EXPECT_EQ(status_of_open(kOwner, PIPES_GENERIC_READ, AccessMode::kInbound), PIPES_ERROR_ACCESS_DENIED);
  EXPECT_EQ(status_of_open(kOwner, PIPES_GENERIC_READ | PIPES_GENERIC_WRITE, AccessMode::kInbound),
            PIPES_ERROR_ACCESS_DENIED);
  EXPECT_NE(open_as(kOwner, PIPES_GENERIC_WRITE, AccessMode::kInbound), 0u);
}

TEST(Access, CLI_3_NothingCanBeWrittenToAnOutboundPipe) {
  EXPECT_EQ(status_of_open(kOwner, PIPES_GENERIC_WRITE, AccessMode::kOutbound), PIPES_ERROR_ACCESS_DENIED);
  EXPECT_EQ(status_of_open(kRoot, PIPES_GENERIC_ALL, AccessMode::kOutbound), PIPES_ERROR_ACCESS_DENIED);
  EXPECT_NE(open_as(kOwner, PIPES_GENERIC_READ, AccessMode::kOutbound), 0u);
}

TEST(Access, CLI_16_AttributeRightsOfTheOtherDirectionAreAllowed) {
  EXPECT_NE(open_as(kOwner, PIPES_GENERIC_WRITE | PIPES_FILE_READ_ATTRIBUTES, AccessMode::kInbound), 0u);
  EXPECT_NE(open_as(kOwner, PIPES_GENERIC_READ | PIPES_FILE_WRITE_ATTRIBUTES, AccessMode::kOutbound), 0u);
}

TEST(Access, CLI_8_MaximumAllowedIsAllThatIsGranted) {
  EXPECT_EQ(open_as(kOwner, PIPES_MAXIMUM_ALLOWED), PIPES_FILE_ALL_ACCESS);
  EXPECT_EQ(open_as(kStranger, PIPES_MAXIMUM_ALLOWED), PIPES_FILE_GENERIC_READ);
}

TEST(Access, CLI_8_MaximumAllowedMayYieldTheWrongDirection) {
  EXPECT_EQ(status_of_open(kOwner, PIPES_MAXIMUM_ALLOWED, AccessMode::kInbound), PIPES_ERROR_ACCESS_DENIED);
  EXPECT_EQ(status_of_open(kOwner, PIPES_MAXIMUM_ALLOWED, AccessMode::kOutbound), PIPES_ERROR_ACCESS_DENIED);
  EXPECT_EQ(status_of_open(kStranger, PIPES_MAXIMUM_ALLOWED, AccessMode::kInbound), PIPES_ERROR_ACCESS_DENIED);
  EXPECT_EQ(open_as(kStranger, PIPES_MAXIMUM_ALLOWED, AccessMode::kOutbound), PIPES_FILE_GENERIC_READ);
}

TEST(Access, ACC_6_MaximumAllowedDoesNotExcuseWhatIsAskedForBesides) {
  EXPECT_EQ(status_of_open(kStranger, PIPES_MAXIMUM_ALLOWED | PIPES_FILE_WRITE_DATA), PIPES_ERROR_ACCESS_DENIED);
}

TEST(Access, ACC_11_MaximumAllowedOfNothingIsRefused) {
  EXPECT_EQ(check_access(kStranger, granting(0), PIPES_MAXIMUM_ALLOWED).status(), PIPES_ERROR_ACCESS_DENIED);
}

TEST(Access, ACC_18_NothingIsAlwaysGranted) {
  const Result<GrantedAccess> granted = check_access(kStranger, granting(0), 0);
  ASSERT_TRUE(granted);
  EXPECT_EQ(granted->mask, 0u);
}

TEST(Access, CLI_19_UndefinedBitsAreRefusedToEveryone) {
  for (int bit = 0; bit < 32; ++bit) {
    const std::uint32_t mask = 1u << bit;
    const Status expected = (mask & 0x0CE0FE00u) != 0 ? PIPES_ERROR_ACCESS_DENIED : PIPES_OK;
    EXPECT_EQ(status_of_open(kRoot, mask), expected) << std::hex << mask;
  }
}

TEST(Access, ACC_10_SystemSecurityNeedsThePrivilege) {
  EXPECT_EQ(status_of_open(kOwner, PIPES_ACCESS_SYSTEM_SECURITY), PIPES_ERROR_PRIVILEGE_NOT_HELD);
  EXPECT_EQ(open_as(kRoot, PIPES_ACCESS_SYSTEM_SECURITY),
            PIPES_ACCESS_SYSTEM_SECURITY | PIPES_FILE_READ_ATTRIBUTES | PIPES_SYNCHRONIZE);
}

TEST(Access, ACC_10_MaximumAllowedDoesNotBringSystemSecurity) {
  EXPECT_EQ(open_as(kRoot, PIPES_MAXIMUM_ALLOWED), PIPES_FILE_ALL_ACCESS);
  EXPECT_EQ(open_as(kRoot, PIPES_MAXIMUM_ALLOWED | PIPES_ACCESS_SYSTEM_SECURITY),
            PIPES_FILE_ALL_ACCESS | PIPES_ACCESS_SYSTEM_SECURITY);
}

// --------------------------------------------------------------------------------------------------- serving instances

TEST(Access, INST_3_OwnerAndRootMayAddInstances) {
  for (const std::uint32_t mode : {PIPES_ACCESS_INBOUND, PIPES_ACCESS_OUTBOUND, PIPES_ACCESS_DUPLEX}) {
    EXPECT_EQ(check_add_instance(kOwner, kDefault, mode), PIPES_OK);
    EXPECT_EQ(check_add_instance(kRoot, kDefault, mode), PIPES_OK);
  }
}

TEST(Access, INST_3_AStrangerMayNotAddInstances) {
  for (const std::uint32_t mode : {PIPES_ACCESS_INBOUND, PIPES_ACCESS_OUTBOUND, PIPES_ACCESS_DUPLEX}) {
    EXPECT_EQ(check_add_instance(kStranger, kDefault, mode), PIPES_ERROR_ACCESS_DENIED);
  }
}

TEST(Access, INST_3_SecurityRightsOfTheOpenModeAreCheckedToo) {
  EXPECT_EQ(check_add_instance(kOwner, kDefault, PIPES_ACCESS_INBOUND | PIPES_WRITE_DAC), PIPES_OK);
  EXPECT_EQ(check_add_instance(kOwner, kDefault, PIPES_ACCESS_INBOUND | PIPES_ACCESS_SYSTEM_SECURITY),
            PIPES_ERROR_PRIVILEGE_NOT_HELD);
}

TEST(Access, OPEN_14_SystemSecurityOnANewPipeNeedsThePrivilege) {
  const std::uint32_t mode = PIPES_ACCESS_DUPLEX | PIPES_ACCESS_SYSTEM_SECURITY;
  EXPECT_EQ(check_create_pipe(kOwner, mode), PIPES_ERROR_PRIVILEGE_NOT_HELD);
  EXPECT_EQ(check_create_pipe(kRoot, mode), PIPES_OK);
}

TEST(Access, SEC_4_TheCreatorIsNotCheckedOtherwise) {
  EXPECT_EQ(check_create_pipe(kStranger, PIPES_ACCESS_DUPLEX | PIPES_WRITE_DAC | PIPES_WRITE_OWNER), PIPES_OK);
}

TEST(Access, INST_2_AServerMustBeOneThatTheDescriptorAllows) {
  EXPECT_TRUE(may_serve(kOwner, kDefault));
  EXPECT_TRUE(may_serve(kRoot, kDefault));
  EXPECT_FALSE(may_serve(kStranger, kDefault));
  EXPECT_FALSE(may_serve(kUnknown, kDefault));
}

TEST(Access, STATE_7_AllNeededRightsMustBeThere) {
  EXPECT_TRUE(has_rights(PIPES_FILE_GENERIC_READ, PIPES_FILE_READ_DATA));
  EXPECT_FALSE(has_rights(PIPES_FILE_GENERIC_READ, PIPES_FILE_READ_DATA | PIPES_FILE_WRITE_DATA));
  EXPECT_TRUE(has_rights(0, 0));
}

}  // namespace
}  // namespace pipes
