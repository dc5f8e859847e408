// Handles that a child inherits under their values (INH-3), whoever starts it: by CreateProcess, posix_spawn, or fork
// and exec.
//
// For each inheritable handle of a pipe there is a token, a little sealed memory whose descriptor, like those it names,
// survives exec. An end's descriptors do as long as one of its handles has a token, and no longer, unless they did
// before the first had one. When a process makes or uses its first handle it looks through its descriptors for tokens,
// and makes the handles they tell of. A token is believed if this user or root made it, and if each descriptor it names
// is still the file that it was; programs whose rights were raised do not look.
#pragma once

#include "linux/handle_table.h"

namespace pipes {

// inherit_handle makes a handle inheritable, or takes that back, and sets the flag of the handle.
// PIPES_ERROR_NO_SYSTEM_RESOURCES, PIPES_ERROR_NOT_ENOUGH_MEMORY: then nothing has changed.
Status inherit_handle(HandleTable::Slot& slot, pipes_handle handle, bool inheritable);
// add_handle adds a handle that is inheritable or not. Null, with the reason in `*status`, if that fails.
pipes_handle add_handle(HandleTarget target, bool inheritable, Status* status);
// For a handle that is being closed.
void disinherit(HandleTable::Slot& slot) noexcept;

// In a forked child: whoever held the lock is not there.
void forget_inheritance_in_child() noexcept;

}  // namespace pipes
