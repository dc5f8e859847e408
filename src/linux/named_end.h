// NamedEnd: one end of an instance of a named pipe, server or client: its state, its modes, its queues of waiting
// operations, and reading and writing through the connection it has at the moment.
//
// Locks. `read_mutex_` guards the reading half of the connection, the read mode and the reads that wait; `write_mutex_`
// the writing half, and the writes and flushes that wait. A blocked read so never hinders a write. `connection_`,
// `state_` and the connects that wait change only while both are held, read before write, and may be looked at under
// either. Nothing else is ever locked while one of them is held, but
// leaves: those of src/io, by which the end of an overlapped operation is told in order, and the reactor's.
//
// Waiting. Operations wait in the order of their start. One of the threads that block in them at a time, the driver,
// watches the words shared with the peer, spinning first and then asleep on the peer's flag and its own parker; when
// something moved it completes, under the lock, whatever can be completed, for all of them. The others sleep on their
// parkers. A driver that leaves wakes the next. Where only overlapped operations wait nobody watches: the peer's flag
// asks for the doorbell, and whoever hears it, on_doorbell(), does what a driver would. A peer in this process rings as
// long as overlapped operations wait, whoever drives them: what it causes has happened when its call returns (FINE-1).
//
// Processes. An end whose handle can be inherited is shared (shared_end.h, named_end_shared.cpp): what the halves know
// lies in a page and is loaded and stored with their locks. Then nobody watches either; the peer's doorbell is passed
// on to all processes, and each looks after its own operations.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "linux/connection.h"
#include "linux/effects.h"
#include "linux/half_mutex.h"
#include "linux/local_pair.h"
#include "linux/overlapped_op.h"
#include "linux/poll_event.h"
#include "linux/shared_end.h"
#include "pipe/instance_state.h"
#include "pipe/parameters.h"
#include "support/mutex.h"
#include "support/spin.h"
#include "support/status.h"

namespace pipes {

struct EndName;  // known_pipes.h

class ServerPipe;

class NamedEnd : public std::enable_shared_from_this<NamedEnd>, public Thread::Host, public PortSource {
 public:
  struct Fixed {
    PipeAttributes attributes;
    Quotas quotas;
    std::shared_ptr<const EndName> name;
    uint32_t owner_uid = 0;
    bool rejects_remote = false;  // server ends: REMOTE-4
  };

  NamedEnd(Role role, Fixed fixed, EndModes modes, std::shared_ptr<ServerPipe> pipe);
  ~NamedEnd() override;

  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] const Fixed& fixed() const { return fixed_; }
  [[nodiscard]] const std::shared_ptr<ServerPipe>& pipe() const { return pipe_; }

  // The calls on data. Each checks the state first (STATE-6); rights are the caller's business.
  Status read(std::span<std::byte> buffer, uint32_t* transferred);
  Status write(std::span<const std::byte> data, uint32_t* transferred);
  Status peek(std::span<std::byte> buffer, uint32_t* transferred, uint32_t* available, uint32_t* left);
  Status transact(std::span<const std::byte> request, std::span<std::byte> reply, uint32_t* transferred);
  Status flush();

  // The same, overlapped: the operation's buffer and size are set. PIPES_ERROR_IO_PENDING, or the result, which has
  // been told then if it is 0 or PIPES_ERROR_MORE_DATA, and `*transferred` is its count.
  Status read(std::unique_ptr<OverlappedOp> op, uint32_t* transferred);
  Status write(std::unique_ptr<OverlappedOp> op, uint32_t* transferred);
  Status transact(std::span<const std::byte> request, std::unique_ptr<OverlappedOp> reply);
  Status connect(std::unique_ptr<OverlappedOp> op);

  // How the ends of overlapped operations are told.
  [[nodiscard]] Waitable& waitable() { return waitable_; }
  Status bind(std::shared_ptr<SharedPort> port, uint64_t key);
  [[nodiscard]] bool has_port();
  void add_notification_modes(uint32_t modes);

  // Cancels what waits: of `thread`, or of `operation`, where they are not null. False if there was nothing.
  bool cancel(const Thread* thread, const pipes_overlapped* operation);
  void thread_ends(const Thread& thread) noexcept override;

  // For the port that the end is bound to. tell_at_once() is for whoever waits for an operation in another way: from
  // then on the port's threads are not relied on.
  bool look() override;
  void fetch() const override;
  void stop_looking() override;
  void tell_at_once();

  // A descriptor to poll (poll_event.h).
  enum class Readiness : uint32_t { kReadable, kWritable };
  Status open_event_fd(Readiness which, int* fd);

  // The peer has done something while no thread here was looking, or it is a local one.
  void on_doorbell();
  // A count that grows with all that the peer of this connection is seen to read and write. 0 if the end has another.
  [[nodiscard]] uint64_t done_by_peer(const Connection& connection);

  Status set_modes(EndModes wanted);
  [[nodiscard]] EndModes modes() const;
  Status fill_local_info(pipes_local_info* info);

  // What the gate of the present state says to an operation that needs nothing else.
  Status check(Operation operation);
  [[nodiscard]] InstanceState state();

  struct PeerFacts {
    bool connected = false;
    bool has_read = false;
    PeerCredentials credentials;
    uint32_t qos_flags = 0;
  };
  [[nodiscard]] PeerFacts peer_facts();
  // Runs `use` with the control socket while it is held open; false if there is no connection.
  bool with_socket(const std::function<void(int)>& use);

  [[nodiscard]] std::shared_ptr<Connection> connection();

  // Server end: whom a thread would act for, and how far the client lets it (named_end_identity.cpp).
  struct Client {
    std::shared_ptr<const ClientIdentity> identity;
    uint32_t level = PIPES_SECURITY_LEVEL_ANONYMOUS;
    bool may_be_acted_for = false;  // IMP-10, IMP-17
  };
  // PIPES_ERROR_INVALID_FUNCTION on a client end; PIPES_ERROR_CANNOT_IMPERSONATE without a client.
  [[nodiscard]] Result<Client> client();
  // Who sent it is who writes under `number` from now on. False if `proof` is not this connection's.
  bool learn_writer(const uint64_t (&proof)[2], uint32_t number, std::shared_ptr<const ClientIdentity> writer);

  // Server end. connect waits, or answers at once; listen_again and disconnect are called with the pipe's lock held.
  Status connect();
  Status disconnect();

  // For the pipe, whose lock is held: the instance takes a client, or listens again.
  // Connects the end, if `settle` agrees. It is asked with the end locked: a peer that it tells of the connection finds
  // every call at this end connected, however soon it comes. PIPES_ERROR_PIPE_NOT_CONNECTED: it does not agree, or the
  // end takes nobody. PIPES_ERROR_NO_SYSTEM_RESOURCES, PIPES_ERROR_NOT_ENOUGH_MEMORY: the other processes of the end
  // could not have the connection; `settle` was not asked.
  Status attach(std::shared_ptr<Connection> connection, uint32_t qos_flags, Effects& effects,
                const std::function<bool()>& settle);
  bool become_listening();
  Status become_disconnected(Effects& effects, std::shared_ptr<Connection>* retired);

  // The last handle is gone. Completes what waits and tells the peer. Returns the connection there was, and whether the
  // peer still has its end of it.
  struct Closed {
    std::shared_ptr<Connection> connection;
    bool peer_stays = false;
    bool lingers = false;  // the end goes on with its connection until its overlapped writes have been read
  };
  Closed close();

  // The control socket of `connection` hung up. True if the end still had it.
  bool on_hangup(const Connection* connection);

  // Shares the end with processes that are executed from now on, or with those that hold it already. A child's end has
  // no pipe behind it, whatever its role. PIPES_ERROR_NO_SYSTEM_RESOURCES, PIPES_ERROR_NOT_ENOUGH_MEMORY.
  Status share();
  static Result<std::shared_ptr<NamedEnd>> join(std::unique_ptr<SharedEnd> shared);
  // What a token says of the end, which is shared.
  [[nodiscard]] wire::Token token() const { return shared_->token(); }
  void set_inheritable(bool inheritable) { shared_->set_inheritable(inheritable); }
  // Copies of what another process reaches the end by, which is shared. PIPES_ERROR_INVALID_HANDLE: it was closed.
  [[nodiscard]] Status copy_descriptors(std::span<UniqueFd, 3> copies);
  // Whether the end is, or was, the one that holders know by this page.
  [[nodiscard]] bool has_page(dev_t device, ino_t inode) const {
    return ring_fd_.load(std::memory_order_acquire) >= 0 && shared_->has_page(device, inode);
  }
  // The process that created or opened the end.
  [[nodiscard]] uint32_t maker_pid() const;
  class RingWatch;
  class HolderWatch;
  class BoxWatch;
  [[nodiscard]] bool is_shared();
  // Another holder has done something, or died.
  void on_ring();
  // Passes the peer's doorbell on, before it is taken.
  void relay_doorbell() const {
    if (ring_fd_.load(std::memory_order_acquire) >= 0) ring_others();
  }
  // The last handle of this process is gone. True if no other process has one: then the end is to be closed. If not,
  // this process has let go of it, or goes on taking clients for it.
  [[nodiscard]] bool let_go();

  // Handles that refer to this end.
  void add_handle() { handles_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] bool drop_handle() { return handles_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

 private:
  friend class HalfMutex;
  // What takes the lock of a half here, takes it in all processes.
  using MutexLock = HalfLock;

  // The half's part of the shared page; its lock is held in this process. enter fails if more than the half has
  // changed, or this process still lacks the connection: catch_up() sees to that, without locks.
  enum class CaughtUp : uint32_t { kNotYet, kJustNow };
  [[nodiscard]] bool enter(Half half, CaughtUp caught_up) noexcept;
  void leave(Half half) noexcept;
  void catch_up() noexcept;
  void load_reading_half();
  void load_writing_half();
  void recover_reading_half();
  void recover_writing_half();
  void store_reading_half();
  void store_writing_half();
  // What was pushed since the half was stored is looked for in the ring if this process dies: it must not be
  // overwritten while the reader makes room.
  void store_before_pushing(const PendingOp& op, uint64_t bytes);
  void follow_connection(Effects& effects);
  void take_connection(const wire::EndCommon& common);
  void lose_connection(Effects& effects);
  // What the dead holder left waiting. `in_message`: the last frame in the ring does not end its message.
  struct Leavings {
    std::span<const wire::RingWriter::WaitingFrame> frames;
    uint64_t unpushed = 0;
    bool in_message = false;
  };
  void withdraw_for_the_dead(const Leavings& left);
  Status offer_connection(const SharedEnd& shared, Connection& connection) const;
  void publish_connection();
  void publish_common(wire::EndCommon common);
  void ring_others() const;
  // A thread that drove has watched the peer's words while the end came to be shared. By raising and lowering a flag it
  // may have taken away the doorbell that a process asked for since: all ask again.
  void has_watched(Half half) { rings_others_[static_cast<size_t>(half)] = true; }
  void watch_holders(bool some_died);
  void holder_died(size_t place);
  void wake_peer();
  void stop_serving();
  void end_connects_without_server();
  // Whether a write has to wait until those of another process have been read.
  [[nodiscard]] bool queues_behind() const { return others_write_ || !behind_.empty(); }
  void queue_behind(PendingOp& op);
  void start_those_behind(Effects& effects);
  // Whether a client can come: the process that serves the name lives.
  [[nodiscard]] bool may_listen() const;
  void unshare();

  [[nodiscard]] EndView view() const;
  [[nodiscard]] InstanceState state_locked() const;
  // Tells the peer what became of this end, and wakes whatever of it sleeps.
  void tell_peer(wire::EndState state, Effects& effects);
  [[nodiscard]] Status refusal(Operation operation) const;

  // An operation is over, and out of its queue: wakes its thread, or tells its end. It may be gone after that.
  void settle(PendingOp& op, Effects& effects);
  void tell_end(std::unique_ptr<OverlappedOp> op, bool at_once, Effects& effects);
  void note_pending(bool reports_to_port);
  // For an operation that is over at once, or refused.
  Status conclude(std::unique_ptr<OverlappedOp> op, uint32_t* transferred, Effects& effects);
  // The handle is not signalled while a call that blocks waits (FINE-2).
  class Busy {
   public:
    explicit Busy(NamedEnd& end) : waitable_(end.waitable_) { waitable_.clear(); }
    ~Busy() {
      Unparks unparks;
      waitable_.signal(unparks);
      unparks.perform();
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    Waitable& waitable_;
  };

  // Reading; read_mutex_ is held.
  bool read_at_once(std::span<std::byte> buffer, uint32_t* transferred);
  // Tells the writer how far this side has read, and says whether it is to be woken.
  [[nodiscard]] Wakeup publish_progress();
  void progress_read(PendingOp& op);
  void progress_byte_read(PendingOp& op);
  void progress_message_read(PendingOp& op);
  bool settle_look(PendingOp& op, wire::Look look);
  bool learn_of_death();
  void watch_for_data(PendingOp& op);
  void pump_reads(Effects& effects);
  void pump_driven_reads(Effects& effects);
  void publish_reads(Effects& effects);
  void await_read(PendingOp& op);
  void queue_read(PendingOp& op);
  void unqueue_read(PendingOp& op);
  // For local peers: what to do of theirs, and whether this end wants to be let look.
  [[nodiscard]] Wakeup::Local local_peer_looks(LocalPair::Half half) const {
    const LocalPair* const local = connection_->local.get();
    if (local == nullptr) [[likely]] {
      return Wakeup::Local::kDoesNotLook;
    }
    const Role peer = role_ == Role::kServer ? Role::kClient : Role::kServer;
    return local->looks(peer, half) ? Wakeup::Local::kLooks : Wakeup::Local::kDoesNotLook;
  }
  void let_look(LocalPair::Half half, const PendingQueue& queue);
  [[nodiscard]] bool is_local() const { return connection_ != nullptr && connection_->local != nullptr; }
  // Nobody drives the reads: wakes the next who may, or asks for the doorbell.
  void hand_over_reads(Effects& effects);
  // Whether the port's threads look for what becomes of the operations that wait, so that the peer need not ring.
  [[nodiscard]] bool leave_to_port(Effects& effects);
  bool look_for_reads();
  bool look_for_writes();
  void arm_reads(Effects& effects);
  // Says by the descriptor that a read has something to do, or asks for the doorbell.
  void settle_read_event();
  // A call found nothing to read.
  void lower_read_event() {
    if (!read_event_) return;
    read_event_.lower();
    settle_read_event();
  }
  void cancel_read(PendingOp& op);
  // Lets a queued read go on whose thread waits for something else, and says how that thread hears of more.
  struct Meanwhile {
    bool drives = false;  // this thread is the one to look for more, at `header`
    uint64_t* header = nullptr;
    uint64_t progress = 0;
  };
  Meanwhile read_meanwhile(PendingOp& reading);

  // The number under which this thread's write goes, kept from being given to another while it is wanted.
  class Announced {
   public:
    Announced() = default;
    ~Announced() {
      if (end_ != nullptr) end_->drop_writer(number_);
    }
    Announced(const Announced&) = delete;
    Announced& operator=(const Announced&) = delete;
    [[nodiscard]] uint32_t number() const { return number_; }

   private:
    friend class NamedEnd;
    NamedEnd* end_ = nullptr;
    uint32_t number_ = 0;
  };
  // IMP-9: a thread of a client end that does not act as the end's opener did makes itself known, once.
  // PIPES_ERROR_CANNOT_IMPERSONATE: it could not; PIPES_ERROR_NO_SYSTEM_RESOURCES: too many others have.
  Status announce_writer(Announced* writer);
  void drop_writer(uint32_t number);

  // Writing; write_mutex_ is held.
  bool write_at_once(std::span<const std::byte> data);
  // Accepts a write: decides whether it waits, and announces it. Finishes it if it is refused.
  void begin_write(PendingOp& op);
  enum class Push { kAll, kNoRoom, kWakeFirst, kFailed };
  Push push_frames(PendingOp& op, Effects& effects);
  [[nodiscard]] bool has_place_for_frame();
  [[nodiscard]] bool within_quota(uint64_t announced_end, uint64_t* lent);
  // Pushes and completes what can be. True: the reader is to be woken before going on.
  bool pump_writes(Effects& effects);
  // Waits for `op`, which is in `queue` and whose connection it is a guest of; `reading` is a transaction's read that
  // goes on meanwhile.
  void await_write_half(PendingOp& op, PendingQueue& queue, PendingOp* reading = nullptr);
  void cancel_write(PendingOp& op);
  void after_cancelled_writes(Effects& effects);
  void withdraw(PendingOp& op);
  struct WakePoints {
    uint64_t consumed = 0;
    uint64_t head = 0;
  };
  WakePoints publish_wake_points(Connection& connection);
  void hand_over_writes(Effects& effects);
  // A call found no room for all of the `size` bytes that it was given. What would not fit once more is not worth
  // raising the descriptor for; but there is never room for more than the quota.
  void lower_write_event(uint64_t size, Effects& effects) {
    if (!write_event_) return;
    const uint64_t quota = connection_ == nullptr ? 0 : connection_->write_quota;
    event_room_ = std::clamp<uint64_t>(size, 1, std::max<uint64_t>(quota, 1));
    write_event_.lower();
    hand_over_writes(effects);
  }
  // The same for writes. Asking for the doorbell is left to drive_writes().
  [[nodiscard]] bool may_write_at_once();
  // Carries overlapped writes as far as they go, and asks for the doorbell for the rest. No lock is held.
  enum class ByPort { kIfItLooks, kNo };
  void drive_writes(ByPort by_port = ByPort::kIfItLooks);
  void fail_writes_if_over(const std::shared_ptr<Connection>& connection, bool over, Effects& effects);
  void pump_flushes(Effects& effects);
  // What another process of the end has taken back is not to be read any more. For a flush that counts as long as
  // nothing else was announced in its place, so it is seen to whenever the half is entered.
  void shorten_flushes();
  // Whether the peer has not read all that this end wrote. Withdrawn frames are nothing to read, though the reader may
  // not have passed them yet, so positions do not tell.
  [[nodiscard]] bool anything_unread() const;
  // Whether the ring has all of the writes up to `sequence`, `but` left out of account.
  [[nodiscard]] bool all_pushed(uint64_t sequence, const PendingOp* but) const;
  [[nodiscard]] uint64_t frame_limit(const PendingOp& op) const;
  // Whether a reader waits, which is then to be woken.
  [[nodiscard]] Wakeup take_reader_flag();
  // True: the reader slept, and is woken by `effects`.
  bool wake_reader(Effects& effects);
  bool start_write(PendingOp& op, Effects& effects);

  Status begin_connect(PendingOp& op);
  Status transact_refusal(size_t request_size);
  void end_writes_at_close(bool peer_stays, Effects& effects);
  void stop_lingering();
  void complete_all(PendingQueue& queue, Status status, Effects& effects);
  void mark_broken(Connection& connection);
  [[nodiscard]] Status over_status(Status when_closed) const;
  std::shared_ptr<Connection> detach_locked();

  const Role role_;
  const Fixed fixed_;
  const std::shared_ptr<ServerPipe> pipe_;  // server ends only
  uint64_t opener_ = 0;  // client ends: whom the opening thread acted for (Parker::identity); set before others see it
  std::atomic<uint32_t> handles_{0};

  mutable HalfMutex read_mutex_{Half::kReading};
  HalfMutex write_mutex_{Half::kWriting};

  // Both locks to change, either to look.
  std::shared_ptr<Connection> connection_;
  InstanceState state_ = InstanceState::kListening;
  bool closed_ = false;
  std::shared_ptr<NamedEnd> lingering_;  // itself, closed, while overlapped writes wait for their reader
  uint32_t qos_flags_ = 0;
  PendingQueue connects_;
  std::shared_ptr<SharedPort> port_;  // set once
  uint64_t port_key_ = 0;
  uint32_t notification_modes_ = 0;

  // For what is fetched ahead; stale ones cost time only, hence relaxed.
  std::atomic<const void*> write_place_hint_{nullptr};  // where the next frame will lie
  std::atomic<const void*> read_place_hint_{nullptr};   // of the read that waits
  std::atomic<const void*> connection_hint_{nullptr};

  std::atomic<bool> looked_at_{false};  // by the port's threads
  std::atomic<bool> tells_at_once_{false};
  std::atomic<bool> writes_wait_{false};  // overlapped ones; a hint

  // While the end is shared. Both locks to change, either to look; what it has lives as long as the end does.
  std::unique_ptr<SharedEnd> shared_;
  bool is_shared_ = false;
  uint64_t version_ = 0;     // of what the page says to both halves, as it is known here
  uint64_t generation_ = 0;  // of the connection
  // The others have a connection of which this process could not get hold. It changes nothing of what they know, and
  // tries again with each call.
  bool lacks_connection_ = false;
  InstanceState seen_state_ = InstanceState::kListening;
  WaitMode seen_wait_mode_ = WaitMode::kWait;
  std::atomic<const void*> in_reading_half_{nullptr};  // the thread that has entered it
  bool rings_others_[2] = {false, false};              // when the lock of the half is given back
  uint64_t reading_ = 0;                               // read_mutex_: who is in the middle of a message
  uint64_t others_lent_ = 0;                           // read_mutex_
  uint64_t writing_ = 0;                               // write_mutex_: whose writes wait in the ring
  uint64_t stored_tail_ = 0;                           // write_mutex_: of what the page says of the ring
  const PendingOp* pushing_ = nullptr;                 // write_mutex_: while it is stored amid a write
  uint32_t maker_pid_ = 0;                             // of another process's making; 0: of this one's
  uint64_t ring_watch_ = 0;
  std::shared_ptr<NamedEnd> serving_;  // itself, without handles, while it takes clients for other processes
  std::atomic<bool> somebody_died_{false};
  uint32_t holders_seen_ = 0;                                  // the reactor's thread
  std::vector<std::shared_ptr<HolderWatch>> watched_holders_;  // the reactor's thread
  std::atomic<int> ring_fd_{-1};

  // Synchronises itself.
  Waitable waitable_{Waitable::Reset::kManual, true};

  // read_mutex_
  ReadMode read_mode_;
  PendingQueue reads_;
  PendingOp* read_driver_ = nullptr;
  Spinner read_spinner_;
  uint64_t published_head_ = 0;
  uint64_t published_consumed_ = 0;
  uint64_t lent_ = 0;
  uint64_t read_bytes_queued_ = 0;  // room of the reads that wait, what the first has got included
  bool has_read_ = false;
  uint32_t reads_in_a_row_ = 0;  // without a write of this end in between
  uint64_t written_at_last_read_ = 0;
  PollEvent read_event_;
  bool others_read_ = false;  // another process is in the middle of a message
  uint32_t others_waiting_reads_ = 0;

  // Changed under both locks, looked at under either.
  WaitMode wait_mode_;

  // write_mutex_
  PendingQueue writes_;
  PendingQueue flushes_;
  PendingQueue behind_;        // of a shared end: writes that have not begun, since another process's wait
  bool others_write_ = false;  // those of another process wait in the ring
  PendingOp* write_driver_ = nullptr;
  PendingOp* first_unpushed_ = nullptr;  // of the writes that wait; what comes after it is not in the ring either
  Spinner write_spinner_;
  uint64_t write_sequence_ = 0;
  uint64_t empties_end_ = 0;         // where the newest empty message in the ring ends
  uint64_t head_at_last_write_ = 0;  // of the reading half
  PollEvent write_event_;
  uint64_t event_room_ = 1;  // the room that raises it
  // Client ends: who has announced himself, by number; 0 is the opener, who need not.
  struct Writers {
    struct Entry {
      UserIds ids;
      uint64_t identity = 0;  // the Parker's, of the thread that was last found to be him
      uint32_t users = 0;     // writes between their announcement and the ring
      bool taken = false;
      bool known = false;  // to the server process
    };
    std::array<Entry, wire::kIdentitiesMax> entries;
  };
  std::unique_ptr<Writers> writers_;
  // Frames of waiting writes, oldest first: what may have to be taken back.
  struct WaitingFrame {
    uint64_t sequence = 0;
    uint64_t position = 0;
    uint64_t length = 0;
    wire::FrameKind kind = wire::FrameKind::kNone;
    [[nodiscard]] uint64_t end() const { return position + wire::frame_bytes(kind, length); }
  };
  std::deque<WaitingFrame> waiting_frames_;

  // Written by the reading half, looked at by the writing half to tell an answer from a stream; a stale value costs
  // speed only, hence relaxed.
  std::atomic<uint64_t> consumed_hint_{0};
  std::atomic<uint64_t> written_hint_{0};
};

}  // namespace pipes
