// See machine.h.
#include "machine.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>

namespace pipes::bench {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Equal for threads of one core. Empty where the system does not tell.
std::string siblings_of(int core) {
  return first_line(fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", core));
}

std::string processor_model() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

}  // namespace

std::vector<int> usable_cores() {
  std::vector<int> cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return {0};
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(static_cast<size_t>(core), &set)) cores.push_back(core);
  }
  return cores;
}

std::array<int, 2> two_cores() {
  const std::vector<int> cores = usable_cores();
  const int first = cores.front();
  for (const int core : cores) {
    if (core != first && (siblings_of(core).empty() || siblings_of(core) != siblings_of(first))) return {first, core};
  }
  return {first, cores.back()};
}

double load_average() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0.0;
}

std::vector<std::string> describe_machine() {
  utsname system{};
  ::uname(&system);
  return {fmt::format("{}, {} cores usable", processor_model(), usable_cores().size()),
          fmt::format("{} {} {}", system.sysname, system.release, system.machine),
          fmt::format("load average {:.2f}", load_average())};
}

}  // namespace pipes::bench
