// Two halves of a fence, for pairs of threads that each store one word and then load the other's, where one side does
// so with every call and the other hardly ever: the frequent side pays nothing, the rare side a system call.
//
// If A stores x, has a light_fence and loads y, while B stores y, has a heavy_fence and loads x, at least one of them
// sees the other's store. A heavy fence interrupts every processor that runs a thread of this process (membarrier(2)),
// so it also orders light fences that were passed meanwhile. Where the kernel has no such call, or refuses it, light
// fences are real ones. Only for threads of one process: nothing shared with a peer is ordered by these.
#pragma once

#include <atomic>

namespace pipes {
namespace detail {
// Set once, before anything of this library can be called.
extern const bool kLightFencesAreFree;
}  // namespace detail

inline bool light_fences_are_free() { return detail::kLightFencesAreFree; }

inline void light_fence() {
  if (light_fences_are_free()) [[likely]] {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

// False if the kernel, asked before, has come to refuse it: the caller then may not rely on being seen.
[[nodiscard]] bool heavy_fence() noexcept;

}  // namespace pipes
