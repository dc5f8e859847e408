// Which directories are trusted, in what order they are taken, and who creates them.
//
// What concerns /run and /tmp runs in a child with those two of its own, so that no test touches the real ones.
#include "linux/runtime_directory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "pipes/pipes.h"

namespace pipes {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kOtherUid = 65534;

// Environment sets one variable, or takes it away, until it goes out of scope.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = getenv(name)) old_ = old;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

class RuntimeDirectory : public testing::Test {
 protected:
  RuntimeDirectory() {
    std::string path = "/tmp/pipes-unit-XXXXXX";
    root_ = mkdtemp(path.data());
    chmod(root_.c_str(), 0755);
  }
  ~RuntimeDirectory() override { fs::remove_all(root_); }

  [[nodiscard]] std::string make(const std::string& name, mode_t mode) const {
    const std::string path = root_ + "/" + name;
    EXPECT_EQ(0, mkdir(path.c_str(), 0700));
    EXPECT_EQ(0, chmod(path.c_str(), mode));
    return path;
  }

  std::string root_;
};

std::string path_of(const UniqueFd& directory) {
  return fs::read_symlink("/proc/self/fd/" + std::to_string(directory.get())).string();
}

Status creating_status() {
  const auto directory = directory_for_creating();
  return directory ? PIPES_OK : directory.status();
}

Status looking_status() {
  const auto directories = directories_for_looking();
  return directories ? PIPES_OK : directories.status();
}

std::vector<std::string> looked_at() {
  std::vector<std::string> paths;
  const auto directories = directories_for_looking();
  EXPECT_TRUE(directories);
  for (const pipes::RuntimeDirectory& directory : *directories) {
    paths.push_back(path_of(directory.fd));
    EXPECT_EQ(paths.back(), fs::canonical(directory.path).string());
  }
  return paths;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(0, lstat(path.c_str(), &status)) << path;
  return status.st_mode & 07777;
}

TEST_F(RuntimeDirectory, VariableIsTheOnlyCandidate) {
  const std::string path = make("only", 0700);
  const Environment only("PIPES_RUNTIME_DIR", path.c_str());
  const Environment session("XDG_RUNTIME_DIR", root_.c_str());

  const auto creating = directory_for_creating();

  ASSERT_TRUE(creating);
  EXPECT_EQ(path, path_of(*creating));
  EXPECT_EQ(std::vector<std::string>{path}, looked_at());
  EXPECT_FALSE(fs::exists(root_ + "/pipes"));
}

TEST_F(RuntimeDirectory, MissingOneIsNotCreatedAndHoldsNoPipes) {
  const std::string path = root_ + "/missing";
  const Environment only("PIPES_RUNTIME_DIR", path.c_str());

  EXPECT_EQ(PIPES_ERROR_PATH_NOT_FOUND, creating_status());
  EXPECT_TRUE(looked_at().empty());
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(RuntimeDirectory, OneThatOthersMayWriteToIsRefused) {
  for (const mode_t mode : {0777u, 0770u, 0720u, 0702u}) {
    const std::string path = make("mode" + std::to_string(mode), mode);
    const Environment only("PIPES_RUNTIME_DIR", path.c_str());
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, creating_status()) << std::oct << mode;
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, looking_status()) << std::oct << mode;
  }
}

TEST_F(RuntimeDirectory, StickyOneIsAccepted) {
  const std::string path = make("sticky", 01777);
  const Environment only("PIPES_RUNTIME_DIR", path.c_str());

  EXPECT_EQ(PIPES_OK, creating_status());
  EXPECT_EQ(PIPES_OK, looking_status());
}

TEST_F(RuntimeDirectory, LinksAndFilesAreRefused) {
  const std::string real = make("real", 0700);
  const std::string link = root_ + "/link";
  const std::string file = root_ + "/file";
  fs::create_directory_symlink(real, link);
  EXPECT_GE(UniqueFd(open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)).get(), 0);
  for (const std::string& path : {link, link + "/", link + "//", file}) {
    const Environment only("PIPES_RUNTIME_DIR", path.c_str());
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, creating_status()) << path;
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, looking_status()) << path;
  }
}

TEST_F(RuntimeDirectory, ARelativePathIsRefused) {
  const fs::path before = fs::current_path();
  static_cast<void>(make("here", 0700));
  fs::current_path(root_);
  for (const char* path : {"here", "./here", ".", "here/"}) {
    const Environment only("PIPES_RUNTIME_DIR", path);
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, creating_status()) << path;
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, looking_status()) << path;
  }
  fs::current_path(before);
}

// What the log says during `call`, with PIPES_RUNTIME_DIR as it is.
std::string logged_by(const std::function<pipes_status()>& call) {
  std::string lines;
  const auto keep = [](uint32_t, const char* message, void* context) {
    *static_cast<std::string*>(context) += std::string(message) + "\n";
  };
  EXPECT_EQ(PIPES_OK, pipes_set_log(keep, &lines, 1));
  static_cast<void>(call());
  EXPECT_EQ(PIPES_OK, pipes_set_log(nullptr, nullptr, 0));
  return lines;
}

TEST_F(RuntimeDirectory, TheLogSaysWhyOneIsNotUsed) {
  static constexpr const char* kName = R"(\\.\pipe\nowhere)";
  const std::function<pipes_status()> calls[] = {
      [] {
        pipes_handle handle = PIPES_INVALID_HANDLE;
        return pipes_create_named(kName, PIPES_ACCESS_DUPLEX, 0, 1, 0, 0, 0, nullptr, &handle, nullptr);
      },
      [] {
        pipes_handle handle = PIPES_INVALID_HANDLE;
        return pipes_open(kName, PIPES_GENERIC_READ, 0, nullptr, &handle);
      },
      [] { return pipes_wait_available(kName, 0); },
      [] { return pipes_enumerate([](const pipes_pipe_info*, void*) { return 1; }, nullptr); }};
  const std::string shared = make("shared", 0770);
  const std::pair<std::string, std::string> refused[] = {
      {root_ + "/missing", "does not exist"}, {shared, "others could replace"}, {"relative", "is a relative path"}};
  for (const auto& [path, reason] : refused) {
    const Environment only("PIPES_RUNTIME_DIR", path.c_str());
    for (const auto& call : calls) {
      const std::string lines = logged_by(call);
      EXPECT_EQ(0u, lines.find("cannot use PIPES_RUNTIME_DIR=" + path + ", which ")) << lines;
      EXPECT_NE(std::string::npos, lines.find(reason)) << lines;
    }
  }
}

TEST_F(RuntimeDirectory, TheLogIsSilentAboutAPipeThatIsNotThere) {
  const std::string path = make("good", 0700);
  const Environment only("PIPES_RUNTIME_DIR", path.c_str());
  EXPECT_EQ("", logged_by([] { return pipes_wait_available(R"(\\.\pipe\nowhere)", 0); }));
}

// run_apart runs `body` in a child process and fails the test if it does.
void run_apart(const std::function<void()>& body) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    body();
    fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// own_system gives this process empty /run and /tmp of its own. It takes root.
void own_system() {
  ASSERT_EQ(0, unshare(CLONE_NEWNS));
  ASSERT_EQ(0, mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
  ASSERT_EQ(0, mount("none", "/run", "tmpfs", 0, "mode=0755"));
  ASSERT_EQ(0, mount("none", "/tmp", "tmpfs", 0, "mode=1777"));
  unsetenv("PIPES_RUNTIME_DIR");
  unsetenv("XDG_RUNTIME_DIR");
}

class RuntimeDirectoryAsRoot : public RuntimeDirectory {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to act as several users and to mount";
  }
};

TEST_F(RuntimeDirectoryAsRoot, OneOfAnotherUserIsRefused) {
  const std::string path = make("others", 0755);
  ASSERT_EQ(0, chown(path.c_str(), kOtherUid, kOtherUid));
  const Environment only("PIPES_RUNTIME_DIR", path.c_str());

  EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, creating_status());
  EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, looking_status());
}

TEST_F(RuntimeDirectoryAsRoot, OneOfRootIsLookedAtByAllAndWrittenByRoot) {
  const std::string path = make("roots", 0755);
  const Environment only("PIPES_RUNTIME_DIR", path.c_str());
  run_apart([&] {
    ASSERT_EQ(0, setresuid(kOtherUid, kOtherUid, kOtherUid));
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, creating_status());
    EXPECT_EQ(std::vector<std::string>{path}, looked_at());
  });
}

TEST_F(RuntimeDirectoryAsRoot, RootCreatesTheCommonOneForEverybody) {
  run_apart([] {
    own_system();
    umask(077);
    EXPECT_TRUE(looked_at().empty());
    const auto directory = directory_for_creating();
    ASSERT_TRUE(directory);
    EXPECT_EQ("/run/pipes", path_of(*directory));
    EXPECT_EQ(01777u, mode_of("/run/pipes"));
    EXPECT_EQ(1, std::distance(fs::directory_iterator("/run"), {}));

    ASSERT_EQ(0, setresuid(kOtherUid, kOtherUid, kOtherUid));
    const auto common = directory_for_creating();
    ASSERT_TRUE(common);
    EXPECT_EQ("/run/pipes", path_of(*common));
  });
}

TEST_F(RuntimeDirectoryAsRoot, WhatADeadCreatorLeftServesTheNext) {
  run_apart([] {
    own_system();
    umask(077);
    ASSERT_EQ(0, mkdir("/run/pipes.new", 0700));
    const auto directory = directory_for_creating();
    ASSERT_TRUE(directory);
    EXPECT_EQ("/run/pipes", path_of(*directory));
    EXPECT_EQ(01777u, mode_of("/run/pipes"));
    EXPECT_EQ(1, std::distance(fs::directory_iterator("/run"), {}));
  });
}

TEST_F(RuntimeDirectoryAsRoot, WhatSomebodyElseLeftThereIsNotTaken) {
  run_apart([] {
    own_system();
    for (const char* name : {"/tmp/pipes-65534.new", "/tmp/elsewhere"}) {
      ASSERT_EQ(0, mkdir(name, 0777));
      ASSERT_EQ(0, chmod(name, 0777));
    }
    ASSERT_EQ(0, setresuid(kOtherUid, kOtherUid, kOtherUid));
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, creating_status());
    EXPECT_FALSE(fs::exists("/tmp/pipes-65534"));
  });
  run_apart([] {
    own_system();
    ASSERT_EQ(0, mkdir("/tmp/elsewhere", 0700));
    ASSERT_EQ(0, chown("/tmp/elsewhere", kOtherUid, kOtherUid));
    ASSERT_EQ(0, symlink("/tmp/elsewhere", "/tmp/pipes-65534.new"));
    ASSERT_EQ(0, setresuid(kOtherUid, kOtherUid, kOtherUid));
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, creating_status());
    EXPECT_FALSE(fs::exists("/tmp/pipes-65534"));
  });
}

TEST_F(RuntimeDirectoryAsRoot, UsersCreateTheirOwnWhereThereIsNoCommonOne) {
  run_apart([] {
    own_system();
    const std::string session = "/run/session";
    ASSERT_TRUE(fs::create_directory(session));
    ASSERT_EQ(0, chown(session.c_str(), kOtherUid, kOtherUid));
    umask(077);
    ASSERT_EQ(0, setresuid(kOtherUid, kOtherUid, kOtherUid));

    const auto temporary = directory_for_creating();
    ASSERT_TRUE(temporary);
    EXPECT_EQ("/tmp/pipes-65534", path_of(*temporary));
    EXPECT_EQ(0755u, mode_of("/tmp/pipes-65534"));

    const Environment variable("XDG_RUNTIME_DIR", session.c_str());
    const auto in_session = directory_for_creating();
    ASSERT_TRUE(in_session);
    EXPECT_EQ("/run/session/pipes", path_of(*in_session));
    EXPECT_EQ(0700u, mode_of("/run/session/pipes"));
    EXPECT_EQ((std::vector<std::string>{"/run/session/pipes", "/tmp/pipes-65534"}), looked_at());
  });
}

TEST_F(RuntimeDirectoryAsRoot, UnsafeCandidatesArePassedOver) {
  run_apart([] {
    own_system();
    ASSERT_TRUE(fs::create_directory("/run/pipes"));
    ASSERT_EQ(0, chmod("/run/pipes", 0777));
    ASSERT_EQ(0, setresuid(kOtherUid, kOtherUid, kOtherUid));

    const auto directory = directory_for_creating();

    ASSERT_TRUE(directory);
    EXPECT_EQ("/tmp/pipes-65534", path_of(*directory));
    EXPECT_EQ(std::vector<std::string>{"/tmp/pipes-65534"}, looked_at());
  });
}

TEST_F(RuntimeDirectoryAsRoot, NoCandidateLeftIsAccessDenied) {
  run_apart([] {
    own_system();
    ASSERT_TRUE(fs::create_directory("/tmp/pipes-65534"));  // somebody else's: root's, and not writable
    ASSERT_EQ(0, setresuid(kOtherUid, kOtherUid, kOtherUid));
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED, creating_status());
  });
}

TEST_F(RuntimeDirectoryAsRoot, OneDirectoryUnderTwoNamesIsLookedAtOnce) {
  run_apart([] {
    own_system();
    const Environment variable("XDG_RUNTIME_DIR", "/run/");
    EXPECT_EQ(PIPES_OK, creating_status());
    EXPECT_EQ(std::vector<std::string>{"/run/pipes"}, looked_at());
  });
}

}  // namespace
}  // namespace pipes
