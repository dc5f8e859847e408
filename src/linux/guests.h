// Guest: one place that a process of some user takes up in a server process: as somebody who has connected and not
// spoken yet, or as a connection. Each user has so many of them (decision 23), so that one user who floods a server
// process with connections leaves room for all others.
//
//   a user's places       in handshakes                          as connections, waiters included
//   this user, and root   half the descriptor limit, up to 1024  as many as there are descriptors
//   any other user        an eighth of it, up to 256             a quarter of it
//   to be set by          PIPES_HANDSHAKES_MAX                   PIPES_CONNECTIONS_MAX
//
// A variable sets the figure for every user. The limit is the soft RLIMIT_NOFILE when the first client comes.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace pipes {

class Guest {
 public:
  enum class Kind { kHandshake, kConnection, kDiscarded };

  // Takes a place for a process of `uid`; nothing if that user has none left, which is logged.
  static std::optional<Guest> admit(Kind kind, uint32_t uid);
  // In a forked child: it serves nobody.
  static void forget_in_child() noexcept;

  Guest() = default;
  Guest(Guest&& other) noexcept { *this = std::move(other); }
  Guest& operator=(Guest&& other) noexcept {
    std::swap(taken_, other.taken_);
    std::swap(kind_, other.kind_);
    std::swap(uid_, other.uid_);
    return *this;
  }
  ~Guest() {
    if (taken_) leave();
  }

 private:
  Guest(Kind kind, uint32_t uid) : taken_(true), kind_(kind), uid_(uid) {}
  static std::optional<Guest> admit_unless_full(Kind kind, uint32_t uid, uint64_t most);
  void leave() noexcept;

  bool taken_ = false;
  Kind kind_ = Kind::kHandshake;
  uint32_t uid_ = 0;
};

}  // namespace pipes
