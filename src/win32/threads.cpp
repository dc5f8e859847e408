#include "win32/threads.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <semaphore>

#include "support/mutex.h"
#include "support/thread_identity.h"
#include "win32/last_error.h"

namespace pipes::win32 {
namespace {

// Ends the thread's object when the thread ends, by whatever way.
struct CurrentThread {
  ~CurrentThread() { finish(); }
  void finish() {
    if (thread != nullptr) thread->finish();
    thread = nullptr;
  }
  std::shared_ptr<Thread> thread;
};

thread_local CurrentThread current_thread;

}  // namespace

std::shared_ptr<Thread> Thread::current() {
  (void)pipes_current_thread();  // what the event stands on is made before, and so destroyed after, current_thread
  if (current_thread.thread == nullptr) {
    current_thread.thread = std::make_shared<Thread>();
    current_thread.thread->begin();
  }
  return current_thread.thread;
}

std::shared_ptr<Thread> Thread::behind(HANDLE handle) {
  return handle == GetCurrentThread() ? current() : find<Thread>(handle);
}

// Numbers of the layer's own, since that of the system is not known before a thread runs. Multiples of 4, as on
// Windows.
DWORD Thread::new_id() {
  static constinit std::atomic<DWORD> last_id{0};
  return last_id.fetch_add(4, std::memory_order_relaxed) + 4;
}

pipes_thread Thread::name() const {
  name_.wait(0, std::memory_order_acquire);
  return name_.load(std::memory_order_acquire);
}

void Thread::begin() {
  name_.store(pipes_current_thread(), std::memory_order_release);
  name_.notify_all();
}

void Thread::finish() {
  // Release: whoever learns that the thread has ended sees what it did.
  exit_code_.store(wanted_exit_code_, std::memory_order_release);
  done_.set();
}

namespace {

// StartedThread is a thread that CreateThread made: it may be made to wait before it begins.
class StartedThread : public Thread {
 public:
  StartedThread(LPTHREAD_START_ROUTINE routine, LPVOID parameter, bool suspended)
      : routine_(routine), parameter_(parameter), starts_suspended_(suspended), suspended_(suspended) {}

  // False if there is no thread to be had.
  static bool start(std::shared_ptr<StartedThread> thread, SIZE_T stack_size) {
    const auto started = thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (stack_size != 0) {
      const auto least = static_cast<SIZE_T>(sysconf(_SC_THREAD_STACK_MIN));
      const auto page = static_cast<SIZE_T>(sysconf(_SC_PAGESIZE));
      // What Windows programs ask for is often less than this system's library needs.
      const SIZE_T size = std::max({stack_size, least * 4, SIZE_T{256} * 1024});
      pthread_attr_setstacksize(&attributes, (size + page - 1) / page * page);
    }
    started->self_ = std::move(thread);
    pthread_t unused{};
    const AsSelf as_self;  // a thread begins with the rights of the process
    const bool is_started = pthread_create(&unused, &attributes, &StartedThread::run, started.get()) == 0;
    pthread_attr_destroy(&attributes);
    if (!is_started) started->self_ = nullptr;
    return is_started;
  }

  // The suspend count before: 1 for the call that lets it go.
  DWORD resume() {
    const DWORD before = suspended_.exchange(false) ? 1 : 0;
    if (before != 0) go_.release();
    return before;
  }

 private:
  static void* run(void* argument) {
    auto* const self = static_cast<StartedThread*>(argument);
    current_thread.thread = std::move(self->self_);
    self->begin();
    if (self->starts_suspended_) self->go_.acquire();
    (void)pipes_sleep(0, 1);  // routines that were queued before it began run first
    const End end;
    self->set_exit_code(self->routine_(self->parameter_));
    return nullptr;
  }

  // The thread ends before the destructors of its thread-local objects run, which may need what the event stands on.
  struct End {
    End() = default;
    ~End() { current_thread.finish(); }
    End(const End&) = delete;
    End& operator=(const End&) = delete;
  };

  const LPTHREAD_START_ROUTINE routine_;
  const LPVOID parameter_;
  const bool starts_suspended_;
  std::atomic<bool> suspended_;
  std::binary_semaphore go_{0};
  std::shared_ptr<Thread> self_;  // until the thread has taken it over
};

}  // namespace
}  // namespace pipes::win32

using namespace pipes::win32;

HANDLE CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize, LPTHREAD_START_ROUTINE lpStartAddress,
                    LPVOID lpParameter, DWORD dwCreationFlags, LPDWORD lpThreadId) {
  if (lpStartAddress == nullptr) return fail(ERROR_INVALID_PARAMETER, HANDLE{nullptr});
  return guarded(HANDLE{nullptr}, [&]() -> HANDLE {
    const bool suspended = (dwCreationFlags & CREATE_SUSPENDED) != 0;
    const auto thread = std::make_shared<StartedThread>(lpStartAddress, lpParameter, suspended);
    const HANDLE handle = thread->event() == nullptr ? nullptr : add_object(thread, is_inheritable(lpThreadAttributes));
    if (handle == nullptr) return fail(ERROR_NOT_ENOUGH_MEMORY, HANDLE{nullptr});
    if (!StartedThread::start(thread, dwStackSize)) {
      CloseHandle(handle);
      return fail(ERROR_NO_SYSTEM_RESOURCES, HANDLE{nullptr});
    }
    if (lpThreadId != nullptr) *lpThreadId = thread->id();
    return handle;
  });
}

VOID ExitThread(DWORD dwExitCode) {
  if (const auto thread = Thread::current(); thread != nullptr) thread->set_exit_code(dwExitCode);
  pthread_exit(nullptr);
}

BOOL GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode) {
  const auto thread = Thread::behind(hThread);
  if (thread == nullptr) return answer(ERROR_INVALID_HANDLE);
  if (lpExitCode == nullptr) return answer(ERROR_INVALID_PARAMETER);
  *lpExitCode = thread->exit_code();
  return TRUE;
}

DWORD ResumeThread(HANDLE hThread) {
  const auto thread = find<StartedThread>(hThread);
  return thread != nullptr ? thread->resume() : fail(ERROR_INVALID_HANDLE, DWORD{0xFFFFFFFF});
}

// What stands for the calling thread, as -1 stands for the process.
HANDLE GetCurrentThread(void) { return reinterpret_cast<HANDLE>(static_cast<intptr_t>(-2)); }

DWORD GetCurrentThreadId(void) {
  return guarded(DWORD{0}, [] { return Thread::current()->id(); });
}

DWORD GetThreadId(HANDLE hThread) {
  const auto thread = Thread::behind(hThread);
  return thread != nullptr ? thread->id() : fail(ERROR_INVALID_HANDLE, DWORD{0});
}

BOOL SwitchToThread(void) { return sched_yield() == 0; }

DWORD QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData) {
  const auto thread = Thread::behind(hThread);
  if (thread == nullptr) return fail(ERROR_INVALID_HANDLE, DWORD{0});
  return static_cast<DWORD>(answer(pipes_queue_routine(thread->name(), pfnAPC, dwData)));
}

// ------------------------------------------------------------------------------------------------ thread-local values

DWORD TlsAlloc(void) {
  pthread_key_t key = 0;
  return pthread_key_create(&key, nullptr) == 0 ? key : fail(ERROR_NOT_ENOUGH_MEMORY, TLS_OUT_OF_INDEXES);
}

BOOL TlsFree(DWORD dwTlsIndex) {
  return answer(pthread_key_delete(dwTlsIndex) == 0 ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER);
}

LPVOID TlsGetValue(DWORD dwTlsIndex) {
  SetLastError(ERROR_SUCCESS);
  return pthread_getspecific(dwTlsIndex);
}

BOOL TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue) {
  return answer(pthread_setspecific(dwTlsIndex, lpTlsValue) == 0 ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER);
}

// ------------------------------------------------------------------------------------- what the C library has for it

uintptr_t _beginthreadex(void* security, unsigned stack_size, _beginthreadex_proc_type start_address, void* arglist,
                         unsigned initflag, unsigned* thrdaddr) {
  return reinterpret_cast<uintptr_t>(CreateThread(static_cast<LPSECURITY_ATTRIBUTES>(security), stack_size,
                                                  start_address, arglist, initflag, thrdaddr));
}

namespace {

struct Beginning {
  _beginthread_proc_type routine;
  void* argument;
};

DWORD begin_thread(LPVOID argument) {
  const Beginning beginning = *std::unique_ptr<Beginning>(static_cast<Beginning*>(argument));
  beginning.routine(beginning.argument);
  return 0;
}

}  // namespace

// The handle is of no use to the caller, since it is closed whenever the thread ends: so it is closed here.
uintptr_t _beginthread(_beginthread_proc_type start_address, unsigned stack_size, void* arglist) {
  std::unique_ptr<Beginning> beginning(new (std::nothrow) Beginning{start_address, arglist});
  const HANDLE handle =
      beginning == nullptr ? nullptr : CreateThread(nullptr, stack_size, begin_thread, beginning.get(), 0, nullptr);
  if (handle == nullptr) return UINTPTR_MAX;
  (void)beginning.release();
  CloseHandle(handle);
  return reinterpret_cast<uintptr_t>(handle);
}

void _endthreadex(unsigned retval) { ExitThread(retval); }

void _endthread(void) { ExitThread(0); }
