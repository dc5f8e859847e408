// Any text as SDDL: what parses is written, and read again as the same descriptor; what it is stored as is read again,
// too, and the rest is refused in peace.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz_input.h"
#include "security/sddl.h"

namespace {

using pipes::fuzz::check;

constexpr std::uint32_t kAllParts = 0x7F;

bool is_refusal(pipes_status status) {
  return status == PIPES_ERROR_INVALID_PARAMETER || status == PIPES_ERROR_INVALID_ACL ||
         status == PIPES_ERROR_INVALID_SID || status == PIPES_ERROR_NONE_MAPPED ||
         status == PIPES_ERROR_INVALID_SECURITY_DESCR;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parsed = pipes::sddl_parse({reinterpret_cast<const char*>(data), size});
  if (!parsed) {
    check(is_refusal(parsed.status()));
    return 0;
  }
  const auto bytes = pipes::descriptor_to_bytes(*parsed);
  check(bool(bytes) && bytes->size() <= pipes::kDescriptorBytesMax);
  const auto read = pipes::descriptor_from_bytes(*bytes);
  check(read && *read == *parsed);

  const auto text = pipes::sddl_format(*parsed, kAllParts);
  check(bool(text));
  const auto again = pipes::sddl_parse(*text);
  check(again && *again == *parsed);
  const auto text_again = pipes::sddl_format(*again, kAllParts);
  check(text_again && *text_again == *text);
  return 0;
}
