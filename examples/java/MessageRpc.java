// Remote calls: each message is a request or its reply. The server has no thread of its own for any client; futures go
// on when there is something to do.
//
//   java MessageRpc serve NAME          answers until it is told to stop
//   java MessageRpc call NAME WORD...   `add 2 3`, `upper some words`, `stop`
//
// SPDX-License-Identifier: MIT

import io.github.pipes.NamedPipe;
import io.github.pipes.NamedPipeServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

public final class MessageRpc {
  private MessageRpc() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 2 && arguments[0].equals("serve")) {
      serve(arguments[1]);
    } else if (arguments.length >= 3 && arguments[0].equals("call")) {
      final String request = String.join(" ", Arrays.copyOfRange(arguments, 2, arguments.length));
      // One request: opened, asked, answered and closed in one call.
      final byte[] reply =
          NamedPipe.call(arguments[1], request.getBytes(StandardCharsets.UTF_8), 1 << 16, Duration.ofSeconds(10));
      System.out.println(new String(reply, StandardCharsets.UTF_8));
    } else {
      System.err.println("usage: MessageRpc serve NAME | MessageRpc call NAME WORD...");
      System.exit(2);
    }
  }

  private static void serve(String name) throws IOException {
    final CompletableFuture<Void> stopped = new CompletableFuture<>();
    try (var server = NamedPipeServer.builder(name).messages().open()) {
      accept(server, stopped);
      System.out.println("ready");
      stopped.join();
    }
  }

  private static void accept(NamedPipeServer server, CompletableFuture<Void> stopped) throws IOException {
    server.acceptAsync().thenAccept(pipe -> {
      answer(pipe, stopped);
      if (!server.isOpen()) return;
      try {
        accept(server, stopped);
      } catch (IOException e) {
        stopped.completeExceptionally(e);
      }
    });
  }

  private static void answer(NamedPipe pipe, CompletableFuture<Void> stopped) {
    try {
      pipe.readMessageAsync().thenCompose(request -> {
        try {
          if (request == null) { // the client has gone
            pipe.close();
            return CompletableFuture.completedFuture(false);
          }
          final String text = new String(request, StandardCharsets.UTF_8);
          return pipe.writeAsync(reply(text).getBytes(StandardCharsets.UTF_8))
              .thenRun(() -> {
                if (text.equals("stop")) stopped.complete(null);
              }).thenApply(nothing -> true);
        } catch (IOException e) {
          throw new CompletionException(e);
        }
      }).thenAccept(more -> {
        if (more) answer(pipe, stopped);
      });
    } catch (IOException e) {
      System.err.println(e);
    }
  }

  private static String reply(String request) {
    final String[] words = request.split(" ");
    try {
      return switch (words[0]) {
        case "add" -> String.valueOf(Arrays.stream(words).skip(1).mapToLong(Long::parseLong).sum());
        case "upper" -> request.substring("upper".length()).strip().toUpperCase(Locale.ROOT);
        case "stop" -> "stopping";
        default -> "what is " + words[0] + "?";
      };
    } catch (NumberFormatException e) {
      return "no number: " + e.getMessage();
    }
  }
}
