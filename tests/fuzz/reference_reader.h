// ReferenceReader reads a ring by the rules that stand in src/wire/layout.h, one after the other, with no thought of
// speed: what RingReader must answer to whatever a hostile writer left there. It claims nothing: told of a claim, it
// believes that RingReader did it, and the fuzzer compares the word.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "wire/ring.h"

namespace pipes::fuzz {

class ReferenceReader {
 public:
  ReferenceReader(const wire::DirectionWords* words, uint64_t capacity) : words_(words), capacity_(capacity) {}

  // The ring as it is now, as far as it is mapped.
  void set_ring(const std::byte* base, uint64_t mapped) {
    base_ = base;
    mapped_ = mapped;
  }

  wire::Look look() {
    const wire::Look found = settle();
    broken_ = broken_ || found == wire::Look::kViolation;
    return found;
  }

  // What take answers with a buffer of `size` bytes, after a look that found a frame.
  struct Taken {
    wire::Look look = wire::Look::kFrame;
    std::vector<std::byte> bytes;
    bool message_done = false;
  };
  Taken take(uint64_t size) {
    const uint64_t bytes = std::min(size, frame_.length - frame_.taken);
    if (frame_.waits && bytes > 0) {
      const wire::Look now = look_again();
      if (now == wire::Look::kViolation) broken_ = true;
      if (now != wire::Look::kFrame) return {now, {}, false};
    }
    Taken taken;
    taken.bytes = payload(bytes);
    identity_ = frame_.identity;
    advance(bytes);
    taken.message_done = left_ == 0 && !accepted_;
    return taken;
  }

  // What take_at_once answers: all of a message in one frame, of a write of the opener's that has completed, or
  // nothing.
  std::vector<std::byte> take_at_once(uint64_t size, bool joins) {
    if (accepted_ || in_message_ || dead_ || broken_) return {};
    const uint64_t raw = word(position_);
    const wire::FrameHeader header = wire::FrameHeader::decode(raw);
    if (header.kind != Kind::kWhole || header.waits || header.identity != 0 || !well_formed(header, raw)) return {};
    const uint64_t end = wire::frame_bytes(header.kind, header.length);
    const bool mapped = mapped_ == capacity_ || position_ % capacity_ + end + 8 <= mapped_;
    if (header.length == 0 || header.length > size || header.length > wire::kAtOnceMax || !mapped) return {};
    if (joins && header.length < size && word(position_ + end) != 0) return {};
    begin(header);
    std::vector<std::byte> bytes = payload(header.length);
    identity_ = 0;
    advance(header.length);
    return bytes;
  }

  struct Peeked {
    wire::Look look = wire::Look::kNothing;
    std::vector<std::byte> bytes;
    uint64_t message_left = 0;
    uint32_t identity = 0;
  };
  Peeked peek(uint64_t size, bool one_message) {
    ReferenceReader ahead = *this;
    Peeked peeked;
    wire::Look found = ahead.settle();
    while (found == wire::Look::kMessageCut && within(ahead)) found = ahead.settle();
    if (found != wire::Look::kMessageCut) peeked.look = found;
    const uint64_t whole = found == wire::Look::kFrame ? ahead.left_ : 0;
    while (found == wire::Look::kFrame) {
      const uint64_t bytes = std::min(size - peeked.bytes.size(), ahead.frame_.length - ahead.frame_.taken);
      const std::vector<std::byte> part = ahead.payload(bytes);
      peeked.bytes.insert(peeked.bytes.end(), part.begin(), part.end());
      const bool full = peeked.bytes.size() == size;
      peeked.identity = ahead.frame_.identity;
      ahead.advance(bytes);
      if (full || ahead.accepted_ || (one_message && ahead.left_ == 0) || !within(ahead)) break;
      found = ahead.settle();
      if (found == wire::Look::kNeedsMemory || found == wire::Look::kViolation) peeked.look = found;
    }
    final_ = ahead.final_;
    peeked.message_left = whole - std::min<uint64_t>(whole, peeked.bytes.size());
    return peeked;
  }

  uint64_t available() {
    if (!dead_) {
      const uint64_t announced = words_->writer.announced.load();
      return announced < consumed_ ? 0 : announced - consumed_;
    }
    ReferenceReader ahead = *this;
    uint64_t bytes = 0;
    while (within(ahead) && ahead.settle() == wire::Look::kFrame) bytes += ahead.pass_frame();
    final_ = ahead.final_;
    return bytes;
  }

  bool message_complete() {
    ReferenceReader ahead = *this;
    bool complete = false;
    while (!complete && within(ahead) && ahead.settle() == wire::Look::kFrame) {
      ahead.pass_frame();
      complete = ahead.left_ == 0;
    }
    final_ = ahead.final_;
    return complete;
  }

  // No honest writer is further ahead than two rings.
  void writer_is_over() {
    if (!over_) end_ = position_ + 2 * capacity_;
    over_ = true;
  }
  void writer_died() {
    dead_ = true;
    final_ = words_->writer.final.load();
  }

  [[nodiscard]] uint64_t position() const { return position_; }
  [[nodiscard]] uint64_t consumed() const { return consumed_; }
  [[nodiscard]] uint64_t message_left() const { return left_; }
  [[nodiscard]] bool in_message() const { return in_message_; }
  [[nodiscard]] uint32_t identity() const { return identity_; }

 private:
  using Kind = wire::FrameKind;

  [[nodiscard]] uint64_t word(uint64_t position) const {
    uint64_t value = 0;
    std::memcpy(&value, base_ + position % capacity_, sizeof value);
    return value;
  }
  [[nodiscard]] static bool is_withdrawn(Kind kind) {
    return kind == Kind::kWithdrawn || kind == Kind::kWithdrawnFirst;
  }
  [[nodiscard]] uint64_t end_of_frame() const { return position_ + wire::frame_bytes(frame_.kind, frame_.length); }
  // No walk ahead goes further than two rings: an honest writer never gets further.
  [[nodiscard]] bool within(const ReferenceReader& ahead) const { return ahead.position_ - position_ <= 2 * capacity_; }

  [[nodiscard]] std::vector<std::byte> payload(uint64_t bytes) const {
    std::vector<std::byte> copy(bytes);
    const uint64_t start = position_ + wire::payload_offset(frame_.kind) + frame_.taken;
    for (uint64_t i = 0; i < bytes; ++i) copy[i] = base_[(start + i) % capacity_];
    return copy;
  }

  void advance(uint64_t bytes) {
    frame_.taken += bytes;
    left_ -= bytes;
    consumed_ += bytes;
    in_message_ = left_ > 0 && (in_message_ || bytes > 0);
    if (frame_.taken == frame_.length) leave();
  }
  uint64_t pass_frame() {
    const uint64_t bytes = frame_.length - frame_.taken;
    advance(bytes);
    return bytes;
  }

  void leave() {
    position_ = end_of_frame();
    accepted_ = false;
    after_skip_ = false;
  }

  // The frame at hand ends its message without giving anything.
  bool drop() {
    const bool cut = in_message_;
    leave();
    in_message_ = false;
    left_ = 0;
    return cut;
  }

  // Is this header, seen for the first time, one that an honest writer may have left here?
  [[nodiscard]] bool well_formed(const wire::FrameHeader& header, uint64_t raw) const {
    const bool goes_on = in_message_ && header.length > 0;
    const uint64_t total = header.kind == Kind::kFirst ? word(position_ + 8) : 0;
    const uint64_t identity = raw & 0xE0;
    if (header.taken != 0) return false;
    switch (header.kind) {
      case Kind::kSkip:
        return !after_skip_ && !in_message_ && header.length == 0 && !header.waits && identity == 0;
      case Kind::kWhole:
        return !in_message_;
      case Kind::kFirst:
        return !in_message_ && header.length > 0 && total > header.length && total <= 0xFFFFFFFF;
      case Kind::kMore:
        return goes_on && header.length < left_;
      case Kind::kLast:
        return goes_on && header.length == left_;
      case Kind::kWithdrawn:
      case Kind::kWithdrawnFirst:
        return true;
      default:
        return false;
    }
  }

  // The header of a frame that waits, and was accepted, once more.
  wire::Look look_again() {
    const uint64_t raw = word(position_);
    if (raw == frame_.encode()) return wire::Look::kFrame;
    wire::FrameHeader taken_back = frame_;
    taken_back.kind = frame_.kind == Kind::kFirst ? Kind::kWithdrawnFirst : Kind::kWithdrawn;
    wire::FrameHeader and_cleared = taken_back;
    and_cleared.waits = false;
    if (raw != taken_back.encode() && raw != and_cleared.encode()) return wire::Look::kViolation;
    frame_.kind = taken_back.kind;
    return drop() ? wire::Look::kMessageCut : wire::Look::kNothing;
  }

  wire::Look settle() {
    using wire::Look;
    if (broken_) return Look::kViolation;
    for (int empty = 0; empty < 1024; ++empty) {
      if (!accepted_) {
        const uint64_t raw = word(position_);
        if (raw == 0) settled_ = position_;
        if (raw == 0) return Look::kNothing;
        if (over_ && position_ > end_) return Look::kViolation;
        if (position_ - settled_ > 4 * capacity_) return Look::kViolation;
        const wire::FrameHeader header = wire::FrameHeader::decode(raw);
        if (header.kind == Kind::kSkip) {
          if (!well_formed(header, raw)) return Look::kViolation;
          position_ += capacity_ - position_ % capacity_;
          after_skip_ = true;
          continue;
        }
        // First what can be told from the word alone: nothing else of the frame may be looked at before it is mapped.
        const uint64_t end = wire::frame_bytes(header.kind, header.length) + 8;
        if (header.taken != 0 || end > capacity_) return Look::kViolation;
        if (mapped_ < capacity_ && position_ % capacity_ + end > mapped_) return Look::kNeedsMemory;
        if (!well_formed(header, raw)) return Look::kViolation;
        begin(header);
      } else if (frame_.waits && !is_withdrawn(frame_.kind)) {
        const Look now = look_again();
        if (now == Look::kNothing) continue;
        if (now != Look::kFrame) return now;
      }
      const bool of_the_dead = dead_ && frame_.waits && position_ >= final_;
      if (!is_withdrawn(frame_.kind) && !of_the_dead) return Look::kFrame;
      if (drop()) return Look::kMessageCut;
    }
    return Look::kNothing;
  }

  void begin(const wire::FrameHeader& header) {
    frame_ = header;
    accepted_ = true;
    if (is_withdrawn(header.kind)) return;
    if (header.kind == Kind::kWhole) left_ = header.length;
    if (header.kind == Kind::kFirst) left_ = word(position_ + 8);
    if (frame_.waits) {
      if (end_of_frame() > final_) final_ = words_->writer.final.load();
      frame_.waits = end_of_frame() > final_;
    }
    after_skip_ = false;
    settled_ = position_;
  }

  const wire::DirectionWords* words_;
  uint64_t capacity_;
  const std::byte* base_ = nullptr;
  uint64_t mapped_ = 0;
  uint64_t position_ = 0;
  uint64_t settled_ = 0;  // where the last frame with content, or the writer's end, was seen
  wire::FrameHeader frame_;
  bool accepted_ = false;
  bool in_message_ = false;
  bool after_skip_ = false;
  bool dead_ = false;
  bool over_ = false;
  uint64_t end_ = 0;  // once it is over
  bool broken_ = false;
  uint64_t left_ = 0;
  uint64_t consumed_ = 0;
  uint64_t final_ = 0;
  uint32_t identity_ = 0;
};

}  // namespace pipes::fuzz
