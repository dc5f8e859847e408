// Anonymous ends as the engine uses them: queues, order, waits and how they end, children, signals, fork. What a
// handle's rights forbid is tested with the C ABI.
#include "linux/anonymous_pipe.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "linux/quiet_write.h"
#include "linux/read_watch.h"
#include "support/parker.h"
#include "support/platform.h"

namespace pipes {
namespace {

namespace platform = test::platform;

struct Pipe {
  std::shared_ptr<AnonymousEnd> reader;
  std::shared_ptr<AnonymousEnd> writer;
};

Pipe make_pipe(uint32_t size = 0) {
  auto ends = AnonymousEnd::create(size);
  EXPECT_TRUE(ends) << ends.status();
  return {ends->first, ends->second};
}

struct Moved {
  Status status;
  uint32_t bytes;
  friend bool operator==(const Moved&, const Moved&) = default;
};
void PrintTo(const Moved& moved, std::ostream* stream) { *stream << moved.status << ", " << moved.bytes << " bytes"; }

Moved write(AnonymousEnd& end, const std::string& text) {
  uint32_t transferred = 77;
  const Status status = end.write(text.data(), static_cast<uint32_t>(text.size()), &transferred);
  return {status, transferred};
}

Moved write_bytes(AnonymousEnd& end, uint32_t size) { return write(end, std::string(size, 'x')); }

// What one read of at most `size` bytes gives: the text, or the status as a number.
std::string read(AnonymousEnd& end, uint32_t size = 1 << 20) {
  std::string text(size, '\0');
  uint32_t transferred = 77;
  const Status status = end.read(text.data(), size, &transferred);
  if (status != PIPES_OK) return std::to_string(status) + "/" + std::to_string(transferred);
  text.resize(transferred);
  return text;
}

std::string read_exactly(AnonymousEnd& end, size_t size) {
  std::string all;
  while (all.size() < size) {
    std::string piece(size - all.size(), '\0');
    uint32_t transferred = 0;
    if (end.read(piece.data(), static_cast<uint32_t>(piece.size()), &transferred) != PIPES_OK) break;
    all.append(piece, 0, transferred);
  }
  return all;
}

void set_nowait(AnonymousEnd& end) { ASSERT_EQ(PIPES_OK, end.set_modes(PIPES_NOWAIT)); }

// A call on a thread of its own. The destructor cancels until it has ended.
template <class T>
class Calling {
 public:
  explicit Calling(std::function<T()> body) {
    thread_ = std::thread([this, body = std::move(body)] {
      parker_ = Parker::mine().name();
      system_thread_.store(platform::current_thread(), std::memory_order_release);
      result_ = body();
      finished_.store(true, std::memory_order_release);
    });
    while (system_thread() == 0) platform::let_others_run();
  }
  ~Calling() {
    while (!finished()) {
      cancel();
      platform::let_others_run();
    }
    thread_.join();
  }

  [[nodiscard]] bool finished() const { return finished_.load(std::memory_order_acquire); }

  bool cancel() {
    Parker* parker = Parker::find(parker_);
    return parker != nullptr && parker->cancel();
  }

  // Returns once the call has slept through several looks; false if it has returned instead.
  [[nodiscard]] bool wait_until_blocked() const {
    for (int looks = 0; looks < 6;) {
      if (finished()) return false;
      const platform::ThreadRest before = platform::thread_rest(system_thread());
      platform::let_others_run();
      const platform::ThreadRest now = platform::thread_rest(system_thread());
      looks = now.asleep && before.asleep && now.awakenings == before.awakenings ? looks + 1 : 0;
    }
    return !finished();
  }

  T result() {
    while (!finished()) platform::let_others_run();
    return result_;
  }

  [[nodiscard]] uint64_t system_thread() const { return system_thread_.load(std::memory_order_acquire); }

 private:
  uint64_t parker_ = 0;  // written before system_thread_
  std::atomic<uint64_t> system_thread_{0};
  std::atomic<bool> finished_{false};
  T result_{};
  std::thread thread_;
};

using Reading = Calling<std::string>;
using Writing = Calling<Moved>;
using Flushing = Calling<Status>;

// Runs `program` by the shell with the given descriptors as standard input and output (-1: as it is).
pid_t start_shell(const char* program, int standard_input, int standard_output) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  if (standard_input >= 0) ::dup2(standard_input, 0);
  if (standard_output >= 0) ::dup2(standard_output, 1);
  ::execl("/bin/sh", "sh", "-c", program, nullptr);
  ::_exit(127);
}

// Runs `body` in a forked child and returns its exit code, or 1000 and the signal that ended it.
int in_forked_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  EXPECT_EQ(child, ::waitpid(child, &status, 0));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// ------------------------------------------------------------------------------------------------------- the stream

TEST(Anonymous, ANON_1_BytesGoFromTheWriteEndToTheReadEnd) {
  const Pipe pipe = make_pipe();
  EXPECT_EQ((Moved{PIPES_OK, 5}), write(*pipe.writer, "hello"));
  EXPECT_EQ("hello", read(*pipe.reader));
}

TEST(Anonymous, ANON_6_AReadTakesWhatIsThereAcrossWrites) {
  const Pipe pipe = make_pipe();
  write(*pipe.writer, "one");
  write(*pipe.writer, "two");
  EXPECT_EQ("onet", read(*pipe.reader, 4));
  EXPECT_EQ("wo", read(*pipe.reader));
}

TEST(Anonymous, ANON_5_AWriteReturnsWhenEveryByteIsIn) {
  const Pipe pipe = make_pipe();
  const std::string text = [] {
    std::string made(300'000, '\0');
    for (size_t i = 0; i < made.size(); ++i) made[i] = static_cast<char>(i * 7 % 251);
    return made;
  }();
  Writing writing([&] { return write(*pipe.writer, text); });
  EXPECT_TRUE(text == read_exactly(*pipe.reader, text.size()));
  EXPECT_EQ((Moved{PIPES_OK, 300'000}), writing.result());
}

TEST(Anonymous, ANON_7_WhatIsLeftIsReadBeforeBrokenPipe) {
  const Pipe pipe = make_pipe();
  write(*pipe.writer, "last");
  pipe.writer->close();
  EXPECT_EQ("last", read(*pipe.reader));
  EXPECT_EQ("109/0", read(*pipe.reader));
  EXPECT_EQ("109/0", read(*pipe.reader));
}

TEST(Anonymous, ANON_7_AWaitingReadEndsWhenTheWriterCloses) {
  const Pipe pipe = make_pipe();
  Reading reading([&] { return read(*pipe.reader); });
  ASSERT_TRUE(reading.wait_until_blocked());
  pipe.writer->close();
  EXPECT_EQ("109/0", reading.result());
}

TEST(Anonymous, ANON_8_WritesFailOnceTheReaderHasClosed) {
  const Pipe pipe = make_pipe();
  pipe.reader->close();
  EXPECT_EQ((Moved{PIPES_ERROR_NO_DATA, 0}), write(*pipe.writer, "x"));
  EXPECT_EQ((Moved{PIPES_ERROR_NO_DATA, 0}), write(*pipe.writer, ""));
}

TEST(Anonymous, ANON_8_AWriteInProgressEndsWithBrokenPipe) {
  const Pipe pipe = make_pipe();
  Writing writing([&] { return write_bytes(*pipe.writer, 100'000); });
  ASSERT_TRUE(writing.wait_until_blocked());
  pipe.reader->close();
  EXPECT_EQ((Moved{PIPES_ERROR_BROKEN_PIPE, 0}), writing.result());
}

TEST(Anonymous, ANON_8_AWriteThatHasMovedNothingYetEndsWithBrokenPipeToo) {
  const Pipe pipe = make_pipe();
  write_bytes(*pipe.writer, 4096);
  Writing writing([&] { return write(*pipe.writer, "x"); });
  ASSERT_TRUE(writing.wait_until_blocked());
  pipe.reader->close();
  EXPECT_EQ((Moved{PIPES_ERROR_BROKEN_PIPE, 0}), writing.result());
}

TEST(Anonymous, ANON_9_EachEndGoesOneWay) {
  const Pipe pipe = make_pipe();
  uint32_t available = 77;
  EXPECT_EQ((Moved{PIPES_ERROR_ACCESS_DENIED, 0}), write(*pipe.reader, "x"));
  EXPECT_EQ("5/0", read(*pipe.writer));
  EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, pipe.writer->peek(nullptr, 0, nullptr, &available, nullptr));
  EXPECT_EQ(77u, available);
  EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, pipe.reader->flush());
}

TEST(Anonymous, ANON_10_InheritanceAppliesToBothEndsAndCanBeChanged) {
  const auto survives_exec = [](AnonymousEnd& end) { return (::fcntl(end.native_fd(), F_GETFD) & FD_CLOEXEC) == 0; };
  const Pipe pipe = make_pipe();
  EXPECT_FALSE(survives_exec(*pipe.reader) || survives_exec(*pipe.writer));
  for (AnonymousEnd* const end : {pipe.reader.get(), pipe.writer.get()}) {
    EXPECT_EQ(PIPES_OK, end->set_inheritable(true));
    EXPECT_TRUE(survives_exec(*end));
    EXPECT_EQ(PIPES_OK, end->set_inheritable(false));
    EXPECT_FALSE(survives_exec(*end));
  }
}

TEST(Anonymous, ANON_11_EachPipeIsItsOwn) {
  const Pipe one = make_pipe();
  const Pipe other = make_pipe();
  write(*one.writer, "one");
  write(*other.writer, "other");
  EXPECT_EQ("other", read(*other.reader));
  EXPECT_EQ("one", read(*one.reader));
}

TEST(Anonymous, ANON_16_ConnectTellsWhetherAWriterIsThere) {
  const Pipe pipe = make_pipe();
  EXPECT_EQ(PIPES_ERROR_PIPE_CONNECTED, pipe.reader->connect());
  EXPECT_EQ(PIPES_ERROR_INVALID_FUNCTION, pipe.writer->connect());
  write(*pipe.writer, "unread");
  pipe.writer->close();
  EXPECT_EQ(PIPES_ERROR_NO_DATA, pipe.reader->connect());
}

// ------------------------------------------------------------------------------------------------------------ quota

TEST(Anonymous, FINE_20_ByDefault4096BytesFitAndOneMoreWaits) {
  const Pipe pipe = make_pipe();
  EXPECT_EQ((Moved{PIPES_OK, 4096}), write_bytes(*pipe.writer, 4096));
  Writing writing([&] { return write(*pipe.writer, "x"); });
  ASSERT_TRUE(writing.wait_until_blocked());
  EXPECT_EQ(4096u, read_exactly(*pipe.reader, 4096).size());
  EXPECT_EQ((Moved{PIPES_OK, 1}), writing.result());
}

TEST(Anonymous, FINE_20_OneWriteOf4097BytesWaits) {
  const Pipe pipe = make_pipe();
  Writing writing([&] { return write_bytes(*pipe.writer, 4097); });
  ASSERT_TRUE(writing.wait_until_blocked());
  EXPECT_EQ(4097u, read_exactly(*pipe.reader, 4097).size());
  EXPECT_EQ((Moved{PIPES_OK, 4097}), writing.result());
}

TEST(Anonymous, FINE_20_AnyOtherSizeFitsAtLeast) {
  for (const uint32_t size : {1u, 4096u, 4097u, 10'000u, 65'536u, 100'000u, 1u << 20}) {
    const Pipe pipe = make_pipe(size);
    EXPECT_EQ((Moved{PIPES_OK, size}), write_bytes(*pipe.writer, size));
  }
}

TEST(Anonymous, FINE_20_UnevenWritesUseTheWholeQuota) {
  const Pipe pipe = make_pipe(8192);
  for (const uint32_t size : {3000u, 3000u, 2000u, 192u}) {  // no two of them share a page of the kernel's
    EXPECT_EQ((Moved{PIPES_OK, size}), write_bytes(*pipe.writer, size));
  }
}

TEST(Anonymous, BUF_3_AWriteThatFitsTheUnusedQuotaNeverWaits) {
  const Pipe pipe = make_pipe();
  write_bytes(*pipe.writer, 10);
  for (int turn = 0; turn < 2000; ++turn) {  // never empty, so that the kernel's page is used up to its end
    ASSERT_EQ((Moved{PIPES_OK, 37}), write_bytes(*pipe.writer, 37));
    ASSERT_EQ(37u, read(*pipe.reader, 37).size());
  }
}

TEST(Anonymous, SETST_9_NoWaitAppliesToReadsAndWrites) {
  const Pipe pipe = make_pipe();
  set_nowait(*pipe.reader);
  set_nowait(*pipe.writer);
  EXPECT_EQ("232/0", read(*pipe.reader));
  EXPECT_EQ("232/0", read(*pipe.reader, 0));
  EXPECT_EQ((Moved{PIPES_OK, 4096}), write_bytes(*pipe.writer, 4096));
  EXPECT_EQ((Moved{PIPES_OK, 0}), write(*pipe.writer, "x"));
  EXPECT_EQ(4096u, read(*pipe.reader).size());
}

TEST(Anonymous, SETST_9_ANoWaitWriteIsAllOrNothing) {
  const Pipe pipe = make_pipe(65'536);
  set_nowait(*pipe.writer);
  EXPECT_EQ((Moved{PIPES_OK, 0}), write_bytes(*pipe.writer, 65'537));
  EXPECT_EQ((Moved{PIPES_OK, 50'000}), write_bytes(*pipe.writer, 50'000));
  EXPECT_EQ((Moved{PIPES_OK, 0}), write_bytes(*pipe.writer, 20'000));
  EXPECT_EQ((Moved{PIPES_OK, 15'536}), write_bytes(*pipe.writer, 15'536));
}

TEST(Anonymous, READ_16_NoWaitStillTellsTheEnd) {
  const Pipe pipe = make_pipe();
  set_nowait(*pipe.reader);
  pipe.writer->close();
  EXPECT_EQ("109/0", read(*pipe.reader));
  EXPECT_EQ("109/0", read(*pipe.reader, 0));
}

TEST(Anonymous, SETST_2_OnlyTheWaitModeCanBeSet) {
  const Pipe pipe = make_pipe();
  uint32_t modes = 77;
  EXPECT_EQ(PIPES_ERROR_INVALID_PARAMETER, pipe.reader->set_modes(4));
  EXPECT_EQ(PIPES_ERROR_INVALID_PARAMETER, pipe.reader->set_modes(PIPES_READMODE_MESSAGE | PIPES_NOWAIT));  // SETST-4
  EXPECT_EQ(PIPES_OK, pipe.reader->get_modes(&modes, nullptr));
  EXPECT_EQ(PIPES_WAIT, modes);
}

TEST(Anonymous, SETST_5_NoWaitIsRefusedWhileAReadWaitsOrSomethingIsUnread) {
  const Pipe pipe = make_pipe();
  {
    Reading reading([&] { return read(*pipe.reader); });
    ASSERT_TRUE(reading.wait_until_blocked());
    EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, pipe.reader->set_modes(PIPES_NOWAIT));
    write(*pipe.writer, "x");
    EXPECT_EQ("x", reading.result());
  }
  write(*pipe.writer, "unread");
  EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, pipe.writer->set_modes(PIPES_NOWAIT));
  EXPECT_EQ(PIPES_OK, pipe.reader->set_modes(PIPES_NOWAIT));
}

// ----------------------------------------------------------------------------------------------- zero lengths and peek

TEST(Anonymous, READ_19_AZeroLengthReadWaitsForDataAndTakesNone) {
  const Pipe pipe = make_pipe();
  Reading reading([&] { return read(*pipe.reader, 0); });
  ASSERT_TRUE(reading.wait_until_blocked());
  write(*pipe.writer, "stays");
  EXPECT_EQ("", reading.result());
  EXPECT_EQ("stays", read(*pipe.reader));
}

TEST(Anonymous, READ_19_AZeroLengthReadEndsWithTheWriter) {
  const Pipe pipe = make_pipe();
  Reading reading([&] { return read(*pipe.reader, 0); });
  ASSERT_TRUE(reading.wait_until_blocked());
  pipe.writer->close();
  EXPECT_EQ("109/0", reading.result());
}

TEST(Anonymous, WRITE_6_AZeroLengthWriteWakesNobody) {
  const Pipe pipe = make_pipe();
  Reading reading([&] { return read(*pipe.reader); });
  ASSERT_TRUE(reading.wait_until_blocked());
  const uint64_t before = platform::thread_rest(reading.system_thread()).awakenings;
  EXPECT_EQ((Moved{PIPES_OK, 0}), write(*pipe.writer, ""));
  EXPECT_EQ(before, platform::thread_rest(reading.system_thread()).awakenings);
  write(*pipe.writer, "x");
  EXPECT_EQ("x", reading.result());
}

TEST(Anonymous, ANON_14_PeekCopiesAndCountsWithoutTaking) {
  const Pipe pipe = make_pipe(65'536);
  for (const char* text : {"alpha", "beta"}) write(*pipe.writer, text);
  char copy[8] = {};
  uint32_t transferred = 77;
  uint32_t available = 77;
  uint32_t left = 77;
  EXPECT_EQ(PIPES_OK, pipe.reader->peek(copy, 7, &transferred, &available, &left));
  EXPECT_STREQ("alphabe", copy);
  EXPECT_EQ(7u, transferred);
  EXPECT_EQ(9u, available);
  EXPECT_EQ(0u, left);
  EXPECT_EQ("alphabeta", read(*pipe.reader));  // PEEK-16
}

TEST(Anonymous, ANON_14_PeekSeesAWholePipeOfManyPages) {
  const Pipe pipe = make_pipe(300'000);
  std::string text(300'000, 'a');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
  ASSERT_EQ((Moved{PIPES_OK, 300'000}), write(*pipe.writer, text));
  std::string copy(text.size(), '\0');
  uint32_t transferred = 0;
  EXPECT_EQ(PIPES_OK, pipe.reader->peek(copy.data(), 300'000, &transferred, nullptr, nullptr));
  EXPECT_EQ(300'000u, transferred);
  EXPECT_TRUE(text == copy);
}

TEST(Anonymous, PEEK_12_AnyOutputOfPeekMayBeNull) {
  const Pipe pipe = make_pipe();
  write(*pipe.writer, "x");
  EXPECT_EQ(PIPES_OK, pipe.reader->peek(nullptr, 0, nullptr, nullptr, nullptr));
}

TEST(Anonymous, PEEK_13_AnEmptyPipeIsNoError) {
  const Pipe pipe = make_pipe();
  uint32_t available = 77;
  EXPECT_EQ(PIPES_OK, pipe.reader->peek(nullptr, 0, nullptr, &available, nullptr));
  EXPECT_EQ(0u, available);
}

TEST(Anonymous, PEEK_15_PeekTellsTheEndOnlyWhenNothingIsLeft) {
  const Pipe pipe = make_pipe();
  write(*pipe.writer, "x");
  pipe.writer->close();
  uint32_t available = 77;
  EXPECT_EQ(PIPES_OK, pipe.reader->peek(nullptr, 0, nullptr, &available, nullptr));
  EXPECT_EQ(1u, available);
  EXPECT_EQ("x", read(*pipe.reader));
  EXPECT_EQ(PIPES_ERROR_BROKEN_PIPE, pipe.reader->peek(nullptr, 0, nullptr, &available, nullptr));
  EXPECT_EQ(1u, available);  // FINE-17
}

TEST(Anonymous, PEEK_3_PeekDoesNotQueueBehindAWaitingRead) {
  const Pipe pipe = make_pipe();
  Reading reading([&] { return read(*pipe.reader); });
  ASSERT_TRUE(reading.wait_until_blocked());
  uint32_t available = 77;
  EXPECT_EQ(PIPES_OK, pipe.reader->peek(nullptr, 0, nullptr, &available, nullptr));
  EXPECT_EQ(0u, available);
  EXPECT_FALSE(reading.finished());
}

// -------------------------------------------------------------------------------------------------------- many threads

TEST(Anonymous, BUF_7_WritesOfSeveralThreadsNeverInterleave) {
  constexpr size_t kLength = 30'000;
  const Pipe pipe = make_pipe();
  std::vector<std::unique_ptr<Writing>> writers;
  for (const char letter : {'a', 'b', 'c'}) {
    writers.push_back(std::make_unique<Writing>([&pipe, letter] {
      Moved moved{};
      for (int turn = 0; turn < 10; ++turn) moved = write(*pipe.writer, std::string(kLength, letter));
      return moved;
    }));
  }
  for (int turn = 0; turn < 30; ++turn) {
    const std::string one = read_exactly(*pipe.reader, kLength);
    EXPECT_EQ(std::string(kLength, one.at(0)), one);
  }
  for (auto& writer : writers) EXPECT_EQ((Moved{PIPES_OK, kLength}), writer->result());
}

TEST(Anonymous, BUF_8_ASmallWriteDoesNotOvertakeOneThatWaits) {
  const Pipe pipe = make_pipe();
  Writing large([&] { return write(*pipe.writer, std::string(10'000, 'a')); });
  ASSERT_TRUE(large.wait_until_blocked());
  Writing small([&] { return write(*pipe.writer, "z"); });
  ASSERT_TRUE(small.wait_until_blocked());
  EXPECT_EQ(std::string(10'000, 'a') + "z", read_exactly(*pipe.reader, 10'001));
  EXPECT_EQ((Moved{PIPES_OK, 1}), small.result());
}

TEST(Anonymous, READ_17_WaitingReadsAreServedInTheirOrder) {
  const Pipe pipe = make_pipe();
  std::vector<std::unique_ptr<Reading>> readers;
  for (int i = 0; i < 3; ++i) {
    readers.push_back(std::make_unique<Reading>([&] { return read(*pipe.reader, 1); }));
    ASSERT_TRUE(readers.back()->wait_until_blocked());
  }
  write(*pipe.writer, "123");
  EXPECT_EQ("1", readers[0]->result());
  EXPECT_EQ("2", readers[1]->result());
  EXPECT_EQ("3", readers[2]->result());
}

TEST(Anonymous, READ_17_ACancelledReadLeavesItsPlaceToTheNext) {
  const Pipe pipe = make_pipe();
  Reading first([&] { return read(*pipe.reader); });
  ASSERT_TRUE(first.wait_until_blocked());
  Reading second([&] { return read(*pipe.reader); });
  ASSERT_TRUE(second.wait_until_blocked());
  EXPECT_TRUE(first.cancel());
  EXPECT_EQ("995/0", first.result());
  write(*pipe.writer, "x");
  EXPECT_EQ("x", second.result());
}

// -------------------------------------------------------------------------------------------------- cancel and close

TEST(Anonymous, CANCEL_8_ACancelledReadConsumesNothing) {
  const Pipe pipe = make_pipe();
  Reading reading([&] { return read(*pipe.reader); });
  ASSERT_TRUE(reading.wait_until_blocked());
  EXPECT_TRUE(reading.cancel());
  EXPECT_EQ("995/0", reading.result());
  write(*pipe.writer, "x");
  EXPECT_EQ("x", read(*pipe.reader));  // CANCEL-12
}

TEST(Anonymous, CANCEL_4_AWaitingWriteIsCancelled) {
  const Pipe pipe = make_pipe();
  Writing writing([&] { return write_bytes(*pipe.writer, 10'000); });
  ASSERT_TRUE(writing.wait_until_blocked());
  EXPECT_TRUE(writing.cancel());
  EXPECT_EQ((Moved{PIPES_ERROR_OPERATION_ABORTED, 0}), writing.result());
}

TEST(Anonymous, CANCEL_4_AWriteThatQueuesBehindAnotherIsCancelledAlone) {
  const Pipe pipe = make_pipe();
  Writing first([&] { return write_bytes(*pipe.writer, 10'000); });
  ASSERT_TRUE(first.wait_until_blocked());
  Writing second([&] { return write(*pipe.writer, "z"); });
  ASSERT_TRUE(second.wait_until_blocked());
  EXPECT_TRUE(second.cancel());
  EXPECT_EQ((Moved{PIPES_ERROR_OPERATION_ABORTED, 0}), second.result());
  EXPECT_EQ(10'000u, read_exactly(*pipe.reader, 10'000).size());
  EXPECT_EQ((Moved{PIPES_OK, 10'000}), first.result());
}

TEST(Anonymous, CANCEL_3_ACallThatDoesNotBlockIsNotThereToCancel) {
  const Pipe pipe = make_pipe();
  write(*pipe.writer, "x");
  read(*pipe.reader);
  EXPECT_FALSE(Parker::mine().cancel());
}

TEST(Anonymous, CLOSE_11_ClosingEndsTheEndsOwnWaitingCalls) {
  const Pipe pipe = make_pipe();
  Reading first([&] { return read(*pipe.reader); });
  ASSERT_TRUE(first.wait_until_blocked());
  Reading queued([&] { return read(*pipe.reader); });
  ASSERT_TRUE(queued.wait_until_blocked());
  pipe.reader->close();
  EXPECT_EQ("109/0", first.result());
  EXPECT_EQ("109/0", queued.result());
}

TEST(Anonymous, CLOSE_11_ClosingEndsAWaitingWriteAndAFlush) {
  const Pipe pipe = make_pipe();
  Writing writing([&] { return write_bytes(*pipe.writer, 10'000); });
  ASSERT_TRUE(writing.wait_until_blocked());
  Flushing flushing([&] { return pipe.writer->flush(); });
  ASSERT_TRUE(flushing.wait_until_blocked());
  pipe.writer->close();
  EXPECT_EQ((Moved{PIPES_ERROR_BROKEN_PIPE, 0}), writing.result());
  EXPECT_EQ(PIPES_ERROR_BROKEN_PIPE, flushing.result());
}

TEST(Anonymous, FINE_1_TheEndIsClosedWhenCloseReturns) {
  const Pipe pipe = make_pipe();
  Reading reading([&] { return read(*pipe.reader); });
  ASSERT_TRUE(reading.wait_until_blocked());
  pipe.reader->close();
  EXPECT_EQ((Moved{PIPES_ERROR_NO_DATA, 0}), write(*pipe.writer, "x"));
}

TEST(Anonymous, CLOSE_8_AClosedEndAnswersInvalidHandle) {
  const Pipe pipe = make_pipe();
  pipe.reader->close();
  pipe.reader->close();
  EXPECT_EQ("6/0", read(*pipe.reader));
  EXPECT_EQ(-1, pipe.reader->native_fd());
  EXPECT_EQ(PIPES_ERROR_INVALID_HANDLE, pipe.reader->connect());
  EXPECT_EQ(PIPES_ERROR_INVALID_HANDLE, pipe.reader->get_modes(nullptr, nullptr));
}

TEST(Anonymous, CLOSE_1_NoDescriptorIsLeftOpen) {
  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  {
    const Pipe pipe = make_pipe();
    write(*pipe.writer, "x");
    char copy = 0;
    EXPECT_EQ(PIPES_OK, pipe.reader->peek(&copy, 1, nullptr, nullptr, nullptr));
  }
  const int lowest_after = ::dup(0);
  ::close(lowest_after);
  EXPECT_EQ(lowest_free, lowest_after);
}

// ------------------------------------------------------------------------------------------------------------- flush

TEST(Anonymous, FLUSH_1_FlushReturnsWhenEverythingIsRead) {
  for (const uint32_t size : {0u, 65'536u}) {
    const Pipe pipe = make_pipe(size);
    write(*pipe.writer, "abcdef");
    Flushing flushing([&] { return pipe.writer->flush(); });
    ASSERT_TRUE(flushing.wait_until_blocked());
    EXPECT_EQ("abc", read(*pipe.reader, 3));
    ASSERT_TRUE(flushing.wait_until_blocked());  // FLUSH-8
    EXPECT_EQ("def", read(*pipe.reader, 3));
    EXPECT_EQ(PIPES_OK, flushing.result());
  }
}

TEST(Anonymous, FLUSH_2_LaterWritesDoNotProlongIt) {
  const Pipe pipe = make_pipe(65'536);
  write(*pipe.writer, "first");
  Flushing flushing([&] { return pipe.writer->flush(); });
  ASSERT_TRUE(flushing.wait_until_blocked());
  write(*pipe.writer, "later");
  EXPECT_EQ("first", read(*pipe.reader, 5));
  EXPECT_EQ(PIPES_OK, flushing.result());
}

TEST(Anonymous, FLUSH_4_FlushReturnsAtOnceWithNothingUnreadOrNoReader) {
  const Pipe pipe = make_pipe();
  EXPECT_EQ(PIPES_OK, pipe.writer->flush());
  write(*pipe.writer, "x");
  pipe.reader->close();
  EXPECT_EQ(PIPES_OK, pipe.writer->flush());
}

TEST(Anonymous, FLUSH_6_FlushEndsWithTheReader) {
  const Pipe pipe = make_pipe();
  write(*pipe.writer, "x");
  Flushing flushing([&] { return pipe.writer->flush(); });
  ASSERT_TRUE(flushing.wait_until_blocked());
  pipe.reader->close();
  EXPECT_EQ(PIPES_ERROR_BROKEN_PIPE, flushing.result());
}

TEST(Anonymous, FLUSH_7_FlushCanBeCancelled) {
  const Pipe pipe = make_pipe();
  write(*pipe.writer, "x");
  Flushing flushing([&] { return pipe.writer->flush(); });
  ASSERT_TRUE(flushing.wait_until_blocked());
  EXPECT_TRUE(flushing.cancel());
  EXPECT_EQ(PIPES_ERROR_OPERATION_ABORTED, flushing.result());
}

TEST(Anonymous, FLUSH_8_PeekingDoesNotSatisfyIt) {
  const Pipe pipe = make_pipe();
  write(*pipe.writer, "x");
  Flushing flushing([&] { return pipe.writer->flush(); });
  ASSERT_TRUE(flushing.wait_until_blocked());
  char copy = 0;
  EXPECT_EQ(PIPES_OK, pipe.reader->peek(&copy, 1, nullptr, nullptr, nullptr));
  ASSERT_TRUE(flushing.wait_until_blocked());
  EXPECT_EQ("x", read(*pipe.reader));
  EXPECT_EQ(PIPES_OK, flushing.result());
}

TEST(Anonymous, FLUSH_1_AChildThatReadsEndsIt) {
  const Pipe pipe = make_pipe(65'536);
  write_bytes(*pipe.writer, 20'000);
  Flushing flushing([&] { return pipe.writer->flush(); });
  ASSERT_TRUE(flushing.wait_until_blocked());
  const pid_t reader = start_shell("head -c 20000 >/dev/null", pipe.reader->native_fd(), -1);
  EXPECT_EQ(PIPES_OK, flushing.result());
  ::waitpid(reader, nullptr, 0);
}

// How often the thread whose /proc status file this is has gone to sleep, by a descriptor opened before none are left.
uint64_t sleeps_by(int status_file) {
  std::string text(4096, '\0');
  const ssize_t size = ::pread(status_file, text.data(), text.size(), 0);
  const std::string label = "\nvoluntary_ctxt_switches:\t";
  const size_t at = text.find(label);
  return size > 0 && at != std::string::npos ? std::stoull(text.substr(at + label.size())) : 0;
}

// Without descriptors for it, a flush cannot be told of reads and looks again by itself.
TEST(Anonymous, FLUSH_1_FlushWorksWhereTheKernelTellsOfNoReads) {
  const int outcome = in_forked_child([] {
    const Pipe pipe = make_pipe();
    write(*pipe.writer, "x");
    // Plain atomics: what else would wake the thread costs descriptors of its own under a sanitizer.
    std::atomic<bool> ready{false};
    std::atomic<bool> go{false};
    Flushing flushing([&] {
      (void)Parker::mine().event_fd();
      ready = true;
      while (!go) platform::let_others_run();
      return pipe.writer->flush();
    });
    while (!ready) platform::let_others_run();
    const std::string path = "/proc/self/task/" + std::to_string(flushing.system_thread()) + "/status";
    const int status_file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const auto lowest_free = static_cast<rlim_t>(status_file) + 1;
    const rlimit no_more{lowest_free, lowest_free};
    ::setrlimit(RLIMIT_NOFILE, &no_more);
    if (ReadWatch(pipe.writer->native_fd()).fd() >= 0) return 1;
    go = true;
    const uint64_t before = sleeps_by(status_file);
    while (!flushing.finished() && sleeps_by(status_file) < before + 5) platform::let_others_run();
    if (flushing.finished()) return 2;
    if (read(*pipe.reader) != "x") return 3;
    return flushing.result() == PIPES_OK ? 0 : 4;
  });
  EXPECT_EQ(0, outcome);
}

// --------------------------------------------------------------------------------------------------- state and queries

TEST(Anonymous, INFO_6_InfoTellsEndsTypeAndTheSizeAskedFor) {
  const Pipe pipe = make_pipe();
  const Pipe sized = make_pipe(5000);
  uint32_t flags = 77;
  uint32_t out_buffer = 77;
  uint32_t in_buffer = 77;
  uint32_t max_instances = 77;
  EXPECT_EQ(PIPES_OK, pipe.reader->get_info(&flags, &out_buffer, &in_buffer, &max_instances));
  EXPECT_EQ(PIPES_SERVER_END | PIPES_TYPE_BYTE, flags);
  EXPECT_EQ(4096u, out_buffer);
  EXPECT_EQ(4096u, in_buffer);
  EXPECT_EQ(1u, max_instances);
  EXPECT_EQ(PIPES_OK, sized.writer->get_info(&flags, &out_buffer, &in_buffer, nullptr));
  EXPECT_EQ(PIPES_CLIENT_END | PIPES_TYPE_BYTE, flags);
  EXPECT_EQ(5000u, in_buffer);
}

TEST(Anonymous, INFO_14_LocalInfoCountsBytesAndTellsTheState) {
  const Pipe pipe = make_pipe();
  write(*pipe.writer, "four");
  pipes_local_info at_reader{};
  pipes_local_info at_writer{};
  EXPECT_EQ(PIPES_OK, pipe.reader->get_local_info(&at_reader));
  EXPECT_EQ(PIPES_OK, pipe.writer->get_local_info(&at_writer));
  EXPECT_EQ(4u, at_reader.read_data_available);
  EXPECT_EQ(4092u, at_writer.write_quota_available);
  EXPECT_EQ(PIPES_STATE_CONNECTED, at_reader.state);
  EXPECT_EQ(PIPES_CLIENT_END, at_writer.end);
  pipe.writer->close();
  EXPECT_EQ(PIPES_OK, pipe.reader->get_local_info(&at_reader));
  EXPECT_EQ(PIPES_STATE_CLOSING, at_reader.state);
}

TEST(Anonymous, PEER_7_TheCreatorIsBothProcesses) {
  const Pipe pipe = make_pipe();
  EXPECT_EQ(static_cast<uint32_t>(::getpid()), pipe.reader->creator_pid());
  EXPECT_EQ(0,
            in_forked_child([&] { return pipe.writer->creator_pid() == static_cast<uint32_t>(::getppid()) ? 0 : 1; }));
  EXPECT_EQ(PIPES_OK, pipe.reader->check_state(Operation::kClientProcessId));
}

TEST(Anonymous, DISC_2_DisconnectingDiscardsWhatIsUnread) {
  const Pipe pipe = make_pipe();
  write(*pipe.writer, "lost");
  EXPECT_EQ(PIPES_ERROR_INVALID_FUNCTION, pipe.writer->disconnect());
  EXPECT_EQ(PIPES_OK, pipe.reader->disconnect());
  EXPECT_EQ("233/0", read(*pipe.reader));
  EXPECT_EQ(PIPES_ERROR_BAD_PIPE, pipe.reader->peek(nullptr, 0, nullptr, nullptr, nullptr));
  EXPECT_EQ((Moved{PIPES_ERROR_PIPE_NOT_CONNECTED, 0}), write(*pipe.writer, "x"));  // DISC-3
  EXPECT_EQ(PIPES_ERROR_PIPE_NOT_CONNECTED, pipe.reader->disconnect());             // DISC-5
  EXPECT_EQ(PIPES_ERROR_PIPE_NOT_CONNECTED, pipe.writer->disconnect());
  EXPECT_EQ(PIPES_ERROR_NOT_FOUND, pipe.reader->check_state(Operation::kClientProcessId));
}

TEST(Anonymous, DISC_4_DisconnectingEndsWhatWaitsAtEitherEnd) {
  const Pipe pipe = make_pipe();
  Reading reading([&] { return read(*pipe.reader); });
  ASSERT_TRUE(reading.wait_until_blocked());
  EXPECT_EQ(PIPES_OK, pipe.reader->disconnect());
  EXPECT_EQ("233/0", reading.result());

  const Pipe full = make_pipe();
  Writing writing([&] { return write_bytes(*full.writer, 10'000); });
  ASSERT_TRUE(writing.wait_until_blocked());
  EXPECT_EQ(PIPES_OK, full.reader->disconnect());
  EXPECT_EQ((Moved{PIPES_ERROR_PIPE_NOT_CONNECTED, 0}), writing.result());
}

TEST(Anonymous, DISC_4_AWriteIsDisconnectedThoughAChildStillHoldsTheReadEnd) {
  const Pipe pipe = make_pipe();
  const Pipe gate = make_pipe();
  const pid_t child = start_shell("read go <&1", pipe.reader->native_fd(), gate.reader->native_fd());
  Writing writing([&] { return write_bytes(*pipe.writer, 10'000); });
  ASSERT_TRUE(writing.wait_until_blocked());
  Flushing flushing([&] { return pipe.writer->flush(); });
  ASSERT_TRUE(flushing.wait_until_blocked());
  EXPECT_EQ(PIPES_OK, pipe.reader->disconnect());
  EXPECT_EQ((Moved{PIPES_ERROR_PIPE_NOT_CONNECTED, 0}), writing.result());
  EXPECT_EQ(PIPES_ERROR_PIPE_NOT_CONNECTED, flushing.result());
  write(*gate.writer, "go\n");
  ::waitpid(child, nullptr, 0);
}

TEST(Anonymous, DISC_4_AChildOfADisconnectedPipeFindsNoReader) {
  const Pipe pipe = make_pipe();
  const Pipe gate = make_pipe();
  const pid_t child = start_shell("read go; trap '' PIPE; echo x 2>/dev/null && exit 1; exit 0",
                                  gate.reader->native_fd(), pipe.writer->native_fd());
  EXPECT_EQ(PIPES_OK, pipe.reader->disconnect());
  write(*gate.writer, "go\n");
  int status = 0;
  EXPECT_EQ(child, ::waitpid(child, &status, 0));
  EXPECT_EQ(0, WEXITSTATUS(status));
}

TEST(Anonymous, CONN_14_AListenerWithoutANameWaitsUntilItIsCancelled) {
  const Pipe pipe = make_pipe();
  EXPECT_EQ(PIPES_OK, pipe.reader->disconnect());
  Calling<Status> connecting([&] { return pipe.reader->connect(); });
  ASSERT_TRUE(connecting.wait_until_blocked());
  EXPECT_EQ("536/0", read(*pipe.reader));
  EXPECT_TRUE(connecting.cancel());
  EXPECT_EQ(PIPES_ERROR_OPERATION_ABORTED, connecting.result());
  EXPECT_EQ(PIPES_OK, pipe.reader->set_modes(PIPES_NOWAIT));
  EXPECT_EQ(PIPES_ERROR_PIPE_LISTENING, pipe.reader->connect());
  EXPECT_EQ((Moved{PIPES_ERROR_PIPE_NOT_CONNECTED, 0}), write(*pipe.writer, "x"));  // STATE-5
}

// --------------------------------------------------------------------------------------------------------- children

TEST(Anonymous, CHILD_9_BytesPassThroughAChildUnchanged) {
  const Pipe to_child = make_pipe();
  const Pipe from_child = make_pipe();
  const pid_t child = start_shell("cat", to_child.reader->native_fd(), from_child.writer->native_fd());
  to_child.reader->close();
  from_child.writer->close();  // CHILD-5
  std::string text(200'000, '\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i);
  Writing writing([&] {
    const Moved moved = write(*to_child.writer, text);
    to_child.writer->close();  // CHILD-6
    return moved;
  });
  EXPECT_TRUE(text == read_exactly(*from_child.reader, text.size()));
  EXPECT_EQ("109/0", read(*from_child.reader));  // CHILD-7
  ::waitpid(child, nullptr, 0);
}

TEST(Anonymous, CHILD_7_WhatAChildLeftIsReadBeforeBrokenPipe) {
  const Pipe pipe = make_pipe();
  const pid_t child = start_shell("printf left", -1, pipe.writer->native_fd());
  pipe.writer->close();
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ("left", read(*pipe.reader));
  EXPECT_EQ("109/0", read(*pipe.reader));
}

TEST(Anonymous, CHILD_1_AChildsDescriptorBlocksAsStandardHandlesDo) {
  const Pipe pipe = make_pipe();
  Reading reading([&] { return read(*pipe.reader); });  // our own never blocks in the kernel
  ASSERT_TRUE(reading.wait_until_blocked());
  EXPECT_EQ(0, ::fcntl(pipe.reader->native_fd(), F_GETFL) & O_NONBLOCK);
  EXPECT_EQ(0, ::fcntl(pipe.writer->native_fd(), F_GETFL) & O_NONBLOCK);
  write(*pipe.writer, "x");
  EXPECT_EQ("x", reading.result());
}

TEST(Anonymous, ANON_12_AChildKeepsThePipeAlive) {
  const Pipe pipe = make_pipe();
  const Pipe gate = make_pipe();
  const pid_t child = start_shell("read go; printf late", gate.reader->native_fd(), pipe.writer->native_fd());
  pipe.writer->close();
  Reading reading([&] { return read(*pipe.reader); });
  ASSERT_TRUE(reading.wait_until_blocked());
  write(*gate.writer, "go\n");
  EXPECT_EQ("late", reading.result());
  EXPECT_EQ("109/0", read(*pipe.reader));
  ::waitpid(child, nullptr, 0);
}

TEST(Anonymous, CLOSE_9_AKilledChildEndsTheRead) {
  const Pipe pipe = make_pipe();
  const Pipe gate = make_pipe();
  const pid_t child = start_shell("read go", gate.reader->native_fd(), pipe.writer->native_fd());
  pipe.writer->close();
  Reading reading([&] { return read(*pipe.reader); });
  ASSERT_TRUE(reading.wait_until_blocked());
  ::kill(child, SIGKILL);
  EXPECT_EQ("109/0", reading.result());
  ::waitpid(child, nullptr, 0);
}

// -------------------------------------------------------------------------------------------------------------- fork

TEST(Anonymous, Fork_TheEndsStayUsableInTheChild) {
  const Pipe to_child = make_pipe();
  const Pipe to_parent = make_pipe();
  const pid_t child = ::fork();
  if (child == 0) {
    to_child.writer->close();
    to_parent.reader->close();
    const std::string text = read_exactly(*to_child.reader, 50'000);
    const bool written = write(*to_parent.writer, text) == Moved{PIPES_OK, 50'000};
    ::_exit(written && read(*to_child.reader) == "109/0" ? 0 : 1);
  }
  to_parent.writer->close();
  to_child.reader->close();
  Writing writing([&] { return write_bytes(*to_child.writer, 50'000); });
  EXPECT_EQ(50'000u, read_exactly(*to_parent.reader, 50'000).size());
  EXPECT_EQ((Moved{PIPES_OK, 50'000}), writing.result());
  to_child.writer->close();
  int status = 0;
  EXPECT_EQ(child, ::waitpid(child, &status, 0));
  EXPECT_EQ(0, WEXITSTATUS(status));
}

TEST(Anonymous, Fork_CallsThatWaitInTheParentDoNotHoldUpTheChild) {
  const Pipe pipe = make_pipe();
  Reading reading([&] { return read(*pipe.reader, 1); });
  ASSERT_TRUE(reading.wait_until_blocked());
  Reading queued([&] { return read(*pipe.reader, 1); });
  ASSERT_TRUE(queued.wait_until_blocked());
  EXPECT_EQ(0, in_forked_child([&] {
              if (pipe.reader->set_modes(PIPES_NOWAIT) != PIPES_OK) return 1;
              if (read(*pipe.reader) != "232/0") return 2;
              pipe.reader->close();
              return 0;
            }));
  write(*pipe.writer, "12");
  EXPECT_EQ("1", reading.result());
  EXPECT_EQ("2", queued.result());
}

// ----------------------------------------------------------------------------------------------------------- signals

TEST(Anonymous, WRITE_19_NoSignalFromAPipeWithoutAReader) {
  EXPECT_EQ(0, in_forked_child([] {
              ::signal(SIGPIPE, SIG_DFL);
              const Pipe pipe = make_pipe();
              pipe.reader->close();
              return write(*pipe.writer, "x").status == PIPES_ERROR_NO_DATA ? 0 : 1;
            }));
}

TEST(QuietWrite, WRITE_19_TheOlderWayRaisesNoSignalEither) {
  EXPECT_EQ(0, in_forked_child([] {
              ::signal(SIGPIPE, SIG_DFL);
              const Pipe pipe = make_pipe();
              pipe.reader->close();
              if (write_with_sigpipe_blocked(pipe.writer->native_fd(), "x", 1) != -1 || errno != EPIPE) return 1;
              sigset_t mask;
              sigset_t pending;
              pthread_sigmask(SIG_BLOCK, nullptr, &mask);
              sigpending(&pending);
              return sigismember(&mask, SIGPIPE) == 0 && sigismember(&pending, SIGPIPE) == 0 ? 0 : 2;
            }));
}

TEST(QuietWrite, WRITE_19_ASignalThatWasPendingBeforeStaysPending) {
  EXPECT_EQ(0, in_forked_child([] {
              sigset_t only_sigpipe;
              sigemptyset(&only_sigpipe);
              sigaddset(&only_sigpipe, SIGPIPE);
              pthread_sigmask(SIG_BLOCK, &only_sigpipe, nullptr);
              ::raise(SIGPIPE);
              const Pipe pipe = make_pipe();
              pipe.reader->close();
              (void)write_with_sigpipe_blocked(pipe.writer->native_fd(), "x", 1);
              sigset_t pending;
              sigpending(&pending);
              return sigismember(&pending, SIGPIPE) == 1 ? 0 : 1;
            }));
}

TEST(QuietWrite, TheOlderWayWritesLikeTheNewer) {
  const Pipe pipe = make_pipe();
  EXPECT_EQ(3, write_with_sigpipe_blocked(pipe.writer->native_fd(), "abc", 3));
  EXPECT_EQ(3, write_quietly(pipe.writer->native_fd(), "def", 3));
  EXPECT_EQ("abcdef", read(*pipe.reader));
}

}  // namespace
}  // namespace pipes
