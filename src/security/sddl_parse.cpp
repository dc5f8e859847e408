// Reading SDDL: one pass over the text, each part once. A list is refused as soon as it is too long to be stored, so
// that what is kept stays small whatever the text.
#include <algorithm>
#include <optional>
#include <utility>

#include "security/sddl.h"
#include "security/sddl_words.h"
#include "security/well_known_sids.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

// Longer texts are refused unread. No descriptor that may be needs as much.
constexpr std::size_t kTextMax = std::size_t{1} << 20;

constexpr Status kMalformed = PIPES_ERROR_INVALID_PARAMETER;
constexpr Status kMalformedEntry = PIPES_ERROR_INVALID_ACL;

constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string_view without_blanks_before(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view trimmed(std::string_view text) {
  text = without_blanks_before(text);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool starts_with_in_any_case(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::ranges::equal(text.substr(0, word.size()), word, {}, upper);
}

// take_word removes one of `words` from the front of `text`.
template <std::size_t count>
const SddlWord* take_word(const std::array<SddlWord, count>& words, std::string_view* text) {
  for (const SddlWord& word : words) {
    if (!starts_with_in_any_case(*text, word.text)) continue;
    text->remove_prefix(word.text.size());
    return &word;
  }
  return nullptr;
}

std::optional<std::uint8_t> ace_flags_from(std::string_view text) {
  text = trimmed(text);
  std::uint32_t flags = 0;
  while (!text.empty()) {
    const SddlWord* const word = take_word(kSddlAceFlags, &text);
    if (word == nullptr) return std::nullopt;
    flags |= word->value;
  }
  return static_cast<std::uint8_t>(flags);
}

// number_from reads all of `text` as a number in the notation of C (SDDL-8).
std::optional<std::uint32_t> number_from(std::string_view text) {
  unsigned base = 10;
  if (text.size() > 1 && text[0] == '0') {
    base = text[1] == 'x' || text[1] == 'X' ? 16 : 8;
    text.remove_prefix(base == 16 ? 2 : 1);
  }
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char each : text) {
    const char c = upper(each);
    unsigned digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A' + 10);
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
    if (value > 0xFFFFFFFF) return std::nullopt;
  }
  return static_cast<std::uint32_t>(value);
}

// mask_from reads rights. Spaces are tolerated before a word, not behind the last one (SDDL-16).
std::optional<std::uint32_t> mask_from(std::string_view text) {
  const auto skip_spaces = [&text] {
    while (text.starts_with(' ')) text.remove_prefix(1);
  };
  if (trimmed(text).empty()) return 0;
  skip_spaces();
  if (text.front() >= '0' && text.front() <= '9') return number_from(text);
  std::uint32_t mask = 0;
  while (!text.empty()) {
    skip_spaces();
    const SddlWord* word = take_word(kSddlWholeMasks, &text);
    if (word == nullptr) word = take_word(kSddlRights, &text);
    if (word == nullptr) word = take_word(kSddlLabelRights, &text);
    if (word == nullptr) return std::nullopt;
    mask |= word->value;
  }
  return mask;
}

// guid_from reads the 8-4-4-4-12 form (SDDL-11). The first three numbers lie little-endian in a descriptor.
std::optional<Guid> guid_from(std::string_view text) {
  constexpr std::array<std::size_t, 16> kPlaces{6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34};
  if (text.size() != 36) return std::nullopt;
  for (const std::size_t dash : {8, 13, 18, 23}) {
    if (text[dash] != '-') return std::nullopt;
  }
  Guid guid;
  for (std::size_t i = 0; i < guid.size(); ++i) {
    const std::string digits = "0x" + std::string(text.substr(kPlaces[i], 2));
    const std::optional<std::uint32_t> byte = number_from(digits);
    if (!byte) return std::nullopt;
    guid[i] = static_cast<std::byte>(*byte);
  }
  return guid;
}

// Reader goes through the text of a descriptor.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<SecurityDescriptor> read() {
    skip_blanks();
    while (!text_.empty()) {
      if (text_.size() < 2 || text_[1] != ':') return kMalformed;
      const char letter = text_[0];
      text_.remove_prefix(2);
      skip_blanks();
      if (const Status failed = read_part(letter); failed != PIPES_OK) return failed;
      skip_blanks();
    }
    if (const Status failed = check_size(descriptor_); failed != PIPES_OK) return failed;
    return std::move(descriptor_);
  }

 private:
  void skip_blanks() { text_ = without_blanks_before(text_); }

  Status read_part(char letter) {
    switch (letter) {
      case 'O':
        return read_sid(&descriptor_.owner);
      case 'G':
        return read_sid(&descriptor_.group);
      case 'D':
        return descriptor_.has_dacl() ? kMalformed : read_list(SddlList::kDacl);
      case 'S':
        return descriptor_.has_sacl() ? kMalformed : read_list(SddlList::kSacl);
      default:
        return kMalformed;
    }
  }

  Status read_sid(std::optional<Sid>* sid) {
    if (sid->has_value()) return kMalformed;
    const std::string_view token = take_sid();
    Result<Sid> read = sid_from(token);
    if (read) *sid = *read;
    return read.status();
  }

  // take_sid removes what a SID may consist of. The D of a following `D:` looks like a hexadecimal digit.
  std::string_view take_sid() {
    std::size_t length = 2;
    if (starts_with_in_any_case(text_, "S-")) {
      const std::size_t end = text_.find_first_not_of("0123456789ABCDEFabcdefXx-", 2);
      length = end == std::string_view::npos ? text_.size() : end;
      if (length < text_.size() && text_[length] == ':' && text_[length - 1] == 'D') --length;
    }
    const std::string_view token = text_.substr(0, length);
    text_.remove_prefix(token.size());
    return token;
  }

  // Two letters that nobody knows are not mapped, rather than malformed (SDDL-13).
  static Result<Sid> sid_from(std::string_view token) {
    if (token.size() < 2) return kMalformed;
    Result<Sid> sid = sid_from_text(token);
    if (!sid && token.size() == 2) return PIPES_ERROR_NONE_MAPPED;
    return sid;
  }

  Status read_list(SddlList list) {
    const bool is_dacl = list == SddlList::kDacl;
    for (;; skip_blanks()) {
      if (take("P")) {
        descriptor_.control |= is_dacl ? kDaclProtected : kSaclProtected;
      } else if (take("AR")) {
        descriptor_.control |= is_dacl ? kDaclAutoInheritRequired : kSaclAutoInheritRequired;
      } else if (take("AI")) {
        descriptor_.control |= is_dacl ? kDaclAutoInherited : kSaclAutoInherited;
      } else {
        break;
      }
    }
    std::optional<Acl> acl;
    if (!take(kSddlNullList)) {
      acl.emplace();
      if (const Status failed = read_entries(list, &*acl); failed != PIPES_OK) return failed;
    }
    is_dacl ? descriptor_.set_dacl(std::move(acl)) : descriptor_.set_sacl(std::move(acl));
    return PIPES_OK;
  }

  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  Status read_entries(SddlList list, Acl* acl) {
    std::size_t size = kAclHeaderBytes;
    for (skip_blanks(); take("("); skip_blanks()) {
      const std::size_t end = text_.find(')');
      if (end == std::string_view::npos) return kMalformedEntry;
      Result<Ace> ace = read_entry(text_.substr(0, end), list);
      if (!ace) return ace.status();
      text_.remove_prefix(end + 1);
      size += ace->size_bytes();
      if (size > kAclBytesMax) return PIPES_ERROR_INVALID_ACL;
      if (layout_of(ace->type) == AceLayout::kObject) acl->revision = kAclRevisionObjects;
      acl->entries.push_back(std::move(*ace));
    }
    return PIPES_OK;
  }

  // type_named finds the type that `text` begins with, up to its first semicolon.
  static const SddlType* type_named(std::string_view text) {
    const std::string_view name = trimmed(text.substr(0, text.find(';')));
    for (const SddlType& type : kSddlTypes) {
      if (type.text.size() == name.size() && starts_with_in_any_case(name, type.text)) return &type;
    }
    return nullptr;
  }

  // split puts what five semicolons separate into `fields`; false if there are more or fewer (SDDL-4).
  static bool split(std::string_view text, std::array<std::string_view, 6>* fields) {
    for (std::size_t i = 0; i < fields->size(); ++i) {
      const std::size_t end = text.find(';');
      const bool is_last = i + 1 == fields->size();
      if ((end == std::string_view::npos) != is_last) return false;
      (*fields)[i] = text.substr(0, end);
      text.remove_prefix(is_last ? text.size() : end + 1);
    }
    return true;
  }

  // read_entry reads what stands between the parentheses. Types that are not for this list, or not for text at all, are
  // told apart from malformed entries (SDDL-5, SDDL-21).
  static Result<Ace> read_entry(std::string_view text, SddlList list) {
    const SddlType* const type = type_named(text);
    if (type == nullptr || type->list != list) return kMalformed;
    std::array<std::string_view, 6> fields;
    if (!split(text, &fields)) return kMalformedEntry;
    const std::optional<std::uint8_t> flags = ace_flags_from(fields[1]);
    const std::optional<std::uint32_t> mask = mask_from(fields[2]);
    if (!flags || !mask) return kMalformedEntry;

    Ace ace;
    ace.type = type->type;
    ace.flags = *flags;
    ace.mask = *mask;
    if (!read_guid(fields[3], kAceHasObjectType, &ace.object_flags, &ace.object_type) ||
        !read_guid(fields[4], kAceHasInheritedObjectType, &ace.object_flags, &ace.inherited_object_type)) {
      return kMalformedEntry;
    }
    if (ace.object_flags == 0) {
      ace.type = type->without_guids;
    } else if (layout_of(ace.type) != AceLayout::kObject) {
      return kMalformedEntry;
    }
    const std::string_view sid_text = trimmed(fields[5]);
    if (sid_text.empty()) return kMalformedEntry;
    const Result<Sid> sid = sid_from(sid_text);
    if (!sid) return sid.status();
    ace.sid = *sid;
    return ace;
  }

  static bool read_guid(std::string_view text, std::uint32_t flag, std::uint32_t* flags, Guid* guid) {
    text = trimmed(text);
    if (text.empty()) return true;
    const std::optional<Guid> read = guid_from(text);
    if (!read) return false;
    *flags |= flag;
    *guid = *read;
    return true;
  }

  std::string_view text_;  // What is left.
  SecurityDescriptor descriptor_;
};

}  // namespace

Result<SecurityDescriptor> sddl_parse(std::string_view text) {
  if (text.size() > kTextMax) return kMalformed;
  return Reader(text).read();
}

}  // namespace pipes
