// What a fork without exec leaves the child: anonymous pipes, and a library without named handles.
//
// The handlers are installed when the library is loaded, so that no thread can be amid that at the moment of a fork.
// For the same reason nothing in the library is made by a static variable of a function: the child of a fork that came
// in its way would wait for ever for a thread that it does not have. See support/lazy.h.
#pragma once

namespace pipes {

// Asked before the first descriptor comes into being. False if there was no memory for the handlers.
[[nodiscard]] bool forks_are_minded() noexcept;

}  // namespace pipes
