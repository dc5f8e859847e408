// The exit codes of the command, promised to scripts by docs/pipes-command.md and by --help. Apart from the rest
// because every subcommand returns one.
#pragma once

namespace pipes::cli {

inline constexpr int kSucceeded = 0;
inline constexpr int kFailed = 1;         // an operation failed; the text on standard error has its number
inline constexpr int kUsage = 2;          // the command line was not understood
inline constexpr int kCommandFailed = 3;  // `serve --once`: COMMAND ended with a failure of its own

// kExitCodeHelp stands at the end of every --help.
inline constexpr const char* kExitCodeHelp =
    "Exit codes: 0 success; 1 an operation failed, standard error tells its Win32 number; 2 wrong usage;\n"
    "3 the command of `serve --once` failed.";

}  // namespace pipes::cli
