#include "linux/poll_event.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace pipes {

Status PollEvent::open(int* fd) {
  if (!*this) fd_ = ProcessFd(UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
  if (!*this) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  *fd = fd_.get();
  return PIPES_OK;
}

void PollEvent::raise() {
  if (!waits()) return;
  raised_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd_.get(), &one, sizeof one);
}

void PollEvent::lower() {
  if (!*this || !raised_) return;
  raised_ = false;
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd_.get(), &count, sizeof count);
}

}  // namespace pipes
