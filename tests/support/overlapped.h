// Overlapped operations in the tests' words: an operation with its structure, its buffer and its event; what came of
// it; completion ports and their packets; and the fixture in which one of two ends is overlapped.
//
//   Overlapped reading;
//   EXPECT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
//   EXPECT_EQ(sent(5), peer.write("hello"));
//   EXPECT_EQ(received(PIPES_OK, "hello"), reading.received());
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/expect.h"
#include "support/harness.h"
#include "support/remote_end.h"

namespace pipes::test {

// The NT statuses that a structure holds.
inline constexpr uint64_t kNtSuccess = 0;
inline constexpr uint64_t kNtPending = PIPES_INTERNAL_PENDING;
inline constexpr uint64_t kNtBufferOverflow = 0x80000005;
inline constexpr uint64_t kNtPipeDisconnected = 0xC00000B0;
inline constexpr uint64_t kNtCancelled = 0xC0000120;
inline constexpr uint64_t kNtPipeBroken = 0xC000014B;

// ---------------------------------------------------------------------------------------------------- events and waits

enum class Reset : uint32_t { kByItself = 0, kByHand = 1 };

// An event. Failure fails the test.
[[nodiscard]] Handle new_event(bool set = false, Reset reset = Reset::kByHand);

// Whether a look, without waiting, finds the object signalled. Resets an event that resets itself. The test fails if
// the object cannot be looked at.
[[nodiscard]] bool is_signalled(pipes_handle object);

// Waits for one object, as long as it takes.
[[nodiscard]] Code wait_for(pipes_handle object);

// One call of pipes_wait for the first of several objects to be signalled, or for all of them.
struct Waited {
  Code status;
  uint32_t index = kUntouched;
};
enum class WaitFor : uint32_t { kAny = 0, kAll = 1 };
enum class Alertable : uint32_t { kNo = 0, kYes = 1 };
[[nodiscard]] Waited wait_for_several(const std::vector<pipes_handle>& objects, WaitFor what,
                                      uint32_t timeout = PIPES_INFINITE, Alertable alertable = Alertable::kNo);
[[nodiscard]] bool operator==(const Waited& left, const Waited& right);
void PrintTo(const Waited& value, std::ostream* stream);  // NOLINT: GoogleTest's name

// ---------------------------------------------------------------------------------------------------------- operations

// What a completion routine was called with.
struct RoutineCall {
  Code status;
  uint32_t transferred = 0;
  const pipes_overlapped* overlapped = nullptr;
};
[[nodiscard]] bool operator==(const RoutineCall& left, const RoutineCall& right);
void PrintTo(const RoutineCall& value, std::ostream* stream);  // NOLINT: GoogleTest's name

// What the routines of Overlapped were called with on the calling thread since it last asked, in their order.
[[nodiscard]] std::vector<RoutineCall> take_routine_calls();

// What tells that an operation has completed. A routine (read_ex, write_ex) needs neither.
enum class ToldBy { kEvent, kHandle };

// Overlapped is an operation, or several one after the other. It owns what belongs to the library meanwhile; what is
// still pending when it goes is cancelled and waited for.
class Overlapped {
 public:
  explicit Overlapped(ToldBy told_by = ToldBy::kEvent);
  Overlapped(Overlapped&&) noexcept;
  Overlapped(const Overlapped&) = delete;
  Overlapped& operator=(const Overlapped&) = delete;
  Overlapped& operator=(Overlapped&&) = delete;
  ~Overlapped();

  // These begin an operation, and return what the call did. One operation at a time.
  Code read(pipes_handle handle, uint32_t size = 4096);
  Code write(pipes_handle handle, std::string_view bytes);
  Code connect(pipes_handle handle);
  Code transact(pipes_handle handle, std::string_view request, uint32_t reply_size = 4096);
  // The same with a routine, whose calls take_routine_calls tells. `then` is run by the routine after that.
  using Then = std::function<void()>;
  Code read_ex(pipes_handle handle, uint32_t size = 4096, Then then = {});
  Code write_ex(pipes_handle handle, std::string_view bytes, Then then = {});

  // The count of the call that began the operation, as the call left it. Not asked for where the handle or a port tells
  // of the end: another thread may know of it, and go on, before that call has returned.
  [[nodiscard]] uint32_t count() const { return count_; }
  // Win32's HasOverlappedIoCompleted, the other way round. What the structure and the buffer hold is final when it is
  // false.
  [[nodiscard]] bool pending() const;

  // How the operation ended, by pipes_get_overlapped_result: of a read or a transaction, of a write, of any.
  [[nodiscard]] Received received(uint32_t timeout = PIPES_INFINITE, Alertable alertable = Alertable::kNo);
  [[nodiscard]] Sent sent(uint32_t timeout = PIPES_INFINITE, Alertable alertable = Alertable::kNo);
  [[nodiscard]] Code status(uint32_t timeout = PIPES_INFINITE, Alertable alertable = Alertable::kNo);

  [[nodiscard]] pipes_overlapped& structure();
  // The structure's `internal`, which may be asked for at any time.
  [[nodiscard]] uint64_t internal() const;
  [[nodiscard]] pipes_handle event() const { return event_; }
  // What lies in the buffer, whether the operation put it there or not.
  [[nodiscard]] std::string buffer(size_t count) const;

  // What the routine should be called with.
  [[nodiscard]] RoutineCall call(Code status, size_t transferred) const;

 private:
  struct Block;
  void prepare(pipes_handle handle, size_t room);
  Code begun(Code status);
  [[nodiscard]] uint32_t* count_wanted();
  Code begun_with_routine(Code status);
  static void routine(pipes_status status, uint32_t transferred, pipes_overlapped* overlapped);

  std::unique_ptr<Block> block_;
  Handle event_;
  pipes_handle handle_ = PIPES_INVALID_HANDLE;
  uint32_t count_ = kUntouched;
  bool begun_ = false;
};

// --------------------------------------------------------------------------------------------------- completion ports

// A port. Failure fails the test.
[[nodiscard]] Handle new_port(uint32_t concurrency = 0);

// What one pipes_port_get came to.
struct Packet {
  Code status;
  uint32_t transferred = kUntouched;
  uint64_t key = kUntouched;
  const pipes_overlapped* overlapped = nullptr;
};
[[nodiscard]] Packet take_packet(pipes_handle port, uint32_t timeout = PIPES_INFINITE);
// What it should come to: the packet of an operation, or none.
[[nodiscard]] Packet packet(Code status, size_t transferred, uint64_t key, Overlapped& operation);
[[nodiscard]] Packet no_packet(Code status);
[[nodiscard]] bool operator==(const Packet& left, const Packet& right);
void PrintTo(const Packet& value, std::ostream* stream);  // NOLINT: GoogleTest's name

// What one pipes_port_get_many came to.
struct Packets {
  Code status;
  uint32_t taken = kUntouched;
  std::vector<pipes_port_entry> entries;  // the first `taken`
};
[[nodiscard]] Packets take_packets(pipes_handle port, uint32_t count, uint32_t timeout = PIPES_INFINITE,
                                   Alertable alertable = Alertable::kNo);

// --------------------------------------------------------------------------------------------------- overlapped ends

// The same pipe with an overlapped server end.
[[nodiscard]] ServerOptions overlapped(ServerOptions options);
// An overlapped client end, with the read mode given.
[[nodiscard]] Handle open_overlapped(const std::string& name, uint32_t read_mode = PIPES_READMODE_MESSAGE);

// Two connected ends: one overlapped, in this process; its peer ordinary, in this process or a child.
struct OverlappedPair {
  std::string name;
  EndActor peer;
  Handle end;
};

// The fixture of what holds for overlapped ends of both kinds, in both layouts.
class OverlappedEnds : public BothLayouts {
 protected:
  [[nodiscard]] OverlappedPair overlapped_server(const ServerOptions& options = message_pipe());
  [[nodiscard]] OverlappedPair overlapped_client(const ServerOptions& options = message_pipe());

  // Runs body(end, peer) with a fresh pair, once for each kind of overlapped end.
  template <class Body>
  void at_either_end(const ServerOptions& options, Body body) {
    {
      SCOPED_TRACE("the server's end is overlapped");
      OverlappedPair pair = overlapped_server(options);
      body(pair.end, pair.peer);
    }
    if (HasFatalFailure()) return;
    SCOPED_TRACE("the client's end is overlapped");
    OverlappedPair pair = overlapped_client(options);
    body(pair.end, pair.peer);
  }
};

}  // namespace pipes::test

// As PIPES_BOTH_LAYOUTS, with at_either_end.
#define PIPES_OVERLAPPED_ENDS(suite)                     \
  class suite : public ::pipes::test::OverlappedEnds {}; \
  PIPES_INSTANTIATE_LAYOUTS(suite)
