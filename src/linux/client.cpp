#include "linux/client.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>

#include "linux/client_identity.h"
#include "linux/doorbell.h"
#include "linux/handshake_io.h"
#include "linux/known_pipes.h"
#include "linux/local_pair.h"
#include "linux/pipe_folder.h"
#include "linux/reactor.h"
#include "linux/server_pipe.h"
#include "linux/server_socket.h"
#include "security/well_known_sids.h"
#include "support/fault_point.h"
#include "support/seeded_mistake.h"
#include "support/spin.h"

namespace pipes {
namespace {

// All server processes together keep one open waiting no longer than this (decision 21).
constexpr uint64_t kAnswerMs = 2000;

// What a server process may answer. One that says anything else does not speak our protocol: as good as nobody there.
Status believed(Status answer) {
  switch (answer) {
    case PIPES_OK:
    case PIPES_ERROR_FILE_NOT_FOUND:
    case PIPES_ERROR_ACCESS_DENIED:
    case PIPES_ERROR_NOT_ENOUGH_MEMORY:
    case PIPES_ERROR_PIPE_BUSY:
    case PIPES_ERROR_NO_SYSTEM_RESOURCES:
    case PIPES_ERROR_PRIVILEGE_NOT_HELD:
      return answer;
    default:
      return PIPES_BREACH("answer-unknown", true) ? Status{PIPES_ERROR_FILE_NOT_FOUND} : answer;
  }
}

// Why no answer came.
Status silence(Deadline deadline) { return deadline.passed() ? PIPES_ERROR_PIPE_BUSY : PIPES_ERROR_FILE_NOT_FOUND; }

// A server process without room for callers is asked again after a pause, each longer than the last.
constexpr int kPauseMsMax = 50;

// One of several server processes gets half of the time that is left, so that silent ones leave some to the others.
Deadline share_of(Deadline deadline) {
  const uint64_t now = monotonic_ns();
  return deadline.at_ns() <= now ? deadline : Deadline::after_ns((deadline.at_ns() - now) / 2);
}

// Waits for the server's answer in the connection's memory: looks first, then sleeps on the socket.
// PIPES_ERROR_PIPE_BUSY when none comes in time; PIPES_ERROR_FILE_NOT_FOUND when the server process hung up instead.
Status await_answer(wire::Answer& answer, int socket, Deadline deadline) {
  const auto answered = [&] { return (answer.word.load(std::memory_order_acquire) & wire::Answer::kAnswered) != 0; };
  Spinner spinner;
  if (!spinner.spin(0, 1, answered)) {
    uint32_t expected = wire::Answer::kOpen;
    if (answer.word.compare_exchange_strong(expected, wire::Answer::kSleeping, std::memory_order_acq_rel)) {
      const auto reply = await_reply(socket, deadline);
      expected = wire::Answer::kSleeping;
      if (answer.word.compare_exchange_strong(expected, wire::Answer::kAbandoned, std::memory_order_acq_rel)) {
        if (reply) return *reply != PIPES_OK ? believed(*reply) : Status{PIPES_ERROR_FILE_NOT_FOUND};
        return silence(deadline);
      }
    }
  }
  return believed(answer.word.load(std::memory_order_acquire) & ~wire::Answer::kAnswered);
}

// The server process hung up before it was asked; it may have said why.
Status refusal_of(int socket) {
  const auto reply = await_reply(socket, Deadline::after_ms(0));
  return reply && *reply != PIPES_OK ? believed(*reply) : Status{PIPES_ERROR_FILE_NOT_FOUND};
}

// Says nothing about whether the pipe exists.
bool is_want(Status status) {
  return status == PIPES_ERROR_NO_SYSTEM_RESOURCES || status == PIPES_ERROR_NOT_ENOUGH_MEMORY;
}

// One pipes_open.
struct OpenRequest {
  const PipeName& name;
  uint32_t desired_access;
  uint32_t flags;
  const std::optional<Sid>& owner;  // whose server processes alone are spoken to
};

// Root's processes are the system's and the administrators' as well.
bool is_wanted(const OpenRequest& open, const ucred& server) {
  if (!open.owner || *open.owner == sid_of_uid(server.uid)) return true;
  return server.uid == 0 && (*open.owner == kSystem || *open.owner == kAdministrators);
}

// Asks one of several server processes whether an instance listens: memory is offered to one that has some.
Status query_server(const OpenRequest& open, const FoundPipe& found, const ServerRecord& server, Deadline deadline) {
  const auto reached = reach_server(found, server);
  if (!reached) return reached.status();
  if (!is_wanted(open, reached->peer)) return PIPES_ERROR_INVALID_OWNER;
  const int socket = reached->fd.get();
  wire::Request query = request_to(open.name.folded, wire::RequestKind::kQuery);
  query.desired_access = open.desired_access;
  if (!send_request(socket, query, -1)) return refusal_of(socket);
  const auto reply = await_reply(socket, deadline);
  return reply ? believed(*reply) : silence(deadline);
}

// Asks the server process that was reached for an instance.
Result<OpenedEnd> ask_server(const OpenRequest& open, const PipeMeta& meta, int64_t claimed_at, ReachedServer server,
                             Deadline deadline) {
  if (!is_wanted(open, server.peer)) return Status{PIPES_ERROR_INVALID_OWNER};
  const int socket = server.fd.get();
  auto file = SharedMemory::create(meta.ring_capacity);
  if (!file) return file.status();
  wire::Request request = request_to(open.name.folded, wire::RequestKind::kConnect);
  request.desired_access = open.desired_access;
  request.qos_flags = open.flags & kQualityOfServiceFlags;
  request.layout_version = wire::kLayoutVersion;
  request.ring_capacity = meta.ring_capacity;
  std::optional<LocalOffer> local;
  if (server.peer.pid == ::getpid()) local.emplace(file->get());
  if (!send_request(socket, request, file->get())) return refusal_of(socket);
  PIPES_CRASH_POINT("connection-requested");  // CRASH: the server process connects an instance to one who has gone.
  // While the server looks at it. Without room for a mapping the server finds a client that has come and gone.
  auto memory = SharedMemory::map(std::move(*file), meta.ring_capacity);
  if (!memory) return memory.status();
  wire::Answer& answer = memory->answer();
  const Status status = await_answer(answer, socket, deadline);
  if (status != PIPES_OK) return status;

  // TOCTOU: what the server says of the instance is loaded once and kept.
  NamedEnd::Fixed fixed;
  fixed.attributes.access = static_cast<AccessMode>(meta.access);
  fixed.attributes.type = meta.type == PIPES_TYPE_MESSAGE ? PipeType::kMessage : PipeType::kByte;
  fixed.attributes.max_instances = meta.max_instances;
  fixed.attributes.default_timeout_ms = meta.default_timeout_ms;
  fixed.quotas = {answer.inbound_quota.load(std::memory_order_relaxed),
                  answer.outbound_quota.load(std::memory_order_relaxed)};
  fixed.name = shared_name(meta, claimed_at);
  fixed.owner_uid = meta.owner_uid;
  const uint32_t granted = answer.granted_access.load(std::memory_order_relaxed);
  const Quotas quotas = fixed.quotas;
  auto connection =
      std::make_shared<Connection>(Role::kClient, std::move(*memory), std::move(server.fd), quotas.inbound);
  connection->memory.hide_from_children();
  connection->credentials = credentials_of(server.peer);
  connection->granted_access = granted;
  if (local) connection->local = local->pair();
  auto end = std::make_shared<NamedEnd>(Role::kClient, std::move(fixed), EndModes{}, nullptr);
  Effects effects;
  (void)end->attach(connection, open.flags, effects, [] { return true; });  // nothing keeps a new end from it
  if (connection->local != nullptr) {
    connection->local->set(Role::kClient, end);
    // Which is still under its locks while it tells whoever waits for a client (FINE-1).
    if (const auto server_end = connection->local->end(Role::kServer)) (void)server_end->state();
  }
  Reactor* reactor = Reactor::running();
  const auto watched = reactor->watch(socket, Doorbell::kEvents, std::make_shared<ConnectionWatch>(end, connection),
                                      Deadline::never(), &connection->watch);
  if (!watched) return watched.status();
  return OpenedEnd{std::move(end), granted};
}

Result<OpenedEnd> try_server(const OpenRequest& open, const FoundPipe& found, const ServerRecord& server,
                             Deadline deadline) {
  if (found.meta.servers.size() > 1) {
    if (const Status status = query_server(open, found, server, deadline); status != PIPES_OK) return status;
  }
  auto reached = reach_server(found, server);
  if (!reached) return reached.status();
  return ask_server(open, found.meta, found.claimed_at, std::move(*reached), deadline);
}

// Asks the server processes of the claims in turn.
Result<OpenedEnd> open_found(const OpenRequest& open, const std::vector<FoundPipe>& found) {
  const Deadline deadline = Deadline::after_ms(kAnswerMs);
  static std::atomic<uint32_t> rotation{0};
  for (const FoundPipe& claim : found) {
    const auto& servers = claim.meta.servers;
    const size_t count = servers.size();
    const size_t first = count > 1 ? rotation.fetch_add(1, std::memory_order_relaxed) % count : 0;
    bool busy = false;
    bool anothers = false;
    for (size_t i = 0; i < count; ++i) {
      const bool last = i + 1 == count && &claim == &found.back();
      auto opened = try_server(open, claim, servers[(first + i) % count], last ? deadline : share_of(deadline));
      if (opened) return opened;
      if (opened.status() == PIPES_ERROR_PIPE_BUSY) {
        busy = true;
      } else if (opened.status() == PIPES_ERROR_INVALID_OWNER) {
        anothers = true;
      } else if (opened.status() != PIPES_ERROR_FILE_NOT_FOUND) {
        return opened.status();
      }
    }
    if (busy) return Status{PIPES_ERROR_PIPE_BUSY};
    if (anothers) return Status{PIPES_ERROR_INVALID_OWNER};
  }
  if (parent_exists(open.name)) return Status{PIPES_ERROR_INVALID_NAME};
  return Status{PIPES_ERROR_FILE_NOT_FOUND};
}

}  // namespace

bool parent_exists(const PipeName& name) {
  for (const std::u16string& parent : parent_names(name)) {
    PipeName shorter;
    shorter.folded = parent;
    const auto found = find_pipe(shorter);
    if (!found) continue;
    for (const FoundPipe& pipe : *found) {
      // What a killed server left is no pipe. One that cannot be asked is taken for one that lives.
      if (const auto served = is_served(pipe); !served || *served) return true;
    }
  }
  return false;
}

Result<OpenedEnd> open_client(const PipeName& name, uint32_t desired_access, uint32_t flags,
                              const std::optional<Sid>& owner) {
  if (Reactor::running() == nullptr) return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
  const OpenRequest open{name, desired_access, flags, owner};
  const PipeLook look(name);
  if (const auto known = look.known()) {
    auto server = connect_at(known->path, known->founder_uid, known->meta.servers.front());
    if (server) {
      auto opened = ask_server(open, known->meta, known->claimed_at, std::move(*server), Deadline::after_ms(kAnswerMs));
      if (opened || opened.status() != PIPES_ERROR_FILE_NOT_FOUND) return opened;
    }
    look.forget();
  }
  const auto found = find_pipe(name);
  if (!found) return found.status();
  look.learn(*found);
  return open_found(open, *found);
}

Status default_timeout(const PipeName& name, uint32_t* timeout_ms) {
  const auto found = find_pipe(name);
  if (!found) return found.status();
  if (found->empty()) return PIPES_ERROR_FILE_NOT_FOUND;
  *timeout_ms = found->front().meta.default_timeout_ms;
  return PIPES_OK;
}

uint32_t instances_of(const PipeName& name) {
  const auto found = find_pipe(name);
  if (!found || found->empty()) return 1;
  return std::clamp(live_instances(found->front()), 1u, 255u);
}

Status wait_available(const PipeName& name, uint32_t timeout) {
  Parker& parker = Parker::mine();
  if (parker.event_fd() < 0) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  BlockingCall call(parker);
  std::optional<Deadline> deadline;
  // One socket to each live server process; who begins to listen answers, who ends hangs up.
  std::vector<UniqueFd> parked;
  std::set<std::string> asked;  // names of sockets are never used twice
  bool look_again = true;
  // A server process that has no room for callers is there. It is asked again for as long as any request to one may
  // take (decision 21).
  const Deadline full_until = Deadline::after_ms(kAnswerMs);
  int pause_ms = 1;
  bool full = false;
  Status without_any = PIPES_ERROR_FILE_NOT_FOUND;  // or what this process, or the last that was asked, is short of
  while (true) {
    parker.drain();
    if (look_again) {
      look_again = false;
      full = false;
      const auto found = find_pipe(name);
      if (!found) return found.status();
      for (const FoundPipe& claim : *found) {
        for (const ServerRecord& server : claim.meta.servers) {
          if (asked.contains(server.socket)) continue;
          if (!deadline) {
            const WaitLimit limit = wait_limit(timeout, claim.meta.default_timeout_ms);
            deadline = limit.forever ? Deadline::never() : Deadline::after_ms(limit.milliseconds);
          }
          auto socket = connect_server(claim, server);
          if (socket.status() == PIPES_ERROR_PIPE_BUSY) {
            full = true;
            continue;
          }
          asked.insert(server.socket);
          const wire::Request request = request_to(name.folded, wire::RequestKind::kWait);
          Status refused = socket ? Status{PIPES_OK} : socket.status();
          if (socket && !send_request(socket->get(), request, -1)) refused = refusal_of(socket->get());
          if (is_want(refused)) without_any = refused;
          if (refused != PIPES_OK) continue;
          parked.push_back(std::move(*socket));
          look_again = true;  // a server process that joined meanwhile shows in a second look
        }
        if (!parked.empty()) break;
      }
      // A pipe that has new server processes at each look keeps nobody beyond the time-out.
      const bool go_on = look_again && !parker.cancelled() && !(deadline && deadline->passed());
      if (go_on) continue;
    }
    if (parked.empty() && !full) return without_any;
    if (parker.cancelled()) return PIPES_ERROR_OPERATION_ABORTED;
    if (parked.empty()) {
      if (deadline->passed() || full_until.passed()) return PIPES_ERROR_SEM_TIMEOUT;
      pollfd cancelled{parker.event_fd(), POLLIN, 0};
      ::poll(&cancelled, 1, std::min(pause_ms, deadline->is_never() ? pause_ms : deadline->timeout_ms_for_poll()));
      pause_ms = std::min(2 * pause_ms, kPauseMsMax);
      look_again = true;
      continue;
    }
    std::vector<pollfd> waiting;
    waiting.reserve(parked.size() + 1);
    for (const UniqueFd& socket : parked) waiting.push_back({socket.get(), POLLIN, 0});
    waiting.push_back({parker.event_fd(), POLLIN, 0});
    const int ready = ::poll(waiting.data(), waiting.size(), deadline->timeout_ms_for_poll());
    if (ready == 0 && deadline->passed()) return PIPES_ERROR_SEM_TIMEOUT;
    for (size_t i = parked.size(); i-- > 0;) {
      if (waiting[i].revents == 0) continue;
      const auto reply = await_reply(parked[i].get(), Deadline::after_ms(0));
      if (reply && *reply == PIPES_OK) {
        // WAIT-5: it may be gone again; but say so only if some instance listened. A notice of a new server process
        // comes as the same answer, and that process listens.
        return PIPES_OK;
      }
      if (reply && is_want(*reply)) return *reply;
      parked.erase(parked.begin() + static_cast<std::ptrdiff_t>(i));
      look_again = true;
    }
  }
}

}  // namespace pipes
