// Threads of the library's own: nobody joins them, and they take no signals, whose handlers belong to the program.
#pragma once

namespace pipes {

// Starts a thread that runs `body(argument)`. `name`, a literal of at most 15 characters, is what ps
// shows. False if there is none
// to be had.
[[nodiscard]] bool start_detached_thread(const char* name, void (*body)(void*), void* argument) noexcept;

}  // namespace pipes
