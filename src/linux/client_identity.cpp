#include "linux/client_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>

#include "linux/peer_session.h"
#include "security/well_known_sids.h"

namespace pipes {
namespace {

bool read_groups(int socket, std::vector<uint32_t>* groups) {
  groups->resize(32);
  while (true) {
    auto bytes = static_cast<socklen_t>(groups->size() * sizeof(uint32_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups->data(), &bytes) == 0) {
      groups->resize(bytes / sizeof(uint32_t));
      return true;
    }
    if (errno != ERANGE || bytes / sizeof(uint32_t) <= groups->size()) return false;
    groups->resize(bytes / sizeof(uint32_t));
  }
}

}  // namespace

Result<ClientIdentity> identity_of_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  ClientIdentity client;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || !read_groups(socket, &client.ids.groups)) {
    return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
  }
  client.pid = peer.pid > 0 ? static_cast<uint32_t>(peer.pid) : 0;
  client.ids.uid = peer.uid;
  client.ids.gid = peer.gid;
  return client;
}

// SMB-43: who is on another computer comes through the network, and is no more than it is said that he is: neither the
// system nor an administrator by his uid, and without privileges.
Result<ClientIdentity> identity_of_asserted(const wire::AssertedIdentity& identity) {
  std::vector<Sid> sids;
  for (const auto& bytes : identity.sids) {
    const auto sid = sid_from_bytes(bytes);
    if (!sid) return sid.status();
    if (sid->size_bytes() != bytes.size()) return Status{PIPES_ERROR_INVALID_SID};
    sids.push_back(*sid);
  }
  if (identity.remote && std::ranges::find(sids, kNetwork) == sids.end()) sids.push_back(kNetwork);
  std::vector<TokenGroup> groups;
  for (size_t i = 1; i < sids.size(); ++i) groups.push_back({sids[i]});
  auto asserted = std::make_shared<Asserted>();
  asserted->token = Token(sids.front(), sids.size() > 1 ? sids[1] : sids.front(), std::move(groups), kNoPrivileges);
  asserted->has_ids = identity.has_ids;
  asserted->remote = identity.remote;
  asserted->account = identity.account;
  asserted->computer = identity.computer;
  ClientIdentity client;
  if (identity.has_ids) client.ids = {identity.uid, identity.gid, identity.groups};
  client.asserted = std::move(asserted);
  return client;
}

Token token_of(const ClientIdentity& client, std::optional<uint32_t> session) {
  if (client.asserted != nullptr) return client.asserted->token;
  Credentials credentials;
  credentials.uid = client.ids.uid;
  credentials.gid = client.ids.gid;
  credentials.groups = client.ids.groups;
  credentials.session = session;
  return token_of(credentials);
}

Result<Token> token_of_thread(bool with_session) {
  auto ids = effective_ids();
  if (!ids) return ids.status();
  std::optional<uint32_t> session;
  if (with_session && !acts_for_other()) session = session_of(static_cast<uint32_t>(::getpid()), -1);
  return token_of(ClientIdentity{0, std::move(*ids), {}, nullptr}, session == 0u ? std::nullopt : session);
}

QualityOfService quality_of_service(uint32_t flags) {
  if ((flags & PIPES_SECURITY_SQOS_PRESENT) == 0) return {};
  return {(flags & PIPES_SECURITY_DELEGATION) >> 16, (flags & PIPES_SECURITY_CONTEXT_TRACKING) != 0};
}

}  // namespace pipes
