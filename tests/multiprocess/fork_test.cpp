// Fork without exec, decision 5: the child has a library of its own, without the parent's named pipes but with its
// anonymous ones, and does not keep the parent's connections and pipes alive.
//
// Everything here is about Linux.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "multiprocess/rounds.h"
#include "support/child.h"
#include "support/expect.h"
#include "support/harness.h"
#include "support/promptly.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

// The allocators of GCC 12's sanitizers leave their locks as they are in a forked child: one that another thread held
// at that moment is held there for ever, and the child hangs at its next allocation.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kAllocatorMayForkAmidWork = false;
#else
constexpr bool kAllocatorMayForkAmidWork = true;
#endif

// The thread sanitizer would end a forked child that starts a thread.
const ChildOptions kMayForkWithThreads{.environment = {"TSAN_OPTIONS=atexit_sleep_ms=0 die_after_fork=0"}};

// Collects what went wrong in a process that cannot fail a test.
class Findings {
 public:
  void expect(const std::string& what, Code expected, Code actual) {
    if (!(expected == actual)) text_ << what << " gave " << actual << "; ";
  }
  void expect(const std::string& what, const std::string& expected, const std::string& actual) {
    if (expected != actual) text_ << what << " read \"" << actual << "\"; ";
  }
  [[nodiscard]] std::string text() const { return text_.str().empty() ? "fine" : text_.str(); }

 private:
  std::ostringstream text_;
};

// What a forked child has of its parent's handles.
std::string check_inherited(pipes_handle named, const AnonymousPair& anonymous) {
  Findings findings;
  findings.expect("reading the named pipe", PIPES_ERROR_INVALID_HANDLE, read(named).status);
  findings.expect("writing to it", PIPES_ERROR_INVALID_HANDLE, write(named, "x").status);
  findings.expect("its state", PIPES_ERROR_INVALID_HANDLE, get_state(named).status);
  findings.expect("closing it", PIPES_ERROR_INVALID_HANDLE, pipes_close(named));
  findings.expect("writing to the anonymous pipe", PIPES_OK, write(anonymous.write_end, "kept").status);
  findings.expect("the anonymous pipe", "kept", read(anonymous.read_end).bytes);
  return findings.text();
}

// What a forked child can do with the pipe `taken`, which its parent serves or uses, and with one of its own.
std::string check_own_pipes(const std::string& taken) {
  Findings findings;
  findings.expect("opening the parent's busy pipe", PIPES_ERROR_PIPE_BUSY, try_open(taken).status);
  const Pair own = connected_pair();
  findings.expect("writing to its own pipe", PIPES_OK, write(own.client, "hello").status);
  findings.expect("its own pipe", "hello", read(own.server).bytes);
  Background reading([&] { return read(own.server).status; });
  (void)wait_until_blocked(reading);
  findings.expect("canceling a read", PIPES_OK, reading.cancel());
  findings.expect("the canceled read", PIPES_ERROR_OPERATION_ABORTED, reading.result());
  return findings.text();
}

// Serves (argument 1: `server`) or opens (`client`) the pipe argument 0, and forks. The child says its process id and
// what it found, and lives on, doing nothing.
PIPES_CHILD_ROLE(forking_process) {
  const std::string& name = parent.argument(0);
  const bool serves = parent.argument(1) == "server";
  const Handle end = serves ? create_server(name) : open_client(name);
  const AnonymousPair anonymous = anonymous_pair();
  parent.say("ready");
  if (!parent.expect_line("fork")) return 1;
  const pid_t child = ::fork();
  if (child == 0) {
    parent.say(std::to_string(::getpid()));
    parent.say(check_inherited(end, anonymous));
    parent.say(check_own_pipes(name));
    while (true) ::pause();
  }
  while (true) ::pause();
}

// A forking process, its forked child, and the test's end of a connection with the former.
struct Forked {
  std::string name = unique_name();
  Handle near_end;
  Child parent;
  pid_t child = 0;

  explicit Forked(bool parent_serves) : parent(start(parent_serves)) {
    EXPECT_TRUE(parent.expect_line("ready"));
    if (parent_serves) near_end = open_client(name);
    parent.say("fork");
    child = static_cast<pid_t>(std::stol(parent.next_line().value_or("0")));
    EXPECT_LT(0, child);
    EXPECT_TRUE(parent.expect_line("fine"));
    EXPECT_TRUE(parent.expect_line("fine"));
  }
  ~Forked() {
    if (child > 0) ::kill(child, SIGKILL);
  }
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;

  // Kills the parent while a read waits at the near end, and says how long that took to hear of it.
  std::chrono::milliseconds kill_parent() {
    Background blocked([&] { return read(near_end).status; });
    EXPECT_TRUE(wait_until_blocked(blocked));
    const Stopwatch watch;
    std::thread killer([&] { parent.kill(); });
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, blocked.result());
    const auto took = watch.elapsed();
    killer.join();
    (void)parent.wait();
    EXPECT_EQ(0, ::kill(child, 0)) << "the forked child was to live on";
    return took;
  }

 private:
  Child start(bool parent_serves) {
    if (!parent_serves) near_end = create_server(name, {.max_instances = 1});
    return Child::spawn("forking_process", {name, parent_serves ? "server" : "client"}, kMayForkWithThreads);
  }
};

TEST(Fork, DECISION_5_TheChildOfAKilledServerKeepsNeitherConnectionNorPipeAlive) {
  EXPECT_TRUE(takes_less_than(promptly(), [] {
    Forked forked(true);
    const auto took = forked.kill_parent();
    EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(forked.name).status);
    const Opened next = try_create_server(
        forked.name, {.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE, .max_instances = 1});
    EXPECT_STATUS(PIPES_OK, next.status);
    return took;
  }));
}

TEST(Fork, DECISION_5_TheChildOfAKilledClientKeepsNoConnectionAlive) {
  EXPECT_TRUE(takes_less_than(promptly(), [] {
    Forked forked(false);
    const auto took = forked.kill_parent();
    EXPECT_STATUS(PIPES_OK, disconnect(forked.near_end));
    Background connecting([&] { return connect(forked.near_end); });
    EXPECT_TRUE(wait_until_blocked(connecting));
    const Handle next = open_client(forked.name);
    EXPECT_STATUS(PIPES_OK, connecting.result());
    return took;
  }));
}

// Forks a child that creates a pipe of its own; false if that child failed.
bool fork_one_that_works() {
  const pid_t child = ::fork();
  if (child == 0) {
    // The heap may be locked by a thread that is not here; the allocator itself sees to that.
    const std::string name = R"(\\.\pipe\forked.)" + std::to_string(::getpid());
    const Opened server = try_create_server(name);
    const Opened client = try_open(name);
    const bool good = server.status.ok() && client.status.ok() && write(client.handle, "x").status.ok();
    ::kill(::getpid(), good ? SIGKILL : SIGABRT);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

// Forks while other threads create, use and close pipes, as often as argument 0 says. They make their first call when
// the first child is forked.
PIPES_CHILD_ROLE(forks_amid_work) {
  std::atomic<bool> stop{false};
  std::barrier begin(3);
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 2; ++worker) {
    workers.emplace_back([&] {
      begin.arrive_and_wait();
      while (!stop) {
        const Pair pair = connected_pair();
        (void)write(pair.client, "x");
        (void)read(pair.server);
      }
    });
  }
  begin.arrive_and_wait();
  int failed = 0;
  for (uint32_t round = 0; round < parent.number(0); ++round) failed += fork_one_that_works() ? 0 : 1;
  stop = true;
  for (std::thread& worker : workers) worker.join();
  parent.say(std::to_string(failed) + " failed");
  return 0;
}

void expect_children_that_work(int forks) {
  if (!kAllocatorMayForkAmidWork) GTEST_SKIP() << "the sanitizer's allocator";
  Child child = Child::spawn("forks_amid_work", {std::to_string(forks)}, kMayForkWithThreads);
  EXPECT_TRUE(child.expect_line("0 failed"));
  EXPECT_EQ(0, child.wait().code);
}

TEST(Fork, DECISION_5_AForkAmidWorkGivesAChildThatWorks) { expect_children_that_work(rounds(20, 200, 3)); }

// Whatever the library makes at its first call is being made at the fork.
TEST(Fork, DECISION_5_AForkAmidTheFirstCallGivesAChildThatWorks) {
  for (int i = 0; i < rounds(20, 500, 3) && !HasFailure() && !IsSkipped(); ++i) expect_children_that_work(1);
}

}  // namespace
}  // namespace pipes::test
