// Linux: every call may wait beside every other, and cancelling a thread ends whatever it waits for.
#include "cli/waiting_calls.h"

namespace pipes::cli {

const std::uint32_t kSharedEndFlags = 0;

Transfers::Transfers() = default;

Expected<Received> Transfers::read(const End& end, std::span<std::byte> buffer) { return end.try_read(buffer); }

Expected<void> Transfers::write(const End& end, std::span<const std::byte> bytes) {
  return Expected<void>::from(end.try_write(bytes).status());
}

Expected<void> Transfers::connect(const ServerEnd& end) { return end.try_connect(); }

void Transfers::interrupt() const {}

}  // namespace pipes::cli
