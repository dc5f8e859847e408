// A native handle, and who is using it.
//
// On Linux a handle that was closed is known to be none, so it is closed at once, and that ends what waits. On Windows
// its number may soon be another's: there closing cancels what waits, and whoever leaves last closes the handle. Whoever
// begins an operation looks again afterwards whether the handle is being closed, so that none is overlooked: either he
// sees the closing, or the closing sees his operation.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.util.concurrent.atomic.AtomicInteger;

final class Handle implements Runnable {
  private static final int CLOSING = 0x4000_0000;

  final long value;
  private volatile Runnable afterwards; // what else to do once it is closed
  private final AtomicInteger users = new AtomicInteger(); // and CLOSING

  Handle(long value) {
    this.value = value;
  }

  /** Whether it may be used until {@link #release}. */
  boolean acquire() {
    if ((users.incrementAndGet() & CLOSING) == 0) return true;
    release();
    return false;
  }

  void release() {
    if (users.decrementAndGet() == CLOSING && NativeLibrary.WINDOWS) Native.pipes_close(value);
  }

  boolean isClosing() {
    return (users.get() & CLOSING) != 0;
  }

  /** Closes it, once. What waits ends. */
  void close() {
    final int before = users.getAndUpdate(count -> count | CLOSING);
    if ((before & CLOSING) != 0) return;
    if (before == 0 || !NativeLibrary.WINDOWS) {
      Native.pipes_close(value);
    } else {
      Native.pipes_cancel_ex(value, 0);
    }
    final Runnable next = afterwards;
    if (next != null) next.run();
  }

  void afterwards(Runnable next) {
    afterwards = next;
  }

  /** The collector's way to close it. */
  @Override
  public void run() {
    close();
  }
}
