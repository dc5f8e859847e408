// A process that dies at any `CRASH:` mark of the library leaves nothing that disturbs the next creator, opener or
// lister, nor a peer, nor the other server processes of the name.
//
// Links a library that kills its process at the point that PIPES_FAULT names (src/support/fault_point.h). The points
// are read from the library's sources, so that a new one is visited, or missed, without anybody thinking of it. Only
// the C ABI is used.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "multiprocess/rounds.h"
#include "support/child.h"
#include "support/harness.h"
#include "support/holdings.h"
#include "support/overlapped.h"
#include "support/platform.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

constexpr const char* kMessage = "a whole message";
const ServerOptions kOnlyOne{.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE, .max_instances = 1};

// -------------------------------------------------------------------------------------------------------- the marks

// Calls visit(file, line) for each line of the library's sources.
template <class Visit>
void for_each_source_line(Visit visit) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PIPES_LIBRARY_SOURCES)) {
    if (!entry.is_regular_file() || entry.path().filename() == "fault_point.h") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) visit(entry.path().string(), line);
  }
}

std::vector<std::string> points_in_sources() {
  const std::regex point(R"re(PIPES_CRASH_POINT\("([^"]*)"\))re");
  std::vector<std::string> points;
  for_each_source_line([&](const std::string&, const std::string& line) {
    std::smatch match;
    if (std::regex_search(line, match, point)) points.push_back(match[1]);
  });
  return points;
}

TEST(CrashPoint, DECISION_43_EveryMarkIsAPointWhereATestCanKill) {
  int marks = 0;
  for_each_source_line([&](const std::string& file, const std::string& line) {
    if (line.find("CRASH:") == std::string::npos) return;
    ++marks;
    EXPECT_NE(std::string::npos, line.find("PIPES_CRASH_POINT(\"")) << file << ": " << line;
  });
  EXPECT_LT(10, marks) << "the sources are elsewhere";
}

// ------------------------------------------------------------------------------------------------------- the victims

ChildOptions dying_at(const std::string& point) { return {.environment = {"PIPES_FAULT=" + point}}; }

bool was_killed(Child& victim) { return victim.wait().signal == SIGKILL; }

// Founds the pipe argument 0, adds to it, and takes all of it away again.
PIPES_CHILD_ROLE(founds_and_leaves) {
  Handle first = create_server(parent.argument(0));
  Handle second = create_server(parent.argument(0));
  (void)first.close();
  (void)second.close();
  return 0;
}

// Joins the pipe argument 0, which others serve, and leaves it again.
PIPES_CHILD_ROLE(joins_and_leaves) {
  Handle server = create_server(parent.argument(0));
  (void)server.close();
  return 0;
}

// Opens the pipe argument 0, sends a message, and reads the reply.
PIPES_CHILD_ROLE(asks) {
  const Handle client = open_client(parent.argument(0));
  (void)write(client, kMessage);
  (void)read(client);
  return 0;
}

// Serves the pipe argument 0 to one client, whose message it answers.
PIPES_CHILD_ROLE(answers) {
  const Handle server = create_server(parent.argument(0));
  parent.say("serving");
  (void)connect(server);
  (void)read(server);
  (void)write(server, kMessage);
  parent.wait_for_end();
  return 0;
}

constexpr size_t kLong = 3000;

// Uses the inherited handle argument 0, of a server end if argument 1 says so, in every way that changes what its
// processes share.
PIPES_CHILD_ROLE(inherits) {
  const auto end = reinterpret_cast<pipes_handle>(static_cast<uintptr_t>(std::stoull(parent.argument(0))));
  (void)read(end);
  (void)read(end, 4);
  (void)write(end, kMessage);
  (void)write(end, std::string(kLong, 'l'));
  (void)set_mode(end, PIPES_READMODE_MESSAGE | PIPES_NOWAIT);
  (void)write(end, kMessage);
  (void)set_mode(end, PIPES_READMODE_MESSAGE);
  (void)peek(end);
  (void)read(end);
  Background waiting([end] { return write(end, std::string(4 * kLong, 'w')); });
  (void)wait_until_blocked(waiting);
  (void)write(end, kMessage);
  (void)waiting.result();
  if (parent.argument(1) == "server") (void)disconnect(end);
  pipes_close(end);
  return 0;
}

// Takes handles that are sent to it.
PIPES_CHILD_ROLE(takes_handles) {
  parent.say(std::to_string(pipes_accept_handles(1)));
  parent.wait_for_end();
  return 0;
}

// Sends an end of its own to the process argument 0.
PIPES_CHILD_ROLE(sends_a_handle) {
  Pair pair = connected_pair(message_pipe());
  pipes_handle made = nullptr;
  return static_cast<int>(
      pipes_duplicate_into(pair.client, parent.number(0), 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
}

// ---------------------------------------------------------------------------------------------------- what must hold

std::vector<std::string> leavings() { return platform::folder_contents(std::getenv("PIPES_RUNTIME_DIR")); }

bool is_listed(const std::string& name) {
  struct Search {
    std::string wanted;
    bool found = false;
  } search{name.substr(std::string(R"(\\.\pipe\)").size())};
  const auto compare = [](const pipes_pipe_info* info, void* context) {
    auto* const asked = static_cast<Search*>(context);
    asked->found = asked->found || asked->wanted == info->name;
    return 1;
  };
  EXPECT_STATUS(PIPES_OK, pipes_enumerate(compare, &search));
  return search.found;
}

void expect_creatable(const std::string& name) {
  const Opened server = try_create_server(name, kOnlyOne);
  EXPECT_STATUS(PIPES_OK, server.status);
  EXPECT_EQ(0u, server.disposition);
  EXPECT_EQ(1u, get_state(server.handle).current_instances);
  EXPECT_TRUE(try_open(name).status.ok());
}

void expect_absent(const std::string& name) {
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, try_open(name).status);
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, wait_available(name));
}

// Whoever comes first after the death, everybody finds things in order, and at the end nothing is left.
void expect_swept(const std::string& name, int round) {
  switch (round % 3) {
    case 0:
      expect_creatable(name);
      EXPECT_EQ(std::vector<std::string>{}, leavings());
      break;
    case 1:
      expect_absent(name);
      expect_creatable(name);
      break;
    default:
      EXPECT_FALSE(is_listed(name));
      EXPECT_EQ(std::vector<std::string>{}, leavings());
      expect_creatable(name);
  }
  expect_absent(name);
  EXPECT_FALSE(is_listed(name));
  EXPECT_EQ(std::vector<std::string>{}, leavings());
}

// The server process that is left goes on: one instance listens, others can be added and taken away.
void expect_serving(const std::string& name, Handle server) {
  EXPECT_EQ(1u, get_state(server).current_instances);
  EXPECT_TRUE(is_listed(name));
  {
    const Opened added = try_create_server(name);
    EXPECT_STATUS(PIPES_OK, added.status);
    EXPECT_EQ(PIPES_ERROR_ALREADY_EXISTS, added.disposition);
    EXPECT_EQ(2u, get_state(server).current_instances);
  }
  {
    const Handle client = open_client(name);
    EXPECT_STATUS(PIPES_OK, write(client, kMessage).status);
    EXPECT_EQ(kMessage, read(server).bytes);
  }
  EXPECT_STATUS(PIPES_OK, server.close());
  EXPECT_EQ(std::vector<std::string>{}, leavings());
}

// ---------------------------------------------------------------------------------------------------- the situations

// Each returns whether the victim passed the point, and so died.
bool founder_dies(const std::string& point, int round) {
  const std::string name = unique_name();
  Child victim = Child::spawn("founds_and_leaves", {name}, dying_at(point));
  const bool died = was_killed(victim);
  if (died) expect_swept(name, round);
  return died;
}

// Beside a live server process, and one whose leavings the victim finds.
bool newcomer_dies(const std::string& point, int) {
  const std::string name = unique_name();
  Handle survivor = create_server(name);
  {
    const std::shared_ptr<Host> dead = Host::in_child();
    EndActor server(dead);
    EXPECT_STATUS(PIPES_OK, server.create_named(name));
    dead->kill();
  }
  Child victim = Child::spawn("joins_and_leaves", {name}, dying_at(point));
  const bool died = was_killed(victim);
  if (died) expect_serving(name, std::move(survivor));
  return died;
}

bool client_dies(const std::string& point, int) {
  const std::string name = unique_name();
  Handle server = create_server(name);
  Child victim = Child::spawn("asks", {name}, dying_at(point));
  const Code connected = connect(server);
  EXPECT_TRUE(connected.ok() || connected == PIPES_ERROR_PIPE_CONNECTED || connected == PIPES_ERROR_NO_DATA);
  // What was published counts; what was not vanishes.
  const Received request = read(server);
  if (request.status.ok()) {
    EXPECT_EQ(kMessage, request.bytes);
    const Code replied = write(server, kMessage).status;
    EXPECT_TRUE(replied.ok() || replied == PIPES_ERROR_NO_DATA) << replied;
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(server).status);
  } else {
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, request.status);
  }
  const bool died = was_killed(victim);
  EXPECT_STATUS(PIPES_OK, disconnect(server));
  if (died) {
    // The instance takes the next client.
    Background connecting([&] { return connect(server); });
    EXPECT_TRUE(wait_until_blocked(connecting));
    const Handle next = open_client(name);
    EXPECT_STATUS(PIPES_OK, connecting.result());
    EXPECT_STATUS(PIPES_OK, write(next, kMessage).status);
    EXPECT_EQ(kMessage, read(server).bytes);
  }
  EXPECT_STATUS(PIPES_OK, server.close());
  EXPECT_EQ(std::vector<std::string>{}, leavings());
  return died;
}

bool server_dies(const std::string& point, int round) {
  const std::string name = unique_name();
  Child victim = Child::spawn("answers", {name}, dying_at(point));
  const bool serves = victim.next_line().has_value();
  {
    const Opened client = try_open(name);
    if (client.status.ok()) {
      const Code asked = write(client.handle, kMessage).status;
      EXPECT_TRUE(asked.ok() || asked == PIPES_ERROR_NO_DATA) << asked;
      const Received reply = read(client.handle);
      if (reply.status.ok()) {
        EXPECT_EQ(kMessage, reply.bytes);
      } else {
        EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reply.status);
      }
    } else {
      EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, client.status);
    }
    victim.hang_up();
    if (!was_killed(victim)) {
      // It ended while its client lived on; whoever looks sweeps what that left.
      EXPECT_FALSE(is_listed(name));
      return false;
    }
    if (serves) {
      EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, client.status.ok() ? read(client.handle).status : PIPES_ERROR_BROKEN_PIPE);
    }
  }
  expect_swept(name, round);
  return true;
}

// A holder of an end that this process shares dies. The connection goes on, with every message whole.
bool heir_dies(const std::string& point, int round, bool of_server_end) {
  constexpr std::string_view kOnItsWay[] = {"half-", "end-", "connection-half", "frame-"};
  const bool passes =
      std::ranges::any_of(kOnItsWay, [&](std::string_view beginning) { return point.starts_with(beginning); });
  if (!passes) return false;
  Pair pair = connected_pair(message_pipe());
  Handle& own = of_server_end ? pair.server : pair.client;
  const Handle& peer = of_server_end ? pair.client : pair.server;
  for (int i = 0; i < 5; ++i) EXPECT_STATUS(PIPES_OK, write(peer, kMessage).status);
  EXPECT_STATUS(PIPES_OK, pipes_set_handle_flags(own, PIPES_HANDLE_FLAG_INHERIT, PIPES_HANDLE_FLAG_INHERIT));
  // Those of each lock are passed again and again, some thirty times in all.
  const int turn = round % 8;
  const int spared = point.starts_with("half-") ? turn * turn / 2 : 0;
  const ChildOptions options{.environment = {"PIPES_FAULT=" + point, "PIPES_FAULT_AFTER=" + std::to_string(spared)}};
  Child victim = Child::spawn("inherits",
                              {std::to_string(reinterpret_cast<uintptr_t>(static_cast<pipes_handle>(own))),
                               of_server_end ? "server" : "client"},
                              options);
  // What comes of it is read as it comes, until a message of this process ends it.
  Background reading([&] {
    while (true) {
      const Received got = read(peer, 5 * kLong);
      if (got.bytes == "the end") return std::string("the end");
      if (!got.status.ok()) return "status " + std::to_string(got.status.number);
      const bool whole =
          got.bytes == kMessage || got.bytes == std::string(kLong, 'l') || got.bytes == std::string(4 * kLong, 'w');
      if (!whole) return "cut to " + std::to_string(got.bytes.size()) + " bytes";
    }
  });
  const bool died = was_killed(victim);
  const Code ending = write(own, "the end").status;
  if (ending == PIPES_ERROR_PIPE_NOT_CONNECTED || ending == PIPES_ERROR_NO_DATA) {
    // It died after it had disconnected, or while it did.
    EXPECT_TRUE(of_server_end);
    const std::string seen = reading.result();
    EXPECT_TRUE(seen == "status 233" || seen == "status 109") << seen;
    (void)disconnect(own);
    Background connecting([&] { return connect(own); });
    EXPECT_TRUE(wait_until_blocked(connecting));
    const Handle next = open_client(pair.name);
    EXPECT_STATUS(PIPES_OK, connecting.result());
    EXPECT_STATUS(PIPES_OK, write(next, kMessage).status);
    EXPECT_EQ(kMessage, read(own).bytes);
    return died;
  }
  EXPECT_STATUS(PIPES_OK, ending);
  EXPECT_EQ("the end", reading.result());
  EXPECT_STATUS(PIPES_OK, write(peer, "the end").status);
  Received got;
  for (int i = 0; i < 7 && got.bytes != "the end"; ++i) {
    got = read(own);
    EXPECT_STATUS(PIPES_OK, got.status);
    if (!got.status.ok()) break;
  }
  EXPECT_EQ("the end", got.bytes);
  EXPECT_STATUS(PIPES_OK, own.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(peer).status);
  return died;
}

// Writes a message of argument 1 bytes with the inherited handle argument 0.
PIPES_CHILD_ROLE(inherits_and_writes) {
  (void)write(reinterpret_cast<pipes_handle>(static_cast<uintptr_t>(std::stoull(parent.argument(0)))),
              std::string(parent.number(1), 'w'));
  return 0;
}

Child heir_that_dies_writing(const Handle& end, size_t size, int spared) {
  EXPECT_STATUS(PIPES_OK, pipes_set_handle_flags(end, PIPES_HANDLE_FLAG_INHERIT, PIPES_HANDLE_FLAG_INHERIT));
  return Child::spawn(
      "inherits_and_writes",
      {std::to_string(reinterpret_cast<uintptr_t>(static_cast<pipes_handle>(end))), std::to_string(size)},
      {.environment = {"PIPES_FAULT=frame-pushed", "PIPES_FAULT_AFTER=" + std::to_string(spared)}});
}

// Of a message that nobody has begun to read nothing comes, though it was in no need to wait.
TEST(CrashPoint, FINE_25_AMessageInPartsOfADeadHolderVanishes) {
  ServerOptions options = message_pipe();
  options.in_buffer = 1 << 20;
  Pair pair = connected_pair(options);
  Child victim = heir_that_dies_writing(pair.client, 1 << 20, 0);
  EXPECT_TRUE(was_killed(victim));
  EXPECT_STATUS(PIPES_OK, write(pair.client, "the end").status);
  EXPECT_EQ("the end", read(pair.server, 1 << 20).bytes);
}

// One that its reader is in the middle of, as its writer is, ends there, and others follow.
TEST(CrashPoint, FINE_25_AMessageLongerThanTheRingOfADeadHolderEnds) {
  for (const int spared : {7, 8, 14}) {
    SCOPED_TRACE(spared);
    Pair pair = connected_pair(message_pipe());
    Child victim = heir_that_dies_writing(pair.client, 9 << 20, spared);
    Received got = read(pair.server, 1 << 16);
    EXPECT_TRUE(got.status == PIPES_ERROR_MORE_DATA) << got.status;
    got = read(pair.server, static_cast<uint32_t>(spared - 6) << 19);  // room for so many parts more
    EXPECT_TRUE(was_killed(victim));
    EXPECT_STATUS(PIPES_OK, write(pair.client, "the end").status);
    for (int reads = 0; reads < 20 && got.bytes != "the end"; ++reads) {
      got = read(pair.server, 1 << 20);
      ASSERT_TRUE(got.status.ok() || got.status == PIPES_ERROR_MORE_DATA) << got.status;
    }
    EXPECT_EQ("the end", got.bytes);
    EXPECT_STATUS(PIPES_OK, write(pair.server, kMessage).status);
    EXPECT_EQ(kMessage, read(pair.client).bytes);
  }
}

// What a dead holder leaves is cleared away by whoever comes next, who wakes the peer: also one in the same process,
// which then does what it waited to do, and has this end go on in turn.
TEST(CrashPoint, FINE_25_APeerInTheSameProcessHearsOfTheDeath) {
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  const Handle client = open_overlapped(name);
  Child victim = heir_that_dies_writing(client, 9 << 20, 7);
  Overlapped begun;
  Code status = begun.read(server, 1);  // whose room is not enough for the victim to go on
  if (status == PIPES_ERROR_IO_PENDING) status = wait_for(begun.event());
  Overlapped behind;
  EXPECT_STATUS(PIPES_ERROR_IO_PENDING, behind.write(client, "behind"));
  Overlapped rest;
  EXPECT_STATUS(PIPES_ERROR_IO_PENDING, rest.read(server, 10 << 20));
  EXPECT_TRUE(was_killed(victim));
  EXPECT_STATUS(PIPES_OK, wait_for(rest.event()));
  EXPECT_GT(size_t{9 << 20}, rest.received(0).bytes.size());
  EXPECT_STATUS(PIPES_OK, wait_for(behind.event()));
  Overlapped last;
  (void)last.read(server);
  EXPECT_STATUS(PIPES_OK, wait_for(last.event()));
  EXPECT_EQ("behind", last.received(0).bytes);
}

bool heir_of_the_client_end_dies(const std::string& point, int round) { return heir_dies(point, round, false); }
bool heir_of_the_server_end_dies(const std::string& point, int round) { return heir_dies(point, round, true); }

// Whoever lists the pipes sweeps what the dead have left.
void expect_nothing_left() {
  EXPECT_TRUE(eventually([] { return !is_listed(unique_name()) && leavings().empty(); }));
}

// Who is to get a handle dies. The sender's own is as it was, and the end is nobody else's.
bool receiver_of_a_handle_dies(const std::string& point, int) {
  if (point != "parcel-unpacked" && point != "receipt-said") return false;
  Pair pair = connected_pair(message_pipe());
  Child victim = Child::spawn("takes_handles", {}, dying_at(point));
  EXPECT_TRUE(victim.expect_line("0"));
  pipes_handle made = nullptr;
  const Code sent = pipes_duplicate_into(pair.client, victim.process_id(), 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made);
  const bool died = was_killed(victim);
  EXPECT_TRUE(sent.ok() || (died && sent == PIPES_ERROR_ACCESS_DENIED)) << sent;
  EXPECT_STATUS(PIPES_OK, write(pair.client, kMessage).status);
  EXPECT_EQ(kMessage, read(pair.server).bytes);
  EXPECT_STATUS(PIPES_OK, pair.client.close());
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(pair.server).status);
  EXPECT_STATUS(PIPES_OK, pair.server.close());
  expect_nothing_left();
  return died;
}

// Who has sent a handle dies before it knows its value: nobody could ever close it, so it is gone.
bool sender_of_a_handle_dies(const std::string& point, int) {
  if (point != "parcel-sent" && point != "receipt-heard") return false;
  EXPECT_EQ(PIPES_OK, pipes_accept_handles(1));
  const Holdings before = holdings_of_this_process();
  Exit end;
  {
    Child victim = Child::spawn("sends_a_handle", {std::to_string(::getpid())}, dying_at(point));
    end = victim.wait();
  }
  if (end.signal == SIGKILL) {
    EXPECT_EQ("", kept_since(before));
  }
  EXPECT_EQ(PIPES_OK, pipes_accept_handles(0));
  expect_nothing_left();
  return end.signal == SIGKILL;
}

// Makes /run/pipes in a view of the files where there is none, first in a process that dies at the point argument 0,
// then in one that does not. Says what came of it.
PIPES_CHILD_ROLE(founds_the_runtime_directory) {
  ::unsetenv("PIPES_RUNTIME_DIR");
  const bool hidden = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                      ::mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0;
  if (!hidden) {
    parent.say("cannot");
    return 0;
  }
  const pid_t victim = ::fork();
  if (victim == 0) {
    ::setenv("PIPES_FAULT", parent.argument(0).c_str(), 1);
    (void)try_create_server(unique_name());
    ::_exit(0);
  }
  int status = 0;
  if (::waitpid(victim, &status, 0) != victim) return 1;
  parent.say(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? "died" : "lived");
  const Opened server = try_create_server(unique_name());
  parent.say(std::to_string(server.status.number));
  const bool alone = std::distance(std::filesystem::directory_iterator("/run"), {}) == 1;
  const bool good = std::filesystem::exists("/run/pipes") && !platform::folder_contents("/run/pipes").empty() && alone;
  parent.say(good ? "there" : "not there");
  return 0;
}

bool founder_of_the_directory_dies(const std::string& point, int) {
  Child victim = Child::spawn("founds_the_runtime_directory", {point});
  const std::optional<std::string> fate = victim.next_line();
  if (fate == "died") {
    EXPECT_TRUE(victim.expect_line("0"));
    EXPECT_TRUE(victim.expect_line("there"));
  }
  (void)victim.wait();
  return fate == "died";
}

// Whether this process may hide /run from a child.
bool can_hide_files() {
  Child child = Child::spawn("founds_the_runtime_directory", {"none"});
  return child.next_line() == "lived";
}

struct Situation {
  const char* name;
  bool (*happens)(const std::string& point, int round);
};
constexpr Situation kSituations[] = {
    {"the founder dies", founder_dies},
    {"a newcomer dies", newcomer_dies},
    {"the client dies", client_dies},
    {"the server dies", server_dies},
    {"an heir of the client end dies", heir_of_the_client_end_dies},
    {"an heir of the server end dies", heir_of_the_server_end_dies},
    {"the receiver of a handle dies", receiver_of_a_handle_dies},
    {"the sender of a handle dies", sender_of_a_handle_dies},
    {"the founder of the runtime directory dies", founder_of_the_directory_dies},
};

TEST(CrashPoint, DECISION_43_WhoeverDiesAtAMarkLeavesNothingInTheWay) {
  const int wanted = rounds(3, 20, 1);
  for (const std::string& point : points_in_sources()) {
    SCOPED_TRACE(point);
    int deaths = 0;
    for (const Situation& situation : kSituations) {
      SCOPED_TRACE(situation.name);
      // A situation that does not pass the point once does not pass it later.
      for (int round = 0; round < wanted && situation.happens(point, round); ++round) ++deaths;
      if (HasFailure()) return;
    }
    if (point == "directory-made" && !can_hide_files()) continue;  // an unprivileged user's files are as they are
    EXPECT_LE(wanted, deaths) << "no situation of this test passes the point";
  }
}

}  // namespace
}  // namespace pipes::test
