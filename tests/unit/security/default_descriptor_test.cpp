// What is stored with a pipe: the default descriptor, one that the creator supplied, and the ready-made ones.
#include "security/default_descriptor.h"

#include <gtest/gtest.h>

#include "security/access.h"
#include "security/sddl.h"
#include "security/well_known_sids.h"

namespace pipes {
namespace {

constexpr std::uint32_t kAllInformation = 0x7F;

Token user(std::uint32_t uid = 1000, std::uint32_t gid = 100) {
  Credentials credentials;
  credentials.uid = uid;
  credentials.gid = gid;
  return token_of(credentials);
}

std::string text_of(const SecurityDescriptor& descriptor) {
  const Result<std::string> text = sddl_format(descriptor, kAllInformation);
  return text ? *text : "status " + std::to_string(text.status());
}

// What is stored when `creator` supplies `text`.
std::string stored(std::string_view text, const Token& creator = user()) {
  const Result<SecurityDescriptor> supplied = sddl_parse(text);
  EXPECT_TRUE(supplied) << text;
  const Result<SecurityDescriptor> prepared = prepare_descriptor(creator, &*supplied);
  return prepared ? text_of(*prepared) : "status " + std::to_string(prepared.status());
}

constexpr const char* kDefault =
    "O:S-1-22-1-1000G:S-1-22-2-100D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;S-1-22-1-1000)(A;;FR;;;WD)(A;;FR;;;AN)";

TEST(DefaultDescriptor, SEC_1_IsAsDocumented) {
  EXPECT_EQ(text_of(default_descriptor(user())), kDefault);
  EXPECT_EQ(text_of(*prepare_descriptor(user(), nullptr)), kDefault);
}

TEST(DefaultDescriptor, SEC_5_WithoutADaclTheDefaultOneIsTaken) {
  EXPECT_EQ(stored(""), kDefault);
  EXPECT_EQ(stored("G:WD"), std::string(kDefault).replace(17, 12, "WD"));
  EXPECT_EQ(stored("O:BA", user(0, 0)),
            "O:BAG:S-1-22-2-0D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;BA)(A;;FR;;;WD)(A;;FR;;;AN)");
}

TEST(DefaultDescriptor, SEC_5_NullAndEmptyDaclsStay) {
  EXPECT_EQ(stored("D:NO_ACCESS_CONTROL"), "O:S-1-22-1-1000G:S-1-22-2-100D:NO_ACCESS_CONTROL");
  EXPECT_EQ(stored("D:"), "O:S-1-22-1-1000G:S-1-22-2-100D:");
  EXPECT_EQ(stored("D:P"), "O:S-1-22-1-1000G:S-1-22-2-100D:P");
}

TEST(DefaultDescriptor, SEC_6_CreatorOwnerAndGroupBecomeTheActualOnes) {
  EXPECT_EQ(stored("D:(A;;FA;;;CO)(A;;FR;;;CG)"),
            "O:S-1-22-1-1000G:S-1-22-2-100D:(A;;FA;;;S-1-22-1-1000)(A;;FR;;;S-1-22-2-100)");
  EXPECT_EQ(stored("O:BAG:BUD:(D;;FA;;;CO)(A;;FR;;;CG)", user(0, 0)), "O:BAG:BUD:(D;;FA;;;BA)(A;;FR;;;BU)");
}

TEST(DefaultDescriptor, SEC_6_GenericRightsBecomeThoseOfAPipe) {
  EXPECT_EQ(stored("D:(A;;GA;;;WD)(A;;GR;;;AN)(D;;GW;;;AU)(A;;GX;;;NU)(A;;GRCC;;;BA)"),
            "O:S-1-22-1-1000G:S-1-22-2-100D:(A;;FA;;;WD)(A;;FR;;;AN)(D;;FW;;;AU)(A;;FX;;;NU)(A;;FR;;;BA)");
  EXPECT_EQ(stored("D:(A;;GRGW;;;WD)"), "O:S-1-22-1-1000G:S-1-22-2-100D:(A;;0x12019f;;;WD)");
}

TEST(DefaultDescriptor, SEC_6_WhatIsOnlyForHeirsStays) {
  EXPECT_EQ(stored("D:(A;OICIIO;GA;;;CO)"), "O:S-1-22-1-1000G:S-1-22-2-100D:(A;OICIIO;GA;;;CO)");
  EXPECT_EQ(stored("D:P(A;CIOI;GA;;;CO)"), "O:S-1-22-1-1000G:S-1-22-2-100D:P(A;OICI;FA;;;S-1-22-1-1000)");
}

TEST(DefaultDescriptor, SEC_7_TheOwnerMustBeOneThatTheCreatorMayAssign) {
  EXPECT_EQ(stored("O:S-1-22-1-1001"), "status 1307");
  EXPECT_EQ(stored("O:BA"), "status 1307");
  EXPECT_EQ(stored("O:S-1-22-2-100"), "status 1307");  // a group, but not one to own by
  EXPECT_EQ(stored("O:S-1-22-1-1000"), kDefault);
  EXPECT_EQ(stored("O:S-1-22-1-1001D:", user(0, 0)), "O:S-1-22-1-1001G:S-1-22-2-0D:");

  const Token by_group(sid_of_uid(1000), sid_of_gid(100), {{kAdministrators, PIPES_GROUP_ENABLED | PIPES_GROUP_OWNER}},
                       kNoPrivileges);
  EXPECT_EQ(stored("O:BAD:", by_group), "O:BAG:S-1-22-2-100D:");
  const Token restoring(sid_of_uid(1000), sid_of_gid(100), {}, kRestorePrivilege);
  EXPECT_EQ(stored("O:S-1-22-1-1001D:", restoring), "O:S-1-22-1-1001G:S-1-22-2-100D:");
}

TEST(DefaultDescriptor, SEC_19_AuditsNeedThePrivilegeAndLabelsDoNot) {
  EXPECT_EQ(stored("D:S:(AU;FA;GA;;;WD)"), "status 1314");
  EXPECT_EQ(stored("D:S:(AU;FA;GA;;;WD)", user(0, 0)), "O:S-1-22-1-0G:S-1-22-2-0D:S:(AU;FA;FA;;;WD)");
  EXPECT_EQ(stored("D:S:(ML;;NW;;;LW)"), "O:S-1-22-1-1000G:S-1-22-2-100D:S:(ML;;NW;;;LW)");
  EXPECT_EQ(stored("D:S:"), "O:S-1-22-1-1000G:S-1-22-2-100D:S:");
}

TEST(DefaultDescriptor, SEC_6_WhatDoesNotFitAnyLongerIsRefused) {
  SecurityDescriptor supplied;
  Acl dacl;
  Ace ace;
  ace.sid = kEveryone;
  for (int i = 0; i < 3274; ++i) dacl.entries.push_back(ace);
  supplied.set_dacl(dacl);  // 65,508 bytes with the header, 36 more with owner and group
  EXPECT_EQ(prepare_descriptor(user(), &supplied).status(), PIPES_ERROR_INVALID_SECURITY_DESCR);
}

TEST(DefaultDescriptor, SEC_10_PresetsLetClientsWriteButNotServe) {
  const SecurityDescriptor shared = preset_descriptor(user(), Preset::kOwnerAndGroup);
  const Token member = user(1001, 100);
  EXPECT_TRUE(check_open(member, shared, PIPES_GENERIC_READ | PIPES_GENERIC_WRITE, AccessMode::kDuplex));
  EXPECT_FALSE(may_serve(member, shared));
  EXPECT_EQ(text_of(shared), "O:S-1-22-1-1000G:S-1-22-2-100D:P(A;;FA;;;S-1-22-1-1000)(A;;0x12019b;;;S-1-22-2-100)");
  EXPECT_EQ(text_of(preset_descriptor(user(), Preset::kOwner)),
            "O:S-1-22-1-1000G:S-1-22-2-100D:P(A;;FA;;;S-1-22-1-1000)");
  EXPECT_EQ(text_of(preset_descriptor(user(), Preset::kThisMachine)),
            "O:S-1-22-1-1000G:S-1-22-2-100D:P(D;;FA;;;NU)(A;;FA;;;S-1-22-1-1000)(A;;0x12019b;;;WD)");
}

TEST(DefaultDescriptor, SEC_17_CallersFromOtherComputersAreKeptOut) {
  const SecurityDescriptor descriptor = preset_descriptor(user(), Preset::kThisMachine);
  Credentials remote;
  remote.uid = 1000;
  remote.gid = 100;
  remote.is_remote = true;
  EXPECT_EQ(check_open(token_of(remote), descriptor, PIPES_GENERIC_READ, AccessMode::kDuplex).status(),
            PIPES_ERROR_ACCESS_DENIED);
  EXPECT_TRUE(check_open(user(), descriptor, PIPES_GENERIC_READ, AccessMode::kDuplex));
}

}  // namespace
}  // namespace pipes
