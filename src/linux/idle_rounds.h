// IdleRounds: what keeps a peer from making a waiting thread run in circles.
//
// A thread that waits looks, sleeps, and looks again; the words by which it is woken are the peer's to write. Whatever
// wakes it, only two things count: that the operation came further, or that this process itself woke it. Rounds without
// either are counted, and beyond a few the thread rests on something private, a little longer each time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "support/deadline.h"
#include "support/seeded_mistake.h"

namespace pipes {

class IdleRounds {
 public:
  // Begins a round. `progress` never goes back; `ticket` is that of the thread's parker.
  void begin(uint64_t progress, uint32_t ticket) {
    const bool moved = first_ || progress != progress_ || ticket != ticket_;
    rounds_ = moved ? 0 : rounds_ + 1;
    first_ = false;
    progress_ = progress;
    ticket_ = ticket;
  }

  // The round that has begun ended by itself, and says nothing against the peer.
  void forgive() { first_ = true; }

  // The peer is not to be listened to in this round: rest until rest_until().
  [[nodiscard]] bool too_many() const { return PIPES_BREACH("idle-rounds", rounds_ > kIdleRoundsMax); }
  [[nodiscard]] Deadline rest_until() const {
    return Deadline::after_ms(std::min<uint64_t>(rounds_ - kIdleRoundsMax, kRestMaxMs));
  }

 private:
  static constexpr uint32_t kIdleRoundsMax = 16;
  static constexpr uint64_t kRestMaxMs = 50;

  bool first_ = true;
  uint64_t progress_ = 0;
  uint32_t ticket_ = 0;
  uint32_t rounds_ = 0;
};

}  // namespace pipes
