// Asks what the library asks (its linux/runtime_directory.h has the rule and decides), in the same order.
#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <system_error>

#include "cli/pipe_name.h"
#include "cli/report.h"
#include "cli/runtime_directory.h"

namespace pipes::cli {
namespace {

constexpr const char* kVariable = "PIPES_RUNTIME_DIR";

struct Fault {
  pipes_status status = PIPES_OK;
  std::string text;
};

Fault denied(std::string text) { return {PIPES_ERROR_ACCESS_DENIED, std::move(text)}; }

Fault fault_of_open(int error) {
  if (error == ENOENT) return {PIPES_ERROR_PATH_NOT_FOUND, "which does not exist"};
  if (error == ENOTDIR || error == ELOOP) return denied("which is no directory, or a symbolic link to one");
  const pipes_status status = error == EACCES ? PIPES_ERROR_ACCESS_DENIED : PIPES_ERROR_NO_SYSTEM_RESOURCES;
  return {status, "which cannot be opened (" + std::generic_category().message(error) + ")"};
}

Fault fault_of_directory(int directory, DirectoryUse use) {
  struct stat status {};
  if (::fstat(directory, &status) != 0) return fault_of_open(errno);
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return denied(fmt::format("which belongs to user {}, neither root nor this user", status.st_uid));
  }
  const bool others_may_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (others_may_write && (status.st_mode & S_ISVTX) == 0) {
    return denied(fmt::format("in which others could replace files (mode {:04o})", status.st_mode & 07777));
  }
  if (use == DirectoryUse::kCreate && ::faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) != 0) {
    return denied("in which this user may not create files");
  }
  return {};
}

Fault fault_of(std::string path, DirectoryUse use) {
  if (!path.starts_with('/')) return denied("which is a relative path");
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return fault_of_open(errno);
  Fault fault = fault_of_directory(directory, use);
  ::close(directory);
  return fault;
}

// Empty if it is not set, or set to nothing.
std::string the_variable() {
  const char* path = ::secure_getenv(kVariable);
  return path == nullptr ? "" : path;
}

}  // namespace

bool has_runtime_directory(DirectoryUse use) {
  const std::string path = the_variable();
  if (path.empty()) return true;
  const Fault fault = fault_of(path, use);
  if (fault.status == PIPES_OK) return true;
  report_failure(fmt::format("cannot use {}={}, {}", kVariable, printable(path), fault.text), fault.status);
  return false;
}

std::string where_looked(pipes_status status) {
  const std::string path = the_variable();
  if (status != PIPES_ERROR_FILE_NOT_FOUND || path.empty()) return {};
  return fmt::format("looked for in {}={} alone", kVariable, printable(path));
}

}  // namespace pipes::cli
