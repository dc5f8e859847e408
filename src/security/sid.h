// Security identifiers (SID-1 to SID-6): the names of users, groups and well-known sets of both, as a value. Their
// two-letter aliases and English names are in well_known_sids.h.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/status.h"

namespace pipes {

// Sid is an authority and up to 15 sub-authorities; its revision is always 1. The value made without arguments is the
// null SID, S-1-0-0, which nobody has.
class Sid {
 public:
  static constexpr std::size_t kSubAuthoritiesMax = 15;
  static constexpr std::size_t kBytesMin = 8;
  static constexpr std::size_t kBytesMax = kBytesMin + 4 * kSubAuthoritiesMax;
  static constexpr std::uint64_t kAuthorityMax = (std::uint64_t{1} << 48) - 1;

  constexpr Sid() : Sid(0, {0}) {}

  // `authority` is at most kAuthorityMax, and there are at most kSubAuthoritiesMax sub-authorities.
  constexpr Sid(std::uint64_t authority, std::initializer_list<std::uint32_t> sub_authorities) : authority_(authority) {
    for (const std::uint32_t each : sub_authorities) append(each);
  }

  // append adds a sub-authority behind the others; there is room for it.
  constexpr void append(std::uint32_t sub_authority) {
    Expects(count_ < kSubAuthoritiesMax);
    sub_authorities_[count_++] = sub_authority;
  }

  [[nodiscard]] constexpr std::uint64_t authority() const { return authority_; }
  [[nodiscard]] constexpr std::span<const std::uint32_t> sub_authorities() const {
    return {sub_authorities_.data(), count_};
  }
  // size_bytes returns how long the SID is in a descriptor.
  [[nodiscard]] constexpr std::size_t size_bytes() const { return kBytesMin + 4 * std::size_t{count_}; }

  // Byte equality (SID-4), and an order that means nothing but serves searching.
  friend constexpr bool operator==(const Sid&, const Sid&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): the check mistakes the comparison that is made for us
  friend constexpr auto operator<=>(const Sid&, const Sid&) = default;

 private:
  std::uint64_t authority_ = 0;
  std::uint8_t count_ = 0;
  std::array<std::uint32_t, kSubAuthoritiesMax> sub_authorities_{};  // Those from count_ on are 0.
};

// sid_from_bytes reads the SID that `bytes` begin with; what follows it is not looked at. PIPES_ERROR_INVALID_SID:
// another revision than 1, too many sub-authorities, or cut short.
[[nodiscard]] Result<Sid> sid_from_bytes(std::span<const std::byte> bytes);

// append_sid writes `sid` behind `bytes`.
void append_sid(const Sid& sid, std::vector<std::byte>* bytes);

// sid_from_text reads `S-1-...` with decimal or, behind `0x`, hexadecimal numbers, or a two-letter alias (SID-2,
// SID-3): all of `text`. PIPES_ERROR_INVALID_SID: malformed, or an unknown alias. PIPES_ERROR_NONE_MAPPED: an alias of
// a domain's, since no domain is known (SDDL-12).
[[nodiscard]] Result<Sid> sid_from_text(std::string_view text);

// sid_to_text writes `S-1-...`, never an alias.
[[nodiscard]] std::string sid_to_text(const Sid& sid);

// The SIDs of a user and of a group of this system.
[[nodiscard]] constexpr Sid sid_of_uid(std::uint32_t uid) { return {22, {1, uid}}; }
[[nodiscard]] constexpr Sid sid_of_gid(std::uint32_t gid) { return {22, {2, gid}}; }
// The SID of a logon session (SID-6).
[[nodiscard]] constexpr Sid sid_of_session(std::uint32_t session) { return {5, {5, 0, session}}; }

}  // namespace pipes
