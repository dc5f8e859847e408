// Access tokens: who a process is, or whom a thread acts for, as it was when the token was opened.
#pragma once

#include <memory>
#include <optional>

#include "security/token.h"
#include "win32/objects.h"

namespace pipes::win32 {

// TokenFacts is what a token tells beside its SIDs.
struct TokenFacts {
  Token token;
  TOKEN_TYPE type = TokenPrimary;
  SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;  // of an impersonation token
  std::optional<uint32_t> session;                         // the logon session, if it is known
};

// AccessToken is what the handle of a token names.
class AccessToken : public Object {
 public:
  AccessToken(TokenFacts facts, DWORD access) : facts_(std::move(facts)), access_(access) {}

  [[nodiscard]] const TokenFacts& facts() const { return facts_; }
  [[nodiscard]] bool has_access(DWORD access) const { return (access_ & access) == access; }
  [[nodiscard]] DWORD access() const { return access_; }
  // Tells tokens apart.
  [[nodiscard]] DWORD id() const { return id_; }

 private:
  static DWORD new_id();

  const TokenFacts facts_;
  const DWORD access_;
  const DWORD id_ = new_id();
};

// current_token is the token that counts for the calling thread: whom it acts for, or else the process.
[[nodiscard]] Token current_token();

}  // namespace pipes::win32
