// Child processes on Linux: posix_spawn of /proc/self/exe, with a socket pair as the child's standard input and output,
// so that writing to a child that is gone raises no signal.
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>

#include "support/child.h"

extern char** environ;  // NOLINT: POSIX declares it so

namespace pipes::test {
namespace {

constexpr const char* kRoleOption = "--pipes-role=";

class SocketChannel : public LineChannel {
 public:
  explicit SocketChannel(int fd) : fd_(fd) {}
  SocketChannel(const SocketChannel&) = delete;
  SocketChannel& operator=(const SocketChannel&) = delete;
  ~SocketChannel() override { hang_up(); }

  void hang_up() {
    if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
    if (fd_ > STDOUT_FILENO) ::close(fd_);
    fd_ = -1;
  }

 protected:
  std::optional<size_t> send_some(std::string_view bytes) override {
    return carried(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  std::optional<size_t> receive_some(std::span<char> room) override {
    return carried(::recv(fd_, room.data(), room.size(), 0));
  }

 private:
  static std::optional<size_t> carried(ssize_t count) {
    if (count < 0 && errno == EINTR) return 0;
    return count > 0 ? std::optional(static_cast<size_t>(count)) : std::nullopt;
  }

  int fd_;
};

// The variable that tells a child which user to become.
constexpr const char* kUserVariable = "PIPES_TEST_CHILD_USER";

std::string name_of_variable(const std::string& variable) { return variable.substr(0, variable.find('=')); }

// This program's variables, with those of the options in place of their namesakes.
std::vector<std::string> variables_for_child(const ChildOptions& options) {
  std::map<std::string, std::string> by_name;
  for (char** variable = environ; *variable != nullptr; ++variable) by_name[name_of_variable(*variable)] = *variable;
  for (const std::string& variable : options.environment) by_name[name_of_variable(variable)] = variable;
  if (options.user != 0) by_name[kUserVariable] = std::string(kUserVariable) + "=" + std::to_string(options.user);
  std::vector<std::string> variables;
  for (const auto& [name, variable] : by_name) variables.push_back(variable);
  return variables;
}

// Becomes the user that the parent chose. Such a process would count as one with secrets to keep, whose /proc belongs
// to root; a program started by that user from the beginning does not.
bool become_chosen_user() {
  const char* const text = std::getenv(kUserVariable);
  if (text == nullptr) return true;
  const auto user = static_cast<uid_t>(std::strtoul(text, nullptr, 10));
  ::unsetenv(kUserVariable);
  return ::setgroups(0, nullptr) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0 && ::prctl(PR_SET_DUMPABLE, 1) == 0;
}

// Starts this program in a role. Returns its process id, or -1 with errno.
pid_t start_process(const std::string& role, const std::vector<std::string>& arguments, const ChildOptions& options,
                    int channel) {
  std::vector<std::string> words{"pipes-test-child", kRoleOption + role};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables = variables_for_child(options);
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, channel, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, channel, STDOUT_FILENO);
  pid_t process = -1;
  const int error = ::posix_spawn(&process, "/proc/self/exe", &actions, nullptr, argv.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  errno = error;
  return error == 0 ? process : -1;
}

}  // namespace

class Child::Process {
 public:
  Process(pid_t pid, int channel) : pid_(pid), channel_(channel) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (ended_ || pid_ < 0) return;
    send_signal(SIGKILL);
    (void)wait();
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] SocketChannel& channel() { return channel_; }

  void send_signal(int signal) const {
    if (!ended_ && pid_ > 0) ::kill(pid_, signal);
  }

  Exit wait() {
    if (ended_) return *ended_;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0) {
      if (errno != EINTR) return {};
    }
    ended_ = WIFEXITED(status) ? Exit{.code = WEXITSTATUS(status)} : Exit{.signal = WTERMSIG(status)};
    return *ended_;
  }

 private:
  pid_t pid_;
  SocketChannel channel_;
  std::optional<Exit> ended_;
};

Child::Child(std::unique_ptr<Process> process) : process_(std::move(process)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

bool can_change_user() { return ::geteuid() == 0; }

Child Child::spawn(const std::string& role, const std::vector<std::string>& arguments, const ChildOptions& options) {
  std::array<int, 2> channel{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel.data()) != 0) {
    ADD_FAILURE() << "no socket pair for a child: " << std::strerror(errno);
    return Child(std::make_unique<Process>(-1, -1));
  }
  const pid_t process = start_process(role, arguments, options, channel[1]);
  if (process < 0) ADD_FAILURE() << "cannot start a child: " << std::strerror(errno);
  ::close(channel[1]);
  return Child(std::make_unique<Process>(process, channel[0]));
}

bool Child::say(const std::string& line) { return process_->channel().say(line); }

std::optional<std::string> Child::next_line() { return process_->channel().next_line(); }

void Child::hang_up() { process_->channel().hang_up(); }
void Child::kill() { process_->send_signal(SIGKILL); }
void Child::resume() { process_->send_signal(SIGCONT); }
Exit Child::wait() { return process_->wait(); }
uint32_t Child::process_id() const { return static_cast<uint32_t>(process_->pid()); }

void Child::stop() {
  process_->send_signal(SIGSTOP);
  siginfo_t stopped{};
  while (::waitid(P_PID, static_cast<id_t>(process_->pid()), &stopped, WSTOPPED | WNOWAIT) != 0 && errno == EINTR) {
  }
}

std::optional<int> run_role_if_asked(int argc, char** argv) {
  if (argc < 2 || std::strncmp(argv[1], kRoleOption, std::strlen(kRoleOption)) != 0) return std::nullopt;
  if (!become_chosen_user()) return 126;
  // A role that does not listen to its channel must not outlive the tests.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const RoleBody body = find_role(argv[1] + std::strlen(kRoleOption));
  if (body == nullptr) return 127;
  SocketChannel channel(STDIN_FILENO);
  Parent parent(channel, std::vector<std::string>(argv + 2, argv + argc));
  return body(parent);
}

}  // namespace pipes::test
