// See role.h. Nothing here runs inside the measured part but Watch::last_received.
#include "role.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <thread>

#include "implementations.h"
#include "system_calls.h"
#include "workloads.h"

namespace pipes::bench {
namespace {

constexpr int kExitDone = 0;
constexpr int kExitUnable = 3;

SideReport* own_report = nullptr;

template <size_t N>
void copy_text(std::string_view text, std::array<char, N>& target) {
  const size_t length = std::min(text.size(), N - 1);
  std::memcpy(target.data(), text.data(), length);
  target[length] = '\0';
}

[[noreturn]] void end_with(Ending ending, std::string_view reason) {
  if (own_report != nullptr) {
    copy_text(reason, own_report->reason);
    own_report->ending = ending;
  }
  // Threads of the libraries may still run, so nothing is torn down.
  ::_exit(kExitUnable);
}

uint64_t processor_ns() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(time.tv_usec) * 1000u;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

void pin_to(int core) {
  if (core < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(core), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) fail_errno("sched_setaffinity");
}

void raise_limits() {
  for (const auto resource : {RLIMIT_NOFILE, RLIMIT_MSGQUEUE}) {
    // Without limits if we are privileged, else up to what the system set.
    const rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    if (resource == RLIMIT_MSGQUEUE && ::setrlimit(resource, &unlimited) == 0) continue;
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0) continue;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(resource, &limit);
  }
}

void wait_for_server(const Control& control) {
  while (control.server_ready.load(std::memory_order_acquire) == 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

void run_side(Side side, Control& control) {
  const Implementation* implementation = find_implementation(control.task.implementation.data());
  if (implementation == nullptr || implementation->listen == nullptr) fail("this build has it not");
  // Before the library starts threads, so that theirs are counted and pinned too.
  pin_to(control.task.core[static_cast<size_t>(side)]);
  const SystemCallCount calls(control.task.counting == Counting::kPerf);
  Watch watch(control, side, &calls);
  if (side == Side::kServer) {
    run_server(*implementation, watch);
    return;
  }
  wait_for_server(control);
  run_client(*implementation, watch);
}

}  // namespace

int run_role(Side side, int control_fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_IGN);
  void* memory = ::mmap(nullptr, kControlSize, PROT_READ | PROT_WRITE, MAP_SHARED, control_fd, 0);
  if (memory == MAP_FAILED) return kExitUnable;
  auto& control = *static_cast<Control*>(memory);
  own_report = &control.report[static_cast<size_t>(side)];
  raise_limits();
  ::setenv("PIPES_RUNTIME_DIR", control.task.directory.data(), 1);
  try {
    run_side(side, control);
  } catch (const std::exception& error) {
    fail(error.what());
  }
  own_report->ending = Ending::kDone;
  // A library that hangs while it is taken down would cost the result.
  ::_exit(kExitDone);
}

int run_burner(int core) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pin_to(core);
  volatile uint64_t turns = 0;
  while (true) turns = turns + 1;
}

void fail(std::string_view reason) { end_with(Ending::kFailed, reason); }

void refuse(std::string_view reason) { end_with(Ending::kRefused, reason); }

void fail_errno(std::string_view call) {
  const int error = errno;
  fail(fmt::format("{}: {}", call, std::strerror(error)));
}

void report_settings(const std::string& settings) {
  if (own_report != nullptr) copy_text(settings, own_report->settings);
}

std::string private_path(const Control& control, std::string_view name) {
  return fmt::format("{}/{}", control.task.directory.data(), name);
}

Watch::Watch(Control& control, Side side, const SystemCallCount* calls)
    : control_(control), report_(control.report[static_cast<size_t>(side)]), calls_(calls) {}

void Watch::begin() {
  begun_ = true;
  report_.processor_ns = processor_ns();
  report_.system_calls = calls_->read();
}

void Watch::end() {
  if (!begun_ || ended_) return;
  ended_ = true;
  report_.system_calls = calls_->read() - report_.system_calls;
  report_.processor_ns = processor_ns() - report_.processor_ns;
}

}  // namespace pipes::bench
