#include "linux/shared_object.h"

#include "linux/reactor.h"

namespace pipes {
namespace {

// How long a source may wait for a thread that does not come.
constexpr uint64_t kAttentionMs = 10;

class PortGuard : public Reactor::Source, public std::enable_shared_from_this<PortGuard> {
 public:
  explicit PortGuard(std::weak_ptr<SharedPort> port) : port_(std::move(port)) {}
  void on_ready(uint64_t, uint32_t) override {}
  void on_deadline(uint64_t) override {
    const auto port = port_.lock();
    if (port != nullptr && port->port.stop_all_looking()) start();
  }
  void start() {
    if (Reactor* reactor = Reactor::running()) reactor->call_at(Deadline::after_ms(kAttentionMs), shared_from_this());
  }

 private:
  std::weak_ptr<SharedPort> port_;
};

}  // namespace

void SharedPort::watch_over() { std::make_shared<PortGuard>(weak_from_this())->start(); }

}  // namespace pipes
