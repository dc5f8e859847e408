// Linux: poll on standard input beside an eventfd.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "cli/standard_streams.h"

namespace pipes::cli {

namespace {

bool write_all(int stream, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(stream, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd wait{stream, POLLOUT, 0};
      poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

void prepare_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1) continue;
    // The lowest free number is the stream's own. Opened for the other direction, it can be used for neither.
    const int flags = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", flags) != stream) _exit(1);  // there is nowhere to say so
  }
}

// An eventfd, readable once stopped.
struct StandardInput::State {
  State() : wake(eventfd(0, EFD_CLOEXEC)) {
    if (wake < 0) throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
  }
  ~State() { close(wake); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  const int wake;
};

StandardInput::StandardInput() : state_(std::make_shared<State>()) {}
StandardInput::~StandardInput() = default;

std::optional<std::size_t> StandardInput::read(std::span<std::byte> buffer) {
  for (;;) {
    std::array<pollfd, 2> waits{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{state_->wake, POLLIN, 0}};
    if (poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return std::nullopt;
    }
    if (waits[1].revents != 0) return 0;
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    // Whoever gave us this descriptor may have made it non-blocking and read it before us.
    if (errno != EINTR && errno != EAGAIN) return std::nullopt;
  }
}

void StandardInput::stop() const { eventfd_write(state_->wake, 1); }

bool write_standard_output(std::span<const std::byte> bytes) { return write_all(STDOUT_FILENO, bytes); }

bool write_standard_error(std::string_view text) {
  return write_all(STDERR_FILENO, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace pipes::cli
