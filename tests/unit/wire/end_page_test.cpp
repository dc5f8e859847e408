// What a child believes of the memory it finds: tokens, the facts of an end, and the states in which the halves of an
// end are handed from one process to the next.
#include "wire/end_page.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "pipes/pipes.h"

namespace pipes::wire {
namespace {

constexpr uint64_t kCapacity = kRingCapacityMin;

Token good_token() {
  Token token;
  token.kind = Token::kNamedEnd;
  token.handle = (uint64_t{1} << 32) | 4;
  token.access = PIPES_FILE_GENERIC_READ;
  token.handle_flags = PIPES_HANDLE_FLAG_INHERIT;
  for (TokenDescriptor& file : token.descriptors) file.number = 7;
  return token;
}

std::span<const std::byte> bytes_of(const Token& token) { return std::as_bytes(std::span(&token, 1)); }

TEST(EndPage, DECISION_39_OnlyWholeTokensAreBelieved) {
  EXPECT_TRUE(token_of(bytes_of(good_token())));
  EXPECT_FALSE(token_of(bytes_of(good_token()).first(sizeof(Token) - 1)));
  EXPECT_FALSE(token_of({}));
  const std::function<void(Token&)> lies[] = {
      [](Token& token) { token.magic[0] = 'P'; },
      [](Token& token) { token.version = kEndPageVersion + 1; },
      [](Token& token) { token.kind = 0; },
      [](Token& token) { token.kind = 3; },
      [](Token& token) { token.handle |= 1; },
      [](Token& token) { token.handle = 4; },
      [](Token& token) { token.access = 0x80000000u; },
      [](Token& token) { token.handle_flags = 0; },
      [](Token& token) { token.handle_flags = 0xFF; },
      [](Token& token) { token.descriptors[2].number = -1; },
  };
  for (const auto& lie : lies) {
    Token token = good_token();
    lie(token);
    EXPECT_FALSE(token_of(bytes_of(token)));
  }
}

std::unique_ptr<EndPage> good_page() {
  auto page = std::make_unique<EndPage>();
  page->facts.access = PIPES_ACCESS_DUPLEX;
  page->facts.max_instances = 1;
  page->facts.folded_units = 3;
  return page;
}

TEST(EndPage, DECISION_39_OnlyPossibleFactsAreBelieved) {
  EXPECT_TRUE(facts_of(*good_page()));
  const std::function<void(EndFacts&)> lies[] = {
      [](EndFacts& facts) { facts.magic[7] = 0; },
      [](EndFacts& facts) { facts.version = 0; },
      [](EndFacts& facts) { facts.role = 2; },
      [](EndFacts& facts) { facts.access = 0; },
      [](EndFacts& facts) { facts.access = 4; },
      [](EndFacts& facts) { facts.type = 2; },
      [](EndFacts& facts) { facts.max_instances = 0; },
      [](EndFacts& facts) { facts.max_instances = 256; },
      [](EndFacts& facts) { facts.display_bytes = 1025; },
      [](EndFacts& facts) { facts.folded_units = 513; },
      [](EndFacts& facts) { facts.folded_units = 0; },
  };
  for (const auto& lie : lies) {
    const auto page = good_page();
    lie(page->facts);
    EXPECT_FALSE(facts_of(*page));
  }
}

// A ring in memory of this process, as the two sides see it.
struct Ring {
  std::vector<uint64_t> room = std::vector<uint64_t>(kCapacity / 8);
  std::unique_ptr<DirectionWords> words = std::make_unique<DirectionWords>();
  RingMemory memory{reinterpret_cast<std::byte*>(room.data()), kCapacity, kCapacity};
  RingWriter writer{words.get(), memory};
  RingReader reader{words.get(), memory};
};

std::span<const std::byte> text(std::string_view characters) { return std::as_bytes(std::span(characters)); }

std::string take_all(RingReader& reader) {
  std::string all;
  while (reader.look() == Look::kFrame) {
    std::byte room[64];
    const auto taken = reader.take(room);
    all.append(reinterpret_cast<const char*>(room), taken.bytes);
    all += taken.message_done ? "." : "";
  }
  return all;
}

TEST(EndPage, INH_4_AnotherReaderGoesOnInTheMiddleOfAMessage) {
  Ring ring;
  ring.writer.announce(9);
  ring.writer.push(FrameKind::kWhole, false, text("a message"));
  ASSERT_EQ(Look::kFrame, ring.reader.look());
  std::byte room[2];
  ASSERT_EQ(2u, ring.reader.take(room).bytes);
  RingReader next(ring.words.get(), ring.memory);
  ASSERT_TRUE(next.load(ring.reader.save()));
  EXPECT_EQ("message.", take_all(next));
  EXPECT_EQ(9u, next.consumed());
}

TEST(EndPage, FINE_25_AnotherWriterGoesOnBehindWhatADeadOnePushed) {
  Ring ring;
  const WriterState saved = ring.writer.save();
  ring.writer.announce(3);
  ring.writer.push(FrameKind::kWhole, false, text("one"));
  ring.writer.announce(6);
  ring.writer.push(FrameKind::kFirst, false, text("cut"), 6);
  RingWriter next(ring.words.get(), ring.memory);
  ASSERT_TRUE(next.load(saved));
  ASSERT_TRUE(next.recover(false, [](const auto&) { FAIL() << "nothing waits"; }));
  EXPECT_EQ(6u, next.announced()) << "what was not pushed is not announced";
  next.announce(3);
  next.push(FrameKind::kWhole, false, text("two"));
  std::string read = take_all(ring.reader);
  read += "|" + take_all(ring.reader);
  EXPECT_EQ("one.cut|two.", read);
}

TEST(EndPage, FINE_25_WhatADeadWriterLeftWaitingIsFound) {
  Ring ring;
  const WriterState saved = ring.writer.save();
  ring.writer.announce(7);
  ring.writer.push(FrameKind::kWhole, true, text("waiting"));
  RingWriter next(ring.words.get(), ring.memory);
  ASSERT_TRUE(next.load(saved));
  std::vector<RingWriter::WaitingFrame> waiting;
  ASSERT_TRUE(next.recover(false, [&](const auto& frame) { waiting.push_back(frame); }));
  ASSERT_EQ(1u, waiting.size());
  EXPECT_EQ(7u, next.withdraw(waiting[0].position, waiting[0].kind, waiting[0].length).bytes);
  EXPECT_EQ("", take_all(ring.reader));
}

TEST(EndPage, FINE_25_WhatADeadWriterTookBackIsNotThereTwice) {
  Ring ring;
  const WriterState saved = ring.writer.save();
  ring.writer.announce(9);
  ring.writer.push(FrameKind::kFirst, true, text("long"), 9);
  const uint64_t second = ring.writer.tail();
  ring.writer.push(FrameKind::kWhole, true, text("short"));
  ASSERT_EQ(5u, ring.writer.withdraw(second, FrameKind::kWhole, 5).bytes);
  ASSERT_EQ(4u, ring.writer.withdraw(0, FrameKind::kFirst, 4).bytes);
  RingWriter next(ring.words.get(), ring.memory);
  ASSERT_TRUE(next.load(saved));
  ASSERT_TRUE(next.recover(false, [](const auto&) { FAIL() << "nothing waits"; }));
  EXPECT_EQ(0u, next.announced());
  constexpr auto kMayBe = RingWriter::TakenBackBefore::kMayBe;
  EXPECT_EQ(5u, next.withdraw(second, FrameKind::kWhole, 5, kMayBe).bytes);
  EXPECT_EQ(4u, next.withdraw(0, FrameKind::kFirst, 4, kMayBe).bytes);
  EXPECT_TRUE(next.withdraw(0, FrameKind::kFirst, 4).violation) << "nobody else can have taken back what was its own";
  next.announce(2);
  next.push(FrameKind::kWhole, false, text("on"));
  EXPECT_EQ("on.", take_all(ring.reader));
}

// What the reader had claimed of a frame that was taken back then was read, and counts as written.
TEST(EndPage, FINE_25_WhatWasReadOfAFrameTakenBackCounts) {
  Ring ring;
  const WriterState saved = ring.writer.save();
  ring.writer.announce(7);
  ring.writer.push(FrameKind::kWhole, true, text("waiting"));
  const ReaderState at_first = ring.reader.save();
  ASSERT_EQ(Look::kFrame, ring.reader.look());
  std::byte room[4];
  ASSERT_EQ(4u, ring.reader.take(room).bytes);
  ASSERT_EQ(3u, ring.writer.withdraw(0, FrameKind::kWhole, 7).bytes);
  RingWriter next(ring.words.get(), ring.memory);
  ASSERT_TRUE(next.load(saved));
  ASSERT_TRUE(next.recover(false, [](const auto&) { FAIL() << "nothing waits"; }));
  EXPECT_EQ(4u, next.announced());
  // Nor is it in the way of another reader, if that one died.
  RingReader other(ring.words.get(), ring.memory);
  ASSERT_TRUE(other.load(at_first));
  ASSERT_TRUE(other.recover());
  EXPECT_EQ(4u, other.consumed());
  next.announce(3);
  next.push(FrameKind::kWhole, false, text("two"));
  EXPECT_EQ("two.", take_all(other));
  other.publish();
  EXPECT_TRUE(next.refresh());
}

TEST(EndPage, FINE_25_AMessageThatADeadWriterWasInTheMiddleOfEnds) {
  Ring ring;
  ring.writer.announce(9);
  ring.writer.push(FrameKind::kFirst, false, text("aaa"), 9);
  const WriterState saved = ring.writer.save();
  ring.writer.push(FrameKind::kMore, false, text("bbb"));
  RingWriter next(ring.words.get(), ring.memory);
  ASSERT_TRUE(next.load(saved));
  EXPECT_FALSE(next.recover(false, [](const auto&) {}));
  ASSERT_TRUE(next.load(saved));
  ASSERT_TRUE(next.recover(true, [](const auto&) { FAIL() << "nothing waits"; }));
  next.announce(2);
  next.push(FrameKind::kWhole, false, text("on"));
  std::string read = take_all(ring.reader);
  read += "|" + take_all(ring.reader);
  EXPECT_EQ("aaabbb|on.", read);
}

TEST(EndPage, FINE_25_AnotherReaderGoesOnBehindWhatADeadOneClaimed) {
  Ring ring;
  ring.writer.announce(7);
  ring.writer.push(FrameKind::kWhole, true, text("waiting"));
  const ReaderState saved = ring.reader.save();
  ASSERT_EQ(Look::kFrame, ring.reader.look());
  std::byte room[4];
  ASSERT_EQ(4u, ring.reader.take(room).bytes);
  RingReader next(ring.words.get(), ring.memory);
  ASSERT_TRUE(next.load(saved));
  ASSERT_TRUE(next.recover());
  EXPECT_EQ(4u, next.consumed());
  EXPECT_EQ("ing.", take_all(next));
}

// What it read without a claim lies before what it claimed; and whose words it read last is known.
TEST(EndPage, FINE_25_AllBeforeTheLastClaimOfADeadReaderIsRead) {
  Ring ring;
  ring.writer.announce(20);
  ring.writer.push(FrameKind::kWhole, false, text("one"));
  ring.writer.push(FrameKind::kFirst, true, text("tw"), 3);
  ring.writer.push(FrameKind::kLast, true, text("o"));
  const uint64_t withdrawn = ring.writer.tail();
  ring.writer.push(FrameKind::kWhole, true, text("gone"));
  ASSERT_EQ(4u, ring.writer.withdraw(withdrawn, FrameKind::kWhole, 4).bytes);
  ring.writer.unannounce(4);
  ring.writer.push(FrameKind::kWhole, false, text("three"));
  ring.writer.push(FrameKind::kWhole, true, text("four"), 0, 3);
  const ReaderState saved = ring.reader.save();
  for (const char* expected : {"one", "tw", "o", "three"}) {
    ASSERT_EQ(Look::kFrame, ring.reader.look());
    std::byte room[8];
    const auto taken = ring.reader.take(room);
    EXPECT_EQ(expected, std::string(reinterpret_cast<const char*>(room), taken.bytes));
  }
  ASSERT_EQ(Look::kFrame, ring.reader.look());
  std::byte room[1];
  ASSERT_EQ(1u, ring.reader.take(room).bytes);
  RingReader next(ring.words.get(), ring.memory);
  ASSERT_TRUE(next.load(saved));
  ASSERT_TRUE(next.recover());
  EXPECT_EQ(ring.reader.consumed(), next.consumed());
  EXPECT_EQ(ring.reader.position(), next.position());
  EXPECT_EQ(3u, next.identity());
  EXPECT_EQ("our.", take_all(next));
}

TEST(EndPage, DECISION_39_ClaimsThatCannotBeAreNotRecovered) {
  const FrameHeader claims[] = {{FrameKind::kWhole, true, 8, 9},
                                {FrameKind::kWhole, false, 8, 1},
                                {FrameKind::kLast, true, 8, 1},
                                {FrameKind::kWhole, true, FrameHeader::kLengthMax, 1},
                                {FrameKind::kWithdrawn, true, 8, 9}};
  for (const FrameHeader& claim : claims) {
    Ring ring;
    ring.room[0] = claim.encode();
    EXPECT_FALSE(ring.reader.recover()) << claim.encode();
  }
  // Claims all around the ring lead no reader round and round.
  Ring ring;
  for (uint64_t& word : ring.room) word = FrameHeader{FrameKind::kWithdrawn, true, 0, 0}.encode();
  EXPECT_FALSE(ring.reader.recover());
}

TEST(EndPage, DECISION_39_ImpossibleStatesAreRefused) {
  Ring ring;
  const std::function<void(WriterState&)> writers[] = {
      [](WriterState& state) { state.tail = 4; },
      [](WriterState& state) { state.head_seen = 8; },
      [](WriterState& state) { state.tail = 4 * kCapacity; },
      [](WriterState& state) { state.consumed_seen = 1; },
      [](WriterState& state) { state.populated = kCapacity + 1; },
      [](WriterState& state) { state.skip_at = 8; },
      [](WriterState& state) {
        state.tail = 64;
        state.skip_at = 8;
        state.skipped = 16;
      },
  };
  for (const auto& lie : writers) {
    WriterState state = ring.writer.save();
    lie(state);
    EXPECT_FALSE(ring.writer.load(state));
  }
  const std::function<void(ReaderState&)> readers[] = {
      [](ReaderState& state) { state.position = 4; },
      [](ReaderState& state) { state.settled = 8; },
      [](ReaderState& state) { state.flags = ReaderState::kLoaded; },
      [](ReaderState& state) {
        state.flags = ReaderState::kLoaded;
        state.frame = FrameHeader{FrameKind::kWhole, false, FrameHeader::kLengthMax, 0}.encode();
      },
      [](ReaderState& state) {
        state.flags = ReaderState::kLoaded;
        state.frame = FrameHeader{FrameKind::kWhole, false, 8, 9}.encode();
      },
  };
  for (const auto& lie : readers) {
    ReaderState state = ring.reader.save();
    lie(state);
    EXPECT_FALSE(ring.reader.load(state));
  }
}

TEST(EndPage, DECISION_39_NonsenseInTheRingIsNotRecovered) {
  for (const uint64_t word : {uint64_t{0x20}, uint64_t{9}, FrameHeader{FrameKind::kLast, false, 8, 0}.encode(),
                              FrameHeader{FrameKind::kWhole, false, FrameHeader::kLengthMax, 0}.encode()}) {
    Ring ring;
    ring.room[0] = word;
    EXPECT_FALSE(ring.writer.recover(false, [](const auto&) {})) << word;
  }
}

}  // namespace
}  // namespace pipes::wire
