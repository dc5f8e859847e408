#include "security/identity.h"

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "security/well_known_sids.h"

namespace pipes {
namespace {

constexpr std::uint32_t kGroupAttributes = PIPES_GROUP_MANDATORY | PIPES_GROUP_ENABLED_BY_DEFAULT |
                                           PIPES_GROUP_ENABLED | PIPES_GROUP_OWNER | PIPES_GROUP_DENY_ONLY |
                                           PIPES_GROUP_LOGON;
// What Windows may say of a group besides, which means nothing here: integrity, resource.
constexpr std::uint32_t kIgnoredGroupAttributes = 0x20000060;

// Owned is the memory behind a filled pipes_identity.
struct Owned {
  std::string user;
  std::string primary_group;
  std::vector<std::uint32_t> group_ids;
  std::vector<std::string> sids;
  std::vector<pipes_identity_group> groups;
};

bool is_well_formed(const pipes_identity& identity) {
  return (identity.group_ids != nullptr || identity.group_id_count == 0) &&
         (identity.group_sids != nullptr || identity.group_sid_count == 0) &&
         (identity.privileges & ~kAllPrivileges) == 0 &&
         identity.impersonation_level <= PIPES_SECURITY_LEVEL_DELEGATION && identity.remote <= 1 &&
         identity.reserved[0] == 0 && identity.reserved[1] == 0;
}

Token token_by_ids(const pipes_identity& identity) {
  Credentials credentials;
  credentials.uid = identity.user_id;
  credentials.gid = identity.group_id;
  credentials.groups.assign(identity.group_ids, identity.group_ids + identity.group_id_count);
  if (identity.session_id != PIPES_UNKNOWN_ID) credentials.session = identity.session_id;
  credentials.is_remote = identity.remote != 0;
  const Token token = token_of(credentials);
  return {token.user(),
          token.primary_group(),
          {token.groups().begin(), token.groups().end()},
          token.privileges() | identity.privileges};
}

}  // namespace

void fill_identity(const Token& token, const Credentials* credentials, const IdentityFacts& facts,
                   pipes_identity* identity) {
  auto owned = std::make_unique<Owned>();
  owned->user = sid_to_text(token.user());
  owned->primary_group = sid_to_text(token.primary_group());
  if (credentials != nullptr) owned->group_ids = credentials->groups;
  for (const TokenGroup& group : token.groups()) owned->sids.push_back(sid_to_text(group.sid));
  for (std::size_t i = 0; i < owned->sids.size(); ++i) {
    owned->groups.push_back({owned->sids[i].c_str(), token.groups()[i].attributes, 0});
  }
  const std::uint32_t size = identity->size;
  *identity = {};
  identity->size = size;
  identity->process_id = facts.process_id;
  identity->user_id = credentials != nullptr ? credentials->uid : PIPES_UNKNOWN_ID;
  identity->group_id = credentials != nullptr ? credentials->gid : PIPES_UNKNOWN_ID;
  identity->session_id = credentials != nullptr && credentials->session ? *credentials->session : PIPES_UNKNOWN_ID;
  identity->remote = token.is_allowed_as(kNetwork) ? 1 : 0;
  identity->group_ids = owned->group_ids.empty() ? nullptr : owned->group_ids.data();
  identity->group_id_count = gsl::narrow_cast<std::uint32_t>(owned->group_ids.size());
  identity->user_sid = owned->user.c_str();
  identity->primary_group_sid = token.primary_group() == Sid{} ? nullptr : owned->primary_group.c_str();
  identity->group_sids = owned->groups.empty() ? nullptr : owned->groups.data();
  identity->group_sid_count = gsl::narrow_cast<std::uint32_t>(owned->groups.size());
  identity->privileges = token.privileges();
  identity->impersonation_level = facts.impersonation_level;
  identity->owned = owned.release();
}

void free_identity(pipes_identity* identity) {
  if (identity->owned == nullptr) return;
  delete static_cast<Owned*>(identity->owned);
  const std::uint32_t size = identity->size;
  *identity = {};
  identity->size = size;
}

Result<Token> token_of_identity(const pipes_identity& identity) {
  if (!is_well_formed(identity)) return PIPES_ERROR_INVALID_PARAMETER;
  if (identity.user_sid == nullptr) {
    if (identity.group_sid_count != 0 || identity.primary_group_sid != nullptr) return PIPES_ERROR_INVALID_PARAMETER;
    return token_by_ids(identity);
  }
  const Result<Sid> user = sid_from_text(identity.user_sid);
  if (!user) return user.status();
  Sid primary_group;
  if (identity.primary_group_sid != nullptr) {
    const Result<Sid> read = sid_from_text(identity.primary_group_sid);
    if (!read) return read.status();
    primary_group = *read;
  }
  std::vector<TokenGroup> groups;
  for (const pipes_identity_group& group : std::span(identity.group_sids, identity.group_sid_count)) {
    const bool is_known = (group.attributes & ~(kGroupAttributes | kIgnoredGroupAttributes)) == 0;
    if (group.sid == nullptr || group.reserved != 0 || !is_known) return PIPES_ERROR_INVALID_PARAMETER;
    const Result<Sid> read = sid_from_text(group.sid);
    if (!read) return read.status();
    groups.push_back({*read, group.attributes});
  }
  return Token(*user, primary_group, std::move(groups), identity.privileges);
}

}  // namespace pipes
