// Files that nobody can close: a user mounts a file system of his own, opens a file, sends it to a server process in
// place of memory, and never answers the question that the kernel asks when it is closed there.
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "linux/discard.h"
#include "raw_peer.h"
#include "support/expect.h"
#include "support/holdings.h"
#include "support/overlapped.h"

namespace pipes::test {
namespace {

// The file system has one file, and answers until that has been opened.
//
// It lives in a child that ends by itself after a while: a process that hangs in the closing of a file cannot be
// killed, not even when its test has failed, and would hang for ever if the file system were its own.
class HungFile {
 public:
  static constexpr unsigned kLifeSeconds = 20;

  HungFile() : fuse_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
    if (!fuse_) return;
    std::string folder = "/tmp/pipes-hung-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) return;
    server_ = ::fork();
    if (server_ == 0) serve();
    // In a view of the files of this thread's own, so that nobody else comes across it.
    if (server_ > 0) std::thread([&] { mount_and_open(folder); }).join();
    fuse_.reset();
    std::filesystem::remove(folder);
  }
  HungFile(const HungFile&) = delete;
  HungFile& operator=(const HungFile&) = delete;
  ~HungFile() { let_go(); }

  [[nodiscard]] int fd() const { return file_.get(); }
  // The file system goes, and all that wait for it go on.
  void let_go() {
    if (server_ <= 0) return;
    ::kill(server_, SIGKILL);
    ::waitpid(std::exchange(server_, 0), nullptr, 0);
  }

 private:
  void mount_and_open(const std::string& folder) {
    const std::string options = "fd=" + std::to_string(fuse_.get()) + ",rootmode=40000,user_id=0,group_id=0";
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("pipes-hung", folder.c_str(), "fuse", 0, options.c_str()) != 0) {
      return;
    }
    file_ = UniqueFd(::open((folder + "/file").c_str(), O_RDWR | O_CLOEXEC));
    ::umount2(folder.c_str(), MNT_DETACH);
  }

  [[noreturn]] void serve() {
    ::alarm(kLifeSeconds);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Until it is mounted there is nothing to read.
    while (answer_one()) {
    }
    while (true) ::pause();
  }

  template <class Body>
  void reply(uint64_t unique, const Body& body) {
    fuse_out_header header{};
    header.unique = unique;
    header.len = sizeof header + sizeof body;
    const iovec parts[2] = {{&header, sizeof header}, {const_cast<Body*>(&body), sizeof body}};
    if (::writev(fuse_.get(), parts, 2) != static_cast<ssize_t>(header.len)) ::_exit(1);
  }

  // False once the file has been opened.
  bool answer_one() {
    alignas(fuse_in_header) static std::array<char, 65536> request{};
    const ssize_t got = ::read(fuse_.get(), request.data(), request.size());
    if (got < 0 && errno == EPERM) ::usleep(1000);  // not mounted yet
    if (got < static_cast<ssize_t>(sizeof(fuse_in_header))) return true;
    fuse_in_header header{};
    std::memcpy(&header, request.data(), sizeof header);
    if (header.opcode == FUSE_INIT) {
      fuse_init_out init{};
      init.major = FUSE_KERNEL_VERSION;
      init.minor = FUSE_KERNEL_MINOR_VERSION;
      init.max_write = 4096;
      reply(header.unique, init);
    } else if (header.opcode == FUSE_LOOKUP) {
      fuse_entry_out entry{};
      entry.nodeid = 2;
      entry.entry_valid = entry.attr_valid = 1000;
      entry.attr.ino = 2;
      entry.attr.mode = S_IFREG | 0600;
      entry.attr.nlink = 1;
      reply(header.unique, entry);
    } else if (header.opcode == FUSE_GETATTR) {
      fuse_attr_out attributes{};
      attributes.attr_valid = 1000;
      attributes.attr.ino = header.nodeid;
      attributes.attr.mode = header.nodeid == 1 ? S_IFDIR | 0755 : S_IFREG | 0600;
      attributes.attr.nlink = 1;
      reply(header.unique, attributes);
    } else if (header.opcode == FUSE_OPEN) {
      reply(header.unique, fuse_open_out{});
      return false;
    } else {
      fuse_out_header refusal{sizeof refusal, -ENOSYS, header.unique};
      if (::write(fuse_.get(), &refusal, sizeof refusal) != static_cast<ssize_t>(sizeof refusal)) ::_exit(1);
    }
    return true;
  }

  UniqueFd file_;  // closed once nobody is asked any more
  UniqueFd fuse_;
  pid_t server_ = 0;
};

// A stranger offers the file as memory, and is hung up on. What it is told before, if anything.
std::optional<Code> offer(const std::string& name, const HungFile& file) {
  const UniqueFd socket = connect_raw(name);
  EXPECT_TRUE(socket);
  EXPECT_TRUE(send_request(socket.get(), honest_request(find_raw(name)->meta), file.fd()));
  EXPECT_TRUE(hangs_up(socket.get()));
  const auto told = await_reply(socket.get(), Deadline::after_ms(0));
  return told ? std::optional(Code{*told}) : std::nullopt;
}

void expect_service(const std::string& name, pipes_handle server) {
  Background listening([&] { return connect(server); });
  ASSERT_TRUE(wait_until_blocked(listening));
  const Handle client = open_client(name);
  EXPECT_STATUS(PIPES_OK, listening.result());
  EXPECT_STATUS(PIPES_OK, write(client, "ping").status);
  EXPECT_EQ(received(PIPES_OK, "ping"), read(server));
  EXPECT_STATUS(PIPES_OK, disconnect(server));
}

// With a thread in pipes_connect that takes strangers in itself, and without one, when the reactor does.
TEST(HungFile, DECISION_12_AFileThatCannotBeClosedHoldsUpNobody) {
  HungFile file;
  if (file.fd() < 0) GTEST_SKIP() << "needs root, and FUSE";
  const std::string name = unique_name();
  const Handle server = create_server(name, message_pipe());
  {
    Background listening([&] { return connect(server); });
    ASSERT_TRUE(wait_until_blocked(listening));
    for (uint32_t i = 0; i < kDiscardsMax / 2; ++i) EXPECT_EQ(std::nullopt, offer(name, file));
    EXPECT_FALSE(listening.finished());
    const Handle client = open_client(name);
    EXPECT_STATUS(PIPES_OK, listening.result());
    EXPECT_STATUS(PIPES_OK, disconnect(server));
  }
  for (uint32_t i = kDiscardsMax / 2; i + 1 < kDiscardsMax; ++i) EXPECT_EQ(std::nullopt, offer(name, file));
  expect_service(name, server);
}

TEST(HungFile, DECISION_23_AUserCanHangOnlySoManyOfThem) {
  HungFile file;
  if (file.fd() < 0) GTEST_SKIP() << "needs root, and FUSE";
  const std::string name = unique_name();
  const Handle server = create_server(name, message_pipe());
  Background listening([&] { return connect(server); });
  ASSERT_TRUE(wait_until_blocked(listening));
  for (uint32_t i = 0; i < kDiscardsMax; ++i) EXPECT_EQ(std::nullopt, offer(name, file));
  const size_t open = holdings_of_this_process().descriptors;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Code{PIPES_ERROR_NO_SYSTEM_RESOURCES}, offer(name, file));
  EXPECT_TRUE(eventually([&] { return holdings_of_this_process().descriptors <= open; }));
  EXPECT_STATUS(PIPES_ERROR_NO_SYSTEM_RESOURCES, try_open(name).status) << "the same user's";
  // Once the file system lets go, that is over.
  file.let_go();
  while (is_discarding()) std::this_thread::yield();
  const Handle client = open_client(name);
  EXPECT_STATUS(PIPES_OK, listening.result());
}

// In the place of a doorbell it is taken in by nobody, and so closed by nobody.
TEST(HungFile, DECISION_12_AFileThatComesWithADoorbellHoldsUpNobody) {
  HungFile file;
  if (file.fd() < 0) GTEST_SKIP() << "needs root, and FUSE";
  const std::string name = unique_name();
  const Handle server = create_server(name, overlapped(message_pipe()));
  const std::unique_ptr<RawEnd> peer = open_raw(name);
  ASSERT_NE(nullptr, peer);
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(server));
  for (int i = 0; i < 50; ++i) (void)peer->ring_with(file.fd(), 20);
  peer->push("request");
  (void)peer->ring();
  EXPECT_EQ(received(PIPES_OK, "request"), reading.received());
  // The reactor, too, goes on.
  const Handle second = create_server(name, overlapped(message_pipe()));
  Overlapped connecting;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, connecting.connect(second));
  const Handle client = open_client(name);
  EXPECT_STATUS(PIPES_OK, connecting.status());
}

}  // namespace
}  // namespace pipes::test
