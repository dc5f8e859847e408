// pipes-bench: measures the library beside what one would use in its place, and says whether the targets are reached.
//
// Started by itself with a hidden first argument it is one side of one measurement.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "campaign.h"
#include "implementations.h"
#include "machine.h"
#include "output.h"
#include "processes.h"
#include "role.h"
#include "statistics.h"

namespace pipes::bench {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitTrouble = 1;
constexpr int kExitShort = 2;

struct CommandLine {
  Options options;
  std::vector<std::string> only;
  std::string json;
  std::string from_json;
  std::string plot;
  std::string plot_script = (std::filesystem::path(__FILE__).parent_path() / "plot.gp").string();
  bool quick = false;
  bool list = false;
  bool check = false;
  bool no_calls = false;
  std::string placement = "both";
};

void define_options(CLI::App& app, CommandLine& line) {
  Options& options = line.options;
  app.add_option("--only", line.only, "measure only workload[:size][:implementation]; may be given again");
  app.add_flag("--quick", line.quick, "a smoke test: two short rounds, pinned only, under a minute");
  app.add_option("--rounds", options.rounds, "rounds; each runs every implementation once")->check(CLI::Range(1, 1000));
  app.add_option("--time-ms", options.duration_ms, "measured time of one run")->check(CLI::Range(1, 10000));
  app.add_option("--quota", options.quota,
                 "quota of our own pipes, in bytes; 0: 1 MiB, and room for two messages of a stream");
  app.add_option("--placement", line.placement, "pinned, unpinned or both")
      ->check(CLI::IsMember({"pinned", "unpinned", "both"}));
  app.add_flag("--no-calls", line.no_calls, "do not count system calls");
  app.add_option("--json", line.json, "write the result to this file");
  app.add_option("--plot", line.plot, "draw round trips and streams into this file, .png or .svg, with gnuplot");
  app.add_option("--plot-script", line.plot_script, "the gnuplot script to draw with");
  app.add_option("--from-json", line.from_json, "measure nothing: draw what an earlier run wrote");
  app.add_flag("--list", line.list, "list what would be measured");
  app.add_flag("--check", line.check, "end with 2 when a target is missed");
}

void settle(CommandLine& line, const CLI::App& app) {
  Options& options = line.options;
  if (line.quick) {
    if (app.count("--rounds") == 0) options.rounds = 2;
    if (app.count("--time-ms") == 0) options.duration_ms = 20;
    if (app.count("--placement") == 0) line.placement = "pinned";
  }
  options.pinned = line.placement != "unpinned";
  options.unpinned = line.placement != "pinned";
  options.count_system_calls = !line.no_calls;
  for (const std::string& text : line.only) options.only.push_back(parse_filter(text));
}

int list_plan(const Options& options) {
  for (const Block& block : plan_blocks(options)) {
    fmt::print("{} {} {}:", workload_name(block.workload), block.size, placement_name(block.placement));
    for (const Implementation& implementation : implementations()) {
      if (implementation.can(block.workload) && is_wanted(options, block, implementation.name)) {
        fmt::print(" {}", implementation.name);
      }
    }
    fmt::print("\n");
  }
  return kExitOk;
}

std::vector<Row> rows_of(const std::vector<BlockResult>& results) {
  std::vector<Row> rows;
  for (const BlockResult& result : results) rows.insert(rows.end(), result.rows.begin(), result.rows.end());
  return rows;
}

bool has_failures(const std::vector<BlockResult>& results) {
  for (const BlockResult& result : results) {
    for (const Omission& omission : result.omissions) {
      if (omission.is_failure) return true;
    }
  }
  return false;
}

int measure(const CommandLine& line) {
  catch_interrupts();
  Workplace workplace;
  Campaign campaign(line.options, workplace, measure_ns_per_tick());
  print_head(line.options, campaign.counting());
  const std::vector<BlockResult> results = campaign.run(plan_blocks(line.options));
  for (const BlockResult& result : results) print_block(result);
  const size_t missed = print_summary(results, campaign.settings(), campaign.floors());
  const std::vector<Row> rows = rows_of(results);
  if (!line.json.empty()) write_json(line.json, rows);
  if (!line.plot.empty()) draw_plot(line.plot_script, line.plot, workplace.path(), rows);
  if (has_failures(results)) return kExitTrouble;
  return line.check && missed > 0 ? kExitShort : kExitOk;
}

int draw_again(const CommandLine& line) {
  const Workplace workplace;
  draw_plot(line.plot_script, line.plot, workplace.path(), read_json(line.from_json));
  return kExitOk;
}

int run(int argc, char** argv) {
  CommandLine line;
  CLI::App app("Measures pipes beside other ways to speak between two processes.", "pipes-bench");
  define_options(app, line);
  CLI11_PARSE(app, argc, argv);
  settle(line, app);
  if (line.list) return list_plan(line.options);
  if (!line.from_json.empty()) return draw_again(line);
  return measure(line);
}

}  // namespace
}  // namespace pipes::bench

int main(int argc, char** argv) {
  using namespace pipes::bench;
  const std::string_view role = argc == 3 ? argv[1] : "";
  if (role == "--role-server") return run_role(Side::kServer, std::atoi(argv[2]));
  if (role == "--role-client") return run_role(Side::kClient, std::atoi(argv[2]));
  if (role == "--burner") return run_burner(std::atoi(argv[2]));
  try {
    return run(argc, argv);
  } catch (const Interrupted&) {
    fmt::print(stderr, "pipes-bench: interrupted\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "pipes-bench: {}\n", error.what());
  }
  return kExitTrouble;
}
