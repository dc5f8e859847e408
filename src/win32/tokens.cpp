#include "win32/tokens.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "linux/client_identity.h"
#include "linux/peer_session.h"
#include "security/access_check.h"
#include "security/default_descriptor.h"
#include "security/identity.h"
#include "security/well_known_sids.h"
#include "support/thread_identity.h"
#include "win32/acls.h"
#include "win32/descriptors.h"
#include "win32/last_error.h"
#include "win32/processes.h"
#include "win32/sids.h"
#include "win32/threads.h"

namespace pipes::win32 {
namespace {

constexpr Sid kMediumLabel{16, {SECURITY_MANDATORY_MEDIUM_RID}};  // ACC-15

// ----------------------------------------------------------------------------------------------------- where they come from

// The logon SID says which session it is.
std::optional<uint32_t> session_in(const Token& token) {
  for (const TokenGroup& group : token.groups()) {
    if ((group.attributes & PIPES_GROUP_LOGON) != 0) return group.sid.sub_authorities().back();
  }
  return std::nullopt;
}

// The process's own, whatever the thread acts as.
Result<TokenFacts> facts_of_this_process() {
  const AsSelf as_self;
  Result<Token> token = token_of_thread(true);
  if (!token) return token.status();
  TokenFacts facts{std::move(*token), TokenPrimary, SecurityAnonymous, std::nullopt};
  facts.session = session_in(facts.token);
  return facts;
}

// What the kernel tells everybody about a process.
std::optional<Credentials> read_credentials(pid_t process_id) {
  std::ifstream file("/proc/" + std::to_string(process_id) + "/status");
  Credentials credentials;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    uint32_t real = 0;
    if (what == "Uid:") words >> real >> credentials.uid;
    if (what == "Gid:") words >> real >> credentials.gid;
    if (what == "Groups:") {
      for (uint32_t group = 0; words >> group;) credentials.groups.push_back(group);
    }
  }
  if (credentials.uid == kUnknownUid) return std::nullopt;
  const uint32_t session = session_of(static_cast<uint32_t>(process_id), -1);
  if (session != 0) credentials.session = session;
  return credentials;
}

bool has_ended(const Process& process) {
  pollfd ended{process.descriptor(), POLLIN, 0};
  return poll(&ended, 1, 0) != 0;
}

Result<TokenFacts> facts_of_process(HANDLE handle) {
  if (handle == GetCurrentProcess()) return facts_of_this_process();
  const auto process = find<Process>(handle);
  if (process == nullptr) return ERROR_INVALID_HANDLE;
  if (process->id() == getpid()) return facts_of_this_process();
  const std::optional<Credentials> credentials = read_credentials(process->id());
  // What was read is about this process only if it has not made place for another meanwhile.
  if (!credentials || has_ended(*process)) return ERROR_ACCESS_DENIED;
  return TokenFacts{token_of(*credentials), TokenPrimary, SecurityAnonymous, credentials->session};
}

// Whom a thread acts for. One that does so by the C ABI alone is known by its ids.
Result<TokenFacts> facts_of_thread(const Thread& thread) {
  if (const auto impersonated = thread.impersonated(); impersonated != nullptr) return *impersonated;
  const bool is_calling = &thread == Thread::current().get();
  if (!is_calling || !acts_for_other()) return ERROR_NO_TOKEN;
  Result<Token> token = token_of_thread();
  if (!token) return token.status();
  return TokenFacts{std::move(*token), TokenImpersonation, SecurityImpersonation, std::nullopt};
}

// Identity is a pipes_identity that is freed.
class Identity {
 public:
  Identity() { identity_.size = sizeof identity_; }
  ~Identity() { pipes_identity_free(&identity_); }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  pipes_identity* get() { return &identity_; }
  [[nodiscard]] Result<TokenFacts> facts() const {
    Result<Token> token = token_of_identity(identity_);
    if (!token) return token.status();
    TokenFacts facts{std::move(*token), TokenImpersonation,
                     static_cast<SECURITY_IMPERSONATION_LEVEL>(identity_.impersonation_level), std::nullopt};
    facts.session = session_in(facts.token);
    return facts;
  }

 private:
  pipes_identity identity_{};
};

Status impersonate(HANDLE pipe) {
  const auto thread = Thread::current();
  Identity identity;
  // First, since nothing may fail between acting for somebody and knowing for whom.
  Status status = pipes_get_client_identity(engine_handle(pipe), identity.get());
  if (status != PIPES_OK) return status;
  Result<TokenFacts> facts = identity.facts();
  if (!facts) return facts.status();
  auto impersonated = std::make_shared<const TokenFacts>(std::move(*facts));
  status = pipes_impersonate_client(engine_handle(pipe));
  if (status == PIPES_OK) thread->set_impersonated(std::move(impersonated));  // IMP-14; IMP-13: else as it was
  return status;
}

Status impersonate_self(SECURITY_IMPERSONATION_LEVEL level) {
  if (level < SecurityAnonymous || level > SecurityDelegation) return ERROR_INVALID_PARAMETER;
  Result<TokenFacts> facts = facts_of_this_process();
  if (!facts) return facts.status();
  facts->type = TokenImpersonation;
  facts->level = level;
  auto impersonated = std::make_shared<const TokenFacts>(std::move(*facts));
  const auto thread = Thread::current();
  const Status status = pipes_revert_to_self();
  if (status == PIPES_OK) thread->set_impersonated(std::move(impersonated));
  return status;
}

// ---------------------------------------------------------------------------------------------------------------- handles

// What a program may ask of a token's handle.
DWORD map_token_access(DWORD access) {
  if ((access & MAXIMUM_ALLOWED) != 0) return TOKEN_ALL_ACCESS;
  GENERIC_MAPPING mapping = {TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE, TOKEN_ALL_ACCESS};
  MapGenericMask(&access, &mapping);
  return access;
}

BOOL open_token(Result<TokenFacts> facts, DWORD access, PHANDLE handle) {
  if (handle == nullptr) return answer(ERROR_INVALID_PARAMETER);
  if (!facts) return answer(facts.status());
  const HANDLE opened = new_handle(std::make_shared<AccessToken>(std::move(*facts), map_token_access(access)));
  if (opened == nullptr) return FALSE;
  *handle = opened;
  return TRUE;
}

// The token of a handle, which must have been opened with `access`.
Result<std::shared_ptr<AccessToken>> token_behind(HANDLE handle, DWORD access) {
  auto token = find<AccessToken>(handle);
  if (token == nullptr) return ERROR_INVALID_HANDLE;
  if (!token->has_access(access)) return ERROR_ACCESS_DENIED;
  return token;
}

BOOL duplicate_token(HANDLE existing, DWORD access, SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type,
                     PHANDLE duplicate) {
  const Result<std::shared_ptr<AccessToken>> token = token_behind(existing, TOKEN_DUPLICATE);
  if (!token) return answer(token.status());
  const bool is_type = type == TokenPrimary || type == TokenImpersonation;
  if (!is_type || level < SecurityAnonymous || level > SecurityDelegation) return answer(ERROR_INVALID_PARAMETER);
  TokenFacts facts = (*token)->facts();
  // Nobody gets more out of a client's token than the client let.
  const SECURITY_IMPERSONATION_LEVEL wanted = type == TokenPrimary ? SecurityImpersonation : level;
  if (facts.type == TokenImpersonation && wanted > facts.level) return answer(ERROR_BAD_IMPERSONATION_LEVEL);
  facts.type = type;
  facts.level = type == TokenPrimary ? SecurityAnonymous : level;
  return open_token(std::move(facts), access, duplicate);
}

// -------------------------------------------------------------------------------------------------------------- answers

// Answer is what GetTokenInformation writes: a structure and behind it what its pointers point to, which are set once
// it is known where it lies.
class Answer {
 public:
  // Room for a structure of `size` bytes.
  explicit Answer(std::size_t size) : bytes_(size) {}

  template <class T>
  static Answer of(const T& value) {
    Answer made(0);
    made.bytes_.resize(sizeof value);
    std::memcpy(made.bytes_.data(), &value, sizeof value);
    return made;
  }

  template <class T>
  void put(std::size_t offset, const T& value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  // Puts bytes behind all else, and a pointer to them at `offset`.
  void point(std::size_t offset, std::span<const std::byte> to) {
    bytes_.resize((bytes_.size() + alignof(DWORD) - 1) / alignof(DWORD) * alignof(DWORD));
    pointers_.push_back({offset, bytes_.size()});
    bytes_.insert(bytes_.end(), to.begin(), to.end());
  }
  void point(std::size_t offset, const Sid& sid) {
    std::vector<std::byte> bytes;
    append_sid(sid, &bytes);
    point(offset, bytes);
  }

  Status write(LPVOID buffer, DWORD length, PDWORD needed) const {
    if (needed == nullptr) return ERROR_NOACCESS;
    *needed = static_cast<DWORD>(bytes_.size());
    if (buffer == nullptr || length < bytes_.size()) return ERROR_INSUFFICIENT_BUFFER;
    auto* const start = static_cast<std::byte*>(buffer);
    std::memcpy(start, bytes_.data(), bytes_.size());
    for (const Pointer& pointer : pointers_) {
      void* const target = start + pointer.target;
      std::memcpy(start + pointer.offset, static_cast<const void*>(&target), sizeof target);
    }
    return PIPES_OK;
  }

 private:
  struct Pointer {
    std::size_t offset;
    std::size_t target;
  };
  std::vector<std::byte> bytes_;
  std::vector<Pointer> pointers_;
};

Answer answer_sid(const Sid& sid) {
  Answer told(sizeof(PSID));
  told.point(0, sid);
  return told;
}

Answer answer_sid(const Sid& sid, DWORD attributes) {
  Answer told(sizeof(SID_AND_ATTRIBUTES));
  told.put(offsetof(SID_AND_ATTRIBUTES, Attributes), attributes);
  told.point(offsetof(SID_AND_ATTRIBUTES, Sid), sid);
  return told;
}

Answer answer_groups(std::span<const TokenGroup> groups) {
  Answer told(offsetof(TOKEN_GROUPS, Groups) + groups.size() * sizeof(SID_AND_ATTRIBUTES));
  told.put(offsetof(TOKEN_GROUPS, GroupCount), static_cast<DWORD>(groups.size()));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::size_t place = offsetof(TOKEN_GROUPS, Groups) + i * sizeof(SID_AND_ATTRIBUTES);
    told.put(place + offsetof(SID_AND_ATTRIBUTES, Attributes), DWORD{groups[i].attributes});
    told.point(place + offsetof(SID_AND_ATTRIBUTES, Sid), groups[i].sid);
  }
  return told;
}

// SEC-17: the group that names the logon session.
Result<Answer> answer_logon_sid(const Token& token) {
  std::vector<TokenGroup> logon(token.groups().begin(), token.groups().end());
  std::erase_if(logon, [](const TokenGroup& group) { return (group.attributes & PIPES_GROUP_LOGON) == 0; });
  if (logon.empty()) return ERROR_NOT_FOUND;
  return answer_groups(logon);
}

// Privileges by the numbers that Windows has for them.
struct Privilege {
  uint32_t bit;
  DWORD number;
};
constexpr DWORD kSecurityPrivilegeNumber = 8;
constexpr DWORD kTakeOwnershipPrivilegeNumber = 9;
constexpr DWORD kChangeNotifyPrivilegeNumber = 23;  // which everybody has
constexpr std::array kPrivileges = {
    Privilege{kSecurityPrivilege, kSecurityPrivilegeNumber},
    Privilege{kTakeOwnershipPrivilege, kTakeOwnershipPrivilegeNumber},
    Privilege{kRestorePrivilege, 18},
    Privilege{kNoPrivileges, kChangeNotifyPrivilegeNumber},
    Privilege{kImpersonatePrivilege, 29},
};

std::vector<LUID_AND_ATTRIBUTES> privileges_of(const Token& token) {
  std::vector<LUID_AND_ATTRIBUTES> held;
  for (const Privilege& each : kPrivileges) {
    if (!token.has_privilege(each.bit)) continue;
    held.push_back({{each.number, 0}, SE_PRIVILEGE_ENABLED_BY_DEFAULT | SE_PRIVILEGE_ENABLED});
  }
  return held;
}

Answer answer_privileges(const Token& token) {
  const auto held = privileges_of(token);
  Answer told(offsetof(TOKEN_PRIVILEGES, Privileges) + held.size() * sizeof(LUID_AND_ATTRIBUTES));
  told.put(offsetof(TOKEN_PRIVILEGES, PrivilegeCount), static_cast<DWORD>(held.size()));
  for (std::size_t i = 0; i < held.size(); ++i) {
    told.put(offsetof(TOKEN_PRIVILEGES, Privileges) + i * sizeof(LUID_AND_ATTRIBUTES), held[i]);
  }
  return told;
}

Answer answer_default_dacl(const Token& token) {
  std::vector<std::byte> bytes;
  append_acl(*default_descriptor(token).dacl, &bytes);
  Answer told(sizeof(TOKEN_DEFAULT_DACL));
  told.point(0, bytes);
  return told;
}

Answer answer_statistics(const AccessToken& token) {
  constexpr DWORD kSystemSession = 0x3E7;
  const TokenFacts& facts = token.facts();
  TOKEN_STATISTICS told{};
  told.TokenId.LowPart = token.id();
  told.ModifiedId.LowPart = token.id();
  told.AuthenticationId.LowPart = facts.session.value_or(kSystemSession);
  told.ExpirationTime.QuadPart = INT64_MAX;
  told.TokenType = facts.type;
  told.ImpersonationLevel = facts.level;
  told.GroupCount = static_cast<DWORD>(facts.token.groups().size());
  told.PrivilegeCount = static_cast<DWORD>(privileges_of(facts.token).size());
  return Answer::of(told);
}

Result<Answer> information(const AccessToken& token, TOKEN_INFORMATION_CLASS what) {
  const TokenFacts& facts = token.facts();
  switch (what) {
    case TokenUser:
      return answer_sid(facts.token.user(), 0);
    case TokenGroups:
      return answer_groups(facts.token.groups());
    case TokenPrivileges:
      return answer_privileges(facts.token);
    case TokenOwner:
      return answer_sid(facts.token.user());
    case TokenPrimaryGroup:
      return answer_sid(facts.token.primary_group());
    case TokenDefaultDacl:
      return answer_default_dacl(facts.token);
    case TokenType:
      return Answer::of(facts.type);
    case TokenImpersonationLevel:
      if (facts.type != TokenImpersonation) return ERROR_INVALID_PARAMETER;
      return Answer::of(facts.level);
    case TokenStatistics:
      return answer_statistics(token);
    case TokenSessionId:
      return Answer::of(DWORD{facts.session.value_or(0)});
    case TokenElevationType:
      return Answer::of(TokenElevationTypeDefault);
    case TokenElevation:
      return Answer::of(DWORD{facts.token.is_allowed_as(kAdministrators)});
    case TokenHasRestrictions:
    case TokenIsAppContainer:
      return Answer::of(DWORD{0});
    case TokenIntegrityLevel:
      return answer_sid(kMediumLabel, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED);
    case TokenLogonSid:
      return answer_logon_sid(facts.token);
    default:
      return what > 0 && what < MaxTokenInfoClass ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER;
  }
}

// ---------------------------------------------------------------------------------------------------------- access checks

// The privileges that made an access possible.
std::vector<LUID_AND_ATTRIBUTES> used_privileges(const Token& token, DWORD granted, const AccessTrace& trace) {
  std::vector<LUID_AND_ATTRIBUTES> used;
  if ((granted & ACCESS_SYSTEM_SECURITY) != 0) {
    used.push_back({{kSecurityPrivilegeNumber, 0}, SE_PRIVILEGE_USED_FOR_ACCESS});
  }
  const bool took_ownership = trace.reason == AccessReason::kPrivilege && (trace.mask & WRITE_OWNER) != 0;
  if (took_ownership && token.has_privilege(kTakeOwnershipPrivilege)) {
    used.push_back({{kTakeOwnershipPrivilegeNumber, 0}, SE_PRIVILEGE_USED_FOR_ACCESS});
  }
  return used;
}

Status tell_privileges(const std::vector<LUID_AND_ATTRIBUTES>& used, PPRIVILEGE_SET set, LPDWORD length) {
  constexpr std::size_t kHead = offsetof(PRIVILEGE_SET, Privilege);
  const std::size_t needed = std::max(kHead + used.size() * sizeof(LUID_AND_ATTRIBUTES), sizeof(PRIVILEGE_SET));
  const DWORD room = *length;
  *length = static_cast<DWORD>(needed);
  if (set == nullptr || room < needed) return ERROR_INSUFFICIENT_BUFFER;
  std::memset(static_cast<void*>(set), 0, needed);
  set->PrivilegeCount = static_cast<DWORD>(used.size());
  if (!used.empty()) std::memcpy(set->Privilege, used.data(), used.size() * sizeof(LUID_AND_ATTRIBUTES));
  return PIPES_OK;
}

// ACC-16: what AccessCheck wants before it looks at any entry.
Status access_check(PSECURITY_DESCRIPTOR descriptor, HANDLE client, DWORD desired, PPRIVILEGE_SET set, LPDWORD length,
                    LPDWORD granted, LPBOOL status) {
  if (length == nullptr || granted == nullptr || status == nullptr) return ERROR_NOACCESS;
  const Result<std::shared_ptr<AccessToken>> token = token_behind(client, TOKEN_QUERY);
  if (!token) return token.status();
  const TokenFacts& facts = (*token)->facts();
  if (facts.type != TokenImpersonation) return ERROR_NO_IMPERSONATION_TOKEN;
  if (facts.level < SecurityIdentification) return ERROR_BAD_IMPERSONATION_LEVEL;
  if ((desired & kGenericBits) != 0) return ERROR_GENERIC_NOT_MAPPED;
  const Result<SecurityDescriptor> read = security_descriptor_of(descriptor);
  if (!read) return read.status();
  if (!read->owner || !read->group) return ERROR_INVALID_SECURITY_DESCR;
  AccessTrace trace;
  const Result<GrantedAccess> allowed = check_access(facts.token, *read, desired, &trace);
  const DWORD mask = allowed ? allowed->mask : 0;
  const Status told = tell_privileges(used_privileges(facts.token, mask, trace), set, length);
  if (told != PIPES_OK) return told;
  *granted = mask;
  *status = static_cast<bool>(allowed);
  if (!allowed) SetLastError(allowed.status());
  return PIPES_OK;
}

}  // namespace

DWORD AccessToken::new_id() {
  static constinit std::atomic<DWORD> last_id{0};
  return last_id.fetch_add(1, std::memory_order_relaxed) + 1;
}

Token current_token() {
  Result<TokenFacts> facts = facts_of_thread(*Thread::current());
  if (!facts) facts = facts_of_this_process();
  return facts ? facts->token : Token();
}

}  // namespace pipes::win32

using namespace pipes::win32;

BOOL OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle) {
  return guarded(FALSE, [&] { return open_token(facts_of_process(ProcessHandle), DesiredAccess, TokenHandle); });
}

BOOL OpenThreadToken(HANDLE ThreadHandle, DWORD DesiredAccess, BOOL, PHANDLE TokenHandle) {
  return guarded(FALSE, [&] {
    const auto thread = Thread::behind(ThreadHandle);
    if (thread == nullptr) return answer(ERROR_INVALID_HANDLE);
    pipes::Result<TokenFacts> facts = facts_of_thread(*thread);
    if (facts && facts->level == SecurityAnonymous) return answer(ERROR_CANT_OPEN_ANONYMOUS);  // IMP-6
    return open_token(std::move(facts), DesiredAccess, TokenHandle);
  });
}

BOOL GetTokenInformation(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, LPVOID TokenInformation,
                         DWORD TokenInformationLength, PDWORD ReturnLength) {
  return guarded(FALSE, [&] {
    const auto token = token_behind(TokenHandle, TOKEN_QUERY);
    if (!token) return answer(token.status());
    const pipes::Result<Answer> told = information(**token, TokenInformationClass);
    if (!told) return answer(told.status());
    return answer(told->write(TokenInformation, TokenInformationLength, ReturnLength));
  });
}

BOOL DuplicateToken(HANDLE ExistingTokenHandle, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel,
                    PHANDLE DuplicateTokenHandle) {
  return guarded(FALSE, [&] {
    return duplicate_token(ExistingTokenHandle, TOKEN_IMPERSONATE | TOKEN_QUERY, ImpersonationLevel, TokenImpersonation,
                           DuplicateTokenHandle);
  });
}

BOOL DuplicateTokenEx(HANDLE hExistingToken, DWORD dwDesiredAccess, LPSECURITY_ATTRIBUTES,
                      SECURITY_IMPERSONATION_LEVEL ImpersonationLevel, TOKEN_TYPE TokenType, PHANDLE phNewToken) {
  return guarded(FALSE, [&] {
    // 0 means: as much as the handle that is duplicated has.
    const auto existing = find<AccessToken>(hExistingToken);
    const DWORD access = dwDesiredAccess != 0 || existing == nullptr ? dwDesiredAccess : existing->access();
    return duplicate_token(hExistingToken, access, ImpersonationLevel, TokenType, phNewToken);
  });
}

BOOL CheckTokenMembership(HANDLE TokenHandle, PSID SidToCheck, PBOOL IsMember) {
  return guarded(FALSE, [&] {
    if (IsMember == nullptr) return answer(ERROR_INVALID_PARAMETER);
    const pipes::Result<pipes::Sid> sid = sid_of(SidToCheck);
    if (!sid) return answer(sid.status());
    if (TokenHandle == nullptr) {
      *IsMember = current_token().is_allowed_as(*sid);
      return TRUE;
    }
    const auto token = token_behind(TokenHandle, TOKEN_QUERY);
    if (!token) return answer(token.status());
    if ((*token)->facts().type != TokenImpersonation) return answer(ERROR_NO_IMPERSONATION_TOKEN);
    *IsMember = (*token)->facts().token.is_allowed_as(*sid);
    return TRUE;
  });
}

BOOL ImpersonateNamedPipeClient(HANDLE hNamedPipe) {
  return guarded(FALSE, [&] { return answer(impersonate(hNamedPipe)); });
}

BOOL ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL ImpersonationLevel) {
  return guarded(FALSE, [&] { return answer(impersonate_self(ImpersonationLevel)); });
}

BOOL RevertToSelf(void) {
  return guarded(FALSE, [&] {
    const pipes::Status status = pipes_revert_to_self();
    if (status == PIPES_OK) Thread::current()->set_impersonated(nullptr);
    return answer(status);
  });
}

BOOL AccessCheck(PSECURITY_DESCRIPTOR pSecurityDescriptor, HANDLE ClientToken, DWORD DesiredAccess,
                 PGENERIC_MAPPING GenericMapping, PPRIVILEGE_SET PrivilegeSet, LPDWORD PrivilegeSetLength,
                 LPDWORD GrantedAccess, LPBOOL AccessStatus) {
  if (GenericMapping == nullptr) return answer(ERROR_NOACCESS);
  return guarded(FALSE, [&] {
    return answer(access_check(pSecurityDescriptor, ClientToken, DesiredAccess, PrivilegeSet, PrivilegeSetLength,
                               GrantedAccess, AccessStatus));
  });
}

VOID MapGenericMask(PDWORD AccessMask, PGENERIC_MAPPING GenericMapping) {
  const DWORD asked = *AccessMask;
  DWORD mask = asked & ~pipes::kGenericBits;
  if ((asked & GENERIC_READ) != 0) mask |= GenericMapping->GenericRead;
  if ((asked & GENERIC_WRITE) != 0) mask |= GenericMapping->GenericWrite;
  if ((asked & GENERIC_EXECUTE) != 0) mask |= GenericMapping->GenericExecute;
  if ((asked & GENERIC_ALL) != 0) mask |= GenericMapping->GenericAll;
  *AccessMask = mask;
}

BOOL AreAllAccessesGranted(DWORD GrantedAccess, DWORD DesiredAccess) {
  return (GrantedAccess & DesiredAccess) == DesiredAccess;
}

BOOL AreAnyAccessesGranted(DWORD GrantedAccess, DWORD DesiredAccess) { return (GrantedAccess & DesiredAccess) != 0; }
