// The subcommands, each in a file of its own. `add_...` declares the arguments of one; parsing the command line then
// stores what is to be done in `action`, which main calls for the exit code.
#pragma once

#include <cstddef>
#include <functional>

namespace CLI {
class App;
}

namespace pipes::cli {

using Action = std::function<int()>;

void add_list(CLI::App& app, Action& action);
void add_info(CLI::App& app, Action& action);
void add_sddl(CLI::App& app, Action& action);
void add_connect(CLI::App& app, Action& action);
void add_call(CLI::App& app, Action& action);
// `words_after_dashes` is how many words of the command line stand behind `--`: all of the command that is to be run.
void add_serve(CLI::App& app, Action& action, std::size_t words_after_dashes);

}  // namespace pipes::cli
