#include "linux/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "linux/discard.h"
#include "linux/handle_table.h"
#include "linux/parcel.h"
#include "linux/process_fd.h"
#include "linux/reactor.h"
#include "linux/runtime_directory.h"
#include "linux/server_socket.h"
#include "linux/system_error.h"
#include "support/detached_thread.h"
#include "support/fault_point.h"
#include "support/log.h"
#include "support/mutex.h"
#include "support/thread_identity.h"

namespace pipes {
namespace {

constexpr std::string_view kPrefix = "h.";
constexpr std::string_view kNotYet = ".new";
constexpr size_t kTicketDigits = 16;
constexpr size_t kNameMax = 40;

std::optional<ucred> peer_of(int socket) noexcept {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) return std::nullopt;
  return peer;
}

bool is_of_datagrams(int socket) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

// ------------------------------------------------------------------------------------------------- one handle's way in

std::atomic<uint32_t> deliveries{0};

class Delivery {
 public:
  // Answers that there is no room, or starts a thread.
  static void begin(UniqueFd socket, uid_t sender) {
    if (deliveries.fetch_add(1, std::memory_order_relaxed) < kDeliveriesMax) {
      std::unique_ptr<Delivery> delivery(new Delivery(std::move(socket), sender));
      if (start_detached_thread("pipes-parcel", &Delivery::run, delivery.get())) {
        [[maybe_unused]] const Delivery* const the_threads = delivery.release();
        return;
      }
      (void)say(delivery->socket_.get(), wire::Greeting{.status = PIPES_ERROR_NO_SYSTEM_RESOURCES});
    } else {
      (void)say(socket.get(), wire::Greeting{.status = PIPES_ERROR_NO_SYSTEM_RESOURCES});
    }
    deliveries.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  Delivery(UniqueFd socket, uid_t sender) : socket_(std::move(socket)), sender_(sender) {}

  static void run(void* delivery) {
    std::unique_ptr<Delivery> self(static_cast<Delivery*>(delivery));
    try {
      self->take();
    } catch (const std::bad_alloc&) {
      (void)say(self->socket_.get(), wire::Receipt{.status = PIPES_ERROR_NOT_ENOUGH_MEMORY});
    }
    self.reset();
    deliveries.fetch_sub(1, std::memory_order_relaxed);
  }

  void take() {
    if (!say(socket_.get(), wire::Greeting{})) return;
    PackedHandle packed;
    bool cut_off = false;
    const Heard heard = hear_parcel(socket_.get(), Deadline::after_ms(kParcelMs), &packed, &cut_off);
    if (heard == Heard::kSomethingElse) {
      log_line(LogLevel::kWarning, "a process of uid %u was to put a handle here, and sent something else", sender_);
    }
    if (heard != Heard::kIt) return;
    const auto made =
        cut_off ? Result<pipes_handle>(PIPES_ERROR_NO_SYSTEM_RESOURCES) : unpack(std::move(packed), sender_);
    if (!made) {
      (void)say(socket_.get(), wire::Receipt{.status = made.status()});
      return;
    }
    PIPES_CRASH_POINT("parcel-unpacked");  // CRASH: the sender learns that there is no handle.
    // The sender may have died, or have stopped waiting: nobody would ever close the handle then.
    const bool is_said = say(socket_.get(), wire::Receipt{.handle = reinterpret_cast<uintptr_t>(*made)});
    PIPES_CRASH_POINT("receipt-said");  // CRASH: the sender may take it that there is one, as if it had died later.
    if (!is_said || !hear_taken()) (void)HandleTable::instance().close(*made);
  }

  // SUBTLE: once the socket takes nothing in, either the word lies in it or the sender learns that it came too late.
  bool hear_taken() {
    wire::Taken taken;
    const Heard heard = hear(socket_.get(), Deadline::after_ms(kParcelMs), &taken);
    if (heard != Heard::kNothingInTime) return heard == Heard::kIt;
    ::shutdown(socket_.get(), SHUT_RD);
    return hear(socket_.get(), Deadline::after_ms(0), &taken) == Heard::kIt;
  }

  const ProcessFd socket_;
  const uid_t sender_;
};

// ----------------------------------------------------------------------------------------------- what the reactor sees

// Somebody connects to the socket in the runtime directory.
class Door : public Reactor::Source {
 public:
  explicit Door(UniqueFd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] int fd() const { return socket_.get(); }

  void on_ready(uint64_t, uint32_t) override {
    UniqueFd visitor = accept_one();
    const bool exhausted = !visitor && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
    if (exhausted) refuse_one();
    const auto peer = visitor ? peer_of(visitor.get()) : std::nullopt;
    if (!peer) return;
    if (peer->uid != ::geteuid() && peer->uid != 0) {
      log_line(LogLevel::kWarning, "a process of uid %u was refused: only this user and root may put handles here",
               peer->uid);
      return;
    }
    Delivery::begin(std::move(visitor), peer->uid);
  }

 private:
  [[nodiscard]] UniqueFd accept_one() const {
    return UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  }
  // Out of descriptors: left in the backlog, the visitor would keep the reactor busy and himself in the dark.
  void refuse_one() const {
    Reactor* const reactor = Reactor::running();
    const bool lent = reactor != nullptr && reactor->with_spare_descriptor([this] {
      if (const UniqueFd visitor = accept_one()) {
        (void)say(visitor.get(), wire::Greeting{.status = PIPES_ERROR_NO_SYSTEM_RESOURCES});
      }
    });
    if (lent) return;
    const timespec pause{0, 10'000'000};
    ::nanosleep(&pause, nullptr);
  }

  const ProcessFd socket_;
};

// The parent knocks.
class Letterbox : public Reactor::Source {
 public:
  Letterbox(UniqueFd socket, pid_t parent) : socket_(std::move(socket)), parent_(parent) {}
  [[nodiscard]] int fd() const { return socket_.get(); }

  void on_ready(uint64_t name, uint32_t) override {
    UniqueFd delivery;
    const Heard heard = hear_knock(socket_.get(), &delivery);
    if (heard == Heard::kHangup) {
      if (Reactor* const reactor = Reactor::running()) reactor->unwatch(name, socket_.get());
      return;
    }
    if (heard != Heard::kIt) return;
    const auto peer = peer_of(delivery.get());
    if (!peer || peer->pid != parent_ || !is_of_datagrams(delivery.get())) {
      discard(std::move(delivery), peer ? peer->uid : PIPES_UNKNOWN_ID);
      return;
    }
    Delivery::begin(std::move(delivery), peer->uid);
  }

 private:
  const ProcessFd socket_;
  const pid_t parent_;
};

// ---------------------------------------------------------------------------------------------- the process's mailboxes

template <class Source>
struct Watched {
  std::shared_ptr<Source> source;
  uint64_t name = 0;
};

struct Listening {
  Watched<Door> door;
  ProcessFd directory;
  std::string file;
};

struct Mailboxes {
  std::optional<Listening> listening;
  std::optional<Watched<Letterbox>> letterbox;
};

// Held over system calls; no other lock is waited for meanwhile but the reactor's.
constinit Mutex mailboxes_mutex;
constinit Mailboxes* mailboxes = nullptr;  // mailboxes_mutex; never destroyed, and a forked child begins anew

Mailboxes& all_mailboxes() {
  if (mailboxes == nullptr) mailboxes = new Mailboxes;
  return *mailboxes;
}

template <class Source>
Result<Watched<Source>> watch(std::shared_ptr<Source> source) {
  Reactor* const reactor = Reactor::running();
  if (reactor == nullptr) return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
  const auto name = reactor->watch(source->fd(), EPOLLIN, source);
  if (!name) return name.status();
  return Watched<Source>{std::move(source), *name};
}

template <class Source>
void unwatch(const Watched<Source>& watched) {
  if (Reactor* const reactor = Reactor::running()) reactor->unwatch(watched.name, watched.source->fd());
}

std::string new_mailbox_name() {
  uint64_t ticket = 0;
  const ssize_t filled = ::getrandom(&ticket, sizeof ticket, 0);
  Ensures(filled == static_cast<ssize_t>(sizeof ticket));
  std::array<char, 40> name{};
  (void)std::snprintf(name.data(), name.size(), "h.%d.%016llx", ::getpid(), static_cast<unsigned long long>(ticket));
  return name.data();
}

// A socket of this name listens from the moment on at which it is there.
Result<UniqueFd> listen_under(int directory, const std::string& file) {
  const std::string before = file + std::string(kNotYet);
  auto socket = listen_as(directory, before);
  if (!socket) return socket;
  if (::renameat(directory, before.c_str(), directory, file.c_str()) == 0) return socket;
  const Status status = status_from_errno(errno);
  ::unlinkat(directory, before.c_str(), 0);
  return status;
}

// `mailboxes_mutex` is held.
Status begin_to_listen() {
  if (all_mailboxes().listening) return PIPES_OK;
  const AsSelf as_self;
  auto directory = directory_for_creating();
  if (!directory) return directory.status();
  const std::string file = new_mailbox_name();
  auto socket = listen_under(directory->get(), file);
  if (!socket) return socket.status();
  auto door = watch(std::make_shared<Door>(std::move(*socket)));
  if (!door) {
    ::unlinkat(directory->get(), file.c_str(), 0);
    return door.status();
  }
  all_mailboxes().listening.emplace(Listening{std::move(*door), ProcessFd(std::move(*directory)), file});
  return PIPES_OK;
}

void stop_to_listen() {
  Mailboxes& all = all_mailboxes();
  if (all.letterbox) unwatch(*all.letterbox);
  all.letterbox.reset();
  if (!all.listening) return;
  const AsSelf as_self;
  unwatch(all.listening->door);
  ::unlinkat(all.listening->directory.get(), all.listening->file.c_str(), 0);
  all.listening.reset();
}

}  // namespace

bool is_mailbox_of(std::string_view file, pid_t process) {
  const std::string prefix = std::string(kPrefix) + std::to_string(process) + ".";
  if (!file.starts_with(prefix) || file.size() != prefix.size() + kTicketDigits) return false;
  return file.find_first_not_of("0123456789abcdef", prefix.size()) == std::string_view::npos;
}

bool is_mailbox_name(std::string_view file) { return file.starts_with(kPrefix) && file.size() < kNameMax; }

// An id that means nobody here may mean somebody in another namespace: he answers then, or is about to.
void sweep_mailbox(int directory, const std::string& file) {
  const auto process = static_cast<pid_t>(std::strtol(file.c_str() + kPrefix.size(), nullptr, 10));
  if (process <= 0 || ::kill(process, 0) == 0 || errno != ESRCH) return;
  sweep_socket(directory, file, file.ends_with(kNotYet) ? SocketAge::kAny : SocketAge::kListened);
}

Status accept_handles(bool accept) {
  (void)adopt_inherited_handles();  // the invitation is among them
  MutexLock lock(mailboxes_mutex);
  if (accept) return begin_to_listen();
  stop_to_listen();
  return PIPES_OK;
}

bool is_invitation(int fd) noexcept {
  const auto peer = peer_of(fd);
  if (!peer || peer->pid != ::getppid() || !is_of_datagrams(fd)) return false;
  std::array<std::byte, sizeof(wire::Invitation) + 1> room{};
  const ssize_t got = ::recv(fd, room.data(), room.size(), MSG_PEEK | MSG_DONTWAIT);
  if (got < 0) return false;
  return wire::decode_as<wire::Invitation>(std::span<const std::byte>(room).first(static_cast<size_t>(got)))
      .has_value();
}

void accept_invitation(UniqueFd invitation) {
  ::fcntl(invitation.get(), F_SETFD, FD_CLOEXEC);
  wire::Invitation read;
  if (hear(invitation.get(), Deadline::after_ms(0), &read) != Heard::kIt) return;
  MutexLock lock(mailboxes_mutex);
  auto letterbox = watch(std::make_shared<Letterbox>(std::move(invitation), ::getppid()));
  if (letterbox) all_mailboxes().letterbox.emplace(std::move(*letterbox));
}

void forget_mailboxes_in_child() noexcept {
  mailboxes_mutex.reset_in_child();
  mailboxes = nullptr;
  deliveries.store(0, std::memory_order_relaxed);
}

}  // namespace pipes
