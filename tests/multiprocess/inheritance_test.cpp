// Ends that several processes share because they inherited a handle: traffic of all of them at once, holders that are
// killed, programs that know nothing of this library, server processes that end, and what must not be looked at.
//
// Everything here is about Linux.
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "multiprocess/refused_calls.h"
#include "multiprocess/rounds.h"
#include "support/expect.h"
#include "support/heir.h"
#include "support/overlapped.h"
#include "support/remote_end.h"
#include "support/spawn.h"

namespace pipes::test {
namespace {

std::string value_of(pipes_handle handle) { return std::to_string(reinterpret_cast<uintptr_t>(handle)); }
pipes_handle handle_of(const std::string& value) {
  return reinterpret_cast<pipes_handle>(static_cast<uintptr_t>(std::stoull(value)));
}

void make_inheritable(pipes_handle handle) {
  ASSERT_STATUS(PIPES_OK, pipes_set_handle_flags(handle, PIPES_HANDLE_FLAG_INHERIT, PIPES_HANDLE_FLAG_INHERIT));
}

// Message `number` of `writer`, of a length that follows from both.
std::string numbered(const std::string& writer, uint32_t number) {
  std::string text = writer + " " + std::to_string(number) + " ";
  text.append((number * 37 + writer.size() * 101) % 700, static_cast<char>('a' + number % 26));
  return text;
}

// ------------------------------------------------------------------------------------------------------ traffic of all

// Writes numbered messages with the handle argument 0, argument 1 of them.
PIPES_CHILD_ROLE(writes_numbered) {
  const pipes_handle end = handle_of(parent.argument(0));
  if (!parent.say("ready") || !parent.next_line()) return 1;
  for (uint32_t number = 0; number < parent.number(1); ++number) {
    if (!write(end, numbered(parent.argument(2), number)).status.ok()) return 2;
  }
  parent.wait_for_end();
  return 0;
}

// Reads messages with the handle argument 0 until it finds the word that ends all, and says them.
PIPES_CHILD_ROLE(reads_numbered) {
  const pipes_handle end = handle_of(parent.argument(0));
  if (!parent.say("ready") || !parent.next_line()) return 1;
  while (true) {
    const Received got = read(end);
    if (!got.status.ok()) return 2;
    if (!parent.say(got.bytes) || got.bytes == "end") return 0;
  }
}

class SharedTraffic : public testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Quota, SharedTraffic, testing::Values(0u, 300u, 4096u),
                         [](const auto& quota) { return "Of" + std::to_string(quota.param); });

TEST_P(SharedTraffic, INH_4_MessagesOfSeveralProcessesStayWholeAndInTheirOrder) {
  const auto count = static_cast<uint32_t>(rounds(300, 20000, 50));
  Pair pair = connected_pair(with_quota(message_pipe(), GetParam()));
  ASSERT_STATUS(PIPES_OK, set_mode(pair.server, PIPES_READMODE_MESSAGE));
  make_inheritable(pair.client);
  std::vector<Child> writers;
  for (const std::string name : {"first", "second"}) {
    writers.push_back(Child::spawn("writes_numbered", {value_of(pair.client), std::to_string(count), name}));
  }
  for (Child& writer : writers) ASSERT_TRUE(writer.expect_line("ready"));
  for (Child& writer : writers) ASSERT_TRUE(writer.say("go"));
  std::thread here([&] {
    for (uint32_t number = 0; number < count; ++number) {
      EXPECT_STATUS(PIPES_OK, write(pair.client, numbered("parent", number)).status);
    }
  });
  std::map<std::string, uint32_t> next;
  for (uint32_t i = 0; i < 3 * count; ++i) {
    const Received got = read(pair.server);
    ASSERT_STATUS(PIPES_OK, got.status);
    const std::string writer = got.bytes.substr(0, got.bytes.find(' '));
    ASSERT_EQ(numbered(writer, next[writer]++), got.bytes);
  }
  here.join();
  EXPECT_EQ(3u, next.size());
  for (Child& writer : writers) {
    writer.hang_up();
    EXPECT_EQ(0, writer.wait().code);
  }
}

TEST(SharedEnds, INH_4_EachMessageIsReadByOneProcess) {
  const auto count = static_cast<uint32_t>(rounds(600, 20000, 50));
  Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, set_mode(pair.client, PIPES_READMODE_MESSAGE));
  make_inheritable(pair.client);
  Child reader = Child::spawn("reads_numbered", {value_of(pair.client)});
  ASSERT_TRUE(reader.expect_line("ready"));
  ASSERT_TRUE(reader.say("go"));
  std::vector<std::string> by_child;
  std::vector<std::string> by_parent;
  std::thread listening([&] {
    while (const auto line = reader.next_line()) by_child.push_back(*line);
  });
  std::thread reading([&] {
    while (by_parent.empty() || by_parent.back() != "end") {
      const Received got = read(pair.client);
      ASSERT_STATUS(PIPES_OK, got.status);
      by_parent.push_back(got.bytes);
    }
  });
  for (uint32_t number = 0; number < count; ++number) {
    ASSERT_STATUS(PIPES_OK, write(pair.server, numbered("m", number)).status);
  }
  for (int i = 0; i < 2; ++i) ASSERT_STATUS(PIPES_OK, write(pair.server, "end").status);
  reading.join();
  listening.join();
  std::multiset<std::string> all(by_child.begin(), by_child.end());
  all.insert(by_parent.begin(), by_parent.end());
  std::multiset<std::string> expected{"end", "end"};
  for (uint32_t number = 0; number < count; ++number) expected.insert(numbered("m", number));
  EXPECT_EQ(expected, all);
}

// A transaction that waits for room goes on taking in what the other end sends meanwhile (TRANS-5).
TEST(SharedEnds, TRANS_5_ATransactionGoesOnThatBeganBeforeTheEndWasShared) {
  const std::string name = unique_name();
  EndActor server(Host::in_child());
  ASSERT_STATUS(PIPES_OK, server.create_named(name, message_pipe()));
  const Handle client = open_client(name);
  ASSERT_STATUS(PIPES_OK, set_mode(client, PIPES_READMODE_MESSAGE));
  const std::string request(9 << 19, 'q');  // longer than the ring, as the reply is
  const std::string reply(9 << 19, 'r');
  Background transacting([&] { return transact(client, request, 5 << 20); });
  ASSERT_TRUE(wait_until_blocked(transacting));
  make_inheritable(client);
  EXPECT_EQ(sent(reply.size()), server.write(reply));
  EXPECT_EQ(received(PIPES_OK, request), server.read(5 << 20));
  EXPECT_EQ(received(PIPES_OK, reply), transacting.result());
}

// Such a message comes in more parts than the page of the end has room for.
TEST(SharedEnds, INH_4_AMessageMuchLongerThanTheRingGoesThrough) {
  Pair pair = connected_pair(byte_pipe());
  make_inheritable(pair.client);
  constexpr size_t kSize = 52 << 20;
  Background writing([&] { return write(pair.client, std::string(kSize, 'w')); });
  size_t all = 0;
  while (all < kSize) {
    const Received got = read(pair.server, 4 << 20);
    ASSERT_STATUS(PIPES_OK, got.status);
    all += got.transferred;
  }
  EXPECT_EQ(kSize, all);
  EXPECT_EQ(sent(kSize), writing.result());
}

TEST(SharedEnds, INH_12_OverlappedOperationsBelongToTheirProcess) {
  const std::string name = unique_name();
  const Handle server = create_server(name, with_quota(message_pipe(), 1000));
  const Handle client = open_overlapped(name);
  Overlapped before;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, before.read(client));
  make_inheritable(client);
  Heir heir(client);
  ASSERT_NE(UINT32_MAX, heir.flags());
  ASSERT_EQ(sent(6), write(server, "parent"));
  EXPECT_STATUS(PIPES_OK, wait_for(before.event()));
  EXPECT_EQ(received(PIPES_OK, "parent"), before.received(0));
  Overlapped read_here;
  Overlapped writing;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, read_here.read(client));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(client, std::string(5000, 'o')));
  heir.kill();
  EXPECT_EQ(received(PIPES_OK, std::string(5000, 'o')), read(server, 8000));
  EXPECT_STATUS(PIPES_OK, wait_for(writing.event()));
  EXPECT_EQ(sent(5000), writing.sent(0));
  ASSERT_EQ(sent(5), write(server, "later"));
  EXPECT_STATUS(PIPES_OK, wait_for(read_here.event()));
  EXPECT_EQ(received(PIPES_OK, "later"), read_here.received(0));
}

// Peeks at the end argument 0, or writes to it, as it is told, and says what came of it; or keeps from having another
// descriptor.
PIPES_CHILD_ROLE(goes_without_descriptors) {
  const pipes_handle end = handle_of(parent.argument(0));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  const rlim_t usual = limit.rlim_cur;
  while (const auto order = parent.next_line()) {
    Code came;
    if (order == "peek") came = peek(end).status;
    if (order == "write") came = write(end, "of the heir").status;
    if (order == "disconnect") came = disconnect(end);
    if (order == "none" || order == "many") {
      limit.rlim_cur = order == "none" ? 3 : usual;
      if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 2;
    }
    if (!parent.say(std::to_string(came.number))) return 3;
  }
  return 0;
}

TEST(SharedEnds, INH_4_AHolderThatCannotHaveTheConnectionDisturbsNobody) {
  Pair pair = connected_pair(message_pipe());
  make_inheritable(pair.server);
  Child heir = Child::spawn("goes_without_descriptors", {value_of(pair.server)});
  const auto told = [&](const char* order) {
    EXPECT_TRUE(heir.say(order));
    return heir.next_line().value_or("nothing");
  };
  const std::string fine = "0";
  const std::string lacking = std::to_string(PIPES_ERROR_NO_SYSTEM_RESOURCES);
  EXPECT_EQ(fine, told("peek"));
  EXPECT_EQ(fine, told("none"));
  ASSERT_STATUS(PIPES_OK, disconnect(pair.server));
  Background connecting([&] { return connect(pair.server); });
  ASSERT_STATUS(PIPES_OK, wait_available(pair.name));
  const Handle next = open_client(pair.name);
  ASSERT_STATUS(PIPES_OK, connecting.result());
  ASSERT_EQ(sent(9), write(next, "a message"));
  EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "a m"), read(pair.server, 3));
  for (const char* order : {"peek", "write", "disconnect"}) EXPECT_EQ(lacking, told(order));
  EXPECT_EQ(received(PIPES_OK, "essage"), read(pair.server));
  EXPECT_EQ(sent(6), write(pair.server, "answer"));
  EXPECT_EQ(received(PIPES_OK, "answer"), read(next));
  EXPECT_EQ(fine, told("many"));
  EXPECT_EQ(fine, told("write"));
  EXPECT_EQ(received(PIPES_OK, "of the heir"), read(next));
}

// Makes a handle inheritable while the system does not let it give the connection's descriptors to others.
PIPES_CHILD_ROLE(shares_in_vain) {
  Pair pair = connected_pair(message_pipe());
  // The descriptors that are made next: of the page and the box.
  const int page = ::dup(STDIN_FILENO);
  const int box = ::dup(STDIN_FILENO);
  ::close(page);
  ::close(box);
  if (!refuse_system_call_on(__NR_sendmsg, box, ENOBUFS)) return parent.say("no filters here") ? 0 : 1;
  const auto share = [&] {
    return pipes_set_handle_flags(pair.client, PIPES_HANDLE_FLAG_INHERIT, PIPES_HANDLE_FLAG_INHERIT);
  };
  parent.say(std::to_string(share()));
  uint32_t flags = UINT32_MAX;
  (void)pipes_get_handle_flags(pair.client, &flags);
  parent.say(std::to_string(flags));
  (void)write(pair.client, "there");
  parent.say(read(pair.server).bytes);
  (void)write(pair.server, "and back");
  parent.say(read(pair.client).bytes);
  (void)::dup(STDIN_FILENO);  // with others it succeeds
  return parent.say(std::to_string(share())) ? 0 : 1;
}

TEST(SharedEnds, INH_1_AHandleThatCannotBeMadeInheritableGoesOn) {
  Child child = Child::spawn("shares_in_vain");
  const auto came = child.next_line();
  if (came == "no filters here") GTEST_SKIP() << "this system lets no process filter its system calls";
  EXPECT_EQ(std::to_string(PIPES_ERROR_NO_SYSTEM_RESOURCES), came);
  for (const char* line : {"0", "there", "and back", "0"}) EXPECT_TRUE(child.expect_line(line));
  EXPECT_EQ(0, child.wait().code);
}

// ---------------------------------------------------------------------------------------------------------- who dies

// Whoever is killed in the midst of its calls: what the others write comes whole and in order, and nobody waits for
// ever. Of the victim's messages each comes whole or not at all.
TEST(SharedEnds, FINE_25_HoldersKilledAtAnyMomentDisturbNobody) {
  const int deaths = rounds(12, 400, 3);
  for (int round = 0; round < deaths; ++round) {
    Pair pair = connected_pair(with_quota(message_pipe(), round % 2 == 0 ? 200 : 8000));
    ASSERT_STATUS(PIPES_OK, set_mode(pair.server, PIPES_READMODE_MESSAGE));
    make_inheritable(pair.client);
    Child victim = Child::spawn("writes_numbered", {value_of(pair.client), "4000000", "victim"});
    ASSERT_TRUE(victim.expect_line("ready"));
    ASSERT_TRUE(victim.say("go"));
    constexpr uint32_t kCount = 60;
    std::thread killing([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(200 + round * 311 % 5000));  // at any moment
      victim.kill();
    });
    std::thread here([&] {
      for (uint32_t number = 0; number < kCount; ++number) {
        EXPECT_STATUS(PIPES_OK, write(pair.client, numbered("parent", number)).status);
      }
      killing.join();
      (void)victim.wait();
      EXPECT_STATUS(PIPES_OK, write(pair.client, "end").status);
    });
    std::map<std::string, uint32_t> next;
    while (true) {
      const Received got = read(pair.server);
      EXPECT_STATUS(PIPES_OK, got.status);
      if (!got.status.ok() || got.bytes == "end") break;
      const std::string writer = got.bytes.substr(0, got.bytes.find(' '));
      EXPECT_EQ(numbered(writer, next[writer]++), got.bytes);
      if (HasFailure()) break;
    }
    if (HasFailure()) pair.server.close();
    here.join();
    EXPECT_EQ(kCount, next["parent"]);
    if (HasFailure()) return;
  }
}

TEST(SharedEnds, FINE_25_AKilledReaderLeavesTheRestToTheOthers) {
  Pair pair = connected_pair(message_pipe());
  ASSERT_STATUS(PIPES_OK, set_mode(pair.client, PIPES_READMODE_MESSAGE));
  make_inheritable(pair.client);
  Heir heir(pair.client);
  ASSERT_EQ(sent(7), write(pair.server, "message"));
  EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, "mes"), heir.read(3));
  heir.start_write(std::string(20000, 'w'));
  heir.kill();
  EXPECT_EQ(received(PIPES_OK, "sage"), read(pair.client));
}

// A read that has begun a message longer than the ring is nobody else's until its process dies.
TEST(SharedEnds, INH_4_AWaitingReaderThatDiesIsForgotten) {
  Pair pair = connected_pair(message_pipe());
  make_inheritable(pair.client);
  Heir heir(pair.client);
  heir.start_read();
  Background reading([&] { return read(pair.client); });
  ASSERT_TRUE(wait_until_blocked(reading));
  heir.kill();
  ASSERT_EQ(sent(3), write(pair.server, "for"));
  EXPECT_EQ(received(PIPES_OK, "for"), reading.result());
}

// What the reads of a dead holder had room for is no room beyond the quota any more (BUF-6).
TEST(SharedEnds, BUF_6_AReaderThatDiedHasNoRoomForAnything) {
  Pair pair = connected_pair(with_quota(message_pipe(), 100));
  make_inheritable(pair.client);
  Heir heir(pair.client);
  heir.start_read(500);
  ASSERT_STATUS(PIPES_OK, set_mode(pair.server, PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
  heir.kill();
  EXPECT_STATUS(PIPES_OK, peek(pair.client).status);
  EXPECT_EQ(sent(0), write(pair.server, std::string(300, 'm')));
  EXPECT_STATUS(PIPES_OK, set_mode(pair.client, PIPES_READMODE_MESSAGE)) << "as if a read waited";
}

// Executes this program anew, in a role.
[[noreturn]] void become(const char* program, const std::string& role, const std::string& argument) {
  const std::string words = "--pipes-role=" + role;
  ::execl(program, "heir", words.c_str(), argument.c_str(), nullptr);
  ::_exit(127);
}

// Serves the pipe argument 0, gives its connected end to a program of its own that outlives it, and ends.
PIPES_CHILD_ROLE(serves_and_bequeaths) {
  Handle server = create_server(parent.argument(0), message_pipe());
  parent.say("serving");
  if (!accept_client(server)) return 1;
  pipes_set_handle_flags(server, PIPES_HANDLE_FLAG_INHERIT, PIPES_HANDLE_FLAG_INHERIT);
  if (::fork() == 0) become("/proc/self/exe", "answers_once", value_of(server));
  parent.wait_for_end();
  return 0;
}

PIPES_CHILD_ROLE(answers_once) {
  ::prctl(PR_SET_PDEATHSIG, 0);
  const pipes_handle end = handle_of(parent.argument(0));
  (void)write(end, "ready");
  const Received request = read(end);
  (void)write(end, "heir of " + request.bytes);
  (void)flush(end);
  return 0;
}

TEST(SharedEnds, INH_4_AConnectionOutlivesTheServerProcess) {
  const std::string name = unique_name();
  Child server = Child::spawn("serves_and_bequeaths", {name});
  ASSERT_TRUE(server.expect_line("serving"));
  const Handle client = open_client(name);
  EXPECT_EQ(received(PIPES_OK, "ready"), read(client));
  server.hang_up();
  EXPECT_EQ(0, server.wait().code);
  ASSERT_EQ(sent(4), write(client, "late"));
  EXPECT_EQ(received(PIPES_OK, "heir of late"), read(client));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(client));
}

// Disconnects the server end that it inherited, waits for the next client, and says what came of it through a pipe.
PIPES_CHILD_ROLE(waits_for_the_next) {
  ::prctl(PR_SET_PDEATHSIG, 0);
  const pipes_handle end = handle_of(parent.argument(0));
  const Handle report = open_client(parent.argument(1));
  const Code disconnected = disconnect(end);
  Background connecting([end] { return connect(end); });
  (void)write(report, disconnected.ok() && wait_until_blocked(connecting) ? "waits" : "does not");
  (void)write(report, std::to_string(connecting.result().number));
  (void)write(report, std::to_string(connect(end).number));
  (void)flush(report);
  return 0;
}

PIPES_CHILD_ROLE(serves_and_leaves_a_waiter) {
  Handle server = create_server(parent.argument(0), message_pipe());
  pipes_set_handle_flags(server, PIPES_HANDLE_FLAG_INHERIT, PIPES_HANDLE_FLAG_INHERIT);
  if (::fork() == 0) {
    const std::string value = value_of(server);
    ::execl("/proc/self/exe", "heir", "--pipes-role=waits_for_the_next", value.c_str(), parent.argument(1).c_str(),
            nullptr);
    ::_exit(127);
  }
  parent.wait_for_end();
  return 0;
}

TEST(SharedEnds, USE_3_NobodyWaitsForAClientOfAServerProcessThatHasEnded) {
  const std::string report = unique_name();
  Handle reports = create_server(report, message_pipe());
  Child server = Child::spawn("serves_and_leaves_a_waiter", {unique_name(), report});
  ASSERT_TRUE(accept_client(reports));
  ASSERT_EQ(received(PIPES_OK, "waits"), read(reports));
  server.kill();
  EXPECT_EQ(received(PIPES_OK, std::to_string(PIPES_ERROR_BROKEN_PIPE)), read(reports));
  EXPECT_EQ(received(PIPES_OK, std::to_string(PIPES_ERROR_NOT_SUPPORTED)), read(reports));
}

TEST(SharedEnds, USE_3_AServerProcessWithoutHandlesGoesOnTakingClients) {
  Pair pair = connected_pair(message_pipe());
  make_inheritable(pair.server);
  Heir heir(pair.server);
  EXPECT_STATUS(PIPES_OK, heir.disconnect());
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  // This is the server process: a client can come, though its own handle is closed.
  heir.start_connect();
  ASSERT_STATUS(PIPES_OK, wait_available(pair.name));
  const Handle next = open_client(pair.name);
  EXPECT_STATUS(PIPES_OK, heir.result().status);
  EXPECT_EQ(sent(2), heir.write("hi"));
  EXPECT_EQ(received(PIPES_OK, "hi"), read(next));
}

TEST(SharedEnds, INST_11_AnInstanceCountsUntilAllHoldersAreGone) {
  const std::string name = unique_name();
  Handle server = create_server(name, {.max_instances = 1});
  const Handle client = open_client(name);
  make_inheritable(server);
  Heir heir(server);
  ASSERT_NE(UINT32_MAX, heir.flags());
  EXPECT_STATUS(PIPES_OK, server.close());
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, try_create_server(name, {.max_instances = 1}).status);
  EXPECT_EQ(sent(5), heir.write("still"));
  EXPECT_EQ(received(PIPES_OK, "still"), read(client));
  heir.kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(client));
}

// --------------------------------------------------------------------------------------------- programs of other kinds

TEST(SharedEnds, INH_5_AProgramThatKnowsNothingOfThisKeepsTheEndOpen) {
  Pair pair = connected_pair(message_pipe());
  make_inheritable(pair.client);
  Program sleeper = Program::sleeper();
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  Background reading([&] { return read(pair.server); });
  EXPECT_TRUE(wait_until_blocked(reading));
  sleeper.kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
}

// Nor does a child of fork that executes nothing know of it, though it is of the same program: it has no handle.
TEST(SharedEnds, INH_5_AForkedChildThatExecutesNothingKeepsTheEndOpen) {
  Pair pair = connected_pair(message_pipe());
  make_inheritable(pair.client);
  int report[2];
  ASSERT_EQ(0, ::pipe2(report, O_CLOEXEC));
  const pid_t child = ::fork();
  if (child == 0) {
    uint32_t flags = 0;
    const bool gone = pipes_get_handle_flags(pair.client, &flags) == PIPES_ERROR_INVALID_HANDLE;
    (void)!::write(report[1], gone ? "gone" : "here", 4);
    while (true) ::pause();
  }
  char said[5] = {};
  EXPECT_EQ(4, ::read(report[0], said, 4));
  EXPECT_STREQ("gone", said);
  ::close(report[0]);
  ::close(report[1]);
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  Background reading([&] { return read(pair.server); });
  EXPECT_TRUE(wait_until_blocked(reading));
  EXPECT_EQ(0, ::kill(child, SIGKILL));
  EXPECT_EQ(child, ::waitpid(child, nullptr, 0));
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
}

TEST(SharedEnds, INH_3_AnonymousHandlesAreInheritedByAnyExec) {
  AnonymousPair pair = anonymous_pair(0, true);
  Heir heir(pair.write_end);
  EXPECT_EQ(sent(5), heir.write("child"));
  EXPECT_EQ(received(PIPES_OK, "child"), read(pair.read_end));
  EXPECT_STATUS(PIPES_OK, pipes_set_handle_flags(pair.read_end, PIPES_HANDLE_FLAG_INHERIT, 0));
  Heir other(pair.read_end);
  EXPECT_EQ(UINT32_MAX, other.flags());
}

// Ends with 3 if the value argument 0 is no handle here.
PIPES_CHILD_ROLE(has_a_handle) {
  uint32_t flags = 0;
  return pipes_get_handle_flags(handle_of(parent.argument(0)), &flags) == PIPES_OK ? 0 : 3;
}

int code_of(const char* program, pipes_handle handle) {
  const pid_t child = ::fork();
  if (child == 0) become(program, "has_a_handle", value_of(handle));
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SharedEnds, DECISION_39_ProgramsWithRaisedRightsDoNotLook) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a program of another user's";
  Pair pair = connected_pair(message_pipe());
  make_inheritable(pair.client);
  EXPECT_EQ(0, code_of("/proc/self/exe", pair.client));
  const auto program = std::filesystem::temp_directory_path() / ("pipes-raised-" + std::to_string(::getpid()));
  std::filesystem::copy_file("/proc/self/exe", program, std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(0, ::chown(program.c_str(), 65534, 65534));
  EXPECT_EQ(0, ::chmod(program.c_str(), 04755));
  // The kernel places the memory of such a program as it likes, which a sanitizer may not bear.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  EXPECT_NE(0, code_of(program.c_str(), pair.client));
#else
  EXPECT_EQ(3, code_of(program.c_str(), pair.client));
#endif
  std::filesystem::remove(program);
}

}  // namespace
}  // namespace pipes::test
