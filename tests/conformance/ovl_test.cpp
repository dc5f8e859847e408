// OVL: overlapped operations, what tells of their end, and what is told.
//
// Where nothing else is said the overlapped end lives in this process and its peer makes plain calls, here or in a
// child.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_OVERLAPPED_ENDS(Ovl);

// ------------------------------------------------------------------------------------------- what is asynchronous at all

TEST_P(Ovl, OVL_1_ReadWriteAndTransactWithAStructureAreAsynchronous) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    Overlapped writing;
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "question"));
    EXPECT_EQ(received(PIPES_OK, "question"), peer.read());
    EXPECT_EQ(sent(6), peer.write("answer"));
    EXPECT_EQ(sent(8), writing.sent());
    EXPECT_EQ(received(PIPES_OK, "answer"), reading.received());

    Overlapped transaction;
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(end, "request"));
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
    EXPECT_EQ(sent(5), peer.write("reply"));
    EXPECT_EQ(received(PIPES_OK, "reply"), transaction.received());
  });
}

TEST_P(Ovl, OVL_1_ConnectWithAStructureIsAsynchronous) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped connecting;
  EXPECT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, connecting.status());
}

TEST(OvlHere, OVL_1_AStructureAloneMakesNothingAsynchronous) {
  const Pair pair = connected_pair(with_quota(message_pipe(), 0));
  Overlapped reading;
  Background read_call([&] { return reading.read(pair.server); });
  ASSERT_TRUE(wait_until_blocked(read_call));
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_STATUS(PIPES_OK, read_call.result());

  Overlapped writing;
  Background write_call([&] { return writing.write(pair.server, "y"); });
  ASSERT_TRUE(wait_until_blocked(write_call));
  EXPECT_EQ(received(PIPES_OK, "y"), read(pair.client));
  EXPECT_STATUS(PIPES_OK, write_call.result());

  const Handle server = create_server(unique_name(), message_pipe());
  Overlapped connecting;
  Background connect_call([&] { return connecting.connect(server); });
  ASSERT_TRUE(wait_until_blocked(connect_call));
  EXPECT_STATUS(PIPES_OK, connect_call.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, connect_call.result());
}

TEST(OvlHere, OVL_1_AStructureMakesNoTransactionAsynchronousEither) {
  const Pair pair = connected_pair(message_pipe());
  Overlapped transaction;
  Background call([&] { return transaction.transact(pair.server, "request"); });
  ASSERT_TRUE(wait_until_blocked(call));
  EXPECT_EQ(received(PIPES_OK, "request"), read(pair.client));
  EXPECT_EQ(sent(5), write(pair.client, "reply"));
  EXPECT_STATUS(PIPES_OK, call.result());
  EXPECT_TRUE(is_signalled(transaction.event())) << "OVL-18";
  EXPECT_EQ(kNtSuccess, transaction.internal());
  EXPECT_EQ(received(PIPES_OK, "reply"), transaction.received(0));
}

TEST(OvlHere, OVL_1_AllOtherCallsAreSynchronous) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped writing;
  EXPECT_STATUS(PIPES_OK, writing.write(pair.server, "unread"));
  Background flushing([&] { return flush(pair.server); });
  ASSERT_TRUE(wait_until_blocked(flushing));
  EXPECT_EQ(received(PIPES_OK, "unread"), read(pair.client));
  EXPECT_STATUS(PIPES_OK, flushing.result());
}

// ------------------------------------------------------------------------------------------------- at once, or pending

TEST_P(Ovl, OVL_2_TheResultIsThereAtOnceOrComesLater) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    EXPECT_EQ(sent(3), peer.write("now"));
    Overlapped first;
    const Code begun = first.read(end);
    EXPECT_TRUE(begun == PIPES_OK || begun == PIPES_ERROR_IO_PENDING) << begun;
    EXPECT_EQ(received(PIPES_OK, "now"), first.received());

    Overlapped second;
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, second.read(end));
    EXPECT_EQ(sent(5), peer.write("later"));
    EXPECT_EQ(received(PIPES_OK, "later"), second.received());
  });
}

TEST_P(Ovl, OVL_2_FailureAtOnceIsTheWholeAnswer) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    EXPECT_STATUS(PIPES_OK, peer.close());
    Overlapped operation;
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, operation.read(end));
    EXPECT_STATUS(PIPES_ERROR_NO_DATA, operation.write(end, "x"));
    EXPECT_STATUS(PIPES_ERROR_BAD_PIPE, operation.transact(end, "x"));
  });
}

TEST_P(Ovl, OVL_3_WhatCanEndAtOnceDoesNotWait) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped writing;
    const Code written = writing.write(end, "fits");
    EXPECT_TRUE(written == PIPES_OK || written == PIPES_ERROR_IO_PENDING) << written;
    EXPECT_EQ(sent(4), writing.sent()) << "nobody reads";

    EXPECT_EQ(received(PIPES_OK, "fits"), peer.read());
    EXPECT_EQ(sent(4), peer.write("long"));
    Overlapped reading;
    const Code begun = reading.read(end, 2);
    EXPECT_TRUE(begun == PIPES_ERROR_MORE_DATA || begun == PIPES_ERROR_IO_PENDING) << begun;
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "lo"), reading.received());
  });
}

// ------------------------------------------------------------------------------------------------------- the structure

static_assert(sizeof(pipes_overlapped) == 32);
static_assert(offsetof(pipes_overlapped, internal) == 0 && offsetof(pipes_overlapped, internal_high) == 8);
static_assert(offsetof(pipes_overlapped, offset) == 16 && offsetof(pipes_overlapped, offset_high) == 20);
static_assert(offsetof(pipes_overlapped, event) == 24);

TEST_P(Ovl, OVL_4_InternalHoldsPendingAndThenTheStatusAndTheBytes) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end, 3));
    EXPECT_EQ(kNtPending, reading.internal());
    EXPECT_EQ(sent(5), peer.write("hello"));
    ASSERT_STATUS(PIPES_OK, wait_for(reading.event()));
    EXPECT_EQ(kNtBufferOverflow, reading.internal());
    EXPECT_EQ(3u, reading.structure().internal_high);

    EXPECT_STATUS(PIPES_OK, reading.read(end));
    EXPECT_EQ(kNtSuccess, reading.internal());
    EXPECT_EQ(2u, reading.structure().internal_high);

    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_EQ(kNtPending, reading.internal());
    EXPECT_STATUS(PIPES_OK, peer.close());
    ASSERT_STATUS(PIPES_OK, wait_for(reading.event()));
    EXPECT_EQ(kNtPipeBroken, reading.internal());
    EXPECT_EQ(0u, reading.structure().internal_high);
  });
}

TEST(OvlHere, OVL_4_OffsetsAreIgnoredAndKept) {
  const Pair pair = connected_pair(overlapped(byte_pipe()));
  Overlapped reading;
  reading.structure().offset = 4711;
  reading.structure().offset_high = 1;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  EXPECT_EQ(sent(4), write(pair.client, "data"));
  EXPECT_EQ(received(PIPES_OK, "data"), reading.received());
  EXPECT_EQ(4711u, reading.structure().offset);
  EXPECT_EQ(1u, reading.structure().offset_high);
}

TEST_P(Ovl, OVL_5_StructureAndBufferAreTheCallersAgainAfterCompletion) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped operation;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.read(end));
    EXPECT_EQ(std::string(3, '\0'), operation.buffer(3)) << "nothing came yet";
    EXPECT_EQ(sent(3), peer.write("one"));
    EXPECT_EQ(received(PIPES_OK, "one"), operation.received());
    operation.structure().internal = kUntouched;
    operation.structure().internal_high = kUntouched;

    EXPECT_EQ(sent(3), peer.write("two"));
    Overlapped next;
    EXPECT_STATUS(PIPES_OK, next.read(end));
    EXPECT_EQ(received(PIPES_OK, "two"), next.received());
    EXPECT_EQ(kUntouched, operation.internal());
    EXPECT_EQ(kUntouched, operation.structure().internal_high);
    EXPECT_EQ("one", operation.buffer(3));
  });
}

TEST_P(Ovl, OVL_5_AStructureServesOneOperationAfterTheOther) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped operation;
    for (int round = 0; round < 20; ++round) {
      const std::string word = "round " + std::to_string(round);
      ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.read(end));
      EXPECT_EQ(sent(word.size()), peer.write(word));
      EXPECT_EQ(received(PIPES_OK, word), operation.received());
      ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.write(end, word));
      EXPECT_EQ(received(PIPES_OK, word), peer.read());
      EXPECT_EQ(sent(word.size()), operation.sent());
    }
    // Also after it failed.
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.read(end));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &operation.structure()));
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, operation.status());
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.transact(end, "request"));
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
    EXPECT_EQ(sent(5), peer.write("reply"));
    EXPECT_EQ(received(PIPES_OK, "reply"), operation.received());
  });
}

// ----------------------------------------------------------------------------------------------------------- the event

TEST(OvlHere, OVL_6_StartingAnOperationResetsItsEvent) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), 0)));
  const auto set_before = [](Overlapped& operation) {
    EXPECT_STATUS(PIPES_OK, pipes_event_set(operation.event()));
    EXPECT_TRUE(is_signalled(operation.event()));
  };
  Overlapped connecting;
  set_before(connecting);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  EXPECT_FALSE(is_signalled(connecting.event()));
  const Handle client = open_overlapped(name);

  Overlapped reading;
  set_before(reading);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(server));
  EXPECT_FALSE(is_signalled(reading.event()));

  Overlapped writing;
  set_before(writing);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(server, "x"));
  EXPECT_FALSE(is_signalled(writing.event()));

  EXPECT_STATUS(PIPES_OK, Overlapped().read(client));
  Overlapped transaction;
  set_before(transaction);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(client, "request"));
  EXPECT_FALSE(is_signalled(transaction.event()));
}

TEST_P(Ovl, OVL_6_CompletionSetsTheEventWhateverTheResult) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_FALSE(is_signalled(reading.event()));
    EXPECT_EQ(sent(4), peer.write("good"));
    EXPECT_STATUS(PIPES_OK, wait_for(reading.event()));
    EXPECT_TRUE(is_signalled(reading.event())) << "and it stays set";

    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end, 2));
    EXPECT_EQ(sent(4), peer.write("long"));
    EXPECT_STATUS(PIPES_OK, wait_for(reading.event()));
    EXPECT_STATUS(PIPES_ERROR_MORE_DATA, reading.status());
    EXPECT_STATUS(PIPES_OK, reading.read(end));

    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_STATUS(PIPES_OK, peer.close());
    EXPECT_STATUS(PIPES_OK, wait_for(reading.event()));
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.status());
  });
}

TEST_P(Ovl, OVL_6_CompletionSetsTheEventWhateverTheOperation) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), 0)));
  Overlapped operation;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.connect(server));
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, wait_for(operation.event()));

  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.write(server, "written"));
  EXPECT_FALSE(is_signalled(operation.event()));
  EXPECT_EQ(received(PIPES_OK, "written"), client.read());
  EXPECT_STATUS(PIPES_OK, wait_for(operation.event()));

  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.transact(server, "request"));
  EXPECT_EQ(received(PIPES_OK, "request"), client.read());
  EXPECT_FALSE(is_signalled(operation.event())) << "there is no reply yet";
  EXPECT_EQ(sent(5), client.write("reply"));
  EXPECT_STATUS(PIPES_OK, wait_for(operation.event()));

  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.write(server, "withdrawn"));
  EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(server, &operation.structure()));
  EXPECT_STATUS(PIPES_OK, wait_for(operation.event())) << "being cancelled is an end like others";
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.write(server, "never read"));
  EXPECT_STATUS(PIPES_OK, client.close());
  EXPECT_STATUS(PIPES_OK, wait_for(operation.event()));
  EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), operation.sent(0));
}

TEST(OvlHere, OVL_6_CompletionAtOnceSetsTheEventToo) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped writing;
  EXPECT_STATUS(PIPES_OK, writing.write(pair.server, "x"));
  EXPECT_TRUE(is_signalled(writing.event()));

  EXPECT_EQ(sent(4), write(pair.client, "long"));
  Overlapped reading;
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, reading.read(pair.server, 2));
  EXPECT_TRUE(is_signalled(reading.event()));
  EXPECT_STATUS(PIPES_OK, pipes_event_reset(reading.event()));
  EXPECT_STATUS(PIPES_OK, reading.read(pair.server));
  EXPECT_TRUE(is_signalled(reading.event()));
}

TEST(OvlHere, OVL_6_WhatIsNoEventIsRefusedAndNothingBegins) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Handle closed = new_event();
  const pipes_handle stale = closed;
  EXPECT_STATUS(PIPES_OK, closed.close());
  const Handle port = new_port();
  const std::vector<pipes_handle> wrong{server, port, stale, PIPES_INVALID_HANDLE};

  Overlapped operation(ToldBy::kHandle);
  for (const pipes_handle event : wrong) {
    operation.structure().event = event;
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, operation.connect(server));
  }
  const Handle client = open_client(name);
  EXPECT_EQ(sent(4), write(client, "left"));
  for (const pipes_handle event : wrong) {
    operation.structure().event = event;
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, operation.read(server));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, operation.write(server, "never"));
  }
  EXPECT_EQ(peeked("left", 4, 0), peek(server));
  EXPECT_EQ(peeked("", 0, 0), peek(client));
  EXPECT_STATUS(PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(server, &operation.structure())) << "nothing is pending";
  operation.structure().event = nullptr;
  EXPECT_STATUS(PIPES_OK, operation.read(server));
  operation.structure().event = server;
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, operation.transact(server, "never"));
  EXPECT_EQ(peeked("", 0, 0), peek(client));
}

TEST(OvlHere, OVL_7_ACallRefusedAtOnceDoesNotSignalTheEvent) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped operation;
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, operation.read(server));
  EXPECT_FALSE(is_signalled(operation.event()));
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, operation.write(server, "x"));
  EXPECT_FALSE(is_signalled(operation.event()));
  Handle client = open_client(name);
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, operation.connect(server));
  EXPECT_FALSE(is_signalled(operation.event()));
  EXPECT_EQ(sent(6), write(client, "unread"));
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, operation.transact(server, "x"));
  EXPECT_FALSE(is_signalled(operation.event()));
  EXPECT_STATUS(PIPES_OK, operation.read(server));
  EXPECT_STATUS(PIPES_OK, client.close());

  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, operation.read(server));
  EXPECT_FALSE(is_signalled(operation.event())) << "and it was reset";
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, operation.write(server, "x"));
  EXPECT_FALSE(is_signalled(operation.event()));
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, operation.connect(server));
  EXPECT_FALSE(is_signalled(operation.event()));
}

TEST_P(Ovl, OVL_8_WithoutAnEventCompletionSignalsTheHandle) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped operation(ToldBy::kHandle);
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.read(end));
    EXPECT_FALSE(is_signalled(end));
    EXPECT_EQ(sent(5), peer.write("hello"));
    EXPECT_STATUS(PIPES_OK, wait_for(end));
    EXPECT_EQ(received(PIPES_OK, "hello"), operation.received(0));

    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.write(end, "back"));
    EXPECT_FALSE(is_signalled(end));
    EXPECT_EQ(received(PIPES_OK, "back"), peer.read());
    EXPECT_STATUS(PIPES_OK, wait_for(end));
    EXPECT_EQ(sent(4), operation.sent(0));

    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.transact(end, "request"));
    EXPECT_EQ(received(PIPES_OK, "request"), peer.read());
    EXPECT_FALSE(is_signalled(end));
    Pending<Sent> reply = peer.start_write("reply");
    EXPECT_STATUS(PIPES_OK, wait_for(end));
    EXPECT_EQ(received(PIPES_OK, "reply"), operation.received(0));
    EXPECT_EQ(sent(5), reply.result());
  });
}

TEST_P(Ovl, OVL_8_AConnectWithoutAnEventSignalsTheHandle) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped connecting(ToldBy::kHandle);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(server));
  EXPECT_FALSE(is_signalled(server));
  const EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, wait_for(server));
  EXPECT_STATUS(PIPES_OK, connecting.status(0));
}

TEST(OvlHere, OVL_9_TheHandleIsResetByEachStartAndSignalledByEachCompletion) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped reading(ToldBy::kHandle);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  EXPECT_FALSE(is_signalled(pair.server));
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_TRUE(is_signalled(pair.server));
  EXPECT_TRUE(is_signalled(pair.server)) << "no wait resets it";

  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  EXPECT_FALSE(is_signalled(pair.server));
  EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(pair.server, nullptr));
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, reading.status());
  EXPECT_TRUE(is_signalled(pair.server)) << "a failure is a completion";
}

TEST(OvlHere, OVL_9_WhateverIsStartedAndCompletedAtOnceToo) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped operation(ToldBy::kHandle);
  EXPECT_TRUE(is_signalled(server));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.connect(server));
  EXPECT_FALSE(is_signalled(server)) << "a connect has begun";
  const Handle client = open_overlapped(name);
  EXPECT_TRUE(is_signalled(server));

  EXPECT_STATUS(PIPES_OK, operation.write(server, std::string(4096, 'w')));
  EXPECT_TRUE(is_signalled(server));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.write(server, "x"));
  EXPECT_FALSE(is_signalled(server)) << "a write has begun";
  EXPECT_EQ(received(PIPES_OK, std::string(4096, 'w')), read(client));
  EXPECT_TRUE(is_signalled(server));
  EXPECT_EQ(received(PIPES_OK, "x"), read(client));

  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.transact(server, "request"));
  EXPECT_FALSE(is_signalled(server)) << "a transaction has begun";
  EXPECT_EQ(received(PIPES_OK, "request"), read(client));
  EXPECT_EQ(sent(5), write(client, "reply"));
  EXPECT_TRUE(is_signalled(server));

  // What completes at once signals the handle that an operation with an event has left clear.
  Overlapped waiting;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, waiting.read(server));
  EXPECT_FALSE(is_signalled(server));
  EXPECT_STATUS(PIPES_OK, operation.write(server, "now"));
  EXPECT_TRUE(is_signalled(server));
}

TEST(OvlHere, OVL_9_WhatHasARoutineSignalsTheHandleToo) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped reading;
  ASSERT_STATUS(PIPES_OK, reading.read_ex(pair.server));
  EXPECT_FALSE(is_signalled(pair.server));
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_TRUE(is_signalled(pair.server)) << "though the routine has not run";
  EXPECT_TRUE(take_routine_calls().empty());
  Overlapped writing;
  ASSERT_STATUS(PIPES_OK, writing.write_ex(pair.server, "y"));
  EXPECT_TRUE(is_signalled(pair.server)) << "it completed at once";
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(0, 1));
  EXPECT_EQ(2u, take_routine_calls().size());
}

TEST(OvlHere, OVL_9_WithTwoInFlightTheFirstCompletionSignalsTheHandle) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped first(ToldBy::kHandle);
  Overlapped second(ToldBy::kHandle);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, first.read(pair.server));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, second.read(pair.server));
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_TRUE(is_signalled(pair.server)) << "which one it was it does not tell";
  EXPECT_FALSE(first.pending());
  EXPECT_TRUE(second.pending());
}

TEST(OvlHere, OVL_10_AnEventThatResetsItselfTellsOnlyOnce) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  const Handle event = new_event(false, Reset::kByItself);
  Overlapped reading(ToldBy::kHandle);
  reading.structure().event = event;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_STATUS(PIPES_OK, wait_for(event));
  EXPECT_FALSE(is_signalled(event)) << "the wait has reset it";
  EXPECT_EQ(received(PIPES_OK, "x"), reading.received(0));
}

TEST(OvlHere, OVL_10_ManualEventsStaySet) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_STATUS(PIPES_OK, wait_for(reading.event()));
  EXPECT_STATUS(PIPES_OK, wait_for(reading.event()));
  EXPECT_EQ(received(PIPES_OK, "x"), reading.received());
  EXPECT_TRUE(is_signalled(reading.event())) << "asking for the result resets nothing";
}

// ---------------------------------------------------------------------------------------------------------- the result

TEST_P(Ovl, OVL_11_ThePendingResultIsIncompleteOrWaitedFor) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    for (const ToldBy told_by : {ToldBy::kEvent, ToldBy::kHandle}) {
      Overlapped reading(told_by);
      ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
      EXPECT_EQ(received_nothing(PIPES_ERROR_IO_INCOMPLETE), reading.received(0));
      Background asking([&] { return reading.received(); });
      ASSERT_TRUE(wait_until_blocked(asking));
      EXPECT_EQ(sent(5), peer.write("hello"));
      EXPECT_EQ(received(PIPES_OK, "hello"), asking.result());
    }
  });
}

TEST(OvlHere, OVL_11_ArgumentsOfTheResult) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
  uint32_t count = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_get_overlapped_result(pair.server, nullptr, &count, 0, 0));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER,
                pipes_get_overlapped_result(pair.server, &reading.structure(), nullptr, 0, 0));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER,
                pipes_get_overlapped_result(pair.server, &reading.structure(), &count, 0, 2));
}

TEST_P(Ovl, OVL_12_TheResultIsTheOperationsOwnAsOftenAsItIsAsked) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped whole;
    Overlapped cut;
    Overlapped rest;
    Overlapped cancelled;
    Overlapped broken;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, whole.read(end));
    EXPECT_EQ(sent(5), peer.write("whole"));
    ASSERT_STATUS(PIPES_OK, wait_for(whole.event()));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, cut.read(end, 2));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, rest.read(end));
    EXPECT_EQ(sent(3), peer.write("cut"));
    ASSERT_STATUS(PIPES_OK, wait_for(rest.event()));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, cancelled.read(end));
    EXPECT_STATUS(PIPES_OK, pipes_cancel(end));
    ASSERT_STATUS(PIPES_OK, wait_for(cancelled.event()));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, broken.read(end));
    EXPECT_STATUS(PIPES_OK, peer.close());
    ASSERT_STATUS(PIPES_OK, wait_for(broken.event()));
    for (int again = 0; again < 3; ++again) {
      EXPECT_EQ(received(PIPES_OK, "whole"), whole.received());
      EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "cu"), cut.received());
      EXPECT_EQ(received(PIPES_OK, "t"), rest.received(0));
      EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), cancelled.received());
      EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), broken.received(0));
    }
  });
}

TEST_P(Ovl, OVL_12_DisconnectedIsToldByTheResult) {
  OverlappedPair pair = overlapped_server();
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.end));
  EXPECT_STATUS(PIPES_OK, disconnect(pair.end));
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), reading.received());
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), reading.received());
}

TEST_P(Ovl, OVL_13_ByteCounts) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end, 3));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, bytes(500)));
    Pending<Sent> from_peer = peer.start_write("hello");
    EXPECT_EQ(received(PIPES_OK, bytes(500)), peer.read());
    EXPECT_EQ(sent(500), writing.sent());
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "hel"), reading.received()) << "for 234 the bytes delivered";
    EXPECT_STATUS(PIPES_OK, Overlapped().read(end));
    EXPECT_EQ(sent(5), from_peer.result());

    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, bytes(500)));
    EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, bytes(500).substr(0, 100)), peer.read(100));
    EXPECT_STATUS(PIPES_OK, peer.close());
    EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.sent()) << "for other errors 0";
  });
}

// The user APC of OVL-14: it has only to run.
void do_nothing(uintptr_t) {}

TEST_P(Ovl, OVL_14_TheOperationStaysPendingHoweverTheWaitForItsResultEnds) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    EXPECT_EQ(received_nothing(PIPES_ERROR_IO_INCOMPLETE), reading.received(0));
    EXPECT_EQ(received_nothing(PIPES_ERROR_WAIT_TIMEOUT), reading.received(1));
    EXPECT_EQ(received_nothing(PIPES_ERROR_WAIT_TIMEOUT), reading.received(1, Alertable::kYes));
    ASSERT_STATUS(PIPES_OK, pipes_queue_routine(pipes_current_thread(), do_nothing, 0));
    EXPECT_EQ(received_nothing(PIPES_WAIT_IO_COMPLETION), reading.received(PIPES_INFINITE, Alertable::kYes));
    EXPECT_TRUE(reading.pending());
    EXPECT_EQ(sent(5), peer.write("hello"));
    EXPECT_EQ(received(PIPES_OK, "hello"), reading.received(PIPES_INFINITE, Alertable::kYes));
  });
}

// -------------------------------------------------------------------------------------------------- several in flight

TEST_P(Ovl, OVL_15_ReadsCompleteInTheOrderStarted) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    std::vector<Overlapped> reads(5);
    for (Overlapped& reading : reads) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    for (size_t i = 0; i < reads.size(); ++i) {
      const std::string word = "message " + std::to_string(i);
      EXPECT_EQ(sent(word.size()), peer.write(word));
      EXPECT_EQ(received(PIPES_OK, word), reads[i].received());
      if (i + 1 < reads.size()) {
        EXPECT_TRUE(reads[i + 1].pending());
      }
    }
  });
}

TEST_P(Ovl, OVL_15_WritesCompleteInTheOrderStarted) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    std::vector<Overlapped> writes(5);
    for (size_t i = 0; i < writes.size(); ++i) {
      ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writes[i].write(end, "message " + std::to_string(i)));
    }
    for (size_t i = 0; i < writes.size(); ++i) {
      EXPECT_EQ(received(PIPES_OK, "message " + std::to_string(i)), peer.read());
      EXPECT_EQ(sent(9), writes[i].sent());
      if (i + 1 < writes.size()) {
        EXPECT_TRUE(writes[i + 1].pending());
      }
    }
  });
}

TEST_P(Ovl, OVL_15_AReadAndAWriteAreIndependent) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "out"));
    EXPECT_EQ(received(PIPES_OK, "out"), peer.read());
    EXPECT_EQ(sent(3), writing.sent());
    EXPECT_TRUE(reading.pending());

    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "out"));
    EXPECT_EQ(sent(2), peer.write("in"));
    EXPECT_EQ(received(PIPES_OK, "in"), reading.received());
    EXPECT_TRUE(writing.pending());
    EXPECT_EQ(received(PIPES_OK, "out"), peer.read());
    EXPECT_EQ(sent(3), writing.sent());
  });
}

TEST_P(Ovl, OVL_16_EverythingIsFinalWhenTheEventIsSignalled) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    constexpr uint32_t kRounds = 100;
    Overlapped reading;
    const Handle begun = new_event(false, Reset::kByItself);
    const Handle seen = new_event(false, Reset::kByItself);
    uint32_t wrong = 0;
    std::thread watcher([&] {
      for (uint32_t round = 0; round < kRounds; ++round) {
        (void)wait_for(begun);
        (void)wait_for(reading.event());
        const bool right = reading.structure().internal == kNtSuccess &&
                           reading.structure().internal_high == round + 1 &&
                           reading.buffer(round + 1) == bytes(round + 1, round);
        if (!right) ++wrong;
        (void)pipes_event_set(seen);
      }
    });
    for (uint32_t round = 0; round < kRounds; ++round) {
      EXPECT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
      EXPECT_STATUS(PIPES_OK, pipes_event_set(begun));
      EXPECT_EQ(sent(round + 1), peer.write(bytes(round + 1, round)));
      EXPECT_STATUS(PIPES_OK, wait_for(seen));
    }
    watcher.join();
    EXPECT_EQ(0u, wrong);
  });
}

// ------------------------------------------------------------------------------------- handles and structures mixed

TEST(OvlHere, OVL_17_WithoutAStructureAnOverlappedHandleWaits) {
  const Pair pair = connected_pair(overlapped(with_quota(message_pipe(), 0)));
  Background reading([&] { return read(pair.server); });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_EQ(sent(2), write(pair.client, "in"));
  EXPECT_EQ(received(PIPES_OK, "in"), reading.result());

  Background writing([&] { return write(pair.server, "out"); });
  ASSERT_TRUE(wait_until_blocked(writing));
  EXPECT_EQ(received(PIPES_OK, "out"), read(pair.client));
  EXPECT_EQ(sent(3), writing.result());

  Background transaction([&] { return transact(pair.server, "request", 3); });
  ASSERT_TRUE(wait_until_blocked(transaction));
  EXPECT_EQ(received(PIPES_OK, "request"), read(pair.client));
  EXPECT_EQ(sent(3), write(pair.client, "rep"));
  EXPECT_EQ(received(PIPES_OK, "rep"), transaction.result());
}

TEST(OvlHere, OVL_17_WithoutAStructureItWaitsForItsOwnOperationAlone) {
  PIPES_OUR_ENGINE_ONLY("D38: on NT the handle tells of every completion at it");
  const Pair pair = connected_pair(overlapped(with_quota(message_pipe(), 0)));
  Overlapped writing(ToldBy::kHandle);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(pair.server, "out"));
  Background reading([&] { return read(pair.server); });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_EQ(received(PIPES_OK, "out"), read(pair.client));
  EXPECT_EQ(sent(3), writing.sent());
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_EQ(sent(2), write(pair.client, "in"));
  EXPECT_EQ(received(PIPES_OK, "in"), reading.result());
}

TEST(OvlHere, OVL_18_AStructureOnASynchronousHandleIsFilledAndItsEventSet) {
  const Pair pair = connected_pair(with_quota(message_pipe(), 0));
  Overlapped operation;
  EXPECT_STATUS(PIPES_OK, pipes_event_set(operation.event()));
  Background reading([&] { return operation.read(pair.server); });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_FALSE(is_signalled(operation.event()));
  EXPECT_EQ(sent(5), write(pair.client, "hello"));
  EXPECT_STATUS(PIPES_OK, reading.result());
  EXPECT_TRUE(is_signalled(operation.event()));
  EXPECT_EQ(kNtSuccess, operation.internal());
  EXPECT_EQ(5u, operation.structure().internal_high);
  EXPECT_EQ(5u, operation.count());
  EXPECT_EQ("hello", operation.buffer(5));
}

TEST(OvlHere, OVL_18_AWriteAConnectAndAMessageCutShortFillItToo) {
  const std::string name = unique_name();
  const Handle server = create_server(name, with_quota(message_pipe(), 0));
  Overlapped connecting;
  Background connect_call([&] { return connecting.connect(server); });
  ASSERT_TRUE(wait_until_blocked(connect_call));
  EXPECT_FALSE(is_signalled(connecting.event()));
  const Handle client = open_client(name);
  EXPECT_STATUS(PIPES_OK, connect_call.result());
  EXPECT_TRUE(is_signalled(connecting.event()));
  EXPECT_EQ(kNtSuccess, connecting.internal());

  Overlapped writing;
  Background write_call([&] { return writing.write(server, "written"); });
  ASSERT_TRUE(wait_until_blocked(write_call));
  EXPECT_FALSE(is_signalled(writing.event()));
  EXPECT_EQ(received(PIPES_OK, "written"), read(client));
  EXPECT_STATUS(PIPES_OK, write_call.result());
  EXPECT_TRUE(is_signalled(writing.event()));
  EXPECT_EQ(kNtSuccess, writing.internal());
  EXPECT_EQ(7u, writing.structure().internal_high);
  EXPECT_EQ(7u, writing.count());

  Overlapped reading;
  Background read_call([&] { return reading.read(server, 2); });
  ASSERT_TRUE(wait_until_blocked(read_call));
  Background message([&] { return write(client, "long"); });
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, read_call.result());
  EXPECT_TRUE(is_signalled(reading.event()));
  EXPECT_EQ(kNtBufferOverflow, reading.internal());
  EXPECT_EQ(2u, reading.structure().internal_high);
  EXPECT_EQ("ng", read(server).bytes);
  EXPECT_EQ(sent(4), message.result());
}

TEST(OvlHere, OVL_18_ASynchronousHandleIsSignalledWhenTheCallIsOver) {
  const Pair pair = connected_pair(message_pipe());
  Overlapped operation(ToldBy::kHandle);
  EXPECT_STATUS(PIPES_OK, operation.write(pair.server, "at once"));
  EXPECT_TRUE(is_signalled(pair.server));
  EXPECT_EQ(sent(4), write(pair.client, "long"));
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, operation.read(pair.server, 2));
  EXPECT_TRUE(is_signalled(pair.server));
  EXPECT_STATUS(PIPES_OK, operation.read(pair.server));
  EXPECT_TRUE(is_signalled(pair.server));

  Background reading([&] { return operation.read(pair.server); });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_FALSE(is_signalled(pair.server)) << "FINE-2";
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_STATUS(PIPES_OK, reading.result());
  EXPECT_TRUE(is_signalled(pair.server));
}

TEST(OvlHere, OVL_19_TheCountIsToldOnlyOfWhatCompletesAtOnce) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped operation;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, operation.read(pair.server));
  EXPECT_EQ(0u, operation.count());
  EXPECT_EQ(sent(5), write(pair.client, "hello"));
  EXPECT_EQ(received(PIPES_OK, "hello"), operation.received());
  EXPECT_EQ(0u, operation.count()) << "nobody writes it later";

  EXPECT_STATUS(PIPES_OK, operation.write(pair.server, "x"));
  EXPECT_EQ(1u, operation.count());
  EXPECT_EQ(sent(5), write(pair.client, "hello"));
  EXPECT_STATUS(PIPES_OK, operation.read(pair.server));
  EXPECT_EQ(5u, operation.count());
}

TEST(OvlHere, OVL_19_TheCountOfWhatIsRefusedIsZero) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped operation;
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, operation.read(server));
  EXPECT_EQ(0u, operation.count());
  Handle client = open_client(name);
  EXPECT_STATUS(PIPES_OK, client.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, operation.read(server));
  EXPECT_EQ(0u, operation.count());
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, operation.write(server, "x"));
  EXPECT_EQ(0u, operation.count());
}

TEST(OvlHere, OVL_19_TheCountMayBeNull) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped operation;
  char buffer[8] = {};
  EXPECT_STATUS(PIPES_OK, pipes_write(pair.server, "x", 1, nullptr, &operation.structure()));
  EXPECT_EQ(received(PIPES_OK, "x"), read(pair.client));
  EXPECT_EQ(sent(2), write(pair.client, "ab"));
  EXPECT_STATUS(PIPES_OK, pipes_read(pair.server, buffer, sizeof(buffer), nullptr, &operation.structure()));
  EXPECT_EQ(2u, operation.structure().internal_high);
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING,
                pipes_transact(pair.server, "q", 1, buffer, sizeof(buffer), nullptr, &operation.structure()));
  EXPECT_EQ(received(PIPES_OK, "q"), read(pair.client));
  EXPECT_EQ(sent(1), write(pair.client, "a"));
  uint32_t count = kUntouched;
  EXPECT_STATUS(PIPES_OK, pipes_get_overlapped_result(pair.server, &operation.structure(), &count, PIPES_INFINITE, 0));
  EXPECT_EQ(1u, count);
}

TEST(OvlHere, OVL_20_TheLowestBitOfTheEventKeepsThePacketBack) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  const Handle port = new_port();
  ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, pair.server, 7));
  Overlapped quiet;
  const auto event = reinterpret_cast<uintptr_t>(quiet.event());
  quiet.structure().event = reinterpret_cast<pipes_handle>(event | 1);
  Overlapped loud;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, quiet.read(pair.server));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, loud.read(pair.server));
  EXPECT_EQ(sent(1), write(pair.client, "q"));
  EXPECT_TRUE(is_signalled(quiet.event()));
  EXPECT_EQ(received(PIPES_OK, "q"), quiet.received());
  EXPECT_EQ(sent(1), write(pair.client, "l"));
  EXPECT_EQ(packet(PIPES_OK, 1, 7, loud), take_packet(port));
  EXPECT_EQ(no_packet(PIPES_ERROR_WAIT_TIMEOUT), take_packet(port, 0));

  EXPECT_EQ(sent(1), write(pair.client, "q"));
  EXPECT_STATUS(PIPES_OK, quiet.read(pair.server));
  EXPECT_TRUE(is_signalled(quiet.event()));
  EXPECT_EQ(no_packet(PIPES_ERROR_WAIT_TIMEOUT), take_packet(port, 0)) << "what completes at once is as quiet";
}

// ------------------------------------------------------------------------------------------------- threads that exit

TEST_P(Ovl, OVL_21_OperationsOfAThreadThatExitsAreCancelled) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped writing;
    Overlapped of_this_thread;
    std::thread thread([&] {
      EXPECT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
      EXPECT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "never read"));
    });
    thread.join();
    EXPECT_STATUS(PIPES_OK, wait_for(reading.event()));
    EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), reading.received());
    EXPECT_EQ(not_sent(PIPES_ERROR_OPERATION_ABORTED), writing.sent());
    EXPECT_EQ(peeked("", 0, 0), peer.peek());

    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, of_this_thread.read(end));
    std::thread other([] {});
    other.join();
    EXPECT_EQ(sent(1), peer.write("x"));
    EXPECT_EQ(received(PIPES_OK, "x"), of_this_thread.received());
  });
}

TEST_P(Ovl, OVL_21_SoAreTransactionsAndConnects) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped operation;
  std::thread connects([&] { EXPECT_STATUS(PIPES_ERROR_IO_PENDING, operation.connect(server)); });
  connects.join();
  EXPECT_STATUS(PIPES_OK, wait_for(operation.event()));
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, operation.status(0));
  EndActor client = opened_client(name);
  std::thread transacts([&] { EXPECT_STATUS(PIPES_ERROR_IO_PENDING, operation.transact(server, "request")); });
  transacts.join();
  EXPECT_STATUS(PIPES_OK, wait_for(operation.event()));
  EXPECT_EQ(received_nothing(PIPES_ERROR_OPERATION_ABORTED), operation.received(0));
  EXPECT_EQ(received(PIPES_OK, "request"), client.read()) << "CANCEL-10";
}

TEST_P(Ovl, OVL_21_WithAPortTheyGoOn) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    const Handle port = new_port();
    ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, end, 1));
    Overlapped reading(ToldBy::kHandle);
    std::thread thread([&] { EXPECT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end)); });
    thread.join();
    EXPECT_EQ(sent(5), peer.write("hello"));
    EXPECT_EQ(packet(PIPES_OK, 5, 1, reading), take_packet(port));
    EXPECT_EQ("hello", reading.buffer(5));
  });
}

}  // namespace
}  // namespace pipes::test
