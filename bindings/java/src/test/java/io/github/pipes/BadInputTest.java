// What no call can make sense of is refused with the language's own exceptions, before anything is done.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import static io.github.pipes.Pair.LONG;
import static io.github.pipes.Pair.bytes;
import static io.github.pipes.Pair.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BadInputTest {
  @Test
  void ReadOnlyBuffers() throws Exception {
    try (var pair = Pair.ofMessages()) {
      write(pair.serverEnd, "x");
      for (ByteBuffer buffer : List.of(ByteBuffer.allocate(1), ByteBuffer.allocateDirect(1))) {
        final ByteBuffer readOnly = buffer.asReadOnlyBuffer();
        assertThrows(IllegalArgumentException.class, () -> pair.client.read(readOnly));
        assertThrows(IllegalArgumentException.class, () -> pair.client.read(readOnly, LONG));
        assertThrows(IllegalArgumentException.class, () -> pair.client.readAsync(readOnly));
        assertThrows(IllegalArgumentException.class, () -> pair.client.peek(readOnly));
        assertThrows(IllegalArgumentException.class, () -> pair.client.transact(bytes("x"), readOnly));
        assertThrows(IllegalArgumentException.class, () -> pair.client.transactAsync(bytes("x"), readOnly));
        assertEquals(1, pair.client.write(readOnly), "to write it does no harm");
      }
      assertEquals(1, pair.client.peek().available());
    }
  }

  @Test
  void OffsetsBeyondAnArray() throws Exception {
    try (var pair = Pair.ofBytes()) {
      final var in = pair.client.inputStream();
      final var out = pair.client.outputStream();
      final byte[] array = new byte[10];
      final int max = Integer.MAX_VALUE;
      for (int[] bad : new int[][] {{-1, 1}, {0, -1}, {0, 11}, {10, 1}, {max, 1}, {1, max}}) {
        assertThrows(IndexOutOfBoundsException.class, () -> in.read(array, bad[0], bad[1]));
        assertThrows(IndexOutOfBoundsException.class, () -> out.write(array, bad[0], bad[1]));
      }
      assertEquals(0, pair.serverEnd.peek().available());
    }
  }

  @Test
  void BuffersWithoutRoom() throws Exception {
    try (var pair = Pair.ofMessages()) {
      for (ByteBuffer buffer : List.of(ByteBuffer.allocate(0), ByteBuffer.allocateDirect(4).position(4))) {
        assertEquals(0, pair.client.read(buffer));
        assertEquals(0, pair.client.read(buffer, LONG));
        assertEquals(0, pair.client.readAsync(buffer).get());
        assertEquals(0, pair.client.peek(buffer).copied());
      }
    }
  }

  @Test
  void ImpossibleTimes() throws Exception {
    try (var pair = Pair.ofMessages()) {
      final Duration negative = Duration.ofNanos(-1);
      final ByteBuffer room = ByteBuffer.allocate(1);
      assertThrows(IllegalArgumentException.class, () -> pair.client.read(room, negative));
      assertThrows(IllegalArgumentException.class, () -> pair.client.write(room, negative));
      assertThrows(IllegalArgumentException.class, () -> pair.client.readMessage(negative));
      assertThrows(IllegalArgumentException.class, () -> pair.client.drain(negative));
      assertThrows(IllegalArgumentException.class, () -> pair.server.accept(negative));
      assertThrows(IllegalArgumentException.class, () -> NamedPipe.open("x", negative));
      assertThrows(IllegalArgumentException.class, () -> NamedPipe.call("x", new byte[0], 0, negative));
      assertThrows(IllegalArgumentException.class, () -> NamedPipe.call("x", new byte[0], -1, LONG));
      write(pair.serverEnd, "x");
      assertEquals(1, pair.client.read(room, Duration.ofSeconds(Long.MAX_VALUE)), "very long ones are cut");
      assertEquals(1, Timeouts.ms(Duration.ofNanos(1)), "short ones are rounded up");
    }
  }

  /** Every public method, given null where it takes an object, says NullPointerException. */
  @Test
  void Null() throws Exception {
    int tried = 0;
    try (var pair = Pair.ofMessages(); var anonymous = AnonymousPipe.open()) {
      final List<Object> targets = new ArrayList<>(List.of(pair.client, pair.server, anonymous.source(),
          anonymous.sink(), NamedPipeServer.builder("x"), NamedPipe.opener("x"), pair.client.inputStream()));
      for (Object target : targets) {
        for (Method method : target.getClass().getDeclaredMethods()) {
          if (!Modifier.isPublic(method.getModifiers()) || method.isSynthetic()) continue;
          tried += tryNulls(target, method);
        }
      }
    }
    assertEquals(true, tried > 30, tried + " were tried");
  }

  private static int tryNulls(Object target, Method method) throws IllegalAccessException {
    int tried = 0;
    final Class<?>[] types = method.getParameterTypes();
    for (int i = 0; i < types.length; ++i) {
      if (types[i].isPrimitive()) continue;
      final Object[] arguments = new Object[types.length];
      for (int j = 0; j < types.length; ++j) {
        if (i != j) arguments[j] = something(types[j]);
      }
      method.setAccessible(true);
      final var why =
          assertThrows(InvocationTargetException.class, () -> method.invoke(target, arguments), method::toString);
      assertEquals(NullPointerException.class, why.getCause().getClass(), method::toString);
      ++tried;
    }
    return tried;
  }

  private static Object something(Class<?> type) {
    if (type == String.class) return "x";
    if (type == Duration.class) return Pair.NOW;
    if (type == ByteBuffer.class) return ByteBuffer.allocate(1);
    if (type == byte[].class) return new byte[1];
    if (type == boolean.class) return false;
    return 0;
  }
}
