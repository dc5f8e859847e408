#include "linux/inheritance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <vector>

#include "linux/adopt.h"
#include "linux/engine_guard.h"
#include "linux/mailbox.h"
#include "linux/system_error.h"
#include "support/log.h"
#include "wire/end_page.h"

namespace pipes {
namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

// One change at a time of what children inherit. Taken before the locks of an end, and held over system calls.
constinit Mutex inheritance_mutex;

constinit std::atomic<bool> looked_for{false};
constinit Mutex looking_mutex;
constinit thread_local bool looks_now = false;

// Of an end: how many of its handles have tokens, and whether its descriptor was a child's before the first had one, as
// a standard stream's is.
struct Inheritable {
  uint32_t handles = 0;
  bool always = false;
};
using Counts = std::map<const void*, Inheritable>;
constinit Counts* counts = nullptr;  // never destroyed; a forked child begins anew

Counts& inheritable_counts() {
  if (counts == nullptr) counts = new Counts;
  return *counts;
}

const void* end_of(const HandleTarget& target) {
  if (target.named != nullptr) return target.named.get();
  return target.anonymous();
}

bool survives_exec(const HandleTarget& target) {
  AnonymousEnd* const end = target.anonymous();
  return end != nullptr && (::fcntl(end->native_fd(), F_GETFD) & FD_CLOEXEC) == 0;
}

Status set_inheritable(const HandleTarget& target, bool inheritable) {
  if (AnonymousEnd* const end = target.anonymous()) return end->set_inheritable(inheritable);
  target.named->set_inheritable(inheritable);
  return PIPES_OK;
}

// What an end is reached by is inherited as long as one of its handles is.
Status count_inheritable(const HandleTarget& target) {
  Inheritable& end = inheritable_counts()[end_of(target)];
  if (++end.handles > 1) return PIPES_OK;
  end.always = survives_exec(target);
  return set_inheritable(target, true);
}

void discount_inheritable(const HandleTarget& target) noexcept {
  const auto found = inheritable_counts().find(end_of(target));
  if (found == inheritable_counts().end() || --found->second.handles > 0) return;
  const bool always = found->second.always;
  inheritable_counts().erase(found);
  if (!always) (void)set_inheritable(target, false);
}

Result<UniqueFd> write_token(const wire::Token& token) {
  UniqueFd fd(::memfd_create("pipes-token", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return status_from_errno(errno);
  if (::write(fd.get(), &token, sizeof token) != sizeof token) return Status{PIPES_ERROR_NOT_ENOUGH_MEMORY};
  if (::fcntl(fd.get(), F_ADD_SEALS, kSeals) != 0) return status_from_errno(errno);
  return fd;
}

Result<UniqueFd> make_token(const HandleTarget& target, pipes_handle handle, uint32_t flags) {
  wire::Token token;
  if (target.named) {
    token = target.named->token();
  } else {
    struct stat file {};
    const int native = target.anonymous()->native_fd();
    if (::fstat(native, &file) != 0) return status_from_errno(errno);
    token.kind = wire::Token::kAnonymousEnd;
    token.descriptors[0] = {native, 0, file.st_dev, file.st_ino};
  }
  token.handle = reinterpret_cast<uintptr_t>(handle);
  token.access = target.access;
  token.open_flags = target.open_flags;
  token.handle_flags = flags | PIPES_HANDLE_FLAG_INHERIT;
  return write_token(token);
}

// ------------------------------------------------------------------------------------------------------- in the child

std::optional<wire::Token> read_token(int fd) {
  // The seals come first: only memory has any. Of a process that has inherited nothing this is all that is asked.
  if (::fcntl(fd, F_GET_SEALS) != kSeals) return std::nullopt;
  struct stat file {};
  if (::fstat(fd, &file) != 0 || file.st_size != sizeof(wire::Token)) return std::nullopt;
  if (file.st_uid != ::geteuid() && file.st_uid != ::getuid() && file.st_uid != 0) return std::nullopt;
  std::array<std::byte, sizeof(wire::Token)> bytes{};
  if (::pread(fd, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return std::nullopt;
  auto token = wire::token_of(bytes);
  if (!token) return std::nullopt;
  const size_t count = token->kind == wire::Token::kNamedEnd ? 3 : 1;
  for (const wire::TokenDescriptor& told : std::span(token->descriptors).first(count)) {
    const bool same = told.number != fd && ::fstat(told.number, &file) == 0 && file.st_dev == told.device &&
                      file.st_ino == told.inode;
    if (!same) return std::nullopt;
  }
  // Memory of another user's is as little to be trusted as his tokens.
  if (token->kind == wire::Token::kNamedEnd) {
    (void)::fstat(token->descriptors[0].number, &file);
    if (file.st_uid != ::geteuid() && file.st_uid != ::getuid() && file.st_uid != 0) return std::nullopt;
  }
  return token;
}

class Adoption {
 public:
  void adopt(int fd, const wire::Token& token) {
    HandleTarget target;
    if (token.kind == wire::Token::kNamedEnd) {
      target.named = named(token);
      if (target.named == nullptr) return;
      target.access = token.access;
    } else {
      const auto end = anonymous(token.descriptors[0].number);
      if (end == nullptr) return;
      target.access = token.access & access_of(end->end());
      target.other = end;
    }
    target.open_flags = token.open_flags;
    auto* const handle = reinterpret_cast<pipes_handle>(static_cast<uintptr_t>(token.handle));
    const void* const end = end_of(target);
    if (!HandleTable::instance().add_as(handle, std::move(target), token.handle_flags)) return;
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin) return;
    pin.slot()->token.store(fd, std::memory_order_seq_cst);
    ++inheritable_counts()[end].handles;
  }

 private:
  // Handles may share an end.
  std::shared_ptr<NamedEnd> named(const wire::Token& token) {
    const std::array<int, 3> numbers{token.descriptors[0].number, token.descriptors[1].number,
                                     token.descriptors[2].number};
    const auto found = named_.find(numbers);
    if (found != named_.end()) return found->second;
    std::shared_ptr<NamedEnd>& end = named_[numbers];
    auto shared = SharedEnd::adopt(numbers[0], numbers[1], numbers[2]);
    if (!shared) return nullptr;
    auto joined = NamedEnd::join(std::move(*shared));
    if (!joined) return nullptr;
    end = std::move(*joined);
    return end;
  }

  std::shared_ptr<SharedAnonymousEnd> anonymous(int descriptor) {
    std::shared_ptr<SharedAnonymousEnd>& shared = anonymous_[descriptor];
    if (shared != nullptr) return shared;
    auto end = AnonymousEnd::adopt(descriptor);
    if (!end) return nullptr;
    shared = std::make_shared<SharedAnonymousEnd>(std::move(*end));
    return shared;
  }

  std::map<std::array<int, 3>, std::shared_ptr<NamedEnd>> named_;
  std::map<int, std::shared_ptr<SharedAnonymousEnd>> anonymous_;
};

// The descriptors are listed first: what is adopted opens others.
void look_for_tokens() {
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return;
  std::vector<std::pair<int, wire::Token>> found;
  int invitation = -1;
  while (const dirent* const entry = ::readdir(directory)) {
    // NOLINTNEXTLINE(cert-err34-c): the kernel wrote that number
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == ::dirfd(directory)) continue;
    if (auto token = read_token(fd)) {
      found.emplace_back(fd, *token);
    } else if (is_invitation(fd)) {
      invitation = fd;
    }
  }
  ::closedir(directory);
  if (invitation >= 0) accept_invitation(UniqueFd(invitation));
  if (found.empty()) return;
  Adoption adoption;
  MutexLock lock(inheritance_mutex);
  for (const auto& [fd, token] : found) adoption.adopt(fd, token);
}

}  // namespace

// A thread that comes here while another looks waits for it, so that no handle of this process takes the place of one
// that is inherited. What is called from here finds `looks_now`.
bool adopt_inherited_handles() noexcept {
  if (looked_for.load(std::memory_order_acquire)) [[likely]] {
    return false;
  }
  if (looks_now) return false;
  MutexLock lock(looking_mutex);
  if (looked_for.load(std::memory_order_relaxed)) return true;
  looks_now = true;
  if (getauxval(AT_SECURE) == 0) {
    (void)engine::guard([] {
      look_for_tokens();
      return Status{PIPES_OK};
    });
  }
  looks_now = false;
  looked_for.store(true, std::memory_order_release);
  return true;
}

Status inherit_handle(HandleTable::Slot& slot, pipes_handle handle, bool inheritable) {
  const HandleTarget& target = slot.target;
  const bool is_end = end_of(target) != nullptr;
  MutexLock lock(inheritance_mutex);
  const bool has_token = slot.token.load(std::memory_order_relaxed) >= 0;
  if (inheritable && !has_token && is_end) {
    if (target.named) {
      if (const Status status = target.named->share(); status != PIPES_OK) return status;
    }
    auto token = make_token(target, handle, slot.flags.load(std::memory_order_relaxed));
    if (!token) return token.status();
    if (const Status status = count_inheritable(target); status != PIPES_OK) {
      discount_inheritable(target);
      return status;
    }
    // Last: a child that finds it finds what it names.
    ::fcntl(token->get(), F_SETFD, 0);
    slot.token.store(token->release(), std::memory_order_seq_cst);
  }
  // Whoever made the descriptor may have meant it for children; this call takes that back, if no other handle wants it.
  if (!inheritable && !has_token && target.anonymous() != nullptr && !inheritable_counts().contains(end_of(target))) {
    if (const Status status = set_inheritable(target, false); status != PIPES_OK) return status;
  }
  if (inheritable) {
    slot.flags.fetch_or(PIPES_HANDLE_FLAG_INHERIT, std::memory_order_seq_cst);
  } else {
    slot.flags.fetch_and(~PIPES_HANDLE_FLAG_INHERIT, std::memory_order_seq_cst);
  }
  // SUBTLE: who closes the handle meanwhile says so first and looks for the token then, so one of the two drops it.
  if (!inheritable || !HandleTable::is_open(&slot)) {
    const UniqueFd token(slot.token.exchange(-1, std::memory_order_seq_cst));
    if (token) discount_inheritable(target);
  }
  return PIPES_OK;
}

void disinherit(HandleTable::Slot& slot) noexcept {
  MutexLock lock(inheritance_mutex);
  const UniqueFd token(slot.token.exchange(-1, std::memory_order_seq_cst));
  if (token) discount_inheritable(slot.target);
}

pipes_handle add_handle(HandleTarget target, bool inheritable, Status* status) {
  const pipes_handle made = HandleTable::instance().add(std::move(target), 0);
  *status = made == nullptr ? Status{PIPES_ERROR_NOT_ENOUGH_MEMORY} : Status{PIPES_OK};
  if (made == nullptr || !inheritable) return made;
  {
    const HandleTable::Pin pin(HandleTable::instance(), made);
    if (pin) *status = inherit_handle(*pin.slot(), made, true);
  }
  if (*status == PIPES_OK) return made;
  (void)HandleTable::instance().close(made);
  return nullptr;
}

void forget_inheritance_in_child() noexcept {
  inheritance_mutex.reset_in_child();
  looking_mutex.reset_in_child();
  counts = nullptr;
}

}  // namespace pipes
