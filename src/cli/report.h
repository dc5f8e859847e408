// How the command tells that something failed: one line on standard error, `pipes: what: error number: message`.
#pragma once

#include <string_view>

#include "pipes/pipes.hpp"

namespace pipes::cli {

// report_failure prints the line for a Win32 number and returns kFailed. `what` reads like "cannot open NAME".
int report_failure(std::string_view what, pipes_status status);

// report_system_failure does the same for an errno of this system, which it marks as such.
int report_system_failure(std::string_view what, int error);

// report_usage prints `pipes: what` and returns kUsage.
int report_usage(std::string_view what);

}  // namespace pipes::cli
