// A process that takes handles from others, and what others do to it: rubbish in place of a handle, silence, floods,
// another user at its door. And processes that pretend to take handles, or to be another.
#include "linux/mailbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "linux/parcel.h"
#include "linux/server_socket.h"
#include "support/expect.h"
#include "support/heir.h"
#include "support/holdings.h"
#include "support/promptly.h"
#include "wire/end_page.h"

namespace pipes::test {
namespace {

using std::chrono::milliseconds;

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

UniqueFd runtime_folder() {
  return UniqueFd(::open(std::getenv("PIPES_RUNTIME_DIR"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// The mailbox of a process; empty if there is none.
std::string mailbox_of(pid_t process) {
  for (const auto& entry : std::filesystem::directory_iterator(std::getenv("PIPES_RUNTIME_DIR"))) {
    if (is_mailbox_of(entry.path().filename().string(), process)) return entry.path().filename();
  }
  return {};
}

UniqueFd connect_to_own() {
  wire::ServerRecord record;
  record.uid = ::geteuid();
  record.socket = mailbox_of(::getpid());
  auto reached = connect_in(runtime_folder().get(), ::geteuid(), record);
  EXPECT_TRUE(reached);
  return reached ? std::move(reached->fd) : UniqueFd();
}

Deadline soon() { return Deadline::after_ms(20'000); }

Status greeting_on(int socket) {
  wire::Greeting greeting{.status = 999};
  return hear(socket, soon(), &greeting) == Heard::kIt ? greeting.status : Status{999};
}

// What comes of a parcel: the receiver's status, or kHangUp.
constexpr Status kHangUp = 998;
Status answer_to(std::span<const std::byte> bytes, const std::vector<int>& descriptors) {
  const UniqueFd socket = connect_to_own();
  EXPECT_EQ(PIPES_OK, greeting_on(socket.get()));
  union {
    cmsghdr header;
    char bytes[CMSG_SPACE(16 * sizeof(int))];
  } control{};
  iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size() * sizeof(int));
  }
  EXPECT_EQ(static_cast<ssize_t>(bytes.size()), ::sendmsg(socket.get(), &message, MSG_NOSIGNAL));
  wire::Receipt receipt;
  const Status status = hear(socket.get(), soon(), &receipt) == Heard::kIt ? receipt.status : kHangUp;
  // Of what it has refused it has nothing, not even a place, once it hangs up.
  if (status != PIPES_OK && status != kHangUp) {
    EXPECT_EQ(Heard::kHangup, hear(socket.get(), soon(), &receipt));
  }
  return status;
}

Status answer_to(const wire::Parcel& parcel, const std::vector<int>& descriptors) {
  return answer_to(std::as_bytes(std::span(&parcel, 1)), descriptors);
}

UniqueFd memory_of(uint64_t size, int seals) {
  UniqueFd fd(::memfd_create("sent", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(0, ::ftruncate(fd.get(), static_cast<off_t>(size)));
  EXPECT_EQ(0, seals == 0 ? 0 : ::fcntl(fd.get(), F_ADD_SEALS, seals));
  return fd;
}

class Mailbox : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(PIPES_OK, pipes_accept_handles(1)); }
  void TearDown() override {
    EXPECT_TRUE(takes_handles());
    EXPECT_EQ(PIPES_OK, pipes_accept_handles(0));
  }

  // An honest process still gets a handle in.
  static bool takes_handles() {
    Pair pair = connected_pair(message_pipe());
    Heir honest = Heir::consenting();
    pipes_handle made = nullptr;
    if (!honest.take(pair.client).ok() || !honest.send(static_cast<uint32_t>(::getpid()), &made).ok()) return false;
    const Handle back(made);
    return write(back, "x") == sent(1) && read(pair.server) == received(PIPES_OK, "x");
  }
};

TEST_F(Mailbox, DECISION_39_WhatIsNoParcelIsHungUpOn) {
  const UniqueFd memory = memory_of(wire::kEndPageBytes, kSeals);
  const std::vector<int> three(3, memory.get());
  ASSERT_TRUE(takes_handles());
  const Holdings before = holdings_of_this_process();
  struct Lie {
    const char* name;
    std::function<void(wire::Parcel&)> tell;
    size_t descriptors = 3;
  };
  const Lie lies[] = {
      {"a foreign mark", [](wire::Parcel& told) { told.magic = wire::Receipt::kMagic; }},
      {"a later version", [](wire::Parcel& told) { ++told.version; }},
      {"no kind", [](wire::Parcel& told) { told.kind = 0; }},
      {"an unknown kind", [](wire::Parcel& told) { told.kind = 3; }},
      {"rights that there are not", [](wire::Parcel& told) { told.access = 0x10000000; }},
      {"twice inheritable", [](wire::Parcel& told) { told.inherit = 2; }},
      {"no descriptor", [](wire::Parcel&) {}, 0},
      {"one of three descriptors", [](wire::Parcel&) {}, 1},
      {"a descriptor too many", [](wire::Parcel&) {}, 4},
      {"many descriptors too many", [](wire::Parcel&) {}, 16},
      {"three descriptors of an anonymous pipe", [](wire::Parcel& told) { told.kind = wire::Parcel::kAnonymousEnd; }},
  };
  for (const Lie& lie : lies) {
    SCOPED_TRACE(lie.name);
    wire::Parcel parcel;
    parcel.kind = wire::Parcel::kNamedEnd;
    lie.tell(parcel);
    EXPECT_EQ(kHangUp, answer_to(parcel, std::vector<int>(lie.descriptors, memory.get())));
  }
  const wire::Parcel good{.kind = wire::Parcel::kNamedEnd};
  const auto bytes = std::as_bytes(std::span(&good, 1));
  EXPECT_EQ(kHangUp, answer_to(bytes.first(bytes.size() - 1), three));
  EXPECT_EQ(kHangUp, answer_to(bytes.first(1), {}));
  const std::vector<std::byte> long_one(100'000, std::byte{0x50});
  EXPECT_EQ(kHangUp, answer_to(long_one, three));
  EXPECT_EQ("", kept_since(before));
}

TEST_F(Mailbox, DECISION_12_DescriptorsThatAreNotWhatTheyShouldBe) {
  const UniqueFd page = memory_of(wire::kEndPageBytes, kSeals);
  const UniqueFd unsealed = memory_of(wire::kEndPageBytes, 0);
  const UniqueFd frozen = memory_of(wire::kEndPageBytes, kSeals | F_SEAL_WRITE);
  const UniqueFd too_large = memory_of(wire::kEndPageBytes + 4096, kSeals);
  const UniqueFd too_small = memory_of(4096, kSeals);
  const UniqueFd bell(::eventfd(0, EFD_CLOEXEC));
  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  int sockets[2];
  ASSERT_EQ(0, ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets));
  const UniqueFd box(sockets[0]);
  const UniqueFd stake(sockets[1]);
  int streams[2];
  ASSERT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, streams));
  const UniqueFd stream(streams[0]);
  const UniqueFd other_stream(streams[1]);
  const UniqueFd pipe_both_ways = [] {
    const std::string path = std::string(std::getenv("PIPES_RUNTIME_DIR")) + "/fifo";
    EXPECT_EQ(0, ::mkfifo(path.c_str(), 0600));
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    std::filesystem::remove(path);
    return fd;
  }();
  ASSERT_TRUE(takes_handles());
  const Holdings before = holdings_of_this_process();
  const wire::Parcel named{.kind = wire::Parcel::kNamedEnd, .access = PIPES_FILE_GENERIC_READ};
  const std::vector<std::vector<int>> wrong = {
      {unsealed.get(), box.get(), stake.get()},  {frozen.get(), box.get(), stake.get()},
      {too_large.get(), box.get(), stake.get()}, {too_small.get(), box.get(), stake.get()},
      {bell.get(), box.get(), stake.get()},      {box.get(), box.get(), stake.get()},
      {file.get(), box.get(), stake.get()},      {page.get(), bell.get(), stake.get()},
      {page.get(), box.get(), bell.get()},       {page.get(), stream.get(), other_stream.get()},
      {page.get(), page.get(), page.get()},      {page.get(), box.get(), stake.get()},  // no ring, and no facts
  };
  for (size_t i = 0; i < wrong.size(); ++i) {
    EXPECT_EQ(Status{PIPES_ERROR_INVALID_PARAMETER}, answer_to(named, wrong[i])) << "number " << i;
  }
  const wire::Parcel anonymous{.kind = wire::Parcel::kAnonymousEnd, .access = PIPES_FILE_GENERIC_READ};
  for (const int fd : {page.get(), box.get(), bell.get(), file.get(), pipe_both_ways.get()}) {
    EXPECT_EQ(Status{PIPES_ERROR_INVALID_PARAMETER}, answer_to(anonymous, {fd}));
  }
  EXPECT_EQ("", kept_since(before));
}

// A page of the right form that tells nonsense, with a ring in the box.
TEST_F(Mailbox, DECISION_12_APageThatTellsNonsense) {
  int sockets[2];
  ASSERT_EQ(0, ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets));
  const UniqueFd box(sockets[0]);
  const UniqueFd stake(sockets[1]);
  std::array<UniqueFd, 1> ring{UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))};
  ASSERT_TRUE(say(stake.get(), uint64_t{0}, std::span<const UniqueFd>(ring)));
  const UniqueFd page = memory_of(wire::kEndPageBytes, kSeals);
  const std::vector<std::byte> nonsense(wire::kEndPageBytes, std::byte{0xEE});
  ASSERT_EQ(static_cast<ssize_t>(nonsense.size()), ::pwrite(page.get(), nonsense.data(), nonsense.size(), 0));
  ASSERT_TRUE(takes_handles());
  const Holdings before = holdings_of_this_process();
  const wire::Parcel named{.kind = wire::Parcel::kNamedEnd};
  EXPECT_EQ(Status{PIPES_ERROR_INVALID_PARAMETER}, answer_to(named, {page.get(), box.get(), stake.get()}));
  EXPECT_EQ("", kept_since(before));
}

TEST_F(Mailbox, INH_11_AHandleThatNobodyHearsOfIsClosed) {
  int ends[2];
  ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC));
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const wire::Parcel anonymous{.kind = wire::Parcel::kAnonymousEnd, .access = PIPES_FILE_GENERIC_WRITE};
  enum class End { kHangsUp, kSaysSomethingElse, kIsSilent };
  for (const End end : {End::kHangsUp, End::kSaysSomethingElse, End::kIsSilent}) {
    SCOPED_TRACE(static_cast<int>(end));
    UniqueFd socket = connect_to_own();
    ASSERT_EQ(PIPES_OK, greeting_on(socket.get()));
    std::array<UniqueFd, 1> sent{UniqueFd(::fcntl(writing.get(), F_DUPFD_CLOEXEC, 0))};
    ASSERT_TRUE(say(socket.get(), anonymous, std::span<const UniqueFd>(sent)));
    sent[0].reset();
    wire::Receipt receipt;
    ASSERT_EQ(Heard::kIt, hear(socket.get(), soon(), &receipt));
    ASSERT_EQ(PIPES_OK, receipt.status);
    const auto made = reinterpret_cast<pipes_handle>(static_cast<uintptr_t>(receipt.handle));
    uint32_t flags = 0;
    EXPECT_EQ(PIPES_OK, pipes_get_handle_flags(made, &flags)) << "it is there for the time being";
    if (end == End::kHangsUp) socket.reset();
    if (end == End::kSaysSomethingElse) (void)say(socket.get(), wire::Knock{});
    EXPECT_TRUE(eventually([&] { return pipes_get_handle_flags(made, &flags) != PIPES_OK; }));
    if (end == End::kIsSilent) {
      // Whoever comes too late learns that he does.
      EXPECT_FALSE(say(socket.get(), wire::Taken{}));
    }
  }
  writing.reset();
  pollfd end_of_pipe{reading.get(), POLLIN, 0};
  EXPECT_EQ(1, ::poll(&end_of_pipe, 1, 20'000));
  EXPECT_NE(0, end_of_pipe.revents & POLLHUP);
}

TEST_F(Mailbox, SilentVisitorsTakeUpEightPlacesForTwoSeconds) {
  std::vector<UniqueFd> silent;
  const Stopwatch watch;
  for (uint32_t i = 0; i < kDeliveriesMax; ++i) {
    silent.push_back(connect_to_own());
    ASSERT_EQ(PIPES_OK, greeting_on(silent.back().get()));
  }
  const UniqueFd one_more = connect_to_own();
  EXPECT_EQ(Status{PIPES_ERROR_NO_SYSTEM_RESOURCES}, greeting_on(one_more.get()));
  // The reactor does its work meanwhile.
  Pair pair = connected_pair(message_pipe());
  EXPECT_EQ(sent(1), write(pair.client, "x"));
  EXPECT_EQ(received(PIPES_OK, "x"), read(pair.server));
  EXPECT_LT(watch.elapsed(), milliseconds(1000) * time_factor());
  for (const UniqueFd& socket : silent) {
    pollfd hung_up{socket.get(), POLLIN, 0};
    ASSERT_EQ(1, ::poll(&hung_up, 1, 20'000));
  }
  EXPECT_GE(watch.elapsed(), milliseconds(1900));
}

TEST_F(Mailbox, INH_11_APlaceIsFreeOnceItsVisitorIsHungUpOn) {
  for (int round = 0; round < 30; ++round) {
    std::vector<UniqueFd> visitors;
    for (uint32_t i = 0; i < kDeliveriesMax; ++i) {
      visitors.push_back(connect_to_own());
      ASSERT_EQ(PIPES_OK, greeting_on(visitors.back().get())) << "round " << round << ", visitor " << i;
    }
    for (const UniqueFd& visitor : visitors) ASSERT_TRUE(say(visitor.get(), wire::Knock{}));
    wire::Receipt receipt;
    for (const UniqueFd& visitor : visitors) ASSERT_EQ(Heard::kHangup, hear(visitor.get(), soon(), &receipt));
  }
}

// What has arrived takes up nothing by the time at which the call that sent it returns.
TEST_F(Mailbox, INH_11_WhoSendsOneHandleAfterTheOtherTakesUpOnePlace) {
  Pair pair = connected_pair(message_pipe());
  Heir sender = Heir::consenting();
  ASSERT_STATUS(PIPES_OK, sender.take(pair.client));
  std::vector<UniqueFd> silent;
  for (uint32_t i = 0; i + 1 < kDeliveriesMax; ++i) {
    silent.push_back(connect_to_own());
    ASSERT_EQ(PIPES_OK, greeting_on(silent.back().get()));
  }
  for (int i = 0; i < 50; ++i) {
    pipes_handle made = nullptr;
    ASSERT_STATUS(PIPES_OK, sender.send(static_cast<uint32_t>(::getpid()), &made)) << "handle " << i;
    EXPECT_EQ(PIPES_OK, pipes_close(made));
  }
}

TEST_F(Mailbox, FloodsLeaveNothing) {
  ASSERT_TRUE(takes_handles());
  const Holdings before = holdings_of_this_process();
  for (int round = 0; round < 10; ++round) {
    std::vector<UniqueFd> visitors;
    for (int i = 0; i < 50; ++i) {
      visitors.push_back(connect_to_own());
      if (i % 2 == 0) (void)::send(visitors.back().get(), "rubbish", 7, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  }
  EXPECT_EQ("", kept_since(before));
  EXPECT_TRUE(eventually([] { return takes_handles(); }));
}

TEST_F(Mailbox, OutOfDescriptorsItSaysSo) {
  ASSERT_TRUE(takes_handles());
  UniqueFd early = connect_to_own();
  ASSERT_EQ(PIPES_OK, greeting_on(early.get()));
  const UniqueFd late_one(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = std::string(std::getenv("PIPES_RUNTIME_DIR")) + "/" + mailbox_of(::getpid());
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  int ends[2];
  ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC));
  std::array<UniqueFd, 1> reading{UniqueFd(ends[0])};
  const UniqueFd writing(ends[1]);
  rlimit limit{};
  ASSERT_EQ(0, ::getrlimit(RLIMIT_NOFILE, &limit));
  const rlimit none{3, limit.rlim_max};
  ASSERT_EQ(0, ::setrlimit(RLIMIT_NOFILE, &none));
  const bool connected = ::connect(late_one.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const wire::Parcel anonymous{.kind = wire::Parcel::kAnonymousEnd, .access = PIPES_FILE_GENERIC_READ};
  const bool said = say(early.get(), anonymous, std::span<const UniqueFd>(reading));
  wire::Receipt receipt;
  const Heard heard = hear(early.get(), soon(), &receipt);
  ASSERT_EQ(0, ::setrlimit(RLIMIT_NOFILE, &limit));
  EXPECT_TRUE(connected);
  EXPECT_TRUE(said);
  ASSERT_EQ(Heard::kIt, heard);
  EXPECT_EQ(Status{PIPES_ERROR_NO_SYSTEM_RESOURCES}, receipt.status);
  const Status greeting = greeting_on(late_one.get());
  EXPECT_TRUE(greeting == PIPES_ERROR_NO_SYSTEM_RESOURCES || greeting == PIPES_OK) << greeting;
}

// ----------------------------------------------------------------------------------------------------- another user's

// Connects to the mailbox argument 0 as another user, whom the files let do so, and says what it hears.
PIPES_CHILD_ROLE(stranger_at_the_mailbox) {
  wire::ServerRecord record;
  record.uid = 0;
  record.socket = parent.argument(0);
  auto reached = connect_in(runtime_folder().get(), 0, record);
  wire::Greeting greeting;
  parent.say(!reached                                                       ? "no way"
             : hear(reached->fd.get(), soon(), &greeting) == Heard::kHangup ? "hung up on"
                                                                            : "let in");
  return 0;
}

// Listens where the mailbox of the process argument 0 would be, as another user, and says whether anybody came.
PIPES_CHILD_ROLE(squats_on_a_mailbox) {
  const std::string name = "h." + parent.argument(0) + ".0123456789abcdef";
  auto socket = listen_as(runtime_folder().get(), name);
  if (!socket) return 1;
  EXPECT_EQ(0, ::fchmodat(runtime_folder().get(), name.c_str(), 0666, 0));
  parent.say("sits there");
  parent.wait_for_end();
  const UniqueFd visitor(::accept4(socket->get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ::unlinkat(runtime_folder().get(), name.c_str(), 0);
  parent.say(visitor ? "somebody came" : "nobody came");
  return 0;
}

constexpr uint32_t kNobody = 65534;

class StrangerAtMailbox : public Mailbox {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to act as another user";
    ASSERT_EQ(0, ::chmod(std::getenv("PIPES_RUNTIME_DIR"), 01777));
    Mailbox::SetUp();
  }
  void TearDown() override {
    if (::geteuid() == 0) Mailbox::TearDown();
  }
};

TEST_F(StrangerAtMailbox, INH_11_TheFilesLetNoStrangerConnect) {
  Child stranger =
      Child::spawn("stranger_at_the_mailbox", {mailbox_of(::getpid())}, {.environment = {}, .user = kNobody});
  EXPECT_TRUE(stranger.expect_line("no way"));
}

TEST_F(StrangerAtMailbox, INH_11_NorDoesTheProcessListenToHim) {
  const std::string file = mailbox_of(::getpid());
  ASSERT_EQ(0, ::fchmodat(runtime_folder().get(), file.c_str(), 0666, 0));
  Child stranger = Child::spawn("stranger_at_the_mailbox", {file}, {.environment = {}, .user = kNobody});
  EXPECT_TRUE(stranger.expect_line("hung up on"));
}

TEST_F(StrangerAtMailbox, INH_11_WhoSitsOnTheNameGetsNothing) {
  Heir target(nullptr);
  EXPECT_EQ(UINT32_MAX, target.flags());
  const std::string id = std::to_string(target.child().process_id());
  for (const uint32_t user : {kNobody, 0u}) {
    Child squatter = Child::spawn("squats_on_a_mailbox", {id}, {.environment = {}, .user = user});
    ASSERT_TRUE(squatter.expect_line("sits there"));
    Pair pair = connected_pair(message_pipe());
    pipes_handle made = nullptr;
    EXPECT_EQ(PIPES_ERROR_ACCESS_DENIED,
              pipes_duplicate_into(pair.client, target.child().process_id(), 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
    // Of the same user somebody may connect, to learn whose socket it is; nothing is said there.
    squatter.say("well?");
    const auto came = squatter.next_line();
    if (user != 0) {
      EXPECT_EQ("nobody came", came);
    }
    // And it stands in nobody's way.
    Child again = Child::spawn("squats_on_a_mailbox", {id}, {.environment = {}, .user = user});
    ASSERT_TRUE(again.expect_line("sits there"));
    ASSERT_STATUS(PIPES_OK, target.accept(true));
    EXPECT_STATUS(PIPES_OK, target.take(pair.client));
    EXPECT_STATUS(PIPES_OK, target.close());
    ASSERT_STATUS(PIPES_OK, target.accept(false));
    again.say("well?");
    (void)again.next_line();
  }
}

// ------------------------------------------------------------------------------------------------- hostile receivers

// Takes handles as argument 0 says, and not as it should, once.
PIPES_CHILD_ROLE(takes_badly) {
  const std::string how = parent.argument(0);
  const UniqueFd folder = runtime_folder();
  const std::string name = "h." + std::to_string(::getpid()) + ".fedcba9876543210";
  auto listening = listen_as(folder.get(), name);
  if (!listening) return 1;
  parent.say("takes");
  pollfd ready{listening->get(), POLLIN, 0};
  (void)::poll(&ready, 1, -1);
  UniqueFd socket(::accept4(listening->get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ::unlinkat(folder.get(), name.c_str(), 0);
  const auto take = [&] {
    (void)say(socket.get(), wire::Greeting{});
    PackedHandle packed;
    bool cut_off = false;
    return hear_parcel(socket.get(), soon(), &packed, &cut_off);
  };
  if (how == "hangs up") socket.reset();
  if (how == "greets with rubbish") (void)::send(socket.get(), "welcome", 7, MSG_NOSIGNAL);
  if (how == "refuses with a number that means something else") {
    (void)say(socket.get(), wire::Greeting{.status = PIPES_ERROR_IO_PENDING});
  }
  if (how == "takes and hangs up") {
    (void)take();
    socket.reset();
  }
  if (how == "takes and answers rubbish") {
    (void)take();
    (void)::send(socket.get(), "thanks", 6, MSG_NOSIGNAL);
  }
  if (how == "takes and says that it has none") {
    (void)take();
    (void)say(socket.get(), wire::Receipt{});
  }
  if (how == "takes and refuses with a number that means something else") {
    (void)take();
    (void)say(socket.get(), wire::Receipt{.status = PIPES_ERROR_MORE_DATA});
  }
  if (how == "takes and is silent") (void)take();
  parent.wait_for_end();
  return 0;
}

TEST(HostileReceiver, INH_11_WhateverItDoesTheSourceIsUnharmed) {
  const std::vector<std::pair<std::string, Status>> all = {
      {"hangs up", PIPES_ERROR_ACCESS_DENIED},
      {"greets with rubbish", PIPES_ERROR_ACCESS_DENIED},
      {"refuses with a number that means something else", PIPES_ERROR_ACCESS_DENIED},
      {"takes and hangs up", PIPES_ERROR_ACCESS_DENIED},
      {"takes and answers rubbish", PIPES_ERROR_ACCESS_DENIED},
      {"takes and says that it has none", PIPES_ERROR_ACCESS_DENIED},
      {"takes and refuses with a number that means something else", PIPES_ERROR_ACCESS_DENIED},
      {"takes and is silent", PIPES_ERROR_SEM_TIMEOUT},
  };
  for (const auto& [how, status] : all) {
    SCOPED_TRACE(how);
    Child receiver = Child::spawn("takes_badly", {how});
    ASSERT_TRUE(receiver.expect_line("takes"));
    Pair pair = connected_pair(message_pipe());
    const Stopwatch watch;
    pipes_handle made = nullptr;
    EXPECT_EQ(status,
              pipes_duplicate_into(pair.client, receiver.process_id(), 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &made));
    EXPECT_EQ(nullptr, made);
    EXPECT_LT(watch.elapsed(), two_seconds_and_slack());
    receiver.hang_up();
    (void)receiver.wait();
    EXPECT_EQ(sent(1), write(pair.client, "x"));
    EXPECT_EQ(received(PIPES_OK, "x"), read(pair.server));
    EXPECT_STATUS(PIPES_OK, pair.client.close());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(pair.server));
  }
}

}  // namespace
}  // namespace pipes::test
