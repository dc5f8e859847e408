// Questions about an end, and its modes.
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "linux/client.h"
#include "linux/engine_guard.h"
#include "linux/known_pipes.h"
#include "linux/peer_session.h"
#include "linux/server_pipe.h"

namespace pipes::engine {
namespace {

uint32_t current_instances(NamedEnd& end) {
  if (end.role() == Role::kServer) return end.pipe()->current_instances();
  PipeName name;
  name.display = end.fixed().name->display;
  name.folded = end.fixed().name->folded;
  return instances_of(name);
}

// INFO-10 to INFO-12: as if by impersonating, so not before something was read, unless the identity is a static one.
Status client_user_name(NamedEnd& end, char* user_name, uint32_t size) {
  const auto client = end.client();
  if (!client) return client.status();
  if (!client->may_be_acted_for) return PIPES_ERROR_CANNOT_IMPERSONATE;
  const ClientIdentity& identity = *client->identity;
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16> number{};
  const char* text = number.data();
  if (identity.asserted != nullptr && !identity.asserted->account.empty()) {
    text = identity.asserted->account.c_str();
  } else if (!identity.has_ids()) {
    return PIPES_ERROR_CANNOT_IMPERSONATE;
  } else if (getpwuid_r(identity.ids.uid, &entry, room.data(), room.size(), &found) == 0 && found != nullptr) {
    text = found->pw_name;
  } else {
    (void)std::snprintf(number.data(), number.size(), "%u", identity.ids.uid);
  }
  const size_t length = std::strlen(text) + 1;
  if (length > size) return PIPES_ERROR_INSUFFICIENT_BUFFER;
  std::memcpy(user_name, text, length);
  return PIPES_OK;
}

enum class Whose { kServer, kClient };

// The process or session of one side, from a handle of either.
template <class Anonymous>
Status peer_query(pipes_handle handle, Whose whose, uint32_t* result, uint32_t (*of)(uint32_t pid, int socket),
                  Anonymous anonymous) {
  return with_end(
      handle, 0,
      [&](NamedEnd& end) -> Status {
        const auto operation = whose == Whose::kServer ? Operation::kServerProcessId : Operation::kClientProcessId;
        if (const Status refused = end.check(operation); refused != PIPES_OK) return refused;
        const bool own = (whose == Whose::kServer) == (end.role() == Role::kServer);
        if (own) {
          *result = of(static_cast<uint32_t>(::getpid()), -1);
          return PIPES_OK;
        }
        const NamedEnd::PeerFacts peer = end.peer_facts();
        if (!peer.connected) return PIPES_ERROR_NOT_FOUND;
        end.with_socket([&](int socket) { *result = of(peer.credentials.pid, socket); });
        return PIPES_OK;
      },
      anonymous);
}

uint32_t process_of(uint32_t pid, int) { return pid; }

}  // namespace

Status get_info(pipes_handle handle, uint32_t* flags, uint32_t* out_buffer, uint32_t* in_buffer,
                uint32_t* max_instances) noexcept {
  return with_end(
      handle, PIPES_FILE_READ_ATTRIBUTES,
      [&](NamedEnd& end) -> Status {
        if (const Status refused = end.check(Operation::kQueryState); refused != PIPES_OK) return refused;
        const NamedEnd::Fixed& fixed = end.fixed();
        const EndKind kind = end.role() == Role::kServer ? EndKind::kServer : EndKind::kClient;
        if (flags != nullptr) *flags = info_flags(kind, fixed.attributes.type);
        if (out_buffer != nullptr) *out_buffer = fixed.quotas.outbound;
        if (in_buffer != nullptr) *in_buffer = fixed.quotas.inbound;
        if (max_instances != nullptr) *max_instances = fixed.attributes.max_instances;
        return PIPES_OK;
      },
      [&](AnonymousEnd& end) { return end.get_info(flags, out_buffer, in_buffer, max_instances); });
}

Status get_local_info(pipes_handle handle, pipes_local_info* info) noexcept {
  return with_end(
      handle, PIPES_FILE_READ_ATTRIBUTES,
      [&](NamedEnd& end) -> Status {
        pipes_local_info filled{};
        filled.size = sizeof filled;
        if (const Status refused = end.fill_local_info(&filled); refused != PIPES_OK) return refused;
        const NamedEnd::Fixed& fixed = end.fixed();
        filled.type = static_cast<uint32_t>(fixed.attributes.type);
        filled.configuration = static_cast<uint32_t>(fixed.attributes.access) - 1;
        filled.maximum_instances = fixed.attributes.max_instances;
        filled.current_instances = current_instances(end);
        filled.inbound_quota = fixed.quotas.inbound;
        filled.outbound_quota = fixed.quotas.outbound;
        filled.end = end.role() == Role::kServer ? PIPES_SERVER_END : PIPES_CLIENT_END;
        *info = filled;
        return PIPES_OK;
      },
      [&](AnonymousEnd& end) { return end.get_local_info(info); });
}

// NOLINTBEGIN(readability-non-const-parameter): the outputs of remote pipes, which do not exist yet
Status get_state(pipes_handle handle, uint32_t* state, uint32_t* instances, uint32_t* max_collection_count,
                 uint32_t* collect_data_timeout, char* user_name, uint32_t user_name_size) noexcept {
  // NOLINTEND(readability-non-const-parameter)
  const bool collection = max_collection_count != nullptr || collect_data_timeout != nullptr;
  return with_end(
      handle, PIPES_FILE_READ_ATTRIBUTES,
      [&](NamedEnd& end) -> Status {
        if (const Status refused = end.check(Operation::kQueryState); refused != PIPES_OK) return refused;
        if (collection) return PIPES_ERROR_INVALID_PARAMETER;
        if (user_name != nullptr) {
          const Status named = client_user_name(end, user_name, user_name_size);
          if (named != PIPES_OK) return named;
        }
        if (state != nullptr) *state = state_bits(end.modes());
        if (instances != nullptr) *instances = current_instances(end);
        return PIPES_OK;
      },
      [&](AnonymousEnd& end) -> Status {
        if (collection) return PIPES_ERROR_INVALID_PARAMETER;
        if (user_name != nullptr) {
          return end.is_read_end() ? PIPES_ERROR_CANNOT_IMPERSONATE : PIPES_ERROR_INVALID_FUNCTION;
        }
        return end.get_modes(state, instances);
      });
}

Status set_state(pipes_handle handle, const uint32_t* mode, const uint32_t* max_collection_count,
                 const uint32_t* collect_data_timeout) noexcept {
  const bool collection = max_collection_count != nullptr || collect_data_timeout != nullptr;
  return with_end(
      handle, PIPES_FILE_WRITE_ATTRIBUTES,
      [&](NamedEnd& end) -> Status {
        if (const Status refused = end.check(Operation::kSetState); refused != PIPES_OK) return refused;
        if (collection) return PIPES_ERROR_INVALID_PARAMETER;
        if (mode == nullptr) return PIPES_OK;
        const auto modes = check_state_mode(*mode, end.fixed().attributes.type);
        return modes ? end.set_modes(*modes) : modes.status();
      },
      [&](AnonymousEnd& end) -> Status {
        if (collection) return PIPES_ERROR_INVALID_PARAMETER;
        return mode == nullptr ? Status{PIPES_OK} : end.set_modes(*mode);
      });
}

Status get_client_process_id(pipes_handle handle, uint32_t* process_id) noexcept {
  return peer_query(handle, Whose::kClient, process_id, process_of, [&](AnonymousEnd& end) -> Status {
    *process_id = end.creator_pid();
    return PIPES_OK;
  });
}

Status get_server_process_id(pipes_handle handle, uint32_t* process_id) noexcept {
  return peer_query(handle, Whose::kServer, process_id, process_of, [&](AnonymousEnd& end) -> Status {
    *process_id = end.creator_pid();
    return PIPES_OK;
  });
}

Status get_client_session_id(pipes_handle handle, uint32_t* session_id) noexcept {
  return peer_query(handle, Whose::kClient, session_id, session_of, [&](AnonymousEnd&) -> Status {
    *session_id = session_of(static_cast<uint32_t>(::getpid()), -1);
    return PIPES_OK;
  });
}

Status get_server_session_id(pipes_handle handle, uint32_t* session_id) noexcept {
  return peer_query(handle, Whose::kServer, session_id, session_of, [&](AnonymousEnd&) -> Status {
    *session_id = session_of(static_cast<uint32_t>(::getpid()), -1);
    return PIPES_OK;
  });
}

Status get_client_computer_name(pipes_handle handle, char* name, uint32_t size) noexcept {
  return with_end(
      handle, 0,
      [&](NamedEnd& end) -> Status {
        if (end.role() != Role::kServer) return PIPES_ERROR_INVALID_FUNCTION;
        const auto connection = end.connection();
        if (connection == nullptr) return PIPES_ERROR_NOT_FOUND;
        if (connection->client == nullptr || !connection->client->is_remote()) return PIPES_ERROR_PIPE_LOCAL;
        const std::string& computer = connection->client->asserted->computer;
        if (computer.size() >= size) return PIPES_ERROR_INSUFFICIENT_BUFFER;
        if (name == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
        std::memcpy(name, computer.c_str(), computer.size() + 1);
        return PIPES_OK;
      },
      [](AnonymousEnd& end) -> Status {
        return end.is_read_end() ? PIPES_ERROR_PIPE_LOCAL : PIPES_ERROR_INVALID_FUNCTION;
      });
}

}  // namespace pipes::engine
