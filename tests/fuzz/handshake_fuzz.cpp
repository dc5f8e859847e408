// Any bytes as a datagram of the rendezvous socket: what decodes is exactly what was sent, and the rest is refused.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "wire/handshake.h"

namespace {

template <class Message>
void expect_same_bytes(const Message& message, std::span<const std::byte> bytes) {
  if (!std::ranges::equal(std::as_bytes(std::span(&message, 1)), bytes)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  if (const auto request = pipes::wire::decode_request(bytes)) {
    expect_same_bytes(*request, bytes);
    if (request->magic != 0x31504950 || request->version != 1) std::abort();
    const bool known = request->kind >= 1 && request->kind <= 5;
    const bool empty_reserve = std::ranges::all_of(request->reserved, [](uint64_t word) { return word == 0; });
    if (!known || !empty_reserve) std::abort();
  }
  if (const auto reply = pipes::wire::decode_reply(bytes)) {
    expect_same_bytes(*reply, bytes);
    if (reply->magic != 0x32504950) std::abort();
  }
  return 0;
}
