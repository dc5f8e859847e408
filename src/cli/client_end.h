// Opening the client end for `connect` and `call`, and what a newcomer is told where that fails.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pipes/pipes.hpp"

namespace pipes::cli {

// The option --timeout of both.
inline constexpr std::uint32_t kBusyTimeoutMs = 5000;
inline constexpr const char* kBusyTimeoutHelp =
    "Milliseconds to wait for a free instance while the pipe is busy; 0 fails at once";

struct OpenRequest {
  std::string path;  // in full
  std::uint32_t access = PIPES_GENERIC_READ | PIPES_GENERIC_WRITE;
  ReadMode read_mode = ReadMode::kByte;
  std::uint32_t flags = 0;
  std::uint32_t timeout_ms = kBusyTimeoutMs;
};

// open_client_end waits for a free instance and opens it. A failure is reported, `advice` with it if it is not empty
// and access was denied; then there is no end.
std::optional<ClientEnd> open_client_end(const OpenRequest& request, std::string_view advice_if_denied);

}  // namespace pipes::cli
