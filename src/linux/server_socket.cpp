#include "linux/server_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <limits>

#include "linux/system_error.h"
#include "support/fault_point.h"

namespace pipes {
namespace {

constexpr std::string_view kPrefix = "s.";

// fd_path leads to what `fd` has open. The thread's own entry, not the process's: that one is empty once the first
// thread has ended.
std::string fd_path(int fd) { return "/proc/thread-self/fd/" + std::to_string(fd); }

sockaddr_un address_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  Expects(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

// Through the folder's descriptor an address is short, whatever the folder's path.
sockaddr_un address_of(int folder, const std::string& socket) {
  static_assert(sizeof("/proc/thread-self/fd/2147483647/../") + wire::kMetaSocketBytesMax <=
                sizeof(sockaddr_un::sun_path));
  return address_at(fd_path(folder) + "/" + socket);
}

Result<UniqueFd> new_socket() {
  UniqueFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno == ENOBUFS ? PIPES_ERROR_NOT_ENOUGH_MEMORY : status_from_errno(errno);
  return fd;
}

wire::ServerRecord new_record() {
  wire::ServerRecord record;
  record.pid = static_cast<uint32_t>(getpid());
  record.uid = geteuid();
  const ssize_t filled = getrandom(&record.ticket, sizeof(record.ticket), 0);
  Ensures(filled == static_cast<ssize_t>(sizeof(record.ticket)));
  record.socket = server_socket_name(record.pid, record.ticket);
  return record;
}

// The way to a socket from its pipe's folder.
std::string from_folder(uint32_t founder_uid, const wire::ServerRecord& record) {
  return is_beside(founder_uid, record) ? "../" + record.socket : record.socket;
}

// Connecting takes the right to write, which the process's file mode mask has cut, or left to too many. The socket is
// opened first, since a founder could put a link in its place while root works in the founder's folder.
Status let_connect(int folder, const std::string& socket, mode_t mode) {
  const UniqueFd fd(openat(folder, socket.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) return status_from_errno(errno);
  if (!S_ISSOCK(status.st_mode) || status.st_uid != geteuid() || status.st_nlink != 1) return PIPES_ERROR_ACCESS_DENIED;
  return chmod(fd_path(fd.get()).c_str(), mode) == 0 ? PIPES_OK : status_from_errno(errno);
}

Status listen_at(int fd, int folder, const std::string& socket, mode_t mode) {
  const sockaddr_un address = address_of(folder, socket);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return status_from_errno(errno);
  PIPES_CRASH_POINT("socket-bound");  // CRASH: a socket that no record names; removed by the next process that joins.
  Status status = let_connect(folder, socket, mode);
  // The kernel cuts the backlog to its own limit.
  if (status == PIPES_OK && listen(fd, std::numeric_limits<int>::max()) != 0) status = status_from_errno(errno);
  if (status != PIPES_OK) unlinkat(folder, socket.c_str(), 0);
  PIPES_CRASH_POINT("socket-listening");  // CRASH: as above.
  return status;
}

Status status_of_connect(int error) {
  switch (error) {
    case EAGAIN:
      return PIPES_ERROR_PIPE_BUSY;
    case ENOMEM:
    case ENOBUFS:
      return PIPES_ERROR_NOT_ENOUGH_MEMORY;
    case EMFILE:
    case ENFILE:
      return PIPES_ERROR_NO_SYSTEM_RESOURCES;
    default:
      // Refused or gone: dead. Anything else is no server process of ours.
      return PIPES_ERROR_FILE_NOT_FOUND;
  }
}

// The kernel tells whose process began to listen; a record may say anything.
bool peer_is(int fd, uint32_t record_uid, ucred* peer) {
  socklen_t size = sizeof(*peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) != 0) return false;
  return peer->uid == record_uid;
}

struct Attempt {
  UniqueFd fd;
  int error = 0;
  bool missing = false;  // there is no such file
};

Result<Attempt> try_to_connect(const sockaddr_un& address) {
  auto fd = new_socket();
  if (!fd) return fd.status();
  Attempt attempt{std::move(*fd)};
  while (connect(attempt.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    attempt.error = errno;
    if (errno != EINTR) break;
    attempt.error = 0;
  }
  return attempt;
}

// Whoever may write to a folder writes its records, too, and could put a link there that leads to the socket of
// somebody else, who would then be asked in his place. A socket's file belongs to whom it was bound by.
bool is_socket_of(uint32_t uid, const struct stat& status) { return S_ISSOCK(status.st_mode) && status.st_uid == uid; }

// Connects to the file that is there and to no other. That connecting finds no such file would only mean that /proc is
// not there, and says nothing about anybody's life.
Result<Attempt> try_to_connect_in(int folder, uint32_t founder_uid, const wire::ServerRecord& record) {
  const UniqueFd file(openat(folder, from_folder(founder_uid, record).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0) return Attempt{{}, errno, errno == ENOENT};
  if (!is_socket_of(record.uid, status)) return Attempt{{}, EACCES};
  return try_to_connect(address_at(fd_path(file.get())));
}

}  // namespace

bool is_server_socket_name(std::string_view file) { return file.starts_with(kPrefix); }

std::string server_socket_name(uint32_t pid, uint64_t ticket) {
  std::array<char, 40> name{};
  (void)std::snprintf(name.data(), name.size(), "s.%u.%016llx", pid, static_cast<unsigned long long>(ticket));
  return name.data();
}

bool is_beside(uint32_t founder_uid, const wire::ServerRecord& record) {
  return record.uid != founder_uid && record.uid != 0;
}

// The kernel tells the address that the listening socket was bound to; its last part is the name that was made for it.
std::string bound_name_of_peer(int fd) {
  sockaddr_un address{};
  socklen_t size = sizeof(address);
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  const size_t before_path = offsetof(sockaddr_un, sun_path);
  if (size <= before_path || size > sizeof(address)) return {};
  const std::string_view path(address.sun_path, strnlen(address.sun_path, size - before_path));
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(slash + 1));
}

Result<ServerSocket> listen_in(int folder) {
  auto fd = new_socket();
  if (!fd) return fd.status();
  ServerSocket server{std::move(*fd), new_record()};
  const Status status = listen_at(server.fd.get(), folder, server.record.socket, 0666);
  if (status != PIPES_OK) return status;
  return server;
}

Result<UniqueFd> listen_as(int folder, const std::string& socket) {
  auto fd = new_socket();
  if (!fd) return fd.status();
  if (const Status status = listen_at(fd->get(), folder, socket, 0600); status != PIPES_OK) return status;
  return fd;
}

Result<ReachedServer> connect_in(int folder, uint32_t founder_uid, const wire::ServerRecord& record) {
  auto attempt = try_to_connect_in(folder, founder_uid, record);
  if (!attempt) return attempt.status();
  if (attempt->error != 0) return status_of_connect(attempt->error);
  ReachedServer reached{std::move(attempt->fd)};
  if (!peer_is(reached.fd.get(), record.uid, &reached.peer)) return PIPES_ERROR_FILE_NOT_FOUND;
  return reached;
}

bool is_reachable_at(const std::string& folder, uint32_t founder_uid, const wire::ServerRecord& record) {
  const size_t length = folder.size() + 1 + from_folder(founder_uid, record).size();
  return folder.starts_with('/') && length < sizeof(sockaddr_un::sun_path);
}

Result<ReachedServer> connect_at(const std::string& folder, uint32_t founder_uid, const wire::ServerRecord& record) {
  if (!is_reachable_at(folder, founder_uid, record)) return PIPES_ERROR_FILE_NOT_FOUND;
  const std::string path = folder + "/" + from_folder(founder_uid, record);
  auto attempt = try_to_connect(address_at(path));
  if (!attempt) return attempt.status();
  if (attempt->error != 0) return status_of_connect(attempt->error);
  ReachedServer reached{std::move(attempt->fd)};
  struct stat status {};
  const bool is_meant =
      peer_is(reached.fd.get(), record.uid, &reached.peer) && bound_name_of_peer(reached.fd.get()) == record.socket &&
      fstatat(AT_FDCWD, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && is_socket_of(record.uid, status);
  if (!is_meant) return PIPES_ERROR_FILE_NOT_FOUND;
  return reached;
}

Result<Liveness> probe(int folder, uint32_t founder_uid, const wire::ServerRecord& record) {
  const auto attempt = try_to_connect_in(folder, founder_uid, record);
  if (!attempt) return attempt.status();
  if (attempt->missing) return Liveness::kDead;
  ucred peer{};
  switch (attempt->error) {
    case 0:
      return peer_is(attempt->fd.get(), record.uid, &peer) ? Liveness::kAlive : Liveness::kUnclear;
    case EAGAIN:
      return Liveness::kAlive;
    case ECONNREFUSED:
      return Liveness::kDead;
    default:
      if (const Status status = status_of_connect(attempt->error); status != PIPES_ERROR_FILE_NOT_FOUND) return status;
      return Liveness::kUnclear;
  }
}

void sweep_socket(int directory, const std::string& file, SocketAge age) {
  constexpr time_t kSecondsToListen = 2;
  struct stat status {};
  if (fstatat(directory, file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(status.st_mode)) return;
  if (geteuid() != 0 && status.st_uid != geteuid()) return;
  if (age == SocketAge::kAny && status.st_ctim.tv_sec + kSecondsToListen >= time(nullptr)) return;
  wire::ServerRecord record;
  record.uid = status.st_uid;
  record.socket = file;
  const auto liveness = probe(directory, status.st_uid, record);
  if (liveness && *liveness == Liveness::kDead) unlinkat(directory, file.c_str(), 0);
}

}  // namespace pipes
