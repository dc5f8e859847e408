// Reading and replacing parts of a descriptor.
#include "security/security_information.h"

#include <gtest/gtest.h>

#include "security/sddl.h"
#include "security/well_known_sids.h"

namespace pipes {
namespace {

constexpr std::uint32_t kOwner = PIPES_OWNER_SECURITY_INFORMATION;
constexpr std::uint32_t kGroup = PIPES_GROUP_SECURITY_INFORMATION;
constexpr std::uint32_t kDacl = PIPES_DACL_SECURITY_INFORMATION;
constexpr std::uint32_t kSacl = PIPES_SACL_SECURITY_INFORMATION;
constexpr std::uint32_t kLabel = PIPES_LABEL_SECURITY_INFORMATION;
constexpr std::uint32_t kBackup = PIPES_BACKUP_SECURITY_INFORMATION;
constexpr std::uint32_t kAll = kReadableInformation;

constexpr const char* kCurrent = "O:S-1-22-1-1G:S-1-22-2-1D:(A;;FA;;;BA)S:(AU;FA;FA;;;WD)(ML;;NW;;;LW)";

SecurityDescriptor parsed(std::string_view text) {
  const Result<SecurityDescriptor> descriptor = sddl_parse(text);
  EXPECT_TRUE(descriptor) << text;
  return *descriptor;
}

std::string text_of(const SecurityDescriptor& descriptor) { return *sddl_format(descriptor, kAll); }

Token user_1() {
  Credentials credentials;
  credentials.uid = 1;
  credentials.gid = 1;
  return token_of(credentials);
}

std::string merged(std::string_view replacement, std::uint32_t information, std::string_view current = kCurrent) {
  const Result<SecurityDescriptor> result = merge_parts(user_1(), parsed(current), parsed(replacement), information);
  return result ? text_of(*result) : "status " + std::to_string(result.status());
}

TEST(SecurityInformation, SEC_11_RightsForReading) {
  for (const std::uint32_t part : {kOwner, kGroup, kDacl, kLabel}) EXPECT_EQ(rights_to_get(part), PIPES_READ_CONTROL);
  EXPECT_EQ(rights_to_get(kSacl), PIPES_ACCESS_SYSTEM_SECURITY);
  EXPECT_EQ(rights_to_get(kDacl | kSacl), PIPES_READ_CONTROL | PIPES_ACCESS_SYSTEM_SECURITY);
  EXPECT_EQ(rights_to_get(kBackup), PIPES_READ_CONTROL | PIPES_ACCESS_SYSTEM_SECURITY);
  EXPECT_EQ(rights_to_get(0), 0u);
}

TEST(SecurityInformation, SEC_12_RightsForReplacing) {
  EXPECT_EQ(rights_to_set(kDacl), PIPES_WRITE_DAC);
  for (const std::uint32_t part : {kOwner, kGroup, kLabel}) EXPECT_EQ(rights_to_set(part), PIPES_WRITE_OWNER);
  EXPECT_EQ(rights_to_set(kSacl), PIPES_ACCESS_SYSTEM_SECURITY);
  EXPECT_EQ(rights_to_set(PIPES_PROTECTED_DACL_SECURITY_INFORMATION), PIPES_WRITE_DAC);
  EXPECT_EQ(rights_to_set(PIPES_UNPROTECTED_SACL_SECURITY_INFORMATION), PIPES_ACCESS_SYSTEM_SECURITY);
  EXPECT_EQ(rights_to_set(kBackup), PIPES_WRITE_DAC | PIPES_WRITE_OWNER | PIPES_ACCESS_SYSTEM_SECURITY);
  EXPECT_EQ(rights_to_set(0), 0u);
}

TEST(SecurityInformation, SEC_14_OnlyNamedPartsAreRead) {
  const auto selected = [](std::uint32_t information) { return text_of(select_parts(parsed(kCurrent), information)); };
  EXPECT_EQ(selected(kOwner | kDacl), "O:S-1-22-1-1D:(A;;FA;;;BA)");
  EXPECT_EQ(selected(kGroup), "G:S-1-22-2-1");
  EXPECT_EQ(selected(kSacl), "S:(AU;FA;FA;;;WD)");
  EXPECT_EQ(selected(kLabel), "S:(ML;;NW;;;LW)");
  EXPECT_EQ(selected(kBackup), kCurrent);
  EXPECT_EQ(selected(0), "");
  EXPECT_EQ(text_of(select_parts(parsed("D:S:"), kLabel)), "");
  EXPECT_EQ(text_of(select_parts(parsed("D:S:"), kSacl)), "S:");
  EXPECT_EQ(text_of(select_parts(parsed("D:NO_ACCESS_CONTROL"), kDacl)), "D:NO_ACCESS_CONTROL");
}

TEST(SecurityInformation, SEC_14_OnlyNamedPartsAreReplaced) {
  EXPECT_EQ(merged("O:S-1-22-1-1G:BAD:(A;;FR;;;WD)S:", kDacl),
            "O:S-1-22-1-1G:S-1-22-2-1D:(A;;FR;;;WD)S:(AU;FA;FA;;;WD)(ML;;NW;;;LW)");
  EXPECT_EQ(merged("G:BA", kGroup), "O:S-1-22-1-1G:BAD:(A;;FA;;;BA)S:(AU;FA;FA;;;WD)(ML;;NW;;;LW)");
  EXPECT_EQ(merged("S:(ML;;NW;;;ME)", kLabel), "O:S-1-22-1-1G:S-1-22-2-1D:(A;;FA;;;BA)S:(AU;FA;FA;;;WD)(ML;;NW;;;ME)");
  EXPECT_EQ(merged("S:(ML;;NW;;;ME)(AU;SA;FR;;;BA)", kSacl),
            "O:S-1-22-1-1G:S-1-22-2-1D:(A;;FA;;;BA)S:(ML;;NW;;;LW)(AU;SA;FR;;;BA)");
  EXPECT_EQ(merged("", 0), kCurrent);
}

TEST(SecurityInformation, SEC_14_ABackupIsPutBackAsFarAsItGoes) {
  EXPECT_EQ(merged("O:S-1-22-1-1G:BAD:P(A;;FR;;;WD)S:(AU;SA;FR;;;BA)", kBackup),
            "O:S-1-22-1-1G:BAD:P(A;;FR;;;WD)S:(AU;SA;FR;;;BA)");
  EXPECT_EQ(merged("D:", kBackup), "O:S-1-22-1-1G:S-1-22-2-1D:S:(AU;FA;FA;;;WD)(ML;;NW;;;LW)");
}

TEST(SecurityInformation, SEC_14_NewEntriesArePreparedAsAtCreation) {
  EXPECT_EQ(merged("D:(A;;GA;;;CO)(A;;GR;;;CG)", kDacl, "O:BAG:BUD:"), "O:BAG:BUD:(A;;FA;;;BA)(A;;FR;;;BU)");
  EXPECT_EQ(merged("O:S-1-22-1-1D:(A;;GA;;;CO)", kOwner | kDacl, "O:BAG:BUD:"),
            "O:S-1-22-1-1G:BUD:(A;;FA;;;S-1-22-1-1)");
}

TEST(SecurityInformation, SEC_14_ProtectionIsSetWithAListOrAlone) {
  EXPECT_EQ(merged("D:P", kDacl, "O:BAG:BAD:AI"), "O:BAG:BAD:P");
  EXPECT_EQ(merged("D:", kDacl, "O:BAG:BAD:P"), "O:BAG:BAD:");
  EXPECT_EQ(merged("", PIPES_PROTECTED_DACL_SECURITY_INFORMATION, "O:BAG:BAD:"), "O:BAG:BAD:P");
  EXPECT_EQ(merged("D:P", kDacl | PIPES_UNPROTECTED_DACL_SECURITY_INFORMATION, "O:BAG:BAD:"), "O:BAG:BAD:");
  EXPECT_EQ(merged("", PIPES_PROTECTED_SACL_SECURITY_INFORMATION, "O:BAG:BAD:S:"), "O:BAG:BAD:S:P");
  EXPECT_EQ(
      merged("", PIPES_PROTECTED_DACL_SECURITY_INFORMATION | PIPES_UNPROTECTED_DACL_SECURITY_INFORMATION, "O:BAG:BAD:"),
      "status 87");
}

TEST(SecurityInformation, SEC_15_ANullDaclOpensThePipe) {
  EXPECT_EQ(merged("D:NO_ACCESS_CONTROL", kDacl, "O:BAG:BAD:"), "O:BAG:BAD:NO_ACCESS_CONTROL");
}

TEST(SecurityInformation, SEC_15_AnOwnerThatMayNotBeAssigned) {
  EXPECT_EQ(merged("O:S-1-22-1-2", kOwner), "status 1307");
  EXPECT_EQ(merged("O:BA", kOwner), "status 1307");
}

TEST(SecurityInformation, SEC_14_WhatIsNamedMustBeThere) {
  for (const std::uint32_t part : {kOwner, kGroup, kDacl, kSacl, kLabel}) EXPECT_EQ(merged("", part), "status 1338");
}

TEST(SecurityInformation, SEC_14_WhatDoesNotFitIsRefused) {
  SecurityDescriptor large;
  Acl acl;
  Ace ace;
  ace.sid = kEveryone;
  for (int i = 0; i < 3275; ++i) acl.entries.push_back(ace);
  large.set_dacl(acl);
  EXPECT_EQ(merge_parts(user_1(), parsed(kCurrent), large, kDacl).status(), PIPES_ERROR_INVALID_SECURITY_DESCR);
}

}  // namespace
}  // namespace pipes
