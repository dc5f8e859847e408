// The table by which names are compared. The digest over all 65,536 units was computed from ICU 72 by the rule that
// generate_case_table.py states, so a single wrong unit shows.
#include "pipe/case_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/sha256.h"

namespace pipes {
namespace {

using namespace std::string_literals;

TEST(CaseTable, NAME_7_HasAsManyMappingsAsNt) {
  int mappings = 0;
  for (unsigned unit = 0; unit <= 0xFFFF; ++unit) {
    if (upper_cased(static_cast<char16_t>(unit)) != unit) ++mappings;
  }
  EXPECT_EQ(mappings, 1163);
}

TEST(CaseTable, NAME_7_EveryUnitIsMappedAsIcuSays) {
  std::vector<std::byte> table;
  for (unsigned unit = 0; unit <= 0xFFFF; ++unit) {
    const char16_t upper = upper_cased(static_cast<char16_t>(unit));
    table.push_back(static_cast<std::byte>(upper & 0xFF));
    table.push_back(static_cast<std::byte>(upper >> 8));
  }
  const Sha256Digest expected = {0x1d, 0xe7, 0xad, 0x3f, 0x18, 0xb8, 0x43, 0x48, 0x97, 0x09, 0x03,
                                 0x2b, 0xf2, 0x3f, 0x9d, 0x25, 0xe7, 0x4d, 0xfb, 0x0b, 0xce, 0xd9,
                                 0xc0, 0xfa, 0x25, 0x83, 0x92, 0xf5, 0x4b, 0x09, 0x06, 0x1f};
  EXPECT_EQ(sha256(table), expected);
}

TEST(CaseTable, NAME_7_LettersOfSeveralAlphabets) {
  EXPECT_EQ(upper_cased(u'a'), u'A');
  EXPECT_EQ(upper_cased(u'z'), u'Z');
  EXPECT_EQ(upper_cased(u'\u00E4'), u'\u00C4');
  EXPECT_EQ(upper_cased(u'\u00FF'), u'\u0178');
  EXPECT_EQ(upper_cased(u'\u03B1'), u'\u0391');
  EXPECT_EQ(upper_cased(u'\u0430'), u'\u0410');
  EXPECT_EQ(upper_cased(u'\uAB70'), u'\u13A0');
  EXPECT_EQ(upper_cased(u'\uFF41'), u'\uFF21');
}

TEST(CaseTable, NAME_7_WhatIsNotALetterOrIsUpperCaseStays) {
  for (const char16_t unit : u"`{@[AZ0 _.:*?\\/\u00C4\u00D7\u00F7\u0391"s) EXPECT_EQ(upper_cased(unit), unit);
}

// Their upper case has another lower case, or is more than one letter: NT leaves them alone.
TEST(CaseTable, NAME_7_LettersWithoutAWayBackStay) {
  for (const char16_t unit : u"\u00DF\u00B5\u0131\u017F\u03C2\u01C5\u1E9E"s) EXPECT_EQ(upper_cased(unit), unit);
}

TEST(CaseTable, NAME_7_SurrogatesStay) {
  for (unsigned unit = 0xD800; unit <= 0xDFFF; ++unit) {
    EXPECT_EQ(upper_cased(static_cast<char16_t>(unit)), unit);
  }
}

TEST(CaseTable, NAME_7_FoldingTwiceChangesNothing) {
  for (unsigned unit = 0; unit <= 0xFFFF; ++unit) {
    const char16_t once = upper_cased(static_cast<char16_t>(unit));
    ASSERT_EQ(upper_cased(once), once) << std::hex << unit;
  }
}

TEST(CaseTable, NAME_7_FoldingKeepsTheLength) {
  EXPECT_EQ(folded(u"Stra\u00DFe \U00010428"), u"STRA\u00DFE \U00010428");
}

}  // namespace
}  // namespace pipes
