// CALL: pipes_call, a client in one call.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/expect.h"

namespace pipes::test {
namespace {

PIPES_BOTH_LAYOUTS(Call);

// Serves one call: reads the request, which must be `request`, and answers.
void serve_one(EndActor& server, const std::string& request, const std::string& reply) {
  const Code connected = server.connect();
  EXPECT_TRUE(connected == PIPES_OK || connected == PIPES_ERROR_PIPE_CONNECTED) << connected;
  EXPECT_EQ(request, server.read().bytes);
  EXPECT_STATUS(PIPES_OK, server.write(reply).status);
}

TEST_P(Call, CALL_1_ItOpensTransactsAndCloses) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, message_pipe());
  Pending<Received> calling = start_call(*client_host(), name, "question");
  serve_one(server, "question", "answer");
  const Received received = calling.result();
  EXPECT_STATUS(PIPES_OK, received.status);
  EXPECT_EQ("answer", received.bytes);
}

TEST_P(Call, CALL_1_ItWaitsForABusyPipeAndOpensOnceMore) {
  EndPair pair = connected_ends(message_pipe());
  Pending<Received> calling = start_call(*client_host(), pair.name, "question");
  ASSERT_TRUE(calling.wait_until_blocked());
  EndActor added = listening_server(pair.name, message_pipe());
  serve_one(added, "question", "answer");
  EXPECT_STATUS(PIPES_OK, calling.result().status);
  EXPECT_EQ("answer", calling.result().bytes);
}

TEST_P(Call, CALL_2_AByteTypePipeIsRefusedAndTheServerSeesAClientComeAndGo) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, byte_pipe());
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, call(*client_host(), name, "question").status);
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, server.connect());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, server.read().status);
}

TEST_P(Call, CALL_3_AnUnknownNameIsNotFoundWithoutWaiting) {
  const Received received = call(*client_host(), unique_name(), "question", 64, PIPES_NMPWAIT_WAIT_FOREVER);
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, received.status);
  EXPECT_EQ(0u, received.transferred);
}

TEST_P(Call, CALL_4_ABusyPipeTimesOut) {
  EndPair pair = connected_ends(message_pipe());
  const Stopwatch watch;
  const Code status = call(*client_host(), pair.name, "question", 64, 60).status;
  EXPECT_TRUE(status == PIPES_ERROR_SEM_TIMEOUT || status == PIPES_ERROR_PIPE_BUSY) << status;  // D17
  EXPECT_LE(60, watch.elapsed().count() + 1) << "returned too early";
  if (kOurEngine) {
    EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, status);
  }
}

TEST_P(Call, CALL_5_WhoLosesTheInstanceAfterTheWaitIsToldThatThePipeIsBusy) {
  EndPair pair = connected_ends(message_pipe());
  std::vector<Pending<Received>> calls;
  for (int caller = 0; caller < 4; ++caller) {
    calls.push_back(start_call(*client_host(), pair.name, "question"));
    ASSERT_TRUE(waits_for_instance(calls.back(), client_end(), pair.name));
  }
  // One instance releases them all (WAIT-8), and stays with the one that was first: the others do not try a third time.
  EndActor added = listening_server(pair.name, message_pipe());
  (void)added.connect();
  EXPECT_EQ("question", added.read().bytes);
  EXPECT_STATUS(PIPES_OK, added.write("answer").status);
  uint32_t answered = 0;
  for (Pending<Received>& calling : calls) {
    const Received& received = calling.result();
    if (received.status == PIPES_OK) {
      ++answered;
      EXPECT_EQ("answer", received.bytes);
    } else {
      EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, received.status);
      EXPECT_EQ(0u, received.transferred);
    }
  }
  EXPECT_EQ(1u, answered);
}

TEST_P(Call, CALL_6_TheTimeoutDoesNotBoundTheTransaction) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, message_pipe());
  Pending<Received> calling = start_call(*client_host(), name, "question", 64, 10);
  (void)server.connect();
  ASSERT_EQ("question", server.read().bytes);
  // Another wait of the same length ends meanwhile, so that the call has been answered late.
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, wait_available(*server_host(), name, 30));
  EXPECT_FALSE(calling.finished());
  EXPECT_STATUS(PIPES_OK, server.write("late answer").status);
  EXPECT_EQ("late answer", calling.result().bytes);
}

TEST_P(Call, CALL_7_NoWaitFailsAtOnceOnABusyPipe) {
  EndPair pair = connected_ends(message_pipe());
  const Code status = call(*client_host(), pair.name, "question", 64, PIPES_NMPWAIT_NOWAIT).status;
  EXPECT_TRUE(status == PIPES_ERROR_SEM_TIMEOUT || status == PIPES_ERROR_PIPE_BUSY) << status;  // D17
  if (kOurEngine) {
    EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, status);
  }
}

TEST_P(Call, CALL_7_DefaultWaitIsThePipesOwn) {
  ServerOptions options = message_pipe();
  options.default_timeout = 70;
  EndPair pair = connected_ends(options);
  const Stopwatch watch;
  const Code status = call(*client_host(), pair.name, "question", 64, PIPES_NMPWAIT_USE_DEFAULT_WAIT).status;
  EXPECT_TRUE(status == PIPES_ERROR_SEM_TIMEOUT || status == PIPES_ERROR_PIPE_BUSY) << status;  // D17
  EXPECT_LE(70, watch.elapsed().count() + 1) << "returned too early";
}

TEST_P(Call, CALL_7_ForeverWaitsUntilAnInstanceListens) {
  EndPair pair = connected_ends(message_pipe());
  Pending<Received> calling = start_call(*client_host(), pair.name, "question", 64, PIPES_NMPWAIT_WAIT_FOREVER);
  ASSERT_TRUE(calling.wait_until_blocked());
  ASSERT_STATUS(PIPES_OK, pair.client.close());
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  serve_one(pair.server, "question", "answer");
  EXPECT_EQ("answer", calling.result().bytes);
}

TEST_P(Call, CALL_8_ALongerReplyIsCutAndItsRestLost) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, message_pipe());
  Pending<Received> calling = start_call(*client_host(), name, "question", 4);
  serve_one(server, "question", "long answer");
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, calling.result().status);
  EXPECT_EQ(4u, calling.result().transferred);
  EXPECT_EQ("long", calling.result().bytes);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, server.read().status);
}

TEST_P(Call, CALL_9_AOneWayPipeIsDenied) {
  for (const uint32_t direction : {PIPES_ACCESS_INBOUND, PIPES_ACCESS_OUTBOUND}) {
    const std::string name = unique_name();
    EndActor server = listening_server(name, {.open_mode = direction});
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, call(*client_host(), name, "question").status);
  }
}

TEST_P(Call, CALL_10_TheHandleIsClosedOnEveryPath) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, message_pipe());
  Pending<Received> calling = start_call(*client_host(), name, "question");
  serve_one(server, "question", "answer");
  ASSERT_STATUS(PIPES_OK, calling.result().status);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, server.read().status);

  ASSERT_STATUS(PIPES_OK, server.disconnect());
  Pending<Received> refused = start_call(*client_host(), name, "question");
  (void)server.connect();
  ASSERT_EQ("question", server.read().bytes);
  ASSERT_STATUS(PIPES_OK, server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, refused.result().status);
  EXPECT_EQ(1u, server.get_state().current_instances);
}

}  // namespace
}  // namespace pipes::test
