// RingWriter against a reader who may do anything to the control words and to the headers in the ring, between any two
// calls. The input is a program for both sides.
//
// What the reader may still be reading is kept as a list of places, and nothing may be written over them. The ring is
// small, so that programs get all the way round it. Its first page is a heap block of just that size, as it is a
// mapping of just that size in life, so that AddressSanitizer sees every step beyond, and what has no pages yet is
// poisoned.
#include <sanitizer/asan_interface.h>

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

constexpr uint64_t kCapacity = 4 * wire::kPage;
constexpr uint64_t kPayloadMax = kCapacity;

// Something in the ring that must stay as it is until the reader is past it.
struct Kept {
  uint64_t position;
  uint64_t end;
};

bool overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes) {
  const uint64_t from_a = (b - a) % kCapacity;
  return from_a < a_bytes || (kCapacity - from_a) % kCapacity < b_bytes;
}

struct Pushed {
  uint64_t position;
  uint64_t length;
  FrameKind kind;
};

class HostileReader {
 public:
  explicit HostileReader(FuzzInput& input) : input_(input) { std::memset(first_page_.get(), 0xFF, wire::kPage); }
  ~HostileReader() { __asan_unpoison_memory_region(whole_ring_.get(), kCapacity); }

  void run() {
    writer_.memory().word(0).store(0);
    while (!input_.empty()) {
      step();
      check(writer_.head_seen() <= writer_.tail());
      check((writer_.head_seen() & 7) == 0 && (writer_.tail() & 7) == 0);
      check(writer_.head_seen() >= head_before_ && writer_.consumed_seen() >= consumed_before_);
      head_before_ = writer_.head_seen();
      consumed_before_ = writer_.consumed_seen();
      check_skip();
    }
  }

 private:
  void step() {
    switch (input_.next<uint8_t>() % 15) {
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
      case 11:
        return cut();
      case 12:
        return map_whole();
      case 13:
        return push_at_once();
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
    if (frame.position < writer_.head_seen()) return;  // something else may lie there by now
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
    const bool has_room = writer_.has_room(bytes + wire::kFreeBehindFrame);
    const bool begun = begin(bytes);
    if (has_room) check(begun);
    if (!begun) return;
    RingWriter::Fit fit = writer_.fit(kind, length);
    while (fit == RingWriter::Fit::kNeedsMemory) {
      find_memory();
      fit = writer_.fit(kind, length);
    }
    if (has_room) check(fit == RingWriter::Fit::kFits);
    // What one waits for must be something that the reader can reach.
    if (fit == RingWriter::Fit::kNoRoom && bytes + wire::kFreeBehindFrame <= kCapacity) {
      check(writer_.head_needed(bytes + wire::kFreeBehindFrame) <= writer_.tail());
      check(writer_.head_needed(bytes + wire::kFreeBehindFrame) > writer_.head_seen());
    }
    if (fit != RingWriter::Fit::kFits) return;
    const std::vector<std::byte> payload(length, std::byte{0xFF});
    writer_.announce(length);
    frames_.push_back({writer_.tail(), length, kind});
    writer_.push(kind, true, payload, length + 1);
    keep(frames_.back().position, bytes);
    check(writer_.memory().word(frames_.back().position).load() == FrameHeader{kind, true, length, 0}.encode());
    if (frames_.size() > 64) frames_.pop_front();
  }

  void push_at_once() {
    const uint64_t length = input_.next_size(kPayloadMax);
    if (!writer_.fits_at_once(length, UINT32_MAX)) return;
    check(writer_.fit(FrameKind::kWhole, length) == RingWriter::Fit::kFits);
    const uint64_t position = writer_.tail();
    writer_.push_at_once(std::vector<std::byte>(length, std::byte{0xFF}));
    keep(position, wire::frame_bytes(FrameKind::kWhole, length));
    frames_.clear();  // nothing before it waits any more
  }

  // Begins a message. False: there was no room to step over a skip, or the reader is in violation.
  bool begin(uint64_t bytes) {
    const uint64_t before = writer_.tail();
    RingWriter::Fit fit = writer_.begin_message(bytes);
    while (fit == RingWriter::Fit::kNeedsMemory) {
      find_memory();
      fit = writer_.begin_message(bytes);
    }
    const uint64_t stepped = writer_.tail() - before;
    if (stepped == 0) return fit == RingWriter::Fit::kFits;
    // It reads as a frame that was taken back, and its content hides the header of the skip.
    const FrameHeader filler = FrameHeader::decode(writer_.memory().word(before).load());
    check(filler.kind == FrameKind::kWithdrawn && wire::frame_bytes(filler.kind, filler.length) == stepped);
    check(stepped + wire::kHeaderBytes <= kCapacity);  // no reader accepts more
    keep(before, wire::kHeaderBytes);
    return fit == RingWriter::Fit::kFits;
  }

  // The writer has written `bytes` at `position`, and 0 where the next header will be: over nothing that is needed.
  void keep(uint64_t position, uint64_t bytes) {
    std::erase_if(kept_, [&](const Kept& kept) { return kept.end <= writer_.head_seen(); });
    for (const Kept& kept : kept_) {
      const uint64_t unread = std::max(kept.position, writer_.head_seen());
      check(!overlap(unread, kept.end - unread, position, bytes));
      check(!overlap(unread, kept.end - unread, writer_.tail(), wire::kHeaderBytes));
    }
    check(!overlap(position, bytes, writer_.tail(), wire::kHeaderBytes));
    check(writer_.memory().word(writer_.tail()).load() == 0);
    kept_.push_back({position, position + bytes});
  }

  // As NamedEnd does for a write that is given up in the middle: the message's frames are out, and all taken.
  void cut() {
    if (frames_.empty() || frames_.back().kind == FrameKind::kWhole || frames_.back().kind == FrameKind::kLast) return;
    const Pushed frame = frames_.back();
    if (frame.position + wire::frame_bytes(frame.kind, frame.length) != writer_.tail()) return;
    frames_.pop_back();
    const uint64_t before = writer_.tail();
    writer_.cut_message();
    keep(before, wire::kHeaderBytes);
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
    check(words_->reader.head.load() == writer_.tail());
    skip_at_ = writer_.tail();
    writer_.rewind();
    skip_ = writer_.memory().word(skip_at_).load();
    check(writer_.memory().offset(writer_.tail()) == 0);
    check(writer_.memory().offset(skip_at_) >= bytes + wire::kFreeBehindFrame);
    const FrameHeader skip = FrameHeader::decode(skip_);
    check(skip.kind == FrameKind::kSkip && skip_ == FrameHeader{FrameKind::kSkip, false, 0, 0}.encode());
    keep(skip_at_, wire::kHeaderBytes);
  }

  // The reader never scribbles over headers that are no frames, so the skip must be as it was left.
  void check_skip() {
    if (writer_.head_seen() == skip_at_) check(writer_.memory().word(skip_at_).load() == skip_);
  }

  // A step of the writer asked for memory: first all of the ring is mapped, then it gets its pages in steps.
  void find_memory() {
    if (!mapped_whole_) return map_whole();
    check(writer_.populated() < kCapacity);
    const uint64_t populated = writer_.populated() + wire::kPage;
    __asan_unpoison_memory_region(whole_ring_.get(), populated);
    writer_.set_populated(populated);
  }

  void map_whole() {
    if (mapped_whole_) return;
    std::memset(whole_ring_.get(), 0xFF, kCapacity);
    std::memcpy(whole_ring_.get(), first_page_.get(), wire::kPage);
    __asan_poison_memory_region(whole_ring_.get() + wire::kPage, kCapacity - wire::kPage);
    writer_.set_memory(whole_ring_.get());
    mapped_whole_ = true;
    first_page_.reset();
  }

  FuzzInput& input_;
  std::unique_ptr<wire::DirectionWords> words_ = std::make_unique<wire::DirectionWords>();
  Block first_page_ = block_of(wire::kPage);
  Block whole_ring_ = block_of(kCapacity);
  RingWriter writer_{words_.get(), {first_page_.get(), kCapacity, wire::kPage}};
  bool mapped_whole_ = false;
  uint64_t head_before_ = 0;
  uint64_t consumed_before_ = 0;
  uint64_t skip_at_ = UINT64_MAX;  // the last skip, and its header
  uint64_t skip_ = 0;
  std::vector<Kept> kept_;
  std::deque<Pushed> frames_;  // the youngest, as they were pushed
};

}  // namespace
}  // namespace pipes::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pipes::fuzz::FuzzInput input(data, size);
  pipes::fuzz::HostileReader(input).run();
  return 0;
}
