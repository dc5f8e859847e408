// BUF: the two queues of an instance, their quotas, and the order in which waiting writes are released.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "support/child.h"
#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_BOTH_DIRECTIONS(Buf);
PIPES_OVERLAPPED_ENDS(BufOverlapped);

constexpr uint32_t kQuota = 100;

TEST_P(Buf, BUF_1_EachDirectionHasTheQuotaThatTheServerGaveIt) {
  ServerOptions options = byte_pipe();
  options.in_buffer = 100;
  options.out_buffer = 200;
  EndPair pair = connected_ends(options);
  EXPECT_EQ(sent(100), pair.client.write(bytes(100)));
  EXPECT_EQ(sent(200), pair.server.write(bytes(200)));

  Pending<Sent> inbound = pair.client.start_write("i");
  Pending<Sent> outbound = pair.server.start_write("o");
  EXPECT_TRUE(inbound.wait_until_blocked());
  EXPECT_TRUE(outbound.wait_until_blocked());

  if (!kOurEngine) return;  // D44: on NT the read waits for the write of the same end.
  EXPECT_EQ(received(PIPES_OK, bytes(100) + "i"), pair.server.read());
  EXPECT_EQ(sent(1), inbound.result());
  EXPECT_TRUE(still_waits(outbound));
  EXPECT_EQ(received(PIPES_OK, bytes(200) + "o"), pair.client.read());
  EXPECT_EQ(sent(1), outbound.result());
}

TEST_P(Buf, BUF_2_SizesAreReportedAsAskedForOnBothEnds) {
  for (const uint32_t size : {0u, 1u, 4095u, 4096u, 4097u, 1u << 20, 0xFFFFFFFFu}) {
    ServerOptions options = byte_pipe();
    options.in_buffer = size;
    options.out_buffer = size ^ 1;
    EndPair pair = connected_ends(options);
    for (EndActor* end : {&pair.server, &pair.client}) {
      const Info info = end->get_info();
      EXPECT_STATUS(PIPES_OK, info.status);
      EXPECT_EQ(size, info.in_buffer);
      EXPECT_EQ(size ^ 1, info.out_buffer);
    }
  }
}

TEST_P(Buf, BUF_3_WriteThatFitsTheUnusedQuotaCompletesAtOnce) {
  for (const uint32_t quota : {2u, 100u, 4096u, 65536u}) {
    in_both_directions(with_quota(byte_pipe(), quota), [quota](EndActor& writer, EndActor& reader) {
      EXPECT_EQ(sent(quota - 1), writer.write(bytes(quota - 1)));
      EXPECT_EQ(sent(1), writer.write("x"));
      EXPECT_EQ(peeked("", quota, 0), reader.peek(0));
      EXPECT_EQ(received(PIPES_OK, bytes(quota - 1) + "x"), reader.read(quota + 1));
      EXPECT_EQ(sent(quota), writer.write(bytes(quota, 2)));
      EXPECT_EQ(bytes(quota, 2), read_exactly(reader, quota));
    });
  }
}

TEST_P(Buf, BUF_3_WriteBeyondTheQuotaIsQueuedWholeAndWaitsUntilWhatIsUnreadFits) {
  for (const uint32_t size : {kQuota + 1, 2 * kQuota, 70000u, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(byte_pipe(), kQuota), [size](EndActor& writer, EndActor& reader) {
      const std::string data = bytes(size);
      Pending<Sent> writing = writer.start_write(data);
      ASSERT_TRUE(writing.wait_until_blocked());
      EXPECT_EQ(peeked("", size, 0), reader.peek(0));

      const uint32_t all_but_one_too_many = size - kQuota - 1;
      std::string got = read_exactly(reader, all_but_one_too_many);
      EXPECT_TRUE(still_waits(writing)) << kQuota + 1 << " bytes unread";
      got += read_exactly(reader, 1);
      EXPECT_EQ(sent(size), writing.result()) << kQuota << " bytes unread";
      got += read_exactly(reader, kQuota);
      EXPECT_TRUE(got == data);
    });
  }
}

TEST_P(Buf, BUF_3_EarlierUnreadBytesCountAgainstALaterWrite) {
  in_both_directions(with_quota(byte_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(60), writer.write(bytes(60, 1)));
    Pending<Sent> writing = writer.start_write(bytes(41, 2));
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_EQ(bytes(60, 1).substr(0, 1), read_exactly(reader, 1));
    EXPECT_EQ(sent(41), writing.result());
    EXPECT_EQ(bytes(60, 1).substr(1) + bytes(41, 2), read_exactly(reader, 100));
  });
}

TEST_P(Buf, BUF_4_WaitingWriteReportsItsFullLength) {
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    Pending<Sent> writing = writer.start_write(bytes(5000));
    ASSERT_TRUE(writing.wait_until_blocked());
    for (uint32_t at = 0; at < 4500; at += 500) {
      EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(5000).substr(at, 500)), reader.read(500));
    }
    EXPECT_EQ(received(PIPES_OK, bytes(5000).substr(4500)), reader.read(500));
    EXPECT_EQ(sent(5000), writing.result());
  });
}

TEST_P(Buf, BUF_5_WithQuotaZeroEveryWriteWaitsUntilAllOfItHasBeenRead) {
  for (const uint32_t size : {1u, 2u, 5000u, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(byte_pipe(), 0), [size](EndActor& writer, EndActor& reader) {
      const std::string data = bytes(size);
      Pending<Sent> writing = writer.start_write(data);
      ASSERT_TRUE(writing.wait_until_blocked());
      EXPECT_EQ(peeked(data.substr(0, 1), size, 0), reader.peek(1));
      std::string got = read_exactly(reader, size - 1);
      EXPECT_TRUE(still_waits(writing)) << "one byte unread";
      got += read_exactly(reader, 1);
      EXPECT_EQ(sent(size), writing.result());
      EXPECT_TRUE(got == data);
    });
  }
}

TEST_P(Buf, BUF_5_WithQuotaZeroAWaitingReaderLetsTheWriteComplete) {
  for (const uint32_t size : {1u, 5000u, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(message_pipe(), 0), [size](EndActor& writer, EndActor& reader) {
      Pending<Received> reading = reader.start_read(size);
      ASSERT_TRUE(reading.wait_until_blocked());
      EXPECT_EQ(sent(size), writer.write(bytes(size)));
      EXPECT_EQ(received(PIPES_OK, bytes(size)), reading.result());
    });
  }
}

TEST_P(Buf, BUF_6_BytesForAWaitingReaderUseNoQuota) {
  for (const ServerOptions& options : {byte_pipe(), message_pipe()}) {
    in_both_directions(with_quota(options, kQuota), [](EndActor& writer, EndActor& reader) {
      Pending<Received> reading = reader.start_read(7 * kQuota);
      ASSERT_TRUE(reading.wait_until_blocked());
      EXPECT_EQ(sent(7 * kQuota), writer.write(bytes(7 * kQuota)));
      EXPECT_EQ(received(PIPES_OK, bytes(7 * kQuota)), reading.result());

      {
        PIPES_ORACLE_DIFFERS("table 4: write quota left (INFO-14)");
        EXPECT_EQ(kQuota, writer.get_local_info().value.write_quota_available);
      }
      EXPECT_EQ(sent(kQuota), writer.write(bytes(kQuota)));
      EXPECT_EQ(0u, writer.get_local_info().value.write_quota_available);
    });
  }
}

// --------------------------------------------------------------------------------- BUF-7: writes through one handle --

// A record is one write: who wrote it, its number, its length, and contents made from these.
struct RecordHeader {
  uint32_t thread;
  uint32_t number;
  uint32_t size;
};

constexpr uint32_t kThreads = 4;
constexpr uint32_t kRecordsPerThread = 400;

std::string make_record(uint32_t thread, uint32_t number) {
  const uint32_t size = (number * 37 + thread * 101) % 700;
  const RecordHeader header{thread, number, size};
  std::string record(sizeof(header), '\0');
  std::memcpy(record.data(), &header, sizeof(header));
  return record + bytes(size, thread * 10000 + number);
}

// Several threads write records through one handle. Returns how many writes failed.
uint32_t write_records(pipes_handle handle) {
  std::atomic<uint32_t> failures{0};
  std::vector<std::thread> threads;
  for (uint32_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([handle, thread, &failures] {
      for (uint32_t number = 0; number < kRecordsPerThread; ++number) {
        const std::string record = make_record(thread, number);
        const Sent done = write(handle, record);
        if (!done.status.ok() || done.transferred != record.size()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failures;
}

PIPES_CHILD_ROLE(buf_write_records) {
  const Handle client = open_client(parent.argument(0));
  return write_records(client) == 0 ? 0 : 1;
}

// Reads a byte stream of records to its end, and checks that each is whole and in its thread's order.
void expect_whole_records(pipes_handle reader) {
  std::array<uint32_t, kThreads> next{};
  std::string stream;
  uint32_t records = 0;
  Received part;
  while ((part = read(reader, 1000)).status.ok()) {
    stream += part.bytes;
    while (stream.size() >= sizeof(RecordHeader)) {
      RecordHeader header{};
      std::memcpy(&header, stream.data(), sizeof(header));
      ASSERT_LT(header.thread, kThreads);
      ASSERT_EQ(next[header.thread], header.number);
      const std::string expected = make_record(header.thread, header.number);
      if (stream.size() < expected.size()) break;
      ASSERT_TRUE(stream.compare(0, expected.size(), expected) == 0);
      stream.erase(0, expected.size());
      ++next[header.thread];
      ++records;
    }
  }
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, part.status);
  EXPECT_TRUE(stream.empty());
  EXPECT_EQ(kThreads * kRecordsPerThread, records);
}

TEST(BufHere, BUF_7_WritesOfSeveralThreadsNeverInterleave) {
  for (const uint32_t quota : {0u, 500u, 65536u}) {
    SCOPED_TRACE(quota);
    Pair pair = connected_pair(with_quota(byte_pipe(), quota));
    std::thread writers([&pair] {
      EXPECT_EQ(0u, write_records(pair.client));
      EXPECT_STATUS(PIPES_OK, pair.client.close());
    });
    expect_whole_records(pair.server);
    writers.join();
  }
}

TEST(BufHere, BUF_7_WritesOfSeveralThreadsOfAnotherProcessNeverInterleave) {
  for (const uint32_t quota : {0u, 500u, 65536u}) {
    SCOPED_TRACE(quota);
    const std::string name = unique_name();
    const Handle server = create_server(name, with_quota(byte_pipe(), quota));
    Child child = Child::spawn("buf_write_records", {name});
    ASSERT_TRUE(accept_client(server));
    expect_whole_records(server);
    EXPECT_EQ(0, child.wait().code);
  }
}

TEST_P(Buf, BUF_8_WaitingWritesAreReleasedStrictlyInOrder) {
  in_both_directions(with_quota(byte_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(60), writer.write(bytes(60, 1)));
    Pending<Sent> large = writer.start_write(bytes(80, 2));
    ASSERT_TRUE(large.wait_until_blocked());
    Pending<Sent> small = writer.start_write(bytes(10, 3));
    ASSERT_TRUE(small.wait_until_blocked());

    std::string got = read_exactly(reader, 39);
    EXPECT_TRUE(still_waits(large)) << "101 bytes unread up to its end";
    got += read_exactly(reader, 1);
    EXPECT_EQ(sent(80), large.result());
    got += read_exactly(reader, 9);
    EXPECT_TRUE(still_waits(small)) << "101 bytes unread up to its end";
    got += read_exactly(reader, 1);
    EXPECT_EQ(sent(10), small.result());
    got += read_exactly(reader, 100);
    EXPECT_EQ(bytes(60, 1) + bytes(80, 2) + bytes(10, 3), got);
  });
}

TEST_P(Buf, BUF_9_MessageLargerThanTheQuotaIsReadWithOneRead) {
  for (const uint32_t size : {kQuota + 1, 5000u, kBeyondTheRing}) {
    SCOPED_TRACE(size);
    in_both_directions(with_quota(message_pipe(), kQuota), [size](EndActor& writer, EndActor& reader) {
      Pending<Sent> writing = writer.start_write(bytes(size));
      ASSERT_TRUE(writing.wait_until_blocked());
      EXPECT_EQ(received(PIPES_OK, bytes(size)), reader.read(size + 1));
      EXPECT_EQ(sent(size), writing.result());
    });
  }
}

TEST_P(Buf, BUF_10_ReadingAPartReturnsItsQuotaAndPeekingReturnsNone) {
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    EXPECT_EQ(sent(kQuota), writer.write(bytes(kQuota)));
    Pending<Sent> writing = writer.start_write("xyz");
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_EQ(peeked(bytes(kQuota), kQuota + 3, 0), reader.peek());
    EXPECT_TRUE(still_waits(writing)) << "after a peek";
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(kQuota).substr(0, 2)), reader.read(2));
    EXPECT_TRUE(still_waits(writing)) << "two of three bytes of room";
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(kQuota).substr(2, 1)), reader.read(1));
    EXPECT_EQ(sent(3), writing.result());
  });
}

TEST_P(BufOverlapped, BUF_11_AFullQueueHindersNothingInTheOtherDirection) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, bytes(kQuota + 1)));
    EXPECT_EQ(sent(kQuota), peer.write(bytes(kQuota, 2)));
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota, 2)), read(end));
    EXPECT_TRUE(writing.pending());
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota + 1)), peer.read());
    EXPECT_EQ(sent(kQuota + 1), writing.sent());
  });
}

TEST_P(Buf, BUF_11_FullQueueHindersNoWritesOfTheOtherDirection) {
  PIPES_OUR_ENGINE_ONLY("D44: on NT the second call on a synchronous end waits for the first");
  in_both_directions(with_quota(message_pipe(), kQuota), [](EndActor& writer, EndActor& reader) {
    Pending<Sent> writing = writer.start_write(bytes(kQuota + 1));
    ASSERT_TRUE(writing.wait_until_blocked());
    EXPECT_EQ(sent(kQuota), reader.write(bytes(kQuota, 2)));
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota, 2)), writer.read());
    EXPECT_TRUE(still_waits(writing));
    EXPECT_EQ(received(PIPES_OK, bytes(kQuota + 1)), reader.read());
    EXPECT_EQ(sent(kQuota + 1), writing.result());
  });
}

TEST_P(Buf, BUF_12_ZeroLengthMessageTakesNoQuotaAndNeverWaits) {
  for (const uint32_t quota : {0u, kQuota}) {
    SCOPED_TRACE(quota);
    in_both_directions(with_quota(message_pipe(), quota), [quota](EndActor& writer, EndActor& reader) {
      EXPECT_EQ(sent(0), writer.write(""));
      if (quota == 0) {
        EXPECT_EQ(0u, writer.get_local_info().value.write_quota_available);
      } else {
        PIPES_ORACLE_DIFFERS("table 4: write quota left (INFO-14)");
        EXPECT_EQ(quota, writer.get_local_info().value.write_quota_available);
      }
      if (quota > 0) {
        EXPECT_EQ(sent(quota), writer.write(bytes(quota)));
      }
      EXPECT_EQ(sent(0), writer.write(""));
      EXPECT_EQ(received(PIPES_OK, ""), reader.read());
      if (quota > 0) {
        EXPECT_EQ(received(PIPES_OK, bytes(quota)), reader.read());
      }
      EXPECT_EQ(received(PIPES_OK, ""), reader.read());
      EXPECT_EQ(peeked("", 0, 0), reader.peek());
    });
  }
}

TEST_P(Buf, BUF_14_ConnectionsDoNotShareQuota) {
  const std::string name = unique_name();
  const ServerOptions options = with_quota(byte_pipe(), kQuota);
  EndActor first_server = listening_server(name, options);
  EndActor first_client = opened_client(name);
  EndActor second_server = listening_server(name, options);
  EndActor second_client = opened_client(name);

  Pending<Sent> writing = first_client.start_write(bytes(kQuota + 1));
  ASSERT_TRUE(writing.wait_until_blocked());
  EXPECT_EQ(sent(kQuota), second_client.write(bytes(kQuota, 2)));
  EXPECT_EQ(received(PIPES_OK, bytes(kQuota, 2)), second_server.read());
  EXPECT_TRUE(still_waits(writing));
  EXPECT_EQ(bytes(kQuota + 1), read_exactly(first_server, kQuota + 1));
  EXPECT_EQ(sent(kQuota + 1), writing.result());
}

TEST_P(Buf, BUF_14_NewConnectionBeginsWithEmptyQueuesAndAllQuotaFree) {
  EndPair pair = connected_ends(with_quota(byte_pipe(), kQuota));
  EXPECT_EQ(sent(kQuota), pair.client.write(bytes(kQuota)));
  EXPECT_EQ(sent(kQuota), pair.server.write(bytes(kQuota)));
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());

  EndActor client = opened_client(pair.name);
  EXPECT_STATUS(PIPES_OK, connecting.result());
  EXPECT_EQ(peeked("", 0, 0), client.peek());
  EXPECT_EQ(peeked("", 0, 0), pair.server.peek());
  EXPECT_EQ(sent(kQuota), client.write(bytes(kQuota, 3)));
  EXPECT_EQ(sent(kQuota), pair.server.write(bytes(kQuota, 4)));
  EXPECT_EQ(received(PIPES_OK, bytes(kQuota, 3)), pair.server.read());
  EXPECT_EQ(received(PIPES_OK, bytes(kQuota, 4)), client.read());
}

}  // namespace
}  // namespace pipes::test
