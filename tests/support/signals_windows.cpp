// Windows raises no signal for a broken pipe: there is nothing to count, and nothing that could be held back.
#include "support/signals.h"

namespace pipes::test {

BrokenPipeSignals::BrokenPipeSignals() = default;
BrokenPipeSignals::~BrokenPipeSignals() = default;
uint32_t BrokenPipeSignals::count() const { return 0; }
bool BrokenPipeSignals::would_be_delivered() { return true; }

}  // namespace pipes::test
