#include "security/descriptor.h"

#include <utility>

#include "security/little_endian.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

constexpr std::uint8_t kDescriptorRevision = 1;
constexpr std::size_t kOwnerAt = 4;
constexpr std::size_t kGroupAt = 8;
constexpr std::size_t kSaclAt = 12;
constexpr std::size_t kDaclAt = 16;

// Part is the bytes from where a part begins, or none if it is absent.
using Part = std::optional<std::span<const std::byte>>;

// part_at follows the offset that stands at `field`. A part never begins within the header, so none can be read as its
// own offset.
Result<Part> part_at(std::span<const std::byte> bytes, std::size_t field) {
  const std::size_t offset = read_u32(bytes, field);
  if (offset == 0) return Part{};
  if (PIPES_BREACH("offset-in-header", offset < kDescriptorHeaderBytes)) return PIPES_ERROR_INVALID_SECURITY_DESCR;
  if (offset >= bytes.size()) return PIPES_ERROR_INVALID_SECURITY_DESCR;
  return Part{bytes.subspan(offset)};
}

Status read_sid(std::span<const std::byte> bytes, std::size_t field, std::optional<Sid>* sid) {
  const Result<Part> part = part_at(bytes, field);
  if (!part) return part.status();
  if (!part->has_value()) return PIPES_OK;
  const Result<Sid> read = sid_from_bytes(**part);
  if (read) *sid = *read;
  return read.status();
}

Status read_acl(std::span<const std::byte> bytes, std::size_t field, std::optional<Acl>* acl) {
  const Result<Part> part = part_at(bytes, field);
  if (!part) return part.status();
  if (!part->has_value()) return PIPES_OK;
  Result<Acl> read = acl_from_bytes(**part);
  if (read) *acl = std::move(*read);
  return read.status();
}

}  // namespace

std::size_t SecurityDescriptor::size_bytes() const {
  std::size_t size = kDescriptorHeaderBytes;
  if (sacl) size += sacl->size_bytes();
  if (dacl) size += dacl->size_bytes();
  if (owner) size += owner->size_bytes();
  if (group) size += group->size_bytes();
  return size;
}

void SecurityDescriptor::set_dacl(std::optional<Acl> list) {
  control |= kDaclPresent;
  dacl = std::move(list);
}

void SecurityDescriptor::set_sacl(std::optional<Acl> list) {
  control |= kSaclPresent;
  sacl = std::move(list);
}

Result<SecurityDescriptor> descriptor_from_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() < kDescriptorHeaderBytes) return PIPES_ERROR_INVALID_SECURITY_DESCR;
  if (std::to_integer<std::uint8_t>(bytes[0]) != kDescriptorRevision) return PIPES_ERROR_UNKNOWN_REVISION;
  if (bytes.size() > kDescriptorBytesMax) return PIPES_ERROR_INVALID_SECURITY_DESCR;
  const std::uint16_t control = read_u16(bytes, 2);
  if ((control & kSelfRelative) == 0) return PIPES_ERROR_INVALID_SECURITY_DESCR;

  SecurityDescriptor descriptor;
  descriptor.control = static_cast<std::uint16_t>(control & ~kSelfRelative);
  if (control & kResourceManagerControlValid) {
    descriptor.resource_manager_control = std::to_integer<std::uint8_t>(bytes[1]);
  }
  Status failed = read_sid(bytes, kOwnerAt, &descriptor.owner);
  if (failed == PIPES_OK) failed = read_sid(bytes, kGroupAt, &descriptor.group);
  // What an offset says of a list that is not present counts for nothing.
  if (failed == PIPES_OK && descriptor.has_sacl()) failed = read_acl(bytes, kSaclAt, &descriptor.sacl);
  if (failed == PIPES_OK && descriptor.has_dacl()) failed = read_acl(bytes, kDaclAt, &descriptor.dacl);
  if (failed != PIPES_OK) return failed;
  if (descriptor.size_bytes() > kDescriptorBytesMax) return PIPES_ERROR_INVALID_SECURITY_DESCR;
  return descriptor;
}

Status check_size(const SecurityDescriptor& descriptor) {
  if (descriptor.sacl && descriptor.sacl->size_bytes() > kAclBytesMax) return PIPES_ERROR_INVALID_ACL;
  if (descriptor.dacl && descriptor.dacl->size_bytes() > kAclBytesMax) return PIPES_ERROR_INVALID_ACL;
  return descriptor.size_bytes() > kDescriptorBytesMax ? PIPES_ERROR_INVALID_SECURITY_DESCR : PIPES_OK;
}

Result<std::vector<std::byte>> descriptor_to_bytes(const SecurityDescriptor& descriptor) {
  if (const Status failed = check_size(descriptor); failed != PIPES_OK) return failed;

  std::size_t at = kDescriptorHeaderBytes;
  const auto place = [&at](const auto& part) {
    if (!part) return std::uint32_t{0};
    const std::size_t offset = at;
    at += part->size_bytes();
    return static_cast<std::uint32_t>(offset);
  };
  const std::uint32_t sacl_at = place(descriptor.sacl);
  const std::uint32_t dacl_at = place(descriptor.dacl);
  const std::uint32_t owner_at = place(descriptor.owner);
  const std::uint32_t group_at = place(descriptor.group);

  std::vector<std::byte> bytes;
  bytes.reserve(at);
  append_u8(kDescriptorRevision, &bytes);
  append_u8(descriptor.resource_manager_control, &bytes);
  append_u16(static_cast<std::uint16_t>(descriptor.control | kSelfRelative), &bytes);
  append_u32(owner_at, &bytes);
  append_u32(group_at, &bytes);
  append_u32(sacl_at, &bytes);
  append_u32(dacl_at, &bytes);
  if (descriptor.sacl) append_acl(*descriptor.sacl, &bytes);
  if (descriptor.dacl) append_acl(*descriptor.dacl, &bytes);
  if (descriptor.owner) append_sid(*descriptor.owner, &bytes);
  if (descriptor.group) append_sid(*descriptor.group, &bytes);
  Ensures(bytes.size() == at);
  return bytes;
}

}  // namespace pipes
