// Questions about an end, and its modes: each one call of the kernel's.
#include <winternl.h>

#include <array>
#include <cwchar>

#include "windows/names.h"
#include "windows/win32.h"

namespace pipes::engine {
namespace {

// FILE_PIPE_LOCAL_INFORMATION, which winternl.h lacks (MS-FSCC 2.4.37).
struct PipeLocalInformation {
  ULONG type;
  ULONG configuration;
  ULONG maximum_instances;
  ULONG current_instances;
  ULONG inbound_quota;
  ULONG read_data_available;
  ULONG outbound_quota;
  ULONG write_quota_available;
  ULONG state;
  ULONG end;
};
constexpr auto kFilePipeLocalInformation = static_cast<FILE_INFORMATION_CLASS>(24);

// A number for an output that is left alone on failure.
template <class Query>
Status number(uint32_t* to, Query query) {
  ULONG value = 0;
  const Status status = status_of(query(&value));
  if (status == PIPES_OK) *to = value;
  return status;
}

}  // namespace

Status get_info(pipes_handle handle, uint32_t* flags, uint32_t* out_buffer, uint32_t* in_buffer,
                uint32_t* max_instances) noexcept {
  return status_of(
      ::GetNamedPipeInfo(kernel(handle), kernel(flags), kernel(out_buffer), kernel(in_buffer), kernel(max_instances)));
}

Status get_local_info(pipes_handle handle, pipes_local_info* info) noexcept {
  PipeLocalInformation found{};
  IO_STATUS_BLOCK block{};
  const NTSTATUS status =
      ::NtQueryInformationFile(kernel(handle), &block, &found, sizeof found, kFilePipeLocalInformation);
  if (status != 0) return ::RtlNtStatusToDosError(status);
  info->type = found.type;
  info->configuration = found.configuration;
  info->maximum_instances = instances_max(found.maximum_instances);
  info->current_instances = found.current_instances;
  info->inbound_quota = found.inbound_quota;
  info->read_data_available = found.read_data_available;
  info->outbound_quota = found.outbound_quota;
  info->write_quota_available = found.write_quota_available;
  info->state = found.state;
  info->end = found.end;
  return PIPES_OK;
}

Status get_state(pipes_handle handle, uint32_t* state, uint32_t* instances, uint32_t* max_collection_count,
                 uint32_t* collect_data_timeout, char* user_name, uint32_t user_name_size) noexcept {
  return guard([&]() -> Status {
    constexpr DWORD kUserNameMax = 512;
    std::array<wchar_t, kUserNameMax> user{};
    DWORD modes = 0;
    DWORD count = 0;
    const Status status = status_of(::GetNamedPipeHandleStateW(
        kernel(handle), &modes, &count, kernel(max_collection_count), kernel(collect_data_timeout),
        user_name != nullptr ? user.data() : nullptr, kUserNameMax));
    if (status != PIPES_OK) return status;
    if (user_name != nullptr) {
      if (const Status named = copy_text(user.data(), user_name, user_name_size); named != PIPES_OK) return named;
    }
    if (state != nullptr) *state = modes;
    if (instances != nullptr) *instances = count;
    return PIPES_OK;
  });
}

Status set_state(pipes_handle handle, const uint32_t* mode, const uint32_t* max_collection_count,
                 const uint32_t* collect_data_timeout) noexcept {
  return status_of(::SetNamedPipeHandleState(kernel(handle), kernel(const_cast<uint32_t*>(mode)),
                                             kernel(const_cast<uint32_t*>(max_collection_count)),
                                             kernel(const_cast<uint32_t*>(collect_data_timeout))));
}

Status get_client_process_id(pipes_handle handle, uint32_t* process_id) noexcept {
  return number(process_id, [&](ULONG* id) { return ::GetNamedPipeClientProcessId(kernel(handle), id); });
}

Status get_client_session_id(pipes_handle handle, uint32_t* session_id) noexcept {
  return number(session_id, [&](ULONG* id) { return ::GetNamedPipeClientSessionId(kernel(handle), id); });
}

Status get_server_process_id(pipes_handle handle, uint32_t* process_id) noexcept {
  return number(process_id, [&](ULONG* id) { return ::GetNamedPipeServerProcessId(kernel(handle), id); });
}

Status get_server_session_id(pipes_handle handle, uint32_t* session_id) noexcept {
  return number(session_id, [&](ULONG* id) { return ::GetNamedPipeServerSessionId(kernel(handle), id); });
}

Status get_client_computer_name(pipes_handle handle, char* name, uint32_t size) noexcept {
  return guard([&]() -> Status {
    constexpr ULONG kComputerNameMax = 512;
    std::array<wchar_t, kComputerNameMax> computer{};
    const Status status =
        status_of(::GetNamedPipeClientComputerNameW(kernel(handle), computer.data(), sizeof computer));
    return status == PIPES_OK ? copy_text(computer.data(), name, size) : status;
  });
}

}  // namespace pipes::engine
