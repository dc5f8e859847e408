// Windows: named ends are overlapped ones. A call on one is started, and then two events are waited for, its own and
// the one that interrupts. Ends of anonymous pipes are synchronous: a call on one waits in the kernel, whatever it is
// given, and ends when its thread is cancelled; each of them is used by one thread alone.
#include <windows.h>

#include <array>
#include <new>

#include "cli/waiting_calls.h"

namespace pipes::cli {
namespace {

class Event {
 public:
  Event() : event_(::CreateEventW(nullptr, TRUE, FALSE, nullptr)) {
    if (event_ == nullptr) throw std::bad_alloc();
  }
  ~Event() { ::CloseHandle(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  [[nodiscard]] HANDLE get() const { return event_; }

 private:
  HANDLE event_;
};

// A call that is under way, or over.
struct Outcome {
  pipes_status status = PIPES_OK;
  std::uint32_t transferred = 0;
};

// Starts `call(pipes_overlapped*)` on `end` and waits for its end. A thread waits for one call at a time.
template <class Call>
Outcome complete(const End& end, HANDLE interrupted, Call call) {
  thread_local const Event own;
  pipes_overlapped overlapped{};
  overlapped.event = reinterpret_cast<pipes_handle>(own.get());
  const pipes_status status = call(&overlapped);
  if (status != PIPES_ERROR_IO_PENDING) return {status, static_cast<std::uint32_t>(overlapped.internal_high)};
  const auto handle = reinterpret_cast<HANDLE>(end.handle());
  const auto kernels = reinterpret_cast<OVERLAPPED*>(&overlapped);
  const std::array<HANDLE, 2> events{own.get(), interrupted};
  if (::WaitForMultipleObjects(events.size(), events.data(), FALSE, INFINITE) != WAIT_OBJECT_0) {
    ::CancelIoEx(handle, kernels);
  }
  DWORD transferred = 0;
  const BOOL done = ::GetOverlappedResult(handle, kernels, &transferred, TRUE);
  return {done != FALSE ? PIPES_OK : ::GetLastError(), transferred};
}

}  // namespace

const std::uint32_t kSharedEndFlags = PIPES_FLAG_OVERLAPPED;

struct Transfers::Interruption {
  Event event;
};

Transfers::Transfers() : interruption_(std::make_shared<Interruption>()) {}

Expected<Received> Transfers::read(const End& end, std::span<std::byte> buffer) {
  const auto size = static_cast<std::uint32_t>(buffer.size());
  const Outcome outcome = complete(end, interruption_->event.get(), [&](pipes_overlapped* overlapped) {
    return pipes_read(end.handle(), buffer.data(), size, nullptr, overlapped);
  });
  if (outcome.status != PIPES_OK && outcome.status != PIPES_ERROR_MORE_DATA) {
    return Expected<Received>::failure(outcome.status);
  }
  return Received{outcome.transferred, outcome.status == PIPES_ERROR_MORE_DATA};
}

Expected<void> Transfers::write(const End& end, std::span<const std::byte> bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const Outcome outcome = complete(end, interruption_->event.get(), [&](pipes_overlapped* overlapped) {
    return pipes_write(end.handle(), bytes.data(), size, nullptr, overlapped);
  });
  return Expected<void>::from(outcome.status);
}

Expected<void> Transfers::connect(const ServerEnd& end) {
  const Outcome outcome = complete(end, interruption_->event.get(), [&](pipes_overlapped* overlapped) {
    return pipes_connect(end.handle(), overlapped);
  });
  return Expected<void>::from(outcome.status == PIPES_ERROR_PIPE_CONNECTED ? PIPES_OK : outcome.status);
}

void Transfers::interrupt() const { ::SetEvent(interruption_->event.get()); }

}  // namespace pipes::cli
