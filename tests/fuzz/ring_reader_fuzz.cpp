// RingReader against a writer who may do anything to the ring and the control words, between any two calls, beside a
// reference that reads by the rules alone: the two must agree on everything.
//
// The input is a program for both sides. The ring is small, so that programs get all the way round it. Its first page
// is a heap block of just that size, as it is a mapping of just that size in life, and so is the whole of it, so that
// AddressSanitizer sees every step beyond; the buffers that the reader fills are heap blocks for the same reason.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "fuzz_input.h"
#include "reference_reader.h"
#include "wire/ring.h"

namespace pipes::fuzz {
namespace {

using wire::FrameHeader;
using wire::FrameKind;
using wire::Look;
using wire::RingMemory;
using wire::RingReader;

constexpr uint64_t kCapacity = 2 * wire::kAtOnceMax;
constexpr uint64_t kBufferMax = 2 * kCapacity;

class HostileWriter {
 public:
  explicit HostileWriter(FuzzInput& input) : input_(input) {
    reference_.set_ring(first_page_.get(), wire::kPage);
    fill(first_page_.get(), wire::kPage);
  }

  void run() {
    while (!input_.empty()) {
      step();
      check((reader_.position() & 7) == 0);
      check(reader_.message_left() <= UINT32_MAX);
      check(reader_.position() == reference_.position());
      check(reader_.consumed() == reference_.consumed());
      check(reader_.in_message() == reference_.in_message());
      check(reader_.message_left() == reference_.message_left());
      check(reader_.identity() == reference_.identity());
    }
  }

 private:
  // Words that could be payload, where no frame was put yet; 0 at the beginning, where the first header will be.
  static void fill(std::byte* from, uint64_t bytes) {
    for (uint64_t i = 8; i < bytes; ++i) from[i] = static_cast<std::byte>(i * 37 + i / 256);
    std::memset(from, 0, 8);
  }

  void step() {
    switch (input_.next<uint8_t>() % 17) {
      case 0: {
        const uint64_t position = near_reader();
        return put(position, header());
      }
      case 1: {
        const uint64_t position = near_reader();
        return put(position, input_.next<uint64_t>());
      }
      case 2:
      case 3:
        return push_frame();
      case 4:
        words_->writer.announced.store(input_.next<uint64_t>());
        return words_->writer.final.store(input_.next<uint64_t>());
      case 5:
      case 6:
        return look();
      case 7:
      case 8:
        return take();
      case 9:
        return peek();
      case 10:
        check(reader_.available() == reference_.available());
        check(reader_.message_complete() == reference_.message_complete());
        return (void)reader_.glance();
      case 11:
        reader_.publish();
        check(words_->reader.head.load() == reader_.position());
        return check(words_->reader.consumed.load() == reader_.consumed());
      case 12:
        return tamper();
      case 13:
        return pave();
      case 14:  // near what is true
        words_->writer.final.store(tail_ - 8 * input_.next_size(64));
        return words_->writer.announced.store(reader_.consumed() + input_.next_size(64) - 32);
      case 16:
        return take_at_once();
      default:
        if (input_.next<uint8_t>() % 4 != 0) return map_whole();
        reader_.writer_is_over();
        reader_.writer_died();
        reference_.writer_is_over();
        return reference_.writer_died();
    }
  }

  uint64_t near_reader() { return reader_.position() + 8 * input_.next_size(64); }

  uint64_t header() {
    FrameHeader made;
    made.kind = static_cast<FrameKind>(input_.next<uint8_t>() % 16);
    const auto flags = input_.next<uint8_t>();
    made.waits = (flags & 1) != 0;
    made.length = input_.next_size(FrameHeader::kLengthMax + 1);
    made.taken = (flags & 6) == 6 ? input_.next_size(FrameHeader::kLengthMax + 1) : 0;
    return made.encode() | ((flags & 0xF8) == 0xF8 ? FrameHeader::kIdentity : 0);
  }

  void put(uint64_t position, uint64_t word) {
    const RingMemory& memory = reader_.memory();
    if (memory.offset(position) + 8 > memory.mapped) return beyond_.push_back({memory.offset(position), word});
    memory.word(position).store(word);
  }

  // One thing about the header that the reader stands at changes.
  void tamper() {
    auto word = reader_.memory().word(reader_.position());
    FrameHeader header = FrameHeader::decode(word.load());
    uint64_t flipped = 0;
    switch (input_.next<uint8_t>() % 5) {
      case 0:
        header.kind = static_cast<FrameKind>(input_.next<uint8_t>() % 16);
        break;
      case 1:
        header.waits = !header.waits;
        break;
      case 2:
        header.length = input_.next_size(1024);
        break;
      case 3:
        header.taken = input_.next_size(1024);
        break;
      default:
        flipped = input_.next<uint8_t>() & FrameHeader::kIdentity;
    }
    word.store(header.encode() ^ flipped);
  }

  // The same header over and over, as far as the ring goes.
  void pave() {
    const uint64_t word = header();
    const uint64_t apart = 8 + 8 * input_.next_size(64);
    const uint64_t times = input_.next_size(kCapacity / 8 + 1);
    const uint64_t start = reader_.position();
    for (uint64_t i = 0; i < times; ++i) put(start + i * apart, word);
  }

  // A frame as a writer of ours would leave it, behind the last such frame: so that runs get deep.
  void push_frame() {
    const uint64_t left = message_left_;
    FrameHeader frame;
    const auto choice = input_.next<uint8_t>();
    frame.waits = (choice & 1) != 0;
    frame.length = 1 + input_.next_size(512);
    uint64_t total = 0;
    if (left > 0) {
      frame.kind = frame.length < left ? FrameKind::kMore : FrameKind::kLast;
      frame.length = std::min(frame.length, left);
      message_left_ -= frame.length;
    } else if ((choice & 2) != 0) {
      frame.kind = FrameKind::kFirst;
      total = frame.length + 1 + input_.next_size(2048);
      message_left_ = total - frame.length;
    } else {
      frame.kind = FrameKind::kWhole;
      if ((choice & 4) != 0) frame.length = 0;
    }
    if ((choice & 0xF0) == 0xF0)
      frame.kind = frame.kind == FrameKind::kFirst ? FrameKind::kWithdrawnFirst : FrameKind::kWithdrawn;
    if ((choice & 0xF8) == 0xE8 && left == 0) return push_skip();
    const uint64_t bytes = wire::frame_bytes(frame.kind, frame.length);
    put(tail_ + bytes, 0);
    if (total != 0) put(tail_ + wire::kHeaderBytes, total);
    put(tail_, frame.encode());
    tail_ += bytes;
  }

  void push_skip() {
    const uint64_t skipped = kCapacity - tail_ % kCapacity;
    put(tail_ + skipped, 0);
    put(tail_, FrameHeader{FrameKind::kSkip, false, 0, 0}.encode());
    tail_ += skipped;
    message_left_ = 0;
  }

  void look() {
    const Look expected = reference_.look();
    const Look found = reader_.look();
    check(found == expected);
    at_frame_ = found == Look::kFrame;
    if (found == Look::kNeedsMemory) {
      check(!mapped_whole_);
      map_whole();
    }
  }

  void take() {
    if (!at_frame_) return;  // take's contract
    std::vector<std::byte> buffer(input_.next_size(kBufferMax));
    buffer.shrink_to_fit();
    const uint64_t at = reader_.position();
    const FrameHeader before = FrameHeader::decode(reader_.memory().word(at).load());
    const bool claims = reader_.frame_waits();
    const ReferenceReader::Taken expected = reference_.take(buffer.size());
    const RingReader::Taken taken = reader_.take(buffer);
    at_frame_ = false;
    check(taken.look == expected.look && taken.message_done == expected.message_done);
    check(taken.bytes == expected.bytes.size());
    check(std::equal(expected.bytes.begin(), expected.bytes.end(), buffer.begin()));
    if (!claims || taken.look != Look::kFrame) return;
    check(FrameHeader::decode(reader_.memory().word(at).load()).taken == before.taken + taken.bytes);
  }

  void take_at_once() {
    std::vector<std::byte> buffer(input_.next_size(kBufferMax));
    buffer.shrink_to_fit();
    const bool joins = (input_.next<uint8_t>() & 1) != 0;
    const std::vector<std::byte> expected = reference_.take_at_once(buffer.size(), joins);
    check(reader_.take_at_once(buffer, joins) == expected.size());
    check(std::equal(expected.begin(), expected.end(), buffer.begin()));
  }

  void peek() {
    std::vector<std::byte> buffer(input_.next_size(kBufferMax));
    buffer.shrink_to_fit();
    const bool one_message = (input_.next<uint8_t>() & 1) != 0;
    const ReferenceReader::Peeked expected = reference_.peek(buffer.size(), one_message);
    const RingReader::Peeked peeked = reader_.peek(buffer, one_message);
    check(peeked.look == expected.look && peeked.message_left == expected.message_left);
    check(peeked.copied == expected.bytes.size() && peeked.identity == expected.identity);
    check(std::equal(expected.bytes.begin(), expected.bytes.end(), buffer.begin()));
  }

  void map_whole() {
    if (mapped_whole_) return;
    fill(whole_ring_.get(), kCapacity);
    std::memcpy(whole_ring_.get(), first_page_.get(), wire::kPage);
    reader_.set_memory(whole_ring_.get());
    reference_.set_ring(whole_ring_.get(), kCapacity);
    for (const auto& [offset, word] : beyond_) reader_.memory().word(offset).store(word);
    mapped_whole_ = true;
    first_page_.reset();
  }

  FuzzInput& input_;
  std::unique_ptr<wire::DirectionWords> words_ = std::make_unique<wire::DirectionWords>();
  Block first_page_ = block_of(wire::kPage);
  Block whole_ring_ = block_of(kCapacity);
  RingReader reader_{words_.get(), {first_page_.get(), kCapacity, wire::kPage}};
  ReferenceReader reference_{words_.get(), kCapacity};
  bool mapped_whole_ = false;
  bool at_frame_ = false;  // the last look found a frame, and nothing was taken since
  uint64_t tail_ = 0;
  uint64_t message_left_ = 0;
  std::vector<std::pair<uint64_t, uint64_t>> beyond_;  // words put where the reader has nothing mapped yet
};

}  // namespace
}  // namespace pipes::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pipes::fuzz::FuzzInput input(data, size);
  pipes::fuzz::HostileWriter(input).run();
  return 0;
}
