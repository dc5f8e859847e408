// Events and waits, of which OVL, APC and FINE take for granted what Win32 says: what an event is, and how one, the
// first of several or all of several objects are waited for.
#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

// ------------------------------------------------------------------------------------------------------------- events

TEST(EventHere, OVL_10_AManualEventStaysAsItIsPut) {
  const Handle event = new_event();
  EXPECT_FALSE(is_signalled(event));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(event));
  EXPECT_TRUE(is_signalled(event));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(event)) << "setting it again changes nothing";
  EXPECT_TRUE(is_signalled(event));
  EXPECT_STATUS(PIPES_OK, pipes_event_reset(event));
  EXPECT_FALSE(is_signalled(event));
  EXPECT_STATUS(PIPES_OK, pipes_event_reset(event));
  EXPECT_FALSE(is_signalled(event));
  EXPECT_TRUE(is_signalled(new_event(true)));
}

TEST(EventHere, OVL_10_AnEventThatResetsItselfSatisfiesOneWait) {
  const Handle event = new_event(true, Reset::kByItself);
  EXPECT_TRUE(is_signalled(event));
  EXPECT_FALSE(is_signalled(event));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(event));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(event));
  EXPECT_TRUE(is_signalled(event));
  EXPECT_FALSE(is_signalled(event)) << "it counts nothing";
  EXPECT_STATUS(PIPES_OK, pipes_event_set(event));
  EXPECT_STATUS(PIPES_OK, pipes_event_reset(event));
  EXPECT_FALSE(is_signalled(event));
}

TEST(EventHere, OVL_10_AManualEventReleasesAllWhoWait) {
  const Handle event = new_event();
  Background first([&] { return wait_for(event); });
  Background second([&] { return wait_for(event); });
  ASSERT_TRUE(wait_until_blocked(first));
  ASSERT_TRUE(wait_until_blocked(second));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(event));
  EXPECT_STATUS(PIPES_OK, first.result());
  EXPECT_STATUS(PIPES_OK, second.result());
}

TEST(EventHere, OVL_10_AnEventThatResetsItselfReleasesOneWhoWaits) {
  const Handle event = new_event(false, Reset::kByItself);
  const auto wait = [&event] { return wait_for(event); };
  Background first(wait);
  Background second(wait);
  ASSERT_TRUE(wait_until_blocked(first));
  ASSERT_TRUE(wait_until_blocked(second));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(event));
  ASSERT_TRUE(eventually([&] { return first.finished() || second.finished(); }));
  Background<std::remove_const_t<decltype(wait)>>& other = first.finished() ? second : first;
  EXPECT_TRUE(wait_until_blocked(other));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(event));
  EXPECT_STATUS(PIPES_OK, other.result());
  EXPECT_FALSE(is_signalled(event));
}

TEST(EventHere, OVL_10_DuplicatesAreTheSameEvent) {
  const Handle event = new_event();
  pipes_handle made = PIPES_INVALID_HANDLE;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(event, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
  const Handle duplicate(made);
  EXPECT_STATUS(PIPES_OK, pipes_event_set(event));
  EXPECT_TRUE(is_signalled(duplicate));
  EXPECT_STATUS(PIPES_OK, pipes_event_reset(duplicate));
  EXPECT_FALSE(is_signalled(event));
}

TEST(EventHere, OVL_10_WhatIsNoEventIsNotSet) {
  const Handle server = create_server(unique_name());
  const Handle port = new_port();
  Handle closed = new_event();
  const pipes_handle stale = closed;
  EXPECT_STATUS(PIPES_OK, closed.close());
  for (const pipes_handle wrong :
       {pipes_handle{server}, pipes_handle{port}, stale, pipes_handle{nullptr}, PIPES_INVALID_HANDLE}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_event_set(wrong));
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_event_reset(wrong));
  }
  pipes_handle untouched = PIPES_INVALID_HANDLE;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_event_create(2, 0, &untouched));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_event_create(0, 2, &untouched));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_event_create(0, 0, nullptr));
  EXPECT_EQ(PIPES_INVALID_HANDLE, untouched);
}

TEST(EventHere, STATE_9_AnEventIsNoPipeAndNoPort) {
  const Handle event = new_event();
  const Code status = connect(event);
  EXPECT_TRUE(status == PIPES_ERROR_INVALID_FUNCTION || status == PIPES_ERROR_INVALID_PARAMETER ||
              status == PIPES_ERROR_INVALID_HANDLE)
      << status;
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, read(event).status);
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, write(event, "x").status);
  EXPECT_EQ(no_packet(PIPES_ERROR_INVALID_HANDLE), take_packet(event, 0));
}

// -------------------------------------------------------------------------------------------------- waiting for several

TEST(EventHere, FINE_2_TheFirstThatIsSignalledIsTold) {
  const Handle server = create_server(unique_name());
  const Handle unset = new_event();
  const Handle set = new_event(true);
  EXPECT_EQ((Waited{PIPES_OK, 1}), wait_for_several({unset, set, server}, WaitFor::kAny));
  EXPECT_EQ((Waited{PIPES_OK, 0}), wait_for_several({server, set}, WaitFor::kAny)) << "a new handle is signalled";
  EXPECT_EQ((Waited{PIPES_ERROR_WAIT_TIMEOUT}), wait_for_several({unset}, WaitFor::kAny, 0))
      << "the index is untouched";
  EXPECT_EQ((Waited{PIPES_ERROR_WAIT_TIMEOUT}), wait_for_several({unset}, WaitFor::kAny, 1));
  EXPECT_EQ((Waited{PIPES_OK, 1}), wait_for_several({unset, set, set}, WaitFor::kAny)) << "one may stand twice";
  const pipes_handle one = set;
  EXPECT_STATUS(PIPES_OK, pipes_wait(&one, 1, 0, PIPES_INFINITE, 0, nullptr));
}

TEST(EventHere, FINE_2_OnlyTheOneThatIsToldIsReset) {
  const Handle first = new_event(true, Reset::kByItself);
  const Handle second = new_event(true, Reset::kByItself);
  EXPECT_EQ((Waited{PIPES_OK, 0}), wait_for_several({first, second}, WaitFor::kAny));
  EXPECT_FALSE(is_signalled(first));
  EXPECT_TRUE(is_signalled(second));
}

TEST(EventHere, FINE_2_AWaitForAllResetsNothingUntilAllAreSignalled) {
  const Handle first = new_event(true, Reset::kByItself);
  const Handle second = new_event(false, Reset::kByItself);
  EXPECT_EQ((Waited{PIPES_ERROR_WAIT_TIMEOUT}), wait_for_several({first, second}, WaitFor::kAll, 0));
  EXPECT_TRUE(is_signalled(first)) << "it was not reset; this look does it";
  EXPECT_STATUS(PIPES_OK, pipes_event_set(first));

  Background waiting([&] { return wait_for_several({first, second}, WaitFor::kAll); });
  ASSERT_TRUE(wait_until_blocked(waiting));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(second));
  EXPECT_EQ((Waited{PIPES_OK, 0}), waiting.result());
  EXPECT_FALSE(is_signalled(first));
  EXPECT_FALSE(is_signalled(second));
}

TEST(EventHere, FINE_2_AllMustBeSignalledAtTheSameTime) {
  const Handle first = new_event();
  const Handle second = new_event();
  Background waiting([&] { return wait_for_several({first, second}, WaitFor::kAll); });
  ASSERT_TRUE(wait_until_blocked(waiting));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(first));
  EXPECT_STATUS(PIPES_OK, pipes_event_reset(first));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(second));
  EXPECT_TRUE(wait_until_blocked(waiting));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(first));
  EXPECT_EQ((Waited{PIPES_OK, 0}), waiting.result());
}

TEST(EventHere, FINE_2_AWaitThatHasBegunEndsWithWhicheverIsSignalled) {
  std::vector<Handle> events;
  std::vector<pipes_handle> objects;
  for (uint32_t i = 0; i < PIPES_WAIT_OBJECTS_MAX; ++i) {
    events.push_back(new_event());
    objects.push_back(events.back());
  }
  for (const uint32_t chosen : {0u, 17u, PIPES_WAIT_OBJECTS_MAX - 1}) {
    Background waiting([&] { return wait_for_several(objects, WaitFor::kAny); });
    ASSERT_TRUE(wait_until_blocked(waiting));
    EXPECT_STATUS(PIPES_OK, pipes_event_set(events[chosen]));
    EXPECT_EQ((Waited{PIPES_OK, chosen}), waiting.result());
    EXPECT_STATUS(PIPES_OK, pipes_event_reset(events[chosen]));
  }
}

TEST(EventHere, FINE_2_WaitsThatAreRefused) {
  const Handle set = new_event(true, Reset::kByItself);
  const Handle unset = new_event();
  EXPECT_EQ((Waited{PIPES_ERROR_INVALID_PARAMETER}), wait_for_several({}, WaitFor::kAny, 0)) << "none";
  const std::vector<pipes_handle> too_many(PIPES_WAIT_OBJECTS_MAX + 1, set);
  EXPECT_EQ((Waited{PIPES_ERROR_INVALID_PARAMETER}), wait_for_several(too_many, WaitFor::kAny, 0));
  EXPECT_EQ((Waited{PIPES_ERROR_INVALID_PARAMETER}), wait_for_several({set, unset, set}, WaitFor::kAll, 0));
  const pipes_handle one = set;
  uint32_t index = kUntouched;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_wait(nullptr, 1, 0, 0, 0, &index));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_wait(&one, 1, 2, 0, 0, &index));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_wait(&one, 1, 0, 0, 2, &index));
  Handle closed = new_event(true);
  const pipes_handle stale = closed;
  EXPECT_STATUS(PIPES_OK, closed.close());
  for (const pipes_handle wrong : {stale, pipes_handle{nullptr}}) {
    EXPECT_EQ((Waited{PIPES_ERROR_INVALID_HANDLE}), wait_for_several({wrong}, WaitFor::kAny, 0));
    EXPECT_EQ((Waited{PIPES_ERROR_INVALID_HANDLE}), wait_for_several({unset, wrong}, WaitFor::kAny, 0));
    EXPECT_EQ((Waited{PIPES_ERROR_INVALID_HANDLE}), wait_for_several({set, wrong}, WaitFor::kAll, 0));
  }
  EXPECT_EQ(kUntouched, index);
  EXPECT_TRUE(is_signalled(set)) << "none of these has reset it";
}

TEST(EventHere, FINE_2_WhatCannotBeWaitedFor) {
  PIPES_OUR_ENGINE_ONLY("what cannot be waited for is our header's word");
  const Handle port = new_port();
  const AnonymousPair anonymous = anonymous_pair();
  for (const pipes_handle wrong : {pipes_handle{port}, pipes_handle{anonymous.read_end},
                                   pipes_handle{anonymous.write_end}, PIPES_INVALID_HANDLE}) {
    EXPECT_EQ((Waited{PIPES_ERROR_INVALID_HANDLE}), wait_for_several({wrong}, WaitFor::kAny, 0));
  }
}

// ---------------------------------------------------------------------------------------------- signalling and waiting

TEST(EventHere, APC_6_SignallingAndWaitingAreOneCall) {
  const Handle signal = new_event();
  const Handle object = new_event(false, Reset::kByItself);
  EXPECT_STATUS(PIPES_ERROR_WAIT_TIMEOUT, pipes_signal_and_wait(signal, object, 0, 0));
  EXPECT_TRUE(is_signalled(signal)) << "whatever the wait comes to";
  EXPECT_STATUS(PIPES_OK, pipes_event_reset(signal));
  Background waiting([&] { return Code(pipes_signal_and_wait(signal, object, PIPES_INFINITE, 0)); });
  EXPECT_STATUS(PIPES_OK, wait_for(signal));
  ASSERT_TRUE(wait_until_blocked(waiting));
  EXPECT_STATUS(PIPES_OK, pipes_event_set(object));
  EXPECT_STATUS(PIPES_OK, waiting.result());
  EXPECT_FALSE(is_signalled(object));
  EXPECT_STATUS(PIPES_OK, pipes_signal_and_wait(signal, signal, PIPES_INFINITE, 0)) << "also for itself";
}

TEST(EventHere, APC_6_SignallingAndWaitingIsRefused) {
  const Handle server = create_server(unique_name());
  const Handle signal = new_event();
  const Handle object = new_event(true, Reset::kByItself);
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_signal_and_wait(server, object, 0, 0));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_signal_and_wait(nullptr, object, 0, 0));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_signal_and_wait(signal, nullptr, 0, 0));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_signal_and_wait(signal, object, 0, 2));
  EXPECT_TRUE(is_signalled(object)) << "nothing was waited for";
}

}  // namespace
}  // namespace pipes::test
