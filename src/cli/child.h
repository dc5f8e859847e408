// Child is a running command whose standard input and output are anonymous pipes of the library. Only `serve` uses it;
// apart because it is where the system's processes are started and awaited.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "pipes/pipes.hpp"

namespace pipes::cli {

class Child {
 public:
  // Why `program` cannot be found along PATH, or run: the system's error number, 0 if it can.
  static int why_not(const std::string& program);
  // start runs `command`, found along PATH, with standard error shared with us. Reports a failure and returns nothing.
  static std::optional<Child> start(const std::vector<std::string>& command);

  // Our ends of its standard input and output. Whoever has written everything closes the first.
  End input;
  End output;

  // wait waits for its end and returns its exit code, or 128 and the number of the signal that ended it. Call it once.
  [[nodiscard]] int wait() const;

  [[nodiscard]] pid_t process_id() const { return process_id_; }

 private:
  Child(pid_t process_id, End to_child, End from_child)
      : input(std::move(to_child)), output(std::move(from_child)), process_id_(process_id) {}

  pid_t process_id_;
};

}  // namespace pipes::cli
