#include "linux/peer_session.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "support/unique_fd.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace pipes {
namespace {

uint32_t read_session(uint32_t pid) {
  std::array<char, 48> path{};
  (void)std::snprintf(path.data(), path.size(), "/proc/%u/sessionid", pid);
  const UniqueFd file(::open(path.data(), O_RDONLY | O_CLOEXEC));
  std::array<char, 16> text{};
  if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  const unsigned long session = std::strtoul(text.data(), nullptr, 10);
  constexpr unsigned long kUnset = 0xFFFFFFFFul;
  return session >= kUnset ? 0 : static_cast<uint32_t>(session);
}

}  // namespace

uint32_t session_of(uint32_t pid, int socket) {
  if (socket < 0) return read_session(pid);
  int raw = -1;
  socklen_t size = sizeof raw;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &raw, &size) != 0) return 0;
  const UniqueFd process(raw);
  const uint32_t session = read_session(pid);
  pollfd ended{process.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 0 ? session : 0;
}

}  // namespace pipes
