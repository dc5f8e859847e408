// AnonymousEnd: one end of an anonymous pipe. The pipe is the kernel's own, so that an end can be a child's standard
// handle (ANON, CHILD); what lives here is the difference between a kernel pipe and NT's.
//
// Each end has two descriptors of the same pipe. The native one belongs to the caller and to children, and keeps its
// own flags. The private one is a separate open description, never blocks, and is what our calls use: they poll it
// beside the thread's parker, so that closing, cancelling and disconnecting end every wait.
//
// What a kernel pipe cannot give (D35):
// - Room is counted in pages. A write that fits the quota always finds room (the pipe is made larger if pages that are
//   half empty leave none), but a read that takes part of a page may give nothing back to a write that waits already,
//   and the quota is at least the size asked for, in whole pages, as far as the system's limit for pipes lets it.
// - A write longer than PIPE_BUF goes in pieces. Within a process writes through one end never interleave (BUF-7), but
//   between processes pieces can. What is not in the pipe yet is counted by no peek, and what is cannot be taken back
//   when the write is cancelled.
// - With PIPE_NOWAIT a write is all or nothing up to PIPE_BUF. A longer one asks first how much room there is; another
//   process that writes at the same time, or a limit that keeps the pipe from growing, may cut it short, and then the
//   count says how much was written.
// - A flush counts the bytes this process writes meanwhile; other processes that write through the same end prolong it.
// - Modes and the effect of disconnecting on the other end are those of this process; elsewhere a disconnected pipe
//   looks like one whose reader has closed.
//
// Relies on /proc being mounted.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "pipe/instance_state.h"
#include "support/mutex.h"
#include "support/status.h"
#include "support/unique_fd.h"

namespace pipes {

class AnonymousSecurity;
class Effects;
class Parker;

class AnonymousEnd {
 public:
  // The read end and the write end of a new pipe.
  using Pair = std::pair<std::shared_ptr<AnonymousEnd>, std::shared_ptr<AnonymousEnd>>;

  // `size` is the quota, 0 meaning 4096. The native descriptors do not survive exec.
  [[nodiscard]] static Result<Pair> create(uint32_t size);

  // An end of a pipe that this process was given. `native`, open one way, belongs to the end if this succeeds. The
  // other end is nobody's here, and the quota is the pipe's room.
  [[nodiscard]] static Result<std::shared_ptr<AnonymousEnd>> adopt(int native);

  // Around a fork, and in its child: the child keeps all ends, and forgets the calls of threads that it does not have.
  static void lock_all_for_fork() noexcept;
  static void unlock_all_after_fork() noexcept;
  static void reset_all_in_child() noexcept;

  // Closes the end if it is not closed yet.
  ~AnonymousEnd();
  AnonymousEnd(const AnonymousEnd&) = delete;
  AnonymousEnd& operator=(const AnonymousEnd&) = delete;

  // The calls below may be made by any thread at any time. Each answers 6 once the end is closed, and the numbers of
  // STATE's tables once it is disconnected. A call that waits ends with 109 when its own end is closed (CLOSE-11), with
  // 233 when the pipe is disconnected in this process, and with 995 when it is cancelled.

  // Reads in the order in which threads called (READ-17), as soon as anything is there; `size` 0 waits for data and
  // takes none (READ-19). 109: nothing is left and no writer. 232: PIPE_NOWAIT and nothing there. 5 on a write end.
  // `*transferred` is 0 on failure.
  [[nodiscard]] Status read(void* buffer, uint32_t size, uint32_t* transferred);

  // Writes all of `size` bytes and waits for room as needed (ANON-5). 232: there was no reader; 109: the last one
  // closed while this write was under way (ANON-8). PIPE_NOWAIT without room: 0, and `*transferred` less than `size`. 5
  // on a read end. `*transferred` is 0 on failure. Never raises a signal (WRITE-19).
  [[nodiscard]] Status write(const void* buffer, uint32_t size, uint32_t* transferred);

  // Copies up to `size` bytes without taking them, and counts (ANON-14). Outputs may be null; untouched on failure.
  // 109: nothing is left and no writer. 5 on a write end. Never waits.
  [[nodiscard]] Status peek(void* buffer, uint32_t size, uint32_t* transferred, uint32_t* available,
                            uint32_t* left_this_message);

  // Waits until the reader has taken what is in the pipe now (FLUSH-1, FLUSH-2). 109 when the last reader closes
  // meanwhile. Sleeps until somebody reads; where the kernel does not report that, looks again after pauses that grow
  // to 50 ms. 5 on a read end.
  [[nodiscard]] Status flush();

  // As the server end or the client end answers: 535 and 232 (ANON-16); 1 on a client end. After a disconnect
  // it listens, and since nobody can open a pipe without a name, it waits until it is closed, disconnected or
  // cancelled.
  [[nodiscard]] Status connect();

  // Read end: discards what is unread and breaks the pipe for good, for this process's write end with 233. 1 on a write
  // end.
  [[nodiscard]] Status disconnect();

  // 0, or what the state says to `operation` before anything else is looked at (STATE-10): for queries answered
  // elsewhere.
  [[nodiscard]] Status check_state(Operation operation);

  // Queries. Outputs may be null, but for `info`, whose `size` is the caller's business.
  [[nodiscard]] Status get_info(uint32_t* flags, uint32_t* out_buffer, uint32_t* in_buffer, uint32_t* max_instances);
  [[nodiscard]] Status get_local_info(pipes_local_info* info);
  [[nodiscard]] Status get_modes(uint32_t* modes, uint32_t* current_instances);

  // 87: unknown bits, or message read mode. 231: from wait to no-wait while a read waits or something written is
  // unread.
  [[nodiscard]] Status set_modes(uint32_t modes);

  // The descriptor to hand to a child; borrowed, -1 once the end is closed.
  [[nodiscard]] int native_fd();
  [[nodiscard]] Status set_inheritable(bool inheritable);

  // Closes the end: its waiting calls of other threads end, and both descriptors are closed before it returns, once the
  // last of those calls has left. Never waits for the other end. Closing twice does nothing.
  void close();

  // The pipe's descriptor. set_security is for whoever has just made the end.
  [[nodiscard]] const std::shared_ptr<AnonymousSecurity>& security() const { return security_; }
  void set_security(std::shared_ptr<AnonymousSecurity> security) { security_ = std::move(security); }

  [[nodiscard]] bool is_read_end() const { return kind_ == Kind::kRead; }
  // The process that made the pipe: client and server of both ends (PEER-7).
  [[nodiscard]] uint32_t creator_pid() const { return creator_pid_; }

 private:
  enum class Kind : uint32_t { kRead, kWrite };
  enum class Outcome : uint32_t { kMoved, kWouldBlock, kNoPeer, kFailed };
  // What one attempt to move bytes came to.
  struct Attempt {
    Outcome outcome = Outcome::kFailed;
    uint32_t moved = 0;
    Status status = PIPES_OK;  // why it failed
  };
  struct Call;
  class Registry;

  // What both ends of a pipe know of each other in this process.
  struct Link {
    // Connected, disconnected or listening; closing is the kernel's to know. Written by the read end, read by both.
    // Stored before the descriptors are replaced and loaded after a call met a replaced one, or it would answer 109 for
    // 233.
    std::atomic<InstanceState> state{InstanceState::kConnected};
  };

  AnonymousEnd(Kind kind, UniqueFd native, UniqueFd own, uint32_t quota, std::shared_ptr<Link> link);

  [[nodiscard]] bool nowait() const { return (modes_.load(std::memory_order_relaxed) & PIPES_NOWAIT) != 0; }
  [[nodiscard]] EndView view() const;
  [[nodiscard]] bool peer_is_gone() const;
  [[nodiscard]] uint32_t unread() const;
  [[nodiscard]] Status refusal(Operation operation) const;
  [[nodiscard]] Status interruption(const Call& call);

  [[nodiscard]] Status enter(Call& call, Operation operation);
  void leave(Call& call);
  [[nodiscard]] Status take_turn(Call& call);
  void pass_turn(Effects& effects) PIPES_REQUIRES(mutex_);
  void announce_waiting(Call& call);
  void wake_waiting_calls();
  [[nodiscard]] Status wait(Call& call, short events);

  [[nodiscard]] Attempt take(void* buffer, uint32_t size) const;
  [[nodiscard]] Attempt put(const std::byte* bytes, uint32_t size);
  [[nodiscard]] bool make_room(uint32_t size) const;
  [[nodiscard]] Status write_all(Call& call, const std::byte* bytes, uint32_t size);
  [[nodiscard]] Status write_at_once(const std::byte* bytes, uint32_t size, uint32_t* transferred);
  [[nodiscard]] Status copy_unread(void* buffer, uint32_t size, uint32_t* copied) const;
  [[nodiscard]] bool read_up_to(uint64_t position);
  [[nodiscard]] Status wait_until_read(Call& call, uint64_t position);
  [[nodiscard]] Status wait_as_listener(Call& call);
  [[nodiscard]] Status break_pipe(InstanceState from);
  void reset_in_child();

  // Constant after construction.
  const Kind kind_;
  const uint32_t quota_;
  const uint32_t creator_pid_;
  const std::shared_ptr<Link> link_;
  std::weak_ptr<AnonymousEnd> peer_;             // set once by create, before anyone else sees the end
  std::shared_ptr<AnonymousSecurity> security_;  // the same

  // Valid while the end is open or any call is under way.
  UniqueFd native_;
  UniqueFd own_;

  std::atomic<uint32_t> modes_{PIPES_WAIT};

  // Protects what follows. Nothing else is taken while it is held, and no system call is made.
  Mutex mutex_;
  bool closed_ PIPES_GUARDED_BY(mutex_) = false;
  Call* first_call_ PIPES_GUARDED_BY(mutex_) = nullptr;  // the calls under way, oldest first
  Call* last_call_ PIPES_GUARDED_BY(mutex_) = nullptr;
  Call* turn_ PIPES_GUARDED_BY(mutex_) = nullptr;     // whose turn it is to move bytes
  bool turn_waits_ PIPES_GUARDED_BY(mutex_) = false;  // that call waits for the other end
  Parker* closer_ PIPES_GUARDED_BY(mutex_) = nullptr;

  // Keeps `written_` and the pipe in agreement: held across a write that cannot block and its count. Taken alone.
  Mutex written_mutex_;
  uint64_t written_ PIPES_GUARDED_BY(written_mutex_) = 0;

  // All ends of the process, for fork. Guarded by the registry's lock.
  AnonymousEnd* next_end_ = nullptr;
  AnonymousEnd* previous_end_ = nullptr;
};

}  // namespace pipes
