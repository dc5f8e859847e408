// pipes_get_event_fd: loops that stand on poll or epoll and hear of a pipe by a descriptor, level- and edge-triggered,
// with the peer here and in another process (decision 31).
//
// It is readable while there may be something to do and until a call that does not wait has found nothing; a looker who
// does his calls until then never misses anything. Linux alone has it.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include "multiprocess/rounds.h"
#include "support/child.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

PIPES_OVERLAPPED_ENDS(EventFd);

constexpr uint32_t kQuota = 100;

int event_fd(pipes_handle handle, uint32_t which) {
  int fd = -1;
  EXPECT_STATUS(PIPES_OK, pipes_get_event_fd(handle, which, &fd));
  EXPECT_LE(0, fd);
  return fd;
}

// At this moment.
bool is_raised(int fd) {
  pollfd looked{fd, POLLIN, 0};
  return ::poll(&looked, 1, 0) == 1 && (looked.revents & POLLIN) != 0;
}

// Waits until it is, however long that takes.
bool wait_until_raised(int fd) {
  pollfd waited{fd, POLLIN, 0};
  return ::poll(&waited, 1, -1) == 1 && (waited.revents & POLLIN) != 0;
}

// A call that finds nothing: from then on the descriptor waits for news.
void find_nothing_to_read(pipes_handle end) { ASSERT_EQ(received_nothing(PIPES_ERROR_NO_DATA), read(end)); }

constexpr uint32_t kNoWaitMessages = PIPES_READMODE_MESSAGE | PIPES_NOWAIT;

TEST_P(EventFd, DECISION_31_DataThatComesRaisesItUntilNothingIsFound) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    ASSERT_STATUS(PIPES_OK, set_mode(end, kNoWaitMessages));
    const int fd = event_fd(end, PIPES_EVENT_READABLE);
    for (int round = 0; round < 50; ++round) {
      find_nothing_to_read(end);
      EXPECT_FALSE(is_raised(fd));
      ASSERT_EQ(sent(5), peer.write("first"));
      ASSERT_EQ(sent(6), peer.write("second"));
      ASSERT_TRUE(wait_until_raised(fd));
      EXPECT_EQ(received(PIPES_OK, "first"), read(end));
      EXPECT_TRUE(is_raised(fd)) << "something is left";
      EXPECT_EQ(received(PIPES_OK, "second"), read(end));
      EXPECT_TRUE(is_raised(fd)) << "nobody has found nothing yet";
    }
    find_nothing_to_read(end);
    EXPECT_EQ(fd, event_fd(end, PIPES_EVENT_READABLE)) << "the same at each call";
  });
}

TEST_P(EventFd, DECISION_31_WhatIsThereAlreadyRaisesIt) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    ASSERT_EQ(sent(5), peer.write("early"));
    const int fd = event_fd(end, PIPES_EVENT_READABLE);
    EXPECT_TRUE(is_raised(fd));
    EXPECT_TRUE(is_raised(event_fd(end, PIPES_EVENT_WRITABLE)));
  });
}

TEST_P(EventFd, DECISION_31_APeekThatFindsNothingWillDo) {
  at_either_end(message_pipe(), [](Handle& end, EndActor& peer) {
    const int fd = event_fd(end, PIPES_EVENT_READABLE);
    ASSERT_EQ(sent(1), peer.write("x"));
    ASSERT_TRUE(wait_until_raised(fd));
    EXPECT_EQ(received(PIPES_OK, "x"), read(end));
    EXPECT_EQ(peeked("", 0, 0), peek(end));
    EXPECT_FALSE(is_raised(fd));
    ASSERT_EQ(sent(1), peer.write("y"));
    EXPECT_TRUE(wait_until_raised(fd));
  });
}

TEST_P(EventFd, DECISION_31_RoomThatComesFreeRaisesIt) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    ASSERT_STATUS(PIPES_OK, set_mode(end, kNoWaitMessages));
    const int fd = event_fd(end, PIPES_EVENT_WRITABLE);
    for (int round = 0; round < 50; ++round) {
      EXPECT_TRUE(wait_until_raised(fd));
      const std::string all = bytes(kQuota, static_cast<uint32_t>(round));
      ASSERT_EQ(sent(kQuota), write(end, all));
      ASSERT_EQ(sent(0), write(end, "more"));
      EXPECT_FALSE(is_raised(fd));
      ASSERT_EQ(received(PIPES_OK, all), peer.read());
    }
    EXPECT_TRUE(wait_until_raised(fd));
  });
}

// Room for less than was written in vain would keep a loop running that has nothing else to write.
TEST_P(EventFd, DECISION_31_RoomForLessThanWasToBeWrittenDoesNotRaiseIt) {
  for (const auto& pipe : {message_pipe(), byte_pipe()}) {
    at_either_end(with_quota(pipe, kQuota), [](Handle& end, EndActor& peer) {
      ASSERT_STATUS(PIPES_OK, set_mode(end, PIPES_NOWAIT));
      const int fd = event_fd(end, PIPES_EVENT_WRITABLE);
      ASSERT_EQ(sent(30), write(end, bytes(30)));
      ASSERT_EQ(sent(30), write(end, bytes(30)));
      ASSERT_EQ(sent(0), write(end, bytes(71))) << "41 more than there is room for";
      EXPECT_FALSE(is_raised(fd));
      ASSERT_EQ(received(PIPES_OK, bytes(30)), peer.read(30));
      ASSERT_EQ(sent(0), write(end, bytes(71))) << "still one more";
      EXPECT_FALSE(is_raised(fd));
      EXPECT_EQ(sent(70), write(end, bytes(70))) << "what fits can be written all the same";
      ASSERT_EQ(sent(0), write(end, bytes(2 * kQuota)));
      EXPECT_FALSE(is_raised(fd));
      ASSERT_EQ(received(PIPES_OK, bytes(30)), peer.read(30));
      ASSERT_EQ(received(PIPES_OK, bytes(70)), peer.read(70));
      EXPECT_TRUE(wait_until_raised(fd)) << "there will never be more room than now";
    });
  }
}

// What finds no room is an overlapped operation.
TEST_P(EventFd, DECISION_31_OverlappedCallsThatFindNothingLowerIt) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    ASSERT_STATUS(PIPES_OK, set_mode(end, kNoWaitMessages));
    const int readable = event_fd(end, PIPES_EVENT_READABLE);
    const int writable = event_fd(end, PIPES_EVENT_WRITABLE);
    Overlapped operation;
    ASSERT_STATUS(PIPES_OK, operation.write(end, bytes(kQuota)));
    ASSERT_STATUS(PIPES_OK, operation.write(end, "more"));
    EXPECT_EQ(sent(0), operation.sent());
    EXPECT_FALSE(is_raised(writable));
    ASSERT_STATUS(PIPES_ERROR_NO_DATA, operation.read(end));
    EXPECT_FALSE(is_raised(readable));
    ASSERT_EQ(received(PIPES_OK, bytes(kQuota)), peer.read());
    EXPECT_TRUE(wait_until_raised(writable));
    ASSERT_EQ(sent(1), peer.write("x"));
    EXPECT_TRUE(wait_until_raised(readable));
  });
}

TEST_P(EventFd, DECISION_31_ThePeersClosingRaisesBoth) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    ASSERT_STATUS(PIPES_OK, set_mode(end, kNoWaitMessages));
    const int readable = event_fd(end, PIPES_EVENT_READABLE);
    const int writable = event_fd(end, PIPES_EVENT_WRITABLE);
    find_nothing_to_read(end);
    ASSERT_EQ(sent(kQuota), write(end, bytes(kQuota)));
    ASSERT_EQ(sent(0), write(end, "more"));
    ASSERT_FALSE(is_raised(readable));
    ASSERT_FALSE(is_raised(writable));
    ASSERT_STATUS(PIPES_OK, peer.close());
    EXPECT_TRUE(wait_until_raised(readable));
    EXPECT_TRUE(wait_until_raised(writable));
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(end));
    EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(end, "x"));
    EXPECT_TRUE(is_raised(readable)) << "for as long as calls fail";
    EXPECT_TRUE(is_raised(writable));
  });
}

TEST(EventFdOfOneLeft, DECISION_31_ThePeersDeathRaisesBoth) {
  const std::string name = unique_name();
  const std::shared_ptr<Host> host = Host::in_child();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), kQuota)));
  EndActor client(host);
  ASSERT_STATUS(PIPES_OK, client.open(name));
  ASSERT_STATUS(PIPES_OK, set_mode(server, kNoWaitMessages));
  const int readable = event_fd(server, PIPES_EVENT_READABLE);
  const int writable = event_fd(server, PIPES_EVENT_WRITABLE);
  find_nothing_to_read(server);
  ASSERT_EQ(sent(kQuota), write(server, bytes(kQuota)));
  ASSERT_EQ(sent(0), write(server, "more"));
  host->kill();
  EXPECT_TRUE(wait_until_raised(readable));
  EXPECT_TRUE(wait_until_raised(writable));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(server));
  EXPECT_EQ(not_sent(PIPES_ERROR_NO_DATA), write(server, "x"));
}

TEST_P(EventFd, DECISION_31_DisconnectingRaisesTheClients) {
  OverlappedPair pair = overlapped_client(with_quota(message_pipe(), kQuota));
  ASSERT_STATUS(PIPES_OK, set_mode(pair.end, kNoWaitMessages));
  const int readable = event_fd(pair.end, PIPES_EVENT_READABLE);
  const int writable = event_fd(pair.end, PIPES_EVENT_WRITABLE);
  find_nothing_to_read(pair.end);
  ASSERT_EQ(sent(kQuota), write(pair.end, bytes(kQuota)));
  ASSERT_EQ(sent(0), write(pair.end, "more"));
  ASSERT_STATUS(PIPES_OK, pair.peer.disconnect());
  EXPECT_TRUE(wait_until_raised(readable));
  EXPECT_TRUE(wait_until_raised(writable));
  EXPECT_EQ(received_nothing(PIPES_ERROR_PIPE_NOT_CONNECTED), read(pair.end));
  EXPECT_EQ(not_sent(PIPES_ERROR_PIPE_NOT_CONNECTED), write(pair.end, "x"));
}

// From one client to the next, by the server's descriptors alone.
TEST_P(EventFd, DECISION_31_AListeningServersAreRaisedByEachClient) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  ASSERT_STATUS(PIPES_OK, set_mode(server, kNoWaitMessages));
  const int readable = event_fd(server, PIPES_EVENT_READABLE);
  const int writable = event_fd(server, PIPES_EVENT_WRITABLE);
  for (int round = 0; round < 5; ++round) {
    ASSERT_EQ(received_nothing(PIPES_ERROR_PIPE_LISTENING), read(server));
    ASSERT_EQ(not_sent(PIPES_ERROR_PIPE_LISTENING), write(server, "x"));
    EXPECT_FALSE(is_raised(readable)) << "round " << round;
    EXPECT_FALSE(is_raised(writable)) << "round " << round;
    EndActor client = opened_client(name);
    EXPECT_TRUE(wait_until_raised(readable));
    EXPECT_TRUE(wait_until_raised(writable));
    find_nothing_to_read(server);
    ASSERT_EQ(sent(5), client.write("hello"));
    EXPECT_TRUE(wait_until_raised(readable));
    EXPECT_EQ(received(PIPES_OK, "hello"), read(server));
    ASSERT_STATUS(PIPES_OK, disconnect(server));
    EXPECT_TRUE(is_raised(readable)) << "reading fails";
    EXPECT_TRUE(is_raised(writable));
    ASSERT_STATUS(PIPES_ERROR_PIPE_LISTENING, connect(server));
  }
}

// What else reads and writes at the end changes nothing: after it a call that found nothing is followed by news.
TEST_P(EventFd, DECISION_31_CallsThatWaitTakeNothingFromIt) {
  at_either_end(with_quota(message_pipe(), kQuota), [](Handle& end, EndActor& peer) {
    const int readable = event_fd(end, PIPES_EVENT_READABLE);
    const int writable = event_fd(end, PIPES_EVENT_WRITABLE);
    for (int round = 0; round < 20; ++round) {
      EXPECT_EQ(peeked("", 0, 0), peek(end));
      EXPECT_FALSE(is_raised(readable));
      {
        Background reading([&] { return read(end); });
        ASSERT_TRUE(wait_until_blocked(reading));
        ASSERT_EQ(sent(5), peer.write("block"));
        EXPECT_EQ(received(PIPES_OK, "block"), reading.result());
      }
      Overlapped reading;
      ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(end));
      ASSERT_EQ(sent(4), peer.write("pend"));
      EXPECT_EQ(received(PIPES_OK, "pend"), reading.received());
      ASSERT_EQ(sent(4), peer.write("poll"));
      ASSERT_TRUE(wait_until_raised(readable));
      EXPECT_EQ(received(PIPES_OK, "poll"), read(end));

      const std::string all = bytes(kQuota);
      ASSERT_EQ(sent(kQuota), write(end, all));
      Overlapped writing;
      ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(end, "waits"));
      Background blocked([&] { return write(end, "waits too"); });
      ASSERT_TRUE(wait_until_blocked(blocked));
      ASSERT_EQ(received(PIPES_OK, all), peer.read());
      EXPECT_EQ(sent(5), writing.sent());
      EXPECT_EQ(sent(9), blocked.result());
      ASSERT_TRUE(wait_until_raised(writable));
      EXPECT_EQ(received(PIPES_OK, "waits"), peer.read());
      EXPECT_EQ(received(PIPES_OK, "waits too"), peer.read());
    }
  });
}

TEST_P(EventFd, DECISION_31_ItIsGoneWithTheEnd) {
  OverlappedPair pair = overlapped_server();
  const int fd = event_fd(pair.end, PIPES_EVENT_READABLE);
  ASSERT_STATUS(PIPES_OK, pair.end.close());
  EXPECT_EQ(-1, ::dup(fd));
  int after = -1;
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, pipes_get_event_fd(pair.end, PIPES_EVENT_READABLE, &after));
}

// ------------------------------------------------------------------------------------------------------ whole loops

enum class Trigger : uint32_t { kLevel = 0, kEdge = 1 };

// A loop that does nothing but wait for its two descriptors, and calls until nothing is found.
class Loop {
 public:
  Loop(pipes_handle end, Trigger trigger) : end_(end), trigger_(trigger), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    // Level-triggered one would be told all the time of what is of no interest at the moment.
    const uint32_t at_first = trigger == Trigger::kEdge ? EPOLLIN | static_cast<uint32_t>(EPOLLET) : 0u;
    watch(EPOLL_CTL_ADD, PIPES_EVENT_READABLE, at_first);
    watch(EPOLL_CTL_ADD, PIPES_EVENT_WRITABLE, at_first);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() { ::close(epoll_); }

  // Sends `text`, and waits for room as often as needed. False if the pipe is gone.
  bool send(const std::string& text) {
    while (true) {
      const Sent done = write(end_, text);
      if (!done.status.ok()) return false;
      if (done.transferred == text.size()) return true;
      wait_for(PIPES_EVENT_WRITABLE);
    }
  }
  // The next message; empty if the pipe is gone.
  std::string receive() {
    while (true) {
      const Received got = read(end_);
      if (got.status.ok()) return got.bytes;
      if (got.status != PIPES_ERROR_NO_DATA) return {};
      wait_for(PIPES_EVENT_READABLE);
    }
  }

 private:
  void watch(int operation, uint32_t which, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u32 = which;
    EXPECT_EQ(0, ::epoll_ctl(epoll_, operation, event_fd(end_, which), &event));
  }
  // What the other descriptor tells meanwhile need not be remembered: its turn begins with a call.
  void wait_for(uint32_t which) {
    if (trigger_ == Trigger::kLevel) watch(EPOLL_CTL_MOD, which, EPOLLIN);
    epoll_event event{};
    while (::epoll_wait(epoll_, &event, 1, -1) != 1 || event.data.u32 != which) {
    }
    if (trigger_ == Trigger::kLevel) watch(EPOLL_CTL_MOD, which, 0);
  }

  pipes_handle end_;
  Trigger trigger_;
  int epoll_;
};

// Sends back what comes, until nothing more does.
void echo(const std::string& name, Trigger trigger) {
  const Handle end = open_overlapped(name);
  (void)set_mode(end, kNoWaitMessages);
  Loop loop(end, trigger);
  for (std::string text = loop.receive(); !text.empty(); text = loop.receive()) {
    if (!loop.send(text)) return;
  }
}

PIPES_CHILD_ROLE(event_fd_echo) {
  echo(parent.argument(0), static_cast<Trigger>(parent.number(1)));
  return 0;
}

// Messages go there and back, some at a time, the descriptors being all that either side waits for.
void play_ping_pong(Layout layout, Trigger trigger) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), kQuota)));
  const std::string kind = std::to_string(static_cast<uint32_t>(trigger));
  std::optional<Child> child;
  std::thread thread;
  if (layout == Layout::kOtherProcess) {
    child.emplace(Child::spawn("event_fd_echo", {name, kind}));
  } else {
    thread = std::thread([&] { echo(name, trigger); });
  }
  ASSERT_TRUE(accept_client(server));
  ASSERT_STATUS(PIPES_OK, set_mode(server, kNoWaitMessages));
  {
    Loop loop(server, trigger);
    const int messages = rounds(20'000, 200'000, 500);
    constexpr int kAtOnce[] = {1, 1, 1, 3, 1, 2};
    for (int i = 0, turn = 0; i < messages && !testing::Test::HasFailure(); ++turn) {
      const int count = kAtOnce[turn % 6];
      const auto text = [&](int j) { return bytes(1 + static_cast<size_t>(i + j) % 20, static_cast<uint32_t>(i + j)); };
      for (int j = 0; j < count; ++j) EXPECT_TRUE(loop.send(text(j)));
      for (int j = 0; j < count; ++j) EXPECT_EQ(text(j), loop.receive()) << i << '+' << j;
      i += count;
    }
  }
  EXPECT_STATUS(PIPES_OK, disconnect(server));
  if (thread.joinable()) thread.join();
  if (child) {
    EXPECT_EQ(0, child->wait().code);
  }
}

TEST_P(EventFd, DECISION_31_APingPongByLevelNeverHangs) { play_ping_pong(GetParam(), Trigger::kLevel); }
TEST_P(EventFd, DECISION_31_APingPongByEdgeNeverHangs) { play_ping_pong(GetParam(), Trigger::kEdge); }

// A stream that fills the quota over and over: the writer waits for room all the time, the reader for bytes.
void stream_all(Layout layout, Trigger trigger) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(with_quota(message_pipe(), kQuota)));
  const std::string kind = std::to_string(static_cast<uint32_t>(trigger));
  std::optional<Child> child;
  std::thread thread;
  const auto messages = static_cast<uint32_t>(rounds(20'000, 200'000, 500));
  if (layout == Layout::kOtherProcess) {
    child.emplace(Child::spawn("event_fd_streamer", {name, kind, std::to_string(messages)}));
  } else {
    thread = std::thread([&] {
      const Handle end = open_overlapped(name);
      (void)set_mode(end, kNoWaitMessages);
      Loop loop(end, trigger);
      for (uint32_t i = 0; i < messages; ++i) EXPECT_TRUE(loop.send(bytes(1 + i % 60, i)));
      (void)loop.receive();
    });
  }
  ASSERT_TRUE(accept_client(server));
  ASSERT_STATUS(PIPES_OK, set_mode(server, kNoWaitMessages));
  {
    Loop loop(server, trigger);
    for (uint32_t i = 0; i < messages && !testing::Test::HasFailure(); ++i) {
      EXPECT_EQ(bytes(1 + i % 60, i), loop.receive()) << i;
    }
  }
  EXPECT_STATUS(PIPES_OK, disconnect(server));
  if (thread.joinable()) thread.join();
  if (child) {
    EXPECT_EQ(0, child->wait().code);
  }
}

PIPES_CHILD_ROLE(event_fd_streamer) {
  const Handle end = open_overlapped(parent.argument(0));
  (void)set_mode(end, kNoWaitMessages);
  Loop loop(end, static_cast<Trigger>(parent.number(1)));
  for (uint32_t i = 0; i < parent.number(2); ++i) {
    if (!loop.send(bytes(1 + i % 60, i))) return 1;
  }
  (void)loop.receive();  // until the server has had it all
  return 0;
}

TEST_P(EventFd, DECISION_31_AStreamByLevelNeverHangs) { stream_all(GetParam(), Trigger::kLevel); }
TEST_P(EventFd, DECISION_31_AStreamByEdgeNeverHangs) { stream_all(GetParam(), Trigger::kEdge); }

}  // namespace
}  // namespace pipes::test
