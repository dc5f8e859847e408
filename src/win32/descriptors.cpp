#include "win32/descriptors.h"

#include <algorithm>
#include <cstring>

#include "pipes/compat/sddl.h"
#include "security/sddl.h"
#include "win32/acls.h"
#include "win32/last_error.h"
#include "win32/local_memory.h"
#include "win32/sids.h"
#include "win32/text.h"

namespace pipes::win32 {
namespace {

using Control = SECURITY_DESCRIPTOR_CONTROL;

Control without(Control control, unsigned bits) { return static_cast<Control>(control & ~bits); }
Control with(Control control, unsigned bits, bool set) {
  return set ? static_cast<Control>(control | bits) : without(control, bits);
}

std::span<const std::byte> bytes_of_sid_or_none(PSID sid) {
  return sid == nullptr ? std::span<const std::byte>() : bytes_of_sid(sid);
}
std::span<const std::byte> bytes_of_acl_or_none(PACL acl) {
  return acl == nullptr ? std::span<const std::byte>() : bytes_of_acl(acl);
}

Result<DescriptorParts> parts_of_relative(PSECURITY_DESCRIPTOR descriptor) {
  SECURITY_DESCRIPTOR_RELATIVE header{};
  std::memcpy(&header, descriptor, sizeof header);
  const auto is_sound = [](DWORD offset) {
    return offset == 0 || (offset >= kDescriptorHeaderBytes && offset < kDescriptorBytesMax);
  };
  if (!is_sound(header.Owner) || !is_sound(header.Group) || !is_sound(header.Sacl) || !is_sound(header.Dacl)) {
    return ERROR_INVALID_SECURITY_DESCR;
  }
  const auto at = [&](DWORD offset) -> PVOID {
    return offset == 0 ? nullptr : static_cast<std::byte*>(descriptor) + offset;
  };
  DescriptorParts parts;
  parts.control = header.Control;
  parts.owner = at(header.Owner);
  parts.group = at(header.Group);
  parts.sacl = static_cast<PACL>(at(header.Sacl));
  parts.dacl = static_cast<PACL>(at(header.Dacl));
  return parts;
}

// ---------------------------------------------------------------------------------------------------- parts, one by one

// Parts can be put into absolute descriptors only.
Status check_writable(PSECURITY_DESCRIPTOR descriptor) {
  const auto* const absolute = static_cast<SECURITY_DESCRIPTOR*>(descriptor);
  if (absolute == nullptr) return ERROR_INVALID_PARAMETER;
  if (absolute->Revision != SECURITY_DESCRIPTOR_REVISION) return ERROR_UNKNOWN_REVISION;
  return (absolute->Control & SE_SELF_RELATIVE) != 0 ? Status{ERROR_INVALID_SECURITY_DESCR} : PIPES_OK;
}

BOOL set_sid(PSECURITY_DESCRIPTOR descriptor, PSID SECURITY_DESCRIPTOR::*member, PSID sid, unsigned defaulted_bit,
             BOOL defaulted) {
  const Status status = check_writable(descriptor);
  if (status != PIPES_OK) return answer(status);
  if (sid != nullptr && !is_valid_sid(sid)) return answer(ERROR_INVALID_SID);
  auto* const absolute = static_cast<SECURITY_DESCRIPTOR*>(descriptor);
  absolute->*member = sid;
  absolute->Control = with(absolute->Control, defaulted_bit, defaulted != FALSE);
  return TRUE;
}

BOOL set_acl(PSECURITY_DESCRIPTOR descriptor, PACL SECURITY_DESCRIPTOR::*member, BOOL present, PACL acl,
             unsigned present_bit, unsigned defaulted_bit, BOOL defaulted) {
  const Status status = check_writable(descriptor);
  if (status != PIPES_OK) return answer(status);
  auto* const absolute = static_cast<SECURITY_DESCRIPTOR*>(descriptor);
  const bool is_present = present != FALSE;
  absolute->*member = is_present ? acl : nullptr;
  absolute->Control = with(absolute->Control, present_bit, is_present);
  absolute->Control = with(absolute->Control, defaulted_bit, is_present && defaulted != FALSE);
  return TRUE;
}

BOOL get_sid(PSECURITY_DESCRIPTOR descriptor, PSID DescriptorParts::*member, PSID* sid, unsigned defaulted_bit,
             LPBOOL defaulted) {
  const Result<DescriptorParts> parts = parts_of(descriptor);
  if (!parts) return answer(parts.status());
  if (sid == nullptr || defaulted == nullptr) return answer(ERROR_INVALID_PARAMETER);
  *sid = (*parts).*member;
  *defaulted = (parts->control & defaulted_bit) != 0;
  return TRUE;
}

BOOL get_acl(PSECURITY_DESCRIPTOR descriptor, PACL DescriptorParts::*member, LPBOOL present, PACL* acl,
             unsigned present_bit, unsigned defaulted_bit, LPBOOL defaulted) {
  const Result<DescriptorParts> parts = parts_of(descriptor);
  if (!parts) return answer(parts.status());
  if (present == nullptr || acl == nullptr || defaulted == nullptr) return answer(ERROR_INVALID_PARAMETER);
  *present = (parts->control & present_bit) != 0;
  if (*present == FALSE) return TRUE;  // and the others stay as they were
  *acl = (*parts).*member;
  *defaulted = (parts->control & defaulted_bit) != 0;
  return TRUE;
}

// ----------------------------------------------------------------------------------------------------- absolute from relative

// A part of MakeAbsoluteSD: `size` receives what is needed, and what was there is returned.
struct Room {
  void* buffer;
  DWORD* size;
  std::span<const std::byte> part;

  [[nodiscard]] bool is_answerable() const { return size != nullptr || part.empty(); }
  // Whether it fits. Tells what is needed in any case.
  bool take() {
    const DWORD room = size == nullptr ? 0 : *size;
    if (size != nullptr) *size = static_cast<DWORD>(part.size());
    return room >= part.size() && (buffer != nullptr || part.empty());
  }
  // The copy, or null where there is no part.
  [[nodiscard]] void* copy() const {
    if (part.empty()) return nullptr;
    std::memcpy(buffer, part.data(), part.size());
    return buffer;
  }
};

Status make_absolute(PSECURITY_DESCRIPTOR from, PSECURITY_DESCRIPTOR to, LPDWORD to_size, Room dacl, Room sacl,
                     Room owner, Room group) {
  const Result<DescriptorParts> parts = parts_of(from);
  if (!parts) return parts.status();
  if ((parts->control & SE_SELF_RELATIVE) == 0) return ERROR_BAD_DESCRIPTOR_FORMAT;
  const Status status = check_parts(*parts);
  if (status != PIPES_OK) return status;
  dacl.part = bytes_of_acl_or_none(parts->dacl);
  sacl.part = bytes_of_acl_or_none(parts->sacl);
  owner.part = bytes_of_sid_or_none(parts->owner);
  group.part = bytes_of_sid_or_none(parts->group);
  if (to_size == nullptr || !dacl.is_answerable() || !sacl.is_answerable() || !owner.is_answerable() ||
      !group.is_answerable()) {
    return ERROR_INVALID_PARAMETER;
  }
  const bool header_fits = to != nullptr && *to_size >= sizeof(SECURITY_DESCRIPTOR);
  *to_size = sizeof(SECURITY_DESCRIPTOR);
  const bool lists_fit = static_cast<int>(dacl.take()) + static_cast<int>(sacl.take()) == 2;
  const bool sids_fit = static_cast<int>(owner.take()) + static_cast<int>(group.take()) == 2;
  if (!header_fits || !lists_fit || !sids_fit) return ERROR_INSUFFICIENT_BUFFER;
  auto* const absolute = static_cast<SECURITY_DESCRIPTOR*>(to);
  *absolute = {};
  absolute->Revision = SECURITY_DESCRIPTOR_REVISION;
  absolute->Control = without(parts->control, SE_SELF_RELATIVE);
  absolute->Dacl = static_cast<PACL>(dacl.copy());
  absolute->Sacl = static_cast<PACL>(sacl.copy());
  absolute->Owner = owner.copy();
  absolute->Group = group.copy();
  return PIPES_OK;
}

Status make_relative(PSECURITY_DESCRIPTOR from, PSECURITY_DESCRIPTOR to, LPDWORD size) {
  if (size == nullptr) return ERROR_INVALID_PARAMETER;
  const Result<DescriptorParts> parts = parts_of(from);
  if (!parts) return parts.status();
  if ((parts->control & SE_SELF_RELATIVE) != 0) return ERROR_BAD_DESCRIPTOR_FORMAT;
  const Status status = check_parts(*parts);
  if (status != PIPES_OK) return status;
  const std::vector<std::byte> bytes = self_relative(*parts);
  const DWORD room = *size;
  *size = static_cast<DWORD>(bytes.size());
  if (to == nullptr || room < bytes.size()) return ERROR_INSUFFICIENT_BUFFER;
  std::memcpy(to, bytes.data(), bytes.size());
  return PIPES_OK;
}

template <class Char>
Status tell_text(PSECURITY_DESCRIPTOR descriptor, DWORD revision, SECURITY_INFORMATION information, Char** text,
                 PULONG length) {
  if (text == nullptr) return ERROR_INVALID_PARAMETER;
  if (revision != SDDL_REVISION_1) return ERROR_UNKNOWN_REVISION;  // SDDL-14
  const Result<SecurityDescriptor> read = security_descriptor_of(descriptor);
  if (!read) return read.status();
  const Result<std::string> written = sddl_format(*read, information);
  if (!written) return written.status();
  *text = new_text<Char>(*written);
  if (*text == nullptr) return ERROR_NOT_ENOUGH_MEMORY;
  if (length != nullptr) *length = static_cast<ULONG>(written->size() + 1);  // all of it is ASCII
  return PIPES_OK;
}

}  // namespace

Result<DescriptorParts> parts_of(PSECURITY_DESCRIPTOR descriptor) {
  if (descriptor == nullptr) return ERROR_INVALID_PARAMETER;
  SECURITY_DESCRIPTOR_RELATIVE start{};  // whose first members both kinds have
  std::memcpy(&start, descriptor, offsetof(SECURITY_DESCRIPTOR_RELATIVE, Owner));
  if (start.Revision != SECURITY_DESCRIPTOR_REVISION) return ERROR_UNKNOWN_REVISION;
  DescriptorParts parts;
  if ((start.Control & SE_SELF_RELATIVE) != 0) {
    const Result<DescriptorParts> found = parts_of_relative(descriptor);
    if (!found) return found.status();
    parts = *found;
  } else {
    const auto* const absolute = static_cast<SECURITY_DESCRIPTOR*>(descriptor);
    parts = {absolute->Control, absolute->Owner, absolute->Group, absolute->Sacl, absolute->Dacl};
  }
  if ((parts.control & SE_SACL_PRESENT) == 0) parts.sacl = nullptr;
  if ((parts.control & SE_DACL_PRESENT) == 0) parts.dacl = nullptr;
  return parts;
}

Status check_parts(const DescriptorParts& parts) {
  for (PSID const sid : {parts.owner, parts.group}) {
    if (sid != nullptr && !is_valid_sid(sid)) return ERROR_INVALID_SID;
  }
  for (PACL const acl : {parts.sacl, parts.dacl}) {
    if (acl != nullptr && !is_valid_acl(acl)) return ERROR_INVALID_ACL;
  }
  return PIPES_OK;
}

std::vector<std::byte> self_relative(const DescriptorParts& parts) {
  SECURITY_DESCRIPTOR_RELATIVE header{};
  header.Revision = SECURITY_DESCRIPTOR_REVISION;
  header.Control = with(parts.control, SE_SELF_RELATIVE, true);
  std::vector<std::byte> bytes(sizeof header);
  const auto append = [&](std::span<const std::byte> part, DWORD* offset) {
    if (part.empty()) return;
    *offset = static_cast<DWORD>(bytes.size());
    bytes.insert(bytes.end(), part.begin(), part.end());
    bytes.resize((bytes.size() + sizeof(DWORD) - 1) / sizeof(DWORD) * sizeof(DWORD));
  };
  append(bytes_of_acl_or_none(parts.sacl), &header.Sacl);
  append(bytes_of_acl_or_none(parts.dacl), &header.Dacl);
  append(bytes_of_sid_or_none(parts.owner), &header.Owner);
  append(bytes_of_sid_or_none(parts.group), &header.Group);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

Result<std::vector<std::byte>> self_relative_of(PSECURITY_DESCRIPTOR descriptor) {
  const Result<DescriptorParts> parts = parts_of(descriptor);
  if (!parts) return parts.status();
  const Status status = check_parts(*parts);
  if (status != PIPES_OK) return status;
  return self_relative(*parts);
}

Result<SecurityDescriptor> security_descriptor_of(PSECURITY_DESCRIPTOR descriptor) {
  const Result<std::vector<std::byte>> bytes = self_relative_of(descriptor);
  return bytes ? descriptor_from_bytes(*bytes) : Result<SecurityDescriptor>(bytes.status());
}

}  // namespace pipes::win32

using namespace pipes::win32;

BOOL InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD dwRevision) {
  if (pSecurityDescriptor == nullptr) return answer(ERROR_INVALID_PARAMETER);
  if (dwRevision != SECURITY_DESCRIPTOR_REVISION) return answer(ERROR_UNKNOWN_REVISION);
  auto* const descriptor = static_cast<SECURITY_DESCRIPTOR*>(pSecurityDescriptor);
  *descriptor = {};
  descriptor->Revision = SECURITY_DESCRIPTOR_REVISION;
  return TRUE;
}

BOOL IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor) {
  const pipes::Result<DescriptorParts> parts = parts_of(pSecurityDescriptor);
  return answer(parts && check_parts(*parts) == PIPES_OK ? ERROR_SUCCESS : ERROR_INVALID_SECURITY_DESCR);
}

DWORD GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR pSecurityDescriptor) {
  const pipes::Result<DescriptorParts> parts = parts_of(pSecurityDescriptor);
  if (!parts || check_parts(*parts) != PIPES_OK) return fail(ERROR_INVALID_SECURITY_DESCR, DWORD{0});
  return guarded(DWORD{0}, [&] {
    const bool is_relative = (parts->control & SE_SELF_RELATIVE) != 0;
    const std::size_t more = is_relative ? 0 : sizeof(SECURITY_DESCRIPTOR) - sizeof(SECURITY_DESCRIPTOR_RELATIVE);
    return static_cast<DWORD>(self_relative(*parts).size() + more);
  });
}

BOOL GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR pSecurityDescriptor, PSECURITY_DESCRIPTOR_CONTROL pControl,
                                  LPDWORD lpdwRevision) {
  const pipes::Result<DescriptorParts> parts = parts_of(pSecurityDescriptor);
  if (!parts) return answer(parts.status());
  if (pControl == nullptr || lpdwRevision == nullptr) return answer(ERROR_INVALID_PARAMETER);
  *pControl = parts->control;
  *lpdwRevision = SECURITY_DESCRIPTOR_REVISION;
  return TRUE;
}

BOOL SetSecurityDescriptorControl(PSECURITY_DESCRIPTOR pSecurityDescriptor,
                                  SECURITY_DESCRIPTOR_CONTROL ControlBitsOfInterest,
                                  SECURITY_DESCRIPTOR_CONTROL ControlBitsToSet) {
  constexpr unsigned kSettable = SE_DACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERIT_REQ | SE_DACL_AUTO_INHERITED |
                                 SE_SACL_AUTO_INHERITED | SE_DACL_PROTECTED | SE_SACL_PROTECTED;
  const pipes::Result<DescriptorParts> parts = parts_of(pSecurityDescriptor);
  if (!parts) return answer(parts.status());
  if ((ControlBitsOfInterest & ~kSettable) != 0 || without(ControlBitsToSet, ControlBitsOfInterest) != 0) {
    return answer(ERROR_INVALID_PARAMETER);
  }
  const auto control = static_cast<Control>(without(parts->control, ControlBitsOfInterest) | ControlBitsToSet);
  std::memcpy(static_cast<std::byte*>(pSecurityDescriptor) + offsetof(SECURITY_DESCRIPTOR, Control), &control,
              sizeof control);
  return TRUE;
}

BOOL GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID* pOwner, LPBOOL lpbOwnerDefaulted) {
  return get_sid(pSecurityDescriptor, &DescriptorParts::owner, pOwner, SE_OWNER_DEFAULTED, lpbOwnerDefaulted);
}

BOOL SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID pOwner, BOOL bOwnerDefaulted) {
  return set_sid(pSecurityDescriptor, &SECURITY_DESCRIPTOR::Owner, pOwner, SE_OWNER_DEFAULTED, bOwnerDefaulted);
}

BOOL GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID* pGroup, LPBOOL lpbGroupDefaulted) {
  return get_sid(pSecurityDescriptor, &DescriptorParts::group, pGroup, SE_GROUP_DEFAULTED, lpbGroupDefaulted);
}

BOOL SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR pSecurityDescriptor, PSID pGroup, BOOL bGroupDefaulted) {
  return set_sid(pSecurityDescriptor, &SECURITY_DESCRIPTOR::Group, pGroup, SE_GROUP_DEFAULTED, bGroupDefaulted);
}

BOOL GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, LPBOOL lpbDaclPresent, PACL* pDacl,
                               LPBOOL lpbDaclDefaulted) {
  return get_acl(pSecurityDescriptor, &DescriptorParts::dacl, lpbDaclPresent, pDacl, SE_DACL_PRESENT, SE_DACL_DEFAULTED,
                 lpbDaclDefaulted);
}

BOOL SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, BOOL bDaclPresent, PACL pDacl,
                               BOOL bDaclDefaulted) {
  return set_acl(pSecurityDescriptor, &SECURITY_DESCRIPTOR::Dacl, bDaclPresent, pDacl, SE_DACL_PRESENT,
                 SE_DACL_DEFAULTED, bDaclDefaulted);
}

BOOL GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, LPBOOL lpbSaclPresent, PACL* pSacl,
                               LPBOOL lpbSaclDefaulted) {
  return get_acl(pSecurityDescriptor, &DescriptorParts::sacl, lpbSaclPresent, pSacl, SE_SACL_PRESENT, SE_SACL_DEFAULTED,
                 lpbSaclDefaulted);
}

BOOL SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, BOOL bSaclPresent, PACL pSacl,
                               BOOL bSaclDefaulted) {
  return set_acl(pSecurityDescriptor, &SECURITY_DESCRIPTOR::Sacl, bSaclPresent, pSacl, SE_SACL_PRESENT,
                 SE_SACL_DEFAULTED, bSaclDefaulted);
}

BOOL MakeSelfRelativeSD(PSECURITY_DESCRIPTOR pAbsoluteSecurityDescriptor,
                        PSECURITY_DESCRIPTOR pSelfRelativeSecurityDescriptor, LPDWORD lpdwBufferLength) {
  return guarded(FALSE, [&] {
    return answer(make_relative(pAbsoluteSecurityDescriptor, pSelfRelativeSecurityDescriptor, lpdwBufferLength));
  });
}

BOOL MakeAbsoluteSD(PSECURITY_DESCRIPTOR pSelfRelativeSecurityDescriptor,
                    PSECURITY_DESCRIPTOR pAbsoluteSecurityDescriptor, LPDWORD lpdwAbsoluteSecurityDescriptorSize,
                    PACL pDacl, LPDWORD lpdwDaclSize, PACL pSacl, LPDWORD lpdwSaclSize, PSID pOwner,
                    LPDWORD lpdwOwnerSize, PSID pPrimaryGroup, LPDWORD lpdwPrimaryGroupSize) {
  return answer(make_absolute(pSelfRelativeSecurityDescriptor, pAbsoluteSecurityDescriptor,
                              lpdwAbsoluteSecurityDescriptorSize, {pDacl, lpdwDaclSize, {}}, {pSacl, lpdwSaclSize, {}},
                              {pOwner, lpdwOwnerSize, {}}, {pPrimaryGroup, lpdwPrimaryGroupSize, {}}));
}

BOOL ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR StringSecurityDescriptor, DWORD StringSDRevision,
                                                          PSECURITY_DESCRIPTOR* SecurityDescriptor,
                                                          PULONG SecurityDescriptorSize) {
  if (StringSecurityDescriptor == nullptr || SecurityDescriptor == nullptr) return answer(ERROR_INVALID_PARAMETER);
  if (StringSDRevision != SDDL_REVISION_1) return answer(ERROR_UNKNOWN_REVISION);  // SDDL-14
  return guarded(FALSE, [&] {
    const pipes::Result<pipes::SecurityDescriptor> parsed = pipes::sddl_parse(StringSecurityDescriptor);
    if (!parsed) return answer(parsed.status());
    const pipes::Result<std::vector<std::byte>> bytes = pipes::descriptor_to_bytes(*parsed);
    if (!bytes) return answer(bytes.status());
    *SecurityDescriptor = new_block(*bytes);
    if (*SecurityDescriptor == nullptr) return FALSE;
    if (SecurityDescriptorSize != nullptr) *SecurityDescriptorSize = static_cast<ULONG>(bytes->size());
    return TRUE;
  });
}

BOOL ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR StringSecurityDescriptor, DWORD StringSDRevision,
                                                          PSECURITY_DESCRIPTOR* SecurityDescriptor,
                                                          PULONG SecurityDescriptorSize) {
  return guarded(FALSE, [&] {
    return ConvertStringSecurityDescriptorToSecurityDescriptorA(Utf8(StringSecurityDescriptor), StringSDRevision,
                                                                SecurityDescriptor, SecurityDescriptorSize);
  });
}

BOOL ConvertSecurityDescriptorToStringSecurityDescriptorA(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                          DWORD RequestedStringSDRevision,
                                                          SECURITY_INFORMATION SecurityInformation,
                                                          LPSTR* StringSecurityDescriptor,
                                                          PULONG StringSecurityDescriptorLen) {
  return guarded(FALSE, [&] {
    return answer(tell_text(SecurityDescriptor, RequestedStringSDRevision, SecurityInformation,
                            StringSecurityDescriptor, StringSecurityDescriptorLen));
  });
}

BOOL ConvertSecurityDescriptorToStringSecurityDescriptorW(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                          DWORD RequestedStringSDRevision,
                                                          SECURITY_INFORMATION SecurityInformation,
                                                          LPWSTR* StringSecurityDescriptor,
                                                          PULONG StringSecurityDescriptorLen) {
  return guarded(FALSE, [&] {
    return answer(tell_text(SecurityDescriptor, RequestedStringSDRevision, SecurityInformation,
                            StringSecurityDescriptor, StringSecurityDescriptorLen));
  });
}
