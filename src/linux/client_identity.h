// Who a client is: what the kernel tells of who opened a connection, or announced himself on it later, or whom a
// gateway of root's speaks for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "security/token.h"
#include "support/status.h"
#include "support/thread_identity.h"
#include "wire/asserted_identity.h"

namespace pipes {

// Whom a gateway has asserted.
struct Asserted {
  Token token;
  bool has_ids = false;
  bool remote = false;
  std::string account;
  std::string computer;
};

struct ClientIdentity {
  uint32_t pid = 0;  // 0: not known, or of another computer
  UserIds ids;       // unknown if a gateway asserted somebody who is no user here
  // Of whoever announced himself on a connection that another may have opened: as it was then; 0 if there was none.
  std::optional<uint32_t> session;
  std::shared_ptr<const Asserted> asserted;

  [[nodiscard]] bool is_remote() const { return asserted != nullptr && asserted->remote; }
  // Whether a thread can act with these ids.
  [[nodiscard]] bool has_ids() const { return asserted == nullptr || asserted->has_ids; }
};

// The other end of `socket`, as the kernel knows it: the ids and groups that it had when it connected.
[[nodiscard]] Result<ClientIdentity> identity_of_peer(int socket);

// What a gateway asserts. PIPES_ERROR_INVALID_SID: one is malformed.
[[nodiscard]] Result<ClientIdentity> identity_of_asserted(const wire::AssertedIdentity& identity);

// The token that access is checked with. `session` is the logon session where it is known.
[[nodiscard]] Token token_of(const ClientIdentity& client, std::optional<uint32_t> session = std::nullopt);
// The same of the calling thread, its logon session included if `with_session`.
[[nodiscard]] Result<Token> token_of_thread(bool with_session = false);

// What the client lets a server do with its identity (IMP-3 to IMP-5), from the flags of its open.
struct QualityOfService {
  uint32_t level = PIPES_SECURITY_LEVEL_IMPERSONATION;
  bool dynamic = true;
};
[[nodiscard]] QualityOfService quality_of_service(uint32_t flags);
// The flags of an open that are told to the server.
inline constexpr uint32_t kQualityOfServiceFlags = PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_DELEGATION |
                                                   PIPES_SECURITY_CONTEXT_TRACKING | PIPES_SECURITY_EFFECTIVE_ONLY;

}  // namespace pipes
