#include "support/fault_point.h"

#ifdef PIPES_FAULT_POINTS

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace pipes {

void fault_point(const char* name) {
  const char* wanted = secure_getenv("PIPES_FAULT");
  if (wanted == nullptr || std::string_view(wanted) != name) return;
  const char* spared = secure_getenv("PIPES_FAULT_AFTER");
  static constinit std::atomic<unsigned long> passes{0};
  if (spared != nullptr && passes.fetch_add(1) < std::strtoul(spared, nullptr, 10)) return;
  kill(getpid(), SIGKILL);
  // The signal reaches some thread of this process before the next instruction of all of them; until then, stay here.
  for (;;) pause();
}

}  // namespace pipes

#endif
