#include "linux/doorbell.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <new>

#include "linux/named_end.h"

namespace pipes {
namespace {

static_assert(Doorbell::kEvents == (EPOLLIN | EPOLLRDHUP));

// A round is bounded: of one that rings on and on the rest is left for the next. Descriptors that come along are
// dropped by the kernel, which is given no room for them.
void take_rings(int socket) {
  constexpr unsigned kRingsMax = 16;
  std::array<char, kRingsMax> bytes{};
  std::array<iovec, kRingsMax> places{};
  std::array<mmsghdr, kRingsMax> messages{};
  for (size_t i = 0; i < kRingsMax; ++i) {
    places[i] = {&bytes[i], 1};
    messages[i].msg_hdr.msg_iov = &places[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  (void)::recvmmsg(socket, messages.data(), kRingsMax, MSG_DONTWAIT, nullptr);
}

}  // namespace

void Doorbell::answer(Connection& connection, const std::shared_ptr<NamedEnd>& end,
                      const std::shared_ptr<Reactor::Source>& source) {
  // Passed on first: whoever dies in between leaves the rings to the other holders of the end.
  if (end != nullptr) end->relay_doorbell();
  take_rings(connection.socket.get());
  if (end != nullptr) end->on_doorbell();
  in_vain_.rang(end != nullptr ? end->done_by_peer(connection) : 0);
  const uint64_t pause_ms = in_vain_.pause_ms();
  Reactor* const reactor = Reactor::running();
  if (pause_ms == 0 || !listens_ || reactor == nullptr) return;
  try {
    reactor->call_at(Deadline::after_ms(pause_ms), source);
  } catch (const std::bad_alloc&) {
    return;
  }
  listens_ = false;
  reactor->resume(connection.watch, connection.socket.get(), EPOLLRDHUP);
}

void Doorbell::listen_again(const Connection& connection) {
  listens_ = true;
  if (Reactor* reactor = Reactor::running()) reactor->resume(connection.watch, connection.socket.get(), kEvents);
}

void ConnectionWatch::on_ready(uint64_t name, uint32_t events) {
  const auto connection = connection_.lock();
  if (!connection) return;
  if ((events & EPOLLIN) != 0) doorbell_.answer(*connection, end_.lock(), shared_from_this());
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  if (Reactor* const reactor = Reactor::running()) reactor->unwatch(name, connection->socket.get());
  if (const auto end = end_.lock()) end->on_hangup(connection.get());
}

}  // namespace pipes
