// What a pipe's folder says of the pipe: its attributes and the table of the processes that serve it, as bytes that any
// process may read and that any user may have written. Apart from src/linux because it is a format, checked without a
// system; decoding trusts nothing.
//
// All numbers are little-endian and follow each other without padding:
//
//   bytes  field
//       8  magic "PIPEMETA"
//       4  version, kMetaVersion
//       4  type                 PIPES_TYPE_BYTE or PIPES_TYPE_MESSAGE
//       4  access               PIPES_ACCESS_INBOUND, _OUTBOUND or _DUPLEX
//       4  max_instances        1 to PIPES_UNLIMITED_INSTANCES
//       4  default_timeout_ms
//       8  ring_capacity        as valid_ring_capacity has it
//       4  owner_uid
//       4  owner_gid
//     4+n  display              its bytes, then as many bytes of UTF-8
//    4+2n  folded               its units, then as many UTF-16 units
//     4+n  descriptor           its bytes, then as many bytes
//       4  servers              records, each of them:
//            4  pid
//            4  uid
//            8  ticket
//            4  instances       at least 1
//          4+n  socket          its bytes, then as many bytes
//
// Nothing follows. There is one way to write a PipeMeta, so what decodes is written back byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pipes::wire {

inline constexpr uint32_t kMetaVersion = 1;
inline constexpr size_t kMetaNameUnitsMax = 247;                       // NAME-4, without the prefix
inline constexpr size_t kMetaDisplayBytesMax = kMetaNameUnitsMax * 3;  // no UTF-16 unit needs more in UTF-8
inline constexpr size_t kMetaDescriptorBytesMax = size_t{64} * 1024;
inline constexpr size_t kMetaServersMax = 4096;
inline constexpr size_t kMetaSocketBytesMax = 64;
// kMetaBytesMax is more than any PipeMeta takes; a longer file is not worth reading.
inline constexpr size_t kMetaBytesMax = 4096 + kMetaDescriptorBytesMax + kMetaServersMax * (24 + kMetaSocketBytesMax);

// ServerRecord names one process that serves instances of the pipe.
struct ServerRecord {
  uint32_t pid = 0;        // as that process sees itself
  uint32_t uid = 0;        // its effective uid when it began to listen
  uint64_t ticket = 0;     // tells it from an earlier process with the same pid
  uint32_t instances = 0;  // that it serves, in whatever state
  std::string socket;      // file name inside the folder

  bool operator==(const ServerRecord&) const = default;
};

// PipeMeta is what a pipe's folder says of the pipe.
struct PipeMeta {
  std::string display;    // UTF-8, in the creator's spelling
  std::u16string folded;  // what names are compared by
  uint32_t type = 0;
  uint32_t access = 0;
  uint32_t max_instances = 0;
  uint32_t default_timeout_ms = 0;
  uint64_t ring_capacity = 0;
  uint32_t owner_uid = 0;
  uint32_t owner_gid = 0;
  std::vector<std::byte> descriptor;  // self-relative; opaque here
  std::vector<ServerRecord> servers;  // the oldest first

  bool operator==(const PipeMeta&) const = default;
};

// encode_meta writes `meta`, or nothing if a field is beyond its limit.
[[nodiscard]] std::optional<std::vector<std::byte>> encode_meta(const PipeMeta& meta);

// decode_meta reads what encode_meta writes, and refuses everything else: another magic or version, lengths beyond the
// limits or the end, numbers out of their range, a socket that is not a plain file name, bytes left over.
[[nodiscard]] std::optional<PipeMeta> decode_meta(std::span<const std::byte> bytes);

}  // namespace pipes::wire
