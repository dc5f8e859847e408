// What a fork without exec leaves the child: anonymous pipes, and a library without named handles.
#pragma once

namespace pipes {

// Installs the handlers, once. Called before the first descriptor of a named pipe comes into being.
void install_fork_handlers();

}  // namespace pipes
