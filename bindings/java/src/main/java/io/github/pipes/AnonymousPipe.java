// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.InterruptibleChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;

/**
 * A one-way pipe for bytes, without a name: what is written to its {@link #sink} is read from its {@link #source}.
 *
 * <p>Its ends are the system's own, so a child process can have one: see {@link Source#nativeHandle}.
 */
public final class AnonymousPipe implements AutoCloseable {
  private final Source source;
  private final Sink sink;

  private AnonymousPipe(long readEnd, long writeEnd) {
    source = new Source(new Endpoint(readEnd, "an anonymous pipe", false, false, false));
    sink = new Sink(new Endpoint(writeEnd, "an anonymous pipe", false, false, false));
  }

  /**
   * Makes a pipe that holds 4096 unread bytes, or more.
   *
   * @return the pipe, to be closed
   * @throws IOException there are too many
   */
  public static AnonymousPipe open() throws IOException {
    return open(0);
  }

  /**
   * Makes a pipe.
   *
   * @param quota how many unread bytes it should hold at least; 0: 4096
   * @return the pipe, to be closed
   * @throws IOException there are too many
   */
  public static AnonymousPipe open(int quota) throws IOException {
    if (quota < 0) throw new IllegalArgumentException("a negative quota");
    NativeLibrary.load();
    final Scratch scratch = Scratch.mine();
    final int status = Native.pipes_create_anonymous(scratch.at(0), scratch.at(8), 0, quota);
    if (status != Native.PIPES_OK) throw PipeException.of(status, "create an anonymous pipe");
    return new AnonymousPipe(scratch.cells.getLong(0), scratch.cells.getLong(8));
  }

  /**
   * The end to read from.
   *
   * @return always the same
   */
  public Source source() {
    return source;
  }

  /**
   * The end to write to.
   *
   * @return always the same
   */
  public Sink sink() {
    return sink;
  }

  /** Closes both ends. */
  @Override
  public void close() throws IOException {
    try (source) {
      sink.close();
    }
  }

  private static Endpoint adopt(long nativeHandle) throws IOException {
    NativeLibrary.load();
    final Scratch scratch = Scratch.mine();
    final int status = Native.pipes_adopt_native_handle(nativeHandle, scratch.at(0));
    if (status != Native.PIPES_OK) throw PipeException.of(status, "adopt " + nativeHandle);
    return new Endpoint(scratch.cells.getLong(0), "an anonymous pipe", false, false, false);
  }

  /** What both ends have. */
  public abstract static sealed class End implements InterruptibleChannel permits Source, Sink {
    final Endpoint end;

    private End(Endpoint end) {
      this.end = end;
    }

    /**
     * What the system calls this end: a file descriptor, on Windows a HANDLE. It lives as long as this end does.
     *
     * @return the number
     * @throws IOException see the package
     */
    public long nativeHandle() throws IOException {
      final Scratch scratch = Scratch.mine();
      end.askOrThrow(() -> Native.pipes_get_native_handle(end.handle().value, scratch.at(0)), "look at");
      return scratch.cells.getLong(0);
    }

    /**
     * Whether child processes get this end under the same number, if the way in which they are started allows that.
     * {@link ProcessBuilder} hands on nothing but standard handles.
     *
     * @param inheritable whether
     * @throws IOException see the package
     */
    public void inheritable(boolean inheritable) throws IOException {
      end.askOrThrow(() -> Native.pipes_set_inheritable(end.handle().value, inheritable ? 1 : 0), "hand on");
    }

    @Override
    public boolean isOpen() {
      return end.isOpen();
    }

    @Override
    public void close() throws IOException {
      end.close();
    }
  }

  /** The end that is read from. */
  public static final class Source extends End implements ReadableByteChannel {
    private Source(Endpoint end) {
      super(end);
    }

    /**
     * Takes over an end that this process was given by the one that started it.
     *
     * @param nativeHandle its file descriptor, such as that of standard input (0); on Windows its HANDLE. It belongs to
     *     what is returned from then on
     * @return the end, to be closed
     * @throws IOException it is not open, or no end of a pipe
     */
    public static Source adopt(long nativeHandle) throws IOException {
      return new Source(AnonymousPipe.adopt(nativeHandle));
    }

    /**
     * Reads what is there; waits until something is.
     *
     * @param to receives it
     * @return the bytes read; -1 if the other end has closed and nothing is left
     * @throws IOException see the package
     */
    @Override
    public int read(ByteBuffer to) throws IOException {
      return end.read(to, Timeouts.INFINITE);
    }

    /**
     * The same, within a time.
     *
     * @param to receives it
     * @param time how long at most
     * @return as {@link #read(ByteBuffer)}
     * @throws PipeTimeoutException nothing came
     * @throws IOException see the package
     */
    public int read(ByteBuffer to, Duration time) throws IOException {
      return end.read(to, Timeouts.ms(time));
    }

    /**
     * Reads into an array, as much as it holds.
     *
     * @param to receives it, from its beginning on
     * @return as {@link #read(ByteBuffer)}
     * @throws IOException see the package
     */
    public int read(byte[] to) throws IOException {
      return read(ByteBuffer.wrap(to));
    }

    /**
     * Reads into a part of an array.
     *
     * @param to receives it
     * @param offset where the part begins
     * @param length how long it is
     * @return as {@link #read(ByteBuffer)}
     * @throws IndexOutOfBoundsException the array has no such part
     * @throws IOException see the package
     */
    public int read(byte[] to, int offset, int length) throws IOException {
      return read(ByteBuffer.wrap(to, offset, length));
    }

    /**
     * Looks at what is unread. Never waits.
     *
     * @return how much there is
     * @throws IOException the other end has closed and nothing is left
     */
    public PeekResult peek() throws IOException {
      return end.peek(null);
    }

    /**
     * The same as a stream. Closing it closes this end.
     *
     * @return the stream
     */
    public InputStream inputStream() {
      return new PipeStreams.In(end);
    }
  }

  /** The end that is written to. */
  public static final class Sink extends End implements WritableByteChannel {
    private Sink(Endpoint end) {
      super(end);
    }

    /**
     * Takes over an end that this process was given by the one that started it.
     *
     * @param nativeHandle its file descriptor, such as that of standard output (1); on Windows its HANDLE. It belongs
     *     to what is returned from then on
     * @return the end, to be closed
     * @throws IOException it is not open, or no end of a pipe
     */
    public static Sink adopt(long nativeHandle) throws IOException {
      return new Sink(AnonymousPipe.adopt(nativeHandle));
    }

    /**
     * Writes all that remains in the buffer.
     *
     * @param from what to write
     * @return the bytes written: all
     * @throws IOException the other end has closed, and see the package
     */
    @Override
    public int write(ByteBuffer from) throws IOException {
      return end.write(from, Timeouts.INFINITE);
    }

    /**
     * The same, within a time.
     *
     * @param from what to write
     * @param time how long at most
     * @return the bytes written: all
     * @throws PipeTimeoutException it did not fit in time; the other end may read its beginning
     * @throws IOException as {@link #write(ByteBuffer)}
     */
    public int write(ByteBuffer from, Duration time) throws IOException {
      return end.write(from, Timeouts.ms(time));
    }

    /**
     * Writes an array.
     *
     * @param from what to write
     * @return the bytes written: all
     * @throws IOException as {@link #write(ByteBuffer)}
     */
    public int write(byte[] from) throws IOException {
      return write(ByteBuffer.wrap(from));
    }

    /**
     * Writes a part of an array.
     *
     * @param from has it
     * @param offset where the part begins
     * @param length how long it is
     * @return the bytes written: all
     * @throws IndexOutOfBoundsException the array has no such part
     * @throws IOException as {@link #write(ByteBuffer)}
     */
    public int write(byte[] from, int offset, int length) throws IOException {
      return write(ByteBuffer.wrap(from, offset, length));
    }

    /**
     * The same as a stream. Closing it closes this end.
     *
     * @return the stream
     */
    public OutputStream outputStream() {
      return new PipeStreams.Out(end);
    }
  }
}
