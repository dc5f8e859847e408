// On Windows the kernel keeps the names, so there is no directory that could be wrong.
#include "cli/runtime_directory.h"

namespace pipes::cli {

bool has_runtime_directory(DirectoryUse) { return true; }

std::string where_looked(pipes_status) { return {}; }

}  // namespace pipes::cli
