// The peers nng-pair and nng-reqrep, over ipc://, with buffers on both sides.
#include "implementations.h"

#if PIPES_BENCH_HAVE_NNG

#include <fmt/format.h>
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include "role.h"

namespace pipes::bench {
namespace {

constexpr int kBufferedMessages = 1000;

using OpenSocket = int (*)(nng_socket*);

void check(int result, const char* call) {
  if (result != 0) fail(fmt::format("{}: {}", call, nng_strerror(result)));
}

std::string address(const Control& control) { return "ipc://" + private_path(control, "nng"); }

class NngSocket {
 public:
  explicit NngSocket(OpenSocket open) {
    check(open(&socket_), "nng_open");
    // Without effect on request and reply, which never have more than one message under way.
    nng_socket_set_int(socket_, NNG_OPT_SENDBUF, kBufferedMessages);
    nng_socket_set_int(socket_, NNG_OPT_RECVBUF, kBufferedMessages);
    nng_socket_set_size(socket_, NNG_OPT_RECVMAXSZ, 0);
    report_settings(
        fmt::format("NNG_OPT_SENDBUF and NNG_OPT_RECVBUF {} where the protocol has them", kBufferedMessages));
  }
  ~NngSocket() { nng_close(socket_); }
  NngSocket(const NngSocket&) = delete;
  NngSocket& operator=(const NngSocket&) = delete;

  [[nodiscard]] nng_socket get() const { return socket_; }

  void send(std::span<const std::byte> message) const {
    // The call copies; its parameter is not const for the sake of other flags.
    check(nng_send(socket_, const_cast<std::byte*>(message.data()), message.size(), 0), "nng_send");
  }

  void receive(std::span<std::byte> message) const {
    size_t size = message.size();
    check(nng_recv(socket_, message.data(), &size, 0), "nng_recv");
    if (size != message.size()) fail("nng_recv: a message of another size");
  }

 private:
  nng_socket socket_ = NNG_SOCKET_INITIALIZER;
};

// A server's conversations share its one socket.
class NngChannel final : public Channel {
 public:
  explicit NngChannel(std::shared_ptr<NngSocket> socket) : socket_(std::move(socket)) {}
  void send(std::span<const std::byte> message) override { socket_->send(message); }
  void receive(std::span<std::byte> message) override { socket_->receive(message); }

 private:
  std::shared_ptr<NngSocket> socket_;
};

class NngServer final : public Server {
 public:
  NngServer(const Control& control, OpenSocket open) : socket_(std::make_shared<NngSocket>(open)) {
    check(nng_listen(socket_->get(), address(control).c_str(), nullptr, 0), "nng_listen");
  }
  std::unique_ptr<Channel> accept() override { return std::make_unique<NngChannel>(socket_); }

 private:
  std::shared_ptr<NngSocket> socket_;
};

template <OpenSocket open>
std::unique_ptr<Server> listen_nng(Control& control) {
  return std::make_unique<NngServer>(control, open);
}

template <OpenSocket open>
std::unique_ptr<Channel> open_nng(Control& control) {
  auto socket = std::make_shared<NngSocket>(open);
  check(nng_dial(socket->get(), address(control).c_str(), nullptr, 0), "nng_dial");
  return std::make_unique<NngChannel>(std::move(socket));
}

}  // namespace

Implementation nng_pair() {
  using enum Workload;
  return {"nng-pair", set_of({kRoundtrip, kStream}), "", listen_nng<nng_pair0_open>, open_nng<nng_pair0_open>};
}

Implementation nng_reqrep() {
  using enum Workload;
  return {"nng-reqrep", set_of({kRoundtrip, kConnect}), "", listen_nng<nng_rep0_open>, open_nng<nng_req0_open>};
}

}  // namespace pipes::bench

#else

namespace pipes::bench {

Implementation nng_pair() { return {"nng-pair", 0, "built without nng"}; }
Implementation nng_reqrep() { return {"nng-reqrep", 0, "built without nng"}; }

}  // namespace pipes::bench

#endif
