#include "win32/processes.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "linux/send_handle.h"
#include "support/detached_thread.h"
#include "support/mutex.h"
#include "win32/last_error.h"
#include "win32/spawn.h"
#include "win32/text.h"

namespace pipes::win32 {
namespace {

constexpr auto kProcessDescriptor = static_cast<idtype_t>(3);  // P_PIDFD, which not all headers have
constexpr DWORD kKilledBySignal = 128;                         // plus the signal, as shells tell it

UniqueFd open_process_descriptor(pid_t process_id) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, process_id, 0)));
}

// Reaper is the thread that sees processes end. It is started with the first of them.
class Reaper {
 public:
  // Watches a process that is not known yet.
  Status watch(const std::shared_ptr<Process>& process) {
    MutexLock lock(mutex_);
    return watch_locked(process);
  }

  // The process of that id, known or new.
  std::shared_ptr<Process> find_or_watch(pid_t process_id, Status* status) {
    MutexLock lock(mutex_);
    if (known_ == nullptr) known_ = new std::vector<std::weak_ptr<Process>>();
    std::erase_if(*known_, [](const auto& process) { return process.expired(); });
    for (const auto& known : *known_) {
      auto process = known.lock();
      if (process != nullptr && process->id() == process_id && process->exit_code() == STILL_ACTIVE) return process;
    }
    UniqueFd descriptor = open_process_descriptor(process_id);
    if (!descriptor) {
      *status = status_of_errno(errno);
      return nullptr;
    }
    const auto process = std::make_shared<Process>(process_id, std::move(descriptor));
    *status = watch_locked(process);
    return *status == PIPES_OK ? process : nullptr;
  }

 private:
  Status watch_locked(const std::shared_ptr<Process>& process) PIPES_REQUIRES(mutex_) {
    if (process->event() == nullptr) return ERROR_NOT_ENOUGH_MEMORY;
    if (known_ == nullptr) known_ = new std::vector<std::weak_ptr<Process>>();
    known_->push_back(process);
    if (!start()) return ERROR_NO_SYSTEM_RESOURCES;
    auto* const kept = new std::shared_ptr<Process>(process);
    epoll_event interest{};
    interest.events = EPOLLIN | EPOLLONESHOT;
    interest.data.ptr = kept;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, process->descriptor(), &interest) == 0) return PIPES_OK;
    delete kept;
    return status_of_errno(errno);
  }

  bool start() PIPES_REQUIRES(mutex_) {
    if (epoll_ >= 0) return true;
    UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll || !start_detached_thread("pipes reaper", &Reaper::run, this)) return false;
    epoll_ = epoll.release();
    return true;
  }

  static void run(void* reaper) {
    const int epoll = static_cast<Reaper*>(reaper)->descriptor();
    for (;;) {
      epoll_event event{};
      if (epoll_wait(epoll, &event, 1, -1) != 1) continue;
      const std::unique_ptr<std::shared_ptr<Process>> ended(static_cast<std::shared_ptr<Process>*>(event.data.ptr));
      (void)epoll_ctl(epoll, EPOLL_CTL_DEL, (*ended)->descriptor(), nullptr);
      (*ended)->collect();
    }
  }

  int descriptor() {
    MutexLock lock(mutex_);  // start() has it until the descriptor is stored
    return epoll_;
  }

  Mutex mutex_;
  int epoll_ PIPES_GUARDED_BY(mutex_) = -1;
  std::vector<std::weak_ptr<Process>>* known_ PIPES_GUARDED_BY(mutex_) = nullptr;  // never freed, as the thread stays
};

constinit Reaper reaper;

}  // namespace

std::shared_ptr<Process> Process::open(DWORD process_id) {
  Status status = PIPES_OK;
  auto process = reaper.find_or_watch(static_cast<pid_t>(process_id), &status);
  if (process == nullptr) SetLastError(status);
  return process;
}

Status Process::terminate(DWORD code) {
  if (exit_code() != STILL_ACTIVE) return ERROR_ACCESS_DENIED;
  termination_code_.store(code, std::memory_order_relaxed);
  terminated_.store(true, std::memory_order_release);
  if (syscall(SYS_pidfd_send_signal, descriptor_.get(), SIGKILL, nullptr, 0) == 0) return PIPES_OK;
  const int error = errno;
  terminated_.store(false, std::memory_order_release);
  return error == EPERM ? Status{ERROR_ACCESS_DENIED} : status_of_errno(error);
}

// Only the parent is told a code; of others' children nothing is known but that they have ended.
DWORD Process::code_from_kernel() const {
  siginfo_t how{};
  const auto which = static_cast<id_t>(descriptor_.get());
  int result = 0;
  do {
    result = waitid(kProcessDescriptor, which, &how, WEXITED);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return terminated_.load(std::memory_order_acquire) ? termination_code_.load() : 0;
  if (how.si_code == CLD_EXITED) return static_cast<DWORD>(how.si_status);
  const bool by_us = how.si_status == SIGKILL && terminated_.load(std::memory_order_acquire);
  return by_us ? termination_code_.load(std::memory_order_relaxed)
               : kKilledBySignal + static_cast<DWORD>(how.si_status);
}

void Process::collect() {
  forget_child(process_id_);  // whose id is free once its end is collected
  exit_code_.store(code_from_kernel(), std::memory_order_release);
  ended_.set();
}

namespace {

std::shared_ptr<Process> process_behind(HANDLE handle) {
  return handle == GetCurrentProcess() ? Process::open(GetCurrentProcessId()) : find<Process>(handle);
}

// Makes the two handles that CreateProcess gives: both name the process, since a Linux process ends with its threads.
BOOL tell(const std::shared_ptr<Process>& process, PROCESS_INFORMATION* information) {
  information->hProcess = new_handle(process);
  information->hThread = new_handle(process);
  information->dwProcessId = static_cast<DWORD>(process->id());
  information->dwThreadId = static_cast<DWORD>(process->id());
  return information->hProcess != nullptr && information->hThread != nullptr;
}

BOOL create_process(const Start& start, PROCESS_INFORMATION* information) {
  pid_t process_id = 0;
  if (const Status status = spawn(start, &process_id)) return answer(status);
  // The child is ours to wait for, so its id is nobody else's until then.
  const auto process = std::make_shared<Process>(process_id, open_process_descriptor(process_id));
  if (const Status status = reaper.watch(process)) return answer(status);
  return tell(process, information);
}

template <class StartupInfo>
void set_standard_handles(const StartupInfo* info, Start& start) {
  if (info == nullptr || (info->dwFlags & STARTF_USESTDHANDLES) == 0) return;
  start.standard_handles = {info->hStdInput, info->hStdOutput, info->hStdError};  // CHILD-1
}

template <class StartupInfo>
void describe_start(StartupInfo* info) {
  std::memset(info, 0, sizeof *info);
  info->cb = sizeof *info;
  info->dwFlags = STARTF_USESTDHANDLES;
  info->hStdInput = GetStdHandle(STD_INPUT_HANDLE);
  info->hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
  info->hStdError = GetStdHandle(STD_ERROR_HANDLE);
}

}  // namespace
}  // namespace pipes::win32

using namespace pipes::win32;

BOOL CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine, LPSECURITY_ATTRIBUTES, LPSECURITY_ATTRIBUTES,
                    BOOL bInheritHandles, DWORD dwCreationFlags, LPVOID lpEnvironment, LPCSTR lpCurrentDirectory,
                    LPSTARTUPINFOA lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation) {
  if (lpProcessInformation == nullptr) return answer(ERROR_INVALID_PARAMETER);
  return guarded(FALSE, [&] {
    Start start;
    start.application = lpApplicationName == nullptr ? "" : lpApplicationName;
    start.command_line = lpCommandLine == nullptr ? "" : lpCommandLine;
    start.directory = lpCurrentDirectory == nullptr ? "" : lpCurrentDirectory;
    start.environment = environment_of(lpEnvironment, (dwCreationFlags & CREATE_UNICODE_ENVIRONMENT) != 0);
    start.inherit_handles = bInheritHandles != FALSE;
    start.flags = dwCreationFlags;
    set_standard_handles(lpStartupInfo, start);
    return create_process(start, lpProcessInformation);
  });
}

BOOL CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine, LPSECURITY_ATTRIBUTES lpProcessAttributes,
                    LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags,
                    LPVOID lpEnvironment, LPCWSTR lpCurrentDirectory, LPSTARTUPINFOW lpStartupInfo,
                    LPPROCESS_INFORMATION lpProcessInformation) {
  return guarded(FALSE, [&] {
    STARTUPINFOA info{};
    if (lpStartupInfo != nullptr) {
      info.dwFlags = lpStartupInfo->dwFlags;
      info.hStdInput = lpStartupInfo->hStdInput;
      info.hStdOutput = lpStartupInfo->hStdOutput;
      info.hStdError = lpStartupInfo->hStdError;
    }
    return CreateProcessA(Utf8(lpApplicationName), Utf8(lpCommandLine).writable(), lpProcessAttributes,
                          lpThreadAttributes, bInheritHandles, dwCreationFlags, lpEnvironment, Utf8(lpCurrentDirectory),
                          &info, lpProcessInformation);
  });
}

HANDLE OpenProcess(DWORD, BOOL bInheritHandle, DWORD dwProcessId) {
  return guarded(HANDLE{nullptr}, [&]() -> HANDLE {
    auto process = Process::open(dwProcessId);
    return process == nullptr ? nullptr : new_handle(std::move(process), bInheritHandle != FALSE);
  });
}

BOOL TerminateProcess(HANDLE hProcess, UINT uExitCode) {
  if (hProcess == GetCurrentProcess()) _exit(static_cast<int>(uExitCode));
  const auto process = find<Process>(hProcess);
  return answer(process == nullptr ? pipes::Status{ERROR_INVALID_HANDLE} : process->terminate(uExitCode));
}

BOOL GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode) {
  const auto process = process_behind(hProcess);
  if (process == nullptr) return answer(ERROR_INVALID_HANDLE);
  if (lpExitCode == nullptr) return answer(ERROR_INVALID_PARAMETER);
  *lpExitCode = process->exit_code();
  return TRUE;
}

VOID ExitProcess(UINT uExitCode) { std::exit(static_cast<int>(uExitCode)); }

HANDLE GetCurrentProcess(void) { return INVALID_HANDLE_VALUE; }

DWORD GetCurrentProcessId(void) { return static_cast<DWORD>(getpid()); }

DWORD GetProcessId(HANDLE hProcess) {
  if (hProcess == GetCurrentProcess()) return GetCurrentProcessId();
  const auto process = find<Process>(hProcess);
  return process != nullptr ? static_cast<DWORD>(process->id()) : fail(ERROR_INVALID_HANDLE, DWORD{0});
}

VOID GetStartupInfoA(LPSTARTUPINFOA lpStartupInfo) { describe_start(lpStartupInfo); }

VOID GetStartupInfoW(LPSTARTUPINFOW lpStartupInfo) { describe_start(lpStartupInfo); }
