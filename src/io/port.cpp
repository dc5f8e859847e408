#include "io/port.h"

#include <thread>

#include "io/waits.h"
#include "support/fetch.h"

namespace pipes {

// A thread that waits, on its stack. Whoever serves it takes it out of the list.
struct Port::Waiter {
  Parker* parker;
  pipes_port_entry entry{};
  Waiter* next = nullptr;
  enum class State : uint32_t { kWaits, kServed, kLooks, kAbandoned };
  std::atomic<State> state{State::kWaits};
};

Port::~Port() {
  MutexLock lock(mutex_);
  drop_queued();
}

void Port::drop_queued() {
  while (first_ != nullptr) {
    Packet* const packet = first_;
    first_ = packet->next_;
    delete packet;
  }
  last_ = nullptr;
}

void Port::post(std::unique_ptr<Packet> packet, Unparks& unparks) {
  MutexLock lock(mutex_);
  if (closed_) return;
  (last_ == nullptr ? first_ : last_->next_) = packet.get();
  last_ = packet.release();
  news_.store(true, std::memory_order_relaxed);
  if (!has_looker_) serve_waiters(unparks);  // who looks around takes what he needs, and serves the others then
}

// Gives what is queued to those who sleep, a packet each.
void Port::serve_waiters(Unparks& unparks) {
  while (waiters_ != nullptr && first_ != nullptr) {
    Waiter& waiter = *waiters_;
    waiters_ = waiter.next;
    [[maybe_unused]] const uint32_t one = take_queued({&waiter.entry, 1});
    // The waiter may be gone as soon as it sees this. Release: what the operation did is visible to it.
    unparks.add(waiter.parker);
    waiter.state.store(Waiter::State::kServed, std::memory_order_release);
  }
}

uint32_t Port::take_queued(std::span<pipes_port_entry> entries) {
  uint32_t count = 0;
  while (first_ != nullptr && count < entries.size()) {
    Packet* const packet = first_;
    first_ = packet->next_;
    entries[count++] = packet->entry;
    delete packet;
  }
  if (first_ == nullptr) last_ = nullptr;
  return count;
}

Status Port::take(std::span<pipes_port_entry> entries, uint32_t* taken, Deadline deadline, bool alertable) {
  const std::shared_ptr<Thread> thread = alertable ? Thread::mine() : nullptr;
  if (thread != nullptr && thread->run_routines()) return PIPES_WAIT_IO_COMPLETION;
  while (true) {
    if (take_without_sleep(entries, taken, deadline, thread.get())) return PIPES_OK;
    Waiter waiter{&Parker::mine()};
    {
      MutexLock lock(mutex_);
      *taken = take_queued(entries);
      if (*taken > 0) return PIPES_OK;
      if (closed_) return PIPES_ERROR_ABANDONED_WAIT_0;
      // News may have ended the looking without a packet for this thread, and sources may have come since. Nobody would
      // look at them while it sleeps, and they ask for no doorbell.
      const bool may_look = !deadline.passed() && (thread == nullptr || !thread->has_routines());
      if (may_look && !has_looker_ && !(newcomers_.empty() && looked_at_.empty())) continue;
      waiter.next = waiters_;
      waiters_ = &waiter;
    }
    const auto state = [&] { return waiter.state.load(std::memory_order_acquire); };
    const auto is_released = [&] { return state() != Waiter::State::kWaits; };
    const Status status = sleep_until(*waiter.parker, deadline, thread.get(), is_released);
    {
      MutexLock lock(mutex_);
      switch (state()) {
        case Waiter::State::kServed:
          entries[0] = waiter.entry;
          *taken = 1 + take_queued(entries.subspan(1));
          return PIPES_OK;
        case Waiter::State::kAbandoned:
          return PIPES_ERROR_ABANDONED_WAIT_0;
        case Waiter::State::kLooks:
          continue;
        case Waiter::State::kWaits:
          Waiter** at = &waiters_;
          while (*at != &waiter) at = &(*at)->next;
          *at = waiter.next;
      }
    }
    if (status == PIPES_WAIT_IO_COMPLETION) thread->run_routines();
    return status;
  }
}

// Takes what is queued, or looks around for it. True if there was something.
bool Port::take_without_sleep(std::span<pipes_port_entry> entries, uint32_t* taken, Deadline deadline,
                              Thread* alertable) {
  Unparks unparks;
  {
    MutexLock lock(mutex_);
    *taken = take_queued(entries);
    if (*taken > 0 || closed_ || has_looker_ || (newcomers_.empty() && looked_at_.empty())) return *taken > 0;
    has_looker_ = true;
    lock.unlock();
    look_around([&] { return deadline.passed() || (alertable != nullptr && alertable->has_routines()); });
    lock.lock();
    has_looker_ = false;
    *taken = take_queued(entries);
    serve_waiters(unparks);
    // Somebody else goes on looking while this thread sees to its packets.
    if (*taken > 0 && waiters_ != nullptr && !looked_at_.empty()) {
      Waiter& next = *waiters_;
      waiters_ = next.next;
      unparks.add(next.parker);
      next.state.store(Waiter::State::kLooks, std::memory_order_release);
    }
  }
  unparks.perform();
  return *taken > 0;
}

void Port::close(Unparks& unparks) {
  MutexLock lock(mutex_);
  closed_ = true;
  news_.store(true, std::memory_order_relaxed);
  for (Waiter* waiter = waiters_; waiter != nullptr;) {
    Waiter* const next = waiter->next;
    unparks.add(waiter->parker);
    waiter->state.store(Waiter::State::kAbandoned, std::memory_order_release);
    waiter = next;
  }
  waiters_ = nullptr;
  drop_queued();
}

// ------------------------------------------------------------------------------------------------------ looking around

Port::LookedAt Port::look_at(std::shared_ptr<PortSource> source) {
  MutexLock lock(mutex_);
  if (closed_ || (waiters_ != nullptr && !has_looker_)) return LookedAt::kNo;
  newcomers_.push_back(std::move(source));
  news_.store(true, std::memory_order_relaxed);
  return std::exchange(is_watched_, true) ? LookedAt::kYes : LookedAt::kFirst;
}

// True if that was said first so long ago.
bool Port::Looked::is_idle_for(uint64_t ns) {
  const uint64_t now = monotonic_ns();
  if (idle_at_ns == 0) idle_at_ns = now;
  return now - idle_at_ns > ns;
}

// Each source once. One that has had nothing for long, while others have, is told again. By time, and not by the number
// of looks in vain: while only few are looked at these are quick, and the others' peers slowed down by having to tell.
bool Port::look_round() {
  constexpr uint32_t kMissesMax = 256;
  constexpr uint64_t kIdleMaxNs = 10'000'000;
  // What a look needs lies in a dozen lines, and locks let no look overlap the next one.
  constexpr size_t kObjectAhead = 12;
  constexpr size_t kFetchAhead = 6;
  constexpr size_t kObjectBytes = 320;
  bool any = false;
  for (size_t i = 0; i < looked_at_.size();) {
    if (i + kObjectAhead < looked_at_.size()) fetch_to_read(looked_at_[i + kObjectAhead].source.get(), kObjectBytes);
    if (i + kFetchAhead < looked_at_.size()) looked_at_[i + kFetchAhead].source->fetch();
    Looked& looked = looked_at_[i];
    if (looked.source->look()) {
      any = true;
      looked.misses = 0;
      looked.idle_at_ns = 0;
    } else if (++looked.misses % kMissesMax == 0 && looked.is_idle_for(kIdleMaxNs)) {
      const std::shared_ptr<PortSource> dropped = std::move(looked.source);
      std::swap(looked, looked_at_.back());
      looked_at_.pop_back();
      dropped->stop_looking();
      continue;
    }
    ++i;
  }
  return any;
}

template <class Interrupted>
void Port::look_around(Interrupted interrupted) {
  has_looked_.store(true, std::memory_order_relaxed);
  {
    MutexLock lock(mutex_);
    for (auto& source : newcomers_) looked_at_.push_back({std::move(source)});
    newcomers_.clear();
    news_.store(first_ != nullptr || closed_, std::memory_order_relaxed);
  }
  // A source that is told is told by another thread, which may have to share this one's processor: without way for it
  // a port whose sources are told once would never come to look at them.
  constexpr size_t kLooksPerYield = 64;
  size_t looks = 0;
  const auto news = [&] {
    if (look_round() || news_.load(std::memory_order_relaxed) || interrupted()) return true;
    looks += looked_at_.size() + 1;
    if (looks < kLooksPerYield) return false;
    looks = 0;
    std::this_thread::yield();
    return false;
  };
  if (spinner_.spin(0, 1, news)) return;
  std::vector<Looked> told;
  told.swap(looked_at_);
  for (const Looked& looked : told) looked.source->stop_looking();
  told.clear();
  looked_at_.swap(told);  // for its room
}

bool Port::stop_all_looking() {
  std::vector<std::shared_ptr<PortSource>> sources;
  {
    MutexLock lock(mutex_);
    if (has_looker_ || has_looked_.exchange(false, std::memory_order_relaxed)) return true;
    has_looker_ = true;
    sources.swap(newcomers_);
  }
  for (Looked& looked : looked_at_) sources.push_back(std::move(looked.source));
  looked_at_.clear();
  for (const auto& source : sources) source->stop_looking();
  Unparks unparks;
  bool left = false;
  {
    MutexLock lock(mutex_);
    has_looker_ = false;
    left = is_watched_ = !newcomers_.empty();
    serve_waiters(unparks);
  }
  unparks.perform();
  return left;
}

}  // namespace pipes
