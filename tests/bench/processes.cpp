// See processes.h.
#include "processes.h"

#include <fmt/format.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "machine.h"
#include "memory_use.h"
#include "statistics.h"
#include "support/unique_fd.h"
#include "system_calls.h"

namespace pipes::bench {
namespace {

// For starting, a thousand connections and a machine that is not quiet.
constexpr uint64_t kGraceMs = 15'000;

volatile std::sig_atomic_t interrupted = 0;

void stop_if_interrupted() {
  if (interrupted != 0) throw Interrupted{};
}

// The shared block of one measurement.
class ControlBlock {
 public:
  explicit ControlBlock(const Task& task) : fd_(::memfd_create("pipes-bench", MFD_CLOEXEC)) {
    if (!fd_ || ::ftruncate(fd_.get(), kControlSize) != 0)
      throw std::runtime_error("no shared memory for a measurement");
    void* memory = ::mmap(nullptr, kControlSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no shared memory for a measurement");
    control_ = new (memory) Control{};
    control_->task = task;
  }
  ~ControlBlock() { ::munmap(control_, kControlSize); }
  ControlBlock(const ControlBlock&) = delete;
  ControlBlock& operator=(const ControlBlock&) = delete;

  Control& operator*() const { return *control_; }
  Control* operator->() const { return control_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  Control* control_ = nullptr;
};

// This program in another role. Killed, if it still runs, and waited for by the destructor.
class Child {
 public:
  // `kept_fd` stays open in the child under its own number; -1 for none.
  Child(const std::vector<std::string>& arguments, int kept_fd) {
    const pid_t parent = ::getpid();
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("fork failed");
    if (process_ == 0) become(arguments, kept_fd, parent);
    end_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
  }
  ~Child() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  Child(Child&& other) noexcept : process_(std::exchange(other.process_, -1)), end_(std::move(other.end_)) {}
  Child& operator=(Child&&) = delete;

  [[nodiscard]] pid_t process() const { return process_; }
  [[nodiscard]] int end_fd() const { return end_.get(); }

  // How the process ended, in words; only once it has.
  std::string reap() {
    int status = 0;
    ::waitpid(std::exchange(process_, -1), &status, 0);
    if (WIFSIGNALED(status)) return fmt::format("the process was ended by signal {}", WTERMSIG(status));
    return fmt::format("the process ended with {}", WEXITSTATUS(status));
  }
  // After somebody else has waited for it.
  void forget() { process_ = -1; }

 private:
  [[noreturn]] static void become(const std::vector<std::string>& arguments, int kept_fd, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int kept = kept_fd < 0 ? -1 : ::dup(kept_fd);  // without close-on-exec
    std::vector<std::string> texts = {"pipes-bench"};
    texts.insert(texts.end(), arguments.begin(), arguments.end());
    if (kept >= 0) texts.push_back(std::to_string(kept));
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    ::execv("/proc/self/exe", pointers.data());
    ::_exit(127);
  }

  pid_t process_ = -1;
  UniqueFd end_;
};

std::vector<Child> start_burners(const Task& task) {
  std::vector<Child> burners;
  if (task.workload != Workload::kLoaded) return burners;
  for (const int core : usable_cores())
    burners.emplace_back(std::vector<std::string>{"--burner", std::to_string(core)}, -1);
  return burners;
}

// Both sides of one measurement, server first.
class Pair {
 public:
  Pair(const ControlBlock& control, uint64_t limit_ms)
      : control_(control),
        children_{Child({"--role-server"}, control.fd()), Child({"--role-client"}, control.fd())},
        deadline_ns_(monotonic_ns() + limit_ms * 1'000'000u) {}

  [[nodiscard]] std::array<pid_t, 2> processes() const { return {children_[0].process(), children_[1].process()}; }

  // Until both have ended, or one of them in such a way that the other would wait in vain.
  void wait() {
    while (reaped_ < children_.size() && !over_) {
      std::array<pollfd, 2> ends{};
      for (size_t i = 0; i < ends.size(); ++i) ends[i] = {done_[i] ? -1 : children_[i].end_fd(), POLLIN, 0};
      const int ready = ::poll(ends.data(), ends.size(), 100);
      stop_if_interrupted();
      for (size_t i = 0; ready > 0 && i < ends.size(); ++i) {
        if (ends[i].revents != 0) note_end(i);
      }
      if (monotonic_ns() > deadline_ns_) give_up("it did not end in time");
    }
  }

  void trace(uint64_t& system_calls) {
    system_calls = trace_system_calls(*control_, processes(), deadline_ns_);
    for (size_t i = 0; i < children_.size(); ++i) {
      children_[i].forget();
      if (control_->report[i].ending == Ending::kNone) give_up("it did not end in time under ptrace");
    }
  }

  // For a step of the `memory` workload that a side is to reach. False when it cannot any more.
  bool wait_for(Step step) {
    while (control_->step.load(std::memory_order_acquire) != step) {
      std::array<pollfd, 2> ends{};
      for (size_t i = 0; i < ends.size(); ++i) ends[i] = {children_[i].end_fd(), POLLIN, 0};
      const int ready = ::poll(ends.data(), ends.size(), 2);
      stop_if_interrupted();
      if (ready > 0) return false;
      if (monotonic_ns() > deadline_ns_) {
        give_up("it did not get its connections in time");
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  void note_end(size_t side) {
    const std::string how = children_[side].reap();
    done_[side] = true;
    ++reaped_;
    const Ending ending = control_->report[side].ending;
    if (ending == Ending::kNone) give_up(how);
    if (ending != Ending::kDone) over_ = true;
  }

  void give_up(const std::string& why) {
    if (trouble_.empty()) trouble_ = why;
    over_ = true;
  }

  const ControlBlock& control_;
  std::array<Child, 2> children_;
  uint64_t deadline_ns_;
  std::array<bool, 2> done_ = {};
  size_t reaped_ = 0;
  bool over_ = false;
  std::string trouble_;
};

uint64_t measure_memory(const ControlBlock& control, Pair& pair) {
  if (!pair.wait_for(Step::kFewConnected)) return 0;
  const uint64_t before = memory_in_use(pair.processes());
  control->step.store(Step::kGoOn, std::memory_order_release);
  if (!pair.wait_for(Step::kAllConnected)) return 0;
  const uint64_t after = memory_in_use(pair.processes());
  control->step.store(Step::kRelease, std::memory_order_release);
  return after > before ? (after - before) / kCrowd : 0;
}

Measurement collect(const ControlBlock& control, const std::string& trouble) {
  Measurement measurement;
  measurement.outcome = control->outcome;
  measurement.ending = trouble.empty() ? Ending::kDone : Ending::kFailed;
  measurement.reason = trouble;
  for (const SideReport& report : control->report) {
    measurement.processor_ns += report.processor_ns;
    measurement.system_calls += report.system_calls;
    if (measurement.settings.empty()) measurement.settings = report.settings.data();
    const Ending ending = report.ending;
    if (ending != Ending::kRefused && ending != Ending::kFailed) continue;
    // What a side said itself explains more than how its process ended.
    measurement.ending = ending;
    measurement.reason = report.reason.data();
    if (ending == Ending::kRefused) break;
  }
  return measurement;
}

template <size_t N>
void copy_into(const std::string& text, std::array<char, N>& target) {
  if (text.size() >= N) throw std::runtime_error("the folder for temporary files has too long a name");
  std::memcpy(target.data(), text.c_str(), text.size() + 1);
}

// What killed processes may have left in the system's own namespaces.
void remove_leavings(const std::string& directory, const std::string& tag) {
  for (const char* direction : {"to-server", "to-client"}) {
    ::mq_unlink(fmt::format("/{}-{}", tag, direction).c_str());
    ::shm_unlink(fmt::format("/{}-{}", tag, direction).c_str());
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
}

}  // namespace

Workplace::Workplace() {
  std::string pattern = (std::filesystem::temp_directory_path() / "pipes-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder for temporary files");
  path_ = pattern;
}

Workplace::~Workplace() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Measurement Workplace::measure(Task task) {
  const std::string tag = fmt::format("pipes-bench-{}-{}", ::getpid(), ++measurements_);
  const std::string directory = fmt::format("{}/{}", path_, measurements_);
  copy_into(tag, task.tag);
  copy_into(directory, task.directory);
  std::filesystem::create_directory(directory);
  struct Cleaner {
    const std::string& directory;
    const std::string& tag;
    ~Cleaner() { remove_leavings(directory, tag); }
  } const cleaner{directory, tag};

  const ControlBlock control(task);
  const std::vector<Child> burners = start_burners(task);
  Pair pair(control, kGraceMs + uint64_t{2} * task.duration_ms);
  uint64_t traced_calls = 0;
  uint64_t memory = 0;
  if (task.workload == Workload::kMemory) memory = measure_memory(control, pair);
  if (task.counting == Counting::kPtrace) pair.trace(traced_calls);
  if (task.counting != Counting::kPtrace) pair.wait();

  Measurement measurement = collect(control, pair.trouble());
  if (task.counting == Counting::kPtrace) measurement.system_calls = traced_calls;
  measurement.memory = memory;
  stop_if_interrupted();
  return measurement;
}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace pipes::bench
