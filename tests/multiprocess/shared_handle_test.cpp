// Threads that share a handle while it is closed under them, on systems that have membarrier(2), refuse it from the
// beginning, or come to refuse it (a sandbox entered late). The library orders closing and locking by it where it can;
// whatever the system says, no call may hang, use what is gone, or leave something behind.
//
// Everything here is about Linux.
#include <errno.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "multiprocess/refused_calls.h"
#include "multiprocess/rounds.h"
#include "support/child.h"
#include "support/expect.h"
#include "support/harness.h"
#include "support/holdings.h"

namespace pipes::test {
namespace {

constexpr uint32_t kCallers = 3;
constexpr const char* kRefusedVariable = "PIPES_TEST_NO_MEMBARRIER";

// Begins this program anew, in the same role.
void execute_again() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string line{std::istreambuf_iterator<char>(file), {}};
  std::vector<char*> words;
  for (size_t at = 0; at < line.size(); at = line.find('\0', at) + 1) words.push_back(line.data() + at);
  words.push_back(nullptr);
  ::execv("/proc/self/exe", words.data());
}

// Calls that a handle closed meanwhile may answer with its end, or with not being a handle.
bool is_expected(Code status) {
  return status == Code{PIPES_OK} || status == Code{PIPES_ERROR_INVALID_HANDLE} ||
         status == Code{PIPES_ERROR_BROKEN_PIPE} || status == Code{PIPES_ERROR_OPERATION_ABORTED};
}

// One pipe: threads that write, peek and read at one end, closed in the middle of it. Returns what was not expected.
std::string close_under_callers() {
  Pair pair = connected_pair();
  const pipes_handle client = pair.client;
  std::atomic<uint32_t> calls{0};
  std::atomic<uint32_t> wrong{0};
  std::vector<std::thread> callers;
  for (uint32_t caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      Code status = PIPES_OK;
      while (status == Code{PIPES_OK}) {
        if (caller == 0) status = write(client, "to the other end").status;
        if (caller == 1) status = peek(client, 64).status;
        if (caller == 2) status = read(client, 64).status;
        calls.fetch_add(1);
      }
      if (!is_expected(status)) wrong = status.number;
    });
  }
  // The other end sends back what comes, so that all of them have something to do, until the handle is gone.
  Code status = PIPES_OK;
  while (status == Code{PIPES_OK} && calls.load() < 200) {
    const auto request = read(pair.server, 64);
    status = request.status;
    if (status == Code{PIPES_OK}) status = write(pair.server, request.bytes).status;
  }
  const Code closed = pair.client.close();
  for (std::thread& caller : callers) caller.join();
  const Code again = pipes_close(client);
  if (closed != Code{PIPES_OK}) return "closing failed";
  if (again != Code{PIPES_ERROR_INVALID_HANDLE}) return "the closed handle is still one";
  if (wrong != 0) return "a call gave " + std::to_string(wrong);
  Code rest = PIPES_OK;
  while (rest == Code{PIPES_OK}) rest = read(pair.server, 64).status;
  return rest == Code{PIPES_ERROR_BROKEN_PIPE} ? "" : "the other end lives on";
}

PIPES_CHILD_ROLE(shared_handle) {
  const std::string membarrier = parent.argument(0);
  if (membarrier == "refused" && std::getenv(kRefusedVariable) == nullptr) {
    ::setenv(kRefusedVariable, "1", 1);
    if (!refuse_system_call(__NR_membarrier, EPERM)) return parent.say("no filters here") ? 0 : 1;
    execute_again();
    return 2;
  }
  const Holdings at_first = holdings_of_this_process();
  std::string wrong = close_under_callers();
  const Holdings before = holdings_without_connections_since(at_first);
  if (membarrier == "refused later" && !refuse_system_call(__NR_membarrier, EPERM))
    return parent.say("no filters here") ? 0 : 1;
  for (uint32_t round = 0; round < parent.number(1) && wrong.empty(); ++round) wrong = close_under_callers();
  if (wrong.empty() && membarrier != "refused later") wrong = kept_since(before);
  return parent.say(wrong.empty() ? "fine" : wrong) ? 0 : 1;
}

class SharedHandle : public testing::TestWithParam<const char*> {};

TEST_P(SharedHandle, CLOSE_11_ClosingUnderOtherThreadsEndsTheirCalls) {
  Child child = Child::spawn("shared_handle", {GetParam(), std::to_string(rounds(60, 1000, 10))});
  const std::optional<std::string> said = child.next_line();
  EXPECT_EQ(0, child.wait().code);
  if (said == "no filters here") GTEST_SKIP() << "this system lets no process filter its system calls";
  EXPECT_EQ("fine", said);
}

INSTANTIATE_TEST_SUITE_P(Membarrier, SharedHandle, testing::Values("granted", "refused", "refused later"),
                         [](const auto& chosen) {
                           std::string name = chosen.param;
                           std::erase(name, ' ');
                           return name;
                         });

// A signal may find a thread in any call: what its handler calls is then a call within a call.
std::atomic<pipes_handle> handlers_pipe{nullptr};
std::atomic<uint32_t> handlers_answer{UINT32_MAX};

void look_at_another_pipe(int) {
  uint32_t available = 0;
  const pipes_status status = pipes_peek(handlers_pipe.load(), nullptr, 0, nullptr, &available, nullptr);
  handlers_answer = status == PIPES_OK ? available : UINT32_MAX - 1;
}

TEST(SharedHandleSignals, CLOSE_11_ACallWithinACallHoldsItsOwnHandle) {
  Pair waited_for = connected_pair();
  Pair looked_at = connected_pair();
  ASSERT_STATUS(PIPES_OK, write(looked_at.client, "seven b").status);
  handlers_pipe = static_cast<pipes_handle>(looked_at.server);
  struct sigaction action = {};
  action.sa_handler = look_at_another_pipe;
  struct sigaction before = {};
  ASSERT_EQ(0, ::sigaction(SIGUSR1, &action, &before));
  std::atomic<pthread_t> reader{};
  Background reading([&] {
    reader = ::pthread_self();
    return read(waited_for.server, 16);
  });
  ASSERT_TRUE(wait_until_blocked(reading));
  ASSERT_EQ(0, ::pthread_kill(reader.load(), SIGUSR1));
  while (handlers_answer.load() == UINT32_MAX) std::this_thread::yield();
  EXPECT_EQ(7u, handlers_answer.load());
  ASSERT_STATUS(PIPES_OK, write(waited_for.client, "goes on").status);
  EXPECT_EQ("goes on", reading.result().bytes);
  EXPECT_EQ(0, ::sigaction(SIGUSR1, &before, nullptr));
}

}  // namespace
}  // namespace pipes::test
