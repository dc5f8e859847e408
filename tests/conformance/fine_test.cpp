// FINE: fine points that programs depend on.
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_BOTH_DIRECTIONS(Fine);
PIPES_OVERLAPPED_ENDS(FineOverlapped);

constexpr uint32_t kQuota = 100;

// ----------------------------------------------------------------- FINE-1: what a call causes has happened when it returns

// An end with a port, and a read that waits at it with an event.
struct WaitingRead {
  explicit WaitingRead(pipes_handle end) {
    EXPECT_STATUS(PIPES_OK, pipes_port_associate(port, end, 1));
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
  }
  // Expects that all is told already.
  void expect_over(Code status, const std::string& bytes) {
    EXPECT_FALSE(reading.pending());
    EXPECT_TRUE(is_signalled(reading.event()));
    EXPECT_EQ(packet(status, bytes.size(), 1, reading), take_packet(port, 0));
    EXPECT_EQ(received(status, bytes), reading.received(0));
  }
  Handle port = new_port();
  Overlapped reading;
};

TEST(FineHere, FINE_1_AReadIsCompleteWhenTheWriteReturns) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  WaitingRead waiting(pair.server);
  EXPECT_EQ(sent(5), write(pair.client, "hello"));
  waiting.expect_over(PIPES_OK, "hello");
}

TEST(FineHere, FINE_1_AWriteIsCompleteWhenTheReadReturns) {
  const Pair pair = connected_pair(overlapped(with_quota(message_pipe(), 0)));
  Overlapped writing;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(pair.server, "hello"));
  EXPECT_EQ(received(PIPES_OK, "hello"), read(pair.client));
  EXPECT_TRUE(is_signalled(writing.event()));
  EXPECT_EQ(sent(5), writing.sent(0));
}

TEST(FineHere, FINE_1_AConnectIsCompleteWhenTheOpenReturns) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped connecting;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  const Handle client = open_client(name);
  EXPECT_TRUE(is_signalled(connecting.event()));
  EXPECT_STATUS(PIPES_OK, connecting.status(0));
}

TEST(FineHere, FINE_1_WhatClosingEndsIsCompleteWhenItReturns) {
  Pair pair = connected_pair(overlapped(message_pipe()));
  WaitingRead waiting(pair.server);
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  waiting.expect_over(PIPES_ERROR_BROKEN_PIPE, "");
}

TEST(FineHere, FINE_1_WhatDisconnectingEndsIsCompleteWhenItReturns) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  const Handle client = open_overlapped(name);
  WaitingRead of_server(server);
  WaitingRead of_client(client);
  EXPECT_STATUS(PIPES_OK, disconnect(server));
  of_server.expect_over(PIPES_ERROR_PIPE_NOT_CONNECTED, "");
  of_client.expect_over(PIPES_ERROR_PIPE_NOT_CONNECTED, "");
}

// Expects that the operations have ended with the status already.
void expect_over(std::initializer_list<Overlapped*> operations, Code status) {
  for (Overlapped* const operation : operations) {
    EXPECT_FALSE(operation->pending());
    EXPECT_TRUE(is_signalled(operation->event()));
    EXPECT_STATUS(status, operation->status(0));
  }
}

TEST(FineHere, FINE_1_ClosingAndDisconnectingEndWritesAndTransactionsToo) {
  const ServerOptions options = overlapped(with_quota(message_pipe(), 0));
  const std::string name = unique_name();
  Handle server = create_server(name, options);
  {
    Handle client = open_overlapped(name);
    Overlapped reading;
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(server));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(server, "never read"));
    EXPECT_STATUS(PIPES_OK, client.close());
    expect_over({&reading, &writing}, PIPES_ERROR_BROKEN_PIPE);
    EXPECT_STATUS(PIPES_OK, disconnect(server));
  }
  Overlapped connecting;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  {
    const Handle client = open_overlapped(name);
    Overlapped of_server;
    Overlapped of_client;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, of_server.write(server, "never read"));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, of_client.write(client, "neither"));
    EXPECT_STATUS(PIPES_OK, disconnect(server));
    expect_over({&of_server, &of_client}, PIPES_ERROR_PIPE_NOT_CONNECTED);
  }
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  {
    const Handle client = open_overlapped(name);
    Overlapped transaction;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(client, "request"));
    EXPECT_STATUS(PIPES_OK, server.close());
    expect_over({&transaction}, PIPES_ERROR_BROKEN_PIPE);
  }
}

TEST(FineHere, FINE_1_WhatIsCancelledIsCompleteWhenTheCallReturns) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  WaitingRead waiting(pair.server);
  EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(pair.server, &waiting.reading.structure()));
  waiting.expect_over(PIPES_ERROR_OPERATION_ABORTED, "");
}

// A thread that blocks in the same half of the end is no reason to wait for it: neither one that came first nor one
// that came later. Many times, since it may be quick.
constexpr int kTimes = 20;

TEST(FineHere, FINE_1_AReadBehindABlockedOneIsCompleteWhenTheWriteReturns) {
  for (int i = 0; i < kTimes && !::testing::Test::HasFailure(); ++i) {
    const Pair pair = connected_pair(overlapped(message_pipe()));
    Background blocked([&] { return read(pair.server); });
    ASSERT_TRUE(wait_until_blocked(blocked));
    WaitingRead waiting(pair.server);
    EXPECT_EQ(sent(5), write(pair.client, "first"));
    EXPECT_EQ(sent(6), write(pair.client, "second"));
    waiting.expect_over(PIPES_OK, "second");
    EXPECT_EQ(received(PIPES_OK, "first"), blocked.result());
  }
}

TEST(FineHere, FINE_1_AReadBeforeABlockedOneIsCompleteWhenTheWriteReturns) {
  for (int i = 0; i < kTimes && !::testing::Test::HasFailure(); ++i) {
    const Pair pair = connected_pair(overlapped(message_pipe()));
    WaitingRead waiting(pair.server);
    Background blocked([&] { return read(pair.server); });
    ASSERT_TRUE(wait_until_blocked(blocked));
    EXPECT_EQ(sent(5), write(pair.client, "first"));
    waiting.expect_over(PIPES_OK, "first");
    EXPECT_EQ(sent(6), write(pair.client, "second"));
    EXPECT_EQ(received(PIPES_OK, "second"), blocked.result());
  }
}

TEST(FineHere, FINE_1_AReadBehindABlockedOneFindsWhatIsThere) {
  for (int i = 0; i < kTimes && !::testing::Test::HasFailure(); ++i) {
    const Pair pair = connected_pair(overlapped(message_pipe()));
    Background blocked([&] { return read(pair.server); });
    ASSERT_TRUE(wait_until_blocked(blocked));
    EXPECT_EQ(sent(5), write(pair.client, "first"));
    EXPECT_EQ(sent(6), write(pair.client, "second"));
    Overlapped reading;
    (void)reading.read(pair.server);  // pending or not, by whether the blocked one has gone
    EXPECT_FALSE(reading.pending());
    EXPECT_EQ(received(PIPES_OK, "second"), reading.received(0));
    EXPECT_EQ(received(PIPES_OK, "first"), blocked.result());
  }
}

TEST(FineHere, FINE_1_AWriteBehindABlockedOneIsCompleteWhenTheReadReturns) {
  for (int i = 0; i < kTimes && !::testing::Test::HasFailure(); ++i) {
    const Pair pair = connected_pair(overlapped(with_quota(message_pipe(), 0)));
    Background blocked([&] { return write(pair.server, "first"); });
    ASSERT_TRUE(wait_until_blocked(blocked));
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(pair.server, "second"));
    EXPECT_EQ(received(PIPES_OK, "first"), read(pair.client));
    EXPECT_EQ(received(PIPES_OK, "second"), read(pair.client));
    EXPECT_TRUE(is_signalled(writing.event()));
    EXPECT_EQ(sent(6), writing.sent(0));
    EXPECT_EQ(sent(5), blocked.result());
  }
}

TEST(FineHere, FINE_1_AWriteBeforeABlockedOneIsCompleteWhenTheReadReturns) {
  for (int i = 0; i < kTimes && !::testing::Test::HasFailure(); ++i) {
    const Pair pair = connected_pair(overlapped(with_quota(message_pipe(), 0)));
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(pair.server, "first"));
    Background blocked([&] { return write(pair.server, "second"); });
    ASSERT_TRUE(wait_until_blocked(blocked));
    EXPECT_EQ(received(PIPES_OK, "first"), read(pair.client));
    EXPECT_TRUE(is_signalled(writing.event()));
    EXPECT_EQ(sent(5), writing.sent(0));
    EXPECT_EQ(received(PIPES_OK, "second"), read(pair.client));
    EXPECT_EQ(sent(6), blocked.result());
  }
}

TEST(FineHere, FINE_1_AConnectBehindABlockedOneIsCompleteWhenTheOpenReturns) {
  for (int i = 0; i < kTimes && !::testing::Test::HasFailure(); ++i) {
    const std::string name = unique_name();
    const Handle server = create_server(name, overlapped(message_pipe()));
    Background blocked([&] { return Code(pipes_connect(server, nullptr)); });
    ASSERT_TRUE(wait_until_blocked(blocked));
    Overlapped connecting;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
    const Handle client = open_client(name);
    EXPECT_TRUE(is_signalled(connecting.event()));
    EXPECT_STATUS(PIPES_OK, connecting.status(0));
    EXPECT_STATUS(PIPES_OK, blocked.result());
  }
}

TEST(FineHere, FINE_1_WhatClosingEndsBehindABlockedReadIsCompleteWhenItReturns) {
  for (int i = 0; i < kTimes && !::testing::Test::HasFailure(); ++i) {
    Pair pair = connected_pair(overlapped(message_pipe()));
    Background blocked([&] { return read(pair.server); });
    ASSERT_TRUE(wait_until_blocked(blocked));
    WaitingRead waiting(pair.server);
    EXPECT_STATUS(PIPES_OK, pair.client.close());
    waiting.expect_over(PIPES_ERROR_BROKEN_PIPE, "");
    EXPECT_EQ(received(PIPES_ERROR_BROKEN_PIPE, ""), blocked.result());
  }
}

// ------------------------------------------------------------------------------------------ FINE-2: handles are waited for

TEST(FineHere, FINE_2_ANewHandleIsSignalled) {
  const std::string name = unique_name();
  const Handle overlapped_server = create_server(name, overlapped(message_pipe()));
  const Handle server = create_server(name, message_pipe());
  EXPECT_TRUE(is_signalled(overlapped_server));
  EXPECT_TRUE(is_signalled(server));
  EXPECT_TRUE(is_signalled(open_overlapped(name)));
  EXPECT_TRUE(is_signalled(open_client(name)));
  EXPECT_TRUE(is_signalled(server)) << "that a client came is nothing to it";
}

TEST(FineHere, FINE_2_AnOperationWithAnEventLeavesTheHandleClear) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  EXPECT_TRUE(is_signalled(pair.server));
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  EXPECT_FALSE(is_signalled(pair.server));
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_TRUE(is_signalled(reading.event()));
  EXPECT_FALSE(is_signalled(pair.server));
}

TEST(FineHere, FINE_2_ABlockedCallLeavesTheHandleClearWhileItBlocks) {
  const Pair pair = connected_pair(message_pipe());
  EXPECT_TRUE(is_signalled(pair.server));
  Background reading([&] { return read(pair.server); });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_FALSE(is_signalled(pair.server));
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_EQ(received(PIPES_OK, "x"), reading.result());
  EXPECT_TRUE(is_signalled(pair.server));
}

TEST_P(FineOverlapped, FINE_2_AWaitForTheHandleEndsWithTheCompletion) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading(ToldBy::kHandle);
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    const Handle event = new_event();
    Background waiting([&] { return wait_for_several({event, end}, WaitFor::kAny); });
    ASSERT_TRUE(wait_until_blocked(waiting));
    EXPECT_EQ(sent(1), peer.write("x"));
    EXPECT_EQ((Waited{PIPES_OK, 1}), waiting.result());
    EXPECT_EQ(received(PIPES_OK, "x"), reading.received(0));
  });
}

TEST(FineHere, FINE_3_FailureAtOnceNeverStoresAFinalStatus) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  char byte = 0;
  uint32_t count = kUntouched;
  pipes_overlapped overlapped{};
  overlapped.internal_high = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, pipes_read(server, &byte, 1, &count, &overlapped));
  EXPECT_EQ(kNtPending, overlapped.internal);
  EXPECT_EQ(kUntouched, overlapped.internal_high);

  const Handle client = open_client(name);
  overlapped = {};
  overlapped.internal_high = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, pipes_connect(server, &overlapped));
  EXPECT_EQ(kNtPending, overlapped.internal);
  PIPES_ORACLE_DIFFERS(
      "Wine stores 0; OVERLAPPED: the system sets InternalHigh if the request is completed without errors");
  EXPECT_EQ(kUntouched, overlapped.internal_high);
}

TEST(FineHere, FINE_3_NorDoesItOnAnOverlappedHandle) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped operation;
  const auto begins = [&](auto begin) {
    operation.structure().internal = 0;
    operation.structure().internal_high = kUntouched;
    return Code(begin());
  };
  const auto stored_nothing = [&] {
    return operation.internal() == kNtPending && operation.structure().internal_high == kUntouched;
  };
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, begins([&] { return operation.read(server); }));
  EXPECT_TRUE(stored_nothing());
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, begins([&] { return operation.write(server, "x"); }));
  EXPECT_TRUE(stored_nothing());
  EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, begins([&] { return operation.transact(server, "x"); }));
  EXPECT_TRUE(stored_nothing());
  Handle client = open_client(name);
  EXPECT_STATUS(PIPES_OK, client.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, begins([&] { return operation.read(server); }));
  EXPECT_TRUE(stored_nothing());
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, begins([&] { return operation.write(server, "x"); }));
  EXPECT_TRUE(stored_nothing());
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, begins([&] { return operation.connect(server); }));
  PIPES_ORACLE_DIFFERS(
      "Wine stores 0; OVERLAPPED: the system sets InternalHigh if the request is completed without errors");
  EXPECT_TRUE(stored_nothing());
}

TEST(FineHere, FINE_3_ARefusedCallHasResetTheEventAndAnInvalidHandleHasNot) {
  const Handle server = create_server(unique_name(), overlapped(message_pipe()));
  Overlapped operation;
  EXPECT_STATUS(PIPES_OK, pipes_event_set(operation.event()));
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, operation.read(server));
  EXPECT_FALSE(is_signalled(operation.event()));

  Handle closed = create_server(unique_name(), overlapped(message_pipe()));
  const pipes_handle stale = closed;
  EXPECT_STATUS(PIPES_OK, closed.close());
  EXPECT_STATUS(PIPES_OK, pipes_event_set(operation.event()));
  for (const pipes_handle wrong : {stale, pipes_handle{nullptr}, PIPES_INVALID_HANDLE}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, operation.read(wrong));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, operation.write(wrong, "x"));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, operation.connect(wrong));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, operation.transact(wrong, "x"));
  }
  EXPECT_TRUE(is_signalled(operation.event()));
}

TEST(FineHere, FINE_4_StructureHasTheTruthAboutAMessageCutShort) {
  const Pair pair = connected_pair(message_pipe());
  ASSERT_EQ(sent(5), write(pair.client, "hello"));
  char buffer[3] = {};
  uint32_t count = kUntouched;
  pipes_overlapped overlapped{};
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, pipes_read(pair.server, buffer, 3, &count, &overlapped));
  EXPECT_EQ(0u, count);
  EXPECT_EQ(kNtBufferOverflow, overlapped.internal);
  EXPECT_EQ(3u, overlapped.internal_high);

  count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, pipes_read(pair.server, buffer, 1, &count, nullptr));
  EXPECT_EQ(1u, count) << "without a structure the count is set";

  count = kUntouched;
  EXPECT_STATUS(PIPES_OK, pipes_read(pair.server, buffer, 3, &count, &overlapped));
  EXPECT_EQ(1u, count);
  EXPECT_EQ(0u, overlapped.internal);
  EXPECT_EQ(1u, overlapped.internal_high);
}

TEST(FineHere, FINE_4_TheSameOnAnOverlappedHandle) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  EXPECT_EQ(sent(5), write(pair.client, "hello"));
  Overlapped reading;
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, reading.read(pair.server, 3));
  EXPECT_EQ(0u, reading.count());
  EXPECT_EQ(kNtBufferOverflow, reading.internal());
  EXPECT_EQ(3u, reading.structure().internal_high);
  EXPECT_STATUS(PIPES_OK, reading.read(pair.server));
  EXPECT_EQ(2u, reading.count());
}

TEST(FineHere, FINE_5_TheResultOfWhatCompletedAtOnce) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped writing;
  EXPECT_STATUS(PIPES_OK, writing.write(pair.server, "out"));
  EXPECT_EQ(sent(3), writing.sent());
  EXPECT_EQ(sent(3), writing.sent(0));
  EXPECT_EQ(sent(5), write(pair.client, "hello"));
  Overlapped reading;
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, reading.read(pair.server, 3));
  EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "hel"), reading.received());
  Overlapped rest(ToldBy::kHandle);
  EXPECT_STATUS(PIPES_OK, rest.read(pair.server));
  EXPECT_EQ(received(PIPES_OK, "lo"), rest.received(0));
}

TEST(FineHere, FINE_5_TheResultOnASynchronousHandle) {
  const Pair pair = connected_pair(message_pipe());
  EXPECT_EQ(sent(5), write(pair.client, "hello"));
  Overlapped reading;
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, reading.read(pair.server, 3));
  EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "hel"), reading.received());
  EXPECT_STATUS(PIPES_OK, reading.read(pair.server));
  EXPECT_EQ(received(PIPES_OK, "lo"), reading.received());
}

TEST(FineHere, FINE_6_InvalidHandleSetsTheCountToZero) {
  char byte = 0;
  uint32_t count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_read(nullptr, &byte, 1, &count, nullptr));
  EXPECT_EQ(0u, count);
  count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_write(nullptr, &byte, 1, &count, nullptr));
  EXPECT_EQ(0u, count);
}

// A call that blocks on a thread of its own, for which a routine is queued: it goes on, and the routine runs only when
// the thread then waits alertably.
template <class Call, class Release>
void expect_not_alertable(Call call, Release release) {
  Background blocked([&] {
    uint32_t ran = 0;
    const auto count = [](uintptr_t context) { ++*reinterpret_cast<uint32_t*>(context); };
    EXPECT_STATUS(PIPES_OK, pipes_queue_routine(pipes_current_thread(), count, reinterpret_cast<uintptr_t>(&ran)));
    EXPECT_STATUS(PIPES_OK, call());
    EXPECT_EQ(0u, ran);
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(0, 1));
    return ran;
  });
  ASSERT_TRUE(wait_until_blocked(blocked));
  static uint32_t ran_late;
  ran_late = 0;
  const auto count_late = [](uintptr_t) { ++ran_late; };
  EXPECT_STATUS(PIPES_OK, pipes_queue_routine(blocked.thread(), count_late, 0));
  EXPECT_TRUE(wait_until_blocked(blocked)) << "it goes on waiting";
  release();
  EXPECT_EQ(1u, blocked.result());
  EXPECT_EQ(1u, ran_late);
}

TEST(FineHere, FINE_7_CallsThatBlockAreNotAlertable) {
  for (const bool with_overlapped_handle : {false, true}) {
    ServerOptions options = with_quota(message_pipe(), 0);
    if (with_overlapped_handle) options = overlapped(options);
    const std::string name = unique_name();
    const Handle server = create_server(name, options);
    Handle client;
    if (!with_overlapped_handle) {  // D38: what a connect without a structure does there
      expect_not_alertable([&] { return connect(server); }, [&] { client = open_client(name); });
    } else {
      client = open_client(name);
    }
    expect_not_alertable([&] { return read(server).status; }, [&] { EXPECT_EQ(sent(1), write(client, "x")); });
    expect_not_alertable([&] { return write(server, "x").status; },
                         [&] { EXPECT_EQ(received(PIPES_OK, "x"), read(client)); });
    expect_not_alertable([&] { return transact(server, "q").status; },
                         [&] {
                           EXPECT_EQ(received(PIPES_OK, "q"), read(client));
                           EXPECT_EQ(sent(1), write(client, "a"));
                         });
  }
  const Pair pair = connected_pair(message_pipe());
  EXPECT_EQ(sent(6), write(pair.server, "unread"));
  expect_not_alertable([&] { return flush(pair.server); },
                       [&] { EXPECT_EQ(received(PIPES_OK, "unread"), read(pair.client)); });
}

TEST_P(FineOverlapped, FINE_8_FlushReturnsAtOnceWhileAnOverlappedReadWaits) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_STATUS(PIPES_OK, flush(end));
    EXPECT_TRUE(reading.pending());
    EXPECT_EQ(sent(1), peer.write("x"));
    EXPECT_EQ(received(PIPES_OK, "x"), reading.received());
  });
}

TEST_P(FineOverlapped, FINE_9_OverlappedWritesBeyondTheQuotaCompleteWhenWhatIsUnreadFits) {
  at_either_end(with_quota(message_pipe(), 5000), [](Handle& end, EndActor& peer) {
    Overlapped large;
    Overlapped small;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, large.write(end, bytes(7000)));
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(7000).substr(0, 1999)), peer.read(1999));
    EXPECT_TRUE(large.pending()) << "5001 bytes unread";
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, small.write(end, "x")) << "behind the large one";
    EXPECT_STATUS(PIPES_OK, Overlapped().write(end, "")) << "a zero-length one does not wait";
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(7000).substr(1999, 1)), peer.read(1));
    EXPECT_EQ(sent(7000), large.sent()) << "5000 bytes unread";
    EXPECT_TRUE(small.pending()) << "5001 bytes unread up to its end";
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(7000).substr(2000, 1)), peer.read(1));
    EXPECT_EQ(sent(1), small.sent());
  });
}

TEST_P(Fine, FINE_8_FlushReturnsAtOnceWhileAReadWaitsAtTheSameEnd) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(message_pipe(), [](EndActor& peer, EndActor& end) {
    Pending<Received> reading = end.start_read();
    ASSERT_TRUE(reading.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, end.flush());
    EXPECT_TRUE(still_waits(reading));
    EXPECT_EQ(sent(1), peer.write("x"));
    EXPECT_EQ(received(PIPES_OK, "x"), reading.result());
    EXPECT_EQ(sent(6), end.write("unread"));
    EXPECT_STATUS(PIPES_OK, peer.close());
    EXPECT_STATUS(PIPES_OK, end.flush());
  });
}

TEST_P(Fine, FINE_9_WriteBeyondTheQuotaCompletesWhenWhatIsUnreadFits) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), 5000), [](EndActor& writer, EndActor& reader) {
    Pending<Sent> large = writer.start_write(bytes(7000));
    ASSERT_TRUE(large.wait_until_blocked());
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(7000).substr(0, 1999)), reader.read(1999));
    EXPECT_TRUE(still_waits(large)) << "5001 bytes unread";
    Pending<Sent> small = writer.start_write("x");
    ASSERT_TRUE(small.wait_until_blocked()) << "behind the large one";
    EXPECT_EQ(sent(0), writer.write("")) << "a zero-length one does not wait";

    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(7000).substr(1999, 1)), reader.read(1));
    EXPECT_EQ(sent(7000), large.result()) << "5000 bytes unread";
    EXPECT_TRUE(still_waits(small)) << "5001 bytes unread up to its end";
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(7000).substr(2000, 1)), reader.read(1));
    EXPECT_EQ(sent(1), small.result());
    EXPECT_EQ(received(PIPES_OK, bytes(7000).substr(2001)), reader.read(7000));
    EXPECT_EQ(received(PIPES_OK, "x"), reader.read());
    EXPECT_EQ(received(PIPES_OK, ""), reader.read());
  });
}

TEST_P(Fine, FINE_10_ZeroLengthMessageQueuesBehindEverythingAndIsCountedNowhere) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(4), writer.write("data"));
    Pending<Sent> waiting = writer.start_write(bytes(kQuota));
    ASSERT_TRUE(waiting.wait_until_blocked());
    EXPECT_EQ(sent(0), writer.write(""));
    EXPECT_EQ(peeked("data", 4 + kQuota, 0), reader.peek());
    EXPECT_EQ(received(PIPES_OK, "data"), reader.read());
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota)), reader.read());
    EXPECT_EQ(peeked("", 0, 0), reader.peek());
    EXPECT_EQ(received(PIPES_OK, ""), reader.read());
  });
}

TEST_P(Fine, FINE_10_FlushWaitsForAZeroLengthMessageToo) {
  in_both_directions(message_pipe(), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(0), writer.write(""));
    Pending<Code> flushing = writer.start_flush();
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_EQ(received(PIPES_OK, ""), reader.read());
    EXPECT_STATUS(PIPES_OK, flushing.result());
  });
}

TEST_P(Fine, FINE_11_ZeroLengthReadTakesNothingAndTheBytesGoToTheNextRead) {
  for (const ServerOptions& options : {byte_pipe(), message_pipe()}) {
    const Code expected =
        (options.pipe_mode & PIPES_READMODE_MESSAGE) != 0 ? Code(PIPES_ERROR_MORE_DATA) : Code(PIPES_OK);
    in_both_directions(options, [expected](EndActor& writer, EndActor& reader) {
      Pending<Received> empty = reader.start_read(0);
      ASSERT_TRUE(empty.wait_until_blocked());
      Pending<Received> next = reader.start_read();
      ASSERT_TRUE(next.wait_until_blocked());
      EXPECT_EQ(sent(5), writer.write("bytes"));
      EXPECT_EQ(received(expected, ""), empty.result());
      EXPECT_EQ(received(PIPES_OK, "bytes"), next.result());
    });
  }
}

TEST_P(Fine, FINE_11_ZeroLengthWriteWakesExactlyOneReadOnAMessagePipe) {
  in_both_directions(message_pipe(), [](EndActor& writer, EndActor& reader) {
    Pending<Received> first = reader.start_read();
    ASSERT_TRUE(first.wait_until_blocked());
    Pending<Received> second = reader.start_read();
    ASSERT_TRUE(second.wait_until_blocked());
    EXPECT_EQ(sent(0), writer.write(""));
    EXPECT_EQ(received(PIPES_OK, ""), first.result());
    EXPECT_TRUE(still_waits(second));
    EXPECT_EQ(sent(1), writer.write("x"));
    EXPECT_EQ(received(PIPES_OK, "x"), second.result());
  });
}

TEST_P(Fine, FINE_11_ZeroLengthWriteWakesNobodyOnABytePipe) {
  in_both_directions(byte_pipe(), [](EndActor& writer, EndActor& reader) {
    Pending<Received> reading = reader.start_read();
    ASSERT_TRUE(reading.wait_until_blocked());
    EXPECT_EQ(sent(0), writer.write(""));
    EXPECT_TRUE(still_waits(reading));
    EXPECT_EQ(sent(1), writer.write("x"));
    EXPECT_EQ(received(PIPES_OK, "x"), reading.result());
    EXPECT_EQ(peeked("", 0, 0), reader.peek());
  });
}

TEST_P(FineOverlapped, FINE_11_ZeroLengthReadTakesNothingAndTheBytesGoToTheNextRead) {
  for (const ServerOptions& options : {byte_pipe(), message_pipe()}) {
    const bool messages = (options.pipe_mode & PIPES_READMODE_MESSAGE) != 0;
    at_either_end(options, [messages](Handle& end, EndActor& peer) {
      Overlapped empty;
      Overlapped next;
      ASSERT_STATUS(PIPES_ERROR_IO_PENDING, empty.read(end, 0));
      ASSERT_STATUS(PIPES_ERROR_IO_PENDING, next.read(end));
      EXPECT_EQ(sent(5), peer.write("bytes"));
      EXPECT_EQ(received_nothing(messages ? Code(PIPES_ERROR_MORE_DATA) : Code(PIPES_OK)), empty.received());
      EXPECT_EQ(received(PIPES_OK, "bytes"), next.received());
    });
  }
}

TEST_P(FineOverlapped, FINE_12_AZeroLengthReadOfAnEmptyBytePipeWaitsAndTakesNothing) {
  at_either_end(byte_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end, 0));
    EXPECT_EQ(sent(0), peer.write(""));
    EXPECT_TRUE(reading.pending()) << "nothing was written";
    EXPECT_EQ(sent(4), peer.write("data"));
    EXPECT_EQ(received(PIPES_OK, ""), reading.received());
    EXPECT_EQ(received(PIPES_OK, "data"), read(end)) << "it stays";
  });
}

TEST_P(FineOverlapped, FINE_13_CancellingOneOfSeveralReadsLeavesTheOthers) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    std::vector<Overlapped> reads(3);
    for (Overlapped& reading : reads) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &reads[1].structure()));
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, reads[1].status());
    EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(end, &reads[1].structure()));
    EXPECT_EQ(sent(3), peer.write("one"));
    EXPECT_EQ(received(PIPES_OK, "one"), reads[0].received());
    EXPECT_TRUE(reads[2].pending());
    EXPECT_EQ(sent(3), peer.write("two"));
    EXPECT_EQ(received(PIPES_OK, "two"), reads[2].received());
  });
}

TEST_P(FineOverlapped, FINE_14_ACancelledWriteInTheMiddleOfItsMessageMakesWayForTheNext) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    Overlapped cancelled;
    Overlapped next;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, cancelled.write(end, bytes(300)));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, next.write(end, bytes(kQuota, 2)));
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(300).substr(0, 50)), peer.read(50));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &cancelled.structure()));
    EXPECT_EQ(not_sent(PIPES_ERROR_OPERATION_ABORTED), cancelled.sent());
    EXPECT_EQ(sent(kQuota), next.sent());
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota, 2)), peer.read());
  });
}

TEST_P(Fine, FINE_14_CancelledWriteInTheMiddleOfItsMessageMakesWayForTheNext) {
  for (const uint32_t size : {300u, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(message_pipe(), kQuota), [size](EndActor& writer, EndActor& reader) {
      Pending<Sent> cancelled = writer.start_write(bytes(size));
      ASSERT_TRUE(cancelled.wait_until_blocked());
      Pending<Sent> next = writer.start_write(bytes(kQuota, 2));
      ASSERT_TRUE(next.wait_until_blocked());
      EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(size).substr(0, 50)), reader.read(50));
      EXPECT_TRUE(still_waits(cancelled));

      EXPECT_STATUS(PIPES_OK, cancelled.cancel());
      EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, cancelled.result().status);
      if (size < kBeyondTheRing) {
        EXPECT_EQ(sent(kQuota), next.result()) << "the next waiting write may complete";
        EXPECT_EQ(peeked(bytes(kQuota, 2), kQuota, 0), reader.peek());
      }
      EXPECT_EQ(received(PIPES_OK, bytes(kQuota, 2)), reader.read());
      EXPECT_EQ(sent(kQuota), next.result());
    });
  }
}

TEST_P(Fine, FINE_14_FlushThatWaitedForACancelledWriteEndsWithSuccess) {
  in_both_directions(with_quota(byte_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    Pending<Sent> writing = writer.start_write(bytes(300));
    ASSERT_TRUE(writing.wait_until_blocked());
    Pending<Code> flushing = writer.start_flush();
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_EQ(bytes(300).substr(0, 50), read_exactly(reader, 50));
    EXPECT_TRUE(still_waits(flushing));
    EXPECT_STATUS(PIPES_OK, writing.cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.result().status);
    EXPECT_STATUS(PIPES_OK, flushing.result());
  });
}

// ------------------------------------------------------------------------------------- FINE-15: a waiting read lends room

TEST_P(Fine, FINE_15_WaitingReadLendsItsBufferToNoWaitWrites) {
  for (const ServerOptions& options : {byte_pipe(), message_pipe()}) {
    const bool messages = (options.pipe_mode & PIPES_READMODE_MESSAGE) != 0;
    in_both_directions(with_quota(options, 512), [messages](EndActor& writer, EndActor& reader) {
      ASSERT_STATUS(PIPES_OK, writer.set_mode((messages ? PIPES_READMODE_MESSAGE : 0) | PIPES_NOWAIT));
      Pending<Received> reading = reader.start_read(1);
      ASSERT_TRUE(reading.wait_until_blocked());
      EXPECT_EQ(sent(513), writer.write(bytes(513)));
      const Code status = messages ? Code(PIPES_ERROR_MORE_DATA) : Code(PIPES_OK);
      EXPECT_EQ(received(status, bytes(513).substr(0, 1)), reading.result());
      EXPECT_EQ(received(PIPES_OK, bytes(513).substr(1)), reader.read());
    });
  }
}

TEST_P(Fine, FINE_15_OneByteTooManyOnABytePipeFillsOnlyTheWaitingRead) {
  in_both_directions(with_quota(byte_pipe(), 512), [](EndActor& writer, EndActor& reader) {
    ASSERT_STATUS(PIPES_OK, writer.set_mode(PIPES_NOWAIT));
    Pending<Received> reading = reader.start_read(1);
    ASSERT_TRUE(reading.wait_until_blocked());
    EXPECT_EQ(sent(1), writer.write(bytes(514)));
    EXPECT_EQ(received(PIPES_OK, bytes(514).substr(0, 1)), reading.result());
    EXPECT_EQ(peeked("", 0, 0), reader.peek());
  });
}

TEST_P(Fine, FINE_15_OneByteTooManyOnAMessagePipeWritesNothing) {
  in_both_directions(with_quota(message_pipe(), 512), [](EndActor& writer, EndActor& reader) {
    ASSERT_STATUS(PIPES_OK, writer.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
    Pending<Received> reading = reader.start_read(1);
    ASSERT_TRUE(reading.wait_until_blocked());
    PIPES_ORACLE_DIFFERS("table 4: PIPE_NOWAIT message over quota with a 1-byte read waiting");
    EXPECT_EQ(sent(0), writer.write(bytes(514)));
    EXPECT_TRUE(still_waits(reading));
    EXPECT_EQ(sent(1), writer.write("x"));
    EXPECT_EQ(received(PIPES_OK, "x"), reading.result());
  });
}

TEST_P(Fine, FINE_15_WithoutAWaitingReadNothingIsWrittenBeyondTheQuota) {
  for (const ServerOptions& options : {byte_pipe(), message_pipe()}) {
    in_both_directions(with_quota(options, 512), [&options](EndActor& writer, EndActor& reader) {
      ASSERT_STATUS(PIPES_OK, writer.set_mode((options.pipe_mode & PIPES_READMODE_MESSAGE) | PIPES_NOWAIT));
      EXPECT_EQ(sent(0), writer.write(bytes(513)));
      EXPECT_EQ(peeked("", 0, 0), reader.peek());
      EXPECT_EQ(sent(512), writer.write(bytes(512)));
    });
  }
}

TEST(FineHere, FINE_16_NoWaitAndAnEmptyQueueWithAndWithoutAStructure) {
  const Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, set_mode(pair.server, PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  char byte = 'b';
  uint32_t count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, pipes_read(pair.server, &byte, 1, &count, nullptr));
  EXPECT_EQ(0u, count);
  pipes_overlapped overlapped{};
  count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, pipes_read(pair.server, &byte, 1, &count, &overlapped));
  EXPECT_EQ(0u, count);
  EXPECT_EQ('b', byte);
}

TEST_P(Fine, FINE_17_ModesCanBeAskedAndSetInTheClosingState) {
  in_both_directions(message_pipe(), [](EndActor& closer, EndActor& peer) {
    EXPECT_EQ(sent(4), closer.write("left"));
    EXPECT_STATUS(PIPES_OK, closer.close());
    EXPECT_EQ(PIPES_READMODE_MESSAGE, peer.get_state().mode) << "before what is left has been read";
    EXPECT_STATUS(PIPES_OK, peer.set_mode(PIPES_READMODE_BYTE));
    EXPECT_EQ(PIPES_READMODE_BYTE, peer.get_state().mode);
    EXPECT_EQ(received(PIPES_OK, "le"), peer.read(2));
    EXPECT_STATUS(PIPES_OK, peer.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
    EXPECT_EQ(received(PIPES_OK, "ft"), peer.read());

    EXPECT_EQ(PIPES_READMODE_MESSAGE | PIPES_NOWAIT, peer.get_state().mode) << "and after it";
    EXPECT_STATUS(PIPES_OK, peer.set_mode(PIPES_READMODE_BYTE));
    EXPECT_EQ(not_peeked(PIPES_ERROR_BROKEN_PIPE), peer.peek());
  });
}

TEST_P(Fine, FINE_18_QueriesShowOnlyTheirOwnBitsAndTheSizesAskedFor) {
  ServerOptions options = message_pipe();
  options.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_WRITE_THROUGH;
  options.pipe_mode |= PIPES_REJECT_REMOTE_CLIENTS | PIPES_NOWAIT;
  options.in_buffer = 0;
  options.out_buffer = 12345;
  const std::string name = unique_name();
  EndActor server = listening_server(name, options);
  EndActor client = opened_client(name);
  EXPECT_EQ(PIPES_READMODE_MESSAGE | PIPES_NOWAIT, server.get_state().mode);
  EXPECT_EQ(0u, client.get_state().mode);
  EXPECT_EQ(PIPES_SERVER_END | PIPES_TYPE_MESSAGE, server.get_info().flags);
  EXPECT_EQ(PIPES_CLIENT_END | PIPES_TYPE_MESSAGE, client.get_info().flags);
  for (EndActor* end : {&server, &client}) {
    EXPECT_EQ(0u, end->get_info().in_buffer);
    EXPECT_EQ(12345u, end->get_info().out_buffer);
  }

  EndPair byte_ends = connected_ends(byte_pipe());
  EXPECT_EQ(PIPES_SERVER_END, byte_ends.server.get_info().flags);
  EXPECT_EQ(PIPES_CLIENT_END, byte_ends.client.get_info().flags);
  EXPECT_EQ(0u, byte_ends.server.get_state().mode);
}

TEST(FineHere, FINE_19_IdQueriesWithANullPointer) {
  const Pair pair = connected_pair();
  for (const pipes_handle end : {static_cast<pipes_handle>(pair.server), static_cast<pipes_handle>(pair.client)}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_client_process_id(end, nullptr));
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_client_session_id(end, nullptr));
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_server_process_id(end, nullptr));
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_server_session_id(end, nullptr));
  }
}

// ---------------------------------------------------------------------------------------- FINE-20: anonymous pipes' sizes

TEST(FineHere, FINE_20_AnonymousPipeOfSizeZeroHolds4096BytesAndNoMore) {
  const AnonymousPair pair = anonymous_pair(0);
  const std::string data = bytes(4097);
  EXPECT_EQ(sent(4096), write(pair.write_end, data.substr(0, 4096)));
  Background writing([&] { return write(pair.write_end, data.substr(4096)); });
  ASSERT_TRUE(wait_until_blocked(writing));
  EXPECT_EQ(received(PIPES_OK, data.substr(0, 4096)), read(pair.read_end, 4096));
  EXPECT_EQ(sent(1), writing.result());
  EXPECT_EQ(received(PIPES_OK, data.substr(4096)), read(pair.read_end, 4096));
}

TEST(FineHere, FINE_20_WritingOneByteTooManyAtOnceWaits) {
  const AnonymousPair pair = anonymous_pair(0);
  Background writing([&] { return write(pair.write_end, bytes(4097)); });
  ASSERT_TRUE(wait_until_blocked(writing));
  std::string got;
  while (got.size() < 4097) {
    const Received part = read(pair.read_end, 4097);
    ASSERT_STATUS(PIPES_OK, part.status);
    got += part.bytes;
  }
  EXPECT_TRUE(got == bytes(4097));
  EXPECT_EQ(sent(4097), writing.result());
}

TEST(FineHere, FINE_20_AnyOtherSizeIsAQuotaOfAtLeastThatSize) {
  for (const uint32_t size : {1u, 100u, 4095u, 4096u, 4097u, 10000u, 65536u, 100000u, 1u << 20}) {
    SCOPED_TRACE(size);
    const AnonymousPair pair = anonymous_pair(size);
    EXPECT_EQ(sent(size), write(pair.write_end, bytes(size)));
    EXPECT_EQ(size, peek(pair.read_end, 0).available);
    EXPECT_EQ(received(PIPES_OK, bytes(size)), read(pair.read_end, size));
  }
}

TEST(FineHere, FINE_20_TheInfoQueryReportsTheSizeAskedFor) {
  for (const uint32_t size : {0u, 1u, 4096u, 5000u, 65537u}) {
    SCOPED_TRACE(size);
    const AnonymousPair pair = anonymous_pair(size);
    const uint32_t reported = size == 0 ? 4096 : size;
    for (const pipes_handle end :
         {static_cast<pipes_handle>(pair.read_end), static_cast<pipes_handle>(pair.write_end)}) {
      const Info info = get_info(end);
      EXPECT_STATUS(PIPES_OK, info.status);
      EXPECT_EQ(reported, info.in_buffer);
      EXPECT_EQ(reported, info.out_buffer);
      EXPECT_EQ(1u, info.max_instances);
    }
  }
}

TEST_P(Fine, FINE_26_RequestGoesBehindWaitingWritesAndDoesNotItselfWaitForQuota) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& caller, EndActor& partner) {
    Pending<Sent> writing = caller.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(writing.wait_until_blocked());
    Pending<Received> transaction = caller.start_transact("request");
    ASSERT_TRUE(transaction.wait_until_blocked());
    EXPECT_EQ(peeked("", kQuota + 1 + 7, kQuota + 1), partner.peek(0));
    EXPECT_EQ(sent(5), partner.write("reply"));
    EXPECT_EQ(received(PIPES_OK, "reply"), transaction.result()) << "though its request is unread";
    EXPECT_TRUE(still_waits(writing));
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota + 1)), partner.read());
    EXPECT_EQ(received(PIPES_OK, "request"), partner.read());
    EXPECT_EQ(sent(kQuota + 1), writing.result());
  });
}

TEST_P(Fine, FINE_26_TransactionMayBeAnsweredByATransaction) {
  in_both_directions(with_quota(message_pipe(), 0), [](EndActor& caller, EndActor& partner) {
    Pending<Received> first = caller.start_transact("ping");
    ASSERT_TRUE(first.wait_until_blocked());
    EXPECT_EQ(received(PIPES_OK, "ping"), partner.read());
    Pending<Received> second = partner.start_transact("pong, and you?");
    EXPECT_EQ(received(PIPES_OK, "pong, and you?"), first.result());
    EXPECT_EQ(sent(4), caller.write("fine"));
    EXPECT_EQ(received(PIPES_OK, "fine"), second.result());
  });
}

// ------------------------------------------------------------------------------------------ FINE-22 to 24: in what order

TEST(FineHere, FINE_22_OneWriteCompletesThreeReadsInOrder) {
  const Pair pair = connected_pair(overlapped(byte_pipe()));
  const Handle port = new_port();
  ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, pair.server, 1));
  std::vector<Overlapped> reads(3);
  for (Overlapped& reading : reads) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server, 2));
  EXPECT_EQ(sent(5), write(pair.client, "abcde"));
  EXPECT_EQ(packet(PIPES_OK, 2, 1, reads[0]), take_packet(port, 0));
  EXPECT_EQ(packet(PIPES_OK, 2, 1, reads[1]), take_packet(port, 0));
  EXPECT_EQ(packet(PIPES_OK, 1, 1, reads[2]), take_packet(port, 0));
  EXPECT_EQ(received(PIPES_OK, "ab"), reads[0].received(0));
  EXPECT_EQ(received(PIPES_OK, "cd"), reads[1].received(0));
  EXPECT_EQ(received(PIPES_OK, "e"), reads[2].received(0));
}

TEST(FineHere, FINE_22_OneReadCompletesThreeWritesInOrder) {
  const Pair pair = connected_pair(overlapped(with_quota(byte_pipe(), 0)));
  const Handle port = new_port();
  ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, pair.server, 1));
  std::vector<Overlapped> writes(3);
  for (Overlapped& writing : writes) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(pair.server, "ab"));
  EXPECT_EQ(received(PIPES_OK, "ababab"), read(pair.client));
  for (Overlapped& writing : writes) EXPECT_EQ(packet(PIPES_OK, 2, 1, writing), take_packet(port, 0));
}

TEST(FineHere, FINE_23_WhatSucceedsAtOnceIsStillDelivered) {
  const Pair with_port = connected_pair(overlapped(message_pipe()));
  const Handle port = new_port();
  ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, with_port.server, 1));
  Overlapped operation;
  EXPECT_STATUS(PIPES_OK, operation.write(with_port.server, "x"));
  EXPECT_EQ(packet(PIPES_OK, 1, 1, operation), take_packet(port, 0));

  const Pair pair = connected_pair(overlapped(message_pipe()));
  EXPECT_EQ(sent(2), write(pair.client, "in"));
  EXPECT_STATUS(PIPES_OK, operation.read_ex(pair.server));
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(0, 1));
  EXPECT_EQ((std::vector<RoutineCall>{operation.call(PIPES_OK, 2)}), take_routine_calls());
}

TEST(FineHere, FINE_23_ATimeOutStoresNull) {
  const Handle port = new_port();
  pipes_overlapped structure{};
  pipes_overlapped* overlapped = &structure;
  uint32_t count = kUntouched;
  uint64_t key = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_WAIT_TIMEOUT, pipes_port_get(port, &count, &key, &overlapped, 0));
  EXPECT_EQ(nullptr, overlapped);
  EXPECT_EQ(kUntouched, count);
  EXPECT_EQ(kUntouched, key);
}

TEST(FineHere, FINE_24_ALookAtAResultRunsNoRoutines) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped reading;
  Overlapped writing;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  ASSERT_STATUS(PIPES_OK, writing.write_ex(pair.server, "x"));
  EXPECT_EQ(received_nothing(PIPES_ERROR_IO_INCOMPLETE), reading.received(0, Alertable::kYes));
  EXPECT_TRUE(take_routine_calls().empty());
  EXPECT_EQ(received_nothing(PIPES_WAIT_IO_COMPLETION), reading.received(PIPES_INFINITE, Alertable::kYes));
  EXPECT_EQ(1u, take_routine_calls().size());
}

TEST_P(FineOverlapped, FINE_26_ARequestGoesBehindOverlappedWritesThatWait) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    Overlapped writing;
    Overlapped transaction;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, bytes(kQuota + 1)));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(end, "request"));
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota + 1)), peer.read());
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
    EXPECT_EQ(sent(5), peer.write("reply"));
    EXPECT_EQ(sent(kQuota + 1), writing.sent());
    EXPECT_EQ(received(PIPES_OK, "reply"), transaction.received());
  });
}

TEST_P(Fine, FINE_26_BothEndsMayStartATransaction) {
  EndPair pair = connected_ends(with_quota(message_pipe(), 0));
  Pending<Received> first = pair.client.start_transact("from the client");
  ASSERT_TRUE(first.wait_until_blocked());
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_BUSY), pair.server.transact("from the server")) << "a request is unread";
  EXPECT_EQ(received(PIPES_OK, "from the client"), pair.server.read());
  Pending<Received> second = pair.server.start_transact("from the server");
  EXPECT_EQ(received(PIPES_OK, "from the server"), first.result());
  Pending<Received> third = pair.client.start_transact("again");
  EXPECT_EQ(received(PIPES_OK, "again"), second.result());
  EXPECT_EQ(sent(4), pair.server.write("done"));
  EXPECT_EQ(received(PIPES_OK, "done"), third.result());
}

// ------------------------------------------------------------------------------------------------- FINE-28: odd names

TEST(FineHere, FINE_28_DotsAndPunctuationAreNamesAndATrailingBackslashBelongsToOne) {
  PIPES_OUR_ENGINE_ONLY("D31: NT's path clean-up may change such names");
  const std::string unique = unique_name();
  const std::string prefix = "\\\\.\\pipe\\";
  const std::vector<std::string> names{prefix + ".", prefix + "..",  prefix + "C:",          unique + ":*?<>|\"",
                                       unique,       unique + " . ", unique + "!$%&'()[]{}~"};
  std::vector<Handle> servers;
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    Opened server = try_create_server(name);
    ASSERT_STATUS(PIPES_OK, server.status);
    EXPECT_EQ(0u, server.disposition) << "it is none of the others";
    servers.push_back(std::move(server.handle));
  }
  for (size_t i = 0; i < names.size(); ++i) {
    SCOPED_TRACE(names[i]);
    const Handle client = open_client(names[i]);
    EXPECT_EQ(sent(1), write(client, "x"));
    EXPECT_EQ(received(PIPES_OK, "x"), read(servers[i]));
  }
  const std::string other = unique_name();
  const Handle server = create_server(other + "\\");
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(other).status);
  EXPECT_STATUS(PIPES_OK, try_open(other + "\\").status);
}

}  // namespace
}  // namespace pipes::test
