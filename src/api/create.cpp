// Making pipes, opening, connecting, disconnecting, waiting for an instance, listing.
#include <cstddef>

#include "api/engine.h"

using namespace pipes;

namespace {

constexpr uint32_t kAttributesSize = sizeof(pipes_security_attributes);
constexpr uint32_t kOpenOptionsSize = sizeof(pipes_open_options);
// Without server_owner, which came later.
constexpr uint32_t kOpenOptionsSizeMin = offsetof(pipes_open_options, server_owner);

bool are_valid(const pipes_security_attributes* attributes) {
  return attributes == nullptr ||
         (attributes->size == kAttributesSize && attributes->inherit_handle <= 1 && attributes->reserved == 0);
}

bool are_valid(const pipes_open_options* options) {
  return options == nullptr || 
         ((options->size == kOpenOptionsSize || options->size == kOpenOptionsSizeMin) && options->inherit_handle <= 1);
}

}  // namespace

pipes_status pipes_create_named(const char* name, uint32_t open_mode, uint32_t pipe_mode, uint32_t max_instances,
                                uint32_t out_buffer, uint32_t in_buffer, uint32_t default_timeout,
                                const pipes_security_attributes* attributes, pipes_handle* handle,
                                uint32_t* disposition) {
  if (handle == nullptr || !are_valid(attributes)) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::create_named(name, open_mode, pipe_mode, max_instances, out_buffer, in_buffer, default_timeout,
                              attributes, handle, disposition);
}

pipes_status pipes_create_anonymous(pipes_handle* read_end, pipes_handle* write_end,
                                    const pipes_security_attributes* attributes, uint32_t size) {
  if (read_end == nullptr || write_end == nullptr || !are_valid(attributes)) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::create_anonymous(read_end, write_end, attributes, size);
}

pipes_status pipes_open(const char* name, uint32_t desired_access, uint32_t flags, const pipes_open_options* options,
                        pipes_handle* handle) {
  if (handle == nullptr || !are_valid(options)) return PIPES_ERROR_INVALID_PARAMETER;
  engine::OpenOptions wanted;
  wanted.inherit = options != nullptr && options->inherit_handle != 0;
  if (options != nullptr && options->size == kOpenOptionsSize && options->server_owner != nullptr) {
    const auto owner = sid_from_text(options->server_owner);
    if (!owner) return owner.status();
    wanted.server_owner = *owner;
  }
  return engine::open(name, desired_access, flags, wanted, handle);
}

pipes_status pipes_connect(pipes_handle handle, pipes_overlapped* overlapped) {
  return engine::connect(handle, overlapped);
}

pipes_status pipes_disconnect(pipes_handle handle) { return engine::disconnect(handle); }

pipes_status pipes_wait_available(const char* name, uint32_t timeout) { return engine::wait_available(name, timeout); }

pipes_status pipes_enumerate(pipes_enumerate_callback callback, void* context) {
  return callback == nullptr ? Status{PIPES_ERROR_INVALID_PARAMETER} : engine::enumerate(callback, context);
}
