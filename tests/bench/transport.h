// The small interface behind which every transport stands, ours included, so that each workload is written once.
//
// A transport that meets trouble calls fail() or refuse() of role.h and does not return: a measuring process has
// nothing better to do then than to say so and end.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "task.h"

namespace pipes::bench {

class Watch;

// One end of one conversation. One message per call, through the transport's own public call.
class Channel {
 public:
  Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  virtual ~Channel() = default;

  virtual void send(std::span<const std::byte> message) = 0;
  // Receives a message of exactly this size.
  virtual void receive(std::span<std::byte> message) = 0;
};

// The place where clients come in. Clients may connect once it exists.
class Server {
 public:
  Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  virtual ~Server() = default;

  virtual std::unique_ptr<Channel> accept() = 0;

  // How many threads serve one client each when clients come one after the other. accept() then is for any thread.
  [[nodiscard]] virtual uint32_t threads_for_connections() const { return 1; }

  // Echoes the messages of all clients that come, on this one thread, until the last message. Only for many-N.
  virtual void echo_all(Watch& watch, std::span<std::byte> buffer);
};

using WorkloadSet = uint32_t;

constexpr WorkloadSet set_of(std::initializer_list<Workload> workloads) {
  WorkloadSet set = 0;
  for (const Workload workload : workloads) set |= WorkloadSet{1} << static_cast<uint32_t>(workload);
  return set;
}

struct Implementation {
  std::string_view name;
  WorkloadSet workloads = 0;
  std::string missing;  // not empty: why this build has it not; the functions are null then
  std::unique_ptr<Server> (*listen)(Control& control) = nullptr;
  std::unique_ptr<Channel> (*open)(Control& control) = nullptr;
  WorkloadSet not_yet = 0;  // workloads that it is to have and lacks; they are reported by name

  [[nodiscard]] bool can(Workload workload) const { return (workloads & set_of({workload})) != 0; }
  [[nodiscard]] bool lacks(Workload workload) const { return (not_yet & set_of({workload})) != 0; }
};

}  // namespace pipes::bench
