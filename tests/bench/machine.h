// What the results depend on: the processors, and how quiet the machine is.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace pipes::bench {

// The cores this process may run on.
std::vector<int> usable_cores();

// Two usable cores that are not threads of one; the same one twice if there is no second.
std::array<int, 2> two_cores();

// Model, kernel and load, a line each, for the head of the report.
std::vector<std::string> describe_machine();

// The average number of runnable processes during the last minute.
double load_average();

}  // namespace pipes::bench
