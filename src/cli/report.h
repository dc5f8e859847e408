// How the command tells what it found, on standard output, and that something failed: one line on standard error,
// `pipes: what: error number: message`.
#pragma once

#include <string>
#include <string_view>

#include "cli/system.h"
#include "pipes/pipes.hpp"

namespace pipes::cli {

// with_advice puts what may have been overlooked, if there is anything, behind `what`: "cannot open NAME (advice)".
std::string with_advice(std::string what, std::string_view advice);

// report_failure prints the line for a Win32 number and returns kFailed. `what` reads like "cannot open NAME".
int report_failure(std::string_view what, pipes_status status);

// report_system_failure does the same for what the system itself refused.
int report_system_failure(std::string_view what, SystemError error);

// report_usage prints `pipes: what` and returns kUsage.
int report_usage(std::string_view what);

// print writes `text` to standard output and returns kSucceeded. What is printed must arrive: a full disk is a failure
// like any other, and reported.
int print(std::string_view text);

}  // namespace pipes::cli
