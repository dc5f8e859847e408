// APC: completion routines, and the alertable waits in which they and the routines of pipes_queue_routine run.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_OVERLAPPED_ENDS(Apc);

using Calls = std::vector<RoutineCall>;

// What pipes_sleep of no time, alertable, comes to: 192 if routines were queued.
Code run_queued() { return pipes_sleep(0, 1); }

// A routine for pipes_queue_routine that notes its context, on the thread it runs on.
std::vector<uintptr_t>& noted() {
  thread_local std::vector<uintptr_t> contexts;
  return contexts;
}
void note(uintptr_t context) { noted().push_back(context); }
std::vector<uintptr_t> take_noted() { return std::exchange(noted(), {}); }

Code queue_here(uintptr_t context) { return pipes_queue_routine(pipes_current_thread(), note, context); }

// ------------------------------------------------------------------------------------------------ where they are allowed

TEST(ApcHere, APC_1_OnlyOnOverlappedHandles) {
  const Pair pair = connected_pair(message_pipe());
  const AnonymousPair anonymous = anonymous_pair();
  EXPECT_EQ(sent(4), write(pair.client, "left"));
  EXPECT_EQ(sent(4), write(anonymous.write_end, "left"));
  {
    Overlapped operations[4];
    PIPES_ORACLE_DIFFERS("Wine begins it; ReadFileEx: the handle must have been opened with FILE_FLAG_OVERLAPPED");
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, operations[0].read_ex(pair.server));
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, operations[1].write_ex(pair.server, "x"));
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, operations[2].read_ex(anonymous.read_end));
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, operations[3].write_ex(anonymous.write_end, "x"));
    EXPECT_EQ(peeked("left", 4, 0), peek(pair.server));
    EXPECT_EQ(peeked("", 0, 0), peek(pair.client));
    EXPECT_STATUS(PIPES_OK, run_queued());
    EXPECT_TRUE(take_routine_calls().empty());
  }
}

TEST(ApcHere, APC_1_ArgumentsThatAreRefused) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  pipes_overlapped structure{};
  char byte = 0;
  const pipes_completion_routine routine = [](pipes_status, uint32_t, pipes_overlapped*) { ADD_FAILURE(); };
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_read_ex(pair.server, &byte, 1, nullptr, routine));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_read_ex(pair.server, &byte, 1, &structure, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_read_ex(pair.server, nullptr, 1, &structure, routine));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_write_ex(pair.server, &byte, 1, nullptr, routine));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_write_ex(pair.server, &byte, 1, &structure, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_write_ex(pair.server, nullptr, 1, &structure, routine));
  for (const pipes_handle wrong : {pipes_handle{nullptr}, PIPES_INVALID_HANDLE}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_read_ex(wrong, &byte, 1, &structure, routine));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_write_ex(wrong, &byte, 1, &structure, routine));
  }
  EXPECT_STATUS(PIPES_OK, run_queued());
  EXPECT_EQ(peeked("", 0, 0), peek(pair.client));
}

TEST(ApcHere, APC_2_TheEventIsTheCallersToUse) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped operation;
  int of_the_caller = 0;
  const auto context = reinterpret_cast<pipes_handle>(&of_the_caller);
  operation.structure().event = context;
  ASSERT_STATUS(PIPES_OK, operation.read_ex(pair.server));
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, run_queued());
  EXPECT_EQ((Calls{operation.call(PIPES_OK, 1)}), take_routine_calls());
  EXPECT_EQ(context, operation.structure().event);

  operation.structure().event = operation.event();
  EXPECT_STATUS(PIPES_OK, pipes_event_set(operation.event()));
  ASSERT_STATUS(PIPES_OK, operation.write_ex(pair.server, "y"));
  EXPECT_TRUE(is_signalled(operation.event())) << "not reset";
  EXPECT_STATUS(PIPES_OK, pipes_event_reset(operation.event()));
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, run_queued());
  EXPECT_FALSE(is_signalled(operation.event())) << "and not set";
  EXPECT_EQ((Calls{operation.call(PIPES_OK, 1)}), take_routine_calls());
}

// ----------------------------------------------------------------------------------------------------- when they are called

TEST_P(Apc, APC_3_ARoutineIsCalledExactlyOnce) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped writing;
    ASSERT_STATUS(PIPES_OK, reading.read_ex(end));
    ASSERT_STATUS(PIPES_OK, writing.write_ex(end, "out"));
    EXPECT_TRUE(reading.pending());
    EXPECT_EQ(received(PIPES_OK, "out"), peer.read());
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_EQ((Calls{writing.call(PIPES_OK, 3)}), take_routine_calls());
    EXPECT_EQ(sent(2), peer.write("in"));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_EQ((Calls{reading.call(PIPES_OK, 2)}), take_routine_calls());
    EXPECT_EQ("in", reading.buffer(2));
    EXPECT_STATUS(PIPES_OK, run_queued()) << "never again";
    EXPECT_TRUE(take_routine_calls().empty());
  });
}

TEST(ApcHere, APC_3_AfterARefusalTheRoutineNeverRuns) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  Overlapped operation;
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, operation.read_ex(server));
  EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, operation.write_ex(server, "x"));
  Handle client = open_client(name);
  EXPECT_STATUS(PIPES_OK, client.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, operation.read_ex(server));
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, operation.write_ex(server, "x"));
  EXPECT_STATUS(PIPES_OK, disconnect(server));
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, operation.read_ex(server));
  EXPECT_STATUS(PIPES_OK, run_queued());
  EXPECT_TRUE(take_routine_calls().empty());
}

TEST_P(Apc, APC_4_ARoutineRunsOnlyOnTheThreadThatBeganTheOperation) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_OK, reading.read_ex(end));
    Background other([&] { return Code(pipes_sleep(PIPES_INFINITE, 1)); });
    ASSERT_TRUE(wait_until_blocked(other));
    EXPECT_EQ(sent(1), peer.write("x"));
    EXPECT_TRUE(eventually([&] { return !reading.pending(); }));
    EXPECT_TRUE(wait_until_blocked(other)) << "its alertable wait is not this thread's";
    EXPECT_TRUE(take_routine_calls().empty()) << "and this thread has not waited";
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_EQ((Calls{reading.call(PIPES_OK, 1)}), take_routine_calls());
    EXPECT_STATUS(PIPES_OK, pipes_queue_routine(other.thread(), note, 0));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, other.result());
  });
}

TEST(ApcHere, APC_5_ARoutineNeverRunsInTheCallThatBeganIt) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped writing;
  EXPECT_STATUS(PIPES_OK, writing.write_ex(pair.server, "out"));
  EXPECT_TRUE(take_routine_calls().empty());
  EXPECT_EQ(received(PIPES_OK, "out"), read(pair.client)) << "it is over already";
  EXPECT_EQ(sent(2), write(pair.client, "in"));
  Overlapped reading;
  EXPECT_STATUS(PIPES_OK, reading.read_ex(pair.server));
  EXPECT_TRUE(take_routine_calls().empty());
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, run_queued());
  EXPECT_EQ((Calls{writing.call(PIPES_OK, 3), reading.call(PIPES_OK, 2)}), take_routine_calls());
}

// ----------------------------------------------------------------------------------------------------- alertable waits

// A call that waits alertably, by its name.
struct AlertableWait {
  const char* name;
  std::function<Code(uint32_t alertable)> wait;
};

// All of them, waiting for what does not come, as long as it takes or, not alertable, 1 ms.
class AlertableWaits {
 public:
  AlertableWaits() : pair_(connected_pair(overlapped(message_pipe()))) {
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, reading_.read(pair_.server));
  }

  std::vector<AlertableWait> all() {
    const auto timeout = [](uint32_t alertable) { return alertable == 1 ? PIPES_INFINITE : 1; };
    return {
        {"pipes_sleep", [=](uint32_t alertable) { return pipes_sleep(timeout(alertable), alertable); }},
        {"pipes_wait for one",
         [=, this](uint32_t alertable) {
           const pipes_handle one = event_;
           return pipes_wait(&one, 1, 0, timeout(alertable), alertable, nullptr);
         }},
        {"pipes_wait for the first of two", [=, this](uint32_t alertable) { return wait_for_two(0, alertable); }},
        {"pipes_wait for both of two", [=, this](uint32_t alertable) { return wait_for_two(1, alertable); }},
        {"pipes_signal_and_wait",
         [=, this](uint32_t alertable) {
           return pipes_signal_and_wait(signal_, event_, timeout(alertable), alertable);
         }},
        {"pipes_get_overlapped_result",
         [=, this](uint32_t alertable) {
           uint32_t count = 0;
           return pipes_get_overlapped_result(pair_.server, &reading_.structure(), &count, timeout(alertable),
                                              alertable);
         }},
        {"pipes_port_get_many",
         [=, this](uint32_t alertable) {
           return take_packets(port_, 1, timeout(alertable), static_cast<Alertable>(alertable)).status;
         }},
    };
  }

 private:
  Code wait_for_two(uint32_t wait_all, uint32_t alertable) {
    const pipes_handle two[] = {event_, pair_.server};
    return pipes_wait(two, 2, wait_all, alertable == 1 ? PIPES_INFINITE : 1, alertable, nullptr);
  }

  Pair pair_;
  Overlapped reading_;
  Handle event_ = new_event();
  Handle signal_ = new_event();
  Handle port_ = new_port();
};

TEST(ApcHere, APC_6_TheAlertableWaits) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  AlertableWaits waits;
  for (const AlertableWait& alertable : waits.all()) {
    SCOPED_TRACE(alertable.name);
    Overlapped writing;
    ASSERT_STATUS(PIPES_OK, writing.write_ex(pair.server, "x"));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, alertable.wait(1));
    EXPECT_EQ((Calls{writing.call(PIPES_OK, 1)}), take_routine_calls());
  }
}

TEST(ApcHere, APC_6_ARoutineEndsAnAlertableWaitThatHasBegun) {
  AlertableWaits waits;
  for (const AlertableWait& alertable : waits.all()) {
    SCOPED_TRACE(alertable.name);
    Background waiting([&] {
      const Code status = alertable.wait(1);
      return std::pair(status, take_noted());
    });
    ASSERT_TRUE(wait_until_blocked(waiting));
    ASSERT_STATUS(PIPES_OK, pipes_queue_routine(waiting.thread(), note, 7));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, waiting.result().first);
    EXPECT_EQ((std::vector<uintptr_t>{7}), waiting.result().second);
  }
}

TEST_P(Apc, APC_6_ACompletionEndsAnAlertableWaitThatHasBegun) {
  OverlappedPair pair = overlapped_server();
  Overlapped reading;
  const Handle event = new_event();
  Background waiting([&] {
    EXPECT_STATUS(PIPES_OK, reading.read_ex(pair.end));
    const Waited waited = wait_for_several({event}, WaitFor::kAny, PIPES_INFINITE, Alertable::kYes);
    return std::pair(waited, take_routine_calls());
  });
  ASSERT_TRUE(wait_until_blocked(waiting));
  EXPECT_EQ(sent(1), pair.peer.write("x"));
  EXPECT_EQ((Waited{PIPES_WAIT_IO_COMPLETION}), waiting.result().first) << "the index is untouched";
  EXPECT_EQ((Calls{reading.call(PIPES_OK, 1)}), waiting.result().second);
}

TEST(ApcHere, APC_7_AllQueuedRoutinesRunInTheOrderOfCompletion) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  std::vector<Overlapped> reads(3);
  for (Overlapped& reading : reads) ASSERT_STATUS(PIPES_OK, reading.read_ex(pair.server));
  Overlapped writing;
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(sent(i), write(pair.client, bytes(i)));
  ASSERT_STATUS(PIPES_OK, writing.write_ex(pair.server, "out"));
  EXPECT_EQ(sent(2), write(pair.client, bytes(2)));
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
  EXPECT_EQ((Calls{reads[0].call(PIPES_OK, 0), reads[1].call(PIPES_OK, 1), writing.call(PIPES_OK, 3),
                   reads[2].call(PIPES_OK, 2)}),
            take_routine_calls());
  EXPECT_STATUS(PIPES_OK, run_queued());
}

TEST(ApcHere, APC_7_QueuedRoutinesRunThoughTheObjectIsSignalled) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  const Handle event = new_event(true);
  ASSERT_STATUS(PIPES_OK, queue_here(1));
  ASSERT_STATUS(PIPES_OK, queue_here(2));
  EXPECT_EQ((Waited{PIPES_WAIT_IO_COMPLETION}),
            wait_for_several({event}, WaitFor::kAny, PIPES_INFINITE, Alertable::kYes));
  EXPECT_EQ((std::vector<uintptr_t>{1, 2}), take_noted());
  EXPECT_EQ((Waited{PIPES_OK, 0}), wait_for_several({event}, WaitFor::kAny, PIPES_INFINITE, Alertable::kYes));

  const Handle by_itself = new_event(true, Reset::kByItself);
  ASSERT_STATUS(PIPES_OK, queue_here(3));
  EXPECT_EQ((Waited{PIPES_WAIT_IO_COMPLETION}),
            wait_for_several({by_itself}, WaitFor::kAny, PIPES_INFINITE, Alertable::kYes));
  EXPECT_TRUE(is_signalled(by_itself)) << "a wait that ends so has not reset it";
  EXPECT_EQ((std::vector<uintptr_t>{3}), take_noted());
}

TEST(ApcHere, APC_8_WaitsThatAreNotAlertableLeaveRoutinesQueued) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped writing;
  ASSERT_STATUS(PIPES_OK, writing.write_ex(pair.server, "x"));
  ASSERT_STATUS(PIPES_OK, queue_here(1));
  AlertableWaits waits;
  for (const AlertableWait& alertable : waits.all()) {
    SCOPED_TRACE(alertable.name);
    const Code status = alertable.wait(0);
    EXPECT_TRUE(status == PIPES_OK || status == PIPES_ERROR_WAIT_TIMEOUT) << status;
  }
  const Handle port = new_port();
  EXPECT_EQ(no_packet(PIPES_ERROR_WAIT_TIMEOUT), take_packet(port, 1)) << "this one never is";
  EXPECT_TRUE(take_routine_calls().empty());
  EXPECT_TRUE(take_noted().empty());
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, run_queued());
  EXPECT_EQ((Calls{writing.call(PIPES_OK, 1)}), take_routine_calls());
  EXPECT_EQ((std::vector<uintptr_t>{1}), take_noted());
}

// --------------------------------------------------------------------------------------------- what they are called with

TEST_P(Apc, APC_9_ArgumentsOfARoutine) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped writing;
    ASSERT_STATUS(PIPES_OK, reading.read_ex(end));
    EXPECT_EQ(sent(5), peer.write("hello"));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_EQ((Calls{reading.call(PIPES_OK, 5)}), take_routine_calls());

    ASSERT_STATUS(PIPES_OK, writing.write_ex(end, "written"));
    EXPECT_EQ(received(PIPES_OK, "written"), peer.read());
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_EQ((Calls{writing.call(PIPES_OK, 7)}), take_routine_calls());

    ASSERT_STATUS(PIPES_OK, reading.read_ex(end));
    ASSERT_STATUS(PIPES_OK, writing.write_ex(end, "never read"));
    EXPECT_STATUS(PIPES_OK, peer.close());
    Calls calls;
    while (calls.size() < 2) {
      EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
      for (const RoutineCall& call : take_routine_calls()) calls.push_back(call);
    }
    if (calls[0].overlapped != &reading.structure()) std::swap(calls[0], calls[1]);
    EXPECT_EQ((Calls{reading.call(PIPES_ERROR_BROKEN_PIPE, 0), writing.call(PIPES_ERROR_BROKEN_PIPE, 0)}), calls);
    EXPECT_EQ(kNtPipeBroken, reading.internal());
    EXPECT_EQ(kNtPipeBroken, writing.internal());
  });
}

TEST(ApcHere, APC_9_ARoutineIsToldOfADisconnect) {
  const Pair pair = connected_pair(overlapped(with_quota(message_pipe(), 0)));
  Overlapped reading;
  Overlapped writing;
  ASSERT_STATUS(PIPES_OK, reading.read_ex(pair.server));
  ASSERT_STATUS(PIPES_OK, writing.write_ex(pair.server, "never read"));
  EXPECT_STATUS(PIPES_OK, disconnect(pair.server));
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, run_queued());
  EXPECT_EQ((Calls{reading.call(PIPES_ERROR_PIPE_NOT_CONNECTED, 0), writing.call(PIPES_ERROR_PIPE_NOT_CONNECTED, 0)}),
            take_routine_calls());
}

TEST_P(Apc, APC_10_AMessageCutShortDeliversWhatFits) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_OK, reading.read_ex(end, 2));
    EXPECT_EQ(sent(5), peer.write("hello"));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    const Calls calls = take_routine_calls();
    ASSERT_EQ(1u, calls.size());
    EXPECT_EQ(2u, calls[0].transferred);
    EXPECT_EQ("he", reading.buffer(2));
    EXPECT_EQ(kNtBufferOverflow, reading.internal());
    EXPECT_EQ(peeked("llo", 3, 0), peek(end));
    PIPES_ORACLE_DIFFERS("Wine calls it with 234; FileIOCompletionRoutine: zero if the I/O is successful (D28)");
    EXPECT_EQ(reading.call(PIPES_OK, 2), calls[0]);
  });
}

TEST(ApcHere, APC_10_AMessageCutShortAtOnceHasBegunAsWell) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  EXPECT_EQ(sent(5), write(pair.client, "hello"));
  Overlapped reading;
  {
    PIPES_ORACLE_DIFFERS("Wine answers 234; ReadFileEx: returns nonzero, and GetLastError may return ERROR_MORE_DATA");
    EXPECT_STATUS(PIPES_OK, reading.read_ex(pair.server, 2));
  }
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, run_queued());
  const Calls calls = take_routine_calls();
  ASSERT_EQ(1u, calls.size());
  EXPECT_EQ(2u, calls[0].transferred);
  EXPECT_EQ("he", reading.buffer(2));
  EXPECT_EQ(received(PIPES_OK, "llo"), read(pair.server));
}

// --------------------------------------------------------------------------------------------- what they may do themselves

TEST_P(Apc, APC_11_ARoutineMayBeginTheNextOperation) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped operation;
    uint32_t reads_begun = 0;
    uint32_t depth = 0;
    uint32_t deepest = 0;
    // Reads and answers, again and again, as a server of routines does.
    std::function<void()> read_next;
    const std::function<void()> answer = [&] {
      if (operation.structure().internal != kNtSuccess) return;
      deepest = std::max(deepest, ++depth);
      const std::string word = operation.buffer(1);
      EXPECT_STATUS(PIPES_OK, operation.write_ex(end, word, read_next));
      --depth;
    };
    read_next = [&] {
      deepest = std::max(deepest, ++depth);
      EXPECT_STATUS(PIPES_OK, operation.read_ex(end, 1, answer));
      ++reads_begun;
      --depth;
    };
    read_next();
    for (const char* const word : {"a", "b", "c"}) {
      const uint32_t before = reads_begun;
      EXPECT_EQ(sent(1), peer.write(word));
      while (reads_begun == before) EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
      EXPECT_EQ(received(PIPES_OK, word), peer.read());
    }
    EXPECT_EQ(1u, deepest) << "without recursion";
    EXPECT_EQ(6u, take_routine_calls().size());
    EXPECT_STATUS(PIPES_OK, pipes_cancel(end));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, operation.status(0));
    (void)take_routine_calls();
  });
}

TEST(ApcHere, APC_11_WhatARoutineBeganCompletesInTheSameOrTheNextWait) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  Overlapped first;
  Overlapped second;
  ASSERT_STATUS(PIPES_OK, first.write_ex(pair.server, "first", [&] {
    EXPECT_STATUS(PIPES_OK, second.write_ex(pair.server, "second"));
    EXPECT_EQ(1u, take_routine_calls().size()) << "it does not run inside";
  }));
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, run_queued());
  (void)run_queued();
  EXPECT_EQ((Calls{second.call(PIPES_OK, 6)}), take_routine_calls());
}

TEST_P(Apc, APC_11_ARoutineMayCloseItsOwnHandle) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_OK, reading.read_ex(end, 1, [&] { EXPECT_STATUS(PIPES_OK, end.close()); }));
    EXPECT_EQ(sent(1), peer.write("x"));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_EQ((Calls{reading.call(PIPES_OK, 1)}), take_routine_calls());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), peer.read());
  });
}

TEST_P(Apc, APC_11_ARoutineMayMakeAnyCall) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_OK, reading.read_ex(end, 1, [&] {
      EXPECT_EQ(peeked("next", 4, 0), peek(end));
      EXPECT_EQ(received(PIPES_OK, "next"), read(end));
      EXPECT_STATUS(PIPES_OK, get_state(end).status);
      Overlapped writing;
      EXPECT_STATUS(PIPES_OK, writing.write(end, "reply"));
      Overlapped pending;
      EXPECT_STATUS(PIPES_ERROR_IO_PENDING, pending.read(end));
      EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &pending.structure()));
      EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, pending.status());
      EXPECT_EQ("reply", peer.read().bytes);
    }));
    EXPECT_EQ(sent(1), peer.write("x"));
    EXPECT_EQ(sent(4), peer.write("next"));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_EQ(1u, take_routine_calls().size());
  });
}

TEST_P(Apc, APC_12_AThreadThatEndsLosesItsQueuedRoutines) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    Overlapped writing;
    Overlapped reading;
    std::thread thread([&] {
      EXPECT_STATUS(PIPES_OK, writing.write_ex(end, "out"));
      EXPECT_STATUS(PIPES_OK, reading.read_ex(end));
    });
    thread.join();
    EXPECT_EQ(received(PIPES_OK, "out"), peer.read()) << "what was done stays done";
    EXPECT_TRUE(eventually([&] { return !reading.pending(); })) << "OVL-21";
    EXPECT_STATUS(PIPES_OK, run_queued());
    EXPECT_TRUE(take_routine_calls().empty());
  });
}

TEST_P(Apc, APC_13_CancelledOperationsStillDeliverTheRoutine) {
  at_either_end(with_quota(message_pipe(), 0), [](Handle& end, EndActor& peer) {
    Overlapped reading;
    Overlapped writing;
    ASSERT_STATUS(PIPES_OK, reading.read_ex(end));
    ASSERT_STATUS(PIPES_OK, writing.write_ex(end, "never read"));
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(end, &reading.structure()));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_EQ((Calls{reading.call(PIPES_ERROR_OPERATION_ABORTED, 0)}), take_routine_calls());
    EXPECT_STATUS(PIPES_OK, pipes_cancel(end));
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    EXPECT_EQ((Calls{writing.call(PIPES_ERROR_OPERATION_ABORTED, 0)}), take_routine_calls());
    EXPECT_EQ(peeked("", 0, 0), peer.peek());
  });
}

// ------------------------------------------------------------------------------------------- sleeping, and user routines

TEST(ApcHere, APC_14_SleepTellsWhetherRoutinesRan) {
  const Stopwatch watch;
  EXPECT_STATUS(PIPES_OK, pipes_sleep(20, 1));
  EXPECT_STATUS(PIPES_OK, pipes_sleep(20, 0));
  EXPECT_LE(30, watch.elapsed().count()) << "both slept, but for what a clock may be rounded by";
  EXPECT_STATUS(PIPES_OK, pipes_sleep(0, 0));
  EXPECT_STATUS(PIPES_OK, pipes_sleep(0, 1));
  ASSERT_STATUS(PIPES_OK, queue_here(1));
  EXPECT_STATUS(PIPES_OK, pipes_sleep(0, 0));
  EXPECT_TRUE(take_noted().empty());
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(0, 1));
  EXPECT_EQ((std::vector<uintptr_t>{1}), take_noted());
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_sleep(0, 2));
}

TEST(ApcHere, APC_7_UserRoutinesRunInTheOrderOfTheirQueueing) {
  for (uintptr_t i = 1; i <= 5; ++i) ASSERT_STATUS(PIPES_OK, queue_here(i));
  EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
  EXPECT_EQ((std::vector<uintptr_t>{1, 2, 3, 4, 5}), take_noted());
}

TEST(ApcHere, APC_7_UserRoutinesThatAreRefused) {
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_queue_routine(0, note, 0));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_queue_routine(UINT64_MAX, note, 0));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_queue_routine(pipes_current_thread(), nullptr, 0));
  EXPECT_STATUS(PIPES_OK, run_queued());
}

}  // namespace
}  // namespace pipes::test
