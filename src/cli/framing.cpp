// Empty lines are empty messages and back; with plain bytes an empty write is left out, since on a pipe of message type
// it would be a message.
#include "cli/framing.h"

#include <algorithm>

namespace pipes::cli {
namespace {

// What a message is expected to fit; a longer one takes more reads.
constexpr std::size_t kFirstRead = 4096;

// Replaces `bytes` by one message, however many reads it takes.
pipes_status read_message(WaitingCalls& calls, const End& pipe, std::vector<std::byte>& bytes) {
  std::size_t filled = 0;
  for (bool more = true; more;) {
    bytes.resize(std::max(kFirstRead, filled * 2));
    const Expected<Received> part = calls.read(pipe, std::span(bytes).subspan(filled));
    if (!part) return part.status();
    filled += part->size;
    more = part->more;
  }
  bytes.resize(filled);
  return PIPES_OK;
}

}  // namespace

bool ToPipe::send(std::span<const std::byte> bytes) {
  status_ = calls_.write(pipe_, bytes).status();
  return status_ == PIPES_OK;
}

pipes_status ToPipe::write(std::span<const std::byte> bytes) {
  if (framing_ == Framing::kBytes) {
    if (!bytes.empty()) send(bytes);
  } else {
    lines_.add(bytes, [this](std::span<const std::byte> line) { return send(line); });
  }
  return status_;
}

pipes_status ToPipe::finish() {
  lines_.finish([this](std::span<const std::byte> line) { return send(line); });
  return status_;
}

pipes_status read_from_pipe(WaitingCalls& calls, const End& pipe, Framing framing, std::vector<std::byte>& bytes) {
  if (framing == Framing::kLines) {
    const pipes_status status = read_message(calls, pipe, bytes);
    bytes.push_back(std::byte{'\n'});
    return status;
  }
  bytes.resize(kChunk);
  const Expected<Received> received = calls.read(pipe, bytes);
  bytes.resize(received ? received->size : 0);
  return received.status();
}

}  // namespace pipes::cli
