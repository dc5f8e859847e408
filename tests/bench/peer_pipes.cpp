// Ours, through the C ABI alone: a duplex message-type pipe, both ends in message read mode, one plain pipes_write and
// pipes_read a message.
#include <fmt/format.h>

#include <mutex>
#include <utility>
#include <vector>

#include "implementations.h"
#include "pipes/pipes.h"
#include "role.h"

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

OurHandle create_instance(const Control& control) {
  const uint32_t quota = control.task.quota;
  report_settings(fmt::format("message type, duplex, quotas {} KiB", quota / 1024));
  constexpr uint32_t kMode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | PIPES_WAIT;
  pipes_handle handle = nullptr;
  check(pipes_create_named(pipe_name(control).c_str(), PIPES_ACCESS_DUPLEX, kMode, PIPES_UNLIMITED_INSTANCES, quota,
                           quota, 0, nullptr, &handle, nullptr),
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

std::unique_ptr<Server> listen_ours(Control& control) {
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
  return {"pipes", set_of({kRoundtrip, kStream, kConnect, kIdle, kOneCore, kLoaded, kMemory}), "", listen_ours,
          open_ours,
          // They want completion ports.
          set_of({kMany1000, kMany10, kMany1})};
}

Implementation our_pipes_by_event_fd() {
  using enum Workload;
  return {"pipes-event-fd", 0, "", listen_ours, open_ours, set_of({kMany1000, kMany10, kMany1})};
}

}  // namespace pipes::bench
