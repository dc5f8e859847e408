// SPDX-License-Identifier: MIT
package consumer;

import io.github.pipes.NamedPipe;
import io.github.pipes.NamedPipeServer;
import java.nio.charset.StandardCharsets;

/** A project that has nothing of pipes but the jar. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws Exception {
    try (var server = NamedPipeServer.builder("consumer-" + ProcessHandle.current().pid()).messages().open()) {
      final var accepted = server.acceptAsync();
      try (var client = NamedPipe.opener(server.name()).messages().open(); var end = accepted.get()) {
        client.write("the jar alone".getBytes(StandardCharsets.UTF_8));
        System.out.println(new String(end.readMessage(), StandardCharsets.UTF_8));
        System.out.println(NamedPipe.class.getModule());
      }
    }
  }
}
