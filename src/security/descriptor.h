// Security descriptors: the owned form that decisions are made with, and the self-relative bytes (SD-1 to SD-11) that
// cross the C ABI and the file system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "security/acl.h"
#include "security/sid.h"

namespace pipes {

// Control bits (SD-2).
inline constexpr std::uint16_t kOwnerDefaulted = 0x0001;
inline constexpr std::uint16_t kGroupDefaulted = 0x0002;
inline constexpr std::uint16_t kDaclPresent = 0x0004;
inline constexpr std::uint16_t kDaclDefaulted = 0x0008;
inline constexpr std::uint16_t kSaclPresent = 0x0010;
inline constexpr std::uint16_t kSaclDefaulted = 0x0020;
inline constexpr std::uint16_t kServerTrusted = 0x0040;
inline constexpr std::uint16_t kServerSecurity = 0x0080;
inline constexpr std::uint16_t kDaclAutoInheritRequired = 0x0100;
inline constexpr std::uint16_t kSaclAutoInheritRequired = 0x0200;
inline constexpr std::uint16_t kDaclAutoInherited = 0x0400;
inline constexpr std::uint16_t kSaclAutoInherited = 0x0800;
inline constexpr std::uint16_t kDaclProtected = 0x1000;
inline constexpr std::uint16_t kSaclProtected = 0x2000;
inline constexpr std::uint16_t kResourceManagerControlValid = 0x4000;
inline constexpr std::uint16_t kSelfRelative = 0x8000;

inline constexpr std::size_t kDescriptorHeaderBytes = 20;
// Longer descriptors are refused everywhere.
inline constexpr std::size_t kDescriptorBytesMax = 65536;

// SecurityDescriptor says who owns something and who may do what with it.
//
// A list is in one of three states (SD-3): not present (the bit in `control` is clear, the list empty-handed), present
// and null (the bit is set, there is no list: for a DACL everyone may do everything), present. set_dacl and set_sacl
// keep bit and list together.
struct SecurityDescriptor {
  std::uint16_t control = 0;  // Without kSelfRelative, which belongs to the bytes.
  std::uint8_t resource_manager_control = 0;
  std::optional<Sid> owner;
  std::optional<Sid> group;
  std::optional<Acl> sacl;
  std::optional<Acl> dacl;

  [[nodiscard]] bool has_dacl() const { return (control & kDaclPresent) != 0; }
  [[nodiscard]] bool has_sacl() const { return (control & kSaclPresent) != 0; }
  // size_bytes returns how long the self-relative form is.
  [[nodiscard]] std::size_t size_bytes() const;
  // Makes the list present; without a value, null.
  void set_dacl(std::optional<Acl> list);
  void set_sacl(std::optional<Acl> list);

  friend bool operator==(const SecurityDescriptor&, const SecurityDescriptor&) = default;
};

// descriptor_from_bytes reads a self-relative descriptor. Its parts may lie in any order, share bytes and leave gaps
// (SD-9); no offset, size or count is trusted (SD-8).
//
// PIPES_ERROR_UNKNOWN_REVISION: another revision than 1. PIPES_ERROR_INVALID_SECURITY_DESCR: cut short, not
// self-relative, an offset outside `bytes` or within the header, or longer than kDescriptorBytesMax, as it stands or
// with its parts laid out apart. PIPES_ERROR_INVALID_SID, PIPES_ERROR_INVALID_ACL: what lies there is malformed.
[[nodiscard]] Result<SecurityDescriptor> descriptor_from_bytes(std::span<const std::byte> bytes);

// check_size tells whether the self-relative form of `descriptor` is one that may be: 0, or PIPES_ERROR_INVALID_ACL: a
// list of more than kAclBytesMax; or PIPES_ERROR_INVALID_SECURITY_DESCR: more than kDescriptorBytesMax.
[[nodiscard]] Status check_size(const SecurityDescriptor& descriptor);

// descriptor_to_bytes lays `descriptor` out self-relative: header, SACL, DACL, owner, group, without gaps (SDDL-19).
// Fails as check_size. Never fails for what descriptor_from_bytes returned.
[[nodiscard]] Result<std::vector<std::byte>> descriptor_to_bytes(const SecurityDescriptor& descriptor);

}  // namespace pipes
