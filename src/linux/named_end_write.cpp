// The writing half of an end: writes, flushes, transactions' requests, waiting for quota and room, and taking back.
#include <algorithm>
#include <array>

#include "linux/idle_rounds.h"
#include "linux/named_end.h"
#include "support/fault_point.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

using wire::EndState;
using wire::FrameKind;
using wire::kAtOnceMax;
using wire::RingWriter;

constexpr uint64_t kNever = UINT64_MAX;
// Frames of a long answer are short, so that copying in and copying out overlap; those of a stream are long.
constexpr uint64_t kAnswerFrame = 16 * 1024;
constexpr uint64_t kLongAnswerFrame = 64 * 1024;
constexpr uint64_t kLongAnswer = 256 * 1024;
// Beyond it lines that the reader had lately would be slower to write again than fresh ones further on.
constexpr uint64_t kRewindMax = 16 * 1024;
constexpr uint32_t kWriterPauses = 32;

// What the frames of a write take at most, however it is cut.
uint64_t bytes_in_ring(const PendingOp& op) {
  return wire::frame_bytes(FrameKind::kFirst, op.size) + op.size / 512 + 2 * wire::kFreeBehindFrame;
}

// The room in the ring that a write of `size` bytes is sure to find enough.
uint64_t ring_room_for(uint64_t size) { return size + size / 512 + wire::kPage; }

}  // namespace

// The way of a short message that nothing keeps waiting. False: nothing was done, and the long way decides.
bool NamedEnd::write_at_once(std::span<const std::byte> data) {
  Connection* connection = connection_.get();
  if (connection == nullptr || connection->over() || !writes_.empty() || others_write_ || PIPES_ANY_MISTAKE()) {
    return false;
  }
  if (data.empty() || data.size() > std::min<uint64_t>(kAtOnceMax, connection->message_max) ||
      !connection->writer.fits_at_once(data.size(), connection->write_quota)) {
    return false;
  }
  RingWriter& writer = connection->writer;
  const uint64_t read_so_far = consumed_hint_.load(std::memory_order_relaxed);
  const uint64_t end = writer.memory().offset(writer.tail()) + wire::frame_bytes(FrameKind::kWhole, data.size());
  // The answer to what was read since the last write may go back to the start of the ring, and a long one goes in
  // frames.
  const bool answers = read_so_far != head_at_last_write_;
  if (answers && end + 3 * wire::kFreeBehindFrame > wire::kHotRingBytes) return false;
  head_at_last_write_ = read_so_far;
  written_hint_.store(written_hint_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  writer.push_at_once(data);
  const wire::RingMemory& ring = writer.memory();
  write_place_hint_.store(ring.base + ring.offset(writer.tail()), std::memory_order_relaxed);
  PIPES_CRASH_POINT("frame-pushed");  // CRASH: as in push_frames
  ++write_sequence_;
  return true;
}

Status NamedEnd::write(std::span<const std::byte> data, uint32_t* transferred) {
  Announced writer;
  if (Parker::mine().identity != opener_) [[unlikely]] {
    if (const Status refused = announce_writer(&writer); refused != PIPES_OK) return refused;
  }
  {
    MutexLock lock(write_mutex_);
    if (writer.number() == 0 && write_at_once(data)) [[likely]] {
      const Wakeup wakeup = take_reader_flag();
      lock.unlock();
      wakeup.perform();
      *transferred = static_cast<uint32_t>(data.size());
      return PIPES_OK;
    }
  }
  PendingOp op;
  op.buffer = const_cast<std::byte*>(data.data());  // only read from
  op.size = static_cast<uint32_t>(data.size());
  op.identity = writer.number();
  const uint32_t size_asked = op.size;  // of which a no-wait write may take less
  Effects effects;
  bool waits = false;
  {
    MutexLock lock(write_mutex_);
    if (const Status refused = refusal(Operation::kWrite); refused != PIPES_OK) {
      if (refused == PIPES_ERROR_PIPE_LISTENING) write_event_.lower();  // a client that comes raises it
      return refused;
    }
    if (op.size > connection_->message_max) return PIPES_ERROR_MORE_DATA;  // nothing is sent of it
    op.no_wait = wait_mode_ == WaitMode::kNoWait;
    const bool makes_message =
        fixed_.attributes.type == PipeType::kMessage && !PIPES_MISTAKE("empty-message-swallowed");
    if (op.size == 0 && !makes_message) return PIPES_OK;  // WRITE-6
    waits = start_write(op, effects);
    if (!waits && op.transferred < size_asked) lower_write_event(size_asked, effects);
  }
  effects.perform();
  if (waits) await_write_half(op, writes_);
  *transferred = op.transferred;
  return op.status;
}

// Accepts a write and carries it as far as it goes at once. True if it waits for the reader, in `writes_`.
bool NamedEnd::start_write(PendingOp& op, Effects& effects) {
  if (queues_behind() && !op.behind) [[unlikely]] {
    queue_behind(op);
    return !op.done;
  }
  op.behind = false;
  begin_write(op);
  if (op.done) return false;
  op.sequence = ++write_sequence_;
  // Everything before it must be in the ring already, else it queues behind.
  if (first_unpushed_ == nullptr) push_frames(op, effects);
  uint64_t lent = 0;
  const bool complete =
      op.done ||
      (op.pushed && (op.ignores_quota || op.size == 0 || (writes_.empty() && within_quota(op.announced_end, &lent))));
  if (!complete) {
    if (!op.overlapped && op.parker == nullptr) op.parker = &Parker::mine();
    writes_.push_back(&op);
    if (op.overlapped) let_look(LocalPair::Half::kWrites, writes_);
    if (!op.pushed && first_unpushed_ == nullptr) first_unpushed_ = &op;
    return true;
  }
  if (!op.done) {
    op.transferred = op.size;
    op.finish(PIPES_OK);
    if (writes_.empty()) {
      if (op.waits) connection_->writer.publish_final(connection_->writer.tail());
      waiting_frames_.clear();
    }
  }
  return false;
}

// Is everything unread up to `announced_end` within the quota, what waiting reads lend included (BUF-3, BUF-6)? An
// impossible progress of the reader counts as no.
bool NamedEnd::within_quota(uint64_t announced_end, uint64_t* lent) {
  Connection& connection = *connection_;
  RingWriter& writer = connection.writer;
  const uint64_t quota = connection.write_quota;
  if (announced_end <= writer.consumed_seen() + quota || PIPES_MISTAKE("quota-ignored")) return true;
  if (!writer.refresh()) {
    mark_broken(connection);
    return false;
  }
  *lent = writer.lent_seen();
  return announced_end <= writer.consumed_seen() + quota + std::min<uint64_t>(*lent, UINT32_MAX);
}

void NamedEnd::begin_write(PendingOp& op) {
  Connection& connection = *connection_;
  RingWriter& writer = connection.writer;
  uint64_t lent = 0;
  const bool fits_quota = op.size == 0 || op.ignores_quota || within_quota(writer.announced() + op.size, &lent);
  if (op.no_wait && !op.ignores_quota) {
    uint64_t size = op.size;
    // WRITE-10, FINE-15: all or nothing, apart from the bytes that a waiting reader takes.
    if (!fits_quota || !writes_.empty()) {
      const bool reader_waits = writes_.empty() && lent > 0 && writer.consumed_seen() == writer.announced();
      const bool part = reader_waits && fixed_.attributes.type == PipeType::kByte;
      size = part ? std::min<uint64_t>(lent, op.size) : 0;
      if (PIPES_MISTAKE("nowait-writes-part") && writes_.empty()) size = std::min<uint64_t>(op.size, 1);
      if (size == 0 && op.size != 0) return op.finish(PIPES_OK);
    }
    // The ring is the limit: as if the quota were.
    if (!writer.has_room(ring_room_for(size))) return op.finish(PIPES_OK);
    op.size = static_cast<uint32_t>(size);
    op.ignores_quota = true;  // decided: nothing that the reader does now makes it wait
  }
  // What does not fit ring or quota may have to be taken back, so its frames are marked.
  // So are those of a message that comes in parts, if others go on with the end when this process dies amid them.
  const uint64_t whole = bytes_in_ring(op);
  op.answers = consumed_hint_.load(std::memory_order_relaxed) != head_at_last_write_;
  const bool in_parts = is_shared_ && op.size > frame_limit(op);
  op.waits = op.size > 0 && (!fits_quota || in_parts || !writer.has_room(whole));
  const uint64_t needed = std::min(whole, connection.memory.capacity());
  head_at_last_write_ = consumed_hint_.load(std::memory_order_relaxed);
  written_hint_.store(written_hint_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (op.answers && writes_.empty() &&
      writer.memory().offset(writer.tail()) + whole + wire::kFreeBehindFrame > wire::kHotRingBytes &&
      whole <= kRewindMax && writer.can_rewind(whole)) {
    writer.rewind();
  }
  // Memory for all of it is found before any of it is shown: a message is never cut by want of memory (BUF-13).
  const uint64_t start = writer.message_start(whole);
  const uint64_t offset = writer.memory().offset(start);
  const bool beyond_mapped = !writer.memory().covers(start, needed + wire::kFreeBehindFrame);
  if ((beyond_mapped ||
       std::min(offset + needed + wire::kFreeBehindFrame, connection.memory.capacity()) > writer.populated()) &&
      !connection.prepare_writer(start, needed)) {
    op.waits = false;
    return op.finish(PIPES_ERROR_NOT_ENOUGH_MEMORY);
  }
  writer.announce(op.size);
  op.announced_end = writer.announced();
}

uint64_t NamedEnd::frame_limit(const PendingOp& op) const {
  if (!op.answers) return connection_->memory.capacity() / 8;
  return op.size <= kLongAnswer ? kAnswerFrame : kLongAnswerFrame;
}

// SUBTLE: publish the frame, fence, look at the flag; the reader stores its flag, fences, looks at the frame. Without
// both fences either load may overtake its store, and both would wait for ever.
Wakeup NamedEnd::take_reader_flag() {
  if (!PIPES_MISTAKE("data-fences")) std::atomic_thread_fence(std::memory_order_seq_cst);
  std::atomic<uint32_t>& waiting = connection_->out->reader_waits.waiting;
  const auto local = local_peer_looks(LocalPair::Half::kReads);
  const bool nobody = waiting.load(std::memory_order_relaxed) == wire::WaitFlag::kNobody;
  if (nobody && local == Wakeup::Local::kDoesNotLook) return {};
  return {waiting.exchange(wire::WaitFlag::kNobody, std::memory_order_acq_rel), &waiting, connection_, local};
}

bool NamedEnd::wake_reader(Effects& effects) {
  Wakeup wakeup = take_reader_flag();
  const bool slept = static_cast<bool>(wakeup);
  effects.wake(std::move(wakeup));
  return slept;
}

NamedEnd::Push NamedEnd::push_frames(PendingOp& op, Effects& effects) {
  Connection& connection = *connection_;
  RingWriter& writer = connection.writer;
  const uint64_t limit = frame_limit(op);
  // What a step of the ring says, once its memory has been seen to if it wants for that.
  const auto settled = [&](auto step, uint64_t bytes) {
    RingWriter::Fit fit = step();
    if (fit == RingWriter::Fit::kNeedsMemory) {
      fit = connection.prepare_writer(writer.tail(), bytes) ? step() : RingWriter::Fit::kNoRoom;
    }
    if (fit == RingWriter::Fit::kViolation) mark_broken(connection);
    return fit;
  };
  if (op.pushed_bytes == 0) {
    const uint64_t whole = bytes_in_ring(op);
    const RingWriter::Fit fit =
        settled([&] { return writer.begin_message(whole); }, writer.message_start(whole) - writer.tail());
    if (fit != RingWriter::Fit::kFits) return fit == RingWriter::Fit::kViolation ? Push::kFailed : Push::kNoRoom;
  }
  while (true) {
    const uint64_t left = op.size - op.pushed_bytes;
    const uint64_t payload = std::min(left, limit);
    FrameKind kind = FrameKind::kWhole;
    // On byte pipes, too: a read that waits gets what one write gives it in one piece.
    if (left > payload) kind = op.pushed_bytes == 0 ? FrameKind::kFirst : FrameKind::kMore;
    if (left == payload && op.pushed_bytes > 0) kind = FrameKind::kLast;
    const RingWriter::Fit fit = settled([&] { return writer.fit(kind, payload); }, wire::frame_bytes(kind, payload));
    if (fit != RingWriter::Fit::kFits) return fit == RingWriter::Fit::kViolation ? Push::kFailed : Push::kNoRoom;
    if (op.waits && is_shared_ && !has_place_for_frame()) return Push::kNoRoom;
    if (is_shared_) store_before_pushing(op, wire::frame_bytes(kind, payload));
    if (op.waits) waiting_frames_.push_back({op.sequence, writer.tail(), payload, kind});
    writer.push(kind, op.waits, {op.buffer + op.pushed_bytes, payload}, op.size, op.identity);
    PIPES_CRASH_POINT("frame-pushed");  // CRASH: published, and nobody woken; the reader's reactor sees the death.
    op.pushed_bytes += static_cast<uint32_t>(payload);
    const bool woke = wake_reader(effects);
    if (op.pushed_bytes == op.size) break;
    if (woke) return Push::kWakeFirst;
  }
  op.pushed = true;
  if (op.size == 0) empties_end_ = writer.tail();
  for (PendingOp* flush = flushes_.front(); flush != nullptr; flush = flush->next) {
    if (flush->target_known || !all_pushed(flush->sequence, nullptr)) continue;
    flush->target_known = true;
    flush->target = empties_end_;
  }
  return Push::kAll;
}

// The page of a shared end has room for so many. What the reader has passed need not be taken back any more.
bool NamedEnd::has_place_for_frame() {
  if (waiting_frames_.size() < wire::kWaitingFramesMax) return true;
  if (!connection_->writer.refresh()) {
    mark_broken(*connection_);
    return false;
  }
  while (!waiting_frames_.empty() && waiting_frames_.front().end() <= connection_->writer.head_seen()) {
    waiting_frames_.pop_front();
  }
  return waiting_frames_.size() < wire::kWaitingFramesMax;
}

bool NamedEnd::pump_writes(Effects& effects) {
  Connection& connection = *connection_;
  bool wake_first = false;
  const auto complete = [&](PendingOp& op) {
    writes_.remove(&op);
    op.transferred = op.size;
    op.finish(PIPES_OK);
    settle(op, effects);
  };
  PendingOp* const first_pushed_now = first_unpushed_;
  while (first_unpushed_ != nullptr && !wake_first) {
    const Push pushed = push_frames(*first_unpushed_, effects);
    wake_first = pushed == Push::kWakeFirst;
    if (pushed != Push::kAll) break;
    first_unpushed_ = first_unpushed_->next;
  }
  // What minds no quota is complete as soon as it is in the ring, even behind others.
  for (PendingOp* op = first_pushed_now; op != first_unpushed_;) {
    PendingOp* const next = op->next;
    if (op->ignores_quota || op->size == 0) complete(*op);
    op = next;
  }
  uint64_t lent = 0;
  while (PendingOp* op = writes_.front()) {
    // BUF-8: what comes later does not overtake.
    if (!op->pushed || !within_quota(op->announced_end, &lent)) break;
    complete(*op);
  }
  if (writes_.empty()) {
    if (!waiting_frames_.empty()) connection.writer.publish_final(connection.writer.tail());
    waiting_frames_.clear();
  } else {
    const uint64_t oldest = writes_.front()->sequence;
    auto kept = waiting_frames_.begin();
    for (; kept != waiting_frames_.end() && kept->sequence < oldest; ++kept) {
      connection.writer.publish_final(kept->end());
    }
    waiting_frames_.erase(waiting_frames_.begin(), kept);
  }
  pump_flushes(effects);
  if (!behind_.empty() && !others_write_) start_those_behind(effects);
  return wake_first;
}

void NamedEnd::pump_flushes(Effects& effects) {
  if (flushes_.empty()) return;
  if (!connection_->writer.refresh()) return mark_broken(*connection_);
  for (PendingOp* op = flushes_.front(); op != nullptr;) {
    PendingOp* next = op->next;
    const RingWriter& writer = connection_->writer;
    const bool all_read = writer.consumed_seen() >= op->announced_end || PIPES_MISTAKE("flush-ignores-bytes");
    if (op->target_known && all_read && writer.head_seen() >= op->target) {
      flushes_.remove(op);
      op->finish(PIPES_OK);
      settle(*op, effects);
    }
    op = next;
  }
}

void NamedEnd::shorten_flushes() {
  for (PendingOp* op = flushes_.front(); op != nullptr; op = op->next) {
    op->announced_end = std::min(op->announced_end, connection_->writer.announced());
  }
}

bool NamedEnd::anything_unread() const {
  const RingWriter& writer = connection_->writer;
  return !writes_.empty() || writer.consumed_seen() != writer.announced() || writer.head_seen() < empties_end_;
}

bool NamedEnd::all_pushed(uint64_t sequence, const PendingOp* but) const {
  const PendingOp* op = first_unpushed_;
  while (op != nullptr && (op->pushed || op == but)) op = op->next;
  return op == nullptr || op->sequence > sequence;
}

void NamedEnd::hand_over_writes(Effects& effects) {
  if (write_driver_ != nullptr) return;
  for (const PendingQueue* queue : {&writes_, &flushes_}) {
    for (const PendingOp* op = queue->front(); !is_shared_ && queue->anybody_blocks() && op != nullptr; op = op->next) {
      if (op->parker != nullptr) return effects.unpark(op->parker);
    }
  }
  // Only overlapped writes are left, if any, or nobody drives.
  if (!writes_.empty() || write_event_.waits() || !behind_.empty()) effects.pump(shared_from_this());
}

bool NamedEnd::may_write_at_once() {
  Connection* connection = connection_.get();
  if (connection == nullptr) return state_ != InstanceState::kListening;  // to fail
  if (connection->over()) return true;
  uint64_t lent = 0;
  return writes_.empty() && !queues_behind() && within_quota(connection->writer.announced() + event_room_, &lent) &&
         connection->writer.has_room(ring_room_for(event_room_));
}

// Says which progress of the reader is worth a wake-up: what completes the first write, makes room for the first that
// is not in the ring, or satisfies a flush. What this side goes by itself is the copy returned.
NamedEnd::WakePoints NamedEnd::publish_wake_points(Connection& connection) {
  WakePoints points{kNever, kNever};
  const bool frames_left = !is_shared_ || waiting_frames_.size() < wire::kWaitingFramesMax;
  if (first_unpushed_ != nullptr && !frames_left) points.head = waiting_frames_.front().end();
  if (const PendingOp* op = first_unpushed_; op != nullptr && frames_left) {
    const uint64_t payload = std::min<uint64_t>(op->size - op->pushed_bytes, frame_limit(*op));
    points.head = connection.writer.head_needed(wire::frame_bytes(FrameKind::kFirst, payload) + wire::kFreeBehindFrame);
  }
  if (const PendingOp* op = writes_.front(); op != nullptr && op->pushed) {
    const uint64_t quota = connection.write_quota;
    points.consumed = op->announced_end > quota ? op->announced_end - quota : 0;
  } else if (op == nullptr && write_event_.waits() && !queues_behind()) {
    const uint64_t wanted = connection.writer.announced() + event_room_;
    if (wanted > connection.writer.consumed_seen() + connection.write_quota) {
      points.consumed = wanted - connection.write_quota;
    } else {
      points.head = connection.writer.head_needed(ring_room_for(event_room_));
    }
  }
  for (const PendingOp* op = flushes_.front(); op != nullptr; op = op->next) {
    if (!op->target_known) continue;
    if (connection.writer.consumed_seen() < op->announced_end) {
      points.consumed = std::min(points.consumed, op->announced_end);
    } else {
      points.head = std::min(points.head, op->target);
    }
  }
  // Other processes may wait for less: then whatever the reader does is worth it.
  connection.out->writer_waits.wake_at_consumed.store(is_shared_ ? 0 : points.consumed, std::memory_order_relaxed);
  connection.out->writer_waits.wake_at_head.store(is_shared_ ? 0 : points.head, std::memory_order_relaxed);
  return points;
}

void NamedEnd::await_write_half(PendingOp& op, PendingQueue& queue, PendingOp* reading) {
  Parker& parker = *op.parker;
  const Busy busy(*this);
  BlockingCall call(parker);
  std::shared_ptr<Connection> connection;
  IdleRounds idle;
  WakePoints wake_at;
  uint64_t progress = 0;
  bool drives = false;
  bool drives_reads = false;
  bool told_driver = false;
  bool asked_for_doorbell = false;
  while (true) {
    const uint32_t ticket = parker.ticket();
    Effects effects;
    bool again = false;
    bool shared = false;
    {
      MutexLock lock(write_mutex_);
      if (!connection) connection = connection_;
      if (drives && write_driver_ == &op) write_driver_ = nullptr;
      if ((drives || drives_reads) && is_shared_) has_watched(Half::kWriting);
      // Looked at before the reader's progress: what it read before it closed is then seen.
      const bool over = connection != nullptr && connection->over();
      if (!op.done && connection_ != nullptr) again = pump_writes(effects);
      if (!op.done) fail_writes_if_over(connection, over, effects);
      if (!op.done && parker.cancelled()) {
        if (&queue == &writes_) {
          cancel_write(op);
          after_cancelled_writes(effects);
        } else {
          queue.remove(&op);
          op.finish(PIPES_ERROR_OPERATION_ABORTED);
        }
      }
      if (op.done) {
        hand_over_writes(effects);
        lock.unlock();
        effects.perform();
        return;
      }
      shared = is_shared_;
      // What this operation waits for may be reached before what the driver sleeps for.
      if (write_driver_ != nullptr && !told_driver) effects.unpark(write_driver_->parker);
      told_driver = true;
      if (write_driver_ == nullptr && !shared) write_driver_ = &op;
      drives = write_driver_ == &op;
      if (drives) {
        wake_at = publish_wake_points(*connection);
        const RingWriter& writer = connection->writer;
        progress = writer.tail() + writer.head_seen() + writer.consumed_seen();
      }
    }
    effects.perform();
    drives_reads = false;
    if (again) continue;
    if (shared) {
      // From then on whoever hears of progress does the same, for both halves. Nobody unparks the thread for what it
      // completes itself, so it looks once more before it sleeps.
      asked_for_doorbell = !asked_for_doorbell;
      if (asked_for_doorbell) {
        on_doorbell();
      } else {
        parker.sleep(ticket, Deadline::never());
      }
      continue;
    }
    const Meanwhile meanwhile = reading != nullptr ? read_meanwhile(*reading) : Meanwhile{};
    drives_reads = meanwhile.drives;
    if (!drives && !meanwhile.drives) {
      parker.sleep(ticket, Deadline::never());
      continue;
    }
    idle.begin(progress + meanwhile.progress, ticket);
    if (idle.too_many()) {
      parker.sleep(ticket, idle.rest_until());
      continue;
    }
    const wire::ReaderProgress& reader = connection->out->reader;
    const auto news = [&] {
      return (drives && (reader.consumed.load(std::memory_order_acquire) >= wake_at.consumed ||
                         reader.head.load(std::memory_order_acquire) >= wake_at.head)) ||
             (meanwhile.drives && std::atomic_ref(*meanwhile.header).load(std::memory_order_acquire) != 0) ||
             connection->over() || parker.ticket() != ticket;
    };
    if (write_spinner_.spin(connection->peer->processor.load(std::memory_order_relaxed), kWriterPauses, news)) {
      continue;
    }
    const uint32_t processor = current_processor();
    if (connection->own->processor.load(std::memory_order_relaxed) != processor) {
      connection->own->processor.store(processor, std::memory_order_relaxed);
    }
    std::array<std::atomic<uint32_t>*, 2> flags{};
    size_t count = 0;
    const auto raise = [&](std::atomic<uint32_t>& flag) {
      // Release: the wake points are visible to whoever sees the flag.
      flag.store(wire::WaitFlag::kSleeper, std::memory_order_release);
      flags.at(count++) = &flag;
    };
    if (drives) raise(connection->out->writer_waits.waiting);
    if (meanwhile.drives) raise(connection->in->reader_waits.waiting);
    // SUBTLE: the counterpart of the fence in publish_progress, and of that in take_reader_flag.
    if (!PIPES_MISTAKE("room-fences")) std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!news() && !parker.sleep_with(ticket, std::span(flags).first(count))) idle.forgive();
    if (drives) connection->out->writer_waits.waiting.store(wire::WaitFlag::kNobody, std::memory_order_relaxed);
    if (meanwhile.drives) {
      connection->in->reader_waits.waiting.store(wire::WaitFlag::kNobody, std::memory_order_relaxed);
    }
  }
}

// The peer is gone, or out of reach: what waits for it ends. `over` was looked at before its progress.
void NamedEnd::fail_writes_if_over(const std::shared_ptr<Connection>& connection, bool over, Effects& effects) {
  if (!over || connection_ != connection || PIPES_MISTAKE("writes-outlive-reader")) return;
  const bool violated = connection->peer_state() == EndState::kOpen;
  const Status status = violated ? Status{PIPES_ERROR_BROKEN_PIPE} : over_status(PIPES_ERROR_BROKEN_PIPE);
  complete_all(writes_, status, effects);
  complete_all(behind_, status, effects);
  complete_all(flushes_, status, effects);
  waiting_frames_.clear();
}

// SUBTLE: as in await_write_half: publish the wake points, store the flag, fence, look again.
void NamedEnd::drive_writes(ByPort by_port) {
  constexpr int kRoundsMax = 16;
  for (int round = 0;; ++round) {
    Effects effects;
    bool again = false;
    {
      MutexLock lock(write_mutex_);
      const bool driven = write_driver_ != nullptr;
      let_look(LocalPair::Half::kWrites, writes_);
      if (driven && !is_local()) return;
      if (write_event_.waits() && may_write_at_once()) write_event_.raise();
      const auto waits = [&] {
        const bool nobody_drives = is_shared_ && (!behind_.empty() || !flushes_.empty());
        return !writes_.empty() || write_event_.waits() || nobody_drives;
      };
      if (!driven && (connection_ == nullptr || !waits())) {
        writes_wait_.store(false, std::memory_order_relaxed);
        return;
      }
      const std::shared_ptr<Connection> connection = connection_;
      // SUBTLE: the counterpart of the fence in publish_progress: a local reader sees that this end is to look, or this
      // end how far it has read.
      if (driven) std::atomic_thread_fence(std::memory_order_seq_cst);
      const bool over = connection->over();
      again = pump_writes(effects);
      fail_writes_if_over(connection, over, effects);
      // What the driver watches for has moved.
      if (driven) effects.unpark(write_driver_->parker);
      writes_wait_.store(!writes_.empty(), std::memory_order_relaxed);
      const bool looks =
          by_port == ByPort::kIfItLooks && !writes_.empty() && !write_event_.waits() && leave_to_port(effects);
      if (!driven && !again && !looks && waits() && !PIPES_MISTAKE("room-unheard")) {
        const WakePoints wake_at = publish_wake_points(*connection);
        // Release: the wake points are visible to whoever sees the flag.
        connection->out->writer_waits.waiting.store(wire::WaitFlag::kDoorbell, std::memory_order_release);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        const wire::ReaderProgress& reader = connection->out->reader;
        again = reader.consumed.load(std::memory_order_acquire) >= wake_at.consumed ||
                reader.head.load(std::memory_order_acquire) >= wake_at.head || connection->over();
        if (again && round >= kRoundsMax) {
          // A peer that moves as fast as this can go on is left to the reactor.
          effects.poke(connection->watch);
          again = false;
        }
      }
    }
    effects.perform();
    if (!again) return;
  }
}

// Takes back what nobody has read of a write that waits, and forgets what was announced of it (CANCEL-9).
void NamedEnd::withdraw(PendingOp& op) {
  Connection& connection = *connection_;
  uint64_t taken_back = op.size - op.pushed_bytes;
  const auto is_before = [](const WaitingFrame& frame, uint64_t sequence) { return frame.sequence < sequence; };
  const auto first = std::lower_bound(waiting_frames_.begin(), waiting_frames_.end(), op.sequence, is_before);
  const auto last = std::lower_bound(first, waiting_frames_.end(), op.sequence + 1, is_before);
  for (auto frame = last; frame != first;) {
    --frame;
    const auto result = connection.writer.withdraw(frame->position, frame->kind, frame->length);
    if (result.violation) {
      mark_broken(connection);
      break;
    }
    if (result.bytes == 0) break;
    taken_back += result.bytes;
  }
  // Nothing is left in the ring that could be marked: the reader has taken all there was of it, and waits for the rest.
  if (op.pushed_bytes > 0 && taken_back == op.size - op.pushed_bytes && !op.pushed) connection.writer.cut_message();
  waiting_frames_.erase(first, last);
  if (!PIPES_MISTAKE("withdrawn-still-counts")) connection.writer.unannounce(taken_back);
  for (PendingOp* later = op.next; later != nullptr; later = later->next) later->announced_end -= taken_back;
  for (PendingOp* flush = flushes_.front(); flush != nullptr; flush = flush->next) {
    if (flush->sequence < op.sequence) continue;
    flush->announced_end -= taken_back;
    if (flush->target_known || !all_pushed(flush->sequence, &op)) continue;
    flush->target_known = true;
    flush->target = empties_end_;
  }
  op.transferred = op.size - static_cast<uint32_t>(std::min<uint64_t>(taken_back, op.size));
}

void NamedEnd::cancel_write(PendingOp& op) {
  if (op.behind) {
    behind_.remove(&op);
    return op.finish(PIPES_ERROR_OPERATION_ABORTED);
  }
  if (!PIPES_MISTAKE("cancelled-write-stays")) withdraw(op);
  if (first_unpushed_ == &op) first_unpushed_ = op.next;
  writes_.remove(&op);
  const bool all_taken = op.transferred == op.size;
  if (!all_taken) op.transferred = 0;
  op.finish(all_taken ? Status{PIPES_OK} : Status{PIPES_ERROR_OPERATION_ABORTED});
}

void NamedEnd::after_cancelled_writes(Effects& effects) {
  wake_reader(effects);  // a reader in the middle of such a message learns that it ends here
  pump_writes(effects);
  // What comes later has moved forward: who watches the reader for all of them watches for too much.
  if (write_driver_ != nullptr) effects.unpark(write_driver_->parker);
}

Status NamedEnd::flush() {
  PendingOp op;
  Effects effects;
  {
    MutexLock lock(write_mutex_);
    if (closed_) return PIPES_ERROR_INVALID_HANDLE;
    if (lacks_connection_) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
    const Gate answer = gate(view(), Operation::kFlush);
    if (answer.action == Gate::Action::kFail) return answer.status;
    if (answer.action == Gate::Action::kSucceed) return PIPES_OK;
    if (connection_->over()) return over_status(PIPES_OK);
    if (!connection_->writer.refresh()) {
      mark_broken(*connection_);
      return PIPES_ERROR_BROKEN_PIPE;
    }
    if (!anything_unread()) return PIPES_OK;
    op.sequence = write_sequence_;
    op.announced_end = connection_->writer.announced();
    op.target_known = all_pushed(op.sequence, nullptr);
    op.target = empties_end_;
    op.parker = &Parker::mine();
    flushes_.push_back(&op);
  }
  await_write_half(op, flushes_);
  return op.status;
}

// Whether a transaction may begin (TRANS-2, TRANS-4, TRANS-9); `read_mutex_` is held.
Status NamedEnd::transact_refusal(size_t request_size) {
  if (const Status refused = refusal(Operation::kTransact); refused != PIPES_OK) return refused;
  const bool fit = fixed_.attributes.access == AccessMode::kDuplex && fixed_.attributes.type == PipeType::kMessage &&
                   read_mode_ == ReadMode::kMessage;
  if (!fit) return PIPES_ERROR_BAD_PIPE;
  if (connection_->peer_state() == EndState::kDisconnected) return PIPES_ERROR_PIPE_NOT_CONNECTED;
  if (connection_->over()) return PIPES_ERROR_BAD_PIPE;
  if (request_size > connection_->message_max) return PIPES_ERROR_MORE_DATA;
  if (!reads_.empty() || others_waiting_reads_ > 0) return PIPES_ERROR_PIPE_BUSY;  // TRANS-4
  wire::Look look = connection_->reader.look();
  // What was withdrawn is not unread, but has to be passed.
  while (look == wire::Look::kMessageCut || (look == wire::Look::kNeedsMemory && connection_->map_reader())) {
    look = connection_->reader.look();
  }
  if (look == wire::Look::kNeedsMemory) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  if (look == wire::Look::kFrame) return PIPES_ERROR_PIPE_BUSY;
  return PIPES_OK;
}

// The request goes into the ring first, whatever the quota (TRANS-5); the read of the reply was queued before it, so
// that no other read of this end can take the reply.
Status NamedEnd::transact(std::span<const std::byte> request, std::span<std::byte> reply, uint32_t* transferred) {
  Announced writer;
  if (const Status refused = announce_writer(&writer); refused != PIPES_OK) return refused;
  PendingOp reading;
  reading.buffer = reply.data();
  reading.size = static_cast<uint32_t>(reply.size());
  reading.message_mode = true;
  Effects queued;
  {
    MutexLock lock(read_mutex_);
    if (const Status refused = transact_refusal(request.size()); refused != PIPES_OK) return refused;
    reading.parker = &Parker::mine();
    queue_read(reading);
    publish_reads(queued);
  }
  queued.perform();
  PendingOp writing;
  writing.buffer = const_cast<std::byte*>(request.data());
  writing.size = static_cast<uint32_t>(request.size());
  writing.ignores_quota = true;
  writing.identity = writer.number();
  Status written = PIPES_OK;
  bool waits = false;
  Effects effects;
  {
    MutexLock lock(write_mutex_);
    written = refusal(Operation::kWrite);
    if (written == PIPES_OK) waits = start_write(writing, effects);
  }
  effects.perform();
  if (waits) await_write_half(writing, writes_, &reading);
  if (written == PIPES_OK) written = writing.status;
  if (waits || written != PIPES_OK) {
    Effects given_up;
    {
      MutexLock lock(read_mutex_);
      if (read_driver_ == &reading) read_driver_ = nullptr;
      if (!reading.done && written == PIPES_ERROR_OPERATION_ABORTED) {
        cancel_read(reading);
        publish_reads(given_up);
      } else if (!reading.done && written != PIPES_OK) {
        unqueue_read(reading);
        reading.finish(written == PIPES_ERROR_NO_DATA ? Status{PIPES_ERROR_BROKEN_PIPE} : written);
        publish_reads(given_up);
      }
    }
    given_up.perform();
  }
  await_read(reading);
  *transferred = reading.transferred;
  return reading.status;
}

}  // namespace pipes
