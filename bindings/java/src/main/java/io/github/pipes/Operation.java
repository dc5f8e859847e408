// One overlapped operation, from its beginning to its future.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.ConcurrentLinkedQueue;

abstract class Operation<T> {
  private static final int CHUNK = 64; // bytes of an OVERLAPPED and of the count beside it
  private static final int TRANSFERRED = 32;
  private static final ConcurrentLinkedQueue<ByteBuffer> FREE = new ConcurrentLinkedQueue<>();

  final Endpoint end;
  final PipeFuture<T> future;
  private final String what;
  private ByteBuffer memory;
  private final long address;

  // Guarded by this.
  private boolean finished;
  private int status;
  private int transferred;
  private boolean delivered;
  private Throwable abortedBy; // what cancelled it, if anything did

  Operation(Endpoint end, PipeFuture<T> future, String what) {
    this.end = end;
    this.future = future;
    this.what = what;
    final ByteBuffer free = FREE.poll();
    memory = free != null ? free : Memory.allocate(CHUNK);
    address = Native.address_of(memory);
    for (int offset = 0; offset < TRANSFERRED; offset += 8) memory.putLong(offset, 0);
  }

  /** The native call; `overlapped` and `count` belong to it. */
  abstract int call(long handle, long overlapped, long count);

  /** What the future gets for success. Null: more is to come, by other means. */
  abstract T result(int status, int transferred) throws Exception;

  /** Whether a status that is no success is one all the same. */
  boolean isSuccess(int status) {
    return status == Native.PIPES_OK || status == Native.PIPES_ERROR_MORE_DATA;
  }

  /** Called once, before the future hears of a failure. */
  void failed() {}

  final long overlapped() {
    return address;
  }

  /** Begins it. Whatever happens is told by the future. */
  final void start(int timeoutMs) {
    future.isFor(this);
    final Handle handle = end.handle();
    if (!handle.acquire()) {
      refuse(new ClosedChannelException());
      return;
    }
    int status = Native.PIPES_ERROR_OPERATION_ABORTED; // what closing ends with
    try {
      end.bindToPort();
      Port.get().expect(this);
      if (handle.begin()) {
        status = call(handle.value, address, address + TRANSFERRED);
        handle.begun();
      }
    } catch (PipeException | RuntimeException | Error e) { // the operation has not begun
      Port.get().forget(this);
      handle.release();
      refuse(e);
      return;
    }
    if (!Port.tells(status)) {
      Port.get().forget(this);
      finish(status, status == Native.PIPES_OK ? memory.getInt(TRANSFERRED) : 0);
      deliver();
      return;
    }
    final Throwable ending = future.endingBy();
    if (ending != null) abort(ending); // it was asked for before there was anything to abort
    if (timeoutMs != Timeouts.INFINITE) future.limit(timeoutMs, what);
  }

  private void refuse(Throwable why) {
    synchronized (this) {
      finished = true;
      recycle();
      notifyAll();
    }
    failed();
    future.fail(why);
  }

  /** Asks for the operation's end. It may still succeed; otherwise its future tells `why`. */
  final void abort(Throwable why) {
    synchronized (this) {
      if (finished) return;
      if (abortedBy == null) abortedBy = why;
      // Again for whoever asks again: the first may have asked before the operation had begun.
      Native.pipes_cancel_ex(end.handle().value, address);
    }
  }

  /** Waits until the operation is over, and its future done. */
  final void awaitEnd() {
    if (Port.get().isMine()) {
      Port.get().takeUntilFinished(this);
    } else {
      boolean interrupted = false;
      synchronized (this) {
        while (!finished) {
          try {
            wait();
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      }
      if (interrupted) Thread.currentThread().interrupt();
    }
    deliver();
  }

  /** Whether the library has said how it ended, even if its packet was not taken yet. */
  final synchronized boolean isOver() {
    return finished || memory.getLong(0) != Native.PIPES_INTERNAL_PENDING;
  }

  final synchronized boolean isFinished() {
    return finished;
  }

  /** The library is done with it: with its memory, too. */
  final void finish(int status, int transferred) {
    synchronized (this) {
      this.status = status;
      this.transferred = transferred;
      finished = true;
      recycle();
      notifyAll();
    }
    end.handle().release();
  }

  private void recycle() {
    if (memory != null) FREE.add(memory);
    memory = null;
  }

  /** Tells the future. What hangs on it runs here. */
  final void deliver() {
    final int status;
    final int transferred;
    final Throwable abortedBy;
    synchronized (this) {
      if (delivered) return;
      delivered = true;
      status = this.status;
      transferred = this.transferred;
      abortedBy = this.abortedBy;
    }
    if (isSuccess(status)) {
      try {
        final T value = result(status, transferred);
        if (value != null) future.succeed(value);
      } catch (Throwable e) {
        failed();
        future.fail(e);
      }
      return;
    }
    failed();
    if (!end.isOpen()) {
      future.fail(new AsynchronousCloseException());
    } else if (status == Native.PIPES_ERROR_OPERATION_ABORTED && abortedBy != null) {
      future.fail(abortedBy);
    } else {
      future.fail(end.failure(status, what));
    }
  }
}
