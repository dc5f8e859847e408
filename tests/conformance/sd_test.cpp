// SD: descriptors, lists and entries as bytes. Most of these are what somebody hostile would send.
#include <gtest/gtest.h>

#include "support/harness.h"
#include "support/security.h"

namespace pipes::test {
namespace {

// The parts that the tests put together. Offsets count from the start of the descriptor.
const std::string kSystem = bytes_from_hex("0101000000000005 12000000");                   // 12 bytes
const std::string kAdministrators = bytes_from_hex("0102000000000005 20000000 20020000");  // 16 bytes
const std::string kEveryoneMayRead =
    bytes_from_hex("02001c0001000000 00001400 89001200 0101000000000001 00000000");  // 28

// A self-relative header.
std::string header(uint32_t control, uint32_t owner, uint32_t group, uint32_t sacl, uint32_t dacl) {
  std::string bytes(20, '\0');
  bytes[0] = 1;
  set_u16(&bytes, 2, control | 0x8000);
  set_u32(&bytes, 4, owner);
  set_u32(&bytes, 8, group);
  set_u32(&bytes, 12, sacl);
  set_u32(&bytes, 16, dacl);
  return bytes;
}

// A descriptor that is nothing but a DACL.
std::string with_dacl(const std::string& acl) { return header(4, 0, 0, 0, 20) + acl; }

// A DACL with `count` as its count and its size as it is.
std::string acl_of(const std::string& entries, uint32_t count) {
  std::string acl = bytes_from_hex("0200000000000000");
  set_u16(&acl, 2, static_cast<uint32_t>(8 + entries.size()));
  set_u16(&acl, 4, count);
  return acl + entries;
}

Code status_of(const std::string& descriptor) { return format_sddl(descriptor).status; }

std::string text_of(const std::string& descriptor) {
  const Told told = format_sddl(descriptor);
  return told.status.ok() ? told.value : "status " + std::to_string(told.status.number);
}

TEST(Sd, SD_1_TheHeaderHoldsRevisionControlAndOffsets) {
  EXPECT_EQ("", text_of(header(0, 0, 0, 0, 0)));
  EXPECT_EQ("O:SYG:BAD:(A;;FR;;;WD)", text_of(header(4, 20, 32, 0, 48) + kSystem + kAdministrators + kEveryoneMayRead));
  EXPECT_EQ("0100048014000000000000000000000020000000" + to_hex(kSystem + kEveryoneMayRead),
            to_hex(header(4, 20, 0, 0, 32) + kSystem + kEveryoneMayRead));
}

TEST(Sd, SD_2_EachControlBitHasItsPlace) {
  const std::pair<uint32_t, const char*> flags[] = {{0x1000, "D:PS:"}, {0x0100, "D:ARS:"}, {0x0400, "D:AIS:"},
                                                    {0x2000, "D:S:P"}, {0x0200, "D:S:AR"}, {0x0800, "D:S:AI"}};
  for (const auto& [bit, text] : flags) {
    EXPECT_EQ(text, text_of(header(0x14 | bit, 0, 0, 20, 20) + acl_of("", 0)));
  }
  for (const uint32_t bit : {0x1u, 0x2u, 0x8u, 0x20u, 0x40u, 0x80u, 0x4000u}) {  // without words
    EXPECT_EQ("D:S:", text_of(header(0x14 | bit, 0, 0, 20, 20) + acl_of("", 0)));
  }
}

TEST(Sd, SD_3_NullMissingAndEmptyLists) {
  const Who anybody("S-1-22-1-9");
  const std::string owners = bytes_from_hex("0101000000000005 12000000");
  const std::string null = header(4, 20, 20, 0, 0) + owners;
  const std::string missing = header(0, 20, 20, 0, 0) + owners;
  const std::string empty = header(4, 20, 20, 0, 32) + owners + acl_of("", 0);
  EXPECT_STATUS(PIPES_OK, check_access(null, anybody, PIPES_FILE_ALL_ACCESS).status);
  EXPECT_STATUS(PIPES_OK, check_access(missing, anybody, PIPES_FILE_ALL_ACCESS).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check_access(empty, anybody, PIPES_FILE_READ_DATA).status);
  // The offset of a list that is not present says nothing.
  EXPECT_EQ("O:SYG:SY", text_of(header(0, 20, 20, 0xFFFFFFFF, 0xFFFFFFFF) + owners));
}

TEST(Sd, SD_4_AListSaysItsSizeAndCount) {
  EXPECT_EQ("D:", text_of(with_dacl(acl_of("", 0))));
  EXPECT_EQ("D:(A;;FR;;;WD)", text_of(with_dacl(kEveryoneMayRead)));
  // Room behind the entries is free for more.
  std::string roomy = kEveryoneMayRead + std::string(12, '\xEE');
  set_u16(&roomy, 2, 40);
  EXPECT_EQ("D:(A;;FR;;;WD)", text_of(with_dacl(roomy)));
  for (const int revision : {0, 1, 5}) {
    std::string acl = kEveryoneMayRead;
    acl[0] = static_cast<char>(revision);
    EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, status_of(with_dacl(acl)));
  }
}

TEST(Sd, SD_4_SizesAndCountsThatLie) {
  for (const uint32_t size : {0u, 4u, 7u, 8u, 12u, 27u, 29u, 36u, 0xFFFFu}) {
    std::string acl = kEveryoneMayRead;
    set_u16(&acl, 2, size);
    EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, status_of(with_dacl(acl))) << size;
  }
  for (const uint32_t count : {2u, 100u, 0xFFFFu}) {
    std::string acl = kEveryoneMayRead;
    set_u16(&acl, 4, count);
    EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, status_of(with_dacl(acl))) << count;
  }
}

TEST(Sd, SD_5_SizesOfEntriesThatLie) {
  for (const uint32_t size : {0u, 1u, 3u, 4u, 8u, 12u, 16u, 18u, 19u, 24u, 0xFFFCu, 0xFFFFu}) {
    std::string acl = kEveryoneMayRead;
    set_u16(&acl, 8 + 2, size);
    EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, status_of(with_dacl(acl))) << size;
  }
  std::string sid_too_long = kEveryoneMayRead;
  sid_too_long[8 + 8 + 1] = 2;  // The second sub-authority would lie behind the entry.
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, status_of(with_dacl(sid_too_long) + std::string(64, '\0')));
}

TEST(Sd, SD_5_ObjectEntriesHaveUpToTwoGuids) {
  const std::string guid = bytes_from_hex("33221100554477668899aabbccddeeff");
  const std::string everyone = bytes_from_hex("0101000000000001 00000000");
  const auto entry = [&](uint32_t flags, const std::string& guids) {
    std::string bytes = bytes_from_hex("05000000 01000000 00000000") + guids + everyone;
    set_u16(&bytes, 2, static_cast<uint32_t>(bytes.size()));
    set_u32(&bytes, 8, flags);
    return with_dacl(acl_of(bytes, 1));
  };
  EXPECT_EQ("D:(OA;;CC;00112233-4455-6677-8899-aabbccddeeff;;WD)", text_of(entry(1, guid)));
  EXPECT_EQ("D:(OA;;CC;;00112233-4455-6677-8899-aabbccddeeff;WD)", text_of(entry(2, guid)));
  EXPECT_EQ("D:(A;;CC;;;WD)", text_of(entry(0, "")));
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, status_of(entry(3, guid)));  // where the second would be, there is the SID
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, status_of(entry(1, "")));
}

TEST(Sd, SD_6_WhichTypesAllowAndDeny) {
  const std::string none = "O:S-1-22-1-1G:S-1-22-2-1D:(A;;CC;;;WD)";
  for (int type = 0; type < 256; ++type) {
    std::string descriptor = bytes_of(none);
    descriptor.at(u32_at(descriptor, 16) + 8) = static_cast<char>(type);
    const Checked checked = check_access(descriptor, Who("S-1-22-1-9").in("WD"), 1);
    const bool holds_object_flags =
        type == 5 || type == 6 || type == 7 || type == 8 || type == 11 || type == 12 || type == 15;
    const Code expected = type == 0            ? PIPES_OK
                          : holds_object_flags ? PIPES_ERROR_INVALID_ACL  // its SID lies elsewhere
                                               : PIPES_ERROR_ACCESS_DENIED;
    EXPECT_STATUS(expected, checked.status) << type;
  }
}

// Behind the entry stands one that grants what is asked for, so that only what denies is refused.
TEST(Sd, SD_6_OnlyEntriesThatDenyStandInTheWay) {
  const std::string two = "O:S-1-22-1-1G:S-1-22-2-1D:(A;;CC;;;WD)(A;;CC;;;WD)";
  for (int type = 0; type < 256; ++type) {
    if (type >= 5 && type <= 8) continue;                  // their SIDs lie elsewhere
    if (type == 11 || type == 12 || type == 15) continue;  // and theirs
    std::string descriptor = bytes_of(two);
    descriptor.at(u32_at(descriptor, 16) + 8) = static_cast<char>(type);
    const Code expected = type == 1 || type == 10 ? PIPES_ERROR_ACCESS_DENIED : PIPES_OK;
    EXPECT_STATUS(expected, check_access(descriptor, Who("S-1-22-1-9").in("WD"), 1).status) << type;
  }
}

TEST(Sd, SD_7_FlagsOfEntriesAreKept) {
  for (uint32_t flags = 0; flags < 256; ++flags) {
    std::string acl = kEveryoneMayRead;
    acl[8 + 1] = static_cast<char>(flags);
    const std::string again = bytes_of(text_of(with_dacl(acl)));
    EXPECT_EQ(flags, static_cast<uint8_t>(again.at(u32_at(again, 16) + 8 + 1)));
  }
}

TEST(Sd, SD_8_AnotherRevisionIsUnknown) {
  for (const int revision : {0, 2, 255}) {
    std::string descriptor = header(0, 0, 0, 0, 0);
    descriptor[0] = static_cast<char>(revision);
    EXPECT_STATUS(PIPES_ERROR_UNKNOWN_REVISION, status_of(descriptor));
  }
}

TEST(Sd, SD_8_CutShortAnywhereIsRefused) {
  const std::string whole = bytes_of("O:BAG:SYD:(A;;FA;;;WD)S:(AU;FA;GA;;;WD)");
  EXPECT_STATUS(PIPES_OK, status_of(whole));
  for (size_t size = 0; size < whole.size(); ++size) {
    const Code status = status_of(whole.substr(0, size));
    const bool is_expected = status == Code(PIPES_ERROR_INVALID_SECURITY_DESCR) ||
                             status == Code(PIPES_ERROR_INVALID_ACL) || status == Code(PIPES_ERROR_INVALID_SID);
    EXPECT_TRUE(is_expected) << size << ": " << status;
  }
}

TEST(Sd, SD_8_OffsetsThatLeadAstray) {
  for (const size_t field : {4u, 8u, 12u, 16u}) {
    for (const uint32_t offset : {1u, 4u, 16u, 19u, 10000u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFF0u, 0xFFFFFFFFu}) {
      std::string descriptor = bytes_of("O:BAG:SYD:(A;;FA;;;WD)S:(AU;FA;GA;;;WD)");
      set_u32(&descriptor, field, offset);
      EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, status_of(descriptor)) << field << ": " << offset;
    }
  }
}

TEST(Sd, SD_8_WhatIsMalformedWithin) {
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID,
                status_of(header(0, 20, 0, 0, 0) + bytes_from_hex("0110000000000005") + std::string(64, '\0')));
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID,
                status_of(header(0, 20, 0, 0, 0) + bytes_from_hex("0201000000000005 12000000")));
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID,
                status_of(header(0, 0, 20, 0, 0) + bytes_from_hex("0102000000000005 12000000")));
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, status_of(header(4, 0, 0, 0, 20) + bytes_from_hex("0200080000")));
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, status_of(header(0x10, 0, 0, 20, 0) + bytes_from_hex("0200070000000000")));
}

TEST(Sd, SD_8_OnlyTheSelfRelativeFormIsRead) {
  std::string descriptor = header(4, 0, 0, 0, 20) + kEveryoneMayRead;
  set_u16(&descriptor, 2, 4);
  EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, status_of(descriptor));
}

TEST(Sd, SD_8_TheLongestDescriptor) {
  std::string entries;
  for (int i = 0; i < 3274; ++i) entries += kEveryoneMayRead.substr(8);
  const std::string acl = acl_of(entries, 3274);  // 65,488 bytes
  const std::string longest = with_dacl(acl) + std::string(65536 - 20 - acl.size(), '\xEE');
  EXPECT_EQ(65536u, longest.size());
  EXPECT_STATUS(PIPES_OK, status_of(longest));
  EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, status_of(longest + '\0'));
  // Two lists that share their bytes are too long once they lie apart.
  std::string twice = longest;
  set_u16(&twice, 2, 0x8014);
  set_u32(&twice, 12, 20);
  EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, status_of(twice));
}

TEST(Sd, SD_8_ALongListIsReadAndCheckedInNoTime) {
  std::string entries;
  for (int i = 0; i < 16379; ++i) entries += bytes_from_hex("ff000400");  // as many as there can be, of an unknown type
  const std::string acl = acl_of(entries, 16379);
  const std::string descriptor = header(4, 20, 20, 0, 32) + kSystem + acl;
  EXPECT_EQ(65536u, descriptor.size() - 20 - 12 - 8 + 20);
  EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, check_access(descriptor, Who("WD"), 1).status);
}

TEST(Sd, SD_9_AnyOrderWithGaps) {
  const std::string gap = "\xEE\xEE\xEE\xEE\xEE\xEE\xEE\xEE";
  EXPECT_EQ("O:BAG:SYD:(A;;FR;;;WD)",
            text_of(header(4, 76, 56, 0, 28) + gap + kEveryoneMayRead + kSystem + gap + kAdministrators));
  EXPECT_EQ("O:BAG:SYD:(A;;FR;;;WD)",
            text_of(header(4, 21, 37, 0, 49) + '\0' + kAdministrators + kSystem + kEveryoneMayRead));  // not aligned
}

TEST(Sd, SD_9_PartsMayShareBytes) {
  EXPECT_EQ("O:SYG:SY", text_of(header(0, 20, 20, 0, 0) + kSystem));
  EXPECT_EQ("D:(A;;FR;;;WD)S:(A;;FR;;;WD)", text_of(header(0x14, 0, 0, 20, 20) + kEveryoneMayRead));
  // The owner is the SID of the DACL's entry.
  EXPECT_EQ("O:WDD:(A;;FR;;;WD)", text_of(header(4, 20 + 16, 0, 0, 20) + kEveryoneMayRead));
}

TEST(Sd, SD_10_UnknownEntriesGrantAndDenyNothing) {
  const std::string unknown = bytes_from_hex("7f000800 01000000");
  const std::string entry = kEveryoneMayRead.substr(8);
  const std::string owners = header(4, 20, 20, 0, 32) + kSystem;
  const std::string descriptor = owners + acl_of(unknown + entry + unknown, 3);
  const Checked checked = check_access(descriptor, Who("S-1-22-1-9").in("WD"), PIPES_FILE_READ_DATA);
  EXPECT_STATUS(PIPES_OK, checked.status);
  EXPECT_EQ(1u, checked.decision.entry);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED,
                check_access(owners + acl_of(unknown, 1), Who("S-1-22-1-9").in("WD"), PIPES_FILE_READ_DATA).status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, status_of(descriptor));  // SDDL has no words for it
}

TEST(Sd, SD_11_ALabelIsAMaskAndALevel) {
  const std::string bytes = bytes_of("S:(ML;;NWNRNX;;;HI)");
  EXPECT_EQ(
      "11001400"
      "07000000"
      "0101000000000010"
      "00300000",
      to_hex(bytes.substr(u32_at(bytes, 12) + 8)));
  EXPECT_EQ("S:(ML;;NW;;;LW)", rewritten("S:(ML;;0x1;;;S-1-16-4096)"));
}

}  // namespace
}  // namespace pipes::test
