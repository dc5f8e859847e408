#include "raw_peer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "pipe/name.h"
#include "support/futex.h"

namespace pipes::test {
namespace {

void take_and_wake(std::atomic<uint32_t>& flag) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  flag.store(0);
  futex_wake_shared(&flag);
}

}  // namespace

std::optional<FoundPipe> find_raw(const std::string& name) {
  auto found = find_pipe(*parse_pipe_name(name.c_str(), NameUse::kOpen));
  if (!found || found->empty() || found->front().meta.servers.empty()) return std::nullopt;
  return std::move(found->front());
}

UniqueFd connect_raw(const std::string& name) {
  const auto found = find_raw(name);
  if (!found) return {};
  auto socket = connect_server(*found, found->meta.servers.front());
  return socket ? std::move(*socket) : UniqueFd();
}

wire::Request honest_request(const PipeMeta& meta) {
  wire::Request request;
  request.kind = static_cast<uint32_t>(wire::RequestKind::kConnect);
  request.name = name_hash(meta.folded);
  request.desired_access = kReadWrite;
  request.layout_version = wire::kLayoutVersion;
  request.ring_capacity = meta.ring_capacity;
  return request;
}

RawEnd::RawEnd(Role role, SharedMemory memory, UniqueFd socket)
    : memory_(std::move(memory)),
      socket_(std::move(socket)),
      in_(role == Role::kServer ? wire::Direction::kInbound : wire::Direction::kOutbound),
      out_(role == Role::kServer ? wire::Direction::kOutbound : wire::Direction::kInbound),
      in_base_(memory_.map_ring(in_)),
      out_base_(memory_.map_ring(out_)),
      writer_(&out(), out_ring()),
      reader_(&in(), in_ring()) {
  writer_.set_populated(memory_.capacity());
}

void RawEnd::push(std::string_view text) {
  ASSERT_EQ(writer_.fit(wire::FrameKind::kWhole, text.size()), wire::RingWriter::Fit::kFits);
  writer_.announce(text.size());
  writer_.push(wire::FrameKind::kWhole, false, std::as_bytes(std::span(text)));
  wake_reader();
}

void RawEnd::put_word(uint64_t position, uint64_t word) {
  out_ring().word(position).store(word);
  wake_reader();
}

bool RawEnd::ring() { return ::send(socket_.get(), "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1; }

bool RawEnd::ring_with(int fd, size_t copies) {
  char byte = 0;
  iovec bytes{&byte, 1};
  std::vector<char> room(CMSG_SPACE(copies * sizeof fd));
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(copies * sizeof fd);
  for (size_t i = 0; i < copies; ++i) std::memcpy(CMSG_DATA(header) + i * sizeof fd, &fd, sizeof fd);
  return ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

void RawEnd::wake_reader() { take_and_wake(out().reader_waits.waiting); }
void RawEnd::wake_writer() { take_and_wake(in().writer_waits.waiting); }

Result<SharedMemory> make_memory(uint64_t capacity) {
  auto file = SharedMemory::create(capacity);
  return file ? SharedMemory::map(std::move(*file), capacity) : Result<SharedMemory>(file.status());
}

std::unique_ptr<RawEnd> open_raw(const std::string& name) {
  const auto found = find_raw(name);
  if (!found) return nullptr;
  auto socket = connect_server(*found, found->meta.servers.front());
  if (!socket) return nullptr;
  const wire::Request request = honest_request(found->meta);
  auto memory = make_memory(request.ring_capacity);
  if (!memory || !send_request(socket->get(), request, memory->fd())) return nullptr;
  std::atomic<uint32_t>& answer = memory->answer().word;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while ((answer.load() & wire::Answer::kAnswered) == 0) {
    pollfd hung_up{socket->get(), POLLRDHUP, 0};
    if (::poll(&hung_up, 1, 0) != 0 || std::chrono::steady_clock::now() > give_up) return nullptr;
    std::this_thread::yield();
  }
  if (answer.load() != wire::Answer::kAnswered) return nullptr;
  return std::make_unique<RawEnd>(Role::kClient, std::move(*memory), std::move(*socket));
}

RawServer::RawServer(const std::string& name, Behaviour behaviour) : stop_(::eventfd(0, EFD_CLOEXEC)) {
  const PipeName parts = *parse_pipe_name(name.c_str(), NameUse::kOpen);
  AddRequest request{parts,
                     {},
                     false,
                     PIPES_ACCESS_DUPLEX,
                     [](const PipeMeta&) { return Status{PIPES_OK}; },
                     [](const FoundPipe&, const ServerRecord&) {}};
  request.attributes.type = PIPES_TYPE_MESSAGE;
  request.attributes.access = PIPES_ACCESS_DUPLEX;
  request.attributes.max_instances = PIPES_UNLIMITED_INSTANCES;
  request.attributes.ring_capacity = wire::kRingCapacityMin;
  auto added = PipeMembership::add_first(request);
  if (!added) {
    ADD_FAILURE() << "cannot serve " << name << ": " << added.status();
    return;
  }
  membership_ = std::move(added->membership);
  const int listener = membership_->listening_socket();
  thread_ = std::thread([listener, stop = stop_.get(), behaviour = std::move(behaviour)] {
    while (true) {
      pollfd waiting[2] = {{listener, POLLIN, 0}, {stop, POLLIN, 0}};
      ::poll(waiting, 2, -1);
      if (waiting[1].revents != 0) return;
      UniqueFd socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket) behaviour(std::move(socket));
    }
  });
}

RawServer::~RawServer() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
}

std::unique_ptr<RawEnd> accept_raw(UniqueFd socket, uint32_t quota) {
  pollfd asked{socket.get(), POLLIN, 0};
  ::poll(&asked, 1, 20'000);
  ReceivedRequest received = receive_request(socket.get());
  if (received.kind != ReceivedRequest::Kind::kRequest || !received.memory) return nullptr;
  auto memory = SharedMemory::adopt(std::move(received.memory), received.request.ring_capacity);
  if (!memory) return nullptr;
  auto end = std::make_unique<RawEnd>(Role::kServer, std::move(*memory), std::move(socket));
  wire::Answer& answer = end->answer();
  answer.inbound_quota.store(quota);
  answer.outbound_quota.store(quota);
  answer.pipe_type.store(PIPES_TYPE_MESSAGE);
  answer.granted_access.store(PIPES_FILE_GENERIC_READ | PIPES_FILE_GENERIC_WRITE);
  answer.max_instances.store(PIPES_UNLIMITED_INSTANCES);
  if (answer.word.exchange(wire::Answer::kAnswered) == wire::Answer::kSleeping) send_reply(end->socket(), PIPES_OK);
  return end;
}

std::chrono::milliseconds scaled(std::chrono::milliseconds usual, std::chrono::milliseconds full) {
  if (std::getenv("PIPES_TEST_FULL") != nullptr) return full;
  const char* const text = std::getenv("PIPES_TEST_SCALE");
  const double factor = text != nullptr ? std::strtod(text, nullptr) : 1.0;
  return std::chrono::milliseconds(static_cast<int64_t>(static_cast<double>(usual.count()) * factor));
}

bool is_documented(Code status) {
  return status.number != kNoAnswer && std::string_view(status_name(status.number)) != "unknown status";
}

bool hangs_up(int socket) {
  pollfd waiting{socket, POLLRDHUP, 0};
  return ::poll(&waiting, 1, 20'000) == 1;
}

}  // namespace pipes::test
