// FLUSH: waiting until the peer has read.
#include <gtest/gtest.h>

#include <string>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_BOTH_DIRECTIONS(Flush);
PIPES_OVERLAPPED_ENDS(FlushOverlapped);

constexpr uint32_t kQuota = 100;

TEST_P(Flush, FLUSH_1_WaitsUntilThePeerHasReadEverything) {
  for (const ServerOptions& options : {byte_pipe(), message_pipe()}) {
    in_both_directions(options, [](EndActor& writer, EndActor& reader) {
      EXPECT_EQ(sent(5), writer.write("first"));
      EXPECT_EQ(sent(6), writer.write("second"));
      Pending<Code> flushing = writer.start_flush();
      ASSERT_TRUE(flushing.wait_until_blocked());
      EXPECT_EQ("first", read_exactly(reader, 5));
      EXPECT_TRUE(still_waits(flushing));
      EXPECT_EQ("second", read_exactly(reader, 6));
      EXPECT_STATUS(PIPES_OK, flushing.result());
    });
  }
}

TEST_P(Flush, FLUSH_1_WaitsForWritesThatWaitThemselves) {
  for (const uint32_t size : {kQuota + 1, 5000u, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(byte_pipe(), kQuota), [size](EndActor& writer, EndActor& reader) {
      Pending<Sent> writing = writer.start_write(bytes(size));
      ASSERT_TRUE(writing.wait_until_blocked());
      Pending<Code> flushing = writer.start_flush();
      ASSERT_TRUE(flushing.wait_until_blocked());
      std::string got = read_exactly(reader, size - 1);
      EXPECT_EQ(sent(size), writing.result());
      EXPECT_TRUE(still_waits(flushing)) << "one byte unread";
      got += read_exactly(reader, 1);
      EXPECT_STATUS(PIPES_OK, flushing.result());
      EXPECT_TRUE(got == bytes(size));
    });
  }
}

TEST_P(Flush, FLUSH_1_SeveralThreadsMayFlush) {
  in_both_directions(byte_pipe(), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(4), writer.write("data"));
    Pending<Code> first = writer.start_flush();
    ASSERT_TRUE(first.wait_until_blocked());
    Pending<Code> second = writer.start_flush();
    ASSERT_TRUE(second.wait_until_blocked());
    EXPECT_EQ(received(PIPES_OK, "data"), reader.read());
    EXPECT_STATUS(PIPES_OK, first.result());
    EXPECT_STATUS(PIPES_OK, second.result());
  });
}

TEST_P(FlushOverlapped, FLUSH_2_LaterOverlappedWritesDoNotProlongIt) {
  PIPES_OUR_ENGINE_ONLY("Wine waits for what was written later as well, and no page of Microsoft's settles it");
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped writing;
    EXPECT_STATUS(PIPES_OK, writing.write(end, "before"));
    Background flushing([&] { return flush(end); });
    ASSERT_TRUE(wait_until_blocked(flushing));
    EXPECT_STATUS(PIPES_OK, writing.write(end, "after"));
    EXPECT_EQ(received(PIPES_OK, "before"), peer.read());
    EXPECT_STATUS(PIPES_OK, flushing.result());
    EXPECT_EQ(received(PIPES_OK, "after"), peer.read());
  });
}

TEST_P(Flush, FLUSH_2_LaterWritesDoNotProlongIt) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(message_pipe(), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(6), writer.write("before"));
    Pending<Code> flushing = writer.start_flush();
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_EQ(sent(5), writer.write("after"));
    EXPECT_EQ(received(PIPES_OK, "before"), reader.read());
    EXPECT_STATUS(PIPES_OK, flushing.result());
    EXPECT_EQ(received(PIPES_OK, "after"), reader.read());
  });
}

TEST_P(Flush, FLUSH_3_NeedsTheRightToWrite) {
  const std::string inbound_name = unique_name();
  EndActor inbound = listening_server(inbound_name, {.open_mode = PIPES_ACCESS_INBOUND});
  {
    PIPES_ORACLE_DIFFERS("table 4: FlushFileBuffers on an inbound server end");
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, inbound.flush()) << "listening: rights come before state";
  }
  EndActor writer = opened_client(inbound_name, PIPES_GENERIC_WRITE);
  {
    PIPES_ORACLE_DIFFERS("table 4: FlushFileBuffers on an inbound server end");
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, inbound.flush());
  }
  EXPECT_STATUS(PIPES_OK, writer.flush());

  const std::string duplex = unique_name();
  EndActor server = listening_server(duplex);
  EndActor reader = opened_client(duplex, PIPES_GENERIC_READ);
  PIPES_ORACLE_DIFFERS(
      "Wine asks for no right; FlushFileBuffers: the file handle must have the GENERIC_WRITE access right");
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, reader.flush());
}

TEST_P(Flush, FLUSH_4_ReturnsAtOnceWhenNothingIsUnread) {
  in_both_directions(message_pipe(), [](EndActor& writer, EndActor& reader) {
    EXPECT_STATUS(PIPES_OK, writer.flush());
    EXPECT_EQ(sent(4), writer.write("read"));
    EXPECT_EQ(received(PIPES_OK, "read"), reader.read());
    EXPECT_STATUS(PIPES_OK, writer.flush());
    EXPECT_EQ(sent(6), reader.write("others"));
    EXPECT_STATUS(PIPES_OK, writer.flush()) << "what the peer wrote does not count";
  });
}

TEST_P(Flush, FLUSH_4_ReturnsAtOnceWithoutAConnection) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EXPECT_STATUS(PIPES_OK, server.flush()) << "listening";
  EndActor client = opened_client(name);
  EXPECT_EQ(sent(4), server.write("gone"));
  EXPECT_STATUS(PIPES_OK, server.disconnect());
  EXPECT_STATUS(PIPES_OK, server.flush()) << "disconnected";
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, client.flush()) << "detached";
}

TEST_P(Flush, FLUSH_4_ReturnsAtOnceWhenThePeerHasClosed) {
  in_both_directions(message_pipe(), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(6), writer.write("unread"));
    EXPECT_STATUS(PIPES_OK, reader.close());
    EXPECT_STATUS(PIPES_OK, writer.flush());
  });
}

TEST_P(Flush, FLUSH_5_ClientEndsWaitAsWell) {
  EndPair pair = connected_ends(message_pipe());
  EXPECT_EQ(sent(4), pair.client.write("data"));
  Pending<Code> flushing = pair.client.start_flush();
  ASSERT_TRUE(flushing.wait_until_blocked());
  EXPECT_EQ(received(PIPES_OK, "data"), pair.server.read());
  EXPECT_STATUS(PIPES_OK, flushing.result());
}

TEST_P(Flush, FLUSH_6_PeerClosesMeanwhile) {
  in_both_directions(message_pipe(), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(6), writer.write("unread"));
    Pending<Code> flushing = writer.start_flush();
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, reader.close());
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, flushing.result());
  });
}

TEST_P(Flush, FLUSH_6_ServerDisconnectsMeanwhile) {
  EndPair pair = connected_ends(message_pipe());
  EXPECT_EQ(sent(6), pair.client.write("unread"));
  Pending<Code> at_client = pair.client.start_flush();
  ASSERT_TRUE(at_client.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, at_client.result());
}

TEST_P(Flush, FLUSH_6_ServerDisconnectsWhileBothEndsFlush) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  EndPair pair = connected_ends(message_pipe());
  EXPECT_EQ(sent(6), pair.client.write("unread"));
  EXPECT_EQ(sent(6), pair.server.write("unread"));
  Pending<Code> at_client = pair.client.start_flush();
  Pending<Code> at_server = pair.server.start_flush();
  ASSERT_TRUE(at_client.wait_until_blocked());
  ASSERT_TRUE(at_server.wait_until_blocked());
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, at_client.result());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, at_server.result());
}

TEST_P(Flush, FLUSH_7_CancellingEndsItAndLeavesTheData) {
  in_both_directions(message_pipe(), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(4), writer.write("kept"));
    Pending<Code> flushing = writer.start_flush();
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, flushing.cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, flushing.result());
    EXPECT_EQ(received(PIPES_OK, "kept"), reader.read());
  });
}

TEST_P(Flush, FLUSH_7_WaitsInNoWaitModeToo) {
  in_both_directions(message_pipe(), [](EndActor& writer, EndActor& reader) {
    ASSERT_STATUS(PIPES_OK, writer.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
    EXPECT_EQ(sent(4), writer.write("data"));
    Pending<Code> flushing = writer.start_flush();
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_EQ(received(PIPES_OK, "data"), reader.read());
    EXPECT_STATUS(PIPES_OK, flushing.result());
  });
}

TEST_P(Flush, FLUSH_8_PeekingAndReadingPartOfTheLastMessageAreNotEnough) {
  for (const uint32_t read_mode : {PIPES_READMODE_MESSAGE, PIPES_READMODE_BYTE}) {
    SCOPED_TRACE(read_mode);
    in_both_directions(message_pipe(), [read_mode](EndActor& writer, EndActor& reader) {
      ASSERT_STATUS(PIPES_OK, reader.set_mode(read_mode));
      EXPECT_EQ(sent(4), writer.write("data"));
      Pending<Code> flushing = writer.start_flush();
      ASSERT_TRUE(flushing.wait_until_blocked());
      EXPECT_EQ(peeked("data", 4, 0), reader.peek());
      EXPECT_TRUE(still_waits(flushing)) << "after a peek";
      EXPECT_EQ("dat", reader.read(3).bytes);
      EXPECT_TRUE(still_waits(flushing)) << "one byte unread";
      EXPECT_EQ(received(PIPES_OK, "a"), reader.read());
      EXPECT_STATUS(PIPES_OK, flushing.result());
    });
  }
}

}  // namespace
}  // namespace pipes::test
