// Security identifiers, lists, descriptors and their text, under Win32's names: all in the test's own memory.
#include "support/oracle.h"
#include "win32/security_words.h"

namespace pipes::test {
namespace {

// ------------------------------------------------------------------------------------------------------------- constants

// The same on Windows, where this is compiled too.
static_assert(sizeof(SID) == 12 && sizeof(ACL) == 8 && sizeof(ACE_HEADER) == 4 && sizeof(ACCESS_ALLOWED_ACE) == 12);
static_assert(sizeof(SECURITY_DESCRIPTOR) == 40 && sizeof(SECURITY_DESCRIPTOR_RELATIVE) == 20);
static_assert(offsetof(SECURITY_DESCRIPTOR, Control) == 2 && offsetof(SECURITY_DESCRIPTOR, Dacl) == 32);
static_assert(sizeof(SID_AND_ATTRIBUTES) == 16 && sizeof(TOKEN_GROUPS) == 24 && sizeof(TOKEN_STATISTICS) == 56);
static_assert(sizeof(TRUSTEE_A) == 32 && sizeof(EXPLICIT_ACCESS_A) == 48 && sizeof(EXPLICIT_ACCESS_W) == 48);
static_assert(sizeof(PRIVILEGE_SET) == 20 && sizeof(GENERIC_MAPPING) == 16 && sizeof(LUID) == 8);
static_assert(SECURITY_MAX_SID_SIZE == 68 && SID_MAX_SUB_AUTHORITIES == 15 && SID_REVISION == 1);
static_assert(SE_OWNER_DEFAULTED == 1 && SE_GROUP_DEFAULTED == 2 && SE_DACL_PRESENT == 4 && SE_DACL_DEFAULTED == 8);
static_assert(SE_SACL_PRESENT == 0x10 && SE_SACL_DEFAULTED == 0x20 && SE_DACL_AUTO_INHERIT_REQ == 0x100);
static_assert(SE_SACL_AUTO_INHERIT_REQ == 0x200 && SE_DACL_AUTO_INHERITED == 0x400 && SE_SACL_AUTO_INHERITED == 0x800);
static_assert(SE_DACL_PROTECTED == 0x1000 && SE_SACL_PROTECTED == 0x2000 && SE_SELF_RELATIVE == 0x8000);
static_assert(OWNER_SECURITY_INFORMATION == 1 && GROUP_SECURITY_INFORMATION == 2 && DACL_SECURITY_INFORMATION == 4);
static_assert(SACL_SECURITY_INFORMATION == 8 && LABEL_SECURITY_INFORMATION == 0x10);
static_assert(PROTECTED_DACL_SECURITY_INFORMATION == 0x80000000 && UNPROTECTED_DACL_SECURITY_INFORMATION == 0x20000000);
static_assert(PROTECTED_SACL_SECURITY_INFORMATION == 0x40000000 && UNPROTECTED_SACL_SECURITY_INFORMATION == 0x10000000);
static_assert(ACL_REVISION == 2 && ACL_REVISION_DS == 4 && SECURITY_DESCRIPTOR_REVISION == 1 && SDDL_REVISION_1 == 1);
static_assert(ACCESS_ALLOWED_ACE_TYPE == 0 && ACCESS_DENIED_ACE_TYPE == 1 && SYSTEM_AUDIT_ACE_TYPE == 2);
static_assert(SYSTEM_MANDATORY_LABEL_ACE_TYPE == 0x11 && SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE == 0x12);
static_assert(OBJECT_INHERIT_ACE == 1 && CONTAINER_INHERIT_ACE == 2 && NO_PROPAGATE_INHERIT_ACE == 4);
static_assert(INHERIT_ONLY_ACE == 8 && INHERITED_ACE == 0x10 && SUCCESSFUL_ACCESS_ACE_FLAG == 0x40);
static_assert(SE_GROUP_ENABLED == 4 && SE_GROUP_OWNER == 8 && SE_GROUP_USE_FOR_DENY_ONLY == 0x10);
static_assert(SE_GROUP_INTEGRITY == 0x20 && SE_GROUP_LOGON_ID == 0xC0000000);
static_assert(TOKEN_QUERY == 8 && TOKEN_DUPLICATE == 2 && TOKEN_IMPERSONATE == 4 && TOKEN_ALL_ACCESS == 0xF01FF);
static_assert(TOKEN_READ == 0x20008 && TOKEN_WRITE == 0x200E0 && TOKEN_EXECUTE == 0x20000);
static_assert(TokenUser == 1 && TokenGroups == 2 && TokenType == 8 && TokenImpersonationLevel == 9);
static_assert(TokenStatistics == 10 && TokenSessionId == 12 && TokenElevation == 20 && TokenIntegrityLevel == 25);
static_assert(TokenLogonSid == 28 && TokenIsAppContainer == 29 && TokenPrimary == 1 && TokenImpersonation == 2);
static_assert(SecurityAnonymous == 0 && SecurityIdentification == 1 && SecurityDelegation == 3);
static_assert(SidTypeUser == 1 && SidTypeAlias == 4 && SidTypeWellKnownGroup == 5 && SidTypeLabel == 10);
static_assert(SE_FILE_OBJECT == 1 && SE_KERNEL_OBJECT == 6 && GRANT_ACCESS == 1 && REVOKE_ACCESS == 4);
static_assert(TRUSTEE_IS_SID == 0 && TRUSTEE_IS_NAME == 1 && TRUSTEE_IS_WELL_KNOWN_GROUP == 5);
static_assert(WinWorldSid == 1 && WinLocalSystemSid == 22 && WinBuiltinAdministratorsSid == 26);
static_assert(WinAccountAdministratorSid == 38 && WinMediumLabelSid == 67 && WinCreatorOwnerRightsSid == 71);
static_assert(ERROR_UNKNOWN_REVISION == 1305 && ERROR_NONE_MAPPED == 1332 && ERROR_INVALID_ACL == 1336);
static_assert(ERROR_INVALID_SID == 1337 && ERROR_ALLOTTED_SPACE_EXCEEDED == 1344 && ERROR_BAD_TOKEN_TYPE == 1349);
static_assert(ERROR_GENERIC_NOT_MAPPED == 1360 && ERROR_BAD_DESCRIPTOR_FORMAT == 1361 && ERROR_NO_TOKEN == 1008);
static_assert(ERROR_NOT_ALL_ASSIGNED == 1300 && ERROR_INVALID_FLAGS == 1004 && ERROR_SOME_NOT_MAPPED == 1301);

// ----------------------------------------------------------------------------------------------------------- identifiers

TEST(Win32Sid, SID_3_TextIsNeverAnAliasAndIsReadInBothForms) {
  EXPECT_EQ(text_of_sid(SidValue("BA")), "S-1-5-32-544");
  EXPECT_EQ(text_of_sid(SidValue("S-1-1-0")), "S-1-1-0");
  EXPECT_EQ(text_of_sid(SidValue("S-1-5-21-1-2-4294967295-1000")), "S-1-5-21-1-2-4294967295-1000");
  LPWSTR wide = nullptr;
  ASSERT_TRUE(ConvertSidToStringSidW(SidValue(WinWorldSid), &wide));
  EXPECT_EQ(WideString(wide), WideString(WIDE("S-1-1-0")));
  PSID sid = nullptr;
  ASSERT_TRUE(ConvertStringSidToSidW(wide, &sid));
  EXPECT_TRUE(EqualSid(sid, SidValue(WinWorldSid)));
  LocalFree(sid);
  LocalFree(wide);
}

TEST(Win32Sid, SID_3_WhatIsNoSidFailsWithInvalidSid) {
  PSID sid = nullptr;
  for (const char* text : {"S-2-1-0", "everyone", "S-1-1-x"}) {
    EXPECT_EQ(last_error_of(ConvertStringSidToSidA(text, &sid)), DWORD{ERROR_INVALID_SID}) << text;
  }
  {
    PIPES_ORACLE_DIFFERS("it makes a SID of no text");
    EXPECT_EQ(last_error_of(ConvertStringSidToSidA("", &sid)), DWORD{ERROR_INVALID_SID});
  }
  EXPECT_EQ(last_error_of(ConvertStringSidToSidA(nullptr, &sid)), DWORD{ERROR_INVALID_PARAMETER});
  SidValue broken(WinWorldSid);
  *GetSidSubAuthorityCount(broken) = 16;
  LPSTR text = nullptr;
  EXPECT_FALSE(IsValidSid(broken));
  EXPECT_EQ(last_error_of(ConvertSidToStringSidA(broken, &text)), DWORD{ERROR_INVALID_SID});
}

TEST(Win32Sid, SID_4_SidsAreEqualIfAllTheirBytesAre) {
  SidValue first("S-1-5-21-1-2-3-1000");
  EXPECT_TRUE(EqualSid(first, SidValue("S-1-5-21-1-2-3-1000")));
  EXPECT_FALSE(EqualSid(first, SidValue("S-1-5-21-1-2-3-1001")));
  EXPECT_FALSE(EqualSid(first, SidValue("S-1-5-21-1-2-3")));
  EXPECT_FALSE(EqualSid(first, SidValue("S-1-6-21-1-2-3-1000")));
  EXPECT_TRUE(EqualPrefixSid(first, SidValue("S-1-5-21-1-2-3-1001")));
  EXPECT_FALSE(EqualPrefixSid(first, SidValue("S-1-5-21-1-2-4-1000")));
}

TEST(Win32Sid, SID_5_WellKnownSidsAreMadeByTheirNumbers) {
  struct Case {
    WELL_KNOWN_SID_TYPE type;
    const char* text;
  };
  for (const Case& each :
       {Case{WinNullSid, "S-1-0-0"}, Case{WinWorldSid, "S-1-1-0"}, Case{WinCreatorOwnerSid, "S-1-3-0"},
        Case{WinNetworkSid, "S-1-5-2"}, Case{WinInteractiveSid, "S-1-5-4"}, Case{WinAnonymousSid, "S-1-5-7"},
        Case{WinAuthenticatedUserSid, "S-1-5-11"}, Case{WinLocalSystemSid, "S-1-5-18"},
        Case{WinBuiltinAdministratorsSid, "S-1-5-32-544"}, Case{WinBuiltinUsersSid, "S-1-5-32-545"},
        Case{WinMediumLabelSid, "S-1-16-8192"}, Case{WinNTLMAuthenticationSid, "S-1-5-64-10"}}) {
    EXPECT_EQ(text_of_sid(SidValue(each.type)), each.text);
    EXPECT_TRUE(IsWellKnownSid(SidValue(each.text), each.type)) << each.text;
  }
  EXPECT_FALSE(IsWellKnownSid(SidValue(WinWorldSid), WinNullSid));
}

TEST(Win32Sid, SID_5_AnAccountIsMadeFromItsDomain) {
  SidValue domain("S-1-5-21-1-2-3");
  SidValue account;
  DWORD size = 0;
  EXPECT_EQ(last_error_of(CreateWellKnownSid(WinAccountAdministratorSid, domain, account, &size)),
            DWORD{ERROR_INSUFFICIENT_BUFFER});
  EXPECT_EQ(size, 28U);
  ASSERT_TRUE(CreateWellKnownSid(WinAccountAdministratorSid, domain, account, &size));
  EXPECT_EQ(text_of_sid(account), "S-1-5-21-1-2-3-500");
  size = SECURITY_MAX_SID_SIZE;
  EXPECT_EQ(last_error_of(CreateWellKnownSid(WinAccountAdministratorSid, nullptr, account, &size)),
            DWORD{ERROR_INVALID_PARAMETER});
}

TEST(Win32Sid, PartsAreSetAndRead) {
  SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
  PSID made = nullptr;
  ASSERT_TRUE(
      AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &made));
  SidValue by_hand;
  ASSERT_TRUE(InitializeSid(by_hand, &nt, 2));
  *GetSidSubAuthority(by_hand, 0) = SECURITY_BUILTIN_DOMAIN_RID;
  *GetSidSubAuthority(by_hand, 1) = DOMAIN_ALIAS_RID_ADMINS;
  EXPECT_TRUE(EqualSid(made, by_hand));
  EXPECT_EQ(GetLengthSid(made), GetSidLengthRequired(2));
  EXPECT_EQ(*GetSidSubAuthorityCount(made), 2);
  EXPECT_EQ(GetSidIdentifierAuthority(made)->Value[5], 5);
  SidValue copy;
  {
    PIPES_ORACLE_DIFFERS("CopySid: it does not look at the length");
    EXPECT_EQ(last_error_of(CopySid(15, copy, made)), DWORD{ERROR_INSUFFICIENT_BUFFER});
  }
  EXPECT_TRUE(CopySid(16, copy, made));
  EXPECT_TRUE(EqualSid(made, copy));
  EXPECT_EQ(FreeSid(made), nullptr);
  EXPECT_EQ(last_error_of(AllocateAndInitializeSid(&nt, 9, 0, 0, 0, 0, 0, 0, 0, 0, &made)), DWORD{ERROR_INVALID_SID});
}

TEST(Win32Sid, NamesOfWellKnownSidsAreFoundBothWays) {
  char name[64];
  char domain[64];
  DWORD name_size = sizeof name;
  DWORD domain_size = sizeof domain;
  SID_NAME_USE use = SidTypeUnknown;
  ASSERT_TRUE(LookupAccountSidA(nullptr, SidValue("S-1-5-18"), name, &name_size, domain, &domain_size, &use));
  EXPECT_STREQ(name, "SYSTEM");
  EXPECT_STREQ(domain, "NT AUTHORITY");
  EXPECT_EQ(use, SidTypeWellKnownGroup);
  SidValue found;
  DWORD sid_size = SECURITY_MAX_SID_SIZE;
  domain_size = sizeof domain;
  ASSERT_TRUE(LookupAccountNameA(nullptr, "BUILTIN\\Administrators", found, &sid_size, domain, &domain_size, &use));
  EXPECT_EQ(text_of_sid(found), "S-1-5-32-544");
  EXPECT_STREQ(domain, "BUILTIN");
  EXPECT_EQ(use, SidTypeAlias);
}

TEST(Win32Sid, ANameThatDoesNotFitTellsWhatItNeeds) {
  DWORD name_size = 0;
  DWORD domain_size = 0;
  SID_NAME_USE use = SidTypeUnknown;
  SidValue system("S-1-5-18");
  EXPECT_EQ(last_error_of(LookupAccountSidW(nullptr, system, nullptr, &name_size, nullptr, &domain_size, &use)),
            DWORD{ERROR_INSUFFICIENT_BUFFER});
  EXPECT_EQ(name_size, 7U);  // with the terminator
  EXPECT_EQ(domain_size, 13U);
  std::vector<WCHAR> name(name_size);
  std::vector<WCHAR> domain(domain_size);
  ASSERT_TRUE(LookupAccountSidW(nullptr, system, name.data(), &name_size, domain.data(), &domain_size, &use));
  EXPECT_EQ(WideString(name.data()), WideString(WIDE("SYSTEM")));
  EXPECT_EQ(name_size, 6U);  // without
  EXPECT_EQ(domain_size, 12U);
}

TEST(Win32Sid, WhoIsNobodyHasNoNameAndNoSid) {
  DWORD name_size = 0;
  DWORD domain_size = 0;
  DWORD sid_size = 0;
  SID_NAME_USE use = SidTypeUnknown;
  EXPECT_EQ(
      last_error_of(LookupAccountSidA(nullptr, SidValue("S-1-99-1"), nullptr, &name_size, nullptr, &domain_size, &use)),
      DWORD{ERROR_NONE_MAPPED});
  EXPECT_EQ(last_error_of(
                LookupAccountNameA(nullptr, "nobody is called so", nullptr, &sid_size, nullptr, &domain_size, &use)),
            DWORD{ERROR_NONE_MAPPED});
}

TEST(Win32Sid, ThisUserHasANameThatLeadsBackToHisSid) {
  const Owned token = process_token();
  const auto memory = token_information(token, TokenUser);
  ASSERT_FALSE(memory.empty());
  char name[256];
  char domain[256];
  DWORD name_size = sizeof name;
  DWORD domain_size = sizeof domain;
  SID_NAME_USE use = SidTypeUnknown;
  ASSERT_TRUE(
      LookupAccountSidA(nullptr, as<TOKEN_USER>(memory).User.Sid, name, &name_size, domain, &domain_size, &use));
  EXPECT_EQ(use, SidTypeUser);
  const std::string full = std::string(domain) + "\\" + name;
  SidValue found;
  DWORD sid_size = SECURITY_MAX_SID_SIZE;
  domain_size = sizeof domain;
  ASSERT_TRUE(LookupAccountNameA(nullptr, full.c_str(), found, &sid_size, domain, &domain_size, &use)) << full;
  EXPECT_TRUE(EqualSid(found, as<TOKEN_USER>(memory).User.Sid));
}

// ----------------------------------------------------------------------------------------------------------------- lists

TEST(Win32Acl, EntriesAreAddedReadAndDeleted) {
  Room room;
  ASSERT_TRUE(InitializeAcl(room.get(), sizeof room.memory, ACL_REVISION));
  EXPECT_TRUE(IsValidAcl(room.get()));
  EXPECT_TRUE(AddAccessDeniedAce(room.get(), ACL_REVISION, FILE_WRITE_DATA, SidValue(WinAnonymousSid)));
  EXPECT_TRUE(AddAccessAllowedAce(room.get(), ACL_REVISION, FILE_ALL_ACCESS, SidValue(WinBuiltinAdministratorsSid)));
  EXPECT_TRUE(
      AddAccessAllowedAceEx(room.get(), ACL_REVISION, CONTAINER_INHERIT_ACE, GENERIC_READ, SidValue(WinWorldSid)));
  EXPECT_EQ(sddl_of_dacl(room.get()), "D:(D;;DC;;;AN)(A;;FA;;;BA)(A;CI;GR;;;WD)");

  ACL_SIZE_INFORMATION size{};
  ASSERT_TRUE(GetAclInformation(room.get(), &size, sizeof size, AclSizeInformation));
  EXPECT_EQ(size.AceCount, 3U);
  EXPECT_EQ(size.AclBytesInUse, 8U + 20 + 24 + 20);
  EXPECT_EQ(size.AclBytesFree, sizeof room.memory - size.AclBytesInUse);

  void* entry = nullptr;
  ASSERT_TRUE(GetAce(room.get(), 1, &entry));
  auto* const allowed = static_cast<ACCESS_ALLOWED_ACE*>(entry);
  EXPECT_EQ(allowed->Header.AceType, ACCESS_ALLOWED_ACE_TYPE);
  EXPECT_EQ(allowed->Mask, DWORD{FILE_ALL_ACCESS});
  EXPECT_TRUE(EqualSid(&allowed->SidStart, SidValue(WinBuiltinAdministratorsSid)));
  EXPECT_EQ(last_error_of(GetAce(room.get(), 3, &entry)), DWORD{ERROR_INVALID_PARAMETER});

  EXPECT_TRUE(DeleteAce(room.get(), 0));
  EXPECT_EQ(sddl_of_dacl(room.get()), "D:(A;;FA;;;BA)(A;CI;GR;;;WD)");
  EXPECT_EQ(last_error_of(DeleteAce(room.get(), 2)), DWORD{ERROR_INVALID_PARAMETER});
  void* free_place = nullptr;
  ASSERT_TRUE(FindFirstFreeAce(room.get(), &free_place));
  EXPECT_EQ(static_cast<BYTE*>(free_place) - room.memory, 8 + 24 + 20);
}

TEST(Win32Acl, WholeEntriesAreCopiedToAnyPlace) {
  const auto source = descriptor_of("D:(A;;GR;;;WD)(A;;GW;;;BA)");
  const PACL from = dacl_of(source);
  void* first = nullptr;
  ASSERT_TRUE(GetAce(from, 0, &first));
  Room room;
  ASSERT_TRUE(InitializeAcl(room.get(), sizeof room.memory, ACL_REVISION));
  EXPECT_TRUE(AddAccessAllowedAce(room.get(), ACL_REVISION, GENERIC_ALL, SidValue(WinLocalSystemSid)));
  PIPES_ORACLE_DIFFERS("AddAce: it always adds behind the last, and takes what is not whole");
  EXPECT_TRUE(AddAce(room.get(), ACL_REVISION, 0, first, from->AclSize - 8U));
  EXPECT_EQ(sddl_of_dacl(room.get()), "D:(A;;GR;;;WD)(A;;GW;;;BA)(A;;GA;;;SY)");
  EXPECT_TRUE(AddAce(room.get(), ACL_REVISION, MAXDWORD, first, 20));
  EXPECT_EQ(sddl_of_dacl(room.get()), "D:(A;;GR;;;WD)(A;;GW;;;BA)(A;;GA;;;SY)(A;;GR;;;WD)");
  EXPECT_EQ(last_error_of(AddAce(room.get(), ACL_REVISION, MAXDWORD, first, 19)), DWORD{ERROR_INVALID_PARAMETER});
}

TEST(Win32Acl, WhatDoesNotFitIsRefused) {
  Room room;
  EXPECT_EQ(last_error_of(InitializeAcl(room.get(), 7, ACL_REVISION)), DWORD{ERROR_INSUFFICIENT_BUFFER});
  EXPECT_EQ(last_error_of(InitializeAcl(room.get(), 64, 5)), DWORD{ERROR_INVALID_PARAMETER});
  ASSERT_TRUE(InitializeAcl(room.get(), 8 + 20 + 3, ACL_REVISION));
  EXPECT_TRUE(AddAccessAllowedAce(room.get(), ACL_REVISION, GENERIC_READ, SidValue(WinWorldSid)));
  EXPECT_EQ(last_error_of(AddAccessAllowedAce(room.get(), ACL_REVISION, GENERIC_READ, SidValue(WinWorldSid))),
            DWORD{ERROR_ALLOTTED_SPACE_EXCEEDED});
  SidValue broken(WinWorldSid);
  *static_cast<BYTE*>(broken.get()) = 2;
  EXPECT_EQ(last_error_of(AddAccessAllowedAce(room.get(), ACL_REVISION, GENERIC_READ, broken)),
            DWORD{ERROR_INVALID_SID});
  room.get()->AceCount = 2;
  PIPES_ORACLE_DIFFERS("IsValidAcl: it does not count");
  EXPECT_FALSE(IsValidAcl(room.get()));
}

TEST(Win32Acl, AuditAndLabelEntriesGoIntoASacl) {
  Room room;
  ASSERT_TRUE(InitializeAcl(room.get(), sizeof room.memory, ACL_REVISION));
  EXPECT_TRUE(AddAuditAccessAce(room.get(), ACL_REVISION, GENERIC_WRITE, SidValue(WinWorldSid), FALSE, TRUE));
  EXPECT_TRUE(
      AddMandatoryAce(room.get(), ACL_REVISION, 0, SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, SidValue(WinMediumLabelSid)));
  SECURITY_DESCRIPTOR descriptor;
  ASSERT_TRUE(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
  ASSERT_TRUE(SetSecurityDescriptorSacl(&descriptor, TRUE, room.get(), FALSE));
  const SECURITY_INFORMATION both = SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION;
  PIPES_ORACLE_DIFFERS("it has no words for a label");
  EXPECT_EQ(sddl_of(&descriptor, both), "S:(AU;FA;GW;;;WD)(ML;;NW;;;ME)");
}

// ----------------------------------------------------------------------------------------------------------- descriptors

TEST(Win32Descriptor, AnAbsoluteOnePointsToItsParts) {
  SidValue owner(WinBuiltinAdministratorsSid);
  SidValue group(WinLocalSystemSid);
  Room room;
  ASSERT_TRUE(InitializeAcl(room.get(), sizeof room.memory, ACL_REVISION));
  SECURITY_DESCRIPTOR descriptor;
  EXPECT_EQ(last_error_of(InitializeSecurityDescriptor(&descriptor, 2)), DWORD{ERROR_UNKNOWN_REVISION});
  ASSERT_TRUE(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
  BOOL present = TRUE;
  BOOL defaulted = TRUE;
  PACL dacl = nullptr;
  ASSERT_TRUE(GetSecurityDescriptorDacl(&descriptor, &present, &dacl, &defaulted));
  EXPECT_FALSE(present);
  ASSERT_TRUE(SetSecurityDescriptorOwner(&descriptor, owner, FALSE));
  ASSERT_TRUE(SetSecurityDescriptorGroup(&descriptor, group, TRUE));
  ASSERT_TRUE(SetSecurityDescriptorDacl(&descriptor, TRUE, room.get(), FALSE));
  EXPECT_TRUE(IsValidSecurityDescriptor(&descriptor));

  PSID told = nullptr;
  ASSERT_TRUE(GetSecurityDescriptorOwner(&descriptor, &told, &defaulted));
  EXPECT_EQ(told, owner.get());
  EXPECT_FALSE(defaulted);
  ASSERT_TRUE(GetSecurityDescriptorGroup(&descriptor, &told, &defaulted));
  EXPECT_EQ(told, group.get());
  EXPECT_TRUE(defaulted);
  ASSERT_TRUE(GetSecurityDescriptorDacl(&descriptor, &present, &dacl, &defaulted));
  EXPECT_TRUE(present);
  EXPECT_EQ(dacl, room.get());
  SECURITY_DESCRIPTOR_CONTROL control = 0;
  DWORD revision = 0;
  ASSERT_TRUE(GetSecurityDescriptorControl(&descriptor, &control, &revision));
  EXPECT_EQ(control, SE_DACL_PRESENT | SE_GROUP_DEFAULTED);
  EXPECT_EQ(revision, 1U);
  EXPECT_TRUE(SetSecurityDescriptorControl(&descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED));
  EXPECT_EQ(sddl_of(&descriptor, kAllParts), "O:BAG:SYD:P");
  EXPECT_EQ(last_error_of(SetSecurityDescriptorControl(&descriptor, SE_DACL_PRESENT, 0)),
            DWORD{ERROR_INVALID_PARAMETER});
}

TEST(Win32Descriptor, ItBecomesSelfRelativeAndAbsoluteAgain) {
  const std::string sddl = "O:BAG:SYD:(D;;GW;;;AN)(A;;GA;;;BA)S:(AU;SAFA;GW;;;WD)";
  const auto relative = descriptor_of(sddl);
  DWORD sizes[5] = {};
  EXPECT_EQ(last_error_of(MakeAbsoluteSD(relative.get(), nullptr, &sizes[0], nullptr, &sizes[1], nullptr, &sizes[2],
                                         nullptr, &sizes[3], nullptr, &sizes[4])),
            DWORD{ERROR_INSUFFICIENT_BUFFER});
  EXPECT_EQ(sizes[0], sizeof(SECURITY_DESCRIPTOR));
  EXPECT_EQ(sizes[1], 8U + 20 + 24);
  EXPECT_EQ(sizes[2], 8U + 20);
  EXPECT_EQ(sizes[3], 16U);
  EXPECT_EQ(sizes[4], 12U);
  SECURITY_DESCRIPTOR absolute;
  Room dacl;
  Room sacl;
  SidValue owner;
  SidValue group;
  ASSERT_TRUE(MakeAbsoluteSD(relative.get(), &absolute, &sizes[0], dacl.get(), &sizes[1], sacl.get(), &sizes[2], owner,
                             &sizes[3], group, &sizes[4]));
  EXPECT_EQ(absolute.Dacl, dacl.get());
  EXPECT_EQ(sddl_of(&absolute), sddl);

  DWORD size = 0;
  EXPECT_EQ(last_error_of(MakeSelfRelativeSD(&absolute, nullptr, &size)), DWORD{ERROR_INSUFFICIENT_BUFFER});
  EXPECT_EQ(size, GetSecurityDescriptorLength(relative.get()));
  EXPECT_EQ(size, 20U + 52 + 28 + 16 + 12);
  std::vector<DWORD> again(size / sizeof(DWORD));
  ASSERT_TRUE(MakeSelfRelativeSD(&absolute, again.data(), &size));
  EXPECT_EQ(sddl_of(again.data()), sddl);
  EXPECT_EQ(GetSecurityDescriptorLength(&absolute), sizeof(SECURITY_DESCRIPTOR) + 52 + 28 + 16 + 12);
  PIPES_ORACLE_DIFFERS("MakeSelfRelativeSD: what is self-relative already gives 87");
  EXPECT_EQ(last_error_of(MakeSelfRelativeSD(again.data(), nullptr, &size)), DWORD{ERROR_BAD_DESCRIPTOR_FORMAT});
}

TEST(Win32Descriptor, PartsOfASelfRelativeOneCannotBeReplaced) {
  const auto relative = descriptor_of("D:(A;;GA;;;WD)");
  EXPECT_EQ(last_error_of(SetSecurityDescriptorDacl(relative.get(), TRUE, nullptr, FALSE)),
            DWORD{ERROR_INVALID_SECURITY_DESCR});
  EXPECT_EQ(last_error_of(SetSecurityDescriptorOwner(relative.get(), nullptr, FALSE)),
            DWORD{ERROR_INVALID_SECURITY_DESCR});
}

// ------------------------------------------------------------------------------------------------------------------ text

TEST(Win32Sddl, SDDL_14_AnotherRevisionThanTheFirstIsUnknown) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  LPSTR text = nullptr;
  const auto given = descriptor_of("D:(A;;GA;;;WD)");
  for (const DWORD revision : {0u, 2u, 3u}) {
    EXPECT_EQ(last_error_of(ConvertStringSecurityDescriptorToSecurityDescriptorA("D:", revision, &descriptor, nullptr)),
              DWORD{ERROR_UNKNOWN_REVISION});
    EXPECT_EQ(last_error_of(
                  ConvertSecurityDescriptorToStringSecurityDescriptorA(given.get(), revision, kDacl, &text, nullptr)),
              DWORD{ERROR_UNKNOWN_REVISION});
  }
}

TEST(Win32Sddl, TextIsReadAndWrittenInBothKinds) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  ULONG size = 0;
  ASSERT_TRUE(ConvertStringSecurityDescriptorToSecurityDescriptorW(WIDE("O:BAD:(A;;FA;;;SY)"), SDDL_REVISION_1,
                                                                   &descriptor, &size));
  const Local<void> owned(descriptor);
  EXPECT_GE(size, 20U + 8 + 20 + 16);
  EXPECT_TRUE(IsValidSecurityDescriptor(descriptor));
  LPWSTR text = nullptr;
  ULONG length = 0;
  ASSERT_TRUE(ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, kDacl, &text, &length));
  EXPECT_EQ(WideString(text), WideString(WIDE("D:(A;;FA;;;SY)")));
  EXPECT_EQ(length, 15U);  // with the terminator
  LocalFree(text);
  EXPECT_FALSE(
      ConvertStringSecurityDescriptorToSecurityDescriptorA("D:(A;;FA;;SY)", SDDL_REVISION_1, &descriptor, nullptr));
}

// --------------------------------------------------------------------------------------------------- described entries

EXPLICIT_ACCESS_A describe(ACCESS_MODE mode, DWORD rights, PSID sid) {
  EXPLICIT_ACCESS_A description{};
  description.grfAccessPermissions = rights;
  description.grfAccessMode = mode;
  BuildTrusteeWithSidA(&description.Trustee, sid);
  return description;
}

std::string with_entries(const char* old, std::vector<EXPLICIT_ACCESS_A> descriptions) {
  const auto before = old == nullptr ? Local<void>() : descriptor_of(old);
  PACL list = nullptr;
  const DWORD error = SetEntriesInAclA(static_cast<ULONG>(descriptions.size()), descriptions.data(),
                                       old == nullptr ? nullptr : dacl_of(before), &list);
  if (error != ERROR_SUCCESS) return "error " + std::to_string(error);
  const Local<ACL> owned(list);
  return sddl_of_dacl(list);
}

TEST(Win32Entries, ANewListIsMadeOfDescriptions) {
  SidValue everyone(WinWorldSid);
  SidValue administrators(WinBuiltinAdministratorsSid);
  EXPECT_EQ(with_entries(nullptr, {describe(SET_ACCESS, GENERIC_READ, everyone),
                                   describe(GRANT_ACCESS, GENERIC_ALL, administrators)}),
            "D:(A;;GR;;;WD)(A;;GA;;;BA)");
}

TEST(Win32Entries, WhatDeniesComesFirst) {
  SidValue everyone(WinWorldSid);
  SidValue anonymous(WinAnonymousSid);
  const std::vector<EXPLICIT_ACCESS_A> descriptions = {describe(GRANT_ACCESS, GENERIC_READ, everyone),
                                                       describe(DENY_ACCESS, GENERIC_ALL, anonymous)};
  PIPES_ORACLE_DIFFERS("it puts new entries down in their order; SetEntriesInAcl: those that deny at the beginning");
  EXPECT_EQ(with_entries("D:(D;;GW;;;BG)(A;;GA;;;BA)", descriptions),
            "D:(D;;GA;;;AN)(D;;GW;;;BG)(A;;GR;;;WD)(A;;GA;;;BA)");
}

TEST(Win32Entries, SettingReplacesWhatATrusteeHad) {
  SidValue everyone(WinWorldSid);
  const std::vector<EXPLICIT_ACCESS_A> set = {describe(SET_ACCESS, GENERIC_READ, everyone)};
  EXPECT_EQ(with_entries("D:(A;;GX;;;WD)(A;;GA;;;BA)", set), "D:(A;;GR;;;WD)(A;;GA;;;BA)");
  PIPES_ORACLE_DIFFERS("it keeps what was denied; ACCESS_MODE: any existing access control information is discarded");
  EXPECT_EQ(with_entries("D:(D;;GW;;;WD)(A;;GA;;;BA)", set), "D:(A;;GR;;;WD)(A;;GA;;;BA)");
}

TEST(Win32Entries, RevokingTakesWhatWasAllowed) {
  SidValue everyone(WinWorldSid);
  EXPECT_EQ(with_entries("D:(A;;GX;;;WD)(A;;GA;;;BA)", {describe(REVOKE_ACCESS, 0, everyone)}), "D:(A;;GA;;;BA)");
}

TEST(Win32Entries, GrantingAndDenyingAddToWhatATrusteeHad) {
  SidValue everyone(WinWorldSid);
  const std::vector<EXPLICIT_ACCESS_A> grant = {describe(GRANT_ACCESS, GENERIC_READ, everyone)};
  const std::vector<EXPLICIT_ACCESS_A> deny = {describe(DENY_ACCESS, FILE_READ_DATA, everyone)};
  PIPES_ORACLE_DIFFERS("it keeps the old entry beside the new one; ACCESS_MODE: the rights are combined");
  EXPECT_EQ(with_entries("D:(A;;GX;;;WD)(A;;GA;;;BA)", grant), "D:(A;;GXGR;;;WD)(A;;GA;;;BA)");
  EXPECT_EQ(with_entries("D:(D;;DC;;;WD)(A;;GA;;;BA)", deny), "D:(D;;CCDC;;;WD)(A;;GA;;;BA)");
}

TEST(Win32Entries, ATrusteeMayBeNamed) {
  WCHAR name[] = WIDE("Everyone");
  EXPLICIT_ACCESS_W description{};
  BuildExplicitAccessWithNameW(&description, name, GENERIC_READ, GRANT_ACCESS, NO_INHERITANCE);
  EXPECT_EQ(description.Trustee.TrusteeForm, TRUSTEE_IS_NAME);
  PACL list = nullptr;
  ASSERT_EQ(SetEntriesInAclW(1, &description, nullptr, &list), DWORD{ERROR_SUCCESS});
  const Local<ACL> owned(list);
  EXPECT_EQ(sddl_of_dacl(list), "D:(A;;GR;;;WD)");
}

TEST(Win32Entries, CurrentUserIsWhoeverCalls) {
  CHAR name[] = "CURRENT_USER";
  EXPLICIT_ACCESS_A description{};
  BuildExplicitAccessWithNameA(&description, name, GENERIC_ALL, GRANT_ACCESS, NO_INHERITANCE);
  PACL list = nullptr;
  ASSERT_EQ(SetEntriesInAclA(1, &description, nullptr, &list), DWORD{ERROR_SUCCESS});
  const Local<ACL> owned(list);
  void* entry = nullptr;
  ASSERT_TRUE(GetAce(list, 0, &entry));
  EXPECT_EQ(text_of_sid(&static_cast<ACCESS_ALLOWED_ACE*>(entry)->SidStart), user_of(process_token()));
}

TEST(Win32Entries, NonsenseIsRefusedAndNoListIsMade) {
  SidValue everyone(WinWorldSid);
  CHAR unknown[] = "nobody is called so";
  EXPLICIT_ACCESS_A description{};
  BuildExplicitAccessWithNameA(&description, unknown, GENERIC_READ, GRANT_ACCESS, NO_INHERITANCE);
  {
    PIPES_ORACLE_DIFFERS("a name that nobody has gives 87");
    EXPECT_EQ(with_entries(nullptr, {description}), "error 1332");
  }
  PACL list = nullptr;
  EXPECT_EQ(SetEntriesInAclA(0, nullptr, nullptr, &list), DWORD{ERROR_SUCCESS});
  EXPECT_EQ(list, nullptr);
#ifndef _WIN32
  EXPECT_EQ(with_entries(nullptr, {describe(NOT_USED_ACCESS, 1, everyone)}), "error 87");
  EXPECT_EQ(SetEntriesInAclA(1, nullptr, nullptr, &list), DWORD{ERROR_INVALID_PARAMETER});
#endif
}

TEST(Win32Entries, AListIsDescribedAgain) {
  const auto given = descriptor_of("D:(D;;GW;;;AN)(A;CI;GA;;;BA)");
  ULONG count = 0;
  PEXPLICIT_ACCESS_A descriptions = nullptr;
  PIPES_ORACLE_DIFFERS("it has GetExplicitEntriesFromAcl as a stub");
  ASSERT_EQ(GetExplicitEntriesFromAclA(dacl_of(given), &count, &descriptions), DWORD{ERROR_SUCCESS});
  const Local<EXPLICIT_ACCESS_A> owned(descriptions);
  ASSERT_EQ(count, 2U);
  EXPECT_EQ(descriptions[0].grfAccessMode, DENY_ACCESS);
  EXPECT_EQ(descriptions[0].grfAccessPermissions, DWORD{GENERIC_WRITE});
  EXPECT_EQ(descriptions[1].grfAccessMode, GRANT_ACCESS);
  EXPECT_EQ(descriptions[1].grfInheritance, DWORD{CONTAINER_INHERIT_ACE});
  ASSERT_EQ(descriptions[1].Trustee.TrusteeForm, TRUSTEE_IS_SID);
  EXPECT_EQ(text_of_sid(descriptions[1].Trustee.ptstrName), "S-1-5-32-544");
}

}  // namespace
}  // namespace pipes::test
