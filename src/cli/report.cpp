// Writes each line with one call, so that lines of several threads do not mix.
#include "cli/report.h"

#include <fmt/format.h>

#include <string>

#include "cli/exit_code.h"
#include "cli/standard_streams.h"

namespace pipes::cli {
namespace {

// A standard error that cannot be written to leaves nobody to tell.
void print_line(const std::string& line) { static_cast<void>(write_standard_error(line)); }

}  // namespace

std::string with_advice(std::string what, std::string_view advice) {
  return advice.empty() ? what : fmt::format("{} ({})", what, advice);
}

int report_failure(std::string_view what, pipes_status status) {
  print_line(fmt::format("pipes: {}: error {}: {}\n", what, status, pipes_status_message(status)));
  return kFailed;
}

int report_system_failure(std::string_view what, SystemError error) {
  print_line(fmt::format("pipes: {}: {}\n", what, text_of(error)));
  return kFailed;
}

int report_usage(std::string_view what) {
  print_line(fmt::format("pipes: {}\n", what));
  return kUsage;
}

int print(std::string_view text) {
  if (write_standard_output(std::as_bytes(std::span(text.data(), text.size())))) return kSucceeded;
  return report_system_failure("cannot write to standard output", last_system_error());
}

}  // namespace pipes::cli
