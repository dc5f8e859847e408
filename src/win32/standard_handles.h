// GetStdHandle and SetStdHandle: which handles are the process's standard ones.
#pragma once

#include <array>

#include "win32/objects.h"

namespace pipes::win32 {

inline constexpr std::size_t kStandardHandles = 3;  // input, output, error: the descriptors 0, 1, 2

// The present standard handles; null where there is none.
[[nodiscard]] std::array<HANDLE, kStandardHandles> standard_handles();

// standard_handle_closed is told of each handle that was closed. If it was one that the process was started with, its
// descriptor is given up, too, so that whoever reads what it writes sees the end.
void standard_handle_closed(HANDLE handle);

// descriptor_of is the descriptor of a handle that a child can be given: of an anonymous pipe, a file, a terminal. -1
// if it has none. It lives as long as the handle.
[[nodiscard]] int descriptor_of(HANDLE handle);

}  // namespace pipes::win32
