// The peer libuv: a uv_pipe_t over a Unix socket, driven by its loop. A message is sent with uv_try_write first, which
// is its fastest way, and received as libuv delivers: as bytes, out of which the known size is taken. Many clients are
// served by one loop; they themselves are blocking sockets, since a loop for each would be measured instead.
#include "implementations.h"

#if PIPES_BENCH_HAVE_UV

#include <fmt/format.h>
#include <sys/socket.h>
#include <uv.h>

#include <cstring>
#include <vector>

#include "role.h"
#include "unix_socket.h"

namespace pipes::bench {
namespace {

// Large enough that libuv can read ahead, beside a message that is only half there.
constexpr size_t kReadAhead = size_t{1} << 20;

void check(int result, const char* call) {
  if (result < 0) fail(fmt::format("{}: {}", call, uv_strerror(result)));
}

// That of connect_to().
std::string path_of(const Control& control) { return private_path(control, "socket"); }

// Bytes that came and were not taken yet.
class Inbox {
 public:
  explicit Inbox(size_t message_size) : bytes_(message_size + kReadAhead) {}

  [[nodiscard]] size_t size() const { return end_ - begin_; }

  std::span<std::byte> room() {
    if (bytes_.size() - end_ < kReadAhead / 2) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, size());
      end_ -= begin_;
      begin_ = 0;
    }
    return std::span(bytes_).subspan(end_);
  }
  void came(size_t count) { end_ += count; }

  void take(std::span<std::byte> target) {
    std::memcpy(target.data(), bytes_.data() + begin_, target.size());
    begin_ += target.size();
    if (begin_ == end_) begin_ = end_ = 0;
  }

 private:
  std::vector<std::byte> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

// A loop outlives the handles in it: whoever closes a handle runs the loop until it has let go.
class Loop {
 public:
  Loop() { check(uv_loop_init(&loop_), "uv_loop_init"); }
  ~Loop() { uv_loop_close(&loop_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] uv_loop_t* get() { return &loop_; }
  void run_once() { uv_run(&loop_, UV_RUN_ONCE); }

 private:
  uv_loop_t loop_{};
};

class Pipe {
 public:
  explicit Pipe(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {
    check(uv_pipe_init(loop_->get(), &pipe_, 0), "uv_pipe_init");
  }
  ~Pipe() {
    bool closed = false;
    pipe_.data = &closed;
    uv_close(reinterpret_cast<uv_handle_t*>(&pipe_), [](uv_handle_t* pipe) { *static_cast<bool*>(pipe->data) = true; });
    while (!closed) loop_->run_once();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] uv_pipe_t* get() { return &pipe_; }
  [[nodiscard]] uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&pipe_); }

 private:
  std::shared_ptr<Loop> loop_;
  uv_pipe_t pipe_{};
};

class UvChannel final : public Channel {
 public:
  // `pipe` is connected and belongs to `loop`.
  UvChannel(const Control& control, std::shared_ptr<Loop> loop, std::unique_ptr<Pipe> pipe)
      : loop_(std::move(loop)), pipe_(std::move(pipe)), inbox_(control.task.size) {
    report_settings("uv_try_write, then uv_write; reads ahead up to 1 MiB");
    pipe_->get()->data = this;
    const auto allocate = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
      const std::span<std::byte> room = static_cast<UvChannel*>(handle->data)->inbox_.room();
      *buffer = uv_buf_init(reinterpret_cast<char*>(room.data()), static_cast<unsigned>(room.size()));
    };
    const auto came = [](uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
      // No room just now: libuv asks again.
      if (count == UV_ENOBUFS) return;
      check(static_cast<int>(count), "uv_read");
      static_cast<UvChannel*>(stream->data)->inbox_.came(static_cast<size_t>(count));
    };
    check(uv_read_start(pipe_->stream(), allocate, came), "uv_read_start");
  }

  void send(std::span<const std::byte> message) override {
    uv_buf_t buffer = buffer_of(message);
    const int sent = uv_try_write(pipe_->stream(), &buffer, 1);
    if (sent < 0 && sent != UV_EAGAIN) check(sent, "uv_try_write");
    if (sent > 0) message = message.subspan(static_cast<size_t>(sent));
    if (!message.empty()) send_waiting(message);
  }

  void receive(std::span<std::byte> message) override {
    while (inbox_.size() < message.size()) loop_->run_once();
    inbox_.take(message);
  }

 private:
  static uv_buf_t buffer_of(std::span<const std::byte> message) {
    // libuv's buffers serve reading too, so they are not const.
    auto* const base = reinterpret_cast<char*>(const_cast<std::byte*>(message.data()));
    return uv_buf_init(base, static_cast<unsigned>(message.size()));
  }

  void send_waiting(std::span<const std::byte> message) {
    uv_buf_t buffer = buffer_of(message);
    uv_write_t request{};
    bool written = false;
    request.data = &written;
    const auto done = [](uv_write_t* of, int status) {
      check(status, "uv_write");
      *static_cast<bool*>(of->data) = true;
    };
    check(uv_write(&request, pipe_->stream(), &buffer, 1, done), "uv_write");
    while (!written) loop_->run_once();
  }

  std::shared_ptr<Loop> loop_;
  std::unique_ptr<Pipe> pipe_;
  Inbox inbox_;
};

class BlockingChannel final : public Channel {
 public:
  explicit BlockingChannel(UniqueFd socket) : socket_(std::move(socket)) {}
  void send(std::span<const std::byte> message) override {
    const auto size = static_cast<ssize_t>(message.size());
    if (::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) != size) fail_errno("send");
  }
  void receive(std::span<std::byte> message) override {
    const auto size = static_cast<ssize_t>(message.size());
    if (::recv(socket_.get(), message.data(), message.size(), MSG_WAITALL) != size) fail_errno("recv");
  }

 private:
  UniqueFd socket_;
};

class UvServer final : public Server {
 public:
  explicit UvServer(Control& control) : control_(control), listener_(loop_) {
    listener_.get()->data = this;
    check(uv_pipe_bind(listener_.get(), path_of(control).c_str()), "uv_pipe_bind");
    const auto on_client = [](uv_stream_t* listener, int status) {
      check(status, "uv_listen");
      auto& server = *static_cast<UvServer*>(listener->data);
      ++server.clients_;
      if (server.watch_ != nullptr) server.echo_client();
    };
    check(uv_listen(listener_.stream(), kBacklog, on_client), "uv_listen");
  }

  std::unique_ptr<Channel> accept() override {
    while (clients_ == 0) loop_->run_once();
    return std::make_unique<UvChannel>(control_, loop_, take_client());
  }

  // Each message is echoed from the callback that brings it, by uv_try_write, which its small answer always fits.
  void echo_all(Watch& watch, std::span<std::byte> buffer) override {
    report_settings("uv_read_start on each client, uv_try_write in the callback");
    watch_ = &watch;
    buffer_ = buffer;
    while (!is_over_) loop_->run_once();
  }

 private:
  static constexpr int kBacklog = 4096;

  std::unique_ptr<Pipe> take_client() {
    --clients_;
    auto connection = std::make_unique<Pipe>(loop_);
    check(uv_accept(listener_.stream(), connection->stream()), "uv_accept");
    return connection;
  }

  // A client sends its next message when it has got the answer, so what comes is one whole message.
  void echo_client() {
    crowd_.push_back(take_client());
    Pipe& client = *crowd_.back();
    client.get()->data = this;
    const auto allocate = [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
      const std::span<std::byte> room = static_cast<UvServer*>(handle->data)->buffer_;
      *buffer = uv_buf_init(reinterpret_cast<char*>(room.data()), static_cast<unsigned>(room.size()));
    };
    const auto came = [](uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
      auto& server = *static_cast<UvServer*>(stream->data);
      if (server.is_over_ || count == 0) return;
      check(static_cast<int>(count), "uv_read");
      if (static_cast<size_t>(count) != server.buffer_.size()) fail("uv_read: half a message");
      server.is_over_ = server.watch_->last_received();
      auto answer = uv_buf_init(reinterpret_cast<char*>(server.buffer_.data()), static_cast<unsigned>(count));
      check(uv_try_write(stream, &answer, 1), "uv_try_write");
    };
    check(uv_read_start(client.stream(), allocate, came), "uv_read_start");
  }

  Control& control_;
  std::shared_ptr<Loop> loop_ = std::make_shared<Loop>();
  int clients_ = 0;
  Pipe listener_;

  // Of echo_all.
  Watch* watch_ = nullptr;
  std::span<std::byte> buffer_;
  std::vector<std::unique_ptr<Pipe>> crowd_;
  bool is_over_ = false;
};

std::unique_ptr<Channel> open_uv(Control& control) {
  if (active_clients(control.task.workload) != 0) {
    return std::make_unique<BlockingChannel>(connect_to(control, SOCK_STREAM));
  }
  auto loop = std::make_shared<Loop>();
  auto pipe = std::make_unique<Pipe>(loop);
  uv_connect_t request{};
  bool connected = false;
  request.data = &connected;
  uv_pipe_connect(&request, pipe->get(), path_of(control).c_str(), [](uv_connect_t* of, int status) {
    check(status, "uv_pipe_connect");
    *static_cast<bool*>(of->data) = true;
  });
  while (!connected) loop->run_once();
  return std::make_unique<UvChannel>(control, std::move(loop), std::move(pipe));
}

}  // namespace

Implementation libuv() {
  using enum Workload;
  return {"libuv", set_of({kRoundtrip, kStream, kMany1000, kMany64, kMany10, kMany1}), "",
          [](Control& control) -> std::unique_ptr<Server> { return std::make_unique<UvServer>(control); }, open_uv};
}

}  // namespace pipes::bench

#else

namespace pipes::bench {

Implementation libuv() { return {"libuv", 0, "built without libuv"}; }

}  // namespace pipes::bench

#endif
