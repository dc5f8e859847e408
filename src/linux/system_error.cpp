#include "linux/system_error.h"

#include <errno.h>

namespace pipes {

Status status_from_errno(int error) {
  switch (error) {
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
      return PIPES_ERROR_NOT_ENOUGH_MEMORY;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
      return PIPES_ERROR_ACCESS_DENIED;
    case ENOENT:
    case ENOTDIR:
      return PIPES_ERROR_PATH_NOT_FOUND;
    default:
      // EMFILE, ENFILE, EAGAIN, ENOBUFS and whatever else a kernel may find.
      return PIPES_ERROR_NO_SYSTEM_RESOURCES;
  }
}

}  // namespace pipes
