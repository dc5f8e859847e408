// An end of a pipe as the public classes share it: the calls that wait, each with a limit, with interruption and
// closing.
//
// A call without a limit goes straight to the library and blocks there. One with a limit is an overlapped operation
// that is waited for and cancelled when the time is up; on Windows every call of a named pipe's end is one.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;

final class Endpoint extends AbstractInterruptibleChannel {
  /** Calls that wait. */
  enum Call {
    CONNECT("connect"),
    READ("read"),
    WRITE("write"),
    TRANSACT("transact");

    final String what;

    Call(String what) {
      this.what = what;
    }
  }

  /** A piece of a byte stream that goes through heap memory at once. */
  private static final int PIECE_BYTES_MAX = 1 << 20;

  /** Room for a message whose length is not known yet. */
  static final int FIRST_ROOM_BYTES = 1 << 16;

  private static final Cleaner CLEANER = Cleaner.create();
  private static final boolean BLOCKS_IN_CALLS =
      !NativeLibrary.WINDOWS && !Boolean.getBoolean("io.github.pipes.overlapped");

  private final Handle handle;
  private final Cleaner.Cleanable cleanable;
  private final String name;
  final boolean isOverlapped;
  final boolean isMessageType;
  private volatile boolean readsMessages;
  private volatile boolean messageComplete = true;

  private final Set<Wait> waits = ConcurrentHashMap.newKeySet(); // calls without an overlapped form
  private final AtomicBoolean readingMessage = new AtomicBoolean();
  private byte[] begun; // the beginning of a message whose reading was broken off. Guarded by this.
  private volatile boolean hasBegun; // whether there is one
  private volatile int messageMax = 64 << 20;
  private boolean bound; // to the port. Guarded by this.

  Endpoint(long value, String name, boolean isOverlapped, boolean isMessageType, boolean readsMessages) {
    handle = new Handle(value);
    this.name = name;
    this.isOverlapped = isOverlapped;
    this.isMessageType = isMessageType;
    this.readsMessages = readsMessages;
    cleanable = CLEANER.register(this, handle);
  }

  Handle handle() {
    return handle;
  }

  String name() {
    return name;
  }

  boolean readsMessages() {
    return readsMessages;
  }

  boolean isMessageComplete() {
    return messageComplete;
  }

  void noteMessageComplete(boolean complete) {
    messageComplete = complete;
  }

  @Override
  protected void implCloseChannel() {
    if (NativeLibrary.WINDOWS) waits.forEach(Wait::cancel); // on Linux closing ends them
    cleanable.clean();
  }

  synchronized void bindToPort() throws PipeException {
    if (bound) return;
    Port.get().bind(handle);
    bound = true;
  }

  synchronized boolean isBound() {
    return bound;
  }

  synchronized void isBoundAlready() {
    bound = true;
  }

  PipeException failure(int status, String what) {
    return PipeException.of(status, what + " " + name);
  }

  // ---------------------------------------------------------------------------------------------- calls that wait --

  private static int call(Call call, long handle, long a, int aSize, long b, int bSize, long count, long overlapped) {
    return switch (call) {
      case CONNECT -> Native.pipes_connect(handle, overlapped);
      case READ -> Native.pipes_read(handle, a, aSize, count, overlapped);
      case WRITE -> Native.pipes_write(handle, a, aSize, count, overlapped);
      case TRANSACT -> Native.pipes_transact(handle, a, aSize, b, bSize, count, overlapped);
    };
  }

  /** Makes `call`. The bytes that it transferred stand in the first cell of `scratch` afterwards. */
  int transfer(Call call, long a, int aSize, long b, int bSize, int ms, Scratch scratch) throws IOException {
    if (!handle.acquire()) throw new ClosedChannelException();
    boolean completed = false;
    int status = Native.PIPES_ERROR_OPERATION_ABORTED;
    try {
      begin();
      if (!isOverlapped) {
        status = waitFor(() -> call(call, handle.value, a, aSize, b, bSize, scratch.at(0), 0), ms, call.what);
      } else if (ms == Timeouts.INFINITE && BLOCKS_IN_CALLS) {
        status = call(call, handle.value, a, aSize, b, bSize, scratch.at(0), 0);
      } else {
        status = operate(call, a, aSize, b, bSize, ms, scratch);
      }
      completed = status == Native.PIPES_OK || status == Native.PIPES_ERROR_MORE_DATA;
    } finally {
      handle.release();
      end(completed);
    }
    return status;
  }

  private int operate(Call call, long a, int aSize, long b, int bSize, int ms, Scratch scratch) throws IOException {
    final Slot slot = Slot.take();
    int status = Native.PIPES_ERROR_OPERATION_ABORTED;
    if (handle.begin()) {
      status = call(call, handle.value, a, aSize, b, bSize, slot.transferredAddress(), slot.overlapped());
      handle.begun();
    }
    if (status == Native.PIPES_ERROR_IO_PENDING) {
      status = slot.await(handle, ms);
      if (status == Native.PIPES_ERROR_OPERATION_ABORTED && !handle.isClosing()) {
        slot.giveBack();
        throw new PipeTimeoutException(call.what + " " + name);
      }
    }
    final boolean isSuccess = status == Native.PIPES_OK || status == Native.PIPES_ERROR_MORE_DATA;
    scratch.cells.putInt(0, isSuccess ? slot.transferred() : 0);
    slot.giveBack();
    return status;
  }

  /** Makes a call that blocks and has no overlapped form. Within begin and end. */
  private int waitFor(IntSupplier call, int ms, String what) throws IOException {
    final Wait wait = new Wait();
    waits.add(wait);
    final int status;
    try {
      wait.limit(ms);
      status = handle.isClosing() ? Native.PIPES_ERROR_OPERATION_ABORTED : call.getAsInt();
    } finally {
      wait.leave();
      waits.remove(wait);
    }
    if (status == Native.PIPES_ERROR_OPERATION_ABORTED && wait.timedOut() && isOpen()) {
      throw new PipeTimeoutException(what + " " + name);
    }
    return status;
  }

  /** Makes a call that does not wait for others. */
  int ask(IntSupplier call, String what) throws IOException {
    if (!handle.acquire()) throw new ClosedChannelException();
    final int status;
    try {
      status = call.getAsInt();
    } finally {
      handle.release();
      Reference.reachabilityFence(this);
    }
    if (status != Native.PIPES_OK && !isOpen()) throw new ClosedChannelException();
    return status;
  }

  void askOrThrow(IntSupplier call, String what) throws IOException {
    final int status = ask(call, what);
    if (status != Native.PIPES_OK) throw failure(status, what);
  }

  void ensureOpen() throws ClosedChannelException {
    if (!isOpen()) throw new ClosedChannelException();
  }

  // --------------------------------------------------------------------------------------------------------- data --

  int read(ByteBuffer to, int ms) throws IOException {
    ensureWritable(to);
    ensureOpen();
    final int size = to.remaining();
    if (size == 0) return 0;
    if (hasBegun) {
      final int taken = takeBegun(to);
      if (taken > 0) return taken;
    }
    final Scratch scratch = Scratch.mine();
    final ByteBuffer room =
        to.isDirect() ? to : scratch.room(readsMessages ? size : Math.min(size, PIECE_BYTES_MAX));
    final int status = transfer(Call.READ, Memory.address(room), room.remaining(), 0, 0, ms, scratch);
    Reference.reachabilityFence(room);
    if (status == Native.PIPES_ERROR_BROKEN_PIPE) return -1;
    if (status != Native.PIPES_OK && status != Native.PIPES_ERROR_MORE_DATA) throw failure(status, "read");
    messageComplete = status == Native.PIPES_OK;
    final int count = scratch.cells.getInt(0);
    if (room == to) {
      to.position(to.position() + count);
    } else {
      to.put(room.limit(count));
    }
    return count;
  }

  static void ensureWritable(ByteBuffer to) {
    if (to.isReadOnly()) throw new IllegalArgumentException("a read-only buffer");
  }

  int write(ByteBuffer from, int ms) throws IOException {
    ensureOpen();
    final int size = from.remaining();
    if (size == 0 && !isMessageType) return 0;
    final Scratch scratch = Scratch.mine();
    if (from.isDirect()) {
      writeOnce(from, ms, scratch);
    } else if (isMessageType || size <= PIECE_BYTES_MAX) {
      writeOnce(scratch.room(size).put(from.duplicate()).flip(), ms, scratch);
    } else {
      writePieces(from, ms, scratch);
    }
    from.position(from.limit());
    return size;
  }

  private void writeOnce(ByteBuffer direct, int ms, Scratch scratch) throws IOException {
    final int status = transfer(Call.WRITE, Memory.address(direct), direct.remaining(), 0, 0, ms, scratch);
    Reference.reachabilityFence(direct);
    if (status != Native.PIPES_OK) throw failure(status, "write");
  }

  private void writePieces(ByteBuffer from, int ms, Scratch scratch) throws IOException {
    final long deadline = ms == Timeouts.INFINITE ? 0 : Timeouts.deadline(ms);
    while (from.hasRemaining()) {
      final int piece = Math.min(from.remaining(), PIECE_BYTES_MAX);
      final ByteBuffer room = scratch.room(piece).put(from.slice(from.position(), piece)).flip();
      writeOnce(room, ms == Timeouts.INFINITE ? ms : Timeouts.left(deadline), scratch);
      from.position(from.position() + piece);
    }
  }

  int transact(ByteBuffer request, ByteBuffer reply, int ms) throws IOException {
    ensureWritable(reply);
    ensureOpen();
    final Scratch scratch = Scratch.mine();
    final int requestSize = request.remaining();
    final int replySize = reply.remaining();
    final ByteBuffer room = scratch.room(
        Math.addExact(request.isDirect() ? 0 : requestSize, reply.isDirect() ? 0 : replySize));
    final ByteBuffer out =
        request.isDirect() ? request : room.slice(0, requestSize).put(request.duplicate()).flip();
    final ByteBuffer in =
        reply.isDirect() ? reply : room.slice(room.limit() - replySize, replySize);
    final int status =
        transfer(Call.TRANSACT, Memory.address(out), requestSize, Memory.address(in), replySize, ms, scratch);
    Reference.reachabilityFence(room);
    Reference.reachabilityFence(request);
    Reference.reachabilityFence(reply);
    if (status != Native.PIPES_OK && status != Native.PIPES_ERROR_MORE_DATA) throw failure(status, "transact");
    messageComplete = status == Native.PIPES_OK;
    final int count = scratch.cells.getInt(0);
    request.position(request.limit());
    if (in == reply) {
      reply.position(reply.position() + count);
    } else {
      reply.put(in.limit(count));
    }
    return count;
  }

  // ----------------------------------------------------------------------------------------------- whole messages --

  /** The next message whole; null at the end. */
  byte[] readMessage(int ms) throws IOException {
    beginMessage();
    try {
      return readWhole(ms == Timeouts.INFINITE ? 0 : Timeouts.deadline(ms), ms);
    } finally {
      endMessage();
    }
  }

  /** The same until the deadline, if `ms` is a limit. Within beginMessage or beginExchange and endMessage. */
  private byte[] readWhole(long deadline, int ms) throws IOException {
    final Scratch scratch = Scratch.mine();
    int size = roomForMessage();
    for (;;) {
      final ByteBuffer room = scratch.room(size);
      final int left = ms == Timeouts.INFINITE ? ms : Timeouts.left(deadline);
      final int status = transfer(Call.READ, Memory.address(room), size, 0, 0, left, scratch);
      final byte[] message = partRead(status, room, scratch.cells.getInt(0));
      if (message != null) return message;
      if (status == Native.PIPES_ERROR_BROKEN_PIPE) return null;
      size = roomForTheRest();
    }
  }

  /** Sends a request; the reply whole. What came of a reply that is not whole is kept for the next who reads. */
  byte[] transact(byte[] request, int ms) throws IOException {
    beginExchange();
    try {
      final long deadline = ms == Timeouts.INFINITE ? 0 : Timeouts.deadline(ms);
      final ByteBuffer reply = ByteBuffer.allocate(firstRoom());
      transact(ByteBuffer.wrap(request), reply, ms);
      final int status = messageComplete ? Native.PIPES_OK : Native.PIPES_ERROR_MORE_DATA;
      final byte[] message = partRead(status, reply, reply.position());
      if (message != null) return message;
      final byte[] whole = readWhole(deadline, ms);
      if (whole == null) throw failure(Native.PIPES_ERROR_BROKEN_PIPE, Call.TRANSACT.what);
      return whole;
    } finally {
      endMessage();
    }
  }

  /** As beginMessage, for a request whose reply is read whole. */
  void beginExchange() throws IOException {
    ensureOpen();
    if (!readingMessage.compareAndSet(false, true)) {
      throw failure(Native.PIPES_ERROR_PIPE_BUSY, Call.TRANSACT.what); // as if that read had begun already
    }
  }

  /** How much to read of a message of which nothing is known. */
  int firstRoom() {
    return Math.min(FIRST_ROOM_BYTES, messageMax);
  }

  void beginMessage() throws ClosedChannelException {
    ensureOpen();
    if (!readsMessages) throw new IllegalStateException(name + " is not read by messages: see readMessages");
    if (!readingMessage.compareAndSet(false, true)) throw new ReadPendingException();
  }

  void endMessage() {
    readingMessage.set(false);
  }

  /** Takes in a part of a message. Returns the message if it is whole now; null if more is to come, or it ended. */
  synchronized byte[] partRead(int status, ByteBuffer room, int count) throws PipeException {
    if (status == Native.PIPES_ERROR_BROKEN_PIPE) {
      begun = null; // its writer died amid it
      hasBegun = false;
      return null;
    }
    if (status != Native.PIPES_OK && status != Native.PIPES_ERROR_MORE_DATA) throw failure(status, "read");
    messageComplete = status == Native.PIPES_OK;
    final int before = begun == null ? 0 : begun.length;
    final byte[] message = begun == null ? new byte[count] : Arrays.copyOf(begun, Math.addExact(before, count));
    room.get(0, message, before, count);
    begun = messageComplete ? null : message;
    hasBegun = begun != null;
    return messageComplete ? message : null;
  }

  /** The longest message that is read whole. */
  int messageMax() {
    return messageMax;
  }

  void messageMax(int bytes) {
    if (bytes < 1) throw new IllegalArgumentException("a length of " + bytes);
    messageMax = bytes;
  }

  /** How much to read of a message: of one that has begun what is left of it, as far as one can see. */
  int roomForMessage() throws IOException {
    return hasBegun ? roomForTheRest() : firstRoom();
  }

  /** How much of a message is left, as far as one can see. */
  int roomForTheRest() throws IOException {
    final int left = Math.max(1, peek(null).leftInMessage());
    final int most = messageMax;
    synchronized (this) {
      if ((long) left + (begun == null ? 0 : begun.length) <= most) return left;
    }
    throw new PipeException(Native.PIPES_ERROR_MORE_DATA, "read from " + name,
        "the message is longer than " + most + " bytes: see messageMax");
  }

  boolean hasBegun() {
    return hasBegun;
  }

  private synchronized int takeBegun(ByteBuffer to) {
    if (begun == null) return 0;
    final int count = Math.min(to.remaining(), begun.length);
    to.put(begun, 0, count);
    begun = count == begun.length ? null : Arrays.copyOfRange(begun, count, begun.length);
    hasBegun = begun != null;
    messageComplete = false;
    return count;
  }

  // --------------------------------------------------------------------------------------------------------- others --

  PeekResult peek(ByteBuffer to) throws IOException {
    if (to != null) ensureWritable(to);
    final Scratch scratch = Scratch.mine();
    final int size = to == null ? 0 : to.remaining();
    final ByteBuffer room = size == 0 || to.isDirect() ? to : scratch.room(Math.min(size, PIECE_BYTES_MAX));
    final long address = size == 0 ? 0 : Memory.address(room);
    final int roomSize = size == 0 ? 0 : room.remaining();
    final int status = ask(() -> Native.pipes_peek(handle.value, address, roomSize, scratch.at(0), scratch.at(4),
        scratch.at(8)), "peek");
    Reference.reachabilityFence(room);
    if (status != Native.PIPES_OK) throw failure(status, "peek");
    final int count = scratch.cells.getInt(0);
    if (size != 0) {
      if (room == to) {
        to.position(to.position() + count);
      } else {
        to.put(room.limit(count));
      }
    }
    return new PeekResult(count, scratch.cells.getInt(4), scratch.cells.getInt(8));
  }

  void drain(int ms) throws IOException {
    if (!handle.acquire()) throw new ClosedChannelException();
    boolean completed = false;
    final int status;
    try {
      begin();
      status = waitFor(() -> Native.pipes_flush(handle.value), ms, "drain");
      completed = status == Native.PIPES_OK;
    } finally {
      handle.release();
      end(completed);
    }
    if (status != Native.PIPES_OK) throw failure(status, "drain");
  }

  void readMessages(boolean whole) throws IOException {
    final Scratch scratch = Scratch.mine();
    scratch.cells.putInt(0, whole ? Native.PIPES_READMODE_MESSAGE : Native.PIPES_READMODE_BYTE);
    askOrThrow(() -> Native.pipes_set_state(handle.value, scratch.at(0), 0, 0), "set the read mode of");
    readsMessages = whole;
  }
}
