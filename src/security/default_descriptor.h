// Descriptors that the library makes: the default one of a pipe (SEC-1), the one that is stored with a pipe that is
// created with a descriptor of the caller's (SEC-5 to SEC-7), and ready-made ones for common wishes.
#pragma once

#include <cstdint>

#include "security/descriptor.h"
#include "security/token.h"

namespace pipes {

// default_descriptor returns what a pipe has that `creator` makes without a descriptor: owner and group of the token;
// full control to the system, administrators and the owner; reading to everyone and to anonymous callers.
[[nodiscard]] SecurityDescriptor default_descriptor(const Token& creator);

// prepare_descriptor returns what is stored with a pipe that `creator` makes with `supplied`; null means none.
//
// Missing owner, group and DACL are those of default_descriptor (SEC-5, SEC-6); a null DACL stays. Entries for CREATOR
// OWNER and CREATOR GROUP become entries for the owner and the group, and generic rights become those of a pipe;
// entries that are inherit-only stay as they are.
//
// PIPES_ERROR_INVALID_OWNER: `creator` may not make that SID an owner (SEC-7). PIPES_ERROR_PRIVILEGE_NOT_HELD: a SACL
// with more than a label, without the security privilege. PIPES_ERROR_INVALID_SECURITY_DESCR, PIPES_ERROR_INVALID_ACL:
// too long once what was missing is there.
[[nodiscard]] Result<SecurityDescriptor> prepare_descriptor(const Token& creator, const SecurityDescriptor* supplied);

// What preset_descriptor can make.
enum class Preset : std::uint32_t {
  kOwner = PIPES_PRESET_OWNER,                    // Full control to the owner, nothing to anybody else.
  kOwnerAndGroup = PIPES_PRESET_OWNER_AND_GROUP,  // Besides, the owner's primary group may read and write.
  kThisMachine =
      PIPES_PRESET_THIS_MACHINE,  // Besides, everybody may, but nothing at all to callers of other computers.
};

// What a client needs to read and write, without the right to create instances (SEC-10).
inline constexpr std::uint32_t kClientReadWrite =
    (PIPES_FILE_GENERIC_READ | PIPES_FILE_GENERIC_WRITE) & ~PIPES_FILE_CREATE_PIPE_INSTANCE;

[[nodiscard]] SecurityDescriptor preset_descriptor(const Token& owner, Preset preset);

}  // namespace pipes
