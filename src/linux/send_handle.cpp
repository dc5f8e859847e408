#include "linux/send_handle.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <climits>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "linux/folder.h"
#include "linux/mailbox.h"
#include "linux/parcel.h"
#include "linux/runtime_directory.h"
#include "linux/server_socket.h"
#include "linux/system_error.h"
#include "support/fault_point.h"
#include "support/mutex.h"
#include "support/thread_identity.h"

namespace pipes {
namespace {

struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
};

SocketPair new_pair() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) return {};
  return {UniqueFd(pair[0]), UniqueFd(pair[1])};
}

// ------------------------------------------------------------------------------------------------------ our children

using Children = std::map<pid_t, std::shared_ptr<ProcessFd>>;
constinit Mutex children_mutex;
constinit Children* children = nullptr;  // children_mutex; never destroyed

std::shared_ptr<ProcessFd> box_of_child(pid_t child) {
  MutexLock lock(children_mutex);
  if (children == nullptr) return nullptr;
  const auto found = children->find(child);
  return found == children->end() ? nullptr : found->second;
}

// A child that does not take the knock out of its box is silent; one whose box is gone does not listen to us.
Result<UniqueFd> knock_at_child(int box) {
  SocketPair pair = new_pair();
  if (!pair.ours) return status_from_errno(errno);
  if (say(box, wire::Knock{}, std::span<const UniqueFd>(&pair.theirs, 1))) return std::move(pair.ours);
  switch (errno) {
    case EAGAIN:
      return Status{PIPES_ERROR_SEM_TIMEOUT};
    case EPIPE:
    case ECONNRESET:
      return Status{PIPES_ERROR_ACCESS_DENIED};
    default:
      return status_from_errno(errno);
  }
}

// ------------------------------------------------------------------------------------------------------ anybody else

// Whose process it is: the saved id, which stays while its first thread acts for somebody. Nothing if this process may
// not know.
std::optional<uid_t> user_of(pid_t process) {
  std::array<char, 32> path{};
  (void)std::snprintf(path.data(), path.size(), "/proc/%d/status", process);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.data(), "re"), &std::fclose);
  std::array<char, 256> line{};
  while (file != nullptr && std::fgets(line.data(), static_cast<int>(line.size()), file.get()) != nullptr) {
    uid_t saved = 0;
    // NOLINTNEXTLINE(cert-err34-c): the kernel wrote these numbers
    if (std::sscanf(line.data(), "Uid: %*u %*u %u", &saved) == 1) return saved;
  }
  return std::nullopt;
}

std::vector<std::string> mailboxes_in(int directory, pid_t process, uid_t user) {
  std::vector<std::string> files;
  (void)for_each_entry(directory, [&](const char* entry) {
    if (is_mailbox_of(entry, process)) files.emplace_back(entry);
  });
  std::erase_if(files, [&](const std::string& file) {
    struct stat status {};
    return ::fstatat(directory, file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(status.st_mode) ||
           status.st_uid != user;
  });
  return files;
}

Result<UniqueFd> connect_to(pid_t process) {
  if (::kill(process, 0) != 0 && errno == ESRCH) return Status{PIPES_ERROR_INVALID_PARAMETER};
  const auto user = user_of(process);
  if (!user) return Status{PIPES_ERROR_ACCESS_DENIED};
  const auto directories = directories_for_looking();
  if (!directories) return directories.status();
  Status status = PIPES_ERROR_ACCESS_DENIED;
  for (const RuntimeDirectory& directory : *directories) {
    for (const std::string& file : mailboxes_in(directory.fd.get(), process, *user)) {
      wire::ServerRecord record;
      record.uid = *user;
      record.socket = file;
      auto reached = connect_in(directory.fd.get(), *user, record);
      if (reached && reached->peer.pid == process) return std::move(reached->fd);
      if (reached || reached.status() == PIPES_ERROR_FILE_NOT_FOUND) continue;
      status = reached.status() == PIPES_ERROR_PIPE_BUSY ? Status{PIPES_ERROR_SEM_TIMEOUT} : reached.status();
    }
  }
  return status;
}

// A child that has taken its box away may have consented to others.
Result<UniqueFd> reach(pid_t process) {
  const AsSelf as_self;  // the other process asks whose socket it is
  if (const auto box = box_of_child(process)) {
    auto socket = knock_at_child(box->get());
    if (socket || socket.status() != PIPES_ERROR_ACCESS_DENIED) return socket;
  }
  return connect_to(process);
}

// ---------------------------------------------------------------------------------------------------------- delivery

Status status_of(Heard heard) {
  return heard == Heard::kNothingInTime ? PIPES_ERROR_SEM_TIMEOUT : PIPES_ERROR_ACCESS_DENIED;
}

// Of what another process says only numbers that pipes_duplicate_into tells of are passed on.
Status known(Status status) {
  switch (status) {
    case PIPES_ERROR_NOT_ENOUGH_MEMORY:
    case PIPES_ERROR_NO_SYSTEM_RESOURCES:
      return status;
    default:
      return PIPES_ERROR_ACCESS_DENIED;
  }
}

// Our copies of the descriptors are gone when this returns.
Status send_parcel(int socket, const HandleTarget& target, bool inherit) {
  const auto packed = pack(target, inherit);
  if (!packed) return packed.status();
  const size_t count = wire::descriptors_of(packed->parcel);
  if (say(socket, packed->parcel, std::span<const UniqueFd>(packed->descriptors).first(count))) return PIPES_OK;
  return errno == EPIPE || errno == ECONNRESET ? Status{PIPES_ERROR_ACCESS_DENIED} : status_from_errno(errno);
}

}  // namespace

Status send_handle(const HandleTarget& target, uint32_t process_id, bool inherit, pipes_handle* value) {
  if (target.named == nullptr && target.anonymous() == nullptr) return PIPES_ERROR_NOT_SUPPORTED;
  if (process_id == 0 || process_id > INT_MAX) return PIPES_ERROR_INVALID_PARAMETER;
  const Deadline deadline = Deadline::after_ms(kParcelMs);
  auto reached = reach(static_cast<pid_t>(process_id));
  if (!reached) return reached.status();
  const ProcessFd socket(std::move(*reached));
  wire::Greeting greeting;
  if (const Heard heard = hear(socket.get(), deadline, &greeting); heard != Heard::kIt) return status_of(heard);
  if (greeting.status != PIPES_OK) return known(greeting.status);
  if (const Status status = send_parcel(socket.get(), target, inherit); status != PIPES_OK) return status;
  PIPES_CRASH_POINT("parcel-sent");  // CRASH: the receiver closes the handle that it may have made.
  wire::Receipt receipt;
  if (const Heard heard = hear(socket.get(), deadline, &receipt); heard != Heard::kIt) return status_of(heard);
  if (receipt.status != PIPES_OK) return known(receipt.status);
  PIPES_CRASH_POINT("receipt-heard");  // CRASH: the same.
  // It has stopped waiting, or ended.
  if (!say(socket.get(), wire::Taken{})) return PIPES_ERROR_ACCESS_DENIED;
  // It hangs up when it has a place for another: whoever sends one handle after the other takes up a single one.
  wire::Taken nothing;
  (void)hear(socket.get(), deadline, &nothing);
  *value = reinterpret_cast<pipes_handle>(static_cast<uintptr_t>(receipt.handle));
  return PIPES_OK;
}

ChildInvitation::ChildInvitation() {
  const AsSelf as_self;  // the child asks who made it
  SocketPair pair = new_pair();
  if (!pair.ours || !say(pair.ours.get(), wire::Invitation{})) return;
  ours_ = ProcessFd(std::move(pair.ours));
  childs_ = ProcessFd(std::move(pair.theirs));
}

void ChildInvitation::started(pid_t child) {
  if (!*this) return;
  auto box = std::make_shared<ProcessFd>(std::move(ours_));
  childs_.reset();
  MutexLock lock(children_mutex);
  if (children == nullptr) children = new Children;
  children->insert_or_assign(child, std::move(box));
}

void forget_child(pid_t child) noexcept {
  std::shared_ptr<ProcessFd> last;  // closed after the lock
  MutexLock lock(children_mutex);
  if (children == nullptr) return;
  const auto found = children->find(child);
  if (found == children->end()) return;
  last = std::move(found->second);
  children->erase(found);
}

void forget_children_in_child() noexcept {
  children_mutex.reset_in_child();
  children = nullptr;
}

}  // namespace pipes
