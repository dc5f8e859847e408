// pipes.hpp, named pipes: that each call reaches its counterpart in the C ABI with the right arguments, that MORE_DATA
// and PIPE_CONNECTED are no failures here, and that ends own their handles. What a pipe does is tested elsewhere.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipes/pipes.hpp"
#include "support/harness.h"
#include "support/oracle.h"
#include "support/platform.h"

namespace {

using pipes::ClientEnd;
using pipes::ReadMode;
using pipes::ServerEnd;
using pipes::State;
using pipes::Type;
using pipes::WaitMode;
using pipes::test::unique_name;
using std::chrono_literals::operator""ms;

struct Pair {
  ServerEnd server;
  ClientEnd client;
};

Pair message_pair(const std::string& name) {
  ServerEnd server(name, {.type = Type::kMessage});
  ClientEnd client(name, {.read_mode = ReadMode::kMessage});
  server.connect();
  return {std::move(server), std::move(client)};
}

Pair byte_pair(const std::string& name) {
  ServerEnd server(name);
  ClientEnd client(name);
  server.connect();
  return {std::move(server), std::move(client)};
}

std::string text_of(const std::vector<std::byte>& bytes) { return std::string(pipes::text(bytes)); }

template <class Call>
pipes_status thrown_by(Call call) {
  try {
    call();
    return PIPES_OK;
  } catch (const pipes::Error& error) {
    return error.status();
  }
}

// ------------------------------------------------------------------------------------------------- creating, opening --

TEST(CppNamed, DefaultsMakeADuplexBytePipe) {
  const auto [server, client] = byte_pair(unique_name());

  const pipes::EndInfo info = server.info();

  EXPECT_EQ(info.type, Type::kByte);
  EXPECT_EQ(info.direction, pipes::Direction::kDuplex);
  EXPECT_EQ(info.max_instances, 255u);
  EXPECT_EQ(info.instances, 1u);
  EXPECT_EQ(info.state, State::kConnected);
  EXPECT_TRUE(info.server_end);
  EXPECT_FALSE(client.info().server_end);
}

TEST(CppNamed, OptionsReachTheLibrary) {
  const ServerEnd server(unique_name(), {.type = Type::kMessage,
                                         .read_mode = ReadMode::kByte,
                                         .wait_mode = WaitMode::kNoWait,
                                         .direction = pipes::Direction::kInbound,
                                         .max_instances = 3,
                                         .outbound_quota = 1000,
                                         .inbound_quota = 2000});

  const pipes::EndInfo info = server.info();

  EXPECT_EQ(info.type, Type::kMessage);
  EXPECT_EQ(info.direction, pipes::Direction::kInbound);
  EXPECT_EQ(info.max_instances, 3u);
  EXPECT_EQ(info.outbound_quota, 1000u);
  EXPECT_EQ(info.inbound_quota, 2000u);
  EXPECT_EQ(server.modes().read_mode, ReadMode::kByte);
  EXPECT_EQ(server.modes().wait_mode, WaitMode::kNoWait);
}

TEST(CppNamed, AMessagePipeIsReadByMessagesUnlessToldOtherwise) {
  const ServerEnd server(unique_name(), {.type = Type::kMessage});

  EXPECT_EQ(server.modes().read_mode, ReadMode::kMessage);
}

TEST(CppNamed, FirstInstanceRefusesANameThatExists) {
  const std::string name = unique_name();
  const ServerEnd first(name, {.first_instance = true});

  const auto second = ServerEnd::try_create(name, {.first_instance = true});

  PIPES_ORACLE_DIFFERS("table 4: second instance with FILE_FLAG_FIRST_PIPE_INSTANCE");
  EXPECT_EQ(second.status(), PIPES_ERROR_ACCESS_DENIED);
}

TEST(CppNamed, CreatingBeyondTheMaximumThrowsPipeBusy) {
  const std::string name = unique_name();
  const ServerEnd first(name, {.max_instances = 1});

  EXPECT_EQ(thrown_by([&] { const ServerEnd second(name, {.max_instances = 1}); }), PIPES_ERROR_PIPE_BUSY);
}

TEST(CppNamed, OpeningAnUnknownNameIsFileNotFoundInBothStyles) {
  EXPECT_EQ(ClientEnd::try_open(unique_name()).status(), PIPES_ERROR_FILE_NOT_FOUND);
  EXPECT_EQ(thrown_by([&] { const ClientEnd client(unique_name()); }), PIPES_ERROR_FILE_NOT_FOUND);
}

TEST(CppNamed, ANameWithAZeroInsideIsRefusedNotCut) {
  const std::string name = unique_name() + std::string("\0tail", 5);

  EXPECT_EQ(ServerEnd::try_create(name).status(), PIPES_ERROR_INVALID_NAME);
  EXPECT_EQ(ClientEnd::try_open(name).status(), PIPES_ERROR_INVALID_NAME);
  EXPECT_EQ(pipes::try_wait_available(name, 1ms).status(), PIPES_ERROR_INVALID_NAME);
}

TEST(CppNamed, TheOwnerOfTheServerCanBeDemanded) {
  const std::string name = unique_name();
  const ServerEnd server(name);
  EXPECT_EQ(ClientEnd::try_open(name, {.server_owner = "AN"}).status(), PIPES_ERROR_INVALID_OWNER);
  EXPECT_EQ(ClientEnd::try_open(name, {.server_owner = "nobody"}).status(), PIPES_ERROR_INVALID_SID);
  EXPECT_EQ(ClientEnd::try_open(name, {.server_owner = std::string("AN\0", 3)}).status(), PIPES_ERROR_INVALID_SID);
}

TEST(CppNamed, ANegativeTimeIsRefused) {
  const std::string name = unique_name();

  EXPECT_EQ(ServerEnd::try_create(name, {.default_timeout = -1ms}).status(), PIPES_ERROR_INVALID_PARAMETER);
  EXPECT_EQ(ClientEnd::try_open(name, {.busy_wait = -1ms}).status(), PIPES_ERROR_INVALID_PARAMETER);
  EXPECT_EQ(pipes::try_wait_available(name, -1ms).status(), PIPES_ERROR_INVALID_PARAMETER);
}

TEST(CppNamed, ABusyPipeFailsAtOnceOrWhenTheTimeIsUp) {
  const std::string name = unique_name();
  const ServerEnd server(name);
  const ClientEnd first(name);

  EXPECT_EQ(ClientEnd::try_open(name).status(), PIPES_ERROR_PIPE_BUSY);
  EXPECT_EQ(ClientEnd::try_open(name, {.busy_wait = 20ms}).status(), PIPES_ERROR_SEM_TIMEOUT);
}

TEST(CppNamed, ABusyPipeIsWaitedForUntilAnInstanceListens) {
  const std::string name = unique_name();
  const ServerEnd server(name);
  const ClientEnd first(name);

  std::thread waiting([&] {
    const auto second = ClientEnd::try_open(name, {.busy_wait = pipes::kForever});
    EXPECT_EQ(second.status(), PIPES_OK);
  });
  const ServerEnd another(name);
  waiting.join();
}

TEST(CppNamed, MessageReadModeOnABytePipeFailsAndLeavesNoClient) {
  const std::string name = unique_name();
  const ServerEnd server(name);

  EXPECT_EQ(ClientEnd::try_open(name, {.read_mode = ReadMode::kMessage}).status(), PIPES_ERROR_INVALID_PARAMETER);
  EXPECT_EQ(server.state(), State::kClosing);
}

TEST(CppNamed, AReadOnlyClientMayReadByMessages) {
  const std::string name = unique_name();
  const ServerEnd server(name, {.type = Type::kMessage, .direction = pipes::Direction::kOutbound});

  const ClientEnd client(name, {.access = PIPES_GENERIC_READ, .read_mode = ReadMode::kMessage});

  EXPECT_EQ(client.modes().read_mode, ReadMode::kMessage);
}

// ---------------------------------------------------------------------------------------------- connecting and closing --

TEST(CppNamed, CONN_2_AClientThatCameFirstIsASuccess) {
  const std::string name = unique_name();
  const ServerEnd server(name);
  const ClientEnd client(name);

  EXPECT_TRUE(server.try_connect());
}

TEST(CppNamed, AServedInstanceServesAgainAfterDisconnecting) {
  const std::string name = unique_name();
  const auto [server, first] = byte_pair(name);

  server.disconnect();
  EXPECT_EQ(server.state(), State::kDisconnected);
  EXPECT_EQ(first.try_write(pipes::bytes("x")).status(), PIPES_ERROR_PIPE_NOT_CONNECTED);
  std::thread listening([&server = server] { server.connect(); });
  const ClientEnd second(name, {.busy_wait = pipes::kForever});
  listening.join();

  EXPECT_EQ(server.state(), State::kConnected);
}

TEST(CppNamed, DestroyingAnEndClosesItAndTheOtherEndLearnsOfIt) {
  auto [server, client] = byte_pair(unique_name());
  { const ClientEnd gone = std::move(client); }

  EXPECT_EQ(thrown_by([&server = server] {
              std::array<std::byte, 1> buffer{};
              static_cast<void>(server.read(buffer));
            }),
            PIPES_ERROR_BROKEN_PIPE);
}

TEST(CppNamed, AMovedFromEndIsEmptyAndItsCallsFail) {
  auto [server, client] = byte_pair(unique_name());

  const ClientEnd taken = std::move(client);

  EXPECT_TRUE(taken);
  EXPECT_FALSE(client);  // NOLINT(bugprone-use-after-move): what is left is promised
  EXPECT_EQ(client.try_write(pipes::bytes("x")).status(), PIPES_ERROR_INVALID_HANDLE);
  EXPECT_EQ(taken.write(pipes::bytes("x")), 1u);
}

TEST(CppNamed, AssigningToAnEndClosesWhatItOwned) {
  const std::string name = unique_name();
  auto [server, client] = byte_pair(name);

  client = ClientEnd();

  EXPECT_EQ(server.state(), State::kClosing);
}

TEST(CppNamed, AReleasedHandleIsTheCallersToClose) {
  auto [server, client] = byte_pair(unique_name());

  const pipes_handle handle = client.release();

  EXPECT_FALSE(client);
  EXPECT_EQ(server.state(), State::kConnected);
  EXPECT_EQ(pipes_close(handle), PIPES_OK);
}

// ------------------------------------------------------------------------------------------------- reading and writing --

TEST(CppNamed, READ_7_MoreDataIsAPartNotAFailure) {
  const auto [server, client] = message_pair(unique_name());
  EXPECT_EQ(client.write(pipes::bytes("abcdef")), 6u);
  std::array<std::byte, 4> buffer{};

  const pipes::Received first = server.read(buffer);
  const pipes::Received second = server.read(buffer);

  EXPECT_EQ(first.size, 4u);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(second.size, 2u);
  EXPECT_FALSE(second.more);
}

TEST(CppNamed, ReadMessageGathersAMessageOfAnyLength) {
  const auto [server, client] = message_pair(unique_name());
  std::string sent;
  for (int i = 0; sent.size() < 50000; ++i) sent += std::to_string(i);
  client.write(pipes::bytes(sent));
  client.write(pipes::bytes("next"));

  EXPECT_EQ(text_of(server.read_message()), sent);
  EXPECT_EQ(text_of(server.read_message()), "next");
}

TEST(CppNamed, ReadMessageReturnsAnEmptyMessageAsOne) {
  const auto [server, client] = message_pair(unique_name());
  client.write({});
  client.write(pipes::bytes("after"));

  EXPECT_EQ(text_of(server.read_message()), "");
  EXPECT_EQ(text_of(server.read_message()), "after");
}

TEST(CppNamed, ReadMessageStopsAtItsLimit) {
  const auto [server, client] = message_pair(unique_name());
  const std::string sent(100, 'x');
  client.write(pipes::bytes(sent));
  client.write(pipes::bytes(sent));

  EXPECT_EQ(text_of(server.read_message(100)), sent);
  EXPECT_EQ(server.try_read_message(99).status(), PIPES_ERROR_MORE_DATA);
  EXPECT_EQ(text_of(server.read_message()), "x");
}

TEST(CppNamed, PeekCountsAndTakesNothing) {
  const auto [server, client] = message_pair(unique_name());
  client.write(pipes::bytes("abcdef"));
  client.write(pipes::bytes("gh"));
  std::array<std::byte, 4> buffer{};

  const pipes::Peeked peeked = server.peek(buffer);

  EXPECT_EQ(peeked.copied, 4u);
  EXPECT_EQ(pipes::text(buffer), "abcd");
  EXPECT_EQ(peeked.available, 8u);
  EXPECT_EQ(peeked.left_this_message, 2u);
  EXPECT_EQ(text_of(server.read_message()), "abcdef");
}

TEST(CppNamed, TransactReturnsTheWholeReplyHoweverLong) {
  const auto [server, client] = message_pair(unique_name());
  const std::string reply(20000, 'r');
  std::thread answering([&server = server, &reply] {
    const std::string request = text_of(server.read_message());
    server.write(pipes::bytes(request == "ask" ? reply : "wrong"));
  });

  EXPECT_EQ(text_of(client.transact(pipes::bytes("ask"))), reply);
  answering.join();
}

TEST(CppNamed, TransactIntoABufferTellsThatThereIsMore) {
  const auto [server, client] = message_pair(unique_name());
  std::thread answering([&server = server] {
    static_cast<void>(server.read_message());
    server.write(pipes::bytes("abcdef"));
  });
  std::array<std::byte, 4> buffer{};

  const pipes::Received part = client.transact(pipes::bytes("ask"), buffer);
  answering.join();

  EXPECT_EQ(part.size, 4u);
  EXPECT_TRUE(part.more);
  EXPECT_EQ(text_of(client.read_message()), "ef");
}

TEST(CppNamed, CallOpensTransactsAndCloses) {
  const std::string name = unique_name();
  const ServerEnd server(name, {.type = Type::kMessage});
  std::thread answering([&server] {
    server.connect();
    static_cast<void>(server.read_message());
    server.write(pipes::bytes("reply"));
    EXPECT_EQ(server.try_read_message().status(), PIPES_ERROR_BROKEN_PIPE);
  });
  std::array<std::byte, 16> buffer{};

  const pipes::Received received = pipes::call(name, pipes::bytes("ask"), buffer, pipes::kForever);
  answering.join();

  EXPECT_EQ(pipes::text(std::span(buffer).first(received.size)), "reply");
  EXPECT_FALSE(received.more);
}

TEST(CppNamed, FlushReturnsWhenEverythingIsRead) {
  const auto [server, client] = byte_pair(unique_name());
  server.write(pipes::bytes("data"));
  std::thread reading([&client = client] {
    std::array<std::byte, 4> buffer{};
    EXPECT_EQ(client.read(buffer).size, 4u);
  });

  server.flush();

  EXPECT_EQ(client.peek().available, 0u);
  reading.join();
}

// ------------------------------------------------------------------------------------------------- queries, cancelling --

TEST(CppNamed, SetModesSetsBothModesOfThisEndAlone) {
  const auto [server, client] = message_pair(unique_name());

  client.set_modes({ReadMode::kByte, WaitMode::kNoWait});

  EXPECT_EQ(client.modes().read_mode, ReadMode::kByte);
  EXPECT_EQ(client.modes().wait_mode, WaitMode::kNoWait);
  EXPECT_EQ(server.modes().read_mode, ReadMode::kMessage);
  EXPECT_EQ(server.modes().wait_mode, WaitMode::kWait);
}

TEST(CppNamed, NoWaitReadsOfAnEmptyQueueSayNoData) {
  const auto [server, client] = byte_pair(unique_name());
  client.set_modes({ReadMode::kByte, WaitMode::kNoWait});
  std::array<std::byte, 1> buffer{};

  EXPECT_EQ(client.try_read(buffer).status(), PIPES_ERROR_NO_DATA);
}

TEST(CppNamed, InfoCountsWhatIsUnread) {
  const std::string name = unique_name();
  const ServerEnd server(name, {.inbound_quota = 1000});
  const ClientEnd client(name);
  client.write(pipes::bytes("12345"));

  EXPECT_EQ(server.info().readable, 5u);
  PIPES_ORACLE_DIFFERS("table 4: write quota left (INFO-14)");
  EXPECT_EQ(client.info().writable, 995u);
}

TEST(CppNamed, BothProcessesAreThisOne) {
  const auto [server, client] = byte_pair(unique_name());
  const std::uint32_t self = pipes::test::platform::process_id();

  EXPECT_EQ(server.client_process_id(), self);
  EXPECT_EQ(client.server_process_id(), self);
}

TEST(CppNamed, PEER_6_NoClientHasNoProcess) {
  PIPES_OUR_ENGINE_ONLY("D22");
  const ServerEnd server(unique_name());

  EXPECT_EQ(server.try_client_process_id().status(), PIPES_ERROR_NOT_FOUND);
}

// Windows tells the name, how many instances there are and how many there may be.
TEST(CppNamed, ListTellsAboutAPipeThatExists) {
  const std::string name = unique_name();
  const ServerEnd server(name, {.type = Type::kMessage, .max_instances = 7});

  PIPES_ORACLE_DIFFERS("Wine cannot list pipes: 66; NAME-19");
  const auto pipes = pipes::try_list();
  ASSERT_EQ(pipes.status(), PIPES_OK);
  const pipes::PipeInfo* found = nullptr;
  for (const pipes::PipeInfo& pipe : *pipes) {
    if (R"(\\.\pipe\)" + pipe.name == name) found = &pipe;
  }
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->instances, 1u);
  EXPECT_EQ(found->max_instances, 7u);
  const bool told = pipes::test::kOurEngine;
  EXPECT_EQ(found->type, told ? std::optional(Type::kMessage) : std::nullopt);
  EXPECT_EQ(found->direction, told ? std::optional(pipes::Direction::kDuplex) : std::nullopt);
  EXPECT_EQ(found->server_process_id, told ? pipes::test::platform::process_id() : 0u);
  EXPECT_EQ(found->owner_uid, pipes::test::platform::user_id());
}

TEST(CppNamed, WaitAvailableSucceedsWhileAnInstanceListens) {
  const std::string name = unique_name();
  const ServerEnd server(name);

  EXPECT_TRUE(pipes::try_wait_available(name, pipes::kForever));
  EXPECT_EQ(server.state(), State::kListening);
}

TEST(CppNamed, ABlockedReadEndsWhenItsThreadIsCancelled) {
  const auto [server, client] = byte_pair(unique_name());
  std::atomic<pipes_thread> reader = 0;
  std::atomic<bool> ended = false;
  std::thread reading([&server = server, &reader, &ended] {
    reader = pipes::current_thread();
    std::array<std::byte, 1> buffer{};
    EXPECT_EQ(server.try_read(buffer).status(), PIPES_ERROR_OPERATION_ABORTED);
    ended = true;
  });

  // Until the thread blocks there is nothing to cancel (PIPES_ERROR_NOT_FOUND, or 6 before it has a name).
  while (!ended) {
    static_cast<void>(pipes::try_cancel_synchronous(reader));
    std::this_thread::yield();
  }
  reading.join();
}

}  // namespace
