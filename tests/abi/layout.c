/* Sizes and offsets of what crosses the C ABI, pinned: a change here breaks programs that were built before.
 *
 * Compiled only, on 64-bit systems. */
#include <stddef.h>

#include "pipes/pipes.h"

#define PIN_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define PIN(type, member, at) _Static_assert(offsetof(type, member) == (at), "offset of " #member " in " #type)

PIN_SIZE(pipes_status, 4);
PIN_SIZE(pipes_handle, 8);
PIN_SIZE(pipes_thread, 8);
PIN_SIZE(pipes_enumerate_callback, 8);
PIN_SIZE(pipes_log_callback, 8);

/* The layout of Win32's OVERLAPPED. */
PIN_SIZE(pipes_overlapped, 32);
PIN(pipes_overlapped, internal, 0);
PIN(pipes_overlapped, internal_high, 8);
PIN(pipes_overlapped, offset, 16);
PIN(pipes_overlapped, offset_high, 20);
PIN(pipes_overlapped, event, 24);

PIN_SIZE(pipes_security_attributes, 24);
PIN(pipes_security_attributes, size, 0);
PIN(pipes_security_attributes, inherit_handle, 4);
PIN(pipes_security_attributes, security_descriptor, 8);
PIN(pipes_security_attributes, descriptor_size, 16);
PIN(pipes_security_attributes, reserved, 20);

PIN_SIZE(pipes_open_options, 16);
PIN(pipes_open_options, size, 0);
PIN(pipes_open_options, inherit_handle, 4);
PIN(pipes_open_options, server_owner, 8);

PIN_SIZE(pipes_identity_group, 16);
PIN(pipes_identity_group, sid, 0);
PIN(pipes_identity_group, attributes, 8);
PIN(pipes_identity_group, reserved, 12);

PIN_SIZE(pipes_identity, 88);
PIN(pipes_identity, size, 0);
PIN(pipes_identity, process_id, 4);
PIN(pipes_identity, user_id, 8);
PIN(pipes_identity, group_id, 12);
PIN(pipes_identity, group_ids, 16);
PIN(pipes_identity, user_sid, 24);
PIN(pipes_identity, primary_group_sid, 32);
PIN(pipes_identity, group_sids, 40);
PIN(pipes_identity, group_id_count, 48);
PIN(pipes_identity, group_sid_count, 52);
PIN(pipes_identity, privileges, 56);
PIN(pipes_identity, impersonation_level, 60);
PIN(pipes_identity, remote, 64);
PIN(pipes_identity, session_id, 68);
PIN(pipes_identity, reserved, 72);
PIN(pipes_identity, owned, 80);

PIN_SIZE(pipes_access_decision, 16);
PIN(pipes_access_decision, size, 0);
PIN(pipes_access_decision, reason, 4);
PIN(pipes_access_decision, entry, 8);
PIN(pipes_access_decision, mask, 12);

PIN_SIZE(pipes_local_info, 44);
PIN(pipes_local_info, size, 0);
PIN(pipes_local_info, type, 4);
PIN(pipes_local_info, configuration, 8);
PIN(pipes_local_info, maximum_instances, 12);
PIN(pipes_local_info, current_instances, 16);
PIN(pipes_local_info, inbound_quota, 20);
PIN(pipes_local_info, read_data_available, 24);
PIN(pipes_local_info, outbound_quota, 28);
PIN(pipes_local_info, write_quota_available, 32);
PIN(pipes_local_info, state, 36);
PIN(pipes_local_info, end, 40);

PIN_SIZE(pipes_pipe_info, 40);
PIN(pipes_pipe_info, size, 0);
PIN(pipes_pipe_info, instances, 4);
PIN(pipes_pipe_info, max_instances, 8);
PIN(pipes_pipe_info, type, 12);
PIN(pipes_pipe_info, access, 16);
PIN(pipes_pipe_info, server_process_id, 20);
PIN(pipes_pipe_info, owner_uid, 24);
PIN(pipes_pipe_info, reserved, 28);
PIN(pipes_pipe_info, name, 32);

PIN_SIZE(pipes_port_entry, 32);
PIN(pipes_port_entry, key, 0);
PIN(pipes_port_entry, overlapped, 8);
PIN(pipes_port_entry, internal, 16);
PIN(pipes_port_entry, transferred, 24);
PIN(pipes_port_entry, reserved, 28);
