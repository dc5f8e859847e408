// pipes.hpp: the C ABI of pipes.h for C++20, with ownership, spans, time spans and two styles of error.
//
// SPDX-License-Identifier: MIT
//
// What lives here: owners of handles (ServerEnd, ClientEnd, AnonymousPipe, Event, Port), options with defaults,
// results, and Operation, what goes on meanwhile. It is header-only and calls nothing but pipes.h, so it adds no ABI of
// its own; link the library as a C program does.
//
// Two styles of error
//   read(...)      throws pipes::Error, a std::system_error of pipes::category() that carries the Win32 number.
//   try_read(...)  returns pipes::Expected<T>: a value, or the Win32 number. Throws nothing but std::bad_alloc,
//                  where a string or a vector is made.
//   Each operation comes in both; the comment stands at the one that returns the status. What the C call reports by
//   PIPES_ERROR_MORE_DATA is no failure here but Received::more, and PIPES_ERROR_PIPE_CONNECTED is success.
//
// Conventions
//   1. An end owns its handle and closes it. Ends move and do not copy; a moved-from end is empty, and every call on it
//      fails with PIPES_ERROR_INVALID_HANDLE.
//   2. Buffers are borrowed during the call. Names are UTF-8 and written in full, `\\.\pipe\name`.
//   3. Any thread may make any call at any time, reads beside writes too, except that moving, closing and destroying an
//      object need it for themselves. cancel_synchronous() and ServerEnd::disconnect() end one that blocks.
//   4. Every call is a blocking one unless it says otherwise or the end is in WaitMode::kNoWait. An Operation does not
//      block where it begins.
//
// Names: everything stands in `pipes::v1`, an inline namespace. Callers write pipes::ServerEnd; the linker sees v1, so
// nothing here meets a symbol of the library's own sources, which use `pipes` too (and do not include this header).
#pragma once

#if !(__cplusplus >= 202002L || (defined(_MSVC_LANG) && _MSVC_LANG >= 202002L))
#error "pipes.hpp needs C++20: compile with -std=c++20 (/std:c++20) or newer. pipes.h serves C and older C++."
#endif

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "pipes/pipes.h"

namespace pipes {
inline namespace v1 {

// ---------------------------------------------------------------------------------------------------------- errors --

// category is the std::error_category of Win32 error numbers. Its conditions let a caller compare with std::errc, as in
// `error.code() == std::errc::no_such_file_or_directory`. Never fails. Win32: FormatMessage.
[[nodiscard]] inline const std::error_category& category() noexcept;

// make_error_code turns a status into a std::error_code of category(). Status 0 gives one that is false.
[[nodiscard]] inline std::error_code make_error_code(pipes_status status) noexcept {
  return {static_cast<int>(status), category()};
}

// Error is what the throwing functions throw. what() names the operation and describes the number.
class Error : public std::system_error {
 public:
  // `status` is a Win32 number other than 0; `operation` says what failed, for what().
  Error(pipes_status status, const std::string& operation)
      : std::system_error(make_error_code(status), operation + " (" + std::to_string(status) + ")") {}

  // status returns the Win32 number, one of PIPES_ERROR_... .
  [[nodiscard]] pipes_status status() const noexcept { return static_cast<pipes_status>(code().value()); }
};

// conversation_ended tells whether `status` means that there is nobody to talk to any more: the other end closed
// (PIPES_ERROR_BROKEN_PIPE, PIPES_ERROR_NO_DATA) or the server disconnected (PIPES_ERROR_PIPE_NOT_CONNECTED). In
// WaitMode::kNoWait a read also says PIPES_ERROR_NO_DATA when nothing is there yet; do not ask then.
[[nodiscard]] constexpr bool conversation_ended(pipes_status status) noexcept {
  return status == PIPES_ERROR_BROKEN_PIPE || status == PIPES_ERROR_NO_DATA || status == PIPES_ERROR_PIPE_NOT_CONNECTED;
}

// Expected is a T, or the status that says why there is none.
template <class T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): implicit by design

  // failure makes one without a value. `status` is not 0.
  static Expected failure(pipes_status status) { return Expected(status, 0); }

  [[nodiscard]] explicit operator bool() const noexcept { return value_.has_value(); }
  [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }

  // status returns 0 if there is a value, else the Win32 number.
  [[nodiscard]] pipes_status status() const noexcept { return status_; }

  // value returns the value or throws Error, which names `operation`.
  T& value(const char* operation = "pipes") & {
    require(operation);
    return *value_;
  }
  const T& value(const char* operation = "pipes") const& {
    require(operation);
    return *value_;
  }
  T&& value(const char* operation = "pipes") && {
    require(operation);
    return *std::move(value_);
  }

  // The value. Undefined if there is none, as for std::optional.
  T& operator*() & noexcept { return *value_; }
  const T& operator*() const& noexcept { return *value_; }
  T&& operator*() && noexcept { return *std::move(value_); }
  T* operator->() noexcept { return &*value_; }
  const T* operator->() const noexcept { return &*value_; }

 private:
  Expected(pipes_status status, int) : status_(status) {}
  void require(const char* operation) const {
    if (!value_) throw Error(status_, operation);
  }

  std::optional<T> value_;
  pipes_status status_ = PIPES_OK;
};

// Expected<void> is success, or the status that says why there is none.
template <>
class [[nodiscard]] Expected<void> {
 public:
  Expected() = default;
  static Expected failure(pipes_status status) { return from(status); }
  // from makes a success of 0 and a failure of anything else.
  static Expected from(pipes_status status) {
    Expected result;
    result.status_ = status;
    return result;
  }

  [[nodiscard]] explicit operator bool() const noexcept { return status_ == PIPES_OK; }
  [[nodiscard]] bool has_value() const noexcept { return status_ == PIPES_OK; }
  [[nodiscard]] pipes_status status() const noexcept { return status_; }
  // value throws Error on a failure.
  void value(const char* operation = "pipes") const {
    if (status_ != PIPES_OK) throw Error(status_, operation);
  }

 private:
  pipes_status status_ = PIPES_OK;
};

// --------------------------------------------------------------------------------------------------- vocabulary, time --

// Type says how data is written, for the life of the pipe. Win32: PIPE_TYPE_... .
enum class Type : std::uint32_t { kByte = PIPES_TYPE_BYTE, kMessage = PIPES_TYPE_MESSAGE };

// ReadMode says how one end reads. Message mode needs a pipe of message type. Win32: PIPE_READMODE_... .
enum class ReadMode : std::uint32_t { kByte = PIPES_READMODE_BYTE, kMessage = PIPES_READMODE_MESSAGE };

// WaitMode says whether calls on one end wait. kNoWait exists for compatibility; prefer threads. Win32: PIPE_NOWAIT.
enum class WaitMode : std::uint32_t { kWait = PIPES_WAIT, kNoWait = PIPES_NOWAIT };

// Direction says which way data flows, as the server sees it. Win32: PIPE_ACCESS_... .
enum class Direction : std::uint32_t {
  kInbound = PIPES_ACCESS_INBOUND,
  kOutbound = PIPES_ACCESS_OUTBOUND,
  kDuplex = PIPES_ACCESS_DUPLEX
};

// State is the state of an instance. NT: FILE_PIPE_..._STATE.
enum class State : std::uint32_t {
  kDisconnected = PIPES_STATE_DISCONNECTED,
  kListening = PIPES_STATE_LISTENING,
  kConnected = PIPES_STATE_CONNECTED,
  kClosing = PIPES_STATE_CLOSING
};

// Time-outs are milliseconds. kForever, and anything from 2^32 - 1 ms on, never ends (as a default time-out of a server
// it is 2^32 - 1 ms); a negative one is PIPES_ERROR_INVALID_PARAMETER.
inline constexpr std::chrono::milliseconds kForever = std::chrono::milliseconds::max();
// kDefaultWait, for wait_available() and call(), is the time that the pipe's server has chosen.
inline constexpr std::chrono::milliseconds kDefaultWait{0};

// bytes views text as what write() takes, borrowing it. The terminator of a literal is not part of it.
[[nodiscard]] inline std::span<const std::byte> bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

// text views bytes as characters, borrowing them. Nothing is checked or converted.
[[nodiscard]] inline std::string_view text(std::span<const std::byte> data) noexcept {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// Received is what one read gave.
struct Received {
  std::size_t size = 0;  // bytes at the front of the buffer; 0 is an empty message, never the end
  bool more = false;     // the message goes on: the buffer is full and the rest stays queued (PIPES_ERROR_MORE_DATA)
};

// Peeked is what a look into the queue gave. All are bytes.
struct Peeked {
  std::size_t copied = 0;             // at the front of the buffer
  std::size_t available = 0;          // unread in all messages
  std::size_t left_this_message = 0;  // of the first message, not copied; 0 on pipes of byte type
};

// Modes are the two modes of one end. Win32: lpMode of SetNamedPipeHandleState.
struct Modes {
  ReadMode read_mode = ReadMode::kByte;
  WaitMode wait_mode = WaitMode::kWait;
};

// EndInfo is an end as the library sees it at this moment. Quotas and counts are bytes.
struct EndInfo {
  Type type = Type::kByte;
  Direction direction = Direction::kDuplex;
  std::uint32_t max_instances = 0;  // 255: unlimited
  std::uint32_t instances = 0;      // that exist, in whatever state
  std::uint32_t inbound_quota = 0;
  std::uint32_t outbound_quota = 0;
  std::uint32_t readable = 0;  // what this end could read
  std::uint32_t writable = 0;  // what is left of the quota that this end writes into
  State state = State::kConnected;
  bool server_end = false;
};

// PipeInfo is one pipe of list().
struct PipeInfo {
  std::string name;                        // without `\\.\pipe\`, in the creator's spelling
  std::uint32_t instances = 0;             // that exist, in whatever state
  std::uint32_t max_instances = 0;         // 255: unlimited
  std::optional<Type> type;                // absent on Windows, which does not tell
  std::optional<Direction> direction;      // absent on Windows
  std::uint32_t server_process_id = 0;     // 0 if not known
  std::optional<std::uint32_t> owner_uid;  // absent on Windows
  std::vector<std::byte> descriptor;       // its security descriptor, self-relative; empty on Windows
};

// --------------------------------------------------------------------------------------------------------- options --

// ServerOptions are the arguments of CreateNamedPipe. The defaults make a duplex byte pipe with any number of instances
// for clients of this computer.
struct ServerOptions {
  Type type = Type::kByte;
  std::optional<ReadMode> read_mode = std::nullopt;  // absent: the mode that goes with the type
  WaitMode wait_mode = WaitMode::kWait;
  Direction direction = Direction::kDuplex;
  std::uint32_t max_instances = PIPES_UNLIMITED_INSTANCES;  // 1 to 254, or unlimited; counted across processes
  std::uint32_t outbound_quota = 65536;                     // bytes a write may leave unread before it waits
  std::uint32_t inbound_quota = 65536;
  std::chrono::milliseconds default_timeout{0};  // what kDefaultWait means to clients; 0 means 50 ms
  bool first_instance = false;                   // fail with PIPES_ERROR_ACCESS_DENIED if the name exists already
  bool accept_remote = false;                    // let clients of other computers in, where the system can
  std::uint32_t open_flags = 0;  // further bits of open_mode: PIPES_FLAG_WRITE_THROUGH, PIPES_WRITE_DAC ...
  const pipes_security_attributes* attributes = nullptr;  // null: the default descriptor, not inheritable. Borrowed
};

// ClientOptions are the arguments of CreateFile on a pipe. The defaults read and write bytes and do not wait.
struct ClientOptions {
  std::uint32_t access = PIPES_GENERIC_READ | PIPES_GENERIC_WRITE;  // one direction alone suits a one-way pipe
  ReadMode read_mode = ReadMode::kByte;                             // kMessage is set right after opening
  std::chrono::milliseconds busy_wait{0};  // how long to wait for a free instance; 0: fail with PIPES_ERROR_PIPE_BUSY
  std::uint32_t flags = 0;                 // PIPES_FLAG_..., PIPES_SECURITY_...
  bool inheritable = false;                // whether a child process inherits the handle
  std::string server_owner = {};           // a SID as text or alias: speaks to that user alone; empty: to any server
};

// AnonymousOptions are the arguments of CreatePipe.
struct AnonymousOptions {
  std::uint32_t quota = 0;   // bytes, a suggestion; 0 means 4096
  bool inheritable = false;  // both ends
};

// ---------------------------------------------------------------------------------------------------------- inside --

namespace detail {

inline pipes_handle no_handle() noexcept { return PIPES_INVALID_HANDLE; }

class Category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "pipes"; }
  [[nodiscard]] std::string message(int status) const override {
    return pipes_status_message(static_cast<pipes_status>(status));
  }
  [[nodiscard]] std::error_condition default_error_condition(int status) const noexcept override {
    switch (static_cast<pipes_status>(status)) {
      case PIPES_ERROR_FILE_NOT_FOUND:
      case PIPES_ERROR_PATH_NOT_FOUND:
        return std::errc::no_such_file_or_directory;
      case PIPES_ERROR_ACCESS_DENIED:
        return std::errc::permission_denied;
      case PIPES_ERROR_INVALID_HANDLE:
        return std::errc::bad_file_descriptor;
      case PIPES_ERROR_NOT_ENOUGH_MEMORY:
        return std::errc::not_enough_memory;
      case PIPES_ERROR_NOT_SUPPORTED:
        return std::errc::not_supported;
      case PIPES_ERROR_INVALID_PARAMETER:
      case PIPES_ERROR_INVALID_NAME:
        return std::errc::invalid_argument;
      case PIPES_ERROR_FILENAME_EXCED_RANGE:
        return std::errc::filename_too_long;
      case PIPES_ERROR_BROKEN_PIPE:
        return std::errc::broken_pipe;
      case PIPES_ERROR_SEM_TIMEOUT:
      case PIPES_ERROR_WAIT_TIMEOUT:
        return std::errc::timed_out;
      case PIPES_ERROR_PIPE_BUSY:
        return std::errc::device_or_resource_busy;
      case PIPES_ERROR_PIPE_NOT_CONNECTED:
        return std::errc::not_connected;
      case PIPES_ERROR_MORE_DATA:
        return std::errc::message_size;
      case PIPES_ERROR_OPERATION_ABORTED:
        return std::errc::operation_canceled;
      case PIPES_ERROR_NO_SYSTEM_RESOURCES:
        return std::errc::resource_unavailable_try_again;
      default:
        return {status, *this};
    }
  }
};

// c_string gives the name its terminator. A name with a zero inside is none: it would be cut short.
inline Expected<std::string> c_string(std::string_view name) {
  if (name.find('\0') != std::string_view::npos) return Expected<std::string>::failure(PIPES_ERROR_INVALID_NAME);
  return std::string(name);
}

inline Expected<std::uint32_t> milliseconds(std::chrono::milliseconds time) {
  if (time.count() < 0) return Expected<std::uint32_t>::failure(PIPES_ERROR_INVALID_PARAMETER);
  if (time.count() >= std::int64_t{PIPES_INFINITE}) return PIPES_INFINITE;
  return static_cast<std::uint32_t>(time.count());
}

// readable_size caps a buffer at what one call can fill.
inline std::uint32_t readable_size(std::size_t size) noexcept {
  constexpr std::size_t kMax = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(size < kMax ? size : kMax);
}

// A message cannot be split, so a longer one is refused rather than written in parts.
inline bool writable_size(std::size_t size) noexcept { return size <= std::numeric_limits<std::uint32_t>::max(); }

inline Expected<Received> received(pipes_status status, std::uint32_t size) {
  if (status != PIPES_OK && status != PIPES_ERROR_MORE_DATA) return Expected<Received>::failure(status);
  return Received{size, status == PIPES_ERROR_MORE_DATA};
}

}  // namespace detail

inline const std::error_category& category() noexcept {
  static const detail::Category kInstance;
  return kInstance;
}

// ------------------------------------------------------------------------------------------------------------ ends --

// kNoLimit, for read_message(), takes messages of any length.
inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

// End is what a server end, a client end and both ends of an anonymous pipe have in common. It owns the handle.
class End {
 public:
  // An empty end.
  End() = default;
  // Takes over `handle`, which is closed with this object. The way from the C ABI to here.
  explicit End(pipes_handle handle) noexcept : handle_(handle) {}
  End(End&& other) noexcept : handle_(other.release()) {}
  End& operator=(End&& other) noexcept {
    if (this != &other) {
      close();
      handle_ = other.release();
    }
    return *this;
  }
  End(const End&) = delete;
  End& operator=(const End&) = delete;
  ~End() { close(); }

  // handle lends the handle for calls of pipes.h. PIPES_INVALID_HANDLE if the end is empty.
  [[nodiscard]] pipes_handle handle() const noexcept { return handle_; }
  [[nodiscard]] explicit operator bool() const noexcept { return handle_ != detail::no_handle(); }
  // release gives the handle to the caller, who closes it with pipes_close.
  [[nodiscard]] pipes_handle release() noexcept { return std::exchange(handle_, detail::no_handle()); }
  // close closes the end now. Nothing that was written is lost; what was not read is. Does not wait.
  // Win32: CloseHandle.
  void close() noexcept {
    if (*this) pipes_close(release());
  }

  // try_read reads up to `buffer.size()` bytes, in message read mode no further than the end of one message. Blocks
  // while nothing is there. Errors: PIPES_ERROR_BROKEN_PIPE once the other end has closed and everything is read; those
  // of pipes_read. A failed read consumes nothing. Win32: ReadFile.
  Expected<Received> try_read(std::span<std::byte> buffer) const {
    std::uint32_t size = 0;
    const pipes_status status =
        pipes_read(handle_, buffer.data(), detail::readable_size(buffer.size()), &size, nullptr);
    return detail::received(status, size);
  }
  Received read(std::span<std::byte> buffer) const { return try_read(buffer).value("read"); }

  // try_read_message reads one whole message, however many reads it takes; in byte read mode what one read gives.
  // `limit` protects against a peer that sends without end: a longer message fails with PIPES_ERROR_MORE_DATA, its
  // first `limit` bytes are gone and its rest stays queued, so that closing is mostly the right answer. Blocks and
  // fails as try_read does.
  Expected<std::vector<std::byte>> try_read_message(std::size_t limit = kNoLimit) const {
    return try_read_rest({}, limit);
  }
  std::vector<std::byte> read_message(std::size_t limit = kNoLimit) const {
    return try_read_message(limit).value("read message");
  }

  // try_write writes all of `data`, on a pipe of message type as one message, which may be empty, and returns the bytes
  // written: less than asked only in WaitMode::kNoWait. Blocks until what is unread fits the quota. What was written
  // outlives this end. Errors: PIPES_ERROR_NO_DATA, PIPES_ERROR_BROKEN_PIPE: the other end closed;
  // PIPES_ERROR_INVALID_PARAMETER: 4 GiB or more; those of pipes_write. Never raises a signal. Win32: WriteFile.
  Expected<std::size_t> try_write(std::span<const std::byte> data) const {
    if (!detail::writable_size(data.size())) return Expected<std::size_t>::failure(PIPES_ERROR_INVALID_PARAMETER);
    std::uint32_t size = 0;
    const pipes_status status =
        pipes_write(handle_, data.data(), static_cast<std::uint32_t>(data.size()), &size, nullptr);
    if (status != PIPES_OK) return Expected<std::size_t>::failure(status);
    return std::size_t{size};
  }
  std::size_t write(std::span<const std::byte> data) const { return try_write(data).value("write"); }

  // try_peek copies from the queue into `buffer`, which may be empty, and counts; it takes nothing. On a pipe of
  // message type it copies one message at most. Never blocks. Errors: those of pipes_peek. Win32: PeekNamedPipe.
  Expected<Peeked> try_peek(std::span<std::byte> buffer = {}) const {
    std::uint32_t copied = 0;
    std::uint32_t available = 0;
    std::uint32_t left = 0;
    const pipes_status status =
        pipes_peek(handle_, buffer.data(), detail::readable_size(buffer.size()), &copied, &available, &left);
    if (status != PIPES_OK) return Expected<Peeked>::failure(status);
    return Peeked{copied, available, left};
  }
  Peeked peek(std::span<std::byte> buffer = {}) const { return try_peek(buffer).value("peek"); }

  // try_transact sends `request` as one message and reads one message into `reply`, as a single operation. Needs a
  // duplex pipe of message type and ReadMode::kMessage here, else PIPES_ERROR_BAD_PIPE. Blocks for the reply, in every
  // wait mode. If Received::more is set, the rest of the reply comes with try_read. Errors: those of pipes_transact.
  // Win32: TransactNamedPipe.
  Expected<Received> try_transact(std::span<const std::byte> request, std::span<std::byte> reply) const {
    if (!detail::writable_size(request.size())) return Expected<Received>::failure(PIPES_ERROR_INVALID_PARAMETER);
    std::uint32_t size = 0;
    const pipes_status status = pipes_transact(handle_, request.data(), static_cast<std::uint32_t>(request.size()),
                                               reply.data(), detail::readable_size(reply.size()), &size, nullptr);
    return detail::received(status, size);
  }
  Received transact(std::span<const std::byte> request, std::span<std::byte> reply) const {
    return try_transact(request, reply).value("transact");
  }

  // The same, with the whole reply as the result. `limit` is that of try_read_message.
  Expected<std::vector<std::byte>> try_transact(std::span<const std::byte> request,
                                                std::size_t limit = kNoLimit) const {
    std::vector<std::byte> reply(kFirstRead < limit ? kFirstRead : limit);
    const Expected<Received> first = try_transact(request, std::span<std::byte>(reply));
    if (!first) return Expected<std::vector<std::byte>>::failure(first.status());
    reply.resize(first->size);
    if (!first->more) return reply;
    return try_read_rest(std::move(reply), limit);
  }
  std::vector<std::byte> transact(std::span<const std::byte> request, std::size_t limit = kNoLimit) const {
    return try_transact(request, limit).value("transact");
  }

  // try_flush blocks until the other end has read everything that was written so far through this end. Succeeds at once
  // if nothing is unread or nobody is connected. Errors: those of pipes_flush, among them
  // PIPES_ERROR_PIPE_NOT_CONNECTED on a client end that was disconnected. Win32: FlushFileBuffers.
  Expected<void> try_flush() const { return Expected<void>::from(pipes_flush(handle_)); }
  void flush() const { try_flush().value("flush"); }

  // try_info tells what is known of this end: state, quotas, instances. Never blocks. Errors: those of
  // pipes_get_local_info. NT: FilePipeLocalInformation.
  Expected<EndInfo> try_info() const {
    pipes_local_info raw{};
    raw.size = sizeof raw;
    const pipes_status status = pipes_get_local_info(handle_, &raw);
    if (status != PIPES_OK) return Expected<EndInfo>::failure(status);
    EndInfo info;
    info.type = raw.type == 0 ? Type::kByte : Type::kMessage;
    info.direction = static_cast<Direction>(raw.configuration + 1);  // 0, 1, 2 there; 1, 2, 3 here
    info.max_instances = raw.maximum_instances;
    info.instances = raw.current_instances;
    info.inbound_quota = raw.inbound_quota;
    info.outbound_quota = raw.outbound_quota;
    info.readable = raw.read_data_available;
    info.writable = raw.write_quota_available;
    info.state = static_cast<State>(raw.state);
    info.server_end = raw.end == PIPES_SERVER_END;
    return info;
  }
  EndInfo info() const { return try_info().value("query"); }

  // try_state tells the state of the instance. Never blocks. Errors: those of try_info, which a server end of an
  // outbound pipe gets: it has no right to read attributes.
  Expected<State> try_state() const {
    const Expected<EndInfo> found = try_info();
    if (!found) return Expected<State>::failure(found.status());
    return found->state;
  }
  State state() const { return try_state().value("query state"); }

  // try_modes tells the modes of this end. Never blocks. Errors: those of pipes_get_state.
  // Win32: GetNamedPipeHandleState.
  Expected<Modes> try_modes() const {
    std::uint32_t mode = 0;
    const pipes_status status = pipes_get_state(handle_, &mode, nullptr, nullptr, nullptr, nullptr, 0);
    if (status != PIPES_OK) return Expected<Modes>::failure(status);
    return Modes{(mode & PIPES_READMODE_MESSAGE) != 0 ? ReadMode::kMessage : ReadMode::kByte,
                 (mode & PIPES_NOWAIT) != 0 ? WaitMode::kNoWait : WaitMode::kWait};
  }
  Modes modes() const { return try_modes().value("query modes"); }

  // try_set_modes sets both modes of this end; the other end keeps its own. Never blocks. Errors:
  // PIPES_ERROR_INVALID_PARAMETER: message read mode on a pipe of byte type; PIPES_ERROR_PIPE_BUSY: to kNoWait while
  // something is under way; those of pipes_set_state. Win32: SetNamedPipeHandleState.
  Expected<void> try_set_modes(Modes modes) const {
    const std::uint32_t mode =
        static_cast<std::uint32_t>(modes.read_mode) | static_cast<std::uint32_t>(modes.wait_mode);
    return Expected<void>::from(pipes_set_state(handle_, &mode, nullptr, nullptr));
  }
  void set_modes(Modes modes) const { try_set_modes(modes).value("set modes"); }

  // The processes of the two ends, as the kernel knows them; 0 for one that this process cannot see. Never block.
  // Errors: PIPES_ERROR_NOT_FOUND: there is no client; those of pipes_get_client_process_id. Win32:
  // GetNamedPipeClientProcessId, GetNamedPipeServerProcessId.
  Expected<std::uint32_t> try_client_process_id() const { return query(pipes_get_client_process_id); }
  std::uint32_t client_process_id() const { return try_client_process_id().value("query client process"); }
  Expected<std::uint32_t> try_server_process_id() const { return query(pipes_get_server_process_id); }
  std::uint32_t server_process_id() const { return try_server_process_id().value("query server process"); }

  // try_set_inheritable decides whether a child process inherits the handle. Never blocks. Errors: those of
  // pipes_set_inheritable. Win32: SetHandleInformation.
  Expected<void> try_set_inheritable(bool inheritable) const {
    return Expected<void>::from(pipes_set_inheritable(handle_, inheritable ? 1 : 0));
  }
  void set_inheritable(bool inheritable) const { try_set_inheritable(inheritable).value("set inheritable"); }

  // try_native_handle lends what the system calls this end of an anonymous pipe: a descriptor on Linux, a HANDLE on
  // Windows. It lives as long as this end. Never blocks. Errors: PIPES_ERROR_INVALID_FUNCTION for a named pipe on
  // Linux.
  Expected<std::intptr_t> try_native_handle() const {
    std::intptr_t native = 0;
    const pipes_status status = pipes_get_native_handle(handle_, &native);
    if (status != PIPES_OK) return Expected<std::intptr_t>::failure(status);
    return native;
  }
  std::intptr_t native_handle() const { return try_native_handle().value("query native handle"); }

 private:
  static constexpr std::size_t kFirstRead = 4096;

  // Appends to `message` until the message ends. Doubling keeps copying linear without a call that asks for the length.
  Expected<std::vector<std::byte>> try_read_rest(std::vector<std::byte> message, std::size_t limit) const {
    using Result = Expected<std::vector<std::byte>>;
    std::size_t filled = message.size();
    for (;;) {
      const std::size_t wanted = filled < kFirstRead ? kFirstRead : filled * 2;
      message.resize(wanted < limit ? wanted : limit);
      const Expected<Received> part = try_read(std::span<std::byte>(message).subspan(filled));
      if (!part) return Result::failure(part.status());
      filled += part->size;
      if (!part->more) break;
      if (filled >= limit) return Result::failure(PIPES_ERROR_MORE_DATA);
    }
    message.resize(filled);
    return message;
  }

  Expected<std::uint32_t> query(pipes_status (*get)(pipes_handle, std::uint32_t*)) const {
    std::uint32_t result = 0;
    const pipes_status status = get(handle_, &result);
    if (status != PIPES_OK) return Expected<std::uint32_t>::failure(status);
    return result;
  }

  pipes_handle handle_ = detail::no_handle();
};

// ServerEnd owns the server end of one instance of a named pipe.
class ServerEnd : public End {
 public:
  ServerEnd() = default;
  using End::End;

  // Creates the pipe `name` and its first instance, or adds an instance to it; it listens at once. Throws Error.
  explicit ServerEnd(std::string_view name, const ServerOptions& options = {})
      : ServerEnd(try_create(name, options).value("create pipe")) {}

  // try_create is the same with the status as a value. Does not wait for clients. Errors: PIPES_ERROR_PIPE_BUSY: the
  // maximum is reached; PIPES_ERROR_ACCESS_DENIED: no right to add an instance, ServerOptions::first_instance on a name
  // that exists, or another direction than the first instance has; those of pipes_create_named.
  // Win32: CreateNamedPipe.
  static Expected<ServerEnd> try_create(std::string_view name, const ServerOptions& options = {}) {
    using Result = Expected<ServerEnd>;
    const Expected<std::string> c_name = detail::c_string(name);
    if (!c_name) return Result::failure(c_name.status());
    const Expected<std::uint32_t> timeout = detail::milliseconds(options.default_timeout);
    if (!timeout) return Result::failure(timeout.status());
    pipes_handle handle = detail::no_handle();
    const pipes_status status = pipes_create_named(c_name->c_str(), open_mode(options), pipe_mode(options),
                                                   options.max_instances, options.outbound_quota, options.inbound_quota,
                                                   *timeout, options.attributes, &handle, nullptr);
    if (status != PIPES_OK) return Result::failure(status);
    return ServerEnd(handle);
  }

  // try_connect waits until a client opens this instance, and succeeds at once if one has already. After disconnect()
  // it makes the instance listen again. Errors: PIPES_ERROR_NO_DATA: the client has come and gone, disconnect() is due;
  // PIPES_ERROR_PIPE_LISTENING: WaitMode::kNoWait and nobody came yet; those of pipes_connect.
  // Win32: ConnectNamedPipe.
  Expected<void> try_connect() const {
    const pipes_status status = pipes_connect(handle(), nullptr);
    return Expected<void>::from(status == PIPES_ERROR_PIPE_CONNECTED ? PIPES_OK : status);
  }
  void connect() const { try_connect().value("connect"); }

  // try_disconnect ends the conversation at once and throws away what is unread; flush() before it protects the last
  // reply. Never blocks. Errors: those of pipes_disconnect. Win32: DisconnectNamedPipe.
  Expected<void> try_disconnect() const { return Expected<void>::from(pipes_disconnect(handle())); }
  void disconnect() const { try_disconnect().value("disconnect"); }

 private:
  static std::uint32_t open_mode(const ServerOptions& options) noexcept {
    return static_cast<std::uint32_t>(options.direction) | options.open_flags |
           (options.first_instance ? PIPES_FLAG_FIRST_PIPE_INSTANCE : 0u);
  }
  static std::uint32_t pipe_mode(const ServerOptions& options) noexcept {
    const ReadMode natural = options.type == Type::kMessage ? ReadMode::kMessage : ReadMode::kByte;
    return static_cast<std::uint32_t>(options.type) | static_cast<std::uint32_t>(options.read_mode.value_or(natural)) |
           static_cast<std::uint32_t>(options.wait_mode) |
           (options.accept_remote ? PIPES_ACCEPT_REMOTE_CLIENTS : PIPES_REJECT_REMOTE_CLIENTS);
  }
};

// wait_available waits until some instance of `name` listens; it reserves and uses up nothing. try_wait_available
// fails with PIPES_ERROR_FILE_NOT_FOUND at once if there is no such pipe, with PIPES_ERROR_SEM_TIMEOUT when `timeout`
// is over; those of pipes_wait_available. Win32: WaitNamedPipe.
inline Expected<void> try_wait_available(std::string_view name, std::chrono::milliseconds timeout = kDefaultWait) {
  const Expected<std::string> c_name = detail::c_string(name);
  if (!c_name) return Expected<void>::failure(c_name.status());
  const Expected<std::uint32_t> time = detail::milliseconds(timeout);
  if (!time) return Expected<void>::failure(time.status());
  return Expected<void>::from(pipes_wait_available(c_name->c_str(), *time));
}
inline void wait_available(std::string_view name, std::chrono::milliseconds timeout = kDefaultWait) {
  try_wait_available(name, timeout).value("wait for pipe");
}

// ClientEnd owns the client end of one instance of a named pipe. Once the server has disconnected it every call fails
// with PIPES_ERROR_PIPE_NOT_CONNECTED; close it and open again.
class ClientEnd : public End {
 public:
  ClientEnd() = default;
  using End::End;

  // Opens the pipe `name`. Throws Error.
  explicit ClientEnd(std::string_view name, const ClientOptions& options = {})
      : ClientEnd(try_open(name, options).value("open pipe")) {}

  // try_open is the same with the status as a value. Waits only for a free instance and only for
  // ClientOptions::busy_wait: PIPES_ERROR_PIPE_BUSY without it, PIPES_ERROR_SEM_TIMEOUT when it is over. Errors:
  // PIPES_ERROR_FILE_NOT_FOUND: no such pipe; PIPES_ERROR_ACCESS_DENIED; PIPES_ERROR_INVALID_PARAMETER: message read
  // mode on a pipe of byte type; those of pipes_open. Win32: CreateFile, WaitNamedPipe, SetNamedPipeHandleState.
  static Expected<ClientEnd> try_open(std::string_view name, const ClientOptions& options = {}) {
    using Result = Expected<ClientEnd>;
    const Expected<std::string> c_name = detail::c_string(name);
    if (!c_name) return Result::failure(c_name.status());
    const Expected<std::uint32_t> wait_ms = detail::milliseconds(options.busy_wait);
    if (!wait_ms) return Result::failure(wait_ms.status());
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
      Result opened = open_once(c_name->c_str(), options);
      if (opened || opened.status() != PIPES_ERROR_PIPE_BUSY || *wait_ms == 0) return opened;
      // Waiting reserves nothing, so another client may win each time; the time left shrinks until it is used up.
      const std::uint32_t left = time_left(start, *wait_ms);
      if (left == 0) return Result::failure(PIPES_ERROR_SEM_TIMEOUT);
      const pipes_status waited = pipes_wait_available(c_name->c_str(), left);
      if (waited != PIPES_OK) return Result::failure(waited);
    }
  }

 private:
  static Expected<ClientEnd> open_once(const char* name, const ClientOptions& options) {
    using Result = Expected<ClientEnd>;
    pipes_open_options raw{};
    raw.size = sizeof raw;
    raw.inherit_handle = options.inheritable ? 1 : 0;
    const Expected<std::string> owner = detail::c_string(options.server_owner);
    if (!owner) return Result::failure(PIPES_ERROR_INVALID_SID);
    if (!owner->empty()) raw.server_owner = owner->c_str();
    const bool message = options.read_mode == ReadMode::kMessage;
    const std::uint32_t access = options.access | (message ? PIPES_FILE_WRITE_ATTRIBUTES : 0u);  // SETST-3
    pipes_handle handle = detail::no_handle();
    const pipes_status status = pipes_open(name, access, options.flags, &raw, &handle);
    if (status != PIPES_OK) return Result::failure(status);
    ClientEnd end(handle);
    if (!message) return end;
    const Expected<void> set = end.try_set_modes({ReadMode::kMessage, WaitMode::kWait});
    if (!set) return Result::failure(set.status());
    return end;
  }

  static std::uint32_t time_left(std::chrono::steady_clock::time_point start, std::uint32_t wait_ms) {
    if (wait_ms == PIPES_INFINITE) return PIPES_NMPWAIT_WAIT_FOREVER;
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    return passed.count() >= std::int64_t{wait_ms} ? 0 : static_cast<std::uint32_t>(wait_ms - passed.count());
  }
};

// AnonymousPipe owns both ends of a one-way byte pipe without a name. Move an end out to give it away.
struct AnonymousPipe {
  End read_end;
  End write_end;

  // try_create makes one. Never blocks. Errors: those of pipes_create_anonymous. Win32: CreatePipe.
  static Expected<AnonymousPipe> try_create(const AnonymousOptions& options = {}) {
    pipes_security_attributes attributes{};
    attributes.size = sizeof attributes;
    attributes.inherit_handle = options.inheritable ? 1 : 0;
    pipes_handle read_handle = detail::no_handle();
    pipes_handle write_handle = detail::no_handle();
    const pipes_status status = pipes_create_anonymous(&read_handle, &write_handle, &attributes, options.quota);
    if (status != PIPES_OK) return Expected<AnonymousPipe>::failure(status);
    return AnonymousPipe{End(read_handle), End(write_handle)};
  }
  // create is the same, throwing Error.
  static AnonymousPipe create(const AnonymousOptions& options = {}) {
    return try_create(options).value("create anonymous pipe");
  }
};

// ------------------------------------------------------------------------------------------- overlapped operations --

// Event owns an event: something to wait for that somebody sets. Win32: CreateEvent.
class Event {
 public:
  // kAutomatic: the wait that it satisfies resets it. kManual: it stays set until reset().
  enum class Reset : std::uint32_t { kAutomatic = 0, kManual = 1 };

  // Makes one. Throws Error.
  explicit Event(Reset reset = Reset::kManual, bool set = false)
      : Event(try_create(reset, set).value("create event")) {}
  // try_create is the same with the status as a value. Never blocks. Errors: those of pipes_event_create.
  static Expected<Event> try_create(Reset reset = Reset::kManual, bool set = false) {
    pipes_handle handle = detail::no_handle();
    const pipes_status status = pipes_event_create(static_cast<std::uint32_t>(reset), set ? 1 : 0, &handle);
    if (status != PIPES_OK) return Expected<Event>::failure(status);
    return Event(End(handle));
  }

  // handle lends the handle, for wait_for_any() and for pipes.h. PIPES_INVALID_HANDLE if the event was moved from.
  [[nodiscard]] pipes_handle handle() const noexcept { return owner_.handle(); }

  // try_set sets the event and releases who waits for it; try_reset resets it. Never block. Errors:
  // PIPES_ERROR_INVALID_HANDLE if it was moved from. Win32: SetEvent, ResetEvent.
  Expected<void> try_set() const { return Expected<void>::from(pipes_event_set(handle())); }
  void set() const { try_set().value("set event"); }
  Expected<void> try_reset() const { return Expected<void>::from(pipes_event_reset(handle())); }
  void reset() const { try_reset().value("reset event"); }

 private:
  explicit Event(End owner) noexcept : owner_(std::move(owner)) {}
  End owner_;
};

// try_wait_for_any waits until one of `objects`, handles of events and ends, is signalled: the first of them that is.
// try_wait_for_all: until all are. At most PIPES_WAIT_OBJECTS_MAX. Block; a `timeout` of 0 only looks. Errors:
// PIPES_ERROR_WAIT_TIMEOUT; those of pipes_wait. Win32: WaitForMultipleObjects.
inline Expected<std::size_t> try_wait_for_any(std::span<const pipes_handle> objects,
                                              std::chrono::milliseconds timeout = kForever) {
  using Result = Expected<std::size_t>;
  const Expected<std::uint32_t> time = detail::milliseconds(timeout);
  if (!time) return Result::failure(time.status());
  std::uint32_t index = 0;
  const pipes_status status = pipes_wait(objects.data(), detail::readable_size(objects.size()), 0, *time, 0, &index);
  if (status != PIPES_OK) return Result::failure(status);
  return std::size_t{index};
}
inline std::size_t wait_for_any(std::span<const pipes_handle> objects, std::chrono::milliseconds timeout = kForever) {
  return try_wait_for_any(objects, timeout).value("wait");
}
inline Expected<void> try_wait_for_all(std::span<const pipes_handle> objects,
                                       std::chrono::milliseconds timeout = kForever) {
  const Expected<std::uint32_t> time = detail::milliseconds(timeout);
  if (!time) return Expected<void>::failure(time.status());
  return Expected<void>::from(pipes_wait(objects.data(), detail::readable_size(objects.size()), 1, *time, 0, nullptr));
}
inline void wait_for_all(std::span<const pipes_handle> objects, std::chrono::milliseconds timeout = kForever) {
  try_wait_for_all(objects, timeout).value("wait");
}

// Operation is a read, a write, a connect or a transaction that goes on while its thread does something else; one at a
// time, as often as wanted. The end must have been made with PIPES_FLAG_OVERLAPPED (ServerOptions::open_flags,
// ClientOptions::flags); else the call that begins it waits.
//
//   std::array<std::byte, 4096> buffer;
//   pipes::Operation reading;
//   reading.read(end, buffer);
//   ...
//   const pipes::Received got = reading.result();
//
// Until it is over the buffer, also one that is written from, belongs to the operation. One that is destroyed or moved
// to while it is pending is cancelled and waited for, so it may stand behind its buffer on the stack; and before its
// end, or the end is closed first: a write that waits then goes on until the other end has read it or closed. An end's
// operations are not for threads that end before them, unless the end has a port.
class Operation {
 public:
  // What is told when it is over. kEvent: its own event is set, and no packet queued. kPort: a packet comes to the port
  // of its end.
  enum class Tells : std::uint32_t { kEvent, kPort };

  explicit Operation(Tells tells = Tells::kEvent) : block_(std::make_unique<Block>()), tells_(tells) {
    if (tells == Tells::kEvent) event_.emplace();
  }
  Operation(Operation&&) noexcept = default;
  Operation& operator=(Operation&& other) noexcept {
    if (this == &other) return *this;
    finish();
    block_ = std::move(other.block_);
    event_ = std::move(other.event_);
    tells_ = other.tells_;
    return *this;
  }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  ~Operation() { finish(); }

  // These begin. Success: it goes on, or is over already; what came of it, result() tells. A failure, which may be what
  // the blocking call would fail with, has begun nothing. PIPES_ERROR_PIPE_BUSY: another operation is still pending
  // here. Errors: those of pipes_read, pipes_write, pipes_connect and pipes_transact. Win32: ReadFile, WriteFile,
  // ConnectNamedPipe and TransactNamedPipe with an OVERLAPPED.
  Expected<void> try_read(const End& end, std::span<std::byte> buffer) {
    return begin(end, [&](pipes_overlapped* raw, std::uint32_t* size) {
      return pipes_read(end.handle(), buffer.data(), detail::readable_size(buffer.size()), size, raw);
    });
  }
  void read(const End& end, std::span<std::byte> buffer) { try_read(end, buffer).value("begin to read"); }

  Expected<void> try_write(const End& end, std::span<const std::byte> data) {
    if (!detail::writable_size(data.size())) return Expected<void>::failure(PIPES_ERROR_INVALID_PARAMETER);
    return begin(end, [&](pipes_overlapped* raw, std::uint32_t* size) {
      return pipes_write(end.handle(), data.data(), static_cast<std::uint32_t>(data.size()), size, raw);
    });
  }
  void write(const End& end, std::span<const std::byte> data) { try_write(end, data).value("begin to write"); }

  // A client that is there already is a success; then no packet comes, and connected_already() tells.
  Expected<void> try_connect(const ServerEnd& end) {
    return begin(end, [&](pipes_overlapped* raw, std::uint32_t*) { return pipes_connect(end.handle(), raw); });
  }
  void connect(const ServerEnd& end) { try_connect(end).value("begin to connect"); }

  // `request` and `reply` belong to the operation until it is over.
  Expected<void> try_transact(const End& end, std::span<const std::byte> request, std::span<std::byte> reply) {
    if (!detail::writable_size(request.size())) return Expected<void>::failure(PIPES_ERROR_INVALID_PARAMETER);
    return begin(end, [&](pipes_overlapped* raw, std::uint32_t* size) {
      return pipes_transact(end.handle(), request.data(), static_cast<std::uint32_t>(request.size()), reply.data(),
                            detail::readable_size(reply.size()), size, raw);
    });
  }
  void transact(const End& end, std::span<const std::byte> request, std::span<std::byte> reply) {
    try_transact(end, request, reply).value("begin to transact");
  }

  // pending tells whether it has begun and is not over. Never blocks.
  [[nodiscard]] bool pending() const noexcept {
    std::uint32_t size = 0;
    return block_ != nullptr && block_->state == State::kBegun &&
           pipes_get_overlapped_result(block_->end, &block_->raw, &size, 0, 0) == PIPES_ERROR_IO_INCOMPLETE;
  }

  // connected_already tells whether the client had come before a connect could wait for it. Never blocks.
  [[nodiscard]] bool connected_already() const noexcept {
    return block_ != nullptr && block_->state == State::kThereAlready;
  }

  // try_result waits until it is over, at most `timeout`, and tells what came of it, as often as it is asked: bytes
  // that were read or written, 0 for a connect. Errors: those of the operation; PIPES_ERROR_OPERATION_ABORTED:
  // cancelled; PIPES_ERROR_IO_INCOMPLETE: pending, and the time-out is 0; PIPES_ERROR_WAIT_TIMEOUT;
  // PIPES_ERROR_NOT_FOUND: nothing has begun. Win32: GetOverlappedResultEx.
  Expected<Received> try_result(std::chrono::milliseconds timeout = kForever) const {
    using Result = Expected<Received>;
    if (block_ == nullptr || block_->state == State::kIdle) return Result::failure(PIPES_ERROR_NOT_FOUND);
    if (block_->state == State::kThereAlready) return Received{};
    const Expected<std::uint32_t> time = detail::milliseconds(timeout);
    if (!time) return Result::failure(time.status());
    std::uint32_t size = 0;
    const pipes_status status = pipes_get_overlapped_result(block_->end, &block_->raw, &size, *time, 0);
    return detail::received(status, size);
  }
  Received result(std::chrono::milliseconds timeout = kForever) const {
    return try_result(timeout).value("overlapped operation");
  }

  // try_cancel asks it to end; it is over when result() says so, and may still have succeeded. Never blocks. Errors:
  // PIPES_ERROR_NOT_FOUND: it is not pending. Win32: CancelIoEx.
  Expected<void> try_cancel() const {
    if (!pending()) return Expected<void>::failure(PIPES_ERROR_NOT_FOUND);
    return Expected<void>::from(pipes_cancel_ex(block_->end, &block_->raw));
  }
  void cancel() const { try_cancel().value("cancel"); }

  // event lends the handle to wait for with Tells::kEvent; PIPES_INVALID_HANDLE without.
  [[nodiscard]] pipes_handle event() const noexcept { return event_ ? event_->handle() : detail::no_handle(); }
  // raw lends the structure, by whose address packets name the operation. Null if it was moved from.
  [[nodiscard]] const pipes_overlapped* raw() const noexcept { return block_ != nullptr ? &block_->raw : nullptr; }

 private:
  enum class State : std::uint32_t { kIdle, kBegun, kThereAlready };
  struct Block {  // stays where it is when the operation moves
    pipes_overlapped raw{};
    pipes_handle end = detail::no_handle();
    State state = State::kIdle;
  };

  template <class Call>
  Expected<void> begin(const End& end, Call call) {
    if (block_ == nullptr) return Expected<void>::failure(PIPES_ERROR_INVALID_HANDLE);
    if (pending()) return Expected<void>::failure(PIPES_ERROR_PIPE_BUSY);
    Block& block = *block_;
    block.raw = {};
    block.raw.event = silent(event());
    block.end = end.handle();
    block.state = State::kIdle;
    std::uint32_t size = 0;
    const pipes_status status = call(&block.raw, &size);
    switch (status) {
      case PIPES_ERROR_PIPE_CONNECTED:
        block.state = State::kThereAlready;
        if (event_) pipes_event_set(event());
        return {};
      case PIPES_OK:
      case PIPES_ERROR_MORE_DATA:
      case PIPES_ERROR_IO_PENDING:
        block.state = State::kBegun;
        return {};
      default:
        return Expected<void>::failure(status);
    }
  }

  // The event with the bit that says that no packet is wanted.
  static pipes_handle silent(pipes_handle event) noexcept {
    if (event == detail::no_handle()) return nullptr;
    return reinterpret_cast<pipes_handle>(reinterpret_cast<std::uintptr_t>(event) | 1u);
  }

  void finish() noexcept {
    if (!pending()) return;
    pipes_cancel_ex(block_->end, &block_->raw);
    std::uint32_t size = 0;
    while (pending()) {
      pipes_get_overlapped_result(block_->end, &block_->raw, &size, PIPES_INFINITE, 0);
      if (pending()) pipes_sleep(1, 0);  // the end is closed already, and nothing else to be waited for
    }
  }

  std::unique_ptr<Block> block_;
  std::optional<Event> event_;
  Tells tells_;
};

// Port owns a completion port: the place where threads hear of the operations of many ends. Win32: an I/O completion
// port.
class Port {
 public:
  // Makes one, for `concurrency` threads at once, 0 for one per processor. Throws Error.
  explicit Port(std::uint32_t concurrency = 0) : Port(try_create(concurrency).value("create port")) {}
  // try_create is the same with the status as a value. Never blocks. Errors: those of pipes_port_create.
  static Expected<Port> try_create(std::uint32_t concurrency = 0) {
    pipes_handle handle = detail::no_handle();
    const pipes_status status = pipes_port_create(concurrency, &handle);
    if (status != PIPES_OK) return Expected<Port>::failure(status);
    return Port(End(handle));
  }

  // handle lends the handle, for pipes.h. PIPES_INVALID_HANDLE if the port was closed or moved from.
  [[nodiscard]] pipes_handle handle() const noexcept { return owner_.handle(); }
  // close closes the port: whoever waits gets PIPES_ERROR_ABANDONED_WAIT_0.
  void close() noexcept { owner_.close(); }

  // Packet tells of an operation that is over, or was posted.
  struct Packet {
    std::uint64_t key = 0;
    const pipes_overlapped* raw = nullptr;  // whose
    std::size_t size = 0;                   // bytes that it read or wrote

    // is_of tells whether it is the packet of `operation`, whose result() then is there.
    [[nodiscard]] bool is_of(const Operation& operation) const noexcept {
      return raw != nullptr && raw == operation.raw();
    }
  };

  // try_add has what completes at `end`, from now on and for good, come here with `key`. Never blocks. Errors:
  // PIPES_ERROR_INVALID_PARAMETER: not overlapped, or added to a port already; those of pipes_port_associate.
  Expected<void> try_add(const End& end, std::uint64_t key) const {
    return Expected<void>::from(pipes_port_associate(handle(), end.handle(), key));
  }
  void add(const End& end, std::uint64_t key) const { try_add(end, key).value("add to port"); }

  // try_post queues a packet of one's own. Never blocks. Errors: those of pipes_port_post.
  Expected<void> try_post(std::uint64_t key, std::uint32_t size = 0) const {
    return Expected<void>::from(pipes_port_post(handle(), size, key, nullptr));
  }
  void post(std::uint64_t key, std::uint32_t size = 0) const { try_post(key, size).value("post to port"); }

  // try_take takes a packet, or as many as there are and `packets` has room for, and waits for the first, at most
  // `timeout`. Blocks. Errors: PIPES_ERROR_WAIT_TIMEOUT; PIPES_ERROR_ABANDONED_WAIT_0: the port was closed; those of
  // pipes_port_get_many. Win32: GetQueuedCompletionStatus, GetQueuedCompletionStatusEx.
  Expected<Packet> try_take(std::chrono::milliseconds timeout = kForever) const {
    Packet packet;
    const Expected<std::size_t> taken = try_take(std::span(&packet, 1), timeout);
    if (!taken) return Expected<Packet>::failure(taken.status());
    return packet;
  }
  Packet take(std::chrono::milliseconds timeout = kForever) const { return try_take(timeout).value("take from port"); }
  Expected<std::size_t> try_take(std::span<Packet> packets, std::chrono::milliseconds timeout = kForever) const {
    using Result = Expected<std::size_t>;
    constexpr std::size_t kTakenMax = 64;
    const Expected<std::uint32_t> time = detail::milliseconds(timeout);
    if (!time) return Result::failure(time.status());
    std::array<pipes_port_entry, kTakenMax> entries;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
    const auto room = static_cast<std::uint32_t>(packets.size() < kTakenMax ? packets.size() : kTakenMax);
    std::uint32_t taken = 0;
    const pipes_status status = pipes_port_get_many(handle(), entries.data(), room, &taken, *time, 0);
    if (status != PIPES_OK) return Result::failure(status);
    for (std::size_t i = 0; i < taken; ++i) {
      packets[i] = {entries[i].key, entries[i].overlapped, entries[i].transferred};
    }
    return std::size_t{taken};
  }
  std::size_t take(std::span<Packet> packets, std::chrono::milliseconds timeout = kForever) const {
    return try_take(packets, timeout).value("take from port");
  }

 private:
  explicit Port(End owner) noexcept : owner_(std::move(owner)) {}
  End owner_;
};

// -------------------------------------------------------------------------------------------- calls without a handle --

// call opens the message-type pipe `name`, sends `request`, reads one message into `reply` and closes. `timeout` bounds
// the wait for a free instance only; 1 ms means not to wait (PIPES_NMPWAIT_NOWAIT). If Received::more is set, the reply
// was longer and its rest is lost. Blocks. Errors of try_call: those of pipes_call. Win32: CallNamedPipe.
inline Expected<Received> try_call(std::string_view name, std::span<const std::byte> request,
                                   std::span<std::byte> reply, std::chrono::milliseconds timeout = kDefaultWait) {
  using Result = Expected<Received>;
  const Expected<std::string> c_name = detail::c_string(name);
  if (!c_name) return Result::failure(c_name.status());
  const Expected<std::uint32_t> time = detail::milliseconds(timeout);
  if (!time) return Result::failure(time.status());
  if (!detail::writable_size(request.size())) return Result::failure(PIPES_ERROR_INVALID_PARAMETER);
  std::uint32_t size = 0;
  const pipes_status status = pipes_call(c_name->c_str(), request.data(), static_cast<std::uint32_t>(request.size()),
                                         reply.data(), detail::readable_size(reply.size()), &size, *time);
  return detail::received(status, size);
}
inline Received call(std::string_view name, std::span<const std::byte> request, std::span<std::byte> reply,
                     std::chrono::milliseconds timeout = kDefaultWait) {
  return try_call(name, request, reply, timeout).value("call pipe");
}

// list returns the pipes that exist, each once, in no certain order; those that come or go meanwhile may be missed.
// Errors of try_list: those of pipes_enumerate. Win32: FindFirstFile on `\\.\pipe\*`.
inline Expected<std::vector<PipeInfo>> try_list() {
  struct Context {
    std::vector<PipeInfo> pipes;
    bool out_of_memory = false;
  } context;
  // No exception may pass through the C library that calls this.
  const auto add = [](const pipes_pipe_info* raw, void* pointer) noexcept -> int {
    auto& found = *static_cast<Context*>(pointer);
    try {
      PipeInfo pipe;
      pipe.name = raw->name;
      pipe.instances = raw->instances;
      pipe.max_instances = raw->max_instances;
      if (raw->type != 0xFFFFFFFFu) pipe.type = static_cast<Type>(raw->type);
      if (raw->access != 0) pipe.direction = static_cast<Direction>(raw->access);
      pipe.server_process_id = raw->server_process_id;
      if (raw->owner_uid != 0xFFFFFFFFu) pipe.owner_uid = raw->owner_uid;
      if (raw->descriptor != nullptr) {
        const auto* const bytes = static_cast<const std::byte*>(raw->descriptor);
        pipe.descriptor.assign(bytes, bytes + raw->descriptor_size);
      }
      found.pipes.push_back(std::move(pipe));
      return 1;
    } catch (...) {
      found.out_of_memory = true;
      return 0;
    }
  };
  const pipes_status status = pipes_enumerate(add, &context);
  if (status != PIPES_OK) return Expected<std::vector<PipeInfo>>::failure(status);
  if (context.out_of_memory) return Expected<std::vector<PipeInfo>>::failure(PIPES_ERROR_NOT_ENOUGH_MEMORY);
  return std::move(context.pipes);
}
inline std::vector<PipeInfo> list() { return try_list().value("list pipes"); }

// current_thread names the calling thread for cancel_synchronous, until it ends. Never fails.
[[nodiscard]] inline pipes_thread current_thread() noexcept { return pipes_current_thread(); }

// cancel_synchronous asks the blocking call that `thread` is in to end with PIPES_ERROR_OPERATION_ABORTED; it may still
// succeed. Never blocks. PIPES_ERROR_NOT_FOUND: the thread does not block in a call of this library;
// PIPES_ERROR_INVALID_HANDLE: there is no such thread. Win32: CancelSynchronousIo.
inline Expected<void> try_cancel_synchronous(pipes_thread thread) {
  return Expected<void>::from(pipes_cancel_synchronous(thread));
}
inline void cancel_synchronous(pipes_thread thread) { try_cancel_synchronous(thread).value("cancel"); }

}  // namespace v1
}  // namespace pipes
