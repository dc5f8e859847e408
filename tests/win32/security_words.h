// What the tests of security say in Win32's words.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "win32/words.h"
// Behind <windows.h>.
#include <aclapi.h>
#include <sddl.h>

namespace pipes::test {

struct LocalMemory {
  void operator()(void* memory) const { LocalFree(memory); }
};

// Local frees what functions give away.
template <class T>
using Local = std::unique_ptr<T, LocalMemory>;

// A SID in memory of its own.
class SidValue {
 public:
  SidValue() = default;
  explicit SidValue(WELL_KNOWN_SID_TYPE type) {
    DWORD size = sizeof memory_;
    EXPECT_TRUE(CreateWellKnownSid(type, nullptr, get(), &size));
  }
  explicit SidValue(const char* text) {
    PSID sid = nullptr;
    EXPECT_TRUE(ConvertStringSidToSidA(text, &sid)) << text;
    if (sid != nullptr) CopySid(sizeof memory_, get(), sid);
    LocalFree(sid);
  }

  PSID get() { return memory_; }
  operator PSID() { return get(); }  // NOLINT: implicit, so that tests read like callers

 private:
  alignas(DWORD) BYTE memory_[68] = {};
};

inline std::string text_of_sid(PSID sid) {
  LPSTR text = nullptr;
  if (!ConvertSidToStringSidA(sid, &text)) return "error " + std::to_string(GetLastError());
  const Local<char> owned(text);
  return text;
}

inline constexpr SECURITY_INFORMATION kAllParts =
    OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION;
inline constexpr SECURITY_INFORMATION kDacl = DACL_SECURITY_INFORMATION;

inline std::string sddl_of(PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION parts = kAllParts) {
  LPSTR text = nullptr;
  if (!ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, parts, &text, nullptr)) {
    return "error " + std::to_string(GetLastError());
  }
  const Local<char> owned(text);
  return text;
}

inline Local<void> descriptor_of(const std::string& sddl) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  EXPECT_TRUE(ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl.c_str(), SDDL_REVISION_1, &descriptor, nullptr))
      << sddl << ": " << GetLastError();
  return Local<void>(descriptor);
}

// The DACL of a descriptor that lives on.
inline PACL dacl_of(const Local<void>& descriptor) {
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  PACL dacl = nullptr;
  EXPECT_TRUE(GetSecurityDescriptorDacl(descriptor.get(), &present, &dacl, &defaulted));
  return dacl;
}

// A DACL as text.
inline std::string sddl_of_dacl(PACL dacl) {
  SECURITY_DESCRIPTOR descriptor;
  EXPECT_TRUE(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
  EXPECT_TRUE(SetSecurityDescriptorDacl(&descriptor, TRUE, dacl, FALSE));
  return sddl_of(&descriptor, kDacl);
}

// A list with room for some entries.
struct Room {
  alignas(DWORD) BYTE memory[256];
  PACL get() { return reinterpret_cast<PACL>(memory); }
};

inline Owned process_token(DWORD access = TOKEN_QUERY | TOKEN_DUPLICATE) {
  HANDLE token = nullptr;
  EXPECT_TRUE(OpenProcessToken(GetCurrentProcess(), access, &token));
  return Owned(token);
}

inline Owned impersonation_token(SECURITY_IMPERSONATION_LEVEL level = SecurityImpersonation) {
  HANDLE token = nullptr;
  EXPECT_TRUE(DuplicateToken(process_token(), level, &token));
  return Owned(token);
}

// What a token tells, in memory that its pointers point into; empty if it fails.
inline std::vector<ULONGLONG> token_information(HANDLE token, TOKEN_INFORMATION_CLASS what) {
  DWORD size = 0;
  if (GetTokenInformation(token, what, nullptr, 0, &size) || GetLastError() != ERROR_INSUFFICIENT_BUFFER) return {};
  std::vector<ULONGLONG> memory(size / sizeof(ULONGLONG) + 1);
  EXPECT_TRUE(GetTokenInformation(token, what, memory.data(), size, &size));
  return memory;
}

template <class T>
const T& as(const std::vector<ULONGLONG>& memory) {
  return *reinterpret_cast<const T*>(memory.data());
}

inline std::string user_of(HANDLE token) {
  const auto memory = token_information(token, TokenUser);
  return memory.empty() ? "" : text_of_sid(as<TOKEN_USER>(memory).User.Sid);
}

}  // namespace pipes::test
