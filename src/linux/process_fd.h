// ProcessFd owns a descriptor that must not outlive a fork: a child that kept our sockets would keep our connections
// and pipes alive. All of them are known to one table, which the child closes before fork returns there.
#pragma once

#include <utility>

#include "support/unique_fd.h"

namespace pipes {

// Makes the child of a fork close `fd`, and takes that back. Descriptors beyond the table's size are not covered.
void close_in_child(int fd) noexcept;
void keep_in_child(int fd) noexcept;
// In a forked child. Async-signal-safe.
void close_process_fds_in_child() noexcept;

class ProcessFd {
 public:
  ProcessFd() = default;
  explicit ProcessFd(UniqueFd fd) : fd_(std::move(fd)) {
    if (fd_) close_in_child(fd_.get());
  }
  ProcessFd(ProcessFd&&) noexcept = default;
  ProcessFd& operator=(ProcessFd&& other) noexcept {
    reset();
    fd_ = std::move(other.fd_);
    return *this;
  }
  ~ProcessFd() { reset(); }

  [[nodiscard]] int get() const { return fd_.get(); }
  explicit operator bool() const { return static_cast<bool>(fd_); }
  void reset() {
    if (fd_) keep_in_child(fd_.get());
    fd_.reset();
  }

 private:
  UniqueFd fd_;
};

}  // namespace pipes
