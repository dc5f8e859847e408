// See unix_socket.h.
#include "unix_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "role.h"

namespace pipes::bench {
namespace {

constexpr int kBacklog = 4096;
constexpr int kWantedBuffer = 4 << 20;

sockaddr_un address_in(const Control& control) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = private_path(control, "socket");
  if (path.size() >= sizeof address.sun_path) fail("the path of the socket is too long");
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

}  // namespace

UniqueFd listen_at(const Control& control, int type) {
  UniqueFd listener(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!listener) fail_errno("socket");
  const sockaddr_un address = address_in(control);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail_errno("bind");
  if (::listen(listener.get(), kBacklog) != 0) fail_errno("listen");
  return listener;
}

UniqueFd accept_from(const UniqueFd& listener) {
  UniqueFd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection) fail_errno("accept");
  return connection;
}

UniqueFd connect_to(const Control& control, int type) {
  UniqueFd connection(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!connection) fail_errno("socket");
  const sockaddr_un address = address_in(control);
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail_errno("connect");
  }
  return connection;
}

void enlarge_buffer(const Control& control, const UniqueFd& socket) {
  const Workload workload = control.task.workload;
  if (workload == Workload::kConnect || workload == Workload::kMemory || active_clients(workload) != 0) {
    report_settings("SO_SNDBUF as the system's default");
    return;
  }
  // The kernel's limit binds unless we are privileged.
  const int wanted = kWantedBuffer;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof wanted) != 0) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
  }
  int given = 0;
  socklen_t size = sizeof given;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &given, &size);
  report_settings(fmt::format("SO_SNDBUF {} KiB", given / 1024));
}

}  // namespace pipes::bench
