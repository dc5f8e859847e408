#include "linux/runtime_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "linux/system_error.h"
#include "support/fault_point.h"
#include "support/log.h"

namespace pipes {
namespace {

enum class WhoCreates { kNobody, kRoot, kCaller };

struct Candidate {
  std::string path;
  WhoCreates who_creates;
  mode_t mode;
};

bool creates(const Candidate& candidate, uid_t uid) {
  return candidate.who_creates == WhoCreates::kCaller || (candidate.who_creates == WhoCreates::kRoot && uid == 0);
}

std::string_view environment(const char* name) {
  const char* value = secure_getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// A slash at the end would make the kernel follow a symbolic link that O_NOFOLLOW should refuse.
std::string without_slashes_at_end(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

std::vector<Candidate> candidates(uid_t uid) {
  if (const std::string_view only = environment("PIPES_RUNTIME_DIR"); !only.empty()) {
    return {{without_slashes_at_end(only), WhoCreates::kNobody, 0}};
  }
  std::vector<Candidate> all = {{"/run/pipes", WhoCreates::kRoot, 01777}};
  // A relative path is invalid here, and to be ignored, by the specification that introduced the variable.
  if (const std::string_view session = environment("XDG_RUNTIME_DIR"); session.starts_with('/')) {
    all.push_back({without_slashes_at_end(session) + "/pipes", WhoCreates::kCaller, 0700});
  }
  all.push_back({"/tmp/pipes-" + std::to_string(uid), WhoCreates::kCaller, 0755});
  return all;
}

bool is_safe(const struct stat& status, uid_t uid) {
  const bool owner_is_trusted = status.st_uid == 0 || status.st_uid == uid;
  const bool others_may_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  return owner_is_trusted && (!others_may_write || (status.st_mode & S_ISVTX) != 0);
}

struct OpenedDirectory {
  UniqueFd fd;
  std::string path;
  struct stat status {};
};

// Opening says PATH_NOT_FOUND if there is nothing, ACCESS_DENIED if there is something that must not be trusted. `why`,
// if not null, receives the reason, which follows the path in a sentence.
Result<OpenedDirectory> open_safe(const std::string& path, uid_t uid, const char** why = nullptr) {
  const auto refuse = [why](Status status, const char* reason) {
    if (why != nullptr) *why = reason;
    return status;
  };
  // It would mean something else with each working directory.
  if (!path.starts_with('/')) return refuse(PIPES_ERROR_ACCESS_DENIED, "is a relative path");
  OpenedDirectory opened;
  opened.path = path;
  opened.fd = UniqueFd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.fd) {
    // What is there but no directory, or is a link to one, is as unsafe as a directory of the wrong owner.
    if (errno == ENOTDIR || errno == ELOOP) {
      return refuse(PIPES_ERROR_ACCESS_DENIED, "is no directory, or a symbolic link to one");
    }
    return refuse(status_from_errno(errno), errno == ENOENT ? "does not exist" : "cannot be opened");
  }
  if (fstat(opened.fd.get(), &opened.status) != 0) return refuse(status_from_errno(errno), "cannot be looked at");
  if (!is_safe(opened.status, uid)) {
    return refuse(PIPES_ERROR_ACCESS_DENIED, "belongs to another user, or others could replace what is in it");
  }
  return opened;
}

// Gives the directory under `path` its rights, if it is ours.
int prepare(const std::string& path, mode_t mode, uid_t uid) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) return errno;
  if (status.st_uid != uid) return EACCES;
  return fchmod(fd.get(), mode) == 0 ? 0 : errno;
}

// The directory comes into being complete, under its name: whoever found it with fewer rights, because of the process's
// file mode mask, would take the next candidate, and there would be two worlds. Until then all who create it at once
// share one name for it, so that what one of them leaves behind serves the next.
Status create(const Candidate& candidate, uid_t uid) {
  const std::string path = candidate.path + ".new";
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return status_from_errno(errno);
  PIPES_CRASH_POINT("directory-made");  // CRASH: an empty directory that nobody looks for; the next creator takes it.
  int error = prepare(path, candidate.mode, uid);
  if (error == 0 && renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, candidate.path.c_str(), RENAME_NOREPLACE) != 0) {
    error = errno;
  }
  if (error == 0) return PIPES_OK;
  if (error == EEXIST) rmdir(path.c_str());
  // Somebody else has made it, and ours gone with it or in vain. Whether it is there, the caller looks.
  return error == EEXIST || error == ENOENT ? PIPES_OK : status_from_errno(error);
}

Result<OpenedDirectory> open_or_create(const Candidate& candidate, uid_t uid) {
  auto opened = open_safe(candidate.path, uid);
  if (opened || opened.status() != PIPES_ERROR_PATH_NOT_FOUND || !creates(candidate, uid)) return opened;
  if (const Status status = create(candidate, uid); status != PIPES_OK) return status;
  return open_safe(candidate.path, uid);
}

bool is_writable(const OpenedDirectory& directory) {
  return faccessat(directory.fd.get(), ".", W_OK | X_OK, AT_EACCESS) == 0;
}

// Out of memory or descriptors says nothing about a candidate, so it must not move the pipe to the next one.
bool is_exhaustion(Status status) {
  return status == PIPES_ERROR_NOT_ENOUGH_MEMORY || status == PIPES_ERROR_NO_SYSTEM_RESOURCES;
}

bool is_same(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

}  // namespace

Result<UniqueFd> directory_for_creating() {
  const uid_t uid = geteuid();
  const std::vector<Candidate> all = candidates(uid);
  for (const Candidate& candidate : all) {
    auto opened = open_or_create(candidate, uid);
    if (opened && is_writable(*opened)) return std::move(opened->fd);
    if (!opened && (is_exhaustion(opened.status()) || all.size() == 1)) return opened.status();
  }
  return PIPES_ERROR_ACCESS_DENIED;
}

Result<std::vector<RuntimeDirectory>> directories_for_looking() {
  const uid_t uid = geteuid();
  const std::vector<Candidate> all = candidates(uid);
  std::vector<OpenedDirectory> found;
  for (const Candidate& candidate : all) {
    auto opened = open_safe(candidate.path, uid);
    if (!opened) {
      const bool only_and_unsafe = all.size() == 1 && opened.status() != PIPES_ERROR_PATH_NOT_FOUND;
      if (only_and_unsafe || is_exhaustion(opened.status())) return opened.status();
      continue;
    }
    const bool seen =
        std::ranges::any_of(found, [&](const OpenedDirectory& other) { return is_same(other.status, opened->status); });
    if (!seen) found.push_back(std::move(*opened));
  }
  std::vector<RuntimeDirectory> directories;
  directories.reserve(found.size());
  for (OpenedDirectory& directory : found) {
    directories.push_back({std::move(directory.fd), std::move(directory.path)});
  }
  return directories;
}

void log_unusable_directory(DirectoryUse use) {
  if (!is_logged(LogLevel::kWarning)) return;
  const uid_t uid = geteuid();
  const std::vector<Candidate> all = candidates(uid);
  if (all.size() != 1) return;  // the variable is not set
  const char* why = "may not be written to by this user";
  const auto opened = open_safe(all.front().path, uid, &why);
  if (opened && (use == DirectoryUse::kLook || is_writable(*opened))) return;
  log_line(LogLevel::kWarning, "cannot use PIPES_RUNTIME_DIR=%s, which %s", all.front().path.c_str(), why);
}

std::vector<std::string> paths_for_looking() {
  std::vector<std::string> paths;
  for (Candidate& candidate : candidates(geteuid())) paths.push_back(std::move(candidate.path));
  return paths;
}

}  // namespace pipes
