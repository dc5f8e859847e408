#include "wire/meta.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "pipes/pipes.h"
#include "support/seeded_mistake.h"
#include "wire/bytes.h"
#include "wire/layout.h"

namespace pipes::wire {
namespace {

constexpr std::string_view kMagic = "PIPEMETA";

// A socket is addressed inside its folder and nowhere else.
bool plain_file_name(std::string_view name) {
  const bool stays = name != "." && name != ".." && name.find('/') == std::string_view::npos;
  return !PIPES_BREACH("socket-elsewhere", !stays) && !PIPES_BREACH("socket-nameless", name.empty()) &&
         !PIPES_BREACH("socket-cut", name.find('\0') != std::string_view::npos) && name.size() <= kMetaSocketBytesMax;
}

bool valid(const ServerRecord& server) {
  return !PIPES_BREACH("server-without-instances", server.instances == 0) && plain_file_name(server.socket);
}

bool valid(const PipeMeta& meta) {
  const bool known_type = meta.type == PIPES_TYPE_BYTE || meta.type == PIPES_TYPE_MESSAGE;
  const bool known_access = meta.access >= PIPES_ACCESS_INBOUND && meta.access <= PIPES_ACCESS_DUPLEX;
  const bool possible_instances = meta.max_instances >= 1 && meta.max_instances <= PIPES_UNLIMITED_INSTANCES;
  return !PIPES_BREACH("meta-type", !known_type) && !PIPES_BREACH("meta-access", !known_access) &&
         !PIPES_BREACH("meta-instances", !possible_instances) &&
         !PIPES_BREACH("meta-capacity", !valid_ring_capacity(meta.ring_capacity)) &&
         !PIPES_BREACH("meta-nameless", meta.display.empty() || meta.folded.empty()) &&
         !PIPES_BREACH("meta-name-cut", meta.display.find('\0') != std::string::npos) &&
         meta.display.size() <= kMetaDisplayBytesMax && meta.folded.size() <= kMetaNameUnitsMax &&
         meta.descriptor.size() <= kMetaDescriptorBytesMax && meta.servers.size() <= kMetaServersMax &&
         std::all_of(meta.servers.begin(), meta.servers.end(), [](const ServerRecord& s) { return valid(s); });
}

bool read_header(ByteReader& reader) {
  std::span<const std::byte> magic;
  uint32_t version = 0;
  if (!reader.take(kMagic.size(), &magic) || !reader.number(&version)) return false;
  const bool ours = std::memcmp(magic.data(), kMagic.data(), kMagic.size()) == 0;
  return !PIPES_BREACH("meta-magic", !ours) && !PIPES_BREACH("meta-version", version != kMetaVersion);
}

bool read_folded(ByteReader& reader, std::u16string* folded) {
  std::span<const std::byte> taken;
  if (!reader.counted(2, kMetaNameUnitsMax, &taken)) return false;
  for (size_t i = 0; i < taken.size(); i += 2) {
    folded->push_back(
        static_cast<char16_t>(std::to_integer<unsigned>(taken[i]) | std::to_integer<unsigned>(taken[i + 1]) << 8));
  }
  return true;
}

bool read_attributes(ByteReader& reader, PipeMeta* meta) {
  std::span<const std::byte> descriptor;
  const bool read = reader.number(&meta->type) && reader.number(&meta->access) && reader.number(&meta->max_instances) &&
                    reader.number(&meta->default_timeout_ms) && reader.number(&meta->ring_capacity) &&
                    reader.number(&meta->owner_uid) && reader.number(&meta->owner_gid) &&
                    reader.text(kMetaDisplayBytesMax, &meta->display) && read_folded(reader, &meta->folded) &&
                    reader.counted(1, kMetaDescriptorBytesMax, &descriptor);
  if (read) meta->descriptor.assign(descriptor.begin(), descriptor.end());
  return read;
}

bool read_servers(ByteReader& reader, std::vector<ServerRecord>* servers) {
  uint32_t count = 0;
  if (!reader.number(&count) || count > kMetaServersMax) return false;
  // Room is made as records appear: the count alone, which anybody can write, allocates nothing.
  for (uint32_t i = 0; i < count; ++i) {
    ServerRecord server;
    if (!reader.number(&server.pid) || !reader.number(&server.uid) || !reader.number(&server.ticket) ||
        !reader.number(&server.instances) || !reader.text(kMetaSocketBytesMax, &server.socket)) {
      return false;
    }
    servers->push_back(std::move(server));
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::byte>> encode_meta(const PipeMeta& meta) {
  if (!valid(meta)) return std::nullopt;
  ByteWriter writer;
  writer.raw(kMagic);
  writer.number(kMetaVersion);
  writer.number(meta.type);
  writer.number(meta.access);
  writer.number(meta.max_instances);
  writer.number(meta.default_timeout_ms);
  writer.number(meta.ring_capacity);
  writer.number(meta.owner_uid);
  writer.number(meta.owner_gid);
  writer.text(meta.display);
  writer.count(meta.folded.size());
  for (const char16_t unit : meta.folded) writer.number(static_cast<uint16_t>(unit));
  writer.text({reinterpret_cast<const char*>(meta.descriptor.data()), meta.descriptor.size()});
  writer.count(meta.servers.size());
  for (const ServerRecord& server : meta.servers) {
    writer.number(server.pid);
    writer.number(server.uid);
    writer.number(server.ticket);
    writer.number(server.instances);
    writer.text(server.socket);
  }
  return writer.take();
}

std::optional<PipeMeta> decode_meta(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  PipeMeta meta;
  if (!read_header(reader) || !read_attributes(reader, &meta) || !read_servers(reader, &meta.servers) ||
      PIPES_BREACH("meta-bytes-left-over", !reader.at_end()) || !valid(meta)) {
    return std::nullopt;
  }
  return meta;
}

}  // namespace pipes::wire
