// Finds and loads the two native libraries: `pipes`, and `pipes_java`, which lets Java call it.
//
// Looked for, in this order: the folder that the system property io.github.pipes.library.path names, and nowhere else
// if it is set; the folders of java.library.path; what the jar holds under META-INF/native, which is written to a
// private folder first. Two of one name are never mixed: `pipes` is taken from where `pipes_java` lies, if it is there.
// SPDX-License-Identifier: MIT
package io.github.pipes;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

final class NativeLibrary {
  /** Names the folder that holds the native libraries; nowhere else is looked then. */
  static final String PATH_PROPERTY = "io.github.pipes.library.path";

  static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");
  private static final String GLUE = System.mapLibraryName("pipes_java");
  private static final String LIBRARY = WINDOWS ? "pipes.dll" : "libpipes.so.1";
  private static final String FLAG = "--enable-native-access=io.github.pipes (or =ALL-UNNAMED on the class path)";

  private static boolean loaded;
  private static String failure; // why it could not be loaded; said again to whoever asks again

  private NativeLibrary() {}

  /** Loads the libraries, unless they are. Throws {@link UnsatisfiedLinkError}, which says where it looked. */
  static synchronized void load() {
    if (loaded) return;
    if (failure != null) throw new UnsatisfiedLinkError(failure);
    List<String> looked = new ArrayList<>();
    try {
      if (!find(looked)) fail(looked);
    } catch (RuntimeException e) {
      // IllegalCallerException, from JDK 24 on, where native access is denied.
      looked.add("native access was denied (" + e.getMessage() + "): start Java with " + FLAG);
      fail(looked);
    }
    loaded = true; // before the version is asked for: the class that asks comes here again
    final int version = Native.pipes_version();
    final int wanted = Native.PIPES_VERSION_MAJOR << 16 | Native.PIPES_VERSION_MINOR << 8;
    if (version >> 16 != wanted >> 16 || version < wanted) {
      loaded = false;
      looked.add("it is version " + text(version) + ", and " + text(wanted) + " or a later "
          + Native.PIPES_VERSION_MAJOR + ".x is needed");
      fail(looked);
    }
  }

  private static String text(int version) {
    return (version >> 16) + "." + (version >> 8 & 0xFF) + "." + (version & 0xFF);
  }

  private static void fail(List<String> looked) {
    failure = "the native library of pipes (" + GLUE + ", " + platform() + ") cannot be used. Looked:\n  - "
        + String.join("\n  - ", looked);
    throw new UnsatisfiedLinkError(failure);
  }

  private static boolean find(List<String> looked) {
    final String only = System.getProperty(PATH_PROPERTY);
    if (only != null) {
      return loadFrom(Path.of(only), "in " + only + ", named by " + PATH_PROPERTY + " (so nowhere else)", looked);
    }
    for (String folder : System.getProperty("java.library.path", "").split(File.pathSeparator)) {
      if (folder.isEmpty() || !Files.exists(Path.of(folder, GLUE))) continue;
      return loadFrom(Path.of(folder), "in " + folder + ", of java.library.path", looked);
    }
    looked.add("in java.library.path (" + System.getProperty("java.library.path", "") + "): not there");
    return loadFromJar(looked);
  }

  private static boolean loadFrom(Path folder, String where, List<String> looked) {
    final Path absolute = folder.toAbsolutePath();
    final Path glue = absolute.resolve(GLUE);
    if (!Files.isRegularFile(glue)) {
      looked.add(where + ": not there");
      return false;
    }
    try {
      final Path library = absolute.resolve(LIBRARY);
      if (Files.isRegularFile(library)) System.load(library.toString());
      System.load(glue.toString());
      looked.add(where + ": found");
      return true;
    } catch (UnsatisfiedLinkError e) {
      looked.add(where + ": " + e.getMessage());
      return false;
    }
  }

  /** The name of this system and processor, as the folders under META-INF/native have it. */
  static String platform() {
    final String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return (WINDOWS ? "windows" : System.getProperty("os.name").toLowerCase(Locale.ROOT)) + "-"
        + switch (arch) {
          case "amd64", "x64" -> "x86_64";
          case "arm64" -> "aarch64";
          default -> arch;
        };
  }

  // ------------------------------------------------------------------------------------------------------- the jar --

  private static boolean loadFromJar(List<String> looked) {
    final String within = "/META-INF/native/" + platform() + "/";
    final String where = "in the jar, under " + within.substring(1);
    try {
      final byte[] glue = resource(within + GLUE);
      final byte[] library = resource(within + LIBRARY);
      if (glue == null || library == null) {
        looked.add(where + ": not there");
        return false;
      }
      final Path folder = privateFolder();
      place(folder.resolve(LIBRARY), library);
      place(folder.resolve(GLUE), glue);
      return loadFrom(folder, where + ", written to " + folder, looked);
    } catch (IOException e) {
      looked.add(where + ": " + e);
      return false;
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream stream = NativeLibrary.class.getResourceAsStream(name)) {
      return stream == null ? null : stream.readAllBytes();
    }
  }

  /** A folder of this user's that nobody else may enter: always the same, or a new one if somebody took that name. */
  static Path privateFolder() throws IOException {
    final Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    if (WINDOWS) return Files.createDirectories(temporary.resolve("io.github.pipes")); // it is the user's own there
    final FileAttribute<?> ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    final Path usual = temporary.resolve("io.github.pipes-" + System.getProperty("user.name").replaceAll("\\W", "_"));
    try {
      Files.createDirectory(usual, ownerOnly);
      return usual;
    } catch (FileAlreadyExistsException e) {
      if (isPrivate(usual)) return usual;
    }
    final Path fresh = Files.createTempDirectory(temporary, "io.github.pipes-", ownerOnly);
    fresh.toFile().deleteOnExit(); // what is said first is deleted last
    for (String name : List.of(GLUE, LIBRARY)) fresh.resolve(name).toFile().deleteOnExit();
    return fresh;
  }

  /** Whether `folder` is a folder, no link, and this user's alone. */
  static boolean isPrivate(Path folder) throws IOException {
    final PosixFileAttributes found =
        Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!found.isDirectory() || !PosixFilePermissions.toString(found.permissions()).equals("rwx------")) return false;
    // Whose this process's new files are says who this is.
    final Path own;
    try {
      own = Files.createTempFile(folder, "owner", null);
    } catch (IOException e) {
      return false; // not ours to write to
    }
    try {
      return Files.getOwner(own).equals(found.owner());
    } finally {
      Files.delete(own);
    }
  }

  /** Sees to it that `file` holds `content`: what lies there already is compared, and replaced if it differs. */
  static void place(Path file, byte[] content) throws IOException {
    final boolean isFile = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    if (isFile && Arrays.equals(Files.readAllBytes(file), content)) return;
    final Path fresh = Files.createTempFile(file.getParent(), "new", null);
    try {
      Files.write(fresh, content);
      Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }
}
