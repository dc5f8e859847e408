// Whole outcomes as one value, so that a test compares status, count and contents in a line:
//   EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "hel"), client.read(3));
// and the fixture for what must hold in both directions of a pipe.
//
// They are apart from harness.h because they only compare; they make no call of their own.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include "support/harness.h"
#include "support/remote_end.h"

namespace pipes::test {

// What a read or a transaction should come to. A count that differs from the bytes shows as a difference.
[[nodiscard]] Received received(Code status, std::string bytes);
// A read that fails without giving anything: its count is set to 0.
[[nodiscard]] Received received_nothing(Code status);
[[nodiscard]] bool operator==(const Received& left, const Received& right);
void PrintTo(const Received& value, std::ostream* stream);  // NOLINT: GoogleTest's name

// What a write should come to: by default 0 and all of `count`.
[[nodiscard]] Sent sent(size_t count);
// A write that fails: its count is set to 0.
[[nodiscard]] Sent not_sent(Code status);
[[nodiscard]] bool operator==(const Sent& left, const Sent& right);
void PrintTo(const Sent& value, std::ostream* stream);  // NOLINT: GoogleTest's name

// What a peek should come to.
[[nodiscard]] Peeked peeked(std::string bytes, size_t available, size_t left_this_message);
// A peek that fails: it leaves its outputs alone.
[[nodiscard]] Peeked not_peeked(Code status);
[[nodiscard]] bool operator==(const Peeked& left, const Peeked& right);
void PrintTo(const Peeked& value, std::ostream* stream);  // NOLINT: GoogleTest's name

// Connects a server end as a server does, for which a client that was faster is as good (CONN-2).
[[nodiscard]] testing::AssertionResult accept_client(pipes_handle server);

// Whether a blocked call ended as it may when another thread closes its handle (CLOSE-11, D37). Which of the two
// depends on timing.
[[nodiscard]] testing::AssertionResult ended_by_close(Code status);

// The two ends of an anonymous pipe. Failure fails the test.
struct AnonymousPair {
  Handle read_end;
  Handle write_end;
};
[[nodiscard]] AnonymousPair anonymous_pair(uint32_t size = 0, bool inheritable = false);

// The same pipe with both quotas set to `bytes`.
[[nodiscard]] ServerOptions with_quota(ServerOptions options, uint32_t bytes);

// Whether the call waits on, after something that could have ended it: true once it sleeps again, false if it returned.
template <class Result>
[[nodiscard]] bool still_waits(Pending<Result>& call) {
  return call.wait_until_blocked();
}

// Waits until a call that finds all instances of `name` busy waits for one to listen, known to the pipe's server
// process. A call may sleep on the way there, while it is being told that the pipe is busy; what `prober` is answered
// after it shows that it has been. False if the call returned.
template <class Result>
[[nodiscard]] bool waits_for_instance(Pending<Result>& call, EndActor prober, const std::string& name) {
  for (int stage = 0; stage < 2; ++stage) {  // told that the pipe is busy, then entered among those who wait
    if (!call.wait_until_blocked()) return false;
    EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, prober.open(name));
  }
  return call.wait_until_blocked();
}

// A number of bytes beyond every ring that a pipe with a quota of up to 1 MiB has.
inline constexpr uint32_t kBeyondTheRing = (4u << 20) + (1u << 20) + 13;

// Reads exactly `count` bytes, in as many reads as it takes. Fewer if a read fails.
[[nodiscard]] std::string read_exactly(EndActor& end, size_t count, uint32_t piece = 256 * 1024);

// The fixture of what holds in both layouts and in both directions.
class BothDirections : public BothLayouts {
 protected:
  // Runs body(writer, reader) with the two ends of a fresh pipe, once for each direction.
  template <class Body>
  void in_both_directions(const ServerOptions& options, Body body) {
    {
      SCOPED_TRACE("inbound: the client writes");
      EndPair pair = connected_ends(options);
      body(pair.client, pair.server);
    }
    if (HasFatalFailure()) return;
    SCOPED_TRACE("outbound: the server writes");
    EndPair pair = connected_ends(options);
    body(pair.server, pair.client);
  }
};

}  // namespace pipes::test

// As PIPES_BOTH_LAYOUTS, with in_both_directions.
#define PIPES_BOTH_DIRECTIONS(suite)                                                                                \
  class suite : public ::pipes::test::BothDirections {};                                                            \
  INSTANTIATE_TEST_SUITE_P(                                                                                         \
      Layouts, suite, ::testing::Values(::pipes::test::Layout::kSameProcess, ::pipes::test::Layout::kOtherProcess), \
      ::pipes::test::layout_name)
