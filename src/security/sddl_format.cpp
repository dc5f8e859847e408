// Writing SDDL: the one form of each descriptor that reading gives back unchanged (SDDL-18).
#include <algorithm>

#include "security/sddl.h"
#include "security/sddl_words.h"
#include "security/security_information.h"
#include "security/well_known_sids.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

void append_sid(const Sid& sid, std::string* text) {
  const std::string_view alias = alias_of(sid);
  alias.empty() ? * text += sid_to_text(sid) : * text += alias;
}

void append_hex(std::uint32_t value, std::string* text) {
  *text += "0x";
  unsigned shift = 32;
  while (shift > 4 && value >> (shift - 4) == 0) shift -= 4;
  for (; shift > 0; shift -= 4) *text += "0123456789abcdef"[value >> (shift - 4) & 0xF];
}

// append_words writes those of `words` whose bits are in `bits`, if that covers all of them, and says whether it does.
template <std::size_t count>
bool append_words(const std::array<SddlWord, count>& words, std::uint32_t bits, std::string* text) {
  std::uint32_t covered = 0;
  for (const SddlWord& word : words) covered |= word.value;
  if (PIPES_BREACH("letters-lose-bits", (bits & ~covered) != 0)) return false;
  std::uint32_t written = 0;
  for (const SddlWord& word : words) {
    if ((bits & word.value & ~written) == 0) continue;
    *text += word.text;
    written |= word.value;
  }
  return true;
}

void append_mask(const Ace& ace, std::string* text) {
  if (ace.type == kAceMandatoryLabel && append_words(kSddlLabelRights, ace.mask, text)) return;
  // NOLINTNEXTLINE(readability-qualified-auto): iterators are pointers here and not everywhere
  const auto whole = std::ranges::find(kSddlWholeMasks, ace.mask, &SddlWord::value);
  if (whole != kSddlWholeMasks.end()) {
    *text += whole->text;
  } else if (!append_words(kSddlRights, ace.mask, text)) {
    append_hex(ace.mask, text);
  }
}

void append_guid(const Guid& guid, std::string* text) {
  constexpr std::array<std::size_t, 16> kOrder{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *text += '-';
    const auto byte = std::to_integer<unsigned>(guid[kOrder[i]]);
    *text += "0123456789abcdef"[byte >> 4];
    *text += "0123456789abcdef"[byte & 0xF];
  }
}

// append_entry writes one entry, and says whether there are words for it.
bool append_entry(const Ace& ace, std::string* text) {
  // NOLINTNEXTLINE(readability-qualified-auto): as above
  auto type = std::ranges::find(kSddlTypes, ace.type, &SddlType::type);
  if (type == kSddlTypes.end()) return false;
  const bool has_guids = (ace.object_flags & (kAceHasObjectType | kAceHasInheritedObjectType)) != 0;
  if (!has_guids) type = std::ranges::find(kSddlTypes, type->without_guids, &SddlType::type);
  *text += '(';
  *text += type->text;
  *text += ';';
  append_words(kSddlAceFlags, ace.flags, text);
  *text += ';';
  append_mask(ace, text);
  *text += ';';
  if ((ace.object_flags & kAceHasObjectType) != 0) append_guid(ace.object_type, text);
  *text += ';';
  if ((ace.object_flags & kAceHasInheritedObjectType) != 0) append_guid(ace.inherited_object_type, text);
  *text += ';';
  append_sid(ace.sid, text);
  *text += ')';
  return true;
}

struct ListBits {
  std::uint16_t is_protected;
  std::uint16_t auto_inherit_required;
  std::uint16_t auto_inherited;
};
constexpr ListBits kDaclBits{kDaclProtected, kDaclAutoInheritRequired, kDaclAutoInherited};
constexpr ListBits kSaclBits{kSaclProtected, kSaclAutoInheritRequired, kSaclAutoInherited};

bool append_list(const std::optional<Acl>& acl, std::uint16_t control, const ListBits& bits, std::string* text) {
  if ((control & bits.is_protected) != 0) *text += 'P';
  if ((control & bits.auto_inherit_required) != 0) *text += "AR";
  if ((control & bits.auto_inherited) != 0) *text += "AI";
  if (!acl) {
    *text += kSddlNullList;
    return true;
  }
  return std::ranges::all_of(acl->entries, [text](const Ace& ace) { return append_entry(ace, text); });
}

}  // namespace

Result<std::string> sddl_format(const SecurityDescriptor& descriptor, std::uint32_t information) {
  const SecurityDescriptor selected = select_parts(descriptor, information);
  std::string text;
  if (selected.owner) {
    text += "O:";
    append_sid(*selected.owner, &text);
  }
  if (selected.group) {
    text += "G:";
    append_sid(*selected.group, &text);
  }
  bool has_words = true;
  if (selected.has_dacl()) {
    text += "D:";
    has_words = append_list(selected.dacl, selected.control, kDaclBits, &text);
  }
  if (selected.has_sacl()) {
    text += "S:";
    has_words = has_words && append_list(selected.sacl, selected.control, kSaclBits, &text);
  }
  if (!has_words) return PIPES_ERROR_INVALID_ACL;
  return text;
}

}  // namespace pipes
