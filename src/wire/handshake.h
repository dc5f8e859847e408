// The datagrams of the rendezvous socket: what a process asks a server process, and what it is answered. Fixed size,
// one datagram each way. A request for a connection carries one descriptor, the memory, and one that changes the
// security descriptor another, of memory that holds the new one; nothing else ever carries any.
//
// Who asks is what the kernel says of the socket. What a process may ask because of a connection that it has, it proves
// with the connection's memory: it writes two random words there (EndWords::proof) and repeats them in the request.
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
  kQuery = 2,      // may I, and does an instance listen? answered with a status
  kWait = 3,       // does an instance listen? the answer comes when one does
  kRecount = 4,    // drop instances whose last handles are gone, then answer
  kNewServer = 5,  // another process serves the name too: release those who wait
  // Of a process whose user may not write to the pipe's folder: to be named there, or to be counted with one instance
  // more; and that it has fewer.
  kAdmit = 6,
  kCount = 7,
  kSetSecurity = 8,  // replace parts of the pipe's security descriptor
  kNewSecurity = 9,  // the descriptor in the folder has changed: read it, then answer
  kIdentity = 10,    // what the prover of a connection writes under a number is in the name of who sends this
};
inline constexpr uint32_t kRequestKinds = 10;

// A field that a kind does not name is zero.
//
// A server process answers only for the pipe that is meant: a folder may lead to the socket of somebody who serves
// another one, and knows nothing of it.
struct Request {
  static constexpr uint32_t kMagic = 0x31504950;  // "PIP1", little-endian: a foreign byte order shows
  static constexpr uint32_t kVersion = 1;
  uint32_t magic = kMagic;
  uint32_t version = kVersion;
  uint32_t kind = 0;
  uint32_t reserved = 0;
  uint64_t name = 0;              // name_hash of the pipe that is meant (pipe/name.h)
  uint32_t desired_access = 0;    // kConnect, kQuery; kAdmit: the open mode of the instance
  uint32_t qos_flags = 0;         // kConnect; count for nothing if the client is remote
  uint32_t layout_version = 0;    // kConnect
  uint32_t slot = 0;              // kIdentity: the number, from 1
  uint64_t ring_capacity = 0;     // kConnect
  uint32_t identity_bytes = 0;    // kConnect: of an asserted identity at the end of the memory (asserted_identity.h)
  uint32_t max_message = 0;       // kConnect: the longest message that this client can take; 0: any
  uint32_t pid = 0;               // kAdmit: as the sender sees itself; part of the name of its socket
  uint32_t instances = 0;         // kAdmit: that the sender has so far; kCount: that it has left
  uint64_t ticket = 0;            // kAdmit, kCount: of the sender's record
  uint32_t information = 0;       // kSetSecurity: which parts
  uint32_t descriptor_bytes = 0;  // kSetSecurity: in the memory that comes along
  uint64_t proof[2] = {};         // kIdentity; kSetSecurity, or zero: then the sender's own rights decide
};
static_assert(sizeof(Request) == 96, "part of the protocol");

struct Reply {
  static constexpr uint32_t kMagic = 0x32504950;
  uint32_t magic = kMagic;
  uint32_t status = 0;
};
static_assert(sizeof(Reply) == 8, "part of the protocol");

// carries_memory tells which requests come with a descriptor.
[[nodiscard]] constexpr bool carries_memory(const Request& request) {
  return request.kind == static_cast<uint32_t>(RequestKind::kConnect) ||
         request.kind == static_cast<uint32_t>(RequestKind::kSetSecurity);
}

// only_its_fields tells whether the fields are zero that the request's kind does not name.
[[nodiscard]] constexpr bool only_its_fields(const Request& request) {
  const auto kind = static_cast<RequestKind>(request.kind);
  const bool connects = kind == RequestKind::kConnect;
  const bool queries = kind == RequestKind::kQuery;
  const bool admits = kind == RequestKind::kAdmit;
  const bool counts = kind == RequestKind::kCount;
  const bool sets = kind == RequestKind::kSetSecurity;
  const bool identifies = kind == RequestKind::kIdentity;
  const auto zero_unless = [](bool named, uint64_t field) { return named || field == 0; };
  return zero_unless(connects || queries || admits, request.desired_access) &&
         zero_unless(connects, request.qos_flags) && zero_unless(connects, request.layout_version) &&
         zero_unless(connects, request.ring_capacity) && zero_unless(connects, request.identity_bytes) &&
         zero_unless(connects, request.max_message) && zero_unless(admits, request.pid) &&
         zero_unless(admits || counts, request.instances) && zero_unless(admits || counts, request.ticket) &&
         zero_unless(sets, request.information) && zero_unless(sets, request.descriptor_bytes) &&
         zero_unless(sets || identifies, request.proof[0] | request.proof[1]) &&
         zero_unless(identifies, request.slot) && request.reserved == 0;
}

inline std::optional<Request> decode_request(std::span<const std::byte> datagram) {
  Request request;
  if (PIPES_BREACH("request-size", datagram.size() != sizeof request)) return std::nullopt;
  std::memcpy(&request, datagram.data(), std::min(datagram.size(), sizeof request));
  const bool known_kind = request.kind >= 1 && request.kind <= kRequestKinds;
  if (PIPES_BREACH("request-magic", request.magic != Request::kMagic) ||
      PIPES_BREACH("request-version", request.version != Request::kVersion) ||
      PIPES_BREACH("request-kind", !known_kind) || PIPES_BREACH("request-reserved", !only_its_fields(request))) {
    return std::nullopt;
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
