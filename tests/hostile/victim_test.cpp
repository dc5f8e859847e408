// A peer that attacks the process at the other end of its connection, one way at a time. The victim uses the C ABI and
// nothing else; whatever the peer does, the victim's calls return what they promise, or 109, and its other connections
// notice nothing.
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <fstream>

#include "raw_peer.h"
#include "support/child.h"
#include "support/expect.h"
#include "support/futex.h"
#include "support/holdings.h"
#include "support/overlapped.h"
#include "support/promptly.h"

namespace pipes::test {
namespace {

using wire::Direction;
using wire::FrameHeader;
using wire::FrameKind;

ServerOptions no_quota() {
  ServerOptions options = message_pipe();
  options.in_buffer = options.out_buffer = 0;
  return options;
}

// A victim that serves, connected to a peer in this process.
struct Attack {
  explicit Attack(const ServerOptions& options = message_pipe())
      : name(unique_name()), victim(create_server(name, overlapped(options))), peer(open_raw(name)) {}

  std::string name;
  Handle victim;
  std::unique_ptr<RawEnd> peer;
};

// Another connection of the victim's process works as if nothing were.
class Victim : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(sent(5), write(bystander_.client, "there"));
    EXPECT_EQ(received(PIPES_OK, "there"), read(bystander_.server));
    EXPECT_EQ(sent(4), write(bystander_.server, "back"));
    EXPECT_EQ(received(PIPES_OK, "back"), read(bystander_.client));
  }

  Pair bystander_ = connected_pair(message_pipe());
};

// Once the peer has broken the rules, every call says that it is gone.
void expect_broken(pipes_handle victim) {
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(victim).status);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, peek(victim).status);
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, write(victim, "x").status);
  EXPECT_EQ(PIPES_STATE_CLOSING, get_local_info(victim).value.state);
}

std::vector<uint64_t> nonsense_headers() {
  return {FrameHeader{static_cast<FrameKind>(9), false, 8, 0}.encode(),
          FrameHeader{FrameKind::kWhole, false, FrameHeader::kLengthMax, 0}.encode(),
          FrameHeader{FrameKind::kWhole, false, wire::kRingCapacityMin, 0}.encode(),
          FrameHeader{FrameKind::kWhole, true, 8, 4}.encode(),
          FrameHeader{FrameKind::kFirst, false, 8, 0}.encode(),  // of a message of no length
          FrameHeader{FrameKind::kMore, false, 8, 0}.encode(),
          FrameHeader{FrameKind::kMore, false, 0, 0}.encode(),
          FrameHeader{FrameKind::kLast, false, 8, 0}.encode(),
          FrameHeader{FrameKind::kSkip, false, 0, 0}.encode(),  // leads to itself: two in a row
          FrameHeader{FrameKind::kWithdrawn, true, FrameHeader::kLengthMax, 0}.encode(),
          UINT64_MAX};
}

TEST_F(Victim, NonsenseForAHeaderEndsTheConnection) {
  for (const uint64_t word : nonsense_headers()) {
    SCOPED_TRACE(word);
    Attack attack;
    ASSERT_NE(nullptr, attack.peer);
    attack.peer->put_header(word);
    expect_broken(attack.victim);
    EXPECT_TRUE(hangs_up(attack.peer->socket()));
  }
}

TEST_F(Victim, NonsenseForAHeaderEndsAWaitingRead) {
  for (const uint64_t word : nonsense_headers()) {
    SCOPED_TRACE(word);
    Attack attack;
    Background reading([&] { return read(attack.victim); });
    ASSERT_TRUE(wait_until_blocked(reading));
    attack.peer->put_header(word);
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.result().status);
    expect_broken(attack.victim);
  }
}

TEST_F(Victim, NonsenseForAHeaderFoundByAPeekEndsTheConnection) {
  for (const uint64_t word : nonsense_headers()) {
    SCOPED_TRACE(word);
    Attack attack;
    attack.peer->put_header(word);
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, peek(attack.victim).status);
    expect_broken(attack.victim);
  }
}

TEST_F(Victim, NonsenseForAHeaderEndsAClientsConnection) {
  for (const uint64_t word : nonsense_headers()) {
    SCOPED_TRACE(word);
    const std::string name = unique_name();
    std::unique_ptr<RawEnd> peer;
    const RawServer server(name, [&](UniqueFd socket) {
      peer = accept_raw(std::move(socket));
      if (peer) peer->put_header(word);
    });
    const Handle victim = open_client(name);
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(victim).status);
    EXPECT_STATUS(PIPES_ERROR_NO_DATA, write(victim, "x").status);
  }
}

TEST_F(Victim, WhatCameBeforeTheNonsenseIsRead) {
  Attack attack;
  attack.peer->push("honest");
  attack.peer->put_header(UINT64_MAX);
  EXPECT_EQ(received(PIPES_OK, "honest"), read(attack.victim));
  expect_broken(attack.victim);
}

TEST_F(Victim, AMessageThatContradictsItselfIsNeverDelivered) {
  Attack attack;
  RawEnd& peer = *attack.peer;
  peer.out_ring().word(8).store(100);
  peer.out_ring().word(24).store(FrameHeader{FrameKind::kLast, false, 8, 0}.encode());  // 92 are missing
  peer.put_word(0, FrameHeader{FrameKind::kFirst, false, 8, 0}.encode());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), read(attack.victim));
}

TEST_F(Victim, ARingOfNothingDoesNotKeepAReaderRunning) {
  Attack attack;
  Background reading([&] { return read(attack.victim); });
  ASSERT_TRUE(wait_until_blocked(reading));
  const uint64_t nothing = FrameHeader{FrameKind::kWithdrawn, true, 0, 0}.encode();
  const wire::RingMemory ring = attack.peer->out_ring();
  for (uint64_t position = ring.capacity; position > 0;) ring.word(position -= 8).store(nothing);
  attack.peer->wake_reader();
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.result().status);
}

TEST_F(Victim, ImpossibleProgressEndsAWaitingWrite) {
  struct Progress {
    const char* what;
    uint64_t head;
    uint64_t consumed;
  };
  for (const Progress& progress :
       {Progress{"head beyond the tail", 1u << 20, 0}, Progress{"head between words", 4, 0},
        Progress{"consumed beyond announced", 0, 1u << 20}, Progress{"everything", UINT64_MAX, UINT64_MAX}}) {
    SCOPED_TRACE(progress.what);
    Attack attack(no_quota());
    Background writing([&] { return write(attack.victim, "12345678"); });
    ASSERT_TRUE(wait_until_blocked(writing));
    attack.peer->in().reader.head.store(progress.head);
    attack.peer->in().reader.consumed.store(progress.consumed);
    attack.peer->wake_writer();
    EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.result());
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, read(attack.victim).status);
  }
}

TEST_F(Victim, ImpossibleProgressEndsAWaitingFlush) {
  Attack attack;
  ASSERT_STATUS(PIPES_OK, write(attack.victim, "12345678").status);
  Background flushing([&] { return flush(attack.victim); });
  ASSERT_TRUE(wait_until_blocked(flushing));
  attack.peer->in().reader.head.store(1u << 20);
  attack.peer->wake_writer();
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, flushing.result());
}

TEST_F(Victim, ProgressThatGoesBackIsFound) {
  Attack attack;
  ASSERT_STATUS(PIPES_OK, write(attack.victim, "12345678").status);
  attack.peer->in().reader.head.store(16);
  attack.peer->in().reader.consumed.store(8);
  ASSERT_STATUS(PIPES_OK, flush(attack.victim));
  attack.peer->in().reader.head.store(8);
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, flush(attack.victim));
}

// A reader that claims what it never read gets no more than the ring has room for.
TEST_F(Victim, BytesConsumedOnPaperMakeNoRoom) {
  ServerOptions options = message_pipe();
  options.pipe_mode |= PIPES_NOWAIT;
  options.out_buffer = 1u << 20;
  Attack attack(options);
  const std::string megabyte = bytes(1u << 20);
  uint64_t written = 0;
  for (int i = 0; i < 64; ++i) {
    const Sent result = write(attack.victim, megabyte);
    EXPECT_STATUS(PIPES_OK, result.status);
    written += result.transferred;
    attack.peer->in().reader.consumed.store(attack.peer->in().writer.announced.load());
  }
  EXPECT_GT(written, 0u);
  EXPECT_LE(written, attack.peer->memory().capacity());
}

TEST_F(Victim, LentNonsenseIsAdviceOnly) {
  ServerOptions options = message_pipe();
  options.pipe_mode |= PIPES_NOWAIT;
  options.out_buffer = 64;
  Attack attack(options);
  const std::string long_message = bytes(1000);
  for (const uint64_t lent : {uint64_t{UINT32_MAX}, uint64_t{1} << 63, UINT64_MAX}) {
    attack.peer->in().reader.lent.store(lent);
    const Sent result = write(attack.victim, long_message);
    EXPECT_STATUS(PIPES_OK, result.status);
    EXPECT_LE(result.transferred, long_message.size());
  }
}

TEST_F(Victim, AnnouncedNonsenseIsACountOnly) {
  Attack attack;
  attack.peer->push("honest");
  for (const uint64_t announced : {uint64_t{0}, uint64_t{1}, uint64_t{UINT32_MAX} + 5, UINT64_MAX}) {
    attack.peer->out().writer.announced.store(announced);
    const Peeked seen = peek(attack.victim);
    EXPECT_STATUS(PIPES_OK, seen.status);
    EXPECT_EQ("honest", seen.bytes);
    EXPECT_GE(seen.available, 6u);
    EXPECT_STATUS(PIPES_OK, get_local_info(attack.victim).status);
  }
  attack.peer->out().writer.announced.store(0);
  EXPECT_EQ(received(PIPES_OK, "honest"), read(attack.victim));
  const Peeked after = peek(attack.victim);
  EXPECT_EQ(0u, after.available);
}

TEST_F(Victim, AGarbledFrameIsNotTakenBack) {
  Attack attack(no_quota());
  Background writing([&] { return write(attack.victim, "12345678"); });
  ASSERT_TRUE(wait_until_blocked(writing));
  attack.peer->in_ring().word(0).store(FrameHeader{FrameKind::kWhole, true, 8, 4000}.encode());
  EXPECT_STATUS(PIPES_OK, writing.cancel());
  EXPECT_TRUE(is_documented(writing.result().status)) << writing.result().status;
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, write(attack.victim, "x").status);
}

TEST_F(Victim, StatesOfNoMeaningAreAnEnd) {
  for (const uint32_t state : {3u, 77u, UINT32_MAX}) {
    SCOPED_TRACE(state);
    Attack attack;
    Background reading([&] { return read(attack.victim); });
    ASSERT_TRUE(wait_until_blocked(reading));
    attack.peer->own().state.store(state);
    attack.peer->wake_reader();
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.result().status);
    // And back again, as if nothing had been.
    attack.peer->own().state.store(0);
    EXPECT_TRUE(is_documented(write(attack.victim, "x").status));
    EXPECT_TRUE(is_documented(disconnect(attack.victim)));
  }
}

TEST_F(Victim, DECISION_1_APeerThatTakesTheFlagAndNeverWakes) {
  EXPECT_TRUE(takes_less_than(promptly(), [] {
    Attack attack;
    Background reading([&] { return read(attack.victim); });
    EXPECT_TRUE(wait_until_blocked(reading));
    attack.peer->out().reader_waits.waiting.store(0);  // and no wake
    attack.peer->die();
    const Stopwatch watch;
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.result().status);
    return watch.elapsed();
  }));

  Attack on_writer(no_quota());
  Background writing([&] { return write(on_writer.victim, "x"); });
  ASSERT_TRUE(wait_until_blocked(writing));
  on_writer.peer->in().writer_waits.waiting.store(0);
  on_writer.peer->in().reader.consumed.store(1);  // it read it, and says nothing
  on_writer.peer->die();
  EXPECT_TRUE(is_documented(writing.result().status));
}

// ------------------------------------------------------------------------------------ futexes, from another process

// Connects to argument 0, then moves whoever sleeps on one of its flags to a word of its own, so that no wake of the
// flag reaches it, and says how many it moved.
PIPES_CHILD_ROLE(hijacker) {
  const std::unique_ptr<RawEnd> peer = open_raw(parent.argument(0));
  if (peer == nullptr) return 1;
  parent.say("connected");
  auto* own = static_cast<std::atomic<uint32_t>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  while (const std::optional<std::string> order = parent.next_line()) {
    std::atomic<uint32_t>& flag =
        *order == "reader" ? peer->out().reader_waits.waiting : peer->in().writer_waits.waiting;
    long moved = 0;
    while (moved == 0) {
      moved = ::syscall(SYS_futex, &flag, FUTEX_CMP_REQUEUE, 0, static_cast<long>(INT_MAX), own, flag.load());
    }
    parent.say("moved");
  }
  return 0;
}

class Hijack : public Victim {
 protected:
  void begin(const ServerOptions& options) {
    const std::string name = unique_name();
    victim_ = create_server(name, options);
    child_.emplace(Child::spawn("hijacker", {name}));
    ASSERT_TRUE(child_->expect_line("connected"));
  }
  // Blocks the victim's call and moves its thread away.
  template <class Call>
  void hijack(Call& call, const char* which) {
    ASSERT_TRUE(wait_until_blocked(call));
    child_->say(which);
    ASSERT_TRUE(child_->expect_line("moved"));
  }

  Handle victim_;
  std::optional<Child> child_;
};

TEST_F(Hijack, DECISION_1_AMovedReaderSeesItsPeerDie) {
  EXPECT_TRUE(takes_less_than(promptly(), [this] {
    begin(message_pipe());
    Background reading([&] { return read(victim_); });
    hijack(reading, "reader");
    const Stopwatch watch;
    child_->kill();
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.result().status);
    return watch.elapsed();
  }));
}

TEST_F(Hijack, DECISION_1_AMovedWriterSeesItsPeerDie) {
  EXPECT_TRUE(takes_less_than(promptly(), [this] {
    begin(no_quota());
    Background writing([&] { return write(victim_, "x"); });
    hijack(writing, "writer");
    const Stopwatch watch;
    child_->kill();
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, writing.result().status);
    return watch.elapsed();
  }));
}

TEST_F(Hijack, DECISION_1_AMovedReaderIsCancelled) {
  begin(message_pipe());
  Background reading([&] { return read(victim_); });
  hijack(reading, "reader");
  EXPECT_STATUS(PIPES_OK, reading.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, reading.result().status);
}

TEST_F(Hijack, DECISION_1_AMovedFlushIsCancelled) {
  begin(message_pipe());
  ASSERT_STATUS(PIPES_OK, write(victim_, "unread").status);
  Background flushing([&] { return flush(victim_); });
  hijack(flushing, "writer");
  EXPECT_STATUS(PIPES_OK, flushing.cancel());
  EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, flushing.result());
}

TEST_F(Hijack, DECISION_1_AMovedReaderSeesItsOwnEndDisconnectAndClose) {
  begin(message_pipe());
  Background reading([&] { return read(victim_); });
  hijack(reading, "reader");
  EXPECT_STATUS(PIPES_OK, disconnect(victim_));
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, reading.result().status);
}

// Connects to argument 0 and wakes the thread that sleeps there, again and again, for nothing, until it is killed.
PIPES_CHILD_ROLE(tormentor) {
  const std::unique_ptr<RawEnd> peer = open_raw(parent.argument(0));
  if (peer == nullptr) return 1;
  while (true) {
    peer->wake_reader();
    peer->wake_writer();
  }
}

std::chrono::milliseconds processor_time(clockid_t clock) {
  timespec used{};
  ::clock_gettime(clock, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::milliseconds(used.tv_nsec / 1'000'000);
}

// What share of a second the victim's thread computes while it waits and is woken for nothing.
template <class Call>
int percent_busy(const Handle& victim, Call call) {
  std::atomic<bool> known{false};
  clockid_t clock{};
  Background waiting([&] {
    ::pthread_getcpuclockid(::pthread_self(), &clock);
    known.store(true);
    return call(victim);
  });
  while (!known.load()) std::this_thread::yield();
  const auto before = processor_time(clock);
  const Stopwatch watch;
  while (watch.elapsed() < std::chrono::seconds(1) && !waiting.finished()) std::this_thread::yield();
  EXPECT_FALSE(waiting.finished());
  const int percent = static_cast<int>((processor_time(clock) - before) * 100 / watch.elapsed());
  EXPECT_STATUS(PIPES_OK, waiting.cancel());
  waiting.join();
  return percent;
}

TEST_F(Victim, AReaderThatIsWokenForNothingRests) {
  const std::string name = unique_name();
  const Handle victim = create_server(name, message_pipe());
  const Child child = Child::spawn("tormentor", {name});
  while (get_local_info(victim).value.state != PIPES_STATE_CONNECTED) std::this_thread::yield();
  EXPECT_LT(percent_busy(victim, [](pipes_handle end) { return read(end).status; }), 15);
}

TEST_F(Victim, AWriterThatIsWokenForNothingRests) {
  const std::string name = unique_name();
  const Handle victim = create_server(name, no_quota());
  const Child child = Child::spawn("tormentor", {name});
  while (get_local_info(victim).value.state != PIPES_STATE_CONNECTED) std::this_thread::yield();
  EXPECT_LT(percent_busy(victim, [](pipes_handle end) { return write(end, "x").status; }), 15);
}

// The words that say when to wake a writer are outputs: the peer may write them, and that is all.
TEST_F(Victim, WakePointsOfThePeersMakingMeanNothing) {
  Attack attack(no_quota());
  std::atomic<bool> stop{false};
  std::thread meddler([&] {
    while (!stop.load()) {
      attack.peer->in().writer_waits.wake_at_consumed.store(0);
      attack.peer->in().writer_waits.wake_at_head.store(0);
      std::this_thread::yield();
    }
  });
  EXPECT_LT(percent_busy(attack.victim, [](pipes_handle end) { return write(end, "x").status; }), 15);
  stop.store(true);
  meddler.join();
}

// ------------------------------------------------------------------------------------------- overlapped operations

TEST_F(Victim, NonsenseForAHeaderEndsPendingOperations) {
  for (const uint64_t word : nonsense_headers()) {
    SCOPED_TRACE(word);
    Attack attack(no_quota());
    Overlapped first;
    Overlapped second;
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, first.read(attack.victim));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, second.read(attack.victim));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(attack.victim, "12345678"));
    attack.peer->put_header(word);
    attack.peer->ring();
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), first.received());
    EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), second.received());
    EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.sent());
    expect_broken(attack.victim);
    EXPECT_TRUE(hangs_up(attack.peer->socket()));
  }
}

TEST_F(Victim, ImpossibleProgressEndsPendingOperations) {
  for (const uint64_t consumed : {uint64_t{1} << 20, UINT64_MAX}) {
    SCOPED_TRACE(consumed);
    const Handle port = new_port();
    Attack attack(no_quota());
    ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, attack.victim, 5));
    Overlapped reading(ToldBy::kHandle);
    Overlapped writing(ToldBy::kHandle);
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(attack.victim));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(attack.victim, "12345678"));
    attack.peer->in().reader.consumed.store(consumed);
    attack.peer->wake_writer();
    attack.peer->ring();
    for (int i = 0; i < 2; ++i) EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, take_packet(port).status);
    EXPECT_EQ(no_packet(PIPES_ERROR_WAIT_TIMEOUT), take_packet(port, 0));
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, reading.status(0));
    EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, writing.status(0));
  }
}

TEST_F(Victim, ARingForNothingEndsNothing) {
  Attack attack(no_quota());
  Overlapped reading;
  Overlapped writing;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(attack.victim));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(attack.victim, "12345678"));
  for (int i = 0; i < 5'000; ++i) (void)attack.peer->ring();
  EXPECT_TRUE(reading.pending());
  EXPECT_TRUE(writing.pending());
  attack.peer->push("honest");
  attack.peer->ring();
  EXPECT_EQ(received(PIPES_OK, "honest"), reading.received());
  EXPECT_TRUE(writing.pending());
  EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(attack.victim, nullptr));
  EXPECT_EQ(not_sent(PIPES_ERROR_OPERATION_ABORTED), writing.sent());
}

TEST_F(Victim, DECISION_2_APeerThatNeverRingsHarmsItselfAlone) {
  Attack attack(no_quota());
  Overlapped reading;
  Overlapped next;
  Overlapped writing;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(attack.victim));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, next.read(attack.victim));
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(attack.victim, "12345678"));
  attack.peer->push("in silence");  // which takes the flag
  attack.peer->in().writer_waits.waiting.store(0);
  EXPECT_TRUE(reading.pending());
  // Whatever else is done with the end finds what was left there.
  EXPECT_EQ(sent(4), write(bystander_.client, "calm"));
  EXPECT_EQ(received(PIPES_OK, "calm"), read(bystander_.server));
  attack.peer->die();
  EXPECT_EQ(received(PIPES_OK, "in silence"), reading.received());
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), next.received());
  EXPECT_EQ(not_sent(PIPES_ERROR_BROKEN_PIPE), writing.sent());
}

// An operation with an event says that the port's threads are not relied on; what was left to them before it is told of
// by the doorbell from the moment on that somebody waits for it.
TEST_F(Victim, DECISION_2_WhatWasLeftToAPortRingsOnceSomebodyWaitsInAnotherWay) {
  constexpr int kTimes = 5;  // the reactor has a look every now and then, too
  for (int i = 0; i < kTimes; ++i) {
    const Attack attack;
    const Handle port = new_port();
    ASSERT_STATUS(PIPES_OK, pipes_port_associate(port, attack.victim, 1));
    Overlapped reading(ToldBy::kHandle);
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(attack.victim));
    Overlapped writing(ToldBy::kEvent);
    ASSERT_STATUS(PIPES_OK, writing.write(attack.victim, "x"));
    (void)is_signalled(attack.victim);
    EXPECT_EQ(wire::WaitFlag::kDoorbell, attack.peer->out().reader_waits.waiting.load());
    attack.peer->push("answer");
    EXPECT_EQ(received(PIPES_OK, "answer"), reading.received());
  }
}

TEST_F(Victim, FlagsOfNoMeaningMeanARingAtMost) {
  Attack attack(no_quota());
  for (const uint32_t flag : {0u, 1u, 2u, 3u, 77u, UINT32_MAX}) {
    SCOPED_TRACE(flag);
    Overlapped reading;
    Overlapped writing;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(attack.victim));
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, writing.write(attack.victim, "12345678"));
    for (wire::DirectionWords* words : {&attack.peer->in(), &attack.peer->out()}) {
      words->reader_waits.waiting.store(flag);
      words->writer_waits.waiting.store(flag);
      words->writer_waits.wake_at_consumed.store(flag);
      words->writer_waits.wake_at_head.store(flag);
    }
    attack.peer->push("text");
    attack.peer->ring();
    EXPECT_EQ(received(PIPES_OK, "text"), reading.received());
    EXPECT_STATUS(PIPES_OK, pipes_cancel_ex(attack.victim, &writing.structure()));
    EXPECT_STATUS(PIPES_ERROR_OPERATION_ABORTED, writing.status());
  }
}

// It asks for its doorbell at every turn, and never takes a byte from it.
TEST_F(Victim, DECISION_2_ADoorbellThatNobodyAnswersBlocksNobody) {
  ServerOptions options = message_pipe();
  options.out_buffer = 1u << 20;
  Attack attack(options);
  RawEnd& peer = *attack.peer;
  for (const int fd : {peer.socket(), peer.memory().fd()}) ASSERT_EQ(0, ::fcntl(fd, F_SETFL, 0));
  for (int i = 0; i < 5'000; ++i) {
    peer.in().reader_waits.waiting.store(wire::WaitFlag::kDoorbell);
    Overlapped writing;
    ASSERT_STATUS(PIPES_OK, writing.write(attack.victim, "ring"));
  }
}

TEST_F(Victim, DescriptorsSentWithTheDoorbellAreNotTakenIn) {
  Attack attack;
  RawEnd& peer = *attack.peer;
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(attack.victim));
  const Holdings before = holdings_of_this_process();
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (const int fd : {null.get(), peer.socket(), peer.memory().fd()}) {
    for (int i = 0; i < 500; ++i) (void)peer.ring_with(fd, 1 + static_cast<size_t>(i) % 200);
  }
  peer.push("request");
  (void)peer.ring();
  EXPECT_EQ(received(PIPES_OK, "request"), reading.received());
  EXPECT_TRUE(eventually([&] { return holdings_of_this_process().descriptors <= before.descriptors + 1; }));
}

// Connects to argument 0, and rings, with data of no sense now and then, until it is killed.
PIPES_CHILD_ROLE(ringer) {
  const std::unique_ptr<RawEnd> peer = open_raw(parent.argument(0));
  if (peer == nullptr) return 1;
  parent.say("rings");
  while (true) (void)peer->ring();
}

// The victim's reactor has to listen to one that rings without end, and to everybody else.
TEST_F(Victim, ARingWithoutEndKeepsNobodyElseWaiting) {
  const std::string name = unique_name();
  const Handle victim = create_server(name, overlapped(message_pipe()));
  Child ringer = Child::spawn("ringer", {name});
  ASSERT_TRUE(ringer.expect_line("rings"));
  Overlapped never;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, never.read(victim));

  const Handle other = create_server(name, overlapped(message_pipe()));
  EndActor client(Host::in_child());
  ASSERT_STATUS(PIPES_OK, client.open(name));
  for (int i = 0; i < 300; ++i) {
    Overlapped reading;
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(other));
    ASSERT_EQ(sent(4), client.write("ping"));
    ASSERT_EQ(received(PIPES_OK, "ping"), reading.received());
  }
  EXPECT_TRUE(never.pending());
  ringer.kill();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), never.received());
}

// What the library's own thread has computed so far.
std::chrono::nanoseconds reactor_time() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::ifstream(task.path() / "comm") >> name;
    if (name != "pipes-reactor") continue;
    int64_t ns = 0;
    std::ifstream(task.path() / "schedstat") >> ns;
    return std::chrono::nanoseconds(ns);
  }
  ADD_FAILURE() << "there is no such thread";
  return {};
}

int percent_of_reactor() {
  const auto before = reactor_time();
  const Stopwatch watch;
  while (watch.elapsed() < std::chrono::milliseconds(500)) std::this_thread::yield();
  return static_cast<int>((reactor_time() - before) * 100 / watch.elapsed());
}

TEST_F(Victim, ARingWithoutEndCostsLittle) {
  const std::string name = unique_name();
  Handle victim = create_server(name, overlapped(message_pipe()));
  Child ringer = Child::spawn("ringer", {name});
  ASSERT_TRUE(ringer.expect_line("rings"));
  EXPECT_LT(percent_of_reactor(), 5) << "without an operation";
  Overlapped never;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, never.read(victim));
  EXPECT_LT(percent_of_reactor(), 5) << "with an operation that waits";
  ASSERT_STATUS(PIPES_OK, disconnect(victim));
  EXPECT_LT(percent_of_reactor(), 5) << "disconnected";
  EXPECT_STATUS(PIPES_ERROR_PIPE_NOT_CONNECTED, never.status());
}

// Not listened to for a while, it is heard nonetheless: what it says, and its end.
TEST_F(Victim, APeerThatHasRungInVainIsHeardAgain) {
  Attack attack;
  Overlapped reading;
  ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(attack.victim));
  for (int i = 0; i < 10'000; ++i) (void)attack.peer->ring();
  EXPECT_TRUE(reading.pending());
  for (int i = 0; i < 20; ++i) {
    attack.peer->push("honest");
    (void)attack.peer->ring();
    ASSERT_EQ(received(PIPES_OK, "honest"), reading.received());
    ASSERT_STATUS(PIPES_ERROR_IO_PENDING, reading.read(attack.victim));
  }
  for (int i = 0; i < 10'000; ++i) (void)attack.peer->ring();
  attack.peer->die();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.received());
}

// --------------------------------------------------------------------------------- descriptors, holes, the socket

TEST_F(Victim, DECISION_2_AFullControlSocketBlocksNobody) {
  Attack attack;
  RawEnd& peer = *attack.peer;
  // What both processes have of it are flags: the peer clears its own, and those of the memory, which are shared.
  for (const int fd : {peer.socket(), peer.memory().fd()}) ASSERT_EQ(0, ::fcntl(fd, F_SETFL, 0));
  const std::string noise = bytes(512);
  while (::send(peer.socket(), noise.data(), noise.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  peer.push("request");
  EXPECT_EQ(received(PIPES_OK, "request"), read(attack.victim));
  EXPECT_EQ(sent(5), write(attack.victim, "reply"));
  EXPECT_STATUS(PIPES_OK, get_local_info(attack.victim).status);
  EXPECT_STATUS(PIPES_OK, disconnect(attack.victim));
  EXPECT_STATUS(PIPES_OK, attack.victim.close());
}

TEST_F(Victim, PunchedHolesReadAsNothing) {
  ServerOptions options = message_pipe();
  options.pipe_mode |= PIPES_NOWAIT;
  Attack attack(options);
  RawEnd& peer = *attack.peer;
  peer.push("gone before it is read");
  const auto punch = [&](uint64_t from, uint64_t bytes) {
    return ::fallocate(peer.memory().fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from),
                       static_cast<off_t>(bytes));
  };
  ASSERT_EQ(0, punch(wire::ring_offset(Direction::kInbound), wire::kHotRingBytes));
  ASSERT_EQ(0, punch(wire::ring_offset(Direction::kOutbound), wire::kHotRingBytes));
  ASSERT_EQ(0, punch(wire::kHotBytes, wire::memory_size(peer.memory().capacity()) - wire::kHotBytes));
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, read(attack.victim).status);
  EXPECT_EQ(0u, peek(attack.victim).transferred);
  EXPECT_EQ(sent(3), write(attack.victim, "out"));
  // The words before them as well.
  ASSERT_EQ(0, punch(0, wire::kHotBytes));
  EXPECT_STATUS(PIPES_ERROR_NO_DATA, read(attack.victim).status);
  EXPECT_TRUE(is_documented(write(attack.victim, "out").status));
}

TEST_F(Victim, APeerThatHasGoneSendsNothingForEver) {
  Attack attack;
  RawEnd& peer = *attack.peer;
  peer.out_ring().word(16).store(FrameHeader{FrameKind::kSkip, false, 0, 0}.encode());
  peer.put_word(0, FrameHeader{FrameKind::kWhole, false, 8, 0}.encode());
  for (int i = 0; i < 10; ++i) ASSERT_STATUS(PIPES_OK, read(attack.victim).status) << "while it is there, it may";
  peer.die();
  Code status = PIPES_OK;
  for (int i = 0; i < 100'000 && status.ok(); ++i) status = read(attack.victim).status;
  EXPECT_STATUS(PIPES_ERROR_BROKEN_PIPE, status);
}

TEST_F(Victim, TheMemoryCannotBeTakenAway) {
  Attack attack;
  const int fd = attack.peer->memory().fd();
  EXPECT_NE(0, ::ftruncate(fd, 0));
  EXPECT_NE(0, ::ftruncate(fd, 1 << 30));
  EXPECT_NE(0, ::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  attack.peer->push("still there");
  EXPECT_EQ(received(PIPES_OK, "still there"), read(attack.victim));
}

TEST_F(Victim, APeerThatDiesInTheMiddleOfAMessageLeavesNoHalf) {
  Attack attack;
  RawEnd& peer = *attack.peer;
  peer.writer().announce(100);
  peer.writer().push(FrameKind::kFirst, true, std::as_bytes(std::span("12345678", 8)), 100);
  peer.wake_reader();
  Background reading([&] { return read(attack.victim); });
  ASSERT_TRUE(wait_until_blocked(reading));
  peer.die();
  EXPECT_EQ(received_nothing(PIPES_ERROR_BROKEN_PIPE), reading.result());
}

}  // namespace
}  // namespace pipes::test
