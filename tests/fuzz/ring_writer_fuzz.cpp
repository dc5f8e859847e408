// RingWriter against a reader who may do anything to the control words and to the headers in the ring, between any two
// calls. The input is a program for both sides.
//
// The first page of the ring is a heap block of just that size, as it is a mapping of just that size in life, so that
// AddressSanitizer sees every step beyond.
#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "fuzz_input.h"
#include "wire/ring.h"

namespace pipes::fuzz {
namespace {

using wire::FrameHeader;
using wire::FrameKind;
using wire::RingWriter;

constexpr uint64_t kCapacity = wire::kRingCapacityMin;
constexpr uint64_t kPayloadMax = 1 << 20;

struct AlignedFree {
  void operator()(std::byte* block) const { std::free(block); }
};
using Block = std::unique_ptr<std::byte, AlignedFree>;

Block block_of(uint64_t bytes) {
  auto* block = static_cast<std::byte*>(std::aligned_alloc(wire::kPage, bytes));
  std::memset(block, 0, wire::kPage);
  return Block(block);
}

struct Pushed {
  uint64_t position;
  uint64_t length;
  FrameKind kind;
};

class HostileReader {
 public:
  explicit HostileReader(FuzzInput& input) : input_(input) {}

  void run() {
    while (!input_.empty()) {
      step();
      check(writer_.head_seen() <= writer_.tail());
      check((writer_.head_seen() & 7) == 0 && (writer_.tail() & 7) == 0);
      // What the reader may still be reading is never written over, and the next header has its place.
      check(writer_.tail() - writer_.head_seen() + wire::kHeaderBytes <= kCapacity + jumped());
      check_skip();
      check(writer_.head_seen() >= head_before_ && writer_.consumed_seen() >= consumed_before_);
      head_before_ = writer_.head_seen();
      consumed_before_ = writer_.consumed_seen();
    }
  }

 private:
  // Made once: what earlier runs left in it is no different from what a reader may have scribbled.
  static Block& whole_ring() {
    static Block ring = block_of(kCapacity);
    return ring;
  }

  void step() {
    switch (input_.next<uint8_t>() % 12) {
      case 0:
      case 1:
        return read_honestly();
      case 2:
        return scribble_progress();
      case 3:
        return words_->reader.lent.store(input_.next<uint64_t>());
      case 4:
        return scribble_header();
      case 5:
      case 6:
      case 7:
        return push();
      case 8:
        return withdraw();
      case 9:
        return rewind();
      case 10:
        if (writer_.refresh()) check(writer_.consumed_seen() <= writer_.announced());
        return;
      default:
        return writer_.publish_final(writer_.tail());
    }
  }

  // The reader frees up to a place between what it has freed and the writer's end.
  void read_honestly() {
    const uint64_t unread = writer_.tail() - writer_.head_seen();
    words_->reader.head.store(writer_.head_seen() + 8 * input_.next_size(unread / 8 + 1));
    const uint64_t untaken = writer_.announced() - std::min(writer_.announced(), writer_.consumed_seen());
    words_->reader.consumed.store(writer_.consumed_seen() + input_.next_size(untaken + 1));
  }

  void scribble_progress() {
    switch (input_.next<uint8_t>() % 4) {
      case 0:
        return words_->reader.head.store(input_.next<uint64_t>());
      case 1:
        return words_->reader.consumed.store(input_.next<uint64_t>());
      case 2:  // just beyond what can be, or just before what was said already
        return words_->reader.head.store(writer_.tail() + 8 * (1 + input_.next_size(64)));
      default:
        words_->reader.head.store(writer_.head_seen() - 8 * input_.next_size(64));
        return words_->reader.consumed.store(writer_.consumed_seen() - input_.next_size(64));
    }
  }

  void scribble_header() {
    if (frames_.empty()) return;
    const Pushed& frame = frames_.at(input_.next_size(frames_.size()));
    if (!writer_.memory().covers(frame.position, 8)) return;
    if (writer_.memory().offset(frame.position) == writer_.memory().offset(skip_at_)) return;
    const auto word = writer_.memory().word(frame.position);
    FrameHeader header = FrameHeader::decode(word.load());
    switch (input_.next<uint8_t>() % 3) {
      case 0:
        header.taken = input_.next_size(frame.length + 1);
        return word.store(header.encode());
      case 1:
        header.taken = input_.next_size(FrameHeader::kLengthMax + 1);
        return word.store(header.encode());
      default:
        return word.store(input_.next<uint64_t>());
    }
  }

  void push() {
    const auto kind = static_cast<FrameKind>(1 + input_.next<uint8_t>() % 4);
    const uint64_t length = input_.next_size(kPayloadMax);
    const uint64_t bytes = wire::frame_bytes(kind, length);
    if (writer_.begin_message(bytes) == RingWriter::Fit::kNeedsMemory) {
      map_whole();
      check(writer_.begin_message(bytes) != RingWriter::Fit::kNeedsMemory);
    }
    RingWriter::Fit fit = writer_.fit(kind, length);
    if (fit == RingWriter::Fit::kNeedsMemory) {
      map_whole();
      fit = writer_.fit(kind, length);
      check(fit != RingWriter::Fit::kNeedsMemory);
    }
    if (fit != RingWriter::Fit::kFits) return;
    const std::vector<std::byte> payload(length, std::byte{0xFF});
    writer_.announce(length);
    frames_.push_back({writer_.tail(), length, kind});
    writer_.push(kind, true, payload, length + 1);
    if (frames_.size() > 64) frames_.pop_front();
  }

  void withdraw() {
    if (frames_.empty()) return;
    const Pushed frame = frames_.back();
    frames_.pop_back();
    // Only frames that may be unread are ever withdrawn.
    if (frame.position < writer_.head_seen()) return;
    const uint64_t word = writer_.memory().word(frame.position).load();
    const FrameHeader found = FrameHeader::decode(word);
    const bool plausible =
        found.kind == frame.kind && found.waits && found.length == frame.length && found.taken <= frame.length;
    const RingWriter::Withdrawn back = writer_.withdraw(frame.position, frame.kind, frame.length);
    check(back.violation == !plausible);
    check(back.bytes <= frame.length);
    check(!back.violation || back.bytes == 0);
    writer_.unannounce(back.bytes);
  }

  void rewind() {
    const uint64_t bytes = input_.next_size(wire::kPage);
    if (!writer_.can_rewind(bytes)) return;
    check(writer_.drained());
    skip_at_ = writer_.tail();
    writer_.rewind();
    skipped_ = writer_.tail() - skip_at_;
    skip_ = writer_.memory().word(skip_at_).load();
    check(writer_.memory().offset(writer_.tail()) == 0);
  }

  // A reader that stands before the end of the skip leaves the skipped part free as well.
  [[nodiscard]] uint64_t jumped() const { return writer_.head_seen() - skip_at_ < skipped_ ? skipped_ : 0; }

  // The reader never scribbles over headers that are no frames, so the skip must be as it was left.
  void check_skip() {
    if (writer_.head_seen() == skip_at_) check(writer_.memory().word(skip_at_).load() == skip_);
  }

  void map_whole() {
    if (mapped_whole_) return;
    std::memcpy(whole_ring().get(), first_page_.get(), wire::kPage);
    writer_.set_memory(whole_ring().get());
    writer_.set_populated(kCapacity);
    mapped_whole_ = true;
    first_page_.reset();
  }

  FuzzInput& input_;
  std::unique_ptr<wire::DirectionWords> words_ = std::make_unique<wire::DirectionWords>();
  Block first_page_ = block_of(wire::kPage);
  RingWriter writer_{words_.get(), {first_page_.get(), kCapacity, wire::kPage}};
  bool mapped_whole_ = false;
  uint64_t head_before_ = 0;
  uint64_t consumed_before_ = 0;
  uint64_t skip_at_ = UINT64_MAX;  // the last skip, how much it passed over, and its header
  uint64_t skipped_ = 0;
  uint64_t skip_ = 0;
  std::deque<Pushed> frames_;  // the youngest, as they were pushed
};

}  // namespace
}  // namespace pipes::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pipes::fuzz::FuzzInput input(data, size);
  pipes::fuzz::HostileReader(input).run();
  return 0;
}
