// A crowd: thousands of clients connected to one server process at once, what that costs while they are idle, and that
// all of them are served.
//
// The memory of a connection is what both processes and the kernel need more than before the instances were made: their
// own pages, the pages they share, page tables, sockets and descriptors. Those of the kernel are only known for the
// whole system, so the measurement is repeated, and the middle one counts.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "multiprocess/rounds.h"
#include "stress/crew.h"
#include "support/child.h"
#include "support/harness.h"

namespace pipes::test {
namespace {

constexpr uint32_t kClientProcesses = 2;
constexpr double kIdleConnectionKiB = 20;  // decision 13
// A socket and a memory file for each connection, and some for the process itself.
uint64_t descriptors_for(uint32_t connections) { return uint64_t{connections} * 2 + 100; }

// ------------------------------------------------------------------------------------------------------------ the roles

int tell(Parent& parent, const std::string& complaint) {
  parent.say(complaint.empty() ? "done" : complaint);
  return complaint.empty() ? 0 : 1;
}

// Arguments: the name, and how many instances. Does what it is told, and says when it is done.
PIPES_CHILD_ROLE(crowd_server) {
  const std::string name = parent.argument(0);
  const uint32_t count = parent.number(1);
  if (!raise_descriptor_limit(descriptors_for(count))) return tell(parent, "no descriptors");
  std::vector<Handle> servers;
  // What a process makes once, for its first connection.
  const Handle first = create_server(name);
  parent.say("ready");
  while (const std::optional<std::string> order = parent.next_line()) {
    if (*order == "create") {
      for (uint32_t i = 0; i < count; ++i) servers.push_back(create_server(name));
      if (!std::all_of(servers.begin(), servers.end(), [](const Handle& server) { return server.valid(); })) {
        return tell(parent, "an instance is missing");
      }
    } else if (*order == "answer") {
      for (const Handle& server : servers) {
        const Received request = read(server);
        if (!request.status.ok()) return tell(parent, "a request is missing");
        if (!write(server, request.bytes + request.bytes).status.ok()) return tell(parent, "an answer is missing");
      }
    }
    parent.say("done");
  }
  return 0;
}

// Arguments: the name, the first client's number, how many clients.
PIPES_CHILD_ROLE(crowd_clients) {
  const std::string name = parent.argument(0);
  const uint32_t first = parent.number(1);
  const uint32_t count = parent.number(2);
  if (!raise_descriptor_limit(descriptors_for(count))) return tell(parent, "no descriptors");
  std::vector<Handle> clients;
  Handle own_first;
  parent.say("ready");
  while (const std::optional<std::string> order = parent.next_line()) {
    if (*order == "open first") {
      own_first = open_client(name);
    } else if (*order == "open") {
      for (uint32_t i = 0; i < count; ++i) clients.push_back(open_client(name));
      if (!std::all_of(clients.begin(), clients.end(), [](const Handle& client) { return client.valid(); })) {
        return tell(parent, "a client is missing");
      }
    } else if (*order == "ask") {
      for (uint32_t i = 0; i < count; ++i) {
        if (!write(clients[i], std::to_string(first + i)).status.ok()) return tell(parent, "a write failed");
      }
    } else if (*order == "listen") {
      for (uint32_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(first + i);
        if (read(clients[i]).bytes != number + number) return tell(parent, "a wrong answer");
      }
    }
    parent.say("done");
  }
  return 0;
}

// ----------------------------------------------------------------------------------------------------------- measuring

// The numbers of a file like /proc/meminfo, in KiB.
std::map<std::string, int64_t> numbers_of(const std::string& file) {
  std::map<std::string, int64_t> numbers;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos) numbers[line.substr(0, colon)] = std::atoll(line.c_str() + colon + 1);
  }
  return numbers;
}

struct Memory {
  int64_t processes = 0;  // private pages, and the share of those of files
  int64_t shared = 0;     // the connections' own memory
  int64_t kernel = 0;
  [[nodiscard]] int64_t total() const { return processes + shared + kernel; }
};

Memory memory_of(const std::vector<const Child*>& children) {
  Memory memory;
  for (const Child* child : children) {
    auto rollup = numbers_of("/proc/" + std::to_string(child->process_id()) + "/smaps_rollup");
    memory.processes += rollup["Pss_Anon"] + rollup["Pss_File"];
  }
  auto system = numbers_of("/proc/meminfo");
  memory.shared = system["Shmem"];
  memory.kernel = system["Slab"] + system["PageTables"] + system["KernelStack"];
  return memory;
}

struct Crowd {
  Crowd(uint32_t count, const std::string& name) : server(Child::spawn("crowd_server", {name, std::to_string(count)})) {
    EXPECT_TRUE(server.expect_line("ready"));
    const uint32_t share = count / kClientProcesses;
    for (uint32_t i = 0; i < kClientProcesses; ++i) {
      clients.push_back(Child::spawn("crowd_clients", {name, std::to_string(i * share), std::to_string(share)}));
      EXPECT_TRUE(clients.back().expect_line("ready"));
    }
  }
  void order_clients(const std::string& order) {
    for (Child& child : clients) child.say(order);
    for (Child& child : clients) ASSERT_TRUE(child.expect_line("done")) << order;
  }
  void order_server(const std::string& order) {
    server.say(order);
    ASSERT_TRUE(server.expect_line("done")) << order;
  }
  [[nodiscard]] Memory memory() const {
    std::vector<const Child*> all{&server};
    for (const Child& child : clients) all.push_back(&child);
    return memory_of(all);
  }

  Child server;
  std::vector<Child> clients;
};

// What one idle connection cost, in KiB.
struct Cost {
  double all = 0;
  double without_kernel = 0;
};

// Gathers a crowd, and lets every client exchange a message.
Cost gather(uint32_t count) {
  Crowd crowd(count, unique_name());
  crowd.clients.front().say("open first");
  EXPECT_TRUE(crowd.clients.front().expect_line("done"));
  const Memory before = crowd.memory();
  crowd.order_server("create");
  const Memory created = crowd.memory();
  crowd.order_clients("open");
  const Memory idle = crowd.memory();
  crowd.order_clients("ask");
  crowd.order_server("answer");
  crowd.order_clients("listen");
  const auto each = [&](int64_t kib) { return static_cast<double>(kib) / count; };
  std::cout << count << " idle connections, KiB each: processes " << each(idle.processes - before.processes)
            << ", shared " << each(idle.shared - before.shared) << ", kernel " << each(idle.kernel - before.kernel)
            << ", together " << each(idle.total() - before.total()) << "; of that the instances themselves "
            << each(created.total() - before.total()) << '\n';
  return {each(idle.total() - before.total()), each(idle.total() - idle.kernel - before.total() + before.kernel)};
}

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

TEST(Crowd, DECISION_13_ThousandsOfIdleClientsCostLittleAndAreAllServed) {
  const auto count = static_cast<uint32_t>(rounds(300, 5'000, 40)) / kClientProcesses * kClientProcesses;
  if (!descriptor_limit_allows(descriptors_for(count))) {
    GTEST_SKIP() << "the hard limit of descriptors allows no " << count << " clients of one process";
  }
  std::vector<double> all;
  std::vector<double> without_kernel;
  for (int i = 0; i < 3 && !HasFailure(); ++i) {
    const Cost cost = gather(count);
    all.push_back(cost.all);
    without_kernel.push_back(cost.without_kernel);
  }
  ASSERT_FALSE(HasFailure());
  RecordProperty("idle_connection_kib", std::to_string(middle(all)));
  std::cout << "an idle connection costs " << middle(all) << " KiB, the kernel left out " << middle(without_kernel)
            << '\n';
  if (time_factor() != 1) return;  // a sanitizer's own bookkeeping is not the library's
  EXPECT_LE(middle(without_kernel), kIdleConnectionKiB);
  // What else the kernel does in the meantime is lost among thousands of connections, but not among fewer.
  if (full_scale()) {
    EXPECT_LE(middle(all), kIdleConnectionKiB);
  }
}

}  // namespace
}  // namespace pipes::test
