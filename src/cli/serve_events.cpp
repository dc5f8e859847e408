// "listening" is printed either way on standard error, so that scripts can wait for it. The other lines are for --json.
#include "cli/serve_events.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/pipe_name.h"

namespace pipes::cli {
namespace {

// One call a line, flushed: several threads print, and whoever reads waits for the line.
void print_event(const nlohmann::ordered_json& event) {
  const std::string line = event.dump() + "\n";
  (void)std::fwrite(line.data(), 1, line.size(), stdout);
  (void)std::fflush(stdout);
}

}  // namespace

void ServeEvents::listening() const {
  const std::string line = fmt::format("pipes: listening on {}\n", printable(path_));
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
  if (json_) print_event({{"event", "listening"}, {"path", path_}, {"server_process_id", getpid()}});
}

void ServeEvents::connected(std::uint32_t client_process_id, int command_process_id) const {
  if (!json_) return;
  print_event(
      {{"event", "connected"}, {"client_process_id", client_process_id}, {"command_process_id", command_process_id}});
}

void ServeEvents::ended(std::uint32_t client_process_id, int command_process_id, int exit_code) const {
  if (!json_) return;
  print_event({{"event", "ended"},
               {"client_process_id", client_process_id},
               {"command_process_id", command_process_id},
               {"exit_code", exit_code}});
}

}  // namespace pipes::cli
