#include "linux/discard.h"

#include <fcntl.h>

#include <atomic>
#include <memory>
#include <optional>

#include "linux/guests.h"
#include "support/detached_thread.h"
#include "support/log.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

struct Discarded {
  UniqueFd fd;
  std::optional<Guest> place;
};

// Of this process and of those it was forked from, where it has long ceased to matter.
std::atomic<int> under_way{0};

void close_it(void* argument) {
  std::unique_ptr<Discarded> discarded(static_cast<Discarded*>(argument));
  discarded->fd.reset();
  discarded.reset();
  under_way.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

bool is_memory(int fd) noexcept { return ::fcntl(fd, F_GET_SEALS) >= 0; }

bool is_discarding() noexcept { return under_way.load(std::memory_order_relaxed) != 0; }

bool takes_descriptors_of(uint32_t uid) { return Guest::admit(Guest::Kind::kDiscarded, uid).has_value(); }

void discard(UniqueFd fd, uint32_t uid) {
  if (!fd || is_memory(fd.get()) || PIPES_MISTAKE("close-for-ever")) return;
  log_line(LogLevel::kWarning, "a process of uid %u sent a descriptor that was not agreed on", uid);
  auto discarded = std::make_unique<Discarded>();
  discarded->place = Guest::admit(Guest::Kind::kDiscarded, uid);
  discarded->fd = std::move(fd);
  under_way.fetch_add(1, std::memory_order_relaxed);
  if (start_detached_thread("pipes-discard", close_it, discarded.get())) {
    [[maybe_unused]] const Discarded* const the_threads = discarded.release();
    return;
  }
  // Better a number less than a thread less: it stays open.
  [[maybe_unused]] const int kept = discarded->fd.release();
  under_way.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace pipes
