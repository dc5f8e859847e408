// SPDX-License-Identifier: MIT
package io.github.pipes;

/** There is no pipe of that name. */
public final class NoSuchPipeException extends PipeException {
  private static final long serialVersionUID = 1;

  NoSuchPipeException(String what) {
    super(FILE_NOT_FOUND, what);
  }
}
