// Every offset and size is checked here once more, so that this needs to trust nothing.
#include "cli/descriptor.h"

#include <array>

#include "pipes/pipes.h"

namespace pipes::cli {
namespace {

constexpr std::size_t kHeaderBytes = 20;
constexpr std::size_t kAclHeaderBytes = 8;
constexpr std::size_t kEntryHeaderBytes = 4;
constexpr std::size_t kMaskBytes = 4;
constexpr std::size_t kSidHeaderBytes = 8;
constexpr std::size_t kGuidBytes = 16;
constexpr std::uint32_t kDaclPresent = 0x4;
constexpr std::uint32_t kSaclPresent = 0x10;

using Span = std::span<const std::byte>;

// The number of `width` bytes, little-endian, at `offset`.
std::optional<std::uint32_t> number_at(Span bytes, std::size_t offset, std::size_t width) {
  if (offset > bytes.size() || bytes.size() - offset < width) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = width; i-- > 0;) number = number << 8 | std::to_integer<std::uint32_t>(bytes[offset + i]);
  return number;
}

std::optional<Bytes> sid_at(Span bytes, std::size_t offset) {
  const auto count = number_at(bytes, offset + 1, 1);
  if (!count) return std::nullopt;
  const std::size_t size = kSidHeaderBytes + std::size_t{4} * *count;
  if (bytes.size() - offset < size) return std::nullopt;
  const Span sid = bytes.subspan(offset, size);
  return Bytes(sid.begin(), sid.end());
}

// Where the SID of an entry of `type` is; nothing for a type without one.
std::optional<std::size_t> sid_offset(std::uint8_t type, Span entry) {
  switch (type) {
    case 0x00:  // allow, deny, audit, alarm
    case 0x01:
    case 0x02:
    case 0x03:
    case 0x09:  // the same with a condition
    case 0x0A:
    case 0x0D:
    case 0x11:  // label
    case 0x12:  // resource attribute
    case 0x13:  // scoped policy
      return kEntryHeaderBytes + kMaskBytes;
    case 0x05:  // the same for objects
    case 0x06:
    case 0x07:
    case 0x08:
    case 0x0B:
    case 0x0C:
    case 0x0F: {
      const auto guids = number_at(entry, kEntryHeaderBytes + kMaskBytes, 4);
      if (!guids) return std::nullopt;
      const std::size_t count = (*guids & 1u) + ((*guids >> 1) & 1u);
      return kEntryHeaderBytes + kMaskBytes + 4 + count * kGuidBytes;
    }
    default:
      return std::nullopt;
  }
}

std::optional<Entry> entry_from(Span bytes) {
  Entry entry;
  entry.type = std::to_integer<std::uint8_t>(bytes[0]);
  entry.flags = std::to_integer<std::uint8_t>(bytes[1]);
  const auto place = sid_offset(entry.type, bytes);
  if (!place) return entry;
  const auto mask = number_at(bytes, kEntryHeaderBytes, kMaskBytes);
  auto sid = sid_at(bytes, *place);
  if (!mask || !sid) return std::nullopt;
  entry.mask = *mask;
  entry.sid = std::move(*sid);
  entry.has_guids = *place > kEntryHeaderBytes + kMaskBytes + 4;
  return entry;
}

std::optional<std::vector<Entry>> list_at(Span bytes, std::size_t offset) {
  const auto size = number_at(bytes, offset + 2, 2);
  const auto count = number_at(bytes, offset + 4, 2);
  if (!size || !count || *size < kAclHeaderBytes || bytes.size() - offset < *size) return std::nullopt;
  Span rest = bytes.subspan(offset, *size).subspan(kAclHeaderBytes);
  std::vector<Entry> list;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto length = number_at(rest, 2, 2);
    if (!length || *length < kEntryHeaderBytes || *length > rest.size()) return std::nullopt;
    auto entry = entry_from(rest.first(*length));
    if (!entry) return std::nullopt;
    list.push_back(std::move(*entry));
    rest = rest.subspan(*length);
  }
  return list;
}

}  // namespace

Expected<Bytes> descriptor_bytes(const std::string& sddl) {
  void* raw = nullptr;
  std::uint32_t size = 0;
  const pipes_status status = pipes_sd_parse(sddl.c_str(), PIPES_SDDL_REVISION_1, &raw, &size);
  if (status != PIPES_OK) return Expected<Bytes>::failure(status);
  const auto* const first = static_cast<const std::byte*>(raw);
  Bytes bytes(first, first + size);
  pipes_sd_free(raw);
  return bytes;
}

std::optional<Descriptor> descriptor_from(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  const std::uint32_t control = *number_at(bytes, 2, 2);
  std::array<std::size_t, 4> offsets{};  // owner, group, SACL, DACL
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    offsets[i] = *number_at(bytes, 4 + 4 * i, 4);
    if (offsets[i] > bytes.size()) return std::nullopt;
  }
  Descriptor descriptor;
  for (Bytes* const sid : {&descriptor.owner, &descriptor.group}) {
    const std::size_t offset = offsets[sid == &descriptor.owner ? 0 : 1];
    if (offset == 0) continue;
    auto found = sid_at(bytes, offset);
    if (!found) return std::nullopt;
    *sid = std::move(*found);
  }
  descriptor.has_dacl = (control & kDaclPresent) != 0;
  descriptor.is_null_dacl = descriptor.has_dacl && offsets[3] == 0;
  if (descriptor.has_dacl && !descriptor.is_null_dacl) {
    auto list = list_at(bytes, offsets[3]);
    if (!list) return std::nullopt;
    descriptor.dacl = std::move(*list);
  }
  if ((control & kSaclPresent) != 0 && offsets[2] != 0) {
    auto list = list_at(bytes, offsets[2]);
    if (!list) return std::nullopt;
    descriptor.sacl = std::move(*list);
  }
  return descriptor;
}

std::string sid_text(const Bytes& sid) {
  std::array<char, PIPES_SID_TEXT_MAX> text{};
  const auto size = static_cast<std::uint32_t>(sid.size());
  if (pipes_sid_format(sid.data(), size, text.data(), PIPES_SID_TEXT_MAX) != PIPES_OK) return "?";
  return text.data();
}

}  // namespace pipes::cli
