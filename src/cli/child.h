// Child is a running command whose standard input and output are anonymous pipes of the library. Only `serve` uses it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/process.h"
#include "pipes/pipes.hpp"

namespace pipes::cli {

class Child {
 public:
  // start runs `command`, found along PATH, with standard error shared with us. Reports a failure and returns nothing.
  static std::optional<Child> start(const std::vector<std::string>& command);

  // Our ends of its standard input and output. Whoever has written everything closes the first.
  End input;
  End output;

  // wait waits for its end and returns its exit code (see process.h). Call it once.
  [[nodiscard]] std::uint32_t wait() const { return wait_for_end(process_); }

  [[nodiscard]] std::uint32_t process_id() const { return process_.id; }

 private:
  Child(Process process, End to_child, End from_child)
      : input(std::move(to_child)), output(std::move(from_child)), process_(process) {}

  Process process_;
};

}  // namespace pipes::cli
