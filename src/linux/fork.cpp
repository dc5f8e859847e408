#include "linux/fork.h"

#include <pthread.h>

#include "linux/handle_table.h"
#include "linux/known_pipes.h"
#include "linux/process_fd.h"
#include "linux/reactor.h"
#include "linux/server_pipe.h"
#include "support/parker.h"

namespace pipes {
namespace {

// Only async-signal-safe work: other threads of the parent, and the locks they held, do not exist here.
void in_child() {
  close_process_fds_in_child();
  Parker::reset_all_in_child();
  HandleTable::instance().reset_in_child();
  ServerPipe::forget_in_child();
  PipeLook::forget_in_child();
  Reactor::forget_in_child();
}

}  // namespace

void install_fork_handlers() {
  static const bool installed = [] { return pthread_atfork(nullptr, nullptr, in_child) == 0; }();
  static_cast<void>(installed);
}

}  // namespace pipes
