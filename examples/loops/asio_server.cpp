// asio_server: an echo server for several clients at once in a loop of Asio.
//
//   asio_server [name]      serves the pipe of that name or path, \\.\pipe\echo unless told; ends when interrupted
//
// Linux. Try it with several echo_client at a time.
#include <asio.hpp>
#include <memory>
#include <vector>

#include "echo_instance.h"

namespace {

// Lends Asio the descriptors, which are the library's.
class Client {
 public:
  Client(asio::io_context& loop, const char* path)
      : is_open_(echo_open(&echo_, path) == 0), loop_(loop), readable_(loop), writable_(loop) {
    if (!is_open_) return;
    readable_.assign(echo_.readable);
    writable_.assign(echo_.writable);
  }
  ~Client() {
    if (readable_.is_open()) readable_.release();
    if (writable_.is_open()) writable_.release();
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool is_open() const { return is_open_; }

  void go_on() {
    const int fd = echo_go_on(&echo_);
    if (fd < 0) return loop_.stop();
    Descriptor& descriptor = fd == echo_.readable ? readable_ : writable_;
    descriptor.async_wait(Descriptor::wait_read, [this](const asio::error_code& error) {
      if (!error) go_on();
    });
  }

 private:
  using Descriptor = asio::posix::stream_descriptor;

  echo_instance echo_{};
  bool is_open_;
  asio::io_context& loop_;
  Descriptor readable_;
  Descriptor writable_;
};

}  // namespace

int main(int argc, char** argv) {
  char path[300];
  echo_path(argc, argv, path, sizeof path);
  asio::io_context loop(1);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < ECHO_INSTANCES; ++i) {
    clients.push_back(std::make_unique<Client>(loop, path));
    if (!clients.back()->is_open()) return 1;
    clients.back()->go_on();
  }
  echo_announce(path);
  loop.run();
  return 1;  // stopped by a failure
}
