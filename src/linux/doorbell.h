// Doorbell: hearing it. What the peer sends over the control socket asks this process to look, whatever it says.
//
// A peer may ring without end. It is heard as long as it also does something; one that rings in vain is not listened to
// for a while, each time a little longer. What it has done is seen a little later then, its end at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "linux/connection.h"
#include "linux/reactor.h"

namespace pipes {

class NamedEnd;

// RingsInVain says how long a peer is not to be listened to.
class RingsInVain {
 public:
  // The peer rang. `done` counts all that it has ever read and written.
  void rang(uint64_t done) {
    const bool in_vain = done == done_ && !first_;
    count_ = in_vain ? std::min(count_ + 1, kMax) : count_ - std::min(count_, kForgivenByDeed);
    first_ = false;
    done_ = done;
  }
  // 0: go on listening.
  [[nodiscard]] uint64_t pause_ms() const { return count_ > kAllowed ? count_ - kAllowed : 0; }

 private:
  static constexpr uint64_t kAllowed = 16;  // some are on their way when what they tell is found
  static constexpr uint64_t kMax = kAllowed + 50;
  static constexpr uint64_t kForgivenByDeed = 4;

  bool first_ = true;
  uint64_t done_ = 0;
  uint64_t count_ = 0;
};

// Belongs to the source of a watch, and is used on the reactor's thread alone.
class Doorbell {
 public:
  // What the reactor watches a control socket for.
  static constexpr uint32_t kEvents = 0x2001;  // EPOLLIN | EPOLLRDHUP

  // The socket is readable: takes what there is, lets the end look, and stops to listen if that is to be; `source`,
  // whose on_deadline() calls listen_again(), is kept until then.
  void answer(Connection& connection, const std::shared_ptr<NamedEnd>& end,
              const std::shared_ptr<Reactor::Source>& source);
  void listen_again(const Connection& connection);

 private:
  RingsInVain in_vain_;
  bool listens_ = true;
};

// ConnectionWatch is what the reactor does about the control socket of a connection that this process did not accept:
// hears the doorbell, and tells the end when the peer has gone.
class ConnectionWatch : public Reactor::Source, public std::enable_shared_from_this<ConnectionWatch> {
 public:
  ConnectionWatch(std::weak_ptr<NamedEnd> end, std::weak_ptr<Connection> connection)
      : end_(std::move(end)), connection_(std::move(connection)) {}
  void on_ready(uint64_t name, uint32_t events) override;
  void on_deadline(uint64_t) override {
    if (const auto connection = connection_.lock()) doorbell_.listen_again(*connection);
  }

 private:
  Doorbell doorbell_;
  std::weak_ptr<NamedEnd> end_;
  std::weak_ptr<Connection> connection_;
};

}  // namespace pipes
