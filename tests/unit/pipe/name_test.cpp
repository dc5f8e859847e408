// Names: every shape of prefix, every refusal of every call and their order, the limit, and what the engine looks up
// by.
#include "pipe/name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pipes {
namespace {

// status_of is 0 for a name that `use` accepts.
Status status_of(const std::string& text, NameUse use) { return parse_pipe_name(text.c_str(), use).status(); }

// folded_of and display_of stand for names that must be well-formed.
std::u16string folded_of(const std::string& text) {
  const Result<PipeName> name = parse_pipe_name(text.c_str(), NameUse::kOpen);
  return name ? name->folded : u"<refused>";
}
std::string display_of(const std::string& text) {
  const Result<PipeName> name = parse_pipe_name(text.c_str(), NameUse::kOpen);
  return name ? name->display : "<refused>";
}

std::string repeated(std::size_t count, const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

constexpr NameUse kAllUses[] = {NameUse::kCreate, NameUse::kOpen, NameUse::kWait};

// ---------------------------------------------------------------------------------------------------- what is accepted

TEST(Name, NAME_1_ADotIsThisComputer) {
  for (const NameUse use : kAllUses) {
    const Result<PipeName> name = parse_pipe_name(R"(\\.\pipe\demo)", use);
    ASSERT_TRUE(name);
    EXPECT_EQ(name->server, "");
    EXPECT_EQ(name->display, "demo");
    EXPECT_EQ(name->folded, u"DEMO");
  }
}

TEST(Name, NAME_1_AServerIsTakenOutForClients) {
  for (const NameUse use : {NameUse::kOpen, NameUse::kWait}) {
    const Result<PipeName> name = parse_pipe_name(R"(\\Build-7\pipe\demo)", use);
    ASSERT_TRUE(name);
    EXPECT_EQ(name->server, "Build-7");
    EXPECT_EQ(name->display, "demo");
  }
}

TEST(Name, NAME_3_AnyCharacterMayStandInAName) {
  EXPECT_EQ(display_of(R"(\\.\pipe\ 1:*?<>|"%$)"
                       "\t\x01\x7F"),
            " 1:*?<>|\"%$\t\x01\x7F");
  EXPECT_EQ(display_of("\\\\.\\pipe\\gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"), "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80");
}

TEST(Name, NAME_6_CaseDoesNotMatter) {
  EXPECT_EQ(folded_of(R"(\\.\pipe\Foo)"), folded_of(R"(\\.\PIPE\fOO)"));
  EXPECT_EQ(folded_of(R"(\\.\pIpE\foo)"), u"FOO");
}

TEST(Name, NAME_7_DisplayKeepsTheSpelling) { EXPECT_EQ(display_of(R"(\\.\PIPE\fOo)"), "fOo"); }

TEST(Name, NAME_7_NoExpansionAndNoNormalisation) {
  EXPECT_NE(folded_of("\\\\.\\pipe\\\xC3\x9F"), folded_of(R"(\\.\pipe\SS)"));
  EXPECT_NE(folded_of("\\\\.\\pipe\\\xC3\xA4"), folded_of("\\\\.\\pipe\\a\xCC\x88"));
  EXPECT_EQ(folded_of("\\\\.\\pipe\\\xC3\xA4"), folded_of("\\\\.\\pipe\\\xC3\x84"));
}

TEST(Name, NAME_7_LettersBeyondTheBasicPlaneKeepTheirCase) {
  EXPECT_NE(folded_of("\\\\.\\pipe\\\xF0\x90\x90\xA8"), folded_of("\\\\.\\pipe\\\xF0\x90\x90\x80"));
}

TEST(Name, NAME_8_SlashesAreBackslashes) {
  for (const NameUse use : kAllUses) {
    const Result<PipeName> name = parse_pipe_name("//./pipe/a/b", use);
    ASSERT_TRUE(name);
    EXPECT_EQ(name->display, R"(a\b)");
    EXPECT_EQ(name->folded, u"A\\B");
  }
}

TEST(Name, WAIT_11_SlashesCaseAndServersAreAccepted) {
  EXPECT_EQ(status_of("//./PiPe/x", NameUse::kWait), PIPES_OK);
  EXPECT_EQ(status_of("//host/PiPe/x", NameUse::kWait), PIPES_OK);
}

TEST(Name, NAME_13_ABackslashIsAnOrdinaryCharacter) {
  EXPECT_EQ(display_of(R"(\\.\pipe\a\b)"), R"(a\b)");
  EXPECT_EQ(display_of(R"(\\.\pipe\\)"), R"(\)");
  EXPECT_NE(folded_of(R"(\\.\pipe\a\b)"), folded_of(R"(\\.\pipe\a\\b)"));
}

TEST(Name, NAME_15_LocalIsAnOrdinaryName) { EXPECT_EQ(folded_of(R"(\\.\pipe\LOCAL\x)"), u"LOCAL\\X"); }

TEST(Name, NAME_20_TheQuestionMarkFormIsTheSameName) {
  for (const NameUse use : kAllUses) {
    const Result<PipeName> name = parse_pipe_name(R"(\\?\pipe\Foo)", use);
    ASSERT_TRUE(name);
    EXPECT_EQ(name->server, "");
    EXPECT_EQ(name->folded, u"FOO");
  }
}

TEST(Name, NAME_20_NamesAreKeptVerbatim) {
  EXPECT_EQ(display_of(R"(\\.\pipe\a. )"), "a. ");
  EXPECT_EQ(display_of(R"(\\.\pipe\a\..\b)"), R"(a\..\b)");
}

TEST(Name, FINE_28_DotsAreNamesAndATrailingBackslashBelongsToTheName) {
  EXPECT_EQ(folded_of(R"(\\.\pipe\.)"), u".");
  EXPECT_EQ(folded_of(R"(\\.\pipe\..)"), u"..");
  EXPECT_EQ(folded_of(R"(\\.\pipe\a\)"), u"A\\");
  EXPECT_EQ(folded_of("//./pipe/a/"), u"A\\");
}

// ----------------------------------------------------------------------------------------------------- what is refused

TEST(Name, NAME_2_APipeCannotBeCreatedOnAnotherComputer) {
  EXPECT_EQ(status_of(R"(\\server\pipe\name)", NameUse::kCreate), PIPES_ERROR_INVALID_NAME);
  EXPECT_EQ(status_of(R"(\\localhost\pipe\name)", NameUse::kCreate), PIPES_ERROR_INVALID_NAME);
}

TEST(Name, NAME_9_NullAndEmptyNamesAreNotFound) {
  EXPECT_EQ(parse_pipe_name(nullptr, NameUse::kCreate).status(), PIPES_ERROR_PATH_NOT_FOUND);
  EXPECT_EQ(parse_pipe_name(nullptr, NameUse::kOpen).status(), PIPES_ERROR_PATH_NOT_FOUND);
  EXPECT_EQ(status_of("", NameUse::kCreate), PIPES_ERROR_PATH_NOT_FOUND);
  EXPECT_EQ(status_of("", NameUse::kOpen), PIPES_ERROR_PATH_NOT_FOUND);
}

TEST(Name, NAME_11_NullAndEmptyNamesAreBadPathsToAWait) {
  EXPECT_EQ(parse_pipe_name(nullptr, NameUse::kWait).status(), PIPES_ERROR_BAD_PATHNAME);
  EXPECT_EQ(status_of("", NameUse::kWait), PIPES_ERROR_BAD_PATHNAME);
}

TEST(Name, NAME_10_ThePrefixAloneIsNoName) {
  for (const char* text : {R"(\\.\pipe\)", R"(\\.\pipe)", R"(\\?\pipe\)", "//./pipe/"}) {
    EXPECT_EQ(status_of(text, NameUse::kCreate), PIPES_ERROR_INVALID_NAME) << text;
    EXPECT_EQ(status_of(text, NameUse::kOpen), PIPES_ERROR_INVALID_NAME) << text;
    EXPECT_EQ(status_of(text, NameUse::kWait), PIPES_ERROR_BAD_PATHNAME) << text;
  }
}

TEST(Name, NAME_10_NAME_11_PathsOutsideTheNamespaceAreRefused) {
  for (const char* text : {"plain", R"(C:\x)", R"(\)", R"(\\)", R"(\\.)", R"(\\.\)", R"(\\.\pip\x)", R"(\\.\pipes\x)",
                           R"(\\.\pipe x)", R"(\.\pipe\x)", R"(\\\pipe\x)", R"(\\.\\pipe\x)", R"( \\.\pipe\x)",
                           R"(\\server\share\x)", R"(\\server\pipe\)", R"(\pipe\x)", R"(\\.\mailslot\x)"}) {
    EXPECT_EQ(status_of(text, NameUse::kCreate), PIPES_ERROR_INVALID_NAME) << text;
    EXPECT_EQ(status_of(text, NameUse::kOpen), PIPES_ERROR_INVALID_NAME) << text;
    EXPECT_EQ(status_of(text, NameUse::kWait), PIPES_ERROR_BAD_PATHNAME) << text;
  }
}

TEST(Name, NAME_18_BadUtf8IsRefusedByEveryCall) {
  for (const NameUse use : kAllUses) {
    EXPECT_EQ(status_of("\\\\.\\pipe\\a\xFF", use), PIPES_ERROR_INVALID_NAME);
    EXPECT_EQ(status_of("\\\\.\\pipe\\a\xC0\xAF", use), PIPES_ERROR_INVALID_NAME);
    EXPECT_EQ(status_of("\\\\.\\pipe\\a\xED\xA0\x80", use), PIPES_ERROR_INVALID_NAME);
    EXPECT_EQ(status_of("\\\\.\\pipe\\a\xE2\x82", use), PIPES_ERROR_INVALID_NAME);
  }
}

// ----------------------------------------------------------------------------------------------------------- the limit

TEST(Name, NAME_4_TwoHundredAndFortySevenUnitsFitAfterThePrefix) {
  for (const NameUse use : kAllUses) EXPECT_EQ(status_of(R"(\\.\pipe\)" + std::string(247, 'n'), use), PIPES_OK);
}

TEST(Name, NAME_5_OneUnitMoreIsTooLong) {
  for (const NameUse use : kAllUses) {
    EXPECT_EQ(status_of(R"(\\.\pipe\)" + std::string(248, 'n'), use), PIPES_ERROR_FILENAME_EXCED_RANGE);
  }
}

TEST(Name, NAME_4_UnitsCountNotBytes) {
  const std::string euro = "\xE2\x82\xAC";
  EXPECT_EQ(status_of(R"(\\.\pipe\)" + repeated(247, euro), NameUse::kCreate), PIPES_OK);
  EXPECT_EQ(status_of(R"(\\.\pipe\)" + repeated(248, euro), NameUse::kCreate), PIPES_ERROR_FILENAME_EXCED_RANGE);
}

TEST(Name, NAME_4_LettersBeyondTheBasicPlaneAreTwoUnits) {
  const std::string face = "\xF0\x9F\x98\x80";
  EXPECT_EQ(status_of(R"(\\.\pipe\n)" + repeated(123, face), NameUse::kCreate), PIPES_OK);
  EXPECT_EQ(status_of(R"(\\.\pipe\)" + repeated(124, face), NameUse::kCreate), PIPES_ERROR_FILENAME_EXCED_RANGE);
}

TEST(Name, NAME_4_AServerNameCountsToo) {
  const std::string prefix = R"(\\server\pipe\)";
  EXPECT_EQ(status_of(prefix + std::string(256 - prefix.size(), 'n'), NameUse::kOpen), PIPES_OK);
  EXPECT_EQ(status_of(prefix + std::string(257 - prefix.size(), 'n'), NameUse::kOpen),
            PIPES_ERROR_FILENAME_EXCED_RANGE);
}

// ----------------------------------------------------------------------------------------------------------- the order

TEST(Name, OPEN_27_BadUtf8ComesBeforeThePrefix) {
  EXPECT_EQ(status_of("plain\xFF", NameUse::kWait), PIPES_ERROR_INVALID_NAME);
}

TEST(Name, OPEN_27_BadUtf8ComesBeforeTheLength) {
  const std::string at_the_limit = R"(\\.\pipe\)" + std::string(247, 'n');
  EXPECT_EQ(status_of(at_the_limit + "\xFF", NameUse::kCreate), PIPES_ERROR_INVALID_NAME);
  EXPECT_EQ(status_of(at_the_limit + "\xF0\x9F\x98", NameUse::kCreate), PIPES_ERROR_INVALID_NAME);
}

TEST(Name, OPEN_27_ThePrefixComesBeforeTheLength) {
  EXPECT_EQ(status_of(std::string(1000, 'n'), NameUse::kCreate), PIPES_ERROR_INVALID_NAME);
  EXPECT_EQ(status_of(std::string(1000, 'n'), NameUse::kWait), PIPES_ERROR_BAD_PATHNAME);
  EXPECT_EQ(status_of(R"(\\server\pipe\)" + std::string(1000, 'n'), NameUse::kCreate), PIPES_ERROR_INVALID_NAME);
}

// ----------------------------------------------------------------------------------------------------------- hostility

// An array without an end: reading past it is what a sanitizer reports.
TEST(Name, NAME_5_NoMoreThanSevenHundredAndSeventyTwoBytesAreRead) {
  std::string text = R"(\\.\pipe\)";
  while (text.size() < 772) text += "\xE2\x82\xAC";
  const std::vector<char> unterminated(text.begin(), text.begin() + 772);
  EXPECT_EQ(parse_pipe_name(unterminated.data(), NameUse::kOpen).status(), PIPES_ERROR_FILENAME_EXCED_RANGE);

  const std::vector<char> ascii(772, 'n');
  EXPECT_EQ(parse_pipe_name(ascii.data(), NameUse::kOpen).status(), PIPES_ERROR_INVALID_NAME);
}

// The character that shows it begins at byte 768, the last place where it can, and is read whole.
TEST(Name, NAME_11_ALongNameIsCutBetweenCharacters) {
  const std::string longest_start = repeated(256, "\xE2\x82\xAC");
  EXPECT_EQ(status_of(longest_start + "\xF0\x9F\x98\x80", NameUse::kWait), PIPES_ERROR_BAD_PATHNAME);
  EXPECT_EQ(status_of(longest_start + "\xF0\x9F\x98", NameUse::kWait), PIPES_ERROR_INVALID_NAME);
}

TEST(Name, NAME_5_BadBytesFarBeyondTheLimitAreNotSeen) {
  EXPECT_EQ(status_of(R"(\\.\pipe\)" + std::string(1'000'000, 'n') + "\xFF", NameUse::kOpen),
            PIPES_ERROR_FILENAME_EXCED_RANGE);
}

// -------------------------------------------------------------------------------------------------- digest and parents

TEST(Name, NAME_7_TheDigestIsThatOfTheFoldedUnits) {
  EXPECT_EQ(name_digest(u"DEMO"), "5c38e4256cb9886141b06aebb975efcac38ff5d8");
  EXPECT_EQ(name_digest(u"\u00C4"), "6f2013565ba20b1a3247080cb8b2ec85189d499e");
  EXPECT_EQ(name_hash(u"DEMO"), 0x6188b96c25e4385cu);
}

TEST(Name, NAME_6_SpellingsOfOneNameShareADigest) {
  const Result<PipeName> lower = parse_pipe_name(R"(\\.\pipe\demo)", NameUse::kCreate);
  const Result<PipeName> upper = parse_pipe_name("//?/PIPE/DEMO", NameUse::kOpen);
  const Result<PipeName> other = parse_pipe_name(R"(\\.\pipe\demo2)", NameUse::kOpen);
  ASSERT_TRUE(lower && upper && other);
  EXPECT_EQ(name_digest(*lower), name_digest(*upper));
  EXPECT_NE(name_digest(*lower), name_digest(*other));
}

std::vector<std::u16string> parents_of(const std::string& text) {
  const Result<PipeName> name = parse_pipe_name(text.c_str(), NameUse::kOpen);
  return name ? parent_names(*name) : std::vector<std::u16string>{u"<refused>"};
}

TEST(Name, NAME_14_ParentsStandBeforeEachBackslash) {
  EXPECT_EQ(parents_of(R"(\\.\pipe\a\b\c)"), (std::vector<std::u16string>{u"A", u"A\\B"}));
  EXPECT_EQ(parents_of(R"(\\.\pipe\a\)"), (std::vector<std::u16string>{u"A"}));
  EXPECT_EQ(parents_of(R"(\\.\pipe\a\\b)"), (std::vector<std::u16string>{u"A", u"A\\"}));
}

TEST(Name, NAME_14_ANameWithoutBackslashHasNoParent) {
  EXPECT_TRUE(parents_of(R"(\\.\pipe\a)").empty());
  EXPECT_TRUE(parents_of(R"(\\.\pipe\\a)").empty());
}

}  // namespace
}  // namespace pipes
