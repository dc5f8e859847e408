// ServerPipe: what a process that serves a name knows of it: its instances, which of them listen and since when,
// clients that wait for one, and its membership in the pipe's folder.
//
// Locks, in the order in which they are taken. `membership_mutex_` makes changes of the folder one after the other and
// is held over system calls; it is never taken by the reactor's hot path. `mutex_` guards the lists below it and is
// held briefly; the locks of an end may be taken while it is held, never the reverse.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "linux/handshake_io.h"
#include "linux/named_end.h"
#include "linux/pipe_folder.h"
#include "linux/reactor.h"
#include "linux/refused_access.h"
#include "linux/stored_descriptor.h"

namespace pipes {

class ServerPipe : public std::enable_shared_from_this<ServerPipe> {
 public:
  struct Created {
    std::shared_ptr<NamedEnd> end;
    bool added = false;  // to a pipe that existed
  };
  // pipes_create_named behind its checks of arguments. `supplied` is the descriptor of a new pipe; null: the default.
  static Result<Created> create(const PipeName& name, const CreateParameters& parameters,
                                const SecurityDescriptor* supplied);
  // Drops instances of `folded` in this process whose last handles have gone, if it serves that name.
  static void sweep_name(const std::u16string& folded);
  static void forget_in_child() noexcept;

  explicit ServerPipe(std::u16string folded) : folded_(std::move(folded)), name_hash_(name_hash(folded_)) {}

  // From a server end.
  void listen_again(NamedEnd& end);
  Status disconnect(NamedEnd& end);
  void end_closed(NamedEnd& end, const NamedEnd::Closed& closed);
  // Another process that holds the end has made it listen, or disconnected it.
  void align(NamedEnd& end);
  // Instances of the pipe in all processes.
  uint32_t current_instances();
  // The pipe's descriptor (server_security.cpp). set_security replaces the parts of it that `information` names, for
  // all processes that serve the pipe: when it returns 0 their next client meets the new one. Rights have been checked.
  // PIPES_ERROR_NOT_SUPPORTED: this process may not change the pipe's folder; otherwise as merge_parts.
  [[nodiscard]] std::shared_ptr<const StoredDescriptor> descriptor();
  // `may`, if there is one, is asked of the descriptor that is replaced.
  using MayChange = std::function<Status(const SecurityDescriptor& present)>;
  Status set_security(const Token& token, uint32_t information, const SecurityDescriptor& replacement,
                      const MayChange& may = nullptr);

  class Doorkeeper;

  // From the reactor.
  void accept_clients();
  // kSkip: where the folder is being changed at the moment, what was found is left to who changes it, or, if that is
  // another process, to a thread of its own. The reactor never waits for such a change, which may itself wait for
  // another process's reactor, or for a process that stands still. kWaitForProcesses: as kSkip within this process.
  // sweep returns false if it left something to a thread of its own.
  enum class IfBusy { kWait, kWaitForProcesses, kSkip };
  bool sweep(IfBusy if_busy);

 private:
  class Listener;
  class HalfOpen;
  class Waiter;
  class Watch;
  class Errand;

  // Either leaves `retry` set if the pipe has been dissolved meanwhile.
  struct Creation {
    const PipeName& name;
    const CreateParameters& parameters;
    const SecurityDescriptor* supplied;
  };
  Result<Created> add(const Creation& creation, bool* retry);
  Result<Created> add_to_folder(const Creation& creation, bool* retry);
  void have_others_recount();
  void tell_other_servers(const FoundPipe& own) const;
  void set_listener(int listener);
  void take_request(UniqueFd socket, ReceivedRequest received);
  void handle_request(UniqueFd socket, ReceivedRequest received);
  UniqueFd accept_one(int* error);
  void await_request(UniqueFd socket);
  void refuse_one();
  void start_to_listen(std::shared_ptr<NamedEnd> end);
  void release_waiters();
  void accept_client(UniqueFd socket, ReceivedRequest received);
  [[nodiscard]] Result<std::shared_ptr<const ClientIdentity>> identify(int socket, const SharedMemory& memory,
                                                                       const wire::Request& request);
  [[nodiscard]] Result<GrantedAccess> check_client(int socket, const ClientIdentity& client, uint32_t desired_access,
                                                   RefusedAccess* refused);
  [[nodiscard]] Status answer_to_query(int socket, const wire::Request& request);
  void learn_writer(UniqueFd socket, const wire::Request& request);
  // What may take its time, and so is done by a thread of its own (server_security.cpp).
  void begin_errand(UniqueFd socket, ReceivedRequest received);
  Status run_errand(int socket, const ReceivedRequest& received);
  Status admit(const ClientIdentity& newcomer, const wire::Request& request);
  Status change_security(const ClientIdentity& asker, const ReceivedRequest& received);
  Status refresh_descriptor();
  void set_readable(const PipeMembership* membership);
  void store_descriptor(const PipeMeta& meta);
  void tell_of_descriptor(const FoundPipe& own, const std::string& own_socket) const;
  [[nodiscard]] std::shared_ptr<Connection> find_proven(const uint64_t (&proof)[2]);
  enum class Dropped { kSome, kAll, kFolderIsLocked };
  bool drop_ended(IfBusy if_busy);
  [[nodiscard]] Dropped drop_counted(IfBusy if_busy);
  void sweep_later();
  void forget_waiter(uint64_t key);
  [[nodiscard]] Status availability();

  const std::u16string folded_;
  const uint64_t name_hash_;  // what requests name the pipe by

  Mutex membership_mutex_;
  std::optional<PipeMembership> membership_;
  bool dissolved_ = false;  // the last instance has gone; the name needs a new ServerPipe
  uint64_t listener_watch_ = 0;
  std::atomic<uint32_t> to_drop_{0};       // instances that have ended and still count in the folder
  std::atomic<bool> sweeps_later_{false};  // a thread has been started that has not looked yet

  // Makes reading the folder's descriptor and storing it one step, so that an older one never replaces a newer. Held
  // for no longer than that takes, so the reactor may wait for it.
  Mutex descriptor_mutex_;
  const PipeMembership* readable_ = nullptr;      // descriptor_mutex_: the membership, as long as it can be read
  std::atomic<bool> descriptor_is_stale_{false};  // it changed, and this process was too short of something to read it

  // Held for one accept at a time: the listening socket is not closed meanwhile, so that its number cannot come to mean
  // another pipe's.
  Mutex listener_mutex_;
  int listener_ = -1;
  bool has_doorkeeper_ = false;
  std::deque<Doorkeeper*> at_the_door_;  // wait to be the doorkeeper, the longest first
  Spinner door_spinner_;                 // the doorkeeper's alone

  Mutex mutex_;
  // Set once, before anybody can reach the pipe.
  PipeMeta meta_;
  std::string display_;
  std::shared_ptr<const StoredDescriptor> descriptor_;  // replaced whole; what does so holds descriptor_mutex_, too
  std::unordered_map<const NamedEnd*, std::weak_ptr<NamedEnd>> open_ends_;
  std::deque<std::shared_ptr<NamedEnd>> listening_;
  uint32_t open_end_count_ = 0;
  // Connections whose server end has closed while the client keeps its own: they still count as instances.
  std::vector<std::shared_ptr<Connection>> left_behind_;
  std::list<std::shared_ptr<Waiter>> waiters_;
};

// Doorkeeper: a thread that waits in pipes_connect takes clients itself, instead of the reactor, so that a client costs
// one waking and not two. One thread a pipe at a time: a client would wake every one of several. One that leaves hands
// the door to the next who waits, whose instance has then mostly listened longest, and who would have to be woken for
// the next client anyway; only when nobody waits the reactor keeps it.
class ServerPipe::Doorkeeper {
 public:
  // Becomes the doorkeeper, or waits to be.
  Doorkeeper(ServerPipe& pipe, Parker& parker);
  ~Doorkeeper() { leave(); }
  Doorkeeper(const Doorkeeper&) = delete;
  Doorkeeper& operator=(const Doorkeeper&) = delete;

  // Acquire: who handed the door over has done with it. The parker is unparked when this changes.
  [[nodiscard]] bool on_duty() const { return listener_.load(std::memory_order_acquire) >= 0; }
  // Sleeps until somebody comes or the parker is unparked since `ticket`, and takes who has come.
  void wait(uint32_t ticket);

 private:
  void wait_at_the_door();
  void look_at_door(uint32_t ticket);
  void await_guest(uint32_t ticket);
  void look_at_guest();
  void leave();

  ServerPipe& pipe_;
  Parker& parker_;
  std::atomic<int> listener_{-1};  // changed under the pipe's listener_mutex_
  UniqueFd guest_;                 // has come and not spoken yet
};

}  // namespace pipes
