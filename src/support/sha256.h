// SHA-256 (FIPS 180-4), for short inputs: it turns a pipe's name into a folder's name of fixed length. A collision
// would let one user squat on another's pipe, so the hash must be a cryptographic one. Our own, so that the library
// needs no other at run time. Relies on nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pipes {

using Sha256Digest = std::array<std::uint8_t, 32>;

// sha256 returns the digest of `message`. Not meant to hide the message: its time depends on the length alone.
[[nodiscard]] Sha256Digest sha256(std::span<const std::byte> message);

}  // namespace pipes
