// How much memory two processes and the kernel hold for their connections.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

namespace pipes::bench {

// Connections made before the first look, so that what a library needs once is not counted.
constexpr uint32_t kMemoryFirst = 8;

// In bytes: the pages of both processes (shared ones once), their page tables, and the kernel's slabs. The slabs are
// those of the whole system, so the difference of two looks means something on a quiet machine only.
uint64_t memory_in_use(const std::array<pid_t, 2>& processes);

}  // namespace pipes::bench
