// The peers cache-line and own-polling: shared memory and nothing else, looked at without pause for sleep. The first is
// the floor that the hardware sets; the second the simplest loop that moves messages, and the measure of what never
// sleeping costs.
#include <atomic>
#include <cstring>

#include "implementations.h"
#include "role.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace pipes::bench {
namespace {

// Without it the looking side takes the line away between the writing side's stores.
void pause_briefly() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// A line that both sides write in turns: odd numbers from the client, even ones from the server.
struct alignas(128) Line {
  std::atomic<uint64_t> turn{0};
};

class LineChannel final : public Channel {
 public:
  explicit LineChannel(Control& control) : line_(*reinterpret_cast<Line*>(arena_of(control))) {}

  void send(std::span<const std::byte>) override { line_.turn.store(++turn_, std::memory_order_release); }

  void receive(std::span<std::byte>) override {
    ++turn_;
    while (line_.turn.load(std::memory_order_acquire) != turn_) pause_briefly();
  }

 private:
  Line& line_;
  uint64_t turn_ = 0;
};

// One direction: room for one message. `sent` and `taken` count messages; the room is free when they are equal.
struct Mailbox {
  alignas(128) std::atomic<uint64_t> sent{0};
  alignas(128) std::atomic<uint64_t> taken{0};
  alignas(128) std::byte payload[3 << 20];
};
static_assert(2 * sizeof(Mailbox) <= kArenaSize);

class MailboxChannel final : public Channel {
 public:
  MailboxChannel(Mailbox& in, Mailbox& out) : in_(in), out_(out) {}

  void send(std::span<const std::byte> message) override {
    while (out_.taken.load(std::memory_order_acquire) != sent_) pause_briefly();
    std::memcpy(out_.payload, message.data(), message.size());
    out_.sent.store(++sent_, std::memory_order_release);
  }

  void receive(std::span<std::byte> message) override {
    while (in_.sent.load(std::memory_order_acquire) == taken_) pause_briefly();
    std::memcpy(message.data(), in_.payload, message.size());
    in_.taken.store(++taken_, std::memory_order_release);
  }

 private:
  Mailbox& in_;
  Mailbox& out_;
  uint64_t sent_ = 0;
  uint64_t taken_ = 0;
};

std::unique_ptr<Channel> open_line(Control& control) { return std::make_unique<LineChannel>(control); }

template <Side side>
std::unique_ptr<Channel> open_mailboxes(Control& control) {
  auto* const boxes = reinterpret_cast<Mailbox*>(arena_of(control));
  Mailbox& to_server = boxes[0];
  Mailbox& to_client = boxes[1];
  if (side == Side::kServer) return std::make_unique<MailboxChannel>(to_server, to_client);
  return std::make_unique<MailboxChannel>(to_client, to_server);
}

// The arena is there already, as zeros, which is what both sides begin with.
template <std::unique_ptr<Channel> (*open)(Control&)>
class MemoryServer final : public Server {
 public:
  explicit MemoryServer(Control& control) : control_(control) {}
  std::unique_ptr<Channel> accept() override { return open(control_); }

 private:
  Control& control_;
};

template <std::unique_ptr<Channel> (*open)(Control&)>
std::unique_ptr<Server> listen_memory(Control& control) {
  return std::make_unique<MemoryServer<open>>(control);
}

}  // namespace

Implementation cache_line() {
  using enum Workload;
  return {"cache-line", set_of({kRoundtrip}), "", listen_memory<open_line>, open_line};
}

Implementation own_polling() {
  using enum Workload;
  return {"own-polling", set_of({kRoundtrip, kIdle}), "", listen_memory<open_mailboxes<Side::kServer>>,
          open_mailboxes<Side::kClient>};
}

}  // namespace pipes::bench
