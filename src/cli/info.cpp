// `pipes info NAME`: what can be known of one pipe without opening it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/exit_code.h"
#include "cli/facts.h"
#include "cli/pipe_name.h"
#include "cli/report.h"
#include "cli/runtime_directory.h"
#include "cli/subcommands.h"

namespace pipes::cli {
namespace {

struct Options {
  std::string name;
  bool json = false;
};

std::string text_of(const PipeInfo& pipe, std::optional<bool> listens) {
  std::string text;
  const auto line = [&text](const char* label, const std::string& value) {
    text += fmt::format("{:<15}{}\n", label, value);
  };
  line("name", printable(pipe.name));
  line("path", printable(full_name(pipe.name)));
  line("type", type_text(pipe));
  line("direction", direction_text(pipe));
  line("instances", fmt::format("{} of {}", pipe.instances, maximum_text(pipe)));
  line("free instance", !listens ? "-" : *listens ? "yes" : "no");
  line("server", server_text(pipe));
  line("owner", printable(owner_text(pipe)));
  if (!pipe.descriptor.empty()) line("security", printable(sddl_text(pipe.descriptor)));
  line("not shown", "quotas, modes and states: they can be asked only of an open end, which uses up an instance");
  return text;
}

int info(const Options& options) {
  if (!has_runtime_directory(DirectoryUse::kLook)) return kFailed;
  const std::string path = full_name(options.name);
  const std::string cannot = "cannot find " + printable(path);
  const Expected<PipeInfo> found = find_pipe(path);
  if (!found) return report_failure(with_advice(cannot, where_looked(found.status())), found.status());
  const std::optional<bool> listens = instance_listens(path);
  if (!options.json) return print(text_of(*found, listens));
  nlohmann::ordered_json facts = to_json(*found);
  facts["path"] = full_name(found->name);
  const bool is_told = !found->descriptor.empty();
  facts["security"] = is_told ? nlohmann::ordered_json(sddl_text(found->descriptor)) : nlohmann::ordered_json(nullptr);
  facts["free_instance"] = listens ? nlohmann::ordered_json(*listens) : nlohmann::ordered_json(nullptr);
  return print_json(facts);
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("info", "Tell about one pipe; does not open it.");
  const auto options = std::make_shared<Options>();
  command->add_option("NAME", options->name, R"(The pipe, as name or \\.\pipe\name)")->required();
  command->add_flag("--json", options->json, "Print an object");
  command->footer(kExitCodeHelp);
  command->callback([options, &action] { action = [options] { return info(*options); }; });
}

}  // namespace pipes::cli
