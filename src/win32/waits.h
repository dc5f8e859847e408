// Waiting for handles of both kinds together: each of the layer's objects has an event, for which the engine waits.
#pragma once

#include <memory>
#include <span>

#include "win32/objects.h"

namespace pipes::win32 {

// What is waited for: an event or a pipe, or the event of an object, which lives as long as the wait.
struct Waited {
  pipes_handle event = nullptr;
  std::shared_ptr<Object> object;
};

// 6 for what cannot be waited for.
[[nodiscard]] Status find_waited(HANDLE handle, Waited* waited);

// wait_for returns what WaitForMultipleObjectsEx does.
DWORD wait_for(std::span<const Waited> waited, bool wait_all, DWORD timeout_ms, bool alertable);

}  // namespace pipes::win32
