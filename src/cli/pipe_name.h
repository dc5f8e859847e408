// The spellings of a pipe's name on the command line and on a terminal. Apart so that every subcommand treats them
// alike.
#pragma once

#include <string>
#include <string_view>

namespace pipes::cli {

// full_name puts `\\.\pipe\` before a bare name. What begins with two slashes of either kind is a full name already.
std::string full_name(std::string_view name);

// short_name takes `\\.\pipe\` away again, whichever way it is written; any other string stays as it is.
std::string short_name(std::string_view name);

// same_name compares without regard to case, as the library does (NAME-6, NAME-7). Both are short names in UTF-8.
bool same_name(std::string_view left, std::string_view right);

// printable replaces control characters by `\x1b` and the like: anybody may choose the name of a pipe, and a terminal
// obeys what it is shown.
std::string printable(std::string_view text);

}  // namespace pipes::cli
