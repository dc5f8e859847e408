#include "linux/quiet_write.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace pipes {
namespace {

constexpr int kNoSignal = 0x100;        // RWF_NOSIGNAL, which older headers lack
constexpr off_t kCurrentPosition = -1;  // a pipe has no other

bool flag_is_unknown(int error) { return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == EPERM; }

}  // namespace

ssize_t write_quietly(int fd, const void* bytes, size_t size) noexcept {
  // Relaxed: a stale value costs one more refused call.
  static std::atomic<bool> kernel_can{true};
  if (kernel_can.load(std::memory_order_relaxed)) {
    const iovec piece{const_cast<void*>(bytes), size};
    const ssize_t written = ::pwritev2(fd, &piece, 1, kCurrentPosition, kNoSignal);
    if (written >= 0 || !flag_is_unknown(errno)) return written;
    kernel_can.store(false, std::memory_order_relaxed);
  }
  return write_with_sigpipe_blocked(fd, bytes, size);
}

ssize_t write_with_sigpipe_blocked(int fd, const void* bytes, size_t size) noexcept {
  sigset_t only_sigpipe;
  sigset_t pending;
  sigset_t mask_before;
  sigemptyset(&only_sigpipe);
  sigaddset(&only_sigpipe, SIGPIPE);
  sigemptyset(&pending);
  sigpending(&pending);
  const bool pending_before = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &only_sigpipe, &mask_before);

  const ssize_t written = ::write(fd, bytes, size);
  const int error = errno;

  if (written < 0 && error == EPIPE && !pending_before) {
    const timespec at_once{};
    while (sigtimedwait(&only_sigpipe, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  errno = error;
  return written;
}

}  // namespace pipes
