// The few questions that the command asks the system itself. Each system answers them in a file of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pipes::cli {

// SystemError is why the system refused something: an errno on Linux, what GetLastError says on Windows.
struct SystemError {
  std::uint32_t number = 0;
};

// last_system_error returns the reason of the call that has just failed on this thread.
SystemError last_system_error();

// text_of reads like `errno 2: No such file or directory`. On Windows the system's numbers are Win32's own, so that the
// word is `error` there, as for the library's.
std::string text_of(SystemError error);

// command_line returns the words that the program was started with, the first being its own name, in UTF-8.
std::vector<std::string> command_line(int argc, char** argv);

std::uint32_t own_process_id();

// UserIds is what an account is on Linux.
struct UserIds {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::vector<std::uint32_t> groups = {};  // the supplementary ones
};

// own_ids returns those of this process, ids_of those of the account with this user id. Nothing on Windows, or if the
// user database does not know the account.
std::optional<UserIds> own_ids();
std::optional<UserIds> ids_of(std::uint32_t user);

// What user ids and process ids are called. Nothing if that is not known; Windows tells of no pipe whose it is.
std::optional<std::string> user_name(std::uint32_t uid);
std::optional<std::string> program_name(std::uint32_t process_id);

// upper_case and lower_case map one letter of the basic plane to one, by rules that depend on no user's settings.
char16_t upper_case(char16_t letter);
char16_t lower_case(char16_t letter);

}  // namespace pipes::cli
