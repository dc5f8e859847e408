#include "linux/local_pair.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <gsl/gsl>
#include <vector>

#include "linux/named_end.h"
#include "linux/wakeup.h"

namespace pipes {
namespace {

struct Offer {
  dev_t device = 0;
  ino_t inode = 0;
  std::shared_ptr<LocalPair> pair;
};

constinit Mutex offers_mutex;
// Few at a time. Never destroyed; a forked child begins anew.
constinit std::vector<Offer>* offers PIPES_GUARDED_BY(offers_mutex) = nullptr;

// What this thread lets others look at: nested calls only add to it, however long the chain of consequences.
constinit thread_local std::vector<std::shared_ptr<NamedEnd>>* to_pump = nullptr;

}  // namespace

void LocalPair::set(Role role, std::weak_ptr<NamedEnd> end) {
  MutexLock lock(mutex_);
  ends_[static_cast<size_t>(role)] = std::move(end);
}

std::shared_ptr<NamedEnd> LocalPair::end(Role role) {
  MutexLock lock(mutex_);
  return ends_[static_cast<size_t>(role)].lock();
}

std::shared_ptr<LocalPair> LocalPair::find(int memory_fd) {
  struct stat file {};
  if (::fstat(memory_fd, &file) != 0) return nullptr;
  MutexLock lock(offers_mutex);
  if (offers == nullptr) return nullptr;
  const auto found = std::ranges::find_if(
      *offers, [&](const Offer& offer) { return offer.device == file.st_dev && offer.inode == file.st_ino; });
  return found == offers->end() ? nullptr : found->pair;
}

void LocalPair::forget_in_child() noexcept {
  offers_mutex.reset_in_child();
  offers = nullptr;
  to_pump = nullptr;
}

LocalOffer::LocalOffer(int memory_fd) {
  struct stat file {};
  if (::fstat(memory_fd, &file) != 0) return;
  auto pair = std::make_shared<LocalPair>();
  MutexLock lock(offers_mutex);
  if (offers == nullptr) offers = new std::vector<Offer>;
  offers->push_back({file.st_dev, file.st_ino, pair});
  pair_ = std::move(pair);
}

LocalOffer::~LocalOffer() {
  if (pair_ == nullptr) return;
  MutexLock lock(offers_mutex);
  if (offers == nullptr) return;  // forked meanwhile
  std::erase_if(*offers, [&](const Offer& offer) { return offer.pair == pair_; });
}

void pump_here(std::shared_ptr<NamedEnd> end) {
  if (to_pump != nullptr) {
    to_pump->push_back(std::move(end));
    return;
  }
  std::vector<std::shared_ptr<NamedEnd>> queue{std::move(end)};
  to_pump = &queue;
  const auto done = gsl::finally([] { to_pump = nullptr; });  // out of memory, too
  for (size_t next = 0; next < queue.size(); ++next) {  // NOLINT(modernize-loop-convert): the queue grows meanwhile
    const std::shared_ptr<NamedEnd> pumped = std::move(queue[next]);
    pumped->on_doorbell();
  }
}

// A full socket buffer means that bytes are there already which nobody has looked at.
void Wakeup::ring(Connection& connection) {
  if (connection.local != nullptr) {
    auto peer = connection.local->end(connection.role == Role::kServer ? Role::kClient : Role::kServer);
    if (peer != nullptr) {
      peer->relay_doorbell();
      pump_here(std::move(peer));
      return;
    }
    // Its handles are in other processes by now, if anywhere.
  }
  const char byte = 0;
  [[maybe_unused]] const ssize_t sent = ::send(connection.socket.get(), &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace pipes
