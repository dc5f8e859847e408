// SPDX-License-Identifier: MIT

import io.github.pipes.NamedPipe;
import io.github.pipes.NamedPipeServer;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Pipes beside the JDK's Unix sockets, both ends in processes of their own, in one run and by turns: round trips of 64
 * and 4096 bytes, and a stream of 64 KiB pieces. Prints the medians. Argument: how many rounds (default 9).
 */
public final class PipesBenchmark {
  private static final int PIECE = 1 << 16;
  private static final int STREAM_PIECES = 8192;

  private PipesBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 3 && arguments[0].equals("peer")) {
      answer(arguments[1], Path.of(arguments[2]));
      return;
    }
    final int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 9;
    final Path folder = Files.createTempDirectory("pipes-bench");
    final Path socket = folder.resolve("socket");
    final String name = "java-bench-" + ProcessHandle.current().pid();
    final Process peer = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"),
        "-Dio.github.pipes.library.path=" + System.getProperty("io.github.pipes.library.path"), "-cp",
        System.getProperty("java.class.path"), PipesBenchmark.class.getName(), "peer", name, socket.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    pin(ProcessHandle.current().pid(), 0);
    pin(peer.pid(), 1);
    try (var ready = peer.getInputStream()) {
      if (ready.read() < 0) throw new IOException("the peer did not start");
      try (var pipe = NamedPipe.open(name); var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
        measure(pipe, channel, rounds);
      }
    } finally {
      peer.destroy();
      Files.deleteIfExists(socket);
      Files.delete(folder);
    }
  }

  /** All threads of a process to one processor, where there is the program for it. */
  private static void pin(long process, int processor) throws InterruptedException {
    try {
      new ProcessBuilder("taskset", "-a", "-p", "-c", "" + processor, "" + process)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
    } catch (IOException e) {
      System.err.println("not pinned: " + e.getMessage());
    }
  }

  // ------------------------------------------------------------------------------------------------------ the peer --

  /** Answers on a pipe and on a socket, a thread each. The first bytes say how long a message is, and its kind. */
  private static void answer(String name, Path socket) throws Exception {
    try (var server = NamedPipeServer.open(name);
        var sockets = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      sockets.bind(UnixDomainSocketAddress.of(socket));
      System.out.write('.');
      System.out.flush();
      final ByteChannel pipe = server.accept();
      final ByteChannel channel = sockets.accept();
      final Thread thread = new Thread(() -> serve(channel));
      thread.start();
      serve(pipe);
      thread.join();
    }
  }

  private static void serve(ByteChannel channel) {
    try {
      final ByteBuffer order = ByteBuffer.allocateDirect(8);
      while (fill(channel, order.clear())) {
        final int size = order.getInt(0);
        final int count = order.getInt(4);
        final ByteBuffer buffer = ByteBuffer.allocateDirect(size);
        for (int i = 0; i < count; ++i) {
          fill(channel, buffer.clear());
          if (size != PIECE || i + 1 == count) empty(channel, buffer.flip());
        }
      }
    } catch (IOException e) {
      // The other side has ended.
    }
  }

  private static boolean fill(ByteChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) return false;
    }
    return true;
  }

  private static void empty(ByteChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) channel.write(buffer);
  }

  // ----------------------------------------------------------------------------------------------------- measuring --

  private static void measure(ByteChannel pipe, ByteChannel socket, int rounds) throws IOException {
    final Map<String, double[]> times = new TreeMap<>();
    for (int round = -2; round < rounds; ++round) { // two to warm up
      for (int size : new int[] {64, 4096}) {
        final int count = 20_000;
        note(times, "round trip " + size, round, rounds, trips(pipe, size, count), trips(socket, size, count));
      }
      note(times, "stream " + PIECE, round, rounds, stream(pipe), stream(socket));
    }
    System.out.printf(Locale.ROOT, "%-18s %14s %14s %8s%n", "", "pipes", "UNIX sockets", "ratio");
    for (var entry : times.entrySet()) {
      final double[] all = entry.getValue();
      final double ours = median(Arrays.copyOf(all, rounds));
      final double theirs = median(Arrays.copyOfRange(all, rounds, all.length));
      final boolean isTrip = entry.getKey().startsWith("round");
      final String row = isTrip ? "%-18s %11.2f us %11.2f us %8.1f%n" : "%-18s %9.0f MB/s %9.0f MB/s %8.1f%n";
      System.out.printf(Locale.ROOT, row,
          entry.getKey(), isTrip ? ours : PIECE / ours, isTrip ? theirs : PIECE / theirs, theirs / ours);
    }
  }

  private static void note(Map<String, double[]> times, String what, int round, int rounds, double ours,
      double theirs) {
    if (round < 0) return;
    final double[] all = times.computeIfAbsent(what, key -> new double[2 * rounds]);
    all[round] = ours;
    all[rounds + round] = theirs;
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  /** Microseconds for one round trip. */
  private static double trips(ByteChannel channel, int size, int count) throws IOException {
    announce(channel, size, count);
    final ByteBuffer buffer = ByteBuffer.allocateDirect(size);
    final long began = System.nanoTime();
    for (int i = 0; i < count; ++i) {
      empty(channel, buffer.clear());
      fill(channel, buffer.clear());
    }
    return (System.nanoTime() - began) / 1e3 / count;
  }

  /** Microseconds for one piece of a stream. */
  private static double stream(ByteChannel channel) throws IOException {
    announce(channel, PIECE, STREAM_PIECES);
    final ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE);
    final long began = System.nanoTime();
    for (int i = 0; i < STREAM_PIECES; ++i) empty(channel, buffer.clear());
    fill(channel, buffer.clear());
    return (System.nanoTime() - began) / 1e3 / STREAM_PIECES;
  }

  private static void announce(ByteChannel channel, int size, int count) throws IOException {
    empty(channel, ByteBuffer.allocateDirect(8).putInt(size).putInt(count).flip());
  }
}
