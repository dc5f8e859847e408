// SharedEnd: what a process holds of an end that several processes share, beside the end's connection: the page with
// what they all know, the locks of its halves, its place among the holders, and the descriptors by which they reach
// each other.
//
//   page    sealed memory (wire/end_page.h). Its locks are the kernel's, on ranges of an open description that each
//           process has for itself: they go with the process, however it ends.
//   box     a pair of sockets. In the one lies a descriptor of the ring, in the other those of the connection that the
//   stake   end has now: whoever comes looks at them without taking them. Who has handles of the end keeps a copy of
//           the stake; when no process has one any more, the box hangs up. Processes that know nothing of this
//           library count, as they do on Windows.
//   ring    an eventfd that is written to and never read: each write wakes the reactors of all holders.
//
// A child inherits page, box and stake as they are, and a token for each handle (inheritance.h).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "linux/connection.h"
#include "linux/half_mutex.h"
#include "linux/process_fd.h"
#include "support/status.h"
#include "support/unique_fd.h"
#include "wire/end_page.h"

namespace pipes {

class NamedEnd;

class SharedEnd {
 public:
  // PIPES_ERROR_NO_SYSTEM_RESOURCES, PIPES_ERROR_NOT_ENOUGH_MEMORY.
  static Result<std::unique_ptr<SharedEnd>> make(const wire::EndFacts& facts);
  // Of descriptors that were inherited. They belong to the result if there is one, and to nobody else if there is none.
  // PIPES_ERROR_INVALID_PARAMETER: they are not what they should be.
  static Result<std::unique_ptr<SharedEnd>> adopt(int page, int box, int stake);

  ~SharedEnd();
  SharedEnd(const SharedEnd&) = delete;
  SharedEnd& operator=(const SharedEnd&) = delete;

  [[nodiscard]] wire::EndPage& page() const { return *page_; }
  [[nodiscard]] const wire::EndFacts& facts() const { return facts_; }

  // The lock of a half, between processes. A thread that holds the half's lock within the process may take it.
  void lock(Half half) const noexcept;
  void unlock(Half half) const noexcept;

  // Takes a place among the holders, with both locks held. False if there is none left. From then on holder() is its
  // name, which is in the page wherever something is this process's.
  [[nodiscard]] bool take_place();
  [[nodiscard]] uint32_t holder() const { return holder_; }
  // Takes this process out of the table, with both locks held, so that the others see that it has let go; the place
  // is its own until release().
  void give_back_place() noexcept;
  // Whether a holder, by its name, lives. Its own process does not ask.
  [[nodiscard]] bool is_alive(uint32_t holder) const noexcept;
  // Whether `holder` is the name of another process. Nonsense is nobody's.
  [[nodiscard]] bool is_another(uint64_t holder) const {
    return holder != 0 && holder <= wire::kHoldersMax && holder != holder_;
  }

  // Wakes all holders, this one included. Any thread, as long as this object lives.
  void ring() const noexcept;
  [[nodiscard]] int ring_fd() const { return ring_.get(); }
  [[nodiscard]] int box_fd() const { return box_.get(); }

  // The connection's descriptors, for the holders that have not got them. `generation` names the connection.
  [[nodiscard]] bool put_connection(uint64_t generation, const Connection& connection) const noexcept;
  // Takes out what lies there of connections before `generation`.
  void empty_box(uint64_t generation) const noexcept;
  struct Descriptors {
    UniqueFd memory;
    UniqueFd socket;
  };
  [[nodiscard]] Result<Descriptors> connection(uint64_t generation) const;

  [[nodiscard]] bool has_page(dev_t device, ino_t inode) const {
    return device == page_device_ && inode == page_inode_;
  }
  // Whether a program that is executed from now on gets page, box and stake.
  void set_inheritable(bool inheritable);
  [[nodiscard]] wire::Token token() const;

  // Lets go of the stake. True if nobody else has one.
  [[nodiscard]] bool drop_stake() noexcept;
  [[nodiscard]] bool nobody_has_a_stake() const noexcept;
  // Leaves the others to themselves, with both locks held: gives back the place, the locks, the page and all
  // descriptors but the ring.
  void release() noexcept;

 private:
  SharedEnd() = default;
  [[nodiscard]] Status map_page();

  wire::EndFacts facts_;
  wire::EndPage* page_ = nullptr;
  dev_t page_device_ = 0;
  ino_t page_inode_ = 0;
  UniqueFd inherited_page_;  // what children get
  ProcessFd own_page_;       // a description of its own, for the locks
  UniqueFd box_;
  UniqueFd stake_;
  ProcessFd ring_;
  bool inheritable_ = false;
  uint32_t holder_ = 0;
};

}  // namespace pipes
