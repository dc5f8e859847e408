#include "security/acl.h"

#include <algorithm>
#include <optional>

#include "security/little_endian.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

constexpr std::size_t kAceHeaderBytes = 4;
constexpr std::size_t kGuidBytes = 16;

// take_guid reads one from the front of `body`, and false if there is not enough.
bool take_guid(std::span<const std::byte>* body, Guid* guid) {
  if (body->size() < kGuidBytes) return false;
  std::ranges::copy(body->first(kGuidBytes), guid->begin());
  *body = body->subspan(kGuidBytes);
  return true;
}

// ace_from_bytes reads one entry; `body` is what its size says that follows the header.
std::optional<Ace> ace_from_bytes(std::uint8_t type, std::uint8_t flags, std::span<const std::byte> body) {
  Ace ace;
  ace.type = type;
  ace.flags = flags;
  const AceLayout layout = layout_of(type);
  if (layout != AceLayout::kUnknown) {
    if (body.size() < 4) return std::nullopt;
    ace.mask = read_u32(body, 0);
    body = body.subspan(4);
    if (layout == AceLayout::kObject) {
      if (body.size() < 4) return std::nullopt;
      ace.object_flags = read_u32(body, 0);
      body = body.subspan(4);
      if ((ace.object_flags & kAceHasObjectType) != 0 && !take_guid(&body, &ace.object_type)) return std::nullopt;
      if ((ace.object_flags & kAceHasInheritedObjectType) != 0 && !take_guid(&body, &ace.inherited_object_type)) {
        return std::nullopt;
      }
    }
    const Result<Sid> sid = sid_from_bytes(body);
    if (!sid) return std::nullopt;
    ace.sid = *sid;
    body = body.subspan(sid->size_bytes());
  }
  ace.rest.assign(body.begin(), body.end());
  return ace;
}

void append_ace(const Ace& ace, std::vector<std::byte>* bytes) {
  append_u8(ace.type, bytes);
  append_u8(ace.flags, bytes);
  append_u16(gsl::narrow_cast<std::uint16_t>(ace.size_bytes()), bytes);
  const AceLayout layout = layout_of(ace.type);
  if (layout != AceLayout::kUnknown) {
    append_u32(ace.mask, bytes);
    if (layout == AceLayout::kObject) {
      append_u32(ace.object_flags, bytes);
      if (ace.object_flags & kAceHasObjectType) {
        bytes->insert(bytes->end(), ace.object_type.begin(), ace.object_type.end());
      }
      if (ace.object_flags & kAceHasInheritedObjectType) {
        bytes->insert(bytes->end(), ace.inherited_object_type.begin(), ace.inherited_object_type.end());
      }
    }
    append_sid(ace.sid, bytes);
  }
  bytes->insert(bytes->end(), ace.rest.begin(), ace.rest.end());
}

}  // namespace

AceLayout layout_of(std::uint8_t ace_type) {
  switch (ace_type) {
    case kAceAllow:
    case kAceDeny:
    case kAceAudit:
    case kAceAlarm:
    case kAceAllowCallback:
    case kAceDenyCallback:
    case kAceAuditCallback:
    case kAceMandatoryLabel:
    case kAceResourceAttribute:
    case kAceScopedPolicy:
    case kAceTrustLabel:
    case kAceAccessFilter:
      return AceLayout::kSid;
    case kAceAllowObject:
    case kAceDenyObject:
    case kAceAuditObject:
    case kAceAlarmObject:
    case kAceAllowCallbackObject:
    case kAceDenyCallbackObject:
    case kAceAuditCallbackObject:
      return AceLayout::kObject;
    default:
      return AceLayout::kUnknown;
  }
}

std::size_t Ace::size_bytes() const {
  std::size_t size = kAceHeaderBytes + rest.size();
  const AceLayout layout = layout_of(type);
  if (layout == AceLayout::kUnknown) return size;
  size += 4 + sid.size_bytes();
  if (layout == AceLayout::kSid) return size;
  size += 4;
  if (object_flags & kAceHasObjectType) size += kGuidBytes;
  if (object_flags & kAceHasInheritedObjectType) size += kGuidBytes;
  return size;
}

std::size_t Acl::size_bytes() const {
  std::size_t size = kAclHeaderBytes;
  for (const Ace& ace : entries) size += ace.size_bytes();
  return size;
}

Result<Acl> acl_from_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() < kAclHeaderBytes) return PIPES_ERROR_INVALID_ACL;
  Acl acl;
  acl.revision = std::to_integer<std::uint8_t>(bytes[0]);
  if (acl.revision < kAclRevision || acl.revision > kAclRevisionObjects) return PIPES_ERROR_INVALID_ACL;
  const std::size_t size = read_u16(bytes, 2);
  const std::size_t count = read_u16(bytes, 4);
  if (size < kAclHeaderBytes || size > bytes.size()) return PIPES_ERROR_INVALID_ACL;

  std::span<const std::byte> left = bytes.subspan(kAclHeaderBytes, size - kAclHeaderBytes);
  if (count > left.size() / kAceHeaderBytes) return PIPES_ERROR_INVALID_ACL;
  acl.entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (left.size() < kAceHeaderBytes) return PIPES_ERROR_INVALID_ACL;
    const std::size_t ace_size = read_u16(left, 2);
    if (ace_size < kAceHeaderBytes || ace_size % 4 != 0) return PIPES_ERROR_INVALID_ACL;
    if (PIPES_BREACH("ace-size-unchecked", ace_size > left.size())) return PIPES_ERROR_INVALID_ACL;
    std::optional<Ace> ace =
        ace_from_bytes(std::to_integer<std::uint8_t>(left[0]), std::to_integer<std::uint8_t>(left[1]),
                       left.subspan(kAceHeaderBytes, ace_size - kAceHeaderBytes));
    if (!ace) return PIPES_ERROR_INVALID_ACL;
    acl.entries.push_back(std::move(*ace));
    left = left.subspan(ace_size);
  }
  return acl;
}

void append_acl(const Acl& acl, std::vector<std::byte>* bytes) {
  const std::size_t size = acl.size_bytes();
  Expects(size <= kAclBytesMax);
  append_u8(acl.revision, bytes);
  append_u8(0, bytes);
  append_u16(static_cast<std::uint16_t>(size), bytes);
  append_u16(gsl::narrow_cast<std::uint16_t>(acl.entries.size()), bytes);
  append_u16(0, bytes);
  for (const Ace& ace : acl.entries) append_ace(ace, bytes);
}

}  // namespace pipes
