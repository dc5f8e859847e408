// Overlapped operations, ports and ends: see the header.
#include "support/overlapped.h"

#include <algorithm>
#include <atomic>
#include <ostream>
#include <utility>

namespace pipes::test {
namespace {

std::vector<RoutineCall>& routine_calls_of_this_thread() {
  thread_local std::vector<RoutineCall> calls;
  return calls;
}

uint32_t length(size_t size) { return static_cast<uint32_t>(size); }

struct Number {
  uint64_t value;
};

std::ostream& operator<<(std::ostream& stream, Number number) {
  if (number.value == kUntouched) return stream << "untouched";
  return stream << number.value;
}

}  // namespace

// ---------------------------------------------------------------------------------------------------- events and waits

Handle new_event(bool set, Reset reset) {
  pipes_handle event = PIPES_INVALID_HANDLE;
  EXPECT_STATUS(PIPES_OK, pipes_event_create(static_cast<uint32_t>(reset), set ? 1 : 0, &event));
  return Handle(event);
}

bool is_signalled(pipes_handle object) {
  const Code status = pipes_wait(&object, 1, 0, 0, 0, nullptr);
  if (!status.ok()) {
    EXPECT_STATUS(PIPES_ERROR_WAIT_TIMEOUT, status);
  }
  return status.ok();
}

Code wait_for(pipes_handle object) { return pipes_wait(&object, 1, 0, PIPES_INFINITE, 0, nullptr); }

Waited wait_for_several(const std::vector<pipes_handle>& objects, WaitFor what, uint32_t timeout, Alertable alertable) {
  Waited waited;
  waited.status = pipes_wait(objects.data(), length(objects.size()), static_cast<uint32_t>(what), timeout,
                             static_cast<uint32_t>(alertable), &waited.index);
  return waited;
}

bool operator==(const Waited& left, const Waited& right) {
  return left.status == right.status && left.index == right.index;
}

void PrintTo(const Waited& value, std::ostream* stream) {
  *stream << value.status << ", index " << Number{value.index};
}

// ---------------------------------------------------------------------------------------------------------- operations

// What belongs to the library while an operation is pending.
struct Overlapped::Block : pipes_overlapped {
  std::vector<char> buffer;
  Then then;
  bool routine_due = false;
  pipes_thread routine_thread = 0;
};

bool operator==(const RoutineCall& left, const RoutineCall& right) {
  return left.status == right.status && left.transferred == right.transferred && left.overlapped == right.overlapped;
}

void PrintTo(const RoutineCall& value, std::ostream* stream) {
  *stream << value.status << ", count " << value.transferred << ", structure " << value.overlapped;
}

std::vector<RoutineCall> take_routine_calls() { return std::exchange(routine_calls_of_this_thread(), {}); }

Overlapped::Overlapped(ToldBy told_by) : block_(std::make_unique<Block>()) {
  if (told_by == ToldBy::kEvent) event_ = new_event();
  block_->event = event_.valid() ? static_cast<pipes_handle>(event_) : nullptr;
}

Overlapped::Overlapped(Overlapped&&) noexcept = default;

// A failed test may leave anything pending. What cannot be ended stays the library's: better lost than written to.
Overlapped::~Overlapped() {
  if (block_ == nullptr) return;
  if (begun_ && pending()) {
    (void)pipes_cancel_ex(handle_, block_.get());
    if (!eventually([this] { return !pending(); })) {
      (void)block_.release();
      return;
    }
  }
  // The routine of a thread that has ended is lost (APC-12).
  if (!block_->routine_due || block_->routine_thread != pipes_current_thread()) return;
  block_->then = {};
  (void)pipes_sleep(0, 1);
  if (block_->routine_due) (void)block_.release();
}

void Overlapped::prepare(pipes_handle handle, size_t room) {
  handle_ = handle;
  count_ = kUntouched;
  begun_ = true;
  block_->buffer.assign(room, '\0');
}

// What has begun may be another thread's by now.
Code Overlapped::begun(Code status) {
  const bool has_begun = status.ok() || status == PIPES_ERROR_MORE_DATA || status == PIPES_ERROR_IO_PENDING;
  if (!has_begun) begun_ = false;
  return status;
}

uint32_t* Overlapped::count_wanted() { return event_.valid() ? &count_ : nullptr; }

// The routine cannot have run yet (APC-5). Wine says 234 of what is cut short at once, and calls it all the same.
Code Overlapped::begun_with_routine(Code status) {
  begun(status);
  block_->routine_due = begun_;
  return status;
}

Code Overlapped::read(pipes_handle handle, uint32_t size) {
  prepare(handle, size);
  return begun(pipes_read(handle, block_->buffer.data(), size, count_wanted(), block_.get()));
}

Code Overlapped::write(pipes_handle handle, std::string_view bytes) {
  prepare(handle, bytes.size());
  std::ranges::copy(bytes, block_->buffer.begin());
  return begun(pipes_write(handle, block_->buffer.data(), length(bytes.size()), count_wanted(), block_.get()));
}

Code Overlapped::connect(pipes_handle handle) {
  prepare(handle, 0);
  return begun(pipes_connect(handle, block_.get()));
}

// The request lies behind the reply: it belongs to the library as long. Wine does not say itself that the operation is
// pending (TRANS-11), and then takes it for completed.
Code Overlapped::transact(pipes_handle handle, std::string_view request, uint32_t reply_size) {
  prepare(handle, reply_size + request.size());
  std::ranges::copy(request, block_->buffer.begin() + reply_size);
  block_->internal = kNtPending;
  return begun(pipes_transact(handle, block_->buffer.data() + reply_size, length(request.size()), block_->buffer.data(),
                              reply_size, count_wanted(), block_.get()));
}

void Overlapped::routine(pipes_status status, uint32_t transferred, pipes_overlapped* overlapped) {
  routine_calls_of_this_thread().push_back({status, transferred, overlapped});
  auto* const block = static_cast<Block*>(overlapped);
  block->routine_due = false;
  if (const Then then = std::exchange(block->then, {})) then();
}

Code Overlapped::read_ex(pipes_handle handle, uint32_t size, Then then) {
  prepare(handle, size);
  block_->then = std::move(then);
  block_->routine_thread = pipes_current_thread();
  return begun_with_routine(pipes_read_ex(handle, block_->buffer.data(), size, block_.get(), &Overlapped::routine));
}

Code Overlapped::write_ex(pipes_handle handle, std::string_view bytes, Then then) {
  prepare(handle, bytes.size());
  std::ranges::copy(bytes, block_->buffer.begin());
  block_->then = std::move(then);
  block_->routine_thread = pipes_current_thread();
  return begun_with_routine(
      pipes_write_ex(handle, block_->buffer.data(), length(bytes.size()), block_.get(), &Overlapped::routine));
}

// The library stores the status last, with release order where threads can meet it.
uint64_t Overlapped::internal() const {
  return std::atomic_ref<uint64_t>(block_->internal).load(std::memory_order_acquire);
}

bool Overlapped::pending() const { return internal() == kNtPending; }

Received Overlapped::received(uint32_t timeout, Alertable alertable) {
  Received received;
  received.status = pipes_get_overlapped_result(handle_, block_.get(), &received.transferred, timeout,
                                                static_cast<uint32_t>(alertable));
  received.bytes = buffer(received.transferred);
  return received;
}

Sent Overlapped::sent(uint32_t timeout, Alertable alertable) {
  Sent sent;
  sent.status =
      pipes_get_overlapped_result(handle_, block_.get(), &sent.transferred, timeout, static_cast<uint32_t>(alertable));
  return sent;
}

Code Overlapped::status(uint32_t timeout, Alertable alertable) { return sent(timeout, alertable).status; }

pipes_overlapped& Overlapped::structure() { return *block_; }

// The thread sanitizer is not told: it does not see that what is written later, by another process's doing, comes after
// a look into a buffer that is the library's still.
#if defined(__SANITIZE_THREAD__)
[[gnu::no_sanitize("thread")]]
#endif
std::string
Overlapped::buffer(size_t count) const {
  if (count > block_->buffer.size()) return {};
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes.push_back(block_->buffer[i]);
  return bytes;
}

RoutineCall Overlapped::call(Code status, size_t transferred) const {
  return {status, length(transferred), block_.get()};
}

// --------------------------------------------------------------------------------------------------- completion ports

Handle new_port(uint32_t concurrency) {
  pipes_handle port = PIPES_INVALID_HANDLE;
  EXPECT_STATUS(PIPES_OK, pipes_port_create(concurrency, &port));
  return Handle(port);
}

Packet take_packet(pipes_handle port, uint32_t timeout) {
  Packet packet;
  pipes_overlapped* overlapped = nullptr;
  packet.status = pipes_port_get(port, &packet.transferred, &packet.key, &overlapped, timeout);
  packet.overlapped = overlapped;
  return packet;
}

Packet packet(Code status, size_t transferred, uint64_t key, Overlapped& operation) {
  return {status, length(transferred), key, &operation.structure()};
}

Packet no_packet(Code status) { return {.status = status}; }

bool operator==(const Packet& left, const Packet& right) {
  return left.status == right.status && left.transferred == right.transferred && left.key == right.key &&
         left.overlapped == right.overlapped;
}

void PrintTo(const Packet& value, std::ostream* stream) {
  *stream << value.status << ", count " << Number{value.transferred} << ", key " << Number{value.key} << ", structure "
          << value.overlapped;
}

Packets take_packets(pipes_handle port, uint32_t count, uint32_t timeout, Alertable alertable) {
  Packets packets;
  packets.entries.resize(count);
  packets.status = pipes_port_get_many(port, packets.entries.data(), count, &packets.taken, timeout,
                                       static_cast<uint32_t>(alertable));
  packets.entries.resize(std::min(packets.taken, count));
  return packets;
}

// --------------------------------------------------------------------------------------------------- overlapped ends

ServerOptions overlapped(ServerOptions options) {
  options.open_mode |= PIPES_FLAG_OVERLAPPED;
  return options;
}

Handle open_overlapped(const std::string& name, uint32_t read_mode) {
  Opened opened = try_open(name, kReadWrite, PIPES_FLAG_OVERLAPPED);
  EXPECT_STATUS(PIPES_OK, opened.status) << "opening " << name;
  if (read_mode != PIPES_READMODE_BYTE) {
    EXPECT_STATUS(PIPES_OK, set_mode(opened.handle, read_mode));
  }
  return std::move(opened.handle);
}

OverlappedPair OverlappedEnds::overlapped_server(const ServerOptions& options) {
  const std::string name = unique_name();
  Handle server = create_server(name, overlapped(options));
  EndActor client = opened_client(name);
  if ((options.pipe_mode & PIPES_READMODE_MESSAGE) != 0) {
    EXPECT_STATUS(PIPES_OK, client.set_mode(PIPES_READMODE_MESSAGE));
  }
  return {.name = name, .peer = std::move(client), .end = std::move(server)};
}

OverlappedPair OverlappedEnds::overlapped_client(const ServerOptions& options) {
  const std::string name = unique_name();
  EndActor server(client_host());
  EXPECT_STATUS(PIPES_OK, server.create_named(name, options)) << "creating " << name;
  Handle client = open_overlapped(name, options.pipe_mode & PIPES_READMODE_MESSAGE);
  return {.name = name, .peer = std::move(server), .end = std::move(client)};
}

}  // namespace pipes::test
