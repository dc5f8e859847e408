// The platform door on Linux: /proc tells how threads are.
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "support/platform.h"

namespace pipes::test::platform {
namespace {

std::string read_small_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::array<char, 4096> buffer{};
  const ssize_t count = ::read(fd, buffer.data(), buffer.size());
  ::close(fd);
  return count > 0 ? std::string(buffer.data(), static_cast<size_t>(count)) : std::string();
}

// Whether a thread sleeps because another process has a lock for a moment: on the way to what it is to wait for.
bool waits_for_lock(const std::string& task) {
  const std::string call = read_small_file(task + "/syscall");  // "running", or the number and more; or it is not told
  const long number = call.empty() || std::isdigit(static_cast<unsigned char>(call.front())) == 0
                          ? -1
                          : std::strtol(call.c_str(), nullptr, 10);
  return number == SYS_fcntl || number == SYS_flock;
}

}  // namespace

uint32_t process_id() { return static_cast<uint32_t>(::getpid()); }

std::optional<uint32_t> user_id() { return ::geteuid(); }

uint64_t current_thread() { return static_cast<uint64_t>(::syscall(SYS_gettid)); }

ThreadRest thread_rest(uint64_t thread) {
  const std::string task = "/proc/self/task/" + std::to_string(thread);
  const std::string status = read_small_file(task + "/status");
  ThreadRest rest;
  const size_t state = status.find("\nState:\t");
  rest.asleep = state != std::string::npos && status[state + std::strlen("\nState:\t")] == 'S' && !waits_for_lock(task);
  const char* const label = "\nvoluntary_ctxt_switches:\t";
  const size_t switches = status.find(label);
  if (switches != std::string::npos) {
    rest.awakenings = std::strtoull(status.c_str() + switches + std::strlen(label), nullptr, 10);
  }
  return rest;
}

void let_others_run() {
  const timespec moment{.tv_sec = 0, .tv_nsec = 200'000};
  ::nanosleep(&moment, nullptr);
}

std::string make_private_folder() {
  std::string path = (std::filesystem::temp_directory_path() / "pipes-test-XXXXXX").string();
  return ::mkdtemp(path.data()) != nullptr ? path : std::string();
}

void set_environment(const char* variable, const std::string& value) { ::setenv(variable, value.c_str(), 1); }

}  // namespace pipes::test::platform
