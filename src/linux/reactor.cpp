#include "linux/reactor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <atomic>
#include <new>

#include "linux/system_error.h"
#include "support/detached_thread.h"

namespace pipes {
namespace {

std::atomic<Reactor*> the_reactor{nullptr};
Mutex start_mutex;

ProcessFd open_spare() { return ProcessFd(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC))); }

}  // namespace

Reactor* Reactor::running() {
  Reactor* reactor = the_reactor.load(std::memory_order_acquire);
  if (reactor != nullptr) return reactor;
  MutexLock lock(start_mutex);
  reactor = the_reactor.load(std::memory_order_relaxed);
  if (reactor == nullptr) {
    reactor = start();
    the_reactor.store(reactor, std::memory_order_release);
  }
  return reactor;
}

void Reactor::forget_in_child() noexcept {
  start_mutex.reset_in_child();
  the_reactor.store(nullptr, std::memory_order_relaxed);
}

// Never freed: its thread runs until the process ends.
Reactor* Reactor::start() {
  auto reactor = std::make_unique<Reactor>();
  reactor->epoll_ = ProcessFd(UniqueFd(::epoll_create1(EPOLL_CLOEXEC)));
  reactor->wake_ = ProcessFd(UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
  reactor->spare_ = open_spare();
  if (!reactor->epoll_ || !reactor->wake_) return nullptr;
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(reactor->epoll_.get(), EPOLL_CTL_ADD, reactor->wake_.get(), &event) != 0) return nullptr;
  const auto body = [](void* self) { static_cast<Reactor*>(self)->run(); };
  if (!start_detached_thread("pipes-reactor", body, reactor.get())) return nullptr;
  return reactor.release();
}

Result<uint64_t> Reactor::watch(int fd, uint32_t events, std::shared_ptr<Source> source, Deadline deadline,
                                std::atomic<uint64_t>* told) {
  uint64_t name = 0;
  try {
    MutexLock lock(mutex_);
    name = next_name_++;
    // Deadlines of sources that there are not are passed over.
    if (!deadline.is_never()) deadlines_.emplace(deadline.at_ns(), name);
    sources_.emplace(name, Entry{std::move(source), deadline.at_ns()});
  } catch (const std::bad_alloc&) {
    return Status{PIPES_ERROR_NOT_ENOUGH_MEMORY};
  }
  if (told != nullptr) told->store(name, std::memory_order_release);
  epoll_event event{};
  event.events = events;
  event.data.u64 = name;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    const Status status = status_from_errno(errno);
    if (told != nullptr) told->store(0, std::memory_order_release);
    MutexLock lock(mutex_);
    sources_.erase(name);
    return status;
  }
  if (!deadline.is_never()) wake_up();
  return name;
}

void Reactor::wake_up() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

// Out of memory the call is forgotten.
void Reactor::call_at(Deadline deadline, std::shared_ptr<Source> source) {
  bool is_first = false;
  {
    MutexLock lock(mutex_);
    const uint64_t name = next_name_++;
    is_first = deadlines_.empty() || deadline.at_ns() < deadlines_.begin()->first;
    deadlines_.emplace(deadline.at_ns(), name);
    sources_.emplace(name, Entry{std::move(source), deadline.at_ns(), true});
  }
  if (is_first) wake_up();
}

void Reactor::poke(uint64_t name) {
  {
    MutexLock lock(mutex_);
    poked_.push_back(name);
  }
  wake_up();
}

void Reactor::run_poked() {
  std::vector<uint64_t> poked;
  {
    MutexLock lock(mutex_);
    poked.swap(poked_);
  }
  for (const uint64_t name : poked) {
    if (const auto source = find(name)) source->on_ready(name, EPOLLIN);
  }
}

void Reactor::unwatch(uint64_t name, int fd) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  std::shared_ptr<Source> dropped;  // destroyed after the lock
  MutexLock lock(mutex_);
  const auto entry = sources_.find(name);
  if (entry == sources_.end()) return;
  dropped = std::move(entry->second.source);
  sources_.erase(entry);
  lock.unlock();
}

void Reactor::pause(int fd) {
  epoll_event none{};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &none);
}

void Reactor::resume(uint64_t name, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = name;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

bool Reactor::with_spare_descriptor(const std::function<void()>& use) {
  if (!spare_) spare_ = open_spare();
  if (!spare_) return false;
  spare_.reset();
  use();
  spare_ = open_spare();
  return true;
}

std::shared_ptr<Reactor::Source> Reactor::find(uint64_t name) {
  MutexLock lock(mutex_);
  const auto entry = sources_.find(name);
  return entry == sources_.end() ? nullptr : entry->second.source;
}

int Reactor::next_timeout_ms() {
  MutexLock lock(mutex_);
  while (!deadlines_.empty() && !sources_.contains(deadlines_.begin()->second)) deadlines_.erase(deadlines_.begin());
  if (deadlines_.empty()) return -1;
  const uint64_t now = monotonic_ns();
  const uint64_t at = deadlines_.begin()->first;
  return at <= now ? 0 : static_cast<int>((at - now + 999'999) / 1'000'000);
}

void Reactor::run_deadlines() {
  while (true) {
    std::shared_ptr<Source> source;
    uint64_t name = 0;
    {
      MutexLock lock(mutex_);
      if (deadlines_.empty() || deadlines_.begin()->first > monotonic_ns()) return;
      name = deadlines_.begin()->second;
      const auto entry = sources_.find(name);
      if (entry != sources_.end()) {
        source = entry->second.source;
        if (entry->second.once) sources_.erase(entry);
      }
      deadlines_.erase(deadlines_.begin());
    }
    if (source) source->on_deadline(name);
  }
}

void Reactor::run() {
  std::array<epoll_event, 64> events{};
  while (true) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), next_timeout_ms());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.u64 == 0) {
        uint64_t ignored = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &ignored, sizeof ignored);
        continue;
      }
      if (const auto source = find(event.data.u64)) source->on_ready(event.data.u64, event.events);
    }
    run_poked();
    run_deadlines();
  }
}

}  // namespace pipes
