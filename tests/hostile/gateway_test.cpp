// A gateway speaks for somebody else (SMB-40 to SMB-47): who is believed, and what the server then sees. The gateway
// here is a client made by hand; the server is the library, seen through its own interface.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "hostile/raw_peer.h"
#include "linux/handshake_io.h"
#include "pipes/pipes.h"
#include "support/child.h"
#include "support/harness.h"
#include "wire/asserted_identity.h"

namespace pipes::test {
namespace {

using wire::AssertedIdentity;

std::vector<std::byte> sid_bytes(const Sid& sid) {
  std::vector<std::byte> bytes;
  append_sid(sid, &bytes);
  return bytes;
}

AssertedIdentity somebody() {
  AssertedIdentity identity;
  identity.remote = true;
  identity.has_ids = true;
  identity.uid = 61001;
  identity.gid = 61001;
  identity.groups = {61100};
  identity.sids = {sid_bytes(Sid(5, {21, 1, 2, 3, 1000})), sid_bytes(Sid(5, {21, 1, 2, 3, 513})),
                   sid_bytes(Sid(1, {0})), sid_bytes(sid_of_gid(61100))};
  identity.account = "EXAMPLE\\piper";
  identity.computer = "10.1.2.3";
  return identity;
}

struct Answer {
  Status status = kNoAnswer;
  std::unique_ptr<RawEnd> end;
};

// Opens the pipe in the name of whoever `bytes` describe.
Answer open_for(const std::string& name, std::span<const std::byte> bytes, uint32_t max_message = 0,
                uint32_t access = PIPES_GENERIC_READ | PIPES_GENERIC_WRITE, uint32_t qos_flags = 0) {
  const auto found = find_raw(name);
  if (!found) return {};
  wire::Request request = honest_request(found->meta);
  request.desired_access = access;
  request.qos_flags = qos_flags;
  request.identity_bytes = static_cast<uint32_t>(bytes.size());
  request.max_message = max_message;
  UniqueFd socket = connect_raw(name);
  auto memory = make_memory(request.ring_capacity);
  if (!socket || !memory) return {};
  const auto size = static_cast<off_t>(wire::memory_size(request.ring_capacity));
  if (::pwrite(memory->fd(), bytes.data(), bytes.size(), size - static_cast<off_t>(bytes.size())) !=
      static_cast<ssize_t>(bytes.size())) {
    return {};
  }
  if (!send_request(socket.get(), request, memory->fd())) return {};
  const auto answered = [&] { return (memory->answer().word.load() & wire::Answer::kAnswered) != 0; };
  if (!eventually(answered)) return {};
  const Status status = memory->answer().word.load() & ~wire::Answer::kAnswered;
  Answer answer{status, nullptr};
  if (status == PIPES_OK) {
    answer.end = std::make_unique<RawEnd>(Role::kClient, std::move(*memory), std::move(socket));
  }
  return answer;
}

Answer open_for(const std::string& name, const AssertedIdentity& identity, uint32_t max_message = 0,
                uint32_t access = PIPES_GENERIC_READ | PIPES_GENERIC_WRITE, uint32_t qos_flags = 0) {
  return open_for(name, *wire::encode_identity(identity), max_message, access, qos_flags);
}

Opened create_for(const std::string& name, const std::string& sddl, uint32_t pipe_mode = PIPES_TYPE_MESSAGE) {
  void* descriptor = nullptr;
  uint32_t size = 0;
  EXPECT_STATUS(PIPES_OK, pipes_sd_parse(sddl.c_str(), PIPES_SDDL_REVISION_1, &descriptor, &size));
  const pipes_security_attributes attributes{sizeof(attributes), 0, descriptor, size, 0};
  ServerOptions options;
  options.pipe_mode = pipe_mode;
  Opened opened = try_create_server(name, options, &attributes);
  pipes_sd_free(descriptor);
  return opened;
}

// Asserting is root's privilege, which most of this needs.
class Gateway : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, whose word alone is believed";
  }
  const std::string name_ = unique_name();
};

TEST_F(Gateway, SMB_40_TheServerSeesWhomItSpeaksFor) {
  const Opened server = create_for(name_, "D:(A;;FA;;;WD)");
  ASSERT_STATUS(PIPES_OK, server.status);
  const Answer answer = open_for(name_, somebody());
  ASSERT_STATUS(PIPES_OK, answer.status);
  pipes_identity identity{};
  identity.size = sizeof identity;
  ASSERT_STATUS(PIPES_OK, pipes_get_client_identity(server.handle, &identity));
  EXPECT_STREQ("S-1-5-21-1-2-3-1000", identity.user_sid);
  EXPECT_STREQ("S-1-5-21-1-2-3-513", identity.primary_group_sid);
  EXPECT_EQ(61001u, identity.user_id);
  EXPECT_EQ(1u, identity.remote);
  EXPECT_EQ(0u, identity.process_id);
  EXPECT_EQ(0u, identity.privileges);
  bool has_network = false;
  for (uint32_t i = 0; i < identity.group_sid_count; ++i) {
    has_network |= identity.group_sids[i].sid == std::string("S-1-5-2");
  }
  EXPECT_TRUE(has_network);  // SMB-43: added where it was missing
  pipes_identity_free(&identity);
  std::array<char, 32> computer{};
  ASSERT_STATUS(PIPES_OK, pipes_get_client_computer_name(server.handle, computer.data(), 32));
  EXPECT_STREQ("10.1.2.3", computer.data());
  EXPECT_EQ(0u, client_process_id(server.handle).value);
  EXPECT_EQ(0u, client_session_id(server.handle).value);
}

TEST_F(Gateway, SMB_43_ARemoteUidZeroIsNeitherTheSystemNorAnAdministrator) {
  const Opened server = create_for(name_, "D:(A;;FA;;;SY)(A;;FA;;;BA)");
  ASSERT_STATUS(PIPES_OK, server.status);
  AssertedIdentity identity = somebody();
  identity.uid = 0;
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, open_for(name_, identity).status);
  identity.sids.push_back(sid_bytes(Sid(5, {32, 544})));  // SMB says so
  EXPECT_STATUS(PIPES_OK, open_for(name_, identity).status);
}

TEST_F(Gateway, REMOTE_5_TheDescriptorKeepsTheNetworkOut) {
  const Opened server = create_for(name_, "D:(D;;FA;;;NU)(A;;FA;;;WD)");
  ASSERT_STATUS(PIPES_OK, server.status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, open_for(name_, somebody()).status);
  EXPECT_STATUS(PIPES_OK, try_open(name_).status);
}

TEST_F(Gateway, REMOTE_4_InstancesThatRejectRemoteClientsAreLeftOut) {
  const Opened rejecting = create_for(name_, "D:(A;;FA;;;WD)", PIPES_TYPE_MESSAGE | PIPES_REJECT_REMOTE_CLIENTS);
  ASSERT_STATUS(PIPES_OK, rejecting.status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, open_for(name_, somebody()).status);  // REMOTE-2
  const Handle accepting = create_server(name_);
  const Answer answer = open_for(name_, somebody());
  EXPECT_STATUS(PIPES_OK, answer.status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, connect(accepting));
  EXPECT_STATUS(PIPES_OK, try_open(name_).status);
}

TEST_F(Gateway, SMB_47_WithoutIdsThereIsNobodyToActAs) {
  const Opened server = create_for(name_, "D:(A;;FA;;;WD)");
  ASSERT_STATUS(PIPES_OK, server.status);
  AssertedIdentity identity = somebody();
  identity.has_ids = false;
  identity.uid = identity.gid = 0;
  identity.groups.clear();
  Answer answer = open_for(name_, identity);
  ASSERT_STATUS(PIPES_OK, answer.status);
  answer.end->push("hello");
  ASSERT_EQ("hello", read(server.handle).bytes);
  EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, pipes_impersonate_client(server.handle));
}

TEST_F(Gateway, SMB_47_TheUnixTokenIsActedWith) {
  const Opened server = create_for(name_, "D:(A;;FA;;;WD)");
  ASSERT_STATUS(PIPES_OK, server.status);
  Answer answer = open_for(name_, somebody());
  ASSERT_STATUS(PIPES_OK, answer.status);
  answer.end->push("hello");
  ASSERT_EQ("hello", read(server.handle).bytes);
  ASSERT_STATUS(PIPES_OK, pipes_impersonate_client(server.handle));
  EXPECT_EQ(61001u, ::geteuid());
  EXPECT_STATUS(PIPES_OK, pipes_revert_to_self());
  EXPECT_EQ(0u, ::geteuid());
}

// The terminating zero counts.
TEST_F(Gateway, PEER_9_AComputerNameThatDoesNotFit) {
  const Opened server = create_for(name_, "D:(A;;FA;;;WD)");
  ASSERT_STATUS(PIPES_OK, server.status);
  AssertedIdentity identity = somebody();
  identity.computer = "workstation.example";
  const Answer answer = open_for(name_, identity);
  ASSERT_STATUS(PIPES_OK, answer.status);
  const auto needed = static_cast<uint32_t>(identity.computer.size() + 1);
  for (uint32_t size = 0; size <= needed + 1; ++size) {
    SCOPED_TRACE(size);
    std::string computer(64, '#');
    const pipes_status status = pipes_get_client_computer_name(server.handle, computer.data(), size);
    EXPECT_STATUS(size < needed ? PIPES_ERROR_INSUFFICIENT_BUFFER : PIPES_OK, status);
    if (status == PIPES_OK) {
      EXPECT_STREQ("workstation.example", computer.c_str());
    }
    EXPECT_EQ(std::string::npos, computer.find_first_not_of('#', size));
  }
}

// Neither the level nor the tracking that the gateway asks for, nor that the client had asked it for, comes across.
// With or without Unix ids is what there is to an account here.
TEST_F(Gateway, IMP_18_ARemoteClientsQualityOfServiceDoesNotReachTheServer) {
  constexpr uint32_t kPresent = PIPES_SECURITY_SQOS_PRESENT;
  AssertedIdentity without_account = somebody();
  without_account.has_ids = false;
  without_account.uid = without_account.gid = 0;
  without_account.groups.clear();
  for (const uint32_t flags : {0u, kPresent | PIPES_SECURITY_ANONYMOUS, kPresent | PIPES_SECURITY_IDENTIFICATION,
                               kPresent | PIPES_SECURITY_IMPERSONATION | PIPES_SECURITY_CONTEXT_TRACKING,
                               kPresent | PIPES_SECURITY_DELEGATION}) {
    SCOPED_TRACE(flags);
    for (const bool has_account : {true, false}) {
      const Opened server = create_for(name_, "D:(A;;FA;;;WD)");
      ASSERT_STATUS(PIPES_OK, server.status);
      Answer answer = open_for(name_, has_account ? somebody() : without_account, 0,
                               PIPES_GENERIC_READ | PIPES_GENERIC_WRITE, flags);
      ASSERT_STATUS(PIPES_OK, answer.status);
      pipes_identity identity{};
      identity.size = sizeof identity;
      ASSERT_STATUS(PIPES_OK, pipes_get_client_identity(server.handle, &identity));
      EXPECT_EQ(PIPES_SECURITY_LEVEL_IMPERSONATION, identity.impersonation_level);
      EXPECT_STREQ("S-1-5-21-1-2-3-1000", identity.user_sid);
      pipes_identity_free(&identity);
      EXPECT_STATUS(PIPES_ERROR_CANNOT_IMPERSONATE, pipes_impersonate_client(server.handle));  // nothing read yet
      answer.end->push("hello");
      ASSERT_EQ("hello", read(server.handle).bytes);
      EXPECT_STATUS(has_account ? PIPES_OK : PIPES_ERROR_CANNOT_IMPERSONATE, pipes_impersonate_client(server.handle));
      EXPECT_EQ(has_account ? 61001u : 0u, ::geteuid());
      EXPECT_STATUS(PIPES_OK, pipes_revert_to_self());
    }
  }
}

// Whom a gateway of this computer speaks for decides himself, as any client here.
TEST_F(Gateway, IMP_3_ALocalClientsQualityOfServiceReachesTheServerThroughAGateway) {
  const Opened server = create_for(name_, "D:(A;;FA;;;WD)");
  ASSERT_STATUS(PIPES_OK, server.status);
  AssertedIdentity identity = somebody();
  identity.remote = false;
  Answer answer = open_for(name_, identity, 0, PIPES_GENERIC_READ | PIPES_GENERIC_WRITE,
                           PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_IDENTIFICATION);
  ASSERT_STATUS(PIPES_OK, answer.status);
  answer.end->push("hello");
  ASSERT_EQ("hello", read(server.handle).bytes);
  EXPECT_STATUS(PIPES_ERROR_BAD_IMPERSONATION_LEVEL, pipes_impersonate_client(server.handle));
}

TEST_F(Gateway, ALongerMessageThanItTakesIsNotSent) {
  const Opened server = create_for(name_, "D:(A;;FA;;;WD)");
  ASSERT_STATUS(PIPES_OK, server.status);
  Answer answer = open_for(name_, somebody(), 100);
  ASSERT_STATUS(PIPES_OK, answer.status);
  const Sent refused = write(server.handle, std::string(101, 'x'));
  EXPECT_STATUS(PIPES_ERROR_MORE_DATA, refused.status);
  EXPECT_EQ(0u, refused.transferred);
  EXPECT_EQ(wire::Look::kNothing, answer.end->reader().look());
  EXPECT_STATUS(PIPES_OK, write(server.handle, std::string(100, 'x')).status);
}

TEST_F(Gateway, AnIdentityThatIsMalformedIsRefused) {
  const Opened server = create_for(name_, "D:(A;;FA;;;WD)");
  ASSERT_STATUS(PIPES_OK, server.status);
  std::vector<std::byte> good = *wire::encode_identity(somebody());
  for (size_t size = 1; size < good.size(); size += 7) {
    SCOPED_TRACE(size);
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, open_for(name_, std::span(good).first(size)).status);
  }
  AssertedIdentity bad = somebody();
  bad.sids.front()[1] = std::byte{15};  // more sub-authorities than there are bytes
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, open_for(name_, bad).status);
  EXPECT_STATUS(PIPES_OK, open_for(name_, good).status);
}

PIPES_CHILD_ROLE(gateway_without_rights) {
  if (::setresuid(61002, 61002, 61002) != 0) return 2;
  parent.say(std::to_string(open_for(parent.argument(0), somebody()).status));
  parent.say(std::to_string(open_for(parent.argument(0), std::span<const std::byte>(), 100).status));
  return 0;
}

TEST_F(Gateway, SMB_40_NobodyElseIsBelieved) {
  // The tests' runtime folder is their user's alone otherwise.
  ASSERT_EQ(0, ::chmod(std::getenv("PIPES_RUNTIME_DIR"), 0755));
  const Opened server = create_for(name_, "D:(A;;FA;;;WD)");
  ASSERT_STATUS(PIPES_OK, server.status);
  Child child = Child::spawn("gateway_without_rights", {name_});
  EXPECT_TRUE(child.expect_line(std::to_string(PIPES_ERROR_ACCESS_DENIED)));
  EXPECT_TRUE(child.expect_line(std::to_string(PIPES_ERROR_ACCESS_DENIED)));
  EXPECT_EQ(0, child.wait().code);
  EXPECT_STATUS(PIPES_OK, try_open(name_).status);  // the instance was not taken
}

}  // namespace
}  // namespace pipes::test
