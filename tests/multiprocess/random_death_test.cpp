// Traffic both ways, and one of the two processes is killed at a moment that nobody chose. What the other has read is
// the beginning of what was sent, message by message, with everything whose write had completed; the name is free at
// once, and nothing stays: no file, no descriptor, no mapping.
//
// Everything here is about Linux.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include "multiprocess/rounds.h"
#include "support/child.h"
#include "support/harness.h"
#include "support/holdings.h"
#include "support/platform.h"

namespace pipes::test {
namespace {

constexpr uint32_t kLongest = 20'000;  // far beyond the quota, so that some writes wait
const ServerOptions kPipe{.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE,
                          .pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE,
                          .max_instances = 1};

// The message of that number, whose length and contents follow from the number.
std::string message(uint64_t number) {
  const auto seed = static_cast<uint32_t>(number) + 1;
  const uint32_t length = seed % 11 == 0 ? kLongest - seed % 1000 : 8 + (seed * 2654435761u) % 700;
  std::string text = bytes(length, seed);
  std::memcpy(text.data(), &number, sizeof number);
  return text;
}

// How many writes of a process have completed, where its killer can still read it.
class Progress {
 public:
  explicit Progress(const std::string& file) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    EXPECT_LE(0, fd);
    EXPECT_EQ(0, ::ftruncate(fd, sizeof(Count)));
    void* const mapped = ::mmap(nullptr, sizeof(Count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    EXPECT_NE(MAP_FAILED, mapped);
    count_ = static_cast<Count*>(mapped);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { ::munmap(count_, sizeof(Count)); }

  void reset() { count_->store(0); }
  void set(uint64_t count) { count_->store(count, std::memory_order_release); }
  [[nodiscard]] uint64_t get() const { return count_->load(std::memory_order_acquire); }

 private:
  using Count = std::atomic<uint64_t>;
  Count* count_ = nullptr;
};

// Sends message after message until that fails, and says how.
Code send_all(pipes_handle end, Progress* progress) {
  for (uint64_t number = 0;; ++number) {
    const Code status = write(end, message(number)).status;
    if (!status.ok()) return status;
    if (progress != nullptr) progress->set(number + 1);
  }
}

// What came of reading until that failed.
struct Reading {
  Code status;
  uint64_t messages = 0;
  bool in_order = true;
};

// Calls after_each with the number of messages so far.
template <class AfterEach>
Reading receive_all(pipes_handle end, AfterEach after_each) {
  Reading reading;
  while (true) {
    const Received received = read(end, kLongest);
    reading.status = received.status;
    if (!received.status.ok()) {
      reading.in_order = reading.in_order && received.transferred == 0;
      return reading;
    }
    reading.in_order = reading.in_order && received.bytes == message(reading.messages);
    ++reading.messages;
    after_each(reading.messages);
  }
}

// Both ways at once, until the end of it, on the end that argument 0 names and argument 1 says: `server` or `client`.
// Argument 2 is the file that counts the writes.
PIPES_CHILD_ROLE(doomed) {
  const std::string& name = parent.argument(0);
  Progress progress(parent.argument(2));
  Handle end;
  if (parent.argument(1) == "server") {
    end = create_server(name, kPipe);
    parent.say("ready");
    (void)connect(end);
  } else {
    end = open_client(name);
    (void)set_mode(end, PIPES_READMODE_MESSAGE);
    parent.say("ready");
  }
  std::thread writing([&] { (void)send_all(end, &progress); });
  const Reading reading = receive_all(end, [](uint64_t) {});
  writing.join();
  parent.say(reading.in_order ? "survived" : "read nonsense");
  return 0;
}

bool is_end_of_peer(Code status) { return status == PIPES_ERROR_BROKEN_PIPE || status == PIPES_ERROR_NO_DATA; }

// One process lives and one dies, when the survivor has read `messages_before_death` messages and `spins` loops later.
void one_death(bool server_dies, uint64_t messages_before_death, uint32_t spins, const std::string& progress_file) {
  const std::string name = unique_name();
  Progress progress(progress_file);
  progress.reset();
  Handle end;
  if (!server_dies) end = create_server(name, kPipe);
  Child victim = Child::spawn("doomed", {name, server_dies ? "server" : "client", progress_file});
  ASSERT_TRUE(victim.expect_line("ready"));
  if (server_dies) {
    end = open_client(name);
    ASSERT_STATUS(PIPES_OK, set_mode(end, PIPES_READMODE_MESSAGE));
  }

  const auto kill_in_time = [&](uint64_t messages) {
    if (messages != messages_before_death) return;
    for (std::atomic<uint32_t> spin{0}; spin < spins; ++spin) {
    }
    victim.kill();
  };
  Background sending([&] { return send_all(end, nullptr); });
  kill_in_time(0);
  const Reading reading = receive_all(end, kill_in_time);
  const Code sent = sending.result();

  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.status);
  EXPECT_TRUE(is_end_of_peer(sent)) << sent;
  EXPECT_TRUE(reading.in_order) << "message " << reading.messages;
  (void)victim.wait();
  EXPECT_LE(progress.get(), reading.messages) << "a message is lost whose write had completed";
  EXPECT_GE(progress.get() + 1, reading.messages);
  if (server_dies) {
    // Although the client's handle is still there.
    EXPECT_STATUS(PIPES_OK, try_create_server(name, kPipe).status);
  } else {
    EXPECT_STATUS(PIPES_OK, disconnect(end));
    Background connecting([&] { return connect(end); });
    EXPECT_TRUE(wait_until_blocked(connecting));
    EXPECT_TRUE(try_open(name).status.ok());
    EXPECT_STATUS(PIPES_OK, connecting.result());
  }
  EXPECT_STATUS(PIPES_OK, end.close());
  EXPECT_EQ(std::vector<std::string>{}, platform::folder_contents(std::getenv("PIPES_RUNTIME_DIR")));
}

void many_deaths(bool server_dies) {
  const std::string folder = platform::make_private_folder();
  const std::string progress_file = folder + "/progress";
  std::mt19937 random(server_dies ? 20'240 : 20'241);
  const int wanted = rounds(30, 250, 5);
  const Holdings at_first = holdings_of_this_process();
  one_death(server_dies, 3, 0, progress_file);  // what is made once is there afterwards
  const Holdings before = holdings_without_connections_since(at_first);
  for (int round = 0; round < wanted && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const uint64_t messages = round % 4 == 0 ? random() % 3 : random() % 300;
    one_death(server_dies, messages, static_cast<uint32_t>(random() % 20'000), progress_file);
  }
  EXPECT_EQ("", kept_since(before));
  platform::remove_folder(folder);
}

TEST(RandomDeath, CLOSE_9_AServerKilledAtAnyMomentLeavesItsClientWholeMessages) { many_deaths(true); }
TEST(RandomDeath, CLOSE_9_AClientKilledAtAnyMomentLeavesItsServerWholeMessages) { many_deaths(false); }

}  // namespace
}  // namespace pipes::test
