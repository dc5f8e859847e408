// The ring by itself: frames there and back, wrapping, rewinding, withdrawing, and what a hostile peer may write.
#include "wire/ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "ring_pair.h"

namespace pipes::wire {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

void push_message(RingPair& ring, const std::string& text, bool waits = false) {
  ASSERT_EQ(ring.writer.fit(FrameKind::kWhole, text.size()), RingWriter::Fit::kFits);
  ring.writer.announce(text.size());
  ring.writer.push(FrameKind::kWhole, waits, bytes_of(text));
}

std::string take_all(RingPair& ring, size_t size) {
  std::string text(size, '\0');
  const auto taken = ring.reader.take(std::as_writable_bytes(std::span(text)));
  EXPECT_EQ(taken.look, Look::kFrame);
  text.resize(taken.bytes);
  return text;
}

void scribble_header(RingPair& ring, uint64_t position, uint64_t word) { ring.ring().word(position).store(word); }

TEST(Ring, EmptyHoldsNothing) {
  RingPair ring;
  EXPECT_EQ(ring.reader.look(), Look::kNothing);
  EXPECT_FALSE(ring.reader.glance());
  EXPECT_EQ(ring.reader.available(), 0u);
}

TEST(Ring, DeliversMessagesInOrder) {
  RingPair ring;
  push_message(ring, "first");
  push_message(ring, "");
  push_message(ring, "third");
  EXPECT_EQ(ring.reader.available(), 10u);
  for (const char* expected : {"first", "", "third"}) {
    ASSERT_EQ(ring.reader.look(), Look::kFrame);
    EXPECT_EQ(take_all(ring, 16), expected);
  }
  EXPECT_EQ(ring.reader.look(), Look::kNothing);
}

TEST(Ring, ShortBufferLeavesTheRest) {
  RingPair ring;
  push_message(ring, "abcdef");
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(take_all(ring, 4), "abcd");
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(ring.reader.message_left(), 2u);
  EXPECT_EQ(take_all(ring, 4), "ef");
}

TEST(Ring, PayloadsSurviveTheWrap) {
  RingPair ring;
  const std::string large(RingPair::kCapacity / 3, 'x');
  for (int round = 0; round < 20; ++round) {
    std::string message = large;
    message.replace(0, 1, 1, static_cast<char>('a' + round));
    push_message(ring, message);
    ASSERT_EQ(ring.reader.look(), Look::kFrame);
    ASSERT_EQ(take_all(ring, message.size()), message);
    ring.reader.publish();
  }
  EXPECT_GT(ring.writer.tail(), RingPair::kCapacity);
}

TEST(Ring, RefusesWhatDoesNotFit) {
  RingPair ring;
  const std::string half(RingPair::kCapacity / 2, 'x');
  push_message(ring, half);
  EXPECT_EQ(ring.writer.fit(FrameKind::kWhole, half.size()), RingWriter::Fit::kNoRoom);
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  take_all(ring, half.size());
  ring.reader.publish();
  EXPECT_EQ(ring.writer.fit(FrameKind::kWhole, half.size()), RingWriter::Fit::kFits);
}

TEST(Ring, MessageInSeveralFramesCountsWhole) {
  RingPair ring;
  ring.writer.announce(6);
  ring.writer.push(FrameKind::kFirst, false, bytes_of("ab"), 6);
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(ring.reader.message_left(), 6u);
  EXPECT_EQ(ring.reader.available(), 6u);
  EXPECT_FALSE(ring.reader.message_complete());
  ring.writer.push(FrameKind::kMore, false, bytes_of("cd"));
  ring.writer.push(FrameKind::kLast, false, bytes_of("ef"));
  EXPECT_TRUE(ring.reader.message_complete());
  std::string peeked(8, '\0');
  const auto peek = ring.reader.peek(std::as_writable_bytes(std::span(peeked)), true);
  EXPECT_EQ(peek.copied, 6u);
  EXPECT_EQ(peeked.substr(0, 6), "abcdef");
  for (const char* expected : {"ab", "cd", "ef"}) {
    ASSERT_EQ(ring.reader.look(), Look::kFrame);
    EXPECT_EQ(take_all(ring, 8), expected);
  }
  EXPECT_FALSE(ring.reader.in_message());
}

TEST(Ring, PeekStopsAtTheMessageEnd) {
  RingPair ring;
  push_message(ring, "one");
  push_message(ring, "two");
  std::string buffer(8, '\0');
  EXPECT_EQ(ring.reader.peek(std::as_writable_bytes(std::span(buffer)), true).copied, 3u);
  EXPECT_EQ(ring.reader.peek(std::as_writable_bytes(std::span(buffer)), false).copied, 6u);
  EXPECT_EQ(ring.reader.peek({}, true).message_left, 3u);
}

TEST(Ring, RewindKeepsShortAnswersInTheFirstPage) {
  RingPair ring;
  const std::string message(64, 'm');
  for (int i = 0; i < 1000; ++i) {
    const uint64_t bytes = frame_bytes(FrameKind::kWhole, message.size());
    if (ring.writer.memory().offset(ring.writer.tail()) + bytes + kHeaderBytes > kPage) {
      ASSERT_TRUE(ring.writer.can_rewind(bytes));
      ring.writer.rewind();
    }
    ASSERT_LT(ring.writer.memory().offset(ring.writer.tail()), kPage);
    push_message(ring, message);
    ASSERT_EQ(ring.reader.look(), Look::kFrame);
    ASSERT_EQ(take_all(ring, 64), message);
    ring.reader.publish();
  }
}

// The skip's header stays until the reader has passed it; all the rest of the ring is room at once.
TEST(Ring, BUF_3_RewindLeavesAllOfTheRing) {
  for (const uint64_t first : {uint64_t{4000}, uint64_t{200'000}, RingPair::kCapacity - 64}) {
    SCOPED_TRACE(first);
    RingPair ring;
    push_message(ring, std::string(first, 'f'));
    ASSERT_EQ(ring.reader.look(), Look::kFrame);
    take_all(ring, first);
    ring.reader.publish();
    ASSERT_TRUE(ring.writer.can_rewind(64));
    ring.writer.rewind();
    push_message(ring, "short");
    const std::string before(first / 2, 'b');
    push_message(ring, before);
    // Fits neither before the skip's header nor, with all of the ring, behind it.
    const std::string across(first - first / 4, 'a');
    const uint64_t bytes = frame_bytes(FrameKind::kWhole, across.size());
    const bool has_room = first < RingPair::kCapacity / 4;
    ASSERT_EQ(ring.writer.has_room(bytes + kFreeBehindFrame), has_room);
    ASSERT_EQ(ring.writer.begin_message(bytes), RingWriter::Fit::kFits);
    const std::string rest(has_room ? RingPair::kCapacity - 64 - first - bytes : 0, 'r');
    if (has_room) {
      push_message(ring, across);
      push_message(ring, rest);
    }
    EXPECT_EQ(ring.writer.fit(FrameKind::kWhole, 64), RingWriter::Fit::kNoRoom);
    EXPECT_EQ(ring.reader.available(), 5 + before.size() + (has_room ? across.size() + rest.size() : 0));
    std::string all(RingPair::kCapacity, '\0');
    EXPECT_EQ(ring.reader.peek(std::as_writable_bytes(std::span(all)), false).copied, ring.reader.available());
    ASSERT_EQ(ring.reader.look(), Look::kFrame);
    EXPECT_EQ(take_all(ring, 64), "short");
    ASSERT_EQ(ring.reader.look(), Look::kFrame);
    EXPECT_EQ(take_all(ring, first), before);
    if (has_room) {
      ASSERT_EQ(ring.reader.look(), Look::kFrame);
      EXPECT_EQ(take_all(ring, first), across);
      ASSERT_EQ(ring.reader.look(), Look::kFrame);
      EXPECT_EQ(take_all(ring, rest.size()), rest);
    }
    EXPECT_EQ(ring.reader.look(), Look::kNothing);
    ring.reader.publish();
    EXPECT_EQ(ring.writer.fit(FrameKind::kWhole, RingPair::kCapacity - 64), RingWriter::Fit::kFits);
  }
}

TEST(Ring, WithdrawnMessageIsNeverSeen) {
  RingPair ring;
  push_message(ring, "kept");
  const uint64_t position = ring.writer.tail();
  push_message(ring, "gone", true);
  const auto withdrawn = ring.writer.withdraw(position, FrameKind::kWhole, 4);
  EXPECT_FALSE(withdrawn.violation);
  EXPECT_EQ(withdrawn.bytes, 4u);
  push_message(ring, "next");
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(take_all(ring, 8), "kept");
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(take_all(ring, 8), "next");
}

TEST(Ring, CANCEL_9_WithdrawingLeavesWhatWasClaimed) {
  RingPair ring;
  push_message(ring, "abcdef", true);
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(take_all(ring, 2), "ab");
  EXPECT_EQ(ring.writer.withdraw(0, FrameKind::kWhole, 6).bytes, 4u);
  EXPECT_EQ(ring.reader.look(), Look::kMessageCut);
  EXPECT_EQ(ring.reader.look(), Look::kNothing);
}

// A skip in the ring's last word leaves nothing behind it that a message could step to.
TEST(Ring, BUF_3_RewindAtTheLastWordIsNotSteppedOver) {
  RingPair ring;
  for (const std::string& text : {std::string(RingPair::kCapacity - 4 * kHeaderBytes, 'f'), std::string(8, 's')}) {
    push_message(ring, text);
    ASSERT_EQ(ring.reader.look(), Look::kFrame);
    ASSERT_EQ(take_all(ring, text.size()), text);
    ring.reader.publish();
  }
  ASSERT_EQ(ring.writer.memory().offset(ring.writer.tail()), RingPair::kCapacity - kHeaderBytes);
  ASSERT_TRUE(ring.writer.can_rewind(64));
  ring.writer.rewind();
  push_message(ring, "short");
  const std::string longer(RingPair::kCapacity - 40, 'l');
  ASSERT_EQ(ring.writer.begin_message(frame_bytes(FrameKind::kWhole, longer.size())), RingWriter::Fit::kFits);
  EXPECT_EQ(ring.writer.fit(FrameKind::kWhole, longer.size()), RingWriter::Fit::kNoRoom);
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(take_all(ring, 64), "short");
  EXPECT_EQ(ring.reader.look(), Look::kNothing);
  ring.reader.publish();
  push_message(ring, longer);
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(take_all(ring, longer.size()), longer);
}

// A message longer than the ring: where its first frame was, its last one lies.
TEST(Ring, CANCEL_9_WithdrawingLeavesTheRingAloneWhereItWasReused) {
  RingPair ring;
  const uint64_t length = RingPair::kCapacity / 2 - 64;
  const std::string frame(length, 'x');
  const auto push = [&](FrameKind kind) {
    EXPECT_EQ(ring.writer.fit(kind, length), RingWriter::Fit::kFits);
    const uint64_t position = ring.writer.tail();
    ring.writer.announce(length);
    ring.writer.push(kind, true, bytes_of(frame), 4 * length);
    return position;
  };
  const uint64_t first = push(FrameKind::kFirst);
  const uint64_t second = push(FrameKind::kMore);
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(take_all(ring, length).size(), length);
  ring.reader.publish();
  const uint64_t third = push(FrameKind::kMore);
  ASSERT_GT(third + length, RingPair::kCapacity);

  EXPECT_EQ(ring.writer.withdraw(third, FrameKind::kMore, length).bytes, length);
  EXPECT_EQ(ring.writer.withdraw(second, FrameKind::kMore, length).bytes, length);
  const RingWriter::Withdrawn back = ring.writer.withdraw(first, FrameKind::kFirst, length);
  EXPECT_FALSE(back.violation);
  EXPECT_EQ(back.bytes, 0u);
  EXPECT_EQ(ring.reader.look(), Look::kMessageCut);
  EXPECT_EQ(ring.reader.look(), Look::kNothing);
}

TEST(Ring, WithdrawingFindsNothingWhenAllIsClaimed) {
  RingPair ring;
  push_message(ring, "abc", true);
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(take_all(ring, 3), "abc");
  EXPECT_EQ(ring.writer.withdraw(0, FrameKind::kWhole, 3).bytes, 0u);
}

// A reader that saw a header before it was taken back may find all up to there final when it looks again.
TEST(Ring, CANCEL_9_AMessageIsEitherWithdrawnOrRead) {
  constexpr uint64_t kMessages = 400'000;
  RingPair ring;
  std::vector<uint8_t> arrived(kMessages);
  std::jthread reader([&](const std::stop_token& given_up) {
    uint64_t number = 0;
    while (number + 1 < kMessages && !given_up.stop_requested()) {
      ASSERT_NE(ring.reader.look(), Look::kViolation);
      if (ring.reader.look() != Look::kFrame) {
        ring.reader.publish();
        continue;
      }
      const auto taken = ring.reader.take(std::as_writable_bytes(std::span(&number, 1)));
      ASSERT_NE(taken.look, Look::kViolation);
      if (taken.bytes == sizeof number) ++arrived.at(number);
    }
  });
  std::vector<uint8_t> kept(kMessages);
  for (uint64_t number = 0; number < kMessages; ++number) {
    RingWriter::Fit fit = RingWriter::Fit::kNoRoom;
    while (fit == RingWriter::Fit::kNoRoom) fit = ring.writer.fit(FrameKind::kWhole, sizeof number);
    ASSERT_EQ(fit, RingWriter::Fit::kFits);
    const uint64_t position = ring.writer.tail();
    ring.writer.announce(sizeof number);
    ring.writer.push(FrameKind::kWhole, true, std::as_bytes(std::span(&number, 1)));
    uint64_t withdrawn = 0;
    if (number % 2 == 0) withdrawn = ring.writer.withdraw(position, FrameKind::kWhole, sizeof number).bytes;
    ring.writer.unannounce(withdrawn);
    ring.writer.publish_final(ring.writer.tail());
    kept[number] = withdrawn == 0 ? 1 : 0;
  }
  reader.join();
  EXPECT_EQ(std::mismatch(kept.begin(), kept.end(), arrived.begin()).first - kept.begin(),
            static_cast<std::ptrdiff_t>(kMessages));
}

TEST(Ring, CLOSE_9_DeathDropsWhatWasNotFinal) {
  RingPair ring;
  push_message(ring, "done");
  const uint64_t final = ring.writer.tail();
  push_message(ring, "waiting", true);
  ring.writer.publish_final(final);
  ring.reader.writer_died();
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(take_all(ring, 8), "done");
  EXPECT_EQ(ring.reader.look(), Look::kNothing);
  EXPECT_EQ(ring.reader.available(), 0u);
}

TEST(Ring, CompletedWaitingWritesOutliveTheWriter) {
  RingPair ring;
  push_message(ring, "waited", true);
  ring.writer.publish_final(ring.writer.tail());
  ring.reader.writer_died();
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  EXPECT_EQ(take_all(ring, 8), "waited");
}

// Headers that no honest writer leaves.
class HostileHeader : public testing::TestWithParam<uint64_t> {};

TEST_P(HostileHeader, IsAViolationForGood) {
  RingPair ring;
  scribble_header(ring, 0, GetParam());
  EXPECT_EQ(ring.reader.look(), Look::kViolation);
  scribble_header(ring, 0, 0);
  EXPECT_EQ(ring.reader.look(), Look::kViolation);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, HostileHeader,
    testing::Values(FrameHeader{static_cast<FrameKind>(15), false, 1, 0}.encode(),               // unknown kind
                    FrameHeader{FrameKind::kWhole, false, FrameHeader::kLengthMax, 0}.encode(),  // beyond the ring
                    FrameHeader{FrameKind::kWhole, true, 8, 4}.encode(),                         // claimed, not by us
                    FrameHeader{FrameKind::kMore, false, 8, 0}.encode(),   // a middle without a beginning
                    FrameHeader{FrameKind::kLast, false, 8, 0}.encode(),   // an end without a beginning
                    FrameHeader{FrameKind::kFirst, false, 0, 0}.encode(),  // an empty beginning
                    FrameHeader{FrameKind::kSkip, false, 8, 0}.encode(),   // a skip with a length
                    FrameHeader{FrameKind::kSkip, false, 0, 0}.encode() | FrameHeader::kIdentity));

TEST(Ring, TwoSkipsInARowAreAViolation) {
  RingPair ring;
  push_message(ring, "x");
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  take_all(ring, 1);
  const uint64_t skip = FrameHeader{FrameKind::kSkip, false, 0, 0}.encode();
  scribble_header(ring, 16, skip);
  scribble_header(ring, 0, skip);
  EXPECT_EQ(ring.reader.look(), Look::kViolation);
}

TEST(Ring, LastFrameMustEndItsMessageExactly) {
  RingPair ring;
  ring.writer.push(FrameKind::kFirst, false, bytes_of("ab"), 6);
  ring.writer.push(FrameKind::kLast, false, bytes_of("abc"));
  ASSERT_EQ(ring.reader.look(), Look::kFrame);
  take_all(ring, 2);
  EXPECT_EQ(ring.reader.look(), Look::kViolation);
}

TEST(Ring, ImpossibleProgressOfTheReaderIsRefused) {
  RingPair ring;
  push_message(ring, "abc");
  ring.words->reader.head.store(ring.writer.tail() + 8);
  EXPECT_FALSE(ring.writer.refresh());
  ring.words->reader.head.store(4);
  EXPECT_FALSE(ring.writer.refresh());
  ring.words->reader.head.store(ring.writer.tail());
  ring.words->reader.consumed.store(4);
  EXPECT_FALSE(ring.writer.refresh());
  ring.words->reader.consumed.store(3);
  EXPECT_TRUE(ring.writer.refresh());
  ring.words->reader.head.store(0);
  EXPECT_FALSE(ring.writer.refresh());
}

TEST(Ring, EmptyFramesKeepNoLookBusyForEver) {
  RingPair ring;
  const uint64_t withdrawn = FrameHeader{FrameKind::kWithdrawn, true, 0, 0}.encode();
  for (uint64_t position = 0; position < RingPair::kCapacity; position += 8) scribble_header(ring, position, withdrawn);
  EXPECT_EQ(ring.reader.look(), Look::kNothing);
  EXPECT_EQ(ring.reader.peek({}, true).copied, 0u);
}

}  // namespace
}  // namespace pipes::wire
