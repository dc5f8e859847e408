// WAIT: pipes_wait_available.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/harness.h"
#include "support/oracle.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

PIPES_BOTH_LAYOUTS(Wait);

TEST_P(Wait, WAIT_1_AListeningInstanceEndsItAtOnce) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EXPECT_STATUS(PIPES_OK, wait_available(*client_host(), name));
}

TEST_P(Wait, WAIT_1_AWaitingConnectEndsItToo) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, wait_available(*client_host(), name));
}

TEST_P(Wait, WAIT_2_AnUnknownNameIsNotFoundWhateverTheTimeout) {
  for (const uint32_t timeout : {PIPES_NMPWAIT_USE_DEFAULT_WAIT, 1u, 3'600'000u, PIPES_NMPWAIT_WAIT_FOREVER}) {
    EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, wait_available(*client_host(), unique_name(), timeout)) << timeout;
  }
}

TEST_P(Wait, WAIT_3_TheTimeIsUp) {
  EndPair pair = connected_ends();
  const Stopwatch watch;
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, wait_available(*client_host(), pair.name, 100));
  EXPECT_LE(100, watch.elapsed().count() + 1) << "returned too early";
}

TEST_P(Wait, WAIT_4_ZeroMeansThePipesOwnTimeout) {
  EndPair pair = connected_ends({.default_timeout = 150});
  const Stopwatch watch;
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, wait_available(*client_host(), pair.name, PIPES_NMPWAIT_USE_DEFAULT_WAIT));
  EXPECT_LE(150, watch.elapsed().count() + 1) << "returned too early";
}

TEST_P(Wait, WAIT_4_OneIsAMillisecond) {
  EndPair pair = connected_ends();
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, wait_available(*client_host(), pair.name, 1));
}

TEST_P(Wait, WAIT_4_ForeverIsWithoutLimit) {
  EndPair pair = connected_ends({.default_timeout = 1});
  Pending<Code> waiting = start_wait_available(*client_host(), pair.name, PIPES_NMPWAIT_WAIT_FOREVER);
  EXPECT_TRUE(waiting.wait_until_blocked());
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, wait_available(*client_host(), pair.name, PIPES_NMPWAIT_USE_DEFAULT_WAIT));
  EXPECT_FALSE(waiting.finished());
  EndActor added = listening_server(pair.name);
  EXPECT_STATUS(PIPES_OK, waiting.result());
}

TEST_P(Wait, WAIT_5_ItReservesNothing) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EXPECT_STATUS(PIPES_OK, wait_available(*client_host(), name));
  EndActor faster = opened_client(name);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, client_end().open(name));
}

TEST_P(Wait, WAIT_6_ItConsumesNothingAndTheServerCannotNotice) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, wait_available(*client_host(), name));
  EXPECT_STATUS(PIPES_OK, wait_available(*client_host(), name));
  EXPECT_FALSE(connecting.finished());
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST_P(Wait, WAIT_7_ThePipeVanishesWhileWaiting) {
  EndPair pair = connected_ends();
  Pending<Code> waiting = start_wait_available(*client_host(), pair.name);
  ASSERT_TRUE(waiting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  PIPES_ORACLE_DIFFERS("Wine answers 676, STATUS_HANDLES_CLOSED; WAIT-7 [MS-FSCC 2.3.50]");
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, waiting.result());
}

TEST_P(Wait, WAIT_8_CreationReleasesAllWaiters) {
  EndPair pair = connected_ends();
  Pending<Code> first = start_wait_available(*client_host(), pair.name);
  Pending<Code> second = start_wait_available(*client_host(), pair.name);
  Pending<Code> third = start_wait_available(*server_host(), pair.name);
  for (Pending<Code>* const waiting : {&first, &second, &third}) ASSERT_TRUE(waiting->wait_until_blocked());
  EndActor added = listening_server(pair.name);
  for (Pending<Code>* const waiting : {&first, &second, &third}) EXPECT_STATUS(PIPES_OK, waiting->result());
}

TEST_P(Wait, WAIT_8_ConnectAfterADisconnectReleasesAllWaiters) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  Pending<Code> first = start_wait_available(*client_host(), pair.name);
  Pending<Code> second = start_wait_available(*client_host(), pair.name);
  for (Pending<Code>* const waiting : {&first, &second}) ASSERT_TRUE(waiting->wait_until_blocked());
  Pending<Code> connecting = pair.server.start_connect();
  for (Pending<Code>* const waiting : {&first, &second}) EXPECT_STATUS(PIPES_OK, waiting->result());
}

TEST_P(Wait, WAIT_9_ADisconnectWithoutAConnectGivesWaitersNothing) {
  EndPair pair = connected_ends();
  Pending<Code> waiting = start_wait_available(*client_host(), pair.name, 500);
  ASSERT_TRUE(waiting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, waiting.result());
}

TEST_P(Wait, WAIT_10_ClosingABusyInstanceReleasesNobody) {
  EndPair pair = connected_ends();
  EndActor other_server = listening_server(pair.name);
  EndActor other_client = opened_client(pair.name);
  Pending<Code> waiting = start_wait_available(*client_host(), pair.name, 500);
  ASSERT_TRUE(waiting.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  ASSERT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, waiting.result());
}

TEST_P(Wait, WAIT_11_SlashesAndCaseDoNotMatter) {
  std::string name = unique_name() + "Mixed";
  EndActor server = listening_server(name);
  std::replace(name.begin(), name.end(), '\\', '/');
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(::toupper(c)); });
  EXPECT_STATUS(PIPES_OK, wait_available(*client_host(), name));
}

TEST(WaitHere, WAIT_11_AnotherServerIsUnderstoodButNotReachedYet) {
  PIPES_OUR_ENGINE_ONLY("remote pipes do not exist yet, so every other computer answers 50");
  EXPECT_STATUS(PIPES_ERROR_NOT_SUPPORTED, wait_available(R"(\\elsewhere\pipe\x)", 1));
}

}  // namespace
}  // namespace pipes::test
