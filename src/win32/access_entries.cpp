// <aclapi.h>: lists made from descriptions of entries, and described again.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "pipes/compat/aclapi.h"
#include "security/acl.h"
#include "win32/acls.h"
#include "win32/last_error.h"
#include "win32/local_memory.h"
#include "win32/sids.h"
#include "win32/text.h"
#include "win32/tokens.h"

namespace pipes::win32 {
namespace {

// The name by which a description means whoever calls.
constexpr std::string_view kCurrentUser = "CURRENT_USER";

// Wish is a description that was understood.
struct Wish {
  ACCESS_MODE mode = NOT_USED_ACCESS;
  DWORD mask = 0;
  BYTE flags = 0;
  Sid sid;
};

// ------------------------------------------------------------------------------------------------- reading descriptions

template <class Char>
Result<Sid> trustee_of(TRUSTEE_FORM form, const Char* name_or_sid) {
  if (form == TRUSTEE_IS_SID) return sid_of(name_or_sid);
  if (form != TRUSTEE_IS_NAME || name_or_sid == nullptr) return ERROR_INVALID_PARAMETER;
  const std::string name = text_of<char>(view_of(name_or_sid, -1));
  if (name == kCurrentUser) return current_token().user();
  const Result<Account> account = account_of(name);
  return account ? account->sid : Result<Sid>(account.status());
}

template <class Description>
Result<Wish> wish_of(const Description& description) {
  const auto& trustee = description.Trustee;
  const bool is_mode = description.grfAccessMode > NOT_USED_ACCESS && description.grfAccessMode <= SET_AUDIT_FAILURE;
  if (!is_mode || trustee.MultipleTrusteeOperation != NO_MULTIPLE_TRUSTEE || trustee.pMultipleTrustee != nullptr ||
      (description.grfInheritance & ~DWORD{VALID_INHERIT_FLAGS}) != 0) {
    return ERROR_INVALID_PARAMETER;
  }
  const Result<Sid> sid = trustee_of(trustee.TrusteeForm, trustee.ptstrName);
  if (!sid) return sid.status();
  return Wish{description.grfAccessMode, description.grfAccessPermissions,
              static_cast<BYTE>(description.grfInheritance), *sid};
}

// ------------------------------------------------------------------------------------------------------ fulfilling them

bool allows(const Ace& entry) {
  return entry.type == kAceAllow || entry.type == kAceAllowObject || entry.type == kAceAllowCallback ||
         entry.type == kAceAllowCallbackObject;
}
bool denies(const Ace& entry) {
  return entry.type == kAceDeny || entry.type == kAceDenyObject || entry.type == kAceDenyCallback ||
         entry.type == kAceDenyCallbackObject;
}
bool audits(const Ace& entry) {
  return entry.type == kAceAudit || entry.type == kAceAuditObject || entry.type == kAceAuditCallback ||
         entry.type == kAceAuditCallbackObject;
}

Ace entry_of(const Wish& wish) {
  Ace entry;
  entry.mask = wish.mask;
  entry.flags = wish.flags;
  entry.sid = wish.sid;
  switch (wish.mode) {
    case DENY_ACCESS:
      entry.type = kAceDeny;
      break;
    case SET_AUDIT_SUCCESS:
      entry.type = kAceAudit;
      entry.flags |= kAceAuditSuccess;
      break;
    case SET_AUDIT_FAILURE:
      entry.type = kAceAudit;
      entry.flags |= kAceAuditFailure;
      break;
    default:
      entry.type = kAceAllow;
  }
  return entry;
}

// ListInWork is the old list, and what is new before it is put in.
class ListInWork {
 public:
  explicit ListInWork(Acl old) : old_(std::move(old)) {}

  void fulfil(const Wish& wish) {
    if (wish.mode == SET_ACCESS) {
      remove([&](const Ace& each) { return each.sid == wish.sid && (allows(each) || denies(each)); });
    } else if (wish.mode == REVOKE_ACCESS) {
      remove([&](const Ace& each) { return each.sid == wish.sid && (allows(each) || audits(each)); });
      return;
    }
    Ace entry = entry_of(wish);
    // Rights that the same kind of entry held already come along with the new ones.
    remove([&](const Ace& each) {
      const bool is_same = each.type == entry.type && each.flags == entry.flags && each.sid == entry.sid;
      if (is_same) entry.mask |= each.mask;
      return is_same;
    });
    (denies(entry) ? denying_ : allows(entry) ? allowing_ : auditing_).push_back(std::move(entry));
  }

  // What denies comes first, what allows before the first that did.
  [[nodiscard]] Acl finished() const {
    const auto& entries = old_.entries;
    const auto place = std::ranges::find_if(
        entries, [](const Ace& each) { return allows(each) || (each.flags & kAceInherited) != 0; });
    Acl list{old_.revision, auditing_};
    const auto append = [&](auto first, auto last) { list.entries.insert(list.entries.end(), first, last); };
    append(denying_.begin(), denying_.end());
    append(entries.begin(), place);
    append(allowing_.begin(), allowing_.end());
    append(place, entries.end());
    return list;
  }

 private:
  template <class Which>
  void remove(Which which) {
    for (std::vector<Ace>* entries : {&old_.entries, &auditing_, &denying_, &allowing_}) {
      std::erase_if(*entries, which);
    }
  }

  Acl old_;
  std::vector<Ace> auditing_;
  std::vector<Ace> denying_;
  std::vector<Ace> allowing_;
};

template <class Description>
DWORD set_entries(ULONG count, const Description* descriptions, PACL old, PACL* list) {
  if (list == nullptr || (count != 0 && descriptions == nullptr)) return ERROR_INVALID_PARAMETER;
  if (count == 0 && old == nullptr) {
    *list = nullptr;
    return ERROR_SUCCESS;
  }
  const Result<Acl> before = old == nullptr ? Result<Acl>(Acl{}) : acl_of(old);
  if (!before) return before.status();
  ListInWork work(*before);
  for (const Description& description : std::span(descriptions, count)) {
    const Result<Wish> wish = wish_of(description);
    if (!wish) return wish.status();
    work.fulfil(*wish);
  }
  const Acl after = work.finished();
  if (after.size_bytes() > kAclBytesMax) return ERROR_INVALID_ACL;
  std::vector<std::byte> bytes;
  append_acl(after, &bytes);
  *list = static_cast<PACL>(new_block(bytes));
  return *list != nullptr ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

// ------------------------------------------------------------------------------------------------- describing a list

ACCESS_MODE mode_of(const Ace& entry) {
  if (denies(entry)) return DENY_ACCESS;
  if (allows(entry)) return GRANT_ACCESS;
  return (entry.flags & kAceAuditSuccess) != 0 ? SET_AUDIT_SUCCESS : SET_AUDIT_FAILURE;
}

// The descriptions and, behind them, the SIDs that they point to.
template <class Description>
DWORD describe(PACL acl, PULONG count, Description** descriptions) {
  if (count == nullptr || descriptions == nullptr) return ERROR_INVALID_PARAMETER;
  Result<Acl> list = acl_of(acl);
  if (!list) return list.status();
  auto& entries = list->entries;
  std::erase_if(entries, [](const Ace& each) {
    return (each.flags & kAceInherited) != 0 || !(allows(each) || denies(each) || audits(each));
  });
  *count = static_cast<ULONG>(entries.size());
  *descriptions = nullptr;
  if (entries.empty()) return ERROR_SUCCESS;
  std::size_t size = entries.size() * sizeof(Description);
  for (const Ace& entry : entries) size += entry.sid.size_bytes();
  auto* const block = static_cast<std::byte*>(LocalAlloc(LPTR, size));
  if (block == nullptr) return ERROR_NOT_ENOUGH_MEMORY;
  auto* const described = reinterpret_cast<Description*>(block);
  std::byte* sid = block + entries.size() * sizeof(Description);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Ace& entry = entries[i];
    described[i].grfAccessPermissions = entry.mask;
    described[i].grfAccessMode = mode_of(entry);
    described[i].grfInheritance = entry.flags & DWORD{VALID_INHERIT_FLAGS};
    described[i].Trustee.TrusteeForm = TRUSTEE_IS_SID;
    described[i].Trustee.ptstrName = reinterpret_cast<decltype(described[i].Trustee.ptstrName)>(sid);
    copy_sid(entry.sid, sid);
    sid += entry.sid.size_bytes();
  }
  *descriptions = described;
  return ERROR_SUCCESS;
}

template <class Trustee, class Text>
void build_trustee(Trustee* trustee, TRUSTEE_FORM form, Text name_or_sid) {
  *trustee = {};
  trustee->TrusteeForm = form;
  trustee->TrusteeType = TRUSTEE_IS_UNKNOWN;
  trustee->ptstrName = name_or_sid;
}

template <class Description, class Text>
void build_access(Description* description, Text name, DWORD permissions, ACCESS_MODE mode, DWORD inheritance) {
  description->grfAccessPermissions = permissions;
  description->grfAccessMode = mode;
  description->grfInheritance = inheritance;
  build_trustee(&description->Trustee, TRUSTEE_IS_NAME, name);
}

}  // namespace
}  // namespace pipes::win32

using namespace pipes::win32;

DWORD SetEntriesInAclA(ULONG cCountOfExplicitEntries, PEXPLICIT_ACCESS_A pListOfExplicitEntries, PACL OldAcl,
                       PACL* NewAcl) {
  return returned_error([&] { return set_entries(cCountOfExplicitEntries, pListOfExplicitEntries, OldAcl, NewAcl); });
}

DWORD SetEntriesInAclW(ULONG cCountOfExplicitEntries, PEXPLICIT_ACCESS_W pListOfExplicitEntries, PACL OldAcl,
                       PACL* NewAcl) {
  return returned_error([&] { return set_entries(cCountOfExplicitEntries, pListOfExplicitEntries, OldAcl, NewAcl); });
}

DWORD GetExplicitEntriesFromAclA(PACL pacl, PULONG pcCountOfExplicitEntries,
                                 PEXPLICIT_ACCESS_A* pListOfExplicitEntries) {
  return returned_error([&] { return describe(pacl, pcCountOfExplicitEntries, pListOfExplicitEntries); });
}

DWORD GetExplicitEntriesFromAclW(PACL pacl, PULONG pcCountOfExplicitEntries,
                                 PEXPLICIT_ACCESS_W* pListOfExplicitEntries) {
  return returned_error([&] { return describe(pacl, pcCountOfExplicitEntries, pListOfExplicitEntries); });
}

VOID BuildExplicitAccessWithNameA(PEXPLICIT_ACCESS_A pExplicitAccess, LPSTR pTrusteeName, DWORD AccessPermissions,
                                  ACCESS_MODE AccessMode, DWORD Inheritance) {
  build_access(pExplicitAccess, pTrusteeName, AccessPermissions, AccessMode, Inheritance);
}

VOID BuildExplicitAccessWithNameW(PEXPLICIT_ACCESS_W pExplicitAccess, LPWSTR pTrusteeName, DWORD AccessPermissions,
                                  ACCESS_MODE AccessMode, DWORD Inheritance) {
  build_access(pExplicitAccess, pTrusteeName, AccessPermissions, AccessMode, Inheritance);
}

VOID BuildTrusteeWithNameA(PTRUSTEE_A pTrustee, LPSTR pName) { build_trustee(pTrustee, TRUSTEE_IS_NAME, pName); }

VOID BuildTrusteeWithNameW(PTRUSTEE_W pTrustee, LPWSTR pName) { build_trustee(pTrustee, TRUSTEE_IS_NAME, pName); }

VOID BuildTrusteeWithSidA(PTRUSTEE_A pTrustee, PSID pSid) {
  build_trustee(pTrustee, TRUSTEE_IS_SID, static_cast<LPSTR>(pSid));
}

VOID BuildTrusteeWithSidW(PTRUSTEE_W pTrustee, PSID pSid) {
  build_trustee(pTrustee, TRUSTEE_IS_SID, static_cast<LPWSTR>(pSid));
}
