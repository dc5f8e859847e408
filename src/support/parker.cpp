// Parkers live in chunks that are never freed, so that a late unpark always finds valid memory.
#include "support/parker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

#include "support/futex.h"
#include "support/mutex.h"

namespace pipes {

struct ParkerPool {
  static constexpr uint32_t kChunk = 64;
  static constexpr uint32_t kChunksMax = 4096;

  static Parker* take() {
    MutexLock lock(mutex_);
    if (free_list_ == nullptr) grow();
    Parker* parker = free_list_;
    free_list_ = parker->next_free_;
    parker->generation_.fetch_add(1, std::memory_order_release);
    return parker;
  }

  static void give_back(Parker* parker) {
    Parker::threads_own_ = nullptr;
    parker->guarded.store(nullptr, std::memory_order_release);
    parker->identity = 0;
    parker->generation_.fetch_add(1, std::memory_order_release);
    parker->call_.store(Parker::kNoCall, std::memory_order_relaxed);
    MutexLock lock(mutex_);
    parker->next_free_ = free_list_;
    free_list_ = parker;
  }

  static Parker* at(uint32_t index) {
    const uint32_t chunk = index / kChunk;
    if (chunk >= kChunksMax) return nullptr;
    Parker* parkers = chunks_[chunk].load(std::memory_order_acquire);
    return parkers == nullptr ? nullptr : &parkers[index % kChunk];
  }

  static void grow() {
    auto* parkers = new Parker[kChunk];
    for (uint32_t i = kChunk; i-- > 0;) {
      parkers[i].index_ = chunk_count_ * kChunk + i;
      parkers[i].next_free_ = free_list_;
      free_list_ = &parkers[i];
    }
    chunks_.at(chunk_count_).store(parkers, std::memory_order_release);
    ++chunk_count_;
  }

  static inline Mutex mutex_;
  static inline Parker* free_list_ = nullptr;
  static inline uint32_t chunk_count_ = 0;
  static inline std::array<std::atomic<Parker*>, kChunksMax> chunks_{};
};

namespace {

// Gives the thread's parker back when it ends.
struct GiveBack {
  Parker* parker = nullptr;
  ~GiveBack() {
    if (parker != nullptr) ParkerPool::give_back(parker);
  }
};

thread_local GiveBack give_back;

}  // namespace

constinit thread_local Parker* Parker::threads_own_ = nullptr;

Parker& Parker::take_one() noexcept {
  threads_own_ = ParkerPool::take();
  give_back.parker = threads_own_;
  return *threads_own_;
}

bool Parker::any_guards(const void* what) noexcept {
  for (const auto& chunk : ParkerPool::chunks_) {
    const Parker* parkers = chunk.load(std::memory_order_acquire);
    if (parkers == nullptr) break;
    for (uint32_t i = 0; i < ParkerPool::kChunk; ++i) {
      // Acquire: what the thread did with it lies before what its taker does.
      if (parkers[i].guarded.load(std::memory_order_acquire) == what) return true;
    }
  }
  return false;
}

uint64_t Parker::name() const noexcept {
  return (static_cast<uint64_t>(generation_.load(std::memory_order_relaxed)) << 32) | index_;
}

Parker* Parker::find(uint64_t name) noexcept {
  Parker* parker = ParkerPool::at(static_cast<uint32_t>(name));
  if (parker == nullptr) return nullptr;
  const uint32_t generation = parker->generation_.load(std::memory_order_acquire);
  const bool alive = (generation & 1u) != 0 && generation == static_cast<uint32_t>(name >> 32);
  return alive ? parker : nullptr;
}

void Parker::lock_all_for_fork() noexcept { ParkerPool::mutex_.lock(); }
void Parker::unlock_all_after_fork() noexcept { ParkerPool::mutex_.unlock(); }

void Parker::reset_all_in_child() noexcept {
  ParkerPool::mutex_.reset_in_child();
  for (uint32_t chunk = 0; chunk < ParkerPool::kChunksMax; ++chunk) {
    Parker* parkers = ParkerPool::chunks_[chunk].load(std::memory_order_relaxed);
    if (parkers == nullptr) break;
    for (uint32_t i = 0; i < ParkerPool::kChunk; ++i) {
      const int fd = parkers[i].event_fd_.exchange(-1, std::memory_order_relaxed);
      if (fd >= 0) ::close(fd);
      parkers[i].call_.store(kNoCall, std::memory_order_relaxed);
      parkers[i].guarded.store(nullptr, std::memory_order_relaxed);
      parkers[i].flag_mutex_.reset_in_child();
      parkers[i].sleeps_on_ = nullptr;
    }
  }
}

void Parker::wake() noexcept {
  word_.fetch_add(1, std::memory_order_seq_cst);
  futex_wake_private(&word_, 1);
  if (futex_waits_for_any()) return;
  std::atomic<uint32_t>* flag = nullptr;
  {
    MutexLock lock(flag_mutex_);
    flag = sleeps_on_;
    if (flag == nullptr) return;
    flag->store(0, std::memory_order_release);
  }
  // Its memory may be gone by now, with the sleeper: then the kernel is given an address at which nobody sleeps.
  futex_wake_shared(flag);
}

void Parker::unpark() noexcept {
  // Sequentially consistent, as is the load of event_fd_ below and their counterparts in event_fd(): either we see the
  // descriptor, or its maker sees the new ticket. With acquire and release alone both could miss.
  wake();
  const int fd = event_fd_.load(std::memory_order_seq_cst);
  if (fd < 0) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);  // full means readable already
}

void Parker::unpark_asleep() noexcept { wake(); }

void Parker::sleep(uint32_t ticket, Deadline deadline) noexcept { futex_wait_private(&word_, ticket, deadline); }

bool Parker::sleep_with(uint32_t ticket, std::span<std::atomic<uint32_t>* const> flags) noexcept {
  return futex_wait_any(flags, &word_, ticket, Deadline::never()) || sleep_on_first(ticket, flags);
}

// Where the kernel cannot wait for several words: who unparks the thread takes the flag down. Of two flags only one can
// be slept on, and a peer can move who sleeps on it: so everything is looked at again after a while.
//
// SUBTLE: the ticket is looked at under the lock. Who unparks raises the ticket first and takes the lock then, so one
// of the two sees the other.
bool Parker::sleep_on_first(uint32_t ticket, std::span<std::atomic<uint32_t>* const> flags) noexcept {
  constexpr uint64_t kLookAgainMs = 1000;
  constexpr uint64_t kLookAtTwoMs = 50;
  std::atomic<uint32_t>* const flag = flags.front();
  {
    MutexLock lock(flag_mutex_);
    if (word_.load(std::memory_order_acquire) != ticket) return true;
    sleeps_on_ = flag;
  }
  const Deadline look_again = Deadline::after_ms(flags.size() == 1 ? kLookAgainMs : kLookAtTwoMs);
  const bool only_to_look = futex_wait_shared(flag, 1, look_again);
  MutexLock lock(flag_mutex_);
  sleeps_on_ = nullptr;
  return !only_to_look;
}

int Parker::event_fd() noexcept {
  int fd = event_fd_.load(std::memory_order_relaxed);
  if (fd >= 0) return fd;
  fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return -1;
  event_fd_.store(fd, std::memory_order_seq_cst);
  return fd;
}

void Parker::drain() noexcept {
  const int fd = event_fd_.load(std::memory_order_relaxed);
  if (fd < 0) return;
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd, &count, sizeof count);
}

bool Parker::cancel() noexcept {
  uint32_t expected = kInCall;
  if (!call_.compare_exchange_strong(expected, kCancelled, std::memory_order_acq_rel)) return false;
  unpark();
  return true;
}

}  // namespace pipes
