// Very many overlapped operations at once, begun anew as they end and served by a few threads through one port, while
// some are cancelled and pipes are closed under them: each ends exactly once, no byte is lost or doubled, and n of them
// cost n times as much as one.
#include "support/overlapped.h"

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "multiprocess/rounds.h"
#include "stress/crew.h"
#include "support/child.h"

namespace pipes::test {
namespace {

constexpr uint32_t kThreads = 4;
constexpr uint32_t kOperationsOfAnEnd = 10;  // half of them reads, half of them writes
constexpr uint32_t kMessageMax = 64;
constexpr uint32_t kNumberBytes = sizeof(uint64_t);  // at the beginning of each message
constexpr uint32_t kQuota = 100;
constexpr uint64_t kStopKey = 1;

// Two sockets and two memories for each pipe whose ends are both here.
uint64_t descriptors_for(uint64_t pipes) { return pipes * 4 + 200; }

// What became of the writes, and which of their messages were read.
class Ledger {
 public:
  explicit Ledger(size_t writes_max) : outcomes_(writes_max), seen_(writes_max) {}

  // Nothing if there are no more numbers: then it is time to stop anyway.
  std::optional<uint64_t> new_number() {
    const uint64_t number = next_.fetch_add(1);
    return number < outcomes_.size() ? std::optional(number) : std::nullopt;
  }
  void written(uint64_t number, Code status) {
    const auto outcome = static_cast<uint8_t>(status.ok()                               ? kWritten
                                              : status == PIPES_ERROR_OPERATION_ABORTED ? kCancelled
                                                                                        : kBroken);
    if (outcomes_[number].exchange(outcome) != kNone) complain("write ", number, " ended twice");
  }
  void read(uint64_t number) {
    if (number >= seen_.size()) complain("message ", number, " was never written");
    if (seen_[number].exchange(1) != 0) complain("message ", number, " was read twice");
  }
  // When all is over. CANCEL-9: of a write that was taken back nothing was read, for it was a message in one piece.
  void check() const {
    for (size_t number = 0; number < outcomes_.size(); ++number) {
      if (outcomes_[number] == kCancelled && seen_[number] != 0)
        complain("message ", number, " was cancelled and read");
    }
  }

 private:
  enum Outcome : uint8_t { kNone, kWritten, kCancelled, kBroken };
  std::atomic<uint64_t> next_{0};
  std::vector<std::atomic<uint8_t>> outcomes_;
  std::vector<std::atomic<uint8_t>> seen_;
};

struct Pipe;

// An operation that is begun again and again.
struct Flight : pipes_overlapped {
  std::atomic<bool> in_flight{false};
  Pipe* pipe = nullptr;
  bool of_server = false;
  bool writes = false;
  uint64_t number = 0;
  std::array<char, kMessageMax> buffer{};
};

// The ends that this process has of an instance.
struct Pipe {
  std::mutex mutex;  // the ends are not exchanged while an operation is begun or cancelled
  std::string name;
  Handle server;
  Handle client;
  std::deque<Flight> flights;
};

// Which ends of the pipes live here.
enum class Ends : uint32_t { kBoth = 0, kServers = 1, kClients = 2 };

class Fleet {
 public:
  Fleet(const std::string& name, uint32_t pipes, Ends ends, uint64_t completions)
      : ends_(ends),
        ledger_(completions + uint64_t{pipes} * kOperationsOfAnEnd * 4),
        wanted_(completions),
        port_(new_port()) {
    for (uint32_t i = 0; i < pipes; ++i) {
      Pipe& pipe = pipes_.emplace_back();
      pipe.name = name + "." + std::to_string(i);
      for (const bool of_server : {true, false}) {
        if (ends == (of_server ? Ends::kClients : Ends::kServers)) continue;
        for (uint32_t j = 0; j < kOperationsOfAnEnd; ++j) {
          Flight& flight = pipe.flights.emplace_back();
          flight.pipe = &pipe;
          flight.of_server = of_server;
          flight.writes = j % 2 == 0;
        }
      }
    }
  }

  [[nodiscard]] uint64_t operations() const {
    return pipes_.size() * kOperationsOfAnEnd * (ends_ == Ends::kBoth ? 2 : 1);
  }

  // Ends that clients can open.
  void create() {
    for (Pipe& pipe : pipes_) {
      const std::lock_guard lock(pipe.mutex);
      make_ends(pipe);
    }
  }

  // What went wrong first; empty if nothing did.
  std::string fly() {
    Dice dice(pipes_.size());
    for (Pipe& pipe : pipes_) {
      if (ends_ == Ends::kServers && !accept_client(pipe.server)) return "no client";
      const std::lock_guard lock(pipe.mutex);
      for (Flight& flight : pipe.flights) begin(flight, dice);
    }
    Crew crew;
    for (uint32_t i = 0; i < kThreads; ++i) {
      crew.start([this, i] {
        try {
          serve(i);
        } catch (const Complaint&) {
          stop();
          throw;
        }
      });
    }
    std::string complaint = crew.join();
    if (!complaint.empty()) return complaint;
    try {
      ledger_.check();
    } catch (const Complaint& wrong) {
      return wrong.what();
    }
    while (true) {
      const Packet packet = take_packet(port_, 0);
      if (packet.status == PIPES_ERROR_WAIT_TIMEOUT) return {};
      if (packet.key != kStopKey) return "a packet too many";
    }
  }

  // Ends come and go only where both live here: nobody else must learn of new ones.
  [[nodiscard]] bool may_renew() const { return ends_ == Ends::kBoth; }

 private:
  void bind(pipes_handle end) {
    if (const Code status = pipes_port_associate(port_, end, 0); !status.ok()) complain("binding: ", status);
  }

  void make_ends(Pipe& pipe) {
    if (ends_ != Ends::kClients) {
      Opened server = try_create_server(pipe.name, overlapped(with_quota(message_pipe(), kQuota)));
      if (!server.status.ok()) complain("creating: ", server.status);
      pipe.server = std::move(server.handle);
      bind(pipe.server);
    }
    if (ends_ != Ends::kServers) {
      Opened client = try_open(pipe.name, kReadWrite, PIPES_FLAG_OVERLAPPED);
      if (!client.status.ok()) complain("opening: ", client.status);
      pipe.client = std::move(client.handle);
      if (const Code set = set_mode(pipe.client, PIPES_READMODE_MESSAGE); !set.ok()) complain("mode: ", set);
      bind(pipe.client);
    }
  }

  // The pipe's lock is held. False if the end is over, as it is where the other process has closed its own.
  bool begin(Flight& flight, Dice& dice) {
    const pipes_handle end = flight.of_server ? flight.pipe->server : flight.pipe->client;
    if (flight.in_flight.exchange(true)) complain("begun twice");
    aloft_.fetch_add(1);
    uint32_t count = 0;
    Code status;
    if (flight.writes) {
      const auto number = ledger_.new_number();
      if (!number) {
        set_down(flight);
        stop();
        return false;
      }
      flight.number = *number;
      const uint32_t size = kNumberBytes + dice.below(kMessageMax - kNumberBytes);
      std::memcpy(flight.buffer.data(), &*number, sizeof *number);
      const std::string_view rest = pattern(*number, size - kNumberBytes);
      std::ranges::copy(rest, flight.buffer.data() + sizeof *number);
      status = pipes_write(end, flight.buffer.data(), size, &count, &flight);
    } else {
      status = pipes_read(end, flight.buffer.data(), kMessageMax, &count, &flight);
    }
    if (status.ok() || status == PIPES_ERROR_IO_PENDING) return true;
    const bool is_over = status == PIPES_ERROR_BROKEN_PIPE || status == PIPES_ERROR_NO_DATA;
    if (!is_over || ends_ == Ends::kBoth) complain("beginning: ", status);
    set_down(flight);
    if (aloft_.load() == 0) stop();  // the other process has closed its ends
    return false;
  }

  void set_down(Flight& flight) {
    if (!flight.in_flight.exchange(false)) complain("an operation ended twice");
    aloft_.fetch_sub(1);
  }

  void check_end(Flight& flight, const pipes_port_entry& entry) {
    uint32_t count = 0;
    const Code status = pipes_get_overlapped_result(PIPES_INVALID_HANDLE, &flight, &count, 0, 0);
    const bool allowed = status.ok() || status == PIPES_ERROR_OPERATION_ABORTED || status == PIPES_ERROR_BROKEN_PIPE;
    if (!allowed) complain("an operation ended with ", status);
    if (count != entry.transferred || flight.internal != entry.internal) complain("the packet tells something else");
    if (flight.writes) return ledger_.written(flight.number, status);
    if (!status.ok()) return;
    uint64_t number = 0;
    if (count < sizeof number) complain("a message of ", count, " bytes");
    std::memcpy(&number, flight.buffer.data(), sizeof number);
    const std::string_view rest(flight.buffer.data() + sizeof number, count - sizeof number);
    if (rest != pattern(number, static_cast<uint32_t>(rest.size()))) complain("message ", number, " is garbled");
    if (ends_ == Ends::kBoth) ledger_.read(number);
  }

  void serve(uint32_t seed) {
    Dice dice(seed + 100);
    std::array<pipes_port_entry, 16> entries{};
    while (true) {
      uint32_t taken = 0;
      const Code status = pipes_port_get_many(port_, entries.data(), entries.size(), &taken, PIPES_INFINITE, 0);
      if (!status.ok()) complain("the port: ", status);
      for (uint32_t i = 0; i < taken; ++i) {
        if (entries[i].key != kStopKey) {
          land(*static_cast<Flight*>(entries[i].overlapped), entries[i], dice);
        }
      }
      if (stopped_.load()) {
        close_all();
        if (aloft_.load() == 0) return wake_others();
      }
    }
  }

  void land(Flight& flight, const pipes_port_entry& entry, Dice& dice) {
    check_end(flight, entry);
    set_down(flight);
    if (landed_.fetch_add(1) + 1 >= wanted_) stop();
    if (stopped_.load()) return;
    Pipe& pipe = *flight.pipe;
    const std::lock_guard lock(pipe.mutex);
    if (stopped_.load()) return;
    if (may_renew() && dice.below(3000) == 0) renew(pipe);
    if (!begin(flight, dice)) return;
    if (dice.below(20) == 0) cancel_some(pipe, dice);
  }

  // Whatever is in flight there lands, and begins anew at the new ends.
  void renew(Pipe& pipe) {
    for (Handle* const end : {&pipe.server, &pipe.client}) {
      if (const Code closed = end->close(); !closed.ok()) complain("closing: ", closed);
    }
    make_ends(pipe);
  }

  void cancel_some(Pipe& pipe, Dice& dice) {
    const Flight& flight = pipe.flights[dice.below(static_cast<uint32_t>(pipe.flights.size()))];
    const pipes_handle end = flight.of_server ? pipe.server : pipe.client;
    const bool all = dice.below(10) == 0;
    const Code status = pipes_cancel_ex(end, all ? nullptr : &flight);
    if (!status.ok() && status != PIPES_ERROR_NOT_FOUND) complain("cancelling: ", status);
  }

  void stop() {
    if (!stopped_.exchange(true)) wake_others();
  }
  void wake_others() {
    for (uint32_t i = 0; i < kThreads; ++i) (void)pipes_port_post(port_, 0, kStopKey, nullptr);
  }
  void close_all() {
    for (Pipe& pipe : pipes_) {
      const std::lock_guard lock(pipe.mutex);
      (void)pipe.server.close();
      (void)pipe.client.close();
    }
  }

  const Ends ends_;
  std::deque<Pipe> pipes_;
  Ledger ledger_;
  const uint64_t wanted_;
  Handle port_;
  std::atomic<uint64_t> aloft_{0};
  std::atomic<uint64_t> landed_{0};
  std::atomic<bool> stopped_{false};
};

struct Plan {
  uint32_t pipes;
  uint64_t completions;
};
Plan plan(uint32_t operations_of_a_pipe) {
  const auto operations = static_cast<uint32_t>(rounds(2'000, 10'000, 400)) / (time_factor() > 1 ? 4 : 1);
  const uint32_t pipes = std::max(1u, operations / operations_of_a_pipe);
  return {pipes, static_cast<uint64_t>(operations) * 30};
}

TEST(OverlappedFleet, OVL_15_TenThousandInFlightEndOnceEach) {
  const Plan plan = test::plan(2 * kOperationsOfAnEnd);
  if (!raise_descriptor_limit(descriptors_for(plan.pipes))) GTEST_SKIP() << "not so many descriptors are allowed";
  Fleet fleet(unique_name(), plan.pipes, Ends::kBoth, plan.completions);
  fleet.create();
  EXPECT_EQ("", fleet.fly());
}

// Arguments: the name, the pipes, how many operations are to end.
PIPES_CHILD_ROLE(fleet_clients) {
  if (!raise_descriptor_limit(descriptors_for(parent.number(1)))) return 1;
  Fleet fleet(parent.argument(0), parent.number(1), Ends::kClients, parent.number(2));
  fleet.create();
  const std::string complaint = fleet.fly();
  parent.say(complaint.empty() ? "done" : complaint);
  return 0;
}

// Here the peer's doorbell is what most of them wait for.
TEST(OverlappedFleet, OVL_15_TenThousandInFlightBetweenTwoProcessesEndOnceEach) {
  const Plan plan = test::plan(kOperationsOfAnEnd);
  if (!raise_descriptor_limit(descriptors_for(plan.pipes))) GTEST_SKIP() << "not so many descriptors are allowed";
  const std::string name = unique_name();
  Fleet fleet(name, plan.pipes, Ends::kServers, plan.completions);
  fleet.create();
  Child clients = Child::spawn("fleet_clients", {name, std::to_string(plan.pipes), std::to_string(plan.completions)});
  EXPECT_EQ("", fleet.fly());
  EXPECT_TRUE(clients.expect_line("done"));
}

// ------------------------------------------------------------------------------------------- a structure used again

// Whoever has been told of the end of an operation may use its structure and its event for the next at once: nothing of
// the last one comes after.
void read_with_one_structure(pipes_handle reader, int turns) {
  const Handle event = new_event();
  pipes_overlapped structure{};
  structure.event = event;
  uint32_t value = 0;
  for (int turn = 0; turn < turns; ++turn) {
    const Code begun = pipes_read(reader, &value, sizeof value, nullptr, &structure);
    if (begun == PIPES_ERROR_IO_PENDING) {
      const bool set = is_signalled(event);
      const bool pending = std::atomic_ref(structure.internal).load() == kNtPending;
      if (set && pending) complain("turn ", turn, ": the event is set, and the operation is pending");
    } else if (!begun.ok()) {
      complain("turn ", turn, ": reading began with ", begun);
    }
    uint32_t count = 0;
    const Code ended = pipes_get_overlapped_result(reader, &structure, &count, PIPES_INFINITE, 0);
    if (!ended.ok() || count != sizeof value) complain("turn ", turn, ": ", ended, " and ", count, " bytes");
    if (value != static_cast<uint32_t>(turn)) complain("turn ", turn, ": read ", value);
  }
}

// Whoever writes to it must not wait for ever when something was wrong.
void use_one_structure_again(pipes_handle reader, int turns) {
  try {
    read_with_one_structure(reader, turns);
  } catch (const Complaint&) {
    (void)pipes_close(reader);
    throw;
  }
}

std::string write_numbers(pipes_handle writer, int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    const auto value = static_cast<uint32_t>(turn);
    uint32_t count = 0;
    const Code status = pipes_write(writer, &value, sizeof value, &count, nullptr);
    if (!status.ok()) return "a write failed";
  }
  return {};
}

PIPES_CHILD_ROLE(writes_numbers) {
  const Handle client = open_client(parent.argument(0));
  parent.say(write_numbers(client, static_cast<int>(parent.number(1))) + "done");
  return 0;
}

TEST(OverlappedAgain, OVL_16_AStructureCanBeUsedAgainWhenItsEndIsTold) {
  const int turns = rounds(30'000, 500'000, 2'000) / (time_factor() > 1 ? 4 : 1);
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), 0)));
  const Handle client = open_client(name);
  Crew crew;
  crew.start([&] { use_one_structure_again(server, turns); });
  crew.start([&] {
    if (!write_numbers(client, turns).empty()) complain("a write failed");
  });
  EXPECT_EQ("", crew.join());
}

TEST(OverlappedAgain, OVL_16_AStructureCanBeUsedAgainWhenItsEndIsToldByAnotherProcess) {
  const int turns = rounds(30'000, 500'000, 2'000) / (time_factor() > 1 ? 4 : 1);
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), 0)));
  Child writer = Child::spawn("writes_numbers", {name, std::to_string(turns)});
  Crew crew;
  crew.start([&] {
    if (!accept_client(server)) complain("no client");
    use_one_structure_again(server, turns);
  });
  EXPECT_EQ("", crew.join());
  EXPECT_TRUE(writer.expect_line("done"));
}

// ------------------------------------------------------------------------------------------------------------ cost

std::chrono::nanoseconds processor_time_of_this_thread() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// What this thread computes for n operations at an end whose peer is here too, so that this thread does it all. The
// least of several times: whatever else the computer does only adds.
template <class Work>
std::chrono::nanoseconds cost_of(uint32_t n, Work work) {
  auto least = std::chrono::nanoseconds::max();
  for (int i = 0; i < 5; ++i) {
    const Pair pair = connected_pair(overlapped(with_quota(message_pipe(), 0)));
    const Handle port = new_port();
    EXPECT_STATUS(PIPES_OK, pipes_port_associate(port, pair.server, 0));
    std::vector<pipes_overlapped> structures(n);
    std::vector<uint64_t> buffers(n);
    const auto before = processor_time_of_this_thread();
    work(pair, structures, buffers);
    least = std::min(least, processor_time_of_this_thread() - before);
    std::vector<bool> told(n);
    for (uint32_t left = n; left > 0; --left) {
      const Packet packet = take_packet(port, 0);
      if (packet.overlapped == nullptr) {
        ADD_FAILURE() << left << " of " << n << " operations have not ended";
        break;
      }
      const auto index = static_cast<size_t>(packet.overlapped - structures.data());
      EXPECT_FALSE(told[index]);
      told[index] = true;
    }
    EXPECT_EQ(no_packet(PIPES_ERROR_WAIT_TIMEOUT), take_packet(port, 0));
  }
  return least;
}

// Ten times as many cost ten times as much, give or take what a cache does; were it their square, it were a hundred.
template <class Work>
void expect_linear(Work work) {
  constexpr uint32_t kFew = 2'000;
  const auto few = cost_of(kFew, work);
  const auto many = cost_of(10 * kFew, work);
  EXPECT_LT(many, 40 * few) << few.count() << " ns for " << kFew << ", " << many.count() << " ns for ten times as many";
}

void begin_reads(const Pair& pair, std::vector<pipes_overlapped>& structures, std::vector<uint64_t>& buffers) {
  for (size_t i = 0; i < structures.size(); ++i) {
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING,
                  pipes_read(pair.server, &buffers[i], sizeof buffers[i], nullptr, &structures[i]));
  }
}
void begin_writes(const Pair& pair, std::vector<pipes_overlapped>& structures, std::vector<uint64_t>& buffers) {
  for (size_t i = 0; i < structures.size(); ++i) {
    buffers[i] = i;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING,
                  pipes_write(pair.server, &buffers[i], sizeof buffers[i], nullptr, &structures[i]));
  }
}

TEST(OverlappedCost, OVL_15_ReadsCostTheSameHoweverManyWait) {
  expect_linear([](const Pair& pair, auto& structures, auto& buffers) {
    begin_reads(pair, structures, buffers);
    for (uint64_t i = 0; i < structures.size(); ++i) {
      uint32_t count = 0;
      ASSERT_STATUS(PIPES_OK, pipes_write(pair.client, &i, sizeof i, &count, nullptr));
    }
    for (uint64_t i = 0; i < structures.size(); ++i) ASSERT_EQ(i, buffers[i]);
  });
}

TEST(OverlappedCost, OVL_15_WritesCostTheSameHoweverManyWait) {
  expect_linear([](const Pair& pair, auto& structures, auto& buffers) {
    begin_writes(pair, structures, buffers);
    for (uint64_t i = 0; i < structures.size(); ++i) {
      uint64_t value = 0;
      uint32_t count = 0;
      ASSERT_STATUS(PIPES_OK, pipes_read(pair.client, &value, sizeof value, &count, nullptr));
      ASSERT_EQ(i, value);
    }
  });
}

TEST(OverlappedCost, CANCEL_2_CancellingAllCostsTheSameForEach) {
  expect_linear([](const Pair& pair, auto& structures, auto& buffers) {
    begin_reads(pair, structures, buffers);
    ASSERT_STATUS(PIPES_OK, pipes_cancel_ex(pair.server, nullptr));
  });
  expect_linear([](const Pair& pair, auto& structures, auto& buffers) {
    begin_writes(pair, structures, buffers);
    ASSERT_STATUS(PIPES_OK, pipes_cancel_ex(pair.server, nullptr));
  });
}

TEST(OverlappedCost, CLOSE_4_ThePeersClosingCostsTheSameForEach) {
  expect_linear([](const Pair& pair, auto& structures, auto& buffers) {
    begin_reads(pair, structures, buffers);
    ASSERT_STATUS(PIPES_OK, pipes_close(pair.client));
  });
  expect_linear([](const Pair& pair, auto& structures, auto& buffers) {
    begin_writes(pair, structures, buffers);
    ASSERT_STATUS(PIPES_OK, pipes_close(pair.client));
  });
}

}  // namespace
}  // namespace pipes::test
