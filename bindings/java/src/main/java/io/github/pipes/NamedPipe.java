// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.InterruptibleChannel;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;

/**
 * An end of a named pipe: a client's, from {@link #open}, or a server's, from {@link NamedPipeServer#accept}.
 *
 * <p>A pipe of message type keeps the bounds of what is written: each write is a message, which may be empty. An end
 * that reads by messages ({@link Opener#messages}, {@link #readMessages}) gets at most one message with each read, and
 * {@link #isMessageComplete} tells whether that was all of it; {@link #readMessage} gets it whole. An end that reads by
 * bytes gets what is there.
 *
 * <p>Buffers may be direct or not. Direct ones are used in place. Of others, and of arrays, the part that is used is
 * copied.
 *
 * <p>The futures of the ...Async methods stand for operations of the system, not for threads. They are completed by one
 * thread for all, on which functions that were chained without ...Async run as well: these must not block, and waiting
 * there for a future throws IllegalStateException. Cancelling a future cancels the operation, unless it is over
 * already: then the future keeps its result, and cancel returns false. So no byte is lost. The buffer must be left
 * alone until the future is done.
 */
public final class NamedPipe implements ByteChannel, InterruptibleChannel {
  final Endpoint end;
  private final NamedPipeServer server; // null at a client's end

  NamedPipe(Endpoint end, NamedPipeServer server) {
    this.end = end;
    this.server = server;
  }

  // ------------------------------------------------------------------------------------------------------- opening --

  /**
   * Opens the client's end of a pipe, to read and write bytes. Does not wait.
   *
   * @param name {@code \\.\pipe\name}, or {@code name} alone; upper and lower case are equal
   * @return the end, to be closed
   * @throws NoSuchPipeException there is no such pipe
   * @throws PipeBusyException every instance has its client
   * @throws PipeAccessDeniedException its security refuses this process, or it carries data one way only
   * @throws PipeException the name is malformed, and so on
   * @throws IOException as told above
   */
  public static NamedPipe open(String name) throws IOException {
    return opener(name).open();
  }

  /**
   * Opens the client's end of a pipe, and waits for an instance if all have their clients. A pipe that does not exist
   * is not waited for.
   *
   * @param name as for {@link #open(String)}
   * @param wait how long at most
   * @return the end, to be closed
   * @throws PipeTimeoutException no instance became free
   * @throws IOException as for {@link #open(String)}
   */
  public static NamedPipe open(String name, Duration wait) throws IOException {
    return opener(name).busyWait(wait).open();
  }

  /**
   * Begins to say how a pipe is to be opened.
   *
   * @param name as for {@link #open(String)}
   * @return what says it
   */
  public static Opener opener(String name) {
    return new Opener(Names.full(name));
  }

  /** How a pipe is to be opened. */
  public static final class Opener {
    // pipes_open_options, in the scratch cells.
    private static final int OPTIONS = 16;
    private static final int OPTIONS_BYTES = 16;

    private final String name;
    private int access = Native.PIPES_GENERIC_READ | Native.PIPES_GENERIC_WRITE;
    private int flags = Native.PIPES_FLAG_OVERLAPPED;
    private boolean messages;
    private int waitMs;
    private String serverOwner;

    private Opener(String name) {
      this.name = name;
    }

    /**
     * Only to read: what a pipe that leads outbound needs.
     *
     * @return this
     */
    public Opener readOnly() {
      access = Native.PIPES_GENERIC_READ;
      return this;
    }

    /**
     * Only to write: what a pipe that leads inbound needs.
     *
     * @return this
     */
    public Opener writeOnly() {
      access = Native.PIPES_GENERIC_WRITE;
      return this;
    }

    /**
     * With exactly these rights, as Win32 numbers them.
     *
     * @param rights GENERIC_... and FILE_... rights
     * @return this
     */
    public Opener access(int rights) {
      access = rights;
      return this;
    }

    /**
     * Reads by messages. The pipe must be of message type.
     *
     * @return this
     */
    public Opener messages() {
      messages = true;
      return this;
    }

    /**
     * Waits for an instance if all have their clients.
     *
     * @param time how long at most
     * @return this
     */
    public Opener busyWait(Duration time) {
      waitMs = Timeouts.ms(time);
      return this;
    }

    /**
     * Speaks only to servers of this user, so that nobody who was quicker to take the name can answer in his place.
     *
     * @param sid {@code S-1-...}, such as {@link PipeSecurity#sidOf} finds, or two letters
     * @return this
     */
    public Opener serverOwner(String sid) {
      serverOwner = Objects.requireNonNull(sid);
      return this;
    }

    /**
     * Bounds what the server may do with this process's identity. Without it the server may act as this process, as
     * whoever wrote last; who does not trust the server should say {@link ImpersonationLevel#IDENTIFICATION}.
     *
     * @param level how far the server may go; the identity is that of the moment of opening
     * @return this
     */
    public Opener impersonation(ImpersonationLevel level) {
      flags = Native.PIPES_FLAG_OVERLAPPED | level.flags();
      return this;
    }

    /**
     * Opens it.
     *
     * @return the end, to be closed
     * @throws IOException as for {@link NamedPipe#open(String)}
     */
    public NamedPipe open() throws IOException {
      NativeLibrary.load();
      final Scratch scratch = Scratch.mine();
      final long handle = openHandle(scratch);
      final boolean isMessageType =
          Native.pipes_get_info(handle, scratch.at(0), 0, 0, 0) == Native.PIPES_OK
              && (scratch.cells.getInt(0) & Native.PIPES_TYPE_MESSAGE) != 0;
      final Endpoint end = new Endpoint(handle, name, true, isMessageType, false);
      try {
        if (messages) end.readMessages(true);
      } catch (IOException | RuntimeException | Error e) {
        end.close();
        throw e;
      }
      return new NamedPipe(end, null);
    }

    private long openHandle(Scratch scratch) throws IOException {
      final ByteBuffer encoded = Memory.name(name);
      final ByteBuffer owner = serverOwner == null ? null : Memory.name(serverOwner);
      final long options = owner == null ? 0 : scratch.at(OPTIONS);
      if (owner != null) {
        scratch.cells.putInt(OPTIONS, OPTIONS_BYTES).putInt(OPTIONS + 4, 0).putLong(OPTIONS + 8, Memory.address(owner));
      }
      final long deadline = Timeouts.deadline(waitMs);
      // To choose how an end reads takes a right that reading alone does not bring.
      final int rights = messages ? access | Native.PIPES_FILE_WRITE_ATTRIBUTES : access;
      for (;;) {
        int status = Native.pipes_open(Memory.address(encoded), rights, flags, options, scratch.at(0));
        Reference.reachabilityFence(encoded);
        Reference.reachabilityFence(owner);
        if (status == Native.PIPES_OK) return scratch.cells.getLong(0);
        if (status == Native.PIPES_ERROR_PIPE_BUSY && waitMs != 0) {
          status = Names.waitAvailable(encoded, Timeouts.left(deadline), "wait for " + name);
          if (status == Native.PIPES_OK) continue;
        }
        throw PipeException.of(status, "open " + name);
      }
    }
  }

  /**
   * Waits until an instance of a pipe is free. It may be taken again before it is opened.
   *
   * @param name as for {@link #open(String)}
   * @param time how long at most
   * @throws NoSuchPipeException there is no such pipe, or no more
   * @throws PipeTimeoutException none became free
   * @throws IOException the name is malformed, and so on
   */
  public static void waitAvailable(String name, Duration time) throws IOException {
    final String full = Names.full(name);
    final int ms = Timeouts.ms(time);
    NativeLibrary.load();
    final int status = Names.waitAvailable(Memory.name(full), ms, "wait for " + full);
    if (status != Native.PIPES_OK) throw PipeException.of(status, "wait for " + full);
  }

  /**
   * Opens a pipe of message type, sends a request, receives the reply and closes.
   *
   * @param name as for {@link #open(String)}
   * @param request the request
   * @param replyMax the longest reply that is expected; of a longer one nothing is received
   * @param time how long it all may take; zero: an instance is not waited for, nor the reply
   * @return the reply
   * @throws PipeTimeoutException the time is up
   * @throws IOException as for {@link #open(String)} and {@link #transact(byte[])}
   */
  public static byte[] call(String name, byte[] request, int replyMax, Duration time) throws IOException {
    final String full = Names.full(name);
    Objects.requireNonNull(request, "request");
    if (replyMax < 0) throw new IllegalArgumentException("a negative length");
    final int ms = Timeouts.ms(time);
    NativeLibrary.load();
    return Names.call(full, request, replyMax, ms);
  }

  /**
   * The pipes that exist.
   *
   * @return their names, without {@code \\.\pipe\}, as their creators spelled them
   * @throws IOException they cannot be looked for
   */
  public static List<String> list() throws IOException {
    return Names.list();
  }

  // ------------------------------------------------------------------------------------------- reading and writing --

  /**
   * Reads what is there, at most what the buffer holds; waits until something is.
   *
   * @param to receives it
   * @return the bytes read; 0 for an empty message, or if the buffer has no room; -1 if the other end has closed and
   *     nothing is left. What a server has disconnected is no end, since something may be lost: it is a PipeException
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
   * Reads into an array, as much as it holds, within a time.
   *
   * @param to receives it, from its beginning on
   * @param time how long at most
   * @return as {@link #read(ByteBuffer)}
   * @throws PipeTimeoutException nothing came
   * @throws IOException see the package
   */
  public int read(byte[] to, Duration time) throws IOException {
    return read(ByteBuffer.wrap(to), time);
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
   * The same, later.
   *
   * @param to receives it; must be left alone until then
   * @return what {@link #read(ByteBuffer)} will return
   * @throws IOException it is closed
   */
  public CompletableFuture<Integer> readAsync(ByteBuffer to) throws IOException {
    return Transfers.read(end, to, Timeouts.INFINITE);
  }

  /**
   * The same, later, within a time.
   *
   * @param to receives it; must be left alone until then
   * @param time how long at most; then the future fails with {@link PipeTimeoutException}
   * @return what {@link #read(ByteBuffer)} will return
   * @throws IOException it is closed
   */
  public CompletableFuture<Integer> readAsync(ByteBuffer to, Duration time) throws IOException {
    return Transfers.read(end, to, Timeouts.ms(time));
  }

  /**
   * Writes all that remains in the buffer; on a pipe of message type as one message, which may be empty. Waits until
   * what is unread fits the quota.
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
   * @throws PipeTimeoutException it did not fit in time; the other end may have read its beginning
   * @throws IOException as {@link #write(ByteBuffer)}
   */
  public int write(ByteBuffer from, Duration time) throws IOException {
    return end.write(from, Timeouts.ms(time));
  }

  /**
   * Writes an array; on a pipe of message type as one message, which may be empty.
   *
   * @param from what to write
   * @return the bytes written: all
   * @throws IOException as {@link #write(ByteBuffer)}
   */
  public int write(byte[] from) throws IOException {
    return write(ByteBuffer.wrap(from));
  }

  /**
   * The same, within a time.
   *
   * @param from what to write
   * @param time how long at most
   * @return the bytes written: all
   * @throws PipeTimeoutException it did not fit in time; the other end may have read its beginning
   * @throws IOException as {@link #write(ByteBuffer)}
   */
  public int write(byte[] from, Duration time) throws IOException {
    return write(ByteBuffer.wrap(from), time);
  }

  /**
   * Writes a part of an array; on a pipe of message type as one message, which may be empty.
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
   * The same, later.
   *
   * @param from what to write; must be left alone until then
   * @return the bytes written: all
   * @throws IOException it is closed
   */
  public CompletableFuture<Integer> writeAsync(ByteBuffer from) throws IOException {
    return Transfers.write(end, from, Timeouts.INFINITE);
  }

  /**
   * The same, later, within a time.
   *
   * @param from what to write; must be left alone until then
   * @param time how long at most; then the future fails with {@link PipeTimeoutException}
   * @return the bytes written: all
   * @throws IOException it is closed
   */
  public CompletableFuture<Integer> writeAsync(ByteBuffer from, Duration time) throws IOException {
    return Transfers.write(end, from, Timeouts.ms(time));
  }

  /**
   * Writes an array, later.
   *
   * @param from what to write; must be left alone until then
   * @return the bytes written: all
   * @throws IOException it is closed
   */
  public CompletableFuture<Integer> writeAsync(byte[] from) throws IOException {
    return writeAsync(ByteBuffer.wrap(from));
  }

  /**
   * The same, within a time.
   *
   * @param from what to write; must be left alone until then
   * @param time how long at most; then the future fails with {@link PipeTimeoutException}
   * @return the bytes written: all
   * @throws IOException it is closed
   */
  public CompletableFuture<Integer> writeAsync(byte[] from, Duration time) throws IOException {
    return writeAsync(ByteBuffer.wrap(from), time);
  }

  /**
   * Looks at what is unread. Never waits.
   *
   * @return how much there is
   * @throws IOException the other end has closed and nothing is left, and see the package
   */
  public PeekResult peek() throws IOException {
    return end.peek(null);
  }

  /**
   * Copies what is unread, and leaves it unread; on a pipe of message type, of the first message alone.
   *
   * @param to receives it
   * @return how much there is
   * @throws IOException as {@link #peek()}
   */
  public PeekResult peek(ByteBuffer to) throws IOException {
    return end.peek(Objects.requireNonNull(to));
  }

  /**
   * Waits until the other end has read what was written here so far.
   *
   * @throws IOException the other end closed meanwhile, and see the package
   */
  public void drain() throws IOException {
    end.drain(Timeouts.INFINITE);
  }

  /**
   * The same, within a time.
   *
   * @param time how long at most
   * @throws PipeTimeoutException something is still unread
   * @throws IOException as {@link #drain()}
   */
  public void drain(Duration time) throws IOException {
    end.drain(Timeouts.ms(time));
  }

  // ------------------------------------------------------------------------------------------------------ messages --

  /**
   * Whether the last read of this end went to the end of a message. If not, the next read goes on with it.
   *
   * @return whether it did
   */
  public boolean isMessageComplete() {
    return end.isMessageComplete();
  }

  /**
   * Chooses how this end reads.
   *
   * @param whole by messages (the pipe must be of message type) or by bytes
   * @throws IOException the pipe is of byte type, and so on
   */
  public void readMessages(boolean whole) throws IOException {
    end.readMessages(whole);
  }

  /**
   * Bounds how long a message {@link #readMessage()} and its like accept, 64 MiB if this is not called: whoever may write
   * to the pipe could use up the memory of this process otherwise. A longer one is a {@link PipeException} of the number
   * {@link PipeException#MORE_DATA}; nothing of it is lost, so with a higher bound it can be read, and piece by piece
   * with {@link #read(ByteBuffer)}.
   *
   * @param bytes the longest that is accepted, at least 1
   */
  public void messageMax(int bytes) {
    end.messageMax(bytes);
  }

  /**
   * Reads one message, however long up to {@link #messageMax}. One thread at a time may do so.
   *
   * @return the message, which may be empty; null if the other end has closed and nothing is left
   * @throws IllegalStateException this end reads by bytes
   * @throws java.nio.channels.ReadPendingException another message is being read here
   * @throws IOException as {@link #read(ByteBuffer)}
   */
  public byte[] readMessage() throws IOException {
    return end.readMessage(Timeouts.INFINITE);
  }

  /**
   * The same, within a time. A message that did not come in time whole can be read later.
   *
   * @param time how long at most
   * @return as {@link #readMessage()}
   * @throws PipeTimeoutException no message came
   * @throws IOException as {@link #readMessage()}
   */
  public byte[] readMessage(Duration time) throws IOException {
    return end.readMessage(Timeouts.ms(time));
  }

  /**
   * The same, later.
   *
   * @return what {@link #readMessage()} will return
   * @throws IOException it is closed
   */
  public CompletableFuture<byte[]> readMessageAsync() throws IOException {
    return Transfers.readMessage(end, Timeouts.INFINITE);
  }

  /**
   * The same, later, within a time.
   *
   * @param time how long at most; then the future fails with {@link PipeTimeoutException}
   * @return what {@link #readMessage()} will return
   * @throws IOException it is closed
   */
  public CompletableFuture<byte[]> readMessageAsync(Duration time) throws IOException {
    return Transfers.readMessage(end, Timeouts.ms(time));
  }

  /**
   * Sends a request and waits for the reply, as one operation. Nothing may be unread at this end.
   *
   * @param request the request
   * @param reply receives the reply, or its beginning: see {@link #isMessageComplete}
   * @return the bytes received
   * @throws PipeBusyException something is unread here; nothing was sent
   * @throws IOException the pipe is of byte type or this end reads by bytes; the other end has closed; see the package
   */
  public int transact(ByteBuffer request, ByteBuffer reply) throws IOException {
    return end.transact(request, reply, Timeouts.INFINITE);
  }

  /**
   * The same, within a time.
   *
   * @param request the request
   * @param reply receives the reply, or its beginning
   * @param time how long at most
   * @return the bytes received
   * @throws PipeTimeoutException the reply did not come; it will come as an ordinary message
   * @throws IOException as {@link #transact(ByteBuffer, ByteBuffer)}
   */
  public int transact(ByteBuffer request, ByteBuffer reply, Duration time) throws IOException {
    return end.transact(request, reply, Timeouts.ms(time));
  }

  /**
   * The same, with a reply of any length up to {@link #messageMax}.
   *
   * @param request the request
   * @return the reply
   * @throws PipeException of the number {@link PipeException#MORE_DATA}: the reply is longer; it can be read as a
   *     message still
   * @throws IOException as {@link #transact(ByteBuffer, ByteBuffer)}
   */
  public byte[] transact(byte[] request) throws IOException {
    return end.transact(Objects.requireNonNull(request), Timeouts.INFINITE);
  }

  /**
   * The same, within a time.
   *
   * @param request the request
   * @param time how long at most
   * @return the reply
   * @throws PipeTimeoutException the reply did not come whole; it can be read as a message later
   * @throws IOException as {@link #transact(byte[])}
   */
  public byte[] transact(byte[] request, Duration time) throws IOException {
    return end.transact(Objects.requireNonNull(request), Timeouts.ms(time));
  }

  /**
   * Sends a request; the reply comes later.
   *
   * @param request the request; must be left alone until then
   * @param reply receives the reply; must be left alone until then
   * @return what {@link #transact(ByteBuffer, ByteBuffer)} will return
   * @throws IOException it is closed
   */
  public CompletableFuture<Integer> transactAsync(ByteBuffer request, ByteBuffer reply) throws IOException {
    return Transfers.transact(end, request, reply, Timeouts.INFINITE);
  }

  /**
   * The same, within a time.
   *
   * @param request the request; must be left alone until then
   * @param reply receives the reply; must be left alone until then
   * @param time how long at most; then the future fails with {@link PipeTimeoutException}
   * @return what {@link #transact(ByteBuffer, ByteBuffer)} will return
   * @throws IOException it is closed
   */
  public CompletableFuture<Integer> transactAsync(ByteBuffer request, ByteBuffer reply, Duration time)
      throws IOException {
    return Transfers.transact(end, request, reply, Timeouts.ms(time));
  }

  /**
   * Sends a request; the reply, of any length up to {@link #messageMax}, comes later.
   *
   * @param request the request; may be changed at once
   * @return what {@link #transact(byte[])} will return
   * @throws PipeBusyException another message is being read here
   * @throws IOException it is closed
   */
  public CompletableFuture<byte[]> transactAsync(byte[] request) throws IOException {
    return Transfers.transact(end, Objects.requireNonNull(request), Timeouts.INFINITE);
  }

  /**
   * The same, within a time.
   *
   * @param request the request; may be changed at once
   * @param time how long until the reply begins to come; then the future fails with {@link PipeTimeoutException}
   * @return what {@link #transact(byte[])} will return
   * @throws PipeBusyException another message is being read here
   * @throws IOException it is closed
   */
  public CompletableFuture<byte[]> transactAsync(byte[] request, Duration time) throws IOException {
    return Transfers.transact(end, Objects.requireNonNull(request), Timeouts.ms(time));
  }

  // ------------------------------------------------------------------------------------------------------- streams --

  /**
   * What comes in, as a stream. Bounds of messages vanish in it. Closing it closes this end.
   *
   * @return the stream
   */
  public InputStream inputStream() {
    return new PipeStreams.In(end);
  }

  /**
   * What goes out, as a stream. It does not buffer: each write is one of the pipe. Closing it closes this end.
   *
   * @return the stream
   */
  public OutputStream outputStream() {
    return new PipeStreams.Out(end);
  }

  // ------------------------------------------------------------------------------------------------------- queries --

  /**
   * The name by which this end was opened.
   *
   * @return with its prefix
   */
  public String name() {
    return end.name();
  }

  /**
   * What this end looks like now.
   *
   * @return all of it
   * @throws IOException an outbound server's end may not be asked; a disconnected client's end cannot; see the package
   */
  public PipeInfo info() throws IOException {
    return PipeInfo.of(end);
  }

  /**
   * The process that opened the client's end, by the system's word.
   *
   * @return its number
   * @throws IOException there is no client
   */
  public int clientProcessId() throws IOException {
    final Scratch scratch = Scratch.mine();
    return number(() -> Native.pipes_get_client_process_id(end.handle().value, scratch.at(0)), scratch);
  }

  /**
   * The session of the client's process.
   *
   * @return its number; 0 if there is none
   * @throws IOException there is no client
   */
  public int clientSessionId() throws IOException {
    final Scratch scratch = Scratch.mine();
    return number(() -> Native.pipes_get_client_session_id(end.handle().value, scratch.at(0)), scratch);
  }

  /**
   * The process that made the server's end.
   *
   * @return its number
   * @throws IOException this client was disconnected
   */
  public int serverProcessId() throws IOException {
    final Scratch scratch = Scratch.mine();
    return number(() -> Native.pipes_get_server_process_id(end.handle().value, scratch.at(0)), scratch);
  }

  /**
   * The session of the server's process.
   *
   * @return its number; 0 if there is none
   * @throws IOException this client was disconnected
   */
  public int serverSessionId() throws IOException {
    final Scratch scratch = Scratch.mine();
    return number(() -> Native.pipes_get_server_session_id(end.handle().value, scratch.at(0)), scratch);
  }

  private int number(IntSupplier call, Scratch scratch) throws IOException {
    end.askOrThrow(call, "look at");
    return scratch.cells.getInt(0);
  }

  /**
   * The name of the client's user, at a server's end that has read something.
   *
   * @return the name
   * @throws IOException nothing was read yet; this is a client's end
   */
  public String clientUserName() throws IOException {
    final Scratch scratch = Scratch.mine();
    final int size = 1024;
    final ByteBuffer room = scratch.room(size);
    end.askOrThrow(
        () -> Native.pipes_get_state(end.handle().value, 0, 0, 0, 0, Native.address_of(room), size), "look at");
    return Memory.text(Native.address_of(room));
  }

  /**
   * The computer of the client, at a server's end.
   *
   * @return its name; empty if it is this one
   * @throws IOException there is no client; this is a client's end
   */
  public String clientComputerName() throws IOException {
    final Scratch scratch = Scratch.mine();
    final int size = 1024;
    final ByteBuffer room = scratch.room(size);
    final int status = end.ask(
        () -> Native.pipes_get_client_computer_name(end.handle().value, Native.address_of(room), size), "look at");
    if (status == Native.PIPES_ERROR_PIPE_LOCAL) return "";
    if (status != Native.PIPES_OK) throw end.failure(status, "look at");
    return Memory.text(Native.address_of(room));
  }

  // ------------------------------------------------------------------------------------------------------ security --

  /**
   * Who the client is, at a server's end: who opened the pipe, or, if its identity is tracked, who wrote what was read
   * last.
   *
   * @return the identity
   * @throws IOException there is no client; this is a client's end
   */
  public ClientIdentity clientIdentity() throws IOException {
    return ClientIdentity.of(end);
  }

  /**
   * Does something with the client's rights, at a server's end, on this thread and no other: files that are opened
   * meanwhile, for one, are checked against the client and belong to him. On failure to act as the client nothing is
   * done.
   *
   * <p>Java itself then has the client's rights, too, on this thread: classes that it loads for the first time in
   * {@code action} must be where the client may read them. Not to be called on a virtual thread.
   *
   * @param <T> what comes of it
   * @param <X> what the action may fail with
   * @param action what to do; must start no threads, which would keep the client's rights
   * @return what the action returned
   * @throws PipeException the client forbids it, or has not written yet, or this process lacks the privilege
   * @throws X the action failed
   * @throws IOException see the package
   */
  public <T, X extends Exception> T runAsClient(ClientAction<T, X> action) throws IOException, X {
    Objects.requireNonNull(action);
    if (Thread.currentThread().getClass().getName().contains("Virtual")) {
      throw new IllegalStateException("a virtual thread has no rights of its own: use a platform thread");
    }
    end.askOrThrow(() -> Native.pipes_impersonate_client(end.handle().value), "act as the client of");
    try {
      return action.run();
    } finally {
      final int status = Native.pipes_revert_to_self();
      if (status != Native.PIPES_OK) throw new Error(PipeException.of(status, "revert to self"));
    }
  }

  /**
   * The pipe's security: owner, group, DACL and label.
   *
   * @return a copy
   * @throws IOException this end has no right to ask; see the package
   */
  public PipeSecurity security() throws IOException {
    final Scratch scratch = Scratch.mine();
    final int parts = Native.PIPES_OWNER_SECURITY_INFORMATION | Native.PIPES_GROUP_SECURITY_INFORMATION
        | Native.PIPES_DACL_SECURITY_INFORMATION | Native.PIPES_LABEL_SECURITY_INFORMATION;
    end.askOrThrow(() -> Native.pipes_get_security(end.handle().value, parts, scratch.at(0), scratch.at(8)),
        "ask for the security of");
    return PipeSecurity.take(scratch);
  }

  /**
   * Replaces the pipe's DACL, for every client that opens it from now on. Of a server's end that takes
   * {@link NamedPipeServer.Builder#changeableSecurity}.
   *
   * @param security whose DACL counts
   * @throws PipeAccessDeniedException this end has no right to
   * @throws IOException see the package
   */
  public void setSecurity(PipeSecurity security) throws IOException {
    final ByteBuffer descriptor = security.direct();
    end.askOrThrow(() -> Native.pipes_set_security(end.handle().value, Native.PIPES_DACL_SECURITY_INFORMATION,
        Memory.address(descriptor), descriptor.limit()), "change the security of");
    Reference.reachabilityFence(descriptor);
  }

  // ----------------------------------------------------------------------------------------------------- ending it --

  /**
   * At a server's end: ends the conversation at once, and gives the instance back to its {@link NamedPipeServer}, where
   * the next client finds it. What is unread on either side is lost ({@link #drain} first), and the client's calls fail
   * with {@link PipeException#PIPE_NOT_CONNECTED}. This end is closed.
   *
   * <p>A server with few instances needs this: an instance whose ends are merely closed counts until its client's end
   * is closed, too.
   *
   * @throws UnsupportedOperationException this is a client's end
   * @throws IOException see the package
   */
  public void disconnect() throws IOException {
    if (server == null) throw new UnsupportedOperationException("only a server disconnects");
    server.takeBack(end);
  }

  @Override
  public boolean isOpen() {
    return end.isOpen();
  }

  /** Closes this end. What was written stays readable; what was not read is lost. Calls that wait here end. */
  @Override
  public void close() throws IOException {
    end.close();
  }

  @Override
  public String toString() {
    return (server == null ? "client" : "server") + " end of " + end.name() + (isOpen() ? "" : " (closed)");
  }
}
