// What `serve` tells about itself while it runs: lines for people on standard error, or JSON lines for programs on
// standard output, which carries nothing else.
#pragma once

#include <cstdint>
#include <string>

namespace pipes::cli {

class ServeEvents {
 public:
  ServeEvents(std::string path, bool json) : path_(std::move(path)), json_(json) {}

  // From the moment this is told clients can open the pipe.
  void listening() const;
  void connected(std::uint32_t client_process_id, std::uint32_t command_process_id) const;
  void ended(std::uint32_t client_process_id, std::uint32_t command_process_id, std::uint32_t exit_code) const;

 private:
  const std::string path_;
  const bool json_;
};

}  // namespace pipes::cli
