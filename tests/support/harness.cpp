// The domain helpers of the tests, each a thin dress over one call of the C ABI.
#include "support/harness.h"

#include <atomic>
#include <cstdlib>

#include "support/platform.h"

namespace pipes::test {
namespace {

constexpr uint32_t kSanitizerFactor = 10;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PIPES_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define PIPES_TEST_SANITIZED 1
#endif
#endif
#ifndef PIPES_TEST_SANITIZED
#define PIPES_TEST_SANITIZED 0
#endif

// The outputs of a call that fills a buffer, read back from it.
std::string filled_part(const std::vector<char>& buffer, uint32_t count) {
  return count <= buffer.size() ? std::string(buffer.data(), count) : std::string();
}

uint32_t length(std::string_view bytes) { return static_cast<uint32_t>(bytes.size()); }

using IdQuery = pipes_status (*)(pipes_handle, uint32_t*);

Id ask_id(IdQuery query, pipes_handle handle) {
  Id id;
  id.status = query(handle, &id.value);
  return id;
}

}  // namespace

std::string unique_name() {
  static std::atomic<uint32_t> counter{0};
  return R"(\\.\pipe\pipes-test.)" + std::to_string(platform::process_id()) + "." + std::to_string(++counter);
}

int time_factor() {
  const char* const text = std::getenv("PIPES_TEST_TIME_FACTOR");
  const int asked = text != nullptr ? std::atoi(text) : 1;
  return (asked > 0 ? asked : 1) * (PIPES_TEST_SANITIZED ? static_cast<int>(kSanitizerFactor) : 1);
}

Code Handle::close() {
  const pipes_handle old = std::exchange(handle_, PIPES_INVALID_HANDLE);
  return old != PIPES_INVALID_HANDLE ? pipes_close(old) : PIPES_OK;
}

ServerOptions byte_pipe() { return {.pipe_mode = PIPES_TYPE_BYTE}; }

ServerOptions message_pipe() { return {.pipe_mode = PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE}; }

Opened try_create_server(const std::string& name, const ServerOptions& options,
                         const pipes_security_attributes* attributes) {
  pipes_handle handle = PIPES_INVALID_HANDLE;
  Opened opened;
  opened.disposition = kUntouched;
  opened.status =
      pipes_create_named(name.c_str(), options.open_mode, options.pipe_mode, options.max_instances, options.out_buffer,
                         options.in_buffer, options.default_timeout, attributes, &handle, &opened.disposition);
  opened.handle = Handle(handle);
  return opened;
}

Opened try_open(const std::string& name, uint32_t access, uint32_t flags) {
  pipes_handle handle = PIPES_INVALID_HANDLE;
  Opened opened;
  opened.status = pipes_open(name.c_str(), access, flags, nullptr, &handle);
  opened.handle = Handle(handle);
  return opened;
}

Handle create_server(const std::string& name, const ServerOptions& options) {
  Opened opened = try_create_server(name, options);
  EXPECT_STATUS(PIPES_OK, opened.status) << "creating " << name;
  return std::move(opened.handle);
}

Handle open_client(const std::string& name, uint32_t access) {
  Opened opened = try_open(name, access);
  EXPECT_STATUS(PIPES_OK, opened.status) << "opening " << name;
  return std::move(opened.handle);
}

uint32_t client_access_for(uint32_t open_mode) {
  switch (open_mode & PIPES_ACCESS_DUPLEX) {
    case PIPES_ACCESS_INBOUND:
      return PIPES_GENERIC_WRITE | PIPES_FILE_READ_ATTRIBUTES;
    case PIPES_ACCESS_OUTBOUND:
      return PIPES_GENERIC_READ | PIPES_FILE_WRITE_ATTRIBUTES;
    default:
      return kReadWrite;
  }
}

Pair connected_pair(const ServerOptions& options) {
  Pair pair;
  pair.name = unique_name();
  pair.server = create_server(pair.name, options);
  pair.client = open_client(pair.name, client_access_for(options.open_mode));
  if ((options.pipe_mode & PIPES_READMODE_MESSAGE) != 0) {
    EXPECT_STATUS(PIPES_OK, set_mode(pair.client, PIPES_READMODE_MESSAGE));
  }
  return pair;
}

Received read(pipes_handle handle, uint32_t size) {
  std::vector<char> buffer(size);
  Received received;
  received.status = pipes_read(handle, buffer.data(), size, &received.transferred, nullptr);
  received.bytes = filled_part(buffer, received.transferred);
  return received;
}

Received transact(pipes_handle handle, std::string_view request, uint32_t reply_size) {
  std::vector<char> buffer(reply_size);
  Received received;
  received.status = pipes_transact(handle, request.data(), length(request), buffer.data(), reply_size,
                                   &received.transferred, nullptr);
  received.bytes = filled_part(buffer, received.transferred);
  return received;
}

Received call(const std::string& name, std::string_view request, uint32_t reply_size, uint32_t timeout) {
  std::vector<char> buffer(reply_size);
  Received received;
  received.status = pipes_call(name.c_str(), request.data(), length(request), buffer.data(), reply_size,
                               &received.transferred, timeout);
  received.bytes = filled_part(buffer, received.transferred);
  return received;
}

Sent write(pipes_handle handle, std::string_view bytes) {
  Sent sent;
  sent.status = pipes_write(handle, bytes.data(), length(bytes), &sent.transferred, nullptr);
  return sent;
}

Peeked peek(pipes_handle handle, uint32_t size) {
  std::vector<char> buffer(size);
  Peeked peeked;
  peeked.status = pipes_peek(handle, size > 0 ? buffer.data() : nullptr, size, &peeked.transferred, &peeked.available,
                             &peeked.left_this_message);
  peeked.bytes = filled_part(buffer, peeked.transferred);
  return peeked;
}

Info get_info(pipes_handle handle) {
  Info info;
  info.status = pipes_get_info(handle, &info.flags, &info.out_buffer, &info.in_buffer, &info.max_instances);
  return info;
}

LocalInfo get_local_info(pipes_handle handle) {
  LocalInfo info;
  info.value.size = sizeof(info.value);
  info.status = pipes_get_local_info(handle, &info.value);
  return info;
}

State get_state(pipes_handle handle) {
  State state;
  state.status = pipes_get_state(handle, &state.mode, &state.current_instances, nullptr, nullptr, nullptr, 0);
  return state;
}

Code set_mode(pipes_handle handle, uint32_t mode) { return pipes_set_state(handle, &mode, nullptr, nullptr); }

Id client_process_id(pipes_handle handle) { return ask_id(pipes_get_client_process_id, handle); }
Id server_process_id(pipes_handle handle) { return ask_id(pipes_get_server_process_id, handle); }
Id client_session_id(pipes_handle handle) { return ask_id(pipes_get_client_session_id, handle); }
Id server_session_id(pipes_handle handle) { return ask_id(pipes_get_server_session_id, handle); }

Code client_computer_name(pipes_handle handle) {
  char name[64] = {};
  return pipes_get_client_computer_name(handle, name, sizeof(name));
}

Code connect(pipes_handle server) { return pipes_connect(server, nullptr); }
Code disconnect(pipes_handle server) { return pipes_disconnect(server); }
Code flush(pipes_handle handle) { return pipes_flush(handle); }
Code wait_available(const std::string& name, uint32_t timeout) { return pipes_wait_available(name.c_str(), timeout); }

RuntimeFolder::RuntimeFolder() : path_(platform::make_private_folder()) {
  platform::set_environment("PIPES_RUNTIME_DIR", path_);
}

RuntimeFolder::~RuntimeFolder() { platform::remove_folder(path_); }

std::vector<std::string> RuntimeFolder::leavings() const {
  (void)pipes_enumerate([](const pipes_pipe_info*, void*) { return 1; }, nullptr);
  return platform::folder_contents(path_);
}

bool eventually(const std::function<bool()>& happened) {
  const Stopwatch watch;
  while (!happened()) {
    if (watch.elapsed() > std::chrono::seconds(20)) return false;
    platform::let_others_run();
  }
  return true;
}

}  // namespace pipes::test
