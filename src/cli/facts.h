// What `list` and `info` know of a pipe, gathered without opening it, so that no instance is used up.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pipes/pipes.hpp"

namespace pipes::cli {

// known_pipes returns the pipes that exist, sorted by name.
Expected<std::vector<PipeInfo>> known_pipes();

// find_pipe returns the one called `path`, a full name. PIPES_ERROR_FILE_NOT_FOUND: there is none; a malformed name has
// the library's number for that.
Expected<PipeInfo> find_pipe(const std::string& path);

// instance_listens tells whether an instance of `path` is free; nothing if the question could not be answered. If none
// is that takes half a second.
std::optional<bool> instance_listens(const std::string& path);

// sddl_text writes a security descriptor as text; the error's number in words if it has none.
std::string sddl_text(const std::vector<std::byte>& descriptor);

// The words for the members of PipeInfo. What the system does not tell is "-".
std::string type_text(const PipeInfo& pipe);
std::string direction_text(const PipeInfo& pipe);
std::string maximum_text(const PipeInfo& pipe);  // "unlimited" for 255
std::string owner_text(const PipeInfo& pipe);    // the user's name, else the number
std::string server_text(const PipeInfo& pipe);   // process id and, where it can be read, the name of its program

// to_json gives the same facts for programs: what is not told, and an unlimited maximum, are null.
nlohmann::ordered_json to_json(const PipeInfo& pipe);

// print_json prints `value` and a line end. Returns the exit code, as print does.
int print_json(const nlohmann::ordered_json& value);

}  // namespace pipes::cli
