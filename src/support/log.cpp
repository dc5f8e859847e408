#include "support/log.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "support/lazy.h"
#include "support/mutex.h"

namespace pipes {
namespace {

struct Sink {
  pipes_log_callback callback = nullptr;
  void* context = nullptr;
  uint32_t level = 0;
};

Mutex sink_mutex;
Sink sink;  // sink_mutex

// One more than the highest level written to standard error; 0: nothing is.
uint32_t environment_levels() {
  static constinit Lazy<uint32_t> levels;
  return levels.get([] {
    const char* text = std::getenv("PIPES_LOG");
    if (text == nullptr) return 0u;
    const char* const names[] = {"error", "warning", "info", "debug"};
    for (uint32_t i = 0; i < 4; ++i) {
      if (std::strcmp(text, names[i]) == 0) return i + 1;
    }
    if (*text != '\0') (void)std::fprintf(stderr, "pipes: PIPES_LOG is none of error, warning, info, debug\n");
    return 0u;
  });
}

Sink current_sink() {
  MutexLock lock(sink_mutex);
  return sink;
}

bool is_wanted(const Sink& to, uint32_t level) {
  return to.callback != nullptr ? level <= to.level : level < environment_levels();
}

}  // namespace

void set_log(pipes_log_callback callback, void* context, uint32_t level) {
  MutexLock lock(sink_mutex);
  sink = {callback, context, level};
}

void lock_log_for_fork() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS { sink_mutex.lock(); }
void unlock_log_after_fork() noexcept PIPES_NO_THREAD_SAFETY_ANALYSIS { sink_mutex.unlock(); }
void reset_log_in_child() noexcept { sink_mutex.reset_in_child(); }

bool is_logged(LogLevel level) { return is_wanted(current_sink(), static_cast<uint32_t>(level)); }

void log_line(LogLevel level, const char* format, ...) {
  const auto number = static_cast<uint32_t>(level);
  const Sink to = current_sink();
  if (!is_wanted(to, number)) return;
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  (void)std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (to.callback != nullptr) {
    to.callback(number, line, to.context);
  } else {
    (void)std::fprintf(stderr, "pipes: %s\n", line);
  }
}

}  // namespace pipes
