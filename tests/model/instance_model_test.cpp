// The instance state machine through the C ABI, beside a model of it: random calls on the ends of several instances of
// one pipe, in whatever state they are. Every answer of the library must be the model's.
//
// No call that the model expects to wait is made, so one thread does it all; in the second layout the client ends live
// in a child process.
#include "instance_model.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "properties.h"
#include "support/harness.h"
#include "support/remote_end.h"

namespace pipes::test {
namespace {

enum class Act : int {
  kCreate,
  kOpen,
  kConnect,
  kDisconnect,
  kRead,
  kWrite,
  kPeek,
  kTransact,
  kFlush,
  kSetState,
  kQuery,
  kProcessIds,
  kFindAvailable,
  kDuplicate,
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
  constexpr const char* kNames[] = {"create", "open", "connect",   "disconnect", "read",
                                    "write",  "peek", "transact",  "flush",      "set-state",
                                    "query",  "ids",  "available", "duplicate",  "close"};
  return out << kNames[static_cast<int>(step.act)] << "(end " << step.end << ", size " << step.size << ", detail "
             << step.detail << ")";
}

rc::Gen<Step> any_step() {
  const auto act = rc::gen::weightedElement<Act>({{3, Act::kCreate},
                                                  {6, Act::kOpen},
                                                  {6, Act::kConnect},
                                                  {4, Act::kDisconnect},
                                                  {8, Act::kRead},
                                                  {10, Act::kWrite},
                                                  {4, Act::kPeek},
                                                  {2, Act::kTransact},
                                                  {2, Act::kFlush},
                                                  {4, Act::kSetState},
                                                  {2, Act::kQuery},
                                                  {1, Act::kProcessIds},
                                                  {2, Act::kFindAvailable},
                                                  {1, Act::kDuplicate},
                                                  {4, Act::kClose}});
  const auto size = rc::gen::weightedOneOf<uint32_t>({{1, rc::gen::just<uint32_t>(0)},
                                                      {6, rc::gen::inRange<uint32_t>(0, 40)},
                                                      {1, rc::gen::inRange<uint32_t>(0, 200)}});
  return rc::gen::build<Step>(
      rc::gen::set(&Step::act, act), rc::gen::set(&Step::end, rc::gen::inRange<uint32_t>(0, 24)),
      rc::gen::set(&Step::size, size), rc::gen::set(&Step::detail, rc::gen::inRange<uint32_t>(0, 1 << 16)));
}

constexpr size_t kEndsMax = 10;

// One end with its handles, and the model's idea of it.
struct ModelledEnd {
  std::shared_ptr<EndModel> model;
  std::vector<EndActor> handles;
};

class Machine {
 public:
  Machine(std::shared_ptr<Host> server_host, std::shared_ptr<Host> client_host)
      : server_host_(std::move(server_host)), client_host_(std::move(client_host)) {}

  void perform(const Step& step) {
    ++step_number_;
    if (step.act == Act::kCreate) return create(step);
    if (step.act == Act::kOpen) return open(step);
    if (step.act == Act::kFindAvailable) return find_available();
    if (ends_.empty()) return;
    const size_t index = step.end % ends_.size();
    ModelledEnd& end = ends_[index];
    EndActor& handle = end.handles[step.detail % end.handles.size()];
    switch (step.act) {
      case Act::kConnect:
        if (end.model->is_server && !end.model->no_wait && would_listen(*end.model)) return;
        return agree("connect", model_.connect(*end.model), [&] { return handle.connect(); });
      case Act::kDisconnect:
        return agree("disconnect", model_.disconnect(*end.model), [&] { return handle.disconnect(); });
      case Act::kRead:
        return read(end, handle, step.size);
      case Act::kWrite:
        return write(end, handle, bytes(step.size % 80, step_number_));
      case Act::kPeek:
        return peek(end, handle, step.size);
      case Act::kTransact:
        return agree("transact", model_.transact(*end.model), [&] { return handle.transact("request").status; });
      case Act::kFlush:
        return agree("flush", model_.flush(*end.model), [&] { return handle.flush(); });
      case Act::kSetState:
        return set_state(end, handle, step.detail);
      case Act::kQuery:
        return query(end, handle);
      case Act::kProcessIds:
        return ask_process_ids(end, handle);
      case Act::kDuplicate:
        return duplicate(end);
      case Act::kClose:
        return close(index);
      default:
        return;
    }
  }

  // Every end looks as the model says, and holds what the model says.
  void look_at_everything() {
    for (ModelledEnd& end : ends_) {
      query(end, end.handles.front());
      peek(end, end.handles.front(), 4096);
    }
  }

 private:
  // Makes the call unless it would wait, and compares.
  template <class Call>
  static void agree(const char* what, Expected expected, Call&& call) {
    if (!expected) return;
    const Code actual = call();
    if (actual.number == *expected) return;
    disagree(what, Code(*expected), actual);
  }
  template <class Value>
  static void disagree(const std::string& what, const Value& expected, const Value& actual) {
    std::ostringstream message;
    message << what << ": expected " << testing::PrintToString(expected) << ", got " << testing::PrintToString(actual);
    RC_FAIL(message.str());
  }
  template <class Value>
  static void same(const char* what, const Value& expected, const Value& actual) {
    if (!(expected == actual)) disagree(what, expected, actual);
  }
  static void same_status(const char* what, pipes_status expected, Code actual) {
    if (expected != actual.number) disagree(what, Code(expected), actual);
  }

  static bool would_listen(const EndModel& end) {
    const View view = PipeModel::view(end);
    return view == View::kServerDisconnected || view == View::kServerListening;
  }

  void create(const Step& step) {
    if (ends_.size() >= kEndsMax) return;
    constexpr uint32_t kQuotas[] = {64, 0, 1, 10, 4096, 64, 64, 200};
    constexpr uint32_t kAccess[] = {PIPES_ACCESS_DUPLEX,  PIPES_ACCESS_DUPLEX,   PIPES_ACCESS_DUPLEX,
                                    PIPES_ACCESS_INBOUND, PIPES_ACCESS_OUTBOUND, PIPES_ACCESS_DUPLEX};
    PipeModel::Creation asked;
    const bool exists = model_.instances() > 0;
    asked.access = exists && step.detail % 8 != 0 ? model_.shape().access : kAccess[step.detail % 6];
    asked.first = step.end % 12 == 11;
    asked.max_instances = 1 + step.end % 5;
    asked.out_quota = kQuotas[step.size % 8];
    asked.in_quota = kQuotas[step.size / 8 % 8];
    const bool message_type = step.detail / 6 % 3 != 0;
    const bool message_mode = message_type && step.detail / 18 % 2 != 0 && (!exists || model_.shape().message_type);
    const bool no_wait = step.detail / 36 % 4 != 0;
    asked.pipe_mode = (message_type ? PIPES_TYPE_MESSAGE : 0) | (message_mode ? PIPES_READMODE_MESSAGE : 0) |
                      (no_wait ? PIPES_NOWAIT : 0);
    ModelledEnd end;
    PipeModel::Made made = model_.create(asked);
    end.handles.emplace_back(server_host_);
    same_status("create", made.status,
                end.handles.front().create_named(
                    name_, {.open_mode = asked.access | (asked.first ? PIPES_FLAG_FIRST_PIPE_INSTANCE : 0),
                            .pipe_mode = asked.pipe_mode,
                            .max_instances = asked.max_instances,
                            .out_buffer = asked.out_quota,
                            .in_buffer = asked.in_quota}));
    if (made.status != PIPES_OK) return;
    end.model = std::move(made.end);
    ends_.push_back(std::move(end));
  }

  void open(const Step& step) {
    if (ends_.size() >= kEndsMax) return;
    struct Access {
      uint32_t asked;
      uint32_t mapped;
    };
    constexpr uint32_t kBoth = PIPES_FILE_GENERIC_READ | PIPES_FILE_GENERIC_WRITE;
    constexpr Access kAccesses[] = {
        {kReadWrite, kBoth},
        {kReadWrite, kBoth},
        {PIPES_GENERIC_READ | PIPES_FILE_WRITE_ATTRIBUTES, PIPES_FILE_GENERIC_READ | PIPES_FILE_WRITE_ATTRIBUTES},
        {PIPES_GENERIC_WRITE, PIPES_FILE_GENERIC_WRITE},
        {PIPES_GENERIC_READ, PIPES_FILE_GENERIC_READ},
        {PIPES_FILE_WRITE_ATTRIBUTES, PIPES_FILE_WRITE_ATTRIBUTES},
        {0, 0},
        {kReadWrite, kBoth}};
    uint32_t choice = step.detail % 8;
    // Mostly what the pipe's direction allows.
    if (step.detail / 8 % 4 != 0 && model_.shape().access == PIPES_ACCESS_INBOUND) choice = 3;
    if (step.detail / 8 % 4 != 0 && model_.shape().access == PIPES_ACCESS_OUTBOUND) choice = 2;
    ModelledEnd end;
    PipeModel::Made made = model_.open(kAccesses[choice].mapped);
    end.handles.emplace_back(client_host_);
    same_status("open", made.status, end.handles.front().open(name_, kAccesses[choice].asked));
    if (made.status != PIPES_OK) return;
    end.model = std::move(made.end);
    if (step.detail / 32 % 4 != 0) set_state(end, end.handles.front(), PIPES_NOWAIT | (step.detail / 128 % 2 << 1));
    ends_.push_back(std::move(end));
  }

  void read(ModelledEnd& end, EndActor& handle, uint32_t size) {
    const auto expected = model_.read(*end.model, size);
    if (!expected) return;
    const Received received = handle.read(size);
    same_status("read", expected->status, received.status);
    same("bytes read", expected->bytes, received.bytes);
    same("count of a read", static_cast<uint32_t>(expected->bytes.size()), received.transferred);
  }

  void write(ModelledEnd& end, EndActor& handle, const std::string& data) {
    const auto expected = model_.write(*end.model, data);
    if (!expected) return;
    const Sent sent = handle.write(data);
    same_status("write", expected->status, sent.status);
    same("count of a write", expected->written, sent.transferred);
  }

  void peek(ModelledEnd& end, EndActor& handle, uint32_t size) {
    const PipeModel::Peek expected = model_.peek(*end.model, size);
    const Peeked peeked = handle.peek(size);
    same_status("peek", expected.status, peeked.status);
    if (expected.status != PIPES_OK) return;
    same("bytes peeked", expected.counts.bytes, peeked.bytes);
    same("count of a peek", static_cast<uint32_t>(expected.counts.bytes.size()), peeked.transferred);
    same("available", static_cast<uint32_t>(expected.counts.available), peeked.available);
    same("left of this message", static_cast<uint32_t>(expected.counts.left_this_message), peeked.left_this_message);
  }

  void set_state(ModelledEnd& end, EndActor& handle, uint32_t detail) {
    const uint32_t mode = detail % 16 < 12 ? detail % 4 : detail % 16;
    agree("set state", model_.set_state(*end.model, mode), [&] { return handle.set_mode(mode); });
  }

  void query(ModelledEnd& end, EndActor& handle) {
    const EndModel& model = *end.model;
    const Expected expected = model_.query(model);
    if (!expected) return;
    // What another process has let go of, this one hears of soon, but not at once (FINE-1 is about one process).
    State state = handle.get_state();
    const auto counts = [&] { return state.status != PIPES_OK || state.current_instances == model_.instances(); };
    const bool heard = server_host_ == client_host_ || counts() || eventually([&] {
                         state = handle.get_state();
                         return counts();
                       });
    if (!heard) RC_FAIL("instances of another process are counted for ever");
    const Info info = handle.get_info();
    const LocalInfo local = handle.get_local_info();
    same_status("get state", *expected, state.status);
    same_status("get info", *expected, info.status);
    same_status("get local info", *expected, local.status);
    if (*expected != PIPES_OK) return;
    const PipeShape& shape = model_.shape();
    const View view = PipeModel::view(model);
    same("modes", (model.message_mode ? 2u : 0u) | (model.no_wait ? 1u : 0u), state.mode);
    same("instances", model_.instances(), state.current_instances);
    same("info flags", (model.is_server ? 1u : 0u) | (shape.message_type ? 4u : 0u), info.flags);
    same("maximum", shape.max_instances, info.max_instances);
    same("outbound quota", model.instance->outbound.quota(), info.out_buffer);
    same("inbound quota", model.instance->inbound.quota(), info.in_buffer);
    same("state", model.instance->state, local.value.state);
    same("readable", static_cast<uint32_t>(PipeModel::incoming(model).unread()), local.value.read_data_available);
    same("instances of local info", model_.instances(), local.value.current_instances);
    // What is left of a quota that nobody will use again is not told anywhere.
    if (view == View::kServerClosing || view == View::kClientClosing) return;
    same("quota left", static_cast<uint32_t>(PipeModel::outgoing(model).quota_left()),
         local.value.write_quota_available);
  }

  void ask_process_ids(ModelledEnd& end, EndActor& handle) {
    if (const Expected expected = model_.client_process_id(*end.model)) {
      const Id id = handle.client_process_id();
      same_status("client process", *expected, id.status);
      if (*expected == PIPES_OK) same("client process", client_host_->process_id(), id.value);
    }
    if (const Expected expected = model_.server_process_id(*end.model)) {
      const Id id = handle.server_process_id();
      same_status("server process", *expected, id.status);
      if (*expected == PIPES_OK) same("server process", server_host_->process_id(), id.value);
    }
  }

  void find_available() {
    // Briefly where it is the time that must run out; else nothing may depend on it.
    const pipes_status expected = model_.wait_available();
    const uint32_t patience_ms = expected == PIPES_ERROR_SEM_TIMEOUT ? 1 : 20'000;
    same_status("wait available", expected, test::wait_available(*client_host_, name_, patience_ms));
    struct Search {
      std::string name;
      uint32_t instances = 0;
    } search{name_.substr(std::strlen(R"(\\.\pipe\)"))};
    (void)pipes_enumerate(
        [](const pipes_pipe_info* info, void* context) {
          auto* sought = static_cast<Search*>(context);
          if (sought->name == info->name) sought->instances = info->instances;
          return 1;
        },
        &search);
    if (model_.served() || model_.instances() == 0) same("instances listed", model_.instances(), search.instances);
  }

  void duplicate(ModelledEnd& end) {
    if (end.handles.size() >= 3) return;
    EndActor copy(end.model->is_server ? server_host_ : client_host_);
    same_status("duplicate", PIPES_OK, copy.duplicate_of(end.handles.front()));
    end.handles.push_back(std::move(copy));
  }

  void close(size_t index) {
    ModelledEnd& end = ends_[index];
    same_status("close", PIPES_OK, end.handles.back().close());
    end.handles.pop_back();
    if (!end.handles.empty()) return;  // CLOSE-1
    model_.close(*end.model);
    ends_.erase(ends_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  const std::string name_ = unique_name();
  const std::shared_ptr<Host> server_host_;
  const std::shared_ptr<Host> client_host_;
  PipeModel model_;
  std::vector<ModelledEnd> ends_;
  uint32_t step_number_ = 0;
};

void try_instances(const std::shared_ptr<Host>& client_host, int cases, int full_cases, bool look_at_all) {
  const std::shared_ptr<Host> here = Host::here();
  expect_property(
      [&] {
        // Two calls without which nothing happens, then anything.
        const auto beginning = *rc::gen::arbitrary<std::pair<uint16_t, uint16_t>>();
        const auto steps = *rc::gen::scale(3.0, rc::gen::container<std::vector<Step>>(any_step()));
        Machine machine(here, client_host);
        machine.perform({Act::kCreate, beginning.first % 11u, beginning.second % 64u, beginning.first});
        machine.perform({Act::kOpen, 0, 0, beginning.second});
        std::ostringstream begun;
        begun << "beginning with " << beginning.first << " and " << beginning.second;
        perform_all(begun.str(), steps, [&](const Step& step) {
          machine.perform(step);
          if (look_at_all && step.detail % 4 == 0) machine.look_at_everything();
        });
        machine.look_at_everything();
      },
      cases, full_cases);
}

TEST(InstanceModel, STATE_10_AnyCallInAnyStateAnswersAsTheModel) { try_instances(Host::here(), 300, 20'000, true); }

TEST(InstanceModel, STATE_10_AnyCallInAnyStateAnswersAsTheModelAcrossProcesses) {
  try_instances(Host::in_child(), 60, 2'000, false);
}

}  // namespace
}  // namespace pipes::test
