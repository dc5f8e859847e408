// Questions about an end, and its modes.
#include "api/engine.h"

using namespace pipes;

pipes_status pipes_get_info(pipes_handle handle, uint32_t* flags, uint32_t* out_buffer, uint32_t* in_buffer,
                            uint32_t* max_instances) {
  return engine::get_info(handle, flags, out_buffer, in_buffer, max_instances);
}

pipes_status pipes_get_local_info(pipes_handle handle, pipes_local_info* info) {
  if (info == nullptr || info->size != sizeof *info) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::get_local_info(handle, info);
}

pipes_status pipes_get_state(pipes_handle handle, uint32_t* state, uint32_t* current_instances,
                             uint32_t* max_collection_count, uint32_t* collect_data_timeout, char* user_name,
                             uint32_t user_name_size) {
  return engine::get_state(handle, state, current_instances, max_collection_count, collect_data_timeout, user_name,
                           user_name_size);
}

pipes_status pipes_set_state(pipes_handle handle, const uint32_t* mode, const uint32_t* max_collection_count,
                             const uint32_t* collect_data_timeout) {
  return engine::set_state(handle, mode, max_collection_count, collect_data_timeout);
}

// FINE-19: a null output is 87 on both systems.

pipes_status pipes_get_client_process_id(pipes_handle handle, uint32_t* process_id) {
  if (process_id == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::get_client_process_id(handle, process_id);
}

pipes_status pipes_get_client_session_id(pipes_handle handle, uint32_t* session_id) {
  if (session_id == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::get_client_session_id(handle, session_id);
}

pipes_status pipes_get_server_process_id(pipes_handle handle, uint32_t* process_id) {
  if (process_id == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::get_server_process_id(handle, process_id);
}

pipes_status pipes_get_server_session_id(pipes_handle handle, uint32_t* session_id) {
  if (session_id == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::get_server_session_id(handle, session_id);
}

pipes_status pipes_get_client_computer_name(pipes_handle handle, char* name, uint32_t size) {
  return engine::get_client_computer_name(handle, name, size);
}
