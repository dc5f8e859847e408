// What the forwarders share: the kernel's headers, and how its answers become statuses. A handle is the kernel's own.
#pragma once

#define WIN32_LEAN_AND_MEAN
#if !defined(NOMINMAX)  // mingw's libstdc++ defines it
#define NOMINMAX
#endif
#include <windows.h>

#include <cstdint>
#include <new>
#include <string>
#include <type_traits>

#include "api/engine.h"

namespace pipes::engine {

static_assert(sizeof(pipes_overlapped) == sizeof(OVERLAPPED));

// To the kernel, negative numbers stand for the calling process, its thread and their tokens, and one of them is
// PIPES_INVALID_HANDLE. None is a handle of ours.
inline HANDLE kernel(pipes_handle handle) {
  return reinterpret_cast<intptr_t>(handle) < 0 ? nullptr : reinterpret_cast<HANDLE>(handle);
}
inline pipes_handle ours(HANDLE handle) { return reinterpret_cast<pipes_handle>(handle); }
inline OVERLAPPED* kernel(pipes_overlapped* overlapped) { return reinterpret_cast<OVERLAPPED*>(overlapped); }

// DWORD is a long of 32 bits: the same number as ours, and another type.
static_assert(sizeof(DWORD) == sizeof(uint32_t));
inline DWORD* kernel(uint32_t* number) { return reinterpret_cast<DWORD*>(number); }

// The kernel's word for no limit has all bits set.
inline uint32_t instances_max(ULONG kernels) {
  return kernels > PIPES_UNLIMITED_INSTANCES ? PIPES_UNLIMITED_INSTANCES : kernels;
}

// What the kernel said of a call that returned `done`.
inline Status status_of(BOOL done) {
  if (done != FALSE) return PIPES_OK;
  const DWORD error = ::GetLastError();
  return error != ERROR_SUCCESS ? error : Status{PIPES_ERROR_NO_SYSTEM_RESOURCES};
}

// guard runs `body` and turns what must not cross the boundary into a status.
template <class Body>
Status guard(Body body) noexcept {
  try {
    return body();
  } catch (...) {
    return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  }
}

}  // namespace pipes::engine
