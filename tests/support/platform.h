// What the tests need of the operating system beyond the C ABI: the little door behind which POSIX hides, so that
// tests/conformance compiles anywhere. One file per system implements it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pipes::test::platform {

[[nodiscard]] uint32_t process_id();

// The number of this process's user. Nothing where users have none.
[[nodiscard]] std::optional<uint32_t> user_id();

// Names the calling thread for thread_rest.
[[nodiscard]] uint64_t current_thread();

// How a thread of this process is at this moment.
struct ThreadRest {
  bool asleep = false;      // in the kernel, waiting for something
  uint64_t awakenings = 0;  // grows each time it goes to sleep; the same number twice means it slept all the while
};
[[nodiscard]] ThreadRest thread_rest(uint64_t thread);

// Gives the processor to others for a moment: the pace of a loop that watches for an event.
void let_others_run();

// Makes a folder that only this user can enter. Empty string on failure.
[[nodiscard]] std::string make_private_folder();

// The entries of a folder, folders below it included, as relative paths.
[[nodiscard]] std::vector<std::string> folder_contents(const std::string& folder);

void remove_folder(const std::string& folder);

void set_environment(const char* variable, const std::string& value);

}  // namespace pipes::test::platform
