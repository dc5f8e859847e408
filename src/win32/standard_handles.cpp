#include "win32/standard_handles.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "linux/adopt.h"
#include "support/mutex.h"
#include "win32/files.h"
#include "win32/last_error.h"

namespace pipes::win32 {
namespace {

constexpr DWORD kFirst = STD_INPUT_HANDLE;  // the numbers go down from here

std::optional<std::size_t> place_of(DWORD number) {
  const DWORD place = kFirst - number;
  return place < kStandardHandles ? std::optional<std::size_t>(place) : std::nullopt;
}

DWORD access_of(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  switch (flags & O_ACCMODE) {
    case O_RDONLY:
      return FILE_READ_DATA;
    case O_WRONLY:
      return FILE_WRITE_DATA;
    default:
      return FILE_READ_DATA | FILE_WRITE_DATA;
  }
}

bool is_pipe(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

// A handle of the descriptor. The program's standard library uses the descriptor too, so the handle has a copy.
HANDLE handle_of(int descriptor) {
  UniqueFd copy(fcntl(descriptor, F_DUPFD_CLOEXEC, static_cast<int>(kStandardHandles)));
  if (!copy) return nullptr;
  // A pipe behaves as pipes do here, its end included (CHILD-6).
  if (is_pipe(descriptor)) {
    pipes_handle handle = nullptr;
    if (adopt_anonymous_end(copy.get(), &handle) == PIPES_OK) {
      (void)copy.release();
      return handle;
    }
  }
  return add_object(std::make_shared<File>(std::move(copy), access_of(descriptor)), true);
}

class StandardHandles {
 public:
  std::array<HANDLE, kStandardHandles> present() {
    MutexLock lock(mutex_);
    find_first();
    return present_;
  }

  void replace(std::size_t place, HANDLE handle) {
    MutexLock lock(mutex_);
    find_first();
    present_[place] = handle;
  }

  // Which descriptor the process was started with `handle` names; -1 if none. It is named no more from then on.
  int forget(HANDLE handle) {
    MutexLock lock(mutex_);
    for (std::size_t place = 0; place < kStandardHandles; ++place) {
      if (handle != nullptr && first_[place] == handle) {
        first_[place] = nullptr;
        return static_cast<int>(place);
      }
    }
    return -1;
  }

 private:
  void find_first() PIPES_REQUIRES(mutex_) {
    if (found_) return;
    found_ = true;
    for (std::size_t place = 0; place < kStandardHandles; ++place) first_[place] = handle_of(static_cast<int>(place));
    present_ = first_;
  }

  Mutex mutex_;
  bool found_ PIPES_GUARDED_BY(mutex_) = false;
  std::array<HANDLE, kStandardHandles> first_ PIPES_GUARDED_BY(mutex_) = {};
  std::array<HANDLE, kStandardHandles> present_ PIPES_GUARDED_BY(mutex_) = {};
};

constinit StandardHandles the_handles;

}  // namespace

std::array<HANDLE, kStandardHandles> standard_handles() { return the_handles.present(); }

void standard_handle_closed(HANDLE handle) {
  const int descriptor = the_handles.forget(handle);
  if (descriptor < 0) return;
  // Its number stays taken, since the standard library goes on to use it.
  const UniqueFd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (nothing) (void)dup2(nothing.get(), descriptor);
}

int descriptor_of(HANDLE handle) {
  if (belongs_to_layer(handle)) {
    const auto file = find<File>(handle);
    return file == nullptr ? -1 : file->fd();
  }
  intptr_t native = -1;
  return pipes_get_native_handle(engine_handle(handle), &native) == PIPES_OK ? static_cast<int>(native) : -1;
}

}  // namespace pipes::win32

using namespace pipes::win32;

HANDLE GetStdHandle(DWORD nStdHandle) {
  const auto place = place_of(nStdHandle);
  return place ? standard_handles()[*place] : fail(ERROR_INVALID_HANDLE, INVALID_HANDLE_VALUE);
}

BOOL SetStdHandle(DWORD nStdHandle, HANDLE hHandle) {
  const auto place = place_of(nStdHandle);
  if (!place) return answer(ERROR_INVALID_HANDLE);
  the_handles.replace(*place, hHandle);  // CHILD-2
  return TRUE;
}
