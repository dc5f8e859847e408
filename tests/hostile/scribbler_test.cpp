// The scribbler: a process that writes random values all over the memory it shares with a victim, while the victim
// reads, writes, peeks, flushes, transacts and asks. The victim must not crash, must not wait longer than its peer
// lives, must never be told of more bytes than it has room for, and its other connections must not lose a byte.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <random>

#include "raw_peer.h"
#include "support/child.h"
#include "support/expect.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

using wire::Direction;
using wire::FrameHeader;
using wire::FrameKind;

// What a scribbler does to one connection.
class Scribbler {
 public:
  Scribbler(RawEnd& end, std::mt19937_64& random) : end_(end), random_(random) {}

  // Scribbles until the victim hangs up, or for up to 30 ms.
  void run() {
    const Stopwatch watch;
    const auto span = std::chrono::milliseconds(random_() % 30);
    pollfd hung_up{end_.socket(), POLLRDHUP, 0};
    while (watch.elapsed() < span && ::poll(&hung_up, 1, 0) == 0) {
      const uint64_t strokes = random_() % 64;
      for (uint64_t i = 0; i < strokes; ++i) stroke();
    }
  }

 private:
  void stroke() {
    switch (random_() % 18) {
      case 16:
        return (void)end_.ring();
      case 17:
        return scribble_flags();
      case 0:
        return scribble_word(random_() % 2 == 0 ? Direction::kInbound : Direction::kOutbound);
      case 1:
        return scribble_progress();
      case 2:
        end_.own().state.store(random_() % 8 == 0 ? static_cast<uint32_t>(random_() % 4) : 0);
        return;
      case 3:
        return end_.wake_reader();
      case 4:
        return end_.wake_writer();
      case 5:  // anywhere in the ring
        return end_.out_ring().word(random_() & ~uint64_t{7}).store(random_());
      case 6:
        return end_.in_ring().word(8 * (random_() % 1024)).store(header());
      case 7:
        end_.own().processor.store(static_cast<uint32_t>(random_() % 4));
        return;
      default:
        return put_header();
    }
  }

  void scribble_word(Direction direction) {
    auto* words = reinterpret_cast<std::atomic<uint64_t>*>(&end_.memory().words(direction));
    words[random_() % (sizeof(wire::ControlWords) / 8)].store(random_() % 4 == 0 ? random_() : random_() % 8192);
  }

  // Mostly values that mean something.
  void scribble_flags() {
    wire::DirectionWords& words = random_() % 2 == 0 ? end_.in() : end_.out();
    const auto flag = static_cast<uint32_t>(random_() % 4 == 0 ? random_() : random_() % 3);
    (random_() % 2 == 0 ? words.reader_waits : words.writer_waits).waiting.store(flag);
  }

  void scribble_progress() {
    wire::ReaderProgress& reader = end_.in().reader;
    const wire::WriterProgress& writer = end_.in().writer;
    switch (random_() % 6) {
      case 0:
        return reader.head.store(random_() % 2 == 0 ? random_() : 8 * (random_() % 4096));
      case 1:
        return reader.consumed.store(random_() % 2 == 0 ? random_() : writer.announced.load() + random_() % 2);
      case 2:
        return reader.lent.store(random_());
      case 3:
        return end_.out().writer.announced.store(random_());
      case 4:
        return end_.out().writer.final.store(random_());
      default:  // as an honest reader would, so that the victim gets further
        return reader.consumed.store(writer.announced.load());
    }
  }

  // Mostly where the victim reads, and mostly something that might pass.
  void put_header() {
    const uint64_t near = (end_.out().reader.head.load() & ~uint64_t{7}) + 8 * (random_() % 16);
    const wire::RingMemory ring = end_.out_ring();
    if (random_() % 4 == 0) ring.word(near + 8).store(random_() % 3 == 0 ? random_() : random_() % 100'000);
    ring.word(near).store(header());
  }

  uint64_t header() {
    if (random_() % 16 == 0) return random_();
    FrameHeader made;
    made.kind = static_cast<FrameKind>(random_() % 9);
    made.waits = random_() % 3 == 0;
    made.length = random_() % 8 == 0 ? random_() % (FrameHeader::kLengthMax + 1) : random_() % 200;
    made.taken = random_() % 16 == 0 ? random_() % 200 : 0;
    return made.encode();
  }

  RawEnd& end_;
  std::mt19937_64& random_;
};

// Opens argument 0 over and over and scribbles, with the seed argument 1.
PIPES_CHILD_ROLE(scribbling_client) {
  std::mt19937_64 random(parent.number(1));
  parent.say("ready");
  while (true) {
    const std::unique_ptr<RawEnd> end = open_raw(parent.argument(0));
    if (end == nullptr) {
      std::this_thread::yield();
      continue;
    }
    Scribbler(*end, random).run();
  }
}

// Serves argument 0 for whoever opens it, and scribbles, with the seed argument 1.
PIPES_CHILD_ROLE(scribbling_server) {
  std::mt19937_64 random(parent.number(1));
  const RawServer server(parent.argument(0), [&](UniqueFd socket) {
    const std::unique_ptr<RawEnd> end = accept_raw(std::move(socket), static_cast<uint32_t>(random() % 10'000));
    if (end != nullptr) Scribbler(*end, random).run();
  });
  parent.say("ready");
  parent.wait_for_end();
  return 0;
}

// Ends with the test, and ends the test if the victim makes no step for a long time: a hang is what it is about.
class Watchdog {
 public:
  Watchdog() : thread_([this] { run(); }) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() {
    stop_.store(true);
    thread_.join();
  }
  void step() { steps_.fetch_add(1); }

 private:
  void run() {
    uint64_t seen = 0;
    Stopwatch since;
    while (!stop_.load()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      if (steps_.load() != seen) {
        seen = steps_.load();
        since = Stopwatch();
      }
      if (since.elapsed() < std::chrono::seconds(30)) continue;
      std::cerr << "the victim has made no step for 30 s after " << seen << " steps\n";
      std::abort();
    }
  }
  std::atomic<uint64_t> steps_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

class Scribbled : public testing::Test {
 protected:
  // Calls that use the victim's end, one after the other, until one says that the connection is over. Buffers are on
  // the heap and just as long as the call is told, so that AddressSanitizer sees one byte too many.
  void use(pipes_handle victim, uint64_t seed, int what) {
    std::mt19937_64 random(seed);
    const std::string outgoing = bytes(20'000);
    while (true) {
      const auto size = static_cast<uint32_t>(random() % 4 == 0 ? random() % 20'000 : random() % 64);
      Code status;
      switch (what) {
        case 0:
          status = check(read(victim, size), size);
          break;
        case 1:
          status = check(write(victim, std::string_view(outgoing).substr(0, size)), size);
          break;
        default:
          status = any_call(victim, random, size, outgoing);
      }
      EXPECT_TRUE(is_documented(status)) << status;
      calls_.fetch_add(1);
      watchdog_.step();
      const bool goes_on = status.ok() || status == PIPES_ERROR_MORE_DATA || status == PIPES_ERROR_PIPE_BUSY;
      if (!goes_on) return;
    }
  }

  // The same with operations that go on while others begin, some of which are cancelled. They end at the latest when
  // the peer does.
  void use_overlapped(pipes_handle victim, uint64_t seed) {
    std::mt19937_64 random(seed);
    const std::string outgoing = bytes(20'000);
    struct Going {
      Overlapped operation;
      uint32_t size = 0;
      bool reads = false;
    };
    std::deque<Going> going;
    bool over = false;
    while (!over || !going.empty()) {
      if (!over && going.size() < 8) {
        Going& next = going.emplace_back();
        next.size = static_cast<uint32_t>(random() % 4 == 0 ? random() % 20'000 : random() % 64);
        next.reads = random() % 2 == 0;
        const auto part = std::string_view(outgoing).substr(0, next.size);
        const bool transacts = next.reads && random() % 4 == 0;
        const Code begun = transacts    ? next.operation.transact(victim, part, next.size)
                           : next.reads ? next.operation.read(victim, next.size)
                                        : next.operation.write(victim, part);
        EXPECT_TRUE(is_documented(begun)) << begun;
        const bool goes = begun.ok() || begun == PIPES_ERROR_IO_PENDING || begun == PIPES_ERROR_MORE_DATA;
        if (!goes) going.pop_back();
        over = !goes && begun != PIPES_ERROR_PIPE_BUSY;
        calls_.fetch_add(1);
        watchdog_.step();
        if (random() % 4 != 0) continue;
      }
      if (going.empty()) continue;
      Going& oldest = going.front();
      if (random() % 3 == 0) (void)pipes_cancel_ex(victim, &oldest.operation.structure());
      const Code ended =
          oldest.reads ? check(oldest.operation.received(), oldest.size) : check(oldest.operation.sent(), oldest.size);
      EXPECT_TRUE(is_documented(ended)) << ended;
      EXPECT_TRUE(is_signalled(oldest.operation.event()));
      going.pop_front();
      watchdog_.step();
    }
  }

  // The same by a port, whose thread looks at the memory itself.
  void use_by_port(pipes_handle victim, uint64_t seed) {
    std::mt19937_64 random(seed);
    const Handle port = new_port();
    if (!Code(pipes_port_associate(port, victim, 0)).ok()) return;
    const std::string outgoing = bytes(200);
    std::deque<Overlapped> operations;
    for (int i = 0; i < 8; ++i) operations.emplace_back(ToldBy::kHandle);
    size_t going = 0;
    const auto begin = [&](Overlapped& operation) {
      const auto size = static_cast<uint32_t>(random() % 200);
      const Code begun = random() % 2 == 0 ? operation.read(victim, size)
                                           : operation.write(victim, std::string_view(outgoing).substr(0, size));
      const bool goes = begun.ok() || begun == PIPES_ERROR_IO_PENDING || begun == PIPES_ERROR_MORE_DATA;
      EXPECT_TRUE(is_documented(begun)) << begun;
      going += goes ? 1 : 0;
    };
    for (Overlapped& operation : operations) begin(operation);
    while (going > 0) {
      const Packet packet = take_packet(port);
      EXPECT_TRUE(is_documented(packet.status)) << packet.status;
      const auto ended = std::ranges::find_if(
          operations, [&](Overlapped& operation) { return &operation.structure() == packet.overlapped; });
      ASSERT_NE(operations.end(), ended);
      EXPECT_FALSE(ended->pending());
      EXPECT_LE(packet.transferred, 200u);
      --going;
      begin(*ended);
      calls_.fetch_add(1);
      watchdog_.step();
    }
  }

  Code any_call(pipes_handle victim, std::mt19937_64& random, uint32_t size, const std::string& outgoing) {
    switch (random() % 8) {
      case 0: {
        const Peeked seen = peek(victim, size);
        EXPECT_LE(seen.status.ok() ? seen.transferred : 0, size);
        return seen.status;
      }
      case 1:
        return flush(victim);
      case 2:
        return check(transact(victim, std::string_view(outgoing).substr(0, size), size), size);
      case 3: {
        const LocalInfo info = get_local_info(victim);
        EXPECT_LE(info.status.ok() ? info.value.write_quota_available : 0, 10'000u);
        return info.status;
      }
      case 4:
        return get_state(victim).status;
      case 5:
        return get_info(victim).status;
      case 6:
        // It may be refused while something is unread.
        return set_mode(victim, PIPES_READMODE_MESSAGE);
      default:
        return peek(victim, 0).status;
    }
  }

  static Code check(const Received& got, uint32_t size) {
    EXPECT_TRUE(got.transferred <= size || got.transferred == kUntouched);
    return got.status;
  }
  static Code check(const Sent& done, uint32_t size) {
    EXPECT_LE(done.transferred, size);
    return done.status;
  }

  // Several threads on one end until its connection is over.
  void use_from_all_sides(pipes_handle victim, uint64_t seed) {
    std::vector<std::thread> threads;
    for (int what = 0; what < 3; ++what) {
      threads.emplace_back([=, this] { use(victim, seed + static_cast<uint64_t>(what), what); });
    }
    threads.emplace_back([=, this] { seed % 2 == 0 ? use_overlapped(victim, seed) : use_by_port(victim, seed); });
    for (std::thread& thread : threads) thread.join();
    rounds_.fetch_add(1);
  }

  // A connection of the victim with somebody honest: every byte of it must be right.
  void converse(const std::atomic<bool>& stop) {
    const Pair pair = connected_pair(message_pipe());
    uint32_t turns = 0;
    while (!stop.load()) {
      const std::string message = bytes(1 + turns % 3000, turns);
      ASSERT_EQ(sent(message.size()), write(pair.client, message));
      ASSERT_EQ(received(PIPES_OK, message), read(pair.server));
      ASSERT_EQ(sent(message.size()), write(pair.server, message));
      ASSERT_EQ(received(PIPES_OK, message), read(pair.client));
      ++turns;
    }
    EXPECT_GT(turns, 10u);
  }

  void report(const char* what) {
    std::cout << what << ": " << rounds_.load() << " connections scribbled on, " << calls_.load() << " calls\n";
  }

  // For so long, and, where that is too short for as many, for so many connections: that they come to an end the
  // watchdog sees to.
  static constexpr uint64_t kRoundsMin = 10;
  static std::chrono::milliseconds span() { return scaled(std::chrono::seconds(6), std::chrono::seconds(60)); }

  Watchdog watchdog_;
  std::atomic<uint64_t> calls_{0};
  std::atomic<uint64_t> rounds_{0};
};

TEST_F(Scribbled, AServerSurvivesItsClients) {
  const std::string name = unique_name();
  Child scribbler = Child::spawn("scribbling_client", {name, "1"});
  ASSERT_TRUE(scribbler.expect_line("ready"));
  std::atomic<bool> stop{false};
  std::thread bystander([&] { converse(stop); });
  const Stopwatch watch;
  for (uint64_t round = 0; watch.elapsed() < span() || rounds_.load() <= kRoundsMin; ++round) {
    ServerOptions options = message_pipe();
    options.in_buffer = options.out_buffer = static_cast<uint32_t>(round % 3 == 0 ? 0 : 4096);
    const Handle victim = create_server(name, overlapped(options));
    const Code connected = connect(victim);
    EXPECT_TRUE(connected.ok() || connected == PIPES_ERROR_PIPE_CONNECTED || connected == PIPES_ERROR_NO_DATA);
    use_from_all_sides(victim, round * 3);
  }
  stop.store(true);
  bystander.join();
  report("server");
}

TEST_F(Scribbled, AClientSurvivesItsServers) {
  const std::string name = unique_name();
  Child scribbler = Child::spawn("scribbling_server", {name, "2"});
  ASSERT_TRUE(scribbler.expect_line("ready"));
  std::atomic<bool> stop{false};
  std::thread bystander([&] { converse(stop); });
  const Stopwatch watch;
  for (uint64_t round = 0; watch.elapsed() < span() || rounds_.load() <= kRoundsMin; ++round) {
    const Opened victim = try_open(name, kReadWrite, PIPES_FLAG_OVERLAPPED);
    EXPECT_TRUE(is_documented(victim.status));
    if (!victim.status.ok()) continue;
    (void)set_mode(victim.handle, round % 2 == 0 ? PIPES_READMODE_MESSAGE : PIPES_READMODE_BYTE);
    use_from_all_sides(victim.handle, round * 3);
  }
  stop.store(true);
  bystander.join();
  report("client");
}

}  // namespace
}  // namespace pipes::test
