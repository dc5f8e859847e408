// SPDX-License-Identifier: MIT
package io.github.pipes;

/** Which way a pipe carries data, as the server sees it. */
public enum PipeDirection {
  /** From clients to the server. */
  INBOUND,
  /** From the server to clients. */
  OUTBOUND,
  /** Both ways. */
  DUPLEX;

  /** What pipes_create_named calls it. */
  int openMode() {
    return ordinal() + 1;
  }
}
