// Strict UTF-8 and UTF-16: every class of malformed bytes is refused, and whatever is accepted converts back unchanged.
#include "support/utf.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace pipes {
namespace {

using namespace std::string_view_literals;

TEST(Utf, ConvertsEachLengthOfSequence) {
  EXPECT_EQ(utf16_from_utf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), u"a\u00E4\u20AC\U0001F600");
}

TEST(Utf, ConvertsTheFirstAndLastOfEachLength) {
  EXPECT_EQ(utf16_from_utf8("\x7F"), u"\u007F");
  EXPECT_EQ(utf16_from_utf8("\xC2\x80"), u"\u0080");
  EXPECT_EQ(utf16_from_utf8("\xDF\xBF"), u"\u07FF");
  EXPECT_EQ(utf16_from_utf8("\xE0\xA0\x80"), u"\u0800");
  EXPECT_EQ(utf16_from_utf8("\xEF\xBF\xBF"), u"\uFFFF");
  EXPECT_EQ(utf16_from_utf8("\xF0\x90\x80\x80"), u"\U00010000");
  EXPECT_EQ(utf16_from_utf8("\xF4\x8F\xBF\xBF"), u"\U0010FFFF");
}

TEST(Utf, KeepsZeroBytesAndEmptyText) {
  EXPECT_EQ(utf16_from_utf8("a\0b"sv), u"a\0b"sv);
  EXPECT_EQ(utf16_from_utf8(""), u"");
  EXPECT_EQ(utf8_from_utf16(u""), "");
}

TEST(Utf, RefusesOverlongForms) {
  EXPECT_FALSE(utf16_from_utf8("\xC0\x80"));
  EXPECT_FALSE(utf16_from_utf8("\xC1\xBF"));
  EXPECT_FALSE(utf16_from_utf8("\xC0\xAF"));  // An overlong `/`.
  EXPECT_FALSE(utf16_from_utf8("\xE0\x9F\xBF"));
  EXPECT_FALSE(utf16_from_utf8("\xF0\x8F\xBF\xBF"));
}

TEST(Utf, RefusesSurrogates) {
  EXPECT_FALSE(utf16_from_utf8("\xED\xA0\x80"));
  EXPECT_FALSE(utf16_from_utf8("\xED\xBF\xBF"));
  EXPECT_FALSE(utf16_from_utf8("\xED\xA0\xBD\xED\xB8\x80"));  // A pair, as CESU-8 writes it.
  EXPECT_TRUE(utf16_from_utf8("\xED\x9F\xBF"));
  EXPECT_TRUE(utf16_from_utf8("\xEE\x80\x80"));
}

TEST(Utf, RefusesValuesBeyondUnicode) {
  EXPECT_FALSE(utf16_from_utf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(utf16_from_utf8("\xF5\x80\x80\x80"));
  EXPECT_FALSE(utf16_from_utf8("\xF8\x88\x80\x80\x80"));
  EXPECT_FALSE(utf16_from_utf8("\xFE"));
  EXPECT_FALSE(utf16_from_utf8("\xFF"));
}

TEST(Utf, RefusesTruncation) {
  EXPECT_FALSE(utf16_from_utf8("a\xC3"));
  EXPECT_FALSE(utf16_from_utf8("a\xE2\x82"));
  EXPECT_FALSE(utf16_from_utf8("a\xF0\x9F\x98"));
  EXPECT_FALSE(utf16_from_utf8("\xE2\x82z"));
}

TEST(Utf, RefusesTruncationThoughTheRestLiesBehindTheEnd) {
  EXPECT_FALSE(first_code_point("\xC3\xA4"sv.substr(0, 1)));
  EXPECT_FALSE(first_code_point("\xE2\x82\xAC"sv.substr(0, 2)));
  EXPECT_FALSE(first_code_point("\xF0\x9F\x98\x80"sv.substr(0, 3)));
}

TEST(Utf, RefusesStrayContinuationBytes) {
  EXPECT_FALSE(utf16_from_utf8("\x80"));
  EXPECT_FALSE(utf16_from_utf8("a\xBF"));
  EXPECT_FALSE(utf16_from_utf8("\xC3\xA4\xA4"));
}

TEST(Utf, RefusesHalvesOfPairs) {
  EXPECT_FALSE(utf8_from_utf16(std::u16string(1, u'\xD800')));
  EXPECT_FALSE(utf8_from_utf16(std::u16string(1, u'\xDC00')));
  EXPECT_FALSE(utf8_from_utf16(std::u16string{u'\xD83D', u'a'}));
  EXPECT_FALSE(utf8_from_utf16(std::u16string{u'\xDE00', u'\xD83D'}));
}

TEST(Utf, EveryCharacterComesBackUnchanged) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::u16string units;
    append_utf16(c, units);
    const auto bytes = utf8_from_utf16(units);
    ASSERT_TRUE(bytes) << std::hex << static_cast<unsigned>(c);
    const auto back = first_code_point(*bytes);
    ASSERT_TRUE(back) << std::hex << static_cast<unsigned>(c);
    ASSERT_EQ(back->value, c);
    ASSERT_EQ(back->bytes, bytes->size());
    ASSERT_EQ(utf16_from_utf8(*bytes), units);
  }
}

TEST(Utf, FirstCodePointLooksAtTheFirstOnly) {
  const auto first = first_code_point("\xC3\xA4\xFF");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->value, U'\u00E4');
  EXPECT_EQ(first->bytes, 2u);
  EXPECT_FALSE(first_code_point(""));
}

}  // namespace
}  // namespace pipes
