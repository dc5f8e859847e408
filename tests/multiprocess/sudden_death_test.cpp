// What is left when a process is killed: nothing that stops the next one, and a peer that learns of it at once.
//
// The promptness is a fact, too.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "support/child.h"
#include "support/harness.h"
#include "support/promptly.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

const ServerOptions kFirstAndOnly{.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE,
                                  .max_instances = 1};
const ServerOptions kNoQuota{.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE, .out_buffer = 0, .in_buffer = 0};

// A connection whose one end lives in a child that is to be killed.
struct Doomed {
  std::string name = unique_name();
  std::shared_ptr<Host> host = Host::in_child();
  EndActor far_end{host};
  Handle near_end;
};

std::unique_ptr<Doomed> doomed_server(const ServerOptions& options) {
  auto doomed = std::make_unique<Doomed>();
  EXPECT_STATUS(PIPES_OK, doomed->far_end.create_named(doomed->name, options));
  doomed->near_end = open_client(doomed->name);
  EXPECT_STATUS(PIPES_OK, set_mode(doomed->near_end, options.pipe_mode & PIPES_READMODE_MESSAGE));
  return doomed;
}

std::unique_ptr<Doomed> doomed_client(const ServerOptions& options) {
  auto doomed = std::make_unique<Doomed>();
  doomed->near_end = create_server(doomed->name, options);
  EXPECT_STATUS(PIPES_OK, doomed->far_end.open(doomed->name));
  return doomed;
}

using Make = std::unique_ptr<Doomed> (*)(const ServerOptions& options);

// Kills the far end's process while the call blocks at the near end, and expects it to end promptly with 109: measured
// from just before the kill.
void expect_prompt_end(Make make, const ServerOptions& options, const std::function<Code(pipes_handle)>& call) {
  EXPECT_TRUE(takes_less_than(promptly(), [&] {
    const std::unique_ptr<Doomed> doomed = make(options);
    Background blocked([&] { return call(doomed->near_end); });
    EXPECT_TRUE(wait_until_blocked(blocked));
    const Stopwatch watch;
    std::thread killer([&] { doomed->host->kill(); });
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, blocked.result());
    const auto took = watch.elapsed();
    killer.join();
    return took;
  }));
}

Code read_status(pipes_handle end) { return read(end).status; }
Code write_status(pipes_handle end) { return write(end, "waits for its reader").status; }
Code transact_status(pipes_handle end) { return transact(end, "request").status; }
Code write_and_flush_status(pipes_handle end) {
  const Code written = write(end, "stays unread").status;
  return written.ok() ? flush(end) : written;
}

TEST(SuddenDeath, CLOSE_9_AKilledServerEndsItsClientsRead) { expect_prompt_end(doomed_server, {}, read_status); }
TEST(SuddenDeath, CLOSE_9_AKilledClientEndsItsServersRead) { expect_prompt_end(doomed_client, {}, read_status); }

TEST(SuddenDeath, CLOSE_9_AKilledServerEndsItsClientsWrite) {
  expect_prompt_end(doomed_server, kNoQuota, write_status);
}
TEST(SuddenDeath, CLOSE_9_AKilledClientEndsItsServersWrite) {
  expect_prompt_end(doomed_client, kNoQuota, write_status);
}

TEST(SuddenDeath, CLOSE_9_AKilledServerEndsItsClientsTransaction) {
  expect_prompt_end(doomed_server, message_pipe(), transact_status);
}
TEST(SuddenDeath, CLOSE_9_AKilledClientEndsItsServersTransaction) {
  expect_prompt_end(doomed_client, message_pipe(), transact_status);
}

TEST(SuddenDeath, CLOSE_9_AKilledServerEndsItsClientsFlush) {
  expect_prompt_end(doomed_server, {}, write_and_flush_status);
}
TEST(SuddenDeath, CLOSE_9_AKilledClientEndsItsServersFlush) {
  expect_prompt_end(doomed_client, {}, write_and_flush_status);
}

TEST(SuddenDeath, WAIT_7_AKilledServerEndsTheWaitForAnInstance) {
  EXPECT_TRUE(takes_less_than(promptly(), [] {
    const std::unique_ptr<Doomed> doomed = doomed_server({});
    const std::shared_ptr<Host> waiting_host = Host::in_child();
    Pending<Code> elsewhere = start_wait_available(*waiting_host, doomed->name);
    Background here([&] { return wait_available(doomed->name); });
    EXPECT_TRUE(elsewhere.wait_until_blocked());
    EXPECT_TRUE(wait_until_blocked(here));
    const Stopwatch watch;
    std::thread killer([&] { doomed->host->kill(); });
    EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, here.result());
    EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, elsewhere.result());
    const auto took = watch.elapsed();
    killer.join();
    return took;
  }));
}

TEST(SuddenDeath, CLOSE_9_AKilledServerEndsEveryCallOfItsClientAtOnce) {
  EXPECT_TRUE(takes_less_than(promptly(), [] {
    const std::unique_ptr<Doomed> doomed = doomed_server(kNoQuota);
    Background reading([&] { return read_status(doomed->near_end); });
    Background writing([&] { return write_status(doomed->near_end); });
    EXPECT_TRUE(wait_until_blocked(reading));
    EXPECT_TRUE(wait_until_blocked(writing));
    Background flushing([&] { return flush(doomed->near_end); });
    EXPECT_TRUE(wait_until_blocked(flushing));
    const Stopwatch watch;
    std::thread killer([&] { doomed->host->kill(); });
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.result());
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, writing.result());
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, flushing.result());
    const auto took = watch.elapsed();
    killer.join();
    return took;
  }));
}

TEST(SuddenDeath, CLOSE_9_WhatAKilledServerHadWrittenIsReadFirst) {
  const std::unique_ptr<Doomed> doomed = doomed_server(message_pipe());
  ASSERT_STATUS(PIPES_OK, doomed->far_end.write("first").status);
  ASSERT_STATUS(PIPES_OK, doomed->far_end.write("second").status);
  doomed->host->kill();
  EXPECT_EQ("first", read(doomed->near_end).bytes);
  EXPECT_EQ("second", read(doomed->near_end).bytes);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(doomed->near_end).status);
}

TEST(SuddenDeath, CLOSE_9_AWriteThatWaitedInTheKilledProcessVanishes) {
  const std::unique_ptr<Doomed> doomed = doomed_client(kNoQuota);
  Pending<Sent> writing = doomed->far_end.start_write("never completed");
  ASSERT_TRUE(writing.wait_until_blocked());
  ASSERT_EQ(15u, peek(doomed->near_end).available);
  doomed->host->kill();
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(doomed->near_end).status);
}

TEST(SuddenDeath, CLOSE_9_AServerServesTheNextClientAfterOneWasKilled) {
  const std::unique_ptr<Doomed> doomed = doomed_client({.max_instances = 1});
  doomed->host->kill();
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(doomed->near_end).status);
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, connect(doomed->near_end));
  ASSERT_STATUS(PIPES_OK, disconnect(doomed->near_end));
  Background connecting([&] { return connect(doomed->near_end); });
  ASSERT_TRUE(wait_until_blocked(connecting));
  const Handle next = open_client(doomed->name);
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST(SuddenDeath, CLOSE_9_AKilledListeningServerLeavesNothingThatStopsTheNext) {
  const std::string name = unique_name();
  for (int round = 0; round < 5; ++round) {
    const std::shared_ptr<Host> host = Host::in_child();
    EndActor server(host);
    ASSERT_STATUS(PIPES_OK, server.create_named(name, kFirstAndOnly)) << "round " << round;
    host->kill();
    EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(name).status);
  }
}

TEST(SuddenDeath, CLOSE_9_AKilledServerLeavesNothingThoughItsClientLivesOn) {
  const std::unique_ptr<Doomed> doomed = doomed_server(kFirstAndOnly);
  doomed->host->kill();
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(doomed->name).status);
  const Opened next = try_create_server(doomed->name, kFirstAndOnly);
  EXPECT_STATUS(PIPES_OK, next.status);
}

TEST(SuddenDeath, CLOSE_9_OneKilledServerOfSeveralLeavesTheOthersServing) {
  const std::string name = unique_name();
  const Handle survivor = create_server(name);
  const std::shared_ptr<Host> host = Host::in_child();
  EndActor doomed(host);
  ASSERT_STATUS(PIPES_OK, doomed.create_named(name));
  host->kill();
  const Handle client = open_client(name);
  EXPECT_EQ(PIPES_STATE_CONNECTED, get_local_info(survivor).value.state);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, try_open(name).status);
}

// Serves the pipe argument 0 with one instance connected and one listening, and ends with both handles open.
PIPES_CHILD_ROLE(leaves_without_closing) {
  pipes_handle ends[2];
  for (pipes_handle& end : ends) {
    if (pipes_create_named(parent.argument(0).c_str(), PIPES_ACCESS_DUPLEX, PIPES_TYPE_BYTE, 2, 4096, 4096, 0, nullptr,
                           &end, nullptr) != PIPES_OK) {
      return 1;
    }
  }
  parent.say("serves");
  parent.wait_for_end();
  return 0;
}

// Such a process has gone; the first who looks does so with `look`.
void expect_gone_after_exit(const std::function<void(const std::string& name)>& look) {
  const std::string name = unique_name();
  Child child = Child::spawn("leaves_without_closing", {name});
  ASSERT_TRUE(child.expect_line("serves"));
  const Handle client = open_client(name);
  child.hang_up();
  EXPECT_EQ(0, child.wait().code);
  look(name);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(client).status);
}

bool is_in_list(const std::string& name) {
  std::pair<std::string, bool> sought{name.substr(name.rfind('\\') + 1), false};
  const auto look = [](const pipes_pipe_info* info, void* context) {
    auto* wanted = static_cast<std::pair<std::string, bool>*>(context);
    wanted->second = wanted->second || wanted->first == info->name;
    return 1;
  };
  EXPECT_STATUS(PIPES_OK, pipes_enumerate(look, &sought));
  return sought.second;
}

TEST(SuddenDeath, CLOSE_9_AProcessThatEndsWithoutClosingIsGoneForWhoeverLooksNext) {
  const Handle alive = create_server(unique_name());
  expect_gone_after_exit([](const std::string& name) { EXPECT_FALSE(is_in_list(name)); });
  expect_gone_after_exit(
      [](const std::string& name) { EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(name).status); });
  expect_gone_after_exit(
      [](const std::string& name) { EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, wait_available(name)); });
  expect_gone_after_exit([](const std::string& name) {
    const Opened next = try_create_server(name, kFirstAndOnly);
    EXPECT_STATUS(PIPES_OK, next.status);
    EXPECT_EQ(0u, next.disposition);
    EXPECT_TRUE(is_in_list(name));
  });
}

// Creates the pipe argument 0 over and over, saying nothing but the first time, until it is killed.
PIPES_CHILD_ROLE(restless_server) {
  for (bool first = true;; first = false) {
    const Opened server = try_create_server(parent.argument(0));
    if (first) parent.say("started");
  }
}

TEST(SuddenDeath, OPEN_30_AServerKilledInTheMiddleOfCreatingStopsNobody) {
  const std::string name = unique_name();
  for (int round = 0; round < 20; ++round) {
    Child child = Child::spawn("restless_server", {name});
    ASSERT_TRUE(child.expect_line("started"));
    child.kill();
    (void)child.wait();
    const Opened next = try_create_server(name, kFirstAndOnly);
    ASSERT_STATUS(PIPES_OK, next.status) << "round " << round;
  }
}

TEST(SuddenDeath, CLOSE_9_AKilledWaiterLeavesTheServerUndisturbed) {
  const Pair pair = connected_pair();
  const std::shared_ptr<Host> host = Host::in_child();
  Pending<Code> waiting = start_wait_available(*host, pair.name);
  ASSERT_TRUE(waiting.wait_until_blocked());
  host->kill();
  const Handle added = create_server(pair.name);
  const Handle client = open_client(pair.name);
  EXPECT_STATUS(PIPES_OK, write(client, "x").status);
  EXPECT_EQ("x", read(added).bytes);
}

}  // namespace
}  // namespace pipes::test
