// SID: identifiers as bytes, as text and as names.
#include <gtest/gtest.h>

#include "support/harness.h"
#include "support/security.h"

namespace pipes::test {
namespace {

std::string text_of(std::string_view hex) {
  const Told told = format_sid(from_hex(hex));
  return told.status == Code(PIPES_OK) ? told.value : "status " + std::to_string(told.status.number);
}

std::string bytes_in_hex(std::string_view text) {
  const Told told = parse_sid(text);
  return told.status == Code(PIPES_OK) ? to_hex(told.value) : "status " + std::to_string(told.status.number);
}

TEST(Sid, SID_1_TheAuthorityIsBigEndianAndTheRestLittleEndian) {
  EXPECT_EQ("010100000000000100000000", bytes_in_hex("S-1-1-0"));
  EXPECT_EQ("01020000000000052000000020020000", bytes_in_hex("S-1-5-32-544"));
  EXPECT_EQ("010112345678 9abc0d000000", bytes_in_hex("S-1-0x123456789ABC-13").insert(12, " "));
  EXPECT_EQ("S-1-5-32-544", text_of("01 02 000000000005 20000000 20020000"));
}

TEST(Sid, SID_1_NoneToFifteenSubAuthorities) {
  EXPECT_EQ("S-1-5", text_of("01 00 000000000005"));
  std::string text = "S-1-5";
  for (int i = 1; i <= 15; ++i) text += "-" + std::to_string(i);
  const Told longest = parse_sid(text);
  EXPECT_STATUS(PIPES_OK, longest.status);
  EXPECT_EQ(size_t{PIPES_SID_BYTES_MAX}, longest.value.size());
  EXPECT_EQ(text, format_sid(longest.value).value);
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID, parse_sid(text + "-16").status);
}

TEST(Sid, SID_1_MalformedBytesAreRefused) {
  EXPECT_EQ("status 1337", text_of(""));
  EXPECT_EQ("status 1337", text_of("01 01 0000000000"));                                 // no authority
  EXPECT_EQ("status 1337", text_of("01 01 000000000001 000000"));                        // a byte short
  EXPECT_EQ("status 1337", text_of("02 01 000000000001 00000000"));                      // revision
  EXPECT_EQ("status 1337", text_of("00 01 000000000001 00000000"));                      // revision
  EXPECT_EQ("status 1337", text_of("01 10 000000000001" + std::string(2 * 64, '0')));    // 16 sub-authorities
  EXPECT_EQ("status 1337", text_of("01 ff 000000000001" + std::string(2 * 1020, '0')));  // 255 of them
  EXPECT_EQ("S-1-1-0", text_of("01 01 000000000001 00000000 ffff"));                     // what follows is not its own
}

TEST(Sid, SID_2_AuthoritiesFrom2To32OnAreHexadecimal) {
  EXPECT_EQ("S-1-4294967295-1", text_of("01 01 0000ffffffff 01000000"));
  EXPECT_EQ("S-1-0x000100000000-1", text_of("01 01 000100000000 01000000"));
  EXPECT_EQ("S-1-0xFFFFFFFFFFFF-4294967295", text_of("01 01 ffffffffffff ffffffff"));
}

TEST(Sid, SID_2_HexadecimalIsReadEverywhere) {
  EXPECT_EQ(bytes_in_hex("S-1-5-32-544"), bytes_in_hex("S-1-0x5-0x20-0x220"));
  EXPECT_EQ(bytes_in_hex("S-1-5-32-544"), bytes_in_hex("S-0x1-0X5-0x00000020-0X220"));
  EXPECT_EQ(bytes_in_hex("S-1-1-4294967295"), bytes_in_hex("S-1-1-0xffffffff"));
}

TEST(Sid, SID_2_NumbersThatDoNotFitAreRefused) {
  for (const char* text : {"S-1-1-4294967296", "S-1-0x1000000000000-1", "S-1-281474976710656-1", "S-2-1-0",
                           "S-1-1-99999999999999999999999999", "S-1-99999999999999999999999999-1"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_SID, parse_sid(text).status) << text;
  }
}

TEST(Sid, SID_3_WrittenWithoutAliasesAndReadWithThem) {
  EXPECT_EQ(bytes_in_hex("S-1-5-32-544"), bytes_in_hex("BA"));
  EXPECT_EQ(bytes_in_hex("S-1-1-0"), bytes_in_hex("wd"));
  EXPECT_EQ("S-1-5-32-544", format_sid(parse_sid("BA").value).value);
  EXPECT_EQ("S-1-3-4", format_sid(parse_sid("OW").value).value);
}

TEST(Sid, SID_3_MalformedTextIsRefused) {
  for (const char* text : {"",         "S",        "S-",       "S-1",   "S-1-",    "S-1--1",   "S-1-1-",
                           "S-1-1-0-", "S-1-1-0 ", " S-1-1-0", "1-1-0", "S-1-1-x", "S-1-1-0x", "S-1-1-0xg",
                           "S-1-1--1", "S-1-1-+1", "Everyone", "W",     "QQ",      "S1-1-0"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_SID, parse_sid(text).status) << text;
  }
}

TEST(Sid, SID_3_TheCallerIsToldHowMuchRoomItTakes) {
  uint32_t size = 0;
  EXPECT_STATUS(PIPES_ERROR_INSUFFICIENT_BUFFER, pipes_sid_parse("S-1-5-32-544", nullptr, &size));
  EXPECT_EQ(16u, size);
  char sid[16] = {};
  EXPECT_STATUS(PIPES_OK, pipes_sid_parse("S-1-5-32-544", sid, &size));
  char text[13] = {};
  EXPECT_STATUS(PIPES_ERROR_INSUFFICIENT_BUFFER, pipes_sid_format(sid, size, text, 12));
  EXPECT_STATUS(PIPES_OK, pipes_sid_format(sid, size, text, 13));
  EXPECT_STREQ("S-1-5-32-544", text);
}

TEST(Sid, SID_3_NullsAreRefused) {
  uint32_t size = 16;
  char sid[16] = {};
  char text[64];
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sid_parse(nullptr, sid, &size));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sid_parse("WD", nullptr, &size));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sid_parse("WD", sid, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sid_format(nullptr, 12, text, sizeof text));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sid_format(sid, sizeof sid, nullptr, 12));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sid_to_name(nullptr, 12, text, sizeof text));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sid_from_name(nullptr, sid, &size));
}

TEST(Sid, SID_4_EqualInAllPartsOrNotAtAll) {
  const auto is_granted_to = [](const std::string& user) {
    return check_dacl("D:(A;;CC;;;S-1-5-32-544)", Who(user), 1).status == Code(PIPES_OK);
  };
  EXPECT_TRUE(is_granted_to("S-1-5-32-544"));
  EXPECT_TRUE(is_granted_to("BA"));
  EXPECT_FALSE(is_granted_to("S-1-5-32-545"));
  EXPECT_FALSE(is_granted_to("S-1-5-32"));
  EXPECT_FALSE(is_granted_to("S-1-5-32-544-0"));
  EXPECT_FALSE(is_granted_to("S-1-4-32-544"));
}

TEST(Sid, SID_5_EachAliasStandsForItsSid) {
  const std::pair<const char*, const char*> aliases[] = {
      {"WD", "S-1-1-0"},      {"CO", "S-1-3-0"},      {"CG", "S-1-3-1"},
      {"OW", "S-1-3-4"},      {"NU", "S-1-5-2"},      {"IU", "S-1-5-4"},
      {"SU", "S-1-5-6"},      {"AN", "S-1-5-7"},      {"ED", "S-1-5-9"},
      {"PS", "S-1-5-10"},     {"AU", "S-1-5-11"},     {"RC", "S-1-5-12"},
      {"SY", "S-1-5-18"},     {"LS", "S-1-5-19"},     {"NS", "S-1-5-20"},
      {"WR", "S-1-5-33"},     {"AC", "S-1-15-2-1"},   {"UD", "S-1-5-84-0-0-0-0-0"},
      {"SS", "S-1-18-2"},     {"BA", "S-1-5-32-544"}, {"BU", "S-1-5-32-545"},
      {"BG", "S-1-5-32-546"}, {"PU", "S-1-5-32-547"}, {"AO", "S-1-5-32-548"},
      {"SO", "S-1-5-32-549"}, {"PO", "S-1-5-32-550"}, {"BO", "S-1-5-32-551"},
      {"RE", "S-1-5-32-552"}, {"RU", "S-1-5-32-554"}, {"RD", "S-1-5-32-555"},
      {"NO", "S-1-5-32-556"}, {"MU", "S-1-5-32-558"}, {"LU", "S-1-5-32-559"},
      {"IS", "S-1-5-32-568"}, {"CY", "S-1-5-32-569"}, {"ER", "S-1-5-32-573"},
      {"CD", "S-1-5-32-574"}, {"RA", "S-1-5-32-575"}, {"ES", "S-1-5-32-576"},
      {"MS", "S-1-5-32-577"}, {"HA", "S-1-5-32-578"}, {"AA", "S-1-5-32-579"},
      {"RM", "S-1-5-32-580"}, {"LW", "S-1-16-4096"},  {"ME", "S-1-16-8192"},
      {"MP", "S-1-16-8448"},  {"HI", "S-1-16-12288"}, {"SI", "S-1-16-16384"},
  };
  for (const auto& [alias, sid] : aliases) {
    EXPECT_EQ(sid, format_sid(parse_sid(alias).value).value) << alias;
    EXPECT_EQ(std::string("O:") + alias, rewritten(std::string("O:") + sid));
  }
}

TEST(Sid, SID_5_ASidWithoutSubAuthoritiesIsRefusedAsText) {
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID, parse_sid("S-1-5").status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID, parse_sddl("O:S-1-5").status);
}

TEST(Sid, SID_6_ALogonSidStandsForItsSessionAlone) {
  pipes_identity identity{};
  identity.size = sizeof identity;
  identity.user_id = 1000;
  identity.group_id = 1000;
  identity.session_id = 7;
  identity.impersonation_level = PIPES_SECURITY_LEVEL_IMPERSONATION;
  const std::string descriptor = bytes_of("O:BAG:BAD:(A;;CC;;;S-1-5-5-0-7)");
  const auto check = [&] {
    uint32_t granted = 0;
    return Code(pipes_sd_check_access(descriptor.data(), static_cast<uint32_t>(descriptor.size()), &identity, 1,
                                      &granted, nullptr));
  };
  EXPECT_STATUS(PIPES_OK, check());
  identity.session_id = 8;
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check());
  identity.session_id = PIPES_UNKNOWN_ID;
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check());
}

// ----------------------------------------------------------------------------------------------------------- names --

std::string name_of(std::string_view sid_text) {
  const std::string sid = parse_sid(sid_text).value;
  char name[256];
  const Code status = pipes_sid_to_name(sid.data(), static_cast<uint32_t>(sid.size()), name, sizeof name);
  return status == Code(PIPES_OK) ? name : "status " + std::to_string(status.number);
}

std::string sid_of(const char* name) {
  std::string sid(PIPES_SID_BYTES_MAX, '\0');
  auto size = static_cast<uint32_t>(sid.size());
  const Code status = pipes_sid_from_name(name, sid.data(), &size);
  if (!(status == Code(PIPES_OK))) return "status " + std::to_string(status.number);
  return format_sid(sid.substr(0, size)).value;
}

TEST(Sid, SID_5_WellKnownSidsHaveNames) {
  EXPECT_EQ("Everyone", name_of("S-1-1-0"));
  EXPECT_EQ("NT AUTHORITY\\SYSTEM", name_of("S-1-5-18"));
  EXPECT_EQ("BUILTIN\\Administrators", name_of("S-1-5-32-544"));
  EXPECT_EQ("S-1-1-0", sid_of("Everyone"));
  EXPECT_EQ("S-1-5-18", sid_of("NT AUTHORITY\\SYSTEM"));
  EXPECT_EQ("S-1-5-32-544", sid_of("BUILTIN\\Administrators"));
}

TEST(Sid, SID_5_NobodyHasNoName) {
  EXPECT_EQ("status 1332", name_of("S-1-22-1-4294967294"));
  EXPECT_EQ("status 1332", name_of("S-1-22-2-4294967294"));
  EXPECT_EQ("status 1332", name_of("S-1-22-3-0"));
  EXPECT_EQ("status 1332", name_of("S-1-5-5-0-7"));
  EXPECT_EQ("status 1332", sid_of("nobody has this name"));
  EXPECT_EQ("status 1332", sid_of("no such domain\\nobody"));
  EXPECT_EQ("status 1332", sid_of(""));
}

#if !defined(_WIN32)
TEST(Sid, SID_5_UsersAndGroupsOfLinuxHaveNames) {
  EXPECT_EQ("Unix User\\root", name_of("S-1-22-1-0"));
  EXPECT_EQ("Unix Group\\root", name_of("S-1-22-2-0"));
  EXPECT_EQ("S-1-22-1-0", sid_of("root"));
  EXPECT_EQ("S-1-22-1-0", sid_of("Unix User\\root"));
  EXPECT_EQ("S-1-22-2-0", sid_of("Unix Group\\root"));
  EXPECT_EQ("status 1332", sid_of("Unix User\\"));
  char name[10];
  const std::string sid = parse_sid("S-1-22-1-0").value;
  EXPECT_STATUS(PIPES_ERROR_INSUFFICIENT_BUFFER,
                pipes_sid_to_name(sid.data(), static_cast<uint32_t>(sid.size()), name, sizeof name));
}
#endif

}  // namespace
}  // namespace pipes::test
