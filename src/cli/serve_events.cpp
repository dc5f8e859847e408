// "listening" is printed either way on standard error, so that scripts can wait for it. The other lines are for --json.
#include "cli/serve_events.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>

#include "cli/pipe_name.h"
#include "cli/standard_streams.h"
#include "cli/system.h"

namespace pipes::cli {
namespace {

// Whoever cannot be told goes unserved by none of this: the clients come first.
void print_event(const nlohmann::ordered_json& event) {
  const std::string line = event.dump() + "\n";
  static_cast<void>(write_standard_output(std::as_bytes(std::span(line))));
}

}  // namespace

void ServeEvents::listening() const {
  static_cast<void>(write_standard_error(fmt::format("pipes: listening on {}\n", printable(path_))));
  if (json_) print_event({{"event", "listening"}, {"path", path_}, {"server_process_id", own_process_id()}});
}

void ServeEvents::connected(std::uint32_t client_process_id, std::uint32_t command_process_id) const {
  if (!json_) return;
  print_event(
      {{"event", "connected"}, {"client_process_id", client_process_id}, {"command_process_id", command_process_id}});
}

void ServeEvents::ended(std::uint32_t client_process_id, std::uint32_t command_process_id,
                        std::uint32_t exit_code) const {
  if (!json_) return;
  print_event({{"event", "ended"},
               {"client_process_id", client_process_id},
               {"command_process_id", command_process_id},
               {"exit_code", exit_code}});
}

}  // namespace pipes::cli
