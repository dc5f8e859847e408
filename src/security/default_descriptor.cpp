#include "security/default_descriptor.h"

#include <algorithm>
#include <utility>

#include "security/prepare.h"
#include "security/well_known_sids.h"

namespace pipes {
namespace {

Ace allow(const Sid& sid, std::uint32_t mask) {
  Ace ace;
  ace.type = kAceAllow;
  ace.mask = mask;
  ace.sid = sid;
  return ace;
}

Ace deny(const Sid& sid, std::uint32_t mask) {
  Ace ace = allow(sid, mask);
  ace.type = kAceDeny;
  return ace;
}

// default_dacl returns the DACL of SEC-1, in its order, for a pipe of `owner`.
Acl default_dacl(const Sid& owner) {
  Acl dacl;
  dacl.entries = {allow(kSystem, PIPES_FILE_ALL_ACCESS), allow(kAdministrators, PIPES_FILE_ALL_ACCESS),
                  allow(owner, PIPES_FILE_ALL_ACCESS), allow(kEveryone, PIPES_FILE_GENERIC_READ),
                  allow(kAnonymous, PIPES_FILE_GENERIC_READ)};
  return dacl;
}

bool has_more_than_label(const SecurityDescriptor& descriptor) {
  return descriptor.sacl &&
         std::ranges::any_of(descriptor.sacl->entries, [](const Ace& ace) { return ace.type != kAceMandatoryLabel; });
}

}  // namespace

SecurityDescriptor default_descriptor(const Token& creator) {
  SecurityDescriptor descriptor;
  descriptor.owner = creator.user();
  descriptor.group = creator.primary_group();
  descriptor.set_dacl(default_dacl(creator.user()));
  return descriptor;
}

Result<SecurityDescriptor> prepare_descriptor(const Token& creator, const SecurityDescriptor* supplied) {
  if (supplied == nullptr) return default_descriptor(creator);
  SecurityDescriptor prepared = *supplied;
  prepared.control &= kDaclPresent | kSaclPresent | kKeptControlBits;
  if (!prepared.owner) prepared.owner = creator.user();
  if (!prepared.group) prepared.group = creator.primary_group();
  if (!creator.may_own(*prepared.owner)) return PIPES_ERROR_INVALID_OWNER;
  if (has_more_than_label(prepared) && !creator.has_privilege(kSecurityPrivilege)) {
    return PIPES_ERROR_PRIVILEGE_NOT_HELD;
  }
  if (!prepared.has_dacl()) prepared.set_dacl(default_dacl(*prepared.owner));
  if (prepared.dacl) prepare_entries(*prepared.owner, *prepared.group, &*prepared.dacl);
  if (prepared.sacl) prepare_entries(*prepared.owner, *prepared.group, &*prepared.sacl);
  if (const Status failed = check_size(prepared); failed != PIPES_OK) return failed;
  return prepared;
}

SecurityDescriptor preset_descriptor(const Token& owner, Preset preset) {
  Acl dacl;
  if (preset == Preset::kThisMachine) dacl.entries.push_back(deny(kNetwork, PIPES_FILE_ALL_ACCESS));
  dacl.entries.push_back(allow(owner.user(), PIPES_FILE_ALL_ACCESS));
  if (preset == Preset::kOwnerAndGroup) dacl.entries.push_back(allow(owner.primary_group(), kClientReadWrite));
  if (preset == Preset::kThisMachine) dacl.entries.push_back(allow(kEveryone, kClientReadWrite));

  SecurityDescriptor descriptor;
  descriptor.owner = owner.user();
  descriptor.group = owner.primary_group();
  descriptor.control = kDaclProtected;
  descriptor.set_dacl(std::move(dacl));
  return descriptor;
}

}  // namespace pipes
