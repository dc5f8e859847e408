// Events, mutexes, semaphores and critical sections.
#include <pthread.h>

#include <memory>

#include "support/mutex.h"
#include "win32/last_error.h"
#include "win32/objects.h"
#include "win32/text.h"

namespace pipes::win32 {
namespace {

// Lock is a mutex of Win32's: its event is set while nobody has it, and a wait that is satisfied resets it.
class Lock : public Object {
 public:
  explicit Lock(bool owned) : free_(false, !owned), owner_(owned ? GetCurrentThreadId() : 0), depth_(owned ? 1 : 0) {}

  [[nodiscard]] pipes_handle event() const override { return free_.get(); }

  bool take() override {
    MutexLock lock(mutex_);
    owner_ = GetCurrentThreadId();
    ++depth_;
    return true;
  }

  [[nodiscard]] bool is_mine() const override {
    MutexLock lock(mutex_);
    return owner_ == GetCurrentThreadId();
  }

  Status signal() override {
    {
      MutexLock lock(mutex_);
      if (owner_ != GetCurrentThreadId()) return ERROR_NOT_OWNER;
      if (--depth_ != 0) return PIPES_OK;
      owner_ = 0;
    }
    free_.set();
    return PIPES_OK;
  }

 private:
  const OwnEvent free_;
  mutable Mutex mutex_;
  DWORD owner_ PIPES_GUARDED_BY(mutex_);
  DWORD depth_ PIPES_GUARDED_BY(mutex_);
};

// Semaphore: its event is set while the count is above 0. A wait that is satisfied resets it, and take() sets it again
// if there is more to have. Between the two somebody else may take what is left, so take() may find nothing.
class Semaphore : public Object {
 public:
  Semaphore(LONG count, LONG count_max) : some_(false, count > 0), count_(count), count_max_(count_max) {}

  [[nodiscard]] pipes_handle event() const override { return some_.get(); }

  bool take() override {
    MutexLock lock(mutex_);
    if (count_ == 0) return false;
    if (--count_ > 0) some_.set();
    return true;
  }

  Status signal() override { return release(1, nullptr); }

  Status release(LONG more, LONG* before) {
    MutexLock lock(mutex_);
    if (more <= 0) return ERROR_INVALID_PARAMETER;
    if (more > count_max_ - count_) return ERROR_TOO_MANY_POSTS;
    if (before != nullptr) *before = count_;
    count_ += more;
    some_.set();
    return PIPES_OK;
  }

 private:
  const OwnEvent some_;
  Mutex mutex_;
  LONG count_ PIPES_GUARDED_BY(mutex_);
  const LONG count_max_;
};

// Objects with a name are shared by processes, which these are not.
template <class Make>
HANDLE create(LPCSTR name, Make make) {
  if (name != nullptr) return fail(ERROR_NOT_SUPPORTED, HANDLE{nullptr});
  return guarded(HANDLE{nullptr}, make);
}

template <class T, class... Arguments>
HANDLE create_object(const SECURITY_ATTRIBUTES* attributes, Arguments... arguments) {
  const auto object = std::make_shared<T>(arguments...);
  if (object->event() == nullptr) return fail(ERROR_NOT_ENOUGH_MEMORY, HANDLE{nullptr});
  return new_handle(object, is_inheritable(attributes));
}

pthread_mutex_t* mutex_of(LPCRITICAL_SECTION section) {
  static_assert(sizeof(pthread_mutex_t) <= sizeof(CRITICAL_SECTION));
  return reinterpret_cast<pthread_mutex_t*>(section->storage);
}

}  // namespace
}  // namespace pipes::win32

using namespace pipes::win32;

HANDLE CreateEventA(LPSECURITY_ATTRIBUTES, BOOL bManualReset, BOOL bInitialState, LPCSTR lpName) {
  return create(lpName, [&]() -> HANDLE {
    pipes_handle event = nullptr;
    const pipes::Status status = pipes_event_create(bManualReset != FALSE, bInitialState != FALSE, &event);
    if (status != PIPES_OK) return fail(status, HANDLE{nullptr});
    SetLastError(ERROR_SUCCESS);
    return event;
  });
}

HANDLE CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCWSTR lpName) {
  return guarded(HANDLE{nullptr},
                 [&] { return CreateEventA(lpEventAttributes, bManualReset, bInitialState, Utf8(lpName)); });
}

HANDLE CreateEventExA(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags, DWORD) {
  return CreateEventA(lpEventAttributes, (dwFlags & CREATE_EVENT_MANUAL_RESET) != 0,
                      (dwFlags & CREATE_EVENT_INITIAL_SET) != 0, lpName);
}

HANDLE CreateEventExW(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess) {
  return guarded(HANDLE{nullptr},
                 [&] { return CreateEventExA(lpEventAttributes, Utf8(lpName), dwFlags, dwDesiredAccess); });
}

BOOL SetEvent(HANDLE hEvent) { return answer(pipes_event_set(engine_handle(hEvent))); }

BOOL ResetEvent(HANDLE hEvent) { return answer(pipes_event_reset(engine_handle(hEvent))); }

HANDLE CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCSTR lpName) {
  return create(lpName, [&] { return create_object<Lock>(lpMutexAttributes, bInitialOwner != FALSE); });
}

HANDLE CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCWSTR lpName) {
  return guarded(HANDLE{nullptr}, [&] { return CreateMutexA(lpMutexAttributes, bInitialOwner, Utf8(lpName)); });
}

BOOL ReleaseMutex(HANDLE hMutex) {
  const auto lock = find<Lock>(hMutex);
  return answer(lock == nullptr ? pipes::Status{ERROR_INVALID_HANDLE} : lock->signal());
}

HANDLE CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount,
                        LPCSTR lpName) {
  if (lInitialCount < 0 || lMaximumCount <= 0 || lInitialCount > lMaximumCount) {
    return fail(ERROR_INVALID_PARAMETER, HANDLE{nullptr});
  }
  return create(lpName, [&] { return create_object<Semaphore>(lpSemaphoreAttributes, lInitialCount, lMaximumCount); });
}

HANDLE CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount,
                        LPCWSTR lpName) {
  return guarded(HANDLE{nullptr},
                 [&] { return CreateSemaphoreA(lpSemaphoreAttributes, lInitialCount, lMaximumCount, Utf8(lpName)); });
}

BOOL ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount) {
  const auto semaphore = find<Semaphore>(hSemaphore);
  if (semaphore == nullptr) return answer(ERROR_INVALID_HANDLE);
  return answer(semaphore->release(lReleaseCount, lpPreviousCount));
}

VOID InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(mutex_of(lpCriticalSection), &attributes);
  pthread_mutexattr_destroy(&attributes);
}

BOOL InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD) {
  InitializeCriticalSection(lpCriticalSection);
  return TRUE;
}

VOID EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection) { pthread_mutex_lock(mutex_of(lpCriticalSection)); }

BOOL TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection) {
  return pthread_mutex_trylock(mutex_of(lpCriticalSection)) == 0;
}

VOID LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection) { pthread_mutex_unlock(mutex_of(lpCriticalSection)); }

VOID DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection) { pthread_mutex_destroy(mutex_of(lpCriticalSection)); }
