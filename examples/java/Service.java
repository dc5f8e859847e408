// A privileged service and clients without privileges: anyone may ask for a file, and the service reads it with that
// user's rights, on that thread alone.
//
//   java Service serve NAME             answers until it is told to quit
//   java Service ask NAME PATH          prints the file, or why not; `quit`
//
// SPDX-License-Identifier: MIT

import io.github.pipes.NamedPipe;
import io.github.pipes.NamedPipeServer;
import io.github.pipes.PipeSecurity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

public final class Service {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private Service() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 2 && arguments[0].equals("serve")) {
      serve(arguments[1]);
    } else if (arguments.length == 3 && arguments[0].equals("ask")) {
      try (var pipe = NamedPipe.opener(arguments[1]).messages().busyWait(PATIENCE).open()) {
        System.out.println(text(pipe.transact(arguments[2].getBytes(StandardCharsets.UTF_8))));
      }
    } else {
      System.err.println("usage: Service serve NAME | Service ask NAME PATH");
      System.exit(2);
    }
  }

  private static void serve(String name) throws IOException {
    read(Path.of("/dev/null")); // so that Java has loaded what it takes while it still may
    // Everyone on this computer may talk to it; nobody else may pretend to be it.
    try (var server = NamedPipeServer.builder(name).messages().security(PipeSecurity.thisMachine()).open()) {
      System.out.println("ready");
      boolean goOn = true;
      while (goOn) {
        try (var pipe = server.accept()) {
          goOn = serve(pipe);
        } catch (IOException e) {
          System.err.println(e); // of this client, and no matter of the others
        }
      }
    }
  }

  private static boolean serve(NamedPipe pipe) throws IOException {
    final byte[] request = pipe.readMessage(PATIENCE);
    if (request == null) return true;
    final String path = text(request);
    final String answer =
        path.equals("quit") ? "quitting" : pipe.runAsClient(() -> read(Path.of(path)));
    System.out.println(pipe.clientIdentity().getName() + " asked for " + path);
    pipe.write(answer.getBytes(StandardCharsets.UTF_8));
    pipe.drain(PATIENCE);
    return !path.equals("quit");
  }

  private static String read(Path path) {
    try {
      return Files.readString(path).strip();
    } catch (IOException e) {
      return "refused: " + e.getClass().getSimpleName();
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
