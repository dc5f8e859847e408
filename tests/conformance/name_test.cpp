// NAME: what a pipe may be called, how names compare, and how long one lives.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/harness.h"
#include "support/oracle.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

const std::string kPrefix = R"(\\.\pipe\)";
constexpr size_t kUnitsAfterPrefix = 247;

PIPES_BOTH_LAYOUTS(Name);

// What follows the prefix.
std::string tail_of(const std::string& name) { return name.substr(kPrefix.size()); }

// A tail that is unique and `units` UTF-16 units long, filled up with `filler`, one unit of it at a time.
std::string tail_of_units(size_t units, const std::string& filler = "x") {
  std::string tail = tail_of(unique_name());
  for (size_t length = tail.size(); length < units; ++length) tail += filler;
  return tail;
}

// What pipes_enumerate tells of one pipe.
struct Listed {
  std::string name;
  uint32_t instances = 0;
  uint32_t max_instances = 0;
};

std::vector<Listed> list_pipes() {
  std::vector<Listed> pipes;
  const auto remember = [](const pipes_pipe_info* info, void* context) {
    static_cast<std::vector<Listed>*>(context)->push_back({info->name, info->instances, info->max_instances});
    return 1;
  };
  EXPECT_STATUS(PIPES_OK, pipes_enumerate(remember, &pipes));
  return pipes;
}

// The entries whose name is `tail` in exactly this spelling.
std::vector<Listed> listed_as(const std::string& tail) {
  std::vector<Listed> found = list_pipes();
  std::erase_if(found, [&](const Listed& pipe) { return pipe.name != tail; });
  return found;
}

TEST_P(Name, NAME_1_DotAsServerReachesThisComputer) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_OK, client.open(name));
}

TEST_P(Name, NAME_1_AnotherServerIsUnderstoodButNotReachedYet) {
  PIPES_OUR_ENGINE_ONLY("remote pipes do not exist yet, so every other computer answers 50");
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_ERROR_NOT_SUPPORTED, client.open(R"(\\elsewhere\pipe\)" + tail_of(unique_name())));
}

TEST(NameHere, NAME_2_AnotherComputerIsRefusedInCreation) {
  const Opened opened = try_create_server(R"(\\elsewhere\pipe\)" + tail_of(unique_name()));
  EXPECT_FALSE(opened.status.ok());
  if (kOurEngine) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_NAME, opened.status);
  }
}

TEST_P(Name, NAME_3_AnyCharacterButBackslashMayBePartOfAName) {
  for (const char* const part :
       {" two words ", "1:2", "a*b", "a?b", "<a>", "a|b", "\"quoted\"", "grün", "имя", "名前"}) {
    const std::string name = unique_name() + part + "end";
    EndActor server = listening_server(name);
    EndActor client = client_end();
    EXPECT_STATUS(PIPES_OK, client.open(name)) << name;
  }
}

TEST_P(Name, NAME_4_ANameMayHave247UnitsAfterThePrefix) {
  const std::string name = kPrefix + tail_of_units(kUnitsAfterPrefix);
  ASSERT_EQ(256u, name.size());
  EndActor server = listening_server(name);
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_OK, client.open(name));
}

TEST_P(Name, NAME_4_LengthCountsUtf16UnitsAndNotBytes) {
  const std::string name = kPrefix + tail_of_units(kUnitsAfterPrefix, "名");
  ASSERT_LT(256u, name.size());
  EndActor server = listening_server(name);
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_OK, client.open(name));
}

TEST(NameHere, NAME_5_ALongerNameIsRefusedByEveryCallThatTakesOne) {
  const std::string name = kPrefix + tail_of_units(kUnitsAfterPrefix + 1);
  EXPECT_STATUS(PIPES_ERROR_FILENAME_EXCED_RANGE, try_create_server(name).status);
  EXPECT_STATUS(PIPES_ERROR_FILENAME_EXCED_RANGE, try_open(name).status);
  EXPECT_STATUS(PIPES_ERROR_FILENAME_EXCED_RANGE, wait_available(name));
  EXPECT_STATUS(PIPES_ERROR_FILENAME_EXCED_RANGE, call(name, "request").status);
}

TEST(NameHere, NAME_5_ACharacterBeyondTheBasicPlaneCountsTwice) {
  const std::string almost_full = kPrefix + tail_of_units(kUnitsAfterPrefix - 1);
  const std::string two_units = "\xF0\x9F\x98\x80";
  EXPECT_STATUS(PIPES_ERROR_FILENAME_EXCED_RANGE, try_create_server(almost_full + two_units).status);
  EXPECT_STATUS(PIPES_OK, try_create_server(almost_full + "x").status);
}

TEST_P(Name, NAME_6_CaseDoesNotMatterToAnyCall) {
  const std::string tail = "MiXeD" + tail_of(unique_name());
  std::string other = tail;
  std::transform(other.begin(), other.end(), other.begin(), [](char c) { return static_cast<char>(::toupper(c)); });
  EndActor server = listening_server(R"(\\.\PIPE\)" + tail, {.max_instances = 1});

  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, client_end().create_named(kPrefix + other, {.max_instances = 1}));
  EXPECT_STATUS(PIPES_OK, wait_available(*client_host(), R"(\\.\pIpE\)" + other));
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_OK, client.open(kPrefix + other));
}

TEST_P(Name, NAME_6_CaseDoesNotMatterToPipesCall) {
  const std::string tail = tail_of(unique_name()) + "Caller";
  EndActor server = listening_server(kPrefix + tail, message_pipe());
  Pending<Received> calling = start_call(*client_host(), kPrefix + tail_of(unique_name()), "x");
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, calling.result().status);

  std::string other = tail;
  std::transform(other.begin(), other.end(), other.begin(), [](char c) { return static_cast<char>(::toupper(c)); });
  Pending<Received> reached = start_call(*client_host(), kPrefix + other, "question");
  (void)server.connect();
  EXPECT_EQ("question", server.read().bytes);
  EXPECT_STATUS(PIPES_OK, server.write("answer").status);
  EXPECT_EQ("answer", reached.result().bytes);
}

TEST_P(Name, NAME_7_UnitsAreUpperCasedOneToOne) {
  const std::string tail = tail_of(unique_name());
  EndActor server = listening_server(kPrefix + tail + "straße-é-я-ÿ");
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client.open(kPrefix + tail + "STRASSE-É-Я-Ÿ")) << "no expansion";
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client.open(kPrefix + tail + "straße-e\xCC\x81-я-ÿ")) << "no normalising";
  EXPECT_STATUS(PIPES_OK, client.open(kPrefix + tail + "STRAßE-É-Я-Ÿ"));
}

TEST(NameHere, NAME_7_DisplayKeepsTheCreatorsSpelling) {
  const std::string tail = tail_of(unique_name()) + "SpElLiNg";
  std::string other = tail;
  std::transform(other.begin(), other.end(), other.begin(), [](char c) { return static_cast<char>(::tolower(c)); });
  const Handle first = create_server(kPrefix + tail);
  const Handle second = create_server(kPrefix + other);
  PIPES_ORACLE_DIFFERS("Wine cannot list pipes: 66; NAME-19");
  EXPECT_EQ(1u, listed_as(tail).size());
  EXPECT_EQ(0u, listed_as(other).size());
}

TEST_P(Name, NAME_8_SlashCountsAsBackslash) {
  const std::string tail = tail_of(unique_name());
  EndActor server = listening_server("//./pipe/" + tail);
  EXPECT_STATUS(PIPES_OK, wait_available(*client_host(), R"(\\./pipe\)" + tail));
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_OK, client.open(kPrefix + tail));
}

TEST_P(Name, NAME_8_SlashInsideTheNameIsABackslashToo) {
  const std::string tail = tail_of(unique_name());
  EndActor server = listening_server(kPrefix + tail + "/inner");
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_OK, client.open(kPrefix + tail + "\\inner"));
}

TEST(NameHere, NAME_9_NullOrEmptyNameIsPathNotFoundInCreation) {
  pipes_handle handle = PIPES_INVALID_HANDLE;
  EXPECT_STATUS(PIPES_ERROR_PATH_NOT_FOUND,
                pipes_create_named(nullptr, PIPES_ACCESS_DUPLEX, 0, 1, 0, 0, 0, nullptr, &handle, nullptr));
  EXPECT_STATUS(PIPES_ERROR_PATH_NOT_FOUND, try_create_server("").status);
  EXPECT_EQ(PIPES_INVALID_HANDLE, handle);
}

TEST(NameHere, NAME_10_APrefixAloneOrAPathElsewhereIsAnInvalidName) {
  for (const char* const name : {R"(\\.\pipe\)", R"(C:\x)", "plain", R"(\\.\pip\x)", "/tmp/x"}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_NAME, try_create_server(name).status) << name;
  }
}

TEST(NameHere, NAME_11_WaitingForWhatIsNoPipeIsABadPathname) {
  EXPECT_STATUS(PIPES_ERROR_BAD_PATHNAME, wait_available("plain"));
  EXPECT_STATUS(PIPES_ERROR_BAD_PATHNAME, wait_available(R"(C:\x)"));
  EXPECT_STATUS(PIPES_ERROR_BAD_PATHNAME, pipes_wait_available(nullptr, PIPES_NMPWAIT_WAIT_FOREVER));
}

TEST(NameHere, NAME_12_AnUnknownNameIsNotFoundAtOnceWhateverTheTimeout) {
  const std::string name = unique_name();
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(name).status);
  for (const uint32_t timeout : {PIPES_NMPWAIT_USE_DEFAULT_WAIT, PIPES_NMPWAIT_WAIT_FOREVER, 1'000'000u}) {
    EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, wait_available(name, timeout)) << timeout;
    EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, call(name, "request", 64, timeout).status) << timeout;
  }
}

TEST_P(Name, NAME_13_ABackslashIsAnOrdinaryCharacterOfTheName) {
  const std::string name = unique_name() + R"(\inner\most)";
  EndActor server = listening_server(name);
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client_end().open(name + "x"));
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_OK, client.open(name));
}

TEST_P(Name, NAME_14_NothingBelowAnExistingPipeCanBeOpenedOrCreated) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  const std::string name = unique_name();
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client_end().open(name + "\\below"));
  EndActor server = listening_server(name);
  EXPECT_STATUS(PIPES_ERROR_INVALID_NAME, client_end().open(name + "\\below"));
  EXPECT_STATUS(PIPES_ERROR_INVALID_NAME, client_end().create_named(name + "\\below"));
}

TEST_P(Name, NAME_15_LocalIsAnOrdinaryPartOfAName) {
  const std::string tail = tail_of(unique_name());
  EndActor server = listening_server(kPrefix + R"(LOCAL\)" + tail);
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client.open(kPrefix + tail));
  EXPECT_STATUS(PIPES_OK, client.open(kPrefix + R"(LOCAL\)" + tail));
}

TEST_P(Name, NAME_16_TheNameIsFreeAgainWhenTheLastHandleIsClosed) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, {.open_mode = PIPES_ACCESS_INBOUND, .pipe_mode = PIPES_TYPE_BYTE});
  EndActor client = opened_client(name, PIPES_GENERIC_WRITE);
  EXPECT_STATUS(PIPES_OK, client.close());
  EXPECT_STATUS(PIPES_OK, server.close());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client.open(name, PIPES_GENERIC_WRITE));

  EndActor other = listening_server(name, {.open_mode = PIPES_ACCESS_OUTBOUND, .max_instances = 7});
  const Info info = opened_client(name, PIPES_GENERIC_READ).get_info();
  EXPECT_EQ(PIPES_TYPE_MESSAGE | PIPES_CLIENT_END, info.flags);
  EXPECT_EQ(7u, info.max_instances);
}

TEST_P(Name, NAME_16_AClientHandleAloneKeepsTheNameWhileItsProcessLives) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, {.open_mode = PIPES_ACCESS_INBOUND});
  // Keeps a server process of the name alive, as our engine needs.
  EndActor bystander = listening_server(name, {.open_mode = PIPES_ACCESS_INBOUND});
  EndActor client = opened_client(name, PIPES_GENERIC_WRITE | PIPES_FILE_READ_ATTRIBUTES);
  EXPECT_STATUS(PIPES_OK, server.close());
  {
    PIPES_ORACLE_DIFFERS("Wine counts server ends; CreateNamedPipe: deleted when the last handle to it is closed");
    EXPECT_EQ(2u, client.get_state().current_instances);
  }
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, server_end().create_named(name, {.open_mode = PIPES_ACCESS_OUTBOUND}));
}

TEST_P(Name, NAME_17_APipeThatOnlyAClientKeepsAliveCannotBeOpened) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  EndPair pair = connected_ends();
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client_end().open(pair.name));
}

TEST(NameHere, NAME_18_InvalidUtf8IsAnInvalidName) {
  for (const char* const bad : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "a\x80z", "\xE5\x90"}) {
    const std::string name = unique_name() + bad;
    EXPECT_STATUS(PIPES_ERROR_INVALID_NAME, try_create_server(name).status);
    EXPECT_STATUS(PIPES_ERROR_INVALID_NAME, try_open(name).status);
    EXPECT_STATUS(PIPES_ERROR_INVALID_NAME, wait_available(name));
    EXPECT_STATUS(PIPES_ERROR_INVALID_NAME, call(name, "request").status);
  }
}

TEST(NameHere, NAME_19_ListingTellsEachPipeOnceWithItsInstances) {
  const std::string limited = unique_name();
  const std::string unlimited = unique_name();
  const Handle first = create_server(limited, {.max_instances = 5});
  const Handle second = create_server(limited, {.max_instances = 5});
  const Handle client = open_client(limited);
  const Handle other = create_server(unlimited, {.max_instances = PIPES_UNLIMITED_INSTANCES});

  PIPES_ORACLE_DIFFERS("Wine cannot list pipes: 66; NAME-19");
  const std::vector<Listed> of_limited = listed_as(tail_of(limited));
  ASSERT_EQ(1u, of_limited.size());
  EXPECT_EQ(2u, of_limited[0].instances);
  EXPECT_EQ(5u, of_limited[0].max_instances);
  const std::vector<Listed> of_unlimited = listed_as(tail_of(unlimited));
  ASSERT_EQ(1u, of_unlimited.size());
  EXPECT_EQ(PIPES_UNLIMITED_INSTANCES, of_unlimited[0].max_instances);
}

TEST(NameHere, NAME_19_ListingForgetsAPipeThatIsGone) {
  const std::string name = unique_name();
  Handle server = create_server(name);
  PIPES_ORACLE_DIFFERS("Wine cannot list pipes: 66; NAME-19");
  ASSERT_EQ(1u, listed_as(tail_of(name)).size());
  EXPECT_STATUS(PIPES_OK, server.close());
  EXPECT_EQ(0u, listed_as(tail_of(name)).size());
}

TEST(NameHere, NAME_19_ListingStopsWhenTheCallbackSaysSo) {
  const Handle first = create_server(unique_name());
  const Handle second = create_server(unique_name());
  int calls = 0;
  const auto once = [](const pipes_pipe_info*, void* context) {
    ++*static_cast<int*>(context);
    return 0;
  };
  PIPES_ORACLE_DIFFERS("Wine cannot list pipes: 66; NAME-19");
  EXPECT_STATUS(PIPES_OK, pipes_enumerate(once, &calls));
  EXPECT_EQ(1, calls);
}

TEST_P(Name, NAME_20_QuestionMarkAsServerReachesThisComputerToo) {
  PIPES_OUR_ENGINE_ONLY("D31");
  const std::string tail = tail_of(unique_name());
  EndActor server = listening_server(R"(\\?\pipe\)" + tail);
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_OK, client.open(kPrefix + tail));
}

TEST_P(Name, NAME_20_TrailingDotsAndSpacesBelongToTheName) {
  PIPES_OUR_ENGINE_ONLY("D31");
  const std::string name = unique_name();
  EndActor server = listening_server(name + ". ");
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client.open(name));
  EXPECT_STATUS(PIPES_OK, client.open(name + ". "));
}

}  // namespace
}  // namespace pipes::test
