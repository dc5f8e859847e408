// Port: a completion port: packets in the order of their arrival, and threads that take them, of which the one that
// came last is served first (IOCP-9). How many of them run at a time is not limited here.
//
// Interrupt when idle, look when busy. A source, an end whose operations report here, is told by its peer when
// something has happened: that costs a system call there and two wake-ups here. While there is much to do, a thread
// that comes for packets looks at the sources itself instead, one thread at a time, for as long as that brings
// anything; then it asks for them to be told again, and sleeps.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "io/thread.h"
#include "support/deadline.h"
#include "support/mutex.h"
#include "support/spin.h"
#include "support/status.h"
#include "support/unparks.h"

namespace pipes {

// A Packet is made before it is needed, so that none is lost for want of memory. It is queued at one port.
class Packet {
 public:
  explicit Packet(const pipes_port_entry& contents) : entry(contents) {}
  virtual ~Packet() = default;
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;

  pipes_port_entry entry;

 private:
  friend class Port;
  Packet* next_ = nullptr;
};

// What a port's threads can look at.
class PortSource {
 public:
  virtual ~PortSource() = default;
  // Looks whether something has happened, and does what follows: packets are posted. True: it had.
  virtual bool look() = 0;
  // Has fetched what look() will look at, and waits for nothing.
  virtual void fetch() const {}
  // From now on the source is told. What has happened before is done.
  virtual void stop_looking() = 0;
};

class Port {
 public:
  Port() = default;
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // Queues a packet; one that comes after close() is dropped.
  void post(std::unique_ptr<Packet> packet, Unparks& unparks);

  // Takes as many packets as there are and room for, and waits for the first. 0 with at least one, or
  // PIPES_ERROR_WAIT_TIMEOUT, PIPES_WAIT_IO_COMPLETION, PIPES_ERROR_ABANDONED_WAIT_0.
  [[nodiscard]] Status take(std::span<pipes_port_entry> entries, uint32_t* taken, Deadline deadline, bool alertable);

  // Asks for a source to be looked at, and told of nothing until its stop_looking(). Only who comes for packets looks
  // at it: see that stop_all_looking() is called again and again from kFirst on, should nobody come. kNo: threads sleep
  // here, who would not notice; it has to be told.
  enum class LookedAt : uint32_t { kNo, kYes, kFirst };
  LookedAt look_at(std::shared_ptr<PortSource> source);
  // Has all sources told again, if no thread has looked at them since the last call. True: some are left.
  bool stop_all_looking();

  // Ends all waits, and drops what is queued.
  void close(Unparks& unparks);

 private:
  struct Waiter;
  struct Looked {
    std::shared_ptr<PortSource> source;
    uint32_t misses = 0;      // in a row
    uint64_t idle_at_ns = 0;  // when is_idle_for() was asked first since then
    [[nodiscard]] bool is_idle_for(uint64_t ns);
  };

  [[nodiscard]] bool take_without_sleep(std::span<pipes_port_entry> entries, uint32_t* taken, Deadline deadline,
                                        Thread* alertable);
  [[nodiscard]] uint32_t take_queued(std::span<pipes_port_entry> entries) PIPES_REQUIRES(mutex_);
  void serve_waiters(Unparks& unparks) PIPES_REQUIRES(mutex_);
  void drop_queued() PIPES_REQUIRES(mutex_);

  // Looks at the sources until there are packets, `interrupted` says so, or nothing has happened for a while.
  template <class Interrupted>
  void look_around(Interrupted interrupted);
  bool look_round();

  Mutex mutex_;
  Packet* first_ PIPES_GUARDED_BY(mutex_) = nullptr;
  Packet* last_ PIPES_GUARDED_BY(mutex_) = nullptr;
  Waiter* waiters_ PIPES_GUARDED_BY(mutex_) = nullptr;  // the latest first
  bool closed_ PIPES_GUARDED_BY(mutex_) = false;
  bool has_looker_ PIPES_GUARDED_BY(mutex_) = false;
  bool is_watched_ PIPES_GUARDED_BY(mutex_) = false;  // somebody calls stop_all_looking() again and again
  std::vector<std::shared_ptr<PortSource>> newcomers_ PIPES_GUARDED_BY(mutex_);
  // Something is queued, or has come to be looked at, or the port was closed: for who looks around without the lock. A
  // stale value costs a round, hence relaxed.
  std::atomic<bool> news_{false};
  std::atomic<bool> has_looked_{false};  // since stop_all_looking(); relaxed likewise

  // Of the thread that looks around; it is that one by `has_looker_`.
  std::vector<Looked> looked_at_;
  Spinner spinner_;
};

}  // namespace pipes
