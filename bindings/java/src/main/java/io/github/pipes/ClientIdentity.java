// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.Principal;
import java.util.ArrayList;
import java.util.List;

/**
 * Who a client is, by the system's word.
 *
 * @param processId its process; 0 if it is not known
 * @param userId Linux: its user; -1 if it is not known, and on Windows
 * @param groupId Linux: its group; -1 as above
 * @param groupIds Linux: its supplementary groups
 * @param userSid the user's SID as text
 * @param primaryGroupSid the group's SID as text; null if there is none
 * @param groups the groups
 * @param privileges as pipes.h numbers them (PIPES_PRIVILEGE_...)
 * @param level how far the server may go with it
 * @param isRemote whether it comes from another computer
 * @param sessionId its logon session; -1 if it is not known
 */
public record ClientIdentity(int processId, int userId, int groupId, List<Integer> groupIds, String userSid,
    String primaryGroupSid, List<Group> groups, int privileges, ImpersonationLevel level, boolean isRemote,
    int sessionId) implements Principal {
  /**
   * A group that a client is in.
   *
   * @param sid the group's SID as text
   * @param attributes as pipes.h numbers them (PIPES_GROUP_...)
   */
  public record Group(String sid, int attributes) {}

  // pipes_identity and pipes_identity_group.
  private static final int BYTES = 88;
  private static final int GROUP_BYTES = 16;

  /** Copies the lists, so that it never changes. */
  public ClientIdentity {
    groupIds = List.copyOf(groupIds);
    groups = List.copyOf(groups);
  }

  /** The name of the user, or its SID where it has none. */
  @Override
  public String getName() {
    try {
      return PipeSecurity.nameOf(userSid);
    } catch (IllegalArgumentException e) {
      return userSid;
    }
  }

  static ClientIdentity of(Endpoint end) throws IOException {
    final ByteBuffer memory = Memory.allocate(BYTES);
    final long address = Memory.address(memory);
    memory.putInt(0, BYTES);
    end.askOrThrow(() -> Native.pipes_get_client_identity(end.handle().value, address), "identify the client of");
    try {
      final List<Integer> ids = new ArrayList<>();
      final ByteBuffer idBytes = bytes(memory.getLong(16), Integer.BYTES * memory.getInt(48));
      while (idBytes.hasRemaining()) ids.add(idBytes.getInt());
      final List<Group> groups = new ArrayList<>();
      final ByteBuffer groupBytes = bytes(memory.getLong(40), GROUP_BYTES * memory.getInt(52));
      for (int at = 0; at < groupBytes.limit(); at += GROUP_BYTES) {
        groups.add(new Group(Memory.text(groupBytes.getLong(at)), groupBytes.getInt(at + 8)));
      }
      return new ClientIdentity(memory.getInt(4), memory.getInt(8), memory.getInt(12), ids,
          Memory.text(memory.getLong(24)), Memory.text(memory.getLong(32)), groups, memory.getInt(56),
          ImpersonationLevel.values()[memory.getInt(60)], memory.getInt(64) != 0, memory.getInt(68));
    } finally {
      Native.pipes_identity_free(address);
    }
  }

  private static ByteBuffer bytes(long address, int size) {
    return ByteBuffer.wrap(Memory.copy(address, size)).order(ByteOrder.nativeOrder());
  }

  /** A pipes_identity in memory, and what it points to. */
  static final class InMemory {
    private final List<ByteBuffer> parts = new ArrayList<>();
    private final ByteBuffer identity = Memory.allocate(BYTES);

    long address() {
      return Memory.address(identity);
    }

    private long text(String text) {
      if (text == null) return 0;
      parts.add(Memory.text(text));
      return Memory.address(parts.get(parts.size() - 1));
    }

    private ByteBuffer room(int size) {
      parts.add(Memory.allocate(Math.max(1, size)));
      return parts.get(parts.size() - 1);
    }
  }

  InMemory inMemory() {
    final InMemory memory = new InMemory();
    final ByteBuffer ids = memory.room(Integer.BYTES * groupIds.size());
    for (int i = 0; i < groupIds.size(); ++i) ids.putInt(Integer.BYTES * i, groupIds.get(i));
    final ByteBuffer sids = memory.room(GROUP_BYTES * groups.size());
    for (int i = 0; i < groups.size(); ++i) {
      final Group group = groups.get(i);
      sids.putLong(GROUP_BYTES * i, memory.text(group.sid)).putInt(GROUP_BYTES * i + 8, group.attributes);
    }
    memory.identity.putInt(0, BYTES).putInt(4, processId).putInt(8, userId).putInt(12, groupId)
        .putLong(16, groupIds.isEmpty() ? 0 : Memory.address(ids)).putLong(24, memory.text(userSid))
        .putLong(32, memory.text(primaryGroupSid)).putLong(40, groups.isEmpty() ? 0 : Memory.address(sids))
        .putInt(48, groupIds.size()).putInt(52, groups.size()).putInt(56, privileges).putInt(60, level.ordinal())
        .putInt(64, isRemote ? 1 : 0).putInt(68, sessionId);
    return memory;
  }
}
