// The peer libuv: a uv_pipe_t over a Unix socket, driven by its loop. A message is sent with uv_try_write first, which
// is its fastest way, and received as libuv delivers: as bytes, out of which the known size is taken.
#include "implementations.h"

#if PIPES_BENCH_HAVE_UV

#include <fmt/format.h>
#include <uv.h>

#include <cstring>
#include <vector>

#include "role.h"

namespace pipes::bench {
namespace {

// Large enough that libuv can read ahead, beside a message that is only half there.
constexpr size_t kReadAhead = size_t{1} << 20;

void check(int result, const char* call) {
  if (result < 0) fail(fmt::format("{}: {}", call, uv_strerror(result)));
}

std::string path_of(const Control& control) { return private_path(control, "libuv"); }

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

class UvServer final : public Server {
 public:
  explicit UvServer(Control& control) : control_(control), listener_(loop_) {
    listener_.get()->data = &clients_;
    check(uv_pipe_bind(listener_.get(), path_of(control).c_str()), "uv_pipe_bind");
    const auto on_client = [](uv_stream_t* listener, int status) {
      check(status, "uv_listen");
      ++*static_cast<int*>(listener->data);
    };
    check(uv_listen(listener_.stream(), 16, on_client), "uv_listen");
  }

  std::unique_ptr<Channel> accept() override {
    while (clients_ == 0) loop_->run_once();
    --clients_;
    auto connection = std::make_unique<Pipe>(loop_);
    check(uv_accept(listener_.stream(), connection->stream()), "uv_accept");
    return std::make_unique<UvChannel>(control_, loop_, std::move(connection));
  }

 private:
  Control& control_;
  std::shared_ptr<Loop> loop_ = std::make_shared<Loop>();
  int clients_ = 0;
  Pipe listener_;
};

std::unique_ptr<Channel> open_uv(Control& control) {
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
  return {"libuv", set_of({kRoundtrip, kStream}), "",
          [](Control& control) -> std::unique_ptr<Server> { return std::make_unique<UvServer>(control); }, open_uv};
}

}  // namespace pipes::bench

#else

namespace pipes::bench {

Implementation libuv() { return {"libuv", 0, "built without libuv"}; }

}  // namespace pipes::bench

#endif
