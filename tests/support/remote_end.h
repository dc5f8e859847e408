// Ends of pipes that may live in another process, so that one test body runs with both ends in this process and again
// across two.
//
// A Host is a process in which calls are made: here, or in a child. An EndActor is one end on a host, with the calls of
// the C ABI as methods; each also comes as `start_...`, which returns at once with a Pending, so that a blocking call
// can be outstanding while others go on. Every started call runs on a thread of its own, in the host's process. Plain
// calls on the local host run on the calling thread.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/child.h"
#include "support/harness.h"

namespace pipes::test {

// One call, and what came of it, in a form that can cross to another process.
enum class Operation : uint32_t {
  kCreateNamed,
  kOpen,
  kClose,
  kConnect,
  kDisconnect,
  kRead,
  kWrite,
  kPeek,
  kTransact,
  kFlush,
  kCall,
  kWaitAvailable,
  kGetInfo,
  kGetLocalInfo,
  kGetState,
  kSetState,
  kClientProcessId,
  kServerProcessId,
  kClientSessionId,
  kServerSessionId,
  kClientComputerName,
  kDuplicate,
  kCallerProcessId,
};

struct Request {
  Operation operation{};
  uint32_t slot = 0;  // which end of the host
  std::string name;
  std::vector<uint32_t> numbers;
  std::string bytes;
};

struct Outcome {
  Code status = kNoAnswer;
  std::vector<uint32_t> numbers;
  std::string bytes;
};

// A started call on some host.
class StartedCall {
 public:
  virtual ~StartedCall() = default;
  // Waits for the outcome; its status is kNoAnswer if the host's process ended first.
  [[nodiscard]] virtual Outcome outcome() = 0;
  [[nodiscard]] virtual bool finished() = 0;
  // True as soon as the call sleeps, false if it returned instead (background.h).
  [[nodiscard]] virtual bool wait_until_blocked() = 0;
  // Asks the call to end. Win32: CancelSynchronousIo.
  virtual Code cancel() = 0;
};

// Pending is a started call whose result has a shape: `Pending<Received> reading = end.start_read();`
template <class Result>
class Pending {
 public:
  Pending(std::unique_ptr<StartedCall> call, std::function<Result(const Outcome&)> shape)
      : call_(std::move(call)), shape_(std::move(shape)) {}

  // Waits for the call to return. May be asked again.
  [[nodiscard]] Result result() { return shape_(call_->outcome()); }
  [[nodiscard]] bool finished() { return call_->finished(); }
  [[nodiscard]] bool wait_until_blocked() { return call_->wait_until_blocked(); }
  Code cancel() { return call_->cancel(); }

 private:
  std::unique_ptr<StartedCall> call_;
  std::function<Result(const Outcome&)> shape_;
};

// Host is a process in which ends live.
class Host {
 public:
  virtual ~Host() = default;
  // Makes the call and waits for it.
  [[nodiscard]] virtual Outcome run(const Request& request) = 0;
  [[nodiscard]] virtual std::unique_ptr<StartedCall> start(const Request& request) = 0;
  // Ends the process at once, as a crash would, and waits until it is gone. Only for hosts in a child.
  virtual void kill() = 0;
  [[nodiscard]] virtual uint32_t process_id() const = 0;
  // A number for another end on this host.
  [[nodiscard]] uint32_t new_slot() { return next_slot_++; }

  [[nodiscard]] static std::shared_ptr<Host> here();
  [[nodiscard]] static std::shared_ptr<Host> in_child(const ChildOptions& options = {});

 private:
  uint32_t next_slot_ = 0;
};

// EndActor is one end on a host, and the calls made with its handle.
class EndActor {
 public:
  explicit EndActor(std::shared_ptr<Host> host) : host_(std::move(host)), slot_(host_->new_slot()) {}
  EndActor(EndActor&&) noexcept = default;
  EndActor& operator=(EndActor&& other) noexcept {
    release();
    host_ = std::move(other.host_);
    slot_ = other.slot_;
    return *this;
  }
  ~EndActor() { release(); }

  [[nodiscard]] Host& host() const { return *host_; }

  // These give the actor its handle. What it held before is closed first.
  [[nodiscard]] Code create_named(const std::string& name, const ServerOptions& options = {});
  [[nodiscard]] Code open(const std::string& name, uint32_t access = kReadWrite, uint32_t flags = 0);
  // Another handle of the other actor's end. Both must live on one host.
  [[nodiscard]] Code duplicate_of(const EndActor& other);
  Code close();
  [[nodiscard]] Pending<Code> start_close();

  [[nodiscard]] Code connect() { return run(Operation::kConnect).status; }
  [[nodiscard]] Pending<Code> start_connect() { return start_status(Operation::kConnect); }
  [[nodiscard]] Code disconnect() { return run(Operation::kDisconnect).status; }

  [[nodiscard]] Received read(uint32_t size = 4096);
  [[nodiscard]] Pending<Received> start_read(uint32_t size = 4096);
  [[nodiscard]] Sent write(std::string_view bytes);
  [[nodiscard]] Pending<Sent> start_write(std::string_view bytes);
  [[nodiscard]] Peeked peek(uint32_t size = 4096);
  [[nodiscard]] Received transact(std::string_view request, uint32_t reply_size = 4096);
  [[nodiscard]] Pending<Received> start_transact(std::string_view request, uint32_t reply_size = 4096);
  [[nodiscard]] Code flush() { return run(Operation::kFlush).status; }
  [[nodiscard]] Pending<Code> start_flush() { return start_status(Operation::kFlush); }

  [[nodiscard]] Info get_info() const;
  [[nodiscard]] LocalInfo get_local_info() const;
  [[nodiscard]] State get_state() const;
  [[nodiscard]] Code set_mode(uint32_t mode);
  [[nodiscard]] Id client_process_id() const { return ask_id(Operation::kClientProcessId); }
  [[nodiscard]] Id server_process_id() const { return ask_id(Operation::kServerProcessId); }
  [[nodiscard]] Id client_session_id() const { return ask_id(Operation::kClientSessionId); }
  [[nodiscard]] Id server_session_id() const { return ask_id(Operation::kServerSessionId); }
  [[nodiscard]] Code client_computer_name() const { return run(Operation::kClientComputerName).status; }

 private:
  [[nodiscard]] Request request(Operation operation) const;
  [[nodiscard]] Outcome run(Operation operation) const { return host_->run(request(operation)); }
  [[nodiscard]] Pending<Code> start_status(Operation operation) const;
  [[nodiscard]] Id ask_id(Operation operation) const;
  void release();

  std::shared_ptr<Host> host_;
  uint32_t slot_;
};

// Calls that need no handle, on a host.
[[nodiscard]] Code wait_available(Host& host, const std::string& name, uint32_t timeout = PIPES_NMPWAIT_WAIT_FOREVER);
[[nodiscard]] Pending<Code> start_wait_available(Host& host, const std::string& name,
                                                 uint32_t timeout = PIPES_NMPWAIT_WAIT_FOREVER);
[[nodiscard]] Received call(Host& host, const std::string& name, std::string_view request, uint32_t reply_size = 4096,
                            uint32_t timeout = PIPES_NMPWAIT_WAIT_FOREVER);
[[nodiscard]] Pending<Received> start_call(Host& host, const std::string& name, std::string_view request,
                                           uint32_t reply_size = 4096, uint32_t timeout = PIPES_NMPWAIT_WAIT_FOREVER);

// Where the two ends of a pipe live.
enum class Layout { kSameProcess, kOtherProcess };
[[nodiscard]] std::string layout_name(const testing::TestParamInfo<Layout>& info);

// Two ends on their hosts, connected. The client closes first.
struct EndPair {
  std::string name;
  EndActor server;
  EndActor client;
};

// BothLayouts is the fixture of tests that run in one process and across two: the server's host is this process, the
// client's this one or a child. PIPES_BOTH_LAYOUTS(Read) defines the suite Read; its cases are then named
// `Layouts/Read.READ_7_ShortBufferGetsMoreDataAndTheRestStaysQueued/OtherProcess`.
class BothLayouts : public testing::TestWithParam<Layout> {
 protected:
  [[nodiscard]] const std::shared_ptr<Host>& server_host();
  [[nodiscard]] const std::shared_ptr<Host>& client_host();

  [[nodiscard]] EndActor server_end() { return EndActor(server_host()); }
  [[nodiscard]] EndActor client_end() { return EndActor(client_host()); }
  // A new pipe's server end, listening.
  [[nodiscard]] EndActor listening_server(const std::string& name, const ServerOptions& options = {});
  // A client end opened with full access, or what the direction allows.
  [[nodiscard]] EndActor opened_client(const std::string& name, uint32_t access = kReadWrite);
  // As connected_pair of harness.h.
  [[nodiscard]] EndPair connected_ends(const ServerOptions& options = {});

 private:
  std::shared_ptr<Host> server_host_;
  std::shared_ptr<Host> client_host_;
};

}  // namespace pipes::test

// Instantiates a suite whose fixture is derived from BothLayouts.
#define PIPES_INSTANTIATE_LAYOUTS(suite)                                                                            \
  INSTANTIATE_TEST_SUITE_P(                                                                                         \
      Layouts, suite, ::testing::Values(::pipes::test::Layout::kSameProcess, ::pipes::test::Layout::kOtherProcess), \
      ::pipes::test::layout_name)

#define PIPES_BOTH_LAYOUTS(suite)                     \
  class suite : public ::pipes::test::BothLayouts {}; \
  PIPES_INSTANTIATE_LAYOUTS(suite)
