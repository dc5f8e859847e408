// Any bytes as the meta file of a pipe: what decodes is written back byte for byte, and the rest is refused in peace.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "wire/meta.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  const auto meta = pipes::wire::decode_meta(bytes);
  if (!meta) return 0;
  const auto again = pipes::wire::encode_meta(*meta);
  if (!again || !std::ranges::equal(*again, bytes)) std::abort();
  return 0;
}
