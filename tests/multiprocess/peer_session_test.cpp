// PEER-3 on Linux: sessions are those of the kernel's audit, as both sides of a connection are told.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <string>

#include "support/child.h"
#include "support/harness.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace pipes::test {
namespace {

// 0 where there is none.
uint32_t own_session() {
  uint32_t session = 0;
  std::ifstream("/proc/self/sessionid") >> session;
  return session == UINT32_MAX ? 0 : session;
}

// Whether this kernel says of a socket's peer which process it is, and not only which number it had.
bool kernel_ties_peers() {
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) return false;
  int process = -1;
  socklen_t size = sizeof process;
  const bool told = ::getsockopt(sockets[0], SOL_SOCKET, SO_PEERPIDFD, &process, &size) == 0;
  if (told) ::close(process);
  for (const int socket : sockets) ::close(socket);
  return told;
}

// Begins a session of its own, where the kernel lets it, opens the pipe argument 0, and is there until it is told.
PIPES_CHILD_ROLE(client_of_another_session) {
  std::ofstream("/proc/self/loginuid") << ::geteuid();
  const Handle client = open_client(parent.argument(0));
  parent.say(std::to_string(own_session()) + " " + std::to_string(server_session_id(client).value));
  (void)parent.next_line();
  return 0;
}

TEST(PeerSession, PEER_3_IsTheAuditSessionOfEachProcess) {
  const std::string name = unique_name();
  const Handle server = create_server(name);
  Child child = Child::spawn("client_of_another_session", {name});
  uint32_t of_client = 0;
  uint32_t of_server = 0;
  std::istringstream said(child.next_line().value_or(""));
  ASSERT_TRUE(said >> of_client >> of_server);
  const bool tied = kernel_ties_peers();
  EXPECT_EQ(tied ? of_client : 0, client_session_id(server).value);
  EXPECT_EQ(tied ? own_session() : 0, of_server);
  EXPECT_EQ(own_session(), server_session_id(server).value) << "of its own process it is always known";
  child.say("go");
  EXPECT_EQ(0, child.wait().code);
}

}  // namespace
}  // namespace pipes::test
