// The command's own standard input and output, as descriptors: nothing is buffered, and a read that waits can be ended.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace pipes::cli {

// Puts something in the place of standard streams that the process was started without, so that no descriptor that is
// made later is taken for one. Reading or writing there fails with EBADF, as it would have. Called first of all.
void keep_standard_streams_apart();

// StandardInput reads descriptor 0 until the end, or until another thread calls stop().
class StandardInput {
 public:
  StandardInput();
  ~StandardInput();
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

  // read waits for input and returns the bytes read into `buffer`: 0 at the end and after stop(), nothing if reading
  // failed (errno tells why).
  std::optional<std::size_t> read(std::span<std::byte> buffer);

  // stop makes the read that waits, and every later one, return 0. Any thread.
  void stop() const;

 private:
  int wake_;  // an eventfd, readable once stopped
};

// write_standard_output writes all of `bytes` to descriptor 1. False if that failed (errno tells why).
bool write_standard_output(std::span<const std::byte> bytes);

}  // namespace pipes::cli
