// Finding the native library: where it is looked for, and what is said where it cannot be used. In processes of their
// own. SPDX-License-Identifier: MIT
package io.github.pipes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
  /** What the other processes run: every door to the library, twice. */
  static final class Doors {
    private Doors() {}

    interface Door {
      Object open() throws Exception;
    }

    public static void main(String[] arguments) {
      final Door[] doors = {() -> NamedPipe.open("x"), () -> NamedPipeServer.open("x"), AnonymousPipe::open,
          () -> PipeSecurity.parse("D:"), PipeSecurity::ownerOnly, () -> PipeSecurity.of(new byte[1]), NamedPipe::list,
          () -> PipeSecurity.nameOf("WD"), () -> PipeSecurity.sidOf("x"),
          () -> NamedPipe.call("x", new byte[1], 1, Pair.NOW), () -> {
            NamedPipe.waitAvailable("x", Pair.NOW);
            return null;
          }};
      for (Door door : Arrays.asList(doors)) {
        try {
          door.open();
          System.out.println("opened");
        } catch (Throwable e) {
          System.out.println(e);
        }
      }
    }
  }

  private static final Path OUT = Path.of(System.getProperty("pipes.test.out"));

  private static List<String> doors(String... options) throws Exception {
    final List<String> command = new ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Doors.class.getName()));
    final Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    final String said = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), said);
    return said.lines().toList();
  }

  /** Every door says the same, the second time as well. */
  private static String refusal(String... options) throws Exception {
    final List<String> said = doors(options);
    assertTrue(said.get(0).startsWith("java.lang.UnsatisfiedLinkError: the native library of pipes"), said::toString);
    final long doors = said.stream().filter(said.get(0)::equals).count();
    assertEquals(11, doors, () -> String.join("\n", said));
    return String.join("\n", said);
  }

  @Test
  void AFolderThatIsNamedIsTheOnlyOne(@TempDir Path empty) throws Exception {
    final String said =
        refusal("-Dio.github.pipes.library.path=" + empty, "-Djava.library.path=" + OUT.resolve("native"));
    assertTrue(said.contains("in " + empty + ", named by io.github.pipes.library.path"), said);
    assertFalse(said.contains("of java.library.path"), said);
  }

  @Test
  void WithoutAnyItSaysWhereItLooked(@TempDir Path empty) throws Exception {
    final String said = refusal("-Djava.library.path=" + empty);
    assertTrue(said.contains("in java.library.path (" + empty + "): not there"), said);
    assertTrue(said.contains("under META-INF/native/" + NativeLibrary.platform() + "/: not there"), said);
  }

  @Test
  void JavasOwnPathServesToo(@TempDir Path empty) throws Exception {
    final List<String> said = doors("-Djava.library.path=" + empty + ":" + OUT.resolve("native"));
    assertTrue(said.get(0).contains("NoSuchPipeException"), said::toString);
    assertEquals("opened", said.get(1));
  }

  @Test
  void AnotherVersionIsRefused() throws Exception {
    final String said = refusal("-Dio.github.pipes.library.path=" + OUT.resolve("other-version"));
    assertTrue(said.contains("it is version 2.0.0, and 1.0.0 or a later 1.x is needed"), said);
    assertTrue(said.contains(OUT.resolve("other-version").toString()), said);
  }

  @Test
  void WhatIsNoLibraryIsRefused(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("libpipes_java.so"), "no library");
    final String said = refusal("-Djava.library.path=" + folder);
    assertTrue(said.contains("in " + folder + ", of java.library.path: "), said);
  }

  // ------------------------------------------------------------------------------------------------ private folders --

  @Test
  void WhatLiesThereIsCompared(@TempDir Path folder) throws IOException {
    final Path file = folder.resolve("library");
    final byte[] content = {1, 2, 3};
    NativeLibrary.place(file, content);
    final var key = Files.getAttribute(file, "unix:ino");
    NativeLibrary.place(file, content);
    assertEquals(key, Files.getAttribute(file, "unix:ino"), "what is right stays");
    Files.write(file, new byte[] {1, 2, 4});
    NativeLibrary.place(file, content);
    assertArrayEquals(content, Files.readAllBytes(file));
    final Path elsewhere = Files.write(folder.resolve("elsewhere"), content);
    Files.delete(file);
    Files.createSymbolicLink(file, elsewhere);
    NativeLibrary.place(file, content);
    assertFalse(Files.isSymbolicLink(file));
    try (var files = Files.list(folder)) {
      assertEquals(2, files.count(), "nothing else is left");
    }
    assertThrows(IOException.class, () -> NativeLibrary.place(folder.resolve("missing/library"), content));
  }

  @Test
  void AFolderIsPrivateOrNotUsed(@TempDir Path folder) throws IOException {
    final String before = System.setProperty("java.io.tmpdir", folder.toString());
    try {
      final Path usual = NativeLibrary.privateFolder();
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(usual)));
      assertEquals(usual, NativeLibrary.privateFolder());
      Files.setPosixFilePermissions(usual, PosixFilePermissions.fromString("rwxrwx---"));
      final Path fresh = NativeLibrary.privateFolder();
      assertNotEquals(usual, fresh);
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(fresh)));
      Files.delete(usual);
      Files.createSymbolicLink(usual, fresh);
      assertNotEquals(usual, NativeLibrary.privateFolder());
      assertFalse(NativeLibrary.isPrivate(usual));
      Files.delete(usual);
      Files.createFile(usual);
      assertFalse(NativeLibrary.isPrivate(usual));
    } finally {
      System.setProperty("java.io.tmpdir", before);
    }
  }

  @Test
  void AFolderOfSomebodyElseIsNotUsed(@TempDir Path folder) throws IOException {
    if (!System.getProperty("user.name").equals("root")) return; // only root can make one
    final Path theirs = Files.createDirectory(folder.resolve("theirs"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    assertTrue(NativeLibrary.isPrivate(theirs));
    Files.setAttribute(theirs, "unix:uid", 12345);
    assertFalse(NativeLibrary.isPrivate(theirs));
  }
}
