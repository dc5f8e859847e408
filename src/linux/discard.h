// Throwing away descriptors that a peer sent and that nobody agreed on. Closing one asks its file system, and a user
// may have mounted one of his own that does not answer: whoever closed it himself, the reactor above all, would stand
// still for ever. Memory is closed at once, since that asks nobody; everything else by a thread that has nothing else
// to do.
//
// What cannot be helped: while such a thread hangs, the kernel does not let its process end, nor close what it has
// open. So each user can hang a few of them and no more: then his descriptors are not taken in any more.
#pragma once

#include <cstdint>

#include "support/unique_fd.h"

namespace pipes {

// How many descriptors of one user may be waiting to be closed.
inline constexpr uint32_t kDiscardsMax = 4;

// Whether `fd` is memory: it has seals. The question is answered by the kernel itself, whatever `fd` is.
[[nodiscard]] bool is_memory(int fd) noexcept;

// Whether descriptors from `uid` may be taken in at all.
[[nodiscard]] bool takes_descriptors_of(uint32_t uid);

// Closes `fd`, which came from `uid`, without the caller ever waiting for a file system.
void discard(UniqueFd fd, uint32_t uid);

// Whether anything is being closed at the moment: if not, nobody is short of room.
[[nodiscard]] bool is_discarding() noexcept;

}  // namespace pipes
