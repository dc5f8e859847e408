// Whether the other tests leave nothing out.
package io.github.pipes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.DataInputStream;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CompletenessTest {
  /** Every public method and constructor is called somewhere in the tests. */
  @Test
  void EveryPublicMemberIsTested() throws Exception {
    final Set<String> called = new HashSet<>();
    for (Path file : classes(CompletenessTest.class)) called.addAll(callsIn(file));
    final Set<String> missing = new TreeSet<>();
    for (Path file : classes(NamedPipe.class)) {
      final String name = file.getFileName().toString().replace(".class", "");
      if (name.equals("module-info") || name.equals("package-info")) continue;
      final Class<?> type = Class.forName("io.github.pipes." + name);
      // What users write for the library to call is left out.
      if (!Modifier.isPublic(type.getModifiers()) || type.isAnnotationPresent(FunctionalInterface.class)) continue;
      final List<Executable> members = new ArrayList<>(Arrays.asList(type.getDeclaredMethods()));
      members.addAll(Arrays.asList(type.getDeclaredConstructors()));
      for (Executable member : members) {
        if (Modifier.isPublic(member.getModifiers()) && !isOfTheCompiler(type, member) && !isCalled(type, member, called))
          missing.add(name + "." + member.getName());
      }
    }
    assertEquals(Set.of(), missing);
  }

  private static List<Path> classes(Class<?> one) throws Exception {
    final Path root = Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (var files = Files.list(root.resolve("io/github/pipes"))) {
      return files.filter(file -> file.toString().endsWith(".class")).toList();
    }
  }

  private static boolean isOfTheCompiler(Class<?> type, Executable member) {
    if (member.isSynthetic() || member instanceof Method method && method.isBridge()) return true;
    final boolean written = !Set.of("values", "valueOf", "equals", "hashCode", "toString").contains(member.getName());
    return (type.isEnum() || type.isRecord()) && (!written || member instanceof Constructor);
  }

  // By the name of the class, or of one that inherits the method; what another library declared first may be called by
  // that library's name.
  private static boolean isCalled(Class<?> type, Executable member, Set<String> called) throws ClassNotFoundException {
    final String name = member instanceof Constructor ? "<init>" : member.getName();
    if (called.contains("?." + name)) return true;
    for (String call : called) {
      if (!call.endsWith("." + name)) continue;
      final String owner = call.substring(0, call.lastIndexOf('.')).replace('/', '.');
      if (type.isAssignableFrom(Class.forName(owner))) return true;
    }
    return false;
  }

  /** What a class file calls, as {@code folder/Class.method}, and as {@code ?.method} where the class is another's. */
  private static Set<String> callsIn(Path file) throws IOException {
    final Set<String> calls = new HashSet<>();
    try (var in = new DataInputStream(Files.newInputStream(file))) {
      in.skipNBytes(8);
      final int count = in.readUnsignedShort();
      final Object[] constants = new Object[count];
      for (int i = 1; i < count; ++i) {
        final int tag = in.readUnsignedByte();
        switch (tag) {
          case 1 -> constants[i] = in.readUTF();
          case 7, 8, 16, 19, 20 -> constants[i] = new int[] {tag, in.readUnsignedShort(), 0};
          case 15 -> in.skipNBytes(3);
          case 9, 10, 11, 12, 17, 18 ->
              constants[i] = new int[] {tag, in.readUnsignedShort(), in.readUnsignedShort()};
          case 3, 4 -> in.skipNBytes(4);
          case 5, 6 -> {
            in.skipNBytes(8);
            ++i;
          }
          default -> throw new IOException("not a constant: " + tag);
        }
      }
      for (Object constant : constants) {
        if (!(constant instanceof int[] reference) || (reference[0] != 10 && reference[0] != 11)) continue;
        final String owner = (String) constants[((int[]) constants[reference[1]])[1]];
        final String name = (String) constants[((int[]) constants[reference[2]])[1]];
        calls.add((owner.startsWith("io/github/pipes/") ? owner : "?") + "." + name);
      }
    }
    return calls;
  }
}
