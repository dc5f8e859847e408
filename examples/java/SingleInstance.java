// A single-instance application: who comes first owns the name; who comes later hands over what he was started with.
//
//   java SingleInstance NAME WORD...    `quit` ends the first
//
// SPDX-License-Identifier: MIT

import io.github.pipes.NamedPipe;
import io.github.pipes.NamedPipeServer;
import io.github.pipes.NoSuchPipeException;
import io.github.pipes.PipeAccessDeniedException;
import io.github.pipes.PipeBusyException;
import io.github.pipes.PipeSecurity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

public final class SingleInstance {
  private SingleInstance() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2) {
      System.err.println("usage: SingleInstance NAME WORD...");
      System.exit(2);
    }
    final String words = String.join(" ", arguments).substring(arguments[0].length() + 1);
    for (;;) {
      // Of all who try to be the first, one succeeds. Nobody but this user may talk to it.
      try (var server =
          NamedPipeServer.builder(arguments[0]).messages().security(PipeSecurity.ownerOnly()).open()) {
        run(server, words);
        return;
      } catch (PipeAccessDeniedException | PipeBusyException e) {
        if (handOver(arguments[0], words)) return;
      }
    }
  }

  private static void run(NamedPipeServer server, String own) throws IOException {
    System.out.println("running: " + own);
    for (;;) {
      try (var later = server.accept()) {
        final byte[] message = later.readMessage(Duration.ofSeconds(10));
        if (message == null) continue;
        final String words = new String(message, StandardCharsets.UTF_8);
        System.out.println("was started with: " + words);
        if (words.equals("quit")) return;
      }
    }
  }

  /** False if the first has just ended. */
  private static boolean handOver(String name, String words) throws IOException {
    try (var first = NamedPipe.open(name, Duration.ofSeconds(10))) {
      first.write(words.getBytes(StandardCharsets.UTF_8));
      System.out.println("handed over to the first");
      return true;
    } catch (NoSuchPipeException e) {
      return false;
    }
  }
}
