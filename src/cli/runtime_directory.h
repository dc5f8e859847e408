// What is wrong with the runtime directory that the user named. The library says only that it cannot be used, or finds
// no pipes in it; a name that was mistyped deserves a word.
#pragma once

#include <string>

#include "pipes/pipes.h"

namespace pipes::cli {

enum class DirectoryUse { kLook, kCreate };

// has_runtime_directory tells whether $PIPES_RUNTIME_DIR is unset, or names a directory that the library takes for
// `use`. Else it reports why not, with the number that creating a pipe there gives.
bool has_runtime_directory(DirectoryUse use);

// where_looked is advice for PIPES_ERROR_FILE_NOT_FOUND: that $PIPES_RUNTIME_DIR, if it is set, is the only place.
// Empty otherwise. Whoever serves the pipe may have another value, or none.
std::string where_looked(pipes_status status);

}  // namespace pipes::cli
