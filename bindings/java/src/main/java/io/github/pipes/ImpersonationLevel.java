// SPDX-License-Identifier: MIT
package io.github.pipes;

/** What a client lets its server do with its identity. */
public enum ImpersonationLevel {
  /** Nothing: the server does not even learn who the client is. */
  ANONYMOUS,
  /** Learn who the client is, and check its rights. */
  IDENTIFICATION,
  /** Act as the client on this computer. */
  IMPERSONATION,
  /** Act as the client on other computers, too. */
  DELEGATION;

  /** What pipes_open calls it. */
  int flags() {
    return Native.PIPES_SECURITY_SQOS_PRESENT | ordinal() << 16;
  }
}
