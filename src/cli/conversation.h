// One conversation of `serve`: a connected client and the command that was started for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/framing.h"
#include "cli/instance_pool.h"
#include "cli/serve_events.h"

namespace pipes::cli {

// hold_conversation starts `command` and moves data both ways until it has ended and all its output is written. A
// client that closes is the end of the command's input. Ends the conversation through `pool`. Returns the command's
// exit code, nothing if it could not be started (which is reported).
std::optional<std::uint32_t> hold_conversation(ServerEnd client, const std::vector<std::string>& command,
                                               Framing framing, const ServeEvents& events, InstancePool& pool);

}  // namespace pipes::cli
