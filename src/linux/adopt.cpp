#include "linux/adopt.h"

#include "linux/engine_guard.h"
#include "linux/handle_table.h"

namespace pipes {

// ANON-15: each end also has the attribute right that the other direction would bring.
uint32_t access_of(const AnonymousEnd& end) {
  return end.is_read_end() ? PIPES_FILE_GENERIC_READ | PIPES_FILE_WRITE_ATTRIBUTES
                           : PIPES_FILE_GENERIC_WRITE | PIPES_FILE_READ_ATTRIBUTES;
}

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

}  // namespace pipes
