// posix_spawn, so that nothing of this process's threads and locks matters to the child.
#include "cli/child.h"

#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>  // environ

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include "cli/report.h"

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
int why_not_at(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

}  // namespace

int Child::why_not(const std::string& program) {
  if (program.find('/') != std::string::npos) return why_not_at(program);
  const char* const variable = std::getenv("PATH");
  std::istringstream folders(variable != nullptr ? variable : "/bin:/usr/bin");
  int error = ENOENT;
  for (std::string folder; std::getline(folders, folder, ':');) {
    const int here = why_not_at((folder.empty() ? "." : folder) + '/' + program);
    if (here == 0) return 0;
    if (here == EACCES) error = EACCES;
  }
  return error;
}

std::optional<Child> Child::start(const std::vector<std::string>& command) {
  const std::string cannot = "cannot run " + command.front();
  // Not inheritable: of the four ends the child gets only those that become its standard handles (CHILD-3, CHILD-4).
  Expected<AnonymousPipe> to_child = AnonymousPipe::try_create();
  Expected<AnonymousPipe> from_child = AnonymousPipe::try_create();
  if (!to_child || !from_child) {
    report_failure(cannot, to_child ? from_child.status() : to_child.status());
    return std::nullopt;
  }
  SpawnSettings settings;
  settings.redirect(to_child->read_end.native_handle(), STDIN_FILENO);
  settings.redirect(from_child->write_end.native_handle(), STDOUT_FILENO);
  std::vector<std::string> arguments = command;
  pid_t process_id = 0;
  const int error = posix_spawnp(&process_id, command.front().c_str(), settings.actions(), settings.attributes(),
                                 argument_pointers(arguments).data(), environ);
  if (error != 0) {
    report_system_failure(cannot, error);
    return std::nullopt;
  }
  // Our copies of the child's ends close here, else neither side would ever see the other's end (CHILD-5).
  return Child(process_id, std::move(to_child->write_end), std::move(from_child->read_end));
}

int Child::wait() const {
  int status = 0;
  while (waitpid(process_id_, &status, 0) < 0) {
    if (errno != EINTR) return 128;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace pipes::cli
