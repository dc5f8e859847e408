// The files of one pipe's folder: its name, whether it is to be believed, its lock, meta, claim and sockets. Apart from
// linux/pipe_folder.h, which decides what a folder means and says what each file is for; here is only how it is read and
// changed. Everything goes through the opened folder, never through a path that could lead elsewhere meanwhile.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "support/status.h"
#include "support/unique_fd.h"
#include "wire/meta.h"

namespace pipes {

inline constexpr uint32_t kFolderSpares = 7;  // further names a founder may use if others sit on the first

// FolderName is `<digest>.<uid>`, or `<digest>.<uid>.<spare>` with a spare from 1 to kFolderSpares.
struct FolderName {
  std::string digest;  // 40 lower-case hexadecimal digits
  uint32_t uid = 0;
  uint32_t spare = 0;

  [[nodiscard]] std::string text() const;
  static std::optional<FolderName> parse(std::string_view text);
};

// FileId tells one file or folder from all others.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

// Folder is an opened folder that belongs to the user in its name and that nobody else may write to.
class Folder {
 public:
  // open fails with PIPES_ERROR_FILE_NOT_FOUND if there is no such folder or it is not to be believed. `folder_name` is
  // relative to `directory`.
  static Result<Folder> open(int directory, const FolderName& name);
  // Makes the folder if there is none.
  static Result<Folder> open_or_make(int directory, const FolderName& name);
  // adopt trusts `fd`, which an earlier open has checked.
  static Folder adopt(UniqueFd fd, FolderName name, FileId id) { return {std::move(fd), std::move(name), id}; }

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] UniqueFd& unique_fd() { return fd_; }
  [[nodiscard]] const FolderName& name() const { return name_; }
  [[nodiscard]] FileId id() const { return id_; }
  [[nodiscard]] uint32_t founder_uid() const { return name_.uid; }

  // may_change says whether this thread may take the lock and change the folder.
  [[nodiscard]] bool may_change() const;

  // read_meta fails with PIPES_ERROR_FILE_NOT_FOUND if there is no meta, or one that is not to be believed.
  [[nodiscard]] Result<wire::PipeMeta> read_meta() const;
  // claimed_at is the time of the claim in nanoseconds, or nothing if there is none.
  [[nodiscard]] std::optional<int64_t> claimed_at() const;

 private:
  Folder(UniqueFd fd, FolderName name, FileId id) : fd_(std::move(fd)), name_(std::move(name)), id_(id) {}

  UniqueFd fd_;
  FolderName name_;
  FileId id_;
};
