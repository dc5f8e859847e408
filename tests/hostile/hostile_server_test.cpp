// Server processes that are none: whatever they do, an open ends within about two seconds, with a number that means
// something (DECISION_21).
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <mutex>

#include "raw_peer.h"
#include "support/promptly.h"

namespace pipes::test {
namespace {

constexpr auto kAnswerTime = std::chrono::milliseconds(2000);

struct Attempt {
  Code status;
  std::chrono::milliseconds took;
};

Attempt attempt(const std::string& name) {
  const Stopwatch watch;
  const Code status = try_open(name).status;
  return {status, watch.elapsed()};
}

bool poll_request(int socket) {
  pollfd asked{socket, POLLIN, 0};
  return ::poll(&asked, 1, 20'000) == 1;
}

TEST(HostileServer, DECISION_21_OneThatNeverAnswersIsBusy) {
  const std::string name = unique_name();
  std::deque<UniqueFd> kept;
  const RawServer server(name, [&](UniqueFd socket) { kept.push_back(std::move(socket)); });
  const Attempt made = attempt(name);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, made.status);
  EXPECT_GE(made.took, kAnswerTime - std::chrono::milliseconds(50));
  EXPECT_LT(made.took, two_seconds_and_slack());
}

TEST(HostileServer, OneThatHangsUpIsNotThere) {
  const std::string name = unique_name();
  const RawServer server(name, [](const UniqueFd&) {});
  const Attempt made = attempt(name);
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, made.status);
  EXPECT_LT(made.took, two_seconds_and_slack());
}

TEST(HostileServer, OneThatHangsUpOnceItHasTheRequestIsNotThere) {
  const std::string name = unique_name();
  const RawServer server(name, [](UniqueFd socket) {
    if (poll_request(socket.get())) (void)receive_request(socket.get());
  });
  const Attempt made = attempt(name);
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, made.status);
  EXPECT_LT(made.took, two_seconds_and_slack());
}

TEST(HostileServer, GarbageForAnAnswerIsNobody) {
  const std::string name = unique_name();
  std::deque<UniqueFd> kept;
  const RawServer server(name, [&](UniqueFd socket) {
    (void)::send(socket.get(), "what?", 5, MSG_NOSIGNAL);
    kept.push_back(std::move(socket));
  });
  const Attempt made = attempt(name);
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, made.status);
  EXPECT_LT(made.took, two_seconds_and_slack());
}

TEST(HostileServer, AnAnswerWithAForeignMarkIsNobody) {
  const std::string name = unique_name();
  std::deque<UniqueFd> kept;
  const RawServer server(name, [&](UniqueFd socket) {
    const wire::Reply reply{wire::Request::kMagic, PIPES_ERROR_ACCESS_DENIED};
    (void)::send(socket.get(), &reply, sizeof reply, MSG_NOSIGNAL);
    kept.push_back(std::move(socket));
  });
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(name).status);
}

TEST(HostileServer, AnOverlongAnswerIsNobody) {
  const std::string name = unique_name();
  std::deque<UniqueFd> kept;
  const RawServer server(name, [&](UniqueFd socket) {
    const wire::Reply replies[2] = {{wire::Reply::kMagic, PIPES_ERROR_ACCESS_DENIED}, {}};
    (void)::send(socket.get(), &replies, sizeof replies, MSG_NOSIGNAL);
    kept.push_back(std::move(socket));
  });
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(name).status);
}

// The status comes by datagram, and in the memory.
TEST(HostileServer, AnInventedStatusIsNeverPassedOn) {
  for (const uint32_t status : {1u, 6u, 87u, 999u, 12345u, 0x7FFFFFFFu}) {
    SCOPED_TRACE(status);
    std::deque<UniqueFd> kept;
    {
      const std::string name = unique_name();
      const RawServer server(name, [&](UniqueFd socket) {
        send_reply(socket.get(), status);
        kept.push_back(std::move(socket));
      });
      EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(name).status);
    }
    {
      const std::string name = unique_name();
      std::deque<std::unique_ptr<RawEnd>> ends;
      const RawServer server(name, [&](UniqueFd socket) {
        std::unique_ptr<RawEnd> end = accept_raw(std::move(socket));
        if (end == nullptr) return;
        end->answer().word.store(wire::Answer::kAnswered | status);
        send_reply(end->socket(), status);
        ends.push_back(std::move(end));
      });
      const Code seen = try_open(name).status;
      // It may have been accepted an instant before it was refused.
      EXPECT_TRUE(seen == PIPES_OK || seen == PIPES_ERROR_FILE_NOT_FOUND) << seen;
    }
  }
}

TEST(HostileServer, AnAnswerWordOfNoMeaningIsNobody) {
  for (const uint32_t word : {3u, 1000u, 0x7FFFFFFFu}) {
    SCOPED_TRACE(word);
    const std::string name = unique_name();
    std::deque<SharedMemory> kept;
    std::deque<UniqueFd> sockets;
    const RawServer server(name, [&](UniqueFd socket) {
      if (!poll_request(socket.get())) return;
      ReceivedRequest received = receive_request(socket.get());
      auto memory = SharedMemory::adopt(std::move(received.memory), received.request.ring_capacity);
      ASSERT_TRUE(memory);
      memory->answer().word.store(word);
      kept.push_back(std::move(*memory));
      sockets.push_back(std::move(socket));
    });
    const Attempt made = attempt(name);
    EXPECT_TRUE(made.status == PIPES_ERROR_FILE_NOT_FOUND || made.status == PIPES_ERROR_PIPE_BUSY) << made.status;
    EXPECT_LT(made.took, two_seconds_and_slack());
  }
}

TEST(HostileServer, WhatItSaysOfTheInstanceIsNonsenseAndHarmless) {
  const std::string name = unique_name();
  std::deque<std::unique_ptr<RawEnd>> ends;
  std::mutex mutex;
  const RawServer server(name, [&](UniqueFd socket) {
    std::unique_ptr<RawEnd> end = accept_raw(std::move(socket), UINT32_MAX);
    if (end == nullptr) return;
    const std::lock_guard lock(mutex);
    ends.push_back(std::move(end));
  });
  const Handle client = open_client(name);
  ASSERT_TRUE(client.valid());
  ASSERT_TRUE(eventually([&] {  // the client may be here before the server's thread has put its end away
    const std::lock_guard lock(mutex);
    return !ends.empty();
  }));
  {
    const std::lock_guard lock(mutex);
    wire::Answer& answer = ends.front()->answer();
    for (auto* word : {&answer.inbound_quota, &answer.outbound_quota, &answer.pipe_type, &answer.granted_access,
                       &answer.max_instances, &answer.word}) {
      word->store(0xA5A5A5A5u);
    }
  }
  EXPECT_EQ(UINT32_MAX, get_info(client).in_buffer);  // what it said once, not what it says now
  EXPECT_STATUS(PIPES_OK, write(client, bytes(100'000)).status);
  EXPECT_TRUE(is_documented(get_state(client).status));
  EXPECT_TRUE(is_documented(get_local_info(client).status));
}

// A folder may name as many server processes as it likes; they share the two seconds.
TEST(HostileServer, DECISION_21_ManySilentServerProcessesTakeNoLongerThanOne) {
  const std::string name = unique_name();
  std::deque<UniqueFd> kept;
  const RawServer server(name, [&](UniqueFd socket) { kept.push_back(std::move(socket)); });
  const auto found = find_raw(name);
  ASSERT_TRUE(found);
  PipeMeta meta = found->meta;
  const PipeMeta before = meta;
  for (int i = 0; i < 50; ++i) meta.servers.push_back(meta.servers.front());
  const auto write_meta = [&](const PipeMeta& value) {
    const auto encoded = wire::encode_meta(value);
    ASSERT_TRUE(encoded);
    const UniqueFd fd(::openat(found->folder.get(), "meta", O_WRONLY | O_TRUNC | O_CLOEXEC));
    ASSERT_EQ(static_cast<ssize_t>(encoded->size()), ::write(fd.get(), encoded->data(), encoded->size()));
  };
  write_meta(meta);
  const Attempt made = attempt(name);
  write_meta(before);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, made.status);
  EXPECT_LT(made.took, two_seconds_and_slack());
}

TEST(HostileServer, OneThatFloodsTheControlSocketDisturbsNothing) {
  const std::string name = unique_name();
  std::deque<std::unique_ptr<RawEnd>> ends;
  const RawServer server(name, [&](UniqueFd socket) {
    std::unique_ptr<RawEnd> end = accept_raw(std::move(socket));
    if (end == nullptr) return;
    const std::string noise = bytes(1024);
    while (::send(end->socket(), noise.data(), noise.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
    end->push("still here");
    ends.push_back(std::move(end));
  });
  Handle client = open_client(name);
  ASSERT_STATUS(PIPES_OK, set_mode(client, PIPES_READMODE_MESSAGE));
  EXPECT_EQ("still here", read(client).bytes);
  EXPECT_STATUS(PIPES_OK, write(client, "so am I").status);
  EXPECT_STATUS(PIPES_OK, client.close());
}

TEST(HostileServer, WaitingForOneThatTalksNonsenseEnds) {
  const std::string name = unique_name();
  std::deque<UniqueFd> kept;
  const RawServer server(name, [&](UniqueFd socket) {
    (void)::send(socket.get(), "perhaps", 7, MSG_NOSIGNAL);
    kept.push_back(std::move(socket));
  });
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, wait_available(name, 20'000));
}

// A server process that accepts nobody until it is told, with room for a caller or two, and those have come.
class FullServer {
 public:
  explicit FullServer(const std::string& name)
      : server_(name, [this](UniqueFd socket) {
          has_one_ = true;
          told_.wait(false);
          pollfd asked{socket.get(), POLLIN, 0};
          ::poll(&asked, 1, 20'000);
          send_reply(socket.get(), PIPES_OK);
          accepted_.push_back(std::move(socket));
        }) {
    EXPECT_EQ(0, ::listen(server_.listener(), 0));
    // Whoever is accepted is asked no more than once; the others fill the backlog. There is room for one more when the
    // first has been accepted.
    while (true) {
      const bool had_one = has_one_;
      UniqueFd caller = connect_raw(name);
      if (!caller && had_one) break;
      if (!caller) continue;
      const wire::Request nothing;
      EXPECT_TRUE(send_request(caller.get(), nothing, -1));
      callers_.push_back(std::move(caller));
    }
  }
  ~FullServer() { let_them_in(); }
  void let_them_in() {
    told_ = true;
    told_.notify_all();
  }

 private:
  std::atomic<bool> told_ = false;
  std::atomic<bool> has_one_ = false;
  std::vector<UniqueFd> callers_;
  std::deque<UniqueFd> accepted_;
  RawServer server_;
};

TEST(HostileServer, DECISION_21_WaitingForOneThatHasNoRoomForCallersIsNoProofOfItsAbsence) {
  const std::string name = unique_name();
  const FullServer server(name);
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, try_open(name).status);
  const Stopwatch watch;
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, wait_available(name, 100));
  EXPECT_GE(watch.elapsed(), std::chrono::milliseconds(100));
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, wait_available(name, PIPES_NMPWAIT_WAIT_FOREVER));
  EXPECT_LT(watch.elapsed(), two_seconds_and_slack());
}

TEST(HostileServer, DECISION_21_WaitingForOneThatGetsRoomForCallersSucceeds) {
  const std::string name = unique_name();
  FullServer server(name);
  Background waiting([&] { return wait_available(name, PIPES_NMPWAIT_WAIT_FOREVER); });
  ASSERT_TRUE(wait_until_blocked(waiting));
  server.let_them_in();
  EXPECT_STATUS(PIPES_OK, waiting.result());
}

TEST(HostileServer, CANCEL_13_WaitingForOneThatHasNoRoomForCallersCanBeCancelled) {
  const std::string name = unique_name();
  const FullServer server(name);
  Background waiting([&] { return wait_available(name, PIPES_NMPWAIT_WAIT_FOREVER); });
  ASSERT_TRUE(wait_until_blocked(waiting));
  EXPECT_STATUS(PIPES_OK, waiting.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, waiting.result());
}

TEST(HostileServer, WaitingForASilentOneObeysTheTimeout) {
  const std::string name = unique_name();
  std::deque<UniqueFd> kept;
  const RawServer server(name, [&](UniqueFd socket) { kept.push_back(std::move(socket)); });
  const Stopwatch watch;
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, wait_available(name, 100));
  EXPECT_LT(watch.elapsed(), two_seconds_and_slack());
}

}  // namespace
}  // namespace pipes::test
