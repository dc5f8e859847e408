// Overlapped operations of an end: beginning them, telling their ends, cancelling them, and going on with them when the
// peer rings.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "linux/named_end.h"
#include "linux/server_pipe.h"
#include "support/fetch.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

// Of an answer: as much as a short one needs, with its header and the one behind it.
constexpr size_t kAnswerFetched = 128;

bool has_delivered(Status status) { return status == PIPES_OK || status == PIPES_ERROR_MORE_DATA; }

}  // namespace

// ----------------------------------------------------------------------------------------------------- telling the end

void NamedEnd::settle(PendingOp& op, Effects& effects) {
  if (!op.overlapped) return effects.unpark(op.parker);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-static-cast-downcast): it says that it is one
  std::unique_ptr<OverlappedOp> owned(static_cast<OverlappedOp*>(&op));
  if (owned->call().overlapped != nullptr) tell_end(std::move(owned), false, effects);
}

// Under the end's lock, so that ends are told in the order in which they came. The caller's structure may be gone as
// soon as it says that the operation is over.
void NamedEnd::tell_end(std::unique_ptr<OverlappedOp> op, bool at_once, Effects& effects) {
  const OverlappedCall& call = op->call();
  if (PIPES_MISTAKE("count-of-the-buffer")) op->transferred = op->size;
  if (PIPES_MISTAKE("more-data-forgotten") && op->status == PIPES_ERROR_MORE_DATA) op->status = PIPES_OK;
  const uint64_t ended = nt_status_of(op->status);
  const bool skips_handle = (notification_modes_ & PIPES_SKIP_SET_EVENT_ON_HANDLE) != 0;
  if (call.routine != nullptr) {
    end_operation(call.overlapped, ended, op->transferred, skips_handle ? nullptr : &waitable_, effects.unparks());
    const std::shared_ptr<Thread> thread = PIPES_MISTAKE("routine-elsewhere") ? Thread::mine() : op->thread();
    thread->queue(std::move(op), effects.unparks());
    return;
  }
  Waitable* const object = call.event != nullptr ? &call.event->waitable : skips_handle ? nullptr : &waitable_;
  end_operation(call.overlapped, ended, op->transferred, PIPES_MISTAKE("event-unset") ? nullptr : object,
                effects.unparks());
  const bool skips_port =
      at_once && op->status == PIPES_OK && (notification_modes_ & PIPES_SKIP_COMPLETION_PORT_ON_SUCCESS) != 0;
  if (port_ == nullptr || (call.silent && !PIPES_MISTAKE("silence-broken")) || skips_port) return;
  if (PIPES_MISTAKE("packet-lost") && !at_once) return;
  op->entry = {port_key_, call.overlapped, ended, op->transferred, 0};
  if (PIPES_MISTAKE("told-twice")) port_->port.post(std::make_unique<Packet>(op->entry), effects.unparks());
  port_->port.post(std::move(op), effects.unparks());
}

Status NamedEnd::conclude(std::unique_ptr<OverlappedOp> op, uint32_t* transferred, Effects& effects) {
  const Status status = op->status;
  if (!has_delivered(status)) return status;
  *transferred = op->transferred;
  tell_end(std::move(op), true, effects);
  return status;
}

// ----------------------------------------------------------------------------------------------------------- beginning

// A thread's operations are cancelled when it ends, unless they report to a port (OVL-21).
void NamedEnd::note_pending(bool reports_to_port) {
  if (!reports_to_port) Thread::mine()->tell_of_end(shared_from_this());
}

Status NamedEnd::read(std::unique_ptr<OverlappedOp> op, uint32_t* transferred) {
  Effects effects;
  Status status = PIPES_ERROR_IO_PENDING;
  bool has_port = false;
  {
    MutexLock lock(read_mutex_);
    has_port = port_ != nullptr;
    if (const Status refused = refusal(Operation::kRead); refused != PIPES_OK) {
      if (refused == PIPES_ERROR_PIPE_LISTENING) lower_read_event();
      return refused;
    }
    if (op->call().event != nullptr) tells_at_once_.store(true, std::memory_order_relaxed);
    op->no_wait = wait_mode_ == WaitMode::kNoWait;
    if (reads_.empty()) {
      if (read_at_once({op->buffer, op->size}, &op->transferred)) {
        op->finish(PIPES_OK);
      } else {
        progress_read(*op);
      }
    }
    if (!op->done && op->no_wait) {
      lower_read_event();
      op->finish(PIPES_ERROR_NO_DATA);
    }
    if (op->done) {
      status = conclude(std::move(op), transferred, effects);
    } else {
      queue_read(*op.release());
      pump_driven_reads(effects);
    }
    publish_reads(effects);
    if (status == PIPES_ERROR_IO_PENDING) hand_over_reads(effects);
  }
  effects.perform();
  if (status == PIPES_ERROR_IO_PENDING) note_pending(has_port);
  return status;
}

Status NamedEnd::write(std::unique_ptr<OverlappedOp> op, uint32_t* transferred) {
  Effects effects;
  Status status = PIPES_ERROR_IO_PENDING;
  bool has_port = false;
  const uint32_t size_asked = op->size;  // of which a no-wait write may take less
  Announced writer;
  if (const Status refused = announce_writer(&writer); refused != PIPES_OK) return refused;
  op->identity = writer.number();
  {
    MutexLock lock(write_mutex_);
    has_port = port_ != nullptr;
    if (const Status refused = refusal(Operation::kWrite); refused != PIPES_OK) {
      if (refused == PIPES_ERROR_PIPE_LISTENING) write_event_.lower();
      return refused;
    }
    if (op->size > connection_->message_max) return PIPES_ERROR_MORE_DATA;
    if (op->call().event != nullptr) tells_at_once_.store(true, std::memory_order_relaxed);
    op->no_wait = wait_mode_ == WaitMode::kNoWait;
    if (op->identity == 0 && write_at_once({op->buffer, op->size})) {
      effects.wake(take_reader_flag());
      op->transferred = op->size;
      op->finish(PIPES_OK);
    } else if (op->size == 0 && fixed_.attributes.type == PipeType::kByte) {
      op->finish(PIPES_OK);  // WRITE-6
    } else if (start_write(*op, effects)) {
      (void)op.release();  // the queue's
    }
    if (op != nullptr && op->transferred < size_asked) lower_write_event(size_asked, effects);
    if (op != nullptr) status = conclude(std::move(op), transferred, effects);
    if (status == PIPES_ERROR_IO_PENDING && write_driver_ != nullptr) effects.unpark(write_driver_->parker);
  }
  effects.perform();
  if (status != PIPES_ERROR_IO_PENDING) return status;
  drive_writes();
  note_pending(has_port);
  return status;
}

Status NamedEnd::connect(std::unique_ptr<OverlappedOp> op) {
  const Status status = begin_connect(*op);
  if (status == PIPES_ERROR_IO_PENDING) {
    (void)op.release();  // the queue's
    note_pending(has_port());
  }
  if (status != PIPES_OK) return status;
  // A disconnected instance listened again, and a client came before this could wait for it: the operation has ended by
  // now, as it may have in any case. A call that waits for a client never says that it has one (CONN-6).
  Effects effects;
  {
    MutexLock lock(read_mutex_);
    op->finish(PIPES_OK);
    tell_end(std::move(op), false, effects);
  }
  effects.perform();
  return PIPES_ERROR_IO_PENDING;
}

Status NamedEnd::transact(std::span<const std::byte> request, std::unique_ptr<OverlappedOp> reply) {
  Announced writer;
  if (const Status refused = announce_writer(&writer); refused != PIPES_OK) return refused;
  Effects effects;
  OverlappedOp* const reading = reply.get();
  reading->message_mode = true;
  auto writing = std::make_unique<OverlappedOp>(OverlappedCall{});
  writing->buffer = const_cast<std::byte*>(request.data());  // only read from
  writing->size = static_cast<uint32_t>(request.size());
  writing->ignores_quota = true;
  writing->identity = writer.number();
  writing->reserve_bytes();
  Status status = PIPES_OK;
  bool sends_on = false;
  {
    // Both halves at once: no reply can come in between, and what is refused leaves no trace.
    MutexLock reading_half(read_mutex_);
    if (const Status refused = transact_refusal(request.size()); refused != PIPES_OK) return refused;
    if (reading->call().event != nullptr) tells_at_once_.store(true, std::memory_order_relaxed);
    MutexLock writing_half(write_mutex_);
    status = refusal(Operation::kWrite);
    if (status == PIPES_OK) {
      sends_on = start_write(*writing, effects);
      if (!sends_on) status = writing->status;
    }
    if (status != PIPES_OK) {
      if (status == PIPES_ERROR_NO_DATA) status = PIPES_ERROR_BAD_PIPE;
    } else {
      queue_read(*reply.release());
      publish_reads(effects);
      if (sends_on) {
        writing->keep_bytes();
        (void)writing.release();  // the queue's
      }
      status = PIPES_ERROR_IO_PENDING;
      hand_over_reads(effects);
    }
  }
  effects.perform();
  if (sends_on) drive_writes();
  if (status == PIPES_ERROR_IO_PENDING) note_pending(has_port());
  return status;
}

// ---------------------------------------------------------------------------------------------------- ports, cancelling

Status NamedEnd::bind(std::shared_ptr<SharedPort> port, uint64_t key) {
  MutexLock reading(read_mutex_);
  MutexLock writing(write_mutex_);
  if (port_ != nullptr) return PIPES_ERROR_INVALID_PARAMETER;  // IOCP-3
  port_ = std::move(port);
  port_key_ = key;
  return PIPES_OK;
}

// What else than a packet tells of an operation is set by the peer's doorbell alone. So are local peers served, which
// are to find done what they have caused.
bool NamedEnd::leave_to_port(Effects& effects) {
  if (is_shared_ || port_ == nullptr || tells_at_once_.load(std::memory_order_relaxed)) return false;
  if (connection_->local != nullptr) return false;
  // SUBTLE: says so, then asks again whether it may; tell_at_once() forbids it, then asks whether anybody does. Where
  // it is said already, stop_looking() comes to the end's lock, and so to this operation, after this.
  if (looked_at_.load(std::memory_order_seq_cst)) return !tells_at_once_.load(std::memory_order_seq_cst);
  if (looked_at_.exchange(true, std::memory_order_seq_cst)) return !tells_at_once_.load(std::memory_order_seq_cst);
  if (tells_at_once_.load(std::memory_order_seq_cst)) {
    looked_at_.store(false, std::memory_order_release);
    return false;
  }
  const Port::LookedAt answer = port_->port.look_at(shared_from_this());
  if (answer == Port::LookedAt::kNo) looked_at_.store(false, std::memory_order_release);
  if (answer == Port::LookedAt::kFirst) effects.watch_over(port_);
  return answer != Port::LookedAt::kNo;
}

void NamedEnd::fetch() const {
  fetch_to_read(connection_hint_.load(std::memory_order_relaxed), sizeof(Connection));
  fetch_to_read(read_place_hint_.load(std::memory_order_relaxed), 1);
}

// Most looks find nothing, at one of very many ends.
bool NamedEnd::look() {
  const bool any_read = look_for_reads();
  return (writes_wait_.load(std::memory_order_relaxed) && look_for_writes()) || any_read;
}

bool NamedEnd::look_for_reads() {
  if (!read_mutex_.try_lock()) return false;
  Connection* const connection = connection_.get();
  if (connection == nullptr || read_driver_ != nullptr || reads_.empty() ||
      (!connection->reader.glance() && !connection->over())) {
    read_mutex_.unlock();
    return false;
  }
  Effects effects;
  const uint64_t before = connection->reader.position() + connection->reader.consumed();
  pump_reads(effects);
  publish_reads(effects);
  const bool any = reads_.empty() || connection->reader.position() + connection->reader.consumed() != before;
  // What is read will probably be answered. The peer's processor has the lines for it.
  if (any) fetch_to_write(write_place_hint_.load(std::memory_order_relaxed), kAnswerFetched);
  read_mutex_.unlock();
  effects.perform();
  return any;
}

bool NamedEnd::look_for_writes() {
  Effects effects;
  bool any = false;
  bool lingers_no_more = false;
  if (!write_mutex_.try_lock()) return false;
  if (connection_ != nullptr && write_driver_ == nullptr) {
    const PendingOp* const first = writes_.front();
    const std::shared_ptr<Connection> connection = connection_;
    const bool over = connection->over();
    pump_writes(effects);
    fail_writes_if_over(connection, over, effects);
    any = writes_.front() != first;
    writes_wait_.store(!writes_.empty(), std::memory_order_relaxed);
    lingers_no_more = closed_ && writes_.empty();
  }
  write_mutex_.unlock();
  effects.perform();
  if (lingers_no_more) stop_lingering();
  return any;
}

void NamedEnd::stop_looking() {
  looked_at_.store(false, std::memory_order_release);
  Effects effects;
  {
    MutexLock lock(read_mutex_);
    if (connection_ != nullptr && read_driver_ == nullptr && !reads_.empty()) arm_reads(effects);
  }
  effects.perform();
  drive_writes(ByPort::kNo);
  stop_lingering();
}

void NamedEnd::tell_at_once() {
  if (!has_port()) return;
  tells_at_once_.store(true, std::memory_order_seq_cst);
  // Operations that began before may be left to the port, though later ones were not.
  if (looked_at_.load(std::memory_order_seq_cst)) stop_looking();
}

bool NamedEnd::has_port() {
  MutexLock lock(read_mutex_);
  return port_ != nullptr;
}

void NamedEnd::add_notification_modes(uint32_t modes) {
  MutexLock reading(read_mutex_);
  MutexLock writing(write_mutex_);
  notification_modes_ |= modes;
}

// From the newest to the oldest, as writes have to be taken back.
bool NamedEnd::cancel(const Thread* thread, const pipes_overlapped* operation) {
  Effects effects;
  bool any = false;
  bool any_write = false;
  const auto is_meant = [&](const PendingOp& op) {
    if (!op.overlapped) return thread == nullptr && operation == nullptr;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-static-cast-downcast): it says that it is one
    const auto& overlapped = static_cast<const OverlappedOp&>(op);
    const pipes_overlapped* const own = overlapped.call().overlapped;
    if (own == nullptr) return false;  // a request that is sent is not taken back (CANCEL-10)
    const bool any_thread = thread == nullptr || PIPES_MISTAKE("cancel-any-thread");
    return (any_thread || overlapped.thread_number() == thread->number()) && (operation == nullptr || own == operation);
  };
  const auto each = [&](PendingQueue& queue, auto cancel_one) {
    for (PendingOp* op = queue.back(); op != nullptr;) {
      PendingOp* const previous = op->previous;
      if (is_meant(*op)) {
        any = true;
        cancel_one(*op);
        settle(*op, effects);
      }
      op = previous;
    }
  };
  {
    MutexLock reading(read_mutex_);
    MutexLock writing(write_mutex_);
    const auto abort_in = [](PendingQueue& queue) {
      return [&queue](PendingOp& op) {
        queue.remove(&op);
        op.finish(PIPES_ERROR_OPERATION_ABORTED);
      };
    };
    each(connects_, abort_in(connects_));
    each(reads_, [&](PendingOp& op) { cancel_read(op); });
    if (connection_ != nullptr && any) publish_reads(effects);
    each(writes_, [&](PendingOp& op) {
      any_write = true;
      cancel_write(op);
    });
    each(behind_, [&](PendingOp& op) { cancel_write(op); });
    if (thread == nullptr && operation == nullptr) each(flushes_, abort_in(flushes_));
    if (any_write) after_cancelled_writes(effects);
  }
  effects.perform();
  if (any_write) {
    drive_writes();
    stop_lingering();
  }
  return any;
}

// OVL-21. The first thread ends with the process, whose memory is not to be written to any more: the structures of what
// it has left pending may have lain on its stack.
void NamedEnd::thread_ends(const Thread& thread) noexcept {
  if (::syscall(SYS_gettid) == ::getpid()) return;
  if (!has_port() && !PIPES_MISTAKE("thread-end-unheard")) cancel(&thread, nullptr);
}

Status NamedEnd::open_event_fd(Readiness which, int* fd) {
  Effects effects;
  Status status = PIPES_OK;
  if (which == Readiness::kReadable) {
    MutexLock lock(read_mutex_);
    if (closed_) return PIPES_ERROR_INVALID_HANDLE;
    status = read_event_.open(fd);
    if (status == PIPES_OK && connection_ == nullptr) settle_read_event();
    hand_over_reads(effects);
  } else {
    MutexLock lock(write_mutex_);
    if (closed_) return PIPES_ERROR_INVALID_HANDLE;
    status = write_event_.open(fd);
    hand_over_writes(effects);
  }
  effects.perform();
  return status;
}

void NamedEnd::on_doorbell() {
  Effects effects;
  {
    MutexLock lock(read_mutex_);
    if (connection_ != nullptr && read_driver_ == nullptr) {
      if (!reads_.empty()) {
        pump_reads(effects);
        publish_reads(effects);
      }
      if (!PIPES_MISTAKE("doorbell-once")) hand_over_reads(effects);
    } else if (connection_ != nullptr) {
      pump_driven_reads(effects);
      publish_reads(effects);
    }
    let_look(LocalPair::Half::kReads, reads_);
  }
  effects.perform();
  drive_writes();
  stop_lingering();
}

uint64_t NamedEnd::done_by_peer(const Connection& connection) {
  uint64_t done = 0;
  {
    MutexLock lock(read_mutex_);
    if (connection_.get() == &connection) done += connection_->reader.position() + connection_->reader.consumed();
  }
  MutexLock lock(write_mutex_);
  if (connection_.get() == &connection) done += connection_->writer.head_seen() + connection_->writer.consumed_seen();
  return done;
}

// Overlapped reads of an end with a local peer do not wait for the thread that drives them.
//
// SUBTLE: the counterpart of the fence in take_reader_flag: the writer sees that this end is to look, or this end what
// it has written.
void NamedEnd::pump_driven_reads(Effects& effects) {
  if (!is_local() || (read_driver_ == nullptr && !reads_.anybody_blocks())) return;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  pump_reads(effects);
  // What the driver watches has moved.
  if (read_driver_ != nullptr) effects.unpark(read_driver_->parker);
}

}  // namespace pipes
