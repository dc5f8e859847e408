#include "linux/guests.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>

#include "linux/discard.h"
#include "support/lazy.h"
#include "support/log.h"
#include "support/mutex.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

struct GuestList {
  Mutex mutex;
  std::map<std::pair<Guest::Kind, uint32_t>, uint64_t> count;  // no entry is 0
};

// Never destroyed: the reactor may outlive main. A forked child starts with a new one.
std::atomic<GuestList*> the_list{nullptr};

GuestList& list() {
  GuestList* found = the_list.load(std::memory_order_acquire);
  if (found != nullptr) return *found;
  auto* made = new GuestList;
  if (the_list.compare_exchange_strong(found, made, std::memory_order_acq_rel)) return *made;
  delete made;
  return *found;
}

uint64_t descriptor_limit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

constexpr uint64_t kNotSet = UINT64_MAX;

uint64_t setting(const char* variable) {
  const char* text = secure_getenv(variable);
  return text == nullptr || *text == '\0' ? kNotSet : std::strtoull(text, nullptr, 10);
}

uint64_t places(Guest::Kind kind, uint32_t uid) {
  static constinit Lazy<uint64_t> limit;
  static constinit Lazy<uint64_t> handshakes_setting;
  static constinit Lazy<uint64_t> connections_setting;
  const uint64_t descriptors = limit.get(descriptor_limit);
  // Who could end this process anyway need not be kept from crowding it.
  const bool trusted = uid == 0 || uid == ::geteuid();
  if (kind == Guest::Kind::kDiscarded) return kDiscardsMax;
  if (kind == Guest::Kind::kHandshake) {
    const uint64_t usual =
        trusted ? std::min<uint64_t>(descriptors / 2, 1024) : std::min<uint64_t>(descriptors / 8, 256);
    const uint64_t handshakes = handshakes_setting.get([] { return setting("PIPES_HANDSHAKES_MAX"); });
    return handshakes != kNotSet ? handshakes : std::max<uint64_t>(usual, 16);
  }
  const uint64_t connections = connections_setting.get([] { return setting("PIPES_CONNECTIONS_MAX"); });
  if (connections != kNotSet) return connections;
  return trusted ? UINT64_MAX : std::max<uint64_t>(descriptors / 4, 16);
}

}  // namespace

std::optional<Guest> Guest::admit(Kind kind, uint32_t uid) {
  const uint64_t most = places(kind, uid);
  auto guest = admit_unless_full(kind, uid, most);
  if (!guest && kind != Kind::kDiscarded) {
    const bool connects = kind == Kind::kConnection;
    log_line(LogLevel::kInformation, "uid %u was refused: it has all the %s that it may have, %llu (%s)", uid,
             connects ? "connections" : "unfinished handshakes", static_cast<unsigned long long>(most),
             connects ? "PIPES_CONNECTIONS_MAX" : "PIPES_HANDSHAKES_MAX");
  }
  return guest;
}

std::optional<Guest> Guest::admit_unless_full(Kind kind, uint32_t uid, uint64_t most) {
  GuestList& all = list();
  MutexLock lock(all.mutex);
  uint64_t& count = all.count[{kind, uid}];
  // NOLINTNEXTLINE(bugprone-branch-clone): alike but for the name of the mistake that a test build can make
  const bool full = kind == Kind::kConnection ? PIPES_BREACH("connections-uncounted", count >= most)
                                              : PIPES_BREACH("handshakes-uncounted", count >= most);
  if (full) {
    if (count == 0) all.count.erase({kind, uid});
    return std::nullopt;
  }
  ++count;
  return Guest(kind, uid);
}

// A place taken before a fork is unknown to the child's list.
void Guest::leave() noexcept {
  GuestList& all = list();
  MutexLock lock(all.mutex);
  const auto found = all.count.find({kind_, uid_});
  if (found != all.count.end() && --found->second == 0) all.count.erase(found);
}

void Guest::forget_in_child() noexcept { the_list.store(nullptr, std::memory_order_relaxed); }

}  // namespace pipes
