// How pipes are found and how processes come to serve them: one folder a pipe, in a runtime directory. Apart from the
// instances themselves, which live in the processes: a folder says only who serves a name, and how many instances.
//
//   <digest of the folded name>.<uid of the founder>        0755
//     meta               0644  attributes and server processes (wire/meta.h): a snapshot, replaced by rename
//     lock               0600  flock, held by whoever changes the folder. A process that dies lets go of it
//     s.<pid>.<ticket>   0666  listening SOCK_SEQPACKET socket, one a server process
//   <digest of the folded name>.<uid of the founder>.claim  0644
//                              empty. Where it is, the pipe is established; the time of its change orders rival
//                              claims. A shared flock on it, held by each server process
//
// The folder's name may carry a further `.1` to `.7`, where another user sits on the plain one, or on its claim.
//
// Believed is a folder only if the user in its name owns it and its meta, nobody else may write to it, and the meta
// bears the name that was looked for. A server process is alive if its socket answers; a pipe none of whose server
// processes is alive does not exist, for anybody. Whoever notices a dead one, and may, sweeps it, under the lock.
//
// Of rival folders with one name the first in this order is the pipe, for everybody who looks: founded by root, the
// earlier claim, the lower uid. A creator first puts up its folder without `claim`, looks for rivals, and withdraws
// from an established one, or from one that is being put up by a lower uid; only then it writes the claim (decision
// 14).
//
// A claim that no process holds is one without a server, and does not become the pipe again beside one that was
// established meanwhile: who makes a pipe overrules other users' claims of its name, by an exclusive flock that it
// holds as long as it serves the pipe, and whoever finds two users' claims passes over one that is overruled. A claim's
// change time shows also when it came under its name. (Root need not, and is not overruled. What a pipe's other server
// processes do after its maker's has ended is not covered: they hold its own claim and overrule none.)
//
// A process serves the pipe through one PipeMembership. Root and processes with the founder's uid join by themselves.
// Any other process asks one of those for admission, which checks the newcomer by what the kernel tells of it, and
// names it in meta (decision 15). The newcomer, which may not write to the folder, has its socket beside it, in the
// runtime directory, as `s.<pid>.<ticket>`; where it may not write there either it cannot join. Once none is left that
// may change the folder, nobody else is admitted, and the number of instances in meta stays as it was.
//
// Threads: functions may be called from any thread; one PipeMembership, and all add_first calls for one name, by one
// thread at a time. A child forked in the midst of add_first would inherit a listening socket that nobody knows of, and
// keep a dead pipe alive: keep fork out meanwhile (a pthread_atfork handler that takes the caller's lock).
// None of these calls waits for a client. They wait for the lock, which is held for a few system calls by processes of
// the same user; root in somebody else's folder, and a creator in a race with those of other users, wait for others at
// most two seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "linux/folder.h"
#include "linux/process_fd.h"
#include "linux/server_socket.h"
#include "pipe/name.h"
#include "support/status.h"
#include "support/unique_fd.h"
#include "wire/meta.h"

namespace pipes {

using wire::PipeMeta;
using wire::ServerRecord;

// FoundPipe is an established claim to a name, as it was when it was read. Its server processes may be dead.
struct FoundPipe {
  UniqueFd folder;
  PipeMeta meta;
  uint32_t founder_uid = 0;
  std::string path;        // the folder's, when it was opened
  int64_t claimed_at = 0;  // tells the pipe from others of that name and founder
};

// find_pipe returns the established claims to `name` in all runtime directories, the best first; mostly none or one.
// The pipe is the first that has a server process alive. Asks no server process and changes nothing. The snapshots may
// be old: whoever meets only dead server processes looks once more before saying that there is no pipe. Failures are
// those of directories_for_looking.
[[nodiscard]] Result<std::vector<FoundPipe>> find_pipe(const PipeName& name);

// is_served says whether the pipe exists: some server process of it is alive. Connects to them in turn. Fails only if
// this process is short of descriptors or memory.
[[nodiscard]] Result<bool> is_served(const FoundPipe& pipe);

// live_instances counts the instances of the server processes that live: a record outlives its process until somebody
// sweeps. Where this process is short of descriptors or memory, so that it cannot ask, the record is believed.
[[nodiscard]] uint32_t live_instances(const FoundPipe& pipe);

// connect_server connects to one of the server processes of `pipe`, without waiting: the returned SOCK_SEQPACKET socket
// does not block. PIPES_ERROR_PIPE_BUSY: its backlog is full. PIPES_ERROR_FILE_NOT_FOUND: nobody answers, or somebody
// whose uid is not that of the record. PIPES_ERROR_NO_SYSTEM_RESOURCES,
// PIPES_ERROR_NOT_ENOUGH_MEMORY: as they say.
[[nodiscard]] Result<UniqueFd> connect_server(const FoundPipe& pipe, const ServerRecord& server);
// The same, and tells whose process that is.
[[nodiscard]] Result<ReachedServer> reach_server(const FoundPipe& pipe, const ServerRecord& server);

// ask_others calls `ask` for the server processes but that of `own_socket`, for as long as two seconds have not passed.
void ask_others(const FoundPipe& pipe, const std::string& own_socket,
                const std::function<void(const FoundPipe&, const ServerRecord&)>& ask);

// list_pipes returns every pipe that has a server process alive, each name once, with its live server processes only
// (NAME-19). Sweeps what is dead where it may. Failures are those of directories_for_looking.
[[nodiscard]] Result<std::vector<PipeMeta>> list_pipes();

// NewPipe holds what the first instance fixes for the pipe (OPEN-24).
struct NewPipe {
  uint32_t type = 0;
  uint32_t access = 0;
  uint32_t max_instances = 0;
  uint32_t default_timeout_ms = 0;
  uint64_t ring_capacity = 0;
  std::vector<std::byte> descriptor;
  Status refused = PIPES_OK;  // why there can be no such pipe; counts only if it would be new
};

// AddRequest is one pipes_create_named call.
struct AddRequest {
  const PipeName& name;
  NewPipe attributes;       // count if the pipe is new
  bool first_only = false;  // PIPES_FLAG_FIRST_PIPE_INSTANCE
  uint32_t access = 0;      // must be that of an existing pipe
  // Whether the caller may add instances to the existing pipe. Called with the lock held: computes, calls nothing back.
  std::function<Status(const PipeMeta&)> check_access;
  // Asks a server process to drop instances whose last handles have gone, and returns when it has answered or given up.
  // Called by add_first, without the lock, at most once a call and server process.
  std::function<void(const FoundPipe&, const ServerRecord&)> recount;
  // For a process that may not change the folder: has one that may name `record` in it, with one instance more than it
  // has. Called without the lock. Returns what that one answers; PIPES_ERROR_ACCESS_DENIED if there is none.
  std::function<Status(const FoundPipe&, const ServerRecord&)> admit = nullptr;
  // Tells the same one that `record` has fewer instances than it had, and waits for nothing: what it returns can be
  // read once that one has heard it. Kept by the membership.
  std::function<UniqueFd(const FoundPipe&, const ServerRecord&)> report = nullptr;
};

// PipeMembership is this process's part in serving one pipe: its listening socket, its record in meta, and how many
// instances it counts there. Destroying it ends the part as remove_instances does for all that are left.
class PipeMembership {
 public:
  struct Added;

  // Standing is what keeps the pipe established: its claim, and those of others that it overrules.
  struct Standing {
    ProcessFd claim;
    std::vector<ProcessFd> overruled;
  };

  // add_first creates the pipe, or joins it, and counts one instance, for a process that does not serve the name yet.
  //
  // For an existing pipe, in this order (OPEN-27): check_access refuses with its status, and
  // PIPES_ERROR_ACCESS_DENIED a process that is neither root nor of the founder's uid; PIPES_ERROR_PIPE_BUSY at the
  // limit of instances over all live server processes; PIPES_ERROR_ACCESS_DENIED for first_only, then for another
  // access mode. PIPES_ERROR_INVALID_PARAMETER: the descriptor is longer than meta holds. Otherwise the failures of
  // directory_for_creating, and PIPES_ERROR_ACCESS_DENIED when a rival does not let anybody decide. A call that fails
  // leaves nothing behind (OPEN-30).
  static Result<Added> add_first(const AddRequest& request);

  PipeMembership(PipeMembership&& other) noexcept;
  PipeMembership& operator=(PipeMembership&& other) noexcept;
  PipeMembership(const PipeMembership&) = delete;
  PipeMembership& operator=(const PipeMembership&) = delete;
  ~PipeMembership();

  // add_instance counts one more instance of this process, refused as in add_first; then `*meta`, if not null, receives
  // the new snapshot. PIPES_ERROR_FILE_NOT_FOUND: the folder has been removed by force; this membership can only end.
  // PIPES_ERROR_PIPE_BUSY: also because of instances that only seem to exist. The caller, who knows when he may wait,
  // has the others recount, and tries again; admit likewise.
  Status add_instance(const AddRequest& request, PipeMeta* meta);

  // remove_instances counts `count` fewer, at most instances(). Its effects are complete when it returns: with the last
  // of this process go its record and its socket, and with the last live server process the folder. The caller must
  // have stopped using listening_socket() before the last goes. With `count` 0 it writes the number anew.
  // A failure to write leaves a higher number in meta until the next call that succeeds; the instances are gone all the
  // same, and the last one's effects never fail: a record that cannot be taken out is that of a dead process.
  Status remove_instances(uint32_t count) { return remove_instances(count, take_turn(LockedFolder::Wait::kForTurn)); }
  // The same under the lock, or, where take_turn failed, without. A caller that may not wait gives up on
  // PIPES_ERROR_PIPE_BUSY and comes again.
  Status remove_instances(uint32_t count, const Result<LockedFolder>& turn);
  [[nodiscard]] Result<LockedFolder> take_turn(LockedFolder::Wait wait) const;

  // For the requests of a process that may not change the folder itself (AddRequest::admit, AddRequest::report). admit
  // judges `request` and names `newcomer`, which listens already, with one instance more. count lowers the number of
  // the process with this uid and ticket, or drops it. Either fails with PIPES_ERROR_ACCESS_DENIED for whoever is not
  // what he says.
  Status admit(const AddRequest& request, const ServerRecord& newcomer);
  Status count(uint32_t uid, uint64_t ticket, uint32_t instances);

  // change_descriptor writes what `change` makes of the present snapshot; `*meta` receives the new one.
  // PIPES_ERROR_ACCESS_DENIED if this process may not change the folder.
  Status change_descriptor(const std::function<Result<std::vector<std::byte>>(const PipeMeta&)>& change,
                           PipeMeta* meta);
  [[nodiscard]] bool may_change() const { return folder_.may_change(); }
  [[nodiscard]] Result<PipeMeta> read_meta() const { return folder_.read_meta(); }

  // abandon closes the descriptors and touches nothing else: for the child of a fork. Async-signal-safe.
  void abandon() noexcept;

  // The socket is non-blocking and borrowed. Connections that close at once, without a byte, only ask for signs of
  // life.
  [[nodiscard]] int listening_socket() const { return socket_.get(); }
  [[nodiscard]] int folder() const { return folder_.fd(); }
  [[nodiscard]] uint32_t instances() const { return record_.instances; }
  [[nodiscard]] const ServerRecord& record() const { return record_; }
  [[nodiscard]] uint32_t founder_uid() const { return folder_.founder_uid(); }
  [[nodiscard]] int64_t claimed_at() const { return folder_.claimed_at().value_or(0); }

  // The folder as somebody who looks for the name would find it, if nobody else claimed the name.
  [[nodiscard]] Result<FoundPipe> as_found() const;

 private:
  friend class PipeAdder;  // does the work of add_first
  PipeMembership(Folder folder, UniqueFd socket, ServerRecord record, Standing standing)
      : folder_(std::move(folder)),
        socket_(std::move(socket)),
        standing_(std::move(standing)),
        record_(std::move(record)) {}

  Status add_as_guest(const AddRequest& request, PipeMeta* meta);
  void report();
  Status publish(const LockedFolder& locked, PipeMeta* meta);
  Status republish(const Result<LockedFolder>& turn);
  void leave(const Result<LockedFolder>& turn);
  void strike_out(const LockedFolder& locked) const;

  Folder folder_;
  UniqueFd socket_;
  Standing standing_;
  ServerRecord record_;  // as it should stand in meta
  // Set if this process may not change the folder.
  std::function<UniqueFd(const FoundPipe&, const ServerRecord&)> report_;
  ProcessFd reported_;  // what report_ returned last
};

// Added is what add_first did.
struct PipeMembership::Added {
  std::optional<PipeMembership> membership;  // always set
  bool created = false;                      // the pipe is new, not only this process's part in it
  PipeMeta meta;
};

}  // namespace pipes
