// posix_spawn, so that nothing of this process's threads and locks matters to the child.
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>  // environ

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include "cli/process.h"

namespace pipes::cli {
namespace {

// Owns what posix_spawn is told.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    // The command starts with the signals of an ordinary program, whatever this one blocks or ignores.
    sigset_t none;
    sigset_t pipe;
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &pipe);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void redirect(std::intptr_t from, int to) { posix_spawn_file_actions_adddup2(&actions_, static_cast<int>(from), to); }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<char*> argument_pointers(std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A folder can be entered, which looks like running it.
int errno_at(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

int errno_along_path(const std::string& program) {
  const char* const variable = std::getenv("PATH");
  std::istringstream folders(variable != nullptr ? variable : "/bin:/usr/bin");
  int error = ENOENT;
  for (std::string folder; std::getline(folders, folder, ':');) {
    const int here = errno_at((folder.empty() ? "." : folder) + '/' + program);
    if (here == 0) return 0;
    if (here == EACCES) error = EACCES;
  }
  return error;
}

}  // namespace

std::optional<SystemError> why_not(const std::string& program) {
  const int error = program.find('/') != std::string::npos ? errno_at(program) : errno_along_path(program);
  return error == 0 ? std::nullopt : std::optional(SystemError{static_cast<std::uint32_t>(error)});
}

std::optional<Process> start_process(const std::vector<std::string>& command, std::intptr_t input, std::intptr_t output,
                                     SystemError& error) {
  SpawnSettings settings;
  settings.redirect(input, STDIN_FILENO);
  settings.redirect(output, STDOUT_FILENO);
  std::vector<std::string> arguments = command;
  pid_t process_id = 0;
  const int failure = posix_spawnp(&process_id, command.front().c_str(), settings.actions(), settings.attributes(),
                                   argument_pointers(arguments).data(), environ);
  if (failure != 0) {
    error.number = static_cast<std::uint32_t>(failure);
    return std::nullopt;
  }
  return Process{.id = static_cast<std::uint32_t>(process_id)};
}

std::uint32_t wait_for_end(const Process& process) {
  int status = 0;
  while (waitpid(static_cast<pid_t>(process.id), &status, 0) < 0) {
    if (errno != EINTR) return 128;
  }
  return static_cast<std::uint32_t>(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace pipes::cli
