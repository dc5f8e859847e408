// How a name leads to the processes that serve it, and what races, deaths and strangers leave of that.
//
// The processes here are forked from the test and act through functions; they hold their part in a pipe until they are
// told to go on, or are killed. Each test has a runtime directory of its own.
#include "linux/pipe_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "linux/server_socket.h"
#include "support/fault_point.h"
#include "wire/layout.h"

namespace pipes {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kUserA = 65533;
constexpr uid_t kUserB = 65534;

// Process is a forked child that runs a function. The two take turns by single bytes.
class Process {
 public:
  using Body = std::function<void(Process&)>;

  explicit Process(const Body& body) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    pid_ = fork();
    EXPECT_GE(pid_, 0);
    channel_ = UniqueFd(ends[pid_ == 0 ? 1 : 0]);
    UniqueFd other(ends[pid_ == 0 ? 0 : 1]);
    if (pid_ != 0) return;
    other.reset();
    body(*this);
    fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { end(); }

  // On either side.
  void say(char byte = '.') const { (void)!send(channel_.get(), &byte, 1, MSG_NOSIGNAL); }
  // Returns what the other side said, or 0 if it has ended.
  [[nodiscard]] char hear() const {
    char byte = 0;
    return read(channel_.get(), &byte, 1) == 1 ? byte : '\0';
  }
  // A child stays until its parent says something or goes away.
  void stay() const { (void)hear(); }

  // In the parent: how the child ended, once it has been told to go on.
  int end() {
    if (channel_) say();  // closing alone would not do: children forked later hold this end of the channel, too
    channel_.reset();
    if (pid_ <= 0) return status_;
    while (waitpid(std::exchange(pid_, -1), &status_, 0) < 0 && errno == EINTR) {
    }
    return status_;
  }
  void kill_and_wait() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    (void)end();
  }
  void expect_success() {
    const int status = end();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int status_ = -1;
  UniqueFd channel_;
};

PipeName named(const std::string& name) {
  auto parsed = parse_pipe_name(("\\\\.\\pipe\\" + name).c_str(), NameUse::kCreate);
  EXPECT_TRUE(parsed) << name;
  return *parsed;
}

// Asked is an AddRequest under construction: a duplex byte pipe without a limit, that everybody may add to.
struct Asked {
  PipeName name = named("name");
  NewPipe attributes{PIPES_TYPE_BYTE, PIPES_ACCESS_DUPLEX, PIPES_UNLIMITED_INSTANCES, 50, wire::kRingCapacityMin, {}};
  bool first_only = false;
  uint32_t access = PIPES_ACCESS_DUPLEX;
  Status permission = PIPES_OK;
  std::function<void(const FoundPipe&, const ServerRecord&)> recount = [](const FoundPipe&, const ServerRecord&) {};

  [[nodiscard]] AddRequest request() const {
    return {name, attributes, first_only, access, [this](const PipeMeta&) { return permission; }, recount};
  }
};

Asked limited_to(uint32_t instances) {
  Asked asked;
  asked.attributes.max_instances = instances;
  return asked;
}

Asked first_only() {
  Asked asked;
  asked.first_only = true;
  return asked;
}

using Added = PipeMembership::Added;

Result<Added> add(const Asked& asked = {}) { return PipeMembership::add_first(asked.request()); }

Status status_of(const Result<Added>& added) { return added ? PIPES_OK : added.status(); }

// Counts one more instance, joining or creating the pipe if need be.
Status add_to(std::optional<PipeMembership>& membership, const Asked& asked) {
  if (membership) return membership->add_instance(asked.request(), nullptr);
  auto added = add(asked);
  if (!added) return added.status();
  membership = std::move(added->membership);
  return PIPES_OK;
}

// The pipe as clients find it: the best claim with a server process that answers.
std::optional<PipeMeta> found(const PipeName& name = named("name")) {
  auto pipes = find_pipe(name);
  EXPECT_TRUE(pipes);
  for (FoundPipe& pipe : *pipes) {
    for (const ServerRecord& server : pipe.meta.servers) {
      if (connect_server(pipe, server)) return pipe.meta;
    }
  }
  return std::nullopt;
}

uint64_t instances_of(const PipeMeta& meta) {
  uint64_t sum = 0;
  for (const ServerRecord& server : meta.servers) sum += server.instances;
  return sum;
}

class PipeFolder : public testing::Test {
 protected:
  PipeFolder() {
    std::string path = "/tmp/pipes-unit-XXXXXX";
    root_ = mkdtemp(path.data());
    if (const char* old = getenv("PIPES_RUNTIME_DIR")) old_ = old;
    setenv("PIPES_RUNTIME_DIR", root_.c_str(), 1);
  }
  ~PipeFolder() override {
    fs::remove_all(root_);
    old_ ? setenv("PIPES_RUNTIME_DIR", old_->c_str(), 1) : unsetenv("PIPES_RUNTIME_DIR");
  }

  void share() const { ASSERT_EQ(0, chmod(root_.c_str(), 01777)); }

  [[nodiscard]] std::vector<std::string> leavings() const {
    std::vector<std::string> entries;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) entries.push_back(entry.path().string());
    return entries;
  }
  [[nodiscard]] std::string folder(const PipeName& name = named("name"), uid_t uid = geteuid()) const {
    return root_ + "/" + name_digest(name) + "." + std::to_string(uid);
  }

  std::string root_;
  std::optional<std::string> old_;
};

// ------------------------------------------------------------------------------------------------ coming and going

TEST_F(PipeFolder, OPEN_1_FirstCallCreatesAndLaterOnesAdd) {
  Asked asked = limited_to(3);
  asked.attributes.descriptor = {std::byte{1}, std::byte{2}};

  auto first = add(asked);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->created);
  PipeMeta meta;
  EXPECT_EQ(PIPES_OK, first->membership->add_instance(asked.request(), &meta));

  EXPECT_EQ(2u, first->membership->instances());
  EXPECT_EQ(meta, found());
  EXPECT_EQ("name", meta.display);
  EXPECT_EQ(3u, meta.max_instances);
  EXPECT_EQ(wire::kRingCapacityMin, meta.ring_capacity);
  EXPECT_EQ(asked.attributes.descriptor, meta.descriptor);
  EXPECT_EQ(geteuid(), meta.owner_uid);
  ASSERT_EQ(1u, meta.servers.size());
  EXPECT_EQ(static_cast<uint32_t>(getpid()), meta.servers[0].pid);
  EXPECT_EQ(2u, meta.servers[0].instances);
}

TEST_F(PipeFolder, INST_2_ProcessesServeOnePipeTogether) {
  const auto own = add();
  ASSERT_TRUE(own);
  Process other([](Process& parent) {
    const auto added = add();
    ASSERT_TRUE(added);
    EXPECT_FALSE(added->created);
    EXPECT_EQ(2u, added->meta.servers.size());
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(other.hear());

  const auto meta = found();

  ASSERT_TRUE(meta);
  ASSERT_EQ(2u, meta->servers.size());
  EXPECT_EQ(static_cast<uint32_t>(getpid()), meta->servers[0].pid);
  EXPECT_EQ(static_cast<uint32_t>(other.pid()), meta->servers[1].pid);
  other.expect_success();
  EXPECT_EQ(1u, found()->servers.size());
}

TEST_F(PipeFolder, NAME_16_NameGoesWithTheLastInstanceAndComesBackWithOtherAttributes) {
  auto first = add(limited_to(2));
  ASSERT_TRUE(first);
  ASSERT_EQ(PIPES_OK, first->membership->add_instance(limited_to(2).request(), nullptr));

  EXPECT_EQ(PIPES_OK, first->membership->remove_instances(1));
  EXPECT_EQ(1u, instances_of(*found()));
  EXPECT_EQ(PIPES_OK, first->membership->remove_instances(1));
  EXPECT_FALSE(found());
  EXPECT_TRUE(leavings().empty());

  const auto again = add(limited_to(7));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->created);
  EXPECT_EQ(7u, found()->max_instances);
}

TEST_F(PipeFolder, NAME_16_PipeStaysWhileAnotherProcessServesIt) {
  Process other([](Process& parent) {
    const auto added = add(limited_to(9));
    ASSERT_TRUE(added);
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(other.hear());
  auto own = add();
  ASSERT_TRUE(own);

  own->membership.reset();

  ASSERT_TRUE(found());
  EXPECT_EQ(9u, found()->max_instances);
  EXPECT_EQ(1u, instances_of(*found()));
  other.expect_success();
  EXPECT_TRUE(leavings().empty());
}

TEST_F(PipeFolder, NAME_7_EverySpellingIsThePipe) {
  Asked asked;
  asked.name = named(
      "Gr\xC3\xBC"
      "n");
  const auto added = add(asked);
  ASSERT_TRUE(added);

  const auto meta = found(named("GR\xC3\x9CN"));

  ASSERT_TRUE(meta);
  EXPECT_EQ(
      "Gr\xC3\xBC"
      "n",
      meta->display);
  EXPECT_FALSE(found(named("gruen")));
}

TEST_F(PipeFolder, ModesAreAsPublishedWhateverTheMask) {
  const mode_t old = umask(077);
  const auto added = add();
  umask(old);
  ASSERT_TRUE(added);

  const auto mode_of = [&](const std::string& file) {
    struct stat status {};
    EXPECT_EQ(0, lstat((folder() + "/" + file).c_str(), &status)) << file;
    return status.st_mode & 07777;
  };
  EXPECT_EQ(0755u, mode_of("."));
  EXPECT_EQ(0644u, mode_of("meta"));
  EXPECT_EQ(0600u, mode_of("lock"));
  EXPECT_EQ(0666u, mode_of(added->membership->record().socket));
}

TEST_F(PipeFolder, WorksBelowAPathThatFitsNoSocketAddress) {
  const std::string deep = root_ + "/" + std::string(100, 'a') + "/" + std::string(100, 'b');
  fs::create_directories(deep);
  setenv("PIPES_RUNTIME_DIR", deep.c_str(), 1);
  Asked asked;
  asked.name = named(std::string(247, 'n'));

  const auto added = add(asked);

  ASSERT_TRUE(added);
  EXPECT_TRUE(found(asked.name));
}

// ------------------------------------------------------------------------------------------------------- refusals

TEST_F(PipeFolder, OPEN_8_FirstOnlyNeedsANewNameAlsoAcrossProcesses) {
  Process other([](Process& parent) {
    const auto added = add();
    ASSERT_TRUE(added);
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(other.hear());

  EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, status_of(add(first_only())));

  other.expect_success();
  const auto added = add(first_only());
  ASSERT_TRUE(added);
  EXPECT_TRUE(added->created);
}

TEST_F(PipeFolder, OPEN_8_FirstOnlyIsNotBlockedByTheDead) {
  Process other([](Process& parent) {
    const auto added = add();
    ASSERT_TRUE(added);
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(other.hear());
  other.kill_and_wait();

  const auto added = add(first_only());

  ASSERT_TRUE(added);
  EXPECT_TRUE(added->created);
  EXPECT_EQ(1u, found()->servers.size());
}

TEST_F(PipeFolder, OPEN_27_RefusalsComeInTheirOrder) {
  Process other([](Process& parent) {
    const auto added = add(limited_to(1));
    ASSERT_TRUE(added);
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(other.hear());
  Asked asked;
  asked.first_only = true;
  asked.access = PIPES_ACCESS_INBOUND;
  asked.permission = PIPES_ERROR_INVALID_FUNCTION;

  EXPECT_EQ(PIPES_ERROR_INVALID_FUNCTION, status_of(add(asked)));
  asked.permission = PIPES_OK;
  EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, status_of(add(asked)));
  asked.first_only = false;
  EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, status_of(add(asked)));
  EXPECT_EQ(1u, found()->servers.size());
}

TEST_F(PipeFolder, OPEN_7_AnotherAccessModeIsRefused) {
  auto first = add();
  ASSERT_TRUE(first);
  Asked asked;
  asked.access = PIPES_ACCESS_OUTBOUND;

  EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, first->membership->add_instance(asked.request(), nullptr));
  EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, status_of(add(asked)));
  EXPECT_EQ(1u, instances_of(*found()));
}

TEST_F(PipeFolder, INST_5_TheFirstCallsLimitCounts) {
  auto first = add(limited_to(2));
  ASSERT_TRUE(first);
  PipeMembership& membership = *first->membership;

  EXPECT_EQ(PIPES_OK, membership.add_instance(limited_to(1).request(), nullptr));
  EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, membership.add_instance(limited_to(200).request(), nullptr));
  EXPECT_EQ(PIPES_OK, membership.remove_instances(1));
  EXPECT_EQ(PIPES_OK, membership.add_instance(limited_to(200).request(), nullptr));
  EXPECT_EQ(2u, found()->max_instances);
}

TEST_F(PipeFolder, OPEN_18_TwoHundredFiftyFiveMeansNoLimit) {
  auto first = add();
  ASSERT_TRUE(first);
  for (int i = 0; i < 299; ++i) ASSERT_EQ(PIPES_OK, first->membership->add_instance(Asked().request(), nullptr));
  EXPECT_EQ(300u, instances_of(*found()));
}

TEST_F(PipeFolder, INST_14_TheDeadDoNotCount) {
  auto own = add(limited_to(2));
  ASSERT_TRUE(own);
  Process other([](Process& parent) {
    const auto added = add();
    ASSERT_TRUE(added);
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(other.hear());
  ASSERT_EQ(PIPES_ERROR_PIPE_BUSY, own->membership->add_instance(Asked().request(), nullptr));
  other.kill_and_wait();

  EXPECT_EQ(PIPES_OK, own->membership->add_instance(Asked().request(), nullptr));
  EXPECT_EQ(1u, found()->servers.size());
  EXPECT_EQ(2u, instances_of(*found()));
}

// The other process's only instance has ended but is not counted off yet; being asked, it counts it off.
TEST_F(PipeFolder, OPEN_27_RecountIsAskedForBeforeRefusing) {
  for (Asked asked : {limited_to(1), first_only()}) {
    Process other([](Process& parent) {
      auto added = add(limited_to(1));
      ASSERT_TRUE(added);
      parent.say();
      parent.stay();
      EXPECT_EQ(PIPES_OK, added->membership->remove_instances(1));
      parent.say();
      parent.stay();
    });
    ASSERT_TRUE(other.hear());
    int asked_for = 0;
    asked.recount = [&](const FoundPipe&, const ServerRecord& server) {
      ++asked_for;
      EXPECT_EQ(static_cast<uint32_t>(other.pid()), server.pid);
      other.say();
      EXPECT_TRUE(other.hear());
    };

    const auto added = add(asked);

    EXPECT_TRUE(added);
    EXPECT_EQ(1, asked_for);
    other.expect_success();
  }
}

TEST_F(PipeFolder, OPEN_27_RecountThatFreesNothingIsAskedForOnce) {
  Process other([](Process& parent) {
    const auto added = add(limited_to(2));
    ASSERT_TRUE(added);
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(other.hear());
  auto own = add();
  ASSERT_TRUE(own);
  Asked asked = first_only();
  int asked_for = 0;
  asked.recount = [&](const FoundPipe& pipe, const ServerRecord& server) {
    ++asked_for;
    EXPECT_TRUE(connect_server(pipe, server));
  };

  EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, own->membership->add_instance(asked.request(), nullptr));
  EXPECT_EQ(0, asked_for);  // that is for its caller
  EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, status_of(add(asked)));
  EXPECT_EQ(2, asked_for);
}

// limit_descriptors lets this process open descriptors below `limit` only, and returns what held before.
rlimit limit_descriptors(rlim_t limit) {
  rlimit before{};
  EXPECT_EQ(0, getrlimit(RLIMIT_NOFILE, &before));
  const rlimit few{limit, before.rlim_max};
  EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &few));
  return before;
}

// Tries `call` with every number of free descriptors from none to enough; after each failure `check` must hold.
void visit_exhaustion(const std::function<Status()>& call, const std::function<void()>& check) {
  rlim_t limit = 0;
  Status status = PIPES_ERROR_NO_SYSTEM_RESOURCES;
  for (; status != PIPES_OK && limit < 500; ++limit) {
    const rlimit before = limit_descriptors(limit);
    status = call();
    ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &before));
    if (status == PIPES_OK) break;
    EXPECT_EQ(PIPES_ERROR_NO_SYSTEM_RESOURCES, status) << limit;
    check();
  }
  EXPECT_EQ(PIPES_OK, status);
  EXPECT_GT(limit, 4u) << "no failure was seen";
}

TEST_F(PipeFolder, OPEN_30_CreatingWithoutDescriptorsLeavesNothing) {
  Process process([this](Process&) {
    std::optional<PipeMembership> own;
    visit_exhaustion([&] { return add_to(own, {}); }, [&] { EXPECT_TRUE(leavings().empty()); });
    EXPECT_TRUE(found());
  });
  process.expect_success();
}

TEST_F(PipeFolder, OPEN_30_JoiningWithoutDescriptorsLeavesNothing) {
  const auto first = add();
  ASSERT_TRUE(first);
  const std::vector<std::string> before = leavings();
  Process process([&](Process&) {
    std::optional<PipeMembership> own;
    visit_exhaustion([&] { return add_to(own, {}); },
                     [&] {
                       EXPECT_EQ(1u, instances_of(*found()));
                       EXPECT_EQ(before.size(), leavings().size());
                     });
    EXPECT_EQ(2u, found()->servers.size());
  });
  process.expect_success();
}

TEST_F(PipeFolder, OPEN_30_AddingWithoutDescriptorsLeavesNothing) {
  Process process([](Process&) {
    auto own = add();
    ASSERT_TRUE(own);
    visit_exhaustion([&] { return own->membership->add_instance(Asked().request(), nullptr); },
                     [&] {
                       EXPECT_EQ(1u, own->membership->instances());
                       EXPECT_EQ(1u, instances_of(*found()));
                     });
    EXPECT_EQ(2u, instances_of(*found()));
  });
  process.expect_success();
}

TEST_F(PipeFolder, NAME_16_NameGoesEvenIfNoDescriptorIsLeft) {
  Process process([](Process&) {
    auto own = add();
    ASSERT_TRUE(own);
    const rlimit before = limit_descriptors(0);
    EXPECT_EQ(PIPES_OK, own->membership->remove_instances(1));
    ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &before));
    EXPECT_FALSE(found());
    ASSERT_TRUE(list_pipes());
  });
  process.expect_success();
  EXPECT_TRUE(leavings().empty());
}

// --------------------------------------------------------------------------------------------------------- clients

TEST_F(PipeFolder, NAME_12_NobodyBearsTheName) {
  const auto pipes = find_pipe(named("nobody"));
  ASSERT_TRUE(pipes);
  EXPECT_TRUE(pipes->empty());
}

TEST_F(PipeFolder, ConnectionReachesTheListeningProcess) {
  const auto added = add();
  ASSERT_TRUE(added);
  const auto pipes = find_pipe(named("NAME"));
  ASSERT_TRUE(pipes);
  ASSERT_EQ(1u, pipes->size());
  const auto client = connect_server(pipes->front(), pipes->front().meta.servers[0]);
  ASSERT_TRUE(client);
  const UniqueFd server(accept4(added->membership->listening_socket(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(server);

  EXPECT_EQ(2, send(server.get(), "hi", 2, 0));
  char bytes[8];
  EXPECT_EQ(2, recv(client->get(), bytes, sizeof(bytes), 0));
}

TEST_F(PipeFolder, CLI_1_FullBacklogIsBusyAndAlive) {
  const auto added = add();
  ASSERT_TRUE(added);
  ASSERT_EQ(0, listen(added->membership->listening_socket(), 0));
  const auto pipes = find_pipe(named("name"));
  ASSERT_TRUE(pipes);
  const ServerRecord& server = pipes->front().meta.servers.front();
  const auto first = connect_server(pipes->front(), server);
  ASSERT_TRUE(first);

  EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, connect_server(pipes->front(), server).status());
  EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, status_of(add(first_only())));
  EXPECT_EQ(1u, list_pipes()->size());
}

TEST_F(PipeFolder, DeadServerDoesNotAnswer) {
  Process other([](Process& parent) {
    const auto added = add();
    ASSERT_TRUE(added);
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(other.hear());
  other.kill_and_wait();
  const auto pipes = find_pipe(named("name"));
  ASSERT_TRUE(pipes);
  ASSERT_EQ(1u, pipes->size());

  EXPECT_EQ(PIPES_ERROR_FILE_NOT_FOUND, connect_server(pipes->front(), pipes->front().meta.servers[0]).status());
  const auto served = is_served(pipes->front());
  ASSERT_TRUE(served);
  EXPECT_FALSE(*served);
}

TEST_F(PipeFolder, ServerOfAnotherUidThanItsRecordIsAnImpostor) {
  const auto added = add();
  ASSERT_TRUE(added);
  auto pipes = find_pipe(named("name"));
  ASSERT_TRUE(pipes);
  FoundPipe& pipe = pipes->front();
  ServerRecord server = pipe.meta.servers[0];
  ASSERT_TRUE(connect_server(pipe, server));

  server.uid += 1;
  EXPECT_EQ(PIPES_ERROR_FILE_NOT_FOUND, connect_server(pipe, server).status());
}

TEST_F(PipeFolder, NAME_19_ListNamesEachPipeOnceInItsCreatorsSpelling) {
  Asked one;
  one.name = named("One\\Two");
  Asked two = limited_to(4);
  two.name = named("zwei");
  const auto first = add(one);
  auto second = add(two);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  ASSERT_EQ(PIPES_OK, second->membership->add_instance(two.request(), nullptr));

  auto pipes = list_pipes();

  ASSERT_TRUE(pipes);
  ASSERT_EQ(2u, pipes->size());
  std::ranges::sort(*pipes, {}, &PipeMeta::display);
  EXPECT_EQ("One\\Two", (*pipes)[0].display);
  EXPECT_EQ("zwei", (*pipes)[1].display);
  EXPECT_EQ(2u, instances_of((*pipes)[1]));
  EXPECT_EQ(4u, (*pipes)[1].max_instances);
}

TEST_F(PipeFolder, NAME_19_ListSweepsTheDeadAndOnlyThem) {
  Asked kept;
  kept.name = named("kept");
  Process other([&](Process& parent) {
    const auto added = add();
    const auto shared = add(kept);
    ASSERT_TRUE(added && shared);
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(other.hear());
  const auto own = add(kept);
  ASSERT_TRUE(own);
  other.kill_and_wait();

  const auto pipes = list_pipes();

  ASSERT_TRUE(pipes);
  ASSERT_EQ(1u, pipes->size());
  EXPECT_EQ("kept", pipes->front().display);
  EXPECT_EQ(1u, instances_of(pipes->front()));
  EXPECT_FALSE(fs::exists(folder()));
  EXPECT_TRUE(found(kept.name));
}

// ------------------------------------------------------------------------------------------------------------ races

// Starts `count` processes that all run `body` at the same moment and stay until they have been heard.
std::vector<std::unique_ptr<Process>> start_together(size_t count, const Process::Body& body) {
  std::vector<std::unique_ptr<Process>> processes;
  for (size_t i = 0; i < count; ++i) {
    processes.push_back(std::make_unique<Process>([&](Process& parent) {
      parent.stay();
      body(parent);
    }));
  }
  for (const auto& process : processes) process->say();
  return processes;
}

std::string hear_all(const std::vector<std::unique_ptr<Process>>& processes) {
  std::string heard;
  for (const auto& process : processes) heard.push_back(process->hear());
  std::ranges::sort(heard);
  return heard;
}

TEST_F(PipeFolder, OPEN_32_ExactlyOneOfRacingCreatorsCreates) {
  for (int round = 0; round < 20; ++round) {
    const auto processes = start_together(6, [](Process& parent) {
      const auto added = add();
      parent.say(!added ? 'x' : added->created ? 'c' : 'j');
      parent.stay();
    });
    EXPECT_EQ("cjjjjj", hear_all(processes));
    EXPECT_EQ(6u, instances_of(*found()));
  }
  EXPECT_TRUE(leavings().empty());
}

TEST_F(PipeFolder, OPEN_32_ExactlyOneOfRacingFirstCallsSucceeds) {
  for (int round = 0; round < 20; ++round) {
    const auto processes = start_together(6, [](Process& parent) {
      const auto added = add(first_only());
      parent.say(added ? 'c' : added.status() == PIPES_ERROR_ACCESS_DENIED ? 'd' : 'x');
      parent.stay();
    });
    EXPECT_EQ("cddddd", hear_all(processes));
  }
  EXPECT_TRUE(leavings().empty());
}

// Each process takes what it can get; together they get exactly the maximum.
TEST_F(PipeFolder, INST_14_MaximumIsExactAmongRacingProcesses) {
  for (int round = 0; round < 10; ++round) {
    const auto processes = start_together(5, [](Process& parent) {
      std::optional<PipeMembership> own;
      char count = '0';
      for (int i = 0; i < 4; ++i) {
        const Status status = add_to(own, limited_to(9));
        count = static_cast<char>(count + (status == PIPES_OK ? 1 : 0));
        EXPECT_TRUE(status == PIPES_OK || status == PIPES_ERROR_PIPE_BUSY) << status;
      }
      parent.say(count);
      parent.stay();
    });
    int sum = 0;
    for (const char count : hear_all(processes)) sum += count - '0';
    EXPECT_EQ(9, sum);
    EXPECT_EQ(9u, instances_of(*found()));
  }
  EXPECT_TRUE(leavings().empty());
}

// Processes come and go as fast as they can, others list and sweep: whoever serves is found, and at the end all is
// gone.
TEST_F(PipeFolder, SweepingNeverTakesALivePipe) {
  const auto processes = start_together(4, [](Process& parent) {
    for (int i = 0; i < 100; ++i) {
      std::optional<PipeMembership> own;
      ASSERT_EQ(PIPES_OK, add_to(own, {}));
      ASSERT_EQ(PIPES_OK, add_to(own, {}));
      const auto pipes = find_pipe(named("name"));
      ASSERT_TRUE(pipes);
      ASSERT_EQ(1u, pipes->size());
      const auto& servers = pipes->front().meta.servers;
      ASSERT_EQ(1, std::ranges::count(servers, own->record()));
      ASSERT_TRUE(connect_server(pipes->front(), own->record()));
      ASSERT_TRUE(list_pipes());
    }
    parent.say('k');
  });
  EXPECT_EQ("kkkk", hear_all(processes));
  for (const auto& process : processes) process->expect_success();
  EXPECT_TRUE(leavings().empty());
}

// Killed at moments nobody chose, in the midst of all that, a process blocks nobody.
TEST_F(PipeFolder, NAME_16_KilledProcessesBlockNobody) {
  for (int round = 0; round < 60; ++round) {
    Process victim([](Process& parent) {
      parent.say();
      for (;;) {
        std::optional<PipeMembership> own;
        (void)add_to(own, limited_to(3));
        (void)add_to(own, limited_to(3));
      }
    });
    ASSERT_TRUE(victim.hear());
    for (int i = 0; i < round % 7; ++i) (void)find_pipe(named("name"));
    victim.kill_and_wait();
    auto own = add(first_only());
    ASSERT_TRUE(own) << round;
    EXPECT_TRUE(own->created);
    EXPECT_EQ(1u, instances_of(*found()));
    own->membership.reset();
    EXPECT_TRUE(leavings().empty()) << round;
  }
}

// --------------------------------------------------------------------------------------------------- fork and crashes

TEST_F(PipeFolder, AbandonedMembershipTouchesNothing) {
  auto own = add();
  ASSERT_TRUE(own);
  const std::vector<std::string> before = leavings();
  const int listening = own->membership->listening_socket();
  Process child([&](Process&) {
    own->membership->abandon();
    EXPECT_EQ(-1, fcntl(listening, F_GETFD));
    EXPECT_EQ(-1, own->membership->listening_socket());
    own->membership.reset();
  });
  child.expect_success();

  EXPECT_EQ(before, leavings());
  EXPECT_TRUE(found());
}

#ifdef PIPES_FAULT_POINTS

// Everything that passes a fault point: creating, joining, adding, sweeping the dead, leaving, removing the folder.
void pass_all_points() {
  Process dead([](Process& parent) {
    unsetenv("PIPES_FAULT");
    auto added = add();
    parent.say();
    parent.stay();
  });
  (void)dead.hear();
  auto own = add();
  if (!own) return;
  dead.kill_and_wait();
  Asked full = limited_to(1);
  (void)own->membership->add_instance(full.request(), nullptr);
  own->membership.reset();
  auto again = add(limited_to(2));
  if (!again) return;
  Process second([](Process& parent) {
    unsetenv("PIPES_FAULT");
    auto added = add();
    parent.say();
    parent.stay();
  });
  (void)second.hear();
  second.kill_and_wait();
  (void)again->membership->add_instance(full.request(), nullptr);
  again->membership.reset();
}

// Kills a process at `point`, and waits until the processes that it had started are gone, too.
void die_at(std::string_view point) {
  int life[2] = {-1, -1};
  ASSERT_EQ(0, pipe2(life, O_CLOEXEC));
  const UniqueFd ended(life[0]);
  UniqueFd alive(life[1]);
  Process victim([&](Process&) {
    setenv("PIPES_FAULT", std::string(point).c_str(), 1);
    pass_all_points();
  });
  alive.reset();
  const int status = victim.end();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << point << " was not passed: " << status;
  char byte = 0;
  EXPECT_EQ(0, read(ended.get(), &byte, 1));
}

TEST_F(PipeFolder, WhoeverDiesAtAPointBlocksNobody) {
  for (const std::string_view point : kFolderFaultPoints) {
    die_at(point);
    auto own = add(first_only());
    ASSERT_TRUE(own) << point;
    EXPECT_TRUE(own->created) << point;
    EXPECT_EQ(1u, instances_of(*found())) << point;
    own->membership.reset();
    EXPECT_TRUE(leavings().empty()) << point;
  }
}

TEST_F(PipeFolder, WhoeverDiesAtAPointIsSweptByWhoeverLists) {
  for (const std::string_view point : kFolderFaultPoints) {
    die_at(point);
    const auto pipes = list_pipes();
    ASSERT_TRUE(pipes) << point;
    EXPECT_TRUE(pipes->empty()) << point;
    EXPECT_TRUE(leavings().empty()) << point;
  }
}

TEST_F(PipeFolder, WhoeverDiesAtAPointLeavesALivePipeAlone) {
  for (const std::string_view point : kFolderFaultPoints) {
    auto own = add(limited_to(3));
    ASSERT_TRUE(own);
    Process victim([&](Process&) {
      setenv("PIPES_FAULT", std::string(point).c_str(), 1);
      auto other = add();
      if (other) (void)other->membership->add_instance(Asked().request(), nullptr);
    });
    (void)victim.end();
    EXPECT_TRUE(found()) << point;
    EXPECT_EQ(PIPES_OK, own->membership->add_instance(Asked().request(), nullptr)) << point;
    EXPECT_EQ(PIPES_OK, own->membership->add_instance(Asked().request(), nullptr)) << point;
    EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, own->membership->add_instance(Asked().request(), nullptr)) << point;
    own->membership.reset();
    EXPECT_TRUE(leavings().empty()) << point;
  }
}

#endif

// -------------------------------------------------------------------------------------------------------- strangers

std::vector<char> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::vector<char>& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST_F(PipeFolder, DamagedMetaIsNotBelievedAndBlocksNobody) {
  auto victim = add();
  ASSERT_TRUE(victim);
  std::vector<char> bytes = read_file(folder() + "/meta");
  ASSERT_FALSE(bytes.empty());
  bytes.pop_back();
  write_file(folder() + "/meta", bytes);

  EXPECT_FALSE(found());
  const auto own = add(first_only());
  ASSERT_TRUE(own);
  EXPECT_TRUE(own->created);
}

TEST_F(PipeFolder, MetaOfAnotherNameIsNotBelieved) {
  const auto added = add();
  ASSERT_TRUE(added);
  fs::rename(folder(), folder(named("other")));

  EXPECT_FALSE(found(named("other")));
  EXPECT_TRUE(list_pipes()->empty());
}

TEST_F(PipeFolder, MetaThatIsNoFileIsNotWaitedFor) {
  auto victim = add();
  ASSERT_TRUE(victim);
  const std::string meta = folder() + "/meta";
  fs::remove(meta);
  ASSERT_EQ(0, mkfifo(meta.c_str(), 0644));
  EXPECT_FALSE(found());
  fs::remove(meta);
  fs::create_symlink("/etc/passwd", meta);
  EXPECT_FALSE(found());
}

TEST_F(PipeFolder, FolderThatOthersMayWriteToIsNotBelievedAndTakenBack) {
  auto victim = add();
  ASSERT_TRUE(victim);
  ASSERT_EQ(0, chmod(folder().c_str(), 0777));

  EXPECT_FALSE(found());
  const auto own = add();
  ASSERT_TRUE(own);
  struct stat status {};
  EXPECT_EQ(0, stat(folder().c_str(), &status));
  EXPECT_EQ(0755u, status.st_mode & 07777);
  EXPECT_TRUE(found());
}

TEST_F(PipeFolder, LinkToAFolderIsNotBelieved) {
  auto victim = add();
  ASSERT_TRUE(victim);
  fs::rename(folder(), root_ + "/elsewhere");
  fs::create_directory_symlink(root_ + "/elsewhere", folder());

  EXPECT_FALSE(found());
  EXPECT_EQ(PIPES_ERROR_FILE_NOT_FOUND, victim->membership->add_instance(Asked().request(), nullptr));
}

TEST_F(PipeFolder, NameThatSomethingElseSitsOnHasSpares) {
  share();
  write_file(folder(), {'x'});
  fs::create_directory_symlink("/tmp", folder() + ".1");

  auto own = add();
  ASSERT_TRUE(own);
  EXPECT_TRUE(fs::is_directory(folder() + ".2"));
  EXPECT_TRUE(found());
  EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, status_of(add(first_only())));
  own->membership.reset();
  EXPECT_FALSE(fs::exists(folder() + ".2"));
}

TEST_F(PipeFolder, FolderRemovedByForceEndsQuietly) {
  auto own = add();
  ASSERT_TRUE(own);
  fs::remove_all(folder());

  EXPECT_EQ(PIPES_ERROR_FILE_NOT_FOUND, own->membership->add_instance(Asked().request(), nullptr));
  const auto next = add();
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->created);
  EXPECT_EQ(PIPES_OK, own->membership->remove_instances(1));
  EXPECT_TRUE(found());
}

TEST_F(PipeFolder, OnlyNamesOfFoldersAreTakenForFolders) {
  const std::string digest = name_digest(named("name"));
  const auto good = FolderName::parse(digest + ".1000");
  ASSERT_TRUE(good);
  EXPECT_EQ(1000u, good->uid);
  EXPECT_EQ(digest + ".1000", good->text());
  EXPECT_EQ(digest + ".4294967295.7", FolderName::parse(digest + ".4294967295.7")->text());
  for (const std::string& text :
       {digest, digest + ".", digest + ".01", digest + ".+1", digest + ". 1", digest + ".1.", digest + ".1.0",
        digest + ".1.8", digest + ".1.1.1", digest + ".4294967296", digest + ".-1", digest.substr(1) + ".1",
        "G" + digest.substr(1) + ".1", digest + "x1", std::string()}) {
    EXPECT_FALSE(FolderName::parse(text)) << text;
  }
}

// ------------------------------------------------------------------------------------------------------ several users

class PipeFolderOfUsers : public PipeFolder {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to act as several users";
    share();
  }
};

void become(uid_t uid) { ASSERT_EQ(0, setresuid(uid, uid, uid)); }

// A process of `uid` that serves the pipe until its parent goes on.
std::unique_ptr<Process> server_of(uid_t uid) {
  auto process = std::make_unique<Process>([uid](Process& parent) {
    become(uid);
    const auto added = add();
    ASSERT_TRUE(added);
    parent.say();
    parent.stay();
  });
  EXPECT_TRUE(process->hear());
  return process;
}

TEST_F(PipeFolderOfUsers, INST_3_OnlyTheFounderAndRootJoin) {
  const auto server = server_of(kUserA);
  Process stranger([](Process&) {
    become(kUserB);
    EXPECT_TRUE(found());
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, status_of(add()));
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, status_of(add(first_only())));
    Asked asked;
    asked.permission = PIPES_ERROR_INVALID_FUNCTION;
    EXPECT_EQ(PIPES_ERROR_INVALID_FUNCTION, status_of(add(asked)));
  });
  stranger.expect_success();

  auto root = add();
  ASSERT_TRUE(root);
  EXPECT_FALSE(root->created);
  Process client([](Process&) {
    become(kUserB);
    EXPECT_EQ(2u, found()->servers.size());
    const auto pipes = find_pipe(named("name"));
    for (const ServerRecord& record : pipes->front().meta.servers) EXPECT_TRUE(connect_server(pipes->front(), record));
  });
  client.expect_success();
  server->expect_success();
  EXPECT_TRUE(found());
  root->membership.reset();
  EXPECT_TRUE(leavings().empty());
}

TEST_F(PipeFolderOfUsers, AnotherUsersLeavingsBlockNobody) {
  server_of(kUserA)->kill_and_wait();
  ASSERT_TRUE(fs::exists(folder(named("name"), kUserA)));
  Process other([](Process&) {
    become(kUserB);
    const auto added = add(first_only());
    ASSERT_TRUE(added);
    EXPECT_TRUE(added->created);
    EXPECT_EQ(kUserB, found()->owner_uid);
    EXPECT_EQ(1u, list_pipes()->size());
  });
  other.expect_success();
  EXPECT_TRUE(fs::exists(folder(named("name"), kUserA)));
  EXPECT_TRUE(list_pipes()->empty());
  EXPECT_TRUE(leavings().empty());
}

TEST_F(PipeFolderOfUsers, RootGivesAwayNoFileThatWasOnlyLinkedThere) {
  const std::string trap = folder(named("name"), kUserA);
  const std::string mine = root_ + "/mine";
  std::ofstream(mine) << "root's";
  ASSERT_TRUE(fs::create_directory(trap));
  ASSERT_EQ(0, chown(trap.c_str(), kUserA, kUserA));
  ASSERT_EQ(0, link(mine.c_str(), (trap + "/lock").c_str()));
  EXPECT_TRUE(list_pipes()->empty());  // which sweeps
  (void)add();
  struct stat status {};
  ASSERT_EQ(0, stat(mine.c_str(), &status));
  EXPECT_EQ(0u, status.st_uid);
  ASSERT_TRUE(fs::remove(mine));
  fs::remove_all(trap);
}

// Root takes what is dead out of a folder whose maker wrote what is in it.
TEST_F(PipeFolderOfUsers, NothingOfAnybodyElsesIsRemovedBecauseARecordNamesIt) {
  const auto server = server_of(kUserA);
  const std::string socket_name = server_socket_name(1, 1);
  Process starting([&](Process& parent) {
    become(kUserB);
    std::ofstream(root_ + "/mine") << "B's";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (void)std::snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", root_.c_str(), socket_name.c_str());
    const UniqueFd about_to_listen(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    ASSERT_EQ(0, bind(about_to_listen.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(starting.hear());
  PipeMeta meta = *found();
  for (const std::string& file : {socket_name, std::string("mine")}) {
    ServerRecord record;
    record.pid = 1;
    record.uid = kUserB;
    record.ticket = 1;
    record.instances = 1;
    record.socket = file;
    meta.servers.push_back(record);
  }
  const auto bytes = wire::encode_meta(meta);
  ASSERT_TRUE(bytes);
  const auto* text = reinterpret_cast<const char*>(bytes->data());
  write_file(folder(named("name"), kUserA) + "/meta", {text, text + bytes->size()});

  EXPECT_TRUE(add());

  EXPECT_TRUE(fs::exists(root_ + "/" + socket_name));
  EXPECT_TRUE(fs::exists(root_ + "/mine"));
  starting.expect_success();
}

TEST_F(PipeFolderOfUsers, AnotherUserOnOnesNameBlocksNobody) {
  const std::string squatted = folder(named("name"), kUserA);
  ASSERT_TRUE(fs::create_directory(squatted));
  ASSERT_EQ(0, chown(squatted.c_str(), kUserB, kUserB));
  const auto server = server_of(kUserA);
  EXPECT_EQ(kUserA, found()->owner_uid);
  EXPECT_TRUE(fs::exists(squatted + ".1"));
}

// A folder made to look like another user's is that of its true owner, who does not stand in its name.
TEST_F(PipeFolderOfUsers, FolderInAnotherUsersNameIsNotBelieved) {
  const auto server = server_of(kUserB);
  fs::rename(folder(named("name"), kUserB), folder(named("name"), kUserA));
  EXPECT_FALSE(found());
  EXPECT_TRUE(find_pipe(named("name"))->empty());
}

TEST_F(PipeFolderOfUsers, OPEN_32_ExactlyOneOfRacingUsersCreates) {
  for (int round = 0; round < 15; ++round) {
    std::vector<std::unique_ptr<Process>> processes;
    for (const uid_t uid : {kUserA, kUserB, kUserA - 1, kUserA, kUserB}) {
      processes.push_back(std::make_unique<Process>([uid](Process& parent) {
        become(uid);
        parent.stay();
        const auto added = add(first_only());
        parent.say(added ? 'c' : added.status() == PIPES_ERROR_ACCESS_DENIED ? 'd' : 'x');
        parent.stay();
      }));
    }
    for (const auto& process : processes) process->say();
    EXPECT_EQ("cdddd", hear_all(processes)) << round;
    EXPECT_EQ(1u, find_pipe(named("name"))->size());
    for (const auto& process : processes) process->expect_success();
    EXPECT_TRUE(leavings().empty());
  }
}

// Somebody else's earlier claim that comes to life later does not take a pipe of root's.
TEST_F(PipeFolderOfUsers, RootsPipeIsNotTakenByAnEarlierClaim) {
  const std::string sleeping = folder(named("name"), kUserA);
  const auto sleeper = server_of(kUserA);
  fs::rename(sleeping, root_ + "/asleep");
  const auto root = add();
  ASSERT_TRUE(root);
  ASSERT_TRUE(root->created);

  fs::rename(root_ + "/asleep", sleeping);

  const auto pipes = find_pipe(named("name"));
  ASSERT_TRUE(pipes);
  ASSERT_EQ(2u, pipes->size());
  EXPECT_EQ(0u, pipes->front().founder_uid);
  EXPECT_EQ(0u, list_pipes()->front().owner_uid);
}

// The clock of the files moves in steps. Returns once what is changed from now on is later than the claim is.
void pass_time_of(const std::string& claim) {
  const std::string clock = fs::path(claim).parent_path() / "clock";
  struct stat then {};
  struct stat now {};
  ASSERT_EQ(0, stat(claim.c_str(), &then));
  do {
    write_file(clock, {'x'});
    ASSERT_EQ(0, stat(clock.c_str(), &now));
  } while (now.st_ctim.tv_sec == then.st_ctim.tv_sec && now.st_ctim.tv_nsec == then.st_ctim.tv_nsec);
  fs::remove(clock);
}

// Between equals the earlier claim is the pipe, for everybody; one that comes under its name only now is a later one.
TEST_F(PipeFolderOfUsers, EarlierClaimIsThePipe) {
  const std::string hidden = folder(named("name"), kUserB);
  const auto first = server_of(kUserB);
  for (const char* part : {"", ".claim"}) fs::rename(hidden + part, root_ + "/hidden" + part);
  const auto second = server_of(kUserA);
  pass_time_of(folder(named("name"), kUserA) + ".claim");
  for (const char* part : {"", ".claim"}) fs::rename(root_ + "/hidden" + part, hidden + part);

  const auto pipes = find_pipe(named("name"));
  ASSERT_EQ(2u, pipes->size());
  EXPECT_EQ(kUserA, pipes->front().founder_uid);
  EXPECT_EQ(kUserB, pipes->back().founder_uid);
  ASSERT_EQ(1u, list_pipes()->size());
  EXPECT_EQ(kUserA, list_pipes()->front().owner_uid);
}

// Somebody's earlier claim that had no server comes to life beside another's pipe.
TEST_F(PipeFolderOfUsers, DECISION_14_AnEstablishedPipeIsNotTakenByAnEarlierClaim) {
  const auto ended = server_of(kUserA);
  const PipeMeta leavings_of_a = *found();
  ended->kill_and_wait();
  auto established = server_of(kUserB);
  ASSERT_EQ(kUserB, found()->owner_uid);

  Process late([&](Process& parent) {
    become(kUserA);
    const std::string path = folder(named("name"), kUserA) + "/" + leavings_of_a.servers.front().socket;
    fs::remove(path);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (void)std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
    const UniqueFd listener(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    ASSERT_EQ(0, bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    ASSERT_EQ(0, chmod(path.c_str(), 0666));
    ASSERT_EQ(0, listen(listener.get(), 100));
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(late.hear());

  ASSERT_EQ(1u, find_pipe(named("name"))->size());
  EXPECT_EQ(kUserB, found()->owner_uid);
  ASSERT_EQ(1u, list_pipes()->size());
  EXPECT_EQ(kUserB, list_pipes()->front().owner_uid);
  {
    const auto root = add();
    ASSERT_TRUE(root);
    EXPECT_EQ(kUserB, root->meta.owner_uid);
  }
  Process honest([](Process&) {
    become(kUserA);
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, status_of(add(first_only())));
    EXPECT_EQ(kUserB, found()->owner_uid);
  });
  honest.expect_success();
  // With that pipe its precedence ends, too.
  established->expect_success();
  EXPECT_EQ(kUserA, found()->owner_uid);
  late.expect_success();
}

// What holds a claim is a process, which could answer at any moment: no leaving of somebody's.
TEST_F(PipeFolderOfUsers, DECISION_14_AClaimThatAProcessHoldsIsNotOverruled) {
  Process silent([](Process& parent) {
    become(kUserA);
    const auto added = add();
    ASSERT_TRUE(added);
    ASSERT_EQ(0, shutdown(added->membership->listening_socket(), SHUT_RDWR));
    parent.say();
    parent.stay();
  });
  ASSERT_TRUE(silent.hear());
  EXPECT_FALSE(found());
  Process other([&](Process&) {
    become(kUserB);
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, status_of(add()));
    silent.say();
    EXPECT_EQ('\0', silent.hear());
    EXPECT_TRUE(add());
  });
  other.expect_success();
}

TEST_F(PipeFolderOfUsers, AnotherUserOnOnesClaimBlocksNobody) {
  const std::string squatted = folder(named("name"), kUserA) + ".claim";
  write_file(squatted, {});
  ASSERT_EQ(0, chown(squatted.c_str(), kUserB, kUserB));
  const auto server = server_of(kUserA);
  EXPECT_EQ(kUserA, found()->owner_uid);
  EXPECT_TRUE(fs::exists(folder(named("name"), kUserA) + ".1"));
}

TEST_F(PipeFolderOfUsers, AClaimWithoutAFolderIsSweptUnlessSomebodyHoldsIt) {
  const auto server = server_of(kUserA);
  fs::rename(folder(named("name"), kUserA), root_ + "/hidden");
  EXPECT_TRUE(list_pipes()->empty());
  EXPECT_TRUE(fs::exists(folder(named("name"), kUserA) + ".claim"));
  server->kill_and_wait();
  EXPECT_TRUE(list_pipes()->empty());
  EXPECT_FALSE(fs::exists(folder(named("name"), kUserA) + ".claim"));
}

}  // namespace
}  // namespace pipes
