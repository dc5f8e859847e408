/* pipes.h: Windows pipe semantics on Linux and Windows. The only door of the library.
 *
 * SPDX-License-Identifier: MIT
 *
 * Glossary
 *   pipe         a named object, `\\.\pipe\name`. It exists as long as one of its instances does.
 *   instance     one conversation of that pipe: a server end, at most one client end, two queues.
 *   end          the server end (made by pipes_create_named) or the client end (made by pipes_open) of an instance.
 *   inbound      from client to server. outbound: from server to client. Always as the server sees it.
 *   type         byte or message: how data is written; fixed for the pipe. read mode: how one end reads it.
 *   quota        how many unread bytes a direction holds before a write waits.
 *   listening    ready for a client. connected, closing (one end is gone), disconnected: the other three states.
 *
 * Conventions
 *   1. Every call returns a pipes_status: 0, or a Win32 error number under the name PIPES_ERROR_... . There is no errno
 *      and no thread-local last error.
 *   2. Strings are UTF-8 and zero-terminated. Sizes are bytes, 32 bits wide. Times are milliseconds.
 *   3. Handles are opaque. On Windows a handle is the kernel's HANDLE. On Linux a stale, closed or foreign value gives
 *      PIPES_ERROR_INVALID_HANDLE and touches nothing. Handles are borrowed by every call but pipes_close.
 *   4. Buffers belong to the caller and are used only during the call (until completion, for a pending overlapped one).
 *   5. Unless a declaration says otherwise, on failure outputs keep their values, except that byte counts are set to 0
 *      first; and any thread may make any call at any time. A blocked read never blocks a write on the same handle;
 *      on Windows only where that was made with PIPES_FLAG_OVERLAPPED, else calls on one end wait for each other.
 *   6. Structures that may grow begin with `size`, filled in by the caller with sizeof. Zeroed members mean the
 *      default, and members called reserved are zero. A size that this library does not know gives
 *      PIPES_ERROR_INVALID_PARAMETER.
 *   7. Numbers of constants never change and are never reused.
 *   8. Unknown flag bits are refused, never ignored, except where a declaration says that Win32 ignores them.
 *   9. A signal never makes a call return early, and writing to a pipe without a reader never raises one.
 *  10. After fork without exec the child's handles of named pipes are gone (PIPES_ERROR_INVALID_HANDLE); anonymous
 *      pipes stay usable; events and ports are gone as well. Processes made with raw clone or _Fork are not supported.
 *  11. A thread must not be cancelled with pthread_cancel while it is in a call: disable cancelling around the calls
 *      of such a thread. pipes_cancel_synchronous ends a call that blocks.
 *  12. A null output that is not said to be allowed, a null buffer with a `size` other than 0, and a truth value other
 *      than 0 and 1 give PIPES_ERROR_INVALID_PARAMETER. What a failed call would have put into a buffer is unspecified.
 *  13. "Blocks" is said of each call that may wait for another process to act; all others answer at once, or within 2 s
 *      where they ask another process. A call that blocks ends with PIPES_ERROR_OPERATION_ABORTED when it is cancelled
 *      (pipes_cancel_synchronous), and with that or PIPES_ERROR_BROKEN_PIPE when another thread closes its handle.
 *  14. "Win32:" names the counterpart. Its page in Microsoft's documentation is the source of what is said here; where
 *      the kernel of Windows is known to do otherwise, the kernel is followed. "NT:" names what only the kernel has.
 *      docs/conformance.md lists what differs on Linux.
 *
 * Not there yet on Linux; until then the calls say so and do nothing: pipes of other computers
 * (PIPES_ERROR_NOT_SUPPORTED).
 *
 * "Rights" below are rights of the handle, fixed when it was made; a missing one gives PIPES_ERROR_ACCESS_DENIED,
 * before the state of the instance is looked at. PIPES_ERROR_INVALID_HANDLE is common to all calls that take a handle
 * and is not repeated. So are PIPES_ERROR_NOT_ENOUGH_MEMORY and PIPES_ERROR_NO_SYSTEM_RESOURCES where memory or
 * descriptors run out; nothing is lost or half done then.
 */
#ifndef PIPES_PIPES_H
#define PIPES_PIPES_H

#include <stddef.h>
#include <stdint.h>

/* PIPES_API stands before every function. Two macros, defined before this header is included, change it:
 *
 *   PIPES_STATIC    by whoever puts the library's objects into a program or library of his own instead of linking the
 *                   shared one: the functions are then declared plainly, neither imported nor exported. Needed on
 *                   Windows; on Linux it lets -fvisibility=hidden hide them like his own functions.
 *   PIPES_BUILDING  by the library's own build alone.
 */
#if defined(PIPES_STATIC)
#define PIPES_API
#elif defined(_WIN32)
#if defined(PIPES_BUILDING)
#define PIPES_API __declspec(dllexport)
#else
#define PIPES_API __declspec(dllimport)
#endif
#else
#define PIPES_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------------ version -- */

#define PIPES_VERSION_MAJOR 1
#define PIPES_VERSION_MINOR 0
#define PIPES_VERSION_PATCH 0
/* PIPES_VERSION is the version these declarations belong to: major, minor and patch, a byte each. */
#define PIPES_VERSION \
  (PIPES_VERSION_MAJOR * UINT32_C(0x10000) + PIPES_VERSION_MINOR * UINT32_C(0x100) + PIPES_VERSION_PATCH)

/* pipes_version returns the version of the library that is loaded, laid out as PIPES_VERSION. Never fails. */
PIPES_API uint32_t pipes_version(void);

/* -------------------------------------------------------------------------------------------------------- types -- */

/* pipes_status is 0 for success, else a Win32 error number. */
typedef uint32_t pipes_status;

/* pipes_handle names an end of a pipe. It is the size of a pointer and is never dereferenced by the caller. */
typedef struct pipes_object* pipes_handle;

/* PIPES_INVALID_HANDLE is never a valid handle. Neither is a null one. */
#ifdef __cplusplus
#define PIPES_INVALID_HANDLE (reinterpret_cast<pipes_handle>(UINTPTR_MAX))
#else
#define PIPES_INVALID_HANDLE ((pipes_handle)UINTPTR_MAX)
#endif

/* pipes_thread names a thread of this process, for pipes_cancel_synchronous and pipes_queue_routine. 0 is never one. */
typedef uint64_t pipes_thread;

/* PIPES_INFINITE, as a time-out, means for ever. */
#define PIPES_INFINITE UINT32_C(0xFFFFFFFF)

/* pipes_overlapped has exactly the layout of Win32's OVERLAPPED on 64-bit systems.
 *
 * It and the buffer of its operation belong to the library until the operation completes. `internal` holds the NT
 * status of the operation (0x103 while it is pending, and for good if the call failed at once), `internal_high` the
 * bytes transferred. The offsets are ignored: a pipe has no position. `event` is null or an event to set. Zero it
 * before its first use; it may be used again once its operation is over.
 *
 * A call with one on a handle without PIPES_FLAG_OVERLAPPED blocks as without it, and then fills it. With one the
 * call's own count of bytes is told only by status 0. Win32: OVERLAPPED. */
typedef struct pipes_overlapped {
  uint64_t internal;
  uint64_t internal_high;
  uint32_t offset;
  uint32_t offset_high;
  pipes_handle event;
} pipes_overlapped;

/* pipes_security_attributes says who may use a pipe, and whether a child process inherits the handle.
 *
 *   size                 sizeof(pipes_security_attributes).
 *   inherit_handle       0 or 1.
 *   security_descriptor  null for the default: full control for the system, administrators and the creator, reading for
 *                        everyone else. Otherwise a self-relative security descriptor (pipes_sd_parse makes one),
 *                        borrowed during the call. What it lacks of owner, group and DACL is taken from the default;
 *                        a DACL that is present and null opens the pipe to everyone, an empty one to nobody.
 *   descriptor_size      bytes at `security_descriptor`.
 *   reserved             0.
 *
 * Win32: SECURITY_ATTRIBUTES. */
typedef struct pipes_security_attributes {
  uint32_t size;
  uint32_t inherit_handle;
  const void* security_descriptor;
  uint32_t descriptor_size;
  uint32_t reserved;
} pipes_security_attributes;

/* pipes_open_options holds what pipes_open takes beside its access and flags.
 *
 *   size            sizeof(pipes_open_options).
 *   inherit_handle  0 or 1: whether a child process inherits the handle. Win32: SECURITY_ATTRIBUTES.bInheritHandle.
 *   server_owner    null, or a SID as text or alias: only server processes of that user are spoken to, so that nobody
 *                   who was quicker to take the name can answer in his place. Linux: the user of the process, as the
 *                   kernel tells it, before anything is sent. Windows: the owner of the pipe, before anything is
 *                   written; give PIPES_SECURITY_IDENTIFICATION besides, since the server is reached first, and the
 *                   instance is used up like by any client that comes and goes.
 *
 * A size that ends before server_owner is known, too. */
typedef struct pipes_open_options {
  uint32_t size;
  uint32_t inherit_handle;
  const char* server_owner;
} pipes_open_options;

/* pipes_identity_group is a group of a pipes_identity: its SID as text, and PIPES_GROUP_... attributes. */
typedef struct pipes_identity_group {
  const char* sid;
  uint32_t attributes;
  uint32_t reserved;
} pipes_identity_group;

/* pipes_identity says who somebody is: the client of a pipe, or whoever an access check is asked about.
 *
 *   size                 sizeof(pipes_identity).
 *   process_id           0 if it is not known.
 *   user_id, group_id    Linux: the effective ids; PIPES_UNKNOWN_ID on Windows and where they are not known.
 *   group_ids            Linux: `group_id_count` supplementary groups; null on Windows.
 *   user_sid             as text; Linux: `S-1-22-1-<user_id>`.
 *   primary_group_sid    as text, or null; Linux: `S-1-22-2-<group_id>`.
 *   group_sids           `group_sid_count` groups; on Linux also everyone, the authenticated users, and for root the
 *                        system and the administrators.
 *   privileges           PIPES_PRIVILEGE_...
 *   impersonation_level  PIPES_SECURITY_LEVEL_...
 *   remote               1 if it comes from another computer, else 0.
 *   session_id           the logon session, or PIPES_UNKNOWN_ID.
 *   reserved             0.
 *   owned                the library's; null in a structure that the caller fills in himself.
 *
 * What the library fills in lives until pipes_identity_free. A caller who fills one in himself owns all of it; SIDs may
 * then be aliases as well, and with `user_sid` null the SIDs follow from user_id, group_id, group_ids, session_id and
 * remote, as they do for a process on Linux, whose `privileges` count besides. Win32: an access token. */
typedef struct pipes_identity {
  uint32_t size;
  uint32_t process_id;
  uint32_t user_id;
  uint32_t group_id;
  const uint32_t* group_ids;
  const char* user_sid;
  const char* primary_group_sid;
  const pipes_identity_group* group_sids;
  uint32_t group_id_count;
  uint32_t group_sid_count;
  uint32_t privileges;
  uint32_t impersonation_level;
  uint32_t remote;
  uint32_t session_id;
  uint32_t reserved[2];
  void* owned;
} pipes_identity;

/* pipes_access_decision tells why an access check came out as it did.
 *
 *   size     sizeof(pipes_access_decision).
 *   reason   PIPES_DECIDED_BY_...
 *   entry    the entry of the DACL that decided, counted from 0; 0xFFFFFFFF if none did.
 *   mask     the rights that this was about: those granted last, or denied, or missing. */
typedef struct pipes_access_decision {
  uint32_t size;
  uint32_t reason;
  uint32_t entry;
  uint32_t mask;
} pipes_access_decision;

/* -------------------------------------------------------------------------------------------------- status numbers -- */

/* These and the constants below are numbers of 32 bits, which #if can read, too. */
#define PIPES_OK UINT32_C(0)
#define PIPES_ERROR_INVALID_FUNCTION UINT32_C(1)
#define PIPES_ERROR_FILE_NOT_FOUND UINT32_C(2)
#define PIPES_ERROR_PATH_NOT_FOUND UINT32_C(3)
#define PIPES_ERROR_ACCESS_DENIED UINT32_C(5)
#define PIPES_ERROR_INVALID_HANDLE UINT32_C(6)
#define PIPES_ERROR_NOT_ENOUGH_MEMORY UINT32_C(8)
#define PIPES_ERROR_NOT_SUPPORTED UINT32_C(50)
#define PIPES_ERROR_INVALID_PARAMETER UINT32_C(87)
#define PIPES_ERROR_BROKEN_PIPE UINT32_C(109)
#define PIPES_ERROR_SEM_TIMEOUT UINT32_C(121)
#define PIPES_ERROR_INSUFFICIENT_BUFFER UINT32_C(122)
#define PIPES_ERROR_INVALID_NAME UINT32_C(123)
#define PIPES_ERROR_BAD_PATHNAME UINT32_C(161)
#define PIPES_ERROR_ALREADY_EXISTS UINT32_C(183)
#define PIPES_WAIT_IO_COMPLETION UINT32_C(192) /* an alertable wait ran routines; nothing that was waited for came */
#define PIPES_ERROR_FILENAME_EXCED_RANGE UINT32_C(206)
#define PIPES_ERROR_PIPE_LOCAL UINT32_C(229)
#define PIPES_ERROR_BAD_PIPE UINT32_C(230)
#define PIPES_ERROR_PIPE_BUSY UINT32_C(231) /* no instance is free; or something is unread, or a call waits, here */
#define PIPES_ERROR_NO_DATA UINT32_C(232)
#define PIPES_ERROR_PIPE_NOT_CONNECTED UINT32_C(233)
#define PIPES_ERROR_MORE_DATA UINT32_C(234)
#define PIPES_ERROR_WAIT_TIMEOUT UINT32_C(258)
#define PIPES_ERROR_PIPE_CONNECTED UINT32_C(535)
#define PIPES_ERROR_PIPE_LISTENING UINT32_C(536)
#define PIPES_ERROR_ABANDONED_WAIT_0 UINT32_C(735)
#define PIPES_ERROR_OPERATION_ABORTED UINT32_C(995)
#define PIPES_ERROR_IO_INCOMPLETE UINT32_C(996)
#define PIPES_ERROR_IO_PENDING UINT32_C(997)
#define PIPES_ERROR_NOT_FOUND UINT32_C(1168)
#define PIPES_ERROR_UNKNOWN_REVISION UINT32_C(1305)
#define PIPES_ERROR_INVALID_OWNER UINT32_C(1307)
#define PIPES_ERROR_PRIVILEGE_NOT_HELD UINT32_C(1314)
#define PIPES_ERROR_NONE_MAPPED UINT32_C(1332)
#define PIPES_ERROR_INVALID_ACL UINT32_C(1336)
#define PIPES_ERROR_INVALID_SID UINT32_C(1337)
#define PIPES_ERROR_INVALID_SECURITY_DESCR UINT32_C(1338)
#define PIPES_ERROR_BAD_IMPERSONATION_LEVEL UINT32_C(1346)
#define PIPES_ERROR_CANT_OPEN_ANONYMOUS UINT32_C(1347)
#define PIPES_ERROR_GENERIC_NOT_MAPPED UINT32_C(1360)
#define PIPES_ERROR_CANNOT_IMPERSONATE UINT32_C(1368)
#define PIPES_ERROR_NO_SYSTEM_RESOURCES UINT32_C(1450)
#define PIPES_ERROR_NOT_ENOUGH_QUOTA UINT32_C(1816)

/* pipes_status_message returns a sentence in English for `status`, in static storage; for a number the library does
 * not use, a sentence that says so. Never null. Win32: FormatMessage. */
PIPES_API const char* pipes_status_message(pipes_status status);

/* ---------------------------------------------------------------------------------------------------- constants -- */

/* Access modes and flags of pipes_create_named's `open_mode`. One access mode is required. */
#define PIPES_ACCESS_INBOUND UINT32_C(0x00000001)
#define PIPES_ACCESS_OUTBOUND UINT32_C(0x00000002)
#define PIPES_ACCESS_DUPLEX UINT32_C(0x00000003)
#define PIPES_FLAG_FIRST_PIPE_INSTANCE UINT32_C(0x00080000)
#define PIPES_FLAG_OVERLAPPED UINT32_C(0x40000000)
#define PIPES_FLAG_WRITE_THROUGH UINT32_C(0x80000000)

/* Type, read mode, wait mode and remote mode: pipes_create_named's `pipe_mode`, and what the queries return. */
#define PIPES_WAIT UINT32_C(0x00000000)
#define PIPES_NOWAIT UINT32_C(0x00000001)
#define PIPES_READMODE_BYTE UINT32_C(0x00000000)
#define PIPES_READMODE_MESSAGE UINT32_C(0x00000002)
#define PIPES_TYPE_BYTE UINT32_C(0x00000000)
#define PIPES_TYPE_MESSAGE UINT32_C(0x00000004)
#define PIPES_ACCEPT_REMOTE_CLIENTS UINT32_C(0x00000000)
#define PIPES_REJECT_REMOTE_CLIENTS UINT32_C(0x00000008)

#define PIPES_UNLIMITED_INSTANCES UINT32_C(255)
#define PIPES_CLIENT_END UINT32_C(0x00000000)
#define PIPES_SERVER_END UINT32_C(0x00000001)

/* Time-outs of pipes_wait_available and pipes_call besides milliseconds. */
#define PIPES_NMPWAIT_USE_DEFAULT_WAIT UINT32_C(0x00000000)
#define PIPES_NMPWAIT_NOWAIT UINT32_C(0x00000001)
#define PIPES_NMPWAIT_WAIT_FOREVER UINT32_C(0xFFFFFFFF)

/* Rights of a pipe. */
#define PIPES_FILE_READ_DATA UINT32_C(0x00000001)
#define PIPES_FILE_WRITE_DATA UINT32_C(0x00000002)
#define PIPES_FILE_CREATE_PIPE_INSTANCE UINT32_C(0x00000004)
#define PIPES_FILE_READ_EA UINT32_C(0x00000008)
#define PIPES_FILE_WRITE_EA UINT32_C(0x00000010)
#define PIPES_FILE_EXECUTE UINT32_C(0x00000020)
#define PIPES_FILE_READ_ATTRIBUTES UINT32_C(0x00000080)
#define PIPES_FILE_WRITE_ATTRIBUTES UINT32_C(0x00000100)
#define PIPES_DELETE UINT32_C(0x00010000)
#define PIPES_READ_CONTROL UINT32_C(0x00020000)
#define PIPES_WRITE_DAC UINT32_C(0x00040000)
#define PIPES_WRITE_OWNER UINT32_C(0x00080000)
#define PIPES_SYNCHRONIZE UINT32_C(0x00100000)
#define PIPES_ACCESS_SYSTEM_SECURITY UINT32_C(0x01000000)
#define PIPES_MAXIMUM_ALLOWED UINT32_C(0x02000000)
#define PIPES_GENERIC_ALL UINT32_C(0x10000000)
#define PIPES_GENERIC_EXECUTE UINT32_C(0x20000000)
#define PIPES_GENERIC_WRITE UINT32_C(0x40000000)
#define PIPES_GENERIC_READ UINT32_C(0x80000000)
#define PIPES_FILE_GENERIC_READ UINT32_C(0x00120089)
#define PIPES_FILE_GENERIC_WRITE UINT32_C(0x00120116)
#define PIPES_FILE_GENERIC_EXECUTE UINT32_C(0x001200A0)
#define PIPES_FILE_ALL_ACCESS UINT32_C(0x001F01FF)

/* Security quality of service, in pipes_open's `flags`. */
#define PIPES_SECURITY_ANONYMOUS UINT32_C(0x00000000)
#define PIPES_SECURITY_IDENTIFICATION UINT32_C(0x00010000)
#define PIPES_SECURITY_IMPERSONATION UINT32_C(0x00020000)
#define PIPES_SECURITY_DELEGATION UINT32_C(0x00030000)
#define PIPES_SECURITY_CONTEXT_TRACKING UINT32_C(0x00040000)
#define PIPES_SECURITY_EFFECTIVE_ONLY UINT32_C(0x00080000)
#define PIPES_SECURITY_SQOS_PRESENT UINT32_C(0x00100000)

/* Impersonation levels: what a server may do with its client's identity. */
#define PIPES_SECURITY_LEVEL_ANONYMOUS UINT32_C(0)
#define PIPES_SECURITY_LEVEL_IDENTIFICATION UINT32_C(1)
#define PIPES_SECURITY_LEVEL_IMPERSONATION UINT32_C(2)
#define PIPES_SECURITY_LEVEL_DELEGATION UINT32_C(3)

/* Parts of a security descriptor. */
#define PIPES_OWNER_SECURITY_INFORMATION UINT32_C(0x00000001)
#define PIPES_GROUP_SECURITY_INFORMATION UINT32_C(0x00000002)
#define PIPES_DACL_SECURITY_INFORMATION UINT32_C(0x00000004)
#define PIPES_SACL_SECURITY_INFORMATION UINT32_C(0x00000008)
#define PIPES_LABEL_SECURITY_INFORMATION UINT32_C(0x00000010)
#define PIPES_ATTRIBUTE_SECURITY_INFORMATION UINT32_C(0x00000020)
#define PIPES_SCOPE_SECURITY_INFORMATION UINT32_C(0x00000040)
#define PIPES_BACKUP_SECURITY_INFORMATION UINT32_C(0x00010000)
#define PIPES_UNPROTECTED_SACL_SECURITY_INFORMATION UINT32_C(0x10000000)
#define PIPES_UNPROTECTED_DACL_SECURITY_INFORMATION UINT32_C(0x20000000)
#define PIPES_PROTECTED_SACL_SECURITY_INFORMATION UINT32_C(0x40000000)
#define PIPES_PROTECTED_DACL_SECURITY_INFORMATION UINT32_C(0x80000000)

/* Attributes of a group in a pipes_identity, with Win32's values. A group counts where something is allowed only if it
 * is enabled, where something is denied also if it is deny-only. */
#define PIPES_GROUP_MANDATORY UINT32_C(0x00000001)
#define PIPES_GROUP_ENABLED_BY_DEFAULT UINT32_C(0x00000002)
#define PIPES_GROUP_ENABLED UINT32_C(0x00000004)
#define PIPES_GROUP_OWNER UINT32_C(0x00000008) /* may own what the user creates */
#define PIPES_GROUP_DENY_ONLY UINT32_C(0x00000010)
#define PIPES_GROUP_LOGON UINT32_C(0xC0000000) /* names the logon session */

/* Privileges of a pipes_identity. */
#define PIPES_PRIVILEGE_SECURITY UINT32_C(0x00000001)       /* may have PIPES_ACCESS_SYSTEM_SECURITY */
#define PIPES_PRIVILEGE_TAKE_OWNERSHIP UINT32_C(0x00000002) /* may have PIPES_WRITE_OWNER */
#define PIPES_PRIVILEGE_RESTORE UINT32_C(0x00000004)        /* may make anybody the owner */
#define PIPES_PRIVILEGE_IMPERSONATE UINT32_C(0x00000008)    /* may act as its clients */

/* What settled an access check. */
#define PIPES_DECIDED_BY_NOTHING_WANTED UINT32_C(0) /* no right was asked for: granted */
#define PIPES_DECIDED_BY_NULL_DACL UINT32_C(1)      /* there is no DACL, or a null one: granted */
#define PIPES_DECIDED_BY_OWNER UINT32_C(2)          /* what was left came to the caller as the owner: granted */
#define PIPES_DECIDED_BY_PRIVILEGE UINT32_C(3)      /* a privilege gave what was left, or its lack refused */
#define PIPES_DECIDED_BY_LABEL UINT32_C(4)          /* the mandatory label refused */
#define PIPES_DECIDED_BY_ENTRY UINT32_C(5)          /* an entry of the DACL gave the last right wanted, or denied one */
#define PIPES_DECIDED_BY_END_OF_LIST UINT32_C(6)    /* no entry gave what was left; or all were read, for the maximum */

/* Ready-made descriptors, for pipes_sd_preset. */
#define PIPES_PRESET_OWNER UINT32_C(1)
#define PIPES_PRESET_OWNER_AND_GROUP UINT32_C(2)
#define PIPES_PRESET_THIS_MACHINE UINT32_C(3)

/* The revision of the text form of descriptors, and the longest SID in bytes and as text with its zero. */
#define PIPES_SDDL_REVISION_1 UINT32_C(1)
#define PIPES_SID_BYTES_MAX UINT32_C(68)
#define PIPES_SID_TEXT_MAX UINT32_C(185)

/* The longest security descriptor, in bytes. */
#define PIPES_DESCRIPTOR_BYTES_MAX UINT32_C(65536)

/* PIPES_UNKNOWN_ID stands where a user, group or session is not known, or has no such number. */
#define PIPES_UNKNOWN_ID UINT32_C(0xFFFFFFFF)

/* Handle flags, for pipes_get_handle_flags and pipes_set_handle_flags. */
#define PIPES_HANDLE_FLAG_INHERIT UINT32_C(0x00000001)
#define PIPES_HANDLE_FLAG_PROTECT_FROM_CLOSE UINT32_C(0x00000002)

/* Options of pipes_duplicate and pipes_duplicate_into. */
#define PIPES_DUPLICATE_CLOSE_SOURCE UINT32_C(0x00000001)
#define PIPES_DUPLICATE_SAME_ACCESS UINT32_C(0x00000002)

/* Notification modes, for pipes_set_notification_modes. */
#define PIPES_SKIP_COMPLETION_PORT_ON_SUCCESS UINT32_C(0x00000001)
#define PIPES_SKIP_SET_EVENT_ON_HANDLE UINT32_C(0x00000002)

/* PIPES_WAIT_OBJECTS_MAX objects can be waited for at once. */
#define PIPES_WAIT_OBJECTS_MAX UINT32_C(64)

/* PIPES_INTERNAL_PENDING is what `internal` of a pipes_overlapped holds while its operation is pending. */
#define PIPES_INTERNAL_PENDING UINT64_C(0x103)

/* Which way pipes_get_event_fd looks. */
#define PIPES_EVENT_READABLE UINT32_C(1)
#define PIPES_EVENT_WRITABLE UINT32_C(2)

/* States of an instance. */
#define PIPES_STATE_DISCONNECTED UINT32_C(1)
#define PIPES_STATE_LISTENING UINT32_C(2)
#define PIPES_STATE_CONNECTED UINT32_C(3)
#define PIPES_STATE_CLOSING UINT32_C(4)

/* --------------------------------------------------------------------------------------- creating and connecting -- */

/* pipes_create_named creates the pipe `name` and its first instance, or adds an instance to it, and returns a handle to
 * the server end. The instance listens at once: a client may open it before the server ever calls pipes_connect.
 *
 *   name             `\\.\pipe\` and 1 to 247 UTF-16 units, any characters but a backslash (which is tolerated); case
 *                    does not matter, `/` counts as `\`.
 *   open_mode        one of PIPES_ACCESS_..., and any of PIPES_FLAG_..., PIPES_WRITE_DAC, PIPES_WRITE_OWNER,
 *                    PIPES_ACCESS_SYSTEM_SECURITY. The access mode must be that of the first instance. It decides the
 *                    rights of the handle: PIPES_FILE_GENERIC_READ for inbound, PIPES_FILE_GENERIC_WRITE for outbound,
 *                    both for duplex. An outbound server end thus cannot be asked for its state, nor an inbound one
 *                    have its modes changed (PIPES_ERROR_ACCESS_DENIED).
 *   pipe_mode        type | read mode | wait mode | remote mode. Type, and the next argument, are those of the first
 *                    instance; what later calls say of them is checked for its range and otherwise ignored.
 *   max_instances    1 to 254, or PIPES_UNLIMITED_INSTANCES. Held exactly, across processes.
 *   out_buffer       quota of the outbound direction, in bytes. 0: every write waits for its reader.
 *   in_buffer        quota of the inbound direction.
 *   default_timeout  what PIPES_NMPWAIT_USE_DEFAULT_WAIT means to clients, in ms; 0 means 50.
 *   attributes       may be null. Its descriptor counts for the first instance only, and governs the pipe: who opens
 *                    client ends, who adds instances. The creator of a new pipe is not checked against it.
 *   handle           receives the server end, to be closed with pipes_close.
 *   disposition      may be null; receives 0 if the name was new, PIPES_ERROR_ALREADY_EXISTS if an instance was added.
 *
 * Errors, in the order of the checks: PIPES_ERROR_INVALID_PARAMETER; a malformed descriptor
 * (PIPES_ERROR_INVALID_SECURITY_DESCR, PIPES_ERROR_INVALID_ACL, PIPES_ERROR_INVALID_SID, PIPES_ERROR_UNKNOWN_REVISION);
 * PIPES_ERROR_PATH_NOT_FOUND (no string, or an empty one), PIPES_ERROR_INVALID_NAME, PIPES_ERROR_FILENAME_EXCED_RANGE;
 * PIPES_ERROR_PRIVILEGE_NOT_HELD (PIPES_ACCESS_SYSTEM_SECURITY without the privilege); PIPES_ERROR_ACCESS_DENIED (no
 * right to add instances, or a runtime directory that others could tamper with); PIPES_ERROR_PIPE_BUSY (the maximum is
 * reached); PIPES_ERROR_ACCESS_DENIED (first-instance flag on an existing pipe, or another access mode).
 * PIPES_ERROR_INVALID_NAME also for `a\b` while a pipe `a` exists. Of a new pipe PIPES_ERROR_INVALID_OWNER: an owner
 * that the caller may not assign. Linux: PIPES_ERROR_PATH_NOT_FOUND also if $PIPES_RUNTIME_DIR is set and missing,
 * PIPES_ERROR_ACCESS_DENIED also if it is set to a relative path. The log says so, here and in the calls that look for
 * a pipe. Does not wait for clients. Win32: CreateNamedPipe. */
PIPES_API pipes_status pipes_create_named(const char* name, uint32_t open_mode, uint32_t pipe_mode,
                                          uint32_t max_instances, uint32_t out_buffer, uint32_t in_buffer,
                                          uint32_t default_timeout, const pipes_security_attributes* attributes,
                                          pipes_handle* handle, uint32_t* disposition);

/* pipes_create_anonymous creates a one-way byte pipe without a name.
 *
 *   read_end, write_end  receive the two ends, each to be closed with pipes_close. Untouched on failure.
 *   attributes           may be null. `inherit_handle` applies to both ends.
 *   size                 the quota in bytes, a suggestion; 0 means 4096. Linux rounds it up to whole pages, at most the
 *                        system's limit for pipes.
 *
 * Linux: a pipe of the kernel; pipes_get_native_handle gives its descriptors, to hand to a child process.
 * Its ends are synchronous: they have no PIPES_FLAG_OVERLAPPED. Win32: CreatePipe. */
PIPES_API pipes_status pipes_create_anonymous(pipes_handle* read_end, pipes_handle* write_end,
                                              const pipes_security_attributes* attributes, uint32_t size);

/* pipes_open opens the client end of the instance of `name` that has listened longest. It never waits for one.
 *
 *   name            as for pipes_create_named; `\\server\pipe\name` is understood, and PIPES_ERROR_NOT_SUPPORTED where
 *                   remote pipes are not.
 *   desired_access  PIPES_GENERIC_..., PIPES_FILE_... rights, PIPES_MAXIMUM_ALLOWED or 0. Reading attributes and
 *                   synchronising are always asked for as well.
 *   flags           PIPES_FLAG_OVERLAPPED, PIPES_FLAG_WRITE_THROUGH, PIPES_SECURITY_...; as in Win32 file attribute
 *                   flags are ignored.
 *   options         may be null.
 *   handle          receives the client end, in byte-read and blocking-wait mode, to be closed with pipes_close.
 *                   pipes_set_state changes the modes, which takes PIPES_FILE_WRITE_ATTRIBUTES: PIPES_GENERIC_WRITE
 *                   has it, PIPES_GENERIC_READ has not.
 *
 * Errors, in the order of the checks: malformed name (PIPES_ERROR_PATH_NOT_FOUND, PIPES_ERROR_INVALID_NAME,
 * PIPES_ERROR_FILENAME_EXCED_RANGE), PIPES_ERROR_FILE_NOT_FOUND (no such pipe), PIPES_ERROR_ACCESS_DENIED (refused by
 * the descriptor, or the pipe has no such direction), PIPES_ERROR_PIPE_BUSY (no instance listens; see
 * pipes_wait_available). A server process that does not answer within 2 s counts as busy.
 * PIPES_ERROR_PRIVILEGE_NOT_HELD for PIPES_ACCESS_SYSTEM_SECURITY without the privilege. PIPES_ERROR_INVALID_OWNER:
 * only processes of other users than `server_owner` serve the pipe; they were sent nothing. PIPES_ERROR_INVALID_SID,
 * PIPES_ERROR_NONE_MAPPED: that text names nobody.
 * Linux: where $PIPES_RUNTIME_DIR is set and missing there is no pipe; where it is relative, or others could tamper
 * with it, PIPES_ERROR_ACCESS_DENIED. Win32: CreateFile. */
PIPES_API pipes_status pipes_open(const char* name, uint32_t desired_access, uint32_t flags,
                                  const pipes_open_options* options, pipes_handle* handle);

/* pipes_connect waits until a client opens this instance; after pipes_disconnect it makes the instance listen again.
 *
 *   handle      a server end.
 *   overlapped  null to block until then; otherwise see "overlapped operations".
 *
 * Blocks in PIPES_WAIT mode. Returns 0 when a client came; PIPES_ERROR_PIPE_CONNECTED when one is connected already (as
 * good as success); PIPES_ERROR_NO_DATA when the client has gone and pipes_disconnect is due;
 * PIPES_ERROR_INVALID_FUNCTION on a client end; with PIPES_NOWAIT PIPES_ERROR_PIPE_LISTENING while there is no client.
 * A call that blocks ends with PIPES_ERROR_PIPE_NOT_CONNECTED when the instance is disconnected; cancelling it leaves
 * the instance listening. Linux, in a process that inherited the handle: the process that created the instance takes
 * the client. When that one has ended, nobody can come: PIPES_ERROR_NOT_SUPPORTED; one that waits then ends with
 * PIPES_ERROR_BROKEN_PIPE. Win32: ConnectNamedPipe. */
PIPES_API pipes_status pipes_connect(pipes_handle handle, pipes_overlapped* overlapped);

/* pipes_disconnect ends the conversation at once: unread data of both directions is discarded, whatever waits at either
 * end completes with PIPES_ERROR_PIPE_NOT_CONNECTED, and so does every later use of the client's handle.
 *
 *   handle  a server end, in any state but disconnected (PIPES_ERROR_PIPE_NOT_CONNECTED).
 *
 * PIPES_ERROR_INVALID_FUNCTION on a client end. Never waits; call pipes_flush before it to protect the last reply.
 * Win32: DisconnectNamedPipe. */
PIPES_API pipes_status pipes_disconnect(pipes_handle handle);

/* pipes_wait_available waits until some instance of `name` listens. It reserves nothing: a following pipes_open may
 * still be refused with PIPES_ERROR_PIPE_BUSY. It uses up no instance and needs no right.
 *
 *   name     as for pipes_open. One that is null or does not begin like a pipe's: PIPES_ERROR_BAD_PATHNAME.
 *   timeout  ms, or PIPES_NMPWAIT_USE_DEFAULT_WAIT, or PIPES_NMPWAIT_WAIT_FOREVER.
 *
 * Blocks, asleep, for `timeout` at most. PIPES_ERROR_FILE_NOT_FOUND at once if there is no such pipe, or when it
 * vanishes meanwhile; PIPES_ERROR_SEM_TIMEOUT when the time is up; PIPES_ERROR_INVALID_NAME,
 * PIPES_ERROR_FILENAME_EXCED_RANGE as for pipes_open. Win32: WaitNamedPipe. */
PIPES_API pipes_status pipes_wait_available(const char* name, uint32_t timeout);

/* --------------------------------------------------------------------------------------------- reading and writing -- */

/* pipes_read reads up to `size` bytes from `handle`; in message read mode, no further than the end of one message.
 *
 *   handle       needs PIPES_FILE_READ_DATA.
 *   buffer       receives at most `size` bytes. May be null if `size` is 0.
 *   transferred  set to 0 first, then to the bytes read. May be null only with `overlapped`.
 *   overlapped   null to block until it is done; otherwise see "overlapped operations".
 *
 * Returns 0; PIPES_ERROR_MORE_DATA: the message was longer, `buffer` is full and the rest stays queued. 0 with 0 bytes
 * is an empty message, never the end. PIPES_ERROR_BROKEN_PIPE: the other end closed and nothing is left.
 * PIPES_ERROR_NO_DATA: PIPES_NOWAIT and nothing queued. PIPES_ERROR_PIPE_LISTENING, PIPES_ERROR_PIPE_NOT_CONNECTED: no
 * client yet, or disconnected. A failed read, a cancelled one too, consumes nothing; but a message in whose midst the
 * writer's process dies is lost (PIPES_ERROR_BROKEN_PIPE).
 * Blocks in PIPES_WAIT mode while nothing is there. Win32: ReadFile. */
PIPES_API pipes_status pipes_read(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred,
                                  pipes_overlapped* overlapped);

/* pipes_write writes `size` bytes; on a message-type pipe, as one message, which may be empty.
 *
 *   handle       needs PIPES_FILE_WRITE_DATA.
 *   buffer       `size` bytes. May be null if `size` is 0.
 *   transferred  set to 0 first, then to the bytes written. May be null only with `overlapped`.
 *   overlapped   null to block until it is done; otherwise see "overlapped operations".
 *
 * Blocks, in PIPES_WAIT mode, until everything unread up to the end of this write fits the quota, and then returns 0
 * with all of `size` written. In PIPES_NOWAIT mode 0 with a smaller count, mostly 0, means that there was no room.
 * PIPES_ERROR_NO_DATA: the other end has closed; PIPES_ERROR_BROKEN_PIPE: it closed while this write waited;
 * PIPES_ERROR_PIPE_LISTENING, PIPES_ERROR_PIPE_NOT_CONNECTED: no client yet, or disconnected. A cancelled write takes
 * back what was not read of it yet; the reader may have seen the beginning.
 * Once it has returned 0 the data outlives the closing of this end. PIPES_ERROR_MORE_DATA, on a server end: the message
 * is longer than this client, a gateway's, can take; nothing was sent. PIPES_ERROR_CANNOT_IMPERSONATE, on a client end,
 * Linux: the thread acts for a client (pipes_impersonate_client), and the server, which is to know, could not be told.
 * Win32: WriteFile. */
PIPES_API pipes_status pipes_write(pipes_handle handle, const void* buffer, uint32_t size, uint32_t* transferred,
                                   pipes_overlapped* overlapped);

/* pipes_peek copies from the queue without taking anything from it, and counts it.
 *
 *   handle             needs PIPES_FILE_READ_DATA.
 *   buffer             receives at most `size` bytes, on a message-type pipe of one message only. May be null, and
 *                      then `size` does not count.
 *   transferred        may be null; receives the bytes copied.
 *   available          may be null; receives the bytes unread in all messages, those of waiting writes included.
 *   left_this_message  may be null; receives the bytes of the first message that were not copied. 0 on byte-type pipes.
 *
 * Never blocks. PIPES_ERROR_BAD_PIPE: no client yet, or disconnected; PIPES_ERROR_PIPE_NOT_CONNECTED: on a client end,
 * disconnected by the server; PIPES_ERROR_BROKEN_PIPE: the other end closed and nothing is left. Outputs are untouched
 * on failure. Win32: PeekNamedPipe. */
PIPES_API pipes_status pipes_peek(pipes_handle handle, void* buffer, uint32_t size, uint32_t* transferred,
                                  uint32_t* available, uint32_t* left_this_message);

/* pipes_transact writes one message and reads one message as the reply, as a single operation.
 *
 *   handle               needs PIPES_FILE_READ_DATA and PIPES_FILE_WRITE_DATA; the pipe must be duplex and of message
 *                        type, this end in message read mode, else PIPES_ERROR_BAD_PIPE.
 *   request, reply       `request_size` bytes to send; room for `reply_size` bytes.
 *   transferred          set to 0 first, then to the bytes of the reply. May be null only with `overlapped`.
 *   overlapped           null to block until the reply is there; otherwise see "overlapped operations". Then `request`,
 *                        too, belongs to the library until the operation is over.
 *
 * Blocks for the reply, also in PIPES_NOWAIT mode; the request itself does not wait for quota. PIPES_ERROR_MORE_DATA:
 * the reply is longer than `reply`, and its rest stays queued. PIPES_ERROR_PIPE_BUSY: something is unread, or another
 * read waits; nothing was sent. PIPES_ERROR_BAD_PIPE: not connected. PIPES_ERROR_BROKEN_PIPE: the other end closed.
 * PIPES_ERROR_PIPE_NOT_CONNECTED: disconnected. Cancelling takes back no request that was sent: its reply comes as an
 * ordinary message. Win32: TransactNamedPipe. */
PIPES_API pipes_status pipes_transact(pipes_handle handle, const void* request, uint32_t request_size, void* reply,
                                      uint32_t reply_size, uint32_t* transferred, pipes_overlapped* overlapped);

/* pipes_call opens the message-type pipe `name`, transacts once and closes.
 *
 *   name            as for pipes_open.
 *   request, reply  as for pipes_transact.
 *   transferred     set to 0 first, then to the bytes of the reply. Not null.
 *   timeout         ms to wait for an instance, as for pipes_wait_available; PIPES_NMPWAIT_NOWAIT does not wait. It
 *                   does not bound the transaction.
 *
 * Blocks. PIPES_ERROR_PIPE_BUSY: no instance listens and none was to be waited for, or another client took it. Errors
 * of pipes_open, pipes_wait_available and pipes_transact; PIPES_ERROR_INVALID_PARAMETER on a byte-type pipe;
 * PIPES_ERROR_MORE_DATA: the reply did not fit, and its rest is lost. Win32: CallNamedPipe. */
PIPES_API pipes_status pipes_call(const char* name, const void* request, uint32_t request_size, void* reply,
                                  uint32_t reply_size, uint32_t* transferred, uint32_t timeout);

/* pipes_flush waits until the other end has read everything written so far through this end.
 *
 *   handle  needs PIPES_FILE_WRITE_DATA. Either end.
 *
 * Blocks. Returns 0 at once if nothing is unread, and when the instance is listening, disconnected or closing; on a
 * client end that was disconnected PIPES_ERROR_PIPE_NOT_CONNECTED. While it blocks: PIPES_ERROR_BROKEN_PIPE when the
 * other end closes, PIPES_ERROR_PIPE_NOT_CONNECTED when the server disconnects. Win32: FlushFileBuffers. */
PIPES_API pipes_status pipes_flush(pipes_handle handle);

/* --------------------------------------------------------------------------------------- overlapped operations -- */

/* pipes_connect, pipes_read, pipes_write and pipes_transact are asynchronous when they are given a pipes_overlapped on
 * a handle that was made with PIPES_FLAG_OVERLAPPED. They then return their result if it is there at once, or
 * PIPES_ERROR_IO_PENDING, and complete later, exactly once, in this order: `internal_high` and `internal` are stored;
 * the event is set, or the handle signalled if there is none; a packet is queued at the port of the handle, or a
 * routine for the thread that began the operation. Operations of one kind at one end complete in the order in which
 * they began.
 *
 *   event  null, or an event to set; beginning the operation resets it. With its lowest bit set no packet is queued.
 *
 * A call that is refused at once (any status but 0, PIPES_ERROR_MORE_DATA and PIPES_ERROR_IO_PENDING) completes
 * nothing: no event, no packet, no routine, and `internal` stays PIPES_INTERNAL_PENDING. PIPES_ERROR_INVALID_HANDLE:
 * `event` is not an event. A thread's pending operations are cancelled when it ends, unless the handle has a port. A
 * pipe handle is itself an object to wait for: signalled when made and by each completion without an event, cleared by
 * each beginning; of use with one operation at a time. */

/* pipes_get_overlapped_result tells how an operation ended, as often as it is asked, and waits for it if wanted.
 *
 *   handle       the handle of the operation.
 *   overlapped   of an operation that has begun.
 *   transferred  receives the bytes transferred: of a successful operation, or up to PIPES_ERROR_MORE_DATA; else 0. Not
 *                null.
 *   timeout      ms; 0 does not wait.
 *   alertable    0 or 1: whether routines of this thread may run meanwhile. Without waiting none does.
 *
 * Returns the operation's own status. PIPES_ERROR_IO_INCOMPLETE: it is pending and was not waited for;
 * PIPES_ERROR_WAIT_TIMEOUT: it still is when the time is up; PIPES_WAIT_IO_COMPLETION: routines ran, and it still is
 * pending. May block. Win32: GetOverlappedResult, GetOverlappedResultEx. */
PIPES_API pipes_status pipes_get_overlapped_result(pipes_handle handle, pipes_overlapped* overlapped,
                                                   uint32_t* transferred, uint32_t timeout, uint32_t alertable);

/* pipes_cancel asks that what the calling thread has pending at the end of `handle` end with
 * PIPES_ERROR_OPERATION_ABORTED. Returns 0, also when there is nothing. Each operation still completes, by its usual
 * way, and may do so with another result. Operations of other processes are left alone. Win32: CancelIo. */
PIPES_API pipes_status pipes_cancel(pipes_handle handle);

/* pipes_cancel_ex does the same for the operation of `overlapped`, whichever thread began it, or, if that is null, for
 * all operations of this process at the end. PIPES_ERROR_NOT_FOUND: nothing of the kind is pending. Win32: CancelIoEx.
 */
PIPES_API pipes_status pipes_cancel_ex(pipes_handle handle, const pipes_overlapped* overlapped);

/* pipes_completion_routine is called when an operation of pipes_read_ex or pipes_write_ex is over: once, on the thread
 * that began it, in an alertable wait, with no lock held, so that it may make any call.
 *
 *   status       0, or why the operation failed.
 *   transferred  the bytes transferred; 0 if it failed.
 *   overlapped   the operation's own, the caller's again. */
typedef void (*pipes_completion_routine)(pipes_status status, uint32_t transferred, pipes_overlapped* overlapped);

/* pipes_read_ex and pipes_write_ex begin to read or write as pipes_read and pipes_write do, and call `routine` at the
 * end.
 *
 *   handle      made with PIPES_FLAG_OVERLAPPED and bound to no port, else PIPES_ERROR_INVALID_PARAMETER.
 *   buffer      belongs to the library until the routine is called, as `overlapped` does.
 *   overlapped  not null. Its `event` is the caller's to use.
 *   routine     not null.
 *
 * Return 0 if the operation has begun, even if it is over already: the routine will run. On any other status it will
 * not. Never block. Win32: ReadFileEx, WriteFileEx. */
PIPES_API pipes_status pipes_read_ex(pipes_handle handle, void* buffer, uint32_t size, pipes_overlapped* overlapped,
                                     pipes_completion_routine routine);
PIPES_API pipes_status pipes_write_ex(pipes_handle handle, const void* buffer, uint32_t size,
                                      pipes_overlapped* overlapped, pipes_completion_routine routine);

/* ------------------------------------------------------------------------------------------------ events and waits -- */

/* pipes_event_create makes an event.
 *
 *   manual_reset   0: a wait that it satisfies resets it. 1: it stays set until it is reset.
 *   initial_state  0 or 1: whether it is set.
 *   event          receives the handle, to be closed with pipes_close.
 *
 * Win32: CreateEvent. */
PIPES_API pipes_status pipes_event_create(uint32_t manual_reset, uint32_t initial_state, pipes_handle* event);

/* pipes_event_set sets `event` and releases whoever waits for it: all, or one if it resets itself. pipes_event_reset
 * resets it. PIPES_ERROR_INVALID_HANDLE for what is no event. Win32: SetEvent, ResetEvent. */
PIPES_API pipes_status pipes_event_set(pipes_handle event);
PIPES_API pipes_status pipes_event_reset(pipes_handle event);

/* pipes_wait waits until one of the objects is signalled, or all are at the same time.
 *
 *   handles    `count` handles of events and ends of pipes; 1 to PIPES_WAIT_OBJECTS_MAX, else
 *              PIPES_ERROR_INVALID_PARAMETER.
 *   wait_all   0 or 1. With 1 no handle may stand twice (PIPES_ERROR_INVALID_PARAMETER), and objects that reset
 *              themselves do so only when all are signalled.
 *   timeout    ms; 0 only looks.
 *   alertable  0 or 1: whether this thread's queued routines run; those that are queued already run first.
 *   index      may be null; receives the position of the first object that was signalled, of those that were looked at,
 *              or 0 with `wait_all`. Untouched if none was.
 *
 * Returns 0; PIPES_ERROR_WAIT_TIMEOUT; PIPES_WAIT_IO_COMPLETION: routines ran instead. PIPES_ERROR_INVALID_HANDLE: one
 * of the handles is none, or cannot be waited for (an anonymous pipe on Linux, a port). May block. Win32:
 * WaitForMultipleObjectsEx. */
PIPES_API pipes_status pipes_wait(const pipes_handle* handles, uint32_t count, uint32_t wait_all, uint32_t timeout,
                                  uint32_t alertable, uint32_t* index);

/* pipes_signal_and_wait sets the event `signal` and waits for `object`, as pipes_wait does for one. May block.
 * Win32: SignalObjectAndWait. */
PIPES_API pipes_status pipes_signal_and_wait(pipes_handle signal, pipes_handle object, uint32_t timeout,
                                             uint32_t alertable);

/* pipes_sleep waits for the time, or, if `alertable` is 1, for routines of this thread: 0, or PIPES_WAIT_IO_COMPLETION.
 * With 0 ms it runs what is queued. Blocks. Win32: SleepEx. */
PIPES_API pipes_status pipes_sleep(uint32_t timeout, uint32_t alertable);

/* pipes_thread_routine is called by pipes_queue_routine's thread, with no lock held. */
typedef void (*pipes_thread_routine)(uintptr_t context);

/* pipes_queue_routine has `routine` called with `context` by `thread`, in its next alertable wait, after what was
 * queued for it before. PIPES_ERROR_INVALID_HANDLE: no such thread. Win32: QueueUserAPC. */
PIPES_API pipes_status pipes_queue_routine(pipes_thread thread, pipes_thread_routine routine, uintptr_t context);

/* ------------------------------------------------------------------------------------------------ completion ports -- */

/* pipes_port_create makes a completion port, from which threads take what has completed.
 *
 *   concurrency  how many of its threads should run at once; 0 for one per processor. On Linux a hint that is not used.
 *   port         receives the handle, to be closed with pipes_close: waits for it then end with
 *                PIPES_ERROR_ABANDONED_WAIT_0.
 *
 * Win32: CreateIoCompletionPort. */
PIPES_API pipes_status pipes_port_create(uint32_t concurrency, pipes_handle* port);

/* pipes_port_associate binds the end of `handle`, all its duplicates included, to `port` for as long as the end lives:
 * each of its overlapped operations then queues a packet with `key` when it completes. PIPES_ERROR_INVALID_PARAMETER:
 * the handle was made without PIPES_FLAG_OVERLAPPED, or is bound already. Win32: CreateIoCompletionPort. */
PIPES_API pipes_status pipes_port_associate(pipes_handle port, pipes_handle handle, uint64_t key);

/* pipes_port_entry is a packet: of an operation that completed, or one that was posted. It is laid out as Win32's
 * OVERLAPPED_ENTRY on 64-bit systems. `internal` is the operation's own. */
typedef struct pipes_port_entry {
  uint64_t key;
  pipes_overlapped* overlapped;
  uint64_t internal;
  uint32_t transferred;
  uint32_t reserved;
} pipes_port_entry;

/* pipes_port_get takes the oldest packet from `port`, and waits for one if there is none.
 *
 *   transferred, key, overlapped  receive what the packet holds. Not null. `overlapped` is set to null, and the others
 *                                 are untouched, when no packet was taken.
 *   timeout                       ms; 0 only looks.
 *
 * Returns the status of the operation, with `*overlapped` set; 0 for a posted packet, with what was posted, which may
 * be null; or, without a packet and with `*overlapped` null, PIPES_ERROR_WAIT_TIMEOUT, PIPES_ERROR_ABANDONED_WAIT_0
 * (the port was closed) or PIPES_ERROR_INVALID_HANDLE. Of several threads the one that came last is released first. May
 * block. Win32: GetQueuedCompletionStatus. */
PIPES_API pipes_status pipes_port_get(pipes_handle port, uint32_t* transferred, uint64_t* key,
                                      pipes_overlapped** overlapped, uint32_t timeout);

/* pipes_port_get_many takes up to `count` packets, and waits for the first if there is none. What each operation ended
 * with stands in its `internal`, and pipes_get_overlapped_result tells it.
 *
 *   entries    room for `count` entries, at least 1.
 *   taken      receives how many there are. Not null.
 *   timeout    ms; 0 only looks.
 *   alertable  0 or 1: whether routines of this thread may run meanwhile.
 *
 * Returns 0, or what pipes_port_get returns without a packet, or PIPES_WAIT_IO_COMPLETION; `*taken` is 0 then. May
 * block. Win32: GetQueuedCompletionStatusEx. */
PIPES_API pipes_status pipes_port_get_many(pipes_handle port, pipes_port_entry* entries, uint32_t count,
                                           uint32_t* taken, uint32_t timeout, uint32_t alertable);

/* pipes_port_post queues a packet of three values that the library does not look at. Win32: PostQueuedCompletionStatus.
 */
PIPES_API pipes_status pipes_port_post(pipes_handle port, uint32_t transferred, uint64_t key,
                                       pipes_overlapped* overlapped);

/* pipes_set_notification_modes adds to how completions at the end of `handle` are told; nothing is ever taken away.
 *
 *   modes  0 or more of: PIPES_SKIP_COMPLETION_PORT_ON_SUCCESS, a call that returns 0 queues no packet;
 *          PIPES_SKIP_SET_EVENT_ON_HANDLE, completions do not signal the handle.
 *
 * PIPES_ERROR_INVALID_PARAMETER: other bits, or a handle made without PIPES_FLAG_OVERLAPPED.
 * Win32: SetFileCompletionNotificationModes. */
PIPES_API pipes_status pipes_set_notification_modes(pipes_handle handle, uint32_t modes);

/* pipes_get_event_fd gives a descriptor for poll, epoll and loops that stand on them.
 *
 *   handle  needs PIPES_FILE_READ_DATA for PIPES_EVENT_READABLE, PIPES_FILE_WRITE_DATA for PIPES_EVENT_WRITABLE.
 *   which   PIPES_EVENT_READABLE: while a read would not wait; PIPES_EVENT_WRITABLE: while a write of one byte would
 *           not wait. Either also while the call would fail; but of a server end that listens only once a client comes.
 *   fd      receives the descriptor: the library's, the same at each call, valid until the end is closed. Only to be
 *           polled, whether it is readable; that of an anonymous pipe, whether it is readable or writable.
 *
 * It is a doorbell: it may be readable for nothing, and stays so until a call has found nothing to do: a read in
 * PIPES_NOWAIT mode with PIPES_ERROR_NO_DATA or PIPES_ERROR_PIPE_LISTENING, a peek with nothing there, a write in
 * PIPES_NOWAIT mode with less than it was given. So call until then. After such a write it is raised once there is room
 * for as much as that write was given, or for the whole quota if that is less. Linux only: PIPES_ERROR_NOT_SUPPORTED on
 * Windows. Win32: none. */
PIPES_API pipes_status pipes_get_event_fd(pipes_handle handle, uint32_t which, int* fd);

/* ----------------------------------------------------------------------------------------------- queries and modes -- */

/* pipes_get_info tells what does not change during the life of an instance. Any output may be null.
 *
 *   handle         needs PIPES_FILE_READ_ATTRIBUTES.
 *   flags          receives PIPES_SERVER_END or PIPES_CLIENT_END, with PIPES_TYPE_MESSAGE or PIPES_TYPE_BYTE.
 *   out_buffer, in_buffer  receive the quotas, outbound and inbound as the server sees them, on both ends.
 *   max_instances  receives the maximum that the first instance set.
 *
 * PIPES_ERROR_PIPE_NOT_CONNECTED on a client end that was disconnected. Win32: GetNamedPipeInfo. */
PIPES_API pipes_status pipes_get_info(pipes_handle handle, uint32_t* flags, uint32_t* out_buffer, uint32_t* in_buffer,
                                      uint32_t* max_instances);

/* pipes_local_info is the kernel's view of an end. `size` is filled in by the caller. */
typedef struct pipes_local_info {
  uint32_t size;
  uint32_t type;              /* 0 byte, 1 message */
  uint32_t configuration;     /* 0 inbound, 1 outbound, 2 duplex */
  uint32_t maximum_instances; /* 255: unlimited */
  uint32_t current_instances;
  uint32_t inbound_quota;
  uint32_t read_data_available; /* bytes this end could read */
  uint32_t outbound_quota;
  uint32_t write_quota_available; /* what is left of the quota this end writes into */
  uint32_t state;                 /* PIPES_STATE_... */
  uint32_t end;                   /* PIPES_SERVER_END or PIPES_CLIENT_END */
} pipes_local_info;

/* pipes_get_local_info fills `info`, whose `size` the caller has set. Needs PIPES_FILE_READ_ATTRIBUTES.
 * PIPES_ERROR_PIPE_NOT_CONNECTED on a client end that was disconnected. NT: FilePipeLocalInformation (MS-FSCC 2.4.38).
 */
PIPES_API pipes_status pipes_get_local_info(pipes_handle handle, pipes_local_info* info);

/* pipes_get_state tells the modes of this end and how many instances there are. Any output may be null.
 *
 *   handle                 needs PIPES_FILE_READ_ATTRIBUTES.
 *   state                  receives PIPES_READMODE_MESSAGE and PIPES_NOWAIT, as far as they are set.
 *   current_instances      receives the instances that exist, in whatever state.
 *   max_collection_count, collect_data_timeout  for the client end of a remote pipe; must be null otherwise
 *                          (PIPES_ERROR_INVALID_PARAMETER).
 *   user_name              null, or receives the name of the client's user: server end only
 *                          (PIPES_ERROR_INVALID_FUNCTION), with PIPES_ERROR_CANNOT_IMPERSONATE while there is no client
 *                          or nothing was read from it.
 *   user_name_size         bytes at `user_name`, terminator included; too few: PIPES_ERROR_INSUFFICIENT_BUFFER.
 *
 * PIPES_ERROR_PIPE_NOT_CONNECTED on a client end that was disconnected. Win32: GetNamedPipeHandleState. */
PIPES_API pipes_status pipes_get_state(pipes_handle handle, uint32_t* state, uint32_t* current_instances,
                                       uint32_t* max_collection_count, uint32_t* collect_data_timeout, char* user_name,
                                       uint32_t user_name_size);

/* pipes_set_state sets the read mode and the wait mode of this end.
 *
 *   handle  needs PIPES_FILE_WRITE_ATTRIBUTES.
 *   mode    null to leave the modes alone, else one read mode | one wait mode. A flag left out means byte or wait.
 *   max_collection_count, collect_data_timeout  as for pipes_get_state.
 *
 * PIPES_ERROR_INVALID_PARAMETER: unknown bits, or message read mode on a byte-type pipe. PIPES_ERROR_PIPE_BUSY: from
 * wait to no-wait while a read waits or something this end wrote is unread. PIPES_ERROR_PIPE_NOT_CONNECTED: a client
 * end that was disconnected. Nothing changes on failure. Operations that wait already go on waiting.
 * Win32: SetNamedPipeHandleState. */
PIPES_API pipes_status pipes_set_state(pipes_handle handle, const uint32_t* mode, const uint32_t* max_collection_count,
                                       const uint32_t* collect_data_timeout);

/* The ids of the two processes of a connection, from a handle of either end, without any right. They come from the
 * kernel and stay readable after the process has ended. Of an anonymous pipe both are the process that made it. On
 * Linux a process id is the one in the caller's pid namespace, 0 if it has none there; a session is the audit session,
 * 0 where there is none or it cannot be tied to the process any more.
 *
 * PIPES_ERROR_NOT_FOUND: there is no client (client queries only). PIPES_ERROR_PIPE_NOT_CONNECTED: a client end that
 * was disconnected. Win32: GetNamedPipeClientProcessId, GetNamedPipeClientSessionId, GetNamedPipeServerProcessId,
 * GetNamedPipeServerSessionId. */
PIPES_API pipes_status pipes_get_client_process_id(pipes_handle handle, uint32_t* process_id);
PIPES_API pipes_status pipes_get_client_session_id(pipes_handle handle, uint32_t* session_id);
PIPES_API pipes_status pipes_get_server_process_id(pipes_handle handle, uint32_t* process_id);
PIPES_API pipes_status pipes_get_server_session_id(pipes_handle handle, uint32_t* session_id);

/* pipes_get_client_computer_name gives the computer of a remote client, on a server end, without any right.
 *
 *   name  receives at most `size` bytes, terminator included; too few: PIPES_ERROR_INSUFFICIENT_BUFFER.
 *
 * PIPES_ERROR_PIPE_LOCAL for a client of this computer. PIPES_ERROR_INVALID_FUNCTION on a client end.
 * PIPES_ERROR_NOT_FOUND without a client. Win32: GetNamedPipeClientComputerName. */
PIPES_API pipes_status pipes_get_client_computer_name(pipes_handle handle, char* name, uint32_t size);

/* pipes_pipe_info describes a pipe to the callback of pipes_enumerate. It and its strings live during the callback. */
typedef struct pipes_pipe_info {
  uint32_t size;              /* filled in by the library */
  uint32_t instances;         /* that exist, in whatever state */
  uint32_t max_instances;     /* 255: unlimited */
  uint32_t type;              /* PIPES_TYPE_BYTE or PIPES_TYPE_MESSAGE; on Windows 0xFFFFFFFF, since it is not told */
  uint32_t access;            /* PIPES_ACCESS_...; on Windows 0, since it is not told */
  uint32_t server_process_id; /* of the oldest server process; 0 if not known */
  uint32_t owner_uid;         /* of the user who created the pipe; 0xFFFFFFFF on Windows */
  uint32_t descriptor_size;
  const char* name;       /* without `\\.\pipe\`, in the creator's spelling */
  const void* descriptor; /* the pipe's security descriptor, `descriptor_size` bytes; on Windows null, not told */
} pipes_pipe_info;

/* pipes_enumerate_callback is called once a pipe, on the calling thread, with no lock held, so that it may make any
 * call. Returns 0 to stop. */
typedef int (*pipes_enumerate_callback)(const pipes_pipe_info* info, void* context);

/* pipes_enumerate lists the pipes that exist, each name once, whatever the caller's rights on them, in no certain
 * order, until there are no more or `callback` stops it, and then returns 0. `context` is passed on and may be null.
 * Pipes that come or go meanwhile may be missed. Linux: PIPES_ERROR_ACCESS_DENIED if $PIPES_RUNTIME_DIR is set to a
 * relative path, or to a directory that others could tamper with. Win32: FindFirstFile on `\\.\pipe\*`. */
PIPES_API pipes_status pipes_enumerate(pipes_enumerate_callback callback, void* context);

/* ------------------------------------------------------------------------------------------------- security of pipes -- */

/* A pipe has one security descriptor: its first instance's, or what was set since. It says who may open client ends and
 * who may add instances. Rights of handles that exist do not change with it.
 *
 * Linux: server processes of other users than the one who made the pipe cannot change it for all; they, and clients of
 * theirs, ask one that can, which checks what the descriptor grants the caller at that moment. */

/* pipes_get_security returns a copy of parts of the pipe's descriptor, from a handle of either end.
 *
 *   handle       needs PIPES_READ_CONTROL, and for the SACL PIPES_ACCESS_SYSTEM_SECURITY.
 *   information  which parts: PIPES_..._SECURITY_INFORMATION. Unknown bits: PIPES_ERROR_INVALID_PARAMETER.
 *   descriptor   receives a self-relative descriptor, to be freed with pipes_sd_free.
 *   size         receives its bytes.
 *
 * PIPES_ERROR_PIPE_NOT_CONNECTED on a client end that was disconnected. Once no server process is left a client end
 * gets what the descriptor was when it was opened. Win32: GetSecurityInfo. */
PIPES_API pipes_status pipes_get_security(pipes_handle handle, uint32_t information, void** descriptor, uint32_t* size);

/* pipes_set_security replaces parts of the pipe's descriptor: for every client that opens the pipe after the return,
 * whichever process serves it.
 *
 *   handle       needs PIPES_WRITE_DAC for the DACL, PIPES_WRITE_OWNER for owner, group and label,
 *                PIPES_ACCESS_SYSTEM_SECURITY for the SACL.
 *   information  which parts. Unknown bits: PIPES_ERROR_INVALID_PARAMETER.
 *   descriptor   `size` bytes, self-relative; parts that `information` does not name are not looked at. A DACL that is
 *                present and null opens the pipe to everyone.
 *
 * PIPES_ERROR_INVALID_OWNER: an owner that the caller may not assign. PIPES_ERROR_INVALID_SECURITY_DESCR,
 * PIPES_ERROR_INVALID_ACL, PIPES_ERROR_INVALID_SID, PIPES_ERROR_UNKNOWN_REVISION: malformed, or a part is named that is
 * not there. PIPES_ERROR_PIPE_NOT_CONNECTED on a client end that was disconnected; PIPES_ERROR_BROKEN_PIPE once no
 * server process is left. A server process that does not answer within 2 s is not waited for; it obeys before its next
 * client. Win32: SetSecurityInfo. */
PIPES_API pipes_status pipes_set_security(pipes_handle handle, uint32_t information, const void* descriptor,
                                          uint32_t size);

/* pipes_get_client_identity tells who the client is, without acting for it: he who opened the pipe, or, where the
 * client lets its identity be tracked (see pipes_impersonate_client), he who wrote what was read last.
 *
 *   handle    a server end; needs no right. PIPES_ERROR_INVALID_FUNCTION on a client end.
 *   identity  its size is set by the caller; the rest is filled in, to be freed with pipes_identity_free.
 *
 * PIPES_ERROR_CANNOT_IMPERSONATE: there is no client. It stays readable after the client's process has ended. A client
 * that opened the pipe with PIPES_SECURITY_ANONYMOUS is nobody: the anonymous SID, and unknown ids. Linux: ids and
 * groups are the kernel's word. Win32: OpenThreadToken and GetTokenInformation. */
PIPES_API pipes_status pipes_get_client_identity(pipes_handle handle, pipes_identity* identity);

/* pipes_impersonate_client makes the calling thread act with its client's rights until pipes_revert_to_self: what it
 * opens and makes is checked against the client and belongs to him. Other threads are not touched. A thread that acts
 * for somebody already changes over; one pipes_revert_to_self ends it all the same. On failure the thread is what it
 * was, and must not do what it was to do for the client.
 *
 *   handle  a server end. PIPES_ERROR_INVALID_FUNCTION on a client end.
 *
 * How far the client lets it is fixed by its pipes_open: the level by PIPES_SECURITY_SQOS_PRESENT and
 * PIPES_SECURITY_ANONYMOUS, _IDENTIFICATION, _IMPERSONATION or _DELEGATION; with PIPES_SECURITY_CONTEXT_TRACKING it is
 * always the writer of the last message read, else whoever opened the pipe. Without PIPES_SECURITY_SQOS_PRESENT: level
 * impersonation, tracked.
 *
 * PIPES_ERROR_CANNOT_IMPERSONATE: no client, or it opened neither for reading nor for writing, or its identity is
 * tracked and nothing has been read yet. Linux: PIPES_ERROR_CANT_OPEN_ANONYMOUS and PIPES_ERROR_BAD_IMPERSONATION_LEVEL
 * for the two lowest levels, PIPES_ERROR_PRIVILEGE_NOT_HELD for a process without CAP_SETUID and CAP_SETGID, unless the
 * client is the same user with at least the process's groups; on Windows the call succeeds then, and opening fails.
 *
 * Linux: the thread's effective user, group and supplementary groups change, and it keeps no capabilities; its real ids
 * stay. Threads and processes that it starts meanwhile by other means than this library's take over what it is. A
 * client process that changes its own ids is not tracked; one that itself acts for a client is.
 * Win32: ImpersonateNamedPipeClient. */
PIPES_API pipes_status pipes_impersonate_client(pipes_handle handle);

/* pipes_revert_to_self ends it. Returns 0 also when the thread acts for nobody. Linux: where the way back is barred the
 * process ends, since it would go on with the wrong rights. Win32: RevertToSelf. */
PIPES_API pipes_status pipes_revert_to_self(void);

/* ------------------------------------------------------------------------------------------------------- handles -- */

/* pipes_close closes `handle`. Closing the last handle of an end closes the end: its own waiting calls end with
 * PIPES_ERROR_BROKEN_PIPE or PIPES_ERROR_OPERATION_ABORTED, what it had written stays readable, what it had not read is
 * lost. Never waits for the other end. PIPES_ERROR_INVALID_HANDLE also for a handle protected from closing.
 * Win32: CloseHandle. */
PIPES_API pipes_status pipes_close(pipes_handle handle);

/* pipes_duplicate makes another handle of the same end, in this process. (In another one: pipes_duplicate_into.)
 *
 *   desired_access  the rights of the duplicate, at most those of `handle` (PIPES_ERROR_ACCESS_DENIED).
 *   inherit_handle  0 or 1.
 *   options         0 or more of: PIPES_DUPLICATE_SAME_ACCESS, which ignores `desired_access`, and
 *                   PIPES_DUPLICATE_CLOSE_SOURCE, which closes `handle`, even when duplication fails.
 *   duplicate       receives the new handle, to be closed with pipes_close.
 *
 * Win32: DuplicateHandle. */
PIPES_API pipes_status pipes_duplicate(pipes_handle handle, uint32_t desired_access, uint32_t inherit_handle,
                                       uint32_t options, pipes_handle* duplicate);

/* pipes_duplicate_into makes another handle of the same end in another process, in `process_id`.
 *
 *   handle          of an end of a pipe. It stays as it is, whatever comes of the call, but for
 *                   PIPES_DUPLICATE_CLOSE_SOURCE.
 *   process_id      a process that takes handles: one that has called pipes_accept_handles and is this user's, or any
 *                   such process if the caller is root; or a child that CreateProcess of the Win32 layer has started in
 *                   this process. This process's own id gives pipes_duplicate.
 *   desired_access, inherit_handle, options  as pipes_duplicate. `inherit_handle` says whether children of that process
 *                   inherit the duplicate.
 *   duplicate       receives the value of the handle in that process, which has to be told of it by other means, and
 *                   closes it. Here it means nothing.
 *
 * The two processes share the end from then on: its position, its modes and its queue, with what is unread, but not
 * the operations that others have begun (pipes_set_inheritable). Returns PIPES_ERROR_INVALID_PARAMETER: there is no
 * such process; PIPES_ERROR_ACCESS_DENIED: it takes no handles or none from this user, has ended meanwhile, or more
 * rights are asked for than `handle` has; PIPES_ERROR_SEM_TIMEOUT: it did not answer within 2 s. Then it has no handle
 * either, also when it answers later, or either process dies amid.
 * Linux: PIPES_ERROR_NOT_SUPPORTED for what is no end of a pipe. Both processes must see each other's ids, and look in
 * the same runtime directory. PIPES_ERROR_NO_SYSTEM_RESOURCES also if that process is out of descriptors, takes eight
 * handles at this moment, or would be the 65th that holds the end. PIPES_ERROR_ACCESS_DENIED also for an anonymous pipe
 * of another user's. A child takes handles from its first call with one on, or that of pipes_accept_handles; until then
 * the caller waits, up to the 2 s.
 * Windows: the caller must have the right PROCESS_DUP_HANDLE to that process. Win32: OpenProcess, DuplicateHandle. */
PIPES_API pipes_status pipes_duplicate_into(pipes_handle handle, uint32_t process_id, uint32_t desired_access,
                                            uint32_t inherit_handle, uint32_t options, pipes_handle* duplicate);

/* pipes_accept_handles decides whether processes of this process's user, and root's, may put handles into this process
 * with pipes_duplicate_into: 1, or 0, which it is at first and after fork or exec. 0 shuts out the parent, too, which
 * else may where it has started this process by CreateProcess of the Win32 layer. Whoever puts a handle here cannot
 * use, change or close any other. The process takes up two descriptors for it.
 *
 * PIPES_ERROR_INVALID_PARAMETER: another number. PIPES_ERROR_ACCESS_DENIED, PIPES_ERROR_PATH_NOT_FOUND: there is no
 * runtime directory that it may write to. Windows: always 0, and changes nothing: who may put handles into a process is
 * what its security descriptor says. Win32: none. */
PIPES_API pipes_status pipes_accept_handles(uint32_t accept);

/* pipes_set_inheritable decides whether a child process inherits `handle`: 0 or 1. Needs no right.
 *
 * A child has the handle under the same value, with the same rights and flags, and shares the end: its position, its
 * modes and its queue, but not the operations that others have begun. The end is closed when the last handle of any
 * process is. Inheritable are ends of pipes, on Linux nothing else.
 * Linux: the child is whatever this process executes (fork and exec, posix_spawn, CreateProcess of the Win32 layer); a
 * program with raised privileges inherits none. An inheritable handle of a named pipe takes up to six descriptors, and
 * at most 64 processes hold one end: PIPES_ERROR_NO_SYSTEM_RESOURCES when descriptors run out; the end then goes on as
 * it was. A process that inherited the handle and cannot get the descriptors of the end's connection gets that error
 * from its calls until it can, and the others go on. A child of fork that executes nothing has no such handle, but
 * keeps the end open until it ends, as does a program that knows nothing of this library.
 * Win32: SetHandleInformation with HANDLE_FLAG_INHERIT. */
PIPES_API pipes_status pipes_set_inheritable(pipes_handle handle, uint32_t inherit_handle);

/* pipes_get_handle_flags and pipes_set_handle_flags read the PIPES_HANDLE_FLAG_... of `handle`, and set those in `mask`
 * to their values in `flags`. Need no right. Unknown bits: PIPES_ERROR_INVALID_PARAMETER. Win32: GetHandleInformation,
 * SetHandleInformation. */
PIPES_API pipes_status pipes_get_handle_flags(pipes_handle handle, uint32_t* flags);
PIPES_API pipes_status pipes_set_handle_flags(pipes_handle handle, uint32_t mask, uint32_t flags);

/* pipes_get_native_handle gives what the system calls the end of an anonymous pipe: on Linux its file descriptor, on
 * Windows its HANDLE. It is borrowed: it lives as long as `handle`, keeps its own flags, and is meant to be handed to a
 * child process. Needs no right. PIPES_ERROR_INVALID_FUNCTION for the end of a named pipe on Linux. Win32: none, since
 * there the handle is it. */
PIPES_API pipes_status pipes_get_native_handle(pipes_handle handle, intptr_t* native);

/* pipes_adopt_native_handle makes a handle of the end of an anonymous pipe that this process was given by the one that
 * started it.
 *
 *   native  a file descriptor on Linux, a HANDLE on Windows: what pipes_get_native_handle told there. It belongs to
 *           `handle` from then on; on failure it is left alone.
 *   handle  receives the handle, to be closed with pipes_close. Inheritable, as what it was made of.
 *
 * PIPES_ERROR_INVALID_HANDLE: it is not open, or no pipe that goes one way. Linux: PIPES_ERROR_ACCESS_DENIED for
 * one that this user may not open again. Win32: none, since there the handle is it. */
PIPES_API pipes_status pipes_adopt_native_handle(intptr_t native, pipes_handle* handle);

/* ---------------------------------------------------------------------------------------------------- security -- */

/* Security descriptors and SIDs as values. Nothing here needs a handle or a right, and no call but pipes_sid_to_name
 * and pipes_sid_from_name asks the system for anything. A descriptor is self-relative, with its size beside it: its
 * parts may lie in any order, share bytes and leave gaps, and no number in it is trusted. Wherever one is passed, what
 * is wrong with it gives PIPES_ERROR_UNKNOWN_REVISION (its revision is not 1), PIPES_ERROR_INVALID_SECURITY_DESCR (cut
 * short, not self-relative, an offset that leads astray, more than PIPES_DESCRIPTOR_BYTES_MAX), PIPES_ERROR_INVALID_ACL
 * or PIPES_ERROR_INVALID_SID. docs/security-descriptors.md tells what a pipe does with one. */

/* pipes_sd_parse reads a security descriptor from its text form, SDDL: `O:BAG:BAD:(A;;FA;;;SY)`.
 *
 *   sddl        all of it is read. Blanks are tolerated between parts, entries and their fields.
 *   revision    PIPES_SDDL_REVISION_1 (PIPES_ERROR_UNKNOWN_REVISION).
 *   descriptor  receives the descriptor, to be freed with pipes_sd_free.
 *   size        receives its size in bytes.
 *
 * PIPES_ERROR_INVALID_PARAMETER: malformed, longer than a MiB, or with an entry of a type that is unknown, of the other
 * list, conditional or a resource's, which cannot be expressed here. PIPES_ERROR_INVALID_ACL: a malformed entry, or a
 * list longer than 65,535 bytes. PIPES_ERROR_NONE_MAPPED: two letters that stand for no SID, or for one of a domain.
 * PIPES_ERROR_INVALID_SID: a malformed `S-...`. PIPES_ERROR_INVALID_SECURITY_DESCR: longer than
 * PIPES_DESCRIPTOR_BYTES_MAX in all. Win32: ConvertStringSecurityDescriptorToSecurityDescriptor. */
PIPES_API pipes_status pipes_sd_parse(const char* sddl, uint32_t revision, void** descriptor, uint32_t* size);

/* pipes_sd_format writes a security descriptor as SDDL, in the order owner, group, DACL, SACL.
 *
 *   descriptor   `size` bytes.
 *   revision     PIPES_SDDL_REVISION_1 (PIPES_ERROR_UNKNOWN_REVISION).
 *   information  PIPES_..._SECURITY_INFORMATION: which parts; those that are absent are left out. In the SACL, labels,
 *                resource attributes and scoped policies have bits of their own.
 *   sddl         receives the text, zero-terminated, to be freed with pipes_sd_free.
 *
 * A DACL that is present and null is `D:NO_ACCESS_CONTROL`. PIPES_ERROR_INVALID_ACL also for an entry without words:
 * a conditional or resource one, or one of unknown type. Win32: ConvertSecurityDescriptorToStringSecurityDescriptor. */
PIPES_API pipes_status pipes_sd_format(const void* descriptor, uint32_t size, uint32_t revision, uint32_t information,
                                       char** sddl);

/* pipes_sd_preset makes a ready-made descriptor for what the caller creates: its user is the owner, its primary group
 * the group. Nobody but those named may do anything.
 *
 *   PIPES_PRESET_OWNER            full control to the user, from wherever he comes.
 *   PIPES_PRESET_OWNER_AND_GROUP  besides, the primary group may open it to read and write; not create instances.
 *   PIPES_PRESET_THIS_MACHINE     full control to the user, and everyone may open it to read and write; but nothing at
 * all to callers from other computers, the user included.
 *
 *   descriptor  receives the descriptor, to be freed with pipes_sd_free.
 *   size        receives its size in bytes.
 *
 * PIPES_ERROR_INVALID_PARAMETER: no such preset. Win32: none. */
PIPES_API pipes_status pipes_sd_preset(uint32_t preset, void** descriptor, uint32_t* size);

/* pipes_sd_free frees what pipes_sd_parse, pipes_sd_format or pipes_sd_preset returned. Null is ignored. Never fails.
 * Win32: LocalFree. */
PIPES_API void pipes_sd_free(void* memory);

/* pipes_sd_check_access tells what a security descriptor grants to somebody, as opening a pipe with it would.
 *
 *   descriptor  `size` bytes; has an owner and a group (PIPES_ERROR_INVALID_SECURITY_DESCR).
 *   identity    whose rights; at least of identification level (PIPES_ERROR_BAD_IMPERSONATION_LEVEL). Its SIDs may be
 *               malformed (PIPES_ERROR_INVALID_SID, PIPES_ERROR_NONE_MAPPED).
 *   desired     rights without generic ones (PIPES_ERROR_GENERIC_NOT_MAPPED); with PIPES_MAXIMUM_ALLOWED all that
 *               `identity` may have, besides.
 *   granted     receives the rights: all that were desired, or, with PIPES_MAXIMUM_ALLOWED, more.
 *   decision    may be null. Otherwise receives what settled it, whether it was granted, denied or lacked the
 * privilege.
 *
 * PIPES_ERROR_ACCESS_DENIED: any of them is missing, or PIPES_MAXIMUM_ALLOWED found none.
 * PIPES_ERROR_PRIVILEGE_NOT_HELD: PIPES_ACCESS_SYSTEM_SECURITY without the privilege. PIPES_ERROR_INVALID_PARAMETER:
 * `identity` breaks its rules. Generic rights in the descriptor count only as themselves. Conditions are not evaluated:
 * such an entry grants nothing and denies what it denies. Win32: AccessCheck. */
PIPES_API pipes_status pipes_sd_check_access(const void* descriptor, uint32_t size, const pipes_identity* identity,
                                             uint32_t desired, uint32_t* granted, pipes_access_decision* decision);

/* pipes_identity_free frees what the library filled into `identity` and zeroes all but its size. Null, and one that was
 * filled in by the caller, are left alone. Never fails. Win32: CloseHandle, of a token. */
PIPES_API void pipes_identity_free(pipes_identity* identity);

/* pipes_sid_parse reads a SID from text: `S-1-...`, with numbers decimal or, behind `0x`, hexadecimal, or a two-letter
 * alias such as `BA`.
 *
 *   sid   receives it; may be null if `*size` is 0. PIPES_SID_BYTES_MAX always suffice.
 *   size  the bytes at `sid`; receives how many the SID has, also if they are too few
 * (PIPES_ERROR_INSUFFICIENT_BUFFER).
 *
 * PIPES_ERROR_INVALID_SID: malformed. PIPES_ERROR_NONE_MAPPED: an alias that needs a domain.
 * Win32: ConvertStringSidToSid. */
PIPES_API pipes_status pipes_sid_parse(const char* text, void* sid, uint32_t* size);

/* pipes_sid_format writes the SID that `sid`, of `sid_size` bytes, begins with as `S-1-...`, never an alias.
 *
 *   text  receives it with its zero in `text_size` bytes (PIPES_ERROR_INSUFFICIENT_BUFFER); PIPES_SID_TEXT_MAX always
 *         suffice.
 *
 * PIPES_ERROR_INVALID_SID: malformed, or longer than `sid_size`. Win32: ConvertSidToStringSid. */
PIPES_API pipes_status pipes_sid_format(const void* sid, uint32_t sid_size, char* text, uint32_t text_size);

/* pipes_sid_to_name writes what a SID is called, such as `BUILTIN\Administrators`. On Linux users are `Unix User\name`
 * and groups `Unix Group\name`, as the system's name service knows them; it may have to ask other computers.
 *
 *   name  receives it with its zero in `name_size` bytes (PIPES_ERROR_INSUFFICIENT_BUFFER).
 *
 * PIPES_ERROR_NONE_MAPPED: it has no name, as a user who was deleted. PIPES_ERROR_INVALID_SID: as pipes_sid_format.
 * Win32: LookupAccountSid. */
PIPES_API pipes_status pipes_sid_to_name(const void* sid, uint32_t sid_size, char* name, uint32_t name_size);

/* pipes_sid_from_name finds the SID of a name: one that pipes_sid_to_name gives, or only what follows its backslash,
 * for which users are looked for before groups and groups before others. Asks as pipes_sid_to_name.
 *
 *   sid   receives it; may be null if `*size` is 0.
 *   size  the bytes at `sid`; receives how many the SID has, also if they are too few
 * (PIPES_ERROR_INSUFFICIENT_BUFFER).
 *
 * PIPES_ERROR_NONE_MAPPED: nobody is called so. Win32: LookupAccountName. */
PIPES_API pipes_status pipes_sid_from_name(const char* name, void* sid, uint32_t* size);

/* -------------------------------------------------------------------------------------------------- cancelling, log -- */

/* pipes_current_thread returns the calling thread's name, valid until the thread ends. Never fails.
 * Win32: GetCurrentThreadId. */
PIPES_API pipes_thread pipes_current_thread(void);

/* pipes_cancel_synchronous asks the blocking call that `thread` is in to end with PIPES_ERROR_OPERATION_ABORTED. 0
 * means only that it was asked: the call may still succeed. PIPES_ERROR_NOT_FOUND: the thread does not block in a call
 * of this library. PIPES_ERROR_INVALID_HANDLE: no such thread. Win32: CancelSynchronousIo. */
PIPES_API pipes_status pipes_cancel_synchronous(pipes_thread thread);

/* pipes_log_callback receives one line without its line end, on the thread that it concerns, with no lock held.
 * `level`: 0 error, 1 warning, 2 information, 3 debug. `message` lives during the call. */
typedef void (*pipes_log_callback)(uint32_t level, const char* message, void* context);

/* pipes_set_log sends the library's log to `callback` from now on, up to `level`; null stops it. `context` is passed on
 * and may be null. A line that another thread has begun may still go to the previous callback after the return. Without
 * a callback the environment variable PIPES_LOG (error, warning, info, debug) sends the log to standard error.
 * PIPES_ERROR_INVALID_PARAMETER: a level above 3. Win32: none. */
PIPES_API pipes_status pipes_set_log(pipes_log_callback callback, void* context, uint32_t level);

#ifdef __cplusplus
}
#endif

#endif /* PIPES_PIPES_H */
