// Where the folders of pipes live: the runtime directories, and which of them this process may trust. Apart because
// trusting a directory is a decision of its own, made anew at each call: nothing is cached here, so a changed
// environment and a replaced directory count at once. (linux/known_pipes.h spares the decision while all it rests on is
// the same.)
//
// $PIPES_RUNTIME_DIR, if set and not empty, is the only candidate, and never created here. A relative path is as unsafe
// as a directory of somebody else's. Otherwise, in this order:
//
//   /run/pipes               created by root, mode 1777
//   $XDG_RUNTIME_DIR/pipes   created, mode 0700
//   /tmp/pipes-<uid>         created, mode 0755; the caller's effective uid
//
// A directory is safe if it is a real directory and no symbolic link, belongs to root or to the caller's effective uid,
// and lets neither its group nor others write unless it is sticky. What is checked is the opened directory, never a
// path that could have changed meanwhile. Programs with raised privileges ignore the environment.
#pragma once

#include <string>
#include <vector>

#include "support/status.h"
#include "support/unique_fd.h"

namespace pipes {

// directory_for_creating opens the first safe candidate that the caller may write to, created where that is allowed.
// PIPES_ERROR_PATH_NOT_FOUND: $PIPES_RUNTIME_DIR does not exist. PIPES_ERROR_ACCESS_DENIED: it is unsafe or not
// writable, or no candidate serves. PIPES_ERROR_NO_SYSTEM_RESOURCES, PIPES_ERROR_NOT_ENOUGH_MEMORY: as they say.
[[nodiscard]] Result<UniqueFd> directory_for_creating();

// RuntimeDirectory is an opened candidate, and the path that led to it.
struct RuntimeDirectory {
  UniqueFd fd;
  std::string path;
};

// directories_for_looking opens every candidate that exists and is safe, in order and each directory once; none at all
// is no error. PIPES_ERROR_ACCESS_DENIED: $PIPES_RUNTIME_DIR is unsafe. PIPES_ERROR_NO_SYSTEM_RESOURCES,
// PIPES_ERROR_NOT_ENOUGH_MEMORY: as they say.
[[nodiscard]] Result<std::vector<RuntimeDirectory>> directories_for_looking();

// log_unusable_directory says in the log why $PIPES_RUNTIME_DIR, if it is set, cannot be used. For calls that found no
// pipe, or could not make one: to their callers a name that was mistyped looks like a pipe that is not there. No lock
// is held.
enum class DirectoryUse { kLook, kCreate };
void log_unusable_directory(DirectoryUse use);

// paths_for_looking returns the paths of all candidates, whether they exist or not, for the caller's effective uid and
// the environment of this moment.
[[nodiscard]] std::vector<std::string> paths_for_looking();

}  // namespace pipes
