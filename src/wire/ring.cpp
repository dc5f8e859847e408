// What of the ring is not on the path of a short message: rewinding, withdrawing, validating, peeking.
#include "wire/ring.h"

#include <algorithm>

#include "support/seeded_mistake.h"

namespace pipes::wire {
namespace {

// How many frames without content one look passes over: a peer that writes nothing else keeps no call busy for long.
constexpr int kEmptyFramesMax = 1024;
// How many rings full of such frames, one after the other, no honest writer gets ahead of a reader.
constexpr uint64_t kEmptyRoundsMax = 4;
// How many rings of positions the writer can be ahead: it skips up to one, and may fill another then.
constexpr uint64_t kRingsAheadMax = 2;
// How many failed exchanges on a header mean that the peer plays with it.
constexpr int kExchangesMax = 16;

}  // namespace

bool RingWriter::refresh() {
  // Acquire: the reader has finished copying what lies before head. TOCTOU: each loaded once, checked, then kept.
  const uint64_t head = words_->reader.head.load(std::memory_order_acquire);
  const uint64_t consumed = words_->reader.consumed.load(std::memory_order_relaxed);
  lent_seen_ = words_->reader.lent.load(std::memory_order_relaxed);
  if (PIPES_BREACH("head-backwards", head < head_seen_) || PIPES_BREACH("head-beyond-tail", head > tail_)) return false;
  if (PIPES_BREACH("head-unaligned", (head & 7) != 0)) return false;
  if (PIPES_BREACH("consumed-backwards", consumed < consumed_seen_)) return false;
  if (PIPES_BREACH("consumed-beyond-announced", consumed > announced_)) return false;
  head_seen_ = head;
  consumed_seen_ = consumed;
  update_limit();
  return true;
}

void RingWriter::update_limit() {
  const bool stepped_over = stepped_over_ || PIPES_MISTAKE("skip-written-over");
  const bool all_but_header = head_seen_ == skip_at_ && stepped_over;
  limit_ = head_seen_ + memory_.capacity + (all_but_header ? skipped_ : 0);
  if (PIPES_MISTAKE("limit-a-ring-too-far")) limit_ += memory_.capacity;
  const uint64_t usable = std::min(memory_.mapped, populated_);
  const bool all_usable = usable == memory_.capacity;
  at_once_end_ = all_usable ? limit_ : std::min(limit_, tail_ - memory_.offset(tail_) + usable);
}

bool RingWriter::can_rewind(uint64_t bytes) {
  return memory_.offset(tail_) >= bytes + kFreeBehindFrame && refresh() &&
         (drained() || PIPES_MISTAKE("rewind-undrained"));
}

void RingWriter::rewind() {
  const uint64_t skipped = memory_.capacity - memory_.offset(tail_);
  if (!PIPES_MISTAKE("rewind-uncleared")) memory_.word(tail_ + skipped).store(0, std::memory_order_relaxed);
  memory_.word(tail_).store(FrameHeader{FrameKind::kSkip, false, 0, 0}.encode(), std::memory_order_release);
  skip_at_ = tail_;
  skipped_ = skipped;
  if (!PIPES_MISTAKE("rewind-keeps-step")) stepped_over_ = false;
  tail_ += skipped;
  update_limit();
}

// SUBTLE: the skip's header must outlive the reader's passing over it. What keeps clear of it is a frame without
// content up to its end; kFreeBehindFrame leaves room for the header of that frame.
RingWriter::Fit RingWriter::begin_message(uint64_t bytes) {
  if (tail_ + bytes + kFreeBehindFrame <= limit_) return Fit::kFits;
  if (!refresh()) return Fit::kViolation;
  uint64_t start = message_start(bytes);
  if (start == tail_) return Fit::kFits;
  if (PIPES_MISTAKE("step-too-short")) start -= kHeaderBytes;
  const uint64_t filled = start - tail_ + kHeaderBytes;
  const bool populated = populated_ == memory_.capacity || memory_.offset(tail_) + filled <= populated_;
  const bool has_memory = populated && memory_.covers(tail_, filled);
  if (!has_memory && !PIPES_MISTAKE("step-beyond-pages")) return Fit::kNeedsMemory;
  const FrameHeader filler{FrameKind::kWithdrawn, false, start - tail_ - kHeaderBytes, 0};
  if (!PIPES_MISTAKE("step-uncleared")) memory_.word(start).store(0, std::memory_order_relaxed);
  memory_.word(tail_).store(filler.encode(), std::memory_order_release);
  tail_ = start;
  stepped_over_ = true;
  update_limit();
  return Fit::kFits;
}

bool RingWriter::has_room(uint64_t bytes) {
  if (tail_ + bytes <= limit_) return true;
  if (!refresh()) return false;
  if (tail_ + bytes <= limit_) return true;
  if (!skip_in_the_way()) return false;
  if (PIPES_MISTAKE("room-behind-skip-uncounted")) return true;
  return kept_header() + kHeaderBytes + bytes <= skip_at_ + skipped_ + memory_.capacity;
}

uint64_t RingWriter::head_needed(uint64_t bytes) const {
  const uint64_t end = tail_ + bytes;
  const uint64_t head = end > memory_.capacity ? end - memory_.capacity : 0;
  return head_seen_ == skip_at_ ? std::max(head, skip_at_ + kHeaderBytes) : head;
}

RingWriter::Withdrawn RingWriter::withdraw(uint64_t position, FrameKind kind, uint64_t length) {
  // The reader is past it. In a message longer than the ring a later frame may lie there by now.
  if (position < head_seen_ && !PIPES_MISTAKE("withdraw-passed")) return {false, 0};
  const FrameKind withdrawn = kind == FrameKind::kFirst ? FrameKind::kWithdrawnFirst : FrameKind::kWithdrawn;
  auto header = memory_.word(position);
  uint64_t word = header.load(std::memory_order_acquire);
  for (int attempt = 0; attempt < kExchangesMax; ++attempt) {
    const FrameHeader frame = FrameHeader::decode(word);
    const bool garbled = frame.kind != kind || !frame.waits || frame.length != length || frame.taken > length;
    if (PIPES_BREACH("withdraw-garbled", garbled)) return {true, 0};
    if (frame.taken == length) return {false, 0};
    const uint64_t taken_back = FrameHeader{withdrawn, true, length, frame.taken, frame.identity}.encode();
    if (header.compare_exchange_strong(word, taken_back, std::memory_order_acq_rel)) {
      return {false, length - frame.taken};
    }
  }
  return {true, 0};
}

WriterState RingWriter::save() const {
  return {populated_, tail_, skip_at_, skipped_, announced_, head_seen_, consumed_seen_, stepped_over_ ? 1u : 0u};
}

bool RingWriter::load(const WriterState& state) {
  const uint64_t capacity = memory_.capacity;
  const bool skip_fits = state.skip_at == UINT64_MAX || ((state.skip_at & 7) == 0 && state.skip_at < state.tail &&
                                                         state.skipped == capacity - memory_.offset(state.skip_at));
  const bool possible = (state.tail & 7) == 0 && (state.head_seen & 7) == 0 && state.head_seen <= state.tail &&
                        state.tail - state.head_seen <= kRingsAheadMax * capacity &&
                        state.consumed_seen <= state.announced && state.populated <= capacity && skip_fits;
  if (!possible) return false;
  populated_ = std::max(state.populated, populated_);
  tail_ = state.tail;
  skip_at_ = state.skip_at;
  skipped_ = state.skip_at == UINT64_MAX ? 0 : state.skipped;
  stepped_over_ = state.stepped_over != 0;
  announced_ = state.announced;
  head_seen_ = state.head_seen;
  consumed_seen_ = state.consumed_seen;
  update_limit();
  return true;
}

// What is behind the saved tail was written by this end; but the peer can have written there, too.
bool RingWriter::recover(const std::function<void(const WaitingFrame&)>& waiting) {
  constexpr int kFramesMax = 1 << 20;
  const uint64_t first = tail_;
  uint64_t payload = 0;
  bool in_message = false;
  for (int frames = 0; frames < kFramesMax; ++frames) {
    const uint64_t word = memory_.word(tail_).load(std::memory_order_acquire);
    if (word == 0) {
      announced_ += payload;
      words_->writer.announced.store(announced_, std::memory_order_relaxed);
      update_limit();
      if (in_message) cut_message();
      return true;
    }
    const FrameHeader frame = FrameHeader::decode(word);
    const uint64_t bytes = frame_bytes(frame.kind, frame.length);
    const uint64_t skipped = memory_.capacity - memory_.offset(tail_);
    if (tail_ - first > memory_.capacity) return false;
    switch (frame.kind) {
      case FrameKind::kSkip:
        if (in_message || frame.length != 0) return false;
        skip_at_ = tail_;
        skipped_ = skipped;
        stepped_over_ = false;
        tail_ += skipped;
        continue;
      case FrameKind::kWhole:
      case FrameKind::kFirst:
        if (in_message) return false;
        in_message = frame.kind == FrameKind::kFirst;
        break;
      case FrameKind::kMore:
      case FrameKind::kLast:
        if (!in_message) return false;
        in_message = frame.kind == FrameKind::kMore;
        break;
      case FrameKind::kWithdrawn:
        in_message = false;
        break;
      default:
        return false;
    }
    if (bytes + kFreeBehindFrame > memory_.capacity) return false;
    if (frame.kind != FrameKind::kWithdrawn) payload += frame.length;
    if (frame.waits && frame.kind != FrameKind::kWithdrawn) waiting({tail_, frame.length, frame.kind});
    if (skip_at_ != UINT64_MAX && tail_ <= kept_header() && tail_ + bytes > kept_header()) stepped_over_ = true;
    tail_ += bytes;
  }
  return false;
}

ReaderState RingReader::save() const {
  const uint64_t flags = (at_.loaded ? ReaderState::kLoaded : 0) | (at_.in_message ? ReaderState::kInMessage : 0) |
                         (at_.skipped ? ReaderState::kSkipped : 0) | (dead_ ? ReaderState::kDead : 0) |
                         (broken_ ? ReaderState::kBroken : 0);
  return {
      at_.position, at_.loaded ? at_.frame.encode() : 0, flags, at_.message_left, at_.settled, consumed_, final_, end_,
      identity_};
}

bool RingReader::load(const ReaderState& state) {
  const FrameHeader frame = FrameHeader::decode(state.frame);
  const bool loaded = (state.flags & ReaderState::kLoaded) != 0;
  const bool known =
      frame.kind != FrameKind::kNone && frame.kind != FrameKind::kSkip && frame.kind <= FrameKind::kWithdrawnFirst;
  const bool frame_fits = !loaded || (known && frame.taken <= frame.length &&
                                      frame_bytes(frame.kind, frame.length) + kHeaderBytes <= memory_.capacity);
  if ((state.position & 7) != 0 || !frame_fits || state.settled > state.position) return false;
  if (state.identity > kIdentitiesMax + 1) return false;
  at_.position = state.position;
  at_.frame = loaded ? frame : FrameHeader{};
  at_.loaded = loaded;
  at_.in_message = (state.flags & ReaderState::kInMessage) != 0;
  at_.skipped = (state.flags & ReaderState::kSkipped) != 0;
  at_.message_left = state.message_left;
  at_.settled = state.settled;
  consumed_ = state.consumed;
  final_ = state.final;
  end_ = state.end;
  identity_ = static_cast<uint32_t>(state.identity);
  dead_ = (state.flags & ReaderState::kDead) != 0;
  broken_ = (state.flags & ReaderState::kBroken) != 0;
  return true;
}

// Only claims show in the ring; what was read without one counts as unread, unless it was published.
bool RingReader::recover() {
  constexpr int kFramesMax = 1 << 20;
  for (int frames = 0; frames < kFramesMax; ++frames) {
    const uint64_t word = memory_.word(at_.position).load(std::memory_order_acquire);
    const FrameHeader now = FrameHeader::decode(word);
    if (word == 0 || !now.waits || now.taken == 0) return true;
    if (!at_.loaded) {
      const uint64_t bytes = frame_bytes(now.kind, now.length);
      // Taken back: the next look decides.
      if (now.kind == FrameKind::kNone || now.kind > FrameKind::kLast) return true;
      if (bytes + kHeaderBytes > memory_.capacity) return false;
      if (now.kind == FrameKind::kWhole) at_.message_left = now.length;
      if (now.kind == FrameKind::kFirst) {
        at_.message_left = memory_.word(at_.position + kHeaderBytes).load(std::memory_order_relaxed);
        if (at_.message_left > UINT32_MAX) return false;
      }
      at_.frame = {now.kind, true, now.length, 0, now.identity};
      at_.loaded = true;
      at_.skipped = false;
      at_.settled = at_.position;
    }
    FrameHeader& frame = at_.frame;
    if (!frame.waits) return true;
    if (now.length != frame.length || now.taken < frame.taken || now.taken > frame.length) return false;
    const uint64_t bytes = now.taken - frame.taken;
    if (bytes == 0 || bytes > at_.message_left) return bytes == 0;
    frame.taken = now.taken;
    at_.message_left -= bytes;
    consumed_ += bytes;
    at_.in_message = true;
    if (frame.taken < frame.length) return true;
    leave_frame(&at_);
    if (at_.message_left == 0) at_.in_message = false;
  }
  return false;
}

void RingReader::leave_frame(Cursor* at) {
  at->position += frame_bytes(at->frame.kind, at->frame.length);
  at->loaded = false;
  at->skipped = false;
}

Look RingReader::pass_withdrawn(Cursor* at) {
  const bool cut = at->in_message;
  leave_frame(at);
  at->in_message = false;
  at->message_left = 0;
  return cut ? Look::kMessageCut : Look::kFrame;
}

// A frame that waits may have been withdrawn since we accepted it; nothing else about it may have changed.
Look RingReader::reload(Cursor* at) const {
  const uint64_t word = memory_.word(at->position).load(std::memory_order_acquire);
  const FrameHeader now = FrameHeader::decode(word);
  const bool same_size =
      now.length == at->frame.length && now.taken == at->frame.taken && now.identity == at->frame.identity;
  if (PIPES_BREACH("reload-another-size", !same_size)) return Look::kViolation;
  if (now.kind == at->frame.kind && now.waits) return Look::kFrame;
  const FrameKind withdrawn = at->frame.kind == FrameKind::kFirst ? FrameKind::kWithdrawnFirst : FrameKind::kWithdrawn;
  if (PIPES_BREACH("reload-another-kind", now.kind != withdrawn)) return Look::kViolation;
  at->frame.kind = withdrawn;
  return Look::kNothing;
}

// Decides by a header seen for the first time. Leaves `at` with the frame loaded, or past a frame without content
// (kNothing), or as it was.
Look RingReader::accept(Cursor* at, uint64_t word) const {
  FrameHeader frame = FrameHeader::decode(word);
  if (PIPES_BREACH("header-claimed", frame.taken != 0)) return Look::kViolation;
  const uint64_t offset = memory_.offset(at->position);
  if (frame.kind == FrameKind::kSkip) {
    if (PIPES_BREACH("skip-twice", at->skipped) || PIPES_BREACH("skip-in-message", at->in_message) ||
        PIPES_BREACH("skip-with-content", frame.length != 0 || frame.waits || frame.identity != 0)) {
      return Look::kViolation;
    }
    at->position += memory_.capacity - offset;
    at->skipped = true;
    return Look::kNothing;
  }
  const uint64_t bytes = frame_bytes(frame.kind, frame.length);
  if (PIPES_BREACH("frame-beyond-ring", bytes + kHeaderBytes > memory_.capacity)) return Look::kViolation;
  if (PIPES_BREACH("frame-beyond-mapping", !memory_.covers(at->position, bytes + kHeaderBytes))) {
    return Look::kNeedsMemory;
  }
  switch (frame.kind) {
    case FrameKind::kWhole:
      if (PIPES_BREACH("whole-in-message", at->in_message)) return Look::kViolation;
      at->message_left = frame.length;
      break;
    case FrameKind::kFirst: {
      // TOCTOU: the total is loaded once; what the message still lacks is private from here on.
      const uint64_t total = memory_.word(at->position + kHeaderBytes).load(std::memory_order_relaxed);
      if (PIPES_BREACH("first-in-message", at->in_message) || PIPES_BREACH("first-empty", frame.length == 0) ||
          PIPES_BREACH("first-beyond-total", frame.length >= total) ||
          PIPES_BREACH("total-beyond-limit", total > UINT32_MAX)) {
        return Look::kViolation;
      }
      at->message_left = total;
      break;
    }
    case FrameKind::kMore:
      if (PIPES_BREACH("more-empty", frame.length == 0) ||
          PIPES_BREACH("more-beyond-message", !at->in_message || frame.length >= at->message_left)) {
        return Look::kViolation;
      }
      break;
    case FrameKind::kLast:
      if (PIPES_BREACH("last-wrong-length", !at->in_message || frame.length == 0 || frame.length != at->message_left)) {
        return Look::kViolation;
      }
      break;
    case FrameKind::kWithdrawn:
    case FrameKind::kWithdrawnFirst:
      at->frame = frame;
      at->loaded = true;
      return Look::kNothing;
    default:
      if (PIPES_BREACH("kind-unknown", true)) return Look::kViolation;
  }
  at->frame = frame;
  at->loaded = true;
  at->skipped = false;
  at->settled = at->position;
  if (!frame.waits || !is_final(at->position + bytes)) return Look::kFrame;
  // Of a write that has completed nothing can be taken back: no claiming, no questions.
  // SUBTLE: taken back it may have been before: between our look at the header and the one at what is final.
  const Look still = reload(at);
  if (still == Look::kFrame) at->frame.waits = false;
  return still;
}

bool RingReader::is_final(uint64_t position) const {
  if (position > final_) final_ = words_->writer.final.load(std::memory_order_acquire);
  return position <= final_;
}

void RingReader::writer_is_over() {
  if (end_ == UINT64_MAX) end_ = at_.position + kRingsAheadMax * memory_.capacity;
}

Look RingReader::inspect(Cursor* at) const {
  if (PIPES_BREACH("violation-forgotten", broken_)) return Look::kViolation;
  for (int empty = 0; empty < kEmptyFramesMax || PIPES_MISTAKE("empty-frames-unbounded"); ++empty) {
    if (!at->loaded) {
      const uint64_t word = memory_.word(at->position).load(std::memory_order_acquire);
      if (word == 0) {
        at->settled = at->position;
        return Look::kNothing;
      }
      // Nothing the writer does now moves this reader: the ring itself leads round and round.
      const uint64_t empty_so_far = at->position - at->settled;
      // Nor does its end: what an honest one leaves behind is no longer than this.
      if (PIPES_BREACH("rounds-after-end", at->position > end_)) return Look::kViolation;
      if (PIPES_BREACH("empty-rounds", empty_so_far > kEmptyRoundsMax * memory_.capacity)) return Look::kViolation;
      const Look accepted = accept(at, word);
      if (accepted == Look::kViolation || accepted == Look::kNeedsMemory) return accepted;
      if (accepted == Look::kNothing && !at->loaded) continue;  // a skip
    } else if (at->frame.waits && at->frame.kind != FrameKind::kWithdrawn &&
               at->frame.kind != FrameKind::kWithdrawnFirst) {
      if (reload(at) == Look::kViolation) return Look::kViolation;
    }
    if (at->frame.kind == FrameKind::kWithdrawn || at->frame.kind == FrameKind::kWithdrawnFirst) {
      if (pass_withdrawn(at) == Look::kMessageCut) return Look::kMessageCut;
      continue;
    }
    if (dead_ && at->frame.waits && at->position >= final_) {
      if (pass_withdrawn(at) == Look::kMessageCut) return Look::kMessageCut;
      continue;
    }
    return Look::kFrame;
  }
  return Look::kNothing;
}

Look RingReader::claim(uint64_t* bytes, uint64_t room) {
  FrameHeader& frame = at_.frame;
  *bytes = std::min(room, frame.length - frame.taken);
  if (!frame.waits || *bytes == 0) return Look::kFrame;
  auto header = memory_.word(at_.position);
  for (int attempt = 0; attempt < kExchangesMax; ++attempt) {
    uint64_t expected = frame.encode();
    FrameHeader claimed = frame;
    claimed.taken += *bytes;
    if (header.compare_exchange_strong(expected, claimed.encode(), std::memory_order_acq_rel)) return Look::kFrame;
    const Look now = reload(&at_);
    if (now == Look::kViolation) return now;
    if (now == Look::kNothing) return pass_withdrawn(&at_) == Look::kMessageCut ? Look::kMessageCut : Look::kNothing;
  }
  return Look::kViolation;
}

RingReader::Taken RingReader::take(std::span<std::byte> buffer) {
  Expects(at_.loaded);
  uint64_t bytes = 0;
  const Look claimed = claim(&bytes, buffer.size());
  if (claimed != Look::kFrame) {
    if (claimed == Look::kViolation) broken_ = true;
    return {claimed, 0, false};
  }
  copy_out(at_.position + payload_offset(at_.frame.kind) + at_.frame.taken, buffer.data(), bytes);
  at_.frame.taken += bytes;
  at_.message_left -= bytes;
  consumed_ += bytes;
  identity_ = at_.frame.identity;
  if (bytes > 0) at_.in_message = true;
  if (at_.frame.taken == at_.frame.length) leave_frame(&at_);
  const bool done = at_.message_left == 0 && !at_.loaded;
  if (done) at_.in_message = false;
  return {Look::kFrame, bytes, done};
}

RingReader::Peeked RingReader::peek(std::span<std::byte> buffer, bool one_message) const {
  Cursor at = at_;
  Peeked peeked;
  uint64_t first_message_left = 0;
  bool first = true;
  // A hostile ring could lead round and round.
  while (at.position - at_.position <= kRingsAheadMax * memory_.capacity || PIPES_MISTAKE("peek-unbounded")) {
    const Look found = inspect(&at);
    if (found == Look::kMessageCut && first) continue;
    if (first) peeked.look = found;
    if (found != Look::kFrame) {
      if (found == Look::kNeedsMemory || found == Look::kViolation) peeked.look = found;
      break;
    }
    if (first) first_message_left = at.message_left;
    first = false;
    const uint64_t bytes = std::min(buffer.size() - peeked.copied, at.frame.length - at.frame.taken);
    copy_out(at.position + payload_offset(at.frame.kind) + at.frame.taken, buffer.data() + peeked.copied, bytes);
    peeked.copied += bytes;
    peeked.identity = at.frame.identity;
    at.frame.taken += bytes;
    at.message_left -= bytes;
    at.in_message = at.message_left != 0;
    const bool frame_done = at.frame.taken == at.frame.length;
    if (peeked.copied == buffer.size() || !frame_done || (one_message && at.message_left == 0)) break;
    leave_frame(&at);
  }
  peeked.message_left = first_message_left - std::min(first_message_left, peeked.copied);
  return peeked;
}

uint64_t RingReader::available() const {
  if (!dead_) {
    // TOCTOU: a peer's nonsense garbles this count and nothing else.
    const uint64_t announced = words_->writer.announced.load(std::memory_order_acquire);
    return PIPES_BREACH("announced-behind", announced < consumed_) ? 0 : announced - consumed_;
  }
  Cursor at = at_;
  uint64_t bytes = 0;
  while (at.position - at_.position <= kRingsAheadMax * memory_.capacity && inspect(&at) == Look::kFrame) {
    bytes += at.frame.length - at.frame.taken;
    at.message_left -= at.frame.length - at.frame.taken;
    at.in_message = at.message_left != 0;
    leave_frame(&at);
  }
  return bytes;
}

bool RingReader::message_complete() const {
  Cursor at = at_;
  while (at.position - at_.position <= kRingsAheadMax * memory_.capacity && inspect(&at) == Look::kFrame) {
    at.message_left -= at.frame.length - at.frame.taken;
    at.in_message = at.message_left != 0;
    if (!at.in_message) return true;
    leave_frame(&at);
  }
  return false;
}

}  // namespace pipes::wire
