// The future of an overlapped operation. Ending it early ends the operation, or does nothing: no byte is lost on the
// way. SPDX-License-Identifier: MIT
package io.github.pipes;

import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

final class PipeFuture<T> extends CompletableFuture<T> {
  private volatile Operation<?> operation; // the one that is under way, or was the last
  private volatile Throwable endingBy; // why it is to end early

  void isFor(Operation<?> next) {
    operation = next;
  }

  Throwable endingBy() {
    return endingBy;
  }

  boolean succeed(T value) {
    return super.complete(value);
  }

  boolean fail(Throwable why) {
    return why instanceof CancellationException ? super.cancel(false) : super.completeExceptionally(why);
  }

  /** What is made from this one is an ordinary future. */
  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new CompletableFuture<>();
  }

  /** Asks the operation to end with `why`. What waits for its turn to begin ends at once. */
  private void askToEnd(Throwable why) {
    endingBy = why; // SUBTLE: before `operation` is read; whoever begins one writes that first and then looks here
    final Operation<?> current = operation;
    if (current == null) {
      fail(why);
    } else {
      current.abort(why);
    }
  }

  private boolean end(Throwable why) {
    if (isDone()) return false;
    askToEnd(why);
    while (!isDone()) { // of a message in parts, the next may be under way already
      final Operation<?> current = operation;
      if (current != null) current.awaitEnd();
      Thread.onSpinWait(); // another thread may be just about to tell this future
    }
    return endedBy(why);
  }

  /** Ends it with a PipeTimeoutException in `ms`, on the JDK's own timer, which is taken back when this is done. */
  void limit(int ms, String what) {
    afterwards(Integer.toUnsignedLong(ms), TimeUnit.MILLISECONDS, why -> askToEnd(new PipeTimeoutException(what)));
  }

  private void afterwards(long time, TimeUnit unit, Consumer<TimeoutException> action) {
    final CompletableFuture<Void> timer = new CompletableFuture<>();
    timer.exceptionally(why -> {
      if (why instanceof TimeoutException timeout) action.accept(timeout);
      return null;
    });
    timer.orTimeout(time, unit);
    whenComplete((value, why) -> timer.complete(null));
  }

  private boolean endedBy(Throwable why) {
    if (why instanceof CancellationException) return isCancelled();
    try {
      getNow(null);
      return false;
    } catch (RuntimeException e) {
      return e.getCause() == why;
    }
  }

  /** Cancels the operation. False if it was over, or ends with a result all the same, which then stands. */
  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    return end(new CancellationException()) || isCancelled();
  }

  @Override
  public boolean completeExceptionally(Throwable why) {
    return end(Objects.requireNonNull(why));
  }

  /** Not possible: the operation alone knows its value. */
  @Override
  public boolean complete(T value) {
    throw new UnsupportedOperationException("only the operation itself completes this");
  }

  @Override
  public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier, Executor executor) {
    throw new UnsupportedOperationException("only the operation itself completes this");
  }

  @Override
  public CompletableFuture<T> completeOnTimeout(T value, long timeout, TimeUnit unit) {
    throw new UnsupportedOperationException("use the form with a time-out");
  }

  @Override
  public void obtrudeValue(T value) {
    throw new UnsupportedOperationException("only the operation itself completes this");
  }

  @Override
  public void obtrudeException(Throwable why) {
    throw new UnsupportedOperationException("only the operation itself completes this");
  }

  /** Ends the operation, too, when the time is up. */
  @Override
  public CompletableFuture<T> orTimeout(long timeout, TimeUnit unit) {
    afterwards(timeout, unit, this::askToEnd);
    return this;
  }

  @Override
  public T get() throws InterruptedException, ExecutionException {
    refuseToWaitForMyself();
    return super.get();
  }

  @Override
  public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
    refuseToWaitForMyself();
    return super.get(timeout, unit);
  }

  @Override
  public T join() {
    refuseToWaitForMyself();
    return super.join();
  }

  private void refuseToWaitForMyself() {
    if (!isDone() && Port.get().isMine()) {
      throw new IllegalStateException("the thread that completes futures would wait for itself: chain with ...Async");
    }
  }
}
