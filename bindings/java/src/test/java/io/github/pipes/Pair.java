// Words that the tests share.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.function.Executable;

/** A server with one client, connected. */
final class Pair implements AutoCloseable {
  private static final AtomicInteger COUNT = new AtomicInteger();

  static final Duration NOW = Duration.ZERO;
  static final Duration SHORT = Duration.ofMillis(10); // will pass
  static final Duration LONG = Duration.ofMinutes(1); // will not

  final NamedPipeServer server;
  final NamedPipe client;
  final NamedPipe serverEnd;

  private Pair(NamedPipeServer server, boolean messages) throws IOException {
    this.server = server;
    client = messages ? NamedPipe.opener(server.name()).messages().open() : NamedPipe.open(server.name());
    serverEnd = server.accept();
  }

  static String newName() {
    return "java-test-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
  }

  static Pair ofBytes() throws IOException {
    return new Pair(NamedPipeServer.open(newName()), false);
  }

  static Pair ofMessages() throws IOException {
    return new Pair(NamedPipeServer.builder(newName()).messages().open(), true);
  }

  /** Of message type, with quotas. */
  static Pair ofMessages(int quota) throws IOException {
    return new Pair(NamedPipeServer.builder(newName()).messages().quotas(quota, quota).open(), true);
  }

  @Override
  public void close() throws IOException {
    client.close();
    serverEnd.close();
    server.close();
  }

  // ------------------------------------------------------------------------------------------------------- helpers --

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  static ByteBuffer direct(String text) {
    final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  static String text(ByteBuffer buffer) {
    final byte[] bytes = new byte[buffer.position()];
    buffer.get(0, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static void write(NamedPipe pipe, String text) throws IOException {
    assertEquals(text.length(), pipe.write(bytes(text)));
  }

  static String read(NamedPipe pipe, int room) throws IOException {
    final ByteBuffer buffer = ByteBuffer.allocate(room);
    pipe.read(buffer);
    return text(buffer);
  }

  /** The call fails with this number of Win32's. */
  static PipeException assertFails(int number, Executable call) {
    final PipeException why = assertThrows(PipeException.class, call);
    assertEquals(number, why.number(), why.getMessage());
    assertTrue(why.getMessage().contains("(" + number + ")"), why.getMessage());
    return why;
  }

  /** The future fails with this. */
  static <E extends Throwable> E assertFails(Class<E> with, CompletableFuture<?> future) {
    return assertThrows(with, () -> {
      try {
        future.get();
      } catch (ExecutionException e) {
        throw e.getCause();
      }
    });
  }

  /** A thread that makes a call, and what came of it. */
  static final class Caller {
    private static final Set<String> WAITING = Set.of("pipes_read", "pipes_write", "pipes_transact", "pipes_connect",
        "pipes_flush", "pipes_wait", "pipes_wait_available", "pipes_call", "await");

    final CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    final Thread thread;
    private volatile boolean interruptedAfterwards;

    Caller(Executable call) {
      thread = new Thread(() -> {
        Throwable failure = null;
        try {
          call.execute();
        } catch (Throwable e) {
          failure = e;
        }
        interruptedAfterwards = Thread.currentThread().isInterrupted();
        outcome.complete(failure);
      });
      thread.setDaemon(true);
      thread.start();
    }

    /** Waits until the thread is in a call that may wait. */
    Caller inside() {
      while (!outcome.isDone() && Arrays.stream(thread.getStackTrace()).noneMatch(Caller::mayWait)) {
        Thread.onSpinWait();
      }
      return this;
    }

    private static boolean mayWait(StackTraceElement frame) {
      return WAITING.contains(frame.getMethodName());
    }

    <E extends Throwable> E assertFailsWith(Class<E> with) throws Exception {
      final Throwable failure = outcome.get();
      return assertThrows(with, () -> {
        if (failure != null) throw failure;
      });
    }

    boolean wasInterruptedAfterwards() {
      return interruptedAfterwards;
    }
  }
}
