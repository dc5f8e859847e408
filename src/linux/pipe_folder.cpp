#include "linux/pipe_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "linux/mailbox.h"
#include "linux/runtime_directory.h"
#include "linux/server_socket.h"
#include "linux/system_error.h"
#include "support/deadline.h"
#include "support/fault_point.h"

namespace pipes {
namespace {

// How long a creator waits for rivals of other users to decide (decision 21's bound).
constexpr uint64_t kRivalsTimeoutMs = 2000;
constexpr long kRivalsPauseNs = 1'000'000;
// Starting again means that somebody else has moved meanwhile; that often in a row is no race any more.
constexpr int kAttemptsMax = 10'000;
// What was looked at has gone or changed. add_first then starts again; no caller of it ever sees this number.
constexpr Status kStartAgain = PIPES_ERROR_FILE_NOT_FOUND;

// Claim is a believed folder and its snapshot. Without `since` it is not established.
struct Claim {
  Folder folder;
  PipeMeta meta;
  std::optional<int64_t> since;
  std::string path;
  bool overruled = false;
};

// Of two established claims the one that is the pipe. Root's come first.
bool precedes(const Claim& a, const Claim& b) {
  const auto rank = [](const Claim& claim) {
    return std::tuple(claim.folder.founder_uid() != 0, claim.since.value_or(0), claim.folder.founder_uid(),
                      claim.folder.id());
  };
  return rank(a) < rank(b);
}

// Fails with PIPES_ERROR_FILE_NOT_FOUND if the folder is not to be believed.
Result<Claim> read_claim(Folder folder, std::string path) {
  auto meta = folder.read_meta();
  if (!meta) return meta.status();
  const auto since = folder.claimed_at();
  return Claim{std::move(folder), std::move(*meta), since, std::move(path), false};
}

// Another user's claim without a server could come to life beside a pipe that has been established since, and precede
// it. Who makes a pipe therefore overrules those that nobody holds. Nobody else would have a claim overruled: it is
// looked at only where two users claim one name.
void mark_overruled(std::vector<Claim>* claims) {
  for (Claim& claim : *claims) {
    if (!claim.since || claim.folder.founder_uid() == 0) continue;
    const bool has_rival = std::ranges::any_of(*claims, [&](const Claim& other) {
      return other.since && other.folder.founder_uid() != claim.folder.founder_uid() &&
             other.meta.folded == claim.meta.folded;
    });
    claim.overruled = has_rival && claim.folder.hold_claim().status() == PIPES_ERROR_PIPE_BUSY;
  }
}

// Where only the owner and root can make folders, their names are known without listing. Elsewhere any user's may be.
Result<std::vector<FolderName>> possible_folders(int directory, const std::string& digest) {
  struct stat status {};
  if (fstat(directory, &status) != 0) return status_from_errno(errno);
  std::vector<FolderName> names;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) {
    names.push_back({digest, 0, 0});
    if (status.st_uid != 0) names.push_back({digest, status.st_uid, 0});
    return names;
  }
  const Status listed = for_each_entry(directory, [&](const char* entry) {
    if (!std::string_view(entry).starts_with(digest)) return;
    if (auto name = FolderName::parse(entry)) names.push_back(std::move(*name));
  });
  if (listed != PIPES_OK) return listed;
  return names;
}

Status add_claims(const RuntimeDirectory& directory, const PipeName& name, const std::string& digest,
                  std::vector<Claim>* claims) {
  const auto names = possible_folders(directory.fd.get(), digest);
  if (!names) return names.status();
  for (const FolderName& folder_name : *names) {
    auto folder = Folder::open(directory.fd.get(), folder_name);
    auto claim = folder ? read_claim(std::move(*folder), directory.path + "/" + folder_name.text())
                        : Result<Claim>(folder.status());
    if (!claim && claim.status() != PIPES_ERROR_FILE_NOT_FOUND) return claim.status();
    if (claim && claim->meta.folded == name.folded) claims->push_back(std::move(*claim));
  }
  return PIPES_OK;
}

// find_claims returns the believed folders of `name`, established or not, the best first.
Result<std::vector<Claim>> find_claims(const PipeName& name, const std::string& digest) {
  const auto directories = directories_for_looking();
  if (!directories) return directories.status();
  std::vector<Claim> claims;
  for (const RuntimeDirectory& directory : *directories) {
    if (const Status status = add_claims(directory, name, digest, &claims); status != PIPES_OK) return status;
  }
  std::ranges::sort(claims, precedes);
  mark_overruled(&claims);
  std::erase_if(claims, [](const Claim& claim) { return claim.overruled; });
  return claims;
}

// is_alive says whether the server process makes its pipe exist. Of a folder of another user only an answer proves
// that: nobody's leavings block others. In a folder of one's own, what is unclear is left alone.
Result<bool> is_alive(int folder, uint32_t founder_uid, const ServerRecord& server) {
  const auto liveness = probe(folder, founder_uid, server);
  if (!liveness) return liveness.status();
  return *liveness == Liveness::kAlive || (*liveness == Liveness::kUnclear && founder_uid == geteuid());
}

Result<bool> has_live_server(int folder, uint32_t founder_uid, const PipeMeta& meta) {
  for (const ServerRecord& server : meta.servers) {
    const auto alive = is_alive(folder, founder_uid, server);
    if (!alive || *alive) return alive;
  }
  return false;
}

Result<bool> has_live_server(const Folder& folder, const PipeMeta& meta) {
  return has_live_server(folder.fd(), folder.founder_uid(), meta);
}

// drop_dead removes the dead server processes from `meta` and from the folder, but never `own_socket`. If none is left,
// it is for the caller to dismantle the folder. Fails only if this process is short of something.
Status drop_dead(const LockedFolder& locked, const std::string& own_socket, PipeMeta* meta) {
  std::vector<ServerRecord> live;
  std::vector<ServerRecord> dead;
  const uint32_t founder = locked.folder().founder_uid();
  for (const ServerRecord& server : meta->servers) {
    const auto liveness = server.socket == own_socket
                              ? Result<Liveness>(Liveness::kAlive)
                              : probe(locked.folder().fd(), locked.folder().founder_uid(), server);
    if (!liveness) return liveness.status();
    if (*liveness == Liveness::kDead) {
      dead.push_back(server);
    } else {
      live.push_back(server);
    }
  }
  if (dead.empty()) return PIPES_OK;
  meta->servers = std::move(live);
  // A snapshot that cannot be replaced keeps naming the dead; whoever reads it next finds them dead again.
  if (meta->servers.empty() || locked.write_meta(*meta) != PIPES_OK) return PIPES_OK;
  PIPES_CRASH_POINT("dead-record-dropped");  // CRASH: a socket without a record; removed by the next who joins.
  // What a record names beside the folder may be anything of anybody's.
  const UniqueFd directory(openat(locked.folder().fd(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (const ServerRecord& server : dead) {
    if (!is_beside(founder, server)) {
      locked.folder().remove_file(server.socket);
    } else if (directory && is_server_socket_name(server.socket)) {
      sweep_socket(directory.get(), server.socket, SocketAge::kAny);
    }
  }
  PIPES_CRASH_POINT("dead-socket-removed");  // CRASH: swept completely.
  return PIPES_OK;
}

// sweep removes the folder if all its server processes are dead and nobody is changing it.
void sweep(const Folder& folder) {
  if (!folder.may_change()) return;
  const auto locked = LockedFolder::acquire(folder, LockedFolder::Wait::kNever);
  if (!locked) return;
  auto meta = folder.read_meta();
  if (!meta && meta.status() != PIPES_ERROR_FILE_NOT_FOUND) return;
  if (meta && drop_dead(*locked, "", &*meta) != PIPES_OK) return;
  if (!meta || meta->servers.empty()) locked->dismantle();
}

uint64_t instances_of(const PipeMeta& meta) {
  uint64_t sum = 0;
  for (const ServerRecord& server : meta.servers) sum += server.instances;
  return sum;
}

bool is_full(const PipeMeta& meta) {
  return meta.max_instances != PIPES_UNLIMITED_INSTANCES && instances_of(meta) >= meta.max_instances;
}

// Verdict is what an existing pipe answers. `recount_may_help`: instances that only seem to exist are the reason.
struct Verdict {
  Status status = PIPES_OK;
  bool recount_may_help = false;
};

// The order of OPEN-27.
Verdict judge(const AddRequest& request, const PipeMeta& meta) {
  if (const Status status = request.check_access(meta); status != PIPES_OK) return {status, false};
  if (is_full(meta)) return {PIPES_ERROR_PIPE_BUSY, true};
  if (request.first_only) return {PIPES_ERROR_ACCESS_DENIED, true};
  if (request.access != meta.access) return {PIPES_ERROR_ACCESS_DENIED, false};
  return {};
}

// The caller holds no lock.
Status recount_others(const AddRequest& request, const Folder& folder, const PipeMeta& meta) {
  auto fd = folder.duplicate_fd();
  if (!fd) return fd.status();
  const FoundPipe pipe{std::move(*fd), meta, folder.founder_uid(), {}, 0};
  ask_others(pipe, "", request.recount);
  return PIPES_OK;
}

// A founder may write any name into meta; listed is only the one that leads to this folder.
bool bears_its_name(const Claim& claim) {
  const auto name = parse_pipe_name((R"(\\.\pipe\)" + claim.meta.display).c_str(), NameUse::kOpen);
  return name && name->server.empty() && name->folded == claim.meta.folded &&
         name_digest(*name) == claim.folder.name().digest;
}

// A claim goes before its folder does, so one without a folder is left of a folder that was removed by force.
void sweep_claim(int directory, const FolderName& name) {
  if (geteuid() != 0 && name.uid != geteuid()) return;
  struct stat status {};
  if (fstatat(directory, name.text().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT) return;
  if (overrule_claim(directory, name)) unlinkat(directory, name.claim().c_str(), 0);
}

// collect_claims adds the established claims to any name in `directory`, and sweeps what is none.
Status collect_claims(int directory, std::vector<Claim>* claims) {
  std::vector<FolderName> names;
  std::vector<FolderName> claimed;
  std::vector<std::string> beside;
  std::vector<std::string> mailboxes;
  const Status listed = for_each_entry(directory, [&](const char* entry) {
    if (auto name = FolderName::parse(entry)) names.push_back(std::move(*name));
    if (auto name = FolderName::parse_claim(entry)) claimed.push_back(std::move(*name));
    if (is_server_socket_name(entry)) beside.emplace_back(entry);
    if (is_mailbox_name(entry)) mailboxes.emplace_back(entry);
  });
  if (listed != PIPES_OK) return listed;
  for (const FolderName& name : claimed) sweep_claim(directory, name);
  for (const std::string& file : beside) sweep_socket(directory, file, SocketAge::kAny);
  for (const std::string& file : mailboxes) sweep_mailbox(directory, file);
  for (FolderName& name : names) {
    auto folder = Folder::open(directory, std::move(name));
    if (!folder && folder.status() != PIPES_ERROR_FILE_NOT_FOUND) return folder.status();
    if (!folder) continue;
    const auto meta = folder->read_meta();
    const auto since = folder->claimed_at();
    if (!meta && meta.status() != PIPES_ERROR_FILE_NOT_FOUND) return meta.status();
    if (!meta || !since) {
      sweep(*folder);
      continue;
    }
    Claim claim{std::move(*folder), *meta, since, {}, false};
    if (bears_its_name(claim)) claims->push_back(std::move(claim));
  }
  return PIPES_OK;
}

Status keep_live_servers(const Folder& folder, PipeMeta* meta) {
  std::vector<ServerRecord> live;
  for (ServerRecord& server : meta->servers) {
    const auto alive = is_alive(folder.fd(), folder.founder_uid(), server);
    if (!alive) return alive.status();
    if (*alive) live.push_back(std::move(server));
  }
  meta->servers = std::move(live);
  return PIPES_OK;
}

}  // namespace

Result<std::vector<FoundPipe>> find_pipe(const PipeName& name) {
  auto claims = find_claims(name, name_digest(name));
  if (!claims) return claims.status();
  std::vector<FoundPipe> found;
  for (Claim& claim : *claims) {
    if (!claim.since) continue;
    const uint32_t founder = claim.folder.founder_uid();
    found.push_back({claim.folder.take_fd(), std::move(claim.meta), founder, std::move(claim.path), *claim.since});
  }
  return found;
}

Result<bool> is_served(const FoundPipe& pipe) {
  return has_live_server(pipe.folder.get(), pipe.founder_uid, pipe.meta);
}

uint32_t live_instances(const FoundPipe& pipe) {
  uint32_t count = 0;
  for (const ServerRecord& server : pipe.meta.servers) {
    const auto alive = is_alive(pipe.folder.get(), pipe.founder_uid, server);
    if (!alive || *alive) count += server.instances;
  }
  return count;
}

Result<ReachedServer> reach_server(const FoundPipe& pipe, const ServerRecord& server) {
  auto reached = connect_at(pipe.path, pipe.founder_uid, server);
  return reached ? std::move(reached) : connect_in(pipe.folder.get(), pipe.founder_uid, server);
}

void ask_others(const FoundPipe& pipe, const std::string& own_socket,
                const std::function<void(const FoundPipe&, const ServerRecord&)>& ask) {
  const Deadline deadline = Deadline::after_ms(kRivalsTimeoutMs);
  for (const ServerRecord& server : pipe.meta.servers) {
    if (server.socket != own_socket && !deadline.passed()) ask(pipe, server);
  }
}

Result<UniqueFd> connect_server(const FoundPipe& pipe, const ServerRecord& server) {
  auto reached = reach_server(pipe, server);
  if (!reached) return reached.status();
  return std::move(reached->fd);
}

Result<std::vector<PipeMeta>> list_pipes() {
  const auto directories = directories_for_looking();
  if (!directories) return directories.status();
  std::vector<Claim> claims;
  for (const RuntimeDirectory& directory : *directories) {
    if (const Status status = collect_claims(directory.fd.get(), &claims); status != PIPES_OK) return status;
  }
  std::ranges::sort(claims, precedes);
  mark_overruled(&claims);
  std::vector<PipeMeta> pipes;
  for (Claim& claim : claims) {
    const bool listed = std::ranges::any_of(pipes, [&](const auto& pipe) { return pipe.folded == claim.meta.folded; });
    if (listed) continue;
    if (const Status status = keep_live_servers(claim.folder, &claim.meta); status != PIPES_OK) return status;
    if (claim.meta.servers.empty()) {
      sweep(claim.folder);
    } else if (!claim.overruled) {
      pipes.push_back(std::move(claim.meta));
    }
  }
  return pipes;
}

// PipeAdder is one add_first call: attempts until one is not overtaken by others.
class PipeAdder {
 public:
  using Added = PipeMembership::Added;

  explicit PipeAdder(const AddRequest& request) : request_(request), digest_(name_digest(request.name)) {}

  Result<Added> run() {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
      auto added = add_once();
      if (added || added.status() != kStartAgain) return added;
    }
    return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  }

 private:
  Result<Added> add_once();
  Result<Added> join(Claim claim);
  Result<Added> join_as_guest(Claim claim);
  Result<PipeMembership::Standing> hold(const Folder& folder) const;
  Result<ServerSocket> enter(const LockedFolder& locked, PipeMeta* meta) const;
  Result<Added> create();
  Result<bool> is_served(const LockedFolder& locked) const;
  struct PutUp {
    ServerSocket server;
    PipeMembership::Standing standing;
  };
  Result<PutUp> put_up(const LockedFolder& locked, PipeMeta* meta) const;
  Result<std::vector<ProcessFd>> overrule_others() const;
  [[nodiscard]] PipeMeta new_meta(const ServerRecord& record) const;

  Result<std::vector<Claim>> live_rivals(FileId own) const;
  Result<bool> lower_uid_is_deciding(const std::vector<Claim>& claims) const;
  Status settle_before_claim(const Folder& own) const;
  Status settle_after_claim(const Folder& own) const;
  Status pause() const;

  static Added result(Folder folder, ServerSocket server, PipeMembership::Standing standing, bool created,
                      PipeMeta meta) {
    PipeMembership membership(std::move(folder), std::move(server.fd), std::move(server.record), std::move(standing));
    return {std::move(membership), created, std::move(meta)};
  }

  const AddRequest& request_;
  const std::string digest_;
  const Deadline rivals_deadline_ = Deadline::after_ms(kRivalsTimeoutMs);
  bool recounted_ = false;
};

Result<PipeMembership::Added> PipeAdder::add_once() {
  auto claims = find_claims(request_.name, digest_);
  if (!claims) return claims.status();
  for (Claim& claim : *claims) {
    if (!claim.since) continue;
    const auto alive = has_live_server(claim.folder, claim.meta);
    if (!alive) return alive.status();
    if (*alive) return join(std::move(claim));
    sweep(claim.folder);
  }
  const auto wait = lower_uid_is_deciding(*claims);
  if (!wait) return wait.status();
  if (*wait) return pause();
  return create();
}

// SUBTLE: the lock outlives the folder it was taken on, which moves into the membership. It then only lets go.
Result<PipeMembership::Added> PipeAdder::join(Claim claim) {
  const Folder& folder = claim.folder;
  if (!folder.may_change()) return join_as_guest(std::move(claim));
  PipeMeta meta;
  {
    const auto locked = LockedFolder::acquire(folder, LockedFolder::Wait::kForTurn);
    if (!locked) return locked.status();
    auto current = folder.read_meta();
    if (!current) return current.status();
    auto claim_held = hold(folder);
    if (!claim_held) return claim_held.status();
    meta = std::move(*current);
    if (const Status status = drop_dead(*locked, "", &meta); status != PIPES_OK) return status;
    if (meta.servers.empty()) {
      locked->dismantle();
      return kStartAgain;
    }
    const Verdict verdict = judge(request_, meta);
    if (verdict.status == PIPES_OK) {
      auto server = enter(*locked, &meta);
      if (!server) return server.status();
      return result(std::move(claim.folder), std::move(*server), std::move(*claim_held), false, std::move(meta));
    }
    if (recounted_ || !verdict.recount_may_help) return verdict.status;
  }
  recounted_ = true;
  const Status status = recount_others(request_, folder, meta);
  return status != PIPES_OK ? status : kStartAgain;
}

// A claim that has gone, or is overruled by somebody who has not established his pipe yet, is looked for anew.
Result<PipeMembership::Standing> PipeAdder::hold(const Folder& folder) const {
  auto claim = folder.hold_claim();
  if (claim) return PipeMembership::Standing{ProcessFd(std::move(*claim)), {}};
  if (claim.status() == PIPES_ERROR_PIPE_BUSY) return pause();
  return claim.status();
}

// The socket listens before anybody is told of it.
Result<PipeMembership::Added> PipeAdder::join_as_guest(Claim claim) {
  Folder& folder = claim.folder;
  if (const Status status = request_.check_access(claim.meta); status != PIPES_OK) return status;
  if (!request_.admit) return Status{PIPES_ERROR_ACCESS_DENIED};
  const UniqueFd directory(openat(folder.fd(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return status_from_errno(errno);
  auto claim_held = hold(folder);
  if (!claim_held) return claim_held.status();
  auto server = listen_in(directory.get());
  if (!server) return server.status();
  auto fd = folder.duplicate_fd();
  Status status = fd ? Status{PIPES_OK} : fd.status();
  if (fd) {
    const FoundPipe pipe{std::move(*fd), claim.meta, folder.founder_uid(), claim.path, claim.since.value_or(0)};
    status = request_.admit(pipe, server->record);
  }
  auto meta = status == PIPES_OK ? folder.read_meta() : Result<PipeMeta>(status);
  if (!meta) {
    unlinkat(directory.get(), server->record.socket.c_str(), 0);
    return meta.status();
  }
  server->record.instances = 1;
  Added added = result(std::move(folder), std::move(*server), std::move(*claim_held), false, std::move(*meta));
  added.membership->report_ = request_.report;
  return added;
}

Result<ServerSocket> PipeAdder::enter(const LockedFolder& locked, PipeMeta* meta) const {
  locked.remove_unknown_sockets(*meta);
  auto server = listen_in(locked.folder().fd());
  if (!server) return server;
  server->record.instances = 1;
  meta->servers.push_back(server->record);
  if (const Status status = locked.write_meta(*meta); status != PIPES_OK) {
    locked.folder().remove_file(server->record.socket);
    return status;
  }
  return server;
}

Result<PipeMembership::Added> PipeAdder::create() {
  if (request_.attributes.refused != PIPES_OK) return request_.attributes.refused;
  const auto directory = directory_for_creating();
  if (!directory) return directory.status();
  auto folder = Folder::open_or_make(directory->get(), digest_);
  if (!folder) return folder.status();
  const auto locked = LockedFolder::acquire(*folder, LockedFolder::Wait::kForTurn);
  if (!locked) {
    folder->remove_if_empty();
    return locked.status();
  }
  const auto served = is_served(*locked);
  if (!served) locked->dismantle_if_unused();
  if (!served) return served.status();
  if (*served) return kStartAgain;
  PipeMeta meta;
  auto up = put_up(*locked, &meta);
  if (!up) {
    locked->dismantle();
    return up.status();
  }
  return result(std::move(*folder), std::move(up->server), std::move(up->standing), true, std::move(meta));
}

// Another process of this user may have created the pipe while this one waited for the lock. Whoever held the lock is
// through with it, so a live server process without a claim is one whose claim somebody has removed by force.
Result<bool> PipeAdder::is_served(const LockedFolder& locked) const {
  const auto meta = locked.folder().read_meta();
  if (!meta && meta.status() != PIPES_ERROR_FILE_NOT_FOUND) return meta.status();
  if (!meta || meta->folded != request_.name.folded) return false;
  const auto served = has_live_server(locked.folder(), *meta);
  if (!served || !*served || locked.folder().claimed_at()) return served;
  if (const auto claim = locked.write_claim(); !claim) return claim.status();
  return true;
}

Result<PipeAdder::PutUp> PipeAdder::put_up(const LockedFolder& locked, PipeMeta* meta) const {
  Status status = locked.clear();
  if (status != PIPES_OK) return status;
  auto server = listen_in(locked.folder().fd());
  if (!server) return server.status();
  server->record.instances = 1;
  *meta = new_meta(server->record);
  status = locked.write_meta(*meta);
  if (status == PIPES_OK) status = settle_before_claim(locked.folder());
  if (status != PIPES_OK) return status;
  auto overruled = overrule_others();
  if (!overruled) return overruled.status();
  auto claim = locked.write_claim();
  if (!claim) return claim.status();
  status = settle_after_claim(locked.folder());
  if (status != PIPES_OK) return status;
  return PutUp{std::move(*server), {ProcessFd(std::move(*claim)), std::move(*overruled)}};
}

// The claims of other users that nobody holds, so that none of them comes to life beside this pipe and precedes it.
// They lie beside the folders, where nobody can bring one back under its name with the time that it had. One that is
// held without a server that answers is no leaving: its process decides about the name.
Result<std::vector<ProcessFd>> PipeAdder::overrule_others() const {
  std::vector<ProcessFd> overruled;
  if (geteuid() == 0) return overruled;
  const auto directories = directories_for_looking();
  if (!directories) return directories.status();
  for (const RuntimeDirectory& directory : *directories) {
    std::vector<FolderName> names;
    const Status listed = for_each_entry(directory.fd.get(), [&](const char* entry) {
      if (!std::string_view(entry).starts_with(digest_)) return;
      auto name = FolderName::parse_claim(entry);
      if (name && name->uid != 0 && name->uid != geteuid()) names.push_back(std::move(*name));
    });
    if (listed != PIPES_OK) return listed;
    for (const FolderName& name : names) {
      auto claim = overrule_claim(directory.fd.get(), name);
      if (claim) overruled.emplace_back(std::move(*claim));
      if (claim.status() == PIPES_ERROR_PIPE_BUSY) return pause();
      if (claim.status() != PIPES_OK && claim.status() != PIPES_ERROR_FILE_NOT_FOUND) return claim.status();
    }
  }
  return overruled;
}

PipeMeta PipeAdder::new_meta(const ServerRecord& record) const {
  const NewPipe& pipe = request_.attributes;
  PipeMeta meta;
  meta.display = request_.name.display;
  meta.folded = request_.name.folded;
  meta.type = pipe.type;
  meta.access = pipe.access;
  meta.max_instances = pipe.max_instances;
  meta.default_timeout_ms = pipe.default_timeout_ms;
  meta.ring_capacity = pipe.ring_capacity;
  meta.owner_uid = geteuid();
  meta.owner_gid = getegid();
  meta.descriptor = pipe.descriptor;
  meta.servers = {record};
  return meta;
}

Result<std::vector<Claim>> PipeAdder::live_rivals(FileId own) const {
  auto claims = find_claims(request_.name, digest_);
  if (!claims) return claims;
  std::vector<Claim> rivals;
  for (Claim& claim : *claims) {
    if (claim.folder.id() == own) continue;
    const auto alive = has_live_server(claim.folder, claim.meta);
    if (!alive) return alive.status();
    if (*alive) rivals.push_back(std::move(claim));
  }
  return rivals;
}

Result<bool> PipeAdder::lower_uid_is_deciding(const std::vector<Claim>& claims) const {
  for (const Claim& claim : claims) {
    if (claim.since || claim.folder.founder_uid() >= geteuid()) continue;
    const auto alive = has_live_server(claim.folder, claim.meta);
    if (!alive || *alive) return alive;
  }
  return false;
}

// SUBTLE: every creator first makes its folder visible and then looks, so of two at least one sees the other.
//   (1) Only A sees B's folder: B looked before A's was there, and may claim. A waits, if it is the better of the two,
//       until B has claimed, and withdraws; or withdraws at once.
//   (2) Both see both: the worse withdraws, and the better one waits until it has.
// A creator that stands still between looking and claiming is waited for until the deadline; if it goes on after that,
// it meets the other's earlier claim in settle_after_claim.
Status PipeAdder::settle_before_claim(const Folder& own) const {
  for (;;) {
    const auto rivals = live_rivals(own.id());
    if (!rivals) return rivals.status();
    for (const Claim& rival : *rivals) {
      if (rival.since) return kStartAgain;
      const bool rival_is_better =
          std::tuple(rival.folder.founder_uid(), rival.folder.id()) < std::tuple(own.founder_uid(), own.id());
      if (rival_is_better) return pause();
    }
    if (rivals->empty() || pause() != kStartAgain) return PIPES_OK;
  }
}

// Of two claims that both were written, the later one sees the earlier; with the same time both withdraw.
Status PipeAdder::settle_after_claim(const Folder& own) const {
  const auto since = own.claimed_at();
  const auto rivals = live_rivals(own.id());
  if (!rivals) return rivals.status();
  if (!since) return kStartAgain;
  const bool was_late =
      std::ranges::any_of(*rivals, [&](const Claim& rival) { return rival.since && *rival.since <= *since; });
  return was_late ? kStartAgain : PIPES_OK;
}

// No event tells when a process of another user has decided; a race of two users is rare, and short.
Status PipeAdder::pause() const {
  if (rivals_deadline_.passed()) return PIPES_ERROR_ACCESS_DENIED;
  const timespec span{0, kRivalsPauseNs};
  nanosleep(&span, nullptr);
  return kStartAgain;
}

Result<PipeMembership::Added> PipeMembership::add_first(const AddRequest& request) {
  if (request.attributes.descriptor.size() > wire::kMetaDescriptorBytesMax) return PIPES_ERROR_INVALID_PARAMETER;
  return PipeAdder(request).run();
}

PipeMembership::PipeMembership(PipeMembership&& other) noexcept
    : folder_(std::move(other.folder_)),
      socket_(std::move(other.socket_)),
      standing_(std::move(other.standing_)),
      record_(std::move(other.record_)),
      report_(std::move(other.report_)),
      reported_(std::move(other.reported_)) {
  other.record_ = {};
}

PipeMembership& PipeMembership::operator=(PipeMembership&& other) noexcept {
  if (this == &other) return *this;
  if (folder_) leave(take_turn(LockedFolder::Wait::kForTurn));
  folder_ = std::move(other.folder_);
  socket_ = std::move(other.socket_);
  standing_ = std::move(other.standing_);
  record_ = std::exchange(other.record_, {});
  report_ = std::move(other.report_);
  reported_ = std::move(other.reported_);
  return *this;
}

PipeMembership::~PipeMembership() {
  if (folder_) leave(take_turn(LockedFolder::Wait::kForTurn));
}

Status PipeMembership::add_instance(const AddRequest& request, PipeMeta* meta) {
  Expects(record_.instances > 0);
  if (report_) return add_as_guest(request, meta);
  const auto locked = LockedFolder::acquire(folder_, LockedFolder::Wait::kForTurn);
  if (!locked) return locked.status();
  auto current = folder_.read_meta();
  if (!current) return current.status();
  // Only a full pipe needs to know who has died: their instances count no more.
  if (is_full(*current)) {
    if (const Status status = drop_dead(*locked, record_.socket, &*current); status != PIPES_OK) return status;
  }
  if (const Status refused = judge(request, *current).status; refused != PIPES_OK) return refused;
  ++record_.instances;
  const Status status = publish(*locked, &*current);
  if (status != PIPES_OK) --record_.instances;
  if (status == PIPES_OK && meta != nullptr) *meta = std::move(*current);
  return status;
}

Result<FoundPipe> PipeMembership::as_found() const {
  auto meta = folder_.read_meta();
  if (!meta) return meta.status();
  auto fd = folder_.duplicate_fd();
  if (!fd) return fd.status();
  return FoundPipe{std::move(*fd), std::move(*meta), folder_.founder_uid(), {}, folder_.claimed_at().value_or(0)};
}

Status PipeMembership::add_as_guest(const AddRequest& request, PipeMeta* meta) {
  const auto found = as_found();
  if (!found) return found.status();
  if (const Status refused = request.check_access(found->meta); refused != PIPES_OK) return refused;
  // Told of fewer instances only after it has admitted one more, the other would count one too few.
  if (reported_) {
    pollfd heard{reported_.get(), POLLIN, 0};
    ::poll(&heard, 1, static_cast<int>(kRivalsTimeoutMs));
    reported_.reset();
  }
  if (const Status refused = request.admit(*found, record_); refused != PIPES_OK) return refused;
  ++record_.instances;
  if (meta == nullptr) return PIPES_OK;
  const auto now = folder_.read_meta();
  *meta = now ? *now : found->meta;
  return PIPES_OK;
}

void PipeMembership::report() {
  const auto found = as_found();
  if (found) reported_ = ProcessFd(report_(*found, record_));
}

Status PipeMembership::admit(const AddRequest& request, const ServerRecord& newcomer) {
  const auto locked = LockedFolder::acquire(folder_, LockedFolder::Wait::kForTurn);
  if (!locked) return locked.status();
  auto meta = folder_.read_meta();
  if (!meta) return meta.status();
  if (is_full(*meta)) {
    if (const Status status = drop_dead(*locked, record_.socket, &*meta); status != PIPES_OK) return status;
  }
  auto known = std::ranges::find(meta->servers, newcomer.socket, &ServerRecord::socket);
  if (known != meta->servers.end()) {
    if (known->uid != newcomer.uid || known->ticket != newcomer.ticket) return PIPES_ERROR_ACCESS_DENIED;
    known->instances = std::max(newcomer.instances, 1u);
  }
  if (const Status refused = judge(request, *meta).status; refused != PIPES_OK) return refused;
  if (known == meta->servers.end()) {
    const auto liveness = probe(folder_.fd(), folder_.founder_uid(), newcomer);
    if (!liveness) return liveness.status();
    if (*liveness != Liveness::kAlive) return PIPES_ERROR_ACCESS_DENIED;
    meta->servers.push_back(newcomer);
    meta->servers.back().instances = 0;
    known = std::prev(meta->servers.end());
  }
  ++known->instances;
  return locked->write_meta(*meta);
}

Status PipeMembership::count(uint32_t uid, uint64_t ticket, uint32_t instances) {
  const auto locked = LockedFolder::acquire(folder_, LockedFolder::Wait::kForTurn);
  if (!locked) return locked.status();
  auto meta = folder_.read_meta();
  if (!meta) return meta.status();
  const auto server = std::ranges::find_if(meta->servers, [&](const ServerRecord& record) {
    return record.ticket == ticket && (record.uid == uid || uid == 0);
  });
  const bool is_his =
      server != meta->servers.end() && is_beside(folder_.founder_uid(), *server) && instances < server->instances;
  if (!is_his) return PIPES_ERROR_ACCESS_DENIED;
  if (instances == 0) {
    meta->servers.erase(server);
  } else {
    server->instances = instances;
  }
  return locked->write_meta(*meta);
}

Status PipeMembership::change_descriptor(const std::function<Result<std::vector<std::byte>>(const PipeMeta&)>& change,
                                         PipeMeta* meta) {
  if (!folder_.may_change()) return PIPES_ERROR_ACCESS_DENIED;
  const auto locked = LockedFolder::acquire(folder_, LockedFolder::Wait::kForTurn);
  if (!locked) return locked.status();
  auto current = folder_.read_meta();
  if (!current) return current.status();
  auto changed = change(*current);
  if (!changed) return changed.status();
  current->descriptor = std::move(*changed);
  if (const Status status = locked->write_meta(*current); status != PIPES_OK) return status;
  *meta = std::move(*current);
  return PIPES_OK;
}

Result<LockedFolder> PipeMembership::take_turn(LockedFolder::Wait wait) const {
  if (report_) return PIPES_ERROR_NOT_SUPPORTED;
  return LockedFolder::acquire(folder_, wait);
}

Status PipeMembership::remove_instances(uint32_t count, const Result<LockedFolder>& turn) {
  Expects(count <= record_.instances);
  record_.instances -= count;
  if (report_ && record_.instances > 0) {
    report();
    return PIPES_OK;
  }
  if (record_.instances > 0) return republish(turn);
  leave(turn);
  return PIPES_OK;
}

void PipeMembership::abandon() noexcept {
  socket_.reset();
  standing_ = {};
  reported_.reset();
  folder_.close_only();
}

// publish writes this process's record into `meta` and the folder.
Status PipeMembership::publish(const LockedFolder& locked, PipeMeta* meta) {
  const auto own = std::ranges::find(meta->servers, record_.socket, &ServerRecord::socket);
  if (own != meta->servers.end()) {
    *own = record_;
  } else {
    meta->servers.push_back(record_);
  }
  return locked.write_meta(*meta);
}

Status PipeMembership::republish(const Result<LockedFolder>& turn) {
  if (!turn) return turn.status();
  auto meta = folder_.read_meta();
  return meta ? publish(*turn, &*meta) : meta.status();
}

// The socket goes before everything else: from then on this process serves nobody, whatever else fails. It also frees a
// descriptor, for the lock where there was none.
void PipeMembership::leave(const Result<LockedFolder>& turn) {
  socket_.reset();
  if (report_) {
    folder_.remove_file("../" + record_.socket);
    report();
    record_ = {};
    standing_ = {};
    folder_ = {};
    return;
  }
  folder_.remove_file(record_.socket);
  PIPES_CRASH_POINT("own-socket-removed");  // CRASH: meta names a server that is dead; so it is swept.
  if (turn) {
    strike_out(*turn);
  } else if (turn.status() == PIPES_ERROR_NO_SYSTEM_RESOURCES) {
    const auto locked = LockedFolder::acquire(folder_, LockedFolder::Wait::kNever);
    if (locked) strike_out(*locked);
  }
  record_ = {};
  standing_ = {};
  folder_ = {};
}

// Takes this process's record out of the folder, and the folder away with the last.
void PipeMembership::strike_out(const LockedFolder& locked) const {
  auto meta = folder_.read_meta();
  if (meta) {
    std::erase_if(meta->servers, [&](const ServerRecord& server) { return server.socket == record_.socket; });
    const bool swept = drop_dead(locked, "", &*meta) == PIPES_OK;
    if (!meta->servers.empty()) locked.write_meta(*meta);
    if (meta->servers.empty() && swept) locked.dismantle();
  } else if (meta.status() == PIPES_ERROR_FILE_NOT_FOUND) {
    locked.dismantle();
  }
}

}  // namespace pipes
