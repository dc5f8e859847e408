#include "win32/waits.h"

#include <array>
#include <vector>

#include "support/deadline.h"
#include "win32/last_error.h"
#include "win32/processes.h"
#include "win32/threads.h"

namespace pipes::win32 {
namespace {

class TimeLeft {
 public:
  explicit TimeLeft(DWORD timeout_ms)
      : deadline_(timeout_ms == INFINITE ? Deadline::never() : Deadline::after_ms(timeout_ms)) {}
  [[nodiscard]] DWORD ms() const {
    return deadline_.is_never() ? INFINITE : static_cast<DWORD>(deadline_.timeout_ms_for_poll());
  }

 private:
  Deadline deadline_;
};

std::shared_ptr<Object> object_to_wait_for(HANDLE handle) {
  if (handle == GetCurrentThread()) return Thread::current();
  if (handle == GetCurrentProcess()) return Process::open(GetCurrentProcessId());
  return find_object(handle);
}

DWORD wait_result(Status status, uint32_t index) {
  switch (status) {
    case PIPES_OK:
      return WAIT_OBJECT_0 + index;
    case PIPES_ERROR_WAIT_TIMEOUT:
    case PIPES_WAIT_IO_COMPLETION:  // WAIT_TIMEOUT and WAIT_IO_COMPLETION are these numbers
      return status;
    default:
      return fail(status, WAIT_FAILED);
  }
}

bool may_have(const Waited& waited) { return waited.object == nullptr || waited.object->take(); }

bool is_mine(const Waited& waited) { return waited.object != nullptr && waited.object->is_mine(); }

DWORD wait_for_any(std::span<const Waited> waited, std::span<const pipes_handle> events, const TimeLeft& left,
                   bool alertable) {
  for (std::size_t i = 0; i < waited.size(); ++i) {
    if (is_mine(waited[i]) && may_have(waited[i])) return WAIT_OBJECT_0 + static_cast<DWORD>(i);
  }
  for (;;) {
    uint32_t index = 0;
    const Status status =
        pipes_wait(events.data(), static_cast<uint32_t>(events.size()), 0, left.ms(), alertable, &index);
    if (status != PIPES_OK || may_have(waited[index])) return wait_result(status, index);
  }
}

DWORD wait_for_all(std::span<const Waited> waited, const TimeLeft& left, bool alertable) {
  std::vector<pipes_handle> events;
  for (const Waited& one : waited) {
    if (!is_mine(one)) events.push_back(one.event);
  }
  if (!events.empty()) {
    const Status status =
        pipes_wait(events.data(), static_cast<uint32_t>(events.size()), 1, left.ms(), alertable, nullptr);
    if (status != PIPES_OK) return wait_result(status, 0);
  }
  for (const Waited& one : waited) {
    // Another thread was quicker with this one: it is the only one that is still missing.
    while (!may_have(one)) (void)pipes_wait(&one.event, 1, 0, PIPES_INFINITE, 0, nullptr);
  }
  return WAIT_OBJECT_0;
}

}  // namespace

Status find_waited(HANDLE handle, Waited* waited) {
  if (!belongs_to_layer(handle) && handle != GetCurrentProcess()) {
    waited->event = engine_handle(handle);
    return PIPES_OK;
  }
  waited->object = object_to_wait_for(handle);
  waited->event = waited->object == nullptr ? nullptr : waited->object->event();
  return waited->event == nullptr ? PIPES_ERROR_INVALID_HANDLE : PIPES_OK;
}

DWORD wait_for(std::span<const Waited> waited, bool wait_all, DWORD timeout_ms, bool alertable) {
  const TimeLeft left(timeout_ms);
  if (wait_all) return wait_for_all(waited, left, alertable);
  std::array<pipes_handle, MAXIMUM_WAIT_OBJECTS> events{};
  for (std::size_t i = 0; i < waited.size(); ++i) events[i] = waited[i].event;
  return wait_for_any(waited, std::span(events).first(waited.size()), left, alertable);
}

}  // namespace pipes::win32

using namespace pipes::win32;

DWORD WaitForMultipleObjectsEx(DWORD nCount, const HANDLE* lpHandles, BOOL bWaitAll, DWORD dwMilliseconds,
                               BOOL bAlertable) {
  if (nCount == 0 || nCount > MAXIMUM_WAIT_OBJECTS || lpHandles == nullptr) {
    return fail(ERROR_INVALID_PARAMETER, WAIT_FAILED);
  }
  return guarded(WAIT_FAILED, [&] {
    std::array<Waited, MAXIMUM_WAIT_OBJECTS> waited;
    for (DWORD i = 0; i < nCount; ++i) {
      if (const pipes::Status status = find_waited(lpHandles[i], &waited[i])) return fail(status, WAIT_FAILED);
    }
    return wait_for(std::span(waited).first(nCount), bWaitAll != FALSE, dwMilliseconds, bAlertable != FALSE);
  });
}

DWORD WaitForMultipleObjects(DWORD nCount, const HANDLE* lpHandles, BOOL bWaitAll, DWORD dwMilliseconds) {
  return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

DWORD WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable) {
  return WaitForMultipleObjectsEx(1, &hHandle, FALSE, dwMilliseconds, bAlertable);
}

DWORD WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds) {
  return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

DWORD SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn, DWORD dwMilliseconds, BOOL bAlertable) {
  if (!belongs_to_layer(hObjectToSignal) && !belongs_to_layer(hObjectToWaitOn)) {
    return wait_result(pipes_signal_and_wait(engine_handle(hObjectToSignal), engine_handle(hObjectToWaitOn),
                                             dwMilliseconds, bAlertable != FALSE),
                       0);
  }
  const auto object = find_object(hObjectToSignal);
  const pipes::Status status = object != nullptr ? object->signal() : pipes_event_set(engine_handle(hObjectToSignal));
  return status == PIPES_OK ? WaitForSingleObjectEx(hObjectToWaitOn, dwMilliseconds, bAlertable)
                            : fail(status, WAIT_FAILED);
}

DWORD SleepEx(DWORD dwMilliseconds, BOOL bAlertable) { return pipes_sleep(dwMilliseconds, bAlertable != FALSE); }

VOID Sleep(DWORD dwMilliseconds) { (void)SleepEx(dwMilliseconds, FALSE); }
