// What Durations are in C.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.time.Duration;

final class Timeouts {
  /** For ever, in C and here. */
  static final int INFINITE = Native.PIPES_INFINITE;

  private static final long MS_MAX = 0xFFFF_FFFEL;

  private Timeouts() {}

  /** In milliseconds, rounded up, as C's unsigned numbers. Too long ones become the longest. */
  static int ms(Duration timeout) {
    if (timeout.isNegative()) throw new IllegalArgumentException("a negative time-out");
    if (timeout.compareTo(Duration.ofMillis(MS_MAX)) >= 0) return (int) MS_MAX;
    return (int) timeout.plusNanos(999_999).toMillis();
  }

  /** When `ms` will be over, on System.nanoTime's clock. */
  static long deadline(int ms) {
    return System.nanoTime() + Integer.toUnsignedLong(ms) * 1_000_000;
  }

  /** What is left of it, rounded up: 0 when it is over. */
  static int left(long deadline) {
    final long nanos = deadline - System.nanoTime();
    return nanos <= 0 ? 0 : (int) Math.min(MS_MAX, (nanos + 999_999) / 1_000_000);
  }
}
