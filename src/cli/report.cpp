// Writes each line with one call, so that lines of several threads do not mix.
#include "cli/report.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <system_error>

#include "cli/exit_code.h"

namespace pipes::cli {
namespace {

void print_line(const std::string& line) { (void)std::fwrite(line.data(), 1, line.size(), stderr); }

}  // namespace

int report_failure(std::string_view what, pipes_status status) {
  print_line(fmt::format("pipes: {}: error {}: {}\n", what, status, pipes_status_message(status)));
  return kFailed;
}

int report_system_failure(std::string_view what, int error) {
  print_line(fmt::format("pipes: {}: errno {}: {}\n", what, error, std::generic_category().message(error)));
  return kFailed;
}

int report_usage(std::string_view what) {
  print_line(fmt::format("pipes: {}\n", what));
  return kUsage;
}

}  // namespace pipes::cli
