// Handles that are put into processes that run: who takes some and who does not, receivers that stop or die, and that
// nothing is left of what came to nothing.
//
// Everything here is about Linux.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "multiprocess/rounds.h"
#include "multiprocess/user.h"
#include "support/expect.h"
#include "support/heir.h"
#include "support/holdings.h"
#include "support/overlapped.h"
#include "support/promptly.h"
#include "support/spawn.h"

namespace pipes::test {
namespace {

using std::chrono::milliseconds;

Code send_to(uint32_t process_id, pipes_handle source, uint32_t options = PIPES_DUPLICATE_SAME_ACCESS) {
  pipes_handle made = nullptr;
  const Code status = pipes_duplicate_into(source, process_id, 0, 0, options, &made);
  EXPECT_EQ(status.ok(), made != nullptr);
  return status;
}

// Both ends work, and closing one is seen at the other: nobody else holds anything.
void expect_unharmed(Pair& pair) {
  EXPECT_EQ(sent(4), write(pair.client, "orks"));
  EXPECT_EQ(received(PIPES_OK, "orks"), read(pair.server));
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(pair.server));
}

// This process takes handles while one of these is there.
class Consent {
 public:
  Consent() { EXPECT_EQ(PIPES_OK, pipes_accept_handles(1)); }
  ~Consent() { EXPECT_EQ(PIPES_OK, pipes_accept_handles(0)); }
  Consent(const Consent&) = delete;
  Consent& operator=(const Consent&) = delete;
};

// --------------------------------------------------------------------------------------------------------- who takes

TEST(SentHandles, INH_11_AProcessThatHasNotConsentedTakesNone) {
  Pair pair = connected_pair(message_pipe());
  Heir silent(nullptr);
  EXPECT_EQ(UINT32_MAX, silent.flags());
  const Stopwatch watch;
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, send_to(silent.child().process_id(), pair.client));
  EXPECT_LT(watch.elapsed(), milliseconds(1000) * time_factor()) << "it is told at once";
  expect_unharmed(pair);
}

TEST(SentHandles, INH_11_ConsentMayBeTakenBackAndGivenAgain) {
  Pair pair = connected_pair(message_pipe());
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.accept(true));
  ASSERT_STATUS(PIPES_OK, other.accept(false));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, other.take(pair.client));
  ASSERT_STATUS(PIPES_OK, other.accept(false));
  ASSERT_STATUS(PIPES_OK, other.accept(true));
  EXPECT_STATUS(PIPES_OK, other.take(pair.client));
  EXPECT_EQ(sent(5), other.write("again"));
  EXPECT_EQ(received(PIPES_OK, "again"), read(pair.server));
}

TEST(SentHandles, INH_11_AForkedChildHasNotConsented) {
  Pair pair = connected_pair(message_pipe());
  const Consent consent;
  int stays[2];
  ASSERT_EQ(0, ::pipe(stays));
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(stays[1]);
    char byte = 0;
    (void)!::read(stays[0], &byte, 1);
    ::_exit(0);
  }
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, send_to(static_cast<uint32_t>(child), pair.client));
  ::close(stays[0]);
  ::close(stays[1]);
  EXPECT_EQ(child, ::waitpid(child, nullptr, 0));
  expect_unharmed(pair);
}

TEST(SentHandles, INH_6_OnlyEndsOfPipesGo) {
  Heir other = Heir::consenting();
  pipes_handle event = nullptr;
  ASSERT_EQ(PIPES_OK, pipes_event_create(1, 0, &event));
  EXPECT_STATUS(PIPES_ERROR_NOT_SUPPORTED, send_to(other.child().process_id(), event));
  EXPECT_STATUS(PIPES_ERROR_NOT_SUPPORTED,
                send_to(other.child().process_id(), event, PIPES_DUPLICATE_SAME_ACCESS | PIPES_DUPLICATE_CLOSE_SOURCE));
  EXPECT_EQ(PIPES_ERROR_INVALID_HANDLE, pipes_close(event));
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, send_to(other.child().process_id(), event));
}

TEST(SentHandles, INH_6_NumbersThatAreNoProcesses) {
  Pair pair = connected_pair(message_pipe());
  for (const uint32_t id : {0u, UINT32_MAX, 0x80000000u}) {
    EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, send_to(id, pair.client));
  }
  expect_unharmed(pair);
}

class UsersHandles : public UsersTest {};

TEST_F(UsersHandles, INH_11_OnlyTheSameUserAndRootPutHandlesIntoAProcess) {
  User anna = user(this->anna());
  User bert = user(this->bert());
  User servant = user(root());
  ASSERT_STATUS(PIPES_OK, anna.ask("accept").status);
  for (User* sender : {&anna, &bert, &servant}) {
    ASSERT_STATUS(PIPES_OK, sender->create(unique_name()));
  }
  User anna_too = user(this->anna());
  ASSERT_STATUS(PIPES_OK, anna_too.create(unique_name()));
  const std::string command = "send " + std::to_string(anna.pid());
  EXPECT_STATUS(PIPES_OK, anna_too.ask(command).status);
  EXPECT_STATUS(PIPES_OK, servant.ask(command).status);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, bert.ask(command).status);
}

// ------------------------------------------------------------------------------------------------- in one process twice

TEST(SentHandles, INH_4_HandlesOfOneEndShareItInTheOtherProcessToo) {
  Pair pair = connected_pair(message_pipe());
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(pair.client));
  ASSERT_STATUS(PIPES_OK, other.set_mode(PIPES_READMODE_MESSAGE));
  pipes_handle second = nullptr;
  ASSERT_EQ(PIPES_OK,
            pipes_duplicate_into(pair.client, other.child().process_id(), 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &second));
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  ASSERT_STATUS(PIPES_OK, other.close());
  other.use(second);
  EXPECT_EQ(PIPES_READMODE_MESSAGE, other.get_state().mode & PIPES_READMODE_MESSAGE);
  EXPECT_EQ(sent(3), other.write("one"));
  EXPECT_EQ(received(PIPES_OK, "one"), read(pair.server));
  EXPECT_STATUS(PIPES_OK, other.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(pair.server));
}

TEST(SentHandles, INH_4_AnEndThatAllHaveGivenAwayComesBackToItsServerProcess) {
  Pair pair = connected_pair(message_pipe());
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(pair.server));
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  pipes_handle made = nullptr;
  {
    const Consent consent;
    ASSERT_STATUS(PIPES_OK, other.send(static_cast<uint32_t>(::getpid()), &made));
  }
  Handle back(made);
  EXPECT_STATUS(PIPES_OK, other.close());
  EXPECT_EQ(sent(4), write(back, "home"));
  EXPECT_EQ(received(PIPES_OK, "home"), read(pair.client));
  EXPECT_STATUS(PIPES_OK, back.close());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(pair.client));
}

TEST(SentHandles, INH_12_OperationsThatWaitStayWhereTheyAre) {
  const std::string name = unique_name();
  const Handle server = create_server(name, message_pipe());
  const Handle client = open_overlapped(name);
  Overlapped before;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, before.read(client));
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(client));
  ASSERT_EQ(sent(4), write(server, "here"));
  EXPECT_STATUS(PIPES_OK, wait_for(before.event()));
  EXPECT_EQ(received(PIPES_OK, "here"), before.received(0));
  other.kill();
  ASSERT_EQ(sent(5), write(server, "there"));
  Overlapped after;
  (void)after.read(client);
  EXPECT_STATUS(PIPES_OK, wait_for(after.event()));
}

// ------------------------------------------------------------------------------------------------- receivers that fail

TEST(SentHandles, INH_8_AReceiverThatIsStoppedIsWaitedForTwoSeconds) {
  Pair pair = connected_pair(message_pipe());
  Handle other_source;
  {
    pipes_handle made = nullptr;
    ASSERT_EQ(PIPES_OK, pipes_duplicate(pair.client, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
    other_source = Handle(made);
  }
  Heir other = Heir::consenting();
  other.child().stop();
  const Stopwatch watch;
  EXPECT_STATUS(PIPES_ERROR_SEM_TIMEOUT, send_to(other.child().process_id(), other_source,
                                                 PIPES_DUPLICATE_SAME_ACCESS | PIPES_DUPLICATE_CLOSE_SOURCE));
  EXPECT_GE(watch.elapsed(), milliseconds(1900));
  EXPECT_LT(watch.elapsed(), two_seconds_and_slack());
  EXPECT_STATUS(PIPES_ERROR_INVALID_HANDLE, other_source.close());
  other.child().resume();
  // It goes on as if nothing had happened, and holds nothing.
  ASSERT_STATUS(PIPES_OK, other.take(pair.client));
  ASSERT_STATUS(PIPES_OK, other.close());
  expect_unharmed(pair);
}

TEST(SentHandles, INH_11_AReceiverThatDiesAmidIsNoReceiver) {
  Pair pair = connected_pair(message_pipe());
  Heir other = Heir::consenting();
  other.child().stop();
  Background sending([&] { return send_to(other.child().process_id(), pair.client); });
  ASSERT_TRUE(wait_until_blocked(sending));
  const Stopwatch watch;
  other.kill();
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, sending.result());
  EXPECT_LT(watch.elapsed(), milliseconds(1500) * time_factor());
  expect_unharmed(pair);
}

TEST(SentHandles, INH_11_ADeadProcessTakesNone) {
  Pair pair = connected_pair(message_pipe());
  Heir other = Heir::consenting();
  const uint32_t id = other.child().process_id();
  other.child().kill();
  (void)other.child().wait();
  EXPECT_STATUS(PIPES_ERROR_INVALID_PARAMETER, send_to(id, pair.client));
  expect_unharmed(pair);
}

// Gives what argument 1 says to the process argument 0, over and over, until it is killed.
PIPES_CHILD_ROLE(sends_without_end) {
  const uint32_t receiver = parent.number(0);
  Pair pair = connected_pair(message_pipe());
  AnonymousPair anonymous = anonymous_pair();
  parent.say("begins");
  for (uint32_t i = 0;; ++i) {
    pipes_handle made = nullptr;
    const pipes_handle sources[] = {pair.client, pair.server, anonymous.read_end, anonymous.write_end};
    if (pipes_duplicate_into(sources[i % 4], receiver, 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made) != PIPES_OK) return 1;
  }
}

// The handles that it was told of it would have told others of: they stay. That of which it was not told, goes.
TEST(SentHandles, INH_11_SendersKilledAtAnyMomentLeaveNoMoreThanTheyWereToldOf) {
  const Consent consent;
  const int deaths = rounds(10, 200, 3);
  for (int round = 0; round < deaths; ++round) {
    Child sender = Child::spawn("sends_without_end", {std::to_string(::getpid())});
    ASSERT_TRUE(sender.expect_line("begins"));
    std::this_thread::sleep_for(std::chrono::microseconds(300 + round * 467 % 6000));  // at any moment
    sender.kill();
    (void)sender.wait();
  }
  // This process lives, and takes others.
  Pair pair = connected_pair(message_pipe());
  Heir other = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, other.take(pair.client));
  pipes_handle made = nullptr;
  ASSERT_STATUS(PIPES_OK, other.send(static_cast<uint32_t>(::getpid()), &made));
  EXPECT_EQ(PIPES_OK, pipes_close(made));
  EXPECT_STATUS(PIPES_OK, other.close());
  expect_unharmed(pair);
}

// ------------------------------------------------------------------------------------------------------------ nothing left

TEST(SentHandles, INH_9_NothingIsLeftOfHandlesThatWereClosed) {
  Heir other = Heir::consenting();
  const auto once = [&](bool anonymous) {
    Pair pair = connected_pair(message_pipe());
    AnonymousPair plain = anonymous_pair();
    ASSERT_STATUS(PIPES_OK, other.take(anonymous ? plain.write_end : pair.server));
    EXPECT_EQ(sent(1), other.write("x"));
    EXPECT_STATUS(PIPES_OK, other.close());
    ASSERT_STATUS(PIPES_ERROR_ACCESS_DENIED, send_to(1, pair.client)) << "or this test runs in the first process";
  };
  once(false);
  once(true);
  const Holdings before = holdings_of_this_process();
  for (int i = 0; i < 20; ++i) once(i % 2 == 0);
  EXPECT_EQ("", kept_since(before));
}

TEST(SentHandles, INH_11_AReceiverGivesBackWhatItClosed) {
  const Consent consent;
  Heir other = Heir::consenting();
  const auto once = [&](bool anonymous) {
    Pair pair = connected_pair(message_pipe());
    AnonymousPair plain = anonymous_pair();
    ASSERT_STATUS(PIPES_OK, other.take(anonymous ? plain.write_end : pair.server));
    // Then this process has it from the other alone.
    EXPECT_STATUS(PIPES_OK, pair.server.close());
    EXPECT_STATUS(PIPES_OK, plain.write_end.close());
    pipes_handle made = nullptr;
    ASSERT_STATUS(PIPES_OK, other.send(static_cast<uint32_t>(::getpid()), &made));
    EXPECT_STATUS(PIPES_OK, other.close());
    EXPECT_EQ(PIPES_OK, pipes_close(made));
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), anonymous ? read(plain.read_end) : read(pair.client));
  };
  once(false);
  once(true);
  const Holdings before = holdings_of_this_process();
  for (int i = 0; i < 20; ++i) once(i % 2 == 0);
  EXPECT_EQ("", kept_since(before));
}

// Several threads at once, in both directions. The receiver keeps what it gets, and has descriptors for so many.
TEST(SentHandles, INH_11_ManyAtATime) {
  const Consent consent;
  Heir other = Heir::consenting();
  const uint32_t receiver = other.child().process_id();
  const int count = rounds(20, 300, 5);
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i) {
    senders.emplace_back([&, receiver] {
      for (int round = 0; round < count; ++round) {
        Pair pair = connected_pair(message_pipe());
        EXPECT_STATUS(PIPES_OK, send_to(receiver, pair.client));
      }
    });
  }
  Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, other.take(pair.client));
  for (int round = 0; round < count; ++round) {
    pipes_handle made = nullptr;
    ASSERT_STATUS(PIPES_OK, other.send(static_cast<uint32_t>(::getpid()), &made));
    EXPECT_EQ(PIPES_OK, pipes_close(made));
  }
  for (std::thread& sender : senders) sender.join();
}

}  // namespace
}  // namespace pipes::test
