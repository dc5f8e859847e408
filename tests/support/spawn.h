// Foreign programs as children, with ends of anonymous pipes for standard handles: what a shell would start, and what
// knows nothing of this library. (child.h starts this test program again, in a role.)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipes/pipes.h"
#include "support/child.h"

namespace pipes::test {

// The ends that become a child's standard handles. What is left out is the null device. They are borrowed while the
// child is started; whatever else is inheritable the child inherits as well.
struct StandardStreams {
  pipes_handle input = PIPES_INVALID_HANDLE;
  pipes_handle output = PIPES_INVALID_HANDLE;
  pipes_handle error = PIPES_INVALID_HANDLE;
};

// Program is a running foreign program. Its destructor kills what still runs.
class Program {
 public:
  // Copies its input to its output until the input ends; then it ends with 0.
  [[nodiscard]] static Program copier(const StandardStreams& streams);
  // Writes `output` to its output and then `error` to its error output; then it ends with 0.
  [[nodiscard]] static Program speaker(const StandardStreams& streams, const std::string& output,
                                       const std::string& error = {});
  // Does nothing until it is killed.
  [[nodiscard]] static Program sleeper(const StandardStreams& streams = {});

  Program(Program&& other) noexcept;
  Program& operator=(Program&&) = delete;
  ~Program();

  // Ends it at once, and waits until it has ended.
  void kill();
  // Waits until it has ended by itself.
  Exit wait();

 private:
  explicit Program(intptr_t process) : process_(process) {}
  static Program start(const std::vector<std::string>& words, const StandardStreams& streams);

  intptr_t process_;  // the system's name of it: an id, or a handle of ours; -1 if there is none
};

// What the system's own flags say of an end's native handle.
struct NativeFlags {
  bool known = false;
  bool non_blocking = false;  // shared with every process that has inherited it
  bool inheritable = false;
};
[[nodiscard]] NativeFlags native_flags(pipes_handle end);

}  // namespace pipes::test
