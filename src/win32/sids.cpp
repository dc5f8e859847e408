#include "win32/sids.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "win32/last_error.h"
#include "win32/local_memory.h"
#include "win32/text.h"

// <sddl.h> is apart from <windows.h>.
#include "pipes/compat/sddl.h"

namespace pipes::win32 {
namespace {

std::size_t length_of(const void* sid) {
  return Sid::kBytesMin + sizeof(DWORD) * std::size_t{static_cast<const SID*>(sid)->SubAuthorityCount};
}

// ------------------------------------------------------------------------------------------------------- well-known SIDs

constexpr uint64_t kNtAuthority = 5;
constexpr DWORD kNoRid = 0xFFFFFFFF;

// A well-known SID is one of its own or, with an account of a domain, that domain's and a last number.
struct WellKnown {
  WELL_KNOWN_SID_TYPE type = WinNullSid;
  Sid sid;
  DWORD account = kNoRid;
};

constexpr WellKnown nt(WELL_KNOWN_SID_TYPE type, DWORD rid) { return {type, {kNtAuthority, {rid}}}; }
constexpr WellKnown builtin(WELL_KNOWN_SID_TYPE type, DWORD rid) {
  return {type, {kNtAuthority, {SECURITY_BUILTIN_DOMAIN_RID, rid}}};
}
constexpr WellKnown label(WELL_KNOWN_SID_TYPE type, DWORD rid) { return {type, {16, {rid}}}; }
constexpr WellKnown package(WELL_KNOWN_SID_TYPE type, DWORD provider) { return {type, {kNtAuthority, {64, provider}}}; }
constexpr WellKnown account(WELL_KNOWN_SID_TYPE type, DWORD rid) { return {type, {}, rid}; }

constexpr std::array kWellKnown = {
    WellKnown{WinNullSid, {0, {0}}},
    WellKnown{WinWorldSid, {1, {0}}},
    WellKnown{WinLocalSid, {2, {0}}},
    WellKnown{WinConsoleLogonSid, {2, {1}}},
    WellKnown{WinCreatorOwnerSid, {3, {0}}},
    WellKnown{WinCreatorGroupSid, {3, {1}}},
    WellKnown{WinCreatorOwnerServerSid, {3, {2}}},
    WellKnown{WinCreatorGroupServerSid, {3, {3}}},
    WellKnown{WinCreatorOwnerRightsSid, {3, {4}}},
    WellKnown{WinNtAuthoritySid, {kNtAuthority, {}}},
    nt(WinDialupSid, 1),
    nt(WinNetworkSid, 2),
    nt(WinBatchSid, 3),
    nt(WinInteractiveSid, 4),
    nt(WinLogonIdsSid, 5),
    nt(WinServiceSid, 6),
    nt(WinAnonymousSid, 7),
    nt(WinProxySid, 8),
    nt(WinEnterpriseControllersSid, 9),
    nt(WinSelfSid, 10),
    nt(WinAuthenticatedUserSid, 11),
    nt(WinRestrictedCodeSid, 12),
    nt(WinTerminalServerSid, 13),
    nt(WinRemoteLogonIdSid, 14),
    nt(WinThisOrganizationSid, 15),
    nt(WinIUserSid, 17),
    nt(WinLocalSystemSid, 18),
    nt(WinLocalServiceSid, 19),
    nt(WinNetworkServiceSid, 20),
    nt(WinBuiltinDomainSid, 32),
    nt(WinWriteRestrictedCodeSid, 33),
    nt(WinLocalAccountSid, 113),
    nt(WinLocalAccountAndAdministratorSid, 114),
    nt(WinOtherOrganizationSid, 1000),
    package(WinNTLMAuthenticationSid, 10),
    package(WinSChannelAuthenticationSid, 14),
    package(WinDigestAuthenticationSid, 21),
    WellKnown{WinUserModeDriversSid, {kNtAuthority, {84, 0, 0, 0, 0, 0}}},
    builtin(WinBuiltinAdministratorsSid, 544),
    builtin(WinBuiltinUsersSid, 545),
    builtin(WinBuiltinGuestsSid, 546),
    builtin(WinBuiltinPowerUsersSid, 547),
    builtin(WinBuiltinAccountOperatorsSid, 548),
    builtin(WinBuiltinSystemOperatorsSid, 549),
    builtin(WinBuiltinPrintOperatorsSid, 550),
    builtin(WinBuiltinBackupOperatorsSid, 551),
    builtin(WinBuiltinReplicatorSid, 552),
    builtin(WinBuiltinPreWindows2000CompatibleAccessSid, 554),
    builtin(WinBuiltinRemoteDesktopUsersSid, 555),
    builtin(WinBuiltinNetworkConfigurationOperatorsSid, 556),
    builtin(WinBuiltinIncomingForestTrustBuildersSid, 557),
    builtin(WinBuiltinPerfMonitoringUsersSid, 558),
    builtin(WinBuiltinPerfLoggingUsersSid, 559),
    builtin(WinBuiltinAuthorizationAccessSid, 560),
    builtin(WinBuiltinTerminalServerLicenseServersSid, 561),
    builtin(WinBuiltinDCOMUsersSid, 562),
    builtin(WinBuiltinIUsersSid, 568),
    builtin(WinBuiltinCryptoOperatorsSid, 569),
    builtin(WinBuiltinEventLogReadersGroup, 573),
    builtin(WinBuiltinCertSvcDComAccessGroup, 574),
    builtin(WinBuiltinHyperVAdminsSid, 578),
    builtin(WinBuiltinAccessControlAssistanceOperatorsSid, 579),
    builtin(WinBuiltinRemoteManagementUsersSid, 580),
    WellKnown{WinBuiltinAnyPackageSid, {15, {2, 1}}},
    label(WinUntrustedLabelSid, 0x0000),
    label(WinLowLabelSid, 0x1000),
    label(WinMediumLabelSid, 0x2000),
    label(WinMediumPlusLabelSid, 0x2100),
    label(WinHighLabelSid, 0x3000),
    label(WinSystemLabelSid, 0x4000),
    WellKnown{WinAuthenticationAuthorityAssertedSid, {18, {1}}},
    WellKnown{WinAuthenticationServiceAssertedSid, {18, {2}}},
    account(WinAccountAdministratorSid, 500),
    account(WinAccountGuestSid, 501),
    account(WinAccountKrbtgtSid, 502),
    account(WinAccountDomainAdminsSid, 512),
    account(WinAccountDomainUsersSid, 513),
    account(WinAccountDomainGuestsSid, 514),
    account(WinAccountComputersSid, 515),
    account(WinAccountControllersSid, 516),
    account(WinAccountCertAdminsSid, 517),
    account(WinAccountSchemaAdminsSid, 518),
    account(WinAccountEnterpriseAdminsSid, 519),
    account(WinAccountPolicyAdminsSid, 520),
    account(WinAccountProtectedUsersSid, 525),
    account(WinAccountRasAndIasServersSid, 553),
};

const WellKnown* find_well_known(WELL_KNOWN_SID_TYPE type) {
  const auto* const found = std::ranges::find(kWellKnown, type, &WellKnown::type);
  return found == kWellKnown.end() ? nullptr : found;
}

// A domain is S-1-5-21-a-b-c.
bool is_domain(const Sid& sid) {
  constexpr std::size_t kDomainParts = 4;
  const auto parts = sid.sub_authorities();
  return sid.authority() == kNtAuthority && parts.size() == kDomainParts && parts[0] == SECURITY_NT_NON_UNIQUE;
}

Result<Sid> well_known_sid(WELL_KNOWN_SID_TYPE type, const void* domain) {
  const WellKnown* const known = find_well_known(type);
  if (known == nullptr) return ERROR_INVALID_PARAMETER;
  if (known->account == kNoRid) return known->sid;
  if (domain == nullptr) return ERROR_INVALID_PARAMETER;
  Result<Sid> sid = sid_of(domain);
  if (!sid || !is_domain(*sid)) return ERROR_INVALID_PARAMETER;
  sid->append(known->account);
  return sid;
}

bool is_well_known(const Sid& sid, const WellKnown& known) {
  if (known.account == kNoRid) return sid == known.sid;
  constexpr std::size_t kAccountParts = 5;
  const auto parts = sid.sub_authorities();
  return sid.authority() == kNtAuthority && parts.size() == kAccountParts && parts[0] == SECURITY_NT_NON_UNIQUE &&
         parts.back() == known.account;
}

// -------------------------------------------------------------------------------------------------------------- accounts

constexpr std::string_view kUsers = "Unix User";
constexpr std::string_view kGroups = "Unix Group";

SID_NAME_USE use_of(const Sid& sid, std::string_view domain) {
  if (domain == kUsers) return SidTypeUser;
  if (domain == kGroups) return SidTypeGroup;
  const auto parts = sid.sub_authorities();
  if (sid.authority() == 16) return SidTypeLabel;
  const bool is_alias = sid.authority() == kNtAuthority && parts.size() == 2 && parts[0] == SECURITY_BUILTIN_DOMAIN_RID;
  return is_alias ? SidTypeAlias : SidTypeWellKnownGroup;
}

std::string computer_name() {
  std::array<char, MAX_COMPUTERNAME_LENGTH + 1> name{};
  DWORD size = name.size();
  return GetComputerNameA(name.data(), &size) ? name.data() : "";
}

bool equal_in_any_case(const std::string& a, const std::string& b) { return strcasecmp(a.c_str(), b.c_str()) == 0; }

bool is_this_computer(std::string system) {
  while (system.starts_with('\\')) system.erase(0, 1);
  return system.empty() || system == "." || equal_in_any_case(system, computer_name());
}

// What the C ABI knows it by: `computer\name` and `name@computer` are `name`.
std::string own_spelling(std::string_view name) {
  const std::size_t backslash = name.find('\\');
  if (backslash != std::string_view::npos) {
    return std::string(is_this_computer(std::string(name.substr(0, backslash))) ? name.substr(backslash + 1) : name);
  }
  const std::size_t at = name.rfind('@');
  const bool is_ours = at != std::string_view::npos && is_this_computer(std::string(name.substr(at + 1)));
  return std::string(is_ours ? name.substr(0, at) : name);
}

// fits tells whether `text` and its terminator fit in `*size` units, and sets that to what is needed.
template <class Char>
bool fits(const std::basic_string<Char>& text, const Char* buffer, DWORD* size) {
  const auto needed = static_cast<DWORD>(text.size() + 1);
  if (buffer != nullptr && *size >= needed) return true;
  *size = needed;
  return false;
}

// What was written counts without its terminator.
template <class Char>
void write(const std::basic_string<Char>& text, Char* buffer, DWORD* size) {
  (void)copy_out(std::basic_string_view<Char>(text), buffer, *size);
  *size = static_cast<DWORD>(text.size());
}

template <class Char>
Status look_up_sid(const Char* system, PSID sid, Char* name, LPDWORD name_size, Char* domain, LPDWORD domain_size,
                   PSID_NAME_USE use) {
  if (name_size == nullptr || domain_size == nullptr || use == nullptr) return ERROR_INVALID_PARAMETER;
  const Result<Sid> wanted = sid_of(sid);
  if (!wanted) return wanted.status();
  if (system != nullptr && !is_this_computer(text_of<char>(view_of(system, -1)))) return ERROR_NOT_SUPPORTED;
  const Result<Account> found = account_of(*wanted);
  if (!found) return found.status();
  const auto its_name = text_of<Char>(std::string_view(found->name));
  const auto its_domain = text_of<Char>(std::string_view(found->domain));
  const bool name_fits = fits(its_name, name, name_size);
  if (!fits(its_domain, domain, domain_size) || !name_fits) return ERROR_INSUFFICIENT_BUFFER;
  write(its_name, name, name_size);
  write(its_domain, domain, domain_size);
  *use = found->use;
  return PIPES_OK;
}

template <class Char>
Status look_up_name(const Char* system, const Char* name, PSID sid, LPDWORD sid_size, Char* domain, LPDWORD domain_size,
                    PSID_NAME_USE use) {
  if (name == nullptr || sid_size == nullptr || domain_size == nullptr || use == nullptr) {
    return ERROR_INVALID_PARAMETER;
  }
  if (system != nullptr && !is_this_computer(text_of<char>(view_of(system, -1)))) return ERROR_NOT_SUPPORTED;
  const Result<Account> found = account_of(text_of<char>(view_of(name, -1)));
  if (!found) return found.status();
  const auto its_domain = text_of<Char>(std::string_view(found->domain));
  const auto needed = static_cast<DWORD>(found->sid.size_bytes());
  const bool sid_fits = sid != nullptr && *sid_size >= needed;
  *sid_size = needed;
  if (!fits(its_domain, domain, domain_size) || !sid_fits) return ERROR_INSUFFICIENT_BUFFER;
  copy_sid(found->sid, sid);
  write(its_domain, domain, domain_size);
  *use = found->use;
  return PIPES_OK;
}

template <class Char>
BOOL tell_text(PSID sid, Char** text) {
  if (sid == nullptr || text == nullptr) return answer(ERROR_INVALID_PARAMETER);
  const Result<Sid> read = sid_of(sid);
  if (!read) return answer(read.status());
  *text = new_text<Char>(sid_to_text(*read));
  return *text != nullptr;
}

}  // namespace

bool is_valid_sid(const void* sid) {
  const auto* const header = static_cast<const SID*>(sid);
  return header != nullptr && header->Revision == SID_REVISION && header->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

std::span<const std::byte> bytes_of_sid(const void* sid) {
  return {static_cast<const std::byte*>(sid), length_of(sid)};
}

Result<Sid> sid_of(const void* sid) {
  if (!is_valid_sid(sid)) return ERROR_INVALID_SID;
  return sid_from_bytes(bytes_of_sid(sid));
}

void copy_sid(const Sid& sid, void* buffer) {
  std::vector<std::byte> bytes;
  append_sid(sid, &bytes);
  std::memcpy(buffer, bytes.data(), bytes.size());
}

PSID new_sid(const Sid& sid) {
  std::vector<std::byte> bytes;
  append_sid(sid, &bytes);
  return new_block(bytes);
}

Result<Account> account_of(const Sid& sid) {
  std::vector<std::byte> bytes;
  append_sid(sid, &bytes);
  std::string full(512, '\0');
  const auto ask = [&] {
    return pipes_sid_to_name(bytes.data(), static_cast<uint32_t>(bytes.size()), full.data(),
                             static_cast<uint32_t>(full.size()));
  };
  pipes_status status = ask();
  while (status == ERROR_INSUFFICIENT_BUFFER) {
    full.resize(full.size() * 2);
    status = ask();
  }
  if (status != PIPES_OK) return status;
  full.resize(std::strlen(full.c_str()));
  const std::size_t backslash = full.find('\\');
  Account account;
  account.sid = sid;
  account.name = backslash == std::string::npos ? full : full.substr(backslash + 1);
  account.domain = backslash == std::string::npos ? "" : full.substr(0, backslash);
  account.use = use_of(sid, account.domain);
  return account;
}

Result<Account> account_of(std::string_view name) {
  std::array<std::byte, SECURITY_MAX_SID_SIZE> bytes{};
  uint32_t size = bytes.size();
  const pipes_status status = pipes_sid_from_name(own_spelling(name).c_str(), bytes.data(), &size);
  if (status != PIPES_OK) return status;
  const Result<Sid> sid = sid_from_bytes(std::span(bytes).first(size));
  return sid ? account_of(*sid) : Result<Account>(sid.status());
}

}  // namespace pipes::win32

using namespace pipes::win32;

BOOL IsValidSid(PSID pSid) { return is_valid_sid(pSid); }

BOOL EqualSid(PSID pSid1, PSID pSid2) {
  if (!is_valid_sid(pSid1) || !is_valid_sid(pSid2)) return answer(ERROR_INVALID_SID);
  return std::ranges::equal(bytes_of_sid(pSid1), bytes_of_sid(pSid2));
}

BOOL EqualPrefixSid(PSID pSid1, PSID pSid2) {
  if (!is_valid_sid(pSid1) || !is_valid_sid(pSid2)) return answer(ERROR_INVALID_SID);
  const auto first = bytes_of_sid(pSid1);
  const auto second = bytes_of_sid(pSid2);
  const std::size_t last = first.size() > pipes::Sid::kBytesMin ? sizeof(DWORD) : 0;
  return first.size() == second.size() &&
         std::ranges::equal(first.first(first.size() - last), second.first(second.size() - last));
}

DWORD GetSidLengthRequired(UCHAR nSubAuthorityCount) {
  return static_cast<DWORD>(pipes::Sid::kBytesMin + sizeof(DWORD) * nSubAuthorityCount);
}

DWORD GetLengthSid(PSID pSid) { return static_cast<DWORD>(length_of(pSid)); }

BOOL InitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount) {
  if (Sid == nullptr || pIdentifierAuthority == nullptr || nSubAuthorityCount > SID_MAX_SUB_AUTHORITIES) {
    return answer(ERROR_INVALID_PARAMETER);
  }
  auto* const sid = static_cast<SID*>(Sid);
  sid->Revision = SID_REVISION;
  sid->SubAuthorityCount = nSubAuthorityCount;
  sid->IdentifierAuthority = *pIdentifierAuthority;
  return TRUE;
}

PSID_IDENTIFIER_AUTHORITY GetSidIdentifierAuthority(PSID pSid) {
  SetLastError(ERROR_SUCCESS);  // the only sign of success
  return &static_cast<SID*>(pSid)->IdentifierAuthority;
}

PUCHAR GetSidSubAuthorityCount(PSID pSid) {
  SetLastError(ERROR_SUCCESS);
  return &static_cast<SID*>(pSid)->SubAuthorityCount;
}

PDWORD GetSidSubAuthority(PSID pSid, DWORD nSubAuthority) {
  SetLastError(ERROR_SUCCESS);
  return static_cast<SID*>(pSid)->SubAuthority + nSubAuthority;
}

BOOL CopySid(DWORD nDestinationSidLength, PSID pDestinationSid, PSID pSourceSid) {
  if (!is_valid_sid(pSourceSid)) return answer(ERROR_INVALID_SID);
  const auto bytes = bytes_of_sid(pSourceSid);
  if (pDestinationSid == nullptr || nDestinationSidLength < bytes.size()) return answer(ERROR_INSUFFICIENT_BUFFER);
  std::memmove(pDestinationSid, bytes.data(), bytes.size());
  return TRUE;
}

BOOL AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount,
                              DWORD nSubAuthority0, DWORD nSubAuthority1, DWORD nSubAuthority2, DWORD nSubAuthority3,
                              DWORD nSubAuthority4, DWORD nSubAuthority5, DWORD nSubAuthority6, DWORD nSubAuthority7,
                              PSID* pSid) {
  const std::array parts = {nSubAuthority0, nSubAuthority1, nSubAuthority2, nSubAuthority3,
                            nSubAuthority4, nSubAuthority5, nSubAuthority6, nSubAuthority7};
  if (pIdentifierAuthority == nullptr || pSid == nullptr) return answer(ERROR_INVALID_PARAMETER);
  if (nSubAuthorityCount > parts.size()) return answer(ERROR_INVALID_SID);
  auto* const sid = static_cast<SID*>(LocalAlloc(LMEM_FIXED, GetSidLengthRequired(nSubAuthorityCount)));
  if (sid == nullptr) return answer(ERROR_NOT_ENOUGH_MEMORY);
  (void)InitializeSid(sid, pIdentifierAuthority, nSubAuthorityCount);
  std::memcpy(sid->SubAuthority, parts.data(), sizeof(DWORD) * nSubAuthorityCount);
  *pSid = sid;
  return TRUE;
}

PVOID FreeSid(PSID pSid) { return LocalFree(pSid); }

BOOL CreateWellKnownSid(WELL_KNOWN_SID_TYPE WellKnownSidType, PSID DomainSid, PSID pSid, DWORD* cbSid) {
  if (cbSid == nullptr) return answer(ERROR_INVALID_PARAMETER);
  return guarded(FALSE, [&] {
    const pipes::Result<pipes::Sid> sid = well_known_sid(WellKnownSidType, DomainSid);
    if (!sid) return answer(sid.status());
    const DWORD room = *cbSid;
    *cbSid = static_cast<DWORD>(sid->size_bytes());
    if (pSid == nullptr || room < *cbSid) return answer(ERROR_INSUFFICIENT_BUFFER);
    copy_sid(*sid, pSid);
    return TRUE;
  });
}

BOOL IsWellKnownSid(PSID pSid, WELL_KNOWN_SID_TYPE WellKnownSidType) {
  const pipes::Result<pipes::Sid> sid = sid_of(pSid);
  const WellKnown* const known = find_well_known(WellKnownSidType);
  return sid && known != nullptr && is_well_known(*sid, *known);
}

BOOL LookupAccountSidA(LPCSTR lpSystemName, PSID Sid, LPSTR Name, LPDWORD cchName, LPSTR ReferencedDomainName,
                       LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse) {
  return guarded(FALSE, [&] {
    return answer(look_up_sid(lpSystemName, Sid, Name, cchName, ReferencedDomainName, cchReferencedDomainName, peUse));
  });
}

BOOL LookupAccountSidW(LPCWSTR lpSystemName, PSID Sid, LPWSTR Name, LPDWORD cchName, LPWSTR ReferencedDomainName,
                       LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse) {
  return guarded(FALSE, [&] {
    return answer(look_up_sid(lpSystemName, Sid, Name, cchName, ReferencedDomainName, cchReferencedDomainName, peUse));
  });
}

BOOL LookupAccountNameA(LPCSTR lpSystemName, LPCSTR lpAccountName, PSID Sid, LPDWORD cbSid, LPSTR ReferencedDomainName,
                        LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse) {
  return guarded(FALSE, [&] {
    return answer(
        look_up_name(lpSystemName, lpAccountName, Sid, cbSid, ReferencedDomainName, cchReferencedDomainName, peUse));
  });
}

BOOL LookupAccountNameW(LPCWSTR lpSystemName, LPCWSTR lpAccountName, PSID Sid, LPDWORD cbSid,
                        LPWSTR ReferencedDomainName, LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse) {
  return guarded(FALSE, [&] {
    return answer(
        look_up_name(lpSystemName, lpAccountName, Sid, cbSid, ReferencedDomainName, cchReferencedDomainName, peUse));
  });
}

BOOL ConvertSidToStringSidA(PSID Sid, LPSTR* StringSid) {
  return guarded(FALSE, [&] { return tell_text(Sid, StringSid); });
}

BOOL ConvertSidToStringSidW(PSID Sid, LPWSTR* StringSid) {
  return guarded(FALSE, [&] { return tell_text(Sid, StringSid); });
}

BOOL ConvertStringSidToSidA(LPCSTR StringSid, PSID* Sid) {
  if (StringSid == nullptr || Sid == nullptr) return answer(ERROR_INVALID_PARAMETER);
  return guarded(FALSE, [&] {
    const pipes::Result<pipes::Sid> sid = pipes::sid_from_text(StringSid);
    if (!sid) return answer(ERROR_INVALID_SID);  // SID-3: aliases that nobody knows, too
    *Sid = new_sid(*sid);
    return *Sid != nullptr ? TRUE : FALSE;
  });
}

BOOL ConvertStringSidToSidW(LPCWSTR StringSid, PSID* Sid) {
  return guarded(FALSE, [&] { return ConvertStringSidToSidA(Utf8(StringSid), Sid); });
}
