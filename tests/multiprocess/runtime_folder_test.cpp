// The runtime folder and the limits of the process: what happens where it is missing, not ours, not safe, or where
// descriptors run out; and what another user may do with a pipe.
//
// Everything here is about Linux.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "support/child.h"
#include "support/harness.h"
#include "support/holdings.h"
#include "support/platform.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

constexpr uint32_t kNobody = 65534;
constexpr uint32_t kSomebodyElse = 12345;

// A runtime folder beside the usual one, for children that are told of it.
class ScratchFolder {
 public:
  explicit ScratchFolder(mode_t mode, uint32_t owner = 0) : path_(platform::make_private_folder()) {
    EXPECT_FALSE(path_.empty());
    if (owner != 0) {
      EXPECT_EQ(0, ::chown(path_.c_str(), owner, owner));
    }
    EXPECT_EQ(0, ::chmod(path_.c_str(), mode));
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() { platform::remove_folder(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<std::string> contents() const { return platform::folder_contents(path_); }

 private:
  std::string path_;
};

// A child whose runtime folder is `path`, as `user` (0: the present one).
std::shared_ptr<Host> host_in(const std::string& path, uint32_t user = 0) {
  return Host::in_child({.environment = {"PIPES_RUNTIME_DIR=" + path}, .user = user});
}

// What creating a new pipe gives in that folder.
Code create_in(const std::string& path, uint32_t user = 0) {
  return EndActor(host_in(path, user)).create_named(unique_name());
}

#define PIPES_NEEDS_ROOT() \
  if (!can_change_user()) GTEST_SKIP() << "only root can start processes as other users"

TEST(RuntimeFolder, AMissingFolderIsPathNotFound) {
  const ScratchFolder folder(0700);
  const std::string missing = folder.path() + "/missing";
  EXPECT_STATUS(PIPES_ERROR_PATH_NOT_FOUND, create_in(missing));
  EXPECT_FALSE(std::filesystem::exists(missing)) << "a folder that the user named is not made";
}

TEST(RuntimeFolder, InAMissingFolderThereAreNoPipes) {
  const ScratchFolder folder(0700);
  const std::shared_ptr<Host> host = host_in(folder.path() + "/missing");
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, EndActor(host).open(unique_name()));
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, wait_available(*host, unique_name()));
}

TEST(RuntimeFolder, AFileInItsPlaceIsRefused) {
  const ScratchFolder folder(0700);
  const std::string file = folder.path() + "/file";
  const int fd = ::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  ASSERT_LE(0, fd);
  ::close(fd);
  EXPECT_FALSE(create_in(file).ok());
}

TEST(RuntimeFolder, ASymbolicLinkIsRefused) {
  const ScratchFolder folder(0700);
  const ScratchFolder elsewhere(0700);
  const std::string link = folder.path() + "/link";
  std::filesystem::create_directory_symlink(elsewhere.path(), link);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, create_in(link));
  EXPECT_TRUE(elsewhere.contents().empty());
}

TEST(RuntimeFolder, AFolderThatAnyoneMayRenameInIsRefused) {
  const ScratchFolder without_sticky_bit(0777);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, create_in(without_sticky_bit.path()));
  const ScratchFolder for_the_group(0770);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, create_in(for_the_group.path()));
}

TEST(RuntimeFolder, AFolderWithTheStickyBitIsGood) {
  const ScratchFolder folder(01777);
  EXPECT_STATUS(PIPES_OK, create_in(folder.path()));
}

TEST(RuntimeFolder, AFolderOfSomebodyElseIsRefused) {
  PIPES_NEEDS_ROOT();
  const ScratchFolder folder(0755, kSomebodyElse);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, create_in(folder.path()));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, create_in(folder.path(), kNobody));
}

TEST(RuntimeFolder, AFolderWithoutTheRightToWriteIsRefused) {
  PIPES_NEEDS_ROOT();
  const ScratchFolder folder(0755);
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, create_in(folder.path(), kNobody));
  EXPECT_TRUE(folder.contents().empty());
}

TEST(RuntimeFolder, NothingIsLeftInItWhenTheProcessEnds) {
  const ScratchFolder folder(0700);
  {
    const std::shared_ptr<Host> host = host_in(folder.path());
    EndActor server(host);
    ASSERT_STATUS(PIPES_OK, server.create_named(unique_name()));
    ASSERT_FALSE(folder.contents().empty());
    ASSERT_STATUS(PIPES_OK, server.close());
    EXPECT_TRUE(folder.contents().empty());
  }
  EXPECT_TRUE(folder.contents().empty());
}

// ---------------------------------------------------------------------------------------------------------- other users

// A pipe of root in a folder that everybody may use, and a process of another user.
struct OtherUser {
  ScratchFolder folder{01777};
  std::shared_ptr<Host> owner_host = host_in(folder.path());
  std::shared_ptr<Host> other_host = host_in(folder.path(), kNobody);
  std::string name = unique_name();
  EndActor server{owner_host};
  EndActor other{other_host};
};

TEST(OtherUser, INST_3_AddingAnInstanceNeedsTheRightToCreateOne) {
  PIPES_NEEDS_ROOT();
  OtherUser users;
  ASSERT_STATUS(PIPES_OK, users.server.create_named(users.name));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, users.other.create_named(users.name));
  EXPECT_EQ(1u, users.server.get_state().current_instances);
}

TEST(OtherUser, OPEN_27_AccessIsCheckedBeforeTheLimit) {
  PIPES_NEEDS_ROOT();
  OtherUser users;
  ASSERT_STATUS(PIPES_OK, users.server.create_named(users.name, {.max_instances = 1}));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, users.other.create_named(users.name, {.max_instances = 1}));
}

TEST(OtherUser, OPEN_8_FirstInstanceFlagSeesTheOtherUsersPipe) {
  PIPES_NEEDS_ROOT();
  OtherUser users;
  const ServerOptions first{.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE};
  ASSERT_STATUS(PIPES_OK, users.server.create_named(users.name, first));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, users.other.create_named(users.name, first));
}

TEST(OtherUser, OPEN_14_SystemSecurityNeedsThePrivilege) {
  PIPES_NEEDS_ROOT();
  OtherUser users;
  EXPECT_STATUS(
      PIPES_ERROR_PRIVILEGE_NOT_HELD,
      users.other.create_named(users.name, {.open_mode = PIPES_ACCESS_DUPLEX | PIPES_ACCESS_SYSTEM_SECURITY}));
  EXPECT_STATUS(PIPES_OK, users.server.create_named(users.name,
                                                    {.open_mode = PIPES_ACCESS_DUPLEX | PIPES_ACCESS_SYSTEM_SECURITY}));
}

TEST(OtherUser, SEC_2_TheDefaultDescriptorLetsOthersReadOnly) {
  PIPES_NEEDS_ROOT();
  OtherUser users;
  ASSERT_STATUS(PIPES_OK, users.server.create_named(users.name));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, users.other.open(users.name, kReadWrite));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, users.other.open(users.name, PIPES_GENERIC_WRITE));
  ASSERT_STATUS(PIPES_OK, users.other.open(users.name, PIPES_GENERIC_READ));
  ASSERT_STATUS(PIPES_OK, users.server.write("for everyone").status);
  EXPECT_EQ("for everyone", users.other.read().bytes);
}

TEST(OtherUser, CLI_2_TheDescriptorRefusesBeforeDirectionAndBusyPipe) {
  PIPES_NEEDS_ROOT();
  OtherUser users;
  ASSERT_STATUS(PIPES_OK, users.server.create_named(users.name, {.open_mode = PIPES_ACCESS_OUTBOUND}));
  ASSERT_STATUS(PIPES_OK, users.other.open(users.name, PIPES_GENERIC_READ));
  EXPECT_STATUS(PIPES_ERROR_PIPE_BUSY, EndActor(users.other_host).open(users.name, PIPES_GENERIC_READ));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, EndActor(users.other_host).open(users.name, PIPES_GENERIC_WRITE));
}

TEST(OtherUser, WAIT_6_WaitingNeedsNoRight) {
  PIPES_NEEDS_ROOT();
  OtherUser users;
  ASSERT_STATUS(PIPES_OK, users.server.create_named(users.name, {.open_mode = PIPES_ACCESS_INBOUND}));
  EXPECT_STATUS(PIPES_ERROR_ACCESS_DENIED, users.other.open(users.name, PIPES_GENERIC_WRITE));
  EXPECT_STATUS(PIPES_OK, wait_available(*users.other_host, users.name));
}

TEST(OtherUser, NAME_16_AnotherUsersKilledServerBlocksNobody) {
  PIPES_NEEDS_ROOT();
  OtherUser users;
  ASSERT_STATUS(PIPES_OK, users.other.create_named(users.name));
  users.other_host->kill();
  EXPECT_STATUS(PIPES_ERROR_FILE_NOT_FOUND, EndActor(users.owner_host).open(users.name));
  EXPECT_STATUS(PIPES_OK, users.server.create_named(users.name));
  const std::shared_ptr<Host> again = host_in(users.folder.path(), kNobody);
  EXPECT_STATUS(PIPES_OK, EndActor(again).open(users.name, PIPES_GENERIC_READ));
}

TEST(OtherUser, NAME_16_RootsKilledServerBlocksNoOtherUser) {
  PIPES_NEEDS_ROOT();
  OtherUser users;
  ASSERT_STATUS(PIPES_OK, users.server.create_named(users.name));
  users.owner_host->kill();
  EXPECT_STATUS(PIPES_OK, users.other.create_named(users.name)) << "though the folder left behind is not its own";
}

// ---------------------------------------------------------------------------------------------------- out of descriptors

void limit_descriptors(rlim_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = count;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool ran_out(Code status) {
  return status == PIPES_ERROR_NO_SYSTEM_RESOURCES || status == PIPES_ERROR_NOT_ENOUGH_MEMORY;
}

// Makes connections to itself until descriptors run out, then checks that what it has goes on working, and that all is
// well again when there is room. Says where it failed, or "fine".
PIPES_CHILD_ROLE(out_of_descriptors) {
  const std::string name = parent.argument(0);
  limit_descriptors(60);
  std::vector<Pair> pairs;
  Code refused = PIPES_OK;
  while (refused.ok() && pairs.size() < 100) {
    Pair pair;
    pair.name = name;
    Opened server = try_create_server(name);
    refused = server.status;
    if (!refused.ok()) break;
    Opened client = try_open(name);
    refused = client.status;
    if (!refused.ok()) break;
    pair.server = std::move(server.handle);
    pair.client = std::move(client.handle);
    pairs.push_back(std::move(pair));
  }
  const auto fail = [&](const std::string& where, Code status) {
    std::ostringstream line;
    line << where << ": " << status;
    parent.say(line.str());
    return 1;
  };
  // A client cannot tell its server's want of descriptors from a server that is busy.
  if (!ran_out(refused) && !(refused == PIPES_ERROR_PIPE_BUSY)) return fail("running out", refused);
  if (pairs.empty()) return fail("no connection at all", refused);
  for (const Pair& pair : pairs) {
    if (const Code status = write(pair.client, "still here").status; !status.ok()) return fail("write", status);
    const Received received = read(pair.server);
    if (received.bytes != "still here") return fail("read", received.status);
  }
  pairs.pop_back();
  limit_descriptors(200);
  const Opened server = try_create_server(name);
  if (!server.status.ok()) return fail("creating with room again", server.status);
  const Opened client = try_open(name);
  if (!client.status.ok()) return fail("opening with room again", client.status);
  parent.say("fine");
  return 0;
}

TEST(Descriptors, BUF_13_RunningOutIsAStatusAndHarmsNothingThatExists) {
  Child child = Child::spawn("out_of_descriptors", {unique_name()});
  EXPECT_TRUE(child.expect_line("fine"));
  EXPECT_EQ(0, child.wait().code);
}

// Serves the pipe argument 0 with no descriptor to spare, until told; then with some again.
PIPES_CHILD_ROLE(server_without_descriptors) {
  const Opened server = try_create_server(parent.argument(0));
  std::vector<int> used;
  limit_descriptors(64);
  while (true) {
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0) break;
    used.push_back(fd);
  }
  parent.say("full");
  if (!parent.expect_line("free some")) return 1;
  for (const int fd : used) ::close(fd);
  parent.say("freed");
  parent.wait_for_end();
  return 0;
}

TEST(Descriptors, BUF_13_AServerWithoutDescriptorsSaysSoAndRecovers) {
  const std::string name = unique_name();
  Child server = Child::spawn("server_without_descriptors", {name});
  ASSERT_TRUE(server.expect_line("full"));
  for (int attempt = 0; attempt < 20; ++attempt) {
    EXPECT_STATUS(PIPES_ERROR_NO_SYSTEM_RESOURCES, try_open(name).status);
    EXPECT_STATUS(PIPES_ERROR_NO_SYSTEM_RESOURCES, wait_available(name));
  }
  server.say("free some");
  ASSERT_TRUE(server.expect_line("freed"));
  EXPECT_STATUS(PIPES_OK, wait_available(name));
  EXPECT_STATUS(PIPES_OK, try_open(name).status);
}

// Opens as many descriptors as there is room for, but for `spared`.
class Hoard {
 public:
  explicit Hoard(size_t spared) {
    for (int fd = open_one(); fd >= 0; fd = open_one()) fds_.push_back(fd);
    for (size_t freed = 0; freed < spared && !fds_.empty(); ++freed) {
      ::close(fds_.back());
      fds_.pop_back();
    }
  }
  Hoard(const Hoard&) = delete;
  Hoard& operator=(const Hoard&) = delete;
  ~Hoard() {
    for (const int fd : fds_) ::close(fd);
  }

 private:
  static int open_one() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
  std::vector<int> fds_;
};

// Makes every call that needs descriptors with 0, 1, 2, ... to spare, until there is enough for all, and says what gave
// another status than success or want, or lost a descriptor. Argument 0 is a pipe with one instance that listens.
PIPES_CHILD_ROLE(short_of_descriptors) {
  const std::string& served = parent.argument(0);
  const std::string own = unique_name();
  limit_descriptors(64);
  std::ostringstream strange;
  const auto judge = [&](const char* call, size_t spared, Code status) {
    if (!status.ok() && !ran_out(status)) strange << call << " with " << spared << " gave " << status << "; ";
    return status.ok();
  };
  // With `spared` descriptors. True if that was enough for every call.
  const auto call_all = [&](size_t spared) {
    const Hoard hoard(spared);
    bool enough = judge("waiting", spared, wait_available(served));
    const Opened client = try_open(served);
    enough = judge("opening", spared, client.status) && enough;
    if (client.status.ok()) enough = judge("writing", spared, write(client.handle, "x").status) && enough;
    const Opened server = try_create_server(own);
    enough = judge("creating", spared, server.status) && enough;
    const Opened added = try_create_server(own);
    enough = judge("adding", spared, added.status) && enough;
    const Opened own_client = try_open(own);
    if (server.status.ok()) enough = judge("opening its own", spared, own_client.status) && enough;
    pipes_handle read_end = PIPES_INVALID_HANDLE;
    pipes_handle write_end = PIPES_INVALID_HANDLE;
    enough = judge("an anonymous pipe", spared, pipes_create_anonymous(&read_end, &write_end, nullptr, 0)) && enough;
    (void)pipes_close(read_end);
    (void)pipes_close(write_end);
    return enough;
  };
  // The first sweep begins with nothing made yet, and makes what stays; in the second every descriptor comes back.
  const Holdings at_first = holdings_of_this_process();
  std::optional<Holdings> usual;
  for (int sweep = 0; sweep < 2; ++sweep) {
    bool enough = false;
    for (size_t spared = 0; !enough; ++spared) {
      if (spared == 40) {
        parent.say("never enough");
        return 1;
      }
      enough = call_all(spared);
      {  // with room again everything works
        const Opened server = try_create_server(own);
        const Opened client = try_open(own);
        if (!server.status.ok() || !client.status.ok()) {
          strange << "after " << spared << " " << server.status << client.status << "; ";
        }
      }
      if (usual) {
        if (const std::string kept = kept_since(*usual); !kept.empty()) strange << "after " << spared << " " << kept;
      }
      parent.say("round");
      if (!parent.expect_line("go on")) return 1;
    }
    if (!usual) usual = holdings_without_connections_since(at_first);
  }
  parent.say(strange.str().empty() ? "fine" : strange.str());
  return 0;
}

TEST(Descriptors, BUF_13_EveryCallFailsCleanlyWithWhateverIsToSpare) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  Child child = Child::spawn("short_of_descriptors", {name});
  std::optional<std::string> line = child.next_line();
  for (; line == "round"; line = child.next_line()) {
    // The instance listens again for the next round, whether or not it was taken.
    (void)disconnect(server);
    Background connecting([&] { return connect(server); });
    ASSERT_TRUE(wait_until_blocked(connecting));
    (void)connecting.cancel();
    connecting.join();
    child.say("go on");
  }
  EXPECT_EQ("fine", line.value_or("it ended"));
}

}  // namespace
}  // namespace pipes::test
