// Accounts of Windows as SIDs with names, and whose token this thread has.
#include <memory>
#include <vector>

#include "support/utf.h"
#include "windows/names.h"
#include "windows/win32.h"

namespace pipes::engine {
namespace {

struct CloseToken {
  using pointer = HANDLE;
  void operator()(HANDLE token) const { ::CloseHandle(token); }
};
using TokenHandle = std::unique_ptr<void, CloseToken>;

Status open_own_token(TokenHandle* token) {
  HANDLE opened = nullptr;
  if (::OpenThreadToken(::GetCurrentThread(), TOKEN_QUERY, TRUE, &opened) == FALSE) {
    if (::GetLastError() != ERROR_NO_TOKEN) return status_of(FALSE);
    if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, &opened) == FALSE) return status_of(FALSE);
  }
  token->reset(opened);
  return PIPES_OK;
}

// ask reads one kind of information about a token: a structure of its own kind, aligned as any.
Status ask(HANDLE token, TOKEN_INFORMATION_CLASS kind, std::vector<uint64_t>* answer) {
  DWORD size = 0;
  ::GetTokenInformation(token, kind, nullptr, 0, &size);
  answer->resize(size / sizeof(uint64_t) + 1);
  return status_of(
      ::GetTokenInformation(token, kind, answer->data(), static_cast<DWORD>(answer->size() * sizeof(uint64_t)), &size));
}

template <class T>
const T& as(const std::vector<uint64_t>& answer) {
  return *reinterpret_cast<const T*>(answer.data());
}

Sid sid_from(PSID sid) {
  const auto* const bytes = static_cast<const std::byte*>(sid);
  const Result<Sid> read = sid_from_bytes({bytes, ::GetLengthSid(sid)});
  return read ? *read : Sid{};
}

// The privileges that the library knows, by the numbers that Windows gives them everywhere.
uint32_t privileges_of(const TOKEN_PRIVILEGES& held) {
  constexpr struct {
    DWORD number;
    uint32_t privilege;
  } kKnown[] = {{8, kSecurityPrivilege}, {9, kTakeOwnershipPrivilege}, {18, kRestorePrivilege}, {29, kImpersonatePrivilege}};
  uint32_t privileges = kNoPrivileges;
  for (DWORD i = 0; i < held.PrivilegeCount; ++i) {
    for (const auto& known : kKnown) {
      if (held.Privileges[i].Luid.HighPart == 0 && held.Privileges[i].Luid.LowPart == known.number) {
        privileges |= known.privilege;
      }
    }
  }
  return privileges;
}

// The library and Windows have the same attributes, and Windows some more.
constexpr uint32_t kGroupAttributes = PIPES_GROUP_MANDATORY | PIPES_GROUP_ENABLED_BY_DEFAULT | PIPES_GROUP_ENABLED |
                                      PIPES_GROUP_OWNER | PIPES_GROUP_DENY_ONLY | PIPES_GROUP_LOGON;

// Acting is the time in which the thread has its client's token, and what it had before.
class Acting {
 public:
  explicit Acting(HANDLE server) {
    HANDLE before = nullptr;
    if (::OpenThreadToken(::GetCurrentThread(), TOKEN_IMPERSONATE, TRUE, &before) != FALSE) before_.reset(before);
    status_ = status_of(::ImpersonateNamedPipeClient(server));
  }
  ~Acting() {
    if (status_ == PIPES_OK && ::SetThreadToken(nullptr, before_.get()) == FALSE) ::TerminateProcess(::GetCurrentProcess(), 1);
  }
  Acting(const Acting&) = delete;
  Acting& operator=(const Acting&) = delete;
  [[nodiscard]] Status status() const { return status_; }

 private:
  TokenHandle before_;
  Status status_ = PIPES_OK;
};

Status describe(HANDLE token, ClientFacts* facts) {
  std::vector<uint64_t> user;
  std::vector<uint64_t> primary;
  std::vector<uint64_t> groups;
  std::vector<uint64_t> privileges;
  std::vector<uint64_t> level;
  Status status = ask(token, TokenUser, &user);
  if (status == PIPES_OK) status = ask(token, TokenPrimaryGroup, &primary);
  if (status == PIPES_OK) status = ask(token, TokenGroups, &groups);
  if (status == PIPES_OK) status = ask(token, TokenPrivileges, &privileges);
  if (status == PIPES_OK) status = ask(token, TokenImpersonationLevel, &level);
  if (status != PIPES_OK) return status;
  std::vector<TokenGroup> known;
  const auto& told = as<TOKEN_GROUPS>(groups);
  for (DWORD i = 0; i < told.GroupCount; ++i) {
    known.push_back({sid_from(told.Groups[i].Sid), static_cast<uint32_t>(told.Groups[i].Attributes) & kGroupAttributes});
  }
  facts->token.emplace(sid_from(as<TOKEN_USER>(user).User.Sid),
                       sid_from(as<TOKEN_PRIMARY_GROUP>(primary).PrimaryGroup), std::move(known),
                       privileges_of(as<TOKEN_PRIVILEGES>(privileges)));
  facts->facts.impersonation_level = static_cast<uint32_t>(as<SECURITY_IMPERSONATION_LEVEL>(level));
  return PIPES_OK;
}

}  // namespace

Status get_client_identity(pipes_handle handle, ClientFacts* facts) noexcept {
  return guard([&]() -> Status {
    HANDLE opened = nullptr;
    {
      const Acting acting(kernel(handle));
      if (acting.status() != PIPES_OK) return acting.status();
      if (::OpenThreadToken(::GetCurrentThread(), TOKEN_QUERY, TRUE, &opened) == FALSE) {
        const Status failed = status_of(FALSE);
        if (failed != PIPES_ERROR_CANT_OPEN_ANONYMOUS) return failed;
        facts->token.emplace();
        facts->facts.impersonation_level = PIPES_SECURITY_LEVEL_ANONYMOUS;
        return PIPES_OK;
      }
    }
    const TokenHandle token(opened);
    ULONG process = 0;
    if (::GetNamedPipeClientProcessId(kernel(handle), &process) != FALSE) facts->facts.process_id = process;
    return describe(token.get(), facts);
  });
}

Status own_token(std::optional<Token>* token) noexcept {
  return guard([&]() -> Status {
    TokenHandle opened;
    std::vector<uint64_t> user;
    std::vector<uint64_t> primary;
    Status status = open_own_token(&opened);
    if (status == PIPES_OK) status = ask(opened.get(), TokenUser, &user);
    if (status == PIPES_OK) status = ask(opened.get(), TokenPrimaryGroup, &primary);
    if (status != PIPES_OK) return status;
    token->emplace(sid_from(as<TOKEN_USER>(user).User.Sid), sid_from(as<TOKEN_PRIMARY_GROUP>(primary).PrimaryGroup),
                   std::vector<TokenGroup>{}, kNoPrivileges);
    return PIPES_OK;
  });
}

Status account_name(const Sid& sid, std::string* name) noexcept {
  return guard([&]() -> Status {
    std::vector<std::byte> bytes;
    append_sid(sid, &bytes);
    DWORD name_size = 0;
    DWORD domain_size = 0;
    SID_NAME_USE use{};
    ::LookupAccountSidW(nullptr, bytes.data(), nullptr, &name_size, nullptr, &domain_size, &use);
    std::wstring account(name_size + 1, L'\0');
    std::wstring domain(domain_size + 1, L'\0');
    if (::LookupAccountSidW(nullptr, bytes.data(), account.data(), &name_size, domain.data(), &domain_size, &use) ==
        FALSE) {
      return status_of(FALSE);
    }
    account.resize(name_size);
    domain.resize(domain_size);
    *name = domain.empty() ? utf8(account) : utf8(domain) + '\\' + utf8(account);
    return PIPES_OK;
  });
}

Status account_sid(const std::string& name, std::optional<Sid>* sid) noexcept {
  return guard([&]() -> Status {
    const std::optional<std::u16string> utf16 = utf16_from_utf8(name);
    if (!utf16) return PIPES_ERROR_NONE_MAPPED;
    const std::wstring wide(utf16->begin(), utf16->end());
    if (wide.empty()) return PIPES_ERROR_NONE_MAPPED;  // Windows takes it for the computer's domain.
    std::vector<std::byte> bytes(PIPES_SID_BYTES_MAX);
    DWORD sid_size = PIPES_SID_BYTES_MAX;
    DWORD domain_size = 0;
    SID_NAME_USE use{};
    ::LookupAccountNameW(nullptr, wide.c_str(), bytes.data(), &sid_size, nullptr, &domain_size, &use);
    std::wstring domain(domain_size + 1, L'\0');
    sid_size = PIPES_SID_BYTES_MAX;
    if (::LookupAccountNameW(nullptr, wide.c_str(), bytes.data(), &sid_size, domain.data(), &domain_size, &use) ==
        FALSE) {
      return status_of(FALSE);
    }
    *sid = sid_from(bytes.data());
    return PIPES_OK;
  });
}

}  // namespace pipes::engine
