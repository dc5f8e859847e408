// A program that is started by the Win32 layer, as a server starts one while it acts for a client.
#pragma once

#include <string>

namespace pipes::test {

// The user id as which a program that CreateProcess starts runs, by its own word; empty if that fails.
[[nodiscard]] std::string user_of_a_started_program();

}  // namespace pipes::test
