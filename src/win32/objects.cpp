#include "win32/objects.h"

#include <utility>
#include <vector>

#include "support/mutex.h"
#include "win32/last_error.h"
#include "win32/processes.h"
#include "win32/standard_handles.h"
#include "win32/threads.h"

namespace pipes::win32 {
namespace {

constexpr uint32_t kHandleFlags = HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE;

struct Entry {
  std::shared_ptr<Object> object;  // null while nobody has the place
  uint32_t generation = 0;
  uint32_t flags = 0;
};

class ObjectTable {
 public:
  HANDLE add(std::shared_ptr<Object> object, uint32_t flags) {
    MutexLock lock(mutex_);
    if (entries_ == nullptr) entries_ = new std::vector<Entry>();
    std::size_t index = 0;
    while (index < entries_->size() && (*entries_)[index].object != nullptr) ++index;
    if (index == entries_->size()) entries_->emplace_back();
    Entry& entry = (*entries_)[index];
    entry.object = std::move(object);
    entry.generation = entry.generation % kGenerationMax + 1;
    entry.flags = flags;
    return reinterpret_cast<HANDLE>(uintptr_t{entry.generation} << 32 | (index + 1) << 2 | 2);
  }

  // with calls `body` with the entry of `handle`, under the lock; 6 if there is none.
  template <class Body>
  Status with(HANDLE handle, Body body) {
    MutexLock lock(mutex_);
    Entry* const entry = entry_of(handle);
    return entry == nullptr ? Status{ERROR_INVALID_HANDLE} : body(*entry);
  }

 private:
  // So that the value of a handle never has all its upper bits set.
  static constexpr uint32_t kGenerationMax = 0x7FFFFFFF;

  Entry* entry_of(HANDLE handle) PIPES_REQUIRES(mutex_) {
    const auto value = reinterpret_cast<uintptr_t>(handle);
    const std::size_t index = (value & 0xFFFFFFFF) >> 2;
    if ((value & 3) != 2 || index == 0 || entries_ == nullptr || index > entries_->size()) return nullptr;
    Entry& entry = (*entries_)[index - 1];
    return entry.object != nullptr && entry.generation == value >> 32 ? &entry : nullptr;
  }

  Mutex mutex_;
  std::vector<Entry>* entries_ PIPES_GUARDED_BY(mutex_) = nullptr;  // never freed: threads go on while a process ends
};

constinit ObjectTable objects;

Status close_object(HANDLE handle) {
  std::shared_ptr<Object> last;  // destroyed after the lock is dropped
  return objects.with(handle, [&](Entry& entry) -> Status {
    if ((entry.flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0) return ERROR_INVALID_HANDLE;
    last = std::exchange(entry.object, nullptr);
    return PIPES_OK;
  });
}

// GetCurrentProcess and GetCurrentThread give constants, which become real handles when they are duplicated.
std::shared_ptr<Object> object_behind(HANDLE handle) {
  if (handle == GetCurrentThread()) return Thread::current();
  return find_object(handle);
}

Status duplicate_object(HANDLE source, bool inherit, DWORD options, LPHANDLE duplicate) {
  std::shared_ptr<Object> object = object_behind(source);
  if (object == nullptr) return ERROR_INVALID_HANDLE;
  if ((options & DUPLICATE_CLOSE_SOURCE) != 0) (void)close_object(source);  // INH-8
  *duplicate = add_object(std::move(object), inherit);
  return *duplicate == nullptr ? Status{ERROR_NOT_ENOUGH_MEMORY} : PIPES_OK;
}

bool is_this_process(HANDLE process) {
  return process == GetCurrentProcess() || GetProcessId(process) == GetCurrentProcessId();
}

struct Duplication {
  HANDLE source;
  DWORD access;
  bool inherit;
  DWORD options;
};

// Of the layer's own objects, and of a handle that stands for something, there is nothing to send.
Status refuse(const Duplication& duplication, Status status) {
  if ((duplication.options & DUPLICATE_CLOSE_SOURCE) != 0) (void)CloseHandle(duplication.source);  // INH-8
  return status;
}

Status duplicate_into(HANDLE target, const Duplication& duplication, LPHANDLE duplicate) {
  const auto process = find<Process>(target);
  if (process == nullptr) return refuse(duplication, ERROR_INVALID_HANDLE);
  const bool stands_for_something =
      duplication.source == GetCurrentProcess() || duplication.source == GetCurrentThread();
  if (stands_for_something || belongs_to_layer(duplication.source)) return refuse(duplication, ERROR_NOT_SUPPORTED);
  if (process->exit_code() != STILL_ACTIVE) return refuse(duplication, ERROR_ACCESS_DENIED);
  pipes_handle made = nullptr;
  const Status status = pipes_duplicate_into(engine_handle(duplication.source), static_cast<uint32_t>(process->id()),
                                             duplication.access, duplication.inherit, duplication.options, &made);
  if (status == PIPES_OK) *duplicate = made;
  return status;
}

}  // namespace

HANDLE add_object(std::shared_ptr<Object> object, bool inheritable) {
  return guarded(HANDLE{nullptr},
                 [&] { return objects.add(std::move(object), inheritable ? HANDLE_FLAG_INHERIT : 0); });
}

std::shared_ptr<Object> find_object(HANDLE handle) {
  std::shared_ptr<Object> found;
  (void)objects.with(handle, [&](Entry& entry) -> Status {
    found = entry.object;
    return PIPES_OK;
  });
  return found;
}

HANDLE new_handle(std::shared_ptr<Object> object, bool inheritable) {
  const HANDLE handle = add_object(std::move(object), inheritable);
  return handle != nullptr ? handle : fail(ERROR_NOT_ENOUGH_MEMORY, handle);
}

}  // namespace pipes::win32

using namespace pipes::win32;

BOOL CloseHandle(HANDLE hObject) {
  if (hObject == GetCurrentProcess() || hObject == GetCurrentThread()) return TRUE;
  const pipes::Status status = belongs_to_layer(hObject) ? close_object(hObject) : pipes_close(engine_handle(hObject));
  if (status == PIPES_OK) standard_handle_closed(hObject);
  return answer(status);
}

BOOL DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle, HANDLE hTargetProcessHandle,
                     LPHANDLE lpTargetHandle, DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions) {
  // Handles of other processes are out of reach here, and so is a duplicate that nobody is told of.
  if (!is_this_process(hSourceProcessHandle)) return answer(ERROR_NOT_SUPPORTED);
  const bool inherit = bInheritHandle != FALSE;
  const Duplication duplication{hSourceHandle, dwDesiredAccess, inherit, dwOptions};
  if (lpTargetHandle == nullptr) return answer(refuse(duplication, ERROR_INVALID_PARAMETER));
  if (!is_this_process(hTargetProcessHandle)) {
    return answer(guarded(pipes::Status{ERROR_NOT_ENOUGH_MEMORY},
                          [&] { return duplicate_into(hTargetProcessHandle, duplication, lpTargetHandle); }));
  }
  if (belongs_to_layer(hSourceHandle)) {
    return answer(duplicate_object(hSourceHandle, inherit, dwOptions, lpTargetHandle));
  }
  if (hSourceHandle == GetCurrentProcess()) {
    *lpTargetHandle = OpenProcess(PROCESS_ALL_ACCESS, bInheritHandle, GetCurrentProcessId());
    return *lpTargetHandle != nullptr;
  }
  pipes_handle duplicate = nullptr;
  const pipes::Status status =
      pipes_duplicate(engine_handle(hSourceHandle), dwDesiredAccess, inherit, dwOptions, &duplicate);
  if (status == PIPES_OK) *lpTargetHandle = duplicate;
  return answer(status);
}

BOOL GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags) {
  if (lpdwFlags == nullptr) return answer(ERROR_INVALID_PARAMETER);
  if (!belongs_to_layer(hObject)) return answer(pipes_get_handle_flags(engine_handle(hObject), lpdwFlags));
  return answer(objects.with(hObject, [&](Entry& entry) -> pipes::Status {
    *lpdwFlags = entry.flags;
    return PIPES_OK;
  }));
}

BOOL SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags) {
  if (!belongs_to_layer(hObject)) return answer(pipes_set_handle_flags(engine_handle(hObject), dwMask, dwFlags));
  if ((dwMask & ~kHandleFlags) != 0) return answer(ERROR_INVALID_PARAMETER);
  return answer(objects.with(hObject, [&](Entry& entry) -> pipes::Status {
    if ((dwMask & HANDLE_FLAG_INHERIT) != 0) {
      const pipes::Status status = entry.object->set_inheritable((dwFlags & HANDLE_FLAG_INHERIT) != 0);
      if (status != PIPES_OK) return status;
    }
    entry.flags = (entry.flags & ~dwMask) | (dwFlags & dwMask);
    return PIPES_OK;
  }));
}
