// pipes_identity, the token that crosses the C ABI: made from a token, and back.
#pragma once

#include "security/token.h"

namespace pipes {

// IdentityFacts is what an identity tells beside its token.
struct IdentityFacts {
  std::uint32_t process_id = 0;  // 0 if it is not known.
  std::uint32_t impersonation_level = PIPES_SECURITY_LEVEL_IMPERSONATION;
};

// fill_identity writes `token` and all that is known of the caller to `identity`, which then owns memory of the
// library's until free_identity. `credentials` are those of Linux; null on Windows.
void fill_identity(const Token& token, const Credentials* credentials, const IdentityFacts& facts,
                   pipes_identity* identity);

// free_identity gives back what fill_identity made and clears all but the size. One that the caller made himself stays.
void free_identity(pipes_identity* identity);

// token_of_identity returns the token that `identity` describes: by its SIDs, or, where `user_sid` is null, by its ids
// as token_of makes it. Its size has been checked. PIPES_ERROR_INVALID_PARAMETER: null arrays with counts, unknown
// attributes or privileges, a truth value other than 0 and 1. PIPES_ERROR_INVALID_SID, PIPES_ERROR_NONE_MAPPED: as
// sid_from_text.
[[nodiscard]] Result<Token> token_of_identity(const pipes_identity& identity);

}  // namespace pipes
