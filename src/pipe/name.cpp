// A name is decoded unit by unit until it ends, is malformed or too long, and only then looked at: whatever the
// caller's pointer leads to, a few hundred bytes are all that is read.
#include "pipe/name.h"

#include <cstdint>
#include <optional>
#include <span>

#include "pipe/case_table.h"
#include "support/sha256.h"
#include "support/utf.h"

namespace pipes {
namespace {

// A unit takes at most three bytes, so that after kNameUnitsMax of them the character which shows that the name is too
// long begins at byte 768 at the latest, and takes at most four.
constexpr std::size_t kNameBytesRead = kNameUnitsMax * 3 + 4;
constexpr std::size_t kDigestDigits = 40;

// The two kinds of refusal that depend on the call (NAME-9, NAME-10, NAME-11).
Status missing_status(NameUse use) {
  return use == NameUse::kWait ? PIPES_ERROR_BAD_PATHNAME : PIPES_ERROR_PATH_NOT_FOUND;
}
Status malformed_status(NameUse use) {
  return use == NameUse::kWait ? PIPES_ERROR_BAD_PATHNAME : PIPES_ERROR_INVALID_NAME;
}

std::size_t bounded_length(const char* text) {
  std::size_t length = 0;
  while (length < kNameBytesRead && text[length] != '\0') ++length;
  return length;
}

// decode returns the units of `text` with each `/` turned into `\` (NAME-8), and stops as soon as there are too many.
std::optional<std::u16string> decode(const char* text) {
  std::string_view rest(text, bounded_length(text));
  std::u16string units;
  while (!rest.empty() && units.size() <= kNameUnitsMax) {
    const std::optional<CodePoint> next = first_code_point(rest);
    if (!next) return std::nullopt;
    append_utf16(next->value == U'/' ? U'\\' : next->value, units);
    rest.remove_prefix(next->bytes);
  }
  return units;
}

// SplitName is a name taken apart: `\\server\pipe\name`. The views look into the decoded units.
struct SplitName {
  std::u16string_view server;  // `.` and `?` are this computer.
  std::u16string_view name;
};

// split takes a name apart; none if it does not begin like one or nothing follows the prefix.
std::optional<SplitName> split(std::u16string_view units) {
  constexpr std::u16string_view kStart = u"\\\\";
  constexpr std::u16string_view kMiddle = u"\\PIPE\\";
  if (!units.starts_with(kStart)) return std::nullopt;
  units.remove_prefix(kStart.size());

  const std::size_t server_units = units.find(u'\\');
  if (server_units == 0 || server_units == std::u16string_view::npos) return std::nullopt;
  const std::u16string_view server = units.substr(0, server_units);
  units.remove_prefix(server_units);

  if (folded(units.substr(0, kMiddle.size())) != kMiddle) return std::nullopt;
  units.remove_prefix(kMiddle.size());
  if (units.empty()) return std::nullopt;
  return SplitName{server, units};
}

bool is_this_computer(std::u16string_view server) { return server == u"." || server == u"?"; }

// utf8_of converts units that were well-formed when decoded.
std::string utf8_of(std::u16string_view units) {
  std::optional<std::string> text = utf8_from_utf16(units);
  Ensures(text.has_value());
  return *std::move(text);
}

}  // namespace

Result<PipeName> parse_pipe_name(const char* text, NameUse use) {
  if (text == nullptr || *text == '\0') return missing_status(use);
  const std::optional<std::u16string> units = decode(text);
  if (!units) return PIPES_ERROR_INVALID_NAME;  // NAME-18
  const std::optional<SplitName> parts = split(*units);
  if (!parts) return malformed_status(use);
  const bool local = is_this_computer(parts->server);
  if (!local && use == NameUse::kCreate) return PIPES_ERROR_INVALID_NAME;      // NAME-2
  if (units->size() > kNameUnitsMax) return PIPES_ERROR_FILENAME_EXCED_RANGE;  // NAME-5

  PipeName name;
  if (!local) name.server = utf8_of(parts->server);
  name.display = utf8_of(parts->name);
  name.folded = folded(parts->name);
  return name;
}

namespace {

Sha256Digest sha256_of_units(std::u16string_view folded_name) {
  std::vector<std::byte> bytes;
  bytes.reserve(folded_name.size() * 2);
  for (const char16_t unit : folded_name) {
    bytes.push_back(static_cast<std::byte>(unit & 0xFF));
    bytes.push_back(static_cast<std::byte>(unit >> 8));
  }
  return sha256(bytes);
}

}  // namespace

std::string name_digest(std::u16string_view folded_name) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const Sha256Digest digest = sha256_of_units(folded_name);
  std::string digits;
  for (const std::uint8_t byte : std::span(digest).first<kDigestDigits / 2>()) {
    digits.push_back(kDigits[byte >> 4]);
    digits.push_back(kDigits[byte & 0xF]);
  }
  return digits;
}

std::string name_digest(const PipeName& name) { return name_digest(name.folded); }

uint64_t name_hash(std::u16string_view folded_name) {
  const Sha256Digest digest = sha256_of_units(folded_name);
  uint64_t hash = 0;
  for (size_t i = 0; i < sizeof hash; ++i) hash |= uint64_t{digest.at(i)} << (8 * i);
  return hash;
}

std::vector<std::u16string> parent_names(const PipeName& name) {
  std::vector<std::u16string> parents;
  const std::u16string_view whole = name.folded;
  for (std::size_t at = whole.find(u'\\'); at != std::u16string_view::npos; at = whole.find(u'\\', at + 1)) {
    if (at > 0) parents.emplace_back(whole.substr(0, at));
  }
  return parents;
}

}  // namespace pipes
