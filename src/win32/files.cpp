#include "win32/files.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "linux/quiet_write.h"
#include "security/rights.h"
#include "win32/last_error.h"
#include "win32/text.h"

namespace pipes::win32 {
namespace {

constexpr DWORD kWriting = FILE_WRITE_DATA | FILE_APPEND_DATA;
constexpr mode_t kModeOfNewFiles = 0666;  // less the umask

off_t offset_of(const OVERLAPPED& overlapped) {
  return static_cast<off_t>(uint64_t{overlapped.OffsetHigh} << 32 | overlapped.Offset);
}

// An operation on a file has always completed when the call returns.
void complete(LPOVERLAPPED overlapped, std::size_t transferred) {
  overlapped->InternalHigh = transferred;
  overlapped->Internal = 0;
  if (overlapped->hEvent != nullptr) SetEvent(overlapped->hEvent);
}

}  // namespace

DWORD File::type() const {
  struct stat status {};
  if (fstat(fd(), &status) != 0) return FILE_TYPE_UNKNOWN;
  if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode)) return FILE_TYPE_DISK;
  if (S_ISCHR(status.st_mode)) return FILE_TYPE_CHAR;
  return FILE_TYPE_PIPE;
}

Status File::set_inheritable(bool inheritable) {
  return fcntl(fd(), F_SETFD, inheritable ? 0 : FD_CLOEXEC) == 0 ? PIPES_OK : status_of_errno(errno);
}

Status File::read(void* buffer, DWORD size, DWORD* transferred, LPOVERLAPPED overlapped) {
  if ((access_ & FILE_READ_DATA) == 0) return ERROR_ACCESS_DENIED;
  ssize_t count = 0;
  do {
    count = overlapped == nullptr ? ::read(fd(), buffer, size) : ::pread(fd(), buffer, size, offset_of(*overlapped));
  } while (count < 0 && errno == EINTR);
  if (count < 0) return status_of_errno(errno);
  if (transferred != nullptr) *transferred = static_cast<DWORD>(count);
  if (overlapped == nullptr) return PIPES_OK;
  if (count == 0 && size != 0) return ERROR_HANDLE_EOF;
  complete(overlapped, static_cast<std::size_t>(count));
  return PIPES_OK;
}

Status File::write(const void* buffer, DWORD size, DWORD* transferred, LPOVERLAPPED overlapped) {
  if ((access_ & kWriting) == 0) return ERROR_ACCESS_DENIED;
  const auto* const bytes = static_cast<const char*>(buffer);
  std::size_t written = 0;
  while (written < size) {
    const std::size_t left = size - written;
    const ssize_t count = overlapped == nullptr ? write_quietly(fd(), bytes + written, left)
                                                : ::pwrite(fd(), bytes + written, left,
                                                           offset_of(*overlapped) + static_cast<off_t>(written));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return status_of_errno(errno);
    written += static_cast<std::size_t>(count);
  }
  if (transferred != nullptr) *transferred = size;
  if (overlapped != nullptr) complete(overlapped, written);
  return PIPES_OK;
}

namespace {

bool is_separator(char c) { return c == '\\' || c == '/'; }

// is_pipe_name: whether it is for the engine to judge, as \\server\pipe\ and whatever follows is.
bool is_pipe_name(std::string_view name) {
  if (name.size() < 2 || !is_separator(name[0]) || !is_separator(name[1])) return false;
  const std::size_t server_end = name.find_first_of("\\/", 2);
  if (server_end == std::string_view::npos || server_end == 2) return false;
  const std::string_view rest = name.substr(server_end + 1);
  return rest.size() >= 4 && strncasecmp(rest.data(), "pipe", 4) == 0 && (rest.size() == 4 || is_separator(rest[4]));
}

// The names that stand for devices, else the path with Linux' separators.
std::string path_of(LPCSTR name) {
  if (strcasecmp(name, "NUL") == 0) return "/dev/null";
  for (const char* console : {"CON", "CONIN$", "CONOUT$"}) {
    if (strcasecmp(name, console) == 0) return "/dev/tty";
  }
  std::string path = name;
  std::replace(path.begin(), path.end(), '\\', '/');
  return path;
}

HANDLE open_pipe(LPCSTR name, DWORD desired_access, const SECURITY_ATTRIBUTES* attributes, DWORD flags) {
  pipes_open_options options{};
  options.size = sizeof options;
  options.inherit_handle = is_inheritable(attributes);  // CLI-13
  pipes_handle handle = nullptr;
  const Status status = pipes_open(name, desired_access, flags, &options, &handle);
  return status == PIPES_OK ? handle : fail(status, INVALID_HANDLE_VALUE);
}

// The flags of open(2) for a disposition; -1 for one that there is not.
int open_flags_of(DWORD disposition) {
  switch (disposition) {
    case CREATE_NEW:
      return O_CREAT | O_EXCL;
    case CREATE_ALWAYS:
      return O_CREAT | O_TRUNC;
    case OPEN_EXISTING:
      return 0;
    case OPEN_ALWAYS:
      return O_CREAT;
    case TRUNCATE_EXISTING:
      return O_TRUNC;
    default:
      return -1;
  }
}

int access_flags_of(DWORD access) {
  const bool reads = (access & FILE_READ_DATA) != 0;
  const bool writes = (access & kWriting) != 0;
  const int append = (access & kWriting) == FILE_APPEND_DATA ? O_APPEND : 0;
  return (reads && writes ? O_RDWR : writes ? O_WRONLY : O_RDONLY) | append;
}

bool folder_exists(const std::string& path) {
  const std::size_t end = path.rfind('/');
  return end == std::string::npos || end == 0 || access(path.substr(0, end).c_str(), F_OK) == 0;
}

HANDLE open_file(const std::string& path, DWORD desired_access, bool inherit, DWORD disposition, DWORD flags) {
  const int how = open_flags_of(disposition);
  if (how < 0) return fail(ERROR_INVALID_PARAMETER, INVALID_HANDLE_VALUE);
  const DWORD access = map_generic_rights(desired_access);
  const bool existed = ::access(path.c_str(), F_OK) == 0;
  const int fd = ::open(path.c_str(), access_flags_of(access) | how | (inherit ? 0 : O_CLOEXEC), kModeOfNewFiles);
  if (fd < 0) {
    const bool no_folder = errno == ENOENT && !folder_exists(path);
    return fail(no_folder ? ERROR_PATH_NOT_FOUND : status_of_errno(errno), INVALID_HANDLE_VALUE);
  }
  if ((flags & FILE_FLAG_DELETE_ON_CLOSE) != 0) (void)unlink(path.c_str());
  const HANDLE handle = new_handle(std::make_shared<File>(UniqueFd(fd), access), inherit);
  if (handle == nullptr) return INVALID_HANDLE_VALUE;
  const bool tells = disposition == CREATE_ALWAYS || disposition == OPEN_ALWAYS;
  SetLastError(tells && existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
  return handle;
}

}  // namespace
}  // namespace pipes::win32

using namespace pipes::win32;

HANDLE CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD, LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                   DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE) {
  if (lpFileName == nullptr || *lpFileName == 0) return fail(ERROR_PATH_NOT_FOUND, INVALID_HANDLE_VALUE);
  return guarded(INVALID_HANDLE_VALUE, [&] {
    // CLI-11: a pipe is opened, whatever the disposition.
    if (is_pipe_name(lpFileName)) {
      return open_pipe(lpFileName, dwDesiredAccess, lpSecurityAttributes, dwFlagsAndAttributes);
    }
    return open_file(path_of(lpFileName), dwDesiredAccess, is_inheritable(lpSecurityAttributes), dwCreationDisposition,
                     dwFlagsAndAttributes);
  });
}

HANDLE CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                   LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
                   HANDLE hTemplateFile) {
  return guarded(INVALID_HANDLE_VALUE, [&] {
    return CreateFileA(Utf8(lpFileName), dwDesiredAccess, dwShareMode, lpSecurityAttributes, dwCreationDisposition,
                       dwFlagsAndAttributes, hTemplateFile);
  });
}

BOOL ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPDWORD lpNumberOfBytesRead,
              LPOVERLAPPED lpOverlapped) {
  if (!belongs_to_layer(hFile)) {
    return answer(pipes_read(engine_handle(hFile), lpBuffer, nNumberOfBytesToRead, lpNumberOfBytesRead,
                             reinterpret_cast<pipes_overlapped*>(lpOverlapped)));
  }
  if (lpNumberOfBytesRead != nullptr) *lpNumberOfBytesRead = 0;
  const auto file = find<File>(hFile);
  if (file == nullptr) return answer(ERROR_INVALID_HANDLE);
  return answer(file->read(lpBuffer, nNumberOfBytesToRead, lpNumberOfBytesRead, lpOverlapped));
}

BOOL WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPDWORD lpNumberOfBytesWritten,
               LPOVERLAPPED lpOverlapped) {
  if (!belongs_to_layer(hFile)) {
    return answer(pipes_write(engine_handle(hFile), lpBuffer, nNumberOfBytesToWrite, lpNumberOfBytesWritten,
                              reinterpret_cast<pipes_overlapped*>(lpOverlapped)));
  }
  if (lpNumberOfBytesWritten != nullptr) *lpNumberOfBytesWritten = 0;
  const auto file = find<File>(hFile);
  if (file == nullptr) return answer(ERROR_INVALID_HANDLE);
  return answer(file->write(lpBuffer, nNumberOfBytesToWrite, lpNumberOfBytesWritten, lpOverlapped));
}

BOOL FlushFileBuffers(HANDLE hFile) {
  if (!belongs_to_layer(hFile)) return answer(pipes_flush(engine_handle(hFile)));
  const auto file = find<File>(hFile);
  if (file == nullptr) return answer(ERROR_INVALID_HANDLE);
  // A terminal has nothing to flush.
  return answer(fsync(file->fd()) == 0 || errno == EINVAL || errno == EROFS ? PIPES_OK : status_of_errno(errno));
}

DWORD GetFileType(HANDLE hFile) {
  if (belongs_to_layer(hFile)) {
    const auto file = find<File>(hFile);
    if (file == nullptr) return fail(ERROR_INVALID_HANDLE, DWORD{FILE_TYPE_UNKNOWN});
    SetLastError(ERROR_SUCCESS);
    return file->type();
  }
  // FINE-21. A query that applies to pipes alone tells them from events and ports.
  uint32_t process_id = 0;
  if (pipes_get_server_process_id(engine_handle(hFile), &process_id) == PIPES_ERROR_INVALID_HANDLE) {
    return fail(ERROR_INVALID_HANDLE, DWORD{FILE_TYPE_UNKNOWN});
  }
  SetLastError(ERROR_SUCCESS);
  return FILE_TYPE_PIPE;
}

BOOL GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize) {
  const auto file = find<File>(hFile);
  if (file == nullptr || lpFileSize == nullptr) {
    return answer(file == nullptr ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
  }
  struct stat status {};
  if (fstat(file->fd(), &status) != 0) return answer(status_of_errno(errno));
  lpFileSize->QuadPart = status.st_size;
  return TRUE;
}

DWORD GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh) {
  LARGE_INTEGER size;
  if (!GetFileSizeEx(hFile, &size)) return INVALID_FILE_SIZE;
  if (lpFileSizeHigh != nullptr) *lpFileSizeHigh = static_cast<DWORD>(size.u.HighPart);
  SetLastError(ERROR_SUCCESS);
  return size.u.LowPart;
}

BOOL SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove, PLARGE_INTEGER lpNewFilePointer,
                      DWORD dwMoveMethod) {
  static_assert(FILE_BEGIN == SEEK_SET && FILE_CURRENT == SEEK_CUR && FILE_END == SEEK_END);
  const auto file = find<File>(hFile);
  if (file == nullptr) return answer(ERROR_INVALID_HANDLE);
  if (dwMoveMethod > FILE_END) return answer(ERROR_INVALID_PARAMETER);
  const off_t position = lseek(file->fd(), liDistanceToMove.QuadPart, static_cast<int>(dwMoveMethod));
  if (position < 0) return answer(errno == EINVAL ? ERROR_NEGATIVE_SEEK : status_of_errno(errno));
  if (lpNewFilePointer != nullptr) lpNewFilePointer->QuadPart = position;
  return TRUE;
}

DWORD SetFilePointer(HANDLE hFile, LONG lDistanceToMove, PLONG lpDistanceToMoveHigh, DWORD dwMoveMethod) {
  LARGE_INTEGER distance;
  distance.QuadPart = lDistanceToMove;
  if (lpDistanceToMoveHigh != nullptr) {
    distance.u.LowPart = static_cast<DWORD>(lDistanceToMove);
    distance.u.HighPart = *lpDistanceToMoveHigh;
  }
  LARGE_INTEGER position;
  if (!SetFilePointerEx(hFile, distance, &position, dwMoveMethod)) return INVALID_SET_FILE_POINTER;
  if (lpDistanceToMoveHigh != nullptr) *lpDistanceToMoveHigh = position.u.HighPart;
  SetLastError(ERROR_SUCCESS);
  return position.u.LowPart;
}

BOOL DeleteFileA(LPCSTR lpFileName) {
  if (lpFileName == nullptr) return answer(ERROR_PATH_NOT_FOUND);
  return guarded(FALSE,
                 [&] { return answer(unlink(path_of(lpFileName).c_str()) == 0 ? PIPES_OK : status_of_errno(errno)); });
}

BOOL DeleteFileW(LPCWSTR lpFileName) {
  return guarded(FALSE, [&] { return DeleteFileA(Utf8(lpFileName)); });
}
