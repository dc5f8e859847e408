// What callers may ask of a pipe in numbers, checked and turned into types: the arguments of pipes_create_named, the
// modes of pipes_set_state, the time-outs of waits, and the ring a pair of quotas needs. Pure functions; names and
// access rights are checked elsewhere.
#pragma once

#include <cstdint>

#include "security/rights.h"
#include "support/status.h"

namespace pipes {

// The values are NT's own, as MS-FSCC tells them (INFO-14).
enum class PipeType : std::uint32_t { kByte = 0, kMessage = 1 };
enum class ReadMode : std::uint32_t { kByte = 0, kMessage = 1 };
enum class WaitMode : std::uint32_t { kWait = 0, kNoWait = 1 };
enum class RemoteClients : std::uint32_t { kAccept = 0, kReject = 1 };
enum class EndKind : std::uint32_t { kClient = 0, kServer = 1 };

inline constexpr std::uint32_t kDefaultTimeoutMs = 50;
inline constexpr std::uint32_t kRingBytesMin = 4u << 20;
inline constexpr std::uint32_t kRingBytesMax = 64u << 20;

// All bits that an open mode may have (OPEN-3), and a pipe mode (OPEN-15), and pipes_set_state's mode (SETST-2).
inline constexpr std::uint32_t kOpenModeBits = PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE |
                                               PIPES_FLAG_OVERLAPPED | PIPES_FLAG_WRITE_THROUGH | kOpenModeRights;
inline constexpr std::uint32_t kPipeModeBits =
    PIPES_NOWAIT | PIPES_READMODE_MESSAGE | PIPES_TYPE_MESSAGE | PIPES_REJECT_REMOTE_CLIENTS;
inline constexpr std::uint32_t kStateBits = PIPES_NOWAIT | PIPES_READMODE_MESSAGE;
static_assert(kOpenModeBits == 0xC10C0003 && kPipeModeBits == 0x0000000F && kStateBits == 3);

// PipeAttributes is what the first instance fixes for the life of the pipe (OPEN-24).
struct PipeAttributes {
  AccessMode access = AccessMode::kDuplex;
  PipeType type = PipeType::kByte;
  std::uint32_t max_instances = 1;                       // 1 to 254, or PIPES_UNLIMITED_INSTANCES.
  std::uint32_t default_timeout_ms = kDefaultTimeoutMs;  // Never 0. 0xFFFFFFFF is that many ms, not for ever (OPEN-21).
};

// EndModes is the state of one end that it may change (MODE-4, MODE-7). A client end begins with the default (MODE-5).
struct EndModes {
  ReadMode read_mode = ReadMode::kByte;
  WaitMode wait_mode = WaitMode::kWait;
};

// Quotas in bytes of an instance's two directions, as the server sees them (BUF-1). Any value is legal (OPEN-19).
struct Quotas {
  std::uint32_t inbound = 0;
  std::uint32_t outbound = 0;
};

// CreateParameters is a checked set of arguments of pipes_create_named.
struct CreateParameters {
  PipeAttributes attributes;
  EndModes server_modes;
  Quotas quotas;
  RemoteClients remote_clients = RemoteClients::kAccept;
  bool first_instance = false;
  bool overlapped = false;
  bool write_through = false;
  std::uint32_t open_mode = 0;      // As given, for check_create_pipe and check_add_instance of the security layer.
  std::uint32_t server_rights = 0;  // What the server's handle is granted (OPEN-25, OPEN-12).
};

// check_create_parameters checks the numbers given to pipes_create_named; it comes before the name is looked at
// (OPEN-27). PIPES_ERROR_INVALID_PARAMETER: no access mode (OPEN-2), unknown bits (OPEN-3, OPEN-15), message read mode
// on a byte-type pipe (OPEN-17), a maximum of 0 or above 255 (OPEN-18).
[[nodiscard]] Result<CreateParameters> check_create_parameters(std::uint32_t open_mode, std::uint32_t pipe_mode,
                                                               std::uint32_t max_instances, std::uint32_t out_buffer,
                                                               std::uint32_t in_buffer,
                                                               std::uint32_t default_timeout_ms);

// check_added_instance decides whether an instance may join an existing pipe that has `current_instances`, once access
// was granted (OPEN-27): PIPES_ERROR_PIPE_BUSY at the first instance's maximum (INST-4, INST-5); then
// PIPES_ERROR_ACCESS_DENIED for the first-instance flag (OPEN-8) and for another access mode (OPEN-7). Type, maximum
// and time-out of `added` are ignored (INST-6).
[[nodiscard]] Status check_added_instance(const PipeAttributes& pipe, std::uint32_t current_instances,
                                          const CreateParameters& added);

// check_state_mode turns pipes_set_state's mode into modes; a flag left out means byte or wait (SETST-1).
// PIPES_ERROR_INVALID_PARAMETER: unknown bits (SETST-2), or message read mode on a byte-type pipe (SETST-4).
[[nodiscard]] Result<EndModes> check_state_mode(std::uint32_t mode, PipeType type);

// OwnTraffic is what an end still has under way when its modes are to change.
struct OwnTraffic {
  bool read_waits = false;      // A read of this end is waiting.
  bool written_unread = false;  // Something that this end wrote is still unread.
};

// check_mode_change refuses to go from wait to no-wait while traffic is under way: PIPES_ERROR_PIPE_BUSY (SETST-5).
[[nodiscard]] Status check_mode_change(EndModes current, EndModes wanted, OwnTraffic traffic);

// state_bits returns what pipes_get_state shows of `modes` (INFO-7), info_flags what pipes_get_info shows (INFO-1).
[[nodiscard]] std::uint32_t state_bits(EndModes modes);
[[nodiscard]] std::uint32_t info_flags(EndKind end, PipeType type);

// ring_capacity returns the bytes of ring per direction: the larger quota times 4, rounded up to a power of two,
// between kRingBytesMin and kRingBytesMax (decision 6).
[[nodiscard]] std::uint32_t ring_capacity(Quotas quotas);

// WaitLimit says how long to wait: for ever, or at most `milliseconds`, which 0 makes not at all.
struct WaitLimit {
  bool forever = false;
  std::uint32_t milliseconds = 0;

  friend constexpr bool operator==(const WaitLimit&, const WaitLimit&) = default;
};

// wait_limit is what `timeout` means to pipes_wait_available: 0 the pipe's own time-out, 0xFFFFFFFF for ever, anything
// else, 1 included, milliseconds (WAIT-4).
[[nodiscard]] WaitLimit wait_limit(std::uint32_t timeout, std::uint32_t default_timeout_ms);

// call_limit is what `timeout` means to pipes_call: the same, but that 1 means not to wait (CALL-7).
[[nodiscard]] WaitLimit call_limit(std::uint32_t timeout, std::uint32_t default_timeout_ms);

}  // namespace pipes
