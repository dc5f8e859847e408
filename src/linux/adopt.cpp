#include "linux/adopt.h"

#include <fcntl.h>

#include <map>

#include "linux/engine_guard.h"
#include "linux/handle_table.h"

namespace pipes {
namespace {

// ANON-15: each end also has the attribute right that the other direction would bring.
uint32_t access_of(const AnonymousEnd& end) {
  return end.is_read_end() ? PIPES_FILE_GENERIC_READ | PIPES_FILE_WRITE_ATTRIBUTES
                           : PIPES_FILE_GENERIC_WRITE | PIPES_FILE_READ_ATTRIBUTES;
}

}  // namespace

Status adopt_anonymous_end(int descriptor, pipes_handle* handle) noexcept {
  return engine::guard([&]() -> Status {
    auto end = AnonymousEnd::adopt(descriptor);
    if (!end) return end.status();
    HandleTarget target;
    target.access = access_of(**end);
    target.other = std::make_shared<SharedAnonymousEnd>(std::move(*end));
    *handle = HandleTable::instance().add(std::move(target), PIPES_HANDLE_FLAG_INHERIT);
    return *handle == nullptr ? PIPES_ERROR_NOT_ENOUGH_MEMORY : PIPES_OK;
  });
}

std::vector<InheritableEnd> inheritable_ends() {
  std::vector<InheritableEnd> ends;
  HandleTable::instance().for_each([&](pipes_handle handle, const HandleTarget& target, uint32_t flags) {
    AnonymousEnd* const end = target.anonymous();
    if (end == nullptr || (flags & PIPES_HANDLE_FLAG_INHERIT) == 0) return;
    const int descriptor = end->native_fd();
    const int descriptor_flags = ::fcntl(descriptor, F_GETFD);
    if (descriptor_flags < 0 || (descriptor_flags & FD_CLOEXEC) != 0) return;
    ends.push_back({reinterpret_cast<uint64_t>(handle), descriptor, target.access});
  });
  return ends;
}

void adopt_inherited_ends(const std::vector<InheritableEnd>& ends) {
  std::map<int, std::shared_ptr<SharedAnonymousEnd>> adopted;  // handles may share an end
  for (const InheritableEnd& told : ends) {
    std::shared_ptr<SharedAnonymousEnd>& shared = adopted[told.descriptor];
    if (shared == nullptr) {
      auto end = AnonymousEnd::adopt(told.descriptor);
      if (!end) continue;
      shared = std::make_shared<SharedAnonymousEnd>(std::move(*end));
    }
    HandleTarget target;
    target.access = told.access & access_of(shared->end());
    target.other = shared;
    (void)HandleTable::instance().add_as(reinterpret_cast<pipes_handle>(told.handle), std::move(target),
                                         PIPES_HANDLE_FLAG_INHERIT);
  }
}

}  // namespace pipes
