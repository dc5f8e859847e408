// The peer boost-mq: boost::interprocess::message_queue in shared memory, one a direction.
#include "implementations.h"

#if PIPES_BENCH_HAVE_BOOST

#include <fmt/format.h>

#include <algorithm>
#include <boost/interprocess/ipc/message_queue.hpp>

#include "role.h"

namespace pipes::bench {
namespace {

namespace interprocess = boost::interprocess;
using Queue = interprocess::message_queue;

constexpr uint32_t kDeepest = 1024;
constexpr uint32_t kMostBytes = 8u << 20;

uint32_t depth_for(uint32_t message_size) { return std::clamp(kMostBytes / message_size, 4u, kDeepest); }

std::string queue_name(const Control& control, const char* direction) {
  return fmt::format("{}-{}", control.task.tag.data(), direction);
}

class BoostChannel final : public Channel {
 public:
  BoostChannel(std::unique_ptr<Queue> in, std::unique_ptr<Queue> out) : in_(std::move(in)), out_(std::move(out)) {}

  void send(std::span<const std::byte> message) override { out_->send(message.data(), message.size(), 0); }

  void receive(std::span<std::byte> message) override {
    if (message.size() >= in_->get_max_msg_size()) {
      receive_into(message);
      return;
    }
    // receive insists on room for the largest message, even for an acknowledgement.
    whole_.resize(in_->get_max_msg_size());
    receive_into(whole_);
    std::copy_n(whole_.begin(), message.size(), message.begin());
  }

 private:
  void receive_into(std::span<std::byte> room) {
    Queue::size_type received = 0;
    unsigned priority = 0;
    in_->receive(room.data(), room.size(), received, priority);
  }

  std::unique_ptr<Queue> in_;
  std::unique_ptr<Queue> out_;
  std::vector<std::byte> whole_;
};

class BoostServer final : public Server {
 public:
  explicit BoostServer(Control& control) : in_(create(control, "to-server")), out_(create(control, "to-client")) {
    report_settings(fmt::format("max_num_msg {}", depth_for(control.task.size)));
  }
  // Only one conversation, which takes the queues over.
  std::unique_ptr<Channel> accept() override { return std::make_unique<BoostChannel>(std::move(in_), std::move(out_)); }

 private:
  static std::unique_ptr<Queue> create(const Control& control, const char* direction) {
    const uint32_t size = control.task.size;
    return std::make_unique<Queue>(interprocess::create_only, queue_name(control, direction).c_str(), depth_for(size),
                                   size);
  }

  std::unique_ptr<Queue> in_;
  std::unique_ptr<Queue> out_;
};

std::unique_ptr<Channel> open_boost(Control& control) {
  const auto open = [&control](const char* direction) {
    return std::make_unique<Queue>(interprocess::open_only, queue_name(control, direction).c_str());
  };
  return std::make_unique<BoostChannel>(open("to-client"), open("to-server"));
}

}  // namespace

Implementation boost_mq() {
  using enum Workload;
  return {"boost-mq", set_of({kRoundtrip, kStream}), "",
          [](Control& control) -> std::unique_ptr<Server> { return std::make_unique<BoostServer>(control); },
          open_boost};
}

}  // namespace pipes::bench

#else

namespace pipes::bench {

Implementation boost_mq() { return {"boost-mq", 0, "built without Boost.Interprocess"}; }

}  // namespace pipes::bench

#endif
