// What a call of the library failed with.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.IOException;

/** A call of the library failed. {@link #number} is Win32's own number for why. */
public class PipeException extends IOException {
  private static final long serialVersionUID = 1;

  /** No pipe has that name (ERROR_FILE_NOT_FOUND). */
  public static final int FILE_NOT_FOUND = Native.PIPES_ERROR_FILE_NOT_FOUND;

  /** Refused by the pipe's security, or the pipe has no such direction (ERROR_ACCESS_DENIED). */
  public static final int ACCESS_DENIED = Native.PIPES_ERROR_ACCESS_DENIED;

  /** Something asked for is impossible (ERROR_INVALID_PARAMETER). */
  public static final int INVALID_PARAMETER = Native.PIPES_ERROR_INVALID_PARAMETER;

  /** The other end closed (ERROR_BROKEN_PIPE). */
  public static final int BROKEN_PIPE = Native.PIPES_ERROR_BROKEN_PIPE;

  /** A message is longer than what was to receive it (ERROR_MORE_DATA). */
  public static final int MORE_DATA = Native.PIPES_ERROR_MORE_DATA;

  /** The name is malformed (ERROR_INVALID_NAME). */
  public static final int INVALID_NAME = Native.PIPES_ERROR_INVALID_NAME;

  /** The name is too long (ERROR_FILENAME_EXCED_RANGE). */
  public static final int NAME_TOO_LONG = Native.PIPES_ERROR_FILENAME_EXCED_RANGE;

  /** The pipe is not of message type, or not connected (ERROR_BAD_PIPE). */
  public static final int BAD_PIPE = Native.PIPES_ERROR_BAD_PIPE;

  /** No instance is free; or something is unread here, where nothing may be (ERROR_PIPE_BUSY). */
  public static final int PIPE_BUSY = Native.PIPES_ERROR_PIPE_BUSY;

  /** The other end has closed, so that nothing can be written (ERROR_NO_DATA). */
  public static final int NO_DATA = Native.PIPES_ERROR_NO_DATA;

  /** The server disconnected this client (ERROR_PIPE_NOT_CONNECTED). */
  public static final int PIPE_NOT_CONNECTED = Native.PIPES_ERROR_PIPE_NOT_CONNECTED;

  private final int number;

  PipeException(int number, String what) {
    super(what + ": " + Native.pipes_status_message(number) + " (" + number + ")");
    this.number = number;
  }

  PipeException(int number, String what, String why) {
    super(what + ": " + why + " (" + number + ")");
    this.number = number;
  }

  /**
   * Win32's number for the failure, such as {@link #PIPE_BUSY}.
   *
   * @return the number
   */
  public int number() {
    return number;
  }

  static PipeException of(int status, String what) {
    return switch (status) {
      case Native.PIPES_ERROR_FILE_NOT_FOUND -> new NoSuchPipeException(what);
      case Native.PIPES_ERROR_ACCESS_DENIED -> new PipeAccessDeniedException(what);
      case Native.PIPES_ERROR_PIPE_BUSY -> new PipeBusyException(what);
      default -> new PipeException(status, what);
    };
  }
}
