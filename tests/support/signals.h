// Counts the signals that a system without this library would raise for writing to a pipe nobody reads (WRITE-19).
#pragma once

#include <cstdint>

namespace pipes::test {

// While one of these lives, such a signal is counted instead of ending the process. One at a time.
class BrokenPipeSignals {
 public:
  BrokenPipeSignals();
  ~BrokenPipeSignals();
  BrokenPipeSignals(const BrokenPipeSignals&) = delete;
  BrokenPipeSignals& operator=(const BrokenPipeSignals&) = delete;

  // How many came since, to any thread, and 1 more if one is held back for the calling thread.
  [[nodiscard]] uint32_t count() const;
  // Whether the calling thread would be told of one: false while it is blocked.
  [[nodiscard]] static bool would_be_delivered();
};

}  // namespace pipes::test
