// Connection: what one side of a connected instance holds: its mapping of the shared memory, the control socket, its
// private positions in both rings, and what it knows about the peer.
//
// Not thread-safe. The end that owns it guards the reading half with its read lock and the writing half with its write
// lock. A thread that looks at the shared words without a lock (to spin, or before it sleeps) shares in the ownership,
// so the memory stays mapped until it has left.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "linux/client_identity.h"
#include "linux/guests.h"
#include "linux/process_fd.h"
#include "support/mutex.h"
#include "support/status.h"
#include "wire/layout.h"
#include "wire/ring.h"

namespace pipes {

class LocalPair;  // local_pair.h

// Who writes in whose name, by the numbers of frames; 0 is the opener. The last holds who wrote what was read last,
// once his number has been given to somebody else.
struct AnnouncedIdentities {
  static constexpr uint32_t kReplaced = wire::kIdentitiesMax + 1;
  std::array<std::shared_ptr<const ClientIdentity>, kReplaced + 1> by_number;
};

struct PeerCredentials {
  uint32_t pid = 0;
  uint32_t uid = 0xFFFFFFFFu;
  uint32_t gid = 0xFFFFFFFFu;
};

enum class Role : uint32_t { kServer, kClient };

// SharedMemory is a mapping of the first pages, and the descriptor to map more by.
class SharedMemory {
 public:
  // Creates, sizes, seals and populates memory for a new connection.
  static Result<UniqueFd> create(uint64_t capacity);
  // Maps what create made.
  static Result<SharedMemory> map(UniqueFd fd, uint64_t capacity);
  // Checks a descriptor that a peer sent (decision 12) and maps it. PIPES_ERROR_INVALID_PARAMETER: it is not what was
  // agreed.
  static Result<SharedMemory> adopt(UniqueFd fd, uint64_t capacity);

  SharedMemory() = default;
  SharedMemory(SharedMemory&& other) noexcept { *this = std::move(other); }
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  [[nodiscard]] wire::ControlWords& words(wire::Direction direction) const {
    return *reinterpret_cast<wire::ControlWords*>(hot_ + wire::words_offset(direction));
  }
  [[nodiscard]] wire::Answer& answer() const { return words(wire::Direction::kInbound).answer; }
  [[nodiscard]] wire::RingMemory beginning(wire::Direction direction) const {
    return {hot_ + wire::ring_offset(direction), capacity_, wire::kHotRingBytes};
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] uint64_t capacity() const { return capacity_; }

  // A child that is forked from now on does not keep the peer's memory alive, nor write to it. Not part of mapping,
  // since it can wait until nobody waits for the mapping any more.
  void hide_from_children() const;

  // Maps a whole ring in one piece. Null if there is no address space or memory for it.
  [[nodiscard]] std::byte* map_ring(wire::Direction direction);
  // Gives the pages of a ring's offsets below `until` memory, from `from` on. False if there is none.
  [[nodiscard]] bool populate(wire::Direction direction, uint64_t from, uint64_t until) const;

 private:
  ProcessFd fd_;
  uint64_t capacity_ = 0;
  std::byte* hot_ = nullptr;
  std::byte* whole_[2] = {nullptr, nullptr};  // a direction's words and all of its ring
};

struct Connection {
  Connection(Role role, SharedMemory shared, UniqueFd control_socket, uint32_t quota);

  [[nodiscard]] wire::EndState peer_state() const {
    // Acquire: what the peer wrote before it closed is visible to a look that follows.
    return static_cast<wire::EndState>(peer->state.load(std::memory_order_acquire));
  }
  [[nodiscard]] bool peer_is_gone() const { return gone.load(std::memory_order_acquire); }
  // Nothing more will come from the peer: it closed, died, or broke the rules.
  [[nodiscard]] bool over() const { return peer_state() != wire::EndState::kOpen || peer_is_gone(); }

  // Asks the kernel whether the peer's process died, which the reactor may not have told yet. A system call.
  [[nodiscard]] bool peer_has_died();

  // Whether the peer has written `proof` into the memory (wire/handshake.h).
  [[nodiscard]] bool is_proven_by(const uint64_t (&proof)[2]) const {
    return (proof[0] | proof[1]) != 0 && peer->proof[0].load(std::memory_order_acquire) == proof[0] &&
           peer->proof[1].load(std::memory_order_acquire) == proof[1];
  }

  [[nodiscard]] bool map_reader();
  // Maps both rings whole.
  [[nodiscard]] bool map_rings();
  // Maps and populates what `bytes` of the outgoing ring from `position` on need.
  [[nodiscard]] bool prepare_writer(uint64_t position, uint64_t bytes);

  const Role role;
  SharedMemory memory;
  ProcessFd socket;
  const wire::Direction in_direction;
  const wire::Direction out_direction;
  wire::DirectionWords* const in;
  wire::DirectionWords* const out;
  wire::EndWords* const own;
  wire::EndWords* const peer;
  wire::RingReader reader;
  wire::RingWriter writer;
  const uint32_t write_quota;

  // Set once: the control socket hung up, or the peer broke the rules of the ring.
  std::atomic<bool> gone{false};
  PeerCredentials credentials;
  uint32_t granted_access = 0;  // the rights of the client's handle, as it was opened
  // Server side: who opened the connection, and who has announced himself on it since, by number (named_end.h).
  std::shared_ptr<const ClientIdentity> client;
  std::unique_ptr<AnnouncedIdentities> announced;
  uint32_t message_max = UINT32_MAX;  // server side: the longest message that the client can take
  Mutex speaking;                     // client side: held while `own` holds a proof
  std::shared_ptr<LocalPair> local;   // if the peer is in this process; set before the connection is used
  Guest guest;                        // server side: the place it takes up
  std::atomic<uint64_t> watch{0};     // the reactor's name for the socket, set by Reactor::watch; 0: not watched
};

}  // namespace pipes
