// Windows: a thread of its own reads standard input, and is left behind when nobody wants more.
//
// There is no call that ends a waiting read of every kind of standard input: CancelSynchronousIo does for a pipe and a
// console, does nothing for a read that is about to begin, and under Wine nothing for a pipe or a terminal of the
// system below. So nobody waits for that thread. It uses what it shares with read() and one system call, takes no lock
// while it waits in that, and goes with the process.
#include <windows.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "cli/standard_streams.h"
#include "cli/system.h"

namespace pipes::cli {
namespace {

// The code page in which the console takes what is written, put back at the end: it belongs to all who use the console.
UINT code_page_before = 0;

void restore_code_page() {
  if (code_page_before != 0) ::SetConsoleOutputCP(code_page_before);
}

BOOL WINAPI restore_when_interrupted(DWORD) {
  restore_code_page();
  return FALSE;  // the others, and at last the end of the process, follow
}

bool write_all(DWORD stream, std::span<const std::byte> bytes) {
  const HANDLE handle = ::GetStdHandle(stream);
  while (!bytes.empty()) {
    const auto size = static_cast<DWORD>(std::min<std::size_t>(bytes.size(), std::size_t{1} << 20));
    DWORD written = 0;
    if (::WriteFile(handle, bytes.data(), size, &written, nullptr) == FALSE) return false;
    if (written == 0) std::this_thread::yield();  // a pipe that is full and was told not to wait
    bytes = bytes.subspan(written);
  }
  return true;
}

// One read of standard input. 0 bytes are the end.
struct Input {
  std::size_t size = 0;
  DWORD error = ERROR_SUCCESS;
};

Input read_standard_input(std::span<std::byte> buffer) {
  DWORD size = 0;
  if (::ReadFile(::GetStdHandle(STD_INPUT_HANDLE), buffer.data(), static_cast<DWORD>(buffer.size()), &size, nullptr) !=
      FALSE) {
    return {size};
  }
  switch (const DWORD error = ::GetLastError()) {
    case ERROR_BROKEN_PIPE:
    case ERROR_HANDLE_EOF:
      return {};
    case ERROR_MORE_DATA:  // a pipe that is read by messages
      return {size};
    default:
      return {0, error};
  }
}

}  // namespace

void prepare_standard_streams() {
  DWORD mode = 0;
  const auto is_console = [&](DWORD stream) { return ::GetConsoleMode(::GetStdHandle(stream), &mode) != FALSE; };
  if (!is_console(STD_OUTPUT_HANDLE) && !is_console(STD_ERROR_HANDLE)) return;
  code_page_before = ::GetConsoleOutputCP();
  ::SetConsoleOutputCP(CP_UTF8);
  std::atexit(restore_code_page);
  ::SetConsoleCtrlHandler(restore_when_interrupted, TRUE);
}

// What read() and the thread that reads share; whoever goes last destroys it.
struct StandardInput::State {
  // The thread: reads when asked to, as much as was asked for, so that nothing is taken that nobody wants.
  static void read_when_asked(const std::shared_ptr<State>& state) {
    std::vector<std::byte> buffer;
    std::unique_lock lock(state->mutex);
    for (;;) {
      state->changed.wait(lock, [&] { return state->wanted != 0 || state->stopped; });
      if (state->stopped) return;
      buffer.resize(state->wanted);
      state->reading = true;
      lock.unlock();
      const Input input = read_standard_input(buffer);
      lock.lock();
      state->reading = false;
      state->bytes.assign(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(input.size));
      state->error = input.error;
      state->wanted = 0;
      state->changed.notify_all();
    }
  }

  std::mutex mutex;
  std::condition_variable changed;

  // Guarded by mutex.
  bool stopped = false;
  bool reading = false;
  std::size_t wanted = 0;  // 0: the answer is there
  std::vector<std::byte> bytes;
  DWORD error = ERROR_SUCCESS;

  // Only this object's owner uses it.
  std::thread thread;
};

StandardInput::StandardInput() : state_(std::make_shared<State>()) {
  state_->thread = std::thread(State::read_when_asked, state_);
}

// Only a thread that reads is left behind: one that is about to end should not do so while the process does.
StandardInput::~StandardInput() {
  stop();
  const bool left_behind = [this] {
    const std::lock_guard lock(state_->mutex);
    return state_->reading;
  }();
  if (left_behind) {
    state_->thread.detach();
  } else {
    state_->thread.join();
  }
}

std::optional<std::size_t> StandardInput::read(std::span<std::byte> buffer) {
  std::unique_lock lock(state_->mutex);
  state_->wanted = buffer.size();
  state_->changed.notify_all();
  state_->changed.wait(lock, [this] { return state_->wanted == 0 || state_->stopped; });
  if (state_->stopped) return 0;
  std::copy(state_->bytes.begin(), state_->bytes.end(), buffer.begin());
  const std::size_t size = state_->bytes.size();
  const DWORD error = state_->error;
  lock.unlock();
  if (error == ERROR_SUCCESS) return size;
  ::SetLastError(error);
  return std::nullopt;
}

void StandardInput::stop() const {
  const std::lock_guard lock(state_->mutex);
  state_->stopped = true;
  state_->changed.notify_all();
}

bool write_standard_output(std::span<const std::byte> bytes) { return write_all(STD_OUTPUT_HANDLE, bytes); }

bool write_standard_error(std::string_view text) {
  return write_all(STD_ERROR_HANDLE, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace pipes::cli
