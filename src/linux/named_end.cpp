// The state of an end: what it is now, how it comes to be connected, disconnected and closed, and what that does to
// operations that wait.
#include "linux/named_end.h"

#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "linux/reactor.h"
#include "linux/server_pipe.h"
#include "support/fault_point.h"
#include "support/seeded_mistake.h"

namespace pipes {

using wire::EndState;

NamedEnd::NamedEnd(Role role, Fixed fixed, EndModes modes, std::shared_ptr<ServerPipe> pipe)
    : role_(role),
      fixed_(std::move(fixed)),
      pipe_(std::move(pipe)),
      read_mode_(modes.read_mode),
      wait_mode_(modes.wait_mode) {}

NamedEnd::~NamedEnd() {
  // Others keep the ring open, so the kernel would not forget that it is watched.
  Reactor* const reactor = ring_watch_ != 0 ? Reactor::running() : nullptr;
  if (reactor != nullptr) reactor->unwatch(ring_watch_, shared_->ring_fd());
}

InstanceState NamedEnd::state_locked() const {
  return connection_ != nullptr && connection_->over() ? InstanceState::kClosing : state_;
}

EndView NamedEnd::view() const {
  if (role_ == Role::kServer) return server_view(state_locked());
  if (connection_ == nullptr) return EndView::kClientDetached;
  if (connection_->peer_state() == EndState::kDisconnected && !PIPES_MISTAKE("disconnect-keeps-data")) {
    return EndView::kClientDetached;
  }
  return connection_->over() ? EndView::kClientClosing : EndView::kClientConnected;
}

InstanceState NamedEnd::state() {
  MutexLock lock(read_mutex_);
  return state_locked();
}

Status NamedEnd::check(Operation operation) {
  MutexLock lock(read_mutex_);
  return refusal(operation);
}

// One branch for a connected end; everything else the table of STATE-10 decides.
Status NamedEnd::refusal(Operation operation) const {
  if (closed_) return PIPES_ERROR_INVALID_HANDLE;
  if (connection_ != nullptr && !connection_->over()) [[likely]] {
    if (operation == Operation::kRead || operation == Operation::kWrite) return PIPES_OK;
  }
  if (lacks_connection_ && operation != Operation::kClose) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  const Gate answer = gate(view(), operation);
  return answer.action == Gate::Action::kFail ? answer.status : Status{PIPES_OK};
}

Status NamedEnd::over_status(Status when_closed) const {
  return connection_->peer_state() == EndState::kDisconnected ? Status{PIPES_ERROR_PIPE_NOT_CONNECTED} : when_closed;
}

void NamedEnd::complete_all(PendingQueue& queue, Status status, Effects& effects) {
  if (&queue == &reads_) read_bytes_queued_ = 0;
  if (&queue == &writes_) first_unpushed_ = nullptr;
  while (PendingOp* op = queue.front()) {
    queue.remove(op);
    op->transferred = 0;
    op->finish(status);
    settle(*op, effects);
  }
}

// The peer broke the rules of the ring: from here on it counts as dead. Hanging up makes the reactor wake whoever waits
// in the other half.
void NamedEnd::mark_broken(Connection& connection) {
  connection.gone.store(true, std::memory_order_release);
  ::shutdown(connection.socket.get(), SHUT_RDWR);
}

void NamedEnd::tell_peer(EndState state, Effects& effects) {
  Connection& connection = *connection_;
  // Release: what was written before is visible to a peer that sees the end of it.
  connection.own->state.store(static_cast<uint32_t>(state), std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (wire::WaitFlag* flag : {&connection.in->writer_waits, &connection.out->reader_waits}) {
    const auto half = flag == &connection.in->writer_waits ? LocalPair::Half::kWrites : LocalPair::Half::kReads;
    const uint32_t waiting = flag->waiting.exchange(wire::WaitFlag::kNobody, std::memory_order_acq_rel);
    effects.wake({waiting, &flag->waiting, connection_, local_peer_looks(half)});
  }
}

std::shared_ptr<Connection> NamedEnd::detach_locked() {
  published_head_ = published_consumed_ = lent_ = 0;
  write_sequence_ = empties_end_ = 0;
  consumed_hint_.store(0, std::memory_order_relaxed);
  head_at_last_write_ = 0;
  waiting_frames_.clear();
  has_read_ = false;
  return std::move(connection_);
}

Status NamedEnd::attach(std::shared_ptr<Connection> connection, uint32_t qos_flags, Effects& effects,
                        const std::function<bool()>& settle) {
  MutexLock reading(read_mutex_);
  MutexLock writing(write_mutex_);
  if (state_ == InstanceState::kDisconnected || closed_) return PIPES_ERROR_PIPE_NOT_CONNECTED;
  if (is_shared_) {
    if (const Status status = offer_connection(*shared_, *connection); status != PIPES_OK) return status;
  }
  if (!settle()) {
    if (is_shared_) shared_->empty_box(UINT64_MAX);
    return PIPES_ERROR_PIPE_NOT_CONNECTED;
  }
  connection_ = std::move(connection);
  state_ = InstanceState::kConnected;
  qos_flags_ = qos_flags;
  if (role_ == Role::kClient) opener_ = Parker::mine().identity;
  if (is_shared_) publish_connection();
  complete_all(connects_, PIPES_OK, effects);
  read_event_.raise();
  write_event_.raise();
  return PIPES_OK;
}

bool NamedEnd::become_listening() {
  MutexLock reading(read_mutex_);
  MutexLock writing(write_mutex_);
  if (lacks_connection_) return false;
  const Transition step = transition(state_locked(), InstanceEvent::kListen);
  if (step.kind != Transition::Kind::kNext || state_ == InstanceState::kListening) return false;
  state_ = step.next;
  return true;
}

Status NamedEnd::become_disconnected(Effects& effects, std::shared_ptr<Connection>* retired) {
  MutexLock reading(read_mutex_);
  MutexLock writing(write_mutex_);
  if (lacks_connection_) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  const Transition step = transition(state_locked(), InstanceEvent::kDisconnect);
  if (step.kind == Transition::Kind::kRefused) return step.status;
  state_ = InstanceState::kDisconnected;
  if (PIPES_MISTAKE("modes-reset-by-disconnect")) read_mode_ = ReadMode::kByte;
  for (PendingQueue* queue : {&connects_, &reads_, &writes_, &behind_, &flushes_}) {
    if (queue == &connects_ && PIPES_MISTAKE("connect-outlives-disconnect")) continue;
    complete_all(*queue, PIPES_ERROR_PIPE_NOT_CONNECTED, effects);
  }
  read_event_.raise();
  write_event_.raise();
  if (connection_ == nullptr) return PIPES_OK;
  tell_peer(EndState::kDisconnected, effects);
  PIPES_CRASH_POINT("end-disconnecting");  // CRASH: the peer knows; the next holder finds it in the shared memory
  *retired = detach_locked();
  if (is_shared_) publish_connection();
  return PIPES_OK;
}

NamedEnd::Closed NamedEnd::close() {
  Effects effects;
  Closed closed;
  {
    MutexLock reading(read_mutex_);
    MutexLock writing(write_mutex_);
    closed_ = true;
    complete_all(connects_, PIPES_ERROR_BROKEN_PIPE, effects);
    complete_all(reads_, PIPES_ERROR_BROKEN_PIPE, effects);
    complete_all(flushes_, PIPES_ERROR_BROKEN_PIPE, effects);
    complete_all(behind_, PIPES_ERROR_BROKEN_PIPE, effects);
    if (connection_ != nullptr) closed.peer_stays = !connection_->over() && !PIPES_MISTAKE("instance-ends-early");
    end_writes_at_close(closed.peer_stays, effects);
    if (connection_ != nullptr) {
      tell_peer(EndState::kClosed, effects);
      if (writes_.empty()) {
        closed.connection = detach_locked();
      } else {
        closed.connection = connection_;
        lingering_ = shared_from_this();
      }
    }
    closed.lingers = lingering_ != nullptr;
    read_event_.close();
    write_event_.close();
  }
  effects.perform();
  if (closed.lingers) on_doorbell();  // what is read from now on rings; what was read meanwhile has not
  return closed;
}

// What is in the ring stays readable; of what is not, nothing can come any more. Overlapped writes that are in the ring
// go on waiting for their reader, as long as there is one (CLOSE-5); calls that block end (CLOSE-11).
void NamedEnd::end_writes_at_close(bool peer_stays, Effects& effects) {
  for (PendingOp* op = writes_.back(); op != nullptr && !op->pushed; op = op->previous) withdraw(*op);
  for (PendingOp* op = writes_.front(); op != nullptr;) {
    PendingOp* const next = op->next;
    if (!op->pushed || !op->overlapped || !peer_stays) {
      writes_.remove(op);
      op->transferred = 0;
      op->finish(PIPES_ERROR_BROKEN_PIPE);
      settle(*op, effects);
    }
    op = next;
  }
  first_unpushed_ = nullptr;
}

// A closed end whose last write has been read lets go of its connection.
void NamedEnd::stop_lingering() {
  std::shared_ptr<Connection> connection;
  std::shared_ptr<NamedEnd> self;
  {
    MutexLock reading(read_mutex_);
    MutexLock writing(write_mutex_);
    if (lingering_ == nullptr || !writes_.empty()) return;
    self = std::move(lingering_);
    connection = detach_locked();
  }
  if (role_ == Role::kServer || connection == nullptr) return;  // the pipe looks after those of server ends
  if (Reactor* reactor = Reactor::running()) reactor->unwatch(connection->watch, connection->socket.get());
}

bool NamedEnd::on_hangup(const Connection* connection) {
  Effects effects;
  {
    MutexLock reading(read_mutex_);
    MutexLock writing(write_mutex_);
    if (connection_.get() != connection) return false;
    connection_->gone.store(true, std::memory_order_release);
    if (connection_->peer_state() == EndState::kOpen) connection_->reader.writer_died();
    pump_reads(effects);
    publish_reads(effects);
    pump_writes(effects);  // what was read before the end has succeeded
    const Status status = over_status(PIPES_ERROR_BROKEN_PIPE);
    complete_all(writes_, status, effects);
    complete_all(behind_, status, effects);
    complete_all(flushes_, status, effects);
    waiting_frames_.clear();
    read_event_.raise();
    write_event_.raise();
  }
  effects.perform();
  stop_lingering();
  return true;
}

// Queues `op` among the connects that wait, or says why not. A disconnected instance listens again first.
Status NamedEnd::begin_connect(PendingOp& op) {
  bool listens_anew = false;
  while (true) {
    Gate answer{};
    {
      MutexLock reading(read_mutex_);
      MutexLock writing(write_mutex_);
      if (closed_) return PIPES_ERROR_INVALID_HANDLE;
      if (lacks_connection_) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
      const bool waits = wait_mode_ == WaitMode::kWait;
      answer = gate(view(), waits ? Operation::kConnectWait : Operation::kConnectNoWait);
      const bool listens = answer.action == Gate::Action::kWait || answer.action == Gate::Action::kRelistenAndWait ||
                           answer.action == Gate::Action::kRelistenAndFail;
      if (listens && !may_listen()) return PIPES_ERROR_NOT_SUPPORTED;
      if (answer.action == Gate::Action::kWait) {
        connects_.push_back(&op);
        return PIPES_ERROR_IO_PENDING;
      }
    }
    // A client may have been quicker than our way back here.
    if (listens_anew && answer.status == PIPES_ERROR_PIPE_CONNECTED) return PIPES_OK;
    if (answer.action == Gate::Action::kFail) return answer.status;
    if (pipe_ != nullptr) {
      pipe_->listen_again(*this);
    } else {
      (void)become_listening();  // its server process hears of it
    }
    listens_anew = true;
    if (answer.action == Gate::Action::kRelistenAndFail) return answer.status;
  }
}

Status NamedEnd::connect() {
  PendingOp op;
  op.parker = &Parker::mine();
  if (const Status status = begin_connect(op); status != PIPES_ERROR_IO_PENDING) return status;
  const Busy busy(*this);
  BlockingCall call(*op.parker);
  std::optional<ServerPipe::Doorkeeper> doorkeeper;
  if (pipe_ != nullptr) doorkeeper.emplace(*pipe_, *op.parker);
  while (true) {
    const uint32_t ticket = op.parker->ticket();
    {
      MutexLock reading(read_mutex_);
      if (op.done) return op.status;
      if (op.parker->cancelled()) {
        MutexLock writing(write_mutex_);
        connects_.remove(&op);  // CONN-14: the instance goes on listening
        return PIPES_ERROR_OPERATION_ABORTED;
      }
    }
    if (doorkeeper && doorkeeper->on_duty()) {
      doorkeeper->wait(ticket);
    } else {
      op.parker->sleep(ticket, Deadline::never());
    }
  }
}

Status NamedEnd::disconnect() {
  if (pipe_ != nullptr) return pipe_->disconnect(*this);
  if (role_ == Role::kServer) {
    Effects effects;
    std::shared_ptr<Connection> retired;
    const Status status = become_disconnected(effects, &retired);
    effects.perform();
    Reactor* const reactor = Reactor::running();
    if (retired != nullptr && reactor != nullptr) reactor->unwatch(retired->watch, retired->socket.get());
    return status;
  }
  MutexLock lock(read_mutex_);
  return gate(view(), Operation::kDisconnect).status;
}

Status NamedEnd::set_modes(EndModes wanted) {
  MutexLock reading(read_mutex_);
  MutexLock writing(write_mutex_);
  if (const Status refused = refusal(Operation::kSetState); refused != PIPES_OK) return refused;
  OwnTraffic traffic;
  traffic.read_waits = !reads_.empty() || others_waiting_reads_ > 0;
  if (connection_ != nullptr && !connection_->over() && connection_->writer.refresh()) {
    traffic.written_unread = anything_unread();
  }
  const Status refused = check_mode_change({read_mode_, wait_mode_}, wanted, traffic);
  if (refused != PIPES_OK) return refused;
  read_mode_ = wanted.read_mode;
  wait_mode_ = wanted.wait_mode;
  return PIPES_OK;
}

EndModes NamedEnd::modes() const {
  MutexLock lock(read_mutex_);
  return {read_mode_, wait_mode_};
}

Status NamedEnd::fill_local_info(pipes_local_info* info) {
  MutexLock reading(read_mutex_);
  MutexLock writing(write_mutex_);
  if (const Status refused = refusal(Operation::kQueryState); refused != PIPES_OK) return refused;
  const uint32_t quota = role_ == Role::kServer ? fixed_.quotas.outbound : fixed_.quotas.inbound;
  uint64_t unread = 0;
  uint64_t written = 0;
  if (connection_ != nullptr) {
    unread = connection_->reader.available();
    if (connection_->writer.refresh()) {
      written = connection_->writer.announced() - connection_->writer.consumed_seen();
    }
  }
  info->read_data_available = static_cast<uint32_t>(std::min<uint64_t>(unread, UINT32_MAX));
  info->write_quota_available = quota - static_cast<uint32_t>(std::min<uint64_t>(written, quota));
  info->state = static_cast<uint32_t>(role_ == Role::kServer ? state_locked()
                                      : connection_->over()  ? InstanceState::kClosing
                                                             : InstanceState::kConnected);
  return PIPES_OK;
}

std::shared_ptr<Connection> NamedEnd::connection() {
  MutexLock lock(read_mutex_);
  return connection_;
}

NamedEnd::PeerFacts NamedEnd::peer_facts() {
  MutexLock lock(read_mutex_);
  PeerFacts facts;
  facts.connected = connection_ != nullptr;
  facts.has_read = has_read_;
  facts.qos_flags = qos_flags_;
  if (connection_ != nullptr) facts.credentials = connection_->credentials;
  return facts;
}

bool NamedEnd::with_socket(const std::function<void(int)>& use) {
  const std::shared_ptr<Connection> connection = this->connection();
  if (connection == nullptr) return false;
  use(connection->socket.get());
  return true;
}

}  // namespace pipes
