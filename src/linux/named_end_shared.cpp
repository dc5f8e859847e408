// An end that several processes share: what its halves load and store with their locks, how its processes hear of each
// other, and what becomes of what one of them leaves when it dies.
//
// Whatever all holders have to know lies in the page (wire/end_page.h). What changes with both locks held (the state,
// the wait mode, the connection) has a version: a half that is entered and finds another one is left again, and
// catch_up() sees to the rest with both locks. Operations that wait belong to the process that began them. Its reactor
// drives them: the peer's doorbell is relayed by the ring, and so is whatever one holder does that others may wait for.
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>

#include "linux/doorbell.h"
#include "linux/handle_table.h"
#include "linux/known_pipes.h"
#include "linux/local_pair.h"
#include "linux/named_end.h"
#include "linux/reactor.h"
#include "linux/server_pipe.h"
#include "support/fault_point.h"
#include "support/log.h"

namespace pipes {
namespace {

using wire::EndCommon;
using wire::EndState;
using wire::FrameKind;
using wire::Holder;
using wire::ReadHalf;
using wire::WriteHalf;
using WaitingFrames = std::array<wire::RingWriter::WaitingFrame, wire::kWaitingFramesMax>;

constinit thread_local char this_thread = 0;  // has an address of its own

uint64_t version_of(const wire::EndPage& page) {
  return std::atomic_ref(const_cast<uint64_t&>(page.common.version)).load(std::memory_order_relaxed);
}

size_t bytes_of(const WriteHalf& half) {
  return offsetof(WriteHalf, frames) + half.frame_count * sizeof(wire::RingWriter::WaitingFrame);
}

// The newest of the two that is whole.
template <class HalfWords>
HalfWords newest(wire::StoredHalf<HalfWords>& stored) {
  HalfWords half;
  const bool ahead = std::atomic_ref(stored.ahead_valid).load(std::memory_order_acquire) == 1;
  copy_words(half, ahead ? stored.ahead : stored.settled);
  return half;
}

// SUBTLE: a holder may die between any two words. `ahead` counts from the store of its mark to the next; while it does
// not, `settled` is whole.
template <class HalfWords>
void store_half(wire::StoredHalf<HalfWords>& stored, const HalfWords& half, size_t bytes) {
  store_words(stored.ahead, half, bytes);
  std::atomic_ref(stored.ahead_valid).store(1, std::memory_order_release);
  PIPES_CRASH_POINT("half-half-stored");  // CRASH: the next holder takes what lies ahead
  std::atomic_thread_fence(std::memory_order_release);
  store_words(stored.settled, half, bytes);
  std::atomic_ref(stored.ahead_valid).store(0, std::memory_order_release);
}

void mark_entered(uint32_t& word, uint32_t holder) {
  std::atomic_ref(word).store(holder, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

void HalfMutex::enter() noexcept {
  auto caught_up = NamedEnd::CaughtUp::kNotYet;
  while (!shared_end_->enter(half_, caught_up)) {
    NamedEnd* const end = shared_end_;
    mutex_.unlock();
    end->catch_up();
    mutex_.lock();
    if (shared_end_ == nullptr) return;
    caught_up = NamedEnd::CaughtUp::kJustNow;
  }
}

void HalfMutex::leave() noexcept { shared_end_->leave(half_); }

// ----------------------------------------------------------------------------------------------- what the reactor sees

class NamedEnd::RingWatch : public Reactor::Source {
 public:
  explicit RingWatch(std::weak_ptr<NamedEnd> end) : end_(std::move(end)) {}
  void on_ready(uint64_t, uint32_t) override {
    if (const auto end = end_.lock()) end->on_ring();
  }

 private:
  std::weak_ptr<NamedEnd> end_;
};

// The death of another holder.
class NamedEnd::HolderWatch : public Reactor::Source {
 public:
  HolderWatch(std::weak_ptr<NamedEnd> end, size_t place, uint32_t pid, UniqueFd process)
      : end_(std::move(end)), place_(place), pid_(pid), process_(std::move(process)) {}
  [[nodiscard]] int fd() const { return process_.get(); }
  [[nodiscard]] uint32_t pid() const { return pid_; }

  // The watch ends with the last copy of what this returns. Null if the reactor cannot have it.
  static std::shared_ptr<HolderWatch> begin(Reactor& reactor, const std::shared_ptr<HolderWatch>& watch) {
    const auto name = reactor.watch(watch->fd(), EPOLLIN, watch);
    if (!name) return nullptr;
    return {watch.get(), [&reactor, watch, name = *name](HolderWatch*) { reactor.unwatch(name, watch->fd()); }};
  }
  void on_ready(uint64_t name, uint32_t) override {
    if (Reactor* const reactor = Reactor::running()) reactor->unwatch(name, process_.get());
    if (const auto end = end_.lock()) end->holder_died(place_);
  }

 private:
  std::weak_ptr<NamedEnd> end_;
  const size_t place_;
  const uint32_t pid_;
  ProcessFd process_;
};

// Nobody has a handle any more of an end for which this process takes clients.
class NamedEnd::BoxWatch : public Reactor::Source {
 public:
  BoxWatch(std::weak_ptr<NamedEnd> end, int box) : end_(std::move(end)), box_(box) {}
  void on_ready(uint64_t name, uint32_t events) override {
    if ((events & EPOLLHUP) == 0) return;
    if (Reactor* const reactor = Reactor::running()) reactor->unwatch(name, box_);
    if (const auto end = end_.lock()) end->stop_serving();
  }

 private:
  std::weak_ptr<NamedEnd> end_;
  const int box_;
};

void NamedEnd::ring_others() const { shared_->ring(); }

void NamedEnd::on_ring() {
  watch_holders(false);
  if (somebody_died_.exchange(false, std::memory_order_relaxed)) wake_peer();
  if (pipe_ != nullptr) {
    pipe_->align(*this);
  } else {
    (void)state();  // catches up
    end_connects_without_server();
  }
  on_doorbell();
}

// A holder that dies may have taken the peer's flags down, and woken nobody. Nor has whoever found that it died, since
// a peer in this process looks at once, and may in turn have this end look.
void NamedEnd::wake_peer() {
  std::shared_ptr<Connection> connection;
  {
    MutexLock lock(read_mutex_);
    connection = connection_;
  }
  if (connection == nullptr) return;
  for (wire::WaitFlag* const flag : {&connection->in->writer_waits, &connection->out->reader_waits}) {
    Wakeup(wire::WaitFlag::kSleeper, &flag->waiting, connection, Wakeup::Local::kDoesNotLook).perform();
  }
  Wakeup(wire::WaitFlag::kDoorbell, &connection->out->reader_waits.waiting, connection, Wakeup::Local::kDoesNotLook)
      .perform();
}

void NamedEnd::holder_died(size_t place) {
  somebody_died_.store(true, std::memory_order_relaxed);
  watched_holders_.at(place) = nullptr;
  watch_holders(true);
  on_ring();
}

// Watches the processes of holders that are new, not any more those that have let go, and clears away what the dead
// have left in the table.
void NamedEnd::watch_holders(bool some_died) {
  std::array<uint32_t, wire::kHoldersMax> processes{};
  {
    MutexLock lock(read_mutex_);
    if (!is_shared_) return;
    wire::EndPage& page = shared_->page();
    EndCommon common;
    copy_words(common, page.common);
    if (common.holders_version == holders_seen_ && !some_died) return;
    holders_seen_ = common.holders_version;
    watched_holders_.resize(wire::kHoldersMax);
    for (uint32_t place = 0; place < std::min(common.holders_top, wire::kHoldersMax); ++place) {
      Holder holder;
      copy_words(holder, page.holders.at(place));
      const auto& watched = watched_holders_.at(place);
      if (watched != nullptr && watched->pid() != holder.pid) watched_holders_.at(place) = nullptr;
      if (holder.pid == 0 || !shared_->is_another(place + 1)) continue;
      if (!shared_->is_alive(place + 1)) {
        somebody_died_.store(true, std::memory_order_relaxed);
        store_words(page.holders.at(place), Holder{});
      } else if (watched == nullptr) {
        processes.at(place) = holder.pid;
      }
    }
  }
  Reactor* const reactor = Reactor::running();
  for (uint32_t place = 0; place < wire::kHoldersMax && reactor != nullptr; ++place) {
    if (processes.at(place) == 0) continue;
    UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, processes.at(place), 0)));
    if (!process) {
      // It has died since; or it is in another namespace, and its death shows when the halves are entered.
      somebody_died_.store(true, std::memory_order_relaxed);
      continue;
    }
    watched_holders_.at(place) = HolderWatch::begin(
        *reactor, std::make_shared<HolderWatch>(weak_from_this(), place, processes.at(place), std::move(process)));
  }
}

bool NamedEnd::may_listen() const {
  if (pipe_ != nullptr || !is_shared_) return true;
  const uint32_t server = std::atomic_ref(shared_->page().common.server_holder).load(std::memory_order_relaxed);
  return shared_->is_another(server) && shared_->is_alive(server);
}

void NamedEnd::end_connects_without_server() {
  Effects effects;
  {
    MutexLock reading(read_mutex_);
    MutexLock writing(write_mutex_);
    if (!connects_.empty() && !may_listen()) complete_all(connects_, PIPES_ERROR_BROKEN_PIPE, effects);
  }
  effects.perform();
}

// ------------------------------------------------------------------------------------------------- entering and leaving

// Who has the reading half is told of no change when entering the other one, as there can be none: an honest holder
// needs both.
bool NamedEnd::enter(Half half, CaughtUp caught_up) noexcept {
  shared_->lock(half);
  wire::EndPage& page = shared_->page();
  const bool reads = half == Half::kReading;
  const bool has_reading_half = !reads && in_reading_half_.load(std::memory_order_relaxed) == &this_thread;
  const bool is_behind = version_of(page) != version_ || (lacks_connection_ && caught_up == CaughtUp::kNotYet);
  if (is_behind && !has_reading_half) {
    shared_->unlock(half);
    return false;
  }
  if (reads) in_reading_half_.store(&this_thread, std::memory_order_relaxed);
  // What the halves know is of a connection that is not here, and so is what a dead holder has left.
  if (lacks_connection_) return true;
  uint32_t& entered = reads ? page.read.entered : page.write.entered;
  const bool died = std::atomic_ref(entered).load(std::memory_order_relaxed) != 0;
  if (reads) {
    load_reading_half();
    if (died) recover_reading_half();
  } else {
    load_writing_half();
    if (died) recover_writing_half();
  }
  if (died) {
    somebody_died_.store(true, std::memory_order_relaxed);
    shared_->ring();
  }
  mark_entered(entered, shared_->holder());
  PIPES_CRASH_POINT("half-entered");  // CRASH: the next holder finds the mark, and takes what was stored last
  return true;
}

void NamedEnd::leave(Half half) noexcept {
  wire::EndPage& page = shared_->page();
  if (lacks_connection_) {
    if (half == Half::kReading) in_reading_half_.store(nullptr, std::memory_order_relaxed);
    return shared_->unlock(half);
  }
  if (half == Half::kReading) {
    store_reading_half();
    mark_entered(page.read.entered, 0);
    in_reading_half_.store(nullptr, std::memory_order_relaxed);
  } else {
    // Changed under both locks, of which this one is given back first.
    if (state_ != seen_state_ || wait_mode_ != seen_wait_mode_) {
      EndCommon common;
      copy_words(common, page.common);
      publish_common(common);
    }
    store_writing_half();
    mark_entered(page.write.entered, 0);
  }
  const bool rings = std::exchange(rings_others_[static_cast<size_t>(half)], false);
  shared_->unlock(half);
  if (rings) shared_->ring();
}

void NamedEnd::load_reading_half() {
  wire::EndPage& page = shared_->page();
  const ReadHalf half = newest(page.read);
  has_read_ = half.has_read != 0;
  read_mode_ = half.read_mode == 0 || fixed_.attributes.type == PipeType::kByte ? ReadMode::kByte : ReadMode::kMessage;
  published_head_ = half.published_head;
  published_consumed_ = half.published_consumed;
  if (connection_ != nullptr && !connection_->reader.load(half.reader)) mark_broken(*connection_);
  others_read_ = shared_->is_another(half.reading) && shared_->is_alive(static_cast<uint32_t>(half.reading));
  reading_ = others_read_ || half.reading == shared_->holder() ? half.reading : 0;
  others_lent_ = 0;
  others_waiting_reads_ = 0;
  const uint32_t top = std::atomic_ref(page.common.holders_top).load(std::memory_order_relaxed);
  for (uint32_t place = 0; place < std::min(top, wire::kHoldersMax); ++place) {
    Holder holder;
    copy_words(holder, page.holders.at(place));
    if (!shared_->is_another(place + 1) || holder.pid == 0) continue;
    if ((holder.lent == 0 && holder.reads_waiting == 0) || !shared_->is_alive(place + 1)) continue;
    others_lent_ += std::min<uint64_t>(holder.lent, UINT32_MAX);
    others_waiting_reads_ += holder.reads_waiting != 0 ? 1 : 0;
  }
}

void NamedEnd::store_reading_half() {
  wire::EndPage& page = shared_->page();
  ReadHalf half;
  if (connection_ != nullptr) half.reader = connection_->reader.save();
  half.published_head = published_head_;
  half.published_consumed = published_consumed_;
  half.has_read = has_read_ ? 1 : 0;
  half.read_mode = static_cast<uint32_t>(read_mode_);
  // A message that is being read, and the reply to a transaction, are nobody else's.
  const PendingOp* const first = reads_.front();
  const bool in_message = first != nullptr && (first->transferred > 0 || first->message_mode);
  const uint64_t before = reading_;
  if (!others_read_) reading_ = in_message ? shared_->holder() : 0;
  half.reading = reading_;
  store_half(page.read, half, sizeof half);
  Holder& own = page.holders.at(shared_->holder() - 1);
  std::atomic_ref(own.lent).store(lent_, std::memory_order_relaxed);
  std::atomic_ref(own.reads_waiting).store(first != nullptr ? 1 : 0, std::memory_order_relaxed);
  // Also if nobody else lends any more: one who did may have died.
  if (connection_ != nullptr) connection_->reader.lend(lent_ + others_lent_);
  if (before == shared_->holder() && reading_ == 0) rings_others_[static_cast<size_t>(Half::kReading)] = true;
}

void NamedEnd::load_writing_half() {
  wire::EndPage& page = shared_->page();
  const WriteHalf half = newest(page.write);
  empties_end_ = half.empties_end;
  if (connection_ != nullptr) {
    if (!connection_->writer.load(half.writer)) mark_broken(*connection_);
    stored_tail_ = connection_->writer.tail();
    shorten_flushes();
  }
  others_write_ = shared_->is_another(half.waiting);
  writing_ = others_write_ || half.waiting == shared_->holder() ? half.waiting : 0;
  if (!others_write_ || shared_->is_alive(static_cast<uint32_t>(half.waiting))) return;
  const bool died_inside = std::atomic_ref(page.write.entered).load(std::memory_order_relaxed) != 0;
  if (died_inside) return;  // recover_writing_half() sees to it
  withdraw_for_the_dead({std::span(half.frames).first(std::min<uint64_t>(half.frame_count, half.frames.size())),
                         half.unpushed, half.in_message != 0});
}

void NamedEnd::store_writing_half() {
  wire::EndPage& page = shared_->page();
  const uint64_t before = writing_;
  if (!others_write_) writing_ = writes_.empty() && pushing_ == nullptr ? 0 : shared_->holder();
  WriteHalf half;
  if (connection_ != nullptr) {
    half.writer = connection_->writer.save();
    stored_tail_ = connection_->writer.tail();
  }
  half.empties_end = empties_end_;
  half.waiting = writing_;
  if (others_write_) {
    // What another's are, stays as it is.
    const WriteHalf theirs = newest(page.write);
    half.unpushed = theirs.unpushed;
    half.in_message = theirs.in_message;
    half.frame_count = std::min<uint64_t>(theirs.frame_count, half.frames.size());
    half.frames = theirs.frames;
  } else {
    // A write that does not wait yet is in no queue, and nothing unpushed is before it.
    const PendingOp* const first = first_unpushed_ != nullptr ? first_unpushed_ : pushing_;
    half.in_message = first != nullptr && first->pushed_bytes > 0 ? 1 : 0;
    for (const PendingOp* op = first; op != nullptr; op = op->next) {
      if (!op->pushed) half.unpushed += op->size - op->pushed_bytes;
    }
    for (const WaitingFrame& frame : waiting_frames_) {
      if (half.frame_count == half.frames.size()) break;
      half.frames.at(half.frame_count++) = {frame.position, frame.length, frame.kind};
    }
  }
  store_half(page.write, half, bytes_of(half));
  if (before == shared_->holder() && writing_ == 0) rings_others_[static_cast<size_t>(Half::kWriting)] = true;
}

void NamedEnd::store_before_pushing(const PendingOp& op, uint64_t bytes) {
  const wire::RingWriter& writer = connection_->writer;
  if (writer.tail() + bytes - stored_tail_ <= writer.memory().capacity / 2) return;
  pushing_ = &op;
  store_writing_half();
  pushing_ = nullptr;
}

// FINE-25: what a holder that has died left waiting vanishes, unless it was read. A reader in the middle of such a
// message learns that it ends here: once no lock is held, from wake_peer().
void NamedEnd::withdraw_for_the_dead(const Leavings& left) {
  const auto& frames = left.frames;
  others_write_ = false;
  writing_ = 0;
  somebody_died_.store(true, std::memory_order_relaxed);
  rings_others_[static_cast<size_t>(Half::kWriting)] = true;
  if (connection_ == nullptr) return;
  wire::RingWriter& writer = connection_->writer;
  // Where the reader had made room the dead one may have pushed more since it stored what waits.
  if (!writer.refresh()) return mark_broken(*connection_);
  uint64_t taken_back = 0;
  for (size_t at = frames.size(); at-- > 0;) {
    // Its write had completed: who wrote it may know, and the reader takes it without claiming.
    if (writer.is_final(frames[at].position)) break;
    const auto result = writer.withdraw(frames[at].position, frames[at].kind, frames[at].length,
                                        wire::RingWriter::TakenBackBefore::kMayBe);
    if (result.violation) return mark_broken(*connection_);
    if (result.bytes == 0) break;
    taken_back += result.bytes;
  }
  if (left.in_message && taken_back == 0) writer.cut_message();
  const uint64_t unread = writer.announced() - writer.consumed_seen();
  writer.unannounce(std::min(taken_back + left.unpushed, unread));
  shorten_flushes();
  writer.publish_final(writer.tail());
}

// Somebody has died with the half's lock. What was stored last is loaded; what lies in the ring beyond it is true.
void NamedEnd::recover_reading_half() {
  if (connection_ == nullptr) return;
  if (!connection_->reader.recover()) return mark_broken(*connection_);
  published_head_ = published_consumed_ = 0;
  (void)publish_progress();  // the peer is woken by wake_peer(), whatever it waits for
}

void NamedEnd::recover_writing_half() {
  const WriteHalf half = newest(shared_->page().write);
  // He may have gone as he gave the end to others, or took it from its peer.
  EndCommon common;
  copy_words(common, shared_->page().common);
  shared_->empty_box(common.has_connection != 0 ? common.generation : UINT64_MAX);
  if (connection_ == nullptr) return;
  if (connection_->own->state.load(std::memory_order_relaxed) != static_cast<uint32_t>(EndState::kOpen)) {
    return mark_broken(*connection_);
  }
  const uint32_t dead = shared_->page().write.entered;
  WaitingFrames frames{};
  size_t count = 0;
  uint64_t unpushed = 0;
  const bool was_theirs = half.waiting != 0 && (half.waiting == dead || !shared_->is_another(half.waiting) ||
                                                !shared_->is_alive(static_cast<uint32_t>(half.waiting)));
  const bool is_ours = half.waiting == shared_->holder();
  if (was_theirs && !is_ours) {
    count = std::min<uint64_t>(half.frame_count, frames.size());
    std::copy_n(half.frames.begin(), count, frames.begin());
    unpushed = half.unpushed;
  }
  bool too_many = false;
  const bool in_message = was_theirs && !is_ours && half.in_message != 0;
  const bool recovered = connection_->writer.recover(in_message, [&](const wire::RingWriter::WaitingFrame& frame) {
    too_many = too_many || count == frames.size();
    if (!too_many) frames.at(count++) = frame;
  });
  if (!recovered || too_many) return mark_broken(*connection_);
  if (is_ours) return;  // nobody else pushes meanwhile
  if (others_write_ && !was_theirs) return;
  // What he pushed since of what was announced before counts twice by now. His message was ended by recover().
  withdraw_for_the_dead({std::span(frames).first(count), unpushed, false});
}

// --------------------------------------------------------------------------------------------- what both halves know

void NamedEnd::publish_common(EndCommon common) {
  common.state = static_cast<uint32_t>(state_);
  common.wait_mode = static_cast<uint32_t>(wait_mode_);
  common.version = version_ + 1;
  wire::EndPage& page = shared_->page();
  EndCommon unversioned = common;
  unversioned.version = version_;
  store_words(page.common, unversioned);
  PIPES_CRASH_POINT("connection-half-published");  // CRASH: nobody looks at what no version tells of
  std::atomic_ref(page.common.version).store(common.version, std::memory_order_release);
  version_ = common.version;
  seen_state_ = state_;
  seen_wait_mode_ = wait_mode_;
  rings_others_[static_cast<size_t>(Half::kWriting)] = true;
}

// Makes ready for all processes what publish_connection() is to tell of: while that fails nobody has heard of it.
Status NamedEnd::offer_connection(const SharedEnd& shared, Connection& connection) const {
  if (!connection.map_rings()) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  return shared.put_connection(generation_ + 1, connection) ? Status{PIPES_OK}
                                                            : Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
}

// The connection of the end is new, and was offered, or gone. Both locks are held. What waited, and who was in the
// middle of a message, was of the one before; who cannot follow to the new one is not to be waited for.
void NamedEnd::publish_connection() {
  others_read_ = others_write_ = false;
  reading_ = writing_ = 0;
  others_lent_ = others_waiting_reads_ = 0;
  for (Holder& holder : shared_->page().holders) {
    std::atomic_ref(holder.lent).store(0, std::memory_order_relaxed);
    std::atomic_ref(holder.reads_waiting).store(0, std::memory_order_relaxed);
  }
  EndCommon common;
  copy_words(common, shared_->page().common);
  common.generation = ++generation_;
  common.has_connection = connection_ != nullptr ? 1 : 0;
  if (connection_ == nullptr) {
    shared_->empty_box(UINT64_MAX);
  } else {
    common.ring_capacity = connection_->memory.capacity();
    common.peer_pid = connection_->credentials.pid;
    common.peer_uid = connection_->credentials.uid;
    common.peer_gid = connection_->credentials.gid;
    common.qos_flags = qos_flags_;
    common.write_quota = connection_->write_quota;
    common.message_max = connection_->message_max;
    common.granted_access = connection_->granted_access;
    common.client_is_asserted = connection_->client != nullptr && connection_->client->asserted != nullptr ? 1 : 0;
  }
  publish_common(common);
}

// Something has changed under both locks of another process.
void NamedEnd::catch_up() noexcept {
  Effects effects;
  read_mutex_.lock_in_process();
  write_mutex_.lock_in_process();
  if (is_shared_) {
    shared_->lock(Half::kReading);
    shared_->lock(Half::kWriting);
    if (version_of(shared_->page()) != version_ || lacks_connection_) follow_connection(effects);
    shared_->unlock(Half::kWriting);
    shared_->unlock(Half::kReading);
  }
  write_mutex_.unlock_in_process();
  read_mutex_.unlock_in_process();
  effects.perform();
}

void NamedEnd::follow_connection(Effects& effects) {
  EndCommon common;
  copy_words(common, shared_->page().common);
  version_ = common.version;
  const auto state = static_cast<InstanceState>(common.state);
  const bool known = state >= InstanceState::kDisconnected && state <= InstanceState::kClosing;
  state_ = known ? state : InstanceState::kDisconnected;
  wait_mode_ = common.wait_mode == 0 ? WaitMode::kWait : WaitMode::kNoWait;
  if (common.generation != generation_) {
    if (connection_ != nullptr) lose_connection(effects);
    generation_ = common.generation;
    lacks_connection_ = common.has_connection != 0;
  }
  if (lacks_connection_) take_connection(common);
  // An end that has nothing to be connected by is not, whatever the others say.
  if (connection_ == nullptr && state_ != InstanceState::kListening) state_ = InstanceState::kDisconnected;
  seen_state_ = state_;
  seen_wait_mode_ = wait_mode_;
  if (lacks_connection_) complete_all(connects_, PIPES_ERROR_NO_SYSTEM_RESOURCES, effects);
  if (state_ == InstanceState::kDisconnected) complete_all(connects_, PIPES_ERROR_PIPE_NOT_CONNECTED, effects);
  if (state_ == InstanceState::kConnected) complete_all(connects_, PIPES_OK, effects);
  if (state_ != InstanceState::kListening) {
    read_event_.raise();
    write_event_.raise();
  }
}

void NamedEnd::lose_connection(Effects& effects) {
  for (PendingQueue* queue : {&reads_, &writes_, &behind_, &flushes_}) {
    complete_all(*queue, PIPES_ERROR_PIPE_NOT_CONNECTED, effects);
  }
  const std::shared_ptr<Connection> lost = detach_locked();
  if (Reactor* const reactor = Reactor::running()) reactor->unwatch(lost->watch, lost->socket.get());
}

// Leaves the end without the connection where that cannot be had.
void NamedEnd::take_connection(const EndCommon& common) {
  auto descriptors = shared_->connection(common.generation);
  Reactor* const reactor = Reactor::running();
  if (!descriptors || reactor == nullptr || !wire::valid_ring_capacity(common.ring_capacity)) return;
  try {
    auto memory = SharedMemory::adopt(std::move(descriptors->memory), common.ring_capacity);
    if (!memory) return;
    auto connection =
        std::make_shared<Connection>(role_, std::move(*memory), std::move(descriptors->socket), common.write_quota);
    connection->memory.hide_from_children();
    connection->credentials = {common.peer_pid, common.peer_uid, common.peer_gid};
    connection->message_max = common.message_max;
    connection->granted_access = common.granted_access;
    // Who it is that root speaks for is not told; the client is nobody here.
    if (role_ == Role::kServer && common.client_is_asserted == 0) {
      if (auto client = identity_of_peer(connection->socket.get())) {
        connection->client = std::make_shared<const ClientIdentity>(std::move(*client));
      }
    }
    if (!connection->map_rings()) return;
    const auto watched = reactor->watch(connection->socket.get(), Doorbell::kEvents,
                                        std::make_shared<ConnectionWatch>(weak_from_this(), connection),
                                        Deadline::never(), &connection->watch);
    if (!watched) return;
    qos_flags_ = common.qos_flags;
    connection_ = std::move(connection);
    lacks_connection_ = false;
  } catch (const std::bad_alloc&) {
    return;
  }
}

// ------------------------------------------------------------------------------------------ becoming shared, and ceasing

bool NamedEnd::is_shared() {
  MutexLock lock(read_mutex_);
  return is_shared_;
}

uint32_t NamedEnd::maker_pid() const { return maker_pid_ != 0 ? maker_pid_ : static_cast<uint32_t>(::getpid()); }

Status NamedEnd::share() {
  Reactor* const reactor = Reactor::running();
  if (reactor == nullptr) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  wire::EndFacts facts;
  facts.role = static_cast<uint32_t>(role_);
  facts.access = static_cast<uint32_t>(fixed_.attributes.access);
  facts.type = static_cast<uint32_t>(fixed_.attributes.type);
  facts.max_instances = fixed_.attributes.max_instances;
  facts.default_timeout_ms = fixed_.attributes.default_timeout_ms;
  facts.inbound_quota = fixed_.quotas.inbound;
  facts.outbound_quota = fixed_.quotas.outbound;
  facts.owner_uid = fixed_.owner_uid;
  facts.maker_pid = maker_pid();
  const EndName& name = *fixed_.name;
  facts.founder_uid = name.founder_uid;
  facts.claimed_at = name.claimed_at;
  if (name.display.size() > facts.display.size() || name.folded.size() > facts.folded.size()) {
    return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  }
  facts.display_bytes = static_cast<uint32_t>(name.display.size());
  facts.folded_units = static_cast<uint32_t>(name.folded.size());
  std::ranges::copy(name.display, facts.display.begin());
  std::ranges::copy(name.folded, facts.folded.begin());
  Effects effects;
  {
    MutexLock reading(read_mutex_);
    MutexLock writing(write_mutex_);
    if (is_shared_) return PIPES_OK;
    if (closed_) return PIPES_ERROR_INVALID_HANDLE;
    if (waiting_frames_.size() > wire::kWaitingFramesMax) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
    auto shared = SharedEnd::make(facts);
    if (!shared) return shared.status();
    if (connection_ != nullptr) {
      if (const Status status = offer_connection(**shared, *connection_); status != PIPES_OK) return status;
    }
    const auto watched =
        reactor->watch((*shared)->ring_fd(), EPOLLIN | EPOLLET, std::make_shared<RingWatch>(weak_from_this()));
    if (!watched) return watched.status();
    ring_watch_ = *watched;
    shared_ = std::move(*shared);
    (void)shared_->take_place();
    if (pipe_ != nullptr) shared_->page().common.server_holder = shared_->holder();
    // From here on as if the half had been entered: leaving it stores what it knows.
    shared_->lock(Half::kReading);
    shared_->lock(Half::kWriting);
    is_shared_ = true;
    read_mutex_.share(this);
    write_mutex_.share(this);
    publish_connection();
    ring_fd_.store(shared_->ring_fd(), std::memory_order_release);
    // Nobody drives a shared end, neither a thread that has yet to notice, nor a transaction for its reply.
    if (PendingOp* const driver = std::exchange(read_driver_, nullptr)) effects.unpark(driver->parker);
    if (PendingOp* const driver = std::exchange(write_driver_, nullptr)) effects.unpark(driver->parker);
  }
  effects.perform();
  stop_looking();
  return PIPES_OK;
}

Result<std::shared_ptr<NamedEnd>> NamedEnd::join(std::unique_ptr<SharedEnd> shared) {
  Reactor* const reactor = Reactor::running();
  if (reactor == nullptr) return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
  const wire::EndFacts& facts = shared->facts();
  Fixed fixed;
  fixed.attributes.access = static_cast<AccessMode>(facts.access);
  fixed.attributes.type = static_cast<PipeType>(facts.type);
  fixed.attributes.max_instances = facts.max_instances;
  fixed.attributes.default_timeout_ms = facts.default_timeout_ms;
  fixed.quotas = {facts.inbound_quota, facts.outbound_quota};
  fixed.owner_uid = facts.owner_uid;
  PipeMeta meta;
  meta.display.assign(facts.display.data(), facts.display_bytes);
  meta.folded.assign(facts.folded.data(), facts.folded_units);
  meta.owner_uid = facts.founder_uid;
  fixed.name = shared_name(meta, facts.claimed_at);
  const auto role = static_cast<Role>(facts.role);
  auto end = std::make_shared<NamedEnd>(role, std::move(fixed), EndModes{}, nullptr);
  shared->lock(Half::kReading);
  shared->lock(Half::kWriting);
  const bool has_place = shared->take_place();
  shared->unlock(Half::kWriting);
  shared->unlock(Half::kReading);
  if (!has_place) return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
  end->maker_pid_ = facts.maker_pid;
  end->shared_ = std::move(shared);
  end->is_shared_ = true;
  end->read_mutex_.share(end.get());
  end->write_mutex_.share(end.get());
  end->watch_holders(false);
  end->ring_fd_.store(end->shared_->ring_fd(), std::memory_order_release);
  const auto watched = reactor->watch(end->shared_->ring_fd(), EPOLLIN | EPOLLET, std::make_shared<RingWatch>(end));
  if (!watched) return watched.status();
  end->ring_watch_ = *watched;
  end->ring_others();
  return end;
}

// Both locks are held, those between processes too.
void NamedEnd::unshare() {
  is_shared_ = false;
  others_read_ = others_write_ = false;
  others_waiting_reads_ = 0;
  read_mutex_.share(nullptr);
  write_mutex_.share(nullptr);
  shared_->release();
}

bool NamedEnd::let_go() {
  Effects effects;
  std::shared_ptr<Connection> connection;
  Reactor* const reactor = Reactor::running();
  bool serves = false;
  {
    MutexLock reading(read_mutex_);
    MutexLock writing(write_mutex_);
    if (!is_shared_) return true;
    if (shared_->drop_stake()) {
      unshare();
      return true;
    }
    complete_all(connects_, PIPES_ERROR_BROKEN_PIPE, effects);
    complete_all(reads_, PIPES_ERROR_BROKEN_PIPE, effects);
    complete_all(flushes_, PIPES_ERROR_BROKEN_PIPE, effects);
    complete_all(behind_, PIPES_ERROR_BROKEN_PIPE, effects);
    lent_ = 0;
    if (connection_ != nullptr) {
      end_writes_at_close(false, effects);
      if (!waiting_frames_.empty()) connection_->writer.publish_final(connection_->writer.tail());
    }
    waiting_frames_.clear();
    read_event_.close();
    write_event_.close();
    shared_->set_inheritable(false);
    // A server process goes on taking clients for the others.
    serves = pipe_ != nullptr && reactor != nullptr;
    if (serves) {
      serving_ = shared_from_this();
    } else {
      closed_ = true;
      shared_->give_back_place();
      leave(Half::kWriting);
      leave(Half::kReading);
      unshare();
      if (connection_ != nullptr) connection = detach_locked();
    }
  }
  effects.perform();
  if (serves) {
    auto watch = std::make_shared<BoxWatch>(weak_from_this(), shared_->box_fd());
    if (!reactor->watch(shared_->box_fd(), EPOLLHUP, std::move(watch))) stop_serving();
    return false;
  }
  if (connection != nullptr) {
    if (connection->local != nullptr) connection->local->set(role_, {});
    if (reactor != nullptr) reactor->unwatch(connection->watch, connection->socket.get());
  }
  ring_others();
  return false;
}

void NamedEnd::stop_serving() {
  std::shared_ptr<NamedEnd> self;
  {
    MutexLock reading(read_mutex_);
    MutexLock writing(write_mutex_);
    if (!is_shared_ || serving_ == nullptr) return;
    self = std::move(serving_);
    unshare();
  }
  pipe_->end_closed(*this, close());
}

// ----------------------------------------------------------------------------------------------------- writes in turn

void NamedEnd::queue_behind(PendingOp& op) {
  if (op.no_wait && !op.ignores_quota) return op.finish(PIPES_OK);  // WRITE-10
  if (!op.overlapped) op.parker = &Parker::mine();
  op.behind = true;
  behind_.push_back(&op);
}

void NamedEnd::start_those_behind(Effects& effects) {
  while (!behind_.empty() && !others_write_) {
    PendingOp* const op = behind_.front();
    behind_.remove(op);
    if (!start_write(*op, effects)) settle(*op, effects);
  }
}

}  // namespace pipes
