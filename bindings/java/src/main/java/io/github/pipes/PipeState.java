// SPDX-License-Identifier: MIT
package io.github.pipes;

/** The state of one conversation. */
public enum PipeState {
  /** The server has disconnected its client. */
  DISCONNECTED,
  /** Ready for a client. */
  LISTENING,
  /** A client is there. */
  CONNECTED,
  /** One end is closed. */
  CLOSING
}
