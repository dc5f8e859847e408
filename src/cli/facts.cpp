// The names of users and programs are only decoration.
#include "cli/facts.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/pipe_name.h"
#include "cli/report.h"
#include "cli/system.h"

namespace pipes::cli {
namespace {

constexpr const char* kUntold = "-";

// If an instance listens now the answer takes as long as the server process needs to be scheduled; if none does, all of
// this.
constexpr std::chrono::milliseconds kAnswerTime{500};

template <class T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

Expected<std::vector<PipeInfo>> known_pipes() {
  Expected<std::vector<PipeInfo>> pipes = try_list();
  if (pipes) {
    std::sort(pipes->begin(), pipes->end(),
              [](const PipeInfo& left, const PipeInfo& right) { return left.name < right.name; });
  }
  return pipes;
}

Expected<PipeInfo> find_pipe(const std::string& path) {
  Expected<std::vector<PipeInfo>> pipes = known_pipes();
  if (!pipes) return Expected<PipeInfo>::failure(pipes.status());
  const auto found = std::find_if(pipes->begin(), pipes->end(), [name = short_name(path)](const PipeInfo& pipe) {
    return same_name(pipe.name, name);
  });
  if (found != pipes->end()) return std::move(*found);
  // A malformed name deserves its own number, which only the library knows. To wait has another one than to open.
  const pipes_status asked = try_wait_available(path, kAnswerTime).status();
  if (asked == PIPES_ERROR_BAD_PATHNAME) return Expected<PipeInfo>::failure(PIPES_ERROR_INVALID_NAME);
  const bool malformed = asked != PIPES_OK && asked != PIPES_ERROR_SEM_TIMEOUT;
  return Expected<PipeInfo>::failure(malformed ? asked : PIPES_ERROR_FILE_NOT_FOUND);
}

std::optional<bool> instance_listens(const std::string& path) {
  const Expected<void> waited = try_wait_available(path, kAnswerTime);
  if (waited) return true;
  if (waited.status() == PIPES_ERROR_SEM_TIMEOUT) return false;
  return std::nullopt;
}

std::string sddl_text(const std::vector<std::byte>& descriptor) {
  constexpr std::uint32_t kAll = PIPES_OWNER_SECURITY_INFORMATION | PIPES_GROUP_SECURITY_INFORMATION |
                                 PIPES_DACL_SECURITY_INFORMATION | PIPES_LABEL_SECURITY_INFORMATION;
  char* text = nullptr;
  const pipes_status status = pipes_sd_format(descriptor.data(), static_cast<std::uint32_t>(descriptor.size()),
                                              PIPES_SDDL_REVISION_1, kAll, &text);
  if (status != PIPES_OK) return "(error " + std::to_string(status) + ")";
  std::string copy = text;
  pipes_sd_free(text);
  return copy;
}

std::string type_text(const PipeInfo& pipe) {
  if (!pipe.type) return kUntold;
  return *pipe.type == Type::kMessage ? "message" : "byte";
}

std::string direction_text(const PipeInfo& pipe) {
  if (!pipe.direction) return kUntold;
  switch (*pipe.direction) {
    case Direction::kInbound:
      return "inbound";
    case Direction::kOutbound:
      return "outbound";
    case Direction::kDuplex:
      return "duplex";
  }
  return kUntold;
}

std::string maximum_text(const PipeInfo& pipe) {
  return pipe.max_instances == PIPES_UNLIMITED_INSTANCES ? "unlimited" : std::to_string(pipe.max_instances);
}

std::string owner_text(const PipeInfo& pipe) {
  if (!pipe.owner_uid) return kUntold;
  return user_name(*pipe.owner_uid).value_or(std::to_string(*pipe.owner_uid));
}

std::string server_text(const PipeInfo& pipe) {
  if (pipe.server_process_id == 0) return kUntold;
  const std::optional<std::string> program = program_name(pipe.server_process_id);
  return std::to_string(pipe.server_process_id) + (program ? " (" + printable(*program) + ")" : "");
}

nlohmann::ordered_json to_json(const PipeInfo& pipe) {
  const auto told = [](bool known, std::string text) {
    return known ? nlohmann::ordered_json(std::move(text)) : nullptr;
  };
  const bool limited = pipe.max_instances != PIPES_UNLIMITED_INSTANCES;
  return {
      {"name", pipe.name},
      {"instances", pipe.instances},
      {"max_instances", limited ? nlohmann::ordered_json(pipe.max_instances) : nlohmann::ordered_json(nullptr)},
      {"type", told(pipe.type.has_value(), type_text(pipe))},
      {"direction", told(pipe.direction.has_value(), direction_text(pipe))},
      {"server_process_id", pipe.server_process_id},
      {"server_program", or_null(program_name(pipe.server_process_id))},
      {"owner_uid", or_null(pipe.owner_uid)},
      {"owner", pipe.owner_uid ? or_null(user_name(*pipe.owner_uid)) : nlohmann::ordered_json(nullptr)},
  };
}

int print_json(const nlohmann::ordered_json& value) {
  using nlohmann::ordered_json;
  // Program names may be any bytes; a name that is no UTF-8 must not end the listing.
  return print(value.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace pipes::cli
