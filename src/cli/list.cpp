// `pipes list`: the pipes that exist, one line each.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/exit_code.h"
#include "cli/facts.h"
#include "cli/pipe_name.h"
#include "cli/report.h"
#include "cli/runtime_directory.h"
#include "cli/subcommands.h"

namespace pipes::cli {
namespace {

constexpr std::size_t kColumns = 6;
using Row = std::array<std::string, kColumns>;

Row row_of(const PipeInfo& pipe) {
  return {printable(pipe.name), std::to_string(pipe.instances), maximum_text(pipe), type_text(pipe),
          server_text(pipe),    printable(owner_text(pipe))};
}

// Names in other scripts make columns ragged; fmt pads by code points, which is right for most.
std::string table_of(const std::vector<PipeInfo>& pipes) {
  std::vector<Row> rows{{"NAME", "INSTANCES", "MAXIMUM", "TYPE", "SERVER", "OWNER"}};
  for (const PipeInfo& pipe : pipes) rows.push_back(row_of(pipe));
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], fmt::formatted_size("{}", row[i]));
  }
  std::string table;
  for (const Row& row : rows) {
    table += fmt::format("{:<{}}  {:>{}}  {:>{}}  {:<{}}  {:<{}}  {}\n", row[0], widths[0], row[1], widths[1], row[2],
                         widths[2], row[3], widths[3], row[4], widths[4], row[5]);
  }
  return table;
}

int list(bool json) {
  if (!has_runtime_directory(DirectoryUse::kLook)) return kFailed;
  const Expected<std::vector<PipeInfo>> pipes = known_pipes();
  if (!pipes) return report_failure("cannot list pipes", pipes.status());
  if (!json) return print(table_of(*pipes));
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const PipeInfo& pipe : *pipes) array.push_back(to_json(pipe));
  return print_json(array);
}

}  // namespace

void add_list(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("list", "List the pipes that exist; opens none of them.");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print an array of objects");
  command->footer(kExitCodeHelp);
  command->callback([json, &action] { action = [json] { return list(*json); }; });
}

}  // namespace pipes::cli
