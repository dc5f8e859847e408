// SPDX-License-Identifier: MIT
package io.github.pipes;

/** The pipe's security, its direction or its first instance forbids what was asked for. */
public final class PipeAccessDeniedException extends PipeException {
  private static final long serialVersionUID = 1;

  PipeAccessDeniedException(String what) {
    super(ACCESS_DENIED, what);
  }
}
