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
  void say(char byte = '.') const { (void)!write(channel_.get(), &byte, 1); }
  // Returns what the other side said, or 0 if it has ended.
  [[nodiscard]] char hear() const {
    char byte = 0;
    return read(channel_.get(), &byte, 1) == 1 ? byte : '\0';
  }
  // A child stays until its parent says something or goes away.
  void stay() const { (void)hear(); }

  // In the parent: how the child ended; it is told to go on by closing the channel.
  int end() {
    channel_.reset();
    if (pid_ <= 0) return status_;
    while (waitpid(std::exchange(pid_, -1), &status_, 0) < 0 && errno == EINTR) {
    }
    return status_;
  }
  void kill_and_wait() {
    ::kill(pid_, SIGKILL);
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
  asked.name = named("Gr\xC3\xBC" "n");
  const auto added = add(asked);
  ASSERT_TRUE(added);

  const auto meta = found(named("GR\xC3\x9CN"));

  ASSERT_TRUE(meta);
  EXPECT_EQ("Gr\xC3\xBC" "n", meta->display);
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
  EXPECT_EQ(1, asked_for);
  EXPECT_EQ(PIPES_ERROR_PIPE_BUSY, status_of(add(asked)));
  EXPECT_EQ(3, asked_for);
}

// Visits every way to run out of descriptors: with each number of free ones from none to enough.
TEST_F(PipeFolder, OPEN_30_RunningOutOfDescriptorsLeavesNothing) {
  Process process([this](Process&) {
    bool added = false;
    for (rlim_t limit = 3; !added; ++limit) {
      ASSERT_LT(limit, 200u);
      rlimit files{};
      getrlimit(RLIMIT_NOFILE, &files);
      const rlimit few{limit, files.rlim_max};
      ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &few));
      auto result = add();
      const Status status = status_of(result);
      added = status == PIPES_OK;
      // What was added with the last descriptor goes without one.
      if (added) EXPECT_EQ(PIPES_OK, result->membership->remove_instances(1));
      ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
      if (!added) EXPECT_EQ(PIPES_ERROR_NO_SYSTEM_RESOURCES, status) << limit;
      EXPECT_TRUE(leavings().empty() || !add_leaves_only_an_idle_folder()) << limit;
    }
  });
  process.expect_success();
}
