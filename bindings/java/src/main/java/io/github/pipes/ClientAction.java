// SPDX-License-Identifier: MIT
package io.github.pipes;

/**
 * What a server does as its client; see {@link NamedPipe#runAsClient}.
 *
 * @param <T> what comes of it
 * @param <X> what it may fail with
 */
@FunctionalInterface
public interface ClientAction<T, X extends Exception> {
  /**
   * Does it.
   *
   * @return what comes of it
   * @throws X if it fails
   */
  T run() throws X;
}
