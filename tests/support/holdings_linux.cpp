// What a process holds, as /proc tells it.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/harness.h"
#include "support/holdings.h"

namespace pipes::test {

Holdings holdings_of_this_process() {
  Holdings holdings;
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    const std::string name = std::filesystem::read_symlink(entry->path(), gone).string();
    holdings.descriptor_names += ' ' + name;
    ++holdings.descriptors;
    if (name.starts_with("socket:") || name.starts_with("/memfd:")) ++holdings.of_connections;
  }
  std::filesystem::directory_iterator thread("/proc/self/task", error);
  for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error)) ++holdings.threads;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("/memfd:") != std::string::npos) ++holdings.mappings;
  }
  return holdings;
}

Holdings holdings_without_connections_since(const Holdings& before) {
  Holdings now;
  const auto settled = [&] {
    now = holdings_of_this_process();
    return now.of_connections <= before.of_connections && now.mappings <= before.mappings;
  };
  if (!eventually(settled)) ADD_FAILURE() << "connections are kept:" << now.descriptor_names;
  return now;
}

std::string kept_since(const Holdings& before, size_t allowed_descriptors) {
  Holdings now;
  const auto nothing_more = [&] {
    now = holdings_of_this_process();
    return now.descriptors <= before.descriptors + allowed_descriptors && now.threads <= before.threads &&
           now.mappings <= before.mappings && now.of_connections <= before.of_connections;
  };
  if (eventually(nothing_more)) return {};
  std::ostringstream kept;
  kept << "kept: descriptors " << before.descriptors << " -> " << now.descriptors << ", mappings " << before.mappings
       << " -> " << now.mappings << ", threads " << before.threads << " -> " << now.threads
       << "; descriptors before:" << before.descriptor_names << ", now:" << now.descriptor_names;
  return kept.str();
}

}  // namespace pipes::test
