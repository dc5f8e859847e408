// Access control entries and lists (SD-4 to SD-7, SD-10), as values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "security/sid.h"

namespace pipes {

// Types of entries (SD-6). Others exist and are kept, so that the field is a number.
inline constexpr std::uint8_t kAceAllow = 0;
inline constexpr std::uint8_t kAceDeny = 1;
inline constexpr std::uint8_t kAceAudit = 2;
inline constexpr std::uint8_t kAceAlarm = 3;
inline constexpr std::uint8_t kAceAllowObject = 5;
inline constexpr std::uint8_t kAceDenyObject = 6;
inline constexpr std::uint8_t kAceAuditObject = 7;
inline constexpr std::uint8_t kAceAlarmObject = 8;
inline constexpr std::uint8_t kAceAllowCallback = 9;
inline constexpr std::uint8_t kAceDenyCallback = 0x0A;
inline constexpr std::uint8_t kAceAllowCallbackObject = 0x0B;
inline constexpr std::uint8_t kAceDenyCallbackObject = 0x0C;
inline constexpr std::uint8_t kAceAuditCallback = 0x0D;
inline constexpr std::uint8_t kAceAuditCallbackObject = 0x0F;
inline constexpr std::uint8_t kAceMandatoryLabel = 0x11;
inline constexpr std::uint8_t kAceResourceAttribute = 0x12;
inline constexpr std::uint8_t kAceScopedPolicy = 0x13;
inline constexpr std::uint8_t kAceTrustLabel = 0x14;
inline constexpr std::uint8_t kAceAccessFilter = 0x15;

// Flags of entries (SD-7).
inline constexpr std::uint8_t kAceObjectInherit = 0x01;
inline constexpr std::uint8_t kAceContainerInherit = 0x02;
inline constexpr std::uint8_t kAceNoPropagate = 0x04;
inline constexpr std::uint8_t kAceInheritOnly = 0x08;
inline constexpr std::uint8_t kAceInherited = 0x10;
inline constexpr std::uint8_t kAceCritical = 0x20;
inline constexpr std::uint8_t kAceAuditSuccess = 0x40;
inline constexpr std::uint8_t kAceAuditFailure = 0x80;

// How the body of an entry is laid out, which follows from its type.
enum class AceLayout {
  kSid,     // mask, SID, and perhaps more bytes
  kObject,  // mask, flags, up to two GUIDs, SID, and perhaps more bytes
  kUnknown  // bytes
};

[[nodiscard]] AceLayout layout_of(std::uint8_t ace_type);

using Guid = std::array<std::byte, 16>;  // As it lies in a descriptor.

// Which GUIDs an object entry has.
inline constexpr std::uint32_t kAceHasObjectType = 1;
inline constexpr std::uint32_t kAceHasInheritedObjectType = 2;

// Ace is one entry. What its layout does not have keeps its first value.
struct Ace {
  std::uint8_t type = kAceAllow;
  std::uint8_t flags = 0;
  std::uint32_t mask = 0;
  Sid sid;
  std::uint32_t object_flags = 0;
  Guid object_type{};
  Guid inherited_object_type{};
  // What follows the SID, such as a condition; all the body if the layout is unknown. A multiple of 4 bytes.
  std::vector<std::byte> rest;

  [[nodiscard]] std::size_t size_bytes() const;
  [[nodiscard]] bool is_inherit_only() const { return (flags & kAceInheritOnly) != 0; }

  friend bool operator==(const Ace&, const Ace&) = default;
};

inline constexpr std::uint8_t kAclRevision = 2;
inline constexpr std::uint8_t kAclRevisionObjects = 4;  // For lists with object entries.
inline constexpr std::size_t kAclHeaderBytes = 8;
inline constexpr std::size_t kAclBytesMax = 65535;

// Acl is a list of entries in the order that counts.
struct Acl {
  std::uint8_t revision = kAclRevision;
  std::vector<Ace> entries;

  // size_bytes returns how long the list is in a descriptor. A list of more than kAclBytesMax fits in none.
  [[nodiscard]] std::size_t size_bytes() const;

  friend bool operator==(const Acl&, const Acl&) = default;
};

// acl_from_bytes reads the list that `bytes` begin with; free room behind its entries is dropped.
// PIPES_ERROR_INVALID_ACL: an unknown revision, or a size or count that does not hold what it should.
[[nodiscard]] Result<Acl> acl_from_bytes(std::span<const std::byte> bytes);

// append_acl writes `acl`, which is at most kAclBytesMax long, behind `bytes`.
void append_acl(const Acl& acl, std::vector<std::byte>* bytes);

}  // namespace pipes
