#include "support/asymmetric_fence.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace pipes {
namespace {

bool membarrier(int command) noexcept { return ::syscall(__NR_membarrier, command, 0, 0) == 0; }

// Loading the library registers the process. A forked child inherits that, a program it executes loads anew.
bool registered() noexcept {
  const int error = errno;
  const bool done = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  errno = error;
  return done;
}

}  // namespace

const bool detail::kLightFencesAreFree = registered();

bool heavy_fence() noexcept {
  const int error = errno;
  const bool ordered = !light_fences_are_free() || membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  errno = error;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return ordered;
}

}  // namespace pipes
