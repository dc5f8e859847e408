// The security of pipes: their descriptors, who their clients are, and acting for them.
#include "linux/anonymous_security.h"
#include "linux/client_identity.h"
#include "linux/engine_guard.h"
#include "linux/known_pipes.h"
#include "linux/peer_session.h"
#include "linux/server_pipe.h"
#include "linux/server_request.h"
#include "security/default_descriptor.h"
#include "security/security_information.h"

namespace pipes::engine {
namespace {

Result<SecurityDescriptor> descriptor_of(NamedEnd& end) {
  if (end.pipe() != nullptr) return end.pipe()->descriptor()->value;
  const auto bytes = present_descriptor(*end.fixed().name);
  if (bytes && bytes->empty()) return Status{PIPES_ERROR_BROKEN_PIPE};  // an inherited end has no copy
  return bytes ? descriptor_from_bytes(*bytes) : bytes.status();
}

// An end of a server process changes what that may change; all others ask.
Status change_descriptor(NamedEnd& end, uint32_t information, const SecurityDescriptor& replacement) {
  if (end.pipe() != nullptr) {
    const auto token = token_of_thread();
    if (!token) return token.status();
    const Status status = end.pipe()->set_security(*token, information, replacement);
    if (status != PIPES_ERROR_NOT_SUPPORTED) return status;
  }
  const auto bytes = descriptor_to_bytes(replacement);
  if (!bytes) return bytes.status();
  const auto connection = end.role() == Role::kClient ? end.connection() : nullptr;
  return request_security(*end.fixed().name, connection.get(), information, *bytes);
}

}  // namespace

Status get_security(pipes_handle handle, uint32_t information, std::vector<std::byte>* descriptor) noexcept {
  const auto select = [&](const SecurityDescriptor& whole) -> Status {
    auto bytes = descriptor_to_bytes(select_parts(whole, information));
    if (!bytes) return bytes.status();
    *descriptor = std::move(*bytes);
    return PIPES_OK;
  };
  return with_end(
      handle, rights_to_get(information),
      [&](NamedEnd& end) -> Status {
        if (const Status refused = end.check(Operation::kSecurity); refused != PIPES_OK) return refused;
        const auto whole = descriptor_of(end);
        return whole ? select(*whole) : whole.status();
      },
      [&](AnonymousEnd& end) -> Status {
        const auto whole = end.security()->get();
        return whole ? select(*whole) : whole.status();
      });
}

Status set_security(pipes_handle handle, uint32_t information, const SecurityDescriptor& replacement) noexcept {
  return with_end(
      handle, rights_to_set(information),
      [&](NamedEnd& end) -> Status {
        if (const Status refused = end.check(Operation::kSecurity); refused != PIPES_OK) return refused;
        return change_descriptor(end, information, replacement);
      },
      [&](AnonymousEnd& end) -> Status { return end.security()->set(information, replacement); });
}

Status get_client_identity(pipes_handle handle, ClientFacts* facts) noexcept {
  return with_end(
      handle, 0,
      [&](NamedEnd& end) -> Status {
        const auto client = end.client();
        if (!client) return client.status();
        facts->facts.impersonation_level = client->level;
        // SECURITY_ANONYMOUS: the server is not to know.
        if (client->level == PIPES_SECURITY_LEVEL_ANONYMOUS) {
          facts->token.emplace();
          return PIPES_OK;
        }
        const ClientIdentity& identity = *client->identity;
        std::optional<uint32_t> session = identity.session;
        if (!session && identity.pid != 0) {
          end.with_socket([&](int socket) { session = session_of(identity.pid, socket); });
        }
        if (session == 0u) session.reset();
        facts->facts.process_id = identity.pid;
        facts->token = token_of(identity, session);
        facts->credentials.emplace();
        facts->credentials->uid = identity.ids.uid;
        facts->credentials->gid = identity.ids.gid;
        facts->credentials->groups = identity.ids.groups;
        facts->credentials->session = session;
        facts->credentials->is_remote = identity.is_remote();
        return PIPES_OK;
      },
      [](AnonymousEnd& end) -> Status {
        return end.is_read_end() ? PIPES_ERROR_CANNOT_IMPERSONATE : PIPES_ERROR_INVALID_FUNCTION;
      });
}

// D33: where a thread's opens cannot be made to fail, the call itself fails.
Status impersonate_client(pipes_handle handle) noexcept {
  return with_end(
      handle, 0,
      [](NamedEnd& end) -> Status {
        const auto client = end.client();
        if (!client) return client.status();
        if (!client->may_be_acted_for) return PIPES_ERROR_CANNOT_IMPERSONATE;
        if (client->level == PIPES_SECURITY_LEVEL_ANONYMOUS) return PIPES_ERROR_CANT_OPEN_ANONYMOUS;
        if (client->level == PIPES_SECURITY_LEVEL_IDENTIFICATION) return PIPES_ERROR_BAD_IMPERSONATION_LEVEL;
        if (!client->identity->has_ids()) return PIPES_ERROR_CANNOT_IMPERSONATE;
        return act_as(client->identity->ids);
      },
      [](AnonymousEnd& end) -> Status {
        return end.is_read_end() ? PIPES_ERROR_CANNOT_IMPERSONATE : PIPES_ERROR_INVALID_FUNCTION;
      });
}

Status revert_to_self() noexcept {
  act_as_self();
  return PIPES_OK;
}

}  // namespace pipes::engine
