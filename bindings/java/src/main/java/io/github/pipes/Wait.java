// A blocking call of a thread that has no overlapped form, and how others end it.
//
// The library is asked to cancel what a thread blocks in, whatever that is; so nobody may ask once the thread has left,
// or it would be the thread's next call that ends. And whoever asks does so until the thread leaves, which may not have
// arrived yet, or be done with what it waited for first.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

final class Wait {
  private final long thread = Native.pipes_current_thread();
  private volatile boolean leaving;
  private volatile boolean timedOut;
  private CompletableFuture<Void> timer;

  /** Cancels the call if it takes longer than `ms`. */
  void limit(int ms) {
    if (ms == Timeouts.INFINITE) return;
    timer = new CompletableFuture<>();
    // What is to be done is said before the timer starts, so that the timer's thread does it and never this one.
    timer.exceptionally(why -> {
      if (why instanceof TimeoutException) {
        timedOut = true;
        cancel();
      }
      return null;
    });
    timer.orTimeout(Integer.toUnsignedLong(ms), TimeUnit.MILLISECONDS);
  }

  boolean timedOut() {
    return timedOut;
  }

  /** Ends the call, now or as soon as it begins. Returns when the thread has left. */
  synchronized void cancel() {
    for (int tries = 0; !leaving; ++tries) {
      Native.pipes_cancel_synchronous(thread); // again and again: a call may wait for one thing after the other
      if (tries < 1000) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(50_000); // it is not running, or asks another process, which takes no time for ever
      }
    }
  }

  /** The thread's last word: nobody will cancel it from now on. */
  void leave() {
    leaving = true;
    if (timer != null) timer.complete(null);
    synchronized (this) {
      // Whoever was about to cancel has done so.
    }
  }
}
