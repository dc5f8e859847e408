// What src/support asks of the system, on Windows: sleeping on a word, and the fence that interrupts all processors.
#include "support/asymmetric_fence.h"
#include "support/futex.h"
#include "windows/win32.h"

namespace pipes {

const bool detail::kLightFencesAreFree = true;

bool heavy_fence() noexcept {
  ::FlushProcessWriteBuffers();
  return true;
}

void futex_wait_private(const std::atomic<uint32_t>* word, uint32_t expected, Deadline deadline) noexcept {
  auto* address = const_cast<std::atomic<uint32_t>*>(word);
  const int timeout_ms = deadline.timeout_ms_for_poll();
  ::WaitOnAddress(address, &expected, sizeof expected, timeout_ms < 0 ? INFINITE : static_cast<DWORD>(timeout_ms));
}

void futex_wake_private(std::atomic<uint32_t>* word, int count) noexcept {
  count == 1 ? ::WakeByAddressSingle(word) : ::WakeByAddressAll(word);
}

}  // namespace pipes
