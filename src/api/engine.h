// What each system does behind the C ABI: one function per call, of the same shape. src/linux has an engine of its own,
// src/windows forwards to the kernel.
//
// By the time one of these is called, what both systems demand of arguments has been checked: outputs that must be
// there are, counts are 0, structures have sizes that we know, truth values are 0 or 1, options and flags hold known
// bits. Names are as the caller gave them. None lets an exception out.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipes/pipes.h"
#include "security/descriptor.h"
#include "security/identity.h"
#include "security/token.h"
#include "support/status.h"

namespace pipes::engine {

Status create_named(const char* name, uint32_t open_mode, uint32_t pipe_mode, uint32_t max_instances,
                    uint32_t out_buffer, uint32_t in_buffer, uint32_t default_timeout,
                    const pipes_security_attributes* attributes, pipes_handle* handle, uint32_t* disposition) noexcept;
Status create_anonymous(pipes_handle* read_end, pipes_handle* write_end, const pipes_security_attributes* attributes,
                        uint32_t size) noexcept;
struct OpenOptions {
  bool inherit = false;
  std::optional<Sid> server_owner;  // who alone is to be spoken to
};
Status open(const char* name, uint32_t desired_access, uint32_t flags, const OpenOptions& options,
            pipes_handle* handle) noexcept;
Status connect(pipes_handle handle, pipes_overlapped* overlapped) noexcept;
Status disconnect(pipes_handle handle) noexcept;
Status wait_available(const char* name, uint32_t timeout) noexcept;
Status enumerate(pipes_enumerate_callback callback, void* context) noexcept;

Status read(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred,
            pipes_overlapped* overlapped) noexcept;
Status write(pipes_handle handle, const void* buffer, uint32_t size, uint32_t* transferred,
             pipes_overlapped* overlapped) noexcept;
Status peek(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred, uint32_t* available,
            uint32_t* left_this_message) noexcept;
Status transact(pipes_handle handle, const void* request, uint32_t request_size, void* reply, uint32_t reply_size,
                uint32_t* transferred, pipes_overlapped* overlapped) noexcept;
Status flush(pipes_handle handle) noexcept;

Status get_info(pipes_handle handle, uint32_t* flags, uint32_t* out_buffer, uint32_t* in_buffer,
                uint32_t* max_instances) noexcept;
Status get_local_info(pipes_handle handle, pipes_local_info* info) noexcept;
Status get_state(pipes_handle handle, uint32_t* state, uint32_t* instances, uint32_t* max_collection_count,
                 uint32_t* collect_data_timeout, char* user_name, uint32_t user_name_size) noexcept;
Status set_state(pipes_handle handle, const uint32_t* mode, const uint32_t* max_collection_count,
                 const uint32_t* collect_data_timeout) noexcept;
Status get_client_process_id(pipes_handle handle, uint32_t* process_id) noexcept;
Status get_client_session_id(pipes_handle handle, uint32_t* session_id) noexcept;
Status get_server_process_id(pipes_handle handle, uint32_t* process_id) noexcept;
Status get_server_session_id(pipes_handle handle, uint32_t* session_id) noexcept;
Status get_client_computer_name(pipes_handle handle, char* name, uint32_t size) noexcept;

// `information` holds known bits.
Status get_security(pipes_handle handle, uint32_t information, std::vector<std::byte>* descriptor) noexcept;
Status set_security(pipes_handle handle, uint32_t information, const SecurityDescriptor& replacement) noexcept;
struct ClientFacts {
  std::optional<Token> token;              // always set
  std::optional<Credentials> credentials;  // on Linux, if they are known
  IdentityFacts facts;
};
Status get_client_identity(pipes_handle handle, ClientFacts* facts) noexcept;
Status impersonate_client(pipes_handle handle) noexcept;
Status revert_to_self() noexcept;

Status close(pipes_handle handle) noexcept;
Status duplicate(pipes_handle handle, uint32_t desired_access, bool inherit, uint32_t options,
                 pipes_handle* duplicate) noexcept;
Status duplicate_into(pipes_handle handle, uint32_t process_id, uint32_t desired_access, bool inherit, uint32_t options,
                      pipes_handle* duplicate) noexcept;
Status accept_handles(bool accept) noexcept;
Status get_handle_flags(pipes_handle handle, uint32_t* flags) noexcept;
Status set_handle_flags(pipes_handle handle, uint32_t mask, uint32_t flags) noexcept;
Status get_native_handle(pipes_handle handle, intptr_t* native) noexcept;
Status adopt_native_handle(intptr_t native, pipes_handle* handle) noexcept;

Status read_ex(pipes_handle handle, void* buffer, uint32_t size, pipes_overlapped* overlapped,
               pipes_completion_routine routine) noexcept;
Status write_ex(pipes_handle handle, const void* buffer, uint32_t size, pipes_overlapped* overlapped,
                pipes_completion_routine routine) noexcept;
Status get_overlapped_result(pipes_handle handle, pipes_overlapped* overlapped, uint32_t* transferred, uint32_t timeout,
                             bool alertable) noexcept;
Status cancel(pipes_handle handle) noexcept;
Status cancel_ex(pipes_handle handle, const pipes_overlapped* overlapped) noexcept;
Status get_event_fd(pipes_handle handle, uint32_t which, int* fd) noexcept;

Status event_create(bool manual_reset, bool initial_state, pipes_handle* event) noexcept;
Status event_set(pipes_handle event) noexcept;
Status event_reset(pipes_handle event) noexcept;
Status wait(std::span<const pipes_handle> handles, bool wait_all, uint32_t timeout, bool alertable,
            uint32_t* index) noexcept;
Status signal_and_wait(pipes_handle signal, pipes_handle object, uint32_t timeout, bool alertable) noexcept;
Status sleep(uint32_t timeout, bool alertable) noexcept;
Status queue_routine(pipes_thread thread, pipes_thread_routine routine, uintptr_t context) noexcept;

Status port_create(uint32_t concurrency, pipes_handle* port) noexcept;
Status port_associate(pipes_handle port, pipes_handle handle, uint64_t key) noexcept;
Status port_get(pipes_handle port, uint32_t* transferred, uint64_t* key, pipes_overlapped** overlapped,
                uint32_t timeout) noexcept;
Status port_get_many(pipes_handle port, std::span<pipes_port_entry> entries, uint32_t* taken, uint32_t timeout,
                     bool alertable) noexcept;
Status port_post(pipes_handle port, uint32_t transferred, uint64_t key, pipes_overlapped* overlapped) noexcept;
Status set_notification_modes(pipes_handle handle, uint32_t modes) noexcept;

// Who calls: the identity that what it creates belongs to. Which name an account has, and whose name it is; for SIDs
// and names that are not well known (PIPES_ERROR_NONE_MAPPED).
Status own_token(std::optional<Token>* token) noexcept;
Status account_name(const Sid& sid, std::string* name) noexcept;
Status account_sid(const std::string& name, std::optional<Sid>* sid) noexcept;

pipes_thread current_thread() noexcept;
Status cancel_synchronous(pipes_thread thread) noexcept;

}  // namespace pipes::engine
