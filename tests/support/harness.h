// The words in which the conformance tests speak: names, handles, connected pairs and the outcomes of calls.
//
// Everything here goes through the C ABI of this process. remote_end.h makes the same calls in other processes.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipes/pipes.h"
#include "support/background.h"
#include "support/codes.h"

namespace pipes::test {

// unique_name gives a pipe name, prefix included, that nothing else on this computer uses.
[[nodiscard]] std::string unique_name();

// time_factor says how much slower than a plain build this one runs: 1, or more under sanitizers. The environment
// variable PIPES_TEST_TIME_FACTOR multiplies it. Only for the few facts that are about time.
[[nodiscard]] int time_factor();

// Handle closes what it holds. It stands for the raw handle wherever a call wants one.
class Handle {
 public:
  Handle() = default;
  explicit Handle(pipes_handle handle) : handle_(handle) {}
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, PIPES_INVALID_HANDLE)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      (void)close();
      handle_ = std::exchange(other.handle_, PIPES_INVALID_HANDLE);
    }
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { (void)close(); }

  operator pipes_handle() const { return handle_; }  // NOLINT: implicit, so that tests read like callers
  [[nodiscard]] bool valid() const { return handle_ != PIPES_INVALID_HANDLE; }

  // Closes the handle and says how that went; PIPES_OK if there is none.
  Code close();

 private:
  pipes_handle handle_ = PIPES_INVALID_HANDLE;
};

// What pipes_create_named takes, with the values most tests want: a duplex message pipe, read as bytes.
struct ServerOptions {
  uint32_t open_mode = PIPES_ACCESS_DUPLEX;
  uint32_t pipe_mode = PIPES_TYPE_MESSAGE;
  uint32_t max_instances = PIPES_UNLIMITED_INSTANCES;
  uint32_t out_buffer = 4096;
  uint32_t in_buffer = 4096;
  uint32_t default_timeout = 0;
};

[[nodiscard]] ServerOptions byte_pipe();     // duplex, byte type
[[nodiscard]] ServerOptions message_pipe();  // duplex, message type, the server reads messages

inline constexpr uint32_t kReadWrite = PIPES_GENERIC_READ | PIPES_GENERIC_WRITE;

// The result of a call that makes a handle.
struct Opened {
  Code status;
  Handle handle;
  uint32_t disposition = 0;  // pipes_create_named only
};
[[nodiscard]] Opened try_create_server(const std::string& name, const ServerOptions& options = {},
                                       const pipes_security_attributes* attributes = nullptr);
[[nodiscard]] Opened try_open(const std::string& name, uint32_t access = kReadWrite, uint32_t flags = 0);

// The same for tests that rely on success: a failure fails the test, and the handle is then invalid.
[[nodiscard]] Handle create_server(const std::string& name, const ServerOptions& options = {});
[[nodiscard]] Handle open_client(const std::string& name, uint32_t access = kReadWrite);

// The two ends of one instance. The server closes first when both go.
struct Pair {
  std::string name;
  Handle client;
  Handle server;
};
// Creates a pipe and opens it, with the access that its direction allows. The client's read mode is the server's.
[[nodiscard]] Pair connected_pair(const ServerOptions& options = {});

// The access a client may ask of a pipe: GENERIC_WRITE for an inbound one, and so on, with the attribute rights.
[[nodiscard]] uint32_t client_access_for(uint32_t open_mode);

// Outcomes. Every count begins as kUntouched, so that a call that leaves its output alone shows.
inline constexpr uint32_t kUntouched = 0xA5A5A5A5u;

struct Received {
  Code status;
  std::string bytes;                  // the first `transferred` bytes of the buffer
  uint32_t transferred = kUntouched;  // as the call left it
};
[[nodiscard]] Received read(pipes_handle handle, uint32_t size = 4096);
// The reply of a transaction.
[[nodiscard]] Received transact(pipes_handle handle, std::string_view request, uint32_t reply_size = 4096);
[[nodiscard]] Received call(const std::string& name, std::string_view request, uint32_t reply_size = 4096,
                            uint32_t timeout = PIPES_NMPWAIT_WAIT_FOREVER);

struct Sent {
  Code status;
  uint32_t transferred = kUntouched;
};
[[nodiscard]] Sent write(pipes_handle handle, std::string_view bytes);

struct Peeked {
  Code status;
  std::string bytes;
  uint32_t transferred = kUntouched;
  uint32_t available = kUntouched;
  uint32_t left_this_message = kUntouched;
};
[[nodiscard]] Peeked peek(pipes_handle handle, uint32_t size = 4096);

struct Info {
  Code status;
  uint32_t flags = kUntouched;
  uint32_t out_buffer = kUntouched;
  uint32_t in_buffer = kUntouched;
  uint32_t max_instances = kUntouched;
};
[[nodiscard]] Info get_info(pipes_handle handle);

struct LocalInfo {
  Code status;
  pipes_local_info value{};
};
[[nodiscard]] LocalInfo get_local_info(pipes_handle handle);

struct State {
  Code status;
  uint32_t mode = kUntouched;
  uint32_t current_instances = kUntouched;
};
[[nodiscard]] State get_state(pipes_handle handle);
[[nodiscard]] Code set_mode(pipes_handle handle, uint32_t mode);

struct Id {
  Code status;
  uint32_t value = kUntouched;
};
[[nodiscard]] Id client_process_id(pipes_handle handle);
[[nodiscard]] Id server_process_id(pipes_handle handle);
[[nodiscard]] Id client_session_id(pipes_handle handle);
[[nodiscard]] Id server_session_id(pipes_handle handle);
[[nodiscard]] Code client_computer_name(pipes_handle handle);

[[nodiscard]] Code connect(pipes_handle server);
[[nodiscard]] Code disconnect(pipes_handle server);
[[nodiscard]] Code flush(pipes_handle handle);
[[nodiscard]] Code wait_available(const std::string& name, uint32_t timeout = PIPES_NMPWAIT_WAIT_FOREVER);

// Stopwatch runs from its making, on the monotonic clock.
class Stopwatch {
 public:
  [[nodiscard]] std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin_);
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Waits for something that another thread does without saying so. False if it has not happened after 20 s.
[[nodiscard]] bool eventually(const std::function<bool()>& happened);

// Whether the library under test is our own engine. What no real Windows has confirmed, and what our engine alone
// promises, is asserted only there.
#if defined(_WIN32)
inline constexpr bool kOurEngine = false;
#else
inline constexpr bool kOurEngine = true;
#endif

// A private runtime folder for the whole test program, so that tests neither see nor leave pipes elsewhere.
class RuntimeFolder {
 public:
  RuntimeFolder();
  ~RuntimeFolder();
  RuntimeFolder(const RuntimeFolder&) = delete;
  RuntimeFolder& operator=(const RuntimeFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  // What is still in it. The pipes whose server processes were killed are swept first, by listing pipes.
  [[nodiscard]] std::vector<std::string> leavings() const;

 private:
  std::string path_;
};

// bytes(5000) is 5000 bytes with a pattern in which lost, repeated and exchanged parts show.
[[nodiscard]] std::string bytes(size_t count, uint32_t seed = 1);

}  // namespace pipes::test

// Ends a test on every engine but our own. `reason` names what the shared suite has to go by: a row of the tables of
// semantics.md, or "unconfirmed" for a fact tagged [behaviour?].
#define PIPES_OUR_ENGINE_ONLY(reason) \
  if (!::pipes::test::kOurEngine) GTEST_SKIP() << "our engine only: " << (reason)
