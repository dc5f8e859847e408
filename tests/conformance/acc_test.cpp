// ACC: who gets what by a descriptor.
#include <gtest/gtest.h>

#include "support/harness.h"
#include "support/security.h"

namespace pipes::test {
namespace {

const Who kUser("S-1-22-1-1000");
const Who kOwner("S-1-22-1-1");  // of what check_dacl asks about

Who user() { return Who("S-1-22-1-1000").in("WD").in("S-1-22-2-100"); }

constexpr uint32_t kDenyOnly = PIPES_GROUP_DENY_ONLY;
constexpr uint32_t kDisabled = PIPES_GROUP_ENABLED_BY_DEFAULT;

Code status_of(std::string_view dacl, uint32_t desired, Who who = user()) {
  return check_dacl(dacl, std::move(who), desired).status;
}

uint32_t granted_by(std::string_view dacl, uint32_t desired, Who who = user()) {
  return check_dacl(dacl, std::move(who), desired).granted;
}

TEST(Acc, ACC_1_GrantsWhatWasAskedForOrNothing) {
  EXPECT_EQ(0x3u, granted_by("D:(A;;0x7;;;WD)", 0x3));
  const Checked refused = check_dacl("D:(A;;0x1;;;WD)", user(), 0x3);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, refused.status);
  EXPECT_EQ(0u, refused.granted);
}

// They are mapped by who opens a pipe (sec_test.cpp); the bare check takes none (ACC-16).
TEST(Acc, ACC_2_WhatGenericRightsAreMappedToIsGrantedByTheirWords) {
  EXPECT_EQ(PIPES_FILE_GENERIC_READ, granted_by("D:(A;;FR;;;WD)", PIPES_FILE_GENERIC_READ));
  EXPECT_EQ(PIPES_FILE_GENERIC_WRITE, granted_by("D:(A;;FW;;;WD)", PIPES_FILE_GENERIC_WRITE));
  EXPECT_EQ(PIPES_FILE_GENERIC_EXECUTE, granted_by("D:(A;;FX;;;WD)", PIPES_FILE_GENERIC_EXECUTE));
  EXPECT_EQ(PIPES_FILE_ALL_ACCESS, granted_by("D:(A;;FA;;;WD)", PIPES_FILE_ALL_ACCESS));
}

TEST(Acc, ACC_3_WithoutADaclEverythingIsGranted) {
  for (const char* dacl : {"", "D:NO_ACCESS_CONTROL"}) {
    EXPECT_EQ(PIPES_FILE_ALL_ACCESS, granted_by(dacl, PIPES_FILE_ALL_ACCESS)) << dacl;
    EXPECT_EQ(PIPES_FILE_ALL_ACCESS, granted_by(dacl, PIPES_MAXIMUM_ALLOWED)) << dacl;
    EXPECT_STATUS(PIPES_ERROR_PRIVILEGE_NOT_HELD, status_of(dacl, PIPES_ACCESS_SYSTEM_SECURITY)) << dacl;
    EXPECT_EQ(PIPES_DECIDED_BY_NULL_DACL, check_dacl(dacl, user(), 1).decision.reason);
  }
}

TEST(Acc, ACC_3_AnEmptyDaclGrantsNothing) {
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:", PIPES_FILE_READ_DATA));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:", PIPES_READ_CONTROL));
  EXPECT_STATUS(PIPES_OK, status_of("D:", PIPES_READ_CONTROL | PIPES_WRITE_DAC, kOwner));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:", PIPES_FILE_READ_DATA, kOwner));
}

TEST(Acc, ACC_4_EntriesCountInTheirOrder) {
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(D;;0x1;;;WD)(A;;0x1;;;WD)", 1));
  EXPECT_STATUS(PIPES_OK, status_of("D:(A;;0x1;;;WD)(D;;0x1;;;WD)", 1));
  EXPECT_STATUS(PIPES_OK, status_of("D:(D;;0x2;;;WD)(A;;0x1;;;WD)", 1));
  EXPECT_STATUS(PIPES_OK, status_of("D:(D;;0x1;;;AN)(A;;0x1;;;WD)", 1));
  EXPECT_STATUS(PIPES_OK, status_of("D:(A;;0x1;;;WD)(A;;0x2;;;S-1-22-2-100)(A;;0x4;;;S-1-22-1-1000)", 7));
  const Checked denied = check_dacl("D:(A;;0x1;;;WD)(D;;0xf;;;S-1-22-2-100)(A;;0x2;;;WD)", user(), 3);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, denied.status);
  EXPECT_EQ(PIPES_DECIDED_BY_ENTRY, denied.decision.reason);
  EXPECT_EQ(1u, denied.decision.entry);
  EXPECT_EQ(2u, denied.decision.mask);
}

TEST(Acc, ACC_5_SuccessEndsTheWalk) {
  const Checked checked = check_dacl("D:(A;;0x1;;;WD)(A;;0x2;;;WD)(D;;0x3;;;WD)", user(), 3);
  EXPECT_STATUS(PIPES_OK, checked.status);
  EXPECT_EQ(1u, checked.decision.entry);
  EXPECT_EQ(2u, checked.decision.mask);
}

TEST(Acc, ACC_5_WhatIsLeftOverIsRefused) {
  const Checked checked = check_dacl("D:(A;;0x1;;;WD)", user(), 7);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, checked.status);
  EXPECT_EQ(PIPES_DECIDED_BY_END_OF_LIST, checked.decision.reason);
  EXPECT_EQ(0xFFFFFFFFu, checked.decision.entry);
  EXPECT_EQ(6u, checked.decision.mask);
}

TEST(Acc, ACC_6_PartlyAllowedIsRefusedEntirely) {
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(A;;0x1;;;WD)", 3));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(A;;0x1;;;WD)", PIPES_MAXIMUM_ALLOWED | 2));
  EXPECT_EQ(1u, granted_by("D:(A;;0x1;;;WD)", PIPES_MAXIMUM_ALLOWED));
}

TEST(Acc, ACC_7_InheritOnlyEntriesAreIgnored) {
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(A;OIIO;0x1;;;WD)", 1));
  EXPECT_STATUS(PIPES_OK, status_of("D:(D;IO;0x1;;;WD)(A;;0x1;;;WD)", 1));
  EXPECT_STATUS(PIPES_OK, status_of("D:(A;OICIID;0x1;;;WD)", 1));
}

TEST(Acc, ACC_8_DenyOnlyGroupsOnlyDeny) {
  const Who deny_only = Who("S-1-22-1-1000").in("BA", kDenyOnly);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(A;;0x1;;;BA)", 1, deny_only));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(D;;0x1;;;BA)(A;;0x1;;;S-1-22-1-1000)", 1, deny_only));
  const Who both = Who("S-1-22-1-1000").in("BA", kDenyOnly | PIPES_GROUP_ENABLED);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(A;;0x1;;;BA)", 1, both));
}

TEST(Acc, ACC_8_DisabledGroupsCountForNothing) {
  const Who disabled = Who("S-1-22-1-1000").in("BA", kDisabled);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(A;;0x1;;;BA)", 1, disabled));
  EXPECT_STATUS(PIPES_OK, status_of("D:(D;;0x1;;;BA)(A;;0x1;;;S-1-22-1-1000)", 1, disabled));
}

TEST(Acc, ACC_9_TheOwnerMayReadAndChangeTheDescriptor) {
  EXPECT_EQ(PIPES_READ_CONTROL | PIPES_WRITE_DAC, granted_by("D:", PIPES_MAXIMUM_ALLOWED, kOwner));
  EXPECT_STATUS(PIPES_OK, status_of("D:(D;;RCWD;;;WD)", PIPES_WRITE_DAC, kOwner));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:", PIPES_WRITE_OWNER, kOwner));
  EXPECT_STATUS(PIPES_OK, status_of("D:", PIPES_READ_CONTROL, Who("S-1-22-1-9").in("S-1-22-1-1")));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED,
                status_of("D:", PIPES_READ_CONTROL, Who("S-1-22-1-9").in("S-1-22-1-1", kDenyOnly)));
  EXPECT_EQ(PIPES_DECIDED_BY_OWNER, check_dacl("D:", kOwner, PIPES_WRITE_DAC).decision.reason);
}

TEST(Acc, ACC_9_OwnerRightsReplaceThat) {
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(A;;0x1;;;OW)", PIPES_WRITE_DAC, kOwner));
  EXPECT_STATUS(PIPES_OK, status_of("D:(A;;0x1;;;OW)", 1, kOwner));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(A;;0x1;;;OW)", 1));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(D;;0x1;;;OW)(A;;0x1;;;S-1-22-1-1)", 1, kOwner));
  EXPECT_STATUS(PIPES_OK, status_of("D:(A;IO;0x1;;;OW)", PIPES_WRITE_DAC, kOwner));
}

TEST(Acc, ACC_10_PrivilegesGrantWhatNoListCan) {
  const Who taker = Who("S-1-22-1-1000").with(PIPES_PRIVILEGE_TAKE_OWNERSHIP);
  EXPECT_STATUS(PIPES_OK, status_of("D:", PIPES_WRITE_OWNER, taker));
  EXPECT_STATUS(PIPES_OK, status_of("D:(D;;WO;;;WD)", PIPES_WRITE_OWNER, taker));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:", PIPES_WRITE_OWNER));
  const Who auditor = Who("S-1-22-1-1000").with(PIPES_PRIVILEGE_SECURITY);
  EXPECT_STATUS(PIPES_OK, status_of("D:", PIPES_ACCESS_SYSTEM_SECURITY, auditor));
  EXPECT_STATUS(PIPES_ERROR_PRIVILEGE_NOT_HELD, status_of("D:(A;;0x1000000;;;WD)", PIPES_ACCESS_SYSTEM_SECURITY));
  EXPECT_EQ(PIPES_DECIDED_BY_PRIVILEGE, check_dacl("D:", auditor, PIPES_ACCESS_SYSTEM_SECURITY).decision.reason);
  EXPECT_EQ(1u, granted_by("D:(A;;0x1000001;;;WD)", PIPES_MAXIMUM_ALLOWED));
}

TEST(Acc, ACC_11_TheMaximumIsWhatNothingDeniedBefore) {
  EXPECT_EQ(0x5u, granted_by("D:(A;;0x1;;;WD)(D;;0x3;;;WD)(A;;0x7;;;WD)", PIPES_MAXIMUM_ALLOWED));
  EXPECT_EQ(PIPES_FILE_ALL_ACCESS & ~2u, granted_by("D:(D;;0x2;;;WD)(A;;FA;;;WD)", PIPES_MAXIMUM_ALLOWED));
  EXPECT_EQ(0x1u, granted_by("D:(A;;0x1;;;WD)(A;;0x2;;;AN)", PIPES_MAXIMUM_ALLOWED));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(D;;FA;;;WD)(A;;FA;;;WD)", PIPES_MAXIMUM_ALLOWED));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:", PIPES_MAXIMUM_ALLOWED));
}

TEST(Acc, ACC_12_GenericRightsInAnEntryAreNotMapped) {
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(A;;GA;;;WD)", PIPES_FILE_READ_DATA));
  EXPECT_STATUS(PIPES_OK, status_of("D:(D;;GA;;;WD)(A;;FR;;;WD)", PIPES_FILE_READ_DATA));
}

TEST(Acc, ACC_13_DenyingGenericWriteDeniesReadingToo) {
  constexpr const char* kMapped = "D:(D;;FW;;;WD)(A;;FA;;;WD)";
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of(kMapped, PIPES_FILE_GENERIC_READ));
  EXPECT_STATUS(PIPES_OK, status_of(kMapped, PIPES_FILE_READ_DATA));
  EXPECT_STATUS(PIPES_OK, status_of("D:(D;;0x2;;;WD)(A;;FA;;;WD)", PIPES_FILE_GENERIC_READ));
}

// The DACL with the type of its first entry replaced, for types that text does not have.
Checked check_type(std::string_view dacl, int type, uint32_t desired) {
  std::string descriptor = bytes_of("O:S-1-22-1-1G:S-1-22-2-1" + std::string(dacl));
  descriptor.at(u32_at(descriptor, 16) + 8) = static_cast<char>(type);
  return check_access(descriptor, user(), desired);
}

TEST(Acc, ACC_14_ConditionsAreNotEvaluated) {
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check_type("D:(A;;0x1;;;WD)", 9, 1).status);
  EXPECT_STATUS(PIPES_OK, check_type("D:(A;;0x1;;;WD)(A;;0x1;;;WD)", 9, 1).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check_type("D:(D;;0x1;;;WD)(A;;0x1;;;WD)", 10, 1).status);
  EXPECT_STATUS(PIPES_OK, check_type("D:(D;;0x1;;;AN)(A;;0x1;;;WD)", 10, 1).status);
}

TEST(Acc, ACC_14_EntriesForAnObjectAreTakenTheSameWay) {
  constexpr const char* kGuid = "00112233-4455-6677-8899-aabbccddeeff";
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(OA;;0x1;" + std::string(kGuid) + ";;WD)", 1));
  EXPECT_STATUS(PIPES_OK, status_of("D:(OA;;0x1;;" + std::string(kGuid) + ";WD)", 1));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status_of("D:(OD;;0x1;" + std::string(kGuid) + ";;WD)(A;;0x1;;;WD)", 1));
}

TEST(Acc, ACC_15_EverybodyIsOfMediumIntegrity) {
  const auto check = [](std::string_view label, uint32_t desired) {
    return check_dacl("D:(A;;FA;;;WD)S:" + std::string(label), user(), desired);
  };
  for (const char* label : {"", "(ML;;NWNRNX;;;LW)", "(ML;;NWNRNX;;;ME)", "(ML;IO;NWNRNX;;;HI)", "(ML;;;;;HI)"}) {
    EXPECT_STATUS(PIPES_OK, check(label, PIPES_FILE_ALL_ACCESS).status) << label;
  }
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check("(ML;;NW;;;HI)", PIPES_FILE_WRITE_DATA).status);
  EXPECT_STATUS(PIPES_OK, check("(ML;;NW;;;HI)", PIPES_FILE_GENERIC_READ).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check("(ML;;NW;;;SI)", PIPES_WRITE_DAC).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check("(ML;;NWNR;;;HI)", PIPES_FILE_READ_DATA).status);
  EXPECT_EQ(PIPES_DECIDED_BY_LABEL, check("(ML;;NW;;;HI)", PIPES_FILE_WRITE_DATA).decision.reason);
  EXPECT_EQ(PIPES_FILE_GENERIC_READ | PIPES_FILE_GENERIC_EXECUTE,
            check("(ML;;NW;;;HI)", PIPES_MAXIMUM_ALLOWED).granted);
}

TEST(Acc, ACC_16_TheLevelMustAllowToIdentify) {
  const std::string descriptor = bytes_of("O:BAG:BAD:(A;;0x1;;;WD)");
  EXPECT_STATUS(PIPES_ERROR_BAD_IMPERSONATION_LEVEL,
                check_access(descriptor, user().at_level(PIPES_SECURITY_LEVEL_ANONYMOUS), 1).status);
  EXPECT_STATUS(PIPES_OK, check_access(descriptor, user().at_level(PIPES_SECURITY_LEVEL_IDENTIFICATION), 1).status);
}

TEST(Acc, ACC_16_OwnerAndGroupMustBeThere) {
  for (const char* text : {"D:(A;;0x1;;;WD)", "O:BAD:(A;;0x1;;;WD)", "G:BAD:(A;;0x1;;;WD)"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, check_access(bytes_of(text), user(), 1).status) << text;
  }
}

TEST(Acc, ACC_16_GenericRightsMustBeMapped) {
  for (const uint32_t generic : {PIPES_GENERIC_READ, PIPES_GENERIC_WRITE, PIPES_GENERIC_EXECUTE, PIPES_GENERIC_ALL}) {
    EXPECT_STATUS(PIPES_ERROR_GENERIC_NOT_MAPPED, status_of("D:(A;;GA;;;WD)", generic));
  }
}

TEST(Acc, ACC_17_TheListIsTakenAsItStands) {
  constexpr const char* kNotCanonical = "D:(A;ID;CC;;;WD)(D;;CC;;;WD)(A;;DC;;;WD)";
  EXPECT_STATUS(PIPES_OK, status_of(kNotCanonical, 3));
  EXPECT_EQ(kNotCanonical, rewritten(kNotCanonical));
}

TEST(Acc, ACC_18_NothingIsAlwaysGranted) {
  for (const char* dacl : {"", "D:", "D:(D;;FA;;;WD)", "D:NO_ACCESS_CONTROL"}) {
    const Checked checked = check_dacl(dacl, user(), 0);
    EXPECT_STATUS(PIPES_OK, checked.status) << dacl;
    EXPECT_EQ(0u, checked.granted);
    EXPECT_EQ(PIPES_DECIDED_BY_NOTHING_WANTED, checked.decision.reason);
  }
}

// ------------------------------------------------------------------------------------------------------ identities --

Code ask(const pipes_identity& identity) {
  const std::string descriptor =
      bytes_of("O:BAG:BAD:(A;;0x1;;;S-1-22-1-1000)(A;;0x2;;;S-1-22-2-5)(A;;0x4;;;SY)(D;;0xff;;;NU)");
  uint32_t granted = 0;
  return pipes_sd_check_access(descriptor.data(), static_cast<uint32_t>(descriptor.size()), &identity, 1, &granted,
                               nullptr);
}

pipes_identity by_ids(uint32_t uid) {
  pipes_identity identity{};
  identity.size = sizeof identity;
  identity.user_id = uid;
  identity.group_id = uid;
  identity.session_id = PIPES_UNKNOWN_ID;
  identity.impersonation_level = PIPES_SECURITY_LEVEL_IMPERSONATION;
  return identity;
}

TEST(Acc, ACC_1_AnIdentityMayBeToldByItsIds) {
  EXPECT_STATUS(PIPES_OK, ask(by_ids(1000)));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, ask(by_ids(1001)));
  pipes_identity remote = by_ids(1000);
  remote.remote = 1;
  EXPECT_STATUS(PIPES_OK, ask(remote));  // allowed before it is denied
  const std::string descriptor = bytes_of("O:BAG:BAD:(D;;0x1;;;NU)(A;;0x3;;;S-1-22-2-5)(A;;0x4;;;SY)");
  const uint32_t groups[] = {3, 5};
  const auto granted_to = [&](const pipes_identity& identity) {
    uint32_t granted = 0;
    (void)pipes_sd_check_access(descriptor.data(), static_cast<uint32_t>(descriptor.size()), &identity,
                                PIPES_MAXIMUM_ALLOWED, &granted, nullptr);
    return granted;
  };
  pipes_identity member = by_ids(1001);
  EXPECT_EQ(0u, granted_to(member));
  member.group_ids = groups;
  member.group_id_count = 2;
  EXPECT_EQ(3u, granted_to(member));
  member.remote = 1;
  EXPECT_EQ(2u, granted_to(member));
  EXPECT_EQ(PIPES_READ_CONTROL | PIPES_WRITE_DAC | 4u,
            granted_to(by_ids(0)));  // root is the system, and an administrator
}

TEST(Acc, ACC_1_IdentitiesThatBreakTheirRules) {
  const auto broken = [](auto break_it) {
    pipes_identity identity = by_ids(1000);
    break_it(identity);
    return ask(identity);
  };
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, broken([](pipes_identity& it) { it.size = 4; }));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, broken([](pipes_identity& it) { it.group_id_count = 1; }));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, broken([](pipes_identity& it) { it.group_sid_count = 1; }));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, broken([](pipes_identity& it) { it.remote = 2; }));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, broken([](pipes_identity& it) { it.privileges = 0x10; }));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, broken([](pipes_identity& it) { it.impersonation_level = 4; }));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, broken([](pipes_identity& it) { it.reserved[1] = 1; }));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, broken([](pipes_identity& it) { it.primary_group_sid = "WD"; }));
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID, broken([](pipes_identity& it) { it.user_sid = "nobody"; }));
  EXPECT_STATUS(PIPES_ERROR_NONE_MAPPED, broken([](pipes_identity& it) { it.user_sid = "DA"; }));
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID, status_of("D:", 1, Who("WD").in("S-1-")));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, status_of("D:", 1, Who("WD").in("WD", 0x100)));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, Code(pipes_sd_check_access("", 0, nullptr, 1, nullptr, nullptr)));
}

TEST(Acc, ACC_1_AnIdentityOfTheCallersOwnIsLeftAlone) {
  pipes_identity identity = by_ids(1000);
  pipes_identity_free(&identity);
  EXPECT_EQ(1000u, identity.user_id);
  pipes_identity_free(nullptr);
}

}  // namespace
}  // namespace pipes::test
