// SDDL: descriptors as text.
#include <gtest/gtest.h>

#include "support/harness.h"
#include "support/security.h"

namespace pipes::test {
namespace {

// The test vector of MS-DTYP 2.5.1.4.
constexpr std::string_view kVector =
    "O:BAG:BAD:P(A;CIOI;GRGX;;;BU)(A;CIOI;GA;;;BA)(A;CIOI;GA;;;SY)(A;CIOI;GA;;;CO)S:P(AU;FA;GR;;;WD)";

// The mask of the only entry of a DACL, where `rights` are its rights.
std::string mask_of(const std::string& rights) {
  const Told parsed = parse_sddl("D:(A;;" + rights + ";;;WD)");
  if (!(parsed.status == Code(PIPES_OK))) return "status " + std::to_string(parsed.status.number);
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", u32_at(parsed.value, 20 + 8 + 4));
  return text;
}

// How the mask `number` is written.
std::string word_of(const std::string& number) {
  const std::string text = rewritten("D:(A;;" + number + ";;;WD)");
  return text.size() > 13 ? text.substr(6, text.size() - 6 - 6) : text;
}

TEST(Sddl, SDDL_1_PartsInAnyOrderAreWrittenInOne) {
  EXPECT_EQ("O:BAG:SYD:(A;;FA;;;WD)S:(AU;FA;GA;;;WD)", rewritten("S:(AU;FA;GA;;;WD)D:(A;;FA;;;WD)G:SYO:BA"));
  EXPECT_EQ("G:SYD:", rewritten("D:G:SY"));
  EXPECT_EQ("", rewritten(""));
}

TEST(Sddl, SDDL_1_EachPartAtMostOnceAndInUpperCase) {
  for (const char* text : {"O:BAO:BA", "G:BAG:SY", "D:D:", "D:(A;;FA;;;WD)D:", "S:S:", "o:BA", "g:BA", "d:", "s:",
                           "X:BA", "O", "O:", ":", "OBA", "O:BAx", "D:(A;;FA;;;WD)rubbish", "D:P rubbish"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, parse_sddl(text).status) << text;
  }
}

TEST(Sddl, SDDL_2_AnEmptyListIsPresentAndAMissingOneIsNot) {
  const std::string empty = bytes_of("D:");
  EXPECT_EQ(0x8004u, u16_at(empty, 2));
  EXPECT_EQ("0200080000000000", to_hex(empty.substr(u32_at(empty, 16))));
  const std::string audits = bytes_of("S:");
  EXPECT_EQ(0x8010u, u16_at(audits, 2));
  const std::string none = bytes_of("O:BA");
  EXPECT_EQ(0x8000u, u16_at(none, 2));
  EXPECT_EQ(0u, u32_at(none, 16));
}

TEST(Sddl, SDDL_3_FlagsOfAListInAnyOrderAndNumber) {
  EXPECT_EQ("D:PARAI", rewritten("D:AIARP"));
  EXPECT_EQ("D:P", rewritten("D:PPP"));
  EXPECT_EQ("D:ARAI(A;;FA;;;WD)", rewritten("D:AIAR(A;;FA;;;WD)"));
  EXPECT_EQ(0x9504u, u16_at(bytes_of("D:PARAI"), 2));
  EXPECT_EQ(0xAA10u, u16_at(bytes_of("S:PARAI"), 2));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, parse_sddl("D:Q").status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, parse_sddl("D:p").status);
}

TEST(Sddl, SDDL_3_ANullListHasAWord) {
  const std::string null = bytes_of("D:NO_ACCESS_CONTROL");
  EXPECT_EQ(0x8004u, u16_at(null, 2));
  EXPECT_EQ(0u, u32_at(null, 16));
  EXPECT_EQ(20u, null.size());
  EXPECT_EQ("D:PNO_ACCESS_CONTROL", rewritten("D:PNO_ACCESS_CONTROL"));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, parse_sddl("D:NO_ACCESS_CONTROL(A;;FA;;;WD)").status);
}

TEST(Sddl, SDDL_4_AnEntryHasExactlySixFields) {
  EXPECT_EQ("D:(A;;FA;;;WD)", rewritten("D:(A;;FA;;;WD)"));
  for (const char* text :
       {"D:(A;;FA;;WD)", "D:(A;;FA;;;;WD)", "D:(A;;FA;;;WD;)", "D:(A)", "D:(A;;FA;;;WD", "D:(A;;FA;;;)"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, parse_sddl(text).status) << text;
  }
  for (const char* text : {"D:()", "D:(;;;;;)", "D:A;;FA;;;WD)", "D:((A;;FA;;;WD))", "D:(A;;FA;;;WD))"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, parse_sddl(text).status) << text;
  }
}

TEST(Sddl, SDDL_5_TypesOfEntries) {
  const std::pair<const char*, unsigned> types[] = {{"D:(A;;GA;;;WD)", 0},
                                                    {"D:(D;;GA;;;WD)", 1},
                                                    {"S:(AU;;GA;;;WD)", 2},
                                                    {"S:(AL;;GA;;;WD)", 3},
                                                    {"S:(ML;;NW;;;ME)", 0x11},
                                                    {"S:(SP;;;;;S-1-17-1)", 0x13},
                                                    {"S:(TL;;CC;;;S-1-19-512-4096)", 0x14}};
  for (const auto& [text, type] : types) {
    const std::string bytes = bytes_of(text);
    const size_t list = u32_at(bytes, text[0] == 'D' ? 16 : 12);
    EXPECT_EQ(type, static_cast<uint8_t>(bytes.at(list + 8))) << text;
    EXPECT_EQ(text, rewritten(text));
  }
}

TEST(Sddl, SDDL_5_ObjectEntriesHaveGuidsOrArePlain) {
  constexpr const char* kObject = "D:(OA;;CC;00112233-4455-6677-8899-aabbccddeeff;;WD)";
  const std::string bytes = bytes_of(kObject);
  EXPECT_EQ(5, bytes.at(20 + 8));
  EXPECT_EQ(4, bytes.at(20));  // The list's revision.
  EXPECT_EQ(
      "01000000"
      "33221100554477668899aabbccddeeff",
      to_hex(bytes.substr(20 + 8 + 8, 20)));
  EXPECT_EQ(kObject, rewritten(kObject));
  EXPECT_EQ("D:(OD;;CC;;00112233-4455-6677-8899-aabbccddeeff;WD)",
            rewritten("D:(OD;;CC;;00112233-4455-6677-8899-AABBCCDDEEFF;WD)"));
  EXPECT_EQ("D:(A;;FA;;;WD)(D;;FA;;;WD)", rewritten("D:(OA;;FA;;;WD)(OD;;FA;;;WD)"));
  EXPECT_EQ("S:(AU;;FA;;;WD)(AL;;FA;;;WD)", rewritten("S:(OU;;FA;;;WD)(OL;;FA;;;WD)"));
  for (const auto& [word, type] : {std::pair("OU", 7), std::pair("OL", 8)}) {
    const std::string text = "S:(" + std::string(word) + ";SA;CC;00112233-4455-6677-8899-aabbccddeeff;;WD)";
    EXPECT_EQ(type, bytes_of(text).at(20 + 8));
    EXPECT_EQ(text, rewritten(text));
  }
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, parse_sddl("D:(A;;CC;00112233-4455-6677-8899-aabbccddeeff;;WD)").status);
}

TEST(Sddl, SDDL_5_EachTypeStandsInItsList) {
  for (const char* text : {"D:(AU;;FA;;;WD)", "D:(AL;;FA;;;WD)", "D:(OU;;FA;;;WD)", "D:(ML;;NW;;;ME)", "S:(A;;FA;;;WD)",
                           "S:(D;;FA;;;WD)", "D:(Q;;FA;;;WD)", "D:(AA;;FA;;;WD)", "D:(0;;FA;;;WD)"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, parse_sddl(text).status) << text;
  }
}

// SD-7's bits, and their letters.
TEST(Sddl, SDDL_6_EachFlagHasItsBit) {
  const std::pair<const char*, unsigned> flags[] = {{"OI", 0x01}, {"CI", 0x02}, {"NP", 0x04},
                                                    {"IO", 0x08}, {"ID", 0x10}, {"CR", 0x20},
                                                    {"SA", 0x40}, {"FA", 0x80}, {"TP", 0x40}};
  for (const auto& [word, bit] : flags) {
    const std::string bytes = bytes_of("S:(AU;" + std::string(word) + ";FA;;;WD)");
    EXPECT_EQ(bit, static_cast<uint8_t>(bytes.at(20 + 8 + 1))) << word;
  }
}

TEST(Sddl, SDDL_6_FlagsOfAnEntry) {
  const std::string bytes = bytes_of("S:(AU;FASAIDIONPCIOI;FA;;;WD)");
  EXPECT_EQ(0xDFu, static_cast<uint8_t>(bytes.at(20 + 8 + 1)));
  EXPECT_EQ("S:(AU;OICINPIOIDSAFA;FA;;;WD)", rewritten("S:(AU;FASAIDIONPCIOI;FA;;;WD)"));
  EXPECT_EQ("D:(A;OI;FA;;;WD)", rewritten("D:(A;OIOI;FA;;;WD)"));
  EXPECT_EQ("S:(AU;CR;FA;;;WD)", rewritten("S:(AU;CR;FA;;;WD)"));
  for (const char* text : {"D:(A;O;FA;;;WD)", "D:(A;OIC;FA;;;WD)", "D:(A;XX;FA;;;WD)", "D:(A;1;FA;;;WD)"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, parse_sddl(text).status) << text;
  }
}

TEST(Sddl, SDDL_7_EachRightHasItsLetters) {
  const std::pair<const char*, const char*> words[] = {
      {"GA", "0x10000000"}, {"GX", "0x20000000"}, {"GW", "0x40000000"}, {"GR", "0x80000000"}, {"RC", "0x20000"},
      {"SD", "0x10000"},    {"WD", "0x40000"},    {"WO", "0x80000"},    {"CC", "0x1"},        {"DC", "0x2"},
      {"LC", "0x4"},        {"SW", "0x8"},        {"RP", "0x10"},       {"WP", "0x20"},       {"DT", "0x40"},
      {"LO", "0x80"},       {"CR", "0x100"},      {"FA", "0x1f01ff"},   {"FR", "0x120089"},   {"FW", "0x120116"},
      {"FX", "0x1200a0"},   {"KA", "0xf003f"},    {"KR", "0x20019"},    {"KW", "0x20006"},    {"KX", "0x20019"},
      {"NW", "0x1"},        {"NR", "0x2"},        {"NX", "0x4"}};
  for (const auto& [word, mask] : words) EXPECT_EQ(mask, mask_of(word)) << word;
  EXPECT_EQ("0xc0030001", mask_of("GRGWCCSDRC"));
  EXPECT_EQ("0x3", mask_of("CCDCCCDC"));
  EXPECT_EQ("0x12019f", mask_of("FRFW"));
  for (const char* rights : {"G", "GRG", "QQ", "GR|GW", "GR,GW", "-1"})
    EXPECT_EQ("status 1336", mask_of(rights)) << rights;
}

TEST(Sddl, SDDL_8_RightsAsANumber) {
  EXPECT_EQ("0x12019f", mask_of("0x12019f"));
  EXPECT_EQ("0x12019f", mask_of("0X0012019F"));
  EXPECT_EQ("0x1ff", mask_of("0777"));
  EXPECT_EQ("0x309", mask_of("777"));
  EXPECT_EQ("0xffffffff", mask_of("0xffffffff"));
  EXPECT_EQ("0xffffffff", mask_of("4294967295"));
  EXPECT_EQ("0x0", mask_of("0"));
  EXPECT_EQ("0x0", mask_of(""));
  for (const char* rights :
       {"0x", "0xg", "08", "1a", "0x100000000", "4294967296", "99999999999999999999", "0x1GR", "1 2"}) {
    EXPECT_EQ("status 1336", mask_of(rights)) << rights;
  }
}

TEST(Sddl, SDDL_9_AMaskIsWrittenAsOneWordOrLettersOrANumber) {
  EXPECT_EQ("FA", word_of("0x1f01ff"));
  EXPECT_EQ("FR", word_of("0x120089"));
  EXPECT_EQ("FW", word_of("0x120116"));
  EXPECT_EQ("FX", word_of("0x1200a0"));
  EXPECT_EQ("KA", word_of("0xf003f"));
  EXPECT_EQ("GA", word_of("0x10000000"));
  EXPECT_EQ("CCDCLCSWRPWPDTLOCRSDRCWDWOGAGXGWGR", word_of("0xf00f01ff"));
  EXPECT_EQ("RPWP", word_of("0x30"));
  EXPECT_EQ("0x12019f", word_of("0x0012019F"));
  EXPECT_EQ("0x100000", word_of("0x100000"));  // SYNCHRONIZE has no letters.
  EXPECT_EQ("0x2000000", word_of("0x02000000"));
  EXPECT_EQ("D:(A;;;;;WD)", rewritten("D:(A;;0;;;WD)"));
}

TEST(Sddl, SDDL_10_SidsAreWrittenAsAliasesWhereThereAreSome) {
  EXPECT_EQ("O:OWG:S-1-22-2-100D:(A;;FA;;;S-1-22-1-1000)",
            rewritten("O:S-1-3-4G:S-1-22-2-100D:(A;;FA;;;S-1-22-1-1000)"));
  EXPECT_EQ("O:BAD:", rewritten("O:S-1-5-0x20-0x220D:"));  // The D is no hexadecimal digit.
  EXPECT_EQ("O:S-1-5-13D:", rewritten("O:S-1-5-0xDD:"));
}

TEST(Sddl, SDDL_11_GuidsHaveOneForm) {
  for (const char* guid : {"{00112233-4455-6677-8899-aabbccddeeff}", "00112233-4455-6677-8899-aabbccddeef",
                           "00112233-4455-6677-8899-aabbccddeeff0", "00112233445566778899aabbccddeeff",
                           "0011223-34455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefg",
                           "0x112233-4455-6677-8899-aabbccddeeff"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, parse_sddl("D:(OA;;CC;" + std::string(guid) + ";;WD)").status) << guid;
  }
}

TEST(Sddl, SDDL_12_AliasesOfADomainAreNotMapped) {
  for (const char* alias :
       {"RO", "LA", "LG", "DA", "DU", "DG", "DC", "DD", "CA", "SA", "EA", "PA", "CN", "AP", "KA", "EK", "RS"}) {
    EXPECT_STATUS(PIPES_ERROR_NONE_MAPPED, parse_sddl("O:" + std::string(alias)).status) << alias;
    EXPECT_STATUS(PIPES_ERROR_NONE_MAPPED, parse_sddl("D:(A;;FA;;;" + std::string(alias) + ")").status) << alias;
    EXPECT_STATUS(PIPES_ERROR_NONE_MAPPED, parse_sid(alias).status) << alias;
  }
}

TEST(Sddl, SDDL_13_WhatIsWrongIsTold) {
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, parse_sddl("rubbish").status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, parse_sddl("D:(A;;FA;;;WD").status);
  EXPECT_STATUS(PIPES_ERROR_NONE_MAPPED, parse_sddl("O:QQ").status);
  EXPECT_STATUS(PIPES_ERROR_NONE_MAPPED, parse_sddl("D:(A;;FA;;;QQ)").status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID, parse_sddl("O:S-1-").status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID, parse_sddl("D:(A;;FA;;;Everyone)").status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_SID, parse_sddl("O:S-1-1-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16").status);
}

TEST(Sddl, SDDL_13_ALongListIsRefused) {
  const std::string entry = "(A;;FA;;;WD)";  // 20 bytes
  const auto list_of = [&](int count) {
    std::string text = "D:";
    for (int i = 0; i < count; ++i) text += entry;
    return text;
  };
  EXPECT_STATUS(PIPES_OK, parse_sddl(list_of(3275)).status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, parse_sddl(list_of(3276)).status);  // but for the header
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, parse_sddl(list_of(3277)).status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, parse_sddl(list_of(50000)).status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, parse_sddl(std::string(2 << 20, ' ')).status);
  std::string both = list_of(2000) + "S:";
  for (int i = 0; i < 2000; ++i) both += "(AU;;FA;;;WD)";
  EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, parse_sddl(both).status);
}

TEST(Sddl, SDDL_14_TheOnlyRevisionIsOne) {
  EXPECT_STATUS(PIPES_ERROR_UNKNOWN_REVISION, parse_sddl("O:BA", 0).status);
  EXPECT_STATUS(PIPES_ERROR_UNKNOWN_REVISION, parse_sddl("O:BA", 2).status);
  EXPECT_STATUS(PIPES_ERROR_UNKNOWN_REVISION, format_sddl(bytes_of("O:BA"), kAllParts, 2).status);
}

TEST(Sddl, SDDL_15_TheResultIsSelfRelativeWithoutDefaultedBits) {
  const std::string bytes = bytes_of(kVector);
  EXPECT_EQ(1, bytes.at(0));
  EXPECT_EQ(0x8000u, u16_at(bytes, 2) & ~0x3F14u);
  std::string defaulted = bytes;
  set_u16(&defaulted, 2, u16_at(bytes, 2) | 0x2B);
  EXPECT_EQ(to_hex(bytes), to_hex(bytes_of(format_sddl(defaulted).value)));
}

TEST(Sddl, SDDL_16_BlanksAreToleratedBetween) {
  EXPECT_EQ("O:BAG:SYD:P(A;OI;GWGR;;;WD)(D;;FA;;;AN)",
            rewritten("  O: BA  G: SY\tD: P ( A ; OI ; GR GW;; ; WD ) \n (D;; FA;;; AN)  "));
  EXPECT_EQ("status 1336", rewritten("D:(A;;GR ;;;WD)"));    // not behind a right
  EXPECT_EQ("status 1336", rewritten("D:(A;;0x1 2;;;WD)"));  // nor inside a number
  EXPECT_EQ("status 1336", rewritten("D:(A;;GR\tGW;;;WD)"));
  EXPECT_EQ("status 1336", rewritten("D:(A;;\tGR;;;WD)"));
}

TEST(Sddl, SDDL_16_LowerCaseIsRewritten) {
  EXPECT_EQ("O:BAG:SYD:(A;;CCGR;;;WD)(D;;FA;;;S-1-1-1)", rewritten("O:baG:syD:(a;;ccgr;;;wd)(d;;fa;;;s-1-1-1)"));
}

TEST(Sddl, SDDL_17_OnlyWhatIsAskedForAndPresentIsWritten) {
  EXPECT_EQ("O:BA", rewritten(kVector, PIPES_OWNER_SECURITY_INFORMATION));
  EXPECT_EQ("G:BA", rewritten(kVector, PIPES_GROUP_SECURITY_INFORMATION));
  EXPECT_EQ("S:P(AU;FA;GR;;;WD)", rewritten(kVector, PIPES_SACL_SECURITY_INFORMATION));
  EXPECT_EQ("D:", rewritten("O:BAD:", PIPES_DACL_SECURITY_INFORMATION));
  EXPECT_EQ("", rewritten("O:BA", PIPES_DACL_SECURITY_INFORMATION));
  EXPECT_EQ("", rewritten(kVector, 0));
  EXPECT_EQ("D:NO_ACCESS_CONTROL", rewritten("D:NO_ACCESS_CONTROL"));
  EXPECT_EQ("status 87", rewritten("O:BA", 0x80));
}

TEST(Sddl, SDDL_17_LabelsAreAPartOfTheirOwn) {
  constexpr const char* kBoth = "S:(ML;;NW;;;HI)(AU;FA;GA;;;WD)";
  EXPECT_EQ("S:(ML;;NW;;;HI)", rewritten(kBoth, PIPES_LABEL_SECURITY_INFORMATION));
  EXPECT_EQ("S:(AU;FA;GA;;;WD)", rewritten(kBoth, PIPES_SACL_SECURITY_INFORMATION));
  EXPECT_EQ(kBoth, rewritten(kBoth));
}

TEST(Sddl, SDDL_18_TextToBytesAndBackIsStable) {
  for (const std::string_view text : {kVector, std::string_view("O:SYG:SYD:PARAI(A;OICI;0x1301bf;;;AU)(D;NP;GX;;;AN)"),
                                      std::string_view("D:NO_ACCESS_CONTROLS:NO_ACCESS_CONTROL"),
                                      std::string_view("S:(ML;;NWNRNX;;;SI)(SP;;;;;S-1-17-1)")}) {
    const std::string bytes = bytes_of(text);
    EXPECT_EQ(to_hex(bytes), to_hex(bytes_of(format_sddl(bytes).value))) << text;
  }
}

TEST(Sddl, SDDL_19_TheVectorOfTheSpecification) {
  const std::string bytes = bytes_of(kVector);
  ASSERT_EQ(176u, bytes.size());
  EXPECT_EQ(0xB014u, u16_at(bytes, 2));
  const uint32_t sacl = u32_at(bytes, 12);
  const uint32_t dacl = u32_at(bytes, 16);
  EXPECT_EQ(20u, sacl);
  EXPECT_EQ(
      "02001c00"
      "01000000"
      "02801400"
      "00000080"
      "010100000000000100000000",
      to_hex(bytes.substr(sacl, 28)));
  EXPECT_EQ(48u, dacl);
  EXPECT_EQ(
      "0200600004000000"
      "00031800000000a001020000000000052000000021020000"
      "000318000000001001020000000000052000000020020000"
      "0003140000000010010100000000000512000000"
      "0003140000000010010100000000000300000000",
      to_hex(bytes.substr(dacl, 96)));
  EXPECT_EQ(144u, u32_at(bytes, 4));
  EXPECT_EQ(160u, u32_at(bytes, 8));
  EXPECT_EQ("01020000000000052000000020020000", to_hex(bytes.substr(144, 16)));
  EXPECT_EQ("01020000000000052000000020020000", to_hex(bytes.substr(160, 16)));
}

TEST(Sddl, SDDL_20_LettersAddUp) { EXPECT_EQ("0x100e003f", mask_of("RPWPCCDCLCSWRCWDWOGA")); }

TEST(Sddl, SDDL_21_ConditionalAndResourceEntriesAreRefused) {
  for (const char* text :
       {"D:(XA;;FX;;;S-1-1-0;(@User.Title==\"PM\"))", "D:(XD;;FX;;;WD;(a==1))", "D:(ZA;;FX;;;WD;(a==1))",
        "S:(XU;;FX;;;WD;(a==1))", "S:(RA;;;;;WD;(\"Secrecy\",TU,0,3))", "D:(XA;;FX;;;WD)", "S:(FL;;FX;;;WD;(a==1))"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, parse_sddl(text).status) << text;
  }
  // A conditional entry in binary is kept, and has no words: `artx` and a condition.
  std::string bytes = bytes_of("D:(A;;FA;;;WD)") + bytes_from_hex("61727478");
  bytes.at(20 + 8) = 9;
  set_u16(&bytes, 20 + 2, u16_at(bytes, 20 + 2) + 4);
  set_u16(&bytes, 20 + 8 + 2, u16_at(bytes, 20 + 8 + 2) + 4);
  EXPECT_STATUS(PIPES_ERROR_INVALID_ACL, format_sddl(bytes).status);
}

TEST(Sddl, SDDL_13_NullsAreRefused) {
  void* descriptor = nullptr;
  uint32_t size = 0;
  char* text = nullptr;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sd_parse(nullptr, 1, &descriptor, &size));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sd_parse("O:BA", 1, nullptr, &size));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sd_parse("O:BA", 1, &descriptor, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sd_format(nullptr, 20, 1, kAllParts, &text));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sd_format("", 0, 1, kAllParts, nullptr));
  pipes_sd_free(nullptr);
}

TEST(Sddl, SDDL_17_PresetsGrantWhatTheySay) {
  const auto preset = [](uint32_t which) {
    void* descriptor = nullptr;
    uint32_t size = 0;
    EXPECT_STATUS(PIPES_OK, pipes_sd_preset(which, &descriptor, &size));
    std::string bytes(static_cast<const char*>(descriptor), size);
    pipes_sd_free(descriptor);
    return bytes;
  };
  const std::string machine = preset(PIPES_PRESET_THIS_MACHINE);
  EXPECT_EQ(0x12019Bu, check_access(machine, Who("S-1-22-1-77").in("WD"), 0x12019B).granted);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check_access(machine, Who("S-1-22-1-77").in("WD"), 4).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check_access(machine, Who("S-1-22-1-77").in("WD").in("NU"), 1).status);
  const std::string owner = format_sddl(machine, PIPES_OWNER_SECURITY_INFORMATION).value.substr(2);
  const std::string group = format_sddl(machine, PIPES_GROUP_SECURITY_INFORMATION).value.substr(2);
  EXPECT_EQ(PIPES_FILE_ALL_ACCESS, check_access(machine, Who(owner).in("WD"), PIPES_FILE_ALL_ACCESS).granted);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check_access(machine, Who(owner).in("NU"), 1).status);

  const std::string alone = preset(PIPES_PRESET_OWNER);
  EXPECT_EQ(PIPES_FILE_ALL_ACCESS, check_access(alone, Who(owner), PIPES_FILE_ALL_ACCESS).granted);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check_access(alone, Who("S-1-22-1-77").in("WD").in(group), 0x80).status);

  const std::string shared = preset(PIPES_PRESET_OWNER_AND_GROUP);
  EXPECT_EQ(0x12019Bu, check_access(shared, Who("S-1-22-1-77").in(group), 0x12019B).granted);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check_access(shared, Who("S-1-22-1-77").in(group), 4).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, check_access(shared, Who("S-1-22-1-77").in("WD"), 1).status);

  void* descriptor = nullptr;
  uint32_t size = 0;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sd_preset(0, &descriptor, &size));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sd_preset(4, &descriptor, &size));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sd_preset(1, nullptr, &size));
}

}  // namespace
}  // namespace pipes::test
