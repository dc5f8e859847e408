// What a server process does about its pipe's security: who its clients are, who may serve the pipe besides, and what
// the descriptor says from now on.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "linux/guests.h"
#include "linux/peer_session.h"
#include "linux/refused_access.h"
#include "linux/server_pipe.h"
#include "linux/server_request.h"
#include "security/access.h"
#include "security/security_information.h"
#include "support/detached_thread.h"
#include "support/log.h"

namespace pipes {
namespace {

constexpr uint64_t kAnswerMs = 2000;

// Reads bytes that somebody else may change meanwhile: once.
bool read_at(int fd, uint64_t offset, std::span<std::byte> bytes) {
  ssize_t got = 0;
  do {
    got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(bytes.size());
}

// Its file is memory, so that reading it asks nobody (receive_request).
Result<SecurityDescriptor> read_descriptor_of(const ReceivedRequest& received) {
  struct stat file {};
  const uint32_t size = received.request.descriptor_bytes;
  if (size > kDescriptorBytesMax || ::fstat(received.memory.get(), &file) != 0 || file.st_size != off_t{size}) {
    return Status{PIPES_ERROR_INVALID_SECURITY_DESCR};
  }
  std::vector<std::byte> bytes(size);
  if (!read_at(received.memory.get(), 0, bytes)) return Status{PIPES_ERROR_INVALID_SECURITY_DESCR};
  return descriptor_from_bytes(bytes);
}

}  // namespace

// ------------------------------------------------------------------------------------------------------------- clients

// SMB-40: only root is believed when it speaks for somebody else.
Result<std::shared_ptr<const ClientIdentity>> ServerPipe::identify(int socket, const SharedMemory& memory,
                                                                   const wire::Request& request) {
  auto peer = identity_of_peer(socket);
  if (!peer) return peer.status();
  if (request.identity_bytes == 0 && request.max_message == 0) {
    return std::make_shared<const ClientIdentity>(std::move(*peer));
  }
  if (peer->ids.uid != 0) {
    log_line(LogLevel::kWarning, "%s: uid %u, who is not root, spoke for somebody else, and was refused",
             meta_.display.c_str(), peer->ids.uid);
    return Status{PIPES_ERROR_ACCESS_DENIED};
  }
  if (request.identity_bytes == 0) return std::make_shared<const ClientIdentity>(std::move(*peer));
  const Status malformed{PIPES_ERROR_INVALID_PARAMETER};
  if (request.identity_bytes > wire::kIdentityBytesMax) return malformed;
  std::vector<std::byte> bytes(request.identity_bytes);
  if (!read_at(memory.fd(), wire::memory_size(memory.capacity()) - bytes.size(), bytes)) return malformed;
  const auto asserted = wire::decode_identity(bytes);
  auto identity = asserted ? identity_of_asserted(*asserted) : Result<ClientIdentity>(malformed);
  if (!identity) {
    log_line(LogLevel::kWarning, "%s: root spoke for somebody whose identity is malformed, and was refused",
             meta_.display.c_str());
    return malformed;
  }
  return std::make_shared<const ClientIdentity>(std::move(*identity));
}

Result<GrantedAccess> ServerPipe::check_client(int socket, const ClientIdentity& client, uint32_t desired_access,
                                               RefusedAccess* refused) {
  if (descriptor_is_stale_.load(std::memory_order_acquire)) {
    const Status status = refresh_descriptor();
    if (status != PIPES_OK && status != PIPES_ERROR_FILE_NOT_FOUND) return status;
  }
  const std::shared_ptr<const StoredDescriptor> descriptor = this->descriptor();
  std::optional<uint32_t> session;
  if (descriptor->names_sessions && client.pid != 0) session = session_of(client.pid, socket);
  if (session == 0u) session.reset();
  AccessTrace trace;
  const auto granted = check_open(token_of(client, session), descriptor->value, desired_access,
                                  static_cast<AccessMode>(meta_.access), &trace);
  if (!granted) *refused = {descriptor, trace};
  return granted;
}

// Where several processes serve the pipe each is asked before memory is offered to one. That there is no such right
// comes before that no instance is free (CLI-2).
Status ServerPipe::answer_to_query(int socket, const wire::Request& request) {
  const Status status = availability();
  if (status == PIPES_ERROR_FILE_NOT_FOUND) return status;
  const auto peer = identity_of_peer(socket);
  if (!peer) return peer.status();
  RefusedAccess refused;
  const auto granted = check_client(socket, *peer, request.desired_access, &refused);
  refused.log(meta_.display, peer->ids.uid);
  return granted ? status : granted.status();
}

void ServerPipe::learn_writer(UniqueFd socket, const wire::Request& request) {
  auto peer = identity_of_peer(socket.get());
  if (!peer) {
    send_reply(socket.get(), peer.status());
    return;
  }
  peer->session = peer->pid != 0 ? session_of(peer->pid, socket.get()) : 0;
  const auto writer = std::make_shared<const ClientIdentity>(std::move(*peer));
  std::vector<std::shared_ptr<NamedEnd>> ends;
  {
    MutexLock lock(mutex_);
    for (const auto& [address, end] : open_ends_) {
      if (auto open = end.lock()) ends.push_back(std::move(open));
    }
  }
  const bool learned = std::ranges::any_of(
      ends, [&](const auto& end) { return end->learn_writer(request.proof, request.slot, writer); });
  send_reply(socket.get(), learned ? PIPES_OK : PIPES_ERROR_ACCESS_DENIED);
}

std::shared_ptr<Connection> ServerPipe::find_proven(const uint64_t (&proof)[2]) {
  std::vector<std::shared_ptr<Connection>> connections;
  {
    MutexLock lock(mutex_);
    connections = left_behind_;
    for (const auto& [address, end] : open_ends_) {
      if (const auto open = end.lock()) connections.push_back(open->connection());
    }
  }
  for (auto& connection : connections) {
    if (connection != nullptr && connection->is_proven_by(proof)) return std::move(connection);
  }
  return nullptr;
}

// ------------------------------------------------------------------------------------------------------------- errands

class ServerPipe::Errand {
 public:
  Errand(std::shared_ptr<ServerPipe> pipe, UniqueFd socket, ReceivedRequest received, Guest guest)
      : pipe_(std::move(pipe)), socket_(std::move(socket)), received_(std::move(received)), guest_(std::move(guest)) {}

  static void run(void* errand) {
    const std::unique_ptr<Errand> self(static_cast<Errand*>(errand));
    Status status = PIPES_ERROR_NOT_ENOUGH_MEMORY;
    try {
      status = self->pipe_->run_errand(self->socket_.get(), self->received_);
    } catch (const std::bad_alloc&) {
    }
    send_reply(self->socket_.get(), status);
  }
  [[nodiscard]] int socket() const { return socket_.get(); }

 private:
  const std::shared_ptr<ServerPipe> pipe_;
  const UniqueFd socket_;
  const ReceivedRequest received_;
  const Guest guest_;
};

// The folder's lock, and the answers of other processes, are not for the reactor to wait for. A user has as many
// errands as he has handshakes.
void ServerPipe::begin_errand(UniqueFd socket, ReceivedRequest received) {
  auto guest = Guest::admit(Guest::Kind::kHandshake, credentials_of(socket.get()).uid);
  if (!guest) {
    send_reply(socket.get(), PIPES_ERROR_NO_SYSTEM_RESOURCES);
    return;
  }
  auto errand = std::make_unique<Errand>(shared_from_this(), std::move(socket), std::move(received), std::move(*guest));
  if (start_detached_thread("pipes-errand", &Errand::run, errand.get())) {
    [[maybe_unused]] const Errand* const the_threads = errand.release();
    return;
  }
  send_reply(errand->socket(), PIPES_ERROR_NO_SYSTEM_RESOURCES);
}

Status ServerPipe::run_errand(int socket, const ReceivedRequest& received) {
  const wire::Request& request = received.request;
  const auto asker = identity_of_peer(socket);
  if (!asker) return asker.status();
  switch (static_cast<wire::RequestKind>(request.kind)) {
    case wire::RequestKind::kAdmit:
      return admit(*asker, request);
    case wire::RequestKind::kCount: {
      MutexLock lock(membership_mutex_);
      if (!membership_) return PIPES_ERROR_FILE_NOT_FOUND;
      return membership_->count(asker->ids.uid, request.ticket, request.instances);
    }
    case wire::RequestKind::kRecount:
      sweep(IfBusy::kWaitForProcesses);
      return PIPES_OK;
    case wire::RequestKind::kSetSecurity:
      return change_security(*asker, received);
    default:
      return PIPES_ERROR_INVALID_PARAMETER;
  }
}

// Decision 15: who may add instances is checked by what the kernel tells of him.
Status ServerPipe::admit(const ClientIdentity& newcomer, const wire::Request& request) {
  const uint32_t open_mode = request.desired_access;
  const uint32_t access = open_mode & PIPES_ACCESS_DUPLEX;
  const bool first_only = (open_mode & PIPES_FLAG_FIRST_PIPE_INSTANCE) != 0;
  if (access == 0 || request.instances >= PIPES_UNLIMITED_INSTANCES * 256) return PIPES_ERROR_INVALID_PARAMETER;
  const Token token = token_of(newcomer);
  RefusedAccess refused_access;
  const auto check_access = [&](const PipeMeta& meta) {
    const auto descriptor = stored_descriptor_of(meta);
    AccessTrace trace;
    const Status status = check_add_instance(token, descriptor->value, open_mode, &trace);
    if (status != PIPES_OK) refused_access = {descriptor, trace};
    return status;
  };
  PipeName name;
  name.folded = folded_;
  const AddRequest wanted{name, {}, first_only, access, check_access, ask_to_recount, {}, {}};
  ServerRecord record;
  record.pid = request.pid;
  record.uid = newcomer.ids.uid;
  record.ticket = request.ticket;
  record.instances = request.instances;
  record.socket = server_socket_name(record.pid, record.ticket);
  std::string display;
  sweep(IfBusy::kWait);
  const auto try_to_admit = [&]() -> Status {
    MutexLock lock(membership_mutex_);
    if (!membership_) return PIPES_ERROR_FILE_NOT_FOUND;
    if (!is_beside(membership_->founder_uid(), record) || !membership_->may_change()) return PIPES_ERROR_ACCESS_DENIED;
    return membership_->admit(wanted, record);
  };
  Status status = try_to_admit();
  if (status == PIPES_ERROR_PIPE_BUSY) {
    have_others_recount();
    status = try_to_admit();
  }
  {
    MutexLock lock(mutex_);
    display = display_;
  }
  refused_access.log(display, newcomer.ids.uid);
  return status;
}

// ---------------------------------------------------------------------------------------------------------- descriptor

std::shared_ptr<const StoredDescriptor> ServerPipe::descriptor() {
  MutexLock lock(mutex_);
  return descriptor_;
}

void ServerPipe::store_descriptor(const PipeMeta& meta) {
  auto stored = stored_descriptor_of(meta);
  MutexLock lock(mutex_);
  descriptor_.swap(stored);
}

void ServerPipe::set_readable(const PipeMembership* membership) {
  MutexLock lock(descriptor_mutex_);
  readable_ = membership;
}

// A folder that has been removed by force has the descriptor that it had.
Status ServerPipe::refresh_descriptor() {
  const AsSelf as_self;
  MutexLock lock(descriptor_mutex_);
  if (readable_ == nullptr) return PIPES_ERROR_FILE_NOT_FOUND;
  const auto meta = readable_->read_meta();
  descriptor_is_stale_.store(!meta && meta.status() != PIPES_ERROR_FILE_NOT_FOUND, std::memory_order_release);
  if (!meta) return meta.status();
  store_descriptor(*meta);
  return PIPES_OK;
}

Status ServerPipe::set_security(const Token& token, uint32_t information, const SecurityDescriptor& replacement,
                                const MayChange& may) {
  const AsSelf as_self;
  std::string own_socket;
  std::optional<FoundPipe> own;
  {
    MutexLock lock(membership_mutex_);
    if (!membership_) return PIPES_ERROR_BROKEN_PIPE;
    own_socket = membership_->record().socket;
    if (!membership_->may_change()) return PIPES_ERROR_NOT_SUPPORTED;
    PipeMeta meta;
    const auto merge = [&](const PipeMeta& current) -> Result<std::vector<std::byte>> {
      const auto present = stored_descriptor_of(current);
      if (const Status refused = may ? may(present->value) : PIPES_OK; refused != PIPES_OK) return refused;
      const auto merged = merge_parts(token, present->value, replacement, information);
      if (!merged) return merged.status();
      return descriptor_to_bytes(*merged);
    };
    const Status status = membership_->change_descriptor(merge, &meta);
    if (status != PIPES_OK) return status;
    (void)refresh_descriptor();
    if (auto found = membership_->as_found()) own = std::move(*found);
  }
  if (own) tell_of_descriptor(*own, own_socket);
  return PIPES_OK;
}

// All are told before any is waited for. One that does not answer in time finds the notice before its next client.
void ServerPipe::tell_of_descriptor(const FoundPipe& own, const std::string& own_socket) const {
  const wire::Request notice = request_to(folded_, wire::RequestKind::kNewSecurity);
  std::vector<UniqueFd> told;
  for (const ServerRecord& server : own.meta.servers) {
    if (server.socket == own_socket) continue;
    auto socket = connect_server(own, server);
    if (socket && send_request(socket->get(), notice, -1)) told.push_back(std::move(*socket));
  }
  const Deadline deadline = Deadline::after_ms(kAnswerMs);
  for (const UniqueFd& socket : told) {
    [[maybe_unused]] const auto answered = await_reply(socket.get(), deadline);
  }
}

// By the right of a connection's handle, which the sender proves to hold; or else by what the descriptor grants him
// now.
Status ServerPipe::change_security(const ClientIdentity& asker, const ReceivedRequest& received) {
  const wire::Request& request = received.request;
  if ((request.information & ~kWritableInformation) != 0) return PIPES_ERROR_INVALID_PARAMETER;
  const uint32_t needed = rights_to_set(request.information);
  const Token token = token_of(asker);
  MayChange may;
  if ((request.proof[0] | request.proof[1]) != 0) {
    const auto connection = find_proven(request.proof);
    if (connection == nullptr || !has_rights(connection->granted_access, needed)) return PIPES_ERROR_ACCESS_DENIED;
  } else {
    may = [&](const SecurityDescriptor& present) -> Status {
      const auto granted = check_access(token, present, needed);
      return granted ? PIPES_OK : granted.status();
    };
    // Who may not is not told whether what he sent is a descriptor. The one in the folder decides.
    if (const Status refused = may(descriptor()->value); refused != PIPES_OK) return refused;
  }
  const auto replacement = read_descriptor_of(received);
  if (!replacement) return replacement.status();
  const Status status = set_security(token, request.information, *replacement, may);
  return status == PIPES_ERROR_NOT_SUPPORTED ? PIPES_ERROR_ACCESS_DENIED : status;
}

}  // namespace pipes
