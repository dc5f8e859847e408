// Requests about a pipe's security by those who have no right to them, and frames in the name of nobody.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "hostile/raw_peer.h"
#include "linux/handshake_io.h"
#include "linux/known_pipes.h"
#include "linux/server_request.h"
#include "pipes/pipes.h"
#include "support/child.h"
#include "support/harness.h"

namespace pipes::test {
namespace {

using wire::Request;
using wire::RequestKind;

// What the server answers; kNoAnswer if it hangs up.
Status ask(const std::string& name, const Request& request, int memory = -1) {
  const UniqueFd socket = connect_raw(name);
  if (!socket || !send_request(socket.get(), request, memory)) return kNoAnswer;
  const auto reply = await_reply(socket.get(), Deadline::after_ms(20'000));
  return reply ? *reply : Status{kNoAnswer};
}

Request request_about(const std::string& name, RequestKind kind) {
  return request_to(find_raw(name)->meta.folded, kind);
}

UniqueFd memory_with(const std::string& sddl) {
  void* descriptor = nullptr;
  uint32_t size = 0;
  EXPECT_STATUS(PIPES_OK, pipes_sd_parse(sddl.c_str(), PIPES_SDDL_REVISION_1, &descriptor, &size));
  UniqueFd fd(::memfd_create("descriptor", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(static_cast<ssize_t>(size), ::write(fd.get(), descriptor, size));
  pipes_sd_free(descriptor);
  return fd;
}

Request set_dacl(const std::string& name, const UniqueFd& memory) {
  struct stat file {};
  EXPECT_EQ(0, ::fstat(memory.get(), &file));
  Request request = request_about(name, RequestKind::kSetSecurity);
  request.information = PIPES_DACL_SECURITY_INFORMATION;
  request.descriptor_bytes = static_cast<uint32_t>(file.st_size);
  return request;
}

TEST(WritersName, IMP_9_AFrameInTheNameOfNobodyIsInNobodysName) {
  const std::string name = unique_name();
  const Handle server = create_server(name, message_pipe());
  const std::unique_ptr<RawEnd> peer = open_raw(name);
  ASSERT_NE(nullptr, peer);
  for (const uint32_t number : {1u, 7u}) {
    ASSERT_EQ(wire::RingWriter::Fit::kFits, peer->writer().fit(wire::FrameKind::kWhole, 4));
    peer->writer().announce(4);
    peer->writer().push(wire::FrameKind::kWhole, false, std::as_bytes(std::span("evil", 4)), 0, number);
    peer->wake_reader();
    EXPECT_EQ("evil", read(server).bytes);
    EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, pipes_impersonate_client(server));
    pipes_identity identity{};
    identity.size = sizeof identity;
    EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, pipes_get_client_identity(server, &identity));
  }
  peer->push("own");
  EXPECT_EQ("own", read(server).bytes);
  EXPECT_STATUS(PIPES_OK, pipes_impersonate_client(server));
  EXPECT_STATUS(PIPES_OK, pipes_revert_to_self());
}

// Logs itself in, where the kernel lets it, and announces itself on the connection of the process that started it.
PIPES_CHILD_ROLE(announcer) {
  std::ofstream("/proc/self/loginuid") << ::geteuid();
  uint32_t session = 0;
  std::ifstream("/proc/self/sessionid") >> session;
  Request request = request_about(parent.argument(0), RequestKind::kIdentity);
  request.slot = 1;
  request.proof[0] = 1;
  request.proof[1] = 2;
  if (ask(parent.argument(0), request) != PIPES_OK) return 2;
  parent.say(std::to_string(session == 0 ? UINT32_MAX : session));
  return 0;
}

// Not the session of whoever opened the connection, nor of whoever has the writer's number once his process has gone.
TEST(WritersName, PEER_3_TheSessionIsTheOneThatTheWriterHadWhenHeWasAnnounced) {
  const std::string name = unique_name();
  const Handle server = create_server(name, message_pipe());
  const std::unique_ptr<RawEnd> peer = open_raw(name);
  ASSERT_NE(nullptr, peer);
  peer->own().proof[0].store(1);
  peer->own().proof[1].store(2);
  Child child = Child::spawn("announcer", {name});
  const std::optional<std::string> session = child.next_line();
  ASSERT_TRUE(session);
  ASSERT_EQ(0, child.wait().code);
  ASSERT_EQ(wire::RingWriter::Fit::kFits, peer->writer().fit(wire::FrameKind::kWhole, 4));
  peer->writer().announce(4);
  peer->writer().push(wire::FrameKind::kWhole, false, std::as_bytes(std::span("text", 4)), 0, 1);
  peer->wake_reader();
  ASSERT_EQ("text", read(server).bytes);
  pipes_identity identity{};
  identity.size = sizeof identity;
  ASSERT_STATUS(PIPES_OK, pipes_get_client_identity(server, &identity));
  EXPECT_EQ(*session, std::to_string(identity.session_id));
  pipes_identity_free(&identity);
}

TEST(WritersName, ANumberIsLearntOnlyByProof) {
  const std::string name = unique_name();
  const Handle server = create_server(name, message_pipe());
  const std::unique_ptr<RawEnd> peer = open_raw(name);
  ASSERT_NE(nullptr, peer);
  Request request = request_about(name, RequestKind::kIdentity);
  request.slot = 1;
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, ask(name, request));  // no proof is none
  request.proof[0] = 1;
  request.proof[1] = 2;
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, ask(name, request));
  peer->own().proof[0].store(1);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, ask(name, request));
  peer->own().proof[1].store(2);
  EXPECT_STATUS(PIPES_OK, ask(name, request));
  for (const uint32_t slot : {0u, wire::kIdentitiesMax + 1, UINT32_MAX}) {
    request.slot = slot;
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, ask(name, request));
  }
}

// Listens at the path that it is told, as another server process of the pipe would.
PIPES_CHILD_ROLE(impostor) {
  const UniqueFd listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", parent.argument(0).c_str());
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 2;
  if (::listen(listener.get(), 1) != 0) return 2;
  parent.say("listening");
  (void)parent.next_line();
  return 0;
}

// Who serves an earlier pipe of that name has its folder lead to a later one's process, and shows there, as his own,
// the proof that a client writes into the memory it shares with him.
TEST(WritersName, IMP_9_AProofIsShownToNobodyButTheConnectionsPeer) {
  const std::string name = unique_name();
  const Handle server = create_server(name, message_pipe());
  const std::unique_ptr<RawEnd> relay = open_raw(name);
  ASSERT_NE(nullptr, relay);
  const auto pipe = find_raw(name);
  ASSERT_TRUE(pipe);
  const EndName meant{pipe->meta.display, pipe->meta.folded, pipe->founder_uid, pipe->claimed_at, {}};
  const auto connection_by = [&](UniqueFd socket) {
    UniqueFd memory(::fcntl(relay->memory().fd(), F_DUPFD_CLOEXEC, 0));
    return std::make_unique<Connection>(Role::kClient,
                                        std::move(*SharedMemory::map(std::move(memory), pipe->meta.ring_capacity)),
                                        std::move(socket), 0);
  };

  std::string elsewhere = (std::filesystem::temp_directory_path() / "pipes-XXXXXX").string();
  ASSERT_NE(nullptr, ::mkdtemp(elsewhere.data()));
  const std::string path = elsewhere + "/" + pipe->meta.servers.front().socket;
  Child child = Child::spawn("impostor", {path});
  ASSERT_TRUE(child.expect_line("listening"));
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  ASSERT_EQ(0, ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  std::filesystem::remove_all(elsewhere);

  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, announce_identity(meant, *connection_by(std::move(socket)), 1));
  ASSERT_EQ(wire::RingWriter::Fit::kFits, relay->writer().fit(wire::FrameKind::kWhole, 4));
  relay->writer().announce(4);
  relay->writer().push(wire::FrameKind::kWhole, false, std::as_bytes(std::span("evil", 4)), 0, 1);
  relay->wake_reader();
  EXPECT_EQ("evil", read(server).bytes);
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, pipes_impersonate_client(server));

  EXPECT_STATUS(PIPES_OK, announce_identity(meant, *connection_by(connect_raw(name)), 1));
  child.say("end");
  EXPECT_EQ(0, child.wait().code);
}

TEST(WritersName, ARequestForAnotherPipeIsNotAnswered) {
  const std::string name = unique_name();
  const std::string other = unique_name();
  const Handle server = create_server(name, message_pipe());
  const Handle another = create_server(other, message_pipe());
  Request request = request_about(other, RequestKind::kQuery);
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, ask(name, request));
  EXPECT_STATUS(PIPES_OK, ask(other, request));
}

// Serves the pipe beside the process that is asked, and answers nobody: changes the descriptor in the folder.
class SilentServer {
 public:
  explicit SilentServer(const std::string& name) {
    const PipeName parts = *parse_pipe_name(name.c_str(), NameUse::kOpen);
    AddRequest request{parts,
                       {},
                       false,
                       PIPES_ACCESS_DUPLEX,
                       [](const PipeMeta&) { return Status{PIPES_OK}; },
                       [](const FoundPipe&, const ServerRecord&) {}};
    auto added = PipeMembership::add_first(request);
    EXPECT_TRUE(added && !added->created);
    if (added) membership_ = std::move(added->membership);
  }
  void change(const std::string& sddl) {
    void* descriptor = nullptr;
    uint32_t size = 0;
    ASSERT_STATUS(PIPES_OK, pipes_sd_parse(sddl.c_str(), PIPES_SDDL_REVISION_1, &descriptor, &size));
    const auto* bytes = static_cast<const std::byte*>(descriptor);
    PipeMeta meta;
    const auto replace = [&](const PipeMeta&) { return Result(std::vector<std::byte>(bytes, bytes + size)); };
    EXPECT_EQ(PIPES_OK, membership_->change_descriptor(replace, &meta));
    pipes_sd_free(descriptor);
  }
  [[nodiscard]] int listener() const { return membership_->listening_socket(); }

 private:
  std::optional<PipeMembership> membership_;
};

// Whether the others' instances still count is asked before a pipe is said to be full.
TEST(Recount, DECISION_21_WhileAnotherServerProcessIsAskedOtherCallsGoOn) {
  const std::string name = unique_name();
  ServerOptions options = message_pipe();
  options.max_instances = 2;
  const Handle server = create_server(name, options);
  SilentServer other(name);
  std::atomic<bool> has_ended{false};
  std::thread creator([&] {
    EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, try_create_server(name, options).status);
    has_ended = true;
  });
  pollfd asked{other.listener(), POLLIN, 0};
  ASSERT_EQ(1, ::poll(&asked, 1, 20'000));
  uint32_t instances = 0;
  EXPECT_STATUS(PIPES_OK, pipes_get_state(server, nullptr, &instances, nullptr, nullptr, nullptr, 0));
  EXPECT_EQ(2u, instances);
  EXPECT_FALSE(has_ended);
  while (!has_ended) {
    if (::poll(&asked, 1, 10) != 1) continue;
    const UniqueFd socket(::accept4(other.listener(), nullptr, nullptr, SOCK_CLOEXEC));
    send_reply(socket.get(), PIPES_OK);
  }
  creator.join();
}

PIPES_CHILD_ROLE(stopped_server) {
  const Handle server = create_server(parent.argument(0), message_pipe());
  parent.say("serves");
  (void)parent.next_line();
  return 0;
}

// Whoever changes the descriptor does not wait for a process that stands still; the next client that this process meets
// meets the new descriptor all the same.
TEST(Notice, FINE_27_AClientThatComesAfterTheNoticeMeetsTheNewDescriptor) {
  const std::string name = unique_name();
  Child child = Child::spawn("stopped_server", {name});
  ASSERT_TRUE(child.expect_line("serves"));
  const Request notice = request_about(name, RequestKind::kNewSecurity);
  const Request query = request_about(name, RequestKind::kQuery);
  SilentServer other(name);
  for (int round = 0; round < 20; ++round) {
    const bool allowed = round % 2 != 0;
    other.change(allowed ? "D:(A;;FA;;;WD)" : "D:(D;;FA;;;WD)");
    child.stop();
    const UniqueFd first = connect_raw(name);
    ASSERT_TRUE(first && send_request(first.get(), notice, -1));
    const UniqueFd second = connect_raw(name);
    ASSERT_TRUE(second && send_request(second.get(), query, -1));
    child.resume();
    const auto answer = await_reply(second.get(), Deadline::after_ms(20'000));
    ASSERT_TRUE(answer);
    EXPECT_STATUS(allowed ? PIPES_OK : PIPES_ERROR_ACCESS_DENIED, *answer);
    EXPECT_EQ(Status{PIPES_OK}, await_reply(first.get(), Deadline::after_ms(20'000)));
  }
  child.say("end");
  EXPECT_EQ(0, child.wait().code);
}

// A user without any right on the pipe but reading and writing.
class Stranger : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to act as another user";
    ASSERT_EQ(0, ::chmod(std::getenv("PIPES_RUNTIME_DIR"), 0755));
    void* descriptor = nullptr;
    uint32_t size = 0;
    ASSERT_STATUS(PIPES_OK, pipes_sd_parse("D:(A;;0x12019b;;;WD)", PIPES_SDDL_REVISION_1, &descriptor, &size));
    const pipes_security_attributes attributes{sizeof(attributes), 0, descriptor, size, 0};
    Opened opened = try_create_server(name_, message_pipe(), &attributes);
    pipes_sd_free(descriptor);
    ASSERT_STATUS(PIPES_OK, opened.status);
    server_ = std::move(opened.handle);
  }
  void expect_of_child(const std::string& role) {
    Child child = Child::spawn(role, {name_});
    for (std::optional<std::string> line = child.next_line(); line; line = child.next_line()) {
      EXPECT_EQ("as expected", *line);
    }
    EXPECT_EQ(0, child.wait().code);
    void* bytes = nullptr;
    uint32_t size = 0;
    char* sddl = nullptr;
    ASSERT_STATUS(PIPES_OK, pipes_get_security(server_, PIPES_DACL_SECURITY_INFORMATION, &bytes, &size));
    ASSERT_STATUS(PIPES_OK,
                  pipes_sd_format(bytes, size, PIPES_SDDL_REVISION_1, PIPES_DACL_SECURITY_INFORMATION, &sddl));
    EXPECT_STREQ("D:(A;;0x12019b;;;WD)", sddl);
    pipes_sd_free(bytes);
    pipes_sd_free(sddl);
    // And it serves others.
    ASSERT_STATUS(PIPES_OK, disconnect(server_));
    ASSERT_STATUS(PIPES_OK, set_mode(server_, PIPES_NOWAIT));
    EXPECT_STATUS(PIPES_ERROR_PIPE_LISTENING, connect(server_));
    EXPECT_STATUS(PIPES_OK, try_open(name_).status);
  }
  const std::string name_ = unique_name();
  Handle server_;
};

// Tells the test what came otherwise than it should.
#define EXPECT_OF_SERVER(expected, expression)                                                     \
  if (const Status status = (expression); status != (expected)) {                                  \
    parent.say(std::string(#expression) + " gave " + std::to_string(status) + ", not " #expected); \
  }

PIPES_CHILD_ROLE(stranger) {
  if (::setresuid(61002, 61002, 61002) != 0) return 2;
  const std::string& name = parent.argument(0);
  Request admit = request_about(name, RequestKind::kAdmit);
  admit.desired_access = PIPES_ACCESS_DUPLEX;
  admit.pid = static_cast<uint32_t>(::getpid());
  admit.ticket = 1;
  EXPECT_OF_SERVER(PIPES_ERROR_ACCESS_DENIED, ask(name, admit));
  admit.desired_access = 0;
  EXPECT_OF_SERVER(PIPES_ERROR_INVALID_PARAMETER, ask(name, admit));
  Request count = request_about(name, RequestKind::kCount);
  count.ticket = find_raw(name)->meta.servers.front().ticket;
  EXPECT_OF_SERVER(PIPES_ERROR_ACCESS_DENIED, ask(name, count));
  count.ticket = 4711;
  EXPECT_OF_SERVER(PIPES_ERROR_ACCESS_DENIED, ask(name, count));

  const UniqueFd memory = memory_with("D:(A;;FA;;;WD)");
  Request set = set_dacl(name, memory);
  EXPECT_OF_SERVER(PIPES_ERROR_ACCESS_DENIED, ask(name, set, memory.get()));
  set.proof[0] = 1;
  EXPECT_OF_SERVER(PIPES_ERROR_ACCESS_DENIED, ask(name, set, memory.get()));
  set.information = 0x00200000;
  EXPECT_OF_SERVER(PIPES_ERROR_INVALID_PARAMETER, ask(name, set, memory.get()));
  set.information = PIPES_DACL_SECURITY_INFORMATION;
  // Of a connection whose handle has no such right.
  const std::unique_ptr<RawEnd> peer = open_raw(name);
  if (peer == nullptr) return 3;
  peer->own().proof[0].store(1);
  EXPECT_OF_SERVER(PIPES_ERROR_ACCESS_DENIED, ask(name, set, memory.get()));

  std::vector<UniqueFd> sockets;
  for (int i = 0; i < 300; ++i) {
    sockets.push_back(connect_raw(name));
    const Request notice = request_about(name, RequestKind::kNewSecurity);
    if (!sockets.back() || !send_request(sockets.back().get(), notice, -1)) break;
  }
  peer->die();
  return 0;
}

TEST_F(Stranger, NothingThatHeAsksForIsDone) { expect_of_child("stranger"); }

PIPES_CHILD_ROLE(setter_of_a_dacl) {
  if (::setresuid(61002, 61002, 61002) != 0) return 2;
  const UniqueFd memory = memory_with("D:(A;;FA;;;WD)(A;;FA;;;AN)");
  parent.say(std::to_string(ask(parent.argument(0), set_dacl(parent.argument(0), memory), memory.get())));
  return 0;
}

// What decides is the descriptor that is replaced, not the one that this process has heard of last.
TEST_F(Stranger, FINE_27_HeChangesNothingByARightThatWasTakenFromHim) {
  const std::string name = unique_name();
  ServerOptions options = message_pipe();
  void* descriptor = nullptr;
  uint32_t size = 0;
  ASSERT_STATUS(PIPES_OK, pipes_sd_parse("D:(A;;FA;;;WD)", PIPES_SDDL_REVISION_1, &descriptor, &size));
  const pipes_security_attributes attributes{sizeof(attributes), 0, descriptor, size, 0};
  const Opened server = try_create_server(name, options, &attributes);
  pipes_sd_free(descriptor);
  ASSERT_STATUS(PIPES_OK, server.status);
  SilentServer other(name);
  other.change("D:(A;;0x12019b;;;WD)");
  Child child = Child::spawn("setter_of_a_dacl", {name});
  EXPECT_TRUE(child.expect_line(std::to_string(PIPES_ERROR_ACCESS_DENIED)));
  EXPECT_EQ(0, child.wait().code);
}

// A handle has the right to change the DACL, and what it sends is none.
TEST_F(Stranger, WhatIsNoDescriptorChangesNothing) {
  const std::string name = unique_name();
  const Handle server = create_server(name, message_pipe());
  const UniqueFd memory = memory_with("D:(A;;FA;;;WD)");
  Request set = set_dacl(name, memory);
  set.descriptor_bytes += 1;
  EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, ask(name, set, memory.get()));
  set.descriptor_bytes = PIPES_DESCRIPTOR_BYTES_MAX + 1;
  EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, ask(name, set, memory.get()));
  ASSERT_EQ(0, ::ftruncate(memory.get(), 10));
  set.descriptor_bytes = 10;
  EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, ask(name, set, memory.get()));
  ASSERT_EQ(0, ::ftruncate(memory.get(), 0));
  set.descriptor_bytes = 0;
  EXPECT_STATUS(PIPES_ERROR_INVALID_SECURITY_DESCR, ask(name, set, memory.get()));
}

}  // namespace
}  // namespace pipes::test
