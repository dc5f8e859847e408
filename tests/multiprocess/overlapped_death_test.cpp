// Overlapped operations and the end of a process: of the peer, which is killed; of one that has operations pending
// itself; of none, in a fork; and a process that is short of descriptors.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "multiprocess/rounds.h"
#include "support/child.h"
#include "support/holdings.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

constexpr uint64_t kKey = 77;

// A connection whose one end lives in a child that is to be killed; the other is here, and overlapped.
struct Doomed {
  std::string name = unique_name();
  std::shared_ptr<Host> host = Host::in_child();
  EndActor far_end{host};
  Handle near_end;
};

std::unique_ptr<Doomed> doomed_server(const ServerOptions& options) {
  auto doomed = std::make_unique<Doomed>();
  EXPECT_STATUS(PIPES_OK, doomed->far_end.create_named(doomed->name, options));
  doomed->near_end = open_overlapped(doomed->name);
  return doomed;
}

std::unique_ptr<Doomed> doomed_client(const ServerOptions& options) {
  auto doomed = std::make_unique<Doomed>();
  doomed->near_end = create_server(doomed->name, overlapped(options));
  EXPECT_STATUS(PIPES_OK, doomed->far_end.open(doomed->name));
  return doomed;
}

class OverlappedDeath : public testing::TestWithParam<bool> {
 protected:
  static std::unique_ptr<Doomed> doomed(const ServerOptions& options) {
    return GetParam() ? doomed_server(options) : doomed_client(options);
  }
};
INSTANTIATE_TEST_SUITE_P(Of, OverlappedDeath, testing::Bool(),
                         [](const auto& of) { return of.param ? "TheServer" : "TheClient"; });

TEST_P(OverlappedDeath, CLOSE_9_EndsWhatWaitsAtThePeerAndSetsItsEvents) {
  const auto doomed = OverlappedDeath::doomed(with_quota(message_pipe(), 0));
  std::array<Overlapped, 3> reads;
  std::array<Overlapped, 3> writes;
  for (Overlapped& read : reads) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, read.read(doomed->near_end));
  for (Overlapped& write : writes) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, write.write(doomed->near_end, "unread"));
  doomed->host->kill();
  for (Overlapped& read : reads) {
    EXPECT_STATUS(PIPES_OK, wait_for(read.event()));
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read.received(0));
  }
  for (Overlapped& write : writes) {
    EXPECT_STATUS(PIPES_OK, wait_for(write.event()));
    EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), write.sent(0));
  }
}

TEST_P(OverlappedDeath, CLOSE_9_TellsThePortOnceOfEach) {
  const Handle port = new_port();
  const auto doomed = OverlappedDeath::doomed(with_quota(message_pipe(), 0));
  ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, doomed->near_end, kKey));
  std::vector<Overlapped> operations;
  for (int i = 0; i < 6; ++i) operations.emplace_back(ToldBy::kHandle);
  for (size_t i = 0; i < 6; ++i) {
    const Code begun =
        i % 2 == 0 ? operations[i].read(doomed->near_end) : operations[i].write(doomed->near_end, "unread");
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, begun);
  }
  doomed->host->kill();
  std::map<const pipes_overlapped*, int> told;
  for (size_t i = 0; i < operations.size(); ++i) {
    const Packet packet = take_packet(port);
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, packet.status);
    EXPECT_EQ(kKey, packet.key);
    EXPECT_EQ(0u, packet.transferred);
    ++told[packet.overlapped];
  }
  for (Overlapped& operation : operations) EXPECT_EQ(1, told[&operation.structure()]);
  EXPECT_EQ(no_packet(PIPES_ERROR_WAIT_TIMEOUT), take_packet(port, 0));
}

TEST_P(OverlappedDeath, CLOSE_9_EndsATransactionAndRunsRoutines) {
  const auto doomed = OverlappedDeath::doomed(with_quota(message_pipe(), 0));
  Overlapped transaction;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, transaction.transact(doomed->near_end, "request"));
  Overlapped reading(ToldBy::kHandle);
  Overlapped writing(ToldBy::kHandle);
  ASSERT_STATUS(PIPES_OK, reading.read_ex(doomed->near_end));
  ASSERT_STATUS(PIPES_OK, writing.write_ex(doomed->near_end, "unread"));
  doomed->host->kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), transaction.received());
  std::vector<RoutineCall> calls;
  while (calls.size() < 2) {
    EXPECT_STATUS(PIPES_WAIT_IO_COMPLETION, pipes_sleep(PIPES_INFINITE, 1));
    for (const RoutineCall& call : take_routine_calls()) calls.push_back(call);
  }
  ASSERT_EQ(2u, calls.size());
  EXPECT_EQ(reading.call(PIPES_ERROR_BROKEN_PIPE, 0), calls[0]);
  EXPECT_EQ(writing.call(PIPES_ERROR_BROKEN_PIPE, 0), calls[1]);
  EXPECT_STATUS(PIPES_OK, pipes_sleep(0, 1));
}

TEST_P(OverlappedDeath, CLOSE_9_WhatWasWrittenBeforeItIsReadFirst) {
  const auto doomed = OverlappedDeath::doomed(message_pipe());
  std::array<Overlapped, 3> reads;
  for (Overlapped& read : reads) ASSERT_STATUS(PIPES_ERROR_IO_PENDING, read.read(doomed->near_end));
  ASSERT_EQ(sent(5), doomed->far_end.write("first"));
  ASSERT_EQ(sent(6), doomed->far_end.write("second"));
  doomed->host->kill();
  EXPECT_EQ(received(PIPES_OK, "first"), reads[0].received());
  EXPECT_EQ(received(PIPES_OK, "second"), reads[1].received());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reads[2].received());
}

TEST(OverlappedDeathOfAClient, CLOSE_9_LeavesTheConnectsOfOtherInstancesWaiting) {
  const auto doomed = doomed_client(message_pipe());
  const Handle second = create_server(doomed->name, overlapped(message_pipe()));
  Overlapped connecting;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(second));
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(doomed->near_end));
  doomed->host->kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.received());
  EXPECT_TRUE(connecting.pending());
  // Of the one that died nothing is left that would keep its instance from the next.
  ASSERT_STATUS(PIPES_OK, disconnect(doomed->near_end));
  Overlapped again;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, again.connect(doomed->near_end));
  const Handle next = open_client(doomed->name);
  EXPECT_STATUS(PIPES_OK, connecting.status());
  EXPECT_TRUE(again.pending());
  const Handle last = open_client(doomed->name);
  EXPECT_STATUS(PIPES_OK, again.status());
}

// ------------------------------------------------------------------------------------- killed amid its own operations

// Opens argument 0, leaves a write of 5 bytes waiting behind one of 10, reads and a transaction, and waits to be
// killed.
PIPES_CHILD_ROLE(leaves_operations) {
  const Handle end = open_overlapped(parent.argument(0));
  Overlapped complete;
  Overlapped waiting;
  Overlapped reading;
  (void)complete.write(end, "0123456789");
  const bool waits = waiting.write(end, "vain!") == PIPES_ERROR_IO_PENDING;
  const bool reads = reading.read(end) == PIPES_ERROR_IO_PENDING;
  parent.say(waits && reads ? "left" : "not left");
  parent.wait_for_end();
  return 0;
}

TEST(OverlappedDeathOfAClient, FINE_25_ItsWaitingWriteVanishes) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), 10)));
  Child child = Child::spawn("leaves_operations", {name});
  ASSERT_TRUE(child.expect_line("left"));
  child.kill();
  (void)child.wait();
  Overlapped first;
  (void)first.read(server);
  EXPECT_EQ(received(PIPES_OK, "0123456789"), first.received());
  Overlapped second;
  const Code begun = second.read(server);
  if (begun == PIPES_ERROR_IO_PENDING) {
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), second.received());
  } else {
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, begun);
  }
}

// Opens argument 0 and does what comes to its mind, by overlapped operations through a port, until it is killed.
PIPES_CHILD_ROLE(restless_peer) {
  const Handle end = open_overlapped(parent.argument(0));
  const Handle port = new_port();
  (void)pipes_port_associate(port, end, 0);
  std::deque<Overlapped> operations;
  parent.say("connected");
  for (uint32_t i = 0;; ++i) {
    operations.emplace_back(ToldBy::kHandle);
    const Code begun =
        i % 3 == 0 ? operations.back().read(end, 1 + i % 50) : operations.back().write(end, bytes(1 + i % 40, i));
    if (i % 7 == 0) (void)pipes_cancel_ex(end, &operations[i % operations.size()].structure());
    if (!begun.ok() && begun != PIPES_ERROR_IO_PENDING && begun != PIPES_ERROR_MORE_DATA) return 0;
    while (operations.size() > 20 || (!operations.empty() && !operations.front().pending())) {
      (void)take_packet(port, 0);
      if (operations.front().pending()) (void)pipes_cancel_ex(end, &operations.front().structure());
      operations.pop_front();
    }
  }
}

// Operations of all kinds, begun anew as they end, until the peer is killed after so many packets. Each then ends once.
void outlive_a_restless_peer(int packets) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), 100)));
  const Handle port = new_port();
  ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, server, kKey));
  Child child = Child::spawn("restless_peer", {name});
  ASSERT_TRUE(child.expect_line("connected"));

  constexpr size_t kOperations = 16;
  std::vector<Overlapped> operations;
  std::map<const pipes_overlapped*, size_t> numbers;
  for (size_t i = 0; i < kOperations; ++i) {
    operations.emplace_back(ToldBy::kHandle);
    numbers[&operations.back().structure()] = i;
  }
  size_t outstanding = 0;
  const auto begin = [&](size_t i) {
    const Code begun = i % 2 == 0 ? operations[i].read(server, 30) : operations[i].write(server, bytes(1 + i * 5 % 37));
    const bool is_begun = begun.ok() || begun == PIPES_ERROR_IO_PENDING || begun == PIPES_ERROR_MORE_DATA;
    outstanding += is_begun ? 1 : 0;
    return is_begun;
  };
  for (size_t i = 0; i < kOperations; ++i) ASSERT_TRUE(begin(i));
  bool killed = false;
  while (outstanding > 0) {
    const Packet packet = take_packet(port);
    ASSERT_TRUE(numbers.contains(packet.overlapped)) << testing::PrintToString(packet);
    --outstanding;
    Overlapped& operation = operations[numbers[packet.overlapped]];
    EXPECT_FALSE(operation.pending());
    const bool good = packet.status.ok() || packet.status == PIPES_ERROR_MORE_DATA;
    EXPECT_TRUE(good || packet.status == PIPES_ERROR_BROKEN_PIPE) << packet.status;
    EXPECT_TRUE(good || killed) << packet.status;
    if (packets-- == 0) {
      child.kill();
      killed = true;
    }
    if (good) (void)begin(numbers[packet.overlapped]);
  }
  EXPECT_EQ(no_packet(PIPES_ERROR_WAIT_TIMEOUT), take_packet(port, 0));
}

TEST(OverlappedDeathOfAClient, DECISION_43_AtAnyMomentEndsEachOperationOnce) {
  for (int round = 0; round < rounds(20, 300, 3) && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(round);
    outlive_a_restless_peer(round * 37 % 400);
  }
}

// ---------------------------------------------------------------------------------------------------------------- fork

// Serves argument 0, forks amid pending operations, and goes on. Both processes say what they found.
PIPES_CHILD_ROLE(forks_amid_operations) {
  const Handle port = new_port();
  const Handle told_by_port = create_server(parent.argument(0), overlapped(message_pipe()));
  (void)pipes_port_associate(port, told_by_port, kKey);
  Overlapped connecting(ToldBy::kHandle);
  (void)connecting.connect(told_by_port);
  parent.say("listens");
  const bool connected = take_packet(port) == packet(PIPES_OK, 0, kKey, connecting);
  Overlapped reading;
  const bool reads = reading.read(told_by_port) == PIPES_ERROR_IO_PENDING;
  parent.say(connected && reads ? "pending" : "not pending");
  if (!parent.expect_line("fork")) return 1;
  const pid_t child = ::fork();
  if (child == 0) {
    Overlapped own;
    uint32_t count = 0;
    const pipes_handle event = reading.event();
    const bool gone = own.read(told_by_port) == PIPES_ERROR_INVALID_HANDLE &&
                      pipes_wait(&event, 1, 0, 0, 0, nullptr) == PIPES_ERROR_INVALID_HANDLE &&
                      take_packet(port, 0).status == PIPES_ERROR_INVALID_HANDLE &&
                      pipes_cancel_ex(told_by_port, nullptr) == PIPES_ERROR_INVALID_HANDLE &&
                      pipes_get_overlapped_result(told_by_port, &reading.structure(), &count, PIPES_INFINITE, 0) ==
                          PIPES_ERROR_INVALID_HANDLE;
    parent.say(gone ? "the child has nothing" : "the child has something");
    // What it makes itself works.
    const Pair pair = connected_pair(overlapped(message_pipe()));
    Overlapped anew;
    (void)anew.read(pair.server);
    (void)write(pair.client, "mine");
    parent.say(anew.received() == received(PIPES_OK, "mine") ? "the child works" : "the child does not work");
    while (true) ::pause();
  }
  parent.say(std::to_string(child));
  const Packet told = take_packet(port);
  const bool good = told == packet(PIPES_OK, 5, kKey, reading) && reading.received() == received(PIPES_OK, "after");
  parent.say(good ? "the parent goes on" : "the parent does not go on");
  while (true) ::pause();
}

TEST(OverlappedFork, DECISION_5_TheChildHasNothingOfItAndTheParentGoesOn) {
  const std::string name = unique_name();
  Child forking = Child::spawn("forks_amid_operations", {name},
                               {.environment = {"TSAN_OPTIONS=atexit_sleep_ms=0 die_after_fork=0"}});
  ASSERT_TRUE(forking.expect_line("listens"));
  const Handle client = open_overlapped(name);
  ASSERT_TRUE(forking.expect_line("pending"));
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(client));
  forking.say("fork");
  // The two of them speak at the same time.
  std::map<std::string, int> said;
  pid_t child = 0;
  for (int i = 0; i < 3; ++i) {
    const std::string line = forking.next_line().value_or("nothing");
    ++said[line];
    if (line.starts_with("the child") || line == "nothing") continue;
    child = static_cast<pid_t>(std::stol(line));
  }
  EXPECT_EQ(1, said["the child has nothing"]);
  EXPECT_EQ(1, said["the child works"]);
  EXPECT_TRUE(reading.pending());
  ASSERT_EQ(sent(5), write(client, "after"));
  EXPECT_TRUE(forking.expect_line("the parent goes on"));
  // Its child keeps nothing of the connection alive.
  forking.kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.received());
  ASSERT_LT(0, child);
  EXPECT_EQ(0, ::kill(child, 0)) << "the forked child was to live on";
  ::kill(child, SIGKILL);
}

// ---------------------------------------------------------------------------------------------------------- lingering

// The end that was closed is looked after by a port's thread, and lets go of its connection all the same.
TEST(OverlappedLinger, CLOSE_5_AClosedEndGoesWhenItsLastWriteIsRead) {
  EndActor server(Host::in_child());
  const Holdings at_first = holdings_of_this_process();
  const Handle port = new_port();
  const auto write_and_close = [&] {
    const std::string name = unique_name();
    ASSERT_STATUS(PIPES_OK, server.create_named(name, with_quota(message_pipe(), 0)));
    Handle client = open_overlapped(name);
    ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, client, kKey));
    Overlapped writing(ToldBy::kHandle);
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(client, "left behind"));
    ASSERT_STATUS(PIPES_OK, client.close());
    EXPECT_EQ(no_packet(PIPES_ERROR_WAIT_TIMEOUT), take_packet(port, 0));
    ASSERT_EQ(received(PIPES_OK, "left behind"), server.read());
    EXPECT_EQ(packet(PIPES_OK, 11, kKey, writing), take_packet(port));
  };
  write_and_close();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), server.read());
  ASSERT_STATUS(PIPES_OK, server.close());
  const Holdings before = holdings_without_connections_since(at_first);
  write_and_close();
  EXPECT_EQ("", kept_since(before)) << "while its peer lives on";
}

// --------------------------------------------------------------------------------------------------------- descriptors

// Takes every descriptor there is, and gives them back.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 200;
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) taken_.push_back(fd);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() {
    for (const int fd : taken_) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

TEST(OverlappedScarcity, DECISION_31_WithoutDescriptorsOperationsGoOn) {
  const std::string name = unique_name();
  const std::shared_ptr<Host> host = Host::in_child();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), 10)));
  const Handle second = create_server(name, overlapped(message_pipe()));
  EndActor client(host);
  EndActor late(host);
  ASSERT_STATUS(PIPES_OK, client.open(name));
  ASSERT_STATUS(PIPES_OK, client.set_mode(PIPES_READMODE_MESSAGE));
  Overlapped reading;
  Overlapped writing;
  Overlapped connecting;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(server));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(server, "more than ten"));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(second));
  {
    const NoDescriptors none;
    ASSERT_EQ(sent(5), client.write("hello"));
    EXPECT_EQ(received(PIPES_OK, "hello"), reading.received());
    ASSERT_EQ(received(PIPES_OK, "more than ten"), client.read());
    EXPECT_EQ(sent(13), writing.sent());
    // New ones, events and ports need none either.
    const Handle port = new_port();
    ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, server, kKey));
    Overlapped anew;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, anew.read(server));
    ASSERT_EQ(sent(4), client.write("anew"));
    EXPECT_EQ(packet(PIPES_OK, 4, kKey, anew), take_packet(port));
    int fd = -1;
    EXPECT_STATUS(PIPES_ERROR_NO_SYSTEM_RESOURCES, pipes_get_event_fd(server, PIPES_EVENT_READABLE, &fd));
    EXPECT_EQ(-1, fd);
    // A client that comes is told so, by means of the one descriptor that the library keeps for it, and the connect
    // goes on waiting.
    EXPECT_STATUS(PIPES_ERROR_NO_SYSTEM_RESOURCES, late.open(name));
    EXPECT_TRUE(connecting.pending());
  }
  ASSERT_STATUS(PIPES_OK, late.open(name));
  EXPECT_STATUS(PIPES_OK, connecting.status());
  int fd = -1;
  EXPECT_STATUS(PIPES_OK, pipes_get_event_fd(server, PIPES_EVENT_READABLE, &fd));
  EXPECT_LE(0, fd);
}

}  // namespace
}  // namespace pipes::test
