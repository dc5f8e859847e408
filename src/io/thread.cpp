#include "io/thread.h"

#include <atomic>
#include <new>

namespace pipes {
namespace {

using Threads = std::unordered_map<uint64_t, std::weak_ptr<Thread>>;

constinit Mutex threads_mutex;
// Never destroyed: threads may end while the process does. A forked child begins with a new one.
constinit Threads* threads PIPES_GUARDED_BY(threads_mutex) = nullptr;

struct Own {
  std::shared_ptr<Thread> thread;
  uint64_t name = 0;
  ~Own() {
    if (thread == nullptr) return;
    {
      MutexLock lock(threads_mutex);
      if (threads != nullptr) threads->erase(name);
    }
    thread->end();
  }
};

thread_local Own own;
// Whether `own` has been made: a forked child may ask no more.
constinit thread_local bool has_own = false;

}  // namespace

const std::shared_ptr<Thread>& Thread::mine() {
  if (own.thread == nullptr) {
    Parker& parker = Parker::mine();  // first, so that it is given back after our end
    auto made = std::make_shared<Thread>(parker);
    MutexLock lock(threads_mutex);
    if (threads == nullptr) threads = new Threads;
    (*threads)[parker.name()] = made;
    own.name = parker.name();
    own.thread = std::move(made);
    has_own = true;
  }
  return own.thread;
}

std::shared_ptr<Thread> Thread::find(uint64_t name) {
  MutexLock lock(threads_mutex);
  if (threads == nullptr) return nullptr;
  const auto found = threads->find(name);
  return found == threads->end() ? nullptr : found->second.lock();
}

void Thread::lock_all_for_fork() noexcept { threads_mutex.lock(); }
void Thread::unlock_all_after_fork() noexcept { threads_mutex.unlock(); }

// The map is the parent's, and lost to the child; so is the thread's queue, which may have been locked by another.
void Thread::reset_all_in_child() noexcept {
  threads_mutex.reset_in_child();
  threads = nullptr;
  if (has_own) new (&own.thread) std::shared_ptr<Thread>();
}

// Unlinked one by one: a long chain of owners would be destroyed recursively.
Thread::Thread(Parker& parker)
    : parker_(parker), number_([] {
        static constinit std::atomic<uint64_t> last{0};
        return last.fetch_add(1, std::memory_order_relaxed) + 1;
      }()) {}

Thread::~Thread() {
  while (pop() != nullptr) {
  }
}

bool Thread::queue(std::unique_ptr<Routine> routine, Unparks& unparks) {
  MutexLock lock(mutex_);
  if (ended_) return false;
  Routine* const added = routine.get();
  (last_ == nullptr ? first_ : last_->next_) = std::move(routine);
  last_ = added;
  unparks.add(&parker_);
  return true;
}

bool Thread::has_routines() {
  MutexLock lock(mutex_);
  return first_ != nullptr;
}

std::unique_ptr<Routine> Thread::pop() {
  MutexLock lock(mutex_);
  std::unique_ptr<Routine> routine = std::move(first_);
  if (routine == nullptr) return nullptr;
  first_ = std::move(routine->next_);
  if (first_ == nullptr) last_ = nullptr;
  return routine;
}

bool Thread::run_routines() {
  bool any = false;
  while (const std::unique_ptr<Routine> routine = pop()) {
    routine->run();
    any = true;
  }
  return any;
}

void Thread::tell_of_end(const std::shared_ptr<Host>& host) {
  if (hosts_.size() >= hosts_to_sweep_) {
    std::erase_if(hosts_, [](const auto& entry) { return entry.second.expired(); });
    hosts_to_sweep_ = 2 * hosts_.size() + 64;
  }
  hosts_[host.get()] = host;
}

void Thread::end() {
  {
    MutexLock lock(mutex_);
    ended_ = true;
  }
  for (const auto& [address, host] : hosts_) {
    if (const auto alive = host.lock()) alive->thread_ends(*this);
  }
  hosts_.clear();
  while (pop() != nullptr) {
  }
}

}  // namespace pipes
