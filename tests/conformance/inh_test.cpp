// INH: handles that child processes inherit. What is written for both ends runs with either.
#include <gtest/gtest.h>

#include <string>

#include "support/expect.h"
#include "support/heir.h"
#include "support/oracle.h"
#include "support/overlapped.h"
#include "support/platform.h"

namespace pipes::test {
namespace {

void make_inheritable(pipes_handle handle, uint32_t inherit = 1) {
  ASSERT_STATUS(PIPES_OK, pipes_set_handle_flags(handle, PIPES_HANDLE_FLAG_INHERIT,
                                                 inherit != 0 ? PIPES_HANDLE_FLAG_INHERIT : 0));
}

// A connection of which one end is to be inherited.
class Inheriting : public testing::TestWithParam<bool> {
 protected:
  void connect_ends(const ServerOptions& options = message_pipe()) {
    pair_ = connected_pair(options);
    make_inheritable(own());
  }
  Handle& own() { return GetParam() ? pair_.server : pair_.client; }
  Handle& peer() { return GetParam() ? pair_.client : pair_.server; }

 private:
  Pair pair_;
};
INSTANTIATE_TEST_SUITE_P(Of, Inheriting, testing::Bool(),
                         [](const auto& of) { return of.param ? "TheServerEnd" : "TheClientEnd"; });

TEST_P(Inheriting, INH_3_ChildHasTheHandleUnderItsValue) {
  connect_ends();
  Heir heir(own());
  EXPECT_EQ(PIPES_HANDLE_FLAG_INHERIT, heir.flags());
  EXPECT_EQ(sent(5), heir.write("child"));
  EXPECT_EQ(received(PIPES_OK, "child"), read(peer()));
  ASSERT_EQ(sent(6), write(peer(), "answer"));
  EXPECT_EQ(received(PIPES_OK, "answer"), heir.read());
}

TEST_P(Inheriting, INH_1_OnlyInheritableHandlesAreInherited) {
  connect_ends();
  make_inheritable(own(), 0);
  Heir heir(own());
  EXPECT_EQ(UINT32_MAX, heir.flags());
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, heir.write("x").status);
}

TEST(Inheritance, INH_1_ByTheAttributesOfANewPipeAndOfAnOpening) {
  const std::string name = unique_name();
  pipes_security_attributes attributes{};
  attributes.size = sizeof attributes;
  attributes.inherit_handle = 1;
  Opened server = try_create_server(name, message_pipe(), &attributes);
  ASSERT_STATUS(PIPES_OK, server.status);
  pipes_open_options options{};
  options.size = sizeof options;
  options.inherit_handle = 1;
  pipes_handle opened = nullptr;
  ASSERT_STATUS(PIPES_OK, pipes_open(name.c_str(), kReadWrite, 0, &options, &opened));
  const Handle client(opened);
  Heir servers(server.handle);
  Heir clients(client);
  EXPECT_EQ(sent(2), servers.write("to"));
  EXPECT_EQ(received(PIPES_OK, "to"), clients.read());
}

TEST_P(Inheriting, INH_6_ADuplicateMayBeInheritableWhereItsSourceIsNot) {
  connect_ends();
  make_inheritable(own(), 0);
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(own(), 0, 1, PIPES_DUPLICATE_SAME_ACCESS, &made));
  const Handle duplicate(made);
  Heir by_source(own());
  Heir by_duplicate(duplicate);
  EXPECT_EQ(UINT32_MAX, by_source.flags());
  EXPECT_EQ(sent(3), by_duplicate.write("dup"));
  EXPECT_EQ(received(PIPES_OK, "dup"), read(peer()));
}

TEST_P(Inheriting, INH_6_ADuplicateNeedNotBeInheritableWhereItsSourceIs) {
  connect_ends();
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(own(), 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
  const Handle duplicate(made);
  Heir heir(own());
  EXPECT_EQ(PIPES_HANDLE_FLAG_INHERIT, heir.flags());
  EXPECT_EQ(UINT32_MAX, heir.flags_of(duplicate));
  EXPECT_EQ(sent(3), write(duplicate, "dup"));
  EXPECT_EQ(received(PIPES_OK, "dup"), read(peer()));
}

TEST_P(Inheriting, INH_6_WithSameAccessTheDesiredAccessIsIgnored) {
  connect_ends();
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(own(), PIPES_FILE_READ_DATA, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
  const Handle whole(made);
  EXPECT_EQ(sent(5), write(whole, "whole")) << "no less than the source";
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(own(), PIPES_FILE_READ_DATA, 0, 0, &made));
  const Handle reads_only(made);
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(reads_only, PIPES_FILE_WRITE_DATA, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
  const Handle again(made);
  EXPECT_EQ(not_sent(PIPES_ERROR_ACCESS_DENIED), write(again, "x")) << "and no more";
  ASSERT_EQ(sent(4), write(peer(), "read"));
  EXPECT_EQ(received(PIPES_OK, "read"), read(again));
}

TEST_P(Inheriting, INH_6_AnInheritedHandleHasTheRightsOfItsSource) {
  connect_ends();
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(own(), PIPES_FILE_READ_DATA, 1, 0, &made));
  const Handle reads_only(made);
  Heir heir(reads_only);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, heir.write("x").status);
  ASSERT_EQ(sent(4), write(peer(), "read"));
  EXPECT_EQ(received(PIPES_OK, "read"), heir.read());
}

TEST_P(Inheriting, INH_7_NoMoreRightsThanTheSourceHas) {
  connect_ends();
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(own(), PIPES_FILE_READ_DATA, 0, 0, &made));
  const Handle reads_only(made);
  PIPES_ORACLE_DIFFERS("Wine gives it; DuplicateHandle: an access right more than that of the source may fail");
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, pipes_duplicate(reads_only, PIPES_FILE_WRITE_DATA, 0, 0, &made));
}

TEST_P(Inheriting, INH_8_TheSourceIsClosedEvenIfDuplicatingFails) {
  connect_ends();
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(own(), PIPES_FILE_READ_DATA, 0, 0, &made));
  ASSERT_STATUS(PIPES_OK, own().close());
  pipes_handle more = nullptr;
  const Code status = pipes_duplicate(made, PIPES_FILE_WRITE_DATA, 0, PIPES_DUPLICATE_CLOSE_SOURCE, &more);
  if (status.ok()) {
    pipes_close(more);  // as Wine does (INH_7)
  } else {
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, status);
  }
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_close(made));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(peer()));
}

TEST_P(Inheriting, INH_8_TheSourceIsClosedWhereDuplicatingSucceeds) {
  connect_ends();
  pipes_handle source = nullptr;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(own(), 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &source));
  EXPECT_STATUS(PIPES_OK, own().close());
  pipes_handle made = nullptr;
  constexpr uint32_t kMove = PIPES_DUPLICATE_SAME_ACCESS | PIPES_DUPLICATE_CLOSE_SOURCE;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(source, 0, 0, kMove, &made));
  Handle moved(made);
  if (made != source) {  // Wine gives the value again
    EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_close(source));
  }
  EXPECT_EQ(sent(5), write(moved, "moved")) << "INH-9";
  EXPECT_EQ(received(PIPES_OK, "moved"), read(peer()));
  EXPECT_STATUS(PIPES_OK, moved.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(peer()));
}

TEST_P(Inheriting, INH_10_TheValueMayComeByAnotherPipe) {
  connect_ends();
  Pair other = connected_pair(message_pipe());
  make_inheritable(other.client);
  Heir heir(own());
  ASSERT_EQ(sent(6), write(peer(), "a word"));
  EXPECT_EQ(received(PIPES_OK, "a word"), heir.read());
  EXPECT_EQ(PIPES_HANDLE_FLAG_INHERIT, heir.flags_of(other.client));
}

TEST_P(Inheriting, INH_4_TheEndGoesOnUntilItsLastCopyIsClosed) {
  connect_ends();
  Heir heir(own());
  ASSERT_NE(UINT32_MAX, heir.flags());
  EXPECT_STATUS(PIPES_OK, own().close());
  Background reading([&] { return read(peer()); });
  EXPECT_TRUE(wait_until_blocked(reading)) << "the child's copy is open";
  EXPECT_EQ(sent(4), heir.write("last"));
  EXPECT_EQ(received(PIPES_OK, "last"), reading.result());
  EXPECT_STATUS(PIPES_OK, heir.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(peer()));
}

TEST_P(Inheriting, INH_5_AnUnusedCopyKeepsTheEndOpenUntilItsProcessEnds) {
  connect_ends();
  Heir heir(own());
  EXPECT_STATUS(PIPES_OK, own().close());
  Background reading([&] { return read(peer()); });
  EXPECT_TRUE(wait_until_blocked(reading));
  heir.kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
}

TEST_P(Inheriting, INH_9_TheSourceGoesOnWhenTheCopyIsClosed) {
  connect_ends();
  Heir heir(own());
  EXPECT_STATUS(PIPES_OK, heir.close());
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, heir.write("x").status);
  EXPECT_EQ(sent(4), write(own(), "goes"));
  EXPECT_EQ(received(PIPES_OK, "goes"), read(peer()));
}

TEST_P(Inheriting, INH_4_WhatOneReadsIsGoneForTheOther) {
  connect_ends();
  Heir heir(own());
  for (const std::string text : {"one", "two", "three", "four"}) ASSERT_EQ(sent(text.size()), write(peer(), text));
  ASSERT_STATUS(PIPES_OK, set_mode(own(), PIPES_READMODE_MESSAGE));
  EXPECT_EQ(received(PIPES_OK, "one"), heir.read());
  EXPECT_EQ(received(PIPES_OK, "two"), read(own()));
  EXPECT_EQ(peeked("three", 9, 0), heir.peek());
  EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "th"), read(own(), 2));
  EXPECT_EQ(received(PIPES_OK, "ree"), heir.read());
  EXPECT_EQ(received(PIPES_OK, "four"), read(own()));
}

TEST_P(Inheriting, MODE_7_ModesAreTheEndsInAllProcesses) {
  connect_ends();
  Heir heir(own());
  EXPECT_STATUS(PIPES_OK, heir.set_mode(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  EXPECT_EQ(PIPES_READMODE_MESSAGE | PIPES_NOWAIT, get_state(own()).mode & (PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  EXPECT_EQ(received_nothing(PIPES_ERROR_NO_DATA), read(own()));
  ASSERT_STATUS(PIPES_OK, set_mode(own(), PIPES_READMODE_BYTE | PIPES_WAIT));
  EXPECT_EQ(0u, heir.get_state().mode & (PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
}

TEST_P(Inheriting, INH_12_OperationsOfTheParentAreItsOwn) {
  connect_ends();
  Background reading([&] { return read(own()); });
  ASSERT_TRUE(wait_until_blocked(reading));
  Heir heir(own());
  ASSERT_NE(UINT32_MAX, heir.flags());
  ASSERT_EQ(sent(3), write(peer(), "for"));
  EXPECT_EQ(received(PIPES_OK, "for"), reading.result());
}

TEST_P(Inheriting, CANCEL_7_CancellingConcernsTheOwnProcessAlone) {
  connect_ends();
  Heir heir(own());
  heir.start_read();
  Background reading([&] { return read(own()); });
  ASSERT_TRUE(wait_until_blocked(reading));
  EXPECT_STATUS(PIPES_OK, reading.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, reading.result().status);
  ASSERT_EQ(sent(4), write(peer(), "heir"));
  EXPECT_EQ(received(PIPES_OK, "heir"), heir.result());
}

TEST(Inheritance, CANCEL_7_CancellingAllOperationsOfAnEndLeavesThoseOfOtherProcesses) {
  const Pair pair = connected_pair(overlapped(message_pipe()));
  make_inheritable(pair.server);
  Heir heir(pair.server);
  heir.start_read();
  Overlapped reading;
  for (const bool of_the_thread : {true, false}) {
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(pair.server));
    EXPECT_STATUS(PIPES_OK, of_the_thread ? pipes_cancel(pair.server) : pipes_cancel_ex(pair.server, nullptr));
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, reading.status());
  }
  ASSERT_EQ(sent(4), write(pair.client, "heir"));
  EXPECT_EQ(received(PIPES_OK, "heir"), heir.result());
}

TEST_P(Inheriting, FINE_25_AKilledHoldersWaitingWriteVanishes) {
  connect_ends(with_quota(message_pipe(), 1000));
  Heir heir(own());
  heir.start_write(std::string(10000, 'w'));
  EXPECT_EQ(10000u, peek(peer(), 0).available);
  heir.kill();
  EXPECT_TRUE(eventually([&] { return peek(peer(), 0).available == 0; }));
  EXPECT_EQ(sent(5), write(own(), "lives"));
  EXPECT_EQ(received(PIPES_OK, "lives"), read(peer()));
}

TEST_P(Inheriting, INH_4_AWaitingWriteOfTheChildIsReadAndCompletes) {
  connect_ends(with_quota(message_pipe(), 100));
  Heir heir(own());
  heir.start_write(std::string(500, 'c'));
  EXPECT_EQ(received(PIPES_OK, std::string(500, 'c')), read(peer()));
  EXPECT_STATUS(PIPES_OK, heir.result().status);
}

TEST_P(Inheriting, INH_4_TransactionsAndFlushesOfTheChild) {
  connect_ends();
  Heir heir(own());
  ASSERT_STATUS(PIPES_OK, heir.set_mode(PIPES_READMODE_MESSAGE));
  Background answering([&] {
    const Received request = read(peer());
    (void)write(peer(), "reply to " + request.bytes);
    return request;
  });
  EXPECT_EQ(received(PIPES_OK, "reply to request"), heir.transact("request"));
  EXPECT_EQ("request", answering.result().bytes);
  EXPECT_STATUS(PIPES_OK, heir.flush());
}

TEST_P(Inheriting, INH_3_AChildsChildInheritsToo) {
  connect_ends();
  Heir heir(own());
  heir.have_an_heir();
  EXPECT_STATUS(PIPES_OK, own().close());
  EXPECT_STATUS(PIPES_OK, heir.close());
  Background reading([&] { return read(peer()); });
  EXPECT_TRUE(wait_until_blocked(reading)) << "the grandchild's copy is open";
  heir.kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
}

TEST(Inheritance, INH_4_AChildDisconnectsItsServerEnd) {
  Pair pair = connected_pair(message_pipe());
  make_inheritable(pair.server);
  Heir heir(pair.server);
  EXPECT_EQ(sent(4), heir.write("lost"));
  EXPECT_STATUS(PIPES_OK, heir.disconnect());
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), read(pair.client));
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), read(pair.server));
}

TEST(Inheritance, USE_3_AChildTakesTheNextClient) {
  Pair pair = connected_pair(message_pipe());
  make_inheritable(pair.server);
  Heir heir(pair.server);
  EXPECT_STATUS(PIPES_OK, heir.disconnect());
  heir.start_connect();
  ASSERT_STATUS(PIPES_OK, wait_available(pair.name));
  Handle next = open_client(pair.name);
  EXPECT_STATUS(PIPES_OK, heir.result().status);
  EXPECT_EQ(sent(4), write(next, "next"));
  EXPECT_EQ(received(PIPES_OK, "next"), heir.read());
  EXPECT_EQ(sent(3), write(pair.server, "too"));
  EXPECT_EQ(received(PIPES_OK, "too"), read(next));
}

TEST(Inheritance, INH_4_AListeningServerEndIsInherited) {
  const std::string name = unique_name();
  Handle server = create_server(name, message_pipe());
  make_inheritable(server);
  Heir heir(server);
  (void)heir.server_process();  // its first call, which sleeps on the way, is not to be taken for one that waits
  heir.start_connect();
  const Handle client = open_client(name);
  EXPECT_STATUS(PIPES_OK, heir.result().status);
  EXPECT_STATUS(PIPES_OK, server.close());
  EXPECT_EQ(sent(2), write(client, "hi"));
  EXPECT_EQ(received(PIPES_OK, "hi"), heir.read());
  EXPECT_STATUS(PIPES_OK, heir.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(client));
}

// ------------------------------------------------------------------------- handles that are put into another process

// A connection of which one end is to be sent to a process that inherits nothing.
class Sending : public testing::TestWithParam<bool> {
 protected:
  void connect_ends(const ServerOptions& options = message_pipe()) { pair_ = connected_pair(options); }
  Handle& own() { return GetParam() ? pair_.server : pair_.client; }
  Handle& peer() { return GetParam() ? pair_.client : pair_.server; }

 private:
  Pair pair_;
};
INSTANTIATE_TEST_SUITE_P(Of, Sending, testing::Bool(),
                         [](const auto& of) { return of.param ? "TheServerEnd" : "TheClientEnd"; });

TEST_P(Sending, INH_6_AnotherProcessGetsAHandleOfTheSameEnd) {
  connect_ends();
  ASSERT_STATUS(PIPES_OK, set_mode(own(), PIPES_READMODE_MESSAGE));
  for (const char* message : {"first", "second", "third"}) ASSERT_STATUS(PIPES_OK, write(peer(), message).status);
  ASSERT_EQ(received(PIPES_ERROR_MORE_DATA, "fir"), read(own(), 3));
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(own()));
  EXPECT_EQ(0u, other.flags());
  EXPECT_EQ(received(PIPES_OK, "st"), other.read()) << "what one has begun to read the other goes on with";
  EXPECT_EQ(received(PIPES_OK, "second"), read(own()));
  EXPECT_EQ(received(PIPES_OK, "third"), other.read());
  EXPECT_EQ(sent(4), other.write("from"));
  EXPECT_EQ(sent(4), write(own(), "both"));
  EXPECT_EQ(received(PIPES_OK, "from"), read(peer()));
  EXPECT_EQ(received(PIPES_OK, "both"), read(peer()));
}

TEST_P(Sending, INH_6_BytesAreReadByWhoeverComes) {
  connect_ends({});
  ASSERT_EQ(sent(10), write(peer(), "0123456789"));
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(own()));
  EXPECT_EQ(received(PIPES_OK, "0123"), other.read(4));
  EXPECT_EQ(received(PIPES_OK, "456789"), read(own()));
  other.start_read();
  ASSERT_EQ(sent(4), write(peer(), "more"));
  EXPECT_EQ(received(PIPES_OK, "more"), other.result());
}

TEST_P(Sending, INH_6_TheDuplicateMayHaveLessRights) {
  connect_ends();
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(own(), PIPES_FILE_READ_DATA, 0, 0));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, other.write("x").status);
  ASSERT_EQ(sent(4), write(peer(), "read"));
  EXPECT_EQ(received(PIPES_OK, "read"), other.read());
}

TEST_P(Sending, INH_6_ChildrenOfTheOtherProcessInheritItIfTheyShall) {
  connect_ends();
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(own(), 0, 1));
  EXPECT_EQ(PIPES_HANDLE_FLAG_INHERIT, other.flags());
  other.have_an_heir();
}

TEST_P(Sending, INH_7_NoMoreRightsThanTheSourceHas) {
  connect_ends();
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, pipes_duplicate(own(), PIPES_FILE_READ_DATA, 0, 0, &made));
  const Handle reads_only(made);
  Heir other = Heir::consenting();
  PIPES_ORACLE_DIFFERS("Wine gives it; DuplicateHandle: an access right more than that of the source may fail");
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, other.take(reads_only, PIPES_FILE_WRITE_DATA, 0, 0));
}

TEST_P(Sending, INH_9_TheDuplicateOutlivesItsSource) {
  connect_ends();
  ASSERT_EQ(sent(6), write(peer(), "unread"));
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(own(), 0, 0, PIPES_DUPLICATE_SAME_ACCESS | PIPES_DUPLICATE_CLOSE_SOURCE));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, own().close());
  EXPECT_EQ(received(PIPES_OK, "unread"), other.read());
  EXPECT_EQ(sent(5), other.write("alone"));
  EXPECT_EQ(received(PIPES_OK, "alone"), read(peer()));
  EXPECT_STATUS(PIPES_OK, other.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(peer()));
}

TEST_P(Sending, INH_9_TheSourceOutlivesTheDuplicate) {
  connect_ends();
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(own()));
  EXPECT_STATUS(PIPES_OK, other.close());
  other.kill();
  EXPECT_EQ(sent(5), write(own(), "still"));
  EXPECT_EQ(received(PIPES_OK, "still"), read(peer()));
  EXPECT_STATUS(PIPES_OK, own().close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(peer()));
}

TEST_P(Sending, INH_8_TheSourceIsClosedEvenIfThereIsNoSuchProcess) {
  connect_ends();
  pipes_handle made = nullptr;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER,
                pipes_duplicate_into(own(), 0x7FFFFFF0, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
  EXPECT_EQ(sent(4), write(own(), "open"));
  EXPECT_EQ(received(PIPES_OK, "open"), read(peer()));
  EXPECT_STATUS(
      PIPES_ERROR_INVALID_PARAMETER,
      pipes_duplicate_into(own(), 0x7FFFFFF0, 0, 0, PIPES_DUPLICATE_SAME_ACCESS | PIPES_DUPLICATE_CLOSE_SOURCE, &made));
  EXPECT_EQ(nullptr, made);
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, own().close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(peer()));
}

TEST(SentHandle, INH_6_AListeningServerEnd) {
  const std::string name = unique_name();
  Handle server = create_server(name, message_pipe());
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(server));
  (void)other.server_process();  // its first call, which sleeps on the way, is not to be taken for one that waits
  other.start_connect();
  const Handle client = open_client(name);
  EXPECT_STATUS(PIPES_OK, other.result().status);
  EXPECT_EQ(sent(2), write(client, "hi"));
  EXPECT_EQ(received(PIPES_OK, "hi"), other.read());
}

// Two processes of which neither is the other's child.
TEST(SentHandle, INH_11_AnAnonymousHandleGoesToAnUnrelatedProcess) {
  AnonymousPair pair = anonymous_pair(0, false);
  ASSERT_EQ(sent(5), write(pair.write_end, "still"));
  Heir one = Heir::consenting();
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, one.take(pair.read_end));
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, one.send(other.child().process_id(), &made));
  other.use(made);
  EXPECT_STATUS(PIPES_OK, one.close());
  EXPECT_STATUS(PIPES_OK, pair.read_end.close());
  EXPECT_EQ(received(PIPES_OK, "still"), other.read());
  other.start_read();
  ASSERT_EQ(sent(5), write(pair.write_end, "there"));
  EXPECT_EQ(received(PIPES_OK, "there"), other.result());
  EXPECT_STATUS(PIPES_OK, pair.write_end.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), other.read());
}

TEST(SentHandle, INH_11_TheWritingEndGoesWithItsRights) {
  AnonymousPair pair = anonymous_pair(0, false);
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(pair.write_end, 0, 0, PIPES_DUPLICATE_SAME_ACCESS | PIPES_DUPLICATE_CLOSE_SOURCE));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pair.write_end.close());
  EXPECT_EQ(sent(7), other.write("written"));
  EXPECT_EQ(received(PIPES_OK, "written"), read(pair.read_end));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, other.read(1).status);
  other.kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(pair.read_end));
}

TEST(SentHandle, INH_6_IntoThisProcessItIsAnOrdinaryDuplicate) {
  Pair pair = connected_pair(message_pipe());
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(pair.client));
  ASSERT_STATUS(PIPES_OK, pipes_accept_handles(1));
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, other.send(platform::process_id(), &made));
  const Handle back(made);
  EXPECT_STATUS(PIPES_OK, pipes_accept_handles(0));
  ASSERT_STATUS(PIPES_OK, set_mode(back, PIPES_READMODE_MESSAGE));
  EXPECT_EQ(PIPES_READMODE_MESSAGE, get_state(pair.client).mode & PIPES_READMODE_MESSAGE) << "one end, one mode";
  EXPECT_EQ(sent(4), write(back, "back"));
  EXPECT_EQ(received(PIPES_OK, "back"), read(pair.server));
}

TEST(SentHandle, OutputsAndOptionsAreChecked) {
  Pair pair = connected_pair(message_pipe());
  pipes_handle made = nullptr;
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER,
                pipes_duplicate_into(pair.client, platform::process_id(), 0, 0, 2, nullptr));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER,
                pipes_duplicate_into(pair.client, platform::process_id(), 0, 2, 2, &made));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER,
                pipes_duplicate_into(pair.client, platform::process_id(), 0, 0, 4, &made));
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, pipes_accept_handles(2));
  EXPECT_STATUS(PIPES_OK, pipes_duplicate_into(pair.client, platform::process_id(), 0, 0, 2, &made));
  const Handle duplicate(made);
}

}  // namespace
}  // namespace pipes::test
