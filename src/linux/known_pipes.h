// What this process has found and may use again: who opens one pipe many times need not look through the runtime
// directories each time. A short cut only. It holds no descriptor and no right: everything that made looking through
// safe (whose directory, whose folder, who may write there) is asked of the files again, and the server that is reached
// is proven by the kernel to be the one that was meant (connect_at). Whatever is not exactly as it was, or does not
// answer, is left to find_pipe, which decides.
//
// How a change shows: a directory's times change with its entries, among them the claims, a folder's with its `meta`,
// which is only ever replaced. Times come from a clock with ticks, so what changed in the tick in which it was looked
// at is not kept: a second change in that tick would not show.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "linux/pipe_folder.h"
#include "pipe/name.h"

namespace pipes {

// FileTraits is what a file looked like: who owns it, who may write to it, and when it changed last.
struct FileTraits {
  static FileTraits of_path(const std::string& path);  // of a symbolic link, not of what it leads to
  static FileTraits of_fd(int fd);
  // Whether each later change shows, if the file looked so after `time_ns` of the file systems' clock.
  [[nodiscard]] bool settled_before(int64_t time_ns) const;
  bool operator==(const FileTraits&) const = default;

  int error = 0;  // why there is nothing to tell
  dev_t device = 0;
  ino_t inode = 0;
  mode_t mode = 0;
  uid_t owner = 0;
  int64_t changed_ns = 0;
  int64_t modified_ns = 0;
};

// KnownPipe is a pipe that has one server process.
struct KnownPipe {
  PipeMeta meta;
  uint32_t founder_uid = 0;
  std::string path;  // the folder's
  int64_t claimed_at = 0;
};

// EndName is what the ends of a pipe keep of it: its name, and what tells it from a later one that bears the same name.
struct EndName {
  std::string display;
  std::u16string folded;
  uint32_t founder_uid = 0;
  int64_t claimed_at = 0;             // 0: not known
  std::vector<std::byte> descriptor;  // as it was when the end was made
};

// shared_name gives all ends of one pipe the same object: a process may have thousands of them.
[[nodiscard]] std::shared_ptr<const EndName> shared_name(const PipeMeta& meta, int64_t claimed_at);

// PipeLook is one look for a pipe: what is known of it, and, if that is nothing, what is to be known from now on.
//
//   PipeLook look(name);
//   if (const auto known = look.known()) ...
//   const auto found = find_pipe(name);
//   if (found) look.learn(*found);
class PipeLook {
 public:
  explicit PipeLook(const PipeName& name);

  // What is known of the pipe, if nothing has changed since. Null: look through the directories.
  [[nodiscard]] std::shared_ptr<const KnownPipe> known() const;
  // Keeps what find_pipe found after this look began, where that can be kept.
  void learn(const std::vector<FoundPipe>& found) const;
  // Drops what is known: it led to nobody.
  void forget() const;

  // In a forked child: nothing is known, and whoever held the lock is not there.
  static void forget_in_child() noexcept;

 private:
  const PipeName& name_;
  uint32_t uid_;                         // whose looking it is: each user looks elsewhere, and trusts others
  int64_t began_ns_;                     // by the file systems' clock
  std::vector<FileTraits> directories_;  // the candidates, in order
};

}  // namespace pipes
