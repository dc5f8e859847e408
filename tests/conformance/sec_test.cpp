// SEC: what a pipe's security descriptor does, as far as one user can see it. tests/multiprocess has several users.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "support/harness.h"
#include "support/oracle.h"

namespace pipes::test {
namespace {

constexpr uint32_t kOwner = PIPES_OWNER_SECURITY_INFORMATION;
constexpr uint32_t kGroup = PIPES_GROUP_SECURITY_INFORMATION;
constexpr uint32_t kDacl = PIPES_DACL_SECURITY_INFORMATION;
constexpr uint32_t kSacl = PIPES_SACL_SECURITY_INFORMATION;
constexpr uint32_t kAllRights = PIPES_GENERIC_ALL;

// A descriptor made of text, as bytes.
std::vector<std::byte> descriptor(const std::string& sddl) {
  void* made = nullptr;
  uint32_t size = 0;
  EXPECT_STATUS(PIPES_OK, pipes_sd_parse(sddl.c_str(), PIPES_SDDL_REVISION_1, &made, &size)) << sddl;
  std::vector<std::byte> bytes(static_cast<std::byte*>(made), static_cast<std::byte*>(made) + size);
  pipes_sd_free(made);
  return bytes;
}

Opened create_with(const std::string& name, const std::vector<std::byte>& bytes, uint32_t open_mode = 0) {
  const pipes_security_attributes attributes{sizeof(attributes), 0, bytes.data(), static_cast<uint32_t>(bytes.size()),
                                             0};
  ServerOptions options;
  options.open_mode |= open_mode;
  return try_create_server(name, options, &attributes);
}

struct Told {
  Code status;
  std::string sddl;
};

Told get_security(pipes_handle handle, uint32_t information) {
  void* bytes = nullptr;
  uint32_t size = 0;
  Told told;
  told.status = pipes_get_security(handle, information, &bytes, &size);
  if (told.status != PIPES_OK) return told;
  char* text = nullptr;
  EXPECT_STATUS(PIPES_OK, pipes_sd_format(bytes, size, PIPES_SDDL_REVISION_1, information, &text));
  if (text != nullptr) told.sddl = text;
  pipes_sd_free(text);
  pipes_sd_free(bytes);
  return told;
}

Code set_security(pipes_handle handle, uint32_t information, const std::string& sddl) {
  const std::vector<std::byte> bytes = descriptor(sddl);
  return pipes_set_security(handle, information, bytes.data(), static_cast<uint32_t>(bytes.size()));
}

std::string owner_of(pipes_handle handle) {
  const Told told = get_security(handle, kOwner);
  EXPECT_STATUS(PIPES_OK, told.status);
  return told.sddl.size() > 2 ? told.sddl.substr(2) : std::string();
}

// The user of this process, as a server is told of it.
std::string own_user() {
  const Pair pair = connected_pair();
  EXPECT_STATUS(PIPES_OK, write(pair.client, "x").status);
  EXPECT_EQ("x", read(pair.server).bytes);
  pipes_identity identity{};
  identity.size = sizeof identity;
  EXPECT_STATUS(PIPES_OK, pipes_get_client_identity(pair.server, &identity));
  std::string user = identity.user_sid != nullptr ? identity.user_sid : "";
  pipes_identity_free(&identity);
  return user;
}

// Why the oracle differs.
constexpr char kNoDefault[] = "Wine gives a pipe without a descriptor neither owner nor DACL; np-security says which";
constexpr char kAlwaysActs[] = "Wine lets any server act for its client at any time; ImpersonateNamedPipeClient";

TEST(Sec, SEC_1_TheDefaultDescriptor) {
  const Handle server = create_server(unique_name());
  PIPES_ORACLE_DIFFERS(kNoDefault);
  EXPECT_EQ("D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" + owner_of(server) + ")(A;;FR;;;WD)(A;;FR;;;AN)",
            get_security(server, kDacl).sddl);
}

TEST(Sec, SEC_3_TheDescriptorGovernsLaterInstancesToo) {
  const std::string name = unique_name();
  const Opened first = create_with(name, descriptor("D:(A;;FA;;;WD)"));
  ASSERT_STATUS(PIPES_OK, first.status);
  const Opened second = create_with(name, descriptor("D:(A;;FR;;;WD)"));  // INST-8: ignored
  ASSERT_STATUS(PIPES_OK, second.status);
  EXPECT_EQ("D:(A;;FA;;;WD)", get_security(second.handle, kDacl).sddl);
}

TEST(Sec, INST_8_TheDescriptorOfALaterInstanceIsIgnored) {
  const std::string name = unique_name();
  const Opened first = create_with(name, descriptor("D:(A;;FA;;;WD)"));
  const Opened second = create_with(name, descriptor("D:"));  // would let nobody in
  ASSERT_STATUS(PIPES_OK, first.status);
  ASSERT_STATUS(PIPES_OK, second.status);
  const Opened one = try_open(name);
  EXPECT_STATUS(PIPES_OK, one.status);
  const Opened other = try_open(name);
  EXPECT_STATUS(PIPES_OK, other.status);
}

TEST(Sec, SEC_5_ADescriptorWithoutADaclGetsTheDefaultOne) {
  const Handle usual = create_server(unique_name());
  const Opened server = create_with(unique_name(), descriptor("O:" + own_user()));
  ASSERT_STATUS(PIPES_OK, server.status);
  PIPES_ORACLE_DIFFERS(kNoDefault);
  EXPECT_EQ(get_security(usual, kDacl).sddl, get_security(server.handle, kDacl).sddl);
}

TEST(Sec, SEC_5_ANullDaclStaysNull) {
  const Opened server = create_with(unique_name(), descriptor("D:NO_ACCESS_CONTROL"));
  ASSERT_STATUS(PIPES_OK, server.status);
  EXPECT_EQ("D:NO_ACCESS_CONTROL", get_security(server.handle, kDacl).sddl);
}

TEST(Sec, SEC_6_OwnerAndGroupComeFromTheCreatorAndGenericRightsAreMapped) {
  const Handle usual = create_server(unique_name());
  const Opened server = create_with(unique_name(), descriptor("D:(A;;GA;;;SY)(A;;GR;;;WD)(A;;GWGX;;;WD)"));
  ASSERT_STATUS(PIPES_OK, server.status);
  {
    PIPES_ORACLE_DIFFERS(kNoDefault);
    EXPECT_EQ(get_security(usual, kOwner | kGroup).sddl, get_security(server.handle, kOwner | kGroup).sddl);
  }
  PIPES_ORACLE_DIFFERS("Wine stores generic rights as they are; MS-DTYP 2.5.3.4 maps them");
  EXPECT_EQ("D:(A;;FA;;;SY)(A;;FR;;;WD)(A;;0x1201b6;;;WD)", get_security(server.handle, kDacl).sddl);
}

TEST(Sec, SEC_6_CreatorOwnerIsReplacedByTheOwner) {
  const Opened server = create_with(unique_name(), descriptor("D:(A;;FA;;;CO)"));
  ASSERT_STATUS(PIPES_OK, server.status);
  PIPES_ORACLE_DIFFERS("Wine keeps CREATOR OWNER; MS-DTYP 2.5.3.4 replaces it");
  EXPECT_EQ("D:(A;;FA;;;" + owner_of(server.handle) + ")", get_security(server.handle, kDacl).sddl);
}

TEST(Sec, OPEN_23_AMalformedDescriptorMakesNoPipe) {
  const std::string name = unique_name();
  std::vector<std::byte> bytes = descriptor("D:(A;;FA;;;WD)");
  for (const size_t size : {size_t{0}, size_t{1}, size_t{19}, bytes.size() - 1}) {
    SCOPED_TRACE(size);
    const pipes_security_attributes attributes{sizeof(attributes), 0, bytes.data(), static_cast<uint32_t>(size), 0};
    EXPECT_FALSE(try_create_server(name, {}, &attributes).status.ok());
  }
  bytes[0] = std::byte{2};
  EXPECT_FALSE(create_with(name, bytes).status.ok());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(name).status);
}

TEST(Sec, SEC_11_ReadingNeedsReadControl) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  const Opened client = try_open(name, PIPES_FILE_READ_DATA);
  ASSERT_STATUS(PIPES_OK, client.status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_security(client.handle, kDacl).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_security(client.handle, kOwner).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_security(server, kSacl).status);
}

TEST(Sec, SEC_12_WritingNeedsItsRights) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  const Opened client = try_open(name);
  ASSERT_STATUS(PIPES_OK, client.status);
  const std::string owner = "O:" + own_user();
  for (const pipes_handle handle : {static_cast<pipes_handle>(server), static_cast<pipes_handle>(client.handle)}) {
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(handle, kDacl, "D:(A;;FA;;;WD)"));
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(handle, kOwner, owner));
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(handle, kSacl, "S:"));
  }
}

TEST(Sec, SEC_14_OnlyThePartsNamedAreReadAndReplaced) {
  const std::string name = unique_name();
  const Opened server = create_with(name, descriptor("D:(A;;FA;;;WD)"), PIPES_WRITE_DAC);
  ASSERT_STATUS(PIPES_OK, server.status);
  const std::string owner = get_security(server.handle, kOwner | kGroup).sddl;
  EXPECT_EQ("D:(A;;FA;;;WD)", get_security(server.handle, kDacl).sddl);
  ASSERT_STATUS(PIPES_OK, set_security(server.handle, kDacl, "O:BAG:BAD:(A;;FR;;;WD)"));
  EXPECT_EQ("D:(A;;FR;;;WD)", get_security(server.handle, kDacl).sddl);
  EXPECT_EQ(owner, get_security(server.handle, kOwner | kGroup).sddl);
}

TEST(Sec, SEC_15_ANullDaclOpensThePipe) {
  const std::string name = unique_name();
  const Opened server = create_with(name, descriptor("D:(A;;FR;;;WD)"), PIPES_WRITE_DAC);
  ASSERT_STATUS(PIPES_OK, server.status);
  ASSERT_STATUS(PIPES_OK, set_security(server.handle, kDacl, "D:NO_ACCESS_CONTROL"));
  EXPECT_STATUS(PIPES_OK, try_open(name, PIPES_FILE_ALL_ACCESS).status);
}

TEST(Sec, SEC_16_EitherEndQueriesAndSets) {
  const std::string name = unique_name();
  const Opened server = create_with(name, descriptor("D:(A;;FA;;;WD)"));
  ASSERT_STATUS(PIPES_OK, server.status);
  const Opened client = try_open(name, kAllRights);
  ASSERT_STATUS(PIPES_OK, client.status);
  EXPECT_EQ("D:(A;;FA;;;WD)", get_security(client.handle, kDacl).sddl);
  ASSERT_STATUS(PIPES_OK, set_security(client.handle, kDacl, "D:(A;;FR;;;WD)"));
  EXPECT_EQ("D:(A;;FR;;;WD)", get_security(server.handle, kDacl).sddl);
  EXPECT_EQ("D:(A;;FR;;;WD)", get_security(client.handle, kDacl).sddl);
}

TEST(Sec, SEC_16_ADetachedClientReachesNothing) {
  const std::string name = unique_name();
  const Opened server = create_with(name, descriptor("D:(A;;FA;;;WD)"));
  ASSERT_STATUS(PIPES_OK, server.status);
  const Opened client = try_open(name, kAllRights);
  ASSERT_STATUS(PIPES_OK, client.status);
  ASSERT_STATUS(PIPES_OK, disconnect(server.handle));
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, get_security(client.handle, kDacl).status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, set_security(client.handle, kDacl, "D:"));
}

TEST(Sec, SEC_18_AnonymousPipesHaveOneToo) {
  const std::vector<std::byte> bytes = descriptor("D:(A;;FA;;;WD)");
  const pipes_security_attributes attributes{sizeof(attributes), 0, bytes.data(), static_cast<uint32_t>(bytes.size()),
                                             0};
  pipes_handle reading = PIPES_INVALID_HANDLE;
  pipes_handle writing = PIPES_INVALID_HANDLE;
  ASSERT_STATUS(PIPES_OK, pipes_create_anonymous(&reading, &writing, &attributes, 0));
  const Handle read_end(reading);
  const Handle write_end(writing);
  EXPECT_EQ("D:(A;;FA;;;WD)", get_security(read_end, kDacl).sddl);
  EXPECT_EQ("D:(A;;FA;;;WD)", get_security(write_end, kDacl).sddl);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(write_end, kDacl, "D:"));
}

TEST(Sec, SEC_8_AHandleKeepsItsRights) {
  const std::string name = unique_name();
  const Opened server = create_with(name, descriptor("D:(A;;FA;;;WD)"), PIPES_WRITE_DAC);
  ASSERT_STATUS(PIPES_OK, server.status);
  const Opened client = try_open(name, kReadWrite);
  ASSERT_STATUS(PIPES_OK, client.status);
  ASSERT_STATUS(PIPES_OK, set_security(server.handle, kDacl, "D:"));
  EXPECT_STATUS(PIPES_OK, write(client.handle, "still").status);
}

TEST(Sec, WhatIsNoQuestionIsRefused) {
  const Handle server = create_server(unique_name());
  void* bytes = nullptr;
  uint32_t size = 0;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_security(server, kDacl, nullptr, &size));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_security(server, kDacl, &bytes, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_security(server, 0x00100000, &bytes, &size));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_set_security(server, kDacl, nullptr, 0));
  EXPECT_FALSE(Code{pipes_set_security(server, kDacl, "", 0)}.ok());
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_security(PIPES_INVALID_HANDLE, kDacl, &bytes, &size));
  EXPECT_EQ(nullptr, bytes);
}

// ------------------------------------------------------------------------------------------------------- acting for

constexpr uint32_t kStatic = PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_IMPERSONATION;

TEST(Imp, IMP_2_OnlyAServerEndHasAClient) {
  const Pair pair = connected_pair();
  PIPES_ORACLE_DIFFERS("Wine says 50 of a client end; ImpersonateNamedPipeClient is for server ends, and NT says 1");
  EXPECT_STATUS(PIPES_ERROR_INVALID_FUNCTION, pipes_impersonate_client(pair.client));
}

TEST(Imp, IMP_10_NothingReadYet) {
  const Pair pair = connected_pair();
  {
    PIPES_ORACLE_DIFFERS(kAlwaysActs);
    EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, pipes_impersonate_client(pair.server));
  }
  ASSERT_STATUS(PIPES_OK, write(pair.client, "x").status);
  {
    PIPES_ORACLE_DIFFERS(kAlwaysActs);
    EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, pipes_impersonate_client(pair.server));
  }
  ASSERT_EQ("x", read(pair.server).bytes);
  EXPECT_STATUS(PIPES_OK, pipes_impersonate_client(pair.server));
  EXPECT_STATUS(PIPES_OK, pipes_revert_to_self());
}

TEST(Imp, IMP_9_PeekingCountsAsReading) {
  const Pair pair = connected_pair();
  ASSERT_STATUS(PIPES_OK, write(pair.client, "x").status);
  ASSERT_EQ("x", peek(pair.server).bytes);
  EXPECT_STATUS(PIPES_OK, pipes_impersonate_client(pair.server));
  EXPECT_STATUS(PIPES_OK, pipes_revert_to_self());
}

TEST(Imp, IMP_10_AStaticIdentityIsThereAtOnce) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  const Opened client = try_open(name, kReadWrite, kStatic);
  ASSERT_STATUS(PIPES_OK, client.status);
  EXPECT_STATUS(PIPES_OK, pipes_impersonate_client(server));
  EXPECT_STATUS(PIPES_OK, pipes_revert_to_self());
}

TEST(Imp, IMP_11_TheIdentityGoesWithADisconnect) {
  const Pair pair = connected_pair();
  ASSERT_STATUS(PIPES_OK, write(pair.client, "x").status);
  ASSERT_EQ("x", read(pair.server).bytes);
  ASSERT_STATUS(PIPES_OK, disconnect(pair.server));
  PIPES_ORACLE_DIFFERS(kAlwaysActs);
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, pipes_impersonate_client(pair.server));
}

TEST(Imp, IMP_14_OneRevertEndsAnyNumber) {
  const Pair pair = connected_pair();
  ASSERT_STATUS(PIPES_OK, write(pair.client, "x").status);
  ASSERT_EQ("x", read(pair.server).bytes);
  EXPECT_STATUS(PIPES_OK, pipes_impersonate_client(pair.server));
  EXPECT_STATUS(PIPES_OK, pipes_impersonate_client(pair.server));
  EXPECT_STATUS(PIPES_OK, pipes_revert_to_self());
  EXPECT_STATUS(PIPES_OK, pipes_revert_to_self());
}

TEST(Imp, TheClientsIdentityIsThisProcesss) {
  const Pair pair = connected_pair();
  pipes_identity identity{};
  identity.size = sizeof identity;
  ASSERT_STATUS(PIPES_OK, write(pair.client, "x").status);
  ASSERT_EQ("x", read(pair.server).bytes);
  ASSERT_STATUS(PIPES_OK, pipes_get_client_identity(pair.server, &identity));
  {
    PIPES_ORACLE_DIFFERS(kNoDefault);
    EXPECT_EQ(owner_of(pair.server), identity.user_sid);
  }
  EXPECT_EQ(server_process_id(pair.server).value, identity.process_id);
  EXPECT_EQ(0u, identity.remote);
  pipes_identity_free(&identity);
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_client_identity(pair.server, nullptr));
  identity.size = 4;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_client_identity(pair.server, &identity));
}

// Opens a pipe of its own with `owner`.
Code open_demanding(const std::string& owner, uint32_t size = sizeof(pipes_open_options)) {
  const std::string name = unique_name();
  const Opened server = create_with(name, descriptor("O:" + own_user() + "D:(A;;FA;;;WD)"));
  EXPECT_STATUS(PIPES_OK, server.status);
  const pipes_open_options options{size, 0, owner.c_str()};
  pipes_handle raw = PIPES_INVALID_HANDLE;
  const Code status{pipes_open(name.c_str(), kReadWrite, 0, &options, &raw)};
  const Handle client(raw);
  return status;
}

TEST(Imp, AClientReachesOnlyServersOfTheOwnerItDemands) {
  const std::string user = own_user();
  EXPECT_STATUS(PIPES_OK, open_demanding(user));
  EXPECT_STATUS(PIPES_ERROR_INVALID_OWNER, open_demanding("S-1-5-21-1-2-3-4"));
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID, open_demanding("nobody"));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, open_demanding(user, 12));
  EXPECT_STATUS(PIPES_OK, open_demanding("S-1-5-21-1-2-3-4", 8));  // as it was before it knew owners
}

}  // namespace
}  // namespace pipes::test
