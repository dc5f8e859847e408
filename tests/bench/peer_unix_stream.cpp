// The peers unix-stream and unix-stream-polling: a stream socket of which the receiver reads the known size. The second
// never sleeps and is the fair opponent of a library that spins.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <vector>

#include "implementations.h"
#include "role.h"
#include "unix_socket.h"

namespace pipes::bench {
namespace {

enum class Waiting { kSleep, kPoll };

template <Waiting waiting>
class StreamChannel final : public Channel {
 public:
  StreamChannel(const Control& control, UniqueFd socket) : socket_(std::move(socket)) {
    enlarge_buffer(control, socket_);
  }

  void send(std::span<const std::byte> message) override {
    while (!message.empty()) {
      const ssize_t sent = ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL | kFlags);
      if (sent > 0) message = message.subspan(static_cast<size_t>(sent));
      if (sent < 0 && errno != EAGAIN) fail_errno("send");
    }
  }

  void receive(std::span<std::byte> message) override {
    while (!message.empty()) {
      const ssize_t received = ::recv(socket_.get(), message.data(), message.size(), MSG_WAITALL | kFlags);
      if (received == 0) fail("the peer closed the connection");
      if (received > 0) message = message.subspan(static_cast<size_t>(received));
      if (received < 0 && errno != EAGAIN) fail_errno("recv");
    }
  }

 private:
  static constexpr int kFlags = waiting == Waiting::kPoll ? MSG_DONTWAIT : 0;
  UniqueFd socket_;
};

template <Waiting waiting>
class StreamServer final : public Server {
 public:
  explicit StreamServer(Control& control) : control_(control), listener_(listen_at(control, SOCK_STREAM)) {}

  std::unique_ptr<Channel> accept() override {
    return std::make_unique<StreamChannel<waiting>>(control_, accept_from(listener_));
  }

  // Level-triggered epoll, many events a call, a blocking receive of what is known to have come.
  void echo_all(Watch& watch, std::span<std::byte> buffer) override {
    report_settings("epoll, level-triggered, up to 1024 events a call");
    const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    const auto add = [&epoll](int fd, uint64_t index) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = index;
      if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail_errno("epoll_ctl");
    };
    std::vector<UniqueFd> clients;
    constexpr uint64_t kListener = UINT64_MAX;
    add(listener_.get(), kListener);
    std::array<epoll_event, 1024> events{};
    while (true) {
      const int count = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) fail_errno("epoll_wait");
      for (int i = 0; i < count; ++i) {
        const uint64_t index = events[static_cast<size_t>(i)].data.u64;
        if (index == kListener) {
          clients.push_back(accept_from(listener_));
          add(clients.back().get(), clients.size() - 1);
          continue;
        }
        const int client = clients[index].get();
        const auto size = static_cast<ssize_t>(buffer.size());
        if (::recv(client, buffer.data(), buffer.size(), MSG_WAITALL) != size) fail_errno("recv");
        const bool last = watch.last_received();
        if (::send(client, buffer.data(), buffer.size(), MSG_NOSIGNAL) != size) fail_errno("send");
        if (last) return;
      }
    }
  }

 private:
  Control& control_;
  UniqueFd listener_;
};

template <Waiting waiting>
std::unique_ptr<Server> listen_stream(Control& control) {
  return std::make_unique<StreamServer<waiting>>(control);
}

template <Waiting waiting>
std::unique_ptr<Channel> open_stream(Control& control) {
  return std::make_unique<StreamChannel<waiting>>(control, connect_to(control, SOCK_STREAM));
}

}  // namespace

Implementation unix_stream() {
  using enum Workload;
  return {
      "unix-stream",
      set_of({kRoundtrip, kStream, kConnect, kMany1000, kMany64, kMany10, kMany1, kIdle, kOneCore, kLoaded, kMemory}),
      "", listen_stream<Waiting::kSleep>, open_stream<Waiting::kSleep>};
}

Implementation unix_stream_polling() {
  using enum Workload;
  return {"unix-stream-polling", set_of({kRoundtrip, kStream, kIdle}), "", listen_stream<Waiting::kPoll>,
          open_stream<Waiting::kPoll>};
}

}  // namespace pipes::bench
