// Places where a test lets the process die, to see what the next process finds. Each stands at a `CRASH:` comment.
//
// A build with PIPES_FAULT_POINTS kills itself with SIGKILL at the point that the environment variable PIPES_FAULT
// names, or, with PIPES_FAULT_AFTER, not before it has come there so many times. Any other build contains nothing of
// this but the check that each name is listed here.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace pipes {

// The points in the life of a pipe's folder.
inline constexpr std::array<std::string_view, 17> kFolderFaultPoints = {
    // Creating a pipe and joining one (linux/folder.cpp, linux/server_socket.cpp).
    "folder-made", "folder-locked", "socket-bound", "socket-listening", "meta-half-written", "meta-written",
    "meta-renamed", "claim-made", "claim-written",
    // Removing a whole folder.
    "claim-removed", "folder-meta-removed", "folder-sockets-removed", "folder-lock-removed", "folder-removed",
    // Ending one process's part, and sweeping what others left (linux/pipe_folder.cpp).
    "own-socket-removed", "dead-record-dropped", "dead-socket-removed"};

// The points in a process's other work.
inline constexpr std::array<std::string_view, 9> kOtherFaultPoints = {
    // Making the runtime directory (linux/runtime_directory.cpp).
    "directory-made",
    // Connecting (linux/client.cpp, linux/server_pipe.cpp), writing and reading (linux/named_end_*.cpp).
    "connection-requested", "connection-answered", "frame-pushed", "frame-taken",
    // Ends that processes share (linux/named_end.cpp, linux/named_end_shared.cpp).
    "end-disconnecting", "half-entered", "half-half-stored", "connection-half-published"};

constexpr bool is_fault_point(std::string_view name) {
  const auto is_it = [name](std::string_view point) { return point == name; };
  return std::ranges::any_of(kFolderFaultPoints, is_it) || std::ranges::any_of(kOtherFaultPoints, is_it);
}

#ifdef PIPES_FAULT_POINTS
// fault_point kills this process if the environment variable PIPES_FAULT is `name`.
void fault_point(const char* name);
#endif

}  // namespace pipes

#ifdef PIPES_FAULT_POINTS
#define PIPES_CRASH_POINT(name)                                                               \
  do {                                                                                        \
    static_assert(::pipes::is_fault_point(name), "every fault point is listed in one array"); \
    ::pipes::fault_point(name);                                                               \
  } while (false)
#else
#define PIPES_CRASH_POINT(name) static_assert(::pipes::is_fault_point(name), "every fault point is listed in one array")
#endif
