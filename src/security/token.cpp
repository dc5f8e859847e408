#include "security/token.h"

#include <algorithm>
#include <utility>

#include "security/well_known_sids.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

// any_group tells whether a group of the sorted `groups` is `sid` and has one of `attributes`.
bool any_group(std::span<const TokenGroup> groups, const Sid& sid, std::uint32_t attributes) {
  for (const TokenGroup& group : std::ranges::equal_range(groups, sid, {}, &TokenGroup::sid)) {
    if ((group.attributes & attributes) != 0) return true;
  }
  return false;
}

}  // namespace

Token::Token() : Token(kAnonymous, Sid{}, {}, kNoPrivileges) {}

Token::Token(Sid user, Sid primary_group, std::vector<TokenGroup> groups, std::uint32_t privileges)
    : user_(user), primary_group_(primary_group), groups_(std::move(groups)), privileges_(privileges) {
  // Deny-only wins over enabled, as it does on Windows.
  for (TokenGroup& group : groups_) {
    if ((group.attributes & PIPES_GROUP_DENY_ONLY) != 0) group.attributes &= ~PIPES_GROUP_ENABLED;
  }
  std::ranges::stable_sort(groups_, {}, &TokenGroup::sid);
}

bool Token::is_allowed_as(const Sid& sid) const {
  const std::uint32_t counting =
      PIPES_MISTAKE("deny-only-allows") ? PIPES_GROUP_ENABLED | PIPES_GROUP_DENY_ONLY : PIPES_GROUP_ENABLED;
  return sid == user_ || any_group(groups_, sid, counting);
}

bool Token::is_denied_as(const Sid& sid) const {
  return sid == user_ || any_group(groups_, sid, PIPES_GROUP_ENABLED | PIPES_GROUP_DENY_ONLY);
}

bool Token::may_own(const Sid& sid) const {
  if (sid == user_ || has_privilege(kRestorePrivilege)) return true;
  return any_group(groups_, sid, PIPES_GROUP_OWNER);
}

Token token_of(const Credentials& credentials) {
  if (credentials.uid == kUnknownUid) return {};
  constexpr std::uint32_t kEnabled = PIPES_GROUP_MANDATORY | PIPES_GROUP_ENABLED_BY_DEFAULT | PIPES_GROUP_ENABLED;

  std::vector<TokenGroup> groups;
  groups.reserve(credentials.groups.size() + 7);
  if (credentials.gid != kUnknownUid) groups.push_back({sid_of_gid(credentials.gid), kEnabled});
  for (const std::uint32_t gid : credentials.groups) {
    if (gid != credentials.gid) groups.push_back({sid_of_gid(gid), kEnabled});
  }
  groups.push_back({kEveryone, kEnabled});
  groups.push_back({kAuthenticatedUsers, kEnabled});
  if (credentials.is_remote) groups.push_back({kNetwork, kEnabled});
  if (credentials.session) {
    groups.push_back({sid_of_session(*credentials.session), kEnabled | PIPES_GROUP_LOGON});
  }
  const bool is_root = credentials.uid == 0;
  if (is_root) {
    groups.push_back({kSystem, kEnabled | PIPES_GROUP_OWNER});
    groups.push_back({kAdministrators, kEnabled | PIPES_GROUP_OWNER});
  }
  std::uint32_t privileges = is_root ? kAllPrivileges : kNoPrivileges;
  if (credentials.may_impersonate) privileges |= kImpersonatePrivilege;
  const Sid primary = credentials.gid == kUnknownUid ? Sid{} : sid_of_gid(credentials.gid);
  return {sid_of_uid(credentials.uid), primary, std::move(groups), privileges};
}

}  // namespace pipes
