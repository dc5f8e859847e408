// Any bytes as the identity that a gateway asserts: what decodes is within its bounds and is written back byte for byte.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "wire/asserted_identity.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  const auto identity = pipes::wire::decode_identity(bytes);
  if (!identity) return 0;
  const bool bounded = identity->groups.size() <= 65536 && identity->sids.size() <= 1024 && !identity->sids.empty() &&
                       identity->account.size() <= 1024 && identity->computer.size() <= 1024;
  const bool sound = std::ranges::all_of(identity->sids, [](const auto& sid) { return sid.size() <= 68; });
  if (!bounded || !sound) std::abort();
  const auto written = pipes::wire::encode_identity(*identity);
  if (!written || !std::ranges::equal(*written, bytes)) std::abort();
  return 0;
}
