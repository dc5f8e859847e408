// WRITE: what a write queues, when it waits, and what becomes of it. Zero-length writes on byte pipes are not asserted
// (D14).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "support/child.h"
#include "support/expect.h"
#include "support/oracle.h"
#include "support/repeated_buffer.h"
#include "support/signals.h"

namespace pipes::test {
namespace {

PIPES_BOTH_DIRECTIONS(Write);

constexpr uint32_t kQuota = 100;

TEST_P(Write, WRITE_1_NeedsTheRightToWrite) {
  const std::string name = unique_name();
  EndActor inbound = listening_server(name, {.open_mode = PIPES_ACCESS_INBOUND});
  EXPECT_EQ(not_sent(PIPES_ERROR_ACCESS_DENIED), inbound.write("x")) << "listening";
  EndActor writer = opened_client(name, PIPES_GENERIC_WRITE);
  EXPECT_EQ(not_sent(PIPES_ERROR_ACCESS_DENIED), inbound.write("x")) << "connected";
  EXPECT_EQ(not_sent(PIPES_ERROR_ACCESS_DENIED), inbound.write("")) << "nothing to write";

  for (const uint32_t access : {PIPES_GENERIC_READ, PIPES_GENERIC_EXECUTE, PIPES_FILE_WRITE_ATTRIBUTES, 0u}) {
    SCOPED_TRACE(access);
    const std::string duplex = unique_name();
    EndActor server = listening_server(duplex);
    EndActor client = opened_client(duplex, access);
    EXPECT_EQ(not_sent(PIPES_ERROR_ACCESS_DENIED), client.write("x"));
    EXPECT_STATUS(PIPES_OK, server.disconnect());
    EXPECT_EQ(not_sent(PIPES_ERROR_ACCESS_DENIED), client.write("x")) << "detached: rights come before state";
  }
}

TEST(WriteHere, WRITE_1_WriteDataIsTheOnlyRightItNeeds) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  const Handle client = open_client(name, PIPES_FILE_WRITE_DATA);
  EXPECT_EQ(sent(2), write(client, "ok"));
  EXPECT_EQ(received(PIPES_OK, "ok"), read(server));
}

TEST_P(Write, WRITE_2_ReturnsWithTheFullLengthNeverAShortCount) {
  for (const uint32_t quota : {0u, 1u, kQuota, 65536u}) {
    SCOPED_TRACE(quota);
    in_both_directions(with_quota(byte_pipe(), quota), [quota](EndActor& writer, EndActor& reader) {
      for (const uint32_t size : {1u, quota + 1, 3 * quota + 7, 100000u}) {
        SCOPED_TRACE(size);
        Pending<Sent> writing = writer.start_write(bytes(size, size));
        EXPECT_TRUE(read_exactly(reader, size, 1000) == bytes(size, size));
        EXPECT_EQ(sent(size), writing.result());
      }
    });
  }
}

TEST_P(Write, WRITE_3_OneCallMakesOneMessageWhateverItsLengthAndTheQuota) {
  for (const uint32_t quota : {0u, kQuota, 65536u}) {
    SCOPED_TRACE(quota);
    in_both_directions(with_quota(message_pipe(), quota), [quota](EndActor& writer, EndActor& reader) {
      for (const uint32_t size : {0u, 1u, std::max(quota, 1u) - 1, quota, quota + 1, 200000u, kBeyondTheRing}) {
        SCOPED_TRACE(size);
        Pending<Sent> writing = writer.start_write(bytes(size, size));
        EXPECT_EQ(received(PIPES_OK, bytes(size, size)), reader.read(size + 1));
        EXPECT_EQ(sent(size), writing.result());
      }
    });
  }
}

TEST_P(Write, WRITE_4_ReaderOfAByteTypePipeCannotTellCallsApart) {
  in_both_directions(byte_pipe(), [](EndActor& writer, EndActor& reader) {
    for (const char* part : {"a", "bc", "def", "g"}) EXPECT_STATUS(PIPES_OK, writer.write(part).status);
    EXPECT_EQ(received(PIPES_OK, "abcdefg"), reader.read());
  });
}

TEST_P(Write, WRITE_5_ZeroLengthOnAMessagePipeQueuesAnEmptyMessage) {
  in_both_directions(with_quota(message_pipe(), 0), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(0), writer.write(""));
    EXPECT_EQ(sent(0), writer.write(""));
    EXPECT_EQ(received(PIPES_OK, ""), reader.read());
    EXPECT_EQ(received(PIPES_OK, ""), reader.read());
    EXPECT_STATUS(PIPES_OK, writer.close());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reader.read());
  });
}

TEST(WriteHere, WRITE_5_BufferMayBeNullWhenNothingIsWritten) {
  const Pair pair = connected_pair(message_pipe());
  uint32_t count = kUntouched;
  EXPECT_STATUS(PIPES_OK, pipes_write(pair.client, nullptr, 0, &count, nullptr));
  EXPECT_EQ(0u, count);
  EXPECT_EQ(received(PIPES_OK, ""), read(pair.server));
}

TEST_P(Write, WRITE_7_PeerClosed) {
  for (const ServerOptions& options : {byte_pipe(), message_pipe()}) {
    in_both_directions(options, [](EndActor& writer, EndActor& reader) {
      EXPECT_STATUS(PIPES_OK, reader.close());
      EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), writer.write("x"));
      EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), writer.write(bytes(10000))) << "beyond the quota";
      EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), writer.write(""));
    });
  }
}

TEST_P(Write, WRITE_8_WaitingWriteEndsWhenTheReaderCloses) {
  for (const uint32_t size : {kQuota + 1, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(message_pipe(), kQuota), [size](EndActor& writer, EndActor& reader) {
      Pending<Sent> first = writer.start_write(bytes(size));
      ASSERT_TRUE(first.wait_until_blocked());
      EXPECT_STATUS(PIPES_OK, reader.close());
      EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), first.result());
    });
  }
}

TEST_P(Write, WRITE_8_AllWaitingWritesEndWhenTheReaderCloses) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  for (const uint32_t size : {kQuota + 1, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(message_pipe(), kQuota), [size](EndActor& writer, EndActor& reader) {
      Pending<Sent> first = writer.start_write(bytes(size));
      ASSERT_TRUE(first.wait_until_blocked());
      Pending<Sent> second = writer.start_write("behind it");
      ASSERT_TRUE(second.wait_until_blocked());
      EXPECT_STATUS(PIPES_OK, reader.close());
      EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), first.result());
      EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), second.result());
    });
  }
}

TEST_P(Write, WRITE_8_WaitingWriteEndsAlsoWhenAPartWasRead) {
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    Pending<Sent> writing = writer.start_write(bytes(1000));
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(1000).substr(0, 800)), reader.read(800));
    EXPECT_TRUE(still_waits(writing));
    EXPECT_STATUS(PIPES_OK, reader.close());
    EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.result());
  });
}

TEST_P(Write, WRITE_9_WithoutAConnection) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EXPECT_EQ(not_sent(PIPES_ERROR_PIPE_LISTENING), server.write("x"));
  EXPECT_EQ(not_sent(PIPES_ERROR_PIPE_LISTENING), server.write("")) << "state comes before sizes";
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, server.disconnect());
  EXPECT_EQ(not_sent(PIPES_ERROR_PIPE_NOT_CONNECTED), server.write("x"));
  EXPECT_EQ(not_sent(PIPES_ERROR_PIPE_NOT_CONNECTED), client.write("x"));
  EXPECT_EQ(not_sent(PIPES_ERROR_PIPE_NOT_CONNECTED), client.write(""));
}

TEST_P(Write, WRITE_10_NoWaitAndNoRoomOnAMessagePipe) {
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    ASSERT_STATUS(PIPES_OK, writer.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
    EXPECT_EQ(sent(kQuota), writer.write(bytes(kQuota)));
    EXPECT_EQ(sent(0), writer.write("x"));
    EXPECT_EQ(peeked(bytes(kQuota), kQuota, 0), reader.peek()) << "nothing of the refused write is there";
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota)), reader.read());
    EXPECT_EQ(sent(1), writer.write("x"));
    EXPECT_EQ(received(PIPES_OK, "x"), reader.read());
  });
}

TEST_P(Write, WRITE_10_NoWaitAndNoRoomOnABytePipe) {
  in_both_directions(with_quota(byte_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    ASSERT_STATUS(PIPES_OK, writer.set_mode(PIPES_NOWAIT));
    EXPECT_EQ(sent(90), writer.write(bytes(90)));
    const Sent partly = writer.write(bytes(11, 2));
    EXPECT_STATUS(PIPES_OK, partly.status);
    EXPECT_LT(partly.transferred, 11u);
    if (kOurEngine) {
      EXPECT_EQ(0u, partly.transferred) << "all or nothing";
    }
    EXPECT_EQ(received(PIPES_OK, bytes(90) + bytes(11, 2).substr(0, partly.transferred)), reader.read());
  });
}

TEST_P(Write, WRITE_11_NoWaitSuccessWithASmallerCountMeansFull) {
  in_both_directions(with_quota(byte_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    ASSERT_STATUS(PIPES_OK, writer.set_mode(PIPES_NOWAIT));
    uint32_t total = 0;
    Sent last = sent(7);
    while (last == sent(7)) {
      last = writer.write(bytes(7));
      total += last.transferred;
    }
    EXPECT_STATUS(PIPES_OK, last.status);
    EXPECT_LT(last.transferred, 7u);
    EXPECT_EQ(total, reader.peek().available);
    EXPECT_LE(total, kQuota);
    EXPECT_GT(total + 7, kQuota);
  });
}

TEST_P(Write, WRITE_12_NoWaitNeverSendsAMessageLongerThanTheQuota) {
  for (const uint32_t quota : {0u, kQuota}) {
    SCOPED_TRACE(quota);
    in_both_directions(with_quota(message_pipe(), quota), [quota](EndActor& writer, EndActor& reader) {
      ASSERT_STATUS(PIPES_OK, writer.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
      for (int again = 0; again < 3; ++again) {
        EXPECT_EQ(sent(0), writer.write(bytes(quota + 1)));
      }
      EXPECT_EQ(sent(0), writer.write(bytes(kBeyondTheRing)));
      EXPECT_EQ(peeked("", 0, 0), reader.peek());
      if (quota > 0) {
        EXPECT_EQ(sent(quota), writer.write(bytes(quota)));
        EXPECT_EQ(received(PIPES_OK, bytes(quota)), reader.read());
      }
    });
  }
}

TEST_P(Write, WRITE_13_CompletedWriteSurvivesTheWritersCloseButNotADisconnect) {
  in_both_directions(byte_pipe(), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(4096), writer.write(bytes(4096)));
    EXPECT_STATUS(PIPES_OK, writer.close());
    EXPECT_EQ(received(PIPES_OK, bytes(4096)), reader.read());
  });
  EndPair pair = connected_ends(byte_pipe());
  EXPECT_EQ(sent(4), pair.client.write("lost"));
  EXPECT_EQ(sent(4), pair.server.write("lost"));
  EXPECT_STATUS(PIPES_OK, pair.server.disconnect());
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), pair.server.read());
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), pair.client.read());
}

TEST_P(Write, WRITE_14_BytesOfAWaitingWriteAreVisibleToReadsAndPeeks) {
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    Pending<Sent> writing = writer.start_write(bytes(4 * kQuota));
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_EQ(peeked(bytes(4 * kQuota), 4 * kQuota, 0), reader.peek());
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(4 * kQuota).substr(0, 10)), reader.read(10));
    EXPECT_TRUE(still_waits(writing));
    EXPECT_EQ(received(PIPES_OK, bytes(4 * kQuota).substr(10)), reader.read());
    EXPECT_EQ(sent(4 * kQuota), writing.result());
  });
}

TEST_P(Write, WRITE_15_WaitingWritesOfSeveralThreadsAreOrderedByTheirStart) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), 0), [](EndActor& writer, EndActor& reader) {
    std::vector<Pending<Sent>> writes;
    for (uint32_t i = 0; i < 5; ++i) {
      writes.push_back(writer.start_write(bytes(100 + i, i)));
      ASSERT_TRUE(writes.back().wait_until_blocked());
    }
    for (uint32_t i = 0; i < 5; ++i) {
      EXPECT_EQ(received(PIPES_OK, bytes(100 + i, i)), reader.read());
      EXPECT_EQ(sent(100 + i), writes[i].result());
    }
  });
}

TEST_P(Write, WRITE_15_OrderIsKept) {
  in_both_directions(with_quota(message_pipe(), 500), [](EndActor& writer, EndActor& reader) {
    constexpr uint32_t kMessages = 60;
    std::thread other([&writer] {
      for (uint32_t i = 0; i < kMessages; ++i) {
        EXPECT_EQ(sent(i * 7 % 130), writer.write(bytes(i * 7 % 130, i)));
      }
    });
    for (uint32_t i = 0; i < kMessages; ++i) {
      EXPECT_EQ(received(PIPES_OK, bytes(i * 7 % 130, i)), reader.read());
    }
    other.join();
  });
}

// ------------------------------------------------------------------------------------- WRITE-16: one very long message --

// A gigabyte where the tests run in full and undisturbed; the same way with less otherwise.
uint32_t long_message_size() {
  const bool full = std::getenv("PIPES_TEST_FULL") != nullptr && time_factor() == 1;
  return full ? 1u << 30 : 96u << 20;
}

// Writes the long message and says whether all of it went.
bool write_long_message(pipes_handle handle, uint32_t size) {
  const RepeatedBuffer buffer(size);
  uint32_t count = 0;
  return pipes_write(handle, buffer.data(), size, &count, nullptr) == PIPES_OK && count == size;
}

PIPES_CHILD_ROLE(write_long_message) {
  const Handle client = open_client(parent.argument(0));
  return write_long_message(client, parent.number(1)) ? 0 : 1;
}

// Reads the long message in pieces and checks every byte.
void expect_long_message(pipes_handle reader, uint32_t size) {
  RepeatedPattern pattern;
  std::string buffer(1u << 20, '\0');
  while (true) {
    uint32_t count = 0;
    const Code status = pipes_read(reader, buffer.data(), static_cast<uint32_t>(buffer.size()), &count, nullptr);
    ASSERT_TRUE(pattern.continues_with({buffer.data(), count})) << "near byte " << pattern.checked();
    if (status.ok()) break;
    ASSERT_STATUS(PIPES_ERROR_MORE_DATA, status) << "at byte " << pattern.checked();
    ASSERT_EQ(buffer.size(), count);
  }
  EXPECT_EQ(size, pattern.checked());
}

TEST(WriteHere, WRITE_16_VeryLongMessageInOneProcess) {
  const uint32_t size = long_message_size();
  const Pair pair = connected_pair(with_quota(message_pipe(), 65536));
  Background writing([&] { return write_long_message(pair.client, size); });
  ASSERT_TRUE(wait_until_blocked(writing));
  EXPECT_EQ(peeked("", size, size), peek(pair.server, 0));
  expect_long_message(pair.server, size);
  EXPECT_TRUE(writing.result());
}

TEST(WriteHere, WRITE_16_VeryLongMessageFromAnotherProcess) {
  const uint32_t size = long_message_size();
  const std::string name = unique_name();
  const Handle server = create_server(name, with_quota(message_pipe(), 65536));
  Child child = Child::spawn("write_long_message", {name, std::to_string(size)});
  ASSERT_TRUE(accept_client(server));
  expect_long_message(server, size);
  EXPECT_EQ(0, child.wait().code);
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(server));
}

// -----------------------------------------------------------------------------------------------------------------------

TEST(WriteHere, WRITE_17_CountIsSetToZeroFirst) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  uint32_t count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_write(PIPES_INVALID_HANDLE, "x", 1, &count, nullptr));
  EXPECT_EQ(0u, count);
  count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, pipes_write(server, "x", 1, &count, nullptr));
  EXPECT_EQ(0u, count);
  count = kUntouched;
  const Handle reader = open_client(name, PIPES_GENERIC_READ);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, pipes_write(reader, "x", 1, &count, nullptr));
  EXPECT_EQ(0u, count);
}

TEST(WriteHere, WRITE_17_WithoutCountAndOverlappedItIsRefusedAndSendsNothing) {
  const Pair pair = connected_pair(byte_pipe());
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_write(pair.client, "x", 1, nullptr, nullptr));
  EXPECT_EQ(peeked("", 0, 0), peek(pair.server));
}

TEST_P(Write, WRITE_18_FailedWriteLeavesNothingInTheQueue) {
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    Pending<Sent> writing = writer.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_EQ(peeked("", kQuota + 1, kQuota + 1), reader.peek(0));
    EXPECT_STATUS(PIPES_OK, writing.cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.result().status);
    EXPECT_EQ(peeked("", 0, 0), reader.peek());
    {
      PIPES_ORACLE_DIFFERS("table 4: write quota left (INFO-14)");
      EXPECT_EQ(kQuota, writer.get_local_info().value.write_quota_available);
    }
    EXPECT_EQ(sent(4), writer.write("next"));
    EXPECT_EQ(received(PIPES_OK, "next"), reader.read());
  });
}

TEST_P(Write, WRITE_18_CancelledWriteBeyondTheRingLeavesNothing) {
  in_both_directions(with_quota(byte_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(3), writer.write("abc"));
    Pending<Sent> writing = writer.start_write(bytes(kBeyondTheRing));
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, writing.cancel());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.result().status);
    EXPECT_EQ(peeked("abc", 3, 0), reader.peek());
    EXPECT_EQ(received(PIPES_OK, "abc"), reader.read());
    EXPECT_EQ(sent(3), writer.write("def"));
    EXPECT_EQ(received(PIPES_OK, "def"), reader.read());
  });
}

TEST_P(Write, WRITE_19_NoSignalComesOfWritingWithoutAReader) {
  const BrokenPipeSignals signals;
  in_both_directions(with_quota(byte_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    Pending<Sent> writing = writer.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, reader.close());
    EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.result());
    EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), writer.write("x"));
  });
  EXPECT_EQ(0u, signals.count());
  EXPECT_TRUE(BrokenPipeSignals::would_be_delivered());
}

TEST(WriteHere, WRITE_19_NoSignalComesOfAReaderThatWasKilled) {
  const BrokenPipeSignals signals;
  const std::string name = unique_name();
  const Handle server = create_server(name, with_quota(byte_pipe(), kQuota));
  const std::shared_ptr<Host> host = Host::in_child();
  EndActor client(host);
  ASSERT_STATUS(PIPES_OK, client.open(name));
  Background writing([&] { return write(server, bytes(kQuota + 1)); });
  ASSERT_TRUE(wait_until_blocked(writing));
  host->kill();
  EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.result());
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(server, "x"));
  EXPECT_EQ(0u, signals.count());
}

}  // namespace
}  // namespace pipes::test
