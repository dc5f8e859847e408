// Whose rights the calling thread acts with. A thread can take on another user's effective ids and groups and return to
// its own; no other thread is touched, which the C library's calls cannot do, so these are the kernel's own.
//
// Only effective ids change, so that the way back needs no privilege. What the thread could do beyond the user's rights
// (its effective capabilities) is taken from it meanwhile. A switch that fails leaves the thread as it was; where even
// that is impossible the process ends, since it would go on with rights that nobody decided on (IMP-15).
//
// All functions concern the calling thread. None of them takes a lock.
#pragma once

#include <cstdint>
#include <vector>

#include "support/status.h"

namespace pipes {

// UserIds are what the kernel decides by: ids and supplementary groups.
struct UserIds {
  uint32_t uid = 0xFFFFFFFFu;
  uint32_t gid = 0xFFFFFFFFu;
  std::vector<uint32_t> groups;

  [[nodiscard]] bool has_group(uint32_t group) const;
  bool operator==(const UserIds&) const = default;
};

// What the thread acts with at the moment.
[[nodiscard]] Result<UserIds> effective_ids();

// Takes on `ids`, in place of any others taken on before (IMP-14). PIPES_ERROR_PRIVILEGE_NOT_HELD: the process
// may not; the thread is as it was (IMP-13). A process of the same user needs no privilege, if the user's groups are
// those of the process, or more: then no id is switched, and the thread is only without its capabilities.
[[nodiscard]] Status act_as(const UserIds& ids);

// Returns to the process's own; nothing to do if the thread acts with them.
void act_as_self() noexcept;

// Whether the thread has taken on somebody's credentials.
[[nodiscard]] bool acts_for_other() noexcept;

// AsSelf is a time in which the thread acts with the process's own credentials, whatever it has taken on.
class AsSelf {
 public:
  AsSelf() noexcept;
  ~AsSelf();
  AsSelf(const AsSelf&) = delete;
  AsSelf& operator=(const AsSelf&) = delete;

 private:
  bool switched_ = false;
};

// In a forked child, whose only thread may have acted for somebody (IMP-16). Async-signal-safe.
void act_as_self_in_child() noexcept;

}  // namespace pipes
