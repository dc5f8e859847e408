// See system_calls.h.
#include "system_calls.h"

#include <linux/perf_event.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <set>

#include "statistics.h"

namespace pipes::bench {
namespace {

// 0 when the tracepoint is not there or not for us.
uint64_t tracepoint_id() {
  for (const char* root : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    std::ifstream file(std::string(root) + "/events/raw_syscalls/sys_enter/id");
    uint64_t id = 0;
    if (file >> id) return id;
  }
  return 0;
}

UniqueFd open_counter() {
  const uint64_t id = tracepoint_id();
  if (id == 0) return UniqueFd();
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof attributes;
  attributes.config = id;
  attributes.inherit = 1;
  return UniqueFd(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
}

bool is_measuring(const Control& control) {
  return control.signs.measuring.load(std::memory_order_relaxed) != 0 &&
         control.signs.last.load(std::memory_order_relaxed) == 0;
}

bool entered_call(pid_t thread) {
  __ptrace_syscall_info info{};
  const long length = ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
  return length > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

// The signal to hand on when a stopped thread continues; 0 for stops of our own making.
int signal_of_stop(int status) {
  const int signal = WSTOPSIG(status);
  const bool of_ptrace = (status >> 16) != 0 || signal == (SIGTRAP | 0x80);
  return of_ptrace ? 0 : signal;
}

// Wakes waitpid up now and then, so that it can look at the deadline.
class Alarm {
 public:
  Alarm() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, &before_);
    const itimerval each_100_ms = {{0, 100'000}, {0, 100'000}};
    ::setitimer(ITIMER_REAL, &each_100_ms, nullptr);
  }
  ~Alarm() {
    const itimerval never = {};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  struct sigaction before_ {};
};

}  // namespace

Counting available_counting() { return open_counter() ? Counting::kPerf : Counting::kPtrace; }

std::string counting_name(Counting counting) {
  switch (counting) {
    case Counting::kOff:
      return "not counted";
    case Counting::kPerf:
      return "perf_event_open on raw_syscalls:sys_enter";
    case Counting::kPtrace:
      return "ptrace, which slows the calls down and so makes waiting more frequent";
  }
  return "unknown";
}

SystemCallCount::SystemCallCount(bool enabled) {
  if (enabled) counter_ = open_counter();
}

uint64_t SystemCallCount::read() const {
  uint64_t count = 0;
  if (!counter_ || ::read(counter_.get(), &count, sizeof count) != sizeof count) return 0;
  return count;
}

uint64_t trace_system_calls(const Control& control, const std::array<pid_t, 2>& processes, uint64_t deadline_ns) {
  constexpr unsigned long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
  const Alarm alarm;
  std::set<pid_t> running(processes.begin(), processes.end());
  for (const pid_t process : processes) {
    if (::ptrace(PTRACE_SEIZE, process, nullptr, kOptions) != 0) continue;
    ::ptrace(PTRACE_INTERRUPT, process, nullptr, nullptr);
  }
  uint64_t count = 0;
  while (!running.empty()) {
    int status = 0;
    const pid_t thread = ::waitpid(-1, &status, __WALL);
    if (monotonic_ns() > deadline_ns) {
      for (const pid_t process : running) ::kill(process, SIGKILL);
    }
    if (thread < 0 && errno != EINTR) break;
    if (thread < 0) continue;
    if (!WIFSTOPPED(status)) {
      running.erase(thread);
      continue;
    }
    if (WSTOPSIG(status) == (SIGTRAP | 0x80) && is_measuring(control) && entered_call(thread)) ++count;
    ::ptrace(PTRACE_SYSCALL, thread, nullptr, static_cast<unsigned long>(signal_of_stop(status)));
  }
  return count;
}

}  // namespace pipes::bench
