// The datagrams of the rendezvous socket: what a process asks a server process, and what it is answered. Fixed size,
// one datagram each way. A request for a connection carries one descriptor, the memory; nothing else ever carries any.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "support/seeded_mistake.h"

namespace pipes::wire {

enum class RequestKind : uint32_t {
  kConnect = 1,    // a connection, with memory; answered in the memory
  kQuery = 2,      // does an instance listen? answered with a status
  kWait = 3,       // the same, but the answer comes when one does
  kRecount = 4,    // drop instances whose last handles are gone, then answer
  kNewServer = 5,  // another process serves the name too: release those who wait
};

struct Request {
  static constexpr uint32_t kMagic = 0x31504950;  // "PIP1", little-endian: a foreign byte order shows
  static constexpr uint32_t kVersion = 1;
  uint32_t magic = kMagic;
  uint32_t version = kVersion;
  uint32_t kind = 0;
  uint32_t desired_access = 0;
  uint32_t qos_flags = 0;
  uint32_t layout_version = 0;
  uint64_t ring_capacity = 0;
  uint64_t reserved[4] = {};  // room for an asserted identity and a message limit; zero
};
static_assert(sizeof(Request) == 64, "part of the protocol");

struct Reply {
  static constexpr uint32_t kMagic = 0x32504950;
  uint32_t magic = kMagic;
  uint32_t status = 0;
};
static_assert(sizeof(Reply) == 8, "part of the protocol");

inline std::optional<Request> decode_request(std::span<const std::byte> datagram) {
  Request request;
  if (PIPES_BREACH("request-size", datagram.size() != sizeof request)) return std::nullopt;
  std::memcpy(&request, datagram.data(), std::min(datagram.size(), sizeof request));
  const bool known_kind = request.kind >= 1 && request.kind <= static_cast<uint32_t>(RequestKind::kNewServer);
  if (PIPES_BREACH("request-magic", request.magic != Request::kMagic) ||
      PIPES_BREACH("request-version", request.version != Request::kVersion) ||
      PIPES_BREACH("request-kind", !known_kind)) {
    return std::nullopt;
  }
  for (const uint64_t word : request.reserved) {
    if (PIPES_BREACH("request-reserved", word != 0)) return std::nullopt;
  }
  return request;
}

inline std::optional<Reply> decode_reply(std::span<const std::byte> datagram) {
  Reply reply;
  if (PIPES_BREACH("reply-size", datagram.size() != sizeof reply)) return std::nullopt;
  std::memcpy(&reply, datagram.data(), std::min(datagram.size(), sizeof reply));
  if (PIPES_BREACH("reply-magic", reply.magic != Reply::kMagic)) return std::nullopt;
  return reply;
}

}  // namespace pipes::wire
