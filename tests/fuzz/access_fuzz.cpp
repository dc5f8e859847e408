// A token and a descriptor made of any bytes, and the access check compared with one that is plainly right: it asks for
// each right by itself which entry of the list is the first to say something about it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fuzz_input.h"
#include "security/access_check.h"
#include "security/well_known_sids.h"

namespace {

using namespace pipes;
using pipes::fuzz::check;
using pipes::fuzz::FuzzInput;

// Few enough for tokens and entries to meet.
Sid some_sid(FuzzInput& input) {
  const auto choice = input.next<std::uint8_t>();
  return choice % 8 == 7 ? kOwnerRights : sid_of_gid(choice % 8);
}

struct Member {
  Sid sid;
  bool allows;
  bool denies;
};

struct Caller {
  std::vector<Member> members;
  std::uint32_t privileges = 0;

  [[nodiscard]] bool is_allowed_as(const Sid& sid) const {
    return std::ranges::any_of(members, [&](const Member& member) { return member.allows && member.sid == sid; });
  }
  [[nodiscard]] bool is_denied_as(const Sid& sid) const {
    return std::ranges::any_of(members, [&](const Member& member) { return member.denies && member.sid == sid; });
  }
};

enum class Says { kNothing, kYes, kNo };

Says says(const Ace& ace, const Caller& caller, const Sid& owner) {
  if ((ace.flags & 8) != 0) return Says::kNothing;
  const Sid sid = ace.sid == kOwnerRights ? owner : ace.sid;
  const bool is_allow = ace.type == 0 || (ace.type == 5 && (ace.object_flags & 1) == 0);
  const bool is_deny = ace.type == 1 || ace.type == 6 || ace.type == 10 || ace.type == 12;
  if (is_allow && caller.is_allowed_as(sid)) return Says::kYes;
  if (is_deny && caller.is_denied_as(sid)) return Says::kNo;
  return Says::kNothing;
}

// Whether `caller` has the single right `bit` by the list.
bool has_right(const SecurityDescriptor& descriptor, const Caller& caller, std::uint32_t bit) {
  const auto& entries = descriptor.dacl->entries;
  const bool has_owner_rights =
      std::ranges::any_of(entries, [](const Ace& ace) { return (ace.flags & 8) == 0 && ace.sid == kOwnerRights; });
  const bool is_owner = caller.is_allowed_as(*descriptor.owner);
  if (is_owner && !has_owner_rights && (bit & (PIPES_READ_CONTROL | PIPES_WRITE_DAC)) != 0) return true;
  for (const Ace& ace : entries) {
    if ((ace.mask & bit) == 0) continue;
    const Says said = says(ace, caller, *descriptor.owner);
    if (said != Says::kNothing) return said == Says::kYes;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzInput input(data, size);
  Caller caller;
  const Sid user = some_sid(input);
  caller.members.push_back({user, true, true});
  caller.privileges = input.next<std::uint8_t>() & kAllPrivileges;
  std::vector<TokenGroup> groups;
  for (int left = input.next<std::uint8_t>() % 4; left > 0; --left) {
    const Sid sid = some_sid(input);
    const std::uint32_t attributes = input.next<std::uint8_t>() & (PIPES_GROUP_ENABLED | PIPES_GROUP_DENY_ONLY);
    groups.push_back({sid, attributes});
    caller.members.push_back({sid, attributes == PIPES_GROUP_ENABLED, attributes != 0});
  }
  const auto desired = static_cast<std::uint32_t>(input.next<std::uint32_t>() & 0x031F01FFu);
  SecurityDescriptor descriptor;
  descriptor.owner = some_sid(input);
  Acl dacl;
  while (!input.empty() && dacl.entries.size() < 16) {
    Ace ace;
    ace.type = input.next<std::uint8_t>() % 16;
    ace.flags = input.next<std::uint8_t>();
    ace.object_flags = layout_of(ace.type) == AceLayout::kObject ? ace.flags >> 6 : 0;
    ace.sid = some_sid(input);
    ace.mask = input.next<std::uint32_t>() & 0x001F01FFu;
    dacl.entries.push_back(ace);
  }
  descriptor.set_dacl(dacl);

  AccessTrace trace;
  const Token token(user, Sid{}, groups, caller.privileges);
  const Result<GrantedAccess> granted = check_access(token, descriptor, desired, &trace);

  std::uint32_t expected = 0;
  std::uint32_t missing = 0;
  for (std::uint32_t bit = 1; bit <= PIPES_SYNCHRONIZE; bit <<= 1) {
    const bool by_privilege = bit == PIPES_WRITE_OWNER && (caller.privileges & kTakeOwnershipPrivilege) != 0;
    const bool is_wanted = (desired & bit) != 0;
    const bool has = has_right(descriptor, caller, bit) || (is_wanted && by_privilege);
    if (is_wanted && !has) missing |= bit;
    if (has && (is_wanted || (desired & PIPES_MAXIMUM_ALLOWED) != 0)) expected |= bit;
  }
  const bool wants_audits = (desired & PIPES_ACCESS_SYSTEM_SECURITY) != 0;
  if (wants_audits && (caller.privileges & kSecurityPrivilege) == 0) {
    check(granted.status() == PIPES_ERROR_PRIVILEGE_NOT_HELD);
    return 0;
  }
  if (wants_audits) expected |= PIPES_ACCESS_SYSTEM_SECURITY;
  if (missing != 0 || (expected == 0 && desired != 0)) {
    check(granted.status() == PIPES_ERROR_ACCESS_DENIED && trace.granted == 0);
    check(missing == 0 || (trace.mask & ~missing) == 0);
    return 0;
  }
  check(granted && granted->mask == expected && trace.granted == expected);
  check(trace.entry == kNoEntry || trace.entry < dacl.entries.size());
  return 0;
}
