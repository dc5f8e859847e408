// port_echo: port_server again, with pipes.hpp: many clients on one thread, and everything cleans up after itself.
//
//   port_echo [name]      serves the pipe of that name or path, \\.\pipe\echo unless told, until interrupted
//
// Each client has one Operation that goes on: waiting for it, reading, or writing. The port's packets carry the
// client's number. A Client that goes while its operation is pending cancels it: nothing is written to its buffer
// afterwards.
#include <array>
#include <cstdio>
#include <memory>
#include <pipes/pipes.hpp>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kInstances = 8;

class Client {
 public:
  Client(const std::string& path, pipes::Port& port, std::uint64_t number)
      : end_(path, {.type = pipes::Type::kMessage, .open_flags = PIPES_FLAG_OVERLAPPED}), port_(port), number_(number) {
    port_.add(end_, number_);
    wait_for_client();
  }

  // The operation is over: begins the next one.
  void go_on() {
    const auto done = operation_.try_result();
    const bool goes_on = done && (reads_ ? answer(done->size) : read());
    if (goes_on) return;
    end_.disconnect();
    wait_for_client();
  }

 private:
  // A client that was quicker has no packet: it gets one here.
  void wait_for_client() {
    reads_ = false;
    operation_.connect(end_);
    if (operation_.connected_already()) port_.post(number_);
  }
  bool read() {
    reads_ = true;
    return operation_.try_read(end_, buffer_).has_value();
  }
  // A message longer than the buffer comes in parts and goes back in as many messages.
  bool answer(std::size_t size) {
    reads_ = false;
    return operation_.try_write(end_, std::span(buffer_).first(size)).has_value();
  }

  pipes::ServerEnd end_;
  pipes::Port& port_;
  const std::uint64_t number_;
  std::array<std::byte, 4096> buffer_{};
  pipes::Operation operation_{pipes::Operation::Tells::kPort};  // last, so that it goes first
  bool reads_ = false;
};

void serve(const std::string& path) {
  pipes::Port port;
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < kInstances; ++i) clients.push_back(std::make_unique<Client>(path, port, i));
  std::printf("listening on %s\n", path.c_str());
  std::fflush(stdout);
  std::array<pipes::Port::Packet, kInstances> packets;
  while (true) {
    const std::size_t taken = port.take(packets);
    for (std::size_t i = 0; i < taken; ++i) clients[packets[i].key]->go_on();
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string name = argc > 1 ? argv[1] : "echo";
    serve(name.starts_with(R"(\\)") ? name : R"(\\.\pipe\)" + name);
  } catch (const pipes::Error& error) {
    std::fprintf(stderr, "port_echo: %s\n", error.what());
    return 1;
  }
}
