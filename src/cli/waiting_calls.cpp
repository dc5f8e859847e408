#include "cli/waiting_calls.h"

#include <thread>

namespace pipes::cli {

template <class Call>
auto WaitingCalls::unless_stopped(Call call) -> decltype(call()) {
  using Result = decltype(call());
  caller_ = current_thread();
  Result result = stopped_ ? Result::failure(PIPES_ERROR_OPERATION_ABORTED) : call();
  caller_ = 0;
  return result;
}

Expected<Received> WaitingCalls::read(const End& end, std::span<std::byte> buffer) {
  return unless_stopped([&] { return transfers_.read(end, buffer); });
}

Expected<void> WaitingCalls::write(const End& end, std::span<const std::byte> bytes) {
  return unless_stopped([&] { return transfers_.write(end, bytes); });
}

Expected<void> WaitingCalls::connect(const ServerEnd& end) {
  return unless_stopped([&] { return transfers_.connect(end); });
}

void WaitingCalls::stop() {
  stopped_ = true;
  transfers_.interrupt();
  // A thread that is about to wait cannot be cancelled yet, so it is asked again until it has left.
  for (pipes_thread caller = caller_; caller != 0; caller = caller_) {
    static_cast<void>(try_cancel_synchronous(caller));
    std::this_thread::yield();
  }
}

}  // namespace pipes::cli
