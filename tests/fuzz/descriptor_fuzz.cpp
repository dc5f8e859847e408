// Any bytes as a security descriptor: what is read keeps its limits and is written as bytes, and as text where it has
// words; both are read again as the same descriptor.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_input.h"
#include "security/sddl.h"

namespace {

using pipes::Acl;
using pipes::fuzz::check;

constexpr std::uint32_t kAllParts = 0x7F;

bool is_refusal(pipes_status status) {
  return status == PIPES_ERROR_UNKNOWN_REVISION || status == PIPES_ERROR_INVALID_ACL ||
         status == PIPES_ERROR_INVALID_SID || status == PIPES_ERROR_INVALID_SECURITY_DESCR;
}

void check_list(const std::optional<Acl>& acl) {
  if (!acl) return;
  check(acl->size_bytes() <= pipes::kAclBytesMax);
  for (const pipes::Ace& ace : acl->entries) {
    check(ace.size_bytes() % 4 == 0 && ace.rest.size() <= pipes::kAclBytesMax);
    check(ace.sid.sub_authorities().size() <= pipes::Sid::kSubAuthoritiesMax);
  }
}

// Whether all entries stand in the list that SDDL has them in.
bool in_order(const pipes::SecurityDescriptor& descriptor) {
  const auto is_for_dacl = [](const pipes::Ace& ace) {
    return ace.type == pipes::kAceAllow || ace.type == pipes::kAceDeny || ace.type == pipes::kAceAllowObject ||
           ace.type == pipes::kAceDenyObject;
  };
  return (!descriptor.dacl || std::ranges::all_of(descriptor.dacl->entries, is_for_dacl)) &&
         (!descriptor.sacl || std::ranges::none_of(descriptor.sacl->entries, is_for_dacl));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto read = pipes::descriptor_from_bytes(std::as_bytes(std::span(data, size)));
  if (!read) {
    check(is_refusal(read.status()));
    return 0;
  }
  check(data[0] == 1 && size >= pipes::kDescriptorHeaderBytes && size <= pipes::kDescriptorBytesMax);
  // No part begins within the header.
  for (const size_t field : {size_t{4}, size_t{8}}) {
    std::uint32_t offset;
    std::memcpy(&offset, data + field, sizeof offset);
    check(offset == 0 || (offset >= pipes::kDescriptorHeaderBytes && offset < size));
  }
  check_list(read->sacl);
  check_list(read->dacl);
  const auto bytes = pipes::descriptor_to_bytes(*read);
  check(bool(bytes));
  const auto again = pipes::descriptor_from_bytes(*bytes);
  check(again && *again == *read);
  const auto bytes_again = pipes::descriptor_to_bytes(*again);
  check(bytes_again && *bytes_again == *bytes);

  const auto text = pipes::sddl_format(*read, kAllParts);
  if (!text) {
    check(text.status() == PIPES_ERROR_INVALID_ACL);
    return 0;
  }
  // What can be written and not read: a SID without sub-authorities, and an entry in a list that is not its own.
  const auto parsed = pipes::sddl_parse(*text);
  if (!parsed) {
    check(parsed.status() == PIPES_ERROR_INVALID_SID ||
          (parsed.status() == PIPES_ERROR_INVALID_PARAMETER && !in_order(*read)));
    return 0;
  }
  const auto text_again = pipes::sddl_format(*parsed, kAllParts);
  check(text_again && *text_again == *text);
  return 0;
}
