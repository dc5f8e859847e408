// The lost wake-up. Whoever goes to sleep says so and looks once more; whoever publishes looks whether somebody sleeps.
// Without a fence on both sides either look may come too early, and both sides wait for ever. Spinning would hide it,
// so here nobody spins, and the two processes run on two processors: a sleep in each turn, and many turns.
//
// That these tests can fail is shown by tests/stress/without_fences, which runs them on a library without the fences.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

#include "multiprocess/rounds.h"
#include "stress/crew.h"
#include "support/child.h"
#include "support/harness.h"

namespace pipes::test {
namespace {

// So many turns are reported at once.
constexpr uint32_t kTurnsPerReport = 2'000;
// No turn takes so long but one that never ends.
constexpr std::chrono::seconds kPatience{10};

// Kills the children when nothing has been heard of them for too long, so that a test that would hang fails instead.
class Watchdog {
 public:
  Watchdog(Child& first, Child& second) : thread_([this, &first, &second] { watch(first, second); }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    news_.notify_one();
    thread_.join();
  }
  void heard() {
    {
      const std::lock_guard lock(mutex_);
      ++heard_;
    }
    news_.notify_one();
  }
  [[nodiscard]] bool bit() const { return bit_; }

 private:
  void watch(Child& first, Child& second) {
    std::unique_lock lock(mutex_);
    for (uint64_t known = heard_; !done_; known = heard_) {
      if (news_.wait_for(lock, kPatience * time_factor(), [&] { return done_ || heard_ != known; })) continue;
      bit_ = true;
      first.kill();
      second.kill();
      return;
    }
  }

  std::mutex mutex_;  // guards heard_ and done_
  std::condition_variable news_;
  uint64_t heard_ = 0;
  bool done_ = false;
  std::atomic<bool> bit_{false};
  std::thread thread_;
};

// What one process does in its turns: arguments are the name, the processor and the number of turns.
struct Player {
  explicit Player(Parent& parent) : name(parent.argument(0)), turns(parent.number(2)) {
    (void)pin_to_processor(parent.number(1));
  }
  std::string name;
  uint32_t turns;
};

int tell(Parent& parent, const std::string& complaint) {
  parent.say(complaint.empty() ? "done" : complaint);
  return 0;
}

// One message there and one back.
PIPES_CHILD_ROLE(no_spin_server) {
  const Player player(parent);
  const Handle server = create_server(player.name, {.max_instances = 1});
  parent.say("ready");
  const Code connected = connect(server);
  if (!connected.ok() && connected != Code(PIPES_ERROR_PIPE_CONNECTED)) return tell(parent, "connect");
  for (uint32_t turn = 0; turn < player.turns; ++turn) {
    uint32_t number = 0;
    uint32_t count = 0;
    if (pipes_read(server, &number, sizeof number, &count, nullptr) != PIPES_OK || number != turn) {
      return tell(parent, "a wrong turn");
    }
    if (pipes_write(server, &number, sizeof number, &count, nullptr) != PIPES_OK) return tell(parent, "write");
  }
  return tell(parent, "");
}

PIPES_CHILD_ROLE(no_spin_client) {
  const Player player(parent);
  const Opened client = try_open(player.name);
  if (!client.status.ok()) return tell(parent, "open");
  for (uint32_t turn = 0; turn < player.turns; ++turn) {
    uint32_t answer = 0;
    uint32_t count = 0;
    if (pipes_write(client.handle, &turn, sizeof turn, &count, nullptr) != PIPES_OK) return tell(parent, "write");
    if (pipes_read(client.handle, &answer, sizeof answer, &count, nullptr) != PIPES_OK || answer != turn) {
      return tell(parent, "a wrong turn");
    }
    if (turn % kTurnsPerReport == 0) parent.say("goes on");
  }
  return tell(parent, "");
}

constexpr uint32_t kPacedQuota = 64;
constexpr uint32_t kMessagesToABurst = 8;  // on average

// Computes for a microsecond at most.
void be_busy(Dice& dice) {
  volatile uint32_t sum = 0;
  for (uint32_t rounds = dice.below(500); rounds > 0; --rounds) sum = sum + rounds;
}

// One direction, and a reader that goes to sleep whenever it has read everything. The writer waits until it sees that
// the reader is awake and has done so, then writes a burst of messages about as far apart as a reader needs to go to
// sleep: often it publishes in the very moment in which the reader does. Each write is a look at the reader's flag, so
// that the line it lies in is on its way to and fro, which is what gives the reader's next look the time to overtake
// the flag. In a conversation that moment is rare: whoever is woken by an answer comes too late for it.
PIPES_CHILD_ROLE(no_spin_sleeper) {
  const Player player(parent);
  const Handle server = create_server(player.name, {.max_instances = 1, .in_buffer = kPacedQuota});
  parent.say("ready");
  const Code connected = connect(server);
  if (!connected.ok() && connected != Code(PIPES_ERROR_PIPE_CONNECTED)) return tell(parent, "connect");
  for (uint32_t turn = 0; turn < player.turns; ++turn) {
    uint32_t number = 0;
    uint32_t count = 0;
    if (pipes_read(server, &number, sizeof number, &count, nullptr) != PIPES_OK || number != turn) {
      return tell(parent, "a wrong turn");
    }
  }
  return tell(parent, "");
}

PIPES_CHILD_ROLE(no_spin_pacer) {
  const Player player(parent);
  const Opened client = try_open(player.name);
  if (!client.status.ok()) return tell(parent, "open");
  Dice dice(1);
  for (uint32_t turn = 0; turn < player.turns; ++turn) {
    const bool begins_burst = dice.below(kMessagesToABurst) == 0;
    pipes_local_info info{};
    info.size = sizeof info;
    while (begins_burst && info.write_quota_available != kPacedQuota) {
      if (pipes_get_local_info(client.handle, &info) != PIPES_OK) return tell(parent, "query");
    }
    be_busy(dice);
    uint32_t count = 0;
    if (pipes_write(client.handle, &turn, sizeof turn, &count, nullptr) != PIPES_OK) return tell(parent, "write");
    if (turn % kTurnsPerReport == 0) parent.say("goes on");
  }
  return tell(parent, "");
}

// One direction without a quota: each write waits until its last byte has been read. The reader peeks until there is
// something, and then reads byte by byte, at once or after a while: often it takes the last one at the very moment in
// which the writer goes to sleep. A reader that slept itself would come too late. Each byte read is a look at the
// writer's flag, as above.
PIPES_CHILD_ROLE(no_spin_reader) {
  const Player player(parent);
  const Handle server =
      create_server(player.name, {.pipe_mode = PIPES_TYPE_BYTE, .max_instances = 1, .out_buffer = 0, .in_buffer = 0});
  parent.say("ready");
  const Code connected = connect(server);
  if (!connected.ok() && connected != Code(PIPES_ERROR_PIPE_CONNECTED)) return tell(parent, "connect");
  Dice dice(1);
  for (uint32_t turn = 0; turn < player.turns; ++turn) {
    uint32_t available = 0;
    while (available == 0) {
      const Code peeked = pipes_peek(server, nullptr, 0, nullptr, &available, nullptr);
      if (!peeked.ok()) return tell(parent, "peek");
    }
    if (available > sizeof turn) return tell(parent, "too much");
    std::array<char, sizeof turn> bytes{};
    for (uint32_t i = 0; i < available; ++i) {
      uint32_t count = 0;
      if (i + 1 == available && dice.below(2) == 0) be_busy(dice);
      if (pipes_read(server, &bytes[i], 1, &count, nullptr) != PIPES_OK || count != 1) return tell(parent, "read");
    }
    if (std::memcmp(bytes.data(), &turn, available) != 0) return tell(parent, "a wrong turn");
  }
  return tell(parent, "");
}

PIPES_CHILD_ROLE(no_spin_writer) {
  const Player player(parent);
  const Opened client = try_open(player.name);
  if (!client.status.ok()) return tell(parent, "open");
  Dice dice(2);
  for (uint32_t turn = 0; turn < player.turns; ++turn) {
    const auto size = 1 + dice.below(sizeof turn);
    uint32_t count = 0;
    if (pipes_write(client.handle, &turn, size, &count, nullptr) != PIPES_OK) return tell(parent, "write");
    if (turn % kTurnsPerReport == 0) parent.say("goes on");
  }
  return tell(parent, "");
}

void expect_no_lost_wake_up(const std::string& server_role, const std::string& client_role, uint32_t turns) {
  const std::string name = unique_name();
  const ChildOptions no_spinning{.environment = {"PIPES_SPIN_US=0"}};
  Child server = Child::spawn(server_role, {name, "0", std::to_string(turns)}, no_spinning);
  ASSERT_TRUE(server.expect_line("ready"));
  Child client = Child::spawn(client_role, {name, "1", std::to_string(turns)}, no_spinning);
  const Stopwatch watch;
  uint32_t heard = 0;
  {
    Watchdog dog(server, client);
    std::optional<std::string> line;
    while ((line = client.next_line()) == "goes on") {
      ++heard;
      dog.heard();
    }
    EXPECT_FALSE(dog.bit()) << "both sides sleep, after some " << heard * kTurnsPerReport << " turns";
    if (!dog.bit()) {
      EXPECT_EQ("done", line);
      dog.heard();
      EXPECT_TRUE(server.expect_line("done"));
    }
  }
  std::cout << turns << " turns in " << watch.elapsed().count() << " ms\n";
}

uint32_t turns() { return static_cast<uint32_t>(rounds(50'000, 2'000'000, 5'000)); }

TEST(NoSpin, DECISION_43_NoTurnOfAConversationLosesItsWakeUp) {
  expect_no_lost_wake_up("no_spin_server", "no_spin_client", turns());
}

TEST(NoSpin, DECISION_43_NoReaderThatGoesToSleepLosesItsWakeUp) {
  expect_no_lost_wake_up("no_spin_sleeper", "no_spin_pacer", turns());
}

TEST(NoSpin, DECISION_43_NoWriterThatWaitsForRoomLosesItsWakeUp) {
  expect_no_lost_wake_up("no_spin_reader", "no_spin_writer", turns());
}

}  // namespace
}  // namespace pipes::test
