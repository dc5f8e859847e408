// Ours, through the C ABI alone: a duplex message-type pipe, both ends in message read mode, one plain pipes_write and
// pipes_read a message.
#include <fmt/format.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <utility>
#include <vector>

#include "implementations.h"
#include "pipes/pipes.h"
#include "role.h"
#include "unix_socket.h"

namespace pipes::bench {
namespace {

void check(pipes_status status, const char* call) {
  if (status == PIPES_OK) return;
  const std::string reason = fmt::format("{}: {} ({})", call, pipes_status_message(status), status);
  if (status == PIPES_ERROR_NOT_SUPPORTED) refuse(reason);
  fail(reason);
}

std::string pipe_name(const Control& control) { return fmt::format(R"(\\.\pipe\{})", control.task.tag.data()); }

class OurHandle {
 public:
  explicit OurHandle(pipes_handle handle) : handle_(handle) {}
  OurHandle(OurHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  OurHandle& operator=(OurHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~OurHandle() {
    if (handle_ != nullptr) pipes_close(handle_);
  }

  [[nodiscard]] pipes_handle get() const { return handle_; }

 private:
  pipes_handle handle_;
};

class OurChannel final : public Channel {
 public:
  explicit OurChannel(OurHandle handle) : handle_(std::move(handle)) {}

  void send(std::span<const std::byte> message) override {
    uint32_t written = 0;
    const auto size = static_cast<uint32_t>(message.size());
    const pipes_status status = pipes_write(handle_.get(), message.data(), size, &written, nullptr);
    if (status != PIPES_OK) check(status, "pipes_write");
  }

  void receive(std::span<std::byte> message) override {
    uint32_t read = 0;
    const auto size = static_cast<uint32_t>(message.size());
    const pipes_status status = pipes_read(handle_.get(), message.data(), size, &read, nullptr);
    if (status != PIPES_OK) check(status, "pipes_read");
    if (read != size) fail("pipes_read: a message of another size");
  }

  void wait_for_close() {
    std::byte nothing{};
    uint32_t read = 0;
    const pipes_status status = pipes_read(handle_.get(), &nothing, sizeof nothing, &read, nullptr);
    if (status != PIPES_ERROR_BROKEN_PIPE) check(status, "pipes_read");
  }

  OurHandle release() { return std::move(handle_); }

 private:
  OurHandle handle_;
};

OurHandle create_instance(const Control& control, uint32_t flags = 0, uint32_t wait_mode = PIPES_WAIT) {
  const uint32_t quota = control.task.quota;
  report_settings(fmt::format("message type, duplex, quotas {} KiB", quota / 1024));
  const uint32_t mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | wait_mode;
  pipes_handle handle = nullptr;
  check(pipes_create_named(pipe_name(control).c_str(), PIPES_ACCESS_DUPLEX | flags, mode, PIPES_UNLIMITED_INSTANCES,
                           quota, quota, 0, nullptr, &handle, nullptr),
        "pipes_create_named");
  return OurHandle(handle);
}

void wait_for_client(const OurHandle& instance) {
  const pipes_status status = pipes_connect(instance.get(), nullptr);
  if (status != PIPES_ERROR_PIPE_CONNECTED) check(status, "pipes_connect");
}

// Every client gets an instance of its own.
class OurServer final : public Server {
 public:
  explicit OurServer(Control& control) : control_(control), listening_(create_instance(control)) {}

  std::unique_ptr<Channel> accept() override {
    wait_for_client(listening_);
    auto channel = std::make_unique<OurChannel>(std::move(listening_));
    // One that listens already when the next client comes.
    if (control_.task.workload == Workload::kMemory) listening_ = create_instance(control_);
    return channel;
  }

 private:
  Control& control_;
  OurHandle listening_;
};

// Clients that come one after the other are served as Win32 servers do it: a few instances, a thread each, that are
// disconnected and connected again. While one of them says goodbye the other one listens, so a client never finds the
// pipe busy.
class OurReusingServer final : public Server {
 public:
  explicit OurReusingServer(Control& control) {
    for (uint32_t i = 0; i < kInstances; ++i) free_.push_back(create_instance(control));
  }

  std::unique_ptr<Channel> accept() override {
    OurHandle instance = take();
    wait_for_client(instance);
    return std::make_unique<Conversation>(*this, std::move(instance));
  }

  [[nodiscard]] uint32_t threads_for_connections() const override { return kInstances; }

 private:
  static constexpr uint32_t kInstances = 2;

  class Conversation final : public Channel {
   public:
    Conversation(OurReusingServer& server, OurHandle instance) : server_(server), channel_(std::move(instance)) {}
    ~Conversation() override {
      // To disconnect before the client has read the answer would take it away: its closing says that it has.
      channel_.wait_for_close();
      OurHandle instance = channel_.release();
      check(pipes_disconnect(instance.get()), "pipes_disconnect");
      server_.give_back(std::move(instance));
    }
    void send(std::span<const std::byte> message) override { channel_.send(message); }
    void receive(std::span<std::byte> message) override { channel_.receive(message); }

   private:
    OurReusingServer& server_;
    OurChannel channel_;
  };

  OurHandle take() {
    const std::lock_guard lock(mutex_);
    OurHandle instance = std::move(free_.back());
    free_.pop_back();
    return instance;
  }

  void give_back(OurHandle instance) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(instance));
  }

  std::mutex mutex_;
  std::vector<OurHandle> free_;  // as many as there are threads, so never empty for one that has none
};

// Many clients on one thread, by a completion port: one overlapped operation pending per instance, up to 1024 packets a
// call, and no packet for what succeeds at once.
class OurPortServer final : public Server {
 public:
  explicit OurPortServer(Control& control) : control_(control), port_(make_port()) { listen(); }

  std::unique_ptr<Channel> accept() override { fail("a server by port accepts by itself"); }

  void echo_all(Watch& watch, std::span<std::byte> buffer) override {
    report_settings("completion port, up to 1024 packets a call");
    std::vector<pipes_port_entry> packets(1024);
    while (true) {
      uint32_t count = 0;
      check(pipes_port_get_many(port_.get(), packets.data(), static_cast<uint32_t>(packets.size()), &count,
                                PIPES_INFINITE, 0),
            "pipes_port_get_many");
      for (const pipes_port_entry& packet : std::span(packets).first(count)) {
        Instance& instance = *instances_[packet.key];
        if (instance.connected) {
          if (echo(instance, watch)) return;
        } else {
          instance.connected = true;
          instance.message.resize(buffer.size());
          listen();
        }
        while (read(instance)) {
          if (echo(instance, watch)) return;
        }
      }
    }
  }

 private:
  struct Instance {
    explicit Instance(OurHandle made) : handle(std::move(made)) {}
    OurHandle handle;
    pipes_overlapped operation{};
    bool connected = false;
    std::vector<std::byte> message;
  };

  static OurHandle make_port() {
    pipes_handle port = nullptr;
    check(pipes_port_create(1, &port), "pipes_port_create");
    return OurHandle(port);
  }

  void listen() {
    auto instance = std::make_unique<Instance>(create_instance(control_, PIPES_FLAG_OVERLAPPED));
    const pipes_handle handle = instance->handle.get();
    check(pipes_port_associate(port_.get(), handle, instances_.size()), "pipes_port_associate");
    check(pipes_set_notification_modes(handle, PIPES_SKIP_COMPLETION_PORT_ON_SUCCESS), "pipes_set_notification_modes");
    pipes_overlapped* const operation = &instance->operation;
    instances_.push_back(std::move(instance));
    const pipes_status status = pipes_connect(handle, operation);
    if (status == PIPES_ERROR_PIPE_CONNECTED) {
      check(pipes_port_post(port_.get(), 0, instances_.size() - 1, operation), "pipes_port_post");
    } else if (status != PIPES_ERROR_IO_PENDING) {
      check(status, "pipes_connect");
    }
  }

  // True if a message is there already.
  static bool read(Instance& instance) {
    const auto size = static_cast<uint32_t>(instance.message.size());
    const pipes_status status =
        pipes_read(instance.handle.get(), instance.message.data(), size, nullptr, &instance.operation);
    if (status == PIPES_ERROR_IO_PENDING) return false;
    check(status, "pipes_read");
    return true;
  }

  // True if that was the last message.
  static bool echo(Instance& instance, Watch& watch) {
    const bool last = watch.last_received();
    uint32_t written = 0;
    const auto size = static_cast<uint32_t>(instance.message.size());
    check(pipes_write(instance.handle.get(), instance.message.data(), size, &written, nullptr), "pipes_write");
    return last;
  }

  Control& control_;
  OurHandle port_;
  std::vector<std::unique_ptr<Instance>> instances_;
};

// Many clients on one thread, by a descriptor for each in epoll.
class OurEventFdServer final : public Server {
 public:
  explicit OurEventFdServer(Control& control) : control_(control) { listen(); }

  std::unique_ptr<Channel> accept() override { fail("a server by descriptors accepts by itself"); }

  void echo_all(Watch& watch, std::span<std::byte> buffer) override {
    report_settings("epoll on pipes_get_event_fd, level-triggered, up to 1024 events a call");
    std::array<epoll_event, 1024> events{};
    while (true) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) fail_errno("epoll_wait");
      for (int i = 0; i < count; ++i) {
        if (look_at(events[static_cast<size_t>(i)].data.u64, watch, buffer)) return;
      }
    }
  }

 private:
  void listen() {
    instances_.push_back(create_instance(control_, 0, PIPES_NOWAIT));
    connected_.push_back(false);
    int fd = -1;
    check(pipes_get_event_fd(instances_.back().get(), PIPES_EVENT_READABLE, &fd), "pipes_get_event_fd");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = instances_.size() - 1;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail_errno("epoll_ctl");
  }

  // Echoes until nothing is there. True if the last message was among it.
  bool look_at(size_t index, Watch& watch, std::span<std::byte> buffer) {
    const pipes_handle handle = instances_[index].get();
    const auto size = static_cast<uint32_t>(buffer.size());
    uint32_t count = 0;
    pipes_status status = PIPES_OK;
    while ((status = pipes_read(handle, buffer.data(), size, &count, nullptr)) == PIPES_OK) {
      if (!connected_[index]) {
        connected_[index] = true;
        listen();
      }
      const bool last = watch.last_received();
      check(pipes_write(handle, buffer.data(), size, &count, nullptr), "pipes_write");
      if (last) return true;
    }
    if (status != PIPES_ERROR_NO_DATA && status != PIPES_ERROR_PIPE_LISTENING) check(status, "pipes_read");
    return false;
  }

  Control& control_;
  UniqueFd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::vector<OurHandle> instances_;
  std::vector<bool> connected_;
};

bool is_crowd(const Control& control) { return active_clients(control.task.workload) != 0; }

std::unique_ptr<Server> listen_by_event_fd(Control& control) { return std::make_unique<OurEventFdServer>(control); }

std::unique_ptr<Server> listen_ours(Control& control) {
  if (is_crowd(control)) return std::make_unique<OurPortServer>(control);
  if (control.task.workload == Workload::kConnect) return std::make_unique<OurReusingServer>(control);
  return std::make_unique<OurServer>(control);
}

std::unique_ptr<Channel> open_ours(Control& control) {
  const std::string name = pipe_name(control);
  pipes_handle handle = nullptr;
  pipes_status status = PIPES_OK;
  constexpr uint32_t kAccess = PIPES_GENERIC_READ | PIPES_GENERIC_WRITE;
  while ((status = pipes_open(name.c_str(), kAccess, 0, nullptr, &handle)) == PIPES_ERROR_PIPE_BUSY) {
    check(pipes_wait_available(name.c_str(), PIPES_NMPWAIT_WAIT_FOREVER), "pipes_wait_available");
  }
  check(status, "pipes_open");
  const uint32_t mode = PIPES_READMODE_MESSAGE | PIPES_WAIT;
  check(pipes_set_state(handle, &mode, nullptr, nullptr), "pipes_set_state");
  return std::make_unique<OurChannel>(OurHandle(handle));
}

}  // namespace

Implementation our_pipes() {
  using enum Workload;
  return {
      "pipes",
      set_of({kRoundtrip, kStream, kConnect, kMany1000, kMany64, kMany10, kMany1, kIdle, kOneCore, kLoaded, kMemory}),
      "", listen_ours, open_ours};
}

Implementation our_pipes_by_event_fd() {
  using enum Workload;
  return {"pipes-event-fd", set_of({kMany1000, kMany64, kMany10, kMany1}), "", listen_by_event_fd, open_ours};
}

}  // namespace pipes::bench
