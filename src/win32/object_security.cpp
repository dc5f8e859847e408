// The security descriptors of pipes, under the names of <aclapi.h> and of the kernel's objects.
#include <cstring>
#include <memory>

#include "pipes/compat/aclapi.h"
#include "win32/descriptors.h"
#include "win32/last_error.h"
#include "win32/local_memory.h"
#include "win32/objects.h"

namespace pipes::win32 {
namespace {

// SEC-13: either name serves for a pipe.
Status check_object(HANDLE handle, SE_OBJECT_TYPE type) {
  if (handle == nullptr) return ERROR_INVALID_HANDLE;
  if (type != SE_KERNEL_OBJECT && type != SE_FILE_OBJECT) return ERROR_INVALID_PARAMETER;
  return belongs_to_layer(handle) ? Status{ERROR_NOT_SUPPORTED} : PIPES_OK;
}

// The descriptor of an end, as bytes that are freed.
struct Got {
  std::unique_ptr<void, decltype(&pipes_sd_free)> memory{nullptr, &pipes_sd_free};
  uint32_t size = 0;

  [[nodiscard]] std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(memory.get()), size}; }
};

Status get(HANDLE handle, SECURITY_INFORMATION information, Got* got) {
  void* descriptor = nullptr;
  const Status status = pipes_get_security(engine_handle(handle), information, &descriptor, &got->size);
  got->memory.reset(descriptor);
  return status;
}

Status set(HANDLE handle, SECURITY_INFORMATION information, const DescriptorParts& parts) {
  const Status status = check_parts(parts);
  if (status != PIPES_OK) return status;
  const std::vector<std::byte> bytes = self_relative(parts);
  return pipes_set_security(engine_handle(handle), information, bytes.data(), static_cast<uint32_t>(bytes.size()));
}

Status get_security_info(HANDLE handle, SE_OBJECT_TYPE type, SECURITY_INFORMATION information, PSID* owner, PSID* group,
                         PACL* dacl, PACL* sacl, PSECURITY_DESCRIPTOR* descriptor) {
  const Status refused = check_object(handle, type);
  if (refused != PIPES_OK) return refused;
  if (descriptor == nullptr) return ERROR_INVALID_PARAMETER;  // the parts lie in it
  Got got;
  const Status status = get(handle, information, &got);
  if (status != PIPES_OK) return status;
  PSECURITY_DESCRIPTOR const copy = new_block(got.bytes());
  if (copy == nullptr) return ERROR_NOT_ENOUGH_MEMORY;
  const Result<DescriptorParts> parts = parts_of(copy);
  if (!parts) {
    LocalFree(copy);
    return parts.status();
  }
  if (owner != nullptr) *owner = parts->owner;
  if (group != nullptr) *group = parts->group;
  if (dacl != nullptr) *dacl = parts->dacl;
  if (sacl != nullptr) *sacl = parts->sacl;
  *descriptor = copy;
  return PIPES_OK;
}

Status set_security_info(HANDLE handle, SE_OBJECT_TYPE type, SECURITY_INFORMATION information, PSID owner, PSID group,
                         PACL dacl, PACL sacl) {
  const Status refused = check_object(handle, type);
  if (refused != PIPES_OK) return refused;
  constexpr SECURITY_INFORMATION kInSacl = SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION |
                                           ATTRIBUTE_SECURITY_INFORMATION | SCOPE_SECURITY_INFORMATION;
  DescriptorParts parts;
  if ((information & OWNER_SECURITY_INFORMATION) != 0) parts.owner = owner;
  if ((information & GROUP_SECURITY_INFORMATION) != 0) parts.group = group;
  if ((information & DACL_SECURITY_INFORMATION) != 0) {
    parts.control |= SE_DACL_PRESENT;  // SEC-15: one that is null lets everyone in
    parts.dacl = dacl;
  }
  if ((information & kInSacl) != 0) {
    parts.control |= SE_SACL_PRESENT;
    parts.sacl = sacl;
  }
  return set(handle, information, parts);
}

Status get_kernel_object_security(HANDLE handle, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR descriptor,
                                  DWORD length, LPDWORD needed) {
  const Status refused = check_object(handle, SE_KERNEL_OBJECT);
  if (refused != PIPES_OK) return refused;
  if (needed == nullptr) return ERROR_NOACCESS;
  Got got;
  const Status status = get(handle, information, &got);
  if (status != PIPES_OK) return status;
  *needed = got.size;
  if (descriptor == nullptr || length < got.size) return ERROR_INSUFFICIENT_BUFFER;
  std::memcpy(descriptor, got.memory.get(), got.size);
  return PIPES_OK;
}

Status set_kernel_object_security(HANDLE handle, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR descriptor) {
  const Status refused = check_object(handle, SE_KERNEL_OBJECT);
  if (refused != PIPES_OK) return refused;
  const Result<DescriptorParts> parts = parts_of(descriptor);
  return parts ? set(handle, information, *parts) : parts.status();
}

}  // namespace
}  // namespace pipes::win32

using namespace pipes::win32;

DWORD GetSecurityInfo(HANDLE handle, SE_OBJECT_TYPE ObjectType, SECURITY_INFORMATION SecurityInfo, PSID* ppsidOwner,
                      PSID* ppsidGroup, PACL* ppDacl, PACL* ppSacl, PSECURITY_DESCRIPTOR* ppSecurityDescriptor) {
  return returned_error([&] {
    return get_security_info(handle, ObjectType, SecurityInfo, ppsidOwner, ppsidGroup, ppDacl, ppSacl,
                             ppSecurityDescriptor);
  });
}

DWORD SetSecurityInfo(HANDLE handle, SE_OBJECT_TYPE ObjectType, SECURITY_INFORMATION SecurityInfo, PSID psidOwner,
                      PSID psidGroup, PACL pDacl, PACL pSacl) {
  return returned_error(
      [&] { return set_security_info(handle, ObjectType, SecurityInfo, psidOwner, psidGroup, pDacl, pSacl); });
}

BOOL GetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION RequestedInformation,
                             PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD nLength, LPDWORD lpnLengthNeeded) {
  return guarded(FALSE, [&] {
    return answer(
        get_kernel_object_security(Handle, RequestedInformation, pSecurityDescriptor, nLength, lpnLengthNeeded));
  });
}

BOOL SetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                             PSECURITY_DESCRIPTOR SecurityDescriptor) {
  return guarded(FALSE,
                 [&] { return answer(set_kernel_object_security(Handle, SecurityInformation, SecurityDescriptor)); });
}
