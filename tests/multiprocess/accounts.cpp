#include "multiprocess/accounts.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

namespace pipes::test {
namespace {

constexpr std::array<const char*, 2> kToolFolders = {"/usr/sbin/", "/sbin/"};

std::string path_of(const std::string& tool) {
  for (const char* folder : kToolFolders) {
    if (::access((folder + tool).c_str(), X_OK) == 0) return folder + tool;
  }
  return {};
}

pid_t start(const std::vector<std::string>& words, const posix_spawn_file_actions_t* actions,
            const posix_spawnattr_t* attributes) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = -1;
  return ::posix_spawn(&pid, words.front().c_str(), actions, attributes, arguments.data(), environ) == 0 ? pid : -1;
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Other processes may be at the system's files: the tools then give up with one of two numbers.
bool run(const std::vector<std::string>& words) {
  constexpr int kTries = 50;
  for (int i = 0; i < kTries; ++i) {
    const pid_t pid = start(words, nullptr, nullptr);
    const int code = pid < 0 ? -1 : exit_code_of(pid);
    if (code == 0) return true;
    if (code != 1 && code != 10) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

// Reads `user NAME` and `group NAME`, a line each, and when there is no more to read removes them, the last first.
constexpr const char* kRemover = R"(PATH=/usr/sbin:/sbin:/usr/bin:/bin
list=
while read -r kind name; do
  list="$kind $name
$list"
done
printf '%s' "$list" | while read -r kind name; do
  case $kind in user) remove="userdel -f" ;; *) remove=groupdel ;; esac
  tries=50
  while [ $tries -gt 0 ]; do
    $remove "$name" >/dev/null 2>&1
    case $? in 1 | 10) sleep 0.1 ;; *) break ;; esac
    tries=$((tries - 1))
  done
done)";

}  // namespace

std::string Accounts::why_not() {
  if (::geteuid() != 0) return "needs root, to make accounts";
  for (const char* tool : {"useradd", "groupadd", "userdel", "groupdel"}) {
    if (path_of(tool).empty()) return std::string("needs ") + tool + ", to make accounts";
  }
  if (::access("/etc/passwd", W_OK) != 0) return "needs to write to /etc, to make accounts";
  return {};
}

// The remover has a session of its own, so that whoever ends this process with all its kin leaves it alone.
Accounts::Accounts() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    ADD_FAILURE() << "no pipe for the remover";
    return;
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  remover_ = start({"/bin/sh", "-c", kRemover}, &actions, &attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  ::close(ends[0]);
  remover_input_ = ends[1];
  if (remover_ < 0) ADD_FAILURE() << "no remover could be started";
}

Accounts::~Accounts() {
  ::close(remover_input_);
  if (remover_ > 0) {
    EXPECT_EQ(0, exit_code_of(remover_));
  }
}

// The remover knows of it before there is anything.
bool Accounts::announce(const std::string& kind, const std::string& name) const {
  const std::string line = kind + " " + name + "\n";
  return remover_ > 0 && ::write(remover_input_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

std::string Accounts::add_group(const std::string& name) {
  const std::string own = own_name(name);
  if (announce("group", own) && run({path_of("groupadd"), "--system", own})) return own;
  ADD_FAILURE() << "the group " << own << " cannot be made";
  return {};
}

std::string Accounts::add_user(const std::string& name, const std::string& group,
                               const std::vector<std::string>& supplementary) {
  const std::string own = own_name(name);
  std::vector<std::string> words = {path_of("useradd"),  "--system",     "--no-create-home",
                                    "--home-dir",        "/nonexistent", "--shell",
                                    "/usr/sbin/nologin", "--gid",        group};
  if (!supplementary.empty()) {
    std::string groups;
    for (const std::string& each : supplementary) groups += (groups.empty() ? "" : ",") + each;
    words.insert(words.end(), {"--groups", groups});
  }
  words.push_back(own);
  if (announce("user", own) && run(words)) return own;
  ADD_FAILURE() << "the user " << own << " cannot be made";
  return {};
}

UserIds Accounts::ids_of(const std::string& user) {
  const passwd* const entry = ::getpwnam(user.c_str());
  if (entry == nullptr) {
    ADD_FAILURE() << "there is no user " << user;
    return {};
  }
  UserIds ids{entry->pw_uid, entry->pw_gid, std::vector<uint32_t>(64)};
  int count = static_cast<int>(ids.groups.size());
  EXPECT_GE(::getgrouplist(user.c_str(), entry->pw_gid, ids.groups.data(), &count), 0);
  ids.groups.resize(static_cast<size_t>(count));
  return ids;
}

std::string Accounts::own_name(const std::string& name) { return "pt" + std::to_string(::getpid()) + "-" + name; }

}  // namespace pipes::test
