// ERR: which number stands for what, and what a failing call leaves alone.
#include <gtest/gtest.h>

#include <string>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_BOTH_DIRECTIONS(Err);

constexpr uint32_t kQuota = 100;

// A read with a structure on a synchronous handle: it waits all the same, and fills the structure (D13).
struct FilledRead {
  Code status;
  uint32_t count = kUntouched;
  pipes_overlapped overlapped{};
};

FilledRead read_with_structure(pipes_handle handle, uint32_t size) {
  FilledRead done;
  done.overlapped.internal_high = kUntouched;
  std::string buffer(size, '\0');
  done.status = pipes_read(handle, buffer.data(), size, &done.count, &done.overlapped);
  return done;
}

TEST(ErrHere, ERR_1_StatusesOfTheFileSystemAndTheirWin32Numbers) {
  const Pair pair = connected_pair(message_pipe());
  ASSERT_EQ(sent(5), write(pair.client, "hello"));
  const FilledRead cut = read_with_structure(pair.server, 3);
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, cut.status);
  EXPECT_EQ(kNtBufferOverflow, cut.overlapped.internal);
  EXPECT_EQ(3u, cut.overlapped.internal_high);
  const FilledRead whole = read_with_structure(pair.server, 3);
  EXPECT_STATUS(PIPES_OK, whole.status);
  EXPECT_EQ(kNtSuccess, whole.overlapped.internal);
  EXPECT_EQ(2u, whole.overlapped.internal_high);

  Background cancelled([&] { return read_with_structure(pair.server, 3); });
  ASSERT_TRUE(wait_until_blocked(cancelled));
  EXPECT_STATUS(PIPES_OK, cancelled.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, cancelled.result().status);
  PIPES_ORACLE_DIFFERS("Wine leaves it pending; OVERLAPPED: set to the status code for the completed request");
  EXPECT_EQ(kNtCancelled, cancelled.result().overlapped.internal);
}

TEST(ErrHere, ERR_1_StatusesOfBrokenAndDisconnectedPipes) {
  Pair broken = connected_pair(message_pipe());
  Background reading([&] { return read_with_structure(broken.server, 3); });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_STATUS(PIPES_OK, broken.client.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.result().status);
  {
    PIPES_ORACLE_DIFFERS("Wine leaves it pending; OVERLAPPED: set to the status code for the completed request");
    EXPECT_EQ(kNtPipeBroken, reading.result().overlapped.internal);
    EXPECT_EQ(0u, reading.result().overlapped.internal_high);
  }

  const Pair pair = connected_pair(message_pipe());
  Background detached([&] { return read_with_structure(pair.client, 3); });
  ASSERT_TRUE(wait_until_blocked(detached));
  EXPECT_STATUS(PIPES_OK, disconnect(pair.server));
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, detached.result().status);
  PIPES_ORACLE_DIFFERS("Wine leaves it pending; OVERLAPPED: set to the status code for the completed request");
  EXPECT_EQ(kNtPipeDisconnected, detached.result().overlapped.internal);
}

TEST_P(Err, ERR_2_NoDataMeansNothingToReadOrAPeerThatIsClosing) {
  in_both_directions(message_pipe(), [](EndActor& writer, EndActor& reader) {
    ASSERT_STATUS(PIPES_OK, reader.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
    EXPECT_EQ(received_nothing(PIPES_ERROR_NO_DATA), reader.read());
    EXPECT_STATUS(PIPES_OK, writer.close());
    EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), reader.write("x"));
  });
  EndPair pair = connected_ends();
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, pair.server.connect());
}

TEST_P(Err, ERR_3_BadPipeIsTheAnswerOfPeekAndTransactInAWrongStateOrMode) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, message_pipe());
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, server.peek().status);
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, server.transact("x").status);
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, client.transact("x").status) << "byte-read mode";
  EXPECT_STATUS(PIPES_OK, server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, server.peek().status);
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, server.transact("x").status);
}

TEST_P(Err, ERR_4_WhatPipeBusyCovers) {
  ServerOptions options = message_pipe();
  options.max_instances = 1;
  const std::string name = unique_name();
  EndActor server = listening_server(name, options);
  EndActor client = opened_client(name);
  EndActor another = client_end();
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, another.open(name)) << "no listening instance";
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, another.create_named(name, options)) << "the limit of instances";
  EXPECT_EQ(sent(6), client.write("unread"));
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, server.transact("x").status) << "unread data";
  EXPECT_EQ(received(PIPES_OK, "unread"), server.read());
  if (!kOurEngine) return;  // D44: on NT the next call waits for the read; and SETST-5 is unconfirmed.
  Pending<Received> reading = server.start_read();
  ASSERT_TRUE(reading.wait_until_blocked());
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, server.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT)) << "a waiting read";
  EXPECT_EQ(PIPES_READMODE_MESSAGE, server.get_state().mode) << "and nothing changed";
}

TEST_P(Err, ERR_5_WhatIsNoFailureOfTheConnection) {
  EndPair pair = connected_ends(message_pipe());
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, pair.server.connect());
  EXPECT_EQ(sent(4), pair.client.write("long"));
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, pair.server.read(3).status);
  EXPECT_EQ(received(PIPES_OK, "g"), pair.server.read(3));
  EXPECT_EQ(sent(4), pair.client.write("more"));
  EXPECT_EQ(received(PIPES_OK, "more"), pair.server.read());
}

TEST_P(Err, ERR_5_WhatSaysThatTheConnectionIsOver) {
  in_both_directions(message_pipe(), [](EndActor& closer, EndActor& peer) {
    EXPECT_STATUS(PIPES_OK, closer.close());
    for (int again = 0; again < 2; ++again) {
      EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, peer.read().status);
      EXPECT_STATUS(PIPES_ERROR_NO_DATA, peer.write("x").status);
    }
  });
  EndPair pair = connected_ends(message_pipe());
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  for (int again = 0; again < 2; ++again) {
    EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.read().status);
    EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.write("x").status);
  }
}

// ------------------------------------------------------------------------------ ERR-7: outputs of a call that fails

TEST(ErrHere, ERR_7_HandlesAreUntouchedWhenTheyCannotBeMade) {
  int mark = 0;
  const auto marked = reinterpret_cast<pipes_handle>(&mark);
  pipes_handle handle = marked;
  uint32_t disposition = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER,
                pipes_create_named(unique_name().c_str(), 0, 0, 1, 0, 0, 0, nullptr, &handle, &disposition));
  EXPECT_EQ(marked, handle);
  EXPECT_EQ(kUntouched, disposition);
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, pipes_open(unique_name().c_str(), kReadWrite, 0, nullptr, &handle));
  EXPECT_EQ(marked, handle);

  const Pair pair = connected_pair();
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, pipes_open(pair.name.c_str(), kReadWrite, 0, nullptr, &handle));
  EXPECT_EQ(marked, handle);
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE,
                pipes_duplicate(PIPES_INVALID_HANDLE, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &handle));
  EXPECT_EQ(marked, handle);
  PIPES_ORACLE_DIFFERS("Wine asks the descriptor; INH-7, DuplicateHandle: no more access rights than the original");
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, pipes_duplicate(pair.client, PIPES_WRITE_DAC, 0, 0, &handle));
  EXPECT_EQ(marked, handle);
}

TEST(ErrHere, ERR_7_QueriesThatFailLeaveTheirOutputsAlone) {
  const Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, disconnect(pair.server));
  const Info info = get_info(pair.client);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, info.status);
  EXPECT_EQ(kUntouched, info.flags);
  EXPECT_EQ(kUntouched, info.out_buffer);
  EXPECT_EQ(kUntouched, info.in_buffer);
  EXPECT_EQ(kUntouched, info.max_instances);
  const State state = get_state(pair.client);
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, state.status);
  EXPECT_EQ(kUntouched, state.mode);
  EXPECT_EQ(kUntouched, state.current_instances);
  const Id id = client_process_id(pair.client);
  {
    PIPES_ORACLE_DIFFERS("table 4: process-id queries after a disconnect");
    EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, id.status);
    EXPECT_EQ(kUntouched, id.value);
  }
  EXPECT_EQ(not_peeked(PIPES_ERROR_PIPE_NOT_CONNECTED), peek(pair.client));
  EXPECT_EQ(not_peeked(PIPES_ERROR_BAD_PIPE), peek(pair.server));

  pipes_local_info local{};
  local.size = sizeof(local);
  local.type = kUntouched;
  local.end = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pipes_get_local_info(pair.client, &local));
  EXPECT_EQ(kUntouched, local.type);
  EXPECT_EQ(kUntouched, local.end);
}

TEST(ErrHere, ERR_7_FailedReadAndTransactionLeaveTheBufferAlone) {
  const Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, disconnect(pair.server));
  char buffer[4] = {'k', 'e', 'p', 't'};
  uint32_t count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pipes_read(pair.client, buffer, 4, &count, nullptr));
  EXPECT_EQ(0u, count);
  count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pipes_transact(pair.client, "x", 1, buffer, 4, &count, nullptr));
  EXPECT_EQ(0u, count);
  EXPECT_EQ("kept", std::string(buffer, 4));
}

TEST_P(Err, ERR_8_ErrorOfOneConnectionAltersNoOtherOfThePipe) {
  const std::string name = unique_name();
  const ServerOptions options = with_quota(message_pipe(), kQuota);
  EndActor good_server = listening_server(name, options);
  EndActor good_client = opened_client(name);
  EndActor bad_server = listening_server(name, options);
  EndActor bad_client = opened_client(name);
  EXPECT_EQ(sent(4), good_client.write("keep"));
  Pending<Received> waiting = good_client.start_read();
  ASSERT_TRUE(waiting.wait_until_blocked());

  EXPECT_STATUS(PIPES_OK, bad_client.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), bad_server.read());
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), bad_server.write("x"));
  EXPECT_STATUS(PIPES_OK, bad_server.disconnect());
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), bad_server.read());

  EXPECT_EQ(PIPES_STATE_CONNECTED, good_server.get_local_info().value.state);
  EXPECT_TRUE(still_waits(waiting));
  EXPECT_EQ(received(PIPES_OK, "keep"), good_server.read());
  EXPECT_EQ(sent(5), good_server.write("reply"));
  EXPECT_EQ(received(PIPES_OK, "reply"), waiting.result());
}

}  // namespace
}  // namespace pipes::test
