// Anonymous pipes.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import static io.github.pipes.Pair.LONG;
import static io.github.pipes.Pair.NOW;
import static io.github.pipes.Pair.SHORT;
import static io.github.pipes.Pair.assertFails;
import static io.github.pipes.Pair.bytes;
import static io.github.pipes.Pair.direct;
import static io.github.pipes.Pair.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class AnonymousPipeTest {
  @Test
  void ANON_1_OneWayForBytes() throws Exception {
    try (var pipe = AnonymousPipe.open()) {
      assertEquals(3, pipe.sink().write(bytes("abc")));
      assertEquals(3, pipe.sink().write(direct("def"), LONG));
      assertEquals(6, pipe.source().peek().available());
      final ByteBuffer buffer = ByteBuffer.allocate(4);
      assertEquals(4, pipe.source().read(buffer));
      assertEquals("abcd", text(buffer));
      assertEquals(2, pipe.source().read(buffer.clear(), LONG));
      final byte[] room = new byte[6];
      assertEquals(3, pipe.sink().write("abc".getBytes()));
      assertEquals(2, pipe.sink().write("0123".getBytes(), 1, 2));
      assertEquals(4, pipe.source().read(room, 1, 4));
      assertEquals("\0abc1\0", text(room));
      assertEquals(1, pipe.source().read(room));
      assertEquals("2abc1\0", text(room));
      assertThrows(IndexOutOfBoundsException.class, () -> pipe.source().read(room, 0, 7));
      assertThrows(IndexOutOfBoundsException.class, () -> pipe.sink().write(room, -1, 1));
    }
  }

  @Test
  void ANON_5_AWriteWaitsForItsReader() throws Exception {
    try (var pipe = AnonymousPipe.open(4096)) {
      final int size = 100_000;
      final var caller =
          new Pair.Caller(() -> assertEquals(size, pipe.sink().write(ByteBuffer.allocate(size)))).inside();
      final ByteBuffer buffer = ByteBuffer.allocateDirect(size);
      while (buffer.hasRemaining()) pipe.source().read(buffer);
      assertNull(caller.outcome.get());
    }
  }

  @Test
  void ANON_7_TheEnd() throws Exception {
    try (var pipe = AnonymousPipe.open()) {
      final var in = pipe.source().inputStream();
      try (var out = pipe.sink().outputStream()) {
        out.write('x');
        assertEquals(1, in.available());
      }
      assertFalse(pipe.sink().isOpen());
      assertEquals('x', in.read());
      assertEquals(-1, in.read());
      assertEquals(0, in.available());
      assertEquals(-1, pipe.source().read(ByteBuffer.allocate(1)));
      assertEquals(-1, pipe.source().read(ByteBuffer.allocate(1), LONG));
    }
  }

  @Test
  void ANON_8_NobodyReads() throws Exception {
    try (var pipe = AnonymousPipe.open()) {
      pipe.source().close();
      assertFails(PipeException.NO_DATA, () -> pipe.sink().write(bytes("x")));
    }
  }

  @Test
  void OutOfTime() throws Exception {
    try (var pipe = AnonymousPipe.open()) {
      assertThrows(PipeTimeoutException.class, () -> pipe.source().read(ByteBuffer.allocate(1), SHORT));
      assertThrows(PipeTimeoutException.class, () -> pipe.source().read(ByteBuffer.allocate(1), NOW));
      assertThrows(PipeTimeoutException.class, () -> pipe.sink().write(ByteBuffer.allocate(1 << 20), SHORT));
    }
  }

  @Test
  void TheSystemsOwnHandle() throws Exception {
    try (var pipe = AnonymousPipe.open()) {
      final long source = pipe.source().nativeHandle();
      assertNotEquals(source, pipe.sink().nativeHandle());
      // Inheritable ends reach a child under their numbers; ProcessBuilder, though, closes all but the first three.
      pipe.source().inheritable(true);
      pipe.sink().inheritable(true);
      assertTrue(Files.exists(Path.of("/proc/self/fd/" + source)));
      pipe.sink().inheritable(false);
      Files.writeString(Path.of("/proc/self/fd/" + pipe.sink().nativeHandle()), "by the system");
      final ByteBuffer buffer = ByteBuffer.allocate(100);
      pipe.source().read(buffer);
      assertEquals("by the system", text(buffer));
    }
  }

  /** What a child process does with the pipes that it was given. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      try (var source = AnonymousPipe.Source.adopt(0); var sink = AnonymousPipe.Sink.adopt(1)) {
        final ByteBuffer buffer = ByteBuffer.allocate(100);
        while (source.read(buffer) >= 0) {
          // Until its end.
        }
        sink.write(bytes(text(buffer).toUpperCase(Locale.ROOT)));
      }
    }
  }

  @Test
  void CHILD_6_AChildTakesOverWhatItWasGiven() throws Exception {
    final Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Dio.github.pipes.library.path=" + System.getProperty("io.github.pipes.library.path"), "-cp",
        System.getProperty("java.class.path"), Child.class.getName()).start();
    try (var out = child.getOutputStream()) {
      out.write("to the child".getBytes());
    }
    assertEquals("TO THE CHILD", new String(child.getInputStream().readAllBytes()));
    assertEquals(0, child.waitFor());
    assertFails(6, () -> AnonymousPipe.Source.adopt(-1));
    assertFails(6, () -> AnonymousPipe.Sink.adopt(1_000_000));
  }

  @Test
  void ClosedEndsAreOfNoUse() throws Exception {
    final var pipe = AnonymousPipe.open();
    pipe.close();
    pipe.close();
    assertFalse(pipe.source().isOpen());
    assertThrows(ClosedChannelException.class, () -> pipe.source().read(ByteBuffer.allocate(1)));
    assertThrows(ClosedChannelException.class, () -> pipe.source().peek());
    assertThrows(ClosedChannelException.class, () -> pipe.source().nativeHandle());
    assertThrows(ClosedChannelException.class, () -> pipe.source().inheritable(true));
    assertThrows(ClosedChannelException.class, () -> pipe.sink().write(ByteBuffer.allocate(1)));
    assertThrows(ClosedChannelException.class, () -> pipe.sink().nativeHandle());
    assertThrows(ClosedChannelException.class, () -> pipe.sink().inheritable(true));
    assertThrows(IllegalArgumentException.class, () -> AnonymousPipe.open(-1));
  }
}
