// The two sides of one direction: RingWriter puts frames into the shared ring, RingReader takes them out.
//
// Both keep their own position, the peer's last accepted position and everything they decide by in private memory; what
// the peer wrote is loaded once and checked, and nonsense is reported as a violation, never acted upon. They know
// frames, not quotas, modes or waiting, and make no system call: when a position lies in memory that is not mapped or
// not populated yet they say so and the caller sees to it. Neither is thread-safe; a lock of its owner guards each.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <gsl/gsl>
#include <span>

#include "support/seeded_mistake.h"
#include "wire/layout.h"

namespace pipes::wire {

// The part of a ring that this process has mapped: its beginning, or all of it in one piece.
struct RingMemory {
  std::byte* base = nullptr;
  uint64_t capacity = 0;
  uint64_t mapped = 0;

  [[nodiscard]] uint64_t offset(uint64_t position) const { return position & (capacity - 1); }
  [[nodiscard]] bool covers(uint64_t position, uint64_t bytes) const {
    return mapped == capacity || offset(position) + bytes <= mapped;
  }
  [[nodiscard]] std::atomic_ref<uint64_t> word(uint64_t position) const {
    return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(base + offset(position)));
  }
};

// A message that is written or read at once has at most so many bytes: less than any ring.
inline constexpr uint64_t kAtOnceMax = 64 * 1024;

// What a look at the ring found.
enum class Look {
  kNothing,
  kFrame,
  kMessageCut,   // the message that is being read ends here: its writer took the rest back
  kNeedsMemory,  // the next step lies beyond what is mapped or populated
  kViolation,    // the peer wrote nonsense
};

// What a writer has to know to go on where another one of the same end stopped, in plain words.
struct WriterState {
  uint64_t populated = 0;
  uint64_t tail = 0;
  uint64_t skip_at = UINT64_MAX;
  uint64_t skipped = 0;
  uint64_t announced = 0;
  uint64_t head_seen = 0;
  uint64_t consumed_seen = 0;
  uint64_t stepped_over = 0;
};

class RingWriter {
 public:
  RingWriter(DirectionWords* words, RingMemory memory)
      : words_(words), memory_(memory), populated_(memory.mapped), limit_(memory.capacity) {
    update_limit();
  }

  enum class Fit { kFits, kNoRoom, kNeedsMemory, kViolation };

  // fit says whether a frame of `payload` bytes can be pushed now. It looks at the reader's progress only if the
  // private copy of it leaves no room.
  [[nodiscard]] Fit fit(FrameKind kind, uint64_t payload) {
    const uint64_t bytes = frame_bytes(kind, payload) + kFreeBehindFrame;
    if (tail_ + bytes > limit_) {
      if (!refresh()) return Fit::kViolation;
      if (tail_ + bytes > limit_) return Fit::kNoRoom;
    }
    const uint64_t offset = memory_.offset(tail_);
    if (offset + bytes > populated_ && populated_ < memory_.capacity) return Fit::kNeedsMemory;
    return memory_.covers(tail_, bytes) ? Fit::kFits : Fit::kNeedsMemory;
  }

  // push publishes a frame. `fit` said kFits for it. `total` is the whole message's length, for kFirst.
  void push(FrameKind kind, bool waits, std::span<const std::byte> payload, uint64_t total = 0, uint32_t identity = 0) {
    const uint64_t bytes = frame_bytes(kind, payload.size());
    if (kind == FrameKind::kFirst) memory_.word(tail_ + kHeaderBytes).store(total, std::memory_order_relaxed);
    copy_in(tail_ + payload_offset(kind), payload);
    memory_.word(tail_ + bytes).store(0, std::memory_order_relaxed);
    // Release: the payload, the length and the zero behind it are visible to whoever sees the header.
    memory_.word(tail_).store(FrameHeader{kind, waits, payload.size(), 0, identity}.encode(),
                              std::memory_order_release);
    tail_ += bytes;
  }

  // The way of a short message: whether it has room within `quota` by the private copies alone, and then what fit,
  // announce and push do.
  [[nodiscard]] bool fits_at_once(uint64_t payload, uint64_t quota) const {
    const uint64_t end = PIPES_MISTAKE("at-once-beyond-pages") ? limit_ : at_once_end_;
    return tail_ + frame_bytes(FrameKind::kWhole, payload) + kFreeBehindFrame <= end &&
           announced_ + payload <= consumed_seen_ + quota;
  }
  void push_at_once(std::span<const std::byte> payload) {
    announce(payload.size());
    push(FrameKind::kWhole, false, payload);
  }

  // announce counts `payload` bytes as written before they are pushed, so that a peek counts them whole.
  void announce(uint64_t payload) {
    announced_ += payload;
    words_->writer.announced.store(announced_, std::memory_order_relaxed);
  }
  void unannounce(uint64_t payload) {
    announced_ -= payload;
    words_->writer.announced.store(announced_, std::memory_order_relaxed);
  }

  // cut_message ends the message whose frames so far have all been taken. Room for it is behind every frame.
  void cut_message() { push(FrameKind::kWithdrawn, true, {}); }

  // publish_final says that every frame before `position` belongs to a completed write; is_final, whether this end said
  // so of the frame at `position`, whichever of its processes did. The peer can have written there, too.
  void publish_final(uint64_t position) { words_->writer.final.store(position, std::memory_order_release); }
  [[nodiscard]] bool is_final(uint64_t position) const {
    return position < words_->writer.final.load(std::memory_order_relaxed);
  }

  // rewind leaves a skip frame and goes on at the start of the ring. can_rewind: the reader has emptied the ring, and
  // `bytes` of frames fit before the skip.
  //
  // Until the reader has passed the skip its header must stay, in the middle of a ring that is empty otherwise. So each
  // message is begun with begin_message: one of at most `bytes` that would run over the header starts behind it.
  [[nodiscard]] bool can_rewind(uint64_t bytes);
  void rewind();
  [[nodiscard]] Fit begin_message(uint64_t bytes);

  // Whether the frames of a message, `bytes` in all, have room now, and where they would begin.
  [[nodiscard]] bool has_room(uint64_t bytes);
  [[nodiscard]] uint64_t message_start(uint64_t bytes) const {
    return tail_ + bytes + kFreeBehindFrame > limit_ && skip_in_the_way() ? kept_header() + kHeaderBytes : tail_;
  }
  // How far the reader must have come for the next `bytes` to have room.
  [[nodiscard]] uint64_t head_needed(uint64_t bytes) const;

  // withdraw takes back what the reader has not claimed of a frame that waits, pushed at `position`. Returns the bytes
  // taken back, or nothing if the peer garbled the header. Of a frame that was another process's, it may have taken it
  // back already and died before it could say so: kMayBe.
  struct Withdrawn {
    bool violation = false;
    uint64_t bytes = 0;
  };
  enum class TakenBackBefore : uint32_t { kNo, kMayBe };
  [[nodiscard]] Withdrawn withdraw(uint64_t position, FrameKind kind, uint64_t length,
                                   TakenBackBefore before = TakenBackBefore::kNo);

  // refresh loads the reader's progress. False: it is impossible.
  [[nodiscard]] bool refresh();

  // The caller has mapped the ring whole, or populated it up to `populated`.
  void set_memory(std::byte* base) {
    memory_.base = base;
    memory_.mapped = memory_.capacity;
    update_limit();
  }
  void set_populated(uint64_t populated) {
    populated_ = populated;
    update_limit();
  }

  // For an end whose processes take turns at it. load refuses what no writer can have left, and leaves this one as it
  // is. The ring is mapped whole.
  [[nodiscard]] WriterState save() const;
  [[nodiscard]] bool load(const WriterState& state);

  // A frame that was pushed and belongs to a write that waits.
  struct WaitingFrame {
    uint64_t position = 0;
    uint64_t length = 0;
    FrameKind kind = FrameKind::kNone;
  };
  // recover goes on behind what another writer of the end pushed after its last save, before it died: `in_message` says
  // whether it was in the middle of a message then. A message that it left in the middle ends there, and what it pushed
  // of writes that wait goes to `waiting`. False: what lies in the ring is none of it.
  [[nodiscard]] bool recover(bool in_message, const std::function<void(const WaitingFrame&)>& waiting);

  [[nodiscard]] uint64_t tail() const { return tail_; }
  [[nodiscard]] uint64_t announced() const { return announced_; }
  [[nodiscard]] uint64_t head_seen() const { return head_seen_; }
  [[nodiscard]] uint64_t consumed_seen() const { return consumed_seen_; }
  [[nodiscard]] uint64_t lent_seen() const { return lent_seen_; }
  [[nodiscard]] uint64_t populated() const { return populated_; }
  [[nodiscard]] const RingMemory& memory() const { return memory_; }
  [[nodiscard]] bool drained() const { return head_seen_ == tail_; }

 private:
  void copy_in(uint64_t position, std::span<const std::byte> payload) {
    if (payload.empty()) return;
    const uint64_t offset = memory_.offset(position);
    const uint64_t until_end = memory_.capacity - offset;
    if (payload.size() <= until_end) {
      std::memcpy(memory_.base + offset, payload.data(), payload.size());
      return;
    }
    std::memcpy(memory_.base + offset, payload.data(), until_end);
    std::memcpy(memory_.base, payload.data() + until_end, payload.size() - until_end);
  }

  // The reader, as far as known, still stands before the last skip, and nothing lies behind that skip's header yet. A
  // skip in the ring's last word has nothing behind it, and what steps over it would be as long as the ring.
  [[nodiscard]] bool skip_in_the_way() const {
    return head_seen_ == skip_at_ && !stepped_over_ && skipped_ > kHeaderBytes;
  }
  // Where the header of the last skip lies in the lap that follows it.
  [[nodiscard]] uint64_t kept_header() const { return skip_at_ + memory_.capacity; }
  void update_limit();

  DirectionWords* words_;
  RingMemory memory_;
  uint64_t populated_;        // offsets below it are known to have pages
  uint64_t limit_;            // the end of the room
  uint64_t at_once_end_ = 0;  // the end of what of it is mapped and populated
  uint64_t tail_ = 0;
  uint64_t skip_at_ = UINT64_MAX;  // the last skip
  uint64_t skipped_ = 0;           // by it
  bool stepped_over_ = false;      // frames lie behind its header
  uint64_t announced_ = 0;
  // The reader's progress as last accepted.
  uint64_t head_seen_ = 0;
  uint64_t consumed_seen_ = 0;
  uint64_t lent_seen_ = 0;
};

// The same of a reader.
struct ReaderState {
  static constexpr uint64_t kLoaded = 1;
  static constexpr uint64_t kInMessage = 2;
  static constexpr uint64_t kSkipped = 4;
  static constexpr uint64_t kDead = 8;
  static constexpr uint64_t kBroken = 16;

  uint64_t position = 0;
  uint64_t frame = 0;  // its header, if one was accepted
  uint64_t flags = 0;
  uint64_t message_left = 0;
  uint64_t settled = 0;
  uint64_t consumed = 0;
  uint64_t final = 0;
  uint64_t end = UINT64_MAX;
  uint64_t identity = 0;
};

class RingReader {
 public:
  RingReader(DirectionWords* words, RingMemory memory) : words_(words), memory_(memory) {}

  // look settles on the next readable byte or message, passing over frames without any.
  [[nodiscard]] Look look() {
    const Look found = inspect(&at_);
    if (found == Look::kViolation) broken_ = true;
    return found;
  }

  // glance tells without side effects whether the next header has been written: all a spinning reader needs.
  [[nodiscard]] bool glance() const {
    return at_.loaded || memory_.word(at_.position).load(std::memory_order_acquire) != 0;
  }

  // Where the next header will be written, for who watches it without this reader's lock. Valid as long as the memory
  // that the reader was made with.
  [[nodiscard]] uint64_t* next_header() const {
    return reinterpret_cast<uint64_t*>(memory_.base + memory_.offset(at_.position));
  }

  // The way of a short message: what look and take do, if one of the opener's that fits `buffer` lies there in one
  // frame, and, for a reader that joins messages, nothing would be joined. Otherwise 0, and nothing is done.
  [[nodiscard]] uint64_t take_at_once(std::span<std::byte> buffer, bool joins) {
    if (at_.loaded || (at_.in_message && !PIPES_MISTAKE("at-once-in-message")) || dead_ || broken_ ||
        !memory_.covers(at_.position, kHeaderBytes)) {
      return 0;
    }
    const uint64_t word = memory_.word(at_.position).load(std::memory_order_acquire);
    const uint64_t length = word >> 8;
    constexpr uint64_t kWhole = FrameHeader{FrameKind::kWhole, false, 0, 0}.encode();
    // No other bit is set: the words are the opener's, and nothing is claimed, so the length is all of the upper part.
    if ((word & 0xFF) != kWhole && !PIPES_MISTAKE("at-once-any-kind")) return 0;
    if (length == 0 || length > std::min(buffer.size(), kAtOnceMax)) return 0;
    const uint64_t bytes = frame_bytes(FrameKind::kWhole, length);
    if (PIPES_BREACH("at-once-beyond-mapping", !memory_.covers(at_.position, bytes + kHeaderBytes))) return 0;
    const uint64_t next = at_.position + bytes;
    if (joins && length < buffer.size() && memory_.word(next).load(std::memory_order_relaxed) != 0) return 0;
    copy_out(at_.position + kHeaderBytes, buffer.data(), length);
    at_.settled = at_.position;
    at_.position = next;
    at_.skipped = false;
    at_.message_left = 0;
    consumed_ += length;
    identity_ = 0;
    return length;
  }

  // take copies from the frame that look found, at most its rest, and returns the bytes copied. After a Look other than
  // kFrame it may not be called. kMessageCut and kViolation can still come out of claiming.
  struct Taken {
    Look look = Look::kFrame;
    uint64_t bytes = 0;
    bool message_done = false;
  };
  [[nodiscard]] Taken take(std::span<std::byte> buffer);

  // publish tells the writer how far this side has read.
  void publish() {
    words_->reader.consumed.store(consumed_, std::memory_order_relaxed);
    // Release: the payload has been copied out before the writer sees its room free.
    words_->reader.head.store(at_.position, std::memory_order_release);
  }
  void lend(uint64_t bytes) { words_->reader.lent.store(bytes, std::memory_order_relaxed); }

  // peek copies up to buffer.size() bytes without taking them: of one message (`one_message`), or across frames.
  struct Peeked {
    Look look = Look::kNothing;
    uint64_t copied = 0;
    uint64_t message_left = 0;  // of the first message, beyond what was copied
    uint32_t identity = 0;      // of what was looked at last
  };
  [[nodiscard]] Peeked peek(std::span<std::byte> buffer, bool one_message) const;

  // available counts all unread bytes, those announced and not pushed yet included.
  [[nodiscard]] uint64_t available() const;

  // message_complete says whether the message that look found has been pushed to its end.
  [[nodiscard]] bool message_complete() const;

  // The writer writes no more, in whatever way it ended. What it can have written is bounded from here on.
  void writer_is_over();
  // The writer's process died: frames of writes that were not complete are dropped from here on.
  void writer_died() {
    dead_ = true;
    final_ = words_->writer.final.load(std::memory_order_acquire);
  }
  [[nodiscard]] bool knows_of_death() const { return dead_; }

  void set_memory(std::byte* base) {
    memory_.base = base;
    memory_.mapped = memory_.capacity;
  }

  // Whose words were read last: 0 the opener's, else the number of an announced identity.
  [[nodiscard]] uint32_t identity() const { return identity_; }
  void set_identity(uint32_t identity) { identity_ = identity; }
  // For an end whose processes take turns at it, as those of the writer.
  [[nodiscard]] ReaderState save() const;
  [[nodiscard]] bool load(const ReaderState& state);
  // recover goes on behind what another reader of the end claimed after its last save, before it died.
  [[nodiscard]] bool recover();

  [[nodiscard]] uint64_t position() const { return at_.position; }
  [[nodiscard]] uint64_t consumed() const { return consumed_; }
  [[nodiscard]] bool in_message() const { return at_.in_message; }
  // The frame that look found belongs to a write that waited when it was pushed.
  [[nodiscard]] bool frame_waits() const { return at_.loaded && at_.frame.waits; }
  // What is unread of the message that look found; its whole length if nothing was taken yet.
  [[nodiscard]] uint64_t message_left() const { return at_.message_left; }
  [[nodiscard]] const RingMemory& memory() const { return memory_; }

 private:
  // A place in the stream. `loaded`: the header at `position` was accepted and stands in `frame`.
  struct Cursor {
    uint64_t position = 0;
    FrameHeader frame;
    bool loaded = false;
    bool in_message = false;  // part of a message lies behind us
    bool skipped = false;     // the frame before was a skip
    uint64_t message_left = 0;
    uint64_t settled = 0;  // where the last frame with content, or the writer's end, was seen
  };

  [[nodiscard]] Look inspect(Cursor* at) const;
  [[nodiscard]] Look accept(Cursor* at, uint64_t word) const;
  // Loads a frame of which nothing is claimed, if it may stand there: the part of accept that knows of no claims.
  [[nodiscard]] Look load_frame(Cursor* at, const FrameHeader& frame) const;
  [[nodiscard]] Look reload(Cursor* at) const;
  // Whether every frame before `position` belongs to a completed write.
  [[nodiscard]] bool is_final(uint64_t position) const;
  static void leave_frame(Cursor* at);
  static Look pass_withdrawn(Cursor* at);
  void copy_out(uint64_t position, std::byte* to, uint64_t bytes) const {
    if (bytes == 0) return;
    const uint64_t offset = memory_.offset(position);
    const uint64_t until_end = memory_.capacity - offset;
    if (bytes <= until_end) {
      std::memcpy(to, memory_.base + offset, bytes);
      return;
    }
    std::memcpy(to, memory_.base + offset, until_end);
    std::memcpy(to + until_end, memory_.base, bytes - until_end);
  }
  // Moves the private count of claimed bytes and the shared one forward together.
  [[nodiscard]] Look claim(uint64_t* bytes, uint64_t room);

  DirectionWords* words_;
  RingMemory memory_;
  Cursor at_;
  uint64_t consumed_ = 0;
  uint32_t identity_ = 0;
  mutable uint64_t final_ = 0;  // of the writer's word, as last looked at
  uint64_t end_ = UINT64_MAX;   // no frame begins beyond it
  bool dead_ = false;
  bool broken_ = false;
};

}  // namespace pipes::wire
