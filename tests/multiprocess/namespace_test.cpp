// One name, several processes: who founds a pipe, who may add to it, how many instances there are, who is told when one
// listens.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/child.h"
#include "support/harness.h"
#include "support/platform.h"
#include "support/promptly.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

constexpr int kProcesses = 6;

std::string to_text(uint32_t number) { return std::to_string(number); }

// ---------------------------------------------------------------------------------------------------- racing creators

// Creates the pipe argument 0 with open mode 1 and maximum 2, as often as 3 says, all at once when told; says how often
// each status and disposition came, as `status/disposition=count` words, and keeps its instances until told to end.
PIPES_CHILD_ROLE(racing_creator) {
  std::vector<Handle> servers;
  std::map<std::string, int> results;
  parent.say("ready");
  if (!parent.expect_line("go")) return 1;
  for (uint32_t attempt = 0; attempt < parent.number(3); ++attempt) {
    Opened opened =
        try_create_server(parent.argument(0), {.open_mode = parent.number(1), .max_instances = parent.number(2)});
    const std::string disposition = opened.status.ok() ? to_text(opened.disposition) : "-";
    ++results[to_text(opened.status.number) + "/" + disposition];
    if (opened.status.ok()) servers.push_back(std::move(opened.handle));
  }
  std::string line;
  for (const auto& [result, count] : results) line += result + "=" + std::to_string(count) + " ";
  parent.say(line);
  parent.wait_for_end();
  return 0;
}

using Counts = std::map<std::string, int>;

// Adds the words `key=count` of a creator's line to the counts.
void add_counts(const std::string& line, Counts* counts) {
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    (*counts)[word.substr(0, equals)] += std::stoi(word.substr(equals + 1));
  }
}

// The creators of one race, and what came of all their attempts. They live, and keep their instances, as long as this.
struct Race {
  std::vector<Child> creators;
  Counts counts;
};

Race race_for(const std::string& name, uint32_t open_mode, uint32_t max_instances, uint32_t attempts) {
  Race race;
  for (int process = 0; process < kProcesses; ++process) {
    race.creators.push_back(
        Child::spawn("racing_creator", {name, to_text(open_mode), to_text(max_instances), to_text(attempts)}));
  }
  for (Child& creator : race.creators) EXPECT_TRUE(creator.expect_line("ready"));
  for (Child& creator : race.creators) creator.say("go");
  for (Child& creator : race.creators) add_counts(creator.next_line().value_or(""), &race.counts);
  return race;
}

// Lets the creators close their instances by ending.
void end(Race& race) {
  for (Child& creator : race.creators) creator.hang_up();
  for (Child& creator : race.creators) EXPECT_EQ(0, creator.wait().code);
}

const std::string kFounded = "0/0";
const std::string kAdded = "0/" + to_text(PIPES_ERROR_ALREADY_EXISTS);
const std::string kBusy = to_text(PIPES_ERROR_PIPE_BUSY) + "/-";
const std::string kDenied = to_text(PIPES_ERROR_ACCESS_DENIED) + "/-";

TEST(NamespaceRace, OPEN_8_OfProcessesThatWantToBeFirstExactlyOneSucceeds) {
  for (int round = 0; round < 10; ++round) {
    Race race = race_for(unique_name(), PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE, 255, 1);
    EXPECT_EQ((Counts{{kFounded, 1}, {kDenied, kProcesses - 1}}), race.counts);
    end(race);
  }
}

TEST(NamespaceRace, OPEN_32_OfRacingProcessesExactlyOneFoundsThePipe) {
  for (int round = 0; round < 10; ++round) {
    Race race = race_for(unique_name(), PIPES_ACCESS_DUPLEX, 255, 3);
    EXPECT_EQ((Counts{{kFounded, 1}, {kAdded, 3 * kProcesses - 1}}), race.counts);
    end(race);
  }
}

TEST(NamespaceRace, INST_14_RacingProcessesTogetherNeverExceedTheMaximum) {
  constexpr uint32_t kMaximum = 7;
  constexpr uint32_t kAttempts = 4;
  for (int round = 0; round < 10; ++round) {
    const std::string name = unique_name();
    Race race = race_for(name, PIPES_ACCESS_DUPLEX, kMaximum, kAttempts);
    EXPECT_EQ((Counts{{kFounded, 1},
                      {kAdded, static_cast<int>(kMaximum) - 1},
                      {kBusy, kProcesses * static_cast<int>(kAttempts) - static_cast<int>(kMaximum)}}),
              race.counts);
    EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, try_create_server(name).status);
    end(race);
  }
}

// Creates and closes instances of argument 0, whose maximum is argument 1, as often as argument 2 says. Says how often
// it saw more instances than the maximum, and how often creation failed otherwise than by it.
PIPES_CHILD_ROLE(coming_and_going) {
  int over = 0;
  int strange = 0;
  const uint32_t maximum = parent.number(1);
  parent.say("ready");
  if (!parent.expect_line("go")) return 1;
  for (uint32_t round = 0; round < parent.number(2); ++round) {
    const Opened opened = try_create_server(parent.argument(0), {.max_instances = maximum});
    if (opened.status.ok()) {
      over += get_state(opened.handle).current_instances > maximum ? 1 : 0;
    } else {
      strange += opened.status == PIPES_ERROR_PIPE_BUSY ? 0 : 1;
    }
  }
  parent.say(std::to_string(over) + " over, " + std::to_string(strange) + " strange");
  return 0;
}

TEST(NamespaceRace, INST_14_InstancesThatComeAndGoNeverExceedTheMaximumEither) {
  const std::string name = unique_name();
  std::vector<Child> servers;
  for (int process = 0; process < kProcesses; ++process) {
    servers.push_back(Child::spawn("coming_and_going", {name, "3", "200"}));
  }
  for (Child& server : servers) ASSERT_TRUE(server.expect_line("ready"));
  for (Child& server : servers) server.say("go");
  for (Child& server : servers) EXPECT_TRUE(server.expect_line("0 over, 0 strange"));
  for (Child& server : servers) EXPECT_EQ(0, server.wait().code);
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(name).status);
}

// -------------------------------------------------------------------------------------------- several server processes

TEST(Namespace, INST_2_ClientsReachTheInstancesOfEveryServerProcess) {
  const std::string name = unique_name();
  std::vector<std::shared_ptr<Host>> hosts{Host::here(), Host::in_child(), Host::in_child()};
  std::vector<EndActor> servers;
  for (const std::shared_ptr<Host>& host : hosts) {
    servers.emplace_back(host);
    ASSERT_STATUS(PIPES_OK, servers.back().create_named(name));
  }
  std::vector<Handle> clients;
  std::map<uint32_t, int> served_by;
  for (size_t client = 0; client < hosts.size(); ++client) {
    clients.push_back(open_client(name));
    ++served_by[server_process_id(clients.back()).value];
  }
  EXPECT_EQ(hosts.size(), served_by.size()) << "each process serves one client";
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, try_open(name).status) << "and only when all are taken is the pipe busy";
}

TEST(Namespace, INST_4_TheMaximumHoldsAcrossProcesses) {
  const std::string name = unique_name();
  const std::shared_ptr<Host> other = Host::in_child();
  const Handle here = create_server(name, {.max_instances = 2});
  EndActor there(other);
  ASSERT_STATUS(PIPES_OK, there.create_named(name, {.max_instances = 2}));
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, try_create_server(name).status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, EndActor(other).create_named(name));
  other->kill();
  EXPECT_STATUS(PIPES_OK, try_create_server(name).status) << "the killed process's instance counts no more";
}

TEST(Namespace, INST_6_TheFirstCallsValuesOutliveTheirProcess) {
  const std::string name = unique_name();
  const std::shared_ptr<Host> founder = Host::in_child();
  EndActor first(founder);
  ASSERT_STATUS(PIPES_OK, first.create_named(name, {.open_mode = PIPES_ACCESS_INBOUND, .max_instances = 9}));
  const Handle second = create_server(name, {.open_mode = PIPES_ACCESS_INBOUND});
  founder->kill();
  EXPECT_EQ(1u, get_state(second).current_instances);
  EXPECT_EQ(9u, get_info(second).max_instances) << "the founder's attributes stay";
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, try_create_server(name, {.open_mode = PIPES_ACCESS_OUTBOUND}).status);
  EXPECT_STATUS(PIPES_OK, try_open(name, PIPES_GENERIC_WRITE).status);
}

TEST(Namespace, NAME_14_WhatAKilledServerLeftStandsInNobodysWay) {
  const std::string name = unique_name();
  const std::string below = name + R"(\below)";
  const std::shared_ptr<Host> founder = Host::in_child();
  EndActor server(founder);
  ASSERT_STATUS(PIPES_OK, server.create_named(name));
  EXPECT_STATUS(PIPES_ERROR_INVALID_NAME, try_open(below).status);
  founder->kill();
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(below).status);
  const Handle other = create_server(below, {});
  EXPECT_STATUS(PIPES_OK, try_open(below).status);
}

TEST(Namespace, CLI_10_OfClientsInManyProcessesExactlyOneGetsTheInstance) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  std::vector<std::shared_ptr<Host>> hosts;
  std::vector<EndActor> clients;
  for (int process = 0; process < kProcesses; ++process) {
    hosts.push_back(Host::in_child());
    clients.emplace_back(hosts.back());
  }
  std::vector<std::unique_ptr<Background<std::function<Code()>>>> openers;
  for (EndActor& client : clients) {
    openers.push_back(
        std::make_unique<Background<std::function<Code()>>>([&client, &name] { return client.open(name); }));
  }
  std::map<pipes_status, int> results;
  for (const auto& opener : openers) ++results[opener->result().number];
  EXPECT_EQ((std::map<pipes_status, int>{{PIPES_OK, 1}, {PIPES_ERROR_PIPE_BUSY, kProcesses - 1}}), results);
}

// Creates the pipe argument 0 and stays.
PIPES_CHILD_ROLE(listening_server) {
  const Opened server = try_create_server(parent.argument(0));
  parent.say(server.status.ok() ? "listening" : "failed");
  parent.wait_for_end();
  return 0;
}

TEST(Namespace, CLI_1_AStoppedServerProcessCountsAsBusyAfterABoundedTime) {
  const std::string name = unique_name();
  Child server = Child::spawn("listening_server", {name});
  ASSERT_TRUE(server.expect_line("listening"));
  server.stop();
  const Stopwatch watch;
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, try_open(name).status);
  EXPECT_LT(watch.elapsed(), two_seconds_and_slack());
  server.resume();
  EXPECT_STATUS(PIPES_OK, wait_available(name));
  EXPECT_TRUE(try_open(name).status.ok());
}

TEST(Namespace, DECISION_21_AStoppedServerProcessDelaysNoOtherPipe) {
  const std::string stopped = unique_name();
  Child server = Child::spawn("listening_server", {stopped});
  ASSERT_TRUE(server.expect_line("listening"));
  server.stop();
  Background opening([&] { return try_open(stopped).status; });
  Background waiting([&] { return wait_available(stopped, 300); });
  ASSERT_TRUE(wait_until_blocked(opening));
  int other_pipes = 0;
  for (; other_pipes < 20; ++other_pipes) {
    const Pair pair = connected_pair();
    ASSERT_STATUS(PIPES_OK, write(pair.client, "x").status);
    ASSERT_EQ("x", read(pair.server).bytes);
  }
  EXPECT_FALSE(opening.finished()) << "the other pipes waited for this call";
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, waiting.result());
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, opening.result());
}

TEST(Namespace, DECISION_21_AStoppedServerProcessLeavesTheOthersServing) {
  const std::string name = unique_name();
  Child server = Child::spawn("listening_server", {name});
  ASSERT_TRUE(server.expect_line("listening"));
  const Handle here = create_server(name);
  server.stop();
  const Handle client = open_client(name);
  EXPECT_EQ(platform::process_id(), server_process_id(client).value);
  const Stopwatch watch;
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, try_open(name).status);
  EXPECT_LT(watch.elapsed(), two_seconds_and_slack());
  EXPECT_STATUS(PIPES_OK, try_create_server(name).status) << "joining asks nobody";
}

// -------------------------------------------------------------------------------------------------------------- waiting

// A pipe whose only instance, in a process of its own, is taken by a client here; and a third process that waits.
struct BusyPipe {
  std::string name = unique_name();
  std::shared_ptr<Host> server_host = Host::in_child();
  std::shared_ptr<Host> waiting_host = Host::in_child();
  EndActor server{server_host};
  Handle client;

  BusyPipe() {
    EXPECT_STATUS(PIPES_OK, server.create_named(name));
    client = open_client(name);
  }
};

TEST(NamespaceWait, OPEN_31_AnInstanceCreatedInAnotherProcessReleasesWaiters) {
  BusyPipe pipe;
  Pending<Code> elsewhere = start_wait_available(*pipe.waiting_host, pipe.name);
  Background here([&] { return wait_available(pipe.name); });
  ASSERT_TRUE(elsewhere.wait_until_blocked());
  ASSERT_TRUE(wait_until_blocked(here));
  const std::shared_ptr<Host> newcomer = Host::in_child();
  EndActor added(newcomer);
  ASSERT_STATUS(PIPES_OK, added.create_named(pipe.name));
  EXPECT_STATUS(PIPES_OK, elsewhere.result());
  EXPECT_STATUS(PIPES_OK, here.result());
}

TEST(NamespaceWait, WAIT_8_ConnectAfterADisconnectInAnotherProcessReleasesWaiters) {
  BusyPipe pipe;
  ASSERT_STATUS(PIPES_OK, pipe.server.disconnect());
  Pending<Code> elsewhere = start_wait_available(*pipe.waiting_host, pipe.name);
  Background here([&] { return wait_available(pipe.name); });
  ASSERT_TRUE(elsewhere.wait_until_blocked());
  ASSERT_TRUE(wait_until_blocked(here));
  Pending<Code> connecting = pipe.server.start_connect();
  EXPECT_STATUS(PIPES_OK, elsewhere.result());
  EXPECT_STATUS(PIPES_OK, here.result());
  EXPECT_FALSE(connecting.finished());
}

TEST(NamespaceWait, WAIT_7_ClosingInAnotherProcessMakesThePipeVanish) {
  BusyPipe pipe;
  Pending<Code> elsewhere = start_wait_available(*pipe.waiting_host, pipe.name);
  Background here([&] { return wait_available(pipe.name); });
  ASSERT_TRUE(elsewhere.wait_until_blocked());
  ASSERT_TRUE(wait_until_blocked(here));
  ASSERT_STATUS(PIPES_OK, pipe.client.close());
  ASSERT_STATUS(PIPES_OK, pipe.server.close());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, elsewhere.result());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, here.result());
}

TEST(NamespaceWait, WAIT_7_TheDeathOfTheOnlyServerMakesThePipeVanish) {
  BusyPipe pipe;
  Pending<Code> elsewhere = start_wait_available(*pipe.waiting_host, pipe.name);
  Background here([&] { return wait_available(pipe.name); });
  ASSERT_TRUE(elsewhere.wait_until_blocked());
  ASSERT_TRUE(wait_until_blocked(here));
  pipe.server_host->kill();
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, elsewhere.result());
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, here.result());
}

TEST(NamespaceWait, WAIT_7_TheDeathOfOneOfTwoServersMakesNothingVanish) {
  BusyPipe pipe;
  const Handle also_busy = create_server(pipe.name);
  const Handle second_client = open_client(pipe.name);
  Pending<Code> waiting = start_wait_available(*pipe.waiting_host, pipe.name);
  ASSERT_TRUE(waiting.wait_until_blocked());
  pipe.server_host->kill();
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(pipe.client).status);
  EXPECT_FALSE(waiting.finished());
  const Handle listening = create_server(pipe.name);
  EXPECT_STATUS(PIPES_OK, waiting.result());
}

TEST(NamespaceWait, CANCEL_13_AWaitThatConcernsOtherProcessesCanBeCancelled) {
  BusyPipe pipe;
  Background here([&] { return wait_available(pipe.name); });
  ASSERT_TRUE(wait_until_blocked(here));
  EXPECT_STATUS(PIPES_OK, here.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, here.result());
}

}  // namespace
}  // namespace pipes::test
