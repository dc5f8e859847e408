// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.InterruptedIOException;

/**
 * The time given to a call is up. The call has done nothing: what was to be read stays where it is. (Of a write the
 * other end may have read the beginning; {@link #bytesTransferred} cannot tell how much.)
 */
public final class PipeTimeoutException extends InterruptedIOException {
  private static final long serialVersionUID = 1;

  PipeTimeoutException(String what) {
    super(what + ": the time is up");
  }
}
