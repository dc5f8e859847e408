// ReadWatch: hearing that somebody has read from a kernel pipe, which a flush waits for. A pipe wakes its writers only
// when it had been full, so poll is of no use here; but the kernel's file notification (inotify) reports each read of a
// pipe, by whatever process and system call, and that is a wake-up without polling.
//
// Instances are kept and used again: closing one can take the kernel tens of milliseconds.
#pragma once

namespace pipes {

class ReadWatch {
 public:
  // Watches the pipe that `pipe_fd` is an end of, from now on: look at the pipe after this, not before.
  explicit ReadWatch(int pipe_fd) noexcept;
  ~ReadWatch();
  ReadWatch(const ReadWatch&) = delete;
  ReadWatch& operator=(const ReadWatch&) = delete;

  // A descriptor that is readable once somebody has read; -1 if the kernel cannot tell, or not of all reads, or has no
  // more to give: then look again now and then.
  [[nodiscard]] int fd() const noexcept { return watch_ < 0 ? -1 : instance_; }

  // Makes it unreadable. Look at the pipe after this, not before.
  void clear() noexcept;

  // In a forked child, after its inherited descriptors have been closed (process_fd.h). Async-signal-safe.
  static void reset_all_in_child() noexcept;

 private:
  int instance_;
  int watch_ = -1;
};

}  // namespace pipes
