// The overlapped operations of an end: reads, writes, exchanges and whole messages, each with its future.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;

final class Transfers {
  private static final int POOLED_BYTES = Endpoint.FIRST_ROOM_BYTES;
  private static final int POOLED_MAX = 64;
  private static final ConcurrentLinkedQueue<ByteBuffer> POOL = new ConcurrentLinkedQueue<>();

  private Transfers() {}

  private static ByteBuffer take(int size) {
    final ByteBuffer pooled = size <= POOLED_BYTES ? POOL.poll() : null;
    return (pooled != null ? pooled : Memory.allocate(Math.max(size, POOLED_BYTES))).clear().limit(size);
  }

  private static void giveBack(ByteBuffer buffer) {
    if (buffer.capacity() == POOLED_BYTES && POOL.size() < POOLED_MAX) POOL.add(buffer);
  }

  /** An operation with one buffer that the library writes to or reads from. */
  private abstract static class OneBuffer<T> extends Operation<T> {
    private final Endpoint.Call call;
    final ByteBuffer direct;
    private final boolean pooled;
    private final long address;

    OneBuffer(Endpoint end, PipeFuture<T> future, Endpoint.Call call, ByteBuffer direct, boolean pooled) {
      super(end, future, call.what);
      this.call = call;
      this.direct = direct;
      this.pooled = pooled;
      address = Memory.address(direct);
    }

    @Override
    int call(long handle, long overlapped, long count) {
      return call == Endpoint.Call.READ
          ? Native.pipes_read(handle, address, direct.remaining(), count, overlapped)
          : Native.pipes_write(handle, address, direct.remaining(), count, overlapped);
    }

    final void done() {
      if (pooled) giveBack(direct);
    }

    @Override
    void failed() {
      done();
    }
  }

  static PipeFuture<Integer> read(Endpoint end, ByteBuffer to, int ms) throws IOException {
    Endpoint.ensureWritable(to);
    end.ensureOpen();
    final PipeFuture<Integer> future = new PipeFuture<>();
    final int size = to.remaining();
    if (size == 0 || end.hasBegun()) {
      future.succeed(end.read(to, 0)); // at once
      return future;
    }
    final boolean inPlace = to.isDirect();
    final ByteBuffer room =
        inPlace ? to.duplicate() : take(end.readsMessages() ? size : Math.min(size, POOLED_BYTES));
    new OneBuffer<>(end, future, Endpoint.Call.READ, room, !inPlace) {
      @Override
      boolean isSuccess(int status) {
        return super.isSuccess(status) || status == Native.PIPES_ERROR_BROKEN_PIPE && end.isOpen();
      }

      @Override
      Integer result(int status, int transferred) {
        if (status == Native.PIPES_ERROR_BROKEN_PIPE) {
          done();
          return -1;
        }
        end.noteMessageComplete(status == Native.PIPES_OK);
        if (inPlace) {
          to.position(to.position() + transferred);
        } else {
          to.put(room.limit(transferred));
        }
        done();
        return transferred;
      }
    }.start(ms);
    return future;
  }

  static PipeFuture<Integer> write(Endpoint end, ByteBuffer from, int ms) throws IOException {
    end.ensureOpen();
    final PipeFuture<Integer> future = new PipeFuture<>();
    final int size = from.remaining();
    if (size == 0 && !end.isMessageType) {
      future.succeed(0);
      return future;
    }
    final boolean inPlace = from.isDirect();
    final ByteBuffer room = inPlace ? from.duplicate() : take(size).put(from.duplicate()).flip();
    new OneBuffer<>(end, future, Endpoint.Call.WRITE, room, !inPlace) {
      @Override
      Integer result(int status, int transferred) {
        from.position(from.position() + transferred);
        done();
        return transferred;
      }
    }.start(ms);
    return future;
  }

  static PipeFuture<Integer> transact(Endpoint end, ByteBuffer request, ByteBuffer reply, int ms) throws IOException {
    Endpoint.ensureWritable(reply);
    end.ensureOpen();
    final PipeFuture<Integer> future = new PipeFuture<>();
    final ByteBuffer out =
        request.isDirect() ? request.duplicate() : take(request.remaining()).put(request.duplicate()).flip();
    final ByteBuffer in = reply.isDirect() ? reply.duplicate() : take(reply.remaining());
    final long outAddress = Memory.address(out);
    final long inAddress = Memory.address(in);
    new Operation<Integer>(end, future, Endpoint.Call.TRANSACT.what) {
      @Override
      int call(long handle, long overlapped, long count) {
        return Native.pipes_transact(handle, outAddress, out.remaining(), inAddress, in.remaining(), count, overlapped);
      }

      @Override
      Integer result(int status, int transferred) {
        end.noteMessageComplete(status == Native.PIPES_OK);
        request.position(request.limit());
        if (reply.isDirect()) {
          reply.position(reply.position() + transferred);
        } else {
          reply.put(in.limit(transferred));
        }
        failed();
        return transferred;
      }

      @Override
      void failed() {
        if (!request.isDirect()) giveBack(out);
        if (!reply.isDirect()) giveBack(in);
      }
    }.start(ms);
    return future;
  }

  static PipeFuture<byte[]> transact(Endpoint end, byte[] request, int ms) throws IOException {
    final PipeFuture<byte[]> future = new PipeFuture<>();
    final ByteBuffer out = take(request.length).put(request).flip();
    final ByteBuffer in = take(end.firstRoom());
    final long outAddress = Memory.address(out);
    final long inAddress = Memory.address(in);
    end.beginExchange();
    new Operation<byte[]>(end, future, Endpoint.Call.TRANSACT.what) {
      @Override
      int call(long handle, long overlapped, long count) {
        return Native.pipes_transact(handle, outAddress, out.remaining(), inAddress, in.remaining(), count, overlapped);
      }

      @Override
      byte[] result(int status, int transferred) throws IOException {
        final byte[] reply = end.partRead(status, in, transferred);
        if (reply == null) {
          final int rest = end.roomForTheRest();
          done();
          readPart(end, future, rest, Timeouts.INFINITE, true);
          return null;
        }
        done();
        end.endMessage();
        return reply;
      }

      private void done() {
        giveBack(out);
        giveBack(in);
      }

      @Override
      void failed() {
        done();
        end.endMessage();
      }
    }.start(ms);
    return future;
  }

  static PipeFuture<byte[]> readMessage(Endpoint end, int ms) throws IOException {
    end.beginMessage();
    final PipeFuture<byte[]> future = new PipeFuture<>();
    try {
      readPart(end, future, end.roomForMessage(), ms, false);
    } catch (IOException e) {
      end.endMessage();
      future.fail(e);
    }
    return future;
  }

  /** Reads until the message is whole. If the other end closes instead there is none: for a reply that is a failure. */
  private static void readPart(Endpoint end, PipeFuture<byte[]> future, int size, int ms, boolean isReply) {
    new OneBuffer<>(end, future, Endpoint.Call.READ, take(size), true) {
      @Override
      boolean isSuccess(int status) {
        return super.isSuccess(status) || status == Native.PIPES_ERROR_BROKEN_PIPE && end.isOpen();
      }

      @Override
      byte[] result(int status, int transferred) throws IOException {
        final byte[] message = end.partRead(status, direct, transferred);
        if (message == null && status == Native.PIPES_ERROR_MORE_DATA) {
          final int rest = end.roomForTheRest();
          done();
          readPart(end, future, rest, Timeouts.INFINITE, isReply);
          return null;
        }
        if (message == null && isReply) throw end.failure(status, Endpoint.Call.TRANSACT.what);
        done();
        end.endMessage();
        if (message == null) future.succeed(null); // the end
        return message;
      }

      @Override
      void failed() {
        done();
        end.endMessage();
      }
    }.start(ms);
  }
}
