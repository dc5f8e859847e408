// Any bytes as the meta file of a pipe: what decodes is written back byte for byte, keeps the limits that meta.h names,
// and the rest is refused in peace.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz_input.h"
#include "wire/meta.h"

namespace {

using pipes::fuzz::check;
using pipes::wire::PipeMeta;
using pipes::wire::ServerRecord;

// A socket's name must lead nowhere but into the pipe's folder.
void check_server(const ServerRecord& server) {
  check(server.instances > 0);
  check(server.socket.size() >= 1 && server.socket.size() <= 64);
  check(server.socket != "." && server.socket != "..");
  check(std::none_of(server.socket.begin(), server.socket.end(), [](char c) { return c == '/' || c == '\0'; }));
}

void check_limits(const PipeMeta& meta) {
  check(meta.type == 0 || meta.type == 4);
  check(meta.access >= 1 && meta.access <= 3);
  check(meta.max_instances >= 1 && meta.max_instances <= 255);
  check(std::has_single_bit(meta.ring_capacity) && meta.ring_capacity >= 4u << 20 && meta.ring_capacity <= 64u << 20);
  check(!meta.display.empty() && meta.display.size() <= 741 && meta.display.find('\0') == std::string::npos);
  check(!meta.folded.empty() && meta.folded.size() <= 247);
  check(meta.descriptor.size() <= 65536);
  check(meta.servers.size() <= 4096);
  std::for_each(meta.servers.begin(), meta.servers.end(), check_server);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  const auto meta = pipes::wire::decode_meta(bytes);
  if (!meta) return 0;
  check_limits(*meta);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text.substr(0, 12) == std::string_view("PIPEMETA\1\0\0\0", 12));
  const auto again = pipes::wire::encode_meta(*meta);
  check(again && std::ranges::equal(*again, bytes));
  return 0;
}
