// What futures stand for: results, failures, times, and cancelling without losing a byte.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import static io.github.pipes.Pair.LONG;
import static io.github.pipes.Pair.NOW;
import static io.github.pipes.Pair.SHORT;
import static io.github.pipes.Pair.assertFails;
import static io.github.pipes.Pair.bytes;
import static io.github.pipes.Pair.direct;
import static io.github.pipes.Pair.read;
import static io.github.pipes.Pair.text;
import static io.github.pipes.Pair.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ReadPendingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class FutureTest {
  @Test
  void AReadLater() throws Exception {
    try (var pair = Pair.ofBytes()) {
      for (ByteBuffer buffer : List.of(ByteBuffer.allocate(10), ByteBuffer.allocateDirect(10))) {
        buffer.position(1).limit(9);
        final var future = pair.client.readAsync(buffer);
        assertFalse(future.isDone());
        write(pair.serverEnd, "later");
        assertEquals(5, future.get());
        assertEquals(6, buffer.position());
        assertEquals('r', buffer.get(5));
      }
    }
  }

  @Test
  void WhatIsThereAlreadyIsDoneAtOnce() throws Exception {
    try (var pair = Pair.ofMessages()) {
      for (ByteBuffer buffer : List.of(ByteBuffer.allocate(10), ByteBuffer.allocateDirect(10))) {
        write(pair.serverEnd, "there");
        final var future = pair.client.readAsync(buffer);
        assertTrue(future.isDone());
        assertEquals(5, future.join());
        assertEquals("there", text(buffer));
        assertEquals(5, pair.client.writeAsync(bytes("there")).getNow(0));
        assertEquals("there", text(pair.serverEnd.readMessage()));
      }
      write(pair.serverEnd, "whole");
      assertEquals("whole", text(pair.client.readMessageAsync().getNow(null)));
    }
  }

  @Test
  void READ_9_ALongMessageLater() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final ByteBuffer buffer = ByteBuffer.allocate(3);
      final var future = pair.client.readAsync(buffer);
      write(pair.serverEnd, "message");
      assertEquals(3, future.get());
      assertFalse(pair.client.isMessageComplete());
      buffer.clear();
      assertEquals(3, pair.client.readAsync(buffer).get()); // 234 at once
      assertEquals("sag", text(buffer));
      buffer.clear();
      assertEquals(1, pair.client.readAsync(buffer).get());
      assertTrue(pair.client.isMessageComplete());
    }
  }

  @Test
  void READ_17_ReadsAreServedInTheirOrder() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final List<CompletableFuture<Integer>> futures = new ArrayList<>();
      final List<ByteBuffer> buffers = new ArrayList<>();
      for (int i = 0; i < 100; ++i) {
        buffers.add(ByteBuffer.allocate(10));
        futures.add(pair.client.readAsync(buffers.get(i)));
      }
      for (int i = 0; i < 100; ++i) write(pair.serverEnd, "" + i);
      for (int i = 0; i < 100; ++i) {
        futures.get(i).get();
        assertEquals("" + i, text(buffers.get(i)));
      }
    }
  }

  @Test
  void BUF_3_AWriteLater() throws Exception {
    try (var pair = Pair.ofMessages(4)) {
      write(pair.client, "full");
      for (ByteBuffer buffer : List.of(bytes("0123456"), direct("0123456"))) {
        buffer.position(3);
        final var future = pair.client.writeAsync(buffer, LONG);
        assertFalse(future.isDone());
        pair.serverEnd.readMessage();
        assertEquals(4, future.get());
        assertFalse(buffer.hasRemaining());
        assertEquals(4, pair.serverEnd.peek().available());
      }
    }
  }

  @Test
  void TRANS_11_AnExchangeLater() throws Exception {
    try (var pair = Pair.ofMessages()) {
      for (boolean direct : new boolean[] {false, true}) {
        final ByteBuffer request = direct ? direct("ask") : bytes("ask");
        final ByteBuffer reply = direct ? ByteBuffer.allocateDirect(10) : ByteBuffer.allocate(10);
        final var future = direct ? pair.client.transactAsync(request, reply, LONG)
            : pair.client.transactAsync(request, reply);
        assertEquals("ask", text(pair.serverEnd.readMessage()));
        write(pair.serverEnd, "answer");
        assertEquals(6, future.get());
        assertEquals("answer", text(reply));
        assertFalse(request.hasRemaining());
      }
    }
  }

  @Test
  void TRANS_11_AWholeReplyLater() throws Exception {
    final byte[] longReply = new byte[200_000];
    new Random(11).nextBytes(longReply);
    try (var pair = Pair.ofMessages()) {
      final var asked = pair.client.transactAsync("ask".getBytes());
      assertThrows(PipeBusyException.class, () -> pair.client.transact(new byte[1]));
      assertThrows(ReadPendingException.class, pair.client::readMessage);
      assertEquals("ask", text(pair.serverEnd.readMessage()));
      write(pair.serverEnd, "answer");
      assertEquals("answer", text(asked.get()));
      for (int max : List.of(longReply.length, 1000, 100_000)) {
        pair.client.messageMax(max);
        final var future = pair.client.transactAsync("ask".getBytes(), LONG);
        assertEquals("ask", text(pair.serverEnd.readMessage()));
        final var written = pair.serverEnd.writeAsync(longReply);
        if (max < longReply.length) {
          assertEquals(PipeException.MORE_DATA, assertFails(PipeException.class, future).number());
          pair.client.messageMax(longReply.length);
          assertArrayEquals(longReply, pair.client.readMessage());
        } else {
          assertArrayEquals(longReply, future.get());
        }
        written.get();
      }
      assertFails(PipeTimeoutException.class, pair.client.transactAsync("ask".getBytes(), SHORT));
      final var cancelled = pair.client.transactAsync("ask".getBytes());
      assertTrue(cancelled.cancel(true));
      pair.serverEnd.close();
      assertFails(PipeException.class, pair.client.transactAsync("ask".getBytes()));
    }
  }

  @Test
  void READ_12_TheEndLater() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var message = pair.serverEnd.readMessageAsync();
      pair.client.close();
      assertNull(message.get());
      assertNull(pair.serverEnd.readMessageAsync(LONG).get());
      assertEquals(-1, pair.serverEnd.readAsync(ByteBuffer.allocate(1)).get());
      assertFails(PipeException.class, pair.serverEnd.writeAsync(bytes("x")));
    }
  }

  @Test
  void DISC_4_ADisconnectFailsWhatIsPending() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var read = pair.client.readAsync(ByteBuffer.allocate(1));
      final var own = pair.serverEnd.readAsync(ByteBuffer.allocate(1));
      pair.serverEnd.disconnect();
      assertEquals(PipeException.PIPE_NOT_CONNECTED, assertFails(PipeException.class, read).number());
      assertFails(IOException.class, own);
    }
  }

  @Test
  void OneMessageIsReadAtATime() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var first = pair.client.readMessageAsync();
      assertThrows(ReadPendingException.class, pair.client::readMessage);
      assertThrows(ReadPendingException.class, () -> pair.client.readMessageAsync(LONG));
      write(pair.serverEnd, "one");
      assertEquals("one", text(first.get()));
      write(pair.serverEnd, "two");
      assertEquals("two", text(pair.client.readMessage(LONG)));
    }
  }

  // ------------------------------------------------------------------------------------------------------- too late --

  @Test
  void CANCEL_8_OutOfTimeNothingIsTaken() throws Exception {
    try (var pair = Pair.ofMessages(4)) {
      final ByteBuffer buffer = ByteBuffer.allocate(10);
      assertFails(PipeTimeoutException.class, pair.client.readAsync(buffer, SHORT));
      assertFails(PipeTimeoutException.class, pair.client.readAsync(buffer, NOW));
      assertFails(PipeTimeoutException.class, pair.client.readMessageAsync(SHORT));
      assertFails(PipeTimeoutException.class, pair.client.transactAsync(bytes("ask"), buffer, SHORT));
      assertEquals("ask", text(pair.serverEnd.readMessage()));
      write(pair.client, "full");
      assertFails(PipeTimeoutException.class, pair.client.writeAsync(bytes("more"), SHORT));
      assertEquals(0, buffer.position());
      write(pair.serverEnd, "kept");
      assertEquals("kept", text(pair.client.readMessageAsync(NOW).get()));
    }
  }

  @Test
  void AFuturesOwnTimeEndsTheOperationToo() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var future = pair.client.readAsync(ByteBuffer.allocate(10));
      assertSame(future, future.orTimeout(10, TimeUnit.MILLISECONDS));
      assertFails(TimeoutException.class, future);
      write(pair.serverEnd, "kept");
      assertEquals("kept", text(pair.client.readMessage()));
      final var inTime = pair.client.readAsync(ByteBuffer.allocate(10)).orTimeout(1, TimeUnit.MINUTES);
      write(pair.serverEnd, "here");
      assertEquals(4, inTime.get(1, TimeUnit.MINUTES));
    }
  }

  @Test
  void CANCEL_8_ACancelledReadTakesNothing() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var future = pair.client.readAsync(ByteBuffer.allocate(10));
      assertTrue(future.cancel(true));
      assertTrue(future.isCancelled());
      assertTrue(future.isCompletedExceptionally());
      assertTrue(future.cancel(true), "as CompletableFuture says");
      assertThrows(CancellationException.class, future::join);
      write(pair.serverEnd, "kept");
      assertEquals("kept", text(pair.client.readMessage()));
    }
  }

  @Test
  void CANCEL_8_ACancellationIsNotTooEarly() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var future = new PipeFuture<Integer>();
      final ByteBuffer room = Memory.allocate(10);
      final Pair.Caller[] cancelling = new Pair.Caller[1];
      new Operation<Integer>(pair.client.end, future, "read") {
        @Override
        int call(long handle, long overlapped, long count) {
          // As between two parts of a message: it is known to the future, and not yet to the library.
          cancelling[0] = new Pair.Caller(() -> assertTrue(future.cancel(true)));
          while (cancelling[0].thread.getState() != Thread.State.WAITING) Thread.onSpinWait();
          return Native.pipes_read(handle, Memory.address(room), room.remaining(), count, overlapped);
        }

        @Override
        Integer result(int status, int transferred) {
          return transferred;
        }
      }.start(Timeouts.INFINITE);
      assertNull(cancelling[0].outcome.get());
      write(pair.serverEnd, "kept");
      assertEquals("kept", text(pair.client.readMessage()));
    }
  }

  @Test
  void CANCEL_5_WhatIsOverCannotBeCancelled() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var future = pair.client.readAsync(ByteBuffer.allocate(10));
      write(pair.serverEnd, "done");
      assertFalse(future.cancel(true));
      assertEquals(4, future.get());
      assertFalse(future.completeExceptionally(new IOException()));
    }
  }

  @Test
  void AFutureCanBeEndedWithAFailure() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var future = pair.client.readAsync(ByteBuffer.allocate(10));
      final var why = new IOException("enough");
      assertTrue(future.completeExceptionally(why));
      assertSame(why, assertThrows(ExecutionException.class, future::get).getCause());
      assertThrows(NullPointerException.class, () -> future.completeExceptionally(null));
    }
  }

  @Test
  void AFuturesValueIsTheOperations() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var future = pair.client.readAsync(ByteBuffer.allocate(10));
      assertThrows(UnsupportedOperationException.class, () -> future.complete(1));
      assertThrows(UnsupportedOperationException.class, () -> future.completeAsync(() -> 1));
      assertThrows(UnsupportedOperationException.class, () -> future.completeOnTimeout(1, 1, TimeUnit.SECONDS));
      assertThrows(UnsupportedOperationException.class, () -> future.obtrudeValue(1));
      assertThrows(UnsupportedOperationException.class, () -> future.obtrudeException(new IOException()));
      assertTrue(future.copy().complete(1), "a copy is an ordinary future");
      assertFalse(future.isDone());
    }
  }

  @Test
  void CANCEL_2_CancellingOneLeavesTheOthers() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var one = pair.client.readAsync(ByteBuffer.allocate(10));
      final var two = pair.client.readAsync(ByteBuffer.allocate(10));
      assertTrue(one.cancel(true));
      write(pair.serverEnd, "for two");
      assertEquals(7, two.get());
    }
  }

  // ------------------------------------------------------------------------------------------------ the one thread --

  @Test
  void AFutureIsNotWaitedForWhereItIsCompleted() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var never = pair.client.readMessageAsync();
      final List<Throwable> failures = new ArrayList<>();
      final var done = pair.serverEnd.readMessageAsync().thenRun(() -> {
        failures.add(assertThrows(IllegalStateException.class, never::join));
        failures.add(assertThrows(IllegalStateException.class, never::get));
        failures.add(assertThrows(IllegalStateException.class, () -> never.get(1, TimeUnit.SECONDS)));
      });
      write(pair.client, "go");
      done.get();
      assertEquals(3, failures.size());
      never.cancel(true);
    }
  }

  @Test
  void CancellingWhereFuturesAreCompleted() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var never = pair.client.readMessageAsync();
      final var done = pair.serverEnd.readMessageAsync().thenApply(message -> never.cancel(true));
      write(pair.client, "go");
      assertTrue(done.get());
      assertTrue(never.isCancelled());
    }
  }

  @Test
  void AFailureInAChainedFunctionStopsNobody() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final var chained = pair.serverEnd.readMessageAsync().thenRun(() -> {
        throw new StackOverflowError("on purpose");
      });
      write(pair.client, "go");
      assertThrows(CompletionException.class, chained::join);
      final var next = pair.serverEnd.readMessageAsync();
      write(pair.client, "on");
      assertEquals("on", text(next.get()));
    }
  }

  @Test
  void AServerOfFuturesAlone() throws Exception {
    try (var server = NamedPipeServer.builder(Pair.newName()).messages().open()) {
      final List<NamedPipe> clients = new ArrayList<>();
      for (int i = 0; i < 20; ++i) {
        final var accepted = server.acceptAsync().thenAccept(FutureTest::echo);
        clients.add(NamedPipe.opener(server.name()).messages().open());
        accepted.get();
      }
      for (int round = 0; round < 10; ++round) {
        for (NamedPipe client : clients) write(client, client.hashCode() + "/" + round);
        for (NamedPipe client : clients) {
          assertEquals(client.hashCode() + "/" + round, text(client.readMessageAsync().get()));
        }
      }
      for (NamedPipe client : clients) client.close();
    }
  }

  private static void echo(NamedPipe end) {
    try {
      end.readMessageAsync().thenAccept(message -> {
        try {
          if (message == null) {
            end.close();
          } else {
            end.writeAsync(ByteBuffer.wrap(message)).thenRun(() -> echo(end));
          }
        } catch (IOException e) {
          throw new CompletionException(e);
        }
      });
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  @Test
  void ClosingEndsWhatIsPending() throws Exception {
    try (var pair = Pair.ofMessages(1)) {
      write(pair.client, "x");
      final var read = pair.client.readAsync(ByteBuffer.allocate(1));
      final var timed = pair.client.readAsync(ByteBuffer.allocateDirect(1), LONG);
      final var written = pair.client.writeAsync(bytes("yy"));
      pair.client.close();
      for (var future : List.of(read, timed, written)) assertFails(AsynchronousCloseException.class, future);
      final var message = pair.serverEnd.readMessageAsync();
      assertEquals("x", text(message.get()));
      assertNull(pair.serverEnd.readMessageAsync().get(), "a write that waited is taken back");
    }
  }
}
