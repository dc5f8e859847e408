// The peer unix-seqpacket: one packet a message. A message must fit the send buffer whole.
#include <sys/socket.h>

#include <cerrno>

#include "implementations.h"
#include "role.h"
#include "unix_socket.h"

namespace pipes::bench {
namespace {

class PacketChannel final : public Channel {
 public:
  PacketChannel(const Control& control, UniqueFd socket) : socket_(std::move(socket)) {
    enlarge_buffer(control, socket_);
  }

  void send(std::span<const std::byte> message) override {
    const ssize_t sent = ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(message.size())) return;
    if (errno == EMSGSIZE) refuse("the message is larger than the largest send buffer that the system permits");
    fail_errno("send");
  }

  void receive(std::span<std::byte> message) override {
    const ssize_t received = ::recv(socket_.get(), message.data(), message.size(), 0);
    if (received != static_cast<ssize_t>(message.size())) fail_errno("recv");
  }

 private:
  UniqueFd socket_;
};

class PacketServer final : public Server {
 public:
  explicit PacketServer(Control& control) : control_(control), listener_(listen_at(control, SOCK_SEQPACKET)) {}
  std::unique_ptr<Channel> accept() override {
    return std::make_unique<PacketChannel>(control_, accept_from(listener_));
  }

 private:
  Control& control_;
  UniqueFd listener_;
};

}  // namespace

Implementation unix_seqpacket() {
  using enum Workload;
  return {"unix-seqpacket", set_of({kRoundtrip, kStream}), "",
          [](Control& control) -> std::unique_ptr<Server> { return std::make_unique<PacketServer>(control); },
          [](Control& control) -> std::unique_ptr<Channel> {
            return std::make_unique<PacketChannel>(control, connect_to(control, SOCK_SEQPACKET));
          }};
}

}  // namespace pipes::bench
