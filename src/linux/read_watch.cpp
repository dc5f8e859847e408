#include "linux/read_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>

#include "linux/process_fd.h"
#include "support/unique_fd.h"

namespace pipes {
namespace {

// Instances that nobody uses just now, each as its descriptor + 1. Taken and put back by exchange, so that no lock is
// held around a system call; initialised statically, so that a forked child may touch it.
constexpr int kNone = 0;
std::array<std::atomic<int>, 8> idle_instances{};

int add_watch(int instance, int pipe_fd) {
  std::array<char, 48> path{};
  (void)std::snprintf(path.data(), path.size(), "/proc/thread-self/fd/%d", pipe_fd);
  return inotify_add_watch(instance, path.data(), IN_ACCESS);
}

bool clear_events(int instance) {
  std::array<char, 1024> events;  // NOLINT(cppcoreguidelines-pro-type-member-init): nobody looks at them
  bool any = false;
  while (::read(instance, events.data(), events.size()) > 0) any = true;
  return any;
}

int new_instance() {
  const int instance = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (instance >= 0) close_in_child(instance);
  return instance;
}

void discard(int instance) {
  keep_in_child(instance);
  ::close(instance);
}

int take_instance() {
  for (auto& slot : idle_instances) {
    const int idle = slot.exchange(kNone, std::memory_order_acq_rel);
    if (idle != kNone) return idle - 1;
  }
  return new_instance();
}

void give_back(int instance) {
  for (auto& slot : idle_instances) {
    int empty = kNone;
    if (slot.compare_exchange_strong(empty, instance + 1, std::memory_order_acq_rel)) return;
  }
  discard(instance);
}

enum class Answer { kUnknown, kYes, kNo };

// Reads are reported by every kernel we run on; splice, by which a reader may as well empty a pipe, only since 6.4.
Answer try_whether_reads_are_reported(int instance) {
  int source[2];
  int sink[2];
  if (::pipe2(source, O_CLOEXEC | O_NONBLOCK) != 0) return Answer::kUnknown;
  const UniqueFd source_read(source[0]);
  const UniqueFd source_write(source[1]);
  if (::pipe2(sink, O_CLOEXEC | O_NONBLOCK) != 0) return Answer::kUnknown;
  const UniqueFd sink_read(sink[0]);
  const UniqueFd sink_write(sink[1]);

  const int watch = add_watch(instance, source_write.get());
  if (watch < 0) return Answer::kUnknown;
  char byte = 0;
  if (::write(source_write.get(), "ab", 2) != 2) return Answer::kUnknown;
  clear_events(instance);
  bool all = ::read(source_read.get(), &byte, 1) == 1 && clear_events(instance);
  all = all && ::splice(source_read.get(), nullptr, sink_write.get(), nullptr, 1, SPLICE_F_NONBLOCK) == 1 &&
        clear_events(instance);
  inotify_rm_watch(instance, watch);
  return all ? Answer::kYes : Answer::kNo;
}

bool reads_are_reported(int instance) {
  // Relaxed: at worst several threads find the same answer.
  static std::atomic<Answer> known{Answer::kUnknown};
  Answer answer = known.load(std::memory_order_relaxed);
  if (answer == Answer::kUnknown) {
    answer = try_whether_reads_are_reported(instance);
    known.store(answer, std::memory_order_relaxed);
  }
  return answer == Answer::kYes;
}

}  // namespace

ReadWatch::ReadWatch(int pipe_fd) noexcept : instance_(take_instance()) {
  if (instance_ < 0 || !reads_are_reported(instance_)) return;
  watch_ = add_watch(instance_, pipe_fd);
  clear();
}

ReadWatch::~ReadWatch() {
  if (instance_ < 0) return;
  if (watch_ >= 0) inotify_rm_watch(instance_, watch_);
  give_back(instance_);
}

void ReadWatch::clear() noexcept {
  if (instance_ >= 0) clear_events(instance_);
}

void ReadWatch::reset_all_in_child() noexcept {
  for (auto& slot : idle_instances) slot.store(kNone, std::memory_order_relaxed);
}

}  // namespace pipes
