// Foreign programs by posix_spawn.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "support/spawn.h"

extern char** environ;  // NOLINT: POSIX declares it so

namespace pipes::test {
namespace {

// Makes the end the child's descriptor `target`; without an end, the null device.
void redirect(posix_spawn_file_actions_t& actions, pipes_handle end, int target) {
  intptr_t native = -1;
  if (end == PIPES_INVALID_HANDLE) {
    ::posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0);
    return;
  }
  const pipes_status status = pipes_get_native_handle(end, &native);
  if (status != PIPES_OK) ADD_FAILURE() << "no native handle: status " << status;
  ::posix_spawn_file_actions_adddup2(&actions, static_cast<int>(native), target);
}

}  // namespace

Program Program::start(const std::vector<std::string>& words, const StandardStreams& streams) {
  std::vector<std::string> storage = words;
  std::vector<char*> arguments;
  for (std::string& word : storage) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  redirect(actions, streams.input, STDIN_FILENO);
  redirect(actions, streams.output, STDOUT_FILENO);
  redirect(actions, streams.error, STDERR_FILENO);
  pid_t process = -1;
  const int error = ::posix_spawn(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) ADD_FAILURE() << "cannot start " << words[0] << ": " << std::strerror(error);
  return Program(error == 0 ? process : -1);
}

Program Program::copier(const StandardStreams& streams) { return start({"/bin/cat"}, streams); }

Program Program::speaker(const StandardStreams& streams, const std::string& output, const std::string& error) {
  return start({"/bin/sh", "-c", R"(printf %s "$1"; printf %s "$2" >&2)", "speaker", output, error}, streams);
}

Program Program::sleeper(const StandardStreams& streams) { return start({"/bin/sleep", "infinity"}, streams); }

Program::Program(Program&& other) noexcept : process_(std::exchange(other.process_, -1)) {}
Program::~Program() { kill(); }

void Program::kill() {
  if (process_ <= 0) return;
  ::kill(static_cast<pid_t>(process_), SIGKILL);
  (void)wait();
}

Exit Program::wait() {
  if (process_ <= 0) return {};
  int status = 0;
  while (::waitpid(static_cast<pid_t>(process_), &status, 0) < 0) {
    if (errno != EINTR) return {};
  }
  process_ = -1;
  return WIFEXITED(status) ? Exit{.code = WEXITSTATUS(status)} : Exit{.signal = WTERMSIG(status)};
}

NativeFlags native_flags(pipes_handle end) {
  intptr_t native = -1;
  if (pipes_get_native_handle(end, &native) != PIPES_OK) return {};
  const int status_flags = ::fcntl(static_cast<int>(native), F_GETFL);
  const int descriptor_flags = ::fcntl(static_cast<int>(native), F_GETFD);
  if (status_flags < 0 || descriptor_flags < 0) return {};
  return {.known = true,
          .non_blocking = (status_flags & O_NONBLOCK) != 0,
          .inheritable = (descriptor_flags & FD_CLOEXEC) == 0};
}

}  // namespace pipes::test
