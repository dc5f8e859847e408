// Runs one measurement: two fresh processes, watched until both have ended, and nothing left of them afterwards.
//
// The parent never touches a transport. Each side is this program anew (exec), so no library's state is carried over.
#pragma once

#include <string>

#include "task.h"

namespace pipes::bench {

struct Measurement {
  Ending ending = Ending::kNone;
  std::string reason;  // unless it is done
  Outcome outcome;
  std::string settings;
  uint64_t processor_ns = 0;  // of both sides
  uint64_t system_calls = 0;  // of both sides, if they were counted
  uint64_t memory = 0;        // bytes per connection, if that is the workload
};

// A folder of our own below the folder for temporary files; all measurements keep their sockets in it. Removed at the
// end.
class Workplace {
 public:
  Workplace();
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  // Does what `task` says; its directory and tag are filled in here. Bounded in time.
  Measurement measure(Task task);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  uint32_t measurements_ = 0;
};

// From now on SIGINT and SIGTERM end the measurement under way in good order; measure() then throws Interrupted.
void catch_interrupts();

struct Interrupted {};

}  // namespace pipes::bench
