#include "linux/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "linux/server_socket.h"
#include "linux/system_error.h"
#include "support/deadline.h"
#include "support/fault_point.h"

namespace pipes {
namespace {

constexpr size_t kDigestDigits = 40;
constexpr const char* kMeta = "meta";
constexpr const char* kMetaNew = "meta.new";
constexpr std::string_view kClaimSuffix = ".claim";
constexpr const char* kLock = "lock";

constexpr mode_t kFolderMode = 0755;
constexpr mode_t kMetaMode = 0644;
constexpr mode_t kClaimMode = 0600;
constexpr mode_t kLockMode = 0600;

// How long root waits for somebody else's processes (decision 21's bound), and how often it looks: the kernel knows no
// time limit for such a lock.
constexpr uint64_t kOthersTurnMs = 2000;
constexpr long kOthersTurnPauseNs = 1'000'000;

Status wait_for_lock(int lock, LockedFolder::Wait wait, bool is_own) {
  const bool waits_in_kernel = is_own && wait == LockedFolder::Wait::kForTurn;
  const Deadline deadline = Deadline::after_ms(wait == LockedFolder::Wait::kForTurn ? kOthersTurnMs : 0);
  while (flock(lock, waits_in_kernel ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return status_from_errno(errno);
    if (wait == LockedFolder::Wait::kNever) return PIPES_ERROR_PIPE_BUSY;
    if (deadline.passed()) return PIPES_ERROR_ACCESS_DENIED;
    const timespec pause{0, kOthersTurnPauseNs};
    nanosleep(&pause, nullptr);
  }
  return PIPES_OK;
}

// The founder's files are the founder's, whoever of those who may has written them.
Status give_to_founder(int fd, uint32_t founder) {
  if (geteuid() == founder) return PIPES_OK;
  return fchown(fd, founder, static_cast<gid_t>(-1)) == 0 ? PIPES_OK : status_from_errno(errno);
}

// Makes the new snapshot the pipe's; at every moment there is one or the other. They are exchanged where that can be:
// ext4 writes out a file before it lets it replace another, which takes a hundred times as long.
Status put_in_place(const Folder& folder) {
  if (renameat2(folder.fd(), kMetaNew, folder.fd(), kMeta, RENAME_EXCHANGE) == 0) return PIPES_OK;
  return renameat(folder.fd(), kMetaNew, folder.fd(), kMeta) == 0 ? PIPES_OK : status_from_errno(errno);
}

Status write_all(int fd, const std::vector<std::byte>& bytes) {
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return status_from_errno(errno);
    written += static_cast<size_t>(count);
    PIPES_CRASH_POINT("meta-half-written");  // CRASH: a `meta.new` that nobody reads; the next who writes removes it.
  }
  return PIPES_OK;
}

// What cannot be read is not to be believed; only exhaustion says something about the reader.
Status not_believed(int error) {
  const Status status = status_from_errno(error);
  const bool exhausted = error == EMFILE || error == ENFILE || status == PIPES_ERROR_NOT_ENOUGH_MEMORY;
  return exhausted ? status : PIPES_ERROR_FILE_NOT_FOUND;
}

Result<std::vector<std::byte>> read_all(int fd, size_t size) {
  std::vector<std::byte> bytes(size);
  size_t filled = 0;
  while (filled < size) {
    const ssize_t count = ::read(fd, bytes.data() + filled, size - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return not_believed(errno);
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

// number takes a decimal number as std::to_string writes it: nothing before, between or after.
std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || std::to_string(value) != text) return std::nullopt;
  return value;
}

// A folder of one's own that has been opened to others, by whatever mishap, would not be believed any more.
void take_back(int directory, const std::string& folder, uint32_t uid) {
  const UniqueFd fd(openat(directory, folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0 || status.st_uid != uid) return;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) fchmod(fd.get(), kFolderMode);
}

// A claim is complete once all may read it: then its maker holds it.
bool is_claim(const struct stat& status, uint32_t uid) {
  return S_ISREG(status.st_mode) && status.st_uid == uid && (status.st_mode & S_IROTH) != 0;
}

// Of processes that hold a claim there may be many, or one that overrules it.
Result<UniqueFd> lock_claim(int directory, const std::string& path, uint32_t uid, int operation) {
  UniqueFd fd(openat(directory, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) return not_believed(errno);
  if (!is_claim(status, uid)) return PIPES_ERROR_FILE_NOT_FOUND;
  while (flock(fd.get(), operation | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return PIPES_ERROR_PIPE_BUSY;
    if (errno != EINTR) return status_from_errno(errno);
  }
  return fd;
}

bool is_digest(std::string_view text) {
  return text.size() == kDigestDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string FolderName::text() const {
  const std::string plain = digest + "." + std::to_string(uid);
  return spare == 0 ? plain : plain + "." + std::to_string(spare);
}

std::optional<FolderName> FolderName::parse(std::string_view text) {
  if (text.size() < kDigestDigits + 2 || text[kDigestDigits] != '.') return std::nullopt;
  const std::string_view digest = text.substr(0, kDigestDigits);
  const std::string_view numbers = text.substr(kDigestDigits + 1);
  const size_t dot = numbers.find('.');
  const auto uid = number(numbers.substr(0, dot));
  if (!uid || !is_digest(digest)) return std::nullopt;
  if (dot == std::string_view::npos) return FolderName{std::string(digest), *uid, 0};
  const auto spare = number(numbers.substr(dot + 1));
  if (!spare || *spare == 0 || *spare > kFolderSparesMax) return std::nullopt;
  return FolderName{std::string(digest), *uid, *spare};
}

std::string FolderName::claim() const { return text().append(kClaimSuffix); }

std::optional<FolderName> FolderName::parse_claim(std::string_view text) {
  if (!text.ends_with(kClaimSuffix)) return std::nullopt;
  return parse(text.substr(0, text.size() - kClaimSuffix.size()));
}

FileId file_id_of(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

Status for_each_entry(int directory, const std::function<void(const char*)>& visit) {
  if (lseek(directory, 0, SEEK_SET) != 0) return status_from_errno(errno);
  alignas(dirent64) char buffer[16 * 1024];
  for (;;) {
    const ssize_t filled = getdents64(directory, buffer, sizeof buffer);
    if (filled < 0) return status_from_errno(errno);
    if (filled == 0) return PIPES_OK;
    for (ssize_t at = 0; at < filled;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
      at += entry->d_reclen;
      const std::string_view name(entry->d_name);
      if (name != "." && name != "..") visit(entry->d_name);
    }
  }
}

Result<Folder> Folder::open(int directory, FolderName name) {
  UniqueFd fd(openat(directory, name.text().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) return not_believed(errno);
  const bool others_may_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (status.st_uid != name.uid || others_may_write) return PIPES_ERROR_FILE_NOT_FOUND;
  return Folder(std::move(fd), std::move(name), {status.st_dev, status.st_ino});
}

Result<Folder> Folder::open_or_make(int directory, const std::string& digest) {
  const uint32_t uid = geteuid();
  for (uint32_t spare = 0; spare <= kFolderSparesMax; ++spare) {
    FolderName name{digest, uid, spare};
    const std::string text = name.text();
    struct stat claim {};
    const bool has_claim = fstatat(directory, name.claim().c_str(), &claim, AT_SYMLINK_NOFOLLOW) == 0;
    if (has_claim && claim.st_uid != uid) continue;
    const bool made = mkdirat(directory, text.c_str(), kFolderMode) == 0;
    if (!made && errno != EEXIST) return status_from_errno(errno);
    PIPES_CRASH_POINT("folder-made");  // CRASH: an empty folder, which the next creator uses and others do not believe.
    take_back(directory, text, uid);
    auto folder = open(directory, std::move(name));
    if (folder) return folder;
    if (made) unlinkat(directory, text.c_str(), AT_REMOVEDIR);
    if (folder.status() != PIPES_ERROR_FILE_NOT_FOUND) return folder;
    // It may have gone, and even come again, since we found it there: only what is not ours is in the way.
    struct stat status {};
    const bool went_away = fstatat(directory, text.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0;
    if (went_away || (S_ISDIR(status.st_mode) && status.st_uid == uid)) return PIPES_ERROR_FILE_NOT_FOUND;
  }
  return PIPES_ERROR_ACCESS_DENIED;
}

Result<UniqueFd> Folder::duplicate_fd() const {
  UniqueFd copy(fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return status_from_errno(errno);
  return copy;
}

bool Folder::may_change() const {
  const uid_t uid = geteuid();
  return uid == 0 || uid == name_.uid;
}

bool Folder::is_in_place() const {
  struct stat status {};
  return fstatat(fd_.get(), path_from_inside().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         FileId{status.st_dev, status.st_ino} == id_;
}

Result<wire::PipeMeta> Folder::read_meta() const {
  // Without O_NONBLOCK a named pipe in its place would keep us here.
  const UniqueFd fd(openat(fd_.get(), kMeta, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) return not_believed(errno);
  const auto size = static_cast<uint64_t>(status.st_size);
  const bool plausible = S_ISREG(status.st_mode) && status.st_uid == name_.uid && size <= wire::kMetaBytesMax;
  if (!plausible) return PIPES_ERROR_FILE_NOT_FOUND;
  const auto bytes = read_all(fd.get(), size);
  if (!bytes) return bytes.status();
  auto meta = wire::decode_meta(*bytes);
  if (!meta || meta->owner_uid != name_.uid) return PIPES_ERROR_FILE_NOT_FOUND;
  return std::move(*meta);
}

std::optional<int64_t> Folder::claimed_at() const {
  struct stat status {};
  if (fstatat(fd_.get(), claim_from_inside().c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (!is_claim(status, name_.uid)) return std::nullopt;
  return int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
}

Result<UniqueFd> Folder::hold_claim() const { return lock_claim(fd_.get(), claim_from_inside(), name_.uid, LOCK_SH); }

Result<UniqueFd> overrule_claim(int directory, const FolderName& name) {
  return lock_claim(directory, name.claim(), name.uid, LOCK_EX);
}

void Folder::remove_file(const std::string& file) const { unlinkat(fd_.get(), file.c_str(), 0); }

void Folder::remove_if_empty() const { unlinkat(fd_.get(), path_from_inside().c_str(), AT_REMOVEDIR); }

Result<LockedFolder> LockedFolder::acquire(const Folder& folder, Wait wait) {
  // Without O_NONBLOCK, and the check of what it is, a founder could keep root here.
  UniqueFd lock(openat(folder.fd(), kLock, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, kLockMode));
  // A folder that has been removed takes no new files.
  if (!lock) return errno == ENOENT ? PIPES_ERROR_FILE_NOT_FOUND : status_from_errno(errno);
  struct stat opened {};
  if (fstat(lock.get(), &opened) != 0 || !S_ISREG(opened.st_mode)) return PIPES_ERROR_ACCESS_DENIED;
  // Nor is a file given away that the founder has only linked here.
  if (opened.st_nlink > 1) return PIPES_ERROR_ACCESS_DENIED;
  if (opened.st_uid != folder.founder_uid()) {
    if (const Status status = give_to_founder(lock.get(), folder.founder_uid()); status != PIPES_OK) return status;
  }
  const bool is_own = folder.founder_uid() == geteuid();
  if (const Status status = wait_for_lock(lock.get(), wait, is_own); status != PIPES_OK) return status;
  // Who held the lock before may have removed it and the folder, and a new folder may bear its name.
  LockedFolder locked(folder, std::move(lock));
  struct stat named {};
  const bool same_lock = fstatat(folder.fd(), kLock, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
                         FileId{named.st_dev, named.st_ino} == FileId{opened.st_dev, opened.st_ino};
  if (!same_lock || !folder.is_in_place()) return PIPES_ERROR_FILE_NOT_FOUND;
  PIPES_CRASH_POINT("folder-locked");  // CRASH: the kernel lets go of the lock; the file stays, and serves again.
  return locked;
}

LockedFolder::~LockedFolder() {
  // A child forked meanwhile has the same lock: closing alone would leave it locked as long as the child lives.
  if (lock_) flock(lock_.get(), LOCK_UN);
}

Status LockedFolder::write_meta(const wire::PipeMeta& meta) const {
  const auto bytes = wire::encode_meta(meta);
  if (!bytes) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  folder_->remove_file(kMetaNew);
  const UniqueFd fd(openat(folder_->fd(), kMetaNew, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMetaMode));
  if (!fd) return status_from_errno(errno);
  Status status = write_all(fd.get(), *bytes);
  if (status == PIPES_OK && fchmod(fd.get(), kMetaMode) != 0) status = status_from_errno(errno);
  if (status == PIPES_OK) status = give_to_founder(fd.get(), folder_->founder_uid());
  PIPES_CRASH_POINT("meta-written");  // CRASH: as above. The old snapshot holds.
  if (status == PIPES_OK) status = put_in_place(*folder_);
  PIPES_CRASH_POINT("meta-renamed");  // CRASH: meta names a server that is dead; so it is swept.
  folder_->remove_file(kMetaNew);
  return status;
}

// Nobody else can open it before it is held, and so nobody overrule it first.
Result<UniqueFd> LockedFolder::write_claim() const {
  const std::string path = folder_->claim_from_inside();
  folder_->remove_file(path);
  UniqueFd fd(openat(folder_->fd(), path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kClaimMode));
  if (!fd) return status_from_errno(errno);
  PIPES_CRASH_POINT("claim-made");  // CRASH: a claim that nobody believes; removed by whoever removes the folder.
  if (flock(fd.get(), LOCK_SH | LOCK_NB) != 0 || fchmod(fd.get(), kMetaMode) != 0) return status_from_errno(errno);
  PIPES_CRASH_POINT("claim-written");  // CRASH: an established pipe without a live server does not exist.
  return fd;
}

Status LockedFolder::clear() const {
  remove_all_but_lock();
  return fchmod(folder_->fd(), kFolderMode) == 0 ? PIPES_OK : status_from_errno(errno);
}

void LockedFolder::dismantle() const {
  remove_all_but_lock();
  folder_->remove_file(kLock);
  PIPES_CRASH_POINT("folder-lock-removed");  // CRASH: an empty folder, as at "folder-made".
  // Whoever makes a new lock before the next call has the folder: it is no longer empty then, and stays.
  folder_->remove_if_empty();
  PIPES_CRASH_POINT("folder-removed");  // CRASH: nothing is left.
}

void LockedFolder::dismantle_if_unused() const {
  if (all_but_lock().empty()) dismantle();
}

std::vector<std::string> LockedFolder::all_but_lock() const {
  std::vector<std::string> files;
  for_each_entry(folder_->fd(), [&](const char* file) {
    if (std::string_view(file) != kLock) files.emplace_back(file);
  });
  return files;
}

// The claim goes first: without it clients look no further, so none of them meets a folder in pieces.
void LockedFolder::remove_all_but_lock() const {
  folder_->remove_file(folder_->claim_from_inside());
  PIPES_CRASH_POINT("claim-removed");  // CRASH: no pipe. The next creator of the name, or who lists, removes the rest.
  folder_->remove_file(kMeta);
  PIPES_CRASH_POINT("folder-meta-removed");  // CRASH: as above.
  for (const std::string& file : all_but_lock()) folder_->remove_file(file);
  PIPES_CRASH_POINT("folder-sockets-removed");  // CRASH: as above.
}

void LockedFolder::remove_unknown_sockets(const wire::PipeMeta& meta) const {
  std::vector<std::string> unknown;
  for_each_entry(folder_->fd(), [&](const char* file) {
    const bool known = std::ranges::any_of(meta.servers, [&](const auto& server) { return server.socket == file; });
    if (is_server_socket_name(file) && !known) unknown.emplace_back(file);
  });
  for (const std::string& file : unknown) folder_->remove_file(file);
}

}  // namespace pipes
