// See memory_use.h. Pss divides a shared page among those that map it, so the sum over both processes counts it once.
#include "memory_use.h"

#include <fmt/format.h>

#include <fstream>
#include <string>

namespace pipes::bench {
namespace {

// The value of a line like `Pss:   123 kB`, in bytes; 0 when there is none.
uint64_t value_in(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.compare(0, key.size(), key) == 0) return std::stoull(line.substr(key.size())) * 1024;
  }
  return 0;
}

}  // namespace

uint64_t memory_in_use(const std::array<pid_t, 2>& processes) {
  uint64_t sum = value_in("/proc/meminfo", "Slab:");
  for (const pid_t process : processes) {
    sum += value_in(fmt::format("/proc/{}/smaps_rollup", process), "Pss:");
    sum += value_in(fmt::format("/proc/{}/status", process), "VmPTE:");
  }
  return sum;
}

}  // namespace pipes::bench
