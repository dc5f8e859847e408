// The command's own standard streams, as the system has them: nothing is buffered or translated, and a read that waits
// can be ended.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace pipes::cli {

// Called first of all. Puts something in the place of standard streams that the process was started without, so that
// nothing that is opened later is taken for one; reading or writing there fails, as it would have. On Windows it lets a
// console show UTF-8.
void prepare_standard_streams();

// StandardInput reads standard input until the end, or until another thread calls stop().
class StandardInput {
 public:
  StandardInput();
  ~StandardInput();
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

  // read waits for input and returns the bytes read into `buffer`: 0 at the end and after stop(), nothing if reading
  // failed (last_system_error() tells why).
  std::optional<std::size_t> read(std::span<std::byte> buffer);

  // stop makes the read that waits, and every later one, return 0. Any thread.
  void stop() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// These write all of what they are given, and mostly at once, so that lines of several threads do not mix. False if
// that failed (last_system_error() tells why).
bool write_standard_output(std::span<const std::byte> bytes);
bool write_standard_error(std::string_view text);

}  // namespace pipes::cli
