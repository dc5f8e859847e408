// FINE: fine points that programs depend on, as far as blocking calls show them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/expect.h"
#include "support/oracle.h"

namespace pipes::test {
namespace {

PIPES_BOTH_DIRECTIONS(Fine);

constexpr uint32_t kQuota = 100;

constexpr uint64_t kNtPending = 0x103;
constexpr uint64_t kNtBufferOverflow = 0x80000005;

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

TEST(FineHere, FINE_6_InvalidHandleSetsTheCountToZero) {
  char byte = 0;
  uint32_t count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_read(nullptr, &byte, 1, &count, nullptr));
  EXPECT_EQ(0u, count);
  count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_write(nullptr, &byte, 1, &count, nullptr));
  EXPECT_EQ(0u, count);
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

}  // namespace
}  // namespace pipes::test
