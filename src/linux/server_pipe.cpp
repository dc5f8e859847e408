// Serving a name: creating instances, taking clients, and the end of both.
#include "linux/server_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <map>
#include <new>

#include "linux/client.h"
#include "linux/doorbell.h"
#include "linux/guests.h"
#include "linux/known_pipes.h"
#include "linux/local_pair.h"
#include "linux/refused_access.h"
#include "linux/server_request.h"
#include "security/access.h"
#include "security/default_descriptor.h"
#include "support/detached_thread.h"
#include "support/fault_point.h"
#include "support/log.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

// A peer that has connected and says nothing is dropped after this.
constexpr uint64_t kHandshakeMs = 2000;
constexpr int kAcceptsPerRound = 64;

struct Registry {
  Mutex mutex;
  std::map<std::u16string, std::shared_ptr<ServerPipe>> pipes;
};

// Never destroyed: the reactor may outlive main. A forked child starts with a new one.
std::atomic<Registry*> the_registry{nullptr};
Mutex registry_start;

Registry& registry() {
  Registry* found = the_registry.load(std::memory_order_acquire);
  if (found != nullptr) return *found;
  MutexLock lock(registry_start);
  found = the_registry.load(std::memory_order_relaxed);
  if (found == nullptr) the_registry.store(found = new Registry, std::memory_order_release);
  return *found;
}

std::shared_ptr<ServerPipe> registered(const std::u16string& folded, bool create) {
  Registry& all = registry();
  MutexLock lock(all.mutex);
  const auto found = all.pipes.find(folded);
  if (found != all.pipes.end()) return found->second;
  if (!create) return nullptr;
  auto pipe = std::make_shared<ServerPipe>(folded);
  all.pipes.emplace(folded, pipe);
  return pipe;
}

void unregister(const std::u16string& folded, const ServerPipe* pipe) {
  std::shared_ptr<ServerPipe> dropped;
  Registry& all = registry();
  MutexLock lock(all.mutex);
  const auto found = all.pipes.find(folded);
  if (found == all.pipes.end() || found->second.get() != pipe) return;
  dropped = std::move(found->second);
  all.pipes.erase(found);
  lock.unlock();
}

void answer(Connection& connection, Status status) {
  // Exchange: the client may be going to sleep, or giving up, at this moment.
  wire::Answer& word = connection.memory.answer();
  const uint32_t before = word.word.exchange(wire::Answer::kAnswered | status, std::memory_order_acq_rel);
  if (before == wire::Answer::kSleeping) send_reply(connection.socket.get(), status);
}

}  // namespace

// ----------------------------------------------------------------------------------------------- what the reactor sees

class ServerPipe::Listener : public Reactor::Source {
 public:
  explicit Listener(std::weak_ptr<ServerPipe> pipe) : pipe_(std::move(pipe)) {}
  void on_ready(uint64_t, uint32_t) override {
    if (const auto pipe = pipe_.lock()) pipe->accept_clients();
  }

 private:
  std::weak_ptr<ServerPipe> pipe_;
};

// A process that has connected and not spoken yet.
class ServerPipe::HalfOpen : public Reactor::Source, public std::enable_shared_from_this<HalfOpen> {
 public:
  HalfOpen(std::weak_ptr<ServerPipe> pipe, UniqueFd socket, Guest guest)
      : pipe_(std::move(pipe)), guest_(std::move(guest)), socket_(std::move(socket)) {}

  void watch() {
    Reactor* reactor = Reactor::running();
    if (reactor == nullptr) return;
    [[maybe_unused]] const auto name =
        reactor->watch(socket_.get(), EPOLLIN | EPOLLRDHUP, shared_from_this(),
                       PIPES_MISTAKE("handshake-for-ever") ? Deadline::never() : Deadline::after_ms(kHandshakeMs));
  }
  void on_ready(uint64_t name, uint32_t) override {
    ReceivedRequest received = receive_request(socket_.get());
    if (received.kind == ReceivedRequest::Kind::kNothingYet) return;
    drop_watch(name);
    if (const auto pipe = pipe_.lock()) pipe->take_request(std::move(socket_), std::move(received));
    socket_.reset();
  }
  void on_deadline(uint64_t name) override {
    drop_watch(name);
    socket_.reset();
  }

 private:
  void drop_watch(uint64_t name) {
    if (Reactor* reactor = Reactor::running()) reactor->unwatch(name, socket_.get());
  }
  std::weak_ptr<ServerPipe> pipe_;
  Guest guest_;
  UniqueFd socket_;
};

// A process in pipes_wait_available. It goes when it is answered, or hangs up.
class ServerPipe::Waiter : public Reactor::Source {
 public:
  Waiter(std::weak_ptr<ServerPipe> pipe, UniqueFd socket, Guest guest)
      : pipe_(std::move(pipe)), guest_(std::move(guest)), socket_(std::move(socket)) {}
  void on_ready(uint64_t own_name, uint32_t) override {
    if (const auto pipe = pipe_.lock()) pipe->forget_waiter(own_name);
  }
  [[nodiscard]] int fd() const { return socket_.get(); }
  std::atomic<uint64_t> name{0};

 private:
  std::weak_ptr<ServerPipe> pipe_;
  Guest guest_;
  ProcessFd socket_;
};

// The control socket of a connection of a server end, in its life and after it.
class ServerPipe::Watch : public Reactor::Source, public std::enable_shared_from_this<Watch> {
 public:
  Watch(std::weak_ptr<ServerPipe> pipe, std::weak_ptr<NamedEnd> end, std::weak_ptr<Connection> connection)
      : pipe_(std::move(pipe)), end_(std::move(end)), connection_(std::move(connection)) {}
  void on_ready(uint64_t name, uint32_t events) override {
    const auto connection = connection_.lock();
    if (!connection) return;
    if ((events & EPOLLIN) != 0) doorbell_.answer(*connection, end_.lock(), shared_from_this());
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
    if (Reactor* reactor = Reactor::running()) reactor->unwatch(name, connection->socket.get());
    connection->gone.store(true, std::memory_order_release);
    if (const auto end = end_.lock()) end->on_hangup(connection.get());
    if (const auto pipe = pipe_.lock()) pipe->sweep(IfBusy::kSkip);
  }
  void on_deadline(uint64_t) override {
    if (const auto connection = connection_.lock()) doorbell_.listen_again(*connection);
  }

 private:
  Doorbell doorbell_;
  std::weak_ptr<ServerPipe> pipe_;
  std::weak_ptr<NamedEnd> end_;
  std::weak_ptr<Connection> connection_;
};

// ------------------------------------------------------------------------------------------------------------ creating

Result<ServerPipe::Created> ServerPipe::create(const PipeName& name, const CreateParameters& parameters,
                                               const SecurityDescriptor* supplied) {
  while (true) {
    const auto pipe = registered(name.folded, true);
    bool retry = false;
    auto created = pipe->add({name, parameters, supplied}, &retry);
    if (!retry) return created;
  }
}

// The instances of other processes may have ended without their having noticed. With one of this process's the pipe is
// not new, whatever the others have; without any add_first asks. Neither this process's other calls nor its reactor
// wait for the answers.
void ServerPipe::have_others_recount() {
  const AsSelf as_self;
  std::string own_socket;
  std::optional<FoundPipe> full;
  {
    MutexLock lock(membership_mutex_);
    if (!membership_ || is_beside(membership_->founder_uid(), membership_->record())) return;
    own_socket = membership_->record().socket;
    if (auto found = membership_->as_found()) full = std::move(*found);
  }
  sweep(IfBusy::kWait);
  if (full) ask_others(*full, own_socket, ask_to_recount);
}

// SUBTLE: instances that end while the lock is held are left to the holder, who therefore sweeps once it has let go,
// whatever came of the call.
Result<ServerPipe::Created> ServerPipe::add(const Creation& creation, bool* retry) {
  sweep(IfBusy::kWait);
  membership_mutex_.lock();
  auto added = add_to_folder(creation, retry);
  if (added.status() == PIPES_ERROR_PIPE_BUSY && membership_) {
    membership_mutex_.unlock();
    have_others_recount();
    membership_mutex_.lock();
    added = add_to_folder(creation, retry);
  }
  std::optional<FoundPipe> own;
  if (added && added->added) {
    if (auto found = membership_->as_found()) own = std::move(*found);
  }
  membership_mutex_.unlock();
  sweep(IfBusy::kWait);
  if (!added) return added;
  start_to_listen(added->end);
  if (own) tell_other_servers(*own);
  return added;
}

// `membership_mutex_` is held. The pipe, if it is new, is made with the rights of whoever this thread acts for, and is
// his (IMP-16).
Result<ServerPipe::Created> ServerPipe::add_to_folder(const Creation& creation, bool* retry) {
  Reactor* reactor = Reactor::running();
  if (reactor == nullptr) return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
  if (dissolved_) {
    *retry = true;
    return Status{PIPES_ERROR_FILE_NOT_FOUND};
  }
  const CreateParameters& parameters = creation.parameters;
  const auto token = token_of_thread(true);
  if (!token) return token.status();
  if (const Status refused = check_create_pipe(*token, parameters.open_mode); refused != PIPES_OK) return refused;
  const auto prepared = prepare_descriptor(*token, creation.supplied);
  auto bytes = prepared ? descriptor_to_bytes(*prepared) : Result<std::vector<std::byte>>(prepared.status());
  NewPipe attributes;
  attributes.type = parameters.attributes.type == PipeType::kMessage ? PIPES_TYPE_MESSAGE : PIPES_TYPE_BYTE;
  attributes.access = static_cast<uint32_t>(parameters.attributes.access);
  attributes.max_instances = parameters.attributes.max_instances;
  attributes.default_timeout_ms = parameters.attributes.default_timeout_ms;
  attributes.ring_capacity = ring_capacity(parameters.quotas);
  attributes.refused = bytes.status();
  if (bytes) attributes.descriptor = std::move(*bytes);
  RefusedAccess refused_access;
  const auto check_access = [&](const PipeMeta& found) {
    const auto descriptor = stored_descriptor_of(found);
    AccessTrace trace;
    const Status status = check_add_instance(*token, descriptor->value, parameters.open_mode, &trace);
    if (status != PIPES_OK) refused_access = {descriptor, trace};
    return status;
  };
  const AddRequest request{creation.name,
                           std::move(attributes),
                           parameters.first_instance,
                           static_cast<uint32_t>(parameters.attributes.access),
                           check_access,
                           ask_to_recount,
                           [&](const FoundPipe& found, const ServerRecord& record) {
                             return ask_for_admission(found, record, parameters.open_mode);
                           },
                           report_instances};
  bool created = false;
  PipeMeta meta;
  if (!membership_) {
    auto first = PipeMembership::add_first(request);
    if (!first) {
      refused_access.log(creation.name.display, ::geteuid());
      dissolved_ = true;
      unregister(folded_, this);
      return first.status();
    }
    created = first->created;
    meta = std::move(first->meta);
    membership_ = std::move(first->membership);
    close_in_child(membership_->listening_socket());
    close_in_child(membership_->folder());
    {
      MutexLock lock(mutex_);
      meta_ = meta;
      display_ = meta.display;
    }
    store_descriptor(meta);
    set_readable(&*membership_);
    set_listener(membership_->listening_socket());
    const auto watched =
        reactor->watch(membership_->listening_socket(), EPOLLIN, std::make_shared<Listener>(weak_from_this()));
    if (!watched) {
      set_listener(-1);
      set_readable(nullptr);
      membership_->remove_instances(1);
      membership_.reset();
      dissolved_ = true;
      unregister(folded_, this);
      return watched.status();
    }
    listener_watch_ = *watched;
  } else {
    const AsSelf as_self;
    const Status refused = membership_->add_instance(request, &meta);
    refused_access.log(creation.name.display, ::geteuid());
    if (refused != PIPES_OK) return refused;
    (void)refresh_descriptor();
  }
  NamedEnd::Fixed fixed;
  fixed.attributes.access = static_cast<AccessMode>(meta.access);
  fixed.attributes.type = meta.type == PIPES_TYPE_MESSAGE ? PipeType::kMessage : PipeType::kByte;
  fixed.attributes.max_instances = meta.max_instances;
  fixed.attributes.default_timeout_ms = meta.default_timeout_ms;
  fixed.quotas = parameters.quotas;
  fixed.name = shared_name(meta, membership_->claimed_at());
  fixed.owner_uid = meta.owner_uid;
  fixed.rejects_remote = parameters.remote_clients == RemoteClients::kReject;
  EndModes modes = parameters.server_modes;
  // INST-6: the type is the first instance's, whatever this call said; message read mode needs message type.
  if (fixed.attributes.type == PipeType::kByte) modes.read_mode = ReadMode::kByte;
  auto end = std::make_shared<NamedEnd>(Role::kServer, std::move(fixed), modes, shared_from_this());
  {
    MutexLock lock(mutex_);
    open_ends_.emplace(end.get(), end);
    ++open_end_count_;
  }
  return Created{std::move(end), !created};
}

// A server process that is new to the name tells the others, whose waiting clients then look again (WAIT-8).
void ServerPipe::tell_other_servers(const FoundPipe& own) const {
  for (const ServerRecord& server : own.meta.servers) {
    if (server.pid == static_cast<uint32_t>(::getpid())) continue;
    const auto socket = connect_server(own, server);
    const wire::Request notice = request_to(folded_, wire::RequestKind::kNewServer);
    if (!socket || !send_request(socket->get(), notice, -1)) continue;  // dead, then; nobody waits there
  }
}

void ServerPipe::set_listener(int listener) {
  MutexLock lock(listener_mutex_);
  listener_ = listener;
}

// ----------------------------------------------------------------------------------------------------- states of an end

void ServerPipe::start_to_listen(std::shared_ptr<NamedEnd> end) {
  {
    MutexLock lock(mutex_);
    listening_.push_back(std::move(end));
  }
  release_waiters();
}

void ServerPipe::listen_again(NamedEnd& end) {
  {
    MutexLock lock(mutex_);
    if (!end.become_listening()) return;
    listening_.push_back(end.shared_from_this());
  }
  release_waiters();
}

Status ServerPipe::disconnect(NamedEnd& end) {
  Effects effects;
  std::shared_ptr<Connection> retired;
  Status status = PIPES_OK;
  {
    MutexLock lock(mutex_);
    status = end.become_disconnected(effects, &retired);
    std::erase_if(listening_, [&](const auto& listed) { return listed.get() == &end; });
  }
  effects.perform();
  if (retired != nullptr) {
    if (Reactor* reactor = Reactor::running()) reactor->unwatch(retired->watch, retired->socket.get());
  }
  return status;
}

void ServerPipe::align(NamedEnd& end) {
  bool listens_anew = false;
  {
    MutexLock lock(mutex_);
    const bool listens = end.state() == InstanceState::kListening;
    const bool is_closed = end.check(Operation::kClose) != PIPES_OK;
    const auto is_end = [&](const auto& listed) { return listed.get() == &end; };
    const bool listed = std::ranges::any_of(listening_, is_end);
    listens_anew = listens && !listed && !is_closed;
    if (listens_anew) listening_.push_back(end.shared_from_this());
    if (!listens) std::erase_if(listening_, is_end);
  }
  if (listens_anew) release_waiters();
}

void ServerPipe::end_closed(NamedEnd& end, const NamedEnd::Closed& closed) {
  const bool stays = closed.peer_stays;
  {
    MutexLock lock(mutex_);
    std::erase_if(listening_, [&](const auto& listed) { return listed.get() == &end; });
    open_ends_.erase(&end);
    --open_end_count_;
    if (stays) left_behind_.push_back(closed.connection);
    if (!stays) to_drop_.fetch_add(1, std::memory_order_seq_cst);
  }
  if (!stays) {
    Reactor* reactor = Reactor::running();
    if (closed.connection && reactor != nullptr) {
      reactor->unwatch(closed.connection->watch, closed.connection->socket.get());
    }
    drop_ended(IfBusy::kWait);
    return;
  }
  // The client's reactor learns of it even if its waiting threads were led astray.
  ::shutdown(closed.connection->socket.get(), SHUT_WR);
  sweep(IfBusy::kWait);
}

bool ServerPipe::sweep(IfBusy if_busy) {
  std::vector<std::shared_ptr<Connection>> ended;
  {
    MutexLock lock(mutex_);
    const auto gone = [](const std::shared_ptr<Connection>& connection) { return !connection->over(); };
    const auto middle = std::stable_partition(left_behind_.begin(), left_behind_.end(), gone);
    ended.assign(std::make_move_iterator(middle), std::make_move_iterator(left_behind_.end()));
    left_behind_.erase(middle, left_behind_.end());
    to_drop_.fetch_add(static_cast<uint32_t>(ended.size()), std::memory_order_seq_cst);
  }
  if (Reactor* reactor = Reactor::running()) {
    for (const auto& connection : ended) reactor->unwatch(connection->watch, connection->socket.get());
  }
  return drop_ended(if_busy);
}

// SUBTLE: whoever finds the lock taken leaves what it counted to the holder, who looks again once it has let go. The
// fence orders each side's store before its load: one of the two sees the other. With kWait the lock is taken even if
// nothing seems left to do, since the holder may be about to write what the caller wants to see written.
bool ServerPipe::drop_ended(IfBusy if_busy) {
  if (if_busy != IfBusy::kWait && to_drop_.load(std::memory_order_seq_cst) == 0) return true;
  do {
    if (if_busy == IfBusy::kWait) {
      membership_mutex_.lock();
    } else if (!membership_mutex_.try_lock()) {
      return true;
    }
    const bool served = membership_.has_value();
    const Dropped dropped = drop_counted(if_busy);
    membership_mutex_.unlock();
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (dropped == Dropped::kAll) unregister(folded_, this);
    if (dropped == Dropped::kFolderIsLocked) sweep_later();
    if (dropped == Dropped::kFolderIsLocked) return false;
    if (dropped == Dropped::kAll || !served) return true;
  } while (to_drop_.load(std::memory_order_seq_cst) != 0);
  return true;
}

// Without a thread to be had, what is left is found by the next who sweeps.
void ServerPipe::sweep_later() {
  if (sweeps_later_.exchange(true, std::memory_order_acq_rel)) return;
  auto self = std::make_unique<std::shared_ptr<ServerPipe>>(shared_from_this());
  const auto run = [](void* argument) {
    const std::unique_ptr<std::shared_ptr<ServerPipe>> pipe(static_cast<std::shared_ptr<ServerPipe>*>(argument));
    // Before it looks: whoever leaves something from now on starts another thread.
    (*pipe)->sweeps_later_.store(false, std::memory_order_seq_cst);
    (*pipe)->sweep(IfBusy::kWaitForProcesses);
  };
  if (start_detached_thread("pipes-sweep", run, self.get())) {
    [[maybe_unused]] const auto* const the_threads = self.release();
  } else {
    sweeps_later_.store(false, std::memory_order_seq_cst);
  }
}

// Takes what has ended out of the folder. `membership_mutex_` is held.
ServerPipe::Dropped ServerPipe::drop_counted(IfBusy if_busy) {
  const uint32_t count = to_drop_.exchange(0, std::memory_order_acq_rel);
  if (count == 0 || !membership_) return Dropped::kSome;
  const AsSelf as_self;
  const auto turn =
      membership_->take_turn(if_busy == IfBusy::kSkip ? LockedFolder::Wait::kNever : LockedFolder::Wait::kForTurn);
  if (!turn && turn.status() == PIPES_ERROR_PIPE_BUSY) {
    to_drop_.fetch_add(count, std::memory_order_seq_cst);
    return Dropped::kFolderIsLocked;
  }
  std::list<std::shared_ptr<Waiter>> released;
  bool last = false;
  {
    MutexLock lock(mutex_);
    last = open_end_count_ == 0 && left_behind_.empty() && to_drop_.load(std::memory_order_acquire) == 0;
    if (last) released.swap(waiters_);
  }
  if (last) {
    set_listener(-1);
    set_readable(nullptr);
    if (Reactor* reactor = Reactor::running()) {
      reactor->unwatch(listener_watch_, membership_->listening_socket());
      for (const auto& waiter : released) reactor->unwatch(waiter->name.load(), waiter->fd());
    }
    keep_in_child(membership_->listening_socket());
    keep_in_child(membership_->folder());
  }
  membership_->remove_instances(count, turn);
  if (!last) return Dropped::kSome;
  dissolved_ = true;
  membership_.reset();
  return Dropped::kAll;
}

void ServerPipe::sweep_name(const std::u16string& folded) {
  if (the_registry.load(std::memory_order_acquire) == nullptr) return;
  if (const auto pipe = registered(folded, false)) pipe->sweep(IfBusy::kWait);
}

void ServerPipe::forget_in_child() noexcept {
  Guest::forget_in_child();
  registry_start.reset_in_child();
  the_registry.store(nullptr, std::memory_order_relaxed);
}

uint32_t ServerPipe::current_instances() {
  sweep(IfBusy::kWait);
  PipeName name;
  {
    MutexLock lock(mutex_);
    name.display = display_;
    name.folded = folded_;
  }
  return instances_of(name);
}

// ----------------------------------------------------------------------------------------------------- taking clients

void ServerPipe::accept_clients() {
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    int error = 0;
    UniqueFd socket = accept_one(&error);
    if (!socket) {
      if (error == EINTR || error == ECONNABORTED) continue;
      if (error == EMFILE || error == ENFILE || error == ENOMEM) refuse_one();
      return;
    }
    ReceivedRequest received = receive_request(socket.get());
    if (received.kind == ReceivedRequest::Kind::kNothingYet) {
      await_request(std::move(socket));
    } else {
      take_request(std::move(socket), std::move(received));
    }
  }
}

void ServerPipe::take_request(UniqueFd socket, ReceivedRequest received) {
  if (received.kind == ReceivedRequest::Kind::kRequest) {
    handle_request(std::move(socket), std::move(received));
  } else if (received.kind == ReceivedRequest::Kind::kNoDescriptor) {
    send_reply(socket.get(), PIPES_ERROR_NO_SYSTEM_RESOURCES);
  }
}

ServerPipe::Doorkeeper::Doorkeeper(ServerPipe& pipe, Parker& parker) : pipe_(pipe), parker_(parker) {
  Reactor* reactor = Reactor::running();
  if (reactor == nullptr || parker.event_fd() < 0) return;
  MutexLock lock(pipe.listener_mutex_);
  if (pipe.listener_ < 0) return;
  if (pipe.has_doorkeeper_) {
    wait_at_the_door();
    return;
  }
  pipe.has_doorkeeper_ = true;
  reactor->pause(pipe.listener_);
  listener_.store(pipe.listener_, std::memory_order_relaxed);
}

// Out of memory, this thread is woken by whoever takes its client.
void ServerPipe::Doorkeeper::wait_at_the_door() {
  try {
    pipe_.at_the_door_.push_back(this);
  } catch (const std::bad_alloc&) {
  }
}

void ServerPipe::Doorkeeper::leave() {
  if (guest_) pipe_.await_request(std::move(guest_));
  Parker* next = nullptr;
  {
    MutexLock lock(pipe_.listener_mutex_);
    std::erase(pipe_.at_the_door_, this);
    const int listener = listener_.exchange(-1, std::memory_order_relaxed);
    if (listener < 0) return;
    pipe_.has_doorkeeper_ = false;
    if (pipe_.listener_ != listener) return;
    if (!pipe_.at_the_door_.empty()) {
      Doorkeeper& successor = *pipe_.at_the_door_.front();
      pipe_.at_the_door_.pop_front();
      successor.listener_.store(listener, std::memory_order_release);
      pipe_.has_doorkeeper_ = true;
      next = &successor.parker_;  // parkers are never freed
    } else if (Reactor* reactor = Reactor::running()) {
      reactor->resume(pipe_.listener_watch_, listener, EPOLLIN);
    }
  }
  if (next != nullptr) next->unpark_asleep();
}

// Being unparked shows in the descriptor too, and may do so still when it has long been seen: then this returns for no
// reason, once.
void ServerPipe::Doorkeeper::wait(uint32_t ticket) {
  std::array<pollfd, 3> waiting = {{{listener_.load(std::memory_order_relaxed), POLLIN, 0},
                                    {parker_.event_fd(), POLLIN, 0},
                                    {guest_.get(), POLLIN | POLLRDHUP, 0}}};
  const int ready = ::poll(waiting.data(), waiting.size(), guest_ ? static_cast<int>(kHandshakeMs) : -1);
  if (ready == 0) guest_.reset();
  if (ready <= 0) return;
  if (waiting[1].revents != 0) parker_.drain();
  if (waiting[2].revents != 0) look_at_guest();
  if (waiting[0].revents != 0) look_at_door(ticket);
}

void ServerPipe::Doorkeeper::look_at_guest() {
  ReceivedRequest received = receive_request(guest_.get());
  if (received.kind != ReceivedRequest::Kind::kNothingYet) pipe_.take_request(std::move(guest_), std::move(received));
}

// A client makes its memory between coming and speaking. That takes less than to sleep once more, so it is watched for
// a moment; the fewer of the last ones have spoken in time, the less often.
void ServerPipe::Doorkeeper::await_guest(uint32_t ticket) {
  pipe_.door_spinner_.spin(0, 1, [&] {
    look_at_guest();
    return !guest_ || parker_.ticket() != ticket;
  });
}

// Waits for the word of one guest at a time: who says nothing while somebody else comes goes to the reactor, which
// bears with many.
void ServerPipe::Doorkeeper::look_at_door(uint32_t ticket) {
  int error = 0;
  UniqueFd socket = pipe_.accept_one(&error);
  if (error == EMFILE || error == ENFILE || error == ENOMEM) return leave();  // the reactor knows what to do
  if (!socket) return;
  if (guest_) pipe_.await_request(std::move(guest_));
  guest_ = std::move(socket);
  await_guest(ticket);
}

void ServerPipe::await_request(UniqueFd socket) {
  auto guest = Guest::admit(Guest::Kind::kHandshake, credentials_of(socket.get()).uid);
  if (!guest) {
    send_reply(socket.get(), PIPES_ERROR_NO_SYSTEM_RESOURCES);
    return;
  }
  std::make_shared<HalfOpen>(weak_from_this(), std::move(socket), std::move(*guest))->watch();
}

UniqueFd ServerPipe::accept_one(int* error) {
  MutexLock lock(listener_mutex_);
  if (listener_ < 0) return {};
  UniqueFd socket(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) *error = errno;
  return socket;
}

// Out of descriptors: left in the backlog, the client would keep the reactor busy and itself in the dark.
void ServerPipe::refuse_one() {
  Reactor* reactor = Reactor::running();
  const bool lent = reactor != nullptr && reactor->with_spare_descriptor([this] {
    int error = 0;
    if (const UniqueFd socket = accept_one(&error)) send_reply(socket.get(), PIPES_ERROR_NO_SYSTEM_RESOURCES);
  });
  if (lent) return;
  // Not even that one: looking again at once would only spin.
  const timespec pause{0, 10'000'000};
  ::nanosleep(&pause, nullptr);
}

Status ServerPipe::availability() {
  sweep(IfBusy::kSkip);
  MutexLock lock(mutex_);
  if (open_end_count_ == 0) return PIPES_ERROR_FILE_NOT_FOUND;  // NAME-17
  return listening_.empty() ? Status{PIPES_ERROR_PIPE_BUSY} : Status{PIPES_OK};
}

void ServerPipe::handle_request(UniqueFd socket, ReceivedRequest received) {
  if (PIPES_BREACH("request-for-another", received.request.name != name_hash_)) {
    send_reply(socket.get(), PIPES_ERROR_FILE_NOT_FOUND);
    return;
  }
  switch (static_cast<wire::RequestKind>(received.request.kind)) {
    case wire::RequestKind::kConnect:
      accept_client(std::move(socket), std::move(received));
      return;
    case wire::RequestKind::kQuery:
      send_reply(socket.get(), answer_to_query(socket.get(), received.request));
      return;
    case wire::RequestKind::kRecount:
      if (sweep(IfBusy::kSkip)) {
        send_reply(socket.get(), PIPES_OK);
      } else {
        begin_errand(std::move(socket), std::move(received));
      }
      return;
    case wire::RequestKind::kNewServer:
      release_waiters();
      return;
    case wire::RequestKind::kNewSecurity:
      // Not by an errand, which the next client would overtake.
      send_reply(socket.get(), refresh_descriptor());
      return;
    case wire::RequestKind::kIdentity:
      learn_writer(std::move(socket), received.request);
      return;
    case wire::RequestKind::kAdmit:
    case wire::RequestKind::kCount:
    case wire::RequestKind::kSetSecurity:
      begin_errand(std::move(socket), std::move(received));
      return;
    case wire::RequestKind::kWait:
      break;
  }
  const Status now = availability();
  if (now != PIPES_ERROR_PIPE_BUSY) {
    send_reply(socket.get(), now);
    return;
  }
  Reactor* reactor = Reactor::running();
  auto guest = Guest::admit(Guest::Kind::kConnection, credentials_of(socket.get()).uid);
  if (!guest) {
    send_reply(socket.get(), PIPES_ERROR_NO_SYSTEM_RESOURCES);
    return;
  }
  auto waiter = std::make_shared<Waiter>(weak_from_this(), std::move(socket), std::move(*guest));
  const auto name = reactor->watch(waiter->fd(), EPOLLIN | EPOLLRDHUP, waiter);
  if (!name) return;
  waiter->name.store(*name, std::memory_order_release);
  {
    MutexLock lock(mutex_);
    waiters_.push_back(waiter);
  }
  // An instance may have begun to listen since we looked.
  if (availability() != PIPES_ERROR_PIPE_BUSY) release_waiters();
}

void ServerPipe::forget_waiter(uint64_t key) {
  std::shared_ptr<Waiter> forgotten;
  MutexLock lock(mutex_);
  for (auto at = waiters_.begin(); at != waiters_.end(); ++at) {
    if ((*at)->name.load(std::memory_order_acquire) != key) continue;
    forgotten = *at;
    waiters_.erase(at);
    break;
  }
  lock.unlock();
  if (forgotten) {
    if (Reactor* reactor = Reactor::running()) reactor->unwatch(key, forgotten->fd());
  }
}

void ServerPipe::release_waiters() {
  std::list<std::shared_ptr<Waiter>> released;
  {
    MutexLock lock(mutex_);
    released.swap(waiters_);
  }
  Reactor* reactor = Reactor::running();
  for (const auto& waiter : released) {
    send_reply(waiter->fd(), PIPES_OK);
    if (reactor != nullptr) reactor->unwatch(waiter->name.load(std::memory_order_acquire), waiter->fd());
  }
}

void ServerPipe::accept_client(UniqueFd socket, ReceivedRequest received) {
  const PipeMeta& meta = meta_;  // set before anybody could come
  const wire::Request& request = received.request;
  const PeerCredentials peer = credentials_of(socket.get());
  if (PIPES_BREACH("layout-version", request.layout_version != wire::kLayoutVersion)) return;
  if (PIPES_BREACH("ring-capacity", request.ring_capacity != meta.ring_capacity)) return;
  auto memory = SharedMemory::adopt(std::move(received.memory), meta.ring_capacity);
  if (!memory && memory.status() == PIPES_ERROR_NOT_ENOUGH_MEMORY) {
    send_reply(socket.get(), PIPES_ERROR_NOT_ENOUGH_MEMORY);  // BUF-13
    return;
  }
  if (!memory) {
    log_line(LogLevel::kWarning, "%s: a client of uid %u offered memory that is not what was agreed",
             meta.display.c_str(), peer.uid);
    return;
  }
  const auto identity = identify(socket.get(), *memory, request);
  RefusedAccess refused_access;
  const auto granted = identity ? check_client(socket.get(), **identity, request.desired_access, &refused_access)
                                : Result<GrantedAccess>(identity.status());
  // The quota that this side writes against is set once the instance is known.
  std::shared_ptr<NamedEnd> chosen;
  {
    if (!granted) {
      auto refused = std::make_shared<Connection>(Role::kServer, std::move(*memory), std::move(socket), 0);
      if (availability() == PIPES_ERROR_FILE_NOT_FOUND) return answer(*refused, PIPES_ERROR_FILE_NOT_FOUND);  // CLI-2
      answer(*refused, granted.status());
      if (!identity) return;
      log_line(LogLevel::kInformation, "%s: uid %u was refused access 0x%08x; the level debug tells why",
               meta.display.c_str(), (*identity)->ids.uid, request.desired_access);
      refused_access.log(meta.display, (*identity)->ids.uid);
      return;
    }
    auto guest = Guest::admit(Guest::Kind::kConnection, peer.uid);
    if (!guest) {
      auto refused = std::make_shared<Connection>(Role::kServer, std::move(*memory), std::move(socket), 0);
      answer(*refused, PIPES_ERROR_NO_SYSTEM_RESOURCES);
      return;
    }
    sweep(IfBusy::kSkip);
    MutexLock lock(mutex_);
    // Another process may have disconnected an instance that it shares.
    while (!listening_.empty() && listening_.front()->is_shared() &&
           listening_.front()->state() != InstanceState::kListening) {
      listening_.pop_front();
    }
    const auto takes_him = [&](const std::shared_ptr<NamedEnd>& end) {
      return !(*identity)->is_remote() || !end->fixed().rejects_remote;
    };
    const auto place = std::ranges::find_if(listening_, takes_him);
    if (place == listening_.end()) {
      Status status = open_end_count_ == 0 ? PIPES_ERROR_FILE_NOT_FOUND : PIPES_ERROR_PIPE_BUSY;
      if (!listening_.empty()) status = PIPES_ERROR_ACCESS_DENIED;  // REMOTE-2
      lock.unlock();
      auto refused = std::make_shared<Connection>(Role::kServer, std::move(*memory), std::move(socket), 0);
      answer(*refused, status);
      return;
    }
    chosen = *place;
    const Quotas quotas = chosen->fixed().quotas;
    auto connection =
        std::make_shared<Connection>(Role::kServer, std::move(*memory), std::move(socket), quotas.outbound);
    connection->credentials = {(*identity)->pid, (*identity)->ids.uid, (*identity)->ids.gid};
    connection->client = *identity;
    connection->granted_access = granted->mask;
    if (request.max_message != 0 && meta.type == PIPES_TYPE_MESSAGE) connection->message_max = request.max_message;
    connection->guest = std::move(*guest);
    if (peer.pid == static_cast<uint32_t>(::getpid())) {
      connection->local = LocalPair::find(connection->memory.fd());
      if (connection->local != nullptr) connection->local->set(Role::kServer, chosen);
    }
    wire::Answer& answer = connection->memory.answer();
    answer.inbound_quota.store(quotas.inbound, std::memory_order_relaxed);
    answer.outbound_quota.store(quotas.outbound, std::memory_order_relaxed);
    answer.pipe_type.store(meta.type, std::memory_order_relaxed);
    answer.granted_access.store(granted->mask, std::memory_order_relaxed);
    answer.max_instances.store(meta.max_instances, std::memory_order_relaxed);
    Reactor* reactor = Reactor::running();
    if (reactor == nullptr) return;
    auto watch = std::make_shared<Watch>(weak_from_this(), chosen, connection);
    bool slept = false;
    // The client may sleep meanwhile, or have given up; then the instance stays with nobody.
    const auto settle = [&] {
      uint32_t expected = wire::Answer::kOpen;
      bool settled = answer.word.compare_exchange_strong(expected, wire::Answer::kAnswered, std::memory_order_acq_rel);
      slept = !settled && expected == wire::Answer::kSleeping;
      if (slept) {
        settled = answer.word.compare_exchange_strong(expected, wire::Answer::kAnswered, std::memory_order_acq_rel);
      }
      PIPES_CRASH_POINT("connection-answered");  // CRASH: the client has a connection, whose peer it finds dead.
      return settled;
    };
    Effects effects;
    // IMP-18: what a remote client lets be done with its identity is not for the gateway to say.
    const uint32_t qos_flags = (*identity)->is_remote() ? 0 : request.qos_flags;
    const Status attached = chosen->attach(connection, qos_flags, effects, settle);
    if (attached != PIPES_OK) {
      if (attached != PIPES_ERROR_PIPE_NOT_CONNECTED) pipes::answer(*connection, attached);
      return;
    }
    listening_.erase(place);
    // What the client need not wait for. One that has died meanwhile is told of at once. Under the lock: whoever ends
    // the watch of a connection takes it first.
    const auto watched = reactor->watch(connection->socket.get(), Doorbell::kEvents, std::move(watch),
                                        Deadline::never(), &connection->watch);
    if (!watched) connection->gone.store(true, std::memory_order_release);  // rather than never to learn of its death
    lock.unlock();
    if (slept) send_reply(connection->socket.get(), PIPES_OK);
    effects.perform();
    connection->memory.hide_from_children();
  }
}

}  // namespace pipes
