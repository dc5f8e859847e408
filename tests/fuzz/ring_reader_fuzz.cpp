// RingReader against a writer who may do anything to the ring and the control words, between any two calls.
//
// The input is a program for both sides. The first page of the ring is a heap block of just that size, as it is a
// mapping of just that size in life, so that AddressSanitizer sees every step beyond; the buffers that the reader fills
// are heap blocks for the same reason.
#include <algorithm>
#include <memory>
#include <vector>

#include "fuzz_input.h"
#include "wire/ring.h"

namespace pipes::fuzz {
namespace {

using wire::FrameHeader;
using wire::FrameKind;
using wire::Look;
using wire::RingMemory;
using wire::RingReader;

constexpr uint64_t kCapacity = wire::kRingCapacityMin;
constexpr uint64_t kBufferMax = 2 * kCapacity;

struct AlignedFree {
  void operator()(std::byte* block) const { std::free(block); }
};
using Block = std::unique_ptr<std::byte, AlignedFree>;

Block zeroed_block(uint64_t bytes) {
  auto* block = static_cast<std::byte*>(std::aligned_alloc(wire::kPage, bytes));
  std::memset(block, 0, bytes);
  return Block(block);
}

class HostileWriter {
 public:
  explicit HostileWriter(FuzzInput& input) : input_(input) {}

  void run() {
    while (!input_.empty()) {
      step();
      check((reader_.position() & 7) == 0);
      check(reader_.position() >= position_seen_);
      check(reader_.message_left() <= UINT32_MAX);
      position_seen_ = reader_.position();
    }
    for (const uint64_t offset : written_) std::memset(whole_ring().get() + offset, 0, 8);
  }

 private:
  // Made once and cleaned after each run: zeroing it whole would be most of a run's time.
  static Block& whole_ring() {
    static Block ring = zeroed_block(kCapacity);
    return ring;
  }

  void step() {
    switch (input_.next<uint8_t>() % 13) {
      case 0:
        return put(near_reader(), header());
      case 1:
        return put(near_reader(), input_.next<uint64_t>());
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
        (void)reader_.available();
        (void)reader_.message_complete();
        return (void)reader_.glance();
      case 11:
        reader_.publish();
        check(words_->reader.head.load() == reader_.position());
        return check(words_->reader.consumed.load() == reader_.consumed());
      default:
        return input_.next<uint8_t>() % 16 == 0 ? reader_.writer_died() : map_whole();
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
    return made.encode() | ((flags & 0xF8) == 0xF8 ? FrameHeader::kUnused : 0);
  }

  void put(uint64_t position, uint64_t word) {
    const RingMemory& memory = reader_.memory();
    const uint64_t offset = memory.offset(position);
    if (offset + 8 > memory.mapped) return;
    memory.word(position).store(word);
    if (mapped_whole_) written_.push_back(offset);
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
    const uint64_t bytes = wire::frame_bytes(frame.kind, frame.length);
    put(tail_ + bytes, 0);
    if (total != 0) put(tail_ + wire::kHeaderBytes, total);
    put(tail_, frame.encode());
    tail_ += bytes;
  }

  // What the next header, seen for the first time, leaves no choice about.
  bool must_be_refused() const {
    if (reader_.position() == looked_at_) return false;  // a frame that was accepted already
    const FrameHeader next = FrameHeader::decode(reader_.memory().word(reader_.position()).load());
    if (next.kind == FrameKind::kSkip) {
      const uint64_t offset = reader_.memory().offset(reader_.position());
      const uint64_t word = reader_.memory().word(reader_.position() + kCapacity - offset).load();
      return reader_.in_message() || FrameHeader::decode(word).kind == FrameKind::kSkip;
    }
    const bool begins = next.kind == FrameKind::kWhole || next.kind == FrameKind::kFirst;
    const bool goes_on = next.kind == FrameKind::kMore || next.kind == FrameKind::kLast;
    return (begins && reader_.in_message()) || (goes_on && !reader_.in_message());
  }

  void look() {
    const bool refuses = must_be_refused();
    const Look found = reader_.look();
    if (refuses && found != Look::kNeedsMemory) check(found == Look::kViolation);
    if (found == Look::kFrame) looked_at_ = reader_.position();
    if (broken_) check(found == Look::kViolation);
    broken_ = broken_ || found == Look::kViolation;
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
    const uint64_t before = reader_.consumed();
    const RingReader::Taken taken = reader_.take(buffer);
    check(taken.bytes <= buffer.size());
    check(reader_.consumed() == before + taken.bytes);
    broken_ = broken_ || taken.look == Look::kViolation;
    at_frame_ = false;
  }

  void peek() {
    std::vector<std::byte> buffer(input_.next_size(kBufferMax));
    buffer.shrink_to_fit();
    const uint64_t before = reader_.position();
    const RingReader::Peeked peeked = reader_.peek(buffer, (input_.next<uint8_t>() & 1) != 0);
    check(peeked.copied <= buffer.size());
    check(peeked.message_left <= UINT32_MAX);
    check(reader_.position() == before);
  }

  void map_whole() {
    if (mapped_whole_) return;
    std::memcpy(whole_ring().get(), first_page_.get(), wire::kPage);
    for (uint64_t offset = 0; offset < wire::kPage; offset += 8) written_.push_back(offset);
    reader_.set_memory(whole_ring().get());
    mapped_whole_ = true;
    first_page_.reset();
  }

  FuzzInput& input_;
  std::unique_ptr<wire::DirectionWords> words_ = std::make_unique<wire::DirectionWords>();
  Block first_page_ = zeroed_block(wire::kPage);
  RingReader reader_{words_.get(), {first_page_.get(), kCapacity, wire::kPage}};
  bool mapped_whole_ = false;
  bool at_frame_ = false;  // the last look found a frame, and nothing was taken since
  bool broken_ = false;
  uint64_t position_seen_ = 0;
  uint64_t looked_at_ = UINT64_MAX;  // where the last look was taken
  uint64_t tail_ = 0;
  uint64_t message_left_ = 0;
  std::vector<uint64_t> written_;  // offsets to clean
};

}  // namespace
}  // namespace pipes::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pipes::fuzz::FuzzInput input(data, size);
  pipes::fuzz::HostileWriter(input).run();
  return 0;
}
