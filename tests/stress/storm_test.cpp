// Connecting and disconnecting without end: a few instances, used again thousands of times by clients of several
// processes who come and go in every possible manner. Afterwards no process holds more than before.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "multiprocess/rounds.h"
#include "stress/crew.h"
#include "support/child.h"
#include "support/harness.h"
#include "support/holdings.h"

namespace pipes::test {
namespace {

constexpr uint32_t kInstances = 4;
constexpr uint32_t kClientProcesses = 3;
constexpr uint32_t kThreadsOfEach = 2;

// What a client asks for in its first byte, and so what it lives to see.
enum class Manner : char {
  kAnswer = 'a',     // an answer, and then it closes
  kThrownOut = 't',  // the server disconnects it while it reads
  kLeaves = 'l',     // nothing: it has closed already
  kUnread = 'u',     // an answer that it does not read
};
constexpr std::array<Manner, 4> kManners = {Manner::kAnswer, Manner::kThrownOut, Manner::kLeaves, Manner::kUnread};

// A thread that waits for a descriptor needs one of its own to be woken by, which is kept for later threads: at most
// one for each that waits at a time.
constexpr size_t kDescriptorsOfThreads = std::max(kInstances, kThreadsOfEach);

Handle open_when_possible(const std::string& name) {
  while (true) {
    Opened opened = try_open(name);
    if (opened.status.ok()) return std::move(opened.handle);
    if (opened.status != Code(PIPES_ERROR_PIPE_BUSY)) complain("open: ", opened.status);
    const Code waited = wait_available(name);
    if (!waited.ok()) complain("wait: ", waited);
  }
}

void visit(const std::string& name, Manner manner, uint32_t number) {
  const Handle client = open_when_possible(name);
  const std::string request = static_cast<char>(manner) + std::to_string(number);
  const Code written = write(client, request).status;
  if (!written.ok()) complain("write: ", written);
  if (manner == Manner::kAnswer) {
    const Received reply = read(client);
    if (!reply.status.ok() || reply.bytes != request) complain("reply: ", reply.status, ' ', reply.bytes);
  } else if (manner == Manner::kThrownOut) {
    const Code status = read(client).status;
    if (status != Code(PIPES_ERROR_PIPE_NOT_CONNECTED)) complain("thrown out: ", status);
  }
}

void visit_often(const std::string& name, uint32_t visits, uint32_t seed) {
  Dice dice(seed);
  for (uint32_t i = 0; i < visits; ++i) visit(name, kManners[dice.below(kManners.size())], i);
}

PIPES_CHILD_ROLE(storm_clients) {
  const std::string name = parent.argument(0);
  const uint32_t visits = parent.number(1);
  const auto all_visit = [&](uint32_t each) {
    Crew crew;
    for (uint32_t i = 0; i < kThreadsOfEach; ++i) {
      crew.start([&, i] { visit_often(name, each, parent.number(2) * 10 + i); });
    }
    return crew.join();
  };
  std::string complaint = all_visit(20);  // what is made once and kept is there now
  const Holdings before = holdings_of_this_process();
  if (complaint.empty()) complaint = all_visit(visits);
  if (complaint.empty()) complaint = kept_since(before, kDescriptorsOfThreads);
  parent.say(complaint.empty() ? "done" : complaint);
  return 0;
}

// Serves one client after the other until it is told to stop by a client that says nothing.
void serve(pipes_handle server, std::atomic<uint32_t>& served) {
  while (true) {
    const Code connected = connect(server);
    const bool there = connected.ok() || connected == Code(PIPES_ERROR_PIPE_CONNECTED) ||
                       connected == Code(PIPES_ERROR_NO_DATA);  // come and gone
    if (!there) complain("connect: ", connected);
    const Received request = read(server);
    if (!request.status.ok() || request.bytes.empty()) {
      if (request.status.ok()) return;
      complain("request: ", request.status);
    }
    const auto manner = static_cast<Manner>(request.bytes[0]);
    if (manner == Manner::kAnswer || manner == Manner::kUnread) {
      const Code written = write(server, request.bytes).status;
      const bool gone = written == Code(PIPES_ERROR_NO_DATA) || written == Code(PIPES_ERROR_BROKEN_PIPE);
      if (!written.ok() && !(gone && manner == Manner::kUnread)) complain("answer: ", written);
    }
    if (manner == Manner::kAnswer) {
      const Code flushed = flush(server);  // DISC-9
      if (!flushed.ok() && flushed != Code(PIPES_ERROR_BROKEN_PIPE)) complain("flush: ", flushed);
    }
    const Code disconnected = disconnect(server);
    if (!disconnected.ok()) complain("disconnect: ", disconnected);
    ++served;
  }
}

void weather_the_storm(uint32_t visits) {
  const std::string name = unique_name();
  std::vector<Handle> servers;
  for (uint32_t i = 0; i < kInstances; ++i) {
    servers.push_back(
        create_server(name, {.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE, .max_instances = kInstances}));
  }
  std::atomic<uint32_t> served{0};
  Crew crew;
  for (const Handle& server : servers) {
    crew.start([&] {
      try {
        serve(server, served);
      } catch (const Complaint&) {
        (void)pipes_close(server);
        throw;
      }
    });
  }
  std::vector<Child> children;
  for (uint32_t i = 0; i < kClientProcesses; ++i) {
    children.push_back(Child::spawn("storm_clients", {name, std::to_string(visits), std::to_string(i)}));
  }
  for (Child& child : children) EXPECT_TRUE(child.expect_line("done"));
  // The instances are told to stop, each by a client of its own.
  std::vector<Handle> last_clients;
  for (uint32_t i = 0; i < kInstances && !testing::Test::HasFailure(); ++i) {
    last_clients.push_back(open_when_possible(name));
    EXPECT_STATUS(PIPES_OK, write(last_clients.back(), "").status);
  }
  for (Child& child : children) child.kill();
  if (testing::Test::HasFailure()) {
    for (const Handle& server : servers) (void)pipes_close(server);  // ends what its thread waits for
  }
  EXPECT_EQ("", crew.join());
  EXPECT_EQ(kClientProcesses * kThreadsOfEach * (visits + 20), served);
}

TEST(Storm, DISC_8_InstancesUsedThousandsOfTimesLeaveNothingBehind) {
  weather_the_storm(10);  // what is made once and kept is there now
  const Holdings before = holdings_of_this_process();
  weather_the_storm(static_cast<uint32_t>(rounds(3'000, 50'000, 100)));
  EXPECT_EQ("", kept_since(before, kDescriptorsOfThreads));
}

// The same for the instances themselves: made and closed again, in company and alone.
TEST(Storm, NAME_16_PipesMadeThousandsOfTimesLeaveNothingBehind) {
  const auto make_and_use = [](int times) {
    for (int i = 0; i < times; ++i) {
      const std::string name = unique_name();
      const Handle first = create_server(name);
      const Handle second = create_server(name);
      const Handle client = open_client(name);
      ASSERT_STATUS(PIPES_OK, write(client, "x").status);
      ASSERT_EQ("x", read(first).bytes);
    }
  };
  make_and_use(10);
  const Holdings before = holdings_of_this_process();
  make_and_use(rounds(1'000, 20'000, 50));
  EXPECT_EQ("", kept_since(before, kDescriptorsOfThreads));
}

}  // namespace
}  // namespace pipes::test
