// Servers: how they make instances, accept clients and take instances back.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import static io.github.pipes.Pair.LONG;
import static io.github.pipes.Pair.NOW;
import static io.github.pipes.Pair.SHORT;
import static io.github.pipes.Pair.assertFails;
import static io.github.pipes.Pair.read;
import static io.github.pipes.Pair.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class NamedPipeServerTest {
  private static NamedPipeServer ofOne() throws IOException {
    return NamedPipeServer.builder(Pair.newName()).instancesMax(1).open();
  }

  @Test
  void OPEN_8_ThereIsOnlyOneFirstInstance() throws IOException {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      assertThrows(PipeAccessDeniedException.class, () -> NamedPipeServer.open(server.name()));
    }
  }

  @Test
  void INST_2_SharedServersServeOneName() throws IOException {
    final String name = Pair.newName();
    try (var first = NamedPipeServer.builder(name).shared().open();
        var second = NamedPipeServer.builder(name).shared().open();
        var one = NamedPipe.open(name);
        var two = NamedPipe.open(name);
        var oneEnd = first.accept();
        var twoEnd = second.accept()) {
      write(one, "1");
      write(two, "2");
      assertEquals("1", read(oneEnd, 1));
      assertEquals("2", read(twoEnd, 1));
    }
  }

  @Test
  void OPEN_29_AClientMayComeBeforeTheAccept() throws IOException {
    try (var server = NamedPipeServer.open(Pair.newName()); var client = NamedPipe.open(server.name())) {
      write(client, "early");
      try (var end = server.accept(NOW)) {
        assertEquals("early", read(end, 10));
      }
    }
  }

  @Test
  void CONN_4_AClientThatHasGoneIsAccepted() throws IOException {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      try (var client = NamedPipe.open(server.name())) {
        write(client, "last words");
      }
      try (var end = server.accept()) {
        assertEquals("last words", read(end, 10));
        assertEquals(-1, end.read(ByteBuffer.allocate(1)));
      }
      final var later = server.acceptAsync();
      NamedPipe.open(server.name()).close();
      later.join().close();
    }
  }

  @Test
  void TheNextClientFindsAnInstance() throws IOException {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      final List<NamedPipe> ends = new ArrayList<>();
      for (int i = 0; i < 5; ++i) {
        ends.add(NamedPipe.open(server.name())); // while nobody waits in accept
        ends.add(server.accept());
      }
      for (NamedPipe end : ends) end.close();
    }
  }

  @Test
  void CONN_1_AcceptWaitsForAClient() throws Exception {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      assertThrows(PipeTimeoutException.class, () -> server.accept(NOW));
      assertThrows(PipeTimeoutException.class, () -> server.accept(SHORT));
      for (boolean timed : new boolean[] {false, true}) {
        final var caller =
            new Pair.Caller(() -> (timed ? server.accept(LONG) : server.accept()).close()).inside();
        NamedPipe.open(server.name()).close();
        assertNull(caller.outcome.get());
      }
    }
  }

  @Test
  void CONN_14_ACancelledAcceptLeavesTheInstanceListening() throws IOException {
    try (var server = ofOne()) {
      final var future = server.acceptAsync();
      assertTrue(future.cancel(true));
      assertThrows(PipeTimeoutException.class, () -> server.accept(SHORT));
      assertFails(PipeTimeoutException.class, server.acceptAsync(SHORT));
      try (var client = NamedPipe.open(server.name()); var end = server.accept()) {
        write(client, "x");
        assertEquals("x", read(end, 1));
      }
    }
  }

  @Test
  void AcceptWaitsForOneOfItsOwnToClose() throws Exception {
    try (var server = ofOne()) {
      final var client = NamedPipe.open(server.name());
      final var end = server.accept();
      assertThrows(PipeTimeoutException.class, () -> server.accept(SHORT));
      final var caller = new Pair.Caller(() -> server.accept().close()).inside();
      client.close();
      end.close();
      while (!caller.outcome.isDone()) {
        try {
          NamedPipe.open(server.name()).close();
          break;
        } catch (NoSuchPipeException | PipeBusyException e) {
          Thread.onSpinWait(); // the name is gone for a moment, with its only instance
        }
      }
      assertNull(caller.outcome.get());
    }
  }

  @Test
  void INST_11_AnInstanceLivesWhileItsClientDoes() throws IOException {
    try (var server = ofOne(); var client = NamedPipe.open(server.name())) {
      server.accept().close();
      assertThrows(PipeBusyException.class, server::accept);
      assertThrows(PipeBusyException.class, server::acceptAsync);
      client.close();
      assertThrows(PipeTimeoutException.class, () -> server.accept(SHORT));
    }
  }

  @Test
  void CONN_5_ADisconnectedInstanceServesTheNext() throws Exception {
    try (var server = ofOne()) {
      for (int i = 0; i < 5; ++i) {
        try (var client = NamedPipe.open(server.name());
            var end = i % 2 == 0 ? server.accept() : server.acceptAsync().get()) {
          write(client, "hello");
          assertEquals("hello", read(end, 10));
          if (i == 2) assertEquals(1, end.writeAsync(ByteBuffer.allocate(1)).get()); // binds it to the port
          final var reading = new Pair.Caller(() -> read(end, 1)).inside();
          end.disconnect();
          assertTrue(reading.outcome.get() instanceof IOException);
          assertFails(PipeException.PIPE_NOT_CONNECTED, () -> read(client, 1));
        }
      }
    }
  }

  @Test
  void ADisconnectServesWhoWaits() throws Exception {
    try (var server = ofOne(); var first = NamedPipe.open(server.name())) {
      final var end = server.accept();
      final var later = server.acceptAsync();
      final var last = server.acceptAsync(LONG);
      assertFalse(later.isDone());
      end.disconnect();
      try (var client = NamedPipe.open(server.name())) {
        later.get().disconnect();
      }
      try (var client = NamedPipe.open(server.name())) {
        last.get().close();
      }
      assertTrue(first.isOpen());
    }
  }

  @Test
  void ACancelledFutureInTheQueueIsPassedOver() throws Exception {
    try (var server = ofOne(); var first = NamedPipe.open(server.name())) {
      final var end = server.accept();
      final var cancelled = server.acceptAsync();
      final var late = server.acceptAsync(SHORT);
      final var next = server.acceptAsync();
      assertTrue(cancelled.cancel(false));
      assertThrows(CancellationException.class, cancelled::join);
      assertFails(PipeTimeoutException.class, late);
      end.disconnect();
      try (var client = NamedPipe.open(server.name())) {
        next.get().close();
      }
      assertTrue(first.isOpen());
    }
  }

  /** Whoever has been let in is accepted by somebody, however many gave up waiting for him. */
  @Test
  void NoClientIsLostToACancelledAccept() throws Exception {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      int cancelled = 0;
      for (int i = 0; i < 300; ++i) {
        final List<CompletableFuture<NamedPipe>> futures = new ArrayList<>();
        for (int k = 0; k < 3; ++k) futures.add(k == 2 ? server.acceptAsync(NOW) : server.acceptAsync());
        final var opener = new Pair.Caller(() -> {
          try (var client = NamedPipe.open(server.name(), LONG)) {
            assertEquals(-1, client.read(ByteBuffer.allocate(1)));
          }
        });
        for (int spin = 0; spin < i * 20; ++spin) Thread.onSpinWait();
        boolean accepted = false;
        for (var future : futures) {
          if (future.cancel(true) || future.isCompletedExceptionally()) {
            ++cancelled;
          } else {
            future.get().close();
            accepted = true;
          }
        }
        if (!accepted) server.accept(LONG).close();
        assertNull(opener.outcome.get());
      }
      assertTrue(cancelled > 0);
    }
  }

  @Test
  void ManyAcceptAtOnce() throws Exception {
    try (var server = NamedPipeServer.open(Pair.newName())) {
      final List<CompletableFuture<NamedPipe>> futures = new ArrayList<>();
      for (int i = 0; i < 20; ++i) futures.add(server.acceptAsync());
      final List<NamedPipe> clients = new ArrayList<>();
      for (int i = 0; i < 20; ++i) clients.add(NamedPipe.open(server.name()));
      for (var future : futures) future.get().close();
      for (var client : clients) client.close();
    }
  }

  @Test
  void ClosingAServerEndsWhatWaits() throws Exception {
    for (boolean timed : new boolean[] {false, true}) {
      final var server = NamedPipeServer.open(Pair.newName());
      final var caller = new Pair.Caller(() -> {
        if (timed) {
          server.accept(LONG);
        } else {
          server.accept();
        }
      }).inside();
      final var future = server.acceptAsync();
      server.close();
      caller.assertFailsWith(AsynchronousCloseException.class);
      assertFails(AsynchronousCloseException.class, future);
      assertFalse(server.isOpen());
      assertTrue(server.toString().contains("closed"));
      server.close();
      assertThrows(ClosedChannelException.class, server::accept);
      assertThrows(ClosedChannelException.class, () -> server.accept(LONG));
      assertThrows(ClosedChannelException.class, server::acceptAsync);
      assertThrows(ClosedChannelException.class, () -> server.acceptAsync(LONG));
    }
  }

  @Test
  void ClosingAFullServerEndsWhatWaits() throws Exception {
    final var server = ofOne();
    try (var client = NamedPipe.open(server.name()); var end = server.accept()) {
      final var caller = new Pair.Caller(server::accept).inside();
      final var future = server.acceptAsync();
      server.close();
      caller.assertFailsWith(AsynchronousCloseException.class);
      assertFails(AsynchronousCloseException.class, future);
      write(client, "goes on");
      assertEquals("goes on", read(end, 10));
      end.disconnect(); // there is no server any more to give the instance back to
      assertThrows(NoSuchPipeException.class, () -> NamedPipe.open(server.name()));
    }
  }

  @Test
  void AnInterruptClosesTheServer() throws Exception {
    for (boolean full : new boolean[] {false, true}) {
      final var server = ofOne();
      final NamedPipe client = full ? NamedPipe.open(server.name()) : null;
      final NamedPipe end = full ? server.accept() : null;
      final var caller = new Pair.Caller(server::accept).inside();
      caller.thread.interrupt();
      caller.assertFailsWith(ClosedByInterruptException.class);
      assertTrue(caller.wasInterruptedAfterwards());
      assertFalse(server.isOpen());
      if (full) {
        end.close();
        client.close();
      }
    }
  }

  @Test
  void OPEN_18_ImpossibleSettings() {
    final var builder = NamedPipeServer.builder(Pair.newName());
    assertThrows(IllegalArgumentException.class, () -> builder.instancesMax(0));
    assertThrows(IllegalArgumentException.class, () -> builder.instancesMax(256));
    assertThrows(IllegalArgumentException.class, () -> builder.quotas(-1, 0));
    assertThrows(IllegalArgumentException.class, () -> builder.quotas(0, -1));
    assertThrows(IllegalArgumentException.class, () -> builder.defaultWait(Duration.ofMillis(-1)));
    assertThrows(NullPointerException.class, () -> builder.direction(null));
    assertThrows(NullPointerException.class, () -> NamedPipeServer.builder(null));
    assertThrows(NullPointerException.class, () -> NamedPipeServer.open(null));
  }

  @Test
  void SettingsArriveAtThePipe() throws IOException {
    final var builder = NamedPipeServer.builder(Pair.newName()).instancesMax(3).quotas(0, 1).acceptRemoteClients()
        .defaultWait(Duration.ofMillis(1));
    try (var server = builder.open()) {
      builder.instancesMax(1); // what was opened is no longer touched
      try (var client = NamedPipe.open(server.name()); var end = server.accept()) {
        assertEquals(3, end.info().maxInstances());
        assertEquals(0, end.info().outboundQuota());
        assertEquals(1, end.info().inboundQuota());
        assertTrue(client.isOpen());
      }
    }
  }
}
