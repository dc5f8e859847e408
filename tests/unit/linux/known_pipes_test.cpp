// What a process keeps of pipes it has found: that it is used while nothing has changed, and that each change shows.
#include "linux/known_pipes.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "linux/server_socket.h"
#include "support/deadline.h"
#include "wire/layout.h"

namespace pipes {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMillisecond = 1'000'000;

PipeName named(const std::string& name) {
  const auto parsed = parse_pipe_name(("\\\\.\\pipe\\" + name).c_str(), NameUse::kCreate);
  EXPECT_TRUE(parsed) << name;
  return *parsed;
}

AddRequest request_for(const PipeName& name) {
  return {name,
          {PIPES_TYPE_BYTE, PIPES_ACCESS_DUPLEX, PIPES_UNLIMITED_INSTANCES, 50, wire::kRingCapacityMin, {}},
          false,
          PIPES_ACCESS_DUPLEX,
          [](const PipeMeta&) { return PIPES_OK; },
          [](const FoundPipe&, const ServerRecord&) {}};
}

// Runs `body` in a forked process and returns what it exits with.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  EXPECT_EQ(child, waitpid(child, &status, 0));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class KnownPipes : public testing::Test {
 protected:
  KnownPipes() : root_(make_folder()) {
    if (const char* old = getenv("PIPES_RUNTIME_DIR")) old_ = old;
    setenv("PIPES_RUNTIME_DIR", root_.c_str(), 1);
  }
  ~KnownPipes() override {
    PipeLook(name_).forget();
    fs::remove_all(root_);
    old_ ? setenv("PIPES_RUNTIME_DIR", old_->c_str(), 1) : unsetenv("PIPES_RUNTIME_DIR");
  }

  static std::string make_folder() {
    std::string path = "/tmp/pipes-unit-XXXXXX";
    return mkdtemp(path.data());
  }

  [[nodiscard]] PipeMembership serve() const {
    auto added = PipeMembership::add_first(request_for(name_));
    EXPECT_TRUE(added);
    return std::move(*added->membership);
  }
  [[nodiscard]] std::shared_ptr<const KnownPipe> known() const { return PipeLook(name_).known(); }

  // Looks as pipes_open does.
  [[nodiscard]] std::shared_ptr<const KnownPipe> look_and_learn() const {
    const PipeLook look(name_);
    const auto known = look.known();
    if (known) return known;
    const auto found = find_pipe(name_);
    EXPECT_TRUE(found);
    if (found) look.learn(*found);
    return nullptr;
  }
  // Until what has changed last is old enough to be kept.
  [[nodiscard]] std::shared_ptr<const KnownPipe> get_to_know() const {
    const Deadline deadline = Deadline::after_ms(20'000);
    while (!deadline.passed()) {
      if (const auto known = look_and_learn()) return known;
      const timespec pause{0, kMillisecond};
      nanosleep(&pause, nullptr);
    }
    return nullptr;
  }

  const std::string root_;
  const PipeName name_ = named("known");
  std::optional<std::string> old_;
};

TEST_F(KnownPipes, APipeThatIsNotServedIsNotKnown) { EXPECT_EQ(nullptr, look_and_learn()); }

TEST_F(KnownPipes, APipeThatStaysAsItIsBecomesKnown) {
  const PipeMembership server = serve();
  const auto known = get_to_know();
  ASSERT_NE(nullptr, known);
  EXPECT_EQ(name_.folded, known->meta.folded);
  EXPECT_EQ(geteuid(), known->founder_uid);
  ASSERT_EQ(1u, known->meta.servers.size());
  EXPECT_EQ(server.record().socket, known->meta.servers.front().socket);
  const auto reached = connect_at(known->path, known->founder_uid, known->meta.servers.front());
  ASSERT_TRUE(reached);
  EXPECT_EQ(getpid(), reached->peer.pid);
}

TEST_F(KnownPipes, ItHoldsNoDescriptor) {
  const auto count = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()); };
  const PipeMembership server = serve();
  const auto before = count();
  ASSERT_NE(nullptr, get_to_know());
  EXPECT_EQ(before, count());
}

TEST_F(KnownPipes, AnotherInstanceShows) {
  PipeMembership server = serve();
  ASSERT_NE(nullptr, get_to_know());
  ASSERT_EQ(PIPES_OK, server.add_instance(request_for(name_), nullptr));
  EXPECT_EQ(nullptr, known());
  const auto again = get_to_know();
  ASSERT_NE(nullptr, again);
  EXPECT_EQ(2u, again->meta.servers.front().instances);
}

TEST_F(KnownPipes, AFolderThatIsRemovedShows) {
  {
    const PipeMembership server = serve();
    ASSERT_NE(nullptr, get_to_know());
  }
  EXPECT_EQ(nullptr, known());
}

TEST_F(KnownPipes, AFolderThatIsRemadeShows) {
  std::string first;
  {
    const PipeMembership server = serve();
    ASSERT_NE(nullptr, get_to_know());
    first = server.record().socket;
  }
  const PipeMembership server = serve();
  EXPECT_EQ(nullptr, known());
  const auto again = get_to_know();
  ASSERT_NE(nullptr, again);
  EXPECT_NE(first, again->meta.servers.front().socket);
}

TEST_F(KnownPipes, AFolderThatAnotherHasTakenThePlaceOfShows) {
  const PipeMembership server = serve();
  const auto before = get_to_know();
  ASSERT_NE(nullptr, before);
  const std::string aside = root_ + "/aside";
  fs::rename(before->path, aside);
  ASSERT_EQ(0, mkdir(before->path.c_str(), 0755));
  EXPECT_EQ(nullptr, known());
  fs::remove(before->path);
  fs::rename(aside, before->path);
  EXPECT_NE(nullptr, get_to_know());
}

TEST_F(KnownPipes, AFolderThatOthersMayWriteToShows) {
  const PipeMembership server = serve();
  const auto before = get_to_know();
  ASSERT_NE(nullptr, before);
  ASSERT_EQ(0, chmod(before->path.c_str(), 0777));
  EXPECT_EQ(nullptr, known());
  EXPECT_EQ(nullptr, look_and_learn());
}

TEST_F(KnownPipes, ADirectoryThatIsNoLongerSafeShows) {
  const PipeMembership server = serve();
  ASSERT_NE(nullptr, get_to_know());
  ASSERT_EQ(0, chmod(root_.c_str(), 0777));
  EXPECT_EQ(nullptr, known());
}

TEST_F(KnownPipes, AnotherRuntimeDirectoryShows) {
  const std::string other = make_folder();
  const PipeMembership server = serve();
  ASSERT_NE(nullptr, get_to_know());
  setenv("PIPES_RUNTIME_DIR", other.c_str(), 1);
  EXPECT_EQ(nullptr, known());
  setenv("PIPES_RUNTIME_DIR", root_.c_str(), 1);
  EXPECT_NE(nullptr, known());
  fs::remove_all(other);
}

TEST_F(KnownPipes, ARivalOfAnotherUserShows) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  ASSERT_EQ(0, chmod(root_.c_str(), 01777));
  const PipeMembership server = serve();
  const auto before = get_to_know();
  ASSERT_NE(nullptr, before);
  const std::string rival = before->path.substr(0, before->path.rfind('.')) + ".12345";
  ASSERT_EQ(0, mkdir(rival.c_str(), 0755));
  EXPECT_EQ(nullptr, known());
}

TEST_F(KnownPipes, AServerThatDiedIsKnownUntilItIsForgotten) {
  PipeMembership server = serve();
  ASSERT_NE(nullptr, get_to_know());
  server.abandon();  // leaves what a process leaves that was killed
  const PipeLook look(name_);
  const auto stale = look.known();
  ASSERT_NE(nullptr, stale);
  EXPECT_EQ(PIPES_ERROR_FILE_NOT_FOUND,
            connect_at(stale->path, stale->founder_uid, stale->meta.servers.front()).status());
  look.forget();
  EXPECT_EQ(nullptr, look.known());
}

TEST_F(KnownPipes, APipeOfSeveralServerProcessesIsNotKept) {
  const PipeMembership server = serve();
  const PipeMembership second = serve();  // a membership stands for a process
  const auto found = find_pipe(name_);
  ASSERT_TRUE(found);
  ASSERT_EQ(2u, found->front().meta.servers.size());
  const Deadline deadline = Deadline::after_ms(20'000);
  const auto settled = [&] {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return FileTraits::of_path(found->front().path).settled_before(now.tv_sec * kSecond + now.tv_nsec);
  };
  while (!settled() && !deadline.passed()) {
  }
  ASSERT_TRUE(settled());
  EXPECT_EQ(nullptr, look_and_learn());
  EXPECT_EQ(nullptr, look_and_learn());
}

TEST_F(KnownPipes, AForkedChildKnowsNothingAndLearnsByItself) {
  const PipeMembership server = serve();
  ASSERT_NE(nullptr, get_to_know());
  EXPECT_EQ(0, in_child([&] {
              PipeLook::forget_in_child();
              if (known() != nullptr) return 1;
              return get_to_know() != nullptr ? 0 : 2;
            }));
  EXPECT_NE(nullptr, known());
}

TEST_F(KnownPipes, OnlySoManyAreKept) {
  const PipeMembership server = serve();
  ASSERT_NE(nullptr, get_to_know());
  const auto found = find_pipe(name_);
  ASSERT_TRUE(found);
  for (int i = 0; i < 100; ++i) {
    const PipeName other = named("other" + std::to_string(i));
    PipeLook(other).learn(*found);
  }
  EXPECT_EQ(nullptr, known());
}

TEST(FileTraits, WhatChangedInTheSameTickIsNotSettled) {
  FileTraits traits;
  traits.changed_ns = traits.modified_ns = 100 * kSecond + 123'456'789;
  EXPECT_FALSE(traits.settled_before(traits.changed_ns));
  EXPECT_FALSE(traits.settled_before(traits.changed_ns + 4 * kMillisecond));
  EXPECT_TRUE(traits.settled_before(traits.changed_ns + 20 * kMillisecond));
  traits.modified_ns += 15 * kMillisecond;
  EXPECT_FALSE(traits.settled_before(traits.changed_ns + 20 * kMillisecond));
}

TEST(FileTraits, TimesInWholeSecondsSettleAfterSeconds) {
  FileTraits traits;
  traits.changed_ns = traits.modified_ns = 100 * kSecond;
  EXPECT_FALSE(traits.settled_before(101 * kSecond));
  EXPECT_TRUE(traits.settled_before(103 * kSecond));
}

TEST(FileTraits, WhatIsNotThereIsSettledWhatCannotBeSeenIsNot) {
  FileTraits traits = FileTraits::of_path("/nowhere/at/all");
  EXPECT_EQ(ENOENT, traits.error);
  EXPECT_TRUE(traits.settled_before(0));
  traits.error = EACCES;
  EXPECT_FALSE(traits.settled_before(INT64_MAX));
}

// ------------------------------------------------------------------------------------------------- reaching by a path

TEST_F(KnownPipes, ASocketThatWasBoundElsewhereIsNotWhatWasMeant) {
  const PipeMembership server = serve();
  const auto known = get_to_know();
  ASSERT_NE(nullptr, known);
  const ServerRecord& record = known->meta.servers.front();
  ASSERT_TRUE(connect_at(known->path, known->founder_uid, record));

  // The same user's, so that credentials do not tell: only the name it was bound under does.
  const UniqueFd impostor(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string elsewhere = root_ + "/elsewhere";
  std::memcpy(address.sun_path, elsewhere.c_str(), elsewhere.size() + 1);
  ASSERT_EQ(0, bind(impostor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  ASSERT_EQ(0, listen(impostor.get(), 8));
  fs::rename(elsewhere, known->path + "/" + record.socket);
  EXPECT_EQ(PIPES_ERROR_FILE_NOT_FOUND, connect_at(known->path, known->founder_uid, record).status());
}

// Its name and its user are those of the record: only the link tells.
TEST_F(KnownPipes, ASocketThatALinkLeadsToIsNotWhatWasMeant) {
  const PipeMembership server = serve();
  const auto found = find_pipe(name_);
  ASSERT_TRUE(found);
  const FoundPipe& pipe = found->front();
  const ServerRecord& record = pipe.meta.servers.front();
  ASSERT_TRUE(connect_in(pipe.folder.get(), pipe.founder_uid, record));
  fs::create_directory(root_ + "/elsewhere");
  fs::rename(pipe.path + "/" + record.socket, root_ + "/elsewhere/" + record.socket);
  fs::create_symlink(root_ + "/elsewhere/" + record.socket, pipe.path + "/" + record.socket);
  EXPECT_EQ(PIPES_ERROR_FILE_NOT_FOUND, connect_at(pipe.path, pipe.founder_uid, record).status());
  EXPECT_EQ(PIPES_ERROR_FILE_NOT_FOUND, connect_in(pipe.folder.get(), pipe.founder_uid, record).status());
  EXPECT_EQ(Liveness::kUnclear, *probe(pipe.folder.get(), pipe.founder_uid, record));
}

TEST_F(KnownPipes, AServerOfAnotherUidThanItsRecordIsAnImpostor) {
  const PipeMembership server = serve();
  const auto found = find_pipe(name_);
  ASSERT_TRUE(found);
  const FoundPipe& pipe = found->front();
  ServerRecord record = pipe.meta.servers.front();
  ASSERT_TRUE(connect_at(pipe.path, pipe.founder_uid, record));
  record.uid += 1;
  EXPECT_EQ(PIPES_ERROR_FILE_NOT_FOUND, connect_at(pipe.path, pipe.founder_uid, record).status());
}

TEST_F(KnownPipes, APathThatIsNoAddressIsNotTried) {
  const auto server_named = [](const char* socket) {
    ServerRecord record;
    record.socket = socket;
    return record;
  };
  EXPECT_FALSE(is_reachable_at("relative", 0, server_named("s.1.2")));
  EXPECT_FALSE(is_reachable_at("/" + std::string(107, 'x'), 0, server_named("s.1.2")));
  EXPECT_TRUE(is_reachable_at("/" + std::string(100, 'x'), 0, server_named("s.1.2")));
}

}  // namespace
}  // namespace pipes
