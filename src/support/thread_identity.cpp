#include "support/thread_identity.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>

#include "support/log.h"
#include "support/parker.h"

namespace pipes {
namespace {

constexpr uint32_t kUnchanged = 0xFFFFFFFFu;
static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are passed to the kernel as they are");

struct Capabilities {
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};

  [[nodiscard]] bool has_any_effective() const { return sets[0].effective != 0 || sets[1].effective != 0; }
  [[nodiscard]] bool has_effective(const Capabilities& wanted) const {
    return sets[0].effective == wanted.sets[0].effective && sets[1].effective == wanted.sets[1].effective;
  }
};

bool read_capabilities(Capabilities* capabilities) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return ::syscall(SYS_capget, &header, capabilities->sets.data()) == 0;
}

// Only what is effective; what the thread may take back stays.
bool set_effective(const Capabilities& wanted) noexcept {
  Capabilities now;
  if (!read_capabilities(&now)) return false;
  if (now.has_effective(wanted)) return true;
  now.sets[0].effective = wanted.sets[0].effective;
  now.sets[1].effective = wanted.sets[1].effective;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return ::syscall(SYS_capset, &header, now.sets.data()) == 0;
}

bool set_user(uint32_t effective, uint32_t saved) noexcept {
  return ::syscall(SYS_setresuid, kUnchanged, effective, saved) == 0;
}

bool set_group(uint32_t effective) noexcept { return ::syscall(SYS_setresgid, kUnchanged, effective, kUnchanged) == 0; }

bool set_groups(const std::vector<uint32_t>& groups) noexcept {
  return ::syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
}

// What the thread returns to.
struct Own {
  UserIds ids;
  uint32_t saved_uid = 0;
  Capabilities capabilities;
};

struct State {
  std::unique_ptr<Own> own;        // while the thread acts for somebody
  std::unique_ptr<UserIds> other;  // for whom, if that took a switch
};

thread_local State state;

Result<std::unique_ptr<Own>> read_own() {
  auto own = std::make_unique<Own>();
  auto ids = effective_ids();
  if (!ids) return ids.status();
  own->ids = std::move(*ids);
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  if (::getresuid(&real, &effective, &saved) != 0 || !read_capabilities(&own->capabilities)) {
    return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
  }
  own->saved_uid = saved;
  return own;
}

// How far a thread has taken on somebody's ids.
enum class Steps { kNone, kGroups, kGroup, kUser, kAll };

// A user whose rights are the process's own but for its capabilities is acted for without any change of ids, which may
// take privileges. Root has them itself.
bool is_covered(const UserIds& self, const UserIds& other) {
  return self.uid == other.uid && other.has_group(self.gid) &&
         std::ranges::all_of(self.groups, [&](uint32_t group) { return other.has_group(group); });
}
bool takes_no_switch(const Own& own, const UserIds& other) {
  return is_covered(own.ids, other) && (other.uid == 0 || !own.capabilities.has_any_effective());
}

// Undoes the steps that were made, and no others: without privileges it may not even set what it has.
//
// SUBTLE: the user comes first: with it, or right after it, the thread has again what the other steps need. For root
// the kernel gives the capabilities back with the user; what it does not, set_effective does.
bool return_to(const Own& own, const UserIds& other, Steps made = Steps::kAll) noexcept {
  const UserIds& self = own.ids;
  if (made == Steps::kNone) return true;
  if (is_covered(self, other)) return set_effective(own.capabilities);
  if (made >= Steps::kUser) {
    const bool returned =
        set_user(self.uid, kUnchanged) && set_effective(own.capabilities) && set_user(kUnchanged, own.saved_uid);
    if (!returned) return false;
  }
  if (made >= Steps::kGroup && !set_group(self.gid)) return false;
  return made < Steps::kGroups || set_groups(self.groups);
}

// The reverse order. The saved id is what return_to gets the user back by, without any privilege. Returns how far it
// came; errno says why no further.
Steps take_on(const Own& own, const UserIds& other) noexcept {
  constexpr Capabilities kNone;
  if (is_covered(own.ids, other)) return set_effective(kNone) ? Steps::kAll : Steps::kNone;
  if (!set_groups(other.groups)) return Steps::kNone;
  if (!set_group(other.gid)) return Steps::kGroups;
  if (!set_user(other.uid, own.ids.uid)) return Steps::kGroup;
  if (other.uid != 0 && !set_effective(kNone)) return Steps::kUser;
  const bool is_he =
      ::syscall(SYS_geteuid) == static_cast<long>(other.uid) && ::syscall(SYS_getegid) == static_cast<long>(other.gid);
  return is_he ? Steps::kAll : Steps::kUser;
}

[[noreturn]] void stop_serving(const char* why) noexcept {
  log_line(LogLevel::kError, "%s: the process ends rather than go on with the wrong user's rights", why);
  std::abort();
}

// 0: the process's own. A thread that acts for somebody has a number of its own each time.
uint64_t next_identity() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

bool UserIds::has_group(uint32_t group) const {
  return gid == group || std::ranges::find(groups, group) != groups.end();
}

Result<UserIds> effective_ids() {
  UserIds ids{::geteuid(), ::getegid(), {}};
  while (true) {
    const int count = ::getgroups(0, nullptr);
    if (count < 0) return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
    ids.groups.resize(static_cast<size_t>(count));
    const int got = ::getgroups(count, ids.groups.data());
    if (got < 0 && errno == EINVAL) continue;  // more than a moment ago
    if (got < 0) return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
    ids.groups.resize(static_cast<size_t>(got));
    return ids;
  }
}

Status act_as(const UserIds& ids) {
  // Everything that can want for memory comes before the first step.
  auto other = std::make_unique<UserIds>(ids);
  std::unique_ptr<Own> made;
  if (state.own == nullptr) {
    auto own = read_own();
    if (!own) return own.status();
    made = std::move(*own);
  }
  const Own& own = state.own != nullptr ? *state.own : *made;
  if (state.other != nullptr && !return_to(own, *state.other)) {
    stop_serving("a thread could not return to its own rights");
  }
  if (takes_no_switch(own, ids)) {
    other.reset();
  } else if (const Steps made_steps = take_on(own, ids); made_steps != Steps::kAll) {
    const bool may_not = errno == EPERM || made_steps == Steps::kUser;
    if (!return_to(own, ids, made_steps)) stop_serving("a thread could not return to its own rights");
    if (state.other != nullptr && take_on(own, *state.other) != Steps::kAll) {
      stop_serving("a thread could not go on as the client it acted for");
    }
    return may_not ? PIPES_ERROR_PRIVILEGE_NOT_HELD : PIPES_ERROR_NO_SYSTEM_RESOURCES;
  }
  if (made != nullptr) state.own = std::move(made);
  state.other = std::move(other);
  Parker::mine().identity = is_covered(state.own->ids, ids) ? 0 : next_identity();
  return PIPES_OK;
}

void act_as_self() noexcept {
  if (state.own == nullptr) return;
  if (state.other != nullptr && !return_to(*state.own, *state.other)) {
    stop_serving("a thread could not return to its own rights");
  }
  state.other.reset();
  state.own.reset();
  Parker::mine().identity = 0;
}

bool acts_for_other() noexcept { return state.own != nullptr; }

AsSelf::AsSelf() noexcept {
  if (state.other == nullptr) return;
  if (!return_to(*state.own, *state.other)) stop_serving("a thread could not return to its own rights");
  switched_ = true;
}

AsSelf::~AsSelf() {
  if (switched_ && take_on(*state.own, *state.other) != Steps::kAll)
    stop_serving("a thread could not go on as its client");
}

// Frees nothing: the allocator's locks may be anybody's.
void act_as_self_in_child() noexcept {
  if (state.own == nullptr) return;
  if (state.other != nullptr && !return_to(*state.own, *state.other)) ::_exit(127);
  (void)state.other.release();
  (void)state.own.release();
  Parker::mine().identity = 0;
}

}  // namespace pipes
