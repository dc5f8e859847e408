// See implementations.h.
#include "implementations.h"

#include <algorithm>

#include "role.h"

namespace pipes::bench {

void Server::echo_all(Watch&, std::span<std::byte>) { refuse("no server for many clients on one thread"); }

const std::vector<Implementation>& implementations() {
  static const std::vector<Implementation> all = {
      our_pipes(),      our_pipes_by_event_fd(), unix_stream(), unix_stream_polling(),
      unix_seqpacket(), kernel_pipe(),           posix_mq(),    boost_mq(),
      zeromq_pair(),    zeromq_reqrep(),         nng_pair(),    nng_reqrep(),
      libuv(),          own_polling(),           cache_line(),
  };
  return all;
}

const Implementation* find_implementation(std::string_view name) {
  const auto& all = implementations();
  const auto found = std::find_if(all.begin(), all.end(), [name](const auto& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace pipes::bench
