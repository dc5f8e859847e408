// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A named pipe as its server sees it: it makes the instances and accepts clients.
 *
 * <p>The pipe exists once this is open: clients may open it before {@link #accept} is called. A client that was
 * accepted has an instance of its own; closing the server closes none of those.
 *
 * <pre>{@code
 * try (var server = NamedPipeServer.builder("greeting").messages().open()) {
 *   for (;;) {
 *     try (var pipe = server.accept()) {
 *       pipe.write(ByteBuffer.wrap(greet(pipe.readMessage())));
 *     }
 *   }
 * }
 * }</pre>
 */
public final class NamedPipeServer implements Channel {
  private final Builder settings;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by `lock`. Every instance that listens has a connect pending; who accepts takes what these have brought. So a
  // client is never at an instance that nobody looks at, and giving up an accept touches none.
  private final Map<Endpoint, Operation<?>> listening = new HashMap<>();
  private final ArrayDeque<Endpoint> connected = new ArrayDeque<>(); // and not accepted yet
  private final ArrayDeque<PipeFuture<NamedPipe>> queue = new ArrayDeque<>(); // acceptAsync
  private int waiting; // threads in accept
  private int inUse; // accepted and not closed
  private boolean closed;

  private NamedPipeServer(Builder settings) throws IOException {
    this.settings = settings;
    final Endpoint first = settings.create(settings.exclusive);
    lock.lock();
    try {
      listen(first);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Creates a pipe for bytes both ways, of any number of instances, with the default security. Nobody may have made one
   * of that name.
   *
   * @param name {@code \\.\pipe\name}, or {@code name} alone
   * @return the server, to be closed
   * @throws PipeAccessDeniedException there is a pipe of that name
   * @throws PipeBusyException there is one, and it has all the instances that its {@link Builder#instancesMax} allows
   * @throws IOException the name is malformed, and so on
   */
  public static NamedPipeServer open(String name) throws IOException {
    return builder(name).open();
  }

  /**
   * Begins to say what a pipe is to be like.
   *
   * @param name as for {@link #open(String)}
   * @return what says it
   */
  public static Builder builder(String name) {
    return new Builder(Names.full(name));
  }

  /** What a pipe is to be like. */
  public static final class Builder {
    private static final int ATTRIBUTES = 8; // where pipes_security_attributes lie, and their bytes
    private static final int ATTRIBUTES_BYTES = 24;

    private final String name;
    private PipeDirection direction = PipeDirection.DUPLEX;
    private boolean isMessageType;
    private boolean readsMessages;
    private int instancesMax = Native.PIPES_UNLIMITED_INSTANCES;
    private int outboundQuota = 65536;
    private int inboundQuota = 65536;
    private int defaultWaitMs;
    private boolean exclusive = true;
    private boolean acceptsRemote;
    private PipeSecurity security; // null: the default
    private int changeable; // rights that the handle gets besides

    private Builder(String name) {
      this.name = name;
    }

    private Builder(Builder other) {
      name = other.name;
      direction = other.direction;
      isMessageType = other.isMessageType;
      readsMessages = other.readsMessages;
      instancesMax = other.instancesMax;
      outboundQuota = other.outboundQuota;
      inboundQuota = other.inboundQuota;
      defaultWaitMs = other.defaultWaitMs;
      exclusive = other.exclusive;
      acceptsRemote = other.acceptsRemote;
      security = other.security;
      changeable = other.changeable;
    }

    /**
     * Which way data goes. Both ways, if this is not called.
     *
     * @param way which
     * @return this
     */
    public Builder direction(PipeDirection way) {
      direction = Objects.requireNonNull(way);
      return this;
    }

    /**
     * Of message type, and the server's ends read by messages.
     *
     * @return this
     */
    public Builder messages() {
      isMessageType = true;
      readsMessages = true;
      return this;
    }

    /**
     * How many instances, and so clients at once, there may be.
     *
     * @param count 1 to 254, or 255 for any number
     * @return this
     */
    public Builder instancesMax(int count) {
      if (count < 1 || count > Native.PIPES_UNLIMITED_INSTANCES) throw new IllegalArgumentException("1 to 255");
      instancesMax = count;
      return this;
    }

    /**
     * How many unread bytes a write does not wait for. 65536 each way, if this is not called.
     *
     * @param outbound from the server to the client; 0: each write waits for its reader
     * @param inbound from the client to the server
     * @return this
     */
    public Builder quotas(int outbound, int inbound) {
      if (outbound < 0 || inbound < 0) throw new IllegalArgumentException("a negative quota");
      outboundQuota = outbound;
      inboundQuota = inbound;
      return this;
    }

    /**
     * How long clients wait that leave it to the server.
     *
     * @param time at least a millisecond
     * @return this
     */
    public Builder defaultWait(Duration time) {
      defaultWaitMs = Timeouts.ms(time);
      return this;
    }

    /**
     * Adds instances to a pipe that exists, perhaps another process's, and lets others do the same. Otherwise the name
     * must be new, so that nobody can sit on it before.
     *
     * @return this
     */
    public Builder shared() {
      exclusive = false;
      return this;
    }

    /**
     * Accepts clients of other computers, where there are remote pipes.
     *
     * @return this
     */
    public Builder acceptRemoteClients() {
      acceptsRemote = true;
      return this;
    }

    /**
     * Who may use the pipe. Everything to the system, administrators and this user, reading to everyone else, if this
     * is not called.
     *
     * @param who who may
     * @return this
     */
    public Builder security(PipeSecurity who) {
      security = Objects.requireNonNull(who);
      return this;
    }

    /**
     * The server's ends may change the pipe's security; see {@link NamedPipe#setSecurity}.
     *
     * @return this
     */
    public Builder changeableSecurity() {
      changeable = Native.PIPES_WRITE_DAC;
      return this;
    }

    /**
     * Creates the pipe.
     *
     * @return the server, to be closed
     * @throws IOException as for {@link NamedPipeServer#open(String)}
     */
    public NamedPipeServer open() throws IOException {
      NativeLibrary.load();
      return new NamedPipeServer(new Builder(this));
    }

    private Endpoint create(boolean first) throws IOException {
      final ByteBuffer encoded = Memory.name(name);
      final Scratch scratch = Scratch.mine();
      final int openMode = direction.openMode() | Native.PIPES_FLAG_OVERLAPPED | changeable
          | (first ? Native.PIPES_FLAG_FIRST_PIPE_INSTANCE : 0);
      final int pipeMode = (isMessageType ? Native.PIPES_TYPE_MESSAGE : 0)
          | (readsMessages ? Native.PIPES_READMODE_MESSAGE : 0)
          | (acceptsRemote ? 0 : Native.PIPES_REJECT_REMOTE_CLIENTS);
      final ByteBuffer descriptor = security == null ? null : security.direct();
      if (descriptor != null) {
        scratch.cells.putInt(ATTRIBUTES, ATTRIBUTES_BYTES).putInt(ATTRIBUTES + 4, 0)
            .putLong(ATTRIBUTES + 8, Memory.address(descriptor)).putInt(ATTRIBUTES + 16, descriptor.limit())
            .putInt(ATTRIBUTES + 20, 0);
      }
      final int status = Native.pipes_create_named(Memory.address(encoded), openMode, pipeMode, instancesMax,
          outboundQuota, inboundQuota, defaultWaitMs, descriptor == null ? 0 : scratch.at(ATTRIBUTES), scratch.at(0),
          0);
      Reference.reachabilityFence(descriptor);
      Reference.reachabilityFence(encoded);
      if (status != Native.PIPES_OK) throw PipeException.of(status, "create " + name);
      return new Endpoint(scratch.cells.getLong(0), name, true, isMessageType, readsMessages);
    }
  }

  // ----------------------------------------------------------------------------------------------------- accepting --

  /**
   * Waits for a client. When as many are served as there may be, it waits first for one of these to be closed or
   * disconnected.
   *
   * @return this end of the conversation with it, to be closed
   * @throws PipeBusyException as many instances exist as there may be, and none of them is this server's to wait for:
   *     they are other processes', or were closed here while their clients keep theirs
   * @throws IOException see the package
   */
  public NamedPipe accept() throws IOException {
    return accept(Timeouts.INFINITE);
  }

  /**
   * The same, within a time.
   *
   * @param time how long at most
   * @return as {@link #accept()}
   * @throws PipeTimeoutException no client came
   * @throws IOException as {@link #accept()}
   */
  public NamedPipe accept(Duration time) throws IOException {
    return accept(Timeouts.ms(time));
  }

  private NamedPipe accept(int ms) throws IOException {
    final long deadline = ms == Timeouts.INFINITE ? 0 : Timeouts.deadline(ms);
    try {
      lock.lockInterruptibly();
    } catch (InterruptedException e) {
      throw interrupted();
    }
    try {
      ++waiting;
      final Endpoint end = waitForClient(ms, deadline);
      return own(end);
    } catch (InterruptedException e) {
      throw interrupted();
    } finally {
      --waiting;
      replenishQuietly(); // the next client is to find an instance, whether or not somebody accepts just now
      lock.unlock();
      serveQueue();
    }
  }

  /** With the lock, which it lets go while it waits. */
  private Endpoint waitForClient(int ms, long deadline) throws IOException, InterruptedException {
    boolean waited = false;
    for (;;) {
      if (closed) throw waited ? new AsynchronousCloseException() : new ClosedChannelException();
      final Endpoint end = nextConnected();
      if (end != null) return end;
      replenish();
      if (!connected.isEmpty()) continue;
      final int left = ms == Timeouts.INFINITE ? 1 : Timeouts.left(deadline);
      if (ms == Timeouts.INFINITE || listening.values().stream().anyMatch(Operation::isOver)) {
        changed.await(); // of a connect that is over the port's thread will tell
      } else if (left == 0) {
        throw new PipeTimeoutException("accept at " + settings.name);
      } else {
        changed.await(Integer.toUnsignedLong(left), TimeUnit.MILLISECONDS);
      }
      waited = true;
    }
  }

  private Endpoint nextConnected() {
    Endpoint end;
    do {
      end = connected.poll();
    } while (end != null && !end.isOpen());
    return end;
  }

  private IOException interrupted() throws IOException {
    Thread.currentThread().interrupt();
    close();
    return new ClosedByInterruptException();
  }

  /**
   * Makes as many instances as are waited for, and one at least. With the lock. Where there are as many as there may be,
   * one of those in use will come back; if there is none, that is a failure.
   */
  private void replenish() throws IOException {
    final int wanted = Math.max(1, waiting + queue.size());
    while (!closed && listening.size() + connected.size() < wanted) {
      try {
        listen(settings.create(false));
      } catch (PipeBusyException e) {
        if (inUse == 0 && listening.isEmpty() && connected.isEmpty()) throw e;
        return;
      }
    }
  }

  private void replenishQuietly() {
    try {
      replenish();
    } catch (IOException e) {
      // Whoever accepts next will be told.
    }
  }

  /** Lets an instance listen until a client comes. With the lock. */
  private void listen(Endpoint end) throws IOException {
    final PipeFuture<Endpoint> future = new PipeFuture<>();
    final var connect = new Operation<Endpoint>(end, future, "accept at") {
      @Override
      int call(long handle, long overlapped, long count) {
        return Native.pipes_connect(handle, overlapped);
      }

      /** Also that a client is there already, or was and has perhaps left something. */
      @Override
      boolean isSuccess(int status) {
        return status == Native.PIPES_OK || status == Native.PIPES_ERROR_PIPE_CONNECTED
            || status == Native.PIPES_ERROR_NO_DATA;
      }

      @Override
      Endpoint result(int status, int transferred) {
        cameToBe(end, true);
        return end;
      }

      @Override
      void failed() {
        cameToBe(end, false);
      }
    };
    listening.put(end, connect);
    connect.start(Timeouts.INFINITE);
    if (!future.isCompletedExceptionally()) return;
    end.close();
    try {
      future.join();
    } catch (CompletionException e) {
      throw new IOException(e.getCause()); // want of memory, perhaps
    }
  }

  private void cameToBe(Endpoint end, boolean isConnected) {
    final boolean within = lock.isHeldByCurrentThread(); // then whoever holds it serves the queue, without it
    lock.lock();
    try {
      listening.remove(end);
      if (isConnected && !closed) connected.add(end);
      changed.signal();
    } finally {
      lock.unlock();
    }
    if (!within) serveQueue();
  }

  /** Makes a client's instance the caller's. With the lock. */
  private NamedPipe own(Endpoint end) {
    ++inUse;
    end.handle().afterwards(this::instanceWasClosed);
    return new NamedPipe(end, this);
  }

  private void instanceWasClosed() {
    IOException failure = null;
    final List<PipeFuture<NamedPipe>> failed = new ArrayList<>();
    lock.lock();
    try {
      --inUse;
      replenish();
    } catch (IOException e) {
      failure = e; // nothing that those who wait could wait for
      failed.addAll(queue);
      queue.clear();
    } finally {
      changed.signalAll();
      lock.unlock();
    }
    for (var future : failed) future.fail(failure);
    serveQueue();
  }

  /** Takes an instance out of a conversation; see {@link NamedPipe#disconnect}. */
  void takeBack(Endpoint end) throws IOException {
    end.ensureOpen();
    final Scratch scratch = Scratch.mine();
    final long handle = end.handle().value;
    end.askOrThrow(() -> Native.pipes_disconnect(handle), "disconnect");
    // A handle of its own, so that whoever still uses the old one does not meet the next client.
    end.askOrThrow(() -> Native.pipes_duplicate(handle, 0, 0, Native.PIPES_DUPLICATE_SAME_ACCESS, scratch.at(0)),
        "disconnect");
    final Endpoint next =
        new Endpoint(scratch.cells.getLong(0), settings.name, true, settings.isMessageType, end.readsMessages());
    next.isBoundAlready(); // what is bound is the end, not the handle
    final boolean wasInUse = end.handle().afterwards(null);
    end.close();
    lock.lock();
    try {
      if (wasInUse) --inUse;
      if (closed) {
        next.close();
      } else {
        listen(next);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    serveQueue();
  }

  // ------------------------------------------------------------------------------------------------ accepting later --

  /**
   * Waits for a client without a thread.
   *
   * @return this end of the conversation with it, later
   * @throws IOException it is closed
   */
  public CompletableFuture<NamedPipe> acceptAsync() throws IOException {
    return acceptAsync(Timeouts.INFINITE);
  }

  /**
   * The same, within a time.
   *
   * @param time how long at most; then the future fails with {@link PipeTimeoutException}
   * @return this end of the conversation with it, later
   * @throws IOException it is closed
   */
  public CompletableFuture<NamedPipe> acceptAsync(Duration time) throws IOException {
    return acceptAsync(Timeouts.ms(time));
  }

  private CompletableFuture<NamedPipe> acceptAsync(int ms) throws IOException {
    final PipeFuture<NamedPipe> future = new PipeFuture<>();
    lock.lock();
    try {
      if (closed) throw new ClosedChannelException();
      queue.add(future);
      replenish();
    } catch (IOException e) {
      queue.remove(future);
      throw e;
    } finally {
      lock.unlock();
    }
    serveQueue();
    if (ms != Timeouts.INFINITE) future.limit(ms, "accept at " + settings.name);
    return future;
  }

  /** Hands clients to those who wait for them in acceptAsync. Without the lock: what hangs on their futures runs here. */
  private void serveQueue() {
    for (;;) {
      final PipeFuture<NamedPipe> future;
      final Endpoint end;
      final NamedPipe pipe;
      lock.lock();
      try {
        queue.removeIf(CompletableFuture::isDone);
        if (queue.isEmpty() || connected.isEmpty()) return;
        end = nextConnected();
        if (end == null) return;
        future = queue.poll();
        pipe = own(end);
        replenishQuietly();
      } finally {
        lock.unlock();
      }
      if (!future.succeed(pipe)) putBack(end); // it was cancelled just now
    }
  }

  private void putBack(Endpoint end) {
    lock.lock();
    try {
      if (end.handle().afterwards(null)) --inUse;
      if (closed) return;
      connected.addFirst(end);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  // ------------------------------------------------------------------------------------------------------- the rest --

  /**
   * The pipe's name.
   *
   * @return with its prefix
   */
  public String name() {
    return settings.name;
  }

  @Override
  public boolean isOpen() {
    lock.lock();
    try {
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Accepts no more clients. Calls that wait for one end; conversations go on. */
  @Override
  public void close() throws IOException {
    final List<Endpoint> ends;
    final List<PipeFuture<NamedPipe>> futures;
    lock.lock();
    try {
      if (closed) return;
      closed = true;
      ends = new ArrayList<>(listening.keySet());
      ends.addAll(connected);
      connected.clear();
      futures = new ArrayList<>(queue);
      queue.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    for (Endpoint end : ends) end.close();
    for (var future : futures) future.fail(new AsynchronousCloseException());
  }

  @Override
  public String toString() {
    return "server of " + settings.name + (isOpen() ? "" : " (closed)");
  }
}
