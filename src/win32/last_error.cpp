#include "win32/last_error.h"

#include <cerrno>

namespace {

constinit thread_local DWORD last_error = ERROR_SUCCESS;

}  // namespace

DWORD GetLastError(void) { return last_error; }

VOID SetLastError(DWORD dwErrCode) { last_error = dwErrCode; }

namespace pipes::win32 {

Status status_of_errno(int error) {
  switch (error) {
    case 0:
      return ERROR_SUCCESS;
    case ENOENT:
      return ERROR_FILE_NOT_FOUND;
    case ENOTDIR:
      return ERROR_PATH_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EISDIR:
    case ETXTBSY:
      return ERROR_ACCESS_DENIED;
    case EBADF:
      return ERROR_INVALID_HANDLE;
    case EEXIST:
      return ERROR_FILE_EXISTS;
    case EMFILE:
    case ENFILE:
      return ERROR_TOO_MANY_OPEN_FILES;
    case ENOMEM:
      return ERROR_NOT_ENOUGH_MEMORY;
    case EAGAIN:
      return ERROR_NO_SYSTEM_RESOURCES;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ERROR_DISK_FULL;
    case EROFS:
      return ERROR_WRITE_PROTECT;
    case ENAMETOOLONG:
      return ERROR_FILENAME_EXCED_RANGE;
    case ENOEXEC:
      return ERROR_BAD_EXE_FORMAT;
    case EPIPE:
      return ERROR_NO_DATA;
    case EFAULT:
      return ERROR_NOACCESS;
    case EINVAL:
    case ESPIPE:
    case ESRCH:
      return ERROR_INVALID_PARAMETER;
    default:
      return ERROR_GEN_FAILURE;
  }
}

}  // namespace pipes::win32
