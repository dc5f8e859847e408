// INH: handles that child processes inherit. What is written for both ends runs with either.
#include <gtest/gtest.h>

#include <string>

#include "support/expect.h"
#include "support/heir.h"
#include "support/oracle.h"

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

}  // namespace
}  // namespace pipes::test
