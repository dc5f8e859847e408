// Peers that speak the wire protocol by hand, so that they can break it: a client that offers its own memory to a
// victim that serves, and a server process that answers a victim that opens. Both see the shared memory as the peer's
// process would, with nothing checked on their side.
//
// They are used beside the victim in one process, or in a child of their own where a death or a crash is the point.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "linux/connection.h"
#include "linux/handshake_io.h"
#include "linux/pipe_folder.h"
#include "support/harness.h"
#include "support/unique_fd.h"

namespace pipes::test {

// The pipe as its folder has it; nothing if there is none.
[[nodiscard]] std::optional<FoundPipe> find_raw(const std::string& name);
// A socket connected to the process that serves `name`; nothing is said yet. Failure gives an empty one.
[[nodiscard]] UniqueFd connect_raw(const std::string& name);
// A request for a connection as an honest client makes it.
[[nodiscard]] wire::Request honest_request(const PipeMeta& meta);

// RawEnd is one side of a connection: the memory, and the control socket. `out` is the direction it writes.
class RawEnd {
 public:
  RawEnd(Role role, SharedMemory memory, UniqueFd socket);

  [[nodiscard]] wire::Answer& answer() { return memory_.answer(); }
  [[nodiscard]] wire::DirectionWords& in() { return memory_.words(in_).direction; }
  [[nodiscard]] wire::DirectionWords& out() { return memory_.words(out_).direction; }
  [[nodiscard]] wire::EndWords& own() { return memory_.words(out_).writer; }
  [[nodiscard]] wire::RingMemory out_ring() { return {out_base_, memory_.capacity(), memory_.capacity()}; }
  [[nodiscard]] wire::RingMemory in_ring() { return {in_base_, memory_.capacity(), memory_.capacity()}; }
  // An honest writer and reader, for what leads up to an attack.
  [[nodiscard]] wire::RingWriter& writer() { return writer_; }
  [[nodiscard]] wire::RingReader& reader() { return reader_; }
  [[nodiscard]] const SharedMemory& memory() const { return memory_; }
  [[nodiscard]] int socket() const { return socket_.get(); }

  // Writes one whole message, honestly, and wakes whoever waits for it.
  void push(std::string_view text);
  // Stores a header word where the next frame must appear, and wakes.
  void put_header(uint64_t word) { put_word(writer_.tail(), word); }
  void put_word(uint64_t position, uint64_t word);
  // Takes the victim's flags and wakes it, as it asked for.
  void wake_reader();
  void wake_writer();
  // The victim's doorbell, whether it asked for it or not: one byte on the control socket. False if that is full.
  bool ring();
  // The same with a descriptor, `copies` times.
  bool ring_with(int fd, size_t copies);
  // The control socket hangs up: to the victim this process is dead.
  void die() { socket_.reset(); }

 private:
  SharedMemory memory_;
  UniqueFd socket_;
  wire::Direction in_;
  wire::Direction out_;
  std::byte* in_base_;
  std::byte* out_base_;
  wire::RingWriter writer_;
  wire::RingReader reader_;
};

// The memory of a connection as an honest client makes it.
[[nodiscard]] Result<SharedMemory> make_memory(uint64_t capacity);

// Connects to the victim that serves `name`. Null if it was refused or not answered.
[[nodiscard]] std::unique_ptr<RawEnd> open_raw(const std::string& name);

// RawServer is a process that serves `name` in the runtime folder as far as anybody can see, and answers each
// connection with `behaviour`, which runs on its thread with the accepted socket.
class RawServer {
 public:
  using Behaviour = std::function<void(UniqueFd socket)>;
  RawServer(const std::string& name, Behaviour behaviour);
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer();

  [[nodiscard]] int listener() const { return membership_->listening_socket(); }

 private:
  std::optional<PipeMembership> membership_;
  UniqueFd stop_;
  std::thread thread_;
};

// Waits for the client's request and accepts it honestly, with these quotas. Null if it was no request for a
// connection.
[[nodiscard]] std::unique_ptr<RawEnd> accept_raw(UniqueFd socket, uint32_t quota = 4096);

// A duration scaled by PIPES_TEST_SCALE; `full` with PIPES_TEST_FULL.
[[nodiscard]] std::chrono::milliseconds scaled(std::chrono::milliseconds usual, std::chrono::milliseconds full);

// Whether `status` is one of the numbers that pipes.h gives a name.
[[nodiscard]] bool is_documented(Code status);

// Waits until the other side of `socket` has hung up; false after twenty seconds.
[[nodiscard]] bool hangs_up(int socket);

}  // namespace pipes::test
