// The data queues of a connection through the C ABI, beside a model of them: random writes, reads, peeks, flushes and
// transactions at both ends, with quotas from nothing to plenty, those that wait included. Every byte, count and status
// must be the model's, whatever waits must go on waiting, and whatever waits no more must have returned.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "properties.h"
#include "queue_model.h"
#include "support/harness.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

enum class Act : int { kWrite, kRead, kPeek, kSetMode, kFlush, kTransact, kCancel, kQuery };

struct Step {
  Act act = Act::kWrite;
  bool at_server = false;
  uint32_t size = 0;
  uint32_t detail = 0;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  constexpr const char* kNames[] = {"write", "read", "peek", "set-mode", "flush", "transact", "cancel", "query"};
  return out << (step.at_server ? "server." : "client.") << kNames[static_cast<int>(step.act)] << "(size " << step.size
             << ", detail " << step.detail << ")";
}

struct Shape {
  bool message_type = true;
  uint32_t in_quota = 0;
  uint32_t out_quota = 0;
  uint32_t modes = 0;  // a bit each: server reads messages, client reads messages, server and client do not wait
};

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << (shape.message_type ? "message" : "byte") << " pipe, quotas in " << shape.in_quota << ", out "
             << shape.out_quota << ", modes " << shape.modes;
}

rc::Gen<uint32_t> any_size() {
  return rc::gen::weightedOneOf<uint32_t>({{2, rc::gen::just<uint32_t>(0)},
                                           {12, rc::gen::inRange<uint32_t>(0, 40)},
                                           {3, rc::gen::inRange<uint32_t>(0, 5000)},
                                           {1, rc::gen::inRange<uint32_t>(0, 100'000)},
                                           {1, rc::gen::inRange<uint32_t>(0, 600'000)}});
}

rc::Gen<Step> any_step() {
  const auto act = rc::gen::weightedElement<Act>({{12, Act::kWrite},
                                                  {12, Act::kRead},
                                                  {4, Act::kPeek},
                                                  {3, Act::kSetMode},
                                                  {1, Act::kFlush},
                                                  {1, Act::kTransact},
                                                  {2, Act::kCancel},
                                                  {2, Act::kQuery}});
  return rc::gen::build<Step>(rc::gen::set(&Step::act, act), rc::gen::set(&Step::at_server, rc::gen::arbitrary<bool>()),
                              rc::gen::set(&Step::size, any_size()),
                              rc::gen::set(&Step::detail, rc::gen::inRange<uint32_t>(0, 1 << 12)));
}

rc::Gen<Shape> any_shape() {
  const auto quota = rc::gen::element<uint32_t>(0, 1, 10, 64, 64, 512, 4096, 65536, 400'000);
  return rc::gen::build<Shape>(rc::gen::set(&Shape::message_type, rc::gen::arbitrary<bool>()),
                               rc::gen::set(&Shape::in_quota, quota), rc::gen::set(&Shape::out_quota, quota),
                               rc::gen::set(&Shape::modes, rc::gen::inRange<uint32_t>(0, 16)));
}

// Calls waiting at once, on both ends; each costs a thread.
constexpr size_t kWaitingMax = 6;
// Short of what the ring holds, so that the quota is the only limit.
constexpr uint64_t kUnreadMax = 2'000'000;

template <class Value>
void same(const std::string& what, const Value& expected, const Value& actual) {
  if (expected == actual) return;
  std::ostringstream message;
  message << what << ": expected " << testing::PrintToString(expected).substr(0, 200) << ", got "
          << testing::PrintToString(actual).substr(0, 200);
  RC_FAIL(message.str());
}

// The result of a call that the model holds for finished. It may be on its way back still.
template <class Result>
Result result_of(Pending<Result>& call, const char* what) {
  const Stopwatch watch;
  while (!call.finished()) {
    if (watch.elapsed() > std::chrono::seconds(20)) RC_FAIL(std::string(what) + " waits though it need not");
    platform::let_others_run();
  }
  return call.result();
}

// One direction, and what waits for it.
struct Direction {
  Direction(bool message_type, uint32_t quota) : queue(message_type, quota) {}
  struct Write {
    uint32_t id;
    uint32_t size;
    Pending<Sent> call;
  };
  struct Read {
    uint32_t size;
    bool transaction;  // reads a message, whatever the mode
    Pending<Received> call;
  };
  struct Flush {
    uint64_t target;
    Pending<Code> call;
  };
  QueueModel queue;
  std::deque<Write> writes;
  std::deque<Read> reads;
  std::deque<Flush> flushes;

  [[nodiscard]] uint64_t lent() const {
    uint64_t bytes = 0;
    for (const Read& read : reads) bytes += read.size;
    return bytes;
  }
};

class Conversation {
 public:
  Conversation(const Shape& shape, std::shared_ptr<Host> client_host)
      : ends_{End{EndActor(Host::here())}, End{EndActor(std::move(client_host))}},
        directions_{Direction(shape.message_type, shape.in_quota), Direction(shape.message_type, shape.out_quota)} {
    const std::string name = unique_name();
    same("create", Code(PIPES_OK),
         ends_[0].actor.create_named(
             name, {.pipe_mode = shape.message_type ? PIPES_TYPE_MESSAGE | PIPES_READMODE_BYTE : PIPES_TYPE_BYTE,
                    .max_instances = 1,
                    .out_buffer = shape.out_quota,
                    .in_buffer = shape.in_quota}));
    same("open", Code(PIPES_OK), ends_[1].actor.open(name));
    for (uint32_t i = 0; i < 2; ++i) {
      set_mode(i, (shape.message_type && (shape.modes >> i & 1) != 0 ? PIPES_READMODE_MESSAGE : 0) |
                      ((shape.modes >> i & 4) != 0 ? PIPES_NOWAIT : 0));
    }
  }

  void perform(const Step& step) {
    ++step_number_;
    const uint32_t end = step.at_server ? 0 : 1;
    switch (step.act) {
      case Act::kWrite:
        write(end, step.size);
        break;
      case Act::kRead:
        read(end, step.size);
        break;
      case Act::kPeek:
        peek(end, step.size);
        break;
      case Act::kSetMode:
        set_mode(end, step.detail % 4);
        break;
      case Act::kFlush:
        flush(end);
        break;
      case Act::kTransact:
        transact(end, step.size % 3000, step.detail);
        break;
      case Act::kCancel:
        cancel(end, step.detail);
        break;
      case Act::kQuery:
        query(end);
        break;
    }
    nothing_returned_early();
  }

  // One end closes; the other reads what there is, and then learns that it is alone.
  void close_and_drain(bool server_closes) {
    const uint32_t closing = server_closes ? 0 : 1;
    const uint32_t staying = 1 - closing;
    while (cancel(closing, 0)) {
    }
    same("close", Code(PIPES_OK), ends_[closing].actor.close());
    Direction& left = incoming(staying);
    Direction& lost = outgoing(staying);
    for (auto& read : left.reads) {  // STATE-11
      same("a read that waited", Code(PIPES_ERROR_BROKEN_PIPE), result_of(read.call, "read").status);
    }
    for (auto& write : lost.writes) {
      same("a write that waited", Code(PIPES_ERROR_BROKEN_PIPE), result_of(write.call, "write").status);
    }
    for (auto& waiting : lost.flushes) {
      same("a flush that waited", Code(PIPES_ERROR_BROKEN_PIPE), result_of(waiting.call, "flush"));
    }
    left.reads.clear();
    lost.writes.clear();
    lost.flushes.clear();
    while (!left.queue.empty()) {
      peek(staying, 100);
      read(staying, 70'000);
    }
    same("read at the end", Code(PIPES_ERROR_BROKEN_PIPE), ends_[staying].actor.read(10).status);
    same("peek at the end", Code(PIPES_ERROR_BROKEN_PIPE), ends_[staying].actor.peek(10).status);
    same("write at the end", Code(PIPES_ERROR_NO_DATA), ends_[staying].actor.write("x").status);
  }

 private:
  struct End {
    EndActor actor;
    bool message_mode = false;
    bool no_wait = false;
  };

  Direction& incoming(uint32_t end) { return directions_[end]; }
  Direction& outgoing(uint32_t end) { return directions_[1 - end]; }
  [[nodiscard]] size_t waiting() const {
    size_t count = 0;
    for (const Direction& way : directions_) count += way.writes.size() + way.reads.size() + way.flushes.size();
    return count;
  }

  void write(uint32_t index, uint32_t size) {
    End& end = ends_[index];
    Direction& way = outgoing(index);
    if (way.queue.unread() + size > kUnreadMax) return;
    const std::string data = bytes(size, step_number_);
    if (end.no_wait) return write_without_waiting(end, way, data);
    if (way.queue.fits(size)) {
      way.queue.write(data);
      expect_sent(end.actor.write(data), PIPES_OK, size);
      return settle(way, 1 - index);
    }
    if (waiting() >= kWaitingMax) return;
    const uint32_t id = ++last_id_;
    way.queue.write(data, id);
    way.writes.push_back({id, size, end.actor.start_write(data)});
    settle(way, 1 - index);
    if (!way.writes.empty() && way.writes.back().id == id) expect_blocked(way.writes.back().call, "write");
  }

  // WRITE-10 … WRITE-12, FINE-15: all or nothing, but for what waiting readers of a byte pipe take.
  void write_without_waiting(End& end, Direction& way, const std::string& data) {
    uint64_t sent = data.size();
    if (!way.queue.fits(data.size())) {
      const uint64_t lent = way.lent();
      if (data.size() > way.queue.quota_left() + lent) {
        sent = way.queue.message_type() ? 0 : std::min<uint64_t>(lent, data.size());
      }
      if (sent > 0) way.queue.write(data.substr(0, sent));
    } else {
      way.queue.write(data);
    }
    expect_sent(end.actor.write(data), PIPES_OK, static_cast<uint32_t>(sent));
    settle(way, &end == ends_.data() ? 1 : 0);
  }

  void read(uint32_t index, uint32_t size) {
    End& end = ends_[index];
    Direction& way = incoming(index);
    if (size == 0 && !end.message_mode && way.queue.message_type()) return;  // not settled for an empty message
    if (way.reads.empty()) {
      if (const auto answer = way.queue.read(size, end.message_mode)) {
        expect_received(end.actor.read(size), answer->status, answer->bytes);
        return settle(way, index);
      }
    }
    if (end.no_wait) {  // READ-15
      if (way.reads.empty()) expect_received(end.actor.read(size), PIPES_ERROR_NO_DATA, {});
      return;
    }
    if (waiting() >= kWaitingMax) return;
    way.reads.push_back({size, false, end.actor.start_read(size)});
    expect_blocked(way.reads.back().call, "read");
  }

  void peek(uint32_t index, uint32_t size) {
    const QueueModel::Peek expected = incoming(index).queue.peek(size);
    const Peeked peeked = ends_[index].actor.peek(size);
    same("peek", Code(PIPES_OK), peeked.status);
    same("bytes peeked", expected.bytes, peeked.bytes);
    same("available", static_cast<uint32_t>(expected.available), peeked.available);
    same("left of this message", static_cast<uint32_t>(expected.left_this_message), peeked.left_this_message);
  }

  void set_mode(uint32_t index, uint32_t mode) {
    End& end = ends_[index];
    if (!incoming(index).queue.message_type()) mode &= ~uint32_t{PIPES_READMODE_MESSAGE};
    // A zero-length read that waits would be answered by what the specification leaves open (see read).
    const bool to_bytes = (mode & PIPES_READMODE_MESSAGE) == 0 && end.message_mode;
    if (to_bytes && !incoming(index).reads.empty()) return;
    const bool stops_waiting = !end.no_wait && (mode & PIPES_NOWAIT) != 0;
    const bool busy = !incoming(index).reads.empty() || !outgoing(index).queue.empty();
    if (stops_waiting && busy) {  // SETST-5
      if (incoming(index).reads.empty() && outgoing(index).queue.unread() == 0) return;
      same("set mode", Code(PIPES_ERROR_PIPE_BUSY), ends_[index].actor.set_mode(mode));
      return;
    }
    same("set mode", Code(PIPES_OK), ends_[index].actor.set_mode(mode));
    end.message_mode = (mode & PIPES_READMODE_MESSAGE) != 0;
    end.no_wait = (mode & PIPES_NOWAIT) != 0;
  }

  void flush(uint32_t index) {
    Direction& way = outgoing(index);
    if (way.queue.empty()) return same("flush", Code(PIPES_OK), ends_[index].actor.flush());
    if (waiting() >= kWaitingMax) return;
    way.flushes.push_back({way.queue.written(), ends_[index].actor.start_flush()});
    expect_blocked(way.flushes.back().call, "flush");
  }

  // TRANS-4, TRANS-5: refused while anything is unread or a read waits; else the request minds no quota.
  void transact(uint32_t index, uint32_t size, uint32_t reply_size) {
    End& end = ends_[index];
    Direction& in = incoming(index);
    Direction& out = outgoing(index);
    const std::string request = bytes(size, step_number_);
    if (!in.queue.message_type() || !end.message_mode) {
      return same("transact", Code(PIPES_ERROR_BAD_PIPE), end.actor.transact(request).status);
    }
    if (!in.queue.empty() || !in.reads.empty()) {
      return same("transact", Code(PIPES_ERROR_PIPE_BUSY), end.actor.transact(request).status);
    }
    if (waiting() >= kWaitingMax) return;
    out.queue.write(request);
    in.reads.push_back({reply_size, true, end.actor.start_transact(request, reply_size)});
    expect_blocked(in.reads.back().call, "transaction");
    settle(out, 1 - index);
  }

  // Cancels one of the calls that wait at this end; false if there is none (CANCEL-4, CANCEL-8, CANCEL-9, FINE-14).
  bool cancel(uint32_t index, uint32_t which) {
    Direction& in = incoming(index);
    Direction& out = outgoing(index);
    const size_t count = in.reads.size() + out.writes.size() + out.flushes.size();
    if (count == 0) return false;
    size_t chosen = which % count;
    if (chosen < in.reads.size()) {
      const auto read = in.reads.begin() + static_cast<std::ptrdiff_t>(chosen);
      same("cancel", Code(PIPES_OK), read->call.cancel());
      expect_received(result_of(read->call, "cancelled read"), PIPES_ERROR_OPERATION_ABORTED, {});
      in.reads.erase(read);
      return true;
    }
    chosen -= in.reads.size();
    if (chosen < out.writes.size()) {
      const auto write = out.writes.begin() + static_cast<std::ptrdiff_t>(chosen);
      same("cancel", Code(PIPES_OK), write->call.cancel());
      expect_sent(result_of(write->call, "cancelled write"), PIPES_ERROR_OPERATION_ABORTED, 0);
      out.queue.withdraw(write->id);
      out.writes.erase(write);
      settle(out, 1 - index);
      return true;
    }
    const auto flush = out.flushes.begin() + static_cast<std::ptrdiff_t>(chosen - out.writes.size());
    same("cancel", Code(PIPES_OK), flush->call.cancel());
    same("cancelled flush", Code(PIPES_ERROR_OPERATION_ABORTED), result_of(flush->call, "cancelled flush"));
    out.flushes.erase(flush);
    return true;
  }

  void query(uint32_t index) {
    const LocalInfo info = ends_[index].actor.get_local_info();
    same("local info", Code(PIPES_OK), info.status);
    same("readable", static_cast<uint32_t>(incoming(index).queue.unread()), info.value.read_data_available);
    same("quota left", static_cast<uint32_t>(outgoing(index).queue.quota_left()), info.value.write_quota_available);
  }

  // After something came or went in `way`: the reads that wait take what there is, in their order (READ-17, READ-18);
  // then the writes and flushes that wait no more return.
  void settle(Direction& way, uint32_t reader) {
    while (!way.reads.empty()) {
      Direction::Read& read = way.reads.front();
      const auto answer = way.queue.read(read.size, read.transaction || ends_[reader].message_mode);
      if (!answer) break;
      expect_received(result_of(read.call, "read"), answer->status, answer->bytes);
      way.reads.pop_front();
    }
    for (const uint32_t id : way.queue.take_completed()) {
      const auto write = std::find_if(way.writes.begin(), way.writes.end(), [&](const auto& w) { return w.id == id; });
      expect_sent(result_of(write->call, "write"), PIPES_OK, write->size);
      way.writes.erase(write);
    }
    while (!way.flushes.empty() && way.queue.flushed(way.flushes.front().target)) {
      same("flush", Code(PIPES_OK), result_of(way.flushes.front().call, "flush"));
      way.flushes.pop_front();
    }
  }

  void nothing_returned_early() {
    for (Direction& way : directions_) {
      for (auto& write : way.writes) same("a write returned early", false, write.call.finished());
      for (auto& read : way.reads) same("a read returned early", false, read.call.finished());
      for (auto& flush : way.flushes) same("a flush returned early", false, flush.call.finished());
    }
  }

  static void expect_sent(const Sent& sent, pipes_status status, uint32_t count) {
    same("write", Code(status), sent.status);
    same("count of a write", count, sent.transferred);
  }
  static void expect_received(const Received& received, pipes_status status, const std::string& bytes) {
    same("read", Code(status), received.status);
    same("bytes read", bytes, received.bytes);
  }
  template <class Result>
  static void expect_blocked(Pending<Result>& call, const char* what) {
    if (!call.wait_until_blocked()) RC_FAIL(std::string(what) + " does not wait though it should");
  }

  std::array<End, 2> ends_;              // server, client
  std::array<Direction, 2> directions_;  // inbound, outbound: an end's number is that of the direction it reads
  uint32_t step_number_ = 0;
  uint32_t last_id_ = 0;
};

void try_conversations(const std::shared_ptr<Host>& client_host, int cases, int full_cases) {
  expect_property(
      [&] {
        const Shape shape = *any_shape();
        const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
        const bool server_closes = *rc::gen::arbitrary<bool>();
        Conversation conversation(shape, client_host);
        perform_all(shape, steps, [&](const Step& step) { conversation.perform(step); });
        conversation.close_and_drain(server_closes);
      },
      cases, full_cases);
}

TEST(DataQueueModel, BUF_3_QueuesQuotasAndWaitingCallsAgreeWithTheModel) {
  try_conversations(Host::here(), 150, 10'000);
}

TEST(DataQueueModel, BUF_3_QueuesQuotasAndWaitingCallsAgreeWithTheModelAcrossProcesses) {
  try_conversations(Host::in_child(), 60, 3'000);
}

// What the model found, by itself: after an answer the writer may go on at the start of the ring, and then still has
// all its quota.
TEST(DataQueueModel, BUF_3_AllOfTheQuotaCanBeUsedAfterAnyConversation) {
  const Pair pair = connected_pair(
      {.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE, .out_buffer = 65536, .in_buffer = 65536});
  ASSERT_STATUS(PIPES_OK, set_mode(pair.client, PIPES_NOWAIT | PIPES_READMODE_MESSAGE));
  const std::string rest = bytes(65'535);
  for (const uint32_t size : {10u, 4000u, 4040u, 4080u, 20'000u, 60'000u}) {
    SCOPED_TRACE(size);
    ASSERT_EQ(size, write(pair.client, bytes(size)).transferred);
    ASSERT_EQ(size, read(pair.server, 65536).transferred);
    ASSERT_STATUS(PIPES_OK, write(pair.server, "answer").status);
    ASSERT_EQ("answer", read(pair.client).bytes);
    EXPECT_EQ(1u, write(pair.client, "x").transferred);
    ASSERT_EQ(rest.size(), write(pair.client, rest).transferred);
    EXPECT_EQ(65'536u, peek(pair.server, 1).available);
    EXPECT_EQ("x", read(pair.server).bytes);
    EXPECT_TRUE(rest == read(pair.server, 65536).bytes);
  }
}

}  // namespace
}  // namespace pipes::test
