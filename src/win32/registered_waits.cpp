// RegisterWaitForSingleObject: a thread for each registration, which waits for the object and for being told to stop.
#include <array>
#include <atomic>

#include "support/detached_thread.h"
#include "win32/last_error.h"
#include "win32/waits.h"

namespace pipes::win32 {
namespace {

class RegisteredWait : public Object {
 public:
  RegisteredWait(Waited waited, WAITORTIMERCALLBACK callback, PVOID context, DWORD timeout_ms, bool only_once)
      : waited_{Waited{stop_.get(), nullptr}, std::move(waited)},
        callback_(callback),
        context_(context),
        timeout_ms_(timeout_ms),
        only_once_(only_once) {}

  [[nodiscard]] bool is_whole() const { return stop_.get() != nullptr && over_.get() != nullptr; }

  static bool start(const std::shared_ptr<RegisteredWait>& wait) {
    wait->self_ = wait;
    if (start_detached_thread("pipes wait", &RegisteredWait::run, wait.get())) return true;
    wait->self_ = nullptr;
    return false;
  }

  void stop() { stop_.set(); }
  // Set once no callback runs and none will.
  [[nodiscard]] pipes_handle over() const { return over_.get(); }
  [[nodiscard]] bool is_over() const { return pipes_wait(&over_event_, 1, 0, 0, 0, nullptr) == PIPES_OK; }

 private:
  static void run(void* argument) {
    const auto self = std::move(static_cast<RegisteredWait*>(argument)->self_);
    while (self->wait_once()) {
    }
    self->over_.set();
  }

  // False if that was all.
  bool wait_once() {
    const DWORD result = wait_for(waited_, false, timeout_ms_, false);
    if (result != WAIT_OBJECT_0 + 1 && result != WAIT_TIMEOUT) return false;
    callback_(context_, result == WAIT_TIMEOUT ? TRUE : FALSE);
    return !only_once_;
  }

  const OwnEvent stop_{true, false};
  const OwnEvent over_{true, false};
  const pipes_handle over_event_ = over_.get();
  const std::array<Waited, 2> waited_;
  const WAITORTIMERCALLBACK callback_;
  const PVOID context_;
  const DWORD timeout_ms_;
  const bool only_once_;
  std::shared_ptr<RegisteredWait> self_;  // until the thread has taken it over
};

}  // namespace
}  // namespace pipes::win32

using namespace pipes::win32;

BOOL RegisterWaitForSingleObject(PHANDLE phNewWaitObject, HANDLE hObject, WAITORTIMERCALLBACK Callback, PVOID Context,
                                 ULONG dwMilliseconds, ULONG dwFlags) {
  if (phNewWaitObject == nullptr || Callback == nullptr) return answer(ERROR_INVALID_PARAMETER);
  return guarded(FALSE, [&] {
    Waited waited;
    if (const pipes::Status status = find_waited(hObject, &waited)) return answer(status);
    const auto wait = std::make_shared<RegisteredWait>(std::move(waited), Callback, Context, dwMilliseconds,
                                                       (dwFlags & WT_EXECUTEONLYONCE) != 0);
    const HANDLE handle = wait->is_whole() ? add_object(wait) : nullptr;
    if (handle == nullptr) return answer(ERROR_NOT_ENOUGH_MEMORY);
    *phNewWaitObject = handle;  // before the callback may want it
    if (RegisteredWait::start(wait)) return TRUE;
    CloseHandle(handle);
    return answer(ERROR_NO_SYSTEM_RESOURCES);
  });
}

BOOL UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent) {
  const auto wait = find<RegisteredWait>(WaitHandle);
  if (wait == nullptr) return answer(ERROR_INVALID_HANDLE);
  wait->stop();
  CloseHandle(WaitHandle);
  if (CompletionEvent == nullptr) return answer(wait->is_over() ? PIPES_OK : PIPES_ERROR_IO_PENDING);
  const pipes_handle over = wait->over();
  (void)pipes_wait(&over, 1, 0, PIPES_INFINITE, 0, nullptr);
  if (CompletionEvent == INVALID_HANDLE_VALUE) return TRUE;
  return SetEvent(CompletionEvent);
}

BOOL UnregisterWait(HANDLE WaitHandle) { return UnregisterWaitEx(WaitHandle, nullptr); }
