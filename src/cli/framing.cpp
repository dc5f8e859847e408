// Empty lines are empty messages and back; with plain bytes an empty write is left out, since on a pipe of message type
// it would be a message.
#include "cli/framing.h"

namespace pipes::cli {

bool ToPipe::send(std::span<const std::byte> bytes) {
  status_ = pipe_.try_write(bytes).status();
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

pipes_status read_from_pipe(const End& pipe, Framing framing, std::vector<std::byte>& bytes) {
  if (framing == Framing::kLines) {
    Expected<std::vector<std::byte>> message = pipe.try_read_message();
    if (!message) return message.status();
    bytes = *std::move(message);
    bytes.push_back(std::byte{'\n'});
    return PIPES_OK;
  }
  bytes.resize(kChunk);
  const Expected<Received> received = pipe.try_read(bytes);
  bytes.resize(received ? received->size : 0);
  return received.status();
}

}  // namespace pipes::cli
