// Well-known SIDs, their two-letter aliases in SDDL and their English names (SID-5, table 2 of the specification).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "security/sid.h"

namespace pipes {

inline constexpr Sid kEveryone{1, {0}};              // WD
inline constexpr Sid kCreatorOwner{3, {0}};          // CO
inline constexpr Sid kCreatorGroup{3, {1}};          // CG
inline constexpr Sid kOwnerRights{3, {4}};           // OW
inline constexpr Sid kNetwork{5, {2}};               // NU: callers from other computers
inline constexpr Sid kAnonymous{5, {7}};             // AN
inline constexpr Sid kAuthenticatedUsers{5, {11}};   // AU
inline constexpr Sid kSystem{5, {18}};               // SY
inline constexpr Sid kAdministrators{5, {32, 544}};  // BA

// sid_of_alias returns the SID of a two-letter alias in either case, or nothing. is_domain_alias tells whether `alias`
// is one of those that need a domain.
[[nodiscard]] std::optional<Sid> sid_of_alias(std::string_view alias);
[[nodiscard]] bool is_domain_alias(std::string_view alias);

// alias_of returns the two letters for `sid`, or an empty string.
[[nodiscard]] std::string_view alias_of(const Sid& sid);

// name_of_well_known returns what Windows calls `sid` in English, such as `NT AUTHORITY\SYSTEM`, or an empty string.
// well_known_of_name is its inverse, in any case and also without what stands before the backslash.
[[nodiscard]] std::string name_of_well_known(const Sid& sid);
[[nodiscard]] std::optional<Sid> well_known_of_name(std::string_view name);

}  // namespace pipes
