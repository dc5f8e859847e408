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
    const bool known = request->kind >= 1 && request->kind <= pipes::wire::kRequestKinds;
    if (!known || request->reserved != 0) std::abort();
    // What a kind has no use for is not there.
    const bool speaks_for_itself = request->kind != 8 && request->kind != 10;
    if (speaks_for_itself && (request->proof[0] != 0 || request->proof[1] != 0)) std::abort();
    if (request->kind != 1 && (request->ring_capacity != 0 || request->identity_bytes != 0)) std::abort();
  }
  if (const auto reply = pipes::wire::decode_reply(bytes)) {
    expect_same_bytes(*reply, bytes);
    if (reply->magic != 0x32504950) std::abort();
  }
  return 0;
}
