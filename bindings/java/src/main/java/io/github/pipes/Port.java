// The completion port of this process's Java part, and the one thread that looks after it.
//
// An operation is known here from before it begins until its packet is taken, and so are its memory and its end,
// whatever becomes of the caller: the collector takes none of it while the library may write to it.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;

final class Port {
  private static final class Holder {
    static final Port PORT = new Port();
  }

  private final long handle;
  private final ConcurrentHashMap<Long, Operation<?>> pending = new ConcurrentHashMap<>();
  private final ArrayDeque<Operation<?>> finished = new ArrayDeque<>(); // the thread's own
  private final ByteBuffer cells = Memory.allocate(24);
  private final long cellsAddress = Native.address_of(cells);
  private final Thread thread;

  private Port() {
    if (Native.pipes_port_create(1, cellsAddress) != Native.PIPES_OK) throw new OutOfMemoryError("completion port");
    handle = cells.getLong(0);
    thread = new Thread(this::serve, "pipes-completions");
    thread.setDaemon(true);
    thread.start();
  }

  static Port get() {
    return Holder.PORT;
  }

  /** Binds the end of `end`, once and for all. Which of its operations it tells of, `tells` says. */
  void bind(Handle end) throws PipeException {
    int status = Native.pipes_port_associate(handle, end.value, 0);
    if (status == Native.PIPES_OK && !NativeLibrary.WINDOWS) {
      status = Native.pipes_set_notification_modes(end.value, Native.PIPES_SKIP_COMPLETION_PORT_ON_SUCCESS);
    }
    if (status != Native.PIPES_OK) throw PipeException.of(status, "pipe");
  }

  /**
   * Whether a packet comes of an operation whose call returned `status`. What succeeds at once queues none, by the mode
   * that is set. Not on Windows, where nobody says what becomes of the packet of a read that ends at once with a part of
   * its message: without the mode it always comes.
   */
  static boolean tells(int status) {
    return status == Native.PIPES_ERROR_IO_PENDING
        || status == Native.PIPES_ERROR_MORE_DATA
        || (status == Native.PIPES_OK && NativeLibrary.WINDOWS);
  }

  void expect(Operation<?> operation) {
    pending.put(operation.overlapped(), operation);
  }

  void forget(Operation<?> operation) {
    pending.remove(operation.overlapped());
  }

  boolean isMine() {
    return Thread.currentThread() == thread;
  }

  private void serve() {
    for (;;) {
      try {
        take();
        deliver();
      } catch (Throwable e) { // of a caller's, such as one of no memory: the others' operations go on
        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
      }
    }
  }

  private void deliver() {
    Operation<?> operation;
    while ((operation = finished.poll()) != null) operation.deliver();
  }

  private void take() {
    final int status =
        Native.pipes_port_get(handle, cellsAddress, cellsAddress + 8, cellsAddress + 16, Timeouts.INFINITE);
    final long overlapped = cells.getLong(16);
    if (overlapped == 0) return;
    final Operation<?> operation = pending.remove(overlapped);
    operation.finish(status, cells.getInt(0));
    finished.add(operation);
  }

  /** On the port's own thread: takes packets until `operation` is over. */
  void takeUntilFinished(Operation<?> operation) {
    while (!operation.isFinished()) take();
  }
}
