// The last error of the calling thread, and how the layer's functions end: a status becomes TRUE or FALSE, and nothing
// is thrown at the caller.
#pragma once

#include <exception>

#include "pipes/win32.h"
#include "support/status.h"

namespace pipes::win32 {

// answer is what a function of type BOOL returns. ERR-6: success leaves the last error alone.
inline BOOL answer(Status status) {
  if (status == PIPES_OK) return TRUE;
  SetLastError(status);
  return FALSE;
}

// fail sets the last error and returns `value`.
template <class T>
T fail(Status status, T value) {
  SetLastError(status);
  return value;
}

// guarded runs `body`; without memory it gives `failure`. It catches no more than what the library throws, so that a
// thread that is being ended passes through.
template <class T, class Body>
T guarded(T failure, Body body) {
  try {
    return body();
  } catch (const std::exception&) {
    return fail(ERROR_NOT_ENOUGH_MEMORY, failure);
  }
}

// returned_error runs `body` for a function that returns its error and leaves the last one alone (SEC-13).
template <class Body>
DWORD returned_error(Body body) {
  const DWORD before = GetLastError();
  const DWORD error = guarded(DWORD{ERROR_NOT_ENOUGH_MEMORY}, body);
  SetLastError(before);
  return error;
}

// status_of_errno is the error number for what a system call on files and processes left in errno.
[[nodiscard]] Status status_of_errno(int error);

}  // namespace pipes::win32
