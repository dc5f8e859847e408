#include "security/sid.h"

#include <algorithm>
#include <optional>

#include "security/well_known_sids.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

constexpr std::uint8_t kSidRevision = 1;

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

// take_number removes a number, decimal or `0x` and hexadecimal, from the front of `text`. Nothing: none is there, or
// it is above `max`.
std::optional<std::uint64_t> take_number(std::string_view* text, std::uint64_t max) {
  std::uint64_t base = 10;
  if (text->size() > 1 && (*text)[0] == '0' && ((*text)[1] == 'x' || (*text)[1] == 'X')) {
    base = 16;
    text->remove_prefix(2);
  }
  std::uint64_t value = 0;
  std::size_t digits = 0;
  while (digits < text->size()) {
    const auto digit = static_cast<std::uint64_t>(digit_value((*text)[digits]));
    if (digit >= base) break;
    value = value * base + digit;
    if (value > max) return std::nullopt;
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  text->remove_prefix(digits);
  return value;
}

bool take_dash(std::string_view* text) {
  if (!text->starts_with('-')) return false;
  text->remove_prefix(1);
  return true;
}

}  // namespace

Result<Sid> sid_from_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() < Sid::kBytesMin) return PIPES_ERROR_INVALID_SID;
  if (std::to_integer<std::uint8_t>(bytes[0]) != kSidRevision) return PIPES_ERROR_INVALID_SID;
  const auto count = std::to_integer<std::size_t>(bytes[1]);
  if (count > Sid::kSubAuthoritiesMax) return PIPES_ERROR_INVALID_SID;
  if (PIPES_BREACH("sid-length-unchecked", bytes.size() < Sid::kBytesMin + 4 * count)) return PIPES_ERROR_INVALID_SID;

  std::uint64_t authority = 0;
  for (std::size_t i = 2; i < Sid::kBytesMin; ++i) {
    authority = authority << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  }
  Sid sid(authority, {});
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t sub_authority = 0;
    for (std::size_t at = 4; at-- > 0;) {
      sub_authority = sub_authority << 8 | std::to_integer<std::uint32_t>(bytes[Sid::kBytesMin + 4 * i + at]);
    }
    sid.append(sub_authority);
  }
  return sid;
}

void append_sid(const Sid& sid, std::vector<std::byte>* bytes) {
  bytes->push_back(std::byte{kSidRevision});
  bytes->push_back(static_cast<std::byte>(sid.sub_authorities().size()));
  for (unsigned shift = 48; shift > 0; shift -= 8) {
    bytes->push_back(static_cast<std::byte>(sid.authority() >> (shift - 8)));
  }
  for (const std::uint32_t each : sid.sub_authorities()) {
    for (unsigned shift = 0; shift < 32; shift += 8) bytes->push_back(static_cast<std::byte>(each >> shift));
  }
}

Result<Sid> sid_from_text(std::string_view text) {
  if (text.size() == 2) {
    if (const std::optional<Sid> sid = sid_of_alias(text)) return *sid;
    return is_domain_alias(text) ? PIPES_ERROR_NONE_MAPPED : PIPES_ERROR_INVALID_SID;
  }
  if (!text.starts_with("S-") && !text.starts_with("s-")) return PIPES_ERROR_INVALID_SID;
  text.remove_prefix(2);
  if (take_number(&text, kSidRevision) != kSidRevision || !take_dash(&text)) return PIPES_ERROR_INVALID_SID;
  const std::optional<std::uint64_t> authority = take_number(&text, Sid::kAuthorityMax);
  if (!authority) return PIPES_ERROR_INVALID_SID;

  Sid sid(*authority, {});
  do {
    if (!take_dash(&text) || sid.sub_authorities().size() == Sid::kSubAuthoritiesMax) return PIPES_ERROR_INVALID_SID;
    const std::optional<std::uint64_t> sub_authority = take_number(&text, 0xFFFFFFFF);
    if (!sub_authority) return PIPES_ERROR_INVALID_SID;
    sid.append(static_cast<std::uint32_t>(*sub_authority));
  } while (!text.empty());
  return sid;
}

std::string sid_to_text(const Sid& sid) {
  std::string text = "S-1-";
  if (sid.authority() <= 0xFFFFFFFF) {
    text += std::to_string(sid.authority());
  } else {
    text += "0x";
    for (unsigned shift = 48; shift > 0; shift -= 4) text += "0123456789ABCDEF"[sid.authority() >> (shift - 4) & 0xF];
  }
  for (const std::uint32_t each : sid.sub_authorities()) text += '-' + std::to_string(each);
  return text;
}

}  // namespace pipes
