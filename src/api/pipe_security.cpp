// What concerns the security of a pipe that exists: its descriptor, its client, acting for the client.
#include <cstdlib>
#include <cstring>

#include "api/engine.h"
#include "security/identity.h"
#include "security/security_information.h"

using namespace pipes;

pipes_status pipes_get_security(pipes_handle handle, uint32_t information, void** descriptor, uint32_t* size) {
  if (descriptor == nullptr || size == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  if ((information & ~kReadableInformation) != 0) return PIPES_ERROR_INVALID_PARAMETER;
  std::vector<std::byte> bytes;
  if (const Status failed = engine::get_security(handle, information, &bytes); failed != PIPES_OK) return failed;
  void* const copy = std::malloc(bytes.size());
  if (copy == nullptr) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  std::memcpy(copy, bytes.data(), bytes.size());
  *descriptor = copy;
  *size = static_cast<uint32_t>(bytes.size());
  return PIPES_OK;
}

pipes_status pipes_set_security(pipes_handle handle, uint32_t information, const void* descriptor, uint32_t size) {
  if (descriptor == nullptr || (information & ~kWritableInformation) != 0) return PIPES_ERROR_INVALID_PARAMETER;
  try {
    const auto read = descriptor_from_bytes({static_cast<const std::byte*>(descriptor), size});
    return read ? engine::set_security(handle, information, *read) : read.status();
  } catch (...) {
    return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  }
}

pipes_status pipes_get_client_identity(pipes_handle handle, pipes_identity* identity) {
  if (identity == nullptr || identity->size != sizeof(pipes_identity)) return PIPES_ERROR_INVALID_PARAMETER;
  try {
    engine::ClientFacts client;
    if (const Status failed = engine::get_client_identity(handle, &client); failed != PIPES_OK) return failed;
    fill_identity(*client.token, client.credentials ? &*client.credentials : nullptr, client.facts, identity);
    return PIPES_OK;
  } catch (...) {
    return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  }
}

pipes_status pipes_impersonate_client(pipes_handle handle) { return engine::impersonate_client(handle); }

pipes_status pipes_revert_to_self(void) { return engine::revert_to_self(); }
