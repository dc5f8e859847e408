// A page that the holders of an end share, with nonsense in it: whatever stands there, calls answer, and nothing is
// read or written that is not theirs. And descriptors that are no tokens, or stale ones, which a child finds.
#include "wire/end_page.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>

#include "support/expect.h"
#include "support/heir.h"

namespace pipes::test {
namespace {

void make_inheritable(pipes_handle handle) {
  ASSERT_STATUS(PIPES_OK, pipes_set_handle_flags(handle, PIPES_HANDLE_FLAG_INHERIT, PIPES_HANDLE_FLAG_INHERIT));
}

// The newest page of this process, mapped. It is unmapped with the object.
class MappedPage {
 public:
  MappedPage() {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      if (std::filesystem::read_symlink(entry.path(), gone).string().find("pipes-end") == std::string::npos) continue;
      const int fd = std::stoi(entry.path().filename());
      if (mapped_ != MAP_FAILED) ::munmap(mapped_, wire::kEndPageBytes);
      mapped_ = ::mmap(nullptr, wire::kEndPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
  }
  ~MappedPage() {
    if (mapped_ != MAP_FAILED) ::munmap(mapped_, wire::kEndPageBytes);
  }
  MappedPage(const MappedPage&) = delete;
  MappedPage& operator=(const MappedPage&) = delete;

  [[nodiscard]] wire::EndPage* page() const {
    return mapped_ == MAP_FAILED ? nullptr : static_cast<wire::EndPage*>(mapped_);
  }

 private:
  void* mapped_ = MAP_FAILED;
};

TEST(HostilePage, DECISION_39_NonsenseInTheSharedPageHarmsNobody) {
  std::mt19937_64 random(20240607);
  constexpr size_t kFirst = offsetof(wire::EndPage, common) / 4;
  constexpr size_t kWords = sizeof(wire::EndPage) / 4;
  const auto value = [&]() -> uint32_t {
    switch (random() % 5) {
      case 0:
        return 0;
      case 1:
        return UINT32_MAX;
      case 2:
        return static_cast<uint32_t>(random() % 70);
      case 3:
        return static_cast<uint32_t>(random() & 0xFFF8);
      default:
        return static_cast<uint32_t>(random());
    }
  };
  for (int round = 0; round < 60; ++round) {
    Pair pair = connected_pair(with_quota(message_pipe(), 1000));
    Handle& own = round % 2 == 0 ? pair.client : pair.server;
    const Handle& peer = round % 2 == 0 ? pair.server : pair.client;
    make_inheritable(own);
    ASSERT_STATUS(PIPES_OK, set_mode(own, PIPES_READMODE_MESSAGE | PIPES_NOWAIT));
    ASSERT_STATUS(PIPES_OK, set_mode(peer, PIPES_NOWAIT));
    const MappedPage mapped;
    ASSERT_NE(nullptr, mapped.page());
    auto* const words = reinterpret_cast<uint32_t*>(mapped.page());
    for (int step = 0; step < 60; ++step) {
      for (uint64_t count = random() % 3; count > 0; --count) {
        // The frames of writes that wait are most of the page; what else there is matters more.
        const size_t at = kFirst + random() % (kWords - kFirst);
        const bool in_frames = at * 4 > offsetof(wire::EndPage, write) && random() % 8 != 0;
        const size_t place = in_frames ? offsetof(wire::EndPage, write) / 4 + random() % 32 : at;

        words[place] = value();
      }
      (void)write(own, bytes(random() % 900));
      (void)peek(own, 16);
      (void)read(own, 100);
      (void)write(peer, bytes(random() % 900));
      (void)read(peer, 2000);
      (void)get_state(own);
      (void)set_mode(own, PIPES_READMODE_MESSAGE | PIPES_NOWAIT);
      if (step % 20 == 19 && round % 2 == 1) (void)disconnect(own);
    }
  }
}

// ------------------------------------------------------------------------------------ what a holder leaves as it dies

// A holder that is nowhere, but alive: it has the lock of its place.
class PretendedHolder {
 public:
  explicit PretendedHolder(uint32_t name) : page_(::open(path_of_newest_page().c_str(), O_RDWR | O_CLOEXEC)) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 16 + name - 1;
    lock.l_len = 1;
    EXPECT_EQ(0, ::fcntl(page_, F_OFD_SETLK, &lock));
  }
  ~PretendedHolder() { die(); }
  PretendedHolder(const PretendedHolder&) = delete;
  PretendedHolder& operator=(const PretendedHolder&) = delete;

  void die() {
    if (page_ >= 0) ::close(page_);
    page_ = -1;
  }

 private:
  static std::string path_of_newest_page() {
    std::string newest;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
      if (target.find("pipes-end") != std::string::npos) newest = entry.path().string();
    }
    return newest;
  }

  int page_;
};

constexpr uint32_t kSomebody = 7;

// Between saying that a write is complete and storing what still waits its process may die. The write has succeeded.
TEST(HostilePage, FINE_25_ACompletedWriteOfADeadHolderIsNotTakenBack) {
  Pair pair = connected_pair(with_quota(message_pipe(), 1000));
  make_inheritable(pair.client);
  const MappedPage mapped;
  ASSERT_NE(nullptr, mapped.page());
  wire::WriteHalf& half = mapped.page()->write.settled;
  const std::string message(2000, 'm');
  Background writing([&] { return write(pair.client, message); });
  ASSERT_TRUE(wait_until_blocked(writing));
  ASSERT_EQ(1u, half.frame_count);
  EXPECT_EQ(received(PIPES_ERROR_MORE_DATA, message.substr(0, 1100)), read(pair.server, 1100));
  EXPECT_EQ(sent(2000), writing.result());
  half.waiting = kSomebody;
  half.frame_count = 1;
  EXPECT_EQ(sent(4), write(pair.client, "next"));
  EXPECT_EQ(received(PIPES_OK, message.substr(1100)), read(pair.server));
  EXPECT_EQ(received(PIPES_OK, "next"), read(pair.server));
}

// A flush waits for what was written before it, of which the dead holder's is no more; not for what is written later.
TEST(HostilePage, FINE_25_AFlushWaitsForNothingOfADeadHolder) {
  Pair pair = connected_pair(with_quota(message_pipe(), 1000));
  make_inheritable(pair.client);
  const MappedPage mapped;
  ASSERT_NE(nullptr, mapped.page());
  ASSERT_EQ(sent(5), write(pair.client, "first"));
  PretendedHolder somebody(kSomebody);
  wire::WriteHalf& half = mapped.page()->write.settled;
  half.waiting = kSomebody;
  half.unpushed = 500;
  half.writer.announced += 500;
  Background flushing([&] { return flush(pair.client); });
  ASSERT_TRUE(wait_until_blocked(flushing));
  somebody.die();
  EXPECT_EQ(sent(5), write(pair.client, "later"));
  EXPECT_EQ(received(PIPES_OK, "first"), read(pair.server));
  EXPECT_STATUS(PIPES_OK, flushing.result());
  EXPECT_EQ(received(PIPES_OK, "later"), read(pair.server));
}

// A child that finds, in the place of what it is told of, another file, or none.
TEST(HostilePage, DECISION_39_StaleTokensAreNotBelieved) {
  Pair pair = connected_pair(message_pipe());
  make_inheritable(pair.client);
  const auto token_fd = [] {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
      if (target.find("pipes-token") != std::string::npos) return std::stoi(entry.path().filename());
    }
    return -1;
  }();
  ASSERT_GE(token_fd, 0);
  wire::Token token;
  ASSERT_EQ(static_cast<ssize_t>(sizeof token), ::pread(token_fd, &token, sizeof token, 0));
  const auto give = [](const wire::Token& told, int seals) {
    const int fd = ::memfd_create("told", MFD_ALLOW_SEALING);
    EXPECT_EQ(static_cast<ssize_t>(sizeof told), ::write(fd, &told, sizeof told));
    EXPECT_EQ(0, ::fcntl(fd, F_ADD_SEALS, seals));
    return fd;
  };
  constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  struct Lie {
    const char* name;
    std::function<void(wire::Token&)> tell;
    int seals = kSeals;
    bool believed = false;
  };
  constexpr uint64_t kOther = (uint64_t{7} << 32) | (900 << 2);
  const Lie lies[] = {
      {"the truth, of another value", [](wire::Token&) {}, kSeals, true},
      {"memory that can change", [](wire::Token&) {}, kSeals & ~F_SEAL_WRITE},
      {"another page", [](wire::Token& told) { ++told.descriptors[0].inode; }},
      {"another device", [](wire::Token& told) { ++told.descriptors[1].device; }},
      {"a closed descriptor", [](wire::Token& told) { told.descriptors[2].number = 1000; }},
      {"box and stake exchanged for files",
       [](wire::Token& told) { told.descriptors[1] = told.descriptors[2] = told.descriptors[0]; }},
      {"an anonymous pipe that is none", [](wire::Token& told) { told.kind = wire::Token::kAnonymousEnd; }},
  };
  for (const Lie& lie : lies) {
    SCOPED_TRACE(lie.name);
    wire::Token told = token;
    told.handle = kOther;
    lie.tell(told);
    const int fd = give(told, lie.seals);
    Heir heir(reinterpret_cast<pipes_handle>(kOther));
    EXPECT_EQ(lie.believed ? PIPES_HANDLE_FLAG_INHERIT : UINT32_MAX, heir.flags());
    ::close(fd);
  }
}

}  // namespace
}  // namespace pipes::test
