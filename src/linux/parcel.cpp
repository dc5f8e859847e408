#include "linux/parcel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "linux/adopt.h"
#include "linux/datagram.h"
#include "linux/discard.h"
#include "linux/handshake_io.h"
#include "linux/inheritance.h"
#include "linux/system_error.h"

namespace pipes {
namespace {

static_assert(wire::kParcelDescriptorsMax < kDatagramDescriptorsMax);  // one too many is noticed

UniqueFd copy_of(int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

Status pack_named(NamedEnd& end, PackedHandle& packed) {
  if (const Status status = end.share(); status != PIPES_OK) return status;
  packed.parcel.kind = wire::Parcel::kNamedEnd;
  return end.copy_descriptors(packed.descriptors);
}

// The number is the end's own until it is closed, so if it is not closed now, the copy was made of it.
Status pack_anonymous(AnonymousEnd& end, PackedHandle& packed) {
  const int native = end.native_fd();
  if (native < 0) return PIPES_ERROR_INVALID_HANDLE;
  packed.parcel.kind = wire::Parcel::kAnonymousEnd;
  packed.descriptors[0] = copy_of(native);
  const int error = errno;
  if (end.native_fd() != native) return PIPES_ERROR_INVALID_HANDLE;
  return packed.descriptors[0] ? Status{PIPES_OK} : status_from_errno(error);
}

bool is_same(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

}  // namespace

// Under the lock, so that the numbers are still the end's.
Status NamedEnd::copy_descriptors(std::span<UniqueFd, 3> copies) {
  MutexLock lock(read_mutex_);
  if (!is_shared_) return PIPES_ERROR_INVALID_HANDLE;
  const wire::Token token = shared_->token();
  for (size_t i = 0; i < copies.size(); ++i) {
    copies[i] = copy_of(token.descriptors.at(i).number);
    if (!copies[i]) return status_from_errno(errno);
  }
  return PIPES_OK;
}

namespace {

// ------------------------------------------------------------------------------------------------- in the receiver

bool may_be_believed(const struct stat& page, uid_t sender) {
  return page.st_uid == ::geteuid() || page.st_uid == ::getuid() || page.st_uid == 0 || page.st_uid == sender;
}

// An end that this process has already is not joined a second time: handles of one end have its modes, its port and
// its operations in common.
std::shared_ptr<NamedEnd> end_of_page(const struct stat& page) {
  std::shared_ptr<NamedEnd> found;
  HandleTable::instance().for_each([&](pipes_handle, const HandleTarget& target, uint32_t) {
    if (target.named != nullptr && target.named->has_page(page.st_dev, page.st_ino)) found = target.named;
  });
  return found;
}

Result<std::shared_ptr<NamedEnd>> join(PackedHandle& packed) {
  auto& [page, box, stake] = packed.descriptors;
  auto shared = SharedEnd::adopt(page.get(), box.get(), stake.get());
  if (!shared) return shared.status();
  for (UniqueFd& fd : packed.descriptors) {
    [[maybe_unused]] const int the_ends = fd.release();
  }
  (*shared)->set_inheritable(false);
  return NamedEnd::join(std::move(*shared));
}

Result<pipes_handle> add(HandleTarget target, bool inherit) {
  Status status = PIPES_OK;
  const pipes_handle made = add_handle(std::move(target), inherit, &status);
  if (made == nullptr) return status;
  return made;
}

Result<pipes_handle> unpack_named(PackedHandle& packed, HandleTarget target, uid_t sender) {
  struct stat page {};
  if (!is_memory(packed.descriptors[0].get()) || ::fstat(packed.descriptors[0].get(), &page) != 0 ||
      !may_be_believed(page, sender)) {
    return Status{PIPES_ERROR_INVALID_PARAMETER};
  }
  const bool inherit = packed.parcel.inherit != 0;
  if (const auto known = end_of_page(page)) {
    HandleTarget of_known = target;
    of_known.named = known;
    const auto made = add(std::move(of_known), inherit);
    if (!made || known->is_shared()) return made;
    (void)HandleTable::instance().close(*made);  // its other handles were closed meanwhile
  }
  auto joined = join(packed);
  if (!joined) return joined.status();
  target.named = std::move(*joined);
  return add(std::move(target), inherit);
}

std::shared_ptr<SharedObject> anonymous_end_of(const struct stat& pipe, bool is_read_end) {
  std::shared_ptr<SharedObject> found;
  HandleTable::instance().for_each([&](pipes_handle, const HandleTarget& target, uint32_t) {
    AnonymousEnd* const end = target.anonymous();
    struct stat file {};
    if (end == nullptr || end->is_read_end() != is_read_end || ::fstat(end->native_fd(), &file) != 0) return;
    if (is_same(file, pipe)) found = target.other;
  });
  return found;
}

Result<pipes_handle> unpack_anonymous(PackedHandle& packed, HandleTarget target) {
  UniqueFd& fd = packed.descriptors[0];
  struct stat pipe {};
  const int mode = ::fcntl(fd.get(), F_GETFL) & O_ACCMODE;
  if (::fcntl(fd.get(), F_GETPIPE_SZ) < 0 || ::fstat(fd.get(), &pipe) != 0 || mode == O_RDWR) {
    return Status{PIPES_ERROR_INVALID_PARAMETER};
  }
  target.other = anonymous_end_of(pipe, mode == O_RDONLY);
  if (target.other == nullptr) {
    auto end = AnonymousEnd::adopt(fd.get());
    if (!end) return end.status();
    [[maybe_unused]] const int the_ends = fd.release();
    target.other = std::make_shared<SharedAnonymousEnd>(std::move(*end));
  }
  target.access &= access_of(*target.anonymous());
  return add(std::move(target), packed.parcel.inherit != 0);
}

// ------------------------------------------------------------------------------------------------------- datagrams

// Waits until something can be received. Whoever wakes us for nothing makes us wait on.
Heard wait_for_input(int socket, Deadline deadline) {
  pollfd waiting{socket, POLLIN, 0};
  while (::poll(&waiting, 1, deadline.timeout_ms_for_poll()) <= 0) {
    if (deadline.passed()) return Heard::kNothingInTime;
  }
  return Heard::kIt;
}

}  // namespace

bool parcel_internal::send_bytes(int socket, std::span<const std::byte> bytes, std::span<const UniqueFd> descriptors) {
  std::array<int, wire::kParcelDescriptorsMax> numbers{};
  std::ranges::transform(descriptors, numbers.begin(), &UniqueFd::get);
  return send_datagram(socket, bytes, std::span(numbers).first(descriptors.size()));
}

// A datagram of no bytes is taken for a hang-up, as one that has hung up sends no other.
Heard parcel_internal::receive_bytes(int socket, Deadline deadline, std::span<std::byte> room, size_t* got) {
  while (true) {
    const ssize_t bytes = ::recv(socket, room.data(), room.size(), MSG_DONTWAIT);
    if (bytes > 0) {
      *got = static_cast<size_t>(bytes);
      return Heard::kIt;
    }
    if (bytes < 0 && (errno == EINTR || errno == ECONNRESET)) continue;  // the kernel tells of a reset once
    if (bytes == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return Heard::kHangup;
    if (const Heard heard = wait_for_input(socket, deadline); heard != Heard::kIt) return heard;
  }
}

Heard hear_parcel(int socket, Deadline deadline, PackedHandle* packed, bool* cut_off) {
  std::array<std::byte, sizeof(wire::Parcel) + 1> room{};
  *cut_off = false;
  while (true) {
    Datagram taken = receive_datagram(socket, room);
    if (taken.bytes < 0 && errno == ECONNRESET) continue;
    if (taken.bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (const Heard heard = wait_for_input(socket, deadline); heard != Heard::kIt) return heard;
      continue;
    }
    if (taken.bytes <= 0) return Heard::kHangup;
    const auto parcel =
        wire::decode_as<wire::Parcel>(std::span<const std::byte>(room).first(static_cast<size_t>(taken.bytes)));
    if (!parcel || (taken.flags & MSG_TRUNC) != 0) return Heard::kSomethingElse;
    const size_t wanted = wire::descriptors_of(*parcel);
    // The kernel cuts off what it finds no number for: this process's want, not the sender's fault.
    *cut_off = (taken.flags & MSG_CTRUNC) != 0 && taken.descriptor_count < wanted;
    const bool are_those = taken.descriptor_count == wanted && (taken.flags & MSG_CTRUNC) == 0;
    if (!*cut_off && !are_those) return Heard::kSomethingElse;
    packed->parcel = *parcel;
    std::ranges::move(std::span(taken.descriptors).first(packed->descriptors.size()), packed->descriptors.begin());
    return Heard::kIt;
  }
}

Heard hear_knock(int socket, UniqueFd* descriptor) {
  std::array<std::byte, sizeof(wire::Knock) + 1> room{};
  Datagram taken = receive_datagram(socket, room);
  if (taken.bytes < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Heard::kNothingInTime : Heard::kHangup;
  if (taken.bytes == 0) return Heard::kHangup;
  const bool is_knock =
      wire::decode_as<wire::Knock>(std::span<const std::byte>(room).first(static_cast<size_t>(taken.bytes)))
          .has_value();
  if (!is_knock || !taken.descriptors[0]) return Heard::kSomethingElse;
  *descriptor = std::move(taken.descriptors[0]);
  return Heard::kIt;
}

Result<PackedHandle> pack(const HandleTarget& target, bool inherit) {
  PackedHandle packed;
  packed.parcel.access = target.access;
  packed.parcel.open_flags = target.open_flags;
  packed.parcel.inherit = inherit ? 1 : 0;
  Status status = PIPES_ERROR_NOT_SUPPORTED;
  if (target.named != nullptr) {
    status = pack_named(*target.named, packed);
  } else if (AnonymousEnd* const end = target.anonymous()) {
    status = pack_anonymous(*end, packed);
  }
  if (status != PIPES_OK) return status;
  return packed;
}

Result<pipes_handle> unpack(PackedHandle packed, uid_t sender) {
  HandleTarget target;
  target.access = packed.parcel.access;
  target.open_flags = packed.parcel.open_flags;
  if (packed.parcel.kind == wire::Parcel::kNamedEnd) return unpack_named(packed, std::move(target), sender);
  return unpack_anonymous(packed, std::move(target));
}

}  // namespace pipes
