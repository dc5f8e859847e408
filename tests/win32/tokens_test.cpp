// Tokens, access checks, impersonation and the descriptors of pipes under Win32's names.
#include <fstream>

#include "support/oracle.h"
#include "win32/security_words.h"

namespace pipes::test {
namespace {

// ---------------------------------------------------------------------------------------------------------------- tokens

TEST(Win32Token, AProcessHasAPrimaryTokenAndAThreadNone) {
  const Owned token = process_token();
  ASSERT_TRUE(token.valid());
  HANDLE none = nullptr;
  EXPECT_EQ(last_error_of(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &none)), DWORD{ERROR_NO_TOKEN});
  TOKEN_TYPE told{};
  DWORD size = 0;
  ASSERT_TRUE(GetTokenInformation(token, TokenType, &told, sizeof told, &size));
  EXPECT_EQ(told, TokenPrimary);
  EXPECT_EQ(size, sizeof told);
  SECURITY_IMPERSONATION_LEVEL level{};
  EXPECT_EQ(last_error_of(GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &size)),
            DWORD{ERROR_INVALID_PARAMETER});
}

TEST(Win32Token, ItTellsUserGroupsOwnerAndPrimaryGroup) {
  const Owned token = process_token();
  const auto groups = token_information(token, TokenGroups);
  ASSERT_FALSE(groups.empty());
  bool has_everyone = false;
  SidValue everyone(WinWorldSid);
  for (DWORD i = 0; i < as<TOKEN_GROUPS>(groups).GroupCount; ++i) {
    const SID_AND_ATTRIBUTES& group = as<TOKEN_GROUPS>(groups).Groups[i];
    EXPECT_TRUE(IsValidSid(group.Sid));
    has_everyone = has_everyone || (EqualSid(group.Sid, everyone) && (group.Attributes & SE_GROUP_ENABLED) != 0);
  }
  EXPECT_TRUE(has_everyone);
  const auto owner = token_information(token, TokenOwner);
  const auto primary = token_information(token, TokenPrimaryGroup);
  ASSERT_FALSE(owner.empty());
  ASSERT_FALSE(primary.empty());
  EXPECT_TRUE(IsValidSid(as<TOKEN_OWNER>(owner).Owner));
  EXPECT_TRUE(IsValidSid(as<TOKEN_PRIMARY_GROUP>(primary).PrimaryGroup));
  BOOL member = FALSE;
  EXPECT_TRUE(CheckTokenMembership(nullptr, everyone, &member));
  EXPECT_TRUE(member);
  EXPECT_TRUE(CheckTokenMembership(nullptr, SidValue("S-1-5-21-9-9-9-9"), &member));
  EXPECT_FALSE(member);
}

#ifndef _WIN32
TEST(Win32Token, OnLinuxUsersAndGroupsAreTheSystemsAndTheLevelIsMedium) {
  const Owned token = process_token();
  EXPECT_EQ(user_of(token), "S-1-22-1-" + std::to_string(geteuid()));
  const auto primary = token_information(token, TokenPrimaryGroup);
  EXPECT_EQ(text_of_sid(as<TOKEN_PRIMARY_GROUP>(primary).PrimaryGroup), "S-1-22-2-" + std::to_string(getegid()));
  const auto label = token_information(token, TokenIntegrityLevel);
  EXPECT_EQ(text_of_sid(as<TOKEN_MANDATORY_LABEL>(label).Label.Sid), "S-1-16-8192");
  const auto statistics = token_information(token, TokenStatistics);
  EXPECT_EQ(as<TOKEN_STATISTICS>(statistics).GroupCount,
            as<TOKEN_GROUPS>(token_information(token, TokenGroups)).GroupCount);
  const auto dacl = token_information(token, TokenDefaultDacl);
  EXPECT_TRUE(IsValidAcl(as<TOKEN_DEFAULT_DACL>(dacl).DefaultDacl));
}
#endif

TEST(Win32Token, WhatAHandleMayIsDecidedWhenItIsOpened) {
  const Owned token = process_token(TOKEN_DUPLICATE);
  DWORD size = 0;
  EXPECT_EQ(last_error_of(GetTokenInformation(token, TokenUser, nullptr, 0, &size)), DWORD{ERROR_ACCESS_DENIED});
  const Owned query = process_token(TOKEN_QUERY);
  HANDLE duplicate = nullptr;
  EXPECT_EQ(last_error_of(DuplicateToken(query, SecurityImpersonation, &duplicate)), DWORD{ERROR_ACCESS_DENIED});
  HANDLE same = nullptr;
  ASSERT_TRUE(DuplicateHandle(GetCurrentProcess(), query, GetCurrentProcess(), &same, 0, FALSE, DUPLICATE_SAME_ACCESS));
  EXPECT_EQ(user_of(same), user_of(query));
  EXPECT_TRUE(CloseHandle(same));
  EXPECT_EQ(last_error_of(GetTokenInformation(same, TokenUser, nullptr, 0, &size)), DWORD{ERROR_INVALID_HANDLE});
}

// On Linux a session begins when somebody is logged in, which a process in a container may do itself.
void log_in() {
#ifndef _WIN32
  std::ofstream("/proc/self/loginuid") << geteuid();
#endif
}

// The logon SID of a token; empty if it has none, as on Linux where nobody could be logged in.
std::string logon_sid_of(HANDLE token) {
  const auto groups = token_information(token, TokenGroups);
  if (groups.empty()) return {};
  for (DWORD i = 0; i < as<TOKEN_GROUPS>(groups).GroupCount; ++i) {
    const SID_AND_ATTRIBUTES& group = as<TOKEN_GROUPS>(groups).Groups[i];
    if ((group.Attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID) return text_of_sid(group.Sid);
  }
  return {};
}

TEST(Win32Token, SEC_17_TheLogonSidNamesTheSession) {
  log_in();
  const Owned token = process_token();
  const std::string logon = logon_sid_of(token);
  const auto told = token_information(token, TokenLogonSid);
  if (logon.empty()) {
    DWORD size = 0;
    EXPECT_EQ(last_error_of(GetTokenInformation(token, TokenLogonSid, nullptr, 0, &size)), DWORD{ERROR_NOT_FOUND});
    return;
  }
  EXPECT_EQ(logon.substr(0, 8), "S-1-5-5-");
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(as<TOKEN_GROUPS>(told).GroupCount, 1U);
  EXPECT_EQ(text_of_sid(as<TOKEN_GROUPS>(told).Groups[0].Sid), logon);
}

// ---------------------------------------------------------------------------------------------------------- access checks

struct Checked {
  BOOL made = FALSE;
  DWORD error = 0;
  BOOL allowed = FALSE;
  DWORD granted = 0;
};

Checked check(const std::string& sddl, HANDLE token, DWORD desired) {
  GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
  PRIVILEGE_SET privileges{};
  DWORD size = sizeof privileges;
  Checked result;
  result.made = AccessCheck(descriptor_of(sddl).get(), token, desired, &mapping, &privileges, &size, &result.granted,
                            &result.allowed);
  result.error = result.made && result.allowed ? 0 : GetLastError();
  return result;
}

TEST(Win32AccessCheck, ACC_16_ItWantsAnImpersonationTokenOfAtLeastIdentificationLevel) {
  const std::string sddl = "O:BAG:BAD:(A;;FA;;;WD)";
  const Checked primary = check(sddl, process_token(), FILE_READ_DATA);
  EXPECT_FALSE(primary.made);
  EXPECT_EQ(primary.error, DWORD{ERROR_NO_IMPERSONATION_TOKEN});
  const Checked anonymous = check(sddl, impersonation_token(SecurityAnonymous), FILE_READ_DATA);
  EXPECT_FALSE(anonymous.made);
  EXPECT_EQ(anonymous.error, DWORD{ERROR_BAD_IMPERSONATION_LEVEL});
  const Checked identified = check(sddl, impersonation_token(SecurityIdentification), FILE_READ_DATA);
  EXPECT_TRUE(identified.made);
  EXPECT_TRUE(identified.allowed);
  EXPECT_EQ(identified.granted, DWORD{FILE_READ_DATA});
}

TEST(Win32AccessCheck, ACC_16_ItWantsAnOwnerAGroupAndNoGenericRights) {
  const Owned token = impersonation_token();
  EXPECT_EQ(check("G:BAD:(A;;FA;;;WD)", token, FILE_READ_DATA).error, DWORD{ERROR_INVALID_SECURITY_DESCR});
  EXPECT_EQ(check("O:BAD:(A;;FA;;;WD)", token, FILE_READ_DATA).error, DWORD{ERROR_INVALID_SECURITY_DESCR});
  EXPECT_EQ(check("O:BAG:BAD:(A;;FA;;;WD)", token, GENERIC_READ).error, DWORD{ERROR_GENERIC_NOT_MAPPED});
  EXPECT_FALSE(check("O:BAG:BAD:(A;;FA;;;WD)", token, GENERIC_READ).made);
}

TEST(Win32AccessCheck, WhatIsNotAllowedIsAnAnswerAndNoFailure) {
  const Owned token = impersonation_token();
  const Checked refused = check("O:SYG:SYD:(D;;DC;;;WD)(A;;FA;;;WD)", token, FILE_READ_DATA | FILE_WRITE_DATA);
  EXPECT_TRUE(refused.made);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.granted, 0U);
  EXPECT_EQ(refused.error, DWORD{ERROR_ACCESS_DENIED});
  const Checked most = check("O:SYG:SYD:(D;;DC;;;WD)(A;;CCDC;;;WD)", token, MAXIMUM_ALLOWED);
  EXPECT_TRUE(most.allowed);
  EXPECT_EQ(most.granted & (FILE_READ_DATA | FILE_WRITE_DATA), DWORD{FILE_READ_DATA});
}

TEST(Win32AccessCheck, SEC_17_ADescriptorForOneLogonSessionShutsOthersOut) {
  log_in();
  const Owned token = impersonation_token();
  const std::string logon = logon_sid_of(token);
  if (!logon.empty()) {
    EXPECT_TRUE(check("O:SYG:SYD:(A;;CC;;;" + logon + ")", token, FILE_READ_DATA).allowed);
  }
  const Checked other = check("O:SYG:SYD:(A;;CC;;;S-1-5-5-77-4711)", token, FILE_READ_DATA);
  EXPECT_TRUE(other.made);
  EXPECT_FALSE(other.allowed);
}

TEST(Win32AccessCheck, GenericRightsAreMappedByTheCaller) {
  GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
  DWORD mask = GENERIC_READ | GENERIC_WRITE | DELETE;
  MapGenericMask(&mask, &mapping);
  EXPECT_EQ(mask, DWORD{FILE_GENERIC_READ | FILE_GENERIC_WRITE | DELETE});
  EXPECT_TRUE(AreAllAccessesGranted(FILE_ALL_ACCESS, FILE_READ_DATA | FILE_WRITE_DATA));
  EXPECT_FALSE(AreAllAccessesGranted(FILE_READ_DATA, FILE_READ_DATA | FILE_WRITE_DATA));
  EXPECT_TRUE(AreAnyAccessesGranted(FILE_READ_DATA, FILE_READ_DATA | FILE_WRITE_DATA));
}

// ----------------------------------------------------------------------------------------------------------- impersonation

bool thread_has_token() {
  HANDLE token = nullptr;
  const bool opened = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) != FALSE;
  if (opened) CloseHandle(token);
  return opened;
}

TEST(Win32Impersonation, AThreadThatActsForAClientHasATokenOfHis) {
  const Ends ends = connect_ends();
  ASSERT_TRUE(write_text(ends.client, "x"));
  ASSERT_EQ(read_text(ends.server), "x");
  ASSERT_TRUE(ImpersonateNamedPipeClient(ends.server));
  HANDLE opened = nullptr;
  const BOOL has_token = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &opened);
  EXPECT_TRUE(RevertToSelf());
  ASSERT_TRUE(has_token);
  const Owned token(opened);
  EXPECT_EQ(user_of(token), user_of(process_token()));
  SECURITY_IMPERSONATION_LEVEL level{};
  DWORD size = 0;
  ASSERT_TRUE(GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &size));
  EXPECT_EQ(level, SecurityImpersonation);
  EXPECT_TRUE(check("O:BAG:BAD:(A;;CC;;;WD)", token, FILE_READ_DATA).allowed);
  EXPECT_FALSE(thread_has_token());
}

TEST(Win32Impersonation, IMP_2_AClientCannotImpersonate) {
  const Ends ends = connect_ends();
  ASSERT_TRUE(write_text(ends.server, "x"));
  ASSERT_EQ(read_text(ends.client), "x");
  EXPECT_FALSE(thread_has_token());
  {
    PIPES_ORACLE_DIFFERS("ImpersonateNamedPipeClient on a client end: 50");
    EXPECT_EQ(last_error_of(ImpersonateNamedPipeClient(ends.client)), DWORD{ERROR_INVALID_FUNCTION});
  }
  EXPECT_FALSE(thread_has_token());
}

TEST(Win32Impersonation, IMP_14_HoweverOftenAThreadImpersonatedOneRevertEndsIt) {
  const Ends first = connect_ends();
  const Ends second = connect_ends();
  for (const Ends* ends : {&first, &second}) {
    ASSERT_TRUE(write_text(ends->client, "x"));
    ASSERT_EQ(read_text(ends->server), "x");
    EXPECT_TRUE(ImpersonateNamedPipeClient(ends->server));
    EXPECT_TRUE(thread_has_token());
  }
  EXPECT_TRUE(RevertToSelf());
  EXPECT_FALSE(thread_has_token());
  EXPECT_TRUE(RevertToSelf());  // and whoever is himself already may say so again
}

TEST(Win32Impersonation, IMP_13_AFailedCallLeavesTheThreadWhatItWas) {
  const Ends ends = connect_ends();
  ASSERT_TRUE(write_text(ends.client, "x"));
  ASSERT_EQ(read_text(ends.server), "x");
  ASSERT_TRUE(ImpersonateNamedPipeClient(ends.server));
  EXPECT_FALSE(ImpersonateNamedPipeClient(ends.client));
  EXPECT_TRUE(thread_has_token());
  EXPECT_TRUE(RevertToSelf());
}

TEST(Win32Impersonation, IMP_1_OtherThreadsAreNotTouched) {
  const Ends ends = connect_ends();
  ASSERT_TRUE(write_text(ends.client, "x"));
  ASSERT_EQ(read_text(ends.server), "x");
  ASSERT_TRUE(ImpersonateNamedPipeClient(ends.server));
  const Owned thread(CreateThread(
      nullptr, 0, [](LPVOID) -> DWORD { return thread_has_token() ? 1 : 0; }, nullptr, 0, nullptr));
  EXPECT_EQ(WaitForSingleObject(thread, INFINITE), DWORD{WAIT_OBJECT_0});
  DWORD has_token = 9;
  EXPECT_TRUE(GetExitCodeThread(thread, &has_token));
  EXPECT_EQ(has_token, 0U);
  EXPECT_TRUE(RevertToSelf());
}

TEST(Win32Impersonation, AThreadMayActForItsOwnProcess) {
  ASSERT_TRUE(ImpersonateSelf(SecurityImpersonation));
  HANDLE opened = nullptr;
  EXPECT_TRUE(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &opened));
  const Owned token(opened);
  EXPECT_TRUE(RevertToSelf());
  EXPECT_EQ(user_of(token), user_of(process_token()));
  EXPECT_TRUE(check("O:BAG:BAD:(A;;CC;;;WD)", token, FILE_READ_DATA).allowed);
  EXPECT_FALSE(thread_has_token());
}

#ifndef _WIN32  // where the call succeeds and opening fails: D33
TEST(Win32Impersonation, IMP_7_AClientThatOnlyLetsItselfBeIdentifiedIsNotActedFor) {
  const std::string name = unique_name();
  const Owned server(CreateNamedPipeA(name.c_str(), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 512, 512, 0, nullptr));
  const Owned client(CreateFileA(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING,
                                 SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr));
  ASSERT_TRUE(client.valid());
  ASSERT_TRUE(write_text(client, "x"));
  ASSERT_EQ(read_text(server), "x");
  EXPECT_EQ(last_error_of(ImpersonateNamedPipeClient(server)), DWORD{ERROR_BAD_IMPERSONATION_LEVEL});
  EXPECT_FALSE(thread_has_token());
}
#endif

// -------------------------------------------------------------------------------------------------- descriptors of pipes

Owned create_with(const std::string& name, PSECURITY_DESCRIPTOR descriptor, DWORD flags = 0, DWORD instances = 2) {
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, descriptor, FALSE};
  return Owned(
      CreateNamedPipeA(name.c_str(), PIPE_ACCESS_DUPLEX | flags, PIPE_TYPE_BYTE, instances, 512, 512, 0, &attributes));
}

std::string dacl_of_pipe(HANDLE pipe, SE_OBJECT_TYPE type = SE_KERNEL_OBJECT) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  PACL dacl = nullptr;
  const DWORD error = GetSecurityInfo(pipe, type, kDacl, nullptr, nullptr, &dacl, nullptr, &descriptor);
  if (error != ERROR_SUCCESS) return "error " + std::to_string(error);
  const Local<void> owned(descriptor);
  EXPECT_EQ(sddl_of_dacl(dacl), sddl_of(descriptor, kDacl));
  return sddl_of(descriptor, kDacl);
}

TEST(Win32PipeSecurity, APipeHasTheDescriptorItWasMadeWithOfEitherKind) {
  const std::string sddl = "D:(D;;DC;;;AN)(A;;FA;;;WD)";
  const auto relative = descriptor_of(sddl);
  SECURITY_DESCRIPTOR absolute;
  ASSERT_TRUE(InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION));
  ASSERT_TRUE(SetSecurityDescriptorDacl(&absolute, TRUE, dacl_of(relative), FALSE));
  for (PSECURITY_DESCRIPTOR descriptor : {relative.get(), static_cast<PSECURITY_DESCRIPTOR>(&absolute)}) {
    const Owned server = create_with(unique_name(), descriptor);
    ASSERT_TRUE(server.valid());
    EXPECT_EQ(dacl_of_pipe(server), sddl);
  }
}

TEST(Win32PipeSecurity, AListWithFreeRoomInItIsTakenToo) {
  Room room;
  ASSERT_TRUE(InitializeAcl(room.get(), sizeof room.memory, ACL_REVISION));
  ASSERT_TRUE(AddAccessAllowedAce(room.get(), ACL_REVISION, FILE_ALL_ACCESS, SidValue(WinWorldSid)));
  SECURITY_DESCRIPTOR absolute;
  ASSERT_TRUE(InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION));
  ASSERT_TRUE(SetSecurityDescriptorDacl(&absolute, TRUE, room.get(), FALSE));
  const Owned server = create_with(unique_name(), &absolute);
  ASSERT_TRUE(server.valid());
  EXPECT_EQ(dacl_of_pipe(server), "D:(A;;FA;;;WD)");
}

#ifndef _WIN32  // Wine does not return
TEST(Win32PipeSecurity, ADescriptorThatIsBrokenMakesNoPipe) {
  SECURITY_DESCRIPTOR absolute;
  ASSERT_TRUE(InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION));
  absolute.Revision = 2;
  EXPECT_FALSE(create_with(unique_name(), &absolute).valid());
  EXPECT_EQ(GetLastError(), DWORD{ERROR_UNKNOWN_REVISION});
  HANDLE reading = nullptr;
  HANDLE writing = nullptr;
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, &absolute, FALSE};
  EXPECT_EQ(last_error_of(CreatePipe(&reading, &writing, &attributes, 0)), DWORD{ERROR_UNKNOWN_REVISION});
}
#endif

TEST(Win32PipeSecurity, SEC_13_ErrorsAreReturnedAndBothNamesOfTheObjectServe) {
  const std::string name = unique_name();
  const Owned server = create_with(name, descriptor_of("D:(A;;FA;;;WD)").get());
  ASSERT_TRUE(server.valid());
  EXPECT_EQ(dacl_of_pipe(server, SE_KERNEL_OBJECT), "D:(A;;FA;;;WD)");
  EXPECT_EQ(dacl_of_pipe(server, SE_FILE_OBJECT), "D:(A;;FA;;;WD)");
  const Owned client(CreateFileA(name.c_str(), FILE_READ_DATA, 0, nullptr, OPEN_EXISTING, 0, nullptr));
  ASSERT_TRUE(client.valid());
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  SetLastError(4711);
  EXPECT_EQ(GetSecurityInfo(client, SE_KERNEL_OBJECT, kDacl, nullptr, nullptr, nullptr, nullptr, &descriptor),
            DWORD{ERROR_ACCESS_DENIED});
  EXPECT_EQ(SetSecurityInfo(client, SE_KERNEL_OBJECT, kDacl, nullptr, nullptr, nullptr, nullptr),
            DWORD{ERROR_ACCESS_DENIED});
#ifndef _WIN32
  EXPECT_EQ(GetLastError(), 4711U);
#endif
  EXPECT_EQ(GetSecurityInfo(nullptr, SE_KERNEL_OBJECT, kDacl, nullptr, nullptr, nullptr, nullptr, &descriptor),
            DWORD{ERROR_INVALID_HANDLE});
}

TEST(Win32PipeSecurity, SEC_17_APipeForOneLogonSessionIsOpenedByNoOther) {
  log_in();
  const auto open = [](const std::string& logon) {
    const std::string name = unique_name();
    const Owned server = create_with(name, descriptor_of("D:(A;;FA;;;" + logon + ")").get());
    EXPECT_TRUE(server.valid());
    const Owned client(CreateFileA(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr));
    return client.valid() ? DWORD{0} : GetLastError();
  };
  const std::string logon = logon_sid_of(process_token());
  if (!logon.empty()) {
    EXPECT_EQ(open(logon), 0U);
  }
  PIPES_ORACLE_DIFFERS("a DACL that grants nothing: it opens the pipe all the same");
  EXPECT_EQ(open("S-1-5-5-77-4711"), DWORD{ERROR_ACCESS_DENIED});
}

TEST(Win32PipeSecurity, ANewListReplacesTheOldOne) {
  const std::string name = unique_name();
  const Owned server = create_with(name, descriptor_of("D:(A;;FA;;;WD)").get(), WRITE_DAC);
  ASSERT_TRUE(server.valid());
  const auto other = descriptor_of("D:(A;;FR;;;WD)(A;;FA;;;BA)");
  ASSERT_EQ(SetSecurityInfo(server, SE_KERNEL_OBJECT, kDacl, nullptr, nullptr, dacl_of(other), nullptr),
            DWORD{ERROR_SUCCESS});
  EXPECT_EQ(dacl_of_pipe(server), "D:(A;;FR;;;WD)(A;;FA;;;BA)");
  const auto third = descriptor_of("D:(A;;FA;;;WD)");
  EXPECT_TRUE(SetKernelObjectSecurity(server, kDacl, third.get()));
  DWORD needed = 0;
  EXPECT_EQ(last_error_of(GetKernelObjectSecurity(server, kDacl, nullptr, 0, &needed)),
            DWORD{ERROR_INSUFFICIENT_BUFFER});
  std::vector<DWORD> memory(needed / sizeof(DWORD) + 1);
  ASSERT_TRUE(GetKernelObjectSecurity(server, kDacl, memory.data(), needed, &needed));
  EXPECT_EQ(sddl_of(memory.data(), kDacl), "D:(A;;FA;;;WD)");
}

TEST(Win32PipeSecurity, OwnerAndGroupAreTold) {
  const Owned server = create_with(unique_name(), descriptor_of("D:(A;;FA;;;WD)").get());
  ASSERT_TRUE(server.valid());
  PSID owner = nullptr;
  PSID group = nullptr;
  PACL dacl = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  ASSERT_EQ(GetSecurityInfo(server, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION, &owner,
                            &group, &dacl, nullptr, &descriptor),
            DWORD{ERROR_SUCCESS});
  const Local<void> owned(descriptor);
  const auto token_owner = token_information(process_token(), TokenOwner);
  EXPECT_TRUE(EqualSid(owner, as<TOKEN_OWNER>(token_owner).Owner));
  EXPECT_TRUE(IsValidSid(group));
}

}  // namespace
}  // namespace pipes::test
