// Checks in the order in which callers may tell them apart, early returns first; each number's meaning stands in the
// header.
#include "pipe/parameters.h"

#include <algorithm>
#include <bit>

namespace pipes {
namespace {

ReadMode read_mode_of(std::uint32_t bits) {
  return bits & PIPES_READMODE_MESSAGE ? ReadMode::kMessage : ReadMode::kByte;
}

WaitMode wait_mode_of(std::uint32_t bits) { return bits & PIPES_NOWAIT ? WaitMode::kNoWait : WaitMode::kWait; }

bool read_mode_suits(ReadMode mode, PipeType type) {
  return mode == ReadMode::kByte || type == PipeType::kMessage;  // MODE-4
}

}  // namespace

Result<CreateParameters> check_create_parameters(std::uint32_t open_mode, std::uint32_t pipe_mode,
                                                 std::uint32_t max_instances, std::uint32_t out_buffer,
                                                 std::uint32_t in_buffer, std::uint32_t default_timeout_ms) {
  const std::uint32_t access = open_mode & PIPES_ACCESS_DUPLEX;
  if (access == 0) return PIPES_ERROR_INVALID_PARAMETER;                                                      // OPEN-2
  if (open_mode & ~kOpenModeBits) return PIPES_ERROR_INVALID_PARAMETER;                                       // OPEN-3
  if (pipe_mode & ~kPipeModeBits) return PIPES_ERROR_INVALID_PARAMETER;                                       // OPEN-15
  const PipeType type = pipe_mode & PIPES_TYPE_MESSAGE ? PipeType::kMessage : PipeType::kByte;                // OPEN-16
  if (!read_mode_suits(read_mode_of(pipe_mode), type)) return PIPES_ERROR_INVALID_PARAMETER;                  // OPEN-17
  if (max_instances == 0 || max_instances > PIPES_UNLIMITED_INSTANCES) return PIPES_ERROR_INVALID_PARAMETER;  // OPEN-18

  CreateParameters parameters;
  parameters.attributes.access = static_cast<AccessMode>(access);
  parameters.attributes.type = type;
  parameters.attributes.max_instances = max_instances;
  parameters.attributes.default_timeout_ms =
      default_timeout_ms == 0 ? kDefaultTimeoutMs : default_timeout_ms;  // OPEN-20
  parameters.server_modes = {read_mode_of(pipe_mode), wait_mode_of(pipe_mode)};
  parameters.quotas = {.inbound = in_buffer, .outbound = out_buffer};
  parameters.remote_clients = pipe_mode & PIPES_REJECT_REMOTE_CLIENTS ? RemoteClients::kReject : RemoteClients::kAccept;
  parameters.first_instance = (open_mode & PIPES_FLAG_FIRST_PIPE_INSTANCE) != 0;
  parameters.overlapped = (open_mode & PIPES_FLAG_OVERLAPPED) != 0;
  parameters.write_through = (open_mode & PIPES_FLAG_WRITE_THROUGH) != 0;
  parameters.open_mode = open_mode;
  parameters.server_rights = server_rights(open_mode);
  return parameters;
}

Status check_added_instance(const PipeAttributes& pipe, std::uint32_t current_instances,
                            const CreateParameters& added) {
  const bool limited = pipe.max_instances != PIPES_UNLIMITED_INSTANCES;
  if (limited && current_instances >= pipe.max_instances) return PIPES_ERROR_PIPE_BUSY;  // INST-4
  if (added.first_instance) return PIPES_ERROR_ACCESS_DENIED;                            // OPEN-8
  if (added.attributes.access != pipe.access) return PIPES_ERROR_ACCESS_DENIED;          // OPEN-7
  return PIPES_OK;
}

Result<EndModes> check_state_mode(std::uint32_t mode, PipeType type) {
  if (mode & ~kStateBits) return PIPES_ERROR_INVALID_PARAMETER;
  const EndModes modes{read_mode_of(mode), wait_mode_of(mode)};
  if (!read_mode_suits(modes.read_mode, type)) return PIPES_ERROR_INVALID_PARAMETER;
  return modes;
}

Status check_mode_change(EndModes current, EndModes wanted, OwnTraffic traffic) {
  const bool stops_waiting = current.wait_mode == WaitMode::kWait && wanted.wait_mode == WaitMode::kNoWait;
  if (stops_waiting && (traffic.read_waits || traffic.written_unread)) return PIPES_ERROR_PIPE_BUSY;
  return PIPES_OK;
}

std::uint32_t state_bits(EndModes modes) {
  const std::uint32_t read = modes.read_mode == ReadMode::kMessage ? PIPES_READMODE_MESSAGE : PIPES_READMODE_BYTE;
  const std::uint32_t wait = modes.wait_mode == WaitMode::kNoWait ? PIPES_NOWAIT : PIPES_WAIT;
  return read | wait;
}

std::uint32_t info_flags(EndKind end, PipeType type) {
  const std::uint32_t side = end == EndKind::kServer ? PIPES_SERVER_END : PIPES_CLIENT_END;
  return side | (type == PipeType::kMessage ? PIPES_TYPE_MESSAGE : PIPES_TYPE_BYTE);
}

std::uint32_t ring_capacity(Quotas quotas) {
  const std::uint64_t wanted = std::uint64_t{std::max(quotas.inbound, quotas.outbound)} * 4;
  const std::uint64_t bounded = std::clamp<std::uint64_t>(wanted, kRingBytesMin, kRingBytesMax);
  return static_cast<std::uint32_t>(std::bit_ceil(bounded));
}

WaitLimit wait_limit(std::uint32_t timeout, std::uint32_t default_timeout_ms) {
  if (timeout == PIPES_NMPWAIT_WAIT_FOREVER) return {.forever = true};
  if (timeout == PIPES_NMPWAIT_USE_DEFAULT_WAIT) return {.milliseconds = default_timeout_ms};  // OPEN-21
  return {.milliseconds = timeout};
}

WaitLimit call_limit(std::uint32_t timeout, std::uint32_t default_timeout_ms) {
  if (timeout == PIPES_NMPWAIT_NOWAIT) return {};
  return wait_limit(timeout, default_timeout_ms);
}

}  // namespace pipes
