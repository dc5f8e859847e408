#include "wire/asserted_identity.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "wire/bytes.h"

namespace pipes::wire {
namespace {

constexpr std::string_view kMagic = "PIPEIDEN";
constexpr uint32_t kKnownFlags = kIdentityRemote | kIdentityHasIds;

bool is_text(const std::string& text) {
  return text.size() <= kIdentityTextBytesMax && text.find('\0') == std::string::npos;
}

bool is_possible(const std::vector<std::byte>& sid) {
  return sid.size() >= kIdentitySidBytesMin && sid.size() <= kIdentitySidBytesMax;
}

bool valid(const AssertedIdentity& identity) {
  const bool no_ids = identity.uid == 0 && identity.gid == 0 && identity.groups.empty();
  return (identity.has_ids || no_ids) && identity.groups.size() <= kIdentityGroupsMax && !identity.sids.empty() &&
         identity.sids.size() <= kIdentitySidsMax && std::ranges::all_of(identity.sids, is_possible) &&
         is_text(identity.account) && is_text(identity.computer);
}

bool read_header(ByteReader& reader, AssertedIdentity* identity) {
  std::span<const std::byte> magic;
  uint32_t version = 0;
  uint32_t flags = 0;
  if (!reader.take(kMagic.size(), &magic) || !reader.number(&version) || !reader.number(&flags)) return false;
  identity->remote = (flags & kIdentityRemote) != 0;
  identity->has_ids = (flags & kIdentityHasIds) != 0;
  return std::memcmp(magic.data(), kMagic.data(), kMagic.size()) == 0 && version == kIdentityVersion &&
         (flags & ~kKnownFlags) == 0 && reader.number(&identity->uid) && reader.number(&identity->gid);
}

bool read_groups(ByteReader& reader, std::vector<uint32_t>* groups) {
  std::span<const std::byte> taken;
  if (!reader.counted(4, kIdentityGroupsMax, &taken)) return false;
  ByteReader numbers(taken);
  groups->resize(taken.size() / 4);
  return std::ranges::all_of(*groups, [&](uint32_t& group) { return numbers.number(&group); });
}

bool read_sids(ByteReader& reader, std::vector<std::vector<std::byte>>* sids) {
  uint32_t count = 0;
  if (!reader.number(&count) || count > kIdentitySidsMax) return false;
  // Room is made as SIDs appear: the count alone allocates nothing.
  for (uint32_t i = 0; i < count; ++i) {
    std::span<const std::byte> taken;
    if (!reader.counted(1, kIdentitySidBytesMax, &taken)) return false;
    sids->emplace_back(taken.begin(), taken.end());
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::byte>> encode_identity(const AssertedIdentity& identity) {
  if (!valid(identity)) return std::nullopt;
  ByteWriter writer;
  writer.raw(kMagic);
  writer.number(kIdentityVersion);
  writer.number((identity.remote ? kIdentityRemote : 0) | (identity.has_ids ? kIdentityHasIds : 0));
  writer.number(identity.uid);
  writer.number(identity.gid);
  writer.count(identity.groups.size());
  for (const uint32_t group : identity.groups) writer.number(group);
  writer.count(identity.sids.size());
  for (const auto& sid : identity.sids) writer.text({reinterpret_cast<const char*>(sid.data()), sid.size()});
  writer.text(identity.account);
  writer.text(identity.computer);
  return writer.take();
}

std::optional<AssertedIdentity> decode_identity(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  AssertedIdentity identity;
  const bool read = read_header(reader, &identity) && read_groups(reader, &identity.groups) &&
                    read_sids(reader, &identity.sids) && reader.text(kIdentityTextBytesMax, &identity.account) &&
                    reader.text(kIdentityTextBytesMax, &identity.computer) && reader.at_end();
  if (!read || !valid(identity)) return std::nullopt;
  return identity;
}

}  // namespace pipes::wire
