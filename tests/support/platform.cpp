// What of the platform door the standard library opens everywhere.
#include "support/platform.h"

#include <filesystem>

namespace pipes::test::platform {

std::vector<std::string> folder_contents(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  // What goes away meanwhile ends the walk early, and is no error: whoever waits for an empty folder asks again.
  std::filesystem::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    found.push_back(entry->path().lexically_relative(folder).string());
  }
  return found;
}

void remove_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);
}

}  // namespace pipes::test::platform
