// SPDX-License-Identifier: MIT
package io.github.pipes;

/** No instance of the pipe is free; or, of an exchange, something is unread at this end. */
public final class PipeBusyException extends PipeException {
  private static final long serialVersionUID = 1;

  PipeBusyException(String what) {
    super(PIPE_BUSY, what);
  }
}
