// posix_spawn, so that nothing of this process's threads and locks matters to the child.
#include "win32/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "linux/send_handle.h"
#include "support/thread_identity.h"
#include "support/unique_fd.h"
#include "win32/command_line.h"
#include "win32/last_error.h"
#include "win32/text.h"

namespace pipes::win32 {
namespace {

// --------------------------------------------------------------------------------------------------------- the program

bool is_program(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

// `path` as it is, or without the ending that programs have on Windows.
std::optional<std::string> program_at(const std::string& path) {
  if (is_program(path)) return path;
  constexpr std::string_view kEnding = ".exe";
  if (path.size() <= kEnding.size()) return std::nullopt;
  const std::size_t stem = path.size() - kEnding.size();
  if (strcasecmp(path.c_str() + stem, kEnding.data()) != 0) return std::nullopt;
  std::string bare = path.substr(0, stem);
  if (!is_program(bare)) return std::nullopt;
  return bare;
}

std::string own_folder() {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return ".";
  const std::string_view whole(path.data(), static_cast<std::size_t>(length));
  return std::string(whole.substr(0, whole.rfind('/')));
}

std::vector<std::string> folders_to_search() {
  std::vector<std::string> folders{own_folder()};
  const char* const variable = std::getenv("PATH");
  std::string_view rest = variable != nullptr ? variable : "/bin:/usr/bin";
  for (;;) {
    const std::size_t end = rest.find(':');
    const std::string_view folder = rest.substr(0, end);
    folders.emplace_back(folder.empty() ? "." : folder);
    if (end == std::string_view::npos) return folders;
    rest.remove_prefix(end + 1);
  }
}

std::optional<std::string> find_program(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  if (name.find('/') != std::string::npos) return program_at(name);
  for (const std::string& folder : folders_to_search()) {
    std::string path = folder;
    path += '/';
    path += name;
    if (auto program = program_at(path)) return program;
  }
  return std::nullopt;
}

// -------------------------------------------------------------------------------------------------- what the child has

// Owns what posix_spawn is told.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    // The child starts with the signals of an ordinary program, whatever the calling thread blocks.
    sigset_t none;
    sigset_t pipe;
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &pipe);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void set_flags(DWORD creation_flags) {
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if ((creation_flags & CREATE_NEW_PROCESS_GROUP) != 0) flags |= POSIX_SPAWN_SETPGROUP;
    if ((creation_flags & DETACHED_PROCESS) != 0) flags |= POSIX_SPAWN_SETSID;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  void redirect(int from, int place) { posix_spawn_file_actions_adddup2(&actions_, from, place); }
  void redirect_to_nothing(std::size_t place) {
    posix_spawn_file_actions_addopen(&actions_, static_cast<int>(place), "/dev/null", O_RDWR, 0);
  }
  void enter(const std::string& directory) { posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()); }
  void close_from(int place) { posix_spawn_file_actions_addclosefrom_np(&actions_, place); }

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

bool may_be_inherited(HANDLE handle) {
  DWORD flags = 0;
  return GetHandleInformation(handle, &flags) && (flags & HANDLE_FLAG_INHERIT) != 0;
}

// A copy of the descriptor that is to become the child's at `place`. Copies lie above all of these, so that none is
// overwritten before it was used.
UniqueFd copy_for_child(const Start& start, std::size_t place) {
  const bool given = start.standard_handles.has_value();
  const HANDLE handle = given ? (*start.standard_handles)[place] : standard_handles()[place];
  if (given && (!start.inherit_handles || !may_be_inherited(handle))) return {};
  return UniqueFd(fcntl(descriptor_of(handle), F_DUPFD_CLOEXEC, static_cast<int>(kStandardHandles)));
}

// The invitation keeps its number, which no other descriptor has in the child; or it is all that the child gets beside
// its standard handles.
void hand_over(const ChildInvitation& invitation, bool inherit_handles, SpawnSettings& settings) {
  int place = static_cast<int>(kStandardHandles);
  if (invitation) settings.redirect(invitation.childs(), inherit_handles ? invitation.childs() : place++);
  if (!inherit_handles) settings.close_from(place);  // INH-3
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

template <class Char>
std::vector<std::string> split_block(const Char* block) {
  std::vector<std::string> strings;
  while (*block != 0) {
    const std::basic_string_view<Char> string(block);
    strings.push_back(text_of<char>(string));
    block += string.size() + 1;
  }
  return strings;
}

}  // namespace

std::optional<std::vector<std::string>> environment_of(const void* block, bool is_wide) {
  if (block == nullptr) return std::nullopt;
  return is_wide ? split_block(static_cast<LPCWSTR>(block)) : split_block(static_cast<LPCSTR>(block));
}

Status spawn(const Start& start, pid_t* process_id) {
  // A process that waits before its first instruction is not to be had here.
  if ((start.flags & CREATE_SUSPENDED) != 0) return ERROR_NOT_SUPPORTED;
  if (start.application.empty() && start.command_line.empty()) return ERROR_INVALID_PARAMETER;
  std::vector<std::string> arguments =
      start.command_line.empty() ? std::vector<std::string>{start.application} : split_command_line(start.command_line);
  const auto program = find_program(start.application.empty() ? arguments.front() : start.application);
  if (!program) return ERROR_FILE_NOT_FOUND;

  SpawnSettings settings;
  settings.set_flags(start.flags);
  std::array<UniqueFd, kStandardHandles> copies;
  for (std::size_t place = 0; place < kStandardHandles; ++place) {
    copies[place] = copy_for_child(start, place);
    if (copies[place]) {
      settings.redirect(copies[place].get(), static_cast<int>(place));
    } else {
      settings.redirect_to_nothing(place);
    }
  }
  if (!start.directory.empty()) settings.enter(start.directory);
  ChildInvitation invitation;
  hand_over(invitation, start.inherit_handles, settings);
  auto environment = start.environment.value_or(std::vector<std::string>());
  const std::vector<char*> variables = pointers_to(environment);
  const AsSelf as_self;  // IMP-16
  const int error = posix_spawn(process_id, program->c_str(), settings.actions(), settings.attributes(),
                                pointers_to(arguments).data(), start.environment ? variables.data() : environ);
  if (error == 0) invitation.started(*process_id);
  return status_of_errno(error);
}

}  // namespace pipes::win32
