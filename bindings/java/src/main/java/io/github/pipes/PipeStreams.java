// The streams over an end of a pipe.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

final class PipeStreams {
  private PipeStreams() {}

  /** Bytes, whatever the pipe's type: the bounds of messages vanish, and empty ones with them. */
  static final class In extends InputStream {
    private final Endpoint end;

    In(Endpoint end) {
      this.end = end;
    }

    @Override
    public int read() throws IOException {
      final byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, to.length);
      if (length == 0) return 0;
      final ByteBuffer buffer = ByteBuffer.wrap(to, offset, length);
      int count;
      do {
        count = end.read(buffer, Timeouts.INFINITE);
      } while (count == 0);
      return count;
    }

    @Override
    public int available() throws IOException {
      try {
        return end.peek(null).available();
      } catch (PipeException e) {
        if (e.number() == PipeException.BROKEN_PIPE) return 0;
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      end.close();
    }
  }

  /** Each write of at least one byte is a message, if the pipe is of that type. */
  static final class Out extends OutputStream {
    private final Endpoint end;

    Out(Endpoint end) {
      this.end = end;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, from.length);
      if (length == 0) {
        end.ensureOpen();
      } else {
        end.write(ByteBuffer.wrap(from, offset, length), Timeouts.INFINITE);
      }
    }

    @Override
    public void close() throws IOException {
      end.close();
    }
  }
}
