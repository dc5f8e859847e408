// Reactor: the one background thread of a process, started when the first pipe is made or opened. It accepts clients,
// speaks the handshake with them, and notices when a peer's process dies. Reads and writes never pass through it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "linux/process_fd.h"
#include "support/deadline.h"
#include "support/mutex.h"
#include "support/status.h"

namespace pipes {

class Reactor {
 public:
  // What the reactor watches, called with the name that watch gave it. Its methods run on the reactor's thread, with no
  // lock of the reactor held, and never block.
  class Source {
   public:
    virtual ~Source() = default;
    virtual void on_ready(uint64_t name, uint32_t events) = 0;
    virtual void on_deadline(uint64_t) {}
  };

  // The process's reactor, running. Null if a thread or descriptor for it cannot be had.
  static Reactor* running();
  // In a forked child: there is no reactor any more.
  static void forget_in_child() noexcept;

  // Watches `fd` for epoll's `events` until unwatched. The name given to the source is never used again. `told`, if
  // there is one, has it before the source is called for the first time.
  Result<uint64_t> watch(int fd, uint32_t events, std::shared_ptr<Source> source, Deadline deadline = Deadline::never(),
                         std::atomic<uint64_t>* told = nullptr);
  // After it the source is not called again, but a call that runs on the reactor's thread may be under way.
  void unwatch(uint64_t name, int fd);

  // Has on_deadline() of `source` called, once.
  void call_at(Deadline deadline, std::shared_ptr<Source> source);

  // Has the source of a watch called soon, as if its descriptor were readable.
  void poke(uint64_t name);

  // Turns the events of a watch off, and on again with what has happened meanwhile. Cheaper than to unwatch it.
  void pause(int fd);
  void resume(uint64_t name, int fd, uint32_t events);

  // For a source that is out of descriptors: runs `use` while one more than usual is free. False if none can be lent.
  bool with_spare_descriptor(const std::function<void()>& use);

 private:
  struct Entry {
    std::shared_ptr<Source> source;
    uint64_t deadline_ns = 0;
    bool once = false;  // it has no descriptor
  };

  static Reactor* start();
  void run();
  void run_deadlines();
  void run_poked();
  void wake_up();
  int next_timeout_ms();
  std::shared_ptr<Source> find(uint64_t name);

  ProcessFd epoll_;
  ProcessFd wake_;
  ProcessFd spare_;  // the reactor's thread
  Mutex mutex_;
  std::unordered_map<uint64_t, Entry> sources_;  // mutex_
  std::multimap<uint64_t, uint64_t> deadlines_;  // mutex_: when, whose
  uint64_t next_name_ = 1;                       // mutex_
  std::vector<uint64_t> poked_;                  // mutex_
};

}  // namespace pipes
