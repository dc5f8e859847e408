// The files of one pipe's folder: its name, whether it is to be believed, its lock, meta and claim. Apart from
// linux/pipe_folder.h, which says what each file means and decides; here is only how they are read and changed.
// Everything goes through the opened folder, never through a path that could lead elsewhere meanwhile.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/status.h"
#include "support/unique_fd.h"
#include "wire/meta.h"

namespace pipes {

// A founder on whose name somebody else sits uses the next of this many.
inline constexpr uint32_t kFolderSparesMax = 7;

// FolderName is `<digest>.<uid>`, or `<digest>.<uid>.<spare>` with a spare from 1 to kFolderSparesMax.
struct FolderName {
  std::string digest;  // 40 lower-case hexadecimal digits
  uint32_t uid = 0;
  uint32_t spare = 0;

  [[nodiscard]] std::string text() const;
  static std::optional<FolderName> parse(std::string_view text);
  // The name of its claim, which lies beside it, and the folder that a claim is for.
  [[nodiscard]] std::string claim() const;
  static std::optional<FolderName> parse_claim(std::string_view text);
};

// FileId tells one file or folder from all others.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): the check mistakes the comparison that is made for us
  auto operator<=>(const FileId&) const = default;
};

// file_id_of returns the identity of what `fd` has open, all zero if that cannot be told.
[[nodiscard]] FileId file_id_of(int fd);

// for_each_entry calls `visit` with each name in the opened `directory` but `.` and `..`.
Status for_each_entry(int directory, const std::function<void(const char*)>& visit);

// Folder is an opened folder that belongs to the user in its name and that nobody else may write to.
class Folder {
  friend class LockedFolder;

 public:
  Folder() = default;

  // open fails with PIPES_ERROR_FILE_NOT_FOUND if there is no such folder or it is not to be believed.
  static Result<Folder> open(int directory, FolderName name);
  // open_or_make opens the folder of this thread's effective user, made if there is none, under the first name that
  // nobody else sits on. PIPES_ERROR_FILE_NOT_FOUND: it went away meanwhile; try again.
  static Result<Folder> open_or_make(int directory, const std::string& digest);

  explicit operator bool() const { return static_cast<bool>(fd_); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] UniqueFd take_fd() { return std::move(fd_); }
  [[nodiscard]] Result<UniqueFd> duplicate_fd() const;
  [[nodiscard]] FileId id() const { return id_; }
  [[nodiscard]] const FolderName& name() const { return name_; }
  [[nodiscard]] uint32_t founder_uid() const { return name_.uid; }

  // may_change says whether this thread is root or has the founder's uid, and thus may take the lock.
  [[nodiscard]] bool may_change() const;
  // is_in_place says whether the folder is still what its name leads to.
  [[nodiscard]] bool is_in_place() const;

  // read_meta fails with PIPES_ERROR_FILE_NOT_FOUND if there is no meta, or one that is not to be believed.
  [[nodiscard]] Result<wire::PipeMeta> read_meta() const;
  // claimed_at is the time of the claim in nanoseconds, or nothing if there is none, or one that is not to be believed.
  [[nodiscard]] std::optional<int64_t> claimed_at() const;
  // hold_claim returns the claim, shared with all who hold it, for as long as its description is open. Nobody can
  // overrule it meanwhile. PIPES_ERROR_PIPE_BUSY: somebody overrules it. PIPES_ERROR_FILE_NOT_FOUND: there is none.
  [[nodiscard]] Result<UniqueFd> hold_claim() const;
  // remove_file removes one file. That it is gone already is as good.
  void remove_file(const std::string& file) const;
  // remove_if_empty removes the folder, unless somebody uses it.
  void remove_if_empty() const;

  // close_only closes the descriptor and touches nothing else. Async-signal-safe.
  void close_only() noexcept { fd_.reset(); }

 private:
  Folder(UniqueFd fd, FolderName name, FileId id) : fd_(std::move(fd)), name_(std::move(name)), id_(id) {}
  [[nodiscard]] std::string path_from_inside() const { return "../" + name_.text(); }
  [[nodiscard]] std::string claim_from_inside() const { return "../" + name_.claim(); }

  UniqueFd fd_;
  FolderName name_;
  FileId id_;
};

// overrule_claim keeps everybody from holding the claim of a folder in `directory`, for as long as what it returns is
// open. PIPES_ERROR_PIPE_BUSY: a process holds it. PIPES_ERROR_FILE_NOT_FOUND: there is none.
[[nodiscard]] Result<UniqueFd> overrule_claim(int directory, const FolderName& name);

// LockedFolder is the right to change a folder, held until it is destroyed. The folder must outlive it.
class LockedFolder {
 public:
  // For a turn waits without limit who is the founder's user, whose processes alone, and root's, can have the lock.
  // Root waits two seconds for somebody else's.
  enum class Wait { kForTurn, kNever };

  // acquire fails with PIPES_ERROR_FILE_NOT_FOUND if the folder is no longer in place: whoever wanted it looks for the
  // pipe anew. PIPES_ERROR_PIPE_BUSY: not waiting, and somebody else holds it. PIPES_ERROR_ACCESS_DENIED also: somebody
  // has not let go of it in time.
  static Result<LockedFolder> acquire(const Folder& folder, Wait wait);

  LockedFolder(LockedFolder&&) noexcept = default;
  LockedFolder& operator=(LockedFolder&&) = delete;
  ~LockedFolder();

  [[nodiscard]] const Folder& folder() const { return *folder_; }

  // write_meta replaces the snapshot, or leaves it as it is and says why.
  Status write_meta(const wire::PipeMeta& meta) const;
  // write_claim makes a new claim and returns it as hold_claim does.
  [[nodiscard]] Result<UniqueFd> write_claim() const;
  // clear removes everything but the lock, so that nobody sees a pipe here, and restores the folder's mode.
  Status clear() const;
  // dismantle removes everything and the folder itself. What cannot be removed stays, and is no pipe.
  void dismantle() const;
  // dismantle_if_unused does the same if there is nothing but the lock.
  void dismantle_if_unused() const;
  // remove_unknown_sockets removes the sockets that `meta` does not name: their makers died before they told.
  void remove_unknown_sockets(const wire::PipeMeta& meta) const;

 private:
  LockedFolder(const Folder& folder, UniqueFd lock) : folder_(&folder), lock_(std::move(lock)) {}
  [[nodiscard]] std::vector<std::string> all_but_lock() const;
  void remove_all_but_lock() const;

  const Folder* folder_;
  UniqueFd lock_;
};

}  // namespace pipes
