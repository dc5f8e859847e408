// How handles come into this process from others: by a socket that listens in the runtime directory once the process
// has consented, and, in a child that CreateProcess started, by a socket to its parent that it was started with.
//
//   h.<pid>.<random>   the socket in the runtime directory, for this user alone to connect to. Who connects is who the
//                      kernel says; anybody else than this user and root is hung up on. It ends in .new until it
//                      listens. Whoever lists the pipes sweeps those of processes that have ended.
//   the invitation     an end of a socket pair of the parent's. It counts if the kernel says that the parent made it:
//                      grandchildren that got it along the way do not take it for theirs.
//
// Either way it comes to a socket that serves one parcel (wire/parcel.h). The reactor makes no more of it than a
// thread, since a handle is unpacked at the pace of the other holders of its end: at most kDeliveriesMax at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "support/status.h"
#include "support/unique_fd.h"

namespace pipes {

inline constexpr uint32_t kDeliveriesMax = 8;
inline constexpr uint64_t kParcelMs = 2000;  // how long each waits for the other

// accept_handles begins to listen, or ends that and gives back the invitation. Failures: those of
// directory_for_creating; nothing has changed then.
Status accept_handles(bool accept);

// is_mailbox_of tells whether a file of the runtime directory may be the socket of a process.
[[nodiscard]] bool is_mailbox_of(std::string_view file, pid_t process);

// is_mailbox_name tells whether it may be that of any, and sweep_mailbox removes it if its process has ended.
[[nodiscard]] bool is_mailbox_name(std::string_view file);
void sweep_mailbox(int directory, const std::string& file);

// Whether a descriptor of this process is the invitation of its parent. Asks the kernel once about what is no socket.
[[nodiscard]] bool is_invitation(int fd) noexcept;
// Takes handles from the parent from now on.
void accept_invitation(UniqueFd invitation);

// In a forked child: it is nobody's target.
void forget_mailboxes_in_child() noexcept;

}  // namespace pipes
