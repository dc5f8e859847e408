// Every wait ends: by an interrupt, by closing from another thread, each with its own exception.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import static io.github.pipes.Pair.LONG;
import static io.github.pipes.Pair.bytes;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EndingTest {
  /** A call that waits at a client's end, with a quota of one byte which is used up. */
  interface Waiting {
    void at(NamedPipe pipe) throws IOException;
  }

  record Named(String name, Waiting call) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Named> waits() {
    return Stream.of(
        new Named("read", pipe -> pipe.read(ByteBuffer.allocate(1))),
        new Named("read direct", pipe -> pipe.read(ByteBuffer.allocateDirect(1))),
        new Named("read in time", pipe -> pipe.read(ByteBuffer.allocate(1), LONG)),
        new Named("readMessage", NamedPipe::readMessage),
        new Named("readMessage in time", pipe -> pipe.readMessage(LONG)),
        new Named("write", pipe -> pipe.write(bytes("more"))),
        new Named("write in time", pipe -> pipe.write(bytes("more"), LONG)),
        new Named("transact", pipe -> pipe.transact(new byte[1])),
        new Named("transact in time", pipe -> pipe.transact(bytes("x"), ByteBuffer.allocate(1), LONG)),
        new Named("drain", NamedPipe::drain),
        new Named("drain in time", pipe -> pipe.drain(LONG)),
        new Named("stream's read", pipe -> pipe.inputStream().read()),
        new Named("stream's write", pipe -> pipe.outputStream().write(new byte[2])));
  }

  private static Pair full() throws IOException {
    final Pair pair = Pair.ofMessages(1);
    write(pair.client, "1");
    return pair;
  }

  @ParameterizedTest
  @MethodSource("waits")
  void AnInterruptClosesAndEnds(Named wait) throws Exception {
    try (var pair = full()) {
      final var caller = new Pair.Caller(() -> wait.call.at(pair.client)).inside();
      caller.thread.interrupt();
      caller.assertFailsWith(ClosedByInterruptException.class);
      assertTrue(caller.wasInterruptedAfterwards());
      assertFalse(pair.client.isOpen());
    }
  }

  @ParameterizedTest
  @MethodSource("waits")
  void AnInterruptBeforehandEndsItToo(Named wait) throws Exception {
    try (var pair = full()) {
      final var caller = new Pair.Caller(() -> {
        Thread.currentThread().interrupt();
        wait.call.at(pair.client);
      });
      caller.assertFailsWith(ClosedByInterruptException.class);
      assertTrue(caller.wasInterruptedAfterwards());
    }
  }

  @ParameterizedTest
  @MethodSource("waits")
  void CLOSE_11_ClosingElsewhereEnds(Named wait) throws Exception {
    try (var pair = full()) {
      final var caller = new Pair.Caller(() -> wait.call.at(pair.client)).inside();
      pair.client.close();
      caller.assertFailsWith(AsynchronousCloseException.class);
    }
  }

  @Test
  void CANCEL_13_AnInterruptEndsWaitsForAName() throws Exception {
    try (var server = NamedPipeServer.builder(Pair.newName()).messages().instancesMax(1).open();
        var client = NamedPipe.open(server.name())) {
      final List<Pair.Caller> callers = new ArrayList<>();
      callers.add(new Pair.Caller(() -> NamedPipe.open(server.name(), LONG)));
      callers.add(new Pair.Caller(() -> NamedPipe.waitAvailable(server.name(), LONG)));
      callers.add(new Pair.Caller(() -> NamedPipe.call(server.name(), new byte[1], 1, LONG)));
      for (var caller : callers) {
        caller.inside().thread.interrupt();
        caller.assertFailsWith(ClosedByInterruptException.class);
        assertTrue(caller.wasInterruptedAfterwards());
      }
      assertTrue(client.isOpen());
    }
  }

  @Test
  void AnInterruptEndsAWaitForAReply() throws Exception {
    try (var server = NamedPipeServer.builder(Pair.newName()).messages().open()) {
      final var caller = new Pair.Caller(() -> NamedPipe.call(server.name(), new byte[1], 1, LONG));
      try (var end = server.accept()) {
        end.readMessage();
        caller.thread.interrupt();
        caller.assertFailsWith(ClosedByInterruptException.class);
        assertNull(end.readMessage(), "it has closed its end");
      }
    }
  }

  /** A call by name may wait for one thing after the other: for an instance, then for the reply. */
  @Test
  void CANCEL_13_WhoeverCancelsACallEndsAllThatItWaitsFor() throws Exception {
    try (var pipe = AnonymousPipe.open()) {
      final long source = pipe.source().end.handle().value;
      final var waiting = new CompletableFuture<Wait>();
      final var caller = new Pair.Caller(() -> {
        final Wait wait = new Wait();
        final ByteBuffer room = Memory.allocate(16);
        waiting.complete(wait);
        try {
          for (int i = 0; i < 2; ++i) {
            assertEquals(Native.PIPES_ERROR_OPERATION_ABORTED,
                Native.pipes_read(source, Memory.address(room), 1, Memory.address(room) + 8, 0));
          }
        } finally {
          wait.leave();
        }
      });
      waiting.get().cancel();
      assertNull(caller.outcome.get());
    }
  }

  /** Closing at every moment of a call's life, many times. */
  @ParameterizedTest
  @MethodSource("waits")
  void ClosingAtAnyMoment(Named wait) throws Exception {
    for (int i = 0; i < 20; ++i) {
      try (var pair = full()) {
        final var caller = new Pair.Caller(() -> wait.call.at(pair.client));
        for (int spin = 0; spin < i * 600; ++spin) Thread.onSpinWait();
        if (i % 2 == 0) {
          pair.client.close();
        } else {
          interruptUntilItIsSeen(caller);
        }
        final Throwable why = caller.outcome.get();
        assertThrows(ClosedChannelException.class, () -> {
          throw why;
        });
      }
    }
  }

  /**
   * JDK 17's Thread.interrupt looks whether the thread is in a channel's call before it sets the thread's flag: an
   * interrupt in the moment in which the call begins goes unnoticed, in every channel of the JDK's as well.
   */
  private static void interruptUntilItIsSeen(Pair.Caller caller) throws Exception {
    for (;;) {
      caller.thread.interrupt();
      try {
        caller.outcome.get(200, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        // Once more.
      }
    }
  }

  @Test
  void AnonymousEndsAreLeftAsWell() throws Exception {
    for (boolean interrupt : new boolean[] {false, true}) {
      for (boolean timed : new boolean[] {false, true}) {
        try (var pipe = AnonymousPipe.open()) {
          final var reading = new Pair.Caller(() -> {
            if (timed) {
              pipe.source().read(ByteBuffer.allocate(1), LONG);
            } else {
              pipe.source().read(ByteBuffer.allocate(1));
            }
          }).inside();
          if (interrupt) {
            reading.thread.interrupt();
            reading.assertFailsWith(ClosedByInterruptException.class);
          } else {
            pipe.source().close();
            reading.assertFailsWith(AsynchronousCloseException.class);
          }
        }
        try (var pipe = AnonymousPipe.open()) {
          final ByteBuffer much = ByteBuffer.allocate(1 << 20);
          final var writing = new Pair.Caller(() -> {
            if (timed) {
              pipe.sink().write(much, LONG);
            } else {
              pipe.sink().write(much);
            }
          }).inside();
          if (interrupt) {
            writing.thread.interrupt();
            writing.assertFailsWith(ClosedByInterruptException.class);
          } else {
            pipe.sink().close();
            writing.assertFailsWith(AsynchronousCloseException.class);
          }
        }
      }
    }
  }
}
