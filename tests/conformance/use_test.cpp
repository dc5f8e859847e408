// USE: whole programs of the shapes that Microsoft's documentation shows, of which all that chapters OVL, IOCP and APC
// say must hold together.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/oracle.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

constexpr size_t kInstances = 3;
constexpr size_t kClients = 5;

std::string reply_to(const std::string& request) { return "reply to " + request; }

// How a client asks: by a transaction (USE-5), or by a write and as many reads as the reply takes (USE-2).
enum class Asks { kByTransaction, kByWritingAndReading };

// Reads a message with a buffer that is mostly too short for it.
Received read_in_parts(EndActor& end) {
  constexpr uint32_t kPart = 7;
  Received whole = end.read(kPart);
  while (whole.status == PIPES_ERROR_MORE_DATA) {
    const Received part = end.read(kPart);
    whole.status = part.status;
    whole.bytes += part.bytes;
    whole.transferred += part.transferred;
  }
  return whole;
}

// The programs' clients: each opens the pipe, waiting for an instance if it must, asks three times and goes.
class Use : public BothLayouts {
 protected:
  // How many requests were answered as they should be.
  size_t run_client(size_t number, const std::string& name, Asks asks = Asks::kByTransaction) {
    EndActor client = client_end();
    Code opened = client.open(name);
    while (opened == PIPES_ERROR_PIPE_BUSY) {
      EXPECT_STATUS(PIPES_OK, wait_available(*client_host(), name));
      opened = client.open(name);
    }
    EXPECT_STATUS(PIPES_OK, opened);
    EXPECT_STATUS(PIPES_OK, client.set_mode(PIPES_READMODE_MESSAGE));
    size_t answered = 0;
    for (int round = 0; round < 3; ++round) {
      const std::string request = "client " + std::to_string(number) + ", round " + std::to_string(round);
      Received reply;
      if (asks == Asks::kByTransaction) {
        reply = client.transact(request);
      } else {
        EXPECT_EQ(sent(request.size()), client.write(request));
        reply = read_in_parts(client);
      }
      EXPECT_EQ(received(PIPES_OK, reply_to(request)), reply);
      if (reply.status.ok()) ++answered;
    }
    EXPECT_STATUS(PIPES_OK, client.close());
    return answered;
  }

  // Runs the clients one after the other, and one that calls and goes (USE-6), while `serve` runs on its own thread.
  // Serving ends when the event is set.
  void expect_served(const std::string& name, const std::function<void(pipes_handle leave)>& serve) {
    const Handle leave = new_event();
    Background server([&] {
      serve(leave);
      return true;
    });
    for (size_t number = 0; number < kClients; ++number) EXPECT_EQ(3u, run_client(number, name));
    EXPECT_EQ(received(PIPES_OK, reply_to("call")), call(*client_host(), name, "call"));
    EXPECT_STATUS(PIPES_OK, pipes_event_set(leave));
    EXPECT_TRUE(server.result());
  }
};
PIPES_INSTANTIATE_LAYOUTS(Use);

// ---------------------------------------------------------------------------------------- USE-1: a thread a client

// What each thread of the server does, and in the end whether all went as it should.
bool hold_conversation(Handle pipe) {
  Received request = read(pipe);
  while (request.status.ok()) {
    if (write(pipe, reply_to(request.bytes)).status != PIPES_OK) return false;
    request = read(pipe);
  }
  const bool over = request.status == PIPES_ERROR_BROKEN_PIPE;
  return flush(pipe).ok() && disconnect(pipe).ok() && pipe.close().ok() && over;
}

// Serves so many clients. The next instance is there before a client is served, so that there always is one.
bool serve_with_threads(const std::string& name, Handle first, size_t clients) {
  ServerOptions options = message_pipe();
  options.out_buffer = options.in_buffer = 512;
  bool all_well = true;
  std::vector<std::unique_ptr<Background<std::function<bool()>>>> threads;
  Handle pipe = std::move(first);
  for (size_t number = 0; number < clients; ++number) {
    const Code connected = connect(pipe);
    all_well = all_well && (connected.ok() || connected == PIPES_ERROR_PIPE_CONNECTED);
    auto client = std::make_shared<Handle>(std::exchange(pipe, create_server(name, options)));
    threads.push_back(std::make_unique<Background<std::function<bool()>>>(
        [client] { return hold_conversation(std::move(*client)); }));
  }
  for (auto& thread : threads) all_well = thread->result() && all_well;
  return all_well;
}

class UseThreads : public Use {
 protected:
  void expect_served_by_threads(Asks asks) {
    const std::string name = unique_name();
    ServerOptions options = message_pipe();
    options.out_buffer = options.in_buffer = 512;
    auto first = std::make_shared<Handle>(create_server(name, options));
    Background server([=] { return serve_with_threads(name, std::move(*first), kClients + 1); });
    for (size_t number = 0; number < kClients; ++number) EXPECT_EQ(3u, run_client(number, name, asks));
    EXPECT_EQ(received(PIPES_OK, reply_to("call")), call(*client_host(), name, "call"));
    EXPECT_TRUE(server.result());
  }
};
PIPES_INSTANTIATE_LAYOUTS(UseThreads);

TEST_P(UseThreads, USE_1_AServerWithAThreadAClient) { expect_served_by_threads(Asks::kByTransaction); }

TEST_P(UseThreads, USE_2_ClientsWriteAndReadUntilTheReplyIsWhole) {
  expect_served_by_threads(Asks::kByWritingAndReading);
}

// One instance for all. Those who find it busy wait for it, and try again until they have it.
TEST(UseHere, USE_2_ClientsThatFindAllInstancesBusyWaitAndTryAgain) {
  constexpr size_t kWaiting = 3;
  const std::string name = unique_name();
  ServerOptions options = message_pipe();
  options.max_instances = 1;
  const Handle pipe = create_server(name, options);
  Background server([&] {
    for (size_t served = 0; served < kWaiting + 1; ++served) {
      const Code connected = connect(pipe);
      EXPECT_TRUE(connected.ok() || connected == PIPES_ERROR_PIPE_CONNECTED) << connected;
      Received request = read(pipe);
      for (; request.status.ok(); request = read(pipe)) (void)write(pipe, reply_to(request.bytes));
      EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, request.status);
      EXPECT_STATUS(PIPES_OK, disconnect(pipe));
    }
    return true;
  });
  const auto converse = [](pipes_handle client, const std::string& request) {
    EXPECT_STATUS(PIPES_OK, set_mode(client, PIPES_READMODE_MESSAGE));
    EXPECT_EQ(sent(request.size()), write(client, request));
    std::string reply;
    Received part = read(client, 7);
    for (; part.status == PIPES_ERROR_MORE_DATA; part = read(client, 7)) reply += part.bytes;
    EXPECT_STATUS(PIPES_OK, part.status);
    EXPECT_EQ(reply_to(request), reply + part.bytes);
  };
  Handle first = open_client(name);
  const auto come = [&] {
    Opened opened = try_open(name);
    EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, opened.status);
    while (opened.status == PIPES_ERROR_PIPE_BUSY) {
      EXPECT_STATUS(PIPES_OK, wait_available(name, 20000));
      opened = try_open(name);
    }
    EXPECT_STATUS(PIPES_OK, opened.status);
    converse(opened.handle, "one of those who waited");
    return opened.status;
  };
  std::vector<std::unique_ptr<Background<decltype(come)>>> others;
  for (size_t i = 0; i < kWaiting; ++i) {
    others.push_back(std::make_unique<Background<decltype(come)>>(come));
    ASSERT_TRUE(wait_until_blocked(*others.back()));
  }
  converse(first, "the first");
  EXPECT_STATUS(PIPES_OK, first.close());
  for (const auto& other : others) EXPECT_STATUS(PIPES_OK, other->result());
  EXPECT_TRUE(server.result());
}

TEST_P(UseThreads, USE_5_AClientTransactsAndReadsTheRest) {
  const std::string name = unique_name();
  auto first = std::make_shared<Handle>(create_server(name, message_pipe()));
  Background server([=] { return serve_with_threads(name, std::move(*first), 1); });
  EndActor client = client_end();
  ASSERT_STATUS(PIPES_OK, client.open(name));
  ASSERT_STATUS(PIPES_OK, client.set_mode(PIPES_READMODE_MESSAGE));
  const Received begun = client.transact("a request", 5);
  EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "reply"), begun);
  EXPECT_EQ(received(PIPES_OK, " to a request"), read_in_parts(client));
  EXPECT_STATUS(PIPES_OK, client.close());
  EXPECT_TRUE(server.result());
}

// ------------------------------------------------------------------------------------------ USE-3: one thread and events

// An instance of the overlapped server, and what it is about.
struct EventInstance {
  enum class Doing { kConnecting, kReading, kWriting };
  Handle pipe;
  Overlapped operation;
  Doing doing = Doing::kConnecting;
};

// Begins to wait for a client. One that was faster is a completion nobody else tells of.
void await_client(EventInstance& instance) {
  instance.doing = EventInstance::Doing::kConnecting;
  const Code status = instance.operation.connect(instance.pipe);
  if (status == PIPES_ERROR_PIPE_CONNECTED) {
    instance.operation.structure().internal = kNtSuccess;
    EXPECT_STATUS(PIPES_OK, pipes_event_set(instance.operation.event()));
  } else {
    EXPECT_STATUS(PIPES_ERROR_IO_PENDING, status);
  }
}

void serve_the_next_client(EventInstance& instance) {
  EXPECT_STATUS(PIPES_OK, disconnect(instance.pipe));
  await_client(instance);
}

bool has_begun(Code status) { return status.ok() || status == PIPES_ERROR_IO_PENDING; }

// Takes the instance a step further, after its event was signalled.
void advance(EventInstance& instance) {
  using Doing = EventInstance::Doing;
  Code status = PIPES_OK;
  switch (instance.doing) {
    case Doing::kConnecting:
    case Doing::kWriting:
      status = instance.operation.status(0);
      if (status.ok()) {
        instance.doing = Doing::kReading;
        status = instance.operation.read(instance.pipe);
      }
      break;
    case Doing::kReading: {
      const Received request = instance.operation.received(0);
      status = request.status;
      if (status.ok()) {
        instance.doing = Doing::kWriting;
        status = instance.operation.write(instance.pipe, reply_to(request.bytes));
      }
      break;
    }
  }
  if (!has_begun(status)) serve_the_next_client(instance);
}

TEST_P(Use, USE_3_AnOverlappedServerOfOneThreadAndAnEventAnInstance) {
  const std::string name = unique_name();
  std::vector<EventInstance> instances(kInstances);
  for (EventInstance& instance : instances) {
    instance.pipe = create_server(name, overlapped(message_pipe()));
  }
  expect_served(name, [&](pipes_handle leave) {
    std::vector<pipes_handle> objects;
    for (EventInstance& instance : instances) {
      await_client(instance);
      objects.push_back(instance.operation.event());
    }
    objects.push_back(leave);
    while (true) {
      const Waited waited = wait_for_several(objects, WaitFor::kAny);
      if (!waited.status.ok() || waited.index >= kInstances) break;
      advance(instances[waited.index]);
    }
  });
}

// ---------------------------------------------------------------------------------------- USE-4: completion routines

// One client of the server of routines: read, write, read, until the client goes.
class RoutineConversation {
 public:
  explicit RoutineConversation(Handle pipe) : pipe_(std::move(pipe)) { read(); }
  [[nodiscard]] bool over() const { return over_; }

 private:
  void read() {
    over_ = !operation_.read_ex(pipe_, 4096, [this] { answer(); }).ok();
  }
  void answer() {
    const Received request = operation_.received(0);
    over_ = !request.status.ok() || !operation_.write_ex(pipe_, reply_to(request.bytes), [this] { read_on(); }).ok();
  }
  void read_on() {
    over_ = !operation_.status(0).ok();
    if (!over_) read();
  }

  Handle pipe_;
  Overlapped operation_;
  bool over_ = false;
};

TEST_P(Use, USE_4_AServerOfCompletionRoutines) {
  const std::string name = unique_name();
  Handle listening = create_server(name, overlapped(message_pipe()));
  expect_served(name, [&](pipes_handle leave) {
    std::vector<std::unique_ptr<RoutineConversation>> conversations;
    Overlapped connecting;
    const auto await_next = [&] {
      const Code status = connecting.connect(listening);
      if (status == PIPES_ERROR_PIPE_CONNECTED) {
        EXPECT_STATUS(PIPES_OK, pipes_event_set(connecting.event()));
      } else {
        EXPECT_STATUS(PIPES_ERROR_IO_PENDING, status);
      }
    };
    await_next();
    while (true) {
      const Waited waited =
          wait_for_several({connecting.event(), leave}, WaitFor::kAny, PIPES_INFINITE, Alertable::kYes);
      std::erase_if(conversations, [](const auto& conversation) { return conversation->over(); });
      if (waited.status == PIPES_WAIT_IO_COMPLETION) continue;
      if (!waited.status.ok() || waited.index == 1) break;
      Handle next = create_server(name, overlapped(message_pipe()));
      conversations.push_back(std::make_unique<RoutineConversation>(std::exchange(listening, std::move(next))));
      await_next();
    }
    (void)take_routine_calls();
  });
}

// ------------------------------------------------------------------------------------- and the same with a port (IOCP)

TEST_P(Use, IOCP_4_AServerOfTwoThreadsAndAPort) {
  const std::string name = unique_name();
  const Handle port = new_port();
  // Without events: Wine cancels what has one when its thread exits, port or not (OVL-21).
  std::vector<EventInstance> instances;
  for (size_t i = 0; i < kInstances; ++i) {
    instances.push_back(
        {.pipe = create_server(name, overlapped(message_pipe())), .operation = Overlapped(ToldBy::kHandle)});
    ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, instances[i].pipe, i));
  }
  constexpr uint64_t kLeave = 100;
  const auto work = [&] {
    while (true) {
      const Packet taken = take_packet(port);
      if (taken.key >= kInstances) return taken.key == kLeave;
      advance(instances[taken.key]);
    }
  };
  // All wait before the first client comes, so that none is connected already, which no packet would tell.
  for (EventInstance& instance : instances) await_client(instance);
  Background first(work);
  Background second(work);
  for (size_t number = 0; number < kInstances; ++number) EXPECT_EQ(3u, run_client(number, name));
  for (int i = 0; i < 2; ++i) EXPECT_STATUS(PIPES_OK, pipes_port_post(port, 0, kLeave, nullptr));
  EXPECT_TRUE(first.result());
  EXPECT_TRUE(second.result());
}

}  // namespace
}  // namespace pipes::test
