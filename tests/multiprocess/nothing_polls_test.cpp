// A process that waits does nothing at all: no thread of it wakes up, none makes a system call, however long it waits.
//
// The kernel counts how often each thread went to sleep. Everything here is about Linux.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "multiprocess/rounds.h"
#include "support/child.h"
#include "support/overlapped.h"
#include "support/platform.h"

namespace pipes::test {
namespace {

const ServerOptions kNoQuota{.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE, .out_buffer = 0, .in_buffer = 0};

// ----------------------------------------------------------------------------------------------------------- observing

// What a thread did up to a moment.
struct ThreadCounts {
  bool asleep = false;
  uint64_t sleeps = 0;      // voluntary context switches
  std::string system_call;  // the one it is in, with its arguments; empty if that is not told
  friend bool operator==(const ThreadCounts&, const ThreadCounts&) = default;
};
using ProcessCounts = std::map<int, ThreadCounts>;

std::string contents(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::set<int> threads_of(uint32_t process) {
  std::set<int> threads;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", error)) {
    threads.insert(std::stoi(entry.path().filename().string()));
  }
  return threads;
}

ProcessCounts counts_of(uint32_t process, const std::set<int>& ignored) {
  ProcessCounts counts;
  for (const int thread : threads_of(process)) {
    if (ignored.contains(thread)) continue;
    const std::string folder = "/proc/" + std::to_string(process) + "/task/" + std::to_string(thread);
    std::istringstream status(contents(folder + "/status"));
    ThreadCounts& count = counts[thread];
    for (std::string word; status >> word;) {
      if (word == "State:") count.asleep = (status >> word) && word == "S";
      if (word == "voluntary_ctxt_switches:") status >> count.sleeps;
    }
    count.system_call = contents(folder + "/syscall");
  }
  return counts;
}

bool all_asleep(const ProcessCounts& counts) {
  for (const auto& [thread, count] : counts) {
    if (!count.asleep) return false;
  }
  return !counts.empty();
}

uint64_t sleeps(const ProcessCounts& counts) {
  uint64_t sum = 0;
  for (const auto& [thread, count] : counts) sum += count.sleeps;
  return sum;
}

// Waits until the process has come to rest: all its threads sleep, and have through several looks. A thread that wakes
// now and then is found later, by its count; one that never rests is given up on.
ProcessCounts counts_at_rest(uint32_t process, const std::set<int>& ignored) {
  ProcessCounts before = counts_of(process, ignored);
  int quiet_looks = 0;
  for (int look = 0; look < 10'000 && quiet_looks < 50; ++look) {
    platform::let_others_run();
    ProcessCounts now = counts_of(process, ignored);
    quiet_looks = all_asleep(now) && now == before ? quiet_looks + 1 : 0;
    before = std::move(now);
  }
  return before;
}

// ------------------------------------------------------------------------------------------------------------- waiting

using Wait = Code (*)(const std::string& name);

Code opened_then(const std::string& name, Code (*call)(pipes_handle)) {
  const Handle client = open_client(name);
  (void)set_mode(client, PIPES_READMODE_MESSAGE);
  return call(client);
}

// Begins an overlapped operation at the pipe's client end, or at a server end of its own, and then waits.
Code pending_then(const std::string& name, Code (*begin)(Overlapped&, pipes_handle),
                  Code (*wait)(Overlapped&, pipes_handle), ToldBy told_by = ToldBy::kEvent) {
  const Handle client = open_overlapped(name);
  Overlapped operation(told_by);
  const Code begun = begin(operation, client);
  return begun == PIPES_ERROR_IO_PENDING || begun.ok() ? wait(operation, client) : begun;
}

Code begin_reading(Overlapped& operation, pipes_handle end) { return operation.read(end); }
Code begin_writing(Overlapped& operation, pipes_handle end) { return operation.write(end, "waits"); }

// The thread has something else to do than to wait for the operation, which nobody does then.
Code wait_for_nothing(Overlapped&, pipes_handle) {
  while (true) ::pause();
}

Code wait_at_descriptor(pipes_handle end, uint32_t which) {
  pollfd waited{-1, POLLIN, 0};
  const Code status = pipes_get_event_fd(end, which, &waited.fd);
  if (status.ok()) ::poll(&waited, 1, -1);
  return status;
}

const std::map<std::string, Wait>& waits() {
  static const std::map<std::string, Wait> all = {
      {"read",
       [](const std::string& name) { return opened_then(name, [](pipes_handle end) { return read(end).status; }); }},
      {"write",
       [](const std::string& name) {
         return opened_then(name, [](pipes_handle end) { return write(end, "waits").status; });
       }},
      {"flush",
       [](const std::string&) {
         const Pair pair = connected_pair();
         (void)write(pair.client, "stays unread");
         return flush(pair.client);
       }},
      {"transact",
       [](const std::string& name) {
         return opened_then(name, [](pipes_handle end) { return transact(end, "").status; });
       }},
      {"connect", [](const std::string&) { return connect(create_server(unique_name())); }},
      {"wait_available",
       [](const std::string& name) {
         const Handle client = open_client(name);
         return wait_available(name);
       }},
      {"anonymous_read",
       [](const std::string&) {
         pipes_handle read_end = PIPES_INVALID_HANDLE;
         pipes_handle write_end = PIPES_INVALID_HANDLE;
         (void)pipes_create_anonymous(&read_end, &write_end, nullptr, 0);
         return read(read_end).status;
       }},
      {"anonymous_write",
       [](const std::string&) {
         pipes_handle read_end = PIPES_INVALID_HANDLE;
         pipes_handle write_end = PIPES_INVALID_HANDLE;
         (void)pipes_create_anonymous(&read_end, &write_end, nullptr, 0);
         return write(write_end, bytes(8u << 20)).status;
       }},
      {"event",
       [](const std::string& name) {
         return pending_then(name, begin_reading,
                             [](Overlapped& operation, pipes_handle) { return wait_for(operation.event()); });
       }},
      {"pipe_handle",
       [](const std::string& name) {
         return pending_then(
             name, begin_reading, [](Overlapped&, pipes_handle end) { return wait_for(end); }, ToldBy::kHandle);
       }},
      {"overlapped_result",
       [](const std::string& name) {
         return pending_then(name, begin_writing,
                             [](Overlapped& operation, pipes_handle) { return operation.status(); });
       }},
      {"alertable_sleep",
       [](const std::string& name) {
         return pending_then(
             name, [](Overlapped& operation, pipes_handle end) { return operation.read_ex(end); },
             [](Overlapped&, pipes_handle) { return Code(pipes_sleep(PIPES_INFINITE, 1)); });
       }},
      {"port",
       [](const std::string& name) {
         static const Handle port = new_port();
         return pending_then(
             name,
             [](Overlapped& operation, pipes_handle end) {
               (void)pipes_port_associate(port, end, 0);
               return operation.read(end);
             },
             [](Overlapped&, pipes_handle) { return take_packet(port).status; }, ToldBy::kHandle);
       }},
      {"empty_port", [](const std::string&) { return take_packet(new_port()).status; }},
      {"read_pending", [](const std::string& name) { return pending_then(name, begin_reading, wait_for_nothing); }},
      {"write_pending", [](const std::string& name) { return pending_then(name, begin_writing, wait_for_nothing); }},
      {"connect_pending",
       [](const std::string&) {
         const Handle server = create_server(unique_name(), overlapped(kNoQuota));
         Overlapped operation;
         const Code begun = operation.connect(server);
         return begun == PIPES_ERROR_IO_PENDING ? wait_for_nothing(operation, server) : begun;
       }},
      {"readable_descriptor",
       [](const std::string& name) {
         return opened_then(name, [](pipes_handle end) { return wait_at_descriptor(end, PIPES_EVENT_READABLE); });
       }},
      {"writable_descriptor",
       [](const std::string& name) {
         return opened_then(name, [](pipes_handle end) { return wait_at_descriptor(end, PIPES_EVENT_WRITABLE); });
       }},
  };
  return all;
}

// Waits in the way argument 0 says, at the pipe argument 1. Says first which threads are there besides its own, which a
// sanitizer may have started.
PIPES_CHILD_ROLE(waiting_process) {
  std::thread([] {}).join();  // the first thread may bring the sanitizer's own with it
  std::string others;
  for (const int thread : threads_of(platform::process_id())) {
    if (thread != ::getpid()) others += std::to_string(thread) + " ";
  }
  parent.say(others);
  const Code status = waits().at(parent.argument(0))(parent.argument(1));
  std::ostringstream line;
  line << "returned " << status;
  parent.say(line.str());
  return 0;
}

struct Waiting {
  std::string how;
  Handle server;
  Child process;
  std::set<int> ignored;
  ProcessCounts before;
};

Waiting start_to_wait(const std::string& how) {
  const std::string name = unique_name();
  Handle server = create_server(name, kNoQuota);
  Waiting waiting{how, std::move(server), Child::spawn("waiting_process", {how, name}), {}, {}};
  std::istringstream others(waiting.process.next_line().value_or(""));
  for (int thread = 0; others >> thread;) waiting.ignored.insert(thread);
  return waiting;
}

TEST(NothingPolls, DECISION_42_AProcessThatWaitsNeitherWakesNorCallsTheSystem) {
  std::vector<Waiting> all;
  for (const auto& [how, call] : waits()) all.push_back(start_to_wait(how));
  // One that sleeps on its way may look as if it rested, while the others begin and its server, here, has little time
  // for it. They all rest once they all do twice.
  constexpr int kPassesMax = 20;
  bool is_as_before = false;
  for (int pass = 0; pass < kPassesMax && !is_as_before; ++pass) {
    is_as_before = pass > 0;
    for (Waiting& waiting : all) {
      ProcessCounts now = counts_at_rest(waiting.process.process_id(), waiting.ignored);
      is_as_before = is_as_before && now == waiting.before;
      waiting.before = std::move(now);
    }
  }

  // The fact is about a span of time.
  const timespec span{.tv_sec = full_scale() ? 10 : 2, .tv_nsec = 0};
  ::nanosleep(&span, nullptr);

  for (Waiting& waiting : all) {
    SCOPED_TRACE(waiting.how);
    const ProcessCounts after = counts_of(waiting.process.process_id(), waiting.ignored);
    ASSERT_TRUE(all_asleep(after)) << waiting.process.next_line().value_or("it ended");
    EXPECT_EQ(waiting.before.size(), after.size());
    EXPECT_GE(sleeps(waiting.before) + 2, sleeps(after));
    for (const auto& [thread, count] : after) {
      if (count.sleeps == waiting.before[thread].sleeps) {
        EXPECT_EQ(waiting.before[thread].system_call, count.system_call);
      }
    }
    waiting.process.kill();
  }
}

}  // namespace
}  // namespace pipes::test
