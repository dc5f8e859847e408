// Any bytes as a datagram of the rendezvous socket, or of one by which a handle comes: what decodes is exactly what was
// sent, and the rest is refused.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "wire/handshake.h"
#include "wire/parcel.h"

namespace {

template <class Message>
void expect_same_bytes(const Message& message, std::span<const std::byte> bytes) {
  if (!std::ranges::equal(std::as_bytes(std::span(&message, 1)), bytes)) std::abort();
}

template <class Message>
void decode_parcels(std::span<const std::byte> bytes) {
  if (const auto message = pipes::wire::decode_as<Message>(bytes)) expect_same_bytes(*message, bytes);
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
  decode_parcels<pipes::wire::Invitation>(bytes);
  decode_parcels<pipes::wire::Knock>(bytes);
  decode_parcels<pipes::wire::Greeting>(bytes);
  decode_parcels<pipes::wire::Receipt>(bytes);
  decode_parcels<pipes::wire::Taken>(bytes);
  if (const auto parcel = pipes::wire::decode_as<pipes::wire::Parcel>(bytes)) {
    expect_same_bytes(*parcel, bytes);
    const size_t descriptors = pipes::wire::descriptors_of(*parcel);
    if (parcel->kind < 1 || parcel->kind > 2 || descriptors != (parcel->kind == 2 ? 3u : 1u)) std::abort();
    if ((parcel->access & ~0x011F01FFu) != 0 || parcel->inherit > 1) std::abort();
  }
  return 0;
}
