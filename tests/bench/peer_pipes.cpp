// Ours, through the C ABI alone: a duplex message-type pipe, both ends in message read mode, one plain pipes_write and
// pipes_read a message.
#include <fmt/format.h>

#include <utility>

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

 private:
  OurHandle handle_;
};

// One instance always listens beyond those in conversation, so that a client never finds the pipe busy.
class OurServer final : public Server {
 public:
  explicit OurServer(Control& control) : control_(control), listening_(create_instance()) {}

  std::unique_ptr<Channel> accept() override {
    const pipes_status status = pipes_connect(listening_.get(), nullptr);
    if (status != PIPES_ERROR_PIPE_CONNECTED) check(status, "pipes_connect");
    auto channel = std::make_unique<OurChannel>(std::move(listening_));
    if (serves_many()) listening_ = create_instance();
    return channel;
  }

 private:
  [[nodiscard]] bool serves_many() const {
    const Workload workload = control_.task.workload;
    return workload == Workload::kConnect || workload == Workload::kMemory || active_clients(workload) != 0;
  }

  OurHandle create_instance() {
    const uint32_t quota = control_.task.quota;
    report_settings(fmt::format("message type, duplex, quotas {} KiB", quota / 1024));
    pipes_handle handle = nullptr;
    check(pipes_create_named(pipe_name(control_).c_str(), PIPES_ACCESS_DUPLEX,
                             PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | PIPES_WAIT, PIPES_UNLIMITED_INSTANCES, quota,
                             quota, 0, nullptr, &handle, nullptr),
          "pipes_create_named");
    return OurHandle(handle);
  }

  Control& control_;
  OurHandle listening_;
};

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

std::unique_ptr<Server> listen_ours(Control& control) { return std::make_unique<OurServer>(control); }

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
