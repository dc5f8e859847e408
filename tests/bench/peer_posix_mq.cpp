// The peer posix-mq: one message queue a direction, as deep as the system lets us make it.
#include <fmt/format.h>
#include <mqueue.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "implementations.h"
#include "role.h"

namespace pipes::bench {
namespace {

constexpr uint32_t kDeepest = 1024;
constexpr uint32_t kMostBytes = 8u << 20;

std::string queue_name(const Control& control, const char* direction) {
  return fmt::format("/{}-{}", control.task.tag.data(), direction);
}

// The usual msg_max, which lies between two powers of two.
constexpr uint32_t kUsualDepth = 10;

uint32_t next_smaller(uint32_t depth) { return depth > kUsualDepth ? std::max(depth / 2, kUsualDepth) : depth / 2; }

// Permitted is what msg_max, msgsize_max and RLIMIT_MSGQUEUE say together, so it is found by asking.
mqd_t create_queue(const std::string& name, uint32_t message_size) {
  const uint32_t deepest = std::clamp(kMostBytes / message_size, 4u, kDeepest);
  for (uint32_t depth = deepest; depth > 0; depth = next_smaller(depth)) {
    mq_attr attributes{};
    attributes.mq_maxmsg = depth;
    attributes.mq_msgsize = message_size;
    const mqd_t queue = ::mq_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600, &attributes);
    if (queue == -1) continue;
    report_settings(fmt::format("mq_maxmsg {}", depth));
    return queue;
  }
  if (errno == EINVAL || errno == EMFILE) refuse("the message is larger than the system's limits for message queues");
  fail_errno("mq_open");
}

mqd_t open_queue(const std::string& name) {
  const mqd_t queue = ::mq_open(name.c_str(), O_RDWR | O_CLOEXEC);
  if (queue == -1) fail_errno("mq_open");
  return queue;
}

class QueueChannel final : public Channel {
 public:
  QueueChannel(mqd_t in, mqd_t out, uint32_t size) : in_(in), out_(out), whole_(size) {}
  ~QueueChannel() override {
    ::mq_close(in_);
    ::mq_close(out_);
  }

  void send(std::span<const std::byte> message) override {
    if (::mq_send(out_, reinterpret_cast<const char*>(message.data()), message.size(), 0) != 0) fail_errno("mq_send");
  }

  void receive(std::span<std::byte> message) override {
    if (message.size() == whole_.size()) {
      receive_into(message);
      return;
    }
    // mq_receive insists on room for the largest message, even for an acknowledgement.
    receive_into(whole_);
    std::copy_n(whole_.begin(), message.size(), message.begin());
  }

 private:
  void receive_into(std::span<std::byte> room) {
    if (::mq_receive(in_, reinterpret_cast<char*>(room.data()), room.size(), nullptr) < 0) fail_errno("mq_receive");
  }

  mqd_t in_;
  mqd_t out_;
  std::vector<std::byte> whole_;
};

class QueueServer final : public Server {
 public:
  explicit QueueServer(Control& control)
      : size_(control.task.size),
        in_(create_queue(queue_name(control, "to-server"), size_)),
        out_(create_queue(queue_name(control, "to-client"), size_)) {}
  // Only one conversation, which takes the queues over.
  std::unique_ptr<Channel> accept() override { return std::make_unique<QueueChannel>(in_, out_, size_); }

 private:
  uint32_t size_;
  mqd_t in_;
  mqd_t out_;
};

}  // namespace

Implementation posix_mq() {
  using enum Workload;
  return {"posix-mq", set_of({kRoundtrip, kStream}), "",
          [](Control& control) -> std::unique_ptr<Server> { return std::make_unique<QueueServer>(control); },
          [](Control& control) -> std::unique_ptr<Channel> {
            return std::make_unique<QueueChannel>(open_queue(queue_name(control, "to-client")),
                                                  open_queue(queue_name(control, "to-server")), control.task.size);
          }};
}

}  // namespace pipes::bench
