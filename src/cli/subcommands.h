// The subcommands, each in a file of its own. `add_...` declares the arguments of one; parsing the command line then
// stores what is to be done in `action`, which main calls for the exit code.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pipes::cli {

using Action = std::function<int()>;

void add_list(CLI::App& app, Action& action);
void add_info(CLI::App& app, Action& action);
void add_connect(CLI::App& app, Action& action);
void add_serve(CLI::App& app, Action& action);

}  // namespace pipes::cli
