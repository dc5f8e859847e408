// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * Who may use a pipe: a security descriptor, as Windows has them on both systems. A value; it never changes.
 *
 * <p>Who opens a pipe is checked when he does; what was opened is not touched by later changes. What is malformed
 * throws IllegalArgumentException, whose cause is a {@link PipeException} with the number that says how.
 */
public final class PipeSecurity {
  private static final int ALL_PARTS = Native.PIPES_OWNER_SECURITY_INFORMATION | Native.PIPES_GROUP_SECURITY_INFORMATION
      | Native.PIPES_DACL_SECURITY_INFORMATION | Native.PIPES_SACL_SECURITY_INFORMATION
      | Native.PIPES_LABEL_SECURITY_INFORMATION;

  private final byte[] descriptor;

  private PipeSecurity(byte[] descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Reads a descriptor from its text form.
   *
   * @param sddl such as {@code D:P(A;;GA;;;OW)(A;;GRGW;;;AU)}
   * @return the descriptor
   * @throws IllegalArgumentException it is malformed
   */
  public static PipeSecurity parse(String sddl) {
    Objects.requireNonNull(sddl);
    NativeLibrary.load();
    final ByteBuffer text = Memory.text(sddl);
    final Scratch scratch = Scratch.mine();
    check(Native.pipes_sd_parse(Memory.address(text), Native.PIPES_SDDL_REVISION_1, scratch.at(0), scratch.at(8)),
        "security of " + sddl);
    Reference.reachabilityFence(text);
    return take(scratch);
  }

  /**
   * A descriptor from its bytes.
   *
   * @param selfRelative the descriptor, self-relative
   * @return the same as a value
   * @throws IllegalArgumentException it is malformed
   */
  public static PipeSecurity of(byte[] selfRelative) {
    NativeLibrary.load();
    final PipeSecurity security = new PipeSecurity(selfRelative.clone());
    security.text();
    return security;
  }

  /**
   * Everything to this user, nothing to anybody else.
   *
   * @return the descriptor
   */
  public static PipeSecurity ownerOnly() {
    return preset(Native.PIPES_PRESET_OWNER);
  }

  /**
   * Everything to this user; his primary group may open the pipe to read and write.
   *
   * @return the descriptor
   */
  public static PipeSecurity ownerAndGroup() {
    return preset(Native.PIPES_PRESET_OWNER_AND_GROUP);
  }

  /**
   * Everything to this user; everyone on this computer may open the pipe to read and write; nobody from others.
   *
   * @return the descriptor
   */
  public static PipeSecurity thisMachine() {
    return preset(Native.PIPES_PRESET_THIS_MACHINE);
  }

  private static PipeSecurity preset(int which) {
    NativeLibrary.load();
    final Scratch scratch = Scratch.mine();
    check(Native.pipes_sd_preset(which, scratch.at(0), scratch.at(8)), "security");
    return take(scratch);
  }

  /** What a call has put at the first two cells: a descriptor to be freed, and its size. */
  static PipeSecurity take(Scratch scratch) {
    final long address = scratch.cells.getLong(0);
    try {
      return new PipeSecurity(Memory.copy(address, scratch.cells.getInt(8)));
    } finally {
      Native.pipes_sd_free(address);
    }
  }

  static void check(int status, String what) {
    if (status == Native.PIPES_OK) return;
    final PipeException why = PipeException.of(status, what);
    throw new IllegalArgumentException(why.getMessage(), why);
  }

  /** The bytes, where C can read them. */
  ByteBuffer direct() {
    return Memory.allocate(descriptor.length).put(descriptor).flip();
  }

  /**
   * What it grants to somebody, as opening a pipe with it would.
   *
   * @param who whose rights
   * @param desired rights as Win32 numbers them, without generic ones; MAXIMUM_ALLOWED (0x02000000) for all there are
   * @return the rights; 0 if any that was desired is missing
   * @throws IllegalArgumentException the descriptor has no owner or group, a right is generic, and so on
   */
  public int rightsOf(ClientIdentity who, int desired) {
    final ByteBuffer own = direct();
    final ClientIdentity.InMemory identity = who.inMemory();
    final Scratch scratch = Scratch.mine();
    final int status = Native.pipes_sd_check_access(Memory.address(own), descriptor.length, identity.address(), desired,
        scratch.at(0), 0);
    Reference.reachabilityFence(own);
    Reference.reachabilityFence(identity);
    if (status == Native.PIPES_ERROR_ACCESS_DENIED || status == Native.PIPES_ERROR_PRIVILEGE_NOT_HELD) return 0;
    check(status, "rights of " + who.userSid());
    return scratch.cells.getInt(0);
  }

  /**
   * The SID of a user or group.
   *
   * @param name as the system knows it
   * @return the SID as text
   * @throws IllegalArgumentException nobody is called so
   */
  public static String sidOf(String name) {
    Objects.requireNonNull(name);
    NativeLibrary.load();
    final ByteBuffer text = Memory.text(name);
    final ByteBuffer sid = Memory.allocate(Native.PIPES_SID_BYTES_MAX);
    final ByteBuffer room = Memory.allocate(Native.PIPES_SID_TEXT_MAX);
    final Scratch scratch = Scratch.mine();
    scratch.cells.putInt(0, sid.capacity());
    check(Native.pipes_sid_from_name(Memory.address(text), Memory.address(sid), scratch.at(0)), name);
    check(Native.pipes_sid_format(Memory.address(sid), scratch.cells.getInt(0), Memory.address(room), room.capacity()),
        name);
    Reference.reachabilityFence(text);
    Reference.reachabilityFence(sid);
    return Memory.text(Memory.address(room));
  }

  /**
   * The name of a user or group.
   *
   * @param sid {@code S-1-...} or two letters
   * @return the name
   * @throws IllegalArgumentException it is no SID, or has no name
   */
  public static String nameOf(String sid) {
    Objects.requireNonNull(sid);
    NativeLibrary.load();
    final ByteBuffer text = Memory.text(sid);
    final ByteBuffer bytes = Memory.allocate(Native.PIPES_SID_BYTES_MAX);
    final ByteBuffer room = Memory.allocate(1024);
    final Scratch scratch = Scratch.mine();
    scratch.cells.putInt(0, bytes.capacity());
    check(Native.pipes_sid_parse(Memory.address(text), Memory.address(bytes), scratch.at(0)), sid);
    check(Native.pipes_sid_to_name(Memory.address(bytes), scratch.cells.getInt(0), Memory.address(room),
        room.capacity()), sid);
    Reference.reachabilityFence(text);
    Reference.reachabilityFence(bytes);
    return Memory.text(Memory.address(room));
  }

  private String text() {
    final ByteBuffer own = direct();
    final Scratch scratch = Scratch.mine();
    check(Native.pipes_sd_format(Memory.address(own), descriptor.length, Native.PIPES_SDDL_REVISION_1, ALL_PARTS,
        scratch.at(0)), "security");
    Reference.reachabilityFence(own);
    final long address = scratch.cells.getLong(0);
    try {
      return Memory.text(address);
    } finally {
      Native.pipes_sd_free(address);
    }
  }

  /**
   * Its text form.
   *
   * @return SDDL
   */
  public String toSddl() {
    return text();
  }

  /**
   * Its bytes.
   *
   * @return a self-relative descriptor
   */
  public byte[] toBytes() {
    return descriptor.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PipeSecurity security && Arrays.equals(descriptor, security.descriptor);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(descriptor);
  }

  /** The same as {@link #toSddl}. */
  @Override
  public String toString() {
    return text();
  }
}
