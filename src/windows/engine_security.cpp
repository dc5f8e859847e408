// The security of pipes: each one call of the kernel's. Who a client is stands in engine_accounts.cpp, among the tokens.
#include <vector>

#include "windows/win32.h"

namespace pipes::engine {

Status get_security(pipes_handle handle, uint32_t information, std::vector<std::byte>* descriptor) noexcept {
  return guard([&]() -> Status {
    DWORD size = 0;
    std::vector<std::byte> answer(512);
    while (::GetKernelObjectSecurity(kernel(handle), information, answer.data(), static_cast<DWORD>(answer.size()),
                                     &size) == FALSE) {
      const Status failed = status_of(FALSE);
      if (failed != PIPES_ERROR_INSUFFICIENT_BUFFER || size <= answer.size()) return failed;
      answer.resize(size);
    }
    answer.resize(::GetSecurityDescriptorLength(answer.data()));
    *descriptor = std::move(answer);
    return PIPES_OK;
  });
}

Status set_security(pipes_handle handle, uint32_t information, const SecurityDescriptor& replacement) noexcept {
  return guard([&]() -> Status {
    auto bytes = descriptor_to_bytes(replacement);
    if (!bytes) return bytes.status();
    return status_of(::SetKernelObjectSecurity(kernel(handle), information, bytes->data()));
  });
}

Status impersonate_client(pipes_handle handle) noexcept {
  return status_of(::ImpersonateNamedPipeClient(kernel(handle)));
}

Status revert_to_self() noexcept { return status_of(::RevertToSelf()); }

}  // namespace pipes::engine
