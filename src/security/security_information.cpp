#include "security/security_information.h"

#include <algorithm>

#include "security/prepare.h"

namespace pipes {
namespace {

// Parts that lie in the SACL.
constexpr std::uint32_t kSaclParts = PIPES_SACL_SECURITY_INFORMATION | PIPES_LABEL_SECURITY_INFORMATION |
                                     PIPES_ATTRIBUTE_SECURITY_INFORMATION | PIPES_SCOPE_SECURITY_INFORMATION;

constexpr std::uint32_t kAllParts =
    PIPES_OWNER_SECURITY_INFORMATION | PIPES_GROUP_SECURITY_INFORMATION | PIPES_DACL_SECURITY_INFORMATION | kSaclParts;

// expand replaces BACKUP by all that it stands for, which is at most `parts`.
constexpr std::uint32_t expand(std::uint32_t information, std::uint32_t parts = kAllParts) {
  return (information & PIPES_BACKUP_SECURITY_INFORMATION) != 0 ? information | parts : information;
}

// parts_of tells which parts `descriptor` has.
std::uint32_t parts_of(const SecurityDescriptor& descriptor) {
  std::uint32_t parts = 0;
  if (descriptor.owner) parts |= PIPES_OWNER_SECURITY_INFORMATION;
  if (descriptor.group) parts |= PIPES_GROUP_SECURITY_INFORMATION;
  if (descriptor.has_dacl()) parts |= PIPES_DACL_SECURITY_INFORMATION;
  if (descriptor.has_sacl()) parts |= kSaclParts;
  return parts;
}

// part_of returns the bit that names entries of this type in a SACL.
std::uint32_t part_of(std::uint8_t ace_type) {
  switch (ace_type) {
    case kAceMandatoryLabel:
      return PIPES_LABEL_SECURITY_INFORMATION;
    case kAceResourceAttribute:
      return PIPES_ATTRIBUTE_SECURITY_INFORMATION;
    case kAceScopedPolicy:
      return PIPES_SCOPE_SECURITY_INFORMATION;
    default:
      return PIPES_SACL_SECURITY_INFORMATION;
  }
}

void append_parts(const std::optional<Acl>& from, std::uint32_t information, Acl* to) {
  if (!from) return;
  to->revision = std::max(to->revision, from->revision);
  std::ranges::copy_if(from->entries, std::back_inserter(to->entries),
                       [=](const Ace& ace) { return (part_of(ace.type) & information) != 0; });
}

void copy_bits(std::uint16_t from, std::uint16_t bits, std::uint16_t* to) {
  *to = static_cast<std::uint16_t>((*to & ~bits) | (from & bits));
}

// protect sets or clears `bit` as `information` says, if it does.
void protect(std::uint32_t information, std::uint32_t on, std::uint32_t off, std::uint16_t bit,
             std::uint16_t* control) {
  if ((information & on) != 0) *control = static_cast<std::uint16_t>(*control | bit);
  if ((information & off) != 0) *control = static_cast<std::uint16_t>(*control & ~bit);
}

// merge_sacl takes the kinds of entries that `information` names from `replacement` and keeps the others.
void merge_sacl(const SecurityDescriptor& replacement, std::uint32_t information, SecurityDescriptor* merged) {
  const bool replaces_audits = (information & PIPES_SACL_SECURITY_INFORMATION) != 0;
  if (replaces_audits) copy_bits(replacement.control, kKeptSaclBits, &merged->control);
  const std::optional<Acl> before = std::move(merged->sacl);
  Acl sacl;
  append_parts(before, ~information & kSaclParts, &sacl);
  append_parts(replacement.sacl, information & kSaclParts, &sacl);
  const bool is_null = sacl.entries.empty() && !before && !replacement.sacl;
  merged->set_sacl(is_null ? std::nullopt : std::optional<Acl>(std::move(sacl)));
}

}  // namespace

std::uint32_t rights_to_get(std::uint32_t information) {
  information = expand(information);
  std::uint32_t rights = 0;
  if ((information & ~PIPES_SACL_SECURITY_INFORMATION) != 0) rights |= PIPES_READ_CONTROL;
  if ((information & PIPES_SACL_SECURITY_INFORMATION) != 0) rights |= PIPES_ACCESS_SYSTEM_SECURITY;
  return rights;
}

std::uint32_t rights_to_set(std::uint32_t information) {
  constexpr std::uint32_t kByWriteDac = PIPES_DACL_SECURITY_INFORMATION | PIPES_ATTRIBUTE_SECURITY_INFORMATION |
                                        PIPES_PROTECTED_DACL_SECURITY_INFORMATION |
                                        PIPES_UNPROTECTED_DACL_SECURITY_INFORMATION;
  constexpr std::uint32_t kByWriteOwner =
      PIPES_OWNER_SECURITY_INFORMATION | PIPES_GROUP_SECURITY_INFORMATION | PIPES_LABEL_SECURITY_INFORMATION;
  constexpr std::uint32_t kByPrivilege = PIPES_SACL_SECURITY_INFORMATION | PIPES_SCOPE_SECURITY_INFORMATION |
                                         PIPES_PROTECTED_SACL_SECURITY_INFORMATION |
                                         PIPES_UNPROTECTED_SACL_SECURITY_INFORMATION;
  information = expand(information);
  std::uint32_t rights = 0;
  if ((information & kByWriteDac) != 0) rights |= PIPES_WRITE_DAC;
  if ((information & kByWriteOwner) != 0) rights |= PIPES_WRITE_OWNER;
  if ((information & kByPrivilege) != 0) rights |= PIPES_ACCESS_SYSTEM_SECURITY;
  return rights;
}

SecurityDescriptor select_parts(const SecurityDescriptor& descriptor, std::uint32_t information) {
  information = expand(information);
  SecurityDescriptor selected;
  if ((information & PIPES_OWNER_SECURITY_INFORMATION) != 0) {
    selected.owner = descriptor.owner;
    copy_bits(descriptor.control, kOwnerDefaulted, &selected.control);
  }
  if ((information & PIPES_GROUP_SECURITY_INFORMATION) != 0) {
    selected.group = descriptor.group;
    copy_bits(descriptor.control, kGroupDefaulted, &selected.control);
  }
  if ((information & PIPES_DACL_SECURITY_INFORMATION) != 0 && descriptor.has_dacl()) {
    constexpr std::uint16_t kBits = kKeptDaclBits | kDaclDefaulted | kDaclAutoInheritRequired;
    copy_bits(descriptor.control, kBits, &selected.control);
    selected.set_dacl(descriptor.dacl);
  }
  if ((information & kSaclParts) != 0 && descriptor.has_sacl()) {
    Acl sacl;
    append_parts(descriptor.sacl, information, &sacl);
    // A list without entries of the kinds that were named is as good as none, unless it was empty all along.
    const bool was_empty = !descriptor.sacl || descriptor.sacl->entries.empty();
    if (sacl.entries.empty() && !(was_empty && (information & PIPES_SACL_SECURITY_INFORMATION) != 0)) return selected;
    constexpr std::uint16_t kBits = kKeptSaclBits | kSaclDefaulted | kSaclAutoInheritRequired;
    copy_bits(descriptor.control, kBits, &selected.control);
    selected.set_sacl(descriptor.sacl ? std::optional<Acl>(std::move(sacl)) : std::nullopt);
  }
  return selected;
}

Result<SecurityDescriptor> merge_parts(const Token& token, const SecurityDescriptor& current,
                                       const SecurityDescriptor& replacement, std::uint32_t information) {
  constexpr std::uint32_t kBothOfDacl =
      PIPES_PROTECTED_DACL_SECURITY_INFORMATION | PIPES_UNPROTECTED_DACL_SECURITY_INFORMATION;
  constexpr std::uint32_t kBothOfSacl =
      PIPES_PROTECTED_SACL_SECURITY_INFORMATION | PIPES_UNPROTECTED_SACL_SECURITY_INFORMATION;
  if ((information & kBothOfDacl) == kBothOfDacl || (information & kBothOfSacl) == kBothOfSacl) {
    return PIPES_ERROR_INVALID_PARAMETER;
  }
  information = expand(information, parts_of(replacement));
  if ((information & kAllParts & ~parts_of(replacement)) != 0) return PIPES_ERROR_INVALID_SECURITY_DESCR;
  const bool takes_owner = (information & PIPES_OWNER_SECURITY_INFORMATION) != 0;
  const bool takes_group = (information & PIPES_GROUP_SECURITY_INFORMATION) != 0;
  const bool takes_dacl = (information & PIPES_DACL_SECURITY_INFORMATION) != 0;
  const bool takes_sacl = (information & kSaclParts) != 0;
  SecurityDescriptor merged = current;
  if (takes_owner) {
    if (!token.may_own(*replacement.owner)) return PIPES_ERROR_INVALID_OWNER;
    merged.owner = replacement.owner;
  }
  if (takes_group) merged.group = replacement.group;
  const Sid owner = merged.owner.value_or(Sid{});
  const Sid group = merged.group.value_or(Sid{});
  if (takes_dacl) {
    copy_bits(replacement.control, kKeptDaclBits, &merged.control);
    merged.set_dacl(replacement.dacl);
    if (merged.dacl) prepare_entries(owner, group, &*merged.dacl);
  }
  if (takes_sacl) {
    merge_sacl(replacement, information, &merged);
    if (merged.sacl) prepare_entries(owner, group, &*merged.sacl);
  }
  protect(information, PIPES_PROTECTED_DACL_SECURITY_INFORMATION, PIPES_UNPROTECTED_DACL_SECURITY_INFORMATION,
          kDaclProtected, &merged.control);
  protect(information, PIPES_PROTECTED_SACL_SECURITY_INFORMATION, PIPES_UNPROTECTED_SACL_SECURITY_INFORMATION,
          kSaclProtected, &merged.control);
  if (const Status failed = check_size(merged); failed != PIPES_OK) return failed;
  return merged;
}

}  // namespace pipes
