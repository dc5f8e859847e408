// RingWriter and RingReader over one ring, both honest, in any order of steps: what is read is what was written, less
// what was taken back, message by message, and neither is ever stuck. What a hostile peer cannot show: a frame in the
// wrong place harms only an honest reader.
//
// The input is a program for both sides. The ring is small, so that programs get all the way round it, and garbage at
// first but for the word where the first header will be: a place that was not cleared is noticed.
#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "fuzz_input.h"
#include "wire/ring.h"

namespace pipes::fuzz {
namespace {

using wire::FrameKind;
using wire::Look;
using wire::RingReader;
using wire::RingWriter;

constexpr uint64_t kCapacity = 2 * wire::kPage;
constexpr uint64_t kMessageMax = 3 * kCapacity;
constexpr uint64_t kFrameMin = 64;

// What the frames of a message take at most, however it is cut.
uint64_t bytes_in_ring(uint64_t size) {
  return wire::frame_bytes(FrameKind::kFirst, size) + size / kFrameMin * 16 + wire::kFreeBehindFrame;
}

// What the reader has not had yet of a message, as far as it is in the ring.
struct Unread {
  std::deque<std::byte> bytes;
  bool begun = false;  // by the reader
  bool whole = false;  // all of it is in the ring
  bool cut = false;    // no more of it will come
};

struct Frame {
  uint64_t position;
  uint64_t length;
  FrameKind kind;
};

class HonestPair {
 public:
  explicit HonestPair(FuzzInput& input) : input_(input) {
    std::memset(ring_.get(), 0xFF, kCapacity);
    std::memset(ring_.get(), 0, wire::kHeaderBytes);
  }

  void run() {
    while (!input_.empty()) step();
    while (read(kCapacity)) {
    }
    check(unread_.empty() || (unread_.size() == 1 && !unread_.front().whole && unread_.front().bytes.empty()));
    if (left_ == 0) check(reader_.position() == writer_.tail() && !reader_.glance());
  }

 private:
  void step() {
    switch (input_.next<uint8_t>() % 11) {
      case 0:
      case 1:
      case 2:
        return write();
      case 3:
      case 4:
        return (void)read(1 + input_.next_size(2 * kCapacity));
      case 5:
        while (read(kCapacity)) {
        }
        return;
      case 6:
        return give_up();
      case 7:
        return rewind();
      case 8:
        return write_at_once();
      case 9:
        return read_at_once();
      default:
        return peek();
    }
  }

  // The next frame of the message at hand, or the first of another.
  void write() {
    const auto choice = input_.next<uint8_t>();
    if (left_ == 0) {
      size_ = (choice & 1) != 0 ? input_.next_size(kMessageMax) : input_.next_size(kCapacity / 2);
      left_ = size_;
      waits_ = (choice & 2) != 0;
    }
    const bool first = left_ == size_;
    const uint64_t payload = std::min(left_, kFrameMin + input_.next_size(kCapacity / 2));
    FrameKind kind = first ? FrameKind::kFirst : FrameKind::kMore;
    if (payload == left_) kind = first ? FrameKind::kWhole : FrameKind::kLast;
    await_room(kind, payload, first);
    push(kind, payload, first);
  }

  // Reads as long as a writer would sleep, which must end; and it may not sleep for what has happened already.
  void await_room(FrameKind kind, uint64_t payload, bool first) {
    while (true) {
      // As an end does: the whole message, where it fits, does not run over the header of a skip.
      if (first) check(writer_.begin_message(bytes_in_ring(size_)) == RingWriter::Fit::kFits);
      const RingWriter::Fit fit = writer_.fit(kind, payload);
      if (fit == RingWriter::Fit::kFits) return;
      check(fit == RingWriter::Fit::kNoRoom);
      const uint64_t needed = writer_.head_needed(wire::frame_bytes(kind, payload) + wire::kFreeBehindFrame);
      check(reader_.position() < needed);
      while (reader_.position() < needed) {
        const uint64_t before = reader_.position();
        check(read(kCapacity) || reader_.position() > before);
      }
    }
  }

  void push(FrameKind kind, uint64_t payload, bool first) {
    if (first) {
      unread_.emplace_back();
      frames_.clear();
    }
    std::vector<std::byte> bytes(payload);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(counter_++ * 37 % 251);
    frames_.push_back({writer_.tail(), payload, kind});
    writer_.announce(payload);
    writer_.push(kind, waits_, bytes, size_);
    left_ -= payload;
    Unread& message = unread_.back();
    message.bytes.insert(message.bytes.end(), bytes.begin(), bytes.end());
    message.whole = left_ == 0;
  }

  void write_at_once() {
    const uint64_t size = input_.next_size(kCapacity / 2);
    if (left_ > 0 || !writer_.fits_at_once(size, UINT32_MAX)) return;
    check(writer_.fit(FrameKind::kWhole, size) == RingWriter::Fit::kFits);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(counter_++ * 37 % 251);
    writer_.push_at_once(bytes);
    frames_.clear();
    unread_.push_back({{bytes.begin(), bytes.end()}, false, true, false});
  }

  void read_at_once() {
    std::vector<std::byte> buffer(1 + input_.next_size(kCapacity));
    const bool joins = (input_.next<uint8_t>() & 1) != 0;
    const uint64_t bytes = reader_.take_at_once(buffer, joins);
    if (bytes == 0) return;
    check(!unread_.empty());
    const Unread& message = unread_.front();
    check(message.whole && !message.begun && !message.cut && bytes == message.bytes.size());
    check(std::equal(message.bytes.begin(), message.bytes.end(), buffer.begin()));
    if (unread_.size() == 1) frames_.clear();
    unread_.pop_front();
    reader_.publish();
  }

  // Takes back what the reader has not had of the newest message, if it is one that waits.
  void give_up() {
    if (frames_.empty() || !waits_ || unread_.empty() || size_ == 0) return;
    uint64_t taken_back = 0;
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
      const RingWriter::Withdrawn back = writer_.withdraw(frame->position, frame->kind, frame->length);
      check(!back.violation);
      if (back.bytes == 0) break;
      taken_back += back.bytes;
    }
    Unread& message = unread_.back();
    check(taken_back == message.bytes.size());
    writer_.unannounce(taken_back);
    if (taken_back == 0 && left_ > 0) writer_.cut_message();
    message.bytes.clear();
    message.cut = true;
    if (!message.begun) unread_.pop_back();
    left_ = 0;
    frames_.clear();
  }

  // Reads once, up to `size` bytes. False: there was nothing.
  bool read(uint64_t size) {
    const Look look = reader_.look();
    reader_.publish();
    if (look == Look::kMessageCut) {
      check(!unread_.empty() && unread_.front().cut && unread_.front().begun);
      unread_.pop_front();
      return true;
    }
    if (look == Look::kNothing) return false;
    check(look == Look::kFrame && !unread_.empty());
    std::vector<std::byte> buffer(size);
    const RingReader::Taken taken = reader_.take(buffer);
    check(taken.look == Look::kFrame);
    Unread& message = unread_.front();
    check(taken.bytes > 0 || message.bytes.empty());
    check(taken.bytes <= message.bytes.size());
    check(std::equal(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(taken.bytes), message.bytes.begin()));
    message.bytes.erase(message.bytes.begin(), message.bytes.begin() + static_cast<std::ptrdiff_t>(taken.bytes));
    message.begun = true;
    check(taken.message_done == (message.whole && message.bytes.empty()));
    if (taken.message_done) {
      if (unread_.size() == 1) frames_.clear();
      unread_.pop_front();
    }
    reader_.publish();
    return true;
  }

  void rewind() {
    const uint64_t bytes = input_.next_size(wire::kPage);
    if (left_ > 0 || !writer_.can_rewind(bytes)) return;
    check(unread_.empty());
    writer_.rewind();
    frames_.clear();
  }

  void peek() {
    uint64_t unread = 0;
    for (const Unread& message : unread_) unread += message.bytes.size();
    check(reader_.available() == unread);
    std::vector<std::byte> buffer(input_.next_size(kCapacity));
    const RingReader::Peeked peeked = reader_.peek(buffer, true);
    check(peeked.look != Look::kViolation && peeked.look != Look::kNeedsMemory);
    const auto message = std::find_if(unread_.begin(), unread_.end(), [](const Unread& m) { return !m.cut; });
    if (message == unread_.end()) return check(peeked.copied == 0);
    check(peeked.copied == std::min(buffer.size(), message->bytes.size()));
    check(std::equal(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(peeked.copied),
                     message->bytes.begin()));
  }

  FuzzInput& input_;
  std::unique_ptr<wire::DirectionWords> words_ = std::make_unique<wire::DirectionWords>();
  Block ring_ = block_of(kCapacity);
  RingWriter writer_{words_.get(), {ring_.get(), kCapacity, kCapacity}};
  RingReader reader_{words_.get(), {ring_.get(), kCapacity, kCapacity}};
  std::deque<Unread> unread_;
  uint64_t size_ = 0;  // of the message at hand, and what is not in the ring of it
  uint64_t left_ = 0;
  bool waits_ = false;
  std::vector<Frame> frames_;  // of the newest message
  uint64_t counter_ = 0;
};

}  // namespace
}  // namespace pipes::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pipes::fuzz::FuzzInput input(data, size);
  pipes::fuzz::HonestPair(input).run();
  return 0;
}
