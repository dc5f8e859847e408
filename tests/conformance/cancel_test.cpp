// CANCEL: cancelling overlapped operations. Cancelling calls that block is shown with the threads (sync_test.cpp).
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_OVERLAPPED_ENDS(Cancel);

constexpr uint32_t kQuota = 100;

TEST_P(Cancel, CANCEL_1_TheCallingThreadsOperationsAreCancelled) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped another;
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, another.read(end));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "never read"));
    EXPECT_STATUS(PIPES_OK, pipes_cancel(end));
    EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), reading.received());
    EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), another.received());
    EXPECT_EQ(not_sent(PIPES_ERROR_OPERATION_ABORTED), writing.sent());
    EXPECT_EQ(peeked("", 0, 0), peer.peek());
  });
}

TEST_P(Cancel, CANCEL_1_ConnectsAndTransactionsAreAmongThem) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped operation;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.connect(server));
  EXPECT_STATUS(PIPES_OK, pipes_cancel(server));
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, operation.status());
  EndActor client = opened_client(name);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.transact(server, "request"));
  EXPECT_STATUS(PIPES_OK, pipes_cancel(server));
  EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), operation.received());
}

TEST_P(Cancel, CANCEL_1_OtherThreadsOperationsAreLeft) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped mine;
    Overlapped others;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, mine.read(end));
    const Handle leave = new_event();
    Background thread([&] {
      const Code begun = others.read(end);
      (void)wait_for(leave);
      return begun;
    });
    ASSERT_TRUE(wait_until_blocked(thread));
    EXPECT_STATUS(PIPES_OK, pipes_cancel(end));
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, mine.status());
    EXPECT_TRUE(others.pending());
    EXPECT_STATUS(PIPES_OK, pipes_cancel(end)) << "nothing of this thread is left";
    EXPECT_TRUE(others.pending());
    EXPECT_EQ(sent(1), peer.write("x"));
    EXPECT_EQ(received(PIPES_OK, "x"), others.received());
    EXPECT_STATUS(PIPES_OK, pipes_event_set(leave));
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, thread.result());
  });
}

TEST(CancelHere, CANCEL_1_SuccessAlsoWhereThereIsNothing) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  EXPECT_STATUS(PIPES_OK, pipes_cancel(pair.server));
  EXPECT_STATUS(PIPES_OK, pipes_cancel(pair.client)) << "also at a synchronous end";
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_cancel(nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_cancel(PIPES_INVALID_HANDLE));
}

TEST(CancelHere, CANCEL_1_OtherEndsAreLeft) {
  const Pair first = connected_pair(overlapped(message_pipe()));
  const Pair second = connected_pair(overlapped(message_pipe()));
  Overlapped of_first;
  Overlapped of_second;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, of_first.read(first.server));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, of_second.read(second.server));
  EXPECT_STATUS(PIPES_OK, pipes_cancel(first.server));
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, of_first.status());
  EXPECT_TRUE(of_second.pending());
}

TEST_P(Cancel, CANCEL_2_OneOperationOfWhicheverThread) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped kept;
    Overlapped cancelled;
    const Handle leave = new_event();
    Background thread([&] {
      const Code first = kept.read(end);
      const Code second = cancelled.read(end);
      (void)wait_for(leave);
      return std::pair(first, second);
    });
    ASSERT_TRUE(wait_until_blocked(thread));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &cancelled.structure()));
    EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), cancelled.received());
    EXPECT_TRUE(kept.pending());
    EXPECT_EQ(sent(1), peer.write("x"));
    EXPECT_EQ(received(PIPES_OK, "x"), kept.received());
    EXPECT_STATUS(PIPES_OK, pipes_event_set(leave));
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, thread.result().first);
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, thread.result().second);
  });
}

TEST_P(Cancel, CANCEL_2_NullMeansAllOfTheProcess) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped writing;
    const Handle leave = new_event();
    Background thread([&] {
      const Code begun = reading.read(end);
      (void)wait_for(leave);
      return begun;
    });
    ASSERT_TRUE(wait_until_blocked(thread));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "never read"));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, nullptr));
    EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), reading.received());
    EXPECT_EQ(not_sent(PIPES_ERROR_OPERATION_ABORTED), writing.sent());
    EXPECT_EQ(peeked("", 0, 0), peer.peek());
    EXPECT_STATUS(PIPES_OK, pipes_event_set(leave));
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, thread.result());
  });
}

TEST(CancelHere, CANCEL_2_NothingOfTheKindIsPending) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped reading;
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(pair.server, &reading.structure())) << "never begun";
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(pair.client, &reading.structure())) << "the other end";
  EXPECT_TRUE(reading.pending());
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(pair.server, &reading.structure())) << "it has completed";
  EXPECT_EQ(received(PIPES_OK, "x"), reading.received());
  Overlapped writing;
  EXPECT_STATUS(PIPES_OK, writing.write(pair.server, "y"));
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(pair.server, &writing.structure())) << "it completed at once";
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_cancel_ex(nullptr, &writing.structure()));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_cancel_ex(PIPES_INVALID_HANDLE, nullptr));
}

TEST(CancelHere, CANCEL_2_NothingAtAllIsPending) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  {
    PIPES_ORACLE_DIFFERS("Wine answers 0; CancelIoEx: cannot find a request to cancel, ERROR_NOT_FOUND");
    EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(pair.client, nullptr));
  }
  EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(pair.server, nullptr));
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, reading.status());
  PIPES_ORACLE_DIFFERS("Wine answers 0; CancelIoEx: cannot find a request to cancel, ERROR_NOT_FOUND");
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(pair.server, nullptr));
}

TEST(CancelHere, CANCEL_2_AnyHandleOfTheEndWillDo) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  pipes_handle made = PIPES_INVALID_HANDLE;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(pair.server, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
  const Handle duplicate(made);
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(duplicate, &reading.structure()));
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, reading.status());
}

TEST(CancelHere, FINE_29_CancellingABlockedCallTouchesNoOverlappedOperation) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_synchronous(pipes_current_thread()));
  EXPECT_TRUE(reading.pending());

  const Pair synchronous = connected_pair(message_pipe());
  Overlapped others;
  Background blocked([&] {
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, others.read(pair.server));
    const Received got = read(synchronous.server);
    EXPECT_TRUE(others.pending());
    return got;
  });
  ASSERT_TRUE(wait_until_blocked(blocked));
  EXPECT_STATUS(PIPES_OK, blocked.cancel());
  EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), blocked.result());
}

TEST(CancelHere, CANCEL_3_ACallWithoutAStructureIsCancelledOnAnOverlappedHandleToo) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  EXPECT_EQ(sent(6), write(pair.server, "unread"));
  Background flushing([&] { return flush(pair.server); });
  ASSERT_TRUE(wait_until_blocked(flushing));
  EXPECT_STATUS(PIPES_OK, flushing.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, flushing.result());
}

TEST_P(Cancel, CANCEL_4_TheCancelledCompleteByTheirUsualWay) {
  at_either_end(message_pipe(), [](Handle& end, EndActor&) {
    Overlapped operation;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.read(end));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &operation.structure()));
    EXPECT_STATUS(PIPES_OK, wait_for(operation.event()));
    EXPECT_EQ(kNtCancelled, operation.internal());
    EXPECT_EQ(0u, operation.structure().internal_high);

    ASSERT_STATUS(PIPES_OK, operation.read_ex(end));
    EXPECT_STATUS(PIPES_OK, pipes_cancel(end));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_EQ((std::vector<RoutineCall>{operation.call(PIPES_ERROR_OPERATION_ABORTED, 0)}), take_routine_calls());

    Overlapped by_handle(ToldBy::kHandle);
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, by_handle.read(end));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, nullptr));
    EXPECT_STATUS(PIPES_OK, wait_for(end));
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, by_handle.status(0));

    const Handle port = new_port();
    ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, end, 5));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.transact(end, "request"));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &operation.structure()));
    EXPECT_EQ(packet(PIPES_ERROR_OPERATION_ABORTED, 0, 5, operation), take_packet(port));
    EXPECT_EQ(no_packet(PIPES_ERROR_WAIT_TIMEOUT), take_packet(port, 0));
  });
}

TEST_P(Cancel, CANCEL_5_ACancelThatRacesEndsInOneResult) {
  at_either_end(byte_pipe(), [](Handle& end, EndActor& peer) {
    for (int round = 0; round < 40; ++round) {
      Overlapped reading;
      ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
      Pending<Sent> writing = peer.start_write("whole");
      const Code cancelled = pipes_cancel_ex(end, &reading.structure());
      EXPECT_EQ(sent(5), writing.result());
      const Received got = reading.received();
      if (got.status == PIPES_ERROR_OPERATION_ABORTED) {
        EXPECT_STATUS(PIPES_OK, cancelled);
        EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), got);
        EXPECT_EQ(received(PIPES_OK, "whole"), read(end)) << "CANCEL-8";
      } else {
        EXPECT_EQ(received(PIPES_OK, "whole"), got);
        EXPECT_EQ(peeked("", 0, 0), peek(end));
      }
    }
  });
}

TEST_P(Cancel, CANCEL_6_StructureAndBufferAreFreeAfterTheCompletion) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped operation;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.read(end));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &operation.structure()));
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, operation.status());
    operation.structure().internal = kUntouched;
    operation.structure().internal_high = kUntouched;
    EXPECT_EQ(sent(4), peer.write("data"));
    EXPECT_EQ(received(PIPES_OK, "data"), read(end));
    EXPECT_EQ(kUntouched, operation.internal());
    EXPECT_EQ(kUntouched, operation.structure().internal_high);
    EXPECT_EQ(std::string(4, '\0'), operation.buffer(4));
  });
}

TEST_P(Cancel, CANCEL_8_ACancelledReadConsumesNothing) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped cancelled;
    Overlapped kept;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, cancelled.read(end, 2));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, kept.read(end));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &cancelled.structure()));
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, cancelled.status());
    EXPECT_EQ(sent(5), peer.write("whole"));
    EXPECT_EQ(received(PIPES_OK, "whole"), kept.received());
  });
}

TEST_P(Cancel, CANCEL_9_ACancelledWriteWithdrawsWhatHasNotBeenRead) {
  for (const ServerOptions& options : {byte_pipe(), message_pipe()}) {
    const bool messages = (options.pipe_mode & PIPES_READMODE_MESSAGE) != 0;
    at_either_end(with_quota(options, kQuota), [messages](Handle& end, EndActor& peer) {
      Overlapped writing;
      ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, bytes(300)));
      const Code cut = messages ? Code(PIPES_ERROR_MORE_DATA) : Code(PIPES_OK);
      EXPECT_EQ(received(cut, bytes(300).substr(0, 50)), peer.read(50)) << "the reader sees a part";
      EXPECT_TRUE(writing.pending());
      EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &writing.structure()));
      EXPECT_EQ(not_sent(PIPES_ERROR_OPERATION_ABORTED), writing.sent());
      EXPECT_EQ(peeked("", 0, 0), peer.peek());
      EXPECT_STATUS(PIPES_OK, Overlapped().write(end, "next"));
      EXPECT_EQ(received(PIPES_OK, "next"), peer.read());
    });
  }
}

TEST_P(Cancel, CANCEL_9_AWriteInTheMiddleOfTheQueueIsWithdrawn) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    std::vector<Overlapped> writes(3);
    for (uint32_t i = 0; i < 3; ++i) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writes[i].write(end, bytes(200, i)));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &writes[1].structure()));
    EXPECT_EQ(not_sent(PIPES_ERROR_OPERATION_ABORTED), writes[1].sent());
    EXPECT_EQ(peeked(bytes(200, 0), 400, 0), peer.peek());
    EXPECT_EQ(received(PIPES_OK, bytes(200, 0)), peer.read());
    EXPECT_EQ(received(PIPES_OK, bytes(200, 2)), peer.read());
    EXPECT_EQ(sent(200), writes[0].sent());
    EXPECT_EQ(sent(200), writes[2].sent());
  });
}

TEST_P(Cancel, CANCEL_10_ACancelledTransactionLeavesItsRequest) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped transaction;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(end, "request"));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &transaction.structure()));
    EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), transaction.received());
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
    EXPECT_EQ(sent(5), peer.write("reply"));
    Overlapped reading;
    EXPECT_STATUS(PIPES_OK, reading.read(end));
    EXPECT_EQ(received(PIPES_OK, "reply"), reading.received()) << "an ordinary message";
  });
}

TEST_P(Cancel, CANCEL_11_ACancelledConnectLeavesTheInstanceListening) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped connecting;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(server, &connecting.structure()));
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, connecting.status());
  EXPECT_EQ(PIPES_STATE_LISTENING, get_local_info(server).value.state);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server)) << "and it may be asked again";
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, connecting.status());
  EXPECT_EQ(sent(5), client.write("hello"));
  EXPECT_EQ(received(PIPES_OK, "hello"), read(server));
}

TEST_P(Cancel, CANCEL_12_CancellingLeavesTheConnectionIntact) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, bytes(kQuota + 1)));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, nullptr));
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, reading.status());
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.status());
    EXPECT_EQ(PIPES_STATE_CONNECTED, get_local_info(end).value.state);
    EXPECT_STATUS(PIPES_OK, writing.write(end, "to"));
    EXPECT_EQ(received(PIPES_OK, "to"), peer.read());
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_EQ(sent(3), peer.write("fro"));
    EXPECT_EQ(received(PIPES_OK, "fro"), reading.received());
  });
}

}  // namespace
}  // namespace pipes::test
