// The calls that go by a pipe's name.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntSupplier;

final class Names {
  private static final String PREFIX = "\\\\.\\pipe\\";

  private Names() {}

  /** A name as C wants it; one without any prefix gets that of this computer. */
  static String full(String name) {
    Objects.requireNonNull(name, "name");
    final boolean isFull = name.startsWith("\\\\") || name.startsWith("//");
    return isFull || name.isEmpty() ? name : PREFIX + name;
  }

  /** Makes a call that blocks without a handle; an interrupt ends it as it ends those of channels. */
  private static final class Blocked extends AbstractInterruptibleChannel {
    private final Wait wait = new Wait();

    int run(IntSupplier call, int ms, String what) throws IOException {
      boolean completed = false;
      final int status;
      try {
        begin();
        wait.limit(ms);
        status = isOpen() ? call.getAsInt() : Native.PIPES_ERROR_OPERATION_ABORTED;
        completed = status != Native.PIPES_ERROR_OPERATION_ABORTED;
      } finally {
        wait.leave();
        end(completed);
      }
      if (!completed && wait.timedOut()) throw new PipeTimeoutException(what);
      return status;
    }

    @Override
    protected void implCloseChannel() {
      wait.cancel();
    }
  }

  /** Waits until an instance listens. Returns the status; the end of the time is an exception. */
  static int waitAvailable(ByteBuffer name, int ms, String what) throws IOException {
    final int atLeast = ms == 0 ? 1 : ms; // 0 would be the server's own idea
    final int status =
        new Blocked().run(() -> Native.pipes_wait_available(Memory.address(name), atLeast), Timeouts.INFINITE, what);
    Reference.reachabilityFence(name);
    if (status == Native.PIPES_ERROR_SEM_TIMEOUT) throw new PipeTimeoutException(what);
    return status;
  }

  static byte[] call(String fullName, byte[] request, int replyMax, int ms) throws IOException {
    final ByteBuffer name = Memory.name(fullName);
    final Scratch scratch = Scratch.mine();
    final ByteBuffer room = scratch.room(Math.addExact(request.length, replyMax)).put(request);
    final long address = Native.address_of(room);
    // The library's own time-out bounds the wait for an instance, ours all of it.
    final int status = new Blocked().run(
        () -> Native.pipes_call(Memory.address(name), address, request.length, address + request.length, replyMax,
            scratch.at(0), ms == 0 ? Native.PIPES_NMPWAIT_NOWAIT : ms),
        ms, "call " + fullName);
    Reference.reachabilityFence(room);
    Reference.reachabilityFence(name);
    if (status == Native.PIPES_ERROR_SEM_TIMEOUT) throw new PipeTimeoutException("call " + fullName);
    if (status != Native.PIPES_OK) throw PipeException.of(status, "call " + fullName);
    final byte[] reply = new byte[scratch.cells.getInt(0)];
    room.get(request.length, reply);
    return reply;
  }

  static List<String> list() throws PipeException {
    NativeLibrary.load();
    final Scratch scratch = Scratch.mine();
    final int status = Native.name_pipes(scratch.at(0), scratch.at(8));
    if (status != Native.PIPES_OK) throw PipeException.of(status, "list pipes");
    final long address = scratch.cells.getLong(0);
    final byte[] bytes;
    try {
      bytes = Memory.copy(address, Math.toIntExact(scratch.cells.getLong(8)));
    } finally {
      Native.free_names(address);
    }
    final List<String> names = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < bytes.length; ++i) {
      if (bytes[i] != 0) continue;
      names.add(new String(bytes, begin, i - begin, StandardCharsets.UTF_8));
      begin = i + 1;
    }
    return List.copyOf(names);
  }
}
