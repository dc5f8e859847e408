// The command `pipes`: parses the command line and runs one subcommand. Uses the library through its public headers
// only, like any program.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"
#include "cli/pipe_name.h"
#include "cli/report.h"
#include "cli/standard_streams.h"
#include "cli/subcommands.h"
#include "pipes/pipes.h"

namespace pipes::cli {
namespace {

std::string version_text() {
  const std::uint32_t loaded = pipes_version();
  return fmt::format("pipes {}.{}.{}, library {}.{}.{}", PIPES_VERSION_MAJOR, PIPES_VERSION_MINOR, PIPES_VERSION_PATCH,
                     loaded >> 16, (loaded >> 8) & 0xFF, loaded & 0xFF);
}

// How many words stand behind `--`.
std::size_t words_after_dashes(std::span<char* const> words) {
  const auto dashes = std::ranges::find(words, std::string_view("--"));
  return dashes == words.end() ? 0 : static_cast<std::size_t>(words.end() - dashes) - 1;
}

// What the command line lacks or has too much of. The parser misses the subcommand before it tells of the word that
// stands in its place.
std::string usage_text(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining();
  const bool is_misnamed = app.get_subcommands().empty() && !unknown.empty();
  const std::string what = !is_misnamed                     ? std::string(error.what())
                           : unknown.front().front() == '-' ? "there is no option " + printable(unknown.front())
                                                            : "there is no subcommand " + printable(unknown.front());
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return fmt::format("{} (see pipes {}--help)", what, chosen.empty() ? "" : chosen.front()->get_name() + " ");
}

int run(int argc, char** argv) {
  CLI::App app("Lists, queries, opens and serves pipes with the semantics of Windows.", "pipes");
  app.set_version_flag("--version", version_text);
  app.footer(kExitCodeHelp);
  app.require_subcommand(1);
  Action action;
  add_list(app, action);
  add_info(app, action);
  add_connect(app, action);
  add_serve(app, action, words_after_dashes(std::span(argv, static_cast<std::size_t>(argc))));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::Success)) {
      return report_usage(usage_text(app, error));
    }
    std::ostringstream asked_for;  // --help, --version
    const int code = app.exit(error, asked_for, asked_for);
    action = [text = asked_for.str(), code] {
      fmt::print("{}", text);
      return code;
    };
  }
  const int code = action();
  // What was printed must have arrived: a full disk is a failure like any other.
  if (std::fflush(stdout) != 0) return report_system_failure("cannot write to standard output", errno);
  return code;
}

}  // namespace
}  // namespace pipes::cli

int main(int argc, char** argv) {
  pipes::cli::keep_standard_streams_apart();
  try {
    return pipes::cli::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "pipes: {}\n", error.what());
    return pipes::cli::kFailed;
  }
}
