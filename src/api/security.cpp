// Security descriptors, identities and SIDs as values: the same code on every system, so that their texts agree.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/engine.h"
#include "security/access_check.h"
#include "security/default_descriptor.h"
#include "security/identity.h"
#include "security/sddl.h"
#include "security/security_information.h"
#include "security/well_known_sids.h"

using namespace pipes;

namespace {

// guard turns what must not cross the boundary into a status.
template <class Body>
pipes_status guard(Body body) noexcept {
  try {
    return body();
  } catch (...) {
    return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  }
}

std::span<const std::byte> bytes_at(const void* memory, uint32_t size) {
  return {static_cast<const std::byte*>(memory), size};
}

// hand_out copies `bytes` to memory that pipes_sd_free frees.
void* hand_out(std::span<const std::byte> bytes) {
  void* const memory = std::malloc(bytes.size());
  if (memory == nullptr) throw std::bad_alloc();
  std::memcpy(memory, bytes.data(), bytes.size());
  return memory;
}

Status hand_out(const SecurityDescriptor& from, void** descriptor, uint32_t* size) {
  const Result<std::vector<std::byte>> bytes = descriptor_to_bytes(from);
  if (!bytes) return bytes.status();
  *descriptor = hand_out(*bytes);
  *size = static_cast<uint32_t>(bytes->size());
  return PIPES_OK;
}

Status copy_text(const std::string& from, char* text, uint32_t size) {
  if (from.size() >= size) return PIPES_ERROR_INSUFFICIENT_BUFFER;
  std::memcpy(text, from.c_str(), from.size() + 1);
  return PIPES_OK;
}

Status copy_sid(const Sid& from, void* sid, uint32_t* size) {
  const uint32_t room = std::exchange(*size, static_cast<uint32_t>(from.size_bytes()));
  if (room < from.size_bytes()) return PIPES_ERROR_INSUFFICIENT_BUFFER;
  std::vector<std::byte> bytes;
  append_sid(from, &bytes);
  std::ranges::copy(bytes, static_cast<std::byte*>(sid));
  return PIPES_OK;
}

bool is_output_for_sid(const void* sid, const uint32_t* size) {
  return size != nullptr && (sid != nullptr || *size == 0);
}

bool is_buffer(const void* memory, uint32_t size) { return memory != nullptr || size == 0; }

// check_access for callers who might get anything wrong, in the order that AccessCheck looks (ACC-16).
Status check_access_of(std::span<const std::byte> bytes, const pipes_identity& identity, uint32_t desired,
                       AccessTrace* trace) {
  if (identity.impersonation_level < PIPES_SECURITY_LEVEL_IDENTIFICATION) return PIPES_ERROR_BAD_IMPERSONATION_LEVEL;
  if ((desired & kGenericBits) != 0) return PIPES_ERROR_GENERIC_NOT_MAPPED;
  const Result<Token> token = token_of_identity(identity);
  if (!token) return token.status();
  const Result<SecurityDescriptor> descriptor = descriptor_from_bytes(bytes);
  if (!descriptor) return descriptor.status();
  if (!descriptor->owner || !descriptor->group) return PIPES_ERROR_INVALID_SECURITY_DESCR;
  return check_access(*token, *descriptor, desired, trace).status();
}

}  // namespace

pipes_status pipes_sd_parse(const char* sddl, uint32_t revision, void** descriptor, uint32_t* size) {
  if (sddl == nullptr || descriptor == nullptr || size == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  if (revision != PIPES_SDDL_REVISION_1) return PIPES_ERROR_UNKNOWN_REVISION;
  return guard([&]() -> Status {
    const Result<SecurityDescriptor> parsed = sddl_parse(sddl);
    return parsed ? hand_out(*parsed, descriptor, size) : parsed.status();
  });
}

pipes_status pipes_sd_format(const void* descriptor, uint32_t size, uint32_t revision, uint32_t information,
                             char** sddl) {
  if (!is_buffer(descriptor, size) || sddl == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  if ((information & ~kWritableInformation) != 0) return PIPES_ERROR_INVALID_PARAMETER;
  if (revision != PIPES_SDDL_REVISION_1) return PIPES_ERROR_UNKNOWN_REVISION;
  return guard([&]() -> Status {
    const Result<SecurityDescriptor> read = descriptor_from_bytes(bytes_at(descriptor, size));
    if (!read) return read.status();
    const Result<std::string> text = sddl_format(*read, information);
    if (!text) return text.status();
    *sddl = static_cast<char*>(hand_out(std::as_bytes(std::span(text->c_str(), text->size() + 1))));
    return PIPES_OK;
  });
}

pipes_status pipes_sd_preset(uint32_t preset, void** descriptor, uint32_t* size) {
  if (descriptor == nullptr || size == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  if (preset < PIPES_PRESET_OWNER || preset > PIPES_PRESET_THIS_MACHINE) return PIPES_ERROR_INVALID_PARAMETER;
  return guard([&]() -> Status {
    std::optional<Token> token;
    if (const Status failed = engine::own_token(&token); failed != PIPES_OK) return failed;
    return hand_out(preset_descriptor(*token, static_cast<Preset>(preset)), descriptor, size);
  });
}

void pipes_sd_free(void* memory) { std::free(memory); }

pipes_status pipes_sd_check_access(const void* descriptor, uint32_t size, const pipes_identity* identity,
                                   uint32_t desired, uint32_t* granted, pipes_access_decision* decision) {
  if (!is_buffer(descriptor, size) || granted == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  if (identity == nullptr || identity->size != sizeof *identity) return PIPES_ERROR_INVALID_PARAMETER;
  if (decision != nullptr && decision->size != sizeof *decision) return PIPES_ERROR_INVALID_PARAMETER;
  return guard([&]() -> Status {
    AccessTrace trace;
    const Status status = check_access_of(bytes_at(descriptor, size), *identity, desired, &trace);
    const bool is_decided =
        status == PIPES_OK || status == PIPES_ERROR_ACCESS_DENIED || status == PIPES_ERROR_PRIVILEGE_NOT_HELD;
    if (decision != nullptr && is_decided) {
      *decision = {sizeof *decision, static_cast<uint32_t>(trace.reason), trace.entry, trace.mask};
    }
    if (status == PIPES_OK) *granted = trace.granted;
    return status;
  });
}

void pipes_identity_free(pipes_identity* identity) {
  if (identity != nullptr && identity->size == sizeof *identity) free_identity(identity);
}

pipes_status pipes_sid_parse(const char* text, void* sid, uint32_t* size) {
  if (text == nullptr || !is_output_for_sid(sid, size)) return PIPES_ERROR_INVALID_PARAMETER;
  return guard([&]() -> Status {
    const Result<Sid> parsed = sid_from_text(text);
    return parsed ? copy_sid(*parsed, sid, size) : parsed.status();
  });
}

pipes_status pipes_sid_format(const void* sid, uint32_t sid_size, char* text, uint32_t text_size) {
  if (!is_buffer(sid, sid_size) || !is_buffer(text, text_size)) return PIPES_ERROR_INVALID_PARAMETER;
  return guard([&]() -> Status {
    const Result<Sid> read = sid_from_bytes(bytes_at(sid, sid_size));
    return read ? copy_text(sid_to_text(*read), text, text_size) : read.status();
  });
}

pipes_status pipes_sid_to_name(const void* sid, uint32_t sid_size, char* name, uint32_t name_size) {
  if (!is_buffer(sid, sid_size) || !is_buffer(name, name_size)) return PIPES_ERROR_INVALID_PARAMETER;
  return guard([&]() -> Status {
    const Result<Sid> read = sid_from_bytes(bytes_at(sid, sid_size));
    if (!read) return read.status();
    std::string found = name_of_well_known(*read);
    if (found.empty()) {
      if (const Status failed = engine::account_name(*read, &found); failed != PIPES_OK) return failed;
    }
    return copy_text(found, name, name_size);
  });
}

pipes_status pipes_sid_from_name(const char* name, void* sid, uint32_t* size) {
  if (name == nullptr || !is_output_for_sid(sid, size)) return PIPES_ERROR_INVALID_PARAMETER;
  return guard([&]() -> Status {
    std::optional<Sid> found;
    if (const Status failed = engine::account_sid(name, &found); failed != PIPES_OK) {
      if (failed != PIPES_ERROR_NONE_MAPPED) return failed;
      found = well_known_of_name(name);
    }
    return found ? copy_sid(*found, sid, size) : Status{PIPES_ERROR_NONE_MAPPED};
  });
}
