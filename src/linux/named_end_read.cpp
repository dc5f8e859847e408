// The reading half of an end: reads, peeks, and waiting for data.
#include <algorithm>
#include <array>
#include <utility>

#include "linux/idle_rounds.h"
#include "linux/named_end.h"
#include "support/fault_point.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

using wire::EndState;
using wire::Look;

// A reader that has read so often without writing streams; chasing the writer line by line would cost a round trip
// each.
constexpr uint32_t kStreamingReads = 4;
constexpr uint32_t kStreamingPauses = 64;

}  // namespace

// The way of a short message that lies there. False: nothing was done, and the long way decides.
bool NamedEnd::read_at_once(std::span<std::byte> buffer, uint32_t* transferred) {
  Connection* connection = connection_.get();
  if (connection == nullptr || connection->over() || !reads_.empty() || others_read_ || PIPES_ANY_MISTAKE()) {
    return false;
  }
  const uint64_t bytes = connection->reader.take_at_once(buffer, read_mode_ == ReadMode::kByte);
  if (bytes == 0) return false;
  has_read_ = true;
  *transferred = static_cast<uint32_t>(bytes);
  return true;
}

Status NamedEnd::read(std::span<std::byte> buffer, uint32_t* transferred) {
  {
    MutexLock lock(read_mutex_);
    if (read_at_once(buffer, transferred)) [[likely]] {
      const Wakeup wakeup = publish_progress();
      lock.unlock();
      wakeup.perform();
      return PIPES_OK;
    }
  }
  PendingOp op;
  op.buffer = buffer.data();
  op.size = static_cast<uint32_t>(buffer.size());
  Effects effects;
  {
    MutexLock lock(read_mutex_);
    if (const Status refused = refusal(Operation::kRead); refused != PIPES_OK) {
      if (refused == PIPES_ERROR_PIPE_LISTENING) lower_read_event();
      return refused;
    }
    op.no_wait = wait_mode_ == WaitMode::kNoWait;
    if (reads_.empty()) progress_read(op);
    if (!op.done && !op.no_wait && reads_.empty() && !is_shared_) watch_for_data(op);
    if (!op.done && op.no_wait) {
      lower_read_event();
      op.finish(PIPES_ERROR_NO_DATA);
    }
    if (!op.done) {
      op.parker = &Parker::mine();
      queue_read(op);
    }
    publish_reads(effects);
  }
  effects.perform();
  if (op.parker != nullptr) await_read(op);
  *transferred = op.transferred;
  return op.status;
}

// Looks for data for a while before the read is queued. The lock stays held meanwhile, which spares the way of a short
// message all that waiting costs; but anybody else who wants it ends the watch.
void NamedEnd::watch_for_data(PendingOp& op) {
  Connection& connection = *connection_;
  const uint32_t pauses = reads_in_a_row_ >= kStreamingReads ? kStreamingPauses : 1;
  auto word = connection.reader.memory().word(connection.reader.position());
  const auto news = [&] {
    return word.load(std::memory_order_acquire) != 0 || connection.over() || read_mutex_.is_wanted();
  };
  op.watched = !read_spinner_.spin(connection.peer->processor.load(std::memory_order_relaxed), pauses, news);
  // What this does not finish goes on in the queue: the writer is to hear of the room that came free.
  if (op.watched || read_mutex_.is_wanted()) return;
  if (op.transferred == 0 && read_at_once({op.buffer, op.size}, &op.transferred)) return op.finish(PIPES_OK);
  progress_read(op);
}

// Deals with every answer of a look but a frame. True: the look settled nothing, and another one may be taken.
bool NamedEnd::settle_look(PendingOp& op, Look look) {
  Connection& connection = *connection_;
  switch (look) {
    case Look::kNeedsMemory:
      if (connection.map_reader()) return true;
      op.finish(op.transferred > 0 ? Status{PIPES_OK} : Status{PIPES_ERROR_NOT_ENOUGH_MEMORY});
      return false;
    case Look::kViolation:
      mark_broken(connection);
      op.transferred = 0;
      op.finish(PIPES_ERROR_BROKEN_PIPE);
      return false;
    default:
      return false;
  }
}

void NamedEnd::progress_read(PendingOp& op) {
  if (connection_->peer_state() == EndState::kDisconnected && !PIPES_MISTAKE("disconnect-keeps-data")) {
    op.transferred = 0;
    op.finish(PIPES_ERROR_PIPE_NOT_CONNECTED);
    return;
  }
  if (others_read_) return;
  if (op.message_mode || read_mode_ == ReadMode::kMessage) {
    progress_message_read(op);
  } else {
    progress_byte_read(op);
  }
  if (op.done && (op.status == PIPES_OK || op.status == PIPES_ERROR_MORE_DATA)) has_read_ = true;
}

// CLOSE-9: what a process wrote and waited for when it was killed is not to be read, from the moment on that its end
// can be known. True if it became known now. Asking is a system call: only what looks as if it waits is worth it.
bool NamedEnd::learn_of_death() {
  Connection& connection = *connection_;
  if (connection.reader.knows_of_death() || connection.peer_state() != EndState::kOpen) return false;
  if (!connection.peer_is_gone() && !connection.peer_has_died()) return false;
  connection.reader.writer_died();
  return true;
}

// READ-4, READ-5, READ-10, READ-19: what is there, across messages; an empty message only by itself.
void NamedEnd::progress_byte_read(PendingOp& op) {
  Connection& connection = *connection_;
  while (true) {
    // Looked at before the ring: what a peer wrote before it closed is then seen.
    const bool over = connection.over();
    if (over) connection.reader.writer_is_over();
    const Look look = connection.reader.look();
    if (look == Look::kMessageCut) continue;
    if (look == Look::kNothing) {
      // In the middle of a write whose rest is on its way, a read that can wait does.
      const bool more_comes = connection.reader.in_message() && !over && !op.no_wait;
      if (op.transferred > 0 && more_comes) return;
      if (op.transferred > 0) return op.finish(PIPES_OK);
      if (over) op.finish(over_status(PIPES_ERROR_BROKEN_PIPE));
      return;
    }
    if (look != Look::kFrame) {
      if (settle_look(op, look)) continue;
      return;
    }
    if (connection.reader.frame_waits() && learn_of_death()) continue;
    const bool empty_message = connection.reader.message_left() == 0;
    if (empty_message && op.transferred > 0) return op.finish(PIPES_OK);
    if (!empty_message && op.size == 0) return op.finish(PIPES_OK);
    const auto taken = connection.reader.take({op.buffer + op.transferred, op.size - op.transferred});
    if (taken.look == Look::kViolation) {
      settle_look(op, Look::kViolation);
      return;
    }
    op.transferred += static_cast<uint32_t>(taken.bytes);
    if (empty_message || op.transferred == op.size) return op.finish(PIPES_OK);
  }
}

// READ-6, READ-7, READ-20: one message, or as much of it as fits.
void NamedEnd::progress_message_read(PendingOp& op) {
  Connection& connection = *connection_;
  while (true) {
    const bool over = connection.over();
    if (over) connection.reader.writer_is_over();
    const Look look = connection.reader.look();
    if (look == Look::kMessageCut) {
      // Withdrawn by its writer, the message ends here; cut off by its writer's death, it is never given as whole.
      if (op.transferred == 0) continue;
      if (connection.peer_is_gone()) op.transferred = 0;
      return op.finish(connection.peer_is_gone() ? Status{PIPES_ERROR_BROKEN_PIPE} : Status{PIPES_OK});
    }
    if (look == Look::kNothing) {
      if (over) {
        op.transferred = 0;
        op.finish(over_status(PIPES_ERROR_BROKEN_PIPE));
      } else if (op.transferred > 0 && op.no_wait) {
        op.finish(PIPES_ERROR_MORE_DATA);
      }
      return;
    }
    if (look != Look::kFrame) {
      if (settle_look(op, look)) continue;
      return;
    }
    if (connection.reader.frame_waits() && learn_of_death()) continue;
    const uint64_t left = connection.reader.message_left();
    if (left > 0 && op.size == 0) return op.finish(PIPES_ERROR_MORE_DATA);
    // A message that its writer is still copying in has not arrived yet, unless it can never be in the ring whole.
    const bool fits_ring = left + left / 512 + wire::kPage <= connection.memory.capacity();
    if (op.no_wait && op.transferred == 0 && fits_ring && !connection.reader.message_complete()) return;
    const auto taken = connection.reader.take({op.buffer + op.transferred, op.size - op.transferred});
    if (taken.look == Look::kViolation) {
      settle_look(op, Look::kViolation);
      return;
    }
    if (taken.look != Look::kFrame) {
      if (taken.look == Look::kMessageCut && op.transferred > 0) return op.finish(PIPES_OK);
      continue;
    }
    op.transferred += static_cast<uint32_t>(taken.bytes);
    if (PIPES_MISTAKE("boundary-lost") && connection.reader.look() == Look::kFrame && op.transferred < op.size) {
      continue;
    }
    if (taken.message_done) return op.finish(PIPES_OK);
    if (PIPES_MISTAKE("more-data-unreported") && op.transferred == op.size) return op.finish(PIPES_OK);
    if (op.transferred == op.size) return op.finish(PIPES_ERROR_MORE_DATA);
  }
}

// Completes the reads that wait, in their order, as far as there is data (READ-17, STATE-12).
void NamedEnd::pump_reads(Effects& effects) {
  while (PendingOp* op = PIPES_MISTAKE("reads-swapped") ? reads_.back() : reads_.front()) {
    progress_read(*op);
    if (!op->done) break;
    unqueue_read(*op);
    settle(*op, effects);
  }
}

void NamedEnd::queue_read(PendingOp& op) {
  reads_.push_back(&op);
  if (op.overlapped) let_look(LocalPair::Half::kReads, reads_);
  read_bytes_queued_ += op.size;
}

void NamedEnd::unqueue_read(PendingOp& op) {
  reads_.remove(&op);
  read_bytes_queued_ -= op.size;
}

// Tells the writer how far this side has read, and how much waiting reads have room for; wakes it if that is what it
// waits for.
void NamedEnd::publish_reads(Effects& effects) {
  // Only the first can have got a part already.
  const uint64_t lent = reads_.empty() ? 0 : read_bytes_queued_ - reads_.front()->transferred;
  if (lent != lent_) {
    lent_ = lent;
    connection_->reader.lend(lent);
  }
  effects.wake(publish_progress());
}

Wakeup NamedEnd::publish_progress() {
  Connection& connection = *connection_;
  const uint64_t head = connection.reader.position();
  const uint64_t consumed = connection.reader.consumed();
  if (head == published_head_ && consumed == published_consumed_) return {};
  PIPES_CRASH_POINT("frame-taken");  // CRASH: read, and the writer not told; its reactor sees the death.
  published_head_ = head;
  published_consumed_ = consumed;
  if (is_shared_) store_reading_half();  // what is published is not read again, whatever becomes of this process
  connection.reader.publish();
  consumed_hint_.store(head, std::memory_order_relaxed);
  const uint64_t written = written_hint_.load(std::memory_order_relaxed);
  reads_in_a_row_ = written == written_at_last_read_ ? reads_in_a_row_ + 1 : 0;
  written_at_last_read_ = written;
  // SUBTLE: store progress, fence, look at the flag; the writer stores the flag, fences, looks at progress. Without
  // both fences either load may overtake its store, and both would wait for ever.
  if (!PIPES_MISTAKE("room-fences")) std::atomic_thread_fence(std::memory_order_seq_cst);
  wire::WaitFlag& flag = connection.in->writer_waits;
  const auto local = local_peer_looks(LocalPair::Half::kWrites);
  if (local == Wakeup::Local::kDoesNotLook) {
    if (flag.waiting.load(std::memory_order_acquire) == wire::WaitFlag::kNobody) return {};
    const bool reached = consumed >= flag.wake_at_consumed.load(std::memory_order_relaxed) ||
                         head >= flag.wake_at_head.load(std::memory_order_relaxed);
    if (!reached) return {};
  }
  return {flag.waiting.exchange(wire::WaitFlag::kNobody, std::memory_order_acq_rel), &flag.waiting, connection_, local};
}

void NamedEnd::let_look(LocalPair::Half half, const PendingQueue& queue) {
  if (is_local()) connection_->local->set_looks(role_, half, queue.any_overlapped());
}

void NamedEnd::await_read(PendingOp& op) {
  Parker& parker = *op.parker;
  const Busy busy(*this);
  BlockingCall call(parker);
  std::shared_ptr<Connection> connection;
  IdleRounds idle;
  bool drives = false;
  bool asked_for_doorbell = false;
  while (true) {
    const uint32_t ticket = parker.ticket();
    Effects effects;
    uint64_t* header = nullptr;
    uint32_t pauses = 1;
    bool shared = false;
    {
      MutexLock lock(read_mutex_);
      if (!connection) connection = connection_;
      if (drives && read_driver_ == &op) {
        read_driver_ = nullptr;
        if (!op.done && connection_ != nullptr) {
          pump_reads(effects);
          publish_reads(effects);
        }
      }
      if (drives && is_shared_) has_watched(Half::kReading);
      if (!op.done && parker.cancelled()) {
        cancel_read(op);
        publish_reads(effects);
      }
      if (op.done) {
        hand_over_reads(effects);
        lock.unlock();
        effects.perform();
        return;
      }
      shared = is_shared_;
      if (read_driver_ == nullptr && !shared) read_driver_ = &op;
      drives = read_driver_ == &op;
      header = connection->reader.next_header();
      if (drives) idle.begin(connection->reader.position() + connection->reader.consumed(), ticket);
      pauses = reads_in_a_row_ >= kStreamingReads ? kStreamingPauses : 1;
    }
    effects.perform();
    if (shared && !asked_for_doorbell) {
      asked_for_doorbell = true;
      on_doorbell();  // as in await_write_half
      continue;
    }
    asked_for_doorbell = false;
    if (!drives) {
      parker.sleep(ticket, Deadline::never());
      continue;
    }
    if (idle.too_many()) {
      parker.sleep(ticket, idle.rest_until());
      continue;
    }
    const std::atomic_ref word(*header);
    const auto news = [&] {
      return word.load(std::memory_order_acquire) != 0 || connection->over() || parker.ticket() != ticket;
    };
    const bool watched = std::exchange(op.watched, false);
    if (watched ? news()
                : read_spinner_.spin(connection->peer->processor.load(std::memory_order_relaxed), pauses, news)) {
      continue;
    }
    const uint32_t processor = current_processor();
    if (connection->own->processor.load(std::memory_order_relaxed) != processor) {
      connection->own->processor.store(processor, std::memory_order_relaxed);
    }
    std::atomic<uint32_t>& flag = connection->in->reader_waits.waiting;
    flag.store(wire::WaitFlag::kSleeper, std::memory_order_relaxed);
    // SUBTLE: the counterpart of the fence in take_reader_flag.
    if (!PIPES_MISTAKE("data-fences")) std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!news() && !parker.sleep_with(ticket, std::array{&flag})) idle.forgive();
    flag.store(wire::WaitFlag::kNobody, std::memory_order_relaxed);
  }
}

void NamedEnd::hand_over_reads(Effects& effects) {
  if (read_driver_ != nullptr || connection_ == nullptr) return;
  for (PendingOp* op = reads_.front(); !is_shared_ && reads_.anybody_blocks() && op != nullptr; op = op->next) {
    if (op->parker != nullptr) return effects.unpark(op->parker);
  }
  if (reads_.empty()) return settle_read_event();
  if (others_read_) return;  // who rings when he is done
  if (!leave_to_port(effects)) return arm_reads(effects);
  connection_hint_.store(connection_.get(), std::memory_order_relaxed);
  read_place_hint_.store(connection_->reader.next_header(), std::memory_order_relaxed);
}

// SUBTLE: store the flag, fence, look: as in arm_reads.
void NamedEnd::settle_read_event() {
  if (!read_event_.waits()) return;
  if (connection_ == nullptr) {
    if (state_ != InstanceState::kListening) read_event_.raise();  // a client that comes raises it
    return;
  }
  std::atomic<uint32_t>& flag = connection_->in->reader_waits.waiting;
  flag.store(wire::WaitFlag::kDoorbell, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (connection_->reader.glance() || connection_->over()) read_event_.raise();
}

// SUBTLE: as in await_read: store the flag, fence, look again. Each round but the last takes in something that the peer
// has written; one that writes as fast as this can go on is left to the reactor after a while.
void NamedEnd::arm_reads(Effects& effects) {
  constexpr int kRoundsMax = 16;
  const std::shared_ptr<Connection> connection = connection_;
  std::atomic<uint32_t>& flag = connection->in->reader_waits.waiting;
  for (int round = 0; round < kRoundsMax; ++round) {
    flag.store(wire::WaitFlag::kDoorbell, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const std::atomic_ref word(*connection->reader.next_header());
    if (word.load(std::memory_order_acquire) == 0 && !connection->over()) return;
    pump_reads(effects);
    publish_reads(effects);
    if (reads_.empty()) {
      // Another process that shares the end may have asked for the doorbell meanwhile.
      if (!is_shared_) flag.store(wire::WaitFlag::kNobody, std::memory_order_relaxed);
      return settle_read_event();
    }
  }
  effects.poke(connection->watch);
}

// Two ends that send each other requests longer than the ring would wait for ever, if neither took in what comes while
// it waits for room.
NamedEnd::Meanwhile NamedEnd::read_meanwhile(PendingOp& reading) {
  Meanwhile meanwhile;
  Effects effects;
  {
    MutexLock lock(read_mutex_);
    if (read_driver_ == nullptr && !is_shared_) read_driver_ = &reading;
    meanwhile.drives = read_driver_ == &reading;
    if (meanwhile.drives && !reading.done) {
      pump_reads(effects);
      publish_reads(effects);
      meanwhile.header = connection_->reader.next_header();
      meanwhile.progress = connection_->reader.position() + connection_->reader.consumed();
    }
    if (meanwhile.drives && reading.done) {
      meanwhile.drives = false;
      read_driver_ = nullptr;
      hand_over_reads(effects);
    }
  }
  effects.perform();
  return meanwhile;
}

// A cancelled read consumes nothing (CANCEL-8); one in the middle of a message that it has begun to take ends as cut
// off.
void NamedEnd::cancel_read(PendingOp& op) {
  unqueue_read(op);
  if (PIPES_MISTAKE("cancelled-read-lends")) read_bytes_queued_ += op.size;
  const bool framed = op.message_mode || read_mode_ == ReadMode::kMessage;
  const Status begun = framed ? Status{PIPES_ERROR_MORE_DATA} : Status{PIPES_OK};
  op.finish(op.transferred > 0 ? begun : Status{PIPES_ERROR_OPERATION_ABORTED});
}

Status NamedEnd::peek(std::span<std::byte> buffer, uint32_t* transferred, uint32_t* available, uint32_t* left) {
  MutexLock lock(read_mutex_);
  if (const Status refused = refusal(Operation::kPeek); refused != PIPES_OK) return refused;
  Connection& connection = *connection_;
  if (connection.peer_state() == EndState::kDisconnected) return PIPES_ERROR_PIPE_NOT_CONNECTED;
  // More than the quota unread: some of it waits.
  const uint32_t quota = role_ == Role::kServer ? fixed_.quotas.inbound : fixed_.quotas.outbound;
  if (connection.reader.available() > quota) learn_of_death();
  const bool over = connection.over();
  const bool one_message = fixed_.attributes.type == PipeType::kMessage &&  // PEEK-8
                           !(PIPES_MISTAKE("peek-by-read-mode") && read_mode_ == ReadMode::kByte);
  auto peeked = connection.reader.peek(buffer, one_message);
  if (peeked.look == Look::kNeedsMemory) {
    if (!connection.map_reader()) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
    peeked = connection.reader.peek(buffer, one_message);
  }
  if (peeked.look == Look::kViolation) {
    mark_broken(connection);
    return PIPES_ERROR_BROKEN_PIPE;
  }
  if (peeked.look != Look::kFrame && over) return over_status(PIPES_ERROR_BROKEN_PIPE);
  if (peeked.look == Look::kNothing) lower_read_event();
  const uint64_t unread = connection.reader.available();
  const auto narrow = [](uint64_t count) { return static_cast<uint32_t>(std::min<uint64_t>(count, UINT32_MAX)); };
  if (transferred != nullptr) *transferred = narrow(peeked.copied);
  if (available != nullptr) *available = narrow(std::max(unread, peeked.copied));
  if (left != nullptr) *left = one_message ? narrow(peeked.message_left) : 0;
  if (peeked.copied > 0 || peeked.look == Look::kFrame) {
    has_read_ = true;  // IMP-9: peeking counts
    connection.reader.set_identity(peeked.identity);
  }
  return PIPES_OK;
}

}  // namespace pipes
