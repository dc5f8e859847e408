// Hosts, and the little protocol that carries calls to a child.
//
// A request line is `id operation slot name-in-hex bytes-in-hex number...`, an answer `id status bytes-in-hex
// number...`; an empty text is a dash. Three requests concern a call already started: `blocked id call`, `cancel id
// call`, and `forget id call`, by which the test says that it asks no more. The child makes each call on its own
// thread.
#include "support/remote_end.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "support/child.h"
#include "support/many_bytes.h"
#include "support/platform.h"

namespace pipes::test {
namespace {

constexpr const char* kHostRole = "end_host";

// ------------------------------------------------------------------------------------------------- performing calls

// The handles of one host, by slot. Slots may be used from several threads; that a slot is not closed while it is used
// is up to the tests, as it is with any handle.
class Slots {
 public:
  pipes_handle get(uint32_t slot) {
    const std::lock_guard lock(mutex_);
    const auto found = handles_.find(slot);
    return found != handles_.end() ? found->second : PIPES_INVALID_HANDLE;
  }
  void put(uint32_t slot, pipes_handle handle) {
    const std::lock_guard lock(mutex_);
    handles_[slot] = handle;
  }
  pipes_handle take(uint32_t slot) {
    const std::lock_guard lock(mutex_);
    const auto found = handles_.find(slot);
    if (found == handles_.end()) return PIPES_INVALID_HANDLE;
    const pipes_handle handle = found->second;
    handles_.erase(found);
    return handle;
  }

 private:
  std::mutex mutex_;  // guards handles_
  std::map<uint32_t, pipes_handle> handles_;
};

Outcome store(Slots& slots, uint32_t slot, Code status, pipes_handle handle) {
  if (status.ok()) slots.put(slot, handle);
  return {.status = status, .numbers = {}, .bytes = {}};
}

Outcome perform_create(Slots& slots, const Request& request) {
  pipes_handle handle = PIPES_INVALID_HANDLE;
  const std::vector<uint32_t>& option = request.numbers;
  const Code status = pipes_create_named(request.name.c_str(), option.at(0), option.at(1), option.at(2), option.at(3),
                                         option.at(4), option.at(5), nullptr, &handle, nullptr);
  return store(slots, request.slot, status, handle);
}

Outcome perform_open(Slots& slots, const Request& request) {
  pipes_handle handle = PIPES_INVALID_HANDLE;
  const Code status = pipes_open(request.name.c_str(), request.numbers.at(0), request.numbers.at(1), nullptr, &handle);
  return store(slots, request.slot, status, handle);
}

Outcome perform_duplicate(Slots& slots, const Request& request) {
  pipes_handle handle = PIPES_INVALID_HANDLE;
  const Code status = pipes_duplicate(slots.get(request.numbers.at(0)), 0, 0, PIPES_DUPLICATE_SAME_ACCESS, &handle);
  return store(slots, request.slot, status, handle);
}

Outcome perform_local_info(pipes_handle handle) {
  const LocalInfo info = get_local_info(handle);
  const pipes_local_info& value = info.value;
  return {.status = info.status,
          .numbers = {value.type, value.configuration, value.maximum_instances, value.current_instances,
                      value.inbound_quota, value.read_data_available, value.outbound_quota, value.write_quota_available,
                      value.state, value.end},
          .bytes = {}};
}

LocalInfo local_info_from(const Outcome& outcome) {
  LocalInfo info;
  info.status = outcome.status;
  if (outcome.numbers.size() < 10) return info;
  const std::vector<uint32_t>& n = outcome.numbers;
  info.value = {.size = sizeof(info.value),
                .type = n[0],
                .configuration = n[1],
                .maximum_instances = n[2],
                .current_instances = n[3],
                .inbound_quota = n[4],
                .read_data_available = n[5],
                .outbound_quota = n[6],
                .write_quota_available = n[7],
                .state = n[8],
                .end = n[9]};
  return info;
}

Outcome outcome_of(const Received& received) { return {received.status, {received.transferred}, received.bytes}; }
Outcome outcome_of(const Id& id) { return {id.status, {id.value}, {}}; }
Outcome outcome_of(Code status) { return {status, {}, {}}; }

// Makes the call that a request describes, in this process and on this thread.
Outcome perform(Slots& slots, const Request& request) {
  const pipes_handle handle = slots.get(request.slot);
  switch (request.operation) {
    case Operation::kCreateNamed:
      return perform_create(slots, request);
    case Operation::kOpen:
      return perform_open(slots, request);
    case Operation::kDuplicate:
      return perform_duplicate(slots, request);
    case Operation::kClose:
      return outcome_of(Code(pipes_close(slots.take(request.slot))));
    case Operation::kConnect:
      return outcome_of(connect(handle));
    case Operation::kDisconnect:
      return outcome_of(disconnect(handle));
    case Operation::kRead:
      return outcome_of(read(handle, request.numbers.at(0)));
    case Operation::kWrite: {
      const Sent sent = write(handle, request.bytes);
      return {sent.status, {sent.transferred}, {}};
    }
    case Operation::kPeek: {
      const Peeked peeked = peek(handle, request.numbers.at(0));
      return {peeked.status, {peeked.transferred, peeked.available, peeked.left_this_message}, peeked.bytes};
    }
    case Operation::kTransact:
      return outcome_of(transact(handle, request.bytes, request.numbers.at(0)));
    case Operation::kFlush:
      return outcome_of(flush(handle));
    case Operation::kCall:
      return outcome_of(call(request.name, request.bytes, request.numbers.at(0), request.numbers.at(1)));
    case Operation::kWaitAvailable:
      return outcome_of(wait_available(request.name, request.numbers.at(0)));
    case Operation::kGetInfo: {
      const Info info = get_info(handle);
      return {info.status, {info.flags, info.out_buffer, info.in_buffer, info.max_instances}, {}};
    }
    case Operation::kGetLocalInfo:
      return perform_local_info(handle);
    case Operation::kGetState: {
      const State state = get_state(handle);
      return {state.status, {state.mode, state.current_instances}, {}};
    }
    case Operation::kSetState:
      return outcome_of(set_mode(handle, request.numbers.at(0)));
    case Operation::kClientProcessId:
      return outcome_of(client_process_id(handle));
    case Operation::kServerProcessId:
      return outcome_of(server_process_id(handle));
    case Operation::kClientSessionId:
      return outcome_of(client_session_id(handle));
    case Operation::kServerSessionId:
      return outcome_of(server_session_id(handle));
    case Operation::kClientComputerName:
      return outcome_of(client_computer_name(handle));
    case Operation::kCallerProcessId:
      return {PIPES_OK, {platform::process_id()}, {}};
  }
  return {};
}

// ---------------------------------------------------------------------------------------------------- this process

class LocalCall : public StartedCall {
 public:
  LocalCall(std::shared_ptr<Slots> slots, const Request& request)
      : background_([slots = std::move(slots), request] { return perform(*slots, request); }) {}

  Outcome outcome() override { return background_.result(); }
  bool finished() override { return background_.finished(); }
  bool wait_until_blocked() override { return pipes::test::wait_until_blocked(background_); }
  Code cancel() override { return background_.cancel(); }

 private:
  Background<std::function<Outcome()>> background_;
};

class LocalHost : public Host {
 public:
  Outcome run(const Request& request) override { return perform(*slots_, request); }
  std::unique_ptr<StartedCall> start(const Request& request) override {
    return std::make_unique<LocalCall>(slots_, request);
  }
  void kill() override { ADD_FAILURE() << "a test cannot kill its own process"; }
  uint32_t process_id() const override { return platform::process_id(); }

 private:
  std::shared_ptr<Slots> slots_ = std::make_shared<Slots>();
};

// -------------------------------------------------------------------------------------------------------- the wire

std::vector<uint32_t> remaining_numbers(std::istringstream& words) {
  std::vector<uint32_t> numbers;
  for (uint32_t number = 0; words >> number;) numbers.push_back(number);
  return numbers;
}

std::string to_line(uint64_t id, const Request& request) {
  std::ostringstream line;
  line << "call " << id << ' ' << static_cast<uint32_t>(request.operation) << ' ' << request.slot << ' '
       << to_hex(request.name) << ' ' << to_hex(request.bytes);
  for (const uint32_t number : request.numbers) line << ' ' << number;
  return line.str();
}

std::string to_line(uint64_t id, const Outcome& outcome) {
  std::ostringstream line;
  line << id << ' ' << outcome.status.number << ' ' << to_hex(outcome.bytes);
  for (const uint32_t number : outcome.numbers) line << ' ' << number;
  return line.str();
}

Request request_from(std::istringstream& words) {
  Request request;
  uint32_t operation = 0;
  std::string name;
  std::string bytes;
  words >> operation >> request.slot >> name >> bytes;
  request.operation = static_cast<Operation>(operation);
  request.name = from_hex(name);
  request.bytes = from_hex(bytes);
  request.numbers = remaining_numbers(words);
  return request;
}

Outcome outcome_from(std::istringstream& words) {
  Outcome outcome;
  std::string bytes;
  words >> outcome.status.number >> bytes;
  outcome.bytes = from_hex(bytes);
  outcome.numbers = remaining_numbers(words);
  return outcome;
}

// --------------------------------------------------------------------------------------------------- a child process

// The test's side of the channel: numbers requests, and hands each answer to whoever waits for it.
class RemoteLink {
 public:
  explicit RemoteLink(const ChildOptions& options)
      : child_(Child::spawn(kHostRole, {}, options)), receiver_([this] { receive(); }) {}
  RemoteLink(const RemoteLink&) = delete;
  RemoteLink& operator=(const RemoteLink&) = delete;
  ~RemoteLink() {
    // Killing the child ends its answers, and so the receiver; hanging up here would take the channel from under it.
    child_.kill();
    receiver_.join();
  }

  uint64_t send_call(const Request& request) {
    const uint64_t id = ++last_id_;
    (void)child_.say(to_line(id, request));
    return id;
  }

  // Asks something about a call, and waits for the answer: `blocked` or `cancel`.
  Outcome ask_about(const char* question, uint64_t call) {
    const uint64_t id = ++last_id_;
    (void)child_.say(std::string(question) + ' ' + std::to_string(id) + ' ' + std::to_string(call));
    return answer(id);
  }

  void forget(uint64_t call) { (void)child_.say("forget 0 " + std::to_string(call)); }

  // Waits for the answer to a request, and keeps it for whoever asks again.
  Outcome answer(uint64_t id) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return ended_ || answers_.count(id) != 0; });
    const auto found = answers_.find(id);
    return found != answers_.end() ? found->second : Outcome{};
  }

  bool answered(uint64_t id) {
    const std::lock_guard lock(mutex_);
    return ended_ || answers_.count(id) != 0;
  }

  void kill() {
    child_.kill();
    (void)child_.wait();
  }
  [[nodiscard]] uint32_t process_id() const { return child_.process_id(); }

 private:
  void receive() {
    while (const std::optional<std::string> line = child_.next_line()) {
      std::istringstream words(*line);
      uint64_t id = 0;
      words >> id;
      Outcome outcome = outcome_from(words);
      const std::lock_guard lock(mutex_);
      answers_.emplace(id, std::move(outcome));
      arrived_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    arrived_.notify_all();
  }

  Child child_;
  std::atomic<uint64_t> last_id_{0};
  std::mutex mutex_;  // guards answers_ and ended_
  std::condition_variable arrived_;
  std::map<uint64_t, Outcome> answers_;
  bool ended_ = false;
  std::thread receiver_;
};

class RemoteCall : public StartedCall {
 public:
  RemoteCall(std::shared_ptr<RemoteLink> link, const Request& request)
      : link_(std::move(link)), id_(link_->send_call(request)) {}
  RemoteCall(const RemoteCall&) = delete;
  RemoteCall& operator=(const RemoteCall&) = delete;
  ~RemoteCall() override { link_->forget(id_); }

  Outcome outcome() override { return link_->answer(id_); }
  bool finished() override { return link_->answered(id_); }
  bool wait_until_blocked() override { return link_->ask_about("blocked", id_).status.ok(); }
  Code cancel() override { return link_->ask_about("cancel", id_).status; }

 private:
  std::shared_ptr<RemoteLink> link_;
  uint64_t id_;
};

class RemoteHost : public Host {
 public:
  explicit RemoteHost(const ChildOptions& options) : link_(std::make_shared<RemoteLink>(options)) {}

  Outcome run(const Request& request) override { return RemoteCall(link_, request).outcome(); }
  std::unique_ptr<StartedCall> start(const Request& request) override {
    return std::make_unique<RemoteCall>(link_, request);
  }
  void kill() override { link_->kill(); }
  uint32_t process_id() const override { return link_->process_id(); }

 private:
  std::shared_ptr<RemoteLink> link_;
};

// The child's side: each call on a thread of its own, answered when it returns.
class CallServer {
 public:
  explicit CallServer(Parent& parent) : parent_(parent) {}

  int serve() {
    while (const std::optional<std::string> line = parent_.next_line()) {
      std::istringstream words(*line);
      std::string verb;
      uint64_t id = 0;
      words >> verb >> id;
      if (verb == "call") {
        start(id, request_from(words));
        continue;
      }
      uint64_t call = 0;
      words >> call;
      answer_about(verb, id, call);
    }
    calls_.clear();
    return 0;
  }

 private:
  using RunningCall = Background<std::function<int()>>;

  void start(uint64_t id, Request request) {
    calls_.emplace(id, std::make_unique<RunningCall>([this, id, request = std::move(request)] {
                     (void)parent_.say(to_line(id, perform(slots_, request)));
                     return 0;
                   }));
  }

  void answer_about(const std::string& verb, uint64_t id, uint64_t call) {
    const auto found = calls_.find(call);
    if (found == calls_.end()) return;
    if (verb == "forget") {
      calls_.erase(found);
    } else if (verb == "cancel") {
      (void)parent_.say(to_line(id, outcome_of(found->second->cancel())));
    } else {
      const bool blocked = wait_until_blocked(*found->second);
      (void)parent_.say(to_line(id, outcome_of(blocked ? Code(PIPES_OK) : Code(kNoAnswer))));
    }
  }

  Parent& parent_;
  Slots slots_;
  std::map<uint64_t, std::unique_ptr<RunningCall>> calls_;
};

PIPES_CHILD_ROLE(end_host) { return CallServer(parent).serve(); }

// --------------------------------------------------------------------------------------- outcomes back into shapes

uint32_t number_at(const Outcome& outcome, size_t index) {
  return index < outcome.numbers.size() ? outcome.numbers[index] : kUntouched;
}

Code status_from(const Outcome& outcome) { return outcome.status; }
Received received_from(const Outcome& outcome) { return {outcome.status, outcome.bytes, number_at(outcome, 0)}; }
Sent sent_from(const Outcome& outcome) { return {outcome.status, number_at(outcome, 0)}; }

}  // namespace

std::shared_ptr<Host> Host::here() { return std::make_shared<LocalHost>(); }
std::shared_ptr<Host> Host::in_child(const ChildOptions& options) { return std::make_shared<RemoteHost>(options); }

// --------------------------------------------------------------------------------------------------------- EndActor

Request EndActor::request(Operation operation) const {
  Request made;
  made.operation = operation;
  made.slot = slot_;
  return made;
}

Pending<Code> EndActor::start_status(Operation operation) const {
  return {host_->start(request(operation)), status_from};
}

Id EndActor::ask_id(Operation operation) const {
  const Outcome outcome = run(operation);
  return {outcome.status, number_at(outcome, 0)};
}

void EndActor::release() {
  if (host_ != nullptr) (void)close();
}

Code EndActor::create_named(const std::string& name, const ServerOptions& options) {
  (void)close();
  Request made = request(Operation::kCreateNamed);
  made.name = name;
  made.numbers = {options.open_mode,  options.pipe_mode, options.max_instances,
                  options.out_buffer, options.in_buffer, options.default_timeout};
  return host_->run(made).status;
}

Code EndActor::open(const std::string& name, uint32_t access, uint32_t flags) {
  (void)close();
  Request made = request(Operation::kOpen);
  made.name = name;
  made.numbers = {access, flags};
  return host_->run(made).status;
}

Code EndActor::duplicate_of(const EndActor& other) {
  (void)close();
  Request made = request(Operation::kDuplicate);
  made.numbers = {other.slot_};
  return host_->run(made).status;
}

Code EndActor::close() { return run(Operation::kClose).status; }
Pending<Code> EndActor::start_close() { return start_status(Operation::kClose); }

Received EndActor::read(uint32_t size) {
  Request made = request(Operation::kRead);
  made.numbers = {size};
  return received_from(host_->run(made));
}

Pending<Received> EndActor::start_read(uint32_t size) {
  Request made = request(Operation::kRead);
  made.numbers = {size};
  return {host_->start(made), received_from};
}

Sent EndActor::write(std::string_view bytes) {
  Request made = request(Operation::kWrite);
  made.bytes = bytes;
  return sent_from(host_->run(made));
}

Pending<Sent> EndActor::start_write(std::string_view bytes) {
  Request made = request(Operation::kWrite);
  made.bytes = bytes;
  return {host_->start(made), sent_from};
}

Peeked EndActor::peek(uint32_t size) {
  Request made = request(Operation::kPeek);
  made.numbers = {size};
  const Outcome outcome = host_->run(made);
  return {outcome.status, outcome.bytes, number_at(outcome, 0), number_at(outcome, 1), number_at(outcome, 2)};
}

Received EndActor::transact(std::string_view request_bytes, uint32_t reply_size) {
  return start_transact(request_bytes, reply_size).result();
}

Pending<Received> EndActor::start_transact(std::string_view request_bytes, uint32_t reply_size) {
  Request made = request(Operation::kTransact);
  made.bytes = request_bytes;
  made.numbers = {reply_size};
  return {host_->start(made), received_from};
}

Info EndActor::get_info() const {
  const Outcome outcome = run(Operation::kGetInfo);
  return {outcome.status, number_at(outcome, 0), number_at(outcome, 1), number_at(outcome, 2), number_at(outcome, 3)};
}

LocalInfo EndActor::get_local_info() const { return local_info_from(run(Operation::kGetLocalInfo)); }

State EndActor::get_state() const {
  const Outcome outcome = run(Operation::kGetState);
  return {outcome.status, number_at(outcome, 0), number_at(outcome, 1)};
}

Code EndActor::set_mode(uint32_t mode) {
  Request made = request(Operation::kSetState);
  made.numbers = {mode};
  return host_->run(made).status;
}

// -------------------------------------------------------------------------------------------- calls without a handle

namespace {

Request wait_request(const std::string& name, uint32_t timeout) {
  Request made;
  made.operation = Operation::kWaitAvailable;
  made.name = name;
  made.numbers = {timeout};
  return made;
}

}  // namespace

Code wait_available(Host& host, const std::string& name, uint32_t timeout) {
  return host.run(wait_request(name, timeout)).status;
}

Pending<Code> start_wait_available(Host& host, const std::string& name, uint32_t timeout) {
  return {host.start(wait_request(name, timeout)), status_from};
}

Received call(Host& host, const std::string& name, std::string_view request, uint32_t reply_size, uint32_t timeout) {
  return start_call(host, name, request, reply_size, timeout).result();
}

Pending<Received> start_call(Host& host, const std::string& name, std::string_view request, uint32_t reply_size,
                             uint32_t timeout) {
  Request made;
  made.operation = Operation::kCall;
  made.name = name;
  made.bytes = request;
  made.numbers = {reply_size, timeout};
  return {host.start(made), received_from};
}

// ------------------------------------------------------------------------------------------------------ the fixture

std::string layout_name(const testing::TestParamInfo<Layout>& info) {
  return info.param == Layout::kSameProcess ? "SameProcess" : "OtherProcess";
}

const std::shared_ptr<Host>& BothLayouts::server_host() {
  if (server_host_ == nullptr) server_host_ = Host::here();
  return server_host_;
}

const std::shared_ptr<Host>& BothLayouts::client_host() {
  if (client_host_ == nullptr) {
    client_host_ = GetParam() == Layout::kSameProcess ? server_host() : Host::in_child();
  }
  return client_host_;
}

EndActor BothLayouts::listening_server(const std::string& name, const ServerOptions& options) {
  EndActor server = server_end();
  EXPECT_STATUS(PIPES_OK, server.create_named(name, options)) << "creating " << name;
  return server;
}

EndActor BothLayouts::opened_client(const std::string& name, uint32_t access) {
  EndActor client = client_end();
  EXPECT_STATUS(PIPES_OK, client.open(name, access)) << "opening " << name;
  return client;
}

EndPair BothLayouts::connected_ends(const ServerOptions& options) {
  const std::string name = unique_name();
  EndActor server = listening_server(name, options);
  EndActor client = opened_client(name, client_access_for(options.open_mode));
  if ((options.pipe_mode & PIPES_READMODE_MESSAGE) != 0) {
    EXPECT_STATUS(PIPES_OK, client.set_mode(PIPES_READMODE_MESSAGE));
  }
  return {.name = name, .server = std::move(server), .client = std::move(client)};
}

}  // namespace pipes::test
