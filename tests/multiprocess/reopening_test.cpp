// A client that opens the same pipe again and again, and threads of a server that take such clients in turn: what each
// keeps from one time to the next never hides what has happened meanwhile.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/background.h"
#include "support/child.h"
#include "support/harness.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

// ------------------------------------------------------------------------------------------------- a pipe that is known

// A pipe that a client's process has opened so often, and so long unchanged, that it need not look for it any more.
class KnownPipe : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_STATUS(PIPES_OK, server_.create_named(name_, kInbound));
    const Stopwatch watch;
    // It is the server that refuses, and the instance goes on listening.
    while (watch.elapsed() < std::chrono::milliseconds(100)) {
      ASSERT_STATUS(PIPES_ERROR_ACCESS_DENIED, client_.open(name_, PIPES_GENERIC_READ));
    }
  }

  static constexpr ServerOptions kInbound{.open_mode = PIPES_ACCESS_INBOUND};
  const std::string name_ = unique_name();
  const std::shared_ptr<Host> server_host_ = Host::in_child();
  const std::shared_ptr<Host> client_host_ = Host::in_child();
  EndActor server_{server_host_};
  EndActor client_{client_host_};
};

TEST_F(KnownPipe, NAME_17_ItIsGoneWhenItsServerHasClosed) {
  ASSERT_STATUS(PIPES_OK, server_.close());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client_.open(name_, PIPES_GENERIC_WRITE));
}

TEST_F(KnownPipe, ItIsGoneWhenItsServerProcessHasDied) {
  server_host_->kill();
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client_.open(name_, PIPES_GENERIC_WRITE));
}

TEST_F(KnownPipe, AnotherProcessThatTakesTheNameIsReached) {
  server_host_->kill();
  const Handle heir = create_server(name_, {.open_mode = PIPES_ACCESS_INBOUND, .pipe_mode = PIPES_TYPE_BYTE});
  ASSERT_STATUS(PIPES_OK, client_.open(name_, PIPES_GENERIC_WRITE));
  EXPECT_EQ(Host::here()->process_id(), client_.server_process_id().value);
  EXPECT_EQ(0u, client_.get_info().flags & PIPES_TYPE_MESSAGE);
}

TEST_F(KnownPipe, TheSameProcessMayMakeAnotherPipeOfTheName) {
  ASSERT_STATUS(PIPES_OK, server_.close());
  ASSERT_STATUS(PIPES_OK, server_.create_named(name_, {.open_mode = PIPES_ACCESS_INBOUND, .max_instances = 7}));
  ASSERT_STATUS(PIPES_OK, client_.open(name_, PIPES_GENERIC_WRITE));
  EXPECT_EQ(7u, client_.get_info().max_instances);
}

TEST_F(KnownPipe, INST_2_AnInstanceOfAnotherProcessIsReached) {
  ASSERT_STATUS(PIPES_OK, client_.open(name_, PIPES_GENERIC_WRITE));
  const Handle added = create_server(name_, kInbound);
  EndActor second(client_host_);
  ASSERT_STATUS(PIPES_OK, second.open(name_, PIPES_GENERIC_WRITE));
  EXPECT_EQ(Host::here()->process_id(), second.server_process_id().value);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, EndActor(client_host_).open(name_, PIPES_GENERIC_WRITE));
}

TEST_F(KnownPipe, CLI_2_ItsBusyInstanceIsBusy) {
  ASSERT_STATUS(PIPES_OK, client_.open(name_, PIPES_GENERIC_WRITE));
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, EndActor(client_host_).open(name_, PIPES_GENERIC_WRITE));
}

// ------------------------------------------------------------------------------------------- threads that wait in turn

// Serves clients on an instance until one of them says that it was the last: a byte each way, then its closing.
Code serve_in_turn(pipes_handle server, std::atomic<int>* served) {
  while (true) {
    const Code connected = connect(server);
    if (!connected.ok() && !(connected == PIPES_ERROR_PIPE_CONNECTED)) return connected;
    const Received request = read(server);
    if (!request.status.ok()) return request.status;
    if (const Code answered = write(server, request.bytes).status; !answered.ok()) return answered;
    if (const Code closed = read(server).status; !(closed == PIPES_ERROR_BROKEN_PIPE)) return closed;
    ++*served;
    if (request.bytes == "last") return PIPES_OK;
    if (const Code status = disconnect(server); !status.ok()) return status;
  }
}

// One client after the other; argument 0 is the pipe, 1 how many, 2 how many of them are the last of some thread.
PIPES_CHILD_ROLE(clients_in_turn) {
  const uint32_t count = parent.number(1);
  for (uint32_t i = 0; i < count; ++i) {
    const bool last = i + parent.number(2) >= count;
    Opened client = try_open(parent.argument(0));
    while (client.status == PIPES_ERROR_PIPE_BUSY) {
      if (const Code waited = wait_available(parent.argument(0)); !waited.ok()) return 2;
      client = try_open(parent.argument(0));
    }
    if (!client.status.ok()) return 3;
    const std::string word = last ? "last" : "more";
    if (!write(client.handle, word).status.ok() || read(client.handle).bytes != word) return 4;
  }
  return 0;
}

class ThreadsInTurn : public testing::TestWithParam<int> {};

TEST_P(ThreadsInTurn, NoClientIsLeftAtTheDoor) {
  const auto threads = static_cast<size_t>(GetParam());
  const std::string name = unique_name();
  constexpr int kClients = 400;
  std::atomic<int> served{0};
  std::vector<Handle> servers;
  for (size_t i = 0; i < threads; ++i) servers.push_back(create_server(name));
  std::vector<std::unique_ptr<Background<std::function<Code()>>>> serving;
  for (const Handle& server : servers) {
    serving.push_back(
        std::make_unique<Background<std::function<Code()>>>([&] { return serve_in_turn(server, &served); }));
  }
  Child clients = Child::spawn("clients_in_turn", {name, std::to_string(kClients), std::to_string(threads)});
  EXPECT_EQ(0, clients.wait().code);
  for (const auto& thread : serving) EXPECT_STATUS(PIPES_OK, thread->result());
  EXPECT_EQ(kClients, served.load());
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadsInTurn, testing::Values(1, 2, 5));

// Whoever keeps the door, and is called away, leaves it to somebody.
TEST(ThreadsThatWait, CONN_14_ACancelledThreadLeavesTheDoorToTheNext) {
  const std::string name = unique_name();
  std::vector<Handle> servers;
  std::vector<std::unique_ptr<Background<std::function<Code()>>>> waiting;
  for (int i = 0; i < 3; ++i) {
    servers.push_back(create_server(name));
    waiting.push_back(std::make_unique<Background<std::function<Code()>>>(
        [server = pipes_handle{servers.back()}] { return connect(server); }));
    ASSERT_TRUE(wait_until_blocked(*waiting.back()));
  }
  ASSERT_STATUS(PIPES_OK, waiting[0]->cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, waiting[0]->result());
  // The first instance goes on listening, and has listened longest.
  const Handle first = open_client(name);
  EXPECT_FALSE(waiting[1]->finished());
  const Handle second = open_client(name);
  EXPECT_STATUS(PIPES_OK, waiting[1]->result());
  EXPECT_FALSE(waiting[2]->finished());
  const Handle third = open_client(name);
  EXPECT_STATUS(PIPES_OK, waiting[2]->result());
}

}  // namespace
}  // namespace pipes::test
