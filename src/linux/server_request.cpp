#include "linux/server_request.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "linux/handshake_io.h"
#include "linux/pipe_folder.h"
#include "linux/system_error.h"
#include "support/deadline.h"

namespace pipes {
namespace {

constexpr uint64_t kAnswerMs = 2000;  // decision 21

// The pipe that the end belongs to, and no later one of that name. The folder is looked for with the process's own
// rights, as it was when the end was opened.
Result<std::optional<FoundPipe>> find_own(const EndName& name) {
  const AsSelf as_self;
  PipeName wanted;
  wanted.display = name.display;
  wanted.folded = name.folded;
  auto found = find_pipe(wanted);
  if (!found) return found.status();
  for (FoundPipe& pipe : *found) {
    const bool same_claim = name.claimed_at == 0 || pipe.claimed_at == name.claimed_at;
    if (pipe.founder_uid == name.founder_uid && same_claim) {
      return std::optional<FoundPipe>(std::move(pipe));
    }
  }
  return std::optional<FoundPipe>();
}

// Who has the connection's memory can write there what it says elsewhere, and nobody else can.
class Proof {
 public:
  Proof(Connection& connection, wire::Request* request) : connection_(connection), lock_(connection.speaking) {
    const ssize_t filled = ::getrandom(request->proof, sizeof request->proof, 0);
    Ensures(filled == static_cast<ssize_t>(sizeof request->proof));
    for (size_t i = 0; i < 2; ++i) connection_.own->proof[i].store(request->proof[i], std::memory_order_release);
  }
  ~Proof() {
    for (auto& word : connection_.own->proof) word.store(0, std::memory_order_relaxed);
  }
  Proof(const Proof&) = delete;
  Proof& operator=(const Proof&) = delete;

 private:
  Connection& connection_;
  MutexLock lock_;
};

Status ask_at(int socket, const wire::Request& request, int memory) {
  const bool sent = send_request(socket, request, memory);
  const Deadline deadline = Deadline::after_ms(sent ? kAnswerMs : 0);
  const auto reply = await_reply(socket, deadline);
  if (reply) return *reply;
  return sent && deadline.passed() ? PIPES_ERROR_PIPE_BUSY : PIPES_ERROR_FILE_NOT_FOUND;
}

Status ask(const FoundPipe& pipe, const ServerRecord& server, const wire::Request& request, int memory) {
  const auto socket = connect_server(pipe, server);
  return socket ? ask_at(socket->get(), request, memory) : socket.status();
}

// Asks the process at the other end of `connection` and no other, which could pass the proof on as its own.
Status ask_peer(const Connection& connection, const FoundPipe& pipe, const ServerRecord& server,
                const wire::Request& request, int memory) {
  const auto reached = reach_server(pipe, server);
  if (!reached) return reached.status();
  const PeerCredentials peer = credentials_of(connection.socket.get());
  const PeerCredentials asked = credentials_of(reached->peer);
  if (asked.pid != peer.pid || asked.uid != peer.uid) return PIPES_ERROR_FILE_NOT_FOUND;
  return ask_at(reached->fd.get(), request, memory);
}

const ServerRecord* server_of(const FoundPipe& pipe, const Connection& connection) {
  const std::string socket = bound_name_of_peer(connection.socket.get());
  for (const ServerRecord& server : pipe.meta.servers) {
    if (server.socket == socket) return &server;
  }
  return nullptr;
}

Result<UniqueFd> memory_with(std::span<const std::byte> bytes) {
  UniqueFd fd(::memfd_create("pipes-descriptor", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return status_from_errno(errno);
  if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return Status{PIPES_ERROR_NOT_ENOUGH_MEMORY};
  }
  return fd;
}

}  // namespace

void ask_to_recount(const FoundPipe& found, const ServerRecord& server) {
  [[maybe_unused]] const Status done =
      ask(found, server, request_to(found.meta.folded, wire::RequestKind::kRecount), -1);
}

Status ask_for_admission(const FoundPipe& found, const ServerRecord& record, uint32_t open_mode) {
  wire::Request request = request_to(found.meta.folded, wire::RequestKind::kAdmit);
  request.desired_access = open_mode;
  request.pid = record.pid;
  request.ticket = record.ticket;
  request.instances = record.instances;
  for (const ServerRecord& server : found.meta.servers) {
    if (is_beside(found.founder_uid, server)) continue;
    const Status status = ask(found, server, request, -1);
    if (status != PIPES_ERROR_FILE_NOT_FOUND) return status;
  }
  return PIPES_ERROR_ACCESS_DENIED;
}

UniqueFd report_instances(const FoundPipe& found, const ServerRecord& record) {
  wire::Request request = request_to(found.meta.folded, wire::RequestKind::kCount);
  request.ticket = record.ticket;
  request.instances = record.instances;
  for (const ServerRecord& server : found.meta.servers) {
    if (is_beside(found.founder_uid, server)) continue;
    auto socket = connect_server(found, server);
    if (socket && send_request(socket->get(), request, -1)) return std::move(*socket);
  }
  return {};
}

Status announce_identity(const EndName& name, Connection& connection, uint32_t number) {
  const auto pipe = find_own(name);
  if (!pipe) return pipe.status();
  const ServerRecord* const server = *pipe ? server_of(**pipe, connection) : nullptr;
  if (server == nullptr) return PIPES_ERROR_FILE_NOT_FOUND;
  wire::Request request = request_to(name.folded, wire::RequestKind::kIdentity);
  request.slot = number;
  const Proof proof(connection, &request);
  return ask_peer(connection, **pipe, *server, request, -1);
}

Status request_security(const EndName& name, Connection* connection, uint32_t information,
                        std::span<const std::byte> descriptor) {
  const auto pipe = find_own(name);
  if (!pipe) return pipe.status();
  const auto served = *pipe ? is_served(**pipe) : Result<bool>(false);
  if (!served) return served.status();
  if (!*served) return PIPES_ERROR_BROKEN_PIPE;
  const auto memory = memory_with(descriptor);
  if (!memory) return memory.status();
  wire::Request request = request_to(name.folded, wire::RequestKind::kSetSecurity);
  request.information = information;
  request.descriptor_bytes = static_cast<uint32_t>(descriptor.size());
  const FoundPipe& found = **pipe;
  const ServerRecord* const own = connection != nullptr ? server_of(found, *connection) : nullptr;
  if (own != nullptr && !is_beside(found.founder_uid, *own)) {
    wire::Request proven = request;
    const Proof proof(*connection, &proven);
    const Status status = ask_peer(*connection, found, *own, proven, memory->get());
    if (status != PIPES_ERROR_FILE_NOT_FOUND) return status;
  }
  for (const ServerRecord& server : found.meta.servers) {
    if (is_beside(found.founder_uid, server) || &server == own) continue;
    const Status status = ask(found, server, request, memory->get());
    if (status != PIPES_ERROR_FILE_NOT_FOUND) return status;
  }
  return PIPES_ERROR_ACCESS_DENIED;
}

Result<std::vector<std::byte>> present_descriptor(const EndName& name) {
  auto pipe = find_own(name);
  if (!pipe) return pipe.status();
  if (!*pipe) return name.descriptor;
  const auto served = is_served(**pipe);
  if (!served) return served.status();
  return *served ? std::move((*pipe)->meta.descriptor) : name.descriptor;
}

}  // namespace pipes
