// Who somebody is, for the access check: a token, made from what the kernel tells about a process or a peer.
//
// On Linux user 1000 is S-1-22-1-1000 and group 100 is S-1-22-2-100. Whoever the kernel vouches for belongs to everyone
// and to the authenticated users; root is the system and an administrator as well and holds all privileges.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "security/sid.h"

namespace pipes {

// No user: what callers pass for credentials they do not know. It owns nothing and equals nobody, itself neither.
inline constexpr std::uint32_t kUnknownUid = 0xFFFFFFFF;

// Privileges, as bits of a mask.
inline constexpr std::uint32_t kNoPrivileges = 0;
inline constexpr std::uint32_t kSecurityPrivilege = PIPES_PRIVILEGE_SECURITY;
inline constexpr std::uint32_t kTakeOwnershipPrivilege = PIPES_PRIVILEGE_TAKE_OWNERSHIP;
inline constexpr std::uint32_t kRestorePrivilege = PIPES_PRIVILEGE_RESTORE;
inline constexpr std::uint32_t kImpersonatePrivilege = PIPES_PRIVILEGE_IMPERSONATE;
inline constexpr std::uint32_t kAllPrivileges =
    kSecurityPrivilege | kTakeOwnershipPrivilege | kRestorePrivilege | kImpersonatePrivilege;

// TokenGroup is a group with PIPES_GROUP_... attributes. One that is neither enabled nor deny-only counts for nothing.
struct TokenGroup {
  Sid sid;
  std::uint32_t attributes = PIPES_GROUP_MANDATORY | PIPES_GROUP_ENABLED;

  friend bool operator==(const TokenGroup&, const TokenGroup&) = default;
};

// Token is what the access check knows of a caller. A value that never changes.
class Token {
 public:
  // The anonymous token: nobody, with no groups and no privileges.
  Token();
  Token(Sid user, Sid primary_group, std::vector<TokenGroup> groups, std::uint32_t privileges);

  [[nodiscard]] const Sid& user() const { return user_; }
  [[nodiscard]] const Sid& primary_group() const { return primary_group_; }
  // In an order of their own; a SID that was given twice is there twice.
  [[nodiscard]] std::span<const TokenGroup> groups() const { return groups_; }
  [[nodiscard]] std::uint32_t privileges() const { return privileges_; }
  [[nodiscard]] bool has_privilege(std::uint32_t privilege) const { return (privileges_ & privilege) == privilege; }

  // Whether entries that allow something to `sid`, or deny it, concern this token (ACC-8).
  [[nodiscard]] bool is_allowed_as(const Sid& sid) const;
  [[nodiscard]] bool is_denied_as(const Sid& sid) const;

  // may_own tells whether the token may make `sid` the owner of what it creates (SEC-7): its user, a group that it may
  // own by, and with the privilege to restore anybody.
  [[nodiscard]] bool may_own(const Sid& sid) const;

 private:
  Sid user_;
  Sid primary_group_;
  std::vector<TokenGroup> groups_;  // Sorted by SID, so that a long list of groups costs a search, not a walk.
  std::uint32_t privileges_;
};

// Credentials are what Linux tells of a process. `groups` are the supplementary ones and may name `gid` again.
struct Credentials {
  std::uint32_t uid = kUnknownUid;
  std::uint32_t gid = kUnknownUid;
  std::vector<std::uint32_t> groups;
  std::optional<std::uint32_t> session;  // The logon session, if it is known.
  bool may_impersonate = false;          // Holds CAP_SETUID and CAP_SETGID. Root always may.
  bool is_remote = false;                // Comes from another computer.
};

// token_of returns the token of `credentials`; the anonymous one if the uid is not known.
[[nodiscard]] Token token_of(const Credentials& credentials);

}  // namespace pipes
