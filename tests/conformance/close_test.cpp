// CLOSE: what the closing of a handle means for the end, for its peer and for calls that are under way.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_BOTH_DIRECTIONS(Close);
PIPES_OVERLAPPED_ENDS(CloseOverlapped);

constexpr uint32_t kQuota = 100;

TEST_P(Close, CLOSE_1_OnlyTheLastHandleClosesTheEnd) {
  in_both_directions(message_pipe(), [](EndActor& writer, EndActor& reader) {
    const std::shared_ptr<Host> same_host(&writer.host(), [](Host*) {});
    EndActor second(same_host);
    ASSERT_STATUS(PIPES_OK, second.duplicate_of(writer));
    EndActor third(same_host);
    ASSERT_STATUS(PIPES_OK, third.duplicate_of(second));
    Pending<Received> reading = reader.start_read();
    ASSERT_TRUE(reading.wait_until_blocked());

    EXPECT_STATUS(PIPES_OK, writer.close());
    EXPECT_TRUE(still_waits(reading));
    EXPECT_STATUS(PIPES_OK, third.close());
    EXPECT_TRUE(still_waits(reading));
    EXPECT_EQ(sent(5), second.write("alive"));
    EXPECT_EQ(received(PIPES_OK, "alive"), reading.result());
    EXPECT_STATUS(PIPES_OK, second.close());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reader.read());
  });
}

TEST_P(Close, CLOSE_2_WhatTheCloserWroteStaysReadable) {
  for (const uint32_t size : {1u, 4096u, 1u << 20}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(message_pipe(), size), [size](EndActor& writer, EndActor& reader) {
      EXPECT_EQ(sent(size), writer.write(bytes(size)));
      EXPECT_STATUS(PIPES_OK, writer.close());
      EXPECT_EQ(received(PIPES_OK, bytes(size)), reader.read(size));
      EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reader.read());
      EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reader.read());
    });
  }
}

TEST_P(Close, CLOSE_3_WhatTheCloserHadNotReadIsDiscarded) {
  EndPair pair = connected_ends(message_pipe());
  EXPECT_EQ(sent(4), pair.client.write("lost"));
  EXPECT_EQ(sent(4), pair.server.write("lost"));
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_OK, pair.server.flush()) << "nothing is left to be read";
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EndActor next = opened_client(pair.name);
  EXPECT_STATUS(PIPES_OK, connecting.result());
  EXPECT_EQ(peeked("", 0, 0), next.peek());
}

TEST_P(Close, CLOSE_4_WaitingReadAndTransactionOfThePeerEnd) {
  in_both_directions(message_pipe(), [](EndActor& closer, EndActor& peer) {
    std::vector<Pending<Received>> reads;
    for (int i = 0; i < 2; ++i) {
      reads.push_back(peer.start_read());
      ASSERT_TRUE(reads.back().wait_until_blocked());
    }
    EXPECT_STATUS(PIPES_OK, closer.close());
    for (Pending<Received>& reading : reads) EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
  });
  in_both_directions(message_pipe(), [](EndActor& closer, EndActor& peer) {
    Pending<Received> transaction = peer.start_transact("q");
    ASSERT_TRUE(transaction.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, closer.close());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), transaction.result());
  });
}

TEST_P(Close, CLOSE_4_WaitingWritesAndFlushesOfThePeerEnd) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& closer, EndActor& peer) {
    Pending<Sent> first = peer.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(first.wait_until_blocked());
    Pending<Sent> second = peer.start_write("x");
    ASSERT_TRUE(second.wait_until_blocked());
    Pending<Code> flushing = peer.start_flush();
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, closer.close());
    EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), first.result());
    EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), second.result());
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, flushing.result());
  });
}

TEST_P(Close, CLOSE_4_ReadsAndWritesThatWaitTogetherAllEnd) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& closer, EndActor& peer) {
    Pending<Received> reading = peer.start_read();
    Pending<Sent> writing = peer.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(reading.wait_until_blocked());
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, closer.close());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
    EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.result());
  });
}

TEST_P(CloseOverlapped, CLOSE_4_OverlappedReadsAndWritesThatWaitTogetherAllEnd) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    std::vector<Overlapped> reads(2);
    std::vector<Overlapped> writes(2);
    for (Overlapped& reading : reads) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    for (Overlapped& writing : writes) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "x"));
    EXPECT_STATUS(PIPES_OK, peer.close());
    for (Overlapped& reading : reads) EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.received());
    for (Overlapped& writing : writes) EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.sent());
  });
}

TEST_P(CloseOverlapped, CLOSE_5_AWaitingWriteOfTheCloserStaysReadable) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    std::vector<Overlapped> writes(2);
    for (uint32_t i = 0; i < 2; ++i) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writes[i].write(end, bytes(200, i)));
    EXPECT_STATUS(PIPES_OK, end.close());
    EXPECT_TRUE(writes[0].pending());
    for (uint32_t i = 0; i < 2; ++i) {
      EXPECT_EQ(received(PIPES_OK, bytes(200, i)), peer.read());
      EXPECT_STATUS(PIPES_OK, wait_for(writes[i].event()));
      EXPECT_EQ(kNtSuccess, writes[i].internal()) << "it completes when it is read";
      EXPECT_EQ(200u, writes[i].structure().internal_high);
    }
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), peer.read());
  });
}

TEST_P(CloseOverlapped, CLOSE_5_AWaitingWriteOfTheCloserEndsWhenThePeerClosesToo) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, bytes(200)));
    EXPECT_STATUS(PIPES_OK, end.close());
    EXPECT_STATUS(PIPES_OK, peer.close());
    EXPECT_STATUS(PIPES_OK, wait_for(writing.event()));
    EXPECT_EQ(kNtPipeBroken, writing.internal());
  });
}

TEST_P(CloseOverlapped, CLOSE_5_WaitingReadsOfTheCloserEnd) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped transaction;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(end, "request"));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_STATUS(PIPES_OK, end.close());
    EXPECT_STATUS(PIPES_OK, wait_for(transaction.event()));
    EXPECT_EQ(kNtPipeBroken, transaction.internal());
    EXPECT_STATUS(PIPES_OK, wait_for(reading.event()));
    EXPECT_EQ(kNtPipeBroken, reading.internal());
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), peer.read());
  });
}

TEST_P(Close, CLOSE_6_NeverWaitsForThePeer) {
  in_both_directions(byte_pipe(), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(4096), writer.write(bytes(4096)));
    EXPECT_STATUS(PIPES_OK, writer.close());
    EXPECT_EQ(peeked("", 4096, 0), reader.peek(0)) << "nothing had been read when it returned";
  });
}

TEST_P(Close, CLOSE_7_ClosingAServerEndIsNoDisconnect) {
  EndPair pair = connected_ends(message_pipe());
  EXPECT_EQ(sent(5), pair.server.write("still"));
  EXPECT_EQ(sent(4), pair.server.write("here"));
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_EQ(peeked("still", 9, 0), pair.client.peek());
  EXPECT_EQ(received(PIPES_OK, "still"), pair.client.read());
  EXPECT_EQ(PIPES_STATE_CLOSING, pair.client.get_local_info().value.state);
  EXPECT_EQ(received(PIPES_OK, "here"), pair.client.read());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), pair.client.read());
}

// Every call that takes a handle, with a value that is none.
void expect_no_handle(pipes_handle none) {
  char buffer[4] = {};
  uint32_t number = 0;
  intptr_t native = 0;
  pipes_handle handle = PIPES_INVALID_HANDLE;
  pipes_local_info local{};
  local.size = sizeof(local);
  const uint32_t mode = 0;
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_close(none));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_read(none, buffer, 4, &number, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_write(none, buffer, 4, &number, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_peek(none, buffer, 4, &number, nullptr, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_transact(none, buffer, 4, buffer, 4, &number, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_flush(none));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_connect(none, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_disconnect(none));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_info(none, nullptr, nullptr, nullptr, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_local_info(none, &local));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_state(none, nullptr, nullptr, nullptr, nullptr, nullptr, 0));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_set_state(none, &mode, nullptr, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_client_process_id(none, &number));
  {
    PIPES_ORACLE_DIFFERS(
        "Wine tells a session for any value; GetNamedPipeClientSessionId wants a handle to an instance");
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_client_session_id(none, &number));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_server_session_id(none, &number));
  }
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_server_process_id(none, &number));
  if (!is_oracle()) {  // Wine has no such function and ends the process.
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_client_computer_name(none, buffer, 4));
  }
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_duplicate(none, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &handle));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_set_inheritable(none, 1));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_handle_flags(none, &number));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_set_handle_flags(none, 1, 1));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_native_handle(none, &native));
}

TEST(CloseHere, CLOSE_8_ClosedForeignAndRandomValuesAreInvalidAndHarmNothing) {
  const Pair bystander = connected_pair(message_pipe());
  pipes_handle closed = PIPES_INVALID_HANDLE;
  {
    Pair gone = connected_pair(message_pipe());
    closed = gone.server;
    EXPECT_STATUS(PIPES_OK, gone.server.close());
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_close(closed));
  }
  int foreign = 0;
  std::vector<pipes_handle> values = {PIPES_INVALID_HANDLE, nullptr, reinterpret_cast<pipes_handle>(&foreign)};
  if (kOurEngine) {  // Elsewhere any of these may be a handle of the process (convention 3 of pipes.h).
    values.push_back(closed);
    for (uintptr_t value = 1; value != 0; value <<= 1) values.push_back(reinterpret_cast<pipes_handle>(value));
  }
  for (const pipes_handle value : values) {
    if (value == static_cast<pipes_handle>(bystander.server) || value == static_cast<pipes_handle>(bystander.client)) {
      continue;
    }
    SCOPED_TRACE(value);
    expect_no_handle(value);
  }
  EXPECT_EQ(sent(5), write(bystander.client, "alive"));
  EXPECT_EQ(received(PIPES_OK, "alive"), read(bystander.server));
}

TEST(CloseHere, CLOSE_8_ClosedValueStaysInvalidWhileNewHandlesAreMade) {
  PIPES_OUR_ENGINE_ONLY("the kernel gives the values of its handles again (convention 3 of pipes.h)");
  pipes_handle closed = PIPES_INVALID_HANDLE;
  {
    const Pair gone = connected_pair();
    closed = gone.client;
  }
  std::vector<Pair> later;
  for (int i = 0; i < 20; ++i) {
    later.push_back(connected_pair());
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_close(closed));
  }
  for (const Pair& pair : later) {
    EXPECT_EQ(sent(1), write(pair.client, "x"));
    EXPECT_EQ(received(PIPES_OK, "x"), read(pair.server));
  }
}

TEST(CloseHere, CLOSE_9_ProcessThatIsKilledClosesItsEnds) {
  const std::shared_ptr<Host> host = Host::in_child();
  const std::string name = unique_name();
  const Handle server = create_server(name, message_pipe());
  EndActor client(host);
  ASSERT_STATUS(PIPES_OK, client.open(name));
  EXPECT_EQ(sent(8), client.write("complete"));
  host->kill();
  EXPECT_EQ(received(PIPES_OK, "complete"), read(server));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(server));
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(server, "x"));
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, connect(server));
}

TEST(CloseHere, CLOSE_9_ServerProcessThatIsKilledClosesItsEnds) {
  const std::shared_ptr<Host> host = Host::in_child();
  const std::string name = unique_name();
  EndActor server(host);
  ASSERT_STATUS(PIPES_OK, server.create_named(name, message_pipe()));
  const Handle client = open_client(name);
  EXPECT_EQ(sent(8), server.write("complete"));
  host->kill();
  EXPECT_EQ(received(PIPES_OK, "complete"), read(client));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(client));
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(client, "x"));
}

TEST(CloseHere, CLOSE_9_WaitingCallsOfTheOthersEnd) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  const std::shared_ptr<Host> host = Host::in_child();
  const std::string name = unique_name();
  const Handle server = create_server(name, with_quota(message_pipe(), kQuota));
  EndActor client(host);
  ASSERT_STATUS(PIPES_OK, client.open(name));
  Background reading([&] { return read(server); });
  Background writing([&] { return write(server, bytes(kQuota + 1)); });
  ASSERT_TRUE(wait_until_blocked(reading));
  ASSERT_TRUE(wait_until_blocked(writing));
  Background flushing([&] { return flush(server); });
  ASSERT_TRUE(wait_until_blocked(flushing));
  host->kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
  EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.result());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, flushing.result());
}

TEST(CloseHere, CLOSE_9_WaitingWriteOfAKilledProcessVanishes) {
  for (const uint32_t size : {kQuota + 1, 5000u, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    const std::shared_ptr<Host> host = Host::in_child();
    const std::string name = unique_name();
    const Handle server = create_server(name, with_quota(message_pipe(), kQuota));
    EndActor client(host);
    ASSERT_STATUS(PIPES_OK, client.open(name));
    EXPECT_EQ(sent(8), client.write("complete"));
    Pending<Sent> writing = client.start_write(bytes(size));
    ASSERT_TRUE(writing.wait_until_blocked());
    host->kill();
    EXPECT_EQ(received(PIPES_OK, "complete"), read(server));
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(server, size));
  }
}

TEST(CloseHere, CLOSE_10_ProtectedHandleIsNotClosed) {
  const Pair pair = connected_pair();
  const pipes_handle handle = pair.client;
  ASSERT_STATUS(PIPES_OK, pipes_set_handle_flags(handle, PIPES_HANDLE_FLAG_PROTECT_FROM_CLOSE,
                                                 PIPES_HANDLE_FLAG_PROTECT_FROM_CLOSE));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_close(handle));
  EXPECT_EQ(sent(5), write(handle, "still")) << "and it works on";
  EXPECT_EQ(received(PIPES_OK, "still"), read(pair.server));
  ASSERT_STATUS(PIPES_OK, pipes_set_handle_flags(handle, PIPES_HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
}

// ------------------------------------------------------------------- CLOSE-11: closing under another thread's waiting call

TEST_P(Close, CLOSE_11_WaitingReadEndsWhenItsHandleIsClosed) {
  in_both_directions(message_pipe(), [](EndActor& closer, EndActor& peer) {
    Pending<Received> reading = closer.start_read();
    ASSERT_TRUE(reading.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, closer.close());
    EXPECT_TRUE(ended_by_close(reading.result().status));
    EXPECT_EQ(0u, reading.result().transferred);
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), peer.read());
  });
}

TEST_P(Close, CLOSE_11_WaitingWriteEndsWhenItsHandleIsClosed) {
  for (const uint32_t size : {kQuota + 1, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(message_pipe(), kQuota), [size](EndActor& closer, EndActor& peer) {
      EXPECT_EQ(sent(8), closer.write("complete"));
      Pending<Sent> writing = closer.start_write(bytes(size));
      ASSERT_TRUE(writing.wait_until_blocked());
      EXPECT_STATUS(PIPES_OK, closer.close());
      EXPECT_TRUE(ended_by_close(writing.result().status));
      EXPECT_EQ(received(PIPES_OK, "complete"), peer.read());
    });
  }
}

TEST_P(Close, CLOSE_11_WaitingFlushEndsWhenItsHandleIsClosed) {
  in_both_directions(message_pipe(), [](EndActor& closer, EndActor& peer) {
    EXPECT_EQ(sent(6), closer.write("unread"));
    Pending<Code> flushing = closer.start_flush();
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, closer.close());
    EXPECT_TRUE(ended_by_close(flushing.result()));
    EXPECT_EQ(received(PIPES_OK, "unread"), peer.read());
  });
}

TEST_P(Close, CLOSE_11_WaitingTransactionEndsWhenItsHandleIsClosed) {
  in_both_directions(message_pipe(), [](EndActor& closer, EndActor& peer) {
    Pending<Received> transaction = closer.start_transact("request");
    ASSERT_TRUE(transaction.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, closer.close());
    EXPECT_TRUE(ended_by_close(transaction.result().status));
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read()) << "it had been sent";
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), peer.read());
  });
}

TEST_P(Close, CLOSE_11_WaitingConnectEndsWhenItsHandleIsClosed) {
  for (const bool after_disconnect : {false, true}) {
    SCOPED_TRACE(after_disconnect);
    const std::string name = unique_name();
    EndActor server(client_host());
    ASSERT_STATUS(PIPES_OK, server.create_named(name));
    if (after_disconnect) {
      EndActor client = opened_client(name);
      ASSERT_STATUS(PIPES_OK, server.disconnect());
    }
    Pending<Code> connecting = server.start_connect();
    ASSERT_TRUE(connecting.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, server.close());
    {
      PIPES_ORACLE_DIFFERS("Wine says 676 (STATUS_HANDLES_CLOSED); CONN-13 and D37: 109 or 995");
      EXPECT_TRUE(ended_by_close(connecting.result()));
    }
    EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(name).status);
  }
}

TEST_P(Close, CLOSE_11_AllWaitingCallsOfTheEndEnd) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& closer, EndActor& peer) {
    std::vector<Pending<Received>> reads;
    std::vector<Pending<Sent>> writes;
    for (int i = 0; i < 3; ++i) {
      reads.push_back(closer.start_read());
      writes.push_back(closer.start_write(bytes(kQuota + 1)));
      ASSERT_TRUE(reads.back().wait_until_blocked());
      ASSERT_TRUE(writes.back().wait_until_blocked());
    }
    Pending<Code> flushing = closer.start_flush();
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, closer.close());
    for (Pending<Received>& reading : reads) EXPECT_TRUE(ended_by_close(reading.result().status));
    for (Pending<Sent>& writing : writes) EXPECT_TRUE(ended_by_close(writing.result().status));
    EXPECT_TRUE(ended_by_close(flushing.result()));
    EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), peer.write("x"));
  });
}

TEST(CloseHere, CLOSE_11_EndedCallsNeverTouchAReusedHandle) {
  for (int round = 0; round < 50; ++round) {
    Pair pair = connected_pair(message_pipe());
    Background reading([handle = static_cast<pipes_handle>(pair.server)] { return read(handle); });
    ASSERT_TRUE(wait_until_blocked(reading));
    EXPECT_STATUS(PIPES_OK, pair.server.close());
    const Pair next = connected_pair(message_pipe());
    EXPECT_EQ(sent(4), write(next.client, "mine"));
    EXPECT_TRUE(ended_by_close(reading.result().status));
    EXPECT_EQ(0u, reading.result().transferred);
    EXPECT_EQ(received(PIPES_OK, "mine"), read(next.server));
  }
}

TEST(CloseHere, CLOSE_11_AnonymousPipes) {
  {
    AnonymousPair pair = anonymous_pair();
    Background reading([handle = static_cast<pipes_handle>(pair.read_end)] { return read(handle); });
    ASSERT_TRUE(wait_until_blocked(reading));
    EXPECT_STATUS(PIPES_OK, pair.read_end.close());
    EXPECT_TRUE(ended_by_close(reading.result().status));
    EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(pair.write_end, "x"));
  }
  AnonymousPair pair = anonymous_pair();
  Background writing([handle = static_cast<pipes_handle>(pair.write_end)] { return write(handle, bytes(1u << 20)); });
  ASSERT_TRUE(wait_until_blocked(writing));
  EXPECT_STATUS(PIPES_OK, pair.write_end.close());
  EXPECT_TRUE(ended_by_close(writing.result().status));
}

}  // namespace
}  // namespace pipes::test
