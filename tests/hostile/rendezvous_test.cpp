// Strangers at the door of a server process: what they may say, send and withhold, without anybody else noticing.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <numeric>

#include "raw_peer.h"
#include "support/child.h"
#include "support/expect.h"
#include "support/holdings.h"
#include "support/platform.h"

namespace pipes::test {
namespace {

using wire::memory_size;
using wire::Request;

constexpr uint64_t kCapacity = wire::kRingCapacityMin;
constexpr int kUsualSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

UniqueFd memory_of(uint64_t size, int seals) {
  UniqueFd fd(::memfd_create("stranger", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(0, ::ftruncate(fd.get(), static_cast<off_t>(size)));
  EXPECT_EQ(0, seals == 0 ? 0 : ::fcntl(fd.get(), F_ADD_SEALS, seals));
  return fd;
}

UniqueFd good_memory() { return memory_of(memory_size(kCapacity), kUsualSeals); }

// `claim` is who the sender says it is.
bool send_datagram(int socket, const void* bytes, size_t size, const std::vector<int>& descriptors,
                   const ucred* claim = nullptr) {
  iovec piece{const_cast<void*>(bytes), size};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  const size_t rights_size = descriptors.empty() ? 0 : CMSG_SPACE(sizeof(int) * descriptors.size());
  std::vector<char> control(rights_size + (claim == nullptr ? 0 : CMSG_SPACE(sizeof *claim)));
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* part = CMSG_FIRSTHDR(&message);
  if (!descriptors.empty()) {
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
    std::memcpy(CMSG_DATA(part), descriptors.data(), sizeof(int) * descriptors.size());
    part = CMSG_NXTHDR(&message, part);
  }
  if (claim != nullptr) {
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_CREDENTIALS;
    part->cmsg_len = CMSG_LEN(sizeof *claim);
    std::memcpy(CMSG_DATA(part), claim, sizeof *claim);
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

class Rendezvous : public testing::Test {
 protected:
  Rendezvous() {
    // The first connection makes what a process keeps: the reactor, a log, a parker.
    const Holdings at_first = holdings_of_this_process();
    EXPECT_TRUE(serves_well());
    EXPECT_STATUS(PIPES_OK, disconnect(server_));
    (void)holdings_without_connections_since(at_first);
    listen();
    before_ = holdings_of_this_process().descriptors;
  }

  void listen() {
    if (listening_) listening_->join();
    listening_.emplace([&] { return connect(server_); });
    EXPECT_TRUE(wait_until_blocked(*listening_));
  }

  // An honest client is served.
  testing::AssertionResult serves_well() {
    const Handle client = open_client(name_);
    if (!client.valid()) return testing::AssertionFailure() << "no connection";
    if (write(client, "ping").status != PIPES_OK || read(server_).bytes != "ping") {
      return testing::AssertionFailure() << "no message there";
    }
    if (write(server_, "pong").status != PIPES_OK || read(client).bytes != "pong") {
      return testing::AssertionFailure() << "no message back";
    }
    return testing::AssertionSuccess();
  }

  // Nothing of a stranger stays in this process, which is both the victim's and the stranger's.
  void expect_nothing_left() {
    EXPECT_TRUE(eventually([&] { return holdings_of_this_process().descriptors == before_; }))
        << before_ << ':' << holdings_of_this_process().descriptor_names;
  }

  // A stranger sends this and must be hung up on, without an answer; the instance goes on listening.
  void expect_refused(const void* bytes, size_t size, const std::vector<int>& descriptors) {
    {
      const UniqueFd socket = connect_raw(name_);
      ASSERT_TRUE(socket);
      ASSERT_TRUE(send_datagram(socket.get(), bytes, size, descriptors));
      ASSERT_TRUE(hangs_up(socket.get()));
      char answer = 0;
      EXPECT_EQ(0, ::recv(socket.get(), &answer, 1, MSG_DONTWAIT));
    }
    EXPECT_FALSE(listening_->finished()) << "the stranger was given the instance";
  }
  Request request() const { return honest_request(find_raw(name_)->meta); }
  void expect_request_refused(const Request& request, const std::vector<int>& descriptors) {
    expect_refused(&request, sizeof request, descriptors);
  }
  // Memory that is not what was agreed.
  void expect_memory_refused(UniqueFd memory) {
    expect_request_refused(request(), {memory.get()});
    memory.reset();
    expect_nothing_left();
  }

  const std::string name_ = unique_name();
  Handle server_ = create_server(name_, message_pipe());
  std::optional<Background<std::function<Code()>>> listening_;
  size_t before_ = 0;
};

TEST_F(Rendezvous, TheHonestRequestIsTaken) {
  const std::unique_ptr<RawEnd> peer = open_raw(name_);
  ASSERT_NE(nullptr, peer);
  EXPECT_STATUS(PIPES_OK, listening_->result());
  peer->push("hello");
  EXPECT_EQ(received(PIPES_OK, "hello"), read(server_));
}

TEST_F(Rendezvous, PEER_10_WhatAClientSaysOfItselfIsNotBelieved) {
  const ucred claim{.pid = ::getppid(), .uid = 4711, .gid = 4711};
  const UniqueFd socket = connect_raw(name_);
  ASSERT_TRUE(socket);
  const UniqueFd memory = good_memory();
  const Request request = this->request();
  if (!send_datagram(socket.get(), &request, sizeof request, {memory.get()}, &claim)) {
    EXPECT_EQ(EPERM, errno) << "only the privileged may lie to the kernel itself";
    return;
  }
  EXPECT_STATUS(PIPES_OK, listening_->result());
  EXPECT_EQ(platform::process_id(), client_process_id(server_).value);
  EXPECT_EQ(server_session_id(server_).value, client_session_id(server_).value);
}

TEST_F(Rendezvous, GarbageIsHungUpOn) {
  const std::string noise = bytes(65536);
  for (const size_t size : {0u, 1u, 63u, 64u, 65u, 128u, 4096u, 65536u}) {
    SCOPED_TRACE(size);
    expect_refused(noise.data(), size, {});
  }
  expect_nothing_left();
}

TEST_F(Rendezvous, TruncatedAndOverlongRequestsAreHungUpOn) {
  const UniqueFd memory = good_memory();
  std::array<char, 128> datagram{};
  const Request request = this->request();
  std::memcpy(datagram.data(), &request, sizeof request);
  for (const size_t size : {4u, 8u, 32u, 63u, 65u, 128u}) {
    SCOPED_TRACE(size);
    expect_refused(datagram.data(), size, {memory.get()});
  }
}

TEST_F(Rendezvous, RequestsOfAnotherProtocolAreHungUpOn) {
  const UniqueFd memory = good_memory();
  const auto expect_refused_with = [&](const char* what, const std::function<void(Request&)>& change) {
    SCOPED_TRACE(what);
    Request request = this->request();
    change(request);
    expect_request_refused(request, {memory.get()});
  };
  expect_refused_with("foreign byte order", [](Request& r) { r.magic = __builtin_bswap32(r.magic); });
  expect_refused_with("version 0", [](Request& r) { r.version = 0; });
  expect_refused_with("version 2", [](Request& r) { r.version = 2; });
  expect_refused_with("kind 0", [](Request& r) { r.kind = 0; });
  expect_refused_with("kind 11", [](Request& r) { r.kind = 11; });
  expect_refused_with("kind 2^32-1", [](Request& r) { r.kind = UINT32_MAX; });
  expect_refused_with("another layout", [](Request& r) { ++r.layout_version; });
  expect_refused_with("another capacity", [](Request& r) { r.ring_capacity *= 2; });
  expect_refused_with("no capacity", [](Request& r) { r.ring_capacity = 0; });
  expect_refused_with("reserve in use", [](Request& r) { r.reserved = 1; });
  expect_refused_with("another request's field", [](Request& r) { r.ticket = 1; });
  expect_refused_with("another request's field", [](Request& r) { r.proof[1] = 1; });
}

TEST_F(Rendezvous, ARequestBringsExactlyOneDescriptor) {
  const UniqueFd memory = good_memory();
  for (const size_t count : {0u, 2u, 3u, 4u, 5u, 64u, 253u}) {
    SCOPED_TRACE(count);
    expect_request_refused(request(), std::vector<int>(count, memory.get()));
  }
  // And only a request for a connection brings any.
  for (const uint32_t kind : {2u, 3u, 4u, 5u, 6u, 7u, 9u, 10u}) {
    SCOPED_TRACE(kind);
    Request request;
    request.name = this->request().name;
    request.kind = kind;
    expect_request_refused(request, {memory.get()});
  }
}

TEST_F(Rendezvous, DescriptorsThatComeWithGarbageAreClosed) {
  {
    const UniqueFd memory = good_memory();
    const std::vector<int> many(253, memory.get());
    for (int i = 0; i < 20; ++i) expect_refused("x", 1, many);
  }
  expect_nothing_left();
}

TEST_F(Rendezvous, DECISION_12_OnlySealedMemoryIsTaken) {
  const uint64_t size = memory_size(kCapacity);
  expect_memory_refused(memory_of(size, 0));
  expect_memory_refused(memory_of(size, F_SEAL_SHRINK | F_SEAL_GROW));
  expect_memory_refused(memory_of(size, F_SEAL_SHRINK | F_SEAL_SEAL));
  expect_memory_refused(memory_of(size, F_SEAL_GROW | F_SEAL_SEAL));
}

TEST_F(Rendezvous, DECISION_12_MemoryThatCannotBeWrittenIsRefused) {
  const uint64_t size = memory_size(kCapacity);
  expect_memory_refused(memory_of(size, kUsualSeals | F_SEAL_WRITE));
  expect_memory_refused(memory_of(size, kUsualSeals | 0x10 /* F_SEAL_FUTURE_WRITE */));
  // Another way to hand out memory that cannot be mapped for writing.
  const UniqueFd writable = good_memory();
  const std::string path = "/proc/self/fd/" + std::to_string(writable.get());
  const UniqueFd read_only(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(read_only);
  expect_request_refused(request(), {read_only.get()});
}

TEST_F(Rendezvous, DECISION_12_TheSizeIsExact) {
  const uint64_t size = memory_size(kCapacity);
  for (const uint64_t wrong : {uint64_t{0}, uint64_t{4096}, size - 4096, size - 1, size + 1, size + 4096, size * 2}) {
    SCOPED_TRACE(wrong);
    expect_memory_refused(memory_of(wrong, kUsualSeals));
  }
}

TEST_F(Rendezvous, DECISION_12_NothingButMemoryIsTaken) {
  const uint64_t size = memory_size(kCapacity);
  {
    SCOPED_TRACE("a file of the right size");
    std::array<char, 32> path{"/tmp/pipes-test-XXXXXX"};
    UniqueFd file(::mkstemp(path.data()));
    ASSERT_EQ(0, ::ftruncate(file.get(), static_cast<off_t>(size)));
    ::unlink(path.data());
    expect_memory_refused(std::move(file));
  }
  {
    SCOPED_TRACE("a file in memory that was never sealed");
    UniqueFd file(::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file) {
      ASSERT_EQ(0, ::ftruncate(file.get(), static_cast<off_t>(size)));
      expect_memory_refused(std::move(file));
    }
  }
  {
    SCOPED_TRACE("a pipe");
    std::array<int, 2> ends{};
    ASSERT_EQ(0, ::pipe2(ends.data(), O_CLOEXEC));
    const UniqueFd other(ends[1]);
    expect_request_refused(request(), {ends[0]});
    ::close(ends[0]);
  }
  {
    SCOPED_TRACE("a socket");
    expect_memory_refused(UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  }
  {
    SCOPED_TRACE("a folder");
    expect_memory_refused(UniqueFd(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  }
  {
    SCOPED_TRACE("a device");
    expect_memory_refused(UniqueFd(::open("/dev/zero", O_RDWR | O_CLOEXEC)));
  }
  {
    SCOPED_TRACE("a path without rights, to memory that would do");
    const UniqueFd memory = good_memory();
    const std::string path = "/proc/self/fd/" + std::to_string(memory.get());
    const UniqueFd named(::open(path.c_str(), O_PATH | O_CLOEXEC));
    ASSERT_TRUE(named);
    expect_request_refused(request(), {named.get()});
  }
}

TEST_F(Rendezvous, AClientThatHasGivenUpIsGivenNothing) {
  auto memory = make_memory(kCapacity);
  ASSERT_TRUE(memory);
  for (const uint32_t word : {wire::Answer::kAbandoned, 7u, wire::Answer::kAnswered, UINT32_MAX}) {
    SCOPED_TRACE(word);
    memory->answer().word.store(word);
    expect_request_refused(request(), {memory->fd()});
  }
  EXPECT_FALSE(listening_->finished());
  EXPECT_TRUE(serves_well());
}

TEST_F(Rendezvous, SilentStrangersDelayNobodyAndAreForgotten) {
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(connect_raw(name_));
  const Stopwatch watch;
  EXPECT_TRUE(serves_well());
  EXPECT_LT(watch.elapsed(), std::chrono::seconds(1) * time_factor());
  // DECISION_21: two seconds, then they are hung up on.
  for (const UniqueFd& socket : silent) ASSERT_TRUE(hangs_up(socket.get()));
  EXPECT_GE(watch.elapsed(), std::chrono::milliseconds(1000));
  silent.clear();
  EXPECT_STATUS(PIPES_OK, disconnect(server_));
  listen();
  expect_nothing_left();
}

// Serves argument 0 with argument 1 instances, each of which sends back what it gets, and says how many descriptors it
// has open whenever it is asked. Ends with the test.
PIPES_CHILD_ROLE(echo_server) {
  std::vector<std::thread> instances;
  for (uint32_t i = 0; i < parent.number(1); ++i) {
    instances.emplace_back([&, server = std::make_shared<Handle>(create_server(parent.argument(0), message_pipe()))] {
      while (true) {
        (void)connect(*server);
        for (Received got = read(*server); got.status.ok(); got = read(*server)) (void)write(*server, got.bytes);
        (void)disconnect(*server);
      }
    });
  }
  parent.say("ready");
  while (parent.next_line()) parent.say(std::to_string(holdings_of_this_process().descriptors));
  ::_exit(0);
}

// Connects to argument 0 as fast as it can and says nothing, with up to 4000 connections at a time, until it is told to
// stop. Then it says how many it made and how many of them were hung up on while they were young.
PIPES_CHILD_ROLE(flooder) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const size_t most = std::min<size_t>(4000, limit.rlim_cur / 2);
  std::atomic<bool> stop{false};
  std::thread listener([&] {
    parent.wait_for_end();
    stop.store(true);
  });
  std::deque<UniqueFd> held;
  const auto found = find_raw(parent.argument(0));
  uint64_t made = 0;
  if (found) {
    parent.say("flooding");
    while (!stop.load()) {
      auto socket = connect_server(*found, found->meta.servers.front());
      if (!socket) {
        std::this_thread::yield();
        continue;
      }
      ++made;
      held.push_back(std::move(*socket));
      if (held.size() > most) held.pop_front();
    }
  }
  listener.join();
  parent.say(std::to_string(made));
  return 0;
}

class Flood : public testing::Test {
 protected:
  uint64_t descriptors_of(Child& server) {
    server.say("count");
    return std::stoull(server.next_line().value_or("0"));
  }
  // Waits until the server process has as many descriptors as before.
  void expect_back_to(Child& server, uint64_t before) {
    const Stopwatch watch;
    while (descriptors_of(server) > before && watch.elapsed() < std::chrono::seconds(20)) std::this_thread::yield();
    EXPECT_LE(descriptors_of(server), before);
  }

  struct Service {
    uint64_t served = 0;
    uint64_t busy = 0;
    Code worst = PIPES_OK;
    std::chrono::milliseconds slowest{0};
  };
  // Opens, exchanges a message and closes, over and over.
  Service use_for(const std::string& name, std::chrono::milliseconds span) {
    Service service;
    const Stopwatch whole;
    while (whole.elapsed() < span) {
      const Stopwatch one;
      const Opened client = try_open(name);
      if (client.status == PIPES_ERROR_PIPE_BUSY) {  // the instances are between two clients, or the backlog is full
        ++service.busy;
      } else if (!client.status.ok()) {
        service.worst = client.status;
      } else if (write(client.handle, "ping").status.ok() && read(client.handle).bytes == "ping") {
        ++service.served;
      }
      service.slowest = std::max(service.slowest, one.elapsed());
    }
    return service;
  }

  const std::string name_ = unique_name();
};

TEST_F(Flood, DECISION_23_AnotherUsersFloodDelaysNobody) {
  if (!can_change_user()) GTEST_SKIP() << "only root can start a process of another user";
  const char* const folder = std::getenv("PIPES_RUNTIME_DIR");
  ASSERT_EQ(0, ::chmod(folder, 0755));
  Child server = Child::spawn("echo_server", {name_, "4"});
  ASSERT_TRUE(server.expect_line("ready"));
  (void)use_for(name_, std::chrono::milliseconds(100));
  const uint64_t before = descriptors_of(server);
  Child flooder = Child::spawn("flooder", {name_}, {.environment = {}, .user = 65534});
  ASSERT_TRUE(flooder.expect_line("flooding"));
  const Service service = use_for(name_, scaled(std::chrono::seconds(4), std::chrono::seconds(60)));
  const uint64_t during = descriptors_of(server);
  flooder.say("stop");
  const uint64_t made = std::stoull(flooder.next_line().value_or("0"));
  RecordProperty("connections", std::to_string(made));
  std::cout << "flood: " << made << " connections; served " << service.served << ", busy " << service.busy
            << ", slowest " << service.slowest.count() << " ms, descriptors " << before << " to " << during << '\n';
  EXPECT_GT(made, 2000u);
  EXPECT_STATUS(PIPES_OK, service.worst);
  EXPECT_GT(service.served, 20u);
  EXPECT_LT(service.slowest, std::chrono::seconds(2));
  // 256 of another user's at most, and a few that are on their way.
  EXPECT_LE(during, before + 256 + 80);
  (void)flooder.wait();
  expect_back_to(server, before + 8);
  ASSERT_EQ(0, ::chmod(folder, 0700));
}

TEST_F(Flood, DECISION_23_AUserHasOnlySoManyHandshakes) {
  Child server = Child::spawn("echo_server", {name_, "1"}, {.environment = {"PIPES_HANDSHAKES_MAX=5"}});
  ASSERT_TRUE(server.expect_line("ready"));
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 5; ++i) silent.push_back(connect_raw(name_));
  // One more may be in the hands of a thread that waits for a client; so of these two at least one is one too many.
  const UniqueFd sixth = connect_raw(name_);
  const UniqueFd seventh = connect_raw(name_);
  const std::optional<Status> refused = PIPES_ERROR_NO_SYSTEM_RESOURCES;
  const auto told_sixth = await_reply(sixth.get(), Deadline::after_ms(20'000));
  const auto told_seventh = await_reply(seventh.get(), Deadline::after_ms(20'000));
  EXPECT_TRUE(told_sixth == refused || told_seventh == refused);
  EXPECT_TRUE(hangs_up(sixth.get()));
  EXPECT_TRUE(hangs_up(seventh.get()));
  for (const UniqueFd& socket : silent) EXPECT_TRUE(hangs_up(socket.get()));  // after their two seconds
  EXPECT_TRUE(try_open(name_).status.ok());
}

TEST_F(Flood, DECISION_23_AUserHasOnlySoManyConnections) {
  Child server = Child::spawn("echo_server", {name_, "4"}, {.environment = {"PIPES_CONNECTIONS_MAX=2"}});
  ASSERT_TRUE(server.expect_line("ready"));
  const Handle first = open_client(name_);
  {
    const Handle second = open_client(name_);
    EXPECT_STATUS(PIPES_ERROR_NO_SYSTEM_RESOURCES, try_open(name_).status);
  }
  // A place is free again as soon as the server process has let go of its connection.
  const Stopwatch watch;
  Opened third = try_open(name_);
  while (!third.status.ok() && watch.elapsed() < std::chrono::seconds(20)) third = try_open(name_);
  EXPECT_STATUS(PIPES_OK, third.status);
}

}  // namespace
}  // namespace pipes::test
