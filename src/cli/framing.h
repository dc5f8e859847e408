// Framing says how a stream of bytes (standard input and output, a command's) maps to writes and reads of a pipe: as it
// is, or a line a message. Both `connect` and `serve` move data by it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "cli/line_splitter.h"
#include "cli/waiting_calls.h"

namespace pipes::cli {

enum class Framing { kBytes, kLines };

// kChunk is how much a stream is read at once.
inline constexpr std::size_t kChunk = std::size_t{64} * 1024;

// ToPipe writes a stream to a pipe, by the calls of the thread that uses it.
class ToPipe {
 public:
  ToPipe(WaitingCalls& calls, const End& pipe, Framing framing) : calls_(calls), pipe_(pipe), framing_(framing) {}

  // write sends the next bytes of the stream, with Framing::kLines as many messages as they complete lines. Returns 0
  // or the status of the write that failed.
  pipes_status write(std::span<const std::byte> bytes);

  // finish sends a last line that had no line end.
  pipes_status finish();

 private:
  bool send(std::span<const std::byte> bytes);

  WaitingCalls& calls_;
  const End& pipe_;
  const Framing framing_;
  LineSplitter lines_;
  pipes_status status_ = PIPES_OK;
};

// read_from_pipe replaces `bytes` by what the stream gets next: what one read gave, or one message and a line end.
// Blocks. Returns 0 or the status of the read.
pipes_status read_from_pipe(WaitingCalls& calls, const End& pipe, Framing framing, std::vector<std::byte>& bytes);

}  // namespace pipes::cli
