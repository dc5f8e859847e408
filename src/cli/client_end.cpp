#include "cli/client_end.h"

#include <fmt/format.h>

#include "cli/pipe_name.h"
#include "cli/report.h"
#include "cli/runtime_directory.h"

namespace pipes::cli {
namespace {

// What a newcomer may have overlooked.
std::string advice(pipes_status status, const OpenRequest& request, std::string_view advice_if_denied) {
  switch (status) {
    case PIPES_ERROR_FILE_NOT_FOUND:
      return where_looked(status);
    case PIPES_ERROR_NOT_SUPPORTED:
      return "pipes of other computers are not supported";
    case PIPES_ERROR_INVALID_PARAMETER:
      return request.read_mode == ReadMode::kMessage ? "messages need a pipe of message type, and it is of byte type"
                                                     : "";
    case PIPES_ERROR_ACCESS_DENIED:
      return std::string(advice_if_denied);
    case PIPES_ERROR_PIPE_BUSY:
      return "all instances are taken; --timeout waits for one";
    case PIPES_ERROR_SEM_TIMEOUT:
      return fmt::format("all instances were taken for {} ms; see --timeout", request.timeout_ms);
    default:
      return "";
  }
}

}  // namespace

std::optional<ClientEnd> open_client_end(const OpenRequest& request, std::string_view advice_if_denied) {
  ClientOptions client;
  client.access = request.access;
  client.read_mode = request.read_mode;
  client.flags = request.flags;
  client.busy_wait = std::chrono::milliseconds(request.timeout_ms);
  Expected<ClientEnd> end = ClientEnd::try_open(request.path, client);
  if (end) return *std::move(end);
  const std::string cannot = "cannot open " + printable(request.path);
  report_failure(with_advice(cannot, advice(end.status(), request, advice_if_denied)), end.status());
  return std::nullopt;
}

}  // namespace pipes::cli
