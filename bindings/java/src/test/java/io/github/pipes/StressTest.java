// Many operations at once, cancelled and collected around: no byte and no handle is lost.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import static io.github.pipes.Pair.bytes;
import static io.github.pipes.Pair.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StressTest {
  private static long descriptors() throws IOException {
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  /** Waits until no more than `most` are open: the machine opens files of its own now and then, for a moment. */
  private static void awaitDescriptors(long most) throws Exception {
    while (descriptors() > most) Thread.sleep(1);
  }

  /** Each read is cancelled while its byte is on its way: it gets the byte or leaves it, and none is lost. */
  @Test
  void CANCEL_8_TenThousandCancelledReadsLoseNothing() throws Exception {
    final int count = 10_000;
    try (var pair = Pair.ofBytes()) {
      pair.client.readAsync(ByteBuffer.allocate(1)).cancel(true); // what is made once is made now
      final long before = descriptors();
      final Random random = new Random(4);
      final ByteBuffer received = ByteBuffer.allocate(count);
      final ByteBuffer expected = ByteBuffer.allocate(count);
      final AtomicInteger begun = new AtomicInteger();
      final var writer = new Pair.Caller(() -> {
        for (int i = 0; i < count; ++i) {
          // Where others want the processor, spinning keeps the reader from it, too.
          for (int spins = 0; begun.get() <= i; ++spins) {
            if (spins < 1000) {
              Thread.onSpinWait();
            } else {
              Thread.yield();
            }
          }
          pair.serverEnd.write(ByteBuffer.wrap(new byte[] {(byte) (i * 31)}));
        }
      });
      int cancelled = 0;
      for (int i = 0; i < count; ++i) expected.put((byte) (i * 31));
      for (int i = 0; i < count; ++i) {
        final ByteBuffer buffer = i % 2 == 0 ? ByteBuffer.allocate(1) : ByteBuffer.allocateDirect(1);
        final var future = pair.client.readAsync(buffer);
        begun.set(i + 1);
        for (int spin = random.nextInt(400); spin > 0; --spin) Thread.onSpinWait();
        if (random.nextInt(8) == 0) Thread.yield();
        if (future.cancel(true)) {
          ++cancelled;
          assertEquals(0, buffer.position());
          assertEquals(1, pair.client.read(buffer)); // the byte that it did not take
        } else {
          assertEquals(1, future.join());
        }
        received.put(buffer.flip());
      }
      assertNull(writer.outcome.get());
      assertArrayEquals(expected.array(), received.array());
      assertEquals(0, pair.client.peek().available());
      assertTrue(cancelled > 0 && cancelled < count, cancelled + " of " + count + " were cancelled in time");
      awaitDescriptors(before);
      System.out.println("reads cancelled in time: " + cancelled + " of " + count);
    }
  }

  @Test
  void HandlesComeBack() throws Exception {
    for (int i = 0; i < 20; ++i) Pair.ofMessages().close();
    final long before = descriptors();
    for (int i = 0; i < 200; ++i) {
      try (var pair = Pair.ofMessages()) {
        pair.client.readMessageAsync();
        pair.serverEnd.readAsync(ByteBuffer.allocateDirect(1), Pair.LONG);
        pair.server.acceptAsync();
      }
    }
    awaitDescriptors(before + 2);
  }

  @Test
  void ThreadsOfAllKindsShareAPipe() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final int count = 2000;
      final int writers = 3;
      final Pair.Caller[] callers = new Pair.Caller[writers];
      for (int w = 0; w < writers; ++w) {
        final int writer = w;
        callers[w] = new Pair.Caller(() -> {
          for (int i = 0; i < count; ++i) {
            final ByteBuffer message = bytes(writer + ":" + i);
            if (writer == 0) {
              pair.client.write(message);
            } else if (writer == 1) {
              pair.client.write(message, Pair.LONG);
            } else {
              pair.client.writeAsync(message).get();
            }
          }
        });
      }
      final int[] next = new int[writers];
      for (int i = 0; i < writers * count; ++i) {
        final String[] message = text(i % 3 == 0 ? pair.serverEnd.readMessageAsync().get()
            : i % 3 == 1 ? pair.serverEnd.readMessage() : pair.serverEnd.readMessage(Pair.LONG)).split(":");
        assertEquals(next[Integer.parseInt(message[0])]++, Integer.parseInt(message[1]));
      }
      for (var caller : callers) assertNull(caller.outcome.get());
    }
  }

  // ------------------------------------------------------------------------------------------------- the collector --

  private static void collect() throws InterruptedException {
    System.gc();
    Thread.sleep(1); // to the cleaner
  }

  @Test
  void WhatIsForgottenIsClosed() throws Exception {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      NamedPipe client = NamedPipe.open(server.name());
      final var lost = new WeakReference<>(client);
      try (var end = server.accept()) {
        client = null;
        final var closed = end.readAsync(ByteBuffer.allocate(1));
        while (!closed.isDone()) collect();
        assertEquals(-1, closed.get());
        assertNull(lost.get());
      }
    }
  }

  @Test
  void APendingOperationKeepsItsEnd() throws Exception {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      final CompletableFuture<Integer> future = NamedPipe.open(server.name()).readAsync(ByteBuffer.allocate(1));
      try (var end = server.accept()) {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(3);
        final CompletableFuture<Integer> chained = pendingAt(server);
        for (int i = 0; i < 5; ++i) collect();
        assertEquals(false, future.isDone());
        end.write(bytes("x"));
        assertEquals(1, future.get());
        assertEquals(false, chained.isDone());
        chained.cancel(true);
        assertEquals(0, buffer.position());
      }
    }
  }

  private static CompletableFuture<Integer> pendingAt(NamedPipeServer server) throws IOException {
    return NamedPipe.open(server.name()).readAsync(ByteBuffer.allocateDirect(1000)).thenApply(count -> count);
  }

  @Test
  void StreamsKeepTheirEnd() throws Exception {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      final var out = NamedPipe.open(server.name()).outputStream();
      try (var end = server.accept()) {
        for (int i = 0; i < 5; ++i) collect();
        out.write('x');
        assertEquals("x", Pair.read(end, 1));
      }
    }
  }

  /** Operations in flight, their buffers and futures dropped, while the collector runs: once for each, beside it. */
  @Test
  void TheCollectorRunsAllTheTime() throws Exception {
    final AtomicBoolean over = new AtomicBoolean();
    final Semaphore collections = new Semaphore(0);
    final var collector = new Pair.Caller(() -> {
      while (!over.get()) {
        collections.acquire();
        collections.drainPermits();
        System.gc();
      }
    });
    final byte[] pattern = new byte[5000];
    new Random(5).nextBytes(pattern);
    try (var pair = Pair.ofMessages()) {
      for (int i = 0; i < 1500; ++i) {
        final int size = 1 + i % pattern.length;
        final ByteBuffer message = ByteBuffer.wrap(pattern, 0, size);
        final ByteBuffer room = i % 2 == 0 ? ByteBuffer.allocate(size) : ByteBuffer.allocateDirect(size);
        final var read = pair.serverEnd.readAsync(room);
        collections.release();
        switch (i % 4) {
          case 0 -> pair.client.write(message);
          case 1 -> pair.client.writeAsync(message);
          case 2 -> pair.client.writeAsync(ByteBuffer.allocateDirect(size).put(message).flip());
          default -> {
            // Nobody holds these: what is pending there must not be written to freed memory.
            pair.serverEnd.readAsync(ByteBuffer.allocateDirect(size)).cancel(true);
            pair.client.write(message, Pair.LONG);
          }
        }
        assertEquals(size, read.get());
        for (int b = 0; b < size; ++b) assertEquals(pattern[b], room.get(b));
      }
    } catch (CancellationException e) {
      throw new AssertionError(e);
    } finally {
      over.set(true);
      collections.release();
    }
    assertNull(collector.outcome.get());
  }
}
