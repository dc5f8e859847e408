// A native handle, and who is using it.
//
// Closing first cancels what is pending: a write, for one, would otherwise last until the other end has read it. So
// that none is overlooked, closing waits for whoever is just beginning an operation, which takes no time; nobody begins
// one after that. Then, on Linux, the handle is closed at once, which ends calls that block; a number that was closed
// is known to be none there. On Windows it may soon be another's, so whoever leaves last closes it.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

final class Handle implements Runnable {
  private static final int CLOSING = 0x4000_0000;

  final long value;
  private final AtomicInteger users = new AtomicInteger(); // and CLOSING
  private final AtomicInteger beginning = new AtomicInteger(); // users who begin an operation
  private final AtomicReference<Runnable> afterwards = new AtomicReference<>(); // what else to do once it is closed

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

  /** Whether an operation may begin, before {@link #begun}. Between them there is one call, which does not block. */
  boolean begin() {
    beginning.incrementAndGet();
    if (!isClosing()) return true;
    begun();
    return false;
  }

  void begun() {
    beginning.decrementAndGet();
  }

  boolean isClosing() {
    return (users.get() & CLOSING) != 0;
  }

  /** Closes it, once. What waits ends. */
  void close() {
    final int before = users.getAndUpdate(count -> count | CLOSING);
    if ((before & CLOSING) != 0) return;
    if (before > 0) {
      while (beginning.get() != 0) Thread.onSpinWait();
      Native.pipes_cancel_ex(value, 0);
    }
    if (before == 0 || !NativeLibrary.WINDOWS) Native.pipes_close(value);
    final Runnable next = afterwards.getAndSet(null);
    if (next != null) next.run();
  }

  /** Sets what else to do once it is closed; null for nothing. Returns whether there was something to do. */
  boolean afterwards(Runnable next) {
    return afterwards.getAndSet(next) != null;
  }

  /** The collector's way to close it. */
  @Override
  public void run() {
    close();
  }
}
