// Every rule of the ring that a peer can break, broken once: the reader and the writer each refuse, for good, and touch
// nothing beyond their memory. These run without a system, so that the same tests, compiled with one check left out
// (PIPES_SEEDED_MISTAKES), show in no time that the check is missed.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "wire/handshake.h"
#include "wire/ring.h"

namespace pipes::wire {
namespace {

constexpr uint64_t kCapacity = kRingCapacityMin;

// One direction in memory of its own, for a reader or a writer and whatever stands against it.
struct Arena {
  explicit Arena(uint64_t mapped = kCapacity)
      : memory(mapped / sizeof(uint64_t)),
        ring{reinterpret_cast<std::byte*>(memory.data()), kCapacity, mapped},
        reader(words.get(), ring),
        writer(words.get(), ring) {
    writer.set_populated(mapped);
  }
  void put(uint64_t position, FrameHeader header) { ring.word(position).store(header.encode()); }

  std::unique_ptr<DirectionWords> words = std::make_unique<DirectionWords>();
  std::vector<uint64_t> memory;
  RingMemory ring;
  RingReader reader;
  RingWriter writer;
};

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

uint64_t take(RingReader& reader, size_t size) {
  std::vector<std::byte> buffer(size);
  return reader.take(buffer).bytes;
}

void expect_refused(Arena& arena) {
  EXPECT_EQ(Look::kViolation, arena.reader.look());
  std::vector<std::byte> buffer(64);
  EXPECT_EQ(Look::kViolation, arena.reader.peek(buffer, true).look);
  // For good, whatever stands there now.
  arena.ring.word(arena.reader.position()).store(0);
  EXPECT_EQ(Look::kViolation, arena.reader.look());
}

// The reader is in the middle of a message of 64 bytes, of which it has had 8; the next header is to come.
uint64_t into_message(Arena& arena) {
  arena.put(0, {FrameKind::kFirst, false, 8, 0});
  arena.ring.word(8).store(64);
  EXPECT_EQ(Look::kFrame, arena.reader.look());
  EXPECT_EQ(8u, take(arena.reader, 8));
  return arena.reader.position();
}

TEST(RingNonsense, KindsThatThereAreNot) {
  for (uint32_t kind = 8; kind < 16; ++kind) {
    Arena arena;
    arena.put(0, {static_cast<FrameKind>(kind), false, 8, 0});
    expect_refused(arena);
  }
  Arena arena;
  arena.put(0, {FrameKind::kNone, true, 8, 0});
  expect_refused(arena);
}

TEST(RingNonsense, BitsThatMeanNothing) {
  for (int bit = 5; bit < 8; ++bit) {
    Arena arena;
    arena.ring.word(0).store(FrameHeader{FrameKind::kSkip, false, 0, 0}.encode() | (1u << bit));
    expect_refused(arena);
  }
}

TEST(RingNonsense, AFrameThatIsClaimedAlready) {
  for (const FrameKind kind : {FrameKind::kWhole, FrameKind::kWithdrawn}) {
    Arena arena;
    arena.put(0, {kind, true, 8, 4});
    expect_refused(arena);
    Arena beyond;
    beyond.put(0, {kind, true, 8, 16});
    expect_refused(beyond);
  }
}

TEST(RingNonsense, ALengthBeyondTheRing) {
  for (const uint64_t length : {kCapacity - 15, kCapacity - 8, kCapacity, kCapacity + 1, FrameHeader::kLengthMax}) {
    for (const FrameKind kind : {FrameKind::kWhole, FrameKind::kFirst, FrameKind::kWithdrawn}) {
      Arena arena;
      arena.put(0, {kind, false, length, 0});
      arena.ring.word(8).store(UINT32_MAX);
      expect_refused(arena);
    }
  }
}

TEST(RingNonsense, AFrameBeyondTheFirstPageNeedsTheRest) {
  Arena arena(kPage);
  arena.put(0, {FrameKind::kWhole, false, kPage, 0});
  EXPECT_EQ(Look::kNeedsMemory, arena.reader.look());
}

TEST(RingNonsense, TwoSkipsInARow) {
  Arena arena;
  arena.put(0, {FrameKind::kSkip, false, 0, 0});
  EXPECT_EQ(Look::kViolation, arena.reader.look());  // it leads to itself
  EXPECT_LE(arena.reader.position(), kCapacity);
}

// A message and a skip to the ring's beginning, where it stands again: whoever reads on reads for ever.
TEST(RingNonsense, AnEndlessConversationWithAWriterWhoHasEnded) {
  Arena arena;
  arena.put(0, {FrameKind::kWhole, false, 8, 0});
  arena.put(16, {FrameKind::kSkip, false, 0, 0});
  arena.reader.writer_is_over();
  int messages = 0;
  Look look = arena.reader.look();
  for (; look == Look::kFrame && messages < 100; look = arena.reader.look()) {
    ASSERT_EQ(8u, take(arena.reader, 8));
    ++messages;
  }
  EXPECT_EQ(Look::kViolation, look);
  EXPECT_GE(3, messages);
}

// The bound is none for what an honest one left.
TEST(RingNonsense, WhatAnHonestWriterLeftIsAllRead) {
  Arena arena;
  const std::string half(kCapacity / 2 - 64, 'h');
  for (int i = 0; i < 3; ++i) {
    arena.writer.announce(half.size());
    ASSERT_EQ(RingWriter::Fit::kFits, arena.writer.fit(FrameKind::kWhole, half.size()));
    arena.writer.push(FrameKind::kWhole, false, bytes_of(half));
    if (i == 2) arena.reader.writer_is_over();
    ASSERT_EQ(Look::kFrame, arena.reader.look());
    ASSERT_EQ(half.size(), take(arena.reader, half.size()));
    arena.reader.publish();
  }
  EXPECT_EQ(Look::kNothing, arena.reader.look());
}

TEST(RingNonsense, ASkipInTheMiddleOfAMessage) {
  Arena arena;
  arena.put(into_message(arena), {FrameKind::kSkip, false, 0, 0});
  arena.put(0, {FrameKind::kLast, false, 56, 0});  // what it leads to would do
  expect_refused(arena);
}

TEST(RingNonsense, ASkipWithContent) {
  Arena arena;
  arena.put(0, {FrameKind::kWhole, false, 8, 0});
  arena.put(16, {FrameKind::kSkip, false, 8, 0});
  ASSERT_EQ(Look::kFrame, arena.reader.look());
  ASSERT_EQ(8u, take(arena.reader, 8));
  expect_refused(arena);
  Arena waiting;
  waiting.put(0, {FrameKind::kWhole, false, 8, 0});
  waiting.put(16, {FrameKind::kSkip, true, 0, 0});
  ASSERT_EQ(Look::kFrame, waiting.reader.look());
  ASSERT_EQ(8u, take(waiting.reader, 8));
  expect_refused(waiting);
}

TEST(RingNonsense, AMessageWithinAMessage) {
  Arena whole;
  whole.put(into_message(whole), {FrameKind::kWhole, false, 8, 0});
  expect_refused(whole);
  Arena first;
  const uint64_t at = into_message(first);
  first.put(at, {FrameKind::kFirst, false, 8, 0});
  first.ring.word(at + 8).store(16);
  expect_refused(first);
}

TEST(RingNonsense, AMiddleOrAnEndWithoutABeginning) {
  for (const FrameKind kind : {FrameKind::kMore, FrameKind::kLast}) {
    Arena arena;
    // A whole message before it leaves nothing behind that a continuation could be part of.
    arena.put(0, {FrameKind::kWhole, false, 16, 0});
    arena.put(24, {kind, false, 8, 0});
    ASSERT_EQ(Look::kFrame, arena.reader.look());
    ASSERT_EQ(16u, take(arena.reader, 16));
    expect_refused(arena);
  }
}

// A message that is cut leaves nothing of itself either.
TEST(RingNonsense, AContinuationWithoutItsMessage) {
  Arena arena;
  arena.put(0, {FrameKind::kMore, false, 1, 0});
  expect_refused(arena);
  Arena last;
  last.put(0, {FrameKind::kLast, false, 0, 0});
  expect_refused(last);
}

TEST(RingNonsense, AnEmptyBeginning) {
  Arena arena;
  arena.put(0, {FrameKind::kFirst, false, 0, 0});
  arena.ring.word(8).store(64);
  expect_refused(arena);
}

TEST(RingNonsense, AnEmptyMiddle) {
  Arena arena;
  arena.put(into_message(arena), {FrameKind::kMore, false, 0, 0});
  expect_refused(arena);
}

TEST(RingNonsense, AnEmptyEnd) {
  Arena arena;
  arena.put(into_message(arena), {FrameKind::kLast, false, 0, 0});
  expect_refused(arena);
}

TEST(RingNonsense, ABeginningLongerThanItsMessage) {
  for (const uint64_t total : {uint64_t{0}, uint64_t{1}, uint64_t{7}, uint64_t{8}}) {
    Arena arena;
    arena.put(0, {FrameKind::kFirst, false, 8, 0});
    arena.ring.word(8).store(total);
    expect_refused(arena);
  }
}

TEST(RingNonsense, AMessageBeyondTheLimit) {
  for (const uint64_t total : {uint64_t{UINT32_MAX} + 1, uint64_t{1} << 40, UINT64_MAX}) {
    Arena arena;
    arena.put(0, {FrameKind::kFirst, false, 8, 0});
    arena.ring.word(8).store(total);
    expect_refused(arena);
  }
}

TEST(RingNonsense, AMiddleThatIsMoreThanTheRest) {
  for (const uint64_t length : {56u, 57u, 1000u}) {
    Arena arena;
    arena.put(into_message(arena), {FrameKind::kMore, false, length, 0});
    expect_refused(arena);
  }
}

TEST(RingNonsense, AnEndThatIsNotTheRest) {
  for (const uint64_t length : {1u, 55u, 57u, 1000u}) {
    Arena arena;
    arena.put(into_message(arena), {FrameKind::kLast, false, length, 0});
    expect_refused(arena);
  }
}

// A frame that waits may be withdrawn after it was accepted. Nothing else about it may change.
TEST(RingNonsense, AnAcceptedFrameThatBecomesAnother) {
  const FrameHeader accepted{FrameKind::kWhole, true, 64, 0};
  const std::vector<uint64_t> others{FrameHeader{FrameKind::kWhole, true, 4096, 0}.encode(),
                                     FrameHeader{FrameKind::kWhole, true, 8, 0}.encode(),
                                     FrameHeader{FrameKind::kWhole, true, 64, 8}.encode(),
                                     FrameHeader{FrameKind::kWithdrawn, true, 4096, 0}.encode(),
                                     accepted.encode() | FrameHeader::kIdentity,
                                     0};
  for (const uint64_t other : others) {
    SCOPED_TRACE(other);
    Arena arena;
    arena.put(0, accepted);
    ASSERT_EQ(Look::kFrame, arena.reader.look());
    arena.ring.word(0).store(other);
    expect_refused(arena);
  }
  for (const FrameKind kind : {FrameKind::kMore, FrameKind::kFirst, FrameKind::kWithdrawnFirst, FrameKind::kSkip}) {
    Arena arena;
    arena.put(0, accepted);
    ASSERT_EQ(Look::kFrame, arena.reader.look());
    arena.put(0, {kind, true, 64, 0});
    expect_refused(arena);
  }
}

TEST(RingNonsense, AnAcceptedFrameThatBecomesAnotherWhileItIsClaimed) {
  Arena arena;
  arena.put(0, {FrameKind::kWhole, true, 64, 0});
  ASSERT_EQ(Look::kFrame, arena.reader.look());
  arena.put(0, {FrameKind::kWhole, true, 4096, 0});
  std::vector<std::byte> buffer(8192);
  const RingReader::Taken taken = arena.reader.take(buffer);
  EXPECT_EQ(Look::kViolation, taken.look);
  EXPECT_EQ(0u, taken.bytes);
  EXPECT_EQ(Look::kViolation, arena.reader.look());
}

TEST(RingNonsense, ARingOfNothingKeepsNoLookBusy) {
  Arena arena;
  for (uint64_t position = 0; position < kCapacity; position += 8) {
    arena.put(position, {FrameKind::kWithdrawn, true, 0, 0});
  }
  EXPECT_EQ(Look::kNothing, arena.reader.look());
  EXPECT_LE(arena.reader.position(), kCapacity / 64);
}

TEST(RingNonsense, ARingOfNothingLeadsRoundOnlyAFewTimes) {
  Arena arena;
  for (uint64_t position = 0; position < kCapacity; position += 512) {
    arena.put(position, {FrameKind::kWithdrawn, true, 504, 0});
  }
  Look found = Look::kNothing;
  for (int looks = 0; found == Look::kNothing && looks < 1000; ++looks) {
    found = arena.reader.look();
    arena.reader.publish();
  }
  EXPECT_EQ(Look::kViolation, found);
  EXPECT_LE(arena.reader.position(), 5 * kCapacity);
}

// An honest writer that takes back everything it writes never comes near that limit.
TEST(RingNonsense, AWriterThatTakesEverythingBackIsHonest) {
  Arena arena;
  const std::string text(kCapacity / 2 - 64, 'x');
  for (int round = 0; round < 20; ++round) {
    ASSERT_EQ(RingWriter::Fit::kFits, arena.writer.fit(FrameKind::kWhole, text.size()));
    const uint64_t position = arena.writer.tail();
    arena.writer.push(FrameKind::kWhole, true, bytes_of(text));
    EXPECT_EQ(text.size(), arena.writer.withdraw(position, FrameKind::kWhole, text.size()).bytes);
    ASSERT_EQ(Look::kNothing, arena.reader.look());
    arena.reader.publish();
  }
}

// Every header in the ring is an empty message: a peek for more than that goes round once.
TEST(RingNonsense, APeekGoesRoundOnce) {
  Arena arena;
  for (uint64_t position = 0; position < kCapacity; position += 8) {
    arena.put(position, {FrameKind::kWhole, false, 0, 0});
  }
  std::vector<std::byte> buffer(64);
  EXPECT_EQ(0u, arena.reader.peek(buffer, false).copied);
}

TEST(RingNonsense, AnnouncedNonsenseIsACountAndNothingElse) {
  Arena arena;
  arena.put(0, {FrameKind::kWhole, false, 8, 0});
  ASSERT_EQ(Look::kFrame, arena.reader.look());
  ASSERT_EQ(8u, take(arena.reader, 8));
  arena.words->writer.announced.store(3);  // less than was taken
  EXPECT_EQ(0u, arena.reader.available());
  arena.words->writer.announced.store(UINT64_MAX);
  EXPECT_EQ(UINT64_MAX - 8, arena.reader.available());
  EXPECT_EQ(Look::kNothing, arena.reader.look());
}

TEST(RingNonsense, AFinalPositionFromNowhere) {
  for (const uint64_t final : {uint64_t{0}, uint64_t{3}, UINT64_MAX}) {
    Arena arena;
    arena.put(0, {FrameKind::kWhole, true, 8, 0});
    arena.words->writer.final.store(final);
    arena.reader.writer_died();
    const Look found = arena.reader.look();
    EXPECT_EQ(final > 0 ? Look::kFrame : Look::kNothing, found);
    EXPECT_LE(arena.reader.available(), 8u);
  }
}

// The other side: a reader that reports impossible progress.

TEST(RingNonsense, AHeadBeyondWhatWasWritten) {
  for (const uint64_t beyond : {uint64_t{8}, kCapacity, uint64_t{1} << 40, UINT64_MAX - 127}) {
    Arena arena;
    arena.writer.push(FrameKind::kWhole, false, bytes_of("12345678"));
    arena.words->reader.head.store((arena.writer.tail() + beyond) & ~uint64_t{7});
    EXPECT_FALSE(arena.writer.refresh());
    EXPECT_EQ(0u, arena.writer.head_seen());
  }
}

TEST(RingNonsense, AHeadThatGoesBack) {
  Arena arena;
  arena.writer.push(FrameKind::kWhole, false, bytes_of("12345678"));
  arena.writer.push(FrameKind::kWhole, false, bytes_of("12345678"));
  arena.words->reader.head.store(32);
  ASSERT_TRUE(arena.writer.refresh());
  arena.words->reader.head.store(16);
  EXPECT_FALSE(arena.writer.refresh());
  EXPECT_EQ(32u, arena.writer.head_seen());
}

TEST(RingNonsense, AHeadBetweenTwoWords) {
  for (const uint64_t odd : {1u, 4u, 7u, 9u}) {
    Arena arena;
    arena.writer.push(FrameKind::kWhole, false, bytes_of("12345678"));
    arena.words->reader.head.store(odd);
    EXPECT_FALSE(arena.writer.refresh());
  }
}

TEST(RingNonsense, MoreConsumedThanWasAnnounced) {
  for (const uint64_t consumed : {uint64_t{9}, uint64_t{1} << 40, UINT64_MAX}) {
    Arena arena;
    arena.writer.announce(8);
    arena.words->reader.consumed.store(consumed);
    EXPECT_FALSE(arena.writer.refresh());
    EXPECT_EQ(0u, arena.writer.consumed_seen());
  }
}

TEST(RingNonsense, LessConsumedThanBefore) {
  Arena arena;
  arena.writer.announce(8);
  arena.words->reader.consumed.store(8);
  ASSERT_TRUE(arena.writer.refresh());
  arena.words->reader.consumed.store(7);
  EXPECT_FALSE(arena.writer.refresh());
}

TEST(RingNonsense, TakingBackAFrameThatWasGarbled) {
  const std::vector<uint64_t> garbled{0,
                                      UINT64_MAX,
                                      FrameHeader{FrameKind::kWhole, true, 4, 0}.encode(),
                                      FrameHeader{FrameKind::kWhole, true, 8, 9}.encode(),
                                      FrameHeader{FrameKind::kWhole, false, 8, 0}.encode(),
                                      FrameHeader{FrameKind::kLast, true, 8, 0}.encode()};
  for (const uint64_t word : garbled) {
    SCOPED_TRACE(word);
    Arena arena;
    arena.writer.push(FrameKind::kWhole, true, bytes_of("12345678"));
    arena.ring.word(0).store(word);
    const RingWriter::Withdrawn back = arena.writer.withdraw(0, FrameKind::kWhole, 8);
    EXPECT_TRUE(back.violation);
    EXPECT_EQ(0u, back.bytes);
  }
}

// The datagrams of the handshake.

std::vector<std::byte> datagram_of(const Request& request) {
  const auto bytes = std::as_bytes(std::span(&request, 1));
  return {bytes.begin(), bytes.end()};
}

TEST(HandshakeNonsense, TheHonestRequestIsTaken) {
  Request request;
  request.kind = 1;
  EXPECT_TRUE(decode_request(datagram_of(request)));
}

TEST(HandshakeNonsense, ARequestHasOneSize) {
  Request request;
  request.kind = 1;
  std::vector<std::byte> datagram = datagram_of(request);
  datagram.resize(sizeof request + 1);
  EXPECT_FALSE(decode_request(datagram));
  datagram.resize(sizeof request - 8);
  EXPECT_FALSE(decode_request(datagram));
  EXPECT_FALSE(decode_request({}));
}

TEST(HandshakeNonsense, ARequestOfAnotherProtocol) {
  Request request;
  request.kind = 1;
  request.magic = __builtin_bswap32(Request::kMagic);
  EXPECT_FALSE(decode_request(datagram_of(request)));
  request.magic = Request::kMagic;
  request.version = 2;
  EXPECT_FALSE(decode_request(datagram_of(request)));
  request.version = Request::kVersion;
  for (const uint32_t kind : {0u, kRequestKinds + 1, UINT32_MAX}) {
    request.kind = kind;
    EXPECT_FALSE(decode_request(datagram_of(request)));
  }
  request.kind = 1;
  request.reserved = 1;
  EXPECT_FALSE(decode_request(datagram_of(request)));
  request.reserved = 0;
  EXPECT_TRUE(decode_request(datagram_of(request)));
  request.instances = 1;  // of another kind
  EXPECT_FALSE(decode_request(datagram_of(request)));
}

TEST(HandshakeNonsense, AReplyHasOneSizeAndOneMark) {
  const Reply replies[2] = {{Reply::kMagic, 5}, {}};
  const auto bytes = std::as_bytes(std::span(replies));
  EXPECT_TRUE(decode_reply(bytes.first(sizeof(Reply))));
  EXPECT_FALSE(decode_reply(bytes));
  EXPECT_FALSE(decode_reply(bytes.first(4)));
  const Reply foreign{Request::kMagic, 5};
  EXPECT_FALSE(decode_reply(std::as_bytes(std::span(&foreign, 1))));
}

}  // namespace
}  // namespace pipes::wire
