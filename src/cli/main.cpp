// The command `pipes`: parses the command line and runs one subcommand. Uses the library through its public headers
// only, like any program.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <sstream>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/pipe_name.h"
#include "cli/report.h"
#include "cli/standard_streams.h"
#include "cli/subcommands.h"
#include "cli/system.h"
#include "pipes/pipes.h"

namespace pipes::cli {
namespace {

std::string version_text() {
  const std::uint32_t loaded = pipes_version();
  return fmt::format("pipes {}.{}.{}, library {}.{}.{}", PIPES_VERSION_MAJOR, PIPES_VERSION_MINOR, PIPES_VERSION_PATCH,
                     loaded >> 16, (loaded >> 8) & 0xFF, loaded & 0xFF);
}

// How many words stand behind `--`.
std::size_t words_after_dashes(const std::vector<std::string>& words) {
  const auto dashes = std::ranges::find(words, "--");
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

int run(const std::vector<std::string>& words) {
  CLI::App app("Lists, queries, opens and serves pipes with the semantics of Windows.", "pipes");
  app.set_version_flag("--version", version_text);
  app.footer(kExitCodeHelp);
  app.require_subcommand(1);
  app.allow_windows_style_options(false);  // `//./pipe/x` is a name
  Action action;
  add_list(app, action);
  add_info(app, action);
  add_sddl(app, action);
  add_connect(app, action);
  add_call(app, action);
  add_serve(app, action, words_after_dashes(words));
  try {
    std::vector<std::string> last_first(words.rbegin(), words.rend());
    if (!last_first.empty()) last_first.pop_back();  // the program's own name
    app.parse(std::move(last_first));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::Success)) {
      return report_usage(usage_text(app, error));
    }
    std::ostringstream asked_for;  // --help, --version
    const int code = app.exit(error, asked_for, asked_for);
    action = [text = asked_for.str(), code] { return print(text) == kSucceeded ? code : kFailed; };
  }
  return action();
}

}  // namespace
}  // namespace pipes::cli

int main(int argc, char** argv) {
  pipes::cli::prepare_standard_streams();
  try {
    return pipes::cli::run(pipes::cli::command_line(argc, argv));
  } catch (const std::exception& error) {
    static_cast<void>(pipes::cli::write_standard_error(fmt::format("pipes: {}\n", error.what())));
    return pipes::cli::kFailed;
  }
}
