// STATE for operations that do not block: STATE-10's rows for completion routines, STATE-11's claim that what happens
// to calls that wait happens to overlapped operations and completion routines alike, and STATE-12's order.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

class StateOverlapped : public OverlappedEnds {
 protected:
  // The overlapped server end in its other states. A client end that still exists lives as long as the pair.
  OverlappedPair disconnected() {
    OverlappedPair pair = overlapped_server();
    EXPECT_STATUS(PIPES_OK, disconnect(pair.end));
    return pair;
  }
  OverlappedPair listening() {
    const std::string name = unique_name();
    return {.name = name, .peer = client_end(), .end = create_server(name, overlapped(message_pipe()))};
  }
  OverlappedPair client_closed() {
    OverlappedPair pair = overlapped_server();
    EXPECT_STATUS(PIPES_OK, pair.peer.close());
    return pair;
  }
  // The overlapped client end in its other two.
  OverlappedPair server_closed() {
    OverlappedPair pair = overlapped_client();
    EXPECT_STATUS(PIPES_OK, pair.peer.close());
    return pair;
  }
  OverlappedPair detached() {
    OverlappedPair pair = overlapped_client();
    EXPECT_STATUS(PIPES_OK, pair.peer.disconnect());
    return pair;
  }
};
PIPES_INSTANTIATE_LAYOUTS(StateOverlapped);

// Begins with a routine, waits until the routine was called, and gives what it was called with; or the refusal.
Sent finish(Overlapped& operation, Code begun) {
  if (!begun.ok()) return not_sent(begun);
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
  const std::vector<RoutineCall> calls = take_routine_calls();
  if (calls.size() != 1 || calls[0].overlapped != &operation.structure()) {
    ADD_FAILURE() << "not called once: " << testing::PrintToString(calls);
    return {};
  }
  return {calls[0].status, calls[0].transferred};
}

Received read_ex(pipes_handle end) {
  Overlapped operation;
  const Sent done = finish(operation, operation.read_ex(end));
  return {done.status, operation.buffer(done.transferred), done.transferred};
}

Sent write_ex(pipes_handle end, std::string_view bytes) {
  Overlapped operation;
  return finish(operation, operation.write_ex(end, bytes));
}

// ----------------------------------------------------------------------------- STATE-10: ReadFileEx and WriteFileEx

TEST_P(StateOverlapped, STATE_10_ServerReadExInDisconnectedIs233) {
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), read_ex(disconnected().end));
}

TEST_P(StateOverlapped, STATE_10_ServerReadExInListeningIs536) {
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_LISTENING), read_ex(listening().end));
}

TEST_P(StateOverlapped, STATE_10_ServerReadExInConnectedReads) {
  OverlappedPair pair = overlapped_server();
  EXPECT_EQ(sent(5), pair.peer.write("words"));
  EXPECT_EQ(received(PIPES_OK, "words"), read_ex(pair.end));
}

TEST_P(StateOverlapped, STATE_10_ServerReadExInClosingGivesDataThen109) {
  OverlappedPair pair = overlapped_server();
  EXPECT_EQ(sent(5), pair.peer.write("words"));
  EXPECT_STATUS(PIPES_OK, pair.peer.close());
  EXPECT_EQ(received(PIPES_OK, "words"), read_ex(pair.end));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read_ex(pair.end));
}

TEST_P(StateOverlapped, STATE_10_ServerWriteExInDisconnectedIs233) {
  EXPECT_EQ(not_sent(PIPES_ERROR_PIPE_NOT_CONNECTED), write_ex(disconnected().end, "x"));
}

TEST_P(StateOverlapped, STATE_10_ServerWriteExInListeningIs536) {
  EXPECT_EQ(not_sent(PIPES_ERROR_PIPE_LISTENING), write_ex(listening().end, "x"));
}

TEST_P(StateOverlapped, STATE_10_ServerWriteExInConnectedWrites) {
  OverlappedPair pair = overlapped_server();
  EXPECT_EQ(sent(5), write_ex(pair.end, "words"));
  EXPECT_EQ(received(PIPES_OK, "words"), pair.peer.read());
}

TEST_P(StateOverlapped, STATE_10_ServerWriteExInClosingIs232) {
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write_ex(client_closed().end, "x"));
}

TEST_P(StateOverlapped, STATE_10_ClientReadExInConnectedReads) {
  OverlappedPair pair = overlapped_client();
  EXPECT_EQ(sent(5), pair.peer.write("words"));
  EXPECT_EQ(received(PIPES_OK, "words"), read_ex(pair.end));
}

TEST_P(StateOverlapped, STATE_10_ClientReadExInClosingGivesDataThen109) {
  OverlappedPair pair = overlapped_client();
  EXPECT_EQ(sent(5), pair.peer.write("words"));
  EXPECT_STATUS(PIPES_OK, pair.peer.close());
  EXPECT_EQ(received(PIPES_OK, "words"), read_ex(pair.end));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read_ex(pair.end));
}

TEST_P(StateOverlapped, STATE_10_ClientReadExInDetachedIs233) {
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), read_ex(detached().end));
}

TEST_P(StateOverlapped, STATE_10_ClientWriteExInConnectedWrites) {
  OverlappedPair pair = overlapped_client();
  EXPECT_EQ(sent(5), write_ex(pair.end, "words"));
  EXPECT_EQ(received(PIPES_OK, "words"), pair.peer.read());
}

TEST_P(StateOverlapped, STATE_10_ClientWriteExInClosingIs232) {
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write_ex(server_closed().end, "x"));
}

TEST_P(StateOverlapped, STATE_10_ClientWriteExInDetachedIs233) {
  EXPECT_EQ(not_sent(PIPES_ERROR_PIPE_NOT_CONNECTED), write_ex(detached().end, "x"));
}

// -------------------------------------------------------------------- STATE-11: the same for whatever has begun to wait

// How an operation that waits is told that it is over.
enum class Told { kByEvent, kByHandle, kByPort, kByRoutine };
constexpr Told kAllWays[] = {Told::kByEvent, Told::kByHandle, Told::kByPort, Told::kByRoutine};
constexpr Told kWaysWithoutRoutine[] = {Told::kByEvent, Told::kByHandle, Told::kByPort};

// An operation that has begun to wait at an end, and how it ended.
class Waiting {
 public:
  Waiting(pipes_handle end, Told told)
      : end_(end), told_(told), operation_(told == Told::kByEvent ? ToldBy::kEvent : ToldBy::kHandle) {
    if (told == Told::kByPort) {
      EXPECT_STATUS(PIPES_OK, pipes_port_associate(port_, end, 1));
    }
  }

  void read(uint32_t size = 4096) {
    if (told_ == Told::kByRoutine) {
      EXPECT_STATUS(PIPES_OK, operation_.read_ex(end_, size));
    } else {
      EXPECT_STATUS(PIPES_ERROR_IO_PENDING, operation_.read(end_, size));
    }
    EXPECT_TRUE(operation_.pending());
  }
  void write(std::string_view bytes) {
    if (told_ == Told::kByRoutine) {
      EXPECT_STATUS(PIPES_OK, operation_.write_ex(end_, bytes));
    } else {
      EXPECT_STATUS(PIPES_ERROR_IO_PENDING, operation_.write(end_, bytes));
    }
    EXPECT_TRUE(operation_.pending());
  }
  void connect() { EXPECT_STATUS(PIPES_ERROR_IO_PENDING, operation_.connect(end_)); }
  void transact(uint32_t reply_size = 4096) {
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, operation_.transact(end_, "request", reply_size));
  }

  // Waits for the end in its way. The handle may have been closed, but for kByHandle.
  Received ended() {
    Received result;
    switch (told_) {
      case Told::kByEvent:
      case Told::kByHandle:
        EXPECT_STATUS(PIPES_OK, wait_for(told_ == Told::kByEvent ? operation_.event() : end_));
        return operation_.received(0);
      case Told::kByPort: {
        const Packet packet = take_packet(port_);
        EXPECT_EQ(&operation_.structure(), packet.overlapped);
        result = {packet.status, operation_.buffer(packet.transferred), packet.transferred};
        break;
      }
      case Told::kByRoutine: {
        const Sent done = finish(operation_, PIPES_OK);
        result = {done.status, operation_.buffer(done.transferred), done.transferred};
        break;
      }
    }
    return result;
  }

 private:
  pipes_handle end_;
  Told told_;
  Handle port_ = new_port();
  Overlapped operation_;
};

TEST_P(StateOverlapped, STATE_11_AConnectSucceedsWhenAClientOpens) {
  for (const Told told : kWaysWithoutRoutine) {
    OverlappedPair pair = listening();
    Waiting waiting(pair.end, told);
    waiting.connect();
    EXPECT_STATUS(PIPES_OK, pair.peer.open(pair.name));
    EXPECT_STATUS(PIPES_OK, waiting.ended().status);
  }
}

TEST_P(StateOverlapped, STATE_11_AConnectEndsWith233WhenTheServerDisconnects) {
  PIPES_OUR_ENGINE_ONLY("D4");
  for (const Told told : kWaysWithoutRoutine) {
    OverlappedPair pair = listening();
    Waiting waiting(pair.end, told);
    waiting.connect();
    EXPECT_STATUS(PIPES_OK, disconnect(pair.end));
    EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, waiting.ended().status);
  }
}

TEST_P(StateOverlapped, STATE_11_AReadSucceedsWhenThePeerWrites) {
  for (const Told told : kAllWays) {
    at_either_end(message_pipe(), [told](Handle& end, EndActor& peer) {
      Waiting waiting(end, told);
      waiting.read();
      EXPECT_EQ(sent(5), peer.write("words"));
      EXPECT_EQ(received(PIPES_OK, "words"), waiting.ended());
    });
  }
}

TEST_P(StateOverlapped, STATE_11_AReadIsCutShortByALongerMessage) {
  for (const Told told : kWaysWithoutRoutine) {  // APC-10 has the routine
    at_either_end(message_pipe(), [told](Handle& end, EndActor& peer) {
      Waiting waiting(end, told);
      waiting.read(3);
      EXPECT_EQ(sent(5), peer.write("words"));
      EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "wor"), waiting.ended());
      EXPECT_EQ(received(PIPES_OK, "ds"), read(end));
    });
  }
}

TEST_P(StateOverlapped, STATE_11_ReadsOfBothEndsEndWith233WhenTheServerDisconnects) {
  for (const Told told : kAllWays) {
    OverlappedPair server = overlapped_server();
    Waiting of_server(server.end, told);
    of_server.read();
    Pending<Received> of_its_client = server.peer.start_read();
    ASSERT_TRUE(of_its_client.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, disconnect(server.end));
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), of_server.ended());
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), of_its_client.result());

    OverlappedPair client = overlapped_client();
    Waiting of_client(client.end, told);
    of_client.read();
    EXPECT_STATUS(PIPES_OK, client.peer.disconnect());
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), of_client.ended());
  }
}

TEST_P(StateOverlapped, STATE_11_AReadEndsWith109WhenThePeerCloses) {
  for (const Told told : kAllWays) {
    at_either_end(message_pipe(), [told](Handle& end, EndActor& peer) {
      Waiting waiting(end, told);
      waiting.read();
      EXPECT_STATUS(PIPES_OK, peer.close());
      EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), waiting.ended());
    });
  }
}

TEST_P(StateOverlapped, STATE_11_AWriteSucceedsInFullLengthWhenThePeerReads) {
  for (const Told told : kAllWays) {
    at_either_end(with_quota(message_pipe(), 0), [told](Handle& end, EndActor& peer) {
      Waiting waiting(end, told);
      waiting.write("words");
      EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "wo"), peer.read(2));
      EXPECT_EQ(received(PIPES_OK, "rds"), peer.read());
      EXPECT_EQ(received(PIPES_OK, "words"), waiting.ended());
    });
  }
}

TEST_P(StateOverlapped, STATE_11_WritesOfBothEndsEndWith233WhenTheServerDisconnects) {
  const ServerOptions options = with_quota(message_pipe(), 0);
  for (const Told told : kAllWays) {
    OverlappedPair server = overlapped_server(options);
    Waiting of_server(server.end, told);
    of_server.write("never read");
    Pending<Sent> of_its_client = server.peer.start_write("never read");
    ASSERT_TRUE(of_its_client.wait_until_blocked());
    EXPECT_STATUS(PIPES_OK, disconnect(server.end));
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), of_server.ended());
    EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, of_its_client.result().status);

    OverlappedPair client = overlapped_client(options);
    Waiting of_client(client.end, told);
    of_client.write("never read");
    EXPECT_STATUS(PIPES_OK, client.peer.disconnect());
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), of_client.ended());
  }
}

TEST_P(StateOverlapped, STATE_11_AWriteEndsWith109WhenThePeerCloses) {
  for (const Told told : kAllWays) {
    at_either_end(with_quota(message_pipe(), 0), [told](Handle& end, EndActor& peer) {
      Waiting waiting(end, told);
      waiting.write("never read");
      EXPECT_STATUS(PIPES_OK, peer.close());
      EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), waiting.ended());
    });
  }
}

TEST_P(StateOverlapped, STATE_11_ATransactionSucceedsOrIsCutShortWhenThePeerReplies) {
  for (const Told told : kWaysWithoutRoutine) {
    at_either_end(message_pipe(), [told](Handle& end, EndActor& peer) {
      Waiting waiting(end, told);
      waiting.transact();
      EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
      EXPECT_EQ(sent(5), peer.write("reply"));
      EXPECT_EQ(received(PIPES_OK, "reply"), waiting.ended());
      waiting.transact(2);
      EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
      EXPECT_EQ(sent(5), peer.write("reply"));
      EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "re"), waiting.ended());
    });
  }
}

TEST_P(StateOverlapped, STATE_11_ATransactionEndsWith233WhenTheServerDisconnects) {
  for (const Told told : kWaysWithoutRoutine) {
    OverlappedPair server = overlapped_server();
    Waiting of_server(server.end, told);
    of_server.transact();
    EXPECT_STATUS(PIPES_OK, disconnect(server.end));
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), of_server.ended());

    OverlappedPair client = overlapped_client();
    Waiting of_client(client.end, told);
    of_client.transact();
    EXPECT_STATUS(PIPES_OK, client.peer.disconnect());
    EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), of_client.ended());
  }
}

TEST_P(StateOverlapped, STATE_11_ATransactionEndsWith109WhenThePeerCloses) {
  for (const Told told : kWaysWithoutRoutine) {
    at_either_end(message_pipe(), [told](Handle& end, EndActor& peer) {
      Waiting waiting(end, told);
      waiting.transact();
      EXPECT_STATUS(PIPES_OK, peer.close());
      EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), waiting.ended());
    });
  }
}

// ---------------------------------------------------------------------------- STATE-10 and 11: the own last handle closes

// What is told of an operation whose own handle was closed: nobody can ask for its result any more.
uint64_t told_by_event(Overlapped& operation) {
  EXPECT_STATUS(PIPES_OK, wait_for(operation.event()));
  return operation.structure().internal;
}

TEST_P(StateOverlapped, STATE_10_WaitingOverlappedReadAndTransactEndWith109WhenTheirOwnHandleCloses) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped transaction;
    Overlapped reading;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(end, "request"));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_STATUS(PIPES_OK, end.close());
    EXPECT_EQ(kNtPipeBroken, told_by_event(transaction));
    EXPECT_EQ(kNtPipeBroken, told_by_event(reading));
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
  });
}

TEST_P(StateOverlapped, STATE_10_WaitingOverlappedWriteStaysQueuedWhenItsOwnHandleCloses) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "last words"));
    EXPECT_STATUS(PIPES_OK, end.close());
    EXPECT_TRUE(writing.pending());
    EXPECT_EQ(received(PIPES_OK, "last words"), peer.read());
    EXPECT_EQ(kNtSuccess, told_by_event(writing));
  });
}

TEST(StateOverlappedHere, STATE_10_WaitingOverlappedConnectEndsWith109WhenItsOwnHandleCloses) {
  Handle server = create_server(unique_name(), overlapped(message_pipe()));
  Overlapped connecting;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  EXPECT_STATUS(PIPES_OK, server.close());
  const uint64_t told = told_by_event(connecting);
  PIPES_ORACLE_DIFFERS("Wine says 676 (STATUS_HANDLES_CLOSED); CONN-13: 109");
  EXPECT_EQ(kNtPipeBroken, told);
}

TEST_P(StateOverlapped, STATE_11_ARoutineIsCalledAlsoWhenItsOwnHandleCloses) {
  at_either_end(message_pipe(), [](Handle& end, EndActor&) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_OK, reading.read_ex(end));
    EXPECT_STATUS(PIPES_OK, end.close());
    EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), finish(reading, PIPES_OK));
  });
}

TEST_P(StateOverlapped, STATE_11_APacketComesAlsoWhenTheOwnHandleCloses) {
  at_either_end(message_pipe(), [](Handle& end, EndActor&) {
    Waiting waiting(end, Told::kByPort);
    waiting.read();
    EXPECT_STATUS(PIPES_OK, end.close());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), waiting.ended());
  });
}

TEST(StateOverlappedHere, STATE_11_OnlyTheLastHandleOfTheEndCounts) {
  Pair pair = connected_pair(overlapped(message_pipe()));
  pipes_handle made = PIPES_INVALID_HANDLE;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(pair.server, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
  Handle duplicate(made);
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  EXPECT_TRUE(reading.pending()) << "begun through a handle that is closed, at an end that is not";
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_STATUS(PIPES_OK, wait_for(reading.event()));
  EXPECT_EQ("x", reading.buffer(1));
}

// --------------------------------------------------------------------------------------- STATE-12: all of them, in order

TEST(StateOverlappedHere, STATE_12_OneEventCompletesEveryOperationItConcernsInOrder) {
  const Pair pair = connected_pair(overlapped(with_quota(message_pipe(), 0)));
  const Handle port = new_port();
  ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, pair.server, 1));
  std::vector<Overlapped> reads(3);
  std::vector<Overlapped> writes(3);
  for (Overlapped& reading : reads) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  for (Overlapped& writing : writes) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(pair.server, "x"));
  EXPECT_STATUS(PIPES_OK, disconnect(pair.server));
  std::vector<const pipes_overlapped*> read_order;
  std::vector<const pipes_overlapped*> write_order;
  for (size_t i = 0; i < reads.size() + writes.size(); ++i) {
    const Packet packet = take_packet(port, 0);
    EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, packet.status);
    const bool is_read = packet.overlapped == &reads[0].structure() || packet.overlapped == &reads[1].structure() ||
                         packet.overlapped == &reads[2].structure();
    (is_read ? read_order : write_order).push_back(packet.overlapped);
  }
  EXPECT_EQ((std::vector<const pipes_overlapped*>{&reads[0].structure(), &reads[1].structure(), &reads[2].structure()}),
            read_order);
  EXPECT_EQ(
      (std::vector<const pipes_overlapped*>{&writes[0].structure(), &writes[1].structure(), &writes[2].structure()}),
      write_order);
}

TEST(StateOverlappedHere, STATE_12_ClosingCompletesTheReadsInOrder) {
  Pair pair = connected_pair(overlapped(message_pipe()));
  std::vector<Overlapped> reads(3);
  for (Overlapped& reading : reads) ASSERT_STATUS(PIPES_OK, reading.read_ex(pair.server));
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
  EXPECT_EQ(
      (std::vector<RoutineCall>{reads[0].call(PIPES_ERROR_BROKEN_PIPE, 0), reads[1].call(PIPES_ERROR_BROKEN_PIPE, 0),
                                reads[2].call(PIPES_ERROR_BROKEN_PIPE, 0)}),
      take_routine_calls());
}

}  // namespace
}  // namespace pipes::test
