// SEC: what a pipe's security descriptor does, as far as one user can see it. tests/multiprocess has several users.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "support/harness.h"
#include "support/oracle.h"

namespace pipes::test {
namespace {

constexpr uint32_t kOwner = PIPES_OWNER_SECURITY_INFORMATION;
constexpr uint32_t kGroup = PIPES_GROUP_SECURITY_INFORMATION;
constexpr uint32_t kDacl = PIPES_DACL_SECURITY_INFORMATION;
constexpr uint32_t kSacl = PIPES_SACL_SECURITY_INFORMATION;
constexpr uint32_t kLabel = PIPES_LABEL_SECURITY_INFORMATION;
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
  // What was not asked for would show. Wine calls lists present that it does not give.
  const uint32_t shown = kOurEngine ? kOwner | kGroup | kDacl | kSacl | kLabel : information;
  EXPECT_STATUS(PIPES_OK, pipes_sd_format(bytes, size, PIPES_SDDL_REVISION_1, shown, &text));
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

// What opening a pipe with the DACL comes to.
Code open_with(const std::string& dacl, uint32_t access) {
  const std::string name = unique_name();
  const Opened server = create_with(name, descriptor(dacl));
  EXPECT_STATUS(PIPES_OK, server.status) << dacl;
  return try_open(name, access).status;
}

// Why the oracle differs.
constexpr char kLetsAllIn[] = "Wine lets every client of a pipe in, whatever its DACL; np-security: it is checked";
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

TEST(Sec, SEC_3_ItGovernsClientsOfEveryInstanceAndCalls) {
  const std::string name = unique_name();
  const std::vector<std::byte> open_to_all = descriptor("D:(A;;FA;;;WD)");
  const Opened first = create_with(name, open_to_all, PIPES_WRITE_DAC);
  ASSERT_STATUS(PIPES_OK, first.status);
  const Opened second = create_with(name, open_to_all);
  ASSERT_STATUS(PIPES_OK, second.status);
  ASSERT_STATUS(PIPES_OK, set_security(first.handle, kDacl, "D:(D;;DC;;;WD)(A;;FA;;;WD)"));  // for reading only
  std::vector<Handle> readers;
  for (const char* const instance : {"the first", "the second"}) {
    SCOPED_TRACE(instance);
    if (kOurEngine) {  // Wine lets them in, and a call would wait for its reply
      EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, call(name, "x", 8, PIPES_NMPWAIT_NOWAIT).status);
      EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, try_open(name).status);
    }
    Opened reader = try_open(name, PIPES_GENERIC_READ);
    EXPECT_STATUS(PIPES_OK, reader.status);
    readers.push_back(std::move(reader.handle));
  }
}

TEST(Sec, SEC_3_ItGovernsWhoAddsInstances) {
  const std::string name = unique_name();
  const Opened first = create_with(name, descriptor("D:(A;;0x12019b;;;WD)"));  // all but adding instances
  ASSERT_STATUS(PIPES_OK, first.status);
  {
    PIPES_ORACLE_DIFFERS(kLetsAllIn);
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, try_create_server(name).status);
  }
  EXPECT_STATUS(PIPES_OK, try_open(name).status);
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

// Opening asks for more than the owner has by being the owner (CLI-5).
TEST(Sec, SEC_5_AnEmptyDaclLetsNobodyIn) {
  const std::string name = unique_name();
  const Opened server = create_with(name, descriptor("D:"));
  ASSERT_STATUS(PIPES_OK, server.status) << "SEC-4";
  EXPECT_EQ("D:", get_security(server.handle, kDacl).sddl);
  {
    PIPES_ORACLE_DIFFERS(kLetsAllIn);
    for (const uint32_t access : {PIPES_GENERIC_READ, PIPES_GENERIC_WRITE, PIPES_READ_CONTROL, 0u}) {
      EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, try_open(name, access).status) << access;
    }
  }
  // With what opening asks for besides, the owner's own rights are enough.
  EXPECT_STATUS(PIPES_OK, open_with("D:(A;;0x100080;;;WD)", PIPES_READ_CONTROL | PIPES_WRITE_DAC));
  PIPES_ORACLE_DIFFERS(kLetsAllIn);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, open_with("D:(A;;0x100080;;;WD)", PIPES_DELETE));
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

TEST(Sec, SEC_9_EachCallNeedsItsRightOnTheHandle) {
  const Pair pair = connected_pair(message_pipe());
  for (const uint32_t right :
       {PIPES_FILE_READ_DATA, PIPES_FILE_WRITE_DATA, PIPES_FILE_READ_ATTRIBUTES, PIPES_FILE_WRITE_ATTRIBUTES}) {
    SCOPED_TRACE(right);
    ASSERT_STATUS(PIPES_OK, write(pair.client, "x").status);
    pipes_handle made = PIPES_INVALID_HANDLE;
    ASSERT_STATUS(PIPES_OK, pipes_duplicate(pair.server, right, 0, 0, &made));
    const Handle handle(made);
    const auto needs = [&](uint32_t needed) {
      return (right & needed) == needed ? Code(PIPES_OK) : Code(PIPES_ERROR_ACCESS_DENIED);
    };
    EXPECT_STATUS(needs(PIPES_FILE_READ_DATA), peek(handle).status);
    EXPECT_STATUS(needs(PIPES_FILE_READ_DATA), read(handle).status);
    EXPECT_STATUS(needs(PIPES_FILE_WRITE_DATA), write(handle, "y").status);
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, transact(handle, "needs both").status);
    EXPECT_STATUS(needs(PIPES_FILE_READ_ATTRIBUTES), get_info(handle).status);
    EXPECT_STATUS(needs(PIPES_FILE_READ_ATTRIBUTES), get_state(handle).status);
    EXPECT_STATUS(needs(PIPES_FILE_WRITE_ATTRIBUTES), set_mode(handle, PIPES_READMODE_MESSAGE));
    while (peek(pair.client).available > 0) (void)read(pair.client);
    if (kOurEngine || right == PIPES_FILE_WRITE_DATA) {  // Wine: FLUSH_3
      EXPECT_STATUS(needs(PIPES_FILE_WRITE_DATA), flush(handle));
    }
    while (peek(pair.server).available > 0) (void)read(pair.server);
  }
}

TEST(Sec, SEC_11_ReadingNeedsReadControl) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  const Opened client = try_open(name, PIPES_FILE_READ_DATA);
  ASSERT_STATUS(PIPES_OK, client.status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_security(client.handle, kDacl).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_security(client.handle, kOwner).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_security(client.handle, kGroup).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_security(client.handle, kLabel).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, get_security(server, kSacl).status);
  for (const uint32_t part : {kOwner, kGroup, kDacl, kLabel}) {
    EXPECT_STATUS(PIPES_OK, get_security(server, part).status) << part;
  }
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
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(handle, kGroup, "G:WD"));
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(handle, kLabel, "S:(ML;;NW;;;LW)"));
  }
}

TEST(Sec, SEC_12_EachRightIsForItsPartsAlone) {
  const std::string owner = "O:" + own_user();
  const std::vector<std::byte> bytes = descriptor("D:(A;;FA;;;WD)");
  const Opened dacl = create_with(unique_name(), bytes, PIPES_WRITE_DAC);
  ASSERT_STATUS(PIPES_OK, dacl.status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(dacl.handle, kOwner, owner));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(dacl.handle, kGroup, "G:WD"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(dacl.handle, kLabel, "S:(ML;;NW;;;LW)"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(dacl.handle, kSacl, "S:"));
  EXPECT_STATUS(PIPES_OK, set_security(dacl.handle, kDacl, "D:(A;;FR;;;WD)"));

  const Opened rest = create_with(unique_name(), bytes, PIPES_WRITE_OWNER);
  ASSERT_STATUS(PIPES_OK, rest.status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(rest.handle, kDacl, "D:(A;;FR;;;WD)"));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, set_security(rest.handle, kSacl, "S:"));
  EXPECT_STATUS(PIPES_OK, set_security(rest.handle, kOwner, owner));
  EXPECT_EQ(owner, get_security(rest.handle, kOwner).sddl);
  EXPECT_STATUS(PIPES_OK, set_security(rest.handle, kGroup, "G:WD"));
  EXPECT_EQ("G:WD", get_security(rest.handle, kGroup).sddl);
  EXPECT_STATUS(PIPES_OK, set_security(rest.handle, kLabel, "S:(ML;;NW;;;LW)"));
  EXPECT_EQ("S:(ML;;NW;;;LW)", get_security(rest.handle, kLabel).sddl);
  EXPECT_EQ("D:(A;;FA;;;WD)", get_security(rest.handle, kDacl).sddl);
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

TEST(Sec, SEC_18_WithoutADescriptorAnAnonymousPipeHasTheDefaultOne) {
  const Handle named = create_server(unique_name());
  const std::string usual = get_security(named, kOwner | kGroup | kDacl).sddl;
  const pipes_security_attributes without{sizeof(without), 0, nullptr, 0, 0};
  for (const pipes_security_attributes* const attributes :
       {static_cast<const pipes_security_attributes*>(nullptr), &without}) {
    pipes_handle reading = PIPES_INVALID_HANDLE;
    pipes_handle writing = PIPES_INVALID_HANDLE;
    ASSERT_STATUS(PIPES_OK, pipes_create_anonymous(&reading, &writing, attributes, 0));
    const Handle read_end(reading);
    const Handle write_end(writing);
    for (const pipes_handle end : {reading, writing}) {
      const Told told = get_security(end, kOwner | kGroup | kDacl);
      EXPECT_STATUS(PIPES_OK, told.status);
      if (kOurEngine) {  // NT takes the default DACL of the creator's token, which is not that of named pipes
        EXPECT_EQ(usual, told.sddl);
      }
    }
  }
}

// SD-10, SDDL-21: entries of a kind that text has no words for.
TEST(Sec, SD_10_EntriesOfUnknownAndConditionalTypesAreKept) {
  std::vector<std::byte> bytes = descriptor("D:(A;;FA;;;WD)(D;;0x1;;;AN)(D;;0x2;;;AN)");
  constexpr size_t kEntry = 20;
  const size_t entries = 3 * kEntry;  // the last of what there is
  bytes[bytes.size() - 2 * kEntry] = std::byte{0x7F};
  bytes[bytes.size() - kEntry] = std::byte{10};  // denies by a condition, which is not evaluated
  const std::string name = unique_name();
  const Opened server = create_with(name, bytes);
  {
    PIPES_ORACLE_DIFFERS("Wine answers 1338; MS-DTYP 2.5.3.2: entries of unknown types are skipped");
    EXPECT_STATUS(PIPES_OK, server.status);
  }
  if (!server.status.ok()) return;
  void* got = nullptr;
  uint32_t size = 0;
  ASSERT_STATUS(PIPES_OK, pipes_get_security(server.handle, kDacl, &got, &size));
  const std::vector<std::byte> told(static_cast<std::byte*>(got), static_cast<std::byte*>(got) + size);
  pipes_sd_free(got);
  ASSERT_LE(entries, told.size());
  EXPECT_EQ(0, std::memcmp(&bytes[bytes.size() - entries], &told[told.size() - entries], entries));
  EXPECT_STATUS(PIPES_OK, try_open(name).status) << "and grant and deny nothing to others";
}

TEST(Sec, ACC_2_GenericRightsAreMappedBeforeTheCheck) {
  const std::pair<uint32_t, uint32_t> cases[] = {{PIPES_GENERIC_READ, 0x120089},
                                                 {PIPES_GENERIC_WRITE, 0x120116},
                                                 {PIPES_GENERIC_EXECUTE, 0x1200A0},
                                                 {PIPES_GENERIC_ALL, 0x1F01FF}};
  constexpr uint32_t kByOpening = PIPES_FILE_READ_ATTRIBUTES | PIPES_SYNCHRONIZE;  // CLI-5
  // Being the owner brings nothing besides (ACC-9).
  const auto granting = [](uint32_t rights) { return "D:(A;;0;;;OW)(A;;" + std::to_string(rights) + ";;;WD)"; };
  for (const auto& [generic, rights] : cases) {
    SCOPED_TRACE(generic);
    EXPECT_STATUS(PIPES_OK, open_with(granting(rights | kByOpening), generic)) << "no more than these";
    PIPES_ORACLE_DIFFERS(kLetsAllIn);
    for (uint32_t right = 1; right != 0 && right <= rights; right <<= 1) {
      if ((rights & right) == 0 || right == PIPES_FILE_CREATE_PIPE_INSTANCE) continue;  // CLI-6
      if (right == PIPES_WRITE_OWNER) continue;                                         // root's by privilege (ACC-10)
      EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, open_with(granting((rights | kByOpening) & ~right), generic)) << right;
    }
  }
}

TEST(Sec, ACC_13_DenyingGenericWriteShutsReadersOut) {
  {
    PIPES_ORACLE_DIFFERS(kLetsAllIn);
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, open_with("D:(D;;GW;;;WD)(A;;FA;;;WD)", PIPES_GENERIC_READ));
  }
  EXPECT_STATUS(PIPES_OK, open_with("D:(D;;DC;;;WD)(A;;FA;;;WD)", PIPES_GENERIC_READ)) << "the single bit";
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
