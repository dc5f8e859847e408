// Putting a handle into another process: finding its mailbox (mailbox.h), and what is said there (wire/parcel.h).
//
// A socket in the runtime directory is believed to be a process's if the kernel says that this process, and its user,
// listens there. A name proves nothing, and neither does an id alone, since ids are used again.
#pragma once

#include <sys/types.h>

#include <optional>

#include "linux/handle_table.h"
#include "linux/process_fd.h"

namespace pipes {

// send_handle makes a handle of `target`, with its rights, in another process, and tells its value there. Waits for the
// answer up to kParcelMs. Failures: those of pipes_duplicate_into; then there is no handle.
[[nodiscard]] Status send_handle(const HandleTarget& target, uint32_t process_id, bool inherit, pipes_handle* value);

// ChildInvitation is made before a child is started. Without descriptors for it the child is not invited.
class ChildInvitation {
 public:
  ChildInvitation();
  explicit operator bool() const { return static_cast<bool>(childs_); }
  // What the child is to have, under any number.
  [[nodiscard]] int childs() const { return childs_.get(); }
  // The child runs: handles can be sent to it.
  void started(pid_t child);

 private:
  ProcessFd ours_;
  ProcessFd childs_;
};

// The child has ended. To be called before its id can be another's.
void forget_child(pid_t child) noexcept;

// In a forked child: it has no children.
void forget_children_in_child() noexcept;

}  // namespace pipes
