// The memory that the two ends of one connection share: fixed size, no pointers, no locks.
//
//   page 0   the words of the inbound direction (client to server), then the beginning of its ring
//   page 1   the words of the outbound direction (server to client), then the beginning of its ring
//   then     the rest of the inbound ring, the rest of the outbound ring
//
// The first two pages are all that an idle connection, or one that exchanges short messages, ever touches; each side
// maps those first and the rest only when a message needs it.
//
// The other side is hostile until proven otherwise. Every word here has one writer; every word of the peer's is loaded
// once into a local, checked, and only the local used. What a side publishes about itself it also keeps privately.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pipes::wire {

inline constexpr uint64_t kPage = 4096;
inline constexpr uint64_t kRingCapacityMin = 4ull << 20;
inline constexpr uint64_t kRingCapacityMax = 64ull << 20;
inline constexpr uint64_t kHotBytes = 2 * kPage;
inline constexpr uint32_t kLayoutVersion = 1;
// Prefetchers fetch lines in pairs, and some AArch64 lines are 128 bytes.
inline constexpr size_t kLinePair = 128;

constexpr bool valid_ring_capacity(uint64_t capacity) {
  return capacity >= kRingCapacityMin && capacity <= kRingCapacityMax && (capacity & (capacity - 1)) == 0;
}

enum class Direction : uint32_t { kInbound = 0, kOutbound = 1 };

// What an end says of itself. It only ever moves from open to one of the others. An end whose process died stays open
// here: only the control socket tells.
enum class EndState : uint32_t { kOpen = 0, kClosed = 1, kDisconnected = 2 };

// Written by the reader of a direction with every read; the writer looks only when its private copy leaves no room.
struct alignas(kLinePair) ReaderProgress {
  std::atomic<uint64_t> head;      // everything before this position is free
  std::atomic<uint64_t> consumed;  // payload bytes taken, ever
  std::atomic<uint64_t> lent;      // bytes that waiting reads have room for; advice, never a bound for memory
};

// Written by the writer of a direction; the reader looks when it peeks, and at the peer's death.
struct alignas(kLinePair) WriterProgress {
  std::atomic<uint64_t> announced;  // payload bytes of all writes begun and not withdrawn, ever
  std::atomic<uint64_t> final;      // every frame before this position belongs to a completed write
};

// Set by who waits, taken (exchanged for kNobody) by who wakes it. The futex of a sleeper.
struct alignas(kLinePair) WaitFlag {
  static constexpr uint32_t kNobody = 0;
  static constexpr uint32_t kSleeper = 1;  // a thread that sleeps on this word, or is about to
  // No thread waits, but something is pending: send a byte over the control socket. So does any other value.
  static constexpr uint32_t kDoorbell = 2;
  std::atomic<uint32_t> waiting;
  // Only for a waiting writer: wake it not before one of these is reached.
  std::atomic<uint64_t> wake_at_consumed;
  std::atomic<uint64_t> wake_at_head;
};

struct DirectionWords {
  ReaderProgress reader;
  WriterProgress writer;
  WaitFlag reader_waits;
  WaitFlag writer_waits;
};

struct alignas(kLinePair) EndWords {
  std::atomic<uint32_t> state;      // EndState
  std::atomic<uint32_t> processor;  // where its thread ran last, plus one; 0 unknown
  // Written by whoever speaks for this end over another socket, and repeated in what he says there: only who has this
  // memory can (handshake.h). 0 otherwise.
  std::atomic<uint64_t> proof[2];
};

// The answer to a request for a connection. The client offers, the server settles it once.
struct alignas(kLinePair) Answer {
  static constexpr uint32_t kOpen = 0;               // nobody has answered, the client looks
  static constexpr uint32_t kSleeping = 1;           // the client sleeps on the control socket: send a datagram as well
  static constexpr uint32_t kAbandoned = 2;          // the client gave up
  static constexpr uint32_t kAnswered = 0x80000000;  // with the status in the low bits
  std::atomic<uint32_t> word;
  // Written by the server before it answers.
  std::atomic<uint32_t> inbound_quota;
  std::atomic<uint32_t> outbound_quota;
  std::atomic<uint32_t> pipe_type;
  std::atomic<uint32_t> granted_access;
  std::atomic<uint32_t> max_instances;
};

// What stands before the ring of a direction.
struct ControlWords {
  DirectionWords direction;
  EndWords writer;  // of the end that writes this direction
  Answer answer;    // counts in the inbound direction only
};

// A ring begins right behind its words, and goes on where the rest of it lies: so a mapping of all of it is in one
// piece, and has the words before it.
inline constexpr uint64_t kHotRingBytes = kPage - sizeof(ControlWords);
constexpr uint64_t words_offset(Direction direction) { return direction == Direction::kInbound ? 0 : kPage; }
constexpr uint64_t ring_offset(Direction direction) { return words_offset(direction) + sizeof(ControlWords); }
constexpr uint64_t rest_bytes(uint64_t capacity) { return (capacity - kHotRingBytes + kPage - 1) / kPage * kPage; }
constexpr uint64_t rest_offset(Direction direction, uint64_t capacity) {
  return direction == Direction::kInbound ? kHotBytes : kHotBytes + rest_bytes(capacity);
}
constexpr uint64_t memory_size(uint64_t capacity) { return kHotBytes + 2 * rest_bytes(capacity); }

static_assert(sizeof(ControlWords) == 6 * kLinePair, "part of the shared layout");
static_assert(sizeof(DirectionWords) == 4 * kLinePair, "part of the shared layout");
static_assert(std::atomic<uint32_t>::is_always_lock_free && std::atomic<uint64_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<uint32_t>) == 4 && sizeof(std::atomic<uint64_t>) == 8);

// A frame's header: one word in the ring. 0 means that nothing is here yet.
//
//   bits 0-3   kind        bit 4  the frame belongs to a write that waits, and must be claimed before it is copied
//   bits 5-7   whose words these are: 0 the opener's, else an identity announced under this number (handshake.h)
//   bits 8-35  payload bytes in this frame            bits 36-63  of these, claimed by the reader
enum class FrameKind : uint32_t {
  kNone = 0,
  kWhole = 1,      // all of a message
  kFirst = 2,      // its beginning; a word with the message's whole length follows the header
  kMore = 3,       // its middle, never empty
  kLast = 4,       // its end, never empty
  kSkip = 5,       // nothing up to the end of the ring
  kWithdrawn = 6,  // taken back by the writer: what the reader had not claimed is gone, and so is the message's rest
  kWithdrawnFirst = 7,  // the same, of a kFirst, whose second word it keeps
};

struct FrameHeader {
  static constexpr uint64_t kWaits = 1u << 4;
  static constexpr uint64_t kIdentity = 7u << 5;
  static constexpr uint64_t kLengthMax = (1u << 28) - 1;

  FrameKind kind = FrameKind::kNone;
  bool waits = false;
  uint64_t length = 0;
  uint64_t taken = 0;
  uint32_t identity = 0;

  [[nodiscard]] constexpr uint64_t encode() const {
    return static_cast<uint64_t>(kind) | (waits ? kWaits : 0) | uint64_t{identity} << 5 | (length << 8) |
           (taken << 36);
  }
  static constexpr FrameHeader decode(uint64_t word) {
    return {static_cast<FrameKind>(word & 0xF), (word & kWaits) != 0, (word >> 8) & kLengthMax, word >> 36,
            static_cast<uint32_t>((word & kIdentity) >> 5)};
  }
};

// Identities that can be announced at a time.
inline constexpr uint32_t kIdentitiesMax = 7;

constexpr uint64_t padded(uint64_t bytes) { return (bytes + 7) & ~uint64_t{7}; }
inline constexpr uint64_t kHeaderBytes = 8;
// What a writer keeps free behind each frame: for the word that says that the message ends here after all, and for the
// header after that.
inline constexpr uint64_t kFreeBehindFrame = 2 * kHeaderBytes;
// Beyond every frame there is room for the header that follows: it is zeroed before the frame is published.
constexpr uint64_t payload_offset(FrameKind kind) {
  return kind == FrameKind::kFirst || kind == FrameKind::kWithdrawnFirst ? 2 * kHeaderBytes : kHeaderBytes;
}
constexpr uint64_t frame_bytes(FrameKind kind, uint64_t payload) { return payload_offset(kind) + padded(payload); }

}  // namespace pipes::wire
