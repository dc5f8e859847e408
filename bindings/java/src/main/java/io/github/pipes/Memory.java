// Memory that C and Java both see: direct buffers, and where they lie.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

final class Memory {
  private Memory() {}

  static ByteBuffer allocate(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
  }

  /** Where the bytes from the position of a direct buffer on lie. */
  static long address(ByteBuffer direct) {
    return Native.address_of(direct) + direct.position();
  }

  /** A copy of `size` bytes at `address`. */
  static byte[] copy(long address, int size) {
    final byte[] bytes = new byte[size];
    if (size > 0) Native.view(address, size).get(bytes);
    return bytes;
  }

  /** The text at `address`, which ends with a zero; null at 0. */
  static String text(long address) {
    if (address == 0) return null;
    return new String(copy(address, Math.toIntExact(Native.text_size(address))), StandardCharsets.UTF_8);
  }

  /**
   * A name, with its zero, as C wants it. What C would understand differently is refused: a zero within, and half a
   * character.
   */
  static ByteBuffer name(String name) throws PipeException {
    final ByteBuffer encoded;
    try {
      encoded = StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPORT)
          .encode(CharBuffer.wrap(name));
    } catch (CharacterCodingException e) {
      throw new PipeException(Native.PIPES_ERROR_INVALID_NAME, "pipe", "the name is not valid Unicode");
    }
    if (name.indexOf(0) >= 0) {
      throw new PipeException(Native.PIPES_ERROR_INVALID_NAME, "pipe", "the name holds a zero");
    }
    return allocate(encoded.remaining() + 1).put(encoded).put((byte) 0).rewind();
  }

  /** A text for C; for texts that are no names. */
  static ByteBuffer text(String text) {
    if (text.indexOf(0) >= 0) throw new IllegalArgumentException("a zero in the text");
    final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return allocate(bytes.length + 1).put(bytes).put((byte) 0).rewind();
  }
}
