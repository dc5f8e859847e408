#include "support/detached_thread.h"

#include <pthread.h>
#include <signal.h>

#include <memory>
#include <new>

#include "support/thread_identity.h"

namespace pipes {
namespace {

struct Start {
  const char* name;
  void (*body)(void*);
  void* argument;
};

void* run(void* start) {
  const Start copy = *std::unique_ptr<Start>(static_cast<Start*>(start));
  pthread_setname_np(pthread_self(), copy.name);
  copy.body(copy.argument);
  return nullptr;
}

}  // namespace

bool start_detached_thread(const char* name, void (*body)(void*), void* argument) noexcept {
  std::unique_ptr<Start> start(new (std::nothrow) Start{name, body, argument});
  if (start == nullptr) return false;
  // A thread inherits the rights of who starts it, and could not give them back.
  const AsSelf as_self;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  // A thread inherits the mask of who starts it.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  const bool started = pthread_create(&thread, &attributes, run, start.get()) == 0;
  if (started) {
    [[maybe_unused]] const Start* const the_threads = start.release();
  }
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace pipes
