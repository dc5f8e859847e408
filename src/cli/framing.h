// Framing says how a stream of bytes (standard input and output, a command's) maps to writes and reads of a pipe: as it
// is, or a line a message. Both `connect` and `serve` move data by it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "cli/line_splitter.h"
#include "pipes/pipes.hpp"

namespace pipes::cli {

enum class Framing { kBytes, kLines };

// kChunk is how much a stream is read at once.
inline constexpr std::size_t kChunk = std::size_t{64} * 1024;

// ToPipe writes a stream to a pipe.
class ToPipe {
 public:
  ToPipe(const End& pipe, Framing framing) : pipe_(pipe), framing_(framing) {}

  // write sends the next bytes of the stream, with Framing::kLines as many messages as they complete lines. Returns 0
  // or the status of the write that failed.
  pipes_status write(std::span<const std::byte> bytes);

  // finish sends a last line that had no line end.
  pipes_status finish();

 private:
  bool send(std::span<const std::byte> bytes);

  const End& pipe_;
  const Framing framing_;
  LineSplitter lines_;
  pipes_status status_ = PIPES_OK;
};

// read_from_pipe replaces `bytes` by what the stream gets next: what one read gave, or one message and a line end.
// Blocks. Returns 0 or the status of the read.
pipes_status read_from_pipe(const End& pipe, Framing framing, std::vector<std::byte>& bytes);

}  // namespace pipes::cli
