// Overlapped operations through the C ABI, beside a model of them: random operations at the ends of one or two
// instances, begun by two threads, told by events, a port, routines or nothing, with calls in between that neither
// wait nor are overlapped, and cancelled, closed and disconnected at random.
//
// The model is PipeModel with operations that wait. Every operation must end exactly once, with the status and the
// bytes of the model, and be told of as its caller wanted. With both ends here it must have ended when the call that
// ends it returns (FINE-1, FINE-22); with the peer in another process it is waited for.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "instance_model.h"
#include "properties.h"
#include "support/harness.h"
#include "support/overlapped.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

// -------------------------------------------------------------------------------------------------------- random calls

enum class Act : int {
  kCreate,
  kOpen,
  kConnect,
  kDisconnect,
  kRead,
  kWrite,
  kTransact,
  kReadNow,
  kWriteNow,
  kPeek,
  kSetState,
  kCancelOne,
  kCancelOfThread,
  kCancelAll,
  kEndThread,
  kRunRoutines,
  kClose,
};

// One random call. What its numbers mean depends on what it is; any number is good for any of them.
struct Step {
  Act act = Act::kCreate;
  uint32_t end = 0;     // which of the ends there are
  uint32_t size = 0;    // of a buffer
  uint32_t detail = 0;  // anything else
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  constexpr const char* kNames[] = {"create",      "open",       "connect",    "disconnect", "read",      "write",
                                    "transact",    "read-now",   "write-now",  "peek",       "set-state", "cancel-one",
                                    "cancel-mine", "cancel-all", "end-thread", "run",        "close"};
  return out << kNames[static_cast<int>(step.act)] << "(end " << step.end << ", size " << step.size << ", detail "
             << step.detail << ")";
}

rc::Gen<Step> any_step() {
  const auto act = rc::gen::weightedElement<Act>({{3, Act::kCreate},
                                                  {5, Act::kOpen},
                                                  {5, Act::kConnect},
                                                  {3, Act::kDisconnect},
                                                  {16, Act::kRead},
                                                  {16, Act::kWrite},
                                                  {5, Act::kTransact},
                                                  {8, Act::kReadNow},
                                                  {8, Act::kWriteNow},
                                                  {2, Act::kPeek},
                                                  {3, Act::kSetState},
                                                  {5, Act::kCancelOne},
                                                  {2, Act::kCancelOfThread},
                                                  {2, Act::kCancelAll},
                                                  {1, Act::kEndThread},
                                                  {4, Act::kRunRoutines},
                                                  {2, Act::kClose}});
  const auto size = rc::gen::weightedOneOf<uint32_t>({{1, rc::gen::just<uint32_t>(0)},
                                                      {6, rc::gen::inRange<uint32_t>(0, 40)},
                                                      {1, rc::gen::inRange<uint32_t>(0, 200)}});
  return rc::gen::build<Step>(
      rc::gen::set(&Step::act, act), rc::gen::set(&Step::end, rc::gen::inRange<uint32_t>(0, 24)),
      rc::gen::set(&Step::size, size), rc::gen::set(&Step::detail, rc::gen::inRange<uint32_t>(0, 1 << 16)));
}

// ---------------------------------------------------------------------------------------------------------- operations

struct End;

enum class Kind { kRead, kWrite, kTransact, kConnect };
enum class ToldTo { kEvent, kPort, kPortAndEvent, kEventAlone, kRoutine, kNobody };

constexpr size_t kGuardBytes = 16;
constexpr char kGuard = '\x5A';

// An operation as its caller has it, and as the model sees it.
struct Operation : pipes_overlapped {
  uint32_t number = 0;
  Kind kind = Kind::kRead;
  ToldTo told_to = ToldTo::kNobody;
  size_t thread = 0;
  uint32_t life = 0;  // of that thread: it is made anew when it has ended
  std::shared_ptr<const End> end;
  uint32_t size = 0;         // of a read or a reply
  std::vector<char> buffer;  // of a read or a reply, and a guard behind it
  std::string bytes;         // of a write or a request
  Handle completion_event;   // whatever it is told to
  bool begun = false;        // the library accepted it

  // The model's.
  bool waits = false;
  pipes_status status = PIPES_OK;
  std::string received;
  uint32_t transferred = 0;
};

struct End {
  std::shared_ptr<EndModel> model;
  Handle handle;                  // an end of this process
  std::optional<EndActor> actor;  // one of another
  uint64_t port_key = 0;          // 0: bound to no port
  bool closed = false;            // and still there, for what it has written
  std::deque<Operation*> connects;
  std::deque<Operation*> reads;  // transactions among them
  std::deque<Operation*> writes;

  [[nodiscard]] bool is_here() const { return !actor.has_value(); }
};

// What a routine was called with.
struct Ran {
  Operation* operation = nullptr;
  pipes_status status = 0;
  uint32_t transferred = 0;
};
thread_local std::vector<Ran> ran_here;

void note_routine(pipes_status status, uint32_t transferred, pipes_overlapped* overlapped) {
  ran_here.push_back({static_cast<Operation*>(overlapped), status, transferred});
}

// A thread that makes one call after the other for whoever waits for it.
class Worker {
 public:
  Worker() : thread_([this] { work(); }) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    order({});
    thread_.join();
  }
  template <class Call>
  auto run(Call call) {
    std::optional<decltype(call())> result;
    order([&] { result.emplace(call()); });
    return *result;
  }

 private:
  // Nothing ends the thread.
  void order(std::function<void()> call) {
    std::unique_lock lock(mutex_);
    const bool last = !call;
    call_ = std::move(call);
    ordered_ = true;
    news_.notify_all();
    if (!last) news_.wait(lock, [&] { return !ordered_; });
  }
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      news_.wait(lock, [&] { return ordered_; });
      if (!call_) return;
      call_();
      ordered_ = false;
      news_.notify_all();
    }
  }

  std::mutex mutex_;  // guards all but the thread
  std::condition_variable news_;
  std::function<void()> call_;
  bool ordered_ = false;
  std::thread thread_;
};

constexpr size_t kThreads = 2;
constexpr size_t kInstancesMax = 2;
constexpr uint32_t kPatienceMs = 20'000;

// What ended in one step, by one way of being told: `ordered`, of one end and one kind in the order of their beginning.
struct Group {
  std::vector<Operation*> operations;
  bool ordered = true;
};

// ------------------------------------------------------------------------------------------------------------ the model

class Machine {
 public:
  Machine(std::shared_ptr<Host> server_host, std::shared_ptr<Host> client_host)
      : server_host_(std::move(server_host)),
        client_host_(std::move(client_host)),
        here_alone_(server_host_->process_id() == client_host_->process_id()),
        port_(new_port()) {
    for (auto& worker : workers_) worker = std::make_unique<Worker>();
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  // What a failed case leaves pending stays the library's: better lost than written to.
  ~Machine() {
    for (const auto& end : ends_) {
      (void)end->handle.close();
      end->actor.reset();
    }
    for (auto& worker : workers_) worker.reset();
    for (auto& operation : operations_) {
      if (operation->begun && internal_of(*operation) == kNtPending) (void)operation.release();
    }
  }

  void perform(const Step& step) {
    ordered_ = true;
    act(step);
    check_all();
  }

  // Closes all that there is, so that everything ends.
  void finish() {
    while (true) {
      const auto open = std::ranges::find_if(ends_, [](const auto& end) { return !end->closed; });
      if (open == ends_.end()) break;
      ordered_ = false;
      close(**open);
      check_all();
    }
    for (size_t thread = 0; thread < kThreads; ++thread) run_routines(thread);
    for (const auto& operation : operations_) {
      if (operation->waits) RC_FAIL("an operation waits for ever in the model");
      // Told once more?
      if (is_signalled(operation->completion_event)) fail(*operation, "its event was set again");
    }
    expect_no_packets();
  }

 private:
  [[noreturn]] static void fail(const std::string& what) {
    RC_FAIL(what);
    std::abort();  // RC_FAIL throws, and does not say so
  }
  [[noreturn]] static void fail(const Operation& operation, const std::string& what) {
    constexpr const char* kKinds[] = {"read", "write", "transaction", "connect"};
    fail(kKinds[static_cast<int>(operation.kind)] + std::string(" ") + std::to_string(operation.number) + ": " + what);
  }
  template <class Value>
  static void same(const Operation& operation, const char* what, const Value& expected, const Value& actual) {
    if (expected == actual) return;
    std::ostringstream text;
    text << what << ": expected " << testing::PrintToString(expected) << ", got " << testing::PrintToString(actual);
    fail(operation, text.str());
  }
  template <class Value>
  static void same(const char* what, const Value& expected, const Value& actual) {
    if (expected == actual) return;
    std::ostringstream text;
    text << what << ": expected " << testing::PrintToString(expected) << ", got " << testing::PrintToString(actual);
    fail(text.str());
  }
  static void same_status(const char* what, pipes_status expected, Code actual) { same(what, Code(expected), actual); }

  void act(const Step& step) {
    if (step.act == Act::kCreate) return create(step);
    if (step.act == Act::kOpen) return open(step);
    if (step.act == Act::kEndThread) return end_thread(step.detail % kThreads);
    if (step.act == Act::kRunRoutines) return run_routines(step.detail % kThreads);
    std::vector<End*> usable;
    for (const auto& end : ends_) {
      if (!end->closed) usable.push_back(end.get());
    }
    if (usable.empty()) return;
    End& end = *usable[step.end % usable.size()];
    switch (step.act) {
      case Act::kConnect:
        return end.is_here() ? connect(end, step) : connect_now(end);
      case Act::kDisconnect:
        return disconnect(end);
      case Act::kRead:
        return end.is_here() ? read(end, step) : read_now(end, step);
      case Act::kWrite:
        return end.is_here() ? write(end, step) : write_now(end, step);
      case Act::kTransact:
        return transact(end, step);
      case Act::kReadNow:
        return read_now(end, step);
      case Act::kWriteNow:
        return write_now(end, step);
      case Act::kPeek:
        return peek(end, step.size);
      case Act::kSetState:
        return set_state(end, step.detail % 4);
      case Act::kCancelOne:
        return cancel_one(end, step.detail);
      case Act::kCancelOfThread:
        return cancel_of_thread(end, step.detail % kThreads);
      case Act::kCancelAll:
        return cancel_all(end);
      case Act::kClose:
        return close(end);
      default:
        return;
    }
  }

  // --------------------------------------------------------------------------------------------------- making ends

  std::shared_ptr<End> add(const std::shared_ptr<Host>& host, uint32_t detail) {
    auto end = std::make_shared<End>();
    if (host->process_id() != here_->process_id()) end->actor.emplace(host);
    if (end->is_here() && detail % 2 != 0) end->port_key = ++last_key_;
    return end;
  }
  void bind(const End& end) {
    if (end.port_key == 0) return;
    same_status("binding to the port", PIPES_OK, pipes_port_associate(port_, end.handle, end.port_key));
  }

  void create(const Step& step) {
    const auto servers =
        std::ranges::count_if(ends_, [](const auto& end) { return end->model->is_server && !end->closed; });
    if (static_cast<size_t>(servers) >= kInstancesMax) return;
    constexpr uint32_t kQuotas[] = {64, 0, 1, 10, 4096, 64, 20, 200};
    PipeModel::Creation asked;
    asked.max_instances = PIPES_UNLIMITED_INSTANCES;
    asked.out_quota = kQuotas[step.size % 8];
    asked.in_quota = kQuotas[step.size / 8 % 8];
    const bool exists = model_.instances() > 0;
    const bool message_type = exists ? model_.shape().message_type : step.detail / 2 % 3 != 0;
    const bool message_mode = message_type && step.detail / 6 % 4 != 0;
    asked.pipe_mode = (message_type ? PIPES_TYPE_MESSAGE : 0) | (message_mode ? PIPES_READMODE_MESSAGE : 0);
    const ServerOptions options{.open_mode = PIPES_ACCESS_DUPLEX | PIPES_FLAG_OVERLAPPED,
                                .pipe_mode = asked.pipe_mode,
                                .max_instances = asked.max_instances,
                                .out_buffer = asked.out_quota,
                                .in_buffer = asked.in_quota};
    const auto end = add(server_host_, step.detail);
    if (end->is_here()) {
      Opened made = try_create_server(name_, options);
      same_status("create", PIPES_OK, made.status);
      end->handle = std::move(made.handle);
    } else {
      same_status("create", PIPES_OK, end->actor->create_named(name_, options));
    }
    end->model = model_.create(asked).end;
    bind(*end);
    ends_.push_back(end);
  }

  void open(const Step& step) {
    const auto clients =
        std::ranges::count_if(ends_, [](const auto& end) { return !end->model->is_server && !end->closed; });
    if (static_cast<size_t>(clients) > kInstancesMax) return;
    const PipeModel::Made made = model_.open(PIPES_FILE_GENERIC_READ | PIPES_FILE_GENERIC_WRITE);
    const auto end = add(client_host_, step.detail);
    if (end->is_here()) {
      Opened opened = try_open(name_, kReadWrite, PIPES_FLAG_OVERLAPPED);
      same_status("open", made.status, opened.status);
      end->handle = std::move(opened.handle);
    } else {
      same_status("open", made.status, end->actor->open(name_, kReadWrite));
    }
    if (made.status != PIPES_OK) return;
    end->model = made.end;
    bind(*end);
    ends_.push_back(end);
    if (step.detail / 2 % 4 != 0 && model_.shape().message_type) set_state(*end, PIPES_READMODE_MESSAGE);
    // A client came: the connects of its instance have succeeded.
    if (End* const server = peer_of(*end)) end_all(server->connects, PIPES_OK);
  }

  // The other end of the instance, if it is connected to this one.
  [[nodiscard]] End* peer_of(const End& end) const {
    for (const auto& other : ends_) {
      if (other->model->is_server == end.model->is_server || other->model->instance != end.model->instance) continue;
      const End& client = other->model->is_server ? end : *other;
      if (client.model->connection == client.model->instance->connection) return other.get();
    }
    return nullptr;
  }

  // ------------------------------------------------------------------------------------------ beginning operations

  Operation& new_operation(End& end, Kind kind, const Step& step) {
    auto made = std::make_unique<Operation>();
    made->number = ++last_number_;
    made->kind = kind;
    made->thread = step.detail / 4 % kThreads;
    made->life = lives_[made->thread];
    made->end = std::find_if(ends_.begin(), ends_.end(), [&](const auto& held) { return held.get() == &end; })[0];
    made->completion_event = new_event();
    made->internal_high = 0xABCD;
    const uint32_t choice = step.detail / 16 % 4;
    if (end.port_key != 0) {
      constexpr ToldTo kWays[] = {ToldTo::kPort, ToldTo::kPort, ToldTo::kPortAndEvent, ToldTo::kEventAlone};
      made->told_to = kWays[choice];
    } else {
      constexpr ToldTo kWays[] = {ToldTo::kEvent, ToldTo::kEvent, ToldTo::kRoutine, ToldTo::kNobody};
      made->told_to = kWays[choice];
      const bool takes_routines = kind == Kind::kRead || kind == Kind::kWrite;
      if (made->told_to == ToldTo::kRoutine && !takes_routines) made->told_to = ToldTo::kEvent;
    }
    if (sets_event(*made)) {
      uintptr_t event = reinterpret_cast<uintptr_t>(static_cast<pipes_handle>(made->completion_event));
      if (made->told_to == ToldTo::kEventAlone) event |= 1;  // OVL-20
      made->event = reinterpret_cast<pipes_handle>(event);
    }
    operations_.push_back(std::move(made));
    return *operations_.back();
  }

  static bool sets_event(const Operation& operation) {
    return operation.told_to == ToldTo::kEvent || operation.told_to == ToldTo::kPortAndEvent ||
           operation.told_to == ToldTo::kEventAlone;
  }

  struct Begun {
    Code status;
    uint32_t count = kUntouched;
  };
  template <class Call>
  Begun begin(const Operation& operation, Call call) {
    // What begins resets it (OVL-6).
    if (sets_event(operation)) (void)pipes_event_set(operation.completion_event);
    return workers_[operation.thread]->run([&] {
      Begun begun;
      begun.status = call(&begun.count);
      return begun;
    });
  }

  // What the call said, against what the model says of the operation now: refused at once, ended, or waiting.
  void check_beginning(Operation& operation, const Begun& begun, std::optional<pipes_status> refused) {
    const bool with_routine = operation.told_to == ToldTo::kRoutine;
    if (refused) {
      same(operation, "refusal", Code(*refused), begun.status);
      same(operation, "status after a refusal", kNtPending, internal_of(operation));  // FINE-3
      same(operation, "count after a refusal", uint64_t{0xABCD}, operation.internal_high);
      return;
    }
    operation.begun = true;
    if (with_routine) return same(operation, "beginning", Code(PIPES_OK), begun.status);
    if (begun.status == PIPES_ERROR_IO_PENDING || operation.waits) {
      same(operation, "beginning", Code(PIPES_ERROR_IO_PENDING), begun.status);
    } else {
      same(operation, "beginning", Code(operation.status), begun.status);
    }
    if (operation.kind == Kind::kConnect) return;
    same(operation, "the call's count", begun.status.ok() ? operation.transferred : 0, begun.count);  // FINE-4
  }

  void read(End& end, const Step& step) {
    if (operations_waiting() > 60) return;
    Operation& op = new_operation(end, Kind::kRead, step);
    op.size = room_for(end, step.size);
    op.buffer.assign(op.size + kGuardBytes, kGuard);
    const Begun begun = begin(op, [&](uint32_t* count) {
      if (op.told_to == ToldTo::kRoutine) {
        return pipes_read_ex(end.handle, op.buffer.data(), op.size, &op, &note_routine);
      }
      return pipes_read(end.handle, op.buffer.data(), op.size, count, &op);
    });
    const auto answer = end.reads.empty() ? model_.read(*end.model, op.size) : std::nullopt;
    std::optional<pipes_status> refused;
    if (answer && answer->status != PIPES_OK && answer->status != PIPES_ERROR_MORE_DATA) {
      refused = answer->status;
    } else if (answer) {
      op.waits = true;
      complete(op, answer->status, answer->bytes);
      settle_writes(end);
    } else if (end.model->no_wait) {
      refused = PIPES_ERROR_NO_DATA;  // behind a transaction
    } else {
      op.waits = true;
      end.reads.push_back(&op);
    }
    check_beginning(op, begun, refused);
  }

  // An empty read among empty messages in byte mode is settled nowhere.
  [[nodiscard]] uint32_t room_for(const End& end, uint32_t size) const {
    return size == 0 && model_.shape().message_type && !end.model->message_mode ? 1 : size;
  }

  void write(End& end, const Step& step) {
    if (operations_waiting() > 60) return;
    Operation& op = new_operation(end, Kind::kWrite, step);
    op.bytes = bytes(step.size, op.number);
    const Begun begun = begin(op, [&](uint32_t* count) {
      const auto size = static_cast<uint32_t>(op.bytes.size());
      if (op.told_to == ToldTo::kRoutine) {
        return pipes_write_ex(end.handle, op.bytes.data(), size, &op, &note_routine);
      }
      return pipes_write(end.handle, op.bytes.data(), size, count, &op);
    });
    const auto refused = refused_write(end);
    if (!refused) {
      op.waits = true;
      QueueModel& queue = PipeModel::outgoing(*end.model);
      if (end.model->no_wait || op.bytes.empty()) {
        complete(op, PIPES_OK, {}, write_without_waiting(end, op.bytes));
      } else {
        end.writes.push_back(&op);
        queue.write(op.bytes, op.number);
        if (End* const peer = peer_of(end)) pump_reads(*peer);
        settle(queue, end);
      }
    }
    check_beginning(op, begun, refused);
  }

  void transact(End& end, const Step& step) {
    if (!end.is_here() || operations_waiting() > 60) return;
    Operation& op = new_operation(end, Kind::kTransact, step);
    op.size = step.size;
    op.buffer.assign(op.size + kGuardBytes, kGuard);
    op.bytes = bytes(step.detail % 50, op.number);
    const Begun begun = begin(op, [&](uint32_t* count) {
      return pipes_transact(end.handle, op.bytes.data(), static_cast<uint32_t>(op.bytes.size()), op.buffer.data(),
                            op.size, count, &op);
    });
    Expected refused = model_.transact(*end.model);
    if (!refused && !end.reads.empty()) refused = PIPES_ERROR_PIPE_BUSY;  // TRANS-4
    if (!refused) {
      op.waits = true;
      end.reads.push_back(&op);
      PipeModel::outgoing(*end.model).write(op.bytes);  // TRANS-5
      if (End* const peer = peer_of(end)) pump_reads(*peer);
    }
    check_beginning(op, begun, refused);
  }

  void connect(End& end, const Step& step) {
    Operation& op = new_operation(end, Kind::kConnect, step);
    const Begun begun = begin(op, [&](uint32_t*) { return pipes_connect(end.handle, &op); });
    const View view = PipeModel::view(*end.model);
    const bool waits = !end.model->no_wait && (view == View::kServerListening || view == View::kServerDisconnected);
    Expected refused;
    if (waits) {
      if (view == View::kServerDisconnected) listen_again(end);
      op.waits = true;
      end.connects.push_back(&op);
    } else {
      refused = model_.connect(*end.model);
    }
    check_beginning(op, begun, refused);
  }

  // What a call does that need not wait.
  void listen_again(const End& end) {
    const bool before = std::exchange(end.model->no_wait, true);
    (void)model_.connect(*end.model);
    end.model->no_wait = before;
  }

  // -------------------------------------------------------------------------------------- calls that end at once

  void connect_now(End& end) {
    const Expected expected = model_.connect(*end.model);
    if (expected) same_status("connect", *expected, end.actor->connect());
  }

  void read_now(End& end, const Step& step) {
    const uint32_t size = room_for(end, step.size);
    const auto expected = model_.read(*end.model, size);
    if (!expected) return;
    const Received got = end.is_here() ? test::read(end.handle, size) : end.actor->read(size);
    same_status("read", expected->status, got.status);
    same("bytes of a read", expected->bytes, got.bytes);
    settle_writes(end);
  }

  void write_now(End& end, const Step& step) {
    const std::string data = bytes(step.size, ++last_number_);
    const auto refused = refused_write(end);
    if (!refused && !end.model->no_wait && !fits(end, data.size())) return;
    // An end here tells its peer of the room that came free a moment after it has told of the end of the read.
    if (const End* const peer = peer_of(end); peer != nullptr && peer->is_here() && !peer->closed) {
      (void)test::peek(peer->handle, 0);
    }
    const Sent done = end.is_here() ? test::write(end.handle, data) : end.actor->write(data);
    same_status("write", refused.value_or(PIPES_OK), done.status);
    if (refused) return;
    same("count of a write", write_without_waiting(end, data), done.transferred);
  }

  [[nodiscard]] std::optional<pipes_status> refused_write(End& end) const {
    if (PipeModel::view(*end.model) == View::kServerConnected ||
        PipeModel::view(*end.model) == View::kClientConnected) {
      return std::nullopt;
    }
    // Of an end that is not connected nothing is written, whatever is asked.
    return PipeModel(model_).write(*end.model, "")->status;
  }

  // BUF-3 with BUF-6: what the peer's waiting reads have room for counts as quota.
  [[nodiscard]] uint64_t lent_to(const End& end) const {
    const End* const peer = peer_of(end);
    if (peer == nullptr) return 0;
    return std::accumulate(peer->reads.begin(), peer->reads.end(), uint64_t{0},
                           [](uint64_t sum, const Operation* op) { return sum + op->size; });
  }
  [[nodiscard]] bool fits(const End& end, size_t size) const {
    const QueueModel& queue = PipeModel::outgoing(*end.model);
    return size == 0 || queue.unread() + size <= queue.quota() + lent_to(end);
  }

  // How much of it is written (WRITE-10, FINE-15).
  uint32_t write_without_waiting(End& end, const std::string& data) {
    QueueModel& queue = PipeModel::outgoing(*end.model);
    size_t size = data.size();
    if (!fits(end, size)) {
      const uint64_t lent = queue.unread() == 0 ? lent_to(end) : 0;
      size = queue.message_type() ? 0 : static_cast<size_t>(std::min<uint64_t>(lent, size));
      if (size == 0) return 0;
    }
    queue.write(data.substr(0, size));
    if (End* const peer = peer_of(end)) pump_reads(*peer);
    return static_cast<uint32_t>(size);
  }

  void peek(End& end, uint32_t size) {
    const PipeModel::Peek expected = model_.peek(*end.model, size);
    const Peeked got = end.is_here() ? test::peek(end.handle, size) : end.actor->peek(size);
    same_status("peek", expected.status, got.status);
    if (expected.status != PIPES_OK) return;
    same("bytes of a peek", expected.counts.bytes, got.bytes);
    same("available", static_cast<uint32_t>(expected.counts.available), got.available);
  }

  void set_state(End& end, uint32_t mode) {
    if (!end.reads.empty()) return;  // SETST-5, and what reads that wait already make of it is settled nowhere
    const Expected expected = model_.set_state(*end.model, mode);
    if (!expected) return;
    same_status("set state", *expected, end.is_here() ? set_mode(end.handle, mode) : end.actor->set_mode(mode));
  }

  // ------------------------------------------------------------------------------------------------ ends of things

  void disconnect(End& end) {
    End* const peer = peer_of(end);
    const Expected expected = model_.disconnect(*end.model);
    same_status("disconnect", *expected, end.is_here() ? test::disconnect(end.handle) : end.actor->disconnect());
    if (*expected != PIPES_OK) return;
    for (End* each : {&end, peer}) {
      if (each == nullptr) continue;
      end_all(each->connects, PIPES_ERROR_PIPE_NOT_CONNECTED);
      end_all(each->reads, PIPES_ERROR_PIPE_NOT_CONNECTED);
      end_all(each->writes, PIPES_ERROR_PIPE_NOT_CONNECTED);
    }
    if (peer != nullptr && peer->closed) forget(*peer);
  }

  void close(End& end) {
    End* const peer = peer_of(end);
    same_status("close", PIPES_OK, end.is_here() ? end.handle.close() : end.actor->close());
    end.closed = true;
    end_all(end.connects, PIPES_ERROR_BROKEN_PIPE);
    end_all(end.reads, PIPES_ERROR_BROKEN_PIPE);
    const bool peer_stays = peer != nullptr && !peer->closed;
    // CLOSE-5: while there is somebody to read them, they wait on.
    if (!peer_stays) end_all(end.writes, PIPES_ERROR_BROKEN_PIPE);
    model_.close(*end.model);
    if (peer != nullptr) {
      end_all(peer->reads, PIPES_ERROR_BROKEN_PIPE);
      end_all(peer->writes, PIPES_ERROR_BROKEN_PIPE);
      if (peer->closed) forget(*peer);
    }
    if (!peer_stays) forget(end);
  }

  void forget(const End& end) {
    std::erase_if(ends_, [&](const auto& held) { return held.get() == &end; });
  }

  // ---------------------------------------------------------------------------------------------------- cancelling

  void cancel_one(End& end, uint32_t choice) {
    if (!end.is_here()) return;
    std::vector<Operation*> candidates;
    for (const auto& operation : operations_) {
      if (operation->end.get() == &end && (operation->waits || choice % 8 == 0)) {
        candidates.push_back(operation.get());
      }
    }
    if (candidates.empty()) {
      pipes_overlapped never{};
      same_status("cancelling what never began", PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(end.handle, &never));
      return;
    }
    Operation* const chosen = candidates[choice / 8 % candidates.size()];
    const bool found = chosen->waits;
    same_status("cancelling one", found ? PIPES_OK : PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(end.handle, chosen));
    cancel_in_model(end, [&](const Operation& operation) { return &operation == chosen; });
  }

  void cancel_of_thread(End& end, size_t thread) {
    if (!end.is_here()) return;
    const Code status = workers_[thread]->run([&] { return Code(pipes_cancel(end.handle)); });
    same_status("cancelling a thread's", PIPES_OK, status);
    cancel_in_model(end, [&](const Operation& operation) { return is_of(operation, thread); });
  }

  void cancel_all(End& end) {
    if (!end.is_here()) return;
    const bool any = !end.connects.empty() || !end.reads.empty() || !end.writes.empty();
    same_status("cancelling all", any ? PIPES_OK : PIPES_ERROR_NOT_FOUND, pipes_cancel_ex(end.handle, nullptr));
    cancel_in_model(end, [](const Operation&) { return true; });
  }

  [[nodiscard]] bool is_of(const Operation& operation, size_t thread) const {
    return operation.thread == thread && operation.life == lives_[thread];
  }

  // OVL-21; what was queued for it is lost (APC-12).
  void end_thread(size_t thread) {
    workers_[thread] = std::make_unique<Worker>();
    for (const auto& end : std::vector(ends_)) {
      if (!end->is_here() || end->port_key != 0) continue;
      cancel_in_model(*end, [&](const Operation& operation) { return is_of(operation, thread); });
      if (end->closed && end->writes.empty()) forget(*end);
    }
    lost_routines_of_ = thread;
    ++lives_[thread];
  }

  template <class IsMeant>
  void cancel_in_model(End& end, IsMeant is_meant) {
    ordered_ = false;
    const auto cancel = [&](std::deque<Operation*>& queue) {
      for (Operation* operation : std::vector(queue.begin(), queue.end())) {
        if (!is_meant(*operation)) continue;
        std::erase(queue, operation);
        if (operation->kind == Kind::kWrite) PipeModel::outgoing(*end.model).withdraw(operation->number);  // CANCEL-9
        complete(*operation, PIPES_ERROR_OPERATION_ABORTED, {});
      }
    };
    cancel(end.connects);
    cancel(end.reads);
    cancel(end.writes);
    settle(PipeModel::outgoing(*end.model), end);
  }

  // ------------------------------------------------------------------------------------------------- completing

  // The reads that wait at an end take what there is for it (READ-17).
  void pump_reads(End& reader) {
    QueueModel& queue = PipeModel::incoming(*reader.model);
    while (!reader.reads.empty()) {
      Operation& op = *reader.reads.front();
      const auto answer = queue.read(op.size, op.kind == Kind::kTransact || reader.model->message_mode);
      if (!answer) return;
      reader.reads.pop_front();
      complete(op, answer->status, answer->bytes);
    }
  }

  // Of the writes that wait for `reader`, those that need not any more have ended.
  void settle_writes(const End& reader) {
    if (End* const writer = peer_of(reader)) settle(PipeModel::incoming(*reader.model), *writer);
  }
  void settle(QueueModel& queue, End& writer) {
    for (const uint32_t number : queue.take_completed()) {
      const auto found = std::ranges::find_if(writer.writes, [&](const Operation* op) { return op->number == number; });
      if (found == writer.writes.end()) continue;
      Operation& op = **found;
      writer.writes.erase(found);
      complete(op, PIPES_OK, {}, static_cast<uint32_t>(op.bytes.size()));
    }
  }

  void end_all(std::deque<Operation*>& queue, pipes_status status) {
    for (Operation* const operation : std::exchange(queue, {})) complete(*operation, status, {});
  }
  void complete(Operation& operation, pipes_status status, const std::string& received) {
    complete(operation, status, received, static_cast<uint32_t>(received.size()));
  }
  void complete(Operation& operation, pipes_status status, const std::string& received, uint32_t transferred) {
    operation.waits = false;
    operation.status = status;
    operation.received = received;
    operation.transferred = transferred;
    ended_.push_back(&operation);
  }

  [[nodiscard]] size_t operations_waiting() const {
    return static_cast<size_t>(std::ranges::count_if(operations_, [](const auto& op) { return op->waits; }));
  }

  // --------------------------------------------------------------------------------------------------- checking

  static uint64_t internal_of(Operation& operation) {
    return std::atomic_ref(operation.internal).load(std::memory_order_acquire);
  }

  void check_all() {
    Group to_port{{}, ordered_};
    std::array<Group, kThreads> to_routines;
    for (Operation* const operation : ended_) {
      check_end(*operation);
      if (operation->told_to == ToldTo::kPort || operation->told_to == ToldTo::kPortAndEvent) {
        to_port.operations.push_back(operation);
      }
      if (operation->told_to == ToldTo::kRoutine) to_routines[operation->thread].operations.push_back(operation);
    }
    ended_.clear();
    take_packets_of(to_port);
    for (size_t thread = 0; thread < kThreads; ++thread) {
      to_routines[thread].ordered = ordered_;
      if (!to_routines[thread].operations.empty()) due_[thread].push_back(std::move(to_routines[thread]));
    }
    if (lost_routines_of_) due_[*lost_routines_of_].clear();
    lost_routines_of_.reset();
    for (const auto& operation : operations_) {
      if (!operation->waits) continue;
      same(*operation, "status while it waits", kNtPending, internal_of(*operation));
      if (is_signalled(operation->completion_event)) fail(*operation, "its event is set, and it waits");
    }
  }

  // The operation has ended, says how, and has set its event.
  void check_end(Operation& operation) {
    const auto over = [&] { return internal_of(operation) != kNtPending; };
    if (here_alone_ ? !over() : !eventually(over)) fail(operation, "it has not ended");
    uint32_t count = kUntouched;
    const Code status = pipes_get_overlapped_result(PIPES_INVALID_HANDLE, &operation, &count, 0, 0);
    same(operation, "result", Code(operation.status), status);
    same(operation, "count", operation.transferred, count);
    same(operation, "stored count", uint64_t{operation.transferred}, operation.internal_high);
    if (operation.kind == Kind::kRead || operation.kind == Kind::kTransact) {
      same(operation, "bytes", operation.received, std::string(operation.buffer.data(), operation.transferred));
      const std::string guard(operation.buffer.end() - kGuardBytes, operation.buffer.end());
      same(operation, "what is behind its buffer", std::string(kGuardBytes, kGuard), guard);
    }
    const pipes_handle event = operation.completion_event;
    const Code set = pipes_wait(&event, 1, 0, here_alone_ || !sets_event(operation) ? 0 : kPatienceMs, 0, nullptr);
    same(operation, "event", Code(sets_event(operation) ? PIPES_OK : PIPES_ERROR_WAIT_TIMEOUT), set);
    (void)pipes_event_reset(event);
  }

  // The model's group and what was told are the same, and in order.
  static void same_group(const char* by, const Group& expected, const std::vector<Operation*>& told) {
    for (Operation* const operation : told) {
      if (std::ranges::count(told, operation) != 1) fail(*operation, std::string("told twice by ") + by);
      if (std::ranges::count(expected.operations, operation) == 0) fail(*operation, std::string("not due at ") + by);
    }
    for (Operation* const operation : expected.operations) {
      if (std::ranges::count(told, operation) == 0) fail(*operation, std::string("not told by ") + by);
    }
    if (!expected.ordered) return;
    std::map<std::pair<const End*, Kind>, uint32_t> last;
    for (const Operation* operation : told) {
      const Kind kind = operation->kind == Kind::kTransact ? Kind::kRead : operation->kind;
      uint32_t& before = last[{operation->end.get(), kind}];
      if (operation->number < before) fail(*operation, std::string("told late by ") + by);
      before = operation->number;
    }
  }

  void take_packets_of(const Group& expected) {
    std::vector<Operation*> told;
    std::array<pipes_port_entry, 8> entries{};
    while (true) {
      const bool all = told.size() >= expected.operations.size();
      uint32_t taken = 0;
      const Code status =
          pipes_port_get_many(port_, entries.data(), entries.size(), &taken, here_alone_ || all ? 0 : kPatienceMs, 0);
      if (!status.ok()) break;
      for (const pipes_port_entry& entry : std::span(entries).first(taken)) {
        auto* const operation = static_cast<Operation*>(entry.overlapped);
        told.push_back(operation);
        if (std::ranges::count(expected.operations, operation) == 0) continue;
        same(*operation, "count of its packet", operation->transferred, entry.transferred);
        same(*operation, "status of its packet", operation->internal, entry.internal);
        same(*operation, "key of its packet", operation->end->port_key, entry.key);
      }
    }
    same_group("the port", expected, told);
  }
  void expect_no_packets() { take_packets_of({}); }

  void run_routines(size_t thread) {
    const auto due = std::exchange(due_[thread], {});
    size_t count = 0;
    for (const Group& group : due) count += group.operations.size();
    struct Result {
      Code status;
      std::vector<Ran> ran;
    };
    Result result;
    do {
      const bool all = result.ran.size() >= count;
      Result more = workers_[thread]->run([&] {
        Result run;
        run.status = pipes_sleep(here_alone_ || all ? 0 : kPatienceMs, 1);
        run.ran = std::exchange(ran_here, {});
        return run;
      });
      result.status = more.status;
      result.ran.insert(result.ran.end(), more.ran.begin(), more.ran.end());
      if (more.ran.empty()) break;
    } while (!here_alone_ && result.ran.size() < count);
    same("whether routines ran", Code(count > 0 ? PIPES_WAIT_IO_COMPLETION : PIPES_OK), result.status);
    auto at = result.ran.begin();
    for (const Group& group : due) {
      std::vector<Operation*> told;
      for (; told.size() < group.operations.size() && at != result.ran.end(); ++at) {
        check_routine(*at);
        told.push_back(at->operation);
      }
      same_group("a routine", group, told);
    }
    if (at != result.ran.end()) fail(*at->operation, "its routine ran for nothing");
  }

  static void check_routine(const Ran& ran) {
    const Operation& operation = *ran.operation;
    const bool cut_short = operation.status == PIPES_ERROR_MORE_DATA;  // APC-10
    same(operation, "status of its routine", cut_short ? PIPES_OK : operation.status, ran.status);
    same(operation, "count of its routine", operation.transferred, ran.transferred);
  }

  const std::string name_ = unique_name();
  const std::shared_ptr<Host> here_ = Host::here();
  const std::shared_ptr<Host> server_host_;
  const std::shared_ptr<Host> client_host_;
  const bool here_alone_;
  PipeModel model_;
  Handle port_;
  uint64_t last_key_ = 0;
  uint32_t last_number_ = 0;
  std::array<std::unique_ptr<Worker>, kThreads> workers_;
  std::array<uint32_t, kThreads> lives_{};
  std::vector<std::shared_ptr<End>> ends_;
  std::vector<std::unique_ptr<Operation>> operations_;

  // Of the step that goes on.
  std::vector<Operation*> ended_;
  bool ordered_ = true;
  std::optional<size_t> lost_routines_of_;

  std::array<std::deque<Group>, kThreads> due_;
};

void try_overlapped(const std::shared_ptr<Host>& server_host, const std::shared_ptr<Host>& client_host, int cases,
                    int full_cases) {
  expect_property(
      [&] {
        // Two calls without which nothing happens, then anything.
        const auto beginning = *rc::gen::arbitrary<std::pair<uint16_t, uint16_t>>();
        const auto steps = *rc::gen::scale(3.0, rc::gen::container<std::vector<Step>>(any_step()));
        Machine machine(server_host, client_host);
        machine.perform({Act::kCreate, 0, beginning.first % 64u, beginning.second});
        machine.perform({Act::kOpen, 0, 0, beginning.first});
        std::ostringstream begun;
        begun << "beginning with " << beginning.first << " and " << beginning.second;
        perform_all(begun.str(), steps, [&](const Step& step) { machine.perform(step); });
        machine.finish();
      },
      cases, full_cases);
}

TEST(OverlappedModel, FINE_22_WhatACallEndsHasEndedWhenItReturns) {
  try_overlapped(Host::here(), Host::here(), 300, 20'000);
}

TEST(OverlappedModel, OVL_15_AServersOperationsEndAsInTheModelAcrossProcesses) {
  try_overlapped(Host::here(), Host::in_child(), 60, 2'000);
}

TEST(OverlappedModel, OVL_15_AClientsOperationsEndAsInTheModelAcrossProcesses) {
  try_overlapped(Host::in_child(), Host::here(), 60, 2'000);
}

}  // namespace
}  // namespace pipes::test
