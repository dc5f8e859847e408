// A thread's own memory for calls: room for small results, and for the bytes of heap buffers on their way.
//
// Heap arrays are never pinned: the collector may move them while a call waits. Their used range is copied here
// instead. SPDX-License-Identifier: MIT
package io.github.pipes;

import java.nio.ByteBuffer;

final class Scratch {
  private static final int CELLS_BYTES = 256;
  private static final int KEPT_BYTES_MAX = 1 << 20; // what a thread keeps; more is allocated for the call
  private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);

  /** Results of calls, at offsets that the calls choose. */
  final ByteBuffer cells = Memory.allocate(CELLS_BYTES);

  final long cellsAddress = Native.address_of(cells);
  private ByteBuffer bytes = Memory.allocate(4096);

  private Scratch() {}

  static Scratch mine() {
    return MINE.get();
  }

  /** The cell at `offset`. */
  long at(int offset) {
    return cellsAddress + offset;
  }

  /** Room for `size` bytes, from position 0 to limit `size`. */
  ByteBuffer room(int size) {
    if (bytes.capacity() >= size) return bytes.clear().limit(size);
    if (size > KEPT_BYTES_MAX) return Memory.allocate(size);
    bytes = Memory.allocate(Math.max(size, Math.min(KEPT_BYTES_MAX, 2 * bytes.capacity())));
    return bytes.limit(size);
  }
}
