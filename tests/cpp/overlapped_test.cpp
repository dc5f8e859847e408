// pipes.hpp, overlapped operations: that events, operations and ports reach their counterparts in the C ABI, own what
// they have made, and that no operation writes to memory that its owner has given up. What they do is tested elsewhere.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "pipes/pipes.hpp"
#include "support/harness.h"

namespace {

using pipes::ClientEnd;
using pipes::Event;
using pipes::Operation;
using pipes::Port;
using pipes::ReadMode;
using pipes::ServerEnd;
using pipes::Type;
using pipes::test::unique_name;
using std::chrono_literals::operator""ms;

using Buffer = std::array<std::byte, 16>;

// With a quota of 0 a write waits for its reader.
pipes::ServerOptions overlapped_messages(std::uint32_t quota = 4096) {
  return {.type = Type::kMessage, .outbound_quota = quota, .inbound_quota = quota, .open_flags = PIPES_FLAG_OVERLAPPED};
}

struct OverlappedPair {
  explicit OverlappedPair(std::uint32_t quota = 4096)
      : name(unique_name()),
        server(name, overlapped_messages(quota)),
        client(name, {.read_mode = ReadMode::kMessage}) {}
  std::string name;
  ServerEnd server;
  ClientEnd client;
};

std::string text_in(const Buffer& buffer, std::size_t size) {
  return std::string(pipes::text(std::span(buffer).first(size)));
}

std::string read_text(const pipes::End& end) { return std::string(pipes::text(end.read_message())); }

// -------------------------------------------------------------------------------------------------------------- events

TEST(CppEvent, IsSetAndReset) {
  const Event event;
  const std::array objects{event.handle()};
  EXPECT_EQ(PIPES_ERROR_WAIT_TIMEOUT, pipes::try_wait_for_any(objects, 0ms).status());
  event.set();
  EXPECT_EQ(0u, pipes::wait_for_any(objects));
  pipes::wait_for_all(objects);
  event.reset();
  EXPECT_EQ(PIPES_ERROR_WAIT_TIMEOUT, pipes::try_wait_for_all(objects, 0ms).status());
}

TEST(CppEvent, ResetsItselfIfItIsTo) {
  const Event event(Event::Reset::kAutomatic, true);
  const std::array objects{event.handle()};
  EXPECT_EQ(0u, pipes::wait_for_any(objects));
  EXPECT_EQ(PIPES_ERROR_WAIT_TIMEOUT, pipes::try_wait_for_any(objects, 0ms).status());
}

TEST(CppEvent, TellsTheFirstThatIsSet) {
  const Event first;
  const Event second(Event::Reset::kManual, true);
  EXPECT_EQ(1u, pipes::wait_for_any(std::array{first.handle(), second.handle()}));
}

TEST(CppEvent, MovesWithItsHandle) {
  Event event;
  const pipes_handle handle = event.handle();
  const Event moved(std::move(event));
  EXPECT_EQ(handle, moved.handle());
  EXPECT_EQ(PIPES_ERROR_INVALID_HANDLE, event.try_set().status());  // NOLINT(bugprone-use-after-move): says so
}

// ---------------------------------------------------------------------------------------------------------- operations

TEST(CppOperation, AReadIsOverWhenThePeerHasWritten) {
  const OverlappedPair pair;
  Buffer buffer{};
  Operation reading;
  reading.read(pair.server, buffer);
  EXPECT_TRUE(reading.pending());
  EXPECT_EQ(PIPES_ERROR_IO_INCOMPLETE, reading.try_result(0ms).status());
  pair.client.write(pipes::bytes("hello"));
  EXPECT_EQ(0u, pipes::wait_for_any(std::array{reading.event()}));
  EXPECT_FALSE(reading.pending());
  EXPECT_EQ("hello", text_in(buffer, reading.result().size));
  EXPECT_EQ(5u, reading.result().size) << "as often as it is asked";
}

TEST(CppOperation, MoreIsNoFailure) {
  const OverlappedPair pair;
  Buffer buffer{};
  Operation reading;
  reading.read(pair.server, std::span(buffer).first(3));
  pair.client.write(pipes::bytes("hello"));
  EXPECT_TRUE(reading.result().more);
  reading.read(pair.server, buffer);
  EXPECT_EQ("lo", text_in(buffer, reading.result().size));
}

TEST(CppOperation, AWriteIsOverWhenThePeerHasRead) {
  const OverlappedPair pair(0);
  const std::string message = "hello";
  Operation writing;
  writing.write(pair.server, pipes::bytes(message));
  EXPECT_TRUE(writing.pending());
  EXPECT_EQ("hello", read_text(pair.client));
  EXPECT_EQ(5u, writing.result().size);
}

TEST(CppOperation, AConnectIsOverWhenAClientHasCome) {
  const std::string name = unique_name();
  const ServerEnd server(name, overlapped_messages());
  Operation connecting;
  connecting.connect(server);
  EXPECT_TRUE(connecting.pending());
  const ClientEnd client(name);
  EXPECT_EQ(0u, connecting.result().size);
  EXPECT_FALSE(connecting.connected_already());
}

TEST(CppOperation, AClientThatIsThereIsASuccess) {
  const OverlappedPair pair;
  Operation connecting;
  connecting.connect(pair.server);
  EXPECT_TRUE(connecting.connected_already());
  EXPECT_FALSE(connecting.pending());
  EXPECT_EQ(0u, pipes::wait_for_any(std::array{connecting.event()}, 0ms));
  EXPECT_EQ(0u, connecting.result(0ms).size);
}

TEST(CppOperation, ATransactionGetsItsReply) {
  const OverlappedPair pair;
  Buffer reply{};
  Operation asking;
  asking.transact(pair.server, pipes::bytes("question"), reply);
  EXPECT_EQ("question", read_text(pair.client));
  pair.client.write(pipes::bytes("answer"));
  EXPECT_EQ("answer", text_in(reply, asking.result().size));
}

TEST(CppOperation, OneAtATime) {
  const OverlappedPair pair;
  Buffer buffer{};
  Operation reading;
  reading.read(pair.server, buffer);
  EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, reading.try_read(pair.server, buffer).status());
  EXPECT_TRUE(reading.pending());
}

TEST(CppOperation, WhatIsRefusedHasNotBegun) {
  const ServerEnd server(unique_name(), overlapped_messages());
  Buffer buffer{};
  Operation reading;
  EXPECT_EQ(PIPES_ERROR_PIPE_LISTENING, reading.try_read(server, buffer).status());
  EXPECT_FALSE(reading.pending());
  EXPECT_EQ(PIPES_ERROR_NOT_FOUND, reading.try_result().status());
  EXPECT_EQ(PIPES_ERROR_NOT_FOUND, reading.try_cancel().status());
  EXPECT_THROW(reading.read(server, buffer), pipes::Error);
}

TEST(CppOperation, ACancelledOneSaysSo) {
  const OverlappedPair pair;
  Buffer buffer{};
  Operation reading;
  reading.read(pair.server, buffer);
  reading.cancel();
  EXPECT_EQ(PIPES_ERROR_OPERATION_ABORTED, reading.try_result().status());
}

TEST(CppOperation, ADestroyedOneWritesNothingAnyMore) {
  const OverlappedPair pair;
  Buffer buffer{};
  {
    Operation reading;
    reading.read(pair.server, buffer);
  }
  Buffer rest{};
  Operation next;
  next.read(pair.server, rest);
  pair.client.write(pipes::bytes("next"));
  EXPECT_EQ("next", text_in(rest, next.result().size));
  EXPECT_EQ(Buffer{}, buffer);
}

TEST(CppOperation, ADestroyedWriteIsTakenBack) {
  const OverlappedPair pair(0);
  {
    const std::string message = "forget it";
    Operation writing;
    writing.write(pair.server, pipes::bytes(message));
  }
  EXPECT_EQ(0u, pair.client.peek().available);
}

TEST(CppOperation, AMovedOneGoesOn) {
  const OverlappedPair pair;
  Buffer buffer{};
  Operation reading;
  reading.read(pair.server, buffer);
  const Operation moved(std::move(reading));
  EXPECT_TRUE(moved.pending());
  EXPECT_FALSE(reading.pending());  // NOLINT(bugprone-use-after-move): says so
  EXPECT_EQ(PIPES_ERROR_INVALID_HANDLE, reading.try_read(pair.server, buffer).status());
  pair.client.write(pipes::bytes("hello"));
  EXPECT_EQ("hello", text_in(buffer, moved.result().size));
}

TEST(CppOperation, OneThatIsAssignedToIsCancelled) {
  const OverlappedPair pair;
  Buffer first{};
  Buffer second{};
  Operation reading;
  reading.read(pair.server, first);
  Operation other;
  other.read(pair.server, second);
  reading = std::move(other);
  pair.client.write(pipes::bytes("hello"));
  EXPECT_EQ("hello", text_in(second, reading.result().size));
  EXPECT_EQ(Buffer{}, first);
}

// --------------------------------------------------------------------------------------------------------------- ports

TEST(CppPort, TellsWhatIsOver) {
  const OverlappedPair pair;
  const Port port;
  port.add(pair.server, 7);
  Buffer buffer{};
  Operation reading(Operation::Tells::kPort);
  Operation other(Operation::Tells::kPort);
  reading.read(pair.server, buffer);
  EXPECT_EQ(PIPES_ERROR_WAIT_TIMEOUT, port.try_take(0ms).status());
  pair.client.write(pipes::bytes("hello"));
  const Port::Packet packet = port.take();
  EXPECT_EQ(7u, packet.key);
  EXPECT_EQ(5u, packet.size);
  EXPECT_TRUE(packet.is_of(reading));
  EXPECT_FALSE(packet.is_of(other));
  EXPECT_EQ(5u, reading.result(0ms).size);
  EXPECT_EQ(PIPES_INVALID_HANDLE, reading.event());
}

TEST(CppPort, HearsNothingOfAnOperationWithAnEvent) {
  const OverlappedPair pair;
  const Port port;
  port.add(pair.server, 7);
  Buffer buffer{};
  Operation reading;
  reading.read(pair.server, buffer);
  pair.client.write(pipes::bytes("hello"));
  EXPECT_EQ(5u, reading.result().size);
  EXPECT_EQ(PIPES_ERROR_WAIT_TIMEOUT, port.try_take(0ms).status());
}

TEST(CppPort, GivesSeveralAtATime) {
  const Port port;
  for (std::uint64_t key = 1; key <= 3; ++key) port.post(key, static_cast<std::uint32_t>(10 * key));
  std::array<Port::Packet, 2> packets;
  EXPECT_EQ(2u, port.take(packets));
  EXPECT_EQ(1u, packets[0].key);
  EXPECT_EQ(20u, packets[1].size);
  EXPECT_EQ(1u, port.take(packets, 0ms));
  EXPECT_EQ(3u, packets[0].key);
  EXPECT_EQ(nullptr, packets[0].raw);
  EXPECT_FALSE(packets[0].is_of(Operation()));
}

TEST(CppPort, HearsOfWhatIsCancelledByItsEnd) {
  const OverlappedPair pair;
  const Port port;
  port.add(pair.server, 7);
  Buffer buffer{};
  {
    Operation reading(Operation::Tells::kPort);
    reading.read(pair.server, buffer);
  }
  EXPECT_EQ(7u, port.take().key);
  pair.client.write({});
  EXPECT_EQ(Buffer{}, buffer);
}

TEST(CppPort, ClosesAndRefuses) {
  Port port;
  port.close();
  EXPECT_EQ(PIPES_ERROR_INVALID_HANDLE, port.try_take(0ms).status());
  EXPECT_EQ(PIPES_ERROR_INVALID_HANDLE, port.try_post(1).status());
  const OverlappedPair pair;
  EXPECT_EQ(PIPES_ERROR_INVALID_PARAMETER, Port().try_add(pair.client, 1).status()) << "not overlapped";
}

}  // namespace
