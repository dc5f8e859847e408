// CLI: opening the client end of a pipe.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/harness.h"
#include "support/oracle.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

PIPES_BOTH_LAYOUTS(Cli);

constexpr uint32_t kUndefinedAccessBits = 0x0CE0FE00;

// Why the oracle differs: the page is "Named Pipe Client".
constexpr char kAnyDirection[] =
    "Wine grants any direction; CreateFile fails if the access is incompatible with the pipe's";

TEST_P(Cli, CLI_1_OpeningNeverWaits) {
  EndPair pair = connected_ends();
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, client_end().open(pair.name));
}

TEST(CliHere, CLI_2_AMalformedNameIsTheFirstFailure) {
  EXPECT_STATUS(PIPES_ERROR_INVALID_NAME, try_open(R"(\\.\pipe\)", kUndefinedAccessBits).status);
}

TEST(CliHere, CLI_2_AMissingPipeComesBeforeAccess) {
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(unique_name(), PIPES_GENERIC_ALL).status);
}

TEST_P(Cli, CLI_2_ARefusedDirectionComesBeforeABusyPipe) {
  EndPair pair = connected_ends({.open_mode = PIPES_ACCESS_INBOUND, .max_instances = 1});
  {
    PIPES_ORACLE_DIFFERS(kAnyDirection);
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client_end().open(pair.name, PIPES_GENERIC_READ));
  }
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, client_end().open(pair.name, PIPES_GENERIC_WRITE));
}

TEST_P(Cli, CLI_3_ReadingAnInboundPipeIsDenied) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, {.open_mode = PIPES_ACCESS_INBOUND});
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.open(name, PIPES_GENERIC_READ));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.open(name, kReadWrite));
  PIPES_ORACLE_DIFFERS(kAnyDirection);  // and the instance is then taken
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.open(name, PIPES_FILE_READ_DATA));
  EXPECT_STATUS(PIPES_OK, client.open(name, PIPES_FILE_WRITE_DATA));
}

TEST_P(Cli, CLI_3_WritingAnOutboundPipeIsDenied) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, {.open_mode = PIPES_ACCESS_OUTBOUND});
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.open(name, PIPES_GENERIC_WRITE));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.open(name, kReadWrite));
  PIPES_ORACLE_DIFFERS(kAnyDirection);  // and the instance is then taken
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.open(name, PIPES_FILE_WRITE_DATA));
  EXPECT_STATUS(PIPES_OK, client.open(name, PIPES_FILE_READ_DATA));
}

TEST_P(Cli, CLI_4_GenericAllIsBothDirections) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EndActor client = client_end();
  ASSERT_STATUS(PIPES_OK, client.open(name, PIPES_GENERIC_ALL));
  EXPECT_STATUS(PIPES_OK, client.write("there").status);
  ASSERT_STATUS(PIPES_OK, server.write("back").status);
  EXPECT_EQ("back", client.read().bytes);

  const std::string one_way = unique_name();
  EndActor inbound = listening_server(one_way, {.open_mode = PIPES_ACCESS_INBOUND});
  PIPES_ORACLE_DIFFERS(kAnyDirection);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client_end().open(one_way, PIPES_GENERIC_ALL));
}

TEST_P(Cli, CLI_4_GenericExecuteAloneNeitherReadsNorWrites) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EndActor client = client_end();
  ASSERT_STATUS(PIPES_OK, client.open(name, PIPES_GENERIC_EXECUTE));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.read().status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.write("x").status);
}

TEST_P(Cli, CLI_5_EveryOpenMayReadAttributes) {
  const std::string name = unique_name();
  for (const uint32_t access : {0u, PIPES_FILE_WRITE_DATA, PIPES_GENERIC_WRITE, PIPES_GENERIC_EXECUTE}) {
    EndActor server = listening_server(name);
    EndActor client = opened_client(name, access);
    EXPECT_STATUS(PIPES_OK, client.get_info().status) << std::hex << access;
    EXPECT_STATUS(PIPES_OK, client.get_state().status) << std::hex << access;
  }
}

TEST_P(Cli, CLI_7_AccessZeroConsumesAnInstanceAndMayOnlyQuery) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, {.max_instances = 1});
  EndActor client = client_end();
  ASSERT_STATUS(PIPES_OK, client.open(name, 0));
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, server.connect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, client_end().open(name));
  EXPECT_STATUS(PIPES_OK, client.get_info().status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.read().status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.write("x").status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.peek().status);
  {
    PIPES_ORACLE_DIFFERS(
        "Wine asks for no right; FlushFileBuffers: the file handle must have the GENERIC_WRITE access right");
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.flush());
  }
  PIPES_ORACLE_DIFFERS("Wine asks a client for no right; SetNamedPipeHandleState: must have GENERIC_WRITE access");
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.set_mode(PIPES_READMODE_BYTE));
}

TEST_P(Cli, CLI_8_MaximumAllowedGivesEverythingTheDescriptorGrants) {
  PIPES_OUR_ENGINE_ONLY("unconfirmed");
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EndActor client = client_end();
  ASSERT_STATUS(PIPES_OK, client.open(name, PIPES_MAXIMUM_ALLOWED));
  EXPECT_STATUS(PIPES_OK, client.write("there").status);
  ASSERT_STATUS(PIPES_OK, server.write("back").status);
  EXPECT_EQ("back", client.read().bytes);

  const std::string one_way = unique_name();
  EndActor inbound = listening_server(one_way, {.open_mode = PIPES_ACCESS_INBOUND});
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client_end().open(one_way, PIPES_MAXIMUM_ALLOWED));
}

TEST_P(Cli, CLI_9_TakenDisconnectedAndClosingInstancesAreBusy) {
  EndPair taken = connected_ends();
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, client_end().open(taken.name));

  EndPair disconnected = connected_ends();
  ASSERT_STATUS(PIPES_OK, disconnected.server.disconnect());
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, client_end().open(disconnected.name));

  EndPair closing = connected_ends();
  ASSERT_STATUS(PIPES_OK, closing.client.close());
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, client_end().open(closing.name));
}

TEST(CliHere, CLI_10_OfRacingClientsExactlyOneGetsTheInstance) {
  constexpr size_t kClients = 8;
  const std::string name = unique_name();
  const Handle server = create_server(name);
  std::vector<Handle> clients(kClients);
  std::vector<std::unique_ptr<Background<std::function<Code()>>>> openers;
  std::atomic<bool> go{false};
  for (Handle& client : clients) {
    openers.push_back(std::make_unique<Background<std::function<Code()>>>([&] {
      go.wait(false);
      Opened opened = try_open(name);
      client = std::move(opened.handle);
      return opened.status;
    }));
  }
  go.store(true);
  go.notify_all();
  int winners = 0;
  for (const auto& opener : openers) {
    const Code status = opener->result();
    winners += status.ok() ? 1 : 0;
    if (!status.ok()) {
      EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, status);
    }
  }
  EXPECT_EQ(1, winners);
}

TEST_P(Cli, CLI_12_FlagsOfTheHandleAreHonouredAndFileAttributesIgnored) {
  constexpr uint32_t kFileAttributeNormal = 0x80;
  const std::string name = unique_name();
  for (const uint32_t flags : {kFileAttributeNormal, PIPES_FLAG_OVERLAPPED | kFileAttributeNormal,
                               PIPES_FLAG_WRITE_THROUGH, PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_IDENTIFICATION,
                               PIPES_SECURITY_SQOS_PRESENT | PIPES_SECURITY_IMPERSONATION |
                                   PIPES_SECURITY_CONTEXT_TRACKING | PIPES_SECURITY_EFFECTIVE_ONLY}) {
    EndActor server = listening_server(name);
    EndActor client = client_end();
    EXPECT_STATUS(PIPES_OK, client.open(name, kReadWrite, flags)) << std::hex << flags;
    EXPECT_STATUS(PIPES_OK, client.write("x").status);
  }
}

TEST(CliHere, CLI_13_OptionsDecideOnInheritance) {
  const std::string name = unique_name();
  for (const uint32_t inherit : {0u, 1u}) {
    const Handle server = create_server(name);
    const pipes_open_options options{.size = sizeof(options), .inherit_handle = inherit, .server_owner = nullptr};
    pipes_handle raw = PIPES_INVALID_HANDLE;
    ASSERT_STATUS(PIPES_OK, pipes_open(name.c_str(), kReadWrite, 0, &options, &raw));
    const Handle client(raw);
    uint32_t flags = kUntouched;
    EXPECT_STATUS(PIPES_OK, pipes_get_handle_flags(client, &flags));
    EXPECT_EQ(inherit, flags & PIPES_HANDLE_FLAG_INHERIT);
  }
}

TEST_P(Cli, CLI_14_AnOpenCompletesEveryWaitingConnect) {
  PIPES_OUR_ENGINE_ONLY("D44");  // two calls at once on one synchronous end
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  Pending<Code> first = server.start_connect();
  Pending<Code> second = server.start_connect();
  ASSERT_TRUE(first.wait_until_blocked());
  ASSERT_TRUE(second.wait_until_blocked());
  EndActor client = opened_client(name);
  EXPECT_STATUS(PIPES_OK, first.result());
  EXPECT_STATUS(PIPES_OK, second.result());
}

TEST_P(Cli, CLI_14_LaterConnectsSayConnected) {
  EndPair pair = connected_ends();
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, pair.server.connect());
}

TEST_P(Cli, CLI_15_ANewClientMayWriteBeforeTheServerNotices) {
  EndPair pair = connected_ends();
  EXPECT_STATUS(PIPES_OK, pair.client.write("early").status);
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, pair.server.connect());
  EXPECT_EQ("early", pair.server.read().bytes);
}

TEST_P(Cli, CLI_15_ANewClientMayReadBeforeTheServerNotices) {
  EndPair pair = connected_ends();
  Pending<Received> reading = pair.client.start_read();
  EXPECT_TRUE(reading.wait_until_blocked());
  EXPECT_STATUS(PIPES_ERROR_PIPE_CONNECTED, pair.server.connect());
  EXPECT_STATUS(PIPES_OK, pair.server.write("late").status);
  EXPECT_EQ("late", reading.result().bytes);
}

TEST_P(Cli, CLI_16_AttributeRightsMayBeAskedForBesideADirection) {
  const std::string inbound = unique_name();
  EndActor reader = listening_server(inbound, {.open_mode = PIPES_ACCESS_INBOUND});
  EndActor writer = opened_client(inbound, PIPES_GENERIC_WRITE | PIPES_FILE_READ_ATTRIBUTES);
  EXPECT_STATUS(PIPES_OK, writer.get_info().status);

  const std::string outbound = unique_name();
  EndActor source = listening_server(outbound, {.open_mode = PIPES_ACCESS_OUTBOUND});
  EndActor sink = opened_client(outbound, PIPES_GENERIC_READ | PIPES_FILE_WRITE_ATTRIBUTES);
  EXPECT_STATUS(PIPES_OK, sink.set_mode(PIPES_READMODE_MESSAGE));
}

TEST_P(Cli, CLI_17_AClientHandleCannotBeReconnected) {
  EndPair pair = connected_ends();
  ASSERT_STATUS(PIPES_OK, pair.server.disconnect());
  Pending<Code> connecting = pair.server.start_connect();
  ASSERT_TRUE(connecting.wait_until_blocked());
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, pair.client.write("x").status);
  EXPECT_FALSE(connecting.finished());
  EXPECT_STATUS(PIPES_OK, pair.client.open(pair.name)) << "closed and opened anew";
  EXPECT_STATUS(PIPES_OK, connecting.result());
}

TEST(CliHere, CLI_18_OneThreadMayBeServerAndClient) {
  const Pair pair = connected_pair();
  EXPECT_STATUS(PIPES_OK, write(pair.client, "to myself").status);
  EXPECT_EQ("to myself", read(pair.server).bytes);
  EXPECT_STATUS(PIPES_OK, write(pair.server, "and back").status);
  EXPECT_EQ("and back", read(pair.client).bytes);
}

TEST_P(Cli, CLI_19_EveryUndefinedAccessBitIsDenied) {
  const std::string name = unique_name();
  EndActor server = listening_server(name);
  EndActor client = client_end();
  PIPES_ORACLE_DIFFERS("Wine ignores undefined access bits; CLI-19 [MS-FSA 2.1.5.2]");
  for (uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((bit & kUndefinedAccessBits) == 0) continue;
    EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, client.open(name, PIPES_GENERIC_READ | bit)) << std::hex << bit;
  }
  EXPECT_STATUS(PIPES_OK, client.open(name, PIPES_GENERIC_READ));
}

}  // namespace
}  // namespace pipes::test
