#include "win32/acls.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "win32/last_error.h"
#include "win32/sids.h"

namespace pipes::win32 {
namespace {

// A list may lie at an odd address within a self-relative descriptor, so its numbers are read by their bytes.
template <class T>
T load(const std::byte* from) {
  T value{};
  std::memcpy(&value, from, sizeof value);
  return value;
}

ACL header_of(const void* acl) { return load<ACL>(static_cast<const std::byte*>(acl)); }

bool is_known_revision(DWORD revision) { return revision >= MIN_ACL_REVISION && revision <= MAX_ACL_REVISION; }

// Where entry `index` begins, or the first free byte for the index behind the last; nothing if the list is not as long
// as it says.
std::optional<std::size_t> offset_of(const void* acl, DWORD index) {
  const ACL header = header_of(acl);
  const auto* const bytes = static_cast<const std::byte*>(acl);
  std::size_t offset = sizeof(ACL);
  for (DWORD i = 0; i < index; ++i) {
    if (header.AclSize - offset < sizeof(ACE_HEADER)) return std::nullopt;
    const auto entry = load<ACE_HEADER>(bytes + offset);
    if (entry.AceSize < sizeof(ACE_HEADER) || entry.AceSize > header.AclSize - offset) return std::nullopt;
    offset += entry.AceSize;
  }
  return offset;
}

std::optional<std::size_t> end_of(const void* acl) { return offset_of(acl, header_of(acl).AceCount); }

bool has_sound_header(const void* acl) {
  return acl != nullptr && is_known_revision(header_of(acl).AclRevision) && header_of(acl).AclSize >= sizeof(ACL);
}

// How many entries `bytes` are, one behind the other; nothing if they are not whole.
std::optional<DWORD> count_entries(std::span<const std::byte> bytes) {
  DWORD count = 0;
  for (; !bytes.empty(); ++count) {
    if (bytes.size() < sizeof(ACE_HEADER)) return std::nullopt;
    const std::size_t size = load<ACE_HEADER>(bytes.data()).AceSize;
    if (size < sizeof(ACE_HEADER) || size % sizeof(DWORD) != 0 || size > bytes.size()) return std::nullopt;
    bytes = bytes.subspan(size);
  }
  return count;
}

// insert makes room for `entries` before that of `index` and copies them. The list becomes of the newer revision.
Status insert(PACL acl, DWORD revision, DWORD index, DWORD count, std::span<const std::byte> entries) {
  const auto end = end_of(acl);
  const auto place = offset_of(acl, std::min(index, DWORD{acl->AceCount}));
  if (!end || !place) return ERROR_INVALID_ACL;
  if (entries.size() > acl->AclSize - *end || count > DWORD{MAXWORD} - acl->AceCount) {
    return ERROR_ALLOTTED_SPACE_EXCEEDED;
  }
  auto* const bytes = reinterpret_cast<std::byte*>(acl);
  std::memmove(bytes + *place + entries.size(), bytes + *place, *end - *place);
  if (!entries.empty()) std::memmove(bytes + *place, entries.data(), entries.size());
  acl->AceCount = static_cast<WORD>(acl->AceCount + count);
  acl->AclRevision = static_cast<BYTE>(std::max(DWORD{acl->AclRevision}, revision));
  return PIPES_OK;
}

// append_entry adds an entry of mask and SID behind the last.
Status append_entry(PACL acl, DWORD revision, BYTE type, DWORD flags, DWORD allowed_flags, DWORD mask, PSID sid) {
  if (!is_valid_sid(sid)) return ERROR_INVALID_SID;
  if (!has_sound_header(acl)) return ERROR_INVALID_ACL;
  if (!is_known_revision(revision)) return ERROR_REVISION_MISMATCH;
  if ((flags & ~allowed_flags) != 0) return ERROR_INVALID_PARAMETER;
  if (!is_valid_acl(acl)) return ERROR_INVALID_ACL;
  const auto identifier = bytes_of_sid(sid);
  ACCESS_ALLOWED_ACE head{};
  head.Header.AceType = type;
  head.Header.AceFlags = static_cast<BYTE>(flags);
  head.Header.AceSize = static_cast<WORD>(offsetof(ACCESS_ALLOWED_ACE, SidStart) + identifier.size());
  head.Mask = mask;
  std::byte entry[offsetof(ACCESS_ALLOWED_ACE, SidStart) + SECURITY_MAX_SID_SIZE];
  std::memcpy(entry, &head, offsetof(ACCESS_ALLOWED_ACE, SidStart));
  std::memcpy(entry + offsetof(ACCESS_ALLOWED_ACE, SidStart), identifier.data(), identifier.size());
  return insert(acl, revision, MAXDWORD, 1, std::span(entry, head.Header.AceSize));
}

DWORD audit_flags(BOOL success, BOOL failure) {
  return (success != FALSE ? DWORD{SUCCESSFUL_ACCESS_ACE_FLAG} : 0) | (failure != FALSE ? FAILED_ACCESS_ACE_FLAG : 0);
}

}  // namespace

bool is_valid_acl(const void* acl) {
  if (!has_sound_header(acl)) return false;
  try {
    return static_cast<bool>(acl_from_bytes(bytes_of_acl(acl)));
  } catch (const std::exception&) {
    return false;
  }
}

std::span<const std::byte> bytes_of_acl(const void* acl) {
  return {static_cast<const std::byte*>(acl), header_of(acl).AclSize};
}

Result<Acl> acl_of(const void* acl) {
  if (!has_sound_header(acl)) return ERROR_INVALID_ACL;
  Result<Acl> list = acl_from_bytes(bytes_of_acl(acl));
  return list ? std::move(list) : Result<Acl>(ERROR_INVALID_ACL);
}

}  // namespace pipes::win32

using namespace pipes::win32;

BOOL InitializeAcl(PACL pAcl, DWORD nAclLength, DWORD dwAclRevision) {
  if (nAclLength < sizeof(ACL)) return answer(ERROR_INSUFFICIENT_BUFFER);
  if (pAcl == nullptr || !is_known_revision(dwAclRevision) || nAclLength > MAXWORD) {
    return answer(ERROR_INVALID_PARAMETER);
  }
  constexpr DWORD kWholeWords = ~DWORD{sizeof(DWORD) - 1};
  *pAcl = {static_cast<BYTE>(dwAclRevision), 0, static_cast<WORD>(nAclLength & kWholeWords), 0, 0};
  return TRUE;
}

BOOL IsValidAcl(PACL pAcl) {
  if (is_valid_acl(pAcl)) return TRUE;
  return answer(pAcl == nullptr ? ERROR_INVALID_PARAMETER : ERROR_INVALID_ACL);
}

BOOL GetAclInformation(PACL pAcl, LPVOID pAclInformation, DWORD nAclInformationLength,
                       ACL_INFORMATION_CLASS dwAclInformationClass) {
  if (!has_sound_header(pAcl)) return answer(ERROR_INVALID_ACL);
  if (pAclInformation == nullptr) return answer(ERROR_INVALID_PARAMETER);
  const ACL header = header_of(pAcl);
  if (dwAclInformationClass == AclRevisionInformation) {
    const ACL_REVISION_INFORMATION told = {header.AclRevision};
    if (nAclInformationLength < sizeof told) return answer(ERROR_INSUFFICIENT_BUFFER);
    std::memcpy(pAclInformation, &told, sizeof told);
    return TRUE;
  }
  if (dwAclInformationClass != AclSizeInformation) return answer(ERROR_INVALID_PARAMETER);
  const auto end = end_of(pAcl);
  if (!end) return answer(ERROR_INVALID_ACL);
  const ACL_SIZE_INFORMATION told = {header.AceCount, static_cast<DWORD>(*end),
                                     static_cast<DWORD>(header.AclSize - *end)};
  if (nAclInformationLength < sizeof told) return answer(ERROR_INSUFFICIENT_BUFFER);
  std::memcpy(pAclInformation, &told, sizeof told);
  return TRUE;
}

BOOL GetAce(PACL pAcl, DWORD dwAceIndex, LPVOID* pAce) {
  if (!has_sound_header(pAcl) || pAce == nullptr) return answer(ERROR_INVALID_PARAMETER);
  if (dwAceIndex >= header_of(pAcl).AceCount) return answer(ERROR_INVALID_PARAMETER);
  // That there is one behind it, or the end, tells that it is whole.
  const auto next = offset_of(pAcl, dwAceIndex + 1);
  if (!next) return answer(ERROR_INVALID_ACL);
  *pAce = reinterpret_cast<std::byte*>(pAcl) + *offset_of(pAcl, dwAceIndex);
  return TRUE;
}

BOOL AddAce(PACL pAcl, DWORD dwAceRevision, DWORD dwStartingAceIndex, LPVOID pAceList, DWORD nAceListLength) {
  if (!is_valid_acl(pAcl) || pAceList == nullptr || !is_known_revision(dwAceRevision)) {
    return answer(ERROR_INVALID_PARAMETER);
  }
  const std::span entries(static_cast<const std::byte*>(pAceList), nAceListLength);
  const auto count = count_entries(entries);
  if (!count) return answer(ERROR_INVALID_PARAMETER);
  return answer(insert(pAcl, dwAceRevision, dwStartingAceIndex, *count, entries));
}

BOOL DeleteAce(PACL pAcl, DWORD dwAceIndex) {
  if (!is_valid_acl(pAcl) || dwAceIndex >= pAcl->AceCount) return answer(ERROR_INVALID_PARAMETER);
  auto* const bytes = reinterpret_cast<std::byte*>(pAcl);
  const std::size_t place = *offset_of(pAcl, dwAceIndex);
  const std::size_t next = *offset_of(pAcl, dwAceIndex + 1);
  const std::size_t end = *end_of(pAcl);
  std::memmove(bytes + place, bytes + next, end - next);
  std::memset(bytes + end - (next - place), 0, next - place);
  --pAcl->AceCount;
  return TRUE;
}

BOOL FindFirstFreeAce(PACL pAcl, LPVOID* pAce) {
  if (!has_sound_header(pAcl) || pAce == nullptr) return answer(ERROR_INVALID_PARAMETER);
  const auto end = end_of(pAcl);
  if (!end) return answer(ERROR_INVALID_ACL);
  // Null in a list that is full.
  *pAce = *end < header_of(pAcl).AclSize ? reinterpret_cast<std::byte*>(pAcl) + *end : nullptr;
  return TRUE;
}

BOOL AddAccessAllowedAce(PACL pAcl, DWORD dwAceRevision, DWORD AccessMask, PSID pSid) {
  return AddAccessAllowedAceEx(pAcl, dwAceRevision, 0, AccessMask, pSid);
}

BOOL AddAccessAllowedAceEx(PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD AccessMask, PSID pSid) {
  return answer(
      append_entry(pAcl, dwAceRevision, ACCESS_ALLOWED_ACE_TYPE, AceFlags, VALID_INHERIT_FLAGS, AccessMask, pSid));
}

BOOL AddAccessDeniedAce(PACL pAcl, DWORD dwAceRevision, DWORD AccessMask, PSID pSid) {
  return AddAccessDeniedAceEx(pAcl, dwAceRevision, 0, AccessMask, pSid);
}

BOOL AddAccessDeniedAceEx(PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD AccessMask, PSID pSid) {
  return answer(
      append_entry(pAcl, dwAceRevision, ACCESS_DENIED_ACE_TYPE, AceFlags, VALID_INHERIT_FLAGS, AccessMask, pSid));
}

BOOL AddAuditAccessAce(PACL pAcl, DWORD dwAceRevision, DWORD dwAccessMask, PSID pSid, BOOL bAuditSuccess,
                       BOOL bAuditFailure) {
  return AddAuditAccessAceEx(pAcl, dwAceRevision, 0, dwAccessMask, pSid, bAuditSuccess, bAuditFailure);
}

BOOL AddAuditAccessAceEx(PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD dwAccessMask, PSID pSid,
                         BOOL bAuditSuccess, BOOL bAuditFailure) {
  constexpr DWORD kAllowed = VALID_INHERIT_FLAGS | SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG;
  return answer(append_entry(pAcl, dwAceRevision, SYSTEM_AUDIT_ACE_TYPE,
                             AceFlags | audit_flags(bAuditSuccess, bAuditFailure), kAllowed, dwAccessMask, pSid));
}

BOOL AddMandatoryAce(PACL pAcl, DWORD dwAceRevision, DWORD AceFlags, DWORD MandatoryPolicy, PSID pLabelSid) {
  if ((MandatoryPolicy & ~DWORD{SYSTEM_MANDATORY_LABEL_VALID_MASK}) != 0) return answer(ERROR_INVALID_PARAMETER);
  return answer(append_entry(pAcl, dwAceRevision, SYSTEM_MANDATORY_LABEL_ACE_TYPE, AceFlags, VALID_INHERIT_FLAGS,
                             MandatoryPolicy, pLabelSid));
}
