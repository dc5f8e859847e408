// Making, checking and mapping the memory of a connection.
#include "linux/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>

#include "linux/system_error.h"
#include "support/seeded_mistake.h"

namespace pipes {
namespace {

using wire::Direction;
using wire::kHotBytes;
using wire::kHotRingBytes;
using wire::kPage;

constexpr int kSealsNeeded = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
constexpr int kSealsForbidden = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
constexpr uint64_t kPopulateStep = 256 * 1024;

// Pages are mapped when they are touched: each side so does most of that while it would wait for the other anyway.
std::byte* map_shared(int fd, void* at, uint64_t offset, uint64_t bytes) {
  const int flags = MAP_SHARED | (at == nullptr ? 0 : MAP_FIXED);
  void* mapped = ::mmap(at, bytes, PROT_READ | PROT_WRITE, flags, fd, static_cast<off_t>(offset));
  return mapped == MAP_FAILED ? nullptr : static_cast<std::byte*>(mapped);
}

bool allocate(int fd, uint64_t offset, uint64_t bytes) {
  int result = 0;
  do {
    result = ::fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes));
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

// The seals come first: only memory has any, and the other questions may be answered by a file system of the peer's.
bool is_sealed_memory(int fd, uint64_t size) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0) return false;
  if (PIPES_BREACH("memory-unsealed", (seals & kSealsNeeded) != kSealsNeeded)) return false;
  if (PIPES_BREACH("memory-sealed-too-much", (seals & kSealsForbidden) != 0)) return false;
  if (PIPES_BREACH("memory-read-only", (::fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR)) return false;
  struct statfs file_system {};
  struct stat file {};
  if (::fstatfs(fd, &file_system) != 0 || file_system.f_type != TMPFS_MAGIC) return false;
  if (::fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return false;
  return !PIPES_BREACH("memory-size", static_cast<uint64_t>(file.st_size) != size);
}

}  // namespace

Result<UniqueFd> SharedMemory::create(uint64_t capacity) {
  UniqueFd fd(::memfd_create("pipes", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return status_from_errno(errno);
  if (::ftruncate(fd.get(), static_cast<off_t>(wire::memory_size(capacity))) != 0) return status_from_errno(errno);
  if (!allocate(fd.get(), 0, kHotBytes)) return Status{PIPES_ERROR_NOT_ENOUGH_MEMORY};
  if (::fcntl(fd.get(), F_ADD_SEALS, kSealsNeeded) != 0) return status_from_errno(errno);
  return fd;
}

Result<SharedMemory> SharedMemory::adopt(UniqueFd fd, uint64_t capacity) {
  if (!is_sealed_memory(fd.get(), wire::memory_size(capacity))) return Status{PIPES_ERROR_INVALID_PARAMETER};
  return map(std::move(fd), capacity);
}

Result<SharedMemory> SharedMemory::map(UniqueFd fd, uint64_t capacity) {
  SharedMemory memory;
  memory.hot_ = map_shared(fd.get(), nullptr, 0, kHotBytes);
  if (memory.hot_ == nullptr) return Status{PIPES_ERROR_NOT_ENOUGH_MEMORY};
  memory.capacity_ = capacity;
  memory.fd_ = ProcessFd(std::move(fd));
  return memory;
}

void SharedMemory::hide_from_children() const { ::madvise(hot_, kHotBytes, MADV_DONTFORK); }

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(capacity_, other.capacity_);
  std::swap(hot_, other.hot_);
  std::swap(whole_, other.whole_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (hot_ != nullptr) ::munmap(hot_, kHotBytes);
  for (std::byte* whole : whole_) {
    if (whole != nullptr) ::munmap(whole, kPage + wire::rest_bytes(capacity_));
  }
}

std::byte* SharedMemory::map_ring(Direction direction) {
  std::byte*& whole = whole_[static_cast<size_t>(direction)];
  if (whole == nullptr) {
    const uint64_t rest = wire::rest_bytes(capacity_);
    void* room = ::mmap(nullptr, kPage + rest, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) return nullptr;
    auto* base = static_cast<std::byte*>(room);
    if (map_shared(fd_.get(), base, wire::words_offset(direction), kPage) == nullptr ||
        map_shared(fd_.get(), base + kPage, wire::rest_offset(direction, capacity_), rest) == nullptr) {
      ::munmap(base, kPage + rest);
      return nullptr;
    }
    ::madvise(base, kPage + rest, MADV_DONTFORK);
    whole = base;
  }
  return whole + sizeof(wire::ControlWords);
}

bool SharedMemory::populate(Direction direction, uint64_t from, uint64_t until) const {
  from = std::max(from, kHotRingBytes);  // what is before has memory since the beginning
  while (from < until) {
    const uint64_t step = std::min(kPopulateStep, until - from);
    if (!allocate(fd_.get(), wire::rest_offset(direction, capacity_) + from - kHotRingBytes, step)) return false;
    from += step;
  }
  return true;
}

Connection::Connection(Role role_of_this_side, SharedMemory shared, UniqueFd control_socket, uint32_t quota)
    : role(role_of_this_side),
      memory(std::move(shared)),
      socket(std::move(control_socket)),
      in_direction(role == Role::kServer ? Direction::kInbound : Direction::kOutbound),
      out_direction(role == Role::kServer ? Direction::kOutbound : Direction::kInbound),
      in(&memory.words(in_direction).direction),
      out(&memory.words(out_direction).direction),
      own(&memory.words(out_direction).writer),
      peer(&memory.words(in_direction).writer),
      reader(in, memory.beginning(in_direction)),
      writer(out, memory.beginning(out_direction)),
      write_quota(quota) {}

bool Connection::peer_has_died() {
  pollfd hung_up{socket.get(), POLLRDHUP, 0};
  if (::poll(&hung_up, 1, 0) <= 0) return false;
  // One that closes says so before it hangs up.
  if (peer_state() != wire::EndState::kOpen) return false;
  gone.store(true, std::memory_order_release);
  return true;
}

bool Connection::map_reader() {
  std::byte* ring = memory.map_ring(in_direction);
  if (ring == nullptr) return false;
  reader.set_memory(ring);
  return true;
}

bool Connection::map_rings() {
  std::byte* const out_ring = memory.map_ring(out_direction);
  if (out_ring == nullptr || !map_reader()) return false;
  writer.set_memory(out_ring);
  return true;
}

bool Connection::prepare_writer(uint64_t position, uint64_t bytes) {
  std::byte* ring = memory.map_ring(out_direction);
  if (ring == nullptr) return false;
  writer.set_memory(ring);
  const uint64_t capacity = memory.capacity();
  const uint64_t offset = writer.memory().offset(position);
  const uint64_t wanted = std::min(capacity, offset + bytes + wire::kFreeBehindFrame);
  // Whole pages, and a step at a time, so that a stream of small messages does not ask for each.
  const uint64_t until = std::min(capacity, (wanted + kPopulateStep - 1) / kPopulateStep * kPopulateStep);
  if (until <= writer.populated()) return true;
  if (!memory.populate(out_direction, writer.populated(), until)) return false;
  writer.set_populated(until);
  return true;
}

}  // namespace pipes
