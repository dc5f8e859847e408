// Command lines, which on Windows are one string: splitting them as CommandLineToArgvW does, and joining arguments so
// that they split again into what they were.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pipes::win32 {

[[nodiscard]] std::vector<std::string> split_command_line(std::string_view line);
[[nodiscard]] std::string join_command_line(const std::vector<std::string>& arguments);

// The arguments this process was started with.
[[nodiscard]] std::vector<std::string> own_arguments();

}  // namespace pipes::win32
