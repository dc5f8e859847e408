// The rights of a pipe as bits of an access mask: what generic rights stand for, which rights an access mode gives the
// server's handle, which right each direction needs. Pure arithmetic; who gets them is decided in access.h.
#pragma once

#include <cstdint>

#include "pipes/pipes.h"

namespace pipes {

// AccessMode says in which directions data may flow, as the server sees it (OPEN-4, OPEN-5, OPEN-6). Its values are
// those of pipes_create_named's open mode.
enum class AccessMode : std::uint32_t {
  kInbound = PIPES_ACCESS_INBOUND,
  kOutbound = PIPES_ACCESS_OUTBOUND,
  kDuplex = PIPES_ACCESS_DUPLEX,
};

// Bits that no caller may ask for (CLI-19).
inline constexpr std::uint32_t kUndefinedAccessBits = 0x0CE0FE00;

inline constexpr std::uint32_t kGenericBits =
    PIPES_GENERIC_READ | PIPES_GENERIC_WRITE | PIPES_GENERIC_EXECUTE | PIPES_GENERIC_ALL;

// Rights that an open mode may ask for beyond those of its access mode (OPEN-12).
inline constexpr std::uint32_t kOpenModeRights = PIPES_WRITE_DAC | PIPES_WRITE_OWNER | PIPES_ACCESS_SYSTEM_SECURITY;

// What every open of a client end asks for besides (CLI-5).
inline constexpr std::uint32_t kImplicitClientRights = PIPES_FILE_READ_ATTRIBUTES | PIPES_SYNCHRONIZE;

// map_generic_rights replaces the generic bits of `mask` by the rights they stand for (ACC-2).
[[nodiscard]] constexpr std::uint32_t map_generic_rights(std::uint32_t mask) {
  std::uint32_t mapped = mask & ~kGenericBits;
  if (mask & PIPES_GENERIC_READ) mapped |= PIPES_FILE_GENERIC_READ;
  if (mask & PIPES_GENERIC_WRITE) mapped |= PIPES_FILE_GENERIC_WRITE;
  if (mask & PIPES_GENERIC_EXECUTE) mapped |= PIPES_FILE_GENERIC_EXECUTE;
  if (mask & PIPES_GENERIC_ALL) mapped |= PIPES_FILE_ALL_ACCESS;
  return mapped;
}

// server_rights returns the rights of a server end's handle made with `open_mode` (OPEN-25, OPEN-12). `open_mode` has
// passed check_create_parameters.
[[nodiscard]] constexpr std::uint32_t server_rights(std::uint32_t open_mode) {
  std::uint32_t rights = PIPES_SYNCHRONIZE | (open_mode & kOpenModeRights);
  if (open_mode & PIPES_ACCESS_INBOUND) rights |= PIPES_FILE_GENERIC_READ;
  if (open_mode & PIPES_ACCESS_OUTBOUND) rights |= PIPES_FILE_GENERIC_WRITE;
  return rights;
}

// client_direction_allowed tells whether a client end with the rights `granted` suits the pipe: nothing to read on an
// inbound pipe, nothing to write on an outbound one (CLI-3).
[[nodiscard]] constexpr bool client_direction_allowed(std::uint32_t granted, AccessMode pipe_access) {
  if (pipe_access == AccessMode::kInbound) return (granted & PIPES_FILE_READ_DATA) == 0;
  if (pipe_access == AccessMode::kOutbound) return (granted & PIPES_FILE_WRITE_DATA) == 0;
  return true;
}

// has_rights tells whether the handle rights `granted` hold all of `needed` (STATE-7).
[[nodiscard]] constexpr bool has_rights(std::uint32_t granted, std::uint32_t needed) {
  return (granted & needed) == needed;
}

}  // namespace pipes
