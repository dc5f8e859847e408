#include "linux/anonymous_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdio>
#include <optional>
#include <span>

#include "linux/anonymous_security.h"
#include "linux/effects.h"
#include "linux/fork.h"
#include "linux/quiet_write.h"
#include "linux/read_watch.h"
#include "linux/system_error.h"
#include "support/lazy.h"
#include "support/parker.h"

namespace pipes {
namespace {

constexpr uint32_t kDefaultQuota = 4096;           // ANON-3
constexpr uint32_t kPipeSizeMaxDefault = 1 << 20;  // the kernel's own default for pipe-max-size
constexpr int kFlushPauseMsMax = 50;

// The system's limit for one pipe. It binds everyone here, though the kernel would let the privileged go beyond.
uint32_t pipe_size_max() {
  static constinit Lazy<uint32_t> size_max;
  return size_max.get([] {
    uint32_t size = 0;
    std::FILE* file = std::fopen("/proc/sys/fs/pipe-max-size", "re");
    // NOLINTNEXTLINE(cert-err34-c): the kernel wrote that number
    const bool known = file != nullptr && std::fscanf(file, "%u", &size) == 1;
    if (file != nullptr) (void)std::fclose(file);
    return known ? std::min<uint32_t>(size, INT_MAX) : kPipeSizeMaxDefault;
  });
}

// Makes the pipe hold `quota` bytes, or as many as the user's limits allow.
void set_capacity(int fd, uint32_t quota) {
  const int present = ::fcntl(fd, F_GETPIPE_SZ);
  int wanted = static_cast<int>(std::min(quota, pipe_size_max()));
  while (::fcntl(fd, F_SETPIPE_SZ, wanted) < 0 && wanted / 2 > present) wanted /= 2;
}

// A second open description of the same end, with flags of its own. thread-self, since self is empty once the main
// thread has ended.
UniqueFd reopen(int fd, int access) {
  std::array<char, 48> path{};
  (void)std::snprintf(path.data(), path.size(), "/proc/thread-self/fd/%d", fd);
  return UniqueFd(::open(path.data(), access | O_NONBLOCK | O_CLOEXEC));
}

Status poll_status(std::span<pollfd> descriptors, int timeout_ms) {
  const int ready = ::poll(descriptors.data(), descriptors.size(), timeout_ms);
  return ready < 0 && errno != EINTR ? status_from_errno(errno) : PIPES_OK;
}

void replace_descriptor(int fd, int by) {
  const int flags = ::fcntl(fd, F_GETFD);
  const int keep = (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0;
  while (::dup3(by, fd, keep) < 0 && (errno == EBUSY || errno == EINTR)) {
  }
}

template <class T>
void store_if_wanted(T* target, T value) {
  if (target != nullptr) *target = value;
}

}  // namespace

// ------------------------------------------------------------------------------------------------------------ calls

// A call under way on an end. While one is, the descriptors stay open; through it close and disconnect reach its
// thread.
struct AnonymousEnd::Call {
  explicit Call(AnonymousEnd& its_end) : end(its_end), nowait(its_end.nowait()) {}
  ~Call() {
    if (entered) end.leave(*this);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] bool has_waited() const { return blocking.has_value(); }
  void begin_waiting() {
    if (!blocking) blocking.emplace(parker);
  }

  AnonymousEnd& end;
  Parker& parker = Parker::mine();
  const bool nowait;                     // SETST-6: the mode when the call began
  bool announced = false;                // it has said that its turn waits
  std::optional<BlockingCall> blocking;  // set once it waits for anything: from then on it can be cancelled

  // Guarded by the end's mutex_.
  bool entered = false;
  bool wants_turn = false;
  Call* previous = nullptr;
  Call* next = nullptr;
};

Status AnonymousEnd::enter(Call& call, Operation operation) {
  MutexLock lock(mutex_);
  if (closed_) return PIPES_ERROR_INVALID_HANDLE;
  if (const Status status = refusal(operation)) return status;
  call.previous = last_call_;
  (last_call_ == nullptr ? first_call_ : last_call_->next) = &call;
  last_call_ = &call;
  call.entered = true;
  return PIPES_OK;
}

void AnonymousEnd::leave(Call& call) {
  Effects effects;
  {
    MutexLock lock(mutex_);
    (call.previous == nullptr ? first_call_ : call.previous->next) = call.next;
    (call.next == nullptr ? last_call_ : call.next->previous) = call.previous;
    if (turn_ == &call) pass_turn(effects);
    if (first_call_ == nullptr && closer_ != nullptr) effects.unpark(closer_);
  }
  effects.perform();
}

void AnonymousEnd::pass_turn(Effects& effects) {
  turn_waits_ = false;
  turn_ = first_call_;
  while (turn_ != nullptr && !turn_->wants_turn) turn_ = turn_->next;
  if (turn_ == nullptr) return;
  turn_->wants_turn = false;
  effects.unpark(&turn_->parker);
}

// Returns once nobody else moves bytes through this end. PIPE_NOWAIT waits for a call that is busy, not for one that
// waits itself: then it answers 232.
Status AnonymousEnd::take_turn(Call& call) {
  {
    MutexLock lock(mutex_);
    if (turn_ == nullptr) {
      turn_ = &call;
      return PIPES_OK;
    }
    call.wants_turn = true;
  }
  call.begin_waiting();
  for (;;) {
    const uint32_t ticket = call.parker.ticket();
    if (const Status status = interruption(call)) return status;
    {
      MutexLock lock(mutex_);
      if (turn_ == &call) return PIPES_OK;
      if (call.nowait && turn_waits_) return PIPES_ERROR_NO_DATA;
    }
    call.parker.sleep(ticket, Deadline::never());
  }
}

void AnonymousEnd::announce_waiting(Call& call) {
  call.announced = true;
  Effects effects;
  {
    MutexLock lock(mutex_);
    if (turn_ != &call) return;
    turn_waits_ = true;
    for (Call* other = first_call_; other != nullptr; other = other->next) {
      if (other->wants_turn && other->nowait) effects.unpark(&other->parker);
    }
  }
  effects.perform();
}

void AnonymousEnd::wake_waiting_calls() {
  Effects effects;
  {
    MutexLock lock(mutex_);
    for (Call* call = first_call_; call != nullptr; call = call->next) effects.unpark(&call->parker);
  }
  effects.perform();
}

// Why a call that waits must end now; 0 if it may go on.
Status AnonymousEnd::interruption(const Call& call) {
  {
    MutexLock lock(mutex_);
    if (closed_) return PIPES_ERROR_BROKEN_PIPE;  // CLOSE-11
  }
  if (link_->state.load(std::memory_order_acquire) != InstanceState::kConnected) return PIPES_ERROR_PIPE_NOT_CONNECTED;
  return call.parker.cancelled() ? PIPES_ERROR_OPERATION_ABORTED : PIPES_OK;
}

// Waits until the pipe is ready for `events`, or the other end is gone, or the call is interrupted. May return early.
Status AnonymousEnd::wait(Call& call, short events) {
  const int wake = call.parker.event_fd();
  if (wake < 0) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  call.begin_waiting();
  if (!call.announced) announce_waiting(call);
  call.parker.drain();
  if (const Status status = interruption(call)) return status;
  std::array<pollfd, 2> ready{{{own_.get(), events, 0}, {wake, POLLIN, 0}}};
  return poll_status(ready, -1);
}

// ------------------------------------------------------------------------------------------------------------- fork

// The ends of this process. A forked child keeps them usable: it forgets the calls of threads that it does not have.
class AnonymousEnd::Registry {
 public:
  static void add(AnonymousEnd* end) {
    MutexLock lock(mutex_);
    end->next_end_ = first_;
    if (first_ != nullptr) first_->previous_end_ = end;
    first_ = end;
  }

  static void remove(AnonymousEnd* end) {
    MutexLock lock(mutex_);
    (end->previous_end_ == nullptr ? first_ : end->previous_end_->next_end_) = end->next_end_;
    if (end->next_end_ != nullptr) end->next_end_->previous_end_ = end->previous_end_;
  }

  static void lock_for_fork() PIPES_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  static void unlock_after_fork() PIPES_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  static void reset_in_child() PIPES_NO_THREAD_SAFETY_ANALYSIS {
    mutex_.reset_in_child();
    for (AnonymousEnd* end = first_; end != nullptr; end = end->next_end_) end->reset_in_child();
  }

 private:
  // Protects the list. Held across a fork, so that the child finds the list whole; nothing else is taken meanwhile.
  static inline Mutex mutex_;
  static inline AnonymousEnd* first_ PIPES_GUARDED_BY(mutex_) = nullptr;
};

void AnonymousEnd::lock_all_for_fork() noexcept { Registry::lock_for_fork(); }
void AnonymousEnd::unlock_all_after_fork() noexcept { Registry::unlock_after_fork(); }
void AnonymousEnd::reset_all_in_child() noexcept { Registry::reset_in_child(); }

void AnonymousEnd::reset_in_child() PIPES_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.reset_in_child();
  written_mutex_.reset_in_child();
  first_call_ = nullptr;
  last_call_ = nullptr;
  turn_ = nullptr;
  turn_waits_ = false;
  closer_ = nullptr;
  if (!closed_) return;
  // The thread that was closing this end exists in the parent only.
  own_.reset();
  native_.reset();
}

// ------------------------------------------------------------------------------------------------- making and closing

Result<AnonymousEnd::Pair> AnonymousEnd::create(uint32_t size) {
  if (!forks_are_minded()) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  const uint32_t quota = size == 0 ? kDefaultQuota : size;
  int descriptors[2];
  if (::pipe2(descriptors, O_CLOEXEC) != 0) return status_from_errno(errno);
  UniqueFd read_native(descriptors[0]);
  UniqueFd write_native(descriptors[1]);
  set_capacity(descriptors[1], quota);
  UniqueFd read_own = reopen(descriptors[0], O_RDONLY);
  UniqueFd write_own = read_own ? reopen(descriptors[1], O_WRONLY) : UniqueFd();
  if (!write_own) return status_from_errno(errno);

  const auto link = std::make_shared<Link>();
  Pair ends(new AnonymousEnd(Kind::kRead, std::move(read_native), std::move(read_own), quota, link),
            new AnonymousEnd(Kind::kWrite, std::move(write_native), std::move(write_own), quota, link));
  ends.first->peer_ = ends.second;
  ends.second->peer_ = ends.first;
  ends.first->security_ = ends.second->security_ = std::make_shared<AnonymousSecurity>();
  return ends;
}

Result<std::shared_ptr<AnonymousEnd>> AnonymousEnd::adopt(int native) {
  if (!forks_are_minded()) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  const int capacity = ::fcntl(native, F_GETPIPE_SZ);
  const int access = ::fcntl(native, F_GETFL) & O_ACCMODE;
  if (capacity < 0 || access == O_RDWR) return PIPES_ERROR_INVALID_HANDLE;
  UniqueFd own = reopen(native, access);
  if (!own) return status_from_errno(errno);
  const auto link = std::make_shared<Link>();
  const Kind kind = access == O_RDONLY ? Kind::kRead : Kind::kWrite;
  std::shared_ptr<AnonymousEnd> end(
      new AnonymousEnd(kind, UniqueFd(native), std::move(own), static_cast<uint32_t>(capacity), link));
  end->security_ = std::make_shared<AnonymousSecurity>();
  return end;
}

AnonymousEnd::AnonymousEnd(Kind kind, UniqueFd native, UniqueFd own, uint32_t quota, std::shared_ptr<Link> link)
    : kind_(kind),
      quota_(quota),
      creator_pid_(static_cast<uint32_t>(::getpid())),
      link_(std::move(link)),
      native_(std::move(native)),
      own_(std::move(own)) {
  Registry::add(this);
}

AnonymousEnd::~AnonymousEnd() {
  close();
  Registry::remove(this);
}

void AnonymousEnd::close() {
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
  }
  wake_waiting_calls();
  // FINE-1: when this returns the end is closed for everybody, so the calls still under way must have left.
  Parker& parker = Parker::mine();
  for (;;) {
    const uint32_t ticket = parker.ticket();
    {
      MutexLock lock(mutex_);
      if (first_call_ == nullptr) break;
      closer_ = &parker;
    }
    parker.sleep(ticket, Deadline::never());
  }
  own_.reset();
  native_.reset();
}

int AnonymousEnd::native_fd() {
  MutexLock lock(mutex_);
  return closed_ ? -1 : native_.get();
}

Status AnonymousEnd::set_inheritable(bool inheritable) {
  Call call(*this);
  if (const Status status = enter(call, Operation::kClose)) return status;
  const int flags = inheritable ? 0 : FD_CLOEXEC;
  return ::fcntl(native_.get(), F_SETFD, flags) == 0 ? PIPES_OK : status_from_errno(errno);
}

// ------------------------------------------------------------------------------------------------------------ state

bool AnonymousEnd::peer_is_gone() const {
  pollfd own{own_.get(), 0, 0};
  ::poll(&own, 1, 0);
  return (own.revents & (kind_ == Kind::kRead ? POLLHUP : POLLERR)) != 0;
}

EndView AnonymousEnd::view() const {
  const InstanceState state = link_->state.load(std::memory_order_acquire);
  if (state != InstanceState::kConnected) {
    return kind_ == Kind::kRead ? server_view(state) : client_view(ServerEndState::kDisconnected);
  }
  const bool gone = peer_is_gone();
  if (kind_ == Kind::kRead) return server_view(gone ? InstanceState::kClosing : InstanceState::kConnected);
  return client_view(gone ? ServerEndState::kClosed : ServerEndState::kOpen);
}

// What a pipe that is not connected says to `operation`. A connected one is not asked here whether its other end is
// gone: the operations find that out as they go.
Status AnonymousEnd::refusal(Operation operation) const {
  const InstanceState state = link_->state.load(std::memory_order_acquire);
  if (state == InstanceState::kConnected) return PIPES_OK;
  const Gate answer = gate(view(), operation);
  return answer.action == Gate::Action::kFail ? answer.status : PIPES_OK;
}

Status AnonymousEnd::check_state(Operation operation) {
  Call call(*this);
  if (const Status status = enter(call, operation)) return status;
  const Gate answer = gate(view(), operation);
  return answer.action == Gate::Action::kFail ? answer.status : PIPES_OK;
}

Status AnonymousEnd::connect() {
  Call call(*this);
  const Operation operation = call.nowait ? Operation::kConnectNoWait : Operation::kConnectWait;
  if (const Status status = enter(call, operation)) return status;
  const Gate answer = gate(view(), operation);
  auto disconnected = InstanceState::kDisconnected;
  switch (answer.action) {
    case Gate::Action::kRelistenAndFail:
    case Gate::Action::kRelistenAndWait:
      // Release and acquire for nothing but the state itself; that another thread was quicker makes no difference.
      link_->state.compare_exchange_strong(disconnected, InstanceState::kListening, std::memory_order_acq_rel);
      break;
    default:
      break;
  }
  const bool waits = answer.action == Gate::Action::kRelistenAndWait || answer.action == Gate::Action::kWait;
  return waits ? wait_as_listener(call) : answer.status;
}

Status AnonymousEnd::wait_as_listener(Call& call) {
  call.begin_waiting();
  for (;;) {
    const uint32_t ticket = call.parker.ticket();
    {
      MutexLock lock(mutex_);
      if (closed_) return PIPES_ERROR_BROKEN_PIPE;
    }
    if (link_->state.load(std::memory_order_acquire) == InstanceState::kDisconnected) {
      return PIPES_ERROR_PIPE_NOT_CONNECTED;
    }
    if (call.parker.cancelled()) return PIPES_ERROR_OPERATION_ABORTED;
    call.parker.sleep(ticket, Deadline::never());
  }
}

Status AnonymousEnd::disconnect() {
  Call call(*this);
  if (const Status status = enter(call, Operation::kDisconnect)) return status;
  const InstanceState from = link_->state.load(std::memory_order_acquire);
  const Gate answer = gate(view(), Operation::kDisconnect);
  if (answer.action == Gate::Action::kFail) return answer.status;
  return break_pipe(from);
}

// The descriptors keep their numbers and from now on belong to a pipe without a writer: what was unread is gone,
// children that write find no reader, and nobody's descriptor number is given to a stranger.
Status AnonymousEnd::break_pipe(InstanceState from) {
  int descriptors[2];
  if (::pipe2(descriptors, O_CLOEXEC | O_NONBLOCK) != 0) return status_from_errno(errno);
  const UniqueFd dead_end(descriptors[0]);
  UniqueFd(descriptors[1]).reset();

  if (!link_->state.compare_exchange_strong(from, InstanceState::kDisconnected, std::memory_order_acq_rel)) {
    return PIPES_ERROR_PIPE_NOT_CONNECTED;  // another thread was quicker (DISC-5)
  }
  replace_descriptor(own_.get(), dead_end.get());
  replace_descriptor(native_.get(), dead_end.get());
  wake_waiting_calls();
  if (const auto peer = peer_.lock()) peer->wake_waiting_calls();
  return PIPES_OK;
}

// ---------------------------------------------------------------------------------------------------------- reading

uint32_t AnonymousEnd::unread() const {
  int bytes = 0;
  return ::ioctl(own_.get(), FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<uint32_t>(bytes) : 0;
}

AnonymousEnd::Attempt AnonymousEnd::take(void* buffer, uint32_t size) const {
  if (size == 0) {  // READ-19: the kernel would return at once
    if (unread() > 0) return {Outcome::kMoved};
    if (!peer_is_gone()) return {Outcome::kWouldBlock};
    // SUBTLE: the last writer may have written and closed since the first look; it can do no more now.
    return {unread() > 0 ? Outcome::kMoved : Outcome::kNoPeer};
  }
  const ssize_t taken = ::read(own_.get(), buffer, size);
  if (taken > 0) return {Outcome::kMoved, static_cast<uint32_t>(taken)};
  if (taken == 0) return {Outcome::kNoPeer};
  if (errno == EAGAIN || errno == EINTR) return {Outcome::kWouldBlock};
  return {Outcome::kFailed, 0, status_from_errno(errno)};
}

Status AnonymousEnd::read(void* buffer, uint32_t size, uint32_t* transferred) {
  *transferred = 0;
  if (kind_ != Kind::kRead) return PIPES_ERROR_ACCESS_DENIED;  // ANON-9
  Call call(*this);
  if (const Status status = enter(call, Operation::kRead)) return status;
  if (const Status status = take_turn(call)) return status;
  for (;;) {
    const Attempt attempt = take(buffer, size);
    switch (attempt.outcome) {
      case Outcome::kMoved:
        *transferred = attempt.moved;
        return PIPES_OK;
      case Outcome::kNoPeer: {
        const Status status = interruption(call);                      // a disconnect looks like this too
        return status != PIPES_OK ? status : PIPES_ERROR_BROKEN_PIPE;  // ANON-7, READ-16
      }
      case Outcome::kFailed:
        return attempt.status;
      case Outcome::kWouldBlock:
        break;
    }
    if (call.nowait) return PIPES_ERROR_NO_DATA;  // READ-15
    if (const Status status = wait(call, POLLIN)) return status;
  }
}

Status AnonymousEnd::peek(void* buffer, uint32_t size, uint32_t* transferred, uint32_t* available,
                          uint32_t* left_this_message) {
  if (kind_ != Kind::kRead) return PIPES_ERROR_ACCESS_DENIED;
  Call call(*this);
  if (const Status status = enter(call, Operation::kPeek)) return status;
  uint32_t there = unread();
  if (there == 0 && peer_is_gone()) there = unread();  // SUBTLE: as in take()
  if (there == 0 && peer_is_gone()) {
    const Status status = refusal(Operation::kPeek);  // a disconnect looks like this too
    return status != PIPES_OK ? status : PIPES_ERROR_BROKEN_PIPE;
  }
  uint32_t copied = 0;
  if (buffer != nullptr && size > 0 && there > 0) {
    if (const Status status = copy_unread(buffer, std::min(size, there), &copied)) return status;
  }
  store_if_wanted(transferred, copied);
  store_if_wanted(available, there);
  store_if_wanted(left_this_message, 0u);  // PEEK-6
  return PIPES_OK;
}

// The kernel peeks at a pipe only by lending its pages to another one. That one needs as many places for pages; where
// the user's limits refuse them, fewer bytes are copied.
Status AnonymousEnd::copy_unread(void* buffer, uint32_t size, uint32_t* copied) const {
  int descriptors[2];
  if (::pipe2(descriptors, O_CLOEXEC | O_NONBLOCK) != 0) return status_from_errno(errno);
  const UniqueFd scratch_read(descriptors[0]);
  const UniqueFd scratch_write(descriptors[1]);
  ::fcntl(scratch_write.get(), F_SETPIPE_SZ, ::fcntl(own_.get(), F_GETPIPE_SZ));
  const ssize_t lent = ::tee(own_.get(), scratch_write.get(), size, SPLICE_F_NONBLOCK);
  if (lent < 0 && errno != EAGAIN) return status_from_errno(errno);
  if (lent <= 0) return PIPES_OK;  // somebody else has read it
  const ssize_t got = ::read(scratch_read.get(), buffer, static_cast<size_t>(lent));
  if (got < 0) return status_from_errno(errno);
  *copied = static_cast<uint32_t>(got);
  return PIPES_OK;
}

// ---------------------------------------------------------------------------------------------------------- writing

AnonymousEnd::Attempt AnonymousEnd::put(const std::byte* bytes, uint32_t size) {
  MutexLock lock(written_mutex_);
  const ssize_t written = write_quietly(own_.get(), bytes, size);
  if (written >= 0) {
    written_ += static_cast<uint64_t>(written);
    return {Outcome::kMoved, static_cast<uint32_t>(written)};
  }
  if (errno == EAGAIN || errno == EINTR) return {Outcome::kWouldBlock};
  if (errno == EPIPE) return {Outcome::kNoPeer};
  return {Outcome::kFailed, 0, status_from_errno(errno)};
}

// Pages that are partly empty use up a pipe before its quota does; then the kernel refuses what NT would take. True if
// the pipe was made larger for that reason. No two neighbouring pages fit into one, so four times the quota always
// suffices.
bool AnonymousEnd::make_room(uint32_t size) const {
  if (uint64_t{unread()} + size > quota_) return false;
  const int capacity = ::fcntl(own_.get(), F_GETPIPE_SZ);
  const auto page = static_cast<uint32_t>(::sysconf(_SC_PAGESIZE));
  if (capacity <= 0 || static_cast<uint64_t>(capacity) >= uint64_t{4} * std::max(quota_, page)) return false;
  return ::fcntl(own_.get(), F_SETPIPE_SZ, capacity * 2) > capacity;
}

Status AnonymousEnd::write(const void* buffer, uint32_t size, uint32_t* transferred) {
  *transferred = 0;
  if (kind_ != Kind::kWrite) return PIPES_ERROR_ACCESS_DENIED;  // ANON-9
  Call call(*this);
  if (const Status status = enter(call, Operation::kWrite)) return status;
  if (size == 0) return peer_is_gone() ? PIPES_ERROR_NO_DATA : PIPES_OK;  // WRITE-6
  const Status turn = take_turn(call);
  if (turn == PIPES_ERROR_NO_DATA) return PIPES_OK;  // WRITE-11: a write that waits has used up the room
  if (turn != PIPES_OK) return turn;
  const auto* bytes = static_cast<const std::byte*>(buffer);
  if (call.nowait) return write_at_once(bytes, size, transferred);
  const Status status = write_all(call, bytes, size);
  if (status == PIPES_OK) *transferred = size;
  return status;
}

Status AnonymousEnd::write_all(Call& call, const std::byte* bytes, uint32_t size) {
  uint32_t done = 0;
  for (;;) {
    const Attempt attempt = put(bytes + done, size - done);
    if (attempt.outcome == Outcome::kFailed) return attempt.status;
    if (attempt.outcome == Outcome::kNoPeer) {
      if (const Status status = interruption(call)) return status;  // a disconnect looks like this too
      return done > 0 || call.has_waited() ? PIPES_ERROR_BROKEN_PIPE : PIPES_ERROR_NO_DATA;  // ANON-8
    }
    done += attempt.moved;
    if (done == size) return PIPES_OK;
    if (make_room(size - done)) continue;
    if (const Status status = wait(call, POLLOUT)) return status;
  }
}

Status AnonymousEnd::write_at_once(const std::byte* bytes, uint32_t size, uint32_t* transferred) {
  if (size > PIPE_BUF) {  // up to there the kernel itself writes all or nothing
    const int capacity = ::fcntl(own_.get(), F_GETPIPE_SZ);
    const uint64_t room_max = std::max(uint64_t{quota_}, static_cast<uint64_t>(std::max(capacity, 0)));
    const bool fits = uint64_t{unread()} + size <= room_max;
    if (!fits) return peer_is_gone() ? PIPES_ERROR_NO_DATA : PIPES_OK;  // WRITE-10
  }
  uint32_t done = 0;
  for (;;) {
    const Attempt attempt = put(bytes + done, size - done);
    if (attempt.outcome == Outcome::kFailed) return attempt.status;
    if (attempt.outcome == Outcome::kNoPeer) {
      const bool disconnected = link_->state.load(std::memory_order_acquire) != InstanceState::kConnected;
      if (disconnected) return PIPES_ERROR_PIPE_NOT_CONNECTED;
      return done > 0 ? PIPES_ERROR_BROKEN_PIPE : PIPES_ERROR_NO_DATA;
    }
    done += attempt.moved;
    if (done < size && make_room(size - done)) continue;
    *transferred = done;
    return PIPES_OK;
  }
}

bool AnonymousEnd::read_up_to(uint64_t position) {
  MutexLock lock(written_mutex_);
  return unread() <= written_ - position;
}

Status AnonymousEnd::flush() {
  if (kind_ != Kind::kWrite) return PIPES_ERROR_ACCESS_DENIED;  // FLUSH-3
  Call call(*this);
  if (const Status status = enter(call, Operation::kFlush)) return status;
  uint64_t position = 0;
  {
    MutexLock lock(written_mutex_);
    if (unread() == 0) return PIPES_OK;
    position = written_;
  }
  if (peer_is_gone()) return PIPES_OK;  // FLUSH-4
  return wait_until_read(call, position);
}

Status AnonymousEnd::wait_until_read(Call& call, uint64_t position) {
  const int wake = call.parker.event_fd();
  if (wake < 0) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  call.begin_waiting();
  ReadWatch watch(own_.get());
  for (int pause_ms = 1;; pause_ms = std::min(2 * pause_ms, kFlushPauseMsMax)) {
    call.parker.drain();
    watch.clear();
    if (const Status status = interruption(call)) return status;
    if (read_up_to(position)) return PIPES_OK;
    if (peer_is_gone()) {
      const Status status = interruption(call);                      // a disconnect looks like this too
      return status != PIPES_OK ? status : PIPES_ERROR_BROKEN_PIPE;  // FLUSH-6
    }
    std::array<pollfd, 3> ready{{{own_.get(), 0, 0}, {wake, POLLIN, 0}, {watch.fd(), POLLIN, 0}}};
    if (const Status status = poll_status(ready, watch.fd() >= 0 ? -1 : pause_ms)) return status;
  }
}

// ---------------------------------------------------------------------------------------------------- queries and modes

Status AnonymousEnd::get_info(uint32_t* flags, uint32_t* out_buffer, uint32_t* in_buffer, uint32_t* max_instances) {
  Call call(*this);
  if (const Status status = enter(call, Operation::kQueryState)) return status;
  store_if_wanted(flags, (is_read_end() ? PIPES_SERVER_END : PIPES_CLIENT_END) | PIPES_TYPE_BYTE);  // INFO-6
  store_if_wanted(out_buffer, quota_);
  store_if_wanted(in_buffer, quota_);
  store_if_wanted(max_instances, 1u);
  return PIPES_OK;
}

Status AnonymousEnd::get_local_info(pipes_local_info* info) {
  Call call(*this);
  if (const Status status = enter(call, Operation::kQueryState)) return status;
  InstanceState state = link_->state.load(std::memory_order_acquire);
  if (state == InstanceState::kConnected && peer_is_gone()) state = InstanceState::kClosing;
  const uint32_t queued = unread();
  info->type = 0;
  info->configuration = 0;  // inbound: the read end is the server's
  info->maximum_instances = 1;
  info->current_instances = 1;
  info->inbound_quota = quota_;
  info->outbound_quota = quota_;
  info->read_data_available = is_read_end() ? queued : 0;
  info->write_quota_available = is_read_end() ? quota_ : quota_ - std::min(queued, quota_);  // INFO-14
  info->state = static_cast<uint32_t>(state);
  info->end = is_read_end() ? PIPES_SERVER_END : PIPES_CLIENT_END;
  return PIPES_OK;
}

Status AnonymousEnd::get_modes(uint32_t* modes, uint32_t* current_instances) {
  Call call(*this);
  if (const Status status = enter(call, Operation::kQueryState)) return status;
  store_if_wanted(modes, modes_.load(std::memory_order_relaxed));
  store_if_wanted(current_instances, 1u);
  return PIPES_OK;
}

Status AnonymousEnd::set_modes(uint32_t modes) {
  Call call(*this);
  if (const Status status = enter(call, Operation::kSetState)) return status;
  if ((modes & ~PIPES_NOWAIT) != 0) return PIPES_ERROR_INVALID_PARAMETER;  // SETST-2, SETST-4
  const bool stops_waiting = modes == PIPES_NOWAIT && !call.nowait;
  if (stops_waiting && !is_read_end() && unread() > 0 && !peer_is_gone()) return PIPES_ERROR_PIPE_BUSY;
  MutexLock lock(mutex_);
  if (stops_waiting && turn_waits_) return PIPES_ERROR_PIPE_BUSY;  // SETST-5
  modes_.store(modes, std::memory_order_relaxed);
  return PIPES_OK;
}

}  // namespace pipes
