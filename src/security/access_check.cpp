#include "security/access_check.h"

#include <algorithm>

#include "security/well_known_sids.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

constexpr std::uint32_t kOwnerImplicitRights = PIPES_READ_CONTROL | PIPES_WRITE_DAC;
constexpr std::uint64_t kLabelAuthority = 16;
constexpr std::uint32_t kMediumLevel = 8192;
constexpr std::uint32_t kNoWriteUp = 1;
constexpr std::uint32_t kNoReadUp = 2;
constexpr std::uint32_t kNoExecuteUp = 4;

enum class Effect { kNone, kAllow, kDeny };

// effect_of tells what an entry of the DACL does if its SID matches. An entry whose condition or object would have to
// be looked at denies, but never allows (ACC-14); types that are not known do neither (SD-10).
Effect effect_of(const Ace& ace) {
  if (ace.is_inherit_only() && !PIPES_MISTAKE("inherit-only-counts")) return Effect::kNone;  // ACC-7
  const bool names_object = (ace.object_flags & kAceHasObjectType) != 0;
  switch (ace.type) {
    case kAceAllow:
      return Effect::kAllow;
    case kAceAllowObject:
      return names_object ? Effect::kNone : Effect::kAllow;
    case kAceAllowCallback:
    case kAceAllowCallbackObject:
      return PIPES_MISTAKE("condition-allows") ? Effect::kAllow : Effect::kNone;
    case kAceDeny:
    case kAceDenyObject:
    case kAceDenyCallback:
    case kAceDenyCallbackObject:
      return Effect::kDeny;
    default:
      return Effect::kNone;
  }
}

// Whether the DACL says itself what the owner may do (ACC-9).
bool has_owner_rights(const Acl& dacl) {
  return std::ranges::any_of(dacl.entries,
                             [](const Ace& ace) { return !ace.is_inherit_only() && ace.sid == kOwnerRights; });
}

// rights_by_label returns the rights that the mandatory label leaves to a caller of medium integrity (ACC-15).
std::uint32_t rights_by_label(const SecurityDescriptor& descriptor) {
  constexpr std::uint32_t kAll = 0xFFFFFFFF;
  if (!descriptor.sacl) return kAll;
  const auto& entries = descriptor.sacl->entries;
  const auto label = std::ranges::find_if(
      entries, [](const Ace& ace) { return ace.type == kAceMandatoryLabel && !ace.is_inherit_only(); });
  if (label == entries.end()) return kAll;
  const std::span<const std::uint32_t> level = label->sid.sub_authorities();
  if (label->sid.authority() != kLabelAuthority || level.size() != 1 || level[0] <= kMediumLevel) return kAll;

  std::uint32_t left = 0;
  if ((label->mask & kNoReadUp) == 0) left |= PIPES_FILE_GENERIC_READ;
  if ((label->mask & kNoExecuteUp) == 0) left |= PIPES_FILE_GENERIC_EXECUTE;
  return (label->mask & kNoWriteUp) == 0 ? kAll : left;
}

// Outcome is how a check ended.
struct Outcome {
  Status status = PIPES_OK;
  std::uint32_t granted = 0;
  AccessReason reason = AccessReason::kNothingWanted;
  std::uint32_t mask = 0;
  std::uint32_t entry = kNoEntry;
};

Outcome grant(std::uint32_t granted, AccessReason reason, std::uint32_t mask, std::uint32_t entry = kNoEntry) {
  return {PIPES_OK, granted, reason, mask, entry};
}

Outcome deny(AccessReason reason, std::uint32_t mask, std::uint32_t entry = kNoEntry) {
  return {PIPES_ERROR_ACCESS_DENIED, 0, reason, mask, entry};
}

// walk reads the DACL until `wanted` is decided, or to its end for the maximum. Whatever an entry says counts for the
// rights that no entry before it has decided (ACC-4, ACC-5, ACC-11). `asked` is what is granted besides.
Outcome walk(const Token& token, const SecurityDescriptor& descriptor, std::uint32_t asked, std::uint32_t wanted,
             bool wants_maximum, std::uint32_t by_label) {
  std::uint32_t allowed = 0;
  std::uint32_t denied = 0;
  const bool is_owner = descriptor.owner && token.is_allowed_as(*descriptor.owner);
  if (is_owner && !has_owner_rights(*descriptor.dacl)) allowed = kOwnerImplicitRights & by_label;
  if (!wants_maximum && (wanted & ~allowed) == 0) return grant(asked, AccessReason::kOwner, wanted);

  for (std::uint32_t i = 0; i < descriptor.dacl->entries.size(); ++i) {
    const Ace& ace = descriptor.dacl->entries[i];
    const Effect effect = effect_of(ace);
    const std::uint32_t decided = ace.mask & by_label & ~allowed & ~denied;
    if (effect == Effect::kNone || decided == 0) continue;
    const Sid& sid = ace.sid == kOwnerRights && descriptor.owner ? *descriptor.owner : ace.sid;

    if (effect == Effect::kAllow && token.is_allowed_as(sid)) {
      const std::uint32_t last = wanted & decided;
      allowed |= decided;
      if (!wants_maximum && (wanted & ~allowed) == 0) return grant(asked, AccessReason::kEntry, last, i);
    } else if (effect == Effect::kDeny && token.is_denied_as(sid)) {
      denied |= decided;
      if (PIPES_BREACH("deny-ignored", (wanted & decided) != 0)) return deny(AccessReason::kEntry, wanted & decided, i);
    }
  }
  const std::uint32_t missing = wanted & ~allowed;
  if (PIPES_BREACH("partly-allowed", missing != 0)) return deny(AccessReason::kEndOfList, missing);
  allowed &= ~(PIPES_ACCESS_SYSTEM_SECURITY | PIPES_MAXIMUM_ALLOWED);  // No list can grant these.
  if ((asked | allowed) == 0) return deny(AccessReason::kEndOfList, PIPES_MAXIMUM_ALLOWED);
  return grant(asked | allowed, AccessReason::kEndOfList, allowed);
}

Outcome decide(const Token& token, const SecurityDescriptor& descriptor, std::uint32_t desired) {
  if (desired == 0) return {};  // ACC-18
  const bool wants_maximum = (desired & PIPES_MAXIMUM_ALLOWED) != 0;
  const std::uint32_t asked = desired & ~PIPES_MAXIMUM_ALLOWED;

  std::uint32_t by_privilege = asked & PIPES_ACCESS_SYSTEM_SECURITY;
  if (by_privilege != 0 && !token.has_privilege(kSecurityPrivilege)) {
    return {PIPES_ERROR_PRIVILEGE_NOT_HELD, 0, AccessReason::kPrivilege, by_privilege, kNoEntry};
  }
  const std::uint32_t by_label = rights_by_label(descriptor);
  const std::uint32_t above_label = asked & ~by_privilege & ~by_label;
  if (above_label != 0) return deny(AccessReason::kLabel, above_label);
  if (token.has_privilege(kTakeOwnershipPrivilege)) by_privilege |= asked & PIPES_WRITE_OWNER;
  const std::uint32_t wanted = asked & ~by_privilege;
  if (wanted == 0 && !wants_maximum) return grant(asked, AccessReason::kPrivilege, by_privilege);

  if (descriptor.dacl) return walk(token, descriptor, asked, wanted, wants_maximum, by_label);
  const std::uint32_t maximum = wants_maximum ? PIPES_FILE_ALL_ACCESS & by_label : 0;
  if ((asked | maximum) == 0) return deny(AccessReason::kLabel, PIPES_MAXIMUM_ALLOWED);
  return grant(asked | maximum, AccessReason::kNullDacl, wanted | maximum);  // ACC-3
}

}  // namespace

Result<GrantedAccess> check_access(const Token& token, const SecurityDescriptor& descriptor, std::uint32_t desired,
                                   AccessTrace* trace) {
  Expects((desired & kGenericBits) == 0);
  const Outcome outcome = decide(token, descriptor, desired);
  if (trace != nullptr) *trace = {desired, outcome.granted, outcome.reason, outcome.entry, outcome.mask};
  if (outcome.status != PIPES_OK) return outcome.status;
  return GrantedAccess{outcome.granted};
}

}  // namespace pipes
