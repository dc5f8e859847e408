#include "linux/fork.h"

#include <pthread.h>

#include "io/thread.h"
#include "io/waits.h"
#include "linux/anonymous_pipe.h"
#include "linux/handle_table.h"
#include "linux/inheritance.h"
#include "linux/known_pipes.h"
#include "linux/local_pair.h"
#include "linux/mailbox.h"
#include "linux/process_fd.h"
#include "linux/reactor.h"
#include "linux/read_watch.h"
#include "linux/send_handle.h"
#include "linux/server_pipe.h"
#include "support/log.h"
#include "support/parker.h"
#include "support/thread_identity.h"

namespace pipes {
namespace {

bool installed = false;

// What the child goes on with is whole while these locks are held. Each is held briefly by others, and none of them
// while another is taken.
void before_fork() {
  AnonymousEnd::lock_all_for_fork();
  HandleTable::instance().lock_for_fork();
  Thread::lock_all_for_fork();
  lock_waits_for_fork();
  Parker::lock_all_for_fork();
  lock_log_for_fork();
}

void in_parent() {
  unlock_log_after_fork();
  Parker::unlock_all_after_fork();
  unlock_waits_after_fork();
  Thread::unlock_all_after_fork();
  HandleTable::instance().unlock_after_fork();
  AnonymousEnd::unlock_all_after_fork();
}

// Only async-signal-safe work: other threads of the parent, and the locks they held, do not exist here.
void in_child() {
  act_as_self_in_child();
  reset_log_in_child();
  close_process_fds_in_child();
  Parker::reset_all_in_child();
  reset_waits_in_child();
  Thread::reset_all_in_child();
  HandleTable::instance().reset_in_child();
  AnonymousEnd::reset_all_in_child();
  ReadWatch::reset_all_in_child();
  forget_inheritance_in_child();
  forget_mailboxes_in_child();
  forget_children_in_child();
  ServerPipe::forget_in_child();
  LocalPair::forget_in_child();
  PipeLook::forget_in_child();
  Reactor::forget_in_child();
}

// Before the program's own initialisers, which may call the library where it is linked statically.
[[gnu::constructor(101)]] void install() { installed = pthread_atfork(before_fork, in_parent, in_child) == 0; }

}  // namespace

bool forks_are_minded() noexcept { return installed; }

}  // namespace pipes
