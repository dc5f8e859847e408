// What becomes of entries and control bits when a descriptor is stored with a pipe, at creation and when parts of it
// are replaced alike (SEC-6).
#pragma once

#include <cstdint>

#include "security/descriptor.h"

namespace pipes {

// Control bits of the two lists that are stored as they were given.
inline constexpr std::uint16_t kKeptDaclBits = kDaclAutoInherited | kDaclProtected;
inline constexpr std::uint16_t kKeptSaclBits = kSaclAutoInherited | kSaclProtected;
inline constexpr std::uint16_t kKeptControlBits = kKeptDaclBits | kKeptSaclBits | kResourceManagerControlValid;

// prepare_entries makes entries for CREATOR OWNER and CREATOR GROUP ones for `owner` and `group`, and replaces generic
// rights by those of a pipe. Entries that are inherit-only, labels, and entries whose layout is not known stay.
void prepare_entries(const Sid& owner, const Sid& group, Acl* acl);

}  // namespace pipes
