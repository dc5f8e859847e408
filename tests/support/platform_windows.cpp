// The platform door on Windows, and on Wine. Windows tells of each thread whether it waits and how often it has been
// switched to. Wine 8 tells neither, but its threads are Linux's, and /proc tells.
#include <winternl.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "support/oracle.h"
#include "support/platform.h"
#include "support/process_windows.h"

namespace pipes::test::platform {
namespace {

// ------------------------------------------------------------------------------------------------------------ Windows --

ThreadRest rest_on_windows(DWORD thread) {
  static_assert(sizeof(SYSTEM_PROCESS_INFORMATION) == 0x100 && sizeof(SYSTEM_THREADS) == 0x50);
  std::vector<char> answer(size_t{1} << 20);
  ULONG needed = 0;
  while (::NtQuerySystemInformation(SystemProcessInformation, answer.data(), static_cast<ULONG>(answer.size()),
                                    &needed) != 0) {
    if (needed <= answer.size()) return {};
    answer.resize(needed + 65536);
  }
  const char* at = answer.data();
  while (true) {
    const auto* const process = reinterpret_cast<const SYSTEM_PROCESS_INFORMATION*>(at);
    const auto* const threads = reinterpret_cast<const SYSTEM_THREADS*>(process + 1);
    for (ULONG i = 0; i < process->NumberOfThreads; ++i) {
      if (reinterpret_cast<uintptr_t>(threads[i].ClientId.UniqueThread) != thread) continue;
      return {.asleep = threads[i].State == StateWait, .awakenings = threads[i].ContextSwitchCount};
    }
    if (process->NextEntryOffset == 0) return {};
    at += process->NextEntryOffset;
  }
}

// --------------------------------------------------------------------------------------------------------------- Wine --

// Asks the Linux below for an id of the caller. Wine leaves the instruction to Linux.
uint32_t linux_id(long call) {
  long result = call;
  asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");  // NOLINT: there is no other way
  return static_cast<uint32_t>(result);
}
uint32_t linux_process() { return linux_id(39); }
uint32_t linux_thread() { return linux_id(186); }

std::string read_linux_file(const std::string& path) {
  const std::string name = R"(\\?\unix)" + path;
  const KernelHandle file(::CreateFileA(name.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                        OPEN_EXISTING, 0, nullptr));
  std::array<char, 4096> buffer{};
  DWORD count = 0;
  if (!file.valid() || ::ReadFile(file, buffer.data(), buffer.size(), &count, nullptr) == FALSE) return {};
  return {buffer.data(), count};
}

// A thread also sleeps while it waits for Wine's server to answer. The file is opened by way of that server, which
// serves everybody in turn: between two looks it has answered whatever the thread asked before the first, so that a
// thread found asleep at both without having been awake sleeps in a call that the server keeps waiting.
ThreadRest rest_on_wine(uint32_t thread) {
  const std::string task = std::to_string(linux_process()) + "/task/" + std::to_string(thread);
  const std::string status = read_linux_file("/proc/" + task + "/status");
  const std::string state = "\nState:\t";
  const std::string switches = "\nvoluntary_ctxt_switches:\t";
  ThreadRest rest;
  if (const size_t at = status.find(state); at != std::string::npos) rest.asleep = status[at + state.size()] == 'S';
  if (const size_t at = status.find(switches); at != std::string::npos) {
    rest.awakenings = std::strtoull(status.c_str() + at + switches.size(), nullptr, 10);
  }
  return rest;
}

}  // namespace

uint32_t process_id() { return ::GetCurrentProcessId(); }

std::optional<uint32_t> user_id() { return std::nullopt; }

uint64_t current_thread() { return is_oracle() ? linux_thread() : ::GetCurrentThreadId(); }

ThreadRest thread_rest(uint64_t thread) {
  const auto id = static_cast<uint32_t>(thread);
  return is_oracle() ? rest_on_wine(id) : rest_on_windows(id);
}

void let_others_run() { ::Sleep(1); }

// What lies below %TEMP% is the user's alone.
std::string make_private_folder() {
  static std::atomic<uint32_t> counter{0};
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) return {};
  for (int tries = 0; tries < 100; ++tries) {
    const std::string name = "pipes-test-" + std::to_string(process_id()) + "-" + std::to_string(++counter);
    if (std::filesystem::create_directory(parent / name, error)) return (parent / name).string();
  }
  return {};
}

void set_environment(const char* variable, const std::string& value) { ::_putenv_s(variable, value.c_str()); }

}  // namespace pipes::test::platform
