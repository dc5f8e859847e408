// What the processes that share one end of a named pipe know of it together, and what tells a child which handles it
// inherits.
//
// An end page is memory of the processes that hold one end, never of its peer. All but its facts change under the two
// locks of the end, which are the kernel's and lie outside of it; a holder that dies between two of its words leaves
// the half marked, and whoever comes next makes it whole. Holders trust each other with the end, as threads of one
// process do, but not with their lives: whatever is loaded from here is copied once and checked.
//
// A token tells of one inheritable handle. It never changes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "wire/ring.h"

namespace pipes::wire {

inline constexpr std::array<char, 8> kEndPageMagic{'p', 'i', 'p', 'e', 's', 'e', 'n', 'd'};
inline constexpr std::array<char, 8> kTokenMagic{'p', 'i', 'p', 'e', 's', 'i', 'n', 'h'};
inline constexpr uint32_t kEndPageVersion = 2;

// How many processes may hold one end, and how many frames of writes that wait one of them may have in the ring.
inline constexpr uint32_t kHoldersMax = 64;
inline constexpr uint32_t kWaitingFramesMax = 96;
inline constexpr uint32_t kDisplayBytesMax = 1024;
inline constexpr uint32_t kFoldedUnitsMax = 512;

// Constant.
struct EndFacts {
  std::array<char, 8> magic = kEndPageMagic;
  uint32_t version = kEndPageVersion;
  uint32_t role = 0;
  uint32_t access = 0;
  uint32_t type = 0;
  uint32_t max_instances = 0;
  uint32_t default_timeout_ms = 0;
  uint32_t inbound_quota = 0;
  uint32_t outbound_quota = 0;
  uint32_t owner_uid = 0;
  uint32_t display_bytes = 0;
  uint32_t folded_units = 0;
  uint32_t maker_pid = 0;
  uint32_t founder_uid = 0;
  uint32_t unused = 0;
  int64_t claimed_at = 0;
  std::array<char, kDisplayBytesMax> display{};
  std::array<char16_t, kFoldedUnitsMax> folded{};
};

// Changes under both locks. `version` grows with every change, so that one look tells whether anything did.
struct EndCommon {
  uint64_t version = 0;
  uint64_t generation = 0;  // of the connection: which of those that lie in the box is meant
  uint64_t ring_capacity = 0;
  uint32_t has_connection = 0;
  uint32_t state = 0;  // InstanceState
  uint32_t wait_mode = 0;
  uint32_t server_holder = 0;  // whose process serves the name; as holders are named below
  uint32_t peer_pid = 0;
  uint32_t peer_uid = 0;
  uint32_t peer_gid = 0;
  uint32_t qos_flags = 0;
  uint32_t write_quota = 0;
  uint32_t holders_version = 0;
  uint32_t holders_top = 0;  // places from here on were never taken
  uint32_t message_max = UINT32_MAX;
  uint32_t granted_access = 0;      // of the client's handle
  uint32_t client_is_asserted = 0;  // who the client is, only the server process knows
};

// A holder is named by its place in the table plus one; 0 is nobody. It lives as long as it has the place's lock.
struct Holder {
  uint32_t pid = 0;
  uint32_t reads_waiting = 0;
  uint64_t lent = 0;
};

struct ReadHalf {
  ReaderState reader;
  uint64_t published_head = 0;
  uint64_t published_consumed = 0;
  uint32_t has_read = 0;
  uint32_t read_mode = 0;
  uint64_t reading = 0;  // who is in the middle of a message, which nobody else may go on with
};

// The writes of one holder at a time wait in the ring. Others queue behind, and announce nothing.
struct WriteHalf {
  WriterState writer;
  uint64_t empties_end = 0;
  uint64_t waiting = 0;     // whose
  uint64_t unpushed = 0;    // bytes of these, announced and not in the ring
  uint64_t in_message = 0;  // the last of these in the ring is there in part
  uint64_t frame_count = 0;
  std::array<RingWriter::WaitingFrame, kWaitingFramesMax> frames{};
};

// A half is stored twice, so that whoever dies while storing leaves one that is whole.
template <class Half>
struct StoredHalf {
  uint32_t entered = 0;      // who has the lock, or died with it
  uint32_t ahead_valid = 0;  // `ahead` is whole, and newer than `settled`
  Half settled;
  Half ahead;
};

struct EndPage {
  EndFacts facts;
  EndCommon common;
  std::array<Holder, kHoldersMax> holders;
  StoredHalf<ReadHalf> read;
  StoredHalf<WriteHalf> write;
};

inline constexpr uint64_t kEndPageBytes = (sizeof(EndPage) + kPage - 1) / kPage * kPage;

// copy_words copies what another process may be changing: each word once.
template <class T>
void copy_words(T& to, const T& from, size_t bytes = sizeof(T)) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 4 == 0);
  auto* words = reinterpret_cast<uint32_t*>(&to);
  auto* source = const_cast<uint32_t*>(reinterpret_cast<const uint32_t*>(&from));
  for (size_t i = 0; i < bytes / 4; ++i) {
    words[i] = std::atomic_ref(source[i]).load(std::memory_order_relaxed);
  }
}
template <class T>
void store_words(T& to, const T& from, size_t bytes = sizeof(T)) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 4 == 0);
  auto* words = reinterpret_cast<uint32_t*>(&to);
  const auto* source = reinterpret_cast<const uint32_t*>(&from);
  for (size_t i = 0; i < bytes / 4; ++i) {
    // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): it takes the second half of a longer word for unset
    std::atomic_ref(words[i]).store(source[i], std::memory_order_relaxed);
  }
}

// facts_of is what a page says of its end; nothing if that is not what one can be.
[[nodiscard]] std::optional<EndFacts> facts_of(const EndPage& page);

// Which file a descriptor of the child must be, for the token to be believed.
struct TokenDescriptor {
  int32_t number = -1;
  uint32_t unused = 0;
  uint64_t device = 0;
  uint64_t inode = 0;
};

struct Token {
  static constexpr uint32_t kAnonymousEnd = 1;  // descriptors: the pipe
  static constexpr uint32_t kNamedEnd = 2;      // descriptors: the page, the box, the stake

  std::array<char, 8> magic = kTokenMagic;
  uint32_t version = kEndPageVersion;
  uint32_t kind = 0;
  uint64_t handle = 0;
  uint32_t access = 0;
  uint32_t open_flags = 0;
  uint32_t handle_flags = 0;
  uint32_t unused = 0;
  std::array<TokenDescriptor, 3> descriptors{};
};

// token_of is what `bytes` say; nothing if they are no token.
[[nodiscard]] std::optional<Token> token_of(std::span<const std::byte> bytes);

}  // namespace pipes::wire
