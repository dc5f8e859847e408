// The peers zeromq-pair and zeromq-reqrep, over ipc://.
#include "implementations.h"

#if PIPES_BENCH_HAVE_ZMQ

#include <fmt/format.h>
#include <zmq.h>

#include "role.h"

namespace pipes::bench {
namespace {

constexpr int kHighWaterMark = 1000;

[[noreturn]] void fail_zmq(const char* call) { fail(fmt::format("{}: {}", call, zmq_strerror(zmq_errno()))); }

// One a process. It lives as long as the process, as the library recommends.
void* context() {
  static void* const the_context = [] {
    void* made = zmq_ctx_new();
    // The usual limit is too low for a crowd of clients in one process.
    zmq_ctx_set(made, ZMQ_MAX_SOCKETS, 8192);
    return made;
  }();
  return the_context;
}

std::string endpoint(const Control& control) { return "ipc://" + private_path(control, "zeromq"); }

class ZmqSocket {
 public:
  explicit ZmqSocket(int type) : socket_(zmq_socket(context(), type)) {
    if (socket_ == nullptr) fail_zmq("zmq_socket");
    const int no_linger = 0;
    zmq_setsockopt(socket_, ZMQ_SNDHWM, &kHighWaterMark, sizeof kHighWaterMark);
    zmq_setsockopt(socket_, ZMQ_RCVHWM, &kHighWaterMark, sizeof kHighWaterMark);
    zmq_setsockopt(socket_, ZMQ_LINGER, &no_linger, sizeof no_linger);
    report_settings(fmt::format("ZMQ_SNDHWM and ZMQ_RCVHWM {}, one I/O thread", kHighWaterMark));
  }
  ~ZmqSocket() { zmq_close(socket_); }
  ZmqSocket(const ZmqSocket&) = delete;
  ZmqSocket& operator=(const ZmqSocket&) = delete;

  [[nodiscard]] void* get() const { return socket_; }

  void send(std::span<const std::byte> message) const {
    if (zmq_send(socket_, message.data(), message.size(), 0) < 0) fail_zmq("zmq_send");
  }

  void receive(std::span<std::byte> message) const {
    const int received = zmq_recv(socket_, message.data(), message.size(), 0);
    if (received != static_cast<int>(message.size())) fail_zmq("zmq_recv");
  }

 private:
  void* socket_;
};

// A server's conversations share its one socket: pair has only one, and reply answers whoever asked last.
class ZmqChannel final : public Channel {
 public:
  explicit ZmqChannel(std::shared_ptr<ZmqSocket> socket) : socket_(std::move(socket)) {}
  void send(std::span<const std::byte> message) override { socket_->send(message); }
  void receive(std::span<std::byte> message) override { socket_->receive(message); }

 private:
  std::shared_ptr<ZmqSocket> socket_;
};

class ZmqServer final : public Server {
 public:
  ZmqServer(const Control& control, int type) : socket_(std::make_shared<ZmqSocket>(type)) {
    if (zmq_bind(socket_->get(), endpoint(control).c_str()) != 0) fail_zmq("zmq_bind");
  }

  std::unique_ptr<Channel> accept() override { return std::make_unique<ZmqChannel>(socket_); }

  void echo_all(Watch& watch, std::span<std::byte> buffer) override {
    bool last = false;
    while (!last) {
      socket_->receive(buffer);
      last = watch.last_received();
      socket_->send(buffer);
    }
  }

 private:
  std::shared_ptr<ZmqSocket> socket_;
};

template <int type>
std::unique_ptr<Server> listen_zmq(Control& control) {
  return std::make_unique<ZmqServer>(control, type);
}

template <int type>
std::unique_ptr<Channel> open_zmq(Control& control) {
  auto socket = std::make_shared<ZmqSocket>(type);
  if (zmq_connect(socket->get(), endpoint(control).c_str()) != 0) fail_zmq("zmq_connect");
  return std::make_unique<ZmqChannel>(std::move(socket));
}

}  // namespace

Implementation zeromq_pair() {
  using enum Workload;
  return {"zeromq-pair", set_of({kRoundtrip, kStream}), "", listen_zmq<ZMQ_PAIR>, open_zmq<ZMQ_PAIR>};
}

Implementation zeromq_reqrep() {
  using enum Workload;
  return {"zeromq-reqrep", set_of({kRoundtrip, kConnect, kMany1000, kMany64, kMany10, kMany1, kMemory}), "",
          listen_zmq<ZMQ_REP>, open_zmq<ZMQ_REQ>};
}

}  // namespace pipes::bench

#else

namespace pipes::bench {

Implementation zeromq_pair() { return {"zeromq-pair", 0, "built without ZeroMQ"}; }
Implementation zeromq_reqrep() { return {"zeromq-reqrep", 0, "built without ZeroMQ"}; }

}  // namespace pipes::bench

#endif
