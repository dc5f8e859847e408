#include "linux/effects.h"

#include "linux/reactor.h"
#include "linux/shared_object.h"

namespace pipes {

void Effects::perform_by_reactor() {
  Reactor* const reactor = Reactor::running();
  if (const uint64_t watch = std::exchange(poked_, 0); watch != 0 && reactor != nullptr) reactor->poke(watch);
  if (const auto port = std::exchange(watched_, nullptr)) port->watch_over();
}

}  // namespace pipes
