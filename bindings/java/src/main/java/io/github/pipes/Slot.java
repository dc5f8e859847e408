// What a call that waits for one operation needs: an OVERLAPPED and an event. Used again and again, by one call at a
// time. SPDX-License-Identifier: MIT
package io.github.pipes;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;

final class Slot {
  private static final ConcurrentLinkedQueue<Slot> FREE = new ConcurrentLinkedQueue<>();
  private static final int EVENT = 24; // of pipes_overlapped
  private static final int TRANSFERRED = 32;
  private static final int HANDLES = 40;

  private final ByteBuffer memory = Memory.allocate(64);
  private final long address = Native.address_of(memory);

  private Slot() throws PipeException {
    final int status = Native.pipes_event_create(0, 0, address + HANDLES);
    if (status != Native.PIPES_OK) throw PipeException.of(status, "event");
    // With its lowest bit set the event says that no packet is wanted: the end may have a port.
    memory.putLong(EVENT, memory.getLong(HANDLES) | 1);
  }

  static Slot take() throws PipeException {
    final Slot slot = FREE.poll();
    return slot != null ? slot : new Slot();
  }

  /** Only once the operation is over. */
  void giveBack() {
    FREE.add(this);
  }

  long overlapped() {
    return address;
  }

  long transferredAddress() {
    return address + TRANSFERRED;
  }

  /** The bytes that the operation transferred, by its own word. */
  int transferred() {
    return (int) memory.getLong(8);
  }

  private boolean isPending() {
    return memory.getLong(0) == Native.PIPES_INTERNAL_PENDING;
  }

  /**
   * Waits for an operation that has begun, for `ms` at most; then it is cancelled, and waited for all the same. Returns
   * what it ended with: PIPES_ERROR_OPERATION_ABORTED if it was cancelled or its handle closed.
   */
  int await(Handle handle, int ms) {
    final long deadline = ms == Timeouts.INFINITE ? 0 : Timeouts.deadline(ms);
    if (!waitUntilDone(ms, deadline)) {
      Native.pipes_cancel_ex(handle.value, address);
      waitUntilDone(Timeouts.INFINITE, 0);
    }
    final int status = Native.pipes_get_overlapped_result(handle.value, address, address + TRANSFERRED, 0, 0);
    return status == Native.PIPES_ERROR_INVALID_HANDLE ? Native.PIPES_ERROR_OPERATION_ABORTED : status;
  }

  // The event is a hint: what counts is that the operation has stored how it ended.
  private boolean waitUntilDone(int ms, long deadline) {
    while (isPending()) {
      final int left = ms == Timeouts.INFINITE ? ms : Timeouts.left(deadline);
      final int status = Native.pipes_wait(address + HANDLES, 1, 0, left, 0, 0);
      if (status != Native.PIPES_OK && left == 0) return !isPending();
    }
    return true;
  }
}
