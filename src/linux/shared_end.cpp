#include "linux/shared_end.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "linux/datagram.h"
#include "linux/system_error.h"

namespace pipes {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
constexpr off_t kPlaces = 16;  // where the holders' locks begin; before them those of the halves

struct flock range(short type, off_t at) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = at;
  lock.l_len = 1;
  return lock;
}

// What a message in the box says beside its descriptors.
struct BoxLabel {
  uint64_t generation = 0;
};

bool put(int socket, BoxLabel label, std::span<const int> descriptors) noexcept {
  return send_datagram(socket, std::as_bytes(std::span(&label, 1)), descriptors);
}

struct Found {
  bool any = false;
  BoxLabel label;
  std::array<UniqueFd, kDatagramDescriptorsMax> descriptors;
};

// Looks at the first message, or takes it.
Found find(int socket, bool take) noexcept {
  Found found;
  const auto room = std::as_writable_bytes(std::span(&found.label, 1));
  Datagram datagram = receive_datagram(socket, room, take ? 0 : MSG_PEEK);
  found.any = datagram.bytes == static_cast<ssize_t>(room.size());
  found.descriptors = std::move(datagram.descriptors);
  return found;
}

bool is_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

bool is_ring(int fd) {
  char path[32];
  char target[64];
  (void)std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const ssize_t length = ::readlink(path, target, sizeof target);
  constexpr std::string_view kExpected = "anon_inode:[eventfd]";
  return length > 0 && std::string_view(target, static_cast<size_t>(length)) == kExpected;
}

void set_close_on_exec(int fd, bool close) {
  ::fcntl(fd, F_SETFD, close ? FD_CLOEXEC : 0);
  if (close) {
    close_in_child(fd);
  } else {
    keep_in_child(fd);
  }
}

}  // namespace

Result<std::unique_ptr<SharedEnd>> SharedEnd::make(const wire::EndFacts& facts) {
  std::unique_ptr<SharedEnd> shared(new SharedEnd);
  shared->facts_ = facts;
  shared->inherited_page_.reset(::memfd_create("pipes-end", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const int page = shared->inherited_page_.get();
  if (page < 0) return status_from_errno(errno);
  if (::ftruncate(page, wire::kEndPageBytes) != 0 || ::fallocate(page, 0, 0, wire::kEndPageBytes) != 0) {
    return Status{PIPES_ERROR_NOT_ENOUGH_MEMORY};
  }
  if (::fcntl(page, F_ADD_SEALS, kSeals) != 0) return status_from_errno(errno);
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
    return status_from_errno(errno);
  }
  shared->box_.reset(pair[0]);
  shared->stake_.reset(pair[1]);
  shared->ring_ = ProcessFd(UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
  if (!shared->ring_) return status_from_errno(errno);
  const int ring = shared->ring_.get();
  if (!put(shared->stake_.get(), {}, std::span(&ring, 1))) return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
  if (const Status status = shared->map_page(); status != PIPES_OK) return status;
  // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): of a call that failed errno is not 0
  wire::store_words(shared->page_->facts, facts);
  for (const int fd : {page, pair[0], pair[1]}) close_in_child(fd);
  return shared;
}

Result<std::unique_ptr<SharedEnd>> SharedEnd::adopt(int page, int box, int stake) {
  std::unique_ptr<SharedEnd> shared(new SharedEnd);
  const auto fails = [&](Status status) {
    (void)shared->inherited_page_.release();
    (void)shared->box_.release();
    (void)shared->stake_.release();
    return status;
  };
  shared->inherited_page_.reset(page);
  shared->box_.reset(box);
  shared->stake_.reset(stake);
  shared->inheritable_ = true;
  struct stat file {};
  struct statfs file_system {};
  if (::fcntl(page, F_GET_SEALS) != kSeals || ::fstatfs(page, &file_system) != 0 || file_system.f_type != TMPFS_MAGIC ||
      ::fstat(page, &file) != 0 || file.st_size != wire::kEndPageBytes) {
    return fails(PIPES_ERROR_INVALID_PARAMETER);
  }
  if (!is_socket(box) || !is_socket(stake)) return fails(PIPES_ERROR_INVALID_PARAMETER);
  Found ring = find(box, false);
  if (!ring.any || !ring.descriptors[0] || !is_ring(ring.descriptors[0].get())) {
    return fails(PIPES_ERROR_INVALID_PARAMETER);
  }
  shared->ring_ = ProcessFd(std::move(ring.descriptors[0]));
  if (const Status status = shared->map_page(); status != PIPES_OK) return fails(status);
  const auto facts = wire::facts_of(*shared->page_);
  if (!facts) return fails(PIPES_ERROR_INVALID_PARAMETER);
  shared->facts_ = *facts;
  return shared;
}

// The locks belong to an open description, and that which is inherited is everybody's.
Status SharedEnd::map_page() {
  char path[32];
  (void)std::snprintf(path, sizeof path, "/proc/self/fd/%d", inherited_page_.get());
  own_page_ = ProcessFd(UniqueFd(::open(path, O_RDWR | O_CLOEXEC)));
  struct stat file {};
  if (!own_page_ || ::fstat(own_page_.get(), &file) != 0) return status_from_errno(errno);
  page_device_ = file.st_dev;
  page_inode_ = file.st_ino;
  void* mapped = ::mmap(nullptr, wire::kEndPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, own_page_.get(), 0);
  if (mapped == MAP_FAILED) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  ::madvise(mapped, wire::kEndPageBytes, MADV_DONTFORK);
  page_ = static_cast<wire::EndPage*>(mapped);
  return PIPES_OK;
}

SharedEnd::~SharedEnd() { release(); }

void SharedEnd::lock(Half half) const noexcept {
  struct flock lock = range(F_WRLCK, static_cast<off_t>(half));
  // Without the lock two processes would store the same half; out of memory for one is waited out.
  while (::fcntl(own_page_.get(), F_OFD_SETLKW, &lock) != 0) {
    if (errno == ENOLCK) ::sched_yield();
    if (errno != EINTR && errno != ENOLCK) std::abort();
  }
}

void SharedEnd::unlock(Half half) const noexcept {
  struct flock lock = range(F_UNLCK, static_cast<off_t>(half));
  (void)::fcntl(own_page_.get(), F_OFD_SETLK, &lock);
}

// A place whose last owner died is free only when nothing in the page is his any more.
bool SharedEnd::take_place() {
  wire::EndPage& page = *page_;
  for (uint32_t place = 0; place < wire::kHoldersMax; ++place) {
    const uint32_t name = place + 1;
    const auto is_named = [&](uint64_t word) { return word == name; };
    if (is_named(page.read.settled.reading) || is_named(page.read.ahead.reading) ||
        is_named(page.write.settled.waiting) || is_named(page.write.ahead.waiting) || is_named(page.read.entered) ||
        is_named(page.write.entered) || is_named(page.common.server_holder)) {
      continue;
    }
    struct flock lock = range(F_WRLCK, kPlaces + place);
    if (::fcntl(own_page_.get(), F_OFD_SETLK, &lock) != 0) continue;
    wire::store_words(page.holders[place], wire::Holder{static_cast<uint32_t>(::getpid()), 0, 0});
    holder_ = name;
    ++page.common.holders_version;
    page.common.holders_top = std::max(page.common.holders_top, name);
    return true;
  }
  return false;
}

void SharedEnd::give_back_place() noexcept {
  wire::store_words(page_->holders[holder_ - 1], wire::Holder{});
  ++page_->common.holders_version;
}

bool SharedEnd::is_alive(uint32_t holder) const noexcept {
  struct flock lock = range(F_WRLCK, kPlaces + holder - 1);
  return ::fcntl(own_page_.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

// Full it is only after 2^64 rings.
void SharedEnd::ring() const noexcept {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(ring_.get(), &one, sizeof one);
}

bool SharedEnd::put_connection(uint64_t generation, const Connection& connection) const noexcept {
  const int descriptors[] = {connection.memory.fd(), connection.socket.get()};
  return put(box_.get(), {generation}, descriptors);
}

void SharedEnd::empty_box(uint64_t generation) const noexcept {
  if (!stake_) return;
  while (true) {
    const Found found = find(stake_.get(), false);
    if (!found.any || found.label.generation >= generation) return;
    (void)find(stake_.get(), true);
  }
}

Result<SharedEnd::Descriptors> SharedEnd::connection(uint64_t generation) const {
  empty_box(generation);
  Found found = find(stake_.get(), false);
  if (!found.any || found.label.generation != generation || !found.descriptors[0] || !found.descriptors[1]) {
    return Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
  }
  return Descriptors{std::move(found.descriptors[0]), std::move(found.descriptors[1])};
}

void SharedEnd::set_inheritable(bool inheritable) {
  if (inheritable == inheritable_) return;
  inheritable_ = inheritable;
  for (const UniqueFd* fd : {&inherited_page_, &box_, &stake_}) {
    if (*fd) set_close_on_exec(fd->get(), !inheritable);
  }
}

wire::Token SharedEnd::token() const {
  wire::Token token;
  token.kind = wire::Token::kNamedEnd;
  size_t place = 0;
  for (const UniqueFd* fd : {&inherited_page_, &box_, &stake_}) {
    struct stat file {};
    (void)::fstat(fd->get(), &file);
    token.descriptors.at(place++) = {fd->get(), 0, file.st_dev, file.st_ino};
  }
  return token;
}

bool SharedEnd::drop_stake() noexcept {
  if (stake_) keep_in_child(stake_.get());
  stake_.reset();
  return nobody_has_a_stake();
}

bool SharedEnd::nobody_has_a_stake() const noexcept {
  pollfd box{box_.get(), 0, 0};
  return ::poll(&box, 1, 0) == 1 && (box.revents & POLLHUP) != 0;
}

void SharedEnd::release() noexcept {
  if (page_ != nullptr) ::munmap(page_, wire::kEndPageBytes);
  page_ = nullptr;
  for (UniqueFd* fd : {&inherited_page_, &box_, &stake_}) {
    if (*fd) keep_in_child(fd->get());
    fd->reset();
  }
  own_page_.reset();
  holder_ = 0;
}

}  // namespace pipes
