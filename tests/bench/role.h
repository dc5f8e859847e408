// What a measuring process says to its parent, and the part that all transports share of it.
//
// One process, one measurement, one Control block: so these are functions and not methods handed through every layer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "task.h"

namespace pipes::bench {

class SystemCallCount;

// Runs one side of the measurement that the Control block at `control_fd` describes. The exit code of the process.
int run_role(Side side, int control_fd);

// Spins on one core until the parent ends: the load of `loaded`.
int run_burner(int core);

// Ends the process: something went wrong.
[[noreturn]] void fail(std::string_view reason);

// Ends the process: this system does not let the transport do it.
[[noreturn]] void refuse(std::string_view reason);

// fail() with the text of errno.
[[noreturn]] void fail_errno(std::string_view call);

// Settings in force, as the transport found them, for the printed result. The last one counts.
void report_settings(const std::string& settings);

// A path in the private directory of this measurement.
std::string private_path(const Control& control, std::string_view name);

// Watches for the measured part of a conversation and counts what this process spends in it.
class Watch {
 public:
  Watch(Control& control, Side side, const SystemCallCount* calls);

  void begin();
  void end();

  // For servers, after each message received: true when it was the last one.
  bool last_received() {
    if (!begun_ && control_.signs.measuring.load(std::memory_order_relaxed) != 0) [[unlikely]]
      begin();
    if (control_.signs.last.load(std::memory_order_relaxed) == 0) [[likely]]
      return false;
    end();
    return true;
  }

  [[nodiscard]] Control& control() { return control_; }

 private:
  Control& control_;
  SideReport& report_;
  const SystemCallCount* calls_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace pipes::bench
