// SYNC: many threads on one end. With it cancelling blocking calls (CANCEL), which is about threads too;
// cancel_test.cpp is about overlapped operations.
//
// NT serialises all calls on a synchronous handle (SYNC-1 to SYNC-3); our engine deliberately does not (D44), so what
// follows from that is asserted only there.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_BOTH_DIRECTIONS(Sync);
PIPES_OVERLAPPED_ENDS(SyncOverlapped);

constexpr uint32_t kQuota = 100;

TEST_P(SyncOverlapped, SYNC_4_AnOverlappedHandleReadsAndWritesAtOnce) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    // A reader waits on one thread while another writes through the same handle.
    Background reader([&] {
      Overlapped reading;
      EXPECT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
      return reading.received();
    });
    ASSERT_TRUE(wait_until_blocked(reader));
    Background writer([&] {
      Overlapped writing;
      EXPECT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "out"));
      return writing.sent();
    });
    ASSERT_TRUE(wait_until_blocked(writer));
    EXPECT_EQ(received(PIPES_OK, "out"), peer.read());
    EXPECT_EQ(sent(3), writer.result());
    EXPECT_TRUE(wait_until_blocked(reader));
    EXPECT_EQ(sent(2), peer.write("in"));
    EXPECT_EQ(received(PIPES_OK, "in"), reader.result());
  });
}

TEST_P(Sync, SYNC_5_CancellingIsNotHeldUpByAWaitingCall) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    Pending<Sent> first = writer.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(first.wait_until_blocked());
    Pending<Sent> second = writer.start_write("second");
    ASSERT_TRUE(second.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, second.cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, second.result().status);
    EXPECT_TRUE(still_waits(first));
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota + 1)), reader.read());
    EXPECT_EQ(sent(kQuota + 1), first.result());
    EXPECT_EQ(peeked("", 0, 0), reader.peek());
  });
}

TEST_P(Sync, SYNC_5_ClosingIsNotHeldUpByAWaitingCall) {
  in_both_directions(message_pipe(), [](EndActor& closer, EndActor& peer) {
    Pending<Received> reading = closer.start_read();
    ASSERT_TRUE(reading.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, closer.close());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), peer.read());
  });
}

TEST_P(SyncOverlapped, SYNC_6_WhatIsPendingHindersNoOtherCall) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, bytes(kQuota + 1)));
    EXPECT_EQ(peeked("", 0, 0), peek(end));
    EXPECT_STATUS(PIPES_OK, get_info(end).status);
    EXPECT_STATUS(PIPES_OK, get_local_info(end).status);
    EXPECT_EQ(PIPES_READMODE_MESSAGE, get_state(end).mode);
    EXPECT_STATUS(PIPES_OK, set_mode(end, PIPES_READMODE_MESSAGE));
    EXPECT_STATUS(PIPES_OK, client_process_id(end).status);
    EXPECT_STATUS(PIPES_OK, server_process_id(end).status);
    Background flushing([&] { return flush(end); });
    ASSERT_TRUE(wait_until_blocked(flushing));
    EXPECT_TRUE(reading.pending());
    EXPECT_TRUE(writing.pending());
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota + 1)), peer.read());
    EXPECT_STATUS(PIPES_OK, flushing.result());
    EXPECT_EQ(sent(kQuota + 1), writing.sent());
    EXPECT_EQ(sent(2), peer.write("in"));
    EXPECT_EQ(received(PIPES_OK, "in"), reading.received());
  });
}

TEST(SyncHere, SYNC_6_WhatIsPendingHindersNoDisconnect) {
  const Pair pair = connected_pair(overlapped(with_quota(message_pipe(), 0)));
  Overlapped reading;
  Overlapped writing;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(pair.server, "never read"));
  EXPECT_STATUS(PIPES_OK, disconnect(pair.server));
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, reading.status());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, writing.status());
}

TEST_P(Sync, SYNC_7_WaitingReadHindersNoOtherCallOnItsEnd) {
  if (!kOurEngine) GTEST_SKIP() << "D44: NT makes the other calls wait";
  in_both_directions(message_pipe(), [](EndActor& peer, EndActor& end) {
    Pending<Received> reading = end.start_read();
    ASSERT_TRUE(reading.wait_until_blocked());
    EXPECT_EQ(sent(5), end.write("write"));
    EXPECT_EQ(peeked("", 0, 0), end.peek());
    EXPECT_STATUS(PIPES_OK, end.get_info().status);
    EXPECT_STATUS(PIPES_OK, end.get_local_info().status);
    EXPECT_EQ(PIPES_READMODE_MESSAGE, end.get_state().mode);
    EXPECT_STATUS(PIPES_OK, end.set_mode(PIPES_READMODE_MESSAGE));
    EXPECT_STATUS(PIPES_OK, end.client_process_id().status);
    EXPECT_STATUS(PIPES_OK, end.server_process_id().status);
    EXPECT_EQ(received(PIPES_OK, "write"), peer.read());
    EXPECT_STATUS(PIPES_OK, end.flush());
    EXPECT_TRUE(still_waits(reading));
    EXPECT_EQ(sent(4), peer.write("read"));
    EXPECT_EQ(received(PIPES_OK, "read"), reading.result());
  });
}

TEST_P(Sync, SYNC_7_WaitingReadDoesNotHinderAWriteThatWaitsItself) {
  if (!kOurEngine) GTEST_SKIP() << "D44: NT makes the write wait for the read";
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& peer, EndActor& end) {
    Pending<Received> reading = end.start_read();
    ASSERT_TRUE(reading.wait_until_blocked());
    Pending<Sent> writing = end.start_write(bytes(kBeyondTheRing));
    ASSERT_TRUE(writing.wait_until_blocked());
    Pending<Code> flushing = end.start_flush();
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_EQ(received(PIPES_OK, bytes(kBeyondTheRing)), peer.read(kBeyondTheRing));
    EXPECT_EQ(sent(kBeyondTheRing), writing.result());
    EXPECT_STATUS(PIPES_OK, flushing.result());
    EXPECT_TRUE(still_waits(reading));
    EXPECT_EQ(sent(4), peer.write("read"));
    EXPECT_EQ(received(PIPES_OK, "read"), reading.result());
  });
}

TEST_P(Sync, SYNC_7_WaitingWriteHindersNoReadPeekOrQuery) {
  if (!kOurEngine) GTEST_SKIP() << "D44: NT makes the other calls wait";
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& end, EndActor& peer) {
    Pending<Sent> writing = end.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_EQ(sent(4), peer.write("read"));
    EXPECT_EQ(peeked("read", 4, 0), end.peek());
    EXPECT_EQ(received(PIPES_OK, "read"), end.read());
    EXPECT_STATUS(PIPES_OK, end.get_state().status);
    EXPECT_STATUS(PIPES_OK, end.get_local_info().status);
    EXPECT_TRUE(still_waits(writing));
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota + 1)), peer.read());
    EXPECT_EQ(sent(kQuota + 1), writing.result());
  });
}

TEST_P(Sync, SYNC_7_WaitingReadDoesNotHinderADisconnect) {
  if (!kOurEngine) GTEST_SKIP() << "D44: NT makes the disconnect wait";
  EndPair pair = connected_ends(message_pipe());
  Pending<Received> reading = pair.server.start_read();
  ASSERT_TRUE(reading.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), reading.result());
}

// Counts what came of the calls of many threads: bytes, and statuses that were not to be expected.
struct Tally {
  std::atomic<uint64_t> bytes_written{0};
  std::atomic<uint64_t> bytes_read{0};
  std::atomic<uint32_t> surprises{0};
};

TEST(SyncHere, SYNC_7_AnyCallFromAnyThreadAtAnyTime) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  Pair pair = connected_pair(with_quota(message_pipe(), 1000));
  Tally tally;
  constexpr uint32_t kRounds = 1000;
  const auto expect_ok = [&tally](Code status) {
    if (!status.ok()) ++tally.surprises;
  };
  std::vector<std::thread> writers;
  for (uint32_t seed = 0; seed < 3; ++seed) {
    writers.emplace_back([&, seed] {
      for (uint32_t round = 0; round < kRounds; ++round) {
        const Sent done = write(pair.client, bytes((round * 31 + seed) % 1500, seed));
        expect_ok(done.status);
        tally.bytes_written += done.transferred;
      }
    });
  }
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  for (int reader = 0; reader < 2; ++reader) {
    others.emplace_back([&] {
      while (true) {
        const Received got = read(pair.server, 700);
        tally.bytes_read += got.transferred;
        if (got.status == PIPES_ERROR_BROKEN_PIPE) return;
        if (!got.status.ok() && !(got.status == PIPES_ERROR_MORE_DATA)) ++tally.surprises;
      }
    });
  }
  others.emplace_back([&] {
    while (!stop) {
      for (const pipes_handle end : {static_cast<pipes_handle>(pair.server), static_cast<pipes_handle>(pair.client)}) {
        expect_ok(peek(end, 100).status);
        expect_ok(get_info(end).status);
        expect_ok(get_local_info(end).status);
        expect_ok(get_state(end).status);
        expect_ok(client_process_id(end).status);
        std::this_thread::yield();
      }
    }
  });
  others.emplace_back([&] {
    while (!stop) expect_ok(flush(pair.client));
  });
  for (std::thread& writer : writers) writer.join();
  stop = true;
  others[2].join();
  others[3].join();
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  others[0].join();
  others[1].join();
  EXPECT_EQ(0u, tally.surprises);
  EXPECT_EQ(tally.bytes_written, tally.bytes_read);
}

// ---------------------------------------------------------------------------------------- CANCEL: pipes_cancel_synchronous

TEST(SyncHere, SYNC_7_ManyThreadsOnTwoOverlappedEnds) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), 1000)));
  const Handle client = open_overlapped(name);
  constexpr uint32_t kRounds = 200;
  constexpr uint32_t kWriters = 2;
  struct End {
    pipes_handle handle;
    Tally tally;
    std::atomic<int> to_be_read{static_cast<int>(kRounds * kWriters)};
  };
  End ends[2];
  ends[0].handle = server;
  ends[1].handle = client;
  std::vector<std::thread> threads;
  for (End& end : ends) {
    for (uint32_t seed = 0; seed < kWriters; ++seed) {
      threads.emplace_back([&end, seed] {
        Overlapped writing;
        for (uint32_t round = 0; round < kRounds; ++round) {
          (void)writing.write(end.handle, bytes((round * 31 + seed) % 1500 + 1, seed));
          const Sent done = writing.sent();
          if (!done.status.ok()) ++end.tally.surprises;
          end.tally.bytes_written += done.transferred;
        }
      });
      threads.emplace_back([&end] {
        Overlapped reading;
        while (end.to_be_read.fetch_sub(1) > 0) {
          (void)reading.read(end.handle);
          const Received got = reading.received();
          if (!got.status.ok()) ++end.tally.surprises;
          end.tally.bytes_read += got.transferred;
          if (!peek(end.handle).status.ok()) ++end.tally.surprises;
        }
      });
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(0u, ends[0].tally.surprises);
  EXPECT_EQ(0u, ends[1].tally.surprises);
  EXPECT_EQ(ends[0].tally.bytes_written, ends[1].tally.bytes_read);
  EXPECT_EQ(ends[1].tally.bytes_written, ends[0].tally.bytes_read);
}

TEST(SyncHere, CANCEL_3_NothingToCancel) {
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_synchronous(pipes_current_thread()));
}

TEST(SyncHere, CANCEL_3_OtherThreadsAreNotAffected) {
  const Pair first = connected_pair();
  const Pair second = connected_pair();
  Background cancelled([&] { return read(first.server); });
  Background untouched([&] { return read(second.server); });
  ASSERT_TRUE(wait_until_blocked(cancelled));
  ASSERT_TRUE(wait_until_blocked(untouched));
  EXPECT_STATUS(PIPES_OK, cancelled.cancel());
  EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), cancelled.result());
  EXPECT_TRUE(wait_until_blocked(untouched));
  EXPECT_EQ(sent(2), write(second.client, "ok"));
  EXPECT_EQ(received(PIPES_OK, "ok"), untouched.result());
}

TEST(SyncHere, CANCEL_3_CancellingAffectsNoLaterCallOfTheThread) {
  const Pair pair = connected_pair();
  std::atomic<bool> again{false};
  Background reading([&] {
    const Received first = read(pair.server);
    EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), first);
    again = true;
    return read(pair.server);
  });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_STATUS(PIPES_OK, reading.cancel());
  while (!again) std::this_thread::yield();
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_EQ(sent(2), write(pair.client, "ok"));
  EXPECT_EQ(received(PIPES_OK, "ok"), reading.result());
}

TEST_P(Sync, CANCEL_4_CancelledReadWriteFlushAndTransactionEndWithOperationAborted) {
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& end, EndActor& peer) {
    Pending<Received> reading = end.start_read();
    ASSERT_TRUE(reading.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, reading.cancel());
    EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), reading.result());

    Pending<Received> transaction = end.start_transact("q");
    ASSERT_TRUE(transaction.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, transaction.cancel());
    EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), transaction.result());
    EXPECT_EQ(received(PIPES_OK, "q"), peer.read());

    Pending<Sent> writing = end.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(writing.wait_until_blocked());
    if (kOurEngine) {  // D44: on NT the flush waits for the write.
      Pending<Code> flushing = end.start_flush();
      ASSERT_TRUE(flushing.wait_until_blocked());
      EXPECT_STATUS(PIPES_OK, flushing.cancel());
      EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, flushing.result());
      EXPECT_TRUE(still_waits(writing));
    }
    EXPECT_STATUS(PIPES_OK, writing.cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.result().status);
  });
}

TEST_P(Sync, CANCEL_4_CancelledConnectEndsWithOperationAborted) {
  EndActor server = listening_server(unique_name());
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, connecting.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, connecting.result());
}

TEST_P(Sync, CANCEL_8_CancelledReadConsumesNothing) {
  in_both_directions(byte_pipe(), [](EndActor& writer, EndActor& reader) {
    for (int again = 0; again < 20; ++again) {
      Pending<Received> reading = reader.start_read();
      ASSERT_TRUE(reading.wait_until_blocked());
      // The cancel and the write race; the bytes are then either in the read or still in the queue.
      Pending<Sent> writing = writer.start_write("whole");
      (void)reading.cancel();
      EXPECT_EQ(sent(5), writing.result());
      const Received got = reading.result();
      if (got.status == PIPES_ERROR_OPERATION_ABORTED) {
        EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), got);
        EXPECT_EQ(received(PIPES_OK, "whole"), reader.read());
      } else {
        EXPECT_EQ(received(PIPES_OK, "whole"), got);
        EXPECT_EQ(peeked("", 0, 0), reader.peek());
      }
    }
  });
}

TEST_P(Sync, CANCEL_9_CancelledWriteWithdrawsWhatWasNotRead) {
  for (const uint32_t size : {300u, 5000u, kBeyondTheRing}) {
    for (const uint32_t taken : {0u, 1u, 199u}) {
      SCOPED_TRACE(size);
      SCOPED_TRACE(taken);
      in_both_directions(with_quota(byte_pipe(), kQuota), [size, taken](EndActor& writer, EndActor& reader) {
        Pending<Sent> writing = writer.start_write(bytes(size));
        ASSERT_TRUE(writing.wait_until_blocked());
        EXPECT_EQ(bytes(size).substr(0, taken), read_exactly(reader, taken));
        EXPECT_TRUE(still_waits(writing));
        EXPECT_STATUS(PIPES_OK, writing.cancel());
        EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.result().status);
        EXPECT_EQ(peeked("", 0, 0), reader.peek());
        // Where the ring was full the room comes back with the next read.
        Pending<Sent> next = writer.start_write(bytes(kQuota, 2));
        EXPECT_EQ(received(PIPES_OK, bytes(kQuota, 2)), reader.read());
        EXPECT_EQ(sent(kQuota), next.result());
      });
    }
  }
}

TEST_P(Sync, CANCEL_9_CancelledMessageLosesItsTail) {
  for (const uint32_t size : {300u, 5000u, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(message_pipe(), kQuota), [size](EndActor& writer, EndActor& reader) {
      Pending<Sent> writing = writer.start_write(bytes(size));
      ASSERT_TRUE(writing.wait_until_blocked());
      EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(size).substr(0, 12)), reader.read(12));
      EXPECT_TRUE(still_waits(writing));
      EXPECT_STATUS(PIPES_OK, writing.cancel());
      EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.result().status);
      Pending<Sent> next = writer.start_write("next");
      EXPECT_EQ(received(PIPES_OK, "next"), reader.read());
      EXPECT_EQ(sent(4), next.result());
    });
  }
}

TEST_P(Sync, CANCEL_9_WriteInTheMiddleOfTheQueueIsWithdrawn) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(3), writer.write("one"));
    std::vector<Pending<Sent>> writes;
    for (uint32_t i = 0; i < 3; ++i) {
      writes.push_back(writer.start_write(bytes(200, i)));
      ASSERT_TRUE(writes.back().wait_until_blocked());
    }
    EXPECT_STATUS(PIPES_OK, writes[1].cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writes[1].result().status);
    EXPECT_EQ(peeked("one", 3 + 200 + 200, 0), reader.peek());
    EXPECT_EQ(received(PIPES_OK, "one"), reader.read());
    EXPECT_EQ(received(PIPES_OK, bytes(200, 0)), reader.read());
    EXPECT_EQ(received(PIPES_OK, bytes(200, 2)), reader.read());
    EXPECT_EQ(sent(200), writes[0].result());
    EXPECT_EQ(sent(200), writes[2].result());
    EXPECT_EQ(peeked("", 0, 0), reader.peek());
  });
}

TEST_P(Sync, CANCEL_11_CancelledConnectLeavesTheInstanceListening) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  Pending<Code> connecting = server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, connecting.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, connecting.result());
  EXPECT_EQ(PIPES_STATE_LISTENING, server.get_local_info().value.state);
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, server.connect());
}

TEST_P(Sync, CANCEL_12_CancellingLeavesTheConnectionIntact) {
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& end, EndActor& peer) {
    Pending<Received> reading = end.start_read();
    ASSERT_TRUE(reading.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, reading.cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, reading.result().status);
    Pending<Sent> writing = end.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, writing.cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.result().status);
    EXPECT_EQ(PIPES_STATE_CONNECTED, end.get_local_info().value.state);
    EXPECT_EQ(sent(2), end.write("to"));
    EXPECT_EQ(received(PIPES_OK, "to"), peer.read());
    EXPECT_EQ(sent(3), peer.write("fro"));
    EXPECT_EQ(received(PIPES_OK, "fro"), end.read());
  });
}

TEST_P(Sync, CANCEL_12_CancellingCallsThatWaitTogetherLeavesTheConnectionIntact) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& end, EndActor& peer) {
    Pending<Received> reading = end.start_read();
    Pending<Sent> writing = end.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(reading.wait_until_blocked());
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, reading.cancel());
    EXPECT_STATUS(PIPES_OK, writing.cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, reading.result().status);
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.result().status);
    EXPECT_EQ(PIPES_STATE_CONNECTED, end.get_local_info().value.state);
    EXPECT_EQ(sent(2), end.write("to"));
    EXPECT_EQ(received(PIPES_OK, "to"), peer.read());
    EXPECT_EQ(sent(3), peer.write("fro"));
    EXPECT_EQ(received(PIPES_OK, "fro"), end.read());
  });
}

TEST_P(Sync, CANCEL_13_WaitAndCallCanBeCancelled) {
  EndPair busy = connected_ends(message_pipe());
  Pending<Code> waiting = start_wait_available(*client_host(), busy.name);
  ASSERT_TRUE(waiting.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, waiting.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, waiting.result());

  Pending<Received> calling = start_call(*client_host(), busy.name, "q");
  ASSERT_TRUE(waits_for_instance(calling, client_end(), busy.name));
  EXPECT_STATUS(PIPES_OK, calling.cancel());
  EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), calling.result());
}

TEST_P(Sync, CANCEL_13_CallCanBeCancelledWhileItAwaitsItsReply) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, message_pipe());
  Pending<Received> calling = start_call(*client_host(), name, "question");
  Pending<Code> connecting = server.start_connect();
  (void)connecting.result();
  EXPECT_EQ(received(PIPES_OK, "question"), server.read());
  ASSERT_TRUE(calling.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, calling.cancel());
  EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), calling.result());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), server.read()) << "its handle is closed on every path";
}

TEST(SyncHere, FINE_29_InvalidThreadAndThreadsThatDoNotBlock) {
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_cancel_synchronous(0));
  if (!kOurEngine) return;
  pipes_thread ended = 0;
  std::atomic<bool> named{false};
  std::atomic<bool> leave{false};
  std::thread thread([&] {
    ended = pipes_current_thread();
    named = true;
    while (!leave) std::this_thread::yield();
  });
  while (!named) std::this_thread::yield();
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_synchronous(ended));
  leave = true;
  thread.join();
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_cancel_synchronous(ended)) << "the thread has ended";
}

}  // namespace
}  // namespace pipes::test
