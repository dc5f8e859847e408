// The peer pipe: two of the kernel's pipes, one a direction. They have names (mkfifo) so that two processes find them;
// what carries the bytes is the same as that of pipe(2).
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "implementations.h"
#include "role.h"
#include "support/unique_fd.h"

namespace pipes::bench {
namespace {

std::string to_server(const Control& control) { return private_path(control, "to-server"); }
std::string to_client(const Control& control) { return private_path(control, "to-client"); }

UniqueFd open_fifo(const std::string& path, int flags) {
  UniqueFd fifo(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fifo) fail_errno("open");
  int largest = 1 << 20;
  std::ifstream("/proc/sys/fs/pipe-max-size") >> largest;
  // Refused when the user has too many pages in pipes already: the default then stays, and is reported.
  ::fcntl(fifo.get(), F_SETPIPE_SZ, std::min(largest, 1 << 20));
  report_settings(fmt::format("F_SETPIPE_SZ {} KiB", ::fcntl(fifo.get(), F_GETPIPE_SZ) / 1024));
  return fifo;
}

class PipeChannel final : public Channel {
 public:
  PipeChannel(UniqueFd in, UniqueFd out) : in_(std::move(in)), out_(std::move(out)) {}

  void send(std::span<const std::byte> message) override {
    while (!message.empty()) {
      const ssize_t sent = ::write(out_.get(), message.data(), message.size());
      if (sent < 0) fail_errno("write");
      message = message.subspan(static_cast<size_t>(sent));
    }
  }

  void receive(std::span<std::byte> message) override {
    while (!message.empty()) {
      const ssize_t received = ::read(in_.get(), message.data(), message.size());
      if (received < 0) fail_errno("read");
      if (received == 0) fail("the peer closed the pipe");
      message = message.subspan(static_cast<size_t>(received));
    }
  }

 private:
  UniqueFd in_;
  UniqueFd out_;
};

class PipeServer final : public Server {
 public:
  explicit PipeServer(Control& control) : control_(control) {
    for (const std::string& path : {to_server(control), to_client(control)}) {
      if (::mkfifo(path.c_str(), 0600) != 0) fail_errno("mkfifo");
    }
  }

  // Either side's open waits for the other's, so both open in the same order.
  std::unique_ptr<Channel> accept() override {
    UniqueFd in = open_fifo(to_server(control_), O_RDONLY);
    UniqueFd out = open_fifo(to_client(control_), O_WRONLY);
    return std::make_unique<PipeChannel>(std::move(in), std::move(out));
  }

 private:
  Control& control_;
};

std::unique_ptr<Channel> open_pipe(Control& control) {
  UniqueFd out = open_fifo(to_server(control), O_WRONLY);
  UniqueFd in = open_fifo(to_client(control), O_RDONLY);
  return std::make_unique<PipeChannel>(std::move(in), std::move(out));
}

}  // namespace

Implementation kernel_pipe() {
  using enum Workload;
  return {"pipe", set_of({kRoundtrip, kStream, kIdle, kOneCore, kLoaded}), "",
          [](Control& control) -> std::unique_ptr<Server> { return std::make_unique<PipeServer>(control); }, open_pipe};
}

}  // namespace pipes::bench
