// Echo: a pipe for bytes, a thread for each client, and streams over it.
//
//   java Echo serve NAME [CLIENTS]      answers until it has served so many clients
//   java Echo say NAME TEXT...          sends each line and prints what comes back
//
// SPDX-License-Identifier: MIT

import io.github.pipes.NamedPipe;
import io.github.pipes.NamedPipeServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

public final class Echo {
  private Echo() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length >= 2 && arguments[0].equals("serve")) {
      serve(arguments[1], arguments.length > 2 ? Integer.parseInt(arguments[2]) : Integer.MAX_VALUE);
    } else if (arguments.length >= 3 && arguments[0].equals("say")) {
      say(arguments);
    } else {
      System.err.println("usage: Echo serve NAME [CLIENTS] | Echo say NAME TEXT...");
      System.exit(2);
    }
  }

  private static void serve(String name, int clients) throws IOException {
    try (var server = NamedPipeServer.open(name)) {
      System.out.println("ready");
      for (int i = 0; i < clients; ++i) {
        final NamedPipe pipe = server.accept();
        new Thread(() -> echo(pipe)).start();
      }
    }
  }

  private static void echo(NamedPipe pipe) {
    try (pipe) {
      pipe.inputStream().transferTo(pipe.outputStream());
    } catch (IOException e) {
      System.err.println(e);
    }
  }

  private static void say(String[] arguments) throws IOException {
    try (var pipe = NamedPipe.open(arguments[1], Duration.ofSeconds(10));
        var in = new BufferedReader(new InputStreamReader(pipe.inputStream(), StandardCharsets.UTF_8));
        var out = new OutputStreamWriter(pipe.outputStream(), StandardCharsets.UTF_8)) {
      for (int i = 2; i < arguments.length; ++i) {
        out.write(arguments[i] + "\n");
        out.flush();
        System.out.println(in.readLine());
      }
    }
  }
}
