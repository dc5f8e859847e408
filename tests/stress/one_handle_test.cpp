// Several threads on one handle: writers and readers at both ends at once, with and without somebody who cancels their
// calls all the time. Each message arrives exactly once, whole, and in its writer's order.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "multiprocess/rounds.h"
#include "stress/crew.h"
#include "support/child.h"
#include "support/harness.h"

namespace pipes::test {
namespace {

constexpr uint32_t kWriters = 3;
constexpr uint32_t kReaders = 3;
constexpr uint32_t kRecordBytes = 64;         // of a byte pipe: reads and writes of one size keep its boundaries
constexpr uint32_t kMessageMax = 8'000;       // one frame: a cancelled one is there whole or not at all
constexpr std::chrono::minutes kPatience{2};  // until a call must have been cancelled at last

struct Task {
  bool message_type = true;
  bool cancelling = false;
  uint32_t messages = 0;  // of each writer
};

// How a message begins.
struct Label {
  uint32_t side = 0;
  uint32_t writer = 0;
  uint32_t number = 0;
  uint32_t size = 0;
};

std::string message(const Task& task, uint32_t side, uint32_t writer, uint32_t number) {
  const uint64_t seed = uint64_t{side} << 60 | uint64_t{writer} << 40 | number;
  Dice dice(seed);
  const uint32_t size =
      task.message_type ? static_cast<uint32_t>(sizeof(Label)) + dice.below(kMessageMax - sizeof(Label)) : kRecordBytes;
  std::string bytes(pattern(seed, size));
  const Label label{side, writer, number, size};
  std::memcpy(bytes.data(), &label, sizeof label);
  return bytes;
}

// All that happens at one end.
class Post {
 public:
  Post(pipes_handle end, uint32_t side, const Task& task)
      : end_(end),
        side_(side),
        task_(task),
        arrived_(size_t{kWriters} * task.messages),
        threads_(kWriters + kReaders) {}

  // Does it all. Returns the first complaint, or nothing. Where calls are to be cancelled, it is done anew until one
  // was at either end: what is done quickly may be over before the canceller's turn comes.
  std::string work() {
    const Stopwatch watch;
    while (true) {
      std::string complaint = work_once();
      if (!complaint.empty() || !task_.cancelling) return complaint;
      if (agree_that_enough()) return {};
      if (watch.elapsed() > kPatience * time_factor()) break;
    }
    (void)pipes_close(end_);  // the other end need not go on
    return "no call was ever cancelled";
  }

 private:
  std::string work_once() {
    still_to_read_ = static_cast<int64_t>(task_.messages) * kWriters;
    finished_ = 0;
    for (auto& times : arrived_) times = 0;
    Crew crew;
    for (uint32_t i = 0; i < kWriters; ++i) {
      crew.start([this, i] { guarded(i, [&] { write_all(i); }); });
    }
    for (uint32_t i = 0; i < kReaders; ++i) {
      crew.start([this, i] { guarded(kWriters + i, [&] { read_share(); }); });
    }
    Crew canceller;
    if (task_.cancelling) canceller.start([this] { cancel_them(); });
    std::string complaint = crew.join();
    (void)canceller.join();
    if (!complaint.empty()) return complaint;
    for (uint32_t writer = 0; writer < kWriters; ++writer) {
      for (uint32_t number = 0; number < task_.messages; ++number) {
        if (arrived_[size_t{writer} * task_.messages + number] != 1)
          return "message " + std::to_string(number) + " was lost";
      }
    }
    return {};
  }

  // The two ends tell each other whether a call of theirs was cancelled, now that nothing else is under way.
  bool agree_that_enough() {
    const std::string mine = aborted_ > 0 ? "y" : "n";
    if (!write(end_, mine).status.ok()) return false;
    return read(end_, 1).bytes == "y" && mine == "y";
  }

  template <class Work>
  void guarded(uint32_t thread, Work work) {
    threads_[thread] = pipes_current_thread();
    try {
      work();
    } catch (const Complaint&) {
      ++finished_;
      (void)pipes_close(end_);  // nobody waits for what will not come
      throw;
    }
    ++finished_;
  }

  void write_all(uint32_t writer) {
    for (uint32_t number = 0; number < task_.messages; ++number) {
      const std::string bytes = message(task_, side_, writer, number);
      while (true) {
        const Sent sent = write(end_, bytes);
        if (was_cancelled(sent.status)) continue;  // then nothing of it may arrive
        if (sent.status.ok() && sent.transferred == bytes.size()) break;
        complain("write: ", sent.status, ", ", sent.transferred, " bytes");
      }
    }
  }

  void read_share() {
    std::vector<char> buffer(kMessageMax);
    std::vector<int64_t> newest(kWriters, -1);
    while (still_to_read_.fetch_sub(1) > 0) {
      uint32_t count = 0;
      Code status;
      while (true) {
        status = pipes_read(end_, buffer.data(), task_.message_type ? kMessageMax : kRecordBytes, &count, nullptr);
        if (!was_cancelled(status)) break;
        if (count != 0) complain("a cancelled read took ", count, " bytes");  // CANCEL-8
      }
      if (!status.ok()) complain("read: ", status);
      check(std::string_view(buffer.data(), count), newest);
    }
  }

  void check(std::string_view bytes, std::vector<int64_t>& newest) {
    Label label;
    if (bytes.size() < sizeof label) complain("a message of ", bytes.size(), " bytes");
    std::memcpy(&label, bytes.data(), sizeof label);
    if (label.side == side_ || label.writer >= kWriters || label.number >= task_.messages) complain("a torn message");
    if (bytes != message(task_, label.side, label.writer, label.number)) {
      complain("message ", label.number, " of writer ", label.writer, " differs");
    }
    if (++arrived_[size_t{label.writer} * task_.messages + label.number] != 1)
      complain("message ", label.number, " came twice");
    // One reader sees what one writer wrote in its order (WRITE-15).
    if (newest[label.writer] >= label.number) complain("message ", label.number, " was overtaken");
    newest[label.writer] = label.number;
  }

  bool was_cancelled(Code status) {
    if (!task_.cancelling || status != Code(PIPES_ERROR_OPERATION_ABORTED)) return false;
    ++aborted_;
    return true;
  }

  void cancel_them() {
    Dice dice(side_);
    while (finished_ < kWriters + kReaders) {
      for (int i = 0; i < 3; ++i) {
        const pipes_thread chosen = threads_[dice.below(kWriters + kReaders)];
        if (chosen != 0) (void)pipes_cancel_synchronous(chosen);
      }
      platform::let_others_run();
    }
  }

  const pipes_handle end_;
  const uint32_t side_;
  const Task task_;
  std::atomic<int64_t> still_to_read_{0};
  std::atomic<uint32_t> finished_{0};
  std::atomic<uint32_t> aborted_{0};
  std::vector<std::atomic<uint8_t>> arrived_;  // how often, by writer and number
  std::vector<std::atomic<pipes_thread>> threads_;
};

PIPES_CHILD_ROLE(one_handle_client) {
  const Task task{parent.number(1) != 0, parent.number(2) != 0, parent.number(3)};
  const Opened opened = try_open(parent.argument(0));
  if (opened.status.ok() && task.message_type) (void)set_mode(opened.handle, PIPES_READMODE_MESSAGE);
  const std::string complaint = Post(opened.handle, 1, task).work();
  parent.say(complaint.empty() ? "done" : complaint);
  return 0;
}

enum class Where { kHere, kOtherProcess };

void expect_order_and_completeness(const Task& task, Where where) {
  const std::string name = unique_name();
  const Handle server = create_server(
      name, {.pipe_mode = task.message_type ? PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE : PIPES_TYPE_BYTE,
             .out_buffer = 4096,
             .in_buffer = 4096});
  if (where == Where::kOtherProcess) {
    Child child = Child::spawn("one_handle_client", {name, task.message_type ? "1" : "0", task.cancelling ? "1" : "0",
                                                     std::to_string(task.messages)});
    ASSERT_STATUS(PIPES_ERROR_PIPE_CONNECTED, [&] {
      const Code status = connect(server);
      return status.ok() ? Code(PIPES_ERROR_PIPE_CONNECTED) : status;
    }());
    EXPECT_EQ("", Post(server, 0, task).work());
    EXPECT_TRUE(child.expect_line("done"));
    return;
  }
  const Handle client = open_client(name);
  ASSERT_STATUS(PIPES_OK, set_mode(client, task.message_type ? PIPES_READMODE_MESSAGE : PIPES_READMODE_BYTE));
  Background other([&] { return Post(client, 1, task).work(); });
  EXPECT_EQ("", Post(server, 0, task).work());
  EXPECT_EQ("", other.result());
}

uint32_t messages() { return static_cast<uint32_t>(rounds(40'000, 1'000'000, 1'000)); }
// Every cancelled call costs a sleep.
uint32_t cancelled_messages() { return static_cast<uint32_t>(rounds(10'000, 200'000, 500)); }

TEST(OneHandle, SYNC_7_MessagesOfManyThreadsArriveOnceAndInOrder) {
  expect_order_and_completeness({true, false, messages()}, Where::kHere);
}
TEST(OneHandle, SYNC_7_MessagesOfManyThreadsArriveOnceAndInOrderAcrossProcesses) {
  expect_order_and_completeness({true, false, messages()}, Where::kOtherProcess);
}
TEST(OneHandle, BUF_7_BytesOfManyThreadsNeverInterleave) {
  expect_order_and_completeness({false, false, messages()}, Where::kHere);
}
TEST(OneHandle, BUF_7_BytesOfManyThreadsNeverInterleaveAcrossProcesses) {
  expect_order_and_completeness({false, false, messages()}, Where::kOtherProcess);
}
TEST(OneHandle, CANCEL_12_CancellingAmidTrafficLosesAndDoublesNothing) {
  expect_order_and_completeness({true, true, cancelled_messages()}, Where::kHere);
}
TEST(OneHandle, CANCEL_12_CancellingAmidTrafficLosesAndDoublesNothingAcrossProcesses) {
  expect_order_and_completeness({true, true, cancelled_messages()}, Where::kOtherProcess);
}
TEST(OneHandle, CANCEL_12_CancellingAmidBytesLosesAndDoublesNothingAcrossProcesses) {
  expect_order_and_completeness({false, true, cancelled_messages()}, Where::kOtherProcess);
}

// D44: while one thread's read waits, all others write, peek and query as if it were not there.
TEST(OneHandle, SYNC_7_AWaitingReadHoldsUpNoWriterOfItsHandle) {
  const Pair pair = connected_pair(message_pipe());
  Background waiting([&] { return read(pair.server); });
  ASSERT_TRUE(wait_until_blocked(waiting));
  const int writes_of_each = rounds(20'000, 500'000, 500);
  std::atomic<int> written{0};
  Crew crew;
  for (int i = 0; i < 2; ++i) {
    crew.start([&] {
      for (int n = 0; n < writes_of_each; ++n) {
        if (!write(pair.server, "to the client").status.ok()) complain("write");
        ++written;
        const Peeked peeked = peek(pair.server, 10);
        if (!peeked.status.ok() || peeked.available != 0) complain("peek");
        if (!get_state(pair.server).status.ok()) complain("query");
      }
    });
  }
  for (int n = 0; n < 2 * writes_of_each; ++n) ASSERT_EQ("to the client", read(pair.client).bytes);
  EXPECT_EQ("", crew.join());
  EXPECT_EQ(2 * writes_of_each, written);
  EXPECT_FALSE(waiting.finished());
  ASSERT_STATUS(PIPES_OK, write(pair.client, "at last").status);
  EXPECT_EQ("at last", waiting.result().bytes);
}

}  // namespace
}  // namespace pipes::test
