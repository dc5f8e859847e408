// TRANS: a request and its reply as one operation.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

// The writer of in_both_directions makes the transaction here, and the reader is its partner.
PIPES_BOTH_DIRECTIONS(Trans);
PIPES_OVERLAPPED_ENDS(TransOverlapped);

TEST_P(Trans, TRANS_1_WritesARequestAndWaitsForTheReply) {
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    Pending<Received> transaction = caller.start_transact("question");
    EXPECT_EQ(received(PIPES_OK, "question"), partner.read());
    EXPECT_TRUE(transaction.wait_until_blocked());
    EXPECT_EQ(sent(6), partner.write("answer"));
    EXPECT_EQ(received(PIPES_OK, "answer"), transaction.result());
  });
}

TEST_P(Trans, TRANS_2_NeedsMessageTypeAndMessageReadMode) {
  in_both_directions(byte_pipe(), [](EndActor& caller, EndActor& partner) {
    EXPECT_EQ(received_nothing(PIPES_ERROR_BAD_PIPE), caller.transact("x"));
    EXPECT_EQ(peeked("", 0, 0), partner.peek()) << "nothing was sent";
  });
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    ASSERT_STATUS(PIPES_OK, caller.set_mode(PIPES_READMODE_BYTE));
    EXPECT_EQ(received_nothing(PIPES_ERROR_BAD_PIPE), caller.transact("x"));
    EXPECT_EQ(peeked("", 0, 0), partner.peek()) << "nothing was sent";
  });
}

TEST_P(Trans, TRANS_3_NeedsTheRightsToReadAndToWrite) {
  for (const uint32_t access : {PIPES_GENERIC_READ | PIPES_FILE_WRITE_ATTRIBUTES, PIPES_GENERIC_WRITE}) {
    SCOPED_TRACE(access);
    const std::string name = unique_name();
    EndActor server = listening_server(name, message_pipe());
    EndActor client = opened_client(name, access);
    ASSERT_STATUS(PIPES_OK, client.set_mode(PIPES_READMODE_MESSAGE));
    EXPECT_EQ(received_nothing(PIPES_ERROR_ACCESS_DENIED), client.transact("x"));
    EXPECT_EQ(peeked("", 0, 0), server.peek()) << "nothing was sent";
    EXPECT_STATUS(PIPES_OK, server.disconnect());
    EXPECT_EQ(received_nothing(PIPES_ERROR_ACCESS_DENIED), client.transact("x"))
        << "detached: rights come before state";
  }
}

TEST_P(Trans, TRANS_3_OneWayPipesNeverAllowIt) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, {.open_mode = PIPES_ACCESS_INBOUND, .pipe_mode = message_pipe().pipe_mode});
  EXPECT_EQ(received_nothing(PIPES_ERROR_ACCESS_DENIED), server.transact("x"));
  EndActor client = opened_client(name, PIPES_GENERIC_WRITE);
  EXPECT_EQ(received_nothing(PIPES_ERROR_ACCESS_DENIED), client.transact("x"));
}

TEST_P(Trans, TRANS_4_UnreadDataMakesItFailAndNothingIsSent) {
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    for (const char* unread : {"unread", ""}) {
      SCOPED_TRACE(unread);
      EXPECT_STATUS(PIPES_OK, partner.write(unread).status);
      EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_BUSY), caller.transact("x"));
      EXPECT_EQ(peeked("", 0, 0), partner.peek());
      EXPECT_EQ(received(PIPES_OK, unread), caller.read()) << "and nothing was consumed";
    }
    EXPECT_EQ(sent(4), partner.write("long"));
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "lon"), caller.read(3));
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_BUSY), caller.transact("x")) << "the rest of a message";
    EXPECT_EQ(peeked("", 0, 0), partner.peek());
  });
}

TEST_P(Trans, TRANS_4_AnotherWaitingReadMakesItFail) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    Pending<Received> reading = caller.start_read();
    ASSERT_TRUE(reading.wait_until_blocked());
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_BUSY), caller.transact("x"));
    EXPECT_EQ(peeked("", 0, 0), partner.peek());
    EXPECT_EQ(sent(4), partner.write("data"));
    EXPECT_EQ(received(PIPES_OK, "data"), reading.result());
  });
}

TEST_P(Trans, TRANS_4_AnotherWaitingTransactionMakesItFail) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    Pending<Received> first = caller.start_transact("first");
    ASSERT_TRUE(first.wait_until_blocked());
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_BUSY), caller.transact("second"));
    EXPECT_EQ(received(PIPES_OK, "first"), partner.read());
    EXPECT_EQ(peeked("", 0, 0), partner.peek());
    EXPECT_EQ(sent(5), partner.write("reply"));
    EXPECT_EQ(received(PIPES_OK, "reply"), first.result());
  });
}

// What was taken back is not unread, however much it was.
TEST_P(Trans, TRANS_4_AWithdrawnMessageDoesNotMakeItFail) {
  in_both_directions(with_quota(message_pipe(), 1), [](EndActor& caller, EndActor& partner) {
    for (const uint32_t size : {10u, 5'000u, 100'000u}) {
      SCOPED_TRACE(size);
      Pending<Sent> writing = partner.start_write(bytes(size));
      ASSERT_TRUE(writing.wait_until_blocked());
      EXPECT_STATUS(PIPES_OK, writing.cancel());
      EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.result().status);
      Pending<Received> transaction = caller.start_transact("x");
      ASSERT_TRUE(transaction.wait_until_blocked());
      EXPECT_EQ(received(PIPES_OK, "x"), partner.read());
      EXPECT_EQ(sent(5), partner.write("reply"));
      EXPECT_EQ(received(PIPES_OK, "reply"), transaction.result());
    }
  });
}

TEST_P(Trans, TRANS_5_RequestIsQueuedWithoutRegardToTheQuota) {
  for (const uint32_t quota : {0u, 100u}) {
    SCOPED_TRACE(quota);
    in_both_directions(with_quota(message_pipe(), quota), [quota](EndActor& caller, EndActor& partner) {
      const std::string request = bytes(10 * quota + 5);
      Pending<Received> transaction = caller.start_transact(request);
      EXPECT_TRUE(transaction.wait_until_blocked());
      // The reply can be there before the request is read: the call waits for nothing else.
      EXPECT_EQ(sent(5), partner.write("early"));
      EXPECT_EQ(received(PIPES_OK, "early"), transaction.result());
      EXPECT_EQ(received(PIPES_OK, request), partner.read());
    });
  }
}

constexpr uint32_t kLong = 6'000'000;

// Longer than any engine keeps for itself: each end takes in what comes while its own request is on its way. Requests
// need not cross in every round; but whatever happens, nobody waits for ever.
TEST(Transactions, TRANS_5_LongRequestsThatCrossAreEachOthersReplies) {
  const Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, set_mode(pair.client, PIPES_READMODE_MESSAGE));
  const std::string questions[] = {bytes(kLong), bytes(kLong + 1)};
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> ready{0};
    // Who comes too late finds the other's request unread (TRANS-4), and answers it.
    const auto ask = [&](pipes_handle end, const std::string& question) {
      ++ready;
      while (ready < 2) continue;  // both at once, as far as two threads can
      Received reply = transact(end, question, 2 * kLong);
      if (reply.status == Code(PIPES_ERROR_PIPE_BUSY)) {
        EXPECT_STATUS(PIPES_OK, read(end, 2 * kLong).status);
        EXPECT_EQ(sent(5), write(end, "reply"));
      }
      return reply;
    };
    Background server([&] { return ask(pair.server, questions[0]); });
    Background client([&] { return ask(pair.client, questions[1]); });
    if (!server.result().status.ok() || !client.result().status.ok()) {
      const Received& answered = server.result().status.ok() ? server.result() : client.result();
      ASSERT_EQ(received(PIPES_OK, "reply"), answered);
      continue;
    }
    EXPECT_TRUE(client.result().bytes == questions[0]);
    EXPECT_TRUE(server.result().bytes == questions[1]);
  }
}

TEST(Transactions, TRANS_15_PartnerMayWriteALongReplyBeforeItReadsALongRequest) {
  const Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, set_mode(pair.client, PIPES_READMODE_MESSAGE));
  const std::string request = bytes(kLong);
  const std::string reply = bytes(kLong + 1);
  Background transaction([&] { return transact(pair.client, request, 2 * kLong); });
  ASSERT_TRUE(wait_until_blocked(transaction));
  EXPECT_EQ(sent(kLong + 1), write(pair.server, reply));
  EXPECT_TRUE(read(pair.server, 2 * kLong).bytes == request);
  EXPECT_TRUE(transaction.result().bytes == reply);
}

TEST_P(Trans, TRANS_6_WaitsAlsoInNoWaitMode) {
  in_both_directions(with_quota(message_pipe(), 0), [](EndActor& caller, EndActor& partner) {
    ASSERT_STATUS(PIPES_OK, caller.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
    Pending<Received> transaction = caller.start_transact("question");
    ASSERT_TRUE(transaction.wait_until_blocked());
    EXPECT_EQ(received(PIPES_OK, "question"), partner.read());
    EXPECT_TRUE(still_waits(transaction));
    EXPECT_EQ(sent(6), partner.write("answer"));
    EXPECT_EQ(received(PIPES_OK, "answer"), transaction.result());
  });
}

TEST_P(Trans, TRANS_7_LongReplyFillsTheBufferAndItsRestIsReadOrPeeked) {
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    Pending<Received> transaction = caller.start_transact("q", 4);
    ASSERT_TRUE(transaction.wait_until_blocked());
    EXPECT_EQ(sent(10), partner.write("0123456789"));
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "0123"), transaction.result());
    EXPECT_EQ(peeked("45", 6, 4), caller.peek(2));
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "456"), caller.read(3));
    EXPECT_EQ(received(PIPES_OK, "789"), caller.read(3));
  });
}

TEST_P(Trans, TRANS_8_ReadsExactlyOneReply) {
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    for (const std::string reply : {"reply", "", "other"}) {
      SCOPED_TRACE(reply);
      Pending<Received> transaction = caller.start_transact("q");
      ASSERT_TRUE(transaction.wait_until_blocked());
      EXPECT_EQ(sent(reply.size()), partner.write(reply));
      EXPECT_EQ(sent(4), partner.write("more"));
      EXPECT_EQ(received(PIPES_OK, reply), transaction.result());
      EXPECT_EQ(received(PIPES_OK, "more"), caller.read());
      EXPECT_EQ(received(PIPES_OK, "q"), partner.read());
    }
  });
}

TEST_P(Trans, TRANS_9_WithoutAConnection) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, message_pipe());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BAD_PIPE), server.transact("x")) << "listening";
  EndActor client = opened_client(name);
  ASSERT_STATUS(PIPES_OK, client.set_mode(PIPES_READMODE_MESSAGE));
  EXPECT_STATUS(PIPES_OK, server.disconnect());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BAD_PIPE), server.transact("x")) << "disconnected";
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), client.transact("x")) << "detached";
}

TEST_P(Trans, TRANS_9_PeerClosed) {
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    EXPECT_STATUS(PIPES_OK, partner.close());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BAD_PIPE), caller.transact("x"));
  });
}

TEST_P(Trans, TRANS_10_PartnerClosesWhileTheReplyIsAwaited) {
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    Pending<Received> transaction = caller.start_transact("q");
    ASSERT_TRUE(transaction.wait_until_blocked());
    EXPECT_EQ(received(PIPES_OK, "q"), partner.read());
    EXPECT_STATUS(PIPES_OK, partner.close());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), transaction.result());
  });
}

TEST_P(Trans, TRANS_10_ServerDisconnectsWhileTheReplyIsAwaited) {
  for (const bool at_client : {true, false}) {
    SCOPED_TRACE(at_client);
    EndPair pair = connected_ends(message_pipe());
    Pending<Received> transaction = (at_client ? pair.client : pair.server).start_transact("q");
    ASSERT_TRUE(transaction.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), transaction.result());
  }
}

TEST_P(TransOverlapped, TRANS_4_WhatWaitsAtTheEndMakesItFail) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed: MS-FSCC 2.3.51 speaks of unread data only");
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped transaction;
    Overlapped refused;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(end, "first"));
    EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, refused.transact(end, "second"));
    EXPECT_EQ(received(PIPES_OK, "first"), peer.read());
    EXPECT_EQ(peeked("", 0, 0), peer.peek()) << "nothing else was sent";
    EXPECT_EQ(sent(5), peer.write("reply"));
    EXPECT_EQ(received(PIPES_OK, "reply"), transaction.received());
    Overlapped reading;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, refused.transact(end, "third"));
    EXPECT_EQ(peeked("", 0, 0), peer.peek());
  });
}

TEST_P(TransOverlapped, TRANS_11_ItIsPendingUntilTheReplyIsThere) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped transaction;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(end, "request"));
    EXPECT_FALSE(is_signalled(transaction.event()));
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
    EXPECT_EQ(received_nothing(PIPES_ERROR_IO_INCOMPLETE), transaction.received(0));
    EXPECT_EQ(sent(5), peer.write("reply"));
    EXPECT_STATUS(PIPES_OK, wait_for(transaction.event()));
    EXPECT_EQ(received(PIPES_OK, "reply"), transaction.received(0)) << "the count is the reply's";

    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(end, "request", 2));
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
    EXPECT_EQ(sent(5), peer.write("reply"));
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "re"), transaction.received());
    EXPECT_EQ(received(PIPES_OK, "ply"), read(end));
  });
}

TEST_P(TransOverlapped, TRANS_11_ItReportsToThePort) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    const Handle port = new_port();
    ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, end, 3));
    Overlapped transaction;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(end, "request"));
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
    EXPECT_EQ(sent(5), peer.write("reply"));
    EXPECT_EQ(packet(PIPES_OK, 5, 3, transaction), take_packet(port));
  });
}

TEST(TransHere, TRANS_11_TheStructureSaysThatItIsPending) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  pipes_overlapped structure{};
  char reply = 0;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, pipes_transact(pair.server, "q", 1, &reply, 1, nullptr, &structure));
  {
    PIPES_ORACLE_DIFFERS("Wine leaves it; OVERLAPPED: STATUS_PENDING indicates that the operation is in progress");
    EXPECT_EQ(kNtPending, structure.internal);
  }
  EXPECT_EQ(received(PIPES_OK, "q"), read(pair.client));
  EXPECT_EQ(sent(1), write(pair.client, "a"));
  EXPECT_STATUS(PIPES_OK, wait_for(pair.server));
  EXPECT_EQ('a', reply);
  EXPECT_EQ(kNtSuccess, structure.internal);
}

TEST(TransHere, TRANS_12_CountMayNotBeNullWithoutAStructure) {
  const Pair pair = connected_pair(message_pipe());
  char reply[8] = {};
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER,
                pipes_transact(pair.client, "x", 1, reply, sizeof(reply), nullptr, nullptr));
  EXPECT_EQ(peeked("", 0, 0), peek(pair.server)) << "nothing was sent";
}

TEST_P(Trans, TRANS_13_UsableByTheServerEnd) {
  EndPair pair = connected_ends(message_pipe());
  Pending<Received> transaction = pair.server.start_transact("from the server");
  EXPECT_EQ(received(PIPES_OK, "from the server"), pair.client.read());
  EXPECT_EQ(sent(15), pair.client.write("from the client"));
  EXPECT_EQ(received(PIPES_OK, "from the client"), transaction.result());
}

TEST_P(Trans, TRANS_14_NoLimitOfSizeOnOneComputer) {
  for (const uint32_t size : {65535u, 65536u, 65537u, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(message_pipe(), 100), [size](EndActor& caller, EndActor& partner) {
      Pending<Received> transaction = caller.start_transact(bytes(size), size);
      EXPECT_EQ(received(PIPES_OK, bytes(size)), partner.read(size));
      EXPECT_EQ(sent(size), partner.write(bytes(size, 2)));
      EXPECT_EQ(received(PIPES_OK, bytes(size, 2)), transaction.result());
    });
  }
}

TEST_P(Trans, TRANS_15_PartnerReadsAndWritesPlainly) {
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    ASSERT_STATUS(PIPES_OK, partner.set_mode(PIPES_READMODE_BYTE));
    Pending<Received> reading = partner.start_read(3);
    ASSERT_TRUE(reading.wait_until_blocked());
    Pending<Received> transaction = caller.start_transact("request");
    EXPECT_EQ(received(PIPES_OK, "req"), reading.result());
    EXPECT_EQ(received(PIPES_OK, "uest"), partner.read());
    EXPECT_EQ(sent(5), partner.write("reply"));
    EXPECT_EQ(received(PIPES_OK, "reply"), transaction.result());
  });
}

TEST_P(Trans, TRANS_16_AnEmptyRequestIsAnEmptyMessage) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  in_both_directions(message_pipe(), [](EndActor& caller, EndActor& partner) {
    Pending<Received> transaction = caller.start_transact("");
    EXPECT_EQ(received(PIPES_OK, ""), partner.read());
    EXPECT_EQ(sent(5), partner.write("reply"));
    EXPECT_EQ(received(PIPES_OK, "reply"), transaction.result());
  });
}

}  // namespace
}  // namespace pipes::test
